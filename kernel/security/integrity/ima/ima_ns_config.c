// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: a new one is configured, once, and activated.
 */

#include <crypto/sha2.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <trace/events/ima_ns.h>

#include "ima_ns_policy.h"

/**
 * ima_ns_label_valid - is this a label?
 * @label: its bytes
 * @len: how many
 *
 * Labels stand in ASCII lists, whose fields are separated by spaces.
 *
 * Return: true if so.
 */
bool ima_ns_label_valid(const char *label, size_t len)
{
	size_t i;

	if (!len || len > IMA_NS_LABEL_MAX)
		return false;

	for (i = 0; i < len; i++)
		if (label[i] <= ' ' || label[i] > '~')
			return false;
	return true;
}

/**
 * ima_ns_set_label - set the label, once, while new
 * @ns: the namespace
 * @label: its bytes
 * @len: how many
 *
 * Return: 0, -EINVAL for a bad label, -EBUSY if it is too late, -ENOMEM.
 */
int ima_ns_set_label(struct ima_namespace *ns, const char *label, size_t len)
{
	char *copy;
	int rc = 0;

	if (!ima_ns_label_valid(label, len))
		return -EINVAL;

	copy = kmemdup_nul(label, len, GFP_KERNEL_ACCOUNT);
	if (!copy)
		return -ENOMEM;

	mutex_lock(&ns->config);
	if (ns->state != IMA_NS_NEW || ns->label)
		rc = -EBUSY;
	else	/* Readers of the files take no lock. */
		smp_store_release(&ns->label, copy);
	mutex_unlock(&ns->config);

	if (rc)
		kfree(copy);
	return rc;
}

/**
 * ima_ns_set_policy - set or replace the policy while new
 * @ns: the namespace
 * @text: its text
 * @len: length of @text
 * @error: what is wrong, if it is about the policy or the time
 *
 * Return: 0; -EINVAL for a bad text, -EBUSY if it is too late, -ENOMEM: the
 * namespace has the policy that it had.
 */
int ima_ns_set_policy(struct ima_namespace *ns, const char *text, size_t len,
		      struct ima_ns_policy_error *error)
{
	struct ima_ns_policy *policy;
	int rc = 0;

	policy = ima_ns_policy_parse(ns->user_ns, text, len, error);
	if (IS_ERR(policy))
		return PTR_ERR(policy);

	mutex_lock(&ns->config);
	if (ns->state == IMA_NS_NEW) {
		swap(ns->policy, policy);
	} else {
		error->reason = "the namespace is not new";
		rc = -EBUSY;
	}
	mutex_unlock(&ns->config);

	ima_ns_policy_put(policy);
	return rc;
}

/**
 * ima_ns_set_flag - set a flag while new
 * @ns: the namespace
 * @flag: its @delegate or @key_self
 *
 * Return: 0 or -EBUSY.
 */
int ima_ns_set_flag(struct ima_namespace *ns, bool *flag)
{
	int rc = 0;

	mutex_lock(&ns->config);
	if (ns->state != IMA_NS_NEW)
		rc = -EBUSY;
	else
		WRITE_ONCE(*flag, true);
	mutex_unlock(&ns->config);
	return rc;
}

static void fill_create(const struct ima_namespace *ns,
			struct ima_ns_create *create)
{
	const u16 template_len = strlen(IMA_NS_TEMPLATE);
	const u16 label_len = strlen(ns->label);

	BUILD_BUG_ON(sizeof(*create) != 160);

	memset(create, 0, sizeof(*create));
	memcpy(create->magic, IMA_NS_MAGIC_CREATE, sizeof(create->magic));
	create->version = cpu_to_le16(IMA_NS_VERSION);
	create->suite = cpu_to_le16(IMA_NS_SUITE_SHA256);
	create->depth = cpu_to_le32(ns->depth);
	memcpy(create->boot_id, ima_ns_boot_id, sizeof(create->boot_id));
	create->id = cpu_to_le64(ns->id);
	create->parent = cpu_to_le64(ns->parent->id);
	create->boottime = cpu_to_le64(ktime_get_boottime_ns());
	create->realtime = cpu_to_le64(ktime_get_real_ns());
	sha256(ns->key, sizeof(ns->key), create->key_digest);
	ima_ns_policy_digest(ns->policy, create->policy_digest);
	create->quota = cpu_to_le64(ima_ns_quota_shown(ns));
	create->overflow = cpu_to_le32(ns->quota.overflow);
	create->template_len = cpu_to_le16(template_len);
	create->label_len = cpu_to_le16(label_len);
	memcpy(create->names, IMA_NS_TEMPLATE, template_len);
	memcpy(create->names + template_len, ns->label, label_len);
}

static struct ima_ns_event *make_create(struct ima_namespace *ns)
{
	u32 len = sizeof(struct ima_ns_create) + strlen(IMA_NS_TEMPLATE) +
		  strlen(ns->label);
	struct ima_ns_event *event;
	struct ima_ns_data *data;

	event = ima_ns_event_alloc_buf(ns, IMA_NS_RECORD_CREATE,
				       IMA_NS_EVENT_CREATE, len);
	if (!event)
		return NULL;

	data = ima_ns_event_data(event);
	fill_create(ns, ima_ns_data_buf(data, len));
	ima_ns_data_seal_buf(data, len);
	ima_ns_event_seal(event);
	return event;
}

static void drop_own_events(struct ima_namespace *ns)
{
	ima_ns_event_free(ns->destroy);
	ns->destroy = NULL;
	ima_ns_loss_forget(ns);
}

/* Those that must not fail for want of memory or of a quota. */
static int prepare_own_events(struct ima_namespace *ns,
			      struct ima_ns_event *create)
{
	int rc = -ENOMEM;

	ns->destroy = ima_ns_event_alloc_buf(ns, IMA_NS_RECORD_DESTROY,
					     IMA_NS_EVENT_DESTROY,
					     sizeof(struct ima_ns_destroy));
	if (ns->destroy)
		rc = ima_ns_loss_prepare(ns);
	if (!rc && !(ima_ns_event_pay(ns, create) &&
		     ima_ns_event_pay(ns, ns->destroy) &&
		     ima_ns_event_pay(ns, ns->full)))
		rc = -EDQUOT;
	if (rc)
		drop_own_events(ns);
	return rc;
}

static int activate_locked(struct ima_namespace *ns, u64 *ticket)
{
	struct ima_ns_event *create;
	int rc;

	if (ns->state != IMA_NS_NEW)
		return -EBUSY;
	if (!ns->label)
		return -ENODATA;
	/* An active parent has active ancestors only. */
	if (ima_ns_get_state(ns->parent) != IMA_NS_ACTIVE)
		return -EAGAIN;

	rc = ima_ns_chain_start();
	if (rc)
		return rc;
	rc = ima_ns_quota_settle(ns);
	if (rc)
		return rc;

	get_random_bytes(ns->key, sizeof(ns->key));
	create = make_create(ns);
	if (!create)
		return -ENOMEM;
	rc = prepare_own_events(ns, create);
	if (rc) {
		ima_ns_event_free(create);
		return rc;
	}

	/* Don't report errors after this line. */
	ns->hooks = ns->policy->hooks | ns->parent->hooks;
	/* Also waits for who enables it now: then all CPUs look for us. */
	static_branch_enable(&ima_ns_in_use);

	spin_lock(&ima_ns_chain_lock);
	*ticket = ima_ns_stage_locked(ns, create)->ticket;
	/* Pairs with the acquire in ima_ns_get_state(). */
	smp_store_release(&ns->state, IMA_NS_ACTIVE);
	spin_unlock(&ima_ns_chain_lock);

	trace_ima_ns_create(ns->id, ns->parent->id, ns->depth);
	ima_ns_kick();
	return 0;
}

/**
 * ima_ns_activate - freeze the configuration and begin to measure
 * @ns: the namespace; a memory reference is enough
 *
 * When it returns, CREATE and what was brought along have reached the TPM, and
 * events that begin now are the namespace's.
 *
 * Return: 0, -ENODATA without a label, -EAGAIN if an ancestor is not active,
 * -EBUSY if it is not new, -ERANGE if its quota is wider than the parent's,
 * -EDQUOT if an ancestor's is used up, or another negative error.
 */
int ima_ns_activate(struct ima_namespace *ns)
{
	u64 ticket;
	int rc;

	/* One that nobody is in any more is about to be closed. */
	if (!refcount_inc_not_zero(&ns->ns.count))
		return -EBUSY;

	mutex_lock(&ns->config);
	rc = activate_locked(ns, &ticket);
	mutex_unlock(&ns->config);

	if (!rc) {
		ticket = max(ticket, ima_ns_enter_all(ns));
		mutex_lock(&ima_ns_tree_mutex);
		ima_ns_life(ns, "active");
		mutex_unlock(&ima_ns_tree_mutex);
		ima_ns_wait(ticket);
	}
	put_ima_ns(ns);
	return rc;
}
