/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One description of a CBOR file, for reading and for writing: each function
 * takes the next part from the input, or puts it into the output. After an
 * error nothing happens, and what is read is zero.
 */
#ifndef IMANS_CODEC_H
#define IMANS_CODEC_H

#include "cbor_cursor.h"
#include "cbor_out.h"

struct imans_ctx;

/**
 * struct codec - reads or writes, each part in turn
 * @ctx: where errors go
 * @name: of the file
 * @out: what is written to; NULL while reading
 * @in: what is read
 * @err: the first error, after which nothing happens
 */
struct codec {
	struct imans_ctx *ctx;
	const char *name;
	struct imans_buf *out;
	struct imans_cbor_cursor in;
	int err;
};

/* -EBADMSG, about a place in the file; and -ENOMEM. */
void codec_bad(struct codec *c, size_t at, const char *reason);
void codec_no_memory(struct codec *c);

/* While reading: the next item, of that kind. */
struct imans_cbor_item codec_next(struct codec *c, enum imans_cbor_kind kind);

void codec_number(struct codec *c, uint64_t *value);
void codec_number32(struct codec *c, uint32_t *value);
void codec_flag(struct codec *c, bool *value);
/* One that is no larger than `max`: what was read, or `value`. */
uint64_t codec_bounded(struct codec *c, uint64_t value, uint64_t max);
/* That many bytes; 1 to `max` bytes. */
void codec_fixed(struct codec *c, void *data, size_t len);
void codec_bytes(struct codec *c, uint8_t *data, size_t *len, size_t max);
/* A text in `size` bytes with a NUL; an allocated one, NULL for "". */
void codec_text(struct codec *c, char *data, size_t size);
void codec_string(struct codec *c, char **value);
/*
 * The head of an array: returns how many elements it has. Each has at least
 * `least` bytes, so that no more is allocated than there is input for.
 */
size_t codec_array(struct codec *c, size_t count, size_t least);
/* The head of one with exactly that many elements. */
void codec_tuple(struct codec *c, size_t count);

/*
 * A file: its format, its version, its body as bytes, and their SHA-256. Put
 * that around what was written, whose bytes are freed: -EMSGSIZE if they are
 * more than `max`, and the codec's error. The output is untouched on failure.
 */
int codec_seal(struct codec *c, const char *format, unsigned int version,
	       size_t max, uint8_t **data, size_t *len);
/* Step over what is around the body, and set the codec on it; its end. */
void codec_unseal(struct codec *c, const char *format, unsigned int version);
void codec_end(struct codec *c);

#endif /* IMANS_CODEC_H */
