// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: an event of a hook is measured into its namespace, once for
 * each change of the inode.
 */

#include <linux/file.h>
#include <linux/slab.h>

#include "ima_ns_node.h"
#include "ima_ns_policy.h"

/**
 * ima_ns_begin - whose event is it, and is it to be measured?
 * @m: initialised here
 * @action: what the host's policy says; IMA_MEASURE is taken out of it if the
 *	    event is a namespace's, which the host's list shows as a record only
 * @file: the file
 * @cred: who does it
 * @func: the hook
 * @mask: MAY_* of the access
 *
 * What changes the kernel for everybody is the host's, whoever did it.
 */
void ima_ns_begin(struct ima_ns_measurement *m, int *action,
		  struct file *file, const struct cred *cred,
		  enum ima_hooks func, int mask)
{
	const struct ima_ns_access access = {
		.idmap = file_mnt_idmap(file),
		.inode = file_inode(file),
		.cred = cred,
		.func = func,
		.mask = mask,
	};
	struct ima_namespace *ns;

	*m = (struct ima_ns_measurement) {};
	if (!(BIT(func) & IMA_NS_FILE_HOOKS))
		return;

	m->file_hook = true;
	ns = ima_ns_current();
	if (ima_ns_is_host(ns))
		return;

	if ((*action & IMA_MEASURE) || ima_ns_must_measure(ns, &access))
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
	struct ima_ns_node *node;

	if (!m->ns)
		return;

	node = ima_ns_node_get(iint, m->ns);
	if (IS_ERR(node)) {
		m->full = PTR_ERR(node) == -EDQUOT;
		return;
	}
	m->node = node;

	m->gen = atomic64_read(&iint->ns_gen);
	if (m->node->gen == m->gen &&
	    (m->entering || !test_bit(IMA_NS_NODE_ENTERED, &m->node->flags))) {
		m->ticket = max(m->ticket, m->node->entry->ticket);
		m->done = true;
	} else {
		ima_ns_node_begin(m->node);
	}
}

/**
 * ima_ns_store_event - log an event that measures a file
 * @m: the measurement, pending
 * @file: the file
 * @event: the event, sealed, or NULL without memory; consumed
 *
 * Context: iint->mutex is held.
 */
void ima_ns_store_event(struct ima_ns_measurement *m, const struct file *file,
			struct ima_ns_event *event)
{
	const struct ima_ns_entry *entry;

	if (!event)
		return;

	entry = ima_ns_stage(m->ns, event);
	if (!entry) {
		m->full = true;
		return;
	}
	m->ticket = max(m->ticket, entry->ticket);
	m->done = true;
	/* As upstream: direct I/O may not see what others will. */
	if (file->f_flags & O_DIRECT)
		return;

	if (ima_ns_node_measured(m->node, m->gen, entry, m->entering))
		m->ticket = max(m->ticket,
				ima_ns_log_violation(m->ns, entry, "ToMToU"));
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
	ima_ns_store_event(m, file, ima_ns_event_from_template(m->ns, &event));
}

static u32 loss_reason(const struct ima_ns_measurement *m)
{
	if (m->full)
		return IMA_NS_LOSS_QUOTA;
	return m->unreadable ? IMA_NS_LOSS_FILE : IMA_NS_LOSS_MEMORY;
}

/**
 * ima_ns_finish - let an event go on when the TPM has its measurement
 * @m: the measurement
 *
 * Once the host's list is closed for kexec, nothing of user space goes on that
 * may not have been measured. Kernel threads do: devices wait for them when
 * they are shut down.
 *
 * Context: no lock of IMA's is held.
 * Return: 0; -EACCES if it could not be measured, unless for a quota of a
 * namespace that goes on then.
 */
int ima_ns_finish(struct ima_ns_measurement *m)
{
	bool missed = m->ns && !m->done;

	if (ima_ns_list_closed() && m->file_hook &&
	    !(current->flags & PF_KTHREAD))
		ima_ns_wait_for_end();

	if (missed)
		m->ticket = max(m->ticket,
				ima_ns_loss(m->ns, loss_reason(m)));
	if (m->ticket)
		ima_ns_wait(m->ticket);

	if (missed && m->full && ima_ns_marks(m->ns))
		return 0;
	return missed ? -EACCES : 0;
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
