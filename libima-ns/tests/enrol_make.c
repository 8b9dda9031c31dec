// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/hmac.h>

#include "enrol_make.h"

/* TPMT_PUBLIC of an ECC endorsement key, from before its point. */
static const char ek_head[] =
	"0023000b000300b20020837197674484b3f81a90cc8d46a5d724fd52d76e06520b64"
	"f2a1da1b331469aa00060080004300100003001000200000";

#define EK_HEAD_LEN	(strlen(ek_head) - 8)

char *em_hex(const uint8_t *data, size_t len)
{
	char *text = malloc(2 * len + 1);

	text[0] = '\0';
	for (size_t i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", data[i]);
	return text;
}

void em_begin(struct em_node *n)
{
	char *x, *y;
	uint8_t point[65];
	size_t len;

	memset(n, 0, sizeof(*n));
	qm_key_make(&n->ak);
	qm_defaults(&n->quote);
	n->quote.pcrs.banks = n->quote.banks;
	n->ek = EVP_EC_gen("P-256");
	assert_int_equal(EVP_PKEY_get_octet_string_param(n->ek,
				OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point),
				&len), 1);
	x = em_hex(point + 1, 32);
	y = em_hex(point + 33, 32);
	snprintf(n->ek_hex, sizeof(n->ek_hex), "%.*s0020%s0020%s",
		 (int)EK_HEAD_LEN, ek_head, x, y);
	free(x);
	free(y);
	n->certs = strdup("");
}

void em_end(struct em_node *n)
{
	qm_key_free(&n->ak);
	EVP_PKEY_free(n->ek);
	free(n->ak_hex);
	free(n->certs);
}

void em_certs(struct em_node *n, const struct cm_made *made)
{
	uint8_t *der = NULL;
	int len = i2d_X509(made->cert, &der);
	char *hex = em_hex(der, (size_t)len);
	char *more = malloc(strlen(n->certs) + strlen(hex) + 4);

	sprintf(more, "%s%s\"%s\"", n->certs, *n->certs ? "," : "", hex);
	free(n->certs);
	n->certs = more;
	free(hex);
	OPENSSL_free(der);
}

char *em_request_text(struct em_node *n)
{
	static const char form[] =
		"{\"format\":\"ima-ns enrolment request\",\"version\":1,"
		"\"ek\":\"%s\",\"ek-certificates\":[%s],\"ak\":\"%s\"}";
	struct bl_bytes public = qm_public(&n->quote, &n->ak);
	size_t size;
	char *text;

	free(n->ak_hex);
	n->ak_hex = em_hex(public.data, public.len);
	free(public.data);
	size = sizeof(form) + strlen(n->ek_hex) + strlen(n->certs) +
	       strlen(n->ak_hex);
	text = malloc(size);
	snprintf(text, size, form, n->ek_hex, n->certs, n->ak_hex);
	return text;
}

struct imans_enrol *em_request(struct imans_ctx *ctx, struct em_node *n)
{
	char *text = em_request_text(n);
	struct imans_enrol *request;
	int err = imans_enrol_parse(ctx, IMANS_ENROL_REQUEST, text,
				    strlen(text), "request", &request);

	if (err)
		fail_msg("%s", imans_ctx_error(ctx));
	free(text);
	return request;
}

struct imans_enrol_opts em_pinning(const struct imans_enrol *request,
				       uint8_t name[1][IMANS_TPM_NAME_SIZE])
{
	struct imans_enrol_info info;

	assert_int_equal(imans_enrol_info(request, &info), 0);
	memcpy(name[0], info.ek_name, IMANS_TPM_NAME_SIZE);
	return (struct imans_enrol_opts) {
		.sz = sizeof(struct imans_enrol_opts),
		.node = EM_NODE,
		.ek_names = (const uint8_t (*)[IMANS_TPM_NAME_SIZE])name,
		.ek_name_count = 1,
	};
}

void em_challenge(struct imans_ctx *ctx, struct em_node *n,
		      struct imans_enrol **made, struct imans_enrol **kept)
{
	struct imans_enrol *request = em_request(ctx, n);
	uint8_t names[1][IMANS_TPM_NAME_SIZE];
	struct imans_enrol_opts opts = em_pinning(request, names);
	struct imans_findings *findings;

	assert_int_equal(imans_findings_new(&findings), 0);
	assert_int_equal(imans_enrol_challenge(request, &opts, findings, made,
					       kept), 0);
	assert_int_equal(imans_findings_count(findings), 0);
	imans_findings_free(findings);
	imans_enrol_free(request);
}

struct bl_bytes em_value(const struct imans_enrol *enrol,
				const char *key)
{
	struct bl_bytes bytes = { NULL, 0 };
	char quoted[64], *text, *at;

	assert_int_equal(imans_enrol_encode(enrol, &text), 0);
	snprintf(quoted, sizeof(quoted), "\"%s\":\"", key);
	at = strstr(text, quoted);
	assert_non_null(at);
	at += strlen(quoted);
	*strchr(at, '"') = '\0';
	assert_true(util_unhex(at, &bytes));
	free(text);
	return bytes;
}

struct imans_enrol *em_respond(struct imans_ctx *ctx,
				   const struct imans_enrol *state,
				   const char *node, int spoil)
{
	struct bl_bytes id = em_value(state, "id");
	struct bl_bytes name = em_value(state, "ak-name");
	struct bl_bytes secret = em_value(state, "secret");
	struct bl_bytes in = { NULL, 0 };
	uint8_t proof[32];
	unsigned int len;
	struct imans_enrol *response;
	char *id_hex, *proof_hex, text[512];

	secret.data[0] ^= (uint8_t)spoil;
	bl_put(&in, "ima-ns/v1 enrol", 15);
	bl_put(&in, id.data, id.len);
	bl_put(&in, name.data, name.len);
	bl_put(&in, node, strlen(node));
	assert_non_null(HMAC(EVP_sha256(), secret.data, (int)secret.len,
			     in.data, in.len, proof, &len));
	id_hex = em_hex(id.data, id.len);
	proof_hex = em_hex(proof, sizeof(proof));
	snprintf(text, sizeof(text),
		 "{\"format\":\"ima-ns enrolment response\",\"version\":1,"
		 "\"id\":\"%s\",\"proof\":\"%s\"}", id_hex, proof_hex);
	assert_int_equal(imans_enrol_parse(ctx, IMANS_ENROL_RESPONSE, text,
					   strlen(text), NULL, &response), 0);
	free(id_hex);
	free(proof_hex);
	free(id.data);
	free(name.data);
	free(secret.data);
	free(in.data);
	return response;
}

struct imans_enrol *em_enrol(struct imans_ctx *ctx, struct em_node *n)
{
	struct imans_enrol *made, *kept, *response, *record;

	em_challenge(ctx, n, &made, &kept);
	response = em_respond(ctx, kept, EM_NODE, 0);
	assert_int_equal(imans_enrol_finish(kept, response, 0, &record), 0);
	imans_enrol_free(made);
	imans_enrol_free(kept);
	imans_enrol_free(response);
	return record;
}
