// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns exec: a command in a namespace that is there. */

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

const char help_exec[] =
	"usage: ima-ns exec [OPTIONS] ID [--] COMMAND [ARGUMENTS]\n"
	"       ima-ns exec [OPTIONS] --pid PID [--] COMMAND [ARGUMENTS]\n"
	"\n"
	"Moves into the namespace with that id, or into that of a process, and executes\n"
	"the command there. Only the own namespace and those below it can be entered, and\n"
	"there is no way back. The namespace's other resources (files, processes, network)\n"
	"are not entered: see nsenter(1).\n"
	"\n"
	"  --pid PID         the namespace of this process\n"
	"  --securityfs DIR  where securityfs is mounted (default: /sys/kernel/security)\n"
	"  --ns-dir DIR      its directory of namespaces, integrity/ima/ns\n"
	"  --help            print this\n"
	"\n"
	"Exit code: the command's; 2 if it was not executed.\n";

enum { OPT_PID = CLI_OPT_OWN };

static const struct option options[] = {
	{ "pid", required_argument, NULL, OPT_PID },
	CLI_OPTIONS_NS_DIR,
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

static int take_option(struct cli *cli, void *pid_text, int opt)
{
	if (opt != OPT_PID)
		return cli_common_option(cli, opt);
	*(const char **)pid_text = optarg;
	return -1;
}

int cmd_exec(struct cli *cli, int argc, char **argv)
{
	const char *pid_text = NULL;
	int code = cli_options(cli, argc, argv, "+", options, take_option,
			       &pid_text);
	uint64_t number;
	int err;

	if (code >= 0)
		return code;
	if (!pid_text && optind == argc)
		return cli_usage_error(cli, "no namespace is given");
	if (!cli_number(pid_text ? pid_text : argv[optind], &number) ||
	    (pid_text && (!number || number > INT_MAX)))
		return cli_usage_error(cli, "\"%s\" is no number of a %s",
				       pid_text ? pid_text : argv[optind],
				       pid_text ? "process" : "namespace");
	if (!pid_text)
		optind++;
	if (optind < argc && !strcmp(argv[optind], "--"))
		optind++;
	if (optind == argc)
		return cli_usage_error(cli, "no command is given");
	err = pid_text ? imans_ns_enter_pid(cli->ctx, (int)number) :
			 imans_ns_enter_id(cli->ctx, cli->ns_dir, number);
	if (err) {
		cli_failed(cli, err);
		return CLI_ERROR;
	}
	execvp(argv[optind], argv + optind);
	return cli_error(cli, "%s: %s", argv[optind], strerror(errno));
}
