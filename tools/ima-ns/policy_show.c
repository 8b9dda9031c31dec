// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns policy show, check: reference values read. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "policy.h"

static int print_ref(void *user, const char *path, enum imans_bank bank,
		     const uint8_t *digest, size_t len)
{
	const char *kind = user;
	char *shown = cli_show(path, strlen(path));
	char *hex = cli_hex_encode(digest, len);

	if (digest)
		printf("%s%s:%s  %s\n", kind, imans_bank_name(bank), hex, shown);
	else
		printf("%sany  %s\n", kind, shown);
	free(shown);
	free(hex);
	return 0;
}

static void print_keys(const struct imans_policy *policy)
{
	const char *name, *path;
	uint32_t keyid;

	for (size_t i = 0; (name = imans_policy_key(policy, i, &keyid)); i++) {
		char *shown = cli_show(name, strlen(name));

		printf("key %08" PRIx32 "  %s", keyid, shown);
		free(shown);
		for (size_t p = 0;
		     (path = imans_policy_key_path(policy, i, p)); p++) {
			shown = cli_show(path, strlen(path));
			printf("  %s", shown);
			free(shown);
		}
		putchar('\n');
	}
}

static void print_policy(const char *name, struct imans_policy *policy)
{
	const char *glob;

	printf("%s: %zu paths, %zu digests\n", name,
	       imans_policy_paths(policy), imans_policy_digests(policy));
	for (size_t i = 0; (glob = imans_policy_match(policy, i)); i++) {
		char *shown = cli_show(glob, strlen(glob));

		printf("match %s\n", shown);
		free(shown);
	}
	if (imans_policy_is_host(policy))
		puts("host");
	if (imans_policy_is_opaque(policy))
		puts("opaque-descendants");
	print_keys(policy);
	imans_policy_each_glob(policy, print_ref, (char *)"glob ");
	imans_policy_each(policy, print_ref, (char *)"");
}

static int add_ref_json(void *user, const char *path, enum imans_bank bank,
			const uint8_t *digest, size_t len)
{
	struct json_object *files = user, *array;
	char *shown = cli_show(path, strlen(path));
	char *hex = cli_hex_encode(digest, len), *text;

	if (!json_object_object_get_ex(files, shown, &array)) {
		array = json_object_new_array();
		cli_json_add(files, shown, array);
	}
	text = digest ? cli_printf("%s:%s", imans_bank_name(bank), hex) :
			cli_strdup("any");
	cli_json_text(array, NULL, text);
	free(text);
	free(hex);
	free(shown);
	return 0;
}

static struct json_object *keys_json(const struct imans_policy *policy)
{
	struct json_object *array = json_object_new_array();
	const char *name, *path;
	uint32_t keyid;

	for (size_t i = 0; (name = imans_policy_key(policy, i, &keyid)); i++) {
		struct json_object *o = json_object_new_object();
		struct json_object *paths = json_object_new_array();
		char *hex = cli_printf("%08" PRIx32, keyid);

		cli_json_text(o, "name", name);
		cli_json_text(o, "keyid", hex);
		for (size_t p = 0;
		     (path = imans_policy_key_path(policy, i, p)); p++)
			cli_json_text(paths, NULL, path);
		cli_json_add(o, "paths", paths);
		cli_json_add(array, NULL, o);
		free(hex);
	}
	return array;
}

static struct json_object *policy_json(const char *name,
				       struct imans_policy *policy)
{
	struct json_object *o = json_object_new_object();
	struct json_object *match = json_object_new_array();
	struct json_object *files = json_object_new_object();
	struct json_object *globs = json_object_new_object();
	const char *glob;

	cli_json_text(o, "name", name);
	for (size_t i = 0; (glob = imans_policy_match(policy, i)); i++)
		cli_json_text(match, NULL, glob);
	cli_json_add(o, "match", match);
	cli_json_bool(o, "host", imans_policy_is_host(policy));
	cli_json_bool(o, "opaque-descendants", imans_policy_is_opaque(policy));
	imans_policy_each(policy, add_ref_json, files);
	cli_json_add(o, "files", files);
	imans_policy_each_glob(policy, add_ref_json, globs);
	cli_json_add(o, "globs", globs);
	cli_json_add(o, "keys", keys_json(policy));
	return o;
}

int policy_show(const struct cli *cli, char **paths)
{
	struct cli_policies policies = { .count = 0 };
	struct json_object *array;
	int code = CLI_GOOD;

	if (!*paths)
		return cli_usage_error(cli, "no file is given");
	for (; *paths && !code; paths++)
		code = cli_policies_add(cli, &policies, *paths);
	if (!code && cli->json) {
		array = json_object_new_array();
		for (size_t i = 0; i < policies.count; i++)
			cli_json_add(array, NULL,
				     policy_json(policies.names[i],
						 policies.all[i]));
		code = cli_print_json(cli, array);
	} else if (!code) {
		for (size_t i = 0; i < policies.count; i++)
			print_policy(policies.names[i], policies.all[i]);
	}
	cli_policies_free(&policies);
	return code;
}

/* ---------------------------------------------------------------- check --- */

/* The policies that a list is to be compared with. */
static size_t choose(const struct policy_request *r,
		     const struct cli_policies *policies,
		     struct imans_policy **chosen)
{
	size_t count = 0;

	for (size_t i = 0; i < policies->count; i++)
		if (r->label ? imans_policy_matches(policies->all[i], r->label) :
		    !imans_policy_is_host(r->policy) ||
		    imans_policy_is_host(policies->all[i]))
			chosen[count++] = policies->all[i];
	return count;
}

/* Every file that a list shows. */
static int compare_list(const struct cli *cli, struct imans_list *list,
			struct imans_policy *const *policies, size_t count,
			struct explain *explain)
{
	const struct imans_entry *entry;
	int err;

	while (!(err = imans_list_next(list, &entry)) && entry) {
		struct imans_file_digest digest;
		struct imans_decision decision;
		struct imans_file file;

		if (imans_entry_violation(entry) ||
		    imans_entry_file(entry, &file, &digest))
			continue;
		err = imans_policies_decide(policies, count, &file, &decision);
		if (err)
			break;
		explain_add(explain, 0, imans_entry_index(entry), &file,
			    &decision);
	}
	return err ? cli_failed(cli, err) : CLI_GOOD;
}

static int print_list(const struct cli *cli, const struct policy_request *r,
		      const struct explain *explain)
{
	size_t refused = 0;

	for (size_t i = 0; i < explain->count; i++) {
		const struct explained *e = &explain->all[i];

		refused += !e->allowed;
		if (!cli->json && (r->explain || !e->allowed))
			printf("%s: entry %" PRIu64 ": %s: %s\n", r->list,
			       e->entry, e->name, e->text);
	}
	if (cli->json && cli_print_json(cli, explain_json(explain)))
		return CLI_ERROR;
	if (!cli->json)
		printf("%s: %zu files, %zu refused\n", r->list, explain->count,
		       refused);
	return refused ? CLI_AGAINST : CLI_GOOD;
}

static int check_list(const struct cli *cli, const struct policy_request *r,
		      const struct cli_policies *policies)
{
	struct imans_policy **chosen = cli_alloc(NULL, policies->count *
						 sizeof(*chosen));
	struct explain explain = { .count = 0 };
	struct imans_list *list;
	int code, err;

	err = imans_list_open_file(cli->ctx, r->list, NULL, &list);
	if (err) {
		free(chosen);
		return cli_failed(cli, err);
	}
	code = compare_list(cli, list, chosen, choose(r, policies, chosen),
			    &explain);
	if (!code)
		code = print_list(cli, r, &explain);
	imans_list_close(list);
	explain_free(&explain);
	free(chosen);
	return code;
}

/* Goes on after a bad file. */
int policy_check(const struct cli *cli, const struct policy_request *r,
		 char **paths)
{
	struct cli_policies policies = { .count = 0 };
	int code = CLI_GOOD;

	if (!*paths)
		return cli_usage_error(cli, "no file is given");
	if (r->explain && !r->list)
		return cli_usage_error(cli, "--explain needs --list");
	for (; *paths; paths++) {
		int one = cli_policies_add(cli, &policies, *paths);

		if (one > code)
			code = one;
	}
	if (r->list && !code)
		code = check_list(cli, r, &policies);
	for (size_t i = 0; !r->list && i < policies.count; i++)
		printf("%s: good, %zu paths, %zu digests\n",
		       policies.names[i], imans_policy_paths(policies.all[i]),
		       imans_policy_digests(policies.all[i]));
	cli_policies_free(&policies);
	return code;
}
