// SPDX-License-Identifier: LGPL-2.1-or-later
/* Credentials for a TPM's keys, as tpm2_makecredential(1) makes them. */
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <tss2/tss2_mu.h>

#include "../src/credential.h"
#include "../src/ek.h"
#include "util.h"

static EVP_PKEY *private_of(const struct vector *v)
{
	struct bl_bytes der = vector_bytes(v, "private", 0);
	const uint8_t *at = der.data;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)der.len);

	assert_non_null(key);
	free(der.data);
	return key;
}

static void seed_of_rsa(EVP_PKEY *key, const TPM2B_ENCRYPTED_SECRET *encrypted,
			uint8_t seed[32])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	unsigned char plain[256];
	size_t len = sizeof(plain);

	assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
	assert_true(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) >
		    0);
	assert_true(EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) > 0);
	assert_true(EVP_PKEY_CTX_set0_rsa_oaep_label(ctx,
				OPENSSL_memdup("IDENTITY", 9), 9) > 0);
	assert_int_equal(EVP_PKEY_decrypt(ctx, plain, &len, encrypted->secret,
					  encrypted->size), 1);
	assert_int_equal(len, 32);
	memcpy(seed, plain, 32);
	EVP_PKEY_CTX_free(ctx);
}

static void seed_of_ecc(struct imans_ctx *ctx, EVP_PKEY *key,
			const TPMT_PUBLIC *public,
			const TPM2B_ENCRYPTED_SECRET *encrypted,
			uint8_t seed[32])
{
	EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new(key, NULL);
	TPMT_PUBLIC once = *public;
	uint8_t z[32];
	size_t len = sizeof(z), off = 0;
	EVP_PKEY *peer;

	assert_int_equal(Tss2_MU_TPMS_ECC_POINT_Unmarshal(encrypted->secret,
				encrypted->size, &off, &once.unique.ecc), 0);
	peer = imans_ek_key(ctx, &once);
	assert_non_null(peer);
	assert_int_equal(EVP_PKEY_derive_init(pctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(pctx, peer), 1);
	assert_int_equal(EVP_PKEY_derive(pctx, z, &len), 1);
	assert_int_equal(imans_kdfe(z, len, "IDENTITY", &once.unique.ecc.x,
				    &public->unique.ecc.x, seed), 0);
	EVP_PKEY_free(peer);
	EVP_PKEY_CTX_free(pctx);
}

static void seed_of(struct imans_ctx *ctx, EVP_PKEY *key,
		    const TPMT_PUBLIC *public,
		    const TPM2B_ENCRYPTED_SECRET *encrypted, uint8_t seed[32])
{
	if (EVP_PKEY_is_a(key, "RSA"))
		seed_of_rsa(key, encrypted, seed);
	else
		seed_of_ecc(ctx, key, public, encrypted, seed);
}

/* From the same seed the same bytes; and ours leads to the same seed. */
static void one_credential(const struct vector *v, void *arg)
{
	struct bl_bytes public_raw = vector_bytes(v, "public", 0);
	struct bl_bytes credential = vector_bytes(v, "credential", 0);
	struct bl_bytes raw = vector_bytes(v, "encrypted", 0);
	const struct evidence_blob blob = { public_raw.data, public_raw.len };
	uint8_t name[34], secret[32], seed[32];
	TPM2B_ENCRYPTED_SECRET encrypted;
	EVP_PKEY *key = private_of(v);
	TPM2B_ID_OBJECT object, again;
	TPMT_PUBLIC public;
	size_t off = 0;

	vector_fixed(v, "name", 0, name, sizeof(name));
	vector_fixed(v, "secret", 0, secret, sizeof(secret));
	assert_true(imans_public_decode(&blob, &public));
	assert_int_equal(imans_ek_kind(&public), EVP_PKEY_is_a(key, "RSA") ?
			 IMANS_EK_RSA : IMANS_EK_ECC);
	assert_int_equal(Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(raw.data,
				raw.len, &off, &encrypted), 0);
	seed_of(arg, key, &public, &encrypted, seed);
	assert_int_equal(imans_credential_seal(arg, seed, name, secret,
					       &object), 0);
	assert_int_equal(object.size + 2, credential.len);
	assert_memory_equal(object.credential, credential.data + 2,
			    object.size);

	assert_int_equal(imans_credential_make(arg, &public, name, secret,
					       &object, &encrypted), 0);
	seed_of(arg, key, &public, &encrypted, seed);
	assert_int_equal(imans_credential_seal(arg, seed, name, secret,
					       &again), 0);
	assert_int_equal(object.size, again.size);
	assert_memory_equal(object.credential, again.credential, object.size);
	EVP_PKEY_free(key);
	free(public_raw.data);
	free(credential.data);
	free(raw.data);
}

static void credentials(void **state)
{
	util_vectors_in("credential.txt", "vector", one_credential, *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(credentials),
	};

	return cmocka_run_group_tests_name("credential", tests, NULL, NULL);
}
