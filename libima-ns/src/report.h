/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verdicts in the making. */
#ifndef IMANS_REPORT_H
#define IMANS_REPORT_H

#include "findings.h"

struct evidence_ns;

/**
 * struct report_subject - the node, or one namespace
 * @pub: what callers see; its strings are the two below
 * @label: from CREATE, "" if not known
 * @path: ids from the host's child down
 * @findings: all findings on it
 * @carried: the evidence's namespace, or NULL
 * @recorded: the host's list has records of it
 * @opened: its list was proven from CREATE to its last record
 * @create: CREATE, if @has_create
 * @has_create: @create is valid
 * @opaque: a policy allows that its descendants are not opened
 * @depth: how many namespaces stand in its path
 * @ended: the host's list has its DESTROY
 * @unaccounted: there are records that nothing opens
 */
struct report_subject {
	struct imans_subject pub;
	char *label;
	char *path;
	struct imans_findings *findings;
	const struct evidence_ns *carried;
	bool recorded;
	bool opened;
	struct imans_create create;
	bool has_create;
	bool opaque;
	uint32_t depth;
	bool ended;
	bool unaccounted;
};

/**
 * struct imans_report - verdicts
 * @subjects: the node, then namespaces by rising id
 * @count: their number
 * @quote: what the quote said
 * @boot: the best verdict that the boot allows
 */
struct imans_report {
	struct report_subject *subjects;
	size_t count;
	struct imans_quote quote;
	enum imans_verdict boot;
};

/* A pattern that lets files have any content, and how often it did. */
struct any_rule {
	struct imans_decision decision;
	uint64_t first;
	uint64_t entries;
};

/* Content: rule 8 of a verifier, for a list's first `proven` entries. */
struct content_check {
	struct imans_ctx *ctx;
	const struct imans_verify_opts *opts;
	struct imans_findings *findings;
	const char *name;		/* of the list, in messages */
	uint64_t nsid;
	const void *list;
	size_t list_len;
	enum imans_header header;
	bool redacted;			/* the host's: see imans_list_opts */
	uint32_t redacted_banks;
	uint64_t proven;

	/* While it is checked: the policies that count, and what they skip. */
	struct imans_policy **policies;
	size_t policy_count;
	struct any_rule *any;
	size_t any_count;
};

/* A namespace's measurements against the policies that match its label. */
int imans_content_check_ns(struct content_check *check,
			   struct report_subject *subject);
/* The host's, against the policies that say so; and its violations. */
int imans_content_check_host(struct content_check *check);

#endif /* IMANS_REPORT_H */
