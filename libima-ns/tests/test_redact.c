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

/* --------------------------------------------------------- what is shown */

static void as_expected(void **state)
{
	const struct evidence_list *host;
	struct bl_bytes expected;
	struct node n;

	tenant_begin(&n, *state);
	tenant_quote_and_keep(&n, "1");
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
	tenant_quote_and_keep(&n, "1");
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
	tenant_quote_and_keep(&n, "1");
	/* Through the file. */
	assert_int_equal(imans_evidence_encode(n.evidence, &data, &len), 0);
	assert_int_equal(imans_evidence_parse(n.ctx, data, len, NULL, &again),
			 0);
	free(data);
	imans_evidence_free(n.evidence);
	n.evidence = again;
	node_verify(&n);
	expect_verdicts(&n, ALL_WELL);
	tenant_expect_clean(&n, 1);
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
		tenant_quote_and_keep(&n, "123");
		node_verify(&n);
		for (size_t id = WEB; id <= CTR; id++)
			tenant_expect_clean(&n, id);
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
	tenant_quote_and_keep(&n, "1");
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
	tenant_quote_and_keep(&n, "2");
	node_verify(&n);
	expect_verdicts(&n, "iii");
	expect_finding(&n, 2, IMANS_F_NS_NOT_CARRIED);
	expect_finding(&n, 1, IMANS_F_NS_DESCENDANT);
	node_end(&n);

	tenant_begin(&n, *state);
	tenant_quote_and_keep(&n, "23");
	node_verify(&n);
	tenant_expect_clean(&n, 1);
	tenant_expect_clean(&n, 2);
	node_end(&n);
}

/* ------------------------------------------------------ records are hidden */

static void try_hiding(struct imans_ctx *ctx, uint64_t entries,
		       enum imans_finding_code code, const char *verdicts)
{
	struct node n;

	tenant_begin(&n, ctx);
	tenant_quote_and_keep(&n, "1");
	tenant_hide(&n, tenant_hide_set, &entries);
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
	tenant_quote_and_keep(&n, "1");
	tenant_hide(&n, tenant_hide_set, (void *)&hidden);
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
	tenant_quote_and_keep(&n, "1");
	n.w.host.entries[RECORDS_3].violation = violation;
	n.w.host.entries[RECORDS_3].pcr = pcr;
	tenant_hide(&n, tenant_hide_set, (void *)&hidden);
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
	tenant_quote_and_keep(&n, "1");
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
		tenant_quote_and_keep(&n, "1");
		if (i)
			hidden = 1 << (LATE + 1);
		tenant_hide(&n, tenant_hide_set, &hidden);
		node_verify(&n);
		expect_verdicts(&n, ALL_WELL);
		expect_finding(&n, 1, IMANS_F_NS_UNPROVEN);
		tenant_expect_clean(&n, 1);
		node_end(&n);
	}
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
		tenant_quote_and_keep(&n, "1");
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
	tenant_quote_and_keep(&n, "1");
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
	tenant_quote_and_keep(&n, "1");
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
