// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reference values looked up, and decisions explained. */

#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "glob.h"
#include "imasig.h"
#include "policy.h"
#include "policy_json.h"
#include "text.h"

IMANS_API size_t imans_policy_digests(struct imans_policy *policy)
{
	imans_policy_sort(policy);
	return policy->refs.count;
}

IMANS_API size_t imans_policy_paths(struct imans_policy *policy)
{
	const struct policy_ref *last = NULL;
	size_t paths = 0;

	if (imans_policy_sort(policy))
		return 0;
	for (size_t i = 0; i < policy->refs.count; i++) {
		const struct policy_ref *ref = imans_policy_ref(&policy->refs,
								i);

		if (ref->glob)
			break;
		if (!last || strcmp(policy_ref_path(last), policy_ref_path(ref)))
			paths++;
		last = ref;
	}
	return paths;
}

static int each_ref(struct imans_policy *policy, bool glob, imans_policy_fn fn,
		    void *user)
{
	int ret = imans_policy_sort(policy);

	for (size_t i = 0; !ret && i < policy->refs.count; i++) {
		const struct policy_ref *ref = imans_policy_ref(&policy->refs,
								i);

		if (ref->glob == glob)
			ret = fn(user, policy_ref_path(ref), ref->bank,
				 ref->bytes, ref->size);
	}
	return ret;
}

IMANS_API int imans_policy_each(struct imans_policy *policy, imans_policy_fn fn,
				void *user)
{
	return each_ref(policy, false, fn, user);
}

IMANS_API int imans_policy_each_glob(struct imans_policy *policy,
				     imans_policy_fn fn, void *user)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < policy->glob_count; i++)
		if (policy->globs[i].any)
			ret = fn(user, policy->globs[i].text, 0, NULL, 0);
	return ret ? ret : each_ref(policy, true, fn, user);
}

IMANS_API const char *imans_policy_key(const struct imans_policy *policy,
				       size_t n, uint32_t *keyid)
{
	if (n >= policy->key_count)
		return NULL;
	*keyid = imans_sigkey_id(policy->keys[n].key);
	return policy->keys[n].name;
}

IMANS_API const char *imans_policy_key_path(const struct imans_policy *policy,
					    size_t n, size_t path)
{
	if (n >= policy->key_count || path >= policy->keys[n].path_count)
		return NULL;
	return policy->keys[n].path_texts[path];
}

/* ----------------------------------------------------------- decisions --- */

/*
 * A container runtime copies itself into a memfd, so that no container can
 * write to it, and executes that. Its content is the only thing that can be
 * compared: the name is whatever its maker gave it.
 */
static bool is_memfd(const char *name, size_t len)
{
	if (len && *name == '/') {
		name++;
		len--;
	}
	return len > 6 && !memcmp(name, "memfd:", 6);
}

static bool decide(struct imans_decision *d, const struct imans_policy *policy,
		   enum imans_match match, const char *where, const void *rule)
{
	d->policy = policy;
	d->match = match;
	d->allowed = match != IMANS_MATCH_NONE &&
		     match != IMANS_MATCH_ELSEWHERE;
	d->where = where;
	d->rule = rule;
	return true;
}

static bool by_glob(const struct imans_policy *policy,
		    const struct imans_file *file, enum imans_bank bank,
		    struct imans_decision *d)
{
	for (size_t i = 0; i < policy->glob_count; i++) {
		const struct policy_glob *g = &policy->globs[i];
		const struct policy_ref *ref;

		if (!imans_glob_match(g->glob, file->name, file->name_len))
			continue;
		ref = imans_policy_find(&policy->refs, g->text, strlen(g->text),
					true, bank, file->digest);
		if (ref)
			return decide(d, policy, IMANS_MATCH_GLOB, g->text, ref);
	}
	return false;
}

static bool by_any(const struct imans_policy *policy,
		   const struct imans_file *file, struct imans_decision *d)
{
	for (size_t i = 0; i < policy->glob_count; i++) {
		const struct policy_glob *g = &policy->globs[i];

		if (g->any &&
		    imans_glob_match(g->glob, file->name, file->name_len))
			return decide(d, policy, IMANS_MATCH_ANY, g->text, g);
	}
	return false;
}

static bool key_may_sign(const struct policy_key *key,
			 const struct imans_file *file)
{
	for (size_t i = 0; i < key->path_count; i++)
		if (imans_glob_match(key->paths[i], file->name, file->name_len))
			return true;
	return !key->path_count;
}

static bool by_key(struct imans_ctx *ctx, const struct imans_policy *policy,
		   const struct imans_file *file, const enum imans_bank *bank,
		   struct imans_decision *d)
{
	bool verity = file->type && !strcmp(file->type, "verity");
	struct imans_sig sig;

	if (!file->sig_len || !policy->key_count)
		return false;
	d->sig = IMANS_SIG_BAD;
	if (imans_sig_parse(file->sig, file->sig_len, &sig))
		return false;
	d->keyid = sig.keyid;
	d->sig = IMANS_SIG_UNKNOWN;
	for (size_t i = 0; i < policy->key_count; i++) {
		const struct policy_key *key = &policy->keys[i];

		if (!imans_sigkey_has_id(key->key, sig.keyid) ||
		    !key_may_sign(key, file))
			continue;
		d->sig = IMANS_SIG_BAD;
		/* What was signed is known by its digest only. */
		if (!bank || *bank != sig.bank ||
		    imans_sig_verify(ctx, &sig, key->key, verity,
				     file->digest))
			continue;
		d->sig = IMANS_SIG_GOOD;
		return decide(d, policy, IMANS_MATCH_KEY, key->name, key);
	}
	return false;
}

/* Why it is not allowed: what comes next to it. */
static void refuse(const struct imans_policy *policy,
		   const struct imans_file *file, enum imans_bank bank,
		   struct imans_decision *d)
{
	const struct policy_refs *refs = &policy->refs;
	const struct policy_ref *ref;

	ref = imans_policy_find_digest(refs, bank, file->digest);
	if (ref)
		decide(d, policy, is_memfd(file->name, file->name_len) ?
		       IMANS_MATCH_MEMFD : IMANS_MATCH_ELSEWHERE,
		       policy_ref_path(ref), ref);
	if (d->allowed)
		return;
	d->others = imans_policy_find_path(refs, file->name, file->name_len,
					   false, bank, &ref);
	d->listed = d->others ? ref : NULL;
}

static void decide_one(struct imans_ctx *ctx, struct imans_policy *policy,
		       const struct imans_file *file,
		       const enum imans_bank *bank, const uint64_t *hash,
		       struct imans_decision *d)
{
	const struct policy_refs *refs = &policy->refs;
	const struct policy_ref *ref;

	memset(d, 0, sizeof(*d));
	d->policy = policy;
	if (bank && (!file->type || strcmp(file->type, "verity"))) {
		ref = imans_policy_find_hashed(refs, hash ? *hash :
			imans_policy_hash(refs, file->name, file->name_len,
					  false, *bank, file->digest),
			file->name, file->name_len, false, *bank, file->digest);
		if (ref) {
			decide(d, policy, IMANS_MATCH_PATH,
			       policy_ref_path(ref), ref);
			return;
		}
		if (by_glob(policy, file, *bank, d))
			return;
	}
	if (by_key(ctx, policy, file, bank, d))
		return;
	if (bank && (!file->type || strcmp(file->type, "verity")))
		refuse(policy, file, *bank, d);
	/* Last, so that what can be told of a file is. */
	if (!d->allowed)
		by_any(policy, file, d);
}

static int rank(const struct imans_decision *d)
{
	static const int ranks[] = {
		[IMANS_MATCH_NONE] = 0, [IMANS_MATCH_ELSEWHERE] = 1,
		[IMANS_MATCH_ANY] = 2, [IMANS_MATCH_MEMFD] = 3,
		[IMANS_MATCH_KEY] = 4, [IMANS_MATCH_GLOB] = 5,
		[IMANS_MATCH_PATH] = 6,
	};

	return ranks[d->match];
}

static bool better(const struct imans_decision *a,
		   const struct imans_decision *b)
{
	if (rank(a) != rank(b))
		return rank(a) > rank(b);
	if (!a->others != !b->others)
		return a->others;
	return a->sig > b->sig;
}

/* Whether it is a digest of a bank, by its algorithm and its size. */
static bool bank_of(const struct imans_file *file, enum imans_bank *bank)
{
	return file->algo && !imans_bank_parse(file->algo, bank) &&
	       imans_bank_size(*bank) == file->len;
}

void imans_policies_expect(struct imans_policy *const *policies, size_t count,
			   const struct imans_file *file,
			   struct policy_hint *hint)
{
	const struct policy_refs *refs = count ? &policies[0]->refs : NULL;
	enum imans_bank bank;

	hint->set = refs && refs->sorted && bank_of(file, &bank);
	if (!hint->set)
		return;
	hint->hash = imans_policy_hash(refs, file->name, file->name_len, false,
				       bank, file->digest);
	imans_policy_fetch_slot(refs, hint->hash);
}

void imans_policies_expect_more(struct imans_policy *const *policies,
				const struct policy_hint *hint)
{
	if (hint->set)
		imans_policy_fetch_ref(&policies[0]->refs, hint->hash);
}

int imans_policies_decide_expected(struct imans_ctx *ctx,
				   struct imans_policy *const *policies,
				   size_t count, const struct imans_file *file,
				   const struct policy_hint *hint,
				   struct imans_decision *decision)
{
	struct imans_decision best = { .match = IMANS_MATCH_NONE }, one;
	enum imans_bank bank, *known = NULL;

	/* Nothing can have this name, and no pattern is to match a part. */
	if (file->name_len && memchr(file->name, 0, file->name_len)) {
		*decision = best;
		return 0;
	}
	if (bank_of(file, &bank))
		known = &bank;
	for (size_t i = 0; i < count; i++) {
		int err = imans_policy_sort(policies[i]);

		if (err)
			return err;
		decide_one(ctx ? ctx : policies[i]->ctx, policies[i], file,
			   known, !i && hint->set ? &hint->hash : NULL, &one);
		if (!i || better(&one, &best))
			best = one;
		if (best.match == IMANS_MATCH_PATH)
			break;
	}
	*decision = best;
	return 0;
}

IMANS_API int imans_policies_decide(struct imans_policy *const *policies,
				    size_t count, const struct imans_file *file,
				    struct imans_decision *decision)
{
	const struct policy_hint none = { .set = false };

	return imans_policies_decide_expected(NULL, policies, count, file, &none,
					      decision);
}

IMANS_API enum imans_match
imans_policy_lookup(struct imans_policy *policy, const char *name,
		    size_t name_len, enum imans_bank bank,
		    const uint8_t *digest, size_t len, const char **where)
{
	const struct imans_file file = {
		.name = name,
		.name_len = name_len,
		.algo = imans_bank_name(bank),
		.digest = digest,
		.len = len,
	};
	struct imans_decision d;

	if (imans_policies_decide(&policy, 1, &file, &d) ||
	    d.match == IMANS_MATCH_NONE)
		return IMANS_MATCH_NONE;
	*where = d.where;
	return d.match;
}

/* ---------------------------------------------------------------- words --- */

/* "p.json#/files/~1bin~1a/0", allocated; NULL: out of memory. */
static char *rule_name(const struct imans_policy *policy, uint16_t source,
		       const char *part, const char *path, uint32_t index)
{
	const struct policy_source *s = &policy->sources[source];
	char *pointer, *text = NULL;
	int len;

	switch (s->format) {
	case POLICY_MEMORY:
	case POLICY_IMAGE:
		return strdup(s->name);
	case POLICY_LINES:
		len = asprintf(&text, "%s:%" PRIu32, s->name, index);
		return len < 0 ? NULL : text;
	default:
		break;
	}
	if (!path) {
		len = asprintf(&text, "%s#/%s/%" PRIu32, s->name, part, index);
		return len < 0 ? NULL : text;
	}
	pointer = imans_json_pointer(path);
	if (!pointer)
		return NULL;
	len = index == UINT32_MAX ?
		asprintf(&text, "%s#/%s/%s", s->name, part, pointer) :
		asprintf(&text, "%s#/%s/%s/%" PRIu32, s->name, part, pointer,
			 index);
	free(pointer);
	return len < 0 ? NULL : text;
}

static char *ref_name(const struct imans_policy *policy,
		      const struct policy_ref *ref, bool whole)
{
	bool keylime = policy->sources[ref->source].format == POLICY_KEYLIME;

	return rule_name(policy, ref->source, keylime ? "digests" :
			 ref->glob ? "globs" : "files", policy_ref_path(ref),
			 whole ? UINT32_MAX : ref->index);
}

static char *decision_rule(const struct imans_decision *d)
{
	const struct policy_glob *g = d->rule;
	const struct policy_key *key = d->rule;

	switch (d->match) {
	case IMANS_MATCH_NONE:
		return d->listed ? ref_name(d->policy, d->listed, true) :
				   strdup("");
	case IMANS_MATCH_KEY:
		return rule_name(d->policy, key->source, "keys", NULL,
				 key->index);
	case IMANS_MATCH_ANY:
		if (d->policy->sources[g->source].format == POLICY_KEYLIME)
			return rule_name(d->policy, g->source, "excludes", NULL,
					 g->index);
		return rule_name(d->policy, g->source, "globs", g->text,
				 UINT32_MAX);
	default:
		return ref_name(d->policy, d->rule, false);
	}
}

static int words(const struct imans_decision *d, const char *rule,
		 const char *where, char **text)
{
	switch (d->match) {
	case IMANS_MATCH_PATH:
		return asprintf(text, "allowed by %s: listed for this path",
				rule);
	case IMANS_MATCH_GLOB:
		return asprintf(text, "allowed by %s: listed for %s", rule,
				where);
	case IMANS_MATCH_KEY:
		return asprintf(text, "allowed by %s: signed by key %08" PRIx32 " (%s)",
				rule, d->keyid, where);
	case IMANS_MATCH_MEMFD:
		return asprintf(text, "accepted, the content is that of %s (%s)",
				where, rule);
	case IMANS_MATCH_ANY:
		return asprintf(text, "not compared, by %s: %s may have any content",
				rule, where);
	case IMANS_MATCH_ELSEWHERE:
		return asprintf(text, "not in the reference values, which list this content as %s (%s)",
				where, rule);
	default:
		if (!d->listed)
			return asprintf(text, "not in the reference values");
		return asprintf(text, "not in the reference values: %s has %zu other%s",
				rule, d->others,
				d->others == 1 ? "" : "s");
	}
}

static int with_signature(const struct imans_decision *d, char **text)
{
	char *longer;
	int len;

	if (d->allowed ||
	    (d->sig != IMANS_SIG_UNKNOWN && d->sig != IMANS_SIG_BAD))
		return 0;
	if (d->sig == IMANS_SIG_UNKNOWN)
		len = asprintf(&longer, "%s; signed by key %08" PRIx32 ", which is not listed for it",
			       *text, d->keyid);
	else
		len = asprintf(&longer, "%s; its signature does not hold",
			       *text);
	free(*text);
	*text = len < 0 ? NULL : longer;
	return len < 0 ? -ENOMEM : 0;
}

IMANS_API int imans_decision_text(const struct imans_decision *decision,
				  char **text)
{
	char where[IMANS_SHOWN_SIZE] = "";
	char *rule = decision_rule(decision), *out;
	int err;

	if (!rule)
		return -ENOMEM;
	if (decision->where)
		imans_show(where, sizeof(where), decision->where,
			   strlen(decision->where));
	err = words(decision, rule, where, &out) < 0 ? -ENOMEM : 0;
	free(rule);
	if (!err)
		err = with_signature(decision, &out);
	if (!err)
		*text = out;
	return err;
}
