// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rules 5 and 6 of a verifier: the walk over a namespace's list. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proof.h"
#include "records_digest.h"
#include "replay.h"

void imans_walk_finding(const struct imans_walk *walk,
			const struct imans_entry *entry,
			enum imans_finding_code code,
			enum imans_severity severity, const char *fmt, ...)
{
	char text[IMANS_ERROR_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	imans_findings_add(walk->findings, code, severity, walk->id,
			   entry->index, "%s: entry %" PRIu64 ": %s",
			   walk->name, entry->index, text);
}

/* A finding about the list as a whole. */
static void list_finding(const struct imans_walk *walk,
			 enum imans_finding_code code, const char *fmt, ...)
	IMANS_PRINTF(3, 4);

static void list_finding(const struct imans_walk *walk,
			 enum imans_finding_code code, const char *fmt, ...)
{
	char text[IMANS_ERROR_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	imans_findings_add(walk->findings, code, IMANS_FAIL, walk->id,
			   IMANS_NO_ENTRY, "%s: %s", walk->name, text);
}

/* What holds for every entry, whatever it is. */
static int check_common(struct imans_walk *walk,
			const struct imans_entry *entry)
{
	uint8_t extension[IMANS_DIGEST_MAX];
	int ret = imans_entry_check_digest(entry);

	if (ret == -EBADMSG)
		imans_findings_add(walk->findings, IMANS_F_ENTRY_DIGEST,
				   IMANS_FAIL, walk->id, entry->index, "%s",
				   imans_ctx_error(walk->host->ctx));
	else if (ret)
		return ret;
	if (walk->now.ended)
		imans_walk_finding(walk, entry, IMANS_F_NS_AFTER_DESTROY,
				   IMANS_FAIL, "follows DESTROY");
	ret = imans_entry_extension(entry, IMANS_SHA256, false, extension);
	if (ret)
		return ret;
	return imans_extend(walk->host->ctx, IMANS_SHA256, walk->now.vpcr,
			    extension);
}

/* The order of own entries and copies is that of the host's records. */
static void check_order(struct imans_walk *walk, struct imans_step *step)
{
	if (step->position == IMANS_NO_RECORD)
		return;
	if (walk->unproven.count ||
	    (walk->now.last_position != IMANS_NO_RECORD &&
	     step->position < walk->now.last_position)) {
		imans_walk_finding(walk, step->entry, IMANS_F_NS_ORDER,
				   IMANS_FAIL,
				   "is not where its record has it in the "
				   "host's order");
		step->backed = false;
	}
	walk->now.last_position = step->position;
}

/* Behind the last of the entries whose records are not held: from here on they are. */
static void end_cover(struct imans_walk *walk)
{
	const struct imans_cover *cover;

	if (!walk->covered ||
	    walk->now.own + walk->now.copied < walk->node->cover.count)
		return;
	cover = &walk->node->cover;
	walk->covered = false;
	walk->now.own_from = cover->from;
	walk->now.copy_from = cover->from;
	if (!memcmp(walk->now.digest, cover->digest, sizeof(cover->digest)))
		return;
	walk->whole = false;
	list_finding(walk, IMANS_F_STATE_COVERED,
		     "the first %" PRIu64
		     " entries are not those of the records that the host's list had until %" PRIu64,
		     cover->count, cover->from);
}

/* What is proven are the entries from the start without an exception. */
static int account(struct imans_walk *walk, const struct imans_step *step)
{
	const struct imans_proof_watch *watch = walk->watch;

	walk->now.place = imans_list_place(walk->list);
	if (!step->backed)
		walk->whole = false;
	end_cover(walk);
	if (!walk->whole || walk->covered)
		return 0;
	if (imans_findings_fails(walk->findings) > walk->fails)
		walk->now.flawed = true;
	imans_findings_keep(walk->findings, walk->first);
	walk->first = imans_findings_count(walk->findings);
	walk->proof->proven = walk->now;
	return watch ? watch->proven(watch->user, walk->proof, step->entry,
				     step->view.event) : 0;
}

static int walk_entry(struct imans_walk *walk, const struct imans_entry *entry)
{
	struct imans_step step = {
		.entry = entry,
		.position = IMANS_NO_RECORD,
	};
	int ret = check_common(walk, entry);

	if (!ret)
		ret = imans_event_check(entry, walk->id, walk->findings,
					&step.view);
	if (ret)
		return ret;
	if (step.view.event == IMANS_EVENT_RECORDS)
		imans_walk_copy(walk, &step);
	else
		ret = imans_walk_own(walk, &step);
	if (ret)
		return ret;
	check_order(walk, &step);
	if (step.raw && (walk->host->folding || walk->covered))
		ret = imans_records_extend(walk->host->ctx, walk->now.digest,
					   step.raw);
	return ret ? ret : account(walk, &step);
}

static int walk_list(struct imans_walk *walk)
{
	const struct imans_entry *entry;
	int ret;

	for (;;) {
		ret = imans_list_next(walk->list, &entry);
		if (ret == -EBADMSG || ret == -EMSGSIZE) {
			imans_findings_add(walk->findings,
					   IMANS_F_LIST_MALFORMED, IMANS_FAIL,
					   walk->id, walk->list->count, "%s",
					   imans_ctx_error(walk->host->ctx));
			return 0;
		}
		if (ret || !entry)
			return ret;
		walk->proof->info.entries++;
		ret = walk_entry(walk, entry);
		if (ret)
			return ret;
	}
}

/* What the host's records say should have come. */
static void check_rest(struct imans_walk *walk)
{
	imans_walk_runs(walk);
	if (walk->proof->info.entries == 0)
		list_finding(walk, IMANS_F_NS_NO_CREATE, "the list is empty");
	if (!walk->node) {
		list_finding(walk, IMANS_F_NS_UNKNOWN,
			     "the host's list has no record of namespace %"
			     PRIu64, walk->id);
		return;
	}
	if (walk->covered)
		list_finding(walk, IMANS_F_STATE_COVERED,
			     "entries %" PRIu64 " to %" PRIu64
			     " are missing, of which the host's list had records",
			     walk->now.own + walk->now.copied,
			     walk->node->cover.count - 1);
	else if (walk->now.own <= walk->node->max_seq)
		list_finding(walk, IMANS_F_NS_MISSING,
			     "own entries %" PRIu64 " to %" PRIu64
			     " are missing, the host has their records",
			     walk->now.own, walk->node->max_seq);
	if (walk->copy_next < walk->copy_count)
		list_finding(walk, IMANS_F_NS_COPY,
			     "%zu records of descendants are missing at the end",
			     walk->copy_count - walk->copy_next);
}

static int open_and_walk(struct imans_walk *walk, const void *data, size_t len,
			 enum imans_header header)
{
	struct imans_list_opts opts = {
		.sz = sizeof(opts),
		.name = walk->name,
		.header = header,
	};
	int ret = imans_list_open_mem(walk->host->ctx, data, len, &opts,
				      &walk->list);

	if (ret == -EBADMSG)
		imans_findings_add(walk->findings, IMANS_F_LIST_MALFORMED,
				   IMANS_FAIL, walk->id,
				   walk->now.place.entries, "%s",
				   imans_ctx_error(walk->host->ctx));
	else if (ret)
		return ret;
	if (!ret) {
		imans_list_number(walk->list, &walk->now.place);
		ret = walk_list(walk);
		imans_list_close(walk->list);
		if (ret)
			return ret;
	}
	check_rest(walk);
	return imans_findings_error(walk->findings);
}

/* CREATE was read in an earlier round: its key must still be the one. */
static int check_key(struct imans_walk *walk, bool *good)
{
	const struct imans_chunk key = { walk->key, IMANS_KEY_SIZE };
	uint8_t digest[IMANS_HASH_SIZE];
	int ret;

	*good = true;
	if (!walk->proof->info.has_create)
		return 0;
	ret = imans_hash(walk->host->ctx, IMANS_SHA256, &key, 1, digest);
	if (ret || !memcmp(walk->proof->create.key_digest, digest,
			   sizeof(digest)))
		return ret;
	list_finding(walk, IMANS_F_NS_KEY, "the key is not CREATE's");
	*good = false;
	return 0;
}

/* What of the host's records is there to be matched, and what is covered. */
static int begin_node(struct imans_walk *walk, size_t **copies)
{
	const struct imans_cover *cover = &walk->node->cover;
	uint64_t from = walk->now.copy_from;

	walk->covered = imans_covered(walk->node, &walk->now);
	if (from < cover->from)
		from = cover->from;
	return imans_host_descendants(walk->host, walk->node, from, copies,
				      &walk->copy_count);
}

static int prove_ns(struct imans_walk *walk, const void *data, size_t len,
		    enum imans_header header)
{
	size_t *copies = NULL;
	bool good = true;
	int ret = 0;

	walk->first = imans_findings_count(walk->findings);
	walk->fails = imans_findings_fails(walk->findings);
	walk->node = imans_host_node(walk->host, walk->id);
	if (walk->node)
		ret = begin_node(walk, &copies);
	walk->copies = copies;
	if (!ret)
		ret = check_key(walk, &good);
	if (!ret && !good)
		check_rest(walk);
	else if (!ret)
		ret = open_and_walk(walk, data, len, header);
	free(copies);
	walk->proof->info.complete = !walk->proof->proven.flawed &&
		imans_findings_fails(walk->findings) == walk->fails;
	return ret;
}

static void fill_info(struct imans_proof *proof)
{
	const struct imans_progress *proven = &proof->proven;
	struct imans_proof_info *info = &proof->info;

	info->proven = proven->place.entries;
	info->own = proven->own;
	info->copies = proven->copied;
	info->violations = proven->violations;
	info->losses = proven->losses;
	info->ended = proven->ended;
	memcpy(info->vpcr, proven->vpcr, sizeof(info->vpcr));
}

/* Begin where an earlier proof ended, or at the list's start. */
static void begin(struct imans_walk *walk, const struct imans_proof *since)
{
	imans_progress_init(&walk->now);
	if (since && since->proven.place.entries) {
		walk->now = since->proven;
		walk->proof->create = since->create;
		walk->proof->info.has_create = since->info.has_create;
	}
	walk->proof->proven = walk->now;
	walk->proof->info.id = walk->id;
	walk->proof->info.entries = walk->now.place.entries;
}

int imans_host_prove_ns_since(struct imans_host *host, uint64_t id,
			      const struct imans_proof *since,
			      const struct imans_proof_watch *watch,
			      const void *data, size_t len, const uint8_t key[IMANS_KEY_SIZE],
			      const struct imans_proof_opts *opts,
			      struct imans_findings *findings,
			      struct imans_proof **proof)
{
	struct imans_walk walk = {
		.host = host, .findings = findings, .key = key, .id = id,
		.watch = watch, .whole = true,
	};
	char name[40];
	int ret;

	snprintf(name, sizeof(name), "namespace %" PRIu64, id);
	walk.name = opts->name ? opts->name : name;
	walk.proof = calloc(1, sizeof(*walk.proof));
	if (!walk.proof)
		return imans_err(host->ctx, -ENOMEM, "%s: out of memory", name);
	begin(&walk, since);
	ret = prove_ns(&walk, data, len, opts->header);
	if (ret) {
		imans_proof_free(walk.proof);
		return ret;
	}
	fill_info(walk.proof);
	*proof = walk.proof;
	return 0;
}

IMANS_API int imans_host_prove_ns(struct imans_host *host, uint64_t id,
				  const void *data, size_t len,
				  const uint8_t key[IMANS_KEY_SIZE],
				  const struct imans_proof_opts *opts,
				  struct imans_findings *findings,
				  struct imans_proof **proof)
{
	struct imans_proof_opts o;
	int ret;

	if (!key || !findings || !proof || (!data && len))
		return imans_err(host->ctx, -EINVAL,
				 "proof: an argument is missing");
	ret = imans_opts_copy(host->ctx, &o, sizeof(o), opts);
	if (ret)
		return ret;
	return imans_host_prove_ns_since(host, id, NULL, NULL, data, len, key,
					 &o, findings, proof);
}

IMANS_API void imans_proof_free(struct imans_proof *proof)
{
	free(proof);
}

IMANS_API void imans_proof_info(const struct imans_proof *proof,
				struct imans_proof_info *info)
{
	*info = proof->info;
}

IMANS_API int imans_proof_create(const struct imans_proof *proof,
				 struct imans_create *create)
{
	if (!proof->info.has_create)
		return -ENODATA;
	*create = proof->create;
	return 0;
}
