// SPDX-License-Identifier: LGPL-2.1-or-later
/* Proofs of the host's list: prefix, banks, boot. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

static struct imans_host *prove(struct imans_ctx *ctx, struct bl_world *w,
				const struct imans_pcrs *quoted,
				uint32_t padded, struct imans_findings **f)
{
	struct bl_bytes b = bl_list_bytes(&w->host, IMANS_HEADER_SHA256);
	struct imans_host_opts opts = {
		.sz = sizeof(opts), .name = "h", .padded_banks = padded,
	};
	struct imans_host *host;

	assert_int_equal(imans_findings_new(f), 0);
	assert_int_equal(imans_host_prove(ctx, b.data, b.len, quoted, &opts,
					  *f, &host), 0);
	free(b.data);
	return host;
}

static void test_each_prefix(void **state)
{
	struct imans_findings *f;
	struct imans_pcrs quoted;
	struct imans_host *host;
	struct bl_world w;

	world_make(&w);
	/* An entry of another PCR is no part of the shortest prefix. */
	bl_add(&w.host, 11, "ima-ng", bl_data_ng("/pcr11", "x"), false);
	for (size_t n = 0; n <= w.host.count; n++) {
		size_t prefix = n == w.host.count ? n - 1 : n;

		bl_replay(&w.host, n, IMANS_ALL_BANKS, &quoted);
		host = prove(*state, &w, &quoted, 0, &f);
		assert_true(imans_host_proven(host));
		assert_true(imans_host_prefix(host) == prefix);
		assert_true(imans_host_entries(host) == w.host.count);
		assert_int_equal(util_count(f, IMANS_FAIL), 0);
		imans_host_free(host);
		imans_findings_free(f);
	}
	bl_world_free(&w);
}

static void test_banks_differ(void **state)
{
	struct imans_pcrs quoted, earlier;
	struct imans_findings *f;
	struct imans_host *host;
	struct bl_world w;

	world_make(&w);
	bl_replay(&w.host, 7, IMANS_ALL_BANKS, &quoted);
	bl_replay(&w.host, 6, IMANS_ALL_BANKS, &earlier);
	memcpy(quoted.value[IMANS_SHA256], earlier.value[IMANS_SHA256], 32);
	host = prove(*state, &w, &quoted, 0, &f);
	assert_false(imans_host_proven(host));
	assert_int_equal(imans_host_records(host), 0);
	assert_int_equal(imans_host_ns_count(host), 0);
	assert_non_null(util_find(f, IMANS_F_BANKS_DIFFER));
	assert_null(util_find(f, IMANS_F_NO_PREFIX));
	imans_host_free(host);
	imans_findings_free(f);
	/* One bank that matches nothing spoils the others, too. */
	quoted.value[IMANS_SHA256][3] ^= 1;
	host = prove(*state, &w, &quoted, 0, &f);
	assert_false(imans_host_proven(host));
	assert_non_null(util_find(f, IMANS_F_NO_PREFIX));
	imans_host_free(host);
	imans_findings_free(f);
	bl_world_free(&w);
}

static void test_each_bank_flipped(void **state)
{
	struct imans_findings *f;
	struct imans_pcrs quoted;
	struct imans_host *host;
	struct bl_world w;

	world_make(&w);
	bl_replay(&w.host, w.host.count, IMANS_ALL_BANKS, &quoted);
	for (int i = 0; i < IMANS_BANKS; i++) {
		size_t last = imans_bank_size((enum imans_bank)i) - 1;

		quoted.value[i][last] ^= 1;
		host = prove(*state, &w, &quoted, 0, &f);
		assert_false(imans_host_proven(host));
		imans_host_free(host);
		imans_findings_free(f);
		quoted.value[i][last] ^= 1;
	}
	bl_world_free(&w);
}

static void test_weak_bank(void **state)
{
	struct imans_findings *f;
	struct imans_pcrs quoted;
	struct imans_host *host;
	struct bl_world w;

	world_make(&w);
	bl_replay(&w.host, w.host.count, IMANS_BANK(IMANS_SHA1), &quoted);
	host = prove(*state, &w, &quoted, 0, &f);
	assert_true(imans_host_proven(host));
	assert_int_equal(util_count(f, IMANS_FAIL), 1);
	assert_non_null(util_find(f, IMANS_F_WEAK_BANK));
	imans_host_free(host);
	imans_findings_free(f);
	/* A padded bank is SHA-1 in disguise. */
	quoted.banks = IMANS_BANK(IMANS_SHA512);
	host = prove(*state, &w, &quoted, IMANS_BANK(IMANS_SHA512), &f);
	assert_non_null(util_find(f, IMANS_F_WEAK_BANK));
	imans_host_free(host);
	imans_findings_free(f);
	bl_world_free(&w);
}

static void test_boot(void **state)
{
	struct imans_findings *f;
	struct imans_pcrs quoted;
	struct imans_host *host;
	struct imans_boot boot;
	struct bl_world w;

	world_make(&w);
	bl_replay(&w.host, w.host.count, IMANS_ALL_BANKS, &quoted);
	host = prove(*state, &w, &quoted, 0, &f);
	assert_int_equal(imans_host_boot(host, &boot), 0);
	assert_memory_equal(boot.boot_id, w.boot_id, 32);
	assert_true(boot.reset_count == 7 && boot.restart_count == 3);
	assert_true(boot.flags == IMANS_BOOT_TPM_CLOCK);
	imans_host_free(host);
	imans_findings_free(f);
	/* A node that never made a namespace. */
	bl_cut(&w.host, 1);
	bl_replay(&w.host, 1, IMANS_ALL_BANKS, &quoted);
	host = prove(*state, &w, &quoted, 0, &f);
	assert_true(imans_host_proven(host));
	assert_int_equal(imans_host_boot(host, &boot), -ENODATA);
	assert_int_equal(imans_findings_count(f), 0);
	imans_host_free(host);
	imans_findings_free(f);
	bl_world_free(&w);
}

/*
 * Any byte of the host's list: at least a doubt, and never a proof of all,
 * unless it is in the name of a template that PCRs don't cover and that the
 * library then doesn't know.
 */
static void test_every_byte(void **state)
{
	struct imans_findings *f;
	struct imans_pcrs quoted;
	struct imans_host *host;
	struct bl_world w;
	struct bl_bytes b;

	world_make(&w);
	bl_replay(&w.host, w.host.count, IMANS_ALL_BANKS, &quoted);
	b = bl_list_bytes(&w.host, IMANS_HEADER_SHA1);
	for (size_t at = 0; at < b.len; at++) {
		b.data[at] ^= (uint8_t)(1 << at % 8);
		assert_int_equal(imans_findings_new(&f), 0);
		assert_int_equal(imans_host_prove(*state, b.data, b.len,
						  &quoted, NULL, f, &host), 0);
		b.data[at] ^= (uint8_t)(1 << at % 8);
		if (util_count(f, IMANS_DOUBT) == 0)
			fail_msg("byte %zu was missed", at);
		imans_host_free(host);
		imans_findings_free(f);
	}
	for (size_t len = 0; len < b.len; len++) {
		assert_int_equal(imans_findings_new(&f), 0);
		assert_int_equal(imans_host_prove(*state, b.data, len, &quoted,
						  NULL, f, &host), 0);
		assert_false(imans_host_proven(host));
		assert_true(util_count(f, IMANS_FAIL) > 0);
		imans_host_free(host);
		imans_findings_free(f);
	}
	free(b.data);
	bl_world_free(&w);
}

/* They fit where they stand, and are nothing to doubt. */
static void test_heads(void **state)
{
	struct imans_pcrs quoted;
	struct outcome out;
	struct bl_world w;

	world_make(&w);
	bl_heads(&w);
	bl_create(&w, NULL, "later");
	bl_heads(&w);
	bl_heads(&w);
	bl_replay(&w.host, w.host.count, IMANS_ALL_BANKS, &quoted);
	world_verify(*state, &w, &quoted, &out);
	assert_true(imans_host_proven(out.host));
	for (size_t i = 0; i < imans_findings_count(out.findings); i++)
		assert_true(imans_findings_get(out.findings, i)->nsid);
	outcome_free(&out);
	bl_world_free(&w);
}

/* Their bytes differ in all but the lowest bit, and at both ends. */
static void test_large_ids(void **state)
{
	static const uint64_t ids[] = {
		2, 4, 0x200, 0x202, 0x604, 0x20000, 0x4000000000000002,
	};
	struct imans_pcrs quoted;
	struct bl_ns *ns[7];
	struct outcome out;
	struct bl_world w;

	bl_world_init(&w);
	w.ids = ids;
	bl_boot(&w);
	for (size_t i = 0; i < 7; i++)
		ns[i] = bl_create(&w, i % 3 ? ns[i - 1] : NULL, "large");
	for (size_t i = 0; i < 14; i++) {
		bl_entry(&w, ns[13 * (i + 1) % 7], i < 7 ? "/bin/sh" : "/bin/ls");
		if (i % 4 == 3)
			bl_flush(&w);
	}
	bl_flush(&w);
	bl_replay(&w.host, w.host.count, IMANS_ALL_BANKS, &quoted);
	world_verify(*state, &w, &quoted, &out);
	assert_int_equal(util_count(out.findings, IMANS_FAIL), 0);
	for (size_t i = 0; i < 7; i++) {
		assert_true(out.info[i].id == ids[i]);
		assert_true(out.info[i].complete);
	}
	outcome_free(&out);
	bl_world_free(&w);
}

static void test_bad_arguments(void **state)
{
	struct imans_pcrs quoted = { .banks = 0 };
	struct imans_host *host = NULL;
	struct imans_findings *f;

	assert_int_equal(imans_findings_new(&f), 0);
	assert_int_equal(imans_host_prove(*state, "", 0, &quoted, NULL, f,
					  &host), -EINVAL);
	quoted.banks = 0x21;
	assert_int_equal(imans_host_prove(*state, "", 0, &quoted, NULL, f,
					  &host), -EINVAL);
	quoted.banks = IMANS_BANK(IMANS_SHA256);
	assert_int_equal(imans_host_prove(*state, NULL, 1, &quoted, NULL, f,
					  &host), -EINVAL);
	assert_int_equal(imans_host_prove(*state, "", 0, &quoted, NULL, NULL,
					  &host), -EINVAL);
	assert_null(host);
	/* An empty list and a PCR that nothing was extended into. */
	assert_int_equal(imans_host_prove(*state, NULL, 0, &quoted, NULL, f,
					  &host), 0);
	assert_true(imans_host_proven(host));
	imans_host_free(host);
	imans_findings_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_prefix),
		TEST(test_banks_differ),
		TEST(test_each_bank_flipped),
		TEST(test_weak_bank),
		TEST(test_boot),
		TEST(test_every_byte),
		TEST(test_heads),
		TEST(test_large_ids),
		TEST(test_bad_arguments),
	};

	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
