// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: the files of the host's list, mended.
 *
 * Reading them takes the same time for each entry, however long the list is,
 * and poll() waits for the next. What they show is IMA's own business.
 */

#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "ima.h"
#include "ima_ns_seek.h"

/**
 * struct host_reader - an open file
 * @reader: where it is
 * @op: IMA's own operations, which show an entry
 */
struct host_reader {
	struct ima_ns_reader reader;
	const struct seq_operations *op;
};

/* struct ima_ns_marks by the file's inode number, for good. */
static DEFINE_XARRAY(host_marks);

static DECLARE_WAIT_QUEUE_HEAD(host_wait);

static void *to_entry(struct list_head *pos)
{
	return pos ? list_entry(pos, struct ima_queue_entry, later) : NULL;
}

static void *host_start(struct seq_file *m, loff_t *pos)
{
	struct host_reader *host = m->private;

	return to_entry(ima_ns_reader_start(&host->reader, *pos));
}

static void *host_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct host_reader *host = m->private;

	return to_entry(ima_ns_reader_next(&host->reader, pos));
}

static void host_stop(struct seq_file *m, void *v)
{
}

static int host_show(struct seq_file *m, void *v)
{
	const struct host_reader *host = m->private;

	return host->op->show(m, v);
}

static const struct seq_operations host_seq_ops = {
	.start = host_start,
	.next = host_next,
	.stop = host_stop,
	.show = host_show,
};

static struct ima_ns_marks *get_marks(const struct inode *inode)
{
	struct ima_ns_marks *marks = xa_load(&host_marks, inode->i_ino);
	struct ima_ns_marks *others;

	if (marks)
		return marks;

	marks = ima_ns_marks_alloc(1);
	if (!marks)
		return NULL;

	others = xa_cmpxchg(&host_marks, inode->i_ino, NULL, marks, GFP_KERNEL);
	if (others) {
		ima_ns_marks_free(marks, 1);
		marks = xa_is_err(others) ? NULL : others;
	}
	return marks;
}

/**
 * ima_ns_host_open_list - open a file that shows a list as the host's are
 * @file: the file
 * @op: how to show an entry
 * @head: the list, of struct ima_queue_entry
 * @marks: places in the file, of all its readers
 *
 * Return: 0 or -ENOMEM.
 */
int ima_ns_host_open_list(struct file *file, const struct seq_operations *op,
			  struct list_head *head, struct ima_ns_marks *marks)
{
	struct host_reader *host;

	host = __seq_open_private(file, &host_seq_ops, sizeof(*host));
	if (!host)
		return -ENOMEM;

	host->reader.head = head;
	host->reader.marks = marks;
	host->op = op;
	return 0;
}

/**
 * ima_ns_host_open - open a file of the host's list
 * @file: the file
 * @op: how to show an entry
 *
 * Return: 0 or -ENOMEM.
 */
int ima_ns_host_open(struct file *file, const struct seq_operations *op)
{
	struct ima_ns_marks *marks = get_marks(file_inode(file));

	if (!marks)
		return -ENOMEM;

	return ima_ns_host_open_list(file, op, &ima_measurements, marks);
}

/**
 * ima_ns_host_poll - wait for entries of the host's list
 * @file: the file
 * @wait: the caller's table
 *
 * Return: readable, if part of an entry or a whole one was not read.
 */
__poll_t ima_ns_host_poll(struct file *file, poll_table *wait)
{
	const struct seq_file *m = file->private_data;

	poll_wait(file, &host_wait, wait);

	if (READ_ONCE(m->count) ||
	    READ_ONCE(m->index) < atomic_long_read(&ima_htable.len))
		return EPOLLIN | EPOLLRDNORM;
	return 0;
}

/**
 * ima_ns_host_grown - tell that an entry was added, and the PCR extended
 */
void ima_ns_host_grown(void)
{
	if (wq_has_sleeper(&host_wait))
		wake_up_interruptible_poll(&host_wait, EPOLLIN | EPOLLRDNORM);
}
