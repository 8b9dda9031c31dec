// SPDX-License-Identifier: LGPL-2.1-or-later
/* Whole files, read and written. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "ctx.h"
#include "buf.h"

static int read_all(int fd, size_t max, uint8_t **data, size_t *len)
{
	size_t size = 0, used = 0;
	uint8_t *buf = NULL;
	int err = -ENOMEM;

	for (;;) {
		ssize_t n;

		/* One byte of room is kept for the NUL. */
		if (size - used < 2) {
			size_t want = size ? size * 2 : 16384;
			uint8_t *more = imans_secret_grow(buf, used, want);

			if (!more)
				goto fail;
			buf = more;
			size = want;
		}
		n = read(fd, buf + used, size - used - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err = -errno;
			goto fail;
		}
		if (!n)
			break;
		used += (size_t)n;
		if (used > max) {
			err = -EFBIG;
			goto fail;
		}
	}
	buf[used] = 0;
	*data = buf;
	*len = used;
	return 0;
fail:
	imans_key_free(buf, used);
	return err;
}

int imans_file_copy(struct imans_ctx *ctx, const void *data, size_t len,
		    const char *name, size_t max, uint8_t **copy)
{
	uint8_t *buf;

	if (len > max)
		return imans_err(ctx, -EFBIG, "%s: more than %zu bytes", name,
				 max);
	buf = malloc(len + 1);
	if (!buf)
		return imans_err(ctx, -ENOMEM, "%s: out of memory", name);
	memcpy(buf, data, len);
	buf[len] = 0;
	*copy = buf;
	return 0;
}

int imans_file_read_fd(struct imans_ctx *ctx, int fd, const char *path,
		       size_t max, uint8_t **data, size_t *len)
{
	int err = read_all(fd, max, data, len);

	if (err)
		return imans_err(ctx, err, "%s: %s", path, strerror(-err));
	return 0;
}

int imans_file_read_at(struct imans_ctx *ctx, int dirfd, const char *path,
		       size_t max, uint8_t **data, size_t *len)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0) {
		err = -errno;
		return imans_err(ctx, err, "%s: %s", path, strerror(-err));
	}
	err = imans_file_read_fd(ctx, fd, path, max, data, len);
	close(fd);
	return err;
}

int imans_file_read(struct imans_ctx *ctx, const char *path, size_t max,
		    uint8_t **data, size_t *len)
{
	return imans_file_read_at(ctx, AT_FDCWD, path, max, data, len);
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_special(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = write_all(fd, data, len);
	if (close(fd) && !err)
		err = -errno;
	return err;
}

static int write_regular(const char *path, const void *data, size_t len,
			 mode_t mode)
{
	char *tmp;
	int fd, err;

	if (asprintf(&tmp, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		goto out;
	}
	err = write_all(fd, data, len);
	if (!err && (fchmod(fd, mode) || fsync(fd)))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(tmp, path))
		err = -errno;
	if (err)
		unlink(tmp);
out:
	free(tmp);
	return err;
}

int imans_file_write(struct imans_ctx *ctx, const char *path, const void *data,
		     size_t len, mode_t mode)
{
	struct stat st;
	int err;

	if (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		err = write_special(path, data, len);
	else
		err = write_regular(path, data, len, mode);
	if (err)
		return imans_err(ctx, err, "%s: %s", path, strerror(-err));
	return 0;
}
