// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Entries that are shown alone, against the host's records. What is proven of
 * each is its content, its number, and that it is the namespace's; not that
 * there are no others, nor, unless CREATE is among them, whose label it is.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disclose.h"
#include "event.h"
#include "list.h"
#include "replay.h"
#include "text.h"

struct check {
	const struct imans_host *host;
	const struct imans_disclosure *d;
	struct report_subject *subject;
	const struct imans_host_node *node;
	size_t record;			/* where the next is looked for */
};

/* The entry's number is its seq. */
static void fail(const struct check *c, uint64_t seq,
		 enum imans_finding_code code, const char *fmt, ...)
	IMANS_PRINTF(4, 5);

static void fail(const struct check *c, uint64_t seq,
		 enum imans_finding_code code, const char *fmt, ...)
{
	char text[IMANS_ERROR_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	imans_findings_add(c->subject->findings, code, IMANS_FAIL, c->d->id,
			   seq, "disclosure: entry %" PRIu64 ": %s", seq, text);
}

static const struct imans_host_record *find_record(struct check *c,
						   uint64_t seq)
{
	for (; c->node && c->record < c->node->count; c->record++) {
		const struct imans_host_record *record =
			imans_host_node_record(c->host, c->node, c->record);

		if (record->record.seq == seq)
			return record;
		if (record->record.seq > seq)
			break;
	}
	return NULL;
}

/* The vPCR after the entry also tells whether it is a violation. */
static int open_record(const struct check *c, const struct imans_entry *entry,
		       const struct imans_host_record *record,
		       const struct disclosure_opening *opening)
{
	struct imans_ctx *ctx = c->host->ctx;
	uint8_t vpcr[IMANS_HASH_SIZE], e[IMANS_HASH_SIZE];
	uint8_t extension[IMANS_DIGEST_MAX];
	int err = imans_entry_extension(entry, IMANS_SHA256, false, extension);

	memcpy(vpcr, opening->vpcr, sizeof(vpcr));
	if (!err)
		err = imans_extend(ctx, IMANS_SHA256, vpcr, extension);
	if (!err)
		err = imans_entry_bind(entry, e);
	if (!err)
		err = imans_record_open(ctx, opening->key,
					c->host->mark.boot.boot_id,
					record->raw, vpcr, e);
	if (err != -EKEYREJECTED)
		return err;
	fail(c, entry->index, IMANS_F_DISCLOSED_CLOSED,
	     "does not open the host's record");
	return 0;
}

static void check_create(const struct check *c, const struct imans_entry *entry,
			 const struct imans_event_view *view)
{
	struct imans_create *create = &c->subject->create;

	if (!view->valid)
		return;
	if (imans_create_decode(c->host->ctx, view->buf, view->len, create))
		fail(c, entry->index, IMANS_F_EVENT_MALFORMED, "%s",
		     imans_ctx_error(c->host->ctx));
	else if (create->id != c->d->id || entry->index)
		fail(c, entry->index, IMANS_F_NS_CREATE,
		     "CREATE of namespace %" PRIu64, create->id);
	else
		c->subject->has_create = true;
}

/* What the entry itself says of where it belongs. */
static void check_identity(const struct check *c,
			   const struct imans_entry *entry)
{
	const struct report_subject *s = c->subject;
	char shown[IMANS_SHOWN_SIZE];
	const char *label;
	uint64_t nsid;
	size_t len;

	/* Nothing binds it, and it says nothing; but it must not say else. */
	if (entry->pcr != IMANS_PCR)
		fail(c, entry->index, IMANS_F_NS_PCR, "is in PCR %" PRIu32,
		     entry->pcr);
	if (!imans_entry_nsid(entry, &nsid) && nsid != c->d->id)
		fail(c, entry->index, IMANS_F_NS_ID,
		     "is of namespace %" PRIu64, nsid);
	if (s->has_create && !imans_entry_label(entry, &label, &len) &&
	    (len != strlen(s->create.label) ||
	     memcmp(label, s->create.label, len)))
		fail(c, entry->index, IMANS_F_NS_LABEL,
		     "the label is not CREATE's but \"%s\"",
		     imans_show(shown, sizeof(shown), label, len));
}

static int check_entry(struct check *c, const struct imans_entry *entry,
		       const struct disclosure_opening *opening)
{
	const struct imans_host_record *record = find_record(c, entry->index);
	struct imans_event_view view;
	int err = imans_entry_check_digest(entry);

	if (err == -EBADMSG) {
		fail(c, entry->index, IMANS_F_ENTRY_DIGEST,
		     "the template digest is not that of the template data");
		err = 0;
	}
	if (!err)
		err = imans_event_check(entry, c->d->id,
					c->subject->findings, &view);
	if (err)
		return err;
	if (!record) {
		fail(c, entry->index, IMANS_F_DISCLOSED_RECORD,
		     "the host's list has no record of it");
		return 0;
	}
	if (record->record.type != imans_event_record_type(view.event))
		fail(c, entry->index, IMANS_F_NS_TYPE,
		     "the host's record is of type %d, not %d",
		     (int)record->record.type,
		     (int)imans_event_record_type(view.event));
	if (view.event == IMANS_EVENT_CREATE)
		check_create(c, entry, &view);
	check_identity(c, entry);
	return open_record(c, entry, record, opening);
}

static int check_next(struct check *c, struct imans_list *list, size_t n)
{
	struct imans_findings *findings = c->subject->findings;
	uint64_t fails = imans_findings_fails(findings);
	const struct imans_entry *entry;
	int err = imans_list_next(list, &entry);

	if (err)
		return err;
	if (!entry != (n == c->d->count))
		fail(c, c->d->first + n, IMANS_F_DISCLOSED_COUNT,
		     entry ? "is there without an opening" : "is missing");
	if (!entry || n == c->d->count)
		return 1;
	err = check_entry(c, entry, &c->d->openings[n]);
	if (!err && imans_findings_fails(findings) == fails)
		c->subject->pub.proven++;
	return err;
}

static int check_list(struct check *c)
{
	const struct imans_list_opts opts = {
		.sz = sizeof(opts), .name = "disclosure",
		.header = c->d->list.header,
	};
	struct imans_list *list;
	int err = imans_list_open_mem(c->host->ctx, c->d->list.data.data,
				      c->d->list.data.len, &opts, &list);

	if (err)
		return err;
	imans_list_number(list, &(struct imans_place){ c->d->first, 0 });
	for (size_t n = 0; !err; n++)
		err = check_next(c, list, n);
	imans_list_close(list);
	if (err == -EBADMSG || err == -EMSGSIZE)
		imans_findings_add(c->subject->findings,
				   IMANS_F_LIST_MALFORMED, IMANS_FAIL,
				   c->d->id, IMANS_NO_ENTRY, "%s",
				   imans_ctx_error(c->host->ctx));
	else if (err < 0)
		return err;
	return 0;
}

int imans_disclosure_check(const struct imans_host *host,
			   const struct imans_disclosure *disclosure,
			   struct report_subject *subject)
{
	struct check c = {
		.host = host, .d = disclosure, .subject = subject,
		.node = imans_host_node(host, disclosure->id),
	};
	char *label;
	int err = check_list(&c);

	subject->pub.entries = disclosure->count;
	if (err || !subject->has_create || !subject->pub.proven)
		return err;
	label = strdup(subject->create.label);
	if (!label)
		return imans_err(host->ctx, -ENOMEM,
				 "disclosure: out of memory");
	free(subject->label);
	subject->label = label;
	return 0;
}
