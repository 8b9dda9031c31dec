/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree of ima-ns/heads: RFC 9162, section 2.1, over leaves of 64 bytes. */
#ifndef IMANS_MERKLE_H
#define IMANS_MERKLE_H

#include <imans.h>

/* Hashes of the longest path: a tree of 2^64 leaves. */
#define IMANS_MERKLE_PATH_MAX	64

/* The root; of no leaves, the hash of nothing. -EIO. */
int imans_merkle_root(struct imans_ctx *ctx, const uint8_t *leaves,
		      uint64_t count, uint8_t root[IMANS_HASH_SIZE]);

/*
 * Inclusion path of a leaf, from the leaf up; `path` holds
 * IMANS_MERKLE_PATH_MAX hashes. -EIO.
 */
int imans_merkle_path(struct imans_ctx *ctx, const uint8_t *leaves,
		      uint64_t count, uint64_t index, uint8_t *path,
		      size_t *hashes);

/* 0, -EBADMSG (the path does not lead from the leaf to the root), -EIO. */
int imans_merkle_verify(struct imans_ctx *ctx,
			const uint8_t leaf[IMANS_LEAF_SIZE], uint64_t index,
			uint64_t count, const uint8_t *path, size_t hashes,
			const uint8_t root[IMANS_HASH_SIZE]);

#endif /* IMANS_MERKLE_H */
