// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns verdict: signed verdicts. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "signing.h"

const char help_verdict[] =
	"usage: ima-ns verdict show [--key FILE] [--json] FILE\n"
	"\n"
	"Prints a signed verdict of \"ima-ns verify --issue\" or \"--issue-node\".\n"
	"\n"
	"  --key FILE          the public key, in PEM, that must have signed it; without one\n"
	"                      nothing that is printed is verified\n"
	"  --json              print one object\n"
	"  --help              print this\n"
	"\n"
	"Exit code: 0, 1 if it is malformed or not that key's, 2 on errors.\n";

enum { OPT_KEY = CLI_OPT_OWN };

static const struct option options[] = {
	{ "key", required_argument, NULL, OPT_KEY },
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

static const char *kind_name(enum imans_signed_kind kind)
{
	return kind == IMANS_SIGNED_NODE ? "node" : "tenant";
}

static struct json_object *pcrs_json(const struct imans_pcrs *pcrs)
{
	struct json_object *o = json_object_new_object();

	for (int b = 0; b < IMANS_BANKS; b++)
		if (pcrs->banks & IMANS_BANK(b))
			cli_json_hex(o, imans_bank_name(b), pcrs->value[b],
				     imans_bank_size(b));
	return o;
}

static struct json_object *ns_json(const struct imans_signed_ns *ns, bool node)
{
	struct json_object *o = json_object_new_object();

	cli_json_number(o, "id", ns->id);
	if (node)
		return o;
	cli_json_text(o, "verdict", imans_verdict_name(ns->verdict));
	cli_json_number(o, "records", ns->records);
	cli_json_hex(o, "digest", ns->digest, sizeof(ns->digest));
	return o;
}

static int print_json(const struct cli *cli, const struct imans_signed *s,
		      const struct imans_signed_info *info, bool verified)
{
	struct json_object *o = json_object_new_object();
	struct json_object *array = json_object_new_array();
	bool node = info->kind == IMANS_SIGNED_NODE;
	struct imans_signed_ns ns;

	cli_json_text(o, "kind", kind_name(info->kind));
	cli_json_bool(o, "verified", verified);
	cli_json_text(o, "verdict", imans_verdict_name(info->verdict));
	cli_json_hex(o, "key", info->kid, sizeof(info->kid));
	cli_json_hex(o, "boot_id", info->boot_id, sizeof(info->boot_id));
	cli_json_hex(o, "ak_name", info->ak_name, sizeof(info->ak_name));
	cli_json_hex(o, "nonce", info->nonce, info->nonce_len);
	cli_json_number(o, "issued_at", info->issued_at);
	cli_json_number(o, "expires_at", info->expires_at);
	if (node) {
		cli_json_text(o, "host_verdict",
			      imans_verdict_name(info->host_verdict));
		cli_json_number(o, "records", info->records);
		cli_json_add(o, "pcr10", pcrs_json(&info->pcr10));
	}
	for (size_t i = 0; !imans_signed_ns(s, i, &ns); i++)
		cli_json_add(array, NULL, ns_json(&ns, node));
	cli_json_add(o, node ? "unaccounted" : "namespaces", array);
	return cli_print_json(cli, o);
}

static void print_hex(const char *name, const uint8_t *data, size_t len)
{
	char *hex = cli_hex_encode(data, len);

	printf("%-10s %s\n", name, hex);
	free(hex);
}

static void print_text(const struct imans_signed *s,
		       const struct imans_signed_info *info, bool verified)
{
	bool node = info->kind == IMANS_SIGNED_NODE;
	struct imans_signed_ns ns;

	printf("%-10s %s%s\n", "kind", kind_name(info->kind),
	       verified ? "" : " (signature not verified)");
	printf("%-10s %s\n", "verdict", imans_verdict_name(info->verdict));
	print_hex("key", info->kid, sizeof(info->kid));
	print_hex("boot id", info->boot_id, sizeof(info->boot_id));
	print_hex("ak name", info->ak_name, sizeof(info->ak_name));
	print_hex("nonce", info->nonce, info->nonce_len);
	printf("%-10s %" PRIu64 "\n%-10s %" PRIu64 "\n", "issued", info->issued_at,
	       "expires", info->expires_at);
	if (node)
		printf("%-10s %s, namespaces that are unaccounted for aside\n%-10s %" PRIu64 "\n",
		       "host", imans_verdict_name(info->host_verdict), "records",
		       info->records);
	for (int b = 0; b < IMANS_BANKS; b++)
		if (info->pcr10.banks & IMANS_BANK(b))
			print_hex(imans_bank_name(b), info->pcr10.value[b],
				  imans_bank_size(b));
	for (size_t i = 0; !imans_signed_ns(s, i, &ns); i++) {
		if (node)
			printf("namespace %" PRIu64 "  unaccounted for\n",
			       ns.id);
		else
			printf("namespace %" PRIu64 "  %s  %" PRIu64
			       " records\n", ns.id,
			       imans_verdict_name(ns.verdict), ns.records);
	}
}

static int verify(const struct cli *cli, const struct imans_signed *s,
		  const char *path, const char *key)
{
	char *pem = cli_read_text(cli, key, SIGNING_PEM_MAX);
	int err;

	if (!pem)
		return CLI_ERROR;
	err = imans_signed_verify(s, pem);
	free(pem);
	if (!err)
		return CLI_GOOD;
	cli_error(cli, "%s: %s", path, imans_ctx_error(cli->ctx));
	return err == -EKEYREJECTED ? CLI_AGAINST : CLI_ERROR;
}

static int show(const struct cli *cli, const char *path, const char *key)
{
	struct imans_signed_info info;
	struct imans_signed *s;
	int code = CLI_GOOD, err = imans_signed_read(cli->ctx, path, &s);

	if (err)
		return cli_failed(cli, err);
	if (key)
		code = verify(cli, s, path, key);
	imans_signed_info(s, &info);
	if (!code && cli->json)
		code = print_json(cli, s, &info, key);
	else if (!code)
		print_text(s, &info, key);
	imans_signed_free(s);
	return code;
}

static int take_option(struct cli *cli, void *key, int opt)
{
	if (opt != OPT_KEY)
		return cli_common_option(cli, opt);
	*(const char **)key = optarg;
	return -1;
}

int cmd_verdict(struct cli *cli, int argc, char **argv)
{
	const char *key = NULL;
	int code = cli_options(cli, argc, argv, "", options, take_option, &key);

	if (code >= 0)
		return code;
	if (optind != argc - 2 || strcmp(argv[optind], "show"))
		return cli_usage_error(cli, "\"show\" and a file must be given");
	return show(cli, argv[optind + 1], key);
}
