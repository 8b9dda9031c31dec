// SPDX-License-Identifier: LGPL-2.1-or-later
/* What redaction needs: heads with their leaves, entries that are but digests. */
#include <stdlib.h>
#include <string.h>

#include "build_list.h"

static const char *const bank_algo[] = { "sha1", "sha256", "sha384", "sha512", "sm3" };
static const size_t bank_size[] = { 20, 32, 48, 64, 32 };

bool bl_hide_others(const struct bl_list *list, size_t entry, void *arg)
{
	const struct bl_entry *e = &list->entries[entry];
	/* Lengths of d-ng and n-ng have one byte that counts. */
	const size_t name = 4 + (size_t)e->data.data[0] + 4;

	(void)arg;
	return strcmp(e->template_name, "ima-buf") ||
	       memcmp(e->data.data + name, "ima-ns/", 7);
}

static void put_hidden(struct bl_bytes *b, const struct bl_entry *e, int bank,
		       uint32_t banks)
{
	struct bl_bytes data = { NULL, 0 };
	uint8_t digest[64] = { 0 };

	bl_put(&data, "", 0);
	for (int i = 0; i < IMANS_BANKS && !e->violation; i++) {
		if (!(banks & 1U << i))
			continue;
		bl_hash(bank_algo[i], e->data.data, e->data.len, digest);
		bl_put(&data, digest, bank_size[i]);
	}
	if (!e->violation)
		bl_hash(bank_algo[bank], e->data.data, e->data.len, digest);
	bl_put_le(b, e->pcr, 4);
	bl_put(b, digest, bank_size[bank]);
	bl_put_field(b, "redacted", 8);
	bl_put_field(b, data.data, data.len);
	free(data.data);
}

struct bl_bytes bl_list_redacted(const struct bl_list *list,
				 enum imans_header header, uint32_t banks,
				 bl_hide_fn hide, void *arg)
{
	struct bl_bytes b = { NULL, 0 };

	bl_put(&b, "", 0);
	for (size_t i = 0; i < list->count; i++) {
		struct bl_list one = { .entries = &list->entries[i],
				       .count = 1 };
		struct bl_bytes shown;

		if (hide(list, i, arg)) {
			put_hidden(&b, one.entries,
				   (int)header - IMANS_HEADER_SHA1, banks);
			continue;
		}
		shown = bl_list_bytes(&one, header);
		bl_put(&b, shown.data, shown.len);
		free(shown.data);
	}
	return b;
}

/* RFC 9162, 2.1.1, as it is defined there. */
void bl_merkle(const uint8_t *leaves, size_t count, uint8_t root[32])
{
	uint8_t buf[1 + 2 * 32];
	size_t k = 1;

	if (!count) {
		bl_hash("sha256", "", 0, root);
		return;
	}
	if (count == 1) {
		buf[0] = 0;
		memcpy(buf + 1, leaves, IMANS_LEAF_SIZE);
		bl_hash("sha256", buf, sizeof(buf), root);
		return;
	}
	while (2 * k < count)
		k *= 2;
	buf[0] = 1;
	bl_merkle(leaves, k, buf + 1);
	bl_merkle(leaves + k * IMANS_LEAF_SIZE, count - k, buf + 33);
	bl_hash("sha256", buf, sizeof(buf), root);
}

static void put_leaf(struct bl_world *w, const struct bl_ns *ns,
		     const uint8_t *nonce)
{
	struct bl_bytes label = { NULL, 0 }, head = { NULL, 0 };
	struct bl_bytes msg = { NULL, 0 };
	uint8_t key[32], mac[32];

	bl_put_le(&head, ns->id, 8);
	bl_put_le(&head, ns->own, 8);
	bl_put_le(&head, ns->list.count, 8);
	bl_put_le(&head, 1, 8);
	bl_put(&label, "ima-ns/v1 head\0\0", 16);
	bl_hmac(ns->key, &label, key);
	bl_put(&msg, w->boot_id, sizeof(w->boot_id));
	bl_put(&msg, nonce, IMANS_HEADS_NONCE_SIZE);
	bl_put(&msg, head.data, head.len);
	bl_put(&msg, ns->vpcr, sizeof(ns->vpcr));
	bl_hmac(key, &msg, mac);
	bl_put(&w->leaves, head.data, head.len);
	bl_put(&w->leaves, mac, sizeof(mac));
	free(label.data);
	free(head.data);
	free(msg.data);
}

void bl_heads_for(struct bl_world *w,
		  const uint8_t nonce[IMANS_HEADS_NONCE_SIZE])
{
	struct bl_bytes b = { NULL, 0 };
	uint8_t root[32];

	bl_flush(w);
	w->leaves.len = 0;
	bl_put(&w->leaves, "", 0);
	for (size_t i = 0; i < w->ns_count; i++)
		if (!w->ns[i]->ended)
			put_leaf(w, w->ns[i], nonce);
	bl_merkle(w->leaves.data, w->leaves.len / IMANS_LEAF_SIZE, root);
	bl_put(&b, "IMANSHDS", 8);
	bl_put_le(&b, 1, 2);
	bl_put_le(&b, 128, 2);
	bl_put_le(&b, 0, 4);
	bl_put(&b, w->boot_id, sizeof(w->boot_id));
	bl_put(&b, nonce, IMANS_HEADS_NONCE_SIZE);
	bl_put_le(&b, w->index, 8);
	bl_put_le(&b, w->leaves.len / IMANS_LEAF_SIZE, 8);
	bl_put(&b, root, sizeof(root));
	bl_add(&w->host, IMANS_PCR, "ima-buf",
	       bl_data_buf("sha256", "ima-ns/heads", b.data, b.len), false);
	free(b.data);
}
