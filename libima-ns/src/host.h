/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host's list, and the index of the records that it proves. */
#ifndef IMANS_HOST_H
#define IMANS_HOST_H

#include "ctx.h"
#include "findings.h"

#define IMANS_NO_RECORD	SIZE_MAX

/* A record, in the order of the host's list. */
struct imans_host_record {
	uint8_t raw[IMANS_RECORD_SIZE];
	uint64_t index;			/* in this boot, as the host counts */
	uint64_t entry;			/* of the host's list */
	struct imans_record record;	/* raw, decoded */
};

/* A namespace, by its records. */
struct imans_host_node {
	uint64_t id;
	uint64_t parent_id;
	uint32_t depth;			/* 0: parents are not known */
	size_t first;			/* its records: by_ns[first..] */
	size_t count;
	size_t create;			/* position of CREATE, or NO_RECORD */
	size_t destroy;			/* position of DESTROY, or NO_RECORD */
	uint64_t max_seq;
	uint64_t losses;
	struct imans_host_node *parent;	/* NULL: the host's, or unknown */
	struct imans_host_node *child;	/* first; then siblings */
	struct imans_host_node *sibling;
};

struct imans_host {
	struct imans_ctx *ctx;
	char *name;
	bool proven;
	uint64_t prefix;
	uint64_t entries;
	bool has_boot;
	struct imans_boot boot;
	uint64_t next_index;		/* what the next record's must be */
	struct imans_host_record *records;
	size_t record_count;
	size_t record_room;
	size_t *by_ns;			/* positions, by id and then order */
	struct imans_host_node *nodes;	/* by rising id */
	size_t node_count;
};

/* NULL if there is none. */
struct imans_host_node *imans_host_node(const struct imans_host *host,
					uint64_t id);

/* The n-th of a namespace's records. */
const struct imans_host_record *
imans_host_node_record(const struct imans_host *host,
		       const struct imans_host_node *node, size_t n);

/* Build the index over the records, and check what they say of each other. */
int imans_host_index(struct imans_host *host, struct imans_findings *findings);

/*
 * Positions of the records of all descendants, rising; the caller frees them.
 */
int imans_host_descendants(const struct imans_host *host,
			   const struct imans_host_node *node,
			   size_t **positions, size_t *count);

#endif /* IMANS_HOST_H */
