// SPDX-License-Identifier: LGPL-2.1-or-later
/* Evidence: written and read again, and what is refused. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quote_make.h"
#include "world.h"

static struct bl_bytes encoded(struct imans_ctx *ctx)
{
	struct imans_evidence *evidence;
	struct bl_bytes b = { NULL, 0 };
	struct qm_quote quote;
	struct bl_world w;
	struct qm_key key;

	qm_key_make(&key);
	qm_defaults(&quote);
	quote.verifier_id = "verifier";
	world_make(&w);
	evidence = qm_evidence(ctx, &w, &quote, &key);
	assert_int_equal(imans_evidence_set_firmware_log(evidence, "log", 3),
			 0);
	assert_int_equal(imans_evidence_encode(evidence, &b.data, &b.len), 0);
	imans_evidence_free(evidence);
	bl_world_free(&w);
	qm_key_free(&key);
	return b;
}

static void round_trip(void **state)
{
	struct bl_bytes b = encoded(*state), again;
	struct imans_evidence *evidence;
	struct imans_evidence_ns ns;

	assert_int_equal(imans_evidence_parse(*state, b.data, b.len, "x",
					      &evidence), 0);
	assert_string_equal(imans_evidence_verifier(evidence), "verifier");
	assert_int_equal(imans_evidence_ns_count(evidence), 3);
	assert_int_equal(imans_evidence_ns(evidence, 1, &ns), 0);
	assert_int_equal(ns.id, CTR);
	assert_int_equal(ns.parent, POD);
	assert_string_equal(ns.path, "1/2");
	assert_non_null(ns.key);
	assert_string_equal(ns.status, "state: active\n");
	assert_int_equal(imans_evidence_ns(evidence, 3, &ns), -ENOENT);
	assert_int_equal(imans_evidence_encode(evidence, &again.data,
					       &again.len), 0);
	assert_int_equal(again.len, b.len);
	assert_memory_equal(again.data, b.data, b.len);
	free(again.data);
	imans_evidence_free(evidence);
	free(b.data);
}

/* No part of a file is a file. */
static void truncated(void **state)
{
	struct bl_bytes b = encoded(*state);
	struct imans_evidence *evidence = NULL;

	for (size_t len = 0; len < b.len; len++) {
		/* Its own memory, so that a byte too far is seen. */
		uint8_t *part = malloc(len ? len : 1);

		memcpy(part, b.data, len);
		assert_int_equal(imans_evidence_parse(*state, part, len, "x",
						      &evidence), -EBADMSG);
		assert_null(evidence);
		free(part);
	}
	bl_put(&b, "", 1);
	assert_int_equal(imans_evidence_parse(*state, b.data, b.len, "x",
					      &evidence), -EBADMSG);
	assert_non_null(strstr(imans_ctx_error(*state),
			       "1 bytes after the evidence"));
	free(b.data);
}

/* Any byte may be wrong: an error or evidence, and never a crash. */
static void flipped(void **state)
{
	struct bl_bytes b = encoded(*state);

	for (size_t i = 0; i < b.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			struct imans_evidence *evidence = NULL;
			int err;

			b.data[i] ^= (uint8_t)(1 << bit);
			err = imans_evidence_parse(*state, b.data, b.len, "x",
						   &evidence);
			assert_true(!err || err == -EBADMSG ||
				    err == -EPROTONOSUPPORT);
			imans_evidence_free(evidence);
			b.data[i] ^= (uint8_t)(1 << bit);
		}
	}
	free(b.data);
}

/* Replaces the first occurrence; both are strings of CBOR. */
static bool replace(struct bl_bytes *b, const char *from, size_t from_len,
		    const char *to, size_t to_len)
{
	uint8_t *at = memmem(b->data, b->len, from, from_len);
	struct bl_bytes new = { NULL, 0 };

	if (!at)
		return false;
	bl_put(&new, b->data, (size_t)(at - b->data));
	bl_put(&new, to, to_len);
	bl_put(&new, at + from_len,
	       b->len - (size_t)(at - b->data) - from_len);
	free(b->data);
	*b = new;
	return true;
}

#define BYTES(text)	text, sizeof(text) - 1

static const struct {
	const char *name;
	const char *from;
	size_t from_len;
	const char *to;
	size_t to_len;
	int err;
	const char *reason;
} edits[] = {
	{ "an unknown key is passed over", BYTES("\x66""format"),
	  BYTES("\x63""new\x82\xa1\x01\xf6\xf9\x3c\x00\x66""format"), 0, NULL },
	{ "another format", BYTES("ima-ns evidence"),
	  BYTES("ima-ns evidencf"), -EBADMSG, "\"format\" is not" },
	{ "another version", BYTES("\x67version\x01"), BYTES("\x67version\x02"),
	  -EPROTONOSUPPORT, "version 2" },
	{ "version is text", BYTES("\x67version\x01"),
	  BYTES("\x67version\x61""1"), -EBADMSG,
	  "\"version\" is not an unsigned integer" },
	{ "a key is missing", BYTES("\x68verifier"), BYTES("\x68verifies"),
	  -EBADMSG, "\"verifier\" is missing" },
	{ "a key stands there twice", BYTES("\x66""format\x6f""ima-ns evidence"),
	  BYTES("\x66""format\x6f""ima-ns evidence\x66""format\x6f""ima-ns evidence"),
	  -EBADMSG, "\"format\" stands there twice" },
	{ "a number for a key", BYTES("\x66""format\x6f""ima-ns evidence"),
	  BYTES("\x01\x02\x66""format\x6f""ima-ns evidence"), -EBADMSG,
	  "is not a text string" },
	{ "an unknown value of no known length", BYTES("\x66""format"),
	  BYTES("\x63new\x9f\xff\x66""format"), -EBADMSG, "unknown key" },
	{ "a billion elements", BYTES("\x66""format"),
	  BYTES("\x63new\x9b\0\0\0\0\x40\0\0\0\x66""format"), -EBADMSG,
	  "unknown key" },
	{ "more elements than fit a counter", BYTES("\x66""format"),
	  BYTES("\x63new\xbb\xff\xff\xff\xff\xff\xff\xff\xff\x66""format"),
	  -EBADMSG, "unknown key" },
	{ "a map whose items overflow a counter", BYTES("\x66""format"),
	  BYTES("\x63new\xbb\x80\0\0\0\0\0\0\0\x66""format"), -EBADMSG,
	  "unknown key" },
	{ "no such bank", BYTES("\x64sha1\xa1"), BYTES("\x63md5\xa1"), -EBADMSG,
	  "does not name a bank" },
	{ "a bank twice", BYTES("\x66sha256\xa1"), BYTES("\x64sha1\xa1"),
	  -EBADMSG, "has a bank twice" },
	{ "PCR 24", BYTES("sha512\xa1\x0a"), BYTES("sha512\xa1\x18\x18"),
	  -EBADMSG, "PCR that a TPM does not have" },
	{ "a short PCR", BYTES("sha512\xa1\x0a\x58\x40"),
	  BYTES("sha512\xa1\x0a\x58\x3f"), -EBADMSG, "wrong length" },
	{ "a list with digests of sha384", BYTES("\x66""digest\x66sha256"),
	  BYTES("\x66""digest\x66sha384"), -EBADMSG, "neither sha1 nor sha256" },
	{ "a namespace 0", BYTES("\x62id\x03"), BYTES("\x62id\x00"), -EBADMSG,
	  "is the host's" },
	{ "a namespace twice", BYTES("\x62id\x03\x66parent\x00\x64path\x61""3"),
	  BYTES("\x62id\x01\x66parent\x00\x64path\x61""1"), -EBADMSG,
	  "namespace 1 stands there twice" },
	{ "a path of another namespace", BYTES("\x64path\x63""1/2"),
	  BYTES("\x64path\x63""1/3"), -EBADMSG, "\"path\" does not end" },
	{ "a path of another parent", BYTES("\x64path\x63""1/2"),
	  BYTES("\x64path\x63""4/2"), -EBADMSG, "\"path\" does not end" },
	{ "a path that goes elsewhere", BYTES("\x64path\x63""1/2"),
	  BYTES("\x64path\x66""../1/2"), -EBADMSG, "\"path\" does not end" },
	{ "a deep path", BYTES("\x64path\x63""1/2"), BYTES("\x64path\x67""9/8/1/2"),
	  0, NULL },
	{ "a path with a zero in front", BYTES("\x64path\x63""1/2"),
	  BYTES("\x64path\x66""08/1/2"), -EBADMSG, "\"path\" does not end" },
	{ "a short key", BYTES("\x63key\x58\x20"), BYTES("\x63key\x58\x1f"),
	  -EBADMSG, "is not 32 bytes" },
	{ "a verifier with a zero byte", BYTES("\x68verifier\x68verifier"),
	  BYTES("\x68verifier\x68verif\0er"), -EBADMSG, "contains a zero byte" },
	{ "an empty quote", BYTES("\x65quote\x58"), BYTES("\x65quote\x40"),
	  -EBADMSG, "wrong length" },
};

static void edited(void **state)
{
	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		struct bl_bytes b = encoded(*state);
		struct imans_evidence *evidence = NULL;
		int err;

		assert_true(replace(&b, edits[i].from, edits[i].from_len,
				    edits[i].to, edits[i].to_len));
		/* The map's count: a key more, or one twice. */
		if (edits[i].from_len == 7 && !memcmp(edits[i].from,
						      "\x66""format", 7))
			b.data[0]++;
		if (edits[i].to_len > edits[i].from_len &&
		    !memcmp(edits[i].from, "\x66""format\x6f", 8))
			b.data[0]++;
		err = imans_evidence_parse(*state, b.data, b.len, "ev.cbor",
					   &evidence);
		if (err != edits[i].err ||
		    (err && !strstr(imans_ctx_error(*state), edits[i].reason)))
			fail_msg("%s: %d, \"%s\"", edits[i].name, err,
				 imans_ctx_error(*state));
		if (err)
			assert_non_null(strstr(imans_ctx_error(*state),
					       "ev.cbor: byte "));
		imans_evidence_free(evidence);
		free(b.data);
	}
}

static void refused_setters(void **state)
{
	struct imans_evidence_ns ns = {
		.id = 5, .parent = 2, .path = "2/5",
		.header = IMANS_HEADER_SHA256, .list = (const uint8_t *)"",
	};
	uint8_t digest[IMANS_DIGEST_MAX] = { 0 };
	struct imans_evidence *evidence;
	char name[IMANS_VERIFIER_MAX + 2];
	uint8_t *data;
	size_t len;

	assert_int_equal(imans_evidence_new(*state, &evidence), 0);
	assert_int_equal(imans_evidence_set_pcr(evidence, IMANS_SHA256, 10,
						digest, 20), -EINVAL);
	assert_int_equal(imans_evidence_set_pcr(evidence, IMANS_SHA256, 24,
						digest, 32), -EINVAL);
	assert_int_equal(imans_evidence_set_pcr(evidence, IMANS_BANKS, 10,
						digest, 32), -EINVAL);
	memset(name, 'v', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(imans_evidence_set_verifier(evidence, name), -EINVAL);
	assert_int_equal(imans_evidence_set_quote(evidence, "q", 0, "s", 1,
						  "k", 1), -EINVAL);
	assert_int_equal(imans_evidence_set_host(evidence, IMANS_HEADER_AUTO,
						 "", 0), -EINVAL);
	assert_int_equal(imans_evidence_add_ns(evidence, &ns), 0);
	assert_int_equal(imans_evidence_add_ns(evidence, &ns), -EEXIST);
	ns.id = 6;
	assert_int_equal(imans_evidence_add_ns(evidence, &ns), -EINVAL);
	assert_int_equal(imans_evidence_encode(evidence, &data, &len), -EINVAL);
	imans_evidence_free(evidence);
}

static void file(void **state)
{
	char dir[] = "/tmp/imans-evidence-XXXXXX", path[64];
	struct imans_evidence *evidence;
	struct bl_bytes b = encoded(*state);
	struct stat st;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/ev.cbor", dir);
	assert_int_equal(imans_evidence_read(*state, path, &evidence), -ENOENT);
	assert_non_null(strstr(imans_ctx_error(*state), path));
	assert_int_equal(imans_evidence_parse(*state, b.data, b.len, "x",
					      &evidence), 0);
	assert_int_equal(imans_evidence_write(evidence, path), 0);
	imans_evidence_free(evidence);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, b.len);
	assert_int_equal(imans_evidence_read(*state, path, &evidence), 0);
	/* Where nothing can be written nothing is left. */
	assert_int_equal(imans_evidence_write(evidence, "/proc/ev.cbor"),
			 -ENOENT);
	imans_evidence_free(evidence);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	free(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(round_trip),
		TEST(truncated),
		TEST(flipped),
		TEST(edited),
		TEST(refused_setters),
		TEST(file),
	};

	return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
