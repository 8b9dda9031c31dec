// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: reading on in a list from any offset.
 *
 * seq_file formats all from the beginning when a file's offset is not the one
 * that it stands at, and asks for each read's first entry by its number. Here
 * the reader remembers the entry. Besides, all readers of a file leave marks
 * where they come by: that so many entries take so many bytes stays true. Who
 * begins at an offset is put at the last mark before it, by binary search, and
 * what is between, some entries, is formatted and thrown away. So an offset
 * that somebody has read up to is reached at once, and one beyond at the cost
 * of reading up to it, once.
 */

#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "ima_ns_limits.h"
#include "ima_ns_seek.h"

/**
 * ima_ns_marks_alloc - begin without a mark
 * @files: how many files these are for
 *
 * Return: as many objects, or NULL.
 */
struct ima_ns_marks *ima_ns_marks_alloc(unsigned int files)
{
	struct ima_ns_marks *marks;
	unsigned int i;

	marks = kcalloc(files, sizeof(*marks), GFP_KERNEL_ACCOUNT);
	for (i = 0; marks && i < files; i++) {
		mutex_init(&marks[i].lock);
		marks[i].wanted = IMA_NS_MARK_EVERY;
	}
	return marks;
}

/**
 * ima_ns_marks_free - free them all, which nobody uses any more
 * @marks: what ima_ns_marks_alloc() returned, or NULL
 * @files: how many files these are for
 */
void ima_ns_marks_free(struct ima_ns_marks *marks, unsigned int files)
{
	unsigned int i;

	for (i = 0; marks && i < files; i++) {
		kvfree(marks[i].marks);
		mutex_destroy(&marks[i].lock);
	}
	kfree(marks);
}

static bool has_room(struct ima_ns_marks *marks)
{
	u64 room = max(2 * marks->room, 16);
	struct ima_ns_mark *bigger;

	if (marks->count < marks->room)
		return true;

	bigger = kvmalloc_array(room, sizeof(*bigger),
				GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!bigger)
		return false;

	memcpy(bigger, marks->marks, marks->count * sizeof(*bigger));
	kvfree(marks->marks);
	marks->marks = bigger;
	marks->room = room;
	return true;
}

static void add_mark(struct ima_ns_marks *marks, const struct ima_ns_mark *mark)
{
	mutex_lock(&marks->lock);
	/* Without memory, readers go a longer way. */
	if (mark->number >= marks->wanted && has_room(marks)) {
		marks->marks[marks->count++] = *mark;
		WRITE_ONCE(marks->wanted, mark->number + IMA_NS_MARK_EVERY);
	}
	mutex_unlock(&marks->lock);
}

/* The last mark that is not behind the offset; the beginning is one. */
static struct ima_ns_mark find_mark(struct ima_ns_marks *marks, u64 offset)
{
	struct ima_ns_mark found = {};
	u64 low = 0, high, middle;

	mutex_lock(&marks->lock);
	high = marks->count;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (marks->marks[middle].offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low)
		found = marks->marks[low - 1];
	mutex_unlock(&marks->lock);
	return found;
}

/* Everything before the entry with the number m->index has been formatted. */
static void leave_mark(struct seq_file *m)
{
	struct ima_ns_reader *reader = m->private;
	struct ima_ns_mark mark;

	mutex_lock(&m->lock);
	mark.offset = m->read_pos + m->count;
	mark.number = m->index;
	mark.at = reader->at;
	mark.next = reader->next;
	mutex_unlock(&m->lock);

	if (mark.number >= READ_ONCE(reader->marks->wanted))
		add_mark(reader->marks, &mark);
}

/* Puts the file not behind an offset. Returns where it is then. */
static loff_t stand_before(struct seq_file *m, loff_t offset)
{
	struct ima_ns_reader *reader = m->private;
	struct ima_ns_mark mark;
	loff_t from;

	mutex_lock(&m->lock);
	if (m->read_pos != offset) {
		mark = find_mark(reader->marks, offset);
		/* Unless the way is shorter from here. */
		if (m->read_pos > offset || mark.offset > m->read_pos) {
			m->read_pos = mark.offset;
			m->index = mark.number;
			m->count = 0;
			reader->at = mark.at;
			reader->next = mark.next;
		}
	}
	from = m->read_pos;
	mutex_unlock(&m->lock);
	return from;
}

/*
 * Goes to an offset. Returns 1, 0 if the list ends before it, or an error.
 * Another task that reads the same file meanwhile costs time, as seq_file
 * looks itself whether it is at the right place.
 */
static int seek(struct file *file, loff_t offset)
{
	struct seq_file *m = file->private_data;
	struct iov_iter nowhere;
	struct kiocb iocb;
	ssize_t got;

	init_sync_kiocb(&iocb, file);
	iocb.ki_pos = stand_before(m, offset);
	while (iocb.ki_pos < offset) {
		iov_iter_discard(&nowhere, ITER_DEST, offset - iocb.ki_pos);
		got = seq_read_iter(&iocb, &nowhere);
		if (got <= 0)
			return got;

		leave_mark(m);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 1;
}

/**
 * ima_ns_reader_start - find the entry that a read begins with
 * @reader: the open file
 * @pos: number of the entry
 *
 * Return: the entry, or NULL if it is not there yet.
 */
struct list_head *ima_ns_reader_start(struct ima_ns_reader *reader, loff_t pos)
{
	loff_t at;

	if (reader->next > pos + 1) {
		reader->at = NULL;
		reader->next = 0;
	}
	while (reader->next <= pos) {
		at = reader->next - 1;
		if (!ima_ns_reader_next(reader, &at))
			return NULL;
		cond_resched();
	}
	return reader->at;
}

/**
 * ima_ns_reader_next - go on to the next entry
 * @reader: the open file
 * @pos: number of the entry that was visited last; is counted up
 *
 * Return: the entry, or NULL if there is none yet.
 */
struct list_head *ima_ns_reader_next(struct ima_ns_reader *reader, loff_t *pos)
{
	struct list_head *from = reader->at ?: reader->head;
	struct list_head *next;

	++*pos;
	/* What is in the list is complete, and stays as long as the list. */
	rcu_read_lock();
	next = rcu_dereference(list_next_rcu(from));
	rcu_read_unlock();
	if (next == reader->head)
		return NULL;

	reader->at = next;
	reader->next = *pos + 1;
	return next;
}

/**
 * ima_ns_seek_read_iter - read from any offset
 * @iocb: the file and the offset
 * @iter: where to
 *
 * Return: as seq_read_iter().
 */
ssize_t ima_ns_seek_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	ssize_t rc = seek(iocb->ki_filp, iocb->ki_pos);

	if (rc <= 0)
		return rc;

	rc = seq_read_iter(iocb, iter);
	leave_mark(iocb->ki_filp->private_data);
	return rc;
}

/**
 * ima_ns_seek_read - the same, for who has no iterator
 * @file: the file
 * @buf: where to
 * @size: size of @buf
 * @ppos: the offset
 *
 * Return: as seq_read().
 */
ssize_t ima_ns_seek_read(struct file *file, char __user *buf, size_t size,
			 loff_t *ppos)
{
	struct iov_iter iter;
	struct kiocb iocb;
	ssize_t rc;

	init_sync_kiocb(&iocb, file);
	iocb.ki_pos = *ppos;
	iov_iter_ubuf(&iter, ITER_DEST, buf, size);
	rc = ima_ns_seek_read_iter(&iocb, &iter);
	*ppos = iocb.ki_pos;
	return rc;
}

/**
 * ima_ns_seek_llseek - change a file's offset
 * @file: the file
 * @offset: how far
 * @whence: SEEK_SET or SEEK_CUR, as the end is not known
 *
 * It goes there at once, so that poll() knows whether anything is to be read.
 *
 * Return: as seq_lseek().
 */
loff_t ima_ns_seek_llseek(struct file *file, loff_t offset, int whence)
{
	int rc;

	switch (whence) {
	case SEEK_CUR:
		offset += file->f_pos;
		break;
	case SEEK_SET:
		break;
	default:
		return -EINVAL;
	}
	if (offset < 0)
		return -EINVAL;

	rc = seek(file, offset);
	if (rc < 0)
		return rc;

	file->f_pos = offset;
	return offset;
}
