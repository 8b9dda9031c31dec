/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entries of one namespace that are shown alone: Documentation/disclosure.cddl. */
#ifndef IMANS_DISCLOSE_H
#define IMANS_DISCLOSE_H

#include "evidence.h"
#include "host.h"
#include "report.h"

#define DISCLOSURE_FORMAT	"ima-ns disclosure"
#define DISCLOSURE_VERSION	1

/* What opens an entry's record, with the entry. */
struct disclosure_opening {
	uint8_t key[IMANS_KEY_SIZE];		/* k_seq */
	uint8_t vpcr[IMANS_HASH_SIZE];		/* before the entry */
};

/**
 * struct imans_disclosure - own entries of a namespace, in a row
 * @ctx: where errors go; outlives the disclosure
 * @id: the namespace
 * @first: seq of the first entry
 * @count: how many entries, and openings
 * @room: allocated openings
 * @list: the entries, as they stand in the namespace's list
 * @openings: of each entry
 */
struct imans_disclosure {
	struct imans_ctx *ctx;
	uint64_t id;
	uint64_t first;
	size_t count;
	size_t room;
	struct evidence_list list;
	struct disclosure_opening *openings;
};

/* NULL: no memory. */
struct imans_disclosure *imans_disclosure_new(struct imans_ctx *ctx);
/* A zeroed opening at the end; NULL: no memory. */
struct disclosure_opening *
imans_disclosure_append(struct imans_disclosure *disclosure);

/* The entries against the host's records; `subject` gets what was proven. */
int imans_disclosure_check(const struct imans_host *host,
			   const struct imans_disclosure *disclosure,
			   struct report_subject *subject);

/* imans_verify(), of a disclosure if there is one: verify.c. */
int imans_verify_with(const struct imans_evidence *evidence,
		      const struct imans_verify_opts *opts,
		      const struct imans_disclosure *disclosure,
		      struct imans_report **report);

#endif /* IMANS_DISCLOSE_H */
