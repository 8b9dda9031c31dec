// SPDX-License-Identifier: GPL-2.0-only
/*
 * What goes to the host's list and what must not: its policy as the floor,
 * the hooks that change the kernel for everybody, and event names that are
 * not the kernel's own. The policy that is loaded here stays until reboot,
 * so each rule is for an id or name that nothing else uses.
 */

#include <linux/keyctl.h>

#include "map.h"
#include "program.h"

#define POLICY IMA_DIR "/policy"
#define LIST "binary_runtime_measurements"

enum {
	UID_READER = 4711,
	UID_RUNNER,
	UID_EXEMPT,
	UID_LATE,
	UID_VICTIM,
};

static int add_rule(const char *rule)
{
	char line[160];

	snprintf(line, sizeof(line), "%s\n", rule);
	return write_text(POLICY, line);
}

struct action {
	char path[128];
	uid_t uid;
};

static int read_as(void *arg)
{
	const struct action *const action = arg;
	char buf[64];
	ssize_t len;

	if (syscall(__NR_setresuid, action->uid, action->uid, action->uid))
		return -EDOM;
	len = read_file(action->path, buf, sizeof(buf));
	return len < 0 ? len : 0;
}

static int run_as(void *arg)
{
	const struct action *const action = arg;

	if (syscall(__NR_setresuid, action->uid, action->uid, action->uid))
		return -EDOM;
	return program_run(action->path);
}

static int read_as_in_child(void *shared)
{
	return in_child(read_as, shared);
}

static int run_as_in_child(void *shared)
{
	return in_child(run_as, shared);
}

/*
 *   host: measure ... uid=4711
 *    |
 *    +--> box: task with uid 4711
 */
FIXTURE(floor)
{
	struct box box;
	struct program program;
	struct action action;
};

FIXTURE_SETUP(floor)
{
	ASSERT_EQ(0, box_start_active(&self->box, NULL, "floor"));
	ASSERT_EQ(0, program_make(&self->program));
	strcpy(self->action.path, self->program.path);
}

FIXTURE_TEARDOWN(floor)
{
	box_end(&self->box);
	unlink(self->program.path);
}

#define HOST_ENTRIES(program) \
	list_count(HOST_LIST, (program)->digest, NULL)
#define BOX_ENTRIES(self) \
	ns_count((self)->box.ids, (self)->program.digest, (self)->program.path)

TEST_F(floor, container_reads_for_its_own_list)
{
	struct action *const action = self->box.shared;
	struct program public;

	ASSERT_EQ(0, add_rule("measure func=FILE_CHECK mask=MAY_READ "
			      "uid=4711"));
	*action = self->action;
	EXPECT_EQ(0, box_call(&self->box, read_as_in_child));
	EXPECT_EQ(0, BOX_ENTRIES(self));
	action->uid = UID_READER;
	EXPECT_EQ(0, box_call(&self->box, read_as_in_child));
	EXPECT_EQ(1, BOX_ENTRIES(self));
	EXPECT_EQ(0, box_call(&self->box, read_as_in_child));
	EXPECT_EQ(1, BOX_ENTRIES(self));
	EXPECT_EQ(0, HOST_ENTRIES(&self->program));

	/* The same rule on the host fills the host's list. */
	ASSERT_EQ(0, program_make_public(&public));
	strcpy(self->action.path, public.path);
	self->action.uid = UID_READER;
	EXPECT_EQ(0, in_child(read_as, &self->action));
	EXPECT_EQ(1, list_count(HOST_LIST, public.digest, public.path));
	EXPECT_EQ(0, ns_count(self->box.ids, public.digest, NULL));
	/* And then, the file once for the container as well. */
	strcpy(action->path, public.path);
	EXPECT_EQ(0, box_call(&self->box, read_as_in_child));
	EXPECT_EQ(1, ns_count(self->box.ids, public.digest, public.path));
	EXPECT_EQ(1, list_count(HOST_LIST, public.digest, NULL));
	unlink(public.path);
}

/* A file that the host has measured as its own is new to a container. */
TEST_F(floor, host_and_container_run_it)
{
	struct action *const action = self->box.shared;
	struct program public;

	ASSERT_EQ(0, add_rule("measure func=BPRM_CHECK uid=4712"));
	ASSERT_EQ(0, program_make_public(&public));
	strcpy(self->action.path, public.path);
	self->action.uid = UID_RUNNER;
	EXPECT_EQ(0, in_child(run_as, &self->action));
	EXPECT_EQ(1, list_count(HOST_LIST, public.digest, public.path));
	*action = self->action;
	EXPECT_EQ(0, box_call(&self->box, run_as_in_child));
	EXPECT_EQ(1, ns_count(self->box.ids, public.digest, public.path));
	EXPECT_EQ(1, list_count(HOST_LIST, public.digest, NULL));

	/* Changed: each of them measures it again. */
	ASSERT_EQ(0, program_renew(&public));
	EXPECT_EQ(0, box_call(&self->box, run_as_in_child));
	EXPECT_EQ(0, list_count(HOST_LIST, public.digest, NULL));
	EXPECT_EQ(1, ns_count(self->box.ids, public.digest, public.path));
	EXPECT_EQ(0, in_child(run_as, &self->action));
	EXPECT_EQ(1, list_count(HOST_LIST, public.digest, public.path));
	unlink(public.path);
}

/* The host's exception is the host's: the namespace's own rule stands. */
TEST_F(floor, dont_measure_is_no_ceiling)
{
	struct action *const action = self->box.shared;

	ASSERT_EQ(0, add_rule("dont_measure func=BPRM_CHECK uid=4713"));
	*action = self->action;
	action->uid = UID_EXEMPT;
	EXPECT_EQ(0, box_call(&self->box, run_as_in_child));
	EXPECT_EQ(1, BOX_ENTRIES(self));
}

/* As long as a container is inactive, its events are the host's, in full. */
TEST_F(floor, inactive_container_is_the_hosts)
{
	struct action *action;
	struct program public;
	struct box late;

	ASSERT_EQ(0, add_rule("measure func=BPRM_CHECK uid=4714"));
	ASSERT_EQ(0, program_make_public(&public));
	ASSERT_EQ(0, box_start(&late, NULL));
	action = late.shared;
	strcpy(action->path, public.path);
	action->uid = UID_LATE;
	EXPECT_EQ(0, box_call(&late, run_as_in_child));
	EXPECT_EQ(1, list_count(HOST_LIST, public.digest, public.path));
	ASSERT_EQ(0, ns_activate(late.ids, SECRET "-floor-late"));
	EXPECT_EQ(0, box_call(&late, run_as_in_child));
	EXPECT_EQ(1, ns_count(late.ids, public.digest, public.path));
	EXPECT_EQ(1, list_count(HOST_LIST, public.digest, NULL));
	box_end(&late);
	unlink(public.path);
}

#define HOST_VIOLATIONS(path) \
	list_count_if(HOST_LIST, entry_is_violation, path)

/* Holds the file open for reading until told to end, as an own process. */
static pid_t start_reader(const struct action *action)
{
	int fd, ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready))
		return -errno;
	pid = fork();
	if (!pid) {
		if (syscall(__NR_setresuid, action->uid, action->uid,
			    action->uid))
			_exit(1);
		fd = open(action->path, O_RDONLY);
		if (fd < 0 || write(ready[1], "", 1) != 1)
			_exit(2);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (pid > 0 && read(ready[0], &byte, 1) != 1)
		pid = -ECHILD;
	close(ready[0]);
	return pid;
}

/*
 * A container writes to what the host has measured and holds open: the host's
 * list has the violation, and no byte of the path that the writer used.
 */
TEST_F(floor, violation_without_the_writers_path)
{
	struct program public, hidden;
	int before;
	pid_t reader;

	ASSERT_EQ(0, add_rule("measure func=FILE_CHECK mask=MAY_READ "
			      "uid=4715"));
	ASSERT_EQ(0, program_make_public(&public));
	strcpy(self->action.path, public.path);
	self->action.uid = UID_VICTIM;
	reader = start_reader(&self->action);
	ASSERT_LT(0, reader);
	EXPECT_EQ(1, list_count(HOST_LIST, public.digest, public.path));

	ASSERT_EQ(0, program_beside(&self->program, "-link", &hidden));
	ASSERT_EQ(0, link(public.path, hidden.path));
	before = HOST_VIOLATIONS(NULL);
	strcpy(self->box.shared, hidden.path);
	EXPECT_EQ(0, box_call(&self->box, open_for_write));
	EXPECT_EQ(before + 1, HOST_VIOLATIONS(NULL));
	/* Under the name that the host's list knows. */
	EXPECT_EQ(1, HOST_VIOLATIONS(public.path));
	EXPECT_EQ(0, file_holds(HOST_LIST, SECRET));
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
	unlink(hidden.path);
	unlink(public.path);
}

#define RELY 3

/*
 * A volume that three containers and the host rely on, and a fourth container
 * writes: each learns of it, once, by the path that it knows. The writer's own
 * list has nothing to say.
 */
TEST_F(floor, shared_volume)
{
	struct program public, seen[RELY];
	struct box boxes[RELY];
	pid_t reader;
	int i;

	ASSERT_EQ(0, add_rule("measure func=FILE_CHECK mask=MAY_READ "
			      "uid=4715"));
	ASSERT_EQ(0, program_make_public(&public));
	strcpy(self->action.path, public.path);
	self->action.uid = UID_VICTIM;
	reader = start_reader(&self->action);
	ASSERT_LT(0, reader);
	for (i = 0; i < RELY; i++) {
		char suffix[16];

		snprintf(suffix, sizeof(suffix), "-volume-%d", i);
		ASSERT_EQ(0, program_beside(&self->program, suffix, &seen[i]));
		ASSERT_EQ(0, link(public.path, seen[i].path));
		ASSERT_EQ(0, box_start_active(&boxes[i], NULL, "floor-rely"));
		strcpy(boxes[i].shared, seen[i].path);
		ASSERT_EQ(0, box_call(&boxes[i], map_for_good));
	}

	strcpy(self->box.shared, public.path);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, box_call(&self->box, open_for_write));
	for (i = 0; i < RELY; i++) {
		EXPECT_EQ(1, ns_status_num(boxes[i].ids, "violations"));
		EXPECT_EQ(1, ns_count_if(boxes[i].ids, entry_is_violation,
					 seen[i].path));
		EXPECT_EQ(0, file_holds(ns_file(boxes[i].ids, LIST),
					public.path));
		box_end(&boxes[i]);
		unlink(seen[i].path);
	}
	EXPECT_EQ(1, HOST_VIOLATIONS(public.path));
	EXPECT_EQ(0, ns_status_num(self->box.ids, "violations"));
	EXPECT_EQ(0, file_holds(HOST_LIST, SECRET));
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
	unlink(public.path);
}

/*
 * Hooks whose events are the whole kernel's, from the host or a container.
 */
FIXTURE(global)
{
	struct box box;
};

FIXTURE_VARIANT(global)
{
	bool in_box;
};

FIXTURE_VARIANT_ADD(global, from_host)
{
	.in_box = false,
};

FIXTURE_VARIANT_ADD(global, from_container)
{
	.in_box = true,
};

FIXTURE_SETUP(global)
{
	ASSERT_EQ(0, box_start_active(&self->box, NULL, "global"));
}

FIXTURE_TEARDOWN(global)
{
	box_end(&self->box);
}

/* The page holds the path of a policy file, which the kernel is to read. */
static int load_policy_file(void *shared)
{
	return write_text(POLICY, shared);
}

TEST_F(global, policy_file)
{
	struct program file;
	char rule[64];

	ASSERT_EQ(0, add_rule("measure func=POLICY_CHECK"));
	snprintf(file.path, sizeof(file.path), "/tmp/policy-%d", getpid());
	snprintf(rule, sizeof(rule), "dont_measure uid=%d\n", getpid() + 50000);
	ASSERT_EQ(0, program_write(&file, rule, strlen(rule)));
	strcpy(self->box.shared, file.path);
	EXPECT_EQ(0, variant->in_box ?
			     box_call(&self->box, load_policy_file) :
			     load_policy_file(self->box.shared));
	EXPECT_EQ(1, list_count(HOST_LIST, file.digest, file.path));
	EXPECT_EQ(0, ns_count(self->box.ids, NULL, file.path));
	unlink(file.path);
}

static long sys_add_key(const char *type, const char *name, const void *data,
			size_t len, long keyring)
{
	const long key = syscall(__NR_add_key, type, name, data, len, keyring);

	return key < 0 ? -errno : key;
}

/* The page holds a keyring's name, then the path of a certificate. */
static int fill_keyring(void *arg)
{
	const char *const name = arg;
	const char *const cert = name + strlen(name) + 1;
	uint8_t data[4096];
	const ssize_t len = read_file(cert, data, sizeof(data));
	long ring, key;

	if (len < 0)
		return len;
	ring = sys_add_key("keyring", name, NULL, 0,
			   KEY_SPEC_PROCESS_KEYRING);
	if (ring < 0)
		return ring;
	key = sys_add_key("asymmetric", "test", data, len, ring);
	return key < 0 ? key : 0;
}

static int fill_keyring_in_child(void *shared)
{
	return in_child(fill_keyring, shared);
}

/*
 * Entries of the host's list with this name, or if there is none, all that
 * have a name of ours and not our content.
 */
static int host_events(const char *name)
{
	struct entry entry;
	struct list list;
	int ret = list_load(&list, HOST_LIST), count = 0;
	bool ours, genuine;

	if (ret)
		return ret;
	while ((ret = list_next(&list, &entry)) > 0) {
		ours = !strncmp(entry.name, IMA_NS_EVENT_PREFIX,
				strlen(IMA_NS_EVENT_PREFIX));
		genuine = entry.third_len > IMA_NS_MAGIC_LEN &&
			  !memcmp(entry.third, "IMANS", 5);
		count += name ? !strcmp(entry.name, name) : ours && !genuine;
	}
	list_free(&list);
	return ret < 0 ? ret : count;
}

/* Names that a list's reader would take for the kernel's own, and others. */
TEST_F(global, keyring_with_a_foreign_event_name)
{
	static const char *const names[] = {
		"ima-ns/boot", "ima-ns/records", "ima-ns/x",
	};
	char *const name = self->box.shared;
	char logged[64], path[PATH_MAX];
	ssize_t len;
	size_t i;

	len = readlink("/proc/self/exe", path, sizeof(path) - 16);
	ASSERT_LT(0, len);
	path[len] = '\0';
	strcpy(strrchr(path, '/'), "/cert.der");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(logged, sizeof(logged),
			 "measure func=KEY_CHECK keyrings=%s", names[i]);
		ASSERT_EQ(0, add_rule(logged));
		strcpy(name, names[i]);
		strcpy(name + strlen(name) + 1, path);
		EXPECT_EQ(0, variant->in_box ?
				     box_call(&self->box,
					      fill_keyring_in_child) :
				     fill_keyring_in_child(name));
		snprintf(logged, sizeof(logged), IMA_NS_FOREIGN_PREFIX "%s",
			 names[i]);
		/* The certificate is the same, so there is one for both. */
		EXPECT_EQ(1, host_events(logged));
		EXPECT_EQ(0, ns_count(self->box.ids, NULL, logged));
		EXPECT_EQ(0, host_events(NULL));
	}
	EXPECT_EQ(1, host_events(IMA_NS_EVENT_BOOT));
}

/*
 * Nothing of a container's is in the host's list: no path, label or digest.
 */
TEST(nothing_secret_in_the_hosts_list)
{
	struct program program;
	struct box pod, ctr;

	ASSERT_EQ(0, box_start_active(&pod, NULL, "private-pod"));
	ASSERT_EQ(0, box_start_active(&ctr, &pod, "private-ctr"));
	ASSERT_EQ(0, program_make(&program));
	EXPECT_EQ(0, box_run(&ctr, &program));
	EXPECT_EQ(1, ns_count(ctr.ids, program.digest, program.path));
	EXPECT_EQ(0, file_holds(HOST_LIST, SECRET));
	EXPECT_EQ(0, file_holds(IMA_DIR "/ascii_runtime_measurements",
				SECRET));
	EXPECT_EQ(0, list_count(HOST_LIST, program.digest, NULL));
	/* Nor is the container's in its pod's. */
	EXPECT_EQ(0, file_holds(ns_file(pod.ids,
					"binary_runtime_measurements"),
				program.path));
	EXPECT_EQ(0, file_holds(ns_file(pod.ids,
					"binary_runtime_measurements"),
				"private-ctr"));
	box_end(&ctr);
	box_end(&pod);
	unlink(program.path);
}

TEST_HARNESS_MAIN
