/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A node whose boot is known, with all that a verdict of "trusted" takes. */
#ifndef TEST_BOOTED_H
#define TEST_BOOTED_H

#include "fwlog_make.h"
#include "node.h"

#define ALL4	15U	/* the banks of the golden logs */

/* Tests change its parts before it is verified. */
struct booted {
	struct node n;
	struct imans_pcrs pcrs[IMANS_BOOT_PCRS];
	struct bl_bytes log;
	struct imans_bootref *ref;
	struct imans_bootref *refs[2];
	size_t ref_count;
	bool other_aggregate;		/* boot_aggregate is of another boot */
};

/* OVMF's log, and the references that it makes. */
void booted_begin(struct booted *b, struct imans_ctx *ctx);
void booted_verify(struct booted *b);
void booted_end(struct booted *b);

/* Another log of tests/fwlog. */
void booted_set_log(struct booted *b, const char *golden);
void booted_no_log(struct booted *b);
/* References of a log, without asking whose. */
void booted_add_log(struct imans_ctx *ctx, struct imans_bootref *ref,
		    const struct bl_bytes *bytes);

#endif /* TEST_BOOTED_H */
