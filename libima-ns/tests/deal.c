// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>

#include "deal.h"

void deal_begin(struct deal *d, void **state)
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

void deal_end(struct deal *d)
{
	imans_tenants_free(d->tenants);
	skey_free(&d->web);
	skey_free(&d->pod);
	node_end(&d->n);
}

struct bl_bytes deal_issue_with(struct deal *d, const char *ids,
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

struct imans_sign_opts deal_sign_opts(const struct skey *key)
{
	return (struct imans_sign_opts) {
		.sz = sizeof(struct imans_sign_opts),
		.key_pem = key->private,
		.issued_at = NOW,
	};
}

struct bl_bytes deal_issue(struct deal *d, const char *ids,
			   const struct skey *key)
{
	struct imans_sign_opts opts = deal_sign_opts(key);

	return deal_issue_with(d, ids, &opts, IMANS_SIGNED_TENANT);
}

void deal_give(struct deal *d, struct bl_bytes b)
{
	assert_int_equal(imans_tenants_add(d->tenants, b.data, b.len, "given"),
			 0);
	free(b.data);
}

void deal_verify(struct deal *d, const char *verdicts)
{
	struct imans_verify_opts opts = node_opts(&d->n);

	opts.tenants = d->tenants;
	node_quote_part(&d->n, "", "");
	node_verify_with(&d->n, &opts);
	expect_verdicts(&d->n, verdicts);
}

void deal_refused(struct deal *d, size_t subject,
		  enum imans_finding_code code)
{
	const struct imans_finding *f;

	deal_verify(d, "iiii");
	f = expect_finding(&d->n, subject, code);
	assert_int_equal(f->severity, IMANS_NOTE);
	expect_finding(&d->n, 0, IMANS_F_NS_UNACCOUNTED);
	expect_no_finding(&d->n, WEB, IMANS_F_DELEGATED);
	deal_end(d);
}
