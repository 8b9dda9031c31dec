// SPDX-License-Identifier: LGPL-2.1-or-later
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "build_list.h"

#define POLICY	"measure func=BPRM_CHECK\nmeasure func=MMAP_CHECK mask=MAY_EXEC\n"

static const char * const bank_algo[IMANS_BANKS] = {
	"sha1", "sha256", "sha384", "sha512", "sm3",
};
static const size_t bank_size[IMANS_BANKS] = { 20, 32, 48, 64, 32 };

static void *must(void *p)
{
	if (!p) {
		fprintf(stderr, "build_list: out of memory or no such hash\n");
		abort();
	}
	return p;
}

void bl_put(struct bl_bytes *b, const void *data, size_t len)
{
	b->data = must(realloc(b->data, b->len + len + 1));
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

void bl_put_le(struct bl_bytes *b, uint64_t value, size_t size)
{
	uint64_t le = htole64(value);

	bl_put(b, &le, size);
}

void bl_put_field(struct bl_bytes *b, const void *data, size_t len)
{
	bl_put_le(b, len, 4);
	bl_put(b, data, len);
}

void bl_hash(const char *algo, const void *data, size_t len, uint8_t *out)
{
	size_t size;

	must(EVP_Q_digest(NULL, algo, NULL, data, len, out, &size) == 1 ?
	     out : NULL);
}

void bl_insert(struct bl_list *list, size_t at, uint32_t pcr,
	       const char *template_name, struct bl_bytes data)
{
	struct bl_entry *e;

	if (list->count == list->room) {
		list->room = list->room * 2 + 8;
		list->entries = must(realloc(list->entries, list->room *
					     sizeof(*list->entries)));
	}
	e = &list->entries[at];
	memmove(e + 1, e, (list->count - at) * sizeof(*e));
	list->count++;
	memset(e, 0, sizeof(*e));
	e->pcr = pcr;
	snprintf(e->template_name, sizeof(e->template_name), "%s",
		 template_name);
	e->data = data;
}

void bl_add(struct bl_list *list, uint32_t pcr, const char *template_name,
	    struct bl_bytes data, bool violation)
{
	bl_insert(list, list->count, pcr, template_name, data);
	list->entries[list->count - 1].violation = violation;
}

void bl_remove(struct bl_list *list, size_t at)
{
	struct bl_entry *e = &list->entries[at];

	free(e->data.data);
	list->count--;
	memmove(e, e + 1, (list->count - at) * sizeof(*e));
}

void bl_swap(struct bl_list *list, size_t a, size_t b)
{
	struct bl_entry e = list->entries[a];

	list->entries[a] = list->entries[b];
	list->entries[b] = e;
}

void bl_cut(struct bl_list *list, size_t count)
{
	while (list->count > count)
		bl_remove(list, list->count - 1);
}

void bl_list_free(struct bl_list *list)
{
	bl_cut(list, 0);
	free(list->entries);
	memset(list, 0, sizeof(*list));
}

struct bl_bytes bl_list_bytes(const struct bl_list *list,
			      enum imans_header header)
{
	int bank = (int)header - IMANS_HEADER_SHA1;
	struct bl_bytes b = { NULL, 0 };

	bl_put(&b, "", 0);
	for (size_t i = 0; i < list->count; i++) {
		const struct bl_entry *e = &list->entries[i];
		uint8_t digest[64] = { 0 };

		if (!e->violation)
			bl_hash(bank_algo[bank], e->data.data, e->data.len,
				digest);
		digest[7] ^= e->bad_digest;
		bl_put_le(&b, e->pcr, 4);
		bl_put(&b, digest, bank_size[bank]);
		bl_put_field(&b, e->template_name, strlen(e->template_name));
		bl_put_field(&b, e->data.data, e->data.len);
	}
	return b;
}

static void extend(int bank, uint8_t *value, const struct bl_entry *e)
{
	uint8_t both[128];

	memcpy(both, value, bank_size[bank]);
	if (e->violation)
		memset(both + bank_size[bank], 0xff, bank_size[bank]);
	else
		bl_hash(bank_algo[bank], e->data.data, e->data.len,
			both + bank_size[bank]);
	bl_hash(bank_algo[bank], both, 2 * bank_size[bank], value);
}

void bl_replay(const struct bl_list *list, size_t count, uint32_t banks,
	       struct imans_pcrs *pcrs)
{
	memset(pcrs, 0, sizeof(*pcrs));
	pcrs->banks = banks;
	for (size_t i = 0; i < count; i++)
		for (int bank = 0; bank < IMANS_BANKS; bank++)
			if (banks & IMANS_BANK(bank) &&
			    list->entries[i].pcr == IMANS_PCR)
				extend(bank, pcrs->value[bank],
				       &list->entries[i]);
}

struct bl_bytes bl_data_buf(const char *algo, const char *name,
			    const void *buf, size_t len)
{
	struct bl_bytes digest = { NULL, 0 }, data = { NULL, 0 };
	uint8_t hash[64];
	size_t size = 0;

	for (int i = 0; i < IMANS_BANKS; i++)
		if (strcmp(algo, bank_algo[i]) == 0)
			size = bank_size[i];
	bl_hash(algo, buf, len, hash);
	bl_put(&digest, algo, strlen(algo));
	bl_put(&digest, ":", 2);
	bl_put(&digest, hash, size);
	bl_put_field(&data, digest.data, digest.len);
	free(digest.data);
	bl_put_field(&data, name, strlen(name) + 1);
	bl_put_field(&data, buf, len);
	return data;
}

struct bl_bytes bl_data_ng(const char *path, const char *content)
{
	struct bl_bytes data = { NULL, 0 };
	uint8_t digest[8 + 32] = "sha256:";

	bl_hash("sha256", content, strlen(content), digest + 8);
	bl_put_field(&data, digest, sizeof(digest));
	bl_put_field(&data, path, strlen(path) + 1);
	return data;
}

static struct bl_bytes buf_boot(const uint8_t boot_id[IMANS_BOOT_ID_SIZE],
				uint32_t reset_count)
{
	struct bl_bytes b = { NULL, 0 };

	bl_put(&b, "IMANSBOT", 8);
	bl_put_le(&b, 1, 2);
	bl_put_le(&b, 56, 2);
	bl_put_le(&b, IMANS_BOOT_TPM_CLOCK, 4);
	bl_put(&b, boot_id, IMANS_BOOT_ID_SIZE);
	bl_put_le(&b, reset_count, 4);
	bl_put_le(&b, 3, 4);
	return b;
}

struct bl_bytes bl_buf_boot(const uint8_t boot_id[IMANS_BOOT_ID_SIZE])
{
	return buf_boot(boot_id, 7);
}

struct bl_bytes bl_buf_records(const uint8_t *records, uint32_t count,
			       uint64_t index)
{
	struct bl_bytes b = { NULL, 0 };

	bl_put(&b, "IMANSREC", 8);
	bl_put_le(&b, 1, 2);
	bl_put_le(&b, 64, 2);
	bl_put_le(&b, count, 4);
	bl_put_le(&b, index, 8);
	bl_put_le(&b, 0, 8);
	bl_put(&b, records, count * (size_t)IMANS_RECORD_SIZE);
	return b;
}

struct bl_bytes bl_buf_heads(const uint8_t boot_id[IMANS_BOOT_ID_SIZE],
			     uint64_t records)
{
	uint8_t bytes[32];
	struct bl_bytes b = { NULL, 0 };

	bl_put(&b, "IMANSHDS", 8);
	bl_put_le(&b, 1, 2);
	bl_put_le(&b, 128, 2);
	bl_put_le(&b, 0, 4);
	bl_put(&b, boot_id, IMANS_BOOT_ID_SIZE);
	memset(bytes, 0x5e, sizeof(bytes));
	bl_put(&b, bytes, sizeof(bytes));	/* nonce */
	bl_put_le(&b, records, 8);
	bl_put_le(&b, 3, 8);			/* leaves */
	memset(bytes, 0xe5, sizeof(bytes));
	bl_put(&b, bytes, sizeof(bytes));	/* root */
	return b;
}

static void set_boot_id(struct bl_world *w, uint8_t seed)
{
	for (size_t i = 0; i < sizeof(w->boot_id); i++)
		w->boot_id[i] = (uint8_t)(seed + i);
}

void bl_world_init(struct bl_world *w)
{
	memset(w, 0, sizeof(*w));
	set_boot_id(w, 0xb0);
	w->reset_count = 7;
}

static void drop_namespaces(struct bl_world *w)
{
	for (size_t i = 0; i < w->ns_count; i++) {
		bl_list_free(&w->ns[i]->list);
		free(w->ns[i]);
	}
	w->ns_count = 0;
	w->queued = 0;
	w->index = 0;
}

void bl_world_free(struct bl_world *w)
{
	drop_namespaces(w);
	bl_list_free(&w->host);
	free(w->leaves.data);
}

void bl_kexec(struct bl_world *w, uint8_t seed)
{
	drop_namespaces(w);
	set_boot_id(w, seed);
}

void bl_reboot(struct bl_world *w, uint8_t seed)
{
	bl_kexec(w, seed);
	bl_list_free(&w->host);
	w->reset_count++;
}

static void host_event(struct bl_world *w, const char *name,
		       struct bl_bytes buf)
{
	bl_add(&w->host, IMANS_PCR, "ima-buf",
	       bl_data_buf("sha256", name, buf.data, buf.len), false);
	free(buf.data);
}

void bl_boot(struct bl_world *w)
{
	host_event(w, "ima-ns/boot", buf_boot(w->boot_id, w->reset_count));
}

void bl_heads(struct bl_world *w)
{
	bl_flush(w);
	host_event(w, "ima-ns/heads", bl_buf_heads(w->boot_id, w->index));
}

void bl_host_entry(struct bl_world *w, const char *path)
{
	bl_add(&w->host, IMANS_PCR, "ima-ng", bl_data_ng(path, path), false);
}

void bl_flush(struct bl_world *w)
{
	if (!w->queued)
		return;
	host_event(w, "ima-ns/records",
		   bl_buf_records(w->queue[0], w->queued, w->index));
	w->index += w->queued;
	w->queued = 0;
}

void bl_hmac(const uint8_t *key, const struct bl_bytes *data,
	     uint8_t out[32])
{
	must(HMAC(EVP_sha256(), key, 32, data->data, data->len, out, NULL));
}

/* The commitment over a record's first half, as design section 4 has it. */
static void commit(const struct bl_world *w, const struct bl_ns *ns,
		   const struct bl_entry *e, uint8_t *record)
{
	struct bl_bytes b = { NULL, 0 };
	uint8_t k_seq[32], event[32];

	bl_put(&b, "ima-ns/v1 key\0\0", 16);
	bl_put_le(&b, ns->own, 8);
	bl_hmac(ns->key, &b, k_seq);
	b.len = 0;
	bl_put(&b, e->template_name, strlen(e->template_name) + 1);
	bl_put(&b, e->data.data, e->data.len);
	bl_hash("sha256", b.data, b.len, event);
	b.len = 0;
	bl_put(&b, "ima-ns/v1 rec\0\0", 16);
	bl_put(&b, w->boot_id, sizeof(w->boot_id));
	bl_put(&b, record, 32);
	bl_put(&b, ns->vpcr, 32);
	bl_put(&b, event, 32);
	bl_hmac(k_seq, &b, record + 32);
	free(b.data);
}

static void append(struct bl_ns *ns, const char *template_name,
		   struct bl_bytes data, bool violation)
{
	bl_add(&ns->list, IMANS_PCR, template_name, data, violation);
	extend(IMANS_SHA256, ns->vpcr, &ns->list.entries[ns->list.count - 1]);
}

static void append_copies(struct bl_world *w, struct bl_ns *ns,
			  const uint8_t *record)
{
	for (struct bl_ns *a = ns->parent; a; a = a->parent) {
		struct bl_bytes buf = bl_buf_records(record, 1,
						     w->index + w->queued);

		append(a, "ima-buf", bl_data_buf("sha256", "ima-ns/records",
						 buf.data, buf.len), false);
		free(buf.data);
		a->copies++;
	}
}

static void stage(struct bl_world *w, struct bl_ns *ns, uint8_t type,
		  const char *template_name, struct bl_bytes data,
		  bool violation)
{
	struct bl_bytes head = { NULL, 0 };
	uint8_t record[IMANS_RECORD_SIZE];

	append(ns, template_name, data, violation);
	bl_put_le(&head, type, 1);
	bl_put_le(&head, 1, 1);
	bl_put_le(&head, 0, 6);
	bl_put_le(&head, ns->id, 8);
	bl_put_le(&head, ns->own, 8);
	bl_put_le(&head, type == IMANS_RECORD_CREATE && ns->parent ?
		  ns->parent->id : 0, 8);
	memcpy(record, head.data, 32);
	free(head.data);
	commit(w, ns, &ns->list.entries[ns->list.count - 1], record);
	ns->own++;
	append_copies(w, ns, record);
	memcpy(w->queue[w->queued++], record, sizeof(record));
	if (w->queued == IMA_NS_RECORDS_MAX)
		bl_flush(w);
}

void bl_event(struct bl_world *w, struct bl_ns *ns, const char *name,
	      const void *buf, size_t len)
{
	uint8_t type = IMANS_RECORD_ENTRY;

	if (strcmp(name, "ima-ns/create") == 0)
		type = IMANS_RECORD_CREATE;
	else if (strcmp(name, "ima-ns/destroy") == 0)
		type = IMANS_RECORD_DESTROY;
	else if (strcmp(name, "ima-ns/loss") == 0)
		type = IMANS_RECORD_LOSS;
	if (type == IMANS_RECORD_LOSS)
		ns->losses++;
	stage(w, ns, type, "ima-buf", bl_data_buf("sha256", name, buf, len),
	      false);
}

struct bl_bytes bl_buf_loss(uint64_t id, uint32_t reason, uint64_t losses)
{
	struct bl_bytes b = { NULL, 0 };

	bl_put(&b, IMA_NS_MAGIC_LOSS, 8);
	bl_put_le(&b, IMA_NS_VERSION, 2);
	bl_put_le(&b, 32, 2);
	bl_put_le(&b, reason, 4);
	bl_put_le(&b, id, 8);
	bl_put_le(&b, losses, 8);
	return b;
}

struct bl_bytes bl_buf_bind(uint64_t id, const void *data, size_t len)
{
	struct bl_bytes b = { NULL, 0 };

	bl_put(&b, "IMANSBND", 8);
	bl_put_le(&b, 1, 2);
	bl_put_le(&b, len, 2);
	bl_put_le(&b, 0, 4);
	bl_put_le(&b, id, 8);
	bl_put(&b, data, len);
	return b;
}

void bl_bind(struct bl_world *w, struct bl_ns *ns, const void *data, size_t len)
{
	struct bl_bytes b = bl_buf_bind(ns->id, data, len);

	bl_event(w, ns, "ima-ns/bind", b.data, b.len);
	free(b.data);
}

void bl_loss(struct bl_world *w, struct bl_ns *ns, uint32_t reason)
{
	struct bl_bytes b = bl_buf_loss(ns->id, reason, ns->losses + 1);

	bl_event(w, ns, "ima-ns/loss", b.data, b.len);
	free(b.data);
}

struct bl_ns *bl_create(struct bl_world *w, struct bl_ns *parent,
			const char *label)
{
	struct bl_ns *ns = must(calloc(1, sizeof(*ns)));
	const char *policy = w->policy ? w->policy : POLICY;
	struct bl_bytes b = { NULL, 0 };
	uint8_t digest[32];

	w->ns[w->ns_count++] = ns;
	ns->parent = parent;
	ns->id = w->ids ? w->ids[w->ns_count - 1] : w->ns_count;
	ns->depth = parent ? parent->depth + 1 : 1;
	snprintf(ns->label, sizeof(ns->label), "%s", label);
	bl_hash("sha256", &ns->id, sizeof(ns->id), ns->key);

	bl_put(&b, "IMANSCRT", 8);
	bl_put_le(&b, 1, 2);
	bl_put_le(&b, 1, 2);
	bl_put_le(&b, ns->depth, 4);
	bl_put(&b, w->boot_id, sizeof(w->boot_id));
	bl_put_le(&b, ns->id, 8);
	bl_put_le(&b, parent ? parent->id : 0, 8);
	bl_put_le(&b, 1000 * ns->id, 8);
	bl_put_le(&b, 1700000000000000000u + ns->id, 8);
	bl_hash("sha256", ns->key, sizeof(ns->key), digest);
	bl_put(&b, digest, sizeof(digest));
	bl_hash("sha256", policy, strlen(policy), digest);
	bl_put(&b, digest, sizeof(digest));
	bl_put_le(&b, 0, 8);
	bl_put_le(&b, IMA_NS_OVERFLOW_DENY, 4);
	bl_put_le(&b, strlen("ima-ns"), 2);
	bl_put_le(&b, strlen(label), 2);
	bl_put(&b, "ima-ns", strlen("ima-ns"));
	bl_put(&b, label, strlen(label));
	bl_event(w, ns, "ima-ns/create", b.data, b.len);
	free(b.data);
	return ns;
}

static struct bl_bytes data_ns(const struct bl_ns *ns, const char *path)
{
	struct bl_bytes data = bl_data_ng(path, path);
	uint64_t id = htole64(ns->id);

	bl_put_field(&data, &id, sizeof(id));
	bl_put_field(&data, ns->label, strlen(ns->label) + 1);
	return data;
}

void bl_entry(struct bl_world *w, struct bl_ns *ns, const char *path)
{
	stage(w, ns, IMANS_RECORD_ENTRY, "ima-ns", data_ns(ns, path), false);
}

void bl_enter(struct bl_world *w, struct bl_ns *ns, const char *path,
	      uint32_t flags)
{
	struct bl_bytes data = bl_data_ng(path, path), b = { NULL, 0 };
	/* d-ng of SHA-256, behind its length; then n-ng, behind its own. */
	const uint32_t digest_len = 8 + 32, path_len = strlen(path) + 1;

	bl_put(&b, "IMANSENT", 8);
	bl_put_le(&b, 1, 2);
	bl_put_le(&b, 32, 2);
	bl_put_le(&b, digest_len, 2);
	bl_put_le(&b, path_len, 2);
	bl_put_le(&b, flags, 4);
	bl_put_le(&b, 0, 4);
	bl_put_le(&b, ns->id, 8);
	bl_put(&b, data.data + 4, digest_len);
	bl_put(&b, path, path_len);
	bl_event(w, ns, "ima-ns/enter", b.data, b.len);
	free(b.data);
	free(data.data);
}

void bl_violation(struct bl_world *w, struct bl_ns *ns, const char *path)
{
	struct bl_bytes data = data_ns(ns, path);

	/* A violation has room for a digest, and zeros in it. */
	memset(data.data + 4 + 8, 0, 32);
	ns->violations++;
	stage(w, ns, IMANS_RECORD_ENTRY, "ima-ns", data, true);
}

void bl_destroy(struct bl_world *w, struct bl_ns *ns)
{
	struct bl_bytes b = { NULL, 0 };

	bl_put(&b, "IMANSDST", 8);
	bl_put_le(&b, 1, 2);
	bl_put_le(&b, 56, 2);
	bl_put_le(&b, 0, 4);
	bl_put_le(&b, ns->id, 8);
	bl_put_le(&b, ns->own, 8);
	bl_put_le(&b, ns->copies, 8);
	bl_put_le(&b, ns->violations, 8);
	bl_put_le(&b, ns->losses, 8);
	bl_event(w, ns, "ima-ns/destroy", b.data, b.len);
	ns->ended = true;
	free(b.data);
}
