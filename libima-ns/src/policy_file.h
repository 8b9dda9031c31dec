/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What names and numbers the file of reference values has. */
#ifndef IMANS_POLICY_FILE_H
#define IMANS_POLICY_FILE_H

#define POLICY_FORMAT	"ima-ns policy"
/* Version 2 has "globs" and "keys". */
#define POLICY_VERSION	2
/* Instead of digests: what the pattern matches is not compared. */
#define POLICY_ANY	"any"

#endif /* IMANS_POLICY_FILE_H */
