// SPDX-License-Identifier: LGPL-2.1-or-later
/* Signing verdicts; labels that they disclose; what can't be signed or trusted. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "deal.h"

#include "../src/cose.h"

/* Labels count once the host's record of CREATE proves them. */
static void labels(void **state)
{
	struct imans_sign_opts opts;
	struct skey key;
	struct deal d;

	skey_make(&key, "P-384");
	for (int shown = 0; shown < 2; shown++) {
		deal_begin(&d, state);
		assert_int_equal(imans_tenants_trust_label(d.tenants,
							   key.public,
							   "pod=2*"), 0);
		opts = deal_sign_opts(&key);
		opts.show_create = shown;
		deal_give(&d, deal_issue_with(&d, "123", &opts, IMANS_SIGNED_TENANT));
		deal_verify(&d, shown ? "iicc" : "iiii");
		expect_finding(&d.n, WEB, IMANS_F_SIGNED_SCOPE);
		if (shown)
			expect_finding(&d.n, CTR, IMANS_F_DELEGATED);
		deal_end(&d);
	}

	/* The child is below one that is shown. */
	deal_begin(&d, state);
	assert_int_equal(imans_tenants_trust_label(d.tenants, key.public,
						   "pod=2"), 0);
	opts.key_pem = key.private;
	deal_give(&d, deal_issue_with(&d, "23", &opts, IMANS_SIGNED_TENANT));
	deal_verify(&d, "iicc");
	deal_end(&d);

	/* Another one's pattern. */
	deal_begin(&d, state);
	assert_int_equal(imans_tenants_trust_label(d.tenants, key.public,
						   "pod=4*"), 0);
	deal_give(&d, deal_issue_with(&d, "23", &opts, IMANS_SIGNED_TENANT));
	deal_refused(&d, POD, IMANS_F_SIGNED_SCOPE);
	skey_free(&key);
}

/* The same claims with another label, signed by the same key. */
static struct bl_bytes relabel(struct imans_ctx *ctx, struct bl_bytes b,
			       const struct skey *pem)
{
	struct bl_bytes payload = { NULL, 0 }, out = { NULL, 0 };
	struct imans_signer key;
	struct imans_cose cose;
	size_t changed = 0;

	assert_int_equal(imans_cose_parse(ctx, b.data, b.len, "x", &cose), 0);
	bl_put(&payload, cose.payload, cose.payload_len);
	for (size_t i = 0; i + 5 < payload.len; i++) {
		if (memcmp(payload.data + i, "pod=2", 5))
			continue;
		payload.data[i + 4] = '4';
		changed++;
	}
	assert_int_equal(changed, 2);
	assert_int_equal(imans_signer_private(ctx, pem->private, &key), 0);
	assert_int_equal(imans_cose_sign(ctx, &key, payload.data, payload.len,
					 &out.data, &out.len), 0);
	imans_signer_free(&key);
	free(payload.data);
	free(b.data);
	return out;
}

/* A tenant that says what its namespaces were called: the records know better. */
static void forged_label(void **state)
{
	struct imans_sign_opts opts;
	struct skey key;
	struct deal d;

	skey_make(&key, "P-384");
	deal_begin(&d, state);
	assert_int_equal(imans_tenants_trust_label(d.tenants, key.public,
						   "pod=4*"), 0);
	opts = deal_sign_opts(&key);
	opts.show_create = true;
	deal_give(&d, relabel(*state, deal_issue_with(&d, "23", &opts,
					    IMANS_SIGNED_TENANT), &key));
	deal_verify(&d, "iiii");
	expect_finding(&d.n, 0, IMANS_F_SIGNED_CREATE);
	expect_finding(&d.n, POD, IMANS_F_SIGNED_SCOPE);
	deal_end(&d);
	skey_free(&key);
}

/* Signing what was not seen. */
static void nothing_to_sign(void **state)
{
	const uint64_t absent[] = { CTR }, twice[] = { WEB, WEB }, zero[] = { 0 };
	struct imans_verify_opts verify_opts;
	struct imans_sign_opts opts;
	uint8_t *data = NULL;
	struct deal d;
	size_t len;

	deal_begin(&d, state);
	opts = deal_sign_opts(&d.web);
	/* It was not asked to keep what is needed. */
	node_quote(&d.n);
	node_verify(&d.n);
	assert_int_equal(imans_report_sign(d.n.report, IMANS_SIGNED_TENANT,
					   &opts, &data, &len), -ENODATA);
	imans_report_free(d.n.report);
	imans_evidence_free(d.n.evidence);
	verify_opts = node_opts(&d.n);
	verify_opts.sign = true;
	node_quote_part(&d.n, "12", "1");
	node_verify_with(&d.n, &verify_opts);
	opts.id_count = 1;
	opts.ids = absent;
	assert_int_equal(imans_report_sign(d.n.report, IMANS_SIGNED_TENANT,
					   &opts, &data, &len), -ENODATA);
	assert_non_null(strstr(imans_ctx_error(*state), "namespace 3"));
	opts.ids = zero;
	assert_int_equal(imans_report_sign(d.n.report, IMANS_SIGNED_TENANT,
					   &opts, &data, &len), -ENODATA);
	opts.ids = twice;
	opts.id_count = 2;
	assert_int_equal(imans_report_sign(d.n.report, IMANS_SIGNED_TENANT,
					   &opts, &data, &len), -EINVAL);
	assert_int_equal(imans_report_sign(d.n.report, IMANS_SIGNED_NODE,
					   &opts, &data, &len), -EINVAL);
	opts.id_count = 0;
	assert_int_equal(imans_report_sign(d.n.report, 3, &opts, &data, &len),
			 -EINVAL);
	opts.nonce = "short";
	opts.nonce_len = 5;
	assert_int_equal(imans_report_sign(d.n.report, IMANS_SIGNED_TENANT,
					   &opts, &data, &len), -EINVAL);
	opts.nonce = NULL;
	opts.lifetime = UINT64_MAX;
	assert_int_equal(imans_report_sign(d.n.report, IMANS_SIGNED_TENANT,
					   &opts, &data, &len), -EINVAL);
	opts.lifetime = 0;
	opts.key_pem = d.web.public;
	assert_int_equal(imans_report_sign(d.n.report, IMANS_SIGNED_TENANT,
					   &opts, &data, &len), -EINVAL);
	assert_null(data);
	deal_end(&d);

	/* A quote that does not hold: there is no ground to stand on. */
	deal_begin(&d, state);
	opts.key_pem = d.web.private;
	verify_opts = node_opts(&d.n);
	verify_opts.sign = true;
	d.n.quote.attributes &= ~0x00010000u;
	node_quote(&d.n);
	node_verify_with(&d.n, &verify_opts);
	assert_int_equal(imans_report_sign(d.n.report, IMANS_SIGNED_TENANT,
					   &opts, &data, &len), -ENODATA);
	assert_null(data);
	deal_end(&d);
}

/* The operator's, for whom sees a redacted list. */
static void on_the_node(void **state)
{
	struct imans_sign_opts opts;
	struct imans_signed_info info;
	struct imans_signed_ns ns;
	struct imans_signed *s;
	struct bl_bytes b;
	struct deal d;

	deal_begin(&d, state);
	opts = deal_sign_opts(&d.pod);
	b = deal_issue_with(&d, "1", &opts, IMANS_SIGNED_NODE);
	assert_int_equal(imans_signed_parse(*state, b.data, b.len, "x", &s), 0);
	assert_int_equal(imans_signed_verify(s, d.pod.public), 0);
	assert_int_equal(imans_signed_verify(s, d.web.public), -EKEYREJECTED);
	assert_int_equal(imans_signed_verify(s, "key"), -EINVAL);
	imans_signed_info(s, &info);
	assert_int_equal(info.kind, IMANS_SIGNED_NODE);
	assert_int_equal(info.verdict, IMANS_INCOMPLETE);
	assert_int_equal(info.host_verdict, IMANS_CONSISTENT);
	assert_int_equal(info.records, 8);
	assert_int_equal(info.pcr10.banks, d.n.quote.banks);
	assert_memory_equal(info.pcr10.value[IMANS_SHA256],
			    d.n.quote.pcrs.value[IMANS_SHA256], 32);
	assert_memory_equal(info.boot_id, d.n.w.boot_id, 32);
	assert_memory_equal(info.nonce, d.n.quote.nonce, QM_NONCE_SIZE);
	assert_int_equal(info.issued_at, NOW);
	assert_int_equal(info.expires_at, NOW + IMANS_LIFETIME);
	assert_int_equal(info.ns_count, 2);
	assert_int_equal(imans_signed_ns(s, 1, &ns), 0);
	assert_int_equal(ns.id, CTR);
	assert_int_equal(imans_signed_ns(s, 2, &ns), -ENOENT);
	imans_signed_free(s);
	free(b.data);
	deal_end(&d);
}

static void bad_tenants(void **state)
{
	const uint8_t boot_id[32] = { 0 };
	struct imans_tenants *t;
	struct skey key;
	uint8_t *big;

	skey_make(&key, "P-256");
	assert_int_equal(imans_tenants_new(*state, &t), 0);
	assert_int_equal(imans_tenants_trust_id(t, key.public, boot_id, 0),
			 -EINVAL);
	assert_int_equal(imans_tenants_trust_id(t, key.public, NULL, 1),
			 -EINVAL);
	assert_int_equal(imans_tenants_trust_id(t, key.private, boot_id, 1),
			 -EINVAL);
	assert_int_equal(imans_tenants_trust_label(t, key.public, ""), -EINVAL);
	assert_int_equal(imans_tenants_trust_label(t, "", "*"), -EINVAL);
	assert_int_equal(imans_tenants_add_file(t, "/no/such/file"), -ENOENT);
	big = calloc(1, IMANS_SIGNED_MAX + 1);
	assert_int_equal(imans_tenants_add(t, big, IMANS_SIGNED_MAX + 1, NULL),
			 -EMSGSIZE);
	free(big);
	imans_tenants_free(t);
	skey_free(&key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(labels),
		TEST(forged_label),
		TEST(nothing_to_sign),
		TEST(on_the_node),
		TEST(bad_tenants),
	};

	/* tpm2-tss would log what is damaged on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("sign", tests, NULL, NULL);
}
