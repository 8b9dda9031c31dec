// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: the Merkle tree of RFC 9162, section 2.1, in SHA-256.
 *
 * Leaves are taken one by one, and what is kept of them are the roots of the
 * full subtrees, as many as the number of leaves has bits.
 */

#include <crypto/sha2.h>
#include <linux/bits.h>
#include <linux/string.h>

#include "ima_ns_merkle.h"

/* What a leaf and an inner node begin with, so that neither is the other. */
#define LEAF_PREFIX	0x00
#define NODE_PREFIX	0x01

static void hash_leaf(const void *leaf, size_t len, u8 hash[IMA_NS_HASH_SIZE])
{
	const u8 prefix = LEAF_PREFIX;
	struct sha256_state state;

	sha256_init(&state);
	sha256_update(&state, &prefix, sizeof(prefix));
	sha256_update(&state, leaf, len);
	sha256_final(&state, hash);
}

/* @right is replaced by the parent of both. */
static void hash_node(const u8 left[IMA_NS_HASH_SIZE],
		      u8 right[IMA_NS_HASH_SIZE])
{
	const u8 prefix = NODE_PREFIX;
	struct sha256_state state;

	sha256_init(&state);
	sha256_update(&state, &prefix, sizeof(prefix));
	sha256_update(&state, left, IMA_NS_HASH_SIZE);
	sha256_update(&state, right, IMA_NS_HASH_SIZE);
	sha256_final(&state, right);
}

/**
 * ima_ns_merkle_add - add a leaf behind the others
 * @tree: the tree
 * @leaf: the leaf
 * @len: its length
 */
void ima_ns_merkle_add(struct ima_ns_merkle *tree, const void *leaf,
		       size_t len)
{
	u8 hash[IMA_NS_HASH_SIZE];
	unsigned int level;

	hash_leaf(leaf, len, hash);
	for (level = 0; tree->count & BIT_ULL(level); level++)
		hash_node(tree->nodes[level], hash);
	memcpy(tree->nodes[level], hash, sizeof(hash));
	tree->count++;
}

/**
 * ima_ns_merkle_root - the root over all leaves so far
 * @tree: the tree, of less than 2^IMA_NS_MERKLE_DEPTH leaves
 * @root: result; without a leaf, the digest of nothing
 */
void ima_ns_merkle_root(const struct ima_ns_merkle *tree,
			u8 root[IMA_NS_HASH_SIZE])
{
	unsigned int level;
	bool any = false;

	for (level = 0; level < IMA_NS_MERKLE_DEPTH; level++) {
		if (!(tree->count & BIT_ULL(level)))
			continue;

		if (any)
			hash_node(tree->nodes[level], root);
		else
			memcpy(root, tree->nodes[level], IMA_NS_HASH_SIZE);
		any = true;
	}
	if (!any)
		sha256(NULL, 0, root);
}
