/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small node for the tests of proofs, and its whole verification. */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include "util.h"

/* Namespaces of world_make(). */
enum { POD = 1, CTR = 2, OTHER = 3 };

/*
 * After a kexec: POD with CTR below it, both ended, and OTHER, which lives.
 * CTR has a violation.
 */
void world_make(struct bl_world *w);

/* What verifying a whole node came to. */
struct outcome {
	struct imans_findings *findings;
	struct imans_host *host;
	struct imans_proof_info info[BL_NS_MAX];	/* by position in w->ns */
	size_t count;
};

/* Prove the host and all its namespaces with SHA-1 headers. */
void world_verify(struct imans_ctx *ctx, const struct bl_world *w,
		  const struct imans_pcrs *quoted, struct outcome *out);
/* The same for lists that were made bytes; namespaces may be fewer. */
void world_verify_bytes(struct imans_ctx *ctx, const struct bl_world *w,
			const struct bl_bytes *host,
			const struct bl_bytes *lists,
			const struct imans_pcrs *quoted, struct outcome *out);
void outcome_free(struct outcome *out);

/* Replace an entry's data; it is taken over. */
void world_set_data(struct bl_list *list, size_t at, struct bl_bytes data);

/* One way to damage a node, and what must be found. */
struct damage {
	const char *name;
	void (*apply)(struct bl_world *w);
	enum imans_finding_code code;
	uint64_t nsid;			/* whom the finding is about */
	const char *complete;		/* ids that still verify, "13" */
};

/*
 * Damage the node and verify it. `requote`: the attacker did it before the
 * quote, so that the PCR has it.
 */
void world_try(struct imans_ctx *ctx, const struct damage *damage,
	       bool requote);

#endif /* TEST_WORLD_H */
