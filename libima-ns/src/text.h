/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes of hostile input as text that is safe to print, and the other way. */
#ifndef IMANS_TEXT_H
#define IMANS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMANS_SHOWN_SIZE	256	/* of a name in a message, with its NUL */

/*
 * Printable ASCII stays, a backslash and all else become \xNN; what does not
 * fit is cut and ends in "...". size is at least 8. Returns buf.
 */
const char *imans_show(char *buf, size_t size, const void *data, size_t len);

/* Hexadecimal, as the kernel writes it, to len / 2 bytes; false: it is none. */
bool imans_unhex(const char *text, size_t len, uint8_t *out);

/* Decimal digits alone, below 2^64. */
bool imans_decimal(const char *text, size_t len, uint64_t *value);

/* The same, of any length, allocated; but a backslash stays, so that twice is once. */
char *imans_text_escape(const char *text);

/* Lower-case hex with its NUL: `out` has 2 * len + 1 bytes. */
void imans_text_hex(char *out, const uint8_t *data, size_t len);

#endif /* IMANS_TEXT_H */
