/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rule 9 of a verifier: verdicts on a redacted list. */
#ifndef IMANS_REDACT_VERIFY_H
#define IMANS_REDACT_VERIFY_H

#include "host.h"
#include "report.h"

struct imans_evidence;

/*
 * Whether a recorded namespace is one of those that the evidence carries, or
 * below one: others are the operator's business. `ids` are sorted.
 */
bool imans_redact_concerns(const struct imans_host *host, uint64_t id,
			   const uint64_t *ids, size_t count);

/*
 * Of a redacted list: what the operator's verdict on the node makes of all
 * subjects' verdicts.
 */
int imans_redact_check_node(const struct imans_evidence *evidence,
			    const struct imans_host *host,
			    const struct imans_verify_opts *opts,
			    struct imans_report *report);

/* If the list is redacted, of a namespace that has records: heads and its leaf. */
int imans_redact_check_ns(const struct imans_host *host,
			  const struct report_subject *subject);

#endif /* IMANS_REDACT_VERIFY_H */
