// SPDX-License-Identifier: LGPL-2.1-or-later
/* Attestation keys that a certificate vouches for, and such that none does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cert_make.h"
#include "quote_make.h"

#define NODE	"node7.example"
#define DAY	86400
#define EKU_AK	"2.23.133.8.3"
#define EKU_EK	"2.23.133.8.1"

/* A quote in evidence, and what its key's certificate is made from. */
struct fixture {
	struct qm_quote quote;
	struct qm_key key;
	struct imans_evidence *evidence;
	struct cm_made root;
	struct cm_made middle;
};

static void fixture_make(struct imans_ctx *ctx, struct fixture *f)
{
	qm_key_make(&f->key);
	qm_defaults(&f->quote);
	f->quote.pcrs.banks = f->quote.banks;
	assert_int_equal(imans_evidence_new(ctx, &f->evidence), 0);
	qm_put(&f->quote, &f->key, f->evidence);
	f->root = cm_root("root");
	f->middle = cm_authority("middle", &f->root);
}

static void fixture_free(struct fixture *f)
{
	cm_free(&f->root);
	cm_free(&f->middle);
	imans_evidence_free(f->evidence);
	qm_key_free(&f->key);
}

static void carry(struct imans_evidence *evidence, const struct cm_made *made)
{
	char *pem = cm_pem(made);

	assert_int_equal(imans_evidence_add_ak_certs(evidence, pem, strlen(pem),
						     "ak"), 0);
	free(pem);
}

static void trust_in(struct imans_ca *ca, enum imans_ca_kind kind,
		     const struct cm_made *made)
{
	char *pem = cm_pem(made);

	assert_int_equal(imans_ca_add(ca, kind, pem, strlen(pem), "ca"), 0);
	free(pem);
}

static struct imans_ak_trust trusting(const struct imans_ca *ca)
{
	return (struct imans_ak_trust) {
		.sz = sizeof(struct imans_ak_trust), .node = NODE, .ca = ca,
	};
}

/* Verify; the findings are the caller's. */
static bool verify(const struct fixture *f, const struct imans_ak_trust *trust,
		   struct imans_findings **findings)
{
	const struct imans_quote_opts opts = {
		.sz = sizeof(opts),
		.nonce = f->quote.nonce,
		.nonce_len = sizeof(f->quote.nonce),
		.ak_trust = trust,
	};
	struct imans_quote out;

	assert_int_equal(imans_findings_new(findings), 0);
	assert_int_equal(imans_quote_verify(f->evidence, &opts, *findings,
					    &out), 0);
	return out.verified;
}

static void expect_good(const char *name, const struct fixture *f,
			const struct imans_ak_trust *trust)
{
	struct imans_findings *findings;

	if (!verify(f, trust, &findings) || imans_findings_count(findings)) {
		print_error("%s:\n", name);
		util_print(findings);
		fail();
	}
	imans_findings_free(findings);
}

/* That finding, and no other code. */
static void expect_bad(const char *name, const struct fixture *f,
		       const struct imans_ak_trust *trust,
		       enum imans_finding_code code)
{
	struct imans_findings *findings;
	bool verified = verify(f, trust, &findings), others = false;

	for (size_t i = 0; i < imans_findings_count(findings); i++)
		others |= imans_findings_get(findings, i)->code != code;
	if (verified || !util_find(findings, code) || others) {
		print_error("%s: not %s alone\n", name,
			    imans_finding_name(code));
		util_print(findings);
		fail();
	}
	imans_findings_free(findings);
}

static const struct cm_cert good_cert = {
	.subject = NODE,
	.constraints = "critical,CA:FALSE",
	.usage = "critical,digitalSignature",
	.ext_usage = EKU_AK,
};

static void good_chain(void **state)
{
	struct imans_ak_trust trust = { .sz = sizeof(trust), .node = NODE };
	struct cm_cert what = good_cert;
	struct cm_made ak;
	struct fixture f;
	char *pem;

	fixture_make(*state, &f);
	what.key = f.key.pkey;
	ak = cm_make(&what, &f.middle);
	assert_int_equal(imans_ca_new(*state, (struct imans_ca **)&trust.ca),
			 0);
	trust_in((struct imans_ca *)trust.ca, IMANS_CA_ROOT, &f.root);
	expect_bad("no certificate", &f, &trust, IMANS_F_AK_UNKNOWN);
	carry(f.evidence, &ak);
	expect_bad("without what lies between", &f, &trust,
		   IMANS_F_CERT_CHAIN);
	carry(f.evidence, &f.middle);
	expect_good("all carried", &f, &trust);
	imans_evidence_free(f.evidence);
	assert_int_equal(imans_evidence_new(*state, &f.evidence), 0);
	qm_put(&f.quote, &f.key, f.evidence);
	trust_in((struct imans_ca *)trust.ca, IMANS_CA_INTERMEDIATE, &f.middle);
	pem = cm_pem(&ak);
	trust.ak_certs = pem;
	trust.ak_certs_len = strlen(pem);
	expect_good("all given", &f, &trust);
	free(pem);
	imans_ca_free((struct imans_ca *)trust.ca);
	cm_free(&ak);
	fixture_free(&f);
}

/* A leaf that has one thing more, less or else. */
static const struct leaf {
	const char *name;
	struct cm_cert cert;
	enum imans_finding_code code;	/* 0: it is good */
} leaves[] = {
	{ "no extension but what must be there", { .subject = NODE }, 0 },
	{ "DNS name", { .subject = "x", .dns = "DNS:a,DNS:" NODE }, 0 },
	{ "other letters", { .subject = "NODE7.Example" }, 0 },
	{ "key usages", { .subject = NODE, .usage = "keyAgreement,digitalSignature",
			  .ext_usage = "clientAuth," EKU_AK }, 0 },
	{ "another node", { .subject = "node8.example" }, IMANS_F_CERT_NODE },
	{ "no name", { .subject = NULL }, IMANS_F_CERT_NODE },
	{ "name in the subject, another as DNS name",
	  { .subject = NODE, .dns = "DNS:node8.example" }, IMANS_F_CERT_NODE },
	{ "a wildcard", { .subject = "*.example" }, IMANS_F_CERT_NODE },
	{ "a wildcard as DNS name",
	  { .subject = NODE, .dns = "DNS:*.example" }, IMANS_F_CERT_NODE },
	{ "the name's beginning", { .subject = "node7.exampl" },
	  IMANS_F_CERT_NODE },
	{ "an endorsement key's", { .subject = NODE, .ext_usage = EKU_EK },
	  IMANS_F_CERT_USAGE },
	{ "a server's", { .subject = NODE, .ext_usage = "serverAuth" },
	  IMANS_F_CERT_USAGE },
	{ "for encryption", { .subject = NODE, .usage = "keyEncipherment" },
	  IMANS_F_CERT_USAGE },
	{ "an authority's", { .subject = NODE, .constraints = "CA:TRUE" },
	  IMANS_F_CERT_USAGE },
	{ "expired", { .subject = NODE, .from = -2 * DAY, .until = -60 },
	  IMANS_F_CERT_TIME },
	{ "not yet valid", { .subject = NODE, .from = 3600, .until = DAY },
	  IMANS_F_CERT_TIME },
	{ "signed with SHA-1", { .subject = NODE, .digest = "SHA1" },
	  IMANS_F_CERT_CHAIN },
};

static void each_leaf(void **state)
{
	struct imans_ak_trust trust;
	struct fixture f;
	struct imans_ca *ca;

	fixture_make(*state, &f);
	assert_int_equal(imans_ca_new(*state, &ca), 0);
	trust_in(ca, IMANS_CA_ROOT, &f.root);
	trust_in(ca, IMANS_CA_INTERMEDIATE, &f.middle);
	for (size_t i = 0; i < sizeof(leaves) / sizeof(*leaves); i++) {
		struct cm_cert what = leaves[i].cert;
		struct cm_made ak;
		char *pem;

		what.key = f.key.pkey;
		ak = cm_make(&what, &f.middle);
		pem = cm_pem(&ak);
		trust = trusting(ca);
		trust.ak_certs = pem;
		trust.ak_certs_len = strlen(pem);
		if (leaves[i].code)
			expect_bad(leaves[i].name, &f, &trust, leaves[i].code);
		else
			expect_good(leaves[i].name, &f, &trust);
		free(pem);
		cm_free(&ak);
	}
	imans_ca_free(ca);
	fixture_free(&f);
}

/* A node and the root that is trusted, with a certificate of its key or another. */
static struct imans_ca *certified(void **state, struct fixture *f,
				  struct cm_made *ak, bool own)
{
	struct cm_cert what = good_cert;
	struct imans_ca *ca;

	fixture_make(*state, f);
	if (own)
		what.key = f->key.pkey;
	*ak = cm_make(&what, &f->root);
	assert_int_equal(imans_ca_new(*state, &ca), 0);
	trust_in(ca, IMANS_CA_ROOT, &f->root);
	return ca;
}

/* The quote's key must be the certificate's, not just any certified one. */
static void other_key(void **state)
{
	struct imans_ak_trust trust;
	struct fixture f;
	struct cm_made ak;
	struct imans_ca *ca = certified(state, &f, &ak, false);

	carry(f.evidence, &ak);
	trust = trusting(ca);
	expect_bad("another key", &f, &trust, IMANS_F_CERT_KEY);
	imans_ca_free(ca);
	cm_free(&ak);
	fixture_free(&f);
}

/* What lies between, or above, is wrong. */
static void bad_issuer(void **state, const char *name,
		       const struct cm_cert *issuer, bool other_root,
		       enum imans_finding_code code)
{
	struct cm_cert what = good_cert;
	struct cm_made between, ak, stranger;
	struct imans_ak_trust trust;
	struct fixture f;
	struct imans_ca *ca;

	fixture_make(*state, &f);
	stranger = cm_root("root");
	between = cm_make(issuer, &f.root);
	what.key = f.key.pkey;
	ak = cm_make(&what, &between);
	assert_int_equal(imans_ca_new(*state, &ca), 0);
	trust_in(ca, IMANS_CA_ROOT, other_root ? &stranger : &f.root);
	carry(f.evidence, &ak);
	carry(f.evidence, &between);
	trust = trusting(ca);
	if (code)
		expect_bad(name, &f, &trust, code);
	else
		expect_good(name, &f, &trust);
	imans_ca_free(ca);
	cm_free(&ak);
	cm_free(&between);
	cm_free(&stranger);
	fixture_free(&f);
}

static void bad_issuers(void **state)
{
	const struct cm_cert good = { .subject = "between",
		.constraints = "critical,CA:TRUE",
		.usage = "keyCertSign" };
	const struct cm_cert leaf = { .subject = "between",
		.constraints = "CA:FALSE" };
	const struct cm_cert no_sign = { .subject = "between",
		.constraints = "CA:TRUE", .usage = "digitalSignature" };
	const struct cm_cert bare = { .subject = "between",
		.usage = "keyCertSign" };
	const struct cm_cert old = { .subject = "between", .version1 = true };
	const struct cm_cert expired = { .subject = "between",
		.constraints = "CA:TRUE", .from = -DAY, .until = -60 };

	bad_issuer(state, "a good one", &good, false, 0);
	bad_issuer(state, "a root of the same name", &good, true,
		   IMANS_F_CERT_CHAIN);
	bad_issuer(state, "no authority", &leaf, false, IMANS_F_CERT_CHAIN);
	bad_issuer(state, "not for signing", &no_sign, false,
		   IMANS_F_CERT_CHAIN);
	bad_issuer(state, "without constraints", &bare, false,
		   IMANS_F_CERT_CHAIN);
	bad_issuer(state, "of version 1", &old, false, IMANS_F_CERT_CHAIN);
	bad_issuer(state, "expired", &expired, false, IMANS_F_CERT_TIME);
}

/* OpenSSL itself takes a root of version 1, which can't say what it is. */
static void old_root(void **state)
{
	const struct cm_cert old = { .subject = "old", .version1 = true };
	struct cm_cert what = good_cert;
	struct cm_made root, ak;
	struct fixture f;
	struct imans_ak_trust trust;
	struct imans_ca *ca;

	fixture_make(*state, &f);
	root = cm_make(&old, NULL);
	what.key = f.key.pkey;
	ak = cm_make(&what, &root);
	assert_int_equal(imans_ca_new(*state, &ca), 0);
	trust_in(ca, IMANS_CA_ROOT, &root);
	carry(f.evidence, &ak);
	trust = trusting(ca);
	expect_bad("a root of version 1", &f, &trust, IMANS_F_CERT_CHAIN);
	imans_ca_free(ca);
	cm_free(&ak);
	cm_free(&root);
	fixture_free(&f);
}

static void path_length(void **state)
{
	const struct cm_cert short_path = { .subject = "short",
		.constraints = "critical,CA:TRUE,pathlen:0",
		.usage = "keyCertSign" };
	struct cm_cert what = good_cert;
	struct cm_made first, second, ak;
	struct imans_ak_trust trust;
	struct fixture f;
	struct imans_ca *ca;

	fixture_make(*state, &f);
	first = cm_make(&short_path, &f.root);
	second = cm_authority("second", &first);
	what.key = f.key.pkey;
	ak = cm_make(&what, &second);
	assert_int_equal(imans_ca_new(*state, &ca), 0);
	trust_in(ca, IMANS_CA_ROOT, &f.root);
	carry(f.evidence, &ak);
	carry(f.evidence, &second);
	carry(f.evidence, &first);
	trust = trusting(ca);
	expect_bad("a path too long", &f, &trust, IMANS_F_CERT_CHAIN);
	imans_ca_free(ca);
	cm_free(&ak);
	cm_free(&second);
	cm_free(&first);
	fixture_free(&f);
}

static void add_crl(struct imans_ca *ca, const struct cm_made *issuer,
		    const struct cm_made *revoked, long until)
{
	char *crl = cm_crl(issuer, revoked, until);

	assert_int_equal(imans_ca_add(ca, IMANS_CA_CRL, crl, strlen(crl),
				      "crl"), 0);
	free(crl);
}

/* Below a root and one authority: two issuers, so two CRLs. */
static void revocation(void **state)
{
	static const struct {
		const char *name;
		bool root_crl, leaf_revoked, middle_revoked;
		long until;
		enum imans_finding_code code;
	} cases[] = {
		{ "nothing revoked", true, false, false, DAY, 0 },
		{ "leaf revoked", true, true, false, DAY, IMANS_F_CERT_REVOKED },
		{ "authority revoked", true, false, true, DAY,
		  IMANS_F_CERT_REVOKED },
		{ "no CRL of the root", false, false, false, DAY,
		  IMANS_F_CERT_REVOKED },
		{ "CRL expired", true, false, false, -60,
		  IMANS_F_CERT_REVOKED },
	};
	struct cm_cert what = good_cert;
	struct cm_made ak;
	struct imans_ak_trust trust;
	struct fixture f;

	fixture_make(*state, &f);
	what.key = f.key.pkey;
	ak = cm_make(&what, &f.middle);
	carry(f.evidence, &ak);
	carry(f.evidence, &f.middle);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct imans_ca *ca;

		assert_int_equal(imans_ca_new(*state, &ca), 0);
		trust_in(ca, IMANS_CA_ROOT, &f.root);
		add_crl(ca, &f.middle, cases[i].leaf_revoked ? &ak : NULL,
			cases[i].until);
		if (cases[i].root_crl)
			add_crl(ca, &f.root,
				cases[i].middle_revoked ? &f.middle : NULL,
				DAY);
		trust = trusting(ca);
		if (cases[i].code)
			expect_bad(cases[i].name, &f, &trust, cases[i].code);
		else
			expect_good(cases[i].name, &f, &trust);
		imans_ca_free(ca);
	}
	cm_free(&ak);
	fixture_free(&f);
}

/* A certificate does not make good what the key's attributes lack. */
static void certified_but_unrestricted(void **state)
{
	struct imans_ak_trust trust;
	struct fixture f;
	struct cm_made ak;
	struct imans_ca *ca = certified(state, &f, &ak, true);

	f.quote.attributes &= ~0x00010000u;
	qm_put(&f.quote, &f.key, f.evidence);
	carry(f.evidence, &ak);
	trust = trusting(ca);
	expect_bad("not restricted", &f, &trust, IMANS_F_QUOTE_KEY_ATTRIBUTES);
	imans_ca_free(ca);
	cm_free(&ak);
	fixture_free(&f);
}

/* Each byte of a certificate changed, cut or followed: found, never a crash. */
static void mutated(void **state)
{
	struct cm_cert what = good_cert;
	struct imans_findings *findings;
	struct fixture f;
	struct cm_made ak;
	struct imans_ca *ca;
	uint8_t *der = NULL;
	int len;

	fixture_make(*state, &f);
	what.key = f.key.pkey;
	ak = cm_make(&what, &f.root);
	len = i2d_X509(ak.cert, &der);
	assert_true(len > 0);
	assert_int_equal(imans_ca_new(*state, &ca), 0);
	trust_in(ca, IMANS_CA_ROOT, &f.root);
	for (int i = 0; i < len; i++) {
		struct imans_ak_trust trust = {
			.sz = sizeof(trust), .node = NODE, .ca = ca,
			.ak_certs = der, .ak_certs_len = (size_t)len,
		};
		const struct imans_quote_opts opts = {
			.sz = sizeof(opts), .nonce = f.quote.nonce,
			.nonce_len = sizeof(f.quote.nonce), .ak_trust = &trust,
		};
		struct imans_quote out = { .verified = false };
		int err;

		der[i] ^= 0x41;
		assert_int_equal(imans_findings_new(&findings), 0);
		err = imans_quote_verify(f.evidence, &opts, findings, &out);
		assert_true(err == 0 || err == -EBADMSG);
		assert_false(out.verified);
		imans_findings_free(findings);
		der[i] ^= 0x41;
		trust.ak_certs_len = (size_t)i;
		assert_int_equal(imans_findings_new(&findings), 0);
		assert_int_equal(imans_quote_verify(f.evidence, &opts, findings,
						    &out), -EBADMSG);
		imans_findings_free(findings);
	}
	OPENSSL_free(der);
	imans_ca_free(ca);
	cm_free(&ak);
	fixture_free(&f);
}

static void bad_files(void **state)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----\nAAAA\n"
				    "-----END CERTIFICATE-----\n";
	const struct imans_ak_trust nothing = { .sz = sizeof(nothing),
						.node = NODE };
	struct imans_ak_trust trust = { .sz = sizeof(trust) };
	struct imans_quote_opts opts = { .sz = sizeof(opts) };
	struct imans_findings *findings;
	struct imans_quote out;
	struct fixture f;
	struct imans_ca *ca;
	char *pem;

	fixture_make(*state, &f);
	assert_int_equal(imans_ca_new(*state, &ca), 0);
	assert_int_equal(imans_ca_add(ca, IMANS_CA_ROOT, "", 0, "x"), -EBADMSG);
	assert_int_equal(imans_ca_add(ca, IMANS_CA_ROOT, begin, strlen(begin),
				      "x"), -EBADMSG);
	assert_int_equal(imans_ca_add(ca, IMANS_CA_CRL, "\x30\x82", 2, "x"),
			 -EBADMSG);
	assert_int_equal(imans_ca_add(ca, 0, begin, strlen(begin), "x"),
			 -EINVAL);
	pem = cm_pem(&f.root);
	assert_int_equal(imans_ca_add(ca, IMANS_CA_CRL, pem, strlen(pem), "x"),
			 -EBADMSG);
	free(pem);
	for (int i = 0; i < 8; i++)
		carry(f.evidence, &f.middle);
	pem = cm_pem(&f.middle);
	assert_int_equal(imans_evidence_add_ak_certs(f.evidence, pem,
						     strlen(pem), NULL),
			 -EMSGSIZE);
	free(pem);
	opts.nonce = f.quote.nonce;
	opts.nonce_len = sizeof(f.quote.nonce);
	assert_int_equal(imans_findings_new(&findings), 0);
	opts.ak_trust = &nothing;
	assert_int_equal(imans_quote_verify(f.evidence, &opts, findings, &out),
			 -EINVAL);
	trust.ca = ca;
	opts.ak_trust = &trust;
	assert_int_equal(imans_quote_verify(f.evidence, &opts, findings, &out),
			 -EINVAL);
	trust.node = "a node";
	assert_int_equal(imans_quote_verify(f.evidence, &opts, findings, &out),
			 -EINVAL);
	trust.node = NODE;
	opts.ak_pem = f.key.pem;
	assert_int_equal(imans_quote_verify(f.evidence, &opts, findings, &out),
			 -EINVAL);
	assert_int_equal(imans_findings_count(findings), 0);
	imans_findings_free(findings);
	imans_ca_free(ca);
	fixture_free(&f);
}

/* Certificates go through the file, in their order. */
static void carried_by_file(void **state)
{
	struct cm_cert what = good_cert;
	struct imans_ak_trust trust = { .sz = sizeof(trust), .node = NODE };
	struct imans_evidence *read;
	struct fixture f;
	struct cm_made ak;
	struct imans_ca *ca;
	uint8_t *data;
	size_t len;

	fixture_make(*state, &f);
	what.key = f.key.pkey;
	ak = cm_make(&what, &f.middle);
	carry(f.evidence, &ak);
	carry(f.evidence, &f.middle);
	assert_int_equal(imans_evidence_set_host(f.evidence,
						 IMANS_HEADER_SHA256, "", 0),
			 0);
	assert_int_equal(imans_evidence_encode(f.evidence, &data, &len), 0);
	assert_int_equal(imans_evidence_parse(*state, data, len, NULL, &read),
			 0);
	imans_evidence_free(f.evidence);
	f.evidence = read;
	assert_int_equal(imans_ca_new(*state, &ca), 0);
	trust_in(ca, IMANS_CA_ROOT, &f.root);
	trust.ca = ca;
	expect_good("from a file", &f, &trust);
	free(data);
	imans_ca_free(ca);
	cm_free(&ak);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_chain),
		TEST(each_leaf),
		TEST(other_key),
		TEST(bad_issuers),
		TEST(old_root),
		TEST(path_length),
		TEST(revocation),
		TEST(certified_but_unrestricted),
		TEST(mutated),
		TEST(bad_files),
		TEST(carried_by_file),
	};

	return cmocka_run_group_tests_name("cert", tests, NULL, NULL);
}
