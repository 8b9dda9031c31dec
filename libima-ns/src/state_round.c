// SPDX-License-Identifier: LGPL-2.1-or-later
/* A round of verification: begun with a state; state_next.c ends it. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "channel.h"
#include "ctx.h"
#include "policy.h"
#include "records_digest.h"
#include "verify.h"

static int no_memory(const struct verify *v)
{
	return imans_err(v->ctx, -ENOMEM, "state: out of memory");
}

static struct imans_findings *node_findings(const struct verify *v)
{
	return v->report->subjects[0].findings;
}

/* ------------------------------------------------- whose state it is */

static int compare_digests(const void *a, const void *b)
{
	return memcmp(a, b, IMANS_HASH_SIZE);
}

/* All that contents are compared with, in whatever order it was given. */
static int digest_references(struct verify *v)
{
	size_t n = v->opts.policy_count;
	uint8_t (*digests)[IMANS_HASH_SIZE] = calloc(n + 1, sizeof(*digests));
	uint8_t padded[8];
	const struct imans_chunk chunks[] = {
		{ padded, sizeof(padded) },
		{ digests, n * sizeof(*digests) },
	};
	int err = 0;

	if (!digests)
		return no_memory(v);
	for (size_t i = 0; !err && i < n; i++)
		err = imans_policy_digest(v->opts.policies[i], digests[i]);
	if (!err) {
		qsort(digests, n, sizeof(*digests), compare_digests);
		put_le64(padded, v->opts.padded_banks);
		err = imans_hash(v->ctx, IMANS_SHA256, chunks, 2,
				 v->references);
	}
	free(digests);
	return err;
}

/* TPM 2.0 Library, Part 1, 16, for the hash that all our keys have. */
int imans_round_name(const struct verify *v, uint8_t name[STATE_AK_NAME_SIZE])
{
	const struct imans_chunk chunk = { v->ev->ak.data, v->ev->ak.len };

	name[0] = 0x00;
	name[1] = 0x0b;
	return imans_hash(v->ctx, IMANS_SHA256, &chunk, 1, name + 2);
}

static int check_owner(struct verify *v)
{
	const struct imans_state *state = v->opts.state;
	const char *id = v->opts.verifier_id ? v->opts.verifier_id : "";
	uint8_t name[STATE_AK_NAME_SIZE];
	int err;

	if (strcmp(id, state->verifier ? state->verifier : ""))
		return imans_err(v->ctx, -ESTALE,
				 "the state is of the verifier \"%s\", not \"%s\"",
				 state->verifier ? state->verifier : "", id);
	if (memcmp(v->references, state->references, sizeof(v->references)))
		return imans_err(v->ctx, -ESTALE,
				 "the state is of other reference values: begin anew, with whole lists");
	if (!v->report->quote.verified)
		return 0;
	err = imans_round_name(v, name);
	if (err)
		return err;
	if (memcmp(name, state->ak_name, sizeof(name)))
		return imans_err(v->ctx, -ESTALE,
				 "the state is of another attestation key: another node's, or an older one");
	return 0;
}

/* ------------------------------------------------- the clock and the boot */

static void clock_finding(struct verify *v, const char *what, uint64_t now,
			  uint64_t before)
{
	v->report->quote.verified = false;
	imans_findings_add(node_findings(v), IMANS_F_STATE_CLOCK, IMANS_FAIL,
			   0, IMANS_NO_ENTRY,
			   "the quote's %s is %" PRIu64
			   ", the last round's was %" PRIu64,
			   what, now, before);
}

/*
 * A TPM's clock only falls when power was lost: then it was reset, and says
 * that the clock may have been further. Within a boot a restart is a resume.
 */
static void check_order(struct verify *v)
{
	const struct imans_quote *quote = &v->report->quote;
	const struct imans_state *state = v->opts.state;
	bool same = quote->reset_count == state->reset_count;

	if (quote->reset_count < state->reset_count)
		clock_finding(v, "reset count", quote->reset_count,
			      state->reset_count);
	if (same && quote->restart_count < state->restart_count)
		clock_finding(v, "restart count", quote->restart_count,
			      state->restart_count);
	if (quote->clock < state->clock && (same || quote->clock_safe))
		clock_finding(v, "clock", quote->clock, state->clock);
}

static void new_boot(struct verify *v, const char *how)
{
	imans_findings_add(node_findings(v), IMANS_F_STATE_BOOT, IMANS_NOTE, 0,
			   IMANS_NO_ENTRY,
			   "the node has booted anew%s since the last round: what was found until then no longer counts",
			   how);
}

/* Nodes and records; the copy is read on with, the state stays as it is. */
static int copy_mark(struct verify *v, const struct imans_host_mark *from)
{
	struct imans_host_mark *to = &v->mark;

	*to = *from;
	to->records = calloc(from->record_count + 1, sizeof(*to->records));
	to->nodes = calloc(from->node_count + 1, sizeof(*to->nodes));
	if (!to->records || !to->nodes) {
		imans_host_mark_free(to);
		return no_memory(v);
	}
	to->record_room = from->record_count + 1;
	if (from->record_count)
		memcpy(to->records, from->records,
		       from->record_count * sizeof(*to->records));
	if (from->node_count)
		memcpy(to->nodes, from->nodes,
		       from->node_count * sizeof(*to->nodes));
	for (size_t i = 0; i < from->node_count; i++)
		imans_host_node_unlink(&to->nodes[i]);
	return 0;
}

int imans_round_begin(struct verify *v)
{
	const struct imans_state *state = v->opts.state;
	const struct imans_quote *quote = &v->report->quote;
	int err;

	if (!state)
		return 0;
	if (state->request)
		return imans_err(v->ctx, -EINVAL,
				 "a request has no more than offsets: the state itself is needed");
	/* Entries that stand alone move nothing on: nothing is gone on with. */
	if (v->disclosure)
		return imans_err(v->ctx, -EINVAL,
				 "a disclosure is a few entries, and no round: no state can be kept");
	err = digest_references(v);
	if (err || !state->rounds)
		return err;
	err = check_owner(v);
	if (err)
		return err;
	if (quote->verified) {
		check_order(v);
		if (quote->reset_count > state->reset_count) {
			new_boot(v, "");
			return 0;
		}
		if (quote->pcr10.banks & ~state->mark.pcrs.banks)
			return imans_err(v->ctx, -ESTALE,
					 "the state lacks a PCR bank that is quoted: begin anew, with whole lists");
	}
	v->since = state;
	err = imans_any_copy(v->ctx, &state->subjects[0].any, &v->report->subjects[0].any);
	return err ? err : copy_mark(v, &state->mark);
}

/* ------------------------------------------------------- parts of lists */

int imans_view_open(struct imans_ctx *ctx, const struct list_view *view,
		    const char *name, struct imans_list **list)
{
	const struct imans_list_opts opts = {
		.sz = sizeof(opts),
		.name = name,
		.header = view->header,
		.redacted = view->redacted,
		.redacted_banks = view->redacted_banks,
	};
	int err = imans_list_open_mem(ctx, view->data, view->len, &opts, list);

	if (!err)
		imans_list_number(*list, &view->place);
	return err;
}

/* What is left behind that many entries. -EBADMSG: there are not so many. */
static int step_over(struct imans_list *list, uint64_t entries,
		     struct evidence_list *rest)
{
	const struct imans_entry *entry;
	struct imans_place end;
	int err = 0;

	for (uint64_t n = 0; !err && n < entries; n++) {
		err = imans_list_next(list, &entry);
		if (!err && !entry)
			err = -EBADMSG;
	}
	if (err)
		return err;
	end = imans_list_place(list);
	rest->data.data += end.offset;
	rest->data.len -= end.offset;
	return 0;
}

int imans_round_rest(const struct verify *v, struct evidence_list *rest)
{
	const struct imans_place *place = &v->mark.place;
	struct list_view view = {
		.header = v->ev->host.header,
		.redacted = v->ev->host.redacted,
		.redacted_banks = v->ev->host.redacted_banks,
		.data = v->ev->host.data.data,
		.len = v->ev->host.data.len,
	};
	struct imans_list *list;
	int err;

	*rest = v->ev->host;
	if (!v->since || !imans_verify_redacted(v) ||
	    rest->since.entries > place->entries)
		return 0;
	err = imans_view_open(v->ctx, &view, "host", &list);
	if (!err) {
		err = step_over(list, place->entries - rest->since.entries,
				rest);
		imans_list_close(list);
	}
	if (!err)
		rest->since = *place;
	/* Too short, or no list: that is found when it is read. */
	return err == -EBADMSG || err == -EMSGSIZE ? 0 : err;
}

bool imans_round_view(const struct evidence_list *list,
		      const struct imans_place *place, enum imans_header header,
		      const char *name, uint64_t nsid,
		      struct imans_findings *findings, struct list_view *view)
{
	uint64_t skip = place->offset - list->since.offset;

	if (place->entries && list->header != header)
		imans_findings_add(findings, IMANS_F_STATE_HEADER, IMANS_FAIL,
				   nsid, place->entries,
				   "%s: its headers have other digests than in earlier rounds: begin anew, with whole lists",
				   name);
	else if (list->since.offset > place->offset ||
		 list->since.entries > place->entries)
		imans_findings_add(findings, IMANS_F_STATE_GAP, IMANS_FAIL,
				   nsid, place->entries,
				   "%s: entry %" PRIu64
				   ": is carried from entry %" PRIu64
				   " on, what comes before is not proven",
				   name, place->entries, list->since.entries);
	else if (skip > list->data.len)
		imans_findings_add(findings, IMANS_F_STATE_SHORT, IMANS_FAIL,
				   nsid, place->entries,
				   "%s: ends at byte %" PRIu64 ", it had %"
				   PRIu64 " entries and %" PRIu64
				   " bytes in earlier rounds",
				   name, list->since.offset + list->data.len,
				   place->entries, place->offset);
	else {
		*view = (struct list_view) {
			.header = list->header,
			.redacted = list->redacted,
			.redacted_banks = list->redacted_banks,
			.place = *place,
			.data = list->data.data + skip,
			.len = list->data.len - skip,
		};
		return true;
	}
	return false;
}

/* ---------------------------------------------------------- what is known */

static void take_findings(struct report_subject *s, bool host_only)
{
	const struct imans_finding *f;

	for (size_t i = 0; (f = imans_findings_get(s->since->findings, i)); i++)
		if (!host_only || !f->nsid)
			imans_findings_take(s->findings, f);
}

int imans_round_load(struct verify *v)
{
	struct report_subject *all = v->report->subjects;
	bool gone = v->host && v->host->new_boot;
	int err = 0;

	if (!v->since)
		return 0;
	all[0].since = &v->since->subjects[0];
	take_findings(&all[0], gone);
	/* By kexec: the list goes on, and ids begin again. */
	if (gone && v->since->mark.has_boot)
		new_boot(v, " by kexec");
	for (size_t i = 1; !gone && !err && i < v->report->count; i++) {
		all[i].since = imans_state_subject(v->since, all[i].pub.id);
		if (!all[i].since)
			continue;
		take_findings(&all[i], false);
		err = imans_any_copy(v->ctx, &all[i].since->any, &all[i].any);
	}
	return err;
}

int imans_round_settled(struct verify *v, const struct report_subject *s,
			bool *settled)
{
	const struct imans_host_node *node;
	const struct imans_progress *proven;
	size_t *places, count;
	int err;

	*settled = false;
	if (!s->since || !s->since->proof.proven.place.entries)
		return 0;
	proven = &s->since->proof.proven;
	node = imans_host_node(v->host, s->pub.id);
	if (!node || proven->own <= node->max_seq ||
	    imans_covered(node, proven))
		return 0;
	err = imans_host_descendants(v->host, node,
				     proven->copy_from > node->cover.from ?
				     proven->copy_from : node->cover.from,
				     &places, &count);
	if (err)
		return err;
	free(places);
	*settled = count == 0;
	return 0;
}

/*
 * Findings that a later round must not forget, though it may no longer see
 * why. What a round asks for besides (channels, the boot's references, others'
 * verdicts) is answered anew each time.
 */
bool imans_finding_lasts(const struct imans_finding *f)
{
	return f->severity == IMANS_FAIL &&
	       (f->code < IMANS_F_QUOTE_MALFORMED ||
		f->code == IMANS_F_STATE_COVERED ||
		(f->code >= IMANS_F_NS_NOT_CARRIED && f->code < 400));
}

static bool is_found(const struct imans_findings *findings, const char *text)
{
	const struct imans_finding *f;

	for (size_t i = 0; (f = imans_findings_get(findings, i)); i++)
		if (imans_finding_lasts(f) && !strcmp(f->text, text))
			return true;
	return false;
}

void imans_round_remember(struct verify *v)
{
	for (size_t i = 0; i < v->report->count; i++) {
		struct report_subject *s = &v->report->subjects[i];

		if (!s->since || !s->since->untrusted ||
		    (!i && v->host && v->host->new_boot) ||
		    is_found(s->findings, s->since->untrusted))
			continue;
		imans_findings_add(s->findings, IMANS_F_STATE_EARLIER,
				   IMANS_FAIL, s->pub.id, IMANS_NO_ENTRY,
				   "untrusted since round %" PRIu64 ": %s",
				   s->since->untrusted_round,
				   s->since->untrusted);
	}
}
