// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a measurement list is to be read: the options of log and replay. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* "NAME=FORMAT" */
static int add_template(const struct cli *cli, struct cli_list *list,
			const char *arg)
{
	struct imans_template_decl *decl;
	const char *equals = strchr(arg, '=');
	char *name;

	if (!equals)
		return cli_error(cli, "\"%s\" is not NAME=FORMAT", arg);
	list->templates = cli_alloc(list->templates,
				    (list->opts.template_count + 1) *
				    sizeof(*list->templates));
	name = cli_strdup(arg);
	name[equals - arg] = '\0';
	decl = &list->templates[list->opts.template_count++];
	decl->name = name;
	decl->format = name + (equals - arg) + 1;
	list->opts.templates = list->templates;
	return -1;
}

/* "ENTRY:OFFSET" */
static int set_from(const struct cli *cli, struct cli_list *list,
		    const char *arg)
{
	char *entry = cli_strdup(arg), *colon = strchr(entry, ':');
	bool good = false;

	if (colon) {
		*colon = '\0';
		good = cli_number(entry, &list->opts.start_entry) &&
		       cli_number(colon + 1, &list->opts.start_offset);
	}
	free(entry);
	return good ? -1 : cli_error(cli, "\"%s\" is not ENTRY:OFFSET", arg);
}

static int set_order(const struct cli *cli, struct cli_list *list,
		     const char *arg)
{
	if (!strcmp(arg, "little"))
		list->opts.byte_order = IMANS_ORDER_LITTLE;
	else if (!strcmp(arg, "big"))
		list->opts.byte_order = IMANS_ORDER_BIG;
	else
		return cli_error(cli, "\"%s\" is neither little nor big", arg);
	return -1;
}

static int set_header(const struct cli *cli, struct cli_list *list,
		      const char *arg)
{
	enum imans_bank bank;

	if (imans_bank_parse(arg, &bank))
		return cli_error(cli, "\"%s\" is no bank", arg);
	list->opts.header = (enum imans_header)(IMANS_HEADER_SHA1 + (int)bank);
	return -1;
}

void cli_list_init(struct cli_list *list)
{
	memset(list, 0, sizeof(*list));
	list->opts.sz = sizeof(list->opts);
	list->opts.format = IMANS_FORMAT_AUTO;
}

void cli_list_free(struct cli_list *list)
{
	for (size_t i = 0; i < list->opts.template_count; i++)
		free((char *)list->templates[i].name);
	free(list->templates);
}

int cli_list_option(struct cli *cli, struct cli_list *list, int opt)
{
	switch (opt) {
	case CLI_OPT_ASCII:
		list->opts.format = IMANS_FORMAT_ASCII;
		return -1;
	case CLI_OPT_BYTE_ORDER:
		return set_order(cli, list, optarg);
	case CLI_OPT_HEADER:
		return set_header(cli, list, optarg);
	case CLI_OPT_TEMPLATE:
		return add_template(cli, list, optarg);
	case CLI_OPT_FROM:
		return set_from(cli, list, optarg);
	case CLI_OPT_FOLLOW:
		list->opts.follow = true;
		return -1;
	default:
		return cli_common_option(cli, opt);
	}
}

int cli_list_next(const struct cli *cli, const struct cli_list *options,
		  struct imans_list *list, const struct imans_entry **entry)
{
	int err;

	for (;;) {
		err = imans_list_next(list, entry);
		if (err || *entry || !options->opts.follow)
			break;
		if (fflush(stdout))
			return -EIO;
		err = imans_list_wait(list, -1);
		/* Dead namespaces log nothing more. */
		if (err == -EPIPE)
			return 0;
		if (err)
			break;
	}
	if (!err && *entry && imans_entry_lines(*entry) > 1)
		fprintf(stderr, "ima-ns %s: entry %" PRIu64 ": its name holds newlines, it takes %" PRIu32 " lines\n",
			cli->name, imans_entry_index(*entry),
			imans_entry_lines(*entry));
	return err;
}
