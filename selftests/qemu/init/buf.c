// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init.h"

void buf_add(struct buf *b, const void *data, size_t len)
{
	if (b->size - b->len < len) {
		size_t size = (b->len + len) * 2;
		char *grown = realloc(b->data, size);

		if (!grown)
			die("no memory for %zu bytes", size);
		b->data = grown;
		b->size = size;
	}
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

void buf_free(struct buf *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}

int buf_read_fd(struct buf *b, int fd)
{
	char chunk[16384];
	ssize_t n;

	for (;;) {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		buf_add(b, chunk, n);
	}
}

int buf_read_file(struct buf *b, const char *path)
{
	/* A test may leave a FIFO where a file should be. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int ret;

	if (fd < 0)
		return -errno;
	ret = buf_read_fd(b, fd);
	close(fd);
	return ret;
}
