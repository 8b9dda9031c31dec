// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Verifying a TPM's quote without a TPM: TPM 2.0 Library, Part 2, sections
 * 10.12 (attestation structures) and 11 (signatures). tpm2-tss unmarshals,
 * OpenSSL computes.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <tss2/tss2_mu.h>

#include "ctx.h"
#include "ecdsa.h"
#include "evidence.h"
#include "findings.h"
#include "pcr_alg.h"
#include "trust.h"

/* Begins what extraData is the hash of; without a NUL. */
#define QUOTE_PREFIX	"ima-ns/v1 quote"

struct check {
	struct imans_ctx *ctx;
	const struct imans_evidence *ev;
	struct imans_findings *findings;
	TPMS_ATTEST attest;
	TPMT_SIGNATURE sig;
	TPMT_PUBLIC pub;
	struct imans_ec_key key;
	bool readable;
	bool bad;
};

static void fail(struct check *c, enum imans_finding_code code,
		 const char *text)
{
	c->bad = true;
	imans_findings_add(c->findings, code, IMANS_FAIL, 0, IMANS_NO_ENTRY,
			   "%s", text);
}

IMANS_API int imans_quote_extra_data(struct imans_ctx *ctx, const void *nonce,
				     size_t nonce_len, const char *verifier_id,
				     uint8_t extra[IMANS_HASH_SIZE])
{
	const char *id = verifier_id ? verifier_id : "";
	const struct imans_chunk chunks[] = {
		{ QUOTE_PREFIX, strlen(QUOTE_PREFIX) },
		{ nonce, nonce_len },
		{ id, strlen(id) },
	};

	if (!nonce || nonce_len < IMANS_NONCE_MIN ||
	    nonce_len > IMANS_NONCE_MAX)
		return imans_err(ctx, -EINVAL,
				 "the nonce has %zu bytes, not %d to %d",
				 nonce_len, IMANS_NONCE_MIN, IMANS_NONCE_MAX);
	if (strlen(id) > IMANS_VERIFIER_MAX)
		return imans_err(ctx, -EINVAL,
				 "the verifier's name is longer than %d bytes",
				 IMANS_VERIFIER_MAX);
	return imans_hash(ctx, IMANS_SHA256, chunks,
			  sizeof(chunks) / sizeof(chunks[0]), extra);
}

/* Nothing may follow a structure: a second reader could see something else. */
static bool unmarshal(struct check *c)
{
	const struct imans_evidence *ev = c->ev;
	size_t off = 0;

	if (Tss2_MU_TPMS_ATTEST_Unmarshal(ev->quote.data, ev->quote.len, &off,
					  &c->attest) || off != ev->quote.len) {
		fail(c, IMANS_F_QUOTE_MALFORMED,
		     "the quote is no TPMS_ATTEST structure");
		return false;
	}
	off = 0;
	if (Tss2_MU_TPMT_SIGNATURE_Unmarshal(ev->signature.data,
					     ev->signature.len, &off,
					     &c->sig) ||
	    off != ev->signature.len) {
		fail(c, IMANS_F_QUOTE_MALFORMED,
		     "the quote's signature is no TPMT_SIGNATURE structure");
		return false;
	}
	off = 0;
	if (Tss2_MU_TPMT_PUBLIC_Unmarshal(ev->ak.data, ev->ak.len, &off,
					  &c->pub) || off != ev->ak.len) {
		fail(c, IMANS_F_QUOTE_MALFORMED,
		     "the attestation key is no TPMT_PUBLIC structure");
		return false;
	}
	return true;
}

/*
 * A restricted key signs nothing that begins with TPM_GENERATED but what its
 * TPM made; the other attributes say that the key never was outside it.
 */
static void check_attributes(struct check *c)
{
	const TPMA_OBJECT needed = TPMA_OBJECT_RESTRICTED |
		TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_FIXEDTPM |
		TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN;

	if ((c->pub.objectAttributes & needed) != needed ||
	    c->pub.objectAttributes & TPMA_OBJECT_DECRYPT)
		fail(c, IMANS_F_QUOTE_KEY_ATTRIBUTES,
		     "the attestation key is not a restricted signing key that is bound to a TPM");
}

static bool on_p256(const TPMT_PUBLIC *pub)
{
	return pub->type == TPM2_ALG_ECC &&
	       pub->parameters.eccDetail.curveID == TPM2_ECC_NIST_P256;
}

static int take_pinned(struct check *c, const char *pem)
{
	uint8_t point[IMANS_EC_POINT_SIZE];
	int err = imans_ec_key_from_pem(c->ctx, pem, &c->key);

	if (err || !c->readable)
		return err;
	if (!on_p256(&c->pub) || imans_ec_point(&c->pub.unique.ecc, point) ||
	    CRYPTO_memcmp(point, c->key.point, sizeof(point)))
		fail(c, IMANS_F_QUOTE_KEY,
		     "the evidence's attestation key is not the pinned one");
	return 0;
}

/* The key is the evidence's own, and something must vouch for it. */
static int take_trusted(struct check *c, const struct imans_ak_trust *trust)
{
	bool usable = c->readable && on_p256(&c->pub) &&
		      !imans_ec_key_from_tpm(c->ctx, &c->pub.unique.ecc,
					     &c->key);
	bool trusted = false;
	int err;

	if (c->readable && !usable)
		fail(c, IMANS_F_QUOTE_KEY,
		     "the evidence's attestation key is no key on P-256");
	/* The options are checked whatever the evidence is. */
	err = imans_ak_trust_check(c->ev, trust, usable ? c->key.pkey : NULL,
				   c->findings, &trusted);
	c->bad |= !trusted;
	return err;
}

/* Where the key comes from; without one c->key.pkey is NULL. */
static int take_key(struct check *c, const struct imans_quote_opts *opts)
{
	if (!opts->ak_trust)
		return take_pinned(c, opts->ak_pem);
	if (opts->ak_pem)
		return imans_err(c->ctx, -EINVAL,
				 "the attestation key is pinned, and trusted otherwise too");
	return take_trusted(c, opts->ak_trust);
}

static int check_signature(struct check *c)
{
	const TPMS_SIGNATURE_ECC *ecc = &c->sig.signature.ecdsa;
	int err = -EKEYREJECTED;

	if (c->sig.sigAlg != TPM2_ALG_ECDSA || ecc->hash != TPM2_ALG_SHA256) {
		fail(c, IMANS_F_QUOTE_SIGNATURE,
		     "the quote's signature is not ECDSA with SHA-256");
		return 0;
	}
	if (c->key.pkey)
		err = imans_ec_verify(&c->key, c->ev->quote.data,
				      c->ev->quote.len, ecc);
	if (err && err != -EKEYREJECTED)
		return imans_err(c->ctx, err,
				 "quote: OpenSSL can't verify the signature");
	if (err)
		fail(c, IMANS_F_QUOTE_SIGNATURE,
		     "the quote's signature is not the attestation key's");
	return 0;
}

static int check_extra_data(struct check *c, const struct imans_quote_opts *opts)
{
	uint8_t extra[IMANS_HASH_SIZE];
	int err = imans_quote_extra_data(c->ctx, opts->nonce, opts->nonce_len,
					 opts->verifier_id, extra);

	if (err)
		return err;
	if (c->attest.extraData.size != sizeof(extra) ||
	    CRYPTO_memcmp(c->attest.extraData.buffer, extra, sizeof(extra)))
		fail(c, IMANS_F_QUOTE_NONCE,
		     "the quote was not made for this nonce and verifier");
	/* It proves nothing, but tells a mix-up from a replay. */
	if (strcmp(imans_evidence_verifier(c->ev),
		   opts->verifier_id ? opts->verifier_id : ""))
		fail(c, IMANS_F_QUOTE_NONCE,
		     "the evidence says that it was made for another verifier");
	return 0;
}

static void keep_pcr(struct imans_pcrs *pcrs, enum imans_bank bank,
		     const uint8_t *value)
{
	pcrs->banks |= IMANS_BANK(bank);
	memcpy(pcrs->value[bank], value, imans_bank_size(bank));
}

/*
 * Collect the carried values in the quote's order. A bank that the library
 * does not know can't be carried, so the digest can't be explained.
 */
static bool collect_pcrs(struct check *c, struct imans_chunk *chunks,
			 size_t *count, struct imans_quote *quote)
{
	const TPML_PCR_SELECTION *sel = &c->attest.attested.quote.pcrSelect;

	if (sel->count > TPM2_NUM_PCR_BANKS)
		return false;
	for (uint32_t i = 0; i < sel->count; i++) {
		const TPMS_PCR_SELECTION *s = &sel->pcrSelections[i];
		enum imans_bank bank;

		if (s->sizeofSelect > sizeof(s->pcrSelect))
			return false;
		for (unsigned int pcr = 0; pcr < s->sizeofSelect * 8U; pcr++) {
			if (!(s->pcrSelect[pcr / 8] & 1U << pcr % 8))
				continue;
			if (pcr >= EVIDENCE_PCRS ||
			    !imans_bank_from_tpm(s->hash, &bank) ||
			    !(c->ev->pcr_set[bank] & 1U << pcr))
				return false;
			chunks[(*count)++] = (struct imans_chunk) {
				c->ev->pcr[bank][pcr], imans_bank_size(bank),
			};
			if (pcr == IMANS_PCR)
				keep_pcr(&quote->pcr10, bank,
					 c->ev->pcr[bank][pcr]);
			else if (pcr < IMANS_BOOT_PCRS)
				keep_pcr(&quote->boot[pcr], bank,
					 c->ev->pcr[bank][pcr]);
		}
	}
	return true;
}

/* The digest over the values is made with the signature's hash: SHA-256. */
static int check_pcrs(struct check *c, struct imans_quote *quote)
{
	const TPM2B_DIGEST *want = &c->attest.attested.quote.pcrDigest;
	struct imans_chunk chunks[TPM2_NUM_PCR_BANKS * EVIDENCE_PCRS];
	uint8_t digest[IMANS_HASH_SIZE];
	size_t count = 0;
	int err;

	if (!collect_pcrs(c, chunks, &count, quote)) {
		fail(c, IMANS_F_QUOTE_PCR_DIGEST,
		     "the evidence lacks the value of a quoted PCR");
		return 0;
	}
	if (!(quote->pcr10.banks & ~IMANS_BANK(IMANS_SHA1)))
		fail(c, IMANS_F_QUOTE_PCR,
		     "PCR 10 is not quoted in a bank other than sha1");
	err = imans_hash(c->ctx, IMANS_SHA256, chunks, count, digest);
	if (err)
		return err;
	if (want->size != sizeof(digest) ||
	    CRYPTO_memcmp(want->buffer, digest, sizeof(digest)))
		fail(c, IMANS_F_QUOTE_PCR_DIGEST,
		     "the evidence's PCR values are not the quoted ones");
	return 0;
}

static int check_attest(struct check *c, const struct imans_quote_opts *opts,
			struct imans_quote *quote)
{
	const TPMS_CLOCK_INFO *clock = &c->attest.clockInfo;
	int err;

	if (c->attest.magic != TPM2_GENERATED_VALUE ||
	    c->attest.type != TPM2_ST_ATTEST_QUOTE) {
		fail(c, IMANS_F_QUOTE_TYPE,
		     "the signed structure is no quote that a TPM generated");
		return 0;
	}
	quote->clock = clock->clock;
	quote->reset_count = clock->resetCount;
	quote->restart_count = clock->restartCount;
	quote->clock_safe = clock->safe == TPM2_YES;
	quote->firmware_version = c->attest.firmwareVersion;
	err = check_extra_data(c, opts);
	return err ? err : check_pcrs(c, quote);
}

static int check_all(struct check *c, const struct imans_quote_opts *opts,
		     struct imans_quote *quote)
{
	uint8_t extra[IMANS_HASH_SIZE];
	int err;

	c->readable = unmarshal(c);
	err = take_key(c, opts);
	if (err)
		return err;
	/* The options are checked whatever the evidence is. */
	if (!c->readable)
		return imans_quote_extra_data(c->ctx, opts->nonce,
					      opts->nonce_len,
					      opts->verifier_id, extra);
	check_attributes(c);
	err = check_signature(c);
	return err ? err : check_attest(c, opts, quote);
}

IMANS_API int imans_quote_verify(const struct imans_evidence *evidence,
				 const struct imans_quote_opts *opts,
				 struct imans_findings *findings,
				 struct imans_quote *quote)
{
	struct imans_quote out = { 0 };
	struct imans_quote_opts o;
	struct check *c;
	int err;

	err = imans_opts_copy(evidence->ctx, &o, sizeof(o), opts);
	if (err)
		return err;
	c = calloc(1, sizeof(*c));
	if (!c)
		return imans_err(evidence->ctx, -ENOMEM,
				 "quote: out of memory");
	c->ctx = evidence->ctx;
	c->ev = evidence;
	c->findings = findings;
	err = check_all(c, &o, &out);
	if (!err && imans_findings_error(findings))
		err = imans_err(c->ctx, -ENOMEM, "quote: out of memory");
	if (!err) {
		out.verified = !c->bad;
		*quote = out;
	}
	imans_ec_key_free(&c->key);
	free(c);
	return err;
}
