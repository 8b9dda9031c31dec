/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whole files, read and written. */
#ifndef IMANS_FILE_H
#define IMANS_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct imans_ctx;

/* Bound on any file that is read whole: evidence carries all lists. */
#define IMANS_FILE_MAX	((size_t)1 << 30)

/*
 * Read a file to its end; st_size is not asked, securityfs has none. The data
 * is followed by a NUL that is not counted. -EFBIG: longer than `max`.
 */
int imans_file_read(struct imans_ctx *ctx, const char *path, size_t max,
		    uint8_t **data, size_t *len);

/* As above, of a name in a directory (AT_FDCWD: the working one). */
int imans_file_read_at(struct imans_ctx *ctx, int dirfd, const char *path,
		       size_t max, uint8_t **data, size_t *len);

/* As above, of what is in memory already; `name` is for messages. */
int imans_file_copy(struct imans_ctx *ctx, const void *data, size_t len,
		    const char *name, size_t max, uint8_t **copy);

/* As above, of a descriptor; `path` is for messages. */
int imans_file_read_fd(struct imans_ctx *ctx, int fd, const char *path,
		       size_t max, uint8_t **data, size_t *len);

/*
 * Write a file through a temporary one beside it, so that it is there whole or
 * not at all. What is no regular file (a pipe, a terminal) is written to.
 */
int imans_file_write(struct imans_ctx *ctx, const char *path, const void *data,
		     size_t len, mode_t mode);

#endif
