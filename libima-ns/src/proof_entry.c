// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rules 5 and 6 of a verifier: one entry of a namespace's list. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bytes.h"
#include "proof.h"
#include "text.h"

static void malformed(const struct imans_walk *walk,
		      const struct imans_entry *entry,
		      enum imans_finding_code code)
{
	imans_walk_finding(walk, entry, code, IMANS_FAIL, "%s",
			   imans_ctx_error(walk->host->ctx));
}

/* CREATE's place in the tree, as the host's records tell it. */
static void check_parents(struct imans_walk *walk,
			  const struct imans_step *step)
{
	const struct imans_create *create = &walk->proof->create;
	const struct imans_host_node *node = walk->node;

	if (!node)
		return;
	if (node->create != IMANS_NO_RECORD &&
	    create->parent != node->parent_id)
		imans_walk_finding(walk, step->entry, IMANS_F_NS_CREATE,
				   IMANS_FAIL, "CREATE names parent %" PRIu64
				   ", the host's record %" PRIu64,
				   create->parent, node->parent_id);
	if (node->depth == 0)
		imans_walk_finding(walk, step->entry, IMANS_F_NS_CREATE,
				   IMANS_FAIL, "the host's list does not tell "
				   "all its ancestors");
	else if (create->depth != node->depth)
		imans_walk_finding(walk, step->entry, IMANS_F_NS_CREATE,
				   IMANS_FAIL, "CREATE states depth %" PRIu32
				   ", its ancestors make %" PRIu32,
				   create->depth, node->depth);
}

/* CREATE's fields against the host's record, the boot and the key. */
static int check_create(struct imans_walk *walk, const struct imans_step *step)
{
	const struct imans_create *create = &walk->proof->create;
	struct imans_chunk key = { walk->key, IMANS_KEY_SIZE };
	uint8_t digest[IMANS_HASH_SIZE];
	int ret;

	if (create->id != walk->id)
		imans_walk_finding(walk, step->entry, IMANS_F_NS_CREATE,
				   IMANS_FAIL, "CREATE is of namespace %" PRIu64,
				   create->id);
	check_parents(walk, step);
	if (memcmp(create->boot_id, walk->host->mark.boot.boot_id,
		   sizeof(create->boot_id)) != 0)
		imans_walk_finding(walk, step->entry, IMANS_F_NS_BOOT,
				   IMANS_FAIL, "CREATE is of another boot");
	ret = imans_hash(walk->host->ctx, IMANS_SHA256, &key, 1, digest);
	if (ret)
		return ret;
	if (memcmp(create->key_digest, digest, sizeof(digest)) != 0)
		imans_walk_finding(walk, step->entry, IMANS_F_NS_KEY,
				   IMANS_FAIL, "the key is not CREATE's");
	return 0;
}

static int take_create(struct imans_walk *walk, const struct imans_step *step)
{
	if (step->entry->index != 0) {
		imans_walk_finding(walk, step->entry, IMANS_F_NS_SECOND_CREATE,
				   IMANS_FAIL, "CREATE is not entry 0");
		return 0;
	}
	if (!step->view.valid)
		return 0;
	if (imans_create_decode(walk->host->ctx, step->view.buf, step->view.len,
				&walk->proof->create)) {
		malformed(walk, step->entry, IMANS_F_EVENT_MALFORMED);
		return 0;
	}
	walk->proof->info.has_create = true;
	return check_create(walk, step);
}

/* DESTROY's counts are those of the list. */
static void take_destroy(struct imans_walk *walk, const struct imans_step *step)
{
	struct imans_destroy destroy;

	walk->now.ended = true;
	if (!step->view.valid)
		return;
	if (imans_destroy_decode(walk->host->ctx, step->view.buf,
				 step->view.len, &destroy)) {
		malformed(walk, step->entry, IMANS_F_EVENT_MALFORMED);
		return;
	}
	if (destroy.id != walk->id || destroy.entries != walk->now.own ||
	    destroy.records != walk->now.copied ||
	    destroy.violations != walk->now.violations)
		imans_walk_finding(walk, step->entry, IMANS_F_NS_DESTROY,
				   IMANS_FAIL, "DESTROY of namespace %" PRIu64
				   " counts %" PRIu64 " entries, %" PRIu64
				   " records and %" PRIu64 " violations, the "
				   "list has %" PRIu64 ", %" PRIu64 " and %"
				   PRIu64, destroy.id, destroy.entries,
				   destroy.records, destroy.violations,
				   walk->now.own, walk->now.copied, walk->now.violations);
	if (destroy.losses)
		imans_walk_finding(walk, step->entry, IMANS_F_NS_LOSS,
				   IMANS_DOUBT, "%" PRIu64 " measurements were "
				   "lost, says DESTROY", destroy.losses);
}

static const char *loss_text(enum imans_loss_reason reason)
{
	switch (reason) {
	case IMANS_LOSS_MEMORY:
		return "for want of memory";
	case IMANS_LOSS_FILE:
		return "as a file could not be read";
	case IMANS_LOSS_QUOTA:
		return "as a quota was used up; later ones are only counted";
	}
	return "for a reason that is not known";
}

static void take_loss(struct imans_walk *walk, const struct imans_step *step)
{
	struct imans_loss loss;

	walk->now.losses++;
	if (!step->view.valid)
		return;
	if (imans_loss_decode(walk->host->ctx, step->view.buf, step->view.len,
			      &loss)) {
		malformed(walk, step->entry, IMANS_F_EVENT_MALFORMED);
		return;
	}
	if (loss.id != walk->id)
		imans_walk_finding(walk, step->entry, IMANS_F_EVENT_MALFORMED,
				   IMANS_FAIL, "LOSS of namespace %" PRIu64,
				   loss.id);
	imans_walk_finding(walk, step->entry, IMANS_F_NS_LOSS, IMANS_DOUBT,
			   "measurement %" PRIu64 " of those that were lost, %s",
			   loss.losses, loss_text(loss.reason));
}

static void take_enter(struct imans_walk *walk, const struct imans_step *step)
{
	struct imans_enter enter;

	if (!step->view.valid)
		return;
	if (imans_enter_decode(walk->host->ctx, step->view.buf, step->view.len,
			       &enter))
		malformed(walk, step->entry, IMANS_F_EVENT_MALFORMED);
	else if (enter.id != walk->id)
		imans_walk_finding(walk, step->entry, IMANS_F_NS_ID,
				   IMANS_FAIL, "ENTER is of namespace %" PRIu64,
				   enter.id);
}

static void take_bind(struct imans_walk *walk, const struct imans_step *step)
{
	struct imans_bind bind;

	if (!step->view.valid)
		return;
	if (imans_bind_decode(walk->host->ctx, step->view.buf, step->view.len,
			      &bind))
		malformed(walk, step->entry, IMANS_F_EVENT_MALFORMED);
	else if (bind.id != walk->id)
		imans_walk_finding(walk, step->entry, IMANS_F_NS_ID,
				   IMANS_FAIL, "BIND is of namespace %" PRIu64,
				   bind.id);
}

static int take_event(struct imans_walk *walk, const struct imans_step *step)
{
	switch (step->view.event) {
	case IMANS_EVENT_CREATE:
		return take_create(walk, step);
	case IMANS_EVENT_DESTROY:
		take_destroy(walk, step);
		return 0;
	case IMANS_EVENT_LOSS:
		take_loss(walk, step);
		return 0;
	case IMANS_EVENT_ENTER:
		take_enter(walk, step);
		return 0;
	case IMANS_EVENT_BIND:
		take_bind(walk, step);
		return 0;
	case IMANS_EVENT_BOOT:
	case IMANS_EVENT_HEADS:
		imans_walk_finding(walk, step->entry, IMANS_F_EVENT_MISPLACED,
				   IMANS_FAIL, "%s belongs into no namespace's "
				   "list", imans_event_name(step->view.event));
		return 0;
	default:
		return 0;
	}
}

/* Id and label stand in every measurement, and are CREATE's. */
static void check_identity(struct imans_walk *walk,
			   const struct imans_entry *entry)
{
	const struct imans_create *create = &walk->proof->create;
	char shown[IMANS_SHOWN_SIZE];
	const char *label;
	uint64_t nsid;
	size_t len;
	int ret = imans_entry_nsid(entry, &nsid);

	if (ret)
		imans_walk_finding(walk, entry, IMANS_F_NS_ID, IMANS_FAIL,
				   "has no namespace id");
	else if (nsid != walk->id)
		imans_walk_finding(walk, entry, IMANS_F_NS_ID, IMANS_FAIL,
				   "is of namespace %" PRIu64, nsid);
	ret = imans_entry_label(entry, &label, &len);
	if (ret)
		imans_walk_finding(walk, entry, IMANS_F_NS_LABEL, IMANS_FAIL,
				   "has no label");
	else if (len != strlen(create->label) ||
		 memcmp(label, create->label, len) != 0)
		imans_walk_finding(walk, entry, IMANS_F_NS_LABEL, IMANS_FAIL,
				   "the label is not CREATE's but \"%s\"",
				   imans_show(shown, sizeof(shown), label,
					      len));
}

/* Template, PCR and digest field of an entry that is no event. */
static void check_measurement(struct imans_walk *walk,
			      const struct imans_entry *entry)
{
	const struct imans_create *create = &walk->proof->create;
	struct imans_file_digest digest;

	if (entry->pcr != IMANS_PCR)
		imans_walk_finding(walk, entry, IMANS_F_NS_PCR, IMANS_FAIL,
				   "is in PCR %" PRIu32, entry->pcr);
	if (walk->proof->info.has_create &&
	    strcmp(entry->template_name, create->template_name) != 0)
		imans_walk_finding(walk, entry, IMANS_F_ENTRY_TEMPLATE,
				   IMANS_FAIL, "the template is %s, not "
				   "CREATE's", entry->template_name);
	if (imans_entry_file_digest(entry, &digest) == -EBADMSG)
		imans_findings_add(walk->findings, IMANS_F_ENTRY_MALFORMED,
				   IMANS_FAIL, walk->id, entry->index, "%s",
				   imans_ctx_error(walk->host->ctx));
	check_identity(walk, entry);
}

static void take_violation(struct imans_walk *walk,
			   const struct imans_entry *entry)
{
	char shown[IMANS_SHOWN_SIZE];
	const char *name = "";
	size_t len = 0;

	walk->now.violations++;
	imans_entry_name(entry, &name, &len);
	imans_walk_finding(walk, entry, IMANS_F_NS_VIOLATION, IMANS_DOUBT,
			   "a violation: %s changed around its measurement",
			   imans_show(shown, sizeof(shown), name, len));
}

/* The host's record with the entry's seq; repeats and holes were reported. */
static const struct imans_host_record *
find_record(struct imans_walk *walk, struct imans_step *step)
{
	const struct imans_host_node *node = walk->node;
	const struct imans_host_record *record;

	if (!node)
		return NULL;
	for (; walk->record_next < node->count; walk->record_next++) {
		record = imans_host_node_record(walk->host, node,
						walk->record_next);
		if (record->position < walk->now.own_from)
			continue;
		if (record->record.seq == walk->now.own) {
			step->position = record->position;
			walk->now.own_from = record->position + 1;
			return record;
		}
		if (record->record.seq > walk->now.own)
			break;
	}
	return NULL;
}

static int open_record(struct imans_walk *walk, struct imans_step *step,
		       const struct imans_host_record *record)
{
	const enum imans_record_type type =
		imans_event_record_type(step->view.event);
	struct imans_ctx *ctx = walk->host->ctx;
	uint8_t k_seq[IMANS_KEY_SIZE], e[IMANS_HASH_SIZE];
	int ret;

	if (record->record.type != type)
		imans_walk_finding(walk, step->entry, IMANS_F_NS_TYPE,
				   IMANS_FAIL,
				   "the host's record is of type %d, not %d",
				   (int)record->record.type, (int)type);
	ret = imans_record_key(ctx, walk->key, walk->now.own, k_seq);
	if (!ret)
		ret = imans_entry_bind(step->entry, e);
	if (!ret)
		ret = imans_record_open(ctx, k_seq,
					walk->host->mark.boot.boot_id,
					record->raw, walk->now.vpcr, e);
	if (ret == -EKEYREJECTED) {
		imans_run_add(&walk->closed, step->entry->index);
		return 0;
	}
	step->backed = !ret;
	step->raw = record->raw;
	return ret;
}

/* The record that the kernel must have made of it: a digest tells if it did. */
static int make_record(struct imans_walk *walk, struct imans_step *step)
{
	const enum imans_event event = step->view.event;
	uint8_t k_seq[IMANS_KEY_SIZE], e[IMANS_HASH_SIZE];
	struct ima_ns_record *made = &step->made;
	struct imans_ctx *ctx = walk->host->ctx;
	int ret;

	*made = (struct ima_ns_record) {
		.type = (uint8_t)imans_event_record_type(event),
		.suite = IMA_NS_SUITE_SHA256,
	};
	put_le64((uint8_t *)&made->id, walk->id);
	put_le64((uint8_t *)&made->seq, walk->now.own);
	if (event == IMANS_EVENT_CREATE)
		put_le64((uint8_t *)&made->parent, walk->proof->create.parent);
	step->raw = (const uint8_t *)made;
	ret = imans_record_key(ctx, walk->key, walk->now.own, k_seq);
	if (!ret)
		ret = imans_entry_bind(step->entry, e);
	if (!ret)
		ret = imans_record_commit(ctx, k_seq,
					  walk->host->mark.boot.boot_id,
					  step->raw, walk->now.vpcr, e,
					  made->commitment);
	step->backed = !ret;
	return ret;
}

static int check_record(struct imans_walk *walk, struct imans_step *step)
{
	const struct imans_host_record *record;

	if (walk->covered)
		return make_record(walk, step);
	record = find_record(walk, step);
	if (record)
		return open_record(walk, step, record);
	if (!walk->node || walk->now.own > walk->node->max_seq)
		imans_run_add(&walk->unproven, step->entry->index);
	return 0;
}

int imans_walk_own(struct imans_walk *walk, struct imans_step *step)
{
	bool event = step->view.event != IMANS_EVENT_NONE;
	int ret;

	if (step->entry->index == 0 && step->view.event != IMANS_EVENT_CREATE)
		imans_walk_finding(walk, step->entry, IMANS_F_NS_NO_CREATE,
				   IMANS_FAIL, "is not CREATE");
	ret = event ? take_event(walk, step) : 0;
	if (ret)
		return ret;
	if (!event) {
		check_measurement(walk, step->entry);
		if (step->entry->violation)
			take_violation(walk, step->entry);
	}
	ret = check_record(walk, step);
	walk->now.own++;
	return ret;
}

/*
 * Find a copied record among the host's that are still to come. What lies
 * between was left out of the list.
 */
static bool find_copy(struct imans_walk *walk, const struct imans_step *step,
		      const struct imans_records *copy)
{
	const struct imans_host_record *records =
		walk->host->mark.records;
	/* Bounds the work on a hostile list; a real one matches at once. */
	size_t end = walk->copy_next + 256;
	size_t i;

	if (end > walk->copy_count)
		end = walk->copy_count;
	for (i = walk->copy_next; i < end; i++)
		if (records[walk->copies[i]].index == copy->index &&
		    memcmp(records[walk->copies[i]].raw, copy->records,
			   IMANS_RECORD_SIZE) == 0)
			break;
	if (i == end)
		return false;
	if (i > walk->copy_next)
		imans_walk_finding(walk, step->entry, IMANS_F_NS_COPY,
				   IMANS_FAIL, "%zu records of descendants are "
				   "missing before this one",
				   i - walk->copy_next);
	walk->copy_next = i;
	return true;
}

void imans_walk_copy(struct imans_walk *walk, struct imans_step *step)
{
	const struct imans_host_record *records = walk->host->mark.records;
	struct imans_records copy;

	walk->now.copied++;
	if (step->entry->index == 0)
		imans_walk_finding(walk, step->entry, IMANS_F_NS_NO_CREATE,
				   IMANS_FAIL, "is not CREATE");
	if (!step->view.valid)
		return;
	if (imans_records_decode(walk->host->ctx, step->view.buf,
				 step->view.len, &copy)) {
		malformed(walk, step->entry, IMANS_F_EVENT_MALFORMED);
		return;
	}
	if (copy.count != 1) {
		imans_walk_finding(walk, step->entry, IMANS_F_NS_COPY,
				   IMANS_FAIL, "%" PRIu32
				   " records in one event", copy.count);
		return;
	}
	if (walk->covered) {
		step->raw = copy.records;
		step->backed = true;
		return;
	}
	if (walk->copy_next == walk->copy_count) {
		imans_run_add(&walk->unproven, step->entry->index);
		return;
	}
	if (!find_copy(walk, step, &copy)) {
		imans_walk_finding(walk, step->entry, IMANS_F_NS_COPY,
				   IMANS_FAIL, "is no record of a descendant "
				   "that the host's list has here");
		return;
	}
	step->position = records[walk->copies[walk->copy_next++]].position;
	walk->now.copy_from = step->position + 1;
	step->raw = copy.records;
	step->backed = true;
}

void imans_walk_runs(struct imans_walk *walk)
{
	const struct imans_run *closed = &walk->closed;
	const struct imans_run *unproven = &walk->unproven;

	if (closed->count)
		imans_findings_add(walk->findings, IMANS_F_NS_COMMIT,
				   IMANS_FAIL, walk->id, closed->first,
				   "%s: entry %" PRIu64 ": first of %" PRIu64
				   " whose commitments do not open", walk->name,
				   closed->first, closed->count);
	if (unproven->count)
		imans_findings_add(walk->findings, IMANS_F_NS_UNPROVEN,
				   IMANS_NOTE, walk->id, unproven->first,
				   "%s: entry %" PRIu64 ": first of %" PRIu64
				   " without a record: they prove nothing",
				   walk->name, unproven->first,
				   unproven->count);
}
