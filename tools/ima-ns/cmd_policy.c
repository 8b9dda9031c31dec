// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns policy: reference values. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

const char help_policy[] =
	"usage: ima-ns policy make --output FILE (--match GLOB | --host)... SOURCE... [OPTIONS]\n"
	"       ima-ns policy merge --output FILE [--match GLOB | --host]... [--strict] PATH...\n"
	"       ima-ns policy export --output FILE [--lossy] PATH\n"
	"       ima-ns policy show [--json] PATH...\n"
	"       ima-ns policy check [--list FILE [--label LABEL | --host] [--explain] [--json]]\n"
	"                           PATH...\n"
	"\n"
	"make: writes reference values. merge: makes several one, and tells what they do not\n"
	"agree on. export: writes a runtime policy of Keylime. show: prints them. check: tells\n"
	"whether they can be read, one line for each file; or which files of a binary\n"
	"measurement list they refuse.\n"
	"\n"
	"Sources, all repeatable:\n"
	"  --rootfs DIR          a root file system: each regular file below it, by its path\n"
	"                        there; symbolic links and mounts are not followed\n"
	"  --image PATH          a container's image: the directory of an OCI layout, or an archive\n"
	"                        of one (oci-archive) or of \"docker save\" (docker-archive)\n"
	"  --add FILE[=PATH]     one file, by this path (default: its own)\n"
	"  --glob PATTERN=FILE   one file, under any path that matches: * and ? are of one\n"
	"                        directory, ** crosses slashes, [a-z] is a set\n"
	"  --any PATTERN         paths that may have any content; files there are a doubt\n"
	"  --key FILE[=PATTERN]  a public key or certificate in PEM; what it signed is allowed,\n"
	"                        under this pattern (default: anywhere)\n"
	"  --keylime FILE        a runtime policy or an allowlist of Keylime\n"
	"  --log FILE            a binary measurement list: what ran, unproven\n"
	"  --evidence FILE       the proven part of the list of the namespace --id; needs\n"
	"                        what \"ima-ns verify\" needs: --nonce, --ak or the like, and\n"
	"                        --verifier-id\n"
	"\n"
	"  -o, --output FILE     where the reference values go\n"
	"  --match GLOB          which labels they are for, as in the shell; repeatable\n"
	"  --host                they are for the host's own measurements\n"
	"  --platform OS/ARCH    which of an image's platforms, as linux/arm64\n"
	"  --ref NAME            which of several images in one layout or archive\n"
	"  --max-size BYTES      how much an image may be, unpacked (default: 32 GiB)\n"
	"  --bank BANK           digests to compute: sha1, sha256, sha384, sha512; repeatable;\n"
	"                        default: sha256\n"
	"  --namespace-policy HEX  SHA-256 of a policy that namespaces may have besides the\n"
	"                        default one; repeatable\n"
	"  --opaque-descendants  what runs in namespaces below need not be shown\n"
	"  --id ID               the namespace in evidence (default: 0, the host)\n"
	"  --lossy               --keylime, export: leave out what can't be expressed, where less\n"
	"                        is allowed without it, and tell\n"
	"  --strict              merge: write nothing if there is a disagreement\n"
	"  --explain             check: tell the rule for each file, not only for refused ones\n"
	"  --json                print an array of objects\n"
	"  --help                print this\n"
	"\n"
	"PATH is a file, or a directory of such files (*.json).\n"
	"Exit code: 1 if a file is malformed, or refused, or --strict found something.\n";

enum {
	OPT_MATCH = CLI_OPT_OWN, OPT_HOST, OPT_ROOTFS, OPT_ADD, OPT_GLOB,
	OPT_ANY, OPT_KEY, OPT_LOG, OPT_EVIDENCE, OPT_NONCE,
	OPT_VERIFIER, OPT_ID, OPT_BANK, OPT_NS_POLICY, OPT_OPAQUE, OPT_LIST,
	OPT_LABEL, OPT_STRICT, OPT_EXPLAIN, OPT_IMAGE, OPT_PLATFORM, OPT_REF,
	OPT_MAX_SIZE, OPT_KEYLIME, OPT_LOSSY,
};

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "match", required_argument, NULL, OPT_MATCH },
	{ "host", no_argument, NULL, OPT_HOST },
	{ "rootfs", required_argument, NULL, OPT_ROOTFS },
	{ "image", required_argument, NULL, OPT_IMAGE },
	{ "platform", required_argument, NULL, OPT_PLATFORM },
	{ "ref", required_argument, NULL, OPT_REF },
	{ "max-size", required_argument, NULL, OPT_MAX_SIZE },
	{ "add", required_argument, NULL, OPT_ADD },
	{ "glob", required_argument, NULL, OPT_GLOB },
	{ "any", required_argument, NULL, OPT_ANY },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "keylime", required_argument, NULL, OPT_KEYLIME },
	{ "lossy", no_argument, NULL, OPT_LOSSY },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "evidence", required_argument, NULL, OPT_EVIDENCE },
	{ "nonce", required_argument, NULL, OPT_NONCE },
	CLI_OPTIONS_TRUST,
	{ "verifier-id", required_argument, NULL, OPT_VERIFIER },
	{ "id", required_argument, NULL, OPT_ID },
	{ "bank", required_argument, NULL, OPT_BANK },
	{ "namespace-policy", required_argument, NULL, OPT_NS_POLICY },
	{ "opaque-descendants", no_argument, NULL, OPT_OPAQUE },
	{ "list", required_argument, NULL, OPT_LIST },
	{ "label", required_argument, NULL, OPT_LABEL },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "explain", no_argument, NULL, OPT_EXPLAIN },
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

#define PEM_MAX	65536

/* All of these return -1 to go on. */

static int add_source(struct policy_request *r, enum policy_source_kind kind)
{
	r->sources = cli_alloc(r->sources,
			       (r->source_count + 1) * sizeof(*r->sources));
	r->sources[r->source_count++] = (struct policy_source) { kind, optarg };
	return -1;
}

static int add_ns_policy(const struct cli *cli, const struct policy_request *r)
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

static int add_key(const struct cli *cli, struct policy_request *r)
{
	char *file, *pem;
	const char *pattern = policy_split(optarg, &file);
	int err;

	pem = cli_read_text(cli, file, PEM_MAX);
	if (!pem) {
		free(file);
		return CLI_ERROR;
	}
	err = imans_policy_add_key(r->policy, file, pem, &pattern,
				   pattern ? 1 : 0);
	free(file);
	free(pem);
	r->rules++;
	return err ? cli_failed(cli, err) : -1;
}

static int add_any(const struct cli *cli, struct policy_request *r)
{
	int err = imans_policy_add_any(r->policy, optarg);

	r->rules++;
	return err ? cli_failed(cli, err) : -1;
}

/* What an option that takes nothing more than itself stands for. */
static int take_flag(struct cli *cli, struct policy_request *r, int opt)
{
	switch (opt) {
	case OPT_HOST:
		imans_policy_set_host(r->policy, true);
		return -1;
	case OPT_OPAQUE:
		imans_policy_set_opaque(r->policy, true);
		return -1;
	case OPT_LOSSY:
		r->lossy = true;
		return -1;
	case OPT_STRICT:
		r->strict = true;
		return -1;
	case OPT_EXPLAIN:
		r->explain = true;
		return -1;
	default:
		return cli_trust_option(cli, &r->trust, opt);
	}
}

static int take_rule(struct cli *cli, struct policy_request *r, int opt)
{
	switch (opt) {
	case OPT_ROOTFS:
		return add_source(r, POLICY_ROOTFS);
	case OPT_IMAGE:
		return add_source(r, POLICY_IMAGE);
	case OPT_ADD:
		return add_source(r, POLICY_FILE);
	case OPT_GLOB:
		return add_source(r, POLICY_GLOB);
	case OPT_KEYLIME:
		return add_source(r, POLICY_KEYLIME);
	case OPT_LOG:
		return add_source(r, POLICY_LOG);
	case OPT_EVIDENCE:
		return add_source(r, POLICY_EVIDENCE);
	case OPT_ANY:
		return add_any(cli, r);
	case OPT_KEY:
		return add_key(cli, r);
	case OPT_NS_POLICY:
		return add_ns_policy(cli, r);
	default:
		return take_flag(cli, r, opt);
	}
}

static int take_image(struct cli *cli, struct policy_request *r, int opt)
{
	switch (opt) {
	case OPT_PLATFORM:
		r->image.platform = optarg;
		return -1;
	case OPT_REF:
		r->image.ref = optarg;
		return -1;
	case OPT_MAX_SIZE:
		return cli_number(optarg, &r->image.max_bytes) ? -1 :
		       cli_usage_error(cli, "\"%s\" is no number", optarg);
	default:
		return take_rule(cli, r, opt);
	}
}

static int take_option(struct cli *cli, void *user, int opt)
{
	struct policy_request *r = user;
	int err;

	switch (opt) {
	case 'o':
		r->output = optarg;
		return -1;
	case OPT_NONCE:
		r->nonce = optarg;
		return -1;
	case OPT_VERIFIER:
		r->verifier_id = optarg;
		return -1;
	case OPT_LIST:
		r->list = optarg;
		return -1;
	case OPT_LABEL:
		r->label = optarg;
		return -1;
	case OPT_ID:
		return cli_number(optarg, &r->id) ? -1 :
		       cli_usage_error(cli, "\"%s\" is no id", optarg);
	case OPT_MATCH:
		err = imans_policy_add_match(r->policy, optarg);
		return err ? cli_failed(cli, err) : -1;
	case OPT_BANK:
		return cli_bank(cli, &r->banks);
	default:
		return take_image(cli, r, opt);
	}
}

static int run(struct cli *cli, struct policy_request *r, int argc, char **argv)
{
	int code = cli_options(cli, argc, argv, "o:", options, take_option, r);

	if (code >= 0)
		return code;
	if (optind == argc)
		return cli_usage_error(cli, "\"make\", \"merge\", \"export\", \"show\" or \"check\" must be given");
	if (!strcmp(argv[optind], "make") && optind == argc - 1)
		return policy_make(cli, r);
	if (!strcmp(argv[optind], "merge"))
		return policy_merge(cli, r, argv + optind + 1);
	if (!strcmp(argv[optind], "export"))
		return policy_export(cli, r, argv + optind + 1);
	if (!strcmp(argv[optind], "show"))
		return policy_show(cli, argv + optind + 1);
	if (!strcmp(argv[optind], "check"))
		return policy_check(cli, r, argv + optind + 1);
	return cli_usage_error(cli, "\"%s\" is not understood", argv[optind]);
}

int cmd_policy(struct cli *cli, int argc, char **argv)
{
	struct policy_request r = { .banks = 0 };
	int code, err = imans_policy_new(cli->ctx, &r.policy);

	if (err)
		return cli_failed(cli, err);
	code = run(cli, &r, argc, argv);
	imans_policy_free(r.policy);
	cli_trust_free(&r.trust);
	free(r.sources);
	return code;
}
