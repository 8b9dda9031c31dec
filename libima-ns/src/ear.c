// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A report as an EAT attestation result: draft-ietf-rats-ear-04, in JSON and
 * signed as a JWT. Documentation/security/ima-namespaces.rst tells what of a
 * report becomes which claim.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ear_vector.h"
#include "file.h"
#include "json_text.h"
#include "jws.h"
#include "text.h"

#define PROFILE_04	"tag:ietf.org,2026:rats/ear#04"
#define PROFILE_2023	"tag:github.com,2023:veraison/ear"

/* The evidence in a record of CMW, draft-ietf-rats-msg-wrap. */
#define EVIDENCE_TYPE	"application/cbor"

/* Claims in the making: what fails once makes the whole fail. */
struct maker {
	const struct imans_report *report;
	struct imans_ear_opts opts;
	bool failed;
};

/* The value is taken over; to an array it is added without a name. */
static void add(struct maker *m, struct json_object *to, const char *name,
		struct json_object *value)
{
	int err = !to || !value ? -1 :
		  name ? json_object_object_add(to, name, value) :
			 json_object_array_add(to, value);

	if (!err)
		return;
	m->failed = true;
	json_object_put(value);
}

/* As RFC 8259 wants it, whatever a caller says: escaped, if it is not ASCII. */
static struct json_object *string(const char *text)
{
	char *shown = imans_text_escape(text);
	struct json_object *o = shown ? json_object_new_string(shown) : NULL;

	free(shown);
	return o;
}

static struct json_object *bytes(const void *data, size_t len)
{
	char *text = imans_base64url(data, len);
	struct json_object *o = text ? json_object_new_string(text) : NULL;

	free(text);
	return o;
}

/* "ear_raw_evidence" was "ear.raw-evidence" before. */
static void add_ear(struct maker *m, struct json_object *to, const char *name,
		    struct json_object *value)
{
	char old[64];

	if (m->opts.form == IMANS_EAR_04) {
		add(m, to, name, value);
		return;
	}
	snprintf(old, sizeof(old), "%s", name);
	for (char *at = old; *at; at++)
		if (*at == '_')
			*at = at == old + 3 ? '.' : '-';
	add(m, to, old, value);
}

/* Earlier drafts have one name of a policy. */
static void add_policies(struct maker *m, struct json_object *to)
{
	struct json_object *ids;

	if (!m->opts.policy_id_count)
		return;
	if (m->opts.form == IMANS_EAR_2023) {
		add_ear(m, to, "ear_appraisal_policy_id",
			string(m->opts.policy_ids[0]));
		return;
	}
	ids = json_object_new_array();
	for (size_t i = 0; i < m->opts.policy_id_count; i++)
		add(m, ids, NULL, string(m->opts.policy_ids[i]));
	add_ear(m, to, "ear_appraisal_policy_ids", ids);
}

static struct json_object *vector_json(struct maker *m, size_t n)
{
	static const char *const names[EAR_CLAIMS] = {
		[EAR_INSTANCE] = "instance-identity",
		[EAR_CONFIGURATION] = "configuration",
		[EAR_EXECUTABLES] = "executables",
	};
	struct json_object *o = json_object_new_object();
	int vector[EAR_CLAIMS];

	imans_ear_vector(m->report, n, vector);
	for (int i = 0; i < EAR_CLAIMS; i++)
		if (vector[i] != EAR_ABSENT)
			add(m, o, names[i], json_object_new_int(vector[i]));
	return o;
}

static struct json_object *appraisal(struct maker *m, size_t n)
{
	const struct report_ground *ground = &m->report->ground;
	struct json_object *o = json_object_new_object();
	struct json_object *said = json_object_new_object();

	add_ear(m, o, "ear_status",
		json_object_new_string(imans_ear_tier(
			m->report->subjects[n].pub.verdict)));
	add_ear(m, o, "ear_trustworthiness_vector", vector_json(m, n));
	add_policies(m, o);
	/* That of the evidence, which was compared; the other is outside. */
	if (!n && ground->kept && m->opts.form == IMANS_EAR_04)
		add(m, o, "eat_nonce", bytes(ground->nonce, ground->nonce_len));
	add(m, said, "ima-ns", imans_report_subject_json(m->report, n));
	add_ear(m, o, "ear_verifier_claims", said);
	return o;
}

static struct json_object *submods(struct maker *m)
{
	struct json_object *o = json_object_new_object();
	char name[32];

	add(m, o, "node", appraisal(m, 0));
	for (size_t i = 1; i < m->report->count; i++) {
		snprintf(name, sizeof(name), "ns/%" PRIu64,
			 m->report->subjects[i].pub.id);
		add(m, o, name, appraisal(m, i));
	}
	return o;
}

static struct json_object *verifier(struct maker *m)
{
	struct json_object *o = json_object_new_object();

	add(m, o, "developer", string(m->opts.developer ? m->opts.developer :
						      "libima-ns"));
	add(m, o, "build", string(m->opts.build ? m->opts.build :
			      "libima-ns " IMANS_VERSION));
	return o;
}

static struct json_object *raw_evidence(struct maker *m)
{
	struct json_object *data = bytes(m->opts.raw_evidence,
					 m->opts.raw_evidence_len);
	struct json_object *record;

	if (m->opts.form == IMANS_EAR_2023)
		return data;
	record = json_object_new_array();
	add(m, record, NULL, json_object_new_string(EVIDENCE_TYPE));
	add(m, record, NULL, data);
	return record;
}

static struct json_object *claims(struct maker *m)
{
	const struct imans_ear_opts *opts = &m->opts;
	struct json_object *o = json_object_new_object();
	uint64_t now = opts->issued_at ? opts->issued_at : (uint64_t)time(NULL);

	add(m, o, "eat_profile",
	    json_object_new_string(opts->form == IMANS_EAR_04 ? PROFILE_04 :
							       PROFILE_2023));
	add(m, o, "iat", json_object_new_uint64(now));
	if (opts->lifetime)
		add(m, o, "exp", json_object_new_uint64(now + opts->lifetime));
	if (opts->form == IMANS_EAR_04)
		add(m, o, "ear_status",
		    json_object_new_string(imans_ear_tier(
			    imans_report_verdict(m->report))));
	add_ear(m, o, "ear_verifier_id", verifier(m));
	if (opts->nonce)
		add(m, o, "eat_nonce", bytes(opts->nonce, opts->nonce_len));
	if (opts->raw_evidence)
		add_ear(m, o, "ear_raw_evidence", raw_evidence(m));
	add(m, o, "submods", submods(m));
	return o;
}

static int sign(struct maker *m, char **jwt)
{
	const int flags = JSON_C_TO_STRING_PLAIN |
			  JSON_C_TO_STRING_NOSLASHESCAPE;
	struct imans_ctx *ctx = m->report->ctx;
	struct imans_signer key;
	struct json_object *o;
	const char *json;
	size_t len;
	int err = imans_signer_private(ctx, m->opts.key_pem, &key);

	if (err)
		return err;
	o = claims(m);
	json = m->failed ? NULL : imans_json_print(o, flags, &len);
	err = json ? imans_jws_sign(ctx, &key, json, jwt) :
		     imans_err(ctx, -ENOMEM, "EAR: out of memory");
	json_object_put(o);
	imans_signer_free(&key);
	return err;
}

static int check_opts(struct imans_ctx *ctx, const struct imans_ear_opts *opts)
{
	if (opts->form != IMANS_EAR_04 && opts->form != IMANS_EAR_2023)
		return imans_err(ctx, -EINVAL, "EAR: no such form");
	if (opts->nonce && (opts->nonce_len < IMANS_NONCE_MIN ||
			    opts->nonce_len > IMANS_NONCE_MAX))
		return imans_err(ctx, -EINVAL,
				 "the nonce has %zu bytes, not %d to %d",
				 opts->nonce_len, IMANS_NONCE_MIN,
				 IMANS_NONCE_MAX);
	if (opts->policy_id_count && !opts->policy_ids)
		return imans_err(ctx, -EINVAL, "EAR: names of policies are missing");
	/* NumericDate: whole seconds, exact in any reader's numbers. */
	if (opts->issued_at > UINT32_MAX || opts->lifetime > UINT32_MAX)
		return imans_err(ctx, -EINVAL, "EAR: a time is too late");
	return 0;
}

IMANS_API int imans_report_ear(const struct imans_report *report,
			       const struct imans_ear_opts *opts, char **jwt)
{
	struct maker m = { .report = report };
	int err = imans_opts_copy(report->ctx, &m.opts, sizeof(m.opts), opts);

	if (!err)
		err = check_opts(report->ctx, &m.opts);
	if (err)
		return err;
	if (!report->ground.asked)
		return imans_err(report->ctx, -ENODATA,
				 "EAR: the report was not made to be signed");
	return sign(&m, jwt);
}

IMANS_API int imans_report_write_ear(const struct imans_report *report,
				     const struct imans_ear_opts *opts,
				     const char *path)
{
	char *jwt, *line = NULL;
	int len, err = imans_report_ear(report, opts, &jwt);

	if (err)
		return err;
	len = asprintf(&line, "%s\n", jwt);
	free(jwt);
	if (len < 0)
		return imans_err(report->ctx, -ENOMEM, "EAR: out of memory");
	err = imans_file_write(report->ctx, path, line, (size_t)len, 0644);
	free(line);
	return err;
}
