/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Endorsement keys, by the default templates of TCG's "EK Credential Profile". */
#ifndef IMANS_EK_H
#define IMANS_EK_H

#include <openssl/evp.h>
#include <tss2/tss2_tpm2_types.h>

#include <imans.h>

#include "evidence.h"

/* L-1 or L-2, to be given to TPM2_CreatePrimary. */
const TPM2B_PUBLIC *imans_ek_template(enum imans_ek ek);
/* Where TPMs keep such a key's certificate. */
TPM2_HANDLE imans_ek_cert_index(enum imans_ek ek);

/* It is all of a template's but the key itself; IMANS_EK_ANY: of neither. */
enum imans_ek imans_ek_kind(const TPMT_PUBLIC *public);
/* NULL: no key. The caller frees it. */
EVP_PKEY *imans_ek_key(struct imans_ctx *ctx, const TPMT_PUBLIC *public);

/* A marshalled TPMT_PUBLIC; nothing may follow it. */
bool imans_public_decode(const struct evidence_blob *blob, TPMT_PUBLIC *public);
/* Its name, if its nameAlg is SHA-256: 000b || SHA-256. */
int imans_public_name(struct imans_ctx *ctx, const struct evidence_blob *blob,
		      uint8_t name[IMANS_TPM_NAME_SIZE]);

#endif /* IMANS_EK_H */
