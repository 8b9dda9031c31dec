// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: unit tests of quotas.
 */

#include <kunit/test.h>
#include <linux/slab.h>

#include "../ima_ns.h"

struct parse_case {
	const char *text;
	int rc;
	u64 own;
	bool overflow_set;
	u32 overflow;
	const char *desc;
};

static const struct parse_case parse_cases[] = {
	{ "", -EINVAL, .desc = "empty" },
	{ " ", -EINVAL, .desc = "a space" },
	{ "5 ", -EINVAL, .desc = "no mode after the space" },
	{ " 5", -EINVAL, .desc = "leading space" },
	{ "5  deny", -EINVAL, .desc = "two spaces" },
	{ "5\tdeny", -EINVAL, .desc = "a tab" },
	{ "5 den", -EINVAL, .desc = "half a mode" },
	{ "5 denyx", -EINVAL, .desc = "more than a mode" },
	{ "5 DENY", -EINVAL, .desc = "capitals" },
	{ "5 deny mark", -EINVAL, .desc = "two modes" },
	{ "-5", -EINVAL, .desc = "negative" },
	{ "+5", -EINVAL, .desc = "sign" },
	{ "0x5", -EINVAL, .desc = "hexadecimal" },
	{ "5k", -EINVAL, .desc = "suffix" },
	{ "18446744073709551616", -EINVAL, .desc = "65 bits" },
	{ "999999999999999999999999", -EINVAL, .desc = "24 digits" },
	{ "0", -ERANGE, .desc = "zero" },
	{ "2", -ERANGE, .desc = "too small" },
	{ "2 mark", -ERANGE, .desc = "too small, with a mode" },
	{ "3", 0, 3, .desc = "smallest" },
	{ "0000000000000000005", 0, 5, .desc = "leading zeroes" },
	{ "18446744073709551615", 0, U64_MAX, .desc = "largest" },
	{ "18446744073709551615 mark", 0, U64_MAX, true, IMA_NS_OVERFLOW_MARK,
	  "largest, mark" },
	{ "10 deny", 0, 10, true, IMA_NS_OVERFLOW_DENY, "deny" },
	{ "10 mark", 0, 10, true, IMA_NS_OVERFLOW_MARK, "mark" },
	{ "deny", 0, 0, true, IMA_NS_OVERFLOW_DENY, "deny only" },
	{ "mark", 0, 0, true, IMA_NS_OVERFLOW_MARK, "mark only" },
};

KUNIT_ARRAY_PARAM_DESC(parse, parse_cases, desc);

static void test_parse(struct kunit *test)
{
	const struct parse_case *c = test->param_value;
	struct ima_ns_quota quota = {};

	KUNIT_ASSERT_EQ(test, c->rc, ima_ns_quota_parse(c->text, &quota));
	if (c->rc)
		return;

	KUNIT_EXPECT_EQ(test, c->own, quota.own);
	KUNIT_EXPECT_EQ(test, c->overflow_set, quota.overflow_set);
	KUNIT_EXPECT_EQ(test, c->overflow, quota.overflow);
}

/* Namespaces of all depths, one below the other, that can be charged. */
struct line {
	struct ima_namespace ns[IMA_NS_DEPTH_MAX + 1];
};

#define LEAF	IMA_NS_DEPTH_MAX

static struct line *make_line(struct kunit *test, u64 entries, u64 memory)
{
	struct line *line = kunit_kzalloc(test, sizeof(*line), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, line);
	for (i = 0; i <= LEAF; i++) {
		line->ns[i].id = 100 + i;
		line->ns[i].depth = i;
		line->ns[i].parent = i ? &line->ns[i - 1] : NULL;
		line->ns[i].quota.entries.limit = entries;
		line->ns[i].quota.memory.limit = memory;
	}
	return line;
}

static u64 used(const struct line *line, int depth)
{
	return atomic64_read(&line->ns[depth].quota.entries.used);
}

static u64 bytes(const struct line *line, int depth)
{
	return atomic64_read(&line->ns[depth].quota.memory.used);
}

static void expect_nothing(struct kunit *test, const struct line *line)
{
	int i;

	for (i = 0; i <= LEAF; i++) {
		KUNIT_EXPECT_EQ(test, 0, used(line, i));
		KUNIT_EXPECT_EQ(test, 0, bytes(line, i));
	}
}

static const struct ima_ns_cost event = {
	.entries = 1, .own = 1000, .copy = 300, .host = 20,
};

/* Every level has the entry, and the copies of the levels up to its own. */
static void test_levels(struct kunit *test)
{
	struct line *line = make_line(test, 10, 1000000);
	int i;

	KUNIT_ASSERT_TRUE(test, ima_ns_quota_charge(&line->ns[LEAF], &event));
	for (i = 1; i <= LEAF; i++) {
		KUNIT_EXPECT_EQ(test, 1, used(line, i));
		KUNIT_EXPECT_EQ(test, 1000 + (LEAF - i) * 300, bytes(line, i));
	}
	/* The host's list has no copy, but the record. */
	KUNIT_EXPECT_EQ(test, 1, used(line, 0));
	KUNIT_EXPECT_EQ(test, 1000 + (LEAF - 1) * 300 + 20, bytes(line, 0));

	ima_ns_quota_refund(&line->ns[LEAF], &event);
	expect_nothing(test, line);

	/* Nobody below, and no copy, for a child of the host. */
	KUNIT_ASSERT_TRUE(test, ima_ns_quota_charge(&line->ns[1], &event));
	KUNIT_EXPECT_EQ(test, 1000, bytes(line, 1));
	KUNIT_EXPECT_EQ(test, 1020, bytes(line, 0));
	KUNIT_EXPECT_EQ(test, 0, used(line, 2));
}

/* Whichever level has too little left, nothing is charged to any. */
static void test_all_or_nothing(struct kunit *test)
{
	struct line *line = make_line(test, 10, 1000000);
	int i;

	for (i = 0; i <= LEAF; i++) {
		line->ns[i].quota.entries.limit = 0;
		KUNIT_EXPECT_FALSE(test, ima_ns_quota_charge(&line->ns[LEAF],
							     &event));
		KUNIT_EXPECT_EQ(test, 100 + i, line->ns[LEAF].quota.full_at);
		line->ns[i].quota.entries.limit = 10;
		expect_nothing(test, line);

		line->ns[i].quota.memory.limit = 999;
		KUNIT_EXPECT_FALSE(test, ima_ns_quota_charge(&line->ns[LEAF],
							     &event));
		KUNIT_EXPECT_EQ(test, 100 + i, line->ns[LEAF].quota.full_at);
		line->ns[i].quota.memory.limit = 1000000;
		expect_nothing(test, line);
	}
}

static void test_to_the_last(struct kunit *test)
{
	struct line *line = make_line(test, 3, U64_MAX);
	const struct ima_ns_cost violation = { .own = 1 };
	int i;

	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_TRUE(test, ima_ns_quota_charge(&line->ns[2],
							    &event));
	KUNIT_EXPECT_FALSE(test, ima_ns_quota_charge(&line->ns[2], &event));
	/* Its parent has as little left, its child no more. */
	KUNIT_EXPECT_FALSE(test, ima_ns_quota_charge(&line->ns[1], &event));
	KUNIT_EXPECT_FALSE(test, ima_ns_quota_charge(&line->ns[3], &event));
	/* What is no entry of the quota has its memory only. */
	KUNIT_EXPECT_TRUE(test, ima_ns_quota_charge(&line->ns[2], &violation));
	KUNIT_EXPECT_EQ(test, 3, used(line, 2));

	ima_ns_quota_refund(&line->ns[2], &event);
	KUNIT_EXPECT_TRUE(test, ima_ns_quota_charge(&line->ns[1], &event));
}

struct sum_case {
	u64 limit;
	u64 used;
	u64 amount;
	bool fits;
	const char *desc;
};

static const struct sum_case sum_cases[] = {
	{ 10, 0, 10, true, "all of it" },
	{ 10, 0, 11, false, "more than all of it" },
	{ 10, 9, 1, true, "the last" },
	{ 10, 10, 1, false, "one too many" },
	{ 10, 10, 0, true, "nothing, when full" },
	{ 10, 1, U64_MAX, false, "a sum that wraps to 0" },
	{ U64_MAX, 2, U64_MAX - 1, false, "a sum that wraps below the limit" },
	{ U64_MAX, 2, U64_MAX - 2, true, "all of 64 bits" },
	{ S64_MAX, S64_MAX, 1, false, "the sign" },
	{ 0, 0, 0, true, "nothing of nothing" },
	{ 0, 0, 1, false, "something of nothing" },
};

KUNIT_ARRAY_PARAM_DESC(sum, sum_cases, desc);

static void test_sum(struct kunit *test)
{
	const struct sum_case *c = test->param_value;
	const struct ima_ns_cost cost = { .entries = c->amount };
	struct line *line = make_line(test, U64_MAX, 0);

	line->ns[5].quota.entries.limit = c->limit;
	atomic64_set(&line->ns[5].quota.entries.used, c->used);
	KUNIT_EXPECT_EQ(test, c->fits,
			ima_ns_quota_charge(&line->ns[LEAF], &cost));
	KUNIT_EXPECT_EQ(test, c->fits ? c->used + c->amount : c->used,
			used(line, 5));
}

static struct kunit_case ima_ns_quota_cases[] = {
	KUNIT_CASE_PARAM(test_parse, parse_gen_params),
	KUNIT_CASE(test_levels),
	KUNIT_CASE(test_all_or_nothing),
	KUNIT_CASE(test_to_the_last),
	KUNIT_CASE_PARAM(test_sum, sum_gen_params),
	{}
};

static struct kunit_suite ima_ns_quota_suite = {
	.name = "ima_ns_quota",
	.test_cases = ima_ns_quota_cases,
};

kunit_test_suite(ima_ns_quota_suite);
