// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns boot: the firmware's log, and reference values for it. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

const char help_boot[] =
	"usage: ima-ns boot make --output FILE (--log FILE | --evidence FILE --nonce HEX|FILE\n"
	"                        --ak FILE|--node NAME --enrolment PATH|--ak-ca FILE)... [OPTIONS]\n"
	"       ima-ns boot log [--json] FILE\n"
	"       ima-ns boot check FILE...\n"
	"\n"
	"make: writes reference values for a boot: which events a node's firmware log may\n"
	"have. log: prints a firmware log, and the PCRs that it replays to. check: tells\n"
	"whether reference values can be read, one line for each file.\n"
	"\n"
	"  -o, --output FILE     where the reference values go\n"
	"  --log FILE            a log of a machine that is known to be good, as in\n"
	"                        /sys/kernel/security/tpm0/binary_bios_measurements; repeatable\n"
	"  --evidence FILE       the same out of evidence, if its quote holds and the log\n"
	"                        replays to what was quoted; with --nonce, whose key it must\n"
	"                        be, and --verifier-id if it was made for somebody\n"
	CLI_HELP_TRUST
	"  --kernel FILE         in place of the last program of the logs: this one, or any\n"
	"                        of these; repeatable\n"
	"  --cmdline TEXT        in place of the logs' options of the EFI stub; repeatable\n"
	"  --initrd FILE         in place of the logs' initrd; repeatable\n"
	"  --ignore-pcr N        do not compare this PCR; repeatable\n"
	"  --json                print one object\n"
	"  --help                print this\n"
	"\n"
	"Exit code: 1 if a file is malformed, or evidence does not hold.\n";

enum {
	OPT_LOG = CLI_OPT_OWN, OPT_EVIDENCE, OPT_NONCE, OPT_VERIFIER,
	OPT_KERNEL, OPT_CMDLINE, OPT_INITRD, OPT_IGNORE,
};

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "evidence", required_argument, NULL, OPT_EVIDENCE },
	{ "nonce", required_argument, NULL, OPT_NONCE },
	CLI_OPTIONS_TRUST,
	{ "verifier-id", required_argument, NULL, OPT_VERIFIER },
	{ "kernel", required_argument, NULL, OPT_KERNEL },
	{ "cmdline", required_argument, NULL, OPT_CMDLINE },
	{ "initrd", required_argument, NULL, OPT_INITRD },
	{ "ignore-pcr", required_argument, NULL, OPT_IGNORE },
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

/* What is to be added, done in an order of its own: logs before files. */
struct source {
	int option;
	const char *arg;
};

struct request {
	struct imans_bootref *ref;
	const char *output;
	const char *nonce;
	struct cli_trust trust;
	struct imans_verify_opts trusted;	/* of it, what quotes need */
	const char *verifier_id;
	struct source *sources;
	size_t source_count;
};

/* ------------------------------------------------------------------- make */

static int add_log(const struct cli *cli, struct request *r, const char *path)
{
	struct imans_fwlog *log;
	int err = imans_fwlog_open_file(cli->ctx, path, &log);

	if (!err) {
		err = imans_bootref_add_log(r->ref, log);
		imans_fwlog_close(log);
	}
	return err ? cli_failed(cli, err) : CLI_GOOD;
}

/* Nothing becomes a reference that another node's TPM may have signed. */
static int check_quote(const struct cli *cli, const struct request *r,
		       const struct imans_evidence *evidence,
		       struct imans_quote *quote)
{
	struct imans_quote_opts opts = {
		.sz = sizeof(opts), .verifier_id = r->verifier_id,
	};
	struct imans_findings *findings = NULL;
	uint8_t *nonce = NULL;
	int code = CLI_GOOD, err;

	if (cli_nonce(cli, r->nonce, &nonce, &opts.nonce_len))
		return CLI_ERROR;
	opts.nonce = nonce;
	opts.ak_pem = r->trusted.ak_pem;
	opts.ak_trust = r->trusted.ak_trust;
	err = imans_findings_new(&findings);
	if (!err)
		err = imans_quote_verify(evidence, &opts, findings, quote);
	if (err) {
		code = cli_failed(cli, err);
	} else if (!quote->verified) {
		cli_error(cli, "%s",
			  imans_findings_get(findings, 0)->text);
		code = CLI_AGAINST;
	}
	imans_findings_free(findings);
	free(nonce);
	return code;
}

static int add_evidence(const struct cli *cli, struct request *r,
			const char *path)
{
	struct imans_evidence *evidence;
	struct imans_quote quote;
	int code, err = imans_evidence_read(cli->ctx, path, &evidence);

	if (err)
		return cli_failed(cli, err);
	code = check_quote(cli, r, evidence, &quote);
	if (!code) {
		err = imans_bootref_add_evidence(r->ref, evidence, &quote);
		if (err)
			code = cli_failed(cli, err);
	}
	imans_evidence_free(evidence);
	return code;
}

static int ignore_pcr(const struct cli *cli, struct request *r, const char *arg)
{
	uint64_t pcr;

	if (!cli_number(arg, &pcr) || pcr >= IMANS_BOOT_PCRS)
		return cli_usage_error(cli, "--ignore-pcr %s: not 0 to 9", arg);
	imans_bootref_ignore_pcr(r->ref, (unsigned int)pcr);
	return CLI_GOOD;
}

static bool is_log(const struct source *s)
{
	return s->option == OPT_LOG || s->option == OPT_EVIDENCE;
}

static int add(const struct cli *cli, struct request *r, const struct source *s)
{
	int err;

	switch (s->option) {
	case OPT_LOG:
		return add_log(cli, r, s->arg);
	case OPT_EVIDENCE:
		return add_evidence(cli, r, s->arg);
	case OPT_IGNORE:
		return ignore_pcr(cli, r, s->arg);
	case OPT_KERNEL:
		err = imans_bootref_allow_kernel(r->ref, s->arg);
		break;
	case OPT_CMDLINE:
		err = imans_bootref_allow_cmdline(r->ref, s->arg);
		break;
	default:
		err = imans_bootref_allow_initrd(r->ref, s->arg);
		break;
	}
	return err ? cli_failed(cli, err) : CLI_GOOD;
}

static int check_make(const struct cli *cli, struct request *r)
{
	bool log = false, evidence = false;
	int code;

	if (!r->output)
		return cli_usage_error(cli, "--output is missing");
	for (size_t i = 0; i < r->source_count; i++) {
		evidence |= r->sources[i].option == OPT_EVIDENCE;
		log |= is_log(&r->sources[i]);
	}
	/* Files alone say nothing of the firmware that starts them. */
	if (!log)
		return cli_usage_error(cli, "neither --log nor --evidence is given");
	if (!evidence)
		return CLI_GOOD;
	if (!r->nonce)
		return cli_usage_error(cli, "--evidence needs --nonce");
	code = cli_trust_done(cli, &r->trust, &r->trusted);
	return code < 0 ? CLI_GOOD : code;
}

static int print_made(const struct cli *cli, const struct request *r)
{
	struct json_object *o;

	if (!cli->json) {
		printf("%s: %zu events\n", r->output,
		       imans_bootref_events(r->ref));
		return CLI_GOOD;
	}
	o = json_object_new_object();
	cli_json_text(o, "references", r->output);
	cli_json_number(o, "events", imans_bootref_events(r->ref));
	return cli_print_json(cli, o);
}

static int make(const struct cli *cli, struct request *r)
{
	int err, code = check_make(cli, r);

	for (int logs = 1; logs >= 0; logs--)
		for (size_t i = 0; !code && i < r->source_count; i++)
			if (is_log(&r->sources[i]) == logs)
				code = add(cli, r, &r->sources[i]);
	if (code)
		return code;
	err = imans_bootref_write(r->ref, r->output);
	if (err)
		return cli_failed(cli, err);
	return print_made(cli, r);
}

/* -------------------------------------------------------------------- log */

#define TEXT_SIZE	1024

static const char *const bindings[] = {
	[IMANS_FW_UNBOUND] = "claimed",
	[IMANS_FW_PARTLY] = "partly measured",
	[IMANS_FW_BOUND] = "measured",
	[IMANS_FW_WRONG] = "WRONG",
};

static char *type_text(uint32_t type)
{
	const char *name = imans_fw_type_name(type);

	return name ? cli_strdup(name) : cli_printf("0x%08" PRIx32, type);
}

static void print_event(const struct imans_fw_event *e, const char *binding,
			const char *text)
{
	char *type = type_text(e->type);

	printf("%3" PRIu64 "  PCR %2" PRIu32 "  %-33s %-16s %s\n", e->index,
	       e->pcr > 99 ? 99 : e->pcr, type, binding, text);
	free(type);
}

static struct json_object *event_json(const struct imans_fw_event *e,
				      const char *binding, const char *text)
{
	struct json_object *o = json_object_new_object();
	struct json_object *digests = json_object_new_object();
	char *type = type_text(e->type);

	cli_json_number(o, "event", e->index);
	cli_json_number(o, "byte", e->offset);
	cli_json_number(o, "pcr", e->pcr);
	cli_json_text(o, "type", type);
	for (int b = 0; b < IMANS_BANKS; b++)
		if (e->digests.banks & IMANS_BANK(b))
			cli_json_hex(digests, imans_bank_name(b),
				     e->digests.value[b], imans_bank_size(b));
	cli_json_add(o, "digests", digests);
	cli_json_text(o, "data", binding);
	cli_json_text(o, "text", text);
	free(type);
	return o;
}

/* Into an array, or out at once. */
static int show_events(const struct cli *cli, struct imans_fwlog *log,
		       struct json_object *array)
{
	const struct imans_fw_event *event;
	int err;

	while (!(err = imans_fwlog_next(log, &event)) && event) {
		enum imans_fw_binding binding;
		char text[TEXT_SIZE];

		err = imans_fw_event_binding(cli->ctx, event, &binding);
		if (err)
			break;
		imans_fw_event_text(event, text, sizeof(text));
		if (array)
			cli_json_add(array, NULL,
				     event_json(event, bindings[binding], text));
		else
			print_event(event, bindings[binding], text);
	}
	return err;
}

static void show_pcrs(const struct imans_pcrs *pcrs, struct json_object *o)
{
	for (int b = 0; b < IMANS_BANKS; b++) {
		struct json_object *bank;

		if (!(pcrs[0].banks & IMANS_BANK(b)))
			continue;
		bank = o ? json_object_new_object() : NULL;
		for (int pcr = 0; pcr < IMANS_BOOT_PCRS; pcr++) {
			char *hex = cli_hex_encode(pcrs[pcr].value[b],
						   imans_bank_size(b));
			char *number = cli_printf("%d", pcr);

			if (bank)
				cli_json_text(bank, number, hex);
			else
				printf("%s %s %s\n", imans_bank_name(b),
				       number, hex);
			free(number);
			free(hex);
		}
		if (o)
			cli_json_add(o, imans_bank_name(b), bank);
	}
}

static int show_log(const struct cli *cli, const char *path)
{
	struct json_object *events = NULL, *values = NULL, *o;
	struct imans_pcrs pcrs[IMANS_FW_PCRS];
	struct imans_fwlog *log;
	int err = imans_fwlog_open_file(cli->ctx, path, &log);

	if (err)
		return cli_failed(cli, err);
	if (cli->json) {
		events = json_object_new_array();
		values = json_object_new_object();
	}
	err = show_events(cli, log, events);
	if (!err)
		err = imans_fwlog_replay(log, pcrs);
	if (!err)
		show_pcrs(pcrs, values);
	imans_fwlog_close(log);
	if (err || !cli->json) {
		json_object_put(events);
		json_object_put(values);
		return err ? cli_failed(cli, err) : CLI_GOOD;
	}
	o = json_object_new_object();
	cli_json_add(o, "events", events);
	cli_json_add(o, "pcrs", values);
	return cli_print_json(cli, o);
}

/* ------------------------------------------------------------------ check */

static int check(const struct cli *cli, char **paths)
{
	int code = CLI_GOOD;

	if (!*paths)
		return cli_usage_error(cli, "no file is given");
	for (; *paths; paths++) {
		struct imans_bootref *ref;
		int one, err = imans_bootref_read(cli->ctx, *paths, &ref);

		if (!err) {
			printf("%s: good, %zu events\n", *paths,
			       imans_bootref_events(ref));
			imans_bootref_free(ref);
			continue;
		}
		one = cli_failed(cli, err);
		if (one > code)
			code = one;
	}
	return code;
}

static int take_option(struct cli *cli, void *user, int opt)
{
	struct request *r = user;

	switch (opt) {
	case 'o':
		r->output = optarg;
		return -1;
	case OPT_NONCE:
		r->nonce = optarg;
		return -1;
	case OPT_VERIFIER:
		r->verifier_id = optarg;
		return -1;
	case OPT_LOG:
	case OPT_EVIDENCE:
	case OPT_KERNEL:
	case OPT_CMDLINE:
	case OPT_INITRD:
	case OPT_IGNORE:
		r->sources = cli_alloc(r->sources, (r->source_count + 1) *
						   sizeof(*r->sources));
		r->sources[r->source_count++] = (struct source) { opt, optarg };
		return -1;
	default:
		return cli_trust_option(cli, &r->trust, opt);
	}
}

static int run(struct cli *cli, struct request *r, int argc, char **argv)
{
	int code = cli_options(cli, argc, argv, "o:", options, take_option, r);

	if (code >= 0)
		return code;
	if (optind == argc)
		return cli_usage_error(cli, "\"make\", \"log\" or \"check\" must be given");
	if (!strcmp(argv[optind], "make") && optind == argc - 1)
		return make(cli, r);
	if (!strcmp(argv[optind], "log") && optind == argc - 2)
		return show_log(cli, argv[optind + 1]);
	if (!strcmp(argv[optind], "check"))
		return check(cli, argv + optind + 1);
	return cli_usage_error(cli, "\"%s\" is not understood", argv[optind]);
}

int cmd_boot(struct cli *cli, int argc, char **argv)
{
	struct request r = { .nonce = NULL };
	int code, err = imans_bootref_new(cli->ctx, &r.ref);

	if (err)
		return cli_failed(cli, err);
	code = run(cli, &r, argc, argv);
	imans_bootref_free(r.ref);
	cli_trust_free(&r.trust);
	free(r.sources);
	return code;
}
