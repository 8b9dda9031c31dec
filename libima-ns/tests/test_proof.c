// SPDX-License-Identifier: LGPL-2.1-or-later
/* Proofs of namespaces: a good node, and evidence damaged after the quote. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

static struct bl_list *list_of(struct bl_world *w, int id)
{
	return &w->ns[id - 1]->list;
}

static void flip_entry(struct bl_world *w)
{
	list_of(w, OTHER)->entries[1].data.data[20] ^= 1;
}

static void flip_header_digest(struct bl_world *w)
{
	list_of(w, OTHER)->entries[1].bad_digest = true;
}

static void drop_entry(struct bl_world *w)
{
	bl_remove(list_of(w, OTHER), 1);
}

static void drop_last(struct bl_world *w)
{
	bl_cut(list_of(w, OTHER), 2);
}

static void drop_destroy(struct bl_world *w)
{
	bl_cut(list_of(w, CTR), list_of(w, CTR)->count - 1);
}

static void drop_all(struct bl_world *w)
{
	bl_cut(list_of(w, OTHER), 0);
}

static void swap_entries(struct bl_world *w)
{
	bl_swap(list_of(w, OTHER), 1, 2);
}

static struct bl_bytes copy_of(const struct bl_entry *e)
{
	struct bl_bytes data = { NULL, 0 };

	bl_put(&data, e->data.data, e->data.len);
	return data;
}

static void repeat_entry(struct bl_world *w)
{
	struct bl_list *list = list_of(w, OTHER);

	bl_insert(list, 2, 10, "ima-ns", copy_of(&list->entries[1]));
}

static void wrong_key(struct bl_world *w)
{
	w->ns[OTHER - 1]->key[31] ^= 0x80;
}

static void key_of_another(struct bl_world *w)
{
	memcpy(w->ns[OTHER - 1]->key, w->ns[POD - 1]->key, 32);
}

static void list_of_another(struct bl_world *w)
{
	struct bl_list list = *list_of(w, OTHER);

	*list_of(w, OTHER) = *list_of(w, CTR);
	*list_of(w, CTR) = list;
}

static void wrong_label(struct bl_world *w)
{
	struct bl_entry *e = &list_of(w, OTHER)->entries[1];

	e->data.data[e->data.len - 2] = '3';
}

static void wrong_nsid(struct bl_world *w)
{
	struct bl_entry *e = &list_of(w, OTHER)->entries[1];

	/* 8 bytes of id, 4 of length, "pod=2" and a NUL end the data. */
	e->data.data[e->data.len - 18] = POD;
}

/* The fields stay readable: only E and CREATE tell. */
static void rename_template(struct bl_world *w)
{
	strcpy(list_of(w, OTHER)->entries[1].template_name,
	       "d-ng|n-ng|nsid|nslabel");
}

static void unknown_template(struct bl_world *w)
{
	strcpy(list_of(w, OTHER)->entries[1].template_name, "ima-nt");
}

static void rewrite_violation(struct bl_world *w)
{
	/* A letter of /var/log/messages. */
	list_of(w, CTR)->entries[2].data.data[60] ^= 1;
}

static void hide_violation(struct bl_world *w)
{
	list_of(w, CTR)->entries[2].violation = false;
}

static void make_violation(struct bl_world *w)
{
	list_of(w, OTHER)->entries[1].violation = true;
}

static void entry_in_other_pcr(struct bl_world *w)
{
	list_of(w, OTHER)->entries[1].pcr = 11;
}

static void event_in_other_pcr(struct bl_world *w)
{
	list_of(w, OTHER)->entries[0].pcr = 11;
}

static void drop_copy(struct bl_world *w)
{
	bl_remove(list_of(w, POD), 3);
}

static void swap_copies(struct bl_world *w)
{
	bl_swap(list_of(w, POD), 2, 3);
}

/* An own entry and a copy change places: either alone is right. */
static void swap_copy_and_own(struct bl_world *w)
{
	bl_swap(list_of(w, POD), 4, 5);
}

static void foreign_copy(struct bl_world *w)
{
	uint8_t record[64] = { 2, 1, 0, 0, 0, 0, 0, 0, CTR, 0 };
	struct bl_bytes buf = bl_buf_records(record, 1, 3);

	bl_insert(list_of(w, POD), 3, 10, "ima-buf",
		  bl_data_buf("sha256", "ima-ns/records", buf.data, buf.len));
	free(buf.data);
}

static void flip_copy(struct bl_world *w)
{
	struct bl_bytes buf = { NULL, 0 };
	struct bl_entry *e = &list_of(w, POD)->entries[3];

	bl_put(&buf, e->data.data + e->data.len - 96, 96);
	buf.data[95] ^= 1;
	world_set_data(list_of(w, POD), 3,
		       bl_data_buf("sha256", "ima-ns/records", buf.data,
				   buf.len));
	free(buf.data);
}

static void two_records_in_a_copy(struct bl_world *w)
{
	struct bl_entry *e = list_of(w, POD)->entries;
	struct bl_bytes buf;
	uint8_t both[128];

	memcpy(both, e[2].data.data + e[2].data.len - 64, 64);
	memcpy(both + 64, e[3].data.data + e[3].data.len - 64, 64);
	buf = bl_buf_records(both, 2, 2);
	world_set_data(list_of(w, POD), 2,
		       bl_data_buf("sha256", "ima-ns/records", buf.data,
				   buf.len));
	bl_remove(list_of(w, POD), 3);
	free(buf.data);
}

static void drop_create(struct bl_world *w)
{
	bl_remove(list_of(w, OTHER), 0);
}

static void second_create(struct bl_world *w)
{
	struct bl_list *list = list_of(w, OTHER);

	bl_insert(list, 1, 10, "ima-buf", copy_of(&list->entries[0]));
}

static void entry_after_destroy(struct bl_world *w)
{
	struct bl_list *list = list_of(w, CTR);

	bl_insert(list, list->count, 10, "ima-ns", copy_of(&list->entries[1]));
}

/* An event's data, with other bytes in the buffer and a right digest. */
static void change_create(struct bl_world *w, size_t at)
{
	struct bl_entry *e = &list_of(w, OTHER)->entries[0];
	size_t len = 160 + 6 + 5;
	struct bl_bytes buf = { NULL, 0 };

	bl_put(&buf, e->data.data + e->data.len - len, len);
	buf.data[at] ^= 1;
	world_set_data(list_of(w, OTHER), 0,
		       bl_data_buf("sha256", "ima-ns/create", buf.data,
				   buf.len));
	free(buf.data);
}

static void create_magic(struct bl_world *w)
{
	change_create(w, 0);
}

static void create_depth(struct bl_world *w)
{
	change_create(w, 12);
}

static void create_boot(struct bl_world *w)
{
	change_create(w, 47);
}

static void create_id(struct bl_world *w)
{
	change_create(w, 48);
}

static void create_parent(struct bl_world *w)
{
	change_create(w, 56);
}

static void create_key(struct bl_world *w)
{
	change_create(w, 80);
}

static void create_template(struct bl_world *w)
{
	change_create(w, 165);
}

static void add_event(struct bl_world *w, const char *name)
{
	bl_insert(list_of(w, OTHER), 1, 10, "ima-buf",
		  bl_data_buf("sha256", name, "x", 1));
}

static void boot_in_namespace(struct bl_world *w)
{
	add_event(w, "ima-ns/boot");
}

static void unknown_event(struct bl_world *w)
{
	add_event(w, "ima-ns/records2");
}

static void event_in_other_template(struct bl_world *w)
{
	bl_insert(list_of(w, OTHER), 1, 10, "ima-ng",
		  bl_data_ng("ima-ns/enter", "x"));
}

static void event_as_violation(struct bl_world *w)
{
	add_event(w, "ima-ns/enter");
	list_of(w, OTHER)->entries[1].violation = true;
}

static void event_with_bad_digest(struct bl_world *w)
{
	add_event(w, "ima-ns/enter");
	list_of(w, OTHER)->entries[1].data.data[15] ^= 1;
}

static void foreign_buffer(struct bl_world *w)
{
	add_event(w, "user:ima-ns/enter");
}

static const struct damage damages[] = {
	{ "an entry flipped", flip_entry, IMANS_F_NS_COMMIT, OTHER, "12" },
	{ "a digest flipped", flip_header_digest, IMANS_F_ENTRY_DIGEST, OTHER,
	  "12" },
	{ "an entry dropped", drop_entry, IMANS_F_NS_COMMIT, OTHER, "12" },
	{ "an entry dropped: missing", drop_entry, IMANS_F_NS_MISSING, OTHER,
	  "12" },
	{ "the last dropped", drop_last, IMANS_F_NS_MISSING, OTHER, "12" },
	{ "DESTROY dropped", drop_destroy, IMANS_F_NS_MISSING, CTR, "13" },
	{ "all dropped", drop_all, IMANS_F_NS_NO_CREATE, OTHER, "12" },
	{ "swapped", swap_entries, IMANS_F_NS_COMMIT, OTHER, "12" },
	{ "repeated", repeat_entry, IMANS_F_NS_COMMIT, OTHER, "12" },
	{ "wrong key", wrong_key, IMANS_F_NS_KEY, OTHER, "12" },
	{ "wrong key: closed", wrong_key, IMANS_F_NS_COMMIT, OTHER, "12" },
	{ "key of another", key_of_another, IMANS_F_NS_KEY, OTHER, "12" },
	{ "list of another", list_of_another, IMANS_F_NS_CREATE, OTHER, "1" },
	{ "wrong label", wrong_label, IMANS_F_NS_LABEL, OTHER, "12" },
	{ "wrong id", wrong_nsid, IMANS_F_NS_ID, OTHER, "12" },
	{ "template renamed", rename_template, IMANS_F_ENTRY_TEMPLATE, OTHER,
	  "12" },
	{ "template renamed: closed", rename_template, IMANS_F_NS_COMMIT,
	  OTHER, "12" },
	{ "template unknown", unknown_template, IMANS_F_ENTRY_TEMPLATE, OTHER,
	  "12" },
	{ "violation rewritten", rewrite_violation, IMANS_F_NS_COMMIT, CTR,
	  "13" },
	{ "violation hidden", hide_violation, IMANS_F_NS_COMMIT, CTR, "13" },
	{ "violation made", make_violation, IMANS_F_NS_COMMIT, OTHER, "12" },
	{ "entry in PCR 11", entry_in_other_pcr, IMANS_F_NS_PCR, OTHER, "12" },
	{ "event in PCR 11", event_in_other_pcr, IMANS_F_EVENT_PCR, OTHER,
	  "12" },
	{ "copy dropped", drop_copy, IMANS_F_NS_COPY, POD, "23" },
	{ "copies swapped", swap_copies, IMANS_F_NS_COPY, POD, "23" },
	{ "copy and own swapped", swap_copy_and_own, IMANS_F_NS_ORDER, POD,
	  "23" },
	{ "foreign copy", foreign_copy, IMANS_F_NS_COPY, POD, "23" },
	{ "copy flipped", flip_copy, IMANS_F_NS_COPY, POD, "23" },
	{ "two in a copy", two_records_in_a_copy, IMANS_F_NS_COPY, POD, "23" },
	{ "CREATE dropped", drop_create, IMANS_F_NS_NO_CREATE, OTHER, "12" },
	{ "second CREATE", second_create, IMANS_F_NS_SECOND_CREATE, OTHER,
	  "12" },
	{ "after DESTROY", entry_after_destroy, IMANS_F_NS_AFTER_DESTROY, CTR,
	  "13" },
	{ "CREATE's magic", create_magic, IMANS_F_EVENT_MALFORMED, OTHER,
	  "12" },
	{ "CREATE's depth", create_depth, IMANS_F_NS_CREATE, OTHER, "12" },
	{ "CREATE's boot", create_boot, IMANS_F_NS_BOOT, OTHER, "12" },
	{ "CREATE's id", create_id, IMANS_F_NS_CREATE, OTHER, "12" },
	{ "CREATE's parent", create_parent, IMANS_F_NS_CREATE, OTHER, "12" },
	{ "CREATE's key", create_key, IMANS_F_NS_KEY, OTHER, "12" },
	{ "CREATE's template", create_template, IMANS_F_ENTRY_TEMPLATE, OTHER,
	  "12" },
	{ "boot event", boot_in_namespace, IMANS_F_EVENT_MISPLACED, OTHER,
	  "12" },
	{ "unknown event", unknown_event, IMANS_F_EVENT_UNKNOWN, OTHER, "12" },
	{ "event's template", event_in_other_template, IMANS_F_EVENT_TEMPLATE,
	  OTHER, "12" },
	{ "event as violation", event_as_violation, IMANS_F_EVENT_VIOLATION,
	  OTHER, "12" },
	{ "event's digest", event_with_bad_digest, IMANS_F_EVENT_DIGEST, OTHER,
	  "12" },
	{ "foreign buffer", foreign_buffer, IMANS_F_ENTRY_TEMPLATE, OTHER,
	  "12" },
};

static void test_damaged(void **state)
{
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++)
		world_try(*state, &damages[i], false);
}

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
	bl_event(&w, ns, "ima-ns/loss", "x", 1);
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
		TEST(test_damaged),
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
