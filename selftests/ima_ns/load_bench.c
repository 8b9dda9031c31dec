// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many new programs a node begins in a second (or new files it opens), and
 * how many extends of IMA's PCR that takes: 64 at once, some times over. On the
 * host by its own policy, as any kernel does; or in a namespace. The harness's
 * proxy makes an extend take so many milliseconds.
 *
 * usage: load_bench host|ns exec|read ROUNDS MILLISECONDS
 *
 * Prints a line for each round: "events seconds extends".
 */

#include "load.h"

static int run_round(struct load *load, struct box *box)
{
	struct tpm_count before, after;
	int ret;

	ret = load_make(load, LOAD_MAX);
	ret = ret ?: tpm_order(&before, "count");
	ret = ret ?: box->pid ? box_call(box, load_run_boxed) : load_run(load);
	ret = ret ?: tpm_order(&after, "count");
	load_remove(load);
	if (!ret)
		printf("%u %.4f %ld\n", load->count, load->seconds,
		       after.extends - before.extends);
	return ret;
}

int main(int argc, char **argv)
{
	static struct load on_host = { .public = true };
	struct load *load = &on_host;
	struct box box = {};
	int rounds, ret, i;

	if (argc != 5)
		return 2;
	rounds = atoi(argv[3]);
	ret = tpm_order(NULL, "delay %f", atoi(argv[4]) / 1000.0);
	if (!strcmp(argv[1], "ns")) {
		_Static_assert(sizeof(*load) <= BOX_SHARED, "it is shared");
		ret = ret ?: box_start_active(&box, NULL, "bench");
		load = box.shared;
	}
	for (i = 0; i < rounds && !ret; i++) {
		load->only_read = !strcmp(argv[2], "read");
		ret = run_round(load, &box);
	}
	box_end(&box);
	if (ret)
		fprintf(stderr, "load_bench: %d\n", ret);
	return ret ? 1 : 0;
}
