// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rounds of verification: what they remember, and what they refuse. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "round.h"

static void carry_on(void **state)
{
	struct rounds r;

	rounds_begin(&r, *state);
	assert_int_equal(imans_report_examined(r.n.report),
			 r.n.w.host.count + rounds_ns(&r, WEB)->list.count +
			 rounds_ns(&r, POD)->list.count + rounds_ns(&r, CTR)->list.count);
	rounds_next(&r, "cccc");
	assert_int_equal(imans_report_examined(r.n.report), 0);
	bl_entry(&r.n.w, rounds_ns(&r, CTR), "/bin/sh");
	bl_flush(&r.n.w);
	rounds_next(&r, "cccc");
	/* The host's, CTR's, and the copy in POD's. */
	assert_int_equal(imans_report_examined(r.n.report), 3);
	rounds_end(&r);
}

/* What was found stays, with its first text, though nobody looks again. */
static void nothing_is_forgotten(void **state)
{
	const struct imans_finding *f;
	struct rounds r;
	char *text;

	rounds_begin(&r, *state);
	bl_entry(&r.n.w, rounds_ns(&r, WEB), "/tmp/intruder");
	bl_violation(&r.n.w, rounds_ns(&r, CTR), "/bin/sh");
	bl_flush(&r.n.w);
	rounds_next(&r, "cuci");
	f = expect_finding(&r.n, WEB, IMANS_F_NOT_IN_REFERENCE);
	text = strdup(f->text);
	for (int i = 0; i < 3; i++) {
		bl_entry(&r.n.w, rounds_ns(&r, WEB), "/bin/sh");
		bl_flush(&r.n.w);
		rounds_next(&r, "cuci");
		f = expect_finding(&r.n, WEB, IMANS_F_NOT_IN_REFERENCE);
		assert_string_equal(f->text, text);
		expect_finding(&r.n, CTR, IMANS_F_NS_VIOLATION);
		expect_no_finding(&r.n, WEB, IMANS_F_STATE_EARLIER);
	}
	free(text);
	rounds_end(&r);
}

/* A list that was bad, and is good now, does not make good what it was. */
static void bad_list_then_good(void **state)
{
	const struct imans_finding *f;
	struct bl_entry *e;
	struct rounds r;

	rounds_begin(&r, *state);
	bl_entry(&r.n.w, rounds_ns(&r, WEB), "/bin/sh");
	bl_flush(&r.n.w);
	e = &rounds_ns(&r, WEB)->list.entries[3];
	e->data.data[20] ^= 1;
	rounds_next(&r, "uucc");
	expect_finding(&r.n, WEB, IMANS_F_NS_COMMIT);
	e->data.data[20] ^= 1;
	rounds_next(&r, "uucc");
	expect_no_finding(&r.n, WEB, IMANS_F_NS_COMMIT);
	f = expect_finding(&r.n, WEB, IMANS_F_STATE_EARLIER);
	assert_non_null(strstr(f->text, "untrusted since round 2: namespace 1: entry 3: "));
	expect_finding(&r.n, 0, IMANS_F_STATE_EARLIER);
	rounds_next(&r, "uucc");
	rounds_end(&r);
}

/* A namespace that ended, all of which was seen, need not be carried again. */
static void ended_and_released(void **state)
{
	struct imans_state_ns known;
	struct rounds r;

	rounds_begin(&r, *state);
	bl_destroy(&r.n.w, rounds_ns(&r, CTR));
	bl_flush(&r.n.w);
	rounds_next(&r, "cccc");
	assert_int_equal(imans_state_ns(r.state, CTR - 1, &known), 0);
	assert_true(known.ended);
	assert_int_equal(known.opened, known.records);
	r.n.w.ns_count--;
	bl_entry(&r.n.w, rounds_ns(&r, POD), "/bin/sh");
	bl_flush(&r.n.w);
	rounds_next(&r, "cccc");
	r.n.w.ns_count++;
	rounds_end(&r);
}

static void create_later(void **state)
{
	struct bl_ns *late;
	struct rounds r;

	rounds_begin(&r, *state);
	late = bl_create(&r.n.w, rounds_ns(&r, CTR), "pod=2,ctr=late");
	bl_flush(&r.n.w);
	rounds_next(&r, "ccccc");
	bl_entry(&r.n.w, late, "/bin/sh");
	bl_flush(&r.n.w);
	rounds_next(&r, "ccccc");
	bl_destroy(&r.n.w, late);
	bl_flush(&r.n.w);
	rounds_next(&r, "ccccc");
	rounds_end(&r);
}

static void entry_after_destroy(void **state)
{
	struct rounds r;

	rounds_begin(&r, *state);
	bl_destroy(&r.n.w, rounds_ns(&r, WEB));
	bl_flush(&r.n.w);
	rounds_next(&r, "cccc");
	bl_entry(&r.n.w, rounds_ns(&r, WEB), "/bin/sh");
	bl_flush(&r.n.w);
	rounds_next(&r, "uucc");
	expect_finding(&r.n, WEB, IMANS_F_NS_AFTER_DESTROY);
	expect_finding(&r.n, WEB, IMANS_F_RECORD_AFTER_DESTROY);
	rounds_next(&r, "uucc");
	expect_finding(&r.n, WEB, IMANS_F_RECORD_AFTER_DESTROY);
	rounds_end(&r);
}

static void second_create(void **state)
{
	struct rounds r;

	rounds_begin(&r, *state);
	bl_event(&r.n.w, rounds_ns(&r, WEB), "ima-ns/create", "IMANSCRT", 8);
	bl_flush(&r.n.w);
	rounds_next(&r, "uucc");
	expect_finding(&r.n, WEB, IMANS_F_NS_SECOND_CREATE);
	rounds_end(&r);
}

static void lags_and_catches_up(void **state)
{
	struct imans_state_info info;
	struct rounds r;

	rounds_begin(&r, *state);
	bl_entry(&r.n.w, rounds_ns(&r, CTR), "/bin/sh");
	bl_flush(&r.n.w);
	rounds_quote(&r);
	rounds_leave_out(&r, CTR);
	round_verify(&r.n, r.state, true);
	expect_verdicts(&r.n, "icci");
	expect_finding(&r.n, CTR, IMANS_F_NS_NOT_CARRIED);
	imans_state_info(r.state, &info);
	assert_int_equal(info.held, 1);
	bl_entry(&r.n.w, rounds_ns(&r, CTR), "/bin/sh");
	bl_flush(&r.n.w);
	rounds_next(&r, "cccc");
	imans_state_info(r.state, &info);
	assert_int_equal(info.held, 0);
	rounds_end(&r);
}

static void not_this_node(void **state)
{
	struct imans_verify_opts opts;
	struct imans_report *report = NULL;
	struct qm_key other;
	struct rounds r;

	rounds_begin(&r, *state);
	rounds_quote(&r);
	opts = node_opts(&r.n);
	opts.state = r.state;
	opts.policy_count = 1;
	assert_int_equal(imans_verify(r.n.evidence, &opts, &report), -ESTALE);
	assert_non_null(strstr(imans_ctx_error(*state), "reference values"));
	opts.policy_count = 2;
	opts.verifier_id = "other";
	assert_int_equal(imans_verify(r.n.evidence, &opts, &report), -ESTALE);
	opts.verifier_id = "";
	/* Which of them comes first does not matter. */
	r.n.policies[0] = r.n.other;
	r.n.policies[1] = r.n.policy;
	assert_int_equal(imans_verify(r.n.evidence, &opts, &report), 0);
	imans_report_free(report);
	report = NULL;
	imans_policy_set_host(r.n.other, true);
	assert_int_equal(imans_verify(r.n.evidence, &opts, &report), -ESTALE);
	imans_policy_set_host(r.n.other, false);

	qm_key_make(&other);
	imans_evidence_free(r.n.evidence);
	r.n.evidence = qm_evidence(*state, &r.n.w, &r.n.quote, &other);
	opts.ak_pem = other.pem;
	assert_int_equal(imans_verify(r.n.evidence, &opts, &report), -ESTALE);
	assert_non_null(strstr(imans_ctx_error(*state), "attestation key"));
	assert_null(report);
	qm_key_free(&other);
	assert_int_equal(round_count(r.state), 2);
	rounds_end(&r);
}

static void another_bank(void **state)
{
	struct imans_report *report;
	struct imans_verify_opts opts;
	struct rounds r;

	node_begin(&r.n, *state);
	assert_int_equal(imans_state_new(*state, &r.state), 0);
	r.n.quote.banks = IMANS_BANK(IMANS_SHA256) | IMANS_BANK(IMANS_SHA384);
	rounds_quote(&r);
	round_verify(&r.n, r.state, false);
	/* Fewer banks are compared, and all are kept up. */
	bl_entry(&r.n.w, rounds_ns(&r, WEB), "/bin/sh");
	bl_flush(&r.n.w);
	r.n.quote.banks = IMANS_BANK(IMANS_SHA256);
	rounds_next(&r, "cccc");
	r.n.quote.banks = IMANS_BANK(IMANS_SHA384);
	rounds_next(&r, "cccc");
	r.n.quote.banks = IMANS_ALL_BANKS;
	rounds_quote(&r);
	opts = node_opts(&r.n);
	opts.state = r.state;
	assert_int_equal(imans_verify(r.n.evidence, &opts, &report), -ESTALE);
	rounds_end(&r);
}

/* A quote of before, with a nonce of now even, is not one of now. */
static void clock_goes_back(void **state)
{
	struct rounds r;

	rounds_begin(&r, *state);
	r.n.quote.clock -= 2;
	rounds_quote(&r);
	rounds_refuse(&r, "uuuu");
	expect_finding(&r.n, 0, IMANS_F_STATE_CLOCK);
	r.n.quote.clock += 10;
	r.n.quote.reset_count--;
	rounds_quote(&r);
	rounds_refuse(&r, "uuuu");
	expect_finding(&r.n, 0, IMANS_F_STATE_CLOCK);
	r.n.quote.reset_count++;
	/* Suspended and resumed; and then not. */
	r.n.quote.restart_count++;
	rounds_next(&r, "cccc");
	r.n.quote.restart_count--;
	rounds_quote(&r);
	rounds_refuse(&r, "uuuu");
	expect_finding(&r.n, 0, IMANS_F_STATE_CLOCK);
	rounds_end(&r);
}

static void after_boot(struct rounds *r)
{
	struct bl_ns *web;

	bl_host_entry(&r->n.w, "boot_aggregate");
	bl_boot(&r->n.w);
	web = bl_create(&r->n.w, NULL, "pod=1,ctr=web");
	bl_entry(&r->n.w, web, "/usr/bin/crun");
	bl_flush(&r->n.w);
}

static void reboot(void **state)
{
	struct rounds r;

	rounds_begin(&r, *state);
	bl_entry(&r.n.w, rounds_ns(&r, WEB), "/tmp/intruder");
	bl_flush(&r.n.w);
	rounds_next(&r, "cucc");
	bl_reboot(&r.n.w, 0x61);
	r.n.quote.reset_count++;
	after_boot(&r);
	/* Power was lost; the clock had not been stored. */
	r.n.quote.clock -= 100;
	rounds_quote(&r);
	rounds_refuse(&r, "uu");
	expect_finding(&r.n, 0, IMANS_F_STATE_CLOCK);
	r.n.quote.clock_unsafe = true;
	rounds_quote(&r);
	/* Its lists are there from the start, or nothing is proven. */
	round_verify(&r.n, r.state, false);
	expect_verdicts(&r.n, "cc");
	expect_finding(&r.n, 0, IMANS_F_STATE_BOOT);
	assert_int_equal(round_count(r.state), 3);
	rounds_next(&r, "cc");
	expect_no_finding(&r.n, 0, IMANS_F_STATE_BOOT);
	rounds_end(&r);
}

/* The list goes on, ids begin again: 1 is not who it was. */
static void kexec(void **state)
{
	struct rounds r;

	rounds_begin(&r, *state);
	bl_entry(&r.n.w, rounds_ns(&r, WEB), "/tmp/intruder");
	bl_flush(&r.n.w);
	rounds_next(&r, "cucc");
	bl_kexec(&r.n.w, 0x61);
	after_boot(&r);
	rounds_next(&r, "cc");
	expect_finding(&r.n, 0, IMANS_F_STATE_BOOT);
	bl_entry(&r.n.w, rounds_ns(&r, WEB), "/bin/sh");
	bl_flush(&r.n.w);
	rounds_next(&r, "cc");
	expect_no_finding(&r.n, 0, IMANS_F_STATE_BOOT);
	rounds_end(&r);
}

static void shortened(void **state)
{
	struct bl_ns *web;
	struct rounds r;

	rounds_begin(&r, *state);
	bl_cut(&r.n.w.host, 3);
	rounds_quote(&r);
	rounds_refuse(&r, "uuuu");
	expect_finding(&r.n, 0, IMANS_F_STATE_SHORT);
	rounds_end(&r);

	rounds_begin(&r, *state);
	web = rounds_ns(&r, WEB);
	bl_entry(&r.n.w, web, "/bin/sh");
	bl_flush(&r.n.w);
	bl_cut(&web->list, 2);
	rounds_quote(&r);
	round_verify(&r.n, r.state, false);
	expect_verdicts(&r.n, "iucc");
	expect_finding(&r.n, WEB, IMANS_F_STATE_SHORT);
	rounds_end(&r);
}

/* Evidence whose lists are said to begin elsewhere. */
static void shift(struct rounds *r, uint64_t host_entries, uint64_t host_offset,
		  uint64_t id, uint64_t entries, uint64_t offset)
{
	struct imans_evidence *rest = round_rest(&r->n, r->state), *shifted;
	struct imans_evidence_ns one;
	uint64_t at, at_offset;
	enum imans_header header;
	const uint8_t *host;
	size_t len;

	assert_int_equal(imans_evidence_new(r->n.ctx, &shifted), 0);
	qm_put(&r->n.quote, &r->n.key, shifted);
	host = imans_evidence_host(rest, &len, &header);
	assert_int_equal(imans_evidence_set_host(shifted, header, host, len),
			 0);
	imans_evidence_host_since(rest, &at, &at_offset);
	assert_int_equal(imans_evidence_set_host_since(shifted,
						       at + host_entries,
						       at_offset + host_offset),
			 0);
	for (size_t i = 0; !imans_evidence_ns(rest, i, &one); i++) {
		if (one.id == id) {
			one.since_entries += entries;
			one.since_offset += offset;
		}
		assert_int_equal(imans_evidence_add_ns(shifted, &one), 0);
	}
	imans_evidence_free(rest);
	imans_evidence_free(r->n.evidence);
	r->n.evidence = shifted;
}

static void gap(void **state)
{
	struct rounds r;

	rounds_begin(&r, *state);
	rounds_quote(&r);
	shift(&r, 1, 100, 0, 0, 0);
	rounds_refuse(&r, "uuuu");
	expect_finding(&r.n, 0, IMANS_F_STATE_GAP);
	/* Of one namespace: the round counts, and the next one may do better. */
	bl_entry(&r.n.w, rounds_ns(&r, WEB), "/bin/sh");
	bl_flush(&r.n.w);
	rounds_quote(&r);
	shift(&r, 0, 0, WEB, 1, 100);
	round_verify(&r.n, r.state, false);
	expect_verdicts(&r.n, "iucc");
	expect_finding(&r.n, WEB, IMANS_F_STATE_GAP);
	rounds_next(&r, "cccc");
	rounds_end(&r);
}

/* The rest of a list is nothing to a verifier that has no beginning. */
static void rest_without_state(void **state)
{
	struct imans_evidence *rest;
	struct rounds r;

	rounds_begin(&r, *state);
	rounds_quote(&r);
	rest = round_rest(&r.n, r.state);
	imans_evidence_free(r.n.evidence);
	r.n.evidence = rest;
	imans_report_free(r.n.report);
	node_verify(&r.n);
	expect_verdicts(&r.n, "uuuu");
	expect_finding(&r.n, 0, IMANS_F_STATE_GAP);
	rounds_end(&r);
}

/* What came in the last round comes again, as if it were new. */
static void repeated_batch(void **state)
{
	struct imans_state_info before, after;
	struct imans_evidence *again;
	uint64_t entries, offset;
	struct rounds r;

	rounds_begin(&r, *state);
	imans_state_info(r.state, &before);
	bl_entry(&r.n.w, rounds_ns(&r, WEB), "/bin/sh");
	bl_flush(&r.n.w);
	rounds_quote(&r);
	again = round_rest(&r.n, r.state);
	round_verify(&r.n, r.state, true);
	expect_verdicts(&r.n, "cccc");
	imans_state_info(r.state, &after);
	/* Said to be what it is: there is nothing new in it. */
	imans_evidence_free(r.n.evidence);
	r.n.evidence = again;
	imans_evidence_host_since(again, &entries, &offset);
	assert_int_equal(entries, before.entries);
	round_verify(&r.n, r.state, false);
	expect_verdicts(&r.n, "cccc");
	assert_int_equal(imans_report_examined(r.n.report), 0);
	/* Said to be new: the PCR has it once. */
	bl_entry(&r.n.w, rounds_ns(&r, WEB), "/bin/sh");
	bl_flush(&r.n.w);
	r.n.quote.clock++;
	bl_replay(&r.n.w.host, r.n.w.host.count, r.n.quote.banks,
		  &r.n.quote.pcrs);
	qm_put(&r.n.quote, &r.n.key, again);
	assert_int_equal(imans_evidence_set_host_since(again, after.entries,
						       after.offset), 0);
	rounds_refuse(&r, "uuuu");
	expect_finding(&r.n, 0, IMANS_F_NO_PREFIX);
	rounds_end(&r);
}

static void other_headers(void **state)
{
	struct imans_evidence *rest, *other;
	enum imans_header header;
	const uint8_t *host;
	struct rounds r;
	size_t len;

	rounds_begin(&r, *state);
	rounds_quote(&r);
	rest = round_rest(&r.n, r.state);
	host = imans_evidence_host(rest, &len, &header);
	assert_int_equal(imans_evidence_new(*state, &other), 0);
	qm_put(&r.n.quote, &r.n.key, other);
	assert_int_equal(imans_evidence_set_host(other, IMANS_HEADER_SHA1, host,
						 len), 0);
	imans_evidence_free(rest);
	imans_evidence_free(r.n.evidence);
	r.n.evidence = other;
	rounds_refuse(&r, "u");
	expect_finding(&r.n, 0, IMANS_F_STATE_HEADER);
	rounds_end(&r);
}

static void other_key(void **state)
{
	struct rounds r;

	rounds_begin(&r, *state);
	bl_entry(&r.n.w, rounds_ns(&r, WEB), "/bin/sh");
	bl_flush(&r.n.w);
	rounds_ns(&r, WEB)->key[3] ^= 1;
	rounds_next(&r, "uucc");
	expect_finding(&r.n, WEB, IMANS_F_NS_KEY);
	rounds_end(&r);
}

/* What it bound itself to in an earlier round. */
static void bound_earlier(void **state)
{
	struct imans_channel channel = { .id = WEB, .data = "key", .len = 3 };
	struct imans_verify_opts opts;
	struct rounds r;

	rounds_begin(&r, *state);
	bl_bind(&r.n.w, rounds_ns(&r, WEB), "key", 3);
	bl_flush(&r.n.w);
	rounds_next(&r, "cccc");
	rounds_quote(&r);
	opts = node_opts(&r.n);
	opts.state = r.state;
	opts.channels = &channel;
	opts.channel_count = 1;
	imans_report_free(r.n.report);
	node_verify_with(&r.n, &opts);
	expect_verdicts(&r.n, "cccc");
	assert_int_equal(expect_finding(&r.n, WEB, IMANS_F_CHANNEL_BOUND)->entry,
			 3);
	channel.data = "yek";
	r.n.quote.clock++;
	imans_report_free(r.n.report);
	node_verify_with(&r.n, &opts);
	expect_verdicts(&r.n, "cucc");
	/* That was about this question, and is no mark on the namespace. */
	rounds_next(&r, "cccc");
	rounds_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(carry_on),
		TEST(nothing_is_forgotten),
		TEST(bad_list_then_good),
		TEST(ended_and_released),
		TEST(create_later),
		TEST(entry_after_destroy),
		TEST(second_create),
		TEST(lags_and_catches_up),
		TEST(not_this_node),
		TEST(another_bank),
		TEST(clock_goes_back),
		TEST(reboot),
		TEST(kexec),
		TEST(shortened),
		TEST(gap),
		TEST(rest_without_state),
		TEST(repeated_batch),
		TEST(other_headers),
		TEST(other_key),
		TEST(bound_earlier),
	};

	/* tpm2-tss would log what is damaged on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
