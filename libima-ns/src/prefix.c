// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which prefix of a list gave the values of a PCR. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

struct imans_prefix {
	struct imans_replay *replay;
	struct imans_pcrs quoted;
	uint64_t entries;		/* seen so far */
	uint64_t found;			/* IMANS_NO_ENTRY: not yet */
	/* Entries after which a bank had its value, IMANS_NO_ENTRY if never. */
	uint64_t seen[IMANS_BANKS];
};

/* Whether the entries so far give the quoted values in all banks. */
static void compare(struct imans_prefix *prefix)
{
	bool all = true;

	for (int i = 0; i < IMANS_BANKS; i++) {
		if (!(prefix->quoted.banks & IMANS_BANK(i)))
			continue;
		if (memcmp(prefix->replay->pcrs.value[i],
			   prefix->quoted.value[i],
			   imans_bank_size((enum imans_bank)i)) != 0)
			all = false;
		else if (prefix->seen[i] == IMANS_NO_ENTRY)
			prefix->seen[i] = prefix->entries;
	}
	if (all)
		prefix->found = prefix->entries;
}

IMANS_API int imans_prefix_new(struct imans_ctx *ctx,
			       const struct imans_pcrs *quoted,
			       const struct imans_replay_opts *opts,
			       struct imans_prefix **prefix)
{
	struct imans_replay_opts o;
	struct imans_prefix *new;
	int ret;

	if (!quoted || !prefix || !quoted->banks ||
	    quoted->banks & ~IMANS_ALL_BANKS)
		return imans_err(ctx, -EINVAL, "prefix: no bank that is known");
	ret = imans_opts_copy(ctx, &o, sizeof(o), opts);
	if (ret)
		return ret;
	o.sz = sizeof(o);
	o.banks = o.start ? o.start->banks : quoted->banks;
	new = calloc(1, sizeof(*new));
	if (!new)
		return imans_err(ctx, -ENOMEM, "prefix: out of memory");
	ret = imans_replay_new(ctx, &o, &new->replay);
	if (ret) {
		free(new);
		return ret;
	}
	new->quoted = *quoted;
	new->found = IMANS_NO_ENTRY;
	for (int i = 0; i < IMANS_BANKS; i++)
		new->seen[i] = IMANS_NO_ENTRY;
	compare(new);
	*prefix = new;
	return 0;
}

IMANS_API void imans_prefix_free(struct imans_prefix *prefix)
{
	if (!prefix)
		return;
	imans_replay_free(prefix->replay);
	free(prefix);
}

IMANS_API int imans_prefix_extend(struct imans_prefix *prefix,
				  const struct imans_entry *entry)
{
	int ret = 0;

	if (prefix->found == IMANS_NO_ENTRY) {
		ret = imans_replay_extend(prefix->replay, entry);
		if (ret)
			return ret;
		prefix->entries++;
		/* The shortest: entries of other PCRs are not covered by it. */
		compare(prefix);
	}
	return ret;
}

IMANS_API bool imans_prefix_found(const struct imans_prefix *prefix,
				  uint64_t *entries)
{
	if (prefix->found == IMANS_NO_ENTRY)
		return false;
	if (entries)
		*entries = prefix->found;
	return true;
}

IMANS_API uint64_t imans_prefix_bank(const struct imans_prefix *prefix,
				     enum imans_bank bank)
{
	return (unsigned int)bank < IMANS_BANKS ? prefix->seen[bank] :
						  IMANS_NO_ENTRY;
}

IMANS_API void imans_prefix_values(const struct imans_prefix *prefix,
				   struct imans_pcrs *values)
{
	imans_replay_values(prefix->replay, values);
}
