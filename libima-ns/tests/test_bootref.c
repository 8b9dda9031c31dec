// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reference values for the boot: made, written, read and refused. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "booted.h"

/* The command line of the golden log's boot. */
#define CMDLINE	"console=ttyS0 panic=-1 oops=panic log_buf_len=4M random.trust_cpu=on rcupdate.rcu_expedited=1 no_timer_check imans.nonce=24ac770ec933d7197e28bf2293c73ba3 initrd=initrd"

/* -------------------------------------------------------------- the file */

static char *write_text(const char *text)
{
	char *path = strdup("/tmp/test_boot.XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return path;
}

static int read_text(struct imans_ctx *ctx, const char *text,
		     struct imans_bootref **ref)
{
	char *path = write_text(text);
	int err = imans_bootref_read(ctx, path, ref);

	unlink(path);
	free(path);
	return err;
}

static void written_and_read(void **state)
{
	struct bl_bytes first, second;
	struct imans_bootref *again;
	char *path = write_text("");
	struct booted b;

	booted_begin(&b, *state);
	assert_int_equal(imans_bootref_ignore_pcr(b.ref, 3), 0);
	assert_int_equal(imans_bootref_ignore_pcr(b.ref, 10), -EINVAL);
	assert_int_equal(imans_bootref_write(b.ref, path), 0);
	assert_true(util_read_file(path, &first));
	assert_int_equal(imans_bootref_read(*state, path, &again), 0);
	assert_int_equal(imans_bootref_events(again), 24);
	assert_int_equal(imans_bootref_write(again, path), 0);
	assert_true(util_read_file(path, &second));
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);
	b.refs[0] = again;
	booted_verify(&b);
	expect_verdicts(&b.n, "tttt");
	expect_finding(&b.n, 0, IMANS_F_BOOT_IGNORED);
	/* The order is in the file. */
	imans_report_free(b.n.report);
	imans_evidence_free(b.n.evidence);
	fm_swap(&b.log, 4, 1);
	fm_replay(&b.log, ALL4, b.pcrs);
	booted_verify(&b);
	expect_finding(&b.n, 0, IMANS_F_BOOT_ORDER);
	booted_end(&b);
	imans_bootref_free(again);
	free(first.data);
	free(second.data);
	unlink(path);
	free(path);
}

#define HEAD	"{\"format\": \"ima-ns boot references\", \"version\": 1, \"pcrs\": ["
#define ONES	"1111111111111111111111111111111111111111111111111111111111111111"

static const struct {
	const char *text;
	int err;
	const char *reason;
} files[] = {
	{ HEAD "]}", 0, "" },
	{ HEAD "{\"pcr\": 0, \"ignore\": true}]}", 0, "" },
	{ HEAD "{\"pcr\": 0, \"events\": []}]}", 0, "" },
	{ HEAD "{\"pcr\": 0, \"events\": [], \"ordered\": true}]}", 0, "" },
	{ HEAD "{\"pcr\": 0, \"values\": [{\"sha256\": \"" ONES "\"}]}]}", 0, "" },
	{ HEAD "{\"pcr\": 0, \"events\": [{\"type\": 4711, \"digests\": [{\"name\": \"x\", \"sha256\": \"" ONES "\"}]}]}]}",
	  0, "" },
	{ "{}", -EBADMSG, "\"format\" is missing" },
	{ "[]", -EBADMSG, "is not an object" },
	{ "{\"format\": \"x\"}", -EBADMSG, "is not \"ima-ns boot" },
	{ "{\"format\": \"ima-ns boot references\", \"version\": 2, \"pcrs\": []}",
	  -EPROTONOSUPPORT, "version 2, known is 1" },
	{ HEAD "], \"more\": 1}", -EBADMSG, "\"more\" is not known" },
	{ HEAD "{\"pcr\": 10, \"ignore\": true}]}", -EBADMSG, "0 to 9" },
	{ HEAD "{\"pcr\": -1, \"ignore\": true}]}", -EBADMSG, "0 to 9" },
	{ HEAD "{\"pcr\": \"0\", \"ignore\": true}]}", -EBADMSG, "0 to 9" },
	{ HEAD "{\"pcr\": 1, \"ignore\": true}, {\"pcr\": 1, \"ignore\": true}]}",
	  -EBADMSG, "PCR 1: \"pcr\" stands there twice" },
	{ HEAD "{\"pcr\": 1}]}", -EBADMSG, "says nothing of it" },
	{ HEAD "{\"pcr\": 1, \"values\": []}]}", -EBADMSG, "says nothing" },
	{ HEAD "{\"pcr\": 1, \"values\": [{\"sha1\": \"1111111111111111111111111111111111111111\"}]}]}",
	  -EBADMSG, "better than SHA-1" },
	{ HEAD "{\"pcr\": 1, \"values\": [{\"sha256\": \"11\"}]}]}", -EBADMSG,
	  "no digest of its bank" },
	{ HEAD "{\"pcr\": 1, \"values\": [{\"md5\": \"11\"}]}]}", -EBADMSG,
	  "is no bank" },
	{ HEAD "{\"pcr\": 1, \"events\": [{\"type\": \"EV_X\", \"digests\": []}]}]}",
	  -EBADMSG, "neither the name" },
	{ HEAD "{\"pcr\": 1, \"events\": [{\"type\": 4294967296, \"digests\": []}]}]}",
	  -EBADMSG, "no 32-bit" },
	{ HEAD "{\"pcr\": 1, \"events\": [{\"type\": 4}]}]}", -EBADMSG,
	  "\"digests\" is missing" },
	{ HEAD "{\"pcr\": 1, \"events\": [{\"type\": 4, \"digests\": [1]}]}]}",
	  -EBADMSG, "not an object" },
	{ HEAD "{\"pcr\": 1, \"events\": [{\"type\": 4, \"digests\": [], \"required\": 1}]}]}",
	  -EBADMSG, "neither true nor false" },
	{ HEAD "{\"pcr\": 1, \"ignore\": false, \"ignore\": true}]}", -EBADMSG,
	  "the same key twice" },
	{ HEAD "{\"pcr\": 0, \"ignore\": true}], \"p\\u0063rs\": []}", -EBADMSG,
	  "the same key twice" },
	{ HEAD "{\"pcr\": 0, \"events\": [{\"type\": 4711, \"name\": \"a:\\\":\", \"digests\": []}]}]}",
	  0, "" },
	{ HEAD "{\"pcr\": 1, \"events\": [], \"ordered\": 1}]}", -EBADMSG,
	  "neither true nor false" },
	{ HEAD "{\"pcr\": 1, \"events\": [[[[[[[[[[]]]]]]]]]]}]}", -EBADMSG,
	  "nesting" },
	{ HEAD, -EBADMSG, "byte" },
};

static void files_refused(void **state)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct imans_bootref *ref = NULL;
		int err = read_text(*state, files[i].text, &ref);

		if (err != files[i].err ||
		    (err && !strstr(imans_ctx_error(*state), files[i].reason)))
			fail_msg("%s: %d %s", files[i].text, err,
				 imans_ctx_error(*state));
		assert_true(err ? !ref : !!ref);
		imans_bootref_free(ref);
	}
}

/* ---------------------------------------------------- values, not events */

static char *values_text(const struct booted *b)
{
	char *text = calloc(1, 4096), *at = text;

	at += sprintf(at, HEAD);
	for (int pcr = 0; pcr < IMANS_BOOT_PCRS; pcr++) {
		at += sprintf(at, "%s{\"pcr\": %d, \"values\": [{\"sha256\": \"",
			      pcr ? ", " : "", pcr);
		for (int i = 0; i < 32; i++)
			at += sprintf(at, "%02x",
				      b->pcrs[pcr].value[IMANS_SHA256][i]);
		at += sprintf(at, "\"}]}");
	}
	sprintf(at, "]}");
	return text;
}

/* The quote itself has them: nobody needs a log. */
static void values(void **state)
{
	for (int wrong = 0; wrong < 2; wrong++) {
		struct imans_bootref *ref;
		struct booted b;
		char *text;

		booted_begin(&b, *state);
		booted_no_log(&b);
		if (wrong)
			b.pcrs[4].value[IMANS_SHA256][31] ^= 1;
		text = values_text(&b);
		if (wrong)
			b.pcrs[4].value[IMANS_SHA256][31] ^= 1;
		assert_int_equal(read_text(*state, text, &ref), 0);
		b.refs[0] = ref;
		booted_verify(&b);
		expect_verdicts(&b.n, wrong ? "uuuu" : "tttt");
		if (wrong)
			expect_finding(&b.n, 0, IMANS_F_BOOT_VALUE);
		booted_end(&b);
		imans_bootref_free(ref);
		free(text);
	}
}

/* References of a few PCRs: the others were not looked at. */
static void some_pcrs(void **state)
{
	struct imans_bootref *ref;
	struct booted b;

	booted_begin(&b, *state);
	assert_int_equal(read_text(*state,
				   HEAD "{\"pcr\": 1, \"ignore\": true}]}",
				   &ref), 0);
	b.refs[0] = ref;
	booted_verify(&b);
	expect_verdicts(&b.n, "cccc");
	expect_finding(&b.n, 0, IMANS_F_BOOT_UNLISTED);
	booted_end(&b);
	imans_bootref_free(ref);
}

/* ------------------------------------------------------ making references */

/* Of two boots: what differs may be as in either, what one has may be there. */
static void two_logs(void **state)
{
	static const struct {
		const char *kernel;
		bool more;
		const char *verdicts;
	} boots[] = {
		{ "kernel 1", false, "tttt" },
		{ "kernel 2", true, "tttt" },
		{ "kernel 2", false, "tttt" },
		{ "kernel 3", false, "uuuu" },
	};

	for (size_t i = 0; i < sizeof(boots) / sizeof(boots[0]); i++) {
		struct booted b;

		booted_begin(&b, *state);
		imans_bootref_free(b.ref);
		assert_int_equal(imans_bootref_new(*state, &b.ref), 0);
		for (size_t n = 0; n < 3; n++) {
			const size_t boot = n == 2 ? i : n;

			b.log.len = 0;
			fm_header(&b.log, ALL4);
			fm_text(&b.log, ALL4, 4, FM_APPLICATION,
				boots[boot].kernel);
			if (boots[boot].more)
				fm_text(&b.log, ALL4, 5, FM_ACTION, "more");
			if (n < 2)
				booted_add_log(*state, b.ref, &b.log);
		}
		fm_replay(&b.log, ALL4, b.pcrs);
		b.refs[0] = b.ref;
		booted_verify(&b);
		expect_verdicts(&b.n, boots[i].verdicts);
		booted_end(&b);
	}
}

/* OVMF has measured what we compute from the text. */
static void command_line(void **state)
{
	for (int wrong = 0; wrong < 2; wrong++) {
		struct booted b;

		booted_begin(&b, *state);
		assert_int_equal(imans_bootref_allow_cmdline(b.ref,
				"quiet"), 0);
		if (!wrong)
			assert_int_equal(imans_bootref_allow_cmdline(b.ref,
					CMDLINE), 0);
		booted_verify(&b);
		expect_verdicts(&b.n, wrong ? "uuuu" : "tttt");
		if (wrong) {
			expect_finding(&b.n, 0, IMANS_F_BOOT_EVENT);
			expect_finding(&b.n, 0, IMANS_F_BOOT_MISSING);
		}
		booted_end(&b);
	}
}

/* An initrd by its file; and one that the log had is no longer good. */
static void initrd(void **state)
{
	char *path = write_text("initrd");

	for (int wrong = 0; wrong < 2; wrong++) {
		struct booted b;

		booted_begin(&b, *state);
		b.log.len = 0;
		fm_header(&b.log, ALL4);
		fm_event(&b.log, ALL4, 9, FM_TAG, wrong ? "Initrd" : "initrd",
			 6, "\xec\x22\x3b\x8f\x0d\0\0\0Linux initrd", 21);
		fm_replay(&b.log, ALL4, b.pcrs);
		imans_bootref_free(b.ref);
		assert_int_equal(imans_bootref_new(*state, &b.ref), 0);
		booted_add_log(*state, b.ref, &b.log);
		assert_int_equal(imans_bootref_allow_initrd(b.ref, path), 0);
		assert_int_equal(imans_bootref_allow_initrd(b.ref, "/none"),
				 -ENOENT);
		b.refs[0] = b.ref;
		booted_verify(&b);
		expect_verdicts(&b.n, wrong ? "uuuu" : "tttt");
		booted_end(&b);
	}
	unlink(path);
	free(path);
}

/* Offsets in the image below: its headers end at 512. */
enum {
	PE_AT = 64, PE_OPTIONAL = PE_AT + 24, PE_TABLE = PE_OPTIONAL + 240,
	PE_HEADERS = 512, PE_SECOND = 512, PE_FIRST = 544, PE_TAIL = 560,
	PE_CERTIFICATES = 570, PE_END = 600,
};

static void put_le(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* Two sections, the later one first in the table, a tail, certificates. */
static void make_image(uint8_t image[PE_END])
{
	for (size_t i = 0; i < PE_END; i++)
		image[i] = (uint8_t)(i * 7);
	put_le(image + 0x3c, PE_AT);
	put_le(image + PE_AT, 0x4550);
	image[PE_AT + 6] = 2;
	image[PE_AT + 7] = 0;
	image[PE_AT + 20] = 240;
	image[PE_AT + 21] = 0;
	image[PE_OPTIONAL] = 0x0b;
	image[PE_OPTIONAL + 1] = 2;
	put_le(image + PE_OPTIONAL + 60, PE_HEADERS);
	put_le(image + PE_OPTIONAL + 112 + 36, PE_END - PE_CERTIFICATES);
	put_le(image + PE_TABLE + 16, PE_TAIL - PE_FIRST);
	put_le(image + PE_TABLE + 20, PE_FIRST);
	put_le(image + PE_TABLE + 40 + 16, PE_FIRST - PE_SECOND);
	put_le(image + PE_TABLE + 40 + 20, PE_SECOND);
}

/* All but the checksum, the certificates' directory and they themselves. */
static struct bl_bytes hashed_of(const uint8_t *image)
{
	struct bl_bytes all = { NULL, 0 };
	size_t checksum = PE_OPTIONAL + 64, directory = PE_OPTIONAL + 112 + 32;

	bl_put(&all, image, checksum);
	bl_put(&all, image + checksum + 4, directory - checksum - 4);
	bl_put(&all, image + directory + 8, PE_CERTIFICATES - directory - 8);
	return all;
}

static void image_refused(struct imans_ctx *ctx, struct imans_bootref *ref)
{
	static const struct {
		size_t at;
		uint32_t value;
	} edits[] = {
		{ 0x3c, PE_END }, { 0x3c, UINT32_MAX }, { PE_AT, 0x4551 },
		{ PE_AT + 4, UINT32_MAX }, { PE_AT + 20, 0xffff },
		{ PE_AT + 20, 0 }, { PE_OPTIONAL + 60, PE_END + 1 },
		{ PE_OPTIONAL + 60, 0 }, { PE_TABLE + 16, UINT32_MAX },
		{ PE_TABLE + 20, PE_END + 1 },
	};
	char path[] = "/tmp/test_boot.XXXXXX";
	int fd = mkstemp(path);
	uint8_t image[PE_END];

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		make_image(image);
		put_le(image + edits[i].at, edits[i].value);
		assert_int_equal(pwrite(fd, image, PE_END, 0), PE_END);
		assert_int_equal(imans_bootref_allow_kernel(ref, path),
				 -EBADMSG);
		assert_non_null(strstr(imans_ctx_error(ctx), "PE/COFF"));
	}
	for (off_t len = 0; len < PE_TAIL; len++) {
		make_image(image);
		assert_int_equal(pwrite(fd, image, PE_END, 0), PE_END);
		assert_int_equal(ftruncate(fd, len), 0);
		assert_int_equal(imans_bootref_allow_kernel(ref, path),
				 -EBADMSG);
	}
	unlink(path);
	close(fd);
}

/* A kernel by its file: what UEFI hashes of an image. */
static void kernel(void **state)
{
	char path[] = "/tmp/test_boot.XXXXXX";
	int fd = mkstemp(path);
	uint8_t image[PE_END];

	make_image(image);
	assert_int_equal(write(fd, image, PE_END), PE_END);
	close(fd);
	for (int wrong = 0; wrong < 2; wrong++) {
		struct bl_bytes hashed = hashed_of(image);
		struct booted b;

		booted_begin(&b, *state);
		b.log.len = 0;
		fm_header(&b.log, ALL4);
		/* A boot loader before it, which stays as it was. */
		fm_text(&b.log, ALL4, 4, FM_APPLICATION, "loader");
		hashed.data[hashed.len - 1] ^= (uint8_t)wrong;
		fm_event(&b.log, ALL4, 4, FM_APPLICATION, hashed.data,
			 hashed.len, "kernel", 6);
		fm_replay(&b.log, ALL4, b.pcrs);
		imans_bootref_free(b.ref);
		assert_int_equal(imans_bootref_new(*state, &b.ref), 0);
		booted_add_log(*state, b.ref, &b.log);
		assert_int_equal(imans_bootref_allow_kernel(b.ref, path), 0);
		image_refused(*state, b.ref);
		b.refs[0] = b.ref;
		booted_verify(&b);
		expect_verdicts(&b.n, wrong ? "uuuu" : "tttt");
		booted_end(&b);
		free(hashed.data);
	}
	unlink(path);
}

/* From evidence: only what its own quote holds. */
static void from_evidence(void **state)
{
	for (int foreign = 0; foreign < 2; foreign++) {
		const struct imans_quote *quote;
		struct imans_bootref *ref;
		struct booted b;
		size_t len;

		booted_begin(&b, *state);
		booted_verify(&b);
		quote = imans_report_quote(b.n.report);
		if (foreign) {
			booted_set_log(&b, "seabios");
			assert_int_equal(imans_evidence_set_firmware_log(
					b.n.evidence, b.log.data, b.log.len),
					0);
		}
		assert_non_null(imans_evidence_firmware_log(b.n.evidence,
							    &len));
		assert_int_equal(len, b.log.len);
		assert_int_equal(imans_bootref_new(*state, &ref), 0);
		assert_int_equal(imans_bootref_add_evidence(ref, b.n.evidence,
							    quote),
				 foreign ? -EBADMSG : 0);
		assert_int_equal(imans_bootref_events(ref), foreign ? 0 : 24);
		imans_bootref_free(ref);
		booted_end(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(written_and_read),
		TEST(files_refused),
		TEST(values),
		TEST(some_pcrs),
		TEST(two_logs),
		TEST(command_line),
		TEST(initrd),
		TEST(kernel),
		TEST(from_evidence),
	};

	return cmocka_run_group_tests_name("bootref", tests, NULL, NULL);
}
