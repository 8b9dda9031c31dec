// SPDX-License-Identifier: LGPL-2.1-or-later
/* Events, records and commitments. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* A record's vector, and the entry that it is of. */
struct sample {
	struct imans_list *list;
	const struct imans_entry *entry;
	struct bl_bytes bytes;
	uint8_t key[32], k_seq[32], boot_id[32], vpcr[32], e[32], record[64];
	uint64_t seq;
};

static void sample_open(const struct vector *v, struct imans_ctx *ctx,
			struct sample *s)
{
	struct imans_list_opts opts = {
		.sz = sizeof(opts), .header = IMANS_HEADER_SHA256,
	};

	s->bytes = vector_bytes(v, "entry", 0);
	vector_fixed(v, "key", 0, s->key, 32);
	vector_fixed(v, "k_seq", 0, s->k_seq, 32);
	vector_fixed(v, "boot_id", 0, s->boot_id, 32);
	vector_fixed(v, "vpcr", 0, s->vpcr, 32);
	vector_fixed(v, "e", 0, s->e, 32);
	vector_fixed(v, "raw", 0, s->record, 64);
	s->seq = strtoull(vector_value(v, "seq", 0), NULL, 10);
	assert_int_equal(imans_list_open_mem(ctx, s->bytes.data, s->bytes.len,
					     &opts, &s->list), 0);
	assert_int_equal(imans_list_next(s->list, &s->entry), 0);
	assert_non_null(s->entry);
}

static void sample_close(struct sample *s)
{
	imans_list_close(s->list);
	free(s->bytes.data);
}

static void check_record(const struct vector *v, void *ctx)
{
	struct imans_record record;
	struct sample s;
	uint8_t out[32];

	sample_open(v, ctx, &s);
	assert_int_equal(imans_record_key(ctx, s.key, s.seq, out), 0);
	assert_memory_equal(out, s.k_seq, 32);
	assert_int_equal(imans_entry_bind(s.entry, out), 0);
	assert_memory_equal(out, s.e, 32);
	assert_int_equal(imans_record_decode(ctx, s.record, &record), 0);
	assert_true(record.seq == s.seq);
	assert_int_equal(imans_record_commit(ctx, s.k_seq, s.boot_id, s.record,
					     s.vpcr, s.e, out), 0);
	assert_memory_equal(out, record.commitment, 32);
	assert_int_equal(imans_record_open(ctx, s.k_seq, s.boot_id, s.record,
					   s.vpcr, s.e), 0);
	sample_close(&s);
}

static void test_vectors(void **state)
{
	util_vectors("record", check_record, *state);
}

/* None opens with another key, seq, boot, entry or value. */
static void check_closed(const struct vector *v, void *ctx)
{
	struct sample s;

	sample_open(v, ctx, &s);
	uint8_t *parts[] = { s.k_seq, s.boot_id, s.record, s.vpcr, s.e };
	size_t sizes[] = { 32, 32, 64, 32, 32 };

	for (int part = 0; part < 5; part++) {
		for (size_t i = 0; i < sizes[part]; i++) {
			parts[part][i] ^= 0x10;
			assert_int_equal(imans_record_open(ctx, s.k_seq,
							   s.boot_id, s.record,
							   s.vpcr, s.e),
					 -EKEYREJECTED);
			parts[part][i] ^= 0x10;
		}
	}
	sample_close(&s);
}

static void test_closed(void **state)
{
	util_vectors("record", check_closed, *state);
}

static void test_record_decode(void **state)
{
	uint8_t raw[64] = { 1, 1, 0, 0, 0, 0, 0, 0, 5 };
	struct imans_record record;

	raw[24] = 3;
	assert_int_equal(imans_record_decode(*state, raw, &record), 0);
	assert_true(record.id == 5 && record.parent == 3 &&
		    record.type == IMANS_RECORD_CREATE);
	/* Every reserved byte, type, suite, id 0 and a parent without CREATE. */
	for (int i = 2; i < 8; i++) {
		raw[i] = 1;
		assert_int_equal(imans_record_decode(*state, raw, &record),
				 -EBADMSG);
		raw[i] = 0;
	}
	raw[0] = 0;
	assert_int_equal(imans_record_decode(*state, raw, &record), -EBADMSG);
	raw[0] = 5;
	assert_int_equal(imans_record_decode(*state, raw, &record), -EBADMSG);
	raw[0] = 2;
	assert_int_equal(imans_record_decode(*state, raw, &record), -EBADMSG);
	raw[24] = 0;
	assert_int_equal(imans_record_decode(*state, raw, &record), 0);
	raw[8] = 0;
	assert_int_equal(imans_record_decode(*state, raw, &record), -EBADMSG);
	raw[8] = 1;
	raw[1] = 2;
	assert_int_equal(imans_record_decode(*state, raw, &record),
			 -EPROTONOSUPPORT);
}

/* What the decoders of the events have in common, to try them alike. */
union decoded {
	struct imans_boot boot;
	struct imans_create create;
	struct imans_enter enter;
	struct imans_destroy destroy;
	struct imans_loss loss;
	struct imans_records records;
	struct imans_heads heads;
	struct imans_bind bind;
};

typedef int (*decode_fn)(struct imans_ctx *ctx, const struct bl_bytes *b,
			 union decoded *out);

static int decode_boot(struct imans_ctx *ctx, const struct bl_bytes *b,
		       union decoded *out)
{
	return imans_boot_decode(ctx, b->data, b->len, &out->boot);
}

static int decode_create(struct imans_ctx *ctx, const struct bl_bytes *b,
			 union decoded *out)
{
	return imans_create_decode(ctx, b->data, b->len, &out->create);
}

static int decode_enter(struct imans_ctx *ctx, const struct bl_bytes *b,
			union decoded *out)
{
	return imans_enter_decode(ctx, b->data, b->len, &out->enter);
}

static int decode_destroy(struct imans_ctx *ctx, const struct bl_bytes *b,
			  union decoded *out)
{
	return imans_destroy_decode(ctx, b->data, b->len, &out->destroy);
}

static int decode_loss(struct imans_ctx *ctx, const struct bl_bytes *b,
		       union decoded *out)
{
	return imans_loss_decode(ctx, b->data, b->len, &out->loss);
}

static int decode_records(struct imans_ctx *ctx, const struct bl_bytes *b,
			  union decoded *out)
{
	return imans_records_decode(ctx, b->data, b->len, &out->records);
}

static int decode_heads(struct imans_ctx *ctx, const struct bl_bytes *b,
			union decoded *out)
{
	return imans_heads_decode(ctx, b->data, b->len, &out->heads);
}

static int decode_bind(struct imans_ctx *ctx, const struct bl_bytes *b,
		       union decoded *out)
{
	return imans_bind_decode(ctx, b->data, b->len, &out->bind);
}

/* Every shorter and one longer buffer, wrong magic, version, size or suite. */
static void try_decoder(struct imans_ctx *ctx, decode_fn decode,
			const struct bl_bytes *good)
{
	struct bl_bytes b = { NULL, 0 };
	union decoded out;

	assert_int_equal(decode(ctx, good, &out), 0);
	for (size_t len = 0; len < good->len; len++) {
		/* A buffer of its own, so that overruns are seen. */
		b.data = malloc(len + 1);
		memcpy(b.data, good->data, len);
		b.data = realloc(b.data, len ? len : 1);
		b.len = len;
		assert_int_equal(decode(ctx, &b, &out), -EBADMSG);
		free(b.data);
	}
	b = (struct bl_bytes){ NULL, 0 };
	bl_put(&b, good->data, good->len);
	for (size_t i = 0; i < 12; i++) {
		b.data[i] ^= 0x40;
		assert_true(decode(ctx, &b, &out) ==
			    (i == 8 || i == 9 ? -EPROTONOSUPPORT : -EBADMSG));
		b.data[i] ^= 0x40;
	}
	bl_put(&b, "x", 1);
	assert_int_equal(decode(ctx, &b, &out), -EBADMSG);
	free(b.data);
}

/* The buffer of an entry that the builder made. */
static struct bl_bytes entry_buf(const struct bl_entry *e, size_t len)
{
	struct bl_bytes b = { NULL, 0 };

	bl_put(&b, e->data.data + e->data.len - len, len);
	return b;
}

static void test_decoders(void **state)
{
	struct bl_bytes boot, create, enter, destroy, records, heads;
	struct bl_world w;
	struct bl_ns *ns;

	bl_world_init(&w);
	bl_boot(&w);
	ns = bl_create(&w, NULL, "l");
	bl_enter(&w, ns, "/bin/sh", 0);
	bl_destroy(&w, ns);
	bl_flush(&w);
	boot = entry_buf(&w.host.entries[0], 56);
	create = entry_buf(&ns->list.entries[0], 160 + 6 + 1);
	enter = entry_buf(&ns->list.entries[1], 32 + 40 + 8);
	destroy = entry_buf(&ns->list.entries[2], 56);
	records = entry_buf(&w.host.entries[1], 32 + 3 * 64);
	heads = bl_buf_heads(w.boot_id, 2);
	try_decoder(*state, decode_heads, &heads);
	try_decoder(*state, decode_boot, &boot);
	try_decoder(*state, decode_create, &create);
	try_decoder(*state, decode_enter, &enter);
	try_decoder(*state, decode_destroy, &destroy);
	try_decoder(*state, decode_records, &records);
	free(heads.data);
	free(boot.data);
	free(create.data);
	free(enter.data);
	free(destroy.data);
	free(records.data);
	bl_world_free(&w);
}

static void test_loss_fields(void **state)
{
	struct bl_bytes b = bl_buf_loss(7, IMANS_LOSS_QUOTA, 1ULL << 40);
	struct imans_loss loss;

	try_decoder(*state, decode_loss, &b);
	assert_int_equal(imans_loss_decode(*state, b.data, b.len, &loss), 0);
	assert_true(loss.id == 7 && loss.reason == IMANS_LOSS_QUOTA &&
		    loss.losses == 1ULL << 40);
	b.data[12] = 0;
	assert_int_equal(imans_loss_decode(*state, b.data, b.len, &loss),
			 -EBADMSG);
	b.data[12] = 4;
	assert_int_equal(imans_loss_decode(*state, b.data, b.len, &loss),
			 -EBADMSG);
	free(b.data);
}

static void test_create_fields(void **state)
{
	struct imans_create c;
	struct bl_bytes b;
	struct bl_world w;
	struct bl_ns *ns;

	bl_world_init(&w);
	ns = bl_create(&w, NULL, "outer");
	ns = bl_create(&w, ns, "pod=1,ctr=2");
	b = entry_buf(&ns->list.entries[0], 160 + 6 + 11);
	assert_int_equal(imans_create_decode(*state, b.data, b.len, &c), 0);
	assert_true(c.id == 2 && c.parent == 1 && c.depth == 2);
	assert_true(c.boottime_ns == 2000);
	assert_string_equal(c.template_name, "ima-ns");
	assert_string_equal(c.label, "pod=1,ctr=2");
	assert_memory_equal(c.boot_id, w.boot_id, 32);
	/* The label: a space, a control character, a NUL, a byte past ASCII. */
	for (const char *bad = " \n\x7f\x80"; ; bad++) {
		b.data[b.len - 1] = (uint8_t)*bad;
		assert_int_equal(imans_create_decode(*state, b.data, b.len,
						     &c), -EBADMSG);
		if (!*bad)
			break;
	}
	b.data[b.len - 1] = 'x';
	b.data[160] = '\0';	/* in the template's name */
	assert_int_equal(imans_create_decode(*state, b.data, b.len, &c),
			 -EBADMSG);
	b.data[160] = 'i';
	b.data[152] = 2;	/* overflow mode */
	assert_int_equal(imans_create_decode(*state, b.data, b.len, &c),
			 -EBADMSG);
	free(b.data);
	bl_world_free(&w);
}

static void test_heads_fields(void **state)
{
	static const uint8_t boot_id[IMANS_BOOT_ID_SIZE] = { 1, 2, 3 };
	struct bl_bytes b = bl_buf_heads(boot_id, 0x0102030405060708);
	struct imans_heads heads;

	assert_int_equal(imans_heads_decode(*state, b.data, b.len, &heads), 0);
	assert_memory_equal(heads.boot_id, boot_id, sizeof(boot_id));
	assert_true(heads.nonce[0] == 0x5e && heads.nonce[31] == 0x5e);
	assert_true(heads.records == 0x0102030405060708 && heads.leaves == 3);
	assert_true(heads.root[0] == 0xe5 && heads.root[31] == 0xe5);
	b.data[15] = 1;		/* reserved */
	assert_int_equal(imans_heads_decode(*state, b.data, b.len, &heads),
			 -EBADMSG);
	free(b.data);
}

static void test_enter_fields(void **state)
{
	/* In the lengths, flags, reserved bytes, digest and path. */
	static const size_t spoilt[] = { 12, 14, 17, 20, 32, 38, 72 + 3 };
	struct imans_enter e;
	struct bl_bytes b;
	struct bl_world w;
	struct bl_ns *ns;

	bl_world_init(&w);
	ns = bl_create(&w, NULL, "l");
	bl_enter(&w, ns, "/bin/sh", 1);
	b = entry_buf(&ns->list.entries[1], 32 + 40 + 8);
	assert_int_equal(imans_enter_decode(*state, b.data, b.len, &e), 0);
	assert_true(e.id == 1 && e.cut && e.path_len == 7);
	assert_string_equal(e.path, "/bin/sh");
	assert_string_equal(e.digest.algo, "sha256");
	assert_true(e.digest.len == 32 && e.digest.digest == b.data + 40);
	for (size_t i = 0; i < sizeof(spoilt) / sizeof(*spoilt); i++) {
		const uint8_t old = b.data[spoilt[i]];

		b.data[spoilt[i]] = i < 4 ? old + 2 : 0;
		assert_int_equal(imans_enter_decode(*state, b.data, b.len, &e),
				 -EBADMSG);
		b.data[spoilt[i]] = old;
	}
	free(b.data);
	bl_world_free(&w);
}

static void test_bind_fields(void **state)
{
	uint8_t data[65];
	struct bl_bytes b;
	struct imans_bind bind;

	memset(data, 0xb1, sizeof(data));
	for (size_t len = 0; len <= sizeof(data); len++) {
		bool good = len >= 1 && len <= 64;

		b = bl_buf_bind(1ULL << 40, data, len);
		assert_int_equal(imans_bind_decode(*state, b.data, b.len,
						   &bind), good ? 0 : -EBADMSG);
		if (good) {
			assert_true(bind.id == 1ULL << 40 && bind.len == len);
			assert_ptr_equal(bind.data, b.data + 24);
			try_decoder(*state, decode_bind, &b);
			b.data[12] = 1;		/* reserved */
			assert_int_equal(imans_bind_decode(*state, b.data,
							   b.len, &bind),
					 -EBADMSG);
		}
		free(b.data);
	}
}

static void test_records_count(void **state)
{
	uint8_t raw[62 * 64] = { 0 };
	struct imans_records records;
	struct bl_bytes b = bl_buf_records(raw, 61, 1000);

	assert_int_equal(imans_records_decode(*state, b.data, b.len, &records),
			 0);
	assert_true(records.count == 61 && records.index == 1000);
	assert_ptr_equal(records.records, b.data + 32);
	b.data[24] = 1;		/* reserved */
	assert_int_equal(imans_records_decode(*state, b.data, b.len, &records),
			 -EBADMSG);
	free(b.data);
	b = bl_buf_records(raw, 62, 0);
	assert_int_equal(imans_records_decode(*state, b.data, b.len, &records),
			 -EBADMSG);
	free(b.data);
	b = bl_buf_records(raw, 0, 0);
	assert_int_equal(imans_records_decode(*state, b.data, b.len, &records),
			 -EBADMSG);
	/* A count whose size wraps. */
	memset(b.data + 12, 0xff, 4);
	assert_int_equal(imans_records_decode(*state, b.data, b.len, &records),
			 -EBADMSG);
	free(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_vectors),
		TEST(test_closed),
		TEST(test_record_decode),
		TEST(test_decoders),
		TEST(test_create_fields),
		TEST(test_heads_fields),
		TEST(test_loss_fields),
		TEST(test_enter_fields),
		TEST(test_bind_fields),
		TEST(test_records_count),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
