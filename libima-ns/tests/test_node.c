// SPDX-License-Identifier: LGPL-2.1-or-later
/* What this node shows: the tree of namespaces, keys' files, labels. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

struct tmp {
	char dir[32];
};

static void tmp_make(struct tmp *tmp)
{
	strcpy(tmp->dir, "/tmp/imans-node-XXXXXX");
	assert_non_null(mkdtemp(tmp->dir));
}

static void tmp_remove(struct tmp *tmp)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", tmp->dir);
	assert_int_equal(system(command), 0);
}

static void put(const struct tmp *tmp, const char *name, const char *text)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", tmp->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void put_ns(const struct tmp *tmp, const char *dir, const char *status,
		   const char *label)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", tmp->dir, dir);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/%s/ns", tmp->dir, dir);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/status", dir);
	put(tmp, path, status);
	if (!label)
		return;
	snprintf(path, sizeof(path), "%s/label", dir);
	put(tmp, path, label);
}

#define VPCR	"000102030405060708090a0b0c0d0e0f" \
		"101112131415161718191a1b1c1d1eff"

static void whole_tree(void **state)
{
	struct imans_ns_status s;
	struct imans_tree *tree;
	struct tmp tmp;
	char *dir;

	tmp_make(&tmp);
	put(&tmp, "self", "0\n");
	put_ns(&tmp, "10", "id: 10\nparent: 0\nstate: dead\n", "later\n");
	put_ns(&tmp, "3", "state: active\nid: 3\nparent: 0\ndepth: 1\n"
	       "label: outer\ninum: 4026532001\nuserns: 4026531837\n"
	       "entries: 5\nviolations: 1\nlosses: 2\nrecords: 4\n"
	       "quota: 100\nused: 11\nmemory: 70000\noverflow: mark\n"
	       "delegate: 1\nvpcr: " VPCR "\ntpm: ok\nnew-line: any thing\n",
	       "outer\n");
	put_ns(&tmp, "3/ns/7", "id: 7\nparent: 3\nstate: new\ntpm: none\n", "");
	assert_int_equal(imans_tree_read(*state, tmp.dir, &tree), 0);
	assert_int_equal(imans_tree_count(tree), 3);
	assert_int_equal(imans_tree_get(tree, 0, &s), 0);
	assert_int_equal(s.id, 3);
	assert_string_equal(s.label, "outer");
	assert_int_equal(s.state, IMANS_NS_ACTIVE);
	assert_int_equal(s.inum, 4026532001);
	assert_int_equal(s.entries, 5);
	assert_int_equal(s.violations, 1);
	assert_int_equal(s.losses, 2);
	assert_int_equal(s.records, 4);
	assert_int_equal(s.quota, 100);
	assert_int_equal(s.used, 11);
	assert_int_equal(s.memory, 70000);
	assert_int_equal(s.overflow, IMANS_OVERFLOW_MARK);
	assert_true(s.delegate);
	assert_true(s.tpm_ok);
	assert_int_equal(s.vpcr[0], 0);
	assert_int_equal(s.vpcr[31], 0xff);
	assert_int_equal(imans_tree_get(tree, 1, &s), 0);
	assert_string_equal(s.path, "3/7");
	assert_string_equal(s.label, "");
	assert_int_equal(s.state, IMANS_NS_NEW);
	assert_false(s.tpm_ok);
	assert_int_equal(imans_tree_by_id(tree, 10, &s), 0);
	assert_int_equal(s.state, IMANS_NS_DEAD);
	assert_int_equal(imans_tree_by_id(tree, 4, &s), -ENOENT);
	assert_int_equal(imans_tree_get(tree, 3, &s), -ENOENT);
	assert_int_equal(imans_tree_dir(tree, 7, &dir), 0);
	assert_memory_equal(dir, tmp.dir, strlen(tmp.dir));
	assert_string_equal(dir + strlen(tmp.dir), "/3/ns/7");
	free(dir);
	imans_tree_free(tree);
	tmp_remove(&tmp);
}

/* A bind mount of a namespace's own directory: the path begins above it. */
static void part_of_tree(void **state)
{
	struct imans_ns_status s;
	struct imans_tree *tree;
	struct tmp tmp;

	tmp_make(&tmp);
	put_ns(&tmp, "7", "id: 7\nparent: 3\n", "x\n");
	assert_int_equal(imans_tree_read(*state, tmp.dir, &tree), 0);
	assert_int_equal(imans_tree_get(tree, 0, &s), 0);
	assert_string_equal(s.path, "3/7");
	imans_tree_free(tree);
	tmp_remove(&tmp);
}

static void vanished(void **state)
{
	struct imans_tree *tree;
	struct tmp tmp;
	char path[64];

	tmp_make(&tmp);
	put_ns(&tmp, "1", "id: 1\nparent: 0\n", "x\n");
	snprintf(path, sizeof(path), "%s/2", tmp.dir);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(imans_tree_read(*state, tmp.dir, &tree), 0);
	assert_int_equal(imans_tree_count(tree), 1);
	imans_tree_free(tree);
	tmp_remove(&tmp);
	assert_int_equal(imans_tree_read(*state, tmp.dir, &tree), -ENOENT);
	assert_non_null(strstr(imans_ctx_error(*state), tmp.dir));
}

static const struct {
	const char *status;
	const char *reason;
} bad_statuses[] = {
	{ "", "no id" },
	{ "id: 5\n", "no id, or no parent" },
	{ "parent: 0\n", "no id" },
	{ "id: 0\nparent: 0\n", "no id" },
	{ "id: -1\nparent: 0\n", "line 1: \"id\"" },
	{ "id: 5x\nparent: 0\n", "line 1: \"id\"" },
	{ "id: 99999999999999999999\nparent: 0\n", "line 1: \"id\"" },
	{ "id: 5\nparent:\n", "line 2: \"parent\"" },
	{ "id: 5\nparent: 0\nstate: asleep\n", "line 3: \"state\"" },
	{ "id: 5\nparent: 0\nvpcr: 00\n", "line 3: \"vpcr\"" },
	{ "id: 5\nparent: 0\ndepth: 33\n", "line 3: \"depth\"" },
	{ "id: 5\nparent: 0\nvpcr: g" VPCR "\n", "line 3: \"vpcr\"" },
};

static void bad_status(void **state)
{
	for (size_t i = 0; i < sizeof(bad_statuses) / sizeof(*bad_statuses);
	     i++) {
		struct imans_tree *tree;
		struct tmp tmp;
		int err;

		tmp_make(&tmp);
		put_ns(&tmp, "5", bad_statuses[i].status, "x\n");
		err = imans_tree_read(*state, tmp.dir, &tree);
		if (err != -EBADMSG || !strstr(imans_ctx_error(*state),
					       bad_statuses[i].reason))
			fail_msg("%s: %d, \"%s\"", bad_statuses[i].status, err,
				 imans_ctx_error(*state));
		tmp_remove(&tmp);
	}
}

/* Checked before anything is done that can't be undone. */
static void bad_labels(void **state)
{
	char longer[IMANS_LABEL_MAX + 2];
	const char *const labels[] = { NULL, "", "a b", "a\n", "\x7f", "\xc3\xa4",
				       longer };
	struct imans_ns_opts opts = { .sz = sizeof(opts) };

	memset(longer, 'l', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
		opts.label = labels[i];
		assert_int_equal(imans_ns_enter_new(*state, &opts, NULL),
				 -EINVAL);
		assert_non_null(strstr(imans_ctx_error(*state), "the label"));
	}
	longer[IMANS_LABEL_MAX] = '\0';
	opts.label = longer;
	opts.ns_dir = "/nonexistent";
	assert_int_equal(imans_ns_enter_new(*state, &opts, NULL), -ENOENT);
	assert_int_equal(imans_ns_enter_id(*state, "/nonexistent", 1), -ENOENT);
}

static void bad_keys(void **state)
{
	static const char *const texts[] = {
		"", "\xa4", "not a key", "\xa4\x66""format\x61x",
		"\xa4\x66""format\x76ima-ns attestation key\x67version\x02",
		"\xa4\x66""format\x76ima-ns attestation key\x67version\x01"
		"\x66public\x41x\x67private\x41x",
	};
	struct imans_ak *ak;
	struct tmp tmp;
	char path[64];

	tmp_make(&tmp);
	snprintf(path, sizeof(path), "%s/ak", tmp.dir);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		put(&tmp, "ak", texts[i]);
		assert_int_equal(imans_ak_read(*state, path, &ak), -EBADMSG);
		assert_non_null(strstr(imans_ctx_error(*state), path));
	}
	assert_int_equal(imans_ak_read(*state, "/dev/zero", &ak), -EFBIG);
	tmp_remove(&tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole_tree),
		TEST(part_of_tree),
		TEST(vanished),
		TEST(bad_status),
		TEST(bad_labels),
		TEST(bad_keys),
	};

	/* tpm2-tss would log what is malformed on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
