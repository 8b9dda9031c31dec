// SPDX-License-Identifier: LGPL-2.1-or-later
/* Options that say which keys of TPMs are trusted. */

#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define PEM_MAX		65536
/* All certificates of a vendor, say. */
#define CA_FILE_MAX	(4U << 20)

int cli_ca_add(const struct cli *cli, struct imans_ca **ca,
	       enum imans_ca_kind kind, const char *path)
{
	size_t len;
	char *data;
	int err = *ca ? 0 : imans_ca_new(cli->ctx, ca);

	if (err)
		return cli_failed(cli, err);
	data = cli_read_file(cli, path, CA_FILE_MAX, &len);
	if (!data)
		return CLI_ERROR;
	err = imans_ca_add(*ca, kind, data, len, path);
	free(data);
	return err ? cli_failed(cli, err) : CLI_GOOD;
}

static int add_record(const struct cli *cli, void *user, const char *path)
{
	struct cli_trust *trust = user;
	struct imans_enrol *record;
	int err = imans_enrol_read(cli->ctx, IMANS_ENROL_RECORD, path, &record);

	if (err)
		return cli_failed(cli, err);
	trust->records = cli_alloc(trust->records,
				   (trust->opts.record_count + 1) *
				   sizeof(*trust->records));
	trust->records[trust->opts.record_count++] = record;
	return CLI_GOOD;
}

static int add_cert(const struct cli *cli, struct cli_trust *trust,
		    const char *path)
{
	free(trust->certs);
	trust->certs = cli_read_file(cli, path, CA_FILE_MAX,
				     &trust->opts.ak_certs_len);
	return trust->certs ? CLI_GOOD : CLI_ERROR;
}

static int add_ca(const struct cli *cli, struct cli_trust *trust,
		  enum imans_ca_kind kind)
{
	/* What is malformed is the verifier's own: a verdict is not its fault. */
	return cli_ca_add(cli, &trust->ca, kind, optarg) ? CLI_ERROR : -1;
}

int cli_trust_option(struct cli *cli, struct cli_trust *trust, int opt)
{
	switch (opt) {
	case CLI_OPT_AK:
		free(trust->pem);
		trust->pem = cli_read_text(cli, optarg, PEM_MAX);
		return trust->pem ? -1 : CLI_ERROR;
	case CLI_OPT_AK_CA:
		return add_ca(cli, trust, IMANS_CA_ROOT);
	case CLI_OPT_AK_CHAIN:
		return add_ca(cli, trust, IMANS_CA_INTERMEDIATE);
	case CLI_OPT_AK_CRL:
		return add_ca(cli, trust, IMANS_CA_CRL);
	case CLI_OPT_AK_CERT:
		return add_cert(cli, trust, optarg) ? CLI_ERROR : -1;
	case CLI_OPT_ENROLMENT:
		return cli_each_json(cli, optarg, add_record, trust) ?
			CLI_ERROR : -1;
	case CLI_OPT_NODE:
		trust->opts.node = optarg;
		return -1;
	default:
		return cli_common_option(cli, opt);
	}
}

int cli_trust_done(const struct cli *cli, struct cli_trust *trust,
		   struct imans_verify_opts *opts)
{
	bool others = trust->ca || trust->records || trust->certs;

	if (!trust->pem && !others)
		return cli_usage_error(cli, "--ak, --ak-ca or --enrolment is missing");
	if (trust->pem && (others || trust->opts.node))
		return cli_usage_error(cli, "--ak names the key already: it goes with none of --ak-ca, --enrolment and --node");
	if (others && !trust->opts.node)
		return cli_usage_error(cli, "--node is missing: which node's the key must be");
	trust->opts.sz = sizeof(trust->opts);
	trust->opts.records =
		(const struct imans_enrol *const *)trust->records;
	trust->opts.ca = trust->ca;
	trust->opts.ak_certs = trust->certs;
	opts->ak_pem = trust->pem;
	opts->ak_trust = others ? &trust->opts : NULL;
	return -1;
}

void cli_trust_free(struct cli_trust *trust)
{
	for (size_t i = 0; i < trust->opts.record_count; i++)
		imans_enrol_free(trust->records[i]);
	free(trust->records);
	imans_ca_free(trust->ca);
	free(trust->certs);
	free(trust->pem);
}
