// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A node that the input damages before the TPM quotes it: digests and PCRs are
 * always right, so that what stands in the entries is read to the end. Each
 * instruction is a byte, then its operands.
 */
#include <stdlib.h>
#include <string.h>

#include "../tests/world.h"
#include "fuzz.h"

#define INSTRUCTIONS_MAX	64
#define NS_MAX			16
#define PCRS			24

static struct bl_ns *some_ns(struct bl_world *w, struct fuzz_input *in)
{
	return w->ns_count ? w->ns[fuzz_byte(in) % w->ns_count] : NULL;
}

static struct bl_list *some_list(struct bl_world *w, struct fuzz_input *in)
{
	size_t which = fuzz_byte(in) % (w->ns_count + 1);

	return which < w->ns_count ? &w->ns[which]->list : &w->host;
}

/* Appends what the kernel would, in its order. */
static void append(struct bl_world *w, unsigned int op, struct fuzz_input *in)
{
	struct bl_ns *ns = some_ns(w, in);
	struct fuzz_input part;

	if (!ns)
		return;
	switch (op) {
	case 0:
		bl_entry(w, ns, "/bin/fuzz");
		break;
	case 1:
		bl_violation(w, ns, "/var/log/fuzz");
		break;
	case 2:
		part = fuzz_part(in);
		bl_event(w, ns, "ima-ns/bind", part.data, part.size);
		break;
	case 3:
		if (w->ns_count < NS_MAX)
			bl_create(w, ns, "fuzz");
		break;
	case 4:
		bl_destroy(w, ns);
		break;
	case 5:
		bl_loss(w, ns, fuzz_byte(in));
		break;
	default:
		bl_flush(w);
		bl_heads(w);
		break;
	}
}

/* An event of the input's, named as one of ours. */
static void forge(struct bl_list *list, struct fuzz_input *in)
{
	static const char *const names[] = {
		"ima-ns/boot", "ima-ns/create", "ima-ns/enter", "ima-ns/loss",
		"ima-ns/destroy", "ima-ns/bind", "ima-ns/records",
		"ima-ns/heads", "ima-ns/fuzz",
	};
	const char *name = names[fuzz_byte(in) %
				 (sizeof(names) / sizeof(*names))];
	size_t at = fuzz_byte(in) % (list->count + 1);
	struct fuzz_input part = fuzz_part(in);

	bl_insert(list, at, IMANS_PCR, "ima-buf",
		  bl_data_buf("sha256", name, part.data, part.size));
}

static void replace_data(struct bl_entry *e, struct fuzz_input part)
{
	free(e->data.data);
	e->data = (struct bl_bytes){ NULL, 0 };
	bl_put(&e->data, part.data, part.size);
}

static void damage(struct bl_list *list, unsigned int op,
		   struct fuzz_input *in)
{
	struct bl_entry *e;
	size_t at;

	if (!list->count)
		return;
	at = fuzz_byte(in) % list->count;
	e = &list->entries[at];
	switch (op) {
	case 0:
		bl_swap(list, at, fuzz_byte(in) % list->count);
		break;
	case 1:
		bl_remove(list, at);
		break;
	case 2:
		e->violation = !e->violation;
		e->bad_digest = false;
		break;
	case 3:
		/* A violation's is zero, or else it is none. */
		e->bad_digest = !e->violation;
		break;
	case 4:
		e->pcr = fuzz_byte(in) % PCRS;
		break;
	case 5:
		replace_data(e, fuzz_part(in));
		break;
	default:
		if (e->data.len)
			e->data.data[fuzz_byte(in) % e->data.len] =
				fuzz_byte(in);
		break;
	}
}

static void run(struct bl_world *w, struct fuzz_input *in)
{
	for (int i = 0; in->size && i < INSTRUCTIONS_MAX; i++) {
		unsigned int op = fuzz_byte(in);

		if (op < 0x70)
			append(w, op % 7, in);
		else if (op < 0x90)
			forge(some_list(w, in), in);
		else
			damage(some_list(w, in), op % 7, in);
	}
	bl_flush(w);
}

static void check(const struct outcome *out)
{
	for (size_t i = 0; i < out->count; i++) {
		const struct imans_proof_info *info = &out->info[i];

		FUZZ_CHECK(info->proven <= info->entries);
		FUZZ_CHECK(info->own + info->copies <= info->entries);
		FUZZ_CHECK(!info->complete || info->has_create);
	}
	for (size_t i = 0; i < imans_findings_count(out->findings); i++) {
		const struct imans_finding *f =
			imans_findings_get(out->findings, i);

		FUZZ_CHECK(imans_finding_name(f->code));
		FUZZ_CHECK(!strchr(f->text, '\n'));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct imans_pcrs quoted;
	struct bl_world w;
	struct outcome out;

	world_make(&w);
	run(&w, &in);
	bl_replay(&w.host, w.host.count, IMANS_BANK(IMANS_SHA256), &quoted);
	world_verify(fuzz_ctx(), &w, &quoted, &out);
	/* Which digest the headers have can't be told if all were damaged. */
	FUZZ_CHECK(imans_host_proven(out.host) ||
		   util_find(out.findings, IMANS_F_LIST_MALFORMED));
	check(&out);
	outcome_free(&out);
	bl_world_free(&w);
	return 0;
}
