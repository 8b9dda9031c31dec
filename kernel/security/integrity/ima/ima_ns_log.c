// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: the measurement list of a namespace.
 *
 * An entry is built whole before ima_ns_chain_lock is taken; appending it
 * only links it and extends the vPCR.
 */

#include <crypto/sha2.h>
#include <linux/poll.h>
#include <linux/rculist.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "ima_ns.h"
#include "ima_ns_seek.h"
#include "ima_template_lib.h"

#define BUF_ALGO	"sha256:"
/* The d-ng field of our own events: algorithm with NUL, digest. */
#define BUF_DIGEST_LEN	(sizeof(BUF_ALGO) + SHA256_DIGEST_SIZE)

static struct ima_template_desc *buf_desc __ro_after_init;
static struct ima_template_desc *ns_desc __ro_after_init;

/* Digests of all namespaces' entries: none is logged twice in one list. */
static struct rhashtable ima_ns_digests;

static const struct rhashtable_params digests_params = {
	.key_len = sizeof(struct ima_ns_entry_key),
	.key_offset = offsetof(struct ima_ns_entry, key),
	.head_offset = offsetof(struct ima_ns_entry, hash),
	.automatic_shrinking = true,
};

static u32 list_u32(u32 value)
{
	return ima_canonical_fmt ? (__force u32)cpu_to_le32(value) : value;
}

static u8 *put_field(u8 *pos, const void *data, u32 len)
{
	put_unaligned(list_u32(len), (u32 *)pos);
	pos += sizeof(u32);
	if (data)
		memcpy(pos, data, len);
	return pos + len;
}

/**
 * ima_ns_data_field - step through the fields of template data
 * @data: the template data
 * @pos: position, 0 at first; moved behind the field
 * @field: set to the field's bytes, which stay @data's
 *
 * Return: false at the end.
 */
bool ima_ns_data_field(const struct ima_ns_data *data, u32 *pos,
		       struct ima_field_data *field)
{
	u32 len;

	if (*pos + sizeof(u32) > data->len)
		return false;

	len = list_u32(get_unaligned((const u32 *)(data->bytes + *pos)));
	*pos += sizeof(u32);
	if (len > data->len - *pos)
		return false;

	field->data = (u8 *)data->bytes + *pos;
	field->len = len;
	*pos += len;
	return true;
}

/**
 * ima_ns_data_alloc - allocate an entry's content
 * @desc: the template
 * @len: length of the template data
 *
 * Return: the content with one reference, its bytes not filled in; or NULL.
 */
struct ima_ns_data *ima_ns_data_alloc(const struct ima_template_desc *desc,
				      u32 len)
{
	struct ima_ns_data *data;

	data = kmalloc(struct_size(data, bytes, len), GFP_NOFS);
	if (!data)
		return NULL;

	refcount_set(&data->refs, 1);
	data->desc = desc;
	data->violation = false;
	data->len = len;
	return data;
}

/**
 * ima_ns_data_put - drop a reference on an entry's content
 * @data: the content, or NULL
 */
void ima_ns_data_put(struct ima_ns_data *data)
{
	if (data && refcount_dec_and_test(&data->refs))
		kfree(data);
}

/**
 * ima_ns_data_from_template - measure an event by the namespaces' template
 * @event: what the template's fields are made of
 *
 * Return: the content with one reference, or an ERR_PTR.
 */
struct ima_ns_data *ima_ns_data_from_template(struct ima_event_data *event)
{
	struct ima_template_entry *entry;
	struct ima_ns_data *data;
	u8 *pos;
	int rc, i;

	rc = ima_alloc_init_template(event, &entry, ns_desc);
	if (rc)
		return ERR_PTR(rc);

	data = ima_ns_data_alloc(ns_desc, entry->template_data_len);
	if (!data) {
		ima_free_template_entry(entry);
		return ERR_PTR(-ENOMEM);
	}

	pos = data->bytes;
	for (i = 0; i < ns_desc->num_fields; i++)
		pos = put_field(pos, entry->template_data[i].data,
				entry->template_data[i].len);
	ima_free_template_entry(entry);

	data->violation = event->violation;
	sha256(data->bytes, data->len, data->digest);
	return data;
}

/**
 * ima_ns_data_from_buf - begin an event of our own
 * @name: its name
 * @len: length of its buffer
 *
 * The buffer, ima_ns_data_buf(), is to be filled in, then sealed.
 *
 * Return: the content with one reference, or NULL.
 */
struct ima_ns_data *ima_ns_data_from_buf(const char *name, u32 len)
{
	u32 name_len = strlen(name) + 1;
	struct ima_ns_data *data;
	u8 *pos;

	data = ima_ns_data_alloc(buf_desc, 3 * sizeof(u32) + BUF_DIGEST_LEN +
				 name_len + len);
	if (!data)
		return NULL;

	pos = put_field(data->bytes, NULL, BUF_DIGEST_LEN);
	pos = put_field(pos, name, name_len);
	put_field(pos, NULL, len);
	return data;
}

/**
 * ima_ns_data_buf - the buffer of an event of our own
 * @data: what ima_ns_data_from_buf() returned
 * @len: length of the buffer
 *
 * Return: where the buffer begins.
 */
void *ima_ns_data_buf(struct ima_ns_data *data, u32 len)
{
	return data->bytes + data->len - len;
}

/**
 * ima_ns_data_seal_buf - compute the digests over a filled-in buffer
 * @data: what ima_ns_data_from_buf() returned
 * @len: length of the buffer
 */
void ima_ns_data_seal_buf(struct ima_ns_data *data, u32 len)
{
	u8 *pos = data->bytes + sizeof(u32);

	memcpy(pos, BUF_ALGO, sizeof(BUF_ALGO));
	sha256(ima_ns_data_buf(data, len), len, pos + sizeof(BUF_ALGO));
	sha256(data->bytes, data->len, data->digest);
}

/**
 * ima_ns_entry_alloc - allocate an entry
 * @data: its content, or NULL to set it later; a reference is taken
 *
 * Return: the entry, or NULL.
 */
struct ima_ns_entry *ima_ns_entry_alloc(struct ima_ns_data *data)
{
	struct ima_ns_entry *entry = kzalloc(sizeof(*entry), GFP_NOFS);

	if (entry && data) {
		refcount_inc(&data->refs);
		entry->data = data;
	}
	return entry;
}

/**
 * ima_ns_entry_free - free an entry that is in no list
 * @entry: the entry, or NULL
 */
void ima_ns_entry_free(struct ima_ns_entry *entry)
{
	if (!entry)
		return;

	ima_ns_data_put(entry->data);
	kfree(entry);
}

/**
 * ima_ns_entry_bytes - how much memory an entry takes in a list
 * @entry: the entry
 *
 * Content that several lists share counts in each of them.
 *
 * Return: bytes.
 */
size_t ima_ns_entry_bytes(const struct ima_ns_entry *entry)
{
	return ksize(entry) + ksize(entry->data);
}

/**
 * ima_ns_log_setup - make an empty list
 * @log: the list
 */
void ima_ns_log_setup(struct ima_ns_log *log)
{
	INIT_LIST_HEAD(&log->entries);
	init_waitqueue_head(&log->wait);
}

static void set_key(struct ima_ns_entry_key *key,
		    const struct ima_namespace *ns,
		    const struct ima_ns_data *data)
{
	key->id = ns->id;
	memcpy(key->digest, data->digest, sizeof(key->digest));
}

/**
 * ima_ns_log_find - look for an entry with the same template digest
 * @ns: the namespace
 * @data: the content
 *
 * Return: the entry, which lives as long as the log; or NULL.
 */
struct ima_ns_entry *ima_ns_log_find(struct ima_namespace *ns,
				     const struct ima_ns_data *data)
{
	struct ima_ns_entry_key key;

	set_key(&key, ns, data);
	return rhashtable_lookup_fast(&ima_ns_digests, &key, digests_params);
}

/**
 * ima_ns_log_hash - let ima_ns_log_find() find an entry
 * @ns: the namespace
 * @entry: an entry of its list
 *
 * The table may fail to grow. Nothing is lost then: an equal event is logged
 * a second time.
 */
void ima_ns_log_hash(struct ima_namespace *ns, struct ima_ns_entry *entry)
{
	set_key(&entry->key, ns, entry->data);
	entry->hashed = !rhashtable_insert_fast(&ima_ns_digests, &entry->hash,
						digests_params);
}

/* Who asked for the state of this moment has not come to this list yet. */
static void keep_head(struct ima_ns_log *log)
{
	struct ima_ns_head *kept = &log->kept;

	if (kept->moment == ima_ns_moment)
		return;

	kept->moment = ima_ns_moment;
	kept->own = log->own;
	kept->count = log->count;
	memcpy(kept->vpcr, log->vpcr, sizeof(kept->vpcr));
}

/**
 * ima_ns_log_append - append an entry and extend the vPCR
 * @ns: the namespace
 * @entry: the entry, the list's from now on
 * @ticket: the event's ticket
 *
 * Context: ima_ns_chain_lock is held.
 */
void ima_ns_log_append(struct ima_namespace *ns, struct ima_ns_entry *entry,
		       u64 ticket)
{
	struct ima_ns_log *log = &ns->log;
	struct ima_ns_data *data = entry->data;

	lockdep_assert_held(&ima_ns_chain_lock);

	keep_head(log);
	entry->number = log->count;
	entry->ticket = ticket;
	ima_ns_extend(log->vpcr, data->digest, data->violation);
	log->bytes += ima_ns_entry_bytes(entry);
	list_add_tail_rcu(&entry->list, &log->entries);
	/* Pairs with the acquire in ima_ns_fs_count(). */
	smp_store_release(&log->count, log->count + 1);
	wake_up_interruptible_poll(&log->wait, EPOLLIN | EPOLLRDNORM);
}

/**
 * ima_ns_log_free - free a list that nobody can reach any more
 * @ns: the namespace
 */
void ima_ns_log_free(struct ima_namespace *ns)
{
	const struct ima_ns_cost cost = { .own = ns->log.bytes };
	struct ima_ns_entry *entry, *next;

	ima_ns_marks_free(ns->log.marks, IMA_NS_LIST_FILES);
	/* What the host has of it stays. */
	ima_ns_quota_refund(ns, &cost);
	list_for_each_entry_safe(entry, next, &ns->log.entries, list) {
		if (entry->hashed)
			rhashtable_remove_fast(&ima_ns_digests, &entry->hash,
					       digests_params);
		ima_ns_data_put(entry->data);
		/* A look-up of another key may still walk over @hash. */
		kfree_rcu(entry, rcu);
		cond_resched();
	}
}

static struct ima_template_desc * __init find_desc(const char *name)
{
	struct ima_template_desc *desc = lookup_template_desc(name);

	if (!desc || template_desc_init_fields(desc->fmt, &desc->fields,
					       &desc->num_fields))
		return NULL;
	return desc;
}

/**
 * ima_ns_log_init - prepare the templates and the table of digests
 *
 * Return: 0 or a negative error.
 */
int __init ima_ns_log_init(void)
{
	buf_desc = find_desc(IMA_NS_EVENT_TEMPLATE);
	ns_desc = find_desc(IMA_NS_TEMPLATE);
	if (!buf_desc || !ns_desc)
		return -ENOENT;

	return rhashtable_init(&ima_ns_digests, &digests_params);
}
