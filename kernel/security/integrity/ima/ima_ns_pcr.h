/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IMA namespaces: extending IMA's PCR when the TPM errs.
 */
#ifndef _IMA_NS_PCR_H
#define _IMA_NS_PCR_H

#include <linux/seq_file.h>
#include <linux/tpm.h>

#include "ima_ns.h"

/**
 * struct ima_ns_pcr_bank - IMA's PCR in one bank of the TPM
 * @alg_id: the TPM's number of the algorithm
 * @size: of its digests
 * @tfm: the algorithm; NULL if the kernel has none: the values are unknown then
 * @value: as it was after the last extend
 * @next: as it is after the one under way
 */
struct ima_ns_pcr_bank {
	u16 alg_id;
	u16 size;
	struct crypto_shash *tfm;
	u8 value[TPM2_MAX_DIGEST_SIZE];
	u8 next[TPM2_MAX_DIGEST_SIZE];
};

/**
 * enum ima_ns_pcr_seen - what was found in the TPM after an error
 * @IMA_NS_PCR_UNREAD: nothing was, yet
 * @IMA_NS_PCR_BEFORE: in each bank the value before the extend
 * @IMA_NS_PCR_AFTER: in each bank the value after it
 * @IMA_NS_PCR_FOREIGN: anything else
 */
enum ima_ns_pcr_seen {
	IMA_NS_PCR_UNREAD,
	IMA_NS_PCR_BEFORE,
	IMA_NS_PCR_AFTER,
	IMA_NS_PCR_FOREIGN,
};

/* ima_ns_pcr.c */
int ima_ns_pcr_fold(struct ima_ns_pcr_bank *bank, const u8 *digest);
enum ima_ns_pcr_seen ima_ns_pcr_compare(const struct ima_ns_pcr_bank *bank,
					const u8 *value,
					enum ima_ns_pcr_seen seen);
const char *ima_ns_pcr_state(void);
int ima_ns_pcr_show(struct seq_file *m, void *v);

#endif /* _IMA_NS_PCR_H */
