// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: the file "bind".
 *
 * A task writes what it wants to be known by, the digest of a TLS key for
 * instance, into its own namespace's list. A verifier that talks to the holder
 * of that key knows then that it is not a clean twin under the same label.
 */

#include <linux/fs.h>
#include <linux/uaccess.h>

#include "ima_ns_fs.h"

static void fill_bind(const struct ima_namespace *ns,
		      struct ima_ns_event *event, const u8 *bytes, u16 len)
{
	struct ima_ns_data *data = ima_ns_event_data(event);
	struct ima_ns_bind *bind;

	BUILD_BUG_ON(sizeof(*bind) != 24);

	bind = ima_ns_data_buf(data, sizeof(*bind) + len);
	memset(bind, 0, sizeof(*bind));
	memcpy(bind->magic, IMA_NS_MAGIC_BIND, sizeof(bind->magic));
	bind->version = cpu_to_le16(IMA_NS_VERSION);
	bind->data_len = cpu_to_le16(len);
	bind->id = cpu_to_le64(ns->id);
	memcpy(bind->data, bytes, len);
	ima_ns_data_seal_buf(data, sizeof(*bind) + len);
	ima_ns_event_seal(event);
}

/* Only who is in it: nobody else speaks for it, its ancestors neither. */
static int bind_open(struct inode *inode, struct file *file)
{
	struct ima_namespace *ns = ima_ns_fs_get(inode);

	if (IS_ERR(ns))
		return PTR_ERR(ns);

	if (ns != ima_ns_fs_reader()) {
		ima_ns_put_mem(ns);
		return -EPERM;
	}

	file->private_data = ns;
	return 0;
}

static ssize_t bind_write(struct file *file, const char __user *buf,
			  size_t count, loff_t *ppos)
{
	struct ima_namespace *ns = file->private_data;
	u8 bytes[IMA_NS_BIND_MAX];
	struct ima_ns_event *event;
	u64 ticket;
	int rc;

	if (!count || count > sizeof(bytes))
		return -EINVAL;
	if (copy_from_user(bytes, buf, count))
		return -EFAULT;

	event = ima_ns_event_alloc_buf(ns, IMA_NS_RECORD_ENTRY,
				       IMA_NS_EVENT_BIND,
				       sizeof(struct ima_ns_bind) + count);
	if (!event)
		return -ENOMEM;

	fill_bind(ns, event, bytes, count);
	rc = ima_ns_stage_active(ns, event, &ticket);
	if (rc)
		return rc;

	ima_ns_wait(ticket);
	return count;
}

static int bind_release(struct inode *inode, struct file *file)
{
	ima_ns_put_mem(file->private_data);
	return 0;
}

const struct file_operations ima_ns_bind_fops = {
	.open = bind_open,
	.write = bind_write,
	.llseek = noop_llseek,
	.release = bind_release,
};
