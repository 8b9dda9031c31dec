// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns ak: attestation keys. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

const char help_ak[] =
	"usage: ima-ns ak create --out FILE [--pem FILE] [OPTIONS]\n"
	"       ima-ns ak show [--pem FILE] [--json] FILE\n"
	"\n"
	"create: makes an attestation key in the TPM, a restricted ECDSA P-256 signing key\n"
	"in the endorsement hierarchy. show: prints its name and its public key.\n"
	"\n"
	"  --out FILE          where the key goes, encrypted by the TPM: only this TPM can use\n"
	"                      it, and nothing stays in the TPM\n"
	"  --pem FILE          where the public key goes, to be given to the verifier\n"
	"  --tcti TCTI         how to reach the TPM (default: device:/dev/tpmrm0)\n"
	"  --json              print one object\n"
	"  --help              print this\n";

enum { OPT_OUT = CLI_OPT_OWN, OPT_PEM, OPT_TCTI };

static const struct option options[] = {
	{ "out", required_argument, NULL, OPT_OUT },
	{ "pem", required_argument, NULL, OPT_PEM },
	{ "tcti", required_argument, NULL, OPT_TCTI },
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

struct request {
	const char *out;
	const char *pem;
	const char *tcti;
	bool json;
};

static int create(const struct cli *cli, const struct request *r)
{
	struct imans_tpm *tpm;
	struct imans_ak *ak;
	int err;

	if (!r->out)
		return cli_usage_error(cli, "--out is missing");
	err = imans_tpm_open(cli->ctx, r->tcti, &tpm);
	if (err)
		return cli_failed(cli, err);
	err = imans_ak_create(tpm, &ak);
	imans_tpm_close(tpm);
	if (err)
		return cli_failed(cli, err);
	/* The key itself last: a file without its public key is of no use. */
	if (r->pem)
		err = imans_ak_write_pem(ak, r->pem);
	if (!err)
		err = imans_ak_write(ak, r->out);
	imans_ak_free(ak);
	return err ? cli_failed(cli, err) : CLI_GOOD;
}

static int print(const struct cli *cli, const struct request *r,
		 const struct imans_ak *ak, const char *pem)
{
	struct json_object *o;
	uint8_t name[34];
	char *hex;
	int err = imans_ak_name(ak, name);

	if (err)
		return cli_failed(cli, err);
	if (r->json) {
		o = json_object_new_object();
		cli_json_hex(o, "name", name, sizeof(name));
		cli_json_text(o, "pem", pem);
		return cli_print_json(cli, o);
	}
	hex = cli_hex_encode(name, sizeof(name));
	printf("name: %s\n%s", hex, pem);
	free(hex);
	return CLI_GOOD;
}

static int show(const struct cli *cli, const struct request *r,
		const char *path)
{
	struct imans_ak *ak;
	int code, err = imans_ak_read(cli->ctx, path, &ak);
	char *pem = NULL;

	if (err)
		return cli_failed(cli, err);
	err = imans_ak_pem(ak, &pem);
	if (!err && r->pem)
		err = imans_ak_write_pem(ak, r->pem);
	code = err ? cli_failed(cli, err) : print(cli, r, ak, pem);
	free(pem);
	imans_ak_free(ak);
	return code;
}

/* -1: go on. */
static int take_option(struct cli *cli, struct request *r, int opt)
{
	switch (opt) {
	case OPT_OUT:
		r->out = optarg;
		return -1;
	case OPT_PEM:
		r->pem = optarg;
		return -1;
	case OPT_TCTI:
		r->tcti = optarg;
		return -1;
	case CLI_OPT_JSON:
		r->json = true;
		return -1;
	default:
		return cli_common_option(cli, opt);
	}
}

int cmd_ak(struct cli *cli, int argc, char **argv)
{
	struct request r = { .json = false };
	int opt, code;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		code = take_option(cli, &r, opt);
		if (code >= 0)
			return code;
	}
	if (optind == argc - 1 && !strcmp(argv[optind], "create"))
		return create(cli, &r);
	if (optind == argc - 2 && !strcmp(argv[optind], "show"))
		return show(cli, &r, argv[optind + 1]);
	return cli_usage_error(cli, "\"create\", or \"show\" and a file, must be given");
}
