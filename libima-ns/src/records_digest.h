/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Digests over records, from zero: d = SHA-256(d || record). Whoever has one can
 * go on without the records that it is over.
 */
#ifndef IMANS_RECORDS_DIGEST_H
#define IMANS_RECORDS_DIGEST_H

#include "proof.h"

/* Take the next record in. -EIO, -ENOTSUP. */
int imans_records_extend(struct imans_ctx *ctx, uint8_t digest[IMANS_HASH_SIZE],
			 const uint8_t raw[IMANS_RECORD_SIZE]);

/*
 * Over a namespace's first records as the host's list has them; there must be as
 * many. -ENODATA: earlier rounds had more, and can't say what fewer of them were.
 */
int imans_records_digest(const struct imans_host *host,
			 const struct imans_host_node *node, uint64_t count,
			 uint8_t digest[IMANS_HASH_SIZE]);

/*
 * When all was asked: take this round's records into the digests that each
 * namespace has of its own, and of its own with its descendants'.
 */
int imans_records_fold(struct imans_host *host);

/* Whether a list that is proven so far has yet to match records that are covered. */
static inline bool imans_covered(const struct imans_host_node *node,
				 const struct imans_progress *proven)
{
	return (proven->own_from < node->cover.from ||
		proven->copy_from < node->cover.from) &&
	       proven->own + proven->copied < node->cover.count;
}

#endif /* IMANS_RECORDS_DIGEST_H */
