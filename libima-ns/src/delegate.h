/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tenants' signed verdicts in place of openings. */
#ifndef IMANS_DELEGATE_H
#define IMANS_DELEGATE_H

#include "report.h"
#include "signer.h"

/**
 * struct tenant_trust - one tenant's key, and whom it may speak for
 * @key: the public key
 * @glob: on labels, or NULL: the namespace below
 * @boot_id: the boot that the id is of
 * @id: the namespace, with all below it
 */
struct tenant_trust {
	struct imans_signer key;
	char *glob;
	uint8_t boot_id[IMANS_BOOT_ID_SIZE];
	uint64_t id;
};

/* A signed verdict as it was given. */
struct tenant_verdict {
	char *name;
	uint8_t *data;
	size_t len;
};

/**
 * struct imans_tenants - whose verdicts count, and verdicts
 * @ctx: where errors go
 * @trust: who may speak for whom
 * @trust_count: their number
 * @verdicts: signed verdicts
 * @verdict_count: their number
 * @max_age: how old one may be that has another nonce, in seconds; 0: none may
 * @now: the time, or 0: the clock's
 */
struct imans_tenants {
	struct imans_ctx *ctx;
	struct tenant_trust *trust;
	size_t trust_count;
	struct tenant_verdict *verdicts;
	size_t verdict_count;
	uint64_t max_age;
	uint64_t now;
};

/*
 * Mark the subjects that a signed verdict accounts for, with what it says; what
 * is wrong with one becomes a finding. `host` may be NULL. -ENOMEM, -ENOTSUP.
 */
int imans_delegate(struct imans_report *report, const struct imans_host *host,
		   const struct imans_verify_opts *opts);

#endif /* IMANS_DELEGATE_H */
