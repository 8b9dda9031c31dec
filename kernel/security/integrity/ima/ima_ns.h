/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IMA namespaces: internal definitions.
 *
 * Lock order:
 *
 *	iint->mutex
 *	  inode_lock()
 *	    ima_extend_list_mutex
 *	      ima_ns_chain_lock
 *
 *	ns->config -> ima_ns_chain_lock
 *	ns->config -> ima_ns_tree_mutex
 *
 *	ima_ns_heads_mutex -> ima_ns_tree_mutex -> ima_ns_chain_lock
 *
 * ima_ns_chain_lock covers memory work of microseconds only: what it needs has
 * been allocated before. It is a spinlock, as who holds it must not lose the
 * processor: a container past its CPU quota would keep all others waiting.
 * ima_ns_nodes_lock and the lock of the life-cycle ring are leaves.
 */
#ifndef _IMA_NS_H
#define _IMA_NS_H

#include <linux/completion.h>
#include <linux/ima_namespace.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/ns_common.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/user_namespace.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <uapi/linux/ima_ns.h>

#include "ima.h"
#include "ima_ns_limits.h"
#include "ima_ns_quota.h"

#define ima_ns_pr_info(ns, fmt, ...) \
	pr_info_ratelimited("ima-ns %llu: " fmt, (ns)->id, ##__VA_ARGS__)

/**
 * enum ima_ns_state - where a namespace is in its life
 * @IMA_NS_NEW: being configured; its tasks' events belong to the nearest
 *		active ancestor
 * @IMA_NS_ACTIVE: measures
 * @IMA_NS_DEAD: no task, handle or open child is left; the log is closed
 */
enum ima_ns_state {
	IMA_NS_NEW,
	IMA_NS_ACTIVE,
	IMA_NS_DEAD,
};

/**
 * struct ima_ns_data - the content of a list's entry, immutable
 * @refs: entries that share it: a record's copy stands in every intermediate
 *	  ancestor
 * @desc: the template
 * @violation: the template digest is shown as zeroes and counts as 0xff..
 * @digest: SHA-256 of @bytes, the template digest of suite 1
 * @len: length of @bytes
 * @bytes: the template data, as in a binary list: each field after its length
 */
struct ima_ns_data {
	refcount_t refs;
	const struct ima_template_desc *desc;
	bool violation;
	u8 digest[IMA_NS_HASH_SIZE];
	u32 len;
	u8 bytes[];
};

/**
 * struct ima_ns_entry_key - what makes an entry a duplicate
 * @id: the namespace
 * @digest: template digest
 */
struct ima_ns_entry_key {
	u64 id;
	u8 digest[IMA_NS_HASH_SIZE];
};

/**
 * struct ima_ns_entry - an entry of a namespace's list
 * @list: in struct ima_ns_log::entries, added under ima_ns_chain_lock, never
 *	  removed before the log is freed
 * @rcu: frees it with the log
 * @hash: in the table of digests, if @hashed
 * @key: key in that table
 * @hashed: @hash is in use
 * @number: place in the list, from 0
 * @ticket: the event's ticket, see ima_ns_wait()
 * @data: a reference on the content
 */
struct ima_ns_entry {
	union {
		struct list_head list;
		struct rcu_head rcu;
	};
	struct rhash_head hash;
	struct ima_ns_entry_key key;
	bool hashed;
	u64 number;
	u64 ticket;
	struct ima_ns_data *data;
};

/**
 * struct ima_ns_head - how far a list had come
 * @moment: the value of ima_ns_moment that this was the state at
 * @own: own entries
 * @count: entries in the list
 * @vpcr: replay of the list
 */
struct ima_ns_head {
	u64 moment;
	u64 own;
	u64 count;
	u8 vpcr[IMA_NS_HASH_SIZE];
};

/**
 * struct ima_ns_log - a namespace's measurement list
 *
 * All under ima_ns_chain_lock; readers walk @entries under RCU and hold a
 * memory reference on the namespace.
 *
 * @entries: struct ima_ns_entry, in order
 * @count: entries in the list
 * @own: own entries, which is the next one's seq
 * @records: copies of descendants' records
 * @violations: own entries that are violations
 * @losses: events that could not be measured
 * @closed: DESTROY was the last own entry
 * @bytes: memory that the entries take
 * @vpcr: replay of the list in SHA-256
 * @kept: the state at the last moment, if the list has grown since
 * @marks: places in the files that show the list, once there was a reader
 * @wait: woken for each new entry
 */
struct ima_ns_log {
	struct list_head entries;
	u64 count;
	u64 own;
	u64 records;
	u64 violations;
	atomic64_t losses;
	bool closed;
	size_t bytes;
	u8 vpcr[IMA_NS_HASH_SIZE];
	struct ima_ns_head kept;
	struct ima_ns_marks *marks;
	wait_queue_head_t wait;
};

struct ima_ns_event;
struct ima_ns_marks;
struct ima_ns_policy;
struct ima_ns_policy_error;

/**
 * struct ima_namespace - an IMA namespace
 * @ns: the common part; its count is the *active* count, of tasks (through
 *	nsproxies), nsfs handles and children that are not yet closed
 * @mem: the *memory* count: one for all that is active or kept in the tree,
 *	 one for each open file and each child's @parent
 * @rcu: frees it
 * @state: enum ima_ns_state; written under @config, read with
 *	   smp_load_acquire()
 * @id: never reused in a boot; 0 is the host's
 * @depth: levels below the host's namespace
 * @parent: NULL for the host's; holds an active reference until closed, and a
 *	    memory reference until freed
 * @user_ns: owner, a reference until freed
 * @ucounts: charged until closed
 * @config: serialises configuration, activation and closing
 * @label: NULL until set, immutable then; under @config
 * @policy: a reference, under @config while new, immutable then
 * @hooks: BIT() of each hook that @policy or an ancestor's has a "measure" rule
 *	   for, the host's left out; set at activation
 * @delegate: a user namespace's root may make children; set while new
 * @key_self: the namespace's own tasks may read the key; set while new
 * @close: closes it when the active count has dropped to zero
 * @children: by id, live and dead ones; written under ima_ns_tree_mutex
 * @dead_link: in the parent's @dead_children, under ima_ns_tree_mutex
 * @dead_children: dead and not released, oldest first, under
 *		   ima_ns_tree_mutex
 * @dead_count: how many dead namespaces are kept below this one, at all
 *		depths, under ima_ns_tree_mutex
 * @dead_bytes: memory of their logs, under ima_ns_tree_mutex
 * @quota: how much it may add, and what it used of that
 * @log: the measurement list
 * @key: K, drawn at activation
 * @destroy: the DESTROY event, allocated at activation: closing can't fail
 * @full: the LOSS event for when a quota is used up, allocated and charged at
 *	  activation; NULL once it was logged
 * @loss: a LOSS event, for when memory is short; NULL after one was logged and
 *	  before the next is allocated
 * @nodes: what it measured (struct ima_ns_node), under ima_ns_nodes_lock
 * @tasks: its threads when they were counted last, under ima_ns_heads_mutex
 * @tasks_round: which count that was
 */
struct ima_namespace {
	struct ns_common ns;
	refcount_t mem;
	struct rcu_head rcu;
	enum ima_ns_state state;
	u64 id;
	u32 depth;
	struct ima_namespace *parent;
	struct user_namespace *user_ns;
	struct ucounts *ucounts;

	struct mutex config;	/* label, policy, quota, delegate, ..., state */
	char *label;
	struct ima_ns_policy *policy;
	u32 hooks;
	bool delegate;
	bool key_self;
	struct work_struct close;

	struct xarray children;
	struct list_head dead_link;
	struct list_head dead_children;
	u32 dead_count;
	size_t dead_bytes;

	struct ima_ns_quota quota;
	struct ima_ns_log log;
	u8 key[IMA_NS_KEY_SIZE];
	struct ima_ns_event *destroy;
	struct ima_ns_event *full;
	struct ima_ns_event *loss;
	struct hlist_head nodes;

	u64 tasks;
	u64 tasks_round;
};

/* ima_ns.c */
extern struct mutex ima_ns_tree_mutex;

struct ima_namespace *ima_ns_current(void);
struct ima_namespace *ima_ns_find(u64 id);
struct ima_namespace *ima_ns_next(u64 *id);
void ima_ns_get_mem(struct ima_namespace *ns);
void ima_ns_put_mem(struct ima_namespace *ns);
bool ima_ns_is_within(const struct ima_namespace *ns,
		      const struct ima_namespace *ancestor);
bool ima_ns_in_tree(const struct ima_namespace *ns);
void ima_ns_tree_remove(struct ima_namespace *ns);
size_t ima_ns_path(const struct ima_namespace *ns, char *buf, size_t size);

/* ima_ns_config.c */
bool ima_ns_label_valid(const char *label, size_t len);
int ima_ns_set_label(struct ima_namespace *ns, const char *label, size_t len);
int ima_ns_set_policy(struct ima_namespace *ns, const char *text, size_t len,
		      struct ima_ns_policy_error *error);
int ima_ns_set_flag(struct ima_namespace *ns, bool *flag);
int ima_ns_activate(struct ima_namespace *ns);

/* ima_ns_death.c */
void ima_ns_close(struct work_struct *work);
int ima_ns_release(struct ima_namespace *ns);

static inline enum ima_ns_state
ima_ns_get_state(const struct ima_namespace *ns)
{
	/* Pairs with the releases where it changes: all else is set before. */
	return smp_load_acquire(&ns->state);
}

static inline bool ima_ns_is_host(const struct ima_namespace *ns)
{
	return ns == &init_ima_ns;
}

/* Past its quota, do events of an active namespace go on unmeasured? */
static inline bool ima_ns_marks(const struct ima_namespace *ns)
{
	return ns->quota.overflow == IMA_NS_OVERFLOW_MARK;
}

/* ima_ns_crypto.c */
void ima_ns_hmac(const u8 key[IMA_NS_KEY_SIZE], const void *a, size_t a_len,
		 const void *b, size_t b_len, u8 mac[IMA_NS_HASH_SIZE]);
void ima_ns_event_digest(const char *template_name, const void *data,
			 size_t len, u8 digest[IMA_NS_HASH_SIZE]);
void ima_ns_extend(u8 vpcr[IMA_NS_HASH_SIZE],
		   const u8 digest[IMA_NS_HASH_SIZE], bool violation);
void ima_ns_commitment(const u8 key[IMA_NS_KEY_SIZE],
		       const u8 boot_id[IMA_NS_BOOT_ID_SIZE],
		       const u8 vpcr[IMA_NS_HASH_SIZE],
		       const u8 event_digest[IMA_NS_HASH_SIZE],
		       struct ima_ns_record *rec);

/* Files that show a namespace's list, each in a format of its own. */
#define IMA_NS_LIST_FILES	4

/* ima_ns_log.c */
int __init ima_ns_log_init(void);
void ima_ns_log_setup(struct ima_ns_log *log);
void ima_ns_log_free(struct ima_namespace *ns);
struct ima_ns_data *ima_ns_data_alloc(const struct ima_template_desc *desc,
				      u32 len);
void ima_ns_data_put(struct ima_ns_data *data);
struct ima_ns_data *ima_ns_data_from_template(struct ima_event_data *event);
struct ima_ns_data *ima_ns_data_from_buf(const char *name, u32 len);
void *ima_ns_data_buf(struct ima_ns_data *data, u32 len);
void ima_ns_data_seal_buf(struct ima_ns_data *data, u32 len);
struct ima_ns_entry *ima_ns_entry_alloc(struct ima_ns_data *data);
void ima_ns_entry_free(struct ima_ns_entry *entry);
size_t ima_ns_entry_bytes(const struct ima_ns_entry *entry);
struct ima_ns_entry *ima_ns_log_find(struct ima_namespace *ns,
				     const struct ima_ns_data *data);
void ima_ns_log_append(struct ima_namespace *ns, struct ima_ns_entry *entry,
		       u64 ticket);
void ima_ns_log_hash(struct ima_namespace *ns, struct ima_ns_entry *entry);
bool ima_ns_data_field(const struct ima_ns_data *data, u32 *pos,
		       struct ima_field_data *field);

/**
 * struct ima_ns_callback - what the commit thread does between two records
 * @fn: called when the first @after records of this boot have reached the TPM,
 *	before the next is logged
 * @after: records staged when it was asked for
 * @done: completed after @fn has returned
 */
struct ima_ns_callback {
	void (*fn)(struct ima_ns_callback *callback);
	u64 after;
	struct completion done;
};

/* ima_ns_chain.c */
extern spinlock_t ima_ns_chain_lock;

int ima_ns_chain_start(void);
struct ima_ns_event *ima_ns_event_alloc(struct ima_namespace *ns,
					enum ima_ns_record_type type,
					struct ima_ns_data *data);
void ima_ns_event_free(struct ima_ns_event *event);
struct ima_ns_data *ima_ns_event_data(struct ima_ns_event *event);
void ima_ns_event_seal(struct ima_ns_event *event);
bool ima_ns_event_pay(struct ima_namespace *ns, struct ima_ns_event *event);
struct ima_ns_event *ima_ns_event_alloc_buf(struct ima_namespace *ns,
					    enum ima_ns_record_type type,
					    const char *name, u32 len);
struct ima_ns_event *
ima_ns_event_from_template(struct ima_namespace *ns,
			   struct ima_event_data *event_data);
const struct ima_ns_entry *ima_ns_stage_locked(struct ima_namespace *ns,
					       struct ima_ns_event *event);
const struct ima_ns_entry *ima_ns_stage(struct ima_namespace *ns,
					struct ima_ns_event *event);
int ima_ns_stage_active(struct ima_namespace *ns, struct ima_ns_event *event,
			u64 *ticket);
void ima_ns_kick(void);
void ima_ns_wait(u64 ticket);
void ima_ns_call_locked(struct ima_ns_callback *callback);

/* ima_ns_boot.c */
extern u8 ima_ns_boot_id[IMA_NS_BOOT_ID_SIZE];

int ima_ns_host_event(const char *name, const void *buf, int len);
int ima_ns_boot_begin(void);
bool ima_ns_boot_begun(void);
bool ima_ns_boot_forbid(void);
int ima_ns_log_boot(void);

/* ima_ns_heads.c */
extern u64 ima_ns_moment;

void ima_ns_leaf_seal(struct ima_ns_leaf *leaf, const struct ima_ns_heads *heads,
		      const u8 key[IMA_NS_KEY_SIZE]);

/* ima_ns_kexec.c */
void ima_ns_wait_for_end(void);

/* ima_ns_loss.c */
int ima_ns_loss_prepare(struct ima_namespace *ns);
void ima_ns_loss_forget(struct ima_namespace *ns);
bool ima_ns_is_full(const struct ima_namespace *ns);
u64 ima_ns_loss(struct ima_namespace *ns, u32 reason);

/* ima_ns_enter.c */
const char *ima_ns_enter_path(const void *buf);
int ima_ns_enter(struct ima_namespace *ns);
u64 ima_ns_enter_all(struct ima_namespace *ns);

/* ima_ns_tpm.c */
bool ima_ns_tpm_filtered(void);

/* ima_ns_life.c */
extern const struct file_operations ima_ns_life_fops;

void ima_ns_life(const struct ima_namespace *ns, const char *what);
int __init ima_ns_life_init(void);

/* ima_ns_node.c */
int __init ima_ns_node_init(void);
void ima_ns_forget_nodes(struct ima_namespace *ns);

#endif /* _IMA_NS_H */
