// SPDX-License-Identifier: LGPL-2.1-or-later
/* The operator's verdict on a node whose list is redacted. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sign_key.h"
#include "tenant.h"

/* A node, its operator's word on it, and what a tenant has of it. */
struct word {
	struct node n;
	struct skey operator;
	struct imans_signed *verdict;
	struct imans_sign_opts opts;
	enum imans_signed_kind kind;
};

static void begin(struct word *w, void **state)
{
	memset(w, 0, sizeof(*w));
	tenant_begin(&w->n, *state);
	w->n.w.host.entries[CHANGED].violation = false;
	skey_make(&w->operator, "P-256");
	w->opts.sz = sizeof(w->opts);
	w->opts.key_pem = w->operator.private;
	w->kind = IMANS_SIGNED_NODE;
}

/* The operator verifies all of it, and signs. */
static void speak(struct word *w)
{
	struct imans_verify_opts opts = node_opts(&w->n);
	uint8_t *data;
	size_t len;

	tenant_quote(&w->n);
	opts.sign = true;
	node_verify_with(&w->n, &opts);
	assert_int_equal(imans_report_sign(w->n.report, w->kind, &w->opts,
					   &data, &len), 0);
	imans_report_free(w->n.report);
	w->n.report = NULL;
	assert_int_equal(imans_signed_parse(w->n.ctx, data, len, NULL,
					    &w->verdict), 0);
	free(data);
}

static void verify(struct word *w, const char *pem)
{
	struct imans_verify_opts opts = node_opts(&w->n);

	tenant_redact(&w->n, "1");
	opts.node_verdict = w->verdict;
	opts.node_verdict_pem = pem ? pem : w->operator.public;
	node_verify_with(&w->n, &opts);
}

static void end(struct word *w)
{
	imans_signed_free(w->verdict);
	skey_free(&w->operator);
	node_end(&w->n);
}

static void expect_refused(struct word *w, const char *why)
{
	const struct imans_finding *f;

	for (size_t i = 0; i < 2; i++) {
		f = expect_finding(&w->n, i, IMANS_F_NODE_VERDICT);
		assert_non_null(strstr(f->text, why));
	}
	expect_verdicts(&w->n, "ii");
}

static void good(void **state)
{
	struct word w;

	begin(&w, state);
	speak(&w);
	verify(&w, NULL);
	expect_verdicts(&w.n, "cc");
	for (size_t i = 0; i < 2; i++) {
		expect_no_finding(&w.n, i, IMANS_F_NODE_VERDICT);
		expect_finding(&w.n, i, IMANS_F_NODE_VERDICT_TAKEN);
	}
	end(&w);
}

/* It is of no use for evidence that is not redacted, and not asked for. */
static void not_redacted(void **state)
{
	struct word w;

	begin(&w, state);
	tenant_quote(&w.n);
	node_verify(&w.n);
	expect_no_finding(&w.n, 0, IMANS_F_NODE_VERDICT);
	expect_verdicts(&w.n, "cccc");
	end(&w);
}

static void missing(void **state)
{
	struct word w;

	begin(&w, state);
	tenant_quote(&w.n);
	verify(&w, NULL);
	expect_refused(&w, "is missing");
	end(&w);
}

static void other_key(void **state)
{
	struct skey other;
	struct word w;

	begin(&w, state);
	skey_make(&other, "P-256");
	speak(&w);
	verify(&w, other.public);
	expect_refused(&w, "is not signed by the operator's key");
	skey_free(&other);
	end(&w);
}

static void no_key(void **state)
{
	struct imans_verify_opts opts;
	struct word w;

	begin(&w, state);
	speak(&w);
	tenant_redact(&w.n, "1");
	opts = node_opts(&w.n);
	opts.node_verdict = w.verdict;
	assert_int_equal(imans_verify(w.n.evidence, &opts, &w.n.report),
			 -EINVAL);
	opts.node_verdict_pem = "no key";
	assert_int_equal(imans_verify(w.n.evidence, &opts, &w.n.report),
			 -EINVAL);
	assert_null(w.n.report);
	end(&w);
}

/* A tenant's is none on the node. */
static void other_kind(void **state)
{
	struct word w;

	begin(&w, state);
	w.kind = IMANS_SIGNED_TENANT;
	speak(&w);
	verify(&w, NULL);
	expect_refused(&w, "is not on a node");
	end(&w);
}

static void expired(void **state)
{
	struct word w;

	begin(&w, state);
	w.opts.issued_at = 1700000000;
	w.opts.lifetime = 60;
	speak(&w);
	verify(&w, NULL);
	expect_refused(&w, "has expired");
	end(&w);
}

/* Of before something more was measured. */
static void other_pcr_value(void **state)
{
	struct word w;

	begin(&w, state);
	speak(&w);
	imans_evidence_free(w.n.evidence);
	bl_host_entry(&w.n.w, "/tmp/intruder");
	tenant_quote(&w.n);
	verify(&w, NULL);
	expect_refused(&w, "is for another value of PCR 10");
	end(&w);
}

static void other_boot(void **state)
{
	struct word w;

	begin(&w, state);
	speak(&w);
	imans_evidence_free(w.n.evidence);
	bl_kexec(&w.n.w, 0x51);
	bl_boot(&w.n.w);
	bl_create(&w.n.w, NULL, "pod=1");
	tenant_heads(&w.n, false);
	tenant_quote(&w.n);
	verify(&w, NULL);
	expect_refused(&w, "is of another boot");
	end(&w);
}

/* The tenant pins the node's key, the operator spoke of another's. */
static void other_node(void **state)
{
	struct qm_key key;
	struct word w;

	begin(&w, state);
	speak(&w);
	imans_evidence_free(w.n.evidence);
	key = w.n.key;
	qm_key_make(&w.n.key);
	tenant_quote(&w.n);
	verify(&w, NULL);
	expect_refused(&w, "is on another node");
	qm_key_free(&key);
	end(&w);
}

/* What the operator thinks of the node is the best that anything on it gets. */
static void untrusted(void **state)
{
	struct word w;

	begin(&w, state);
	bl_event(&w.n.w, w.n.w.ns[POD - 1], "ima-ns/loss", "IMANSLSS", 8);
	bl_flush(&w.n.w);
	imans_policy_set_host(w.n.policy, true);
	speak(&w);
	verify(&w, NULL);
	expect_finding(&w.n, 1, IMANS_F_NODE_VERDICT);
	expect_verdicts(&w.n, "uu");
	end(&w);
}

/* Of a namespace whose key only its tenant has, its own among them. */
static void unaccounted(void **state)
{
	struct word w;

	for (int other = 0; other < 2; other++) {
		struct imans_verify_opts opts;
		struct imans_evidence *full;
		uint8_t *data;
		size_t len;

		begin(&w, state);
		tenant_quote(&w.n);
		full = w.n.evidence;
		/* The operator's evidence lacks one namespace. */
		tenant_drop(&w.n, other ? POD : WEB);
		opts = node_opts(&w.n);
		opts.sign = true;
		node_verify_with(&w.n, &opts);
		assert_int_equal(imans_report_sign(w.n.report, w.kind, &w.opts,
						   &data, &len), 0);
		imans_report_free(w.n.report);
		assert_int_equal(imans_signed_parse(w.n.ctx, data, len, NULL,
						    &w.verdict), 0);
		free(data);
		imans_evidence_free(w.n.evidence);
		w.n.evidence = full;
		verify(&w, NULL);
		/* What the tenant opens herself is accounted for. */
		expect_verdicts(&w.n, other ? "ii" : "cc");
		end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good),
		TEST(not_redacted),
		TEST(missing),
		TEST(other_key),
		TEST(no_key),
		TEST(other_kind),
		TEST(expired),
		TEST(other_pcr_value),
		TEST(other_boot),
		TEST(other_node),
		TEST(untrusted),
		TEST(unaccounted),
	};

	/* tpm2-tss would log what is damaged on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("node_verdict", tests, NULL, NULL);
}
