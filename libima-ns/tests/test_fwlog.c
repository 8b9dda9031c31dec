// SPDX-License-Identifier: LGPL-2.1-or-later
/* The firmware's event log: read, decoded and replayed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "fwlog_make.h"

#define BYTES(text)	text, sizeof(text) - 1

/* What the TPM had, and not what we would have computed. */
static void replays_to_the_tpm(void **state)
{
	static const char *const names[] = { "ovmf", "seabios" };

	for (size_t n = 0; n < 2; n++) {
		struct imans_pcrs want[IMANS_BOOT_PCRS], got[IMANS_FW_PCRS];
		struct bl_bytes log = fm_golden(names[n]);
		struct imans_fwlog *open;

		fm_golden_pcrs(names[n], want);
		assert_int_equal(imans_fwlog_open_mem(*state, log.data, log.len,
						      NULL, &open), 0);
		assert_int_equal(imans_fwlog_banks(open) & 15, 15);
		assert_int_equal(imans_fwlog_replay(open, got), 0);
		for (int pcr = 0; pcr < IMANS_BOOT_PCRS; pcr++) {
			assert_int_equal(want[pcr].banks & 15, 15);
			for (int b = 0; b < 4; b++)
				assert_memory_equal(got[pcr].value[b],
						    want[pcr].value[b],
						    imans_bank_size(b));
		}
		imans_fwlog_close(open);
		free(log.data);
	}
}

/* What is shown of OVMF's log, by event. */
static const struct {
	uint32_t pcr;
	const char *type;
	enum imans_fw_binding binding;
	const char *text;
} shown[] = {
	{ 0, "EV_NO_ACTION", IMANS_FW_UNBOUND, "Spec ID Event03" },
	{ 0, "EV_S_CRTM_VERSION", IMANS_FW_BOUND, "" },
	{ 0, "EV_EFI_PLATFORM_FIRMWARE_BLOB", IMANS_FW_UNBOUND,
	  "917504 bytes at 0x820000" },
	{ 0, "EV_EFI_PLATFORM_FIRMWARE_BLOB", IMANS_FW_UNBOUND,
	  "12582912 bytes at 0x900000" },
	{ 7, "EV_EFI_VARIABLE_DRIVER_CONFIG", IMANS_FW_BOUND,
	  "SecureBoot (8be4df61-93ca-11d2-aa0d-00e098032b8c): 1 byte: 00" },
	{ 7, "EV_EFI_VARIABLE_DRIVER_CONFIG", IMANS_FW_BOUND,
	  "PK (8be4df61-93ca-11d2-aa0d-00e098032b8c): 0 bytes" },
	{ 7, "EV_EFI_VARIABLE_DRIVER_CONFIG", IMANS_FW_BOUND,
	  "KEK (8be4df61-93ca-11d2-aa0d-00e098032b8c): 0 bytes" },
	{ 7, "EV_EFI_VARIABLE_DRIVER_CONFIG", IMANS_FW_BOUND,
	  "db (d719b2cb-3d3a-4596-a3bc-dad00e67656f): 0 bytes" },
	{ 7, "EV_EFI_VARIABLE_DRIVER_CONFIG", IMANS_FW_BOUND,
	  "dbx (d719b2cb-3d3a-4596-a3bc-dad00e67656f): 0 bytes" },
	{ 7, "EV_SEPARATOR", IMANS_FW_BOUND, "the firmware is done" },
	{ 4, "EV_EFI_BOOT_SERVICES_APPLICATION", IMANS_FW_UNBOUND,
	  "VenMedia(1428f772-b64a-441e-b8c3-9ebdd7f893c7)/kernel, 4789248 bytes" },
	{ 1, "EV_EFI_VARIABLE_BOOT", IMANS_FW_PARTLY,
	  "BootOrder (8be4df61-93ca-11d2-aa0d-00e098032b8c): 2 bytes: 0000" },
	{ 1, "EV_EFI_VARIABLE_BOOT", IMANS_FW_PARTLY,
	  "Boot0000 (8be4df61-93ca-11d2-aa0d-00e098032b8c): \"UiApp\" Fv(7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1)/FvFile(462caa21-7614-4503-836e-8ab6f4662331)" },
	{ 4, "EV_EFI_ACTION", IMANS_FW_BOUND,
	  "Calling EFI Application from Boot Option" },
};

static void shows_events(void **state)
{
	struct bl_bytes log = fm_golden("ovmf");
	const struct imans_fw_event *event;
	struct imans_fwlog *open;
	size_t n;

	assert_int_equal(imans_fwlog_open_mem(*state, log.data, log.len, NULL,
					      &open), 0);
	for (n = 0; !imans_fwlog_next(open, &event) && event; n++) {
		enum imans_fw_binding binding;
		char text[512], cut[IMANS_FW_TEXT_MIN];

		assert_int_equal(event->index, n);
		assert_int_equal(imans_fw_event_text(event, text,
						     sizeof(text)), 0);
		/* Any buffer will do, but for one that is too small. */
		assert_int_equal(imans_fw_event_text(event, cut,
						     sizeof(cut)), 0);
		assert_int_equal(imans_fw_event_text(event, cut,
						     sizeof(cut) - 1), -ENOSPC);
		if (n >= sizeof(shown) / sizeof(shown[0]))
			continue;
		assert_int_equal(imans_fw_event_binding(*state, event,
							&binding), 0);
		assert_int_equal(event->pcr, shown[n].pcr);
		assert_string_equal(imans_fw_type_name(event->type),
				    shown[n].type);
		assert_int_equal(binding, shown[n].binding);
		assert_string_equal(text, shown[n].text);
	}
	assert_int_equal(n, 25);
	imans_fwlog_close(open);
	free(log.data);
}

/* One event, as it is shown. */
static const struct {
	const char *what;
	uint32_t type;
	const char *hashed;
	size_t hashed_len;
	const char *data;
	size_t len;
	enum imans_fw_binding binding;
	const char *text;
} made[] = {
	{ "GRUB's command", FM_IPL, BYTES("linux /vmlinuz"),
	  "grub_cmd: linux /vmlinuz", 25, IMANS_FW_PARTLY,
	  "grub_cmd: linux /vmlinuz" },
	{ "another command than GRUB read", FM_IPL, BYTES("linux /evil"),
	  "grub_cmd: linux /vmlinuz", 25, IMANS_FW_WRONG,
	  "grub_cmd: linux /vmlinuz" },
	{ "a file that GRUB read", FM_IPL, BYTES("content"), "/vmlinuz", 9,
	  IMANS_FW_UNBOUND, "/vmlinuz" },
	{ "UTF-16 of a boot stub", FM_IPL, BYTES("q\0u\0i\0e\0t\0\0\0"),
	  BYTES("q\0u\0i\0e\0t\0\0\0"), IMANS_FW_BOUND, "quiet" },
	{ "an action that was not", FM_EFI_ACTION, BYTES("Calling"),
	  BYTES("calling"), IMANS_FW_WRONG, "calling" },
	{ "a separator's error", FM_SEPARATOR, BYTES("\1\0\0\0"),
	  BYTES("\1\0\0\0"), IMANS_FW_BOUND,
	  "an error was reported: 00000001" },
	{ "bytes that are no text", FM_ACTION, BYTES("a\nb\\\xff"),
	  BYTES("a\nb\\\xff"), IMANS_FW_BOUND, "a\\x0ab\\x5c\\xff" },
	{ "a variable that is cut off", FM_VARIABLE, BYTES("xxxx"),
	  BYTES("xxxx"), IMANS_FW_BOUND, "4 bytes: 78787878" },
	{ "an unknown type", 0x12345678, BYTES("abc"), BYTES("abd"),
	  IMANS_FW_UNBOUND, "3 bytes: 616264" },
	{ "a path that is malformed", FM_APPLICATION, BYTES("image"),
	  BYTES("\0\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a\0\0\0\0\0\0\0"
		"\2\1\x0c\0\xd0\x41\3\x0a\0\0"), IMANS_FW_UNBOUND,
	  "(malformed), 7 bytes" },
	{ "a path's nodes", FM_APPLICATION, BYTES("image"),
	  BYTES("\0\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x20\0\0\0\0\0\0\0"
		"\2\1\x0c\0\xd0\x41\3\x0a\0\0\0\0\1\1\6\0\2\x1f\4\4\x0a\0E\0F\0\0\0"
		"\x7f\xff\4\0"), IMANS_FW_UNBOUND,
	  "PciRoot(0x0)/Pci(0x1f,0x2)/EF, 7 bytes" },
};

static void shows_made_events(void **state)
{
	for (size_t n = 0; n < sizeof(made) / sizeof(made[0]); n++) {
		const struct imans_fw_event *event;
		enum imans_fw_binding binding;
		struct bl_bytes log = { NULL, 0 };
		struct imans_fwlog *open;
		char text[256];

		fm_event(&log, 0, 8, made[n].type, made[n].hashed,
			 made[n].hashed_len, made[n].data, made[n].len);
		assert_int_equal(imans_fwlog_open_mem(*state, log.data, log.len,
						      NULL, &open), 0);
		assert_int_equal(imans_fwlog_next(open, &event), 0);
		assert_int_equal(imans_fw_event_text(event, text, sizeof(text)),
				 0);
		assert_int_equal(imans_fw_event_binding(*state, event,
							&binding), 0);
		if (strcmp(text, made[n].text) || binding != made[n].binding)
			fail_msg("%s: %d \"%s\"", made[n].what, binding, text);
		imans_fwlog_close(open);
		free(log.data);
	}
}

/* SHA-1 alone, in the old layout, and where the TPM was started. */
static void old_layout_and_locality(void **state)
{
	uint8_t block[40] = { 0 }, want[20];
	struct imans_pcrs got[IMANS_FW_PCRS];
	struct bl_bytes log = { NULL, 0 };
	struct imans_fwlog *open;

	fm_event(&log, 0, 0, FM_NO_ACTION, "", 0, "StartupLocality\0\3", 17);
	fm_text(&log, 0, 0, FM_EFI_ACTION, "first");
	assert_int_equal(imans_fwlog_open_mem(*state, log.data, log.len, NULL,
					      &open), 0);
	assert_int_equal(imans_fwlog_banks(open), IMANS_BANK(IMANS_SHA1));
	assert_int_equal(imans_fwlog_replay(open, got), 0);
	block[19] = 3;
	EVP_Digest("first", 5, block + 20, NULL, EVP_sha1(), NULL);
	EVP_Digest(block, 40, want, NULL, EVP_sha1(), NULL);
	assert_int_equal(got[0].banks, IMANS_BANK(IMANS_SHA1));
	assert_memory_equal(got[0].value[IMANS_SHA1], want, 20);
	imans_fwlog_close(open);
	free(log.data);
}

static int read_all(struct imans_ctx *ctx, const uint8_t *data, size_t len)
{
	struct imans_pcrs pcrs[IMANS_FW_PCRS];
	const struct imans_fw_event *event;
	enum imans_fw_binding binding;
	struct imans_fwlog *open;
	char text[300];
	int err = imans_fwlog_open_mem(ctx, data, len, "log", &open);

	if (err)
		return err;
	while (!(err = imans_fwlog_next(open, &event)) && event) {
		assert_int_equal(imans_fw_event_text(event, text,
						     sizeof(text)), 0);
		for (const char *c = text; *c; c++)
			assert_true(*c >= 0x20 && *c < 0x7f);
		assert_int_equal(imans_fw_event_binding(ctx, event, &binding),
				 0);
	}
	assert_int_equal(imans_fwlog_replay(open, pcrs), err);
	imans_fwlog_close(open);
	return err;
}

/* Malformed in one way each; the word that the error must have. */
static void make_pcr(struct bl_bytes *log)
{
	fm_text(log, 2, 24, FM_ACTION, "x");
}

static void make_count(struct bl_bytes *log)
{
	fm_text(log, 3, 0, FM_ACTION, "x");
	fm_text(log, 2, 0, FM_ACTION, "x");
}

static void make_alg(struct bl_bytes *log)
{
	fm_text(log, 4, 0, FM_ACTION, "x");
}

static void make_locality(struct bl_bytes *log)
{
	fm_event(log, 2, 0, FM_NO_ACTION, "", 0, "StartupLocality\0\2", 17);
}

static void make_late_locality(struct bl_bytes *log)
{
	fm_text(log, 2, 0, FM_ACTION, "x");
	fm_event(log, 2, 0, FM_NO_ACTION, "", 0, "StartupLocality\0\3", 17);
}

static void make_two_localities(struct bl_bytes *log)
{
	/* The first one changes nothing, and counts. */
	fm_event(log, 2, 0, FM_NO_ACTION, "", 0, "StartupLocality\0\0", 17);
	fm_event(log, 2, 0, FM_NO_ACTION, "", 0, "StartupLocality\0\3", 17);
}

static void make_size(struct bl_bytes *log)
{
	fm_text(log, 2, 0, FM_ACTION, "x");
	log->data[log->len - 2] = 0xff;
}

static const struct {
	void (*make)(struct bl_bytes *log);
	const char *reason;
} malformed[] = {
	{ make_pcr, "event 1: byte 65: is of a PCR" },
	{ make_count, "one digest of each" },
	{ make_alg, "that the log's header does not name" },
	{ make_locality, "in a locality that can't" },
	{ make_late_locality, "event 2" },
	{ make_two_localities, "tells the locality again" },
	{ make_size, "runs past the end" },
};

static void refuses(void **state)
{
	for (size_t n = 0; n < sizeof(malformed) / sizeof(malformed[0]); n++) {
		struct bl_bytes log = { NULL, 0 };

		fm_header(&log, IMANS_BANK(IMANS_SHA256));
		malformed[n].make(&log);
		assert_int_equal(read_all(*state, log.data, log.len), -EBADMSG);
		if (!strstr(imans_ctx_error(*state), malformed[n].reason))
			fail_msg("%s", imans_ctx_error(*state));
		free(log.data);
	}
}

/* Headers that lie: a count, a size, an algorithm named twice. */
static void refuses_headers(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} edits[] = {
		{ 32 + 24, 0 }, { 32 + 24, 3 }, { 32 + 27, 0x80 },
		{ 32 + 30, 31 }, { 32 + 30, 0 }, { 32 + 32, 0x0b },
	};

	for (size_t n = 0; n < sizeof(edits) / sizeof(edits[0]); n++) {
		struct bl_bytes log = { NULL, 0 };

		fm_header(&log, 6);
		assert_int_equal(read_all(*state, log.data, log.len), 0);
		log.data[edits[n].at] = edits[n].value;
		assert_int_equal(read_all(*state, log.data, log.len), -EBADMSG);
		free(log.data);
	}
}

/* Cut anywhere, or one bit flipped: an error or another log, and no crash. */
static void damaged(void **state)
{
	struct bl_bytes log = fm_golden("ovmf");
	size_t whole = 0;

	for (size_t len = 0; len < log.len; len++) {
		/* Its own memory, so that a byte too far is seen. */
		uint8_t *part = malloc(len ? len : 1);

		memcpy(part, log.data, len);
		whole += !read_all(*state, part, len);
		free(part);
	}
	/* No log at all, and what ends with an event. */
	assert_int_equal(whole, 25);
	for (size_t at = 0; at < log.len; at++) {
		log.data[at] ^= (uint8_t)(1 << at % 8);
		read_all(*state, log.data, log.len);
		log.data[at] ^= (uint8_t)(1 << at % 8);
	}
	free(log.data);
}

static void type_names(void **state)
{
	uint32_t type = 7;

	(void)state;
	assert_null(imans_fw_type_name(0x77777777));
	assert_int_equal(imans_fw_type_parse("EV_NOTHING", &type), -EINVAL);
	assert_int_equal(type, 7);
	assert_int_equal(imans_fw_type_parse("EV_IPL", &type), 0);
	assert_int_equal(type, FM_IPL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(replays_to_the_tpm),
		TEST(shows_events),
		TEST(shows_made_events),
		TEST(old_layout_and_locality),
		TEST(refuses),
		TEST(refuses_headers),
		TEST(damaged),
		TEST(type_names),
	};

	return cmocka_run_group_tests_name("fwlog", tests, NULL, NULL);
}
