// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns policy: reference values. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

const char help_policy[] =
	"usage: ima-ns policy make --output FILE (--match GLOB | --host)... [--rootfs DIR]...\n"
	"                          [--add FILE[=PATH]]... [OPTIONS]\n"
	"       ima-ns policy show [--json] PATH...\n"
	"       ima-ns policy check PATH...\n"
	"\n"
	"make: hashes the regular files of images and writes reference values. show: prints\n"
	"them. check: tells whether they can be read, one line for each file.\n"
	"\n"
	"  -o, --output FILE     where the reference values go\n"
	"  --match GLOB          which labels they are for, as in the shell; repeatable\n"
	"  --host                they are for the host's own measurements\n"
	"  --rootfs DIR          a root file system: each regular file below it, by its path\n"
	"                        there; symbolic links and mounts are not followed; repeatable\n"
	"  --add FILE[=PATH]     one file, by this path (default: its own); repeatable\n"
	"  --bank BANK           digests to compute: sha1, sha256, sha384, sha512; repeatable;\n"
	"                        default: sha256\n"
	"  --namespace-policy HEX  SHA-256 of a policy that namespaces may have besides the\n"
	"                        default one; repeatable\n"
	"  --opaque-descendants  what runs in namespaces below need not be shown\n"
	"  --json                print an array of objects\n"
	"  --help                print this\n"
	"\n"
	"PATH is a file, or a directory of such files (*.json).\n"
	"Exit code: 1 if a file is malformed.\n";

enum {
	OPT_MATCH = CLI_OPT_OWN, OPT_HOST, OPT_ROOTFS, OPT_ADD, OPT_BANK,
	OPT_NS_POLICY, OPT_OPAQUE,
};

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "match", required_argument, NULL, OPT_MATCH },
	{ "host", no_argument, NULL, OPT_HOST },
	{ "rootfs", required_argument, NULL, OPT_ROOTFS },
	{ "add", required_argument, NULL, OPT_ADD },
	{ "bank", required_argument, NULL, OPT_BANK },
	{ "namespace-policy", required_argument, NULL, OPT_NS_POLICY },
	{ "opaque-descendants", no_argument, NULL, OPT_OPAQUE },
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

/* A --rootfs or --add, done once all banks are known. */
struct source {
	bool tree;
	const char *arg;
};

struct request {
	struct imans_policy *policy;
	const char *output;
	uint32_t banks;
	struct source *sources;
	size_t source_count;
	bool json;
};

static int add_one(const struct cli *cli, const struct request *r,
		   const char *arg)
{
	const char *equal = strchr(arg, '=');
	const char *path = equal ? equal + 1 : arg;
	char *file = cli_strdup(arg);
	int err;

	if (equal)
		file[equal - arg] = '\0';
	if (*path != '/') {
		free(file);
		return cli_usage_error(cli, "--add %s: the path is not absolute",
				       arg);
	}
	err = imans_policy_add_file(r->policy, file, path, r->banks);
	free(file);
	return err ? cli_failed(cli, err) : CLI_GOOD;
}

static int make(const struct cli *cli, struct request *r)
{
	int code = CLI_GOOD, err = 0;

	if (!r->output)
		return cli_usage_error(cli, "--output is missing");
	if (!imans_policy_match(r->policy, 0) &&
	    !imans_policy_is_host(r->policy))
		return cli_usage_error(cli, "neither --match nor --host is given");
	if (!r->source_count)
		return cli_usage_error(cli, "neither --rootfs nor --add is given");
	if (!r->banks)
		r->banks = IMANS_BANK(IMANS_SHA256);
	for (size_t i = 0; !err && !code && i < r->source_count; i++) {
		if (r->sources[i].tree)
			err = imans_policy_add_tree(r->policy,
						    r->sources[i].arg, r->banks);
		else
			code = add_one(cli, r, r->sources[i].arg);
	}
	if (code)
		return code;
	if (!err)
		err = imans_policy_write(r->policy, r->output);
	if (err)
		return cli_failed(cli, err);
	printf("%s: %zu paths, %zu digests\n", r->output,
	       imans_policy_paths(r->policy), imans_policy_digests(r->policy));
	return CLI_GOOD;
}

static int print_ref(void *user, const char *path, enum imans_bank bank,
		     const uint8_t *digest, size_t len)
{
	char *shown = cli_show(path, strlen(path));
	char *hex = cli_hex_encode(digest, len);

	(void)user;
	printf("%s:%s  %s\n", imans_bank_name(bank), hex, shown);
	free(shown);
	free(hex);
	return 0;
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
	text = cli_printf("%s:%s", imans_bank_name(bank), hex);
	cli_json_text(array, NULL, text);
	free(text);
	free(hex);
	free(shown);
	return 0;
}

static struct json_object *policy_json(const char *name,
				       struct imans_policy *policy)
{
	struct json_object *o = json_object_new_object();
	struct json_object *match = json_object_new_array();
	struct json_object *files = json_object_new_object();
	const char *glob;

	cli_json_text(o, "name", name);
	for (size_t i = 0; (glob = imans_policy_match(policy, i)); i++)
		cli_json_text(match, NULL, glob);
	cli_json_add(o, "match", match);
	cli_json_bool(o, "host", imans_policy_is_host(policy));
	cli_json_bool(o, "opaque-descendants", imans_policy_is_opaque(policy));
	imans_policy_each(policy, add_ref_json, files);
	cli_json_add(o, "files", files);
	return o;
}

static int show(const struct cli *cli, const struct request *r,
		const struct cli_policies *policies)
{
	struct json_object *array;

	if (!r->json) {
		for (size_t i = 0; i < policies->count; i++) {
			print_policy(policies->names[i], policies->all[i]);
			imans_policy_each(policies->all[i], print_ref, NULL);
		}
		return CLI_GOOD;
	}
	array = json_object_new_array();
	for (size_t i = 0; i < policies->count; i++)
		cli_json_add(array, NULL, policy_json(policies->names[i],
						      policies->all[i]));
	return cli_print_json(cli, array);
}

/* "show" and "check": the latter goes on after a bad file. */
static int read_all(const struct cli *cli, const struct request *r, bool check,
		    char **paths)
{
	struct cli_policies policies = { .count = 0 };
	int code = CLI_GOOD;

	if (!*paths)
		return cli_usage_error(cli, "no file is given");
	for (; *paths && (check || !code); paths++) {
		int one = cli_policies_add(cli, &policies, *paths);

		if (one > code)
			code = one;
	}
	if (check)
		for (size_t i = 0; i < policies.count; i++)
			printf("%s: good, %zu paths, %zu digests\n",
			       policies.names[i],
			       imans_policy_paths(policies.all[i]),
			       imans_policy_digests(policies.all[i]));
	else if (!code)
		code = show(cli, r, &policies);
	cli_policies_free(&policies);
	return code;
}

static void add_source(struct request *r, bool tree)
{
	r->sources = cli_alloc(r->sources,
			       (r->source_count + 1) * sizeof(*r->sources));
	r->sources[r->source_count++] = (struct source) { tree, optarg };
}

static int add_ns_policy(const struct cli *cli, const struct request *r)
{
	size_t len;
	uint8_t *digest = cli_hex_decode(optarg, &len);
	int err;

	if (!digest || len != IMANS_HASH_SIZE) {
		free(digest);
		return cli_usage_error(cli, "\"%s\" is no SHA-256 digest",
				       optarg);
	}
	err = imans_policy_add_ns_policy(r->policy, digest);
	free(digest);
	return err ? cli_failed(cli, err) : -1;
}

/* -1: go on. */
static int take_option(struct cli *cli, struct request *r, int opt)
{
	enum imans_bank bank;
	int err;

	switch (opt) {
	case 'o':
		r->output = optarg;
		return -1;
	case OPT_MATCH:
		err = imans_policy_add_match(r->policy, optarg);
		return err ? cli_failed(cli, err) : -1;
	case OPT_HOST:
		imans_policy_set_host(r->policy, true);
		return -1;
	case OPT_OPAQUE:
		imans_policy_set_opaque(r->policy, true);
		return -1;
	case OPT_ROOTFS:
	case OPT_ADD:
		add_source(r, opt == OPT_ROOTFS);
		return -1;
	case OPT_BANK:
		if (imans_bank_parse(optarg, &bank))
			return cli_usage_error(cli, "\"%s\" is no bank",
					       optarg);
		r->banks |= IMANS_BANK(bank);
		return -1;
	case OPT_NS_POLICY:
		return add_ns_policy(cli, r);
	case CLI_OPT_JSON:
		r->json = true;
		return -1;
	default:
		return cli_common_option(cli, opt);
	}
}

static int run(struct cli *cli, struct request *r, int argc, char **argv)
{
	int opt, code;

	while ((opt = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		code = take_option(cli, r, opt);
		if (code >= 0)
			return code;
	}
	if (optind == argc)
		return cli_usage_error(cli, "\"make\", \"show\" or \"check\" must be given");
	if (!strcmp(argv[optind], "make") && optind == argc - 1)
		return make(cli, r);
	if (!strcmp(argv[optind], "show"))
		return read_all(cli, r, false, argv + optind + 1);
	if (!strcmp(argv[optind], "check"))
		return read_all(cli, r, true, argv + optind + 1);
	return cli_usage_error(cli, "\"%s\" is not understood", argv[optind]);
}

int cmd_policy(struct cli *cli, int argc, char **argv)
{
	struct request r = { .banks = 0 };
	int code, err = imans_policy_new(cli->ctx, &r.policy);

	if (err)
		return cli_failed(cli, err);
	code = run(cli, &r, argc, argv);
	imans_policy_free(r.policy);
	free(r.sources);
	return code;
}
