/* SPDX-License-Identifier: GPL-2.0-only */
/* Boxes with a quota, and what tests look for in their lists. */
#ifndef _SELFTESTS_IMA_NS_QUOTA_H
#define _SELFTESTS_IMA_NS_QUOTA_H

#include "program.h"

/* CREATE, DESTROY and the LOSS that tells that the quota is used up. */
#define QUOTA_OWN 3

/* The test program, which each box brings along. */
#define QUOTA_BROUGHT 1

#define POLICY_OPEN \
	"measure func=BPRM_CHECK\n" \
	"measure func=MMAP_CHECK mask=MAY_EXEC\n" \
	"measure func=FILE_CHECK mask=^MAY_READ\n"

struct quota_opts {
	const char *quota;
	const char *policy;
	bool delegate;
};

static inline int box_configure(struct box *box, const struct quota_opts *opts)
{
	char label[64];
	int ret = 0;

	if (opts->quota)
		ret = ns_write(box->ids, "quota", opts->quota);
	if (!ret && opts->policy)
		ret = ns_write(box->ids, "policy", opts->policy);
	if (!ret && opts->delegate)
		ret = ns_write(box->ids, "delegate", "1");
	snprintf(label, sizeof(label), SECRET "-quota-%d", box->pid);
	return ret ?: ns_activate(box->ids, label);
}

/* Start one and activate its namespace, as told by @opts. */
static inline int box_start_opts(struct box *box, const struct box *below,
				 const struct quota_opts *opts)
{
	int ret = box_start(box, below);

	if (ret)
		return ret;
	ret = box_configure(box, opts);
	if (ret)
		box_end(box);
	return ret;
}

static inline int box_start_quota(struct box *box, const struct box *below,
				  const char *quota)
{
	const struct quota_opts opts = { .quota = quota };

	return box_start_opts(box, below, &opts);
}

static inline bool is_loss_of(const struct entry *entry, const void *arg)
{
	const struct ima_ns_loss *const loss = (const void *)entry->third;
	const uint32_t *const reason = arg;

	return !strcmp(entry->name, IMA_NS_EVENT_LOSS) &&
	       entry->third_len == sizeof(*loss) && loss->reason == *reason;
}

/* How many LOSS entries say that a quota is used up. */
static inline int quota_losses(const struct box *box)
{
	static const uint32_t reason = IMA_NS_LOSS_QUOTA;

	return ns_count_if(box->ids, is_loss_of, &reason);
}

static inline bool is_any(const struct entry *entry, const void *arg)
{
	(void)entry;
	(void)arg;
	return true;
}

#endif /* _SELFTESTS_IMA_NS_QUOTA_H */
