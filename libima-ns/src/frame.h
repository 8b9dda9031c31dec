/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the parts of an entry are, in a binary list or a line of text. */
#ifndef IMANS_FRAME_H
#define IMANS_FRAME_H

#include "ctx.h"
#include "source.h"
#include "template.h"

/* A TPM has 24 PCRs, or 32: a larger number is damage, or another layout. */
#define IMANS_PCR_MAX	31

struct imans_layout {
	enum imans_bank header;		/* whose digests the headers hold */
	bool big;
};

/* Pointers are good until the source is read from, or the line is. */
struct imans_frame {
	uint32_t pcr;
	const uint8_t *digest;
	const uint8_t *name;
	size_t name_len;
	const uint8_t *data;
	size_t len;
	size_t data_at;			/* of data, in the entry */
	size_t size;			/* of the entry in the input */
	bool no_data;			/* a line of an unknown template */
};

/* Why there is no entry. */
struct imans_fault {
	size_t at;
	bool cut;			/* more input may mend it */
	bool bare;			/* in the template "ima" */
	char reason[200];
};

/* Fill in the fault; returns err. */
int imans_fault_set(struct imans_fault *fault, int err, size_t at,
		    const char *fmt, ...) IMANS_PRINTF(4, 5);

/* The bytes [from, from + len) of the window must be read. */
int imans_frame_read(struct imans_source *src, size_t from, size_t len,
		     const char *what, struct imans_fault *fault);

/* They must be there; mostly they are. */
static inline int imans_frame_need(struct imans_source *src, size_t from,
				   size_t len, const char *what,
				   struct imans_fault *fault)
{
	return imans_source_len(src) >= from + len ? 0 :
	       imans_frame_read(src, from, len, what, fault);
}

/*
 * Frame the entry at an offset in the window. -EBADMSG, -EMSGSIZE, read's.
 * `bare_digest` is the size of the digest in the template "ima".
 */
int imans_frame_binary(struct imans_source *src, size_t at,
		       const struct imans_layout *layout, size_t bare_digest,
		       struct imans_frame *frame, struct imans_fault *fault);

#endif /* IMANS_FRAME_H */
