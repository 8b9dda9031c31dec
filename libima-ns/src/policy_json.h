/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the JSON files of reference values share, ours and Keylime's. */
#ifndef IMANS_POLICY_JSON_H
#define IMANS_POLICY_JSON_H

#include <json-c/json.h>

#include <imans.h>

#include "ctx.h"

/*
 * Parse a text whose last byte is followed by a NUL. -EBADMSG: malformed, or
 * nested deeper than `depth`; -ENOMEM.
 */
int imans_json_parse(struct imans_ctx *ctx, const char *name,
		     const uint8_t *data, size_t len, int depth,
		     struct json_object **top);

/* A value's text, if it is a string without a zero byte; else NULL. */
const char *imans_json_string(struct json_object *value);

/* Add to an object or array; `value` is taken over. False: out of memory. */
bool imans_json_add(struct json_object *object, const char *key,
		    struct json_object *value);
bool imans_json_append(struct json_object *array, struct json_object *value);

/* Write with a temporary file beside it. `top` is taken over. */
int imans_json_write(struct imans_ctx *ctx, const char *path,
		     struct json_object *top);

/* Hexadecimal of exactly `size` bytes. */
bool imans_hex_parse(const char *text, uint8_t *out, size_t size);
/* `out` has 2 * len + 1 bytes. */
void imans_hex_print(char *out, const uint8_t *data, size_t len);

/* File names are bytes, JSON is text: all but printable ASCII is \xNN. */
char *imans_path_escape(const char *path);
/* In place; false: a backslash that begins no \xNN, or nothing is left. */
bool imans_path_unescape(char *path);
/* A path as one step of a JSON pointer (RFC 6901), escaped. NULL: no memory. */
char *imans_json_pointer(const char *path);

#endif /* IMANS_POLICY_JSON_H */
