// SPDX-License-Identifier: GPL-2.0-only
/* What is measured, where, and how often. */

#include "map.h"
#include "program.h"

/*
 *          host (no rule of its own)
 *         /    \
 *       one    two
 */
FIXTURE(measure)
{
	struct box one;
	struct box two;
	struct program program;
};

FIXTURE_SETUP(measure)
{
	ASSERT_EQ(0, box_start_active(&self->one, NULL, "measure-one"));
	ASSERT_EQ(0, box_start_active(&self->two, NULL, "measure-two"));
	ASSERT_EQ(0, program_make(&self->program));
}

FIXTURE_TEARDOWN(measure)
{
	box_end(&self->two);
	box_end(&self->one);
	unlink(self->program.path);
}

/* Entries that are of the program, digest and path. */
#define ENTRIES(box, program) \
	ns_count((box)->ids, (program)->digest, (program)->path)

TEST_F(measure, once_however_often_run)
{
	int i;

	EXPECT_EQ(0, ENTRIES(&self->one, &self->program));
	for (i = 0; i < 5; i++)
		EXPECT_EQ(0, box_run(&self->one, &self->program));
	EXPECT_EQ(1, ENTRIES(&self->one, &self->program));
	EXPECT_EQ(1, ns_count(self->one.ids, NULL, self->program.path));
}

TEST_F(measure, in_each_namespace_once)
{
	struct program public;

	ASSERT_EQ(0, program_make_public(&public));
	EXPECT_EQ(0, box_run(&self->one, &public));
	EXPECT_EQ(0, ENTRIES(&self->two, &public));
	EXPECT_EQ(0, box_run(&self->two, &public));
	EXPECT_EQ(0, program_run(public.path));
	EXPECT_EQ(0, box_run(&self->two, &public));
	EXPECT_EQ(0, box_run(&self->one, &public));
	EXPECT_EQ(1, ENTRIES(&self->one, &public));
	EXPECT_EQ(1, ENTRIES(&self->two, &public));
	unlink(public.path);
}

/* Run by the host first, as image layers often are. */
TEST_F(measure, after_the_host)
{
	struct program public;

	ASSERT_EQ(0, program_make_public(&public));
	EXPECT_EQ(0, program_run(public.path));
	EXPECT_EQ(0, ENTRIES(&self->one, &public));
	EXPECT_EQ(0, box_run(&self->one, &public));
	EXPECT_EQ(1, ENTRIES(&self->one, &public));
	unlink(public.path);
}

TEST_F(measure, again_when_changed)
{
	struct program old = self->program;

	EXPECT_EQ(0, box_run(&self->one, &self->program));
	EXPECT_EQ(0, box_run(&self->two, &self->program));
	ASSERT_EQ(0, program_renew(&self->program));
	EXPECT_NE(0, memcmp(old.digest, self->program.digest, SHA256_SIZE));
	EXPECT_EQ(0, box_run(&self->one, &self->program));
	EXPECT_EQ(1, ENTRIES(&self->one, &old));
	EXPECT_EQ(1, ENTRIES(&self->one, &self->program));
	/* The other one has not seen the new content yet. */
	EXPECT_EQ(1, ENTRIES(&self->two, &old));
	EXPECT_EQ(0, ENTRIES(&self->two, &self->program));
	EXPECT_EQ(0, box_run(&self->two, &self->program));
	EXPECT_EQ(1, ENTRIES(&self->two, &self->program));
}

/* Changed while another namespace had it last, back and forth. */
TEST_F(measure, again_at_each_change)
{
	struct program seen[4];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(seen); i++) {
		ASSERT_EQ(0, program_renew(&self->program));
		seen[i] = self->program;
		EXPECT_EQ(0, box_run(i % 2 ? &self->two : &self->one,
				     &self->program));
		EXPECT_EQ(0, box_run(&self->one, &self->program));
	}
	for (i = 0; i < ARRAY_SIZE(seen); i++)
		EXPECT_EQ(1, ENTRIES(&self->one, &seen[i]));
	EXPECT_EQ(4, ns_count(self->one.ids, NULL, self->program.path));
}

TEST_F(measure, not_again_when_only_opened_for_write)
{
	EXPECT_EQ(0, box_run(&self->one, &self->program));
	ASSERT_EQ(0, can_open(self->program.path, O_RDWR));
	EXPECT_EQ(0, box_run(&self->one, &self->program));
	EXPECT_EQ(1, ns_count(self->one.ids, NULL, self->program.path));
}

/* The same bytes written again: no digest stands in a list twice. */
TEST_F(measure, not_again_when_rewritten_the_same)
{
	struct program same = self->program;

	EXPECT_EQ(0, box_run(&self->one, &self->program));
	ASSERT_EQ(0, program_copy(&self->program, &same));
	EXPECT_EQ(0, box_run(&self->one, &same));
	EXPECT_EQ(1, ns_count(self->one.ids, NULL, self->program.path));
}

/* A new inode with the old path and content. */
TEST_F(measure, not_again_when_replaced_by_the_same)
{
	struct program aside;

	EXPECT_EQ(0, box_run(&self->one, &self->program));
	ASSERT_EQ(0, program_beside(&self->program, "-aside", &aside));
	ASSERT_EQ(0, program_copy(&self->program, &aside));
	ASSERT_EQ(0, rename(aside.path, self->program.path));
	EXPECT_EQ(0, box_run(&self->one, &self->program));
	EXPECT_EQ(1, ENTRIES(&self->one, &self->program));
	EXPECT_EQ(1, ns_count(self->one.ids, NULL, self->program.path));
}

TEST_F(measure, copy_is_an_entry_of_its_own)
{
	struct program copy;

	ASSERT_EQ(0, program_beside(&self->program, "-copy", &copy));
	ASSERT_EQ(0, program_copy(&self->program, &copy));
	EXPECT_EQ(0, box_run(&self->one, &self->program));
	EXPECT_EQ(0, box_run(&self->one, &copy));
	EXPECT_EQ(1, ENTRIES(&self->one, &self->program));
	EXPECT_EQ(1, ENTRIES(&self->one, &copy));
	EXPECT_EQ(2, ns_count(self->one.ids, self->program.digest, NULL));
	unlink(copy.path);
}

/* Links lead to the inode that was measured. */
TEST_F(measure, links_are_not)
{
	struct program hard, soft;

	ASSERT_EQ(0, program_beside(&self->program, "-hard", &hard));
	ASSERT_EQ(0, program_beside(&self->program, "-soft", &soft));
	ASSERT_EQ(0, link(self->program.path, hard.path));
	ASSERT_EQ(0, symlink(self->program.path, soft.path));
	EXPECT_EQ(0, box_run(&self->one, &self->program));
	EXPECT_EQ(0, box_run(&self->one, &hard));
	EXPECT_EQ(0, box_run(&self->one, &soft));
	EXPECT_EQ(1, ns_count(self->one.ids, self->program.digest, NULL));
	EXPECT_EQ(0, ns_count(self->one.ids, NULL, soft.path));
	unlink(hard.path);
	unlink(soft.path);
}

/* IMA's usual policies leave out tmpfs; the default here does not. */
TEST_F(measure, on_tmpfs)
{
	const char *const dir = "/tmp/tmpfs";
	struct program program;

	ASSERT_EQ(0, mkdir(dir, 0755) && errno != EEXIST ? -errno : 0);
	ASSERT_EQ(0, mount("none", dir, "tmpfs", 0, NULL));
	EXPECT_EQ(0, program_make_as(&program, dir, SECRET "-"));
	EXPECT_EQ(0, box_run(&self->one, &program));
	EXPECT_EQ(1, ENTRIES(&self->one, &program));
	/* Changed there, too. */
	EXPECT_EQ(0, program_renew(&program));
	EXPECT_EQ(0, box_run(&self->one, &program));
	EXPECT_EQ(1, ENTRIES(&self->one, &program));
	EXPECT_EQ(2, ns_count(self->one.ids, NULL, program.path));
	EXPECT_EQ(0, umount2(dir, MNT_DETACH));
}

/*
 * The page holds the path of a program to run from a memory file, which must
 * not be open for write then.
 */
static int run_memory_file(void *shared)
{
	uint8_t data[PROGRAM_MAX];
	const ssize_t len = read_file(shared, data, sizeof(data));
	const int fd = syscall(__NR_memfd_create, SECRET "-memfd", 0);
	char path[64];
	int again;

	if (len < 0 || fd < 0 || write(fd, data, len) != len)
		return -EDOM;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY);
	close(fd);
	if (again < 0)
		return -EDOM;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", again);
	return program_run(path);
}

TEST_F(measure, in_memory_file)
{
	strcpy(self->one.shared, self->program.path);
	EXPECT_EQ(0, box_call(&self->one, run_memory_file));
	EXPECT_EQ(1, ns_count(self->one.ids, self->program.digest, NULL));
}

static int map_readable(void *path)
{
	return map_path(path, PROT_READ, false);
}

TEST_F(measure, executable_mappings)
{
	strcpy(self->one.shared, self->program.path);
	EXPECT_EQ(0, box_call(&self->one, map_readable));
	EXPECT_EQ(0, ENTRIES(&self->one, &self->program));
	EXPECT_EQ(0, box_call(&self->one, map_executable));
	EXPECT_EQ(1, ENTRIES(&self->one, &self->program));
	EXPECT_EQ(0, box_call(&self->one, map_executable));
	EXPECT_EQ(1, ENTRIES(&self->one, &self->program));
}

/* Reading is not in the default policy. */
static int read_path(void *shared)
{
	char buf[64];
	const ssize_t len = read_file(shared, buf, sizeof(buf));

	return len < 0 ? len : 0;
}

TEST_F(measure, not_what_is_read)
{
	strcpy(self->one.shared, self->program.path);
	EXPECT_EQ(0, box_call(&self->one, read_path));
	EXPECT_EQ(0, ns_count(self->one.ids, NULL, self->program.path));
}

/* A script and its interpreter. */
TEST_F(measure, script)
{
	struct program script;
	char text[160];

	ASSERT_EQ(0, program_beside(&self->program, ".sh", &script));
	snprintf(text, sizeof(text), "#!%s\n", self->program.path);
	ASSERT_EQ(0, program_write(&script, text, strlen(text)));
	EXPECT_EQ(0, box_run(&self->one, &script));
	EXPECT_EQ(1, ENTRIES(&self->one, &script));
	EXPECT_EQ(1, ENTRIES(&self->one, &self->program));
	unlink(script.path);
}

/*
 * What an inactive namespace's tasks do is in its nearest active ancestor's
 * list, and nothing is between the two.
 *
 *   host --> pod (active) --> middle (new) --> bottom (new)
 */
FIXTURE(start)
{
	struct box pod;
	struct box middle;
	struct box bottom;
	struct program program;
};

FIXTURE_SETUP(start)
{
	ASSERT_EQ(0, box_start_active(&self->pod, NULL, "start-pod"));
	ASSERT_EQ(0, box_start(&self->middle, &self->pod));
	ASSERT_EQ(0, box_start(&self->bottom, &self->middle));
	ASSERT_EQ(0, program_make(&self->program));
}

FIXTURE_TEARDOWN(start)
{
	box_end(&self->bottom);
	box_end(&self->middle);
	box_end(&self->pod);
	unlink(self->program.path);
}

TEST_F(start, inactive_goes_to_the_nearest_active)
{
	EXPECT_EQ(0, box_run(&self->bottom, &self->program));
	EXPECT_EQ(1, ENTRIES(&self->pod, &self->program));
	EXPECT_EQ(0, ENTRIES(&self->middle, &self->program));
	EXPECT_EQ(0, ENTRIES(&self->bottom, &self->program));

	/* Active later: the same file is measured for it, and only there. */
	ASSERT_EQ(0, ns_activate(self->middle.ids, SECRET "-start-middle"));
	EXPECT_EQ(0, box_run(&self->bottom, &self->program));
	EXPECT_EQ(1, ENTRIES(&self->middle, &self->program));
	EXPECT_EQ(1, ENTRIES(&self->pod, &self->program));
	EXPECT_EQ(0, ENTRIES(&self->bottom, &self->program));

	ASSERT_EQ(0, ns_activate(self->bottom.ids, SECRET "-start-bottom"));
	EXPECT_EQ(0, box_run(&self->bottom, &self->program));
	EXPECT_EQ(1, ENTRIES(&self->bottom, &self->program));
	EXPECT_EQ(1, ENTRIES(&self->middle, &self->program));
}

/* Activate oneself and execute at once: as a runtime does. */
static int activate_and_run(void *shared)
{
	const char *const path = shared;
	char ids[ID_PATH_MAX];
	int ret;

	ret = ns_self(ids) ?: ns_activate(ids, SECRET "-start-self");
	return ret ?: program_run(path);
}

TEST_F(start, first_exec_is_in_the_list)
{
	struct box box;

	ASSERT_EQ(0, box_start(&box, NULL));
	strcpy(box.shared, self->program.path);
	EXPECT_EQ(0, box_call(&box, activate_and_run));
	EXPECT_EQ(1, ENTRIES(&box, &self->program));
	EXPECT_EQ(BOX_OWN + 1, ns_status_num(box.ids, "entries"));
	box_end(&box);
}

/* The executing task itself moves in, activates, and becomes the program. */
static int become_program(void *arg)
{
	const struct program *const program = arg;
	char ids[ID_PATH_MAX];
	int ret;

	ret = sys_unshare(CLONE_NEWIMA) ?: ns_self(ids);
	ret = ret ?: ns_activate(ids, program->path + strlen(PROGRAM_DIR "/"));
	if (ret)
		return ret;
	execl(program->path, program->path, NULL);
	return -errno;
}

TEST_F(start, own_exec_is_in_the_list)
{
	struct box probe;
	char ids[ID_PATH_MAX];

	EXPECT_EQ(0, in_child(become_program, &self->program));
	/* It had the id before this one's. */
	ASSERT_EQ(0, box_start(&probe, NULL));
	snprintf(ids, sizeof(ids), "%llu", ids_last(probe.ids) - 1);
	ASSERT_EQ(0, ns_wait_dead(ids));
	EXPECT_EQ(1, ns_count(ids, self->program.digest, self->program.path));
	/* And DESTROY. */
	EXPECT_EQ(BOX_OWN + 2, ns_status_num(ids, "entries"));
	box_end(&probe);
}

#define STREAM 40

/* The page holds how far it has come, then as many programs to run. */
struct stream {
	int done;
	struct program programs[STREAM];
};

_Static_assert(sizeof(struct stream) <= BOX_SHARED, "does not fit the page");

static int run_stream(void *shared)
{
	struct stream *const stream = shared;
	int ret = 0;

	while (!ret && stream->done < STREAM) {
		ret = program_run(stream->programs[stream->done].path);
		__atomic_add_fetch(&stream->done, 1, __ATOMIC_RELEASE);
	}
	return ret;
}

static int stream_progress(const struct stream *stream)
{
	return __atomic_load_n(&stream->done, __ATOMIC_ACQUIRE);
}

/*
 * Activated while its tasks run: each program is in the parent's list or in
 * its own, and none is the parent's after the first own. Only that first one
 * may be in both: executed before, and mapped after.
 */
TEST_F(start, no_gap_while_running)
{
	const box_fn run = run_stream;
	struct stream *const stream = self->middle.shared;
	int i, above, own, parents, since = -1;

	stream->done = 0;
	for (i = 0; i < STREAM; i++)
		ASSERT_EQ(0, program_make(&stream->programs[i]));
	ASSERT_EQ(0, ns_write(self->middle.ids, "label",
			      SECRET "-start-stream"));
	ASSERT_EQ((ssize_t)sizeof(run),
		  write(self->middle.sock, &run, sizeof(run)));
	while (stream_progress(stream) < STREAM / 4)
		sleep_ms(1);
	ASSERT_EQ(0, ns_write(self->middle.ids, "active", "1"));
	/* This one and the next may have begun before. */
	above = stream_progress(stream) + 1;
	EXPECT_EQ(0, box_answer(&self->middle));

	for (i = 0; i < STREAM; i++) {
		own = ENTRIES(&self->middle, &stream->programs[i]);
		parents = ENTRIES(&self->pod, &stream->programs[i]);
		if (own && since < 0)
			since = i;
		EXPECT_EQ(since >= 0, own);
		EXPECT_LE(1, own + parents);
		EXPECT_GE(1 + (i == since), own + parents);
		unlink(stream->programs[i].path);
	}
	EXPECT_LT(STREAM / 4 - 1, since);
	EXPECT_GE(above, since);
}

TEST_HARNESS_MAIN
