// SPDX-License-Identifier: LGPL-2.1-or-later
/* RFC 9162: 2.1.1 (root), 2.1.3.1 (path) and 2.1.3.2 (verifying one). */
#include <errno.h>
#include <string.h>

#include "ctx.h"
#include "merkle.h"

static int hash_leaf(struct imans_ctx *ctx, const uint8_t *leaf, uint8_t *out)
{
	static const uint8_t zero = 0;
	struct imans_chunk chunks[2] = {
		{ &zero, 1 }, { leaf, IMANS_LEAF_SIZE },
	};

	return imans_hash(ctx, IMANS_SHA256, chunks, 2, out);
}

static int hash_node(struct imans_ctx *ctx, const uint8_t *left,
		     const uint8_t *right, uint8_t *out)
{
	static const uint8_t one = 1;
	struct imans_chunk chunks[3] = {
		{ &one, 1 }, { left, IMANS_HASH_SIZE },
		{ right, IMANS_HASH_SIZE },
	};

	return imans_hash(ctx, IMANS_SHA256, chunks, 3, out);
}

/*
 * Whole subtrees stand on a stack, one for each bit of the number of leaves so
 * far. At the end they are joined from the right, which gives the split at the
 * largest power of two that the RFC asks for.
 */
int imans_merkle_root(struct imans_ctx *ctx, const uint8_t *leaves,
		      uint64_t count, uint8_t root[IMANS_HASH_SIZE])
{
	uint8_t stack[IMANS_MERKLE_PATH_MAX + 1][IMANS_HASH_SIZE];
	size_t used = 0;
	int err = 0;

	if (!count)
		return imans_hash(ctx, IMANS_SHA256, NULL, 0, root);
	for (uint64_t i = 0; !err && i < count; i++) {
		err = hash_leaf(ctx, leaves + i * IMANS_LEAF_SIZE,
				stack[used++]);
		for (uint64_t n = i + 1; !err && !(n & 1); n >>= 1) {
			used--;
			err = hash_node(ctx, stack[used - 1], stack[used],
					stack[used - 1]);
		}
	}
	for (; !err && used > 1; used--)
		err = hash_node(ctx, stack[used - 2], stack[used - 1],
				stack[used - 2]);
	if (!err)
		memcpy(root, stack[0], IMANS_HASH_SIZE);
	return err;
}

/* The largest power of two that is smaller than the count, which is > 1. */
static uint64_t split(uint64_t count)
{
	uint64_t k = 1;

	while (k < count - k)
		k *= 2;
	return k;
}

int imans_merkle_path(struct imans_ctx *ctx, const uint8_t *leaves,
		      uint64_t count, uint64_t index, uint8_t *path,
		      size_t *hashes)
{
	uint8_t down[IMANS_MERKLE_PATH_MAX][IMANS_HASH_SIZE];
	size_t n = 0;
	int err = 0;

	while (!err && count > 1) {
		uint64_t k = split(count);

		if (index < k) {
			err = imans_merkle_root(ctx, leaves +
						k * IMANS_LEAF_SIZE, count - k,
						down[n++]);
			count = k;
		} else {
			err = imans_merkle_root(ctx, leaves, k, down[n++]);
			leaves += k * IMANS_LEAF_SIZE;
			index -= k;
			count -= k;
		}
	}
	if (err)
		return err;
	for (size_t i = 0; i < n; i++)
		memcpy(path + i * IMANS_HASH_SIZE, down[n - 1 - i],
		       IMANS_HASH_SIZE);
	*hashes = n;
	return 0;
}

/* One step up; fn and sn are the RFC's: the node, and the last of its level. */
static int climb(struct imans_ctx *ctx, uint64_t *fn, uint64_t *sn,
		 const uint8_t *hash, uint8_t *r)
{
	int err;

	if (!(*fn & 1) && *fn != *sn) {
		err = hash_node(ctx, r, hash, r);
	} else {
		err = hash_node(ctx, hash, r, r);
		while (!(*fn & 1) && *fn) {
			*fn >>= 1;
			*sn >>= 1;
		}
	}
	*fn >>= 1;
	*sn >>= 1;
	return err;
}

int imans_merkle_verify(struct imans_ctx *ctx,
			const uint8_t leaf[IMANS_LEAF_SIZE], uint64_t index,
			uint64_t count, const uint8_t *path, size_t hashes,
			const uint8_t root[IMANS_HASH_SIZE])
{
	uint8_t r[IMANS_HASH_SIZE];
	uint64_t fn = index, sn = count - 1;
	int err;

	if (index >= count)
		return -EBADMSG;
	err = hash_leaf(ctx, leaf, r);
	for (size_t i = 0; !err && i < hashes; i++) {
		if (!sn)
			return -EBADMSG;
		err = climb(ctx, &fn, &sn, path + i * IMANS_HASH_SIZE, r);
	}
	if (err)
		return err;
	return sn || memcmp(r, root, IMANS_HASH_SIZE) ? -EBADMSG : 0;
}
