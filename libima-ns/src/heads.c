// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Of an entry that is shown by its digests only nobody can tell whether it held
 * records. An ima-ns/heads entry tells how many there were before it, and how
 * far each namespace had come; a fresh nonce tells that it is not an old one.
 */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "bytes.h"
#include "evidence.h"
#include "format.h"
#include "heads.h"
#include "list.h"
#include "merkle.h"
#include "replay.h"
#include "report.h"
#include "state.h"

/* What of a leaf its MAC covers, besides boot id, nonce and vPCR. */
#define LEAF_HEAD_SIZE	offsetof(struct ima_ns_leaf, mac)

_Static_assert(IMANS_LEAF_SIZE == sizeof(struct ima_ns_leaf), "leaf");

IMANS_API int imans_heads_nonce(struct imans_ctx *ctx, const void *nonce,
				size_t nonce_len, const char *verifier_id,
				uint8_t heads_nonce[IMANS_HEADS_NONCE_SIZE])
{
	static const char label[] = "ima-ns/v1 heads";
	const char *id = verifier_id ? verifier_id : "";
	struct imans_chunk chunks[3] = {
		{ label, sizeof(label) - 1 },
		{ nonce, nonce_len },
		{ id, strlen(id) },
	};

	if (!nonce || nonce_len < IMANS_NONCE_MIN ||
	    nonce_len > IMANS_NONCE_MAX || strlen(id) > IMANS_VERIFIER_MAX)
		return imans_err(ctx, -EINVAL,
				 "heads: the nonce has no %d to %d bytes, or the verifier's name more than %d",
				 IMANS_NONCE_MIN, IMANS_NONCE_MAX,
				 IMANS_VERIFIER_MAX);
	return imans_hash(ctx, IMANS_SHA256, chunks, 3, heads_nonce);
}

IMANS_API void imans_leaf_decode(const uint8_t raw[IMANS_LEAF_SIZE],
				 struct imans_leaf *leaf)
{
	leaf->id = get_le64(raw + offsetof(struct ima_ns_leaf, id));
	leaf->seq = get_le64(raw + offsetof(struct ima_ns_leaf, seq));
	leaf->entries = get_le64(raw + offsetof(struct ima_ns_leaf, entries));
	leaf->tasks = get_le64(raw + offsetof(struct ima_ns_leaf, tasks));
	memcpy(leaf->mac, raw + LEAF_HEAD_SIZE, sizeof(leaf->mac));
}

static void keep_heads(struct imans_host *host, const struct imans_heads *heads)
{
	struct imans_host_heads *kept = &host->heads;

	if (!kept->wanted ||
	    memcmp(kept->nonce, heads->nonce, sizeof(kept->nonce)) != 0)
		return;
	kept->found = true;
	kept->records = host->mark.record_count;
	kept->event = *heads;
}

/*
 * To a list that is here in full they add nothing. But they must fit: else the
 * list is not this kernel's, or records were hidden before them.
 */
void imans_host_take_heads(struct imans_host *host,
			   struct imans_findings *findings,
			   const struct imans_entry *entry,
			   const struct imans_event_view *view)
{
	struct imans_host_mark *mark = &host->mark;
	struct imans_heads heads;

	if (imans_heads_decode(host->ctx, view->buf, view->len, &heads))
		imans_findings_add(findings, IMANS_F_EVENT_MALFORMED,
				   IMANS_FAIL, 0, entry->index,
				   "%s: entry %" PRIu64 ": %s", host->name,
				   entry->index, imans_ctx_error(host->ctx));
	else if (!mark->has_boot || memcmp(heads.boot_id, mark->boot.boot_id,
					   sizeof(heads.boot_id)) != 0)
		imans_findings_add(findings, IMANS_F_HEADS, IMANS_FAIL, 0,
				   entry->index, "%s: entry %" PRIu64
				   ": heads of another boot", host->name,
				   entry->index);
	else if (heads.records != mark->next_index ||
		 heads.records != mark->next_position)
		imans_findings_add(findings, IMANS_F_HEADS, IMANS_FAIL, 0,
				   entry->index, "%s: entry %" PRIu64
				   ": heads after %" PRIu64 " records, which "
				   "stands after %" PRIu64, host->name,
				   entry->index, heads.records,
				   mark->next_position);
	else
		keep_heads(host, &heads);
}

void imans_host_end_at_heads(struct imans_host *host,
			     struct imans_findings *findings)
{
	imans_findings_add(findings, IMANS_F_REDACTED, IMANS_NOTE, 0,
			   IMANS_NO_ENTRY, "%s: %" PRIu64 " of %" PRIu64
			   " entries are redacted", host->name, host->mark.hidden,
			   host->mark.place.entries);
	if (host->heads.found) {
		host->later_records = host->mark.record_count -
				      host->heads.records;
		host->later_positions = host->mark.next_position -
					host->heads.event.records;
		host->mark.record_count = host->heads.records;
		host->mark.next_position = host->heads.event.records;
		return;
	}
	imans_findings_add(findings, IMANS_F_HEADS_MISSING, IMANS_DOUBT, 0,
			   IMANS_NO_ENTRY,
			   "%s: no ima-ns/heads with this verifier's nonce%s: redacted entries may hide records",
			   host->name,
			   host->heads.wanted ? "" : " was looked for");
}

/* ----------------------------------------------------------------- leaves */

/* What is wrong with a leaf goes into the namespace's findings. */
struct leaf_check {
	const struct imans_host *host;
	const struct report_subject *subject;
	const struct evidence_ns *ns;
	struct imans_findings *findings;
	struct imans_leaf leaf;
};

static void leaf_fails(const struct leaf_check *c,
		       enum imans_finding_code code, const char *fmt, ...)
	IMANS_PRINTF(3, 4);

static void leaf_fails(const struct leaf_check *c,
		       enum imans_finding_code code, const char *fmt, ...)
{
	char text[IMANS_ERROR_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	imans_findings_add(c->findings, code, code == IMANS_F_LEAF_MISSING ?
			   IMANS_DOUBT : IMANS_FAIL, c->subject->pub.id,
			   IMANS_NO_ENTRY,
			   "namespace %" PRIu64 ": heads' leaf %s",
			   c->subject->pub.id, text);
}

static int check_path(const struct leaf_check *c)
{
	const struct evidence_leaf *leaf = &c->ns->leaf;
	const struct imans_heads *heads = &c->host->heads.event;
	int err = imans_merkle_verify(c->host->ctx, leaf->raw, leaf->index,
				      heads->leaves, leaf->path.data,
				      leaf->path.len / IMANS_HASH_SIZE,
				      heads->root);

	if (err != -EBADMSG)
		return err;
	leaf_fails(c, IMANS_F_LEAF_PATH,
		   "has a path that does not lead to heads' root");
	return 0;
}

/* The list's first entries, as many as the leaf says, or earlier rounds had. */
struct leaf_state {
	uint64_t entries;
	uint64_t own;
	uint8_t vpcr[IMANS_HASH_SIZE];
};

static int replay_entry(struct imans_ctx *ctx, const struct imans_entry *entry,
			struct leaf_state *state)
{
	enum imans_event event = IMANS_EVENT_NONE;
	uint8_t extension[IMANS_DIGEST_MAX];
	int err = imans_entry_extension(entry, IMANS_SHA256, false, extension);

	if (!err)
		err = imans_extend(ctx, IMANS_SHA256, state->vpcr, extension);
	if (err)
		return err;
	/* What has no name that can be read is an own entry, if a bad one. */
	imans_entry_event(entry, &event);
	state->own += event != IMANS_EVENT_RECORDS;
	state->entries++;
	return 0;
}

static int replay_list(const struct leaf_check *c, struct leaf_state *state)
{
	const struct imans_entry *entry;
	struct imans_list *list = NULL;
	int err = imans_view_open(c->host->ctx, &c->subject->view, NULL, &list);

	while (!err && state->entries < c->leaf.entries) {
		err = imans_list_next(list, &entry);
		if (err || !entry)
			break;
		err = replay_entry(c->host->ctx, entry, state);
	}
	imans_list_close(list);
	/* That the list can't be read is a finding of its own. */
	return err == -EBADMSG || err == -EMSGSIZE ? 0 : err;
}

static int check_mac(const struct leaf_check *c, const struct leaf_state *state)
{
	struct imans_ctx *ctx = c->host->ctx;
	const struct imans_heads *heads = &c->host->heads.event;
	struct imans_chunk label = { IMA_NS_LABEL_HEAD, IMA_NS_LABEL_SIZE };
	struct imans_chunk chunks[4] = {
		{ heads->boot_id, sizeof(heads->boot_id) },
		{ heads->nonce, sizeof(heads->nonce) },
		{ c->ns->leaf.raw, LEAF_HEAD_SIZE },
		{ state->vpcr, sizeof(state->vpcr) },
	};
	uint8_t key_head[IMANS_HASH_SIZE], mac[IMANS_HASH_SIZE];
	int err = imans_hmac(ctx, c->ns->key, &label, 1, key_head);

	if (!err)
		err = imans_hmac(ctx, key_head, chunks, 4, mac);
	OPENSSL_cleanse(key_head, sizeof(key_head));
	if (!err && CRYPTO_memcmp(mac, c->leaf.mac, sizeof(mac)))
		leaf_fails(c, IMANS_F_LEAF,
			   "does not open: the list's state was another one");
	return err;
}

static int check_state(const struct leaf_check *c)
{
	const struct state_subject *since = c->subject->since;
	struct leaf_state state = { 0 };
	int err;

	if (since) {
		state.entries = since->proof.proven.place.entries;
		state.own = since->proof.proven.own;
		memcpy(state.vpcr, since->proof.proven.vpcr,
		       sizeof(state.vpcr));
	}
	err = replay_list(c, &state);
	if (err)
		return err;
	if (state.entries != c->leaf.entries || state.own != c->leaf.seq) {
		leaf_fails(c, IMANS_F_LEAF, "is of %" PRIu64 " entries, %"
			   PRIu64 " of them its own; the list has %" PRIu64
			   " and %" PRIu64, c->leaf.entries, c->leaf.seq,
			   state.entries, state.own);
		return 0;
	}
	return c->ns->has_key ? check_mac(c, &state) : 0;
}

static int check_leaf(const struct leaf_check *c,
		      const struct imans_host_node *node)
{
	const uint64_t records = node ? node->max_seq + 1 : 0;

	if (c->leaf.id != c->ns->id) {
		leaf_fails(c, IMANS_F_LEAF, "is of namespace %" PRIu64,
			   c->leaf.id);
		return 0;
	}
	if (c->leaf.seq != records)
		leaf_fails(c, IMANS_F_LEAF, "is of %" PRIu64
			   " own entries, the host has %" PRIu64
			   " records of them", c->leaf.seq, records);
	return check_state(c);
}

int imans_leaf_check(const struct imans_host *host,
		     const struct report_subject *subject)
{
	const struct evidence_ns *ns = subject->carried;
	const struct imans_host_node *node = imans_host_node(host,
							     subject->pub.id);
	const bool lives = node && node->destroy == IMANS_NO_RECORD;
	struct leaf_check c = {
		.host = host, .subject = subject, .ns = ns,
		.findings = subject->findings,
	};
	int err;

	if (!host->heads.found)
		return 0;
	if (!ns || !ns->leaf.set) {
		if (lives)
			leaf_fails(&c, IMANS_F_LEAF_MISSING,
				   "is missing: the list may go on");
		return 0;
	}
	imans_leaf_decode(ns->leaf.raw, &c.leaf);
	if (!lives)
		leaf_fails(&c, IMANS_F_LEAF,
			   "is there, but the host's records have it not alive");
	err = check_path(&c);
	return err ? err : check_leaf(&c, node);
}
