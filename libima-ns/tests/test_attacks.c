// SPDX-License-Identifier: LGPL-2.1-or-later
/* Attacks that take more than one damaged byte; README.md lists all of them. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../src/evidence.h"
#include "node.h"

static struct evidence_ns *carried(struct node *n, uint64_t id)
{
	for (size_t i = 0; i < n->evidence->ns_count; i++)
		if (n->evidence->ns[i].id == id)
			return &n->evidence->ns[i];
	fail_msg("namespace %d is not there", (int)id);
	return NULL;
}

static void take_list(struct node *n, uint64_t id, struct bl_bytes list)
{
	struct evidence_blob *blob = &carried(n, id)->list.data;

	free(blob->data);
	blob->data = list.data;
	blob->len = list.len;
}

/* Ids start over with each boot: what WEB was before is not what it is now. */
static void same_id_after_kexec(void **state)
{
	struct bl_bytes old;
	struct bl_ns *web;
	struct node n;

	node_begin(&n, *state);
	old = bl_list_bytes(&n.w.ns[WEB - 1]->list, IMANS_HEADER_SHA256);
	bl_kexec(&n.w, 0x51);
	bl_host_entry(&n.w, "boot_aggregate");
	bl_boot(&n.w);
	/* Of the same label, key, and number of entries. */
	web = bl_create(&n.w, NULL, "pod=1,ctr=web");
	bl_entry(&n.w, web, "/tmp/intruder");
	bl_entry(&n.w, web, "/tmp/intruder2");
	bl_flush(&n.w);
	node_quote(&n);
	take_list(&n, WEB, old);
	node_verify(&n);
	expect_finding(&n, WEB, IMANS_F_NS_BOOT);
	expect_finding(&n, WEB, IMANS_F_NS_COMMIT);
	expect_verdicts(&n, "uu");
	node_end(&n);
}

/* The records of before are dead with their boot, and prove no list. */
static void records_before_kexec(void **state)
{
	struct node n;

	node_begin(&n, *state);
	node_quote(&n);
	imans_evidence_free(n.evidence);
	bl_boot(&n.w);
	node_quote(&n);
	node_verify(&n);
	for (size_t id = WEB; id <= CTR; id++)
		expect_finding(&n, id, IMANS_F_NS_AFTER_QUOTE);
	expect_verdicts(&n, "ciii");
	node_end(&n);
}

/* ------------------------------------------------------------ losses hidden */

static void lose(struct node *n, bool last)
{
	bl_loss(&n->w, n->w.ns[WEB - 1], IMANS_LOSS_MEMORY);
	if (!last)
		bl_entry(&n->w, n->w.ns[WEB - 1], "/bin/sh");
	bl_flush(&n->w);
}

/* From the list; as its last entry, and with one behind it. */
static void loss_stripped(void **state)
{
	struct node n;

	for (int last = 0; last < 2; last++) {
		node_begin(&n, *state);
		lose(&n, last);
		bl_remove(&n.w.ns[WEB - 1]->list, 3);
		node_quote(&n);
		node_verify(&n);
		expect_finding(&n, WEB, IMANS_F_NS_MISSING);
		expect_verdicts(&n, "uucc");
		node_end(&n);
	}
}

/* The last records event of the host's list, to be changed and quoted again. */
static uint8_t *last_records(struct node *n, size_t *len)
{
	struct bl_entry *e = &n->w.host.entries[n->w.host.count - 1];
	uint8_t *buf = memmem(e->data.data, e->data.len, "IMANSREC", 8);

	assert_non_null(buf);
	*len = e->data.len - (size_t)(buf - e->data.data);
	return buf;
}

static void put_records(struct node *n, const uint8_t *buf, size_t len)
{
	struct bl_bytes data = bl_data_buf("sha256", "ima-ns/records", buf,
					   len);
	struct bl_entry *e = &n->w.host.entries[n->w.host.count - 1];

	free(e->data.data);
	e->data = data;
}

/* And its record from the host's list, before the quote: the next one tells. */
static void loss_record_stripped(void **state)
{
	uint8_t buf[32 + 64];
	struct node n;
	size_t len;

	node_begin(&n, *state);
	lose(&n, false);
	memcpy(buf, last_records(&n, &len), 32);
	assert_int_equal(len, 32 + 2 * 64);
	memcpy(buf + 32, last_records(&n, &len) + 32 + 64, 64);
	buf[12] = 1;
	put_records(&n, buf, sizeof(buf));
	bl_remove(&n.w.ns[WEB - 1]->list, 3);
	node_quote(&n);
	node_verify(&n);
	expect_finding(&n, WEB, IMANS_F_RECORD_HOLE);
	expect_verdicts(&n, "uucc");
	node_end(&n);
}

/* Made a record of an entry, so that no loss is counted. */
static void loss_record_retyped(void **state)
{
	uint8_t buf[32 + 64];
	struct node n;
	size_t len;

	node_begin(&n, *state);
	lose(&n, true);
	memcpy(buf, last_records(&n, &len), sizeof(buf));
	assert_int_equal(len, sizeof(buf));
	buf[32] = IMANS_RECORD_ENTRY;
	put_records(&n, buf, sizeof(buf));
	node_quote(&n);
	node_verify(&n);
	expect_finding(&n, WEB, IMANS_F_NS_TYPE);
	expect_finding(&n, WEB, IMANS_F_NS_COMMIT);
	expect_finding(&n, WEB, IMANS_F_NS_LOSS);
	expect_verdicts(&n, "uucc");
	node_end(&n);
}

/* DESTROY says how many there were. */
static void loss_told_by_destroy(void **state)
{
	struct node n;

	node_begin(&n, *state);
	n.w.ns[WEB - 1]->losses = 2;
	bl_destroy(&n.w, n.w.ns[WEB - 1]);
	bl_flush(&n.w);
	node_quote(&n);
	node_verify(&n);
	expect_finding(&n, WEB, IMANS_F_NS_LOSS);
	expect_verdicts(&n, "cicc");
	node_end(&n);
}

/* --------------------------------------------------------- a child is hidden */

static void forget(struct node *n, uint64_t id)
{
	struct evidence_ns *ns = carried(n, id);

	free(ns->path);
	free(ns->list.data.data);
	free(ns->status);
	*ns = n->evidence->ns[--n->evidence->ns_count];
}

static void undisclosed_child(void **state)
{
	struct node n;

	node_begin(&n, *state);
	node_quote(&n);
	forget(&n, CTR);
	node_verify(&n);
	expect_finding(&n, 0, IMANS_F_NS_UNACCOUNTED);
	expect_finding(&n, POD, IMANS_F_NS_DESCENDANT);
	expect_finding(&n, CTR, IMANS_F_NS_NOT_CARRIED);
	expect_verdicts(&n, "icci");
	node_end(&n);
}

/* And from its parent's list, as if it had never been there. */
static void child_never_there(void **state)
{
	struct bl_list *list;
	struct node n;

	node_begin(&n, *state);
	list = &n.w.ns[POD - 1]->list;
	bl_cut(list, 2);
	node_quote(&n);
	forget(&n, CTR);
	node_verify(&n);
	expect_finding(&n, POD, IMANS_F_NS_COPY);
	expect_verdicts(&n, "ucui");
	node_end(&n);
}

/* The tail of a parent's copies, dropped, and in another order. */
static void parent_tail(void **state)
{
	struct bl_list *list;
	struct node n;

	for (int swap = 0; swap < 2; swap++) {
		node_begin(&n, *state);
		list = &n.w.ns[POD - 1]->list;
		assert_int_equal(list->count, 2 + 3);
		if (swap)
			bl_swap(list, 3, 4);
		else
			bl_cut(list, 4);
		node_quote(&n);
		node_verify(&n);
		expect_finding(&n, POD, IMANS_F_NS_COPY);
		expect_verdicts(&n, "ucuc");
		node_end(&n);
	}
}

/* -------------------------------------------------------------------- keys */

/* HMAC pads keys with zeros: one that is longer by a zero would open, too. */
static void key_sizes(void **state)
{
	struct imans_evidence *parsed;
	uint8_t *data, *key;
	struct node n;
	size_t len;

	for (int longer = 0; longer < 2; longer++) {
		node_begin(&n, *state);
		node_quote(&n);
		assert_int_equal(imans_evidence_encode(n.evidence, &data,
						       &len), 0);
		data = realloc(data, len + 1);
		key = memmem(data, len, n.w.ns[WEB - 1]->key, 32);
		assert_non_null(key);
		assert_int_equal(key[-1], 32);
		memmove(key + (longer ? 33 : 31), key + 32,
			(size_t)(data + len - key) - 32);
		key[-1] = longer ? 33 : 31;
		if (longer)
			key[32] = 0;
		len += longer ? 1 : (size_t)-1;
		assert_int_equal(imans_evidence_parse(n.ctx, data, len, NULL,
						      &parsed), -EBADMSG);
		assert_non_null(strstr(imans_ctx_error(n.ctx),
				       "is not 32 bytes"));
		free(data);
		node_end(&n);
	}
}

/* One that ends in zeros is another than its beginning. */
static void key_with_zeros(void **state)
{
	struct node n;

	node_begin(&n, *state);
	node_quote(&n);
	carried(&n, WEB)->key[31] = 0;
	if (!n.w.ns[WEB - 1]->key[31])
		fail_msg("the test's key ends in a zero");
	node_verify(&n);
	expect_finding(&n, WEB, IMANS_F_NS_KEY);
	expect_finding(&n, WEB, IMANS_F_NS_COMMIT);
	node_end(&n);
}

static void keys_swapped(void **state)
{
	uint8_t key[IMANS_KEY_SIZE];
	struct node n;

	node_begin(&n, *state);
	node_quote(&n);
	memcpy(key, carried(&n, WEB)->key, sizeof(key));
	memcpy(carried(&n, WEB)->key, carried(&n, CTR)->key, sizeof(key));
	memcpy(carried(&n, CTR)->key, key, sizeof(key));
	node_verify(&n);
	expect_finding(&n, WEB, IMANS_F_NS_KEY);
	expect_finding(&n, CTR, IMANS_F_NS_KEY);
	expect_verdicts(&n, "uucu");
	node_end(&n);
}

/* ------------------------------------------------------------------- quotes */

/* A good one of before, for a nonce that was used up. */
static void quote_replayed(void **state)
{
	struct node n;

	node_begin(&n, *state);
	node_quote(&n);
	n.quote.nonce[0] ^= 1;
	node_verify(&n);
	expect_finding(&n, 0, IMANS_F_QUOTE_NONCE);
	expect_verdicts(&n, "uuuu");
	node_end(&n);
}

static void sha1_only(void **state)
{
	struct node n;

	node_begin(&n, *state);
	n.quote.banks = IMANS_BANK(IMANS_SHA1);
	node_quote(&n);
	node_verify(&n);
	expect_finding(&n, 0, IMANS_F_WEAK_BANK);
	expect_verdicts(&n, "uuuu");
	node_end(&n);
}

static void other_pcr_quoted(void **state)
{
	struct node n;

	node_begin(&n, *state);
	n.quote.pcr = 11;
	node_quote(&n);
	node_verify(&n);
	expect_finding(&n, 0, IMANS_F_QUOTE_PCR);
	expect_verdicts(&n, "uuuu");
	node_end(&n);
}

/* Each bank has a value that the list once had, but never all together. */
static void banks_of_other_prefixes(void **state)
{
	struct imans_pcrs before;
	struct node n;

	node_begin(&n, *state);
	node_quote(&n);
	bl_replay(&n.w.host, n.w.host.count - 1, IMANS_ALL_BANKS, &before);
	memcpy(n.quote.pcrs.value[IMANS_SHA512], before.value[IMANS_SHA512],
	       64);
	qm_put(&n.quote, &n.key, n.evidence);
	node_verify(&n);
	expect_finding(&n, 0, IMANS_F_BANKS_DIFFER);
	expect_verdicts(&n, "uuuu");
	node_end(&n);
}

static void key_of_other_node(void **state)
{
	struct qm_key other;
	struct node n;

	node_begin(&n, *state);
	node_quote(&n);
	qm_key_make(&other);
	qm_put(&n.quote, &other, n.evidence);
	node_verify(&n);
	expect_finding(&n, 0, IMANS_F_QUOTE_KEY);
	expect_verdicts(&n, "uuuu");
	qm_key_free(&other);
	node_end(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(same_id_after_kexec),
		TEST(records_before_kexec),
		TEST(loss_stripped),
		TEST(loss_record_stripped),
		TEST(loss_record_retyped),
		TEST(loss_told_by_destroy),
		TEST(undisclosed_child),
		TEST(child_never_there),
		TEST(parent_tail),
		TEST(key_sizes),
		TEST(key_with_zeros),
		TEST(keys_swapped),
		TEST(quote_replayed),
		TEST(sha1_only),
		TEST(other_pcr_quoted),
		TEST(banks_of_other_prefixes),
		TEST(key_of_other_node),
	};

	/* tpm2-tss would log what is damaged on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("attacks", tests, NULL, NULL);
}
