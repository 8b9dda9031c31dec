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
	if (imans_report_delegated(report, n))
		printf(" (delegated to %.16s)",
		       imans_report_delegated(report, n));
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

int report_print_json(const struct cli *cli, const struct imans_report *report,
		      struct json_object *decisions)
{
	struct json_object *o;
	char *text;
	int err = imans_report_json(cli->ctx, report, &text);

	if (err) {
		json_object_put(decisions);
		return cli_failed(cli, err);
	}
	if (decisions) {
		o = json_tokener_parse(text);
		if (!o)
			cli_no_memory();
		cli_json_add(o, "decisions", decisions);
		free(text);
		return cli_print_json(cli, o);
	}
	puts(text);
	free(text);
	return CLI_GOOD;
}

int report_write_html(const struct cli *cli, const struct imans_report *report,
		      const char *evidence, const char *path)
{
	const struct imans_report_opts opts = {
		.sz = sizeof(opts),
		.title = evidence,
	};
	int err = imans_report_write_html(cli->ctx, report, &opts, path);

	if (!err)
		return CLI_GOOD;
	cli_failed(cli, err);
	return CLI_ERROR;
}
