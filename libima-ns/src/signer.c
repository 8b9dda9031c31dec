// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys that sign verdicts. */

#include <errno.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "ctx.h"
#include "ecdsa.h"
#include "signer.h"
#include "ssl_error.h"

/*
 * One algorithm for each type of key: what a message says of its algorithm is
 * compared with the key's, and never chosen by it.
 */
static const struct imans_sigalg algs[] = {
	{ -7,  "ES256", "EC",      "prime256v1", "SHA256", 64 },
	{ -35, "ES384", "EC",      "secp384r1",  "SHA384", IMANS_SIG_MAX },
	{ -8,  "EdDSA", "ED25519", NULL,         NULL,     64 },
};

static const struct imans_sigalg *alg_of(EVP_PKEY *pkey)
{
	char group[32];

	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		if (!EVP_PKEY_is_a(pkey, algs[i].type))
			continue;
		if (!algs[i].group)
			return &algs[i];
		if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) &&
		    !strcmp(group, algs[i].group))
			return &algs[i];
	}
	return NULL;
}

static int name_key(struct imans_ctx *ctx, struct imans_signer *key)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key->pkey, &der);
	const struct imans_chunk chunk = { der, len > 0 ? (size_t)len : 0 };
	int err = len > 0 ? imans_hash(ctx, IMANS_SHA256, &chunk, 1, key->kid) :
			    -ENOMEM;

	OPENSSL_free(der);
	return err;
}

typedef EVP_PKEY *(*read_fn)(BIO *bio, EVP_PKEY **key, pem_password_cb *cb,
			     void *user);

static int read_key(struct imans_ctx *ctx, const char *pem, read_fn read,
		    const char *what, struct imans_signer *key)
{
	struct imans_signer out = { 0 };
	int err;
	BIO *bio;

	if (!pem)
		return imans_err(ctx, -EINVAL, "the %s key is not given", what);
	bio = BIO_new_mem_buf(pem, -1);
	if (!bio)
		return imans_err(ctx, -ENOMEM, "%s key: out of memory", what);
	ERR_clear_error();
	out.pkey = read(bio, NULL, imans_no_password, NULL);
	BIO_free(bio);
	if (!out.pkey)
		return imans_err(ctx, imans_ssl_refused(-EINVAL),
				 "no %s key in PEM without a password", what);
	out.alg = alg_of(out.pkey);
	if (!out.alg) {
		EVP_PKEY_free(out.pkey);
		return imans_err(ctx, -EINVAL,
				 "the %s key is not on P-256 or P-384, nor Ed25519",
				 what);
	}
	err = name_key(ctx, &out);
	if (err) {
		EVP_PKEY_free(out.pkey);
		return imans_err(ctx, err, "%s key: can't be encoded", what);
	}
	*key = out;
	return 0;
}

int imans_signer_public(struct imans_ctx *ctx, const char *pem,
			struct imans_signer *key)
{
	return read_key(ctx, pem, PEM_read_bio_PUBKEY, "public", key);
}

int imans_signer_private(struct imans_ctx *ctx, const char *pem,
			 struct imans_signer *key)
{
	return read_key(ctx, pem, PEM_read_bio_PrivateKey, "private", key);
}

void imans_signer_free(struct imans_signer *key)
{
	EVP_PKEY_free(key->pkey);
	key->pkey = NULL;
}

/* OpenSSL has ECDSA's numbers in DER, COSE and JOSE one after the other. */
static bool from_der(const unsigned char *der, long len, uint8_t *sig,
		     size_t size)
{
	ECDSA_SIG *rs = d2i_ECDSA_SIG(NULL, &der, len);
	int half = (int)(size / 2);
	bool ok = rs && BN_bn2binpad(ECDSA_SIG_get0_r(rs), sig, half) == half &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(rs), sig + half, half) == half;

	ECDSA_SIG_free(rs);
	return ok;
}

static int to_der(const uint8_t *sig, size_t size, unsigned char **der)
{
	int half = (int)(size / 2), len = -1;
	BIGNUM *r = BN_bin2bn(sig, half, NULL);
	BIGNUM *s = BN_bin2bn(sig + half, half, NULL);
	ECDSA_SIG *rs = ECDSA_SIG_new();

	if (r && s && rs && ECDSA_SIG_set0(rs, r, s)) {
		len = i2d_ECDSA_SIG(rs, der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(rs);
	return len;
}

int imans_signer_sign(struct imans_ctx *ctx, const struct imans_signer *key,
		      const void *data, size_t len, uint8_t *sig)
{
	unsigned char made[IMANS_SIG_MAX + 16];	/* DER's heads take less */
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t made_len = sizeof(made);
	bool ok;

	if (!md)
		return imans_err(ctx, -ENOMEM, "signature: out of memory");
	ok = EVP_DigestSignInit_ex(md, NULL, key->alg->hash, NULL, NULL,
				   key->pkey, NULL) == 1 &&
	     EVP_DigestSign(md, made, &made_len, data, len) == 1;
	EVP_MD_CTX_free(md);
	if (ok && key->alg->hash)
		ok = from_der(made, (long)made_len, sig, key->alg->size);
	else if (ok && made_len == key->alg->size)
		memcpy(sig, made, made_len);
	else
		ok = false;
	return ok ? 0 : imans_err(ctx, -EIO, "OpenSSL can't sign with this key");
}

int imans_signer_verify(const struct imans_signer *key, const void *data,
			size_t len, const uint8_t *sig, size_t sig_len)
{
	unsigned char *der = NULL;
	const unsigned char *given = sig;
	size_t given_len = sig_len;
	int err;

	if (sig_len != key->alg->size)
		return -EKEYREJECTED;
	if (key->alg->hash) {
		int der_len = to_der(sig, sig_len, &der);

		/* A signature of any numbers can be encoded. */
		if (der_len <= 0)
			return -ENOMEM;
		given = der;
		given_len = (size_t)der_len;
	}
	err = imans_ssl_verify(key->pkey, key->alg->hash, given, given_len, data,
			       len);
	OPENSSL_free(der);
	return err;
}
