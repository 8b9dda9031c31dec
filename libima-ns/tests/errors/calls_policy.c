// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reference values for files. */
#include "errors.h"

#define BANK	IMANS_BANK(IMANS_SHA256)

static const uint8_t digest[IMANS_HASH_SIZE] = { 1 };

MAKER(policy_new, imans_policy, imans_policy_new(t->ctx, &made))
MAKER(policy_read, imans_policy, imans_policy_read(t->ctx, t->policy, &made))
MAKER(policy_read_keylime, imans_policy,
      imans_policy_read_keylime(t->ctx, t->keylime, IMANS_KEYLIME_LOSSY, NULL,
				NULL, &made))

/* With all that a policy may have. */
static const char whole[] =
	"{\"format\":\"ima-ns policy\",\"version\":2,\"match\":[\"pod=*\"],"
	"\"host\":true,\"namespace-policies\":["
	"\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"],"
	"\"files\":{\"/bin/b\":[\"sha256:0123456789abcdef0123456789abcdef"
	"0123456789abcdef0123456789abcdef\"]},"
	"\"globs\":{\"/lib/**\":[\"sha256:0123456789abcdef0123456789abcdef"
	"0123456789abcdef0123456789abcdef\"],\"/tmp/*\":\"any\"},"
	"\"keys\":[{\"name\":\"k\",\"paths\":[\"/usr/**\"],\"pem\":\""
	"-----BEGIN PUBLIC KEY-----\\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEXFcTxFCCP2l5XVsI/8+ITtdJ8j4n\\n"
	"mTMNqHgvq0xG2NrGu45bEPQwUXx1LuQqJXmkrQBj0mzyPlL1QsIvtmm09g==\\n"
	"-----END PUBLIC KEY-----\\n\"}]}";

static const char runtime[] =
	"{\"meta\":{\"version\":1},\"release\":0,\"digests\":{\"/bin/a\":["
	"\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"]},"
	"\"excludes\":[\"^/tmp/.*$\",\"/a\\\\.b/[^/]+\"],\"keyrings\":{},"
	"\"ima-buf\":{},\"ima\":{\"ignored_keyrings\":[]},"
	"\"verification-keys\":\"\"}";

static struct imans_policy *some_policy(struct things *t)
{
	struct imans_policy *policy;

	if (imans_policy_parse(t->ctx, whole, strlen(whole), "p", &policy))
		fail_msg("%s", imans_ctx_error(t->ctx));
	return policy;
}

/* A policy as it is written: all of it. */
static void policy_steady(struct things *t, struct imans_policy *policy)
{
	things_written(t, imans_policy_write(policy, t->made), true);
}

/* Of what makes a policy: none, or the whole one. */
#define READER(name, call)						\
static int run_##name(struct things *t)					\
{									\
	struct imans_policy *made = UNTOUCHED;				\
	int err = UNDER(call);						\
									\
	if (err) {							\
		assert_ptr_equal(made, UNTOUCHED);			\
		return err;						\
	}								\
	policy_steady(t, made);						\
	imans_policy_free(made);					\
	return 0;							\
}

READER(policy_parse,
       imans_policy_parse(t->ctx, whole, strlen(whole), "p", &made))
READER(policy_parse_keylime,
       imans_policy_parse_keylime(t->ctx, runtime, strlen(runtime), "k",
				  IMANS_KEYLIME_LOSSY, NULL, NULL, &made))

/* Adding: nothing is there of what failed, but for what came before it. */
#define ADDER(name, partly, call)					\
static int run_##name(struct things *t)					\
{									\
	struct imans_policy *to = some_policy(t);			\
	size_t digests = imans_policy_digests(to);			\
	size_t paths = imans_policy_paths(to);				\
	int err = UNDER(call);						\
									\
	if (!err) {							\
		policy_steady(t, to);					\
	} else if (!(partly)) {						\
		assert_int_equal(imans_policy_digests(to), digests);	\
		assert_int_equal(imans_policy_paths(to), paths);	\
	}								\
	imans_policy_free(to);						\
	return err;							\
}

static const char *const usr[] = { "/usr/*", "/opt/**" };
static const struct imans_image_opts image = { .sz = sizeof(image) };

ADDER(policy_add_match, false, imans_policy_add_match(to, "*"))
ADDER(policy_add_ns_policy, false, imans_policy_add_ns_policy(to, digest))
ADDER(policy_add_digest, false,
      imans_policy_add_digest(to, "/a", IMANS_SHA256, digest, sizeof(digest)))
ADDER(policy_add_glob, false,
      imans_policy_add_glob(to, "/a/**", IMANS_SHA256, digest, sizeof(digest)))
ADDER(policy_add_any, false, imans_policy_add_any(to, "/b/*"))
ADDER(policy_add_key, false,
      imans_policy_add_key(to, "k2", t->key.public, usr, 2))
ADDER(policy_add_file, false,
      imans_policy_add_file(to, t->log, "/log", IMANS_ALL_BANKS))
ADDER(policy_add_glob_file, false,
      imans_policy_add_glob_file(to, t->log, "/l?g", BANK))
ADDER(policy_add_tree, true, imans_policy_add_tree(to, t->tree, BANK))
ADDER(policy_add_image, false,
      imans_policy_add_image(to, t->archive, BANK, &image))
ADDER(policy_add_image_mem, false,
      imans_policy_add_image_mem(to, t->image.data, t->image.len, "i", BANK,
				 &image))

static int run_policy_add_list(struct things *t)
{
	struct imans_policy *to = some_policy(t);
	struct imans_list *list;
	uint64_t skipped = 77;
	int err;

	assert_int_equal(imans_list_open_mem(t->ctx, t->web.data, t->web.len,
					     NULL, &list), 0);
	err = UNDER(imans_policy_add_list(to, list, UINT64_MAX, &skipped));
	if (err)
		assert_int_equal(skipped, 77);
	else
		policy_steady(t, to);
	imans_list_close(list);
	imans_policy_free(to);
	return err;
}

static int run_policy_add_evidence(struct things *t)
{
	const struct imans_verify_opts opts = things_opts(t);
	struct imans_policy *to = some_policy(t);
	uint64_t skipped = 77;
	int err = UNDER(imans_policy_add_evidence(to, t->b.n.evidence, &opts,
						  WEB, &skipped));

	if (err)
		assert_int_equal(skipped, 77);
	else
		policy_steady(t, to);
	imans_policy_free(to);
	return err;
}

static void conflict(void *user, const char *text)
{
	(void)user, (void)text;
}

static int run_policy_merge(struct things *t)
{
	struct imans_policy *to, *other = some_policy(t);
	int err;

	assert_int_equal(imans_policy_read(t->ctx, t->policy, &to), 0);
	node_allow(other, "/bin/sh", "another");
	err = UNDER(imans_policy_merge(to, other, conflict, NULL));
	if (!err)
		policy_steady(t, to);
	imans_policy_free(to);
	imans_policy_free(other);
	return err;
}

static int run_policy_write(struct things *t)
{
	struct imans_policy *policy = some_policy(t);
	int err = UNDER(imans_policy_write(policy, t->made));

	imans_policy_free(policy);
	return things_written(t, err, true);
}

static int run_policy_write_keylime(struct things *t)
{
	struct imans_policy *policy = some_policy(t);
	int err = UNDER(imans_policy_write_keylime(policy, t->made,
						   IMANS_KEYLIME_LOSSY,
						   conflict, NULL));

	imans_policy_free(policy);
	return things_written(t, err, true);
}

static int each(void *user, const char *path, enum imans_bank bank,
		const uint8_t *data, size_t len)
{
	size_t *count = user;

	(void)path, (void)bank, (void)data, (void)len;
	++*count;
	return 0;
}

static int run_policy_each(struct things *t)
{
	struct imans_policy *policy = some_policy(t);
	size_t count = 0;
	int err = UNDER(imans_policy_each(policy, each, &count));

	imans_policy_free(policy);
	if (!err)
		assert_int_equal(count, 1);
	return err;
}

static int run_policy_each_glob(struct things *t)
{
	struct imans_policy *policy = some_policy(t);
	size_t count = 0;
	int err = UNDER(imans_policy_each_glob(policy, each, &count));

	imans_policy_free(policy);
	if (!err)
		assert_int_equal(count, 2);
	return err;
}

static int decide(struct imans_policy *policy, const char *name,
		  struct imans_decision *decision, bool under)
{
	static const uint8_t sig[] = { 3, 2, 4, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4 };
	const struct imans_file file = {
		.name = name, .name_len = strlen(name), .algo = "sha256",
		.digest = digest, .len = sizeof(digest),
		.sig = sig, .sig_len = sizeof(sig),
	};

	return under ? UNDER(imans_policies_decide(&policy, 1, &file,
						   decision)) :
		       imans_policies_decide(&policy, 1, &file, decision);
}

static int run_policies_decide(struct things *t)
{
	struct imans_decision decision = { .others = 77 };
	struct imans_policy *policy = some_policy(t);
	int err = decide(policy, "/tmp/x", &decision, true);

	if (err)
		assert_int_equal(decision.others, 77);
	else
		assert_int_equal(decision.match, IMANS_MATCH_ANY);
	imans_policy_free(policy);
	return err;
}

static int run_decision_text(struct things *t)
{
	struct imans_policy *policy = some_policy(t);
	struct imans_decision decision;
	char *text = UNTOUCHED;
	int err;

	assert_int_equal(decide(policy, "/tmp/x", &decision, false), 0);
	err = UNDER(imans_decision_text(&decision, &text));
	if (err) {
		assert_ptr_equal(text, UNTOUCHED);
	} else {
		things_steady(t, text, strlen(text));
		free(text);
	}
	imans_policy_free(policy);
	return err;
}

const struct call calls_policy[] = {
	CALL(policy_new),
	CALL(policy_read),
	CALL(policy_parse),
	CALL(policy_read_keylime),
	CALL(policy_parse_keylime),
	CALL(policy_add_match),
	CALL(policy_add_ns_policy),
	CALL(policy_add_digest),
	CALL(policy_add_glob),
	CALL(policy_add_any),
	CALL(policy_add_key),
	CALL(policy_add_file),
	CALL(policy_add_glob_file),
	CALL(policy_add_tree),
	CALL(policy_add_image),
	CALL(policy_add_image_mem),
	CALL(policy_add_list),
	CALL(policy_add_evidence),
	CALL(policy_merge),
	CALL(policy_write),
	CALL(policy_write_keylime),
	CALL(policy_each),
	CALL(policy_each_glob),
	{ "imans_policies_decide", run_policies_decide, 0, true },
	{ "imans_decision_text", run_decision_text, 0, true },
	{ NULL, NULL, 0, false },
};
