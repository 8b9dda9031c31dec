/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Patterns on paths. Unlike fnmatch(3) they know no characters, only bytes, and
 * so depend on no locale; and their time is bounded whatever the path is.
 *
 *   ?      one byte other than a slash
 *   *      any number of bytes other than a slash
 *   **     any number of any bytes
 *   [a-z]  one byte of a set, [!a-z] one that is not in it; never a slash
 *
 * All else stands for itself, the backslash too; [*] is an asterisk.
 */
#ifndef IMANS_GLOB_H
#define IMANS_GLOB_H

#include <stdbool.h>
#include <stddef.h>

#define IMANS_GLOB_MAX		1024	/* bytes of a pattern */
#define IMANS_GLOB_PATH_MAX	4096	/* longer paths match nothing */

struct imans_glob;

/*
 * -EINVAL: empty, or a set without its end; -EMSGSIZE: longer than
 * IMANS_GLOB_MAX; -ENOMEM.
 */
int imans_glob_new(const char *pattern, struct imans_glob **glob);
void imans_glob_free(struct imans_glob *glob);
bool imans_glob_match(const struct imans_glob *glob, const char *path,
		      size_t len);

#endif /* IMANS_GLOB_H */
