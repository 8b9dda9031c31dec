// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reference values from files and directories. */

#include <stdlib.h>

#include "cli.h"

static int add_file(const struct cli *cli, void *user, const char *path)
{
	struct cli_policies *policies = user;
	struct imans_policy *policy;
	int err = imans_policy_read(cli->ctx, path, &policy);

	if (err)
		return cli_failed(cli, err);
	policies->all = cli_alloc(policies->all, (policies->count + 1) *
				  sizeof(*policies->all));
	policies->names = cli_alloc(policies->names, (policies->count + 1) *
				    sizeof(*policies->names));
	policies->all[policies->count] = policy;
	policies->names[policies->count] = cli_strdup(path);
	policies->count++;
	return CLI_GOOD;
}

int cli_policies_add(const struct cli *cli, struct cli_policies *policies,
		     const char *path)
{
	return cli_each_json(cli, path, add_file, policies);
}

void cli_policies_free(struct cli_policies *policies)
{
	for (size_t i = 0; i < policies->count; i++) {
		imans_policy_free(policies->all[i]);
		free(policies->names[i]);
	}
	free(policies->all);
	free(policies->names);
}
