// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * TPM2_MakeCredential without a TPM: TPM 2.0 Library, Part 1, 24 (credential
 * protection), B.10.4 and C.6.4 (secret sharing with RSA and ECC keys), 11.4.10
 * (KDFa and KDFe, which OpenSSL calls KBKDF and SSKDF). SHA-256 and AES-128-CFB
 * throughout, as the endorsement keys of the default templates have them.
 */

#include <errno.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <tss2/tss2_mu.h>

#include "credential.h"
#include "ctx.h"
#include "ecdsa.h"
#include "ek.h"

#define AES_KEY_SIZE	16

/* The protocol's label; its NUL is a part of it. */
static const char identity[] = "IDENTITY";

static OSSL_PARAM octets(const char *key, const void *data, size_t len)
{
	/* Parameters that are read only are not const in OpenSSL. */
	return OSSL_PARAM_construct_octet_string(key, (void *)data, len);
}

static OSSL_PARAM text(const char *key, const char *value)
{
	return OSSL_PARAM_construct_utf8_string(key, (char *)value, 0);
}

static int derive(const char *kdf_name, const OSSL_PARAM *params, uint8_t *out,
		  size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, kdf_name, NULL);
	EVP_KDF_CTX *kctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	bool ok = kctx && EVP_KDF_derive(kctx, out, len, params) > 0;

	EVP_KDF_CTX_free(kctx);
	EVP_KDF_free(kdf);
	return ok ? 0 : -EIO;
}

/*
 * SP 800-108 in counter mode: the label's NUL is what the standard separates
 * it with, and the length in bits ends the input.
 */
static int kdfa(const uint8_t seed[IMANS_HASH_SIZE], const char *label,
		const uint8_t *context, size_t context_len, uint8_t *out,
		size_t len)
{
	const OSSL_PARAM params[] = {
		text(OSSL_KDF_PARAM_MODE, "counter"),
		text(OSSL_KDF_PARAM_MAC, "HMAC"),
		text(OSSL_KDF_PARAM_DIGEST, "SHA256"),
		octets(OSSL_KDF_PARAM_KEY, seed, IMANS_HASH_SIZE),
		octets(OSSL_KDF_PARAM_SALT, label, strlen(label)),
		octets(OSSL_KDF_PARAM_INFO, context, context_len),
		OSSL_PARAM_construct_end(),
	};

	return derive("KBKDF", params, out, len);
}

int imans_kdfe(const uint8_t *z, size_t z_len, const char *label,
	       const TPM2B_ECC_PARAMETER *party_u,
	       const TPM2B_ECC_PARAMETER *party_v,
	       uint8_t seed[IMANS_HASH_SIZE])
{
	uint8_t info[32 + 2 * sizeof(party_u->buffer)];
	size_t len = strlen(label) + 1;
	const OSSL_PARAM *params;

	memcpy(info, label, len);
	memcpy(info + len, party_u->buffer, party_u->size);
	len += party_u->size;
	memcpy(info + len, party_v->buffer, party_v->size);
	len += party_v->size;
	params = (const OSSL_PARAM[]) {
		text(OSSL_KDF_PARAM_DIGEST, "SHA256"),
		octets(OSSL_KDF_PARAM_KEY, z, z_len),
		octets(OSSL_KDF_PARAM_INFO, info, len),
		OSSL_PARAM_construct_end(),
	};
	return derive("SSKDF", params, seed, IMANS_HASH_SIZE);
}

static int encrypt_cfb(const uint8_t key[AES_KEY_SIZE], const uint8_t *in,
		       int in_len, uint8_t *out)
{
	static const uint8_t iv[AES_KEY_SIZE];
	EVP_CIPHER_CTX *cctx = EVP_CIPHER_CTX_new();
	int len = 0;
	bool ok = cctx && EVP_EncryptInit_ex(cctx, EVP_aes_128_cfb128(), NULL,
					     key, iv) == 1 &&
		  EVP_EncryptUpdate(cctx, out, &len, in, in_len) == 1 &&
		  len == in_len;

	EVP_CIPHER_CTX_free(cctx);
	return ok ? 0 : -EIO;
}

int imans_credential_seal(struct imans_ctx *ctx,
			  const uint8_t seed[IMANS_HASH_SIZE],
			  const uint8_t name[IMANS_TPM_NAME_SIZE],
			  const uint8_t secret[IMANS_HASH_SIZE],
			  TPM2B_ID_OBJECT *credential)
{
	uint8_t plain[2 + IMANS_HASH_SIZE] = { 0, IMANS_HASH_SIZE };
	uint8_t aes[AES_KEY_SIZE], mac[IMANS_HASH_SIZE];
	uint8_t *out = credential->credential;
	uint8_t *sealed = out + 2 + IMANS_HASH_SIZE;
	const struct imans_chunk chunks[] = {
		{ sealed, sizeof(plain) },
		{ name, IMANS_TPM_NAME_SIZE },
	};
	int err;

	memcpy(plain + 2, secret, IMANS_HASH_SIZE);
	err = kdfa(seed, "STORAGE", name, IMANS_TPM_NAME_SIZE, aes,
		   sizeof(aes));
	if (!err)
		err = encrypt_cfb(aes, plain, sizeof(plain), sealed);
	if (!err)
		err = kdfa(seed, "INTEGRITY", NULL, 0, mac, sizeof(mac));
	out[0] = 0;
	out[1] = IMANS_HASH_SIZE;
	if (!err)
		err = imans_hmac(ctx, mac, chunks, 2, out + 2);
	credential->size = 2 + IMANS_HASH_SIZE + sizeof(plain);
	OPENSSL_cleanse(plain, sizeof(plain));
	OPENSSL_cleanse(aes, sizeof(aes));
	OPENSSL_cleanse(mac, sizeof(mac));
	return err;
}

/* B.10.4: OAEP, with the label and its NUL. */
static int share_rsa(EVP_PKEY *ek, uint8_t seed[IMANS_HASH_SIZE],
		     TPM2B_ENCRYPTED_SECRET *encrypted)
{
	EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new(ek, NULL);
	size_t len = sizeof(encrypted->secret);
	const OSSL_PARAM params[] = {
		text(OSSL_PKEY_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_OAEP),
		text(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, "SHA256"),
		text(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, "SHA256"),
		octets(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, identity,
		       sizeof(identity)),
		OSSL_PARAM_construct_end(),
	};
	bool ok = RAND_bytes(seed, IMANS_HASH_SIZE) == 1 && pctx &&
		  EVP_PKEY_encrypt_init_ex(pctx, params) == 1 &&
		  EVP_PKEY_encrypt(pctx, encrypted->secret, &len, seed,
				   IMANS_HASH_SIZE) == 1;

	EVP_PKEY_CTX_free(pctx);
	encrypted->size = (UINT16)len;
	return ok ? 0 : -EIO;
}

static bool put_point(EVP_PKEY *key, TPMS_ECC_POINT *point)
{
	uint8_t raw[IMANS_EC_POINT_SIZE];
	size_t len;

	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, raw,
					    sizeof(raw), &len) != 1 ||
	    len != sizeof(raw))
		return false;
	point->x.size = IMANS_EC_SIZE;
	memcpy(point->x.buffer, raw + 1, IMANS_EC_SIZE);
	point->y.size = IMANS_EC_SIZE;
	memcpy(point->y.buffer, raw + 1 + IMANS_EC_SIZE, IMANS_EC_SIZE);
	return true;
}

/* C.6.4: a key that is used once, and KDFe. */
static int share_ecc(EVP_PKEY *ek, const TPMT_PUBLIC *public,
		     uint8_t seed[IMANS_HASH_SIZE],
		     TPM2B_ENCRYPTED_SECRET *encrypted)
{
	EVP_PKEY *once = EVP_EC_gen("P-256");
	EVP_PKEY_CTX *pctx = once ? EVP_PKEY_CTX_new(once, NULL) : NULL;
	uint8_t z[IMANS_EC_SIZE];
	size_t z_len = sizeof(z), off = 0;
	TPMS_ECC_POINT point;
	bool ok = pctx && put_point(once, &point) &&
		  EVP_PKEY_derive_init(pctx) == 1 &&
		  EVP_PKEY_derive_set_peer(pctx, ek) == 1 &&
		  EVP_PKEY_derive(pctx, z, &z_len) == 1 &&
		  !imans_kdfe(z, z_len, identity, &point.x,
			      &public->unique.ecc.x, seed) &&
		  !Tss2_MU_TPMS_ECC_POINT_Marshal(&point, encrypted->secret,
						  sizeof(encrypted->secret),
						  &off);

	EVP_PKEY_CTX_free(pctx);
	EVP_PKEY_free(once);
	OPENSSL_cleanse(z, sizeof(z));
	encrypted->size = (UINT16)off;
	return ok ? 0 : -EIO;
}

int imans_credential_make(struct imans_ctx *ctx, const TPMT_PUBLIC *ek,
			  const uint8_t name[IMANS_TPM_NAME_SIZE],
			  const uint8_t secret[IMANS_HASH_SIZE],
			  TPM2B_ID_OBJECT *credential,
			  TPM2B_ENCRYPTED_SECRET *encrypted)
{
	EVP_PKEY *key = imans_ek_key(ctx, ek);
	uint8_t seed[IMANS_HASH_SIZE];
	int err;

	if (!key)
		return imans_err(ctx, -EBADMSG,
				 "the endorsement key is no key of a default template");
	if (ek->type == TPM2_ALG_RSA)
		err = share_rsa(key, seed, encrypted);
	else
		err = share_ecc(key, ek, seed, encrypted);
	if (!err)
		err = imans_credential_seal(ctx, seed, name, secret,
					    credential);
	OPENSSL_cleanse(seed, sizeof(seed));
	EVP_PKEY_free(key);
	ERR_clear_error();
	if (err)
		return imans_err(ctx, err, "making a credential: OpenSSL failed");
	return 0;
}
