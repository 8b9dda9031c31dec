// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that all namespaces' lists may take together, which this boot's
 * command line sets to 1 MiB ("ima_ns_memory="): less than the quotas of these
 * pods. What holds for a namespace past its quota, quota_test shows.
 */

#include "flood.h"
#include "quota.h"

#define CAP (1 << 20)
#define PODS 4
#define FILES 900

/*
 *        host
 *       /    \
 *    early   pods
 */
FIXTURE(cap)
{
	struct box early;
	struct box pods[PODS];
	struct program program;
	struct program later;
};

FIXTURE_SETUP(cap)
{
	int i;

	ASSERT_EQ(0, program_make(&self->program));
	ASSERT_EQ(0, program_make(&self->later));
	ASSERT_EQ(0, box_start_active(&self->early, NULL, "early"));
	ASSERT_EQ(0, box_run(&self->early, &self->program));
	for (i = 0; i < PODS; i++)
		ASSERT_EQ(0, box_start_active(&self->pods[i], NULL, "pod"));
}

FIXTURE_TEARDOWN(cap)
{
	int i;

	for (i = 0; i < PODS; i++)
		box_end(&self->pods[i]);
	box_end(&self->early);
	unlink(self->program.path);
	unlink(self->later.path);
}

static long long memory_of(const struct box *boxes, int count)
{
	long long sum = 0;
	int i;

	for (i = 0; i < count; i++)
		sum += ns_status_num(boxes[i].ids, "memory");
	return sum;
}

/* Not active for want of memory, it can be activated when there is some. */
static int activate_new(struct box *box)
{
	int ret = box_start(box, NULL);

	return ret ?: ns_activate(box->ids, SECRET "-new");
}

TEST_F_TIMEOUT(cap, all_together, 120)
{
	const struct flood *flood;
	unsigned int measured = 0;
	struct box new;
	int i;

	for (i = 0; i < PODS; i++) {
		flood = self->pods[i].shared;
		ASSERT_EQ(0, box_flood(&self->pods[i], 0, FILES));
		measured += flood->measured;
		EXPECT_EQ(FILES, flood->measured + flood->refused);
	}
	TH_LOG("%u of %u measured, in %lld bytes", measured, PODS * FILES,
	       memory_of(self->pods, PODS));
	EXPECT_GT(CAP, memory_of(self->pods, PODS));
	/* No quota of their own is used up, and yet they are refused. */
	for (i = 0; i < PODS; i++)
		EXPECT_GT(ns_status_num(self->pods[i].ids, "quota"),
			  ns_status_num(self->pods[i].ids, "used"));
	EXPECT_LT(0, ns_status_num(self->pods[PODS - 1].ids, "losses"));
	EXPECT_EQ(1, quota_losses(&self->pods[PODS - 1]));

	/* Who has measured something goes on with that, and the host with all. */
	EXPECT_EQ(0, box_run(&self->early, &self->program));
	EXPECT_EQ(EACCES, -box_run(&self->early, &self->later));
	EXPECT_EQ(1, quota_losses(&self->early));
	EXPECT_EQ(0, program_run(self->later.path));

	/* A new one must not run unmeasured: it does not become active. */
	EXPECT_GT(0, activate_new(&new));
	EXPECT_TRUE(ns_state_is(new.ids, "new"));
	for (i = 0; i < PODS; i++) {
		box_end(&self->pods[i]);
		ASSERT_EQ(0, ns_wait_dead(self->pods[i].ids));
		ASSERT_EQ(0, ns_write(self->pods[i].ids, "release", "1"));
	}
	EXPECT_EQ(0, ns_write(new.ids, "active", "1"));
	EXPECT_EQ(0, box_run(&new, &self->later));
	box_end(&new);
}

TEST_HARNESS_MAIN
