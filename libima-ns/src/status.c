// SPDX-License-Identifier: LGPL-2.1-or-later
/* Parsing ns/<id>/status: lines of "Name: value". */

#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctx.h"
#include "tree.h"

/* Longest value that has a meaning here: the vPCR in hexadecimal. */
#define VALUE_MAX	127

static bool parse_number(const char *value, uint64_t *number)
{
	char *end;

	if (*value < '0' || *value > '9')
		return false;
	errno = 0;
	*number = strtoull(value, &end, 10);
	return !errno && !*end;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool parse_vpcr(const char *value, uint8_t vpcr[IMANS_HASH_SIZE])
{
	if (strlen(value) != 2 * IMANS_HASH_SIZE)
		return false;
	for (int i = 0; i < IMANS_HASH_SIZE; i++) {
		int high = hex_digit(value[2 * i]);
		int low = hex_digit(value[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		vpcr[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool parse_state(const char *value, enum imans_ns_state *state)
{
	static const char * const names[] = {
		[IMANS_NS_NEW] = "new",
		[IMANS_NS_ACTIVE] = "active",
		[IMANS_NS_DEAD] = "dead",
	};

	for (int i = 0; i <= IMANS_NS_DEAD; i++) {
		if (!strcmp(value, names[i])) {
			*state = i;
			return true;
		}
	}
	return false;
}

static bool parse_overflow(const char *value, uint32_t *overflow)
{
	*overflow = !strcmp(value, "mark") ? IMANS_OVERFLOW_MARK :
					     IMANS_OVERFLOW_DENY;
	return *overflow == IMANS_OVERFLOW_MARK || !strcmp(value, "deny");
}

/* Numbers of the same width stand in a table; the rest is told by name. */
static bool parse_value(struct imans_ns_status *status, const char *name,
			const char *value)
{
	const struct {
		const char *name;
		uint64_t *number;
	} numbers[] = {
		{ "id", &status->id },
		{ "parent", &status->parent },
		{ "inum", &status->inum },
		{ "userns", &status->userns },
		{ "entries", &status->entries },
		{ "violations", &status->violations },
		{ "losses", &status->losses },
		{ "records", &status->records },
		{ "quota", &status->quota },
		{ "used", &status->used },
		{ "memory", &status->memory },
	};
	uint64_t number;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!strcmp(name, numbers[i].name))
			return parse_number(value, numbers[i].number);
	if (!strcmp(name, "depth")) {
		if (!parse_number(value, &number) || number > IMANS_DEPTH_MAX)
			return false;
		status->depth = (uint32_t)number;
	} else if (!strcmp(name, "delegate")) {
		if (!parse_number(value, &number))
			return false;
		status->delegate = number;
	} else if (!strcmp(name, "overflow")) {
		return parse_overflow(value, &status->overflow);
	} else if (!strcmp(name, "state")) {
		return parse_state(value, &status->state);
	} else if (!strcmp(name, "vpcr")) {
		return parse_vpcr(value, status->vpcr);
	} else if (!strcmp(name, "tpm")) {
		status->tpm_ok = !strcmp(value, "ok");
	}
	return true;
}

static const char *parse_line(const char *line, char name[VALUE_MAX + 1],
			      char value[VALUE_MAX + 1])
{
	const char *end = strchrnul(line, '\n');
	const char *colon = memchr(line, ':', (size_t)(end - line));

	name[0] = '\0';
	value[0] = '\0';
	if (colon && colon - line <= VALUE_MAX) {
		const char *start = colon + 1;

		memcpy(name, line, (size_t)(colon - line));
		name[colon - line] = '\0';
		while (start < end && (*start == ' ' || *start == '\t'))
			start++;
		/* A longer one (the label) is not read from here. */
		if (end - start <= VALUE_MAX) {
			memcpy(value, start, (size_t)(end - start));
			value[end - start] = '\0';
		}
	}
	return *end ? end + 1 : end;
}

int imans_status_parse(struct imans_ctx *ctx, const char *name,
		       const char *text, struct imans_ns_status *status)
{
	struct imans_ns_status out = { .label = "", .path = "", .text = "" };
	char key[VALUE_MAX + 1], value[VALUE_MAX + 1];
	unsigned int line = 0;

	out.id = 0;
	out.parent = UINT64_MAX;
	while (*text) {
		line++;
		text = parse_line(text, key, value);
		if (!parse_value(&out, key, value))
			return imans_err(ctx, -EBADMSG,
					 "%s: line %u: \"%s\" has no valid value",
					 name, line, key);
	}
	if (!out.id || out.parent == UINT64_MAX)
		return imans_err(ctx, -EBADMSG,
				 "%s: no id, or no parent, is named", name);
	*status = out;
	return 0;
}
