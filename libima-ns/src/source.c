// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source.h"

/* Large enough that securityfs, which restarts at the head, is read seldom. */
#define FIRST_SIZE	(256U << 10)

void imans_source_mem(struct imans_source *src, const void *data, size_t len)
{
	memset(src, 0, sizeof(*src));
	/* Arithmetic on a null pointer is undefined, and length 0 is valid. */
	src->base = data ? data : (const uint8_t *)"";
	src->end = len;
	src->fd = -1;
}

int imans_source_fd(struct imans_source *src, int fd)
{
	memset(src, 0, sizeof(*src));
	src->base = (const uint8_t *)"";
	src->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return src->fd < 0 ? -errno : 0;
}

void imans_source_close(struct imans_source *src)
{
	if (src->fd >= 0)
		close(src->fd);
	src->fd = -1;
	free(src->own);
	src->own = NULL;
}

/* Make room behind the window: move it to the front, or double the buffer. */
static int make_room(struct imans_source *src)
{
	size_t len = imans_source_len(src);
	uint8_t *bigger;
	size_t size;

	if (src->start > 0) {
		memmove(src->own, src->own + src->start, len);
		src->start = 0;
		src->end = len;
	}
	if (len < src->own_size / 2)
		return 0;
	size = src->own_size ? src->own_size * 2 : FIRST_SIZE;
	bigger = realloc(src->own, size);
	if (!bigger)
		return -ENOMEM;
	src->own = bigger;
	src->own_size = size;
	src->base = bigger;
	return 0;
}

int imans_source_need(struct imans_source *src, size_t len)
{
	while (imans_source_len(src) < len) {
		ssize_t got;

		if (src->fd < 0)
			return 0;
		if (src->end == src->own_size) {
			int ret = make_room(src);

			if (ret)
				return ret;
		}
		got = read(src->fd, src->own + src->end,
			   src->own_size - src->end);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0) {
			close(src->fd);
			src->fd = -1;
			return 0;
		}
		src->end += (size_t)got;
	}
	return 1;
}
