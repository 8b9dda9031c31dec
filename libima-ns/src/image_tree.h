/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A root file system made of layers, in memory: names, kinds and digests, as
 * the OCI image specification applies changesets (layer.md). Nothing is ever
 * written to a disk, so no name can lead out of it.
 */
#ifndef IMANS_IMAGE_TREE_H
#define IMANS_IMAGE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"

/* Bounds; past them: -EMSGSIZE. */
#define IMAGE_PATH_MAX		4096	/* as the kernel's PATH_MAX */
#define IMAGE_NAME_MAX		255
#define IMAGE_NAMES_MAX		((size_t)512 << 20)	/* bytes, of all entries */
#define IMAGE_DEPTH_MAX		1024	/* directories, one in another */
#define IMAGE_ENTRIES_MAX	4000000	/* of all layers; names in a tree */
/* As many symbolic links in one path as the kernel follows. */
#define IMAGE_LINKS_MAX		40
/* Bytes of paths that symbolic links lead through, of all entries together. */
#define IMAGE_LINKED_MAX	((size_t)1 << 30)

enum image_kind {
	IMAGE_FILE,
	IMAGE_DIR,
	IMAGE_SYMLINK,
	IMAGE_OTHER,		/* device, FIFO: no content */
	IMAGE_HARDLINK,		/* these three in layers only */
	IMAGE_WHITEOUT,
	IMAGE_OPAQUE,
};

/**
 * struct image_entry - one entry of a layer
 * @kind: what it is
 * @path: relative, without ".", ".." and doubled slashes; "" is the root; a
 *	whiteout's is what it hides, an opaque whiteout's the directory
 * @target: of links: as it stands there; a hard link's is made as @path is
 * @digests: of a file
 */
struct image_entry {
	enum image_kind kind;
	char *path;
	char *target;
	uint8_t *digests;
};

/**
 * struct image_layer - entries of a layer, in their order
 * @entries: they
 * @count: of them
 * @room: for so many
 * @names: bytes of their names and targets
 * @shared: places in an image that have it, besides the first
 */
struct image_layer {
	struct image_entry *entries;
	size_t count;
	size_t room;
	size_t names;
	size_t shared;
};

/* By each place that has it. */
void image_layer_free(struct image_layer *layer);

struct image_tree;

/* `digests`: bytes that each file has. -ENOMEM, -EIO. */
int image_tree_new(struct imans_ctx *ctx, size_t digests,
		   struct image_tree **tree);
void image_tree_free(struct image_tree *tree);
/*
 * What the layer hides of what is below it goes first, then its entries come.
 * -EBADMSG: a path runs through what is no directory, or through a loop of
 * links, or a hard link leads nowhere; -EMSGSIZE; -ENOMEM. `name` is for
 * messages.
 */
int image_tree_apply(struct image_tree *tree, const struct image_layer *layer,
		     const char *name);
/* Each regular file, by its absolute path, until fn returns non-zero. */
typedef int (*image_file_fn)(void *user, const char *path, size_t len,
			     const uint8_t *digests);
int image_tree_each(const struct image_tree *tree, image_file_fn fn,
		    void *user);

#endif /* IMANS_IMAGE_TREE_H */
