// SPDX-License-Identifier: LGPL-2.1-or-later
/* Verdicts as they are read. */

#include <errno.h>
#include <stdlib.h>

#include "report.h"

IMANS_API const char *imans_verdict_name(enum imans_verdict verdict)
{
	switch (verdict) {
	case IMANS_UNTRUSTED:
		return "untrusted";
	case IMANS_INCOMPLETE:
		return "incomplete";
	case IMANS_CONSISTENT:
		return "consistent";
	case IMANS_TRUSTED:
		return "trusted";
	}
	return NULL;
}

const char *imans_severity_name(enum imans_severity severity)
{
	switch (severity) {
	case IMANS_NOTE:
		return "note";
	case IMANS_DOUBT:
		return "doubt";
	case IMANS_FAIL:
		break;
	}
	return "fail";
}

IMANS_API void imans_report_free(struct imans_report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->count; i++) {
		imans_findings_free(report->subjects[i].findings);
		imans_any_free(&report->subjects[i].any);
		free(report->subjects[i].label);
		free(report->subjects[i].path);
		free(report->subjects[i].seen.create_data);
	}
	free(report->subjects);
	free(report);
}

struct report_subject *imans_report_find(const struct imans_report *report,
					 uint64_t id)
{
	size_t low = 0, high = report->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (report->subjects[mid].pub.id < id)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == report->count || report->subjects[low].pub.id != id)
		return NULL;
	return &report->subjects[low];
}

IMANS_API size_t imans_report_count(const struct imans_report *report)
{
	return report->count;
}

IMANS_API int imans_report_subject(const struct imans_report *report, size_t n,
				   struct imans_subject *subject)
{
	if (n >= report->count)
		return -ENOENT;
	*subject = report->subjects[n].pub;
	return 0;
}

IMANS_API int imans_report_life(const struct imans_report *report, size_t n,
				struct imans_life *life)
{
	const struct report_subject *s;

	if (n >= report->count)
		return -ENOENT;
	s = &report->subjects[n];
	*life = (struct imans_life) {
		.created = s->has_create,
		.ended = s->ended,
		.unaccounted = s->unaccounted,
		.boottime_ns = s->create.boottime_ns,
		.realtime_ns = s->create.realtime_ns,
	};
	return 0;
}

IMANS_API const struct imans_finding *
imans_report_finding(const struct imans_report *r, size_t n, size_t finding)
{
	if (n >= r->count)
		return NULL;
	return imans_findings_get(r->subjects[n].findings, finding);
}

IMANS_API enum imans_verdict
imans_report_verdict(const struct imans_report *report)
{
	enum imans_verdict lowest = IMANS_TRUSTED;

	for (size_t i = 0; i < report->count; i++)
		if (report->subjects[i].pub.verdict < lowest)
			lowest = report->subjects[i].pub.verdict;
	return lowest;
}

IMANS_API uint64_t imans_report_examined(const struct imans_report *report)
{
	return report->examined;
}

IMANS_API const struct imans_quote *
imans_report_quote(const struct imans_report *report)
{
	return &report->quote;
}

IMANS_API const char *
imans_report_delegated(const struct imans_report *report, size_t n)
{
	return n < report->count && *report->subjects[n].delegated ?
	       report->subjects[n].delegated : NULL;
}
