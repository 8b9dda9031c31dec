// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Endorsement keys: TCG "EK Credential Profile for TPM Family 2.0", B.3 to B.4
 * (templates), 2.2.1.4 (indices of certificates).
 */

#include <errno.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <tss2/tss2_mu.h>

#include "ctx.h"
#include "ecdsa.h"
#include "ek.h"

#define RSA_BITS	2048
#define RSA_EXPONENT	65537

#define EK_ATTRIBUTES	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | \
			 TPMA_OBJECT_SENSITIVEDATAORIGIN | \
			 TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_RESTRICTED | \
			 TPMA_OBJECT_DECRYPT)

/* PolicySecret(TPM_RH_ENDORSEMENT) */
#define EK_POLICY { \
	.size = IMANS_HASH_SIZE, \
	.buffer = { \
		0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, \
		0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24, \
		0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, \
		0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa, \
	}, \
}

#define EK_SYMMETRIC { \
	.algorithm = TPM2_ALG_AES, \
	.keyBits.aes = 128, \
	.mode.aes = TPM2_ALG_CFB, \
}

static const TPM2B_PUBLIC template_rsa = {
	.publicArea = {
		.type = TPM2_ALG_RSA,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = EK_ATTRIBUTES,
		.authPolicy = EK_POLICY,
		.parameters.rsaDetail = {
			.symmetric = EK_SYMMETRIC,
			.scheme.scheme = TPM2_ALG_NULL,
			.keyBits = RSA_BITS,
		},
		.unique.rsa.size = RSA_BITS / 8,
	},
};

static const TPM2B_PUBLIC template_ecc = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = EK_ATTRIBUTES,
		.authPolicy = EK_POLICY,
		.parameters.eccDetail = {
			.symmetric = EK_SYMMETRIC,
			.scheme.scheme = TPM2_ALG_NULL,
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		},
		.unique.ecc = {
			.x.size = IMANS_EC_SIZE,
			.y.size = IMANS_EC_SIZE,
		},
	},
};

const TPM2B_PUBLIC *imans_ek_template(enum imans_ek ek)
{
	return ek == IMANS_EK_RSA ? &template_rsa : &template_ecc;
}

TPM2_HANDLE imans_ek_cert_index(enum imans_ek ek)
{
	return ek == IMANS_EK_RSA ? 0x01c00002 : 0x01c0000a;
}

/* Marshalled they differ in nothing. */
static bool same_public(const TPMT_PUBLIC *a, const TPMT_PUBLIC *b)
{
	uint8_t x[sizeof(TPMT_PUBLIC)], y[sizeof(TPMT_PUBLIC)];
	size_t x_len = 0, y_len = 0;

	return !Tss2_MU_TPMT_PUBLIC_Marshal(a, x, sizeof(x), &x_len) &&
	       !Tss2_MU_TPMT_PUBLIC_Marshal(b, y, sizeof(y), &y_len) &&
	       x_len == y_len && !memcmp(x, y, x_len);
}

enum imans_ek imans_ek_kind(const TPMT_PUBLIC *public)
{
	enum imans_ek ek = public->type == TPM2_ALG_RSA ? IMANS_EK_RSA :
							  IMANS_EK_ECC;
	TPMT_PUBLIC template = imans_ek_template(ek)->publicArea;

	if (public->type != template.type)
		return IMANS_EK_ANY;
	template.unique = public->unique;
	return same_public(&template, public) ? ek : IMANS_EK_ANY;
}

static EVP_PKEY *rsa_key(const TPM2B_PUBLIC_KEY_RSA *modulus)
{
	EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *n = BN_bin2bn(modulus->buffer, modulus->size, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (n && build &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
	    OSSL_PARAM_BLD_push_ulong(build, OSSL_PKEY_PARAM_RSA_E,
				      RSA_EXPONENT))
		params = OSSL_PARAM_BLD_to_param(build);
	if (!pctx || !params || EVP_PKEY_fromdata_init(pctx) <= 0 ||
	    EVP_PKEY_fromdata(pctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	EVP_PKEY_CTX_free(pctx);
	ERR_clear_error();
	return key;
}

EVP_PKEY *imans_ek_key(struct imans_ctx *ctx, const TPMT_PUBLIC *public)
{
	const TPM2B_PUBLIC_KEY_RSA *modulus = &public->unique.rsa;
	struct imans_ec_key ec;

	switch (imans_ek_kind(public)) {
	case IMANS_EK_RSA:
		/* All bits, and odd: what OpenSSL would only stumble over. */
		if (modulus->size != RSA_BITS / 8 ||
		    !(modulus->buffer[0] & 0x80) ||
		    !(modulus->buffer[modulus->size - 1] & 1))
			return NULL;
		return rsa_key(modulus);
	case IMANS_EK_ECC:
		if (imans_ec_key_from_tpm(ctx, &public->unique.ecc, &ec))
			return NULL;
		return ec.pkey;
	default:
		return NULL;
	}
}

bool imans_public_decode(const struct evidence_blob *blob, TPMT_PUBLIC *public)
{
	size_t off = 0;

	return !Tss2_MU_TPMT_PUBLIC_Unmarshal(blob->data, blob->len, &off,
					      public) && off == blob->len;
}

/* TPM 2.0 Library, Part 1, 16: nameAlg || H(TPMT_PUBLIC). */
int imans_public_name(struct imans_ctx *ctx, const struct evidence_blob *blob,
		      uint8_t name[IMANS_TPM_NAME_SIZE])
{
	const struct imans_chunk chunk = { blob->data, blob->len };
	uint8_t digest[IMANS_HASH_SIZE];
	int err = imans_hash(ctx, IMANS_SHA256, &chunk, 1, digest);

	if (err)
		return imans_err(ctx, err, "name of a TPM's key: SHA-256 failed");
	name[0] = TPM2_ALG_SHA256 >> 8;
	name[1] = TPM2_ALG_SHA256 & 0xff;
	memcpy(name + 2, digest, sizeof(digest));
	return 0;
}
