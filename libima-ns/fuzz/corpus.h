/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What makers of seeds share. All end the program if they fail. */
#ifndef FUZZ_CORPUS_H
#define FUZZ_CORPUS_H

#include "../tests/build_list.h"

void die(const char *what) __attribute__((noreturn));

/* The prefix is what a target takes from the front; NULL for none. */
void put_seed(const char *target, const char *name,
	      const struct bl_bytes *prefix, const void *data, size_t len);
void put_byte_seed(const char *target, const char *name, uint8_t first,
		   const void *data, size_t len);

/* Disclosures, signed verdicts, a state, references: of nodes that were verified. */
void put_node(struct imans_ctx *ctx);

#endif /* FUZZ_CORPUS_H */
