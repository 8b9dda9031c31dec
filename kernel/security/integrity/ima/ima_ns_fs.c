// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: the directory "ns" in securityfs.
 *
 * Its tree is looked up, not built: inodes carry a namespace's id, dentries go
 * as soon as nobody uses them, and a namespace that nobody looks at has none.
 *
 * All mounts of securityfs share the dentries, and whoever may mount it sees
 * this tree. So no decision relies on who looked up a dentry: each step of a
 * path, each listing and each open asks for the namespace of the task that
 * does it.
 */

#include <linux/dcache.h>
#include <linux/namei.h>
#include <linux/sched/signal.h>
#include <linux/security.h>

#include "ima_ns_fs.h"
#include "ima_ns_hooks.h"

/* Above the numbers of securityfs's other inodes, which have 32 bits. */
#define FIRST_INO		BIT(32)

/* Where a directory's entries begin, after "." and "..". */
#define FIRST_POS		2

static const struct fs_entry {
	const char *name;
	umode_t mode;
	const struct file_operations *fops;
} fs_entries[IMA_NS_FS_NODES] = {
	[IMA_NS_FS_CHILDREN] = { "ns", S_IFDIR | 0555 },
	[IMA_NS_FS_DIR] = { NULL, S_IFDIR | 0555 },
	[IMA_NS_FS_SELF] = { "self", S_IFREG | 0444, &ima_ns_self_fops },
	[IMA_NS_FS_EVENTS] = { "events", S_IFREG | 0444, &ima_ns_life_fops },
	[IMA_NS_FS_HEADS] = { "heads", S_IFREG | 0600, &ima_ns_heads_fops },
	[IMA_NS_FS_TPM] = { "tpm", S_IFREG | 0440, &ima_ns_tpm_fops },
	[IMA_NS_FS_STATUS] = { "status", S_IFREG | 0440, &ima_ns_status_fops },
	[IMA_NS_FS_LABEL] = { "label", S_IFREG | 0600, &ima_ns_value_fops },
	[IMA_NS_FS_POLICY] = { "policy", S_IFREG | 0600, &ima_ns_policy_fops },
	[IMA_NS_FS_ACTIVE] = { "active", S_IFREG | 0200, &ima_ns_value_fops },
	[IMA_NS_FS_RELEASE] = { "release", S_IFREG | 0200, &ima_ns_value_fops },
	[IMA_NS_FS_DELEGATE] = {
		"delegate", S_IFREG | 0600, &ima_ns_value_fops
	},
	[IMA_NS_FS_QUOTA] = { "quota", S_IFREG | 0600, &ima_ns_value_fops },
	[IMA_NS_FS_BIND] = { "bind", S_IFREG | 0200, &ima_ns_bind_fops },
	[IMA_NS_FS_KEY] = { "key", S_IFREG | 0400, &ima_ns_value_fops },
	[IMA_NS_FS_KEY_SELF] = {
		"key_self", S_IFREG | 0600, &ima_ns_value_fops
	},
	[IMA_NS_FS_ASCII] = {
		"ascii_runtime_measurements", S_IFREG | 0440, &ima_ns_list_fops
	},
	[IMA_NS_FS_ASCII_SHA256] = {
		"ascii_runtime_measurements_sha256", S_IFREG | 0440,
		&ima_ns_list_fops
	},
	[IMA_NS_FS_BINARY] = {
		"binary_runtime_measurements", S_IFREG | 0440, &ima_ns_list_fops
	},
	[IMA_NS_FS_BINARY_SHA256] = {
		"binary_runtime_measurements_sha256", S_IFREG | 0440,
		&ima_ns_list_fops
	},
};

/* Which of them a directory has, besides those that are named by an id. */
struct fs_span {
	enum ima_ns_fs_node first, last;
};

static const struct fs_span host_span = { IMA_NS_FS_SELF, IMA_NS_FS_TPM };
static const struct fs_span dir_span = {
	IMA_NS_FS_STATUS, IMA_NS_FS_BINARY_SHA256
};

static const struct inode_operations file_iops;
static const struct inode_operations dir_iops;
static const struct inode_operations children_iops;
static const struct file_operations dir_fops;
static const struct file_operations children_fops;
static const struct dentry_operations fs_dops;

static u64 inode_id(const struct inode *inode)
{
	return (uintptr_t)inode->i_private;
}

static unsigned long node_ino(u64 id, enum ima_ns_fs_node node)
{
	BUILD_BUG_ON((IMA_NS_FS_NODES - 1) >> IMA_NS_FS_NODE_BITS);
	return FIRST_INO + (id << IMA_NS_FS_NODE_BITS) + node;
}

/* A memory reference on any namespace, the host's too; or NULL. */
static struct ima_namespace *find_ns(u64 id)
{
	if (id)
		return ima_ns_find(id);

	ima_ns_get_mem(&init_ima_ns);
	return &init_ima_ns;
}

/**
 * ima_ns_fs_reader - the namespace that decides what this task may see
 *
 * Unlike ima_ns_current() it need not be active: a task sees its own namespace
 * while it is configured.
 *
 * Return: the namespace, valid as long as the task is in it; NULL for a task
 * that is beyond having one.
 */
struct ima_namespace *ima_ns_fs_reader(void)
{
	return current->nsproxy ? current->nsproxy->ima_ns : NULL;
}

/**
 * ima_ns_fs_get - find the namespace whose file is being opened
 * @inode: the file
 *
 * Return: the namespace with a memory reference; -ENOENT if it is gone; -EPERM
 * unless the opener's namespace is the same or an ancestor.
 */
struct ima_namespace *ima_ns_fs_get(const struct inode *inode)
{
	const struct ima_namespace *reader = ima_ns_fs_reader();
	struct ima_namespace *ns = find_ns(inode_id(inode));

	if (!ns)
		return ERR_PTR(-ENOENT);

	if (!reader || !ima_ns_is_within(ns, reader)) {
		ima_ns_put_mem(ns);
		return ERR_PTR(-EPERM);
	}
	return ns;
}

/* The way down to one's own namespace, and all below. */
static bool is_visible(const struct ima_namespace *ns)
{
	const struct ima_namespace *reader = ima_ns_fs_reader();

	return reader && (ima_ns_is_within(ns, reader) ||
			  ima_ns_is_within(reader, ns));
}

/* The owner's mapping may be written after the inode was made. */
static void set_owner(struct inode *inode, const struct ima_namespace *ns)
{
	kuid_t uid = make_kuid(ns->user_ns, 0);
	kgid_t gid = make_kgid(ns->user_ns, 0);

	inode->i_uid = uid_valid(uid) ? uid : GLOBAL_ROOT_UID;
	inode->i_gid = gid_valid(gid) ? gid : GLOBAL_ROOT_GID;
}

static void setup_inode(struct inode *inode, const struct ima_namespace *ns,
			enum ima_ns_fs_node node)
{
	inode->i_ino = node_ino(ns->id, node);
	inode->i_mode = fs_entries[node].mode;
	inode->i_private = (void *)(uintptr_t)ns->id;
	set_owner(inode, ns);

	switch (node) {
	case IMA_NS_FS_CHILDREN:
		inode->i_op = &children_iops;
		inode->i_fop = &children_fops;
		break;
	case IMA_NS_FS_DIR:
		inode->i_op = &dir_iops;
		inode->i_fop = &dir_fops;
		break;
	default:
		inode->i_op = &file_iops;
		inode->i_fop = fs_entries[node].fops;
	}
}

static struct dentry *add_inode(struct dentry *dentry,
				const struct ima_namespace *ns,
				enum ima_ns_fs_node node)
{
	struct inode *inode = new_inode(dentry->d_sb);

	if (!inode)
		return ERR_PTR(-ENOMEM);

	setup_inode(inode, ns, node);
	simple_inode_init_ts(inode);
	if (S_ISDIR(inode->i_mode))
		set_nlink(inode, 2);

	d_set_d_op(dentry, &fs_dops);
	return d_splice_alias(inode, dentry);
}

static bool is_named(const struct dentry *dentry, enum ima_ns_fs_node node)
{
	const char *name = fs_entries[node].name;

	return dentry->d_name.len == strlen(name) &&
	       !memcmp(dentry->d_name.name, name, dentry->d_name.len);
}

static struct dentry *lookup_span(struct dentry *dentry,
				  const struct ima_namespace *ns,
				  const struct fs_span *span)
{
	enum ima_ns_fs_node node;

	for (node = span->first; node <= span->last; node++)
		if (is_named(dentry, node))
			return add_inode(dentry, ns, node);
	return ERR_PTR(-ENOENT);
}

/* An id has one spelling: no sign, no leading zero, no newline. */
static bool parse_id(const struct dentry *dentry, u64 *id)
{
	const char *name = dentry->d_name.name;

	return name[0] >= '1' && name[0] <= '9' &&
	       !strchr(name, '\n') && !kstrtou64(name, 10, id);
}

static struct dentry *lookup_child(struct dentry *dentry, u64 parent)
{
	struct dentry *result = ERR_PTR(-ENOENT);
	struct ima_namespace *ns;
	u64 id;

	if (!parse_id(dentry, &id))
		return result;

	ns = ima_ns_find(id);
	if (!ns)
		return result;

	if (ns->parent->id == parent && is_visible(ns))
		result = add_inode(dentry, ns, IMA_NS_FS_DIR);
	ima_ns_put_mem(ns);
	return result;
}

static struct dentry *children_lookup(struct inode *dir, struct dentry *dentry,
				      unsigned int flags)
{
	struct dentry *result = lookup_child(dentry, inode_id(dir));

	if (result == ERR_PTR(-ENOENT) && !inode_id(dir))
		result = lookup_span(dentry, &init_ima_ns, &host_span);
	return result;
}

static struct dentry *dir_lookup(struct inode *dir, struct dentry *dentry,
				 unsigned int flags)
{
	struct ima_namespace *ns = find_ns(inode_id(dir));
	struct dentry *result;

	if (!ns)
		return ERR_PTR(-ENOENT);

	if (is_named(dentry, IMA_NS_FS_CHILDREN))
		result = add_inode(dentry, ns, IMA_NS_FS_CHILDREN);
	else
		result = lookup_span(dentry, ns, &dir_span);
	ima_ns_put_mem(ns);
	return result;
}

/*
 * An error fails this look-up only. 0 would also unmount what is mounted on
 * the dentry: not for somebody who may not see it.
 */
static int fs_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct ima_namespace *ns;
	struct inode *inode;
	int rc;

	if (flags & LOOKUP_RCU)
		return -ECHILD;

	inode = d_inode(dentry);
	ns = find_ns(inode_id(inode));
	if (!ns)
		return 0;

	rc = -ENOENT;
	if (is_visible(ns)) {
		set_owner(inode, ns);
		rc = 1;
	}
	ima_ns_put_mem(ns);
	return rc;
}

static int dir_permission(struct mnt_idmap *idmap, struct inode *inode,
			  int mask)
{
	struct ima_namespace *ns;
	bool visible;

	if (mask & MAY_NOT_BLOCK)
		return -ECHILD;

	ns = find_ns(inode_id(inode));
	if (!ns)
		return -ENOENT;

	visible = is_visible(ns);
	ima_ns_put_mem(ns);
	return visible ? generic_permission(idmap, inode, mask) : -EACCES;
}

/* Modes and owners are not for changing; truncation is part of opening. */
static int fs_setattr(struct mnt_idmap *idmap, struct dentry *dentry,
		      struct iattr *attr)
{
	if (attr->ia_valid & (ATTR_MODE | ATTR_UID | ATTR_GID))
		return -EPERM;

	return setattr_prepare(idmap, dentry, attr);
}

static bool emit_node(struct dir_context *ctx, u64 id, enum ima_ns_fs_node node)
{
	const char *name = fs_entries[node].name;

	return dir_emit(ctx, name, strlen(name), node_ino(id, node),
			fs_umode_to_dtype(fs_entries[node].mode));
}

/* Returns false if there was no room for all of them. */
static bool emit_span(struct dir_context *ctx, u64 id,
		      const struct fs_span *span)
{
	u64 count = span->last - span->first + 1;
	u64 i;

	for (i = ctx->pos - FIRST_POS; i < count; i++, ctx->pos++)
		if (!emit_node(ctx, id, span->first + i))
			return false;
	return true;
}

static int dir_iterate(struct file *file, struct dir_context *ctx)
{
	const loff_t end = FIRST_POS + 1 + dir_span.last - dir_span.first;
	u64 id = inode_id(file_inode(file));

	if (!dir_emit_dots(file, ctx) || !emit_span(ctx, id, &dir_span))
		return 0;

	if (ctx->pos == end && emit_node(ctx, id, IMA_NS_FS_CHILDREN))
		ctx->pos++;
	return 0;
}

static bool emit_child(struct dir_context *ctx, u64 id)
{
	struct ima_namespace *ns = ima_ns_find(id);
	char name[24];
	bool more = true;

	if (!ns)
		return true;

	if (is_visible(ns))
		more = dir_emit(ctx, name, sprintf(name, "%llu", id),
				node_ino(id, IMA_NS_FS_DIR), DT_DIR);
	ima_ns_put_mem(ns);
	return more;
}

/* The position of a child is its id: children may come and go meanwhile. */
static int children_iterate(struct file *file, struct dir_context *ctx)
{
	const loff_t first = FIRST_POS + 1 + host_span.last - host_span.first;
	struct ima_namespace *ns = find_ns(inode_id(file_inode(file)));
	unsigned long id;
	int rc = 0;

	if (!ns)
		return -ENOENT;

	if (!dir_emit_dots(file, ctx))
		goto out;

	if (ima_ns_is_host(ns) && !emit_span(ctx, 0, &host_span))
		goto out;

	if (ctx->pos < first)
		ctx->pos = first;

	for (id = ctx->pos - first;
	     xa_find(&ns->children, &id, ULONG_MAX, XA_PRESENT); id++) {
		ctx->pos = first + id;
		if (!emit_child(ctx, id))
			goto out;
		ctx->pos++;

		if (fatal_signal_pending(current)) {
			rc = -EINTR;
			goto out;
		}
		cond_resched();
	}
out:
	ima_ns_put_mem(ns);
	return rc;
}

static const struct dentry_operations fs_dops = {
	.d_revalidate = fs_revalidate,
	.d_delete = always_delete_dentry,
};

static const struct inode_operations file_iops = {
	.setattr = fs_setattr,
};

static const struct inode_operations dir_iops = {
	.lookup = dir_lookup,
	.permission = dir_permission,
	.setattr = fs_setattr,
};

static const struct inode_operations children_iops = {
	.lookup = children_lookup,
	.permission = dir_permission,
	.setattr = fs_setattr,
};

static const struct file_operations dir_fops = {
	.read = generic_read_dir,
	.iterate_shared = dir_iterate,
	.llseek = generic_file_llseek,
};

static const struct file_operations children_fops = {
	.read = generic_read_dir,
	.iterate_shared = children_iterate,
	.llseek = generic_file_llseek,
};

/**
 * ima_ns_fs_init - make the directory of the namespaces
 * @ima_dir: IMA's directory in securityfs
 *
 * Return: 0 or a negative error.
 */
int __init ima_ns_fs_init(struct dentry *ima_dir)
{
	struct dentry *dentry;
	int rc;

	rc = ima_ns_life_init();
	if (rc)
		return rc;

	dentry = securityfs_create_dir(fs_entries[IMA_NS_FS_CHILDREN].name,
				       ima_dir);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);

	setup_inode(d_inode(dentry), &init_ima_ns, IMA_NS_FS_CHILDREN);
	return 0;
}
