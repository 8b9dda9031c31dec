// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reference values in memory: made and filled. */

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "glob.h"
#include "imasig.h"
#include "policy.h"
#include "text.h"

/* SHA-256 of "measure func=BPRM_CHECK\nmeasure func=MMAP_CHECK mask=MAY_EXEC\n" */
IMANS_API const uint8_t imans_default_policy_digest[IMANS_HASH_SIZE] = {
	0x33, 0x18, 0x98, 0xcf, 0xcf, 0xc0, 0x3d, 0x8f,
	0x92, 0xa4, 0x99, 0x2b, 0xc1, 0x45, 0x4c, 0x1a,
	0xdb, 0xc2, 0xd2, 0x72, 0xb1, 0xc3, 0x9f, 0xf2,
	0x09, 0xf7, 0xb7, 0xbd, 0x56, 0x9b, 0x02, 0x59,
};

static int no_memory(struct imans_policy *policy)
{
	return imans_err(policy->ctx, -ENOMEM, "policy: out of memory");
}

IMANS_API int imans_policy_new(struct imans_ctx *ctx,
			       struct imans_policy **policy)
{
	struct imans_policy *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return imans_err(ctx, -ENOMEM, "policy: out of memory");
	new->ctx = ctx;
	/* Blocking only at boot, before there is any randomness. */
	if (getrandom(&new->refs.seed, sizeof(new->refs.seed), 0) !=
	    sizeof(new->refs.seed))
		err = imans_err(ctx, -EIO, "policy: no randomness");
	else
		err = imans_policy_begin(new, "policy", POLICY_MEMORY);
	if (err)
		imans_policy_free(new);
	else
		*policy = new;
	return err;
}

static void key_free(struct policy_key *key)
{
	for (size_t i = 0; i < key->path_count; i++) {
		imans_glob_free(key->paths[i]);
		free(key->path_texts[i]);
	}
	free(key->paths);
	free(key->path_texts);
	imans_sigkey_free(key->key);
	free(key->name);
	free(key->pem);
}

IMANS_API void imans_policy_free(struct imans_policy *policy)
{
	if (!policy)
		return;
	for (size_t i = 0; i < policy->label_count; i++)
		free(policy->labels[i]);
	for (size_t i = 0; i < policy->source_count; i++)
		free(policy->sources[i].name);
	for (size_t i = 0; i < policy->glob_count; i++) {
		imans_glob_free(policy->globs[i].glob);
		free(policy->globs[i].text);
	}
	for (size_t i = 0; i < policy->key_count; i++)
		key_free(&policy->keys[i]);
	free(policy->labels);
	free(policy->allowed);
	free(policy->sources);
	free(policy->globs);
	free(policy->keys);
	imans_policy_refs_free(&policy->refs);
	free(policy);
}

int imans_policy_begin(struct imans_policy *policy, const char *name,
		       enum policy_format format)
{
	char shown[IMANS_SHOWN_SIZE], *copy;
	struct policy_source *more;

	imans_show(shown, sizeof(shown), name, strlen(name));
	if (policy->source_count == IMANS_POLICY_SOURCES_MAX)
		return imans_err(policy->ctx, -EMSGSIZE,
				 "%s: the policy is made of more than %d sources",
				 shown, IMANS_POLICY_SOURCES_MAX);
	more = realloc(policy->sources,
		       (policy->source_count + 1) * sizeof(*more));
	if (!more)
		return no_memory(policy);
	policy->sources = more;
	copy = strdup(shown);
	if (!copy)
		return no_memory(policy);
	more[policy->source_count] = (struct policy_source){ copy, format };
	policy->source = (uint16_t)policy->source_count++;
	return 0;
}

struct policy_mark imans_policy_mark(const struct imans_policy *policy)
{
	return (struct policy_mark){
		.refs = policy->refs.count, .used = policy->refs.used,
		.sources = policy->source_count, .source = policy->source,
		.sorted = policy->refs.sorted,
	};
}

/* They were put behind all that was there, and not sorted since. */
void imans_policy_back_to(struct imans_policy *policy,
			  const struct policy_mark *mark)
{
	policy->refs.count = mark->refs;
	policy->refs.used = mark->used;
	policy->refs.sorted = mark->sorted;
	while (policy->source_count > mark->sources)
		free(policy->sources[--policy->source_count].name);
	policy->source = mark->source;
}

IMANS_API int imans_policy_add_match(struct imans_policy *policy,
				     const char *glob)
{
	char **more, *copy;

	if (!*glob)
		return imans_err(policy->ctx, -EINVAL,
				 "policy: a pattern of labels is empty");
	more = realloc(policy->labels, (policy->label_count + 1) * sizeof(*more));
	if (!more)
		return no_memory(policy);
	policy->labels = more;
	copy = strdup(glob);
	if (!copy)
		return no_memory(policy);
	more[policy->label_count++] = copy;
	return 0;
}

IMANS_API void imans_policy_set_host(struct imans_policy *policy, bool host)
{
	policy->host = host;
}

IMANS_API void imans_policy_set_opaque(struct imans_policy *policy, bool opaque)
{
	policy->opaque = opaque;
}

IMANS_API bool imans_policy_is_host(const struct imans_policy *policy)
{
	return policy->host;
}

IMANS_API bool imans_policy_is_opaque(const struct imans_policy *policy)
{
	return policy->opaque;
}

IMANS_API int imans_policy_add_ns_policy(struct imans_policy *policy,
					 const uint8_t digest[IMANS_HASH_SIZE])
{
	uint8_t (*more)[IMANS_HASH_SIZE];

	more = realloc(policy->allowed,
		       (policy->allowed_count + 1) * sizeof(*more));
	if (!more)
		return no_memory(policy);
	policy->allowed = more;
	memcpy(more[policy->allowed_count++], digest, IMANS_HASH_SIZE);
	return 0;
}

IMANS_API bool imans_policy_allows(const struct imans_policy *policy,
				   const uint8_t digest[IMANS_HASH_SIZE])
{
	for (size_t i = 0; i < policy->allowed_count; i++)
		if (!memcmp(policy->allowed[i], digest, IMANS_HASH_SIZE))
			return true;
	return !memcmp(imans_default_policy_digest, digest, IMANS_HASH_SIZE);
}

IMANS_API const char *imans_policy_match(const struct imans_policy *policy,
					 size_t n)
{
	return n < policy->label_count ? policy->labels[n] : NULL;
}

IMANS_API bool imans_policy_matches(const struct imans_policy *policy,
				    const char *label)
{
	for (size_t i = 0; i < policy->label_count; i++)
		if (!fnmatch(policy->labels[i], label, 0))
			return true;
	return false;
}

/* -------------------------------------------------------------- digests --- */

IMANS_API int imans_policy_add_digest(struct imans_policy *policy,
				      const char *path, enum imans_bank bank,
				      const uint8_t *digest, size_t len)
{
	if (!*path || !len || len != imans_bank_size(bank))
		return imans_err(policy->ctx, -EINVAL,
				 "policy: an empty path, or a digest of a wrong length");
	return imans_policy_refs_add(policy, path, strlen(path), false, bank,
				     digest, 0);
}

/* ------------------------------------------------------------- patterns --- */

static int glob_error(struct imans_policy *policy, const char *pattern, int err)
{
	return imans_err(policy->ctx, err, "policy: pattern \"%.100s\": %s",
			 pattern,
			 err == -EMSGSIZE ? "longer than 1024 bytes" :
			 err == -ENOMEM ? "out of memory" :
			 "empty, or a [ without its ]");
}

static struct policy_glob *find_glob(struct imans_policy *policy,
				     const char *pattern)
{
	for (size_t i = 0; i < policy->glob_count; i++)
		if (!strcmp(policy->globs[i].text, pattern))
			return &policy->globs[i];
	return NULL;
}

int imans_policy_put_glob(struct imans_policy *policy, const char *pattern,
			  bool any, uint32_t index)
{
	struct policy_glob new = { .any = any, .source = policy->source,
				   .index = index };
	struct policy_glob *there = find_glob(policy, pattern), *more;
	int err;

	if (there) {
		if (any && !there->any) {
			there->any = true;
			there->source = policy->source;
			there->index = index;
		}
		return 0;
	}
	if (policy->glob_count == IMANS_POLICY_GLOBS_MAX)
		return imans_err(policy->ctx, -EMSGSIZE,
				 "policy: more than %d patterns on paths",
				 IMANS_POLICY_GLOBS_MAX);
	more = realloc(policy->globs, (policy->glob_count + 1) * sizeof(*more));
	if (!more)
		return no_memory(policy);
	policy->globs = more;
	err = imans_glob_new(pattern, &new.glob);
	if (err)
		return glob_error(policy, pattern, err);
	new.text = strdup(pattern);
	if (!new.text) {
		imans_glob_free(new.glob);
		return no_memory(policy);
	}
	more[policy->glob_count++] = new;
	return 0;
}

IMANS_API int imans_policy_add_glob(struct imans_policy *policy,
				    const char *pattern, enum imans_bank bank,
				    const uint8_t *digest, size_t len)
{
	int err;

	if (!len || len != imans_bank_size(bank))
		return imans_err(policy->ctx, -EINVAL,
				 "policy: a digest of a wrong length");
	err = imans_policy_put_glob(policy, pattern, false, 0);
	if (err)
		return err;
	return imans_policy_refs_add(policy, pattern, strlen(pattern), true,
				     bank, digest, 0);
}

IMANS_API int imans_policy_add_any(struct imans_policy *policy,
				   const char *pattern)
{
	return imans_policy_put_glob(policy, pattern, true, 0);
}

/* ----------------------------------------------------------------- keys --- */

static int fill_key(struct imans_policy *policy, struct policy_key *key,
		    const char *const *paths, size_t count)
{
	key->paths = calloc(count + 1, sizeof(*key->paths));
	key->path_texts = calloc(count + 1, sizeof(*key->path_texts));
	if (!key->name || !key->pem || !key->paths || !key->path_texts)
		return no_memory(policy);
	while (key->path_count < count) {
		const char *pattern = paths[key->path_count];
		int err = imans_glob_new(pattern, &key->paths[key->path_count]);

		if (err)
			return glob_error(policy, pattern, err);
		key->path_texts[key->path_count] = strdup(pattern);
		/* Counted first, so that it is freed. */
		if (!key->path_texts[key->path_count++])
			return no_memory(policy);
	}
	return 0;
}

int imans_policy_put_key(struct imans_policy *policy, const char *name,
			 const char *pem, const uint32_t *keyid,
			 const char *const *paths, size_t path_count,
			 uint32_t index)
{
	struct policy_key key = {
		.source = policy->source,
		.index = index,
		.name = strdup(name),
		.pem = strdup(pem),
		.has_keyid = keyid,
		.keyid = keyid ? *keyid : 0,
	};
	struct policy_key *more;
	int err;

	if (policy->key_count == IMANS_POLICY_KEYS_MAX ||
	    path_count > IMANS_POLICY_GLOBS_MAX)
		err = imans_err(policy->ctx, -EMSGSIZE,
				"policy: more than %d keys, or %d patterns for one",
				IMANS_POLICY_KEYS_MAX, IMANS_POLICY_GLOBS_MAX);
	else
		err = fill_key(policy, &key, paths, path_count);
	if (!err)
		err = imans_sigkey_new(policy->ctx, name, pem, keyid, &key.key);
	if (err)
		goto fail;
	more = realloc(policy->keys, (policy->key_count + 1) * sizeof(*more));
	if (!more) {
		err = no_memory(policy);
		goto fail;
	}
	policy->keys = more;
	more[policy->key_count++] = key;
	return 0;
fail:
	key_free(&key);
	return err;
}

IMANS_API int imans_policy_add_key(struct imans_policy *policy,
				   const char *name, const char *pem,
				   const char *const *paths, size_t count)
{
	if (!name || !*name || !pem || (count && !paths))
		return imans_err(policy->ctx, -EINVAL,
				 "policy: a key without a name or text");
	return imans_policy_put_key(policy, name, pem, NULL, paths, count, 0);
}
