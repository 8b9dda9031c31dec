/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A node, its operator and two tenants, who sign verdicts. */
#ifndef TEST_DEAL_H
#define TEST_DEAL_H

#include "node.h"
#include "sign_key.h"

#define NOW		1800000000u

/*
 * WEB is one tenant's, POD and what is below it another's. The operator has no
 * key of theirs.
 */
struct deal {
	struct node n;
	struct skey web, pod;
	struct imans_tenants *tenants;
	struct imans_verify_opts opts;
};

void deal_begin(struct deal *d, void **state);
void deal_end(struct deal *d);

/* Options to sign with a key, at NOW. */
struct imans_sign_opts deal_sign_opts(const struct skey *key);
/*
 * A tenant's verifier: evidence with the keys of those ids, each one letter;
 * its verdict on all of them. The caller frees the data.
 */
struct bl_bytes deal_issue_with(struct deal *d, const char *ids,
				struct imans_sign_opts *opts,
				enum imans_signed_kind kind);
struct bl_bytes deal_issue(struct deal *d, const char *ids,
			   const struct skey *key);
/* Hand a verdict to the node's verifier, with its data. */
void deal_give(struct deal *d, struct bl_bytes b);
/* The node's verifier, who has the lists and keys of none. */
void deal_verify(struct deal *d, const char *verdicts);

/*
 * Refused, and so the node ends: a note on that subject, and the namespaces stay
 * unaccounted for.
 */
void deal_refused(struct deal *d, size_t subject,
		  enum imans_finding_code code);

#endif /* TEST_DEAL_H */
