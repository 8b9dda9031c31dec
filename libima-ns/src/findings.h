/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings: what a verification has to say, all of it. */
#ifndef IMANS_FINDINGS_H
#define IMANS_FINDINGS_H

#include <imans.h>

#include "ctx.h"

/*
 * Add a finding. Running out of memory is remembered, as a finding that is
 * missing must not pass for none: see imans_findings_error().
 */
void imans_findings_add(struct imans_findings *findings,
			enum imans_finding_code code,
			enum imans_severity severity, uint64_t nsid,
			uint64_t entry, const char *fmt, ...)
	IMANS_PRINTF(6, 7);

/* 0, or -ENOMEM if a finding could not be kept. */
int imans_findings_error(const struct imans_findings *findings);

/* How many findings of IMANS_FAIL were added so far, kept or not. */
uint64_t imans_findings_fails(const struct imans_findings *findings);

/*
 * Add all of another's, as if they had been added here one by one, and leave it
 * empty.
 */
void imans_findings_append(struct imans_findings *findings,
			   struct imans_findings *more);

/*
 * Those from number `first` on are about what is proven: they are kept in a
 * verifier's state. All others are made anew in each round.
 */
void imans_findings_keep(struct imans_findings *findings, size_t first);
bool imans_findings_kept(const struct imans_findings *findings, size_t n);

/* Add a copy of one that was kept, and keep it. */
void imans_findings_take(struct imans_findings *findings,
			 const struct imans_finding *kept);

#endif /* IMANS_FINDINGS_H */
