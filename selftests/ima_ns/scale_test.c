// SPDX-License-Identifier: GPL-2.0-only
/*
 * What namespaces cost when there are many: scale_test [NUMBER [PERCENT]].
 *
 * PERCENT is how much dearer an event may be among that many than alone: 5 where
 * the machine counts instructions instead of time (the harness's --icount), and
 * enough to tell a constant from a line elsewhere.
 *
 *   host --> probe, whose events are timed
 *        \-> NUMBER namespaces that nobody is in; handles keep them alive
 */

#include <dirent.h>
#include <sys/resource.h>

#include "map.h"
#include "program.h"

#define MEMORY_MAX 8192
#define WORKERS 4
#define SAMPLES 60
#define DEAD_MAX 1024

static unsigned int number = 1000;
static unsigned int percent = 50;

/* Shared by the test, its workers and their children. */
static struct {
	int fd;
	char ids[64];
	char file[128];
} *shared;

/* The report: in the test's export, and among its output. */
static void __attribute__((format(printf, 1, 2))) report(const char *fmt, ...)
{
	char path[PATH_MAX], line[256];
	va_list ap;
	FILE *file;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	printf("# scale: %s\n", line);
	fflush(stdout);
	snprintf(path, sizeof(path), "%s/scale", getenv("IMA_NS_EXPORT") ?: ".");
	file = fopen(path, "ae");
	if (!file)
		return;
	fprintf(file, "%s\n", line);
	fclose(file);
}

/* Kernel memory that is not cache, in KiB. */
static long long kernel_memory(void)
{
	char text[8192], *at;
	long long sum = 0;
	unsigned int i;
	static const char *const names[] = {
		"SUnreclaim:", "Percpu:", "VmallocUsed:",
	};

	if (read_text("/proc/meminfo", text, sizeof(text)) < 0)
		return -1;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		at = strstr(text, names[i]);
		if (at)
			sum += strtoll(at + strlen(names[i]), NULL, 10);
	}
	return sum;
}

/* Making them. */

/* In a child that shares its table of descriptors with the worker. */
static int be_first(unsigned int slot)
{
	char ids[ID_PATH_MAX], label[64];
	int ret = ns_self(ids);

	snprintf(shared[slot].ids, sizeof(shared[slot].ids), "%llu",
		 ids_last(ids));
	shared[slot].fd = open("/proc/self/ns/ima", O_RDONLY | O_CLOEXEC);
	snprintf(label, sizeof(label), SECRET "-scale-%u", slot);
	ret = ret ?: ns_activate(shared[slot].ids, label);
	return shared[slot].fd < 0 ? -EBADF : ret;
}

/* In a child of the worker's. */
static int be_second(unsigned int slot)
{
	const int ret = sys_setns(shared[slot].fd, CLONE_NEWIMA);

	return ret ?: map_executable(shared[slot].file);
}

struct order {
	bool create;
	unsigned int from;
	unsigned int to;
};

static int carry_out(const struct order *order, unsigned int worker)
{
	const uint64_t flags = order->create ? CLONE_NEWIMA | CLONE_FILES : 0;
	unsigned int slot;
	pid_t pid;
	int ret = 0;

	for (slot = order->from; slot < order->to && !ret; slot++) {
		if (slot % WORKERS != worker)
			continue;
		pid = sys_clone3(flags, SIGCHLD);
		if (!pid)
			_exit(-(order->create ? be_first(slot) :
						be_second(slot)));
		ret = pid < 0 ? pid : wait_for(pid);
	}
	return ret;
}

/* Workers hold the handles; more of them than one process may have open. */
struct worker {
	pid_t pid;
	int sock;
};

static void __attribute__((noreturn)) serve(int sock, unsigned int worker)
{
	const struct rlimit many = { 20000, 20000 };
	struct order order;
	int ret = setrlimit(RLIMIT_NOFILE, &many) ? -errno : 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(sock, &order, sizeof(order)) == sizeof(order)) {
		ret = ret ?: carry_out(&order, worker);
		if (write(sock, &ret, sizeof(ret)) != sizeof(ret))
			break;
	}
	_exit(0);
}

static int start_workers(struct worker workers[WORKERS])
{
	int socks[2];
	unsigned int i;

	for (i = 0; i < WORKERS; i++) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks))
			return -errno;
		workers[i].pid = fork();
		if (!workers[i].pid) {
			close(socks[0]);
			serve(socks[1], i);
		}
		close(socks[1]);
		workers[i].sock = socks[0];
	}
	return 0;
}

static int have_done(struct worker workers[WORKERS], bool create,
		     unsigned int from, unsigned int to)
{
	const struct order order = { create, from, to };
	int ret = 0, answer;
	unsigned int i;

	for (i = 0; i < WORKERS; i++)
		if (write(workers[i].sock, &order, sizeof(order)) < 0)
			ret = -errno;
	for (i = 0; i < WORKERS && !ret; i++)
		ret = read(workers[i].sock, &answer, sizeof(answer)) ==
		      sizeof(answer) ? answer : -EPIPE;
	return ret;
}

static void end_workers(struct worker workers[WORKERS])
{
	unsigned int i;

	for (i = 0; i < WORKERS; i++) {
		kill(workers[i].pid, SIGKILL);
		waitpid(workers[i].pid, NULL, 0);
		close(workers[i].sock);
	}
}

/* Timing events. */

enum { HIT, FRESH, OPEN, EVENTS };

static const char *const event_names[EVENTS] = { "hit", "fresh", "host open" };

struct costs {
	char file[128];
	long long ns[EVENTS];
};

static int compare(const void *a, const void *b)
{
	const long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

/* Of the middle, or lower where the machine is disturbed. */
static long long typical(long long samples[SAMPLES])
{
	qsort(samples, SAMPLES, sizeof(*samples), compare);
	return samples[SAMPLES / 4];
}

static long long time_event(int event, const char *path)
{
	long long start;
	int ret, fd;

	start = now_ns(CLOCK_THREAD_CPUTIME_ID);
	if (event == OPEN) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		ret = fd < 0 ? -errno : close(fd);
	} else {
		ret = map_path(path, PROT_READ | PROT_EXEC, false);
	}
	return ret ? -1 : now_ns(CLOCK_THREAD_CPUTIME_ID) - start;
}

static int sample(struct costs *costs, int event)
{
	long long samples[SAMPLES];
	struct program program;
	int i;

	for (i = 0; i < SAMPLES; i++) {
		if (event != FRESH) {
			samples[i] = time_event(event, costs->file);
		} else {
			if (program_make(&program))
				return -EIO;
			samples[i] = time_event(event, program.path);
			unlink(program.path);
		}
		if (samples[i] < 0)
			return -EIO;
	}
	costs->ns[event] = typical(samples);
	return 0;
}

/* In the probe. */
static int sample_own(void *arg)
{
	struct costs *const costs = arg;
	const int ret = map_executable(costs->file);

	return ret ?: sample(costs, HIT) ?: sample(costs, FRESH);
}

static int take_costs(struct box *probe, const char *file, struct costs *costs)
{
	struct costs *const theirs = probe->shared;
	int ret;

	strcpy(theirs->file, file);
	ret = box_call(probe, sample_own);
	*costs = *theirs;
	return ret ?: sample(costs, OPEN);
}

FIXTURE(scale)
{
	struct worker workers[WORKERS];
	struct program program;
	struct box probe;
	struct costs alone;
	size_t size;
};

FIXTURE_SETUP(scale)
{
	unsigned int i;

	self->size = number * sizeof(*shared);
	shared = mmap(NULL, self->size, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, shared);
	/* By default it is half of what threads there may be. */
	ASSERT_EQ(0, write_text("/proc/sys/user/max_ima_namespaces", "20000"));
	ASSERT_EQ(0, program_make(&self->program));
	for (i = 0; i < number; i++)
		strcpy(shared[i].file, self->program.path);
	ASSERT_EQ(0, box_start_active(&self->probe, NULL, "scale-probe"));
	ASSERT_EQ(0, start_workers(self->workers));
	ASSERT_EQ(0, take_costs(&self->probe, self->program.path,
				&self->alone));
}

FIXTURE_TEARDOWN(scale)
{
	end_workers(self->workers);
	box_end(&self->probe);
	unlink(self->program.path);
	munmap(shared, self->size);
}

static void expect_same_costs(struct __test_metadata *_metadata,
			      FIXTURE_DATA(scale) *self, const char *when)
{
	struct costs costs;
	int i;

	ASSERT_EQ(0, take_costs(&self->probe, self->program.path, &costs));
	for (i = 0; i < EVENTS; i++) {
		EXPECT_LE(costs.ns[i] * 100,
			  self->alone.ns[i] * (100 + percent));
		report("%s: %s: %lld ns, alone %lld ns, %+.1f %%", when,
		       event_names[i], costs.ns[i], self->alone.ns[i],
		       costs.ns[i] * 100.0 / self->alone.ns[i] - 100);
	}
}

/* Makes all of them, and looks at the costs on the way. */
static void make_all(struct __test_metadata *_metadata,
		     FIXTURE_DATA(scale) *self)
{
	long long memory = kernel_memory(), start, took;
	unsigned int have, next;
	char when[32];

	for (have = 0; have < number; have = next) {
		next = have ? have * 10 : 10;
		next = next < number ? next : number;
		start = now_ns(CLOCK_MONOTONIC);
		ASSERT_EQ(0, have_done(self->workers, true, have, next));
		took = now_ns(CLOCK_MONOTONIC) - start;
		report("%u namespaces made: %lld us each", next - have,
		       took / (next - have) / 1000);
		snprintf(when, sizeof(when), "among %u", next);
		expect_same_costs(_metadata, self, when);
	}
	memory = (kernel_memory() - memory) * 1024 / number;
	report("memory of an empty namespace: %lld bytes", memory);
	EXPECT_GE(MEMORY_MAX, memory);
}

/* All rely on one file, and it is written. */
static void write_to_what_all_rely_on(struct __test_metadata *_metadata,
				      FIXTURE_DATA(scale) *self)
{
	const int reader = open(self->program.path, O_RDONLY | O_CLOEXEC);
	long long start = now_ns(CLOCK_MONOTONIC), cpu;
	unsigned int i;
	int writer;

	ASSERT_EQ(0, have_done(self->workers, false, 0, number));
	report("%u namespaces measured one file: %lld us each", number,
	       (now_ns(CLOCK_MONOTONIC) - start) / number / 1000);
	expect_same_costs(_metadata, self, "all on one file");

	start = now_ns(CLOCK_MONOTONIC);
	cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
	writer = open(self->program.path, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, writer);
	report("%u violations: staged in %lld us, with the commits %lld us",
	       number + 1, (now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) / 1000,
	       (now_ns(CLOCK_MONOTONIC) - start) / 1000);
	for (i = 0; i < number; i += 97)
		EXPECT_EQ(1, ns_status_num(shared[i].ids, "violations"));
	EXPECT_EQ(1, ns_status_num(self->probe.ids, "violations"));

	/* The inode goes with what all knew of it. */
	close(writer);
	ASSERT_EQ(0, unlink(self->program.path));
	cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
	close(reader);
	report("inode with %u nodes evicted in %lld us", number + 1,
	       (now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) / 1000);
}

static unsigned int count_children(void)
{
	DIR *const dir = opendir(NS_DIR);
	unsigned int count = 0;
	struct dirent *de;

	while (dir && (de = readdir(dir)))
		count += de->d_name[0] >= '1' && de->d_name[0] <= '9';
	if (dir)
		closedir(dir);
	return count;
}

static void let_all_die(struct __test_metadata *_metadata,
			FIXTURE_DATA(scale) *self)
{
	long long start = now_ns(CLOCK_MONOTONIC);
	const unsigned int before = count_children();
	unsigned int i;

	EXPECT_LE(number + 1, before);
	report("directory of %u read in %lld us", before,
	       (now_ns(CLOCK_MONOTONIC) - start) / 1000);

	start = now_ns(CLOCK_MONOTONIC);
	end_workers(self->workers);
	for (i = 0; i < number; i++)
		if (can_open(ns_file(shared[i].ids, "status"), O_RDONLY) !=
								-ENOENT)
			ASSERT_EQ(0, ns_wait_dead(shared[i].ids));
	report("%u namespaces died: %lld us each", number,
	       (now_ns(CLOCK_MONOTONIC) - start) / number / 1000);
	/* The others' lists were pushed out; the probe lives. */
	EXPECT_GE(DEAD_MAX + 1, count_children());
	ASSERT_EQ(0, start_workers(self->workers));
}

TEST_F_TIMEOUT(scale, many, 6000)
{
	make_all(_metadata, self);
	write_to_what_all_rely_on(_metadata, self);
	let_all_die(_metadata, self);
	ASSERT_EQ(0, program_renew(&self->program));
	expect_same_costs(_metadata, self, "after all");
}

int main(int argc, char **argv)
{
	char *const none[] = { argv[0], NULL };

	if (argc > 1)
		number = strtoul(argv[1], NULL, 10);
	if (argc > 2)
		percent = strtoul(argv[2], NULL, 10);
	return test_harness_run(1, (char **)none);
}
