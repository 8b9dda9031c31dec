// SPDX-License-Identifier: LGPL-2.1-or-later
/* The list's first entry: what was in the boot's PCRs. */
#include <errno.h>
#include <string.h>

#include "entry.h"

/*
 * ima_calc_boot_aggregate_tfm() in the kernel: PCRs 0 to 7 and, but for SHA-1,
 * 8 and 9, which have the command line and the kernel.
 */
static size_t pcrs_hashed(enum imans_bank bank)
{
	return bank == IMANS_SHA1 ? 8 : 10;
}

IMANS_API int imans_boot_aggregate(struct imans_ctx *ctx, enum imans_bank bank,
				   const uint8_t *pcrs, size_t len,
				   uint8_t *digest, size_t size)
{
	size_t one = imans_bank_size(bank);
	struct imans_chunk chunk = { pcrs, one * pcrs_hashed(bank) };

	if (one == 0 || !pcrs || !digest || len < chunk.len)
		return imans_err(ctx, -EINVAL,
				 "boot aggregate: no such bank, or not PCRs 0 to 9");
	if (size < one)
		return imans_err(ctx, -ENOSPC,
				 "boot aggregate: no room for a digest of %s",
				 imans_bank_name(bank));
	return imans_hash(ctx, bank, &chunk, 1, digest);
}

IMANS_API int
imans_entry_check_boot_aggregate(const struct imans_entry *entry,
				 enum imans_bank bank, const uint8_t *pcrs,
				 size_t len)
{
	uint8_t computed[IMANS_DIGEST_MAX];
	struct imans_file_digest digest;
	enum imans_bank own;
	int ret;

	if (!imans_entry_named(entry, IMANS_BOOT_AGGREGATE))
		return -ENODATA;
	ret = imans_entry_file_digest(entry, &digest);
	if (ret)
		return ret;
	if (imans_bank_parse(digest.algo, &own) || own != bank)
		return -ENODATA;
	ret = imans_boot_aggregate(entry->ctx, bank, pcrs, len, computed,
				   sizeof(computed));
	if (ret)
		return ret;
	if (digest.len == imans_bank_size(bank) &&
	    memcmp(digest.digest, computed, digest.len) == 0)
		return 0;
	return imans_entry_err(entry, 0,
			       "boot_aggregate is not the digest of the boot's PCRs");
}
