// SPDX-License-Identifier: GPL-2.0-only
/* Many at once: namespaces coming and going, and races for one inode. */

#include "program.h"

#define WORKERS 20
#define TURNS 25

/*
 *   host --> 20 workers --> 25 namespaces each, one after the other
 */
FIXTURE(many)
{
	struct program program;
};

FIXTURE_SETUP(many)
{
	ASSERT_EQ(0, program_make(&self->program));
}

FIXTURE_TEARDOWN(many)
{
	unlink(self->program.path);
}

/* What all children write their namespace's id into. */
struct turn {
	unsigned long long id;
};

/* Become a namespace's only process, and then the program. */
static void __attribute__((noreturn))
live_and_die(const struct program *program, struct turn *turn)
{
	char ids[ID_PATH_MAX], label[64];

	if (sys_unshare(CLONE_NEWIMA) || ns_self(ids))
		_exit(1);
	turn->id = ids_last(ids);
	snprintf(label, sizeof(label), SECRET "-many-%llu", turn->id);
	if (ns_activate(ids, label))
		_exit(2);
	execl(program->path, program->path, NULL);
	_exit(3);
}

static int work(const struct program *program, struct turn *turns)
{
	int i, failed = 0;
	pid_t pid;

	for (i = 0; i < TURNS; i++) {
		pid = fork();
		if (!pid)
			live_and_die(program, &turns[i]);
		failed += pid < 0 || wait_for(pid);
	}
	return failed;
}

TEST_F_TIMEOUT(many, namespaces, 600)
{
	const size_t size = WORKERS * TURNS * sizeof(struct turn);
	struct turn *const turns = mmap(NULL, size, PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[WORKERS];
	char ids[32];
	int i;

	ASSERT_NE(MAP_FAILED, turns);
	for (i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i])
			_exit(work(&self->program, turns + i * TURNS));
	}
	for (i = 0; i < WORKERS; i++)
		EXPECT_EQ(0, wait_for(pids[i]));
	for (i = 0; i < WORKERS * TURNS; i++) {
		snprintf(ids, sizeof(ids), "%llu", turns[i].id);
		ASSERT_EQ(0, ns_wait_dead(ids));
		/* The program, DESTROY. */
		EXPECT_EQ(BOX_OWN + 2, ns_status_num(ids, "entries"));
		EXPECT_EQ(1, ns_count(ids, self->program.digest,
				      self->program.path));
	}
	munmap(turns, size);
}

/* One namespace, whose processes all run the same new file at once. */
static int run_together(void *shared)
{
	const char *const path = shared;
	pid_t pids[WORKERS];
	int go[2], i, failed = 0;
	char byte;

	if (pipe(go))
		return -errno;
	for (i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		close(go[1]);
		/* The end of the file is the signal. */
		if (read(go[0], &byte, 1))
			_exit(1);
		execl(path, path, NULL);
		_exit(2);
	}
	close(go[1]);
	for (i = 0; i < WORKERS; i++)
		failed += pids[i] < 0 || wait_for(pids[i]);
	close(go[0]);
	return failed;
}

TEST_F(many, runs_of_one_file)
{
	struct box box;
	int i;

	ASSERT_EQ(0, box_start_active(&box, NULL, "many-runs"));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, program_renew(&self->program));
		strcpy(box.shared, self->program.path);
		EXPECT_EQ(0, box_call(&box, run_together));
		EXPECT_EQ(1, ns_count(box.ids, self->program.digest, NULL));
	}
	/* Each version once. */
	EXPECT_EQ(BOX_OWN + 10, ns_status_num(box.ids, "entries"));
	box_end(&box);
}

/* Many namespaces, one inode: each has its own entry. */
TEST_F(many, namespaces_of_one_file)
{
	struct box boxes[30];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(boxes); i++)
		ASSERT_EQ(0, box_start_active(&boxes[i], NULL, "many-one"));
	for (i = 0; i < ARRAY_SIZE(boxes); i++) {
		const box_fn run = box_run_path;

		strcpy(boxes[i].shared, self->program.path);
		ASSERT_EQ((ssize_t)sizeof(run),
			  write(boxes[i].sock, &run, sizeof(run)));
	}
	for (i = 0; i < ARRAY_SIZE(boxes); i++) {
		EXPECT_EQ(0, box_answer(&boxes[i]));
		EXPECT_EQ(1, ns_count(boxes[i].ids, self->program.digest,
				      self->program.path));
		box_end(&boxes[i]);
	}
}

/* Of many that write the same file at once, one is first. */
struct race {
	char ids[ID_PATH_MAX];
	const char *file;
	const char *text;
	int go;
};

static int write_in_race(const struct race *race)
{
	char byte;

	if (read(race->go, &byte, 1))
		return -EDOM;
	return ns_write(race->ids, race->file, race->text);
}

/* How many had success; all others must have got EBUSY. */
static int race_winners(struct race *race)
{
	pid_t pids[WORKERS];
	int go[2], i, ret, winners = 0;

	if (pipe(go))
		return -errno;
	race->go = go[0];
	for (i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		close(go[1]);
		_exit(-write_in_race(race));
	}
	close(go[1]);
	for (i = 0; i < WORKERS; i++) {
		ret = wait_for(pids[i]);
		if (ret && ret != -EBUSY)
			winners = ret - WORKERS;
		winners += !ret;
	}
	close(go[0]);
	return winners;
}

TEST_F(many, writers_of_one_file)
{
	struct race race = { .file = "label", .text = SECRET "-race" };
	struct box box;

	ASSERT_EQ(0, box_start(&box, NULL));
	strcpy(race.ids, box.ids);
	EXPECT_EQ(1, race_winners(&race));
	race.file = "active";
	race.text = "1";
	EXPECT_EQ(1, race_winners(&race));
	EXPECT_EQ(BOX_OWN, ns_status_num(box.ids, "entries"));
	box_end(&box);
}

/* Entered just when the last task leaves: it is dead or it is not. */
static void join_when_dying(struct __test_metadata *_metadata,
			    const struct program *program)
{
	char path[64], ids[ID_PATH_MAX];
	struct box box;
	pid_t joiner;
	int fd;

	ASSERT_EQ(0, box_start_active(&box, NULL, "many-dying"));
	strcpy(ids, box.ids);
	snprintf(path, sizeof(path), "/proc/%d/ns/ima", box.pid);
	joiner = fork();
	ASSERT_LE(0, joiner);
	if (!joiner) {
		/* Until the process is no more. */
		while ((fd = open(path, O_RDONLY)) >= 0) {
			if (sys_setns(fd, CLONE_NEWIMA))
				_exit(1);
			close(fd);
		}
		_exit(program_run(program->path) ? 2 : 0);
	}
	box_end(&box);
	EXPECT_EQ(0, wait_for(joiner));
	EXPECT_EQ(0, ns_wait_dead(ids));
	/* DESTROY, and the program if it was joined in time. */
	EXPECT_EQ(BOX_OWN + 1 + ns_count(ids, program->digest, program->path),
		  ns_status_num(ids, "entries"));
}

TEST_F(many, joined_when_dying)
{
	int i;

	for (i = 0; i < 20; i++)
		join_when_dying(_metadata, &self->program);
}

#define MAPPINGS 10

/* A mapped file, and how long the host's list was when the mapping was made. */
struct mapping {
	char path[128];
	unsigned long long host_entries;
};

static int map_one(struct mapping *mapping, const char *prefix, int number,
		   int count_fd)
{
	struct program program;
	char count[32] = {};
	void *map;
	int fd;

	snprintf(program.path, sizeof(program.path), "%.100s-%d", prefix,
		 number);
	strcpy(mapping->path, program.path);
	if (program_renew(&program))
		return -EDOM;
	fd = open(program.path, O_RDONLY | O_CLOEXEC);
	map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	/* At once: a record that comes later must not have the time to. */
	if (map == MAP_FAILED ||
	    pread(count_fd, count, sizeof(count) - 1, 0) <= 0)
		return -EDOM;
	mapping->host_entries = strtoull(count, NULL, 10);
	munmap(map, 4096);
	close(fd);
	unlink(program.path);
	return 0;
}

/* The page holds a prefix for paths, and then takes what was seen. */
struct mappings {
	char prefix[128];
	struct mapping of[WORKERS * MAPPINGS / 2];
};

_Static_assert(sizeof(struct mappings) <= BOX_SHARED, "does not fit the page");

static int map_by_many(void *shared)
{
	struct mappings *const all = shared;
	const int workers = ARRAY_SIZE(all->of) / MAPPINGS;
	const int fd = open(IMA_DIR "/runtime_measurements_count",
			    O_RDONLY | O_CLOEXEC);
	pid_t pids[WORKERS];
	int i, j, ret = 0;

	for (i = 0; i < workers; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		for (j = i * MAPPINGS; j < (i + 1) * MAPPINGS; j++)
			ret = ret ?: map_one(&all->of[j], all->prefix, j, fd);
		_exit(-ret);
	}
	for (i = 0; i < workers; i++)
		ret = wait_for(pids[i]) ?: ret;
	close(fd);
	return ret;
}

/* The seq of a namespace's entry with this path, if it has no children. */
static long long find_seq(const char *ids, const char *path)
{
	long long seq = 0, found = -ENOENT;
	struct entry entry;
	struct list list;

	if (list_load(&list, ns_file(ids, "binary_runtime_measurements")))
		return -EIO;
	for (; list_next(&list, &entry) > 0; seq++)
		if (!strcmp(entry.name, path))
			found = seq;
	list_free(&list);
	return found;
}

static bool entry_has_record(const struct entry *entry, unsigned long long id,
			     unsigned long long seq)
{
	struct ima_ns_record record;
	size_t at = sizeof(struct ima_ns_records_hdr);

	if (strcmp(entry->name, IMA_NS_EVENT_RECORDS))
		return false;
	for (; at + sizeof(record) <= entry->third_len; at += sizeof(record)) {
		memcpy(&record, entry->third + at, sizeof(record));
		if (record.id == id && record.seq == seq)
			return true;
	}
	return false;
}

/* How long the host's list must be to hold this record. */
static unsigned long long entries_with(struct list *host,
				       unsigned long long id,
				       unsigned long long seq)
{
	unsigned long long number = 1;
	struct entry entry;

	host->pos = 0;
	for (; list_next(host, &entry) > 0; number++)
		if (entry_has_record(&entry, id, seq))
			return number;
	return ULLONG_MAX;
}

/*
 * Nothing is used before its record is in the host's list, however many wait
 * for the TPM.
 */
TEST_F(many, measured_before_use)
{
	struct mappings *all;
	struct list host;
	struct box box;
	long long seq;
	size_t i;

	ASSERT_EQ(0, box_start_active(&box, NULL, "many-before"));
	all = box.shared;
	strcpy(all->prefix, self->program.path);
	EXPECT_EQ(0, box_call(&box, map_by_many));
	ASSERT_EQ(0, list_load(&host, HOST_LIST));
	for (i = 0; i < ARRAY_SIZE(all->of); i++) {
		seq = find_seq(box.ids, all->of[i].path);
		ASSERT_LT(0, seq);
		EXPECT_LE(entries_with(&host, ids_last(box.ids), seq),
			  all->of[i].host_entries);
	}
	list_free(&host);
	box_end(&box);
}

/* Readers all the time, while five tasks fill the list. */
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

TEST_F(many, read_while_it_grows)
{
	const box_fn fill = fill_list_by_many;
	struct entry entry;
	struct pollfd pfd;
	struct list list;
	int ret, turns = 0;
	size_t last = 0;
	struct box box;

	ASSERT_EQ(0, box_start_active(&box, NULL, "many-read"));
	memcpy(box.shared, &self->program, sizeof(self->program));
	ASSERT_EQ((ssize_t)sizeof(fill), write(box.sock, &fill, sizeof(fill)));
	pfd = (struct pollfd){ .fd = box.sock, .events = POLLIN };
	while (!poll(&pfd, 1, 0)) {
		ASSERT_EQ(0, list_load(&list,
				       ns_file(box.ids,
					       "binary_runtime_measurements")));
		while ((ret = list_next(&list, &entry)) > 0)
			;
		ASSERT_EQ(0, ret);
		EXPECT_LE(last, list.len);
		last = list.len;
		list_free(&list);
		turns++;
	}
	EXPECT_EQ(0, box_answer(&box));
	EXPECT_LT(1, turns);
	EXPECT_EQ(BOX_OWN + 100, ns_status_num(box.ids, "entries"));
	box_end(&box);
}

TEST_HARNESS_MAIN
