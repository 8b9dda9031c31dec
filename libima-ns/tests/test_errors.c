// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Errors are part of the API: with every allocation of a call made to fail in
 * turn, the library's and OpenSSL's, a call succeeds or fails with an error that
 * its man page names, with a text, its results untouched and nothing leaked.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "node.h"

#define MAN_DIR	IMANS_TESTS_DIR "/../man"

/* Past so many single steps a call is sampled: allocations resemble each other. */
#define STEPS_ALL	1500
#define STEPS_SAMPLED	1500

/* What a result holds before the call, and after one that failed. */
#define UNTOUCHED	((void *)-1)

/* ------------------------------------------------------------- injection */

static long countdown = -1;		/* -1: nothing fails */
static bool injected;

static bool fails(void)
{
	if (countdown < 0)
		return false;
	if (countdown--)
		return false;
	injected = true;
	return true;
}

/* The linker puts these in place of what the library calls (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t max);
FILE *__real_open_memstream(char **text, size_t *len);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t max);
FILE *__wrap_open_memstream(char **text, size_t *len);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t max)
{
	return fails() ? NULL : __real_strndup(text, max);
}

FILE *__wrap_open_memstream(char **text, size_t *len)
{
	return fails() ? NULL : __real_open_memstream(text, len);
}

static void *ssl_malloc(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return fails() ? NULL : __real_malloc(size);
}

static void *ssl_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return fails() ? NULL : __real_realloc(old, size);
}

static void ssl_free(void *old, const char *file, int line)
{
	(void)file, (void)line;
	free(old);
}

/* --------------------------------------------------------- documentation */

static bool page_names(const char *text, const char *function)
{
	const char *end = strstr(text, "\n.SH SYNOPSIS");
	const char *at = strstr(text, function);
	size_t len = strlen(function);

	while (at && at < end && strchr(", \n", at[len]) == NULL)
		at = strstr(at + len, function);
	return at && at < end;
}

/* The text of the page that is about a function. */
static char *page_of(const char *function)
{
	struct dirent *d;
	DIR *dir = opendir(MAN_DIR);
	char *found = NULL;

	assert_non_null(dir);
	while (!found && (d = readdir(dir))) {
		struct bl_bytes b;
		char path[1024];

		snprintf(path, sizeof(path), "%s/%s", MAN_DIR, d->d_name);
		if (!strstr(d->d_name, ".3") || !util_read_file(path, &b))
			continue;
		bl_put(&b, "", 1);
		if (page_names((char *)b.data, function))
			found = (char *)b.data;
		else
			free(b.data);
	}
	closedir(dir);
	if (!found)
		fail_msg("no page is about %s", function);
	return found;
}

static bool documented(const char *page, int err)
{
	char word[32];
	const char *at;

	snprintf(word, sizeof(word), "\\-%s", strerrorname_np(-err));
	at = strstr(page, word);
	while (at && strchr(" \n\",.:;", at[strlen(word)]) == NULL)
		at = strstr(at + 1, word);
	return at;
}

/* ----------------------------------------------------------------- calls */

/* A node that was verified, and what calls take besides. */
struct things {
	struct node n;
	struct bl_bytes host;		/* its list */
	struct bl_bytes cbor;		/* its evidence */
	struct imans_pcrs quoted;
	char dir[32];
	char path[64];			/* a file of the evidence */
	char policy[64];
	char made[64];			/* a file that may be written */
};

struct call {
	const char *function;		/* whose page names the errors */
	int (*run)(struct things *t);
};

static int call_ctx(struct things *t)
{
	struct imans_ctx *ctx = UNTOUCHED;
	int err = imans_ctx_new(&ctx);

	(void)t;
	if (err)
		assert_ptr_equal(ctx, UNTOUCHED);
	else
		imans_ctx_free(ctx);
	return err;
}

/* Opens, reads and replays all; any of these may be what fails. */
static int read_list(struct things *t, struct imans_list *list)
{
	const struct imans_replay_opts opts = { .sz = sizeof(opts) };
	const struct imans_entry *entry = NULL;
	struct imans_replay *replay = UNTOUCHED;
	int err = imans_replay_new(t->n.ctx, &opts, &replay);

	if (err) {
		assert_ptr_equal(replay, UNTOUCHED);
		return err;
	}
	do {
		err = imans_list_next(list, &entry);
		if (!err && entry)
			err = imans_replay_extend(replay, entry);
		if (!err && entry)
			err = imans_entry_check_digest(entry);
	} while (!err && entry);
	imans_replay_free(replay);
	return err;
}

static int call_replay(struct things *t)
{
	struct imans_list *list = UNTOUCHED;
	int err = imans_list_open_mem(t->n.ctx, t->host.data, t->host.len,
				      NULL, &list);

	if (err) {
		assert_ptr_equal(list, UNTOUCHED);
		return err;
	}
	err = read_list(t, list);
	imans_list_close(list);
	return err;
}

static int call_list_file(struct things *t)
{
	const struct imans_list_opts opts = {
		.sz = sizeof(opts),
		.header = IMANS_HEADER_SHA256,
	};
	struct imans_list *list = UNTOUCHED;
	int err = imans_list_open_file(t->n.ctx, t->path, &opts, &list);

	if (err)
		assert_ptr_equal(list, UNTOUCHED);
	else
		imans_list_close(list);
	return err;
}

static int call_host(struct things *t)
{
	struct imans_findings *findings = UNTOUCHED;
	struct imans_host *host = UNTOUCHED;
	int err = imans_findings_new(&findings);

	if (err) {
		assert_ptr_equal(findings, UNTOUCHED);
		return err;
	}
	err = imans_host_prove(t->n.ctx, t->host.data, t->host.len, &t->quoted,
			       NULL, findings, &host);
	if (err)
		assert_ptr_equal(host, UNTOUCHED);
	else
		imans_host_free(host);
	imans_findings_free(findings);
	return err;
}

static int call_evidence_parse(struct things *t)
{
	struct imans_evidence *evidence = UNTOUCHED;
	int err = imans_evidence_parse(t->n.ctx, t->cbor.data, t->cbor.len,
				       "evidence", &evidence);

	if (err)
		assert_ptr_equal(evidence, UNTOUCHED);
	else
		imans_evidence_free(evidence);
	return err;
}

static int call_evidence_read(struct things *t)
{
	struct imans_evidence *evidence = UNTOUCHED;
	int err = imans_evidence_read(t->n.ctx, t->path, &evidence);

	if (err)
		assert_ptr_equal(evidence, UNTOUCHED);
	else
		imans_evidence_free(evidence);
	return err;
}

static int call_evidence_encode(struct things *t)
{
	uint8_t *data = UNTOUCHED;
	size_t len = 7;
	int err = imans_evidence_encode(t->n.evidence, &data, &len);

	if (err)
		assert_true(data == UNTOUCHED && len == 7);
	else
		free(data);
	return err;
}

static int call_evidence_write(struct things *t)
{
	int err = imans_evidence_write(t->n.evidence, t->made);

	assert_true(access(t->made, F_OK) == (err ? -1 : 0));
	unlink(t->made);
	return err;
}

static int fill_evidence(struct imans_evidence *evidence)
{
	struct imans_evidence_ns ns = {
		.id = 1, .path = "1", .header = IMANS_HEADER_SHA1,
		.list = (const uint8_t *)"list", .list_len = 4,
		.key = (const uint8_t *)"0123456789abcdef0123456789abcdef",
		.status = "state: active\n",
	};
	int err = imans_evidence_set_quote(evidence, "q", 1, "s", 1, "a", 1);

	if (!err)
		err = imans_evidence_set_verifier(evidence, "me");
	if (!err)
		err = imans_evidence_set_host(evidence, IMANS_HEADER_SHA1, "h",
					      1);
	if (!err)
		err = imans_evidence_set_firmware_log(evidence, "f", 1);
	return err ? err : imans_evidence_add_ns(evidence, &ns);
}

static int call_evidence_new(struct things *t)
{
	struct imans_evidence *evidence = UNTOUCHED;
	int err = imans_evidence_new(t->n.ctx, &evidence);

	if (err) {
		assert_ptr_equal(evidence, UNTOUCHED);
		return err;
	}
	err = fill_evidence(evidence);
	imans_evidence_free(evidence);
	return err;
}

static int call_quote(struct things *t)
{
	struct imans_verify_opts all = node_opts(&t->n);
	const struct imans_quote_opts opts = {
		.sz = sizeof(opts), .nonce = all.nonce,
		.nonce_len = all.nonce_len, .verifier_id = all.verifier_id,
		.ak_pem = all.ak_pem,
	};
	struct imans_findings *findings;
	struct imans_quote quote;
	int err = imans_findings_new(&findings);

	if (err)
		return err;
	err = imans_quote_verify(t->n.evidence, &opts, findings, &quote);
	imans_findings_free(findings);
	return err;
}

static int call_verify(struct things *t)
{
	const struct imans_verify_opts opts = node_opts(&t->n);
	struct imans_report *report = UNTOUCHED;
	int err = imans_verify(t->n.evidence, &opts, &report);

	if (err)
		assert_ptr_equal(report, UNTOUCHED);
	else
		imans_report_free(report);
	return err;
}

static int call_html(struct things *t)
{
	char *text = UNTOUCHED;
	int err = imans_report_html(t->n.ctx, t->n.report, NULL, &text);

	if (err)
		assert_ptr_equal(text, UNTOUCHED);
	else
		free(text);
	return err;
}

static int call_json(struct things *t)
{
	char *text = UNTOUCHED;
	int err = imans_report_json(t->n.ctx, t->n.report, &text);

	if (err)
		assert_ptr_equal(text, UNTOUCHED);
	else
		free(text);
	return err;
}

static int call_policy_read(struct things *t)
{
	struct imans_policy *policy = UNTOUCHED;
	int err = imans_policy_read(t->n.ctx, t->policy, &policy);

	if (err)
		assert_ptr_equal(policy, UNTOUCHED);
	else
		imans_policy_free(policy);
	return err;
}

static int call_policy_write(struct things *t)
{
	int err = imans_policy_write(t->n.policy, t->made);

	assert_true(access(t->made, F_OK) == (err ? -1 : 0));
	unlink(t->made);
	return err;
}

static int call_policy_add(struct things *t)
{
	uint8_t digest[IMANS_HASH_SIZE] = { 1 };
	struct imans_policy *policy = UNTOUCHED;
	int err = imans_policy_new(t->n.ctx, &policy);

	if (err) {
		assert_ptr_equal(policy, UNTOUCHED);
		return err;
	}
	err = imans_policy_add_match(policy, "*");
	if (!err)
		err = imans_policy_add_ns_policy(policy, digest);
	if (!err)
		err = imans_policy_add_digest(policy, "/a", IMANS_SHA256,
					      digest, sizeof(digest));
	if (!err)
		err = imans_policy_add_tree(policy, t->dir,
					    IMANS_BANK(IMANS_SHA256));
	imans_policy_free(policy);
	return err;
}

static int call_tree(struct things *t)
{
	struct imans_tree *tree = UNTOUCHED;
	int err = imans_tree_read(t->n.ctx, t->dir, &tree);

	if (err)
		assert_ptr_equal(tree, UNTOUCHED);
	else
		imans_tree_free(tree);
	return err;
}

static const struct call calls[] = {
	{ "imans_ctx_new", call_ctx },
	{ "imans_replay_new", call_replay },
	{ "imans_list_open_file", call_list_file },
	{ "imans_host_prove", call_host },
	{ "imans_evidence_parse", call_evidence_parse },
	{ "imans_evidence_read", call_evidence_read },
	{ "imans_evidence_encode", call_evidence_encode },
	{ "imans_evidence_write", call_evidence_write },
	{ "imans_evidence_new", call_evidence_new },
	{ "imans_quote_verify", call_quote },
	{ "imans_verify", call_verify },
	{ "imans_report_html", call_html },
	{ "imans_report_json", call_json },
	{ "imans_policy_read", call_policy_read },
	{ "imans_policy_write", call_policy_write },
	{ "imans_policy_new", call_policy_add },
	{ "imans_tree_read", call_tree },
};

/* ------------------------------------------------------------------ tests */

static void begin(struct things *t, struct imans_ctx *ctx)
{
	memset(t, 0, sizeof(*t));
	node_begin(&t->n, ctx);
	bl_entry(&t->n.w, t->n.w.ns[WEB - 1], "/tmp/unknown");
	bl_flush(&t->n.w);
	node_quote(&t->n);
	node_verify(&t->n);
	t->host = bl_list_bytes(&t->n.w.host, IMANS_HEADER_SHA256);
	bl_replay(&t->n.w.host, t->n.w.host.count, IMANS_ALL_BANKS, &t->quoted);
	assert_int_equal(imans_evidence_encode(t->n.evidence, &t->cbor.data,
					       &t->cbor.len), 0);
	strcpy(t->dir, "/tmp/imans-errors-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	snprintf(t->path, sizeof(t->path), "%s/evidence", t->dir);
	snprintf(t->policy, sizeof(t->policy), "%s/policy", t->dir);
	snprintf(t->made, sizeof(t->made), "%s/made", t->dir);
	assert_int_equal(imans_evidence_write(t->n.evidence, t->path), 0);
	assert_int_equal(imans_policy_write(t->n.policy, t->policy), 0);
}

static void end(struct things *t)
{
	unlink(t->path);
	unlink(t->policy);
	assert_int_equal(rmdir(t->dir), 0);
	free(t->host.data);
	free(t->cbor.data);
	node_end(&t->n);
}

/* False: nothing was left to fail. */
static bool try(const struct call *call, struct things *t, const char *page,
		long n)
{
	int err;

	injected = false;
	countdown = n;
	err = call->run(t);
	countdown = -1;
	if (!injected && err)
		fail_msg("%s: %d without any failure", call->function, err);
	if (err && !documented(page, err))
		fail_msg("%s: allocation %ld: %s is not in its man page",
			 call->function, n, strerrorname_np(-err));
	return injected;
}

static void injections(void **state)
{
	struct things t;

	begin(&t, *state);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		char *page = page_of(calls[i].function);
		long n = 0, tried = 0;

		while (try(&calls[i], &t, page, n) &&
		       tried < STEPS_ALL + STEPS_SAMPLED) {
			n += ++tried < STEPS_ALL ? 1 : n / STEPS_ALL + 1;
		}
		print_message("%s: %ld of %ld allocations failed in turn\n",
			      calls[i].function, tried, n);
		assert_true(tried > 0);
		free(page);
	}
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(injections),
	};

	/* Before OpenSSL has allocated anything. */
	if (CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free) != 1)
		return 2;
	return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
