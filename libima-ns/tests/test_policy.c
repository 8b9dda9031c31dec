// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reference values: made from files, written, read and looked up. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

struct tmp {
	char dir[32];
	char file[64];
};

static void tmp_make(struct tmp *tmp)
{
	strcpy(tmp->dir, "/tmp/imans-policy-XXXXXX");
	assert_non_null(mkdtemp(tmp->dir));
	snprintf(tmp->file, sizeof(tmp->file), "%s/p.json", tmp->dir);
}

static void tmp_remove(struct tmp *tmp)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", tmp->dir);
	assert_int_equal(system(command), 0);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static enum imans_match look(struct imans_policy *policy, const char *name,
			     const char *content, const char **where)
{
	uint8_t digest[32];

	bl_hash("sha256", content, strlen(content), digest);
	return imans_policy_lookup(policy, name, strlen(name), IMANS_SHA256,
				   digest, sizeof(digest), where);
}

static void check_tree(struct imans_policy *policy)
{
	const char *where = NULL;
	uint8_t digest[32];

	assert_int_equal(look(policy, "/bin/a", "A", &where), IMANS_MATCH_PATH);
	assert_string_equal(where, "/bin/a");
	assert_int_equal(look(policy, "/bin/a", "B", &where),
			 IMANS_MATCH_ELSEWHERE);
	assert_string_equal(where, "/bin/b\n\\");
	assert_int_equal(look(policy, "/bin/b\n\\", "B", &where),
			 IMANS_MATCH_PATH);
	assert_int_equal(look(policy, "/bin/x", "X", &where), IMANS_MATCH_NONE);
	assert_int_equal(look(policy, "/bin/link", "A", &where),
			 IMANS_MATCH_ELSEWHERE);
	assert_int_equal(look(policy, "memfd:a", "A", &where),
			 IMANS_MATCH_MEMFD);
	assert_string_equal(where, "/bin/a");
	assert_int_equal(look(policy, "/memfd:a (deleted)", "A", &where),
			 IMANS_MATCH_MEMFD);
	assert_int_equal(look(policy, "/memfd:a", "X", &where),
			 IMANS_MATCH_NONE);
	assert_int_equal(look(policy, "/tmp/memfd:a", "A", &where),
			 IMANS_MATCH_ELSEWHERE);
	assert_int_equal(look(policy, "", "A", &where), IMANS_MATCH_ELSEWHERE);
	bl_hash("sha256", "A", 1, digest);
	assert_int_equal(imans_policy_lookup(policy, "/bin/a\0b", 8,
					     IMANS_SHA256, digest, 32, &where),
			 IMANS_MATCH_NONE);
	/* Of another bank nothing is known. */
	assert_int_equal(imans_policy_lookup(policy, "/bin/a", 6, IMANS_SHA1,
					     digest, 20, &where),
			 IMANS_MATCH_NONE);
	assert_int_equal(imans_policy_paths(policy), 3);
	assert_int_equal(imans_policy_digests(policy), 6);
}

static void from_tree(void **state)
{
	struct imans_policy *policy, *again;
	struct tmp tmp;
	char path[128];

	tmp_make(&tmp);
	snprintf(path, sizeof(path), "%s/root", tmp.dir);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/root/bin", tmp.dir);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/root/bin/a", tmp.dir);
	put(path, "A");
	snprintf(path, sizeof(path), "%s/root/bin/b\n\\", tmp.dir);
	put(path, "B");
	snprintf(path, sizeof(path), "%s/root/c", tmp.dir);
	put(path, "");
	snprintf(path, sizeof(path), "%s/root/bin/link", tmp.dir);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	snprintf(path, sizeof(path), "%s/root/bin/fifo", tmp.dir);
	assert_int_equal(mkfifo(path, 0600), 0);

	assert_int_equal(imans_policy_new(*state, &policy), 0);
	snprintf(path, sizeof(path), "%s/root//", tmp.dir);
	assert_int_equal(imans_policy_add_tree(policy, path,
					       IMANS_BANK(IMANS_SHA256) |
					       IMANS_BANK(IMANS_SHA512)), 0);
	/* What stands there already is not there twice. */
	assert_int_equal(imans_policy_add_tree(policy, path,
					       IMANS_BANK(IMANS_SHA256)), 0);
	assert_int_equal(imans_policy_add_match(policy, "pod=1*"), 0);
	check_tree(policy);
	assert_int_equal(imans_policy_write(policy, tmp.file), 0);
	assert_int_equal(imans_policy_read(*state, tmp.file, &again), 0);
	check_tree(again);
	assert_true(imans_policy_matches(again, "pod=1,ctr=/x"));
	assert_false(imans_policy_matches(again, "pod=2"));
	assert_false(imans_policy_is_host(again));
	imans_policy_free(again);
	imans_policy_free(policy);
	tmp_remove(&tmp);
}

static void flags(void **state)
{
	struct imans_policy *policy, *again;
	uint8_t digest[32] = { 0xab };
	struct tmp tmp;

	tmp_make(&tmp);
	assert_int_equal(imans_policy_new(*state, &policy), 0);
	imans_policy_set_host(policy, true);
	imans_policy_set_opaque(policy, true);
	assert_int_equal(imans_policy_add_ns_policy(policy, digest), 0);
	assert_int_equal(imans_policy_write(policy, tmp.file), 0);
	assert_int_equal(imans_policy_read(*state, tmp.file, &again), 0);
	assert_true(imans_policy_is_host(again));
	assert_true(imans_policy_is_opaque(again));
	assert_true(imans_policy_allows(again, digest));
	assert_true(imans_policy_allows(again, imans_default_policy_digest));
	digest[31] = 1;
	assert_false(imans_policy_allows(again, digest));
	assert_false(imans_policy_matches(again, ""));
	imans_policy_free(again);
	imans_policy_free(policy);
	tmp_remove(&tmp);
}

/* The digest that the library knows is that of the text the kernel has. */
static void default_policy(void **state)
{
	static const char text[] = "measure func=BPRM_CHECK\n"
				   "measure func=MMAP_CHECK mask=MAY_EXEC\n";
	uint8_t digest[32];

	(void)state;
	bl_hash("sha256", text, strlen(text), digest);
	assert_memory_equal(digest, imans_default_policy_digest, 32);
}

#define HEAD	"{\"format\": \"ima-ns policy\", \"version\": 1"

static const struct {
	const char *text;
	int err;
	const char *reason;
} texts[] = {
	{ HEAD ", \"files\": {}}", 0, NULL },
	{ HEAD ", \"match\": [\"*\"], \"files\": {\"/a\\\\x0ab\": []}}", 0, NULL },
	{ "", -EBADMSG, "p.json" },
	{ "[]", -EBADMSG, "not a JSON object" },
	{ HEAD ", \"files\": {}", -EBADMSG, "p.json: byte" },
	{ HEAD ", \"files\": {}} {}", -EBADMSG, "p.json: byte" },
	{ "{\"format\": \"other\", \"version\": 1, \"files\": {}}", -EBADMSG,
	  "\"format\" is not" },
	{ "{\"format\": \"ima-ns policy\", \"version\": 3, \"files\": 7}",
	  -EPROTONOSUPPORT, "version 3, known are 1 to 2" },
	{ "{\"version\": 1, \"files\": {}}", -EBADMSG, "\"format\" is missing" },
	{ HEAD "}", -EBADMSG, "\"files\" is missing" },
	{ HEAD ", \"files\": {}, \"deny\": []}", -EBADMSG,
	  "\"deny\" is not known" },
	{ HEAD ", \"files\": []}", -EBADMSG, "\"files\" is not an object" },
	{ HEAD ", \"files\": {\"/a\": \"x\"}}", -EBADMSG, "no array of digests" },
	{ HEAD ", \"files\": {\"/a\": [7]}}", -EBADMSG, "BANK:HEXADECIMAL" },
	{ HEAD ", \"files\": {\"/a\": [\"sha256:00\"]}}", -EBADMSG,
	  "BANK:HEXADECIMAL" },
	{ HEAD ", \"files\": {\"/a\": [\"md5:00\"]}}", -EBADMSG,
	  "BANK:HEXADECIMAL" },
	{ HEAD ", \"files\": {\"/a\\\\\": []}}", -EBADMSG, "is no path" },
	{ HEAD ", \"files\": {\"/a\\\\x00\": []}}", -EBADMSG, "is no path" },
	{ HEAD ", \"files\": {\"\": []}}", -EBADMSG, "is no path" },
	{ HEAD ", \"match\": \"*\", \"files\": {}}", -EBADMSG,
	  "\"match\" is not an array" },
	{ HEAD ", \"match\": [1], \"files\": {}}", -EBADMSG,
	  "an element that is no text" },
	{ HEAD ", \"host\": 1, \"files\": {}}", -EBADMSG,
	  "\"host\" is neither true nor false" },
	{ HEAD ", \"namespace-policies\": [\"00\"], \"files\": {}}", -EBADMSG,
	  "no SHA-256 digest" },
	{ HEAD ", \"files\": {\"/a\": [[[[]]]]}}", -EBADMSG, "p.json" },
};

static void read_texts(void **state)
{
	struct tmp tmp;

	tmp_make(&tmp);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct imans_policy *policy = NULL;
		int err;

		put(tmp.file, texts[i].text);
		err = imans_policy_read(*state, tmp.file, &policy);
		if (err != texts[i].err ||
		    (err && !strstr(imans_ctx_error(*state), texts[i].reason)))
			fail_msg("%s: %d, \"%s\"", texts[i].text, err,
				 imans_ctx_error(*state));
		imans_policy_free(policy);
	}
	tmp_remove(&tmp);
}

static void refused(void **state)
{
	struct imans_policy *policy;
	uint8_t digest[32] = { 0 };

	assert_int_equal(imans_policy_new(*state, &policy), 0);
	assert_int_equal(imans_policy_add_digest(policy, "/a", IMANS_SHA1,
						 digest, 32), -EINVAL);
	assert_int_equal(imans_policy_add_digest(policy, "", IMANS_SHA256,
						 digest, 32), -EINVAL);
	assert_int_equal(imans_policy_add_match(policy, ""), -EINVAL);
	assert_int_equal(imans_policy_add_file(policy, "/etc/passwd", "/p", 0),
			 -EINVAL);
	assert_int_equal(imans_policy_add_file(policy, "/nonexistent", "/p",
					       IMANS_ALL_BANKS), -ENOENT);
	assert_int_equal(imans_policy_add_file(policy, "/dev/null", "/p",
					       IMANS_ALL_BANKS), -EINVAL);
	assert_int_equal(imans_policy_add_tree(policy, "/nonexistent",
					       IMANS_ALL_BANKS), -ENOENT);
	assert_int_equal(imans_policy_add_tree(policy, "/etc/passwd",
					       IMANS_ALL_BANKS), -ENOTDIR);
	assert_int_equal(imans_policy_digests(policy), 0);
	imans_policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(from_tree),
		TEST(flags),
		TEST(default_policy),
		TEST(read_texts),
		TEST(refused),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
