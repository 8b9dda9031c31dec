// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>

#include "../src/evidence.h"
#include "tenant.h"

void tenant_heads(struct node *n, bool other)
{
	struct bl_bytes b = { NULL, 0 };
	uint8_t nonce[IMANS_HEADS_NONCE_SIZE];

	bl_put(&b, "ima-ns/v1 heads", strlen("ima-ns/v1 heads"));
	bl_put(&b, n->quote.nonce, sizeof(n->quote.nonce));
	bl_put(&b, n->quote.verifier_id, strlen(n->quote.verifier_id));
	bl_hash("sha256", b.data, b.len, nonce);
	nonce[31] ^= other;
	bl_heads_for(&n->w, nonce);
	free(b.data);
}

void tenant_begin(struct node *n, struct imans_ctx *ctx)
{
	node_begin(n, ctx);
	bl_host_entry(&n->w, "/var/log/wtmp");
	n->w.host.entries[CHANGED].violation = true;
	bl_entry(&n->w, n->w.ns[WEB - 1], "/bin/sh");
	bl_entry(&n->w, n->w.ns[CTR - 1], "/usr/sbin/nginx");
	bl_entry(&n->w, n->w.ns[POD - 1], "/bin/sh");
	tenant_heads(n, false);
	bl_host_entry(&n->w, "/usr/bin/late");
}

void tenant_quote(struct node *n)
{
	node_quote(n);
	assert_int_equal(imans_evidence_set_leaves(n->evidence,
						   n->w.leaves.data,
						   n->w.leaves.len), 0);
}

void tenant_redact(struct node *n, const char *keep)
{
	tenant_redact_since(n, keep, NULL);
}

void tenant_redact_since(struct node *n, const char *keep,
			 const struct imans_state *since)
{
	struct imans_redact_opts opts = { .sz = sizeof(opts), .since = since };
	struct imans_evidence *redacted;
	uint64_t ids[8];
	uint8_t *data;
	size_t len;

	for (; *keep; keep++)
		ids[opts.id_count++] = (uint64_t)(*keep - '0');
	opts.ids = ids;
	assert_int_equal(imans_evidence_redact(n->evidence, &opts, &redacted),
			 0);
	imans_evidence_free(n->evidence);
	/* As it would be sent. */
	assert_int_equal(imans_evidence_encode(redacted, &data, &len), 0);
	imans_evidence_free(redacted);
	assert_int_equal(imans_evidence_parse(n->ctx, data, len, NULL,
					      &n->evidence), 0);
	free(data);
}

void tenant_quote_and_keep(struct node *n, const char *keep)
{
	tenant_quote(n);
	tenant_redact(n, keep);
}

void tenant_drop(struct node *n, uint64_t id)
{
	struct imans_evidence *all = n->evidence;
	struct imans_evidence_ns ns;

	assert_int_equal(imans_evidence_new(n->ctx, &n->evidence), 0);
	qm_put(&n->quote, &n->key, n->evidence);
	assert_int_equal(imans_evidence_set_host(n->evidence, all->host.header,
						 all->host.data.data,
						 all->host.data.len), 0);
	for (size_t i = 0; !imans_evidence_ns(all, i, &ns); i++)
		if (ns.id != id)
			assert_int_equal(imans_evidence_add_ns(n->evidence,
							       &ns), 0);
}

void tenant_hide(struct node *n, bl_hide_fn hide, void *arg)
{
	struct evidence_list *host = &n->evidence->host;
	struct bl_bytes b = bl_list_redacted(&n->w.host, host->header,
					     host->redacted_banks, hide, arg);

	free(host->data.data);
	host->data.data = b.data;
	host->data.len = b.len;
}

void tenant_expect_clean(const struct node *n, size_t subject)
{
	const struct imans_finding *f;

	for (size_t i = 0; (f = imans_report_finding(n->report, subject, i));
	     i++)
		if (f->severity > IMANS_NOTE &&
		    f->code != IMANS_F_NODE_VERDICT &&
		    f->code != IMANS_F_NS_DESCENDANT)
			fail_msg("%s: %s", imans_finding_name(f->code),
				 f->text);
}

bool tenant_hide_set(const struct bl_list *list, size_t entry, void *arg)
{
	return *(const uint64_t *)arg & 1ULL << entry ||
	       bl_hide_others(list, entry, NULL);
}
