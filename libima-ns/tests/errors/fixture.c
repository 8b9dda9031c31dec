// SPDX-License-Identifier: LGPL-2.1-or-later
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <sanitizer/lsan_interface.h>

#include "../image_make.h"
#include "../tenant.h"
#include "errors.h"

#define GOOD(call)	assert_int_equal((call), 0)

struct imans_verify_opts things_opts(struct things *t)
{
	struct imans_verify_opts opts = node_opts(&t->b.n);

	opts.boot_refs = t->boot_refs;
	opts.boot_ref_count = 1;
	opts.sign = true;
	return opts;
}

/* White space of JSON, which json-c may leave out. */
static size_t compact(const struct bl_bytes *from, char **to)
{
	size_t len = 0;

	*to = malloc(from->len + 1);
	assert_non_null(*to);
	for (size_t i = 0; i < from->len; i++)
		if (!strchr(" \n", from->data[i]) || !from->data[i])
			(*to)[len++] = (char)from->data[i];
	return len;
}

static bool same_json(const struct bl_bytes *a, const struct bl_bytes *b)
{
	char *left, *right;
	size_t len = compact(a, &left);
	bool same = compact(b, &right) == len && !memcmp(left, right, len);

	free(left);
	free(right);
	return same && *a->data == '{';
}

void things_steady(struct things *t, const void *data, size_t len)
{
	size_t at = 0;

	if (!t->first.data) {
		bl_put(&t->first, data, len);
		bl_put(&t->first, "", 1);
		t->first.len = len;
		return;
	}
	if ((t->first.len == len && !memcmp(t->first.data, data, len)) ||
	    same_json(&t->first, &(struct bl_bytes){ (uint8_t *)data, len }))
		return;
	while (at < t->first.len && at < len &&
	       t->first.data[at] == ((const uint8_t *)data)[at])
		at++;
	print_message("byte %zu: not: %.200s\nbut: %.*s\n", at,
		      (const char *)t->first.data + at,
		      len - at > 200 ? 200 : (int)(len - at),
		      (const char *)data + at);
	fail_msg("it succeeds, but makes something else");
}

int things_written(struct things *t, int err, bool steady)
{
	struct bl_bytes b;

	assert_int_equal(access(t->made, F_OK), err ? -1 : 0);
	if (!err && steady) {
		assert_true(util_read_file(t->made, &b));
		things_steady(t, b.data, b.len);
		free(b.data);
	}
	unlink(t->made);
	return err;
}

static void put_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* The second list is the host's. */
static const char *const tree_files[] = { "self", "1/status", "1/label",
					  "1/key", "1/policy", "1/active",
					  "1/binary_runtime_measurements",
					  "../binary_runtime_measurements" };
static const char *const tree_dirs[] = { "1/ns", "1", "" };

/* As securityfs shows one namespace. */
static void make_tree(struct things *t)
{
	static const char *const texts[] = {
		"1\n", "state: active\nid: 1\nparent: 0\nlabel: a\n", "a\n",
		"0123456789abcdef0123456789abcdef", "", "", "", "",
	};
	char path[128];

	for (size_t i = sizeof(tree_dirs) / sizeof(*tree_dirs); i--;) {
		snprintf(path, sizeof(path), "%s/%s", t->tree, tree_dirs[i]);
		GOOD(mkdir(path, 0755));
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		snprintf(path, sizeof(path), "%s/%s", t->tree, tree_files[i]);
		put_file(path, texts[i], strlen(texts[i]));
	}
}

static void remove_tree(struct things *t)
{
	char path[128];

	for (size_t i = 0; i < sizeof(tree_files) / sizeof(*tree_files); i++) {
		snprintf(path, sizeof(path), "%s/%s", t->tree, tree_files[i]);
		unlink(path);
	}
	for (size_t i = 0; i < sizeof(tree_dirs) / sizeof(*tree_dirs); i++) {
		snprintf(path, sizeof(path), "%s/%s", t->tree, tree_dirs[i]);
		GOOD(rmdir(path));
	}
}

/* The node, its evidence and what a verifier makes of it. */
static void make_node(struct things *t)
{
	struct imans_redact_opts keep = {
		.sz = sizeof(keep), .ids = (const uint64_t[]){ WEB },
		.id_count = 1,
	};
	struct node *n = &t->b.n;
	struct imans_verify_opts opts;

	booted_begin(&t->b, t->ctx);
	bl_entry(&n->w, n->w.ns[WEB - 1], "/tmp/unknown");
	bl_bind(&n->w, n->w.ns[WEB - 1], "tls", 3);
	bl_violation(&n->w, n->w.ns[WEB - 1], "/usr/sbin/nginx");
	tenant_heads(n, false);
	booted_verify(&t->b);
	imans_report_free(n->report);
	GOOD(imans_evidence_set_leaves(n->evidence, n->w.leaves.data,
				       n->w.leaves.len));
	t->boot_refs[0] = t->b.ref;
	opts = things_opts(t);
	node_verify_with(n, &opts);
	GOOD(imans_evidence_redact(n->evidence, &keep, &t->redacted));
	GOOD(imans_state_new(t->ctx, &t->state));
	/* A state and a verdict to sign do not go together. */
	opts.state = t->state;
	opts.sign = false;
	imans_report_free(n->report);
	node_verify_with(n, &opts);
	imans_report_free(n->report);
	opts = things_opts(t);
	node_verify_with(n, &opts);
	t->host = bl_list_bytes(&n->w.host, IMANS_HEADER_SHA256);
	t->web = bl_list_bytes(&n->w.ns[WEB - 1]->list, IMANS_HEADER_SHA1);
	bl_replay(&n->w.host, n->w.host.count, IMANS_ALL_BANKS, &t->quoted);
	GOOD(imans_evidence_encode(n->evidence, &t->cbor.data, &t->cbor.len));
}

static void make_signed(struct things *t)
{
	struct imans_sign_opts opts = {
		.sz = sizeof(opts), .show_create = true,
	};
	const struct imans_report *report = t->b.n.report;

	skey_make(&t->key, "P-256");
	opts.key_pem = t->key.private;
	GOOD(imans_report_sign(report, IMANS_SIGNED_TENANT, &opts,
			       &t->tenant_verdict.data,
			       &t->tenant_verdict.len));
	opts.show_create = false;
	GOOD(imans_report_sign(report, IMANS_SIGNED_NODE, &opts,
			       &t->node_verdict.data, &t->node_verdict.len));
}

static void make_enrolment(struct things *t)
{
	t->root = cm_root("root");
	t->below = cm_authority("n", &t->root);
	t->pem = cm_pem(&t->below);
	t->pems = malloc(2 * strlen(t->pem) + 1);
	assert_non_null(t->pems);
	sprintf(t->pems, "%s%s", t->pem, t->pem);
	t->crl = cm_crl(&t->root, &t->below, 86400);
	em_begin(&t->em);
	t->request = em_request(t->ctx, &t->em);
	em_challenge(t->ctx, &t->em, &t->challenge, &t->kept);
	t->response = em_respond(t->ctx, t->kept, EM_NODE, 0);
}

/* Paths of files that calls read; the last is that which they write. */
static char *const *paths(struct things *t)
{
	static char *all[16];
	size_t n = 0;

	all[n++] = t->path;
	all[n++] = t->policy;
	all[n++] = t->keylime;
	all[n++] = t->bootref;
	all[n++] = t->state_file;
	all[n++] = t->request_file;
	all[n++] = t->disclosed;
	all[n++] = t->verdict;
	all[n++] = t->enrol;
	all[n++] = t->log;
	all[n++] = t->archive;
	all[n++] = t->ak_file;
	all[n++] = t->made;
	all[n] = NULL;
	return all;
}

/*
 * Now: LeakSanitizer knows the dynamic linker's own memory by who asks it for that,
 * which is not so if inject.c stands between.
 */
static void load_libarchive(struct things *t)
{
	struct imans_policy *policy;

	__lsan_disable();
	GOOD(imans_policy_new(t->ctx, &policy));
	GOOD(imans_policy_add_image(policy, t->archive,
				    IMANS_BANK(IMANS_SHA256), NULL));
	imans_policy_free(policy);
	__lsan_enable();
}

static void make_files(struct things *t)
{
	struct imans_disclose_opts range = {
		.sz = sizeof(range), .header = IMANS_HEADER_SHA1, .count = 2,
	};
	const struct bl_ns *web = t->b.n.w.ns[WEB - 1];
	char *const *all = paths(t);

	strcpy(t->dir, "/tmp/imans-errors-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	for (size_t i = 0; all[i]; i++)
		snprintf(all[i], sizeof(t->path), "%s/%zu", t->dir, i);
	snprintf(t->tree, sizeof(t->tree), "%s/tree", t->dir);
	GOOD(imans_disclosure_make(t->ctx, WEB, t->web.data, t->web.len,
				   web->key, &range, &t->disclosure));
	GOOD(imans_record_key(t->ctx, web->key, 0, t->disclosed_key));
	GOOD(imans_evidence_write(t->b.n.evidence, t->path));
	GOOD(imans_policy_write(t->b.n.policy, t->policy));
	GOOD(imans_policy_write_keylime(t->b.n.policy, t->keylime,
					IMANS_KEYLIME_LOSSY, NULL, NULL));
	GOOD(imans_bootref_write(t->b.ref, t->bootref));
	GOOD(imans_state_write(t->state, t->state_file));
	GOOD(imans_state_write_request(t->state, t->request_file));
	GOOD(imans_disclosure_write(t->disclosure, t->disclosed));
	put_file(t->verdict, t->node_verdict.data, t->node_verdict.len);
	GOOD(imans_enrol_write(t->kept, t->enrol));
	put_file(t->log, t->b.log.data, t->b.log.len);
	t->layer = im_layer();
	t->image = im_docker(&t->layer);
	put_file(t->archive, t->image.data, t->image.len);
	load_libarchive(t);
	make_tree(t);
}

void things_begin(struct things *t, struct imans_ctx *ctx)
{
	memset(t, 0, sizeof(*t));
	t->ctx = ctx;
	make_node(t);
	make_signed(t);
	make_enrolment(t);
	make_files(t);
}

void things_end(struct things *t)
{
	char *const *all = paths(t);

	remove_tree(t);
	for (size_t i = 0; all[i]; i++)
		unlink(all[i]);
	/* Whatever failed left nothing behind. */
	GOOD(rmdir(t->dir));
	imans_enrol_free(t->request);
	imans_enrol_free(t->challenge);
	imans_enrol_free(t->kept);
	imans_enrol_free(t->response);
	em_end(&t->em);
	free(t->pem);
	free(t->crl);
	free(t->pems);
	cm_free(&t->below);
	cm_free(&t->root);
	skey_free(&t->key);
	free(t->tenant_verdict.data);
	free(t->node_verdict.data);
	imans_disclosure_free(t->disclosure);
	imans_state_free(t->state);
	imans_evidence_free(t->redacted);
	free(t->layer.data);
	free(t->image.data);
	free(t->host.data);
	free(t->web.data);
	free(t->cbor.data);
	booted_end(&t->b);
}

static void make_tpm_challenge(struct things *t, struct imans_tpm *tpm)
{
	uint8_t names[1][IMANS_TPM_NAME_SIZE];
	struct imans_findings *findings;
	struct imans_enrol *request, *kept;
	struct imans_enrol_opts opts;

	GOOD(imans_enrol_request(tpm, t->ak, IMANS_EK_ECC, &request));
	opts = em_pinning(request, names);
	GOOD(imans_findings_new(&findings));
	GOOD(imans_enrol_challenge(request, &opts, findings, &t->tpm_challenge,
				   &kept));
	imans_findings_free(findings);
	imans_enrol_free(request);
	imans_enrol_free(kept);
}

void things_begin_tpm(struct things *t)
{
	char server[96], control[96], state[64];
	struct imans_tpm *tpm = NULL;

	snprintf(t->tcti, sizeof(t->tcti), "swtpm:path=%s/tpm", t->dir);
	snprintf(server, sizeof(server), "type=unixio,path=%s/tpm", t->dir);
	snprintf(control, sizeof(control), "type=unixio,path=%s/tpm.ctrl",
		 t->dir);
	snprintf(state, sizeof(state), "dir=%s", t->dir);
	t->swtpm = fork();
	if (!t->swtpm) {
		/* It tells of each connection that ends. */
		if (!freopen("/dev/null", "w", stderr))
			_exit(127);
		execlp("swtpm", "swtpm", "socket", "--tpm2", "--server",
		       server, "--ctrl", control, "--tpmstate", state,
		       "--flags", "startup-clear", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 100 && imans_tpm_open(t->ctx, t->tcti, &tpm); i++)
		usleep(100000);
	if (!tpm)
		fail_msg("swtpm: %s", imans_ctx_error(t->ctx));
	setenv("TPM2TOOLS_TCTI", t->tcti, 1);
	GOOD(imans_ak_create(tpm, &t->ak));
	GOOD(imans_ak_write(t->ak, t->ak_file));
	make_tpm_challenge(t, tpm);
	imans_tpm_close(tpm);
}

void things_end_tpm(struct things *t)
{
	static const char *const left[] = { "tpm", "tpm.ctrl", ".lock",
					    "tpm2-00.permall" };
	char path[64];

	imans_ak_free(t->ak);
	imans_enrol_free(t->tpm_challenge);
	kill(t->swtpm, SIGTERM);
	waitpid(t->swtpm, NULL, 0);
	for (size_t i = 0; i < sizeof(left) / sizeof(*left); i++) {
		snprintf(path, sizeof(path), "%s/%s", t->dir, left[i]);
		unlink(path);
	}
}
