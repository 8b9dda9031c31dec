// SPDX-License-Identifier: GPL-2.0-only
/* What is kept of the dead, for how long, and that a collector gets it all. */

#include <dirent.h>

#include "program.h"

#define LIST "binary_runtime_measurements"

/* Dead logs that one parent keeps, as the kernel's documentation states. */
#define DEAD_MAX 1024
/* Of these, what a dying child may bring at the cost of its siblings. */
#define DEAD_SHARE 64

#define LIVED (DEAD_MAX + 20)

/* Make a namespace, activate it, and die in it. */
static int live(void *unused)
{
	char ids[ID_PATH_MAX];
	int ret;

	(void)unused;
	ret = sys_unshare(CLONE_NEWIMA) ?: ns_self(ids);
	return ret ?: ns_activate(ids, SECRET "-retention");
}

static int live_many(void *unused)
{
	int i, ret = 0;

	for (i = 0; i < LIVED && !ret; i++)
		ret = in_child(live, unused);
	return ret;
}

/* The children that a namespace shows, or a negative errno. */
static int count_children(const char *ids, unsigned long long *first)
{
	DIR *const dir = opendir(ns_file(ids, "ns"));
	struct dirent *entry;
	int count = 0;

	if (!dir)
		return -errno;
	*first = ~0ULL;
	while ((entry = readdir(dir))) {
		const unsigned long long id = strtoull(entry->d_name, NULL, 10);

		if (!id)
			continue;
		count++;
		if (id < *first)
			*first = id;
	}
	closedir(dir);
	return count;
}

/* Death comes later, by a worker: wait until the last of many is dead. */
static int wait_children(const char *ids, int want, unsigned long long *first)
{
	int i, count = 0;

	for (i = 0; i < 600; i++) {
		count = count_children(ids, first);
		if (count == want || count < 0)
			break;
		sleep_ms(100);
	}
	return count;
}

/*
 *   host --+--> sibling (dead)
 *          +--> pod ------> more children than are kept, one after the other
 */
TEST(under_their_own_parent)
{
	unsigned long long first, next;
	struct ima_ns_record record;
	char sibling[ID_PATH_MAX], pod_ids[ID_PATH_MAX];
	struct box pod, box;

	ASSERT_EQ(0, box_start_active(&box, NULL, "retention-sibling"));
	strcpy(sibling, box.ids);
	box_end(&box);
	ASSERT_EQ(0, ns_wait_dead(sibling));
	/* Each child is three entries of its parent's. */
	ASSERT_EQ(0, box_start(&pod, NULL));
	ASSERT_EQ(0, ns_write(pod.ids, "quota", "8000"));
	ASSERT_EQ(0, ns_activate(pod.ids, SECRET "-retention-pod"));
	strcpy(pod_ids, pod.ids);
	ASSERT_EQ(0, box_call(&pod, live_many));

	EXPECT_EQ(DEAD_MAX, wait_children(pod_ids, DEAD_MAX, &first));
	/* The oldest went, and stay in the records. */
	EXPECT_EQ(ids_last(pod_ids) + 1 + LIVED - DEAD_MAX, first);
	EXPECT_EQ(1, list_records(ns_file(pod_ids, LIST), ids_last(pod_ids) + 1,
				  &record, 1));
	EXPECT_TRUE(ns_state_is(sibling, "dead"));

	/* The pod takes its dead along, down to its share. */
	box_end(&pod);
	ASSERT_EQ(0, ns_wait_dead(pod_ids));
	EXPECT_LE(DEAD_SHARE, count_children(pod_ids, &next));
	EXPECT_LT(first, next);
	EXPECT_TRUE(ns_state_is(sibling, "dead"));
	EXPECT_EQ(0, ns_write(pod_ids, "release", "1"));
	EXPECT_EQ(0, ns_write(sibling, "release", "1"));
	EXPECT_EQ(-ENOENT, can_open(ns_file(pod_ids, "status"), O_RDONLY));
}

#define WORKERS 4
#define TURNS 30

/* What a collector has seen. */
struct collected {
	int dead;
	int whole;
	long long shortest;
	/* Boot times of activations, by id since the first. */
	unsigned long long first;
	long long active[WORKERS * TURNS + 16];
};

/* All that there is of one that has died; then nothing is. */
static bool collect(const char *ids, const struct program *program)
{
	uint8_t key[64];
	struct entry entry;
	struct list list;
	bool destroyed = false;
	int ret;

	if (!ns_state_is(ids, "dead") ||
	    ns_status_num(ids, "entries") != BOX_OWN + 2 ||
	    read_file(ns_file(ids, "key"), key, sizeof(key)) != IMA_NS_KEY_SIZE ||
	    ns_count(ids, program->digest, program->path) != 1 ||
	    list_load(&list, ns_file(ids, LIST)))
		return false;
	while ((ret = list_next(&list, &entry)) > 0)
		destroyed = !strcmp(entry.name, IMA_NS_EVENT_DESTROY);
	list_free(&list);
	return !ret && destroyed && !ns_write(ids, "release", "1") &&
	       can_open(ns_file(ids, "status"), O_RDONLY) == -ENOENT;
}

static void take_line(struct collected *all, const struct program *program,
		      const char *line)
{
	char what[16], ids[32];
	unsigned long long slot;
	long long time;

	/* Only those made on the host, after the collector began. */
	if (sscanf(line, "%lld %15s %31[0-9]", &time, what, ids) != 3)
		return;
	slot = ids_last(ids) - all->first;
	if (slot >= ARRAY_SIZE(all->active))
		return;
	if (!strcmp(what, "active"))
		all->active[slot] = time;
	if (strcmp(what, "dead"))
		return;
	all->dead++;
	all->whole += collect(ids, program);
	time -= all->active[slot];
	if (!all->shortest || time < all->shortest)
		all->shortest = time;
}

/* Lines come whole; a few are read at a time. */
static int follow(int fd, struct collected *all, const struct program *program)
{
	struct pollfd events = { .fd = fd, .events = POLLIN };
	char buf[4096], *line, *rest = buf;
	ssize_t len;

	if (poll(&events, 1, 20000) != 1)
		return -ETIMEDOUT;
	len = read(fd, buf, sizeof(buf) - 1);
	if (len < 0)
		return -errno;
	buf[len] = '\0';
	while ((line = strsep(&rest, "\n")))
		take_line(all, program, line);
	return 0;
}

static void __attribute__((noreturn))
live_and_become(const struct program *program)
{
	char ids[ID_PATH_MAX];

	if (sys_unshare(CLONE_NEWIMA) || ns_self(ids) ||
	    ns_activate(ids, SECRET "-collected"))
		_exit(1);
	execl(program->path, program->path, NULL);
	_exit(2);
}

static int work(const struct program *program)
{
	int i, failed = 0;

	for (i = 0; i < TURNS; i++) {
		const pid_t pid = fork();

		if (!pid)
			live_and_become(program);
		failed += pid < 0 || wait_for(pid);
	}
	return failed;
}

/* Containers that live for moments, and one who collects what they leave. */
TEST(collected_whole)
{
	static struct collected all;
	struct program program;
	pid_t pids[WORKERS];
	struct box probe;
	char old[4096];
	int i, fd;

	ASSERT_EQ(0, program_make(&program));
	fd = open(NS_DIR "/events", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ASSERT_LE(0, fd);
	while (read(fd, old, sizeof(old)) > 0)
		;
	ASSERT_EQ(0, box_start(&probe, NULL));
	all.first = ids_last(probe.ids) + 1;
	for (i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i])
			_exit(work(&program));
	}
	while (all.dead < WORKERS * TURNS)
		ASSERT_EQ(0, follow(fd, &all, &program));
	for (i = 0; i < WORKERS; i++)
		EXPECT_EQ(0, wait_for(pids[i]));
	EXPECT_EQ(WORKERS * TURNS, all.whole);
	TH_LOG("the shortest lived %lld us", all.shortest / 1000);
	box_end(&probe);
	close(fd);
	unlink(program.path);
}

TEST_HARNESS_MAIN
