/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One verification of a node's evidence: a round, if a state is kept. */
#ifndef IMANS_VERIFY_H
#define IMANS_VERIFY_H

#include "evidence.h"
#include "report.h"
#include "state.h"

/**
 * struct verify - a verification
 * @ctx: where errors go
 * @ev: the evidence
 * @opts: what the caller wants
 * @report: what it comes to
 * @host: the host's list; NULL while it is not proven
 * @since: what earlier rounds of this boot came to, or NULL
 * @mark: what the host's list came to in them, a copy; taken over by @host
 * @references: digest of the policies, if a state is kept
 * @disclosure: entries that are shown alone, or NULL
 */
struct verify {
	struct imans_ctx *ctx;
	const struct imans_evidence *ev;
	struct imans_verify_opts opts;
	struct imans_report *report;
	struct imans_host *host;
	const struct imans_state *since;
	struct imans_host_mark mark;
	uint8_t references[IMANS_HASH_SIZE];
	const struct imans_disclosure *disclosure;
};

/* The host's list is, or was in an earlier round: so is the whole of it. */
static inline bool imans_verify_redacted(const struct verify *v)
{
	return v->ev->host.redacted || (v->since && v->since->mark.redacted);
}

/* An empty one; the node is there before the others. */
int imans_subject_init(struct verify *v, struct report_subject *s, uint64_t id);

/*
 * Once the host's list is read: the namespaces that it, or the evidence, has,
 * in their places below the node.
 */
int imans_verify_subjects(struct verify *v);

/* Prove their lists, and compare what they measured. */
int imans_verify_each_ns(struct verify *v);

/*
 * After the quote: whether the caller's state is of this node (-ESTALE), and
 * whether it is of this boot.
 */
int imans_round_begin(struct verify *v);

/*
 * The host's list, as it was carried. If it is redacted, or was, its bytes are
 * not those of earlier rounds: what they had is stepped over by its entries.
 */
int imans_round_rest(const struct verify *v, struct evidence_list *rest);

/*
 * The part of a carried list that was not proven in earlier rounds: what
 * follows `place`. False, and a finding, if the list does not have it.
 */
bool imans_round_view(const struct evidence_list *list,
		      const struct imans_place *place, enum imans_header header,
		      const char *name, uint64_t nsid,
		      struct imans_findings *findings, struct list_view *view);

/* After the host's list: what was found on the subjects in earlier rounds. */
int imans_round_load(struct verify *v);

/* All of a namespace's records were matched in earlier rounds. */
int imans_round_settled(struct verify *v, const struct report_subject *s,
			bool *settled);

/*
 * A finding that a later round must not forget, though it may no longer see why.
 */
bool imans_finding_lasts(const struct imans_finding *f);

/* TPM2B_NAME of the key that quoted. */
int imans_round_name(const struct verify *v, uint8_t name[STATE_AK_NAME_SIZE]);

/* Before verdicts: who was untrusted stays so. */
void imans_round_remember(struct verify *v);

/* After verdicts: the state takes them, if the round counts. */
int imans_round_end(struct verify *v);

#endif /* IMANS_VERIFY_H */
