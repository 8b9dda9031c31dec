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

/*
 * Memory that all namespaces' lists and nodes, and the host's records, may take
 * together, which none of it can be reclaimed of: this share of the node's, or
 * what "ima_ns_memory=" says.
 */
#define IMA_NS_MEMORY_SHARE		8
#define IMA_NS_MEMORY_MIN		SZ_1M

/*
 * What a child of the host gets of that unless a quota is set for it: so little
 * that as many pods as a node usually has at most, 110, can't use it up. But no
 * fewer entries than some container needs to start, however small the node is.
 */
#define IMA_NS_CHILD_SHARE		128
#define IMA_NS_QUOTA_FLOOR		1024

/* CREATE, DESTROY and one LOSS, for which there is room from the beginning. */
#define IMA_NS_QUOTA_MIN		3

/*
 * Memory that each entry of a quota is good for. An entry with its copy in the
 * parent's list takes 1 KiB if the path is short; up to 9 KiB if it is not.
 */
#define IMA_NS_ENTRY_BYTES		SZ_2K

/*
 * What the host's list takes for an entry with one record, digests of all banks
 * included, and for each more in the same entry.
 */
#define IMA_NS_HOST_ENTRY_BYTES		SZ_1K
#define IMA_NS_HOST_RECORD_BYTES	128

/* How long the commit thread waits before it tries again without memory. */
#define IMA_NS_RETRY_MS			100

/*
 * After an extend's error: how often the TPM is asked what became of it, how
 * long at most, and the pauses between, which double. Everybody who waits for
 * the TPM waits for this, once: then it is lost. A TPM that tests itself, or
 * resets, is back by then.
 */
#define IMA_NS_PCR_TRIES		10
#define IMA_NS_PCR_SETTLE_MS		10000
#define IMA_NS_PCR_PAUSE_MS		10U
#define IMA_NS_PCR_PAUSE_MAX_MS		1000U

/* Pauses between attempts to make a lost TPM's PCR useless, which double. */
#define IMA_NS_PCR_SPOIL_MS		100U
#define IMA_NS_PCR_SPOIL_MAX_MS		10000U

#endif /* _IMA_NS_LIMITS_H */
