// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: no task takes hold of one above its namespace.
 *
 * Who may write to another task's memory, or take its files, may run code
 * there that its own namespace never measured.
 */

#include <linux/ptrace.h>
#include <linux/sched/task.h>

#include "ima_ns.h"

/**
 * ima_ns_ptrace_access_check - may the caller attach to a task?
 * @child: the task, locked by task_lock()
 * @mode: PTRACE_MODE_*
 *
 * Covers ptrace(), /proc/PID/mem, process_vm_readv(), process_vm_writev() and
 * pidfd_getfd(): a task of the caller's own namespace, or of one below.
 *
 * Return: 0 or -EPERM.
 */
int ima_ns_ptrace_access_check(struct task_struct *child, unsigned int mode)
{
	if (!(mode & PTRACE_MODE_ATTACH))
		return 0;

	/* A task that has lost its nsproxy has lost its memory before. */
	if (!child->nsproxy || !current->nsproxy)
		return 0;

	if (ima_ns_is_within(child->nsproxy->ima_ns, current->nsproxy->ima_ns))
		return 0;
	return -EPERM;
}
