// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns disclose: single entries of a namespace, shown without its key. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "report.h"

const char help_disclose[] =
	"usage: ima-ns disclose make --namespace ID --entries A[-B] --output FILE [OPTIONS]\n"
	"                            EVIDENCE\n"
	"       ima-ns disclose verify --nonce HEX|FILE --ak FILE --evidence FILE [OPTIONS]\n"
	"                              DISCLOSURE\n"
	"\n"
	"make: writes one own entry of a namespace, or a range of them, with what opens\n"
	"their records in the host's list and no others; the namespace's key is not in it.\n"
	"verify: verifies the quote and the host's list in evidence, which may be redacted,\n"
	"and by them what was disclosed.\n"
	"\n"
	"  --namespace ID      whose entries\n"
	"  --entries A[-B]     which, by their seq: own entries count from 0, CREATE, and\n"
	"                      records of namespaces below are not counted\n"
	"  -o, --output FILE   where the disclosure goes\n"
	"  --key ID=KEY|FILE   the namespace's key, if the evidence does not have it: in the\n"
	"                      kernel's keyrings, \"keyring:[TYPE:]DESCRIPTION\", or in a file\n"
	"  --nonce HEX|FILE    the nonce that the evidence was asked for with\n"
	CLI_HELP_TRUST
	"  --verifier-id NAME  whom the evidence must be for (default: empty)\n"
	"  --evidence FILE     evidence that the entries are verified by\n"
	"  --padded-bank BANK  as in \"ima-ns verify\"; repeatable\n"
	"  --json              print one object\n"
	"  --help              print this\n"
	"\n"
	"Exit code of verify: 0 if all that is disclosed is proven, 1 if not, 2 on errors.\n";

enum { OPT_NS = CLI_OPT_OWN, OPT_ENTRIES, OPT_NONCE, OPT_VERIFIER,
       OPT_EVIDENCE, OPT_PADDED, OPT_KEY };

static const struct option options[] = {
	{ "namespace", required_argument, NULL, OPT_NS },
	{ "entries", required_argument, NULL, OPT_ENTRIES },
	{ "output", required_argument, NULL, 'o' },
	{ "nonce", required_argument, NULL, OPT_NONCE },
	CLI_OPTIONS_TRUST,
	{ "key", required_argument, NULL, OPT_KEY },
	{ "verifier-id", required_argument, NULL, OPT_VERIFIER },
	{ "evidence", required_argument, NULL, OPT_EVIDENCE },
	{ "padded-bank", required_argument, NULL, OPT_PADDED },
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

struct request {
	uint64_t id;
	struct imans_disclose_opts range;
	struct imans_verify_opts opts;
	const char *output;
	const char *nonce;
	const char *evidence;
	struct cli_trust trust;
	struct cli_ns_keys keys;
};

/* ------------------------------------------------------------------- make */

static int find_ns(const struct cli *cli, const struct imans_evidence *evidence,
		   uint64_t id, struct imans_evidence_ns *ns)
{
	for (size_t i = 0; !imans_evidence_ns(evidence, i, ns); i++) {
		if (ns->id != id)
			continue;
		if (!ns->key)
			return cli_error(cli,
					 "the evidence does not have the key of namespace %"
					 PRIu64, id);
		return CLI_GOOD;
	}
	return cli_error(cli, "the evidence does not have namespace %" PRIu64,
			 id);
}

static int write_disclosure(const struct cli *cli, const struct request *r,
			    const struct imans_disclosure *disclosure)
{
	struct json_object *o;
	int err = imans_disclosure_write(disclosure, r->output);

	if (err) {
		cli_failed(cli, err);
		return CLI_ERROR;
	}
	if (!cli->json) {
		printf("%s: %" PRIu64 " entries of namespace %" PRIu64 "\n",
		       r->output, r->range.count, r->id);
		return CLI_GOOD;
	}
	o = json_object_new_object();
	cli_json_text(o, "disclosure", r->output);
	cli_json_number(o, "id", r->id);
	cli_json_number(o, "first", r->range.first);
	cli_json_number(o, "count", r->range.count);
	return cli_print_json(cli, o);
}

static int make(const struct cli *cli, struct request *r, const char *path)
{
	struct imans_disclosure *disclosure = NULL;
	struct imans_evidence *evidence;
	struct imans_evidence_ns ns;
	int code, err;

	if (!r->id || !r->range.count || !r->output)
		return cli_usage_error(cli, "%s is missing",
				       !r->id ? "--namespace" :
				       !r->range.count ? "--entries" :
							 "--output");
	err = imans_evidence_read(cli->ctx, path, &evidence);
	if (err)
		return cli_failed(cli, err);
	code = cli_ns_keys_apply(cli, &r->keys, evidence);
	if (!code)
		code = find_ns(cli, evidence, r->id, &ns);
	if (!code) {
		r->range.sz = sizeof(r->range);
		r->range.header = ns.header;
		err = imans_disclosure_make(cli->ctx, r->id, ns.list,
					    ns.list_len, ns.key, &r->range,
					    &disclosure);
		code = err ? cli_failed(cli, err) :
			     write_disclosure(cli, r, disclosure);
	}
	imans_disclosure_free(disclosure);
	imans_evidence_free(evidence);
	return code;
}

/* ----------------------------------------------------------------- verify */

/* Call for each entry, whose number is its seq. */
static int each_entry(const struct cli *cli,
		      const struct imans_disclosure_info *info,
		      struct json_object *array)
{
	const struct imans_list_opts opts = {
		.sz = sizeof(opts), .name = "disclosure",
		.header = info->header,
	};
	const struct imans_entry *entry;
	struct imans_list *list;
	int err = imans_list_open_mem(cli->ctx, info->list, info->list_len,
				      &opts, &list);

	if (err)
		return cli_failed(cli, err);
	for (uint64_t seq = info->first;
	     !(err = imans_list_next(list, &entry)) && entry; seq++) {
		if (array)
			cli_json_add(array, NULL,
				     cli_entry_json(cli, entry, seq));
		else
			cli_print_entry(cli, entry, seq);
	}
	imans_list_close(list);
	return err ? cli_failed(cli, err) : CLI_GOOD;
}

static int print_json(const struct cli *cli, const struct imans_report *report,
		      const struct imans_disclosure_info *info,
		      const struct imans_subject *s, bool proven)
{
	struct json_object *o = json_object_new_object();
	struct json_object *array = json_object_new_array();
	char *text = NULL;
	int code = CLI_GOOD;

	if (imans_report_json(cli->ctx, report, &text))
		cli_no_memory();
	cli_json_number(o, "id", info->id);
	cli_json_number(o, "first", info->first);
	cli_json_number(o, "count", info->count);
	cli_json_number(o, "proven", s->proven);
	cli_json_bool(o, "label_proven", proven && *s->label);
	cli_json_text(o, "label", proven ? s->label : "");
	if (proven)
		code = each_entry(cli, info, array);
	cli_json_add(o, "entries", array);
	cli_json_add(o, "report", json_tokener_parse(text));
	free(text);
	if (code) {
		json_object_put(o);
		return code;
	}
	return cli_print_json(cli, o);
}

/* What is not proven is not shown: it could be anything. */
static int print_text(const struct cli *cli, const struct imans_report *report,
		      const struct imans_disclosure_info *info,
		      const struct imans_subject *s, bool proven)
{
	report_print_text(report);
	putchar('\n');
	if (!proven) {
		printf("namespace %" PRIu64 ": %" PRIu64 " of %" PRIu64
		       " entries that were disclosed are proven\n", info->id,
		       s->proven, info->count);
		return CLI_GOOD;
	}
	printf("namespace %" PRIu64 ": proven are content and number of these entries, %s\n",
	       info->id, *s->label ? "and the label" :
	       "not the label: entry 0, CREATE, is not among them");
	return each_entry(cli, info, NULL);
}

static int print(const struct cli *cli, const struct imans_report *report,
		 const struct imans_disclosure *disclosure)
{
	struct imans_disclosure_info info;
	struct imans_subject s;
	bool proven;
	int code;

	imans_disclosure_info(disclosure, &info);
	imans_report_subject(report, 1, &s);
	proven = s.verdict >= IMANS_CONSISTENT && s.proven == info.count;
	code = cli->json ? print_json(cli, report, &info, &s, proven) :
			   print_text(cli, report, &info, &s, proven);
	return code || proven ? code : CLI_AGAINST;
}

static int verify(const struct cli *cli, struct request *r,
		  const struct imans_disclosure *disclosure)
{
	struct imans_evidence *evidence;
	struct imans_report *report;
	int code, err = imans_evidence_read(cli->ctx, r->evidence, &evidence);

	if (err)
		return cli_failed(cli, err);
	err = imans_disclosure_verify(evidence, &r->opts, disclosure, &report);
	imans_evidence_free(evidence);
	if (err) {
		cli_failed(cli, err);
		return CLI_ERROR;
	}
	code = print(cli, report, disclosure);
	imans_report_free(report);
	return code;
}

static int read_and_verify(const struct cli *cli, struct request *r,
			   const char *path)
{
	struct imans_disclosure *disclosure;
	uint8_t *nonce = NULL;
	int code, err;

	if (!r->nonce || !r->evidence)
		return cli_usage_error(cli, "%s is missing",
				       !r->nonce ? "--nonce" : "--evidence");
	code = cli_trust_done(cli, &r->trust, &r->opts);
	if (code >= 0)
		return code;
	code = CLI_ERROR;
	if (!cli_nonce(cli, r->nonce, &nonce, &r->opts.nonce_len)) {
		r->opts.sz = sizeof(r->opts);
		r->opts.nonce = nonce;
		err = imans_disclosure_read(cli->ctx, path, &disclosure);
		code = err ? cli_failed(cli, err) : verify(cli, r, disclosure);
		if (!err)
			imans_disclosure_free(disclosure);
	}
	free(nonce);
	return code;
}

/* ---------------------------------------------------------------- options */

/* "7" or "7-9". */
static int take_range(struct cli *cli, struct request *r, char *text)
{
	char *end = strchr(text, '-');
	uint64_t last;

	if (end)
		*end++ = '\0';
	if (!cli_number(text, &r->range.first) ||
	    !cli_number(end ? end : text, &last) || last < r->range.first ||
	    last - r->range.first >= IMANS_DISCLOSED_MAX)
		return cli_usage_error(cli,
				       "--entries needs A or A-B, at most %d of them",
				       IMANS_DISCLOSED_MAX);
	r->range.count = last - r->range.first + 1;
	return -1;
}

static int take_option(struct cli *cli, void *user, int opt)
{
	struct request *r = user;

	switch (opt) {
	case OPT_NS:
		if (!cli_number(optarg, &r->id) || !r->id)
			return cli_usage_error(cli, "\"%s\" is no namespace's id",
					       optarg);
		return -1;
	case OPT_ENTRIES:
		return take_range(cli, r, optarg);
	case 'o':
		r->output = optarg;
		return -1;
	case OPT_NONCE:
		r->nonce = optarg;
		return -1;
	case OPT_KEY:
		return cli_ns_keys_add(cli, &r->keys, optarg) ? CLI_ERROR : -1;
	case OPT_VERIFIER:
		r->opts.verifier_id = optarg;
		return -1;
	case OPT_EVIDENCE:
		r->evidence = optarg;
		return -1;
	case OPT_PADDED:
		return cli_bank(cli, &r->opts.padded_banks);
	default:
		return cli_trust_option(cli, &r->trust, opt);
	}
}

static int run(struct cli *cli, struct request *r, int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[0], "make"))
		return make(cli, r, argv[1]);
	if (argc == 2 && !strcmp(argv[0], "verify"))
		return read_and_verify(cli, r, argv[1]);
	return cli_usage_error(cli, "\"make\" or \"verify\", and a file, must be given");
}

int cmd_disclose(struct cli *cli, int argc, char **argv)
{
	struct request r = { .id = 0 };
	int code = cli_options(cli, argc, argv, "o:", options, take_option, &r);

	if (code < 0)
		code = run(cli, &r, argc - optind, argv + optind);
	cli_trust_free(&r.trust);
	cli_ns_keys_free(&r.keys);
	return code;
}
