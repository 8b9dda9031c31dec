/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hashes and HMAC, by OpenSSL; algorithms are fetched once. */
#ifndef IMANS_DIGEST_H
#define IMANS_DIGEST_H

#include <openssl/evp.h>

#include <imans.h>

#include "sha.h"

/* Longest name of a hash algorithm in d-ng, with its NUL. */
#define IMANS_ALGO_NAME_SIZE	sizeof(((struct imans_file_digest *)0)->algo)

struct imans_hashes {
	/* By bank; NULL where OpenSSL has none (SHA-1 under some policies). */
	EVP_MD *md[IMANS_BANKS];
	/* One for each bank, so that none is ever set up anew for another. */
	EVP_MD_CTX *md_ctx[IMANS_BANKS];
	/* The last algorithm that a d-ng named, if it is no bank's. */
	EVP_MD *named;
	char named_algo[IMANS_ALGO_NAME_SIZE];
	struct imans_hmac_cache hmac;
};

int imans_hashes_init(struct imans_hashes *h);
void imans_hashes_fini(struct imans_hashes *h);
/* Bits of the banks whose algorithm OpenSSL has. */
uint32_t imans_hashes_banks(const struct imans_ctx *ctx);

/*
 * Hash the chunks, in a bank's algorithm; -ENOTSUP if OpenSSL lacks it, -EIO
 * if it fails. `out` holds imans_bank_size() bytes.
 */
int imans_hash(struct imans_ctx *ctx, enum imans_bank bank,
	       const struct imans_chunk *chunks, size_t n, uint8_t *out);

/*
 * Hash a buffer with the algorithm of that name, as the kernel calls it.
 * -ENOTSUP as above. `out` holds EVP_MAX_MD_SIZE bytes.
 */
int imans_hash_named(struct imans_ctx *ctx, const char *algo, const void *data,
		     size_t len, uint8_t *out, size_t *out_len);

/* HMAC-SHA-256 of the chunks, under a key of IMANS_KEY_SIZE. */
int imans_hmac(struct imans_ctx *ctx, const uint8_t *key,
	       const struct imans_chunk *chunks, size_t n,
	       uint8_t out[IMANS_HASH_SIZE]);

#endif /* IMANS_DIGEST_H */
