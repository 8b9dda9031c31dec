// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rule 2 of a verifier: the boot against its reference values. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "booted.h"

static void trusted(void **state)
{
	struct booted b;

	booted_begin(&b, *state);
	booted_verify(&b);
	expect_verdicts(&b.n, "tttt");
	for (size_t i = 0; i < 4; i++)
		assert_null(imans_report_finding(b.n.report, i, 0));
	booted_end(&b);
}

/* ------------------------------------------------- what speaks against it */

/* Evidence of a node that quotes PCR 10 alone. */
static void not_quoted(struct booted *b)
{
	b->n.quote.boot = NULL;
}

static void foreign_log(struct booted *b)
{
	booted_set_log(b, "seabios");
}

static void shorter_log(struct booted *b)
{
	/* The last event: 12 of head, four digests, its size and data. */
	b->log.len -= 12 + 4 * 2 + 20 + 32 + 48 + 64 + 4 + 40;
}

static void cut_log(struct booted *b)
{
	b->log.len--;
}

/* One digest in one bank, by itself. */
static void flipped_digest(struct booted *b)
{
	uint8_t digest[32];
	uint8_t *at;

	bl_hash("sha256", "Exit Boot Services Invocation", 29, digest);
	at = memmem(b->log.data, b->log.len, digest, sizeof(digest));
	assert_non_null(at);
	*at ^= 1;
}

static void forged_text(struct booted *b)
{
	uint8_t *at = memmem(b->log.data, b->log.len, "Exit Boot", 9);

	assert_non_null(at);
	at[0] = 'e';
}

/* SecureBoot: 01 where 00 was measured. */
static void forged_variable(struct booted *b)
{
	uint8_t *at = memmem(b->log.data, b->log.len, "o\0o\0t\0\0", 7);

	assert_non_null(at);
	at[6] = 1;
}

/* What a dishonest node can't help: its TPM has it, and the log says it. */
static void boot_more(struct booted *b, uint32_t pcr, uint32_t type,
		      const char *text)
{
	fm_text(&b->log, ALL4, pcr, type, text);
	fm_replay(&b->log, ALL4, b->pcrs);
}

static void another_kernel(struct booted *b)
{
	boot_more(b, 4, FM_APPLICATION, "another kernel");
}

static void another_initrd(struct booted *b)
{
	boot_more(b, 9, FM_TAG, "another initrd");
}

static void same_twice(struct booted *b)
{
	boot_more(b, 5, FM_EFI_ACTION, "Exit Boot Services Invocation");
}

static void unknown_type(struct booted *b)
{
	boot_more(b, 0, 0x4711, "what is it?");
}

/* The log is honest, and short of what references have. */
static void nothing_measured(struct booted *b)
{
	b->log.len = 0;
	fm_header(&b->log, ALL4);
	fm_text(&b->log, ALL4, 0, FM_SEPARATOR, "x");
	fm_replay(&b->log, ALL4, b->pcrs);
}

/* The type is the log's own word: another one is no way around. */
static void another_type(struct booted *b)
{
	uint8_t *at = memmem(b->log.data, b->log.len, "\4\0\0\0\3\0\0\x80", 8);

	assert_non_null(at);
	at[4] = 4;
}

static void sha1_log(struct booted *b)
{
	b->log.len = 0;
	fm_header(&b->log, IMANS_BANK(IMANS_SHA1));
	fm_text(&b->log, IMANS_BANK(IMANS_SHA1), 0, FM_ACTION, "x");
	fm_replay(&b->log, ALL4, b->pcrs);
}

/* PCRs 0 to 9 are not what the kernel found when it began to measure. */
static void other_aggregate(struct booted *b)
{
	b->other_aggregate = true;
}

static void reorder(struct booted *b, uint32_t pcr, size_t n)
{
	fm_swap(&b->log, pcr, n);
	fm_replay(&b->log, ALL4, b->pcrs);
}

static void kernel_later(struct booted *b)
{
	reorder(b, 4, 0);
}

/* The firmware was through, and went on as if it were not. */
static void start_after_separator(struct booted *b)
{
	reorder(b, 4, 1);
}

static void variable_after_separator(struct booted *b)
{
	reorder(b, 1, 1);
}

static void initrd_before_cmdline(struct booted *b)
{
	reorder(b, 9, 0);
}

static void two_references(struct booted *b)
{
	another_kernel(b);
	b->refs[1] = b->ref;
	b->ref_count = 2;
}

static const struct {
	const char *what;
	void (*spoil)(struct booted *b);
	enum imans_finding_code code;
	const char *verdicts;
	const char *text;
} cases[] = {
	{ "no log", booted_no_log, IMANS_F_BOOT_NO_LOG, "iiii", "" },
	{ "PCR 10 alone", not_quoted, IMANS_F_BOOT_NOT_QUOTED, "iiii", "" },
	{ "SHA-1 alone", sha1_log, IMANS_F_BOOT_NOT_QUOTED, "iiii", "" },
	{ "another machine's log", foreign_log, IMANS_F_FWLOG_REPLAY, "uuuu",
	  "PCR 0 (sha1, sha256, sha384, sha512)" },
	{ "an event less", shorter_log, IMANS_F_FWLOG_REPLAY, "uuuu",
	  "PCR 5" },
	{ "one bank's digest", flipped_digest, IMANS_F_FWLOG_REPLAY, "uuuu",
	  "PCR 5 (sha256)" },
	{ "cut off", cut_log, IMANS_F_FWLOG_MALFORMED, "uuuu", "event 24" },
	{ "another text", forged_text, IMANS_F_FWLOG_DATA, "uuuu",
	  "event 23: PCR 5: EV_EFI_ACTION" },
	{ "another variable", forged_variable, IMANS_F_FWLOG_DATA, "uuuu",
	  "event 4: PCR 7" },
	{ "another kernel", another_kernel, IMANS_F_BOOT_EVENT, "uuuu",
	  "boot: PCR 4: event 25: EV_EFI_BOOT_SERVICES_APPLICATION: sha256:" },
	{ "another initrd", another_initrd, IMANS_F_BOOT_EVENT, "uuuu",
	  "PCR 9: event 25" },
	{ "the same twice", same_twice, IMANS_F_BOOT_EVENT, "uuuu", "PCR 5" },
	{ "an unknown type", unknown_type, IMANS_F_BOOT_EVENT, "uuuu",
	  "unknown type" },
	{ "another type", another_type, IMANS_F_BOOT_EVENT, "uuuu",
	  "EV_EFI_BOOT_SERVICES_DRIVER" },
	{ "nothing was measured", nothing_measured, IMANS_F_BOOT_MISSING,
	  "uuuu", "boot: PCR 0: EV_S_CRTM_VERSION" },
	{ "another boot_aggregate", other_aggregate, IMANS_F_BOOT_AGGREGATE,
	  "uuuu", "host: entry 0" },
	{ "kernel later", kernel_later, IMANS_F_BOOT_ORDER, "uuuu",
	  "PCR 4: EV_EFI_ACTION" },
	{ "start after separator", start_after_separator,
	  IMANS_F_BOOT_ORDER, "uuuu", "PCR 4: EV_SEPARATOR" },
	{ "variable after separator", variable_after_separator,
	  IMANS_F_BOOT_ORDER, "uuuu", "PCR 1: EV_SEPARATOR" },
	{ "initrd before command line", initrd_before_cmdline,
	  IMANS_F_BOOT_ORDER, "uuuu", "PCR 9: EV_EVENT_TAG" },
	{ "neither of two", two_references, IMANS_F_BOOT_EVENT, "uuuu", "" },
};

static void negative(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct imans_finding *f;
		struct booted b;

		booted_begin(&b, *state);
		cases[i].spoil(&b);
		booted_verify(&b);
		expect_verdicts(&b.n, cases[i].verdicts);
		f = expect_finding(&b.n, 0, cases[i].code);
		if (!strstr(f->text, cases[i].text))
			fail_msg("%s: %s", cases[i].what, f->text);
		for (size_t s = 1; s < 4; s++)
			expect_finding(&b.n, s, IMANS_F_BOOT_UNPROVEN);
		booted_end(&b);
	}
}

/* Firmware that has them one way and the other is free to. */
static void either_order(void **state)
{
	struct booted b;

	booted_begin(&b, *state);
	reorder(&b, 4, 1);
	booted_add_log(*state, b.ref, &b.log);
	booted_verify(&b);
	expect_verdicts(&b.n, "tttt");
	/* That is of one PCR. */
	imans_report_free(b.n.report);
	imans_evidence_free(b.n.evidence);
	reorder(&b, 1, 1);
	booted_verify(&b);
	expect_finding(&b.n, 0, IMANS_F_BOOT_ORDER);
	booted_end(&b);
}

/* An event in two logs of three is not required, and may stand anywhere. */
static void optional_anywhere(void **state)
{
	struct bl_bytes plain;
	struct booted b;

	booted_begin(&b, *state);
	plain = fm_golden("ovmf");
	boot_more(&b, 9, FM_TAG, "a file more");
	booted_add_log(*state, b.ref, &b.log);
	booted_add_log(*state, b.ref, &plain);
	reorder(&b, 9, 1);
	booted_verify(&b);
	expect_verdicts(&b.n, "tttt");
	free(plain.data);
	booted_end(&b);
}

/* Nobody asked: it costs no more than "trusted". */
static void without_references(void **state)
{
	void (*const spoil[])(struct booted *b) = {
		booted_no_log, not_quoted, foreign_log, cut_log, forged_text, sha1_log,
	};

	for (size_t i = 0; i < sizeof(spoil) / sizeof(spoil[0]); i++) {
		struct booted b;

		booted_begin(&b, *state);
		spoil[i](&b);
		b.ref_count = 0;
		booted_verify(&b);
		expect_verdicts(&b.n, "cccc");
		expect_finding(&b.n, 0, IMANS_F_BOOT_UNCHECKED);
		booted_end(&b);
	}
}

static void second_reference(void **state)
{
	struct imans_bootref *other;
	struct bl_bytes log = fm_golden("seabios");
	struct booted b;

	booted_begin(&b, *state);
	assert_int_equal(imans_bootref_new(*state, &other), 0);
	booted_add_log(*state, other, &log);
	b.refs[0] = other;
	b.refs[1] = b.ref;
	b.ref_count = 2;
	booted_verify(&b);
	expect_verdicts(&b.n, "tttt");
	booted_end(&b);
	imans_bootref_free(other);
	free(log.data);
}

/* Nobody has looked at what the host itself has executed. */
static void host_unchecked(void **state)
{
	struct booted b;

	booted_begin(&b, *state);
	imans_policy_set_host(b.n.policy, false);
	booted_verify(&b);
	expect_verdicts(&b.n, "cttt");
	expect_finding(&b.n, 0, IMANS_F_NODE_UNCHECKED);
	booted_end(&b);
}

/* A bank that the firmware does not know: the others are enough. */
static void bank_unknown_to_the_log(void **state)
{
	const uint32_t some = IMANS_BANK(IMANS_SHA256) | 1;
	struct booted b;

	booted_begin(&b, *state);
	b.log.len = 0;
	fm_header(&b.log, some);
	fm_text(&b.log, some, 4, FM_APPLICATION, "kernel");
	fm_replay(&b.log, ALL4, b.pcrs);
	imans_bootref_free(b.ref);
	assert_int_equal(imans_bootref_new(*state, &b.ref), 0);
	booted_add_log(*state, b.ref, &b.log);
	b.refs[0] = b.ref;
	booted_verify(&b);
	expect_verdicts(&b.n, "tttt");
	expect_finding(&b.n, 0, IMANS_F_FWLOG_BANK);
	booted_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(trusted),
		TEST(negative),
		TEST(either_order),
		TEST(optional_anywhere),
		TEST(without_references),
		TEST(second_reference),
		TEST(host_unchecked),
		TEST(bank_unknown_to_the_log),
	};

	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
