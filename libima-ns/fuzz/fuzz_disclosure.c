// SPDX-License-Identifier: LGPL-2.1-or-later
/* Disclosures: read, written, and the same bytes again; nothing is proven. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void verify(const struct imans_disclosure *disclosure)
{
	static const uint8_t nonce[IMANS_NONCE_MIN] = { 1 };
	struct imans_verify_opts opts = {
		.sz = sizeof(opts),
		.nonce = nonce,
		.nonce_len = sizeof(nonce),
		.ak_pem = fuzz_pem,
	};
	struct imans_evidence *evidence;
	struct imans_report *report;
	struct imans_subject subject;

	FUZZ_CHECK(imans_evidence_new(fuzz_ctx(), &evidence) == 0);
	FUZZ_CHECK(imans_disclosure_verify(evidence, &opts, disclosure,
					   &report) == 0);
	FUZZ_CHECK(imans_report_count(report) == 2);
	FUZZ_CHECK(imans_report_subject(report, 1, &subject) == 0);
	FUZZ_CHECK(subject.verdict == IMANS_UNTRUSTED && !subject.proven);
	imans_report_free(report);
	imans_evidence_free(evidence);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imans_disclosure *disclosure;
	int err = imans_disclosure_parse(fuzz_ctx(), data, size, NULL,
					 &disclosure);
	uint8_t *again;
	size_t len;

	if (err) {
		FUZZ_CHECK(err == -EBADMSG || err == -EPROTONOSUPPORT ||
			   err == -EMSGSIZE);
		return 0;
	}
	/* There is one way to write each, but for integers' lengths. */
	FUZZ_CHECK(imans_disclosure_encode(disclosure, &again, &len) == 0);
	FUZZ_CHECK(len <= size);
	verify(disclosure);
	imans_disclosure_free(disclosure);
	FUZZ_CHECK(imans_disclosure_parse(fuzz_ctx(), again, len, NULL,
					  &disclosure) == 0);
	imans_disclosure_free(disclosure);
	free(again);
	return 0;
}
