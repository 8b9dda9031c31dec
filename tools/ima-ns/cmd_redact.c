// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns redact: evidence for a tenant. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"

const char help_redact[] =
	"usage: ima-ns redact --keep ID ... --output FILE [OPTIONS] EVIDENCE\n"
	"\n"
	"Takes out of evidence of \"ima-ns attest --heads\" what a tenant must not see: of the\n"
	"host's entries that are no ima-ns/ events nothing but their digests is left, and\n"
	"other namespaces' lists and keys are left out. What remains can be verified.\n"
	"\n"
	"  --keep ID           keep this namespace; repeatable\n"
	"  --label GLOB        keep namespaces whose labels match; repeatable\n"
	"  --subtree           keep also what is below those that are kept\n"
	"  --none              keep no namespace: for who is shown single entries\n"
	"  --padded-bank BANK  the node's kernel lacks this algorithm, and extended the bank\n"
	"                      with padded SHA-1 digests; repeatable\n"
	"  --since FILE        of the host's list keep what is new to who has this state, or has\n"
	"                      sent this request of \"ima-ns state request\"\n"
	"  -o, --output FILE   where it goes (mode 0600: it holds the keys of what is kept)\n"
	"  --json              print a summary as one object\n"
	"  --help              print this\n";

enum { OPT_KEEP = CLI_OPT_OWN, OPT_LABEL, OPT_SUBTREE, OPT_NONE, OPT_PADDED,
       OPT_SINCE };

static const struct option options[] = {
	{ "keep", required_argument, NULL, OPT_KEEP },
	{ "label", required_argument, NULL, OPT_LABEL },
	{ "subtree", no_argument, NULL, OPT_SUBTREE },
	{ "none", no_argument, NULL, OPT_NONE },
	{ "padded-bank", required_argument, NULL, OPT_PADDED },
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "output", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

struct request {
	uint64_t *ids;
	const char **labels;
	struct imans_redact_opts opts;
	const char *since;
	const char *output;
	const char *evidence;
	bool none;
};

static int add_id(struct cli *cli, struct request *r, const char *text)
{
	uint64_t id;

	if (!cli_number(text, &id) || !id)
		return cli_usage_error(cli, "\"%s\" is no namespace's id",
				       text);
	r->ids = cli_alloc(r->ids, (r->opts.id_count + 1) * sizeof(*r->ids));
	r->ids[r->opts.id_count++] = id;
	return -1;
}

static void add_label(struct request *r, const char *glob)
{
	r->labels = cli_alloc(r->labels, (r->opts.label_count + 1) *
					 sizeof(*r->labels));
	r->labels[r->opts.label_count++] = glob;
}

static int take_option(struct cli *cli, void *user, int opt)
{
	struct request *r = user;

	switch (opt) {
	case OPT_KEEP:
		return add_id(cli, r, optarg);
	case OPT_LABEL:
		add_label(r, optarg);
		return -1;
	case OPT_SUBTREE:
		r->opts.subtree = true;
		return -1;
	case OPT_NONE:
		r->none = true;
		return -1;
	case OPT_PADDED:
		return cli_bank(cli, &r->opts.padded_banks);
	case OPT_SINCE:
		r->since = optarg;
		return -1;
	case 'o':
		r->output = optarg;
		return -1;
	default:
		return cli_common_option(cli, opt);
	}
}

static int take_options(struct cli *cli, struct request *r, int argc,
			char **argv)
{
	bool keeps;
	int code = cli_options(cli, argc, argv, "o:", options, take_option, r);

	if (code >= 0)
		return code;
	if (optind != argc - 1)
		return cli_usage_error(cli, "one file of evidence must be given");
	if (!r->output)
		return cli_usage_error(cli, "--output is missing");
	keeps = r->opts.id_count || r->opts.label_count;
	/* By mistake nothing would be kept, or more than was meant. */
	if (keeps == r->none)
		return cli_usage_error(cli, keeps ?
				       "--none and --keep or --label exclude each other" :
				       "--keep, --label or --none is missing");
	r->evidence = argv[optind];
	return -1;
}

static struct json_object *summary(const struct request *r,
				   const struct imans_evidence *evidence)
{
	struct json_object *o = json_object_new_object();
	struct json_object *array = json_object_new_array();
	struct imans_evidence_ns ns;

	cli_json_text(o, "evidence", r->output);
	for (size_t i = 0; !imans_evidence_ns(evidence, i, &ns); i++)
		cli_json_add(array, NULL, json_object_new_uint64(ns.id));
	cli_json_add(o, "namespaces", array);
	return o;
}

static int write_redacted(const struct cli *cli, const struct request *r,
			  const struct imans_evidence *redacted)
{
	int err = imans_evidence_write(redacted, r->output);

	if (err) {
		cli_failed(cli, err);
		return CLI_ERROR;
	}
	if (cli->json)
		return cli_print_json(cli, summary(r, redacted));
	printf("%s: %zu namespaces\n", r->output,
	       imans_evidence_ns_count(redacted));
	return CLI_GOOD;
}

static int redact(const struct cli *cli, struct request *r)
{
	struct imans_evidence *evidence, *redacted;
	struct imans_state *since = NULL;
	int code, err = imans_evidence_read(cli->ctx, r->evidence, &evidence);

	if (err)
		return cli_failed(cli, err);
	if (r->since)
		err = imans_state_read_since(cli->ctx, r->since, &since);
	if (err) {
		imans_evidence_free(evidence);
		return cli_failed(cli, err);
	}
	r->opts.sz = sizeof(r->opts);
	r->opts.ids = r->ids;
	r->opts.labels = r->labels;
	r->opts.since = since;
	err = imans_evidence_redact(evidence, &r->opts, &redacted);
	imans_evidence_free(evidence);
	imans_state_free(since);
	if (err)
		return cli_failed(cli, err);
	code = write_redacted(cli, r, redacted);
	imans_evidence_free(redacted);
	return code;
}

int cmd_redact(struct cli *cli, int argc, char **argv)
{
	struct request r = { .none = false };
	int code = take_options(cli, &r, argc, argv);

	if (code < 0)
		code = redact(cli, &r);
	free(r.ids);
	free(r.labels);
	return code;
}
