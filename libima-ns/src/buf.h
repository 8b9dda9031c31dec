/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes that grow. They may hold keys: nothing of them stays behind in memory
 * that is free.
 */
#ifndef IMANS_BUF_H
#define IMANS_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"

/**
 * struct imans_buf - bytes; zeroed, it is empty
 * @data: the bytes, allocated; the caller frees them
 * @len: how many
 * @room: how many are allocated
 * @failed: memory ran out, and nothing more is written
 *
 * A stdio stream would not do: open_memstream()'s tells nobody of what it had no
 * memory for, neither by ferror() nor by fclose().
 */
struct imans_buf {
	uint8_t *data;
	size_t len;
	size_t room;
	bool failed;
};

/*
 * As realloc(), of `used` bytes that are taken along to `size`, which is more.
 * NULL: out of memory, and `old` is as it was.
 */
void *imans_secret_grow(void *old, size_t used, size_t size);

/* Room for so many bytes more; false: there is none. */
bool imans_buf_reserve(struct imans_buf *buf, size_t len);
void imans_buf_put(struct imans_buf *buf, const void *data, size_t len);
/* Text, without its NUL; short if it is formatted. */
void imans_buf_puts(struct imans_buf *buf, const char *text);
void imans_buf_printf(struct imans_buf *buf, const char *fmt, ...)
	IMANS_PRINTF(2, 3);

#endif /* IMANS_BUF_H */
