// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: the small files in securityfs.
 *
 * An open file holds a memory reference on its namespace. A value is written
 * whole by one write(), which returns what is wrong with it.
 */

#include <linux/capability.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ima_ns_fs.h"
#include "ima_ns_pcr.h"

/* The longest value, with a newline. */
#define VALUE_SIZE	(IMA_NS_LABEL_MAX + 1)

/**
 * struct fs_value - a file that is read or written as one value
 * @name: for messages
 * @get: fills in a buffer of VALUE_SIZE and returns the length or an error
 * @set: takes a value without its newline, terminated; 0 or an error
 */
struct fs_value {
	const char *name;
	ssize_t (*get)(const struct ima_namespace *ns, char *buf);
	int (*set)(struct ima_namespace *ns, const char *value, size_t len);
};

/* NULL until it is set, immutable then. */
static const char *read_label(const struct ima_namespace *ns)
{
	/* Pairs with the release in ima_ns_set_label(). */
	return smp_load_acquire(&ns->label);
}

static ssize_t get_label(const struct ima_namespace *ns, char *buf)
{
	const char *label = read_label(ns);
	size_t len;

	if (!label)
		return 0;

	len = strlen(label);
	memcpy(buf, label, len);
	buf[len] = '\n';
	return len + 1;
}

static ssize_t get_flag(bool flag, char *buf)
{
	buf[0] = flag ? '1' : '0';
	buf[1] = '\n';
	return 2;
}

static ssize_t get_delegate(const struct ima_namespace *ns, char *buf)
{
	return get_flag(READ_ONCE(ns->delegate), buf);
}

static ssize_t get_key_self(const struct ima_namespace *ns, char *buf)
{
	return get_flag(READ_ONCE(ns->key_self), buf);
}

static ssize_t get_key(const struct ima_namespace *ns, char *buf)
{
	/* Drawn before entry 0 was made, never changed. */
	if (!ima_ns_fs_count(ns))
		return -ENODATA;

	memcpy(buf, ns->key, IMA_NS_KEY_SIZE);
	return IMA_NS_KEY_SIZE;
}

static ssize_t get_quota(const struct ima_namespace *ns, char *buf)
{
	return scnprintf(buf, VALUE_SIZE, "%llu %s\n", ima_ns_quota_shown(ns),
			 ima_ns_quota_overflow_name(ns));
}

static int set_delegate(struct ima_namespace *ns, const char *value, size_t len)
{
	return strcmp(value, "1") ? -EINVAL :
	       ima_ns_set_flag(ns, &ns->delegate);
}

static int set_key_self(struct ima_namespace *ns, const char *value, size_t len)
{
	return strcmp(value, "1") ? -EINVAL :
	       ima_ns_set_flag(ns, &ns->key_self);
}

static int set_active(struct ima_namespace *ns, const char *value, size_t len)
{
	return strcmp(value, "1") ? -EINVAL : ima_ns_activate(ns);
}

static int set_release(struct ima_namespace *ns, const char *value, size_t len)
{
	return strcmp(value, "1") ? -EINVAL : ima_ns_release(ns);
}

static const struct fs_value values[IMA_NS_FS_NODES] = {
	[IMA_NS_FS_LABEL] = { "label", get_label, ima_ns_set_label },
	[IMA_NS_FS_ACTIVE] = { "active", NULL, set_active },
	[IMA_NS_FS_RELEASE] = { "release", NULL, set_release },
	[IMA_NS_FS_DELEGATE] = { "delegate", get_delegate, set_delegate },
	[IMA_NS_FS_QUOTA] = { "quota", get_quota, ima_ns_set_quota },
	[IMA_NS_FS_KEY] = { "key", get_key, NULL },
	[IMA_NS_FS_KEY_SELF] = { "key_self", get_key_self, set_key_self },
};

/* What the errors mean, in all of the files together. */
static const char *refusal(int rc)
{
	switch (rc) {
	case -EPERM:
		return "no CAP_SYS_ADMIN in the owning user namespace";
	case -EINVAL:
		return "not a valid value in one write";
	case -EBUSY:
		return "not possible in this state";
	case -ENODATA:
		return "there is no label";
	case -EAGAIN:
		return "an ancestor is not active";
	case -ERANGE:
		return "wider than the parent's, or too small for the namespace's own events";
	case -EDQUOT:
		return "its own quota or an ancestor's is used up";
	default:
		return "failed";
	}
}

/* The key opens records, which the namespace's own tasks could forge then. */
static bool may_open_key(const struct ima_namespace *ns)
{
	return ns != ima_ns_fs_reader() || READ_ONCE(ns->key_self);
}

static int value_open(struct inode *inode, struct file *file)
{
	struct ima_namespace *ns = ima_ns_fs_get(inode);

	if (IS_ERR(ns))
		return PTR_ERR(ns);

	if (ima_ns_fs_node(inode) == IMA_NS_FS_KEY && !may_open_key(ns)) {
		ima_ns_put_mem(ns);
		return -EPERM;
	}

	file->private_data = ns;
	return 0;
}

static ssize_t value_read(struct file *file, char __user *buf, size_t count,
			  loff_t *ppos)
{
	const struct fs_value *value = &values[ima_ns_fs_node(file_inode(file))];
	char text[VALUE_SIZE];
	ssize_t rc;

	if (!value->get)
		return -EINVAL;

	rc = value->get(file->private_data, text);
	if (rc > 0)
		rc = simple_read_from_buffer(buf, count, ppos, text, rc);
	memzero_explicit(text, sizeof(text));
	return rc;
}

static int value_set(struct file *file, const struct fs_value *value,
		     const char __user *buf, size_t count, loff_t pos)
{
	struct ima_namespace *ns = file->private_data;
	char text[VALUE_SIZE + 1];

	if (!file_ns_capable(file, ns->user_ns, CAP_SYS_ADMIN))
		return -EPERM;

	if (pos || !count || count > VALUE_SIZE)
		return -EINVAL;

	if (copy_from_user(text, buf, count))
		return -EFAULT;

	if (text[count - 1] == '\n')
		count--;
	text[count] = '\0';
	if (strlen(text) != count)
		return -EINVAL;

	return value->set(ns, text, count);
}

static ssize_t value_write(struct file *file, const char __user *buf,
			   size_t count, loff_t *ppos)
{
	const struct fs_value *value = &values[ima_ns_fs_node(file_inode(file))];
	const struct ima_namespace *ns = file->private_data;
	int rc;

	if (!value->set)
		return -EINVAL;

	rc = value_set(file, value, buf, count, *ppos);
	if (rc) {
		ima_ns_pr_info(ns, "%s: %s (%d)\n", value->name, refusal(rc),
			       rc);
		return rc;
	}

	*ppos += count;
	return count;
}

static int value_release(struct inode *inode, struct file *file)
{
	ima_ns_put_mem(file->private_data);
	return 0;
}

const struct file_operations ima_ns_value_fops = {
	.open = value_open,
	.read = value_read,
	.write = value_write,
	.llseek = generic_file_llseek,
	.release = value_release,
};

static const char *state_name(enum ima_ns_state state)
{
	switch (state) {
	case IMA_NS_NEW:
		return "new";
	case IMA_NS_ACTIVE:
		return "active";
	default:
		return "dead";
	}
}

static int status_show(struct seq_file *m, void *v)
{
	const struct ima_namespace *ns = m->private;
	const char *label = read_label(ns);
	u64 entries, records, violations, losses;
	u8 vpcr[IMA_NS_HASH_SIZE];
	enum ima_ns_state state;

	spin_lock(&ima_ns_chain_lock);
	state = ima_ns_get_state(ns);
	entries = ns->log.count;
	records = ns->log.records;
	violations = ns->log.violations;
	losses = atomic64_read(&ns->log.losses);
	memcpy(vpcr, ns->log.vpcr, sizeof(vpcr));
	spin_unlock(&ima_ns_chain_lock);

	seq_printf(m, "state: %s\n", state_name(state));
	seq_printf(m, "id: %llu\n", ns->id);
	seq_printf(m, "parent: %llu\n", ns->parent->id);
	seq_printf(m, "depth: %u\n", ns->depth);
	seq_printf(m, "label: %s\n", label ?: "");
	seq_printf(m, "inum: %u\n", READ_ONCE(ns->ns.inum));
	seq_printf(m, "userns: %u\n", ns->user_ns->ns.inum);
	seq_printf(m, "entries: %llu\n", entries);
	seq_printf(m, "violations: %llu\n", violations);
	seq_printf(m, "losses: %llu\n", losses);
	seq_printf(m, "records: %llu\n", records);
	seq_printf(m, "quota: %llu\n", ima_ns_quota_shown(ns));
	seq_printf(m, "used: %lld\n", atomic64_read(&ns->quota.entries.used));
	seq_printf(m, "memory: %lld\n", atomic64_read(&ns->quota.memory.used));
	seq_printf(m, "overflow: %s\n", ima_ns_quota_overflow_name(ns));
	seq_printf(m, "delegate: %d\n", READ_ONCE(ns->delegate));
	seq_printf(m, "vpcr: %*phN\n", (int)sizeof(vpcr), vpcr);
	seq_printf(m, "tpm: %s\n", ima_ns_pcr_state());
	return 0;
}

static int self_show(struct seq_file *m, void *v)
{
	const struct ima_namespace *ns = m->private;
	char path[IMA_NS_PATH_MAX];

	ima_ns_path(ns, path, sizeof(path));
	seq_printf(m, "%s\n", path);
	return 0;
}

static int show_open(struct file *file, struct ima_namespace *ns,
		     int (*show)(struct seq_file *m, void *v))
{
	int rc = single_open(file, show, ns);

	if (rc)
		ima_ns_put_mem(ns);
	return rc;
}

static int status_open(struct inode *inode, struct file *file)
{
	struct ima_namespace *ns = ima_ns_fs_get(inode);

	return IS_ERR(ns) ? PTR_ERR(ns) : show_open(file, ns, status_show);
}

/* Of the opener, whoever reads. */
static int self_open(struct inode *inode, struct file *file)
{
	struct ima_namespace *ns = ima_ns_fs_reader();

	if (!ns)
		return -EPERM;

	ima_ns_get_mem(ns);
	return show_open(file, ns, self_show);
}

/* How busy a node is, is nothing that its containers need to know. */
static int tpm_open(struct inode *inode, struct file *file)
{
	struct ima_namespace *ns = ima_ns_fs_reader();

	if (ns != &init_ima_ns)
		return -EPERM;

	ima_ns_get_mem(ns);
	return show_open(file, ns, ima_ns_pcr_show);
}

static int show_release(struct inode *inode, struct file *file)
{
	const struct seq_file *m = file->private_data;

	ima_ns_put_mem(m->private);
	return single_release(inode, file);
}

const struct file_operations ima_ns_status_fops = {
	.open = status_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = show_release,
};

const struct file_operations ima_ns_self_fops = {
	.open = self_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = show_release,
};

const struct file_operations ima_ns_tpm_fops = {
	.open = tpm_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = show_release,
};
