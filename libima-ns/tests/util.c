// SPDX-License-Identifier: LGPL-2.1-or-later
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

#define VECTORS_DIR	IMANS_TESTS_DIR "/vectors/"

int util_setup(void **state)
{
	struct imans_ctx *ctx;

	if (imans_ctx_new(&ctx))
		return -1;
	*state = ctx;
	return 0;
}

int util_teardown(void **state)
{
	imans_ctx_free(*state);
	return 0;
}

const struct imans_finding *util_find(const struct imans_findings *findings,
				      enum imans_finding_code code)
{
	for (size_t i = 0; i < imans_findings_count(findings); i++) {
		const struct imans_finding *f = imans_findings_get(findings, i);

		if (f->code == code)
			return f;
	}
	return NULL;
}

size_t util_count(const struct imans_findings *findings,
		  enum imans_severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < imans_findings_count(findings); i++)
		if (imans_findings_get(findings, i)->severity >= severity)
			count++;
	return count;
}

void util_print(const struct imans_findings *findings)
{
	for (size_t i = 0; i < imans_findings_count(findings); i++) {
		const struct imans_finding *f = imans_findings_get(findings, i);

		print_message("  %d %s: %s\n", f->severity,
			      imans_finding_name(f->code), f->text);
	}
}

bool util_read_file(const char *path, struct bl_bytes *bytes)
{
	FILE *file = fopen(path, "rb");
	char chunk[4096];
	size_t got;

	if (!file)
		return false;
	bytes->data = NULL;
	bytes->len = 0;
	bl_put(bytes, "", 0);
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		bl_put(bytes, chunk, got);
	fclose(file);
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool util_unhex(const char *hex, struct bl_bytes *bytes)
{
	bytes->data = NULL;
	bytes->len = 0;
	bl_put(bytes, "", 0);
	for (;;) {
		uint8_t byte;

		while (isspace((unsigned char)*hex))
			hex++;
		if (!*hex)
			return true;
		if (hex_digit(hex[0]) < 0 || hex_digit(hex[1]) < 0)
			return false;
		byte = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
		bl_put(bytes, &byte, 1);
		hex += 2;
	}
}

static bool split_line(char *line, struct vector *v)
{
	char *space = strchr(line, ' ');

	line[strcspn(line, "\n")] = '\0';
	if (!space)
		return false;
	*space = '\0';
	assert_true(v->lines < 512);
	v->line[v->lines][0] = line;
	v->line[v->lines++][1] = space + 1;
	return true;
}

void util_vectors(const char *kind,
		  void (*fn)(const struct vector *v, void *arg), void *arg)
{
	util_vectors_in("vectors.txt", kind, fn, arg);
}

void util_vectors_in(const char *file, const char *kind,
		     void (*fn)(const struct vector *v, void *arg), void *arg)
{
	char path[1024];
	struct vector v = { .lines = 0 };
	struct bl_bytes all;
	size_t blocks = 0;
	char *next, *end;

	snprintf(path, sizeof(path), VECTORS_DIR "%s", file);
	assert_true(util_read_file(path, &all));
	bl_put(&all, "\n", 2);
	for (next = (char *)all.data; *next; next = end + 1) {
		end = strchr(next, '\n');
		*end = '\0';
		if (*next) {
			assert_true(split_line(next, &v));
			continue;
		}
		if (v.lines && strcmp(v.line[0][0], kind) == 0) {
			fn(&v, arg);
			blocks++;
		}
		v.lines = 0;
	}
	free(all.data);
	assert_true(blocks > 0);
}

size_t vector_count(const struct vector *v, const char *key)
{
	size_t count = 0;

	for (size_t i = 0; i < v->lines; i++)
		if (strcmp(v->line[i][0], key) == 0)
			count++;
	return count;
}

const char *vector_value(const struct vector *v, const char *key, size_t n)
{
	for (size_t i = 0; i < v->lines; i++)
		if (strcmp(v->line[i][0], key) == 0 && n-- == 0)
			return v->line[i][1];
	fail_msg("the vector has no %s", key);
	return NULL;
}

struct bl_bytes vector_bytes(const struct vector *v, const char *key, size_t n)
{
	const char *hex = vector_value(v, key, n);
	struct bl_bytes bytes;

	assert_true(util_unhex(strcmp(hex, "-") == 0 ? "" : hex, &bytes));
	return bytes;
}

void vector_fixed(const struct vector *v, const char *key, size_t n,
		  uint8_t *out, size_t len)
{
	struct bl_bytes bytes = vector_bytes(v, key, n);

	assert_int_equal(bytes.len, len);
	memcpy(out, bytes.data, len);
	free(bytes.data);
}
