/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A node with its quote and reference values, to be damaged and verified. */
#ifndef TEST_NODE_H
#define TEST_NODE_H

#include "quote_make.h"

/* host -+- WEB
 *       `- POD -- CTR
 */
enum { WEB = 1, POD, CTR };

/* A node to be verified, whose parts a test may change. */
struct node {
	struct imans_ctx *ctx;
	struct bl_world w;
	struct qm_key key;
	struct qm_quote quote;
	struct imans_policy *policy;
	struct imans_policy *other;	/* of labels that are not there */
	struct imans_policy *policies[2];	/* both of them */
	struct imans_tenants *tenants;	/* or NULL; not the node's to free */
	struct imans_evidence *evidence;
	struct imans_report *report;
};

/* List a file of that content under a path. */
void node_allow(struct imans_policy *policy, const char *path,
		const char *content);

/* Nothing is wrong with it, and nothing is queued. */
void node_begin(struct node *n, struct imans_ctx *ctx);
/* Evidence of all that is in the lists by now. */
void node_quote(struct node *n);
/* Namespaces are left out of it: `keep` has their ids, `keys` whose keys. */
void node_quote_part(struct node *n, const char *keep, const char *keys);
void node_verify(struct node *n);
/* With options that begin as node_opts() has them. */
struct imans_verify_opts node_opts(struct node *n);
void node_verify_with(struct node *n, const struct imans_verify_opts *opts);
void node_end(struct node *n);

/* "cciu": a letter for the verdict on the node, then on each namespace. */
void expect_verdicts(const struct node *n, const char *letters);
const struct imans_finding *expect_finding(const struct node *n,
					   size_t subject,
					   enum imans_finding_code code);
/* There is none of that code. */
void expect_no_finding(const struct node *n, size_t subject,
		       enum imans_finding_code code);

#endif /* TEST_NODE_H */
