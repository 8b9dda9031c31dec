// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rounds of a tenant to whom the host's list is redacted. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../src/evidence.h"
#include "round.h"
#include "tenant.h"

static void ten_next_nonce(struct rounds *r)
{
	r->n.quote.nonce[0]++;
	tenant_heads(&r->n, false);
}

static void ten_quote(struct rounds *r)
{
	imans_evidence_free(r->n.evidence);
	r->n.quote.clock++;
	tenant_quote(&r->n);
}

/* Nothing that rounds or redaction bring speaks against it. */
static void ten_clean(const struct node *n, size_t subject)
{
	const struct imans_finding *f;

	for (size_t i = 0; (f = imans_report_finding(n->report, subject, i));
	     i++)
		if (f->severity == IMANS_FAIL ||
		    f->code == IMANS_F_HEADS_MISSING ||
		    f->code == IMANS_F_LEAF_MISSING ||
		    f->code == IMANS_F_NS_NOT_CARRIED)
			fail_msg("%s: %s", imans_finding_name(f->code),
				 f->text);
}

/* WEB's verifier: a round of a redacted list's rest, with heads before it. */
static void ten_round(struct rounds *r, const char *keep, const char *verdicts)
{
	uint64_t count = round_count(r->state);

	tenant_redact_since(&r->n, keep, count ? r->state : NULL);
	round_verify(&r->n, r->state, false);
	expect_verdicts(&r->n, verdicts);
	assert_int_equal(round_count(r->state), count + 1);
	round_store(r->n.ctx, &r->state);
}

static void ten_begin(struct rounds *r, struct imans_ctx *ctx)
{
	node_begin(&r->n, ctx);
	assert_int_equal(imans_state_new(ctx, &r->state), 0);
	ten_next_nonce(r);
	ten_quote(r);
	ten_round(r, "1", "ii");
	ten_clean(&r->n, 0);
	ten_clean(&r->n, WEB);
}

static void ten_run(struct rounds *r, size_t id)
{
	bl_entry(&r->n.w, rounds_ns(r, id), "/bin/sh");
	bl_flush(&r->n.w);
}

static void redacted_rounds(void **state)
{
	struct imans_state_info info;
	struct rounds r;

	ten_begin(&r, *state);
	for (int i = 0; i < 3; i++) {
		bl_host_entry(&r.n.w, "/usr/bin/secret");
		ten_run(&r, WEB);
		ten_run(&r, POD);
		ten_next_nonce(&r);
		/* Behind the heads: of the next round. */
		if (i) {
			ten_run(&r, WEB);
			bl_create(&r.n.w, NULL, "pod=9");
			bl_flush(&r.n.w);
		}
		ten_quote(&r);
		ten_round(&r, "1", "ii");
		ten_clean(&r.n, 0);
		ten_clean(&r.n, 1);
		imans_state_info(r.state, &info);
		assert_int_equal(info.held, i ? 2 : 0);
	}
	rounds_end(&r);
}

/* In each round they must be there, and be of this verifier's nonce. */
static void no_heads_in_a_round(void **state)
{
	struct rounds r;

	ten_begin(&r, *state);
	ten_run(&r, WEB);
	ten_next_nonce(&r);
	r.n.quote.nonce[0]++;
	ten_quote(&r);
	ten_round(&r, "1", "ii");
	expect_finding(&r.n, 0, IMANS_F_HEADS_MISSING);
	expect_finding(&r.n, WEB, IMANS_F_HEADS_MISSING);
	ten_next_nonce(&r);
	ten_quote(&r);
	ten_round(&r, "1", "ii");
	ten_clean(&r.n, WEB);
	rounds_end(&r);
}

/* Entries of these numbers are hidden, too; the quote is over all. */
static void ten_hide(struct rounds *r, uint64_t set)
{
	tenant_hide(&r->n, tenant_hide_set, &set);
	/* All of it, for a verifier that steps over what it knows. */
	r->n.evidence->host.since = (struct imans_place){ 0, 0 };
	r->n.evidence->host.tail = false;
}

/* Records are hidden in what follows a round; or between heads and quote. */
static void hidden_between_rounds(void **state)
{
	struct rounds r;
	size_t at;

	for (int later = 0; later < 2; later++) {
		ten_begin(&r, *state);
		if (later) {
			/* This round's heads came before. */
			ten_next_nonce(&r);
		}
		at = r.n.w.host.count;
		ten_run(&r, WEB);
		if (!later)
			ten_next_nonce(&r);
		ten_quote(&r);
		tenant_redact(&r.n, "1");
		ten_hide(&r, 1ULL << at);
		round_verify(&r.n, r.state, false);
		expect_verdicts(&r.n, later ? "ii" : "uu");
		if (!later) {
			expect_finding(&r.n, 0, IMANS_F_HEADS);
			rounds_end(&r);
			continue;
		}
		/* The next round's heads tell. */
		ten_next_nonce(&r);
		ten_quote(&r);
		tenant_redact(&r.n, "1");
		ten_hide(&r, 1ULL << at);
		round_verify(&r.n, r.state, false);
		expect_verdicts(&r.n, "uu");
		expect_finding(&r.n, 0, IMANS_F_HEADS);
		rounds_end(&r);
	}
}

/* A verifier that was shown all, and then is shown less; and the other way. */
static void redaction_begins(void **state)
{
	struct rounds r;

	rounds_begin(&r, *state);
	ten_run(&r, WEB);
	bl_host_entry(&r.n.w, "/usr/bin/secret");
	ten_next_nonce(&r);
	ten_quote(&r);
	ten_round(&r, "1", "ii");
	expect_finding(&r.n, 0, IMANS_F_REDACTED);
	ten_clean(&r.n, WEB);
	/* What it saw of others is known still, and goes on with what is new. */
	ten_run(&r, POD);
	ten_run(&r, CTR);
	ten_next_nonce(&r);
	ten_quote(&r);
	ten_round(&r, "123", "iiii");
	for (size_t i = 0; i < 4; i++)
		ten_clean(&r.n, i);
	/* Part of the list stays hidden: heads and the operator are asked for. */
	ten_next_nonce(&r);
	ten_quote(&r);
	round_verify(&r.n, r.state, false);
	expect_verdicts(&r.n, "iiii");
	expect_finding(&r.n, 0, IMANS_F_REDACTED);
	expect_finding(&r.n, 0, IMANS_F_NODE_VERDICT);
	rounds_end(&r);
}

static void leaf_in_a_round(void **state)
{
	struct rounds r;

	for (int bad = 0; bad < 2; bad++) {
		ten_begin(&r, *state);
		ten_run(&r, WEB);
		ten_next_nonce(&r);
		ten_quote(&r);
		tenant_redact_since(&r.n, "1", r.state);
		if (bad)
			r.n.evidence->ns[0].leaf.raw[40] ^= 1;
		else
			r.n.evidence->ns[0].leaf.set = false;
		round_verify(&r.n, r.state, false);
		expect_verdicts(&r.n, bad ? "iu" : "ii");
		expect_finding(&r.n, WEB, bad ? IMANS_F_LEAF_PATH :
						IMANS_F_LEAF_MISSING);
		rounds_end(&r);
	}
}

/* The rest is of a list that the evidence has; a stale request is for all. */
static void redact_the_rest(void **state)
{
	struct imans_redact_opts opts = { .sz = sizeof(opts) };
	struct imans_evidence *redacted = NULL;
	uint64_t entries, offset, id = WEB;
	const char *label = "pod=*";
	struct imans_state_info info;
	struct rounds r;

	ten_begin(&r, *state);
	ten_run(&r, WEB);
	ten_next_nonce(&r);
	ten_quote(&r);
	opts.ids = &id;
	opts.id_count = 1;
	opts.since = r.state;
	imans_state_info(r.state, &info);
	assert_int_equal(imans_evidence_redact(r.n.evidence, &opts, &redacted),
			 0);
	imans_evidence_host_since(redacted, &entries, &offset);
	assert_int_equal(entries, info.entries);
	assert_int_equal(offset, info.offset);
	imans_evidence_free(redacted);
	redacted = NULL;

	r.n.evidence->host.since = (struct imans_place){ entries + 1, 1000 };
	r.n.evidence->host.tail = true;
	assert_int_equal(imans_evidence_redact(r.n.evidence, &opts, &redacted),
			 -EINVAL);
	assert_non_null(strstr(imans_ctx_error(*state), "needs it from"));
	opts.since = NULL;
	assert_int_equal(imans_evidence_redact(r.n.evidence, &opts, &redacted),
			 -EINVAL);
	r.n.evidence->host.since = (struct imans_place){ 0, 0 };
	r.n.evidence->host.tail = false;
	opts.since = r.state;

	r.n.evidence->ns[0].list.tail = true;
	opts.labels = &label;
	opts.label_count = 1;
	assert_int_equal(imans_evidence_redact(r.n.evidence, &opts, &redacted),
			 -EINVAL);
	assert_non_null(strstr(imans_ctx_error(*state), "keep ids"));
	r.n.evidence->ns[0].list.tail = false;
	opts.label_count = 0;

	r.n.evidence->host.header = IMANS_HEADER_SHA1;
	assert_int_equal(imans_evidence_redact(r.n.evidence, &opts, &redacted),
			 -EINVAL);
	r.n.evidence->host.header = info.header;

	imans_evidence_free(r.n.evidence);
	bl_cut(&r.n.w.host, 3);
	tenant_quote(&r.n);
	assert_int_equal(imans_evidence_redact(r.n.evidence, &opts, &redacted),
			 -ENODATA);
	assert_null(redacted);
	rounds_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(redacted_rounds),
		TEST(no_heads_in_a_round),
		TEST(hidden_between_rounds),
		TEST(redaction_begins),
		TEST(leaf_in_a_round),
		TEST(redact_the_rest),
	};

	/* tpm2-tss would log what is damaged on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("rounds-redacted", tests, NULL, NULL);
}
