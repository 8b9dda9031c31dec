// SPDX-License-Identifier: LGPL-2.1-or-later
/* TPMS_ATTEST, TPMT_SIGNATURE and TPMT_PUBLIC, each after its length. */
#include <errno.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nonce[IMANS_NONCE_MIN] = { 1 };
	static const uint8_t pcr[IMANS_DIGEST_MAX] = { 2 };
	struct imans_quote_opts opts = {
		.sz = sizeof(opts),
		.nonce = nonce,
		.nonce_len = sizeof(nonce),
		.ak_pem = fuzz_pem,
	};
	struct fuzz_input in = { data, size };
	struct fuzz_input quote = fuzz_part(&in);
	struct fuzz_input signature = fuzz_part(&in);
	struct fuzz_input ak = fuzz_part(&in);
	struct imans_evidence *evidence;
	struct imans_findings *findings;
	struct imans_quote said;

	FUZZ_CHECK(imans_evidence_new(fuzz_ctx(), &evidence) == 0);
	FUZZ_CHECK(imans_findings_new(&findings) == 0);
	if (!imans_evidence_set_quote(evidence, quote.data, quote.size,
				      signature.data, signature.size, ak.data,
				      ak.size)) {
		for (int b = 0; b < IMANS_BANKS; b++)
			imans_evidence_set_pcr(evidence, b, IMANS_PCR, pcr,
					       imans_bank_size(b));
		FUZZ_CHECK(imans_quote_verify(evidence, &opts, findings,
					      &said) == 0);
		FUZZ_CHECK(!said.verified);
		FUZZ_CHECK(imans_findings_count(findings));
	}
	imans_findings_free(findings);
	imans_evidence_free(evidence);
	return 0;
}
