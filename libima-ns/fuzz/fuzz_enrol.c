// SPDX-License-Identifier: LGPL-2.1-or-later
/* Messages of an enrolment: the first byte says which; read, written, read again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void round_trip(const struct imans_enrol *enrol,
		       enum imans_enrol_kind kind)
{
	struct imans_enrol *again;
	char *one, *two;

	FUZZ_CHECK(imans_enrol_encode(enrol, &one) == 0);
	FUZZ_CHECK(imans_enrol_parse(fuzz_ctx(), kind, one, strlen(one),
				     "again", &again) == 0);
	FUZZ_CHECK(imans_enrol_encode(again, &two) == 0);
	FUZZ_CHECK(strcmp(one, two) == 0);
	imans_enrol_free(again);
	free(one);
	free(two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	enum imans_enrol_kind kind = IMANS_ENROL_REQUEST +
				     fuzz_byte(&in) % IMANS_ENROL_RECORD;
	struct imans_enrol_info info;
	struct imans_enrol *enrol;
	int err = imans_enrol_parse(fuzz_ctx(), kind, in.data, in.size, "enrol",
				    &enrol);

	if (err) {
		FUZZ_CHECK(err == -EBADMSG || err == -EPROTONOSUPPORT ||
			   err == -EFBIG);
		return 0;
	}
	imans_enrol_info(enrol, &info);
	FUZZ_CHECK(info.kind == kind);
	round_trip(enrol, kind);
	imans_enrol_free(enrol);
	return 0;
}
