// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation fails once: whatever the operation, it is refused whole or
 * done whole, and an event that could not be measured did not happen.
 *
 * For the debug kernel, which has fault injection and looks for lost memory
 * afterwards. The first test of the boot, as the first activation is special.
 */

#include "fail.h"

#define LIST "binary_runtime_measurements"

FIXTURE(fail)
{
	struct program program;
};

/* Wherever it is in the kernel, or where IMA allocates. */
FIXTURE_VARIANT(fail)
{
	bool anywhere;
};

FIXTURE_VARIANT_ADD(fail, objects_anywhere)
{
	.anywhere = true,
};

FIXTURE_VARIANT_ADD(fail, objects_and_pages_in_ima)
{
	.anywhere = false,
};

FIXTURE_SETUP(fail)
{
	struct fail_range ima;

	ASSERT_EQ(0, fail_range_of_ima(&ima));
	if (variant->anywhere) {
		ASSERT_EQ(0, fail_below(&fail_anywhere, &fail_nowhere));
	} else {
		ASSERT_EQ(0, fail_below(&ima, &ima));
	}
	ASSERT_EQ(0, program_make(&self->program));
}

FIXTURE_TEARDOWN(fail)
{
	EXPECT_EQ(0, fail_below(&fail_anywhere, &fail_anywhere));
	unlink(self->program.path);
}

/* Without memory: that is said, or the process does not live on. */
static bool is_refusal(int ret)
{
	return ret == -ENOMEM || ret == -EACCES || ret == -EAGAIN ||
	       ret == -EINTR;
}

/* What was never active goes without a trace, a little later. */
static int wait_for_count(int count)
{
	int i, now = -1;

	for (i = 0; i < 500; i++) {
		now = ns_count_children();
		if (now == count)
			return 0;
		sleep_ms(10);
	}
	return now < 0 ? now : -ETIMEDOUT;
}

static int unshare_ima(void *arg)
{
	(void)arg;
	return sys_unshare(CLONE_NEWIMA);
}

static int clone_ima(void *arg)
{
	const pid_t pid = sys_clone3(CLONE_NEWIMA, SIGCHLD);

	(void)arg;
	if (!pid)
		_exit(0);
	return pid < 0 ? pid : wait_for(pid);
}

/* It is where it was, or in a new one; refused or done. */
static int create_once(void *arg)
{
	struct fail_attempt *const attempt = arg;
	char before[ID_PATH_MAX], after[ID_PATH_MAX];
	int moved;

	if (ns_self(before) || fail_attempt(attempt) || ns_self(after))
		return -EDOM;
	moved = !!strcmp(before, after);
	if (attempt->ret)
		return moved ? -EXDEV : 0;
	/* clone3() leaves the caller alone. */
	return moved == (attempt->fn == unshare_ima) ? 0 : -EXDEV;
}

/* With room for one only: what a refused attempt had taken is given back. */
static void create_with(struct __test_metadata *_metadata,
			int (*create)(void *arg))
{
	static const char limit[] = "/proc/sys/user/max_ima_namespaces";
	struct fail_attempt *const attempt =
		mmap(NULL, sizeof(*attempt), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const int before = ns_count_children();
	char was[32];
	int refused = 0;

	ASSERT_NE(MAP_FAILED, attempt);
	ASSERT_LE(0, before);
	ASSERT_LT(0, read_text(limit, was, sizeof(was)));
	ASSERT_EQ(0, write_text(limit, "1"));
	attempt->fn = create;
	do {
		attempt->nth++;
		ASSERT_EQ(0, in_child(create_once, attempt));
		ASSERT_EQ(0, wait_for_count(before));
		if (attempt->ret)
			EXPECT_TRUE(is_refusal(attempt->ret))
				TH_LOG("%u: %d", attempt->nth, attempt->ret);
		refused += !!attempt->ret;
	} while (attempt->failed == 1 && attempt->nth < FAIL_MAX);
	EXPECT_EQ(0, attempt->failed);
	EXPECT_EQ(0, attempt->ret);
	EXPECT_LT(0, refused);
	EXPECT_EQ(0, write_text(limit, was));
	munmap(attempt, sizeof(*attempt));
}

TEST_F_TIMEOUT(fail, create_by_unshare, 600)
{
	create_with(_metadata, unshare_ima);
}

TEST_F_TIMEOUT(fail, create_by_clone3, 600)
{
	create_with(_metadata, clone_ima);
}

/* A file of a new namespace, and what is written to it. */
struct config {
	const char *file;
	const char *text;
	/* Read before, and after; NULL for a file that can't be read. */
	const char *before;
	const char *after;
	char ids[ID_PATH_MAX];
};

static int write_config(void *arg)
{
	const struct config *const config = arg;

	return ns_write(config->ids, config->file, config->text);
}

static bool config_reads(const struct config *config, const char *text)
{
	char value[4096];

	return !text ||
	       (read_text(ns_file(config->ids, config->file), value,
			  sizeof(value)) == (ssize_t)strlen(text) &&
		!strcmp(value, text));
}

static void write_with(struct __test_metadata *_metadata,
		       struct config *config, const char *ids)
{
	unsigned int nth = 0, refused = 0;
	int failed, ret;

	strcpy(config->ids, ids);
	do {
		failed = fail_in(++nth, write_config, config, &ret);
		ASSERT_LE(0, failed);
		if (!ret)
			break;
		EXPECT_TRUE(is_refusal(ret))
			TH_LOG("%s, %u: %d", config->file, nth, ret);
		EXPECT_TRUE(config_reads(config, config->before))
			TH_LOG("%s, %u", config->file, nth);
		EXPECT_TRUE(ns_state_is(ids, "new"));
		refused++;
	} while (failed && nth < FAIL_MAX);
	EXPECT_EQ(0, ret);
	EXPECT_TRUE(config_reads(config, config->after));
	EXPECT_LT(0, refused) TH_LOG("%s", config->file);
}

#define DEFAULT_POLICY \
	"measure func=BPRM_CHECK\n" \
	"measure func=MMAP_CHECK mask=MAY_EXEC\n"
#define OTHER_POLICY "measure func=FILE_CHECK mask=MAY_READ uid=0\n"

static int nothing(void *shared)
{
	(void)shared;
	return 0;
}

TEST_F_TIMEOUT(fail, configure, 600)
{
	struct config configs[] = {
		{ .file = "label", .text = SECRET "-fail",
		  .before = "", .after = SECRET "-fail\n" },
		{ .file = "policy", .text = OTHER_POLICY,
		  .before = DEFAULT_POLICY, .after = OTHER_POLICY },
		{ .file = "active", .text = "1" },
	};
	struct box box;
	size_t i;

	ASSERT_EQ(0, box_start(&box, NULL));
	for (i = 0; i < ARRAY_SIZE(configs); i++)
		write_with(_metadata, &configs[i], box.ids);
	EXPECT_TRUE(ns_state_is(box.ids, "active"));
	/* Whom there was no memory to look at looks at itself. */
	EXPECT_EQ(0, box_call(&box, nothing));
	EXPECT_EQ(BOX_OWN, ns_status_num(box.ids, "entries"));
	box_end(&box);
}

/*
 *   host --> outer --> middle --> inner
 */
static int start_nested(struct box boxes[3])
{
	int i, ret = 0;

	for (i = 0; i < 3 && !ret; i++)
		ret = box_start_active(&boxes[i], i ? &boxes[i - 1] : NULL,
				       "fail");
	return ret;
}

static void end_nested(struct box boxes[3])
{
	int i;

	for (i = 2; i >= 0; i--)
		box_end(&boxes[i]);
}

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
 * One attempt after the other, each with new content. Whatever happened was
 * measured; what IMA had no memory for was refused, and counted as a loss.
 */
static void measure_with(struct __test_metadata *_metadata, struct box *box,
			 struct program *program, box_fn fn, bool in_ima)
{
	struct fail_attempt *const attempt = box->shared;
	long long losses = ns_status_num(box->ids, "losses"), lost = losses;
	int measured;

	do {
		ASSERT_EQ(0, program_renew(program));
		attempt->arg.program = *program;
		attempt->nth++;
		ASSERT_EQ(0, box_call(box, fn));
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
	EXPECT_LT(0, lost);
	memset(attempt, 0, sizeof(*attempt));
}

TEST_F_TIMEOUT(fail, run, 1200)
{
	struct box boxes[3];

	ASSERT_EQ(0, start_nested(boxes));
	measure_with(_metadata, &boxes[0], &self->program, run_with,
		     !variant->anywhere);
	measure_with(_metadata, &boxes[2], &self->program, run_with,
		     !variant->anywhere);
	end_nested(boxes);
}

TEST_F_TIMEOUT(fail, open_and_map, 1200)
{
	struct fail_attempt *attempt;
	struct box box;

	ASSERT_EQ(0, box_start(&box, NULL));
	ASSERT_EQ(0, ns_write(box.ids, "policy", OTHER_POLICY
			      "measure func=MMAP_CHECK mask=MAY_EXEC\n"));
	ASSERT_EQ(0, ns_activate(box.ids, SECRET "-fail-open"));
	attempt = box.shared;
	attempt->fn = open_to_read;
	measure_with(_metadata, &box, &self->program, fail_attempt,
		     !variant->anywhere);
	attempt->fn = map_to_execute;
	measure_with(_metadata, &box, &self->program, fail_attempt,
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

/* The victim learns of a write, or of a loss; the writer of neither. */
TEST_F_TIMEOUT(fail, violation, 600)
{
	struct fail_attempt *attempt;
	long long told = 0, now;
	unsigned int nth = 0;
	int failed, ret;
	struct box box;

	ASSERT_EQ(0, box_start_active(&box, NULL, "fail-victim"));
	attempt = box.shared;
	do {
		ASSERT_EQ(0, program_renew(&self->program));
		strcpy(attempt->arg.path, self->program.path);
		ASSERT_EQ(0, box_call(&box, hold));
		failed = fail_in(++nth, open_to_write, self->program.path,
				 &ret);
		ASSERT_LE(0, failed);
		now = ns_status_num(box.ids, "violations") +
		      ns_status_num(box.ids, "losses");
		if (!ret)
			EXPECT_EQ(told + 1, now) TH_LOG("%u", nth);
		told = now;
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
	attempt = box.shared;
	attempt->fn = bind_now;
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

/* What a file shows, or an error. */
struct reading {
	const char *path;
	char text[16384];
	ssize_t len;
};

static int read_now(void *arg)
{
	struct reading *const reading = arg;

	reading->len = read_file(reading->path, reading->text,
				 sizeof(reading->text));
	return reading->len < 0 ? reading->len : 0;
}

static void read_with(struct __test_metadata *_metadata, const char *path)
{
	static struct reading whole, part;
	unsigned int nth = 0;
	int failed, ret;

	whole.path = path;
	part.path = path;
	ASSERT_EQ(0, read_now(&whole)) TH_LOG("%s", path);
	do {
		failed = fail_in(++nth, read_now, &part, &ret);
		ASSERT_LE(0, failed);
		if (ret) {
			EXPECT_EQ(-ENOMEM, ret) TH_LOG("%s, %u", path, nth);
		} else {
			EXPECT_TRUE(part.len == whole.len &&
				    !memcmp(part.text, whole.text, part.len))
				TH_LOG("%s, %u", path, nth);
		}
	} while (failed && nth < FAIL_MAX);
	EXPECT_EQ(0, ret) TH_LOG("%s", path);
}

TEST_F_TIMEOUT(fail, read, 1200)
{
	const char *path;
	DIR *dir;
	struct dirent *entry;
	struct stat st;
	struct box box;

	ASSERT_EQ(0, box_start_active(&box, NULL, "fail-read"));
	EXPECT_EQ(0, box_run(&box, &self->program));
	read_with(_metadata, NS_DIR "/self");
	dir = opendir(ns_file(box.ids, ""));
	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir))) {
		path = ns_file(box.ids, entry->d_name);
		ASSERT_EQ(0, stat(path, &st));
		if (S_ISREG(st.st_mode) && (st.st_mode & 0444))
			read_with(_metadata, path);
	}
	closedir(dir);
	box_end(&box);
}

static int list_now(void *arg)
{
	*(int *)arg = ns_count_children();
	return *(int *)arg < 0 ? *(int *)arg : 0;
}

TEST_F_TIMEOUT(fail, list_directory, 600)
{
	const int count = ns_count_children();
	int failed, ret, now;
	unsigned int nth = 0;

	do {
		failed = fail_in(++nth, list_now, &now, &ret);
		ASSERT_LE(0, failed);
		if (!ret)
			EXPECT_EQ(count, now);
	} while (failed && nth < FAIL_MAX);
	EXPECT_EQ(0, ret);
}

static int enter_box(void *arg)
{
	return sys_setns(*(int *)arg, CLONE_NEWIMA);
}

/* 1: refused, and where it was; 0: in it and there was nothing to fail. */
static int enter_until_in(void *arg)
{
	char before[ID_PATH_MAX], after[ID_PATH_MAX];
	unsigned int nth;
	int failed, ret;

	for (nth = 1; nth < FAIL_MAX; nth++) {
		if (ns_self(before))
			return -EDOM;
		failed = fail_in(nth, enter_box, arg, &ret);
		if (failed < 0 || ns_self(after))
			return -EDOM;
		if (!ret)
			return strcmp(before, after) ? 0 : -EXDEV;
		if (!failed || !is_refusal(ret) || strcmp(before, after))
			return ret;
	}
	return -ELOOP;
}

TEST_F_TIMEOUT(fail, enter, 600)
{
	struct box box;
	int fd;

	ASSERT_EQ(0, box_start_active(&box, NULL, "fail-enter"));
	fd = box_ns_fd(&box);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, in_child(enter_until_in, &fd));
	close(fd);
	box_end(&box);
}

static int release_now(void *arg)
{
	return ns_write(arg, "release", "1");
}

/* Dying takes no memory at all, and no record of it is lost. */
TEST_F_TIMEOUT(fail, die_and_release, 600)
{
	struct ima_ns_record records[4];
	char ids[3][ID_PATH_MAX];
	struct fail_range range;
	struct box boxes[3];
	unsigned int nth = 0;
	int i, failed, ret;

	ASSERT_EQ(0, start_nested(boxes));
	for (i = 0; i < 3; i++)
		strcpy(ids[i], boxes[i].ids);
	ASSERT_EQ(0, fail_range_of("ima_ns_close", &range));
	ASSERT_EQ(0, fail_below(&range, &range));
	ASSERT_EQ(0, fail_always(true));
	end_nested(boxes);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, ns_wait_dead(ids[i]));
	EXPECT_EQ(0, fail_always(false));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(BOX_OWN + 1,
			  list_records(HOST_LIST, ids_last(ids[i]), records,
				       ARRAY_SIZE(records)));
		EXPECT_EQ(IMA_NS_RECORD_DESTROY, records[BOX_OWN].type);
	}

	ASSERT_EQ(0, fail_below(&fail_anywhere, &fail_nowhere));
	do {
		failed = fail_in(++nth, release_now, ids[2], &ret);
		ASSERT_LE(0, failed);
		if (ret)
			EXPECT_TRUE(ns_state_is(ids[2], "dead"));
	} while (failed && ret && nth < FAIL_MAX);
	EXPECT_EQ(0, ret);
	EXPECT_EQ(-ENOENT, can_open(ns_file(ids[2], "status"), O_RDONLY));
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
