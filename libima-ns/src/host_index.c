// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rules 4 and 5, as far as the records alone can be checked. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

/* What a record is in order by, while sorting. */
struct sort_key {
	uint64_t id;
	size_t place;
};

/* One step of sort_keys(): by one byte of the id, as they came within it. */
static void sort_by_byte(const struct sort_key *from, struct sort_key *to,
			 size_t n, unsigned int shift)
{
	size_t at[256] = { 0 }, sum = 0;

	for (size_t i = 0; i < n; i++)
		at[from[i].id >> shift & 0xff]++;
	for (size_t b = 0; b < 256; b++) {
		size_t count = at[b];

		at[b] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		to[at[from[i].id >> shift & 0xff]++] = from[i];
}

/*
 * By id; in order of their places, as they stand now, within one. Ids are small
 * numbers, so that two or three of their bytes differ: that many passes, where
 * comparing would take twenty for a million. Returns which of the two arrays
 * holds them.
 */
static struct sort_key *sort_keys(struct sort_key *keys, struct sort_key *spare,
				  size_t n)
{
	uint64_t differ = 0;

	for (size_t i = 1; i < n; i++)
		differ |= keys[i].id ^ keys[0].id;
	for (unsigned int shift = 0; shift < 64; shift += 8) {
		struct sort_key *sorted = spare;

		if (!(differ >> shift & 0xff))
			continue;
		sort_by_byte(keys, sorted, n, shift);
		spare = keys;
		keys = sorted;
	}
	return keys;
}

static int no_memory(const struct imans_host *host)
{
	return imans_err(host->ctx, -ENOMEM, "%s: out of memory", host->name);
}

/* Fill by_ns, and find out of how many namespaces records are held. */
static int sort_records(struct imans_host *host, size_t *ids)
{
	size_t n = host->mark.record_count, count = 0;
	struct sort_key *both = calloc(n ? n : 1, 2 * sizeof(*both)), *keys;

	host->by_ns = calloc(n ? n : 1, sizeof(*host->by_ns));
	if (!both || !host->by_ns) {
		free(both);
		return no_memory(host);
	}
	for (size_t i = 0; i < n; i++)
		both[i] = (struct sort_key){
			host->mark.records[i].record.id, i
		};
	keys = sort_keys(both, both + n, n);
	for (size_t i = 0; i < n; i++) {
		host->by_ns[i] = keys[i].place;
		if (i == 0 || keys[i].id != keys[i - 1].id)
			count++;
	}
	free(both);
	*ids = count;
	return 0;
}

static void node_init(struct imans_host_node *node, uint64_t id, uint64_t entry)
{
	*node = (struct imans_host_node) {
		.id = id,
		.entry = entry,
		.create = IMANS_NO_RECORD,
		.destroy = IMANS_NO_RECORD,
	};
}

/* Merge the namespaces that were known with those of the records held. */
static int make_nodes(struct imans_host *host, size_t ids)
{
	struct imans_host_mark *mark = &host->mark;
	size_t old = 0, n = 0, at = 0;
	struct imans_host_node *nodes;

	nodes = calloc(mark->node_count + ids + 1, sizeof(*nodes));
	if (!nodes)
		return no_memory(host);
	while (old < mark->node_count || at < mark->record_count) {
		const struct imans_host_record *r = at < mark->record_count ?
			&mark->records[host->by_ns[at]] : NULL;
		struct imans_host_node *node = &nodes[n++];

		if (old < mark->node_count &&
		    (!r || mark->nodes[old].id <= r->record.id))
			*node = mark->nodes[old++];
		else
			node_init(node, r->record.id, r->entry);
		node->first = at;
		while (at < mark->record_count &&
		       mark->records[host->by_ns[at]].record.id == node->id)
			at++;
		node->count = at - node->first;
	}
	free(mark->nodes);
	mark->nodes = nodes;
	mark->node_count = n;
	return 0;
}

static int compare_node(const void *key, const void *member)
{
	uint64_t id = *(const uint64_t *)key;
	const struct imans_host_node *node = member;

	return id < node->id ? -1 : id > node->id;
}

struct imans_host_node *imans_host_node(const struct imans_host *host,
					uint64_t id)
{
	if (!host->mark.node_count)
		return NULL;
	return bsearch(&id, host->mark.nodes, host->mark.node_count,
		       sizeof(*host->mark.nodes), compare_node);
}

const struct imans_host_record *
imans_host_node_record(const struct imans_host *host,
		       const struct imans_host_node *node, size_t n)
{
	return &host->mark.records[host->by_ns[node->first + n]];
}

/* One record against what its namespace's records before it were. */
static void check_sequence(struct imans_host *host,
			   struct imans_findings *findings,
			   const struct imans_host_node *node,
			   const struct imans_host_record *record)
{
	uint64_t expected = node->next_seq;
	uint64_t seq = record->record.seq;
	bool create = record->record.type == IMANS_RECORD_CREATE;

	if (seq > expected)
		imans_findings_add(findings, IMANS_F_RECORD_HOLE, IMANS_FAIL,
				   node->id, record->entry, "%s: entry %" PRIu64
				   ": record %" PRIu64 " of namespace %" PRIu64
				   " comes where %" PRIu64 " must be",
				   host->name, record->entry, seq, node->id,
				   expected);
	if (seq < expected)
		imans_findings_add(findings, IMANS_F_RECORD_REPEAT, IMANS_FAIL,
				   node->id, record->entry, "%s: entry %" PRIu64
				   ": record %" PRIu64 " of namespace %" PRIu64
				   " is repeated or late", host->name,
				   record->entry, seq, node->id);
	if (expected == 0 && !create)
		imans_findings_add(findings, IMANS_F_RECORD_NO_CREATE,
				   IMANS_FAIL, node->id, record->entry,
				   "%s: entry %" PRIu64 ": namespace %" PRIu64
				   " does not begin with CREATE", host->name,
				   record->entry, node->id);
	if (create && (seq != 0 || expected != 0))
		imans_findings_add(findings, IMANS_F_RECORD_CREATE, IMANS_FAIL,
				   node->id, record->entry, "%s: entry %" PRIu64
				   ": CREATE of namespace %" PRIu64
				   " is not its first record", host->name,
				   record->entry, node->id);
	if (node->destroy != IMANS_NO_RECORD)
		imans_findings_add(findings, IMANS_F_RECORD_AFTER_DESTROY,
				   IMANS_FAIL, node->id, record->entry,
				   "%s: entry %" PRIu64 ": record %" PRIu64
				   " of namespace %" PRIu64
				   " follows its DESTROY", host->name,
				   record->entry, seq, node->id);
}

/* The records that are new. */
static void scan_node(struct imans_host *host, struct imans_findings *findings,
		      struct imans_host_node *node)
{
	for (size_t i = 0; i < node->count; i++) {
		size_t place = host->by_ns[node->first + i];
		const struct imans_host_record *r = &host->mark.records[place];

		if (place < host->old_records)
			continue;
		check_sequence(host, findings, node, r);
		node->total++;
		node->last = r->position;
		if (r->record.type == IMANS_RECORD_CREATE &&
		    node->create == IMANS_NO_RECORD) {
			node->create = r->position;
			node->parent_id = r->record.parent;
			memcpy(node->create_raw, r->raw, sizeof(r->raw));
		}
		if (r->record.type == IMANS_RECORD_DESTROY)
			node->destroy = r->position;
		if (r->record.type == IMANS_RECORD_LOSS)
			node->losses++;
		if (r->record.seq > node->max_seq)
			node->max_seq = r->record.seq;
		/* Past a hole, go on from there: one finding for each. */
		if (r->record.seq >= node->next_seq)
			node->next_seq = r->record.seq + 1;
	}
}

static void bad_parent(struct imans_host *host, struct imans_findings *findings,
		       const struct imans_host_node *node, const char *reason)
{
	imans_findings_add(findings, IMANS_F_RECORD_PARENT, IMANS_FAIL,
			   node->id, node->entry, "%s: entry %" PRIu64
			   ": namespace %" PRIu64 "'s parent %" PRIu64 " %s",
			   host->name, node->entry, node->id, node->parent_id,
			   reason);
}

/*
 * Link a namespace to its parent. The parent's CREATE must come first, which
 * also makes a cycle impossible, and its DESTROY last.
 */
static void link_parent(struct imans_host *host,
			struct imans_findings *findings,
			struct imans_host_node *node)
{
	struct imans_host_node *parent;

	if (node->parent_id == 0) {
		node->depth = 1;
		return;
	}
	parent = imans_host_node(host, node->parent_id);
	if (!parent || parent->create == IMANS_NO_RECORD ||
	    parent->create >= node->create) {
		bad_parent(host, findings, node, "was not there before it");
		return;
	}
	if (parent->destroy != IMANS_NO_RECORD &&
	    (node->destroy == IMANS_NO_RECORD || parent->destroy < node->last))
		bad_parent(host, findings, node, "ended before it");
	node->parent = parent;
	node->sibling = parent->child;
	parent->child = node;
	/* Linked in order of CREATE: the parent's depth is known by now. */
	node->depth = parent->depth ? parent->depth + 1 : 0;
	if (node->depth > IMANS_DEPTH_MAX)
		bad_parent(host, findings, node, "is too deep already");
}

static int compare_creates(const void *a, const void *b)
{
	const struct imans_host_node *const *x = a, *const *y = b;

	return ((*x)->create > (*y)->create) - ((*x)->create < (*y)->create);
}

/* In order of CREATE, which is last for those that have none. */
static int link_nodes(struct imans_host *host, struct imans_findings *findings)
{
	size_t n = host->mark.node_count;
	struct imans_host_node **order = calloc(n ? n : 1, sizeof(*order));

	if (!order)
		return no_memory(host);
	for (size_t i = 0; i < n; i++)
		order[i] = &host->mark.nodes[i];
	qsort(order, n, sizeof(*order), compare_creates);
	for (size_t i = 0; i < n && order[i]->create != IMANS_NO_RECORD; i++)
		link_parent(host, findings, order[i]);
	free(order);
	return 0;
}

int imans_host_index(struct imans_host *host, struct imans_findings *findings)
{
	size_t ids = 0, first;
	int ret = sort_records(host, &ids);

	if (!ret)
		ret = make_nodes(host, ids);
	if (ret)
		return ret;
	first = imans_findings_count(findings);
	for (size_t i = 0; i < host->mark.node_count; i++)
		scan_node(host, findings, &host->mark.nodes[i]);
	imans_findings_keep(findings, first);
	return link_nodes(host, findings);
}

static int compare_places(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

/* The next namespace below `top` in a walk of its subtree, or NULL. */
static const struct imans_host_node *
next_below(const struct imans_host_node *top,
	   const struct imans_host_node *node)
{
	if (node->child)
		return node->child;
	while (node != top && !node->sibling)
		node = node->parent;
	return node == top ? NULL : node->sibling;
}

/* Add what is held of a namespace's records from a position on. */
static size_t copy_places(const struct imans_host *host,
			  const struct imans_host_node *node, uint64_t from,
			  size_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < node->count; i++)
		if (imans_host_node_record(host, node, i)->position >= from)
			out[n++] = host->by_ns[node->first + i];
	return n;
}

int imans_host_descendants(const struct imans_host *host,
			   const struct imans_host_node *node, uint64_t from,
			   size_t **places, size_t *count)
{
	const struct imans_host_node *below;
	size_t *out;
	size_t n = 0;

	for (below = next_below(node, node); below;
	     below = next_below(node, below))
		n += below->count;
	out = calloc(n ? n : 1, sizeof(*out));
	if (!out)
		return no_memory(host);
	n = 0;
	for (below = next_below(node, node); below;
	     below = next_below(node, below))
		n += copy_places(host, below, from, out + n);
	qsort(out, n, sizeof(*out), compare_places);
	*places = out;
	*count = n;
	return 0;
}

static void fill_ns(const struct imans_host_node *node,
		    struct imans_host_ns *ns)
{
	*ns = (struct imans_host_ns){
		.id = node->id,
		.parent = node->parent_id,
		.depth = node->depth,
		.records = node->total,
		.losses = node->losses,
		.ended = node->destroy != IMANS_NO_RECORD,
	};
}

IMANS_API size_t imans_host_ns_count(const struct imans_host *host)
{
	return host->mark.node_count;
}

IMANS_API int imans_host_ns(const struct imans_host *host, size_t n,
			    struct imans_host_ns *ns)
{
	if (n >= host->mark.node_count)
		return -ENOENT;
	fill_ns(&host->mark.nodes[n], ns);
	return 0;
}

IMANS_API int imans_host_ns_by_id(const struct imans_host *host, uint64_t id,
				  struct imans_host_ns *ns)
{
	const struct imans_host_node *node = imans_host_node(host, id);

	if (!node)
		return -ENOENT;
	fill_ns(node, ns);
	return 0;
}
