/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 (FIPS 180-4) of a buffer, so that a test knows a file's digest
 * without asking the kernel that it tests. The constants are computed: they
 * are the first bits of the fractional parts of roots of primes.
 */
#ifndef _SELFTESTS_IMA_NS_SHA256_H
#define _SELFTESTS_IMA_NS_SHA256_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SHA256_SIZE 32

static inline unsigned int sha256_prime(unsigned int nth)
{
	unsigned int n = 1, i;

	while (nth) {
		n++;
		for (i = 2; i * i <= n && n % i; i++)
			;
		nth -= i * i > n;
	}
	return n;
}

/* 32 fractional bits of the square (2) or cube (3) root of n. */
static inline uint32_t sha256_root(unsigned int n, int power)
{
	const unsigned __int128 target = (unsigned __int128)n
					 << (32 * power);
	uint64_t root = 0;
	int bit;

	for (bit = 37; bit >= 0; bit--) {
		const uint64_t next = root | (uint64_t)1 << bit;
		unsigned __int128 value = (unsigned __int128)next * next;

		if (power == 3)
			value *= next;
		if (value <= target)
			root = next;
	}
	return root;
}

static inline uint32_t sha256_ror(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static inline void sha256_block(uint32_t state[8], const uint32_t k[64],
				const uint8_t block[64])
{
	uint32_t w[64], s[8], t1, t2;
	int i;

	for (i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 |
		       block[4 * i + 2] << 8 | block[4 * i + 3];
	for (; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		       (sha256_ror(w[i - 15], 7) ^ sha256_ror(w[i - 15], 18) ^
			w[i - 15] >> 3) +
		       (sha256_ror(w[i - 2], 17) ^ sha256_ror(w[i - 2], 19) ^
			w[i - 2] >> 10);
	memcpy(s, state, sizeof(s));
	for (i = 0; i < 64; i++) {
		t1 = s[7] + k[i] + w[i] + ((s[4] & s[5]) ^ (~s[4] & s[6])) +
		     (sha256_ror(s[4], 6) ^ sha256_ror(s[4], 11) ^
		      sha256_ror(s[4], 25));
		t2 = ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2])) +
		     (sha256_ror(s[0], 2) ^ sha256_ror(s[0], 13) ^
		      sha256_ror(s[0], 22));
		memmove(s + 1, s, 7 * sizeof(*s));
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		state[i] += s[i];
}

static inline void sha256(const void *data, size_t len,
			  uint8_t digest[SHA256_SIZE])
{
	const uint64_t bits = (uint64_t)len * 8;
	uint8_t tail[128] = {};
	const uint8_t *in = data;
	uint32_t state[8], k[64];
	size_t tail_len, i;

	for (i = 0; i < 64; i++)
		k[i] = sha256_root(sha256_prime(i + 1), 3);
	for (i = 0; i < 8; i++)
		state[i] = sha256_root(sha256_prime(i + 1), 2);
	for (; len >= 64; len -= 64, in += 64)
		sha256_block(state, k, in);
	memcpy(tail, in, len);
	tail[len] = 0x80;
	tail_len = len < 56 ? 64 : 128;
	for (i = 0; i < 8; i++)
		tail[tail_len - 1 - i] = bits >> (8 * i);
	for (i = 0; i < tail_len; i += 64)
		sha256_block(state, k, tail + i);
	for (i = 0; i < SHA256_SIZE; i++)
		digest[i] = state[i / 4] >> (24 - 8 * (i % 4));
}

#endif /* _SELFTESTS_IMA_NS_SHA256_H */
