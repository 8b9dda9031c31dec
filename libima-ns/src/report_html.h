/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the page of a report is made of. */
#ifndef IMANS_REPORT_HTML_H
#define IMANS_REPORT_HTML_H

#include <imans.h>

#include "buf.h"

/* The style sheet, whole. */
extern const char imans_report_style[];

/* Namespaces as a tree is drawn: parents before their children. */
struct report_place {
	size_t subject;
	unsigned int depth;		/* 0: the host's child */
};

/*
 * All subjects but the node, count - 1 of them, by the parents that the report
 * names; to be freed. -ENOMEM.
 */
int imans_report_places(struct imans_ctx *ctx,
			const struct imans_report *report,
			struct report_place **places);

/* A page in the making; whether there was memory is asked at its end. */
struct page {
	struct imans_buf out;
	const struct imans_report *report;
	struct report_place *places;
	bool failed;			/* for want of memory */
};

/* Markup of our own. */
void page_raw(struct page *p, const char *markup);
#define page_printf(p, ...)	imans_buf_printf(&(p)->out, __VA_ARGS__)
/* What a namespace is called, escaped. */
void page_name(struct page *p, const struct imans_subject *s);
/* When namespaces were made. */
void page_times(struct page *p);

#endif /* IMANS_REPORT_HTML_H */
