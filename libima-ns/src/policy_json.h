/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the JSON files of reference values share, ours and Keylime's. */
#ifndef IMANS_POLICY_JSON_H
#define IMANS_POLICY_JSON_H

#include <imans.h>

#include "json_text.h"

/* The digest of what would be written. `top` is taken over. */
int imans_json_digest(struct imans_ctx *ctx, struct json_object *top,
		      uint8_t digest[IMANS_HASH_SIZE]);

/* Write with a temporary file beside it. `top` is taken over. */
int imans_json_write(struct imans_ctx *ctx, const char *path,
		     struct json_object *top);

/* File names are bytes, JSON is text: all but printable ASCII is \xNN. */
char *imans_path_escape(const char *path);
/* In place; false: a backslash that begins no \xNN, or nothing is left. */
bool imans_path_unescape(char *path);
/* A path as one step of a JSON pointer (RFC 6901), escaped. NULL: no memory. */
char *imans_json_pointer(const char *path);

#endif /* IMANS_POLICY_JSON_H */
