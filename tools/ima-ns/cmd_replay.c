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
	"Replays a measurement list, binary or ASCII, and prints the PCR's values, one line\n"
	"for each bank: \"BANK PCR VALUE\". Of a namespace's list, sha256 is its vPCR.\n"
	"\n"
	"  --bank BANK            print this bank (sha1, sha256, sha384, sha512, sm3);\n"
	"                         repeatable; default: all\n"
	"  --pcr [BANK:]VALUE     compare with this value, in hexadecimal; repeatable\n"
	"  --pcrs FILE            compare with the values in a file of such lines; if it has\n"
	"                         PCRs 0 to 9, boot_aggregate is compared, too\n"
	"  --prefix               the list may be longer than what gave the values\n"
	"  --index N              the PCR that is replayed (default: 10)\n"
	"  --padded-bank BANK     the kernel lacks this algorithm, and extended the bank with\n"
	"                         padded SHA-1 digests; repeatable\n"
	"  --start FILE           with --from: the PCR's values before that entry\n"
	CLI_HELP_LIST
	"                         until the values are given\n"
	"  --json                 print one object\n"
	"  --help                 print this\n"
	"\n"
	"Exit code: 1 if a value differs, or the list is malformed.\n";

enum {
	OPT_BANK = CLI_OPT_OWN, OPT_PCR, OPT_PCRS, OPT_PREFIX, OPT_INDEX,
	OPT_PADDED, OPT_START,
};

static const struct option options[] = {
	{ "bank", required_argument, NULL, OPT_BANK },
	{ "pcr", required_argument, NULL, OPT_PCR },
	{ "pcrs", required_argument, NULL, OPT_PCRS },
	{ "prefix", no_argument, NULL, OPT_PREFIX },
	{ "index", required_argument, NULL, OPT_INDEX },
	{ "padded-bank", required_argument, NULL, OPT_PADDED },
	{ "start", required_argument, NULL, OPT_START },
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	CLI_OPTIONS_LIST,
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

#define PCRS_FILE_MAX	65536
/* PCRs 0 to 9 are in boot_aggregate. */
#define BOOT_PCRS	10

struct request {
	struct cli_list list;
	struct imans_replay_opts replay;
	struct imans_pcrs wanted;
	struct imans_pcrs start;
	/* Values of PCRs 0 to 9, one after the other, and which are there. */
	uint8_t boot[IMANS_BANKS][BOOT_PCRS * IMANS_DIGEST_MAX];
	uint32_t boot_set[IMANS_BANKS];
	const char *pcrs_file;
	const char *start_file;
	bool prefix;
};

enum boot_result {
	BOOT_UNKNOWN,			/* nothing to compare */
	BOOT_MATCH,
	BOOT_DIFFERS,
};

struct result {
	struct imans_pcrs values;
	uint64_t entries;
	uint64_t next_entry, next_offset;
	bool found;			/* a prefix gives the wanted values */
	uint64_t matched;		/* its entries */
	bool whole;			/* the whole list gives them */
	enum boot_result boot;
	enum imans_bank boot_bank;
	bool ascii;
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

/* What a file's line says. */
struct pcr_line {
	enum imans_bank bank;
	unsigned int pcr;
	char value[2 * IMANS_DIGEST_MAX + 2];
};

typedef int (*line_fn)(const struct cli *cli, struct request *r,
		       const struct pcr_line *line);

/* Lines of "BANK PCR VALUE". */
static int each_line(const struct cli *cli, struct request *r,
		     const char *path, line_fn fn)
{
	char *text = cli_read_text(cli, path, PCRS_FILE_MAX);
	char *row, *save = NULL;
	int code = CLI_GOOD, number = 0;

	if (!text)
		return CLI_ERROR;
	for (row = strtok_r(text, "\n", &save); row && !code;
	     row = strtok_r(NULL, "\n", &save)) {
		struct pcr_line line;
		char name[16];

		number++;
		if (sscanf(row, "%15s %u %129s", name, &line.pcr,
			   line.value) != 3 ||
		    imans_bank_parse(name, &line.bank))
			code = cli_error(cli,
					 "%s: line %d: not \"BANK PCR VALUE\"",
					 path, number);
		else
			code = fn(cli, r, &line);
	}
	free(text);
	return code;
}

static int boot_value(const struct cli *cli, struct request *r,
		      const struct pcr_line *line)
{
	size_t size = imans_bank_size(line->bank), len;
	uint8_t *value = cli_hex_decode(line->value, &len);

	if (!value || len != size) {
		free(value);
		return cli_error(cli, "\"%s\" is no value of bank %s",
				 line->value, imans_bank_name(line->bank));
	}
	memcpy(r->boot[line->bank] + line->pcr * size, value, size);
	r->boot_set[line->bank] |= 1U << line->pcr;
	free(value);
	return CLI_GOOD;
}

/* Other PCRs are passed over. */
static int want_line(const struct cli *cli, struct request *r,
		     const struct pcr_line *line)
{
	if (line->pcr == pcr_of(r))
		return want(cli, r, line->bank, line->value);
	return line->pcr < BOOT_PCRS ? boot_value(cli, r, line) : CLI_GOOD;
}

static int start_line(const struct cli *cli, struct request *r,
		      const struct pcr_line *line)
{
	struct imans_pcrs wanted = r->wanted;
	int code;

	if (line->pcr != pcr_of(r))
		return CLI_GOOD;
	r->wanted = r->start;
	code = want(cli, r, line->bank, line->value);
	r->start = r->wanted;
	r->wanted = wanted;
	return code;
}

static int read_values(const struct cli *cli, struct request *r)
{
	int code = CLI_GOOD;

	if (r->pcrs_file)
		code = each_line(cli, r, r->pcrs_file, want_line);
	if (!code && r->pcrs_file && !r->wanted.banks)
		code = cli_error(cli, "%s: no value of PCR %u", r->pcrs_file,
				 pcr_of(r));
	if (code || !r->start_file)
		return code;
	code = each_line(cli, r, r->start_file, start_line);
	if (!code && !r->start.banks)
		code = cli_error(cli, "%s: no value of PCR %u", r->start_file,
				 pcr_of(r));
	r->replay.start = &r->start;
	return code;
}

/* The list's first entry, against PCRs 0 to 9 of its bank. */
static void check_boot(const struct request *r,
		       const struct imans_entry *entry, struct result *result)
{
	for (int b = 0; b < IMANS_BANKS; b++) {
		uint32_t all = (1U << (b == IMANS_SHA1 ? 8 : BOOT_PCRS)) - 1;
		int err;

		if ((r->boot_set[b] & all) != all)
			continue;
		err = imans_entry_check_boot_aggregate(entry, b, r->boot[b],
						       BOOT_PCRS *
						       imans_bank_size(b));
		if (err && err != -EBADMSG)
			continue;
		result->boot = err ? BOOT_DIFFERS : BOOT_MATCH;
		result->boot_bank = b;
	}
}

static int replay_list(const struct cli *cli, const struct request *r,
		       struct imans_list *list, struct imans_replay *replay,
		       struct imans_prefix *prefix, struct result *result)
{
	const struct imans_entry *entry;
	int err = 0;

	while (!err && !(r->list.opts.follow && prefix &&
			 imans_prefix_found(prefix, NULL))) {
		err = cli_list_next(cli, &r->list, list, &entry);
		if (err || !entry)
			break;
		if (imans_entry_index(entry) == 0)
			check_boot(r, entry, result);
		err = imans_replay_extend(replay, entry);
		if (!err && prefix)
			err = imans_prefix_extend(prefix, entry);
		result->entries++;
	}
	return err;
}

static void compare(const struct request *r, const struct imans_prefix *prefix,
		    struct result *result)
{
	result->whole = true;
	for (int b = 0; b < IMANS_BANKS; b++)
		if (r->wanted.banks & IMANS_BANK(b) &&
		    memcmp(r->wanted.value[b], result->values.value[b],
			   imans_bank_size(b)))
			result->whole = false;
	result->found = imans_prefix_found(prefix, &result->matched);
	if (result->whole)
		result->matched = result->entries;
}

static int run(const struct cli *cli, const struct request *r,
	       struct imans_list *list, struct result *result)
{
	struct imans_replay *replay;
	struct imans_prefix *prefix = NULL;
	int err = imans_replay_new(cli->ctx, &r->replay, &replay);

	if (err)
		return err;
	if (r->wanted.banks)
		err = imans_prefix_new(cli->ctx, &r->wanted, &r->replay,
				       &prefix);
	if (!err)
		err = replay_list(cli, r, list, replay, prefix, result);
	if (!err) {
		imans_replay_values(replay, &result->values);
		imans_list_position(list, &result->next_entry,
				    &result->next_offset);
		result->ascii = imans_list_format(list) == IMANS_FORMAT_ASCII;
		if (prefix)
			compare(r, prefix, result);
	}
	imans_prefix_free(prefix);
	imans_replay_free(replay);
	return err;
}

static const char *judge(const struct request *r, const struct result *result,
			 int bank)
{
	if (!(r->wanted.banks & IMANS_BANK(bank)))
		return NULL;
	if ((r->prefix && result->found) ||
	    !memcmp(r->wanted.value[bank], result->values.value[bank],
		    imans_bank_size(bank)))
		return "match";
	return "differs";
}

static const char *boot_word(const struct result *result)
{
	return result->boot == BOOT_MATCH ? "match" : "differs";
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
	if (result->found && result->matched != result->entries)
		printf("%" PRIu64 " of %" PRIu64 " entries give the values\n",
		       result->matched, result->entries);
	if (result->boot != BOOT_UNKNOWN)
		printf("boot_aggregate %s  %s\n",
		       imans_bank_name(result->boot_bank),
		       boot_word(result));
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
	if (result->found)
		cli_json_number(o, "matched_entries", result->matched);
	if (result->boot != BOOT_UNKNOWN)
		cli_json_text(o, "boot_aggregate", boot_word(result));
	cli_json_number(o, "next_entry", result->next_entry);
	cli_json_number(o, "next_offset", result->next_offset);
	cli_json_bool(o, "ascii", result->ascii);
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

static int take_option(struct cli *cli, void *user, int opt)
{
	struct request *r = user;
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
	case OPT_START:
		r->start_file = optarg;
		return -1;
	default:
		return cli_list_option(cli, &r->list, opt);
	}
}

static int check_request(const struct cli *cli, const struct request *r)
{
	bool compares = r->wanted.banks || r->pcrs_file;

	if (r->list.opts.follow && !compares)
		return cli_usage_error(cli, "--follow needs values to wait for");
	if ((r->list.opts.start_entry || r->list.opts.start_offset) !=
	    !!r->start_file)
		return cli_usage_error(cli, "--from and --start need each other");
	return CLI_GOOD;
}

static int replay_file(const struct cli *cli, struct request *r,
		       const char *path)
{
	struct result result = { .boot = BOOT_UNKNOWN };
	struct imans_list *list;
	int code = check_request(cli, r), err;

	if (!code)
		code = read_values(cli, r);
	if (code)
		return code;
	/* What is compared is computed. */
	if (r->replay.banks)
		r->replay.banks |= r->wanted.banks;
	err = imans_list_open_file(cli->ctx, path, &r->list.opts, &list);
	if (err)
		return cli_failed(cli, err);
	err = run(cli, r, list, &result);
	imans_list_close(list);
	if (err)
		return cli_failed(cli, err);
	if (result.ascii && !result.whole && !result.found)
		fprintf(stderr, "ima-ns replay: an ASCII list proves nothing unless it gives a PCR's value\n");
	if (cli->json)
		code = print_json(cli, r, &result);
	else
		print_text(r, &result);
	if (code || result.boot == BOOT_DIFFERS)
		return code ? code : CLI_AGAINST;
	if (!r->wanted.banks || result.whole || (r->prefix && result.found))
		return CLI_GOOD;
	return CLI_AGAINST;
}

int cmd_replay(struct cli *cli, int argc, char **argv)
{
	struct request r = { .replay.sz = sizeof(r.replay) };
	int code;

	cli_list_init(&r.list);
	code = cli_options(cli, argc, argv, "", options, take_option, &r);
	if (code < 0 && optind != argc - 1)
		code = cli_usage_error(cli, "one list must be given");
	if (code < 0)
		code = replay_file(cli, &r, argv[optind]);
	cli_list_free(&r.list);
	return code;
}
