// SPDX-License-Identifier: LGPL-2.1-or-later
/* Signed verdicts: whoever signed them, they are read before that is known. */
#include <errno.h>

#include "fuzz.h"

static void look(const struct imans_signed *s)
{
	struct imans_signed_info info;
	struct imans_signed_ns ns;
	uint64_t last = 0;
	size_t n = 0;

	imans_signed_info(s, &info);
	FUZZ_CHECK(info.kind == IMANS_SIGNED_TENANT ||
		   info.kind == IMANS_SIGNED_NODE);
	FUZZ_CHECK(info.expires_at > info.issued_at);
	FUZZ_CHECK(info.nonce_len >= IMANS_NONCE_MIN &&
		   info.nonce_len <= IMANS_NONCE_MAX);
	FUZZ_CHECK(imans_verdict_name(info.verdict) &&
		   imans_verdict_name(info.host_verdict));
	for (; !imans_signed_ns(s, n, &ns); n++) {
		FUZZ_CHECK(ns.id > last && imans_verdict_name(ns.verdict));
		last = ns.id;
	}
	FUZZ_CHECK(n == info.ns_count && n <= IMANS_SIGNED_NS_MAX);
	FUZZ_CHECK(n || info.kind == IMANS_SIGNED_NODE);
	/* Of a key that nobody signs with. */
	FUZZ_CHECK(imans_signed_verify(s, fuzz_pem) == -EKEYREJECTED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imans_signed *s;
	int err = imans_signed_parse(fuzz_ctx(), data, size, "signed", &s);

	if (err) {
		FUZZ_CHECK(err == -EBADMSG || err == -EPROTONOSUPPORT ||
			   err == -EMSGSIZE);
		return 0;
	}
	look(s);
	imans_signed_free(s);
	return 0;
}
