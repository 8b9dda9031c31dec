// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reference values from files and directories. */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

static int add_file(const struct cli *cli, struct cli_policies *policies,
		    const char *path)
{
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

static int is_json(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return *d->d_name != '.' && len > 5 &&
	       !strcmp(d->d_name + len - 5, ".json");
}

static int add_dir(const struct cli *cli, struct cli_policies *policies,
		   const char *path)
{
	struct dirent **found;
	int count = scandir(path, &found, is_json, alphasort);
	int code = CLI_GOOD;

	if (count < 0)
		return cli_error(cli, "%s: %s", path, strerror(errno));
	/* A directory without any is a mistake, not a wish to allow nothing. */
	if (!count)
		code = cli_error(cli, "%s: has no *.json", path);
	for (int i = 0; i < count; i++) {
		char *file = cli_printf("%s/%s", path, found[i]->d_name);

		if (!code)
			code = add_file(cli, policies, file);
		free(file);
		free(found[i]);
	}
	free(found);
	return code;
}

int cli_policies_add(const struct cli *cli, struct cli_policies *policies,
		     const char *path)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return add_dir(cli, policies, path);
	return add_file(cli, policies, path);
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
