// SPDX-License-Identifier: LGPL-2.1-or-later
/* Redacted evidence: what is shown, and what can't be hidden. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../src/evidence.h"
#include "tenant.h"

/* The verdicts on the node and WEB when nothing but the operator's is missing. */
#define ALL_WELL	"ii"

static void quote_and_keep(struct node *n, const char *keep)
{
	tenant_quote(n);
	tenant_redact(n, keep);
}

/* WEB's findings that speak against it, or make it incomplete. */
static void expect_clean(const struct node *n, size_t subject)
{
	const struct imans_finding *f;

	for (size_t i = 0; (f = imans_report_finding(n->report, subject, i));
	     i++)
		if (f->severity > IMANS_NOTE &&
		    f->code != IMANS_F_NODE_VERDICT &&
		    f->code != IMANS_F_NS_DESCENDANT)
			fail_msg("%s: %s", imans_finding_name(f->code),
				 f->text);
}

/* --------------------------------------------------------- what is shown */

static void as_expected(void **state)
{
	const struct evidence_list *host;
	struct bl_bytes expected;
	struct node n;

	tenant_begin(&n, *state);
	quote_and_keep(&n, "1");
	host = &n.evidence->host;
	assert_int_equal(host->redacted_banks, IMANS_ALL_BANKS &
			 ~IMANS_BANK(IMANS_SHA256) & n.quote.banks);
	expected = bl_list_redacted(&n.w.host, IMANS_HEADER_SHA256,
				    host->redacted_banks, bl_hide_others, NULL);
	assert_int_equal(host->data.len, expected.len);
	assert_memory_equal(host->data.data, expected.data, expected.len);
	free(expected.data);
	node_end(&n);
}

static void nothing_of_others(void **state)
{
	const struct node *seen;
	struct node n;
	uint8_t *data;
	size_t len;

	tenant_begin(&n, *state);
	quote_and_keep(&n, "1");
	seen = &n;
	assert_int_equal(imans_evidence_encode(n.evidence, &data, &len), 0);
	assert_non_null(memmem(data, len, "/usr/sbin/nginx", 15));
	assert_non_null(memmem(data, len, seen->w.ns[WEB - 1]->key, 32));
	assert_null(memmem(data, len, "/sbin/init", 10));
	assert_null(memmem(data, len, "/var/log/wtmp", 13));
	assert_null(memmem(data, len, "pod=2", 5));
	for (int id = POD; id <= CTR; id++)
		assert_null(memmem(data, len, seen->w.ns[id - 1]->key, 32));
	/* One leaf, of three. */
	assert_null(memmem(data, len, n.w.leaves.data + 64, 64));
	free(data);
	node_end(&n);
}

static void all_well(void **state)
{
	struct imans_evidence *again;
	struct imans_subject s;
	struct node n;
	uint8_t *data;
	size_t len;

	tenant_begin(&n, *state);
	quote_and_keep(&n, "1");
	/* Through the file. */
	assert_int_equal(imans_evidence_encode(n.evidence, &data, &len), 0);
	assert_int_equal(imans_evidence_parse(n.ctx, data, len, NULL, &again),
			 0);
	free(data);
	imans_evidence_free(n.evidence);
	n.evidence = again;
	node_verify(&n);
	expect_verdicts(&n, ALL_WELL);
	expect_clean(&n, 1);
	expect_finding(&n, 0, IMANS_F_NODE_VERDICT);
	expect_finding(&n, 0, IMANS_F_REDACTED);
	/* A violation stays one. */
	assert_int_equal(expect_finding(&n, 0, IMANS_F_NODE_VIOLATION)->entry,
			 CHANGED);
	assert_int_equal(imans_report_subject(n.report, 1, &s), 0);
	assert_int_equal(s.id, WEB);
	assert_int_equal(s.proven, 4);
	node_end(&n);
}

/* Each number of leaves has paths of its own. */
static void many_leaves(void **state)
{
	char label[8];
	struct node n;

	for (int more = 0; more < 14; more++) {
		tenant_begin(&n, *state);
		for (int i = 0; i < more; i++) {
			snprintf(label, sizeof(label), "pod=%d", 50 + i);
			bl_create(&n.w, NULL, label);
		}
		tenant_heads(&n, false);
		quote_and_keep(&n, "123");
		node_verify(&n);
		for (size_t id = WEB; id <= CTR; id++)
			expect_clean(&n, id);
		node_end(&n);
	}
}

static size_t count_kept(struct node *n, const struct imans_redact_opts *opts)
{
	struct imans_evidence *redacted;
	size_t kept;

	assert_int_equal(imans_evidence_redact(n->evidence, opts, &redacted),
			 0);
	kept = imans_evidence_ns_count(redacted);
	imans_evidence_free(redacted);
	return kept;
}

static void what_is_kept(void **state)
{
	static const uint64_t pod = POD, web = WEB, unknown = 9;
	static const char *const pods[] = { "pod=2*" }, *const none[] = { "x" };
	struct imans_redact_opts o = { .sz = sizeof(o) };
	struct imans_evidence *redacted;
	struct node n;

	tenant_begin(&n, *state);
	tenant_quote(&n);
	assert_int_equal(count_kept(&n, &o), 0);
	o.ids = &pod;
	o.id_count = 1;
	assert_int_equal(count_kept(&n, &o), 1);
	o.subtree = true;
	assert_int_equal(count_kept(&n, &o), 2);
	o.ids = &web;
	assert_int_equal(count_kept(&n, &o), 1);
	o.labels = pods;
	o.label_count = 1;
	assert_int_equal(count_kept(&n, &o), 3);
	o.labels = none;
	assert_int_equal(imans_evidence_redact(n.evidence, &o, &redacted),
			 -ENOENT);
	o.label_count = 0;
	o.ids = &unknown;
	assert_int_equal(imans_evidence_redact(n.evidence, &o, &redacted),
			 -ENOENT);
	node_end(&n);
}

static void not_redactable(void **state)
{
	struct imans_redact_opts o = { .sz = sizeof(o) };
	struct imans_evidence *redacted;
	struct node n;

	tenant_begin(&n, *state);
	node_quote(&n);
	assert_int_equal(imans_evidence_redact(n.evidence, &o, &redacted),
			 -ENODATA);
	/* Leaves that no heads in the list is of. */
	n.w.leaves.data[40] ^= 1;
	assert_int_equal(imans_evidence_set_leaves(n.evidence, n.w.leaves.data,
						   n.w.leaves.len), 0);
	assert_int_equal(imans_evidence_redact(n.evidence, &o, &redacted),
			 -ENODATA);
	assert_int_equal(imans_evidence_set_leaves(n.evidence, n.w.leaves.data,
						   63), -EINVAL);
	o.padded_banks = 1U << 20;
	assert_int_equal(imans_evidence_redact(n.evidence, &o, &redacted),
			 -EINVAL);
	node_end(&n);

	tenant_begin(&n, *state);
	quote_and_keep(&n, "1");
	o.padded_banks = 0;
	assert_int_equal(imans_evidence_redact(n.evidence, &o, &redacted),
			 -EALREADY);
	node_end(&n);
}

/* A descendant that was not handed over is told of; others are not. */
static void descendant_left_out(void **state)
{
	struct node n;

	tenant_begin(&n, *state);
	quote_and_keep(&n, "2");
	node_verify(&n);
	expect_verdicts(&n, "iii");
	expect_finding(&n, 2, IMANS_F_NS_NOT_CARRIED);
	expect_finding(&n, 1, IMANS_F_NS_DESCENDANT);
	node_end(&n);

	tenant_begin(&n, *state);
	quote_and_keep(&n, "23");
	node_verify(&n);
	expect_clean(&n, 1);
	expect_clean(&n, 2);
	node_end(&n);
}

/* ------------------------------------------------------ records are hidden */

static bool hide_set(const struct bl_list *list, size_t entry, void *arg)
{
	return *(const uint64_t *)arg & 1ULL << entry ||
	       bl_hide_others(list, entry, NULL);
}

static void try_hiding(struct imans_ctx *ctx, uint64_t entries,
		       enum imans_finding_code code, const char *verdicts)
{
	struct node n;

	tenant_begin(&n, ctx);
	quote_and_keep(&n, "1");
	tenant_hide(&n, hide_set, &entries);
	node_verify(&n);
	expect_finding(&n, 0, code);
	expect_verdicts(&n, verdicts);
	node_end(&n);
}

static void newest_batch_hidden(void **state)
{
	try_hiding(*state, 1 << RECORDS_3, IMANS_F_HEADS, "uu");
}

static void middle_batch_hidden(void **state)
{
	try_hiding(*state, 1 << RECORDS_2, IMANS_F_RECORD_INDEX, "uu");
}

static void all_batches_hidden(void **state)
{
	try_hiding(*state, 1 << RECORDS | 1 << RECORDS_2 | 1 << RECORDS_3,
		   IMANS_F_HEADS, "uu");
}

static void boot_hidden(void **state)
{
	try_hiding(*state, 1 << BOOT, IMANS_F_NO_BOOT, "uu");
}

/* WEB is incomplete then, whatever else is well. */
static void heads_hidden(void **state)
{
	try_hiding(*state, 1 << HEADS, IMANS_F_HEADS_MISSING, "ii");
}

static void newest_batch_and_heads_hidden(void **state)
{
	const uint64_t hidden = 1 << RECORDS_3 | 1 << HEADS;
	struct node n;

	tenant_begin(&n, *state);
	quote_and_keep(&n, "1");
	tenant_hide(&n, hide_set, (void *)&hidden);
	node_verify(&n);
	expect_verdicts(&n, "ii");
	expect_finding(&n, 1, IMANS_F_HEADS_MISSING);
	node_end(&n);
}

/* Records are claimed to be something else that the PCR would not have. */
static void try_claim(struct imans_ctx *ctx, bool violation, uint32_t pcr)
{
	const uint64_t hidden = 1 << RECORDS_3;
	struct node n;

	tenant_begin(&n, ctx);
	quote_and_keep(&n, "1");
	n.w.host.entries[RECORDS_3].violation = violation;
	n.w.host.entries[RECORDS_3].pcr = pcr;
	tenant_hide(&n, hide_set, (void *)&hidden);
	node_verify(&n);
	expect_finding(&n, 0, IMANS_F_NO_PREFIX);
	expect_verdicts(&n, "uu");
	node_end(&n);
}

static void records_as_violation(void **state)
{
	try_claim(*state, true, 10);
}

static void records_in_other_pcr(void **state)
{
	try_claim(*state, false, 11);
}

/* The host's own violation is shown as none, which no digest gives. */
static void violation_denied(void **state)
{
	struct node n;

	tenant_begin(&n, *state);
	quote_and_keep(&n, "1");
	n.w.host.entries[CHANGED].violation = false;
	tenant_hide(&n, bl_hide_others, NULL);
	node_verify(&n);
	expect_finding(&n, 0, IMANS_F_NO_PREFIX);
	node_end(&n);
}

/* What comes after the heads proves nothing, shown or not. */
static void after_heads(void **state)
{
	uint64_t hidden = 0;
	struct node n;

	for (int i = 0; i < 2; i++) {
		tenant_begin(&n, *state);
		bl_entry(&n.w, n.w.ns[WEB - 1], "/tmp/intruder");
		bl_flush(&n.w);
		quote_and_keep(&n, "1");
		if (i)
			hidden = 1 << (LATE + 1);
		tenant_hide(&n, hide_set, &hidden);
		node_verify(&n);
		expect_verdicts(&n, ALL_WELL);
		expect_finding(&n, 1, IMANS_F_NS_UNPROVEN);
		expect_clean(&n, 1);
		node_end(&n);
	}
}

/* ------------------------------------------------------------------- heads */

static void heads_of_other_nonce(void **state)
{
	struct node n;

	node_begin(&n, *state);
	tenant_heads(&n, true);
	quote_and_keep(&n, "1");
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
	quote_and_keep(&n, "1");
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
		quote_and_keep(&n, "1");
		if (i)
			tenant_hide(&n, hide_set, (void *)&hidden);
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
	quote_and_keep(&n, "1");
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
	quote_and_keep(&n, "1");
	node_verify(&n);
	expect_clean(&n, 1);
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
	quote_and_keep(&n, "1");
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
		quote_and_keep(&n, "1");
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
		quote_and_keep(&n, "1");
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
	quote_and_keep(&n, "12");
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
	quote_and_keep(&n, "12");
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
	quote_and_keep(&n, "1");
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
	quote_and_keep(&n, "1");
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
	quote_and_keep(&n, "1");
	node_verify(&n);
	assert_false(leaf_of(&n)->set);
	expect_clean(&n, 1);
	node_end(&n);

	/* The tree says that it lives, its records that it does not. */
	node_begin(&n, *state);
	bl_destroy(&n.w, n.w.ns[WEB - 1]);
	n.w.ns[WEB - 1]->ended = false;
	tenant_heads(&n, false);
	quote_and_keep(&n, "1");
	node_verify(&n);
	expect_finding(&n, 1, IMANS_F_LEAF);
	expect_verdicts(&n, "iu");
	node_end(&n);
}

/* ------------------------------------------------------------------ format */

/* What makes no redacted entry, at any place where one stands. */
static void malformed_entries(void **state)
{
	/* The violation's data, then an ordinary entry's, and fewer of that. */
	for (int way = 0; way < 3; way++) {
		const bool violation = way == 0, longer = way < 2;
		struct evidence_blob *list;
		uint8_t *at, *end;
		struct node n;

		tenant_begin(&n, *state);
		quote_and_keep(&n, "1");
		list = &n.evidence->host.data;
		end = list->data + list->len;
		at = list->data;
		do {
			at = memmem(at, (size_t)(end - at), "redacted", 8);
			assert_non_null(at);
			at += 8;
		} while (!*at == !violation);
		/* One byte of data more, or fewer, and the list to match. */
		if (longer) {
			size_t off = (size_t)(at - list->data);

			list->data = realloc(list->data, list->len + 1);
			at = list->data + off;
			memmove(at + 5, at + 4, list->len - off - 4);
			list->len++;
			++*at;
		} else {
			--*at;
			memmove(at + 4, at + 5, (size_t)(end - at) - 5);
			list->len--;
		}
		node_verify(&n);
		expect_finding(&n, 0, IMANS_F_LIST_MALFORMED);
		expect_verdicts(&n, "uu");
		node_end(&n);
	}
}

/* Every byte counts, after the heads too: the PCR has them. */
static void every_byte(void **state)
{
	struct imans_subject s;
	size_t told = 0;
	struct node n;

	tenant_begin(&n, *state);
	quote_and_keep(&n, "1");
	for (size_t i = 0; i < n.evidence->host.data.len; i++) {
		n.evidence->host.data.data[i] ^= (uint8_t)(1 << i % 8);
		node_verify(&n);
		n.evidence->host.data.data[i] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(imans_report_subject(n.report, 0, &s), 0);
		/* A violation's template is told of, no more can be. */
		if (s.verdict != IMANS_UNTRUSTED)
			expect_finding(&n, 0, IMANS_F_ENTRY_TEMPLATE);
		told += s.verdict != IMANS_UNTRUSTED;
		imans_report_free(n.report);
	}
	n.report = NULL;
	assert_in_range(told, 1, strlen("redacted"));
	node_end(&n);
}

static void bank_left_out(void **state)
{
	struct node n;

	tenant_begin(&n, *state);
	quote_and_keep(&n, "1");
	n.evidence->host.redacted_banks &= ~IMANS_BANK(IMANS_SHA384);
	tenant_hide(&n, bl_hide_others, NULL);
	node_verify(&n);
	expect_finding(&n, 0, IMANS_F_REDACTED_BANK);
	expect_verdicts(&n, "uu");
	node_end(&n);
}

/* A bank that the kernel lacks is replayed from SHA-1 digests. */
static void padded_bank(void **state)
{
	struct imans_redact_opts o = {
		.sz = sizeof(o), .padded_banks = IMANS_BANK(IMANS_SHA512),
	};
	struct imans_evidence *redacted;
	struct node n;

	tenant_begin(&n, *state);
	n.quote.banks = IMANS_BANK(IMANS_SHA256) | IMANS_BANK(IMANS_SHA512);
	tenant_quote(&n);
	assert_int_equal(imans_evidence_redact(n.evidence, &o, &redacted), 0);
	assert_int_equal(redacted->host.redacted_banks,
			 IMANS_BANK(IMANS_SHA1));
	imans_evidence_free(redacted);
	node_end(&n);
}

/* A list that pretends to be redacted before it is. */
static void redacted_before(void **state)
{
	struct imans_redact_opts o = { .sz = sizeof(o) };
	struct bl_bytes data = { NULL, 0 };
	struct imans_evidence *redacted;
	struct node n;

	tenant_begin(&n, *state);
	bl_put(&data, "x", 1);
	bl_add(&n.w.host, 10, "redacted", data, false);
	tenant_quote(&n);
	assert_int_equal(imans_evidence_redact(n.evidence, &o, &redacted),
			 -EBADMSG);
	assert_non_null(strstr(imans_ctx_error(n.ctx), "redacted already"));
	/* In a list that is not, it is just a template that is not known. */
	node_verify(&n);
	expect_finding(&n, 0, IMANS_F_ENTRY_TEMPLATE);
	node_end(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(as_expected),
		TEST(nothing_of_others),
		TEST(all_well),
		TEST(many_leaves),
		TEST(what_is_kept),
		TEST(not_redactable),
		TEST(descendant_left_out),
		TEST(newest_batch_hidden),
		TEST(middle_batch_hidden),
		TEST(all_batches_hidden),
		TEST(boot_hidden),
		TEST(heads_hidden),
		TEST(newest_batch_and_heads_hidden),
		TEST(records_as_violation),
		TEST(records_in_other_pcr),
		TEST(violation_denied),
		TEST(after_heads),
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
		TEST(malformed_entries),
		TEST(every_byte),
		TEST(bank_left_out),
		TEST(padded_bank),
		TEST(redacted_before),
	};

	/* tpm2-tss would log what is damaged on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
