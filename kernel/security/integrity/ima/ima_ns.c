// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: the namespace object and its place in struct nsproxy.
 */

#include <linux/cred.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "ima_ns_policy.h"

struct ima_namespace init_ima_ns = {
	.ns.count	= REFCOUNT_INIT(2),
	.ns.inum	= PROC_IMA_INIT_INO,
	.ns.ops		= &imans_operations,
	.mem		= REFCOUNT_INIT(1),
	.state		= IMA_NS_ACTIVE,
	.user_ns	= &init_user_ns,
	.config		= __MUTEX_INITIALIZER(init_ima_ns.config),
	.children	= XARRAY_INIT(init_ima_ns.children, 0),
	.dead_children	= LIST_HEAD_INIT(init_ima_ns.dead_children),
};

/* Set at the first activation: the hooks look for namespaces from then on. */
DEFINE_STATIC_KEY_FALSE(ima_ns_in_use);

/* Which namespaces there are, live and dead; readers use RCU. */
DEFINE_MUTEX(ima_ns_tree_mutex);
static DEFINE_XARRAY(ima_ns_ids);

static atomic64_t ima_ns_last_id;
static struct workqueue_struct *ima_ns_wq __ro_after_init;
static bool ima_ns_ready __ro_after_init;

static struct ima_namespace *to_ima_ns(struct ns_common *ns)
{
	return container_of(ns, struct ima_namespace, ns);
}

static struct ima_namespace *get_ima_ns(struct ima_namespace *ns)
{
	refcount_inc(&ns->ns.count);
	return ns;
}

/**
 * put_ima_ns - drop an active reference
 * @ns: the namespace
 *
 * The last one closes it, later, in a worker.
 */
void put_ima_ns(struct ima_namespace *ns)
{
	if (refcount_dec_and_test(&ns->ns.count))
		queue_work(ima_ns_wq, &ns->close);
}

/**
 * ima_ns_get_mem - take a memory reference
 * @ns: the namespace
 */
void ima_ns_get_mem(struct ima_namespace *ns)
{
	refcount_inc(&ns->mem);
}

static void ima_ns_free(struct ima_namespace *ns)
{
	ima_ns_log_free(ns);
	ima_ns_event_free(ns->destroy);
	ima_ns_loss_forget(ns);
	memzero_explicit(ns->key, sizeof(ns->key));
	kfree(ns->label);
	ima_ns_policy_put(ns->policy);
	put_user_ns(ns->user_ns);
	mutex_destroy(&ns->config);
	xa_destroy(&ns->children);
	kfree_rcu(ns, rcu);
}

/**
 * ima_ns_put_mem - drop a memory reference
 * @ns: the namespace
 */
void ima_ns_put_mem(struct ima_namespace *ns)
{
	struct ima_namespace *parent;

	while (refcount_dec_and_test(&ns->mem)) {
		parent = ns->parent;
		ima_ns_free(ns);
		ns = parent;
	}
}

/**
 * ima_ns_find - find a namespace, live or dead
 * @id: its id, not the host's
 *
 * Return: the namespace with a memory reference, or NULL.
 */
struct ima_namespace *ima_ns_find(u64 id)
{
	struct ima_namespace *ns;

	rcu_read_lock();
	ns = xa_load(&ima_ns_ids, id);
	if (ns && !refcount_inc_not_zero(&ns->mem))
		ns = NULL;
	rcu_read_unlock();
	return ns;
}

/**
 * ima_ns_next - walk over all namespaces, live and dead, by id
 * @id: the least id wanted; set to the one found
 *
 * Context: ima_ns_tree_mutex is held.
 * Return: the namespace, without a reference, or NULL at the end.
 */
struct ima_namespace *ima_ns_next(u64 *id)
{
	unsigned long index = *id;
	struct ima_namespace *ns;

	lockdep_assert_held(&ima_ns_tree_mutex);

	ns = xa_find(&ima_ns_ids, &index, ULONG_MAX, XA_PRESENT);
	*id = index;
	return ns;
}

/**
 * ima_ns_in_tree - has a namespace not been released?
 * @ns: the namespace
 *
 * Context: ima_ns_tree_mutex is held.
 * Return: true if so.
 */
bool ima_ns_in_tree(const struct ima_namespace *ns)
{
	return xa_load(&ima_ns_ids, ns->id) == ns;
}

/**
 * ima_ns_is_within - is a namespace another one, or below it?
 * @ns: the namespace
 * @ancestor: the other
 *
 * Return: true if so.
 */
bool ima_ns_is_within(const struct ima_namespace *ns,
		      const struct ima_namespace *ancestor)
{
	while (ns->depth > ancestor->depth)
		ns = ns->parent;
	return ns == ancestor;
}

/**
 * ima_ns_current - the namespace that an event of this task belongs to
 *
 * Kernel threads, usermode helpers and tasks without an nsproxy are the
 * host's. A namespace that is not active yet is transparent. Read once in a
 * hook.
 *
 * Return: the nearest active namespace, valid as long as the task is in it.
 */
struct ima_namespace *ima_ns_current(void)
{
	struct ima_namespace *ns;

	if (!static_branch_unlikely(&ima_ns_in_use) ||
	    (current->flags & PF_KTHREAD) || !current->nsproxy)
		return &init_ima_ns;

	ns = current->nsproxy->ima_ns;
	while (ima_ns_get_state(ns) != IMA_NS_ACTIVE)
		ns = ns->parent;
	return ns;
}

/**
 * ima_ns_path - write the ids from the host's child down to a namespace
 * @ns: the namespace
 * @buf: the result, "0" for the host's
 * @size: size of @buf, IMA_NS_PATH_MAX for any
 *
 * Return: length of the result.
 */
size_t ima_ns_path(const struct ima_namespace *ns, char *buf, size_t size)
{
	u64 ids[IMA_NS_DEPTH_MAX];
	u32 depth = ns->depth;
	size_t len = 0;
	u32 i;

	if (!depth)
		return scnprintf(buf, size, "0");

	for (i = depth; i; i--, ns = ns->parent)
		ids[i - 1] = ns->id;
	for (i = 0; i < depth; i++)
		len += scnprintf(buf + len, size - len, i ? "/%llu" : "%llu",
				 ids[i]);
	return len;
}

/* Making one. */

static int tree_add(struct ima_namespace *ns)
{
	int rc;

	mutex_lock(&ima_ns_tree_mutex);
	rc = xa_insert(&ima_ns_ids, ns->id, ns, GFP_KERNEL);
	if (rc)
		goto out;

	rc = xa_insert(&ns->parent->children, ns->id, ns, GFP_KERNEL);
	if (rc)
		xa_erase(&ima_ns_ids, ns->id);
	else
		ima_ns_life(ns, "new");
out:
	mutex_unlock(&ima_ns_tree_mutex);
	return rc;
}

/**
 * ima_ns_tree_remove - take a namespace out of the tree
 * @ns: the namespace
 *
 * Context: ima_ns_tree_mutex is held.
 */
void ima_ns_tree_remove(struct ima_namespace *ns)
{
	lockdep_assert_held(&ima_ns_tree_mutex);

	xa_erase(&ns->parent->children, ns->id);
	xa_erase(&ima_ns_ids, ns->id);
	ima_ns_life(ns, "released");
}

static struct ima_namespace *alloc_ima_ns(struct user_namespace *user_ns,
					  struct ima_namespace *parent)
{
	struct ima_namespace *ns;

	ns = kzalloc(sizeof(*ns), GFP_KERNEL_ACCOUNT);
	if (!ns)
		return NULL;

	refcount_set(&ns->ns.count, 1);
	refcount_set(&ns->mem, 1);
	ns->ns.ops = &imans_operations;
	ns->id = atomic64_inc_return(&ima_ns_last_id);
	ns->depth = parent->depth + 1;
	ns->user_ns = get_user_ns(user_ns);
	ns->parent = get_ima_ns(parent);
	ima_ns_get_mem(parent);
	mutex_init(&ns->config);
	ns->policy = ima_ns_policy_default();
	INIT_WORK(&ns->close, ima_ns_close);
	xa_init(&ns->children);
	INIT_LIST_HEAD(&ns->dead_link);
	INIT_LIST_HEAD(&ns->dead_children);
	ima_ns_log_setup(&ns->log);
	return ns;
}

static struct ima_namespace *create_ima_ns(struct user_namespace *user_ns,
					   struct ima_namespace *parent)
{
	struct ima_namespace *ns;
	struct ucounts *ucounts;
	int err;

	if (!ima_ns_ready)
		return ERR_PTR(-EOPNOTSUPP);

	/* The caller has checked CAP_SYS_ADMIN in @user_ns. */
	if (!parent->delegate && !capable(CAP_SYS_ADMIN))
		return ERR_PTR(-EPERM);

	if (parent->depth >= IMA_NS_DEPTH_MAX)
		return ERR_PTR(-ENOSPC);

	ucounts = inc_ucount(user_ns, current_euid(), UCOUNT_IMA_NAMESPACES);
	if (!ucounts)
		return ERR_PTR(-ENOSPC);

	err = -ENOMEM;
	ns = alloc_ima_ns(user_ns, parent);
	if (!ns)
		goto fail_ucount;
	ns->ucounts = ucounts;

	err = ns_alloc_inum(&ns->ns);
	if (err)
		goto fail_ns;

	err = tree_add(ns);
	if (err)
		goto fail_inum;

	return ns;

fail_inum:
	ns_free_inum(&ns->ns);
fail_ns:
	put_ima_ns(parent);
	ima_ns_put_mem(ns);
fail_ucount:
	dec_ucount(ucounts, UCOUNT_IMA_NAMESPACES);
	return ERR_PTR(err);
}

/**
 * copy_ima_ns - the IMA namespace of a new nsproxy
 * @flags: clone flags
 * @user_ns: owner of a new namespace
 * @old_ns: the caller's
 *
 * Return: @old_ns or its new child, with an active reference; or an ERR_PTR.
 */
struct ima_namespace *copy_ima_ns(unsigned long flags,
				  struct user_namespace *user_ns,
				  struct ima_namespace *old_ns)
{
	if (!(flags & CLONE_NEWIMA))
		return get_ima_ns(old_ns);

	return create_ima_ns(user_ns, old_ns);
}

/**
 * ima_ns_check_clone - may these flags go together?
 * @flags: clone flags
 *
 * A shared mm would let code that one namespace measured run in another.
 *
 * Return: 0 or -EINVAL.
 */
int ima_ns_check_clone(unsigned long flags)
{
	if ((flags & CLONE_NEWIMA) && (flags & (CLONE_VM | CLONE_THREAD)))
		return -EINVAL;
	return 0;
}

/**
 * ima_ns_check_unshare - may the caller leave with these flags?
 * @flags: clone flags
 *
 * Return: 0 or -EINVAL.
 */
int ima_ns_check_unshare(unsigned long flags)
{
	if ((flags & CLONE_NEWIMA) && !current_is_single_threaded())
		return -EINVAL;
	return 0;
}

/* Its place in /proc and nsfs. */

static struct ns_common *imans_get(struct task_struct *task)
{
	struct ima_namespace *ns = NULL;

	task_lock(task);
	if (task->nsproxy)
		ns = get_ima_ns(task->nsproxy->ima_ns);
	task_unlock(task);

	return ns ? &ns->ns : NULL;
}

static void imans_put(struct ns_common *ns)
{
	put_ima_ns(to_ima_ns(ns));
}

/* A one-way door: into the own namespace or one below, for root too. */
static int imans_install(struct nsset *nsset, struct ns_common *new)
{
	struct ima_namespace *ns = to_ima_ns(new);
	struct nsproxy *nsproxy = nsset->nsproxy;
	int rc;

	if (!current_is_single_threaded())
		return -EUSERS;

	if (!ns_capable(ns->user_ns, CAP_SYS_ADMIN) ||
	    !ns_capable(nsset->cred->user_ns, CAP_SYS_ADMIN))
		return -EPERM;

	if (!ima_ns_is_within(ns, current->nsproxy->ima_ns))
		return -EPERM;

	rc = ima_ns_enter(ns);
	if (rc)
		return rc;

	get_ima_ns(ns);
	put_ima_ns(nsproxy->ima_ns);
	nsproxy->ima_ns = ns;
	return 0;
}

static struct user_namespace *imans_owner(struct ns_common *ns)
{
	return to_ima_ns(ns)->user_ns;
}

static struct ns_common *imans_get_parent(struct ns_common *ns)
{
	struct ima_namespace *parent = to_ima_ns(ns)->parent;

	if (!parent || !ima_ns_is_within(parent, current->nsproxy->ima_ns))
		return ERR_PTR(-EPERM);

	return &get_ima_ns(parent)->ns;
}

const struct proc_ns_operations imans_operations = {
	.name		= "ima",
	.type		= CLONE_NEWIMA,
	.get		= imans_get,
	.put		= imans_put,
	.install	= imans_install,
	.owner		= imans_owner,
	.get_parent	= imans_get_parent,
};

/**
 * ima_ns_to_common - the common part of a namespace
 * @ns: the namespace
 *
 * Return: the common part.
 */
struct ns_common *ima_ns_to_common(struct ima_namespace *ns)
{
	return &ns->ns;
}

/**
 * ima_ns_init - make namespaces available, once IMA is up
 *
 * Return: 0 or a negative error.
 */
int __init ima_ns_init(void)
{
	int rc;

	ima_ns_log_setup(&init_ima_ns.log);
	INIT_LIST_HEAD(&init_ima_ns.dead_link);

	ima_ns_quota_init();

	rc = ima_ns_log_init();
	if (rc)
		return rc;
	rc = ima_ns_node_init();
	if (rc)
		return rc;
	rc = ima_ns_policy_init();
	if (rc)
		return rc;

	/* No DESTROY while the TPM sleeps: closing waits for its record. */
	ima_ns_wq = alloc_workqueue("ima_ns", WQ_UNBOUND | WQ_FREEZABLE, 0);
	if (!ima_ns_wq)
		return -ENOMEM;

	ima_ns_ready = true;
	return 0;
}
