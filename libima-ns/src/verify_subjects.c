// SPDX-License-Identifier: LGPL-2.1-or-later
/* Whom a verification is about: the node, and each namespace that is known. */

#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctx.h"
#include "disclose.h"
#include "redact_verify.h"
#include "verify.h"

static int no_memory(struct verify *v)
{
	return imans_err(v->ctx, -ENOMEM, "verdicts: out of memory");
}

int imans_subject_init(struct verify *v, struct report_subject *s, uint64_t id)
{
	s->pub.id = id;
	s->label = strdup(id ? "" : "node");
	s->path = strdup("");
	if (!s->label || !s->path || imans_findings_new(&s->findings))
		return no_memory(v);
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * Ids of the node, of what is recorded and of what is carried, each once. If the
 * list is redacted, only what is carried concerns us, and what is below that.
 */
static int collect_ids(struct verify *v, uint64_t **ids, size_t *count)
{
	size_t recorded = v->host ? imans_host_ns_count(v->host) : 0;
	size_t n = 0, kept = 0, carried;
	uint64_t *all = calloc(2 + recorded + v->ev->ns_count, sizeof(*all));

	if (!all)
		return no_memory(v);
	all[n++] = 0;
	if (v->disclosure) {
		/* Nothing is said of others, be they carried or not. */
		all[n++] = v->disclosure->id;
		*ids = all;
		*count = n;
		return 0;
	}
	for (size_t i = 0; i < v->ev->ns_count; i++)
		all[n++] = v->ev->ns[i].id;
	carried = n;
	qsort(all, n, sizeof(*all), compare_ids);
	for (size_t i = 0; i < recorded; i++) {
		struct imans_host_ns ns;

		if (!imans_host_ns(v->host, i, &ns) &&
		    (!imans_verify_redacted(v) ||
		     imans_redact_concerns(v->host, ns.id, all, carried)))
			all[n++] = ns.id;
	}
	qsort(all, n, sizeof(*all), compare_ids);
	for (size_t i = 0; i < n; i++)
		if (!kept || all[kept - 1] != all[i])
			all[kept++] = all[i];
	*ids = all;
	*count = kept;
	return 0;
}

/* The node is there from the start; its findings stay. */
static int add_subjects(struct verify *v)
{
	struct imans_report *report = v->report;
	struct report_subject *more;
	uint64_t *ids = NULL;
	size_t count = 1;
	int err = collect_ids(v, &ids, &count);

	if (err)
		return err;
	more = calloc(count, sizeof(*more));
	if (!more) {
		free(ids);
		return no_memory(v);
	}
	more[0] = report->subjects[0];
	free(report->subjects);
	report->subjects = more;
	report->count = count;
	for (size_t i = 1; !err && i < count; i++)
		err = imans_subject_init(v, &more[i], ids[i]);
	free(ids);
	for (size_t i = 0; !err && !v->disclosure && i < v->ev->ns_count; i++)
		imans_report_find(v->report, v->ev->ns[i].id)->carried = &v->ev->ns[i];
	return err;
}

/* What the host's list says of a namespace goes before what evidence says. */
static int place_subject(struct verify *v, struct report_subject *s)
{
	const struct report_subject *parent;
	struct imans_host_ns ns;
	char *path = NULL;

	if (v->host && !imans_host_ns_by_id(v->host, s->pub.id, &ns)) {
		/* Without a proof it is what an earlier round knew. */
		s->recorded = imans_host_proven(v->host);
		s->pub.parent = ns.parent;
		s->ended = ns.ended;
	} else if (s->carried) {
		s->pub.parent = s->carried->parent;
	}
	/* Parents have lower ids: theirs was made before. */
	parent = s->pub.parent < s->pub.id ?
		 imans_report_find(v->report, s->pub.parent) : NULL;
	/* A chain that is longer than any kernel's is the evidence's invention. */
	if (parent && parent->depth == IMANS_DEPTH_MAX)
		parent = NULL;
	s->depth = parent ? parent->depth + 1 : 1;
	if (s->pub.parent && parent) {
		if (asprintf(&path, "%s/%" PRIu64, parent->path, s->pub.id) < 0)
			return no_memory(v);
	} else if (asprintf(&path, "%s%" PRIu64, s->pub.parent ? "?/" : "",
			    s->pub.id) < 0) {
		return no_memory(v);
	}
	free(s->path);
	s->path = path;
	if (s->recorded && s->carried && s->carried->parent != s->pub.parent)
		imans_findings_add(s->findings, IMANS_F_NS_PARENT, IMANS_FAIL,
				   s->pub.id, IMANS_NO_ENTRY,
				   "namespace %" PRIu64
				   ": the evidence names parent %" PRIu64
				   ", the host's record %" PRIu64,
				   s->pub.id, s->carried->parent,
				   s->pub.parent);
	return 0;
}

int imans_verify_subjects(struct verify *v)
{
	int err = add_subjects(v);

	for (size_t i = 1; !err && i < v->report->count; i++)
		err = place_subject(v, &v->report->subjects[i]);
	return err;
}
