/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reference values in memory, and their file. */
#ifndef IMANS_POLICY_H
#define IMANS_POLICY_H

#include <imans.h>

/* Bound on the file: some million digests. */
#define IMANS_POLICY_FILE_MAX	((size_t)256 << 20)

/* One digest that a path may have. */
struct policy_ref {
	char *path;			/* raw bytes, as the kernel logs it */
	enum imans_bank bank;
	uint8_t digest[IMANS_DIGEST_MAX];
};

/**
 * struct imans_policy - reference values
 * @ctx: where errors go
 * @host: the host's own entries are looked up here too
 * @opaque: descendants of matching namespaces need not be opened
 * @globs: on labels
 * @glob_count: their number
 * @allowed: digests of namespace policies, besides the default one
 * @allowed_count: their number
 * @refs: the digests, by path once @sorted
 * @ref_count: their number
 * @ref_room: allocated elements of @refs
 * @by_digest: the same, by bank and digest; valid once @sorted
 * @sorted: no digest was added since they were sorted
 */
struct imans_policy {
	struct imans_ctx *ctx;
	bool host;
	bool opaque;
	char **globs;
	size_t glob_count;
	uint8_t (*allowed)[IMANS_HASH_SIZE];
	size_t allowed_count;
	struct policy_ref *refs;
	size_t ref_count;
	size_t ref_room;
	const struct policy_ref **by_digest;
	bool sorted;
};

/* Sort, and drop what stands twice. -ENOMEM. */
int imans_policy_sort(struct imans_policy *policy);

#endif /* IMANS_POLICY_H */
