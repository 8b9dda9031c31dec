// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rules 1 to 8 of a verifier, put together to verdicts. */

#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "boot_check.h"
#include "ctx.h"
#include "delegate.h"
#include "disclose.h"
#include "redact_verify.h"
#include "sign.h"
#include "verify.h"

static struct report_subject *node_of(struct verify *v)
{
	return &v->report->subjects[0];
}

static int no_memory(struct verify *v)
{
	return imans_err(v->ctx, -ENOMEM, "verdicts: out of memory");
}

/* ------------------------------------------------------------------ node */

/* Rule 1's last part: the quote and the list are of one boot. */
static void check_clock(struct verify *v)
{
	const struct imans_quote *quote = &v->report->quote;
	struct imans_findings *findings = node_of(v)->findings;
	struct imans_boot boot;

	if (imans_host_boot(v->host, &boot)) {
		imans_findings_add(findings, IMANS_F_QUOTE_NO_CLOCK,
				   IMANS_DOUBT, 0, IMANS_NO_ENTRY,
				   "the host's list has no ima-ns/boot, which would tell whether it is of the quote's boot");
		return;
	}
	if (!(boot.flags & IMANS_BOOT_PCR_FILTER))
		imans_findings_add(findings, IMANS_F_PCR_FILTER_OFF,
				   IMANS_DOUBT, 0, IMANS_NO_ENTRY,
				   "ima-ns/boot: user space may extend PCR 10, the kernel does not prevent it");
	if (!(boot.flags & IMANS_BOOT_TPM_CLOCK)) {
		imans_findings_add(findings, IMANS_F_QUOTE_NO_CLOCK,
				   IMANS_DOUBT, 0, IMANS_NO_ENTRY,
				   "ima-ns/boot: has no counts of the TPM's resets and restarts");
		return;
	}
	/* Resuming from suspend counts as a restart, and keeps the PCRs. */
	if (quote->reset_count != boot.reset_count ||
	    quote->restart_count < boot.restart_count)
		imans_findings_add(findings, IMANS_F_QUOTE_CLOCK, IMANS_FAIL, 0,
				   IMANS_NO_ENTRY,
				   "the quote is of reset %" PRIu32
				   ", restart %" PRIu32
				   "; ima-ns/boot of reset %" PRIu32
				   ", restart %" PRIu32,
				   quote->reset_count, quote->restart_count,
				   boot.reset_count, boot.restart_count);
}

static int check_quote(struct verify *v)
{
	const struct imans_quote_opts opts = {
		.sz = sizeof(opts),
		.nonce = v->opts.nonce,
		.nonce_len = v->opts.nonce_len,
		.verifier_id = v->opts.verifier_id,
		.ak_pem = v->opts.ak_pem,
		.ak_trust = v->opts.ak_trust,
	};

	return imans_quote_verify(v->ev, &opts, node_of(v)->findings,
				  &v->report->quote);
}

static int check_boot(struct verify *v)
{
	const struct boot_check check = {
		.ctx = v->ctx,
		.log = v->ev->firmware_log.data,
		.log_len = v->ev->firmware_log.len,
		.quote = &v->report->quote,
		.refs = v->opts.boot_refs,
		.ref_count = v->opts.boot_ref_count,
		.findings = node_of(v)->findings,
	};
	const struct imans_finding *f;
	int err;

	err = imans_boot_check(&check, &v->report->boot);
	for (size_t i = 0; !err && (f = imans_findings_get(check.findings, i));
	     i++)
		if (f->code == IMANS_F_BOOT_AGGREGATE)
			v->report->boot = IMANS_UNTRUSTED;
	return err;
}

static int prove_host(struct verify *v, const struct list_view *view)
{
	uint8_t heads_nonce[IMANS_HEADS_NONCE_SIZE];
	const struct imans_host_opts opts = {
		.sz = sizeof(opts),
		.name = "host",
		.header = view->header,
		.padded_banks = v->opts.padded_banks,
		.redacted = view->redacted,
		.redacted_banks = view->redacted_banks,
		/* What is disclosed stands alone, and may be newer. */
		.heads_nonce = v->disclosure ? NULL : heads_nonce,
	};
	struct report_subject *node = node_of(v);
	int err = imans_heads_nonce(v->ctx, v->opts.nonce, v->opts.nonce_len,
				    v->opts.verifier_id, heads_nonce);

	if (!err)
		err = imans_host_prove_since(v->ctx, &v->mark, view->data,
					     view->len,
					     &v->report->quote.pcr10, &opts,
					     node->findings, &v->host);
	if (err)
		return err;
	v->host->folding = v->opts.state;
	node->pub.entries = imans_host_entries(v->host);
	v->report->examined += node->pub.entries - view->place.entries;
	if (!imans_host_proven(v->host))
		return 0;
	node->recorded = true;
	node->pub.proven = imans_host_prefix(v->host);
	return 0;
}

static int check_host(struct verify *v)
{
	struct report_subject *node = node_of(v);
	struct content_check check = {
		.ctx = v->ctx,
		.opts = &v->opts,
		.findings = node->findings,
		.name = "host",
		.view = &node->view,
		.any = &node->any,
		.quote = &v->report->quote,
	};
	struct evidence_list rest;
	int err = imans_round_rest(v, &rest);

	if (err)
		return err;
	/* Without any value of PCR 10 there is nothing to compare with. */
	if (!v->report->quote.pcr10.banks ||
	    !imans_round_view(&rest, &v->mark.place,
			      v->since ? v->since->subjects[0].header :
					 IMANS_HEADER_AUTO,
			      "host", 0, node->findings, &node->view))
		return 0;
	err = prove_host(v, &node->view);
	if (err || !node->recorded)
		return err;
	check_clock(v);
	check.proven = node->pub.proven;
	check.violations = &v->host->mark.violations;
	return imans_content_check_host(&check);
}

/* What speaks against one namespace's records stands there as well. */
static void share_record_findings(struct verify *v)
{
	const struct imans_finding *f;

	for (size_t i = 0; (f = imans_findings_get(node_of(v)->findings, i));
	     i++) {
		struct report_subject *s = f->nsid ? imans_report_find(v->report, f->nsid) : NULL;

		if (s)
			imans_findings_add(s->findings, f->code, f->severity,
					   f->nsid, f->entry, "%s", f->text);
	}
}

/* Rule 7, the node's part. */
static void account(struct verify *v, struct report_subject *s)
{
	if (!s->recorded || s->opened || *s->delegated)
		return;
	s->unaccounted = true;
	imans_findings_add(node_of(v)->findings, IMANS_F_NS_UNACCOUNTED,
			   s->view.data && s->carried->has_key ? IMANS_FAIL :
								 IMANS_DOUBT,
			   0, IMANS_NO_ENTRY,
			   "namespace %s is unaccounted for: %s", s->path,
			   !s->carried ? "the evidence does not have its list" :
			   !s->carried->has_key ? "its key is missing" :
			   !s->view.data ?
				"its list does not go on where it was left" :
			   "its list does not open the host's records");
}

/* -------------------------------------------------------------- verdicts */

/*
 * What can't be known (a lost
 * measurement, a list that is not there) is neither good nor bad.
 */
enum imans_verdict imans_finding_weigh(const struct imans_finding *f)
{
	if (f->severity == IMANS_FAIL)
		return IMANS_UNTRUSTED;
	switch (f->code) {
	case IMANS_F_NS_VIOLATION:
	case IMANS_F_NS_LOSS:
	case IMANS_F_NS_NOT_CARRIED:
	case IMANS_F_NS_NO_KEY:
	case IMANS_F_NS_UNACCOUNTED:
	case IMANS_F_NS_AFTER_QUOTE:
	case IMANS_F_NO_REFERENCE:
	case IMANS_F_HEADS_MISSING:
	case IMANS_F_LEAF_MISSING:
	case IMANS_F_NODE_VERDICT:
	case IMANS_F_DELEGATED_INCOMPLETE:
		return IMANS_INCOMPLETE;
	default:
		return imans_boot_weigh(f);
	}
}

/* Doubts of one kind may be left aside. */
static enum imans_verdict verdict_but(const struct report_subject *s,
				      enum imans_finding_code aside)
{
	enum imans_verdict verdict = IMANS_TRUSTED;
	const struct imans_finding *f;

	for (size_t i = 0; (f = imans_findings_get(s->findings, i)); i++)
		if (imans_finding_weigh(f) < verdict &&
		    (f->code != aside || f->severity == IMANS_FAIL))
			verdict = imans_finding_weigh(f);
	return verdict;
}

static enum imans_verdict verdict_of(const struct report_subject *s)
{
	return verdict_but(s, 0);
}

/* Rule 7, the ancestors' part: each learns of each descendant. */
static void tell_ancestors(struct verify *v, const struct report_subject *s)
{
	enum imans_verdict verdict = s->pub.verdict;
	uint64_t id = s->pub.parent, below = s->pub.id;

	if (verdict >= IMANS_CONSISTENT)
		return;
	/* Ids fall on the way up, so a forged loop ends; a forged chain, too. */
	for (int n = 0; id && id < below && n < IMANS_DEPTH_MAX; n++) {
		struct report_subject *up = imans_report_find(v->report, id);
		bool opaque;

		if (!up)
			return;
		opaque = up->opaque && !s->opened &&
			 verdict == IMANS_INCOMPLETE;
		imans_findings_add(up->findings,
				   opaque ? IMANS_F_NS_OPAQUE :
					    IMANS_F_NS_DESCENDANT,
				   opaque ? IMANS_NOTE : IMANS_DOUBT,
				   up->pub.id, IMANS_NO_ENTRY,
				   "namespace %" PRIu64 ": descendant %s is %s%s",
				   up->pub.id, s->path,
				   imans_verdict_name(verdict),
				   opaque ? ", which the policy allows" : "");
		below = id;
		id = up->pub.parent;
	}
}

/*
 * Whether something in the host's list speaks against all that is taken from
 * it. An event that counts for none, because its header's digest or template
 * was changed, may have held the last records of any namespace: nothing comes
 * after them that would tell of the gap.
 */
static bool host_list_fails(struct verify *v)
{
	const struct imans_finding *f;

	for (size_t i = 0;
	     (f = imans_findings_get(node_of(v)->findings, i)); i++)
		if (f->severity == IMANS_FAIL && !f->nsid &&
		    f->code < IMANS_F_BOOT_UNCHECKED)
			return true;
	return false;
}

/* Nor better than the kernel that kept its list. */
static void check_boot_ground(struct verify *v)
{
	bool bad = v->report->boot == IMANS_UNTRUSTED;

	if (v->report->boot >= IMANS_CONSISTENT)
		return;
	for (size_t i = 1; i < v->report->count; i++)
		imans_findings_add(v->report->subjects[i].findings,
				   IMANS_F_BOOT_UNPROVEN,
				   bad ? IMANS_FAIL : IMANS_DOUBT,
				   v->report->subjects[i].pub.id,
				   IMANS_NO_ENTRY, "namespace %" PRIu64 ": %s",
				   v->report->subjects[i].pub.id,
				   bad ? "the node's boot is not the expected one" :
					 "the node's boot could not be compared");
}

/* A namespace is no better than the ground that it stands on. */
static void check_ground(struct verify *v)
{
	const char *reason = !v->report->quote.verified ?
			     "the quote does not hold" :
			     host_list_fails(v) ?
			     "the host's list does not hold" : NULL;

	if (!reason)
		return;
	for (size_t i = 1; i < v->report->count; i++)
		imans_findings_add(v->report->subjects[i].findings,
				   IMANS_F_NODE_UNPROVEN, IMANS_FAIL,
				   v->report->subjects[i].pub.id,
				   IMANS_NO_ENTRY, "namespace %" PRIu64 ": %s",
				   v->report->subjects[i].pub.id, reason);
}

static void give_verdicts(struct verify *v)
{
	struct imans_report *r = v->report;

	check_ground(v);
	check_boot_ground(v);
	for (size_t i = 0; i < r->count; i++)
		r->subjects[i].pub.verdict = verdict_of(&r->subjects[i]);
	for (size_t i = 1; i < r->count; i++)
		tell_ancestors(v, &r->subjects[i]);
	for (size_t i = 0; i < r->count; i++) {
		struct report_subject *s = &r->subjects[i];

		s->pub.verdict = verdict_of(s);
		/* If it was not checked: the node's finding says so. */
		if (s->pub.verdict > r->boot)
			s->pub.verdict = r->boot;
		s->pub.label = s->label;
		s->pub.path = s->path;
		s->pub.findings = imans_findings_count(s->findings);
	}
	r->host_verdict = verdict_but(&r->subjects[0], IMANS_F_NS_UNACCOUNTED);
	if (r->host_verdict > r->boot)
		r->host_verdict = r->boot;
}

static int check_errors(struct verify *v)
{
	for (size_t i = 0; i < v->report->count; i++)
		if (imans_findings_error(v->report->subjects[i].findings))
			return no_memory(v);
	return 0;
}

/* What is asked of a node as a whole, once its namespaces are proven. */
static int check_whole(struct verify *v)
{
	int err = imans_verify_redacted(v) ?
		  imans_redact_check_node(v->ev, v->host, &v->opts,
					  v->report) : 0;

	return err ? err : imans_channels_check(v->ctx, &v->opts, v->host,
						v->report);
}

/* What tenants say, and what is to be said. */
static int take_word(struct verify *v)
{
	int err = imans_report_keep(v->report, v->host, v->ev, &v->opts);

	return err ? err : imans_delegate(v->report, v->host, &v->opts);
}

static int run(struct verify *v)
{
	int err = check_quote(v);

	if (!err)
		err = imans_round_begin(v);
	if (!err)
		err = check_host(v);
	if (!err)
		err = check_boot(v);
	if (err)
		return err;
	err = imans_verify_subjects(v);
	if (!err)
		err = imans_round_load(v);
	if (err)
		return err;
	share_record_findings(v);
	/* A few entries are no ground for a verdict on the whole. */
	if (!v->disclosure)
		err = take_word(v);
	if (!err)
		err = imans_verify_each_ns(v);
	for (size_t i = 1; !err && i < v->report->count; i++) {
		v->report->examined += v->report->subjects[i].examined;
		if (!v->disclosure)
			account(v, &v->report->subjects[i]);
	}
	if (!err && !v->disclosure)
		err = check_whole(v);
	if (err)
		return err;
	imans_round_remember(v);
	give_verdicts(v);
	err = check_errors(v);
	return err ? err : imans_round_end(v);
}

static int check_opts(struct verify *v)
{
	int err = imans_channels_valid(v->ctx, &v->opts);

	if (!err && v->opts.threads > IMANS_THREADS_MAX)
		err = imans_err(v->ctx, -EINVAL, "verify: more than %d threads",
				IMANS_THREADS_MAX);
	/* The first look-up would do it; several threads would at once. */
	for (size_t i = 0; !err && i < v->opts.policy_count; i++)
		err = imans_policy_sort(v->opts.policies[i]);
	return err;
}

int imans_verify_with(const struct imans_evidence *evidence,
		      const struct imans_verify_opts *opts,
		      const struct imans_disclosure *disclosure,
		      struct imans_report **report)
{
	struct verify v = {
		.ctx = evidence->ctx, .ev = evidence, .disclosure = disclosure,
	};
	int err = imans_opts_copy(v.ctx, &v.opts, sizeof(v.opts), opts);

	if (!err)
		err = check_opts(&v);
	if (err)
		return err;
	v.report = calloc(1, sizeof(*v.report));
	if (!v.report)
		return no_memory(&v);
	v.report->ctx = v.ctx;
	v.report->subjects = calloc(1, sizeof(*v.report->subjects));
	if (!v.report->subjects) {
		err = no_memory(&v);
	} else {
		v.report->count = 1;
		err = imans_subject_init(&v, &v.report->subjects[0], 0);
	}
	if (!err)
		err = run(&v);
	imans_host_free(v.host);
	imans_host_mark_free(&v.mark);
	if (err)
		imans_report_free(v.report);
	else
		*report = v.report;
	return err;
}

IMANS_API int imans_verify(const struct imans_evidence *evidence,
			   const struct imans_verify_opts *opts,
			   struct imans_report **report)
{
	return imans_verify_with(evidence, opts, NULL, report);
}
