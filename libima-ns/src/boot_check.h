/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rule 2 of a verifier: firmware, kernel and command line. */
#ifndef IMANS_BOOT_CHECK_H
#define IMANS_BOOT_CHECK_H

#include <imans.h>

/**
 * struct boot_check - what is known of the boot
 * @ctx: where errors go
 * @log: the firmware's log, or NULL
 * @log_len: its length
 * @quote: the quote; what it has of PCRs 0 to 9
 * @refs: reference values; the boot must be one of these
 * @ref_count: their number
 * @findings: findings on the node
 */
struct boot_check {
	struct imans_ctx *ctx;
	const uint8_t *log;
	size_t log_len;
	const struct imans_quote *quote;
	struct imans_bootref *const *refs;
	size_t ref_count;
	struct imans_findings *findings;
};

/*
 * Check, and tell the best verdict that the node and its namespaces may have
 * by it: IMANS_CONSISTENT without references.
 */
int imans_boot_check(const struct boot_check *check, enum imans_verdict *best);

/*
 * Banks in which the log gives the quoted PCRs 0 to 9; findings of `severity`
 * say where it does not.
 */
int imans_boot_replay(const struct boot_check *check,
		      enum imans_severity severity, uint32_t *banks);

/* What a finding of the boot's means for a verdict. */
enum imans_verdict imans_boot_weigh(const struct imans_finding *finding);

#endif /* IMANS_BOOT_CHECK_H */
