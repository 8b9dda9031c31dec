// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns replay: a measurement list to PCR values. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

const char help_replay[] =
	"usage: ima-ns replay [OPTIONS] FILE\n"
	"\n"
	"Replays a binary measurement list and prints the PCR's values, one line for each\n"
	"bank: \"BANK PCR VALUE\". Of a namespace's list, sha256 is its vPCR.\n"
	"\n"
	"  --bank BANK         print this bank (sha1, sha256, sha384, sha512); repeatable;\n"
	"                      default: all\n"
	"  --pcr [BANK:]VALUE  compare with this value, in hexadecimal; repeatable\n"
	"  --pcrs FILE         compare with the values in a file of such lines\n"
	"  --prefix            the list may be longer than what gave the values\n"
	"  --index N           the PCR that is replayed (default: 10)\n"
	"  --padded-bank BANK  the kernel lacks this algorithm, and extended the bank with\n"
	"                      padded SHA-1 digests; repeatable\n"
	"  --json              print one object\n"
	"  --help              print this\n"
	"\n"
	"Exit code: 1 if a value differs, or the list is malformed.\n";

enum {
	OPT_BANK = CLI_OPT_OWN, OPT_PCR, OPT_PCRS, OPT_PREFIX, OPT_INDEX,
	OPT_PADDED,
};

static const struct option options[] = {
	{ "bank", required_argument, NULL, OPT_BANK },
	{ "pcr", required_argument, NULL, OPT_PCR },
	{ "pcrs", required_argument, NULL, OPT_PCRS },
	{ "prefix", no_argument, NULL, OPT_PREFIX },
	{ "index", required_argument, NULL, OPT_INDEX },
	{ "padded-bank", required_argument, NULL, OPT_PADDED },
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

#define PCRS_FILE_MAX	65536

struct request {
	struct imans_replay_opts replay;
	struct imans_pcrs wanted;
	const char *pcrs_file;
	bool prefix;
	bool json;
};

struct result {
	struct imans_pcrs values;
	uint64_t entries;
	uint64_t matched;		/* entries that gave the wanted values */
	bool match;
};

static uint32_t pcr_of(const struct request *r)
{
	return r->replay.pcr ? r->replay.pcr : IMANS_PCR;
}

static int want(const struct cli *cli, struct request *r, enum imans_bank bank,
		const char *hex)
{
	size_t len;
	uint8_t *value = cli_hex_decode(hex, &len);

	if (!value || len != imans_bank_size(bank)) {
		free(value);
		return cli_error(cli, "\"%s\" is no value of bank %s", hex,
				 imans_bank_name(bank));
	}
	memcpy(r->wanted.value[bank], value, len);
	r->wanted.banks |= IMANS_BANK(bank);
	free(value);
	return CLI_GOOD;
}

/* "sha256:VALUE", or a value whose length tells its bank. */
static int want_arg(const struct cli *cli, struct request *r, const char *arg)
{
	const char *colon = strchr(arg, ':');
	enum imans_bank bank;

	if (colon) {
		char *name = cli_strdup(arg);
		int err;

		name[colon - arg] = '\0';
		err = imans_bank_parse(name, &bank);
		free(name);
		if (err)
			return cli_error(cli, "\"%s\" names no bank", arg);
		return want(cli, r, bank, colon + 1);
	}
	for (int b = 0; b < IMANS_BANKS; b++)
		if (strlen(arg) == 2 * imans_bank_size(b))
			return want(cli, r, b, arg);
	return cli_error(cli, "\"%s\" is no value of a bank", arg);
}

/* Lines of "BANK PCR VALUE"; other PCRs are passed over. */
static int want_file(const struct cli *cli, struct request *r)
{
	char *text = cli_read_text(cli, r->pcrs_file, PCRS_FILE_MAX);
	char *line, *save = NULL;
	int code = CLI_GOOD, number = 0;

	if (!text)
		return CLI_ERROR;
	for (line = strtok_r(text, "\n", &save); line && !code;
	     line = strtok_r(NULL, "\n", &save)) {
		char name[16], value[2 * IMANS_DIGEST_MAX + 2];
		enum imans_bank bank;
		unsigned int pcr;

		number++;
		if (sscanf(line, "%15s %u %129s", name, &pcr, value) != 3 ||
		    imans_bank_parse(name, &bank))
			code = cli_error(cli,
					 "%s: line %d: not \"BANK PCR VALUE\"",
					 r->pcrs_file, number);
		else if (pcr == pcr_of(r))
			code = want(cli, r, bank, value);
	}
	free(text);
	if (!code && !r->wanted.banks)
		code = cli_error(cli, "%s: no value of PCR %u", r->pcrs_file,
				 pcr_of(r));
	return code;
}

static bool equal(const struct request *r, const struct imans_pcrs *values)
{
	for (int b = 0; b < IMANS_BANKS; b++)
		if (r->wanted.banks & IMANS_BANK(b) &&
		    memcmp(r->wanted.value[b], values->value[b],
			   imans_bank_size(b)))
			return false;
	return true;
}

static void compare(const struct request *r, struct imans_replay *replay,
		    struct result *result)
{
	imans_replay_values(replay, &result->values);
	if (!r->wanted.banks || !equal(r, &result->values))
		return;
	result->match = true;
	result->matched = result->entries;
}

static int run(const struct cli *cli, const struct request *r,
	       struct imans_list *list, struct result *result)
{
	const struct imans_entry *entry;
	struct imans_replay *replay;
	int err = imans_replay_new(cli->ctx, &r->replay, &replay);

	if (err)
		return err;
	compare(r, replay, result);
	for (;;) {
		err = imans_list_next(list, &entry);
		if (err || !entry)
			break;
		err = imans_replay_extend(replay, entry);
		if (err)
			break;
		result->entries++;
		compare(r, replay, result);
	}
	imans_replay_free(replay);
	return err;
}

static const char *judge(const struct request *r, const struct result *result,
			 int bank)
{
	if (!(r->wanted.banks & IMANS_BANK(bank)))
		return NULL;
	if (r->prefix ? result->match :
	    !memcmp(r->wanted.value[bank], result->values.value[bank],
		    imans_bank_size(bank)))
		return "match";
	return "differs";
}

static void print_text(const struct request *r, const struct result *result)
{
	for (int b = 0; b < IMANS_BANKS; b++) {
		const char *word = judge(r, result, b);
		char *hex;

		if (!(result->values.banks & IMANS_BANK(b)))
			continue;
		hex = cli_hex_encode(result->values.value[b],
				     imans_bank_size(b));
		printf("%s %u %s%s%s\n", imans_bank_name(b), pcr_of(r), hex,
		       word ? "  " : "", word ? word : "");
		free(hex);
	}
	if (result->match && result->matched != result->entries)
		printf("%" PRIu64 " of %" PRIu64 " entries give the values\n",
		       result->matched, result->entries);
}

static int print_json(const struct cli *cli, const struct request *r,
		      const struct result *result)
{
	struct json_object *o = json_object_new_object();
	struct json_object *banks = json_object_new_object();

	cli_json_number(o, "entries", result->entries);
	cli_json_number(o, "pcr", pcr_of(r));
	for (int b = 0; b < IMANS_BANKS; b++) {
		const char *word = judge(r, result, b);
		struct json_object *bank;

		if (!(result->values.banks & IMANS_BANK(b)))
			continue;
		bank = json_object_new_object();
		cli_json_hex(bank, "value", result->values.value[b],
			     imans_bank_size(b));
		if (word)
			cli_json_text(bank, "compared", word);
		cli_json_add(banks, imans_bank_name(b), bank);
	}
	cli_json_add(o, "banks", banks);
	if (result->match)
		cli_json_number(o, "matched_entries", result->matched);
	return cli_print_json(cli, o);
}

static int parse_bank(const struct cli *cli, uint32_t *banks)
{
	enum imans_bank bank;

	if (imans_bank_parse(optarg, &bank))
		return cli_error(cli, "\"%s\" is no bank", optarg);
	*banks |= IMANS_BANK(bank);
	return -1;
}

/* -1: go on. */
static int take_option(struct cli *cli, struct request *r, int opt)
{
	uint64_t number;
	int code;

	switch (opt) {
	case OPT_BANK:
		return parse_bank(cli, &r->replay.banks);
	case OPT_PADDED:
		return parse_bank(cli, &r->replay.padded_banks);
	case OPT_PCR:
		code = want_arg(cli, r, optarg);
		return code ? code : -1;
	case OPT_PCRS:
		r->pcrs_file = optarg;
		return -1;
	case OPT_PREFIX:
		r->prefix = true;
		return -1;
	case OPT_INDEX:
		if (!cli_number(optarg, &number) || !number || number > 23)
			return cli_error(cli, "\"%s\" is no PCR from 1 to 23",
					 optarg);
		r->replay.pcr = (uint32_t)number;
		return -1;
	case CLI_OPT_JSON:
		r->json = true;
		return -1;
	default:
		return cli_common_option(cli, opt);
	}
}

int cmd_replay(struct cli *cli, int argc, char **argv)
{
	struct request r = { .replay.sz = sizeof(r.replay) };
	struct result result = { .match = false };
	struct imans_list *list;
	int opt, code, err;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		code = take_option(cli, &r, opt);
		if (code >= 0)
			return code;
	}
	if (optind != argc - 1)
		return cli_usage_error(cli, "one list must be given");
	if (r.pcrs_file) {
		code = want_file(cli, &r);
		if (code)
			return code;
	}
	/* What is compared is computed. */
	if (r.replay.banks)
		r.replay.banks |= r.wanted.banks;
	err = imans_list_open_file(cli->ctx, argv[optind], NULL, &list);
	if (err)
		return cli_failed(cli, err);
	err = run(cli, &r, list, &result);
	imans_list_close(list);
	if (err)
		return cli_failed(cli, err);
	if (r.json)
		code = print_json(cli, &r, &result);
	else
		print_text(&r, &result);
	if (!r.wanted.banks)
		return CLI_GOOD;
	return result.match && (r.prefix || result.matched == result.entries) ?
		CLI_GOOD : CLI_AGAINST;
}
