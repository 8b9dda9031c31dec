// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: which events are measured.
 *
 * What the host's policy measures is measured anyway, by the caller. Each
 * namespace adds to this floor, for itself and all below it.
 */

#include <crypto/sha2.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mnt_idmapping.h>
#include <linux/slab.h>

#include "ima_ns_policy.h"

/* The canonical text of the policy that a namespace has if none is written. */
static const char default_text[] =
	"measure func=BPRM_CHECK\n"
	"measure func=MMAP_CHECK mask=MAY_EXEC\n";

static struct ima_ns_policy *default_policy __ro_after_init;

/*
 * Ids are compared as the owning user namespace counts. One that it has no
 * number for is greater than all, and equal to none.
 */
static bool id_matches(const struct ima_ns_id_cond *cond, u32 id)
{
	switch (cond->op) {
	case '<':
		return id < cond->id;
	case '>':
		return id > cond->id;
	default:
		return id == cond->id;
	}
}

static bool uid_matches(const struct ima_ns_id_cond *cond,
			struct user_namespace *user_ns, kuid_t uid)
{
	return id_matches(cond, from_kuid(user_ns, uid));
}

static bool gid_matches(const struct ima_ns_id_cond *cond,
			struct user_namespace *user_ns, kgid_t gid)
{
	return id_matches(cond, from_kgid(user_ns, gid));
}

/* Who may take any of its three ids as its effective one has them all. */
static bool euid_matches(const struct ima_ns_id_cond *cond,
			 struct user_namespace *user_ns,
			 const struct cred *cred)
{
	if (uid_matches(cond, user_ns, cred->euid))
		return true;

	return has_ns_capability_noaudit(current, user_ns, CAP_SETUID) &&
	       (uid_matches(cond, user_ns, cred->suid) ||
		uid_matches(cond, user_ns, cred->uid));
}

static bool egid_matches(const struct ima_ns_id_cond *cond,
			 struct user_namespace *user_ns,
			 const struct cred *cred)
{
	if (gid_matches(cond, user_ns, cred->egid))
		return true;

	return has_ns_capability_noaudit(current, user_ns, CAP_SETGID) &&
	       (gid_matches(cond, user_ns, cred->sgid) ||
		gid_matches(cond, user_ns, cred->gid));
}

static bool cond_matches(enum ima_ns_id which,
			 const struct ima_ns_id_cond *cond,
			 struct user_namespace *user_ns,
			 const struct ima_ns_access *access)
{
	const struct inode *inode = access->inode;

	switch (which) {
	case IMA_NS_ID_UID:
		return uid_matches(cond, user_ns, access->cred->uid);
	case IMA_NS_ID_EUID:
		return euid_matches(cond, user_ns, access->cred);
	case IMA_NS_ID_GID:
		return gid_matches(cond, user_ns, access->cred->gid);
	case IMA_NS_ID_EGID:
		return egid_matches(cond, user_ns, access->cred);
	case IMA_NS_ID_FOWNER:
		return uid_matches(cond, user_ns,
				   vfsuid_into_kuid(i_uid_into_vfsuid(access->idmap,
								      inode)));
	default:
		return gid_matches(cond, user_ns,
				   vfsgid_into_kgid(i_gid_into_vfsgid(access->idmap,
								      inode)));
	}
}

static bool ids_match(const struct ima_ns_rule *rule,
		      struct user_namespace *user_ns,
		      const struct ima_ns_access *access)
{
	enum ima_ns_id which;

	for (which = 0; which < IMA_NS_IDS; which++)
		if (rule->ids[which].op &&
		    !cond_matches(which, &rule->ids[which], user_ns, access))
			return false;
	return true;
}

static bool mask_matches(const struct ima_ns_rule *rule, int mask)
{
	if (!rule->mask)
		return true;

	return rule->any_of_mask ? rule->mask & mask : rule->mask == mask;
}

static bool rule_matches(const struct ima_ns_rule *rule,
			 struct user_namespace *user_ns,
			 const struct ima_ns_access *access)
{
	const struct super_block *sb = access->inode->i_sb;

	if (!(rule->hooks & BIT(access->func)) ||
	    !mask_matches(rule, access->mask))
		return false;
	if (rule->has_fsmagic && rule->fsmagic != sb->s_magic)
		return false;
	if (rule->has_fsuuid && !uuid_equal(&rule->fsuuid, &sb->s_uuid))
		return false;
	if (rule->fsname[0] && strcmp(rule->fsname, sb->s_type->name))
		return false;
	return ids_match(rule, user_ns, access);
}

/**
 * ima_ns_policy_measures - what does a policy say of an event?
 * @policy: the policy
 * @user_ns: whose ids it is about
 * @access: the event
 *
 * Return: true if the first rule that matches says "measure".
 */
bool ima_ns_policy_measures(const struct ima_ns_policy *policy,
			    struct user_namespace *user_ns,
			    const struct ima_ns_access *access)
{
	u32 i;

	if (!(policy->hooks & BIT(access->func)))
		return false;

	for (i = 0; i < policy->count; i++)
		if (rule_matches(&policy->rules[i], user_ns, access))
			return policy->rules[i].measure;
	return false;
}

/**
 * ima_ns_must_measure - does a namespace's or an ancestor's policy say so?
 * @ns: the namespace, active
 * @access: the event
 *
 * The host's policy is not asked.
 *
 * Return: true if the event is to be measured.
 */
bool ima_ns_must_measure(const struct ima_namespace *ns,
			 const struct ima_ns_access *access)
{
	/* The host's has no bit, so this ends there at the latest. */
	for (; ns->hooks & BIT(access->func); ns = ns->parent)
		if (ima_ns_policy_measures(ns->policy, ns->user_ns, access))
			return true;
	return false;
}

/**
 * ima_ns_policy_digest - digest of a policy
 * @policy: the policy
 * @digest: SHA-256 of its canonical text
 */
void ima_ns_policy_digest(const struct ima_ns_policy *policy,
			  u8 digest[IMA_NS_HASH_SIZE])
{
	sha256(policy->text, policy->len, digest);
}

/**
 * ima_ns_policy_get - take a reference
 * @policy: the policy
 *
 * Return: @policy.
 */
struct ima_ns_policy *ima_ns_policy_get(struct ima_ns_policy *policy)
{
	refcount_inc(&policy->refs);
	return policy;
}

/**
 * ima_ns_policy_put - drop a reference
 * @policy: the policy, or NULL
 */
void ima_ns_policy_put(struct ima_ns_policy *policy)
{
	if (!policy || !refcount_dec_and_test(&policy->refs))
		return;

	kvfree(policy->text);
	kvfree(policy);
}

/**
 * ima_ns_policy_default - the policy of a namespace that has no other
 *
 * Return: the policy, with a reference.
 */
struct ima_ns_policy *ima_ns_policy_default(void)
{
	return ima_ns_policy_get(default_policy);
}

/**
 * ima_ns_policy_init - make the default policy
 *
 * Return: 0 or a negative error.
 */
int __init ima_ns_policy_init(void)
{
	struct ima_ns_policy_error error;
	struct ima_ns_policy *policy;

	policy = ima_ns_policy_parse(&init_user_ns, default_text,
				     sizeof(default_text) - 1, &error);
	if (IS_ERR(policy))
		return PTR_ERR(policy);

	default_policy = policy;
	return 0;
}
