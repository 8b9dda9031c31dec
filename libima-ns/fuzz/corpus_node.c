// SPDX-License-Identifier: LGPL-2.1-or-later
/* Seeds that are made of a node that was verified. */
#include <stdio.h>
#include <stdlib.h>

#include "../tests/node.h"
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

void put_node(struct imans_ctx *ctx)
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
