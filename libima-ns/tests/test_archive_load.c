// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libarchive: not there, broken, of a version that lacks a call, and loaded once,
 * whoever asks first. The dynamic linker is put out of order for this (--wrap).
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../src/archive_load.h"
#include "image_make.h"
#include "util.h"

#define THREADS		8
#define NEEDS		"img: reading images needs libarchive.so.13: "
#define NONE		SIZE_MAX
#define ONE(name)	+ 1
#define CALLS		((size_t)(0 IMANS_ARCHIVE_CALLS(ONE)))

/* What goes wrong, and how often each was called. */
static const char *load_instead;
static size_t lacking = NONE;
static const char *says;
static bool slow;
static atomic_size_t loads, unloads, symbols;

void *__real_dlopen(const char *name, int flags);
void *__real_dlsym(void *handle, const char *symbol);
int __real_dlclose(void *handle);
char *__real_dlerror(void);
void *__wrap_dlopen(const char *name, int flags);
void *__wrap_dlsym(void *handle, const char *symbol);
int __wrap_dlclose(void *handle);
char *__wrap_dlerror(void);

void *__wrap_dlopen(const char *name, int flags)
{
	const struct timespec while_others_ask = { .tv_nsec = 100000000 };

	assert_string_equal(name, "libarchive.so.13");
	loads++;
	if (slow)
		nanosleep(&while_others_ask, NULL);
	return __real_dlopen(load_instead ? load_instead : name, flags);
}

void *__wrap_dlsym(void *handle, const char *symbol)
{
	return __real_dlsym(handle, symbols++ == lacking ? "no_such_call" :
							   symbol);
}

int __wrap_dlclose(void *handle)
{
	unloads++;
	return __real_dlclose(handle);
}

char *__wrap_dlerror(void)
{
	char *real = __real_dlerror();

	return says ? (char *)(uintptr_t)says : real;
}

struct image {
	struct bl_bytes layer, whole;
};

static struct image make_image(void)
{
	struct image image = { .layer = im_layer() };

	image.whole = im_docker(&image.layer);
	return image;
}

static void free_image(struct image *image)
{
	free(image->layer.data);
	free(image->whole.data);
}

static int read_image(struct imans_ctx *ctx, const struct image *image,
		      size_t *listed)
{
	struct imans_policy *policy;
	int err = imans_policy_new(ctx, &policy);

	assert_int_equal(err, 0);
	err = imans_policy_add_image_mem(policy, image->whole.data,
					 image->whole.len, "img",
					 IMANS_BANK(IMANS_SHA256), NULL);
	*listed = imans_policy_digests(policy);
	imans_policy_free(policy);
	return err;
}

static void refused(struct imans_ctx *ctx, const char *words)
{
	struct image image = make_image();
	size_t listed;

	assert_int_equal(read_image(ctx, &image, &listed), -ENOPKG);
	assert_string_equal(imans_ctx_error(ctx), words);
	assert_int_equal(listed, 0);
	free_image(&image);
}

/* Not there, or no library, and what a dynamic linker may say of that. */
static void test_absent(void **state)
{
	load_instead = "/nowhere/libarchive.so.13";
	refused(*state, NEEDS "/nowhere/libarchive.so.13: cannot open shared object file: No such file or directory");
	says = "libarchive.so.13: cannot open shared object file";
	refused(*state, NEEDS "cannot open shared object file");
	says = "libicuuc.so.72: cannot open shared object file";
	refused(*state, NEEDS "libicuuc.so.72: cannot open shared object file");
	says = "libarchive.so.137: odd";
	refused(*state, NEEDS "libarchive.so.137: odd");
	says = NULL;
	load_instead = IMANS_TESTS_DIR "/README.md";
	refused(*state, NEEDS IMANS_TESTS_DIR "/README.md: invalid ELF header");
	load_instead = NULL;
	assert_int_equal(unloads, 0);
}

/* Another library under its name, and one that lacks each call in turn. */
static void test_lacking(void **state)
{
	says = "undefined symbol";
	load_instead = "libc.so.6";
	refused(*state, NEEDS "undefined symbol");
	assert_int_equal(symbols, 1);
	load_instead = NULL;
	for (lacking = 0; lacking < CALLS; lacking++) {
		symbols = 0;
		refused(*state, NEEDS "undefined symbol");
		assert_int_equal(symbols, lacking + 1);
	}
	/* What is of no use does not stay. */
	assert_int_equal(unloads, 1 + CALLS);
	lacking = NONE;
	says = NULL;
}

static pthread_barrier_t together;

static void *read_in_thread(void *user)
{
	struct imans_ctx *ctx;
	size_t listed = 0;
	int err = imans_ctx_new(&ctx);

	pthread_barrier_wait(&together);
	if (err)
		return "no context";
	err = read_image(ctx, user, &listed);
	imans_ctx_free(ctx);
	return err || !listed ? "not read" : NULL;
}

/* After all that failed it is found, and by all who ask for it at once. */
static void test_threads(void **state)
{
	struct image image = make_image();
	pthread_t threads[THREADS];
	size_t listed;

	loads = symbols = 0;
	slow = true;
	pthread_barrier_init(&together, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
						read_in_thread, &image), 0);
	for (int i = 0; i < THREADS; i++) {
		void *wrong;

		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		if (wrong)
			fail_msg("%s", (char *)wrong);
	}
	pthread_barrier_destroy(&together);
	assert_int_equal(read_image(*state, &image, &listed), 0);
	assert_int_equal(loads, 1);
	assert_int_equal(symbols, CALLS);
	free_image(&image);
}

int main(void)
{
	/* The last one loads it for good. */
	const struct CMUnitTest tests[] = {
		TEST(test_absent),
		TEST(test_lacking),
		TEST(test_threads),
	};

	return cmocka_run_group_tests_name("archive_load", tests, NULL, NULL);
}
