// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns: IMA namespaces, from making them to verifying what ran in them. */

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct command {
	const char *name;
	int (*run)(struct cli *cli, int argc, char **argv);
	const char *help;
	const char *summary;
} commands[] = {
	{ "run", cmd_run, help_run,
	  "run a command in a new namespace" },
	{ "exec", cmd_exec, help_exec,
	  "run a command in a namespace that is there" },
	{ "ls", cmd_ls, help_ls,
	  "draw the tree of namespaces" },
	{ "log", cmd_log, help_log,
	  "print a measurement list" },
	{ "attest", cmd_attest, help_attest,
	  "write evidence: a quote, and the lists that it covers" },
	{ "verify", cmd_verify, help_verify,
	  "verify evidence and give verdicts" },
	{ "disclose", cmd_disclose, help_disclose,
	  "show single entries of a namespace, and verify such" },
	{ "redact", cmd_redact, help_redact,
	  "take out of evidence what a tenant must not see" },
	{ "state", cmd_state, help_state,
	  "show what a verifier knows, and ask a node for the rest" },
	{ "verdict", cmd_verdict, help_verdict,
	  "show signed verdicts" },
	{ "replay", cmd_replay, help_replay,
	  "replay a measurement list to PCR values" },
	{ "ak", cmd_ak, help_ak,
	  "make, show and enrol attestation keys" },
	{ "key", cmd_key, help_key,
	  "keep namespaces' keys in the kernel's keyrings" },
	{ "boot", cmd_boot, help_boot,
	  "show firmware logs, make references for the boot" },
	{ "policy", cmd_policy, help_policy,
	  "make and show reference values" },
};

#define COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
	fprintf(out,
		"usage: ima-ns COMMAND [OPTIONS] [ARGUMENTS]\n"
		"\n"
		"commands:\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name,
			commands[i].summary);
	fprintf(out,
		"\n"
		"\"ima-ns COMMAND --help\" tells a command's options, \"ima-ns help --all\" all of\n"
		"them; ima-ns(1) tells more.\n"
		"Exit code: 0 good, 1 a verdict or finding against, 2 usage or system error.\n");
}

static int help(int argc, char **argv)
{
	print_help(stdout);
	if (argc < 2 || strcmp(argv[1], "--all"))
		return CLI_GOOD;
	for (size_t i = 0; i < COMMANDS; i++)
		printf("\n%s", commands[i].help);
	return CLI_GOOD;
}

static int dispatch(const struct command *command, int argc, char **argv)
{
	struct cli cli = { .name = command->name, .usage = command->help };
	int code;

	if (imans_ctx_new(&cli.ctx)) {
		fprintf(stderr, "ima-ns: libima-ns can't be set up\n");
		return CLI_ERROR;
	}
	code = command->run(&cli, argc, argv);
	imans_ctx_free(cli.ctx);
	free(cli.ns_dir);
	return cli_flush(&cli, code);
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	/* Malformed structures are findings: tpm2-tss need not log them too. */
	setenv("TSS2_LOG", "all+none", 0);
	if (argc < 2) {
		print_help(stderr);
		return CLI_ERROR;
	}
	argc--;
	argv++;
	if (!strcmp(argv[0], "help") || !strcmp(argv[0], "--help") ||
	    !strcmp(argv[0], "-h"))
		return help(argc, argv);
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[0], commands[i].name))
			return dispatch(&commands[i], argc, argv);
	fprintf(stderr, "ima-ns: no command \"%s\"; see \"ima-ns --help\"\n",
		argv[0]);
	return CLI_ERROR;
}
