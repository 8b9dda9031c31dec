/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IMA namespaces: how much a namespace may add.
 */
#ifndef _IMA_NS_QUOTA_H
#define _IMA_NS_QUOTA_H

#include <linux/atomic.h>
#include <linux/types.h>

struct ima_namespace;

/**
 * struct ima_ns_counter - what is used of a limit
 * @used: never above @limit
 * @limit: set before anything is charged
 */
struct ima_ns_counter {
	atomic64_t used;
	u64 limit;
};

/**
 * struct ima_ns_quota - a namespace's limits, and what it and all below it use
 * @own: entries that were set for it, or 0; written once under the namespace's
 *	 config
 * @overflow: IMA_NS_OVERFLOW_* that was set, if @overflow_set; what applies
 *	      since the activation
 * @overflow_set: @overflow was set; written with @own
 * @full_at: id of the namespace whose limit refused the last charge
 * @entries: entries and records since the namespace was made, but violations
 * @memory: bytes that lists and nodes take; given back when they are freed
 */
struct ima_ns_quota {
	u64 own;
	u32 overflow;
	bool overflow_set;
	u64 full_at;
	struct ima_ns_counter entries;
	struct ima_ns_counter memory;
};

/**
 * struct ima_ns_cost - what something is charged with, at all levels
 * @entries: at each level
 * @own: bytes, at each level
 * @copy: bytes that each level above the namespace adds, but the host
 * @host: bytes that the host adds
 */
struct ima_ns_cost {
	u64 entries;
	u64 own;
	u64 copy;
	u64 host;
};

/* ima_ns_quota.c */
void __init ima_ns_quota_init(void);
bool ima_ns_quota_charge(struct ima_namespace *ns,
			 const struct ima_ns_cost *cost);
void ima_ns_quota_refund(struct ima_namespace *ns,
			 const struct ima_ns_cost *cost);
void ima_ns_quota_batched(u32 count);
int ima_ns_quota_parse(const char *value, struct ima_ns_quota *quota);
int ima_ns_quota_settle(struct ima_namespace *ns);
u64 ima_ns_quota_shown(const struct ima_namespace *ns);
const char *ima_ns_quota_overflow_name(const struct ima_namespace *ns);
int ima_ns_set_quota(struct ima_namespace *ns, const char *value, size_t len);

#endif /* _IMA_NS_QUOTA_H */
