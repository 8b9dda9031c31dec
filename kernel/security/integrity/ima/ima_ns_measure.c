// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: an event of a hook is measured into its namespace, once for
 * each change of the inode.
 *
 * A node {inode, namespace} remembers the generation of the content that was
 * measured. One table holds all nodes, so that looking one up costs the same
 * with 10,000 namespaces on one inode.
 */

#include <linux/file.h>
#include <linux/kdev_t.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "ima_ns.h"

/* Nodes that are freed before others get at the lock. */
#define FORGET_BATCH	64

/**
 * struct ima_ns_node_key - which inode, which namespace
 * @iint: the inode's integrity data
 * @ns: the namespace
 */
struct ima_ns_node_key {
	const struct ima_iint_cache *iint;
	const struct ima_namespace *ns;
};

/**
 * struct ima_ns_node - what a namespace knows of an inode
 *
 * Found by tasks of the namespace that hold the file open: neither can go away
 * meanwhile.
 *
 * @hash: in ima_ns_nodes
 * @key: its key there
 * @by_iint: in the inode's ns_nodes, under ima_ns_nodes_lock
 * @by_ns: in the namespace's nodes, under ima_ns_nodes_lock
 * @gen: generation that was measured, or -1; under iint->mutex
 * @ticket: its ticket, under iint->mutex
 * @rcu: frees it
 */
struct ima_ns_node {
	struct rhash_head hash;
	struct ima_ns_node_key key;
	struct hlist_node by_iint;
	struct hlist_node by_ns;
	s64 gen;
	u64 ticket;
	struct rcu_head rcu;
};

static struct rhashtable ima_ns_nodes;
static DEFINE_SPINLOCK(ima_ns_nodes_lock);

static const struct rhashtable_params nodes_params = {
	.key_len = sizeof(struct ima_ns_node_key),
	.key_offset = offsetof(struct ima_ns_node, key),
	.head_offset = offsetof(struct ima_ns_node, hash),
	.automatic_shrinking = true,
};

/**
 * ima_ns_any - has there been an active namespace in this boot?
 *
 * Return: true if so: the hooks have work to do without a host policy.
 */
bool ima_ns_any(void)
{
	return static_branch_unlikely(&ima_ns_in_use);
}

/**
 * ima_ns_iint_init - initialise the namespaces' part
 * @iint: an inode's integrity data
 */
void ima_ns_iint_init(struct ima_iint_cache *iint)
{
	atomic64_set(&iint->ns_gen, 0);
	INIT_HLIST_HEAD(&iint->ns_nodes);
}

static struct ima_ns_node *new_node(struct ima_iint_cache *iint,
				    struct ima_namespace *ns)
{
	struct ima_ns_node *node;
	int rc;

	node = kzalloc(sizeof(*node), GFP_NOFS);
	if (!node)
		return NULL;

	node->key.iint = iint;
	node->key.ns = ns;
	node->gen = -1;

	spin_lock(&ima_ns_nodes_lock);
	rc = rhashtable_insert_fast(&ima_ns_nodes, &node->hash, nodes_params);
	if (!rc) {
		hlist_add_head(&node->by_iint, &iint->ns_nodes);
		hlist_add_head(&node->by_ns, &ns->nodes);
	}
	spin_unlock(&ima_ns_nodes_lock);

	if (rc) {
		kfree(node);
		return NULL;
	}
	return node;
}

/* iint->mutex makes looking for one and adding it one step. */
static struct ima_ns_node *get_node(struct ima_iint_cache *iint,
				    struct ima_namespace *ns)
{
	struct ima_ns_node_key key = { .iint = iint, .ns = ns };
	struct ima_ns_node *node;

	node = rhashtable_lookup_fast(&ima_ns_nodes, &key, nodes_params);
	return node ?: new_node(iint, ns);
}

static void free_node(struct ima_ns_node *node)
{
	lockdep_assert_held(&ima_ns_nodes_lock);

	rhashtable_remove_fast(&ima_ns_nodes, &node->hash, nodes_params);
	hlist_del(&node->by_iint);
	hlist_del(&node->by_ns);
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

	if (!iint || hlist_empty(&iint->ns_nodes))
		return;

	/* Only closing namespaces contend: they free nodes under the lock. */
	spin_lock(&ima_ns_nodes_lock);
	while (iint->ns_nodes.first)
		free_node(hlist_entry(iint->ns_nodes.first,
				      struct ima_ns_node, by_iint));
	spin_unlock(&ima_ns_nodes_lock);
}

static bool is_file_hook(enum ima_hooks func)
{
	switch (func) {
	case FILE_CHECK:
	case MMAP_CHECK:
	case MMAP_CHECK_REQPROT:
	case BPRM_CHECK:
	case CREDS_CHECK:
		return true;
	default:
		return false;
	}
}

/**
 * ima_ns_begin - whose event is it, and is it to be measured?
 * @m: initialised here
 * @action: what the host's policy says; IMA_MEASURE is taken out of it if the
 *	    event is a namespace's, which the host's list shows as a record only
 * @func: the hook
 * @mask: MAY_* of the access
 *
 * What changes the kernel for everybody is the host's, whoever did it.
 */
void ima_ns_begin(struct ima_ns_measurement *m, int *action,
		  enum ima_hooks func, int mask)
{
	struct ima_namespace *ns;

	*m = (struct ima_ns_measurement) {};
	if (!is_file_hook(func))
		return;

	ns = ima_ns_current();
	if (ima_ns_is_host(ns))
		return;

	if ((*action & IMA_MEASURE) || ima_ns_must_measure(ns, func, mask))
		m->ns = ns;
	*action &= ~IMA_MEASURE;
}

/**
 * ima_ns_lookup - has the namespace measured this content already?
 * @m: the measurement
 * @iint: the inode's integrity data
 *
 * Context: iint->mutex is held, and changes of the content have been looked
 * for.
 */
void ima_ns_lookup(struct ima_ns_measurement *m, struct ima_iint_cache *iint)
{
	if (!m->ns)
		return;

	m->node = get_node(iint, m->ns);
	if (!m->node)
		return;

	m->gen = atomic64_read(&iint->ns_gen);
	if (m->node->gen == m->gen) {
		m->ticket = m->node->ticket;
		m->done = true;
	}
}

static int stage_event(struct ima_namespace *ns, struct ima_event_data *event,
		       u64 *ticket)
{
	struct ima_ns_event *staged;
	struct ima_ns_data *data;

	data = ima_ns_data_from_template(event);
	if (IS_ERR(data))
		return PTR_ERR(data);

	staged = ima_ns_event_alloc(ns, IMA_NS_RECORD_ENTRY, data);
	ima_ns_data_put(data);
	if (!staged)
		return -ENOMEM;

	ima_ns_event_seal(staged);
	*ticket = ima_ns_stage(ns, staged);
	return 0;
}

/**
 * ima_ns_store - log a measurement in the namespace
 * @m: the measurement, pending
 * @iint: the inode's integrity data, with the digest
 * @file: the file
 * @filename: its path
 * @xattr_value: its security.ima, or NULL
 * @xattr_len: length of @xattr_value
 *
 * Context: iint->mutex is held.
 */
void ima_ns_store(struct ima_ns_measurement *m, struct ima_iint_cache *iint,
		  struct file *file, const unsigned char *filename,
		  struct evm_ima_xattr_data *xattr_value, int xattr_len)
{
	struct ima_event_data event = {
		.iint = iint,
		.file = file,
		.filename = filename,
		.xattr_value = xattr_value,
		.xattr_len = xattr_len,
		.ns = m->ns,
	};

	if (stage_event(m->ns, &event, &m->ticket))
		return;

	m->done = true;
	/* As upstream: direct I/O may not see what others will. */
	if (file->f_flags & O_DIRECT)
		return;

	m->node->ticket = m->ticket;
	m->node->gen = m->gen;
}

/**
 * ima_ns_finish - let an event go on when the TPM has its measurement
 * @m: the measurement
 *
 * Context: no lock of IMA's is held.
 * Return: 0, or -EACCES if it could not be measured.
 */
int ima_ns_finish(const struct ima_ns_measurement *m)
{
	if (!m->ns)
		return 0;

	if (!m->done) {
		atomic64_inc(&m->ns->log.losses);
		ima_ns_pr_info(m->ns, "refused what could not be measured\n");
		return -EACCES;
	}

	ima_ns_wait(m->ticket);
	return 0;
}

/**
 * ima_ns_blind_name - name a file to the host without a container's bytes
 * @inode: the inode
 * @buf: room for the name
 * @size: size of @buf
 *
 * A container that writes to what the host measured causes a violation in the
 * host's list. The path by which it did so is not the host's to see.
 *
 * Return: the name, or NULL if the event is the host's own.
 */
const char *ima_ns_blind_name(const struct inode *inode, char *buf, size_t size)
{
	if (ima_ns_is_host(ima_ns_current()))
		return NULL;

	snprintf(buf, size, "inode:%u:%u:%lu", MAJOR(inode->i_sb->s_dev),
		 MINOR(inode->i_sb->s_dev), inode->i_ino);
	return buf;
}

/**
 * ima_ns_guard_name - keep others from logging under our events' names
 * @name: name of an event that is not ours
 *
 * Return: the name to log it under, to be freed; NULL if @name will do; or an
 * ERR_PTR.
 */
char *ima_ns_guard_name(const char *name)
{
	char *guarded;

	if (strncmp(name, IMA_NS_EVENT_PREFIX, strlen(IMA_NS_EVENT_PREFIX)))
		return NULL;

	guarded = kasprintf(GFP_KERNEL, IMA_NS_FOREIGN_PREFIX "%s", name);
	return guarded ?: ERR_PTR(-ENOMEM);
}

/**
 * ima_ns_measure_init - prepare the table of nodes
 *
 * Return: 0 or a negative error.
 */
int __init ima_ns_measure_init(void)
{
	return rhashtable_init(&ima_ns_nodes, &nodes_params);
}
