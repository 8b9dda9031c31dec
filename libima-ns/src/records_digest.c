// SPDX-License-Identifier: LGPL-2.1-or-later
/* Digests over records, which stand for those that are not held any more. */
#include <errno.h>
#include <string.h>

#include "records_digest.h"

int imans_records_extend(struct imans_ctx *ctx, uint8_t digest[IMANS_HASH_SIZE],
			 const uint8_t raw[IMANS_RECORD_SIZE])
{
	const struct imans_chunk chunks[] = {
		{ digest, IMANS_HASH_SIZE },
		{ raw, IMANS_RECORD_SIZE },
	};

	return imans_hash(ctx, IMANS_SHA256, chunks, 2, digest);
}

/* How many of a namespace's records that are held are of earlier rounds. */
static size_t count_old(const struct imans_host *host,
			const struct imans_host_node *node)
{
	size_t low = 0, high = node->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (host->by_ns[node->first + mid] < host->old_records)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int imans_records_digest(const struct imans_host *host,
			 const struct imans_host_node *node, uint64_t count,
			 uint8_t digest[IMANS_HASH_SIZE])
{
	const size_t old = count_old(host, node);
	const uint64_t before = node->total - (node->count - old);
	uint8_t d[IMANS_HASH_SIZE];
	int err = 0;

	if (count < before || count > node->total)
		return -ENODATA;
	memcpy(d, node->digest, sizeof(d));
	for (size_t i = 0; !err && i < count - before; i++)
		err = imans_records_extend(host->ctx, d,
					   imans_host_node_record(host, node,
								  old + i)->raw);
	if (!err)
		memcpy(digest, d, sizeof(d));
	return err;
}

int imans_records_fold(struct imans_host *host)
{
	const struct imans_host_mark *mark = &host->mark;
	int err = 0;

	for (size_t i = host->old_records; !err && i < mark->record_count; i++) {
		const struct imans_host_record *r = &mark->records[i];
		struct imans_host_node *node = imans_host_node(host,
							       r->record.id);
		int steps = 0;

		err = imans_records_extend(host->ctx, node->digest, r->raw);
		/* No kernel makes a longer chain of parents: it is no good. */
		for (; !err && node && steps <= IMANS_DEPTH_MAX; steps++) {
			err = imans_records_extend(host->ctx, node->tree_digest,
						   r->raw);
			node->tree_count++;
			node = node->parent;
		}
	}
	return err;
}
