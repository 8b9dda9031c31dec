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

#endif /* IMANS_SIGN_H */
