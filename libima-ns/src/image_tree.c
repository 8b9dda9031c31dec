// SPDX-License-Identifier: LGPL-2.1-or-later
/* A root file system made of layers. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "image_tree.h"
#include "text.h"

/**
 * struct node - a name in a directory
 * @parent: the directory; the root's own parent is itself
 * @children: the first of a directory's names
 * @next: in the same directory
 * @prev: in the same directory
 * @chain: in the same bucket
 * @kind: IMAGE_FILE to IMAGE_OTHER
 * @depth: directories above it
 * @digests: of a file
 * @target: of a symbolic link
 * @len: of @name
 * @name: without a NUL
 */
struct node {
	struct node *parent, *children, *next, *prev, *chain;
	enum image_kind kind;
	uint32_t depth;
	uint8_t *digests;
	char *target;
	size_t len;
	char name[];
};

/**
 * struct image_tree - the whole
 * @ctx: where errors go
 * @root: its directory
 * @buckets: nodes by parent and name
 * @mask: number of buckets, less 1
 * @count: nodes
 * @digests: bytes of a file's digests
 * @linked: what is left of IMAGE_LINKED_MAX
 * @seed: nobody is to choose names that fall into one bucket
 * @name: of the layer that is applied
 */
struct image_tree {
	struct imans_ctx *ctx;
	struct node *root;
	struct node **buckets;
	size_t mask;
	size_t count;
	size_t digests;
	size_t linked;
	uint64_t seed;
	const char *name;
};

void image_layer_free(struct image_layer *layer)
{
	if (!layer)
		return;
	if (layer->shared) {
		layer->shared--;
		return;
	}
	for (size_t i = 0; i < layer->count; i++) {
		free(layer->entries[i].path);
		free(layer->entries[i].target);
		free(layer->entries[i].digests);
	}
	free(layer->entries);
	free(layer);
}

static int no_memory(const struct image_tree *tree)
{
	return imans_err(tree->ctx, -ENOMEM, "%s: out of memory", tree->name);
}

static int bad(const struct image_tree *tree, int err, const char *path,
	       const char *reason)
{
	char shown[IMANS_SHOWN_SIZE];

	return imans_err(tree->ctx, err, "%s: %s: %s", tree->name,
			 imans_show(shown, sizeof(shown), path, strlen(path)),
			 reason);
}

/* --------------------------------------------------------------- nodes --- */

static size_t bucket_of(const struct image_tree *tree,
			const struct node *parent, const char *name, size_t len)
{
	uint64_t h = tree->seed ^ (uintptr_t)parent;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)name[i]) * 0x9e3779b97f4a7c15ULL ^ h >> 29;
	h = (h ^ tree->seed) * 0x9e3779b97f4a7c15ULL;
	return (size_t)(h >> 32) & tree->mask;
}

static struct node *child(const struct image_tree *tree,
			  const struct node *parent, const char *name,
			  size_t len)
{
	struct node *n = tree->buckets[bucket_of(tree, parent, name, len)];

	while (n && (n->parent != parent || n->len != len ||
		     memcmp(n->name, name, len)))
		n = n->chain;
	return n;
}

static int grow(struct image_tree *tree)
{
	size_t mask = tree->mask * 2 + 1, old = tree->mask + 1;
	struct node **from = tree->buckets, **to;

	if (tree->count <= tree->mask)
		return 0;
	to = calloc(mask + 1, sizeof(*to));
	if (!to)
		return -ENOMEM;
	tree->buckets = to;
	tree->mask = mask;
	for (size_t i = 0; i < old; i++) {
		struct node *next;

		for (struct node *n = from[i]; n; n = next) {
			size_t b = bucket_of(tree, n->parent, n->name, n->len);

			next = n->chain;
			n->chain = to[b];
			to[b] = n;
		}
	}
	free(from);
	return 0;
}

/* -EMSGSIZE: too deep; -ENOSPC: too many; -ENOMEM; without a message. */
static int add_node(struct image_tree *tree, struct node *parent,
		    const char *name, size_t len, enum image_kind kind,
		    struct node **node)
{
	struct node *n;
	size_t bucket;

	if (parent->depth >= IMAGE_DEPTH_MAX)
		return -EMSGSIZE;
	/* One entry's path can be that of a thousand directories. */
	if (tree->count >= IMAGE_ENTRIES_MAX)
		return -ENOSPC;
	n = grow(tree) ? NULL : calloc(1, sizeof(*n) + len);
	if (!n)
		return -ENOMEM;
	n->parent = parent;
	n->kind = kind;
	n->depth = parent->depth + 1;
	n->len = len;
	memcpy(n->name, name, len);
	n->next = parent->children;
	if (n->next)
		n->next->prev = n;
	parent->children = n;
	bucket = bucket_of(tree, parent, name, len);
	n->chain = tree->buckets[bucket];
	tree->buckets[bucket] = n;
	tree->count++;
	*node = n;
	return 0;
}

static void free_node(struct image_tree *tree, struct node *n)
{
	struct node **at = &tree->buckets[bucket_of(tree, n->parent, n->name,
						    n->len)];

	while (*at != n)
		at = &(*at)->chain;
	*at = n->chain;
	if (n->prev)
		n->prev->next = n->next;
	else
		n->parent->children = n->next;
	if (n->next)
		n->next->prev = n->prev;
	free(n->digests);
	free(n->target);
	free(n);
	tree->count--;
}

/* Without recursion: a name can be as deep as somebody likes. */
static void remove_children(struct image_tree *tree, struct node *dir)
{
	struct node *n = dir;

	while (dir->children) {
		struct node *up;

		while (n->children)
			n = n->children;
		up = n->parent;
		free_node(tree, n);
		n = up;
	}
}

static void remove_node(struct image_tree *tree, struct node *n)
{
	remove_children(tree, n);
	free_node(tree, n);
}

int image_tree_new(struct imans_ctx *ctx, size_t digests,
		   struct image_tree **tree)
{
	struct image_tree *new = calloc(1, sizeof(*new));
	int err = 0;

	if (!new)
		return imans_err(ctx, -ENOMEM, "image: out of memory");
	new->ctx = ctx;
	new->digests = digests;
	new->linked = IMAGE_LINKED_MAX;
	new->name = "image";
	new->mask = 1023;
	new->buckets = calloc(new->mask + 1, sizeof(struct node *));
	new->root = calloc(1, sizeof(*new->root));
	if (!new->buckets || !new->root)
		err = no_memory(new);
	else if (getrandom(&new->seed, sizeof(new->seed), 0) !=
		 sizeof(new->seed))
		err = imans_err(ctx, -EIO, "image: no randomness");
	if (err) {
		image_tree_free(new);
		return err;
	}
	new->root->kind = IMAGE_DIR;
	new->root->parent = new->root;
	*tree = new;
	return 0;
}

void image_tree_free(struct image_tree *tree)
{
	if (!tree)
		return;
	if (tree->root)
		remove_children(tree, tree->root);
	free(tree->root);
	free(tree->buckets);
	free(tree);
}

/* --------------------------------------------------------------- paths --- */

/* What is left of a path behind a link, put behind what the link leads to. */
static int follow(struct image_tree *tree, const struct node *link, char **rest,
		  char **at)
{
	size_t left = strlen(*at), size = strlen(link->target);
	char *longer;

	/* Forty links are a thousand times as long as a name that leads there. */
	if (size + left > tree->linked)
		return -E2BIG;
	tree->linked -= size + left;
	longer = malloc(size + left + 1);
	if (!longer)
		return -ENOMEM;
	memcpy(longer, link->target, size);
	memcpy(longer + size, *at, left + 1);
	free(*rest);
	*rest = *at = longer;
	return 0;
}

/*
 * Follow a directory's path from the root, links included, none of which leads
 * out of it. What is missing is made, or -ENOENT. -ENOTDIR, -ELOOP, -E2BIG: links
 * led through too much in all; add_node()'s; without a message.
 */
static int walk(struct image_tree *tree, const char *path, size_t len,
		bool make, struct node **dir)
{
	char *rest = strndup(path, len), *at = rest;
	struct node *cur = tree->root;
	int err = 0, links = 0;

	if (!rest)
		return -ENOMEM;
	while (!err && *(at += strspn(at, "/"))) {
		size_t n = strcspn(at, "/");
		struct node *next = NULL;

		if (n == 1 && *at == '.')
			next = cur;
		else if (n == 2 && at[0] == '.' && at[1] == '.')
			next = cur->parent;
		else
			next = child(tree, cur, at, n);
		if (!next && make)
			err = n > IMAGE_NAME_MAX ? -EMSGSIZE :
			      add_node(tree, cur, at, n, IMAGE_DIR, &next);
		else if (!next)
			err = -ENOENT;
		if (err)
			break;
		at += n;
		if (next->kind == IMAGE_SYMLINK) {
			err = ++links > IMAGE_LINKS_MAX ? -ELOOP :
			      follow(tree, next, &rest, &at);
			if (!err && *at == '/')
				cur = tree->root;
		} else if (next->kind == IMAGE_DIR) {
			cur = next;
		} else {
			err = -ENOTDIR;
		}
	}
	free(rest);
	if (!err)
		*dir = cur;
	return err;
}

/* The directory that a path's last name stands in, and that name. */
static int walk_parent(struct image_tree *tree, const char *path, bool make,
		       struct node **dir, const char **name)
{
	const char *slash = strrchr(path, '/');

	*name = slash ? slash + 1 : path;
	return walk(tree, path, slash ? (size_t)(slash - path) : 0, make, dir);
}

static int path_error(const struct image_tree *tree, const char *path, int err)
{
	switch (err) {
	case -ENOTDIR:
		return bad(tree, -EBADMSG, path,
			   "runs through what is no directory");
	case -ELOOP:
		return bad(tree, -EBADMSG, path,
			   "runs through a loop of symbolic links");
	case -ENOENT:
		return bad(tree, -EBADMSG, path, "leads nowhere");
	case -E2BIG:
		return bad(tree, -EMSGSIZE, path,
			   "symbolic links lead through more than a gigabyte of paths");
	case -ENOSPC:
		return imans_err(tree->ctx, -EMSGSIZE,
				 "%s: more than %d names in the image",
				 tree->name, IMAGE_ENTRIES_MAX);
	case -ENOMEM:
		return no_memory(tree);
	default:
		return bad(tree, err, path, "too long, or too deep");
	}
}

/* -------------------------------------------------------------- layers --- */

/* Of nothing, it hides nothing. */
static int hide(struct image_tree *tree, const struct image_entry *entry)
{
	struct node *dir, *node;
	const char *name = "";
	int err;

	if (entry->kind == IMAGE_OPAQUE)
		err = walk(tree, entry->path, strlen(entry->path), false, &dir);
	else
		err = walk_parent(tree, entry->path, false, &dir, &name);
	if (err == -ENOENT || err == -ENOTDIR)
		return 0;
	if (err)
		return path_error(tree, entry->path, err);
	if (entry->kind == IMAGE_OPAQUE) {
		remove_children(tree, dir);
		return 0;
	}
	node = child(tree, dir, name, strlen(name));
	if (node)
		remove_node(tree, node);
	return 0;
}

static bool is_below(const struct node *node, const struct node *above)
{
	while (node->depth > above->depth)
		node = node->parent;
	return node == above;
}

/* The node that a hard link is to share. */
static int find_target(struct image_tree *tree, const char *path,
		       struct node **node)
{
	const char *name;
	struct node *dir;
	int err = walk_parent(tree, path, false, &dir, &name);

	if (err)
		return path_error(tree, path, err);
	*node = child(tree, dir, name, strlen(name));
	if (!*node || (*node)->kind == IMAGE_DIR)
		return bad(tree, -EBADMSG, path,
			   "a hard link to what is no file");
	return 0;
}

static int fill(struct image_tree *tree, struct node *node,
		const uint8_t *digests, const char *target)
{
	if (digests) {
		node->digests = malloc(tree->digests);
		if (!node->digests)
			return no_memory(tree);
		memcpy(node->digests, digests, tree->digests);
	}
	if (target) {
		node->target = strdup(target);
		if (!node->target)
			return no_memory(tree);
	}
	return 0;
}

/* What was there under this name is replaced, unless both are directories. */
static int put(struct image_tree *tree, const struct image_entry *entry)
{
	struct node *dir, *old, *new, *shared = NULL;
	enum image_kind kind = entry->kind;
	const char *name;
	int err;

	if (!*entry->path)
		return kind == IMAGE_DIR ? 0 :
		       bad(tree, -EBADMSG, "/", "the root is no directory");
	err = walk_parent(tree, entry->path, true, &dir, &name);
	if (err)
		return path_error(tree, entry->path, err);
	if (kind == IMAGE_HARDLINK) {
		err = find_target(tree, entry->target, &shared);
		if (err)
			return err;
		kind = shared->kind;
	}
	old = child(tree, dir, name, strlen(name));
	if (old && ((old->kind == IMAGE_DIR && kind == IMAGE_DIR) ||
		    old == shared))
		return 0;
	if (old && shared && is_below(shared, old))
		return bad(tree, -EBADMSG, entry->path,
			   "a hard link in place of its own target");
	if (old)
		remove_node(tree, old);
	err = add_node(tree, dir, name, strlen(name), kind, &new);
	if (err)
		return path_error(tree, entry->path, err);
	return shared ? fill(tree, new, shared->digests, shared->target) :
			fill(tree, new, entry->digests, entry->target);
}

static bool hides(const struct image_entry *entry)
{
	return entry->kind == IMAGE_WHITEOUT || entry->kind == IMAGE_OPAQUE;
}

int image_tree_apply(struct image_tree *tree, const struct image_layer *layer,
		     const char *name)
{
	int err = 0;

	tree->name = name;
	/* Wherever they stand, whiteouts are about the layers below. */
	for (size_t i = 0; !err && i < layer->count; i++)
		if (hides(&layer->entries[i]))
			err = hide(tree, &layer->entries[i]);
	for (size_t i = 0; !err && i < layer->count; i++)
		if (!hides(&layer->entries[i]))
			err = put(tree, &layer->entries[i]);
	tree->name = "image";
	return err;
}

/* -------------------------------------------------------------- result --- */

static int emit(const struct image_tree *tree, const struct node *node,
		image_file_fn fn, void *user)
{
	char path[IMAGE_PATH_MAX + 1];
	size_t at = sizeof(path) - 1;

	path[at] = '\0';
	for (const struct node *n = node; n != tree->root; n = n->parent) {
		if (at < n->len + 1)
			return imans_err(tree->ctx, -EMSGSIZE,
					 "image: a path is longer than %d bytes",
					 IMAGE_PATH_MAX);
		at -= n->len;
		memcpy(path + at, n->name, n->len);
		path[--at] = '/';
	}
	return fn(user, path + at, sizeof(path) - 1 - at, node->digests);
}

int image_tree_each(const struct image_tree *tree, image_file_fn fn,
		    void *user)
{
	const struct node *n = tree->root;
	int ret = 0;

	/* Down, else aside, else up and aside. */
	for (;;) {
		if (n->kind == IMAGE_FILE)
			ret = emit(tree, n, fn, user);
		if (ret)
			return ret;
		if (n->children) {
			n = n->children;
			continue;
		}
		while (n != tree->root && !n->next)
			n = n->parent;
		if (n == tree->root)
			return 0;
		n = n->next;
	}
}
