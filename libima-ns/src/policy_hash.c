// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reference values from files. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hashing.h"
#include "policy.h"

#define READ_SIZE	65536

static int hash_fd(int fd, struct imans_hashing *h)
{
	uint8_t buf[READ_SIZE];

	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return 0;
		if (imans_hashing_update(h, buf, (size_t)n))
			return -EIO;
	}
}

static int add_digests(struct imans_policy *policy, const char *path,
		       bool glob, struct imans_hashing *h)
{
	uint8_t digests[IMANS_HASHING_MAX], *digest = digests;
	int err = 0;

	if (imans_hashing_final(h, digests))
		return imans_err(policy->ctx, -EIO, "%s: hashing failed", path);
	for (int b = 0; b < IMANS_BANKS && !err; b++) {
		size_t size = imans_bank_size(b);

		if (!h->md[b])
			continue;
		err = glob ? imans_policy_add_glob(policy, path, b, digest,
						   size) :
			     imans_policy_add_digest(policy, path, b, digest,
						     size);
		digest += size;
	}
	return err;
}

static int add_file(struct imans_policy *policy, const char *file,
		    const char *path, bool glob, uint32_t banks)
{
	struct imans_hashing h;
	struct stat st;
	int fd, err;

	/* What turned into a FIFO meanwhile must not stop us. */
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st)) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return imans_err(policy->ctx, err, "%s: %s", file,
				 strerror(-err));
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return imans_err(policy->ctx, -EINVAL, "%s: not a regular file",
				 file);
	}
	err = imans_hashing_begin(policy->ctx, banks, &h);
	if (!err) {
		err = hash_fd(fd, &h);
		if (err)
			imans_err(policy->ctx, err, "%s: %s", file,
				  strerror(-err));
		else
			err = add_digests(policy, path, glob, &h);
	}
	imans_hashing_end(&h);
	close(fd);
	return err;
}

IMANS_API int imans_policy_add_file(struct imans_policy *policy,
				    const char *file, const char *path,
				    uint32_t banks)
{
	return add_file(policy, file, path, false, banks);
}

IMANS_API int imans_policy_add_glob_file(struct imans_policy *policy,
					 const char *file, const char *pattern,
					 uint32_t banks)
{
	return add_file(policy, file, pattern, true, banks);
}

static int add_found(struct imans_policy *policy, const FTSENT *ent,
		     size_t root_len, uint32_t banks)
{
	switch (ent->fts_info) {
	case FTS_F:
		return imans_policy_add_file(policy, ent->fts_accpath,
					     ent->fts_path + root_len, banks);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return imans_err(policy->ctx, -ent->fts_errno, "%s: %s",
				 ent->fts_path, strerror(ent->fts_errno));
	default:
		return 0;
	}
}

IMANS_API int imans_policy_add_tree(struct imans_policy *policy,
				    const char *root, uint32_t banks)
{
	char *copy = strdup(root);
	char *paths[] = { copy, NULL };
	size_t len;
	FTSENT *ent;
	FTS *fts;
	int err = 0;

	if (!copy)
		return imans_err(policy->ctx, -ENOMEM, "policy: out of memory");
	/* What stands in the policy begins with the slash after the root. */
	for (len = strlen(copy); len && copy[len - 1] == '/'; len--)
		copy[len - 1] = '\0';
	if (!len)
		strcpy(copy, "/");
	/* Another file system, /proc say, is no part of an image: FTS_XDEV. */
	err = imans_policy_begin(policy, copy, POLICY_IMAGE);
	if (err) {
		free(copy);
		return err;
	}
	fts = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_XDEV |
			      FTS_NOCHDIR, NULL);
	if (!fts) {
		err = -errno;
		free(copy);
		return imans_err(policy->ctx, err, "%s: %s", root,
				 strerror(-err));
	}
	errno = 0;
	while (!err && (ent = fts_read(fts))) {
		if (ent->fts_level == 0 && ent->fts_info == FTS_F)
			err = imans_err(policy->ctx, -ENOTDIR,
					"%s: not a directory", root);
		else
			err = add_found(policy, ent, len, banks);
		errno = 0;
	}
	if (!err && errno)
		err = imans_err(policy->ctx, -errno, "%s: %s", root,
				strerror(errno));
	fts_close(fts);
	free(copy);
	return err;
}
