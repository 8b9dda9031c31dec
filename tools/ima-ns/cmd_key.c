// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns key: keys of namespaces, from securityfs to a keyring. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

const char help_key[] =
	"usage: ima-ns key store [--keyring RING] [OPTIONS] ID KEY\n"
	"       ima-ns key digest [--json] KEY|FILE\n"
	"       ima-ns key remove KEY\n"
	"\n"
	"Keeps the keys of namespaces, which open their records, out of files. KEY names a\n"
	"key in the kernel's keyrings: \"keyring:DESCRIPTION\", or \"keyring:TYPE:DESCRIPTION\"\n"
	"of type \"user\" or \"big_key\": keys of type \"logon\" can't be read back.\n"
	"\n"
	"store: takes the key of namespace ID from the kernel. digest: prints its SHA-256,\n"
	"which stands in the namespace's ima-ns/create. remove: revokes it.\n"
	"\n"
	"  --keyring RING      where it goes: @t, @p, @s, @u, @us as in keyctl(1), or a serial\n"
	"                      number (default: @u, which lasts while the user has processes)\n"
	"  --json              print one object\n"
	"  --securityfs DIR    where securityfs is mounted (default: /sys/kernel/security)\n"
	"  --ns-dir DIR        its directory of namespaces, integrity/ima/ns\n"
	"  --help              print this\n";

enum { OPT_KEYRING = CLI_OPT_OWN };

static const struct option options[] = {
	{ "keyring", required_argument, NULL, OPT_KEYRING },
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	CLI_OPTIONS_NS_DIR,
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

static int store(const struct cli *cli, const char *keyring, const char *arg,
		 const char *name)
{
	uint8_t key[IMANS_KEY_SIZE];
	uint64_t id;
	int err;

	if (!cli_number(arg, &id) || !id)
		return cli_usage_error(cli, "\"%s\" is no namespace's id", arg);
	err = imans_ns_key(cli->ctx, cli->ns_dir, id, key);
	if (!err)
		err = imans_keyring_add(cli->ctx, name, keyring, key,
					sizeof(key));
	imans_key_wipe(key, sizeof(key));
	return err ? cli_failed(cli, err) : CLI_GOOD;
}

static int digest(const struct cli *cli, const char *arg)
{
	uint8_t key[IMANS_KEY_SIZE], sha256[IMANS_HASH_SIZE];
	struct json_object *o;
	char *hex;
	int err, code = cli_key(cli, arg, key);

	if (code)
		return code;
	err = imans_key_digest(cli->ctx, key, sha256);
	imans_key_wipe(key, sizeof(key));
	if (err)
		return cli_failed(cli, err);
	if (cli->json) {
		o = json_object_new_object();
		cli_json_hex(o, "key_digest", sha256, sizeof(sha256));
		return cli_print_json(cli, o);
	}
	hex = cli_hex_encode(sha256, sizeof(sha256));
	printf("%s\n", hex);
	free(hex);
	return CLI_GOOD;
}

static int run(const struct cli *cli, const char *keyring, int argc,
	       char **argv)
{
	int err;

	if (argc == 3 && !strcmp(argv[0], "store"))
		return store(cli, keyring, argv[1], argv[2]);
	if (argc == 2 && !strcmp(argv[0], "digest"))
		return digest(cli, argv[1]);
	if (argc == 2 && !strcmp(argv[0], "remove")) {
		err = imans_keyring_remove(cli->ctx, argv[1]);
		return err ? cli_failed(cli, err) : CLI_GOOD;
	}
	return cli_usage_error(cli, "\"store\" with an id and a key, or \"digest\" or \"remove\" with a key, must be given");
}

static int take_option(struct cli *cli, void *keyring, int opt)
{
	if (opt != OPT_KEYRING)
		return cli_common_option(cli, opt);
	*(const char **)keyring = optarg;
	return -1;
}

int cmd_key(struct cli *cli, int argc, char **argv)
{
	const char *keyring = NULL;
	int code = cli_options(cli, argc, argv, "", options, take_option,
			       &keyring);

	if (code >= 0)
		return code;
	return run(cli, keyring, argc - optind, argv + optind);
}
