// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns ls: the tree of namespaces. */

#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

const char help_ls[] =
	"usage: ima-ns ls [OPTIONS]\n"
	"\n"
	"Draws the tree of the IMA namespaces that are visible from here: id, label, state,\n"
	"entries, copied records of descendants, what is used of its quota, and violations and\n"
	"losses if there are any.\n"
	"\n"
	"  --json            print an array of objects, parents before children\n"
	"  --ascii           draw with ASCII only\n"
	"  --securityfs DIR  where securityfs is mounted (default: /sys/kernel/security)\n"
	"  --ns-dir DIR      its directory of namespaces, integrity/ima/ns\n"
	"  --help            print this\n";

enum { OPT_ASCII = CLI_OPT_OWN };

static const struct option options[] = {
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	{ "ascii", no_argument, NULL, OPT_ASCII },
	CLI_OPTIONS_NS_DIR,
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

/* What stands before a node, by whether its parent has more after it. */
struct drawing {
	const char *more, *last, *line, *gap;
};

static const struct drawing unicode = {
	"\u251c\u2500 ", "\u2514\u2500 ", "\u2502  ", "   ",
};

static const struct drawing ascii = { "|- ", "`- ", "|  ", "   " };

static const char *state_name(enum imans_ns_state state)
{
	switch (state) {
	case IMANS_NS_NEW:
		return "new";
	case IMANS_NS_ACTIVE:
		return "active";
	case IMANS_NS_DEAD:
		return "dead";
	}
	return "?";
}

static void print_status(const struct imans_ns_status *s)
{
	char *label = cli_show(s->label, strlen(s->label));

	printf("%" PRIu64 "  %s  %s  entries %" PRIu64 "  records %" PRIu64,
	       s->id, *label ? label : "-", state_name(s->state), s->entries,
	       s->records);
	if (s->quota)
		printf("  quota %" PRIu64 "/%" PRIu64, s->used, s->quota);
	if (s->violations)
		printf("  violations %" PRIu64, s->violations);
	if (s->losses)
		printf("  LOSSES %" PRIu64, s->losses);
	if (s->delegate)
		printf("  delegate");
	if (!s->tpm_ok)
		printf("  no TPM");
	putchar('\n');
	free(label);
}

#define NONE	SIZE_MAX

/* A node's first child and next sibling, as indices into the tree. */
struct link {
	uint64_t id;
	size_t child;
	size_t next;
};

static size_t find_link(const struct link *links, size_t count, uint64_t id)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (links[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < count && links[low].id == id ? low : NONE;
}

/*
 * The last link is the host's. What has a parent that can't be seen from here
 * hangs there too.
 */
static struct link *link_tree(const struct imans_tree *tree)
{
	size_t count = imans_tree_count(tree);
	struct link *links = cli_alloc(NULL, (count + 1) * sizeof(*links));
	struct imans_ns_status s;

	for (size_t i = 0; i <= count; i++) {
		links[i].id = imans_tree_get(tree, i, &s) ? 0 : s.id;
		links[i].child = NONE;
		links[i].next = NONE;
	}
	/* From the end, as each goes in front of its siblings. */
	for (size_t i = count; i-- > 0;) {
		size_t up;

		imans_tree_get(tree, i, &s);
		up = find_link(links, count, s.parent);
		/* A parent's id is lower than its child's. */
		if (up == NONE || up >= i)
			up = count;
		links[i].next = links[up].child;
		links[up].child = i;
	}
	return links;
}

static void draw_children(const struct imans_tree *tree,
			  const struct link *links, size_t of,
			  const char *prefix, const struct drawing *d)
{
	for (size_t i = links[of].child; i != NONE; i = links[i].next) {
		bool last = links[i].next == NONE;
		struct imans_ns_status s;
		char *deeper;

		imans_tree_get(tree, i, &s);
		printf("%s%s", prefix, last ? d->last : d->more);
		print_status(&s);
		deeper = cli_printf("%s%s", prefix, last ? d->gap : d->line);
		draw_children(tree, links, i, deeper, d);
		free(deeper);
	}
}

static void draw(const struct imans_tree *tree, const struct drawing *d)
{
	struct link *links = link_tree(tree);

	puts("host");
	draw_children(tree, links, imans_tree_count(tree), "", d);
	free(links);
}

static struct json_object *status_json(const struct imans_ns_status *s)
{
	struct json_object *o = json_object_new_object();

	cli_json_number(o, "id", s->id);
	cli_json_number(o, "parent", s->parent);
	cli_json_number(o, "depth", s->depth);
	cli_json_text(o, "path", s->path);
	cli_json_text(o, "label", s->label);
	cli_json_text(o, "state", state_name(s->state));
	cli_json_number(o, "inum", s->inum);
	cli_json_number(o, "userns", s->userns);
	cli_json_number(o, "entries", s->entries);
	cli_json_number(o, "records", s->records);
	cli_json_number(o, "violations", s->violations);
	cli_json_number(o, "losses", s->losses);
	cli_json_number(o, "quota", s->quota);
	cli_json_number(o, "used", s->used);
	cli_json_number(o, "memory", s->memory);
	cli_json_text(o, "overflow",
		      s->overflow == IMANS_OVERFLOW_MARK ? "mark" : "deny");
	cli_json_bool(o, "delegate", s->delegate);
	cli_json_bool(o, "tpm", s->tpm_ok);
	cli_json_hex(o, "vpcr", s->vpcr, sizeof(s->vpcr));
	return o;
}

static int print_json(const struct cli *cli, const struct imans_tree *tree)
{
	struct json_object *array = json_object_new_array();
	struct imans_ns_status s;

	for (size_t i = 0; !imans_tree_get(tree, i, &s); i++)
		cli_json_add(array, NULL, status_json(&s));
	return cli_print_json(cli, array);
}

static int take_option(struct cli *cli, void *plain, int opt)
{
	if (opt != OPT_ASCII)
		return cli_common_option(cli, opt);
	*(bool *)plain = true;
	return -1;
}

int cmd_ls(struct cli *cli, int argc, char **argv)
{
	const struct drawing *d = &ascii;
	bool plain = false;
	int code = cli_options(cli, argc, argv, "", options, take_option,
			       &plain);
	struct imans_tree *tree;
	int err;

	if (code >= 0)
		return code;
	if (optind != argc)
		return cli_usage_error(cli, "\"%s\" is one argument too many",
				       argv[optind]);
	err = imans_tree_read(cli->ctx, cli->ns_dir, &tree);
	if (err)
		return cli_failed(cli, err);
	if (!plain && !strcmp(nl_langinfo(CODESET), "UTF-8"))
		d = &unicode;
	if (cli->json) {
		code = print_json(cli, tree);
	} else {
		draw(tree, d);
		code = CLI_GOOD;
	}
	imans_tree_free(tree);
	return code;
}
