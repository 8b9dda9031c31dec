/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keylime's runtime policies (version 1, and the allowlists before them): what
 * they call by another name, and what only one side can say.
 */
#ifndef IMANS_KEYLIME_H
#define IMANS_KEYLIME_H

#include <stdbool.h>

#define KEYLIME_VERSION		1
/* Allowlists in JSON had versions of their own. */
#define KEYLIME_OLD_VERSION_MAX	5

/*
 * An exclude, a regular expression that Python's re.match() takes, as a glob.
 * Literals, escaped ones, ".*", "[^/]" with "*", "+" or alone, "^" and "$" are
 * understood.
 * NULL: out of memory, or, if `*known` is false, something else is in it.
 */
char *keylime_glob(const char *regex, bool *known);
/* The other way round; sets are not understood. */
char *keylime_regex(const char *glob, bool *known);

#endif /* IMANS_KEYLIME_H */
