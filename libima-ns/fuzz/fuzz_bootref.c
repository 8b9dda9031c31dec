// SPDX-License-Identifier: LGPL-2.1-or-later
/* Files of reference values for the boot. */
#include <errno.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imans_bootref *ref;
	int err = imans_bootref_read(fuzz_ctx(), fuzz_path(data, size), &ref);

	if (err) {
		FUZZ_CHECK(err == -EBADMSG || err == -EPROTONOSUPPORT ||
			   err == -EFBIG);
		return 0;
	}
	FUZZ_CHECK(imans_bootref_write(ref, "/dev/null") == 0);
	imans_bootref_free(ref);
	return 0;
}
