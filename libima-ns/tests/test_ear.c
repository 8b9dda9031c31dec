// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reports as JWTs in EAR form. */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"
#include "sign_key.h"

#include "../src/jws.h"

#define NOW	1800000000u


static struct imans_ear_opts ear_opts(void)
{
	return (struct imans_ear_opts) {
		.sz = sizeof(struct imans_ear_opts),
		.key_pem = skey_shared.private,
		.issued_at = NOW,
	};
}

/* The n-th part of a token, decoded; the caller frees it. */
static char *part(const char *jwt, int n, size_t *len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char *out = calloc(1, strlen(jwt) + 1);
	unsigned int bits = 0, held = 0;

	while (n--)
		jwt = strchr(jwt, '.') + 1;
	*len = 0;
	for (; *jwt && *jwt != '.'; jwt++) {
		const char *digit = strchr(digits, *jwt);

		assert_non_null(digit);
		bits = bits << 6 | (unsigned int)(digit - digits);
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[(*len)++] = (char)(bits >> held);
		}
	}
	return out;
}

static struct json_object *claims_of(const char *jwt)
{
	size_t len;
	char *text = part(jwt, 1, &len);
	struct json_object *o = json_tokener_parse(text);

	assert_non_null(o);
	free(text);
	return o;
}

/* Names lead to a value; "" if there is none. */
static const char *get(struct json_object *o, const char *a, const char *b,
		       const char *c, const char *d)
{
	const char *const names[] = { a, b, c, d };

	for (int i = 0; i < 4 && names[i]; i++)
		if (!json_object_object_get_ex(o, names[i], &o))
			return "";
	return json_object_get_string(o);
}

static char *token(struct node *n, const struct imans_ear_opts *opts)
{
	struct imans_verify_opts verify = node_opts(n);
	char *jwt;

	verify.sign = true;
	node_verify_with(n, &verify);
	assert_int_equal(imans_report_ear(n->report, opts, &jwt), 0);
	return jwt;
}

static void signed_by(void **state)
{
	static const char *const types[] = { "P-256", "P-384", "ED25519" };
	static const char *const algs[] = { "ES256", "ES384", "EdDSA" };

	for (int i = 0; i < 3; i++) {
		struct imans_ear_opts opts;
		struct imans_signer key;
		struct json_object *o;
		char *jwt, *sig, *head;
		struct skey own;
		struct node n;
		size_t len;

		skey_make(&own, types[i]);
		assert_int_equal(imans_signer_public(*state, own.public, &key),
				 0);
		node_begin(&n, *state);
		node_quote(&n);
		opts = ear_opts();
		opts.key_pem = own.private;
		jwt = token(&n, &opts);
		head = part(jwt, 0, &len);
		o = json_tokener_parse(head);
		assert_string_equal(get(o, "alg", NULL, NULL, NULL), algs[i]);
		assert_string_equal(get(o, "typ", NULL, NULL, NULL), "JWT");
		json_object_put(o);
		sig = part(jwt, 2, &len);
		assert_int_equal(imans_signer_verify(&key, jwt,
				 (size_t)(strrchr(jwt, '.') - jwt),
				 (uint8_t *)sig, len), 0);
		jwt[30] ^= 1;
		assert_int_equal(imans_signer_verify(&key, jwt,
				 (size_t)(strrchr(jwt, '.') - jwt),
				 (uint8_t *)sig, len), -EKEYREJECTED);
		free(head);
		free(sig);
		free(jwt);
		imans_signer_free(&key);
		skey_free(&own);
		node_end(&n);
	}
}

static void tiers(void **state)
{
	struct imans_ear_opts opts = ear_opts();
	struct json_object *o;
	struct node n;
	char *jwt;

	node_begin(&n, *state);
	bl_entry(&n.w, n.w.ns[WEB - 1], "/tmp/intruder");
	bl_violation(&n.w, n.w.ns[CTR - 1], "/bin/sh");
	bl_flush(&n.w);
	node_quote(&n);
	jwt = token(&n, &opts);
	o = claims_of(jwt);
	assert_string_equal(get(o, "eat_profile", NULL, NULL, NULL),
			    "tag:ietf.org,2026:rats/ear#04");
	assert_string_equal(get(o, "iat", NULL, NULL, NULL), "1800000000");
	assert_string_equal(get(o, "exp", NULL, NULL, NULL), "");
	assert_string_equal(get(o, "eat_nonce", NULL, NULL, NULL), "");
	assert_string_equal(get(o, "ear_status", NULL, NULL, NULL),
			    "contraindicated");
	assert_string_equal(get(o, "ear_verifier_id", "developer", NULL, NULL),
			    "libima-ns");
	/* Boot not checked, and the filter is off. */
	assert_string_equal(get(o, "submods", "node", "ear_status", NULL),
			    "warning");
	assert_string_equal(get(o, "submods", "node",
				"ear_trustworthiness_vector", NULL),
			    "{ \"instance-identity\": 2, \"configuration\": 32 }");
	assert_string_equal(get(o, "submods", "ns/1", "ear_status", NULL),
			    "contraindicated");
	assert_string_equal(get(o, "submods", "ns/1",
				"ear_trustworthiness_vector", NULL),
			    "{ \"configuration\": 2, \"executables\": 96 }");
	assert_string_equal(get(o, "submods", "ns/3", "ear_status", NULL),
			    "none");
	assert_string_equal(get(o, "submods", "ns/3",
				"ear_trustworthiness_vector", "executables"),
			    "33");
	assert_string_equal(get(o, "submods", "ns/2", "ear_status", NULL),
			    "warning");
	assert_non_null(strstr(get(o, "submods", "ns/1", "ear_verifier_claims",
				   "ima-ns"), "not-in-reference"));
	json_object_put(o);
	free(jwt);
	node_end(&n);
}

/* Signed as well, if the evidence is bad: that is what it is for. */
static void bad_quotes(void **state)
{
	struct imans_ear_opts opts = ear_opts();
	struct json_object *o;
	struct node n;
	char *jwt;

	for (int i = 0; i < 2; i++) {
		struct qm_key key;

		node_begin(&n, *state);
		if (i)
			n.quote.sig_hash = 0x0004;
		node_quote(&n);
		if (!i) {
			qm_key_make(&key);
			qm_key_free(&n.key);
			n.key = key;
		}
		jwt = token(&n, &opts);
		o = claims_of(jwt);
		assert_string_equal(get(o, "submods", "node", "ear_status",
					NULL), "contraindicated");
		assert_string_equal(get(o, "submods", "node",
					"ear_trustworthiness_vector",
					"instance-identity"), i ? "99" : "97");
		json_object_put(o);
		free(jwt);
		node_end(&n);
	}
}

static void what_is_given(void **state)
{
	const char *const ids[] = { "a.json", "b\xff.json" };
	struct imans_ear_opts opts = ear_opts();
	struct json_object *o;
	struct node n;
	char *jwt;

	opts.nonce = "0123456789abcdef";
	opts.nonce_len = 16;
	opts.lifetime = 60;
	opts.developer = "Example";
	opts.build = "1";
	opts.policy_ids = ids;
	opts.policy_id_count = 2;
	opts.raw_evidence = "\xff\xfe\xfd\xfc";
	opts.raw_evidence_len = 4;
	node_begin(&n, *state);
	node_quote_part(&n, "", "");
	jwt = token(&n, &opts);
	o = claims_of(jwt);
	assert_string_equal(get(o, "exp", NULL, NULL, NULL), "1800000060");
	assert_string_equal(get(o, "eat_nonce", NULL, NULL, NULL),
			    "MDEyMzQ1Njc4OWFiY2RlZg");
	assert_string_equal(get(o, "ear_raw_evidence", NULL, NULL, NULL),
			    "[ \"application\\/cbor\", \"__79_A\" ]");
	assert_string_equal(get(o, "ear_verifier_id", "build", NULL, NULL),
			    "1");
	assert_string_equal(get(o, "submods", "node",
				"ear_appraisal_policy_ids", NULL),
			    "[ \"a.json\", \"b\\\\xff.json\" ]");
	assert_string_equal(get(o, "submods", "ns/1", "ear_status", NULL),
			    "none");
	assert_string_equal(get(o, "submods", "ns/1",
				"ear_trustworthiness_vector", NULL),
			    "{ \"executables\": 0 }");
	json_object_put(o);
	free(jwt);

	opts.form = IMANS_EAR_2023;
	imans_report_free(n.report);
	jwt = token(&n, &opts);
	o = claims_of(jwt);
	assert_string_equal(get(o, "eat_profile", NULL, NULL, NULL),
			    "tag:github.com,2023:veraison/ear");
	assert_string_equal(get(o, "ear.raw-evidence", NULL, NULL, NULL),
			    "__79_A");
	assert_string_equal(get(o, "ear.verifier-id", "developer", NULL, NULL),
			    "Example");
	assert_string_equal(get(o, "submods", "node", "ear.status", NULL),
			    "none");
	assert_string_equal(get(o, "submods", "node",
				"ear.appraisal-policy-id", NULL), "a.json");
	assert_string_equal(get(o, "submods", "ns/1",
				"ear.trustworthiness-vector", "executables"),
			    "0");
	assert_null(strstr(json_object_to_json_string(o), "ear_"));
	json_object_put(o);
	free(jwt);
	node_end(&n);
}

static void refused(void **state)
{
	struct imans_verify_opts verify;
	struct imans_ear_opts opts = ear_opts();
	struct node n;
	char *jwt = NULL;

	node_begin(&n, *state);
	node_quote(&n);
	node_verify(&n);
	assert_int_equal(imans_report_ear(n.report, &opts, &jwt), -ENODATA);
	imans_report_free(n.report);
	verify = node_opts(&n);
	verify.sign = true;
	node_verify_with(&n, &verify);
	assert_int_equal(imans_report_ear(n.report, NULL, &jwt), -EINVAL);
	opts.key_pem = skey_shared.public;
	assert_int_equal(imans_report_ear(n.report, &opts, &jwt), -EINVAL);
	opts = ear_opts();
	opts.nonce = "short";
	opts.nonce_len = 5;
	assert_int_equal(imans_report_ear(n.report, &opts, &jwt), -EINVAL);
	opts = ear_opts();
	opts.form = 2;
	assert_int_equal(imans_report_ear(n.report, &opts, &jwt), -EINVAL);
	opts = ear_opts();
	opts.policy_id_count = 1;
	assert_int_equal(imans_report_ear(n.report, &opts, &jwt), -EINVAL);
	opts = ear_opts();
	opts.lifetime = UINT64_MAX;
	assert_int_equal(imans_report_ear(n.report, &opts, &jwt), -EINVAL);
	assert_int_equal(imans_report_write_ear(n.report, &opts, "/no/such"),
			 -EINVAL);
	opts = ear_opts();
	assert_int_equal(imans_report_write_ear(n.report, &opts, "/no/such/f"),
			 -ENOENT);
	assert_null(jwt);
	node_end(&n);
}

/* RFC 4648, section 10, without padding. */
static void base64url(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" },
		{ "\xfb\xff", "-_8" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = imans_base64url(cases[i][0], strlen(cases[i][0]));

		assert_string_equal(text, cases[i][1]);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(signed_by),
		TEST(tiers),
		TEST(bad_quotes),
		TEST(what_is_given),
		TEST(refused),
		TEST(base64url),
	};

	/* tpm2-tss would log what is damaged on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("ear", tests, skey_share,
					   skey_unshare);
}
