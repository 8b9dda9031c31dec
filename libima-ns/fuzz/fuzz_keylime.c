// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keylime's policies: read, and written again. */
#include <errno.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imans_policy *policy;
	int err = imans_policy_parse_keylime(fuzz_ctx(), data, size, "keylime",
					     IMANS_KEYLIME_LOSSY, NULL, NULL,
					     &policy);

	if (err) {
		FUZZ_CHECK(err == -EBADMSG || err == -EPROTONOSUPPORT ||
			   err == -EMSGSIZE || err == -EINVAL);
		return 0;
	}
	FUZZ_CHECK(!imans_policy_write_keylime(policy, "/dev/null",
					       IMANS_KEYLIME_LOSSY, NULL,
					       NULL));
	FUZZ_CHECK(!imans_policy_write(policy, "/dev/null"));
	imans_policy_free(policy);
	return 0;
}
