// SPDX-License-Identifier: LGPL-2.1-or-later
/* A verifier's state as a file: it is whole, or it is none. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "round.h"

static void cut_off(void **state)
{
	struct imans_state *parsed = NULL;
	struct bl_bytes file;
	struct rounds r;

	rounds_begin(&r, *state);
	file = rounds_encode(r.state);
	for (size_t len = 0; len < file.len; len++)
		assert_int_equal(imans_state_parse(*state, file.data, len, "s",
						   &parsed), -EBADMSG);
	assert_null(parsed);
	for (size_t at = 0; at < file.len; at++) {
		int ret;

		file.data[at] ^= 0x10;
		ret = imans_state_parse(*state, file.data, file.len, "s",
					&parsed);
		assert_true(ret == -EBADMSG || ret == -EPROTONOSUPPORT);
		file.data[at] ^= 0x10;
	}
	free(file.data);
	rounds_end(&r);
}

static void other_version(void **state)
{
	struct imans_state *parsed;
	struct bl_bytes file;
	struct rounds r;

	rounds_begin(&r, *state);
	file = rounds_encode(r.state);
	/* An array of four, a text of 12 bytes, the version. */
	assert_int_equal(file.data[14], 2);
	for (int version = 1; version <= 3; version += 2) {
		file.data[14] = (uint8_t)version;
		assert_int_equal(imans_state_parse(*state, file.data, file.len,
						   "s", &parsed),
				 -EPROTONOSUPPORT);
		assert_non_null(strstr(imans_ctx_error(*state),
				       version == 1 ? "version 1" :
						      "version 3"));
	}
	free(file.data);
	rounds_end(&r);
}

/* Where the body begins: after the head of its byte string. */
#define BODY	18
#define SUM	34

/* With a digest that is right again: whatever it says, nothing breaks. */
static void hostile(void **state)
{
	struct imans_verify_opts opts;
	struct bl_bytes file, copy;
	struct rounds r;
	uint64_t x = 88172645463325252u;
	size_t parsed_ones = 0;

	rounds_begin(&r, *state);
	bl_entry(&r.n.w, rounds_ns(&r, CTR), "/tmp/intruder");
	bl_flush(&r.n.w);
	rounds_quote(&r);
	rounds_leave_out(&r, POD);
	round_verify(&r.n, r.state, true);
	bl_entry(&r.n.w, rounds_ns(&r, CTR), "/bin/sh");
	bl_flush(&r.n.w);
	rounds_quote(&r);
	file = rounds_encode(r.state);
	assert_int_equal(file.data[15], 0x59);
	opts = node_opts(&r.n);
	for (int i = 0; i < 4000; i++) {
		struct imans_report *report = NULL;

		copy = (struct bl_bytes){ NULL, 0 };
		bl_put(&copy, file.data, file.len);
		for (int n = 0; n <= i % 3; n++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			copy.data[BODY + x % (copy.len - BODY - SUM)] =
				i % 2 ? 0xff : (uint8_t)(x >> 32);
		}
		bl_hash("sha256", copy.data + BODY, copy.len - BODY - SUM,
			copy.data + copy.len - 32);
		opts.state = NULL;
		if (!imans_state_parse(*state, copy.data, copy.len, "s",
				       &opts.state)) {
			parsed_ones++;
			if (!imans_verify(r.n.evidence, &opts, &report))
				imans_report_free(report);
		}
		imans_state_free(opts.state);
		free(copy.data);
	}
	assert_true(parsed_ones > 100);
	free(file.data);
	rounds_end(&r);
}

static void empty_state(void **state)
{
	struct imans_state_info info;
	struct imans_state_ns known;
	struct imans_state *empty;
	uint8_t *data;
	size_t len;

	assert_int_equal(imans_state_new(*state, &empty), 0);
	imans_state_info(empty, &info);
	assert_int_equal(info.rounds, 0);
	assert_int_equal(imans_state_ns(empty, 0, &known), -ENOENT);
	assert_int_equal(imans_state_encode(empty, &data, &len), -EINVAL);
	imans_state_free(empty);
}

/* Evidence that is no longer what the format has. */
static void malformed_rest(void **state)
{
	static const char *const bad[][2] = {
		{ "since", "sinCe" }, { "tail", "taiL" },
	};
	struct imans_evidence *rest, *parsed;
	struct rounds r;
	uint8_t *data;
	size_t len;

	rounds_begin(&r, *state);
	rounds_quote(&r);
	rest = round_rest(&r.n, r.state);
	assert_int_equal(imans_evidence_encode(rest, &data, &len), 0);
	for (size_t i = 0; i < 2; i++) {
		uint8_t *at = memmem(data, len, bad[i][0], strlen(bad[i][0]));

		assert_non_null(at);
		memcpy(at, bad[i][1], strlen(bad[i][1]));
		assert_int_equal(imans_evidence_parse(*state, data, len, "e",
						      &parsed), -EBADMSG);
		memcpy(at, bad[i][0], strlen(bad[i][0]));
	}
	assert_int_equal(imans_evidence_set_host_since(rest, 1, 0), -EINVAL);
	assert_int_equal(imans_evidence_set_host_since(rest, 0, 1), -EINVAL);
	free(data);
	imans_evidence_free(rest);
	rounds_end(&r);
}

/* Entries pass through; only who lives, and what waits, makes it larger. */
static void stays_small(void **state)
{
	struct bl_bytes before, after;
	struct rounds r;

	rounds_begin(&r, *state);
	before = rounds_encode(r.state);
	for (int i = 0; i < 2000; i++) {
		bl_entry(&r.n.w, rounds_ns(&r, 1 + (size_t)i % 3), "/bin/sh");
		if (i % 20 == 19)
			bl_flush(&r.n.w);
	}
	rounds_next(&r, "cccc");
	after = rounds_encode(r.state);
	/* Counts have become longer numbers. */
	assert_in_range(after.len, before.len, before.len + 200);
	free(before.data);
	free(after.data);
	rounds_end(&r);
}

/* A request has the places, and nothing that a node should not see. */
static void request(void **state)
{
	struct imans_state_info whole, part;
	struct imans_state_ns known, asked;
	struct imans_verify_opts opts;
	struct imans_state *parsed;
	struct imans_report *report;
	struct bl_bytes file;
	struct rounds r;
	uint8_t *again;
	size_t len;

	rounds_begin(&r, *state);
	bl_entry(&r.n.w, rounds_ns(&r, CTR), "/tmp/intruder");
	bl_flush(&r.n.w);
	rounds_next(&r, "cccu");
	assert_int_equal(imans_state_encode_request(r.state, &file.data,
						    &file.len), 0);
	assert_null(memmem(file.data, file.len, "intruder", 8));
	assert_null(memmem(file.data, file.len, "nested", 6));
	assert_in_range(file.len, 1, 160);
	assert_int_equal(imans_state_parse(*state, file.data, file.len, "r",
					   &parsed), -EBADMSG);
	assert_int_equal(imans_state_parse_since(*state, file.data, file.len,
						 "r", &parsed), 0);
	imans_state_info(r.state, &whole);
	imans_state_info(parsed, &part);
	assert_int_equal(part.rounds, whole.rounds);
	assert_int_equal(part.header, whole.header);
	assert_int_equal(part.entries, whole.entries);
	assert_int_equal(part.offset, whole.offset);
	assert_int_equal(part.reset_count, whole.reset_count);
	assert_memory_equal(part.boot_id, whole.boot_id, sizeof(part.boot_id));
	assert_null(part.untrusted);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(imans_state_ns(r.state, i, &known), 0);
		assert_int_equal(imans_state_ns(parsed, i, &asked), 0);
		assert_int_equal(asked.id, known.id);
		assert_int_equal(asked.header, known.header);
		assert_int_equal(asked.entries, known.entries);
		assert_int_equal(asked.offset, known.offset);
	}
	assert_int_equal(imans_state_ns(parsed, 3, &asked), -ENOENT);
	assert_int_equal(imans_state_verdict(r.state, CTR), IMANS_UNTRUSTED);
	assert_int_equal(imans_state_verdict(parsed, CTR), IMANS_INCOMPLETE);

	/* It is no state to verify with, or to keep. */
	opts = node_opts(&r.n);
	opts.state = parsed;
	assert_int_equal(imans_verify(r.n.evidence, &opts, &report), -EINVAL);
	assert_int_equal(imans_state_encode(parsed, &again, &len), -EINVAL);
	assert_int_equal(imans_state_encode_request(parsed, &again, &len), 0);
	assert_int_equal(len, file.len);
	assert_memory_equal(again, file.data, len);
	free(again);
	free(file.data);
	imans_state_free(parsed);
	rounds_end(&r);
}

/* Cut off, changed; and changed with a digest that is right again. */
static void hostile_request(void **state)
{
	struct imans_state *parsed = NULL;
	struct bl_bytes file;
	/* An array of four, a text of 14 bytes, the version, a string's head. */
	const size_t begin = 1 + 1 + 14 + 1 + 2;
	size_t parsed_ones = 0;
	struct rounds r;

	rounds_begin(&r, *state);
	assert_int_equal(imans_state_encode_request(r.state, &file.data,
						    &file.len), 0);
	assert_int_equal(file.data[begin - 2], 0x58);
	for (size_t len = 0; len < file.len; len++)
		assert_int_equal(imans_state_parse_since(*state, file.data, len,
							 "r", &parsed), -EBADMSG);
	for (size_t at = 0; at < file.len; at++) {
		int ret;

		file.data[at] ^= 0x10;
		ret = imans_state_parse_since(*state, file.data, file.len, "r",
					      &parsed);
		assert_true(ret == -EBADMSG || ret == -EPROTONOSUPPORT);
		file.data[at] ^= 0x10;
	}
	assert_null(parsed);
	for (size_t at = begin; at < file.len - 34; at++)
		for (unsigned int value = 0; value < 256; value++) {
			uint8_t was = file.data[at], *again;
			size_t len;

			file.data[at] = (uint8_t)value;
			bl_hash("sha256", file.data + begin,
				file.len - begin - 34,
				file.data + file.len - 32);
			if (!imans_state_parse_since(*state, file.data,
						     file.len, "r", &parsed)) {
				parsed_ones++;
				assert_int_equal(imans_state_encode_request(parsed, &again,
									    &len), 0);
				free(again);
				imans_state_free(parsed);
			}
			file.data[at] = was;
		}
	assert_true(parsed_ones > 100);
	free(file.data);
	rounds_end(&r);
}

static void verdicts_so_far(void **state)
{
	struct imans_state *empty;
	struct rounds r;

	assert_int_equal(imans_state_new(*state, &empty), 0);
	assert_int_equal(imans_state_verdict(empty, 0), IMANS_INCOMPLETE);
	imans_state_free(empty);
	rounds_begin(&r, *state);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(imans_state_verdict(r.state, i),
				 IMANS_CONSISTENT);
	assert_int_equal(imans_state_verdict(r.state, 4), IMANS_INCOMPLETE);
	bl_violation(&r.n.w, rounds_ns(&r, WEB), "/bin/sh");
	bl_flush(&r.n.w);
	rounds_next(&r, "cicc");
	assert_int_equal(imans_state_verdict(r.state, WEB), IMANS_INCOMPLETE);
	assert_int_equal(imans_state_verdict(r.state, 0), IMANS_CONSISTENT);
	bl_entry(&r.n.w, rounds_ns(&r, CTR), "/bin/sh");
	bl_flush(&r.n.w);
	rounds_quote(&r);
	rounds_leave_out(&r, CTR);
	round_verify(&r.n, r.state, true);
	expect_verdicts(&r.n, "iici");
	assert_int_equal(imans_state_verdict(r.state, CTR), IMANS_INCOMPLETE);
	assert_int_equal(imans_state_verdict(r.state, POD), IMANS_CONSISTENT);
	assert_int_equal(imans_state_verdict(r.state, 0), IMANS_INCOMPLETE);
	rounds_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cut_off),
		TEST(other_version),
		TEST(hostile),
		TEST(empty_state),
		TEST(malformed_rest),
		TEST(stays_small),
		TEST(request),
		TEST(hostile_request),
		TEST(verdicts_so_far),
	};

	/* tpm2-tss would log what is damaged on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("state-file", tests, NULL, NULL);
}
