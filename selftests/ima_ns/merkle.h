/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RFC 9162, section 2.1.1, as it is defined there, and RFC 2104: what a
 * verifier of "ima-ns/heads" computes. Nothing of it comes from the kernel.
 */
#ifndef _SELFTESTS_IMA_NS_MERKLE_H
#define _SELFTESTS_IMA_NS_MERKLE_H

#include "common.h"
#include "sha256.h"

#define HMAC_BLOCK 64

/* MTH(D[n]) of leaves that have one size. */
static inline void merkle_root(const uint8_t *leaves, size_t count, size_t size,
			       uint8_t root[SHA256_SIZE])
{
	uint8_t buf[1 + 2 * SHA256_SIZE];
	size_t k = 1;

	if (!count) {
		sha256(NULL, 0, root);
		return;
	}
	if (count == 1) {
		buf[0] = 0;
		memcpy(buf + 1, leaves, size);
		sha256(buf, 1 + size, root);
		return;
	}
	/* The largest power of two smaller than the count. */
	while (2 * k < count)
		k *= 2;
	buf[0] = 1;
	merkle_root(leaves, k, size, buf + 1);
	merkle_root(leaves + k * size, count - k, size, buf + 1 + SHA256_SIZE);
	sha256(buf, sizeof(buf), root);
}

/* The key has at most one block, the message at most 256 bytes. */
static inline void hmac_sha256(const uint8_t *key, size_t key_len,
			       const uint8_t *msg, size_t len,
			       uint8_t mac[SHA256_SIZE])
{
	uint8_t inner[HMAC_BLOCK + 256], outer[HMAC_BLOCK + SHA256_SIZE];
	size_t i;

	for (i = 0; i < HMAC_BLOCK; i++) {
		const uint8_t byte = i < key_len ? key[i] : 0;

		inner[i] = byte ^ 0x36;
		outer[i] = byte ^ 0x5c;
	}
	memcpy(inner + HMAC_BLOCK, msg, len);
	sha256(inner, HMAC_BLOCK + len, outer + HMAC_BLOCK);
	sha256(outer, sizeof(outer), mac);
}

#endif /* _SELFTESTS_IMA_NS_MERKLE_H */
