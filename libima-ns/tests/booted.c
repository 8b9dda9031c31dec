// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>

#include "booted.h"

void booted_set_log(struct booted *b, const char *golden)
{
	free(b->log.data);
	b->log = fm_golden(golden);
}

void booted_add_log(struct imans_ctx *ctx, struct imans_bootref *ref,
		    const struct bl_bytes *bytes)
{
	struct imans_fwlog *log;

	assert_int_equal(imans_fwlog_open_mem(ctx, bytes->data, bytes->len,
					      NULL, &log), 0);
	assert_int_equal(imans_bootref_add_log(ref, log), 0);
	imans_fwlog_close(log);
}

void booted_begin(struct booted *b, struct imans_ctx *ctx)
{
	struct bl_bytes boot, *entry;

	memset(b, 0, sizeof(*b));
	node_begin(&b->n, ctx);
	/* Of a kernel that keeps user space from the PCR. */
	boot = bl_buf_boot(b->n.w.boot_id);
	boot.data[12] |= IMANS_BOOT_PCR_FILTER;
	entry = &b->n.w.host.entries[2].data;
	free(entry->data);
	*entry = bl_data_buf("sha256", "ima-ns/boot", boot.data, boot.len);
	free(boot.data);
	imans_policy_set_host(b->n.policy, true);
	node_allow(b->n.policy, "/sbin/init", "/sbin/init");
	booted_set_log(b, "ovmf");
	fm_golden_pcrs("ovmf", b->pcrs);
	b->n.quote.boot = b->pcrs;
	b->n.quote.banks = ALL4;
	assert_int_equal(imans_bootref_new(ctx, &b->ref), 0);
	booted_add_log(ctx, b->ref, &b->log);
	b->refs[0] = b->ref;
	b->ref_count = 1;
}

/* Entry 0 begins with a length, "sha256:" and a NUL; then the digest. */
static void set_aggregate(struct booted *b)
{
	struct bl_bytes all = { NULL, 0 };

	for (int pcr = 0; pcr < IMANS_BOOT_PCRS; pcr++)
		bl_put(&all, b->pcrs[pcr].value[IMANS_SHA256], 32);
	all.data[0] ^= b->other_aggregate;
	bl_hash("sha256", all.data, all.len,
		b->n.w.host.entries[0].data.data + 4 + 8);
	free(all.data);
}

void booted_verify(struct booted *b)
{
	struct imans_verify_opts opts;

	set_aggregate(b);
	node_quote(&b->n);
	if (b->log.data)
		assert_int_equal(imans_evidence_set_firmware_log(b->n.evidence,
				 b->log.data, b->log.len), 0);
	opts = node_opts(&b->n);
	opts.boot_refs = b->refs;
	opts.boot_ref_count = b->ref_count;
	node_verify_with(&b->n, &opts);
}

void booted_end(struct booted *b)
{
	node_end(&b->n);
	imans_bootref_free(b->ref);
	free(b->log.data);
}

void booted_no_log(struct booted *b)
{
	free(b->log.data);
	b->log = (struct bl_bytes) { NULL, 0 };
}
