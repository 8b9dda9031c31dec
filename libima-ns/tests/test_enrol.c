// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Enrolment on the verifier's side: what is refused, and quotes of enrolled keys.
 * With a TPM it is tested by tools/ima-ns/tests/enrol.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enrol_make.h"

/* ------------------------------------------------------------- the quotes */

static void expect(struct imans_ctx *ctx, const struct em_node *n,
		   const struct imans_ak_trust *trust,
		   enum imans_finding_code code)
{
	const struct imans_quote_opts opts = {
		.sz = sizeof(opts),
		.nonce = n->quote.nonce,
		.nonce_len = sizeof(n->quote.nonce),
		.ak_trust = trust,
	};
	struct imans_findings *findings;
	struct imans_evidence *evidence;
	struct imans_quote out;

	assert_int_equal(imans_evidence_new(ctx, &evidence), 0);
	qm_put(&n->quote, &n->ak, evidence);
	assert_int_equal(imans_findings_new(&findings), 0);
	assert_int_equal(imans_quote_verify(evidence, &opts, findings, &out),
			 0);
	util_print(findings);
	assert_int_equal(out.verified, !code);
	assert_int_equal(imans_findings_count(findings), !!code);
	if (code)
		assert_non_null(util_find(findings, code));
	imans_findings_free(findings);
	imans_evidence_free(evidence);
}

static void enrolled(void **state)
{
	struct imans_enrol_info info;
	struct imans_enrol *record;
	struct em_node n, other;

	em_begin(&n);
	em_begin(&other);
	record = em_enrol(*state, &n);
	assert_int_equal(imans_enrol_info(record, &info), 0);
	assert_string_equal(info.node, EM_NODE);
	assert_false(info.ek_certified);
	assert_true(info.time + 60 > (uint64_t)time(NULL));
	struct imans_ak_trust trust = {
		.sz = sizeof(trust), .node = EM_NODE,
		.records = (const struct imans_enrol *const *)&record,
		.record_count = 1,
	};

	expect(*state, &n, &trust, 0);
	expect(*state, &other, &trust, IMANS_F_AK_UNKNOWN);
	trust.node = "node8";
	expect(*state, &n, &trust, IMANS_F_AK_OTHER_NODE);
	trust.node = "NODE7";
	expect(*state, &n, &trust, IMANS_F_AK_OTHER_NODE);
	/* The same key with other attributes is another key. */
	trust.node = EM_NODE;
	n.quote.attributes |= 0x400;
	expect(*state, &n, &trust, IMANS_F_AK_UNKNOWN);
	imans_enrol_free(record);
	em_end(&n);
	em_end(&other);
}

/* Only a record counts: a state has a node and a key, but no proof. */
static void no_record(void **state)
{
	struct imans_enrol *made, *kept;
	struct em_node n;

	em_begin(&n);
	em_challenge(*state, &n, &made, &kept);
	const struct imans_ak_trust trust = {
		.sz = sizeof(trust), .node = EM_NODE,
		.records = (const struct imans_enrol *const *)&kept,
		.record_count = 1,
	};

	expect(*state, &n, &trust, IMANS_F_AK_UNKNOWN);
	imans_enrol_free(made);
	imans_enrol_free(kept);
	em_end(&n);
}

/* ------------------------------------------------------------ the answers */

static void bad_responses(void **state)
{
	struct imans_enrol *made, *kept, *later, *response, *record = NULL;
	struct em_node n;

	em_begin(&n);
	em_challenge(*state, &n, &made, &kept);
	imans_enrol_free(made);
	em_challenge(*state, &n, &made, &later);
	response = em_respond(*state, kept, EM_NODE, 1);
	assert_int_equal(imans_enrol_finish(kept, response, 0, &record),
			 -EKEYREJECTED);
	imans_enrol_free(response);
	response = em_respond(*state, kept, "node8", 0);
	assert_int_equal(imans_enrol_finish(kept, response, 0, &record),
			 -EKEYREJECTED);
	imans_enrol_free(response);
	response = em_respond(*state, kept, EM_NODE, 0);
	assert_int_equal(imans_enrol_finish(later, response, 0, &record),
			 -EKEYREJECTED);
	assert_non_null(strstr(imans_ctx_error(*state), "another challenge"));
	assert_int_equal(imans_enrol_finish(response, kept, 0, &record),
			 -EINVAL);
	assert_null(record);
	imans_enrol_free(response);
	imans_enrol_free(made);
	imans_enrol_free(kept);
	imans_enrol_free(later);
	em_end(&n);
}

/* A state as its file has it, made that many seconds ago. */
static struct imans_enrol *aged(struct imans_ctx *ctx,
				const struct imans_enrol *state, long seconds)
{
	struct imans_enrol *old;
	char *text, *at, *copy;

	assert_int_equal(imans_enrol_encode(state, &text), 0);
	at = strstr(text, "\"created\":");
	assert_non_null(at);
	*at = '\0';
	copy = malloc(strlen(text) + 64);
	sprintf(copy, "%s\"created\":%ld}", text, (long)time(NULL) - seconds);
	assert_int_equal(imans_enrol_parse(ctx, IMANS_ENROL_STATE, copy,
					   strlen(copy), NULL, &old), 0);
	free(copy);
	free(text);
	return old;
}

static void ages(void **state)
{
	static const struct {
		long seconds;
		uint64_t max;
		int err;
	} cases[] = {
		{ 0, 0, 0 },
		{ 86000, 0, 0 },
		{ 87000, 0, -ETIMEDOUT },
		{ 87000, 90000, 0 },
		{ 70, 60, -ETIMEDOUT },
		{ -100, 60, 0 },
		{ -400, 60, -ETIMEDOUT },
	};
	struct imans_enrol *made, *kept, *response;
	struct em_node n;

	em_begin(&n);
	em_challenge(*state, &n, &made, &kept);
	response = em_respond(*state, kept, EM_NODE, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct imans_enrol *old = aged(*state, kept, cases[i].seconds);
		struct imans_enrol *record = NULL;

		assert_int_equal(imans_enrol_finish(old, response, cases[i].max,
						    &record), cases[i].err);
		imans_enrol_free(record);
		imans_enrol_free(old);
	}
	imans_enrol_free(made);
	imans_enrol_free(kept);
	imans_enrol_free(response);
	em_end(&n);
}

/* The file of a state is there for one use; another file is left alone. */
static void one_use(void **state)
{
	struct imans_enrol *made, *kept, *taken;
	char path[] = "/tmp/imans-enrol-XXXXXX";
	struct em_node n;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	em_begin(&n);
	em_challenge(*state, &n, &made, &kept);
	assert_int_equal(imans_enrol_write(made, path), 0);
	assert_int_equal(imans_enrol_take(*state, path, &taken), -EBADMSG);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(imans_enrol_write(kept, path), 0);
	assert_int_equal(imans_enrol_take(*state, path, &taken), 0);
	imans_enrol_free(taken);
	assert_int_equal(imans_enrol_take(*state, path, &taken), -ENOENT);
	imans_enrol_free(made);
	imans_enrol_free(kept);
	em_end(&n);
}

/* ----------------------------------------------------------- the requests */

static void refused(struct imans_ctx *ctx, struct em_node *n,
		    const struct imans_enrol_opts *opts, const char *name,
		    enum imans_finding_code code)
{
	struct imans_enrol *request = em_request(ctx, n);
	struct imans_enrol *made = NULL, *kept = NULL;
	uint8_t names[1][IMANS_TPM_NAME_SIZE];
	struct imans_enrol_opts pins = em_pinning(request, names);
	struct imans_findings *findings;

	assert_int_equal(imans_findings_new(&findings), 0);
	assert_int_equal(imans_enrol_challenge(request, opts ? opts : &pins,
					       findings, &made, &kept),
			 -EKEYREJECTED);
	if (!util_find(findings, code)) {
		print_error("%s: no %s\n", name, imans_finding_name(code));
		util_print(findings);
		fail();
	}
	assert_null(made);
	assert_null(kept);
	imans_findings_free(findings);
	imans_enrol_free(request);
}

static void bad_ak(void **state)
{
	static const struct {
		const char *name;
		uint32_t set, clear;
	} cases[] = {
		{ "not restricted", 0, 0x00010000 },
		{ "can leave the TPM", 0, 0x2 },
		{ "can get another parent", 0, 0x10 },
		{ "from outside", 0, 0x20 },
		{ "decrypts, too", 0x00020000, 0 },
		{ "does not sign", 0, 0x00040000 },
		{ "no userWithAuth", 0, 0x40 },
		{ "adminWithPolicy", 0x80, 0 },
	};
	struct em_node n;

	em_begin(&n);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		n.quote.attributes = (QM_ATTRIBUTES | cases[i].set) &
				     ~cases[i].clear;
		refused(*state, &n, NULL, cases[i].name,
			IMANS_F_AK_ATTRIBUTES);
	}
	n.quote.attributes = QM_ATTRIBUTES;
	n.quote.curve = 0x0004;
	refused(*state, &n, NULL, "another curve", IMANS_F_AK_ATTRIBUTES);
	em_end(&n);
}

/* A change of one field, by its place in the hexadecimal text. */
static void bad_ek(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		const char *digits;
	} cases[] = {
		{ "can leave the TPM", 8, "000300b0" },
		{ "not restricted", 8, "000200b2" },
		{ "signs", 8, "000700b2" },
		{ "another policy", 24, "00" },
		{ "AES-256", 88, "0100" },
		{ "another mode", 92, "0041" },
		{ "another curve", 100, "0004" },
		{ "no point of the curve", 112, "ffffffffffffffff" },
	};
	struct em_node n;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		em_begin(&n);
		memcpy(n.ek_hex + cases[i].at, cases[i].digits,
		       strlen(cases[i].digits));
		refused(*state, &n, NULL, cases[i].name, IMANS_F_EK_TEMPLATE);
		em_end(&n);
	}
}

static void unknown_ek(void **state)
{
	static const uint8_t names[2][IMANS_TPM_NAME_SIZE] = { { 0, 0x0b, 1 } };
	struct imans_enrol_opts opts = {
		.sz = sizeof(opts), .node = EM_NODE, .ek_names = names,
		.ek_name_count = 2,
	};
	struct imans_enrol *request, *made, *kept;
	struct imans_findings *findings;
	struct imans_ca *ca;
	struct em_node n;

	em_begin(&n);
	refused(*state, &n, &opts, "not pinned", IMANS_F_EK_UNKNOWN);
	assert_int_equal(imans_ca_new(*state, &ca), 0);
	opts.ca = ca;
	refused(*state, &n, &opts, "no certificate", IMANS_F_EK_UNKNOWN);
	request = em_request(*state, &n);
	assert_int_equal(imans_findings_new(&findings), 0);
	opts.node = "a b";
	assert_int_equal(imans_enrol_challenge(request, &opts, findings, &made,
					       &kept), -EINVAL);
	opts = (struct imans_enrol_opts) { .sz = sizeof(opts), .node = EM_NODE };
	assert_int_equal(imans_enrol_challenge(request, &opts, findings, &made,
					       &kept), -EINVAL);
	imans_findings_free(findings);
	imans_enrol_free(request);
	imans_ca_free(ca);
	em_end(&n);
}

static void ek_certificates(void **state)
{
	static const struct {
		const char *name;
		struct cm_cert cert;
		bool stranger;
		enum imans_finding_code code;
	} cases[] = {
		{ "good", { .usage = "keyAgreement",
			    .ext_usage = "2.23.133.8.1" }, false, 0 },
		{ "of an attestation key", { .ext_usage = "2.23.133.8.3" },
		  false, IMANS_F_CERT_USAGE },
		{ "for signing", { .usage = "digitalSignature" }, false,
		  IMANS_F_CERT_USAGE },
		{ "expired", { .subject = "x", .from = -100, .until = -60 },
		  false, IMANS_F_CERT_TIME },
		{ "of an unknown vendor", { .subject = "x" }, true,
		  IMANS_F_CERT_CHAIN },
	};
	struct cm_made root = cm_root("vendor"), other = cm_root("vendor");
	struct imans_enrol_opts opts = { .sz = sizeof(opts), .node = EM_NODE };
	struct imans_ca *ca;
	char *pem = cm_pem(&root);

	assert_int_equal(imans_ca_new(*state, &ca), 0);
	assert_int_equal(imans_ca_add(ca, IMANS_CA_ROOT, pem, strlen(pem), "r"),
			 0);
	free(pem);
	opts.ca = ca;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cm_cert what = cases[i].cert;
		struct cm_made cert, decoy = cm_root("decoy");
		struct imans_enrol *request, *made, *kept;
		struct imans_findings *findings;
		struct imans_enrol_info info;
		struct em_node n;

		em_begin(&n);
		what.key = n.ek;
		cert = cm_make(&what, cases[i].stranger ? &other : &root);
		/* Not the first one of the TPM's. */
		em_certs(&n, &decoy);
		em_certs(&n, &cert);
		if (cases[i].code) {
			refused(*state, &n, &opts, cases[i].name,
				cases[i].code);
		} else {
			request = em_request(*state, &n);
			assert_int_equal(imans_findings_new(&findings), 0);
			assert_int_equal(imans_enrol_challenge(request, &opts,
						findings, &made, &kept), 0);
			assert_int_equal(imans_enrol_info(kept, &info), 0);
			assert_true(info.ek_certified);
			imans_enrol_free(made);
			imans_enrol_free(kept);
			imans_findings_free(findings);
			imans_enrol_free(request);
		}
		cm_free(&cert);
		cm_free(&decoy);
		em_end(&n);
	}
	imans_ca_free(ca);
	cm_free(&root);
	cm_free(&other);
}

/* A certificate of the vendor's, but of another TPM's key. */
static void foreign_ek_certificate(void **state)
{
	const struct cm_cert what = { .ext_usage = "2.23.133.8.1" };
	struct cm_made root = cm_root("vendor"), cert = cm_make(&what, &root);
	struct imans_enrol_opts opts = { .sz = sizeof(opts), .node = EM_NODE };
	struct imans_ca *ca;
	char *pem = cm_pem(&root);
	struct em_node n;

	assert_int_equal(imans_ca_new(*state, &ca), 0);
	assert_int_equal(imans_ca_add(ca, IMANS_CA_ROOT, pem, strlen(pem), "r"),
			 0);
	free(pem);
	opts.ca = ca;
	em_begin(&n);
	em_certs(&n, &cert);
	refused(*state, &n, &opts, "another TPM's", IMANS_F_CERT_KEY);
	em_end(&n);
	imans_ca_free(ca);
	cm_free(&cert);
	cm_free(&root);
}

/* ------------------------------------------------------------ the messages */

static void malformed(void **state)
{
	static const struct {
		enum imans_enrol_kind kind;
		const char *text;
		int err;
		const char *reason;
	} cases[] = {
		{ IMANS_ENROL_REQUEST, "", -EBADMSG, "byte" },
		{ IMANS_ENROL_REQUEST, "[]", -EBADMSG, "object" },
		{ IMANS_ENROL_REQUEST, "{}", -EBADMSG, "format" },
		{ IMANS_ENROL_REQUEST, "{\"format\":\"ima-ns enrolment\"}",
		  -EBADMSG, "format" },
		{ IMANS_ENROL_RESPONSE,
		  "{\"format\":\"ima-ns enrolment response\"}", -EBADMSG,
		  "version" },
		{ IMANS_ENROL_RESPONSE,
		  "{\"format\":\"ima-ns enrolment response\",\"version\":2}",
		  -EPROTONOSUPPORT, "version 2" },
		{ IMANS_ENROL_RESPONSE,
		  "{\"format\":\"ima-ns enrolment response\",\"version\":1,"
		  "\"id\":\"00112233445566778899aabbccddeeff\"}", -EBADMSG,
		  "\"proof\" is missing" },
		{ IMANS_ENROL_RESPONSE,
		  "{\"format\":\"ima-ns enrolment response\",\"version\":1,"
		  "\"more\":1}", -EBADMSG, "\"more\" is not known" },
		{ IMANS_ENROL_RESPONSE,
		  "{\"format\":\"ima-ns enrolment response\",\"version\":1,"
		  "\"id\":\"0011\",\"proof\":\"\"}", -EBADMSG, "\"id\"" },
		{ IMANS_ENROL_REQUEST,
		  "{\"format\":\"ima-ns enrolment request\",\"version\":1,"
		  "\"ek\":\"00\",\"ek-certificates\":[],\"ak\":\"00\"}",
		  -EBADMSG, "TPMT_PUBLIC" },
		{ IMANS_ENROL_REQUEST,
		  "{\"format\":\"ima-ns enrolment request\",\"version\":1,"
		  "\"ek\":\"00\",\"ek-certificates\":[1],\"ak\":\"00\"}",
		  -EBADMSG, "element" },
		{ IMANS_ENROL_REQUEST,
		  "{\"format\":\"ima-ns enrolment request\",\"version\":1,"
		  "\"ek\":\"00\",\"ek-certificates\":"
		  "[1,2,3,4,5,6,7,8,9],\"ak\":\"00\"}", -EBADMSG, "array" },
		{ IMANS_ENROL_REQUEST,
		  "{\"format\":\"ima-ns enrolment request\",\"version\":1,"
		  "\"ek\":\"00\",\"ek-certificates\":[[[]]],\"ak\":\"00\"}",
		  -EBADMSG, "byte" },
		{ 6, "{}", -EINVAL, "message 6" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct imans_enrol *e;
		int err = imans_enrol_parse(*state, cases[i].kind,
					    cases[i].text,
					    strlen(cases[i].text), "m", &e);

		if (err != cases[i].err || !strstr(imans_ctx_error(*state),
						   cases[i].reason))
			fail_msg("%s: %d, \"%s\"", cases[i].text, err,
				 imans_ctx_error(*state));
	}
}

/* Each byte changed, and each beginning alone: read as it is, or refused. */
static void mutate(struct imans_ctx *ctx, const struct imans_enrol *message)
{
	struct imans_enrol_info info;
	struct imans_enrol *e;
	char *text, *again;
	size_t len;

	assert_int_equal(imans_enrol_info(message, &info), 0);
	assert_int_equal(imans_enrol_encode(message, &text), 0);
	len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		static const char flips[] = { 0x01, 0x10, 0x41, 0x7f };
		char *cut = malloc(i ? i : 1);

		for (size_t f = 0; f < sizeof(flips); f++) {
			text[i] ^= flips[f];
			if (!imans_enrol_parse(ctx, info.kind, text, len, NULL,
					       &e)) {
				assert_int_equal(imans_enrol_encode(e, &again),
						 0);
				free(again);
				imans_enrol_free(e);
			}
			text[i] ^= flips[f];
		}
		memcpy(cut, text, i);
		/* Without its last newline it is whole. */
		if (i + 1 < len)
			assert_int_equal(imans_enrol_parse(ctx, info.kind, cut,
							   i, NULL, &e),
					 -EBADMSG);
		free(cut);
	}
	assert_int_equal(imans_enrol_parse(ctx, info.kind, text, len, NULL, &e),
			 0);
	assert_int_equal(imans_enrol_encode(e, &again), 0);
	assert_string_equal(text, again);
	imans_enrol_free(e);
	free(again);
	free(text);
}

static void mutated(void **state)
{
	struct imans_enrol *request, *made, *kept, *response, *record;
	struct cm_made cert = cm_root("x");
	struct em_node n;

	em_begin(&n);
	em_certs(&n, &cert);
	request = em_request(*state, &n);
	em_challenge(*state, &n, &made, &kept);
	response = em_respond(*state, kept, EM_NODE, 0);
	assert_int_equal(imans_enrol_finish(kept, response, 0, &record), 0);
	mutate(*state, request);
	mutate(*state, made);
	mutate(*state, kept);
	mutate(*state, response);
	mutate(*state, record);
	imans_enrol_free(request);
	imans_enrol_free(made);
	imans_enrol_free(kept);
	imans_enrol_free(response);
	imans_enrol_free(record);
	cm_free(&cert);
	em_end(&n);
}

/* A record whose key was exchanged: its name tells. */
static void swapped_key(void **state)
{
	struct imans_enrol *record, *e;
	char *text, *at;
	struct em_node n;

	em_begin(&n);
	record = em_enrol(*state, &n);
	assert_int_equal(imans_enrol_encode(record, &text), 0);
	at = strstr(text, "\"ak\":\"");
	assert_non_null(at);
	at = strchr(at + 6, '"') - 1;
	*at = *at == '0' ? '1' : '0';
	assert_int_equal(imans_enrol_parse(*state, IMANS_ENROL_RECORD, text,
					   strlen(text), NULL, &e), -EBADMSG);
	assert_non_null(strstr(imans_ctx_error(*state), "ak-name"));
	free(text);
	imans_enrol_free(record);
	em_end(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(enrolled),
		TEST(no_record),
		TEST(bad_responses),
		TEST(ages),
		TEST(one_use),
		TEST(bad_ak),
		TEST(bad_ek),
		TEST(unknown_ek),
		TEST(ek_certificates),
		TEST(foreign_ek_certificate),
		TEST(malformed),
		TEST(mutated),
		TEST(swapped_key),
	};

	/* tpm2-tss would log what is malformed on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("enrol", tests, NULL, NULL);
}
