// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys and commitments of records, suite 1. */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include "bytes.h"
#include "entry.h"
#include "format.h"

/* What of a record its commitment covers. */
#define RECORD_HEAD_SIZE	offsetof(struct ima_ns_record, commitment)

IMANS_API int imans_record_key(struct imans_ctx *ctx,
			       const uint8_t key[IMANS_KEY_SIZE], uint64_t seq,
			       uint8_t k_seq[IMANS_KEY_SIZE])
{
	uint8_t seq_le[8];
	struct imans_chunk chunks[2] = {
		{ IMA_NS_LABEL_KEY, IMA_NS_LABEL_SIZE },
		{ seq_le, sizeof(seq_le) },
	};

	put_le64(seq_le, seq);
	return imans_hmac(ctx, key, chunks, 2, k_seq);
}

IMANS_API int imans_entry_bind(const struct imans_entry *entry,
			       uint8_t e[IMANS_HASH_SIZE])
{
	struct imans_chunk chunks[2] = {
		/* with the NUL that separates it from the data */
		{ entry->template_name, strlen(entry->template_name) + 1 },
		{ entry->data, entry->len },
	};

	return imans_hash(entry->ctx, IMANS_SHA256, chunks, 2, e);
}

IMANS_API int imans_record_commit(struct imans_ctx *ctx,
				  const uint8_t k_seq[IMANS_KEY_SIZE],
				  const uint8_t boot_id[IMANS_BOOT_ID_SIZE],
				  const uint8_t raw[IMANS_RECORD_SIZE],
				  const uint8_t vpcr[IMANS_HASH_SIZE],
				  const uint8_t e[IMANS_HASH_SIZE],
				  uint8_t commitment[IMANS_HASH_SIZE])
{
	struct imans_chunk chunks[5] = {
		{ IMA_NS_LABEL_REC, IMA_NS_LABEL_SIZE },
		{ boot_id, IMANS_BOOT_ID_SIZE },
		{ raw, RECORD_HEAD_SIZE },
		{ vpcr, IMANS_HASH_SIZE },
		{ e, IMANS_HASH_SIZE },
	};

	return imans_hmac(ctx, k_seq, chunks, 5, commitment);
}

IMANS_API int imans_record_open(struct imans_ctx *ctx,
				const uint8_t k_seq[IMANS_KEY_SIZE],
				const uint8_t boot_id[IMANS_BOOT_ID_SIZE],
				const uint8_t raw[IMANS_RECORD_SIZE],
				const uint8_t vpcr[IMANS_HASH_SIZE],
				const uint8_t e[IMANS_HASH_SIZE])
{
	uint8_t computed[IMANS_HASH_SIZE];
	int ret = imans_record_commit(ctx, k_seq, boot_id, raw, vpcr, e,
				      computed);

	if (ret)
		return ret;
	return CRYPTO_memcmp(computed, raw + RECORD_HEAD_SIZE,
			     sizeof(computed)) ? -EKEYREJECTED : 0;
}
