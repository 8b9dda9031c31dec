// SPDX-License-Identifier: LGPL-2.1-or-later
/* The order in which a tree of namespaces is drawn. */

#include <errno.h>
#include <stdlib.h>

#include "ctx.h"
#include "report.h"
#include "report_html.h"

/* By subject: who comes below it, and who beside it; 0 for none. */
struct links {
	size_t first;
	size_t next;
};

/* The subject with that id, or 0, the node. */
static size_t position(const struct imans_report *report, uint64_t id)
{
	const struct report_subject *s = imans_report_find(report, id);

	return s ? (size_t)(s - report->subjects) : 0;
}

/* A parent with a higher id is a lie, and would make a loop: the node's child. */
static void link_up(const struct imans_report *report, struct links *links)
{
	for (size_t i = report->count; i-- > 1;) {
		size_t up = position(report, report->subjects[i].pub.parent);

		if (up >= i)
			up = 0;
		links[i].next = links[up].first;
		links[up].first = i;
	}
}

/* Depth first; a deep tree is evidence's, so the stack is of our own. */
static void walk(const struct links *links, size_t *stack,
		 struct report_place *places)
{
	unsigned int depth = 0;
	size_t at = links[0].first, n = 0;

	while (at) {
		places[n++] = (struct report_place){ at, depth };
		if (links[at].first) {
			stack[depth++] = at;
			at = links[at].first;
			continue;
		}
		while (!links[at].next && depth)
			at = stack[--depth];
		at = links[at].next;
	}
}

int imans_report_places(struct imans_ctx *ctx,
			const struct imans_report *report,
			struct report_place **places)
{
	struct links *links = calloc(report->count, sizeof(*links));
	size_t *stack = calloc(report->count, sizeof(*stack));
	struct report_place *out = calloc(report->count, sizeof(*out));
	bool good = links && stack && out;

	if (good) {
		link_up(report, links);
		walk(links, stack, out);
		*places = out;
	} else {
		free(out);
	}
	free(stack);
	free(links);
	return good ? 0 : imans_err(ctx, -ENOMEM, "report: out of memory");
}
