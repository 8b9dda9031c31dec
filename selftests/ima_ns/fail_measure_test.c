// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation of what is measured fails once: an event that could not be
 * measured did not happen, and that is told. For the debug kernel.
 */

#include "fail.h"

#define READ_POLICY "measure func=FILE_CHECK mask=MAY_READ uid=0\n"

/*
 * Runs in the box. The program's allocations count on until its end: what is
 * left of fail-nth is read when it is over, and still there.
 */
static int run_with(void *shared)
{
	struct fail_attempt *const attempt = shared;
	const char *const path = attempt->arg.program.path;
	siginfo_t info;
	pid_t pid;
	int fd;

	pid = fork();
	if (!pid) {
		fd = fail_nth_fd(getpid());
		if (fd >= 0 && !fail_arm(fd, attempt->nth))
			execl(path, path, NULL);
		_exit(errno);
	}
	fd = fail_nth_fd(pid);
	if (fd < 0 || waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		return -EDOM;
	attempt->failed = fail_disarm(fd);
	close(fd);
	attempt->ret = wait_for(pid);
	return 0;
}

/* Runs in the box: a file that its policy measures when it is opened. */
static int open_to_read(void *arg)
{
	return can_open(arg, O_RDONLY);
}

static int map_to_execute(void *arg)
{
	const int fd = open(arg, O_RDONLY | O_CLOEXEC);
	void *map;

	if (fd < 0)
		return -errno;
	map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return -errno;
	munmap(map, 4096);
	return 0;
}

/*
 * One attempt after the other, each with new content: @fn, or to run it. Whatever happened was
 * measured; what IMA had no memory for was refused, and counted as a loss.
 */
static void measure_with(struct __test_metadata *_metadata, struct box *box,
			 struct program *program, int (*fn)(void *arg),
			 bool in_ima)
{
	struct fail_attempt *const attempt = fail_begin(box, fn);
	long long losses = ns_status_num(box->ids, "losses"), lost = losses;
	int measured;

	do {
		ASSERT_EQ(0, program_renew(program));
		attempt->arg.program = *program;
		attempt->nth++;
		ASSERT_EQ(0, box_call(box, fn ? fail_attempt : run_with));
		ASSERT_LE(0, attempt->failed);
		/* By its name alone, if there was no memory for the path. */
		measured = ns_count(box->ids, program->digest, NULL);
		losses = ns_status_num(box->ids, "losses");
		if (!attempt->ret) {
			EXPECT_EQ(1, measured) TH_LOG("%u", attempt->nth);
		} else if (in_ima && !measured) {
			EXPECT_EQ(lost + 1, losses)
				TH_LOG("%u: %d", attempt->nth, attempt->ret);
		}
		EXPECT_GE(lost + 1, losses);
		lost = losses;
	} while (attempt->failed && attempt->nth < FAIL_MAX);
	EXPECT_EQ(0, attempt->ret);
	EXPECT_LT(0, lost) TH_LOG("%u attempts", attempt->nth);
}

TEST_F_TIMEOUT(fail, run, 1200)
{
	struct box boxes[3];

	ASSERT_EQ(0, start_nested(boxes));
	measure_with(_metadata, &boxes[0], &self->program, NULL,
		     !variant->anywhere);
	measure_with(_metadata, &boxes[2], &self->program, NULL,
		     !variant->anywhere);
	end_nested(boxes);
}

TEST_F_TIMEOUT(fail, open_and_map, 1200)
{
	struct box box;

	ASSERT_EQ(0, box_start(&box, NULL));
	ASSERT_EQ(0, ns_write(box.ids, "policy", READ_POLICY
			      "measure func=MMAP_CHECK mask=MAY_EXEC\n"));
	ASSERT_EQ(0, ns_activate(box.ids, SECRET "-fail-open"));
	measure_with(_metadata, &box, &self->program, open_to_read,
		     !variant->anywhere);
	measure_with(_metadata, &box, &self->program, map_to_execute,
		     !variant->anywhere);
	box_end(&box);
}

static int open_to_write(void *arg)
{
	return can_open(arg, O_WRONLY);
}

/* Runs in the box: measured, and held open. */
static int hold(void *shared)
{
	static int held = -1;
	struct fail_attempt *const attempt = shared;

	if (held >= 0)
		close(held);
	held = open(attempt->arg.path, O_RDONLY | O_CLOEXEC);
	return held < 0 ? -errno : map_to_execute(attempt->arg.path);
}

static long long count_told(const char *ids)
{
	return ns_status_num(ids, "violations") + ns_status_num(ids, "losses");
}

/* The victim learns of a write, or of a loss; the writer of neither. */
TEST_F_TIMEOUT(fail, violation, 600)
{
	struct fail_attempt *attempt;
	long long told, now;
	unsigned int nth = 0;
	int failed, ret;
	struct box box;

	ASSERT_EQ(0, box_start_active(&box, NULL, "fail-victim"));
	attempt = fail_begin(&box, NULL);
	do {
		ASSERT_EQ(0, program_renew(&self->program));
		strcpy(attempt->arg.path, self->program.path);
		ASSERT_EQ(0, box_call(&box, hold));
		told = count_told(box.ids);
		failed = fail_in(++nth, open_to_write, self->program.path,
				 &ret);
		ASSERT_LE(0, failed);
		now = count_told(box.ids);
		if (!ret)
			EXPECT_EQ(told + 1, now) TH_LOG("%u", nth);
	} while (failed && nth < FAIL_MAX);
	EXPECT_EQ(0, ret);
	EXPECT_LT(0, ns_status_num(box.ids, "violations"));
	EXPECT_LT(0, ns_status_num(box.ids, "losses"));
	box_end(&box);
}

static int bind_now(void *arg)
{
	char ids[ID_PATH_MAX];

	(void)arg;
	return ns_self(ids) ?: ns_write(ids, "bind", "a key");
}

TEST_F_TIMEOUT(fail, bind, 600)
{
	struct fail_attempt *attempt;
	int refused = 0;
	struct box box;

	ASSERT_EQ(0, box_start_active(&box, NULL, "fail-bind"));
	attempt = fail_begin(&box, bind_now);
	do {
		attempt->nth++;
		ASSERT_EQ(0, box_call(&box, fail_attempt));
		ASSERT_LE(0, attempt->failed);
		refused += !!attempt->ret;
		EXPECT_EQ(BOX_OWN + !attempt->ret,
			  ns_status_num(box.ids, "entries"));
	} while (attempt->ret && attempt->nth < FAIL_MAX);
	EXPECT_EQ(0, attempt->ret);
	EXPECT_LT(0, refused);
	box_end(&box);
}

/* The process that commits, or a negative errno. */
static pid_t find_commit_thread(void)
{
	DIR *const proc = opendir("/proc");
	pid_t pid = -ESRCH;
	struct dirent *entry;
	char path[300], name[32];

	while (proc && pid < 0 && (entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		if (read_text(path, name, sizeof(name)) > 0 &&
		    !strcmp(name, "ima_ns_commit\n"))
			pid = strtol(entry->d_name, NULL, 10);
	}
	if (proc)
		closedir(proc);
	return pid;
}

/* It tries again: a record that is in a namespace's list is in the host's. */
TEST_F_TIMEOUT(fail, commit, 600)
{
	struct ima_ns_record records[FAIL_MAX];
	unsigned int nth = 0;
	struct box box;
	int fd, failed;

	ASSERT_EQ(0, box_start_active(&box, NULL, "fail-commit"));
	fd = fail_nth_fd(find_commit_thread());
	ASSERT_LE(0, fd);
	do {
		ASSERT_EQ(0, program_renew(&self->program));
		ASSERT_EQ(0, fail_arm(fd, ++nth));
		EXPECT_EQ(0, box_run(&box, &self->program));
		failed = fail_disarm(fd);
		ASSERT_LE(0, failed);
		EXPECT_EQ(BOX_OWN + nth,
			  list_records(HOST_LIST, ids_last(box.ids), records,
				       FAIL_MAX));
	} while (failed && nth < FAIL_MAX);
	EXPECT_LT(1, nth);
	close(fd);
	box_end(&box);
}

TEST_HARNESS_MAIN
