// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reference values from images. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "image.h"
#include "image_archive.h"
#include "policy.h"

/**
 * struct image - one that is being read
 * @policy: where its files go
 * @name: in messages
 * @banks: of its digests
 * @opts: which image, and how large
 * @limits: what is left of that
 * @plan: its layers
 * @dirfd: of a layout, or -1
 * @archive: or NULL
 */
struct image {
	struct imans_policy *policy;
	const char *name;
	uint32_t banks;
	struct imans_image_opts opts;
	struct image_limits limits;
	struct image_plan plan;
	int dirfd;
	struct image_archive *archive;
};

/* ---------------------------------------------------------------- layout --- */

static int dir_error(const struct image *image, const char *path, int err)
{
	return imans_err(image->policy->ctx, err, "%s: %s: %s", image->name,
			 path, err == -ENOENT ? "is missing" : strerror(-err));
}

/* A layout is files, and nothing that leads elsewhere or waits. */
static int open_part(const struct image *image, const char *path, int *fd)
{
	struct stat st;
	int err = 0;

	*fd = openat(image->dirfd, path,
		     O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (*fd < 0)
		return -errno;
	if (fstat(*fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	if (err)
		close(*fd);
	return err;
}

static int dir_doc(void *user, const char *path, uint8_t **data, size_t *len)
{
	const struct image *image = user;
	int fd, err = open_part(image, path, &fd);

	if (err == -ENOENT)
		return err;
	if (err)
		return dir_error(image, path, err);
	close(fd);
	err = imans_file_read_at(image->policy->ctx, image->dirfd, path,
				 IMAGE_DOC_MAX, data, len);
	return err == -EFBIG ? dir_error(image, path, -EMSGSIZE) : err;
}

static ssize_t read_fd(void *user, void *buf, size_t size)
{
	int fd = *(const int *)user;
	ssize_t n;

	do {
		n = read(fd, buf, size);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int dir_layer(struct image *image, struct image_part *part)
{
	int fd, err = open_part(image, part->path, &fd);
	const struct layer_source source = {
		.name = part->path,
		.read = read_fd,
		.user = &fd,
		.filter = part->filter,
		.blob = &part->blob,
		.diff = &part->diff,
	};

	if (err)
		return dir_error(image, part->path, err);
	err = imans_layer_read(image->policy->ctx, &source, image->banks,
			       &image->limits, &part->layer);
	close(fd);
	return err;
}

static int dir_layers(struct image *image)
{
	struct image_part *parts = image->plan.parts;
	int err = 0;

	for (size_t i = 0; !err && i < image->plan.count; i++) {
		size_t same = 0;

		while (strcmp(parts[same].path, parts[i].path))
			same++;
		err = same == i ? dir_layer(image, &parts[i]) :
		      image_part_share(image->policy->ctx, &image->limits,
				       &parts[same], &parts[i]);
	}
	return err;
}

static int read_dir(struct image *image)
{
	const struct image_store store = { image->name, dir_doc, image };
	int err = image_plan_oci(image->policy->ctx, &store,
				 image->opts.platform, image->opts.ref,
				 &image->plan);

	return err ? err : dir_layers(image);
}

/* --------------------------------------------------------------- archive --- */

static int read_archive(struct image *image,
			const struct image_archive_source *source)
{
	struct image_store store = { image->name, image_archive_doc, NULL };
	struct imans_ctx *ctx = image->policy->ctx;
	uint8_t *data;
	size_t len;
	int err = image_archive_open(ctx, source, &image->limits,
				     &image->archive);

	if (err)
		return err;
	store.user = image->archive;
	/* "docker save" writes both of late; they are about the same images. */
	err = image_archive_doc(image->archive, "index.json", &data, &len);
	if (!err) {
		free(data);
		err = image_plan_oci(ctx, &store, image->opts.platform,
				     image->opts.ref, &image->plan);
	} else if (err == -ENOENT) {
		err = image_plan_docker(ctx, &store, image->opts.platform,
					image->opts.ref, &image->plan);
	}
	return err ? err : image_archive_layers(image->archive, image->banks,
						&image->limits, &image->plan);
}

/* ---------------------------------------------------------------- result --- */

static int add_file(void *user, const char *path, size_t len,
		    const uint8_t *digests)
{
	const struct image *image = user;
	int err = 0;

	for (int b = 0; !err && b < IMANS_BANKS; b++) {
		if (!(image->banks & IMANS_BANK(b)))
			continue;
		err = imans_policy_refs_add(image->policy, path, len, false, b,
					    digests, 0);
		digests += imans_bank_size(b);
	}
	return err;
}

/* Only what is whole, and what all its digests say, becomes a reference. */
static int flatten(struct image *image)
{
	const struct policy_mark before = imans_policy_mark(image->policy);
	struct image_tree *tree;
	int err = image_tree_new(image->policy->ctx,
				 imans_hashing_size(image->banks), &tree);

	if (err)
		return err;
	for (size_t i = 0; !err && i < image->plan.count; i++) {
		struct image_part *part = &image->plan.parts[i];

		err = image_tree_apply(tree, part->layer, part->path);
		image_layer_free(part->layer);
		part->layer = NULL;
	}
	if (!err)
		err = imans_policy_begin(image->policy, image->name,
					 POLICY_IMAGE);
	if (!err)
		err = image_tree_each(tree, add_file, image);
	if (err)
		imans_policy_back_to(image->policy, &before);
	image_tree_free(tree);
	return err;
}

static int begin(struct image *image, struct imans_policy *policy,
		 const char *name, uint32_t banks,
		 const struct imans_image_opts *opts)
{
	int err = imans_opts_copy(policy->ctx, &image->opts,
				  sizeof(image->opts), opts);

	if (!err && (!banks || banks & ~IMANS_ALL_BANKS))
		err = imans_err(policy->ctx, -EINVAL, "policy: no such bank");
	image->policy = policy;
	image->name = name;
	image->banks = banks;
	image->dirfd = -1;
	image->limits.bytes = image->opts.max_bytes ? image->opts.max_bytes :
						      IMAGE_BYTES_DEFAULT;
	image->limits.entries = IMAGE_ENTRIES_MAX;
	image->limits.names = IMAGE_NAMES_MAX;
	return err;
}

/*
 * Names in archives are bytes. In any locale that knows characters libarchive
 * would convert and even normalise them.
 */
static int read_image(struct image *image,
		      const struct image_archive_source *source)
{
	locale_t plain = newlocale(LC_CTYPE_MASK, "C", (locale_t)0), before;
	int err;

	if (!plain)
		return imans_err(image->policy->ctx, -ENOMEM,
				 "%s: out of memory", image->name);
	before = uselocale(plain);
	err = source ? read_archive(image, source) : read_dir(image);
	uselocale(before);
	freelocale(plain);
	if (!err)
		err = flatten(image);
	image_archive_free(image->archive);
	image_plan_free(&image->plan);
	if (image->dirfd >= 0)
		close(image->dirfd);
	return err;
}

IMANS_API int imans_policy_add_image(struct imans_policy *policy,
				     const char *path, uint32_t banks,
				     const struct imans_image_opts *opts)
{
	const struct image_archive_source source = {
		.name = path, .path = path,
	};
	struct image image = { .banks = 0 };
	struct stat st;
	int err = begin(&image, policy, path, banks, opts);

	if (err)
		return err;
	if (stat(path, &st))
		return imans_err(policy->ctx, -errno, "%s: %s", path,
				 strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return S_ISREG(st.st_mode) ? read_image(&image, &source) :
		       imans_err(policy->ctx, -EINVAL,
				 "%s: neither a directory nor a file", path);
	image.dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (image.dirfd < 0)
		return imans_err(policy->ctx, -errno, "%s: %s", path,
				 strerror(errno));
	return read_image(&image, NULL);
}

IMANS_API int imans_policy_add_image_mem(struct imans_policy *policy,
					 const void *data, size_t len,
					 const char *name, uint32_t banks,
					 const struct imans_image_opts *opts)
{
	const struct image_archive_source source = {
		.name = name, .data = data, .len = len,
	};
	struct image image = { .banks = 0 };
	int err = begin(&image, policy, name, banks, opts);

	return err ? err : read_image(&image, &source);
}
