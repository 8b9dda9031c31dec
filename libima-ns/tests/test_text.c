// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lines of text that are refused, declared templates, and lists that grow. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util.h"

#define ZERO20	"0000000000000000000000000000000000000000"
#define SOME20	"00112233445566778899aabbccddeeff00112233"
#define HEAD	"10 " SOME20

struct bad_line {
	const char *text;
	int err;
	const char *message;
};

static const struct bad_line bad_lines[] = {
	{ "10 " SOME20 " ima-ng sha256:00 /a", -EBADMSG, "the line is cut off" },
	{ "\n", -EBADMSG, "byte 0: the line does not begin with a PCR" },
	{ "x\n", -EBADMSG, "byte 0: the line does not begin with a PCR" },
	{ "32 " SOME20 " ima-ng sha256:00 /a\n", -EBADMSG, "with a PCR" },
	{ "-1 " SOME20 " ima-ng sha256:00 /a\n", -EBADMSG, "with a PCR" },
	{ "10 0011 ima-ng sha256:00 /a\n", -EBADMSG,
	  "byte 3: no template digest of that size" },
	{ "10 g0112233445566778899aabbccddeeff00112233 ima-ng a:00 /\n",
	  -EBADMSG, "byte 3: no template digest of that size" },
	{ HEAD "\n", -EBADMSG, "the template has no name" },
	{ HEAD "  sha256:00 /a\n", -EBADMSG, "the template has no name" },
	{ HEAD " i\tma sha256:00 /a\n", -EBADMSG,
	  "byte 45: the template name holds byte 0x09" },
	{ HEAD " ima-ng sha256:00\n", -EBADMSG, "fewer fields" },
	{ HEAD " ima-ng sha256:00 /a b\n", -EBADMSG,
	  "more fields than the template has, or a name with a space" },
	{ HEAD " ima-ng 0011 /a\n", -EBADMSG, "a digest lacks its algorithm" },
	{ HEAD " ima-ng sha256:001 /a\n", -EBADMSG, "as hexadecimal" },
	{ HEAD " ima-ng sha256:AB /a\n", -EBADMSG, "as hexadecimal" },
	{ HEAD " ima-sig sha256:00 /a 0g\n", -EBADMSG, "as hexadecimal" },
	{ HEAD " ima 00 /a\n", -EBADMSG, "neither SHA-1 nor MD5" },
	{ HEAD " ima " SOME20 "\n", -EBADMSG, "fewer fields" },
	{ HEAD " ima-ns sha256:00 /a -1 l\n", -EBADMSG, "is not the number" },
	{ HEAD " ima-ns sha256:00 /a 18446744073709551616 l\n", -EBADMSG,
	  "is not the number" },
	{ HEAD " d-ng|n-ng|imode sha256:00 /a 65536\n", -EBADMSG,
	  "is not the number" },
	{ HEAD " ima-ng sha256:00 /a\n", -EBADMSG,
	  "byte 0: the digest is not that of the line" },
	/* A whole violation, and the rest of its name. */
	{ "10 " ZERO20 " ima-ng sha256:00 /memfd:x\ny\n", -EBADMSG,
	  "entry 1: byte 70: the line does not begin with a PCR" },
};

static int read_text(struct imans_ctx *ctx, const char *text, size_t len,
		     struct imans_list_opts *opts, uint64_t *entries)
{
	const struct imans_entry *e;
	struct imans_list *list;
	int ret;

	opts->sz = sizeof(*opts);
	opts->format = IMANS_FORMAT_ASCII;
	*entries = 0;
	ret = imans_list_open_mem(ctx, text, len, opts, &list);
	if (ret)
		return ret;
	while ((ret = imans_list_next(list, &e)) == 0 && e)
		++*entries;
	imans_list_close(list);
	return ret;
}

static void test_bad_lines(void **state)
{
	for (size_t i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++) {
		const struct bad_line *bad = &bad_lines[i];
		struct imans_list_opts opts = { .header = IMANS_HEADER_SHA1 };
		uint64_t entries;
		int ret = read_text(*state, bad->text, strlen(bad->text), &opts,
				    &entries);

		if (ret != bad->err ||
		    !strstr(imans_ctx_error(*state), bad->message))
			fail_msg("%s: %d, %s", bad->text, ret,
				 imans_ctx_error(*state));
		/* The same, with everything to be found out. */
		opts.header = IMANS_HEADER_AUTO;
		assert_int_equal(read_text(*state, bad->text, strlen(bad->text),
					   &opts, &entries), bad->err);
	}
}

/* A line without end is not read into memory without end. */
static void test_endless_line(void **state)
{
	size_t len = 10U << 20;
	struct imans_list_opts opts = { .header = IMANS_HEADER_SHA1 };
	char *text = malloc(len);
	uint64_t entries;

	memset(text, '1', len);
	assert_int_equal(read_text(*state, text, len, &opts, &entries),
			 -EMSGSIZE);
	free(text);
}

/* One entry in a template that only the caller knows. */
static struct bl_bytes own_template(enum imans_header header)
{
	struct bl_list built = { .entries = NULL };
	struct bl_bytes data = bl_data_ng("/bin/sh", "sh"), out;

	bl_put_field(&data, "dep", 3);
	bl_add(&built, 10, "ima-cgpath", data, false);
	out = bl_list_bytes(&built, header);
	bl_list_free(&built);
	return out;
}

static void test_declared(void **state)
{
	static const struct imans_template_decl decl = {
		"ima-cgpath", "d-ng|n-ng|dep",
	};
	struct imans_list_opts opts = {
		.sz = sizeof(opts), .templates = &decl, .template_count = 1,
	};
	struct bl_bytes b = own_template(IMANS_HEADER_SHA256);
	const struct imans_entry *e;
	struct imans_field field;
	struct imans_list *list;
	const char *name;
	size_t len;

	assert_int_equal(imans_list_open_mem(*state, b.data, b.len, NULL,
					     &list), 0);
	assert_int_equal(imans_list_next(list, &e), 0);
	assert_true(imans_entry_opaque(e));
	assert_int_equal(imans_entry_check_digest(e), 0);
	imans_list_close(list);

	assert_int_equal(imans_list_open_mem(*state, b.data, b.len, &opts,
					     &list), 0);
	assert_int_equal(imans_list_next(list, &e), 0);
	assert_false(imans_entry_opaque(e));
	assert_int_equal(imans_entry_name(e, &name, &len), 0);
	assert_memory_equal(name, "/bin/sh", 7);
	assert_int_equal(imans_entry_field_by_id(e, "dep", &field), 0);
	assert_int_equal(field.len, 3);
	assert_memory_equal(field.data, "dep", 3);
	imans_list_close(list);
	free(b.data);
}

static void test_bad_declarations(void **state)
{
	static const struct imans_template_decl bad[] = {
		{ NULL, "d-ng" }, { "x", NULL }, { "", "d-ng" },
		{ "a b", "d-ng" }, { "x", "" }, { "x", "d-ng|" },
		{ "x", "d-ng||n-ng" }, { "x", "a field" },
		{ "x", "seventeen-letters" },
		{ "x", "a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q" },
		/* what is known keeps its meaning */
		{ "ima-ng", "n-ng|d-ng" }, { "d-ng|n-ng", "n-ng|d-ng" },
	};
	static const struct imans_template_decl twice[] = {
		{ "x", "d-ng" }, { "x", "n-ng" },
	};
	struct imans_list_opts opts = {
		.sz = sizeof(opts), .template_count = 1,
	};
	struct imans_list *list = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		opts.templates = &bad[i];
		if (imans_list_open_mem(*state, "", 0, &opts, &list) != -EINVAL)
			fail_msg("declaration %zu", i);
	}
	opts.templates = twice;
	opts.template_count = 2;
	assert_int_equal(imans_list_open_mem(*state, "", 0, &opts, &list),
			 -EINVAL);
	opts.templates = NULL;
	assert_int_equal(imans_list_open_mem(*state, "", 0, &opts, &list),
			 -EINVAL);
	opts = (struct imans_list_opts){ .sz = sizeof(opts), .byte_order = 3 };
	assert_int_equal(imans_list_open_mem(*state, "", 0, &opts, &list),
			 -EINVAL);
	opts = (struct imans_list_opts){ .sz = sizeof(opts), .format = 3 };
	assert_int_equal(imans_list_open_mem(*state, "", 0, &opts, &list),
			 -EINVAL);
	opts = (struct imans_list_opts){ .sz = sizeof(opts), .header = 6 };
	assert_int_equal(imans_list_open_mem(*state, "", 0, &opts, &list),
			 -EINVAL);
	opts = (struct imans_list_opts){ .sz = sizeof(opts), .follow = true };
	assert_int_equal(imans_list_open_mem(*state, "", 0, &opts, &list),
			 -EINVAL);
	opts = (struct imans_list_opts){
		.sz = sizeof(opts), .start_offset = 1,
	};
	assert_int_equal(imans_list_open_mem(*state, "", 0, &opts, &list),
			 -ERANGE);
	assert_null(list);
}

/* In text, of a template that is not known there is the digest alone. */
static void test_unknown_text(void **state)
{
	static const char text[] = HEAD " no-such-template what it holds\n";
	struct imans_list_opts opts = {
		.sz = sizeof(opts), .format = IMANS_FORMAT_AUTO,
	};
	struct imans_replay_opts replay_opts = {
		.sz = sizeof(replay_opts), .banks = IMANS_BANK(IMANS_SHA1),
	};
	const struct imans_entry *e;
	struct imans_replay *replay;
	struct imans_list *list;
	uint8_t digest[IMANS_DIGEST_MAX];

	assert_int_equal(imans_list_open_mem(*state, text, sizeof(text) - 1,
					     &opts, &list), 0);
	assert_int_equal(imans_list_format(list), IMANS_FORMAT_ASCII);
	assert_int_equal(imans_list_next(list, &e), 0);
	assert_true(imans_entry_opaque(e));
	assert_int_equal(imans_entry_check_digest(e), -ENODATA);
	assert_int_equal(imans_entry_template_digest(e, IMANS_SHA1, digest, 64),
			 0);
	assert_int_equal(imans_entry_template_digest(e, IMANS_SHA256, digest,
						     64), -ENODATA);
	assert_int_equal(imans_replay_new(*state, &replay_opts, &replay), 0);
	assert_int_equal(imans_replay_extend(replay, e), 0);
	imans_replay_free(replay);
	assert_int_equal(imans_replay_new(*state, NULL, &replay), 0);
	assert_int_equal(imans_replay_extend(replay, e), -ENODATA);
	imans_replay_free(replay);
	imans_list_close(list);
}

/* A file that grows byte by byte. */
static void test_follow_file(void **state)
{
	static const struct imans_list_opts opts = {
		.sz = sizeof(opts), .follow = true,
	};
	struct bl_bytes b = own_template(IMANS_HEADER_SHA384);
	char path[] = "/tmp/imans-test-XXXXXX";
	int fd = mkstemp(path);
	const struct imans_entry *e;
	struct imans_list *list;

	assert_true(fd >= 0);
	assert_int_equal(imans_list_open_file(*state, path, &opts, &list), 0);
	assert_int_equal(imans_list_wait(list, 0), -ETIMEDOUT);
	for (int twice = 0; twice < 2; twice++) {
		for (size_t i = 0; i < b.len; i++) {
			assert_int_equal(imans_list_next(list, &e), 0);
			assert_null(e);
			assert_int_equal(write(fd, b.data + i, 1), 1);
			assert_int_equal(imans_list_wait(list, -1), 0);
		}
		assert_int_equal(imans_list_next(list, &e), 0);
		assert_non_null(e);
		assert_int_equal(imans_entry_check_digest(e), 0);
		assert_int_equal(imans_entry_index(e), twice);
		assert_int_equal(imans_list_header(list), IMANS_HEADER_SHA384);
	}
	assert_int_equal(imans_list_wait(list, 60), -ETIMEDOUT);
	imans_list_close(list);
	close(fd);
	unlink(path);
	free(b.data);
}

/* What poll() can wait for, and its end. */
static void test_follow_socket(void **state)
{
	static const struct imans_list_opts opts = {
		.sz = sizeof(opts), .follow = true, .header = IMANS_HEADER_SM3,
		.byte_order = IMANS_ORDER_LITTLE,
	};
	struct bl_bytes b = own_template(IMANS_HEADER_SM3);
	const struct imans_entry *e;
	struct imans_list *list;
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(imans_list_open_fd(*state, fd[0], &opts, &list), 0);
	close(fd[0]);
	assert_int_equal(imans_list_wait(list, 20), -ETIMEDOUT);
	assert_int_equal(write(fd[1], b.data, b.len), (ssize_t)b.len);
	assert_int_equal(imans_list_wait(list, 10000), 0);
	close(fd[1]);
	assert_int_equal(imans_list_next(list, &e), 0);
	assert_non_null(e);
	assert_int_equal(imans_list_wait(list, -1), -EPIPE);
	imans_list_close(list);

	assert_int_equal(imans_list_open_mem(*state, b.data, b.len, NULL,
					     &list), 0);
	assert_int_equal(imans_list_wait(list, 0), -EINVAL);
	imans_list_close(list);
	free(b.data);
}

/* From a place on, in a file, and in a pipe that can't be sought. */
static void test_start(void **state)
{
	struct bl_bytes b = own_template(IMANS_HEADER_SHA1);
	struct imans_list_opts opts = {
		.sz = sizeof(opts), .start_entry = 1, .start_offset = b.len,
	};
	char path[] = "/tmp/imans-test-XXXXXX";
	int fd = mkstemp(path), pipe_fd[2];

	assert_true(fd >= 0);
	assert_int_equal(pipe(pipe_fd), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(write(fd, b.data, b.len), (ssize_t)b.len);
		assert_int_equal(write(pipe_fd[1], b.data, b.len),
				 (ssize_t)b.len);
	}
	close(fd);
	close(pipe_fd[1]);
	for (int piped = 0; piped < 2; piped++) {
		const struct imans_entry *e;
		struct imans_list *list;

		if (piped)
			assert_int_equal(imans_list_open_fd(*state, pipe_fd[0],
							    &opts, &list), 0);
		else
			assert_int_equal(imans_list_open_file(*state, path,
							      &opts, &list), 0);
		assert_int_equal(imans_list_next(list, &e), 0);
		assert_int_equal(imans_entry_index(e), 1);
		assert_int_equal(imans_entry_offset(e), b.len);
		assert_int_equal(imans_list_next(list, &e), 0);
		assert_null(e);
		imans_list_close(list);
		opts.start_offset++;
		assert_int_equal(imans_list_open_file(*state, path, &opts,
						      &list), -EBADMSG);
		opts.start_offset = 2 * b.len + 1;
		assert_int_equal(imans_list_open_file(*state, path, &opts,
						      &list), -ERANGE);
		opts.start_offset = b.len;
	}
	close(pipe_fd[0]);
	unlink(path);
	free(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bad_lines),
		TEST(test_endless_line),
		TEST(test_declared),
		TEST(test_bad_declarations),
		TEST(test_unknown_text),
		TEST(test_follow_file),
		TEST(test_follow_socket),
		TEST(test_start),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
