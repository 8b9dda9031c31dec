// SPDX-License-Identifier: LGPL-2.1-or-later
/* Parsing: good lists, and lists damaged in every way. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

/* Three entries of three templates, a violation among them. */
static struct bl_bytes small_list(enum imans_header header)
{
	struct bl_list list = { .entries = NULL };
	struct bl_bytes data = bl_data_ng("/bin/sh", "sh"), out;

	bl_add(&list, 10, "ima-ng", data, false);
	data = bl_data_ng("/var/log/x", "");
	bl_add(&list, 11, "ima-ng", data, true);
	bl_add(&list, 10, "ima-buf", bl_data_buf("sha1", "key", "BUF", 3),
	       false);
	out = bl_list_bytes(&list, header);
	bl_list_free(&list);
	return out;
}

static void check_small(struct imans_list *list)
{
	const struct imans_entry *e;
	struct imans_file_digest digest;
	const uint8_t *buf;
	const char *name;
	uint64_t nsid;
	size_t len;

	assert_int_equal(imans_list_next(list, &e), 0);
	assert_true(imans_entry_index(e) == 0 && imans_entry_offset(e) == 0);
	assert_int_equal(imans_entry_pcr(e), 10);
	assert_string_equal(imans_entry_template(e), "ima-ng");
	assert_int_equal(imans_entry_name(e, &name, &len), 0);
	assert_int_equal(len, 7);
	assert_memory_equal(name, "/bin/sh", 7);
	assert_int_equal(imans_entry_file_digest(e, &digest), 0);
	assert_string_equal(digest.algo, "sha256");
	assert_string_equal(digest.type, "");
	assert_int_equal(digest.len, 32);
	assert_int_equal(imans_entry_nsid(e, &nsid), -ENODATA);
	assert_int_equal(imans_entry_label(e, &name, &len), -ENODATA);
	assert_int_equal(imans_entry_sig(e, &buf, &len), -ENODATA);
	assert_int_equal(imans_entry_check_digest(e), 0);

	assert_int_equal(imans_list_next(list, &e), 0);
	assert_true(imans_entry_violation(e));
	assert_int_equal(imans_entry_pcr(e), 11);
	assert_int_equal(imans_entry_check_digest(e), 0);

	assert_int_equal(imans_list_next(list, &e), 0);
	assert_true(imans_entry_index(e) == 2);
	assert_int_equal(imans_entry_buf(e, &buf, &len), 0);
	assert_int_equal(len, 3);
	assert_memory_equal(buf, "BUF", 3);
	assert_int_equal(imans_entry_field_count(e, &len), 0);
	assert_int_equal(len, 3);

	assert_int_equal(imans_list_next(list, &e), 0);
	assert_null(e);
	assert_int_equal(imans_list_next(list, &e), 0);
	assert_null(e);
}

static void test_good(void **state)
{
	for (int header = IMANS_HEADER_SHA1; header <= IMANS_HEADER_SM3;
	     header++) {
		struct bl_bytes b = small_list((enum imans_header)header);
		struct imans_list *list;

		assert_int_equal(imans_list_open_mem(*state, b.data, b.len,
						     NULL, &list), 0);
		assert_int_equal(imans_list_header(list), header);
		check_small(list);
		imans_list_close(list);
		free(b.data);
	}
}

static void test_fd_and_file(void **state)
{
	struct bl_bytes b = small_list(IMANS_HEADER_SHA256);
	char path[] = "/tmp/imans-test-XXXXXX";
	struct imans_list *list;
	int pipe_fd[2], fd;

	/* A pipe can't be sought, and gives what it has. */
	assert_int_equal(pipe(pipe_fd), 0);
	assert_int_equal(write(pipe_fd[1], b.data, b.len), (ssize_t)b.len);
	close(pipe_fd[1]);
	assert_int_equal(imans_list_open_fd(*state, pipe_fd[0], NULL, &list),
			 0);
	close(pipe_fd[0]);
	check_small(list);
	imans_list_close(list);

	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, b.data, b.len), (ssize_t)b.len);
	close(fd);
	assert_int_equal(imans_list_open_file(*state, path, NULL, &list), 0);
	check_small(list);
	imans_list_close(list);
	unlink(path);
	assert_int_equal(imans_list_open_file(*state, path, NULL, &list),
			 -ENOENT);
	assert_non_null(strstr(imans_ctx_error(*state), path));
	assert_int_equal(imans_list_open_fd(*state, -1, NULL, &list), -EBADF);
	fd = open("/", O_RDONLY | O_DIRECTORY);
	assert_int_equal(imans_list_open_fd(*state, fd, NULL, &list), -EISDIR);
	close(fd);
	free(b.data);
}

/* Read all of it; the first error, or 0. Every accessor is called. */
static int read_all(struct imans_ctx *ctx, const struct bl_bytes *b,
		    enum imans_header header, uint64_t *entries)
{
	struct imans_list_opts opts = {
		.sz = sizeof(opts), .header = header, .name = "small",
	};
	const struct imans_entry *e;
	struct imans_list *list;
	int ret, bad_digest = 0;

	*entries = 0;
	ret = imans_list_open_mem(ctx, b->data, b->len, &opts, &list);
	if (ret)
		return ret;
	while ((ret = imans_list_next(list, &e)) == 0 && e) {
		struct imans_file_digest digest;
		enum imans_event event;
		uint8_t hash[64];
		const uint8_t *p;
		const char *s;
		uint64_t nsid;
		size_t len;

		++*entries;
		imans_entry_file_digest(e, &digest);
		imans_entry_name(e, &s, &len);
		imans_entry_nsid(e, &nsid);
		imans_entry_label(e, &s, &len);
		imans_entry_sig(e, &p, &len);
		imans_entry_buf(e, &p, &len);
		imans_entry_event(e, &event);
		assert_int_equal(imans_entry_template_digest(e, IMANS_SHA512,
							     hash, 64), 0);
		if (imans_entry_check_digest(e) && !bad_digest)
			bad_digest = -EBADMSG;
	}
	imans_list_close(list);
	return ret ? ret : bad_digest;
}

/* A copy of just that length, so that reading past it is seen. */
static struct bl_bytes exact(const struct bl_bytes *b, size_t len)
{
	struct bl_bytes copy = { malloc(len ? len : 1), len };

	memcpy(copy.data, b->data, len);
	return copy;
}

static void test_truncated(void **state)
{
	struct bl_bytes whole = small_list(IMANS_HEADER_SHA1);
	size_t cuts[] = { 0, 0, 0, 0 }, n = 0;
	const struct imans_entry *e;
	struct imans_list *list;
	uint64_t entries;

	assert_int_equal(imans_list_open_mem(*state, whole.data, whole.len,
					     NULL, &list), 0);
	while (imans_list_next(list, &e) == 0 && e)
		cuts[n++] = imans_entry_offset(e);
	imans_list_close(list);
	for (size_t len = 0; len < whole.len; len++) {
		struct bl_bytes b = exact(&whole, len);
		bool boundary = false;
		char place[64];
		int ret;

		for (size_t i = 0; i < n; i++)
			if (len >= cuts[i])
				snprintf(place, sizeof(place),
					 "small: entry %zu: byte ", i);
		for (size_t i = 0; i < n; i++)
			boundary |= len == cuts[i];
		ret = read_all(*state, &b, IMANS_HEADER_SHA1, &entries);
		assert_int_equal(ret, boundary ? 0 : -EBADMSG);
		if (ret)
			assert_non_null(strstr(imans_ctx_error(*state), place));
		/* The same without being told the layout: never a crash. */
		ret = read_all(*state, &b, IMANS_HEADER_AUTO, &entries);
		assert_int_equal(ret, boundary ? 0 : -EBADMSG);
		free(b.data);
	}
	free(whole.data);
}

/*
 * Whether a list alone can't show that a byte was changed: PCRs, names of
 * templates, which may become unknown ones, and the violation's data and its
 * length, which IMA does not authenticate.
 */
static bool unprotected(size_t at, size_t digest_size)
{
	/* Lengths of the three entries' names and data, as small_list() has. */
	static const size_t name_len[] = { 6, 6, 7 };
	static const size_t data_len[] = { 56, 59, 45 };

	for (int i = 0; i < 3; i++) {
		size_t name = 4 + digest_size + 4;
		size_t data = name + name_len[i] + 4;

		if (at < data + data_len[i])
			return at < 4 ||
			       (at >= name && at < name + name_len[i]) ||
			       (i == 1 && at >= data - 4);
		at -= data + data_len[i];
	}
	fail();
	return false;
}

/* Each bit of each byte: refused, or seen by the digest. */
static void test_flipped(void **state)
{
	for (int header = IMANS_HEADER_SHA1; header <= IMANS_HEADER_SM3;
	     header++) {
		struct bl_bytes b = small_list((enum imans_header)header);
		size_t size = imans_bank_size((enum imans_bank)(header - 1));

		for (size_t bit = 0; bit < b.len * 8; bit++) {
			uint64_t entries;
			int ret;

			b.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			ret = read_all(*state, &b, (enum imans_header)header,
				       &entries);
			if (ret == 0 && !unprotected(bit / 8, size))
				fail_msg("bit %zu was missed", bit);
			read_all(*state, &b, IMANS_HEADER_AUTO, &entries);
			b.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		free(b.data);
	}
}

struct bad_list {
	const char *what;
	int err;
	const char *hex;
	const char *message;
};

/* Header of an entry with SHA-1: PCR 10, digest, length of the name. */
#define HEAD	"0a000000" "00112233445566778899aabbccddeeff00112233"
#define IMA_NG	"06000000" "696d612d6e67"

static const struct bad_list bad_lists[] = {
	{ "PCR 32", -EBADMSG, "20000000" "00112233445566778899aabbccddeeff"
	  "00112233" IMA_NG "00000000", "byte 0: there is no PCR 32" },
	{ "no name", -EBADMSG, HEAD "00000000" "00000000",
	  "byte 24: the template has no name" },
	{ "name of 256", -EMSGSIZE, HEAD "00010000" "00000000",
	  "byte 24: a template name of 256 bytes, more than 255" },
	{ "name of 4 GiB", -EMSGSIZE, HEAD "ffffffff" "00",
	  "byte 24: a template name of 4294967295 bytes, more than 255" },
	{ "name with a NUL", -EBADMSG, HEAD "06000000" "696d61006e67" "00000000",
	  "byte 31: the template name holds byte 0x00" },
	{ "name with a newline", -EBADMSG, HEAD "02000000" "610a" "00000000",
	  "byte 29: the template name holds byte 0x0a" },
	{ "data of 4 GiB", -EMSGSIZE, HEAD IMA_NG "ffffffff" "00",
	  "byte 34: template data of 4294967295 bytes, more than 4194304" },
	{ "data past the end", -EBADMSG, HEAD IMA_NG "0a000000" "000102",
	  "byte 38: the template data runs 7 bytes past the end" },
	{ "ima, name of 256", -EMSGSIZE, HEAD "03000000" "696d61"
	  "00112233445566778899aabbccddeeff00112233" "00010000",
	  "byte 51: an event name of 256 bytes, more than 255" },
	{ "ima, name past the end", -EBADMSG, HEAD "03000000" "696d61"
	  "00112233445566778899aabbccddeeff00112233" "05000000" "6162",
	  "the event name runs 3 bytes past the end" },
	{ "a header alone", -EBADMSG, "0a000000" "0011",
	  "byte 0: the entry's header runs 22 bytes past the end" },
};

static void test_bad_framing(void **state)
{
	for (size_t i = 0; i < sizeof(bad_lists) / sizeof(bad_lists[0]); i++) {
		const struct bad_list *bad = &bad_lists[i];
		struct bl_bytes b;
		uint64_t entries;
		int ret;

		assert_true(util_unhex(bad->hex, &b));
		ret = read_all(*state, &b, IMANS_HEADER_SHA1, &entries);
		if (ret != bad->err ||
		    !strstr(imans_ctx_error(*state), bad->message) ||
		    strncmp(imans_ctx_error(*state), "small: entry 0: ", 16))
			fail_msg("%s: %d, \"%s\"", bad->what, ret,
				 imans_ctx_error(*state));
		free(b.data);
	}
}

/* Template data that is not what the template says. */
static const struct bad_list bad_fields[] = {
	{ "no field", -EBADMSG, "", "ends before a field's length" },
	{ "half a length", -EBADMSG, "0100", "ends before a field's length" },
	{ "one field", -EBADMSG, "0100000041", "ends before a field's length" },
	{ "field past the end", -EBADMSG, "0100000041" "0200000041",
	  "a field runs past" },
	{ "field of 4 GiB", -EBADMSG, "ffffffff41", "a field runs past" },
	{ "a third field", -EBADMSG, "0100000041" "0100000000" "00000000",
	  "bytes follow" },
	{ "name without NUL", -EBADMSG, "0100000041" "0100000041",
	  "lacks its terminating NUL" },
	{ "empty name", -EBADMSG, "0100000041" "00000000",
	  "lacks its terminating NUL" },
	{ "name with a NUL", -EBADMSG, "0100000041" "0300000041" "0000",
	  "holds a NUL" },
};

static void test_bad_fields(void **state)
{
	for (size_t i = 0; i < sizeof(bad_fields) / sizeof(bad_fields[0]);
	     i++) {
		const struct bad_list *bad = &bad_fields[i];
		struct bl_list built = { .entries = NULL };
		const struct imans_entry *e;
		struct imans_list *list;
		struct bl_bytes b;
		const char *name;
		size_t len;

		assert_true(util_unhex(bad->hex, &b));
		bl_add(&built, 10, "ima-ng", b, false);
		b = bl_list_bytes(&built, IMANS_HEADER_SHA1);
		assert_int_equal(imans_list_open_mem(*state, b.data, b.len,
						     NULL, &list), 0);
		/* The list goes on: the frame is whole, and is replayed. */
		assert_int_equal(imans_list_next(list, &e), 0);
		assert_int_equal(imans_entry_check_digest(e), 0);
		assert_int_equal(imans_entry_name(e, &name, &len), bad->err);
		if (!strstr(imans_ctx_error(*state), bad->message))
			fail_msg("%s: \"%s\"", bad->what,
				 imans_ctx_error(*state));
		imans_list_close(list);
		free(b.data);
		bl_list_free(&built);
	}
}

struct digest_field {
	const char *what;
	int ret;
	const char *field;
	size_t len;
	const char *type, *algo;
	size_t digest_len;
};

static const struct digest_field digest_fields[] = {
	{ "plain", 0, "sha1:\0" "1234", 10, "", "sha1", 4 },
	{ "typed", 0, "verity:sha256:\0" "12", 17, "verity", "sha256", 2 },
	{ "no digest", 0, "md5:\0", 5, "", "md5", 0 },
	{ "empty", -EBADMSG, "", 0, NULL, NULL, 0 },
	{ "no colon", -EBADMSG, "sha1\0" "1234", 9, NULL, NULL, 0 },
	{ "no NUL", -EBADMSG, "sha1:", 5, NULL, NULL, 0 },
	{ "NUL first", -EBADMSG, "\0sha1:", 6, NULL, NULL, 0 },
	{ "colon alone", -EBADMSG, ":\0", 2, NULL, NULL, 0 },
	{ "no algorithm", -EBADMSG, "ima::\0", 6, NULL, NULL, 0 },
	{ "three colons", -EBADMSG, "a:b:c:\0", 7, NULL, NULL, 0 },
	{ "long algorithm", -EBADMSG, "0123456789012345678901234567890123:\0",
	  36, NULL, NULL, 0 },
	{ "long type", -EBADMSG, "0123456789012345:sha1:\0", 23, NULL, NULL,
	  0 },
};

static void test_digest_fields(void **state)
{
	for (size_t i = 0; i < sizeof(digest_fields) / sizeof(digest_fields[0]);
	     i++) {
		const struct digest_field *f = &digest_fields[i];
		struct bl_list built = { .entries = NULL };
		struct bl_bytes b = { NULL, 0 };
		struct imans_file_digest digest;
		const struct imans_entry *e;
		struct imans_list *list;
		int ret;

		bl_put_field(&b, f->field, f->len);
		bl_put_field(&b, "n", 2);
		bl_add(&built, 10, "ima-ngv2", b, false);
		b = bl_list_bytes(&built, IMANS_HEADER_SHA1);
		assert_int_equal(imans_list_open_mem(*state, b.data, b.len,
						     NULL, &list), 0);
		assert_int_equal(imans_list_next(list, &e), 0);
		ret = imans_entry_file_digest(e, &digest);
		if (ret != f->ret)
			fail_msg("%s: %d", f->what, ret);
		if (!ret) {
			assert_string_equal(digest.type, f->type);
			assert_string_equal(digest.algo, f->algo);
			assert_int_equal(digest.len, f->digest_len);
		}
		imans_list_close(list);
		free(b.data);
		bl_list_free(&built);
	}
}

static void test_opaque(void **state)
{
	static const char * const names[] = {
		"d-ng|n-ng|unknown", "nothing", "|", "d-ng|", "IMA-NG",
		"d|d|d|d|d|d|d|d|d|d|d|d|d|d|d|d|d",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct bl_list built = { .entries = NULL };
		struct bl_bytes b = { NULL, 0 };
		const struct imans_entry *e;
		struct imans_field field;
		struct imans_list *list;

		bl_put(&b, "xyz", 3);
		bl_add(&built, 10, names[i], b, false);
		b = bl_list_bytes(&built, IMANS_HEADER_SHA256);
		assert_int_equal(imans_list_open_mem(*state, b.data, b.len,
						     NULL, &list), 0);
		assert_int_equal(imans_list_next(list, &e), 0);
		assert_true(imans_entry_opaque(e));
		assert_int_equal(imans_entry_field(e, 0, &field), -ENODATA);
		assert_int_equal(imans_entry_check_digest(e), 0);
		imans_list_close(list);
		free(b.data);
		bl_list_free(&built);
	}
}

/* Entries larger than the first buffer, through a descriptor. */
static void test_large(void **state)
{
	struct bl_list built = { .entries = NULL };
	struct bl_bytes big = { calloc(1, 1 << 20), 1 << 20 }, b;
	char path[] = "/tmp/imans-test-XXXXXX";
	const struct imans_entry *e;
	struct imans_list *list;
	int fd = mkstemp(path), n = 0;

	for (int i = 0; i < 4; i++)
		bl_add(&built, 10, "ima-buf",
		       bl_data_buf("sha256", "big", big.data, big.len >> i),
		       false);
	b = bl_list_bytes(&built, IMANS_HEADER_SHA256);
	assert_int_equal(write(fd, b.data, b.len), (ssize_t)b.len);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(imans_list_open_fd(*state, fd, NULL, &list), 0);
	while (imans_list_next(list, &e) == 0 && e) {
		assert_int_equal(imans_entry_check_digest(e), 0);
		n++;
	}
	assert_int_equal(n, 4);
	imans_list_close(list);
	close(fd);
	unlink(path);
	free(b.data);
	free(big.data);
	bl_list_free(&built);
}

/* What can't be told apart is refused, not guessed. */
static void test_undetectable(void **state)
{
	struct bl_bytes b = small_list(IMANS_HEADER_SHA1);
	uint64_t entries;

	memset(b.data, 0xff, b.len);
	assert_int_equal(read_all(*state, &b, IMANS_HEADER_AUTO, &entries),
			 -EBADMSG);
	assert_int_equal(read_all(*state, &b, (enum imans_header)9, &entries),
			 -EINVAL);
	free(b.data);
}

static void count_logs(void *user, enum imans_log_level level,
		       const char *message)
{
	assert_int_equal(level, IMANS_LOG_ERROR);
	assert_null(strchr(message, '\n'));
	++*(int *)user;
}

static void test_log(void **state)
{
	struct bl_bytes b = small_list(IMANS_HEADER_SHA1);
	uint64_t entries;
	int logs = 0;

	imans_ctx_set_log(*state, count_logs, &logs);
	b.len--;
	assert_int_equal(read_all(*state, &b, IMANS_HEADER_SHA1, &entries),
			 -EBADMSG);
	assert_int_equal(entries, 2);
	assert_true(logs > 0);
	free(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good),
		TEST(test_fd_and_file),
		TEST(test_truncated),
		TEST(test_flipped),
		TEST(test_bad_framing),
		TEST(test_bad_fields),
		TEST(test_digest_fields),
		TEST(test_opaque),
		TEST(test_large),
		TEST(test_undetectable),
		TEST(test_log),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
