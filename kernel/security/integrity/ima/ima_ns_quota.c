// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: how much a namespace may add.
 *
 * Two things are bounded. A namespace's *quota* is of entries and records, its
 * own and those of all below it, since it was made. The *memory* that they take
 * is bounded with it, at IMA_NS_ENTRY_BYTES for each, so that long paths don't
 * cost the node more than short ones. For the host, whose list only grows, the
 * memory alone counts.
 *
 * A charge goes up from the namespace to the host, and all of it or nothing is
 * made. It takes no lock: no level is ever above its limit, not even for the
 * time of an attempt that fails, so nobody is refused for another's attempt.
 */

#include <linux/ctype.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "ima_ns.h"

/* Bytes that all namespaces may take together. */
static u64 node_memory __ro_after_init;

/* Entries of a child of the host that no quota was set for. */
static u64 default_entries __ro_after_init;

static const char * const overflow_names[] = {
	[IMA_NS_OVERFLOW_DENY] = "deny",
	[IMA_NS_OVERFLOW_MARK] = "mark",
};

static int __init node_memory_setup(char *text)
{
	node_memory = memparse(text, NULL);
	return 1;
}
__setup("ima_ns_memory=", node_memory_setup);

/**
 * ima_ns_quota_init - set the limits of the node
 */
void __init ima_ns_quota_init(void)
{
	if (!node_memory)
		node_memory = (u64)totalram_pages() * PAGE_SIZE /
			      IMA_NS_MEMORY_SHARE;
	node_memory = clamp_t(u64, node_memory, IMA_NS_MEMORY_MIN, S64_MAX);
	default_entries = clamp_t(u64,
				  node_memory / IMA_NS_CHILD_SHARE /
				  IMA_NS_ENTRY_BYTES,
				  IMA_NS_QUOTA_FLOOR, U64_MAX);

	init_ima_ns.quota.entries.limit = U64_MAX;
	init_ima_ns.quota.memory.limit = node_memory;
}

static bool take(struct ima_ns_counter *counter, u64 amount)
{
	s64 used = atomic64_read(&counter->used);

	do {
		if (amount > counter->limit ||
		    (u64)used > counter->limit - amount)
			return false;
	} while (!atomic64_try_cmpxchg(&counter->used, &used, used + amount));
	return true;
}

static void give(struct ima_ns_counter *counter, u64 amount)
{
	WARN_ON_ONCE(atomic64_sub_return(amount, &counter->used) < 0);
}

/* What the level that is @above levels above the namespace is charged with. */
static u64 level_memory(const struct ima_namespace *level, u32 above,
			const struct ima_ns_cost *cost)
{
	if (level->depth)
		return cost->own + above * cost->copy;
	return cost->own + (above - 1) * cost->copy + cost->host;
}

static bool take_level(struct ima_namespace *level, u32 above,
		       const struct ima_ns_cost *cost)
{
	struct ima_ns_quota *quota = &level->quota;

	if (!take(&quota->entries, cost->entries))
		return false;
	if (take(&quota->memory, level_memory(level, above, cost)))
		return true;

	give(&quota->entries, cost->entries);
	return false;
}

static void refund_below(struct ima_namespace *ns,
			 const struct ima_namespace *end,
			 const struct ima_ns_cost *cost)
{
	struct ima_namespace *level;
	u32 above = 0;

	for (level = ns; level != end; level = level->parent, above++) {
		give(&level->quota.entries, cost->entries);
		give(&level->quota.memory, level_memory(level, above, cost));
	}
}

/**
 * ima_ns_quota_charge - charge a namespace and all its ancestors
 * @ns: the namespace, not the host's
 * @cost: what to charge
 *
 * Return: false if one of them has not so much left; nothing was charged then.
 */
bool ima_ns_quota_charge(struct ima_namespace *ns,
			 const struct ima_ns_cost *cost)
{
	struct ima_namespace *level;
	u32 above = 0;

	for (level = ns; level; level = level->parent, above++) {
		if (take_level(level, above, cost))
			continue;

		refund_below(ns, level, cost);
		WRITE_ONCE(ns->quota.full_at, level->id);
		return false;
	}
	return true;
}

/**
 * ima_ns_quota_refund - give back what was charged
 * @ns: the namespace
 * @cost: what was charged, or a part of it
 */
void ima_ns_quota_refund(struct ima_namespace *ns,
			 const struct ima_ns_cost *cost)
{
	refund_below(ns, NULL, cost);
}

/**
 * ima_ns_quota_batched - the host's list got records as one entry
 * @count: how many records
 *
 * Each was charged to the host as an entry of its own.
 */
void ima_ns_quota_batched(u32 count)
{
	give(&init_ima_ns.quota.memory,
	     (u64)(count - 1) * (IMA_NS_HOST_ENTRY_BYTES -
				 IMA_NS_HOST_RECORD_BYTES));
}

/* Configuration. */

static int parse_overflow(const char *word, struct ima_ns_quota *quota)
{
	int overflow = match_string(overflow_names, ARRAY_SIZE(overflow_names),
				    word);

	if (overflow < 0)
		return -EINVAL;

	quota->overflow = overflow;
	quota->overflow_set = true;
	return 0;
}

/**
 * ima_ns_quota_parse - parse what is written to the file "quota"
 * @value: "[<entries>] [deny|mark]", one space between the two
 * @quota: its @own, @overflow and @overflow_set are set
 *
 * Return: 0; -EINVAL for another text; -ERANGE for a number that does not hold
 * the namespace's own events.
 */
int ima_ns_quota_parse(const char *value, struct ima_ns_quota *quota)
{
	const char *space = strchrnul(value, ' ');
	char number[sizeof("18446744073709551615")];

	if (!isdigit(*value))
		return parse_overflow(value, quota);

	if (space - value >= sizeof(number))
		return -EINVAL;
	memcpy(number, value, space - value);
	number[space - value] = '\0';
	if (kstrtoull(number, 10, &quota->own))
		return -EINVAL;
	if (quota->own < IMA_NS_QUOTA_MIN)
		return -ERANGE;
	return *space ? parse_overflow(space + 1, quota) : 0;
}

static u64 effective_entries(const struct ima_namespace *ns)
{
	u64 own;

	if (ima_ns_is_host(ns))
		return node_memory / IMA_NS_ENTRY_BYTES;

	for (; !ima_ns_is_host(ns); ns = ns->parent) {
		own = READ_ONCE(ns->quota.own);
		if (own)
			return own;
	}
	return default_entries;
}

static u32 effective_overflow(const struct ima_namespace *ns)
{
	for (; !ima_ns_is_host(ns); ns = ns->parent)
		if (READ_ONCE(ns->quota.overflow_set))
			return READ_ONCE(ns->quota.overflow);
	return IMA_NS_OVERFLOW_DENY;
}

/* The host leaves to each of its children what to do. */
static bool may_mark(const struct ima_namespace *ns)
{
	return ima_ns_is_host(ns->parent) ||
	       effective_overflow(ns->parent) == IMA_NS_OVERFLOW_MARK;
}

static bool is_tighter(const struct ima_namespace *ns,
		       const struct ima_ns_quota *quota)
{
	if (quota->own > effective_entries(ns->parent))
		return false;
	return !quota->overflow_set ||
	       quota->overflow == IMA_NS_OVERFLOW_DENY || may_mark(ns);
}

/**
 * ima_ns_quota_settle - fix a namespace's limits at its activation
 * @ns: the namespace, whose parent is active
 *
 * Return: 0, or -ERANGE if the parent's have become tighter than the
 * namespace's own.
 */
int ima_ns_quota_settle(struct ima_namespace *ns)
{
	struct ima_ns_quota *quota = &ns->quota;

	if (!is_tighter(ns, quota))
		return -ERANGE;

	quota->overflow = effective_overflow(ns);
	quota->entries.limit = effective_entries(ns);
	if (check_mul_overflow(quota->entries.limit, (u64)IMA_NS_ENTRY_BYTES,
			       &quota->memory.limit))
		quota->memory.limit = S64_MAX;
	return 0;
}

/**
 * ima_ns_quota_shown - a namespace's quota, for CREATE and "status"
 * @ns: the namespace
 *
 * Return: its own; the default one of a child of the host; else 0.
 */
u64 ima_ns_quota_shown(const struct ima_namespace *ns)
{
	u64 own = READ_ONCE(ns->quota.own);

	return own ?: ima_ns_is_host(ns->parent) ? default_entries : 0;
}

/**
 * ima_ns_quota_overflow_name - what happens past the quota, for "status"
 * @ns: the namespace
 *
 * Return: "deny" or "mark".
 */
const char *ima_ns_quota_overflow_name(const struct ima_namespace *ns)
{
	return overflow_names[effective_overflow(ns)];
}

/**
 * ima_ns_set_quota - set the quota, once, while new
 * @ns: the namespace
 * @value: see ima_ns_quota_parse()
 * @len: length of @value
 *
 * Return: 0; -EINVAL for a bad text; -ERANGE if it is wider than the parent's
 * or too small; -EBUSY if it is too late.
 */
int ima_ns_set_quota(struct ima_namespace *ns, const char *value, size_t len)
{
	struct ima_ns_quota *quota = &ns->quota;
	struct ima_ns_quota new = {};
	int rc = ima_ns_quota_parse(value, &new);

	if (rc)
		return rc;

	mutex_lock(&ns->config);
	if (ns->state != IMA_NS_NEW || quota->own || quota->overflow_set) {
		rc = -EBUSY;
	} else if (!is_tighter(ns, &new)) {
		rc = -ERANGE;
	} else {
		WRITE_ONCE(quota->own, new.own);
		WRITE_ONCE(quota->overflow, new.overflow);
		WRITE_ONCE(quota->overflow_set, new.overflow_set);
	}
	mutex_unlock(&ns->config);
	return rc;
}
