/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Proof of a namespace's list; its state while the list is walked. */
#ifndef IMANS_PROOF_H
#define IMANS_PROOF_H

#include <linux/ima_ns.h>

#include "event.h"
#include "host.h"
#include "list.h"

/**
 * struct imans_progress - how far a namespace's list is proven
 * @place: the end of the proven entries
 * @own: its own entries: the next one's seq
 * @copied: copies of descendants' records
 * @violations: of its own entries
 * @losses: of its own entries
 * @own_from: position from which on its next record may stand
 * @copy_from: position from which on its descendants' next record may stand
 * @last_position: of the record that proves the last entry, or NO_RECORD
 * @vpcr: the list's replay
 * @digest: over the records of its entries, its own and copies, if a state is
 *	    kept: what the host's node has as tree_digest
 * @ended: DESTROY was seen
 * @flawed: something that is not the entries' proof failed in them
 *
 * Nothing but an entry that the host's records prove, and all entries before
 * it, moves it; what follows can be examined with it alone, as often as the
 * list is shown. imans_progress_init() begins at the list's start.
 */
struct imans_progress {
	struct imans_place place;
	uint64_t own;
	uint64_t copied;
	uint64_t violations;
	uint64_t losses;
	uint64_t own_from;
	uint64_t copy_from;
	uint64_t last_position;
	uint8_t vpcr[IMANS_HASH_SIZE];
	uint8_t digest[IMANS_HASH_SIZE];
	bool ended;
	bool flawed;
};

static inline void imans_progress_init(struct imans_progress *progress)
{
	*progress = (struct imans_progress) {
		.last_position = IMANS_NO_RECORD,
	};
}

struct imans_proof {
	struct imans_proof_info info;
	struct imans_create create;
	struct imans_progress proven;
};

/*
 * Is told of each entry once it is proven, in order, so that who looks at what
 * they measured need not read the list again; an error ends the walk. Entries
 * whose records are not held are proven by the one that ends them: of those,
 * it is told of that one alone.
 */
struct imans_proof_watch {
	int (*proven)(void *user, const struct imans_proof *proof,
		      const struct imans_entry *entry, enum imans_event event);
	void *user;
};

/*
 * imans_host_prove_ns() for a list whose beginning was proven before: `data` is
 * what follows. NULL: nothing was. Nor need anybody watch.
 */
int imans_host_prove_ns_since(struct imans_host *host, uint64_t id,
			      const struct imans_proof *since,
			      const struct imans_proof_watch *watch,
			      const void *data,
			      size_t len, const uint8_t key[IMANS_KEY_SIZE],
			      const struct imans_proof_opts *opts,
			      struct imans_findings *findings,
			      struct imans_proof **proof);

/**
 * struct imans_walk - the walk over a namespace's list
 * @now: behind the entries that were examined, proven or not
 * @node: NULL: the host knows of none
 * @copies: descendants' records, places in the host's array
 * @copy_next: which of them must come next
 * @record_next: which of the own may come next
 * @whole: all entries so far are proven
 * @covered: the entries' records are not held; where they end, their digest
 *	     tells whether they were these
 * @first: number of the walk's first finding
 * @fails: failures that were there before the walk
 * @closed: commitments that don't open
 * @unproven: entries past the records
 */
struct imans_walk {
	struct imans_host *host;
	struct imans_findings *findings;
	struct imans_proof *proof;
	const struct imans_proof_watch *watch;
	struct imans_list *list;
	const char *name;
	const uint8_t *key;
	uint64_t id;
	struct imans_progress now;
	const struct imans_host_node *node;
	const size_t *copies;
	size_t copy_count;
	size_t copy_next;
	size_t record_next;
	bool whole;
	bool covered;
	size_t first;
	uint64_t fails;
	struct imans_run closed;
	struct imans_run unproven;
};

/* The entry under examination, and what became of it. */
struct imans_step {
	const struct imans_entry *entry;
	struct imans_event_view view;
	uint64_t position;		/* of its record, or IMANS_NO_RECORD */
	bool backed;			/* its record proves it */
	const uint8_t *raw;		/* its record, or NULL */
	struct ima_ns_record made;	/* what @raw is, if none is held */
};

/* A finding about an entry of the list; the text gets its place in front. */
void imans_walk_finding(const struct imans_walk *walk,
			const struct imans_entry *entry,
			enum imans_finding_code code,
			enum imans_severity severity, const char *fmt, ...)
	IMANS_PRINTF(5, 6);

/* Own entries: fields, CREATE, DESTROY, record. */
int imans_walk_own(struct imans_walk *walk, struct imans_step *step);
/* Copies of descendants' records: the host's, in the host's order. */
void imans_walk_copy(struct imans_walk *walk, struct imans_step *step);
/* What the walk must still say when the list has ended. */
void imans_walk_runs(struct imans_walk *walk);

#endif /* IMANS_PROOF_H */
