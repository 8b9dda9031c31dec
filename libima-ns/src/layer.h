/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer of an image: a tar file, perhaps compressed, read by libarchive. */
#ifndef IMANS_LAYER_H
#define IMANS_LAYER_H

#include "hashing.h"
#include "image_tree.h"

/* The digest that some document names a blob by. */
struct image_digest {
	enum imans_bank bank;
	uint8_t digest[IMANS_DIGEST_MAX];
};

/* How a layer is compressed; ANY: found out. */
enum image_filter {
	IMAGE_FILTER_ANY,
	IMAGE_FILTER_NONE,
	IMAGE_FILTER_GZIP,
	IMAGE_FILTER_ZSTD,
};

/* What all layers of an image may use up together. */
struct image_limits {
	uint64_t bytes;			/* left, of what is unpacked */
	size_t entries;			/* left */
	size_t names;			/* left, of bytes of their names */
};

/* The bytes of a layer: 0 at the end, or a negative errno after a message. */
typedef ssize_t (*layer_read_fn)(void *user, void *buf, size_t size);

/**
 * struct layer_source - a layer to be read
 * @name: in messages
 * @read: gives its bytes, as they are stored
 * @user: for @read
 * @filter: how it is said to be compressed
 * @blob: what its bytes must hash to, or NULL
 * @diff: what they must hash to when they are unpacked, or NULL
 */
struct layer_source {
	const char *name;
	layer_read_fn read;
	void *user;
	enum image_filter filter;
	const struct image_digest *blob;
	const struct image_digest *diff;
};

/*
 * -EBADMSG: malformed, cut off, of another digest, or with names that would
 * lead out of the image; -EMSGSIZE: past a bound; -ENOPKG: no libarchive;
 * -ENOMEM; read's.
 */
int imans_layer_read(struct imans_ctx *ctx, const struct layer_source *source,
		     uint32_t banks, struct image_limits *limits,
		     struct image_layer **layer);

/*
 * Use up what one more place of a layer costs, as if it were read again: another
 * user of it, to be freed. `name` is for messages. -EMSGSIZE.
 */
int imans_layer_share(struct imans_ctx *ctx, const char *name,
		      struct image_limits *limits, struct image_layer *layer);

/*
 * Make a name relative, in place: without leading, doubled and last slashes and
 * ".". False: it has "..".
 */
bool imans_path_normalise(char *path);

#endif /* IMANS_LAYER_H */
