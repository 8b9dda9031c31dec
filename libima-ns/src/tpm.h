/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A TPM through tpm2-tss, and the attestation key in it. */
#ifndef IMANS_TPM_H
#define IMANS_TPM_H

#include <tss2/tss2_esys.h>

#include <imans.h>

#include "evidence.h"

struct imans_tpm {
	struct imans_ctx *ctx;
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
};

/**
 * struct imans_ak - an attestation key
 * @ctx: where errors go
 * @public: public area
 * @private: private area, encrypted by its parent
 * @tpmt: the public area's TPMT_PUBLIC, marshalled
 * @auth: its authorization value; the file does not have it
 */
struct imans_ak {
	struct imans_ctx *ctx;
	TPM2B_PUBLIC public;
	TPM2B_PRIVATE private;
	struct evidence_blob tpmt;
	TPM2B_AUTH auth;
};

/*
 * Keep the error as text; -EIO, -EACCES (authorization) or -ENOMEM. `what` is
 * what was tried.
 */
int imans_tpm_err(struct imans_ctx *ctx, const char *what, TSS2_RC rc);

/* A key of the endorsement hierarchy; `public` may be NULL. As imans_tpm_err(). */
int imans_tpm_primary(struct imans_tpm *tpm, const TPM2B_PUBLIC *template,
		      const char *what, ESYS_TR *handle, TPM2B_PUBLIC **public);

/* From the two areas that a TPM gave, which are copied. -EBADMSG, -ENOMEM. */
int imans_ak_from_areas(struct imans_ctx *ctx, const TPM2B_PUBLIC *public,
			const TPM2B_PRIVATE *private, struct imans_ak **ak);

/**
 * struct imans_tpm_key - the AK in the TPM
 * @parent: the storage key
 * @key: the AK
 * @session: authorizes @key's use, and encrypts parameters
 */
struct imans_tpm_key {
	ESYS_TR parent;
	ESYS_TR key;
	ESYS_TR session;
};

/* Make the storage key and load the AK below it; unload flushes all. */
int imans_ak_load(struct imans_tpm *tpm, const struct imans_ak *ak,
		  struct imans_tpm_key *loaded);
void imans_ak_unload(struct imans_tpm *tpm, struct imans_tpm_key *loaded);

/* Flush what is there, and forget it. */
void imans_tpm_flush(struct imans_tpm *tpm, ESYS_TR *handle);

/*
 * Quote PCRs 0 to 10 in all allocated banks, and read values that give the
 * quote's digest. All goes into the evidence.
 */
int imans_tpm_quote(struct imans_tpm *tpm, const struct imans_ak *ak,
		    const uint8_t extra[IMANS_HASH_SIZE],
		    struct imans_evidence *evidence);

#endif /* IMANS_TPM_H */
