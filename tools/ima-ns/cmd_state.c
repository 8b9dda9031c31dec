// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns state: what a verifier keeps of a node between rounds. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

const char help_state[] =
	"usage: ima-ns state show [--json] STATE\n"
	"       ima-ns state request --output FILE STATE\n"
	"\n"
	"show: prints what a state of \"ima-ns verify --state\" is of, how far each list is\n"
	"proven, and the verdicts that its rounds come to so far. request: writes where each\n"
	"list goes on, for \"ima-ns attest --since\" on the node, and nothing else of it.\n"
	"\n"
	"  -o, --output FILE   where the request goes\n"
	"  --json              print one object\n"
	"  --help              print this\n"
	"\n"
	"Exit code: 0; 2 on errors, also if the state can't be read.\n";

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

static const char *verdict_name(const struct imans_state *state, size_t n)
{
	return imans_verdict_name(imans_state_verdict(state, n));
}

static struct json_object *ns_json(const struct imans_state *state, size_t n,
				   const struct imans_state_ns *ns)
{
	struct json_object *o = json_object_new_object();

	cli_json_number(o, "id", ns->id);
	cli_json_number(o, "parent", ns->parent);
	cli_json_text(o, "label", ns->label);
	cli_json_text(o, "verdict", verdict_name(state, n + 1));
	if (ns->untrusted)
		cli_json_text(o, "untrusted", ns->untrusted);
	cli_json_number(o, "entries", ns->entries);
	cli_json_number(o, "offset", ns->offset);
	cli_json_number(o, "records", ns->records);
	cli_json_number(o, "opened", ns->opened);
	cli_json_bool(o, "ended", ns->ended);
	return o;
}

static int print_json(const struct cli *cli, const struct imans_state *state,
		      const struct imans_state_info *info)
{
	struct json_object *o = json_object_new_object();
	struct json_object *array = json_object_new_array();
	struct imans_state_ns ns;

	cli_json_number(o, "rounds", info->rounds);
	cli_json_hex(o, "ak_name", info->ak_name, sizeof(info->ak_name));
	if (info->has_boot)
		cli_json_hex(o, "boot_id", info->boot_id,
			     sizeof(info->boot_id));
	cli_json_number(o, "clock", info->clock);
	cli_json_number(o, "reset_count", info->reset_count);
	cli_json_number(o, "restart_count", info->restart_count);
	cli_json_text(o, "verdict", verdict_name(state, 0));
	if (info->untrusted)
		cli_json_text(o, "untrusted", info->untrusted);
	cli_json_number(o, "entries", info->entries);
	cli_json_number(o, "offset", info->offset);
	cli_json_number(o, "records", info->records);
	cli_json_number(o, "held", info->held);
	for (size_t i = 0; !imans_state_ns(state, i, &ns); i++)
		cli_json_add(array, NULL, ns_json(state, i, &ns));
	cli_json_add(o, "namespaces", array);
	return cli_print_json(cli, o);
}

static void print_hex(const char *name, const uint8_t *data, size_t len)
{
	char *hex = cli_hex_encode(data, len);

	printf("%-10s %s\n", name, hex);
	free(hex);
}

/* A text out of evidence: nothing in it may reach a terminal as it is. */
static void print_shown(const char *before, const char *text)
{
	char *shown = cli_show(text, strlen(text));

	printf("%s%s\n", before, shown);
	free(shown);
}

static void print_text(const struct imans_state *state,
		       const struct imans_state_info *info)
{
	struct imans_state_ns ns;

	printf("%-10s %" PRIu64 "\n", "rounds", info->rounds);
	print_hex("ak name", info->ak_name, sizeof(info->ak_name));
	if (info->has_boot)
		print_hex("boot id", info->boot_id, sizeof(info->boot_id));
	printf("%-10s %" PRIu64 " ms, reset %" PRIu32 ", restart %" PRIu32 "\n",
	       "clock", info->clock, info->reset_count, info->restart_count);
	printf("%-10s %" PRIu64 ", %" PRIu64 " wait for their entries\n",
	       "records", info->records, info->held);
	printf("%-10s %s, %" PRIu64 " entries, %" PRIu64 " bytes\n", "node",
	       verdict_name(state, 0), info->entries, info->offset);
	if (info->untrusted)
		print_shown("  since: ", info->untrusted);
	for (size_t i = 0; !imans_state_ns(state, i, &ns); i++) {
		printf("namespace %" PRIu64 "  %s, %" PRIu64 " entries, %"
		       PRIu64 " bytes, %" PRIu64 " of %" PRIu64
		       " records opened%s", ns.id, verdict_name(state, i + 1),
		       ns.entries, ns.offset, ns.opened, ns.records,
		       ns.ended ? ", ended" : "");
		print_shown(*ns.label ? "  " : "", ns.label);
		if (ns.untrusted)
			print_shown("  since: ", ns.untrusted);
	}
}

static int show(const struct cli *cli, const char *path)
{
	struct imans_state_info info;
	struct imans_state *state;
	int code = CLI_GOOD, err = imans_state_read(cli->ctx, path, &state);

	if (err) {
		cli_failed(cli, err);
		return CLI_ERROR;
	}
	imans_state_info(state, &info);
	if (cli->json)
		code = print_json(cli, state, &info);
	else
		print_text(state, &info);
	imans_state_free(state);
	return code;
}

static int request(const struct cli *cli, const char *path, const char *output)
{
	struct imans_state *state;
	int err = imans_state_read(cli->ctx, path, &state);

	if (!err) {
		err = imans_state_write_request(state, output);
		imans_state_free(state);
	}
	if (!err)
		return CLI_GOOD;
	cli_failed(cli, err);
	return CLI_ERROR;
}

static int take_option(struct cli *cli, void *output, int opt)
{
	if (opt != 'o')
		return cli_common_option(cli, opt);
	*(const char **)output = optarg;
	return -1;
}

int cmd_state(struct cli *cli, int argc, char **argv)
{
	const char *output = NULL;
	int code = cli_options(cli, argc, argv, "o:", options, take_option,
			       &output);

	if (code >= 0)
		return code;
	if (optind != argc - 2)
		return cli_usage_error(cli, "\"show\" or \"request\", and a state must be given");
	if (!strcmp(argv[optind], "show") && !output)
		return show(cli, argv[optind + 1]);
	if (!strcmp(argv[optind], "request") && output && !cli->json)
		return request(cli, argv[optind + 1], output);
	return cli_usage_error(cli, "\"show\" takes --json, \"request\" needs --output");
}
