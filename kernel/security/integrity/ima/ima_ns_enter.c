// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: what enters one is measured into it.
 *
 * A process brings along the code that it has mapped, which no hook of the
 * namespace has seen. Its executable and its executable mappings are measured
 * when it enters by setns(), and those of all tasks inside at activation.
 *
 * A hook that began before the activation may map a file after its mm was
 * looked at, and fork() may copy an mm. So each task looks once more, at its
 * own mm, before it returns to user space: what such a hook did is done then.
 */

#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/init_task.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/task_work.h>

#include "ima_ns_node.h"

/* Tasks that room is made for at first. */
#define TASKS_MIN	16

/**
 * struct inside - a task of a namespace, with references
 * @task: the task
 * @mm: its memory, or NULL
 */
struct inside {
	struct task_struct *task;
	struct mm_struct *mm;
};

/**
 * ima_ns_enter_path - the path in an "enter" event
 * @buf: the event's buffer
 *
 * Return: the path, which ends in a NUL.
 */
const char *ima_ns_enter_path(const void *buf)
{
	const struct ima_ns_enter *enter = buf;

	return enter->bytes + le16_to_cpu(enter->digest_len);
}

/* Paths in measurement lists have no spaces. */
static void put_path(char *to, const char *path, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = path[i] == ' ' ? '_' : path[i];
	to[len] = '\0';
}

static void fill_enter(const struct ima_namespace *ns,
		       struct ima_ns_enter *enter,
		       const struct ima_digest_data *hash, const char *path)
{
	const char *algo = hash_algo_name[hash->algo];
	size_t len = strlen(path), digest_len = strlen(algo) + 2 + hash->length;

	BUILD_BUG_ON(sizeof(*enter) != 32);

	memset(enter, 0, sizeof(*enter));
	memcpy(enter->magic, IMA_NS_MAGIC_ENTER, sizeof(enter->magic));
	enter->version = cpu_to_le16(IMA_NS_VERSION);
	enter->size = cpu_to_le16(sizeof(*enter));
	if (len > IMA_NS_ENTER_PATH_MAX) {
		path += len - IMA_NS_ENTER_PATH_MAX;
		len = IMA_NS_ENTER_PATH_MAX;
		enter->flags = cpu_to_le32(IMA_NS_ENTER_CUT);
	}
	enter->digest_len = cpu_to_le16(digest_len);
	enter->path_len = cpu_to_le16(len + 1);
	enter->id = cpu_to_le64(ns->id);
	sprintf(enter->bytes, "%s:", algo);
	memcpy(enter->bytes + digest_len - hash->length, hash->digest,
	       hash->length);
	put_path(enter->bytes + digest_len, path, len);
}

static struct ima_ns_event *make_enter(struct ima_namespace *ns,
				       const struct ima_digest_data *hash,
				       const char *path)
{
	size_t len = sizeof(struct ima_ns_enter) +
		     strlen(hash_algo_name[hash->algo]) + 2 + hash->length +
		     min_t(size_t, strlen(path), IMA_NS_ENTER_PATH_MAX) + 1;
	struct ima_ns_event *event;
	struct ima_ns_data *data;

	event = ima_ns_event_alloc_buf(ns, IMA_NS_RECORD_ENTRY,
				       IMA_NS_EVENT_ENTER, len);
	if (!event)
		return NULL;

	data = ima_ns_event_data(event);
	fill_enter(ns, ima_ns_data_buf(data, len), hash, path);
	ima_ns_data_seal_buf(data, len);
	ima_ns_event_seal(event);
	return event;
}

static void log_file(struct ima_ns_measurement *m, struct ima_iint_cache *iint,
		     struct file *file)
{
	char filename[NAME_MAX];
	char *pathbuf = NULL;
	const char *path;
	int rc;

	rc = ima_collect_measurement(iint, file, NULL, 0, ima_hash_algo, NULL);
	/* As for the hooks: some file systems have nothing that can be read. */
	if (rc && rc != -EBADF && rc != -EINVAL) {
		m->unreadable = true;
		return;
	}

	path = ima_d_path(&file->f_path, &pathbuf, filename);
	ima_ns_store_event(m, file, make_enter(m->ns, iint->ima_hash, path));
	if (pathbuf)
		__putname(pathbuf);
}

static struct ima_iint_cache *get_iint(struct inode *inode)
{
	struct ima_iint_cache *iint;

	inode_lock(inode);
	iint = ima_inode_get(inode);
	inode_unlock(inode);
	return iint;
}

/*
 * Mappings of stacked files hold the real file, and what is measured is the
 * user's. And no measurement is made by direct I/O.
 */
static struct file *open_as_user(struct file *file)
{
	if (!(file->f_mode & FMODE_BACKING) && !(file->f_flags & O_DIRECT))
		return get_file(file);

	return dentry_open(file_user_path(file), O_RDONLY | O_LARGEFILE,
			   &init_cred);
}

static int measure_file(struct ima_ns_measurement *m, struct file *file)
{
	struct inode *inode = file_inode(file);
	struct ima_iint_cache *iint;

	if (!S_ISREG(inode->i_mode))
		return 0;

	iint = get_iint(inode);
	if (!iint)
		return -ENOMEM;

	m->node = NULL;
	m->done = false;
	mutex_lock(&iint->mutex);
	ima_ns_reset_if_changed(iint, file);
	ima_ns_lookup(m, iint);
	if (ima_ns_pending(m))
		log_file(m, iint, file);
	ima_ns_check_writers(m, file, MMAP_CHECK);
	mutex_unlock(&iint->mutex);

	if (m->done)
		return 0;
	return m->full || m->unreadable ? -EACCES : -ENOMEM;
}

static int measure_user_file(struct ima_ns_measurement *m, struct file *file)
{
	struct file *user = open_as_user(file);
	int rc;

	if (IS_ERR(user)) {
		m->unreadable = PTR_ERR(user) == -EIO;
		return PTR_ERR(user);
	}

	rc = measure_file(m, user);
	fput(user);
	return rc;
}

static unsigned int take_files(struct mm_struct *mm, struct file **files)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	struct file *last;
	unsigned int count = 0;

	last = get_mm_exe_file(mm);
	if (last)
		files[count++] = last;
	for_each_vma(vmi, vma) {
		if (!vma->vm_file || !(vma->vm_flags & VM_EXEC) ||
		    vma->vm_file == last)
			continue;
		last = get_file(vma->vm_file);
		files[count++] = last;
	}
	return count;
}

/* The files whose code an mm may run now, with references. */
static struct file **get_code(struct mm_struct *mm, unsigned int *count)
{
	struct file **files;
	bool fits;
	int room;

	do {
		room = READ_ONCE(mm->map_count) + 1;
		files = kvmalloc_array(room, sizeof(*files), GFP_KERNEL);
		if (!files)
			return ERR_PTR(-ENOMEM);
		if (mmap_read_lock_killable(mm)) {
			kvfree(files);
			return ERR_PTR(-EINTR);
		}
		fits = mm->map_count < room;
		if (fits)
			*count = take_files(mm, files);
		mmap_read_unlock(mm);
		if (!fits)
			kvfree(files);
	} while (!fits);
	return files;
}

/* All of it; nothing is waited for, and no loss is told. */
static int measure_mm(struct ima_ns_measurement *m, struct mm_struct *mm)
{
	unsigned int count = 0, i;
	struct file **files;
	int rc = 0;

	files = get_code(mm, &count);
	if (IS_ERR(files))
		return PTR_ERR(files);

	for (i = 0; i < count; i++) {
		if (!rc)
			rc = measure_user_file(m, files[i]);
		fput(files[i]);
	}
	kvfree(files);
	m->done = !rc;
	return rc;
}

/* Run by a task of the namespace, before it goes on in user space. */
static void enter_again(struct callback_head *work)
{
	struct ima_ns_measurement m = {
		.ns = ima_ns_current(),
		.entering = true,
	};
	int rc;

	kfree(work);
	if (ima_ns_is_host(m.ns) || !current->mm)
		return;

	rc = measure_mm(&m, current->mm);
	if (!ima_ns_finish(&m))
		return;

	ima_ns_pr_info(m.ns, "pid %d: killed, its code can't be measured: %d\n",
		       task_tgid_nr(current), rc);
	send_sig(SIGKILL, current, 1);
}

static int enter_later(struct task_struct *task, gfp_t flags)
{
	struct callback_head *work = kmalloc(sizeof(*work), flags);

	if (!work)
		return -ENOMEM;

	init_task_work(work, enter_again);
	/* It refuses a task that exits. */
	if (task_work_add(task, work, TWA_RESUME))
		kfree(work);
	return 0;
}

/**
 * ima_ns_enter - the caller is about to enter a namespace
 * @ns: the namespace
 *
 * Return: 0; -EACCES if its code can't be measured, -ENOMEM.
 */
int ima_ns_enter(struct ima_namespace *ns)
{
	struct ima_ns_measurement m = { .entering = true };
	int rc = 0;

	/* It may be activated before the caller is in it: hence enter_again. */
	while (ima_ns_get_state(ns) != IMA_NS_ACTIVE)
		ns = ns->parent;
	if (ns != ima_ns_current() && current->mm) {
		m.ns = ns;
		rc = measure_mm(&m, current->mm);
		/* Else it stays outside, and nothing is lost. */
		if (!rc || (m.full && ima_ns_marks(ns)))
			rc = ima_ns_finish(&m);
		else
			ima_ns_wait(m.ticket);
	}
	if (rc)
		return rc == -ENOMEM ? rc : -EACCES;

	return enter_later(current, GFP_KERNEL);
}

/* With a reference on its mm, as get_task_mm() has it. */
static bool get_inside(struct task_struct *task,
		       const struct ima_namespace *ns, struct inside *inside)
{
	bool is_inside;

	if (task->flags & (PF_KTHREAD | PF_IO_WORKER))
		return false;

	task_lock(task);
	is_inside = task->nsproxy &&
		    ima_ns_is_within(task->nsproxy->ima_ns, ns);
	if (is_inside && inside) {
		inside->task = get_task_struct(task);
		inside->mm = task->mm;
		if (inside->mm)
			mmget(inside->mm);
	}
	task_unlock(task);
	return is_inside;
}

/*
 * One moment's tasks: who forks a child that is not among them is itself, and
 * has its mm kept. Returns how many there are; up to @room are in @inside.
 */
static unsigned int find_tasks(const struct ima_namespace *ns,
			       struct inside *inside, unsigned int room)
{
	struct task_struct *process, *task;
	unsigned int count = 0;

	read_lock(&tasklist_lock);
	for_each_process_thread(process, task)
		if (get_inside(task, ns, count < room ? &inside[count] : NULL))
			count++;
	read_unlock(&tasklist_lock);
	return count;
}

static void put_tasks(struct inside *inside, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (inside[i].mm)
			mmput(inside[i].mm);
		put_task_struct(inside[i].task);
	}
	kvfree(inside);
}

static struct inside *get_tasks(const struct ima_namespace *ns,
				unsigned int *count)
{
	unsigned int room = TASKS_MIN;
	struct inside *inside;

	for (;;) {
		/* There is no way back from an activation. */
		inside = kvmalloc_array(room, sizeof(*inside),
					GFP_KERNEL | __GFP_NOFAIL);
		*count = find_tasks(ns, inside, room);
		if (*count <= room)
			return inside;
		put_tasks(inside, room);
		room = *count + TASKS_MIN;
	}
}

/**
 * ima_ns_enter_all - measure what the tasks inside have brought along
 * @ns: the namespace, just activated; the caller has an active reference
 *
 * What can't be measured here is a loss when the task tries it, which does not
 * return to user space then.
 *
 * Return: the ticket to wait for, or 0.
 */
u64 ima_ns_enter_all(struct ima_namespace *ns)
{
	struct ima_ns_measurement m = { .ns = ns, .entering = true };
	const struct mm_struct *last = NULL;
	struct inside *inside;
	unsigned int count, i;

	inside = get_tasks(ns, &count);
	for (i = 0; i < count; i++) {
		enter_later(inside[i].task, GFP_KERNEL | __GFP_NOFAIL);
		/* A process's threads follow each other. */
		if (inside[i].mm && inside[i].mm != last)
			measure_mm(&m, inside[i].mm);
		last = inside[i].mm;
	}
	put_tasks(inside, count);
	return m.ticket;
}
