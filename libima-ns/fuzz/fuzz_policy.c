// SPDX-License-Identifier: LGPL-2.1-or-later
/* Files of reference values: read, asked, and written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static int look_up(void *user, const char *path, enum imans_bank bank,
		   const uint8_t *digest, size_t len)
{
	const char *where;

	FUZZ_CHECK(imans_bank_size(bank) == len);
	FUZZ_CHECK(imans_policy_lookup(user, path, strlen(path), bank, digest,
				       len, &where) == IMANS_MATCH_PATH);
	return 0;
}

/* A pattern as a name, with a signature that no key made. */
static int decide(void *user, const char *path, enum imans_bank bank,
		  const uint8_t *digest, size_t len)
{
	static const uint8_t sig[32] = { 3, 2, 4, 0, 0, 0, 0, 0, 23 };
	struct imans_policy *policy = user;
	const struct imans_file file = {
		.name = path,
		.name_len = strlen(path),
		.algo = imans_bank_name(bank),
		.digest = digest,
		.len = len,
		.sig = sig,
		.sig_len = sizeof(sig),
	};
	struct imans_decision decision;
	char *text;

	FUZZ_CHECK(!imans_policies_decide(&policy, 1, &file, &decision));
	FUZZ_CHECK(!imans_decision_text(&decision, &text));
	free(text);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imans_policy *policy;
	int err = imans_policy_parse(fuzz_ctx(), data, size, "policy", &policy);

	if (err) {
		FUZZ_CHECK(err == -EBADMSG || err == -EPROTONOSUPPORT ||
			   err == -EMSGSIZE);
		return 0;
	}
	imans_policy_matches(policy, "pod=1,ctr=a,name=shop/web/nginx");
	imans_policy_allows(policy, imans_default_policy_digest);
	FUZZ_CHECK(imans_policy_each(policy, look_up, policy) == 0);
	FUZZ_CHECK(imans_policy_each_glob(policy, decide, policy) == 0);
	FUZZ_CHECK(imans_policy_write(policy, "/dev/null") == 0);
	imans_policy_free(policy);
	return 0;
}
