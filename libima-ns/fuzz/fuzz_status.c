// SPDX-License-Identifier: LGPL-2.1-or-later
/* The text of a namespace's `status`. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../src/tree.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imans_ns_status status;
	char *text;
	int err;

	if (size > IMANS_STATUS_MAX)
		return 0;
	text = malloc(size + 1);
	FUZZ_CHECK(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	err = imans_status_parse(fuzz_ctx(), "status", text, &status);
	FUZZ_CHECK(!err || err == -EBADMSG || err == -ENOMEM);
	free(text);
	return 0;
}
