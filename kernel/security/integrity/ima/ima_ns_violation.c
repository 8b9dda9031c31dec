// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: a file was written while its measurement was relied upon.
 *
 * Every namespace whose measurement is invalidated learns so in its own list,
 * by the name in its own entry: never by the writer's path. The host's list
 * and PCR get a record as for any other event.
 */

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>

#include "ima_ns_node.h"

/* Is somebody reading it? Mappings of stacked files hold the real one. */
static bool is_read(const struct file *file)
{
	const struct inode *inode = file_inode(file);
	const struct inode *real = d_real_inode(file_dentry(file));

	return atomic_read(&inode->i_readcount) ||
	       (real != inode && atomic_read(&real->i_readcount));
}

/* The path in an entry that measures a file: its second field, or inside. */
static const char *entry_name(const struct ima_ns_entry *entry)
{
	struct ima_field_data field;
	u32 pos = 0;

	if (!ima_ns_data_field(entry->data, &pos, &field) ||
	    !ima_ns_data_field(entry->data, &pos, &field))
		return "";
	if (strcmp(entry->data->desc->name, IMA_NS_EVENT_TEMPLATE))
		return field.data;
	if (!ima_ns_data_field(entry->data, &pos, &field))
		return "";
	return ima_ns_enter_path(field.data);
}

/**
 * ima_ns_log_violation - log that a measurement is no longer true
 * @ns: the namespace, which may be closing
 * @entry: the measurement's entry in its list
 * @cause: for the template fields, which show none of it
 *
 * Return: the ticket to wait for, or 0.
 */
u64 ima_ns_log_violation(struct ima_namespace *ns,
			 const struct ima_ns_entry *entry, const char *cause)
{
	struct ima_event_data event = {
		.filename = entry_name(entry),
		.violation = cause,
		.ns = ns,
	};
	struct ima_ns_event *staged = ima_ns_event_from_template(ns, &event);
	u64 ticket = 0;

	if (!staged)
		return ima_ns_loss(ns, IMA_NS_LOSS_MEMORY);
	if (ima_ns_stage_active(ns, staged, &ticket) == -EDQUOT)
		return ima_ns_loss(ns, IMA_NS_LOSS_QUOTA);
	return ticket;
}

/**
 * ima_ns_note_writer - a file was opened for writing
 * @m: what to wait for is noted here
 * @file: the file
 *
 * Context: the inode's lock is held, so nobody starts to rely on the content
 * meanwhile. Nothing is waited for.
 */
void ima_ns_note_writer(struct ima_ns_measurement *m, const struct file *file)
{
	struct ima_iint_cache *iint;
	const struct ima_ns_entry *entry;
	struct ima_namespace *ns;

	if (!ima_ns_writes(file) || !is_read(file))
		return;

	iint = ima_iint_find(file_inode(file));
	if (!iint)
		return;

	while (ima_ns_node_take_victim(iint, &ns, &entry)) {
		m->ticket = max(m->ticket,
				ima_ns_log_violation(ns, entry, "ToMToU"));
		ima_ns_put_mem(ns);
	}
}

/* Who opens a file for both does not read what others write. */
static int count_writers(const struct file *file, enum ima_hooks func)
{
	int writers = atomic_read(&file_inode(file)->i_writecount);

	if (func == FILE_CHECK && (file->f_mode & FMODE_WRITE))
		writers--;
	return writers;
}

/**
 * ima_ns_check_writers - does somebody have open for writing what is relied on?
 * @m: the measurement, done; what to wait for is noted here
 * @file: the file; who maps it for execution counts as a writer, too, if the
 *	  descriptor is writable
 * @func: the hook
 */
void ima_ns_check_writers(struct ima_ns_measurement *m, const struct file *file,
			  enum ima_hooks func)
{
	if (!m->done || !m->node->entry || count_writers(file, func) <= 0 ||
	    !ima_ns_node_take_writers(m->node))
		return;

	m->ticket = max(m->ticket,
			ima_ns_log_violation(m->ns, m->node->entry,
					     "open_writers"));
}

/**
 * ima_ns_host_measured - the host's list shows a file
 * @iint: the inode's integrity data
 * @entry: the entry
 * @added: false if the list has had the same one before
 *
 * Context: iint->mutex is held.
 */
void ima_ns_host_measured(struct ima_iint_cache *iint,
			  const struct ima_template_entry *entry, bool added)
{
	/* Entries of the host's list are never freed. */
	if (!added)
		entry = ima_find_equal_entry(entry);
	if (entry)	/* Pairs with the acquire in host_name(). */
		smp_store_release(&iint->ns_host_entry, entry);
}

static const unsigned char *host_name(const struct ima_iint_cache *iint)
{
	const struct ima_template_entry *entry;
	const struct ima_template_desc *desc;
	int i;

	/* Pairs with the release in ima_ns_host_measured(). */
	entry = smp_load_acquire(&iint->ns_host_entry);
	if (!entry)
		return NULL;

	desc = entry->template_desc;
	for (i = 0; i < desc->num_fields; i++)
		if (!strcmp(desc->fields[i]->field_id, "n-ng"))
			return entry->template_data[i].data;
	return NULL;
}

/**
 * ima_ns_blind_name - name a file to the host without a container's bytes
 * @name: its path, for an event of the host's own
 * @inode: the inode
 * @iint: its integrity data
 * @buf: room for a name
 *
 * A container that writes to what the host measured causes a violation in the
 * host's list. The path by which it did so is not the host's to see: the name
 * is that of the host's own entry, or tells the inode if the template has none.
 *
 * Return: the name.
 */
const unsigned char *ima_ns_blind_name(const unsigned char *name,
				       const struct inode *inode,
				       const struct ima_iint_cache *iint,
				       char buf[IMA_NS_BLIND_SIZE])
{
	if (ima_ns_is_host(ima_ns_current()))
		return name;

	name = iint ? host_name(iint) : NULL;
	if (name)
		return name;

	snprintf(buf, IMA_NS_BLIND_SIZE, "inode:%u:%u:%lu",
		 MAJOR(inode->i_sb->s_dev), MINOR(inode->i_sb->s_dev),
		 inode->i_ino);
	return buf;
}
