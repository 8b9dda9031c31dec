// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Several policies made one: what any of them allows is allowed then. Where
 * they did not say the same of a path, somebody should know.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "glob.h"
#include "imasig.h"
#include "policy.h"
#include "text.h"

struct merge {
	struct imans_policy *to;
	struct imans_policy *from;
	uint16_t *source;		/* of `from`, by index: what it is in `to` */
	imans_conflict_fn fn;
	void *user;
};

static int no_memory(const struct merge *m)
{
	return imans_err(m->to->ctx, -ENOMEM, "policy: out of memory");
}

static int add_sources(struct merge *m)
{
	m->source = calloc(m->from->source_count + 1, sizeof(*m->source));
	if (!m->source)
		return no_memory(m);
	for (size_t i = 0; i < m->from->source_count; i++) {
		const struct policy_source *s = &m->from->sources[i];
		int err = imans_policy_begin(m->to, s->name, s->format);

		if (err)
			return err;
		m->source[i] = m->to->source;
	}
	return 0;
}

/* ------------------------------------------------------------ conflicts --- */

static int tell(const struct merge *m, const char *path, const char *fmt, ...)
	IMANS_PRINTF(3, 4);

static int tell(const struct merge *m, const char *path, const char *fmt, ...)
{
	char shown[IMANS_SHOWN_SIZE], *text, *line;
	va_list ap;
	int len;

	imans_show(shown, sizeof(shown), path, strlen(path));
	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		return no_memory(m);
	len = asprintf(&line, "%s: %s", shown, text);
	free(text);
	if (len < 0)
		return no_memory(m);
	m->fn(m->user, line);
	free(line);
	return 0;
}

static const char *source_name(const struct imans_policy *policy,
			       uint16_t source)
{
	return policy->sources[source].name;
}

static bool same_path(const struct policy_ref *a, const struct policy_ref *b)
{
	return a->glob == b->glob && a->bank == b->bank &&
	       a->path_len == b->path_len &&
	       !memcmp(policy_ref_path(a), policy_ref_path(b), a->path_len);
}

/* Refs of one path, glob and bank from the n-th on that `other` has not. */
static size_t only_here(const struct policy_refs *refs, size_t n, size_t count,
			const struct policy_refs *other)
{
	size_t only = 0;

	for (size_t i = n; i < n + count; i++) {
		const struct policy_ref *ref = imans_policy_ref(refs, i);

		only += !imans_policy_find(other, policy_ref_path(ref),
					   ref->path_len, ref->glob, ref->bank,
					   ref->bytes);
	}
	return only;
}

static int compare_group(const struct merge *m, size_t n, size_t count)
{
	const struct policy_ref *ref = imans_policy_ref(&m->from->refs, n);
	const struct policy_ref *there;
	size_t have, more, common;

	have = imans_policy_find_path(&m->to->refs, policy_ref_path(ref),
				      ref->path_len, ref->glob, ref->bank,
				      &there);
	if (!have)
		return 0;
	more = only_here(&m->from->refs, n, count, &m->to->refs);
	common = count - more;
	if (!more && common == have)
		return 0;
	return tell(m, policy_ref_path(ref),
		    "%s has %zu %s digests that %s has not, which has %zu others; all are allowed",
		    source_name(m->from, ref->source), more,
		    imans_bank_name(ref->bank),
		    source_name(m->to, there->source), have - common);
}

/* A pattern of one that takes what the other lists out of comparison. */
static int compare_any(const struct merge *m, const struct imans_policy *a,
		       const struct imans_policy *b)
{
	for (size_t i = 0; i < a->glob_count; i++) {
		const struct policy_glob *g = &a->globs[i];
		const struct policy_ref *first = NULL;
		char shown[IMANS_SHOWN_SIZE];
		size_t covered = 0;
		int err;

		for (size_t n = 0; g->any && n < b->refs.count; n++) {
			const struct policy_ref *ref =
				imans_policy_ref(&b->refs, n);

			if (ref->glob || !imans_glob_match(g->glob,
							   policy_ref_path(ref),
							   ref->path_len))
				continue;
			first = first ? first : ref;
			covered++;
		}
		if (!covered)
			continue;
		imans_show(shown, sizeof(shown), policy_ref_path(first),
			   first->path_len);
		err = tell(m, g->text,
			   "may have any content by %s, though %s lists %zu digests there, first of %s",
			   source_name(a, g->source),
			   source_name(b, first->source), covered, shown);
		if (err)
			return err;
	}
	return 0;
}

static int find_conflicts(const struct merge *m)
{
	const struct policy_refs *refs = &m->from->refs;
	int err = 0;

	for (size_t n = 0, count; !err && n < refs->count; n += count) {
		count = 1;
		while (n + count < refs->count &&
		       same_path(imans_policy_ref(refs, n),
				 imans_policy_ref(refs, n + count)))
			count++;
		err = compare_group(m, n, count);
	}
	if (!err)
		err = compare_any(m, m->from, m->to);
	return err ? err : compare_any(m, m->to, m->from);
}

/* ---------------------------------------------------------------- rules --- */

static int add_refs(const struct merge *m)
{
	int err = 0;

	for (size_t i = 0; !err && i < m->from->refs.count; i++) {
		const struct policy_ref *ref = imans_policy_ref(&m->from->refs,
								i);

		m->to->source = m->source[ref->source];
		err = imans_policy_refs_add(m->to, policy_ref_path(ref),
					    ref->path_len, ref->glob, ref->bank,
					    ref->bytes, ref->index);
	}
	return err;
}

static bool same_key(const struct policy_key *a, const struct policy_key *b)
{
	if (a->path_count != b->path_count || a->has_keyid != b->has_keyid ||
	    a->keyid != b->keyid || !imans_sigkey_same(a->key, b->key))
		return false;
	for (size_t i = 0; i < a->path_count; i++)
		if (strcmp(a->path_texts[i], b->path_texts[i]))
			return false;
	return true;
}

static int add_key(const struct merge *m, const struct policy_key *key)
{
	for (size_t i = 0; i < m->to->key_count; i++)
		if (same_key(&m->to->keys[i], key))
			return 0;
	m->to->source = m->source[key->source];
	return imans_policy_put_key(m->to, key->name, key->pem,
				    key->has_keyid ? &key->keyid : NULL,
				    (const char *const *)key->path_texts,
				    key->path_count, key->index);
}

static int add_rules(const struct merge *m)
{
	const struct imans_policy *from = m->from;
	int err = 0;

	for (size_t i = 0; !err && i < from->glob_count; i++) {
		const struct policy_glob *g = &from->globs[i];

		m->to->source = m->source[g->source];
		err = imans_policy_put_glob(m->to, g->text, g->any, g->index);
	}
	for (size_t i = 0; !err && i < from->key_count; i++)
		err = add_key(m, &from->keys[i]);
	for (size_t i = 0; !err && i < from->allowed_count; i++)
		if (!imans_policy_allows(m->to, from->allowed[i]))
			err = imans_policy_add_ns_policy(m->to,
							 from->allowed[i]);
	return err ? err : add_refs(m);
}

IMANS_API int imans_policy_merge(struct imans_policy *policy,
				 struct imans_policy *other,
				 imans_conflict_fn fn, void *user)
{
	struct merge m = {
		.to = policy, .from = other, .fn = fn, .user = user,
	};
	int err;

	if (policy == other)
		return 0;
	err = imans_policy_sort(policy);
	if (!err)
		err = imans_policy_sort(other);
	if (!err && fn)
		err = find_conflicts(&m);
	if (!err)
		err = add_sources(&m);
	if (!err)
		err = add_rules(&m);
	free(m.source);
	return err;
}
