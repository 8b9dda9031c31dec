/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON Web Signatures (RFC 7515), compact, and base64url. */
#ifndef IMANS_JWS_H
#define IMANS_JWS_H

#include "signer.h"

/* Without padding (RFC 7515, section 2), to be given to free(); NULL: no memory. */
char *imans_base64url(const void *data, size_t len);

/* Sign a JSON text. To be given to free(). -EIO, -ENOMEM. */
int imans_jws_sign(struct imans_ctx *ctx, const struct imans_signer *key,
		   const char *json, char **jws);

#endif /* IMANS_JWS_H */
