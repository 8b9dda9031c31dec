/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IMA namespaces: reading on in a list from any offset.
 */
#ifndef _IMA_NS_SEEK_H
#define _IMA_NS_SEEK_H

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/types.h>

/**
 * struct ima_ns_mark - a place between two entries of a list, as it is shown
 * @offset: bytes before it
 * @number: entries before it
 * @at: an entry beside it
 * @next: number of the entry behind @at
 */
struct ima_ns_mark {
	u64 offset;
	u64 number;
	struct list_head *at;
	u64 next;
};

/**
 * struct ima_ns_marks - places in a file that its readers have come by
 * @lock: protects what follows
 * @count: how many there are
 * @room: how many there is memory for
 * @wanted: the least number of entries before the next
 * @marks: by offset, IMA_NS_MARK_EVERY entries apart at least
 */
struct ima_ns_marks {
	struct mutex lock;	/* all below */
	u64 count;
	u64 room;
	u64 wanted;
	struct ima_ns_mark *marks;
};

/**
 * struct ima_ns_reader - an open file that shows a list; what the seq_file's
 *			  @private points to begins with it
 * @head: the list; entries are only ever added, at its end
 * @marks: places in the file, of all its readers
 * @at: the last entry that was visited, NULL before the first
 * @next: number of the entry behind @at
 */
struct ima_ns_reader {
	struct list_head *head;
	struct ima_ns_marks *marks;
	struct list_head *at;
	u64 next;
};

struct ima_ns_marks *ima_ns_marks_alloc(unsigned int files);
void ima_ns_marks_free(struct ima_ns_marks *marks, unsigned int files);

struct list_head *ima_ns_reader_start(struct ima_ns_reader *reader,
				      loff_t pos);
struct list_head *ima_ns_reader_next(struct ima_ns_reader *reader,
				     loff_t *pos);

ssize_t ima_ns_seek_read_iter(struct kiocb *iocb, struct iov_iter *iter);
ssize_t ima_ns_seek_read(struct file *file, char __user *buf, size_t size,
			 loff_t *ppos);
loff_t ima_ns_seek_llseek(struct file *file, loff_t offset, int whence);

/* ima_ns_host_list.c */
int ima_ns_host_open_list(struct file *file, const struct seq_operations *op,
			  struct list_head *head, struct ima_ns_marks *marks);

#endif /* _IMA_NS_SEEK_H */
