/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IMA namespaces: every bound that is not part of a format.
 */
#ifndef _IMA_NS_LIMITS_H
#define _IMA_NS_LIMITS_H

#include <linux/sizes.h>

/*
 * Dead logs that one parent keeps, with all that died below them. A collector
 * that polls "events" has this many deaths to fall behind.
 */
#define IMA_NS_DEAD_MAX			1024
#define IMA_NS_DEAD_BYTES_MAX		SZ_32M

/* Life-cycle lines that "events" remembers. */
#define IMA_NS_LIFE_MAX			4096

/*
 * Bytes of a policy's text, as it is written and as it is read back; and rules
 * in it, each of which costs memory and time at each event.
 */
#define IMA_NS_POLICY_TEXT_MAX		SZ_64K
#define IMA_NS_POLICY_RULES_MAX		1024

/* Name of a file system type in a rule: the kernel's own are far shorter. */
#define IMA_NS_FSNAME_MAX		31

/* An id path is at most IMA_NS_DEPTH_MAX ids of 20 digits, and slashes. */
#define IMA_NS_PATH_MAX			704

/*
 * Entries between two places that are remembered of a file: at most these, and
 * what one read takes, are formatted anew when reading begins at an offset.
 */
#define IMA_NS_MARK_EVERY		32

/*
 * Room for the host's list to grow between the loading of an image for kexec
 * and its execution: 15,000 records, or 10,000 of the host's own entries.
 */
#define IMA_NS_KEXEC_EXTRA		SZ_1M
#define IMA_NS_KEXEC_EXTRA_MAX		SZ_1G

/* How long the commit thread waits before it tries again without memory. */
#define IMA_NS_RETRY_MS			100

#endif /* _IMA_NS_LIMITS_H */
