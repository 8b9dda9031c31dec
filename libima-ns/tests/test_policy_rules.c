// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rules other than digests of paths: patterns, keys, and what is said of a
 * decision. Signatures are evmctl's, and evmctl accepts them first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

static char dir[] = "/tmp/imans-rules-XXXXXX";

static int sh(const char *script)
{
	char *command = NULL;
	size_t len;
	FILE *f = open_memstream(&command, &len);
	int status;

	assert_non_null(f);
	fprintf(f, "cd %s && { %s; } > log 2>&1", dir, script);
	assert_int_equal(fclose(f), 0);
	status = system(command);
	free(command);
	return status;
}

static char *read_text(const char *name)
{
	struct bl_bytes bytes;
	char path[128], *text;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_true(util_read_file(path, &bytes));
	text = strndup((const char *)bytes.data, bytes.len);
	free(bytes.data);
	assert_non_null(text);
	return text;
}

static struct imans_policy *parse(void *ctx, const char *text)
{
	struct imans_policy *policy;

	if (imans_policy_parse(ctx, text, strlen(text), "p.json", &policy))
		fail_msg("%s: %s", text, imans_ctx_error(ctx));
	return policy;
}

/* A file whose content is its second argument. */
struct probe {
	struct imans_file file;
	uint8_t digest[64];
};

static const struct imans_file *probe(struct probe *p, const char *name,
				      const char *content)
{
	memset(p, 0, sizeof(*p));
	bl_hash("sha256", content, strlen(content), p->digest);
	p->file = (struct imans_file) {
		.name = name, .name_len = strlen(name), .algo = "sha256",
		.digest = p->digest, .len = 32,
	};
	return &p->file;
}

static void says(struct imans_policy *policy, const struct imans_file *file,
		 enum imans_match match, const char *words)
{
	struct imans_decision d;
	char *text;

	assert_int_equal(imans_policies_decide(&policy, 1, file, &d), 0);
	assert_int_equal(imans_decision_text(&d, &text), 0);
	if (d.match != match || strcmp(text, words))
		fail_msg("%s: %d, %s", file->name, d.match, text);
	assert_int_equal(d.allowed, match != IMANS_MATCH_NONE &&
				    match != IMANS_MATCH_ELSEWHERE);
	free(text);
}

#define HEAD	"{\"format\": \"ima-ns policy\", \"version\": 2, \"match\": [\"*\"], "
/* SHA-256 of "A" and "B". */
#define SHA_A	"\"sha256:559aead08264d5795d3909718cdd05abd49572e84fe55590eef31a88a08fdffd\""
#define SHA_B	"\"sha256:df7e70e5021544f4834bbee64a9e3789febc4be81470df629cad6ddb03320a5c\""

static void explained(void **state)
{
	struct imans_policy *policy = parse(*state, HEAD
		"\"files\": {\"/bin/a~\": [" SHA_A "], \"/bin/b\\\\x0a\": [" SHA_A "," SHA_B "]}, "
		"\"globs\": {\"/lib/*\": [" SHA_B "], \"/tmp/**\": \"any\"}}");
	struct probe p;

	says(policy, probe(&p, "/bin/a~", "A"), IMANS_MATCH_PATH,
	     "allowed by p.json#/files/~1bin~1a~0/0: listed for this path");
	says(policy, probe(&p, "/bin/b\n", "B"), IMANS_MATCH_PATH,
	     "allowed by p.json#/files/~1bin~1b\\x0a/1: listed for this path");
	says(policy, probe(&p, "/lib/x", "B"), IMANS_MATCH_GLOB,
	     "allowed by p.json#/globs/~1lib~1*/0: listed for /lib/*");
	says(policy, probe(&p, "/lib/x/y", "B"), IMANS_MATCH_ELSEWHERE,
	     "not in the reference values, which list this content as /bin/b\\x0a (p.json#/files/~1bin~1b\\x0a/1)");
	says(policy, probe(&p, "/lib/x", "A"), IMANS_MATCH_ELSEWHERE,
	     "not in the reference values, which list this content as /bin/a~ (p.json#/files/~1bin~1a~0/0)");
	says(policy, probe(&p, "/tmp/x/y", "anything"), IMANS_MATCH_ANY,
	     "not compared, by p.json#/globs/~1tmp~1**: /tmp/** may have any content");
	says(policy, probe(&p, "/bin/a~", "C"), IMANS_MATCH_NONE,
	     "not in the reference values: p.json#/files/~1bin~1a~0 has 1 other");
	says(policy, probe(&p, "/bin/c", "C"), IMANS_MATCH_NONE,
	     "not in the reference values");
	says(policy, probe(&p, "memfd:x", "B"), IMANS_MATCH_MEMFD,
	     "accepted, the content is that of /bin/b\\x0a (p.json#/files/~1bin~1b\\x0a/1)");
	/* A pattern itself is no path. */
	says(policy, probe(&p, "/lib/*", "A"), IMANS_MATCH_ELSEWHERE,
	     "not in the reference values, which list this content as /bin/a~ (p.json#/files/~1bin~1a~0/0)");
	imans_policy_free(policy);
}

/* The best of several, whatever their order. */
static void several(void **state)
{
	struct imans_policy *p[2] = {
		parse(*state, HEAD "\"files\": {\"/x\": [" SHA_A "]}}"),
		parse(*state, HEAD "\"files\": {}, \"globs\": {\"/**\": \"any\"}}"),
	}, *swapped[2] = { p[1], p[0] };
	struct imans_decision d;
	struct probe pr;

	probe(&pr, "/x", "A");
	assert_int_equal(imans_policies_decide(p, 2, &pr.file, &d), 0);
	assert_int_equal(d.match, IMANS_MATCH_PATH);
	assert_int_equal(imans_policies_decide(swapped, 2, &pr.file, &d), 0);
	assert_int_equal(d.match, IMANS_MATCH_PATH);
	assert_ptr_equal(d.policy, p[0]);
	probe(&pr, "/x", "B");
	assert_int_equal(imans_policies_decide(p, 2, &pr.file, &d), 0);
	assert_int_equal(d.match, IMANS_MATCH_ANY);
	assert_int_equal(imans_policies_decide(p, 0, &pr.file, &d), 0);
	assert_int_equal(d.match, IMANS_MATCH_NONE);
	imans_policy_free(p[0]);
	imans_policy_free(p[1]);
}

static const struct {
	const char *text;
	int err;
	const char *reason;
} texts[] = {
	{ HEAD "\"files\": {}, \"globs\": {\"/a*\": []}}", 0, NULL },
	{ "{\"format\": \"ima-ns policy\", \"version\": 1, \"files\": {}, \"globs\": {}}",
	  -EBADMSG, "\"globs\" needs version 2" },
	{ HEAD "\"files\": {}, \"globs\": []}", -EBADMSG, "\"globs\" is not an object" },
	{ HEAD "\"files\": {}, \"globs\": {\"/a\": \"all\"}}", -EBADMSG,
	  "has neither digests nor \"any\"" },
	{ HEAD "\"files\": {}, \"globs\": {\"/[a\": \"any\"}}", -EBADMSG,
	  "a [ without its ]" },
	{ HEAD "\"files\": {}, \"globs\": {\"\": \"any\"}}", -EBADMSG, "is no path" },
	{ HEAD "\"files\": {\"/x\": [], \"/x\": [" SHA_B "]}}", -EBADMSG,
	  "the same key twice" },
	{ HEAD "\"files\": {}, \"globs\": {\"/a\": [\"sha256:\"]}}", -EBADMSG,
	  "BANK:HEXADECIMAL" },
	{ HEAD "\"files\": {}, \"keys\": {}}", -EBADMSG, "\"keys\" is not an array" },
	{ HEAD "\"files\": {}, \"keys\": [7]}", -EBADMSG, "no object" },
	{ HEAD "\"files\": {}, \"keys\": [{\"name\": \"k\"}]}", -EBADMSG,
	  "without \"name\" or \"pem\"" },
	{ HEAD "\"files\": {}, \"keys\": [{\"name\": \"k\", \"pem\": \"x\"}]}", -EBADMSG,
	  "no public key or certificate" },
	{ HEAD "\"files\": {}, \"keys\": [{\"name\": \"k\", \"deny\": \"x\"}]}", -EBADMSG,
	  "of a key is not known" },
	{ HEAD "\"files\": {}, \"keys\": [{\"paths\": []}]}", -EBADMSG,
	  "not an array of patterns" },
	{ HEAD "\"files\": {}, \"keys\": [{\"paths\": [7]}]}", -EBADMSG, "no pattern" },
	{ HEAD "\"files\": {}, \"keys\": [{\"keyid\": \"123\"}]}", -EBADMSG,
	  "8 hexadecimal" },
	{ HEAD "\"files\": {}, \"keys\": [{\"paths\": [[[[]]]]}]}", -EBADMSG, "p.json" },
};

static void malformed(void **state)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct imans_policy *policy = NULL;
		int err = imans_policy_parse(*state, texts[i].text,
					     strlen(texts[i].text), "p.json",
					     &policy);

		if (err != texts[i].err ||
		    (err && !strstr(imans_ctx_error(*state), texts[i].reason)))
			fail_msg("%s: %d, %s", texts[i].text, err,
				 imans_ctx_error(*state));
		imans_policy_free(policy);
	}
}

static void limits(void **state)
{
	struct imans_policy *policy;
	char pattern[32];
	int err = 0, n;

	assert_int_equal(imans_policy_new(*state, &policy), 0);
	for (n = 0; !err && n < 2000; n++) {
		snprintf(pattern, sizeof(pattern), "/%d/*", n);
		err = imans_policy_add_any(policy, pattern);
	}
	assert_int_equal(err, -EMSGSIZE);
	assert_int_equal(n, 1025);
	assert_int_equal(imans_policy_add_any(policy, "/0/*"), 0);
	assert_int_equal(imans_policy_add_key(policy, "", "", NULL, 0), -EINVAL);
	assert_int_equal(imans_policy_add_key(policy, "k", "none", NULL, 0),
			 -EINVAL);
	imans_policy_free(policy);
}

/* ---------------------------------------------------------- signatures --- */

static const struct {
	const char *name;
	const char *key;	/* openssl genpkey's arguments */
	const char *hash;
} signers[] = {
	{ "rsa", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "sha256" },
	{ "rsa3", "-algorithm RSA -pkeyopt rsa_keygen_bits:3072", "sha512" },
	{ "ec", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "sha256" },
	{ "ec3", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384", "sha384" },
};

#define SIGNERS	(sizeof(signers) / sizeof(*signers))

/* Key, public key, certificate, a file and its signature for each. */
static int make_signatures(void **state)
{
	char script[1024];

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	for (size_t i = 0; i < SIGNERS; i++) {
		const char *n = signers[i].name;

		snprintf(script, sizeof(script),
			 "openssl genpkey %s -out %s.key && "
			 "openssl pkey -in %s.key -pubout -out %s.pem && "
			 "openssl req -x509 -new -key %s.key -subj /CN=%s -days 3650 -out %s.crt && "
			 "openssl x509 -in %s.crt -outform DER -out %s.der && "
			 "printf 'content of %s' > %s && "
			 "evmctl ima_sign --sigfile -a %s -k %s.key %s && "
			 "evmctl ima_verify --sigfile -k %s.der %s",
			 signers[i].key, n, n, n, n, n, n, n, n, n, n,
			 signers[i].hash, n, n, n, n);
		if (sh(script)) {
			fprintf(stderr, "%s\n", read_text("log"));
			return -1;
		}
	}
	return sh("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 | "
		  "openssl pkey -pubout -out weak.pem");
}

static int remove_signatures(void **state)
{
	(void)state;
	return sh("rm -r $PWD");
}

struct signed_file {
	struct imans_file file;
	struct bl_bytes sig;
	uint8_t digest[64];
	char path[32];
};

static void signed_file(size_t n, struct signed_file *s)
{
	char path[128], content[64];

	memset(s, 0, sizeof(*s));
	snprintf(path, sizeof(path), "%s/%s.sig", dir, signers[n].name);
	assert_true(util_read_file(path, &s->sig));
	snprintf(content, sizeof(content), "content of %s", signers[n].name);
	bl_hash(signers[n].hash, content, strlen(content), s->digest);
	snprintf(s->path, sizeof(s->path), "/usr/bin/%s", signers[n].name);
	s->file = (struct imans_file) {
		.name = s->path, .name_len = strlen(s->path),
		.type = "ima", .algo = signers[n].hash,
		.digest = s->digest,
		.len = !strcmp(signers[n].hash, "sha256") ? 32 :
		       !strcmp(signers[n].hash, "sha384") ? 48 : 64,
		.sig = s->sig.data, .sig_len = s->sig.len,
	};
}

static enum imans_sig_state decide(struct imans_policy *policy,
				   const struct imans_file *file, bool allowed)
{
	struct imans_decision d;

	assert_int_equal(imans_policies_decide(&policy, 1, file, &d), 0);
	assert_int_equal(d.allowed, allowed);
	assert_int_equal(d.match, allowed ? IMANS_MATCH_KEY : IMANS_MATCH_NONE);
	return d.sig;
}

static struct imans_policy *with_key(void *ctx, const char *file,
				     const char *glob)
{
	const char *const globs[] = { glob };
	struct imans_policy *policy;
	char *pem = read_text(file);

	assert_int_equal(imans_policy_new(ctx, &policy), 0);
	if (imans_policy_add_key(policy, file, pem, globs, glob ? 1 : 0))
		fail_msg("%s", imans_ctx_error(ctx));
	free(pem);
	return policy;
}

static void signatures_hold(void **state)
{
	static const char *const forms[] = { "pem", "crt" };
	struct signed_file s;
	char file[32];

	for (size_t i = 0; i < 2 * SIGNERS; i++) {
		struct imans_policy *policy;

		snprintf(file, sizeof(file), "%s.%s", signers[i / 2].name,
			 forms[i % 2]);
		policy = with_key(*state, file, "/usr/**");
		signed_file(i / 2, &s);
		assert_int_equal(decide(policy, &s.file, true), IMANS_SIG_GOOD);
		/* For another path the key says nothing. */
		s.file.name = "/opt/x";
		s.file.name_len = 6;
		assert_int_equal(decide(policy, &s.file, false),
				 IMANS_SIG_UNKNOWN);
		free(s.sig.data);
		imans_policy_free(policy);
	}
}

/* No bit of the signature, nor of the digest, may be another. */
static void signatures_break(void **state)
{
	struct signed_file s;

	for (size_t n = 0; n < SIGNERS; n++) {
		char file[32];
		struct imans_policy *policy;

		snprintf(file, sizeof(file), "%s.pem", signers[n].name);
		policy = with_key(*state, file, NULL);
		signed_file(n, &s);
		for (size_t bit = 0; bit < 8 * s.sig.len; bit += 3) {
			s.sig.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_true(decide(policy, &s.file, false) !=
				    IMANS_SIG_GOOD);
			s.sig.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t len = 0; len < s.sig.len; len++) {
			s.file.sig_len = len;
			assert_int_equal(decide(policy, &s.file, false),
					 len ? IMANS_SIG_BAD : IMANS_SIG_NONE);
		}
		s.file.sig_len = s.sig.len;
		s.digest[5] ^= 1;
		assert_int_equal(decide(policy, &s.file, false), IMANS_SIG_BAD);
		s.digest[5] ^= 1;
		/* A digest of another kind, though its bytes are the same. */
		s.file.type = "verity";
		assert_int_equal(decide(policy, &s.file, false), IMANS_SIG_BAD);
		s.file.type = "ima";
		s.file.algo = "sm3";
		assert_int_equal(decide(policy, &s.file, false), IMANS_SIG_BAD);
		free(s.sig.data);
		imans_policy_free(policy);
	}
}

/* What was compared is said, though a pattern would have let it pass unseen. */
static void signed_where_any(void **state)
{
	struct imans_policy *policy = with_key(*state, "ec.pem", NULL);
	struct imans_decision d;
	struct signed_file s;
	size_t n = 0;

	while (strcmp(signers[n].name, "ec"))
		n++;
	assert_int_equal(imans_policy_add_any(policy, "/**"), 0);
	signed_file(n, &s);
	assert_int_equal(imans_policies_decide(&policy, 1, &s.file, &d), 0);
	assert_int_equal(d.match, IMANS_MATCH_KEY);
	assert_int_equal(d.sig, IMANS_SIG_GOOD);
	s.sig.data[s.sig.len - 1] ^= 1;
	assert_int_equal(imans_policies_decide(&policy, 1, &s.file, &d), 0);
	assert_int_equal(d.match, IMANS_MATCH_ANY);
	free(s.sig.data);
	imans_policy_free(policy);
}

static void other_signers(void **state)
{
	struct imans_policy *policy = with_key(*state, "ec.pem", NULL);
	struct imans_decision d;
	struct signed_file s;
	char *text, *weak = read_text("weak.pem");

	signed_file(0, &s);
	assert_int_equal(imans_policies_decide(&policy, 1, &s.file, &d), 0);
	assert_int_equal(imans_decision_text(&d, &text), 0);
	assert_non_null(strstr(text, "not in the reference values; signed by key "));
	free(text);
	free(s.sig.data);
	assert_int_equal(imans_policy_add_key(policy, "weak", weak, NULL, 0),
			 -EINVAL);
	free(weak);
	imans_policy_free(policy);
}

/* Type, hash algorithm and digest are signed together: made with openssl. */
static void version_3(void **state)
{
	struct imans_policy *policy = with_key(*state, "ec.pem", NULL);
	struct signed_file s;
	struct bl_bytes raw;
	char path[128];

	for (int type = 3; type <= 6; type += 3) {
		uint8_t id[34] = { (uint8_t)type, 4 }, sig[256] = { 0 };
		struct signed_file v2;
		FILE *f;

		signed_file(2, &v2);
		memcpy(id + 2, v2.digest, 32);
		snprintf(path, sizeof(path), "%s/id", dir);
		f = fopen(path, "w");
		assert_non_null(f);
		assert_int_equal(fwrite(id, 34, 1, f), 1);
		assert_int_equal(fclose(f), 0);
		assert_int_equal(sh("openssl dgst -sha256 -sign ec.key -out id.sig id"), 0);
		snprintf(path, sizeof(path), "%s/id.sig", dir);
		assert_true(util_read_file(path, &raw));
		memcpy(sig, v2.sig.data, 9);
		sig[0] = (uint8_t)type;
		sig[1] = 3;
		sig[8] = (uint8_t)raw.len;
		memcpy(sig + 9, raw.data, raw.len);
		s = v2;
		s.file.name = s.path;
		s.file.digest = s.digest;
		s.file.sig = sig;
		s.file.sig_len = 9 + raw.len;
		s.file.type = type == 6 ? "verity" : "ima";
		assert_int_equal(decide(policy, &s.file, true), IMANS_SIG_GOOD);
		s.file.type = type == 6 ? "ima" : "verity";
		assert_int_equal(decide(policy, &s.file, false), IMANS_SIG_BAD);
		/* Nor does it pass for a version 2, or for the other type. */
		s.file.type = type == 6 ? "verity" : "ima";
		sig[1] = 2;
		assert_int_equal(decide(policy, &s.file, false), IMANS_SIG_BAD);
		sig[1] = 3;
		sig[0] = (uint8_t)(9 - type);
		s.file.type = type == 6 ? "ima" : "verity";
		assert_int_equal(decide(policy, &s.file, false), IMANS_SIG_BAD);
		free(raw.data);
		free(v2.sig.data);
	}
	imans_policy_free(policy);
}

/* Everything a file can have is there again after a round. */
static void round_trip(void **state)
{
	struct imans_policy *policy = with_key(*state, "rsa.crt", "/usr/\n*"), *again;
	struct signed_file s;
	struct probe p;
	uint32_t keyid;
	char path[128];

	probe(&p, "", "B");
	assert_int_equal(imans_policy_add_glob(policy, "/l[ab]\xff*", IMANS_SHA256,
					       p.digest, 32), 0);
	assert_int_equal(imans_policy_add_any(policy, "/any/**"), 0);
	assert_int_equal(imans_policy_add_digest(policy, "/x", IMANS_SHA256,
						 p.digest, 32), 0);
	snprintf(path, sizeof(path), "%s/round.json", dir);
	assert_int_equal(imans_policy_write(policy, path), 0);
	imans_policy_free(policy);
	if (imans_policy_read(*state, path, &again))
		fail_msg("%s", imans_ctx_error(*state));
	assert_string_equal(imans_policy_key(again, 0, &keyid), "rsa.crt");
	assert_null(imans_policy_key(again, 1, &keyid));
	assert_string_equal(imans_policy_key_path(again, 0, 0), "/usr/\n*");
	assert_null(imans_policy_key_path(again, 0, 1));
	signed_file(0, &s);
	s.file.name = "/usr/\nx";
	s.file.name_len = 7;
	assert_int_equal(decide(again, &s.file, true), IMANS_SIG_GOOD);
	free(s.sig.data);
	assert_int_equal(imans_policy_lookup(again, "/lb\xffq", 5, IMANS_SHA256,
					     p.digest, 32, &(const char *){ NULL }),
			 IMANS_MATCH_GLOB);
	assert_int_equal(imans_policy_lookup(again, "/any/1/2", 8, IMANS_SHA512,
					     p.digest, 64, &(const char *){ NULL }),
			 IMANS_MATCH_ANY);
	assert_int_equal(imans_policy_paths(again), 1);
	assert_int_equal(imans_policy_digests(again), 2);
	imans_policy_free(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(explained),
		TEST(several),
		TEST(malformed),
		TEST(limits),
		TEST(signatures_hold),
		TEST(signatures_break),
		TEST(signed_where_any),
		TEST(other_signers),
		TEST(version_3),
		TEST(round_trip),
	};

	return cmocka_run_group_tests_name("policy_rules", tests,
					   make_signatures, remove_signatures);
}
