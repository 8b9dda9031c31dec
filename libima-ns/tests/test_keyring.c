// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Secrets in keyrings: in a session's keyring of their own, so that nobody's keys
 * are touched; and where a kernel has none, or refuses, by a seccomp filter.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <keyutils.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "util.h"

#define KEY	"keyring:user:imans-test"

static const char secret[] = "no file shall have this";
/* Why keyrings can't be tested here; 0: they can. */
static int missing;

/* An anonymous session keyring ends with the process. */
static int join(void **state)
{
	(void)state;
	if (keyctl_join_session_keyring(NULL) < 0)
		missing = errno;
	return 0;
}

static void need_keyrings(void)
{
	if (!missing)
		return;
	print_message("no keyrings here: %s\n", strerror(missing));
	skip();
}

static key_serial_t put(const char *type, const char *name)
{
	key_serial_t id = add_key(type, name, secret, sizeof(secret),
				  KEY_SPEC_SESSION_KEYRING);

	assert_true(id > 0);
	return id;
}

static void expect(struct imans_ctx *ctx, const char *key, int err,
		   const char *words)
{
	uint8_t *data;
	size_t len;
	int got = imans_keyring_read(ctx, key, 64, &data, &len);

	if (got != err || !strstr(imans_ctx_error(ctx), words))
		fail_msg("%s: %d, \"%s\"", key, got, imans_ctx_error(ctx));
}

static void read_back(struct imans_ctx *ctx, const char *key)
{
	uint8_t *data;
	size_t len;

	if (imans_keyring_read(ctx, key, 64, &data, &len))
		fail_msg("%s", imans_ctx_error(ctx));
	assert_int_equal(len, sizeof(secret));
	assert_memory_equal(data, secret, len);
	imans_key_free(data, len);
}

static void kept(void **state)
{
	char payload[64];

	need_keyrings();
	assert_int_equal(imans_keyring_add(*state, KEY, "@s", secret,
					   sizeof(secret)), 0);
	read_back(*state, KEY);
	read_back(*state, "keyring:imans-test");
	/* The kernel's own word on it. */
	assert_int_equal(keyctl_read(request_key("user", "imans-test", NULL, 0),
				     payload, sizeof(payload)), sizeof(secret));
	assert_int_equal(imans_keyring_add(*state, KEY, "@s", "other", 5),
			 -EEXIST);
	read_back(*state, KEY);
	assert_int_equal(imans_keyring_remove(*state, KEY), 0);
	expect(*state, KEY, -ENOKEY, "has such a key");
	assert_int_equal(imans_keyring_remove(*state, KEY), -ENOKEY);
}

/* A key of the user's that no keyring of this session leads to. */
static void users_key(void **state)
{
	char name[64], text[96];

	need_keyrings();
	snprintf(name, sizeof(name), "imans-test-%d", (int)getpid());
	snprintf(text, sizeof(text), "keyring:user:%s", name);
	assert_int_equal(imans_keyring_add(*state, text, NULL, secret,
					   sizeof(secret)), 0);
	assert_int_equal(request_key("user", name, NULL, 0), -1);
	read_back(*state, text);
	/* Nothing of it stays within reach. */
	assert_int_equal(request_key("user", name, NULL, 0), -1);
	assert_int_equal(imans_keyring_remove(*state, text), 0);
	expect(*state, text, -ENOKEY, "has such a key");
}

static void random_key(void **state)
{
	uint8_t *made, *data;
	size_t len;

	need_keyrings();
	assert_int_equal(imans_keyring_make(*state, "keyring:imans-random",
					    "@s", 32, &made), 0);
	assert_int_equal(imans_keyring_read(*state, "keyring:imans-random", 32,
					    &data, &len), 0);
	assert_int_equal(len, 32);
	assert_memory_equal(made, data, 32);
	imans_key_free(made, 32);
	imans_key_free(data, len);
	assert_int_equal(imans_keyring_read(*state, "keyring:imans-random", 31,
					    &data, &len), -EFBIG);
}

static void states(void **state)
{
	key_serial_t id;

	need_keyrings();
	id = put("user", "imans-revoked");
	assert_int_equal(keyctl_revoke(id), 0);
	expect(*state, "keyring:imans-revoked", -EKEYREVOKED, "was revoked");
	/* What is no more is in nobody's way. */
	assert_int_equal(imans_keyring_add(*state, "keyring:imans-revoked",
					   "@s", secret, sizeof(secret)), 0);
	read_back(*state, "keyring:imans-revoked");
	id = put("user", "imans-expired");
	assert_int_equal(keyctl_set_timeout(id, 1), 0);
	usleep(1100000);
	expect(*state, "keyring:imans-expired", -EKEYEXPIRED, "has expired");
	id = put("user", "imans-closed");
	assert_int_equal(keyctl_setperm(id, KEY_POS_VIEW), 0);
	expect(*state, "keyring:imans-closed", -EACCES, "permission denied");
	put("user", "imans-there");
	read_back(*state, "keyring:imans-there");
}

static void names(void **state)
{
	static const struct {
		const char *key;
		int err;
		const char *words;
	} cases[] = {
		{ "", -EINVAL, "not \"keyring:" },
		{ "file", -EINVAL, "not \"keyring:" },
		{ "keyring:", -EINVAL, "not \"keyring:" },
		{ "keyring::x", -EINVAL, "not \"keyring:" },
		{ "keyring:user:", -EINVAL, "not \"keyring:" },
		{ "keyring:a-type-with-a-name-that-is-too-long:x", -EINVAL,
		  "not \"keyring:" },
		{ "keyring:logon:x", -EOPNOTSUPP, "only the kernel" },
		{ "keyring:encrypted:x", -EOPNOTSUPP, "encrypted" },
		{ "keyring:trusted:x", -EOPNOTSUPP, "encrypted" },
		{ "keyring:keyring:x", -EOPNOTSUPP, "user, or big_key" },
		{ "keyring:asymmetric:x", -EOPNOTSUPP, "user, or big_key" },
	};
	uint8_t *data;
	size_t len;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		expect(*state, cases[i].key, cases[i].err, cases[i].words);
	assert_int_equal(imans_keyring_read(*state, KEY, 0, &data, &len),
			 -EINVAL);
	assert_int_equal(imans_keyring_add(*state, KEY, "@x", "y", 1), -EINVAL);
	assert_int_equal(imans_keyring_add(*state, KEY, "12x", "y", 1),
			 -EINVAL);
	assert_int_equal(imans_keyring_add(*state, KEY, "@s", "", 0), -EINVAL);
	assert_int_equal(imans_keyring_make(*state, KEY, "@s", 0, &data),
			 -EINVAL);
}

/* All calls for keys fail with that error from here on. */
static void refuse_keys(int error)
{
	const unsigned int answer = SECCOMP_RET_ERRNO |
				    ((unsigned int)error & SECCOMP_RET_DATA);
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_keyctl, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_add_key, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_request_key, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {
		sizeof(code) / sizeof(*code), code,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(90);
}

/* 0: each call gave the error and its words. */
static int all_refused(struct imans_ctx *ctx, int err, const char *words)
{
	uint8_t *data;
	size_t len;

	if (imans_keyring_read(ctx, KEY, 64, &data, &len) != err ||
	    !strstr(imans_ctx_error(ctx), words))
		return 1;
	if (imans_keyring_add(ctx, KEY, "@s", "x", 1) != err ||
	    !strstr(imans_ctx_error(ctx), words))
		return 2;
	if (imans_keyring_make(ctx, KEY, NULL, 8, &data) != err ||
	    !strstr(imans_ctx_error(ctx), words))
		return 3;
	if (imans_keyring_remove(ctx, KEY) != err ||
	    !strstr(imans_ctx_error(ctx), words))
		return 4;
	return 0;
}

static void refused(void **state)
{
	static const struct {
		int error, err;
		const char *words;
	} cases[] = {
		{ ENOSYS, -ENOSYS, "no keyrings (CONFIG_KEYS)" },
		{ EPERM, -EPERM, "seccomp" },
		{ EDQUOT, -EDQUOT, "quota" },
		{ EACCES, -EACCES, "permission denied" },
		/* What is not documented does not get out. */
		{ E2BIG, -EIO, "Argument list too long" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		pid_t pid = fork();
		int status;

		assert_true(pid >= 0);
		if (!pid) {
			refuse_keys(cases[i].error);
			_exit(all_refused(*state, cases[i].err,
					  cases[i].words));
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status)
			fail_msg("%s: status 0x%x", strerror(cases[i].error),
				 (unsigned int)status);
	}
}

static void put_file(const char *dir, const char *name, const char *text,
		     size_t len)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* K of a namespace, from what securityfs would show. */
static void namespace_key(void **state)
{
	static const char k[] = "0123456789abcdef0123456789ABCDEF!";
	char dir[] = "/tmp/imans-key-XXXXXX", path[64], command[64];
	uint8_t key[IMANS_KEY_SIZE], digest[IMANS_HASH_SIZE], want[32];

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/5", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	put_file(dir, "5/status", "id: 5\nparent: 0\n", 16);
	put_file(dir, "5/label", "x\n", 2);
	assert_int_equal(imans_ns_key(*state, dir, 5, key), -ENOENT);
	put_file(dir, "5/key", k, 31);
	assert_int_equal(imans_ns_key(*state, dir, 5, key), -EBADMSG);
	put_file(dir, "5/key", k, 33);
	assert_int_equal(imans_ns_key(*state, dir, 5, key), -EFBIG);
	put_file(dir, "5/key", k, 32);
	assert_int_equal(imans_ns_key(*state, dir, 5, key), 0);
	assert_memory_equal(key, k, 32);
	assert_int_equal(imans_ns_key(*state, dir, 6, key), -ENOENT);
	assert_int_equal(imans_key_digest(*state, key, digest), 0);
	bl_hash("sha256", (const uint8_t *)k, 32, want);
	assert_memory_equal(digest, want, sizeof(want));
	imans_key_wipe(key, sizeof(key));
	for (size_t i = 0; i < sizeof(key); i++)
		assert_int_equal(key[i], 0);
	imans_key_free(NULL, 5);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kept),
		TEST(users_key),
		TEST(random_key),
		TEST(states),
		TEST(names),
		TEST(refused),
		TEST(namespace_key),
	};

	return cmocka_run_group_tests_name("keyring", tests, join, NULL);
}
