// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: the chain of records from a namespace up to the TPM.
 *
 * A hook *stages* an event under one mutex, which gives all lists one order:
 * the entry goes into the namespace's list, the record into the list of each
 * intermediate ancestor and into the queue for the host's. One kernel thread
 * *commits* what is queued, many records with one extend of the TPM, and
 * publishes how far it came. The hook waits for that outside of all locks.
 * The thread is nobody's: a container's signals, memory limit or throttling
 * can't make others wait.
 */

#include <crypto/sha2.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <trace/events/ima_ns.h>

#include "ima_ns.h"

/* What an intermediate ancestor's copy of a record has in its buffer. */
struct record_copy {
	struct ima_ns_records_hdr hdr;
	struct ima_ns_record rec;
};

/* The buffer of one entry of the host's list. */
struct record_batch {
	struct ima_ns_records_hdr hdr;
	struct ima_ns_record recs[IMA_NS_RECORDS_MAX];
};

/**
 * struct queued_record - a record on its way into the host's list
 * @link: in record_queue
 * @rec: the record
 */
struct queued_record {
	struct list_head link;
	struct ima_ns_record rec;
};

/**
 * struct ima_ns_event - an event with all the memory that staging it takes
 * @type: enum ima_ns_record_type
 * @event_digest: E of the record
 * @paid_by: the namespace, if the event was charged when it was allocated
 * @entry: the namespace's own entry
 * @queued: the host's record
 * @copy: content that all intermediate ancestors share, or NULL
 * @num_copies: how many these are
 * @copies: their entries
 */
struct ima_ns_event {
	enum ima_ns_record_type type;
	u8 event_digest[IMA_NS_HASH_SIZE];
	struct ima_namespace *paid_by;
	struct ima_ns_entry *entry;
	struct queued_record *queued;
	struct ima_ns_data *copy;
	unsigned int num_copies;
	struct ima_ns_entry *copies[] __counted_by(num_copies);
};

/* All namespaces' lists, and what is queued for the host's. */
DEFINE_SPINLOCK(ima_ns_chain_lock);

/* Records not yet committed, and their number ever; ima_ns_chain_lock. */
static LIST_HEAD(record_queue);
static u64 records_staged;

/* Records that the TPM has; written by the commit thread only. */
static u64 records_published;

/* To be called between two records; written under ima_ns_chain_lock. */
static struct ima_ns_callback *callback;

static DECLARE_WAIT_QUEUE_HEAD(commit_wait);
static DECLARE_WAIT_QUEUE_HEAD(published_wait);

static struct record_batch commit_batch;

static void fill_hdr(struct ima_ns_records_hdr *hdr, u32 count, u64 index)
{
	memcpy(hdr->magic, IMA_NS_MAGIC_RECORDS, sizeof(hdr->magic));
	hdr->version = cpu_to_le16(IMA_NS_VERSION);
	hdr->record_size = cpu_to_le16(IMA_NS_RECORD_SIZE);
	hdr->count = cpu_to_le32(count);
	hdr->index = cpu_to_le64(index);
	hdr->reserved = 0;
}

static struct ima_ns_cost event_cost(const struct ima_ns_event *event)
{
	return (struct ima_ns_cost) {
		/* Others cause violations, too. */
		.entries = event->entry->data->violation ? 0 : 1,
		.own = ima_ns_entry_bytes(event->entry),
		.copy = event->num_copies ?
			ima_ns_entry_bytes(event->copies[0]) : 0,
		.host = IMA_NS_HOST_ENTRY_BYTES,
	};
}

static void give_back(const struct ima_ns_event *event)
{
	const struct ima_ns_cost cost = event_cost(event);

	ima_ns_quota_refund(event->paid_by, &cost);
}

/**
 * ima_ns_event_free - free an event that was not staged
 * @event: the event, or NULL
 */
void ima_ns_event_free(struct ima_ns_event *event)
{
	unsigned int i;

	if (!event)
		return;

	if (event->paid_by)
		give_back(event);
	for (i = 0; i < event->num_copies; i++)
		ima_ns_entry_free(event->copies[i]);
	ima_ns_data_put(event->copy);
	ima_ns_entry_free(event->entry);
	kfree(event->queued);
	kfree(event);
}

static int alloc_copies(struct ima_ns_event *event)
{
	unsigned int i;

	if (!event->num_copies)
		return 0;

	event->copy = ima_ns_data_from_buf(IMA_NS_EVENT_RECORDS,
					   sizeof(struct record_copy));
	if (!event->copy)
		return -ENOMEM;

	for (i = 0; i < event->num_copies; i++) {
		event->copies[i] = ima_ns_entry_alloc(event->copy);
		if (!event->copies[i])
			return -ENOMEM;
	}
	return 0;
}

/**
 * ima_ns_event_alloc - allocate all that staging an event takes
 * @ns: the namespace
 * @type: type of the record
 * @data: content of the entry; a reference is taken
 *
 * The content must be sealed, by ima_ns_event_seal(), before it is staged.
 *
 * Return: the event, or NULL.
 */
struct ima_ns_event *ima_ns_event_alloc(struct ima_namespace *ns,
					enum ima_ns_record_type type,
					struct ima_ns_data *data)
{
	struct ima_ns_event *event;

	event = kzalloc(struct_size(event, copies, ns->depth - 1), GFP_NOFS);
	if (!event)
		return NULL;

	event->type = type;
	event->num_copies = ns->depth - 1;
	event->entry = ima_ns_entry_alloc(data);
	event->queued = kmalloc(sizeof(*event->queued), GFP_NOFS);
	if (!event->entry || !event->queued || alloc_copies(event)) {
		ima_ns_event_free(event);
		return NULL;
	}
	return event;
}

/**
 * ima_ns_event_from_template - make an event by the namespaces' template
 * @ns: the namespace
 * @event_data: what the template's fields are made of
 *
 * Return: the event, sealed, or NULL without memory.
 */
struct ima_ns_event *
ima_ns_event_from_template(struct ima_namespace *ns,
			   struct ima_event_data *event_data)
{
	struct ima_ns_event *event;
	struct ima_ns_data *data;

	data = ima_ns_data_from_template(event_data);
	if (IS_ERR(data))
		return NULL;

	event = ima_ns_event_alloc(ns, IMA_NS_RECORD_ENTRY, data);
	ima_ns_data_put(data);
	if (event)
		ima_ns_event_seal(event);
	return event;
}

/**
 * ima_ns_event_alloc_buf - allocate an event of our own
 * @ns: the namespace
 * @type: type of the record
 * @name: name of the event
 * @len: length of its buffer, to be filled in and sealed
 *
 * Return: the event, or NULL.
 */
struct ima_ns_event *ima_ns_event_alloc_buf(struct ima_namespace *ns,
					    enum ima_ns_record_type type,
					    const char *name, u32 len)
{
	struct ima_ns_data *data = ima_ns_data_from_buf(name, len);
	struct ima_ns_event *event;

	if (!data)
		return NULL;

	event = ima_ns_event_alloc(ns, type, data);
	ima_ns_data_put(data);
	return event;
}

/**
 * ima_ns_event_data - the content of an event that is not yet staged
 * @event: the event
 *
 * Return: the content, without a reference.
 */
struct ima_ns_data *ima_ns_event_data(struct ima_ns_event *event)
{
	return event->entry->data;
}

/**
 * ima_ns_event_seal - digest an event's content, which is final now
 * @event: the event
 */
void ima_ns_event_seal(struct ima_ns_event *event)
{
	struct ima_ns_data *data = event->entry->data;

	ima_ns_event_digest(data->desc->name, data->bytes, data->len,
			    event->event_digest);
}

/**
 * ima_ns_event_pay - charge an event now, so that staging it can't fail
 * @ns: the namespace
 * @event: the event; freeing it gives the charge back
 *
 * Return: false if a quota is used up.
 */
bool ima_ns_event_pay(struct ima_namespace *ns, struct ima_ns_event *event)
{
	const struct ima_ns_cost cost = event_cost(event);

	if (!ima_ns_quota_charge(ns, &cost))
		return false;

	event->paid_by = ns;
	return true;
}

static void make_record(const struct ima_namespace *ns,
			const struct ima_ns_event *event,
			struct ima_ns_record *rec)
{
	memset(rec, 0, sizeof(*rec));
	rec->type = event->type;
	rec->suite = IMA_NS_SUITE_SHA256;
	rec->id = cpu_to_le64(ns->id);
	rec->seq = cpu_to_le64(ns->log.own);
	if (event->type == IMA_NS_RECORD_CREATE)
		rec->parent = cpu_to_le64(ns->parent->id);
	ima_ns_commitment(ns->key, ima_ns_boot_id, ns->log.vpcr,
			  event->event_digest, rec);
}

static void append_copies(struct ima_namespace *ns,
			  const struct ima_ns_event *event, u64 ticket)
{
	struct ima_namespace *ancestor = ns->parent;
	struct record_copy *buf;
	unsigned int i;

	if (!event->num_copies)
		return;

	buf = ima_ns_data_buf(event->copy, sizeof(*buf));
	fill_hdr(&buf->hdr, 1, ticket - 1);
	buf->rec = event->queued->rec;
	ima_ns_data_seal_buf(event->copy, sizeof(*buf));

	for (i = 0; i < event->num_copies; i++) {
		ima_ns_log_append(ancestor, event->copies[i], ticket);
		ancestor->log.records++;
		ancestor = ancestor->parent;
	}
}

static bool may_repeat(const struct ima_ns_event *event)
{
	return event->entry->data->violation;
}

/**
 * ima_ns_stage_locked - put an event into all lists
 * @ns: the namespace, active
 * @event: the event, sealed; consumed
 *
 * Context: ima_ns_chain_lock is held.
 * Return: the entry that shows it, with the ticket to wait for, an older one if
 * it is equal; NULL if a quota is used up, never for an event that was paid.
 */
const struct ima_ns_entry *ima_ns_stage_locked(struct ima_namespace *ns,
					       struct ima_ns_event *event)
{
	struct ima_ns_entry *entry = event->entry;
	struct ima_ns_entry *same;
	u64 ticket;

	lockdep_assert_held(&ima_ns_chain_lock);

	if (!may_repeat(event)) {
		same = ima_ns_log_find(ns, entry->data);
		if (same) {
			ima_ns_event_free(event);
			return same;
		}
	}

	if (!event->paid_by && !ima_ns_event_pay(ns, event)) {
		ima_ns_event_free(event);
		return NULL;
	}

	ticket = records_staged + 1;
	ima_ns_log_append(ns, entry, ticket);
	if (entry->data->violation)
		ns->log.violations++;
	else
		ima_ns_log_hash(ns, entry);

	make_record(ns, event, &event->queued->rec);
	trace_ima_ns_measure(ns->id, ns->log.own, ticket, event->type,
			     entry->data->violation);
	ns->log.own++;
	append_copies(ns, event, ticket);

	list_add_tail(&event->queued->link, &record_queue);
	WRITE_ONCE(records_staged, ticket);

	/* The lists own the rest. */
	ima_ns_data_put(event->copy);
	kfree(event);
	return entry;
}

/**
 * ima_ns_kick - have committed what was staged under the caller's lock
 */
void ima_ns_kick(void)
{
	wake_up(&commit_wait);
}

/**
 * ima_ns_stage - put an event into all lists, and have it committed
 * @ns: the namespace, active, of the caller
 * @event: the event, sealed; consumed
 *
 * Return: the entry that shows it, with the ticket to wait for; NULL if a quota
 * is used up.
 */
const struct ima_ns_entry *ima_ns_stage(struct ima_namespace *ns,
					struct ima_ns_event *event)
{
	const struct ima_ns_entry *entry;

	spin_lock(&ima_ns_chain_lock);
	entry = ima_ns_stage_locked(ns, event);
	spin_unlock(&ima_ns_chain_lock);

	ima_ns_kick();
	return entry;
}

/**
 * ima_ns_stage_active - as ima_ns_stage(), for who is no task of the namespace
 * @ns: the namespace, which may be closing
 * @event: the event, sealed; consumed
 * @ticket: set to the ticket to wait for
 *
 * Return: 0; -EBUSY if the log is closed; -EDQUOT if a quota is used up.
 */
int ima_ns_stage_active(struct ima_namespace *ns, struct ima_ns_event *event,
			u64 *ticket)
{
	const struct ima_ns_entry *entry;
	int rc = 0;

	spin_lock(&ima_ns_chain_lock);
	if (ima_ns_get_state(ns) == IMA_NS_ACTIVE && !ns->log.closed) {
		entry = ima_ns_stage_locked(ns, event);
		if (entry)
			*ticket = entry->ticket;
		else
			rc = -EDQUOT;
	} else {
		ima_ns_event_free(event);
		rc = -EBUSY;
	}
	spin_unlock(&ima_ns_chain_lock);

	ima_ns_kick();
	return rc;
}

/**
 * struct ticket_waiter - a hook that waits for the TPM
 * @entry: in published_wait
 * @ticket: it is woken when this is published, and not before
 */
struct ticket_waiter {
	struct wait_queue_entry entry;
	u64 ticket;
};

static int wake_ticket(struct wait_queue_entry *entry, unsigned int mode,
		       int flags, void *published)
{
	struct ticket_waiter *waiter =
		container_of(entry, struct ticket_waiter, entry);

	if (waiter->ticket > (uintptr_t)published)
		return 0;

	return autoremove_wake_function(entry, mode, flags, published);
}

static bool is_published(u64 ticket)
{
	/* Pairs with the release in commit(), after the extend. */
	return smp_load_acquire(&records_published) >= ticket;
}

/**
 * ima_ns_wait - wait until an event's record has reached the TPM
 * @ticket: what staging the event returned; 0 is never waited for
 *
 * Uninterruptible: whoever goes on has been measured before.
 */
void ima_ns_wait(u64 ticket)
{
	struct ticket_waiter waiter = { .ticket = ticket };

	if (is_published(ticket))
		return;

	init_wait(&waiter.entry);
	waiter.entry.func = wake_ticket;
	for (;;) {
		prepare_to_wait(&published_wait, &waiter.entry,
				TASK_UNINTERRUPTIBLE);
		if (is_published(ticket))
			break;
		schedule();
	}
	finish_wait(&published_wait, &waiter.entry);
}

/**
 * ima_ns_call_locked - have the commit thread call back, after what is staged
 * @request: the callback; to be waited for
 *
 * There is one at a time, and ima_ns_kick() is for the caller.
 *
 * Context: ima_ns_chain_lock is held.
 */
void ima_ns_call_locked(struct ima_ns_callback *request)
{
	lockdep_assert_held(&ima_ns_chain_lock);

	request->after = records_staged;
	WRITE_ONCE(callback, request);
}

/* Returns false if it is not yet due. */
static bool call_back(void)
{
	struct ima_ns_callback *request = READ_ONCE(callback);
	unsigned int noreclaim;

	if (!request || request->after != records_published)
		return false;

	noreclaim = memalloc_noreclaim_save();
	request->fn(request);
	memalloc_noreclaim_restore(noreclaim);

	/* The next one is asked for when this is done. */
	WRITE_ONCE(callback, NULL);
	complete(&request->done);
	return true;
}

static u32 take_batch(struct list_head *taken, u64 first)
{
	struct queued_record *queued, *next;
	u32 count = 0;

	spin_lock(&ima_ns_chain_lock);
	list_for_each_entry_safe(queued, next, &record_queue, link) {
		commit_batch.recs[count] = queued->rec;
		list_move_tail(&queued->link, taken);
		if (++count == IMA_NS_RECORDS_MAX ||
		    (callback && callback->after == first + count))
			break;
	}
	spin_unlock(&ima_ns_chain_lock);

	fill_hdr(&commit_batch.hdr, count, first);
	return count;
}

/* A record that stands in a namespace's list must reach the host's. */
static void log_until_done(int (*log)(u32 count), u32 count)
{
	unsigned int noreclaim;
	int rc;

	for (;;) {
		/* What frees memory may wait for this thread. */
		noreclaim = memalloc_noreclaim_save();
		rc = log(count);
		memalloc_noreclaim_restore(noreclaim);
		if (!rc)
			return;

		if (ima_ns_list_closed())
			ima_ns_wait_for_end();
		pr_err_ratelimited("ima-ns: can't log records: %d\n", rc);
		msleep(IMA_NS_RETRY_MS);
	}
}

static int log_boot(u32 unused)
{
	return ima_ns_log_boot();
}

static int log_batch(u32 count)
{
	return ima_ns_host_event(IMA_NS_EVENT_RECORDS, &commit_batch,
				 sizeof(commit_batch.hdr) +
				 count * IMA_NS_RECORD_SIZE);
}

static void commit(void)
{
	struct queued_record *queued, *next;
	u64 first = records_published;
	LIST_HEAD(taken);
	ktime_t start;
	u32 count;

	count = take_batch(&taken, first);
	start = ktime_get();
	log_until_done(log_batch, count);
	ima_ns_quota_batched(count);
	trace_ima_ns_commit(first + 1, count, ktime_get() - start);

	/* Pairs with the acquire in is_published(). */
	smp_store_release(&records_published, first + count);
	__wake_up(&published_wait, TASK_NORMAL, 0,
		  (void *)(uintptr_t)(first + count));

	list_for_each_entry_safe(queued, next, &taken, link)
		kfree(queued);
}

static int commit_thread(void *unused)
{
	log_until_done(log_boot, 0);

	for (;;) {
		wait_event_idle(commit_wait,
				READ_ONCE(records_staged) != records_published ||
				READ_ONCE(callback));
		if (!call_back())
			commit();
	}
	return 0;
}

/**
 * ima_ns_chain_start - begin this boot's scope and start the commit thread, once
 *
 * A node that never activates a namespace logs nothing of ours. Also waits, each
 * time, until there is randomness for keys.
 *
 * Return: 0 or a negative error.
 */
int ima_ns_chain_start(void)
{
	static DEFINE_MUTEX(start_mutex);
	static struct task_struct *thread;
	struct task_struct *task;
	int rc;

	BUILD_BUG_ON(sizeof(struct ima_ns_record) != IMA_NS_RECORD_SIZE);
	BUILD_BUG_ON(sizeof(struct ima_ns_records_hdr) != 32);
	BUILD_BUG_ON(sizeof(struct record_copy) != 96);
	BUILD_BUG_ON(sizeof(IMA_NS_LABEL_KEY) != IMA_NS_LABEL_SIZE);
	BUILD_BUG_ON(sizeof(IMA_NS_LABEL_REC) != IMA_NS_LABEL_SIZE);

	rc = wait_for_random_bytes();
	if (rc)
		return rc;

	mutex_lock(&start_mutex);
	spin_lock(&ima_ns_chain_lock);
	rc = ima_ns_boot_begin();
	spin_unlock(&ima_ns_chain_lock);
	if (!rc && !thread) {
		task = kthread_run(commit_thread, NULL, "ima_ns_commit");
		if (IS_ERR(task))
			rc = PTR_ERR(task);
		else
			thread = task;
	}
	mutex_unlock(&start_mutex);
	return rc;
}
