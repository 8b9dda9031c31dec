// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: a namespace's death, and what is kept of it.
 */

#include <linux/poll.h>
#include <trace/events/ima_ns.h>

#include "ima_ns.h"

/*
 * A dying namespace brings the dead below it along. Beyond this share of its
 * parent's room they go first, so that it can't push out its siblings' logs.
 */
#define DEAD_SHARE	16

/* A dead namespace's share counts with each dead one above it. */
static void count_dead(struct ima_namespace *parent, int count, ssize_t bytes)
{
	for (;;) {
		parent->dead_count += count;
		parent->dead_bytes += bytes;
		if (list_empty(&parent->dead_link) || ima_ns_is_host(parent))
			break;
		parent = parent->parent;
	}
}

/* Take a dead namespace, with all below it, out of the tree. */
static void unbury(struct ima_namespace *ns, struct list_head *reap)
{
	lockdep_assert_held(&ima_ns_tree_mutex);

	while (!list_empty(&ns->dead_children))
		unbury(list_first_entry(&ns->dead_children,
					struct ima_namespace, dead_link), reap);

	count_dead(ns->parent, -1, -(ssize_t)ns->log.bytes);
	ima_ns_tree_remove(ns);
	list_move_tail(&ns->dead_link, reap);
}

static void reap_all(struct list_head *reap)
{
	struct ima_namespace *ns, *next;

	list_for_each_entry_safe(ns, next, reap, dead_link)
		ima_ns_put_mem(ns);
}

static bool exceeds(const struct ima_namespace *ns, unsigned int share)
{
	return ns->dead_count > IMA_NS_DEAD_MAX / share ||
	       ns->dead_bytes > IMA_NS_DEAD_BYTES_MAX / share;
}

/* Keep a dead namespace readable, at the cost of older ones. */
static void bury(struct ima_namespace *ns)
{
	struct ima_namespace *parent = ns->parent;
	struct list_head *from;
	LIST_HEAD(reap);

	mutex_lock(&ima_ns_tree_mutex);
	/* Pairs with the acquire in ima_ns_get_state(). */
	smp_store_release(&ns->state, IMA_NS_DEAD);
	ima_ns_life(ns, "dead");
	list_add_tail(&ns->dead_link, &parent->dead_children);
	count_dead(parent, 1 + ns->dead_count,
		   ns->log.bytes + ns->dead_bytes);

	while (exceeds(parent, 1)) {
		from = &parent->dead_children;
		if (exceeds(ns, DEAD_SHARE) && !list_empty(&ns->dead_children))
			from = &ns->dead_children;
		else if (list_is_singular(from))
			break;
		unbury(list_first_entry(from, struct ima_namespace, dead_link),
		       &reap);
	}
	wake_up_interruptible_poll(&ns->log.wait, EPOLLIN | EPOLLHUP);
	mutex_unlock(&ima_ns_tree_mutex);

	reap_all(&reap);
}

static void fill_destroy(const struct ima_namespace *ns,
			 struct ima_ns_event *event)
{
	struct ima_ns_data *data = ima_ns_event_data(event);
	struct ima_ns_destroy *destroy;

	BUILD_BUG_ON(sizeof(*destroy) != 56);

	destroy = ima_ns_data_buf(data, sizeof(*destroy));
	memset(destroy, 0, sizeof(*destroy));
	memcpy(destroy->magic, IMA_NS_MAGIC_DESTROY, sizeof(destroy->magic));
	destroy->version = cpu_to_le16(IMA_NS_VERSION);
	destroy->size = cpu_to_le16(sizeof(*destroy));
	destroy->id = cpu_to_le64(ns->id);
	destroy->entries = cpu_to_le64(ns->log.own);
	destroy->records = cpu_to_le64(ns->log.records);
	destroy->violations = cpu_to_le64(ns->log.violations);
	destroy->losses = cpu_to_le64(atomic64_read(&ns->log.losses));
	ima_ns_data_seal_buf(data, sizeof(*destroy));
	ima_ns_event_seal(event);
}

/* Returns the ticket of DESTROY; 0 if it was never active. */
static u64 close_log(struct ima_namespace *ns)
{
	u64 ticket = 0;

	mutex_lock(&ns->config);
	spin_lock(&ima_ns_chain_lock);
	if (ns->state == IMA_NS_ACTIVE) {
		fill_destroy(ns, ns->destroy);
		ticket = ima_ns_stage_locked(ns, ns->destroy)->ticket;
		ns->destroy = NULL;
		trace_ima_ns_destroy(ns->id, ns->log.own, ns->log.violations,
				     atomic64_read(&ns->log.losses));
	}
	ns->log.closed = true;
	spin_unlock(&ima_ns_chain_lock);
	mutex_unlock(&ns->config);

	ima_ns_kick();
	/* The room that was kept for a LOSS is the ancestors' again. */
	ima_ns_loss_forget(ns);
	return ticket;
}

/**
 * ima_ns_close - close a namespace whose active count has dropped to zero
 * @work: its @close
 *
 * No task, no handle and no open child is left: nothing of the namespace's
 * can be measured any more. The parent may close only after this.
 */
void ima_ns_close(struct work_struct *work)
{
	struct ima_namespace *ns =
		container_of(work, struct ima_namespace, close);
	struct ima_namespace *parent = ns->parent;
	u64 ticket = close_log(ns);

	ima_ns_forget_nodes(ns);
	dec_ucount(ns->ucounts, UCOUNT_IMA_NAMESPACES);
	ns_free_inum(&ns->ns);
	ns->ns.inum = 0;

	if (ticket) {
		/* Nothing is left to be done when it shows as dead. */
		ima_ns_wait(ticket);
		bury(ns);
	} else {
		mutex_lock(&ima_ns_tree_mutex);
		ima_ns_tree_remove(ns);
		mutex_unlock(&ima_ns_tree_mutex);
		ima_ns_put_mem(ns);
	}
	put_ima_ns(parent);
}

/**
 * ima_ns_release - let go of a dead namespace's log
 * @ns: the namespace; the caller has a memory reference
 *
 * Return: 0, or -EBUSY if it is not dead.
 */
int ima_ns_release(struct ima_namespace *ns)
{
	LIST_HEAD(reap);
	int rc = -EBUSY;

	mutex_lock(&ima_ns_tree_mutex);
	if (!list_empty(&ns->dead_link) && ima_ns_in_tree(ns)) {
		unbury(ns, &reap);
		rc = 0;
	}
	mutex_unlock(&ima_ns_tree_mutex);

	reap_all(&reap);
	return rc;
}
