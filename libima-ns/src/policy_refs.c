// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Digests of reference values: hundreds of thousands of them, looked up for
 * each entry of lists of millions. A digest, its path and what tells where they
 * come from are one piece of one block; a lookup costs one slot of a hash table
 * and one such piece.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "policy.h"

#define ALIGN		8
/* The larger pages that most machines have. */
#define HUGE_PAGE	((size_t)2 << 20)
/* Offsets are 32 bits of these units, and 0 is taken. */
#define BLOCK_MAX	((size_t)ALIGN * (UINT32_MAX - 1))

static const struct policy_ref *ref_at(const struct policy_refs *refs,
				       uint32_t offset)
{
	return (const void *)(refs->block + (size_t)offset * ALIGN);
}

const struct policy_ref *imans_policy_ref(const struct policy_refs *refs,
					  size_t n)
{
	return ref_at(refs, refs->order[n]);
}

void imans_policy_refs_free(struct policy_refs *refs)
{
	free(refs->block);
	free(refs->order);
	free(refs->exact);
	free(refs->digest);
}

static void *grow(void *old, size_t *room, size_t want, size_t size)
{
	size_t more = *room ? *room : 4096 / size;
	void *new;

	while (more < want)
		more *= 2;
	new = reallocarray(old, more, size);
	if (new)
		*room = more;
	return new;
}

static int make_room(struct imans_policy *policy, size_t bytes)
{
	struct policy_refs *refs = &policy->refs;
	void *more;

	if (bytes > BLOCK_MAX - refs->used || refs->count >= UINT32_MAX / 4)
		return imans_err(policy->ctx, -EMSGSIZE,
				 "policy: too many digests");
	if (refs->room - refs->used < bytes) {
		more = grow(refs->block, &refs->room, refs->used + bytes, 1);
		if (!more)
			goto no_memory;
		refs->block = more;
	}
	if (refs->count == refs->order_room) {
		more = grow(refs->order, &refs->order_room, refs->count + 1,
			    sizeof(*refs->order));
		if (!more)
			goto no_memory;
		refs->order = more;
	}
	return 0;
no_memory:
	return imans_err(policy->ctx, -ENOMEM, "policy: out of memory");
}

int imans_policy_refs_add(struct imans_policy *policy, const char *path,
			  size_t path_len, bool glob, enum imans_bank bank,
			  const uint8_t *digest, uint32_t index)
{
	struct policy_refs *refs = &policy->refs;
	size_t size = imans_bank_size(bank), bytes;
	struct policy_ref *ref;
	int err;

	bytes = sizeof(*ref) + size + path_len + 1;
	bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
	err = make_room(policy, bytes);
	if (err)
		return err;
	ref = (void *)(refs->block + refs->used);
	ref->path_len = (uint32_t)path_len;
	ref->index = index;
	ref->source = policy->source;
	ref->bank = (uint8_t)bank;
	ref->size = (uint8_t)size;
	ref->glob = glob;
	memcpy(ref->bytes, digest, size);
	memcpy(ref->bytes + size, path, path_len);
	ref->bytes[size + path_len] = '\0';
	refs->order[refs->count++] = (uint32_t)(refs->used / ALIGN);
	refs->used += bytes;
	refs->sorted = false;
	return 0;
}

/* --------------------------------------------------------------- order --- */

/* A path's place without its digest; as strcmp() orders them. */
static int compare_path(const struct policy_ref *a, bool glob,
			const char *path, size_t len)
{
	size_t least = a->path_len < len ? a->path_len : len;
	int order;

	if (a->glob != glob)
		return a->glob < glob ? -1 : 1;
	order = memcmp(policy_ref_path(a), path, least);
	if (order)
		return order;
	return a->path_len < len ? -1 : a->path_len > len;
}

static int compare(const struct policy_ref *a, const struct policy_ref *b)
{
	int order = compare_path(a, b->glob, policy_ref_path(b), b->path_len);

	if (order)
		return order;
	if (a->bank != b->bank)
		return a->bank < b->bank ? -1 : 1;
	return memcmp(a->bytes, b->bytes, a->size);
}

/* What stands first is what is kept of two that are the same. */
static int compare_offsets(const void *a, const void *b, void *user)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = compare(ref_at(user, x), ref_at(user, y));

	if (order)
		return order;
	return x < y ? -1 : x > y;
}

static bool in_order(const struct policy_refs *refs)
{
	for (size_t i = 1; i < refs->count; i++)
		if (compare(imans_policy_ref(refs, i - 1),
			    imans_policy_ref(refs, i)) >= 0)
			return false;
	return true;
}

static void sort(struct policy_refs *refs)
{
	size_t kept = 0;

	/* As they come from a file that we wrote. */
	if (in_order(refs))
		return;
	qsort_r(refs->order, refs->count, sizeof(*refs->order),
		compare_offsets, refs);
	for (size_t i = 0; i < refs->count; i++)
		if (!kept || compare(imans_policy_ref(refs, kept - 1),
				     imans_policy_ref(refs, i)))
			refs->order[kept++] = refs->order[i];
	refs->count = kept;
}

/* -------------------------------------------------------------- tables --- */

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 32;
}

static uint64_t load64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* The seed goes in before what others choose, and once more after it. */
static uint64_t hash_digest(const struct policy_refs *refs,
			    enum imans_bank bank, const uint8_t *digest)
{
	uint64_t h = mix(refs->seed + bank, load64(digest));

	return mix(mix(h, load64(digest + 8)), refs->seed);
}

static uint64_t hash_exact(const struct policy_refs *refs, uint64_t h,
			   bool glob, const char *path, size_t len)
{
	uint64_t last = 0;
	size_t i = 0;

	for (h = mix(h, len * 2 + glob); len - i >= 8; i += 8)
		h = mix(h, load64(path + i));
	memcpy(&last, path + i, len - i);
	return mix(mix(h, last), refs->seed);
}

static bool same_digest(const struct policy_ref *ref, enum imans_bank bank,
			const uint8_t *digest)
{
	return ref->bank == bank && !memcmp(ref->bytes, digest, ref->size);
}

static void put(const struct policy_refs *refs, struct policy_slot *table,
		uint64_t hash, uint32_t offset)
{
	size_t at = hash & refs->mask;

	while (table[at].ref)
		at = (at + 1) & refs->mask;
	table[at].ref = offset + 1;
	table[at].tag = (uint32_t)(hash >> 32);
}

const struct policy_ref *
imans_policy_find_digest(const struct policy_refs *refs, enum imans_bank bank,
			 const uint8_t *digest)
{
	uint64_t hash;

	if (!refs->count)
		return NULL;
	hash = hash_digest(refs, bank, digest);
	for (size_t at = hash & refs->mask; refs->digest[at].ref;
	     at = (at + 1) & refs->mask) {
		const struct policy_ref *ref;

		if (refs->digest[at].tag != (uint32_t)(hash >> 32))
			continue;
		ref = ref_at(refs, refs->digest[at].ref - 1);
		if (same_digest(ref, bank, digest))
			return ref;
	}
	return NULL;
}

uint64_t imans_policy_hash(const struct policy_refs *refs, const char *path,
			   size_t path_len, bool glob, enum imans_bank bank,
			   const uint8_t *digest)
{
	return hash_exact(refs, hash_digest(refs, bank, digest), glob, path,
			  path_len);
}

const struct policy_ref *
imans_policy_find_hashed(const struct policy_refs *refs, uint64_t hash,
			 const char *path, size_t path_len, bool glob,
			 enum imans_bank bank, const uint8_t *digest)
{
	if (!refs->count)
		return NULL;
	for (size_t at = hash & refs->mask; refs->exact[at].ref;
	     at = (at + 1) & refs->mask) {
		const struct policy_ref *ref;

		if (refs->exact[at].tag != (uint32_t)(hash >> 32))
			continue;
		ref = ref_at(refs, refs->exact[at].ref - 1);
		if (ref->path_len == path_len && ref->glob == glob &&
		    same_digest(ref, bank, digest) &&
		    !memcmp(policy_ref_path(ref), path, path_len))
			return ref;
	}
	return NULL;
}

const struct policy_ref *
imans_policy_find(const struct policy_refs *refs, const char *path,
		  size_t path_len, bool glob, enum imans_bank bank,
		  const uint8_t *digest)
{
	return imans_policy_find_hashed(refs,
					imans_policy_hash(refs, path, path_len,
							  glob, bank, digest),
					path, path_len, glob, bank, digest);
}

void imans_policy_fetch_slot(const struct policy_refs *refs, uint64_t hash)
{
	if (refs->count)
		__builtin_prefetch(&refs->exact[hash & refs->mask]);
}

void imans_policy_fetch_ref(const struct policy_refs *refs, uint64_t hash)
{
	uint32_t ref = refs->count ? refs->exact[hash & refs->mask].ref : 0;

	if (ref)
		__builtin_prefetch(ref_at(refs, ref - 1));
}

/*
 * Slots are looked up at random: with pages of the usual size, a look-up waits
 * for the page's address longer than for what is there. It is a hint only, and
 * must come before the memory is written to.
 */
static struct policy_slot *make_table(size_t slots)
{
	struct policy_slot *table = calloc(slots, sizeof(*table));
	uintptr_t from = (uintptr_t)table, to = from + slots * sizeof(*table);

	from = (from + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	to = to / HUGE_PAGE * HUGE_PAGE;
	if (table && from < to)
		madvise((void *)from, to - from, MADV_HUGEPAGE);
	return table;
}

int imans_policy_sort(struct imans_policy *policy)
{
	struct policy_refs *refs = &policy->refs;
	size_t slots = 16;

	if (refs->sorted || !refs->count)
		return 0;
	sort(refs);
	/* At most half full, so that runs stay short. */
	while (slots < refs->count * 2)
		slots *= 2;
	free(refs->exact);
	free(refs->digest);
	refs->exact = make_table(slots);
	refs->digest = make_table(slots);
	if (!refs->exact || !refs->digest)
		return imans_err(policy->ctx, -ENOMEM, "policy: out of memory");
	refs->mask = slots - 1;
	for (size_t i = 0; i < refs->count; i++) {
		const struct policy_ref *ref = imans_policy_ref(refs, i);
		uint64_t h = hash_digest(refs, ref->bank, ref->bytes);

		put(refs, refs->exact,
		    hash_exact(refs, h, ref->glob, policy_ref_path(ref),
			       ref->path_len), refs->order[i]);
		/* The first path of a digest is the one that is named. */
		if (!imans_policy_find_digest(refs, ref->bank, ref->bytes))
			put(refs, refs->digest, h, refs->order[i]);
	}
	refs->sorted = true;
	return 0;
}

/* The first that is not before the path. */
static size_t lower_bound(const struct policy_refs *refs, const char *path,
			  size_t len, bool glob, int bank)
{
	size_t low = 0, high = refs->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct policy_ref *ref = imans_policy_ref(refs, mid);
		int order = compare_path(ref, glob, path, len);

		if (order < 0 || (!order && ref->bank < bank))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t imans_policy_find_path(const struct policy_refs *refs, const char *path,
			      size_t path_len, bool glob, enum imans_bank bank,
			      const struct policy_ref **first)
{
	size_t from = lower_bound(refs, path, path_len, glob, bank);
	size_t to = lower_bound(refs, path, path_len, glob, bank + 1);

	if (from == to)
		return 0;
	*first = imans_policy_ref(refs, from);
	return to - from;
}
