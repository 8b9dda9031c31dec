// SPDX-License-Identifier: LGPL-2.1-or-later
/* Hostile JSON, and bytes in hexadecimal in it. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ctx.h"
#include "json_text.h"

/* Members of all objects in the text, which is strict JSON: a colon for each. */
static size_t count_colons(const uint8_t *data, size_t len)
{
	bool string = false;
	size_t count = 0;

	for (size_t i = 0; i < len; i++) {
		if (data[i] == '"')
			string = !string;
		else if (string && data[i] == '\\')
			i++;
		else if (!string && data[i] == ':')
			count++;
	}
	return count;
}

/* Those that the parser kept; it has bounded how deep they lie. */
static size_t count_members(struct json_object *value)
{
	size_t count = 0;

	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			count += count_members(json_object_array_get_idx(value,
									 i));
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member) {
			(void)key;
			count += 1 + count_members(member);
		}
	}
	return count;
}

int imans_json_parse(struct imans_ctx *ctx, const char *name,
		     const uint8_t *data, size_t len, int depth,
		     struct json_object **top)
{
	struct json_tokener *tok = json_tokener_new_ex(depth);
	struct json_object *parsed;
	enum json_tokener_error error;
	int err = 0;

	if (!tok)
		return imans_err(ctx, -ENOMEM, "%s: out of memory", name);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT |
				    JSON_TOKENER_VALIDATE_UTF8);
	/* With its final NUL: the parser then knows that the text ended. */
	parsed = json_tokener_parse_ex(tok, (const char *)data, (int)len + 1);
	error = json_tokener_get_error(tok);
	if (error != json_tokener_success) {
		err = imans_err(ctx, -EBADMSG, "%s: byte %zu: %s", name,
				json_tokener_get_parse_end(tok),
				json_tokener_error_desc(error));
		json_object_put(parsed);
	} else if (count_members(parsed) != count_colons(data, len)) {
		/* The last one would count here, the first one elsewhere. */
		err = imans_err(ctx, -EBADMSG,
				"%s: an object has the same key twice", name);
		json_object_put(parsed);
	} else {
		*top = parsed;
	}
	json_tokener_free(tok);
	return err;
}

static bool says(const char *text, size_t len, struct json_object *top)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *again;
	bool same;

	if (!tok)
		return false;
	again = json_tokener_parse_ex(tok, text, (int)len);
	same = again && json_object_equal(again, top);
	json_object_put(again);
	json_tokener_free(tok);
	return same;
}

const char *imans_json_print(struct json_object *top, int flags, size_t *len)
{
	const char *text;

	if (!top)
		return NULL;
	text = json_object_to_json_string_length(top, flags, len);
	/*
	 * Where json-c has no memory, the text lacks a part, and nothing tells:
	 * it must be what was to be said.
	 */
	return text && *len < INT_MAX && says(text, *len, top) ? text : NULL;
}

const char *imans_json_string(struct json_object *value)
{
	const char *text;

	if (!json_object_is_type(value, json_type_string))
		return NULL;
	text = json_object_get_string(value);
	if (strlen(text) != (size_t)json_object_get_string_len(value))
		return NULL;
	return text;
}

bool imans_json_add(struct json_object *object, const char *key,
		    struct json_object *value)
{
	if (object && value && !json_object_object_add(object, key, value))
		return true;
	json_object_put(value);
	return false;
}

bool imans_json_append(struct json_object *array, struct json_object *value)
{
	if (array && value && !json_object_array_add(array, value))
		return true;
	json_object_put(value);
	return false;
}

int imans_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool imans_hex_parse(const char *text, uint8_t *out, size_t size)
{
	if (strlen(text) != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++) {
		int high = imans_hex_value(text[2 * i]);
		int low = imans_hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void imans_hex_print(char *out, const uint8_t *data, size_t len)
{
	out[0] = '\0';
	for (size_t i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", data[i]);
}
