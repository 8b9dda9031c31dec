/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measurement lists, read as a stream of entries. */
#ifndef IMANS_LIST_H
#define IMANS_LIST_H

#include "ascii.h"
#include "entry.h"
#include "frame.h"
#include "source.h"

struct imans_list {
	struct imans_ctx *ctx;
	char *name;			/* for messages */
	struct imans_templates declared;
	bool redacted;			/* see hidden.h */
	uint32_t redacted_banks;
	struct imans_source src;
	struct imans_line line;		/* of an ASCII list */
	struct imans_layout layout;
	bool ascii;
	/* What is still to be found out, when the first bytes are there. */
	bool find_format, find_header, find_order;
	size_t current;			/* length of the entry handed out */
	uint64_t count;			/* index of the next entry */
	struct imans_entry entry;
};

/*
 * Make list->entry of what is at an offset in the window; *size is its length.
 * -EBADMSG, -EMSGSIZE, -ENOMEM, read's; hashing's, with the context's error set
 * and nothing in the fault.
 */
int imans_list_entry_at(struct imans_list *list, size_t at, size_t *size,
			struct imans_fault *fault);

/*
 * Find out what is still unknown of the layout. 0, too, if there is nothing yet
 * that could tell.
 */
int imans_list_probe(struct imans_list *list);

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
