// SPDX-License-Identifier: LGPL-2.1-or-later
/* Replays against vectors/vectors.txt, which Python computed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

static void replay_bytes(struct imans_ctx *ctx, const struct bl_bytes *bytes,
			 const struct imans_list_opts *list_opts,
			 const struct imans_replay_opts *opts,
			 struct imans_pcrs *pcrs)
{
	const struct imans_entry *entry;
	struct imans_replay *replay;
	struct imans_list *list;
	uint64_t count = 0;

	assert_int_equal(imans_list_open_mem(ctx, bytes->data, bytes->len,
					     list_opts, &list), 0);
	assert_int_equal(imans_replay_new(ctx, opts, &replay), 0);
	for (;;) {
		assert_int_equal(imans_list_next(list, &entry), 0);
		if (!entry)
			break;
		assert_int_equal(imans_entry_check_digest(entry), 0);
		assert_true(imans_replay_count(replay) == count);
		assert_int_equal(imans_replay_extend(replay, entry), 0);
		count += imans_entry_pcr(entry) == (opts->pcr ? opts->pcr : 10);
	}
	assert_true(imans_replay_count(replay) == count);
	imans_replay_values(replay, pcrs);
	imans_replay_free(replay);
	imans_list_close(list);
}

/* One list, its header and the padded rule, all banks at once. */
static void check_replay(const struct vector *v, struct imans_ctx *ctx,
			 enum imans_header header, bool padded)
{
	struct bl_bytes list = vector_bytes(v, header == IMANS_HEADER_SHA1 ?
					    "list_sha1" : "list_sha256", 0);
	struct imans_list_opts list_opts = {
		.sz = sizeof(list_opts), .header = header,
	};
	struct imans_replay_opts opts = {
		.sz = sizeof(opts),
		.padded_banks = padded ? IMANS_ALL_BANKS : 0,
		.pcr = (uint32_t)atoi(vector_value(v, "pcr", 0)),
	};
	uint8_t expected[IMANS_DIGEST_MAX];
	struct imans_pcrs pcrs;

	replay_bytes(ctx, &list, &list_opts, &opts, &pcrs);
	free(list.data);
	assert_int_equal(pcrs.banks, IMANS_ALL_BANKS);
	for (int i = 0; i < IMANS_BANKS; i++) {
		enum imans_bank bank = (enum imans_bank)i;
		char key[32];

		snprintf(key, sizeof(key), "%s%s", padded ? "padded_" : "",
			 imans_bank_name(bank));
		vector_fixed(v, key, 0, expected, imans_bank_size(bank));
		assert_memory_equal(pcrs.value[i], expected,
				    imans_bank_size(bank));
	}
}

static void check_vector(const struct vector *v, void *ctx)
{
	check_replay(v, ctx, IMANS_HEADER_SHA1, false);
	check_replay(v, ctx, IMANS_HEADER_SHA1, true);
	check_replay(v, ctx, IMANS_HEADER_SHA256, false);
	check_replay(v, ctx, IMANS_HEADER_SHA256, true);
}

static void test_vectors(void **state)
{
	util_vectors("replay", check_vector, *state);
}

static void check_detection(const struct vector *v, void *ctx)
{
	static const char * const keys[] = { "list_sha1", "list_sha256" };

	for (int i = 0; i < 2; i++) {
		struct bl_bytes bytes = vector_bytes(v, keys[i], 0);
		struct imans_list *list;

		assert_int_equal(imans_list_open_mem(ctx, bytes.data, bytes.len,
						     NULL, &list), 0);
		if (bytes.len)
			assert_int_equal(imans_list_header(list),
					 i ? IMANS_HEADER_SHA256 :
					     IMANS_HEADER_SHA1);
		imans_list_close(list);
		free(bytes.data);
	}
}

static void test_detection(void **state)
{
	util_vectors("replay", check_detection, *state);
}

static void test_some_banks(void **state)
{
	struct imans_replay_opts opts = {
		.sz = sizeof(opts), .banks = IMANS_BANK(IMANS_SHA384),
	};
	struct bl_bytes bytes;
	struct imans_pcrs pcrs, expected;
	struct bl_world w;

	bl_world_init(&w);
	bl_host_entry(&w, "/bin/a");
	bytes = bl_list_bytes(&w.host, IMANS_HEADER_SHA1);
	bl_replay(&w.host, w.host.count, opts.banks, &expected);
	replay_bytes(*state, &bytes, NULL, &opts, &pcrs);
	/* Banks that were not asked for are zero, not left over. */
	assert_memory_equal(&pcrs, &expected, sizeof(pcrs));
	free(bytes.data);
	bl_world_free(&w);
}

static void test_bad_options(void **state)
{
	struct imans_replay_opts opts = { .sz = sizeof(opts), .banks = 0x20 };
	struct {
		struct imans_replay_opts opts;
		uint64_t later;
	} newer = { .opts.sz = sizeof(newer) };
	struct imans_replay *replay = NULL;

	assert_int_equal(imans_replay_new(*state, &opts, &replay), -EINVAL);
	opts = (struct imans_replay_opts){ .sz = sizeof(opts), .pcr = 24 };
	assert_int_equal(imans_replay_new(*state, &opts, &replay), -EINVAL);
	opts = (struct imans_replay_opts){ .sz = 1 };
	assert_int_equal(imans_replay_new(*state, &opts, &replay), -EINVAL);
	newer.later = 1;
	assert_int_equal(imans_replay_new(*state, &newer.opts, &replay),
			 -E2BIG);
	assert_null(replay);
	newer.later = 0;
	assert_int_equal(imans_replay_new(*state, &newer.opts, &replay), 0);
	imans_replay_free(replay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_vectors),
		TEST(test_detection),
		TEST(test_some_banks),
		TEST(test_bad_options),
	};

	return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
