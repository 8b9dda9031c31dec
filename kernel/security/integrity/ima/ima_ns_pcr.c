// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: extending IMA's PCR when the TPM errs.
 *
 * An extend that ended in an error may have taken effect or not: the answer may
 * be what was lost. So the PCR is kept in software, too, as it should be in each
 * bank. After an error the TPM's is read: it has the value before, and the extend
 * is repeated; or the value after it, and all is well. If it has neither, or the
 * TPM does not come back in time, list and PCR no longer agree: the TPM is lost,
 * for good; this is told, and nobody waits for it again.
 */

#include <crypto/hash.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/tpm.h>
#include <linux/unaligned.h>
#include <linux/workqueue.h>

#include "ima_ns_pcr.h"

/* A question about one property, which the TPM answers in bounded time. */
#define TPM2_CAP_TPM_PROPERTIES	6
#define TPM2_PT_MANUFACTURER	0x105

/* Body of the answer: moreData, capability, count, property, value. */
#define CAP_ANSWER_SIZE		17
#define CAP_ANSWER_PROPERTY	9

/* Body of TPM2_PCR_Read: count, algorithm, size of the bitmap, bitmap. */
#define SELECTION_SIZE		(4 + 2 + 1 + TPM2_PCR_SELECT_MIN)

/* Its answer: update counter, the same selection, count of digests, size. */
#define READ_ANSWER_SELECTION	4
#define READ_ANSWER_COUNT	(READ_ANSWER_SELECTION + SELECTION_SIZE)
#define READ_ANSWER_SIZE	(READ_ANSWER_COUNT + 4)
#define READ_ANSWER_DIGEST	(READ_ANSWER_SIZE + 2)

/* The banks of ima_tpm_chip; changed by who may extend only, see pcr_lock. */
static struct ima_ns_pcr_bank *banks;
static unsigned int num_banks;

/* The values before the first extend are known, so all are. */
static bool values_known;

/* Guards the banks' values against ima_ns_pcr_show(); a leaf. */
static DEFINE_SPINLOCK(pcr_lock);

static u64 extends;	/* done, settled ones included */
static u64 settled;	/* errors after which list and PCR agree */

/* If not 0, list and PCR don't agree any more: the TPM is lost, by this error. */
static int lost_error;

static void spoil(struct work_struct *work);
static DECLARE_DELAYED_WORK(spoil_work, spoil);

/**
 * ima_ns_pcr_fold - what an extend makes of a bank's value
 * @bank: the bank; @next becomes the value after the extend
 * @digest: what is extended, as long as the bank's digests
 *
 * Return: 0 or a negative error.
 */
int ima_ns_pcr_fold(struct ima_ns_pcr_bank *bank, const u8 *digest)
{
	SHASH_DESC_ON_STACK(desc, bank->tfm);
	int rc;

	desc->tfm = bank->tfm;
	rc = crypto_shash_init(desc) ?:
	     crypto_shash_update(desc, bank->value, bank->size) ?:
	     crypto_shash_finup(desc, digest, bank->size, bank->next);
	shash_desc_zero(desc);
	return rc;
}

/**
 * ima_ns_pcr_compare - which value does the TPM have in a bank?
 * @bank: the bank, with the values before and after the extend
 * @value: the TPM's
 * @seen: what the banks before this one had; IMA_NS_PCR_UNREAD for the first
 *
 * Return: what the banks so far have, all together.
 */
enum ima_ns_pcr_seen ima_ns_pcr_compare(const struct ima_ns_pcr_bank *bank,
					const u8 *value,
					enum ima_ns_pcr_seen seen)
{
	enum ima_ns_pcr_seen this = IMA_NS_PCR_FOREIGN;

	if (!bank->tfm)
		return seen;

	if (!memcmp(value, bank->next, bank->size))
		this = IMA_NS_PCR_AFTER;
	else if (!memcmp(value, bank->value, bank->size))
		this = IMA_NS_PCR_BEFORE;

	return seen == IMA_NS_PCR_UNREAD || seen == this ? this :
	       IMA_NS_PCR_FOREIGN;
}

/* Send a command; -EIO or a negative error unless @body has that many bytes. */
static int ask(struct tpm_buf *buf, size_t body, const char *what)
{
	int rc;

	rc = tpm_try_get_ops(ima_tpm_chip);
	if (rc)
		return rc;

	rc = tpm_transmit_cmd(ima_tpm_chip, buf, body, what);
	tpm_put_ops(ima_tpm_chip);
	return rc > 0 ? -EIO : rc;
}

/*
 * Does the TPM answer what it is asked? The driver gives reading a PCR two
 * minutes, and this question less than a second. After a time-out, the answer
 * to an earlier command may come.
 */
static int probe(void)
{
	const u8 *answer;
	struct tpm_buf buf;
	int rc;

	rc = tpm_buf_init(&buf, TPM2_ST_NO_SESSIONS, TPM2_CC_GET_CAPABILITY);
	if (rc)
		return rc;

	tpm_buf_append_u32(&buf, TPM2_CAP_TPM_PROPERTIES);
	tpm_buf_append_u32(&buf, TPM2_PT_MANUFACTURER);
	tpm_buf_append_u32(&buf, 1);
	rc = ask(&buf, CAP_ANSWER_SIZE, NULL);
	answer = buf.data + TPM_HEADER_SIZE;
	if (!rc && get_unaligned_be32(answer + CAP_ANSWER_PROPERTY) !=
							TPM2_PT_MANUFACTURER)
		rc = -EIO;
	tpm_buf_destroy(&buf);
	return rc;
}

/* Unlike tpm_pcr_read() sure that the answer is to this question. */
static int read_bank_tpm2(const struct ima_ns_pcr_bank *bank, u8 *value)
{
	u8 selection[SELECTION_SIZE] = {};
	const u8 *answer;
	struct tpm_buf buf;
	int rc;

	put_unaligned_be32(1, selection);
	put_unaligned_be16(bank->alg_id, selection + 4);
	selection[6] = TPM2_PCR_SELECT_MIN;
	selection[7 + CONFIG_IMA_MEASURE_PCR_IDX / 8] =
					BIT(CONFIG_IMA_MEASURE_PCR_IDX % 8);

	rc = tpm_buf_init(&buf, TPM2_ST_NO_SESSIONS, TPM2_CC_PCR_READ);
	if (rc)
		return rc;

	tpm_buf_append(&buf, selection, sizeof(selection));
	rc = ask(&buf, READ_ANSWER_DIGEST + bank->size,
		 "reading back a PCR value");
	answer = buf.data + TPM_HEADER_SIZE;
	if (!rc && (memcmp(answer + READ_ANSWER_SELECTION, selection,
			   sizeof(selection)) ||
		    get_unaligned_be32(answer + READ_ANSWER_COUNT) != 1 ||
		    get_unaligned_be16(answer + READ_ANSWER_SIZE) !=
								bank->size))
		rc = -EIO;
	if (!rc)
		memcpy(value, answer + READ_ANSWER_DIGEST, bank->size);
	tpm_buf_destroy(&buf);
	return rc;
}

static int read_bank(const struct ima_ns_pcr_bank *bank, u8 *value)
{
	struct tpm_digest digest = { .alg_id = bank->alg_id };
	int rc;

	if (ima_tpm_chip->flags & TPM_CHIP_FLAG_TPM2)
		return read_bank_tpm2(bank, value);

	rc = tpm_pcr_read(ima_tpm_chip, CONFIG_IMA_MEASURE_PCR_IDX, &digest);
	memcpy(value, digest.digest, bank->size);
	return rc;
}

static enum ima_ns_pcr_seen read_back(void)
{
	enum ima_ns_pcr_seen seen = IMA_NS_PCR_UNREAD;
	u8 value[TPM2_MAX_DIGEST_SIZE];
	unsigned int i;

	if ((ima_tpm_chip->flags & TPM_CHIP_FLAG_TPM2) && probe())
		return IMA_NS_PCR_UNREAD;

	for (i = 0; i < num_banks; i++) {
		if (read_bank(&banks[i], value))
			return IMA_NS_PCR_UNREAD;
		seen = ima_ns_pcr_compare(&banks[i], value, seen);
	}
	return seen;
}

/* Its driver let go of it. It does not come back: another one does. */
static bool chip_is_gone(void)
{
	return !READ_ONCE(ima_tpm_chip->ops);
}

/* Returns 0 if the PCR has the extend, however that came to be. */
static int settle(struct tpm_digest *digests, int rc)
{
	unsigned long end = jiffies + msecs_to_jiffies(IMA_NS_PCR_SETTLE_MS);
	unsigned int pause = IMA_NS_PCR_PAUSE_MS;
	unsigned int tries;

	if (!values_known)
		return rc;

	for (tries = 0; tries < IMA_NS_PCR_TRIES; tries++) {
		if (chip_is_gone())
			return rc;

		switch (read_back()) {
		case IMA_NS_PCR_AFTER:
			return 0;
		case IMA_NS_PCR_BEFORE:
			rc = tpm_pcr_extend(ima_tpm_chip,
					    CONFIG_IMA_MEASURE_PCR_IDX,
					    digests);
			if (!rc)
				return 0;
			break;
		case IMA_NS_PCR_FOREIGN:
			pr_err("ima-ns: PCR %d is not what the list says\n",
			       CONFIG_IMA_MEASURE_PCR_IDX);
			return rc;
		case IMA_NS_PCR_UNREAD:
			break;
		}

		if (time_after(jiffies, end))
			break;
		msleep(pause);
		pause = min(2 * pause, IMA_NS_PCR_PAUSE_MAX_MS);
	}
	return rc;
}

static void lose(int rc)
{
	if (!cmpxchg(&lost_error, 0, rc))
		queue_delayed_work(system_long_wq, &spoil_work, 0);
}

static int fold_all(const struct tpm_digest *digests)
{
	unsigned int i;
	int rc;

	for (i = 0; i < num_banks; i++) {
		if (!banks[i].tfm)
			continue;

		rc = ima_ns_pcr_fold(&banks[i], digests[i].digest);
		if (rc)
			return rc;
	}
	return 0;
}

static void advance(bool was_settled)
{
	unsigned int i;

	spin_lock(&pcr_lock);
	for (i = 0; i < num_banks; i++)
		memcpy(banks[i].value, banks[i].next, banks[i].size);
	extends++;
	settled += was_settled;
	spin_unlock(&pcr_lock);
}

/**
 * ima_ns_pcr_extend - extend a PCR for an entry that IMA's list has already
 * @pcr: the PCR; those that are not IMA's are extended and no more
 * @digests: a digest for each bank
 *
 * Context: ima_extend_list_mutex is held. Sleeps for up to IMA_NS_PCR_SETTLE_MS
 * and a command if the TPM errs, once it was lost not at all.
 * Return: 0 or what tpm_pcr_extend() returned.
 */
int ima_ns_pcr_extend(u32 pcr, struct tpm_digest *digests)
{
	int rc;

	if (pcr != CONFIG_IMA_MEASURE_PCR_IDX)
		return tpm_pcr_extend(ima_tpm_chip, pcr, digests);

	rc = READ_ONCE(lost_error);
	if (rc)
		return rc;

	if (values_known && fold_all(digests))
		values_known = false;

	rc = tpm_pcr_extend(ima_tpm_chip, pcr, digests);
	if (!rc) {
		advance(false);
		return 0;
	}

	pr_warn("ima-ns: extending PCR %u: error %d\n", pcr, rc);
	rc = settle(digests, rc);
	if (rc) {
		lose(rc);
		return rc;
	}
	pr_warn("ima-ns: PCR %u has what the list says\n", pcr);
	advance(true);
	return 0;
}

/* What is extended for a violation: no list has an entry for it here. */
static int spoil_chip(struct tpm_chip *chip)
{
	struct tpm_digest *digests;
	unsigned int i;
	int rc;

	digests = kcalloc(chip->nr_allocated_banks, sizeof(*digests),
			  GFP_KERNEL);
	if (!digests)
		return -ENOMEM;

	for (i = 0; i < chip->nr_allocated_banks; i++) {
		digests[i].alg_id = chip->allocated_banks[i].alg_id;
		memset(digests[i].digest, 0xff, sizeof(digests[i].digest));
	}
	rc = tpm_pcr_extend(chip, CONFIG_IMA_MEASURE_PCR_IDX, digests);
	kfree(digests);
	return rc;
}

/*
 * While the TPM is lost nothing is extended. Were the PCR left as it is, a
 * quote would go on proving the list as it was before, as if nothing had
 * happened since. So it is made to match no list, as soon as that goes.
 */
static void spoil(struct work_struct *work)
{
	static unsigned int pause;

	if (!pause) {
		pr_err("ima-ns: the TPM is lost (%d): PCR %d no longer tells what is measured\n",
		       lost_error, CONFIG_IMA_MEASURE_PCR_IDX);
		integrity_audit_msg(AUDIT_INTEGRITY_PCR, NULL, NULL,
				    "extend_pcr", "tpm_lost", lost_error, 0);
		pause = IMA_NS_PCR_SPOIL_MS;
	}

	/* If another chip comes, see ima_ns_tpm_registered(). */
	if (chip_is_gone() || !spoil_chip(ima_tpm_chip))
		return;

	queue_delayed_work(system_long_wq, &spoil_work,
			   msecs_to_jiffies(pause));
	pause = min(2 * pause, IMA_NS_PCR_SPOIL_MAX_MS);
}

/**
 * ima_ns_tpm_registered - a TPM is about to become user space's
 * @chip: the TPM
 *
 * IMA goes on with the chip that it began with. If that one's driver was taken
 * from it, this may be the same TPM under another driver, whose PCR has the
 * list up to then: a quote must not prove that any more.
 */
void ima_ns_tpm_registered(struct tpm_chip *chip)
{
	if (!ima_tpm_chip || chip == ima_tpm_chip || !chip_is_gone() ||
	    chip->flags & TPM_CHIP_FLAG_VIRTUAL)
		return;

	lose(-ENODEV);
	if (spoil_chip(chip))
		pr_err("ima-ns: %s: can't make PCR %d useless\n",
		       dev_name(&chip->dev), CONFIG_IMA_MEASURE_PCR_IDX);
}
EXPORT_SYMBOL_GPL(ima_ns_tpm_registered);

/**
 * ima_ns_pcr_state - is the host's list anchored in a TPM?
 *
 * Return: "none" without a TPM; "lost" once an extend of the PCR failed for
 * good; else "ok".
 */
const char *ima_ns_pcr_state(void)
{
	if (!ima_tpm_chip)
		return "none";
	return READ_ONCE(lost_error) ? "lost" : "ok";
}

/**
 * ima_ns_pcr_show - tell how it went, and what the PCR should be
 * @m: the file
 * @v: ignored
 *
 * Return: 0.
 */
int ima_ns_pcr_show(struct seq_file *m, void *v)
{
	unsigned int i;

	seq_printf(m, "state: %s\n", ima_ns_pcr_state());
	seq_printf(m, "pcr: %d\n", CONFIG_IMA_MEASURE_PCR_IDX);

	spin_lock(&pcr_lock);
	seq_printf(m, "extends: %llu\n", extends);
	seq_printf(m, "settled: %llu\n", settled);
	for (i = 0; i < num_banks && values_known && !lost_error; i++)
		if (banks[i].tfm)
			seq_printf(m, "%s: %*phN\n",
				   crypto_shash_alg_name(banks[i].tfm),
				   banks[i].size, banks[i].value);
	spin_unlock(&pcr_lock);
	return 0;
}

static bool __init setup_banks(void)
{
	const struct tpm_bank_info *info = ima_tpm_chip->allocated_banks;
	bool comparable = false;
	unsigned int i;

	for (i = 0; i < num_banks; i++) {
		banks[i].alg_id = info[i].alg_id;
		banks[i].size = info[i].digest_size;
		banks[i].tfm = ima_algo_array[i].tfm;
		if (read_bank(&banks[i], banks[i].value))
			return false;
		comparable = comparable || banks[i].tfm;
	}
	return comparable;
}

/**
 * ima_ns_pcr_init - learn what IMA's PCR is before the first extend
 *
 * It need not be zero: the list may have come by kexec. If it can't be learned,
 * the first error of an extend loses the TPM.
 */
void __init ima_ns_pcr_init(void)
{
	num_banks = ima_tpm_chip->nr_allocated_banks;
	banks = kcalloc(num_banks, sizeof(*banks), GFP_KERNEL);
	if (!banks)
		num_banks = 0;

	values_known = setup_banks();
	if (!values_known)
		pr_err("ima-ns: can't read PCR %d\n",
		       CONFIG_IMA_MEASURE_PCR_IDX);
}
