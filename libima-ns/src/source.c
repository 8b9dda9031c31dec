// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "source.h"

/* Large enough that securityfs, which restarts at the head, is read seldom. */
#define FIRST_SIZE	(256U << 10)
/* How often a file is read again that can't be waited for. */
#define TRY_MS		50

void imans_source_mem(struct imans_source *src, const void *data, size_t len)
{
	memset(src, 0, sizeof(*src));
	/* Arithmetic on a null pointer is undefined, and length 0 is valid. */
	src->base = data ? data : (const uint8_t *)"";
	src->end = len;
	src->fd = -1;
}

int imans_source_fd(struct imans_source *src, int fd, bool follow)
{
	memset(src, 0, sizeof(*src));
	src->follow = follow;
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

/* One read: the number of bytes, 0 at the end, or -errno. */
static ssize_t read_some(struct imans_source *src)
{
	ssize_t got;

	if (src->end == src->own_size) {
		int ret = make_room(src);

		if (ret)
			return ret;
	}
	do {
		got = read(src->fd, src->own + src->end,
			   src->own_size - src->end);
	} while (got < 0 && errno == EINTR && !src->follow);
	if (got < 0)
		return -errno;
	src->end += (size_t)got;
	return got;
}

int imans_source_fill(struct imans_source *src, size_t len)
{
	while (imans_source_len(src) < len) {
		ssize_t got;

		if (src->fd < 0)
			return 0;
		got = read_some(src);
		if (got < 0)
			return (int)got;
		if (got == 0) {
			if (src->follow)
				return 0;
			close(src->fd);
			src->fd = -1;
		}
	}
	return 1;
}

/* A pipe can't be sought, but read up to there. */
static int discard(struct imans_source *src, uint64_t len)
{
	while (len) {
		size_t part;
		int ret = imans_source_need(src, 1);

		if (ret <= 0)
			return ret ? ret : -ERANGE;
		part = imans_source_len(src);
		if (part > len)
			part = (size_t)len;
		imans_source_consume(src, part);
		len -= part;
	}
	return 0;
}

static int seek(struct imans_source *src, uint64_t len)
{
	struct stat st;
	off_t at;

	at = len > INT64_MAX ? -1 : lseek(src->fd, (off_t)len, SEEK_CUR);
	if (at < 0 && errno == ESPIPE)
		return discard(src, len);
	if (at < 0)
		return len > INT64_MAX ? -ERANGE : -errno;
	if (fstat(src->fd, &st))
		return -errno;
	/* Files of securityfs don't tell their size. */
	if (S_ISREG(st.st_mode) && st.st_size && at > st.st_size)
		return -ERANGE;
	src->offset = len;
	return 0;
}

int imans_source_skip(struct imans_source *src, uint64_t len)
{
	if (len == 0)
		return 0;
	return src->fd < 0 ? discard(src, len) : seek(src, len);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * poll() says of a regular file, and of securityfs on kernels without
 * namespaces, that it is readable, though read() has nothing: then ask again.
 */
static int wait_once(struct imans_source *src, int timeout)
{
	static const struct timespec pause = { 0, TRY_MS * 1000000L };
	struct pollfd p = { .fd = src->fd, .events = POLLIN };
	int ready = poll(&p, 1, timeout);
	struct stat st;
	ssize_t got;

	if (ready <= 0)
		return ready < 0 ? -errno : -ETIMEDOUT;
	if (p.revents & (POLLERR | POLLNVAL))
		return -EIO;
	got = read_some(src);
	if (got)
		return got < 0 ? (int)got : 0;
	if (p.revents & POLLHUP)
		return -EPIPE;
	if (fstat(src->fd, &st) == 0 && !S_ISREG(st.st_mode) &&
	    !S_ISCHR(st.st_mode))
		return -EPIPE;
	return nanosleep(&pause, NULL) ? -errno : -EAGAIN;
}

int imans_source_wait(struct imans_source *src, int milliseconds)
{
	int64_t end = milliseconds < 0 ? 0 : now_ms() + milliseconds;
	int ret;

	do {
		int64_t left = -1;

		if (milliseconds >= 0) {
			left = end - now_ms();
			if (left < 0)
				return -ETIMEDOUT;
		}
		ret = wait_once(src, (int)left);
	} while (ret == -EAGAIN);
	return ret;
}
