// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns log: a measurement list, entry by entry. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

const char help_log[] =
	"usage: ima-ns log [OPTIONS] ID|host|FILE\n"
	"\n"
	"Prints a measurement list: of the namespace with that id, of the host, or from a\n"
	"file in the kernel's binary format. Each line has the entry's number, PCR,\n"
	"template, digest and name; ima-ns/ events are decoded, records are ID#SEQ.\n"
	"\n"
	"  --json            print an array of objects\n"
	"  --securityfs DIR  where securityfs is mounted (default: /sys/kernel/security)\n"
	"  --ns-dir DIR      its directory of namespaces, integrity/ima/ns\n"
	"  --help            print this\n"
	"\n"
	"Exit code: 1 if the list is malformed.\n";

static const struct option options[] = {
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	CLI_OPTIONS_NS_DIR,
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

static char *digest_text(const struct imans_entry *entry)
{
	struct imans_file_digest digest;
	char *algo, *hex, *text;

	if (imans_entry_file_digest(entry, &digest))
		return cli_strdup("-");
	algo = cli_show(digest.algo, strlen(digest.algo));
	hex = cli_hex_encode(digest.digest, digest.len);
	text = cli_printf("%s:%s", algo, hex);
	free(algo);
	free(hex);
	return text;
}

static char *name_text(const struct imans_entry *entry)
{
	const char *name;
	size_t len;

	if (imans_entry_name(entry, &name, &len))
		return cli_strdup("-");
	return cli_show(name, len);
}

void cli_print_entry(const struct cli *cli, const struct imans_entry *entry,
		     uint64_t number)
{
	const char *template = imans_entry_template(entry);
	char *shown = cli_show(template, strlen(template));
	char *digest = digest_text(entry), *name = name_text(entry);
	char *event = cli_event_text(cli->ctx, entry);

	printf("%" PRIu64 " %" PRIu32 " %s %s %s", number,
	       imans_entry_pcr(entry), shown, digest, name);
	if (imans_entry_violation(entry))
		printf(" VIOLATION");
	if (event)
		printf("  [%s]", event);
	putchar('\n');
	free(shown);
	free(digest);
	free(name);
	free(event);
}

struct json_object *cli_entry_json(const struct cli *cli,
				   const struct imans_entry *entry,
				   uint64_t number)
{
	struct json_object *o = json_object_new_object(), *event;
	const char *template = imans_entry_template(entry), *label;
	char *shown = cli_show(template, strlen(template));
	char *digest = digest_text(entry), *name = name_text(entry);
	const uint8_t *header;
	uint64_t nsid;
	size_t len;

	cli_json_number(o, "entry", number);
	cli_json_number(o, "offset", imans_entry_offset(entry));
	cli_json_number(o, "pcr", imans_entry_pcr(entry));
	cli_json_text(o, "template", shown);
	header = imans_entry_header_digest(entry, &len);
	cli_json_hex(o, "template_digest", header, len);
	cli_json_text(o, "digest", digest);
	cli_json_text(o, "name", name);
	cli_json_bool(o, "violation", imans_entry_violation(entry));
	if (!imans_entry_nsid(entry, &nsid))
		cli_json_number(o, "nsid", nsid);
	if (!imans_entry_label(entry, &label, &len)) {
		char *text = cli_show(label, len);

		cli_json_text(o, "nslabel", text);
		free(text);
	}
	event = cli_event_json(cli->ctx, entry);
	if (event)
		cli_json_add(o, "event", event);
	free(shown);
	free(digest);
	free(name);
	return o;
}

/* The list with digests that can be checked, if the kernel has it. */
static char *list_in(const char *dir)
{
	char *path = cli_printf("%s/binary_runtime_measurements_sha256", dir);

	if (!access(path, F_OK))
		return path;
	free(path);
	return cli_printf("%s/binary_runtime_measurements", dir);
}

static int find_list(const struct cli *cli, const char *arg, char **path)
{
	struct imans_tree *tree;
	uint64_t id;
	char *dir;
	int err;

	if (!strcmp(arg, "host")) {
		dir = cli_printf("%s/..", cli->ns_dir ? cli->ns_dir :
							IMANS_NS_DIR);
		*path = list_in(dir);
		free(dir);
		return CLI_GOOD;
	}
	if (!cli_number(arg, &id)) {
		*path = cli_strdup(arg);
		return CLI_GOOD;
	}
	err = imans_tree_read(cli->ctx, cli->ns_dir, &tree);
	if (err)
		return cli_failed(cli, err);
	err = imans_tree_dir(tree, id, &dir);
	imans_tree_free(tree);
	if (err)
		return cli_failed(cli, err);
	*path = list_in(dir);
	free(dir);
	return CLI_GOOD;
}

static int print_list(const struct cli *cli, struct imans_list *list, bool json)
{
	struct json_object *array = json ? json_object_new_array() : NULL;
	const struct imans_entry *entry;
	int err;

	while (!(err = imans_list_next(list, &entry)) && entry) {
		if (json)
			cli_json_add(array, NULL,
				     cli_entry_json(cli, entry,
						    imans_entry_index(entry)));
		else
			cli_print_entry(cli, entry, imans_entry_index(entry));
	}
	if (err) {
		int code = cli_failed(cli, err);

		json_object_put(array);
		return code;
	}
	return json ? cli_print_json(cli, array) : CLI_GOOD;
}

int cmd_log(struct cli *cli, int argc, char **argv)
{
	struct imans_list *list;
	bool json = false;
	char *path = NULL;
	int opt, code, err;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == CLI_OPT_JSON) {
			json = true;
			continue;
		}
		code = cli_common_option(cli, opt);
		if (code >= 0)
			return code;
	}
	if (optind != argc - 1)
		return cli_usage_error(cli, "one list must be given");
	code = find_list(cli, argv[optind], &path);
	if (code)
		return code;
	err = imans_list_open_file(cli->ctx, path, NULL, &list);
	free(path);
	if (err)
		return cli_failed(cli, err);
	code = print_list(cli, list, json);
	imans_list_close(list);
	return code;
}
