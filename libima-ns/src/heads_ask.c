// SPDX-License-Identifier: LGPL-2.1-or-later
/* Asking this node's kernel for an ima-ns/heads entry. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "format.h"
#include "heads.h"

/* The answer stands behind the same descriptor, from its beginning. */
static int ask(struct imans_ctx *ctx, const char *path,
	       const uint8_t nonce[IMANS_HEADS_NONCE_SIZE], uint8_t **data,
	       size_t *len)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, nonce, IMANS_HEADS_NONCE_SIZE);
	int err = n < 0 ? -errno : n != IMANS_HEADS_NONCE_SIZE ? -EIO : 0;

	if (err)
		imans_err(ctx, err, "%s: %s", path, strerror(-err));
	else
		err = imans_file_read_fd(ctx, fd, path, IMANS_FILE_MAX, data,
					 len);
	if (fd >= 0)
		close(fd);
	return err;
}

/* The event's buffer, then as many leaves as it says. */
static int check_answer(struct imans_ctx *ctx, const char *path,
			const uint8_t nonce[IMANS_HEADS_NONCE_SIZE],
			const uint8_t *data, size_t len)
{
	const size_t head = sizeof(struct ima_ns_heads);
	struct imans_heads heads;

	if (len < head || imans_heads_decode(ctx, data, head, &heads) ||
	    memcmp(heads.nonce, nonce, sizeof(heads.nonce)) != 0 ||
	    (len - head) % IMANS_LEAF_SIZE ||
	    (len - head) / IMANS_LEAF_SIZE != heads.leaves)
		return imans_err(ctx, -EBADMSG,
				 "%s: the kernel's answer of %zu bytes is none to this nonce",
				 path, len);
	return 0;
}

int imans_heads_ask(struct imans_ctx *ctx, const char *ns_dir,
		    const uint8_t nonce[IMANS_HEADS_NONCE_SIZE],
		    uint8_t **leaves, size_t *size)
{
	const size_t head = sizeof(struct ima_ns_heads);
	uint8_t *data = NULL;
	size_t len;
	char *path;
	int err;

	if (asprintf(&path, "%s/heads", ns_dir) < 0)
		return imans_err(ctx, -ENOMEM, "heads: out of memory");
	err = ask(ctx, path, nonce, &data, &len);
	if (!err)
		err = check_answer(ctx, path, nonce, data, len);
	free(path);
	if (err) {
		free(data);
		return err;
	}
	memmove(data, data + head, len - head);
	*leaves = data;
	*size = len - head;
	return 0;
}
