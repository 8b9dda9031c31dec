// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rules 5, 6 and 8 of a verifier, for each namespace. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctx.h"
#include "disclose.h"
#include "redact_verify.h"
#include "threads.h"
#include "verify.h"

static int no_memory(struct verify *v)
{
	return imans_err(v->ctx, -ENOMEM, "verdicts: out of memory");
}

static int take_proof(struct verify *v, struct report_subject *s)
{
	const struct imans_proof *proof = &s->proof;

	s->pub.entries = proof->info.entries;
	s->pub.proven = proof->proven.place.entries;
	s->opened = proof->info.complete;
	s->has_create = !imans_proof_create(proof, &s->create);
	if (!s->has_create)
		return 0;
	free(s->label);
	s->label = strdup(s->create.label);
	return s->label ? 0 : no_memory(v);
}

/* What earlier rounds have proven stands without its list. */
static int take_earlier(struct verify *v, struct report_subject *s,
			bool settled)
{
	if (!s->since)
		return 0;
	s->proof = s->since->proof;
	s->proof.info.entries = s->proof.proven.place.entries;
	s->proof.info.complete = settled && !s->proof.proven.flawed;
	s->view = (struct list_view) {
		.header = s->since->header,
		.place = s->proof.proven.place,
	};
	return take_proof(v, s);
}

static int prove(struct verify *v, struct report_subject *s,
		 struct content_check *content)
{
	const struct imans_proof_opts opts = {
		.sz = sizeof(opts),
		.header = s->view.header,
	};
	const struct imans_proof_watch watch = { imans_content_take, content };
	struct imans_proof *proof;
	int err = imans_host_prove_ns_since(v->host, s->pub.id,
					    s->since ? &s->since->proof : NULL,
					    &watch, s->view.data, s->view.len,
					    s->carried->key, &opts,
					    s->findings, &proof);

	if (err)
		return err;
	s->proof = *proof;
	imans_proof_free(proof);
	s->examined = s->proof.info.entries - s->view.place.entries;
	return take_proof(v, s);
}

/* Rules 5, 6 and 8 in one pass, or what earlier rounds have proven. */
static int prove_content(struct verify *v, struct report_subject *s, bool list,
			 bool settled)
{
	char name[40];
	struct content_check content = {
		.ctx = v->ctx,
		.opts = &v->opts,
		.name = name,
		.nsid = s->pub.id,
		.view = &s->view,
		.next = s->view.place.entries,
		.any = &s->any,
	};
	int err, end;

	snprintf(name, sizeof(name), "namespace %" PRIu64, s->pub.id);
	err = imans_findings_new(&content.findings);
	if (err)
		return no_memory(v);
	err = list ? prove(v, s, &content) : take_earlier(v, s, settled);
	end = imans_content_end_ns(&content, !err && s->has_create ?
						     &s->create : NULL);
	s->opaque |= content.opaque;
	imans_findings_append(s->findings, content.findings);
	imans_findings_free(content.findings);
	return err ? err : end;
}

static void gap(struct report_subject *s, enum imans_finding_code code,
		const char *reason)
{
	imans_findings_add(s->findings, code, IMANS_DOUBT, s->pub.id,
			   IMANS_NO_ENTRY, "namespace %" PRIu64 ": %s",
			   s->pub.id, reason);
}

static bool view_list(struct report_subject *s)
{
	struct imans_place start = { 0 };
	enum imans_header header = IMANS_HEADER_AUTO;
	char name[40];

	if (s->since && s->since->proof.proven.place.entries) {
		start = s->since->proof.proven.place;
		header = s->since->header;
	}
	snprintf(name, sizeof(name), "namespace %" PRIu64, s->pub.id);
	return imans_round_view(&s->carried->list, &start, header, name,
				s->pub.id, s->findings, &s->view);
}

static int check_ns(struct verify *v, struct report_subject *s)
{
	bool settled;
	int err;

	if (!v->host || !imans_host_proven(v->host)) {
		imans_findings_add(s->findings, IMANS_F_NODE_UNPROVEN,
				   IMANS_FAIL, s->pub.id, IMANS_NO_ENTRY,
				   "namespace %" PRIu64 ": the host's list is not proven",
				   s->pub.id);
		return 0;
	}
	if (!s->recorded) {
		gap(s, IMANS_F_NS_AFTER_QUOTE,
		    "no record of it is in what was quoted");
		return 0;
	}
	if (v->disclosure)
		return imans_disclosure_check(v->host, v->disclosure, s);
	err = imans_round_settled(v, s, &settled);
	if (err)
		return err;
	if (settled && (!s->carried || !s->carried->has_key)) {
		err = prove_content(v, s, false, true);
		return err ? err : imans_redact_check_ns(v->host, s);
	}
	if (*s->delegated && !(s->carried && s->carried->has_key))
		return 0;
	if (!s->carried || !s->carried->has_key) {
		if (!s->carried)
			gap(s, IMANS_F_NS_NOT_CARRIED,
			    "the evidence does not have its list");
		else
			gap(s, IMANS_F_NS_NO_KEY,
			    "the evidence does not have its key, so no record opens");
		return take_earlier(v, s, false);
	}
	if (!view_list(s))
		return take_earlier(v, s, false);
	err = prove_content(v, s, true, false);
	return err ? err : imans_redact_check_ns(v->host, s);
}

/*
 * One namespace, in a thread's own context. What is known of the host's list is
 * read only by now, but what fails says so in a context.
 */
static int check_ns_alone(struct imans_ctx *ctx, void *user, size_t n)
{
	struct verify v = *(const struct verify *)user;
	struct imans_host host;

	v.ctx = ctx;
	if (v.host) {
		host = *v.host;
		host.ctx = ctx;
		v.host = &host;
	}
	return check_ns(&v, &v.report->subjects[n + 1]);
}

/*
 * Namespaces have nothing to do with each other until they are accounted for,
 * so that each may be a thread's. Callbacks are not: they are called in order.
 */
int imans_verify_each_ns(struct verify *v)
{
	bool alone = v->disclosure || v->opts.explain || v->ctx->log;

	return imans_threads_run(v->ctx, alone ? 1 : v->opts.threads,
				 v->report->count - 1, check_ns_alone, v);
}
