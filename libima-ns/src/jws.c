// SPDX-License-Identifier: LGPL-2.1-or-later
/* JSON Web Signatures. */

#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctx.h"
#include "jws.h"

char *imans_base64url(const void *data, size_t len)
{
	unsigned char *text;

	if (len > INT_MAX / 2)
		return NULL;
	text = malloc(4 * ((len + 2) / 3) + 1);
	if (!text)
		return NULL;
	EVP_EncodeBlock(text, data, (int)len);
	for (unsigned char *at = text; *at; at++) {
		if (*at == '+')
			*at = '-';
		else if (*at == '/')
			*at = '_';
		else if (*at == '=')
			*at = '\0';
	}
	return (char *)text;
}

static char *header_of(const struct imans_signer *key)
{
	char *kid = imans_base64url(key->kid, sizeof(key->kid));
	char *json = NULL, *encoded = NULL;

	if (kid && asprintf(&json,
			    "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
			    key->alg->jose, kid) < 0)
		json = NULL;
	if (json)
		encoded = imans_base64url(json, strlen(json));
	free(kid);
	free(json);
	return encoded;
}

/* RFC 7515, section 5.1: what is signed is the first two parts. */
static char *to_be_signed(const struct imans_signer *key, const char *json)
{
	char *header = header_of(key);
	char *payload = imans_base64url(json, strlen(json));
	char *text = NULL;

	if (header && payload &&
	    asprintf(&text, "%s.%s", header, payload) < 0)
		text = NULL;
	free(header);
	free(payload);
	return text;
}

int imans_jws_sign(struct imans_ctx *ctx, const struct imans_signer *key,
		   const char *json, char **jws)
{
	char *text = to_be_signed(key, json), *encoded = NULL, *out = NULL;
	uint8_t sig[IMANS_SIG_MAX];
	int err = text ? imans_signer_sign(ctx, key, text, strlen(text), sig) :
			 -ENOMEM;

	if (!err) {
		encoded = imans_base64url(sig, key->alg->size);
		if (!encoded || asprintf(&out, "%s.%s", text, encoded) < 0)
			err = -ENOMEM;
	}
	free(text);
	free(encoded);
	if (err == -ENOMEM)
		return imans_err(ctx, err, "signed JSON: out of memory");
	if (!err)
		*jws = out;
	return err;
}
