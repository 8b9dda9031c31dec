// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: whose task an audit message of IMA's is about, and the
 * tracepoints.
 */

#include <linux/audit.h>

#include "ima_ns.h"

#define CREATE_TRACE_POINTS
#include <trace/events/ima_ns.h>

/**
 * ima_ns_audit - end an audit message with the namespace of the task
 * @ab: the message
 *
 * A task of the host's leaves it as it is. One in a namespace that is not yet
 * active belongs to the nearest active ancestor, as its events do.
 */
void ima_ns_audit(struct audit_buffer *ab)
{
	const struct ima_namespace *ns = ima_ns_current();

	if (!ima_ns_is_host(ns))
		audit_log_format(ab, " ima_ns=%llu", ns->id);
}
