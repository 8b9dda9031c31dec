// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reference values in memory: made, filled, looked up. */

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "ctx.h"
#include "policy.h"

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

	if (!new)
		return imans_err(ctx, -ENOMEM, "policy: out of memory");
	new->ctx = ctx;
	*policy = new;
	return 0;
}

IMANS_API void imans_policy_free(struct imans_policy *policy)
{
	if (!policy)
		return;
	for (size_t i = 0; i < policy->glob_count; i++)
		free(policy->globs[i]);
	for (size_t i = 0; i < policy->ref_count; i++)
		free(policy->refs[i].path);
	free(policy->globs);
	free(policy->allowed);
	free(policy->refs);
	free(policy->by_digest);
	free(policy);
}

IMANS_API int imans_policy_add_match(struct imans_policy *policy,
				     const char *glob)
{
	char **more, *copy;

	if (!*glob)
		return imans_err(policy->ctx, -EINVAL,
				 "policy: a pattern of labels is empty");
	more = realloc(policy->globs, (policy->glob_count + 1) * sizeof(*more));
	if (!more)
		return no_memory(policy);
	policy->globs = more;
	copy = strdup(glob);
	if (!copy)
		return no_memory(policy);
	more[policy->glob_count++] = copy;
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

IMANS_API int imans_policy_add_digest(struct imans_policy *policy,
				      const char *path, enum imans_bank bank,
				      const uint8_t *digest, size_t len)
{
	struct policy_ref *ref;

	if (!*path || !len || len != imans_bank_size(bank))
		return imans_err(policy->ctx, -EINVAL,
				 "policy: an empty path, or a digest of a wrong length");
	if (policy->ref_count == policy->ref_room) {
		size_t room = policy->ref_room ? policy->ref_room * 2 : 256;
		struct policy_ref *more;

		more = realloc(policy->refs, room * sizeof(*more));
		if (!more)
			return no_memory(policy);
		policy->refs = more;
		policy->ref_room = room;
	}
	ref = &policy->refs[policy->ref_count];
	memset(ref, 0, sizeof(*ref));
	ref->path = strdup(path);
	if (!ref->path)
		return no_memory(policy);
	ref->bank = bank;
	memcpy(ref->digest, digest, len);
	policy->ref_count++;
	policy->sorted = false;
	return 0;
}

static int compare_digest(const struct policy_ref *a,
			  const struct policy_ref *b)
{
	if (a->bank != b->bank)
		return a->bank < b->bank ? -1 : 1;
	return memcmp(a->digest, b->digest, sizeof(a->digest));
}

static int by_path(const void *a, const void *b)
{
	const struct policy_ref *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : compare_digest(x, y);
}

static int by_digest(const void *a, const void *b)
{
	const struct policy_ref *const *x = a, *const *y = b;
	int order = compare_digest(*x, *y);

	/* The same path is named for the same digest each time. */
	return order ? order : strcmp((*x)->path, (*y)->path);
}

int imans_policy_sort(struct imans_policy *policy)
{
	const struct policy_ref **index;
	size_t kept = 0;

	if (policy->sorted || !policy->ref_count)
		return 0;
	index = realloc(policy->by_digest, policy->ref_count * sizeof(*index));
	if (!index)
		return no_memory(policy);
	policy->by_digest = index;
	qsort(policy->refs, policy->ref_count, sizeof(*policy->refs), by_path);
	for (size_t i = 0; i < policy->ref_count; i++) {
		if (kept && !by_path(&policy->refs[kept - 1], &policy->refs[i]))
			free(policy->refs[i].path);
		else
			policy->refs[kept++] = policy->refs[i];
	}
	policy->ref_count = kept;
	for (size_t i = 0; i < kept; i++)
		index[i] = &policy->refs[i];
	qsort(index, kept, sizeof(*index), by_digest);
	policy->sorted = true;
	return 0;
}

IMANS_API size_t imans_policy_digests(struct imans_policy *policy)
{
	imans_policy_sort(policy);
	return policy->ref_count;
}

IMANS_API size_t imans_policy_paths(struct imans_policy *policy)
{
	size_t paths = 0;

	if (imans_policy_sort(policy))
		return 0;
	for (size_t i = 0; i < policy->ref_count; i++)
		if (!i || strcmp(policy->refs[i].path, policy->refs[i - 1].path))
			paths++;
	return paths;
}

IMANS_API const char *imans_policy_match(const struct imans_policy *policy,
					 size_t n)
{
	return n < policy->glob_count ? policy->globs[n] : NULL;
}

IMANS_API bool imans_policy_matches(const struct imans_policy *policy,
				    const char *label)
{
	for (size_t i = 0; i < policy->glob_count; i++)
		if (!fnmatch(policy->globs[i], label, 0))
			return true;
	return false;
}

IMANS_API int imans_policy_each(struct imans_policy *policy, imans_policy_fn fn,
				void *user)
{
	int ret = imans_policy_sort(policy);

	for (size_t i = 0; !ret && i < policy->ref_count; i++) {
		const struct policy_ref *ref = &policy->refs[i];

		ret = fn(user, ref->path, ref->bank, ref->digest,
			 imans_bank_size(ref->bank));
	}
	return ret;
}

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

static const struct policy_ref *find_digest(const struct imans_policy *policy,
					    const struct policy_ref *key)
{
	size_t low = 0, high = policy->ref_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare_digest(policy->by_digest[mid], key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == policy->ref_count ||
	    compare_digest(policy->by_digest[low], key))
		return NULL;
	return policy->by_digest[low];
}

IMANS_API enum imans_match
imans_policy_lookup(struct imans_policy *policy, const char *name,
		    size_t name_len, enum imans_bank bank,
		    const uint8_t *digest, size_t len, const char **where)
{
	struct policy_ref key = { .bank = bank };
	const struct policy_ref *ref;

	if (!len || len != imans_bank_size(bank) || imans_policy_sort(policy) ||
	    !policy->ref_count || (name_len && memchr(name, 0, name_len)))
		return IMANS_MATCH_NONE;
	memcpy(key.digest, digest, len);
	key.path = strndup(name_len ? name : "", name_len);
	if (!key.path)
		return IMANS_MATCH_NONE;
	ref = bsearch(&key, policy->refs, policy->ref_count,
		      sizeof(*policy->refs), by_path);
	free(key.path);
	if (ref) {
		*where = ref->path;
		return IMANS_MATCH_PATH;
	}
	ref = find_digest(policy, &key);
	if (!ref)
		return IMANS_MATCH_NONE;
	*where = ref->path;
	return is_memfd(name, name_len) ? IMANS_MATCH_MEMFD :
					  IMANS_MATCH_ELSEWHERE;
}
