/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IMA namespaces: tracepoints. They show ids, numbers and times; what a
 * namespace measured stays in its own list.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ima_ns

#if !defined(_TRACE_IMA_NS_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_IMA_NS_H

#include <linux/tracepoint.h>
#include <uapi/linux/ima_ns.h>

/**
 * ima_ns_create - a namespace was activated
 * @id: the namespace
 * @parent: its parent, 0 is the host's
 * @depth: levels below the host's
 */
TRACE_EVENT(ima_ns_create,

	TP_PROTO(u64 id, u64 parent, u32 depth),

	TP_ARGS(id, parent, depth),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, parent)
		__field(u32, depth)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->parent = parent;
		__entry->depth = depth;
	),

	TP_printk("id=%llu parent=%llu depth=%u",
		  __entry->id, __entry->parent, __entry->depth)
);

/**
 * ima_ns_measure - an entry of a namespace's own was put into its list
 * @id: the namespace
 * @seq: which of its own entries
 * @ticket: the record's number in this boot, from 1; @ima_ns_commit tells when
 *	    the TPM has it
 * @type: enum ima_ns_record_type
 * @violation: it is a violation
 */
TRACE_EVENT(ima_ns_measure,

	TP_PROTO(u64 id, u64 seq, u64 ticket, u8 type, bool violation),

	TP_ARGS(id, seq, ticket, type, violation),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, seq)
		__field(u64, ticket)
		__field(u8, type)
		__field(bool, violation)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->seq = seq;
		__entry->ticket = ticket;
		__entry->type = type;
		__entry->violation = violation;
	),

	TP_printk("id=%llu seq=%llu ticket=%llu type=%s violation=%d",
		  __entry->id, __entry->seq, __entry->ticket,
		  __print_symbolic(__entry->type,
				   { IMA_NS_RECORD_CREATE, "create" },
				   { IMA_NS_RECORD_ENTRY, "entry" },
				   { IMA_NS_RECORD_DESTROY, "destroy" },
				   { IMA_NS_RECORD_LOSS, "loss" }),
		  __entry->violation)
);

/**
 * ima_ns_commit - records have reached the host's list and the TPM
 * @first: ticket of the first one
 * @count: how many there are
 * @extend_ns: how long it took to log them, the TPM's extend included
 */
TRACE_EVENT(ima_ns_commit,

	TP_PROTO(u64 first, u32 count, u64 extend_ns),

	TP_ARGS(first, count, extend_ns),

	TP_STRUCT__entry(
		__field(u64, first)
		__field(u64, extend_ns)
		__field(u32, count)
	),

	TP_fast_assign(
		__entry->first = first;
		__entry->extend_ns = extend_ns;
		__entry->count = count;
	),

	TP_printk("first=%llu count=%u extend_ns=%llu",
		  __entry->first, __entry->count, __entry->extend_ns)
);

/**
 * ima_ns_destroy - a namespace's list was closed
 * @id: the namespace
 * @entries: own entries, DESTROY included
 * @violations: how many of them are violations
 * @losses: events that could not be measured
 */
TRACE_EVENT(ima_ns_destroy,

	TP_PROTO(u64 id, u64 entries, u64 violations, u64 losses),

	TP_ARGS(id, entries, violations, losses),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, entries)
		__field(u64, violations)
		__field(u64, losses)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->entries = entries;
		__entry->violations = violations;
		__entry->losses = losses;
	),

	TP_printk("id=%llu entries=%llu violations=%llu losses=%llu",
		  __entry->id, __entry->entries, __entry->violations,
		  __entry->losses)
);

#endif /* _TRACE_IMA_NS_H */

#include <trace/define_trace.h>
