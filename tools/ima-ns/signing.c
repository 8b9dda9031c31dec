// SPDX-License-Identifier: LGPL-2.1-or-later
/* Signed verdicts, as options of "ima-ns verify". */

#include <stdlib.h>
#include <string.h>

#include "signing.h"

static void append(char ***list, size_t *count, char *item)
{
	*list = cli_alloc(*list, (*count + 1) * sizeof(**list));
	(*list)[(*count)++] = item;
}

static int take_number(const struct cli *cli, const char *option, uint64_t min,
		       uint64_t *number)
{
	if (cli_number(optarg, number) && *number >= min)
		return -1;
	return cli_usage_error(cli, "%s: \"%s\" is no number from %llu on",
			       option, optarg, (unsigned long long)min);
}

static int take_id(const struct cli *cli, struct signing *s)
{
	uint64_t id;
	int code = take_number(cli, "--for", 1, &id);

	if (code >= 0)
		return code;
	s->ids = cli_alloc(s->ids, (s->id_count + 1) * sizeof(*s->ids));
	s->ids[s->id_count++] = id;
	return -1;
}

int signing_option(const struct cli *cli, struct signing *s, int opt)
{
	switch (opt) {
	case SIGNING_OPT_TENANT:
		append(&s->tenants, &s->tenant_count, optarg);
		return -1;
	case SIGNING_OPT_BOOT_ID:
		s->boot_id = optarg;
		return -1;
	case SIGNING_OPT_VERDICT:
		append(&s->verdicts, &s->verdict_count, optarg);
		return -1;
	case SIGNING_OPT_MAX_AGE:
		return take_number(cli, "--max-age", 1, &s->max_age);
	case SIGNING_OPT_ISSUE:
		s->issue = optarg;
		return -1;
	case SIGNING_OPT_ISSUE_NODE:
		s->issue_node = optarg;
		return -1;
	case SIGNING_OPT_KEY:
		s->key = optarg;
		return -1;
	case SIGNING_OPT_FOR:
		return take_id(cli, s);
	case SIGNING_OPT_NONCE:
		s->nonce = optarg;
		return -1;
	case SIGNING_OPT_EAR:
		s->ear = optarg;
		return -1;
	case SIGNING_OPT_EAR_FORM:
		s->ear_form = strcmp(optarg, "04") ? IMANS_EAR_2023 :
						     IMANS_EAR_04;
		if (!s->ear_form || !strcmp(optarg, "2023"))
			return -1;
		return cli_usage_error(cli, "--ear-form is 04 or 2023");
	case SIGNING_OPT_LIFETIME:
		return take_number(cli, "--lifetime", 1, &s->lifetime);
	default:
		s->show_create = true;
		return -1;
	}
}

/* -1 after a message. */
static int get_boot_id(const struct cli *cli, const struct signing *s,
		       uint8_t id[IMANS_BOOT_ID_SIZE])
{
	uint8_t *decoded = NULL;
	size_t len = 0;

	if (s->boot_id)
		decoded = cli_hex_decode(s->boot_id, &len);
	if (!decoded || len != IMANS_BOOT_ID_SIZE) {
		free(decoded);
		cli_usage_error(cli, "--tenant id:ID=FILE needs --boot-id with %d bytes, as ids are those of one boot",
				IMANS_BOOT_ID_SIZE);
		return -1;
	}
	memcpy(id, decoded, IMANS_BOOT_ID_SIZE);
	free(decoded);
	return 0;
}

static int trust(const struct cli *cli, const struct signing *s,
		 const char *who, const char *pem)
{
	uint8_t boot_id[IMANS_BOOT_ID_SIZE];
	uint64_t id;
	int err;

	if (!strncmp(who, "label:", 6)) {
		err = imans_tenants_trust_label(s->made, pem, who + 6);
	} else if (!strncmp(who, "id:", 3) && cli_number(who + 3, &id)) {
		if (get_boot_id(cli, s, boot_id))
			return CLI_ERROR;
		err = imans_tenants_trust_id(s->made, pem, boot_id, id);
	} else {
		return cli_usage_error(cli, "--tenant: \"%s\" is neither id:ID nor label:PATTERN",
				       who);
	}
	if (!err)
		return CLI_GOOD;
	cli_failed(cli, err);
	return CLI_ERROR;
}

/* A label's pattern may hold "=" itself: the file begins behind the last one. */
static int add_tenant(const struct cli *cli, const struct signing *s, char *arg)
{
	char *file = strrchr(arg, '='), *pem;
	int code;

	if (!file)
		return cli_usage_error(cli, "--tenant needs id:ID=FILE or label:PATTERN=FILE");
	*file++ = '\0';
	pem = cli_read_text(cli, file, SIGNING_PEM_MAX);
	if (!pem)
		return CLI_ERROR;
	code = trust(cli, s, arg, pem);
	free(pem);
	return code;
}

static int add_verdicts(const struct cli *cli, const struct signing *s)
{
	for (size_t i = 0; i < s->verdict_count; i++) {
		int err = imans_tenants_add_file(s->made, s->verdicts[i]);

		if (err) {
			cli_failed(cli, err);
			return CLI_ERROR;
		}
	}
	return CLI_GOOD;
}

int signing_prepare(const struct cli *cli, struct signing *s,
		    struct imans_verify_opts *opts)
{
	bool issues = s->issue || s->issue_node || s->ear;
	int code = CLI_GOOD, err;

	if (issues && !s->key)
		return cli_usage_error(cli, "--sign-key is missing");
	opts->sign = issues;
	if (!s->tenant_count && !s->verdict_count)
		return CLI_GOOD;
	if (!s->tenant_count || !s->verdict_count)
		return cli_usage_error(cli, "--tenant and --tenant-verdict need each other");
	err = imans_tenants_new(cli->ctx, &s->made);
	if (err)
		return cli_failed(cli, err);
	imans_tenants_set_max_age(s->made, s->max_age);
	for (size_t i = 0; !code && i < s->tenant_count; i++)
		code = add_tenant(cli, s, s->tenants[i]);
	opts->tenants = s->made;
	return code ? code : add_verdicts(cli, s);
}

static int issue(const struct cli *cli, const struct signing *s,
		 const struct imans_report *report,
		 struct imans_sign_opts *opts)
{
	int err = 0;

	if (s->issue_node)
		err = imans_report_write_signed(report, IMANS_SIGNED_NODE, opts,
						s->issue_node);
	opts->ids = s->ids;
	opts->id_count = s->id_count;
	opts->show_create = s->show_create;
	if (!err && s->issue)
		err = imans_report_write_signed(report, IMANS_SIGNED_TENANT,
						opts, s->issue);
	if (!err)
		return CLI_GOOD;
	cli_failed(cli, err);
	return CLI_ERROR;
}

static int write_ear(const struct cli *cli, const struct signing *s,
		     const struct imans_report *report,
		     const struct imans_sign_opts *sign,
		     const struct cli_policies *policies)
{
	const char **names = cli_alloc(NULL, policies->count * sizeof(*names));
	struct imans_ear_opts opts = {
		.sz = sizeof(opts),
		.key_pem = sign->key_pem,
		.form = s->ear_form,
		.nonce = sign->nonce,
		.nonce_len = sign->nonce_len,
		.lifetime = s->lifetime,
		.policy_ids = names,
		.policy_id_count = policies->count,
	};
	int err;

	for (size_t i = 0; i < policies->count; i++) {
		const char *slash = strrchr(policies->names[i], '/');

		names[i] = slash ? slash + 1 : policies->names[i];
	}
	err = imans_report_write_ear(report, &opts, s->ear);
	free(names);
	if (!err)
		return CLI_GOOD;
	cli_failed(cli, err);
	return CLI_ERROR;
}

/* Not to be found in what the allocator gives out next. */
static void forget(char *text)
{
	volatile char *at = text;

	while (*at)
		*at++ = '\0';
	free(text);
}

int signing_issue(const struct cli *cli, const struct signing *s,
		  const struct imans_report *report,
		  const struct cli_policies *policies)
{
	struct imans_sign_opts opts = {
		.sz = sizeof(opts),
		.lifetime = s->lifetime,
	};
	uint8_t *nonce = NULL;
	int code = CLI_ERROR;
	char *pem;

	if (!s->issue && !s->issue_node && !s->ear)
		return CLI_GOOD;
	pem = cli_read_text(cli, s->key, SIGNING_PEM_MAX);
	if (!pem)
		return CLI_ERROR;
	opts.key_pem = pem;
	if (!s->nonce || !cli_nonce(cli, s->nonce, &nonce, &opts.nonce_len)) {
		opts.nonce = nonce;
		code = s->ear ? write_ear(cli, s, report, &opts, policies) :
				CLI_GOOD;
		if (!code && (s->issue || s->issue_node))
			code = issue(cli, s, report, &opts);
	}
	free(nonce);
	forget(pem);
	return code;
}

void signing_free(struct signing *s)
{
	imans_tenants_free(s->made);
	free(s->tenants);
	free(s->verdicts);
	free(s->ids);
}
