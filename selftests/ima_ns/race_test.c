// SPDX-License-Identifier: GPL-2.0-only
/*
 * A namespace's life raced: by readers of its files, by others that configure,
 * activate, enter or release it, by its own end.
 */

#include "race.h"

#define LIST "binary_runtime_measurements"
#define EVERYWHERE 8

FIXTURE(race)
{
	struct program program;
	double until;
};

FIXTURE_SETUP(race)
{
	ASSERT_EQ(0, program_make(&self->program));
	self->until = now_seconds() + race_seconds();
}

FIXTURE_TEARDOWN(race)
{
	unlink(self->program.path);
}

/* What the runners of a test share. */
struct shared {
	double until;
	char ids[ID_PATH_MAX];
	char path[128];
	/* Numbers of what happened, for some tests. */
	volatile int lived, released, read;
};

static struct shared *share(const char *path, double until)
{
	struct shared *const shared = mmap(NULL, sizeof(*shared),
					   PROT_READ | PROT_WRITE,
					   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return NULL;
	strcpy(shared->path, path);
	shared->until = until;
	return shared;
}

/* On a slow machine until each has had its turn. */
static bool is_racing(const struct shared *shared)
{
	const double late = now_seconds() - shared->until;

	return late < 0 ||
	       (late < 60 && !(shared->released && shared->read));
}

/* One namespace after the other, each with an entry or two. */
static int live_and_die(void *arg)
{
	struct shared *const shared = arg;
	struct box box;
	int ret = 0;

	while (!ret && is_racing(shared)) {
		ret = box_start_active(&box, NULL, "race");
		if (ret)
			break;
		strcpy(box.shared, shared->path);
		ret = box_call(&box, box_run_path);
		if (rand() % 2)
			kill(box.pid, SIGKILL);
		box_end(&box);
		__sync_fetch_and_add(&shared->lived, 1);
	}
	return ret;
}

/* For each namespace of this test that is seen, until the others end. */
static int each_seen(struct shared *shared,
		     int (*fn)(struct shared *shared, const char *ids))
{
	struct dirent *entry;
	int ret = 0;
	DIR *dir;

	do {
		dir = opendir(NS_DIR);
		if (!dir)
			return -errno;
		while (!ret && (entry = readdir(dir)))
			if (ids_last(entry->d_name) > ids_last(shared->ids))
				ret = fn(shared, entry->d_name);
		closedir(dir);
	} while (!ret && is_racing(shared));
	return ret;
}

/* Once, however many try. */
static int release(struct shared *shared, const char *ids)
{
	const int ret = ns_write(ids, "release", "1");

	if (!ret)
		__sync_fetch_and_add(&shared->released, 1);
	return ret == -EBUSY || ret == -ENOENT ? 0 : ret;
}

static int release_all(void *shared)
{
	return each_seen(shared, release);
}

/* A whole list: CREATE first, and DESTROY last once it shows as dead. */
static int check_list(const char *ids)
{
	const bool dead = ns_state_is(ids, "dead");
	char first[64] = "", last[64] = "";
	struct entry entry;
	struct list list;
	int ret;

	ret = list_load(&list, ns_file(ids, LIST));
	if (ret)
		return ret;
	while ((ret = list_next(&list, &entry)) > 0) {
		snprintf(last, sizeof(last), "%s", entry.name);
		if (!first[0])
			strcpy(first, last);
	}
	list_free(&list);
	if (!ret && first[0] && strcmp(first, IMA_NS_EVENT_CREATE))
		return -EBADMSG;
	return !ret && dead && strcmp(last, IMA_NS_EVENT_DESTROY) ? -EBADMSG :
	       ret;
}

static int check_status(const char *ids)
{
	const long long id = ns_status_num(ids, "id");

	if (id < 0)
		return id;
	return (unsigned long long)id == ids_last(ids) ? 0 : -EBADMSG;
}

/* In pieces, from the beginning again, and polled: an open file stays whole. */
static int check_open_file(const char *ids)
{
	const int fd = open(ns_file(ids, LIST), O_RDONLY | O_CLOEXEC);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint8_t head[20], again[20];
	ssize_t got, got_again;
	int ret = 0;

	if (fd < 0)
		return -errno;
	got = read(fd, head, sizeof(head));
	race_pause(2000);
	if (poll(&pfd, 1, 0) < 0 || lseek(fd, 0, SEEK_SET))
		ret = -errno;
	got_again = read(fd, again, sizeof(again));
	/* A list only grows. */
	if (!ret && (got < 0 || got_again < got || memcmp(head, again, got)))
		ret = -EBADMSG;
	close(fd);
	return ret;
}

static int check_key(const char *ids)
{
	uint8_t key[64];
	const ssize_t len = read_file(ns_file(ids, "key"), key, sizeof(key));

	return len == IMA_NS_KEY_SIZE || len == -ENODATA ? 0 :
	       len < 0 ? len : -EBADMSG;
}

static int check_events(const char *ids)
{
	static char text[1 << 16];
	const ssize_t len = read_text(NS_DIR "/events", text, sizeof(text));

	(void)ids;
	return len < 0 ? len : len ? 0 : -EBADMSG;
}

static int (*const checks[])(const char *ids) = {
	check_list, check_status, check_open_file, check_key, check_events,
};

/* Whatever it opens is there or gone, and never half of it. */
static int read_one(struct shared *shared, const char *ids)
{
	const int ret = checks[rand() % ARRAY_SIZE(checks)](ids);

	__sync_fetch_and_add(&shared->read, !ret);
	return ret == -ENOENT ? 0 : ret;
}

static int read_all(void *shared)
{
	return each_seen(shared, read_one);
}

static int newest_id(char ids[ID_PATH_MAX])
{
	struct box box;
	const int ret = box_start(&box, NULL);

	if (ret)
		return ret;
	strcpy(ids, box.ids);
	box_end(&box);
	return ns_wait_gone(ids);
}

/*
 *   2 that live and die, 2 that release the dead, 4 that read what there is
 */
TEST_F_TIMEOUT(race, readers_and_release, 300)
{
	int (*const runners[EVERYWHERE])(void *arg) = {
		live_and_die, live_and_die, release_all, release_all,
		read_all, read_all, read_all, read_all,
	};
	struct shared *const shared = share(self->program.path, self->until);
	int rets[EVERYWHERE], i;
	struct race race;

	ASSERT_NE(NULL, shared);
	/* Only namespaces of this test: the others' dead ones are to stay. */
	ASSERT_EQ(0, newest_id(shared->ids));
	ASSERT_EQ(0, race_prepare(&race));
	for (i = 0; i < EVERYWHERE; i++)
		ASSERT_EQ(0, race_add(&race, runners[i], shared));
	race_start(&race);
	race_end(&race, rets);
	for (i = 0; i < EVERYWHERE; i++)
		EXPECT_EQ(0, rets[i]) TH_LOG("runner %d", i);
	EXPECT_LT(0, shared->lived);
	EXPECT_LT(0, shared->released);
	EXPECT_LE(shared->released, shared->lived);
	EXPECT_LT(0, shared->read);
	munmap(shared, sizeof(*shared));
}

/* What is written to a new namespace, by one runner each. */
static int write_label(void *arg)
{
	char label[64];

	snprintf(label, sizeof(label), SECRET "-by-%d", getpid());
	return ns_write(arg, "label", label);
}

static int write_policy(void *arg)
{
	char policy[64];

	snprintf(policy, sizeof(policy),
		 "measure func=BPRM_CHECK uid=%d\n", getpid());
	return ns_write(arg, "policy", policy);
}

static int write_active(void *arg)
{
	return ns_write(arg, "active", "1");
}

/* CREATE tells the label and the policy that the files show. */
static int check_create(const char *ids)
{
	char label[IMA_NS_LABEL_MAX + 2], policy[4096], name[64];
	uint8_t digest[SHA256_SIZE];
	struct ima_ns_create create;
	struct entry entry;
	struct list list;
	ssize_t label_len, len;
	int ret;

	label_len = read_text(ns_file(ids, "label"), label, sizeof(label)) - 1;
	len = read_text(ns_file(ids, "policy"), policy, sizeof(policy));
	if (label_len <= 0 || len <= 0 ||
	    list_load(&list, ns_file(ids, LIST)))
		return -EDOM;
	sha256((uint8_t *)policy, len, digest);
	ret = list_next(&list, &entry);
	snprintf(name, sizeof(name), "%s", ret > 0 ? entry.name : "");
	if (strcmp(name, IMA_NS_EVENT_CREATE) ||
	    entry.third_len < sizeof(create) + label_len) {
		list_free(&list);
		return -EBADMSG;
	}
	memcpy(&create, entry.third, sizeof(create));
	ret = memcmp(create.policy_digest, digest, sizeof(digest)) ||
	      create.label_len != label_len ||
	      memcmp(entry.third + entry.third_len - label_len, label,
		     label_len);
	list_free(&list);
	return ret ? -EBADMSG : 0;
}

/* One label, one activation; all that came too late was told so. */
static void configure_once(struct __test_metadata *_metadata)
{
	int (*const runners[EVERYWHERE])(void *arg) = {
		write_label, write_label, write_policy, write_policy,
		write_active, write_active, write_active, write_active,
	};
	int rets[EVERYWHERE], i, labels = 0, active = 0;
	struct race race;
	struct box box;

	ASSERT_EQ(0, box_start(&box, NULL));
	ASSERT_EQ(0, race_prepare(&race));
	for (i = 0; i < EVERYWHERE; i++)
		ASSERT_EQ(0, race_add(&race, runners[i], box.ids));
	race_start(&race);
	race_end(&race, rets);
	for (i = 0; i < EVERYWHERE; i++) {
		labels += runners[i] == write_label && !rets[i];
		active += runners[i] == write_active && !rets[i];
		/* Too early is possible for who activates only. */
		EXPECT_TRUE(!rets[i] || rets[i] == -EBUSY ||
			    (rets[i] == -ENODATA && runners[i] == write_active))
			TH_LOG("runner %d: %d", i, rets[i]);
	}
	EXPECT_EQ(1, labels);
	if (!active)
		active += !ns_write(box.ids, "active", "1");
	EXPECT_EQ(1, active);
	EXPECT_EQ(BOX_OWN, ns_status_num(box.ids, "entries"));
	EXPECT_EQ(0, check_create(box.ids));
	box_end(&box);
}

TEST_F_TIMEOUT(race, configure_and_activate, 300)
{
	do
		configure_once(_metadata);
	while (now_seconds() < self->until);
}

/* Activated when its only task ends: all of its life, or nothing. */
static void activate_dying(struct __test_metadata *_metadata)
{
	struct ima_ns_record records[4];
	char ids[ID_PATH_MAX];
	int rets[2], i, count, won = 0;
	struct race race;
	struct box box;

	ASSERT_EQ(0, box_start(&box, NULL));
	strcpy(ids, box.ids);
	ASSERT_EQ(0, ns_write(ids, "label", SECRET "-dying"));
	ASSERT_EQ(0, race_prepare(&race));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, race_add(&race, write_active, ids));
	race_start(&race);
	race_pause(2000);
	box_end(&box);
	race_end(&race, rets);
	for (i = 0; i < 2; i++) {
		won += !rets[i];
		EXPECT_TRUE(!rets[i] || rets[i] == -EBUSY ||
			    rets[i] == -ENOENT) TH_LOG("%d", rets[i]);
	}
	EXPECT_GE(1, won);
	EXPECT_EQ(0, won ? ns_wait_dead(ids) : ns_wait_gone(ids));
	count = list_records(HOST_LIST, ids_last(ids), records,
			     ARRAY_SIZE(records));
	/* The box's executable as well, if the box was still there. */
	EXPECT_LE(won ? BOX_OWN : 0, count);
	EXPECT_GE(won ? BOX_OWN + 1 : 0, count);
	if (won && count > 0)
		EXPECT_EQ(IMA_NS_RECORD_DESTROY, records[count - 1].type);
}

TEST_F_TIMEOUT(race, activate_and_die, 300)
{
	do
		activate_dying(_metadata);
	while (now_seconds() < self->until);
}

/* Who enters: by a descriptor of the process, or of the namespace. */
struct joining {
	char ids[ID_PATH_MAX];
	char path[128];
	int pid;
};

/* Inside, it is like any other task of the namespace. */
static int run_inside(const struct joining *joining)
{
	char ids[ID_PATH_MAX];

	if (ns_self(ids) || strcmp(ids, joining->ids))
		return -EXDEV;
	return program_run(joining->path);
}

static int join_by_process(void *arg)
{
	const struct joining *const joining = arg;
	const int fd = sys_pidfd_open(joining->pid);
	int ret;

	if (fd < 0)
		return fd;
	ret = sys_setns(fd, CLONE_NEWIMA);
	return ret ?: run_inside(joining);
}

static int join_by_namespace(void *arg)
{
	const struct joining *const joining = arg;
	char path[64];
	int fd, ret;

	snprintf(path, sizeof(path), "/proc/%d/ns/ima", joining->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* What /proc says of a process that has just gone. */
	if (fd < 0)
		return errno == EACCES ? -ESRCH : -errno;
	ret = sys_setns(fd, CLONE_NEWIMA);
	close(fd);
	return ret ?: run_inside(joining);
}

/* In time or too late; who was in time was measured, before DESTROY. */
static void join_dying(struct __test_metadata *_metadata,
		       const struct program *program)
{
	int rets[6], i, joined = 0;
	struct joining joining;
	struct race race;
	struct box box;

	ASSERT_EQ(0, box_start_active(&box, NULL, "race-dying"));
	strcpy(joining.ids, box.ids);
	strcpy(joining.path, program->path);
	joining.pid = box.pid;
	ASSERT_EQ(0, race_prepare(&race));
	for (i = 0; i < 6; i++)
		ASSERT_EQ(0, race_add(&race, i % 2 ? join_by_process :
				      join_by_namespace, &joining));
	race_start(&race);
	race_pause(3000);
	box_end(&box);
	race_end(&race, rets);
	for (i = 0; i < 6; i++) {
		joined += !rets[i];
		EXPECT_TRUE(!rets[i] || rets[i] == -ESRCH ||
			    rets[i] == -ENOENT)
			TH_LOG("runner %d: %d", i, rets[i]);
	}
	EXPECT_EQ(0, ns_wait_dead(joining.ids));
	EXPECT_EQ(!!joined, ns_count(joining.ids, program->digest, NULL));
	EXPECT_EQ(0, check_list(joining.ids));
}

TEST_F_TIMEOUT(race, enter_and_die, 300)
{
	do
		join_dying(_metadata, &self->program);
	while (now_seconds() < self->until);
}

/* A pod with containers, of which each has tasks that come and go. */
static int storm(void *arg)
{
	int depth = *(int *)arg, i;

	if (sys_unshare(CLONE_NEWIMA))
		return -EDOM;
	for (i = 0; i < 4; i++)
		if (!fork()) {
			depth--;
			race_pause(3000);
			_exit(depth ? -storm(&depth) : 0);
		}
	/* Nobody waits for them: they live on under PID 1. */
	race_pause(3000);
	return 0;
}

/* Trees of namespaces that nobody activates: nothing is left of them. */
TEST_F_TIMEOUT(race, storm, 300)
{
	const int before = ns_count_children();
	int depth = 3, i;

	do {
		EXPECT_EQ(0, in_child(storm, &depth));
	} while (now_seconds() < self->until);
	for (i = 0; i < 1000 && ns_count_children() != before; i++)
		sleep_ms(20);
	EXPECT_EQ(before, ns_count_children());
}

TEST_HARNESS_MAIN
