// SPDX-License-Identifier: LGPL-2.1-or-later
/* The tree of ima-ns/heads, against the definition in RFC 9162. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../src/merkle.h"
#include "util.h"

#define LEAVES	40

static void fill(uint8_t leaves[LEAVES * IMANS_LEAF_SIZE])
{
	for (size_t i = 0; i < LEAVES * IMANS_LEAF_SIZE; i++)
		leaves[i] = (uint8_t)(i * 7 + i / IMANS_LEAF_SIZE);
}

/* Every leaf of every tree, at its place, and at no other. */
static void each_leaf(void **state)
{
	uint8_t leaves[LEAVES * IMANS_LEAF_SIZE];
	uint8_t path[IMANS_MERKLE_PATH_MAX * IMANS_HASH_SIZE];
	uint8_t root[32], defined[32];
	size_t hashes;

	fill(leaves);
	for (uint64_t count = 0; count <= LEAVES; count++) {
		assert_int_equal(imans_merkle_root(*state, leaves, count, root),
				 0);
		bl_merkle(leaves, count, defined);
		assert_memory_equal(root, defined, sizeof(root));
		for (uint64_t i = 0; i < count; i++) {
			assert_int_equal(imans_merkle_path(*state, leaves,
							   count, i, path,
							   &hashes), 0);
			for (uint64_t at = 0; at < LEAVES + 2; at++)
				assert_int_equal(imans_merkle_verify(*state,
						leaves + i * IMANS_LEAF_SIZE,
						at, count, path, hashes, root),
						 at == i ? 0 : -EBADMSG);
		}
	}
}

/* A leaf's hash, or a part of the tree, is not the root of more. */
static void too_short(void **state)
{
	uint8_t leaves[LEAVES * IMANS_LEAF_SIZE];
	uint8_t path[IMANS_MERKLE_PATH_MAX * IMANS_HASH_SIZE], root[32];
	size_t hashes;

	fill(leaves);
	for (uint64_t part = 1; part <= 4; part *= 2) {
		bl_merkle(leaves, part, root);
		assert_int_equal(imans_merkle_path(*state, leaves, part, 0,
						   path, &hashes), 0);
		assert_int_equal(imans_merkle_verify(*state, leaves, 0, part,
						     path, hashes, root), 0);
		assert_int_equal(imans_merkle_verify(*state, leaves, 0,
						     part + 1, path, hashes,
						     root), -EBADMSG);
	}
}

/* More hashes than levels, and places past the last leaf. */
static void too_far(void **state)
{
	uint8_t leaves[LEAVES * IMANS_LEAF_SIZE];
	uint8_t path[IMANS_MERKLE_PATH_MAX * IMANS_HASH_SIZE] = { 0 };
	uint8_t root[32];

	fill(leaves);
	bl_merkle(leaves, 1, root);
	assert_int_equal(imans_merkle_verify(*state, leaves, 0, 1, path, 0,
					     root), 0);
	assert_int_equal(imans_merkle_verify(*state, leaves, 0, 1, path, 1,
					     root), -EBADMSG);
	assert_int_equal(imans_merkle_verify(*state, leaves, 1, 1, path, 0,
					     root), -EBADMSG);
	assert_int_equal(imans_merkle_verify(*state, leaves, 0, 0, path, 0,
					     root), -EBADMSG);
	assert_int_equal(imans_merkle_verify(*state, leaves, UINT64_MAX - 1,
					     UINT64_MAX, path,
					     IMANS_MERKLE_PATH_MAX, root),
			 -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_leaf),
		TEST(too_short),
		TEST(too_far),
	};

	return cmocka_run_group_tests_name("merkle", tests, NULL, NULL);
}
