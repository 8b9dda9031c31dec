// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the JSON files of reference values share, ours and Keylime's. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "policy_json.h"

int imans_json_parse(struct imans_ctx *ctx, const char *name,
		     const uint8_t *data, size_t len, int depth,
		     struct json_object **top)
{
	struct json_tokener *tok;
	struct json_object *out;
	int err = 0;

	if (len >= INT_MAX)
		return imans_err(ctx, -EFBIG, "%s: too long", name);
	tok = json_tokener_new_ex(depth);
	if (!tok)
		return imans_err(ctx, -ENOMEM, "%s: out of memory", name);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT |
				    JSON_TOKENER_VALIDATE_UTF8);
	/* With its final NUL: the parser then knows that the text ended. */
	out = json_tokener_parse_ex(tok, (const char *)data, (int)len + 1);
	if (json_tokener_get_error(tok) != json_tokener_success)
		err = imans_err(ctx, -EBADMSG, "%s: byte %zu: %s", name,
				json_tokener_get_parse_end(tok),
				json_tokener_error_desc(json_tokener_get_error(tok)));
	json_tokener_free(tok);
	if (err)
		json_object_put(out);
	else
		*top = out;
	return err;
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
	if (value && !json_object_object_add(object, key, value))
		return true;
	json_object_put(value);
	return false;
}

bool imans_json_append(struct json_object *array, struct json_object *value)
{
	if (value && !json_object_array_add(array, value))
		return true;
	json_object_put(value);
	return false;
}

int imans_json_write(struct imans_ctx *ctx, const char *path,
		     struct json_object *top)
{
	const int flags = JSON_C_TO_STRING_PRETTY |
			  JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text = NULL;
	size_t len;
	int err;

	if (top)
		text = json_object_to_json_string_length(top, flags, &len);
	if (text)
		err = imans_file_write(ctx, path, text, len, 0644);
	else
		err = imans_err(ctx, -ENOMEM, "%s: out of memory", path);
	json_object_put(top);
	return err;
}

static int hex_value(char c)
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
		int high = hex_value(text[2 * i]);
		int low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void imans_hex_print(char *out, const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[data[i] >> 4];
		*out++ = digits[data[i] & 15];
	}
	*out = '\0';
}

char *imans_path_escape(const char *path)
{
	char *out = malloc(4 * strlen(path) + 1), *at = out;

	if (!out)
		return NULL;
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (c >= 0x20 && c < 0x7f && c != '\\')
			*at++ = (char)c;
		else
			at += sprintf(at, "\\x%02x", c);
	}
	*at = '\0';
	return out;
}

bool imans_path_unescape(char *path)
{
	char *from = path, *to = path;

	while (*from) {
		int high, low;

		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		if (from[1] != 'x')
			return false;
		high = hex_value(from[2]);
		low = high < 0 ? -1 : hex_value(from[3]);
		if (low < 0 || !(high | low))
			return false;
		*to++ = (char)(high << 4 | low);
		from += 4;
	}
	*to = '\0';
	return to != path;
}

char *imans_json_pointer(const char *path)
{
	char *escaped = imans_path_escape(path);
	char *out = escaped ? malloc(2 * strlen(escaped) + 1) : NULL;
	char *at = out;

	for (const char *p = escaped; out && *p; p++) {
		*at++ = *p == '~' || *p == '/' ? '~' : *p;
		if (*p == '~' || *p == '/')
			*at++ = *p == '~' ? '0' : '1';
	}
	if (out)
		*at = '\0';
	free(escaped);
	return out;
}
