// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measurements raced: by the eviction of the inode, by writers of the file, by
 * the death of who measured.
 */

#include "race.h"

#define BOXES 2
#define WRITERS 4

/*
 *        host: makes, writes, unlinks, unmounts
 *       /    \
 *     one    two: run, map
 */
FIXTURE(race)
{
	struct box boxes[BOXES];
	double until;
	char dir[64];
};

FIXTURE_SETUP(race)
{
	int i;

	for (i = 0; i < BOXES; i++)
		ASSERT_EQ(0, box_start_active(&self->boxes[i], NULL, "race"));
	snprintf(self->dir, sizeof(self->dir), PROGRAM_DIR "/race-%d",
		 getpid());
	ASSERT_EQ(0, mkdir(self->dir, 0755));
	self->until = now_seconds() + race_seconds();
}

FIXTURE_TEARDOWN(race)
{
	int i;

	for (i = 0; i < BOXES; i++)
		box_end(&self->boxes[i]);
	umount2(self->dir, MNT_DETACH);
	rmdir(self->dir);
}

/* Have all run it; what they answer comes later. */
static int start_all(struct box boxes[BOXES], const struct program *program)
{
	const box_fn run = box_run_path;
	int i, ret = 0;

	for (i = 0; i < BOXES; i++) {
		strcpy(boxes[i].shared, program->path);
		if (write(boxes[i].sock, &run, sizeof(run)) != sizeof(run))
			ret = -EPIPE;
	}
	return ret;
}

/* Who found it has measured it, and nobody else has. */
static void check_all(struct __test_metadata *_metadata,
		      struct box boxes[BOXES], const struct program *program,
		      int *found)
{
	int i, ret;

	for (i = 0; i < BOXES; i++) {
		ret = box_answer(&boxes[i]);
		EXPECT_TRUE(!ret || ret == -ENOENT) TH_LOG("%d", ret);
		EXPECT_EQ(!ret, ns_count(boxes[i].ids, program->digest, NULL));
		*found += !ret;
	}
}

/* 2: dentries and inodes that nobody uses. */
static int drop_caches(void)
{
	return write_text("/proc/sys/vm/drop_caches", "2");
}

TEST_F_TIMEOUT(race, unlink_while_measured, 300)
{
	struct program program;
	int found = 0, rounds;

	/* Also on a machine on which they take longer and longer to start. */
	for (rounds = 0; now_seconds() < self->until ||
	     (!found && now_seconds() < self->until + 60); rounds++) {
		ASSERT_EQ(0, program_make_as(&program, self->dir, SECRET "-"));
		ASSERT_EQ(0, start_all(self->boxes, &program));
		race_pause(2000 << rounds % 8);
		EXPECT_EQ(0, unlink(program.path));
		EXPECT_EQ(0, drop_caches());
		check_all(_metadata, self->boxes, &program, &found);
	}
	EXPECT_LT(0, found);
	EXPECT_LT(0, rounds);
}

/* Evicted over and over, and the content stays: no digest is entered twice. */
TEST_F_TIMEOUT(race, evict_while_measured, 300)
{
	struct program program;
	int i;

	ASSERT_EQ(0, program_make_as(&program, self->dir, SECRET "-"));
	do {
		ASSERT_EQ(0, start_all(self->boxes, &program));
		race_pause(4000);
		EXPECT_EQ(0, drop_caches());
		for (i = 0; i < BOXES; i++) {
			EXPECT_EQ(0, box_answer(&self->boxes[i]));
			EXPECT_EQ(1, ns_count(self->boxes[i].ids,
					      program.digest, NULL));
		}
		EXPECT_EQ(0, drop_caches());
	} while (now_seconds() < self->until);
	unlink(program.path);
}

/* The whole file system goes, with all its inodes. */
TEST_F_TIMEOUT(race, unmount_while_measured, 300)
{
	struct program program;
	int found = 0, rounds = 0;

	do {
		ASSERT_EQ(0, mount("race", self->dir, "tmpfs", 0, NULL));
		ASSERT_EQ(0, program_make_as(&program, self->dir, SECRET "-"));
		ASSERT_EQ(0, start_all(self->boxes, &program));
		race_pause(2000 << rounds++ % 8);
		EXPECT_EQ(0, umount2(self->dir, MNT_DETACH));
		check_all(_metadata, self->boxes, &program, &found);
	} while (now_seconds() < self->until ||
		 (!found && now_seconds() < self->until + 60));
	EXPECT_LT(0, found);
}

/* Who was measured by a namespace that dies, and its inode goes as well. */
TEST_F_TIMEOUT(race, evict_when_dying, 300)
{
	struct program program;
	char ids[ID_PATH_MAX];
	struct box box;

	do {
		ASSERT_EQ(0, program_make_as(&program, self->dir, SECRET "-"));
		ASSERT_EQ(0, box_start_active(&box, NULL, "race-dying"));
		strcpy(ids, box.ids);
		EXPECT_EQ(0, box_run(&box, &program));
		EXPECT_EQ(0, box_run(&self->boxes[0], &program));
		EXPECT_EQ(0, unlink(program.path));
		EXPECT_EQ(0, kill(box.pid, SIGKILL));
		EXPECT_EQ(0, drop_caches());
		box_end(&box);
		ASSERT_EQ(0, ns_wait_dead(ids));
		/* The program, DESTROY. */
		EXPECT_EQ(BOX_OWN + 2, ns_status_num(ids, "entries"));
	} while (now_seconds() < self->until);
}

/* Runs in the box: relied upon, until it ends or measures the next one. */
static int rely(void *shared)
{
	static int held = -1;
	static void *map = MAP_FAILED;

	if (held >= 0)
		close(held);
	if (map != MAP_FAILED)
		munmap(map, 4096);
	held = open(shared, O_RDONLY | O_CLOEXEC);
	if (held < 0)
		return -errno;
	map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, held, 0);
	return map == MAP_FAILED ? -errno : 0;
}

/* Told once, however many write; or never, as it was dead before. */
static void write_when_dying(struct __test_metadata *_metadata,
			     struct program *program)
{
	long long violations;
	char ids[ID_PATH_MAX];
	int rets[WRITERS], i;
	struct race race;
	struct box box;

	ASSERT_EQ(0, program_renew(program));
	ASSERT_EQ(0, box_start_active(&box, NULL, "race-victim"));
	strcpy(ids, box.ids);
	strcpy(box.shared, program->path);
	ASSERT_EQ(0, box_call(&box, rely));
	ASSERT_EQ(0, race_prepare(&race));
	for (i = 0; i < WRITERS; i++)
		ASSERT_EQ(0, race_add(&race, open_for_write, program->path));
	race_start(&race);
	race_pause(2000);
	kill(box.pid, SIGKILL);
	box_end(&box);
	race_end(&race, rets);
	for (i = 0; i < WRITERS; i++)
		EXPECT_EQ(0, rets[i]);
	ASSERT_EQ(0, ns_wait_dead(ids));
	violations = ns_status_num(ids, "violations");
	EXPECT_TRUE(violations == 0 || violations == 1)
		TH_LOG("%lld", violations);
	/* The program, perhaps the violation, DESTROY. */
	EXPECT_EQ(BOX_OWN + 2 + violations, ns_status_num(ids, "entries"));
}

TEST_F_TIMEOUT(race, write_when_dying, 300)
{
	struct program program;

	ASSERT_EQ(0, program_make_as(&program, self->dir, SECRET "-"));
	do {
		write_when_dying(_metadata, &program);
	} while (now_seconds() < self->until);
	unlink(program.path);
}

/*
 * Written while two namespaces measure it. Both rely on it in the end, and so
 * each knows of a write since: by a violation, or as it has seen the content.
 */
TEST_F_TIMEOUT(race, write_while_measured, 300)
{
	const box_fn fn = rely;
	struct program program;
	int rets[WRITERS], i;
	long long told[BOXES] = {}, now;
	struct race race;

	ASSERT_EQ(0, program_make_as(&program, self->dir, SECRET "-"));
	do {
		ASSERT_EQ(0, program_renew(&program));
		ASSERT_EQ(0, race_prepare(&race));
		for (i = 0; i < WRITERS; i++)
			ASSERT_EQ(0, race_add(&race, open_for_write,
					      program.path));
		for (i = 0; i < BOXES; i++) {
			strcpy(self->boxes[i].shared, program.path);
			ASSERT_EQ((ssize_t)sizeof(fn),
				  write(self->boxes[i].sock, &fn, sizeof(fn)));
		}
		race_start(&race);
		race_end(&race, rets);
		for (i = 0; i < WRITERS; i++)
			EXPECT_EQ(0, rets[i]);
		/* One more, when both rely on it for sure. */
		for (i = 0; i < BOXES; i++)
			EXPECT_EQ(0, box_answer(&self->boxes[i]));
		EXPECT_EQ(0, can_open(program.path, O_WRONLY));
		for (i = 0; i < BOXES; i++) {
			EXPECT_EQ(1, ns_count(self->boxes[i].ids,
					      program.digest, NULL));
			now = ns_status_num(self->boxes[i].ids, "violations");
			EXPECT_LT(told[i], now);
			EXPECT_GE(told[i] + 2, now);
			told[i] = now;
		}
	} while (now_seconds() < self->until);
	unlink(program.path);
}

TEST_HARNESS_MAIN
