// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns attest: evidence. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"

const char help_attest[] =
	"usage: ima-ns attest --nonce HEX|FILE --ak FILE --output FILE [OPTIONS]\n"
	"\n"
	"Quotes PCRs 0 to 10 in all banks, then reads the firmware's log, the host's measurement\n"
	"list and those of all namespaces that are visible from here, with their keys, and\n"
	"writes one file.\n"
	"\n"
	"  --nonce HEX|FILE    the verifier's nonce: 16 to 64 bytes, in hexadecimal; or a file\n"
	"                      that holds that, or the bytes themselves\n"
	"  --ak FILE           the key of \"ima-ns ak create\"\n"
	"  --auth KEY|FILE     its authorization value, if it has one: a key in the kernel's\n"
	"                      keyrings, \"keyring:[TYPE:]DESCRIPTION\", or all of a file\n"
	"  --ak-cert FILE      its certificate, and those that lead to a root, in PEM; or one in\n"
	"                      DER; repeatable\n"
	"  -o, --output FILE   where the evidence goes (mode 0600: it holds keys)\n"
	"  --verifier-id NAME  whom the evidence is for (default: empty)\n"
	"  --heads             have the kernel log ima-ns/heads for this verifier before the\n"
	"                      quote, so that the evidence can be redacted\n"
	"  --no-keys           leave the namespaces' keys out, for a verifier that has them\n"
	"  --since FILE        what the verifier knows, of \"ima-ns state request\" or \"ima-ns\n"
	"                      verify --state\": of each list only what is new is read\n"
	"  --tcti TCTI         how to reach the TPM (default: device:/dev/tpmrm0)\n"
	"  --json              print a summary as one object\n"
	"  --securityfs DIR    where securityfs is mounted (default: /sys/kernel/security)\n"
	"  --ns-dir DIR        its directory of namespaces, integrity/ima/ns\n"
	"  --help              print this\n";

enum { OPT_NONCE = CLI_OPT_OWN, OPT_AK, OPT_VERIFIER, OPT_TCTI, OPT_HEADS,
       OPT_AUTH, OPT_NO_KEYS, OPT_SINCE };

static const struct option options[] = {
	{ "nonce", required_argument, NULL, OPT_NONCE },
	{ "ak", required_argument, NULL, OPT_AK },
	{ "auth", required_argument, NULL, OPT_AUTH },
	{ "no-keys", no_argument, NULL, OPT_NO_KEYS },
	{ "ak-cert", required_argument, NULL, CLI_OPT_AK_CERT },
	{ "output", required_argument, NULL, 'o' },
	{ "verifier-id", required_argument, NULL, OPT_VERIFIER },
	{ "tcti", required_argument, NULL, OPT_TCTI },
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "heads", no_argument, NULL, OPT_HEADS },
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	CLI_OPTIONS_NS_DIR,
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

struct request {
	const char *nonce;
	const char *ak;
	const char *output;
	const char *verifier_id;
	const char *tcti;
	const char *since;
	const char *auth;
	const char **certs;
	size_t cert_count;
	bool heads;
	bool no_keys;
};

/* Eight certificates with some text between them. */
#define CERTS_FILE_MAX	(1U << 20)

static struct json_object *ns_json(const struct imans_evidence_ns *ns)
{
	struct json_object *o = json_object_new_object();

	cli_json_number(o, "id", ns->id);
	cli_json_number(o, "parent", ns->parent);
	cli_json_text(o, "path", ns->path);
	cli_json_number(o, "list_bytes", ns->list_len);
	cli_json_bool(o, "key", ns->key);
	return o;
}

static int print_json(const struct cli *cli, const struct request *r,
		      const struct imans_evidence *evidence)
{
	struct json_object *o = json_object_new_object();
	struct json_object *array = json_object_new_array();
	struct imans_evidence_ns ns;
	enum imans_header header;
	size_t len;

	imans_evidence_host(evidence, &len, &header);
	cli_json_text(o, "evidence", r->output);
	cli_json_text(o, "verifier", imans_evidence_verifier(evidence));
	cli_json_number(o, "host_list_bytes", len);
	for (size_t i = 0; !imans_evidence_ns(evidence, i, &ns); i++)
		cli_json_add(array, NULL, ns_json(&ns));
	cli_json_add(o, "namespaces", array);
	return cli_print_json(cli, o);
}

static int print_text(const struct request *r,
		      const struct imans_evidence *evidence)
{
	size_t count = imans_evidence_ns_count(evidence), keys = 0, len;
	struct imans_evidence_ns ns;
	enum imans_header header;

	imans_evidence_host(evidence, &len, &header);
	for (size_t i = 0; !imans_evidence_ns(evidence, i, &ns); i++)
		keys += !!ns.key;
	printf("%s: a host's list of %zu bytes, %zu namespaces, %zu with their keys\n",
	       r->output, len, count, keys);
	return CLI_GOOD;
}

static int add_certs(const struct cli *cli, const struct request *r,
		     struct imans_evidence *evidence)
{
	int err = 0;

	for (size_t i = 0; !err && i < r->cert_count; i++) {
		size_t len;
		char *data = cli_read_file(cli, r->certs[i], CERTS_FILE_MAX,
					   &len);

		if (!data)
			return CLI_ERROR;
		err = imans_evidence_add_ak_certs(evidence, data, len,
						  r->certs[i]);
		free(data);
	}
	return err ? (cli_failed(cli, err), CLI_ERROR) : CLI_GOOD;
}

static int make(const struct cli *cli, const struct request *r,
		struct imans_evidence **evidence)
{
	struct imans_attest_opts opts = {
		.sz = sizeof(opts),
		.verifier_id = r->verifier_id,
		.ns_dir = cli->ns_dir,
		.heads = r->heads,
		.no_keys = r->no_keys,
	};
	struct imans_state *since = NULL;
	struct imans_ak *ak = NULL;
	struct imans_tpm *tpm;
	uint8_t *nonce;
	int err;

	if (cli_nonce(cli, r->nonce, &nonce, &opts.nonce_len))
		return CLI_ERROR;
	opts.nonce = nonce;
	err = r->since ? imans_state_read_since(cli->ctx, r->since, &since) : 0;
	opts.since = since;
	if (!err)
		err = imans_ak_read(cli->ctx, r->ak, &ak);
	if (!err && r->auth && cli_ak_auth(cli, ak, r->auth)) {
		imans_state_free(since);
		imans_ak_free(ak);
		free(nonce);
		return CLI_ERROR;
	}
	if (!err)
		err = imans_tpm_open(cli->ctx, r->tcti, &tpm);
	if (!err) {
		err = imans_attest(tpm, ak, &opts, evidence);
		imans_tpm_close(tpm);
	}
	imans_state_free(since);
	imans_ak_free(ak);
	free(nonce);
	if (!err)
		return CLI_GOOD;
	cli_failed(cli, err);
	return CLI_ERROR;
}

static int take_option(struct cli *cli, void *user, int opt)
{
	struct request *r = user;

	switch (opt) {
	case OPT_NONCE:
		r->nonce = optarg;
		return -1;
	case OPT_AK:
		r->ak = optarg;
		return -1;
	case 'o':
		r->output = optarg;
		return -1;
	case OPT_VERIFIER:
		r->verifier_id = optarg;
		return -1;
	case OPT_SINCE:
		r->since = optarg;
		return -1;
	case OPT_TCTI:
		r->tcti = optarg;
		return -1;
	case OPT_AUTH:
		r->auth = optarg;
		return -1;
	case OPT_NO_KEYS:
		r->no_keys = true;
		return -1;
	case CLI_OPT_AK_CERT:
		r->certs = cli_alloc(r->certs, (r->cert_count + 1) *
					       sizeof(*r->certs));
		r->certs[r->cert_count++] = optarg;
		return -1;
	case OPT_HEADS:
		r->heads = true;
		return -1;
	default:
		return cli_common_option(cli, opt);
	}
}

static int run(const struct cli *cli, const struct request *r)
{
	struct imans_evidence *evidence;
	int err, code = make(cli, r, &evidence);

	if (code)
		return code;
	code = add_certs(cli, r, evidence);
	err = code ? 0 : imans_evidence_write(evidence, r->output);
	if (err)
		code = cli_failed(cli, err);
	else if (!code)
		code = cli->json ? print_json(cli, r, evidence) :
				   print_text(r, evidence);
	imans_evidence_free(evidence);
	return code;
}

int cmd_attest(struct cli *cli, int argc, char **argv)
{
	struct request r = { .nonce = NULL };
	int code = cli_options(cli, argc, argv, "o:", options, take_option, &r);

	if (code < 0 && optind != argc)
		code = cli_usage_error(cli, "\"%s\" is one argument too many",
				       argv[optind]);
	if (code < 0 && (!r.nonce || !r.ak || !r.output))
		code = cli_usage_error(cli, "%s is missing",
				       !r.nonce ? "--nonce" :
				       !r.ak ? "--ak" : "--output");
	if (code < 0)
		code = run(cli, &r);
	free(r.certs);
	return code;
}
