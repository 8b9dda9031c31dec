// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a round costs: what is new, however much is old. With IMANS_COST_ENTRIES
 * for the size; a million and more must be a hundred times cheaper as well,
 * which only a build without sanitizers can tell.
 */
#include <stdlib.h>
#include <time.h>

#include "round.h"

#define NEW	100
/* As in ima-ns/records. */
#define BATCH	20

static size_t old_entries(void)
{
	const char *text = getenv("IMANS_COST_ENTRIES");

	return text ? strtoul(text, NULL, 10) : 2000;
}

/* Most of it in one list; each 16th of a nested namespace, with its copy. */
static void run_things(struct rounds *r, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bl_entry(&r->n.w, rounds_ns(r, i % 16 ? WEB : CTR), "/bin/sh");
		if (i % BATCH == BATCH - 1)
			bl_flush(&r->n.w);
	}
	bl_flush(&r->n.w);
}

/* In all lists, copies in them too. */
static size_t all_entries(const struct rounds *r)
{
	size_t count = r->n.w.host.count;

	for (size_t i = 0; i < r->n.w.ns_count; i++)
		count += r->n.w.ns[i]->list.count;
	return count;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A round that counts, and the seconds that imans_verify() took. */
static double measure(struct rounds *r, const struct imans_evidence *evidence)
{
	struct imans_verify_opts opts = node_opts(&r->n);
	uint64_t count = round_count(r->state);
	double begin;

	opts.state = r->state;
	imans_report_free(r->n.report);
	r->n.report = NULL;
	begin = now();
	assert_int_equal(imans_verify(evidence, &opts, &r->n.report), 0);
	begin = now() - begin;
	expect_verdicts(&r->n, "cccc");
	assert_int_equal(round_count(r->state), count + 1);
	return begin;
}

static size_t state_size(const struct rounds *r)
{
	struct bl_bytes file = rounds_encode(r->state);

	free(file.data);
	return file.len;
}

static void costs_what_is_new(void **state)
{
	struct imans_evidence *rest;
	size_t old, new, size, count = old_entries();
	double whole, part;
	struct rounds r;

	rounds_begin(&r, *state);
	imans_state_free(r.state);
	assert_int_equal(imans_state_new(*state, &r.state), 0);
	run_things(&r, count);
	rounds_quote(&r);
	whole = measure(&r, r.n.evidence);
	old = all_entries(&r);
	assert_true(old > count);
	assert_int_equal(imans_report_examined(r.n.report), old);
	size = state_size(&r);

	run_things(&r, NEW);
	new = all_entries(&r) - old;
	/* A hundred, the copies of seven, and five of ima-ns/records. */
	assert_int_equal(new, NEW + (NEW + 15) / 16 + NEW / BATCH);
	rounds_quote(&r);
	round_store(*state, &r.state);
	rest = round_rest(&r.n, r.state);
	part = measure(&r, rest);
	assert_int_equal(imans_report_examined(r.n.report), new);
	imans_evidence_free(rest);

	print_message("# %zu old entries: %.3f s; %zu new ones: %.6f s, %.0f times less; state: %zu bytes\n",
		      old, whole, new, part, whole / part, size);
	assert_in_range(size, 1, 2000);
	assert_in_range(state_size(&r), 1, 2000);
	if (count >= 1000000)
		assert_true(whole >= 100 * part);
	rounds_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(costs_what_is_new),
	};

	return cmocka_run_group_tests_name("cost", tests, NULL, NULL);
}
