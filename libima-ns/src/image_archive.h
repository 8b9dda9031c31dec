/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images in archives: a tar file of an OCI layout, or of "docker save". */
#ifndef IMANS_IMAGE_ARCHIVE_H
#define IMANS_IMAGE_ARCHIVE_H

#include "image.h"

/* A file, or memory if @path is NULL. */
struct image_archive_source {
	const char *name;
	const char *path;
	const void *data;
	size_t len;
};

struct image_archive;

/*
 * Read what is no layer: the documents, and links. -EBADMSG, -EMSGSIZE, -ENOPKG,
 * -ENOMEM; open's.
 */
int image_archive_open(struct imans_ctx *ctx,
		       const struct image_archive_source *source,
		       struct image_limits *limits,
		       struct image_archive **archive);
void image_archive_free(struct image_archive *archive);
/* A store's @doc; `user` is the archive. */
int image_archive_doc(void *user, const char *path, uint8_t **data,
		      size_t *len);
/* Read all layers of the plan, in whatever order they stand. */
int image_archive_layers(struct image_archive *archive, uint32_t banks,
			 struct image_limits *limits, struct image_plan *plan);

#endif /* IMANS_IMAGE_ARCHIVE_H */
