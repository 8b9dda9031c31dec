// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What was measured against reference values of all kinds, in whole evidence;
 * and reference values that are taken from evidence.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "quote_make.h"

struct node {
	struct imans_ctx *ctx;
	struct bl_world w;
	struct qm_key key;
	struct qm_quote quote;
	struct imans_policy *policy;
	struct imans_evidence *evidence;
	struct imans_report *report;
	char said[4096];		/* by the explaining callback */
};

static void allow(struct imans_policy *policy, const char *path)
{
	uint8_t digest[32];

	bl_hash("sha256", path, strlen(path), digest);
	assert_int_equal(imans_policy_add_digest(policy, path, IMANS_SHA256,
						 digest, sizeof(digest)), 0);
}

/* One namespace with two files; the policy knows one of them. */
static void node_begin(struct node *n, struct imans_ctx *ctx)
{
	struct bl_ns *ns;

	memset(n, 0, sizeof(*n));
	n->ctx = ctx;
	qm_key_make(&n->key);
	qm_defaults(&n->quote);
	assert_int_equal(imans_policy_new(ctx, &n->policy), 0);
	assert_int_equal(imans_policy_add_match(n->policy, "*"), 0);
	allow(n->policy, "/bin/known");
	bl_world_init(&n->w);
	bl_host_entry(&n->w, "boot_aggregate");
	bl_host_entry(&n->w, "/sbin/init");
	bl_boot(&n->w);
	ns = bl_create(&n->w, NULL, "pod=1");
	bl_entry(&n->w, ns, "/bin/known");
	bl_entry(&n->w, ns, "/cache/a");
	bl_flush(&n->w);
}

static void explain(void *user, uint64_t nsid, uint64_t entry,
		    const struct imans_file *file,
		    const struct imans_decision *decision)
{
	struct node *n = user;
	size_t used = strlen(n->said);
	char *text;

	assert_int_equal(imans_decision_text(decision, &text), 0);
	snprintf(n->said + used, sizeof(n->said) - used,
		 "%" PRIu64 ":%" PRIu64 " %.*s: %s\n", nsid, entry,
		 (int)file->name_len, file->name, text);
	free(text);
}

static struct imans_verify_opts node_opts(struct node *n)
{
	struct imans_verify_opts opts = qm_opts(&n->quote, &n->key);

	opts.policies = &n->policy;
	opts.policy_count = 1;
	opts.explain = explain;
	opts.explain_user = n;
	return opts;
}

static void node_verify(struct node *n)
{
	struct imans_verify_opts opts = node_opts(n);

	bl_flush(&n->w);
	n->evidence = qm_evidence(n->ctx, &n->w, &n->quote, &n->key);
	assert_int_equal(imans_verify(n->evidence, &opts, &n->report), 0);
}

static void node_end(struct node *n)
{
	imans_report_free(n->report);
	imans_evidence_free(n->evidence);
	imans_policy_free(n->policy);
	bl_world_free(&n->w);
	qm_key_free(&n->key);
}

static enum imans_verdict verdict(const struct node *n, size_t subject)
{
	struct imans_subject s;

	assert_int_equal(imans_report_subject(n->report, subject, &s), 0);
	return s.verdict;
}

/* The only finding with that code. */
static const struct imans_finding *one(const struct node *n, size_t subject,
				       enum imans_finding_code code)
{
	const struct imans_finding *f, *found = NULL;

	for (size_t i = 0; (f = imans_report_finding(n->report, subject, i));
	     i++) {
		if (f->code != code)
			continue;
		assert_null(found);
		found = f;
	}
	if (!found)
		fail_msg("no %s", imans_finding_name(code));
	return found;
}

/* A hundred files that are not compared are one doubt, and it says where. */
static void any_content(void **state)
{
	const struct imans_finding *f;
	struct imans_finding copy;
	struct node n;
	char path[32];

	node_begin(&n, *state);
	assert_int_equal(imans_policy_add_any(n.policy, "/cache/*"), 0);
	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "/cache/%d", i);
		bl_entry(&n.w, n.w.ns[0], path);
	}
	node_verify(&n);
	assert_int_equal(verdict(&n, 1), IMANS_CONSISTENT);
	f = one(&n, 1, IMANS_F_NOT_COMPARED);
	assert_string_equal(f->text, "namespace 1: entry 2: first of 101 that are not compared, by policy: /cache/* may have any content");
	assert_int_equal(f->severity, IMANS_DOUBT);
	assert_int_equal(f->entry, 2);
	copy = *f;
	assert_string_equal(imans_finding_name(copy.code), "not-compared");
	node_end(&n);
}

static void by_pattern(void **state)
{
	uint8_t digest[32];
	struct node n;

	node_begin(&n, *state);
	bl_hash("sha256", "/cache/a", 8, digest);
	assert_int_equal(imans_policy_add_glob(n.policy, "/cache/*",
					       IMANS_SHA256, digest, 32), 0);
	node_verify(&n);
	assert_null(imans_report_finding(n.report, 1, 0));
	assert_string_equal(n.said,
			    "1:1 /bin/known: allowed by policy: listed for this path\n"
			    "1:2 /cache/a: allowed by policy: listed for /cache/*\n");
	node_end(&n);
}

/* The host's list, whose template shows signatures. */
static void sign_host_entry(struct node *n, EVP_PKEY *pkey, uint8_t flip)
{
	uint8_t digest[32], sig[512] = { 3, 2, 4 };
	struct bl_bytes data = { 0 };
	EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new(pkey, NULL);
	size_t len = sizeof(sig) - 9;
	uint32_t keyid;
	char *pem = NULL;
	size_t pem_len;
	FILE *f = open_memstream(&pem, &pem_len);

	assert_non_null(f);
	assert_int_equal(PEM_write_PUBKEY(f, pkey), 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(imans_policy_add_key(n->policy, "builder", pem, NULL,
					      0), 0);
	free(pem);
	assert_string_equal(imans_policy_key(n->policy, 0, &keyid), "builder");
	for (int i = 0; i < 4; i++)
		sig[3 + i] = (uint8_t)(keyid >> (24 - 8 * i));
	bl_hash("sha256", "signed", 6, digest);
	assert_int_equal(EVP_PKEY_sign_init(pctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(pctx, EVP_sha256()), 1);
	assert_int_equal(EVP_PKEY_sign(pctx, sig + 9, &len, digest, 32), 1);
	EVP_PKEY_CTX_free(pctx);
	sig[8] = (uint8_t)len;
	sig[20] ^= flip;
	data = bl_data_ng("/usr/bin/signed", "signed");
	bl_put_field(&data, sig, 9 + len);
	bl_add(&n->w.host, IMANS_PCR, "ima-sig", data, false);
}

static void by_signature(void **state)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");

	for (uint8_t flip = 0; flip < 2; flip++) {
		const struct imans_finding *f;
		struct node n;

		node_begin(&n, *state);
		imans_policy_set_host(n.policy, true);
		allow(n.policy, "/sbin/init");
		assert_int_equal(imans_policy_add_any(n.policy, "/cache/*"), 0);
		sign_host_entry(&n, pkey, flip);
		node_verify(&n);
		if (flip) {
			f = one(&n, 0, IMANS_F_SIGNATURE);
			assert_int_equal(f->severity, IMANS_FAIL);
			assert_non_null(strstr(f->text, "its signature does not hold"));
			assert_string_equal(imans_finding_name(f->code),
					    "signature");
		} else {
			assert_int_equal(verdict(&n, 0), IMANS_CONSISTENT);
			assert_non_null(strstr(n.said, "/usr/bin/signed: allowed by policy: signed by key"));
			assert_non_null(strstr(n.said, "0:1 /sbin/init: allowed by policy: listed for this path"));
		}
		node_end(&n);
	}
	EVP_PKEY_free(pkey);
}

/* -------------------------------------------------------- from evidence --- */

static void from_evidence(void **state)
{
	struct imans_policy *policy;
	struct imans_verify_opts opts;
	uint64_t skipped = 7;
	struct node n;

	node_begin(&n, *state);
	bl_violation(&n.w, n.w.ns[0], "/bin/known");
	bl_enter(&n.w, n.w.ns[0], "/bin/entered", 0);
	/* Its path is the end of a longer one. */
	bl_enter(&n.w, n.w.ns[0], "/cut", 1);
	node_verify(&n);
	opts = node_opts(&n);
	opts.explain = NULL;
	assert_int_equal(imans_policy_new(*state, &policy), 0);
	assert_int_equal(imans_policy_add_evidence(policy, n.evidence, &opts,
						   9, &skipped), -ENOENT);
	assert_int_equal(skipped, 7);
	/* That its content is in no policy does not matter. */
	if (imans_policy_add_evidence(policy, n.evidence, &opts, 1, &skipped))
		fail_msg("%s", imans_ctx_error(*state));
	assert_int_equal(skipped, 2);
	assert_int_equal(imans_policy_paths(policy), 3);
	assert_int_equal(imans_policy_add_evidence(policy, n.evidence, &opts,
						   0, &skipped), 0);
	assert_int_equal(imans_policy_paths(policy), 5);
	imans_policy_free(policy);
	node_end(&n);
}

/* Entries that no record backs, a key that is another's, a bad quote. */
static void unproven_evidence(void **state)
{
	struct imans_policy *policy;
	struct imans_verify_opts opts;
	uint64_t skipped;
	struct node n;

	node_begin(&n, *state);
	bl_entry(&n.w, n.w.ns[0], "/late");
	n.w.queued = 0;
	node_verify(&n);
	opts = node_opts(&n);
	assert_int_equal(imans_policy_new(*state, &policy), 0);
	assert_int_equal(imans_policy_add_evidence(policy, n.evidence, &opts,
						   1, &skipped), 0);
	/* Only what is proven; the host's list was quoted before. */
	assert_int_equal(imans_policy_paths(policy), 2);
	imans_policy_free(policy);

	((uint8_t *)(uintptr_t)opts.nonce)[0] ^= 1;
	assert_int_equal(imans_policy_new(*state, &policy), 0);
	assert_int_equal(imans_policy_add_evidence(policy, n.evidence, &opts,
						   1, &skipped), -EKEYREJECTED);
	assert_int_equal(imans_policy_add_evidence(policy, n.evidence, &opts,
						   0, &skipped), -EKEYREJECTED);
	assert_int_equal(imans_policy_paths(policy), 0);
	imans_policy_free(policy);
	node_end(&n);

	node_begin(&n, *state);
	n.w.ns[0]->key[0] ^= 1;
	node_verify(&n);
	opts = node_opts(&n);
	assert_int_equal(imans_policy_new(*state, &policy), 0);
	assert_int_equal(imans_policy_add_evidence(policy, n.evidence, &opts,
						   1, &skipped), -EKEYREJECTED);
	imans_policy_free(policy);
	node_end(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(any_content),
		TEST(by_pattern),
		TEST(by_signature),
		TEST(from_evidence),
		TEST(unproven_evidence),
	};

	return cmocka_run_group_tests_name("content", tests, NULL, NULL);
}
