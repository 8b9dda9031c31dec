// SPDX-License-Identifier: LGPL-2.1-or-later
/* The state that a round ends with: what the next one begins with. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "ctx.h"
#include "records_digest.h"
#include "verify.h"

static int no_memory(const struct verify *v)
{
	return imans_err(v->ctx, -ENOMEM, "state: out of memory");
}

static int keep_findings(struct verify *v, const struct imans_findings *from,
			 struct state_subject *to)
{
	const struct imans_finding *f;

	for (size_t i = 0; (f = imans_findings_get(from, i)); i++)
		if (imans_findings_kept(from, i))
			imans_findings_take(to->findings, f);
	return imans_findings_error(to->findings) ? no_memory(v) : 0;
}

static int keep_untrusted(struct verify *v, const struct report_subject *s,
			  struct state_subject *to)
{
	bool gone = !s->pub.id && v->host->new_boot;
	const struct imans_finding *f;
	const char *text = NULL;

	if (s->since && s->since->untrusted && !gone) {
		to->untrusted_round = s->since->untrusted_round;
		text = s->since->untrusted;
	}
	for (size_t i = 0; !text &&
	     (f = imans_findings_get(s->findings, i)); i++) {
		if (!imans_finding_lasts(f))
			continue;
		to->untrusted_round = v->opts.state->rounds + 1;
		text = f->text;
	}
	if (!text)
		return 0;
	to->untrusted = strdup(text);
	return to->untrusted ? 0 : no_memory(v);
}

static int copy_binds(struct verify *v, const struct state_subject *since,
		      struct state_subject *to)
{
	if (!since || !since->bind_count)
		return 0;
	to->binds = calloc(since->bind_count, sizeof(*to->binds));
	if (!to->binds)
		return no_memory(v);
	memcpy(to->binds, since->binds,
	       since->bind_count * sizeof(*to->binds));
	to->bind_count = since->bind_count;
	return 0;
}

static int keep_subject(struct verify *v, const struct report_subject *s,
			struct state_subject *to)
{
	int err;

	to->id = s->pub.id;
	err = imans_any_copy(v->ctx, &s->any, &to->any);
	if (err)
		return err;
	/* While nothing is proven, nothing is known. */
	if (!to->id || s->proof.proven.place.entries) {
		to->header = s->view.header;
		to->proof = s->proof;
	} else if (s->since) {
		/* Nobody looked in this round. */
		to->header = s->since->header;
		to->proof = s->since->proof;
	}
	err = keep_findings(v, s->findings, to);
	if (!err)
		err = keep_untrusted(v, s, to);
	if (!err && to->id)
		err = copy_binds(v, s->since, to);
	if (!err && to->id)
		err = imans_channels_collect(v->ctx, s, to);
	return err;
}

/* Of one that this round's evidence had nothing to do with. */
static int keep_since(struct verify *v, uint64_t id, struct state_subject *to)
{
	const struct state_subject *since = v->since && !v->host->new_boot ?
		imans_state_subject(v->since, id) : NULL;
	int err;

	to->id = id;
	if (!since)
		return 0;
	to->header = since->header;
	to->proof = since->proof;
	to->untrusted_round = since->untrusted_round;
	err = imans_any_copy(v->ctx, &since->any, &to->any);
	if (!err)
		err = keep_findings(v, since->findings, to);
	if (!err && since->untrusted) {
		to->untrusted = strdup(since->untrusted);
		err = to->untrusted ? 0 : no_memory(v);
	}
	return err ? err : copy_binds(v, since, to);
}

/* ---------------------------------------------------------- what is held */

/*
 * Of whom nothing was shown, as a tenant has spoken for it, or as it is another's
 * business, the records need not be held: should its list be shown after all, it
 * is compared with their digest.
 */
static void cover(const struct verify *v, const struct report_subject *s,
		  struct imans_host_node *node)
{
	if (s && (s->opened || !*s->delegated))
		return;
	node->cover.from = v->host->mark.next_position;
	node->cover.count = node->tree_count;
	memcpy(node->cover.digest, node->tree_digest,
	       sizeof(node->cover.digest));
}

/* Whether a namespace's list, or an ancestor's, still has to match a record. */
static bool is_awaited(const struct imans_state *state,
		       const struct imans_host_node *node,
		       const struct imans_host_record *r)
{
	const struct imans_progress *p =
		&imans_state_subject(state, node->id)->proof.proven;

	if (r->position >= p->own_from && r->position >= node->cover.from)
		return true;
	/* A chain of parents that is longer is none that a list can match. */
	for (int n = 0; n < IMANS_DEPTH_MAX && node->parent; n++) {
		node = node->parent;
		p = &imans_state_subject(state, node->id)->proof.proven;
		if (r->position >= p->copy_from &&
		    r->position >= node->cover.from)
			return true;
	}
	return false;
}

/* Those after the heads of a redacted list come in the next round. */
static void hold_records(const struct imans_host *host,
			 struct imans_state *state)
{
	struct imans_host_mark *mark = &state->mark;
	const size_t count = mark->record_count;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		const struct imans_host_record *r = &mark->records[i];

		if (is_awaited(state, imans_host_node(host, r->record.id), r))
			mark->records[kept++] = *r;
	}
	mark->taken = kept;
	mark->record_count = kept + host->later_records;
	mark->next_position += host->later_positions;
	if (!host->later_records)
		return;
	memmove(mark->records + kept, mark->records + count,
		host->later_records * sizeof(*mark->records));
}

/* -------------------------------------------------------------- the state */

static int keep_subjects(struct verify *v, struct imans_state *next)
{
	const struct imans_host_mark *mark = &v->host->mark;
	int err = imans_state_make_subjects(next, mark->node_count + 1);

	if (!err)
		err = keep_subject(v, &v->report->subjects[0],
				   &next->subjects[0]);
	/* What no record is of is not known, whatever the evidence has. */
	for (size_t i = 0; !err && i < mark->node_count; i++) {
		struct imans_host_node *node = &mark->nodes[i];
		const struct report_subject *s = imans_report_find(v->report,
								   node->id);

		cover(v, s, node);
		err = s ? keep_subject(v, s, &next->subjects[i + 1]) :
			  keep_since(v, node->id, &next->subjects[i + 1]);
	}
	return err;
}

static int make_next(struct verify *v, struct imans_state *next)
{
	const struct imans_quote *quote = &v->report->quote;
	int err;

	next->rounds = v->opts.state->rounds + 1;
	next->clock = quote->clock;
	next->reset_count = quote->reset_count;
	next->restart_count = quote->restart_count;
	memcpy(next->references, v->references, sizeof(next->references));
	next->verifier = strdup(v->opts.verifier_id ? v->opts.verifier_id : "");
	if (!next->verifier)
		return no_memory(v);
	err = imans_round_name(v, next->ak_name);
	if (!err)
		err = imans_records_fold(v->host);
	return err ? err : keep_subjects(v, next);
}

int imans_round_end(struct verify *v)
{
	struct imans_state *state = v->opts.state, next = { .ctx = v->ctx };
	struct imans_ctx *ctx;
	int err;

	if (!state || !v->report->quote.verified || !v->host ||
	    !imans_host_proven(v->host))
		return 0;
	err = make_next(v, &next);
	if (err) {
		imans_state_clear(&next);
		return err;
	}
	next.mark = v->host->mark;
	hold_records(v->host, &next);
	memset(&v->host->mark, 0, sizeof(v->host->mark));
	ctx = state->ctx;
	imans_state_clear(state);
	*state = next;
	state->ctx = ctx;
	return 0;
}
