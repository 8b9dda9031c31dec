// SPDX-License-Identifier: GPL-2.0-only
/* Reading long lists, and the files of the host's list. */

#include <sys/resource.h>

#include "quota.h"

#define BINARY "binary_runtime_measurements"
#define ASCII "ascii_runtime_measurements"

/* On a kernel that looks for mistakes, a long list takes minutes to make. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 600

#define PIECE 4096

/* To the end; how many bytes. */
static ssize_t read_out(int fd)
{
	char buf[PIECE];
	ssize_t len = 0, got;

	while ((got = read(fd, buf, sizeof(buf))) > 0)
		len += got;
	return got < 0 ? -errno : len;
}

/*
 * The host's files, which IMA has without namespaces, too.
 */
FIXTURE(host)
{
	char path[PATH_MAX];
	struct box box;
};

FIXTURE_VARIANT(host)
{
	const char *file;
};

FIXTURE_VARIANT_ADD(host, binary)
{
	.file = BINARY,
};

FIXTURE_VARIANT_ADD(host, binary_sha256)
{
	.file = BINARY "_sha256",
};

FIXTURE_VARIANT_ADD(host, ascii)
{
	.file = ASCII,
};

FIXTURE_VARIANT_ADD(host, ascii_sha256)
{
	.file = ASCII "_sha256",
};

FIXTURE_SETUP(host)
{
	snprintf(self->path, sizeof(self->path), IMA_DIR "/%s", variant->file);
	ASSERT_EQ(0, box_start_active(&self->box, NULL, "host"));
}

FIXTURE_TEARDOWN(host)
{
	box_end(&self->box);
}

/* What a box binds is a record, and so an entry of the host's list. */
static int bind_one(void *shared)
{
	static uint32_t number;

	number++;
	return write_file(ns_file(shared, "bind"), &number, sizeof(number));
}

static int box_bind_one(struct box *box)
{
	strcpy(box->shared, box->ids);
	return box_call(box, bind_one);
}

/* Entries are added meanwhile: what was there stays as it was. */
TEST_F(host, same_at_any_offset)
{
	static const size_t pieces[] = { 1, 7, 64, 1000, 65536 };
	const int fd = open(self->path, O_RDONLY | O_CLOEXEC);
	struct list whole;
	ssize_t at, got;
	char *part;
	size_t i;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, list_load(&whole, self->path));
	ASSERT_LT(2 * PIECE, whole.len);
	part = malloc(65536);
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
		for (at = 0; at < 20000 && at < (ssize_t)whole.len; at += got) {
			got = read(fd, part, pieces[i]);
			ASSERT_LT(0, got);
			got = got < (ssize_t)whole.len - at ? got :
							      (ssize_t)whole.len - at;
			ASSERT_EQ(0, memcmp(whole.data + at, part, got));
		}
	}
	/* Backwards, so that no read begins where the last one ended. */
	for (at = whole.len - 1; at >= 0; at -= whole.len / 300 + 1) {
		got = pread(fd, part, 100, at);
		ASSERT_LT(0, got);
		got = got < (ssize_t)whole.len - at ? got :
						      (ssize_t)whole.len - at;
		ASSERT_EQ(0, memcmp(whole.data + at, part, got));
		/* Again where another's read goes on. */
		ASSERT_EQ(at, lseek(fd, at, SEEK_SET));
		ASSERT_EQ(1, read(fd, part, 1));
		ASSERT_EQ(whole.data[at], (uint8_t)*part);
		ASSERT_EQ(at + 1, lseek(fd, 0, SEEK_CUR));
	}
	ASSERT_EQ(0, pread(fd, part, 1, (off_t)whole.len + 1000000));
	EXPECT_EQ(-1, lseek(fd, 0, SEEK_END));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(fd, -1, SEEK_SET));
	EXPECT_EQ(EINVAL, errno);
	free(part);
	list_free(&whole);
	close(fd);
}

TEST_F(host, follow)
{
	const int fd = open(self->path, O_RDONLY | O_CLOEXEC);
	struct list before, after;
	char part[PIECE];
	ssize_t got;

	ASSERT_LE(0, fd);
	ASSERT_LT(0, read_out(fd));
	ASSERT_EQ(0, list_load(&before, self->path));
	ASSERT_EQ(0, box_bind_one(&self->box));
	ASSERT_EQ(0, list_load(&after, self->path));
	ASSERT_LT(before.len, after.len);
	EXPECT_EQ(0, memcmp(before.data, after.data, before.len));
	got = read(fd, part, sizeof(part));
	ASSERT_LT(0, got);
	EXPECT_EQ(0, memcmp(after.data + after.len - got, part, got));
	close(fd);
	list_free(&before);
	list_free(&after);
}

TEST_F(host, poll)
{
	const int fd = open(self->path, O_RDONLY | O_CLOEXEC);
	char byte;
	pid_t pid;

	ASSERT_LE(0, fd);
	EXPECT_EQ(POLLIN, poll_now(fd, 0));
	ASSERT_EQ(1, read(fd, &byte, 1));
	EXPECT_EQ(POLLIN, poll_now(fd, 0));
	/* Other containers may still be dying. */
	do {
		ASSERT_LE(0, read_out(fd));
	} while (poll_now(fd, 1000) == POLLIN);

	pid = fork();
	if (!pid) {
		sleep_ms(300);
		_exit(-box_bind_one(&self->box));
	}
	EXPECT_EQ(POLLIN, poll_now(fd, 20000));
	EXPECT_EQ(0, wait_for(pid));
	ASSERT_LT(0, read_out(fd));
	EXPECT_EQ(0, poll_now(fd, 0));
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	EXPECT_EQ(POLLIN, poll_now(fd, 0));
	close(fd);
}

/* Many read one open file: each byte comes to one of them. */
#define SHARERS 4

TEST_F(host, shared_by_readers)
{
	const int fd = open(self->path, O_RDONLY | O_CLOEXEC);
	const struct timespec pause = { .tv_nsec = 1000000 };
	size_t *const sums = mmap(NULL, PIECE, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[SHARERS];
	struct list whole;
	size_t sum = 0, i;
	uint8_t buf[61];
	ssize_t got;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, list_load(&whole, self->path));
	for (i = 0; i < SHARERS; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		while (lseek(fd, 0, SEEK_CUR) < 8000 &&
		       (got = read(fd, buf, sizeof(buf))) > 0) {
			sums[i] += got;
			/* A look elsewhere, which moves nothing. */
			if (pread(fd, buf, 1, 3000) != 1 ||
			    buf[0] != whole.data[3000])
				_exit(1);
			nanosleep(&pause, NULL);
		}
		_exit(0);
	}
	for (i = 0; i < SHARERS; i++) {
		EXPECT_EQ(0, wait_for(pids[i]));
		sum += sums[i];
	}
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), sum);
	list_free(&whole);
	munmap(sums, PIECE);
	close(fd);
}

/*
 * A list that is made long: by events, each of which waits for the TPM, so by
 * many tasks at once.
 */
#define WRITERS 48
#define STEP 750
#define STEPS 8

/* The least time counts: others are at work on the machine, too. */
#define ROUNDS 20

static int bind_many(void *shared)
{
	const int fd = open(ns_file(shared, "bind"), O_WRONLY | O_CLOEXEC);
	uint32_t value[2] = { getpid() };
	pid_t pids[WRITERS];
	int i, ret = 0;

	if (fd < 0)
		return -errno;
	for (i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		value[0] = getpid();
		for (value[1] = i; value[1] < STEP; value[1] += WRITERS)
			if (write(fd, value, sizeof(value)) != sizeof(value))
				_exit(errno);
		_exit(0);
	}
	for (i = 0; i < WRITERS; i++)
		ret = ret ?: wait_for(pids[i]);
	close(fd);
	return ret;
}

static double cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* CPU time that it takes. */
static double time_to_read(const char *path)
{
	double least = 1e9, start, took;
	int i, fd;

	for (i = 0; i < ROUNDS; i++) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		start = cpu_seconds();
		if (fd < 0 || read_out(fd) <= 0)
			return -1;
		took = cpu_seconds() - start;
		least = took < least ? took : least;
		close(fd);
	}
	return least;
}

static double time_to_resume(const char *path, off_t offset)
{
	double least = 1e9, start, took;
	int i, k, fd;
	char byte;

	for (i = 0; i < ROUNDS; i++) {
		start = cpu_seconds();
		for (k = 0; k < 50; k++) {
			fd = open(path, O_RDONLY | O_CLOEXEC);
			if (pread(fd, &byte, 1, offset) != 1)
				return -1;
			close(fd);
		}
		took = (cpu_seconds() - start) / k;
		least = took < least ? took : least;
	}
	return least;
}

TEST(cost_of_a_long_list)
{
	const struct quota_opts opts = { .quota = "20000" };
	double whole[STEPS], resume[STEPS];
	const char *path;
	struct list list;
	struct box box;
	int i;

	ASSERT_EQ(0, box_start(&box, NULL));
	ASSERT_EQ(0, box_configure(&box, &opts));
	strcpy(box.shared, box.ids);
	for (i = 0; i < STEPS; i++) {
		ASSERT_EQ(0, box_call(&box, bind_many));
		if (i && i < STEPS - 1)
			continue;
		path = ns_file(box.ids, BINARY);
		ASSERT_EQ(0, list_load(&list, path));
		whole[i] = time_to_read(path) / (i + 1) / STEP;
		resume[i] = time_to_resume(path, list.len - 100);
		list_free(&list);
		TH_LOG("%d entries: %.2f us an entry, %.2f us to resume",
		       (i + 1) * STEP, whole[i] * 1e6, resume[i] * 1e6);
		EXPECT_LT(0, whole[i]);
		EXPECT_LT(0, resume[i]);
	}
	EXPECT_EQ(STEPS * STEP + BOX_OWN, ns_status_num(box.ids, "entries"));
	/* Were the cost of all of it square, these would be eightfold. */
	EXPECT_GT(4 * whole[0], whole[STEPS - 1]);
	EXPECT_GT(4 * resume[0], resume[STEPS - 1]);

	box_end(&box);
	ASSERT_EQ(0, ns_wait_dead(box.ids));
	ASSERT_EQ(0, ns_write(box.ids, "release", "1"));
}

TEST_HARNESS_MAIN
