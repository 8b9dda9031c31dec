/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What UEFI writes its names in: UTF-16, little-endian, and GUIDs. */
#ifndef IMANS_UTF16_H
#define IMANS_UTF16_H

#include <stddef.h>
#include <stdint.h>

/* 8-4-4-4-12 digits with a NUL. */
#define IMANS_GUID_SIZE	37

/*
 * Characters as text that is safe to print: all but printable ASCII becomes
 * \uNNNN; what does not fit is cut and ends in "...". size is at least 8.
 * Returns buf.
 */
const char *imans_show_utf16(char *buf, size_t size, const uint8_t *data,
			     size_t chars);

/* Of 16 bytes, the first three numbers little-endian. Returns buf. */
const char *imans_show_guid(char buf[IMANS_GUID_SIZE], const uint8_t *guid);

#endif /* IMANS_UTF16_H */
