// SPDX-License-Identifier: LGPL-2.1-or-later
/* Archives of images: whatever is in them, all errors are documented. */
#include <errno.h>

#include "fuzz.h"

#define MAX_BYTES	(1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct imans_image_opts opts = {
		.sz = sizeof(opts),
		.max_bytes = MAX_BYTES,
	};
	struct imans_policy *policy;
	int err;

	FUZZ_CHECK(!imans_policy_new(fuzz_ctx(), &policy));
	err = imans_policy_add_image_mem(policy, data, size, "image",
					 IMANS_BANK(IMANS_SHA256), &opts);
	FUZZ_CHECK(!err || err == -EBADMSG || err == -ENOENT ||
		   err == -EINVAL || err == -ENOTSUP || err == -EMSGSIZE);
	/* What failed has listed nothing. */
	FUZZ_CHECK(!err || !imans_policy_digests(policy));
	imans_policy_free(policy);
	return 0;
}
