// SPDX-License-Identifier: GPL-2.0-only
/* Quotas in the tree: ancestors', tighter ones below, delegated ones. */

#include "quota.h"

/*
 *          host
 *         /    \
 *  pod [14]    other
 *    /   \
 *  one   two
 */
FIXTURE(tree)
{
	struct box pod, one, two, other;
	struct program programs[3];
};

FIXTURE_SETUP(tree)
{
	int i;

	/* Four are its own, four each child's, and two are left. */
	ASSERT_EQ(0, box_start_quota(&self->pod, NULL, "14"));
	ASSERT_EQ(0, box_start_active(&self->one, &self->pod, "one"));
	ASSERT_EQ(0, box_start_active(&self->two, &self->pod, "two"));
	ASSERT_EQ(0, box_start_active(&self->other, NULL, "other"));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, program_make(&self->programs[i]));
}

FIXTURE_TEARDOWN(tree)
{
	int i;

	box_end(&self->other);
	box_end(&self->two);
	box_end(&self->one);
	box_end(&self->pod);
	for (i = 0; i < 3; i++)
		unlink(self->programs[i].path);
}

TEST_F(tree, what_is_below_counts_above)
{
	struct box late;

	EXPECT_EQ(12, ns_status_num(self->pod.ids, "used"));
	EXPECT_EQ(4, ns_status_num(self->one.ids, "used"));
	ASSERT_EQ(0, box_run(&self->one, &self->programs[0]));
	ASSERT_EQ(0, box_run(&self->two, &self->programs[1]));
	EXPECT_EQ(14, ns_status_num(self->pod.ids, "used"));
	EXPECT_EQ(5, ns_status_num(self->one.ids, "used"));

	/* Whoever it is of the pod's. */
	EXPECT_EQ(-EACCES, box_run(&self->one, &self->programs[2]));
	EXPECT_EQ(-EACCES, box_run(&self->two, &self->programs[2]));
	EXPECT_EQ(-EACCES, box_run(&self->pod, &self->programs[2]));
	EXPECT_EQ(1, quota_losses(&self->one));
	EXPECT_EQ(1, quota_losses(&self->two));
	EXPECT_EQ(1, quota_losses(&self->pod));
	EXPECT_EQ(-EDQUOT, box_start_quota(&late, &self->pod, NULL));

	/* But for nobody else. */
	EXPECT_EQ(0, box_run(&self->other, &self->programs[2]));
	EXPECT_EQ(0, ns_status_num(self->other.ids, "losses"));

	/* All that was set aside fits. */
	box_end(&self->one);
	box_end(&self->two);
	box_end(&self->pod);
	ASSERT_EQ(0, ns_wait_dead(self->pod.ids));
	EXPECT_EQ(14, ns_count_if(self->pod.ids, is_any, NULL));
	EXPECT_EQ(14, ns_status_num(self->pod.ids, "used"));
}

/* What was set aside for a LOSS and not needed is the parent's again. */
TEST_F(tree, unused_room_is_given_back)
{
	struct box late;

	box_end(&self->one);
	ASSERT_EQ(0, ns_wait_dead(self->one.ids));
	EXPECT_EQ(11, ns_status_num(self->pod.ids, "used"));
	/* Three: its code would be a fourth. */
	EXPECT_EQ(0, box_start_quota(&late, &self->pod, "3"));
	box_end(&late);
}

/* A list's memory is given back with it; the records above stay. */
TEST_F(tree, memory_is_given_back)
{
	long long before, after;

	ASSERT_EQ(0, box_run(&self->one, &self->programs[0]));
	box_end(&self->one);
	ASSERT_EQ(0, ns_wait_dead(self->one.ids));
	before = ns_status_num(self->pod.ids, "memory");
	ASSERT_EQ(0, ns_write(self->one.ids, "release", "1"));
	after = ns_status_num(self->pod.ids, "memory");
	TH_LOG("%lld bytes, then %lld", before, after);
	EXPECT_LT(1000, before - after);
	EXPECT_GT(3000, before - after);
	EXPECT_EQ(12, ns_status_num(self->pod.ids, "used"));
}

/*
 *   host -- pod quota --> pod -- quota --> child
 */
FIXTURE(below)
{
	struct box pod, child;
};

FIXTURE_VARIANT(below)
{
	const char *pod;
	const char *child;
	int result;
};

#define BELOW(name, ...) \
	FIXTURE_VARIANT_ADD(below, name) { __VA_ARGS__ }

BELOW(allow_less, .pod = "50", .child = "49");
BELOW(allow_as_much, .pod = "50", .child = "50");
BELOW(deny_more, .pod = "50", .child = "51", .result = -ERANGE);
BELOW(deny_more_than_default, .child = "4000000000", .result = -ERANGE);
BELOW(allow_deny_below_mark, .pod = "50 mark", .child = "50 deny");
BELOW(allow_mark_below_mark, .pod = "50 mark", .child = "50 mark");
BELOW(deny_mark_below_deny, .pod = "50 deny", .child = "50 mark",
      .result = -ERANGE);
BELOW(deny_mark_below_none, .child = "mark", .result = -ERANGE);
BELOW(deny_mark_and_less, .pod = "50", .child = "5 mark", .result = -ERANGE);

FIXTURE_SETUP(below)
{
	ASSERT_EQ(0, box_start(&self->pod, NULL));
	ASSERT_EQ(0, box_start(&self->child, &self->pod));
	ASSERT_EQ(0, ns_write(self->pod.ids, "label", SECRET "-pod"));
	ASSERT_EQ(0, ns_write(self->child.ids, "label", SECRET "-child"));
	if (variant->pod)
		ASSERT_EQ(0, ns_write(self->pod.ids, "quota", variant->pod));
}

FIXTURE_TEARDOWN(below)
{
	box_end(&self->child);
	box_end(&self->pod);
}

TEST_F(below, set)
{
	ASSERT_EQ(0, ns_write(self->pod.ids, "active", "1"));
	EXPECT_EQ(variant->result,
		  ns_write(self->child.ids, "quota", variant->child));
	EXPECT_EQ(0, ns_write(self->child.ids, "active", "1"));
}

/* What counts is what the parent has been told, active or not. */
TEST_F(below, set_while_the_parent_is_new)
{
	EXPECT_EQ(variant->result,
		  ns_write(self->child.ids, "quota", variant->child));
	ASSERT_EQ(0, ns_write(self->pod.ids, "active", "1"));
	EXPECT_EQ(0, ns_write(self->child.ids, "active", "1"));
}

/* What the child may have is known at its activation only. */
TEST(parent_becomes_tighter)
{
	struct box pod, child;
	char text[64];

	ASSERT_EQ(0, box_start(&pod, NULL));
	ASSERT_EQ(0, box_start(&child, &pod));
	ASSERT_EQ(0, ns_write(child.ids, "label", SECRET "-child"));
	ASSERT_EQ(0, ns_write(child.ids, "quota", "100"));
	ASSERT_EQ(0, ns_write(pod.ids, "quota", "99"));
	ASSERT_EQ(0, ns_activate(pod.ids, SECRET "-pod"));
	EXPECT_EQ(-ERANGE, ns_write(child.ids, "active", "1"));
	EXPECT_TRUE(ns_state_is(child.ids, "new"));
	ASSERT_LT(0, read_text(ns_file(child.ids, "quota"), text,
			       sizeof(text)));
	EXPECT_STREQ("100 deny\n", text);
	box_end(&child);
	box_end(&pod);
}

/*
 * Root of a user namespace, in a pod that delegates to it.
 *
 *   host --> pod [40, delegate] --> task [user namespace] --> children
 */
FIXTURE(delegated)
{
	struct box pod, other;
	struct program program;
};

FIXTURE_SETUP(delegated)
{
	const struct quota_opts opts = { .quota = "40", .delegate = true };

	ASSERT_EQ(0, box_start_opts(&self->pod, NULL, &opts));
	ASSERT_EQ(0, box_start_active(&self->other, NULL, "other"));
	ASSERT_EQ(0, program_make(&self->program));
}

FIXTURE_TEARDOWN(delegated)
{
	box_end(&self->other);
	box_end(&self->pod);
	unlink(self->program.path);
}

/* What the task is told to write, and what came of it. */
struct attempt {
	char quota[32];
	int written;
	int activated;
};

static int become_root_of_own(void)
{
	return drop_root() ?: sys_unshare(CLONE_NEWUSER) ?: map_root(NOBODY);
}

static int make_child(struct attempt *attempt)
{
	char ids[ID_PATH_MAX];
	int ret;

	ret = sys_unshare(CLONE_NEWIMA) ?: ns_self(ids);
	if (ret)
		return ret;
	attempt->written = ns_write(ids, "quota", attempt->quota);
	attempt->activated = ns_activate(ids, SECRET "-made");
	return 0;
}

static int attempt_as_root_of_own(void *shared)
{
	return become_root_of_own() ?: make_child(shared);
}

static int attempt_in_child(void *shared)
{
	return in_child(attempt_as_root_of_own, shared);
}

TEST_F(delegated, deny_more_than_it_was_given)
{
	struct attempt *const attempt = self->pod.shared;
	const struct {
		const char *quota;
		int result;
	} cases[] = {
		{ "41", -ERANGE }, { "mark", -ERANGE }, { "40 mark", -ERANGE },
		{ "1000000 mark", -ERANGE }, { "40", 0 }, { "4 deny", 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		strcpy(attempt->quota, cases[i].quota);
		ASSERT_EQ(0, box_call(&self->pod, attempt_in_child));
		EXPECT_EQ(cases[i].result, attempt->written)
			TH_LOG("%s", cases[i].quota);
		EXPECT_EQ(0, attempt->activated);
	}
}

/* Without a quota, as many as there is room for; then a clean error. */
struct loop {
	int made;
	int killed;
	int error;
};

static int make_one(void *arg)
{
	char ids[ID_PATH_MAX];

	(void)arg;
	return sys_unshare(CLONE_NEWIMA) ?: ns_self(ids) ?:
	       ns_activate(ids, SECRET "-loop");
}

static int make_and_die(void *shared)
{
	struct loop *const loop = shared;
	int ret = become_root_of_own();
	unsigned int i;

	if (ret)
		return ret;
	memset(loop, 0, sizeof(*loop));
	for (i = 0; i < 1000; i++) {
		loop->error = in_child(make_one, NULL);
		if (!loop->error)
			loop->made++;
		else if (loop->error == -EINTR)
			loop->killed++;
		else
			break;
	}
	return 0;
}

static int make_and_die_in_child(void *shared)
{
	return in_child(make_and_die, shared);
}

TEST_F(delegated, making_and_dying_ends)
{
	struct loop *const loop = self->pod.shared;
	const char *const ids = self->pod.ids;

	ASSERT_EQ(0, box_call(&self->pod, make_and_die_in_child));
	TH_LOG("%d made, %d killed", loop->made, loop->killed);
	EXPECT_EQ(-EDQUOT, loop->error);
	/*
	 * Four of 40 are the pod's. Each takes three, and one more as long as
	 * it lives. One is killed if there is room for all but its code.
	 */
	EXPECT_LE(8, loop->made);
	EXPECT_GE(12, loop->made);
	EXPECT_GE(3, loop->killed);
	EXPECT_GE(40, ns_status_num(ids, "used"));

	/* Nobody else has less. */
	EXPECT_EQ(0, box_run(&self->other, &self->program));
	EXPECT_EQ(0, ns_status_num(self->other.ids, "losses"));

	box_end(&self->pod);
	ASSERT_EQ(0, ns_wait_dead(ids));
	EXPECT_GE(40, ns_count_if(ids, is_any, NULL));
	EXPECT_EQ(1, ns_count(ids, NULL, IMA_NS_EVENT_DESTROY));
}

TEST_HARNESS_MAIN
