// SPDX-License-Identifier: LGPL-2.1-or-later
/* Tenants' signed verdicts in place of openings, and each reason to refuse. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deal.h"

static void accounted(void **state)
{
	const struct imans_finding *f;
	struct deal d;

	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	deal_give(&d, deal_issue(&d, "23", &d.pod));
	deal_verify(&d, "cccc");
	f = expect_finding(&d.n, CTR, IMANS_F_DELEGATED);
	assert_non_null(strstr(f->text, "which says consistent"));
	assert_int_equal(f->severity, IMANS_DOUBT);
	expect_no_finding(&d.n, 0, IMANS_F_NS_UNACCOUNTED);
	expect_no_finding(&d.n, WEB, IMANS_F_NS_NOT_CARRIED);
	assert_int_equal(strlen(imans_report_delegated(d.n.report, WEB)), 64);
	assert_non_null(strstr(f->text, "delegated to key "));
	assert_null(imans_report_delegated(d.n.report, 0));
	assert_null(imans_report_delegated(d.n.report, 4));
	deal_end(&d);
}

/* One tenant's is there, the others' are not. */
static void one_missing(void **state)
{
	struct deal d;

	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	deal_verify(&d, "icii");
	expect_finding(&d.n, 0, IMANS_F_NS_UNACCOUNTED);
	expect_finding(&d.n, POD, IMANS_F_NS_NOT_CARRIED);
	deal_end(&d);

	/* All but the child. */
	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	deal_give(&d, deal_issue(&d, "2", &d.pod));
	deal_verify(&d, "icci");
	expect_finding(&d.n, POD, IMANS_F_NS_DESCENDANT);
	deal_end(&d);
}

/* What the tenant found counts, on its own namespace. */
static void bad_news(void **state)
{
	struct deal d;

	deal_begin(&d, state);
	bl_entry(&d.n.w, d.n.w.ns[CTR - 1], "/tmp/intruder");
	bl_loss(&d.n.w, d.n.w.ns[WEB - 1], IMANS_LOSS_QUOTA);
	bl_flush(&d.n.w);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	deal_give(&d, deal_issue(&d, "23", &d.pod));
	deal_verify(&d, "cicu");
	expect_finding(&d.n, CTR, IMANS_F_DELEGATED_UNTRUSTED);
	expect_finding(&d.n, WEB, IMANS_F_DELEGATED_INCOMPLETE);
	expect_finding(&d.n, POD, IMANS_F_NS_DESCENDANT);
	expect_no_finding(&d.n, 0, IMANS_F_NS_UNACCOUNTED);
	deal_end(&d);
}

/* Two of one tenant: the worse one counts. */
static void two_verdicts(void **state)
{
	struct imans_policy *other;
	struct deal d;

	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	other = d.n.policy;
	d.n.policy = d.n.other;
	deal_give(&d, deal_issue(&d, "1", &d.web));
	d.n.policy = other;
	deal_give(&d, deal_issue(&d, "23", &d.pod));
	deal_verify(&d, "cicc");
	expect_finding(&d.n, WEB, IMANS_F_DELEGATED);
	expect_finding(&d.n, WEB, IMANS_F_DELEGATED_INCOMPLETE);
	deal_end(&d);
}

/* Whose list was opened as well: what was seen stays. */
static void opened_as_well(void **state)
{
	struct imans_verify_opts opts;
	struct deal d;

	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	bl_entry(&d.n.w, d.n.w.ns[CTR - 1], "/tmp/intruder");
	bl_flush(&d.n.w);
	opts = node_opts(&d.n);
	opts.tenants = d.tenants;
	node_quote(&d.n);
	node_verify_with(&d.n, &opts);
	expect_verdicts(&d.n, "cccu");
	expect_finding(&d.n, WEB, IMANS_F_DELEGATED);
	deal_end(&d);
}

static void wrong_signer(void **state)
{
	struct skey other;
	struct deal d;

	/* Nobody's key. */
	skey_make(&other, "ED25519");
	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &other));
	deal_refused(&d, 0, IMANS_F_SIGNED_KEY);
	skey_free(&other);

	/* Another tenant's. */
	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.pod));
	deal_refused(&d, WEB, IMANS_F_SIGNED_SCOPE);

	/* The right one's; but it was trusted in another boot. */
	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	imans_tenants_free(d.tenants);
	assert_int_equal(imans_tenants_new(*state, &d.tenants), 0);
	imans_tenants_set_time(d.tenants, NOW);
	assert_int_equal(imans_tenants_trust_id(d.tenants, d.web.public,
						(const uint8_t[32]) { 7 }, WEB),
			 0);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	deal_refused(&d, WEB, IMANS_F_SIGNED_SCOPE);

	/* The child's tenant does not speak for its parent. */
	deal_begin(&d, state);
	skey_make(&other, "P-384");
	assert_int_equal(imans_tenants_trust_id(d.tenants, other.public,
						d.n.w.boot_id, CTR), 0);
	deal_give(&d, deal_issue(&d, "23", &other));
	deal_verify(&d, "iiic");
	expect_finding(&d.n, POD, IMANS_F_SIGNED_SCOPE);
	skey_free(&other);
	deal_end(&d);
}

static void tampered(void **state)
{
	struct bl_bytes b;
	struct deal d;

	deal_begin(&d, state);
	b = deal_issue(&d, "1", &d.web);
	b.data[b.len - 1] ^= 1;
	deal_give(&d, b);
	deal_refused(&d, 0, IMANS_F_SIGNED_SIGNATURE);

	/* The verdict itself, "consistent", near the payload's end. */
	deal_begin(&d, state);
	b = deal_issue(&d, "1", &d.web);
	for (size_t i = b.len - 10; i; i--) {
		if (memcmp(b.data + i, "consistent", 10))
			continue;
		memcpy(b.data + i, "incomplete", 10);
		break;
	}
	deal_give(&d, b);
	deal_refused(&d, 0, IMANS_F_SIGNED_SIGNATURE);

	/* EdDSA becomes ES256. */
	deal_begin(&d, state);
	b = deal_issue(&d, "1", &d.web);
	assert_int_equal(b.data[6], 0x27);
	b.data[6] = 0x26;
	deal_give(&d, b);
	deal_refused(&d, 0, IMANS_F_SIGNED_ALGORITHM);

	deal_begin(&d, state);
	b = deal_issue(&d, "1", &d.web);
	bl_put(&b, "", 1);
	deal_give(&d, b);
	deal_refused(&d, 0, IMANS_F_SIGNED_MALFORMED);
}

static void another_kind(void **state)
{
	struct imans_sign_opts opts;
	struct deal d;

	deal_begin(&d, state);
	opts = deal_sign_opts(&d.web);
	deal_give(&d, deal_issue_with(&d, "1", &opts, IMANS_SIGNED_NODE));
	deal_refused(&d, 0, IMANS_F_SIGNED_KIND);
}

static void other_boot(void **state)
{
	struct deal d;

	/* Of the same key, nonce and namespaces, before a kexec. */
	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	bl_kexec(&d.n.w, 9);
	bl_boot(&d.n.w);
	bl_entry(&d.n.w, bl_create(&d.n.w, NULL, "pod=1"), "/usr/bin/crun");
	bl_flush(&d.n.w);
	assert_int_equal(imans_tenants_trust_id(d.tenants, d.web.public,
						d.n.w.boot_id, WEB), 0);
	deal_verify(&d, "ii");
	expect_finding(&d.n, 0, IMANS_F_SIGNED_BOOT);
	deal_end(&d);
}

static void other_node(void **state)
{
	struct qm_key key;
	struct deal d;

	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	qm_key_make(&key);
	qm_key_free(&d.n.key);
	d.n.key = key;
	deal_refused(&d, 0, IMANS_F_SIGNED_NODE);
}

static void lagging(void **state)
{
	struct deal d;

	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	deal_give(&d, deal_issue(&d, "23", &d.pod));
	bl_entry(&d.n.w, d.n.w.ns[WEB - 1], "/usr/sbin/nginx");
	bl_flush(&d.n.w);
	deal_verify(&d, "iicc");
	expect_finding(&d.n, WEB, IMANS_F_SIGNED_LAGGING);
	expect_finding(&d.n, 0, IMANS_F_NS_UNACCOUNTED);
	deal_end(&d);

	/* A newer one beside it will do. */
	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	bl_entry(&d.n.w, d.n.w.ns[WEB - 1], "/usr/sbin/nginx");
	bl_flush(&d.n.w);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	deal_give(&d, deal_issue(&d, "23", &d.pod));
	deal_verify(&d, "cccc");
	expect_finding(&d.n, WEB, IMANS_F_SIGNED_LAGGING);
	deal_end(&d);

	/* A child that came later is covered by nothing. */
	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	deal_give(&d, deal_issue(&d, "23", &d.pod));
	bl_create(&d.n.w, d.n.w.ns[POD - 1], "pod=2,ctr=late");
	bl_flush(&d.n.w);
	deal_verify(&d, "iccci");
	deal_end(&d);
}

/* The tenant has seen a later quote than the node's verifier. */
static void ahead(void **state)
{
	struct imans_evidence *before;
	struct imans_verify_opts opts;
	struct deal d;

	deal_begin(&d, state);
	node_quote_part(&d.n, "", "");
	before = d.n.evidence;
	bl_entry(&d.n.w, d.n.w.ns[WEB - 1], "/usr/sbin/nginx");
	bl_flush(&d.n.w);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	d.n.evidence = before;
	opts = node_opts(&d.n);
	opts.tenants = d.tenants;
	node_verify_with(&d.n, &opts);
	expect_verdicts(&d.n, "iiii");
	expect_finding(&d.n, WEB, IMANS_F_SIGNED_AHEAD);
	deal_end(&d);
}

/* Two lists under one boot id: what the tenant saw is not what is here. */
static void other_records(void **state)
{
	const struct imans_finding *f;
	struct deal d;

	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	bl_world_free(&d.n.w);
	bl_world_init(&d.n.w);
	bl_host_entry(&d.n.w, "boot_aggregate");
	bl_boot(&d.n.w);
	bl_entry(&d.n.w, bl_create(&d.n.w, NULL, "pod=1,ctr=web"), "/tmp/x");
	bl_entry(&d.n.w, d.n.w.ns[0], "/usr/bin/crun");
	bl_flush(&d.n.w);
	deal_verify(&d, "iu");
	f = expect_finding(&d.n, WEB, IMANS_F_SIGNED_RECORDS);
	assert_int_equal(f->severity, IMANS_FAIL);
	deal_end(&d);
}

static void no_such_namespace(void **state)
{
	struct deal d;

	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	bl_world_free(&d.n.w);
	bl_world_init(&d.n.w);
	bl_host_entry(&d.n.w, "boot_aggregate");
	bl_boot(&d.n.w);
	deal_verify(&d, "c");
	expect_finding(&d.n, 0, IMANS_F_SIGNED_UNKNOWN);
	deal_end(&d);
}

static void times(void **state)
{
	struct imans_sign_opts opts;
	struct deal d;

	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	imans_tenants_set_time(d.tenants, NOW + IMANS_LIFETIME);
	deal_refused(&d, 0, IMANS_F_SIGNED_TIME);

	/* The last second of it. */
	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	imans_tenants_set_time(d.tenants, NOW + IMANS_LIFETIME - 1);
	deal_verify(&d, "icii");
	deal_end(&d);

	/* Clocks differ by a minute at most. */
	deal_begin(&d, state);
	opts = deal_sign_opts(&d.web);
	opts.issued_at = NOW + 61;
	deal_give(&d, deal_issue_with(&d, "1", &opts, IMANS_SIGNED_TENANT));
	deal_refused(&d, 0, IMANS_F_SIGNED_TIME);
	deal_begin(&d, state);
	opts = deal_sign_opts(&d.web);
	opts.issued_at = NOW + 60;
	deal_give(&d, deal_issue_with(&d, "1", &opts, IMANS_SIGNED_TENANT));
	deal_verify(&d, "icii");
	deal_end(&d);

	/* The clock's time, if none is given. */
	deal_begin(&d, state);
	deal_give(&d, deal_issue(&d, "1", &d.web));
	imans_tenants_set_time(d.tenants, 0);
	if ((uint64_t)time(NULL) > NOW + IMANS_LIFETIME)
		deal_refused(&d, 0, IMANS_F_SIGNED_TIME);
	else
		deal_end(&d);
}

static void nonces(void **state)
{
	const uint8_t nonce[16] = { 1, 2, 3 };
	struct imans_sign_opts opts;
	struct deal d;

	for (int age = 0; age < 2; age++) {
		deal_begin(&d, state);
		opts = deal_sign_opts(&d.web);
		opts.nonce = nonce;
		opts.nonce_len = sizeof(nonce);
		deal_give(&d, deal_issue_with(&d, "1", &opts, IMANS_SIGNED_TENANT));
		imans_tenants_set_time(d.tenants, NOW + 100);
		if (age) {
			imans_tenants_set_max_age(d.tenants, 100);
			deal_verify(&d, "icii");
			deal_end(&d);
		} else {
			imans_tenants_set_max_age(d.tenants, 99);
			deal_refused(&d, 0, IMANS_F_SIGNED_NONCE);
		}
	}
	/* No age is allowed unless one is given. */
	deal_begin(&d, state);
	opts.key_pem = d.web.private;
	deal_give(&d, deal_issue_with(&d, "1", &opts, IMANS_SIGNED_TENANT));
	deal_refused(&d, 0, IMANS_F_SIGNED_NONCE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(accounted),
		TEST(one_missing),
		TEST(bad_news),
		TEST(two_verdicts),
		TEST(opened_as_well),
		TEST(wrong_signer),
		TEST(tampered),
		TEST(another_kind),
		TEST(other_boot),
		TEST(other_node),
		TEST(lagging),
		TEST(ahead),
		TEST(other_records),
		TEST(no_such_namespace),
		TEST(times),
		TEST(nonces),
	};

	/* tpm2-tss would log what is damaged on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("tenant", tests, NULL, NULL);
}
