/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replay of a list into the PCR banks. */
#ifndef IMANS_REPLAY_H
#define IMANS_REPLAY_H

#include "entry.h"

struct imans_replay {
	struct imans_ctx *ctx;
	uint32_t padded_banks;
	uint32_t pcr;
	uint64_t count;
	struct imans_pcrs pcrs;
};

/* value = H(value || extension), in a bank. */
int imans_extend(struct imans_ctx *ctx, enum imans_bank bank, uint8_t *value,
		 const uint8_t *extension);

/*
 * What the kernel extends a bank with for this entry; `padded` says that it is
 * the SHA-1 digest and zeros.
 */
int imans_entry_extension(const struct imans_entry *entry,
			  enum imans_bank bank, bool padded,
			  uint8_t extension[IMANS_DIGEST_MAX]);

#endif /* IMANS_REPLAY_H */
