// SPDX-License-Identifier: LGPL-2.1-or-later
/* Output for machines. */

#include <stdio.h>
#include <stdlib.h>

#include "cli.h"

void cli_json_add(struct json_object *o, const char *key,
		  struct json_object *value)
{
	int failed;

	if (key)
		failed = json_object_object_add(o, key, value);
	else
		failed = json_object_array_add(o, value);
	/* json-c fails for want of memory only. */
	if (failed)
		cli_no_memory();
}

void cli_json_text(struct json_object *o, const char *key, const char *text)
{
	cli_json_add(o, key, json_object_new_string(text));
}

void cli_json_number(struct json_object *o, const char *key, uint64_t number)
{
	cli_json_add(o, key, json_object_new_uint64(number));
}

void cli_json_bool(struct json_object *o, const char *key, bool value)
{
	cli_json_add(o, key, json_object_new_boolean(value));
}

void cli_json_hex(struct json_object *o, const char *key, const uint8_t *data,
		  size_t len)
{
	char *text = cli_hex_encode(data, len);

	cli_json_text(o, key, text);
	free(text);
}

int cli_print_json(const struct cli *cli, struct json_object *json)
{
	const char *text;

	text = json_object_to_json_string_ext(json,
					      JSON_C_TO_STRING_PRETTY |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!text)
		return cli_error(cli, "out of memory");
	puts(text);
	json_object_put(json);
	return CLI_GOOD;
}
