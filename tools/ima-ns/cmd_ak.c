// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns ak: attestation keys. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ak.h"

const char help_ak[] =
	"usage: ima-ns ak create --out FILE [--pem FILE] [OPTIONS]\n"
	"       ima-ns ak show [--pem FILE] [--json] FILE\n"
	"       ima-ns ak request --ak FILE --out FILE [--ek rsa|ecc] [OPTIONS]\n"
	"       ima-ns ak challenge --node NAME --ek-ca FILE|--ek-name HEX --state FILE\n"
	"                           --out FILE [OPTIONS] REQUEST\n"
	"       ima-ns ak activate --ak FILE --out FILE [--node NAME] [OPTIONS] CHALLENGE\n"
	"       ima-ns ak enrol --state FILE --out FILE [--max-age SECONDS] RESPONSE\n"
	"\n"
	"create: makes an attestation key in the TPM, a restricted ECDSA P-256 signing key\n"
	"in the endorsement hierarchy. show: prints its name and its public key.\n"
	"\n"
	"The others enrol a key by credential activation, so that a verifier knows that it is\n"
	"in the TPM of a node: the node makes a request, the verifier a challenge, the node's\n"
	"TPM a response, the verifier a record, which \"ima-ns verify --enrolment\" takes.\n"
	"\n"
	"  --out FILE          where the result goes. The key is encrypted by the TPM: only this\n"
	"                      TPM can use it, and nothing stays in the TPM\n"
	"  --pem FILE          where the public key goes, to be given to the verifier\n"
	"  --auth KEY|FILE     an authorization value that the key's use needs: a key in the\n"
	"                      kernel's keyrings, \"keyring:[TYPE:]DESCRIPTION\", which create\n"
	"                      makes if there is none; or all of a file, up to 32 bytes\n"
	"  --keyring RING      where create makes that: @t, @p, @s, @u, @us or a serial number\n"
	"                      (default: @u)\n"
	"  --ak FILE           the key of \"ima-ns ak create\"\n"
	"  --ek rsa|ecc        the endorsement key (default: the first with a certificate)\n"
	"  --node NAME         whose TPM this shall be; for \"activate\", what the challenge\n"
	"                      must say\n"
	"  --ek-ca FILE        roots of the TPM's vendor, in PEM or DER; repeatable\n"
	"  --ek-chain FILE     intermediate certificates that may help; repeatable\n"
	"  --ek-crl FILE       CRLs: with one, each issuer must have one; repeatable\n"
	"  --ek-name HEX       the TPM's endorsement key, by its name; repeatable\n"
	"  --state FILE        what the verifier keeps of a challenge, which is good for one\n"
	"                      response (mode 0600)\n"
	"  --max-age SECONDS   how old the challenge may be (default: a day)\n"
	"  --tcti TCTI         how to reach the TPM (default: device:/dev/tpmrm0)\n"
	"  --json              print one object\n"
	"  --help              print this\n"
	"\n"
	"Exit code: 0 good, 1 if a message or a key is refused, 2 on errors.\n";

enum { OPT_OUT = CLI_OPT_OWN, OPT_PEM, OPT_TCTI, OPT_STATE, OPT_EK, OPT_EK_CA,
       OPT_EK_CHAIN, OPT_EK_CRL, OPT_EK_NAME, OPT_MAX_AGE,
       OPT_AUTH, OPT_KEYRING };

static const struct option options[] = {
	{ "out", required_argument, NULL, OPT_OUT },
	{ "pem", required_argument, NULL, OPT_PEM },
	{ "ak", required_argument, NULL, CLI_OPT_AK },
	{ "ek", required_argument, NULL, OPT_EK },
	{ "node", required_argument, NULL, CLI_OPT_NODE },
	{ "ek-ca", required_argument, NULL, OPT_EK_CA },
	{ "ek-chain", required_argument, NULL, OPT_EK_CHAIN },
	{ "ek-crl", required_argument, NULL, OPT_EK_CRL },
	{ "ek-name", required_argument, NULL, OPT_EK_NAME },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "max-age", required_argument, NULL, OPT_MAX_AGE },
	{ "auth", required_argument, NULL, OPT_AUTH },
	{ "keyring", required_argument, NULL, OPT_KEYRING },
	{ "tcti", required_argument, NULL, OPT_TCTI },
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

int ak_open(const struct cli *cli, const struct ak_request *r,
	    struct imans_ak **ak)
{
	int err = imans_ak_read(cli->ctx, r->ak, ak);
	int code = err ? cli_failed(cli, err) : CLI_GOOD;

	if (!code && r->auth) {
		code = cli_ak_auth(cli, *ak, r->auth);
		if (code)
			imans_ak_free(*ak);
	}
	return code;
}

/*
 * The authorization value: of the file, of the key in the keyring, or of a key
 * that is made there.
 */
static int get_auth(const struct cli *cli, const struct ak_request *r,
		    uint8_t **auth, size_t *len, bool *made)
{
	int err;

	*made = false;
	if (!cli_in_keyring(r->auth))
		return cli_secret(cli, r->auth, IMANS_AK_AUTH_MAX, auth, len);
	err = imans_keyring_read(cli->ctx, r->auth, IMANS_AK_AUTH_MAX, auth,
				 len);
	if (err == -ENOKEY) {
		err = imans_keyring_make(cli->ctx, r->auth, r->keyring,
					 IMANS_AK_AUTH_MAX, auth);
		*len = IMANS_AK_AUTH_MAX;
		*made = !err;
	}
	return err ? cli_failed(cli, err) : CLI_GOOD;
}

static int create_in(const struct cli *cli, const struct ak_request *r,
		     const uint8_t *auth, size_t len)
{
	struct imans_tpm *tpm;
	struct imans_ak *ak;
	int err = imans_tpm_open(cli->ctx, r->tcti, &tpm);

	if (err)
		return cli_failed(cli, err);
	err = imans_ak_create_auth(tpm, auth, len, &ak);
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

static int create(const struct cli *cli, const struct ak_request *r)
{
	uint8_t *auth = NULL;
	bool made = false;
	size_t len = 0;
	int code = CLI_GOOD;

	if (!r->out)
		return cli_usage_error(cli, "--out is missing");
	if (r->auth)
		code = get_auth(cli, r, &auth, &len, &made);
	if (!code)
		code = create_in(cli, r, auth, len);
	if (code && made)
		imans_keyring_remove(cli->ctx, r->auth);
	imans_key_free(auth, len);
	return code;
}

static int print(const struct cli *cli, const struct imans_ak *ak,
		 const char *pem)
{
	struct json_object *o;
	uint8_t name[IMANS_TPM_NAME_SIZE];
	char *hex;
	int err = imans_ak_name(ak, name);

	if (err)
		return cli_failed(cli, err);
	if (cli->json) {
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

static int show(const struct cli *cli, const struct ak_request *r,
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
	code = err ? cli_failed(cli, err) : print(cli, ak, pem);
	free(pem);
	imans_ak_free(ak);
	return code;
}

static int add_ek_name(const struct cli *cli, struct ak_request *r)
{
	size_t len = 0;
	uint8_t *name = cli_hex_decode(optarg, &len);

	if (!name || len != IMANS_TPM_NAME_SIZE) {
		free(name);
		return cli_usage_error(cli, "\"%s\" is no name of a TPM's key: %d bytes in hexadecimal",
				       optarg, IMANS_TPM_NAME_SIZE);
	}
	r->ek_names = cli_alloc(r->ek_names, (r->ek_name_count + 1) *
					     sizeof(*r->ek_names));
	memcpy(r->ek_names[r->ek_name_count++], name, len);
	free(name);
	return -1;
}

static int take_ek(const struct cli *cli, struct ak_request *r)
{
	if (!strcmp(optarg, "rsa"))
		r->ek = IMANS_EK_RSA;
	else if (!strcmp(optarg, "ecc"))
		r->ek = IMANS_EK_ECC;
	else
		return cli_usage_error(cli, "--ek is \"rsa\" or \"ecc\"");
	return -1;
}

/* -1: go on. */
static int take_verifier_option(struct cli *cli, struct ak_request *r, int opt)
{
	switch (opt) {
	case OPT_EK_CA:
		return cli_ca_add(cli, &r->ca, IMANS_CA_ROOT, optarg) ?
			CLI_ERROR : -1;
	case OPT_EK_CHAIN:
		return cli_ca_add(cli, &r->ca, IMANS_CA_INTERMEDIATE, optarg) ?
			CLI_ERROR : -1;
	case OPT_EK_CRL:
		return cli_ca_add(cli, &r->ca, IMANS_CA_CRL, optarg) ?
			CLI_ERROR : -1;
	case OPT_EK_NAME:
		return add_ek_name(cli, r);
	case OPT_STATE:
		r->state = optarg;
		return -1;
	case OPT_MAX_AGE:
		if (!cli_number(optarg, &r->max_age) || !r->max_age)
			return cli_usage_error(cli, "--max-age is no number of seconds");
		return -1;
	default:
		return cli_common_option(cli, opt);
	}
}

static int take_option(struct cli *cli, void *user, int opt)
{
	struct ak_request *r = user;

	switch (opt) {
	case OPT_OUT:
		r->out = optarg;
		return -1;
	case OPT_PEM:
		r->pem = optarg;
		return -1;
	case CLI_OPT_AK:
		r->ak = optarg;
		return -1;
	case CLI_OPT_NODE:
		r->node = optarg;
		return -1;
	case OPT_EK:
		return take_ek(cli, r);
	case OPT_TCTI:
		r->tcti = optarg;
		return -1;
	case OPT_AUTH:
		r->auth = optarg;
		return -1;
	case OPT_KEYRING:
		r->keyring = optarg;
		return -1;
	default:
		return take_verifier_option(cli, r, opt);
	}
}

static int run(const struct cli *cli, const struct ak_request *r,
	       const char *verb, const char *file)
{
	static const struct {
		const char *verb;
		int (*alone)(const struct cli *cli, const struct ak_request *r);
		int (*with)(const struct cli *cli, const struct ak_request *r,
			    const char *file);
	} verbs[] = {
		{ "create", create, NULL },
		{ "show", NULL, show },
		{ "request", ak_enrol_request, NULL },
		{ "challenge", NULL, ak_enrol_challenge },
		{ "activate", NULL, ak_enrol_activate },
		{ "enrol", NULL, ak_enrol_finish },
	};

	for (size_t i = 0; verb && i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(verb, verbs[i].verb))
			continue;
		if (!file && verbs[i].alone)
			return verbs[i].alone(cli, r);
		if (file && verbs[i].with)
			return verbs[i].with(cli, r, file);
		return cli_usage_error(cli, "\"%s\" takes %s", verb,
				       verbs[i].alone ? "no file" :
							"one file");
	}
	return cli_usage_error(cli, "what to do must be given");
}

int cmd_ak(struct cli *cli, int argc, char **argv)
{
	struct ak_request r = { .ak = NULL };
	int code = cli_options(cli, argc, argv, "", options, take_option, &r);

	if (code < 0 && argc - optind > 2)
		code = cli_usage_error(cli, "\"%s\" is one argument too many",
				       argv[optind + 2]);
	if (code < 0)
		code = run(cli, &r, optind < argc ? argv[optind] : NULL,
			   optind + 1 < argc ? argv[optind + 1] : NULL);
	imans_ca_free(r.ca);
	free(r.ek_names);
	return code;
}
