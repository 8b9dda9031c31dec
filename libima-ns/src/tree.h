/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The namespaces of this node, as securityfs shows them. */
#ifndef IMANS_TREE_H
#define IMANS_TREE_H

#include <imans.h>

/* Bound on `status` and `label`. */
#define IMANS_STATUS_MAX	((size_t)65536)

struct imans_tree_node {
	struct imans_ns_status status;	/* its strings are the four below */
	char *path;
	char *label;
	char *text;
	char *dir;
};

struct imans_tree {
	struct imans_ctx *ctx;
	struct imans_tree_node *nodes;
	size_t count;
	size_t room;
};

/*
 * Parse the text of `status`. -EBADMSG: no id, no parent, or a value that is
 * none; lines that are not known are passed over.
 */
int imans_status_parse(struct imans_ctx *ctx, const char *name,
		       const char *text, struct imans_ns_status *status);

/* Whether an error means that it is gone, or not ours to see. */
bool imans_tree_absent(int err);

#endif /* IMANS_TREE_H */
