// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: nobody but the kernel extends IMA's PCR.
 *
 * Otherwise root on the host extends what it likes, and adds the entry to the
 * list that it hands out: both agree, and neither is the kernel's.
 */

#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/tpm.h>
#include <linux/unaligned.h>

#include "ima_ns.h"

/* Commands that change a PCR. The PCR's handle is the first one of each. */
#define TPM1_ORD_EXTEND			0x14
#define TPM1_ORD_SHA1_COMPLETE_EXTEND	0xa3
#define TPM2_CC_PCR_EVENT		0x13c
#define TPM2_CC_EVENT_SEQUENCE_COMPLETE	0x185

/* struct tpm_header: tag, length, command code; then the handles. */
#define CODE_OFFSET	6
#define HANDLE_OFFSET	TPM_HEADER_SIZE

static bool filter_on __ro_after_init = IS_ENABLED(CONFIG_IMA_NS_PCR_FILTER);

static int __init filter_setup(char *str)
{
	if (kstrtobool(str, &filter_on))
		pr_err("ima_ns_pcr_filter=%s: not a boolean\n", str);
	return 1;
}
__setup("ima_ns_pcr_filter=", filter_setup);

static bool changes_pcr(u32 code, bool tpm2)
{
	if (!tpm2)
		return code == TPM1_ORD_EXTEND ||
		       code == TPM1_ORD_SHA1_COMPLETE_EXTEND;

	return code == TPM2_CC_PCR_EXTEND || code == TPM2_CC_PCR_EVENT ||
	       code == TPM2_CC_EVENT_SEQUENCE_COMPLETE;
}

/**
 * ima_ns_tpm_filtered - is the filter on? It does not change after boot.
 *
 * Return: true if so.
 */
bool ima_ns_tpm_filtered(void)
{
	return filter_on;
}

/**
 * ima_ns_tpm_permit - may user space send this command to the TPM?
 * @chip: the TPM
 * @cmd: the command, in the kernel's copy
 * @len: length of the buffer that it is in
 *
 * Return: 0 or -EPERM.
 */
int ima_ns_tpm_permit(const struct tpm_chip *chip, const u8 *cmd, size_t len)
{
	/*
	 * Not only IMA's chip: the same TPM may have got another driver, or the
	 * same one again. A virtual one is made by user space for its own use.
	 */
	if (!filter_on || chip->flags & TPM_CHIP_FLAG_VIRTUAL ||
	    len < HANDLE_OFFSET + 4)
		return 0;

	if (!changes_pcr(get_unaligned_be32(cmd + CODE_OFFSET),
			 chip->flags & TPM_CHIP_FLAG_TPM2) ||
	    get_unaligned_be32(cmd + HANDLE_OFFSET) !=
						CONFIG_IMA_MEASURE_PCR_IDX)
		return 0;

	pr_info_ratelimited("ima-ns: pid %d may not extend PCR %d\n",
			    task_tgid_nr(current), CONFIG_IMA_MEASURE_PCR_IDX);
	return -EPERM;
}
EXPORT_SYMBOL_GPL(ima_ns_tpm_permit);
