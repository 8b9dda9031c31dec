// SPDX-License-Identifier: GPL-2.0-only
/* Containers that measure all they can: what it costs the node, and others. */

#include "flood.h"
#include "quota.h"

#define FILES 100000
#define STEP 5000
#define PODS 16
#define FILES_OF_POD 3000

/* "Slab" in /proc/meminfo is of the whole node, which does other things, too. */
#define SLACK_KIB (8 * 1024)

static long slab_kib(void)
{
	char text[4096], *at;

	if (read_text("/proc/meminfo", text, sizeof(text)) < 0)
		return -1;
	at = strstr(text, "\nSlab:");
	return at ? strtol(at + strlen("\nSlab:"), NULL, 10) : -1;
}

/* Let go of inodes, dentries and pages that nothing uses. */
static long slab_held_kib(void)
{
	sync();
	if (write_text("/proc/sys/vm/drop_caches", "3"))
		return -1;
	return slab_kib();
}

/*
 *       host
 *      /    \
 *   pods    sibling
 */
FIXTURE(flood)
{
	struct box pods[PODS];
	struct box sibling;
	struct program program;
	long before;
};

FIXTURE_SETUP(flood)
{
	int i;

	for (i = 0; i < PODS; i++)
		ASSERT_EQ(0, box_start_active(&self->pods[i], NULL, "pod"));
	ASSERT_EQ(0, box_start_active(&self->sibling, NULL, "sibling"));
	ASSERT_EQ(0, program_make(&self->program));
	self->before = slab_held_kib();
	ASSERT_LT(0, self->before);
}

FIXTURE_TEARDOWN(flood)
{
	int i;

	for (i = 0; i < PODS; i++)
		box_end(&self->pods[i]);
	box_end(&self->sibling);
	unlink(self->program.path);
}

/* Each time with content that nobody has measured. */
#define EXPECT_OTHERS_UNCHANGED() do { \
	struct box _later; \
	ASSERT_EQ(0, program_renew(&self->program)); \
	EXPECT_EQ(0, box_run(&self->sibling, &self->program)); \
	EXPECT_EQ(1, ns_count(self->sibling.ids, self->program.digest, \
			      self->program.path)); \
	EXPECT_EQ(0, program_run(self->program.path)); \
	ASSERT_EQ(0, box_start_active(&_later, NULL, "later")); \
	EXPECT_EQ(0, box_run(&_later, &self->program)); \
	box_end(&_later); \
} while (0)

TEST_F_TIMEOUT(flood, one_hundred_thousand_files, 1500)
{
	struct box *const pod = &self->pods[0];
	const struct flood *const flood = pod->shared;
	const long long quota = ns_status_num(pod->ids, "quota");
	unsigned int done, measured = 0;
	long after;

	for (done = 0; done < FILES; done += STEP) {
		ASSERT_EQ(0, box_flood(pod, done, STEP));
		measured += flood->measured;
		EXPECT_OTHERS_UNCHANGED();
	}
	EXPECT_EQ(quota - QUOTA_OWN - QUOTA_BROUGHT, measured);
	EXPECT_EQ(quota, ns_status_num(pod->ids, "used"));
	EXPECT_EQ(FILES - measured, ns_status_num(pod->ids, "losses"));
	EXPECT_EQ(1, quota_losses(pod));
	EXPECT_GE(quota * 2048, ns_status_num(pod->ids, "memory"));

	after = slab_held_kib();
	TH_LOG("%u of %u measured; slab %ld KiB before, %ld KiB after",
	       measured, FILES, self->before, after);
	/* What the quota is good for, and as many records of the host's. */
	EXPECT_GT(quota * 3 + SLACK_KIB, after - self->before);
}

TEST_F_TIMEOUT(flood, many_pods, 1500)
{
	const long long quota = ns_status_num(self->pods[0].ids, "quota");
	long after;
	int i;

	for (i = 0; i < PODS; i++)
		ASSERT_EQ(0, box_flood(&self->pods[i], 0, FILES_OF_POD));
	for (i = 0; i < PODS; i++) {
		EXPECT_EQ(quota, ns_status_num(self->pods[i].ids, "used"));
		EXPECT_EQ(1, quota_losses(&self->pods[i]));
	}
	EXPECT_OTHERS_UNCHANGED();

	after = slab_held_kib();
	TH_LOG("%d pods; slab %ld KiB before, %ld KiB after", PODS,
	       self->before, after);
	EXPECT_GT(PODS * quota * 3 + SLACK_KIB, after - self->before);
}

TEST_HARNESS_MAIN
