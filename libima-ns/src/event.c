// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <linux/ima_ns.h>

#include "bytes.h"
#include "event.h"
#include "text.h"

#define PREFIX_LEN	(sizeof(IMA_NS_EVENT_PREFIX) - 1)

static const char * const names[] = {
	[IMANS_EVENT_BOOT]	= IMA_NS_EVENT_BOOT,
	[IMANS_EVENT_CREATE]	= IMA_NS_EVENT_CREATE,
	[IMANS_EVENT_ENTER]	= IMA_NS_EVENT_ENTER,
	[IMANS_EVENT_LOSS]	= IMA_NS_EVENT_LOSS,
	[IMANS_EVENT_DESTROY]	= IMA_NS_EVENT_DESTROY,
	[IMANS_EVENT_BIND]	= IMA_NS_EVENT_BIND,
	[IMANS_EVENT_RECORDS]	= IMA_NS_EVENT_RECORDS,
	[IMANS_EVENT_HEADS]	= IMA_NS_EVENT_HEADS,
};

const char *imans_event_name(enum imans_event event)
{
	if (event == IMANS_EVENT_NONE || event == IMANS_EVENT_UNKNOWN)
		return IMA_NS_EVENT_PREFIX "?";
	return names[event];
}

enum imans_record_type imans_event_record_type(enum imans_event event)
{
	switch (event) {
	case IMANS_EVENT_CREATE:
		return IMANS_RECORD_CREATE;
	case IMANS_EVENT_DESTROY:
		return IMANS_RECORD_DESTROY;
	case IMANS_EVENT_LOSS:
		return IMANS_RECORD_LOSS;
	default:
		return IMANS_RECORD_ENTRY;
	}
}

static enum imans_event event_by_name(const char *name, size_t len)
{
	if (len < PREFIX_LEN ||
	    memcmp(name, IMA_NS_EVENT_PREFIX, PREFIX_LEN) != 0)
		return IMANS_EVENT_NONE;
	for (int i = IMANS_EVENT_BOOT; i <= IMANS_EVENT_HEADS; i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return (enum imans_event)i;
	return IMANS_EVENT_UNKNOWN;
}

IMANS_API int imans_entry_event(const struct imans_entry *entry,
				enum imans_event *event)
{
	const char *name;
	size_t len;
	int ret = imans_entry_name(entry, &name, &len);

	if (!ret)
		*event = event_by_name(name, len);
	return ret;
}

/* What is told of an event that breaks a rule. */
static void breach(const struct imans_entry *entry, uint64_t nsid,
		   struct imans_findings *findings,
		   struct imans_event_view *view,
		   enum imans_finding_code code, const char *reason)
{
	char shown[IMANS_SHOWN_SIZE];
	const char *name = "";
	size_t len = 0;

	imans_entry_name(entry, &name, &len);
	imans_findings_add(findings, code, IMANS_FAIL, nsid, entry->index,
			   "%s: entry %" PRIu64 ": %s %s", entry->list_name,
			   entry->index,
			   imans_show(shown, sizeof(shown), name, len), reason);
	view->valid = false;
}

/* d-ng is the digest of the buffer, in an algorithm that OpenSSL has. */
static int check_buffer_digest(const struct imans_entry *entry, uint64_t nsid,
			       struct imans_findings *findings,
			       struct imans_event_view *view)
{
	uint8_t computed[EVP_MAX_MD_SIZE];
	struct imans_file_digest digest;
	size_t len;
	int ret;

	ret = imans_entry_file_digest(entry, &digest);
	if (ret == 0)
		ret = imans_hash_named(entry->ctx, digest.algo, view->buf,
				       view->len, computed, &len);
	if (ret == -ENOTSUP) {
		breach(entry, nsid, findings, view, IMANS_F_EVENT_DIGEST,
		       "has a digest of an algorithm that OpenSSL lacks");
		return 0;
	}
	if (ret && ret != -EBADMSG)
		return ret;
	if (ret || digest.len != len ||
	    memcmp(digest.digest, computed, len) != 0)
		breach(entry, nsid, findings, view, IMANS_F_EVENT_DIGEST,
		       "has a digest that is not its buffer's");
	return 0;
}

static int check_rules(const struct imans_entry *entry, uint64_t nsid,
		       struct imans_findings *findings,
		       struct imans_event_view *view)
{
	bool match = false;
	int ret;

	if (view->event == IMANS_EVENT_UNKNOWN)
		breach(entry, nsid, findings, view, IMANS_F_EVENT_UNKNOWN,
		       "is no event that is known");
	if (entry->pcr != IMANS_PCR)
		breach(entry, nsid, findings, view, IMANS_F_EVENT_PCR,
		       "is not in PCR 10");
	if (entry->violation)
		breach(entry, nsid, findings, view, IMANS_F_EVENT_VIOLATION,
		       "has a zero template digest");
	if (strcmp(entry->template_name, IMA_NS_EVENT_TEMPLATE) != 0) {
		breach(entry, nsid, findings, view, IMANS_F_EVENT_TEMPLATE,
		       "is not in the template ima-buf");
		return 0;
	}
	ret = imans_entry_match(entry, &match);
	if (ret)
		return ret;
	/* The finding itself is the list's: every entry's digest is checked. */
	if (!match)
		view->valid = false;
	ret = imans_entry_buf(entry, &view->buf, &view->len);
	if (ret)
		return ret;
	return check_buffer_digest(entry, nsid, findings, view);
}

/*
 * Nothing vouches for a template's name in the host's list: under another one
 * an event would be no event, and the last records would not be missed. So the
 * data itself is asked. It is ima-buf's, d-ng and n-ng first, and no name of a
 * file or key can begin so: the kernel sees to that.
 */
static bool renamed_event(const struct imans_entry *entry)
{
	const uint8_t *data = entry->data;
	size_t len = entry->len, first;

	if (len < 4)
		return false;
	first = get_u32(data, entry->big);
	if (first > len - 4 || len - 4 - first < 4 + PREFIX_LEN)
		return false;
	data += 4 + first;
	return get_u32(data, entry->big) >= PREFIX_LEN &&
	       memcmp(data + 4, IMA_NS_EVENT_PREFIX, PREFIX_LEN) == 0;
}

int imans_event_check(const struct imans_entry *entry, uint64_t nsid,
		      struct imans_findings *findings,
		      struct imans_event_view *view)
{
	int ret;

	memset(view, 0, sizeof(*view));
	/* What it was can't be told; digests must not be read as data. */
	if (entry->hidden)
		return 0;
	ret = imans_entry_event(entry, &view->event);
	if (ret == -EBADMSG) {
		imans_findings_add(findings, IMANS_F_ENTRY_MALFORMED,
				   IMANS_FAIL, nsid, entry->index, "%s",
				   imans_ctx_error(entry->ctx));
		return 0;
	}
	if (ret == -ENODATA || view->event == IMANS_EVENT_NONE) {
		if (renamed_event(entry))
			imans_findings_add(findings, IMANS_F_EVENT_TEMPLATE,
					   IMANS_FAIL, nsid, entry->index,
					   "%s: entry %" PRIu64 ": an "
					   IMA_NS_EVENT_PREFIX
					   " event, not in the template ima-buf",
					   entry->list_name, entry->index);
		return 0;
	}
	view->valid = true;
	return check_rules(entry, nsid, findings, view);
}
