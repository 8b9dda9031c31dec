// SPDX-License-Identifier: LGPL-2.1-or-later
/* Arguments that name a file, or a directory of such files. */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

static int is_json(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return *d->d_name != '.' && len > 5 &&
	       !strcmp(d->d_name + len - 5, ".json");
}

static int each_of(const struct cli *cli, const char *dir, cli_file_fn fn,
		   void *user)
{
	struct dirent **found;
	int count = scandir(dir, &found, is_json, alphasort);
	int code = CLI_GOOD;

	if (count < 0)
		return cli_error(cli, "%s: %s", dir, strerror(errno));
	/* A directory without any is a mistake, not a wish for nothing. */
	if (!count)
		code = cli_error(cli, "%s: has no *.json", dir);
	for (int i = 0; i < count; i++) {
		char *file = cli_printf("%s/%s", dir, found[i]->d_name);

		if (!code)
			code = fn(cli, user, file);
		free(file);
		free(found[i]);
	}
	free(found);
	return code;
}

int cli_each_json(const struct cli *cli, const char *path, cli_file_fn fn,
		  void *user)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return each_of(cli, path, fn, user);
	return fn(cli, user, path);
}
