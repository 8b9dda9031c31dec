/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TPM2_MakeCredential without a TPM: a secret that only one TPM gives out. */
#ifndef IMANS_CREDENTIAL_H
#define IMANS_CREDENTIAL_H

#include <tss2/tss2_tpm2_types.h>

#include <imans.h>

/*
 * Encrypt a secret to an endorsement key, such that its TPM decrypts it only
 * for a key of that name which it holds, too. -EBADMSG: no endorsement key by
 * a default template; -ENOMEM, -EIO.
 */
int imans_credential_make(struct imans_ctx *ctx, const TPMT_PUBLIC *ek,
			  const uint8_t name[IMANS_TPM_NAME_SIZE],
			  const uint8_t secret[IMANS_HASH_SIZE],
			  TPM2B_ID_OBJECT *credential,
			  TPM2B_ENCRYPTED_SECRET *encrypted);

/* Its parts, which known answers test. */

/* SP 800-56A, as Part 1, 11.4.10.3 has it; the two are x coordinates. */
int imans_kdfe(const uint8_t *z, size_t z_len, const char *label,
	       const TPM2B_ECC_PARAMETER *party_u,
	       const TPM2B_ECC_PARAMETER *party_v,
	       uint8_t seed[IMANS_HASH_SIZE]);
int imans_credential_seal(struct imans_ctx *ctx,
			  const uint8_t seed[IMANS_HASH_SIZE],
			  const uint8_t name[IMANS_TPM_NAME_SIZE],
			  const uint8_t secret[IMANS_HASH_SIZE],
			  TPM2B_ID_OBJECT *credential);

#endif /* IMANS_CREDENTIAL_H */
