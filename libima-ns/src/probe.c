// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which layout a list has, by its first entries. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bytes.h"
#include "list.h"

/* How far is looked, if violations alone come first. */
#define PROBE_ENTRIES	64

/* How a layout fits the beginning of a list. */
struct probe {
	uint64_t entries;	/* that parse */
	bool whole;		/* nothing was against it */
	bool sure;		/* a digest was that of its data */
	bool cut;		/* more input may tell */
};

/*
 * A digest that fits is proof of the layout; but in text, the digest of the
 * template "ima" covers no number, and so is none of the byte order.
 */
static bool proves(const struct imans_list *list)
{
	const struct imans_entry *entry = &list->entry;
	bool match;

	if (entry->violation || entry->no_data ||
	    (list->ascii && list->find_order && entry->tmpl.bare))
		return false;
	return imans_entry_match(entry, &match) == 0 && match;
}

static int probe_layout(struct imans_list *list, struct probe *probe)
{
	struct imans_fault fault;
	size_t at = 0, size;
	int ret;

	memset(probe, 0, sizeof(*probe));
	while (probe->entries < PROBE_ENTRIES) {
		ret = imans_source_need(&list->src, at + 1);
		if (ret == 0)
			break;
		if (ret < 0)
			return imans_err(list->ctx, ret, "%s: %s", list->name,
					 strerror(-ret));
		ret = imans_list_entry_at(list, at, &size, &fault);
		if (ret == -EBADMSG || ret == -EMSGSIZE) {
			probe->cut = fault.cut && list->src.follow;
			probe->whole = probe->cut;
			return 0;
		}
		if (ret)
			return imans_err(list->ctx, ret, "%s: %s", list->name,
					 strerror(-ret));
		probe->entries++;
		if (proves(list)) {
			probe->sure = true;
			return 0;
		}
		at += size;
	}
	probe->whole = true;
	return 0;
}

static bool reads_further(const struct probe *a, const struct probe *b)
{
	if (a->whole != b->whole)
		return a->whole;
	return a->entries > b->entries;
}

/*
 * SHA-256 and SM3 have one size: where no digest tells, every entry will show
 * that its digest is not SHA-256's. So it is with byte orders of text.
 */
static bool same_sizes(const struct imans_list *list,
		       const struct imans_layout *a,
		       const struct imans_layout *b)
{
	return (list->ascii || a->big == b->big) &&
	       imans_bank_size(a->header) == imans_bank_size(b->header);
}

/* What is being looked for, and the best so far. */
struct search {
	struct probe best;
	struct imans_layout layout;
	bool tie;
	bool cut;
};

static void weigh(const struct imans_list *list, struct search *search,
		  const struct probe *probe, const struct imans_layout *layout)
{
	search->cut |= probe->cut;
	if (reads_further(probe, &search->best)) {
		search->best = *probe;
		search->layout = *layout;
		search->tie = false;
	} else if (!reads_further(&search->best, probe) &&
		   !same_sizes(list, layout, &search->layout)) {
		search->tie = true;
	}
}

/* A digest that fits is proof; else the layout that reads further. */
static int find_layout(struct imans_list *list)
{
	const struct imans_layout given = list->layout;
	struct search search = { .layout = given, .tie = true };
	struct probe probe;

	for (int i = 0; i < 2 * IMANS_BANKS; i++) {
		struct imans_layout layout = {
			.header = (enum imans_bank)(i % IMANS_BANKS),
			.big = i >= IMANS_BANKS,
		};
		int ret;

		if ((!list->find_header && layout.header != given.header) ||
		    (!list->find_order && layout.big != given.big))
			continue;
		list->layout = layout;
		ret = probe_layout(list, &probe);
		if (ret)
			return ret;
		if (probe.sure) {
			list->find_header = list->find_order = false;
			return 0;
		}
		weigh(list, &search, &probe, &layout);
	}
	list->layout = search.tie ? given : search.layout;
	/* The first entry is not there yet. */
	if (search.cut && search.best.entries == 0)
		return 0;
	/* With the header known, reading on says best what is wrong. */
	if (search.tie && (list->find_header || search.best.entries))
		return imans_err(list->ctx, -EBADMSG,
				 "%s: entry %" PRIu64 ": byte %" PRIu64
				 ": no size of template digests or byte order makes a list of this",
				 list->name, list->count, list->src.offset);
	list->find_header = list->find_order = false;
	return 0;
}

/* A binary list begins with a number below 32, in either order. */
static bool looks_ascii(const uint8_t *p)
{
	return (p[0] == ' ' || (p[0] >= '0' && p[0] <= '9')) &&
	       p[1] >= '0' && p[1] <= '9' && p[2] == ' ';
}

static int find_format(struct imans_list *list)
{
	int ret = imans_source_need(&list->src, 3);

	if (ret < 0)
		return imans_err(list->ctx, ret, "%s: %s", list->name,
				 strerror(-ret));
	if (ret == 0 && list->src.follow)
		return -EAGAIN;
	list->ascii = ret == 1 && looks_ascii(imans_source_data(&list->src));
	list->find_format = false;
	return 0;
}

int imans_list_probe(struct imans_list *list)
{
	int ret;

	if (!list->find_format && !list->find_header && !list->find_order)
		return 0;
	ret = imans_source_need(&list->src, 1);
	if (ret <= 0)
		return ret == 0 ? 0 : imans_err(list->ctx, ret, "%s: %s",
						list->name, strerror(-ret));
	if (list->find_format) {
		ret = find_format(list);
		if (ret)
			return ret == -EAGAIN ? 0 : ret;
	}
	if (!list->find_header && !list->find_order)
		return 0;
	return find_layout(list);
}
