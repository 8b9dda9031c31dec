/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events under "ima-ns/": what they are, and whether they may count. */
#ifndef IMANS_EVENT_H
#define IMANS_EVENT_H

#include "entry.h"
#include "findings.h"

/* An entry's event, if any, and its buffer if it is valid. */
struct imans_event_view {
	enum imans_event event;
	bool valid;			/* may count: every rule holds */
	const uint8_t *buf;
	size_t len;
};

/*
 * Rule 3: an event counts if it is in PCR 10, in the template ima-buf, no
 * violation, and its digests are those of its data. Each breach is a finding.
 * Entries that are no events, or opaque, come out as IMANS_EVENT_NONE.
 */
int imans_event_check(const struct imans_entry *entry, uint64_t nsid,
		      struct imans_findings *findings,
		      struct imans_event_view *view);

/* Of the record that an own entry of a namespace leaves. */
enum imans_record_type imans_event_record_type(enum imans_event event);

/* "records"; for messages. */
const char *imans_event_name(enum imans_event event);

#endif /* IMANS_EVENT_H */
