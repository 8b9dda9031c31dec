/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A verifier's state between rounds, as "verify" and "attest" use it. */
#ifndef IMA_NS_ROUNDS_H
#define IMA_NS_ROUNDS_H

#include "cli.h"

/* What was kept; an empty state if there is no such file. CLI_GOOD, or a code. */
int rounds_read(const struct cli *cli, const char *path,
		struct imans_state **state);

/*
 * After a verification that returned: keep the state if the round counted, and
 * say what it was. CLI_GOOD, or CLI_ERROR.
 */
int rounds_keep(const struct cli *cli, const char *path,
		const struct imans_state *state, uint64_t before,
		const struct imans_report *report, bool quiet);

/* Rounds that counted. */
uint64_t rounds_count(const struct imans_state *state);

#endif /* IMA_NS_ROUNDS_H */
