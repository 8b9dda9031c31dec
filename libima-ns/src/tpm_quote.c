// SPDX-License-Identifier: LGPL-2.1-or-later
/* A quote of PCRs 0 to 10, with PCR values that explain it. */

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <tss2/tss2_mu.h>

#include "ctx.h"
#include "pcr_alg.h"
#include "tpm.h"

/*
 * Each new measurement changes PCR 10 between the quote and the reads. A quote
 * takes some hundred milliseconds on a slow TPM, reads a tenth of that.
 */
#define QUOTE_TRIES	16

/* The firmware's and the boot loader's PCRs, and IMA's. */
#define QUOTED_PCRS	(IMANS_PCR + 1)
#define QUOTED_MASK	((1U << QUOTED_PCRS) - 1)

/* Values of the PCRs that are quoted, in the banks whose bits are set. */
struct quoted_pcrs {
	uint32_t banks;
	uint8_t value[IMANS_BANKS][QUOTED_PCRS][IMANS_DIGEST_MAX];
};

static uint32_t selected(const TPMS_PCR_SELECTION *sel)
{
	uint32_t pcrs = 0;

	for (unsigned int i = 0; i < sel->sizeofSelect && i < 4; i++)
		pcrs |= (uint32_t)sel->pcrSelect[i] << 8 * i;
	return pcrs;
}

static void select_pcrs(TPMS_PCR_SELECTION *sel, TPMI_ALG_HASH hash,
			uint32_t pcrs)
{
	sel->hash = hash;
	sel->sizeofSelect = 3;
	for (int i = 0; i < 3; i++)
		sel->pcrSelect[i] = (uint8_t)(pcrs >> 8 * i);
}

static int allocated_banks(struct imans_tpm *tpm, TPML_PCR_SELECTION *sel)
{
	TPMS_CAPABILITY_DATA *cap = NULL;
	const TPML_PCR_SELECTION *all;
	TSS2_RC rc;

	rc = Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
				ESYS_TR_NONE, TPM2_CAP_PCRS, 0, 1, NULL, &cap);
	if (rc)
		return imans_tpm_err(tpm->ctx, "asking for its PCR banks", rc);
	memset(sel, 0, sizeof(*sel));
	all = &cap->data.assignedPCR;
	for (uint32_t i = 0; i < all->count; i++) {
		const TPMS_PCR_SELECTION *from = &all->pcrSelections[i];
		enum imans_bank bank;

		/* A bank that is not allocated has no PCR set. */
		if ((selected(from) & QUOTED_MASK) == QUOTED_MASK &&
		    imans_bank_from_tpm(from->hash, &bank))
			select_pcrs(&sel->pcrSelections[sel->count++],
				    from->hash, QUOTED_MASK);
	}
	Esys_Free(cap);
	if (!sel->count)
		return imans_err(tpm->ctx, -EIO,
				 "TPM: PCRs 0 to 10 are in no bank that is known");
	return 0;
}

/* One command's worth: `left` loses the PCRs that were read. */
static int read_some(struct imans_tpm *tpm, TPMI_ALG_HASH hash,
		     enum imans_bank bank, uint32_t *left,
		     struct quoted_pcrs *values)
{
	TPML_PCR_SELECTION ask = { .count = 1 }, *got = NULL;
	size_t size = imans_bank_size(bank);
	TPML_DIGEST *digests = NULL;
	uint32_t pcrs, n = 0;
	TSS2_RC rc;

	select_pcrs(&ask.pcrSelections[0], hash, *left);
	rc = Esys_PCR_Read(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
			   &ask, NULL, &got, &digests);
	if (rc)
		return imans_tpm_err(tpm->ctx, "reading PCRs", rc);
	pcrs = got->count == 1 ? selected(&got->pcrSelections[0]) & *left : 0;
	for (unsigned int pcr = 0; pcr < QUOTED_PCRS; pcr++) {
		if (!(pcrs & 1U << pcr))
			continue;
		if (n == digests->count || digests->digests[n].size != size)
			break;
		memcpy(values->value[bank][pcr], digests->digests[n++].buffer,
		       size);
		*left &= ~(1U << pcr);
	}
	Esys_Free(got);
	Esys_Free(digests);
	if (!n)
		return imans_err(tpm->ctx, -EIO,
				 "TPM: reading PCRs: no value in bank %s",
				 imans_bank_name(bank));
	return 0;
}

/* Bank by bank: one answer holds eight values at most. */
static int read_pcrs(struct imans_tpm *tpm, const TPML_PCR_SELECTION *sel,
		     uint32_t pcrs, struct quoted_pcrs *values)
{
	for (uint32_t i = 0; i < sel->count; i++) {
		TPMI_ALG_HASH hash = sel->pcrSelections[i].hash;
		uint32_t left = pcrs;
		enum imans_bank bank;

		if (!imans_bank_from_tpm(hash, &bank))
			continue;
		while (left) {
			int err = read_some(tpm, hash, bank, &left, values);

			if (err)
				return err;
		}
		values->banks |= IMANS_BANK(bank);
	}
	return 0;
}

/* Whether the values give the quote's digest. */
static int explains(struct imans_tpm *tpm, const TPML_PCR_SELECTION *sel,
		    const struct quoted_pcrs *values,
		    const TPM2B_DIGEST *want, bool *match)
{
	struct imans_chunk chunks[TPM2_NUM_PCR_BANKS * QUOTED_PCRS];
	uint8_t digest[IMANS_HASH_SIZE];
	size_t count = 0;
	int err;

	for (uint32_t i = 0; i < sel->count; i++) {
		enum imans_bank bank;

		if (!imans_bank_from_tpm(sel->pcrSelections[i].hash, &bank))
			continue;
		for (unsigned int pcr = 0; pcr < QUOTED_PCRS; pcr++)
			chunks[count++] = (struct imans_chunk) {
				values->value[bank][pcr], imans_bank_size(bank),
			};
	}
	err = imans_hash(tpm->ctx, IMANS_SHA256, chunks, count, digest);
	if (err)
		return imans_err(tpm->ctx, err, "SHA-256 failed");
	*match = want->size == sizeof(digest) &&
		 !CRYPTO_memcmp(want->buffer, digest, sizeof(digest));
	return 0;
}

static int keep(struct imans_tpm *tpm, const struct imans_ak *ak,
		const TPM2B_ATTEST *quoted, const TPMT_SIGNATURE *sig,
		const struct quoted_pcrs *values, struct imans_evidence *ev)
{
	uint8_t buf[sizeof(TPMT_SIGNATURE)];
	size_t off = 0;
	int err;

	if (Tss2_MU_TPMT_SIGNATURE_Marshal(sig, buf, sizeof(buf), &off))
		return imans_err(tpm->ctx, -EIO,
				 "TPM: the quote's signature is malformed");
	err = imans_evidence_set_quote(ev, quoted->attestationData,
				       quoted->size, buf, off, ak->tpmt.data,
				       ak->tpmt.len);
	for (int b = 0; b < IMANS_BANKS; b++)
		for (unsigned int pcr = 0; pcr < QUOTED_PCRS && !err; pcr++)
			if (values->banks & IMANS_BANK(b))
				err = imans_evidence_set_pcr(ev, b, pcr,
						values->value[b][pcr],
						imans_bank_size(b));
	return err;
}

/* One quote, with the values read before and after it. -EAGAIN: try again. */
static int try_quote(struct imans_tpm *tpm, const struct imans_ak *ak,
		     const struct imans_tpm_key *key, const TPM2B_DATA *extra,
		     const TPML_PCR_SELECTION *sel, struct imans_evidence *ev)
{
	const TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_NULL };
	struct quoted_pcrs before = { .banks = 0 }, after;
	const TPM2B_DIGEST *want;
	TPM2B_ATTEST *quoted = NULL;
	TPMT_SIGNATURE *sig = NULL;
	TPMS_ATTEST attest;
	bool match = false;
	size_t off = 0;
	TSS2_RC rc;
	int err = read_pcrs(tpm, sel, QUOTED_MASK, &before);

	if (err)
		return err;
	rc = Esys_Quote(tpm->esys, key->key, key->session, ESYS_TR_NONE,
			ESYS_TR_NONE, extra, &scheme, sel, &quoted, &sig);
	if (rc)
		return imans_tpm_err(tpm->ctx, "quoting PCRs 0 to 10", rc);
	/* The others hardly change while the node runs. */
	after = before;
	err = read_pcrs(tpm, sel, 1U << IMANS_PCR, &after);
	if (!err && Tss2_MU_TPMS_ATTEST_Unmarshal(quoted->attestationData,
						  quoted->size, &off, &attest))
		err = imans_err(tpm->ctx, -EIO, "TPM: the quote is malformed");
	want = &attest.attested.quote.pcrDigest;
	if (!err)
		err = explains(tpm, sel, &before, want, &match);
	if (!err && match) {
		err = keep(tpm, ak, quoted, sig, &before, ev);
	} else if (!err) {
		err = explains(tpm, sel, &after, want, &match);
		if (!err)
			err = match ? keep(tpm, ak, quoted, sig, &after, ev) :
				      -EAGAIN;
	}
	Esys_Free(quoted);
	Esys_Free(sig);
	return err;
}

int imans_tpm_quote(struct imans_tpm *tpm, const struct imans_ak *ak,
		    const uint8_t extra[IMANS_HASH_SIZE],
		    struct imans_evidence *evidence)
{
	TPM2B_DATA data = { .size = IMANS_HASH_SIZE };
	struct imans_tpm_key loaded;
	TPML_PCR_SELECTION sel;
	int err = allocated_banks(tpm, &sel);

	if (err)
		return err;
	memcpy(data.buffer, extra, IMANS_HASH_SIZE);
	err = imans_ak_load(tpm, ak, &loaded);
	if (err)
		return err;
	err = -EAGAIN;
	for (int i = 0; i < QUOTE_TRIES && err == -EAGAIN; i++)
		err = try_quote(tpm, ak, &loaded, &data, &sel, evidence);
	imans_ak_unload(tpm, &loaded);
	if (err == -EAGAIN)
		return imans_err(tpm->ctx, -EBUSY,
				 "TPM: PCR 10 changed during each of %d quotes",
				 QUOTE_TRIES);
	return err;
}
