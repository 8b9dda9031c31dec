// SPDX-License-Identifier: LGPL-2.1-or-later
/* The claims of signed verdicts: each that is wrong, on its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sign_key.h"
#include "util.h"

#include "../src/cose.h"

/* Pairs of maps, in hexadecimal. */
#define ZEROS16	"00000000000000000000000000000000"
#define ZEROS32	ZEROS16 ZEROS16
#define PROFILE	"75726e3a757569643a" \
		"63383432643262302d376530662d343936632d393534352d646238616263313264396366"

#define EXP	"04" "1a6b49d201"
#define IAT	"06" "1a6b49d200"
#define NONCE	"0a" "50" ZEROS16
#define PROF	"190109" "782d" PROFILE
#define KIND	"646b696e64" "6674656e616e74"
#define AK	"67616b2d6e616d65" "5822" "000b" ZEROS32
#define BOOT	"67626f6f742d6964" "5820" ZEROS32
#define ID	"626964" "03"
#define DIGEST	"66646967657374" "5820" ZEROS32
#define RECORDS	"677265636f726473" "02"
#define VERDICT	"6776657264696374" "6774727573746564"
#define CREATE	"66637265617465" "a2" "636b6579" "5820" ZEROS32 \
		"6464617461" "4101"

/* A node's. */
#define NODE	"646b696e64" "646e6f6465"
#define PCR10	"657063723130" "a1" "66736861323536" "5820" ZEROS32
#define UNACC	"6b756e6163636f756e746564" "820305"
#define HOST	"6c686f73742d76657264696374" "6774727573746564"
#define NODE_PAIRS	NODE PCR10 AK BOOT RECORDS VERDICT UNACC HOST

enum { CLAIM, STATEMENT, NS, LEVELS };

static const char *const pairs[LEVELS][6] = {
	[CLAIM] = { EXP, IAT, NONCE, PROF },
	[STATEMENT] = { KIND, AK, BOOT },
	[NS] = { ID, DIGEST, RECORDS, VERDICT },
};

/* A pair of one map is put in another's place, at the end, or left out. */
struct change {
	int level;
	int at;
	const char *with;		/* NULL: left out */
	int err;
	const char *reason;
};

#define END	6

/* The map of one level, with what is inside of it as its last pair. */
static char *map_of(const struct change *c, int level, const char *inner)
{
	char *text = strdup("");
	int count = 0;

	for (int i = 0; i <= END; i++) {
		bool changed = c && c->level == level && c->at == i;
		const char *pair = changed ? c->with :
				   i < END ? pairs[level][i] : inner;
		char *more;

		if (changed && i == END && inner) {
			asprintf(&more, "%s%s", text, inner);
			free(text);
			text = more;
			count++;
		}
		if (!pair)
			continue;
		asprintf(&more, "%s%s", text, pair);
		free(text);
		text = more;
		count++;
	}
	char *map;

	asprintf(&map, "%02x%s", 0xa0 + count, text);
	free(text);
	return map;
}

static char *payload_of(const struct change *c)
{
	char *ns = map_of(c, NS, NULL), *array, *statement, *claim, *payload;

	asprintf(&array, "6a6e616d65737061636573" "81%s", ns);
	statement = map_of(c, STATEMENT, array);
	asprintf(&claim, "3a00011d28%s", statement);
	payload = map_of(c, CLAIM, claim);
	free(ns);
	free(array);
	free(statement);
	free(claim);
	return payload;
}


/* Sign what it says, and read it. */
static int parse_hex(struct imans_ctx *ctx, const char *hex,
		     struct imans_signed **s)
{
	struct bl_bytes payload = { NULL, 0 };
	struct imans_signer key;
	uint8_t *data;
	size_t len;
	int err;

	assert_true(util_unhex(hex, &payload));
	assert_int_equal(imans_signer_private(ctx, skey_shared.private, &key), 0);
	assert_int_equal(imans_cose_sign(ctx, &key, payload.data, payload.len,
					 &data, &len), 0);
	imans_signer_free(&key);
	err = imans_signed_parse(ctx, data, len, "x", s);
	if (!err)
		assert_int_equal(imans_signed_verify(*s, skey_shared.public), 0);
	free(data);
	free(payload.data);
	return err;
}

static const struct change changes[] = {
	/* Unknown claims are stepped over, whatever they are. */
	{ CLAIM, END, "01" "6161", 0, NULL },
	{ CLAIM, END, "190112" "a16161820102", 0, NULL },
	{ CLAIM, END, "3a00011169" "f5", 0, NULL },
	{ CLAIM, END, "6161" "f93c00", 0, NULL },
	{ NS, END, CREATE, 0, NULL },

	{ CLAIM, 0, NULL, -EBADMSG, "missing" },
	{ CLAIM, 1, NULL, -EBADMSG, "missing" },
	{ CLAIM, 2, NULL, -EBADMSG, "missing" },
	{ CLAIM, 3, NULL, -EPROTONOSUPPORT, "without a profile" },
	{ CLAIM, 3, "190109" "6161", -EPROTONOSUPPORT, "another profile" },
	{ CLAIM, END, EXP, -EBADMSG, "twice" },
	{ CLAIM, END, "1804" "1a6b49d201", -EBADMSG, "twice" },
	{ CLAIM, 0, "04" "fb41dad2748040000000", -EBADMSG, "integer" },
	{ CLAIM, 0, "04" "c11a6b49d201", -EBADMSG, "integer" },
	{ CLAIM, 0, "04" "1a6b49d200", -EBADMSG, "expires before" },
	{ CLAIM, 2, "0a" "4f000000000000000000000000000000", -EBADMSG, "nonce" },
	{ CLAIM, 2, "0a" "81" "50" ZEROS16, -EBADMSG, "nonce" },
	{ CLAIM, END, "4161" "00", -EBADMSG, "malformed" },

	{ STATEMENT, 0, NULL, -EBADMSG, "missing" },
	{ STATEMENT, 0, "646b696e64" "6161", -EPROTONOSUPPORT, "kind" },
	{ STATEMENT, 0, NODE, -EBADMSG, "another kind" },
	{ STATEMENT, 1, NULL, -EBADMSG, "missing" },
	{ STATEMENT, 1, "67616b2d6e616d65" "5820" ZEROS32, -EBADMSG, "length" },
	{ STATEMENT, 2, NULL, -EBADMSG, "missing" },
	{ STATEMENT, END, BOOT, -EBADMSG, "twice" },
	{ STATEMENT, END, "6161" "00", -EBADMSG, "has not" },
	{ STATEMENT, END, "01" "00", -EBADMSG, "has not" },
	{ STATEMENT, END, VERDICT, -EBADMSG, "another kind" },
	{ STATEMENT, END, "6b756e6163636f756e746564" "80", -EBADMSG,
	  "another kind" },
	{ STATEMENT, END, "657063723130" "a0", -EBADMSG, "PCR 10" },
	{ STATEMENT, END, "657063723130" "a1" "6161" "4161", -EBADMSG, "bank" },

	{ NS, 0, NULL, -EBADMSG, "lacks" },
	{ NS, 0, "626964" "00", -EBADMSG, "rise" },
	{ NS, 0, "626964" "20", -EBADMSG, "integer" },
	{ NS, 1, NULL, -EBADMSG, "lacks" },
	{ NS, 1, "66646967657374" "50" ZEROS16, -EBADMSG, "length" },
	{ NS, 2, NULL, -EBADMSG, "lacks" },
	{ NS, 3, NULL, -EBADMSG, "lacks" },
	{ NS, 3, "6776657264696374" "02", -EBADMSG, "no verdict" },
	{ NS, 3, "6776657264696374" "6161", -EBADMSG, "no verdict" },
	{ NS, END, ID, -EBADMSG, "twice" },
	{ NS, END, "6161" "00", -EBADMSG, "has not" },
	{ NS, END, "66637265617465" "a0", -EBADMSG, "lacks" },
	{ NS, END, "66637265617465" "01", -EBADMSG, "no map" },
	{ NS, END, "66637265617465" "a1" "6464617461" "40", -EBADMSG,
	  "malformed" },
};

static void each_claim(void **state)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		const struct change *c = &changes[i];
		struct imans_signed *s = NULL;
		char *hex = payload_of(c);
		int err = parse_hex(*state, hex, &s);

		if (err != c->err ||
		    (err && !strstr(imans_ctx_error(*state), c->reason)))
			fail_msg("change %zu: %d, %s", i, err,
				 imans_ctx_error(*state));
		assert_true(!err == !!s);
		imans_signed_free(s);
		free(hex);
	}
}

static void as_it_says(void **state)
{
	struct imans_signed_info info;
	struct imans_signed_ns ns;
	struct imans_signed *s;
	char *hex = payload_of(NULL);

	assert_int_equal(parse_hex(*state, hex, &s), 0);
	imans_signed_info(s, &info);
	assert_int_equal(info.kind, IMANS_SIGNED_TENANT);
	assert_int_equal(info.expires_at, 1800000001);
	assert_int_equal(info.issued_at, 1800000000);
	assert_int_equal(info.nonce_len, 16);
	assert_int_equal(info.ak_name[1], 0x0b);
	assert_int_equal(info.verdict, IMANS_TRUSTED);
	assert_int_equal(info.ns_count, 1);
	assert_int_equal(imans_signed_ns(s, 0, &ns), 0);
	assert_int_equal(ns.id, 3);
	assert_int_equal(ns.records, 2);
	assert_int_equal(ns.verdict, IMANS_TRUSTED);
	imans_signed_free(s);
	free(hex);
}

/* Counts that nothing backs, and what is past a bound. */
static void hostile_counts(void **state)
{
	static const struct {
		const char *payload;
		int err;
	} cases[] = {
		{ "", -EBADMSG },
		{ "a0", -EPROTONOSUPPORT },
		{ "80", -EBADMSG },
		{ "bf", -EBADMSG },
		{ "b841", -EMSGSIZE },
		{ "bbffffffffffffffff", -EMSGSIZE },
		{ "a13a00011d28" "a1" "6a6e616d65737061636573" "80", -EBADMSG },
		{ "a13a00011d28" "a1" "6a6e616d65737061636573" "994000",
		  -EBADMSG },
		{ "a13a00011d28" "a1" "6a6e616d65737061636573" "994001",
		  -EMSGSIZE },
		{ "a13a00011d28" "a1" "6a6e616d65737061636573"
		  "9bffffffffffffffff", -EMSGSIZE },
		{ "a13a00011d28" "a1" "6b756e6163636f756e746564"
		  "9bffffffffffffffff", -EMSGSIZE },
		{ "a13a00011d28" "a1" "6b756e6163636f756e746564" "820303",
		  -EBADMSG },
		{ "a13a00011d28" "a1" "6b756e6163636f756e746564" "820503",
		  -EBADMSG },
		{ "a10a5bffffffffffffffff", -EBADMSG },
		{ "a1019bffffffffffffffff", -EBADMSG },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct imans_signed *s;
		int err = parse_hex(*state, cases[i].payload, &s);

		if (err != cases[i].err)
			fail_msg("%s: %d, %s", cases[i].payload, err,
				 imans_ctx_error(*state));
	}
}

static void on_a_node(void **state)
{
	static const char claims[] = "a5" EXP IAT NONCE PROF "3a00011d28"
				     "a8" NODE_PAIRS;
	static const char short_of_one[] = "a5" EXP IAT NONCE PROF "3a00011d28"
					   "a7" NODE PCR10 AK BOOT RECORDS
					   VERDICT UNACC;
	static const char trailing[] = "a5" EXP IAT NONCE PROF "3a00011d28"
				       "a8" NODE_PAIRS "00";
	struct imans_signed_info info;
	struct imans_signed_ns ns;
	struct imans_signed *s;

	assert_int_equal(parse_hex(*state, claims, &s), 0);
	imans_signed_info(s, &info);
	assert_int_equal(info.kind, IMANS_SIGNED_NODE);
	assert_int_equal(info.host_verdict, IMANS_TRUSTED);
	assert_int_equal(info.pcr10.banks, IMANS_BANK(IMANS_SHA256));
	assert_int_equal(info.records, 2);
	assert_int_equal(info.ns_count, 2);
	assert_int_equal(imans_signed_ns(s, 1, &ns), 0);
	assert_int_equal(ns.id, 5);
	imans_signed_free(s);
	assert_int_equal(parse_hex(*state, short_of_one, &s), -EBADMSG);
	assert_int_equal(parse_hex(*state, trailing, &s), -EBADMSG);
	assert_non_null(strstr(imans_ctx_error(*state), "bytes follow"));
}

/* Every part of the payload, signed as if it were the whole. */
static void cut(void **state)
{
	char *hex = payload_of(NULL);

	for (size_t len = strlen(hex) - 2; len; len -= 2) {
		struct imans_signed *s;
		int err;

		hex[len] = '\0';
		err = parse_hex(*state, hex, &s);
		if (err != -EBADMSG && err != -EPROTONOSUPPORT)
			fail_msg("%zu bytes: %d", len / 2, err);
	}
	free(hex);
}

static void files(void **state)
{
	char path[] = "/tmp/signed.XXXXXX";
	int fd = mkstemp(path);
	struct imans_signed *s;
	char *big;

	assert_int_equal(imans_signed_read(*state, "/no/such", &s), -ENOENT);
	assert_int_equal(imans_signed_read(*state, path, &s), -EBADMSG);
	assert_non_null(strstr(imans_ctx_error(*state), path));
	assert_int_equal(ftruncate(fd, IMANS_SIGNED_MAX + 1), 0);
	assert_int_equal(imans_signed_read(*state, path, &s), -EMSGSIZE);
	big = calloc(1, IMANS_SIGNED_MAX + 1);
	assert_int_equal(imans_signed_parse(*state, big, IMANS_SIGNED_MAX + 1,
					    NULL, &s), -EMSGSIZE);
	free(big);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(as_it_says),
		TEST(each_claim),
		TEST(hostile_counts),
		TEST(on_a_node),
		TEST(cut),
		TEST(files),
	};

	return cmocka_run_group_tests_name("signed", tests, skey_share,
					   skey_unshare);
}
