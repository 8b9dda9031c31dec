// SPDX-License-Identifier: LGPL-2.1-or-later
/* The namespaces of this node, as securityfs shows them. */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctx.h"
#include "file.h"
#include "tree.h"

static void node_free(struct imans_tree_node *node)
{
	free(node->path);
	free(node->label);
	free(node->text);
	free(node->dir);
}

IMANS_API void imans_tree_free(struct imans_tree *tree)
{
	if (!tree)
		return;
	for (size_t i = 0; i < tree->count; i++)
		node_free(&tree->nodes[i]);
	free(tree->nodes);
	free(tree);
}

bool imans_tree_absent(int err)
{
	return err == -ENOENT || err == -ESTALE || err == -EPERM ||
	       err == -EACCES || err == -ENODEV;
}

static int no_memory(struct imans_tree *tree)
{
	return imans_err(tree->ctx, -ENOMEM, "namespaces: out of memory");
}

static int node_add(struct imans_tree *tree, const struct imans_tree_node *node)
{
	if (tree->count == tree->room) {
		size_t room = tree->room ? tree->room * 2 : 16;
		struct imans_tree_node *more;

		more = realloc(tree->nodes, room * sizeof(*more));
		if (!more)
			return no_memory(tree);
		tree->nodes = more;
		tree->room = room;
	}
	tree->nodes[tree->count++] = *node;
	return 0;
}

static int read_text(struct imans_tree *tree, const char *dir, const char *file,
		     char **text)
{
	char *path;
	uint8_t *data;
	size_t len;
	int err;

	if (asprintf(&path, "%s/%s", dir, file) < 0)
		return no_memory(tree);
	err = imans_file_read(tree->ctx, path, IMANS_STATUS_MAX, &data, &len);
	free(path);
	if (err)
		return err;
	*text = (char *)data;
	return 0;
}

/* ENODATA: there is no label yet. */
static int read_label(struct imans_tree *tree, struct imans_tree_node *node)
{
	int err = read_text(tree, node->dir, "label", &node->label);

	if (err == -ENODATA) {
		node->label = strdup("");
		return node->label ? 0 : no_memory(tree);
	}
	if (!err)
		node->label[strcspn(node->label, "\n")] = '\0';
	return err;
}

/* `above` is the path of the directory that holds this one, or NULL. */
static int node_path(struct imans_tree *tree, struct imans_tree_node *node,
		     const char *above)
{
	const struct imans_ns_status *s = &node->status;
	int n;

	if (above)
		n = asprintf(&node->path, "%s/%" PRIu64, above, s->id);
	else if (s->parent)
		/* A bind mount of some namespace's own directory. */
		n = asprintf(&node->path, "%" PRIu64 "/%" PRIu64, s->parent,
			     s->id);
	else
		n = asprintf(&node->path, "%" PRIu64, s->id);
	if (n < 0) {
		node->path = NULL;
		return no_memory(tree);
	}
	return 0;
}

static int node_read(struct imans_tree *tree, struct imans_tree_node *node,
		     const char *above)
{
	int err = read_text(tree, node->dir, "status", &node->text);

	if (!err)
		err = imans_status_parse(tree->ctx, node->dir, node->text,
					 &node->status);
	if (!err)
		err = read_label(tree, node);
	if (!err)
		err = node_path(tree, node, above);
	if (err)
		return err;
	node->status.text = node->text;
	node->status.label = node->label;
	node->status.path = node->path;
	return 0;
}

static bool is_id(const char *name)
{
	return *name >= '1' && *name <= '9' &&
	       strspn(name, "0123456789") == strlen(name);
}

static int read_dir(struct imans_tree *tree, const char *dir, const char *above,
		    unsigned int depth);

static int read_node(struct imans_tree *tree, const char *dir, const char *name,
		     const char *above, unsigned int depth)
{
	struct imans_tree_node node = { 0 };
	char *children, *path;
	int err;

	if (asprintf(&node.dir, "%s/%s", dir, name) < 0)
		return no_memory(tree);
	err = node_read(tree, &node, above);
	if (!err)
		err = node_add(tree, &node);
	if (err) {
		node_free(&node);
		return imans_tree_absent(err) ? 0 : err;
	}
	if (asprintf(&children, "%s/ns", node.dir) < 0)
		return no_memory(tree);
	path = strdup(node.path);
	err = path ? read_dir(tree, children, path, depth + 1) :
		     no_memory(tree);
	free(path);
	free(children);
	return imans_tree_absent(err) ? 0 : err;
}

static int read_dir(struct imans_tree *tree, const char *dir, const char *above,
		    unsigned int depth)
{
	struct dirent *d;
	int err = 0;
	DIR *stream;

	if (depth > IMANS_DEPTH_MAX)
		return imans_err(tree->ctx, -EBADMSG,
				 "%s: deeper than %d levels", dir,
				 IMANS_DEPTH_MAX);
	stream = opendir(dir);
	if (!stream) {
		err = -errno;
		return imans_err(tree->ctx, err, "%s: %s", dir, strerror(-err));
	}
	while (!err) {
		errno = 0;
		d = readdir(stream);
		if (!d) {
			if (errno)
				err = imans_err(tree->ctx, -errno, "%s: %s",
						dir, strerror(errno));
			break;
		}
		if (is_id(d->d_name))
			err = read_node(tree, dir, d->d_name, above, depth);
	}
	closedir(stream);
	return err;
}

/* Ids rise, so a parent's is lower than its children's. */
static int compare_nodes(const void *a, const void *b)
{
	const struct imans_tree_node *x = a, *y = b;

	return (x->status.id > y->status.id) - (x->status.id < y->status.id);
}

IMANS_API int imans_tree_read(struct imans_ctx *ctx, const char *ns_dir,
			      struct imans_tree **tree)
{
	struct imans_tree *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return imans_err(ctx, -ENOMEM, "namespaces: out of memory");
	new->ctx = ctx;
	err = read_dir(new, ns_dir ? ns_dir : IMANS_NS_DIR, NULL, 1);
	if (err) {
		imans_tree_free(new);
		return err;
	}
	if (new->count)
		qsort(new->nodes, new->count, sizeof(*new->nodes),
		      compare_nodes);
	*tree = new;
	return 0;
}

IMANS_API size_t imans_tree_count(const struct imans_tree *tree)
{
	return tree->count;
}

IMANS_API int imans_tree_get(const struct imans_tree *tree, size_t n,
			     struct imans_ns_status *status)
{
	if (n >= tree->count)
		return -ENOENT;
	*status = tree->nodes[n].status;
	return 0;
}

static const struct imans_tree_node *find(const struct imans_tree *tree,
					  uint64_t id)
{
	const struct imans_tree_node key = { .status.id = id };

	if (!tree->count)
		return NULL;
	return bsearch(&key, tree->nodes, tree->count, sizeof(key),
		       compare_nodes);
}

static int not_found(const struct imans_tree *tree, uint64_t id)
{
	return imans_err(tree->ctx, -ENOENT,
			 "namespace %" PRIu64 ": not there, or not to be seen from here",
			 id);
}

IMANS_API int imans_tree_by_id(const struct imans_tree *tree, uint64_t id,
			       struct imans_ns_status *status)
{
	const struct imans_tree_node *node = find(tree, id);

	if (!node)
		return not_found(tree, id);
	*status = node->status;
	return 0;
}

IMANS_API int imans_tree_dir(const struct imans_tree *tree, uint64_t id,
			     char **dir)
{
	const struct imans_tree_node *node = find(tree, id);
	char *copy;

	if (!node)
		return not_found(tree, id);
	copy = strdup(node->dir);
	if (!copy)
		return imans_err(tree->ctx, -ENOMEM, "namespaces: out of memory");
	*dir = copy;
	return 0;
}
