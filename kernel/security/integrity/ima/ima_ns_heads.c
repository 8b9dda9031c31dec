// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: the file "heads", and what it logs.
 *
 * Who asks for a quote writes a nonce. One entry of the host's list then fixes
 * how far each active namespace's list had come after so many records: with it
 * a list from which other entries were removed can be shown to be complete.
 *
 * All leaves are of one *moment*, a place between two records. It is named
 * under ima_ns_chain_lock in no time: from then on a list that grows keeps
 * its former state first, and the commit thread reads state by state when it
 * has come to that place. It makes the entry itself, so that no record comes
 * between.
 */

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "ima_ns_fs.h"
#include "ima_ns_merkle.h"

/* States that are read under one hold of ima_ns_chain_lock. */
#define STATES_AT_ONCE	32

/**
 * struct heads_result - what is read after a nonce was written
 * @heads: the buffer of the entry
 * @leaves: the leaves of its tree
 */
struct heads_result {
	struct ima_ns_heads heads;
	struct ima_ns_leaf leaves[];
};

/**
 * struct heads_job - an entry in the making
 * @callback: done in the commit thread
 * @rc: how that went
 * @room: how many namespaces there is memory for
 * @count: namespaces that may have been active at the moment, by id
 * @spaces: these, with a memory reference each
 * @result: has room for as many leaves
 * @tree: over the leaves
 */
struct heads_job {
	struct ima_ns_callback callback;
	int rc;
	u64 room;
	u64 count;
	struct ima_namespace **spaces;
	struct heads_result *result;
	struct ima_ns_merkle tree;
};

/**
 * struct heads_file - an open file
 * @lock: serialises its readers and writers
 * @result: of the last nonce, or NULL
 * @len: its length
 */
struct heads_file {
	struct mutex lock;	/* all below */
	struct heads_result *result;
	size_t len;
};

/* Which states struct ima_ns_log::kept are of; under ima_ns_chain_lock. */
u64 ima_ns_moment;

/* One job at a time; protects the counting of tasks. */
static DEFINE_MUTEX(ima_ns_heads_mutex);
static u64 tasks_round;

/* Threads by namespace, as far as they have not begun to exit. */
static void count_tasks(void)
{
	struct task_struct *group, *task;
	struct ima_namespace *ns;

	tasks_round++;
	rcu_read_lock();
	for_each_process_thread(group, task) {
		task_lock(task);
		if (task->nsproxy) {
			ns = task->nsproxy->ima_ns;
			if (ns->tasks_round != tasks_round)
				ns->tasks = 0;
			ns->tasks_round = tasks_round;
			ns->tasks++;
		}
		task_unlock(task);
	}
	rcu_read_unlock();
}

static u64 read_tasks(const struct ima_namespace *ns)
{
	return ns->tasks_round == tasks_round ? ns->tasks : 0;
}

/* The state at the moment. Returns false if it was not active. */
static bool read_state(const struct ima_namespace *ns, struct ima_ns_leaf *leaf)
{
	const struct ima_ns_log *log = &ns->log;
	bool kept = log->kept.moment == ima_ns_moment;
	u64 own = kept ? log->kept.own : log->own;

	lockdep_assert_held(&ima_ns_chain_lock);

	/* What is closed does not grow: it has kept nothing. */
	if (!own || (!kept && log->closed))
		return false;

	leaf->id = cpu_to_le64(ns->id);
	leaf->seq = cpu_to_le64(own);
	leaf->entries = cpu_to_le64(kept ? log->kept.count : log->count);
	leaf->tasks = cpu_to_le64(read_tasks(ns));
	/* The vPCR stands where it goes into the MAC. */
	memcpy(leaf->mac, kept ? log->kept.vpcr : log->vpcr, sizeof(leaf->mac));
	return true;
}

/* Leaves of the namespaces that were active. Returns how many. */
static u64 read_states(struct heads_job *job)
{
	u64 i = 0, count = 0, end;

	while (i < job->count) {
		end = min(i + STATES_AT_ONCE, job->count);
		spin_lock(&ima_ns_chain_lock);
		for (; i < end; i++) {
			if (!read_state(job->spaces[i],
					&job->result->leaves[count]))
				continue;
			/* All keep their references. */
			swap(job->spaces[count], job->spaces[i]);
			count++;
		}
		spin_unlock(&ima_ns_chain_lock);
	}
	return count;
}

/**
 * ima_ns_leaf_seal - replace the vPCR in a leaf by the MAC that hides it
 * @leaf: the leaf, with the vPCR in place of the MAC
 * @heads: boot id and nonce
 * @key: the namespace's key
 */
void ima_ns_leaf_seal(struct ima_ns_leaf *leaf, const struct ima_ns_heads *heads,
		      const u8 key[IMA_NS_KEY_SIZE])
{
	u8 msg[IMA_NS_BOOT_ID_SIZE + IMA_NS_NONCE_SIZE];
	u8 key_head[IMA_NS_HASH_SIZE];

	memcpy(msg, heads->boot_id, IMA_NS_BOOT_ID_SIZE);
	memcpy(msg + IMA_NS_BOOT_ID_SIZE, heads->nonce, IMA_NS_NONCE_SIZE);

	ima_ns_hmac(key, IMA_NS_LABEL_HEAD, IMA_NS_LABEL_SIZE, NULL, 0,
		    key_head);
	ima_ns_hmac(key_head, msg, sizeof(msg), leaf, sizeof(*leaf), leaf->mac);
	memzero_explicit(key_head, sizeof(key_head));
}

/* In the commit thread, when all records up to the moment are logged. */
static void log_heads(struct ima_ns_callback *callback)
{
	struct heads_job *job =
		container_of(callback, struct heads_job, callback);
	struct ima_ns_heads *heads = &job->result->heads;
	struct ima_ns_leaf *leaf = job->result->leaves;
	u64 count = read_states(job);
	u64 i;

	for (i = 0; i < count; i++, leaf++) {
		ima_ns_leaf_seal(leaf, heads, job->spaces[i]->key);
		ima_ns_merkle_add(&job->tree, leaf, sizeof(*leaf));
	}
	heads->records = cpu_to_le64(callback->after);
	heads->leaves = cpu_to_le64(count);
	ima_ns_merkle_root(&job->tree, heads->root);

	job->rc = ima_ns_host_event(IMA_NS_EVENT_HEADS, heads, sizeof(*heads));
	/* The same nonce, and nothing has happened since. */
	if (job->rc == -EEXIST)
		job->rc = 0;
}

static u64 count_living(void)
{
	u64 id, count = 0;
	struct ima_namespace *ns;

	for (id = 1; (ns = ima_ns_next(&id)); id++)
		count += ima_ns_get_state(ns) != IMA_NS_DEAD;
	return count;
}

static int make_room(struct heads_job *job, u64 room)
{
	kvfree(job->spaces);
	kvfree(job->result);
	job->room = 0;
	job->spaces = kvmalloc_array(room, sizeof(*job->spaces),
				     GFP_KERNEL_ACCOUNT);
	job->result = kvzalloc(struct_size(job->result, leaves, room),
			       GFP_KERNEL_ACCOUNT);
	if (!job->spaces || !job->result)
		return -ENOMEM;

	job->room = room;
	return 0;
}

/*
 * Holds ima_ns_tree_mutex if it succeeds: until then namespaces may come that
 * there is no memory for.
 */
static int lock_with_room(struct heads_job *job)
{
	u64 count;
	int rc;

	for (;;) {
		mutex_lock(&ima_ns_tree_mutex);
		count = count_living();
		if (job->room && count <= job->room)
			return 0;

		mutex_unlock(&ima_ns_tree_mutex);
		rc = make_room(job, count + count / 8 + 8);
		if (rc)
			return rc;
	}
}

/* One that is new may be active by the moment. */
static void gather(struct heads_job *job)
{
	struct ima_namespace *ns;
	u64 id;

	for (id = 1; (ns = ima_ns_next(&id)); id++) {
		if (ima_ns_get_state(ns) == IMA_NS_DEAD)
			continue;
		if (WARN_ON_ONCE(job->count == job->room))
			break;
		ima_ns_get_mem(ns);
		job->spaces[job->count++] = ns;
	}
}

static void fill_heads(struct ima_ns_heads *heads,
		       const u8 nonce[IMA_NS_NONCE_SIZE])
{
	BUILD_BUG_ON(sizeof(*heads) != 128);
	BUILD_BUG_ON(sizeof(struct ima_ns_leaf) != IMA_NS_LEAF_SIZE);
	BUILD_BUG_ON(sizeof(IMA_NS_LABEL_HEAD) != IMA_NS_LABEL_SIZE);

	memcpy(heads->magic, IMA_NS_MAGIC_HEADS, sizeof(heads->magic));
	heads->version = cpu_to_le16(IMA_NS_VERSION);
	heads->size = cpu_to_le16(sizeof(*heads));
	memcpy(heads->boot_id, ima_ns_boot_id, sizeof(heads->boot_id));
	memcpy(heads->nonce, nonce, sizeof(heads->nonce));
}

/* Names the moment, and waits until its entry has been logged. */
static int run_job(struct heads_job *job, const u8 nonce[IMA_NS_NONCE_SIZE])
{
	int rc;

	count_tasks();
	rc = lock_with_room(job);
	if (rc)
		return rc;

	gather(job);
	fill_heads(&job->result->heads, nonce);
	init_completion(&job->callback.done);
	job->callback.fn = log_heads;

	spin_lock(&ima_ns_chain_lock);
	ima_ns_moment++;
	ima_ns_call_locked(&job->callback);
	spin_unlock(&ima_ns_chain_lock);
	mutex_unlock(&ima_ns_tree_mutex);

	ima_ns_kick();
	wait_for_completion(&job->callback.done);
	return job->rc;
}

static void free_job(struct heads_job *job)
{
	while (job->count)
		ima_ns_put_mem(job->spaces[--job->count]);
	kvfree(job->spaces);
	kvfree(job->result);
	kfree(job);
}

static int make_heads(const u8 nonce[IMA_NS_NONCE_SIZE],
		      struct heads_result **result)
{
	struct heads_job *job;
	int rc;

	rc = ima_ns_chain_start();
	if (rc)
		return rc;

	job = kzalloc(sizeof(*job), GFP_KERNEL_ACCOUNT);
	if (!job)
		return -ENOMEM;

	rc = mutex_lock_interruptible(&ima_ns_heads_mutex);
	if (!rc) {
		rc = run_job(job, nonce);
		mutex_unlock(&ima_ns_heads_mutex);
	}
	if (!rc)
		swap(job->result, *result);
	free_job(job);
	return rc;
}

static int heads_open(struct inode *inode, struct file *file)
{
	struct ima_namespace *host = ima_ns_fs_get(inode);
	struct heads_file *heads;

	if (IS_ERR(host))
		return PTR_ERR(host);
	ima_ns_put_mem(host);

	heads = kzalloc(sizeof(*heads), GFP_KERNEL_ACCOUNT);
	if (!heads)
		return -ENOMEM;

	mutex_init(&heads->lock);
	file->private_data = heads;
	return 0;
}

static int take_nonce(struct file *file, const char __user *buf, size_t count)
{
	struct heads_file *heads = file->private_data;
	u8 nonce[IMA_NS_NONCE_SIZE];
	struct heads_result *result = NULL;
	int rc;

	if (!file_ns_capable(file, &init_user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	if (count != sizeof(nonce))
		return -EINVAL;
	if (copy_from_user(nonce, buf, sizeof(nonce)))
		return -EFAULT;

	rc = make_heads(nonce, &result);
	if (rc)
		return rc;

	mutex_lock(&heads->lock);
	swap(heads->result, result);
	heads->len = struct_size(result, leaves,
				 le64_to_cpu(heads->result->heads.leaves));
	mutex_unlock(&heads->lock);
	kvfree(result);
	return 0;
}

/* Leaves the position at the beginning of what can be read now. */
static ssize_t heads_write(struct file *file, const char __user *buf,
			   size_t count, loff_t *ppos)
{
	int rc = take_nonce(file, buf, count);

	if (rc) {
		ima_ns_pr_info(&init_ima_ns, "heads: %s (%d)\n",
			       rc == -EPERM ? "no CAP_SYS_ADMIN" :
			       rc == -EINVAL ? "not a nonce of 32 bytes" :
			       "failed", rc);
		return rc;
	}

	*ppos = 0;
	return count;
}

static ssize_t heads_read(struct file *file, char __user *buf, size_t count,
			  loff_t *ppos)
{
	struct heads_file *heads = file->private_data;
	ssize_t rc = -ENODATA;

	mutex_lock(&heads->lock);
	if (heads->result)
		rc = simple_read_from_buffer(buf, count, ppos, heads->result,
					     heads->len);
	mutex_unlock(&heads->lock);
	return rc;
}

static int heads_release(struct inode *inode, struct file *file)
{
	struct heads_file *heads = file->private_data;

	kvfree(heads->result);
	mutex_destroy(&heads->lock);
	kfree(heads);
	return 0;
}

const struct file_operations ima_ns_heads_fops = {
	.open = heads_open,
	.read = heads_read,
	.write = heads_write,
	.llseek = generic_file_llseek,
	.release = heads_release,
};
