// SPDX-License-Identifier: LGPL-2.1-or-later
/* Disclosed entries: what they prove, and what opens nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../src/disclose.h"
#include "tenant.h"

/* Own entries of the namespace that tenant_begin() has as CTR. */
enum { CREATE, CRUN, SHELL, NGINX, OWN };

/* POD's own entries, with CTR's records between them. */
enum { POD_CREATE, POD_CRUN, POD_SHELL };

static void begin(struct node *n, void **state)
{
	tenant_begin(n, *state);
	bl_violation(&n->w, n->w.ns[CTR - 1], "/var/lib/data");
	bl_flush(&n->w);
	tenant_quote(n);
}

static int make(struct node *n, uint64_t id, uint64_t first, uint64_t count,
		struct imans_disclosure **d)
{
	const struct bl_ns *ns = n->w.ns[id - 1];
	const struct imans_disclose_opts opts = {
		.sz = sizeof(opts), .header = IMANS_HEADER_SHA256,
		.first = first, .count = count,
	};
	struct bl_bytes list = bl_list_bytes(&ns->list, IMANS_HEADER_SHA256);
	int err = imans_disclosure_make(n->ctx, id, list.data, list.len,
					ns->key, &opts, d);

	free(list.data);
	return err;
}

static struct imans_disclosure *disclose(struct node *n, uint64_t id,
					 uint64_t first, uint64_t count)
{
	struct imans_disclosure *d;

	assert_int_equal(make(n, id, first, count, &d), 0);
	return d;
}

/* Verify, and free. Returns how many entries were proven. */
static uint64_t verify(struct node *n, struct imans_disclosure *d)
{
	struct imans_verify_opts opts = node_opts(n);
	struct imans_subject s;

	imans_report_free(n->report);
	assert_int_equal(imans_disclosure_verify(n->evidence, &opts, d,
						 &n->report), 0);
	imans_disclosure_free(d);
	assert_int_equal(imans_report_count(n->report), 2);
	assert_int_equal(imans_report_subject(n->report, 1, &s), 0);
	return s.proven;
}

static void good(void **state)
{
	struct imans_disclosure_info info;
	struct imans_disclosure *d;
	struct imans_subject s;
	struct node n;

	begin(&n, state);
	/* Each alone, and each range. */
	for (uint64_t first = 0; first <= OWN; first++) {
		for (uint64_t count = 1; first + count <= OWN + 1; count++) {
			d = disclose(&n, CTR, first, count);
			imans_disclosure_info(d, &info);
			assert_true(info.id == CTR && info.first == first &&
				    info.count == count);
			assert_int_equal(verify(&n, d), count);
			expect_verdicts(&n, "cc");
			assert_int_equal(imans_report_subject(n.report, 1, &s),
					 0);
			/* Whose label it is, only CREATE tells. */
			assert_string_equal(s.label, first ? "" :
					    "pod=2,ctr=nested");
			assert_int_equal(s.entries, count);
		}
	}
	/* Records of descendants between the entries don't count. */
	assert_int_equal(verify(&n, disclose(&n, POD, POD_CREATE, 3)), 3);
	assert_int_equal(verify(&n, disclose(&n, POD, POD_SHELL, 1)), 1);
	node_end(&n);
}

/* The host's list need not be shown, nor the namespace's. */
static void redacted(void **state)
{
	struct node n;

	begin(&n, state);
	tenant_redact(&n, "");
	assert_int_equal(verify(&n, disclose(&n, CTR, SHELL, 2)), 2);
	/* Newer than the heads: it is there all the same. */
	assert_int_equal(verify(&n, disclose(&n, CTR, OWN, 1)), 1);
	expect_verdicts(&n, "ic");
	node_end(&n);
}

/* Nothing of the key, nor of other entries, is in it. */
static void shows_no_more(void **state)
{
	struct imans_disclosure *d, *again;
	uint8_t *data, *second, k_seq[IMANS_KEY_SIZE];
	size_t len, second_len;
	struct node n;

	begin(&n, state);
	d = disclose(&n, CTR, SHELL, 1);
	assert_int_equal(imans_disclosure_encode(d, &data, &len), 0);
	assert_null(memmem(data, len, n.w.ns[CTR - 1]->key, 32));
	assert_non_null(memmem(data, len, "/bin/sh", 7));
	assert_null(memmem(data, len, "/usr/bin/crun", 13));
	for (uint64_t seq = 0; seq <= OWN; seq++) {
		assert_int_equal(imans_record_key(n.ctx, n.w.ns[CTR - 1]->key,
						  seq, k_seq), 0);
		assert_true(!memmem(data, len, k_seq, 32) == (seq != SHELL));
	}
	/* What is read is what was written. */
	assert_int_equal(imans_disclosure_parse(n.ctx, data, len, NULL,
						&again), 0);
	assert_int_equal(imans_disclosure_encode(again, &second, &second_len),
			 0);
	assert_int_equal(second_len, len);
	assert_memory_equal(second, data, len);
	assert_int_equal(verify(&n, again), 1);
	imans_disclosure_free(d);
	free(second);
	free(data);
	node_end(&n);
}

/* ----------------------------------------------------------- what is refused */

static void not_there(void **state)
{
	struct imans_disclosure *d = NULL;
	struct node n;

	begin(&n, state);
	assert_int_equal(make(&n, CTR, OWN, 2, &d), -ENOENT);
	assert_int_equal(make(&n, CTR, OWN + 1, 1, &d), -ENOENT);
	assert_int_equal(make(&n, CTR, 0, 0, &d), -EINVAL);
	assert_int_equal(make(&n, CTR, 0, IMANS_DISCLOSED_MAX + 1, &d),
			 -EINVAL);
	assert_int_equal(make(&n, CTR, UINT64_MAX, 1, &d), -EINVAL);
	n.w.ns[CTR - 1]->key[0] ^= 1;
	assert_int_equal(make(&n, CTR, 0, 1, &d), -EKEYREJECTED);
	n.w.ns[CTR - 1]->key[0] ^= 1;
	n.w.ns[CTR - 1]->list.entries[1].data.len = 3;
	assert_int_equal(make(&n, CTR, 3, 1, &d), 0);
	imans_disclosure_free(d);
	n.w.ns[CTR - 1]->list.entries[0].data.len = 3;
	assert_int_equal(make(&n, CTR, 0, 1, &d), -EBADMSG);
	node_end(&n);
}

/* One way to spoil a disclosure of SHELL and NGINX, and what is found. */
struct spoil {
	const char *name;
	void (*apply)(struct imans_disclosure *d, const struct bl_ns *ns);
	enum imans_finding_code code;
	uint64_t proven;
};

static void flip_key(struct imans_disclosure *d, const struct bl_ns *ns)
{
	(void)ns;
	d->openings[1].key[31] ^= 1;
}

static void key_of_other_seq(struct imans_disclosure *d, const struct bl_ns *ns)
{
	(void)ns;
	memcpy(d->openings[1].key, d->openings[0].key, IMANS_KEY_SIZE);
}

static void keys_swapped(struct imans_disclosure *d, const struct bl_ns *ns)
{
	struct disclosure_opening first = d->openings[0];

	(void)ns;
	memcpy(d->openings[0].key, d->openings[1].key, IMANS_KEY_SIZE);
	memcpy(d->openings[1].key, first.key, IMANS_KEY_SIZE);
}

static void the_key_itself(struct imans_disclosure *d, const struct bl_ns *ns)
{
	memcpy(d->openings[1].key, ns->key, IMANS_KEY_SIZE);
}

static void flip_vpcr(struct imans_disclosure *d, const struct bl_ns *ns)
{
	(void)ns;
	d->openings[1].vpcr[0] ^= 1;
}

static void vpcr_after(struct imans_disclosure *d, const struct bl_ns *ns)
{
	(void)ns;
	memcpy(d->openings[0].vpcr, d->openings[1].vpcr, IMANS_HASH_SIZE);
}

static void other_id(struct imans_disclosure *d, const struct bl_ns *ns)
{
	(void)ns;
	d->id = POD;
}

static void unknown_id(struct imans_disclosure *d, const struct bl_ns *ns)
{
	(void)ns;
	d->id = 99;
}

static void other_first(struct imans_disclosure *d, const struct bl_ns *ns)
{
	(void)ns;
	d->first--;
}

static void past_the_end(struct imans_disclosure *d, const struct bl_ns *ns)
{
	(void)ns;
	d->first = 1000;
}

static void take_list(struct imans_disclosure *d, const struct bl_entry *entries,
		      size_t count)
{
	struct bl_list list = {
		.entries = (struct bl_entry *)entries, .count = count,
	};
	struct bl_bytes b = bl_list_bytes(&list, IMANS_HEADER_SHA256);

	free(d->list.data.data);
	d->list.data.data = b.data;
	d->list.data.len = b.len;
}

static void entries_swapped(struct imans_disclosure *d, const struct bl_ns *ns)
{
	const struct bl_entry swapped[] = {
		ns->list.entries[NGINX], ns->list.entries[SHELL],
	};

	take_list(d, swapped, 2);
}

/* SHELL and the violation, as if NGINX had not been between them. */
static void hole(struct imans_disclosure *d, const struct bl_ns *ns)
{
	const struct bl_entry entries[] = {
		ns->list.entries[SHELL], ns->list.entries[OWN],
	};

	take_list(d, entries, 2);
}

static void entry_missing(struct imans_disclosure *d, const struct bl_ns *ns)
{
	take_list(d, &ns->list.entries[SHELL], 1);
}

static void entry_more(struct imans_disclosure *d, const struct bl_ns *ns)
{
	take_list(d, &ns->list.entries[SHELL], 3);
}

static void other_content(struct imans_disclosure *d, const struct bl_ns *ns)
{
	struct bl_entry entries[] = {
		ns->list.entries[SHELL], ns->list.entries[CRUN],
	};

	take_list(d, entries, 2);
}

/* The fields stay readable. */
static void template_renamed(struct imans_disclosure *d, const struct bl_ns *ns)
{
	struct bl_entry entries[] = {
		ns->list.entries[SHELL], ns->list.entries[NGINX],
	};

	strcpy(entries[1].template_name, "d-ng|n-ng|nsid|nslabel");
	take_list(d, entries, 2);
}

static void made_violation(struct imans_disclosure *d, const struct bl_ns *ns)
{
	struct bl_entry entries[] = {
		ns->list.entries[SHELL], ns->list.entries[NGINX],
	};

	entries[1].violation = true;
	take_list(d, entries, 2);
}

static void bad_digest(struct imans_disclosure *d, const struct bl_ns *ns)
{
	struct bl_entry entries[] = {
		ns->list.entries[SHELL], ns->list.entries[NGINX],
	};

	entries[1].bad_digest = true;
	take_list(d, entries, 2);
}

static void other_pcr(struct imans_disclosure *d, const struct bl_ns *ns)
{
	struct bl_entry entries[] = {
		ns->list.entries[SHELL], ns->list.entries[NGINX],
	};

	entries[1].pcr = 11;
	take_list(d, entries, 2);
}

static void cut_off(struct imans_disclosure *d, const struct bl_ns *ns)
{
	(void)ns;
	d->list.data.len--;
}

static const struct spoil spoils[] = {
	{ "k_seq flipped", flip_key, IMANS_F_DISCLOSED_CLOSED, 1 },
	{ "k_seq of another", key_of_other_seq, IMANS_F_DISCLOSED_CLOSED, 1 },
	{ "k_seq swapped", keys_swapped, IMANS_F_DISCLOSED_CLOSED, 0 },
	{ "K for k_seq", the_key_itself, IMANS_F_DISCLOSED_CLOSED, 1 },
	{ "vPCR flipped", flip_vpcr, IMANS_F_DISCLOSED_CLOSED, 1 },
	{ "vPCR after", vpcr_after, IMANS_F_DISCLOSED_CLOSED, 1 },
	{ "other id", other_id, IMANS_F_NS_ID, 0 },
	{ "other id: closed", other_id, IMANS_F_DISCLOSED_CLOSED, 0 },
	{ "other seq", other_first, IMANS_F_DISCLOSED_CLOSED, 0 },
	{ "past the end", past_the_end, IMANS_F_DISCLOSED_RECORD, 0 },
	{ "entries swapped", entries_swapped, IMANS_F_DISCLOSED_CLOSED, 0 },
	{ "hole", hole, IMANS_F_DISCLOSED_CLOSED, 1 },
	{ "entry missing", entry_missing, IMANS_F_DISCLOSED_COUNT, 1 },
	{ "entry more", entry_more, IMANS_F_DISCLOSED_COUNT, 2 },
	{ "other content", other_content, IMANS_F_DISCLOSED_CLOSED, 1 },
	{ "template renamed", template_renamed, IMANS_F_DISCLOSED_CLOSED, 1 },
	{ "made a violation", made_violation, IMANS_F_DISCLOSED_CLOSED, 1 },
	{ "digest flipped", bad_digest, IMANS_F_ENTRY_DIGEST, 1 },
	{ "other PCR", other_pcr, IMANS_F_NS_PCR, 1 },
	{ "cut off", cut_off, IMANS_F_LIST_MALFORMED, 1 },
};

static void spoilt(void **state)
{
	struct node n;

	begin(&n, state);
	for (size_t i = 0; i < sizeof(spoils) / sizeof(*spoils); i++) {
		struct imans_disclosure *d = disclose(&n, CTR, SHELL, 2);
		uint64_t proven;

		spoils[i].apply(d, n.w.ns[CTR - 1]);
		proven = verify(&n, d);
		expect_finding(&n, 1, spoils[i].code);
		expect_verdicts(&n, "cu");
		if (proven != spoils[i].proven)
			fail_msg("%s: %d are proven", spoils[i].name,
				 (int)proven);
	}
	node_end(&n);
}

static void of_nobody(void **state)
{
	struct imans_disclosure *d;
	struct node n;

	begin(&n, state);
	d = disclose(&n, CTR, SHELL, 2);
	unknown_id(d, NULL);
	assert_int_equal(verify(&n, d), 0);
	expect_verdicts(&n, "ci");
	expect_finding(&n, 1, IMANS_F_NS_AFTER_QUOTE);
	node_end(&n);
}

/* A violation's text is not in the digest that IMA extends, but here it is. */
static void violation(void **state)
{
	struct imans_disclosure *d;
	struct node n;
	uint8_t *at;

	begin(&n, state);
	assert_int_equal(verify(&n, disclose(&n, CTR, OWN, 1)), 1);
	d = disclose(&n, CTR, OWN, 1);
	at = memmem(d->list.data.data, d->list.data.len, "/var/lib", 8);
	assert_non_null(at);
	at[5] ^= 1;
	assert_int_equal(verify(&n, d), 0);
	expect_finding(&n, 1, IMANS_F_DISCLOSED_CLOSED);
	/* Shown as none. */
	d = disclose(&n, CTR, OWN, 1);
	n.w.ns[CTR - 1]->list.entries[OWN].violation = false;
	take_list(d, &n.w.ns[CTR - 1]->list.entries[OWN], 1);
	assert_int_equal(verify(&n, d), 0);
	expect_finding(&n, 1, IMANS_F_DISCLOSED_CLOSED);
	node_end(&n);
}

/* CREATE of another, so as to borrow its label. */
static void borrowed_label(void **state)
{
	struct imans_disclosure *d;
	struct imans_subject s;
	struct node n;

	begin(&n, state);
	d = disclose(&n, CTR, CREATE, 1);
	take_list(d, &n.w.ns[WEB - 1]->list.entries[0], 1);
	assert_int_equal(verify(&n, d), 0);
	expect_finding(&n, 1, IMANS_F_NS_CREATE);
	assert_int_equal(imans_report_subject(n.report, 1, &s), 0);
	assert_string_equal(s.label, "");
	node_end(&n);
}

/* A record that a descendant left is no entry of the namespace's own. */
static void copy_as_own(void **state)
{
	struct imans_disclosure *d;
	struct node n;

	begin(&n, state);
	d = disclose(&n, POD, POD_SHELL, 1);
	take_list(d, &n.w.ns[POD - 1]->list.entries[2], 1);
	assert_int_equal(verify(&n, d), 0);
	expect_finding(&n, 1, IMANS_F_DISCLOSED_CLOSED);
	node_end(&n);
}

/* Nothing holds on a quote that does not. */
static void bad_quote(void **state)
{
	struct node n;

	begin(&n, state);
	n.quote.nonce[0] ^= 1;
	verify(&n, disclose(&n, CTR, SHELL, 2));
	expect_verdicts(&n, "uu");
	expect_finding(&n, 1, IMANS_F_NODE_UNPROVEN);
	node_end(&n);
}

/* -------------------------------------------------------------- the format */

static int parse(struct imans_ctx *ctx, const uint8_t *data, size_t len)
{
	struct imans_disclosure *d = NULL;
	int err = imans_disclosure_parse(ctx, data, len, NULL, &d);

	imans_disclosure_free(d);
	return err;
}

static void malformed(void **state)
{
	struct imans_disclosure *d;
	uint8_t *data, *copy;
	struct node n;
	size_t len;

	begin(&n, state);
	d = disclose(&n, CTR, SHELL, 2);
	assert_int_equal(imans_disclosure_encode(d, &data, &len), 0);
	imans_disclosure_free(d);
	for (size_t i = 0; i < len; i++) {
		copy = malloc(i + 1);
		memcpy(copy, data, i);
		assert_int_equal(parse(n.ctx, copy, i), -EBADMSG);
		free(copy);
	}
	/* Each byte's change is refused, or what it says does not hold. */
	for (size_t i = 0; i < len; i++) {
		data[i] ^= (uint8_t)(1 << i % 8);
		if (!imans_disclosure_parse(n.ctx, data, len, NULL, &d))
			assert_true(verify(&n, d) < 2);
		data[i] ^= (uint8_t)(1 << i % 8);
	}
	data = realloc(data, len + 1);
	data[len] = 0;
	assert_int_equal(parse(n.ctx, data, len + 1), -EBADMSG);
	free(data);
	node_end(&n);
}

/* k_seq of 31 and 33 bytes, the latter with a zero behind it. */
static void key_sizes(void **state)
{
	struct imans_disclosure *d;
	struct disclosure_opening o;
	uint8_t *data, *at;
	struct node n;
	size_t len;

	begin(&n, state);
	d = disclose(&n, CTR, SHELL, 1);
	o = d->openings[0];
	assert_int_equal(imans_disclosure_encode(d, &data, &len), 0);
	imans_disclosure_free(d);
	at = memmem(data, len, o.key, sizeof(o.key));
	assert_non_null(at);
	assert_int_equal(at[-1], 32);
	at[-1] = 31;
	memmove(at + 31, at + 32, (size_t)(data + len - at) - 32);
	assert_int_equal(parse(n.ctx, data, len - 1), -EBADMSG);
	assert_non_null(strstr(imans_ctx_error(n.ctx), "has 32 bytes"));
	free(data);

	d = disclose(&n, CTR, SHELL, 1);
	assert_int_equal(imans_disclosure_encode(d, &data, &len), 0);
	imans_disclosure_free(d);
	data = realloc(data, len + 1);
	at = memmem(data, len, o.key, sizeof(o.key));
	at[-1] = 33;
	memmove(at + 33, at + 32, (size_t)(data + len - at) - 32);
	at[32] = 0;
	assert_int_equal(parse(n.ctx, data, len + 1), -EBADMSG);
	assert_non_null(strstr(imans_ctx_error(n.ctx), "has 32 bytes"));
	free(data);
	node_end(&n);
}

static void versions(void **state)
{
	struct imans_disclosure *d;
	uint8_t *data, *at;
	struct node n;
	size_t len;

	begin(&n, state);
	d = disclose(&n, CTR, SHELL, 1);
	assert_int_equal(imans_disclosure_encode(d, &data, &len), 0);
	imans_disclosure_free(d);
	at = memmem(data, len, "version", 7);
	assert_non_null(at);
	at[7] = 2;
	assert_int_equal(parse(n.ctx, data, len), -EPROTONOSUPPORT);
	free(data);
	node_end(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good),
		TEST(redacted),
		TEST(shows_no_more),
		TEST(not_there),
		TEST(spoilt),
		TEST(of_nobody),
		TEST(violation),
		TEST(borrowed_label),
		TEST(copy_as_own),
		TEST(bad_quote),
		TEST(malformed),
		TEST(key_sizes),
		TEST(versions),
	};

	/* tpm2-tss would log what is damaged on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("disclose", tests, NULL, NULL);
}
