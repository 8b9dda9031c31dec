// SPDX-License-Identifier: GPL-2.0-only
/* How the files and directories in securityfs behave, whoever reads them. */

#include <dirent.h>
#include <ftw.h>

#include "program.h"

#define BINARY "binary_runtime_measurements"
#define BINARY_SHA256 "binary_runtime_measurements_sha256"
#define ASCII "ascii_runtime_measurements"
#define ASCII_SHA256 "ascii_runtime_measurements_sha256"

#define PROGRAMS 6

/*
 * A list is read as it grows.
 *
 *	entry: create  program  program ...  program
 *	       <----------- read ---------->|<- poll
 */
FIXTURE(list)
{
	struct box box;
	struct program programs[PROGRAMS];
	struct program late;
};

FIXTURE_VARIANT(list)
{
	const char *file;
};

FIXTURE_VARIANT_ADD(list, binary)
{
	.file = BINARY,
};

FIXTURE_VARIANT_ADD(list, binary_sha256)
{
	.file = BINARY_SHA256,
};

FIXTURE_VARIANT_ADD(list, ascii)
{
	.file = ASCII,
};

FIXTURE_VARIANT_ADD(list, ascii_sha256)
{
	.file = ASCII_SHA256,
};

FIXTURE_SETUP(list)
{
	int i;

	ASSERT_EQ(0, box_start_active(&self->box, NULL, "list"));
	ASSERT_EQ(0, program_make(&self->late));
	for (i = 0; i < PROGRAMS; i++) {
		ASSERT_EQ(0, program_make(&self->programs[i]));
		ASSERT_EQ(0, box_run(&self->box, &self->programs[i]));
	}
}

FIXTURE_TEARDOWN(list)
{
	int i;

	box_end(&self->box);
	unlink(self->late.path);
	for (i = 0; i < PROGRAMS; i++)
		unlink(self->programs[i].path);
}

static int open_list(const struct box *box, const char *file)
{
	return open(ns_file(box->ids, file), O_RDONLY | O_CLOEXEC);
}

/* In pieces of at most @piece bytes; the length, or a negative errno. */
static ssize_t read_pieces(int fd, char *buf, size_t size, size_t piece)
{
	size_t len = 0;
	ssize_t got;

	while (len + piece <= size) {
		got = read(fd, buf + len, piece);
		if (got < 0)
			return -errno;
		if (!got)
			return len;
		len += got;
	}
	return -EFBIG;
}

TEST_F(list, same_in_any_pieces)
{
	static const size_t pieces[] = { 1, 7, 64, 1000 };
	char whole[32768], again[32768];
	const int fd = open_list(&self->box, variant->file);
	ssize_t len;
	size_t i;

	ASSERT_LE(0, fd);
	len = read_pieces(fd, whole, sizeof(whole), 4096);
	ASSERT_LT(0, len);
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
		ASSERT_EQ(len, read_pieces(fd, again, sizeof(again),
					   pieces[i]));
		EXPECT_EQ(0, memcmp(whole, again, len));
	}
	close(fd);
}

TEST_F(list, same_at_any_offset)
{
	char whole[32768], part[100];
	const int fd = open_list(&self->box, variant->file);
	ssize_t len, at, got;

	ASSERT_LE(0, fd);
	len = read_pieces(fd, whole, sizeof(whole), 4096);
	ASSERT_LT(0, len);
	/* Backwards, so that the reader has to begin anew each time. */
	for (at = len; at >= 0; at -= 61) {
		got = pread(fd, part, sizeof(part), at);
		ASSERT_LE(0, got);
		ASSERT_EQ(at < len, got > 0);
		ASSERT_EQ(0, memcmp(whole + at, part, got));
	}
	EXPECT_EQ(0, pread(fd, part, sizeof(part), len + 1));
	close(fd);
}

TEST_F(list, follow)
{
	char first[32768], rest[4096], whole[32768];
	const int fd = open_list(&self->box, variant->file);
	ssize_t first_len, rest_len, len;

	ASSERT_LE(0, fd);
	first_len = read_pieces(fd, first, sizeof(first), 333);
	ASSERT_LT(0, first_len);
	ASSERT_EQ(0, box_run(&self->box, &self->late));
	rest_len = read_pieces(fd, rest, sizeof(rest), 33);
	ASSERT_LT(0, rest_len);
	EXPECT_NE(NULL, memmem(rest, rest_len, self->late.path,
			       strlen(self->late.path)));
	EXPECT_EQ(0, read(fd, rest, 1));
	close(fd);

	len = read_file(ns_file(self->box.ids, variant->file), whole,
			sizeof(whole));
	ASSERT_EQ(first_len + rest_len, len);
	EXPECT_EQ(0, memcmp(whole, first, first_len));
	EXPECT_EQ(0, memcmp(whole + first_len, rest, rest_len));
}

TEST_F(list, poll)
{
	char buf[32768];
	const int fd = open_list(&self->box, variant->file);
	pid_t pid;

	ASSERT_LE(0, fd);
	EXPECT_EQ(POLLIN, poll_now(fd, 0));
	/* What is left of an entry can be read, too. */
	ASSERT_EQ(1, read(fd, buf, 1));
	EXPECT_EQ(POLLIN, poll_now(fd, 0));
	ASSERT_LT(0, read_pieces(fd, buf, sizeof(buf), 4096));
	EXPECT_EQ(0, poll_now(fd, 0));

	pid = fork();
	if (!pid) {
		sleep_ms(300);
		_exit(-box_run(&self->box, &self->late));
	}
	EXPECT_EQ(POLLIN, poll_now(fd, 20000));
	EXPECT_EQ(0, wait_for(pid));
	ASSERT_LT(0, read_pieces(fd, buf, sizeof(buf), 4096));
	EXPECT_EQ(0, poll_now(fd, 0));
	close(fd);
}

TEST_F(list, hang_up_when_dead_and_read)
{
	char buf[32768];
	const int fd = open_list(&self->box, variant->file);

	ASSERT_LE(0, fd);
	ASSERT_LT(0, read_pieces(fd, buf, sizeof(buf), 4096));
	box_end(&self->box);
	EXPECT_EQ(POLLIN, poll_now(fd, 20000));
	ASSERT_EQ(0, ns_wait_dead(self->box.ids));
	EXPECT_EQ(POLLIN, poll_now(fd, 0));
	ASSERT_LT(0, read_pieces(fd, buf, sizeof(buf), 4096));
	EXPECT_EQ(POLLHUP, poll_now(fd, 0));
	close(fd);
}

FIXTURE(files)
{
	struct box box;
};

FIXTURE_SETUP(files)
{
	ASSERT_EQ(0, box_start(&self->box, NULL));
}

FIXTURE_TEARDOWN(files)
{
	box_end(&self->box);
}

TEST_F(files, sha256_header)
{
	uint8_t digest[SHA256_SIZE];
	struct program program;
	char buf[32768];
	uint32_t name_len, data_len;
	ssize_t len, at = 0;
	int entries = 0;

	ASSERT_EQ(0, ns_activate(self->box.ids, SECRET "-header"));
	ASSERT_EQ(0, program_make(&program));
	ASSERT_EQ(0, box_run(&self->box, &program));
	len = read_file(ns_file(self->box.ids, BINARY_SHA256), buf,
			sizeof(buf));
	while (at < len) {
		memcpy(&name_len, buf + at + 36, 4);
		memcpy(&data_len, buf + at + 40 + name_len, 4);
		sha256((uint8_t *)buf + at + 44 + name_len, data_len, digest);
		EXPECT_EQ(0, memcmp(buf + at + 4, digest, SHA256_SIZE));
		at += 44 + name_len + data_len;
		entries++;
	}
	EXPECT_EQ(len, at);
	EXPECT_EQ(ns_status_num(self->box.ids, "entries"), entries);
	unlink(program.path);
}

TEST_F(files, ascii_has_a_line_an_entry)
{
	char buf[32768];
	int lines = 0;
	ssize_t len, i;

	ASSERT_EQ(0, ns_activate(self->box.ids, SECRET "-lines"));
	len = read_file(ns_file(self->box.ids, ASCII), buf, sizeof(buf));
	for (i = 0; i < len; i++)
		lines += buf[i] == '\n';
	EXPECT_EQ(ns_status_num(self->box.ids, "entries"), lines);
	EXPECT_EQ(0, strncmp(buf, "10 ", 3));
	EXPECT_EQ(1, file_holds(ns_file(self->box.ids, ASCII),
				" ima-buf sha256:"));
}

static const struct {
	const char *name;
	mode_t mode;
} modes[] = {
	{ "status", 0440 }, { "label", 0600 }, { "policy", 0600 },
	{ "active", 0200 }, { "release", 0200 }, { "delegate", 0600 },
	{ "key", 0400 }, { "key_self", 0600 }, { "bind", 0200 },
	{ "quota", 0600 },
	{ ASCII, 0440 }, { ASCII_SHA256, 0440 }, { BINARY, 0440 },
	{ BINARY_SHA256, 0440 }, { "ns", S_IFDIR | 0555 },
};

TEST_F(files, modes)
{
	struct stat st;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		const char *const path = ns_file(self->box.ids, modes[i].name);
		const mode_t mode = modes[i].mode;

		ASSERT_EQ(0, stat(path, &st));
		EXPECT_EQ(S_ISDIR(mode) ? mode : mode | S_IFREG, st.st_mode);
		EXPECT_EQ(0, st.st_uid);
		EXPECT_EQ(-1, chmod(path, 0666));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, chown(path, 1, 1));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, S_ISDIR(mode) ? rmdir(path) : unlink(path));
	}
	EXPECT_EQ(-1, mkdir(ns_file(self->box.ids, "ns/1"), 0700));
	EXPECT_EQ(-1, mkdir(ns_file(self->box.ids, "other"), 0700));
	EXPECT_GT(0, can_open(ns_file(self->box.ids, "other"),
			      O_WRONLY | O_CREAT));
}

/* Each id has one spelling, and stands in its parent's directory only. */
TEST_F(files, names)
{
	const unsigned long long id = ids_last(self->box.ids);
	char name[64];
	static const char *const spellings[] = {
		"0%llu", "+%llu", " %llu", "%llu ", "%llu\n", "-%llu",
		"%llux", "0x%llx", "%llu/ns/%1$llu", "0/ns/%llu",
		"18446744073709551616%llu",
	};
	size_t i;

	EXPECT_EQ(0, can_open(ns_file(self->box.ids, ""), O_RDONLY));
	for (i = 0; i < ARRAY_SIZE(spellings); i++) {
		snprintf(name, sizeof(name), spellings[i], id);
		EXPECT_EQ(-ENOENT, can_open(ns_file("", name), O_RDONLY))
		{
			TH_LOG("%s", name);
		}
	}
	EXPECT_EQ(-ENOENT, can_open(ns_file(self->box.ids, "self"), O_RDONLY));
	EXPECT_EQ(-ENOENT, can_open(NS_DIR "/status", O_RDONLY));
}

TEST_F(files, one_write_at_the_start)
{
	int fd = open(ns_file(self->box.ids, "label"), O_WRONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, pwrite(fd, "label", 5, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(fd, "a b", 3));
	EXPECT_EQ(EINVAL, errno);
	/* What was refused may be written right. */
	EXPECT_EQ(5, write(fd, "label", 5));
	EXPECT_EQ(-1, write(fd, "more", 4));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(1, file_holds(ns_file(self->box.ids, "label"), "label\n"));

	/* As a shell does it. */
	fd = open(ns_file(self->box.ids, "active"),
		  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	ASSERT_LE(0, fd);
	EXPECT_EQ(2, write(fd, "1\n", 2));
	EXPECT_EQ(0, close(fd));
	EXPECT_TRUE(ns_state_is(self->box.ids, "active"));
}

/* Directories, read by the smallest steps that hold a name. */
#define DENTS_SIZE 72

static int count_name(const char *dir, const char *name, int *all)
{
	const int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int count = 0;
	long len, at;
	struct {
		uint64_t ino;
		int64_t off;
		uint16_t len;
		uint8_t type;
		char name[DENTS_SIZE];
	} *dent;
	char buf[DENTS_SIZE] __attribute__((aligned(8)));

	if (fd < 0)
		return -errno;
	*all = 0;
	while ((len = syscall(__NR_getdents64, fd, buf, sizeof(buf))) > 0)
		for (at = 0; at < len; at += dent->len) {
			dent = (void *)(buf + at);
			count += !strcmp(dent->name, name);
			++*all;
		}
	if (len < 0)
		count = -errno;
	close(fd);
	return count;
}

TEST_F(files, directories)
{
	char name[24];
	int all;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		EXPECT_EQ(1, count_name(ns_file(self->box.ids, ""),
					modes[i].name, &all));
		EXPECT_EQ(ARRAY_SIZE(modes) + 2, all);
	}
	EXPECT_EQ(0, count_name(ns_file(self->box.ids, "ns"), "self", &all));
	EXPECT_EQ(2, all);
	snprintf(name, sizeof(name), "%llu", ids_last(self->box.ids));
	EXPECT_EQ(1, count_name(NS_DIR, name, &all));
	EXPECT_EQ(1, count_name(NS_DIR, "self", &all));
	EXPECT_EQ(1, count_name(NS_DIR, "events", &all));
	EXPECT_EQ(1, count_name(NS_DIR, ".", &all));
	EXPECT_EQ(1, count_name(NS_DIR, "..", &all));
}

TEST_F(files, directory_of_the_gone)
{
	char path[NS_PATH_MAX];
	int dir;

	strcpy(path, ns_file(self->box.ids, "ns"));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, dir);
	box_end(&self->box);
	ASSERT_EQ(0, ns_wait_gone(self->box.ids));
	EXPECT_EQ(-ENOENT, can_open(path, O_RDONLY));
	EXPECT_EQ(-1, openat(dir, "../status", O_RDONLY));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, openat(dir, "1", O_RDONLY));
	EXPECT_EQ(ENOENT, errno);
	close(dir);
}

static int open_shared(void *shared)
{
	return can_open(shared, O_RDONLY);
}

/* The host's look-ups are cached, but do not help a stranger. */
TEST_F(files, deny_what_others_hold_open)
{
	static const char *const names[] = { "", "ns", "status", ASCII };
	int fds[ARRAY_SIZE(names)];
	struct box stranger;
	size_t i;

	ASSERT_EQ(0, box_start(&stranger, NULL));
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		fds[i] = open(ns_file(self->box.ids, names[i]),
			      O_PATH | O_CLOEXEC);
		ASSERT_LE(0, fds[i]);
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		strcpy(stranger.shared, ns_file(self->box.ids, names[i]));
		EXPECT_EQ(-ENOENT, box_call(&stranger, open_shared));
		EXPECT_EQ(0, can_open(stranger.shared, O_RDONLY));
	}
	for (i = 0; i < ARRAY_SIZE(names); i++)
		close(fds[i]);
	box_end(&stranger);
}

/* Lines of "events": how many, and how many were missed before them. */
struct lines {
	long long count;
	long long lost;
	bool broken;
};

static int read_lines(int fd, struct lines *lines)
{
	char buf[4096], *line, *rest, what[16];
	unsigned long long last = 0, time;
	long long number;
	ssize_t len;

	memset(lines, 0, sizeof(*lines));
	while ((len = read(fd, buf, sizeof(buf) - 1)) > 0) {
		lines->broken |= buf[len - 1] != '\n';
		buf[len - 1] = '\0';
		rest = buf;
		while ((line = strsep(&rest, "\n"))) {
			if (sscanf(line, "%llu %15s %lld", &time, what,
				   &number) != 3 || time < last)
				lines->broken = true;
			last = time;
			if (strcmp(what, "lost"))
				lines->count++;
			else
				lines->lost += number;
		}
	}
	return len < 0 ? -errno : 0;
}

FIXTURE(events)
{
	int fd;
};

FIXTURE_SETUP(events)
{
	struct lines lines;

	self->fd = open(NS_DIR "/events", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, read_lines(self->fd, &lines));
	EXPECT_FALSE(lines.broken);
}

FIXTURE_TEARDOWN(events)
{
	close(self->fd);
}

TEST_F(events, whole_lines)
{
	char buf[2 * ID_PATH_MAX] = {}, want[ID_PATH_MAX + 16], *end;
	struct box one, two;
	ssize_t len;

	ASSERT_EQ(0, box_start(&one, NULL));
	ASSERT_EQ(0, box_start(&two, NULL));
	EXPECT_EQ(POLLIN, poll_now(self->fd, 20000));
	/* A part of a line for who wants no more, */
	ASSERT_EQ(3, read(self->fd, buf, 3));
	EXPECT_EQ(3, strspn(buf, "0123456789"));
	EXPECT_EQ(POLLIN, poll_now(self->fd, 0));
	/* then its end, as the next does not fit behind it. */
	len = read(self->fd, buf + 3, 30);
	ASSERT_LT(0, len);
	end = buf + 3 + len;
	EXPECT_EQ('\n', end[-1]);
	EXPECT_EQ(end - 1, strchr(buf, '\n'));
	len = read(self->fd, end, buf + sizeof(buf) - 1 - end);
	ASSERT_LT(0, len);
	EXPECT_EQ('\n', end[len - 1]);
	snprintf(want, sizeof(want), " new %s\n", one.ids);
	EXPECT_NE(NULL, strstr(buf, want));
	snprintf(want, sizeof(want), " new %s\n", two.ids);
	EXPECT_NE(NULL, strstr(buf, want));
	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	box_end(&two);
	box_end(&one);
}

static pid_t start_creator(unsigned int ms)
{
	const pid_t pid = fork();

	if (!pid) {
		sleep_ms(ms);
		_exit(-sys_unshare(CLONE_NEWIMA));
	}
	return pid;
}

TEST_F(events, poll_wakes)
{
	struct lines lines;
	pid_t pid;

	/* What earlier tests left may still be dying. */
	while (poll_now(self->fd, 1000) == POLLIN)
		ASSERT_EQ(0, read_lines(self->fd, &lines));
	pid = start_creator(300);
	EXPECT_EQ(POLLIN, poll_now(self->fd, 20000));
	EXPECT_EQ(0, wait_for(pid));
}

/* As deep as it goes, where the kernel remembers the fewest events. */
#define DEEP_CHILDREN 700

static int create_deep(void *unused)
{
	int i, ret = 0;

	(void)unused;
	for (i = 1; i < IMA_NS_DEPTH_MAX && !ret; i++)
		ret = sys_unshare(CLONE_NEWIMA);
	for (i = 0; i < DEEP_CHILDREN && !ret; i++)
		ret = wait_for(start_creator(0));
	return ret;
}

TEST_F(events, who_falls_behind_is_told)
{
	/* Each child is new and released, each level below is new. */
	const long long made = IMA_NS_DEPTH_MAX - 1 + 2 * DEEP_CHILDREN;
	struct lines lines, all = {};
	bool first_lost = false;
	int i, fd;

	ASSERT_EQ(0, in_child(create_deep, NULL));
	for (i = 0; i < 100 && all.count + all.lost < made; i++) {
		ASSERT_EQ(0, read_lines(self->fd, &lines));
		EXPECT_FALSE(lines.broken);
		first_lost |= !i && lines.lost;
		all.count += lines.count;
		all.lost += lines.lost;
		sleep_ms(200);
	}
	EXPECT_LE(made, all.count + all.lost);
	EXPECT_TRUE(first_lost);
	EXPECT_LT(500, all.count);

	fd = open(NS_DIR "/events", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, read_lines(fd, &lines));
	EXPECT_EQ(0, lines.lost);
	EXPECT_LT(500, lines.count);
	close(fd);
}

/*
 * Everybody reads everything while namespaces come and go. It must not hang
 * or crash, and errors are those of what is gone or not for reading.
 */
#define STORM_SECONDS 10

static int bad_error;

static int storm_visit(const char *path, const struct stat *st, int type,
		       struct FTW *ftw)
{
	char buf[8192];
	ssize_t len;

	(void)st;
	(void)ftw;
	if (type != FTW_F)
		return 0;
	len = read_file(path, buf, sizeof(buf));
	if (len < 0 && len != -ENOENT && len != -EACCES && len != -EPERM &&
	    len != -ENODATA && len != -EINVAL)
		bad_error = -len;
	return 0;
}

static int storm_walk(void *unused)
{
	const time_t end = time(NULL) + STORM_SECONDS;

	(void)unused;
	while (time(NULL) < end && !bad_error)
		nftw(NS_DIR, storm_visit, 16, FTW_PHYS);
	return -bad_error;
}

static int storm_create(void *unused)
{
	const time_t end = time(NULL) + STORM_SECONDS;
	int ret = 0;

	(void)unused;
	while (time(NULL) < end && !ret)
		ret = wait_for(start_creator(0));
	return ret;
}

static int storm_walk_inside(void *unused)
{
	return sys_unshare(CLONE_NEWIMA) ?: storm_walk(unused);
}

TEST(storm)
{
	static int (*const who[])(void *) = {
		storm_walk, storm_walk, storm_walk_inside, storm_create,
		storm_create,
	};
	pid_t pids[ARRAY_SIZE(who)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(who); i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(-who[i](NULL));
	}
	for (i = 0; i < ARRAY_SIZE(who); i++)
		EXPECT_EQ(0, wait_for(pids[i]));
}

TEST_HARNESS_MAIN
