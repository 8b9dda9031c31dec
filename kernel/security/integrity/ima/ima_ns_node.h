/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IMA namespaces: what a namespace knows of an inode.
 */
#ifndef _IMA_NS_NODE_H
#define _IMA_NS_NODE_H

#include "ima_ns.h"

/* Bits of struct ima_ns_node::flags */
#define IMA_NS_NODE_TOMTOU	0	/* a write would be a violation */
#define IMA_NS_NODE_WRITERS	1	/* "open_writers" was logged */
#define IMA_NS_NODE_PENDING	2	/* it is being measured */
#define IMA_NS_NODE_RACED	3	/* and was written meanwhile */
#define IMA_NS_NODE_ENTERED	4	/* measured by "enter" only */

/**
 * struct ima_ns_node_key - which inode, which namespace
 * @iint: the inode's integrity data
 * @ns: the namespace
 */
struct ima_ns_node_key {
	const struct ima_iint_cache *iint;
	struct ima_namespace *ns;
};

/**
 * struct ima_ns_node - what a namespace knows of an inode
 *
 * Found by tasks of the namespace that hold the file open: neither can go away
 * meanwhile.
 *
 * @hash: in the table of all nodes
 * @key: its key there
 * @by_iint: in the inode's ns_nodes, those with IMA_NS_NODE_TOMTOU first,
 *	     under ima_ns_nodes_lock
 * @by_ns: in the namespace's nodes, under ima_ns_nodes_lock
 * @gen: generation that was measured, or -1; written under iint->mutex
 * @entry: the entry of the namespace's list that shows it, or NULL; written
 *	   under iint->mutex and ima_ns_nodes_lock
 * @flags: IMA_NS_NODE_*, under ima_ns_nodes_lock
 * @rcu: frees it
 */
struct ima_ns_node {
	struct rhash_head hash;
	struct ima_ns_node_key key;
	struct list_head by_iint;
	struct hlist_node by_ns;
	s64 gen;
	const struct ima_ns_entry *entry;
	unsigned long flags;
	struct rcu_head rcu;
};

/* ima_ns_measure.c */
void ima_ns_store_event(struct ima_ns_measurement *m, const struct file *file,
			struct ima_ns_event *event);

/* ima_ns_violation.c */
u64 ima_ns_log_violation(struct ima_namespace *ns,
			 const struct ima_ns_entry *entry, const char *cause);

/* ima_ns_node.c */
struct ima_ns_node *ima_ns_node_find(const struct ima_iint_cache *iint,
				     struct ima_namespace *ns);
struct ima_ns_node *ima_ns_node_get(struct ima_iint_cache *iint,
				    struct ima_namespace *ns);
void ima_ns_node_begin(struct ima_ns_node *node);
bool ima_ns_node_measured(struct ima_ns_node *node, s64 gen,
			  const struct ima_ns_entry *entry, bool entered);
bool ima_ns_node_take_victim(struct ima_iint_cache *iint,
			     struct ima_namespace **ns,
			     const struct ima_ns_entry **entry);
bool ima_ns_node_take_writers(struct ima_ns_node *node);

#endif /* _IMA_NS_NODE_H */
