/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entries that are reduced to their digests. They stand in a list as all others
 * do, under a template name that no kernel has: the header's digest is the
 * entry's, zero for a violation; the data are its digests in other banks, by
 * rising number of the bank, and nothing for a violation.
 */
#ifndef IMANS_HIDDEN_H
#define IMANS_HIDDEN_H

#include "buf.h"
#include "entry.h"

#define IMANS_HIDDEN_TEMPLATE	"redacted"

/*
 * Take the digests of a list's entry, if it is a hidden one. Returns what is
 * wrong with it, or NULL.
 */
const char *imans_hidden_read(struct imans_entry *entry, uint32_t banks);

/* Write an entry as it stands in its list. */
void imans_shown_put(struct imans_buf *out, const struct imans_entry *entry);

/*
 * Write it reduced to its digests, in the header's bank and in `banks`.
 * -ENOTSUP: OpenSSL lacks one.
 */
int imans_hidden_put(struct imans_buf *out, const struct imans_entry *entry,
		     uint32_t banks);

#endif /* IMANS_HIDDEN_H */
