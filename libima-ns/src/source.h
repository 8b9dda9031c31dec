/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A window onto bytes in memory or behind a file descriptor. */
#ifndef IMANS_SOURCE_H
#define IMANS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct imans_source {
	const uint8_t *base;	/* of the caller's memory, or own */
	size_t start;		/* the window: what was not consumed */
	size_t end;
	uint64_t offset;	/* of `start`, from the beginning */
	int fd;			/* -1: memory, or the end was reached */
	bool follow;		/* the end that read() tells is not final */
	uint8_t *own;		/* buffer of a file's bytes */
	size_t own_size;
};

void imans_source_mem(struct imans_source *src, const void *data, size_t len);
/* The descriptor is duplicated: -errno. */
int imans_source_fd(struct imans_source *src, int fd, bool follow);
void imans_source_close(struct imans_source *src);

/* Begin `offset` bytes further on: -ERANGE, if that is past the end; -errno. */
int imans_source_skip(struct imans_source *src, uint64_t offset);

/*
 * Wait for more bytes, at most that many milliseconds unless negative, and read
 * some. -ETIMEDOUT; -EPIPE: there will be none; -errno.
 */
int imans_source_wait(struct imans_source *src, int milliseconds);

/*
 * Read until there are `len` bytes in the window, or the input ends. The buffer
 * grows only with bytes that were read, never with a length that the input
 * states.
 */
int imans_source_fill(struct imans_source *src, size_t len);

static inline const uint8_t *imans_source_data(const struct imans_source *src)
{
	return src->base + src->start;
}

static inline size_t imans_source_len(const struct imans_source *src)
{
	return src->end - src->start;
}

/* Try to have `len` bytes: 1, 0 if the input ends before, or -errno. */
static inline int imans_source_need(struct imans_source *src, size_t len)
{
	return imans_source_len(src) >= len ? 1 : imans_source_fill(src, len);
}

static inline void imans_source_consume(struct imans_source *src, size_t len)
{
	src->start += len;
	src->offset += len;
}

#endif /* IMANS_SOURCE_H */
