/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signatures of files, as security.ima holds them and measurement lists with a
 * field `sig` show them (the kernel's security/integrity/integrity.h):
 *
 *   u8 type, u8 version, u8 hash algorithm, be32 key id, be16 size, signature
 *
 * Type 3 version 2 signs the file's digest. Version 3, of type 3, and of type 6
 * for fs-verity's digests, signs the hash of { u8 type, u8 hash algorithm, the
 * digest }, so that one kind of digest can't pass for another.
 */
#ifndef IMANS_IMASIG_H
#define IMANS_IMASIG_H

#include <imans.h>

#include "ctx.h"

/* A public key, and the ids that signatures may name it by. */
struct imans_sigkey;

/*
 * From a public key or a certificate in PEM: RSA of 2048 to 8192 bits, or ECDSA
 * on P-256 or P-384. Its ids are that of evmctl, the last 4 bytes of SHA-1 of
 * the key, that of a certificate's subject key identifier, and `keyid` if it is
 * not NULL. -EINVAL; -ENOTSUP: OpenSSL has no SHA-1; -ENOMEM.
 */
int imans_sigkey_new(struct imans_ctx *ctx, const char *name, const char *pem,
		     const uint32_t *keyid, struct imans_sigkey **key);
void imans_sigkey_free(struct imans_sigkey *key);
bool imans_sigkey_has_id(const struct imans_sigkey *key, uint32_t id);
/* 0: the same public key. */
bool imans_sigkey_same(const struct imans_sigkey *a,
		       const struct imans_sigkey *b);
/* SubjectPublicKeyInfo in DER, to be given to OPENSSL_free(); 0: -ENOMEM. */
int imans_sigkey_der(const struct imans_sigkey *key, uint8_t **der);
/* The first id: evmctl's. */
uint32_t imans_sigkey_id(const struct imans_sigkey *key);

/**
 * struct imans_sig - what a signature says
 * @type: of the extended attribute
 * @version: 2 or 3
 * @bank: the hash algorithm
 * @keyid: which key it names
 * @sig: the signature itself
 * @len: of @sig
 */
struct imans_sig {
	uint8_t type;
	uint8_t version;
	enum imans_bank bank;
	uint32_t keyid;
	const uint8_t *sig;
	size_t len;
};

/*
 * -EBADMSG: malformed, or of a kind that is no signature of content; -ENOTSUP:
 * of a hash algorithm that is no bank, or SHA-1, which vouches for nothing.
 */
int imans_sig_parse(const uint8_t *data, size_t len, struct imans_sig *sig);
/*
 * 0: the key signed this digest, of that type ("ima" or "verity"). `digest` is
 * of the signature's bank. -EKEYREJECTED; -ENOMEM.
 */
int imans_sig_verify(struct imans_ctx *ctx, const struct imans_sig *sig,
		     const struct imans_sigkey *key, bool verity,
		     const uint8_t *digest);

#endif /* IMANS_IMASIG_H */
