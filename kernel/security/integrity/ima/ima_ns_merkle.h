/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IMA namespaces: the Merkle tree of RFC 9162, section 2.1, in SHA-256.
 */
#ifndef _IMA_NS_MERKLE_H
#define _IMA_NS_MERKLE_H

#include <linux/types.h>
#include <uapi/linux/ima_ns.h>

/* Levels: more leaves than there can be namespaces, each of which has tasks. */
#define IMA_NS_MERKLE_DEPTH	32

/**
 * struct ima_ns_merkle - a tree that grows by leaves, zeroed at first
 * @count: leaves so far
 * @nodes: roots of the full subtrees: of 2^n leaves in @nodes[n], if bit n of
 *	   @count is set
 */
struct ima_ns_merkle {
	u64 count;
	u8 nodes[IMA_NS_MERKLE_DEPTH][IMA_NS_HASH_SIZE];
};

void ima_ns_merkle_add(struct ima_ns_merkle *tree, const void *leaf,
		       size_t len);
void ima_ns_merkle_root(const struct ima_ns_merkle *tree,
			u8 root[IMA_NS_HASH_SIZE]);

#endif /* _IMA_NS_MERKLE_H */
