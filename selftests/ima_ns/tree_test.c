// SPDX-License-Identifier: GPL-2.0-only
/* Nesting to the last level, records in all ancestors, and death. */

#include "program.h"

#define LIST "binary_runtime_measurements"

/* The name of a list's last entry. */
static int last_name(const char *ids, char *name, size_t size)
{
	struct entry entry;
	struct list list;
	int ret = list_load(&list, ns_file(ids, LIST));

	if (ret)
		return ret;
	name[0] = '\0';
	while ((ret = list_next(&list, &entry)) > 0)
		snprintf(name, size, "%s", entry.name);
	list_free(&list);
	return ret;
}

/*
 *   host --> 1 --> 2 --> ... --> 31 --> 32: runs a program
 *     ^      ^     ^              ^     |
 *     +------+-----+--- records --+-----+
 */
FIXTURE(deep)
{
	struct box boxes[IMA_NS_DEPTH_MAX];
	struct program program;
};

FIXTURE_SETUP(deep)
{
	int i;

	for (i = 0; i < IMA_NS_DEPTH_MAX; i++)
		ASSERT_EQ(0, box_start_active(&self->boxes[i],
					      i ? &self->boxes[i - 1] : NULL,
					      "deep"));
	ASSERT_EQ(0, program_make(&self->program));
}

FIXTURE_TEARDOWN(deep)
{
	int i;

	for (i = IMA_NS_DEPTH_MAX - 1; i >= 0; i--)
		box_end(&self->boxes[i]);
	unlink(self->program.path);
}

TEST_F(deep, same_record_in_every_ancestor)
{
	struct box *const bottom = &self->boxes[IMA_NS_DEPTH_MAX - 1];
	const unsigned long long id = ids_last(bottom->ids);
	struct ima_ns_record host[4], above[4];
	int i;

	EXPECT_EQ(IMA_NS_DEPTH_MAX, ns_status_num(bottom->ids, "depth"));
	EXPECT_EQ(0, box_run(bottom, &self->program));
	EXPECT_EQ(1, ns_count(bottom->ids, self->program.digest,
			      self->program.path));
	ASSERT_EQ(BOX_OWN + 1,
		  list_records(HOST_LIST, id, host, ARRAY_SIZE(host)));
	EXPECT_EQ(IMA_NS_RECORD_CREATE, host[0].type);
	EXPECT_EQ(ids_last(self->boxes[IMA_NS_DEPTH_MAX - 2].ids),
		  host[0].parent);
	EXPECT_EQ(IMA_NS_RECORD_ENTRY, host[BOX_OWN].type);
	EXPECT_EQ(BOX_OWN, host[BOX_OWN].seq);

	for (i = 0; i < IMA_NS_DEPTH_MAX - 1; i++) {
		const char *const ids = self->boxes[i].ids;

		ASSERT_EQ(BOX_OWN + 1,
			  list_records(ns_file(ids, LIST), id, above,
				       ARRAY_SIZE(above)));
		EXPECT_EQ(0, memcmp(host, above,
				    (BOX_OWN + 1) * sizeof(host[0])));
		/* No path and no digest of it. */
		EXPECT_EQ(0, ns_count(ids, self->program.digest, NULL));
		EXPECT_EQ(0, file_holds(ns_file(ids, LIST),
					self->program.path));
		/* Each level below has put as many, the last one more. */
		EXPECT_EQ((IMA_NS_DEPTH_MAX - 1 - i) * BOX_OWN + 1,
			  ns_status_num(ids, "records"));
	}
	EXPECT_EQ(0, ns_status_num(bottom->ids, "records"));
	EXPECT_EQ(0, list_records(ns_file(bottom->ids, LIST), id, above, 1));
}

/* A level in the middle measures for itself: above only sees a record. */
TEST_F(deep, middle_is_not_seen_below)
{
	struct box *const middle = &self->boxes[15];
	const unsigned long long id = ids_last(middle->ids);
	struct ima_ns_record records[64];

	EXPECT_EQ(0, box_run(middle, &self->program));
	EXPECT_EQ(BOX_OWN + 1,
		  list_records(ns_file(self->boxes[14].ids, LIST), id, records,
			       ARRAY_SIZE(records)));
	EXPECT_EQ(0, list_records(ns_file(self->boxes[16].ids, LIST), id,
				  records, ARRAY_SIZE(records)));
}

/* Ended from the top: none is dead before what is below it. */
TEST_F(deep, dies_from_the_bottom)
{
	char name[64];
	int i;

	for (i = 0; i < IMA_NS_DEPTH_MAX - 1; i++)
		box_end(&self->boxes[i]);
	sleep_ms(300);
	EXPECT_TRUE(ns_state_is(self->boxes[0].ids, "active"));
	EXPECT_TRUE(ns_state_is(self->boxes[IMA_NS_DEPTH_MAX - 2].ids,
				"active"));
	box_end(&self->boxes[IMA_NS_DEPTH_MAX - 1]);
	ASSERT_EQ(0, ns_wait_dead(self->boxes[0].ids));
	for (i = 0; i < IMA_NS_DEPTH_MAX; i++) {
		EXPECT_TRUE(ns_state_is(self->boxes[i].ids, "dead"));
		EXPECT_EQ(0, last_name(self->boxes[i].ids, name,
				       sizeof(name)));
		EXPECT_STREQ(IMA_NS_EVENT_DESTROY, name);
	}
}

/*
 *   host --> pod --> ctr
 */
FIXTURE(death)
{
	struct box pod;
	struct box ctr;
	/* Kept, as a box that has ended has no more to tell. */
	char pod_ids[ID_PATH_MAX];
	char ctr_ids[ID_PATH_MAX];
	struct program program;
};

FIXTURE_SETUP(death)
{
	ASSERT_EQ(0, box_start_active(&self->pod, NULL, "death-pod"));
	ASSERT_EQ(0, box_start(&self->ctr, &self->pod));
	strcpy(self->pod_ids, self->pod.ids);
	strcpy(self->ctr_ids, self->ctr.ids);
	ASSERT_EQ(0, program_make(&self->program));
}

FIXTURE_TEARDOWN(death)
{
	box_end(&self->ctr);
	box_end(&self->pod);
	unlink(self->program.path);
}

TEST_F(death, dead_is_readable)
{
	char value[ID_PATH_MAX], name[64];
	uint8_t key[64];

	EXPECT_EQ(0, box_run(&self->pod, &self->program));
	box_end(&self->ctr);
	box_end(&self->pod);
	ASSERT_EQ(0, ns_wait_dead(self->pod_ids));
	EXPECT_EQ(1, ns_count(self->pod_ids, self->program.digest,
			      self->program.path));
	EXPECT_EQ(0, last_name(self->pod_ids, name, sizeof(name)));
	EXPECT_STREQ(IMA_NS_EVENT_DESTROY, name);
	/* The program, DESTROY. */
	EXPECT_EQ(BOX_OWN + 2, ns_status_num(self->pod_ids, "entries"));
	EXPECT_EQ(0, ns_status_num(self->pod_ids, "inum"));
	EXPECT_EQ(0, ns_status(self->pod_ids, "label", value, sizeof(value)));
	EXPECT_EQ(0, strncmp(value, SECRET "-death-pod", 16));
	EXPECT_EQ(IMA_NS_KEY_SIZE, read_file(ns_file(self->pod_ids, "key"),
					     key, sizeof(key)));
	EXPECT_EQ(-EBUSY, ns_write(self->pod_ids, "label", "late"));
	EXPECT_EQ(-EBUSY, ns_write(self->pod_ids, "active", "1"));
	EXPECT_EQ(-EBUSY, ns_write(self->pod_ids, "delegate", "1"));
}

TEST_F(death, when_killed)
{
	struct ima_ns_record records[4];
	const unsigned long long id = ids_last(self->pod_ids);

	box_end(&self->ctr);
	ASSERT_EQ(0, kill(self->pod.pid, SIGKILL));
	box_end(&self->pod);
	ASSERT_EQ(0, ns_wait_dead(self->pod_ids));
	ASSERT_EQ(BOX_OWN + 1, list_records(HOST_LIST, id, records,
					    ARRAY_SIZE(records)));
	EXPECT_EQ(IMA_NS_RECORD_DESTROY, records[BOX_OWN].type);
}

/* The parent's processes end first, and yet its DESTROY is the last. */
TEST_F(death, parent_after_child)
{
	struct ima_ns_record records[4];
	char name[64];

	ASSERT_EQ(0, ns_activate(self->ctr_ids, SECRET "-death-ctr"));
	box_end(&self->pod);
	sleep_ms(200);
	EXPECT_TRUE(ns_state_is(self->pod_ids, "active"));
	EXPECT_EQ(0, box_run(&self->ctr, &self->program));
	box_end(&self->ctr);
	ASSERT_EQ(0, ns_wait_dead(self->pod_ids));
	EXPECT_TRUE(ns_state_is(self->ctr_ids, "dead"));
	EXPECT_EQ(BOX_OWN + 2, list_records(ns_file(self->pod_ids, LIST),
					    ids_last(self->ctr_ids), records,
					    ARRAY_SIZE(records)));
	EXPECT_EQ(IMA_NS_RECORD_DESTROY, records[BOX_OWN + 1].type);
	EXPECT_EQ(0, last_name(self->pod_ids, name, sizeof(name)));
	EXPECT_STREQ(IMA_NS_EVENT_DESTROY, name);
}

TEST_F(death, never_active_leaves_nothing)
{
	struct ima_ns_record record;
	char line[ID_PATH_MAX + 16];

	box_end(&self->ctr);
	EXPECT_EQ(0, ns_wait_gone(self->ctr_ids));
	EXPECT_EQ(0, list_records(HOST_LIST, ids_last(self->ctr_ids), &record,
				  1));
	EXPECT_EQ(0, list_records(ns_file(self->pod_ids, LIST),
				  ids_last(self->ctr_ids), &record, 1));
	snprintf(line, sizeof(line), " released %s\n", self->ctr_ids);
	EXPECT_EQ(1, file_holds(NS_DIR "/events", line));
	EXPECT_TRUE(ns_state_is(self->pod_ids, "active"));
}

/*
 * Released logs can't be opened by the oracle: only what is tested here is
 * released, all other tests keep theirs.
 */
TEST_F(death, release)
{
	char line[ID_PATH_MAX + 16], text[4096];
	int status;

	EXPECT_EQ(-EBUSY, ns_write(self->ctr_ids, "release", "1"));
	EXPECT_EQ(-EBUSY, ns_write(self->pod_ids, "release", "1"));
	box_end(&self->ctr);
	box_end(&self->pod);
	ASSERT_EQ(0, ns_wait_dead(self->pod_ids));
	EXPECT_EQ(-EINVAL, ns_write(self->pod_ids, "release", "yes"));

	status = open(ns_file(self->pod_ids, "status"), O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, status);
	EXPECT_EQ(0, ns_write(self->pod_ids, "release", "1"));
	EXPECT_EQ(-ENOENT, can_open(ns_file(self->pod_ids, "status"),
				    O_RDONLY));
	EXPECT_EQ(-ENOENT, ns_write(self->pod_ids, "release", "1"));
	/* An open file keeps what it shows. */
	EXPECT_LT(0, read(status, text, sizeof(text)));
	close(status);
	snprintf(line, sizeof(line), " released %s\n", self->pod_ids);
	EXPECT_EQ(1, file_holds(NS_DIR "/events", line));
}

TEST_F(death, release_takes_what_is_below)
{
	ASSERT_EQ(0, ns_activate(self->ctr_ids, SECRET "-release-ctr"));
	box_end(&self->ctr);
	ASSERT_EQ(0, ns_wait_dead(self->ctr_ids));
	box_end(&self->pod);
	ASSERT_EQ(0, ns_wait_dead(self->pod_ids));
	EXPECT_EQ(0, can_open(ns_file(self->ctr_ids, LIST), O_RDONLY));
	EXPECT_EQ(0, ns_write(self->pod_ids, "release", "1"));
	EXPECT_EQ(-ENOENT, can_open(ns_file(self->ctr_ids, LIST), O_RDONLY));
}

TEST_F(death, release_of_a_child_keeps_the_parent)
{
	struct ima_ns_record records[4];

	ASSERT_EQ(0, ns_activate(self->ctr_ids, SECRET "-release-one"));
	box_end(&self->ctr);
	ASSERT_EQ(0, ns_wait_dead(self->ctr_ids));
	EXPECT_EQ(0, ns_write(self->ctr_ids, "release", "1"));
	EXPECT_TRUE(ns_state_is(self->pod_ids, "active"));
	/* Its records stay where they are. */
	EXPECT_EQ(BOX_OWN + 1, list_records(ns_file(self->pod_ids, LIST),
					    ids_last(self->ctr_ids), records,
					    ARRAY_SIZE(records)));
}

static int release_own_child(void *shared)
{
	return ns_write(shared, "release", "1");
}

/* A parent's own tasks may do it, as they are root of its owner. */
TEST_F(death, allow_release_by_parent)
{
	ASSERT_EQ(0, ns_activate(self->ctr_ids, SECRET "-release-by"));
	box_end(&self->ctr);
	ASSERT_EQ(0, ns_wait_dead(self->ctr_ids));
	strcpy(self->pod.shared, self->ctr_ids);
	EXPECT_EQ(0, box_call(&self->pod, release_own_child));
}

TEST_HARNESS_MAIN
