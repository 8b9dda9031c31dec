/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Firmware logs for tests, real and made up. */
#ifndef TEST_FWLOG_MAKE_H
#define TEST_FWLOG_MAKE_H

#include "util.h"

/* The log and the PCRs of tests/fwlog/NAME. */
struct bl_bytes fm_golden(const char *name);
void fm_golden_pcrs(const char *name, struct imans_pcrs pcrs[IMANS_BOOT_PCRS]);

/* The header of a crypto-agile log with these banks. */
void fm_header(struct bl_bytes *log, uint32_t banks);
/* An event whose digests are those of `hashed`; no banks: the old layout. */
void fm_event(struct bl_bytes *log, uint32_t banks, uint32_t pcr,
	      uint32_t type, const void *hashed, size_t hashed_len,
	      const void *data, size_t len);
/* The same of a text that is both, without its NUL. */
void fm_text(struct bl_bytes *log, uint32_t banks, uint32_t pcr, uint32_t type,
	     const char *text);

/* Exchange the n-th event of a PCR with the one after it there. */
void fm_swap(struct bl_bytes *log, uint32_t pcr, size_t n);

/* What a TPM has after a log's events, of which none is malformed. */
void fm_replay(const struct bl_bytes *log, uint32_t banks,
	       struct imans_pcrs pcrs[IMANS_BOOT_PCRS]);

/* Types that tests use. */
enum {
	FM_NO_ACTION = 3, FM_SEPARATOR = 4, FM_ACTION = 5, FM_TAG = 6,
	FM_VERSION = 8, FM_IPL = 13,
};

#define FM_APPLICATION	0x80000003U
#define FM_VARIABLE	0x80000001U
#define FM_VARIABLE_BOOT 0x80000002U
#define FM_EFI_ACTION	0x80000007U

#endif /* TEST_FWLOG_MAKE_H */
