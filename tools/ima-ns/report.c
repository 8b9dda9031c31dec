// SPDX-License-Identifier: LGPL-2.1-or-later
/* Printing verdicts. */

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { COLUMN_ID, COLUMN_LABEL, COLUMN_PARENTS, COLUMNS };

static const char *const heads[COLUMNS] = { "ID", "LABEL", "PARENTS" };

struct row {
	char *cell[COLUMNS];
};

/* "host > 3 > 7" from the path "3/7/12". */
static char *parents_text(const struct imans_subject *s)
{
	const char *last = strrchr(s->path, '/');
	char *text, *more;
	const char *at, *end;

	if (!s->id)
		return cli_strdup("-");
	text = cli_strdup("host");
	for (at = s->path; last && at <= last; at = end + 1) {
		end = strchr(at, '/');
		more = cli_printf("%s > %.*s", text, (int)(end - at), at);
		free(text);
		text = more;
	}
	return text;
}

static void fill_row(const struct imans_subject *s, struct row *row)
{
	row->cell[COLUMN_ID] = s->id ? cli_printf("%" PRIu64, s->id) :
				       cli_strdup("node");
	row->cell[COLUMN_LABEL] = !s->id || !*s->label ? cli_strdup("-") :
				  cli_show(s->label, strlen(s->label));
	row->cell[COLUMN_PARENTS] = parents_text(s);
}

/* What must be seen at once stands in capitals, and what was not checked. */
static void print_verdict(const struct imans_report *report, size_t n,
			  const struct imans_subject *s)
{
	const struct imans_finding *f;
	const char *name = imans_verdict_name(s->verdict);

	for (; *name; name++)
		putchar(s->verdict == IMANS_UNTRUSTED ?
			toupper((unsigned char)*name) : *name);
	for (size_t i = 0; (f = imans_report_finding(report, n, i)); i++)
		if (f->code == IMANS_F_BOOT_UNCHECKED &&
		    s->verdict == IMANS_CONSISTENT)
			printf(" (%s)", f->text);
	putchar('\n');
}

static void print_table(const struct imans_report *report)
{
	size_t count = imans_report_count(report);
	struct row *rows = cli_alloc(NULL, count * sizeof(*rows));
	int width[COLUMNS];
	struct imans_subject s;

	for (int c = 0; c < COLUMNS; c++)
		width[c] = (int)strlen(heads[c]);
	for (size_t i = 0; !imans_report_subject(report, i, &s); i++) {
		fill_row(&s, &rows[i]);
		for (int c = 0; c < COLUMNS; c++)
			if ((int)strlen(rows[i].cell[c]) > width[c])
				width[c] = (int)strlen(rows[i].cell[c]);
	}
	for (int c = 0; c < COLUMNS; c++)
		printf("%-*s  ", width[c], heads[c]);
	puts("VERDICT");
	for (size_t i = 0; !imans_report_subject(report, i, &s); i++) {
		for (int c = 0; c < COLUMNS; c++) {
			printf("%-*s  ", width[c], rows[i].cell[c]);
			free(rows[i].cell[c]);
		}
		print_verdict(report, i, &s);
	}
	free(rows);
}

static const char *severity_name(enum imans_severity severity)
{
	switch (severity) {
	case IMANS_NOTE:
		return "note";
	case IMANS_DOUBT:
		return "doubt";
	case IMANS_FAIL:
		return "FAIL";
	}
	return "?";
}

static void print_findings(const struct imans_report *report)
{
	const struct imans_finding *f;
	struct imans_subject s;

	for (size_t n = 0; !imans_report_subject(report, n, &s); n++) {
		if (!s.findings)
			continue;
		if (s.id)
			printf("\nnamespace %" PRIu64 "  %s  (%" PRIu64
			       " of %" PRIu64 " entries are proven)\n",
			       s.id, *s.label ? s.label : "-", s.proven,
			       s.entries);
		else
			printf("\nnode  (%" PRIu64 " of %" PRIu64
			       " entries of the host's list are quoted)\n",
			       s.proven, s.entries);
		for (size_t i = 0; (f = imans_report_finding(report, n, i)); i++)
			printf("  %-5s  %s\n", severity_name(f->severity),
			       f->text);
	}
}

void report_print_text(const struct imans_report *report)
{
	print_table(report);
	print_findings(report);
}

static struct json_object *finding_json(const struct imans_finding *f)
{
	struct json_object *o = json_object_new_object();

	cli_json_text(o, "finding", imans_finding_name(f->code));
	cli_json_text(o, "severity", f->severity == IMANS_FAIL ? "fail" :
				     severity_name(f->severity));
	if (f->entry != IMANS_NO_ENTRY)
		cli_json_number(o, "entry", f->entry);
	cli_json_text(o, "text", f->text);
	return o;
}

static struct json_object *subject_json(const struct imans_report *report,
					size_t n, const struct imans_subject *s)
{
	struct json_object *o = json_object_new_object();
	struct json_object *array = json_object_new_array();
	const struct imans_finding *f;

	if (s->id) {
		cli_json_number(o, "id", s->id);
		cli_json_number(o, "parent", s->parent);
		cli_json_text(o, "path", s->path);
		cli_json_text(o, "label", s->label);
	}
	cli_json_text(o, "verdict", imans_verdict_name(s->verdict));
	cli_json_number(o, "entries", s->entries);
	cli_json_number(o, "proven", s->proven);
	for (size_t i = 0; (f = imans_report_finding(report, n, i)); i++)
		cli_json_add(array, NULL, finding_json(f));
	cli_json_add(o, "findings", array);
	return o;
}

static struct json_object *quote_json(const struct imans_quote *quote)
{
	struct json_object *o = json_object_new_object();
	struct json_object *pcrs = json_object_new_object();

	cli_json_bool(o, "verified", quote->verified);
	cli_json_number(o, "clock", quote->clock);
	cli_json_bool(o, "clock_safe", quote->clock_safe);
	cli_json_number(o, "reset_count", quote->reset_count);
	cli_json_number(o, "restart_count", quote->restart_count);
	cli_json_number(o, "firmware_version", quote->firmware_version);
	for (int b = 0; b < IMANS_BANKS; b++)
		if (quote->pcr10.banks & IMANS_BANK(b))
			cli_json_hex(pcrs, imans_bank_name(b),
				     quote->pcr10.value[b], imans_bank_size(b));
	cli_json_add(o, "pcr10", pcrs);
	return o;
}

int report_print_json(const struct cli *cli, const struct imans_report *report)
{
	struct json_object *o = json_object_new_object();
	struct json_object *array = json_object_new_array();
	struct imans_subject s;

	cli_json_text(o, "verdict",
		      imans_verdict_name(imans_report_verdict(report)));
	cli_json_add(o, "quote", quote_json(imans_report_quote(report)));
	imans_report_subject(report, 0, &s);
	cli_json_add(o, "node", subject_json(report, 0, &s));
	for (size_t i = 1; !imans_report_subject(report, i, &s); i++)
		cli_json_add(array, NULL, subject_json(report, i, &s));
	cli_json_add(o, "namespaces", array);
	return cli_print_json(cli, o);
}
