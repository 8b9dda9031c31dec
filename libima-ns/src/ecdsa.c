// SPDX-License-Identifier: LGPL-2.1-or-later
/* ECDSA on NIST P-256 with SHA-256, between a TPM's forms and OpenSSL's. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "ctx.h"
#include "ecdsa.h"
#include "ssl_error.h"

#define CURVE	"prime256v1"

int imans_no_password(char *buf, int size, int rwflag, void *user)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)user;
	return -1;
}

static bool point_of(EVP_PKEY *pkey, uint8_t point[IMANS_EC_POINT_SIZE])
{
	BIGNUM *x = NULL, *y = NULL;
	char group[32];
	bool ok;

	point[0] = POINT_CONVERSION_UNCOMPRESSED;
	ok = EVP_PKEY_is_a(pkey, "EC") &&
	     EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) &&
	     !strcmp(group, CURVE) &&
	     EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) &&
	     EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) &&
	     BN_bn2binpad(x, point + 1, IMANS_EC_SIZE) == IMANS_EC_SIZE &&
	     BN_bn2binpad(y, point + 1 + IMANS_EC_SIZE, IMANS_EC_SIZE) ==
		     IMANS_EC_SIZE;
	BN_free(x);
	BN_free(y);
	return ok;
}

int imans_ec_key_from_pem(struct imans_ctx *ctx, const char *pem,
			  struct imans_ec_key *key)
{
	struct imans_ec_key out = { 0 };
	BIO *bio;

	if (!pem)
		return imans_err(ctx, -EINVAL,
				 "the attestation key is not given");
	bio = BIO_new_mem_buf(pem, -1);
	if (!bio)
		return imans_err(ctx, -ENOMEM, "attestation key: out of memory");
	ERR_clear_error();
	out.pkey = PEM_read_bio_PUBKEY(bio, NULL, imans_no_password, NULL);
	BIO_free(bio);
	if (!out.pkey || !point_of(out.pkey, out.point)) {
		EVP_PKEY_free(out.pkey);
		return imans_err(ctx, imans_ssl_refused(-EINVAL),
				 "the attestation key is no public key on P-256 in PEM");
	}
	*key = out;
	return 0;
}

int imans_ec_point(const TPMS_ECC_POINT *from,
		   uint8_t point[IMANS_EC_POINT_SIZE])
{
	if (from->x.size > IMANS_EC_SIZE || from->y.size > IMANS_EC_SIZE)
		return -EBADMSG;
	memset(point, 0, IMANS_EC_POINT_SIZE);
	point[0] = POINT_CONVERSION_UNCOMPRESSED;
	memcpy(point + 1 + IMANS_EC_SIZE - from->x.size, from->x.buffer,
	       from->x.size);
	memcpy(point + 1 + 2 * IMANS_EC_SIZE - from->y.size, from->y.buffer,
	       from->y.size);
	return 0;
}

int imans_ec_key_from_tpm(struct imans_ctx *ctx, const TPMS_ECC_POINT *from,
			  struct imans_ec_key *key)
{
	char curve[] = CURVE;
	struct imans_ec_key out = { 0 };
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve,
				       sizeof(curve) - 1),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, out.point,
					sizeof(out.point)),
		OSSL_PARAM_END,
	};
	EVP_PKEY_CTX *pctx;
	int err = imans_ec_point(from, out.point);

	if (!err) {
		pctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
		if (!pctx || EVP_PKEY_fromdata_init(pctx) <= 0 ||
		    EVP_PKEY_fromdata(pctx, &out.pkey, EVP_PKEY_PUBLIC_KEY,
				      params) <= 0)
			err = -EBADMSG;
		EVP_PKEY_CTX_free(pctx);
	}
	if (err)
		return imans_err(ctx, err,
				 "the attestation key is no point on P-256");
	*key = out;
	return 0;
}

void imans_ec_key_free(struct imans_ec_key *key)
{
	EVP_PKEY_free(key->pkey);
	key->pkey = NULL;
}

int imans_ec_key_to_pem(const struct imans_ec_key *key, char **pem)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int err = -ENOMEM;
	char *text = NULL;
	long len;

	if (!bio)
		return -ENOMEM;
	if (PEM_write_bio_PUBKEY(bio, key->pkey) == 1) {
		const char *data;

		len = BIO_get_mem_data(bio, &data);
		text = strndup(data, (size_t)len);
	}
	if (text) {
		*pem = text;
		err = 0;
	}
	BIO_free(bio);
	return err;
}

static ECDSA_SIG *to_openssl(const TPMS_SIGNATURE_ECC *sig)
{
	BIGNUM *r = BN_bin2bn(sig->signatureR.buffer, sig->signatureR.size,
			      NULL);
	BIGNUM *s = BN_bin2bn(sig->signatureS.buffer, sig->signatureS.size,
			      NULL);
	ECDSA_SIG *out = ECDSA_SIG_new();

	if (r && s && out && ECDSA_SIG_set0(out, r, s))
		return out;
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(out);
	return NULL;
}

int imans_ec_verify(const struct imans_ec_key *key, const void *data,
		    size_t len, const TPMS_SIGNATURE_ECC *sig)
{
	ECDSA_SIG *rs = to_openssl(sig);
	uint8_t *der = NULL;
	int der_len = rs ? i2d_ECDSA_SIG(rs, &der) : -1;
	/* A signature of any numbers can be encoded. */
	int err = der_len <= 0 ? -ENOMEM :
		  imans_ssl_verify(key->pkey, "SHA256", der, (size_t)der_len,
				   data, len);

	OPENSSL_free(der);
	ECDSA_SIG_free(rs);
	return err;
}
