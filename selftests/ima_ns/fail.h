/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations that fail, one at a time: /proc/PID/fail-nth has the n-th one of
 * a task fail, and tells whether there was an n-th. With n = 1, 2, 3... until
 * there was none, each has failed once.
 */
#ifndef _SELFTESTS_IMA_NS_FAIL_H
#define _SELFTESTS_IMA_NS_FAIL_H

#include "program.h"

#define FAIL_SLAB "/sys/kernel/debug/failslab"
#define FAIL_PAGES "/sys/kernel/debug/fail_page_alloc"

/* More allocations than any operation makes: an end for a loop gone wild. */
#define FAIL_MAX 3000

/* Addresses that must be on the stack of an allocation that fails. */
struct fail_range {
	unsigned long long start, end;
};

static const struct fail_range fail_anywhere = { 0, ~0ULL };
/* No stack has it. */
static const struct fail_range fail_nowhere = { 1, 1 };

static inline int fail_write(const char *dir, const char *file,
			     const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return write_text(path, text);
}

static inline int fail_restrict(const char *dir, const struct fail_range *range)
{
	char start[32], end[32];
	int ret;

	snprintf(start, sizeof(start), "%llu", range->start);
	snprintf(end, sizeof(end), "%llu", range->end);
	ret = fail_write(dir, "require-start", start);
	return ret ?: fail_write(dir, "require-end", end);
}

/* What fails: allocations of objects and of pages, below these functions. */
static inline int fail_below(const struct fail_range *slab,
			     const struct fail_range *pages)
{
	int ret;

	ret = fail_write(FAIL_SLAB, "ignore-gfp-wait", "N");
	ret = ret ?: fail_write(FAIL_SLAB, "verbose", "0");
	ret = ret ?: fail_write(FAIL_SLAB, "probability", "0");
	ret = ret ?: fail_write(FAIL_PAGES, "ignore-gfp-wait", "N");
	ret = ret ?: fail_write(FAIL_PAGES, "min-order", "0");
	ret = ret ?: fail_write(FAIL_PAGES, "verbose", "0");
	ret = ret ?: fail_restrict(FAIL_SLAB, slab);
	return ret ?: fail_restrict(FAIL_PAGES, pages);
}

/* All allocations of any task there, as long as the probability is 100. */
static inline int fail_always(bool on)
{
	int ret = fail_write(FAIL_SLAB, "times", on ? "-1" : "1");

	return ret ?: fail_write(FAIL_SLAB, "probability", on ? "100" : "0");
}

static inline int fail_nth_fd(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/fail-nth", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static inline int fail_arm(int fd, unsigned int nth)
{
	char text[16];
	const int len = snprintf(text, sizeof(text), "%u", nth);

	return pwrite(fd, text, len, 0) == len ? 0 : -errno;
}

/* 1 if an allocation has failed, 0 if there were fewer, or an error. */
static inline int fail_disarm(int fd)
{
	char text[16] = {};

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return -errno;
	return fail_arm(fd, 0) ?: !strtoul(text, NULL, 10);
}

/*
 * Have the caller's @nth allocation in @fn fail. Returns as fail_disarm(); the
 * function's return is in @ret.
 */
static inline int fail_in(unsigned int nth, int (*fn)(void *arg), void *arg,
			  int *ret)
{
	const int fd = fail_nth_fd(getpid());
	int failed;

	*ret = -ECANCELED;
	if (fd < 0)
		return fd;
	failed = fail_arm(fd, nth);
	if (!failed) {
		*ret = fn(arg);
		failed = fail_disarm(fd);
	}
	close(fd);
	return failed;
}

/* The same in another process, which shares this. */
struct fail_attempt {
	int (*fn)(void *arg);
	unsigned int nth;
	int failed;
	int ret;
	/* What @fn gets. */
	union {
		char path[256];
		struct program program;
	} arg;
};

_Static_assert(sizeof(struct fail_attempt) <= BOX_SHARED, "does not fit");

static inline int fail_attempt(void *shared)
{
	struct fail_attempt *const attempt = shared;

	attempt->failed = fail_in(attempt->nth, attempt->fn, &attempt->arg,
				  &attempt->ret);
	return 0;
}

/* A line of /proc/kallsyms that is a function's in the kernel itself. */
static inline bool next_function(FILE *syms, unsigned long long *address,
				 char name[128])
{
	char line[512], type;

	while (fgets(line, sizeof(line), syms))
		if (sscanf(line, "%llx %c %127s", address, &type, name) == 3 &&
		    strchr("tT", type) && !strchr(line, '['))
			return true;
	return false;
}

/* Where a function begins, and the one behind it. */
static inline int fail_range_of(const char *function, struct fail_range *range)
{
	FILE *const syms = fopen("/proc/kallsyms", "re");
	unsigned long long address;
	char name[128];

	if (!syms)
		return -errno;
	memset(range, 0, sizeof(*range));
	while (!range->end && next_function(syms, &address, name)) {
		if (range->start && address > range->start)
			range->end = address;
		if (!strcmp(name, function))
			range->start = address;
	}
	fclose(syms);
	return range->start && range->end ? 0 : -ENOENT;
}

/*
 * From the hooks to the last function of the namespaces': the objects of IMA
 * are linked one behind the other. What runs at boot only, and what the
 * compiler thinks is rarely executed, lies elsewhere.
 */
static inline int fail_range_of_ima(struct fail_range *range)
{
	FILE *const syms = fopen("/proc/kallsyms", "re");
	struct fail_range init = {};
	unsigned long long address;
	char name[128];

	if (!syms)
		return -errno;
	while (next_function(syms, &address, name)) {
		if (!strcmp(name, "_sinittext"))
			init.start = address;
		if (!strcmp(name, "_einittext"))
			init.end = address;
	}
	rewind(syms);
	*range = (struct fail_range){ ~0ULL, 0 };
	while (next_function(syms, &address, name)) {
		if ((strncmp(name, "ima_", 4) &&
		     strcmp(name, "process_measurement")) ||
		    strstr(name, ".cold") ||
		    (address >= init.start && address < init.end))
			continue;
		if (address < range->start)
			range->start = address;
		if (address > range->end)
			range->end = address;
	}
	fclose(syms);
	/* The last one has a body, too. */
	range->end += 256;
	return range->start < range->end ? 0 : -ENOENT;
}

#endif /* _SELFTESTS_IMA_NS_FAIL_H */
