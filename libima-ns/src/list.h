/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Binary measurement lists, read as a stream of entries. */
#ifndef IMANS_LIST_H
#define IMANS_LIST_H

#include "entry.h"
#include "source.h"

struct imans_list {
	struct imans_ctx *ctx;
	char *name;			/* for messages */
	enum imans_bank header;		/* whose digests the headers hold */
	struct imans_source src;
	size_t current;			/* length of the entry handed out */
	uint64_t count;			/* entries handed out */
	struct imans_entry entry;
};

#endif /* IMANS_LIST_H */
