// SPDX-License-Identifier: LGPL-2.1-or-later
/* A verifier's state in memory: made, freed, asked. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctx.h"
#include "records_digest.h"
#include "state.h"

IMANS_API int imans_state_new(struct imans_ctx *ctx, struct imans_state **state)
{
	struct imans_state *new = calloc(1, sizeof(*new));

	if (!new)
		return imans_err(ctx, -ENOMEM, "state: out of memory");
	new->ctx = ctx;
	*state = new;
	return 0;
}

static void subject_free(struct state_subject *s)
{
	imans_findings_free(s->findings);
	free(s->untrusted);
	imans_any_free(&s->any);
	free(s->binds);
}

void imans_state_clear(struct imans_state *state)
{
	struct imans_ctx *ctx = state->ctx;

	for (size_t i = 0; i < state->count; i++)
		subject_free(&state->subjects[i]);
	free(state->subjects);
	free(state->verifier);
	imans_host_mark_free(&state->mark);
	memset(state, 0, sizeof(*state));
	state->ctx = ctx;
}

IMANS_API void imans_state_free(struct imans_state *state)
{
	if (!state)
		return;
	imans_state_clear(state);
	free(state);
}

int imans_state_make_subjects(struct imans_state *state, size_t count)
{
	state->subjects = calloc(count, sizeof(*state->subjects));
	if (!state->subjects)
		return imans_err(state->ctx, -ENOMEM, "state: out of memory");
	state->count = count;
	for (size_t i = 0; i < count; i++)
		if (imans_findings_new(&state->subjects[i].findings))
			return imans_err(state->ctx, -ENOMEM,
					 "state: out of memory");
	return 0;
}

static int compare_subject(const void *key, const void *member)
{
	uint64_t id = *(const uint64_t *)key;
	const struct state_subject *s = member;

	return id < s->id ? -1 : id > s->id;
}

const struct state_subject *imans_state_subject(const struct imans_state *state,
						uint64_t id)
{
	if (!state->count)
		return NULL;
	return bsearch(&id, state->subjects, state->count,
		       sizeof(*state->subjects), compare_subject);
}

IMANS_API void imans_state_info(const struct imans_state *state,
				struct imans_state_info *info)
{
	const struct imans_host_mark *mark = &state->mark;

	*info = (struct imans_state_info) {
		.rounds = state->rounds,
		.header = state->count ? state->subjects[0].header :
					 IMANS_HEADER_AUTO,
		.entries = mark->place.entries,
		.offset = mark->place.offset,
		.records = mark->next_position,
		.held = mark->record_count,
		.namespaces = mark->node_count,
		.clock = state->clock,
		.reset_count = state->reset_count,
		.restart_count = state->restart_count,
		.has_boot = mark->has_boot,
		.untrusted = state->count ? state->subjects[0].untrusted : NULL,
	};
	memcpy(info->boot_id, mark->boot.boot_id, sizeof(info->boot_id));
	memcpy(info->ak_name, state->ak_name, sizeof(info->ak_name));
}

IMANS_API int imans_state_ns(const struct imans_state *state, size_t n,
			     struct imans_state_ns *ns)
{
	const struct imans_host_node *node;
	const struct state_subject *s;

	if (n >= state->mark.node_count)
		return -ENOENT;
	node = &state->mark.nodes[n];
	s = &state->subjects[n + 1];
	*ns = (struct imans_state_ns) {
		.id = node->id,
		.parent = node->parent_id,
		.label = s->proof.info.has_create ? s->proof.create.label : "",
		.header = s->header,
		.entries = s->proof.proven.place.entries,
		.offset = s->proof.proven.place.offset,
		.records = node->total,
		.opened = s->proof.proven.own,
		.ended = node->destroy != IMANS_NO_RECORD,
		.untrusted = s->untrusted,
	};
	return 0;
}

/* All its records so far, and all that are covered, were matched. */
static bool is_opened(const struct imans_state *state, size_t n)
{
	const struct imans_progress *p = &state->subjects[n].proof.proven;
	const struct imans_host_node *node = &state->mark.nodes[n - 1];

	return p->own >= node->total &&
	       !imans_covered(node, p);
}

IMANS_API enum imans_verdict imans_state_verdict(const struct imans_state *state,
						 size_t n)
{
	enum imans_verdict verdict = IMANS_CONSISTENT;
	const struct imans_finding *f;
	const struct state_subject *s;

	if (n >= state->count || state->request)
		return IMANS_INCOMPLETE;
	s = &state->subjects[n];
	if (s->untrusted)
		return IMANS_UNTRUSTED;
	for (size_t i = 0; (f = imans_findings_get(s->findings, i)); i++)
		if (imans_finding_weigh(f) < verdict)
			verdict = imans_finding_weigh(f);
	/* Records that no list has opened: of one namespace, or of any. */
	for (size_t i = n ? n : 1; i < (n ? n + 1 : state->count); i++)
		if (verdict > IMANS_INCOMPLETE && !is_opened(state, i))
			verdict = IMANS_INCOMPLETE;
	return verdict;
}
