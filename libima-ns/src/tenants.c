// SPDX-License-Identifier: LGPL-2.1-or-later
/* Tenants: their keys, and their signed verdicts as they were given. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctx.h"
#include "delegate.h"
#include "file.h"

static int no_memory(struct imans_tenants *tenants)
{
	return imans_err(tenants->ctx, -ENOMEM, "tenants: out of memory");
}

IMANS_API int imans_tenants_new(struct imans_ctx *ctx,
				struct imans_tenants **tenants)
{
	struct imans_tenants *new = calloc(1, sizeof(*new));

	if (!new)
		return imans_err(ctx, -ENOMEM, "tenants: out of memory");
	new->ctx = ctx;
	*tenants = new;
	return 0;
}

IMANS_API void imans_tenants_free(struct imans_tenants *tenants)
{
	if (!tenants)
		return;
	for (size_t i = 0; i < tenants->trust_count; i++) {
		imans_signer_free(&tenants->trust[i].key);
		free(tenants->trust[i].glob);
	}
	for (size_t i = 0; i < tenants->verdict_count; i++) {
		free(tenants->verdicts[i].name);
		free(tenants->verdicts[i].data);
	}
	free(tenants->trust);
	free(tenants->verdicts);
	free(tenants);
}

/* Takes the glob over, also on failure. */
static int trust(struct imans_tenants *tenants, const char *pem,
		 struct tenant_trust *new)
{
	struct tenant_trust *more;
	int err = imans_signer_public(tenants->ctx, pem, &new->key);

	if (err) {
		free(new->glob);
		return err;
	}
	more = realloc(tenants->trust,
		       (tenants->trust_count + 1) * sizeof(*more));
	if (!more) {
		imans_signer_free(&new->key);
		free(new->glob);
		return no_memory(tenants);
	}
	tenants->trust = more;
	more[tenants->trust_count++] = *new;
	return 0;
}

IMANS_API int imans_tenants_trust_id(struct imans_tenants *tenants,
				     const char *pem,
				     const uint8_t boot_id[IMANS_BOOT_ID_SIZE],
				     uint64_t id)
{
	struct tenant_trust new = { .id = id };

	if (!id || !boot_id)
		return imans_err(tenants->ctx, -EINVAL,
				 "a tenant's namespace has an id and its boot's id");
	memcpy(new.boot_id, boot_id, sizeof(new.boot_id));
	return trust(tenants, pem, &new);
}

IMANS_API int imans_tenants_trust_label(struct imans_tenants *tenants,
					const char *pem, const char *glob)
{
	struct tenant_trust new = { .id = 0 };

	if (!glob || !*glob)
		return imans_err(tenants->ctx, -EINVAL,
				 "the pattern of a tenant's labels is empty");
	new.glob = strdup(glob);
	return new.glob ? trust(tenants, pem, &new) : no_memory(tenants);
}

/* Takes the data over, also on failure. */
static int add(struct imans_tenants *tenants, uint8_t *data, size_t len,
	       const char *name)
{
	struct tenant_verdict *more, new = { .data = data, .len = len };

	new.name = strdup(name);
	more = realloc(tenants->verdicts,
		       (tenants->verdict_count + 1) * sizeof(*more));
	if (more)
		tenants->verdicts = more;
	if (!more || !new.name) {
		free(new.name);
		free(data);
		return no_memory(tenants);
	}
	more[tenants->verdict_count++] = new;
	return 0;
}

IMANS_API int imans_tenants_add(struct imans_tenants *tenants,
				const void *data, size_t len, const char *name)
{
	uint8_t *copy;

	if (!name)
		name = "tenant's verdict";
	if (len > IMANS_SIGNED_MAX)
		return imans_err(tenants->ctx, -EMSGSIZE,
				 "%s: longer than %u bytes", name,
				 IMANS_SIGNED_MAX);
	copy = malloc(len ? len : 1);
	if (!copy)
		return no_memory(tenants);
	if (len)
		memcpy(copy, data, len);
	return add(tenants, copy, len, name);
}

IMANS_API int imans_tenants_add_file(struct imans_tenants *tenants,
				     const char *path)
{
	uint8_t *data;
	size_t len;
	int err = imans_file_read(tenants->ctx, path, IMANS_SIGNED_MAX, &data,
				  &len);

	if (err)
		return err == -EFBIG ? -EMSGSIZE : err;
	return add(tenants, data, len, path);
}

IMANS_API void imans_tenants_set_max_age(struct imans_tenants *tenants,
					 uint64_t seconds)
{
	tenants->max_age = seconds;
}

IMANS_API void imans_tenants_set_time(struct imans_tenants *tenants,
				      uint64_t now)
{
	tenants->now = now;
}
