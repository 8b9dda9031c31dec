// SPDX-License-Identifier: LGPL-2.1-or-later
/* The page's timeline: from CREATE, which tells its time, to the quote. */

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "report_html.h"

/* Units of a track's width; the last ones are for what lives on. */
#define TRACK		1000
#define TRACK_CREATES	880

#define NS_PER_SEC	UINT64_C(1000000000)

struct moment {
	size_t subject;
	struct imans_life life;
};

struct times {
	struct moment *moments;		/* by time */
	size_t count;
	uint64_t first;			/* of CREATE, since boot */
	uint64_t last;
};

static int by_time(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->life.boottime_ns != y->life.boottime_ns)
		return x->life.boottime_ns < y->life.boottime_ns ? -1 : 1;
	return (x->subject > y->subject) - (x->subject < y->subject);
}

static bool find_times(const struct page *p, struct times *t)
{
	struct imans_life life;

	t->moments = calloc(imans_report_count(p->report), sizeof(*t->moments));
	if (!t->moments)
		return false;
	for (size_t n = 1; !imans_report_life(p->report, n, &life); n++)
		if (life.created)
			t->moments[t->count++] = (struct moment){ n, life };
	if (!t->count)
		return true;
	qsort(t->moments, t->count, sizeof(*t->moments), by_time);
	t->first = t->moments[0].life.boottime_ns;
	t->last = t->moments[t->count - 1].life.boottime_ns;
	return true;
}

/* Of the node's clock, which nobody vouches for. */
static void wall_time(struct page *p, uint64_t realtime_ns)
{
	time_t seconds = (time_t)(realtime_ns / NS_PER_SEC);
	char shown[64];
	struct tm tm;

	if (gmtime_r(&seconds, &tm) &&
	    strftime(shown, sizeof(shown), "%Y-%m-%d %H:%M:%S UTC", &tm))
		page_raw(p, shown);
}

/* From CREATE on to the right edge, the quote; pale if it ended somewhere. */
static void track(struct page *p, const struct times *t,
		  const struct imans_life *life)
{
	unsigned int x = 0;

	if (t->last > t->first)
		x = (unsigned int)((double)(life->boottime_ns - t->first) /
				   (double)(t->last - t->first) *
				   TRACK_CREATES);
	page_printf(p, "<svg class=\"track\" viewBox=\"0 0 %d 10\" "
		    "preserveAspectRatio=\"none\" aria-hidden=\"true\">"
		    "<rect class=\"all\" y=\"3\" width=\"%d\" height=\"4\"/>"
		    "<rect class=\"life\" x=\"%u\" y=\"2\" width=\"%u\" height=\"6\"%s/></svg>",
		    TRACK, TRACK, x, TRACK - x,
		    life->ended ? " fill-opacity=\".35\"" : "");
}

static void moment(struct page *p, const struct times *t,
		   const struct moment *m)
{
	uint64_t since = m->life.boottime_ns;
	struct imans_subject s;

	imans_report_subject(p->report, m->subject, &s);
	page_printf(p, "<li class=\"%s\"><p class=\"row\"><span>",
		    imans_verdict_name(s.verdict));
	page_name(p, &s);
	page_printf(p, "</span><span>boot + %" PRIu64 ".%03u s</span></p>",
		    since / NS_PER_SEC,
		    (unsigned int)(since % NS_PER_SEC / 1000000));
	track(p, t, &m->life);
	page_raw(p, "<p class=\"dim\">created ");
	wall_time(p, m->life.realtime_ns);
	page_raw(p, m->life.ended ? " \302\267 ended" : " \302\267 alive");
	page_raw(p, "</p></li>\n");
}

void page_times(struct page *p)
{
	const struct imans_quote *q = imans_report_quote(p->report);
	struct times t = { NULL, 0, 0, 0 };

	if (!find_times(p, &t)) {
		p->failed = true;
		return;
	}
	if (t.count) {
		page_raw(p, "<h2>Timeline</h2>\n<ol class=\"times card\">\n");
		for (size_t i = 0; i < t.count; i++)
			moment(p, &t, &t.moments[i]);
		page_printf(p, "<li><p class=\"row now\"><span>Quote</span>"
			    "<span>TPM clock %" PRIu64 ".%03u s</span></p></li>\n</ol>\n",
			    q->clock / 1000, (unsigned int)(q->clock % 1000));
	}
	free(t.moments);
}
