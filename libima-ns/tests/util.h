/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the unit tests share. */
#ifndef TEST_UTIL_H
#define TEST_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <imans.h>

#include "build_list.h"

/* A context for each test: cmocka's setup and teardown. */
int util_setup(void **state);
int util_teardown(void **state);
#define TEST(name)	cmocka_unit_test_setup_teardown(name, util_setup, \
							util_teardown)

/* The first finding with that code, or NULL. */
const struct imans_finding *util_find(const struct imans_findings *findings,
				      enum imans_finding_code code);
/* How many findings are at least that bad. */
size_t util_count(const struct imans_findings *findings,
		  enum imans_severity severity);
/* Print them, for a failed test. */
void util_print(const struct imans_findings *findings);

/* Test vectors: blocks of `key value` lines. */
struct vector {
	char *line[512][2];
	size_t lines;
};

/* Calls fn for each block that begins with `kind`; fails if there is none. */
void util_vectors(const char *kind,
		  void (*fn)(const struct vector *v, void *arg), void *arg);
/* The same of another file beside vectors.txt. */
void util_vectors_in(const char *file, const char *kind,
		     void (*fn)(const struct vector *v, void *arg), void *arg);
/* The value of the n-th line with that key; the test fails without one. */
const char *vector_value(const struct vector *v, const char *key, size_t n);
size_t vector_count(const struct vector *v, const char *key);
/* The same, from hex; the caller frees the data. */
struct bl_bytes vector_bytes(const struct vector *v, const char *key, size_t n);
/* Hex of exactly that many bytes. */
void vector_fixed(const struct vector *v, const char *key, size_t n,
		  uint8_t *out, size_t len);

/* A whole file; the caller frees the data. False if there is none. */
bool util_read_file(const char *path, struct bl_bytes *bytes);

/* From hex, spaces skipped; false if it is none. */
bool util_unhex(const char *hex, struct bl_bytes *bytes);

#endif /* TEST_UTIL_H */
