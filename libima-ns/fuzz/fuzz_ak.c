// SPDX-License-Identifier: LGPL-2.1-or-later
/* Files of wrapped attestation keys. */
#include <errno.h>
#include <stdlib.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imans_ak *ak;
	uint8_t name[34];
	char *pem;
	int err = imans_ak_read(fuzz_ctx(), fuzz_path(data, size), &ak);

	if (err) {
		FUZZ_CHECK(err == -EBADMSG || err == -EFBIG);
		return 0;
	}
	if (!imans_ak_pem(ak, &pem))
		free(pem);
	imans_ak_name(ak, name);
	imans_ak_free(ak);
	return 0;
}
