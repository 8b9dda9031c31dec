// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: unit tests of the PCR that is kept in software.
 */

#include <crypto/hash.h>
#include <kunit/test.h>

#include "../ima_ns_pcr.h"

/* A bank's value, and what an entry and then a violation make of it. */
struct pcr_vector {
	const char *hash;
	u16 size;
	u8 start[TPM2_MAX_DIGEST_SIZE];
	u8 entry[TPM2_MAX_DIGEST_SIZE];
	u8 after_entry[TPM2_MAX_DIGEST_SIZE];
	u8 violation[TPM2_MAX_DIGEST_SIZE];
	u8 after_violation[TPM2_MAX_DIGEST_SIZE];
};

#include "ima_ns_pcr_vectors.h"

static void get_hash_desc(const struct pcr_vector *v, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s from 0x%02x..", v->hash,
		 v->start[0]);
}

KUNIT_ARRAY_PARAM(pcr, pcr_vectors, get_hash_desc);

static void test_fold(struct kunit *test)
{
	const struct pcr_vector *v = test->param_value;
	struct ima_ns_pcr_bank bank = { .size = v->size };

	bank.tfm = crypto_alloc_shash(v->hash, 0, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bank.tfm);

	memcpy(bank.value, v->start, v->size);
	KUNIT_EXPECT_EQ(test, 0, ima_ns_pcr_fold(&bank, v->entry));
	KUNIT_EXPECT_MEMEQ(test, bank.next, v->after_entry, v->size);
	/* It has not happened yet. */
	KUNIT_EXPECT_MEMEQ(test, bank.value, v->start, v->size);

	memcpy(bank.value, bank.next, v->size);
	KUNIT_EXPECT_EQ(test, 0, ima_ns_pcr_fold(&bank, v->violation));
	KUNIT_EXPECT_MEMEQ(test, bank.next, v->after_violation, v->size);
	crypto_free_shash(bank.tfm);
}

/* What two banks have: 'b'efore, 'a'fter, 'x' neither, '-' not known. */
struct compare_case {
	const char *has;
	enum ima_ns_pcr_seen seen;
	const char *desc;
};

static const struct compare_case compare_cases[] = {
	{ "bb", IMA_NS_PCR_BEFORE, "the extend had no effect" },
	{ "aa", IMA_NS_PCR_AFTER, "it had, in both banks" },
	{ "ab", IMA_NS_PCR_FOREIGN, "in the first bank only" },
	{ "ba", IMA_NS_PCR_FOREIGN, "in the second bank only" },
	{ "xx", IMA_NS_PCR_FOREIGN, "somebody else extended" },
	{ "bx", IMA_NS_PCR_FOREIGN, "somebody else, in the second bank only" },
	{ "xa", IMA_NS_PCR_FOREIGN, "somebody else, in the first bank only" },
	{ "-a", IMA_NS_PCR_AFTER, "an unknown first bank says nothing" },
	{ "b-", IMA_NS_PCR_BEFORE, "nor does an unknown second one" },
	{ "-x", IMA_NS_PCR_FOREIGN, "or excuses the other" },
	{ "--", IMA_NS_PCR_UNREAD, "two unknown banks say nothing" },
};

KUNIT_ARRAY_PARAM_DESC(compare, compare_cases, desc);

static void test_compare(struct kunit *test)
{
	const struct compare_case *c = test->param_value;
	enum ima_ns_pcr_seen seen = IMA_NS_PCR_UNREAD;
	struct ima_ns_pcr_bank bank = { .size = 32 };
	struct crypto_shash *tfm;
	const char *has;
	u8 value[32];

	tfm = crypto_alloc_shash("sha256", 0, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, tfm);

	/* The last byte tells them apart. */
	bank.value[31] = 'b';
	bank.next[31] = 'a';
	for (has = c->has; *has; has++) {
		memset(value, 0, sizeof(value));
		value[31] = *has;
		bank.tfm = *has == '-' ? NULL : tfm;
		seen = ima_ns_pcr_compare(&bank, value, seen);
	}
	KUNIT_EXPECT_EQ(test, c->seen, seen);
	crypto_free_shash(tfm);
}

static struct kunit_case ima_ns_pcr_cases[] = {
	KUNIT_CASE_PARAM(test_fold, pcr_gen_params),
	KUNIT_CASE_PARAM(test_compare, compare_gen_params),
	{}
};

static struct kunit_suite ima_ns_pcr_suite = {
	.name = "ima_ns_pcr",
	.test_cases = ima_ns_pcr_cases,
};

kunit_test_suite(ima_ns_pcr_suite);
