// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Threads of a verification: whatever is wrong with a node, they find what one
 * finds, which node_verify_with() compares for every node of all tests. Here:
 * many namespaces, threads that can't be had, and errors.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"

/* Besides those that every node of the tests has. */
#define MORE		6
#define NAMESPACES	(MORE + 3)

/* How many more threads may be started; those that have been. */
static int allowed;
static int started;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*start)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*start)(void *), void *arg);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*start)(void *), void *arg)
{
	if (started == allowed)
		return EAGAIN;
	started++;
	return __real_pthread_create(thread, attr, start, arg);
}

/* Some of them good; others with files that nobody knows, or without a list. */
static void make_node(struct node *n, struct imans_ctx *ctx)
{
	struct bl_ns *ns[MORE];
	char name[32];

	node_begin(n, ctx);
	for (int i = 0; i < MORE; i++) {
		snprintf(name, sizeof(name), "pod=%d", i + 3);
		ns[i] = bl_create(&n->w, i % 4 == 3 ? ns[i - 1] : NULL, name);
	}
	for (int k = 0; k < 40; k++)
		for (int i = 0; i < MORE; i++) {
			snprintf(name, sizeof(name), "/bin/%d-%d", i,
				 k % (i + 2));
			bl_entry(&n->w, ns[i], name);
			if (n->w.queued == IMANS_RECORDS_MAX)
				bl_flush(&n->w);
		}
	bl_flush(&n->w);
	node_quote_part(n, "12345678", "1234567");
}

static char *verify(struct node *n, size_t threads)
{
	struct imans_verify_opts opts = node_opts(n);
	struct imans_report *report;
	char *text;

	opts.threads = threads;
	assert_int_equal(imans_verify(n->evidence, &opts, &report), 0);
	assert_int_equal(imans_report_json(n->ctx, report, &text), 0);
	imans_report_free(report);
	return text;
}

static void finds_the_same(void **state)
{
	struct node n;
	char *alone, *text;

	make_node(&n, *state);
	started = 0;
	allowed = IMANS_THREADS_MAX;
	alone = verify(&n, 0);
	assert_int_equal(started, 0);
	assert_non_null(strstr(alone, "not-in-reference"));
	for (size_t threads = 1; threads <= IMANS_THREADS_MAX; threads++) {
		started = 0;
		text = verify(&n, threads);
		assert_string_equal(text, alone);
		/* The caller's is one; more than there is work for help none. */
		assert_in_range(started, 0, NAMESPACES - 1);
		assert_int_equal(started > 0, threads > 1);
		free(text);
	}
	free(alone);
	node_end(&n);
}

static void does_without(void **state)
{
	struct node n;
	char *alone, *text;

	make_node(&n, *state);
	alone = verify(&n, 1);
	for (allowed = 0; allowed < 4; allowed++) {
		started = 0;
		text = verify(&n, 5);
		assert_string_equal(text, alone);
		assert_int_equal(started, allowed);
		free(text);
	}
	free(alone);
	node_end(&n);
}

static void count_log(void *user, enum imans_log_level level,
		      const char *message)
{
	(void)level;
	(void)message;
	++*(int *)user;
}

static void count_files(void *user, uint64_t nsid, uint64_t entry,
			const struct imans_file *file,
			const struct imans_decision *decision)
{
	(void)nsid;
	(void)entry;
	(void)file;
	(void)decision;
	++*(int *)user;
}

/* Callbacks are the caller's thread's, one at a time. */
static void calls_back_alone(void **state)
{
	struct imans_verify_opts opts;
	int logged = 0, files = 0;
	struct node n;

	make_node(&n, *state);
	started = 0;
	allowed = IMANS_THREADS_MAX;
	imans_ctx_set_log(*state, count_log, &logged);
	free(verify(&n, 4));
	imans_ctx_set_log(*state, NULL, NULL);
	opts = node_opts(&n);
	opts.threads = 4;
	opts.explain = count_files;
	opts.explain_user = &files;
	assert_int_equal(imans_verify(n.evidence, &opts, &n.report), 0);
	assert_int_equal(started, 0);
	assert_true(files > 0);
	node_end(&n);
}

static void refuses_too_many(void **state)
{
	struct imans_verify_opts opts;
	struct imans_report *report = NULL;
	struct node n;

	make_node(&n, *state);
	opts = node_opts(&n);
	opts.threads = IMANS_THREADS_MAX + 1;
	assert_int_equal(imans_verify(n.evidence, &opts, &report), -EINVAL);
	assert_null(report);
	assert_string_equal(imans_ctx_error(*state),
			    "verify: more than 64 threads");
	n.report = NULL;
	node_end(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_the_same),
		TEST(does_without),
		TEST(calls_back_alone),
		TEST(refuses_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
