// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: our events in the host's list.
 */

#include <linux/random.h>
#include <linux/tpm.h>
#include <linux/unaligned.h>

#include "ima_ns.h"

#define TPM2_CC_READ_CLOCK	0x0181

/* Scope of ids and record indices; drawn before the first activation. */
u8 ima_ns_boot_id[IMA_NS_BOOT_ID_SIZE];

/* Under ima_ns_chain_lock. */
static bool boot_begun;
static bool boot_forbidden;

/* Read and written by the commit thread, and before there is one. */
static bool boot_logged;

/* Where TPM2_ReadClock's response has the counts of TPMS_CLOCK_INFO. */
#define CLOCK_RESET_OFFSET	(TPM_HEADER_SIZE + 8 + 8)
#define CLOCK_RESTART_OFFSET	(CLOCK_RESET_OFFSET + 4)

/**
 * ima_ns_host_event - add an event of our own to the host's list and PCR
 * @name: its name
 * @buf: its buffer
 * @len: length of @buf
 *
 * Unlike process_buffer_measurement() this asks no policy.
 *
 * Return: 0 or a negative error; nothing was logged then.
 */
int ima_ns_host_event(const char *name, const void *buf, int len)
{
	struct ima_max_digest_data hash;
	struct ima_digest_data *hash_hdr =
		container_of(&hash.hdr, struct ima_digest_data, hdr);
	struct ima_iint_cache iint = { .ima_hash = hash_hdr };
	struct ima_event_data event_data = {
		.iint = &iint,
		.filename = name,
		.buf = buf,
		.buf_len = len,
	};
	struct ima_template_entry *entry;
	int rc;

	hash_hdr->algo = ima_hash_algo;
	hash_hdr->length = hash_digest_size[ima_hash_algo];
	rc = ima_calc_buffer_hash(buf, len, hash_hdr);
	if (rc)
		return rc;

	rc = ima_alloc_init_template(&event_data, &entry,
				     ima_template_desc_buf());
	if (rc)
		return rc;

	rc = ima_store_template(entry, 0, NULL, name,
				CONFIG_IMA_MEASURE_PCR_IDX);
	if (rc)
		ima_free_template_entry(entry);
	return rc;
}

/* A quote tells the same two counts: a reboot in between shows. */
static int read_clock(struct ima_ns_boot *boot)
{
	struct tpm_buf buf;
	int rc;

	if (!ima_tpm_chip || !(ima_tpm_chip->flags & TPM_CHIP_FLAG_TPM2))
		return -ENODEV;

	rc = tpm_try_get_ops(ima_tpm_chip);
	if (rc)
		return rc;

	rc = tpm_buf_init(&buf, TPM2_ST_NO_SESSIONS, TPM2_CC_READ_CLOCK);
	if (rc)
		goto out_ops;

	rc = tpm_transmit_cmd(ima_tpm_chip, &buf,
			      CLOCK_RESTART_OFFSET + 4 - TPM_HEADER_SIZE,
			      "reading the clock");
	if (!rc) {
		boot->reset_count =
			cpu_to_le32(get_unaligned_be32(buf.data +
						       CLOCK_RESET_OFFSET));
		boot->restart_count =
			cpu_to_le32(get_unaligned_be32(buf.data +
						       CLOCK_RESTART_OFFSET));
	}
	tpm_buf_destroy(&buf);
out_ops:
	tpm_put_ops(ima_tpm_chip);
	return rc ? -EIO : 0;
}

/**
 * ima_ns_boot_begin - draw the boot id, once
 *
 * Context: ima_ns_chain_lock is held.
 * Return: 0, or -ESHUTDOWN: nothing may begin any more.
 */
int ima_ns_boot_begin(void)
{
	lockdep_assert_held(&ima_ns_chain_lock);

	if (boot_forbidden)
		return -ESHUTDOWN;

	if (!boot_begun)
		get_random_bytes(ima_ns_boot_id, sizeof(ima_ns_boot_id));
	WRITE_ONCE(boot_begun, true);
	return 0;
}

/**
 * ima_ns_boot_begun - is there anything of ours in the host's list?
 *
 * Return: true if so, or if there soon will be.
 */
bool ima_ns_boot_begun(void)
{
	return READ_ONCE(boot_begun);
}

/**
 * ima_ns_boot_forbid - if nothing has begun, let nothing begin
 *
 * Return: true if something has.
 */
bool ima_ns_boot_forbid(void)
{
	spin_lock(&ima_ns_chain_lock);
	boot_forbidden = !boot_begun;
	spin_unlock(&ima_ns_chain_lock);

	return boot_begun;
}

/**
 * ima_ns_log_boot - log "ima-ns/boot", the scope of this boot's ids, once
 *
 * Return: 0 or a negative error; nothing was logged then.
 */
int ima_ns_log_boot(void)
{
	struct ima_ns_boot boot = {
		.magic = IMA_NS_MAGIC_BOOT,
		.version = cpu_to_le16(IMA_NS_VERSION),
		.size = cpu_to_le16(sizeof(boot)),
	};
	u32 flags = 0;
	int rc;

	if (boot_logged)
		return 0;

	memcpy(boot.boot_id, ima_ns_boot_id, sizeof(boot.boot_id));
	if (ima_ns_tpm_filtered())
		flags |= IMA_NS_BOOT_PCR_FILTER;
	if (!read_clock(&boot))
		flags |= IMA_NS_BOOT_TPM_CLOCK;
	boot.flags = cpu_to_le32(flags);

	rc = ima_ns_host_event(IMA_NS_EVENT_BOOT, &boot, sizeof(boot));
	boot_logged = !rc;
	return rc;
}

static bool __init is_ours(const struct ima_template_entry *entry)
{
	static const char prefix[] = IMA_NS_EVENT_PREFIX;
	const struct ima_field_data *name = &entry->template_data[1];

	/* The second field is the name, in every template that has two. */
	return !strcmp(entry->template_desc->name, IMA_NS_EVENT_TEMPLATE) &&
	       name->len >= sizeof(prefix) &&
	       !memcmp(name->data, prefix, sizeof(prefix) - 1);
}

/**
 * ima_ns_continue_list - end the scope of the kernel before, if it had one
 *
 * Its ids must not be taken for this boot's, even if no namespace is ever
 * activated.
 */
void __init ima_ns_continue_list(void)
{
	struct ima_queue_entry *qe;
	bool ours = false;
	int rc;

	/* Nobody else is about. */
	list_for_each_entry(qe, &ima_measurements, later)
		ours = ours || is_ours(qe->entry);
	if (!ours)
		return;

	wait_for_random_bytes();
	spin_lock(&ima_ns_chain_lock);
	rc = ima_ns_boot_begin();
	spin_unlock(&ima_ns_chain_lock);

	/* The commit thread tries again, before the first record. */
	rc = rc ?: ima_ns_log_boot();
	if (rc)
		pr_err("ima-ns: can't log the boot: %d\n", rc);
}
