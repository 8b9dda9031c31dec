/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Banks by the TPM's algorithm identifiers. */
#ifndef IMANS_PCR_ALG_H
#define IMANS_PCR_ALG_H

#include <tss2/tss2_tpm2_types.h>

#include <imans.h>

/* False: a bank that the library does not know. */
static inline bool imans_bank_from_tpm(TPMI_ALG_HASH alg, enum imans_bank *bank)
{
	switch (alg) {
	case TPM2_ALG_SHA1:
		*bank = IMANS_SHA1;
		return true;
	case TPM2_ALG_SHA256:
		*bank = IMANS_SHA256;
		return true;
	case TPM2_ALG_SHA384:
		*bank = IMANS_SHA384;
		return true;
	case TPM2_ALG_SHA512:
		*bank = IMANS_SHA512;
		return true;
	case TPM2_ALG_SM3_256:
		*bank = IMANS_SM3;
		return true;
	default:
		return false;
	}
}

#endif /* IMANS_PCR_ALG_H */
