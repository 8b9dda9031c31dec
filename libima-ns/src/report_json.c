// SPDX-License-Identifier: LGPL-2.1-or-later
/* A report for machines: Documentation/verdict.schema.json. */

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "ctx.h"
#include "json_text.h"
#include "report.h"
#include "text.h"

#define VERDICT_FORMAT	"ima-ns verdict"
#define VERDICT_VERSION	1

/* An object or array in the making: what fails once makes the whole fail. */
struct maker {
	bool failed;
};

/* The value is taken over; to an array it is added without a key. */
static void add(struct maker *m, struct json_object *to, const char *key,
		struct json_object *value)
{
	int err;

	if (!to || !value) {
		m->failed = true;
		json_object_put(value);
		return;
	}
	err = key ? json_object_object_add(to, key, value) :
		    json_object_array_add(to, value);
	if (!err)
		return;
	m->failed = true;
	json_object_put(value);
}

static void add_number(struct maker *m, struct json_object *to,
		       const char *key, uint64_t number)
{
	add(m, to, key, json_object_new_uint64(number));
}

static void add_bool(struct maker *m, struct json_object *to, const char *key,
		     bool value)
{
	add(m, to, key, json_object_new_boolean(value));
}

/* JSON is UTF-8, and what a node says may be any bytes: printable ASCII stays. */
static void add_text(struct maker *m, struct json_object *to, const char *key,
		     const char *text)
{
	char *shown = imans_text_escape(text);

	add(m, to, key, shown ? json_object_new_string(shown) : NULL);
	free(shown);
}

static struct json_object *finding_json(struct maker *m,
					const struct imans_finding *f)
{
	struct json_object *o = json_object_new_object();

	add_text(m, o, "finding", imans_finding_name(f->code));
	add_number(m, o, "code", f->code);
	add_text(m, o, "severity", imans_severity_name(f->severity));
	add_number(m, o, "subject", f->nsid);
	if (f->entry != IMANS_NO_ENTRY)
		add_number(m, o, "entry", f->entry);
	add_text(m, o, "text", f->text);
	return o;
}

static struct json_object *created_json(struct maker *m,
					const struct imans_life *life)
{
	struct json_object *o = json_object_new_object();

	add_number(m, o, "boottime_ns", life->boottime_ns);
	add_number(m, o, "realtime_ns", life->realtime_ns);
	return o;
}

static void add_identity(struct maker *m, struct json_object *o,
			 const struct imans_subject *s,
			 const struct imans_life *life)
{
	add_number(m, o, "id", s->id);
	add_number(m, o, "parent", s->parent);
	add_text(m, o, "path", s->path);
	add_text(m, o, "label", s->label);
	if (life->created)
		add(m, o, "created", created_json(m, life));
	add_bool(m, o, "ended", life->ended);
	add_bool(m, o, "accounted", !life->unaccounted);
}

static struct json_object *subject_json(struct maker *m,
					const struct imans_report *report,
					size_t n)
{
	struct json_object *findings = json_object_new_array();
	struct json_object *o = json_object_new_object();
	const struct imans_finding *f;
	struct imans_subject s;
	struct imans_life life;

	imans_report_subject(report, n, &s);
	imans_report_life(report, n, &life);
	if (n)
		add_identity(m, o, &s, &life);
	if (imans_report_delegated(report, n))
		add_text(m, o, "delegated", imans_report_delegated(report, n));
	add_text(m, o, "verdict", imans_verdict_name(s.verdict));
	add_number(m, o, "entries", s.entries);
	add_number(m, o, "proven", s.proven);
	for (size_t i = 0; (f = imans_report_finding(report, n, i)); i++)
		add(m, findings, NULL, finding_json(m, f));
	add(m, o, "findings", findings);
	return o;
}

struct json_object *imans_report_subject_json(const struct imans_report *report,
					      size_t n)
{
	struct maker m = { .failed = false };
	struct json_object *o = subject_json(&m, report, n);

	if (!m.failed)
		return o;
	json_object_put(o);
	return NULL;
}

static struct json_object *quote_json(struct maker *m,
				      const struct imans_quote *quote)
{
	struct json_object *o = json_object_new_object();
	struct json_object *pcrs = json_object_new_object();
	char hex[2 * IMANS_DIGEST_MAX + 1];

	add_bool(m, o, "verified", quote->verified);
	add_number(m, o, "clock", quote->clock);
	add_bool(m, o, "clock_safe", quote->clock_safe);
	add_number(m, o, "reset_count", quote->reset_count);
	add_number(m, o, "restart_count", quote->restart_count);
	add_number(m, o, "firmware_version", quote->firmware_version);
	for (int b = 0; b < IMANS_BANKS; b++)
		if (quote->pcr10.banks & IMANS_BANK(b)) {
			imans_text_hex(hex, quote->pcr10.value[b],
				       imans_bank_size(b));
			add_text(m, pcrs, imans_bank_name(b), hex);
		}
	add(m, o, "pcr10", pcrs);
	return o;
}

static struct json_object *unaccounted_json(struct maker *m,
					    const struct imans_report *report)
{
	struct json_object *array = json_object_new_array();
	struct imans_subject s;
	struct imans_life life;

	for (size_t n = 1; !imans_report_subject(report, n, &s); n++)
		if (!imans_report_life(report, n, &life) && life.unaccounted)
			add_number(m, array, NULL, s.id);
	return array;
}

static struct json_object *report_json(struct maker *m,
				       const struct imans_report *report)
{
	struct json_object *namespaces = json_object_new_array();
	struct json_object *o = json_object_new_object();

	add_text(m, o, "format", VERDICT_FORMAT);
	add_number(m, o, "version", VERDICT_VERSION);
	add_text(m, o, "verdict",
		 imans_verdict_name(imans_report_verdict(report)));
	add(m, o, "quote", quote_json(m, imans_report_quote(report)));
	add(m, o, "node", subject_json(m, report, 0));
	for (size_t n = 1; n < imans_report_count(report); n++)
		add(m, namespaces, NULL, subject_json(m, report, n));
	add(m, o, "namespaces", namespaces);
	add(m, o, "unaccounted", unaccounted_json(m, report));
	return o;
}

IMANS_API int imans_report_json(struct imans_ctx *ctx,
				const struct imans_report *report, char **text)
{
	const int flags = JSON_C_TO_STRING_PRETTY |
			  JSON_C_TO_STRING_NOSLASHESCAPE;
	struct maker m = { .failed = false };
	struct json_object *o = report_json(&m, report);
	size_t len;
	const char *json = m.failed ? NULL : imans_json_print(o, flags, &len);
	char *copy = json ? strdup(json) : NULL;

	json_object_put(o);
	if (!copy)
		return imans_err(ctx, -ENOMEM, "report: out of memory");
	*text = copy;
	return 0;
}
