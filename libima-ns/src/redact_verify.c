// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A tenant's verifier sees digests only of what the host measured, and nothing
 * of other namespaces. Heads tell that no record is hidden; that the node itself
 * is well is for its operator to say.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ek.h"
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

/* A statement that was given, and what there is to hold it against. */
struct statement {
	const struct imans_signed *verdict;
	struct imans_signed_info info;
	const struct imans_evidence *evidence;
	const struct imans_host *host;
	const struct imans_report *report;
};

/* The same value in each bank that is quoted here: so it is the same list. */
static bool same_pcrs(const struct imans_pcrs *quoted,
		      const struct imans_pcrs *said)
{
	for (int i = 0; i < IMANS_BANKS; i++) {
		if (!(quoted->banks & IMANS_BANK(i)))
			continue;
		if (!(said->banks & IMANS_BANK(i)) ||
		    memcmp(quoted->value[i], said->value[i],
			   imans_bank_size((enum imans_bank)i)))
			return false;
	}
	return true;
}

/* Why it is none on this node as it was quoted, or NULL. */
static int refuse(const struct statement *s, const char **why)
{
	uint8_t name[IMANS_TPM_NAME_SIZE];
	int err = imans_public_name(s->evidence->ctx, &s->evidence->ak, name);

	if (err && err != -EBADMSG)
		return err;
	if (s->info.kind != IMANS_SIGNED_NODE)
		*why = "is not on a node";
	else if (err || memcmp(name, s->info.ak_name, sizeof(name)))
		*why = "is on another node";
	else if (!s->host || !s->host->mark.has_boot ||
		 memcmp(s->info.boot_id, s->host->mark.boot.boot_id,
			sizeof(s->info.boot_id)))
		*why = "is of another boot";
	else if (!same_pcrs(&s->report->quote.pcr10, &s->info.pcr10))
		*why = "is for another value of PCR 10";
	else if (s->info.expires_at <= (uint64_t)time(NULL))
		*why = "has expired";
	else
		*why = NULL;
	return 0;
}

/*
 * The operator can't open what only its tenant has the key of; who opens that
 * here need not be told that nobody did.
 */
static enum imans_verdict meant(const struct statement *s)
{
	struct imans_signed_ns ns;

	for (size_t i = 0; !imans_signed_ns(s->verdict, i, &ns); i++) {
		const struct report_subject *subject =
			imans_report_find(s->report, ns.id);

		if (!subject || !subject->opened)
			return s->info.verdict;
	}
	return s->info.host_verdict;
}

/* On the node, and on each namespace: none is better than what it stands on. */
static void tell_all(const struct imans_report *report,
		     enum imans_finding_code code,
		     enum imans_severity severity, const char *text,
		     const char *more)
{
	for (size_t i = 0; i < report->count; i++)
		imans_findings_add(report->subjects[i].findings, code, severity,
				   report->subjects[i].pub.id, IMANS_NO_ENTRY,
				   "the operator's verdict on the node %s%s",
				   text, more);
}

static void take(const struct statement *s)
{
	enum imans_verdict verdict = meant(s);
	enum imans_severity severity = verdict == IMANS_UNTRUSTED ? IMANS_FAIL :
				       verdict == IMANS_TRUSTED ? IMANS_NOTE :
								  IMANS_DOUBT;

	tell_all(s->report, verdict < IMANS_CONSISTENT ?
		 IMANS_F_NODE_VERDICT : IMANS_F_NODE_VERDICT_TAKEN, severity,
		 "is ", imans_verdict_name(verdict));
}

int imans_redact_check_node(const struct imans_evidence *evidence,
			    const struct imans_host *host,
			    const struct imans_verify_opts *opts,
			    struct imans_report *report)
{
	struct statement s = {
		.verdict = opts->node_verdict, .evidence = evidence,
		.host = host, .report = report,
	};
	const char *why = NULL;
	int err;

	if (!s.verdict) {
		tell_all(report, IMANS_F_NODE_VERDICT, IMANS_DOUBT,
			 "is missing, and its list is redacted", "");
		return 0;
	}
	imans_signed_info(s.verdict, &s.info);
	err = imans_signed_verify(s.verdict, opts->node_verdict_pem);
	if (err == -EKEYREJECTED)
		why = "is not signed by the operator's key";
	else if (!err)
		err = refuse(&s, &why);
	if (err && err != -EKEYREJECTED)
		return err;
	if (why)
		tell_all(report, IMANS_F_NODE_VERDICT, IMANS_DOUBT, why, "");
	else
		take(&s);
	return 0;
}

int imans_redact_check_ns(const struct imans_host *host,
			  const struct report_subject *subject)
{
	if (!host->mark.redacted)
		return 0;
	if (!host->heads.found)
		imans_findings_add(subject->findings, IMANS_F_HEADS_MISSING,
				   IMANS_DOUBT, subject->pub.id, IMANS_NO_ENTRY,
				   "namespace %" PRIu64
				   ": redacted entries of the host's list may hide records of it",
				   subject->pub.id);
	return imans_leaf_check(host, subject);
}
