// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "ctx.h"

IMANS_API int imans_ctx_new(struct imans_ctx **ctx)
{
	struct imans_ctx *new;
	int ret;

	if (!ctx)
		return -EINVAL;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	ret = imans_hashes_init(&new->hashes);
	if (ret) {
		free(new);
		return ret;
	}
	*ctx = new;
	return 0;
}

IMANS_API void imans_ctx_free(struct imans_ctx *ctx)
{
	if (!ctx)
		return;
	imans_hashes_fini(&ctx->hashes);
	free(ctx);
}

IMANS_API void imans_ctx_set_log(struct imans_ctx *ctx, imans_log_fn fn,
				 void *user)
{
	ctx->log = fn;
	ctx->log_user = user;
}

IMANS_API const char *imans_ctx_error(const struct imans_ctx *ctx)
{
	return ctx->error;
}

int imans_err(struct imans_ctx *ctx, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ctx->error, sizeof(ctx->error), fmt, ap);
	va_end(ap);
	if (ctx->log)
		ctx->log(ctx->log_user, IMANS_LOG_ERROR, ctx->error);
	return err;
}

int imans_opts_copy(struct imans_ctx *ctx, void *dst, size_t size,
		    const void *opts)
{
	size_t sz;

	memset(dst, 0, size);
	if (!opts)
		return 0;
	memcpy(&sz, opts, sizeof(sz));
	if (sz < sizeof(sz))
		return imans_err(ctx, -EINVAL, "options: sz is not set");
	if (sz > size && !all_zero((const uint8_t *)opts + size, sz - size))
		return imans_err(ctx, -E2BIG,
				 "options: set that this library does not know");
	memcpy(dst, opts, sz < size ? sz : size);
	return 0;
}
