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
	"file in the kernel's binary or ASCII format. Each line has the entry's number,\n"
	"PCR, template, digest and name; ima-ns/ events are decoded, records are ID#SEQ.\n"
	"\n"
	CLI_HELP_LIST
	"  --json                 print an array of objects; with --follow, one a line\n"
	"  --securityfs DIR       where securityfs is mounted; default: /sys/kernel/security\n"
	"  --ns-dir DIR           its directory of namespaces, integrity/ima/ns\n"
	"  --help                 print this\n"
	"\n"
	"Exit code: 1 if the list is malformed.\n";

static const struct option options[] = {
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	CLI_OPTIONS_LIST,
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

/* NULL for files: that they are files is plain. */
static char *kind_text(const struct imans_entry *entry)
{
	struct imans_kind_info info;

	if (imans_entry_kind(entry, &info) || info.kind == IMANS_KIND_FILE ||
	    info.kind == IMANS_KIND_OPAQUE || info.kind == IMANS_KIND_NS_EVENT)
		return NULL;
	return cli_printf("%s%s%s", imans_kind_name(info.kind),
			  info.label ? " " : "", info.label ? info.label : "");
}

void cli_print_entry(const struct cli *cli, const struct imans_entry *entry,
		     uint64_t number)
{
	const char *template = imans_entry_template(entry);
	char *shown = cli_show(template, strlen(template));
	char *digest = digest_text(entry), *name = name_text(entry);
	char *event = cli_event_text(cli->ctx, entry);

	if (!event)
		event = kind_text(entry);
	printf("%" PRIu64 " %" PRIu32 " %s %s %s", number,
	       imans_entry_pcr(entry), shown, digest, name);
	if (imans_entry_violation(entry))
		printf(" VIOLATION");
	if (imans_entry_opaque(entry))
		printf(" OPAQUE");
	if (event)
		printf("  [%s]", event);
	putchar('\n');
	free(shown);
	free(digest);
	free(name);
	free(event);
}

/* Those that nothing else shows: signatures, buffers, attributes. */
static bool shown_otherwise(const char *id)
{
	static const char * const ids[] = {
		"d", "n", "d-ng", "d-ngv2", "n-ng", "nsid", "nslabel",
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (!strcmp(id, ids[i]))
			return true;
	return false;
}

static void add_fields(struct json_object *o, const struct imans_entry *entry)
{
	struct json_object *fields;
	struct imans_field field;

	if (imans_entry_field(entry, 0, &field))
		return;
	fields = json_object_new_object();
	for (size_t i = 0; !imans_entry_field(entry, i, &field); i++)
		if (!shown_otherwise(field.id))
			cli_json_hex(fields, field.id, field.data, field.len);
	cli_json_add(o, "fields", fields);
}

struct json_object *cli_entry_json(const struct cli *cli,
				   const struct imans_entry *entry,
				   uint64_t number)
{
	struct json_object *o = json_object_new_object(), *event;
	const char *template = imans_entry_template(entry), *label;
	char *shown = cli_show(template, strlen(template));
	char *digest = digest_text(entry), *name = name_text(entry);
	struct imans_kind_info info;
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
	if (!imans_entry_kind(entry, &info)) {
		cli_json_text(o, "kind", imans_kind_name(info.kind));
		if (info.label)
			cli_json_text(o, "kind_label", info.label);
	}
	if (imans_entry_lines(entry))
		cli_json_number(o, "lines", imans_entry_lines(entry));
	add_fields(o, entry);
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

/*
 * An array is written as its elements come: lists may be larger than memory. The
 * object is taken over.
 */
static int print_element(struct json_object *o, bool lines, bool first)
{
	const char *text;

	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!text)
		cli_no_memory();
	printf("%s%s%s", lines ? "" : first ? "[\n " : ",\n ", text,
	       lines ? "\n" : "");
	json_object_put(o);
	return ferror(stdout) ? -EIO : 0;
}

/* Who reads JSON learns it from that: what came before is a whole text. */
static int list_failed(const struct cli *cli, const struct cli_list *how,
		       int err, bool first)
{
	bool lines = how->opts.follow;
	int code = cli_failed(cli, err);
	const char *text = imans_ctx_error(cli->ctx);
	struct json_object *o;
	char *shown;

	if (!cli->json)
		return code;
	if (!*text)
		text = strerror(-err);
	shown = cli_show(text, strlen(text));
	o = json_object_new_object();
	cli_json_text(o, "error", shown);
	free(shown);
	err = print_element(o, lines, first);
	if (!lines)
		puts("\n]");
	return cli_flush(cli, err ? CLI_ERROR : code);
}

static int print_list(const struct cli *cli, const struct cli_list *how,
		      struct imans_list *list)
{
	const struct imans_entry *entry;
	bool lines = how->opts.follow, first = true;
	int err;

	while (!(err = cli_list_next(cli, how, list, &entry)) && entry) {
		if (cli->json)
			err = print_element(cli_entry_json(cli, entry,
						imans_entry_index(entry)),
					    lines, first);
		else
			cli_print_entry(cli, entry, imans_entry_index(entry));
		if (err)
			return cli_flush(cli, CLI_ERROR);
		first = false;
	}
	if (err)
		return list_failed(cli, how, err, first);
	if (cli->json && !lines)
		puts(first ? "[]" : "\n]");
	return CLI_GOOD;
}

static int show(const struct cli *cli, const struct cli_list *how,
		const char *arg)
{
	struct imans_list *list;
	char *path = NULL;
	int code = find_list(cli, arg, &path);
	int err;

	if (code)
		return code;
	err = imans_list_open_file(cli->ctx, path, &how->opts, &list);
	free(path);
	if (err)
		return list_failed(cli, how, err, true);
	code = print_list(cli, how, list);
	imans_list_close(list);
	return code;
}

static int take_option(struct cli *cli, void *how, int opt)
{
	return cli_list_option(cli, how, opt);
}

int cmd_log(struct cli *cli, int argc, char **argv)
{
	struct cli_list how;
	int code;

	cli_list_init(&how);
	code = cli_options(cli, argc, argv, "", options, take_option, &how);
	if (code < 0 && optind != argc - 1)
		code = cli_usage_error(cli, "one list must be given");
	if (code < 0)
		code = show(cli, &how, argv[optind]);
	cli_list_free(&how);
	return code;
}
