// SPDX-License-Identifier: LGPL-2.1-or-later
/* Redacted evidence: heads that are not these, leaves that are not the list's. */
#include <stdlib.h>
#include <string.h>

#include "../src/evidence.h"
#include "tenant.h"

/* ------------------------------------------------------------------- heads */

static void heads_of_other_nonce(void **state)
{
	struct node n;

	node_begin(&n, *state);
	tenant_heads(&n, true);
	tenant_quote_and_keep(&n, "1");
	node_verify(&n);
	expect_finding(&n, 0, IMANS_F_HEADS_MISSING);
	expect_finding(&n, 1, IMANS_F_HEADS_MISSING);
	expect_verdicts(&n, "ii");
	node_end(&n);
}

/* For another verifier's name they are others. */
static void heads_of_other_verifier(void **state)
{
	struct node n;

	node_begin(&n, *state);
	tenant_heads(&n, false);
	n.quote.verifier_id = "someone else";
	tenant_quote_and_keep(&n, "1");
	node_verify(&n);
	expect_finding(&n, 0, IMANS_F_HEADS_MISSING);
	node_end(&n);
}

static void heads_after_quote(void **state)
{
	struct qm_quote quote;
	struct node n;

	node_begin(&n, *state);
	node_quote(&n);
	quote = n.quote;
	imans_evidence_free(n.evidence);
	tenant_heads(&n, false);
	tenant_quote(&n);
	/* The older quote over the newer list. */
	qm_put(&quote, &n.key, n.evidence);
	tenant_redact(&n, "1");
	node_verify(&n);
	expect_finding(&n, 0, IMANS_F_HOST_TAIL);
	expect_finding(&n, 0, IMANS_F_HEADS_MISSING);
	node_end(&n);
}

/* Heads before a kexec; after it the same ids are others. */
static void heads_of_other_boot(void **state)
{
	const uint64_t hidden = 1 << (LATE + 1);
	struct node n;

	for (int i = 0; i < 3; i++) {
		struct bl_ns *web;

		tenant_begin(&n, *state);
		bl_kexec(&n.w, 0x51);
		bl_boot(&n.w);
		web = bl_create(&n.w, NULL, "pod=1,ctr=web");
		bl_entry(&n.w, web, "/usr/bin/crun");
		bl_flush(&n.w);
		/* The leaves are still those of the boot before. */
		if (i == 2)
			tenant_heads(&n, false);
		tenant_quote_and_keep(&n, "1");
		if (i)
			tenant_hide(&n, tenant_hide_set, (void *)&hidden);
		node_verify(&n);
		/* With the boot hidden, its records and heads don't fit. */
		expect_finding(&n, 0, i == 0 ? IMANS_F_HEADS_MISSING :
					       IMANS_F_RECORD_INDEX);
		if (i == 2)
			expect_finding(&n, 0, IMANS_F_HEADS);
		expect_verdicts(&n, i ? "uu" : "ii");
		node_end(&n);
	}
}

/* The kernel would not: heads that tell of fewer records than are shown. */
static void lower_total(void **state)
{
	struct node n;

	node_begin(&n, *state);
	n.w.index--;
	tenant_heads(&n, false);
	tenant_quote_and_keep(&n, "1");
	node_verify(&n);
	expect_finding(&n, 0, IMANS_F_HEADS);
	expect_verdicts(&n, "uu");
	node_end(&n);
}

/* Asked twice: the later ones count. */
static void heads_twice(void **state)
{
	struct imans_subject s;
	struct node n;

	tenant_begin(&n, *state);
	bl_entry(&n.w, n.w.ns[WEB - 1], "/bin/sh");
	tenant_heads(&n, false);
	tenant_quote_and_keep(&n, "1");
	node_verify(&n);
	tenant_expect_clean(&n, 1);
	assert_int_equal(imans_report_subject(n.report, 1, &s), 0);
	assert_int_equal(s.proven, 5);
	node_end(&n);
}

/* ------------------------------------------------------------------ leaves */

static struct evidence_leaf *leaf_of(struct node *n)
{
	return &n->evidence->ns[0].leaf;
}

static void try_leaf(struct imans_ctx *ctx, void (*spoil)(struct node *n),
		     enum imans_finding_code code, const char *verdicts)
{
	struct node n;

	tenant_begin(&n, ctx);
	tenant_quote_and_keep(&n, "1");
	spoil(&n);
	node_verify(&n);
	expect_finding(&n, 1, code);
	expect_verdicts(&n, verdicts);
	node_end(&n);
}

static void spoil_missing(struct node *n)
{
	leaf_of(n)->set = false;
}

static void leaf_missing(void **state)
{
	try_leaf(*state, spoil_missing, IMANS_F_LEAF_MISSING, "ii");
}

/* Each byte of it is in the tree. */
static void leaf_flipped(void **state)
{
	struct node n;

	for (size_t i = 0; i < IMANS_LEAF_SIZE; i++) {
		tenant_begin(&n, *state);
		tenant_quote_and_keep(&n, "1");
		leaf_of(&n)->raw[i] ^= (uint8_t)(1 << i % 8);
		node_verify(&n);
		expect_finding(&n, 1, IMANS_F_LEAF_PATH);
		expect_verdicts(&n, "iu");
		node_end(&n);
	}
}

/* The kernel's tree has a leaf that is not the list's. */
static void leaf_wrong(void **state)
{
	/* In seq, entries and mac; of each the lowest byte. */
	static const size_t at[] = { 8, 16, 32 };
	static const char *const why[] = {
		"the host has 3 records", "of them its own; the list has",
		"does not open",
	};
	const struct imans_finding *f;
	struct node n;

	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		struct bl_ns *web;

		node_begin(&n, *state);
		web = n.w.ns[WEB - 1];
		if (at[i] == 8)
			web->own++;
		if (at[i] == 16)
			web->list.count--;
		if (at[i] == 32)
			web->vpcr[0] ^= 1;
		tenant_heads(&n, false);
		if (at[i] == 8)
			web->own--;
		if (at[i] == 16)
			web->list.count++;
		tenant_quote_and_keep(&n, "1");
		node_verify(&n);
		f = expect_finding(&n, 1, IMANS_F_LEAF);
		assert_non_null(strstr(f->text, why[i]));
		expect_no_finding(&n, 1, IMANS_F_LEAF_PATH);
		expect_verdicts(&n, "iu");
		node_end(&n);
	}
}

static void spoil_path(struct node *n)
{
	leaf_of(n)->path.data[33] ^= 1;
}

static void spoil_short_path(struct node *n)
{
	leaf_of(n)->path.len -= IMANS_HASH_SIZE;
}

static void spoil_long_path(struct node *n)
{
	struct evidence_blob *path = &leaf_of(n)->path;

	path->data = realloc(path->data, path->len + IMANS_HASH_SIZE);
	memset(path->data + path->len, 7, IMANS_HASH_SIZE);
	path->len += IMANS_HASH_SIZE;
}

static void spoil_index(struct node *n)
{
	leaf_of(n)->index++;
}

static void spoil_large_index(struct node *n)
{
	leaf_of(n)->index = UINT64_MAX;
}

static void path_wrong(void **state)
{
	try_leaf(*state, spoil_path, IMANS_F_LEAF_PATH, "iu");
	try_leaf(*state, spoil_short_path, IMANS_F_LEAF_PATH, "iu");
	try_leaf(*state, spoil_long_path, IMANS_F_LEAF_PATH, "iu");
	try_leaf(*state, spoil_index, IMANS_F_LEAF_PATH, "iu");
	try_leaf(*state, spoil_large_index, IMANS_F_LEAF_PATH, "iu");
}

/* A good leaf and path, of somebody else. */
static void leaf_of_another(void **state)
{
	const struct imans_finding *f;
	struct evidence_leaf own;
	struct node n;

	tenant_begin(&n, *state);
	tenant_quote_and_keep(&n, "12");
	own = n.evidence->ns[0].leaf;
	n.evidence->ns[0].leaf = n.evidence->ns[1].leaf;
	n.evidence->ns[1].leaf = own;
	node_verify(&n);
	for (size_t i = 1; i <= 2; i++) {
		f = expect_finding(&n, i, IMANS_F_LEAF);
		assert_non_null(strstr(f->text, i == 1 ? "is of namespace 2" :
						"is of namespace 1"));
		expect_no_finding(&n, i, IMANS_F_LEAF_PATH);
	}
	node_end(&n);

	/* Another's path to one's own leaf. */
	tenant_begin(&n, *state);
	tenant_quote_and_keep(&n, "12");
	own = n.evidence->ns[0].leaf;
	n.evidence->ns[0].leaf.path = n.evidence->ns[1].leaf.path;
	n.evidence->ns[0].leaf.index = n.evidence->ns[1].leaf.index;
	n.evidence->ns[1].leaf.path = own.path;
	node_verify(&n);
	expect_finding(&n, 1, IMANS_F_LEAF_PATH);
	node_end(&n);
}

/* An earlier leaf is in an earlier tree. */
static void leaf_of_earlier_heads(void **state)
{
	struct node n;
	uint8_t old[IMANS_LEAF_SIZE];

	tenant_begin(&n, *state);
	memcpy(old, n.w.leaves.data, sizeof(old));
	bl_entry(&n.w, n.w.ns[WEB - 1], "/bin/sh");
	tenant_heads(&n, false);
	tenant_quote_and_keep(&n, "1");
	memcpy(leaf_of(&n)->raw, old, sizeof(old));
	node_verify(&n);
	expect_finding(&n, 1, IMANS_F_LEAF_PATH);
	node_end(&n);
}

/* The tail of the list is left out, of its records nothing can be. */
static void list_cut(void **state)
{
	struct node n;

	tenant_begin(&n, *state);
	bl_cut(&n.w.ns[WEB - 1]->list, 3);
	tenant_quote_and_keep(&n, "1");
	node_verify(&n);
	expect_finding(&n, 1, IMANS_F_NS_MISSING);
	expect_finding(&n, 1, IMANS_F_LEAF);
	expect_verdicts(&n, "uu");
	node_end(&n);
}

static void ended(void **state)
{
	struct node n;

	/* It has no leaf, and needs none. */
	node_begin(&n, *state);
	bl_destroy(&n.w, n.w.ns[WEB - 1]);
	tenant_heads(&n, false);
	tenant_quote_and_keep(&n, "1");
	node_verify(&n);
	assert_false(leaf_of(&n)->set);
	tenant_expect_clean(&n, 1);
	node_end(&n);

	/* The tree says that it lives, its records that it does not. */
	node_begin(&n, *state);
	bl_destroy(&n.w, n.w.ns[WEB - 1]);
	n.w.ns[WEB - 1]->ended = false;
	tenant_heads(&n, false);
	tenant_quote_and_keep(&n, "1");
	node_verify(&n);
	expect_finding(&n, 1, IMANS_F_LEAF);
	expect_verdicts(&n, "iu");
	node_end(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(heads_of_other_nonce),
		TEST(heads_of_other_verifier),
		TEST(heads_after_quote),
		TEST(heads_of_other_boot),
		TEST(lower_total),
		TEST(heads_twice),
		TEST(leaf_missing),
		TEST(leaf_flipped),
		TEST(leaf_wrong),
		TEST(path_wrong),
		TEST(leaf_of_another),
		TEST(leaf_of_earlier_heads),
		TEST(list_cut),
		TEST(ended),
	};

	/* tpm2-tss would log what is damaged on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("redact_heads", tests, NULL, NULL);
}
