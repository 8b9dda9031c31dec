// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the JSON files of reference values share, ours and Keylime's. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctx.h"
#include "file.h"
#include "policy_json.h"

/* NULL if there is no memory, or no object. It belongs to the object. */
static const char *json_text(struct json_object *top, size_t *len)
{
	const int flags = JSON_C_TO_STRING_PRETTY |
			  JSON_C_TO_STRING_NOSLASHESCAPE;

	return imans_json_print(top, flags, len);
}

int imans_json_digest(struct imans_ctx *ctx, struct json_object *top,
		      uint8_t digest[IMANS_HASH_SIZE])
{
	struct imans_chunk chunk;
	int err;

	chunk.data = json_text(top, &chunk.len);
	err = chunk.data ? imans_hash(ctx, IMANS_SHA256, &chunk, 1, digest) :
			   imans_err(ctx, -ENOMEM, "policy: out of memory");
	json_object_put(top);
	return err;
}

int imans_json_write(struct imans_ctx *ctx, const char *path,
		     struct json_object *top)
{
	size_t len;
	const char *text = json_text(top, &len);
	int err;

	if (text)
		err = imans_file_write(ctx, path, text, len, 0644);
	else
		err = imans_err(ctx, -ENOMEM, "%s: out of memory", path);
	json_object_put(top);
	return err;
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
		high = imans_hex_value(from[2]);
		low = high < 0 ? -1 : imans_hex_value(from[3]);
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
