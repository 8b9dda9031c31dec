// SPDX-License-Identifier: LGPL-2.1-or-later
/* Evidence: read, made, redacted; the quote; the host's list; disclosures. */
#include "errors.h"

static const uint8_t zeros[IMANS_LEAF_SIZE];

MAKER(evidence_parse, imans_evidence,
      imans_evidence_parse(t->ctx, t->cbor.data, t->cbor.len, "e", &made))
MAKER(evidence_read, imans_evidence,
      imans_evidence_read(t->ctx, t->path, &made))
MAKER(evidence_new, imans_evidence, imans_evidence_new(t->ctx, &made))
ENCODER(evidence_encode, true,
	imans_evidence_encode(t->b.n.evidence, &data, &len))
WRITER(evidence_write, true, imans_evidence_write(t->b.n.evidence, t->made))
ENCODER(redacted_encode, true, imans_evidence_encode(t->redacted, &data, &len))

static const struct imans_redact_opts keep_web = {
	.sz = sizeof(keep_web), .labels = (const char *const[]){ "*web" },
	.label_count = 1, .subtree = true,
};

/* All of what is kept. */
static int run_evidence_redact(struct things *t)
{
	struct imans_evidence *made = UNTOUCHED;
	uint8_t *data;
	size_t len;
	int err = UNDER(imans_evidence_redact(t->b.n.evidence, &keep_web,
					      &made));

	if (err) {
		assert_ptr_equal(made, UNTOUCHED);
		return err;
	}
	assert_int_equal(imans_evidence_encode(made, &data, &len), 0);
	things_steady(t, data, len);
	free(data);
	imans_evidence_free(made);
	return 0;
}

/* A setter that failed has set nothing, or all that it set before. */
#define SETTER(name, call)						\
static int run_##name(struct things *t)					\
{									\
	struct imans_evidence *to;					\
	struct bl_bytes before, after;					\
	int err;							\
									\
	assert_int_equal(imans_evidence_parse(t->ctx, t->cbor.data,	\
					      t->cbor.len, "e", &to), 0);\
	assert_int_equal(imans_evidence_encode(to, &before.data,	\
					       &before.len), 0);	\
	err = UNDER(call);						\
	assert_int_equal(imans_evidence_encode(to, &after.data,		\
					       &after.len), 0);		\
	if (err) {							\
		assert_int_equal(before.len, after.len);		\
		assert_memory_equal(before.data, after.data, after.len);\
	} else {							\
		things_steady(t, after.data, after.len);		\
	}								\
	free(before.data);						\
	free(after.data);						\
	imans_evidence_free(to);					\
	return err;							\
}

static const struct imans_evidence_ns more_ns = {
	.id = 77, .path = "77", .header = IMANS_HEADER_SHA1,
	.list = (const uint8_t *)"list", .list_len = 4,
	.key = (const uint8_t *)"0123456789abcdef0123456789abcdef",
	.status = "state: active\n",
};

SETTER(evidence_set_quote,
       imans_evidence_set_quote(to, "q", 1, "s", 1, "a", 1))
SETTER(evidence_set_verifier, imans_evidence_set_verifier(to, "another"))
SETTER(evidence_set_host,
       imans_evidence_set_host(to, IMANS_HEADER_SHA1, "h", 1))
SETTER(evidence_set_firmware_log,
       imans_evidence_set_firmware_log(to, "f", 1))
SETTER(evidence_set_leaves, imans_evidence_set_leaves(to, zeros, 64))
SETTER(evidence_add_ns, imans_evidence_add_ns(to, &more_ns))
SETTER(evidence_add_ak_certs,
       imans_evidence_add_ak_certs(to, t->pems, strlen(t->pems), "c"))

/* That memory ran out is no finding. */
static void nothing_found(const struct imans_findings *findings)
{
	if (!imans_findings_count(findings))
		return;
	util_print(findings);
	fail_msg("it succeeds, but finds something");
}

static int run_quote_verify(struct things *t)
{
	struct imans_verify_opts all = things_opts(t);
	const struct imans_quote_opts opts = {
		.sz = sizeof(opts), .nonce = all.nonce,
		.nonce_len = all.nonce_len, .verifier_id = all.verifier_id,
		.ak_pem = all.ak_pem,
	};
	struct imans_findings *findings;
	struct imans_quote quote, before;
	int err;

	memset(&quote, 0x5a, sizeof(quote));
	memcpy(&before, &quote, sizeof(quote));
	assert_int_equal(imans_findings_new(&findings), 0);
	err = UNDER(imans_quote_verify(t->b.n.evidence, &opts, findings,
				       &quote));
	if (err)
		assert_memory_equal(&quote, &before, sizeof(quote));
	else
		nothing_found(findings);
	imans_findings_free(findings);
	return err;
}

static int run_host_prove(struct things *t)
{
	struct imans_findings *findings;
	struct imans_host *host = UNTOUCHED;
	int err;

	assert_int_equal(imans_findings_new(&findings), 0);
	err = UNDER(imans_host_prove(t->ctx, t->host.data, t->host.len,
				     &t->quoted, NULL, findings, &host));
	if (err) {
		assert_ptr_equal(host, UNTOUCHED);
	} else {
		/* It does not succeed with less found. */
		assert_true(imans_host_proven(host));
		assert_int_equal(imans_host_ns_count(host), 3);
		imans_host_free(host);
	}
	imans_findings_free(findings);
	return err;
}

static int run_host_prove_ns(struct things *t)
{
	const struct bl_ns *web = t->b.n.w.ns[WEB - 1];
	struct imans_proof *proof = UNTOUCHED;
	struct imans_findings *findings;
	struct imans_proof_info info;
	struct imans_host *host;
	int err;

	assert_int_equal(imans_findings_new(&findings), 0);
	assert_int_equal(imans_host_prove(t->ctx, t->host.data, t->host.len,
					  &t->quoted, NULL, findings, &host),
			 0);
	err = UNDER(imans_host_prove_ns(host, WEB, t->web.data, t->web.len,
					web->key, NULL, findings, &proof));
	if (err) {
		assert_ptr_equal(proof, UNTOUCHED);
	} else {
		imans_proof_info(proof, &info);
		assert_int_equal(info.proven, web->list.count);
		assert_int_equal(info.violations, 1);
		imans_proof_free(proof);
	}
	imans_host_free(host);
	imans_findings_free(findings);
	return err;
}

static const struct imans_disclose_opts range = {
	.sz = sizeof(range), .header = IMANS_HEADER_SHA1, .first = 1,
	.count = 3,
};

static int run_disclosure_make(struct things *t)
{
	struct imans_disclosure *made = UNTOUCHED;
	uint8_t *data;
	size_t len;
	int err = UNDER(imans_disclosure_make(t->ctx, WEB, t->web.data,
					      t->web.len,
					      t->b.n.w.ns[WEB - 1]->key,
					      &range, &made));

	if (err) {
		assert_ptr_equal(made, UNTOUCHED);
		return err;
	}
	assert_int_equal(imans_disclosure_encode(made, &data, &len), 0);
	things_steady(t, data, len);
	free(data);
	imans_disclosure_free(made);
	return 0;
}
ENCODER(disclosure_encode, true,
	imans_disclosure_encode(t->disclosure, &data, &len))
WRITER(disclosure_write, true, imans_disclosure_write(t->disclosure, t->made))
MAKER(disclosure_read, imans_disclosure,
      imans_disclosure_read(t->ctx, t->disclosed, &made))

static int run_disclosure_parse(struct things *t)
{
	struct imans_disclosure *made = UNTOUCHED;
	struct bl_bytes b;
	int err;

	assert_true(util_read_file(t->disclosed, &b));
	err = UNDER(imans_disclosure_parse(t->ctx, b.data, b.len, "d", &made));
	free(b.data);
	if (err)
		assert_ptr_equal(made, UNTOUCHED);
	else
		imans_disclosure_free(made);
	return err;
}

static int run_disclosure_verify(struct things *t)
{
	const struct imans_verify_opts opts = things_opts(t);
	struct imans_report *report = UNTOUCHED;
	struct imans_subject subject;
	int err = UNDER(imans_disclosure_verify(t->b.n.evidence, &opts,
						t->disclosure, &report));

	if (err) {
		assert_ptr_equal(report, UNTOUCHED);
		return err;
	}
	assert_int_equal(imans_report_subject(report, 1, &subject), 0);
	assert_int_equal(subject.proven, 2);
	imans_report_free(report);
	return 0;
}

const struct call calls_evidence[] = {
	CALL(evidence_parse),
	CALL(evidence_read),
	CALL(evidence_new),
	CALL(evidence_encode),
	{ "imans_evidence_encode", run_redacted_encode, 0, false },
	CALL(evidence_write),
	CALL(evidence_redact),
	CALL(evidence_set_quote),
	CALL(evidence_set_verifier),
	CALL(evidence_set_host),
	CALL(evidence_set_firmware_log),
	CALL(evidence_set_leaves),
	CALL(evidence_add_ns),
	CALL(evidence_add_ak_certs),
	CALL(quote_verify),
	CALL(host_prove),
	CALL(host_prove_ns),
	CALL(disclosure_make),
	CALL(disclosure_encode),
	CALL(disclosure_write),
	CALL(disclosure_parse),
	CALL(disclosure_read),
	CALL(disclosure_verify),
	{ NULL, NULL, 0, false },
};
