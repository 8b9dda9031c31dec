/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files hashed in several banks at once, as reading costs more than that. */
#ifndef IMANS_HASHING_H
#define IMANS_HASHING_H

#include "ctx.h"

struct imans_hashing {
	EVP_MD_CTX *md[IMANS_BANKS];	/* NULL: not wanted */
};

/* Of IMANS_BANK() bits. -EINVAL, -ENOTSUP, -ENOMEM; to be ended even then. */
int imans_hashing_begin(struct imans_ctx *ctx, uint32_t banks,
			struct imans_hashing *h);
void imans_hashing_end(struct imans_hashing *h);
/* -EIO: OpenSSL fails. */
int imans_hashing_update(struct imans_hashing *h, const void *data, size_t len);
/*
 * The digests, bank by bank without a gap, and ready for the next file. `out`
 * has IMANS_HASHING_MAX bytes.
 */
int imans_hashing_final(struct imans_hashing *h, uint8_t *out);
/* What imans_hashing_final() writes. */
size_t imans_hashing_size(uint32_t banks);

#define IMANS_HASHING_MAX	(IMANS_BANKS * IMANS_DIGEST_MAX)

#endif /* IMANS_HASHING_H */
