// SPDX-License-Identifier: GPL-2.0-only
/* Reading a namespace's lists: in pieces, from anywhere, while they grow. */

#include "program.h"

#define PROGRAMS 24

static const char *const files[] = {
	"binary_runtime_measurements",
	"binary_runtime_measurements_sha256",
	"ascii_runtime_measurements",
	"ascii_runtime_measurements_sha256",
};

/*
 *   host --> pod: ran 24 programs --> ctr: two records in pod's list
 */
FIXTURE(lists)
{
	struct box pod;
	struct box ctr;
	struct program program;
};

FIXTURE_SETUP(lists)
{
	int i;

	ASSERT_EQ(0, box_start_active(&self->pod, NULL, "lists-pod"));
	ASSERT_EQ(0, box_start_active(&self->ctr, &self->pod, "lists-ctr"));
	ASSERT_EQ(0, program_make(&self->program));
	for (i = 0; i < PROGRAMS; i++) {
		ASSERT_EQ(0, program_renew(&self->program));
		ASSERT_EQ(0, box_run(&self->pod, &self->program));
	}
	ASSERT_EQ(0, box_run(&self->ctr, &self->program));
}

FIXTURE_TEARDOWN(lists)
{
	box_end(&self->ctr);
	box_end(&self->pod);
	unlink(self->program.path);
}

/* Read what is left of a file, a few bytes at a time. */
static ssize_t read_pieces(int fd, uint8_t *buf, size_t size, size_t piece)
{
	size_t len = 0;
	ssize_t got;

	do {
		if (size - len < piece)
			piece = size - len;
		got = read(fd, buf + len, piece);
		if (got < 0)
			return -errno;
		len += got;
	} while (got);
	return len;
}

#define LIST_MAX (1 << 16)

TEST_F(lists, same_in_pieces)
{
	static const size_t pieces[] = { 1, 2, 7, 64, 333, 4096, LIST_MAX };
	static uint8_t piece[LIST_MAX];
	struct list whole;
	size_t i, j;
	int fd;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		const char *const path = ns_file(self->pod.ids, files[i]);

		ASSERT_EQ(0, list_load(&whole, path));
		ASSERT_LT(PROGRAMS * 60UL, whole.len);
		for (j = 0; j < ARRAY_SIZE(pieces); j++) {
			fd = open(path, O_RDONLY | O_CLOEXEC);
			ASSERT_LE(0, fd);
			ASSERT_EQ((ssize_t)whole.len,
				  read_pieces(fd, piece, sizeof(piece),
					      pieces[j]));
			EXPECT_EQ(0, memcmp(whole.data, piece, whole.len))
			{
				TH_LOG("%s by %zu", files[i], pieces[j]);
			}
			close(fd);
		}
		list_free(&whole);
	}
}

TEST_F(lists, same_from_any_offset)
{
	static uint8_t part[LIST_MAX];
	struct list whole;
	size_t i, at;
	ssize_t got;
	int fd;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		const char *const path = ns_file(self->pod.ids, files[i]);

		ASSERT_EQ(0, list_load(&whole, path));
		fd = open(path, O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, fd);
		/* Forth with a stride that hits every phase, and back. */
		for (at = 0; at <= whole.len; at += 97) {
			got = pread(fd, part, 50, at);
			ASSERT_LE(0, got);
			EXPECT_EQ(0, memcmp(whole.data + at, part, got));
			EXPECT_TRUE(got || at == whole.len);
			got = pread(fd, part, 50, whole.len - at);
			ASSERT_LE(0, got);
			EXPECT_EQ(0, memcmp(whole.data + whole.len - at, part,
					    got));
		}
		EXPECT_EQ(0, pread(fd, part, 50, whole.len));
		close(fd);
		list_free(&whole);
	}
}

/* A reader at the end gets what is new when it reads again. */
TEST_F(lists, goes_on_at_the_end)
{
	static uint8_t first[LIST_MAX];
	struct list whole;
	ssize_t before, after;
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		const char *const path = ns_file(self->pod.ids, files[i]);

		fd = open(path, O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, fd);
		before = read_pieces(fd, first, sizeof(first), 500);
		ASSERT_LT(0, before);
		ASSERT_EQ(0, program_renew(&self->program));
		ASSERT_EQ(0, box_run(&self->pod, &self->program));
		after = read_pieces(fd, first + before, sizeof(first) - before,
				    500);
		ASSERT_LT(0, after);
		ASSERT_EQ(0, list_load(&whole, path));
		ASSERT_EQ((size_t)(before + after), whole.len);
		EXPECT_EQ(0, memcmp(first, whole.data, whole.len));
		list_free(&whole);
		close(fd);
	}
}

static short poll_now(int fd, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, ms) < 0 ? -errno : pfd.revents;
}

TEST_F(lists, poll_tells_new_entries)
{
	static uint8_t buf[LIST_MAX];
	char ids[ID_PATH_MAX];
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		fd = open(ns_file(self->pod.ids, files[i]),
			  O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, fd);
		EXPECT_EQ(POLLIN, poll_now(fd, 0));
		ASSERT_LT(0, read_pieces(fd, buf, sizeof(buf), sizeof(buf)));
		EXPECT_EQ(0, poll_now(fd, 0));
		ASSERT_EQ(0, program_renew(&self->program));
		ASSERT_EQ(0, box_run(&self->pod, &self->program));
		EXPECT_EQ(POLLIN, poll_now(fd, 1000));
		close(fd);
	}

	/* DESTROY is the last entry, and then nothing comes any more. */
	fd = open(ns_file(self->ctr.ids, files[0]), O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_LT(0, read_pieces(fd, buf, sizeof(buf), sizeof(buf)));
	EXPECT_EQ(0, poll_now(fd, 0));
	strcpy(ids, self->ctr.ids);
	box_end(&self->ctr);
	ASSERT_EQ(0, ns_wait_dead(ids));
	EXPECT_EQ(POLLIN, poll_now(fd, 5000) & POLLIN);
	ASSERT_LT(0, read_pieces(fd, buf, sizeof(buf), sizeof(buf)));
	EXPECT_EQ(POLLHUP, poll_now(fd, 5000) & (POLLIN | POLLHUP));
	close(fd);
}

/* Others may be dying meanwhile: what counts is that this one is told. */
TEST_F(lists, poll_tells_life)
{
	static char buf[1 << 18];
	char line[ID_PATH_MAX + 16];
	struct box box;
	ssize_t len;
	int fd;

	fd = open(NS_DIR "/events", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_LT(0, read_pieces(fd, (uint8_t *)buf, sizeof(buf), 65536));
	ASSERT_EQ(0, box_start(&box, NULL));
	EXPECT_EQ(POLLIN, poll_now(fd, 1000) & POLLIN);
	len = read_pieces(fd, (uint8_t *)buf, sizeof(buf) - 1, 65536);
	ASSERT_LT(0, len);
	buf[len] = '\0';
	snprintf(line, sizeof(line), " new %s\n", box.ids);
	EXPECT_NE(NULL, strstr(buf, line));
	box_end(&box);
	close(fd);
}

/* Readers all the time, while 20 tasks fill the list. */
static int fill_list(void *shared)
{
	const struct program *const from = shared;
	struct program program;
	int i, ret = 0;

	for (i = 0; i < 20 && !ret; i++) {
		snprintf(program.path, sizeof(program.path), "%.100s-%d-%d",
			 from->path, getpid(), i);
		ret = program_renew(&program) ?: program_run(program.path);
		unlink(program.path);
	}
	return ret;
}

static int fill_list_by_many(void *shared)
{
	pid_t pids[5];
	int i, ret = 0;

	for (i = 0; i < 5; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(!!fill_list(shared));
	}
	for (i = 0; i < 5; i++)
		ret |= wait_for(pids[i]);
	return ret;
}

TEST_F(lists, read_while_it_grows)
{
	const box_fn fill = fill_list_by_many;
	struct list list;
	struct entry entry;
	size_t last = 0;
	int ret, turns = 0;
	struct pollfd pfd = { .fd = self->pod.sock, .events = POLLIN };

	memcpy(self->pod.shared, &self->program, sizeof(self->program));
	ASSERT_EQ((ssize_t)sizeof(fill),
		  write(self->pod.sock, &fill, sizeof(fill)));
	while (!poll(&pfd, 1, 0)) {
		ASSERT_EQ(0, list_load(&list, ns_file(self->pod.ids,
						      files[0])));
		while ((ret = list_next(&list, &entry)) > 0)
			;
		ASSERT_EQ(0, ret);
		EXPECT_LE(last, list.len);
		last = list.len;
		list_free(&list);
		turns++;
	}
	EXPECT_EQ(0, box_answer(&self->pod));
	EXPECT_LT(1, turns);
	/* CREATE, 24 and 100 programs; two records of the child's. */
	EXPECT_EQ(1 + PROGRAMS + 100 + 2,
		  ns_status_num(self->pod.ids, "entries"));
}

TEST_HARNESS_MAIN
