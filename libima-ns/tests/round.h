/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rounds of verification of one node, with a state between them. */
#ifndef TEST_ROUND_H
#define TEST_ROUND_H

#include "node.h"

/* The evidence of a node, but only what follows what the state has proven. */
struct imans_evidence *round_rest(struct node *n,
				  const struct imans_state *state);

/* Through a file's bytes, and back. */
void round_store(struct imans_ctx *ctx, struct imans_state **state);

/*
 * Quote and verify as a round. With `rest`, the evidence has only what is new.
 * The report before is freed.
 */
void round_verify(struct node *n, struct imans_state *state, bool rest);

/* Whether a state has taken up what a round came to. */
uint64_t round_count(const struct imans_state *state);

/*
 * Whether two reports say the same, but for what the second says of rounds.
 * What differs is printed.
 */
bool round_same(const struct imans_report *whole,
		const struct imans_report *rounds);

/* A node with its state. */
struct rounds {
	struct node n;
	struct imans_state *state;
};

/* It was verified once, and all was well. */
void rounds_begin(struct rounds *r, struct imans_ctx *ctx);
void rounds_end(struct rounds *r);
/* Evidence of now, in n.evidence. */
void rounds_quote(struct rounds *r);
/* That, without one namespace. */
void rounds_leave_out(struct rounds *r, uint64_t id);
/* A round of what is new, which counts. */
void rounds_next(struct rounds *r, const char *verdicts);
/* Verify n.evidence; the state must not take it up. */
void rounds_refuse(struct rounds *r, const char *verdicts);
struct bl_ns *rounds_ns(struct rounds *r, size_t id);
/* To be freed. */
struct bl_bytes rounds_encode(const struct imans_state *state);

#endif /* TEST_ROUND_H */
