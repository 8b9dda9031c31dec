/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UEFI device paths as text. */
#ifndef IMANS_DEVPATH_H
#define IMANS_DEVPATH_H

#include <stddef.h>
#include <stdint.h>

/*
 * Nodes in the manner of the UEFI specification, 10.6.1.6, joined by slashes;
 * those that are not known as Path(type,subtype). Malformed ones end it in
 * "(malformed)", and what does not fit is cut. Returns buf.
 */
const char *imans_show_devpath(char *buf, size_t size, const uint8_t *data,
			       size_t len);

#endif /* IMANS_DEVPATH_H */
