// SPDX-License-Identifier: LGPL-2.1-or-later
/* Evidence for a tenant: what is not hers is left out or reduced to digests. */

#define _GNU_SOURCE
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "ctx.h"
#include "evidence.h"
#include "hidden.h"
#include "list.h"
#include "merkle.h"
#include "state.h"

/* A redaction in the making. */
struct redaction {
	struct imans_ctx *ctx;
	const struct imans_evidence *from;
	struct imans_redact_opts opts;
	uint64_t leaves;
	uint8_t root[IMANS_HASH_SIZE];
	struct imans_place since;	/* what the tenant has of the host's list */
	uint32_t banks;			/* in hidden entries, the header's apart */
	bool heads;			/* an entry has this root */
	bool *kept;			/* by position in from->ns */
	struct imans_evidence *to;
};

static int no_memory(const struct redaction *r)
{
	return imans_err(r->ctx, -ENOMEM, "redaction: out of memory");
}

/* ---------------------------------------------------------- the host's list */

/* The banks that a verifier replays. */
static uint32_t needed_banks(const struct redaction *r)
{
	uint32_t banks = 0;

	for (int b = 0; b < IMANS_BANKS; b++)
		if (r->from->pcr_set[b] & 1U << IMANS_PCR)
			banks |= r->opts.padded_banks & IMANS_BANK(b) ?
				 IMANS_BANK(IMANS_SHA1) : IMANS_BANK(b);
	return banks & ~IMANS_BANK(evidence_header_bank(r->from->host.header));
}

static void look_for_heads(struct redaction *r, const struct imans_entry *entry,
			   enum imans_event event)
{
	struct imans_heads heads;
	const uint8_t *buf;
	size_t len;

	if (event == IMANS_EVENT_HEADS &&
	    !imans_entry_buf(entry, &buf, &len) &&
	    !imans_heads_decode(r->ctx, buf, len, &heads) &&
	    heads.leaves == r->leaves &&
	    !memcmp(heads.root, r->root, sizeof(heads.root)))
		r->heads = true;
}

static int redact_entry(struct redaction *r, const struct imans_entry *entry,
			FILE *out)
{
	enum imans_event event = IMANS_EVENT_NONE;

	if (!strcmp(entry->template_name, IMANS_HIDDEN_TEMPLATE))
		return imans_entry_err(entry, 0, "is redacted already");
	/* What can't be read shows no event. */
	if (imans_entry_event(entry, &event) || event == IMANS_EVENT_NONE)
		return imans_hidden_put(out, entry, r->banks);
	imans_shown_put(out, entry);
	look_for_heads(r, entry, event);
	return 0;
}

static int redact_list(struct redaction *r, FILE *out)
{
	const struct evidence_list *host = &r->from->host;
	const struct imans_list_opts opts = {
		.sz = sizeof(opts), .name = "host", .header = host->header,
	};
	const struct imans_entry *entry;
	struct imans_list *list;
	int err = imans_list_open_mem(r->ctx, host->data.data, host->data.len,
				      &opts, &list);

	if (err)
		return err;
	imans_list_number(list, &host->since);
	for (uint64_t n = host->since.entries; ; n++) {
		err = imans_list_next(list, &entry);
		if (!err && !entry && n < r->since.entries)
			err = imans_err(r->ctx, -ENODATA,
					"redaction: the host's list has %" PRIu64
					" entries, the tenant's verifier has %" PRIu64,
					n, r->since.entries);
		if (err || !entry)
			break;
		if (n < r->since.entries)
			continue;
		err = redact_entry(r, entry, out);
		if (err)
			break;
	}
	imans_list_close(list);
	return err;
}

static int redact_host(struct redaction *r)
{
	struct evidence_list *host = &r->to->host;
	char *data = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&data, &len);
	int err = out ? redact_list(r, out) : no_memory(r);
	bool written = out && !ferror(out);

	if (out && fclose(out))
		written = false;
	if (!err && !written)
		err = no_memory(r);
	if (err) {
		free(data);
		return err;
	}
	host->data.data = (uint8_t *)data;
	host->data.len = len;
	host->header = r->from->host.header;
	host->redacted = true;
	host->redacted_banks = r->banks;
	host->since = r->since;
	host->tail = r->since.entries;
	if (!r->heads)
		return imans_err(r->ctx, -ENODATA,
				 "redaction: no ima-ns/heads in the host's list has the root of the evidence's leaves");
	return 0;
}

/* --------------------------------------------------------- what is kept */

static bool has_id(const struct redaction *r, uint64_t id)
{
	for (size_t i = 0; i < r->opts.id_count; i++)
		if (r->opts.ids[i] == id)
			return true;
	return false;
}

/* CREATE's label; false if entry 0 is no CREATE. */
static bool read_label(const struct redaction *r, const struct evidence_ns *ns,
		       struct imans_create *create)
{
	const struct imans_list_opts opts = {
		.sz = sizeof(opts), .header = ns->list.header,
	};
	const struct imans_entry *entry;
	struct imans_list *list;
	enum imans_event event;
	const uint8_t *buf;
	bool read;
	size_t len;

	if (imans_list_open_mem(r->ctx, ns->list.data.data, ns->list.data.len,
				&opts, &list))
		return false;
	read = !imans_list_next(list, &entry) && entry &&
	       !imans_entry_event(entry, &event) &&
	       event == IMANS_EVENT_CREATE &&
	       !imans_entry_buf(entry, &buf, &len) &&
	       !imans_create_decode(r->ctx, buf, len, create);
	imans_list_close(list);
	return read;
}

static bool has_label(const struct redaction *r, const struct evidence_ns *ns)
{
	struct imans_create create;

	if (!r->opts.label_count || !read_label(r, ns, &create))
		return false;
	for (size_t i = 0; i < r->opts.label_count; i++)
		if (!fnmatch(r->opts.labels[i], create.label, 0))
			return true;
	return false;
}

static bool id_is_carried(const struct redaction *r, uint64_t id)
{
	for (size_t i = 0; i < r->from->ns_count; i++)
		if (r->from->ns[i].id == id)
			return true;
	return false;
}

static int compare_ids(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* A path's ids but the last are the ancestors'. */
static bool is_below(const char *path, const uint64_t *ids, size_t count)
{
	char *end;

	for (; count && strchr(path, '/'); path = end + 1) {
		uint64_t id = strtoull(path, &end, 10);

		if (bsearch(&id, ids, count, sizeof(id), compare_ids))
			return true;
	}
	return false;
}

static int keep_subtrees(struct redaction *r)
{
	uint64_t *ids = calloc(r->from->ns_count + 1, sizeof(*ids));
	size_t count = 0;

	if (!ids)
		return no_memory(r);
	for (size_t i = 0; i < r->from->ns_count; i++)
		if (r->kept[i])
			ids[count++] = r->from->ns[i].id;
	qsort(ids, count, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < r->from->ns_count; i++)
		if (is_below(r->from->ns[i].path, ids, count))
			r->kept[i] = true;
	free(ids);
	return 0;
}

static int choose(struct redaction *r)
{
	bool label = false;

	for (size_t i = 0; i < r->opts.id_count; i++)
		if (!id_is_carried(r, r->opts.ids[i]))
			return imans_err(r->ctx, -ENOENT,
					 "redaction: the evidence does not have namespace %"
					 PRIu64, r->opts.ids[i]);
	for (size_t i = 0; i < r->from->ns_count; i++) {
		const struct evidence_ns *ns = &r->from->ns[i];
		bool match = has_label(r, ns);

		if (r->opts.label_count && ns->list.tail)
			return imans_err(r->ctx, -EINVAL,
					 "redaction: namespace %" PRIu64
					 ": its CREATE was carried before, so its label is not known: keep ids",
					 ns->id);
		label = label || match;
		r->kept[i] = match || has_id(r, ns->id);
	}
	if (r->opts.label_count && !label)
		return imans_err(r->ctx, -ENOENT,
				 "redaction: the evidence has no namespace with such a label");
	return r->opts.subtree ? keep_subtrees(r) : 0;
}

/* ------------------------------------------------------------- namespaces */

/* Leaves stand by rising ids. */
static bool find_leaf(const struct redaction *r, uint64_t id, uint64_t *index)
{
	uint64_t low = 0, high = r->leaves;

	while (low < high) {
		uint64_t mid = low + (high - low) / 2;
		uint64_t at = get_le64(r->from->leaves.data +
				       mid * IMANS_LEAF_SIZE);

		if (at == id) {
			*index = mid;
			return true;
		}
		if (at < id)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

static int set_leaf(const struct redaction *r, struct evidence_ns *ns)
{
	uint8_t path[IMANS_MERKLE_PATH_MAX * IMANS_HASH_SIZE];
	struct evidence_leaf *leaf = &ns->leaf;
	size_t hashes;
	int err;

	/* One that has ended has no leaf. */
	if (!find_leaf(r, ns->id, &leaf->index))
		return 0;
	err = imans_merkle_path(r->ctx, r->from->leaves.data, r->leaves,
				leaf->index, path, &hashes);
	if (err)
		return err;
	if (evidence_blob_set(&leaf->path, path, hashes * IMANS_HASH_SIZE))
		return no_memory(r);
	memcpy(leaf->raw, r->from->leaves.data + leaf->index * IMANS_LEAF_SIZE,
	       sizeof(leaf->raw));
	leaf->set = true;
	return 0;
}

static int keep_namespaces(struct redaction *r)
{
	struct imans_evidence_ns ns;
	int err = 0;

	for (size_t i = 0; !err && i < r->from->ns_count; i++) {
		if (!r->kept[i])
			continue;
		imans_evidence_ns(r->from, i, &ns);
		err = imans_evidence_add_ns(r->to, &ns);
		if (!err)
			err = set_leaf(r, &r->to->ns[r->to->ns_count - 1]);
	}
	return err;
}

/* What is nobody's secret: what the TPM and the firmware have to say. */
static int copy_node(struct redaction *r)
{
	const struct imans_evidence *from = r->from;
	struct imans_evidence *to = r->to;
	int err = imans_evidence_set_quote(to, from->quote.data,
					   from->quote.len,
					   from->signature.data,
					   from->signature.len, from->ak.data,
					   from->ak.len);

	for (size_t i = 0; !err && i < from->ak_certs.count; i++)
		err = imans_chain_add(r->ctx, &to->ak_certs,
				      from->ak_certs.certs[i].data,
				      from->ak_certs.certs[i].len, "evidence");
	if (!err)
		err = imans_evidence_set_verifier(to,
						  imans_evidence_verifier(from));
	if (!err && from->firmware_log.data)
		err = imans_evidence_set_firmware_log(to,
						      from->firmware_log.data,
						      from->firmware_log.len);
	memcpy(to->pcr_set, from->pcr_set, sizeof(to->pcr_set));
	memcpy(to->pcr, from->pcr, sizeof(to->pcr));
	return err;
}

static int redact(struct redaction *r)
{
	int err = imans_merkle_root(r->ctx, r->from->leaves.data, r->leaves,
				    r->root);

	r->banks = needed_banks(r);
	if (!err)
		err = choose(r);
	if (!err)
		err = copy_node(r);
	if (!err)
		err = redact_host(r);
	return err ? err : keep_namespaces(r);
}

/*
 * Where the rest begins for a verifier that has the beginning. Its offset is in
 * bytes of what it was shown, and is not to be compared with this list's.
 */
static int begin_rest(struct redaction *r)
{
	const struct evidence_list *host = &r->from->host;
	const struct imans_state *since = r->opts.since;
	struct imans_state_info info;

	if (since && imans_state_current(since, r->from)) {
		imans_state_info(since, &info);
		if (info.entries && info.header != host->header)
			return imans_err(r->ctx, -EINVAL,
					 "redaction: the host's list has other digests in its headers than the tenant's verifier was shown");
		r->since = since->mark.place;
	}
	if (r->since.entries < host->since.entries)
		return imans_err(r->ctx, -EINVAL,
				 "redaction: the evidence has the host's list from entry %"
				 PRIu64 " on, the tenant's verifier needs it from %"
				 PRIu64, host->since.entries, r->since.entries);
	return 0;
}

IMANS_API int imans_evidence_redact(const struct imans_evidence *evidence,
				    const struct imans_redact_opts *opts,
				    struct imans_evidence **redacted)
{
	struct redaction r = { .ctx = evidence->ctx, .from = evidence };
	int err = imans_opts_copy(r.ctx, &r.opts, sizeof(r.opts), opts);

	if (err)
		return err;
	if (r.opts.padded_banks & ~IMANS_ALL_BANKS)
		return imans_err(r.ctx, -EINVAL, "redaction: no such bank");
	if (evidence->host.redacted)
		return imans_err(r.ctx, -EALREADY,
				 "redaction: the evidence is redacted already");
	if (!evidence->leaves.data)
		return imans_err(r.ctx, -ENODATA,
				 "redaction: the evidence has no leaves of ima-ns/heads");
	err = begin_rest(&r);
	if (err)
		return err;
	r.leaves = evidence->leaves.len / IMANS_LEAF_SIZE;
	r.kept = calloc(evidence->ns_count + 1, sizeof(*r.kept));
	err = r.kept ? imans_evidence_new(r.ctx, &r.to) : no_memory(&r);
	if (!err)
		err = redact(&r);
	free(r.kept);
	if (err)
		imans_evidence_free(r.to);
	else
		*redacted = r.to;
	return err;
}
