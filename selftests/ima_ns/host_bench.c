// SPDX-License-Identifier: GPL-2.0-only
/*
 * What opening, mapping and executing cost on a host without namespaces, on any
 * kernel. Prints a line for each event: its name, and the median in nanoseconds
 * of the thread's own time. To be run where that counts instructions (--icount).
 */

#include <sys/mman.h>
#include <sys/resource.h>

#include "program.h"

#define ROUNDS 101

typedef int (*event_fn)(const char *path);

static int event_read(const char *path)
{
	return can_open(path, O_RDONLY);
}

static int event_both(const char *path)
{
	return can_open(path, O_RDWR);
}

static int event_map(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *const at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE,
			      fd, 0);
	const int ret = at == MAP_FAILED ? -errno : munmap(at, 4096);

	close(fd);
	return ret;
}

/* A child's time ends up in its parent's account. */
static long long children_time(void)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000LL +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
}

static long long cpu_time(bool of_children)
{
	return of_children ? children_time() : now_ns(CLOCK_THREAD_CPUTIME_ID);
}

static int by_size(const void *a, const void *b)
{
	const long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

/* A negative result is an errno. */
static long long time_once(event_fn event, const char *path)
{
	const bool runs = event == program_run;
	const long long start = cpu_time(runs);
	const int ret = event(path);

	return ret ?: cpu_time(runs) - start;
}

/* @fresh: of files that nobody has seen; else of one that was seen before. */
static int bench(const char *when, const char *name, event_fn event, bool fresh)
{
	static long long times[ROUNDS];
	struct program program;
	int i, ret;

	ret = program_make_public(&program);
	ret = ret ?: fresh ? 0 : event(program.path);
	for (i = 0; i < ROUNDS && !ret; i++) {
		/* A file of its own: another inode. */
		if (fresh) {
			unlink(program.path);
			ret = program_make_public(&program);
		}
		times[i] = ret ?: time_once(event, program.path);
		if (times[i] < 0)
			ret = times[i];
	}
	unlink(program.path);
	qsort(times, ROUNDS, sizeof(*times), by_size);
	if (!ret)
		printf("%s-%s %lld\n", when, name, times[ROUNDS / 2]);
	return ret;
}

static int bench_known(const char *when)
{
	return bench(when, "open", event_read, false) ?:
	       bench(when, "open-both", event_both, false) ?:
	       bench(when, "map", event_map, false) ?:
	       bench(when, "exec", program_run, false);
}

/* A rule in each write, and all before the file is closed. */
static int load_rules(void)
{
	static const char *const rules[] = {
		"measure func=BPRM_CHECK\n",
		"measure func=MMAP_CHECK mask=MAY_EXEC\n",
		"measure func=FILE_CHECK mask=MAY_READ\n",
	};
	const int fd = open(IMA_DIR "/policy", O_WRONLY | O_CLOEXEC);
	int ret = fd < 0 ? -errno : 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rules) && !ret; i++)
		if (write(fd, rules[i], strlen(rules[i])) < 0)
			ret = -errno;
	if (fd >= 0)
		close(fd);
	return ret;
}

int main(void)
{
	const int ret = bench_known("none") ?: load_rules() ?:
			bench_known("known") ?:
			bench("new", "open", event_read, true) ?:
			bench("new", "map", event_map, true) ?:
			bench("new", "exec", program_run, true);

	if (ret)
		fprintf(stderr, "host_bench: %d\n", ret);
	return ret ? 1 : 0;
}
