/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IMA namespaces: a namespace's policy.
 */
#ifndef _IMA_NS_POLICY_H
#define _IMA_NS_POLICY_H

#include <linux/bits.h>
#include <linux/refcount.h>
#include <linux/uuid.h>

#include "ima_ns.h"

/**
 * enum ima_ns_id - whose id a condition is about
 * @IMA_NS_ID_UID: the task's
 * @IMA_NS_ID_EUID: its effective one; any of its three, if it may change them
 * @IMA_NS_ID_GID: as @IMA_NS_ID_UID
 * @IMA_NS_ID_EGID: as @IMA_NS_ID_EUID
 * @IMA_NS_ID_FOWNER: the file's owner
 * @IMA_NS_ID_FGROUP: the file's group
 * @IMA_NS_IDS: how many there are
 */
enum ima_ns_id {
	IMA_NS_ID_UID,
	IMA_NS_ID_EUID,
	IMA_NS_ID_GID,
	IMA_NS_ID_EGID,
	IMA_NS_ID_FOWNER,
	IMA_NS_ID_FGROUP,
	IMA_NS_IDS,
};

/**
 * struct ima_ns_id_cond - a condition on an id
 * @op: '=', '<' or '>'; 0: there is no condition
 * @id: as the owning user namespace counts
 */
struct ima_ns_id_cond {
	char op;
	u32 id;
};

/**
 * struct ima_ns_rule - a line of a policy
 * @measure: what it says: measure or dont_measure
 * @any_of_mask: the access need only have one bit in common with @mask
 * @hooks: BIT() of each enum ima_hooks that it is about
 * @mask: MAY_* that the access must be; 0: whatever it is
 * @has_fsmagic: there is a condition @fsmagic
 * @has_fsuuid: there is a condition @fsuuid
 * @fsmagic: of the file's superblock
 * @fsuuid: of the file's superblock
 * @fsname: type of the file's superblock; empty: whatever it is
 * @ids: conditions on ids
 */
struct ima_ns_rule {
	bool measure;
	bool any_of_mask;
	bool has_fsmagic;
	bool has_fsuuid;
	u32 hooks;
	int mask;
	unsigned long fsmagic;
	uuid_t fsuuid;
	char fsname[IMA_NS_FSNAME_MAX + 1];
	struct ima_ns_id_cond ids[IMA_NS_IDS];
};

/**
 * struct ima_ns_policy - the rules of one or more namespaces, immutable
 * @refs: namespaces and readers of its text
 * @hooks: BIT() of each hook that a "measure" rule is about
 * @text: the canonical text, without a terminating NUL
 * @len: its length
 * @count: number of rules
 * @rules: in order; the first that matches decides
 */
struct ima_ns_policy {
	refcount_t refs;
	u32 hooks;
	char *text;
	size_t len;
	u32 count;
	struct ima_ns_rule rules[] __counted_by(count);
};

/**
 * struct ima_ns_policy_error - what is wrong with a policy
 * @line: number of the bad line, from 1; 0: it is about none
 * @reason: constant string
 */
struct ima_ns_policy_error {
	u32 line;
	const char *reason;
};

/**
 * struct ima_ns_access - an event that rules are held against
 * @idmap: of the mount that the file was found by
 * @inode: the file's
 * @cred: who does it
 * @func: the hook, one of the five for files
 * @mask: MAY_* of the access
 */
struct ima_ns_access {
	struct mnt_idmap *idmap;
	const struct inode *inode;
	const struct cred *cred;
	enum ima_hooks func;
	int mask;
};

/* The hooks that rules can be about. */
#define IMA_NS_FILE_HOOKS (BIT(FILE_CHECK) | BIT(MMAP_CHECK) | \
			   BIT(MMAP_CHECK_REQPROT) | BIT(BPRM_CHECK) | \
			   BIT(CREDS_CHECK))

/* ima_ns_policy.c */
bool ima_ns_policy_measures(const struct ima_ns_policy *policy,
			    struct user_namespace *user_ns,
			    const struct ima_ns_access *access);
bool ima_ns_must_measure(const struct ima_namespace *ns,
			 const struct ima_ns_access *access);
void ima_ns_policy_digest(const struct ima_ns_policy *policy,
			  u8 digest[IMA_NS_HASH_SIZE]);
struct ima_ns_policy *ima_ns_policy_get(struct ima_ns_policy *policy);
void ima_ns_policy_put(struct ima_ns_policy *policy);
struct ima_ns_policy *ima_ns_policy_default(void);
int __init ima_ns_policy_init(void);

/* ima_ns_policy_text.c */
struct ima_ns_policy *
ima_ns_policy_parse(struct user_namespace *user_ns, const char *text,
		    size_t len, struct ima_ns_policy_error *error);

#endif /* _IMA_NS_POLICY_H */
