// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fts.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inject.h"

static atomic_bool on;
static atomic_long count;
static atomic_bool failed;
static long first = -1;
static bool all_after;

static const void *watched;
static size_t watched_len;
static atomic_size_t seen;

void inject_plan(long n, bool lasting)
{
	count = 0;
	failed = false;
	first = n;
	all_after = lasting;
}

void inject_on(void)
{
	on = true;
}

int inject_off(int err)
{
	on = false;
	return err;
}

long inject_count(void)
{
	return count;
}

bool inject_failed(void)
{
	return failed;
}

void inject_watch(const void *bytes, size_t len)
{
	watched = bytes;
	watched_len = len;
	seen = 0;
}

size_t inject_seen(void)
{
	return seen;
}

/*
 * Who does not look whether there was memory, so that nobody can go on: json-c
 * (up to 0.17) where it copies a name, and libarchive (up to 3.6) throughout.
 */
static bool excused(void *caller, bool copies)
{
	Dl_info info;

	return dladdr(caller, &info) && info.dli_fname &&
	       (strstr(info.dli_fname, "/libarchive.so") ||
		(copies && strstr(info.dli_fname, "/libjson-c.so")));
}

static bool fails(void *caller, bool copies)
{
	long n;

	if (!on)
		return false;
	n = count++;
	if (first < 0 || n < first || (n > first && !all_after) ||
	    excused(caller, copies))
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

#define CALLER	__builtin_return_address(0)

static void look(void *old)
{
	if (on && watched && old &&
	    memmem(old, malloc_usable_size(old), watched, watched_len))
		seen++;
}

/* AddressSanitizer's, which the program's own below stand in front of. */
void *__interceptor_malloc(size_t size);
void *__interceptor_calloc(size_t members, size_t size);
void *__interceptor_realloc(void *old, size_t size);
void *__interceptor_reallocarray(void *old, size_t members, size_t size);
void __interceptor_free(void *old);

void *malloc(size_t size)
{
	return fails(CALLER, false) ? NULL : __interceptor_malloc(size);
}

void *calloc(size_t members, size_t size)
{
	return fails(CALLER, false) ? NULL : __interceptor_calloc(members, size);
}

void *realloc(void *old, size_t size)
{
	if (fails(CALLER, false))
		return NULL;
	look(old);
	return __interceptor_realloc(old, size);
}

void *reallocarray(void *old, size_t members, size_t size)
{
	if (fails(CALLER, false))
		return NULL;
	look(old);
	return __interceptor_reallocarray(old, members, size);
}

void free(void *old)
{
	look(old);
	__interceptor_free(old);
}

/* By this name it is called where files may be large on a 32-bit machine. */
#ifdef __USE_FILE_OFFSET64
#define FTS_OPEN	"fts64_open"
#else
#define FTS_OPEN	"fts_open"
#endif

/* Nor does glibc's fts_open() look whether it had memory for the first entry. */
FTS *fts_open(char *const *paths, int options,
	      int (*compare)(const FTSENT **, const FTSENT **))
{
	FTS *(*real)(char *const *, int,
		     int (*)(const FTSENT **, const FTSENT **));
	bool was = on;
	FTS *fts;

	on = false;
	*(void **)&real = dlsym(RTLD_NEXT, FTS_OPEN);
	fts = real(paths, options, compare);
	on = was;
	return fts;
}

/* AddressSanitizer's would not ask the malloc() above. */
static char *copy_of(const char *text, size_t len, void *caller)
{
	char *copy = fails(caller, true) ? NULL : __interceptor_malloc(len + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *strndup(const char *text, size_t max)
{
	return copy_of(text, strnlen(text, max), CALLER);
}

char *strdup(const char *text)
{
	return copy_of(text, strlen(text), CALLER);
}
