// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lists of every template, digest and byte order, binary and as text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* All templates twice, and a name with newlines. */
#define ENTRIES		23
#define NEWLINE_ENTRY	5

struct layout {
	struct imans_ctx *ctx;
	enum imans_header header;
	enum imans_byte_order order;
	struct bl_bytes binary, ascii;
	struct imans_pcrs pcrs;
};

static void layout_init(struct layout *l, const struct vector *v, void *ctx)
{
	enum imans_bank bank;

	l->ctx = ctx;
	assert_int_equal(imans_bank_parse(vector_value(v, "layout", 0), &bank),
			 0);
	l->header = (enum imans_header)(IMANS_HEADER_SHA1 + (int)bank);
	l->order = strcmp(vector_value(v, "order", 0), "big") == 0 ?
		   IMANS_ORDER_BIG : IMANS_ORDER_LITTLE;
	l->binary = vector_bytes(v, "binary", 0);
	l->ascii = vector_bytes(v, "ascii", 0);
	memset(&l->pcrs, 0, sizeof(l->pcrs));
	l->pcrs.banks = IMANS_ALL_BANKS;
	for (int i = 0; i < IMANS_BANKS; i++)
		vector_fixed(v, imans_bank_name((enum imans_bank)i), 0,
			     l->pcrs.value[i],
			     imans_bank_size((enum imans_bank)i));
}

static void layout_free(struct layout *l)
{
	free(l->binary.data);
	free(l->ascii.data);
}

static struct imans_list *open_list(const struct layout *l,
				    enum imans_format format,
				    struct imans_list_opts opts)
{
	const struct bl_bytes *b = format == IMANS_FORMAT_ASCII ? &l->ascii :
								  &l->binary;
	struct imans_list *list;
	int ret;

	opts.sz = sizeof(opts);
	ret = imans_list_open_mem(l->ctx, b->data, b->len, &opts, &list);
	if (ret)
		fail_msg("open: %d, %s", ret, imans_ctx_error(l->ctx));
	return list;
}

/* What every entry must have, wherever it was read. */
static void check_entry(const struct imans_entry *e, bool ascii)
{
	struct imans_file_digest digest;
	const char *name;
	size_t len;

	assert_int_equal(imans_entry_check_digest(e), 0);
	assert_int_equal(imans_entry_file_digest(e, &digest), 0);
	assert_int_equal(imans_entry_name(e, &name, &len), 0);
	assert_false(imans_entry_opaque(e));
	if (imans_entry_index(e) == NEWLINE_ENTRY) {
		assert_int_equal(len, strlen("/memfd:x\n10\t00\tima-ng\n"));
		assert_int_equal(imans_entry_lines(e), ascii ? 3 : 0);
	} else {
		assert_int_equal(imans_entry_lines(e), ascii ? 1 : 0);
	}
}

static void replay_rest(const struct layout *l, struct imans_list *list,
			const struct imans_pcrs *start, bool ascii,
			uint64_t first)
{
	struct imans_replay_opts opts = { .sz = sizeof(opts), .start = start };
	const struct imans_entry *e;
	struct imans_replay *replay;
	struct imans_pcrs pcrs;
	int ret;

	assert_int_equal(imans_replay_new(l->ctx, &opts, &replay), 0);
	while ((ret = imans_list_next(list, &e)) == 0 && e) {
		assert_int_equal(imans_entry_index(e), first++);
		check_entry(e, ascii);
		assert_int_equal(imans_replay_extend(replay, e), 0);
	}
	if (ret)
		fail_msg("%s", imans_ctx_error(l->ctx));
	assert_int_equal(first, ENTRIES);
	imans_replay_values(replay, &pcrs);
	imans_replay_free(replay);
	assert_memory_equal(&pcrs, &l->pcrs, sizeof(pcrs));
}

/* Found out, and told. */
static void check_reading(const struct vector *v, void *ctx)
{
	struct layout l;

	layout_init(&l, v, ctx);
	for (int ascii = 0; ascii < 2; ascii++) {
		enum imans_format format = ascii ? IMANS_FORMAT_ASCII :
						   IMANS_FORMAT_BINARY;
		struct imans_list_opts told = {
			.header = l.header, .byte_order = l.order,
			.format = format,
		};
		struct imans_list_opts found = { .format = IMANS_FORMAT_AUTO };
		struct imans_list *list = open_list(&l, format, found);

		assert_int_equal(imans_list_header(list), l.header);
		assert_int_equal(imans_list_byte_order(list), l.order);
		assert_int_equal(imans_list_format(list), format);
		replay_rest(&l, list, NULL, ascii, 0);
		imans_list_close(list);
		list = open_list(&l, format, told);
		replay_rest(&l, list, NULL, ascii, 0);
		imans_list_close(list);
	}
	layout_free(&l);
}

static void test_reading(void **state)
{
	util_vectors("layout", check_reading, *state);
}

/* The text tells the same data, but for that of violations' entries. */
static void check_same(const struct vector *v, void *ctx)
{
	struct imans_list_opts opts = { .format = IMANS_FORMAT_AUTO };
	const struct imans_entry *a, *b;
	struct imans_list *binary, *ascii;
	struct layout l;

	layout_init(&l, v, ctx);
	binary = open_list(&l, IMANS_FORMAT_BINARY, opts);
	ascii = open_list(&l, IMANS_FORMAT_ASCII, opts);
	for (;;) {
		const uint8_t *x, *y;
		size_t x_len, y_len;

		assert_int_equal(imans_list_next(binary, &a), 0);
		assert_int_equal(imans_list_next(ascii, &b), 0);
		if (!a || !b)
			break;
		x = imans_entry_data(a, &x_len);
		y = imans_entry_data(b, &y_len);
		assert_int_equal(x_len, y_len);
		assert_memory_equal(x, y, x_len);
		assert_string_equal(imans_entry_template(a),
				    imans_entry_template(b));
		assert_int_equal(imans_entry_violation(a),
				 imans_entry_violation(b));
	}
	assert_true(!a && !b);
	imans_list_close(binary);
	imans_list_close(ascii);
	layout_free(&l);
}

static void test_same(void **state)
{
	util_vectors("layout", check_same, *state);
}

/* From every place on, with the values there. */
static void check_resume(const struct vector *v, void *ctx)
{
	struct layout l;

	layout_init(&l, v, ctx);
	for (int ascii = 0; ascii < 2; ascii++) {
		struct imans_list_opts opts = {
			.format = ascii ? IMANS_FORMAT_ASCII :
					  IMANS_FORMAT_BINARY,
			.header = l.header, .byte_order = l.order,
		};
		struct imans_list *list = open_list(&l, opts.format, opts);
		struct imans_replay *replay;
		const struct imans_entry *e;

		assert_int_equal(imans_replay_new(ctx, NULL, &replay), 0);
		do {
			struct imans_list *rest;
			struct imans_pcrs pcrs;

			imans_list_position(list, &opts.start_entry,
					    &opts.start_offset);
			imans_replay_values(replay, &pcrs);
			rest = open_list(&l, opts.format, opts);
			replay_rest(&l, rest, &pcrs, ascii, opts.start_entry);
			imans_list_close(rest);
			assert_int_equal(imans_list_next(list, &e), 0);
			if (e)
				imans_replay_extend(replay, e);
		} while (e);
		imans_replay_free(replay);
		imans_list_close(list);
	}
	layout_free(&l);
}

static void test_resume(void **state)
{
	util_vectors("layout", check_resume, *state);
}

/* Every prefix is found by its values, in all banks; none by a wrong one. */
static void check_prefix(const struct vector *v, void *ctx)
{
	struct imans_list_opts opts = { .format = IMANS_FORMAT_AUTO };
	struct imans_prefix *prefix;
	const struct imans_entry *e;
	struct imans_list *list;
	uint64_t entries = 0;
	struct layout l;

	layout_init(&l, v, ctx);
	list = open_list(&l, IMANS_FORMAT_BINARY, opts);
	assert_int_equal(imans_prefix_new(ctx, &l.pcrs, NULL, &prefix), 0);
	while (imans_list_next(list, &e) == 0 && e) {
		assert_false(imans_prefix_found(prefix, &entries));
		assert_int_equal(imans_prefix_extend(prefix, e), 0);
	}
	assert_true(imans_prefix_found(prefix, &entries));
	assert_int_equal(entries, ENTRIES);
	for (int i = 0; i < IMANS_BANKS; i++)
		assert_int_equal(imans_prefix_bank(prefix, (enum imans_bank)i),
				 ENTRIES);
	imans_prefix_free(prefix);
	imans_list_close(list);

	l.pcrs.value[IMANS_SM3][31] ^= 1;
	list = open_list(&l, IMANS_FORMAT_BINARY, opts);
	assert_int_equal(imans_prefix_new(ctx, &l.pcrs, NULL, &prefix), 0);
	while (imans_list_next(list, &e) == 0 && e)
		assert_int_equal(imans_prefix_extend(prefix, e), 0);
	assert_false(imans_prefix_found(prefix, &entries));
	assert_int_equal(imans_prefix_bank(prefix, IMANS_SHA1), ENTRIES);
	assert_true(imans_prefix_bank(prefix, IMANS_SM3) == IMANS_NO_ENTRY);
	assert_true(imans_prefix_bank(prefix, IMANS_BANKS) == IMANS_NO_ENTRY);
	imans_prefix_free(prefix);
	imans_list_close(list);
	layout_free(&l);
}

static void test_prefix(void **state)
{
	util_vectors("layout", check_prefix, *state);
}

static void test_prefix_arguments(void **state)
{
	struct imans_pcrs quoted = { .banks = 0 }, start = { .banks = 1 };
	struct imans_replay_opts opts = {
		.sz = sizeof(opts), .start = &start, .banks = 2,
	};
	struct imans_prefix *prefix;
	struct imans_replay *replay;
	uint64_t entries;

	assert_int_equal(imans_prefix_new(*state, &quoted, NULL, &prefix),
			 -EINVAL);
	quoted.banks = 1 << IMANS_BANKS;
	assert_int_equal(imans_prefix_new(*state, &quoted, NULL, &prefix),
			 -EINVAL);
	/* A bank that there is no value of. */
	assert_int_equal(imans_replay_new(*state, &opts, &replay), -EINVAL);
	/* No entry at all is a prefix, too. */
	quoted.banks = IMANS_BANK(IMANS_SHA256);
	assert_int_equal(imans_prefix_new(*state, &quoted, NULL, &prefix), 0);
	assert_true(imans_prefix_found(prefix, &entries));
	assert_true(entries == 0);
	imans_prefix_free(prefix);
}

/* Each bit of a text: refused, unless nothing vouches for it. */
static void check_flipped(const struct vector *v, void *ctx)
{
	struct imans_list_opts opts = { .format = IMANS_FORMAT_ASCII };
	struct layout l;
	size_t missed = 0, bits = 0;

	layout_init(&l, v, ctx);
	opts.header = l.header;
	opts.byte_order = l.order;
	for (size_t i = 0; i < l.ascii.len; i++) {
		const struct imans_entry *e;
		struct imans_list *list;
		bool vouched = true;
		int ret;

		l.ascii.data[i] ^= (uint8_t)(1 << i % 7);
		list = open_list(&l, IMANS_FORMAT_ASCII, opts);
		while ((ret = imans_list_next(list, &e)) == 0 && e) {
			uint64_t at, end;

			imans_list_position(list, &at, &end);
			if (i >= imans_entry_offset(e) && i < end)
				vouched = !imans_entry_violation(e) &&
					  !imans_entry_opaque(e) &&
					  /* nor is the PCR hashed */
					  i - imans_entry_offset(e) >= 2;
		}
		bits++;
		if (ret == 0 && vouched)
			missed++;
		imans_list_close(list);
		l.ascii.data[i] ^= (uint8_t)(1 << i % 7);
	}
	assert_true(bits > 1000);
	assert_int_equal(missed, 0);
	layout_free(&l);
}

static void test_flipped(void **state)
{
	util_vectors("layout", check_flipped, *state);
}

/* Each length of both: whole entries are read, the rest is an error. */
static void check_truncated(const struct vector *v, void *ctx)
{
	struct layout l;

	layout_init(&l, v, ctx);
	for (int ascii = 0; ascii < 2; ascii++) {
		struct imans_list_opts opts = {
			.header = l.header, .byte_order = l.order,
			.format = ascii ? IMANS_FORMAT_ASCII :
					  IMANS_FORMAT_BINARY,
		};
		struct bl_bytes *b = ascii ? &l.ascii : &l.binary;
		const size_t len = b->len;

		for (b->len = 0; b->len < len; b->len++) {
			struct imans_list *list = open_list(&l, opts.format,
							    opts);
			const struct imans_entry *e;
			uint64_t at, end;
			int ret;

			while ((ret = imans_list_next(list, &e)) == 0 && e)
				;
			imans_list_position(list, &at, &end);
			assert_int_equal(ret, end == b->len ? 0 : -EBADMSG);
			imans_list_close(list);
		}
	}
	layout_free(&l);
}

static void test_truncated(void **state)
{
	util_vectors("layout", check_truncated, *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reading),
		TEST(test_same),
		TEST(test_resume),
		TEST(test_prefix),
		TEST(test_prefix_arguments),
		TEST(test_flipped),
		TEST(test_truncated),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
