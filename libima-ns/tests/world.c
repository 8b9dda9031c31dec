// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>

#include "world.h"

void world_make(struct bl_world *w)
{
	struct bl_ns *pod, *ctr, *other;

	bl_world_init(w);
	bl_host_entry(w, "boot_aggregate");
	bl_boot(w);
	pod = bl_create(w, NULL, "before-kexec");
	bl_entry(w, pod, "/bin/old");
	bl_flush(w);
	bl_kexec(w, 0x51);

	bl_host_entry(w, "boot_aggregate");
	bl_boot(w);
	pod = bl_create(w, NULL, "pod=1");
	bl_entry(w, pod, "/bin/sh");
	ctr = bl_create(w, pod, "pod=1,ctr=a");
	bl_entry(w, ctr, "/bin/true");
	bl_flush(w);
	bl_host_entry(w, "/usr/bin/host");
	bl_violation(w, ctr, "/var/log/messages");
	other = bl_create(w, NULL, "pod=2");
	bl_flush(w);
	bl_entry(w, pod, "/bin/ls");
	bl_entry(w, other, "/bin/sh");
	bl_enter(w, ctr, "/usr/bin/crun", 0);
	bl_entry(w, other, "/bin/ls");
	bl_destroy(w, ctr);
	bl_destroy(w, pod);
	bl_flush(w);
}

void world_verify_bytes(struct imans_ctx *ctx, const struct bl_world *w,
			const struct bl_bytes *host,
			const struct bl_bytes *lists,
			const struct imans_pcrs *quoted, struct outcome *out)
{
	memset(out, 0, sizeof(*out));
	assert_int_equal(imans_findings_new(&out->findings), 0);
	assert_int_equal(imans_host_prove(ctx, host->data, host->len, quoted,
					  NULL, out->findings, &out->host), 0);
	out->count = w->ns_count;
	for (size_t i = 0; i < w->ns_count; i++) {
		const struct bl_ns *ns = w->ns[i];
		struct imans_proof *proof;

		assert_int_equal(imans_host_prove_ns(out->host, ns->id,
						     lists[i].data,
						     lists[i].len, ns->key,
						     NULL, out->findings,
						     &proof), 0);
		imans_proof_info(proof, &out->info[i]);
		imans_proof_free(proof);
	}
}

void world_verify(struct imans_ctx *ctx, const struct bl_world *w,
		  const struct imans_pcrs *quoted, struct outcome *out)
{
	struct bl_bytes lists[BL_NS_MAX];
	struct bl_bytes host = bl_list_bytes(&w->host, IMANS_HEADER_SHA1);

	for (size_t i = 0; i < w->ns_count; i++)
		lists[i] = bl_list_bytes(&w->ns[i]->list, IMANS_HEADER_SHA1);
	world_verify_bytes(ctx, w, &host, lists, quoted, out);
	for (size_t i = 0; i < w->ns_count; i++)
		free(lists[i].data);
	free(host.data);
}

void outcome_free(struct outcome *out)
{
	imans_host_free(out->host);
	imans_findings_free(out->findings);
}

void world_set_data(struct bl_list *list, size_t at, struct bl_bytes data)
{
	free(list->entries[at].data.data);
	list->entries[at].data = data;
}

static const struct imans_finding *
find_of(const struct imans_findings *findings, enum imans_finding_code code,
	uint64_t nsid)
{
	for (size_t i = 0; i < imans_findings_count(findings); i++) {
		const struct imans_finding *f = imans_findings_get(findings, i);

		if (f->code == code && f->nsid == nsid)
			return f;
	}
	return NULL;
}

/*
 * Findings of the host's records and of a namespace's list both speak against
 * it, so both are asked.
 */
static bool holds(const struct outcome *out, size_t i)
{
	for (size_t n = 0; n < imans_findings_count(out->findings); n++) {
		const struct imans_finding *f =
			imans_findings_get(out->findings, n);

		if (f->nsid == out->info[i].id && f->severity == IMANS_FAIL)
			return false;
	}
	assert_true(out->info[i].complete);
	return true;
}

static void check_outcome(const struct damage *damage,
			  const struct outcome *out)
{
	bool good = find_of(out->findings, damage->code, damage->nsid);

	for (size_t i = 0; i < out->count; i++) {
		bool expected = strchr(damage->complete, '0' + (int)i + 1);

		if (holds(out, i) != expected) {
			print_message("namespace %zu should%s hold\n", i + 1,
				      expected ? "" : " not");
			good = false;
		}
	}
	if (good)
		return;
	util_print(out->findings);
	fail_msg("%s: no %s about %d", damage->name,
		 imans_finding_name(damage->code), (int)damage->nsid);
}

void world_try(struct imans_ctx *ctx, const struct damage *damage,
	       bool requote)
{
	struct imans_pcrs quoted;
	struct bl_world w;
	struct outcome out;

	world_make(&w);
	bl_replay(&w.host, w.host.count, IMANS_ALL_BANKS, &quoted);
	damage->apply(&w);
	if (requote)
		bl_replay(&w.host, w.host.count, IMANS_ALL_BANKS, &quoted);
	world_verify(ctx, &w, &quoted, &out);
	check_outcome(damage, &out);
	outcome_free(&out);
	bl_world_free(&w);
}
