// SPDX-License-Identifier: LGPL-2.1-or-later
/* Signed verdicts as they are read and looked at. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctx.h"
#include "file.h"
#include "signed.h"

IMANS_API void imans_signed_free(struct imans_signed *verdict)
{
	if (!verdict)
		return;
	free(verdict->name);
	free(verdict->data);
	free(verdict->ns);
	free(verdict);
}

static int parse(struct imans_signed *s)
{
	int err = imans_cose_parse(s->ctx, s->data, s->len, s->name, &s->cose);

	if (err)
		return err;
	/* Names of other keys have other lengths: theirs is another profile. */
	if (s->cose.kid_len != sizeof(s->info.kid))
		return imans_err(s->ctx, -EBADMSG,
				 "%s: the key's name is no SHA-256 digest",
				 s->name);
	memcpy(s->info.kid, s->cose.kid, sizeof(s->info.kid));
	return imans_signed_claims(s);
}

IMANS_API int imans_signed_parse(struct imans_ctx *ctx, const void *data,
				 size_t len, const char *name,
				 struct imans_signed **verdict)
{
	struct imans_signed *s;
	int err;

	if (!name)
		name = "verdict";
	if (len > IMANS_SIGNED_MAX)
		return imans_err(ctx, -EMSGSIZE, "%s: longer than %u bytes",
				 name, IMANS_SIGNED_MAX);
	s = calloc(1, sizeof(*s));
	if (s) {
		s->ctx = ctx;
		s->name = strdup(name);
		s->data = malloc(len ? len : 1);
	}
	if (!s || !s->name || !s->data) {
		imans_signed_free(s);
		return imans_err(ctx, -ENOMEM, "%s: out of memory", name);
	}
	if (len)
		memcpy(s->data, data, len);
	s->len = len;
	err = parse(s);
	if (err)
		imans_signed_free(s);
	else
		*verdict = s;
	return err;
}

IMANS_API int imans_signed_read(struct imans_ctx *ctx, const char *path,
				struct imans_signed **verdict)
{
	uint8_t *data;
	size_t len;
	int err = imans_file_read(ctx, path, IMANS_SIGNED_MAX, &data, &len);

	if (err)
		return err == -EFBIG ? -EMSGSIZE : err;
	err = imans_signed_parse(ctx, data, len, path, verdict);
	free(data);
	return err;
}

int imans_signed_check(const struct imans_signed *s,
		       const struct imans_signer *key)
{
	if (memcmp(s->info.kid, key->kid, sizeof(key->kid)))
		return imans_err(s->ctx, -EKEYREJECTED,
				 "%s: signed by another key", s->name);
	return imans_cose_verify(s->ctx, &s->cose, key);
}

IMANS_API int imans_signed_verify(const struct imans_signed *verdict,
				  const char *pem)
{
	struct imans_signer key;
	int err = imans_signer_public(verdict->ctx, pem, &key);

	if (err)
		return err;
	err = imans_signed_check(verdict, &key);
	imans_signer_free(&key);
	return err;
}

IMANS_API void imans_signed_info(const struct imans_signed *verdict,
				 struct imans_signed_info *info)
{
	*info = verdict->info;
}

IMANS_API int imans_signed_ns(const struct imans_signed *verdict, size_t n,
			      struct imans_signed_ns *ns)
{
	if (n >= verdict->info.ns_count)
		return -ENOENT;
	*ns = verdict->ns[n].pub;
	return 0;
}
