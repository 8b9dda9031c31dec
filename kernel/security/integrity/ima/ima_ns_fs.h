/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IMA namespaces: the directory "ns" in securityfs.
 */
#ifndef _IMA_NS_FS_H
#define _IMA_NS_FS_H

#include <linux/fs.h>

#include "ima_ns.h"

/**
 * enum ima_ns_fs_node - what an inode is; its low bits of the inode number
 * @IMA_NS_FS_CHILDREN: a directory "ns", of a namespace's children
 * @IMA_NS_FS_DIR: a directory "<id>", of one namespace
 * @IMA_NS_FS_SELF: "self", in the host's "ns"
 * @IMA_NS_FS_EVENTS: "events", in the host's "ns"
 * @IMA_NS_FS_HEADS: "heads", in the host's "ns"
 * @IMA_NS_FS_TPM: "tpm", in the host's "ns"
 * @IMA_NS_FS_STATUS: "status"
 * @IMA_NS_FS_LABEL: "label"
 * @IMA_NS_FS_POLICY: "policy"
 * @IMA_NS_FS_ACTIVE: "active"
 * @IMA_NS_FS_RELEASE: "release"
 * @IMA_NS_FS_DELEGATE: "delegate"
 * @IMA_NS_FS_QUOTA: "quota"
 * @IMA_NS_FS_BIND: "bind"
 * @IMA_NS_FS_KEY: "key"
 * @IMA_NS_FS_KEY_SELF: "key_self"
 * @IMA_NS_FS_ASCII: "ascii_runtime_measurements"
 * @IMA_NS_FS_ASCII_SHA256: "ascii_runtime_measurements_sha256"
 * @IMA_NS_FS_BINARY: "binary_runtime_measurements"
 * @IMA_NS_FS_BINARY_SHA256: "binary_runtime_measurements_sha256"
 * @IMA_NS_FS_NODES: how many there are
 */
enum ima_ns_fs_node {
	IMA_NS_FS_CHILDREN,
	IMA_NS_FS_DIR,
	IMA_NS_FS_SELF,
	IMA_NS_FS_EVENTS,
	IMA_NS_FS_HEADS,
	IMA_NS_FS_TPM,
	IMA_NS_FS_STATUS,
	IMA_NS_FS_LABEL,
	IMA_NS_FS_POLICY,
	IMA_NS_FS_ACTIVE,
	IMA_NS_FS_RELEASE,
	IMA_NS_FS_DELEGATE,
	IMA_NS_FS_QUOTA,
	IMA_NS_FS_BIND,
	IMA_NS_FS_KEY,
	IMA_NS_FS_KEY_SELF,
	IMA_NS_FS_ASCII,
	IMA_NS_FS_ASCII_SHA256,
	IMA_NS_FS_BINARY,
	IMA_NS_FS_BINARY_SHA256,
	IMA_NS_FS_NODES,
};

#define IMA_NS_FS_NODE_BITS	5

/* ima_ns_fs.c */
struct ima_namespace *ima_ns_fs_reader(void);
struct ima_namespace *ima_ns_fs_get(const struct inode *inode);

static inline enum ima_ns_fs_node ima_ns_fs_node(const struct inode *inode)
{
	return inode->i_ino & GENMASK(IMA_NS_FS_NODE_BITS - 1, 0);
}

/* All entries below this number are complete. */
static inline u64 ima_ns_fs_count(const struct ima_namespace *ns)
{
	/* Pairs with the release in ima_ns_log_append(). */
	return smp_load_acquire(&ns->log.count);
}

/* ima_ns_fs_file.c */
extern const struct file_operations ima_ns_self_fops;
extern const struct file_operations ima_ns_status_fops;
extern const struct file_operations ima_ns_tpm_fops;
extern const struct file_operations ima_ns_value_fops;

/* ima_ns_fs_policy.c */
extern const struct file_operations ima_ns_policy_fops;

/* ima_ns_bind.c */
extern const struct file_operations ima_ns_bind_fops;

/* ima_ns_heads.c */
extern const struct file_operations ima_ns_heads_fops;

/* ima_ns_fs_list.c */
extern const struct file_operations ima_ns_list_fops;

int ima_ns_list_open(struct file *file, struct ima_namespace *ns,
		     enum ima_ns_fs_node node);

#endif /* _IMA_NS_FS_H */
