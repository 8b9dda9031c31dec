// SPDX-License-Identifier: LGPL-2.1-or-later
/* Tenants' signed verdicts in place of openings, and each reason to refuse. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node.h"
#include "sign_key.h"

#define NOW		1800000000u

/*
 * WEB is one tenant's, POD and what is below it another's. The operator has no
 * key of theirs.
 */
struct deal {
	struct node n;
	struct skey web, pod;
	struct imans_tenants *tenants;
	struct imans_verify_opts opts;
};

static void begin(struct deal *d, void **state)
{
	node_begin(&d->n, *state);
	skey_make(&d->web, "ED25519");
	skey_make(&d->pod, "P-256");
	assert_int_equal(imans_tenants_new(*state, &d->tenants), 0);
	imans_tenants_set_time(d->tenants, NOW);
	assert_int_equal(imans_tenants_trust_id(d->tenants, d->web.public,
						d->n.w.boot_id, WEB), 0);
	assert_int_equal(imans_tenants_trust_id(d->tenants, d->pod.public,
						d->n.w.boot_id, POD), 0);
}

static void end(struct deal *d)
{
	imans_tenants_free(d->tenants);
	skey_free(&d->web);
	skey_free(&d->pod);
	node_end(&d->n);
}

/*
 * A tenant's verifier: evidence with the keys of those ids, each one letter;
 * its verdict on all of them.
 */
static struct bl_bytes issue_with(struct deal *d, const char *ids,
				  struct imans_sign_opts *opts,
				  enum imans_signed_kind kind)
{
	struct imans_verify_opts verify = node_opts(&d->n);
	struct bl_bytes b = { NULL, 0 };

	verify.sign = true;
	node_quote_part(&d->n, "123456789", ids);
	node_verify_with(&d->n, &verify);
	assert_int_equal(imans_report_sign(d->n.report, kind, opts, &b.data,
					   &b.len), 0);
	imans_report_free(d->n.report);
	imans_evidence_free(d->n.evidence);
	d->n.report = NULL;
	d->n.evidence = NULL;
	return b;
}

static struct imans_sign_opts sign_opts(const struct skey *key)
{
	return (struct imans_sign_opts) {
		.sz = sizeof(struct imans_sign_opts),
		.key_pem = key->private,
		.issued_at = NOW,
	};
}

static struct bl_bytes issue(struct deal *d, const char *ids,
			     const struct skey *key)
{
	struct imans_sign_opts opts = sign_opts(key);

	return issue_with(d, ids, &opts, IMANS_SIGNED_TENANT);
}

static void give(struct deal *d, struct bl_bytes b)
{
	assert_int_equal(imans_tenants_add(d->tenants, b.data, b.len, "given"),
			 0);
	free(b.data);
}

/* The node's verifier, who has the lists and keys of none. */
static void verify(struct deal *d, const char *verdicts)
{
	struct imans_verify_opts opts = node_opts(&d->n);

	opts.tenants = d->tenants;
	node_quote_part(&d->n, "", "");
	node_verify_with(&d->n, &opts);
	expect_verdicts(&d->n, verdicts);
}

static void accounted(void **state)
{
	const struct imans_finding *f;
	struct deal d;

	begin(&d, state);
	give(&d, issue(&d, "1", &d.web));
	give(&d, issue(&d, "23", &d.pod));
	verify(&d, "cccc");
	f = expect_finding(&d.n, CTR, IMANS_F_DELEGATED);
	assert_non_null(strstr(f->text, "which says consistent"));
	assert_int_equal(f->severity, IMANS_DOUBT);
	expect_no_finding(&d.n, 0, IMANS_F_NS_UNACCOUNTED);
	expect_no_finding(&d.n, WEB, IMANS_F_NS_NOT_CARRIED);
	assert_int_equal(strlen(imans_report_delegated(d.n.report, WEB)), 64);
	assert_non_null(strstr(f->text, "delegated to key "));
	assert_null(imans_report_delegated(d.n.report, 0));
	assert_null(imans_report_delegated(d.n.report, 4));
	end(&d);
}

/* One tenant's is there, the others' are not. */
static void one_missing(void **state)
{
	struct deal d;

	begin(&d, state);
	give(&d, issue(&d, "1", &d.web));
	verify(&d, "icii");
	expect_finding(&d.n, 0, IMANS_F_NS_UNACCOUNTED);
	expect_finding(&d.n, POD, IMANS_F_NS_NOT_CARRIED);
	end(&d);

	/* All but the child. */
	begin(&d, state);
	give(&d, issue(&d, "1", &d.web));
	give(&d, issue(&d, "2", &d.pod));
	verify(&d, "icci");
	expect_finding(&d.n, POD, IMANS_F_NS_DESCENDANT);
	end(&d);
}

/* What the tenant found counts, on its own namespace. */
static void bad_news(void **state)
{
	struct deal d;

	begin(&d, state);
	bl_entry(&d.n.w, d.n.w.ns[CTR - 1], "/tmp/intruder");
	bl_loss(&d.n.w, d.n.w.ns[WEB - 1], IMANS_LOSS_QUOTA);
	bl_flush(&d.n.w);
	give(&d, issue(&d, "1", &d.web));
	give(&d, issue(&d, "23", &d.pod));
	verify(&d, "cicu");
	expect_finding(&d.n, CTR, IMANS_F_DELEGATED_UNTRUSTED);
	expect_finding(&d.n, WEB, IMANS_F_DELEGATED_INCOMPLETE);
	expect_finding(&d.n, POD, IMANS_F_NS_DESCENDANT);
	expect_no_finding(&d.n, 0, IMANS_F_NS_UNACCOUNTED);
	end(&d);
}

/* Two of one tenant: the worse one counts. */
static void two_verdicts(void **state)
{
	struct imans_policy *other;
	struct deal d;

	begin(&d, state);
	give(&d, issue(&d, "1", &d.web));
	other = d.n.policy;
	d.n.policy = d.n.other;
	give(&d, issue(&d, "1", &d.web));
	d.n.policy = other;
	give(&d, issue(&d, "23", &d.pod));
	verify(&d, "cicc");
	expect_finding(&d.n, WEB, IMANS_F_DELEGATED);
	expect_finding(&d.n, WEB, IMANS_F_DELEGATED_INCOMPLETE);
	end(&d);
}

/* Whose list was opened as well: what was seen stays. */
static void opened_as_well(void **state)
{
	struct imans_verify_opts opts;
	struct deal d;

	begin(&d, state);
	give(&d, issue(&d, "1", &d.web));
	bl_entry(&d.n.w, d.n.w.ns[CTR - 1], "/tmp/intruder");
	bl_flush(&d.n.w);
	opts = node_opts(&d.n);
	opts.tenants = d.tenants;
	node_quote(&d.n);
	node_verify_with(&d.n, &opts);
	expect_verdicts(&d.n, "cccu");
	expect_finding(&d.n, WEB, IMANS_F_DELEGATED);
	end(&d);
}

/* Refused: a note, and the namespaces stay unaccounted for. */
static void expect_refused(struct deal *d, size_t subject,
			   enum imans_finding_code code)
{
	const struct imans_finding *f;

	verify(d, "iiii");
	f = expect_finding(&d->n, subject, code);
	assert_int_equal(f->severity, IMANS_NOTE);
	expect_finding(&d->n, 0, IMANS_F_NS_UNACCOUNTED);
	expect_no_finding(&d->n, WEB, IMANS_F_DELEGATED);
	end(d);
}

static void wrong_signer(void **state)
{
	struct skey other;
	struct deal d;

	/* Nobody's key. */
	skey_make(&other, "ED25519");
	begin(&d, state);
	give(&d, issue(&d, "1", &other));
	expect_refused(&d, 0, IMANS_F_SIGNED_KEY);
	skey_free(&other);

	/* Another tenant's. */
	begin(&d, state);
	give(&d, issue(&d, "1", &d.pod));
	expect_refused(&d, WEB, IMANS_F_SIGNED_SCOPE);

	/* The right one's; but it was trusted in another boot. */
	begin(&d, state);
	give(&d, issue(&d, "1", &d.web));
	imans_tenants_free(d.tenants);
	assert_int_equal(imans_tenants_new(*state, &d.tenants), 0);
	imans_tenants_set_time(d.tenants, NOW);
	assert_int_equal(imans_tenants_trust_id(d.tenants, d.web.public,
						(const uint8_t[32]) { 7 }, WEB),
			 0);
	give(&d, issue(&d, "1", &d.web));
	expect_refused(&d, WEB, IMANS_F_SIGNED_SCOPE);

	/* The child's tenant does not speak for its parent. */
	begin(&d, state);
	skey_make(&other, "P-384");
	assert_int_equal(imans_tenants_trust_id(d.tenants, other.public,
						d.n.w.boot_id, CTR), 0);
	give(&d, issue(&d, "23", &other));
	verify(&d, "iiic");
	expect_finding(&d.n, POD, IMANS_F_SIGNED_SCOPE);
	skey_free(&other);
	end(&d);
}

static void tampered(void **state)
{
	struct bl_bytes b;
	struct deal d;

	begin(&d, state);
	b = issue(&d, "1", &d.web);
	b.data[b.len - 1] ^= 1;
	give(&d, b);
	expect_refused(&d, 0, IMANS_F_SIGNED_SIGNATURE);

	/* The verdict itself, "consistent", near the payload's end. */
	begin(&d, state);
	b = issue(&d, "1", &d.web);
	for (size_t i = b.len - 10; i; i--) {
		if (memcmp(b.data + i, "consistent", 10))
			continue;
		memcpy(b.data + i, "incomplete", 10);
		break;
	}
	give(&d, b);
	expect_refused(&d, 0, IMANS_F_SIGNED_SIGNATURE);

	/* EdDSA becomes ES256. */
	begin(&d, state);
	b = issue(&d, "1", &d.web);
	assert_int_equal(b.data[6], 0x27);
	b.data[6] = 0x26;
	give(&d, b);
	expect_refused(&d, 0, IMANS_F_SIGNED_ALGORITHM);

	begin(&d, state);
	b = issue(&d, "1", &d.web);
	bl_put(&b, "", 1);
	give(&d, b);
	expect_refused(&d, 0, IMANS_F_SIGNED_MALFORMED);
}

static void another_kind(void **state)
{
	struct imans_sign_opts opts;
	struct deal d;

	begin(&d, state);
	opts = sign_opts(&d.web);
	give(&d, issue_with(&d, "1", &opts, IMANS_SIGNED_NODE));
	expect_refused(&d, 0, IMANS_F_SIGNED_KIND);
}

static void other_boot(void **state)
{
	struct deal d;

	/* Of the same key, nonce and namespaces, before a kexec. */
	begin(&d, state);
	give(&d, issue(&d, "1", &d.web));
	bl_kexec(&d.n.w, 9);
	bl_boot(&d.n.w);
	bl_entry(&d.n.w, bl_create(&d.n.w, NULL, "pod=1"), "/usr/bin/crun");
	bl_flush(&d.n.w);
	assert_int_equal(imans_tenants_trust_id(d.tenants, d.web.public,
						d.n.w.boot_id, WEB), 0);
	verify(&d, "ii");
	expect_finding(&d.n, 0, IMANS_F_SIGNED_BOOT);
	end(&d);
}

static void other_node(void **state)
{
	struct qm_key key;
	struct deal d;

	begin(&d, state);
	give(&d, issue(&d, "1", &d.web));
	qm_key_make(&key);
	qm_key_free(&d.n.key);
	d.n.key = key;
	expect_refused(&d, 0, IMANS_F_SIGNED_NODE);
}

static void lagging(void **state)
{
	struct deal d;

	begin(&d, state);
	give(&d, issue(&d, "1", &d.web));
	give(&d, issue(&d, "23", &d.pod));
	bl_entry(&d.n.w, d.n.w.ns[WEB - 1], "/usr/sbin/nginx");
	bl_flush(&d.n.w);
	verify(&d, "iicc");
	expect_finding(&d.n, WEB, IMANS_F_SIGNED_LAGGING);
	expect_finding(&d.n, 0, IMANS_F_NS_UNACCOUNTED);
	end(&d);

	/* A newer one beside it will do. */
	begin(&d, state);
	give(&d, issue(&d, "1", &d.web));
	bl_entry(&d.n.w, d.n.w.ns[WEB - 1], "/usr/sbin/nginx");
	bl_flush(&d.n.w);
	give(&d, issue(&d, "1", &d.web));
	give(&d, issue(&d, "23", &d.pod));
	verify(&d, "cccc");
	expect_finding(&d.n, WEB, IMANS_F_SIGNED_LAGGING);
	end(&d);

	/* A child that came later is covered by nothing. */
	begin(&d, state);
	give(&d, issue(&d, "1", &d.web));
	give(&d, issue(&d, "23", &d.pod));
	bl_create(&d.n.w, d.n.w.ns[POD - 1], "pod=2,ctr=late");
	bl_flush(&d.n.w);
	verify(&d, "iccci");
	end(&d);
}

/* The tenant has seen a later quote than the node's verifier. */
static void ahead(void **state)
{
	struct imans_evidence *before;
	struct imans_verify_opts opts;
	struct deal d;

	begin(&d, state);
	node_quote_part(&d.n, "", "");
	before = d.n.evidence;
	bl_entry(&d.n.w, d.n.w.ns[WEB - 1], "/usr/sbin/nginx");
	bl_flush(&d.n.w);
	give(&d, issue(&d, "1", &d.web));
	d.n.evidence = before;
	opts = node_opts(&d.n);
	opts.tenants = d.tenants;
	node_verify_with(&d.n, &opts);
	expect_verdicts(&d.n, "iiii");
	expect_finding(&d.n, WEB, IMANS_F_SIGNED_AHEAD);
	end(&d);
}

/* Two lists under one boot id: what the tenant saw is not what is here. */
static void other_records(void **state)
{
	const struct imans_finding *f;
	struct deal d;

	begin(&d, state);
	give(&d, issue(&d, "1", &d.web));
	bl_world_free(&d.n.w);
	bl_world_init(&d.n.w);
	bl_host_entry(&d.n.w, "boot_aggregate");
	bl_boot(&d.n.w);
	bl_entry(&d.n.w, bl_create(&d.n.w, NULL, "pod=1,ctr=web"), "/tmp/x");
	bl_entry(&d.n.w, d.n.w.ns[0], "/usr/bin/crun");
	bl_flush(&d.n.w);
	verify(&d, "iu");
	f = expect_finding(&d.n, WEB, IMANS_F_SIGNED_RECORDS);
	assert_int_equal(f->severity, IMANS_FAIL);
	end(&d);
}

static void no_such_namespace(void **state)
{
	struct deal d;

	begin(&d, state);
	give(&d, issue(&d, "1", &d.web));
	bl_world_free(&d.n.w);
	bl_world_init(&d.n.w);
	bl_host_entry(&d.n.w, "boot_aggregate");
	bl_boot(&d.n.w);
	verify(&d, "c");
	expect_finding(&d.n, 0, IMANS_F_SIGNED_UNKNOWN);
	end(&d);
}

static void times(void **state)
{
	struct imans_sign_opts opts;
	struct deal d;

	begin(&d, state);
	give(&d, issue(&d, "1", &d.web));
	imans_tenants_set_time(d.tenants, NOW + IMANS_LIFETIME);
	expect_refused(&d, 0, IMANS_F_SIGNED_TIME);

	/* The last second of it. */
	begin(&d, state);
	give(&d, issue(&d, "1", &d.web));
	imans_tenants_set_time(d.tenants, NOW + IMANS_LIFETIME - 1);
	verify(&d, "icii");
	end(&d);

	/* Clocks differ by a minute at most. */
	begin(&d, state);
	opts = sign_opts(&d.web);
	opts.issued_at = NOW + 61;
	give(&d, issue_with(&d, "1", &opts, IMANS_SIGNED_TENANT));
	expect_refused(&d, 0, IMANS_F_SIGNED_TIME);
	begin(&d, state);
	opts = sign_opts(&d.web);
	opts.issued_at = NOW + 60;
	give(&d, issue_with(&d, "1", &opts, IMANS_SIGNED_TENANT));
	verify(&d, "icii");
	end(&d);

	/* The clock's time, if none is given. */
	begin(&d, state);
	give(&d, issue(&d, "1", &d.web));
	imans_tenants_set_time(d.tenants, 0);
	if ((uint64_t)time(NULL) > NOW + IMANS_LIFETIME)
		expect_refused(&d, 0, IMANS_F_SIGNED_TIME);
	else
		end(&d);
}

static void nonces(void **state)
{
	const uint8_t nonce[16] = { 1, 2, 3 };
	struct imans_sign_opts opts;
	struct deal d;

	for (int age = 0; age < 2; age++) {
		begin(&d, state);
		opts = sign_opts(&d.web);
		opts.nonce = nonce;
		opts.nonce_len = sizeof(nonce);
		give(&d, issue_with(&d, "1", &opts, IMANS_SIGNED_TENANT));
		imans_tenants_set_time(d.tenants, NOW + 100);
		if (age) {
			imans_tenants_set_max_age(d.tenants, 100);
			verify(&d, "icii");
			end(&d);
		} else {
			imans_tenants_set_max_age(d.tenants, 99);
			expect_refused(&d, 0, IMANS_F_SIGNED_NONCE);
		}
	}
	/* No age is allowed unless one is given. */
	begin(&d, state);
	opts.key_pem = d.web.private;
	give(&d, issue_with(&d, "1", &opts, IMANS_SIGNED_TENANT));
	expect_refused(&d, 0, IMANS_F_SIGNED_NONCE);
}

/* Labels count once the host's record of CREATE proves them. */
static void labels(void **state)
{
	struct imans_sign_opts opts;
	struct skey key;
	struct deal d;

	skey_make(&key, "P-384");
	for (int shown = 0; shown < 2; shown++) {
		begin(&d, state);
		assert_int_equal(imans_tenants_trust_label(d.tenants,
							   key.public,
							   "pod=2*"), 0);
		opts = sign_opts(&key);
		opts.show_create = shown;
		give(&d, issue_with(&d, "123", &opts, IMANS_SIGNED_TENANT));
		verify(&d, shown ? "iicc" : "iiii");
		expect_finding(&d.n, WEB, IMANS_F_SIGNED_SCOPE);
		if (shown)
			expect_finding(&d.n, CTR, IMANS_F_DELEGATED);
		end(&d);
	}

	/* The child is below one that is shown. */
	begin(&d, state);
	assert_int_equal(imans_tenants_trust_label(d.tenants, key.public,
						   "pod=2"), 0);
	opts.key_pem = key.private;
	give(&d, issue_with(&d, "23", &opts, IMANS_SIGNED_TENANT));
	verify(&d, "iicc");
	end(&d);

	/* Another one's pattern. */
	begin(&d, state);
	assert_int_equal(imans_tenants_trust_label(d.tenants, key.public,
						   "pod=4*"), 0);
	give(&d, issue_with(&d, "23", &opts, IMANS_SIGNED_TENANT));
	expect_refused(&d, POD, IMANS_F_SIGNED_SCOPE);
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

	begin(&d, state);
	opts = sign_opts(&d.web);
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
	end(&d);

	/* A quote that does not hold: there is no ground to stand on. */
	begin(&d, state);
	opts.key_pem = d.web.private;
	verify_opts = node_opts(&d.n);
	verify_opts.sign = true;
	d.n.quote.attributes &= ~0x00010000u;
	node_quote(&d.n);
	node_verify_with(&d.n, &verify_opts);
	assert_int_equal(imans_report_sign(d.n.report, IMANS_SIGNED_TENANT,
					   &opts, &data, &len), -ENODATA);
	assert_null(data);
	end(&d);
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

	begin(&d, state);
	opts = sign_opts(&d.pod);
	b = issue_with(&d, "1", &opts, IMANS_SIGNED_NODE);
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
	end(&d);
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
		TEST(labels),
		TEST(nothing_to_sign),
		TEST(on_the_node),
		TEST(bad_tenants),
	};

	/* tpm2-tss would log what is damaged on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("tenant", tests, NULL, NULL);
}
