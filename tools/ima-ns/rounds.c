// SPDX-License-Identifier: LGPL-2.1-or-later
/* A verifier's state between rounds. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "rounds.h"

int rounds_read(const struct cli *cli, const char *path,
		struct imans_state **state)
{
	int err = imans_state_read(cli->ctx, path, state);

	if (err == -ENOENT)
		err = imans_state_new(cli->ctx, state);
	if (!err)
		return CLI_GOOD;
	/* A verdict without what is known would be another one. */
	cli_failed(cli, err);
	return CLI_ERROR;
}

uint64_t rounds_count(const struct imans_state *state)
{
	struct imans_state_info info;

	imans_state_info(state, &info);
	return info.rounds;
}

int rounds_keep(const struct cli *cli, const char *path,
		const struct imans_state *state, uint64_t before,
		const struct imans_report *report, bool quiet)
{
	uint64_t count = rounds_count(state);
	int err;

	if (count == before) {
		if (!quiet)
			printf("\nthe round does not count, %s stays as it was\n",
			       path);
		return CLI_GOOD;
	}
	err = imans_state_write(state, path);
	if (err) {
		cli_failed(cli, err);
		return CLI_ERROR;
	}
	if (!quiet)
		printf("\nround %" PRIu64 ": %" PRIu64 " entries were examined\n",
		       count, imans_report_examined(report));
	return CLI_GOOD;
}
