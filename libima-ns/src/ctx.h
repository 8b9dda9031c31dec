/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The context: hash algorithms, the last error, the log. */
#ifndef IMANS_CTX_H
#define IMANS_CTX_H

#include <stdarg.h>

#include <imans.h>

#include "digest.h"

#define IMANS_ERROR_SIZE	1024	/* longer messages are cut */

#define IMANS_API		__attribute__((visibility("default")))
#define IMANS_PRINTF(f, a)	__attribute__((format(printf, f, a)))

struct imans_ctx {
	struct imans_hashes hashes;
	imans_log_fn log;
	void *log_user;
	char error[IMANS_ERROR_SIZE];
};

/* Keep and log the text; returns err, for `return imans_err(...)`. */
int imans_err(struct imans_ctx *ctx, int err, const char *fmt, ...)
	IMANS_PRINTF(3, 4);

/*
 * Copy an option structure of the caller's version: what it lacks is zero.
 * opts may be NULL; -EINVAL, -E2BIG.
 */
int imans_opts_copy(struct imans_ctx *ctx, void *dst, size_t size,
		    const void *opts);

#endif /* IMANS_CTX_H */
