// SPDX-License-Identifier: LGPL-2.1-or-later
/* Seeds that are made of nodes that were verified. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../src/cbor_cursor.h"
#include "../tests/booted.h"
#include "../tests/round.h"
#include "../tests/sign_key.h"
#include "corpus.h"

static void put_disclosure(struct node *n)
{
	const struct bl_ns *ns = n->w.ns[WEB - 1];
	const struct imans_disclose_opts opts = {
		.sz = sizeof(opts), .header = IMANS_HEADER_SHA1, .count = 2,
	};
	struct bl_bytes list = bl_list_bytes(&ns->list, IMANS_HEADER_SHA1);
	struct imans_disclosure *d;
	uint8_t *data;
	size_t len;

	if (imans_disclosure_make(n->ctx, ns->id, list.data, list.len, ns->key,
				  &opts, &d) ||
	    imans_disclosure_encode(d, &data, &len))
		die("disclosure");
	put_seed("disclosure", "two", NULL, data, len);
	free(data);
	free(list.data);
	imans_disclosure_free(d);
}

static void put_signed(struct node *n)
{
	static const char *const types[] = { "P-256", "P-384", "ED25519" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		struct imans_sign_opts opts = { .sz = sizeof(opts) };
		struct skey key;
		uint8_t *data;
		size_t len;

		skey_make(&key, types[i]);
		opts.key_pem = key.private;
		for (int kind = IMANS_SIGNED_TENANT; kind <= IMANS_SIGNED_NODE;
		     kind++) {
			char name[32];

			opts.show_create = kind == IMANS_SIGNED_TENANT;
			if (imans_report_sign(n->report, kind, &opts, &data,
					      &len))
				die(imans_ctx_error(n->ctx));
			snprintf(name, sizeof(name), "%s-%d", types[i], kind);
			put_seed("signed", name, NULL, data, len);
			free(data);
		}
		skey_free(&key);
	}
}

/* The file, and what the target makes one of: its third element. */
static void put_state(struct imans_ctx *ctx)
{
	struct imans_cbor_item item = { .value = 0 };
	struct imans_cbor_cursor cur;
	struct bl_bytes file;
	struct rounds r;

	rounds_begin(&r, ctx);
	/* With a finding, and with records that wait for their entries. */
	bl_entry(&r.n.w, rounds_ns(&r, CTR), "/tmp/intruder");
	bl_flush(&r.n.w);
	rounds_quote(&r);
	rounds_leave_out(&r, POD);
	round_verify(&r.n, r.state, true);
	file = rounds_encode(r.state);
	cur = (struct imans_cbor_cursor){ .data = file.data, .len = file.len };
	for (int i = 0; i < 4; i++)
		if (imans_cbor_next(&cur, &item))
			die("state");
	put_seed("state", "file", NULL, file.data, file.len);
	put_seed("state", "body", NULL, item.data, item.value);
	free(file.data);
	rounds_end(&r);
}

/* References that OVMF's log makes. */
static void put_bootref(struct imans_ctx *ctx)
{
	char path[] = "/tmp/bootref-XXXXXX";
	struct bl_bytes file;
	struct booted b;
	int fd = mkstemp(path);

	if (fd < 0 || close(fd))
		die(path);
	booted_begin(&b, ctx);
	imans_bootref_ignore_pcr(b.ref, 3);
	if (imans_bootref_write(b.ref, path) || !util_read_file(path, &file))
		die(path);
	unlink(path);
	put_seed("bootref", "ovmf", NULL, file.data, file.len);
	free(file.data);
	booted_end(&b);
}

static void put_verified(struct imans_ctx *ctx)
{
	struct imans_verify_opts opts;
	struct node n;

	node_begin(&n, ctx);
	node_quote(&n);
	opts = node_opts(&n);
	opts.sign = true;
	node_verify_with(&n, &opts);
	put_disclosure(&n);
	put_signed(&n);
	node_end(&n);
}

void put_node(struct imans_ctx *ctx)
{
	put_verified(ctx);
	put_state(ctx);
	put_bootref(ctx);
}
