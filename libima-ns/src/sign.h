/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a signed verdict says, besides the verdict itself. */
#ifndef IMANS_SIGN_H
#define IMANS_SIGN_H

#include "report.h"

struct imans_evidence;

/*
 * Keep in the report what signed verdicts are made of or compared with, if the
 * options ask for either. `host` may be NULL. -ENOMEM, -ENOTSUP.
 */
int imans_report_keep(struct imans_report *report,
		      const struct imans_host *host,
		      const struct imans_evidence *evidence,
		      const struct imans_verify_opts *opts);

/*
 * Digest over a namespace's first records as the host's list has them; there
 * must be as many. d = SHA-256(d || record), from zero: whoever has it can go on
 * without what came before. -ENODATA: not all of them are held any more.
 */
int imans_records_digest(const struct imans_host *host,
			 const struct imans_host_node *node, uint64_t count,
			 uint8_t digest[IMANS_HASH_SIZE]);

#endif /* IMANS_SIGN_H */
