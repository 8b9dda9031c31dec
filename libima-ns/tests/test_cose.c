// SPDX-License-Identifier: LGPL-2.1-or-later
/* COSE_Sign1: other people's messages, our own, and what is refused. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sign_key.h"
#include "util.h"

#include "../src/cose.h"

#define VECTORS	IMANS_TESTS_DIR "/vectors/cose.txt"

static struct bl_bytes unhex(const char *hex)
{
	struct bl_bytes b = { NULL, 0 };

	assert_true(util_unhex(hex, &b));
	return b;
}

/* In memory of its own, so that a byte too far is seen. */
static int parse(struct imans_ctx *ctx, const uint8_t *data, size_t len,
		 struct imans_cose *cose, uint8_t **copy)
{
	*copy = malloc(len ? len : 1);
	if (len)
		memcpy(*copy, data, len);
	return imans_cose_parse(ctx, *copy, len, "x", cose);
}

/* 0: it can be read, and the key signed it. */
static int check(struct imans_ctx *ctx, const uint8_t *data, size_t len,
		 const struct imans_signer *key)
{
	struct imans_cose cose;
	uint8_t *copy;
	int err = parse(ctx, data, len, &cose, &copy);

	if (!err)
		err = imans_cose_verify(ctx, &cose, key);
	free(copy);
	return err;
}

/* ----------------------------------------------------------------- vectors */

struct vectors {
	struct imans_ctx *ctx;
	struct imans_signer key[2];
	char name[2][32];
	size_t keys, good, bad;
};

static void take_key(struct vectors *v, const char *name, const char *base64)
{
	char pem[2200];

	snprintf(pem, sizeof(pem), "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n",
		 base64);
	snprintf(v->name[v->keys], sizeof(v->name[0]), "%s", name);
	assert_int_equal(imans_signer_public(v->ctx, pem, &v->key[v->keys++]),
			 0);
}

static void take_line(struct vectors *v, char *line)
{
	char kind[8], name[32], key[16], hex[2048];
	struct bl_bytes b;
	int err;

	if (sscanf(line, "key %31s %2047s", name, hex) == 2) {
		take_key(v, name, hex);
		return;
	}
	if (sscanf(line, "%7s %31s %15s %2047s", kind, name, key, hex) != 4 ||
	    (strcmp(kind, "good") && strcmp(kind, "bad")))
		return;
	b = unhex(hex);
	err = check(v->ctx, b.data, b.len,
		    &v->key[strcmp(key, v->name[0]) != 0]);
	if (!strcmp(kind, "good")) {
		v->good++;
		if (err)
			fail_msg("%s is refused: %s", name,
				 imans_ctx_error(v->ctx));
	} else {
		v->bad++;
		if (err != -EBADMSG && err != -EKEYREJECTED)
			fail_msg("%s: %d", name, err);
	}
	free(b.data);
}

static void vectors(void **state)
{
	struct vectors v = { .ctx = *state };
	FILE *f = fopen(VECTORS, "r");
	char line[4096];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		take_line(&v, line);
	fclose(f);
	assert_int_equal(v.keys, 2);
	assert_int_equal(v.good, 3);
	assert_int_equal(v.bad, 6);
	imans_signer_free(&v.key[0]);
	imans_signer_free(&v.key[1]);
}

/* --------------------------------------------------------------------- own */

struct signer {
	struct skey pem;
	struct imans_signer private;
	struct imans_signer public;
};

static void signer_make(struct signer *s, struct imans_ctx *ctx,
			const char *type)
{
	skey_make(&s->pem, type);
	assert_int_equal(imans_signer_private(ctx, s->pem.private, &s->private),
			 0);
	assert_int_equal(imans_signer_public(ctx, s->pem.public, &s->public),
			 0);
	assert_memory_equal(s->private.kid, s->public.kid, IMANS_HASH_SIZE);
}

static void signer_free(struct signer *s)
{
	skey_free(&s->pem);
	imans_signer_free(&s->private);
	imans_signer_free(&s->public);
}

static struct bl_bytes message(struct imans_ctx *ctx, const struct signer *s)
{
	struct bl_bytes b = { NULL, 0 };

	assert_int_equal(imans_cose_sign(ctx, &s->private, "content", 7,
					 &b.data, &b.len), 0);
	return b;
}

static const char *const types[] = { "P-256", "P-384", "ED25519" };

static void each_bit(void **state)
{
	for (size_t t = 0; t < sizeof(types) / sizeof(*types); t++) {
		struct signer s, other;
		struct bl_bytes b;

		signer_make(&s, *state, types[t]);
		signer_make(&other, *state, types[t]);
		b = message(*state, &s);
		assert_int_equal(check(*state, b.data, b.len, &s.public), 0);
		assert_int_equal(check(*state, b.data, b.len, &other.public),
				 -EKEYREJECTED);
		for (size_t bit = 0; bit < 8 * b.len; bit++) {
			b.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (!check(*state, b.data, b.len, &s.public))
				fail_msg("%s: bit %zu goes unseen", types[t],
					 bit);
			b.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		free(b.data);
		signer_free(&s);
		signer_free(&other);
	}
}

static void cut_and_longer(void **state)
{
	struct imans_cose cose;
	struct signer s;
	struct bl_bytes b;
	uint8_t *copy;

	signer_make(&s, *state, "P-256");
	b = message(*state, &s);
	for (size_t len = 0; len < b.len; len++) {
		assert_int_equal(parse(*state, b.data, len, &cose, &copy),
				 -EBADMSG);
		free(copy);
	}
	bl_put(&b, "", 1);
	assert_int_equal(parse(*state, b.data, b.len, &cose, &copy), -EBADMSG);
	assert_non_null(strstr(imans_ctx_error(*state), "bytes follow"));
	free(copy);
	free(b.data);
	signer_free(&s);
}

/* Well formed but for what the reason says; payload and signature are empty. */
static void headers(void **state)
{
	static const struct {
		const char *hex;
		int err;
		const char *reason;
	} cases[] = {
		{ "d28443a10126a04040", 0, "" },
		{ "d28443a10126a1044101" "4040", 0, "" },
		{ "d28443a10126a1636b6579f64040", 0, "" },
		{ "d28447a2012602811864" "a04040", -EBADMSG, "critical" },
		{ "d28443a10126a102811864" "4040", -EBADMSG, "critical" },
		{ "d28445a201260126a04040", -EBADMSG, "twice" },
		{ "d28446a20126180126a04040", -EBADMSG, "twice" },
		{ "d28443a10126a2044101" "0441014040", -EBADMSG, "twice" },
		{ "d28446a20126044101a1044101" "4040", -EBADMSG, "both" },
		{ "d28440a101264040", -EBADMSG, "no map" },
		{ "d28441a0a101264040", -EBADMSG, "names no algorithm" },
		{ "d28441a0a04040", -EBADMSG, "names no algorithm" },
		{ "d28443a10126a101264040", -EBADMSG, "not in the protected" },
		{ "d28444a1012600a04040", -EBADMSG, "goes on" },
		{ "d28446a10163455332a04040", -EBADMSG, "no COSE number" },
		{ "d28444a2012604a04040", -EBADMSG, "no byte string" },
		{ "d28446a201260400" "40a04040", -EBADMSG, "no byte string" },
		{ "d28443a10126a0f640", -EBADMSG, "payload" },
		{ "d28443a10126a040f6", -EBADMSG, "signature" },
		{ "d29f43a10126a04040ff", -EBADMSG, "no COSE_Sign1" },
		{ "d2845f43a10126ffa04040", -EBADMSG, "protected header" },
		{ "d28343a10126a040", -EBADMSG, "no COSE_Sign1" },
		{ "d8628443a10126a04040", -EBADMSG, "no COSE_Sign1" },
		{ "d28443a10126bf" "ff4040", -EBADMSG, "no map" },
		{ "d28443a10126b84100", -EMSGSIZE, "more than 64" },
		{ "d28443a10126bbffffffffffffffff", -EMSGSIZE, "more than 64" },
		{ "d2845bffffffffffffffff", -EBADMSG, "protected header" },
		{ "d28443a10126a1f5004040", -EBADMSG, "malformed" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bl_bytes b = unhex(cases[i].hex);
		struct imans_cose cose;
		uint8_t *copy;
		int err = parse(*state, b.data, b.len, &cose, &copy);

		if (err != cases[i].err ||
		    (err && !strstr(imans_ctx_error(*state), cases[i].reason)))
			fail_msg("%s: %d, %s", cases[i].hex, err,
				 imans_ctx_error(*state));
		free(copy);
		free(b.data);
	}
}

/* What a message says of its algorithm does not choose it. */
static void other_algorithm(void **state)
{
	struct signer s;
	struct bl_bytes b;

	signer_make(&s, *state, "P-256");
	b = message(*state, &s);
	/* d2 84 58 27 a2 01 26: ES256 becomes EdDSA. */
	assert_int_equal(b.data[6], 0x26);
	b.data[6] = 0x27;
	assert_int_equal(check(*state, b.data, b.len, &s.public),
			 -EKEYREJECTED);
	assert_non_null(strstr(imans_ctx_error(*state), "algorithm -8"));
	free(b.data);
	signer_free(&s);
}

static void no_such_keys(void **state)
{
	static const char *const others[] = { "P-521", "RSA" };
	struct imans_signer key;
	struct skey pem;

	for (size_t i = 0; i < 2; i++) {
		skey_make(&pem, others[i]);
		assert_int_equal(imans_signer_private(*state, pem.private,
						      &key), -EINVAL);
		assert_int_equal(imans_signer_public(*state, pem.public, &key),
				 -EINVAL);
		skey_free(&pem);
	}
	skey_make(&pem, "P-256");
	assert_int_equal(imans_signer_private(*state, pem.public, &key),
			 -EINVAL);
	assert_int_equal(imans_signer_public(*state, pem.private, &key),
			 -EINVAL);
	assert_int_equal(imans_signer_public(*state, "", &key), -EINVAL);
	assert_int_equal(imans_signer_public(*state, NULL, &key), -EINVAL);
	skey_free(&pem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(vectors),
		TEST(each_bit),
		TEST(cut_and_longer),
		TEST(headers),
		TEST(other_algorithm),
		TEST(no_such_keys),
	};

	return cmocka_run_group_tests_name("cose", tests, NULL, NULL);
}
