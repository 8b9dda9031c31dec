/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Proof of a namespace's list; its state while the list is walked. */
#ifndef IMANS_PROOF_H
#define IMANS_PROOF_H

#include "event.h"
#include "host.h"
#include "list.h"

struct imans_proof {
	struct imans_proof_info info;
	struct imans_create create;
};

/* Entries in a row that have the same thing wrong: one finding for all. */
struct imans_run {
	uint64_t first;
	uint64_t count;
};

struct imans_walk {
	struct imans_host *host;
	struct imans_findings *findings;
	struct imans_proof *proof;
	struct imans_list *list;
	const char *name;
	const uint8_t *key;
	uint64_t id;
	const struct imans_host_node *node;	/* NULL: host knows of none */
	const size_t *copies;		/* descendants' records, positions */
	size_t copy_count;
	size_t copy_next;		/* which one must come next */
	size_t record_next;		/* own: which may come next */
	size_t last_position;		/* of the record matched last */
	uint64_t own;			/* own entries so far: the next seq */
	uint64_t copied;		/* copies of records so far */
	uint64_t violations;
	uint64_t losses;
	bool ended;			/* DESTROY was seen */
	bool whole;			/* all entries so far are backed */
	uint8_t vpcr[IMANS_HASH_SIZE];
	struct imans_run closed;	/* commitments that don't open */
	struct imans_run unproven;	/* entries past the records */
};

/* The entry under examination, and what became of it. */
struct imans_step {
	const struct imans_entry *entry;
	struct imans_event_view view;
	size_t position;		/* of its record, or IMANS_NO_RECORD */
	bool backed;			/* its record proves it */
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
