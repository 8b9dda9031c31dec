/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the fixed parts of the formats in linux/ima_ns.h. */
#ifndef IMANS_FORMAT_H
#define IMANS_FORMAT_H

#include <linux/ima_ns.h>

#include "ctx.h"
#include "template.h"

/* Label: 1 to 511 bytes of printable ASCII without spaces. */
bool imans_label_valid(const char *label, size_t len);

#endif /* IMANS_FORMAT_H */
