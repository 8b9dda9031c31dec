// SPDX-License-Identifier: LGPL-2.1-or-later
/* Proofs of namespaces: good nodes, and whatever is damaged byte by byte. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* Nothing found but the violation, and every number as it was built. */
static void test_good(void **state)
{
	struct imans_pcrs quoted;
	struct imans_host_ns ns;
	struct bl_world w;
	struct outcome out;

	world_make(&w);
	bl_replay(&w.host, w.host.count, IMANS_ALL_BANKS, &quoted);
	world_verify(*state, &w, &quoted, &out);
	if (imans_findings_count(out.findings) != 1)
		util_print(out.findings);
	assert_int_equal(imans_findings_count(out.findings), 1);
	assert_non_null(util_find(out.findings, IMANS_F_NS_VIOLATION));
	assert_true(imans_host_proven(out.host));
	assert_true(imans_host_prefix(out.host) == w.host.count);
	/* Those before kexec are none of this boot's. */
	assert_int_equal(imans_host_ns_count(out.host), 3);
	for (size_t i = 0; i < 3; i++) {
		const struct imans_proof_info *info = &out.info[i];

		assert_true(info->complete && info->has_create);
		assert_true(info->entries == w.ns[i]->list.count);
		assert_true(info->proven == info->entries);
		assert_true(info->own == w.ns[i]->own);
		assert_true(info->copies == w.ns[i]->copies);
		assert_true(info->violations == w.ns[i]->violations);
		assert_true(info->ended == (i != 2));
		assert_memory_equal(info->vpcr, w.ns[i]->vpcr, 32);
		assert_int_equal(imans_host_ns(out.host, i, &ns), 0);
		assert_true(ns.id == i + 1 && ns.depth == w.ns[i]->depth);
		assert_true(ns.records == w.ns[i]->own);
		assert_true(ns.ended == (i != 2));
	}
	assert_int_equal(imans_host_ns(out.host, 3, &ns), -ENOENT);
	assert_int_equal(imans_host_ns_by_id(out.host, CTR, &ns), 0);
	assert_true(ns.parent == POD);
	assert_int_equal(imans_host_ns_by_id(out.host, 4, &ns), -ENOENT);
	outcome_free(&out);
	bl_world_free(&w);
}

/* The same node in Python's words. */
static void check_python(const struct vector *v, void *ctx)
{
	struct bl_bytes host = vector_bytes(v, "host", 0);
	struct imans_findings *findings;
	struct imans_host *proven;
	struct imans_pcrs quoted = { .banks = IMANS_ALL_BANKS };

	for (int i = 0; i < IMANS_BANKS; i++)
		vector_fixed(v, imans_bank_name((enum imans_bank)i), 0,
			     quoted.value[i],
			     imans_bank_size((enum imans_bank)i));
	assert_int_equal(imans_findings_new(&findings), 0);
	assert_int_equal(imans_host_prove(ctx, host.data, host.len, &quoted,
					  NULL, findings, &proven), 0);
	assert_int_equal(imans_host_ns_count(proven), vector_count(v, "ns"));
	for (size_t i = 0; i < vector_count(v, "ns"); i++) {
		struct bl_bytes list = vector_bytes(v, "ns_list", i);
		struct imans_proof_info info;
		struct imans_proof *proof;
		uint8_t key[32], vpcr[32];

		vector_fixed(v, "ns_key", i, key, 32);
		vector_fixed(v, "ns_vpcr", i, vpcr, 32);
		assert_int_equal(imans_host_prove_ns(proven,
			strtoull(vector_value(v, "ns", i), NULL, 10),
			list.data, list.len, key, NULL, findings, &proof), 0);
		imans_proof_info(proof, &info);
		assert_true(info.complete && info.ended);
		assert_true(info.proven == info.entries);
		assert_memory_equal(info.vpcr, vpcr, 32);
		imans_proof_free(proof);
		free(list.data);
	}
	assert_int_equal(util_count(findings, IMANS_FAIL), 0);
	imans_host_free(proven);
	imans_findings_free(findings);
	free(host.data);
}

static void test_python(void **state)
{
	util_vectors("world", check_python, *state);
}

/* What came after the quote is counted and proves nothing. */
static void test_unproven(void **state)
{
	const struct imans_finding *f;
	struct imans_pcrs quoted;
	struct bl_world w;
	struct outcome out;
	size_t n;

	world_make(&w);
	n = w.host.count;
	bl_replay(&w.host, n - 1, IMANS_ALL_BANKS, &quoted);
	world_verify(*state, &w, &quoted, &out);
	assert_int_equal(util_count(out.findings, IMANS_FAIL), 0);
	assert_true(imans_host_prefix(out.host) == n - 1);
	f = util_find(out.findings, IMANS_F_HOST_TAIL);
	assert_true(f && f->entry == n - 1);
	f = util_find(out.findings, IMANS_F_NS_UNPROVEN);
	assert_true(f && f->severity == IMANS_NOTE);
	for (size_t i = 0; i < 3; i++) {
		assert_true(out.info[i].complete && !out.info[i].ended);
		assert_true(out.info[i].proven < out.info[i].entries);
	}
	assert_true(out.info[OTHER - 1].proven == 1);
	/* CREATE, sh and three copies: the rest has no record. */
	assert_true(out.info[POD - 1].proven == 5);
	assert_true(out.info[POD - 1].own == 2);
	assert_true(out.info[POD - 1].copies == 3);
	outcome_free(&out);
	bl_world_free(&w);
}

/* Any byte, of any list or key: a finding of IMANS_FAIL. */
static void test_every_byte(void **state)
{
	struct bl_bytes lists[3], host;
	struct imans_pcrs quoted;
	struct bl_world w;
	struct outcome out;

	world_make(&w);
	bl_replay(&w.host, w.host.count, IMANS_ALL_BANKS, &quoted);
	host = bl_list_bytes(&w.host, IMANS_HEADER_SHA1);
	for (int i = 0; i < 3; i++)
		lists[i] = bl_list_bytes(&w.ns[i]->list, IMANS_HEADER_SHA1);
	for (int i = 0; i < 4; i++) {
		size_t len = i < 3 ? lists[i].len : 32;

		for (size_t at = 0; at < len; at++) {
			uint8_t *byte = i < 3 ? &lists[i].data[at] :
						&w.ns[1]->key[at];
			uint8_t flip = (uint8_t)(1 << at % 8);

			*byte ^= flip;
			world_verify_bytes(*state, &w, &host, lists, &quoted,
					   &out);
			*byte ^= flip;
			if (util_count(out.findings, IMANS_FAIL) == 0)
				fail_msg("byte %zu of %d was missed", at,
					 i);
			outcome_free(&out);
		}
	}
	for (int i = 0; i < 3; i++)
		free(lists[i].data);
	free(host.data);
	bl_world_free(&w);
}

static void test_every_truncation(void **state)
{
	struct bl_bytes lists[3], host;
	struct imans_pcrs quoted;
	struct bl_world w;
	struct outcome out;

	world_make(&w);
	bl_replay(&w.host, w.host.count, IMANS_ALL_BANKS, &quoted);
	host = bl_list_bytes(&w.host, IMANS_HEADER_SHA1);
	for (int i = 0; i < 3; i++)
		lists[i] = bl_list_bytes(&w.ns[i]->list, IMANS_HEADER_SHA1);
	for (int i = 0; i < 3; i++) {
		size_t whole = lists[i].len;

		for (size_t len = 0; len < whole; len++) {
			lists[i].len = len;
			world_verify_bytes(*state, &w, &host, lists, &quoted,
					   &out);
			assert_false(out.info[i].complete);
			outcome_free(&out);
		}
		lists[i].len = whole;
	}
	for (int i = 0; i < 3; i++)
		free(lists[i].data);
	free(host.data);
	bl_world_free(&w);
}

/* A host and one namespace, whose DESTROY counts as told. */
static void try_destroy(struct imans_ctx *ctx, const uint64_t counts[5],
			bool good)
{
	struct bl_bytes buf = { NULL, 0 };
	struct imans_pcrs quoted;
	struct bl_world w;
	struct outcome out;
	struct bl_ns *ns;

	bl_world_init(&w);
	bl_boot(&w);
	ns = bl_create(&w, NULL, "l");
	bl_loss(&w, ns, IMANS_LOSS_FILE);
	bl_put(&buf, "IMANSDST", 8);
	bl_put_le(&buf, 1, 2);
	bl_put_le(&buf, 56, 2);
	bl_put_le(&buf, 0, 4);
	for (int i = 0; i < 5; i++)
		bl_put_le(&buf, counts[i], 8);
	bl_event(&w, ns, "ima-ns/destroy", buf.data, buf.len);
	bl_flush(&w);
	bl_replay(&w.host, w.host.count, IMANS_ALL_BANKS, &quoted);
	world_verify(ctx, &w, &quoted, &out);
	assert_true(!util_find(out.findings, IMANS_F_NS_DESTROY) == good);
	assert_non_null(util_find(out.findings, IMANS_F_NS_LOSS));
	assert_true(out.info[0].losses == 1 && out.info[0].ended);
	outcome_free(&out);
	free(buf.data);
	bl_world_free(&w);
}

/* DESTROY with counts that are not the list's, said by the kernel itself. */
static void test_destroy_counts(void **state)
{
	/* Id, own entries, records, violations, losses. */
	const uint64_t right[5] = { 1, 2, 0, 0, 1 };

	try_destroy(*state, right, true);
	for (int i = 0; i < 4; i++) {
		uint64_t wrong[5];

		memcpy(wrong, right, sizeof(wrong));
		wrong[i]++;
		try_destroy(*state, wrong, false);
	}
}

static void leave_out(struct bl_list *list)
{
	bl_cut(list, list->count - 1);
}

/* The copy is right, but another record is in the event with it. */
static void add_record(struct bl_list *list)
{
	const struct bl_bytes *data = &list->entries[list->count - 1].data;
	uint8_t both[128] = { 2, 1 };
	struct bl_bytes buf;

	memcpy(both, data->data + data->len - 64, 64);
	buf = bl_buf_records(both, 2, 2);
	world_set_data(list, list->count - 1,
		       bl_data_buf("sha256", "ima-ns/records", buf.data,
				   buf.len));
	free(buf.data);
}

/* The last of a list is a copy: no commitment after it tells. */
static void try_last_copy(struct imans_ctx *ctx,
			  void (*damage)(struct bl_list *list))
{
	const struct imans_finding *f;
	struct imans_pcrs quoted;
	struct bl_ns *pod, *ctr;
	struct bl_world w;
	struct outcome out;

	bl_world_init(&w);
	bl_boot(&w);
	pod = bl_create(&w, NULL, "pod");
	ctr = bl_create(&w, pod, "ctr");
	bl_entry(&w, ctr, "/bin/sh");
	bl_flush(&w);
	bl_replay(&w.host, w.host.count, IMANS_ALL_BANKS, &quoted);
	damage(&pod->list);
	world_verify(ctx, &w, &quoted, &out);
	f = util_find(out.findings, IMANS_F_NS_COPY);
	assert_true(f && f->nsid == POD && f->severity == IMANS_FAIL);
	assert_false(out.info[0].complete);
	assert_true(out.info[0].proven == 2);
	assert_true(out.info[1].complete);
	outcome_free(&out);
	bl_world_free(&w);
}

static void test_last_copy(void **state)
{
	try_last_copy(*state, leave_out);
	try_last_copy(*state, add_record);
}

/* A namespace that the host never heard of. */
static void test_unknown(void **state)
{
	struct imans_pcrs quoted;
	struct bl_world w;
	struct outcome out;

	world_make(&w);
	bl_replay(&w.host, w.host.count, IMANS_ALL_BANKS, &quoted);
	w.ns[OTHER - 1]->id = 77;
	world_verify(*state, &w, &quoted, &out);
	assert_non_null(util_find(out.findings, IMANS_F_NS_UNKNOWN));
	assert_false(out.info[OTHER - 1].complete);
	assert_true(out.info[OTHER - 1].proven == 0);
	assert_true(out.info[POD - 1].complete && out.info[CTR - 1].complete);
	outcome_free(&out);
	bl_world_free(&w);
}

/* 32 levels, with more records than one batch holds. */
static void test_deep(void **state)
{
	struct bl_ns *ns = NULL;
	struct imans_pcrs quoted;
	struct bl_world w;
	struct outcome out;
	char label[16];

	bl_world_init(&w);
	bl_boot(&w);
	for (int i = 0; i < 32; i++) {
		snprintf(label, sizeof(label), "l=%d", i);
		ns = bl_create(&w, ns, label);
		bl_entry(&w, ns, label);
	}
	bl_flush(&w);
	assert_int_equal(w.host.count, 3);
	bl_replay(&w.host, w.host.count, IMANS_BANK(IMANS_SHA256), &quoted);
	world_verify(*state, &w, &quoted, &out);
	assert_int_equal(imans_findings_count(out.findings), 0);
	assert_true(out.info[0].copies == 62 && out.info[31].copies == 0);
	outcome_free(&out);
	/* One level more than there may be. */
	bl_create(&w, ns, "too-deep");
	bl_flush(&w);
	bl_replay(&w.host, w.host.count, IMANS_BANK(IMANS_SHA256), &quoted);
	world_verify(*state, &w, &quoted, &out);
	assert_int_equal(util_count(out.findings, IMANS_FAIL), 1);
	assert_non_null(util_find(out.findings, IMANS_F_RECORD_PARENT));
	outcome_free(&out);
	bl_world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good),
		TEST(test_python),
		TEST(test_unproven),
		TEST(test_every_byte),
		TEST(test_every_truncation),
		TEST(test_destroy_counts),
		TEST(test_last_copy),
		TEST(test_unknown),
		TEST(test_deep),
	};

	return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
