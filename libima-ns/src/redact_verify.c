// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A tenant's verifier sees digests only of what the host measured, and nothing
 * of other namespaces. Heads tell that no record is hidden; that the node itself
 * is well is for its operator to say.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "evidence.h"
#include "heads.h"
#include "redact_verify.h"

static int compare_ids(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

bool imans_redact_concerns(const struct imans_host *host, uint64_t id,
			   const uint64_t *ids, size_t count)
{
	const struct imans_host_node *node = imans_host_node(host, id);

	/* A forged chain of parents may be longer. */
	for (int i = 0; node && i <= IMANS_DEPTH_MAX; i++, node = node->parent)
		if (bsearch(&node->id, ids, count, sizeof(*ids), compare_ids))
			return true;
	return false;
}

int imans_redact_check_node(const struct imans_evidence *evidence,
			    const struct imans_host *host,
			    const struct imans_verify_opts *opts,
			    struct imans_report *report)
{
	(void)host;
	(void)opts;
	if (!evidence->host.redacted)
		return 0;
	for (size_t i = 0; i < report->count; i++) {
		const struct report_subject *s = &report->subjects[i];

		imans_findings_add(s->findings, IMANS_F_NODE_VERDICT,
				   IMANS_DOUBT, s->pub.id, IMANS_NO_ENTRY,
				   "the operator's verdict on the node is missing, and its list is redacted");
	}
	return 0;
}

int imans_redact_check_ns(const struct imans_host *host,
			  const struct report_subject *subject)
{
	if (!host->redacted)
		return 0;
	if (!host->heads.found)
		imans_findings_add(subject->findings, IMANS_F_HEADS_MISSING,
				   IMANS_DOUBT, subject->pub.id, IMANS_NO_ENTRY,
				   "namespace %" PRIu64
				   ": redacted entries of the host's list may hide records of it",
				   subject->pub.id);
	return imans_leaf_check(host, subject->carried, subject->findings);
}
