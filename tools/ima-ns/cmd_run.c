// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns run: a command in a new namespace. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

const char help_run[] =
	"usage: ima-ns run [OPTIONS] [--] COMMAND [ARGUMENTS]\n"
	"\n"
	"Makes an IMA namespace, labels and activates it, and executes the command in it:\n"
	"the command's own file is the first to be measured there. If anything fails the\n"
	"command is not executed.\n"
	"\n"
	"  --label LABEL     what to call it: 1 to 511 characters of printable ASCII\n"
	"                    without spaces (default: run=PID)\n"
	"  --policy FILE     its rules for what is measured, one a line; a bad one is named in\n"
	"                    the kernel's log (default: what is executed)\n"
	"  --quota N[:MODE]  how many entries its list may have, with the records of the\n"
	"                    namespaces below; past that an event is refused (MODE deny) or\n"
	"                    goes on unmeasured (mark) (default: see ima-ns-run(1))\n"
	"  --delegate        let it make namespaces of its own\n"
	"  --key-self        let its own processes read its key\n"
	"  --securityfs DIR  where securityfs is mounted (default: /sys/kernel/security)\n"
	"  --ns-dir DIR      its directory of namespaces, integrity/ima/ns\n"
	"  --help            print this\n"
	"\n"
	"Exit code: the command's; 2 if it was not executed.\n";

/* As much as the kernel takes. */
#define POLICY_MAX 65536

/* "18446744073709551615:mark" */
#define QUOTA_MAX 25

enum { OPT_LABEL = CLI_OPT_OWN, OPT_POLICY, OPT_QUOTA, OPT_DELEGATE, OPT_KEY_SELF };

static const struct option options[] = {
	{ "label", required_argument, NULL, OPT_LABEL },
	{ "policy", required_argument, NULL, OPT_POLICY },
	{ "quota", required_argument, NULL, OPT_QUOTA },
	{ "delegate", no_argument, NULL, OPT_DELEGATE },
	{ "key-self", no_argument, NULL, OPT_KEY_SELF },
	CLI_OPTIONS_NS_DIR,
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

struct request {
	struct imans_ns_opts opts;
	const char *policy_file;
	char quota[QUOTA_MAX + 1];
};

/* "1000:mark" as the kernel takes it: "1000 mark". */
static bool take_quota(const char *arg, char quota[QUOTA_MAX + 1])
{
	size_t digits = strspn(arg, "0123456789");
	const char *rest = arg + digits;

	if (!digits || strlen(arg) > QUOTA_MAX ||
	    (*rest && strcmp(rest, ":deny") && strcmp(rest, ":mark")))
		return false;
	strcpy(quota, arg);
	if (*rest)
		quota[digits] = ' ';
	return true;
}

static int take_option(struct cli *cli, void *user, int opt)
{
	struct request *r = user;

	switch (opt) {
	case OPT_LABEL:
		r->opts.label = optarg;
		return -1;
	case OPT_POLICY:
		r->policy_file = optarg;
		return -1;
	case OPT_QUOTA:
		if (!take_quota(optarg, r->quota))
			return cli_usage_error(cli, "--quota %s: not a number of entries, or one and \":deny\" or \":mark\"",
					       optarg);
		r->opts.quota = r->quota;
		return -1;
	case OPT_DELEGATE:
		r->opts.delegate = true;
		return -1;
	case OPT_KEY_SELF:
		r->opts.key_self = true;
		return -1;
	default:
		return cli_common_option(cli, opt);
	}
}

int cmd_run(struct cli *cli, int argc, char **argv)
{
	struct request r = { .opts.sz = sizeof(r.opts) };
	int code = cli_options(cli, argc, argv, "+", options, take_option, &r);
	char label[32], *policy = NULL;
	int err;

	if (code >= 0)
		return code;
	if (optind == argc)
		return cli_usage_error(cli, "no command is given");
	if (!r.opts.label) {
		snprintf(label, sizeof(label), "run=%d", (int)getpid());
		r.opts.label = label;
	}
	if (r.policy_file) {
		policy = cli_read_text(cli, r.policy_file, POLICY_MAX);
		if (!policy)
			return CLI_ERROR;
		r.opts.policy = policy;
	}
	r.opts.ns_dir = cli->ns_dir;
	err = imans_ns_enter_new(cli->ctx, &r.opts, NULL);
	free(policy);
	if (err) {
		cli_failed(cli, err);
		return CLI_ERROR;
	}
	execvp(argv[optind], argv + optind);
	return cli_error(cli, "%s: %s", argv[optind], strerror(errno));
}
