/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Integers of either byte order at any address, on any machine. */
#ifndef IMANS_BYTES_H
#define IMANS_BYTES_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static inline uint16_t get_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t get_le32(const uint8_t *p)
{
	return get_le16(p) | (uint32_t)get_le16(p + 2) << 16;
}

static inline uint64_t get_le64(const uint8_t *p)
{
	return get_le32(p) | (uint64_t)get_le32(p + 4) << 32;
}

/* In the byte order of who wrote them: big-endian or little-endian. */
static inline uint16_t get_u16(const uint8_t *p, bool big)
{
	return big ? (uint16_t)(p[0] << 8 | p[1]) : get_le16(p);
}

static inline uint32_t get_u32(const uint8_t *p, bool big)
{
	return big ? (uint32_t)get_u16(p, true) << 16 | get_u16(p + 2, true) :
		     get_le32(p);
}

static inline uint64_t get_u64(const uint8_t *p, bool big)
{
	return big ? (uint64_t)get_u32(p, true) << 32 | get_u32(p + 4, true) :
		     get_le64(p);
}

/* The lowest `size` bytes of v. */
static inline void put_uint(uint8_t *p, uint64_t v, size_t size, bool big)
{
	for (size_t i = 0; i < size; i++)
		p[big ? size - 1 - i : i] = (uint8_t)(v >> (8 * i));
}

static inline void put_le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static inline void put_le64(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* One instruction and one store, which loops over bytes do not become. */
static inline void put_be32(uint8_t *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, sizeof(v));
}

static inline bool all_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

#endif /* IMANS_BYTES_H */
