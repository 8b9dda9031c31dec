/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images: their documents, where they are kept, and which layers they name. */
#ifndef IMANS_IMAGE_H
#define IMANS_IMAGE_H

#include "layer.h"

struct json_object;

/* Bounds; past them: -EMSGSIZE. */
#define IMAGE_DOC_MAX		((size_t)4 << 20)	/* of one document */
#define IMAGE_DOCS_MAX		((size_t)64 << 20)	/* of all in an archive */
#define IMAGE_DOCS_COUNT	4096
#define IMAGE_LAYERS_MAX	512
#define IMAGE_INDEX_DEPTH	4
/* If the caller says nothing: what is unpacked. */
#define IMAGE_BYTES_DEFAULT	((uint64_t)32 << 30)

/**
 * struct image_store - where an image's parts are
 * @name: of the directory or file, in messages
 * @doc: reads a document of up to IMAGE_DOC_MAX bytes and a NUL, to be freed;
 *	-ENOENT without a message, others with one
 * @user: for @doc
 */
struct image_store {
	const char *name;
	int (*doc)(void *user, const char *path, uint8_t **data, size_t *len);
	void *user;
};

/**
 * struct image_part - a layer of the chosen image
 * @path: in the store
 * @filter: how it is compressed
 * @has_blob: @blob is known
 * @blob: its digest
 * @diff: its digest, unpacked
 * @layer: once it is read
 */
struct image_part {
	char *path;
	enum image_filter filter;
	bool has_blob;
	struct image_digest blob;
	struct image_digest diff;
	struct image_layer *layer;
};

/* Layers, the lowest first. */
struct image_plan {
	struct image_part *parts;
	size_t count;
};

void image_plan_free(struct image_plan *plan);
/*
 * A place in the image that has the layer of another one, which was read: once for
 * all of them. -EBADMSG: it is said to be something else here; -EMSGSIZE.
 */
int image_part_share(struct imans_ctx *ctx, struct image_limits *limits,
		     const struct image_part *from, struct image_part *to);
/*
 * Choose an image by `platform` ("os/architecture[/variant]") and `ref`, either
 * of which may be NULL. `plan` is empty before. -EBADMSG, -ENOENT, -EINVAL
 * (there are several to choose from), -ENOTSUP (a media type), -EMSGSIZE,
 * -ENOMEM.
 */
int image_plan_oci(struct imans_ctx *ctx, const struct image_store *store,
		   const char *platform, const char *ref,
		   struct image_plan *plan);
int image_plan_docker(struct imans_ctx *ctx, const struct image_store *store,
		      const char *platform, const char *ref,
		      struct image_plan *plan);

/* image_docker.c and image_oci.c share: a document as JSON, and its errors. */
int image_doc_read(struct imans_ctx *ctx, const struct image_store *store,
		   const char *path, const struct image_digest *digest,
		   struct json_object **top);
int image_doc_bad(struct imans_ctx *ctx, const struct image_store *store,
		  const char *path, const char *reason);
/* Of a configuration: platform and diff_ids, of the plan's layers. */
int image_config_check(struct imans_ctx *ctx, const struct image_store *store,
		       const char *path, const struct image_digest *digest,
		       const char *platform, struct image_plan *plan);

#endif /* IMANS_IMAGE_H */
