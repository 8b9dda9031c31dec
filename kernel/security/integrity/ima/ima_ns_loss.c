// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: what could not be measured is told.
 *
 * The events are allocated beforehand, since memory is what may be missing. Not
 * every loss is logged, or a container could fill the host's list: the first
 * is, and then each time that their number has doubled. For the case that a
 * quota is used up there is room for one more, which tells so; after that,
 * losses are counted.
 */

#include <linux/log2.h>

#include "ima_ns.h"

static struct ima_ns_event *alloc_loss(struct ima_namespace *ns)
{
	return ima_ns_event_alloc_buf(ns, IMA_NS_RECORD_LOSS, IMA_NS_EVENT_LOSS,
				      sizeof(struct ima_ns_loss));
}

static void fill_loss(const struct ima_namespace *ns,
		      struct ima_ns_event *event, u64 losses, u32 reason)
{
	struct ima_ns_data *data = ima_ns_event_data(event);
	struct ima_ns_loss *loss;

	BUILD_BUG_ON(sizeof(*loss) != 32);

	loss = ima_ns_data_buf(data, sizeof(*loss));
	memset(loss, 0, sizeof(*loss));
	memcpy(loss->magic, IMA_NS_MAGIC_LOSS, sizeof(loss->magic));
	loss->version = cpu_to_le16(IMA_NS_VERSION);
	loss->size = cpu_to_le16(sizeof(*loss));
	loss->reason = cpu_to_le32(reason);
	loss->id = cpu_to_le64(ns->id);
	loss->losses = cpu_to_le64(losses);
	ima_ns_data_seal_buf(data, sizeof(*loss));
	ima_ns_event_seal(event);
}

static int refill(struct ima_namespace *ns)
{
	struct ima_ns_event *event;

	if (READ_ONCE(ns->loss))
		return 0;

	event = alloc_loss(ns);
	if (!event)
		return -ENOMEM;

	if (cmpxchg(&ns->loss, NULL, event))
		ima_ns_event_free(event);
	return 0;
}

/**
 * ima_ns_loss_prepare - make sure that a loss can be told
 * @ns: the namespace, which is being activated
 *
 * Return: 0 or -ENOMEM.
 */
int ima_ns_loss_prepare(struct ima_namespace *ns)
{
	ns->full = alloc_loss(ns);
	return ns->full ? refill(ns) : -ENOMEM;
}

/**
 * ima_ns_loss_forget - free what ima_ns_loss_prepare() has prepared
 * @ns: the namespace, not active, or closed
 */
void ima_ns_loss_forget(struct ima_namespace *ns)
{
	ima_ns_event_free(xchg(&ns->full, NULL));
	ima_ns_event_free(xchg(&ns->loss, NULL));
}

/**
 * ima_ns_is_full - was it logged that a quota is used up?
 * @ns: the namespace, active
 *
 * Return: true if so.
 */
bool ima_ns_is_full(const struct ima_namespace *ns)
{
	return !READ_ONCE(ns->full);
}

/* Once in a namespace's life. */
static u64 tell_full(struct ima_namespace *ns, u64 losses)
{
	struct ima_ns_event *event = xchg(&ns->full, NULL);
	u64 ticket = 0;

	if (!event)
		return 0;

	fill_loss(ns, event, losses, IMA_NS_LOSS_QUOTA);
	ima_ns_stage_active(ns, event, &ticket);
	ima_ns_pr_info(ns, "the quota of namespace %llu is used up\n",
		       READ_ONCE(ns->quota.full_at));
	return ticket;
}

static u64 tell_loss(struct ima_namespace *ns, u64 losses, u32 reason)
{
	struct ima_ns_event *event = xchg(&ns->loss, NULL);
	u64 ticket = 0;
	int rc;

	if (!event)
		return 0;

	fill_loss(ns, event, losses, reason);
	rc = ima_ns_stage_active(ns, event, &ticket);
	refill(ns);
	ima_ns_pr_info(ns, "%llu events could not be measured\n", losses);
	return rc == -EDQUOT ? tell_full(ns, losses) : ticket;
}

/**
 * ima_ns_loss - tell that an event could not be measured
 * @ns: the namespace
 * @reason: IMA_NS_LOSS_*
 *
 * Return: the ticket to wait for, or 0.
 */
u64 ima_ns_loss(struct ima_namespace *ns, u32 reason)
{
	u64 losses = atomic64_inc_return(&ns->log.losses);

	if (reason == IMA_NS_LOSS_QUOTA)
		return tell_full(ns, losses);
	return is_power_of_2(losses) ? tell_loss(ns, losses, reason) : 0;
}
