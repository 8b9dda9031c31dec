// SPDX-License-Identifier: LGPL-2.1-or-later
/* The firmware's log against the quoted PCRs. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "boot_check.h"
#include "findings.h"
#include "fwlog.h"

/* Banks in which all of PCRs 0 to 9 were quoted. */
static uint32_t quoted_banks(const struct imans_quote *quote)
{
	uint32_t banks = IMANS_ALL_BANKS;

	for (int pcr = 0; pcr < IMANS_BOOT_PCRS; pcr++)
		banks &= quote->boot[pcr].banks;
	return banks;
}

/* Names of banks, "sha1, sha256". */
static const char *bank_names(char *text, size_t size, uint32_t banks)
{
	size_t at = 0;

	text[0] = '\0';
	for (int b = 0; b < IMANS_BANKS && at < size; b++)
		if (banks & IMANS_BANK(b))
			at += (size_t)snprintf(text + at, size - at, "%s%s",
					       at ? ", " : "",
					       imans_bank_name(b));
	return text;
}

#define NAMES_SIZE	64

static void compare(const struct boot_check *check,
		    const struct imans_pcrs pcrs[IMANS_FW_PCRS],
		    enum imans_severity severity, uint32_t *banks)
{
	uint32_t good = *banks;
	char names[NAMES_SIZE];

	for (int pcr = 0; pcr < IMANS_BOOT_PCRS; pcr++) {
		uint32_t differ = 0;

		for (int b = 0; b < IMANS_BANKS; b++)
			if (*banks & IMANS_BANK(b) &&
			    memcmp(pcrs[pcr].value[b],
				   check->quote->boot[pcr].value[b],
				   imans_bank_size(b)))
				differ |= IMANS_BANK(b);
		good &= ~differ;
		if (differ)
			imans_findings_add(check->findings,
					   IMANS_F_FWLOG_REPLAY, severity, 0,
					   IMANS_NO_ENTRY,
					   "firmware log: does not replay to the quoted PCR %d (%s)",
					   pcr,
					   bank_names(names, sizeof(names),
						      differ));
	}
	*banks = good;
}

/* What types bind must be what is shown. */
static int check_data(const struct boot_check *check, struct imans_fwlog *log,
		      enum imans_severity severity)
{
	const struct imans_fw_event *event;
	int err;

	while (!(err = imans_fwlog_next(log, &event)) && event) {
		enum imans_fw_binding binding;

		err = imans_fw_event_binding(check->ctx, event, &binding);
		if (err)
			break;
		if (binding == IMANS_FW_WRONG)
			imans_findings_add(check->findings,
					   IMANS_F_FWLOG_DATA, severity, 0,
					   IMANS_NO_ENTRY,
					   "firmware log: event %" PRIu64
					   ": PCR %" PRIu32
					   ": %s: its data is not what was measured",
					   event->index, event->pcr,
					   imans_fw_type_name(event->type));
	}
	return err;
}

static int replay(const struct boot_check *check, struct imans_fwlog *log,
		  enum imans_severity severity, uint32_t *banks)
{
	uint32_t quoted = quoted_banks(check->quote);
	uint32_t both = quoted & imans_fwlog_banks(log);
	struct imans_pcrs pcrs[IMANS_FW_PCRS];
	char names[NAMES_SIZE];
	int err = imans_fwlog_replay(log, pcrs);

	if (err)
		return err;
	if (!(both & ~IMANS_BANK(IMANS_SHA1)))
		imans_findings_add(check->findings, IMANS_F_BOOT_NOT_QUOTED,
				   severity == IMANS_FAIL ? IMANS_DOUBT :
							    IMANS_NOTE,
				   0, IMANS_NO_ENTRY,
				   "boot: PCRs 0 to 9 are not quoted in a bank of the firmware log other than sha1");
	else if (quoted & ~both)
		imans_findings_add(check->findings, IMANS_F_FWLOG_BANK,
				   IMANS_NOTE, 0, IMANS_NO_ENTRY,
				   "firmware log: says nothing of the quoted bank %s",
				   bank_names(names, sizeof(names),
					      quoted & ~both));
	compare(check, pcrs, severity, &both);
	*banks = both & ~IMANS_BANK(IMANS_SHA1);
	return check_data(check, log, severity);
}

int imans_boot_replay(const struct boot_check *check,
		      enum imans_severity severity, uint32_t *banks)
{
	struct imans_fwlog *log;
	int err = -EBADMSG;

	*banks = 0;
	if (check->log_len <= FWLOG_FILE_MAX) {
		err = imans_fwlog_open_mem(check->ctx, check->log,
					   check->log_len, NULL, &log);
		if (!err) {
			err = replay(check, log, severity, banks);
			imans_fwlog_close(log);
		}
	} else {
		imans_err(check->ctx, -EBADMSG,
			  "firmware log: longer than %zu bytes",
			  FWLOG_FILE_MAX);
	}
	if (err != -EBADMSG)
		return err;
	*banks = 0;
	imans_findings_add(check->findings, IMANS_F_FWLOG_MALFORMED, severity,
			   0, IMANS_NO_ENTRY, "%s",
			   imans_ctx_error(check->ctx));
	return 0;
}
