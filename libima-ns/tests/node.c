// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "node.h"

static const char *const known[] = { "/usr/bin/crun", "/usr/sbin/nginx",
				     "/bin/sh" };

void node_allow(struct imans_policy *policy, const char *path,
		const char *content)
{
	uint8_t digest[32];

	bl_hash("sha256", content, strlen(content), digest);
	assert_int_equal(imans_policy_add_digest(policy, path, IMANS_SHA256,
						 digest, sizeof(digest)), 0);
}

void node_begin(struct node *n, struct imans_ctx *ctx)
{
	struct bl_ns *web, *pod, *ctr;

	memset(n, 0, sizeof(*n));
	n->ctx = ctx;
	qm_key_make(&n->key);
	qm_defaults(&n->quote);
	assert_int_equal(imans_policy_new(ctx, &n->policy), 0);
	assert_int_equal(imans_policy_add_match(n->policy, "pod=*"), 0);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		node_allow(n->policy, known[i], known[i]);
	assert_int_equal(imans_policy_new(ctx, &n->other), 0);
	assert_int_equal(imans_policy_add_match(n->other, "pod=4*"), 0);
	bl_world_init(&n->w);
	bl_host_entry(&n->w, "boot_aggregate");
	bl_host_entry(&n->w, "/sbin/init");
	bl_boot(&n->w);
	web = bl_create(&n->w, NULL, "pod=1,ctr=web");
	bl_entry(&n->w, web, "/usr/bin/crun");
	bl_flush(&n->w);
	bl_entry(&n->w, web, "/usr/sbin/nginx");
	pod = bl_create(&n->w, NULL, "pod=2");
	bl_entry(&n->w, pod, "/usr/bin/crun");
	ctr = bl_create(&n->w, pod, "pod=2,ctr=nested");
	bl_entry(&n->w, ctr, "/usr/bin/crun");
	bl_entry(&n->w, ctr, "/bin/sh");
	bl_flush(&n->w);
}

void node_quote(struct node *n)
{
	n->evidence = qm_evidence(n->ctx, &n->w, &n->quote, &n->key);
}

void node_quote_part(struct node *n, const char *keep, const char *keys)
{
	struct imans_evidence *all, *part;
	struct imans_evidence_ns ns;
	enum imans_header header;
	const uint8_t *host;
	size_t len;

	all = qm_evidence(n->ctx, &n->w, &n->quote, &n->key);
	assert_int_equal(imans_evidence_new(n->ctx, &part), 0);
	qm_put(&n->quote, &n->key, part);
	host = imans_evidence_host(all, &len, &header);
	assert_int_equal(imans_evidence_set_host(part, header, host, len), 0);
	for (size_t i = 0; !imans_evidence_ns(all, i, &ns); i++) {
		if (!strchr(keep, '0' + (int)ns.id))
			continue;
		if (!strchr(keys, '0' + (int)ns.id))
			ns.key = NULL;
		assert_int_equal(imans_evidence_add_ns(part, &ns), 0);
	}
	imans_evidence_free(all);
	n->evidence = part;
}

struct imans_verify_opts node_opts(struct node *n)
{
	struct imans_verify_opts opts = qm_opts(&n->quote, &n->key);

	n->policies[0] = n->policy;
	n->policies[1] = n->other;
	opts.policies = n->policies;
	opts.policy_count = 2;
	opts.tenants = n->tenants;
	return opts;
}

/* Whatever is wrong with a node, several threads find the same, in its order. */
static void compare_threads(struct node *n, struct imans_verify_opts opts)
{
	char *alone, *text;

	/* A round changes the state; who is told of files counts them. */
	if (opts.state || opts.explain)
		return;
	opts.sz = sizeof(opts);
	assert_int_equal(imans_report_json(n->ctx, n->report, &alone), 0);
	for (opts.threads = 2; opts.threads <= 4; opts.threads++) {
		struct imans_report *report;

		assert_int_equal(imans_verify(n->evidence, &opts, &report), 0);
		assert_int_equal(imans_report_json(n->ctx, report, &text), 0);
		assert_string_equal(text, alone);
		assert_int_equal(imans_report_examined(report),
				 imans_report_examined(n->report));
		imans_report_free(report);
		free(text);
	}
	free(alone);
}

void node_verify_with(struct node *n, const struct imans_verify_opts *opts)
{
	assert_int_equal(imans_verify(n->evidence, opts, &n->report), 0);
	compare_threads(n, *opts);
}

void node_verify(struct node *n)
{
	const struct imans_verify_opts opts = node_opts(n);

	node_verify_with(n, &opts);
}

void node_end(struct node *n)
{
	imans_report_free(n->report);
	imans_evidence_free(n->evidence);
	imans_policy_free(n->policy);
	imans_policy_free(n->other);
	bl_world_free(&n->w);
	qm_key_free(&n->key);
}

static void print_report(const struct imans_report *report)
{
	const struct imans_finding *f;
	struct imans_subject s;

	for (size_t n = 0; !imans_report_subject(report, n, &s); n++) {
		print_message("%s %s: %s\n", s.path, s.label,
			      imans_verdict_name(s.verdict));
		for (size_t i = 0; (f = imans_report_finding(report, n, i));
		     i++)
			print_message("  %d %s: %s\n", f->severity,
				      imans_finding_name(f->code), f->text);
	}
}

/* "cciu": a letter for the verdict on the node, then on each namespace. */
void expect_verdicts(const struct node *n, const char *letters)
{
	static const char all[] = { 'u', 'i', 'c', 't' };
	struct imans_subject s;
	size_t count = strlen(letters);
	bool ok = imans_report_count(n->report) == count;

	for (size_t i = 0; ok && i < count; i++)
		ok = !imans_report_subject(n->report, i, &s) &&
		     all[s.verdict] == letters[i];
	if (ok)
		return;
	print_report(n->report);
	fail_msg("verdicts are not %s", letters);
}

const struct imans_finding *
expect_finding(const struct node *n, size_t subject,
	       enum imans_finding_code code)
{
	const struct imans_finding *f;

	for (size_t i = 0; (f = imans_report_finding(n->report, subject, i));
	     i++)
		if (f->code == code)
			return f;
	print_report(n->report);
	fail_msg("subject %zu has no %s", subject, imans_finding_name(code));
	return NULL;
}

void expect_no_finding(const struct node *n, size_t subject,
		       enum imans_finding_code code)
{
	const struct imans_finding *f;

	for (size_t i = 0; (f = imans_report_finding(n->report, subject, i));
	     i++) {
		if (f->code != code)
			continue;
		print_report(n->report);
		fail_msg("subject %zu has %s", subject,
			 imans_finding_name(code));
	}
}
