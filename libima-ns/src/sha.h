/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OpenSSL's SHA functions themselves. What is hashed here is a hundred bytes,
 * over and over, and setting up EVP costs as much as hashing them.
 */
#ifndef IMANS_SHA_H
#define IMANS_SHA_H

#include <openssl/sha.h>

#include <imans.h>

struct imans_chunk {
	const void *data;
	size_t len;
};

/* HMAC-SHA-256 after its pads, for the keys that were used last. */
struct imans_hmac_cache {
	struct imans_hmac_key {
		bool set;
		uint8_t key[IMANS_KEY_SIZE];
		SHA256_CTX inner, outer;
	} keys[2];
	unsigned int last;		/* which of the two */
};

/* False: not for this bank, there is only EVP. */
bool imans_sha(enum imans_bank bank, const struct imans_chunk *chunks,
	       size_t n, uint8_t *out);

void imans_hmac_sha256(struct imans_hmac_cache *cache,
		       const uint8_t key[IMANS_KEY_SIZE],
		       const struct imans_chunk *chunks, size_t n,
		       uint8_t out[IMANS_HASH_SIZE]);

#endif /* IMANS_SHA_H */
