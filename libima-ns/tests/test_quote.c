// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rule 1 of a verifier: quotes, good and bad. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "quote_make.h"

/* A quote of arbitrary PCR values, in evidence. */
static struct imans_evidence *make(struct imans_ctx *ctx,
				   struct qm_quote *quote,
				   const struct qm_key *key)
{
	struct imans_evidence *evidence;

	quote->pcrs.banks = quote->banks;
	for (int i = 0; i < IMANS_BANKS; i++)
		memset(quote->pcrs.value[i], 0x30 + i, IMANS_DIGEST_MAX);
	assert_int_equal(imans_evidence_new(ctx, &evidence), 0);
	qm_put(quote, key, evidence);
	return evidence;
}

static struct imans_quote_opts opts_of(const struct qm_quote *quote,
				       const struct qm_key *key)
{
	return (struct imans_quote_opts) {
		.sz = sizeof(struct imans_quote_opts),
		.nonce = quote->nonce,
		.nonce_len = sizeof(quote->nonce),
		.verifier_id = quote->verifier_id,
		.ak_pem = key->pem,
	};
}

static void good_quote(void **state)
{
	struct imans_findings *findings;
	struct imans_evidence *evidence;
	struct imans_quote_opts opts;
	struct imans_quote out;
	struct qm_quote quote;
	struct qm_key key;

	qm_key_make(&key);
	qm_defaults(&quote);
	quote.verifier_id = "verifier.example";
	evidence = make(*state, &quote, &key);
	opts = opts_of(&quote, &key);
	assert_int_equal(imans_findings_new(&findings), 0);
	assert_int_equal(imans_quote_verify(evidence, &opts, findings, &out),
			 0);
	util_print(findings);
	assert_int_equal(imans_findings_count(findings), 0);
	assert_true(out.verified);
	assert_int_equal(out.pcr10.banks, IMANS_ALL_BANKS);
	assert_memory_equal(out.pcr10.value[IMANS_SHA384],
			    quote.pcrs.value[IMANS_SHA384], 48);
	assert_int_equal(out.clock, 123456);
	assert_int_equal(out.reset_count, 7);
	assert_int_equal(out.restart_count, 3);
	assert_true(out.clock_safe);
	imans_findings_free(findings);
	imans_evidence_free(evidence);
	qm_key_free(&key);
}

/* One thing that is wrong with a quote that is signed all the same. */
struct bad_quote {
	const char *name;
	void (*spoil)(struct qm_quote *quote);
	enum imans_finding_code code;
};

static void other_magic(struct qm_quote *quote)
{
	quote->magic = 0xff544346;
}

static void other_type(struct qm_quote *quote)
{
	quote->type = QM_TYPE_TIME;
}

static void sha1_only(struct qm_quote *quote)
{
	quote->banks = IMANS_BANK(IMANS_SHA1);
}

static void other_pcr(struct qm_quote *quote)
{
	quote->pcr = 11;
}

static void unrestricted_key(struct qm_quote *quote)
{
	quote->attributes &= ~0x00010000u;
}

static void duplicable_key(struct qm_quote *quote)
{
	quote->attributes &= ~0x2u;
}

static void movable_parent(struct qm_quote *quote)
{
	quote->attributes &= ~0x10u;
}

static void imported_key(struct qm_quote *quote)
{
	quote->attributes &= ~0x20u;
}

static void decrypting_key(struct qm_quote *quote)
{
	quote->attributes |= 0x00020000u;
}

static void sha384_signature(struct qm_quote *quote)
{
	quote->sig_hash = 0x000c;
}

static void other_curve(struct qm_quote *quote)
{
	quote->curve = 0x0004;	/* P-384 */
}

static const struct bad_quote bad_quotes[] = {
	{ "not TPM_GENERATED", other_magic, IMANS_F_QUOTE_TYPE },
	{ "not a quote", other_type, IMANS_F_QUOTE_TYPE },
	{ "nothing but SHA-1", sha1_only, IMANS_F_QUOTE_PCR },
	{ "another PCR", other_pcr, IMANS_F_QUOTE_PCR },
	{ "key not restricted", unrestricted_key, IMANS_F_QUOTE_KEY_ATTRIBUTES },
	{ "key can be duplicated", duplicable_key,
	  IMANS_F_QUOTE_KEY_ATTRIBUTES },
	{ "key can get another parent", movable_parent,
	  IMANS_F_QUOTE_KEY_ATTRIBUTES },
	{ "key from outside", imported_key, IMANS_F_QUOTE_KEY_ATTRIBUTES },
	{ "key decrypts", decrypting_key, IMANS_F_QUOTE_KEY_ATTRIBUTES },
	{ "signature with SHA-384", sha384_signature, IMANS_F_QUOTE_SIGNATURE },
	{ "key on another curve", other_curve, IMANS_F_QUOTE_KEY },
};

static void expect(struct imans_ctx *ctx, const char *name,
		   struct qm_quote *quote, const struct qm_key *key,
		   const struct imans_quote_opts *opts,
		   enum imans_finding_code code)
{
	struct imans_evidence *evidence = make(ctx, quote, key);
	struct imans_findings *findings;
	struct imans_quote out;

	assert_int_equal(imans_findings_new(&findings), 0);
	assert_int_equal(imans_quote_verify(evidence, opts, findings, &out), 0);
	if (!util_find(findings, code) || out.verified) {
		print_error("%s: no %s\n", name, imans_finding_name(code));
		util_print(findings);
		fail();
	}
	imans_findings_free(findings);
	imans_evidence_free(evidence);
}

static void bad_quote(void **state)
{
	struct imans_quote_opts opts;
	struct qm_quote quote;
	struct qm_key key;

	qm_key_make(&key);
	for (size_t i = 0; i < sizeof(bad_quotes) / sizeof(*bad_quotes); i++) {
		qm_defaults(&quote);
		bad_quotes[i].spoil(&quote);
		opts = opts_of(&quote, &key);
		expect(*state, bad_quotes[i].name, &quote, &key, &opts,
		       bad_quotes[i].code);
	}
	qm_key_free(&key);
}

static void wrong_expectation(void **state)
{
	uint8_t nonce[QM_NONCE_SIZE] = { 1 };
	struct imans_quote_opts opts;
	struct qm_quote quote;
	struct qm_key key, other;

	qm_key_make(&key);
	qm_key_make(&other);
	qm_defaults(&quote);
	opts = opts_of(&quote, &key);
	opts.nonce = nonce;
	expect(*state, "another nonce", &quote, &key, &opts,
	       IMANS_F_QUOTE_NONCE);
	opts = opts_of(&quote, &key);
	opts.nonce_len--;
	expect(*state, "a shorter nonce", &quote, &key, &opts,
	       IMANS_F_QUOTE_NONCE);
	opts = opts_of(&quote, &key);
	opts.verifier_id = "someone else";
	expect(*state, "another verifier", &quote, &key, &opts,
	       IMANS_F_QUOTE_NONCE);
	opts = opts_of(&quote, &key);
	opts.ak_pem = other.pem;
	expect(*state, "another pinned key", &quote, &key, &opts,
	       IMANS_F_QUOTE_KEY);
	expect(*state, "another key's signature", &quote, &key, &opts,
	       IMANS_F_QUOTE_SIGNATURE);
	qm_key_free(&key);
	qm_key_free(&other);
}

static void bad_options(void **state)
{
	struct imans_findings *findings;
	struct imans_evidence *evidence;
	struct imans_quote_opts opts;
	struct imans_quote out;
	struct qm_quote quote;
	struct qm_key key, other;

	qm_key_make(&key);
	qm_defaults(&quote);
	evidence = make(*state, &quote, &key);
	assert_int_equal(imans_findings_new(&findings), 0);
	opts = opts_of(&quote, &key);
	opts.ak_pem = "-----BEGIN PUBLIC KEY-----\nAAAA\n";
	assert_int_equal(imans_quote_verify(evidence, &opts, findings, &out),
			 -EINVAL);
	qm_key_make_on(&other, "secp256k1");
	opts.ak_pem = other.pem;
	assert_int_equal(imans_quote_verify(evidence, &opts, findings, &out),
			 -EINVAL);
	qm_key_free(&other);
	opts.ak_pem = NULL;
	assert_int_equal(imans_quote_verify(evidence, &opts, findings, &out),
			 -EINVAL);
	opts = opts_of(&quote, &key);
	opts.nonce_len = IMANS_NONCE_MIN - 1;
	assert_int_equal(imans_quote_verify(evidence, &opts, findings, &out),
			 -EINVAL);
	opts.nonce = NULL;
	assert_int_equal(imans_quote_verify(evidence, &opts, findings, &out),
			 -EINVAL);
	assert_int_equal(imans_findings_count(findings), 0);
	imans_findings_free(findings);
	imans_evidence_free(evidence);
	qm_key_free(&key);
}

/* Values of a PCR that was quoted, but is not carried. */
static void missing_value(void **state)
{
	struct imans_findings *findings;
	struct imans_evidence *evidence;
	struct imans_quote_opts opts;
	struct imans_quote out;
	struct qm_quote quote;
	struct qm_key key;

	qm_key_make(&key);
	qm_defaults(&quote);
	quote.pcrs.banks = IMANS_ALL_BANKS & ~IMANS_BANK(IMANS_SHA512);
	assert_int_equal(imans_evidence_new(*state, &evidence), 0);
	qm_put(&quote, &key, evidence);
	opts = opts_of(&quote, &key);
	assert_int_equal(imans_findings_new(&findings), 0);
	assert_int_equal(imans_quote_verify(evidence, &opts, findings, &out),
			 0);
	assert_non_null(util_find(findings, IMANS_F_QUOTE_PCR_DIGEST));
	assert_false(out.verified);
	imans_findings_free(findings);
	imans_evidence_free(evidence);
	qm_key_free(&key);
}

/* Cut off, or with a byte more: no structure is read half. */
static void malformed(void **state)
{
	struct bl_bytes parts[3];
	struct imans_quote_opts opts;
	struct qm_quote quote;
	struct qm_key key;

	qm_key_make(&key);
	qm_defaults(&quote);
	opts = opts_of(&quote, &key);
	parts[0] = qm_attest(&quote);
	parts[1] = qm_sign(&quote, &key, &parts[0]);
	parts[2] = qm_public(&quote, &key);
	for (int cut = 0; cut < 6; cut++) {
		struct bl_bytes *part = &parts[cut / 2];
		struct imans_findings *findings;
		struct imans_evidence *evidence;
		struct imans_quote out;
		size_t len = part->len;

		if (cut % 2)
			part->len--;
		else
			bl_put(part, "", 1);
		assert_int_equal(imans_evidence_new(*state, &evidence), 0);
		assert_int_equal(imans_evidence_set_quote(evidence,
				parts[0].data, parts[0].len, parts[1].data,
				parts[1].len, parts[2].data, parts[2].len), 0);
		assert_int_equal(imans_findings_new(&findings), 0);
		assert_int_equal(imans_quote_verify(evidence, &opts, findings,
						    &out), 0);
		assert_non_null(util_find(findings, IMANS_F_QUOTE_MALFORMED));
		assert_false(out.verified);
		imans_findings_free(findings);
		imans_evidence_free(evidence);
		part->len = len;
	}
	for (int i = 0; i < 3; i++)
		free(parts[i].data);
	qm_key_free(&key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_quote),
		TEST(bad_quote),
		TEST(wrong_expectation),
		TEST(bad_options),
		TEST(missing_value),
		TEST(malformed),
	};

	return cmocka_run_group_tests_name("quote", tests, NULL, NULL);
}
