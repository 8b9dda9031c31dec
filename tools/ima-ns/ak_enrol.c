// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns ak request, challenge, activate, enrol: an exchange of files. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ak.h"

static void print_name(const char *what, const uint8_t *name)
{
	char *hex = cli_hex_encode(name, IMANS_TPM_NAME_SIZE);

	printf("%s: %s\n", what, hex);
	free(hex);
}

/* What was made, so that both sides can compare it. */
static int print(const struct cli *cli, const struct imans_enrol *enrol)
{
	struct imans_enrol_info info;
	struct json_object *o;

	imans_enrol_info(enrol, &info);
	if (cli->json) {
		o = json_object_new_object();
		if (*info.node)
			cli_json_text(o, "node", info.node);
		cli_json_hex(o, "ek_name", info.ek_name, sizeof(info.ek_name));
		cli_json_hex(o, "ak_name", info.ak_name, sizeof(info.ak_name));
		if (info.kind == IMANS_ENROL_REQUEST)
			cli_json_number(o, "ek_certificates",
					info.certificates);
		return cli_print_json(cli, o);
	}
	if (*info.node)
		printf("node: %s\n", info.node);
	print_name("endorsement key", info.ek_name);
	print_name("attestation key", info.ak_name);
	if (info.kind == IMANS_ENROL_REQUEST)
		printf("endorsement key's certificates: %zu\n",
		       info.certificates);
	return CLI_GOOD;
}

static int write_out(const struct cli *cli, const struct ak_request *r,
		     const struct imans_enrol *enrol)
{
	int err = imans_enrol_write(enrol, r->out);

	return err ? cli_failed(cli, err) : CLI_GOOD;
}

int ak_enrol_request(const struct cli *cli, const struct ak_request *r)
{
	struct imans_enrol *request = NULL;
	struct imans_ak *ak = NULL;
	struct imans_tpm *tpm;
	int code, err;

	if (!r->ak || !r->out)
		return cli_usage_error(cli, "%s is missing",
				       !r->ak ? "--ak" : "--out");
	err = imans_ak_read(cli->ctx, r->ak, &ak);
	if (!err)
		err = imans_tpm_open(cli->ctx, r->tcti, &tpm);
	if (!err) {
		err = imans_enrol_request(tpm, ak, r->ek, &request);
		imans_tpm_close(tpm);
	}
	imans_ak_free(ak);
	if (err)
		return cli_failed(cli, err);
	code = write_out(cli, r, request);
	if (!code)
		code = print(cli, request);
	imans_enrol_free(request);
	return code;
}

static void print_findings(const struct cli *cli,
			   const struct imans_findings *findings)
{
	const struct imans_finding *f;

	for (size_t i = 0; (f = imans_findings_get(findings, i)); i++)
		cli_error(cli, "%s: %s", imans_finding_name(f->code), f->text);
}

/* The state first: a challenge without one can't be answered to. */
static int write_both(const struct cli *cli, const struct ak_request *r,
		      const struct imans_enrol *challenge,
		      const struct imans_enrol *state)
{
	int err = imans_enrol_write(state, r->state);
	int code = err ? cli_failed(cli, err) : write_out(cli, r, challenge);

	if (!err && code)
		remove(r->state);
	return code ? code : print(cli, challenge);
}

static int challenge(const struct cli *cli, const struct ak_request *r,
		     const struct imans_enrol *request)
{
	const struct imans_enrol_opts opts = {
		.sz = sizeof(opts),
		.node = r->node,
		.ca = r->ca,
		.ek_names = (const uint8_t (*)[IMANS_TPM_NAME_SIZE])r->ek_names,
		.ek_name_count = r->ek_name_count,
	};
	struct imans_enrol *made, *state;
	struct imans_findings *findings;
	int code, err;

	if (imans_findings_new(&findings))
		cli_no_memory();
	err = imans_enrol_challenge(request, &opts, findings, &made, &state);
	if (err) {
		print_findings(cli, findings);
		code = cli_failed(cli, err);
	} else {
		code = write_both(cli, r, made, state);
		imans_enrol_free(made);
		imans_enrol_free(state);
	}
	imans_findings_free(findings);
	return code;
}

int ak_enrol_challenge(const struct cli *cli, const struct ak_request *r,
		       const char *path)
{
	struct imans_enrol *request;
	int code, err;

	if (!r->node || !r->state || !r->out)
		return cli_usage_error(cli, "%s is missing",
				       !r->node ? "--node" :
				       !r->state ? "--state" : "--out");
	if (!r->ca && !r->ek_name_count)
		return cli_usage_error(cli, "--ek-ca or --ek-name is missing");
	err = imans_enrol_read(cli->ctx, IMANS_ENROL_REQUEST, path, &request);
	if (err)
		return cli_failed(cli, err);
	code = challenge(cli, r, request);
	imans_enrol_free(request);
	return code;
}

static int check_node(const struct cli *cli, const struct ak_request *r,
		      const struct imans_enrol *enrol)
{
	struct imans_enrol_info info;

	imans_enrol_info(enrol, &info);
	if (!r->node || !strcmp(r->node, info.node))
		return CLI_GOOD;
	cli_error(cli, "the challenge is for node %s, not %s", info.node,
		  r->node);
	return CLI_AGAINST;
}

static int activate(const struct cli *cli, const struct ak_request *r,
		    const struct imans_enrol *challenge)
{
	struct imans_enrol *response = NULL;
	struct imans_tpm *tpm;
	struct imans_ak *ak;
	int err, code = ak_open(cli, r, &ak);

	if (code)
		return code;
	err = imans_tpm_open(cli->ctx, r->tcti, &tpm);
	if (!err) {
		err = imans_enrol_activate(tpm, ak, challenge, &response);
		imans_tpm_close(tpm);
	}
	imans_ak_free(ak);
	if (err)
		return cli_failed(cli, err);
	code = write_out(cli, r, response);
	imans_enrol_free(response);
	return code ? code : print(cli, challenge);
}

int ak_enrol_activate(const struct cli *cli, const struct ak_request *r,
		      const char *path)
{
	struct imans_enrol *challenge;
	int code, err;

	if (!r->ak || !r->out)
		return cli_usage_error(cli, "%s is missing",
				       !r->ak ? "--ak" : "--out");
	err = imans_enrol_read(cli->ctx, IMANS_ENROL_CHALLENGE, path,
			       &challenge);
	if (err)
		return cli_failed(cli, err);
	code = check_node(cli, r, challenge);
	if (!code)
		code = activate(cli, r, challenge);
	imans_enrol_free(challenge);
	return code;
}

/* A response that can't be read does not use the challenge up. */
int ak_enrol_finish(const struct cli *cli, const struct ak_request *r,
		    const char *path)
{
	struct imans_enrol *response, *state, *record;
	int code = CLI_GOOD, err;

	if (!r->state || !r->out)
		return cli_usage_error(cli, "%s is missing",
				       !r->state ? "--state" : "--out");
	err = imans_enrol_read(cli->ctx, IMANS_ENROL_RESPONSE, path, &response);
	if (err)
		return cli_failed(cli, err);
	err = imans_enrol_take(cli->ctx, r->state, &state);
	if (!err) {
		err = imans_enrol_finish(state, response, r->max_age, &record);
		imans_enrol_free(state);
	}
	imans_enrol_free(response);
	if (err)
		return cli_failed(cli, err);
	code = write_out(cli, r, record);
	if (!code)
		code = print(cli, record);
	imans_enrol_free(record);
	return code;
}
