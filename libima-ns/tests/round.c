// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>

#include "round.h"

static void cut_ns(const struct imans_state *state, struct imans_evidence_ns *ns)
{
	struct imans_state_ns known;

	for (size_t i = 0; !imans_state_ns(state, i, &known); i++) {
		if (known.id != ns->id || !known.entries ||
		    known.offset > ns->list_len)
			continue;
		ns->since_entries = known.entries;
		ns->since_offset = known.offset;
		ns->list += known.offset;
		ns->list_len -= known.offset;
	}
}

struct imans_evidence *round_rest(struct node *n,
				  const struct imans_state *state)
{
	struct imans_state_info info;
	struct imans_evidence *rest;
	struct imans_evidence_ns ns;
	enum imans_header header;
	const uint8_t *host;
	uint8_t *data;
	size_t len;

	imans_state_info(state, &info);
	assert_int_equal(imans_evidence_new(n->ctx, &rest), 0);
	qm_put(&n->quote, &n->key, rest);
	host = imans_evidence_host(n->evidence, &len, &header);
	if (info.offset > len)
		info.entries = info.offset = 0;
	assert_int_equal(imans_evidence_set_host(rest, header,
						 host + info.offset,
						 len - info.offset), 0);
	assert_int_equal(imans_evidence_set_host_since(rest, info.entries,
						       info.offset), 0);
	for (size_t i = 0; !imans_evidence_ns(n->evidence, i, &ns); i++) {
		/* Ids begin again with the boot. */
		if (!memcmp(info.boot_id, n->w.boot_id, sizeof(info.boot_id)))
			cut_ns(state, &ns);
		assert_int_equal(imans_evidence_add_ns(rest, &ns), 0);
	}
	/* As it would be sent. */
	assert_int_equal(imans_evidence_encode(rest, &data, &len), 0);
	imans_evidence_free(rest);
	assert_int_equal(imans_evidence_parse(n->ctx, data, len, NULL, &rest),
			 0);
	free(data);
	return rest;
}

void round_store(struct imans_ctx *ctx, struct imans_state **state)
{
	uint8_t *data, *again;
	size_t len, again_len;

	if (!round_count(*state))
		return;
	assert_int_equal(imans_state_encode(*state, &data, &len), 0);
	imans_state_free(*state);
	assert_int_equal(imans_state_parse(ctx, data, len, NULL, state), 0);
	assert_int_equal(imans_state_encode(*state, &again, &again_len), 0);
	assert_int_equal(len, again_len);
	assert_memory_equal(data, again, len);
	free(data);
	free(again);
}

uint64_t round_count(const struct imans_state *state)
{
	struct imans_state_info info;

	imans_state_info(state, &info);
	return info.rounds;
}

void round_verify(struct node *n, struct imans_state *state, bool rest)
{
	struct imans_verify_opts opts = node_opts(n);
	struct imans_evidence *part = rest ? round_rest(n, state) : NULL;

	opts.state = state;
	imans_report_free(n->report);
	n->report = NULL;
	assert_int_equal(imans_verify(rest ? part : n->evidence, &opts,
				      &n->report), 0);
	imans_evidence_free(part);
}

static bool of_rounds(const struct imans_finding *f)
{
	return f->code >= IMANS_F_STATE_CLOCK &&
	       f->code <= IMANS_F_STATE_COVERED;
}

static size_t times(const struct imans_report *r, size_t n,
		    const struct imans_finding *f)
{
	const struct imans_finding *other;
	size_t count = 0;

	for (size_t i = 0; (other = imans_report_finding(r, n, i)); i++)
		if (other->code == f->code && other->severity == f->severity &&
		    other->nsid == f->nsid && other->entry == f->entry &&
		    !strcmp(other->text, f->text))
			count++;
	return count;
}

/* Each finding of one stands as often in the other. */
static bool contains(const char *what, const struct imans_report *a,
		     const struct imans_report *b, size_t n)
{
	const struct imans_finding *f;
	bool same = true;

	for (size_t i = 0; (f = imans_report_finding(b, n, i)); i++) {
		if (of_rounds(f) || times(a, n, f) == times(b, n, f))
			continue;
		print_message("subject %zu, %s: %s: %s\n", n, what,
			      imans_finding_name(f->code), f->text);
		same = false;
	}
	return same;
}

static bool was_untrusted(const struct imans_report *r, size_t n)
{
	const struct imans_finding *f;

	for (size_t i = 0; (f = imans_report_finding(r, n, i)); i++)
		if (f->code == IMANS_F_STATE_EARLIER)
			return true;
	return false;
}

static bool same_subject(const struct imans_report *whole,
			 const struct imans_report *rounds, size_t n)
{
	struct imans_subject a, b;

	imans_report_subject(whole, n, &a);
	imans_report_subject(rounds, n, &b);
	/* Who was untrusted before stays so, and its ancestors hear of it. */
	if (a.id == b.id && a.parent == b.parent && !strcmp(a.path, b.path) &&
	    !strcmp(a.label, b.label) && a.entries == b.entries &&
	    a.proven == b.proven &&
	    (a.verdict == b.verdict || was_untrusted(rounds, n)))
		return true;
	print_message("subject %zu: %s %s %s %zu/%zu, in rounds %s %s %s %zu/%zu\n",
		      n, a.path, a.label, imans_verdict_name(a.verdict),
		      (size_t)a.proven, (size_t)a.entries, b.path, b.label,
		      imans_verdict_name(b.verdict), (size_t)b.proven,
		      (size_t)b.entries);
	return false;
}

bool round_same(const struct imans_report *whole,
		const struct imans_report *rounds)
{
	size_t count = imans_report_count(whole);
	bool same = count == imans_report_count(rounds);

	if (!same)
		print_message("%zu subjects, in rounds %zu\n", count,
			      imans_report_count(rounds));
	for (size_t n = 0; same && n < count; n++)
		same = same_subject(whole, rounds, n) &
		       contains("only when whole", rounds, whole, n) &
		       contains("only in rounds", whole, rounds, n);
	return same;
}

void rounds_quote(struct rounds *r)
{
	imans_evidence_free(r->n.evidence);
	r->n.quote.clock++;
	node_quote(&r->n);
}

void rounds_begin(struct rounds *r, struct imans_ctx *ctx)
{
	node_begin(&r->n, ctx);
	assert_int_equal(imans_state_new(ctx, &r->state), 0);
	rounds_quote(r);
	round_verify(&r->n, r->state, false);
	expect_verdicts(&r->n, "cccc");
	assert_int_equal(round_count(r->state), 1);
}

void rounds_end(struct rounds *r)
{
	imans_state_free(r->state);
	node_end(&r->n);
}

/* A round of what is new, which counts. */
void rounds_next(struct rounds *r, const char *verdicts)
{
	uint64_t count = round_count(r->state);

	rounds_quote(r);
	round_verify(&r->n, r->state, true);
	expect_verdicts(&r->n, verdicts);
	assert_int_equal(round_count(r->state), count + 1);
	round_store(r->n.ctx, &r->state);
}

struct bl_ns *rounds_ns(struct rounds *r, size_t id)
{
	return r->n.w.ns[id - 1];
}

struct bl_bytes rounds_encode(const struct imans_state *state)
{
	struct bl_bytes b;

	assert_int_equal(imans_state_encode(state, &b.data, &b.len), 0);
	return b;
}

/* Verify what n.evidence has; the state must not take it up. */
void rounds_refuse(struct rounds *r, const char *verdicts)
{
	struct bl_bytes before = rounds_encode(r->state), after;

	round_verify(&r->n, r->state, false);
	expect_verdicts(&r->n, verdicts);
	after = rounds_encode(r->state);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	free(before.data);
	free(after.data);
}

/* Evidence without one namespace's list. */
void rounds_leave_out(struct rounds *r, uint64_t id)
{
	struct imans_evidence *all = r->n.evidence;
	struct imans_evidence_ns one;
	enum imans_header header;
	const uint8_t *host;
	size_t len;

	assert_int_equal(imans_evidence_new(r->n.ctx, &r->n.evidence), 0);
	qm_put(&r->n.quote, &r->n.key, r->n.evidence);
	host = imans_evidence_host(all, &len, &header);
	assert_int_equal(imans_evidence_set_host(r->n.evidence, header, host,
						 len), 0);
	for (size_t i = 0; !imans_evidence_ns(all, i, &one); i++)
		if (one.id != id)
			assert_int_equal(imans_evidence_add_ns(r->n.evidence,
							       &one), 0);
	imans_evidence_free(all);
}
