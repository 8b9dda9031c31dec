// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: life-cycle events, for who collects logs.
 *
 * The last events are remembered in a ring of fixed size, so that logging one
 * can't fail. An event takes 3 words and one for each id of its path: a
 * namespace's ancestors may be gone when the event is read.
 */

#include <linux/build_bug.h>
#include <linux/log2.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "ima_ns_fs.h"

/* Room for IMA_NS_LIFE_MAX events to a depth of 5, and for fewer below. */
#define RING_WORDS	(8 * IMA_NS_LIFE_MAX)

/* "<boottime> released <path>\n", the time has at most 20 digits. */
#define LINE_SIZE	(20 + sizeof(" released ") + IMA_NS_PATH_MAX)

/**
 * struct life_event - an event, as many words of it in the ring as it needs
 * @time: CLOCK_BOOTTIME, in nanoseconds
 * @what: pointer to a constant string
 * @depth: how many ids
 * @ids: from the host's child down to the namespace
 */
struct life_event {
	u64 time;
	u64 what;
	u64 depth;
	u64 ids[IMA_NS_DEPTH_MAX];
};

#define HEAD_WORDS	(offsetof(struct life_event, ids) / sizeof(u64))

/**
 * struct life_reader - an open file
 * @lock: serialises the readers of the file
 * @id: namespace of the opener
 * @depth: its depth
 * @pos: place in the ring of the next event, in words since boot
 * @number: number of the next event since boot
 * @event: the event that is being formatted
 * @len: length of @line, 0 if none waits to be read
 * @shown: how much of it was read
 * @line: a line that did not fit into the last read, or that poll found
 */
struct life_reader {
	struct mutex lock;	/* all below */
	u64 id;
	u32 depth;
	u64 pos;
	u64 number;
	struct life_event event;
	size_t len;
	size_t shown;
	char line[LINE_SIZE];
};

static DECLARE_WAIT_QUEUE_HEAD(life_wait);

/* Protects what follows. Words are numbered since boot. */
static DEFINE_SPINLOCK(life_lock);
static u64 *ring __ro_after_init;
static u64 ring_head;		/* where the next event goes */
static u64 ring_tail;		/* the oldest remembered event */
static u64 tail_number;		/* its number since boot */

static u64 *ring_word(u64 pos)
{
	BUILD_BUG_ON(!is_power_of_2(RING_WORDS));
	return &ring[pos & (RING_WORDS - 1)];
}

static u64 event_words(u64 pos)
{
	u64 depth = *ring_word(pos + offsetof(struct life_event, depth) /
			       sizeof(u64));

	return HEAD_WORDS + depth;
}

static void ring_add(const struct life_event *event)
{
	const u64 *words = (const u64 *)event;
	u64 count = HEAD_WORDS + event->depth;
	u64 i;

	while (ring_head + count - ring_tail > RING_WORDS) {
		ring_tail += event_words(ring_tail);
		tail_number++;
	}

	for (i = 0; i < count; i++)
		*ring_word(ring_head + i) = words[i];
	ring_head += count;
}

/**
 * ima_ns_life - tell that a namespace enters another part of its life
 * @ns: the namespace, not the host's
 * @what: "new", "active", "dead" or "released"; a constant string
 *
 * Context: ima_ns_tree_mutex is held, which orders the events.
 */
void ima_ns_life(const struct ima_namespace *ns, const char *what)
{
	struct life_event event = {
		.time = ktime_get_boottime_ns(),
		.what = (uintptr_t)what,
		.depth = ns->depth,
	};
	u32 i;

	lockdep_assert_held(&ima_ns_tree_mutex);

	for (i = ns->depth; i--; ns = ns->parent)
		event.ids[i] = ns->id;

	spin_lock(&life_lock);
	ring_add(&event);
	spin_unlock(&life_lock);

	wake_up_interruptible_poll(&life_wait, EPOLLIN | EPOLLRDNORM);
}

/*
 * Takes the next event out of the ring. Returns 1; 0 at the end; or, if the
 * reader fell behind, minus the number of events that it missed, with the time
 * of the oldest event that is left.
 */
static s64 ring_next(struct life_reader *reader)
{
	u64 *words = (u64 *)&reader->event;
	s64 rc = 0;
	u64 count, i;

	spin_lock(&life_lock);
	if (reader->pos < ring_tail) {
		rc = reader->number - tail_number;
		reader->event.time = *ring_word(ring_tail);
		reader->number = tail_number;
		reader->pos = ring_tail;
	} else if (reader->pos != ring_head) {
		count = event_words(reader->pos);
		for (i = 0; i < count; i++)
			words[i] = *ring_word(reader->pos + i);
		reader->pos += count;
		reader->number++;
		rc = 1;
	}
	spin_unlock(&life_lock);
	return rc;
}

/* Its own namespace and what is below: then its id is in the event's path. */
static bool is_visible(const struct life_reader *reader)
{
	const struct life_event *event = &reader->event;

	if (!reader->depth)
		return true;

	return event->depth >= reader->depth &&
	       event->ids[reader->depth - 1] == reader->id;
}

static void print_event(struct life_reader *reader)
{
	const struct life_event *event = &reader->event;
	size_t len;
	u32 i;

	len = scnprintf(reader->line, LINE_SIZE, "%llu %s ", event->time,
			(const char *)(uintptr_t)event->what);
	for (i = 0; i < event->depth; i++)
		len += scnprintf(reader->line + len, LINE_SIZE - len, "%s%llu",
				 i ? "/" : "", event->ids[i]);
	len += scnprintf(reader->line + len, LINE_SIZE - len, "\n");
	reader->len = len;
}

/* Prepares the next line, if none waits. Returns false if there is none. */
static bool fetch_line(struct life_reader *reader)
{
	s64 rc;

	while (!reader->len) {
		reader->shown = 0;
		rc = ring_next(reader);
		if (!rc)
			return false;

		if (rc < 0)
			reader->len = scnprintf(reader->line, LINE_SIZE,
						"%llu lost %lld\n",
						reader->event.time, -rc);
		else if (is_visible(reader))
			print_event(reader);
	}
	return true;
}

static int life_open(struct inode *inode, struct file *file)
{
	const struct ima_namespace *ns = ima_ns_fs_reader();
	struct life_reader *reader;

	if (!ns)
		return -EPERM;

	reader = kzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);
	if (!reader)
		return -ENOMEM;

	mutex_init(&reader->lock);
	reader->id = ns->id;
	reader->depth = ns->depth;

	spin_lock(&life_lock);
	reader->pos = ring_tail;
	reader->number = tail_number;
	spin_unlock(&life_lock);

	file->private_data = reader;
	return stream_open(inode, file);
}

/*
 * Whole lines, as many as fit. A line for which there is no room at all comes
 * in parts: who fills up a buffer must not get an error at its end.
 */
static ssize_t life_read(struct file *file, char __user *buf, size_t count,
			 loff_t *ppos)
{
	struct life_reader *reader = file->private_data;
	size_t done = 0, part;
	ssize_t rc;

	rc = mutex_lock_interruptible(&reader->lock);
	if (rc)
		return rc;

	while (done < count && fetch_line(reader)) {
		part = reader->len - reader->shown;
		if (done && part > count - done)
			break;

		part = min(part, count - done);
		if (copy_to_user(buf + done, reader->line + reader->shown,
				 part)) {
			rc = -EFAULT;
			break;
		}

		done += part;
		reader->shown += part;
		if (reader->shown == reader->len)
			reader->len = 0;
	}
	mutex_unlock(&reader->lock);

	return done ? (ssize_t)done : rc;
}

static __poll_t life_poll(struct file *file, poll_table *wait)
{
	struct life_reader *reader = file->private_data;
	bool readable;

	poll_wait(file, &life_wait, wait);

	mutex_lock(&reader->lock);
	readable = fetch_line(reader);
	mutex_unlock(&reader->lock);

	return readable ? EPOLLIN | EPOLLRDNORM : 0;
}

static int life_release(struct inode *inode, struct file *file)
{
	struct life_reader *reader = file->private_data;

	mutex_destroy(&reader->lock);
	kfree(reader);
	return 0;
}

const struct file_operations ima_ns_life_fops = {
	.open = life_open,
	.read = life_read,
	.poll = life_poll,
	.release = life_release,
};

/**
 * ima_ns_life_init - allocate the ring
 *
 * Return: 0 or -ENOMEM.
 */
int __init ima_ns_life_init(void)
{
	ring = kvcalloc(RING_WORDS, sizeof(*ring), GFP_KERNEL);
	return ring ? 0 : -ENOMEM;
}
