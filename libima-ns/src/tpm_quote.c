// SPDX-License-Identifier: LGPL-2.1-or-later
/* A quote of PCR 10, with PCR values that explain it. */

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
		TPMS_PCR_SELECTION *to = &sel->pcrSelections[sel->count];
		enum imans_bank bank;

		/* A bank that is not allocated has no PCR set. */
		if (from->sizeofSelect <= IMANS_PCR / 8 ||
		    !(from->pcrSelect[IMANS_PCR / 8] & 1U << IMANS_PCR % 8) ||
		    !imans_bank_from_tpm(from->hash, &bank))
			continue;
		to->hash = from->hash;
		to->sizeofSelect = 3;
		to->pcrSelect[IMANS_PCR / 8] = 1U << IMANS_PCR % 8;
		sel->count++;
	}
	Esys_Free(cap);
	if (!sel->count)
		return imans_err(tpm->ctx, -EIO,
				 "TPM: PCR 10 is in no bank that is known");
	return 0;
}

/* Bank by bank: one answer need not hold all values. */
static int read_pcrs(struct imans_tpm *tpm, const TPML_PCR_SELECTION *sel,
		     struct imans_pcrs *values)
{
	values->banks = 0;
	for (uint32_t i = 0; i < sel->count; i++) {
		TPML_PCR_SELECTION one = { .count = 1 };
		TPML_DIGEST *digests = NULL;
		enum imans_bank bank;
		TSS2_RC rc;
		bool ok;

		one.pcrSelections[0] = sel->pcrSelections[i];
		if (!imans_bank_from_tpm(one.pcrSelections[0].hash, &bank))
			continue;
		rc = Esys_PCR_Read(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
				   ESYS_TR_NONE, &one, NULL, NULL, &digests);
		if (rc)
			return imans_tpm_err(tpm->ctx, "reading PCR 10", rc);
		ok = digests->count == 1 &&
		     digests->digests[0].size == imans_bank_size(bank);
		if (ok) {
			memcpy(values->value[bank], digests->digests[0].buffer,
			       imans_bank_size(bank));
			values->banks |= IMANS_BANK(bank);
		}
		Esys_Free(digests);
		if (!ok)
			return imans_err(tpm->ctx, -EIO,
					 "TPM: reading PCR 10: no value in bank %s",
					 imans_bank_name(bank));
	}
	return 0;
}

/* Whether the values give the quote's digest. */
static int explains(struct imans_tpm *tpm, const TPML_PCR_SELECTION *sel,
		    const struct imans_pcrs *values,
		    const TPM2B_DIGEST *want, bool *match)
{
	struct imans_chunk chunks[TPM2_NUM_PCR_BANKS];
	uint8_t digest[IMANS_HASH_SIZE];
	size_t count = 0;
	int err;

	for (uint32_t i = 0; i < sel->count; i++) {
		enum imans_bank bank;

		if (imans_bank_from_tpm(sel->pcrSelections[i].hash, &bank))
			chunks[count++] = (struct imans_chunk) {
				values->value[bank], imans_bank_size(bank),
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
		const struct imans_pcrs *values, struct imans_evidence *ev)
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
	for (int b = 0; b < IMANS_BANKS && !err; b++)
		if (values->banks & IMANS_BANK(b))
			err = imans_evidence_set_pcr(ev, b, IMANS_PCR,
						     values->value[b],
						     imans_bank_size(b));
	return err;
}

/* One quote, with the values read before and after it. -EAGAIN: try again. */
static int try_quote(struct imans_tpm *tpm, const struct imans_ak *ak,
		     ESYS_TR key, const TPM2B_DATA *extra,
		     const TPML_PCR_SELECTION *sel, struct imans_evidence *ev)
{
	const TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_NULL };
	struct imans_pcrs before, after;
	const TPM2B_DIGEST *want;
	TPM2B_ATTEST *quoted = NULL;
	TPMT_SIGNATURE *sig = NULL;
	TPMS_ATTEST attest;
	bool match = false;
	size_t off = 0;
	TSS2_RC rc;
	int err = read_pcrs(tpm, sel, &before);

	if (err)
		return err;
	rc = Esys_Quote(tpm->esys, key, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			ESYS_TR_NONE, extra, &scheme, sel, &quoted, &sig);
	if (rc)
		return imans_tpm_err(tpm->ctx, "quoting PCR 10", rc);
	err = read_pcrs(tpm, sel, &after);
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
		err = try_quote(tpm, ak, loaded.key, &data, &sel, evidence);
	imans_ak_unload(tpm, &loaded);
	if (err == -EAGAIN)
		return imans_err(tpm->ctx, -EBUSY,
				 "TPM: PCR 10 changed during each of %d quotes",
				 QUOTE_TRIES);
	return err;
}
