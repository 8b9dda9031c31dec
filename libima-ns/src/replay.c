// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

#define TPM_PCRS	24	/* of the PC client platform's TPM */

IMANS_API int imans_replay_new(struct imans_ctx *ctx,
			       const struct imans_replay_opts *opts,
			       struct imans_replay **replay)
{
	struct imans_replay_opts o;
	struct imans_replay *new;
	int ret;

	if (!replay)
		return imans_err(ctx, -EINVAL, "replay: no place for it");
	ret = imans_opts_copy(ctx, &o, sizeof(o), opts);
	if (ret)
		return ret;
	if (!o.banks)
		o.banks = o.start ? o.start->banks : imans_hashes_banks(ctx);
	if ((o.banks | o.padded_banks) & ~IMANS_ALL_BANKS)
		return imans_err(ctx, -EINVAL, "replay: no such bank");
	if (o.start && o.banks & ~o.start->banks)
		return imans_err(ctx, -EINVAL,
				 "replay: no value of a bank to start with");
	if (o.pcr >= TPM_PCRS)
		return imans_err(ctx, -EINVAL,
				 "replay: there is no PCR %" PRIu32, o.pcr);
	new = calloc(1, sizeof(*new));
	if (!new)
		return imans_err(ctx, -ENOMEM, "replay: out of memory");
	new->ctx = ctx;
	new->padded_banks = o.padded_banks & ~IMANS_BANK(IMANS_SHA1);
	new->pcr = o.pcr ? o.pcr : IMANS_PCR;
	new->pcrs.banks = o.banks;
	/* The platform's reset values: the dynamic PCRs begin with ones. */
	if (o.start)
		memcpy(new->pcrs.value, o.start->value,
		       sizeof(new->pcrs.value));
	else if (new->pcr >= 17 && new->pcr <= 22)
		memset(new->pcrs.value, 0xff, sizeof(new->pcrs.value));
	*replay = new;
	return 0;
}

IMANS_API void imans_replay_free(struct imans_replay *replay)
{
	free(replay);
}

int imans_extend(struct imans_ctx *ctx, enum imans_bank bank, uint8_t *value,
		 const uint8_t *extension)
{
	size_t size = imans_bank_size(bank);
	struct imans_chunk chunks[2] = {
		{ value, size }, { extension, size },
	};

	return imans_hash(ctx, bank, chunks, 2, value);
}

int imans_entry_extension(const struct imans_entry *entry,
			  enum imans_bank bank, bool padded,
			  uint8_t extension[IMANS_DIGEST_MAX])
{
	size_t size = imans_bank_size(bank);
	const uint8_t *digest;
	int ret;

	if (entry->violation) {
		memset(extension, 0xff, size);
		return 0;
	}
	if (padded) {
		memset(extension, 0, size);
		bank = IMANS_SHA1;
		size = imans_bank_size(bank);
	}
	ret = imans_entry_digest(entry, bank, &digest);
	if (!ret)
		memcpy(extension, digest, size);
	return ret;
}

IMANS_API int imans_replay_extend(struct imans_replay *replay,
				  const struct imans_entry *entry)
{
	struct imans_pcrs *pcrs = &replay->pcrs;
	uint8_t extension[IMANS_DIGEST_MAX];
	uint8_t next[IMANS_BANKS][IMANS_DIGEST_MAX];

	if (entry->pcr != replay->pcr)
		return 0;
	for (int i = 0; i < IMANS_BANKS; i++) {
		enum imans_bank bank = (enum imans_bank)i;
		bool padded = replay->padded_banks & IMANS_BANK(i);
		int ret;

		if (!(pcrs->banks & IMANS_BANK(i)))
			continue;
		ret = imans_entry_extension(entry, bank, padded, extension);
		memcpy(next[i], pcrs->value[i], sizeof(next[i]));
		if (!ret)
			ret = imans_extend(replay->ctx, bank, next[i],
					   extension);
		if (ret)
			return ret;
	}
	/* In all banks, or in none. */
	for (int i = 0; i < IMANS_BANKS; i++)
		if (pcrs->banks & IMANS_BANK(i))
			memcpy(pcrs->value[i], next[i], sizeof(next[i]));
	replay->count++;
	return 0;
}

IMANS_API uint64_t imans_replay_count(const struct imans_replay *replay)
{
	return replay->count;
}

IMANS_API void imans_replay_values(const struct imans_replay *replay,
				   struct imans_pcrs *values)
{
	*values = replay->pcrs;
	/* Bytes past a digest, and banks not asked for, tell nothing. */
	for (int i = 0; i < IMANS_BANKS; i++) {
		size_t used = values->banks & IMANS_BANK(i) ?
			      imans_bank_size((enum imans_bank)i) : 0;

		memset(values->value[i] + used, 0, IMANS_DIGEST_MAX - used);
	}
}
