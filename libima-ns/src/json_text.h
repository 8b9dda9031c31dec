/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hostile JSON, and bytes in hexadecimal in it. */
#ifndef IMANS_JSON_TEXT_H
#define IMANS_JSON_TEXT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct imans_ctx;

/*
 * Parse a text that a NUL follows. `depth` is that of arrays and objects, and
 * one for what is refused, as a key is that an object has twice. -EBADMSG, -ENOMEM.
 */
int imans_json_parse(struct imans_ctx *ctx, const char *name,
		     const uint8_t *data, size_t len, int depth,
		     struct json_object **top);

/*
 * As text, all of it, which belongs to it; `flags` are json-c's. NULL: there is no
 * memory, or no object.
 */
const char *imans_json_print(struct json_object *top, int flags, size_t *len);

/* Its text, if it is a string without a zero byte; else NULL. */
const char *imans_json_string(struct json_object *value);

/*
 * Add to an object; the value is taken over. False: there is no memory, as when
 * one of them is NULL.
 */
bool imans_json_add(struct json_object *object, const char *key,
		    struct json_object *value);
bool imans_json_append(struct json_object *array, struct json_object *value);

/* -1: no digit. */
int imans_hex_value(char c);
/* Exactly that many bytes. */
bool imans_hex_parse(const char *text, uint8_t *out, size_t size);
/* `out` holds twice as many characters, and a NUL. */
void imans_hex_print(char *out, const uint8_t *data, size_t len);

#endif /* IMANS_JSON_TEXT_H */
