// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A report as one page. What comes from a node is written by text() alone, which
 * lets printable ASCII through, and none of HTML's own characters.
 */

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctx.h"
#include "file.h"
#include "report.h"
#include "report_html.h"
#include "text.h"

/* Cards stand no further in than this: a phone's width is 360 pixels. */
#define INDENT_MAX	4

#define TITLE	"IMA namespaces"

/* The shortest unambiguous thing: a name that a person gave, or the label. */
struct span {
	const char *at;
	size_t len;
};

void page_raw(struct page *p, const char *markup)
{
	imans_buf_puts(&p->out, markup);
}

static void text_n(struct page *p, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 || c >= 0x7f)
			page_printf(p, "\\x%02x", c);
		else if (strchr("&<>\"'`", c))
			page_printf(p, "&#%d;", c);
		else
			imans_buf_put(&p->out, text + i, 1);
	}
}

static void text(struct page *p, const char *text)
{
	text_n(p, text, strlen(text));
}

static void number(struct page *p, uint64_t number)
{
	page_printf(p, "%" PRIu64, number);
}

static const char *plural(uint64_t number)
{
	return number == 1 ? "" : "s";
}

/* ------------------------------------------------------------------ names */

/* "web/nginx" of "pod=1,ctr=a,name=web/nginx": what a runtime calls a pod. */
static struct span short_name(const char *label)
{
	const char *at = label;

	while (at && strncmp(at, "name=", 5)) {
		at = strchr(at, ',');
		at = at ? at + 1 : NULL;
	}
	at = at && at[5] ? at + 5 : label;
	return (struct span){ at, at == label ? strlen(at) : strcspn(at, ",") };
}

void page_name(struct page *p, const struct imans_subject *s)
{
	struct span span = short_name(s->label);

	if (span.len) {
		text_n(p, span.at, span.len);
		return;
	}
	page_raw(p, "namespace ");
	number(p, s->id);
}

static const char *verdict_text(enum imans_verdict verdict)
{
	switch (verdict) {
	case IMANS_TRUSTED:
		return "All holds, and the boot is the expected one.";
	case IMANS_CONSISTENT:
		return "All holds, but something was not checked.";
	case IMANS_INCOMPLETE:
		return "The evidence or the reference values do not suffice.";
	case IMANS_UNTRUSTED:
		break;
	}
	return "Something speaks against it.";
}

/* A sign that is told from others without its colour. */
static const char *verdict_sign(enum imans_verdict verdict)
{
	switch (verdict) {
	case IMANS_TRUSTED:
		return "<path d=\"M4.5 12.5l5 5 10-11\"/>";
	case IMANS_CONSISTENT:
		return "<path d=\"M4.5 9c3-3 5 3 8 1s4-3 7-1M4.5 15c3-3 5 3 8 1s4-3 7-1\"/>";
	case IMANS_INCOMPLETE:
		return "<path d=\"M8.5 9a3.5 3.5 0 1 1 5 3.2c-1 .6-1.5 1.2-1.5 2.3M12 18.2v.1\"/>";
	case IMANS_UNTRUSTED:
		break;
	}
	return "<path d=\"M6 6l12 12M18 6L6 18\"/>";
}

/* --------------------------------------------------------------- findings */

static void finding(struct page *p, const struct imans_finding *f)
{
	const char *severity = imans_severity_name(f->severity);

	page_printf(p, "<li class=\"%s\"><span class=\"kind\">%s \302\267 %s",
		    severity, severity, imans_finding_name(f->code));
	if (f->entry != IMANS_NO_ENTRY)
		page_printf(p, " \302\267 entry %" PRIu64, f->entry);
	page_raw(p, "</span><span class=\"text\">");
	text(p, f->text);
	page_raw(p, "</span></li>\n");
}

/* Unfolded if something speaks against the subject. */
static void findings(struct page *p, size_t n, const struct imans_subject *s)
{
	const struct imans_finding *f;

	if (!s->findings)
		return;
	page_printf(p, "<details%s><summary>%zu finding%s</summary>\n",
		    s->verdict <= IMANS_INCOMPLETE ? " open" : "", s->findings,
		    plural(s->findings));
	page_raw(p, "<ul class=\"findings\">\n");
	for (size_t i = 0; (f = imans_report_finding(p->report, n, i)); i++)
		finding(p, f);
	page_raw(p, "</ul></details>\n");
}

static void pill(struct page *p, enum imans_verdict verdict)
{
	page_printf(p, "<span class=\"pill\">%s</span>",
		    imans_verdict_name(verdict));
}

/* --------------------------------------------------------------- sections */

static void tally(struct page *p)
{
	size_t count[IMANS_TRUSTED + 1] = { 0 };
	struct imans_subject s;

	for (size_t n = 1; !imans_report_subject(p->report, n, &s); n++)
		count[s.verdict]++;
	page_raw(p, "<ul class=\"tally\">\n");
	for (int v = IMANS_TRUSTED; v >= IMANS_UNTRUSTED; v--)
		if (count[v])
			page_printf(p, "<li class=\"%s\"><b>%zu</b> %s</li>\n",
				    imans_verdict_name(v), count[v],
				    imans_verdict_name(v));
	page_raw(p, "</ul>\n");
}

static void top(struct page *p, const char *title)
{
	enum imans_verdict verdict = imans_report_verdict(p->report);
	size_t count = imans_report_count(p->report) - 1;

	page_printf(p, "<header class=\"top %s\">\n<p class=\"what\">",
		    imans_verdict_name(verdict));
	text(p, title);
	page_raw(p, "</p>\n<h1><svg class=\"sign\" viewBox=\"0 0 24 24\" fill=\"none\" "
	       "stroke=\"currentColor\" stroke-width=\"2.6\" stroke-linecap=\"round\" "
	       "stroke-linejoin=\"round\" aria-hidden=\"true\">");
	page_raw(p, verdict_sign(verdict));
	page_printf(p, "</svg><span>%s</span></h1>\n<p>%s</p>\n",
		    imans_verdict_name(verdict), verdict_text(verdict));
	if (count)
		tally(p);
	page_raw(p, "</header>\n");
}

static void quote(struct page *p)
{
	const struct imans_quote *q = imans_report_quote(p->report);
	char hex[2 * IMANS_DIGEST_MAX + 1];

	page_printf(p, "<dl><dt>Quote</dt><dd>%s</dd>\n",
		    q->verified ? "verified" : "does not hold");
	page_printf(p, "<dt>TPM&#8217;s clock</dt><dd>%" PRIu64
		    ".%03u s%s \302\267 reset %" PRIu32 ", restart %" PRIu32
		    "</dd></dl>\n",
		    q->clock / 1000, (unsigned int)(q->clock % 1000),
		    q->clock_safe ? "" : ", not safe", q->reset_count,
		    q->restart_count);
	if (!q->pcr10.banks)
		return;
	page_raw(p, "<details><summary>PCR 10</summary><dl>\n");
	for (int b = 0; b < IMANS_BANKS; b++) {
		if (!(q->pcr10.banks & IMANS_BANK(b)))
			continue;
		imans_text_hex(hex, q->pcr10.value[b], imans_bank_size(b));
		page_printf(p, "<dt>%s</dt><dd><code>%s</code></dd>\n",
			    imans_bank_name(b), hex);
	}
	page_raw(p, "</dl></details>\n");
}

static void node(struct page *p)
{
	struct imans_subject s;

	imans_report_subject(p->report, 0, &s);
	page_printf(p, "<h2>Node</h2>\n<section id=\"node\" class=\"card %s\">\n"
		    "<div class=\"head\"><div><h3>The host&#8217;s list</h3>\n"
		    "<p class=\"dim\">%" PRIu64 " of %" PRIu64
		    " entr%s quoted</p></div>", imans_verdict_name(s.verdict),
		    s.proven, s.entries, s.entries == 1 ? "y is" : "ies are");
	pill(p, s.verdict);
	page_raw(p, "</div>\n");
	quote(p);
	findings(p, 0, &s);
	page_raw(p, "</section>\n");
}

static void namespace(struct page *p, const struct report_place *place)
{
	unsigned int indent = place->depth;
	struct imans_subject s;
	struct imans_life life;

	imans_report_subject(p->report, place->subject, &s);
	imans_report_life(p->report, place->subject, &life);
	page_printf(p, "<li id=\"ns-%" PRIu64 "\" class=\"ns card %s", s.id,
		    imans_verdict_name(s.verdict));
	if (indent)
		page_printf(p, " d%u",
			    indent < INDENT_MAX ? indent : INDENT_MAX);
	page_raw(p, "\">\n<div class=\"head\"><div><h3>");
	page_name(p, &s);
	page_raw(p, "</h3>\n<p class=\"dim\">");
	page_printf(p, "id %" PRIu64 " \302\267 ", s.id);
	if (s.parent)
		page_printf(p, "below <a href=\"#ns-%" PRIu64 "\">%" PRIu64
			    "</a> \302\267 ", s.parent, s.parent);
	page_printf(p, "%" PRIu64 " of %" PRIu64 " entr%s proven%s%s",
		    s.proven, s.entries, s.entries == 1 ? "y" : "ies",
		    life.ended ? " \302\267 ended" : "",
		    life.unaccounted ? " \302\267 unaccounted" : "");
	if (imans_report_delegated(p->report, place->subject))
		page_printf(p, " \302\267 delegated to key %.16s",
			    imans_report_delegated(p->report, place->subject));
	page_raw(p, "</p></div>");
	pill(p, s.verdict);
	page_raw(p, "</div>\n");
	if (short_name(s.label).at != s.label) {
		page_raw(p, "<p class=\"label mono\">");
		text(p, s.label);
		page_raw(p, "</p>\n");
	}
	findings(p, place->subject, &s);
	page_raw(p, "</li>\n");
}

static void tree(struct page *p)
{
	size_t count = imans_report_count(p->report) - 1;

	page_raw(p, "<h2>Namespaces</h2>\n");
	if (!count) {
		page_raw(p, "<p class=\"card dim\">There is none.</p>\n");
		return;
	}
	page_raw(p, "<ul class=\"tree\">\n");
	for (size_t i = 0; i < count; i++)
		namespace(p, &p->places[i]);
	page_raw(p, "</ul>\n");
}

/* ------------------------------------------------------------------- page */

static void unaccounted(struct page *p)
{
	struct imans_subject s;
	struct imans_life life;
	bool any = false;

	for (size_t n = 1; !imans_report_subject(p->report, n, &s); n++) {
		if (imans_report_life(p->report, n, &life) || !life.unaccounted)
			continue;
		page_raw(p, any ? ", " :
			 "<h2>Unaccounted for</h2>\n<p class=\"card incomplete\">");
		page_printf(p, "<a href=\"#ns-%" PRIu64 "\">", s.id);
		page_name(p, &s);
		page_raw(p, "</a>");
		any = true;
	}
	if (any)
		page_raw(p, "</p>\n");
}

static void legend(struct page *p)
{
	page_raw(p, "<footer>\n<p>Verdicts, from good to bad:</p>\n<dl>\n");
	for (int v = IMANS_TRUSTED; v >= IMANS_UNTRUSTED; v--)
		page_printf(p, "<dt>%s</dt><dd>%s</dd>\n",
			    imans_verdict_name(v), verdict_text(v));
	page_raw(p, "</dl>\n</footer>\n");
}

/* The style's digest, as a Content-Security-Policy wants it. */
static bool style_digest(char base64[48])
{
	uint8_t digest[IMANS_HASH_SIZE];
	size_t len;

	if (EVP_Q_digest(NULL, "sha256", NULL, imans_report_style,
			 strlen(imans_report_style), digest, &len) != 1)
		return false;
	EVP_EncodeBlock((unsigned char *)base64, digest, (int)len);
	return true;
}

static bool write_page(struct page *p, const char *title)
{
	char digest[48];

	if (!style_digest(digest))
		return false;
	page_raw(p, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
		    "<meta charset=\"utf-8\">\n");
	page_printf(p, "<meta http-equiv=\"Content-Security-Policy\" content=\""
		    "default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; "
		    "form-action 'none'\">\n", digest);
	page_raw(p, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<meta name=\"color-scheme\" content=\"light dark\">\n"
		    "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
	text(p, title);
	page_printf(p, ": %s</title>\n<style>",
		    imans_verdict_name(imans_report_verdict(p->report)));
	page_raw(p, imans_report_style);
	page_raw(p, "</style>\n</head>\n<body>\n<main>\n");
	top(p, title);
	unaccounted(p);
	node(p);
	tree(p);
	page_times(p);
	legend(p);
	page_raw(p, "</main>\n</body>\n</html>\n");
	/* It is a text. */
	imans_buf_put(&p->out, "", 1);
	return !p->failed && !p->out.failed;
}

IMANS_API int imans_report_html(struct imans_ctx *ctx,
				const struct imans_report *report,
				const struct imans_report_opts *opts,
				char **text)
{
	struct page p = { .report = report };
	struct imans_report_opts o;
	bool good;
	int err = imans_opts_copy(ctx, &o, sizeof(o), opts);

	if (!err)
		err = imans_report_places(ctx, report, &p.places);
	if (err)
		return err;
	good = write_page(&p, o.title ? o.title : TITLE);
	free(p.places);
	if (!good) {
		free(p.out.data);
		return imans_err(ctx, -ENOMEM, "report: out of memory");
	}
	*text = (char *)p.out.data;
	return 0;
}

IMANS_API int imans_report_write_html(struct imans_ctx *ctx,
				      const struct imans_report *report,
				      const struct imans_report_opts *opts,
				      const char *path)
{
	char *text;
	int err = imans_report_html(ctx, report, opts, &text);

	if (err)
		return err;
	err = imans_file_write(ctx, path, text, strlen(text), 0644);
	free(text);
	return err;
}
