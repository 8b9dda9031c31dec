// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns policy make, merge: reference values from what there is. */

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

const char *policy_split(const char *arg, char **first)
{
	const char *equal = strchr(arg, '=');

	*first = cli_strdup(arg);
	if (!equal)
		return NULL;
	(*first)[equal - arg] = '\0';
	return equal + 1;
}

static int add_file(const struct cli *cli, const struct policy_request *r,
		    const char *arg)
{
	char *file;
	const char *path = policy_split(arg, &file);
	int err;

	if (!path)
		path = arg;
	if (*path != '/') {
		free(file);
		return cli_usage_error(cli, "--add %s: the path is not absolute",
				       arg);
	}
	err = imans_policy_add_file(r->policy, file, path, r->banks);
	free(file);
	return err ? cli_failed(cli, err) : CLI_GOOD;
}

static int add_glob(const struct cli *cli, const struct policy_request *r,
		    const char *arg)
{
	char *pattern;
	const char *file = policy_split(arg, &pattern);
	int err;

	if (!file) {
		free(pattern);
		return cli_usage_error(cli, "--glob %s: not PATTERN=FILE", arg);
	}
	err = imans_policy_add_glob_file(r->policy, file, pattern, r->banks);
	free(pattern);
	return err ? cli_failed(cli, err) : CLI_GOOD;
}

/* What is not proven by a TPM is somebody's word. */
static void tell_trust(const char *name, bool proven, uint64_t skipped)
{
	fprintf(stderr, "%s: %s; it tells what ran there, not that it should have\n",
		name, proven ? "proven by the quote" :
		"not proven: as good as the node it was read on");
	if (skipped)
		fprintf(stderr, "%s: %" PRIu64 " measurements give no reference value (violations, cut paths, other digests)\n",
			name, skipped);
}

static int add_log(const struct cli *cli, const struct policy_request *r,
		   const char *path)
{
	struct imans_list *list;
	uint64_t skipped;
	int err = imans_list_open_file(cli->ctx, path, NULL, &list);

	if (err)
		return cli_failed(cli, err);
	err = imans_policy_add_list(r->policy, list, UINT64_MAX, &skipped);
	imans_list_close(list);
	if (err)
		return cli_failed(cli, err);
	tell_trust(path, false, skipped);
	return CLI_GOOD;
}

static int add_evidence(const struct cli *cli, struct policy_request *r,
			const char *path)
{
	struct imans_verify_opts opts = {
		.sz = sizeof(opts), .verifier_id = r->verifier_id,
	};
	struct imans_evidence *evidence;
	uint8_t *nonce = NULL;
	uint64_t skipped;
	int code, err;

	if (!r->nonce)
		return cli_usage_error(cli, "--evidence needs --nonce");
	code = cli_trust_done(cli, &r->trust, &opts);
	if (code >= 0)
		return code;
	if (cli_nonce(cli, r->nonce, &nonce, &opts.nonce_len))
		return CLI_ERROR;
	opts.nonce = nonce;
	err = imans_evidence_read(cli->ctx, path, &evidence);
	if (!err) {
		err = imans_policy_add_evidence(r->policy, evidence, &opts,
						r->id, &skipped);
		imans_evidence_free(evidence);
	}
	free(nonce);
	if (err)
		return cli_failed(cli, err);
	tell_trust(path, true, skipped);
	return CLI_GOOD;
}

static void tell(void *user, const char *text)
{
	const struct cli *cli = user;

	fprintf(stderr, "ima-ns %s: %s\n", cli->name, text);
}

static int add_keylime(const struct cli *cli, const struct policy_request *r,
		       const char *path)
{
	struct imans_policy *other;
	int err = imans_policy_read_keylime(cli->ctx, path, r->lossy ?
					    IMANS_KEYLIME_LOSSY : 0, tell,
					    (void *)(uintptr_t)cli, &other);

	if (err)
		return cli_failed(cli, err);
	err = imans_policy_merge(r->policy, other, NULL, NULL);
	imans_policy_free(other);
	return err ? cli_failed(cli, err) : CLI_GOOD;
}

static int add_source(const struct cli *cli, struct policy_request *r,
		      const struct policy_source *s)
{
	int err;

	switch (s->kind) {
	case POLICY_ROOTFS:
		err = imans_policy_add_tree(r->policy, s->arg, r->banks);
		return err ? cli_failed(cli, err) : CLI_GOOD;
	case POLICY_IMAGE:
		err = imans_policy_add_image(r->policy, s->arg, r->banks,
					     &r->image);
		return err ? cli_failed(cli, err) : CLI_GOOD;
	case POLICY_FILE:
		return add_file(cli, r, s->arg);
	case POLICY_GLOB:
		return add_glob(cli, r, s->arg);
	case POLICY_KEYLIME:
		return add_keylime(cli, r, s->arg);
	case POLICY_LOG:
		return add_log(cli, r, s->arg);
	case POLICY_EVIDENCE:
		return add_evidence(cli, r, s->arg);
	}
	return CLI_ERROR;
}

static int write_policy(const struct cli *cli, const struct policy_request *r)
{
	int err = imans_policy_write(r->policy, r->output);

	if (err)
		return cli_failed(cli, err);
	printf("%s: %zu paths, %zu digests\n", r->output,
	       imans_policy_paths(r->policy), imans_policy_digests(r->policy));
	return CLI_GOOD;
}

int policy_make(const struct cli *cli, struct policy_request *r)
{
	int code = CLI_GOOD;

	if (!r->output)
		return cli_usage_error(cli, "--output is missing");
	if (!imans_policy_match(r->policy, 0) &&
	    !imans_policy_is_host(r->policy))
		return cli_usage_error(cli, "neither --match nor --host is given");
	if (!r->source_count && !r->rules)
		return cli_usage_error(cli, "nothing is given that it could be made from, as --rootfs");
	if (!r->banks)
		r->banks = IMANS_BANK(IMANS_SHA256);
	r->image.sz = sizeof(r->image);
	for (size_t i = 0; !code && i < r->source_count; i++)
		code = add_source(cli, r, &r->sources[i]);
	return code ? code : write_policy(cli, r);
}

/* ---------------------------------------------------------------- merge --- */

struct conflicts {
	const struct cli *cli;
	size_t count;
};

static void tell_conflict(void *user, const char *text)
{
	struct conflicts *c = user;

	fprintf(stderr, "ima-ns %s: %s\n", c->cli->name, text);
	c->count++;
}

static bool has_label(const struct imans_policy *policy, const char *label)
{
	const char *one;

	for (size_t i = 0; (one = imans_policy_match(policy, i)); i++)
		if (!strcmp(one, label))
			return true;
	return false;
}

static bool labels_within(const struct imans_policy *a,
			  const struct imans_policy *b)
{
	const char *label;

	for (size_t i = 0; (label = imans_policy_match(a, i)); i++)
		if (!has_label(b, label))
			return false;
	return true;
}

/*
 * Rules of one policy are not to hold for what another is about, unless the
 * user says for what the new one is.
 */
static int take_target(const struct cli *cli, const struct policy_request *r,
		       const struct cli_policies *policies)
{
	const struct imans_policy *first = policies->all[0];
	const char *label;
	int err = 0;

	for (size_t i = 1; i < policies->count; i++) {
		const struct imans_policy *one = policies->all[i];

		if (labels_within(first, one) && labels_within(one, first) &&
		    imans_policy_is_host(first) == imans_policy_is_host(one) &&
		    imans_policy_is_opaque(first) ==
		    imans_policy_is_opaque(one))
			continue;
		cli_error(cli, "%s and %s are for different labels, or differ in \"host\" or \"opaque-descendants\": say with --match, --host and --opaque-descendants what the new one is for",
			  policies->names[0], policies->names[i]);
		return CLI_AGAINST;
	}
	for (size_t i = 0; !err && (label = imans_policy_match(first, i)); i++)
		err = imans_policy_add_match(r->policy, label);
	imans_policy_set_host(r->policy, imans_policy_is_host(first));
	imans_policy_set_opaque(r->policy, imans_policy_is_opaque(first));
	return err ? cli_failed(cli, err) : CLI_GOOD;
}

static int merge(const struct cli *cli, const struct policy_request *r,
		 const struct cli_policies *policies)
{
	struct conflicts conflicts = { .cli = cli };
	int code = CLI_GOOD;

	if (!imans_policy_match(r->policy, 0) &&
	    !imans_policy_is_host(r->policy))
		code = take_target(cli, r, policies);
	if (code)
		return code;
	for (size_t i = 0; i < policies->count; i++) {
		int err = imans_policy_merge(r->policy, policies->all[i],
					     tell_conflict, &conflicts);

		if (err)
			return cli_failed(cli, err);
	}
	if (conflicts.count && r->strict)
		return CLI_AGAINST;
	return write_policy(cli, r);
}

int policy_merge(const struct cli *cli, struct policy_request *r, char **paths)
{
	struct cli_policies policies = { .count = 0 };
	int code = CLI_GOOD;

	if (!r->output)
		return cli_usage_error(cli, "--output is missing");
	if (!*paths)
		return cli_usage_error(cli, "no file is given");
	for (; *paths && !code; paths++)
		code = cli_policies_add(cli, &policies, *paths);
	if (!code)
		code = merge(cli, r, &policies);
	cli_policies_free(&policies);
	return code;
}

int policy_export(const struct cli *cli, struct policy_request *r, char **paths)
{
	struct imans_policy *policy;
	int err;

	if (!r->output || !paths[0] || paths[1])
		return cli_usage_error(cli, "--output and one file must be given");
	err = imans_policy_read(cli->ctx, paths[0], &policy);
	if (err)
		return cli_failed(cli, err);
	err = imans_policy_write_keylime(policy, r->output, r->lossy ?
					 IMANS_KEYLIME_LOSSY : 0, tell,
					 (void *)(uintptr_t)cli);
	imans_policy_free(policy);
	return err ? cli_failed(cli, err) : CLI_GOOD;
}
