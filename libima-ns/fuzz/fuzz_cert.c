// SPDX-License-Identifier: LGPL-2.1-or-later
/* Certificates and CRLs, of authorities and of keys, in PEM and DER. */
#include <errno.h>
#include <stdlib.h>

#include "../src/cert.h"
#include "fuzz.h"

/* Whatever it is, it is no certificate of a key that was just made. */
static void check_chain(const struct imans_ca *ca,
			const struct cert_chain *chain)
{
	struct cert_use use = {
		.what = "the certificate",
		.key = EVP_EC_gen("P-256"),
		.eku = CERT_EKU_AK,
		.usage = UINT32_MAX,
		.node = "n",
	};
	struct imans_findings *findings;
	bool good = true;

	FUZZ_CHECK(use.key && !imans_findings_new(&findings));
	FUZZ_CHECK(!imans_cert_check(fuzz_ctx(), ca, chain, &use, findings,
				     &good));
	FUZZ_CHECK(!good && imans_findings_count(findings));
	imans_findings_free(findings);
	EVP_PKEY_free(use.key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cert_chain chain = { .count = 0 };
	struct imans_ca *ca;

	FUZZ_CHECK(!imans_ca_new(fuzz_ctx(), &ca));
	for (int kind = IMANS_CA_ROOT; kind <= IMANS_CA_CRL; kind++) {
		int err = imans_ca_add(ca, (enum imans_ca_kind)kind, data,
				       size, "ca");

		FUZZ_CHECK(!err || err == -EBADMSG || err == -EMSGSIZE);
	}
	if (!imans_chain_read(fuzz_ctx(), &chain, data, size, "chain"))
		check_chain(ca, &chain);
	imans_chain_free(&chain);
	imans_ca_free(ca);
	return 0;
}
