/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random choices, the same ones each time: a test sets `rng_state` first. */
#ifndef IMANS_TESTS_RNG_H
#define IMANS_TESTS_RNG_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static uint64_t rng_state;

static inline size_t rng(size_t below)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (size_t)(rng_state >> 11) % below;
}

static inline unsigned long from_env(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 10) : otherwise;
}

#endif /* IMANS_TESTS_RNG_H */
