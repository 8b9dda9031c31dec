/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the fuzz targets share. A target is one file, fuzz_NAME.c, that defines
 * LLVMFuzzerTestOneInput(); libFuzzer or replay.c has the main(). Its seeds are
 * written by corpus.c.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imans.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One context for all runs of the program. */
struct imans_ctx *fuzz_ctx(void);

/* The path of a file that holds the bytes, until the next call. */
const char *fuzz_path(const uint8_t *data, size_t size);

/* The public key of nobody, in PEM. */
extern const char fuzz_pem[];

/* Ends the program, for libFuzzer to tell the input, if it does not hold. */
#define FUZZ_CHECK(what)	fuzz_check(what, #what, __FILE__, __LINE__)
void fuzz_check(bool good, const char *what, const char *file, int line);

/* What is left of an input that is taken apart from the front. */
struct fuzz_input {
	const uint8_t *data;
	size_t size;
};

/* The next byte; 0 past the end. */
uint8_t fuzz_byte(struct fuzz_input *in);
/* At most that many of the next bytes. */
struct fuzz_input fuzz_take(struct fuzz_input *in, size_t max);
/* A part that begins with its length, two bytes of little-endian. */
struct fuzz_input fuzz_part(struct fuzz_input *in);

#endif /* FUZZ_H */
