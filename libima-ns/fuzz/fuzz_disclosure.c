// SPDX-License-Identifier: LGPL-2.1-or-later
/* Disclosures of entries: read, written, read again, and each entry read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void read_entries(const struct imans_disclosure_info *info)
{
	const struct imans_list_opts opts = {
		.sz = sizeof(opts),
		.header = info->header,
	};
	const struct imans_entry *entry;
	struct imans_list *list;
	uint64_t nsid;

	if (imans_list_open_mem(fuzz_ctx(), info->list, info->list_len, &opts,
				&list))
		return;
	while (!imans_list_next(list, &entry) && entry)
		imans_entry_nsid(entry, &nsid);
	imans_list_close(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imans_disclosure_info info;
	struct imans_disclosure *d, *again;
	uint8_t *one, *two;
	size_t one_len, two_len;
	int err = imans_disclosure_parse(fuzz_ctx(), data, size, "disclosure",
					 &d);

	if (err) {
		FUZZ_CHECK(err == -EBADMSG || err == -EPROTONOSUPPORT ||
			   err == -EMSGSIZE || err == -EFBIG);
		return 0;
	}
	imans_disclosure_info(d, &info);
	FUZZ_CHECK(info.count <= IMANS_DISCLOSED_MAX);
	read_entries(&info);
	FUZZ_CHECK(imans_disclosure_encode(d, &one, &one_len) == 0);
	FUZZ_CHECK(imans_disclosure_parse(fuzz_ctx(), one, one_len, "again",
					  &again) == 0);
	FUZZ_CHECK(imans_disclosure_encode(again, &two, &two_len) == 0);
	FUZZ_CHECK(one_len == two_len && !memcmp(one, two, one_len));
	free(one);
	free(two);
	imans_disclosure_free(again);
	imans_disclosure_free(d);
	return 0;
}
