/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host's list, and the index of the records that it proves. */
#ifndef IMANS_HOST_H
#define IMANS_HOST_H

#include "ctx.h"
#include "findings.h"
#include "list.h"

/* Stands for the position of a record that is not there. */
#define IMANS_NO_RECORD	UINT64_MAX

/* Things in a row that have the same wrong with them: one finding for all. */
struct imans_run {
	uint64_t first;			/* entry */
	uint64_t count;
};

static inline void imans_run_add(struct imans_run *run, uint64_t entry)
{
	if (run->count++ == 0)
		run->first = entry;
}

/* A record, in the order of the host's list. */
struct imans_host_record {
	uint8_t raw[IMANS_RECORD_SIZE];
	uint64_t position;		/* records of this boot before it */
	uint64_t index;			/* in this boot, as the host counts */
	uint64_t entry;			/* of the host's list */
	struct imans_record record;	/* raw, decoded */
};

/**
 * struct imans_cover - records that are known by their digest only
 * @from: position behind them; 0: there are none
 * @count: a namespace's first records and its descendants' among these
 * @digest: over them, in the host's order
 *
 * Its list and its key give them again: whether it is that list, the digest
 * tells as well as the records would.
 */
struct imans_cover {
	uint64_t from;
	uint64_t count;
	uint8_t digest[IMANS_HASH_SIZE];
};

/**
 * struct imans_host_node - a namespace, by its records
 * @id: its id
 * @parent_id: as its CREATE says
 * @total: its records so far
 * @entry: of the host's list, that holds its first record
 * @create: position of CREATE, or IMANS_NO_RECORD
 * @destroy: position of DESTROY, or IMANS_NO_RECORD
 * @last: position of its last record
 * @next_seq: what the next record's seq must be
 * @max_seq: the highest seq so far
 * @losses: LOSS records
 * @create_raw: CREATE as it stands in the list, if @create is there
 * @digest: over its records that earlier rounds had: imans_records_digest()
 * @tree_count: of those and all descendants' records of earlier rounds
 * @tree_digest: over these, in the host's order: what its list must be
 * @cover: of these, what is not held any more though its list is not proven
 * @first: of those of its records that are held, in by_ns
 * @count: how many are
 * @depth: 0: parents are not known
 * @parent: NULL: the host's, or unknown
 * @child: the first; then its siblings
 * @sibling: the next one
 *
 * All down to @losses is what its records came to, and can be carried on with;
 * so are the digests, which imans_records_fold() carries on. The rest is made by
 * imans_host_index().
 */
struct imans_host_node {
	uint64_t id;
	uint64_t parent_id;
	uint64_t total;
	uint64_t entry;
	uint64_t create;
	uint64_t destroy;
	uint64_t last;
	uint64_t next_seq;
	uint64_t max_seq;
	uint64_t losses;
	uint8_t create_raw[IMANS_RECORD_SIZE];
	uint8_t digest[IMANS_HASH_SIZE];
	uint64_t tree_count;
	uint8_t tree_digest[IMANS_HASH_SIZE];
	struct imans_cover cover;

	size_t first;
	size_t count;
	uint32_t depth;
	struct imans_host_node *parent;
	struct imans_host_node *child;
	struct imans_host_node *sibling;
};

/**
 * struct imans_host_mark - all that a proven prefix of a host's list came to
 * @place: its end
 * @pcrs: PCR 10 there
 * @has_boot: an ima-ns/boot was valid, and the last one
 * @boot: that
 * @next_index: what the next record's index must be
 * @next_position: records of this boot
 * @opaque: entries in a template that is not known
 * @violations: of the host's own files
 * @redacted: a round's list was: so is the whole
 * @hidden: entries that are shown by their digests only
 * @records: those that are held, in order
 * @record_count: how many
 * @taken: of these, those that @nodes tell of; the rest came after the heads of
 *	   a redacted list, and is not proven yet to be all
 * @record_room: allocated elements of @records
 * @nodes: namespaces of this boot, by rising id
 * @node_count: how many
 *
 * Zeroed, it is that of an empty prefix. With it the rest of the list can be
 * read without what came before: verifying from the start is no other case.
 */
struct imans_host_mark {
	struct imans_place place;
	struct imans_pcrs pcrs;
	bool has_boot;
	struct imans_boot boot;
	uint64_t next_index;
	uint64_t next_position;
	struct imans_run opaque;
	struct imans_run violations;
	bool redacted;
	uint64_t hidden;
	struct imans_host_record *records;
	size_t record_count;
	size_t taken;
	size_t record_room;
	struct imans_host_node *nodes;
	size_t node_count;
};

/**
 * struct imans_host_heads - ima-ns/heads with the verifier's nonce
 * @wanted: there is a nonce to look for
 * @nonce: that
 * @found: the last such event, in the last boot, is valid
 * @records: that are held and stand before it
 * @event: the event
 */
struct imans_host_heads {
	bool wanted;
	uint8_t nonce[IMANS_HEADS_NONCE_SIZE];
	bool found;
	size_t records;
	struct imans_heads event;
};

/**
 * struct imans_host - a host's list
 * @ctx: where errors go
 * @name: in messages
 * @proven: a prefix gives the quoted values
 * @mark: what that prefix came to
 * @entries: of the list, as far as it could be read
 * @old_records: of the records held, those that nodes told of before this list
 * @new_boot: there was an ima-ns/boot in what was read
 * @heads: with the verifier's nonce
 * @later_records: of the records held, those after the heads of a redacted list
 * @later_positions: of the records, those
 * @folding: a state is kept: digests over records are carried on
 * @by_ns: places in the array of records, by id and then order
 */
struct imans_host {
	struct imans_ctx *ctx;
	char *name;
	bool proven;
	struct imans_host_mark mark;
	uint64_t entries;
	size_t old_records;
	bool new_boot;
	struct imans_host_heads heads;
	size_t later_records;
	uint64_t later_positions;
	bool folding;
	size_t *by_ns;
};

/*
 * imans_host_prove() for a list whose beginning was proven before: `data` is
 * what follows. The mark is taken over, whatever comes of it.
 */
int imans_host_prove_since(struct imans_ctx *ctx, struct imans_host_mark *mark,
			   const void *data, size_t len,
			   const struct imans_pcrs *quoted,
			   const struct imans_host_opts *opts,
			   struct imans_findings *findings,
			   struct imans_host **host);

void imans_host_mark_free(struct imans_host_mark *mark);

/* Clear what imans_host_index() makes. */
static inline void imans_host_node_unlink(struct imans_host_node *node)
{
	node->first = 0;
	node->count = 0;
	node->depth = 0;
	node->parent = NULL;
	node->child = NULL;
	node->sibling = NULL;
}

/* NULL if there is none. */
struct imans_host_node *imans_host_node(const struct imans_host *host,
					uint64_t id);

/* The n-th of a namespace's records that are held. */
const struct imans_host_record *
imans_host_node_record(const struct imans_host *host,
		       const struct imans_host_node *node, size_t n);

/*
 * Build the index over the records that are held, take the new ones into their
 * namespaces, and check what they say of each other.
 */
int imans_host_index(struct imans_host *host, struct imans_findings *findings);

/*
 * Places in the array of records of those of all descendants from a position
 * on, rising; the caller frees them.
 */
int imans_host_descendants(const struct imans_host *host,
			   const struct imans_host_node *node, uint64_t from,
			   size_t **places, size_t *count);

#endif /* IMANS_HOST_H */
