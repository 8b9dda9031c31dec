// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: unit tests of what needs no running namespace.
 */

#include <crypto/sha2.h>
#include <kunit/test.h>
#include <linux/hex.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "../ima_ns_merkle.h"
#include "../ima_ns_policy.h"

/* An own entry: its content, and the vPCR and the record that it leads to. */
struct record_vector {
	u8 type;
	u64 seq;
	const char *template;
	const u8 *data;
	size_t len;
	bool violation;
	u8 vpcr[IMA_NS_HASH_SIZE];
	u8 record[IMA_NS_RECORD_SIZE];
};

/* The root over the leaves before this one, and this one. */
struct merkle_vector {
	u8 root[IMA_NS_HASH_SIZE];
	size_t len;
	const char *leaf;
};

#include "ima_ns_vectors.h"

#define VECTOR_ID	0x0102030405060708ULL
#define VECTOR_PARENT	0x1112131415161718ULL

struct label_case {
	const char *label;
	size_t len;	/* 0: up to the NUL */
	bool valid;
	const char *desc;
};

static const struct label_case label_cases[] = {
	{ "", 0, false, "empty" },
	{ "a", 0, true, "one character" },
	{ "!", 0, true, "the first printable character" },
	{ "~", 0, true, "the last printable character" },
	{ "pod=3f,ctr=9a,name=shop/web-0/nginx", 0, true, "a pod's" },
	{ " ", 0, false, "only a space" },
	{ "a b", 0, false, "space inside" },
	{ "a ", 0, false, "trailing space" },
	{ "a\n", 0, false, "newline, which the file strips" },
	{ "a\tb", 0, false, "tab" },
	{ "a\0b", 3, false, "NUL inside" },
	{ "a\x7f", 0, false, "DEL" },
	{ "a\x80", 0, false, "the first character beyond ASCII" },
	{ "\xff", 0, false, "the last one" },
	{ "caf\xc3\xa9", 0, false, "UTF-8" },
};

KUNIT_ARRAY_PARAM_DESC(label, label_cases, desc);

static void test_label(struct kunit *test)
{
	const struct label_case *c = test->param_value;

	size_t len = c->len ?: strlen(c->label);

	KUNIT_EXPECT_EQ(test, c->valid, ima_ns_label_valid(c->label, len));
}

static void test_label_length(struct kunit *test)
{
	char *label = kunit_kmalloc(test, IMA_NS_LABEL_MAX + 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, label);
	memset(label, 'x', IMA_NS_LABEL_MAX + 1);
	KUNIT_EXPECT_TRUE(test, ima_ns_label_valid(label, IMA_NS_LABEL_MAX));
	KUNIT_EXPECT_FALSE(test,
			   ima_ns_label_valid(label, IMA_NS_LABEL_MAX + 1));
}

/* RFC 4231. Keys are up to 32 bytes here; longer ones count hashed. */
struct hmac_case {
	const char *key;	/* repeated to its length */
	size_t key_len;
	const char *data;	/* likewise */
	size_t len;
	const char *mac;
	size_t mac_len;
	const char *desc;
};

static const struct hmac_case hmac_cases[] = {
	{
		"\x0b", 20, "Hi There", 8,
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
		32, "test case 1",
	},
	{
		"Jefe", 4, "what do ya want for nothing?", 28,
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		32, "test case 2",
	},
	{
		"\xaa", 20, "\xdd", 50,
		"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
		32, "test case 3",
	},
	{
		"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"
		"\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19", 25,
		"\xcd", 50,
		"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
		32, "test case 4",
	},
	{
		"\x0c", 20, "Test With Truncation", 20,
		"a3b6167473100ee06e0c796c2955552b", 16, "test case 5",
	},
	{
		"\xaa", 131,
		"Test Using Larger Than Block-Size Key - Hash Key First", 54,
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
		32, "test case 6",
	},
	{
		"\xaa", 131,
		"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
		152,
		"9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
		32, "test case 7",
	},
};

KUNIT_ARRAY_PARAM_DESC(hmac, hmac_cases, desc);

static void repeat(u8 *to, const char *pattern, size_t len)
{
	size_t pattern_len = strlen(pattern);
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = pattern[i % pattern_len];
}

static void test_hmac(struct kunit *test)
{
	const struct hmac_case *c = test->param_value;
	u8 long_key[131], key[IMA_NS_KEY_SIZE] = {};
	u8 mac[IMA_NS_HASH_SIZE], expected[IMA_NS_HASH_SIZE];
	u8 data[152];
	size_t split;

	repeat(long_key, c->key, c->key_len);
	if (c->key_len > sizeof(key))
		sha256(long_key, c->key_len, key);
	else
		memcpy(key, long_key, c->key_len);
	repeat(data, c->data, c->len);
	KUNIT_ASSERT_EQ(test, 0, hex2bin(expected, c->mac, c->mac_len));

	/* Wherever the two pieces meet. */
	for (split = 0; split <= c->len; split++) {
		ima_ns_hmac(key, data, split, data + split, c->len - split,
			    mac);
		KUNIT_ASSERT_MEMEQ(test, mac, expected, c->mac_len);
	}
}

static void make_record(const struct record_vector *v, const u8 *boot_id,
			const char *template, struct ima_ns_record *rec)
{
	u8 event_digest[IMA_NS_HASH_SIZE];

	*rec = (struct ima_ns_record) {
		.type = v->type,
		.suite = IMA_NS_SUITE_SHA256,
		.id = cpu_to_le64(VECTOR_ID),
		.seq = cpu_to_le64(v->seq),
	};
	if (v->type == IMA_NS_RECORD_CREATE)
		rec->parent = cpu_to_le64(VECTOR_PARENT);

	ima_ns_event_digest(template, v->data, v->len, event_digest);
	ima_ns_commitment(vector_key, boot_id, v->vpcr, event_digest, rec);
}

static void test_records(struct kunit *test)
{
	u8 vpcr[IMA_NS_HASH_SIZE] = {};
	u8 digest[IMA_NS_HASH_SIZE];
	struct ima_ns_record rec;
	int i;

	for (i = 0; i < ARRAY_SIZE(record_vectors); i++) {
		const struct record_vector *v = &record_vectors[i];

		sha256(v->data, v->len, digest);
		ima_ns_extend(vpcr, digest, v->violation);
		KUNIT_EXPECT_MEMEQ(test, vpcr, v->vpcr, sizeof(vpcr));

		make_record(v, vector_boot_id, v->template, &rec);
		KUNIT_EXPECT_MEMEQ(test, &rec, v->record, sizeof(rec));
	}
}

/* No part of a record may be exchanged without its commitment changing. */
static void test_commitment_binds(struct kunit *test)
{
	const struct record_vector *v = &record_vectors[1];
	const size_t head = offsetof(struct ima_ns_record, commitment);
	u8 boot_id[IMA_NS_BOOT_ID_SIZE];
	u8 event_digest[IMA_NS_HASH_SIZE];
	struct ima_ns_record rec;
	size_t i;

	memcpy(boot_id, vector_boot_id, sizeof(boot_id));
	boot_id[0] ^= 1;
	make_record(v, boot_id, v->template, &rec);
	KUNIT_EXPECT_MEMNEQ(test, rec.commitment, v->record + head,
			    sizeof(rec.commitment));

	make_record(v, vector_boot_id, "ima-buf", &rec);
	KUNIT_EXPECT_MEMNEQ(test, rec.commitment, v->record + head,
			    sizeof(rec.commitment));

	ima_ns_event_digest(v->template, v->data, v->len, event_digest);
	for (i = 0; i < head; i++) {
		memcpy(&rec, v->record, sizeof(rec));
		((u8 *)&rec)[i] ^= 0x80;
		ima_ns_commitment(vector_key, vector_boot_id, v->vpcr,
				  event_digest, &rec);
		KUNIT_EXPECT_MEMNEQ(test, rec.commitment, v->record + head,
				    sizeof(rec.commitment));
	}
}

static void test_merkle(struct kunit *test)
{
	struct ima_ns_merkle *tree;
	u8 root[IMA_NS_HASH_SIZE];
	int i;

	tree = kunit_kzalloc(test, sizeof(*tree), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tree);
	for (i = 0; i < ARRAY_SIZE(merkle_vectors); i++) {
		const struct merkle_vector *v = &merkle_vectors[i];

		/* Asking for the root leaves the tree as it is. */
		ima_ns_merkle_root(tree, root);
		ima_ns_merkle_root(tree, root);
		KUNIT_EXPECT_MEMEQ(test, root, v->root, sizeof(root));
		ima_ns_merkle_add(tree, v->leaf, v->len);
	}
}

static void test_leaf(struct kunit *test)
{
	struct ima_ns_heads heads = {};
	const struct ima_ns_leaf *want = (const void *)vector_leaf;
	struct ima_ns_leaf leaf = *want;
	int i;

	memcpy(heads.boot_id, vector_boot_id, sizeof(heads.boot_id));
	memcpy(heads.nonce, vector_nonce, sizeof(heads.nonce));
	for (i = 0; i < sizeof(leaf.mac); i++)
		leaf.mac[i] = 32 + i;
	ima_ns_leaf_seal(&leaf, &heads, vector_key);
	KUNIT_EXPECT_MEMEQ(test, &leaf, want, sizeof(leaf));
}

static void test_policy_digest(struct kunit *test)
{
	struct ima_ns_policy *policy = ima_ns_policy_default();
	u8 digest[IMA_NS_HASH_SIZE];

	ima_ns_policy_digest(policy, digest);
	ima_ns_policy_put(policy);
	KUNIT_EXPECT_MEMEQ(test, digest, vector_policy_digest, sizeof(digest));
}

struct field_case {
	u32 len;
	u32 field_len;
	bool found;
	const char *desc;
};

static const struct field_case field_cases[] = {
	{ 0, 0, false, "no data" },
	{ 3, 0, false, "a part of a length" },
	{ 4, 0, true, "an empty field" },
	{ 4, 1, false, "a length without its field" },
	{ 8, 4, true, "a field that fills the data" },
	{ 8, 3, true, "a field with more behind it" },
	{ 8, 5, false, "a field that runs past the end" },
	{ 8, U32_MAX, false, "the greatest length" },
	{ 8, U32_MAX - 3, false, "a length that wraps the position" },
};

KUNIT_ARRAY_PARAM_DESC(field, field_cases, desc);

static void test_field(struct kunit *test)
{
	const struct field_case *c = test->param_value;
	struct ima_field_data field = {};
	struct ima_ns_data *data;
	u32 pos = 0;

	data = ima_ns_data_alloc(NULL, c->len);
	KUNIT_ASSERT_NOT_NULL(test, data);
	memset(data->bytes, 0xa5, c->len);
	if (c->len >= sizeof(u32))
		put_unaligned(ima_canonical_fmt ?
			      (__force u32)cpu_to_le32(c->field_len) :
			      c->field_len, (u32 *)data->bytes);

	KUNIT_EXPECT_EQ(test, c->found, ima_ns_data_field(data, &pos, &field));
	if (c->found) {
		KUNIT_EXPECT_EQ(test, c->field_len, field.len);
		KUNIT_EXPECT_EQ(test, sizeof(u32) + c->field_len, pos);
		KUNIT_EXPECT_PTR_EQ(test, data->bytes + sizeof(u32),
				    field.data);
	}
	ima_ns_data_put(data);
}

/* A line of namespaces, the host's included, with the longest ids. */
static void test_tree(struct kunit *test)
{
	const size_t id_len = strlen("18446744073709551615");
	struct ima_namespace *line;
	size_t len;
	char *path;
	int i, j;

	line = kunit_kcalloc(test, IMA_NS_DEPTH_MAX + 1, sizeof(*line),
			     GFP_KERNEL);
	path = kunit_kmalloc(test, IMA_NS_PATH_MAX, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, line);
	KUNIT_ASSERT_NOT_NULL(test, path);

	for (i = 1; i <= IMA_NS_DEPTH_MAX; i++) {
		line[i].depth = i;
		line[i].id = U64_MAX - i + 1;
		line[i].parent = &line[i - 1];
	}

	for (i = 0; i <= IMA_NS_DEPTH_MAX; i++)
		for (j = 0; j <= IMA_NS_DEPTH_MAX; j++)
			KUNIT_EXPECT_EQ(test, i >= j,
					ima_ns_is_within(&line[i], &line[j]));

	ima_ns_path(&init_ima_ns, path, IMA_NS_PATH_MAX);
	KUNIT_EXPECT_STREQ(test, path, "0");
	ima_ns_path(&line[2], path, IMA_NS_PATH_MAX);
	KUNIT_EXPECT_STREQ(test, path,
			   "18446744073709551615/18446744073709551614");
	len = ima_ns_path(&line[IMA_NS_DEPTH_MAX], path, IMA_NS_PATH_MAX);
	KUNIT_EXPECT_EQ(test, IMA_NS_DEPTH_MAX * (id_len + 1) - 1, len);
	KUNIT_EXPECT_EQ(test, strlen(path), len);
}

static struct kunit_case ima_ns_cases[] = {
	KUNIT_CASE_PARAM(test_label, label_gen_params),
	KUNIT_CASE(test_label_length),
	KUNIT_CASE_PARAM(test_hmac, hmac_gen_params),
	KUNIT_CASE(test_records),
	KUNIT_CASE(test_commitment_binds),
	KUNIT_CASE(test_merkle),
	KUNIT_CASE(test_leaf),
	KUNIT_CASE(test_policy_digest),
	KUNIT_CASE_PARAM(test_field, field_gen_params),
	KUNIT_CASE(test_tree),
	{}
};

static struct kunit_suite ima_ns_suite = {
	.name = "ima_ns",
	.test_cases = ima_ns_cases,
};

kunit_test_suite(ima_ns_suite);
