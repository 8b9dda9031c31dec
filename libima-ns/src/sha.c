// SPDX-License-Identifier: LGPL-2.1-or-later
/* Deprecated for EVP, which is why they are called: see sha.h. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <string.h>

#include <openssl/crypto.h>

#include "bytes.h"
#include "sha.h"

/* HMAC, RFC 2104, with a block of SHA-256. */
#define BLOCK	64
#define IPAD	0x36
#define OPAD	0x5c
/* A message is followed by 0x80 and its length in 8 bytes. */
#define PADDING_MIN	9
/* Most template data is shorter. */
#define SHORT_BLOCKS	4

/*
 * The rest of a message, if it is short, after `before` blocks: with its padding
 * in one buffer, so that its blocks are hashed by one call and nothing is
 * buffered twice. False: it is longer.
 */
static bool sha256_short(SHA256_CTX c, size_t before,
			 const struct imans_chunk *chunks, size_t n,
			 uint8_t *out)
{
	uint8_t buf[SHORT_BLOCKS * BLOCK];
	size_t len = 0, size, bits;

	for (size_t i = 0; i < n; i++) {
		if (chunks[i].len > sizeof(buf) - PADDING_MIN - len)
			return false;
		if (chunks[i].len)
			memcpy(buf + len, chunks[i].data, chunks[i].len);
		len += chunks[i].len;
	}
	size = (len + PADDING_MIN + BLOCK - 1) / BLOCK * BLOCK;
	buf[len] = 0x80;
	memset(buf + len + 1, 0, size - len - 1);
	/* Its length in bits, below 2^16. */
	bits = (before * BLOCK + len) * 8;
	buf[size - 2] = (uint8_t)(bits >> 8);
	buf[size - 1] = (uint8_t)bits;
	SHA256_Update(&c, buf, size);
	for (size_t i = 0; i < 8; i++)
		put_be32(out + 4 * i, c.h[i]);
	return true;
}

bool imans_sha(enum imans_bank bank, const struct imans_chunk *chunks,
	       size_t n, uint8_t *out)
{
	union {
		SHA_CTX sha1;
		SHA256_CTX sha256;
		SHA512_CTX sha512;
	} c;

	switch (bank) {
	case IMANS_SHA1:
		SHA1_Init(&c.sha1);
		for (size_t i = 0; i < n; i++)
			SHA1_Update(&c.sha1, chunks[i].data, chunks[i].len);
		SHA1_Final(out, &c.sha1);
		return true;
	case IMANS_SHA256:
		SHA256_Init(&c.sha256);
		if (sha256_short(c.sha256, 0, chunks, n, out))
			return true;
		for (size_t i = 0; i < n; i++)
			SHA256_Update(&c.sha256, chunks[i].data, chunks[i].len);
		SHA256_Final(out, &c.sha256);
		return true;
	case IMANS_SHA384:
		SHA384_Init(&c.sha512);
		for (size_t i = 0; i < n; i++)
			SHA384_Update(&c.sha512, chunks[i].data, chunks[i].len);
		SHA384_Final(out, &c.sha512);
		return true;
	case IMANS_SHA512:
		SHA512_Init(&c.sha512);
		for (size_t i = 0; i < n; i++)
			SHA512_Update(&c.sha512, chunks[i].data, chunks[i].len);
		SHA512_Final(out, &c.sha512);
		return true;
	default:
		return false;
	}
}

static void set_key(struct imans_hmac_key *k, const uint8_t *key)
{
	uint8_t inner[BLOCK], outer[BLOCK];

	memset(inner, IPAD, sizeof(inner));
	memset(outer, OPAD, sizeof(outer));
	for (size_t i = 0; i < IMANS_KEY_SIZE; i++) {
		inner[i] ^= key[i];
		outer[i] ^= key[i];
	}
	SHA256_Init(&k->inner);
	SHA256_Update(&k->inner, inner, sizeof(inner));
	SHA256_Init(&k->outer);
	SHA256_Update(&k->outer, outer, sizeof(outer));
	memcpy(k->key, key, sizeof(k->key));
	k->set = true;
	OPENSSL_cleanse(inner, sizeof(inner));
	OPENSSL_cleanse(outer, sizeof(outer));
}

/* In a time that does not tell where they differ. */
static bool same_key(const uint8_t *a, const uint8_t *b)
{
	uint64_t x[IMANS_KEY_SIZE / 8], y[IMANS_KEY_SIZE / 8], differs = 0;

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	for (size_t i = 0; i < IMANS_KEY_SIZE / 8; i++)
		differs |= x[i] ^ y[i];
	return !differs;
}

/*
 * A namespace's key and those of its records come by turns: what was used last
 * but one gives way.
 */
static const struct imans_hmac_key *find_key(struct imans_hmac_cache *cache,
					     const uint8_t *key)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct imans_hmac_key *k = &cache->keys[i];

		if (k->set && same_key(k->key, key)) {
			cache->last = i;
			return k;
		}
	}
	cache->last = !cache->last;
	set_key(&cache->keys[cache->last], key);
	return &cache->keys[cache->last];
}

void imans_hmac_sha256(struct imans_hmac_cache *cache,
		       const uint8_t key[IMANS_KEY_SIZE],
		       const struct imans_chunk *chunks, size_t n,
		       uint8_t out[IMANS_HASH_SIZE])
{
	const struct imans_hmac_key *k = find_key(cache, key);
	uint8_t inner[IMANS_HASH_SIZE];
	struct imans_chunk chunk = { inner, sizeof(inner) };

	if (!sha256_short(k->inner, 1, chunks, n, inner)) {
		SHA256_CTX c = k->inner;

		for (size_t i = 0; i < n; i++)
			SHA256_Update(&c, chunks[i].data, chunks[i].len);
		SHA256_Final(inner, &c);
	}
	sha256_short(k->outer, 1, &chunk, 1, out);
}
