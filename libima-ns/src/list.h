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
	bool redacted;			/* see hidden.h */
	uint32_t redacted_banks;
	struct imans_source src;
	size_t current;			/* length of the entry handed out */
	uint64_t count;			/* entries handed out */
	struct imans_entry entry;
};

/* Between two entries of a list. */
struct imans_place {
	uint64_t entries;		/* before it */
	uint64_t offset;		/* in bytes */
};

/* Behind the entry that was handed out last. */
static inline struct imans_place imans_list_place(const struct imans_list *list)
{
	return (struct imans_place){ list->count,
				     list->src.offset + list->current };
}

/* Nothing was read yet: its first entry stands at this place of a whole list. */
static inline void imans_list_number(struct imans_list *list,
				     const struct imans_place *place)
{
	list->count = place->entries;
	list->src.offset = place->offset;
}

#endif /* IMANS_LIST_H */
