/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of an ASCII list, turned into the data that was hashed. */
#ifndef IMANS_ASCII_H
#define IMANS_ASCII_H

#include "frame.h"

/* Hexadecimal digits of the largest data, and what stands before them. */
#define IMANS_LINE_MAX	(2 * (size_t)IMANS_TEMPLATE_DATA_MAX + 4096)

/* What a line's frame points to. */
struct imans_line {
	uint8_t digest[IMANS_DIGEST_MAX];
	uint8_t *data;
	size_t room;
};

/*
 * Find the newline that ends the line at an offset in the window, looking from
 * `from` on: its place in *end. -EBADMSG: none; -EMSGSIZE; read's.
 */
int imans_ascii_end(struct imans_source *src, size_t at, size_t from,
		    size_t *end, struct imans_fault *fault);

/*
 * Parse a line, without its newline, that is a template's; a newline within is
 * a name's. -EBADMSG, -EMSGSIZE, -ENOMEM; faults are from the line's beginning.
 */
int imans_ascii_parse(const char *text, size_t len,
		      const struct imans_layout *layout,
		      const struct imans_templates *declared,
		      struct imans_line *line, struct imans_frame *frame,
		      struct imans_fault *fault);

void imans_line_free(struct imans_line *line);

#endif /* IMANS_ASCII_H */
