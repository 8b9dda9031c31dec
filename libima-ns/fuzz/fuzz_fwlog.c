// SPDX-License-Identifier: LGPL-2.1-or-later
/* The firmware's event log: each event told as text, and all replayed. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct imans_fw_event *event = NULL;
	struct imans_pcrs pcrs[IMANS_FW_PCRS];
	enum imans_fw_binding binding;
	struct imans_fwlog *log;
	char text[512];
	int err = imans_fwlog_open_mem(fuzz_ctx(), data, size, "log", &log);

	if (err) {
		FUZZ_CHECK(err == -EBADMSG || err == -EFBIG);
		return 0;
	}
	while (!(err = imans_fwlog_next(log, &event)) && event) {
		FUZZ_CHECK(event->offset < size && event->len <= size);
		FUZZ_CHECK(imans_fw_event_binding(fuzz_ctx(), event,
						  &binding) == 0);
		FUZZ_CHECK(imans_fw_event_text(event, text, sizeof(text)) == 0);
		FUZZ_CHECK(memchr(text, '\0', sizeof(text)));
		for (const char *at = text; *at; at++)
			FUZZ_CHECK(*at >= 0x20 && *at < 0x7f);
	}
	FUZZ_CHECK(!err || err == -EBADMSG);
	imans_fwlog_rewind(log);
	FUZZ_CHECK(imans_fwlog_replay(log, pcrs) == err);
	imans_fwlog_close(log);
	return 0;
}
