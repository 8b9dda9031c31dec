// SPDX-License-Identifier: LGPL-2.1-or-later
/* Verdicts: what each subject gets, and that no damage goes unfound. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "damage.h"
#include "node.h"

static void all_well(void **state)
{
	struct imans_subject s;
	struct node n;

	node_begin(&n, *state);
	node_quote(&n);
	node_verify(&n);
	expect_verdicts(&n, "cccc");
	expect_finding(&n, 0, IMANS_F_BOOT_UNCHECKED);
	expect_finding(&n, 0, IMANS_F_PCR_FILTER_OFF);
	for (size_t i = 1; i < 4; i++)
		assert_null(imans_report_finding(n.report, i, 0));
	assert_int_equal(imans_report_verdict(n.report), IMANS_CONSISTENT);
	assert_true(imans_report_quote(n.report)->verified);
	assert_int_equal(imans_report_subject(n.report, 0, &s), 0);
	assert_int_equal(s.proven, n.w.host.count);
	assert_int_equal(imans_report_subject(n.report, CTR, &s), 0);
	assert_string_equal(s.path, "2/3");
	assert_string_equal(s.label, "pod=2,ctr=nested");
	assert_int_equal(s.parent, POD);
	assert_int_equal(s.proven, 3);
	assert_int_equal(imans_report_subject(n.report, 4, &s), -ENOENT);
	node_end(&n);
}

static void intruder(void **state)
{
	const struct imans_finding *f;
	struct node n;

	node_begin(&n, *state);
	bl_entry(&n.w, n.w.ns[WEB - 1], "/tmp/intruder");
	bl_flush(&n.w);
	node_quote(&n);
	node_verify(&n);
	expect_verdicts(&n, "cucc");
	f = expect_finding(&n, WEB, IMANS_F_NOT_IN_REFERENCE);
	assert_int_equal(f->entry, 3);
	assert_non_null(strstr(f->text, "entry 3: /tmp/intruder: sha256:"));
	assert_non_null(strstr(f->text, "not in the reference values"));
	node_end(&n);
}

/* What another container may execute is no reference for this one. */
static void other_policy(void **state)
{
	struct node n;

	node_begin(&n, *state);
	node_allow(n.other, "/usr/bin/psql", "/usr/bin/psql");
	bl_entry(&n.w, n.w.ns[WEB - 1], "/usr/bin/psql");
	bl_flush(&n.w);
	node_quote(&n);
	node_verify(&n);
	expect_verdicts(&n, "cucc");
	node_end(&n);
}

/* Brought along by who entered: content as any other. */
static void intruder_enters(void **state)
{
	const struct imans_finding *f;
	struct node n;

	node_begin(&n, *state);
	bl_enter(&n.w, n.w.ns[WEB - 1], "/usr/bin/crun", 0);
	bl_enter(&n.w, n.w.ns[CTR - 1], "/tmp/intruder", 0);
	/* It only ends as an allowed path does. */
	bl_enter(&n.w, n.w.ns[POD - 1], "/bin/sh", 1);
	bl_flush(&n.w);
	node_quote(&n);
	node_verify(&n);
	expect_verdicts(&n, "ccuu");
	f = expect_finding(&n, CTR, IMANS_F_NOT_IN_REFERENCE);
	assert_non_null(strstr(f->text, "/tmp/intruder"));
	expect_finding(&n, POD, IMANS_F_NO_DIGEST);
	node_end(&n);
}

/* A child's intruder: its parent's content is good, and yet it hears of it. */
static void intruder_below(void **state)
{
	struct node n;

	node_begin(&n, *state);
	bl_entry(&n.w, n.w.ns[CTR - 1], "/tmp/intruder");
	bl_flush(&n.w);
	node_quote(&n);
	node_verify(&n);
	expect_verdicts(&n, "cccu");
	expect_finding(&n, POD, IMANS_F_NS_DESCENDANT);
	node_end(&n);
}

static void known_content_elsewhere(void **state)
{
	const struct imans_finding *f;
	struct node n;

	node_begin(&n, *state);
	node_allow(n.policy, "/bin/tool", "/tmp/copy");
	bl_entry(&n.w, n.w.ns[WEB - 1], "/tmp/copy");
	bl_flush(&n.w);
	node_quote(&n);
	node_verify(&n);
	expect_verdicts(&n, "cucc");
	f = expect_finding(&n, WEB, IMANS_F_NOT_IN_REFERENCE);
	assert_non_null(strstr(f->text, "list this content as /bin/tool"));
	node_end(&n);
}

static void runtime_memfd(void **state)
{
	const struct imans_finding *f;
	struct node n;

	node_begin(&n, *state);
	node_allow(n.policy, "/usr/bin/runc", "memfd:runc_cloned:/proc/self/exe");
	bl_entry(&n.w, n.w.ns[WEB - 1], "memfd:runc_cloned:/proc/self/exe");
	bl_flush(&n.w);
	node_quote(&n);
	node_verify(&n);
	expect_verdicts(&n, "cccc");
	f = expect_finding(&n, WEB, IMANS_F_MEMFD);
	assert_non_null(strstr(f->text, "the content is that of /usr/bin/runc"));
	node_end(&n);
}

static void no_policy(void **state)
{
	struct node n;
	struct bl_ns *other;

	node_begin(&n, *state);
	other = bl_create(&n.w, NULL, "vm=1");
	bl_entry(&n.w, other, "/usr/bin/crun");
	bl_flush(&n.w);
	node_quote(&n);
	node_verify(&n);
	expect_verdicts(&n, "cccci");
	expect_finding(&n, 4, IMANS_F_NO_REFERENCE);
	node_end(&n);
}

static void violation_and_loss(void **state)
{
	struct node n;

	node_begin(&n, *state);
	bl_violation(&n.w, n.w.ns[WEB - 1], "/usr/sbin/nginx");
	bl_loss(&n.w, n.w.ns[CTR - 1], IMANS_LOSS_QUOTA);
	bl_flush(&n.w);
	node_quote(&n);
	node_verify(&n);
	expect_finding(&n, WEB, IMANS_F_NS_VIOLATION);
	expect_finding(&n, CTR, IMANS_F_NS_LOSS);
	expect_finding(&n, POD, IMANS_F_NS_DESCENDANT);
	expect_verdicts(&n, "cici");
	node_end(&n);
}

/* What can't be read as a LOSS is worse than one. */
static void malformed_loss(void **state)
{
	struct bl_bytes b = bl_buf_loss(POD, IMANS_LOSS_QUOTA, 1);
	struct node n;

	node_begin(&n, *state);
	bl_event(&n.w, n.w.ns[WEB - 1], "ima-ns/loss", "IMANSLSS", 8);
	bl_event(&n.w, n.w.ns[CTR - 1], "ima-ns/loss", b.data, b.len);
	free(b.data);
	bl_flush(&n.w);
	node_quote(&n);
	node_verify(&n);
	expect_finding(&n, WEB, IMANS_F_EVENT_MALFORMED);
	expect_finding(&n, CTR, IMANS_F_EVENT_MALFORMED);
	expect_verdicts(&n, "uucu");
	node_end(&n);
}

static void unaccounted(void **state)
{
	const struct imans_finding *f;
	struct node n;

	node_begin(&n, *state);
	node_quote_part(&n, "23", "23");
	node_verify(&n);
	expect_verdicts(&n, "iicc");
	expect_finding(&n, WEB, IMANS_F_NS_NOT_CARRIED);
	f = expect_finding(&n, 0, IMANS_F_NS_UNACCOUNTED);
	assert_non_null(strstr(f->text, "namespace 1 is unaccounted for"));
	node_end(&n);

	node_begin(&n, *state);
	node_quote_part(&n, "123", "12");
	node_verify(&n);
	expect_verdicts(&n, "icci");
	expect_finding(&n, CTR, IMANS_F_NS_NO_KEY);
	expect_finding(&n, POD, IMANS_F_NS_DESCENDANT);
	node_end(&n);
}

static void opaque_descendant(void **state)
{
	struct node n;

	node_begin(&n, *state);
	imans_policy_set_opaque(n.policy, true);
	node_quote_part(&n, "12", "12");
	node_verify(&n);
	/* The node's operator still has to account for it. */
	expect_verdicts(&n, "icci");
	expect_finding(&n, POD, IMANS_F_NS_OPAQUE);
	node_end(&n);
}

/* The kernel went on after the quote: what came then proves nothing. */
static void after_quote(void **state)
{
	struct imans_evidence *later;
	struct imans_subject s;
	struct qm_quote quote;
	struct bl_ns *late;
	struct node n;

	node_begin(&n, *state);
	node_quote(&n);
	quote = n.quote;
	bl_entry(&n.w, n.w.ns[WEB - 1], "/tmp/late");
	late = bl_create(&n.w, NULL, "pod=3");
	bl_entry(&n.w, late, "/tmp/late");
	bl_flush(&n.w);
	later = qm_evidence(n.ctx, &n.w, &n.quote, &n.key);
	/* The older quote over the newer lists. */
	n.quote = quote;
	qm_put(&quote, &n.key, later);
	imans_evidence_free(n.evidence);
	n.evidence = later;
	node_verify(&n);
	expect_verdicts(&n, "cccci");
	expect_finding(&n, WEB, IMANS_F_NS_UNPROVEN);
	expect_finding(&n, 4, IMANS_F_NS_AFTER_QUOTE);
	assert_int_equal(imans_report_subject(n.report, WEB, &s), 0);
	assert_int_equal(s.entries, 4);
	assert_int_equal(s.proven, 3);
	node_end(&n);
}

static void other_boot(void **state)
{
	struct node n;

	node_begin(&n, *state);
	n.quote.reset_count++;
	node_quote(&n);
	node_verify(&n);
	expect_finding(&n, 0, IMANS_F_QUOTE_CLOCK);
	expect_verdicts(&n, "uuuu");
	node_end(&n);

	node_begin(&n, *state);
	n.quote.restart_count--;
	node_quote(&n);
	node_verify(&n);
	expect_finding(&n, 0, IMANS_F_QUOTE_CLOCK);
	node_end(&n);

	/* Suspended and resumed. */
	node_begin(&n, *state);
	n.quote.restart_count++;
	node_quote(&n);
	node_verify(&n);
	expect_verdicts(&n, "cccc");
	node_end(&n);
}

static void host_policy(void **state)
{
	struct node n;

	node_begin(&n, *state);
	imans_policy_set_host(n.policy, true);
	node_quote(&n);
	node_verify(&n);
	expect_verdicts(&n, "uccc");
	assert_int_equal(expect_finding(&n, 0, IMANS_F_NOT_IN_REFERENCE)->entry,
			 1);
	node_end(&n);

	node_begin(&n, *state);
	imans_policy_set_host(n.policy, true);
	node_allow(n.policy, "/sbin/init", "/sbin/init");
	node_quote(&n);
	node_verify(&n);
	expect_verdicts(&n, "cccc");
	node_end(&n);

	/* A file that is called so, later. */
	node_begin(&n, *state);
	imans_policy_set_host(n.policy, true);
	node_allow(n.policy, "/sbin/init", "/sbin/init");
	bl_host_entry(&n.w, "boot_aggregate");
	node_quote(&n);
	node_verify(&n);
	expect_verdicts(&n, "uccc");
	node_end(&n);
}

/* The host's list itself repeats a record of one namespace. */
static void repeated_record(void **state)
{
	struct bl_bytes buf;
	struct node n;

	node_begin(&n, *state);
	/* What was flushed last begins with WEB's second entry. */
	buf = bl_buf_records(n.w.queue[0], 1, n.w.index);
	bl_add(&n.w.host, IMANS_PCR, "ima-buf",
	       bl_data_buf("sha256", "ima-ns/records", buf.data, buf.len),
	       false);
	free(buf.data);
	node_quote(&n);
	node_verify(&n);
	expect_verdicts(&n, "uucc");
	expect_finding(&n, WEB, IMANS_F_RECORD_REPEAT);
	node_end(&n);
}

#define OTHER_POLICY	"measure func=BPRM_CHECK\n"

static void namespace_policy(void **state)
{
	uint8_t digest[32];
	struct node n;

	for (int allowed = 0; allowed < 2; allowed++) {
		node_begin(&n, *state);
		n.w.policy = OTHER_POLICY;
		bl_create(&n.w, NULL, "pod=3");
		bl_flush(&n.w);
		bl_hash("sha256", OTHER_POLICY, strlen(OTHER_POLICY), digest);
		if (allowed)
			assert_int_equal(imans_policy_add_ns_policy(n.policy,
								    digest), 0);
		node_quote(&n);
		node_verify(&n);
		expect_verdicts(&n, allowed ? "ccccc" : "ccccu");
		if (!allowed)
			expect_finding(&n, 4, IMANS_F_NS_POLICY);
		node_end(&n);
	}
}

/* A host without namespaces: there is no boot event to compare with. */
static void no_boot_event(void **state)
{
	struct node n;

	node_begin(&n, *state);
	bl_world_free(&n.w);
	bl_world_init(&n.w);
	bl_host_entry(&n.w, "boot_aggregate");
	node_quote(&n);
	node_verify(&n);
	expect_verdicts(&n, "c");
	expect_finding(&n, 0, IMANS_F_QUOTE_NO_CLOCK);
	node_end(&n);
}

/* Nothing that a namespace shows stands on a quote that does not hold. */
static void bad_quote(void **state)
{
	struct node n;

	node_begin(&n, *state);
	n.quote.attributes &= ~0x00010000u;
	node_quote(&n);
	node_verify(&n);
	expect_verdicts(&n, "uuuu");
	expect_finding(&n, CTR, IMANS_F_NODE_UNPROVEN);
	node_end(&n);
}

static void print_missed(void *user, const char *name, size_t tried,
			 size_t missed, const char *first)
{
	size_t *total = user;

	if (!tried)
		print_message("%s: never tried\n", name);
	if (missed)
		print_message("%s: %zu of %zu not found, first %s\n", name,
			      missed, tried, first);
	*total += missed + !tried;
}

static void damaged(void **state)
{
	struct imans_verify_opts opts;
	size_t missed = 0, len;
	struct node n;
	uint8_t *data;

	node_begin(&n, *state);
	bl_destroy(&n.w, n.w.ns[CTR - 1]);
	bl_flush(&n.w);
	node_quote(&n);
	opts = qm_opts(&n.quote, &n.key);
	opts.policies = &n.policy;
	opts.policy_count = 1;
	assert_int_equal(imans_evidence_encode(n.evidence, &data, &len), 0);
	assert_true(damage_all(n.ctx, data, len, &opts, 400, print_missed,
			       &missed));
	assert_int_equal(missed, 0);
	free(data);
	node_end(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_well),
		TEST(intruder),
		TEST(intruder_enters),
		TEST(other_policy),
		TEST(intruder_below),
		TEST(known_content_elsewhere),
		TEST(runtime_memfd),
		TEST(no_policy),
		TEST(violation_and_loss),
		TEST(malformed_loss),
		TEST(unaccounted),
		TEST(opaque_descendant),
		TEST(after_quote),
		TEST(other_boot),
		TEST(host_policy),
		TEST(repeated_record),
		TEST(namespace_policy),
		TEST(no_boot_event),
		TEST(bad_quote),
		TEST(damaged),
	};

	/* tpm2-tss would log what is damaged on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
