// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: a mapping is made executable after the fact.
 */

#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/mount.h>

#include "ima_ns_node.h"
#include "ima_ns_policy.h"

/* The measured content is the current one, and the TPM has it. */
static bool is_measured(const struct inode *inode, struct ima_namespace *ns)
{
	struct ima_iint_cache *iint = ima_iint_find((struct inode *)inode);
	struct ima_ns_node *node;

	if (!iint)
		return false;

	node = ima_ns_node_find(iint, ns);
	/* Pairs with the release in ima_ns_node_measured(). */
	if (!node || smp_load_acquire(&node->gen) != atomic64_read(&iint->ns_gen))
		return false;

	ima_ns_wait(node->entry->ticket);
	return true;
}

/* A namespace that goes on past its quota has not measured all it mapped. */
static bool is_let_pass(struct ima_namespace *ns)
{
	if (!ima_ns_marks(ns) || !ima_ns_is_full(ns))
		return false;

	ima_ns_loss(ns, IMA_NS_LOSS_QUOTA);
	return true;
}

/* Would mapping it so have been measured, by either rule for mappings? */
static bool must_be_measured(const struct ima_namespace *ns, struct file *file)
{
	struct ima_ns_access access = {
		.idmap = mnt_idmap(file_user_path(file)->mnt),
		.inode = file_user_inode(file),
		.cred = current_cred(),
		.func = MMAP_CHECK,
		.mask = MAY_EXEC,
	};

	if (ima_ns_must_measure(ns, &access))
		return true;

	access.func = MMAP_CHECK_REQPROT;
	return ima_ns_must_measure(ns, &access);
}

/**
 * ima_ns_file_mprotect - may a mapping become executable?
 * @vma: the mapping
 * @prot: its protection to be
 * @action: what the host's policy says of mapping the file for execution
 *
 * The file can't be measured here, under mmap_lock. It must have been before.
 * A mapping of a stacked file holds the real file: the one that was measured
 * is the user's.
 *
 * Return: 0 or -EACCES.
 */
int ima_ns_file_mprotect(struct vm_area_struct *vma, unsigned long prot,
			 int action)
{
	const struct inode *inode;
	struct ima_namespace *ns;

	if (!ima_ns_any() || !vma->vm_file || !(prot & PROT_EXEC) ||
	    (vma->vm_flags & VM_EXEC))
		return 0;

	ns = ima_ns_current();
	inode = file_user_inode(vma->vm_file);
	if (ima_ns_is_host(ns) || !S_ISREG(inode->i_mode))
		return 0;

	if (!(action & IMA_MEASURE) && !must_be_measured(ns, vma->vm_file))
		return 0;

	if (is_measured(inode, ns) || is_let_pass(ns))
		return 0;

	ima_ns_pr_info(ns, "pid %d: mprotect() of a file that was not measured\n",
		       task_tgid_nr(current));
	return -EACCES;
}
