/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys that sign verdicts, for COSE (RFC 9053) and JOSE (RFC 7518, RFC 8037). */
#ifndef IMANS_SIGNER_H
#define IMANS_SIGNER_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include <imans.h>

/* The longest signature below: two numbers of P-384. */
#define IMANS_SIG_MAX		96

/**
 * struct imans_sigalg - a signature algorithm, which is the key's only one
 * @cose: its number among COSE's algorithms
 * @jose: its name among JOSE's
 * @type: OpenSSL's name of the key's type
 * @group: OpenSSL's name of the curve, or NULL
 * @hash: the message's hash, or NULL
 * @size: of a signature; r and s have half of it each
 */
struct imans_sigalg {
	int64_t cose;
	const char *jose;
	const char *type;
	const char *group;
	const char *hash;
	size_t size;
};

/**
 * struct imans_signer - a key
 * @pkey: OpenSSL's form, owned
 * @alg: what it signs with
 * @kid: its name: SHA-256 of the public key's SubjectPublicKeyInfo
 */
struct imans_signer {
	EVP_PKEY *pkey;
	const struct imans_sigalg *alg;
	uint8_t kid[IMANS_HASH_SIZE];
};

/*
 * From the text of a PEM file. -EINVAL: no such key, or of another type than
 * those above; -ENOMEM. What it is goes into no message.
 */
int imans_signer_public(struct imans_ctx *ctx, const char *pem,
			struct imans_signer *key);
int imans_signer_private(struct imans_ctx *ctx, const char *pem,
			 struct imans_signer *key);
void imans_signer_free(struct imans_signer *key);

/* `sig` has room for the algorithm's size. -EIO: OpenSSL fails; -ENOMEM. */
int imans_signer_sign(struct imans_ctx *ctx, const struct imans_signer *key,
		      const void *data, size_t len, uint8_t *sig);
/* 0: the signature is the key's; else -EKEYREJECTED. */
int imans_signer_verify(const struct imans_signer *key, const void *data,
			size_t len, const uint8_t *sig, size_t sig_len);

#endif /* IMANS_SIGNER_H */
