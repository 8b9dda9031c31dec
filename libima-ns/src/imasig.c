// SPDX-License-Identifier: LGPL-2.1-or-later
/* Signatures of files. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "imasig.h"
#include "ssl_error.h"

#define SIG_HEADER_SIZE		9
/* enum evm_ima_xattr_type */
#define TYPE_DIGSIG		3
#define TYPE_VERITY_DIGSIG	6

#define RSA_BITS_MIN		2048
/* What a verification costs grows with the square. */
#define RSA_BITS_MAX		8192
#define PEM_MAX			65536

struct imans_sigkey {
	EVP_PKEY *pkey;
	uint32_t id[3];
	size_t id_count;
};

/* ---------------------------------------------------------------- keys --- */

void imans_sigkey_free(struct imans_sigkey *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

static uint32_t last_be32(const uint8_t *data, size_t len)
{
	const uint8_t *p = data + len - 4;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void add_id(struct imans_sigkey *key, uint32_t id)
{
	if (!imans_sigkey_has_id(key, id))
		key->id[key->id_count++] = id;
}

/* As evmctl and the kernel's certificates without an identifier do. */
static int add_hash_id(struct imans_ctx *ctx, const char *name,
		       struct imans_sigkey *key)
{
	X509_PUBKEY *spki = NULL;
	uint8_t sha1[20];
	const uint8_t *bits;
	int len, err;

	if (!X509_PUBKEY_set(&spki, key->pkey) ||
	    !X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, spki)) {
		X509_PUBKEY_free(spki);
		return imans_err(ctx, -ENOMEM, "%s: out of memory", name);
	}
	err = imans_hash(ctx, IMANS_SHA1,
			 &(struct imans_chunk){ bits, (size_t)len }, 1, sha1);
	X509_PUBKEY_free(spki);
	if (!err)
		add_id(key, last_be32(sha1, sizeof(sha1)));
	return err;
}

/* A NULL password callback would ask on the terminal. */
static int no_password(char *buf, int size, int rwflag, void *user)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)user;
	return -1;
}

static EVP_PKEY *read_pem(const char *pem, X509 **cert)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *pkey = NULL;

	*cert = NULL;
	if (!bio)
		return NULL;
	pkey = PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
	if (!pkey && BIO_reset(bio) == 1) {
		*cert = PEM_read_bio_X509(bio, NULL, no_password, NULL);
		pkey = *cert ? X509_get_pubkey(*cert) : NULL;
	}
	BIO_free(bio);
	ERR_clear_error();
	return pkey;
}

static bool is_supported(EVP_PKEY *pkey)
{
	char group[32];

	if (EVP_PKEY_is_a(pkey, "RSA"))
		return EVP_PKEY_get_bits(pkey) >= RSA_BITS_MIN &&
		       EVP_PKEY_get_bits(pkey) <= RSA_BITS_MAX;
	return EVP_PKEY_is_a(pkey, "EC") &&
	       EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) &&
	       (!strcmp(group, "prime256v1") || !strcmp(group, "secp384r1"));
}

int imans_sigkey_new(struct imans_ctx *ctx, const char *name, const char *pem,
		     const uint32_t *keyid, struct imans_sigkey **key)
{
	const ASN1_OCTET_STRING *skid = NULL;
	struct imans_sigkey *new;
	X509 *cert = NULL;
	int err;

	new = calloc(1, sizeof(*new));
	if (!new)
		return imans_err(ctx, -ENOMEM, "%s: out of memory", name);
	if (strlen(pem) <= PEM_MAX)
		new->pkey = read_pem(pem, &cert);
	if (!new->pkey || !is_supported(new->pkey)) {
		err = imans_err(ctx, -EINVAL, "%s: %s", name, !new->pkey ?
				"no public key or certificate in PEM" :
				"neither RSA of 2048 to 8192 bits nor ECDSA on P-256 or P-384");
		goto out;
	}
	err = add_hash_id(ctx, name, new);
	if (cert)
		skid = X509_get0_subject_key_id(cert);
	if (skid && ASN1_STRING_length(skid) >= 4)
		add_id(new, last_be32(ASN1_STRING_get0_data(skid),
				      (size_t)ASN1_STRING_length(skid)));
	if (keyid)
		add_id(new, *keyid);
out:
	X509_free(cert);
	if (err)
		imans_sigkey_free(new);
	else
		*key = new;
	return err;
}

bool imans_sigkey_has_id(const struct imans_sigkey *key, uint32_t id)
{
	for (size_t i = 0; i < key->id_count; i++)
		if (key->id[i] == id)
			return true;
	return false;
}

bool imans_sigkey_same(const struct imans_sigkey *a,
		       const struct imans_sigkey *b)
{
	return EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}

int imans_sigkey_der(const struct imans_sigkey *key, uint8_t **der)
{
	int len;

	*der = NULL;
	len = i2d_PUBKEY(key->pkey, der);
	return len > 0 ? len : 0;
}

uint32_t imans_sigkey_id(const struct imans_sigkey *key)
{
	return key->id[0];
}

/* ---------------------------------------------------------- signatures --- */

/* enum hash_algo of the kernel's uapi/linux/hash_info.h. */
static bool bank_of(uint8_t algo, enum imans_bank *bank)
{
	static const char *const names[] = {
		[4] = "sha256", [5] = "sha384", [6] = "sha512",
	};

	return algo < sizeof(names) / sizeof(names[0]) && names[algo] &&
	       !imans_bank_parse(names[algo], bank);
}

static uint8_t algo_of(enum imans_bank bank)
{
	for (uint8_t algo = 0; algo < 32; algo++) {
		enum imans_bank one;

		if (bank_of(algo, &one) && one == bank)
			return algo;
	}
	return 0;
}

int imans_sig_parse(const uint8_t *data, size_t len, struct imans_sig *sig)
{
	struct imans_sig out = { 0 };

	if (len < SIG_HEADER_SIZE)
		return -EBADMSG;
	out.type = data[0];
	out.version = data[1];
	if (!(out.type == TYPE_DIGSIG &&
	      (out.version == 2 || out.version == 3)) &&
	    !(out.type == TYPE_VERITY_DIGSIG && out.version == 3))
		return -EBADMSG;
	out.keyid = last_be32(data, 7);
	out.sig = data + SIG_HEADER_SIZE;
	out.len = len - SIG_HEADER_SIZE;
	if (out.len != ((size_t)data[7] << 8 | data[8]) || !out.len)
		return -EBADMSG;
	if (!bank_of(data[2], &out.bank))
		return -ENOTSUP;
	*sig = out;
	return 0;
}

static int verify(const struct imans_sigkey *key, const EVP_MD *md,
		  const struct imans_sig *sig, const uint8_t *digest,
		  size_t len)
{
	EVP_PKEY_CTX *pctx;
	int err = 0;

	ERR_clear_error();
	pctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	if (!pctx)
		return -ENOMEM;
	if (EVP_PKEY_verify_init(pctx) != 1 ||
	    (EVP_PKEY_is_a(key->pkey, "RSA") &&
	     EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PADDING) != 1) ||
	    EVP_PKEY_CTX_set_signature_md(pctx, md) != 1)
		err = imans_ssl_refused(-EIO);
	else if (EVP_PKEY_verify(pctx, sig->sig, sig->len, digest, len) != 1)
		err = imans_ssl_refused(-EKEYREJECTED);
	EVP_PKEY_CTX_free(pctx);
	return err;
}

int imans_sig_verify(struct imans_ctx *ctx, const struct imans_sig *sig,
		     const struct imans_sigkey *key, bool verity,
		     const uint8_t *digest)
{
	size_t size = imans_bank_size(sig->bank);
	uint8_t signed_digest[IMANS_DIGEST_MAX];
	const uint8_t id[2] = { sig->type, algo_of(sig->bank) };
	const struct imans_chunk chunks[] = {
		{ id, sizeof(id) }, { digest, size },
	};
	int err;

	if (!ctx->hashes.md[sig->bank] ||
	    verity != (sig->type == TYPE_VERITY_DIGSIG))
		return -EKEYREJECTED;
	memcpy(signed_digest, digest, size);
	if (sig->version == 3) {
		err = imans_hash(ctx, sig->bank, chunks, 2, signed_digest);
		if (err)
			return err;
	}
	return verify(key, ctx->hashes.md[sig->bank], sig, signed_digest, size);
}
