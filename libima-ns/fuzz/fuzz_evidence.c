// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Evidence: read, written, read again; and verified, which never makes anything
 * of a fuzzer's better than untrusted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void verify(const struct imans_evidence *evidence)
{
	static const uint8_t nonce[IMANS_NONCE_MIN] = { 1 };
	struct imans_verify_opts opts = {
		.sz = sizeof(opts),
		.nonce = nonce,
		.nonce_len = sizeof(nonce),
		.ak_pem = fuzz_pem,
	};
	const struct imans_finding *finding;
	struct imans_subject subject;
	struct imans_report *report;

	FUZZ_CHECK(imans_verify(evidence, &opts, &report) == 0);
	for (size_t n = 0; !imans_report_subject(report, n, &subject); n++) {
		FUZZ_CHECK(imans_verdict_name(subject.verdict));
		FUZZ_CHECK(subject.proven <= subject.entries);
		for (size_t i = 0;
		     (finding = imans_report_finding(report, n, i)); i++) {
			FUZZ_CHECK(imans_finding_name(finding->code));
			FUZZ_CHECK(!strchr(finding->text, '\n'));
		}
	}
	FUZZ_CHECK(imans_report_verdict(report) == IMANS_UNTRUSTED);
	imans_report_free(report);
}

static void round_trip(const struct imans_evidence *evidence)
{
	struct imans_evidence *again;
	uint8_t *one, *two;
	size_t one_len, two_len;

	if (imans_evidence_encode(evidence, &one, &one_len))
		return;
	FUZZ_CHECK(imans_evidence_parse(fuzz_ctx(), one, one_len, "again",
					&again) == 0);
	FUZZ_CHECK(imans_evidence_encode(again, &two, &two_len) == 0);
	FUZZ_CHECK(one_len == two_len && !memcmp(one, two, one_len));
	imans_evidence_free(again);
	free(one);
	free(two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imans_evidence *evidence;
	int err = imans_evidence_parse(fuzz_ctx(), data, size, "evidence",
				       &evidence);

	if (err) {
		FUZZ_CHECK(err == -EBADMSG || err == -EPROTONOSUPPORT ||
			   err == -EFBIG);
		return 0;
	}
	round_trip(evidence);
	verify(evidence);
	imans_evidence_free(evidence);
	return 0;
}
