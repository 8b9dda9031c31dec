// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: nodes {inode, namespace}.
 *
 * A node remembers the generation of the content that was measured. One table
 * holds all nodes, so that looking one up costs the same with 10,000
 * namespaces on one inode.
 */

#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "ima_ns_node.h"

/* Nodes that are freed before others get at the lock. */
#define FORGET_BATCH	64

static struct rhashtable ima_ns_nodes;
static DEFINE_SPINLOCK(ima_ns_nodes_lock);

static const struct rhashtable_params nodes_params = {
	.key_len = sizeof(struct ima_ns_node_key),
	.key_offset = offsetof(struct ima_ns_node, key),
	.head_offset = offsetof(struct ima_ns_node, hash),
	.automatic_shrinking = true,
};

/**
 * ima_ns_iint_init - initialise the namespaces' part
 * @iint: an inode's integrity data
 */
void ima_ns_iint_init(struct ima_iint_cache *iint)
{
	atomic64_set(&iint->ns_gen, 0);
	INIT_LIST_HEAD(&iint->ns_nodes);
	iint->ns_host_entry = NULL;
}

/* As long as the inode is in memory, whatever becomes of the list. */
static const struct ima_ns_cost node_cost = {
	.own = sizeof(struct ima_ns_node),
};

static struct ima_ns_node *new_node(struct ima_iint_cache *iint,
				    struct ima_namespace *ns)
{
	struct ima_ns_node *node;
	int rc;

	if (!ima_ns_quota_charge(ns, &node_cost))
		return ERR_PTR(-EDQUOT);

	node = kzalloc(sizeof(*node), GFP_NOFS);
	if (!node)
		goto fail;

	node->key.iint = iint;
	node->key.ns = ns;
	node->gen = -1;

	spin_lock(&ima_ns_nodes_lock);
	rc = rhashtable_insert_fast(&ima_ns_nodes, &node->hash, nodes_params);
	if (!rc) {
		list_add_tail(&node->by_iint, &iint->ns_nodes);
		hlist_add_head(&node->by_ns, &ns->nodes);
	}
	spin_unlock(&ima_ns_nodes_lock);

	if (!rc)
		return node;

	kfree(node);
fail:
	ima_ns_quota_refund(ns, &node_cost);
	return ERR_PTR(-ENOMEM);
}

/**
 * ima_ns_node_find - find a node
 * @iint: the inode's integrity data
 * @ns: the caller's namespace
 *
 * Return: the node, valid as long as the file is open and the caller in the
 * namespace; or NULL.
 */
struct ima_ns_node *ima_ns_node_find(const struct ima_iint_cache *iint,
				     struct ima_namespace *ns)
{
	struct ima_ns_node_key key = { .iint = iint, .ns = ns };

	return rhashtable_lookup_fast(&ima_ns_nodes, &key, nodes_params);
}

/**
 * ima_ns_node_get - find a node or make it
 * @iint: the inode's integrity data
 * @ns: the caller's namespace
 *
 * Context: iint->mutex is held, which makes looking and adding one step.
 * Return: the node, valid as long as the file is open and the caller in the
 * namespace; -ENOMEM; or -EDQUOT if a quota is used up.
 */
struct ima_ns_node *ima_ns_node_get(struct ima_iint_cache *iint,
				    struct ima_namespace *ns)
{
	return ima_ns_node_find(iint, ns) ?: new_node(iint, ns);
}

/**
 * ima_ns_node_begin - the content is about to be read, and relied upon then
 * @node: the node
 *
 * Context: iint->mutex is held.
 */
void ima_ns_node_begin(struct ima_ns_node *node)
{
	struct ima_iint_cache *iint =
		(struct ima_iint_cache *)node->key.iint;

	spin_lock(&ima_ns_nodes_lock);
	node->flags = BIT(IMA_NS_NODE_TOMTOU) | BIT(IMA_NS_NODE_PENDING);
	list_move(&node->by_iint, &iint->ns_nodes);
	spin_unlock(&ima_ns_nodes_lock);
}

/**
 * ima_ns_node_measured - remember a measurement
 * @node: the node
 * @gen: generation of the content
 * @entry: the entry that shows it
 * @entered: that is an "enter" event: a hook will measure the file again
 *
 * Context: iint->mutex is held since ima_ns_node_begin().
 * Return: true if the file was opened for writing meanwhile.
 */
bool ima_ns_node_measured(struct ima_ns_node *node, s64 gen,
			  const struct ima_ns_entry *entry, bool entered)
{
	bool raced;

	spin_lock(&ima_ns_nodes_lock);
	raced = test_bit(IMA_NS_NODE_RACED, &node->flags);
	node->flags &= BIT(IMA_NS_NODE_TOMTOU);
	__assign_bit(IMA_NS_NODE_ENTERED, &node->flags, entered);
	node->entry = entry;
	spin_unlock(&ima_ns_nodes_lock);

	/* Pairs with the acquire in is_measured() of mprotect(). */
	smp_store_release(&node->gen, gen);
	return raced;
}

/* The flagged ones come first, so that the cost is that of the victims. */
static struct ima_ns_node *take_flagged(struct ima_iint_cache *iint)
{
	struct ima_ns_node *node;

	node = list_first_entry_or_null(&iint->ns_nodes, struct ima_ns_node,
					by_iint);
	if (!node || !__test_and_clear_bit(IMA_NS_NODE_TOMTOU, &node->flags))
		return NULL;

	list_move_tail(&node->by_iint, &iint->ns_nodes);
	return node;
}

/**
 * ima_ns_node_take_victim - whose measurement does a write invalidate?
 * @iint: the inode's integrity data
 * @ns: set to the namespace, with a memory reference
 * @entry: set to its entry, which lives as long
 *
 * Each is told once, until it measures the inode again.
 *
 * Return: false if there is none left.
 */
bool ima_ns_node_take_victim(struct ima_iint_cache *iint,
			     struct ima_namespace **ns,
			     const struct ima_ns_entry **entry)
{
	struct ima_ns_node *node;

	spin_lock(&ima_ns_nodes_lock);
	while ((node = take_flagged(iint))) {
		if (!test_bit(IMA_NS_NODE_PENDING, &node->flags))
			break;
		/* There is no entry yet that could name it. */
		__set_bit(IMA_NS_NODE_RACED, &node->flags);
	}
	if (node) {
		*ns = node->key.ns;
		*entry = node->entry;
		ima_ns_get_mem(*ns);
	}
	spin_unlock(&ima_ns_nodes_lock);
	return node;
}

/**
 * ima_ns_node_take_writers - is it news that there are writers?
 * @node: the node, measured
 *
 * Return: true once, until the inode is measured again.
 */
bool ima_ns_node_take_writers(struct ima_ns_node *node)
{
	bool news;

	spin_lock(&ima_ns_nodes_lock);
	news = !__test_and_set_bit(IMA_NS_NODE_WRITERS, &node->flags);
	spin_unlock(&ima_ns_nodes_lock);
	return news;
}

static void free_node(struct ima_ns_node *node)
{
	lockdep_assert_held(&ima_ns_nodes_lock);

	rhashtable_remove_fast(&ima_ns_nodes, &node->hash, nodes_params);
	list_del(&node->by_iint);
	hlist_del(&node->by_ns);
	ima_ns_quota_refund(node->key.ns, &node_cost);
	kfree_rcu(node, rcu);
}

/**
 * ima_ns_forget_nodes - a namespace measures no more
 * @ns: the namespace, without tasks
 */
void ima_ns_forget_nodes(struct ima_namespace *ns)
{
	unsigned int left;

	do {
		spin_lock(&ima_ns_nodes_lock);
		for (left = FORGET_BATCH; left && ns->nodes.first; left--)
			free_node(hlist_entry(ns->nodes.first,
					      struct ima_ns_node, by_ns));
		spin_unlock(&ima_ns_nodes_lock);
		cond_resched();
	} while (!left);
}

/**
 * ima_ns_inode_free - an inode goes away
 * @inode: the inode, that nobody has open
 *
 * Not in the RCU callback, which could not free many nodes at once.
 */
void ima_ns_inode_free(struct inode *inode)
{
	struct ima_iint_cache *iint = ima_iint_find(inode);
	unsigned int left;

	/* Only a closing namespace is about as well, and it takes them out. */
	if (!iint || list_empty_careful(&iint->ns_nodes))
		return;

	do {
		spin_lock(&ima_ns_nodes_lock);
		for (left = FORGET_BATCH;
		     left && !list_empty(&iint->ns_nodes); left--)
			free_node(list_first_entry(&iint->ns_nodes,
						   struct ima_ns_node,
						   by_iint));
		spin_unlock(&ima_ns_nodes_lock);
		cond_resched();
	} while (!left);
}

/**
 * ima_ns_node_init - prepare the table of nodes
 *
 * Return: 0 or a negative error.
 */
int __init ima_ns_node_init(void)
{
	return rhashtable_init(&ima_ns_nodes, &nodes_params);
}
