// SPDX-License-Identifier: LGPL-2.1-or-later
/* Signed verdicts (COSE_Sign1, EAT): read, and not one is anybody's. */
#include <errno.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imans_signed_info info;
	struct imans_signed *verdict;
	struct imans_signed_ns ns;
	size_t n = 0;
	int err = imans_signed_parse(fuzz_ctx(), data, size, "verdict",
				     &verdict);

	if (err) {
		FUZZ_CHECK(err == -EBADMSG || err == -EPROTONOSUPPORT ||
			   err == -EMSGSIZE || err == -EFBIG);
		return 0;
	}
	imans_signed_info(verdict, &info);
	FUZZ_CHECK(imans_verdict_name(info.verdict));
	while (!imans_signed_ns(verdict, n, &ns))
		n++;
	FUZZ_CHECK(n == info.ns_count);
	FUZZ_CHECK(imans_signed_verify(verdict, fuzz_pem) == -EKEYREJECTED);
	imans_signed_free(verdict);
	return 0;
}
