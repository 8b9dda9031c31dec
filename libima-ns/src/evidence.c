// SPDX-License-Identifier: LGPL-2.1-or-later
/* Evidence in memory: made, filled, asked. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "bytes.h"
#include "evidence.h"
#include "ctx.h"
#include "buf.h"

IMANS_API int imans_evidence_new(struct imans_ctx *ctx, struct imans_evidence **evidence)
{
	struct imans_evidence *ev = calloc(1, sizeof(*ev));

	if (!ev)
		return imans_err(ctx, -ENOMEM, "evidence: out of memory");
	ev->ctx = ctx;
	*evidence = ev;
	return 0;
}

static void ns_free(struct evidence_ns *ns)
{
	free(ns->path);
	free(ns->list.data.data);
	free(ns->status);
	free(ns->leaf.path.data);
	OPENSSL_cleanse(ns->key, sizeof(ns->key));
}

IMANS_API void imans_evidence_free(struct imans_evidence *evidence)
{
	if (!evidence)
		return;
	free(evidence->quote.data);
	free(evidence->signature.data);
	free(evidence->ak.data);
	imans_chain_free(&evidence->ak_certs);
	free(evidence->verifier);
	free(evidence->host.data.data);
	free(evidence->firmware_log.data);
	free(evidence->leaves.data);
	for (size_t i = 0; i < evidence->ns_count; i++)
		ns_free(&evidence->ns[i]);
	free(evidence->ns);
	free(evidence);
}

int evidence_blob_set(struct evidence_blob *blob, const void *data, size_t len)
{
	/* An empty list is something else than none. */
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		return -ENOMEM;
	if (len)
		memcpy(copy, data, len);
	free(blob->data);
	blob->data = copy;
	blob->len = len;
	return 0;
}

enum imans_bank evidence_header_bank(enum imans_header header)
{
	return header == IMANS_HEADER_SHA256 ? IMANS_SHA256 : IMANS_SHA1;
}

static bool tpm_sized(size_t len)
{
	return len > 0 && len <= EVIDENCE_TPM_MAX;
}

IMANS_API int imans_evidence_set_quote(struct imans_evidence *evidence,
				       const void *quote, size_t quote_len,
				       const void *signature,
				       size_t signature_len, const void *ak,
				       size_t ak_len)
{
	struct evidence_blob new[3] = { { NULL, 0 } };

	if (!tpm_sized(quote_len) || !tpm_sized(signature_len) ||
	    !tpm_sized(ak_len))
		return imans_err(evidence->ctx, -EINVAL,
				   "evidence: a structure of the TPM has no or more than %d bytes",
				   EVIDENCE_TPM_MAX);
	/* All three belong together: no quote with another's signature. */
	if (evidence_blob_set(&new[0], quote, quote_len) ||
	    evidence_blob_set(&new[1], signature, signature_len) ||
	    evidence_blob_set(&new[2], ak, ak_len)) {
		for (size_t i = 0; i < ARRAY_SIZE(new); i++)
			free(new[i].data);
		return imans_err(evidence->ctx, -ENOMEM,
				 "evidence: out of memory");
	}
	free(evidence->quote.data);
	free(evidence->signature.data);
	free(evidence->ak.data);
	evidence->quote = new[0];
	evidence->signature = new[1];
	evidence->ak = new[2];
	return 0;
}

IMANS_API int imans_evidence_add_ak_certs(struct imans_evidence *evidence,
					  const void *data, size_t len,
					  const char *name)
{
	return imans_chain_read(evidence->ctx, &evidence->ak_certs, data, len,
				name ? name : "certificates");
}

IMANS_API int imans_evidence_set_verifier(struct imans_evidence *evidence,
					  const char *verifier_id)
{
	char *copy;

	if (!verifier_id || strlen(verifier_id) > IMANS_VERIFIER_MAX)
		return imans_err(evidence->ctx, -EINVAL,
				   "evidence: the verifier's name is longer than %d bytes",
				   IMANS_VERIFIER_MAX);
	copy = strdup(verifier_id);
	if (!copy)
		return imans_err(evidence->ctx, -ENOMEM,
				   "evidence: out of memory");
	free(evidence->verifier);
	evidence->verifier = copy;
	return 0;
}

IMANS_API int imans_evidence_set_pcr(struct imans_evidence *evidence,
				     enum imans_bank bank, unsigned int pcr,
				     const uint8_t *digest, size_t len)
{
	if ((unsigned int)bank >= IMANS_BANKS || pcr >= EVIDENCE_PCRS)
		return imans_err(evidence->ctx, -EINVAL,
				   "evidence: there is no PCR %u of bank %d",
				   pcr, (int)bank);
	if (len != imans_bank_size(bank))
		return imans_err(evidence->ctx, -EINVAL,
				   "evidence: PCR %u of bank %s has %zu bytes, not %zu",
				   pcr, imans_bank_name(bank),
				   imans_bank_size(bank), len);
	memcpy(evidence->pcr[bank][pcr], digest, len);
	evidence->pcr_set[bank] |= 1U << pcr;
	return 0;
}

static bool header_valid(enum imans_header header)
{
	return header == IMANS_HEADER_SHA1 || header == IMANS_HEADER_SHA256;
}

IMANS_API int imans_evidence_set_host(struct imans_evidence *evidence,
				      enum imans_header header,
				      const void *data, size_t len)
{
	if (!header_valid(header))
		return imans_err(evidence->ctx, -EINVAL,
				   "evidence: the header's digest of the host's list is not named");
	if (evidence_blob_set(&evidence->host.data, data, len))
		return imans_err(evidence->ctx, -ENOMEM,
				   "evidence: out of memory");
	evidence->host.header = header;
	return 0;
}

/* The list's start has no bytes before it, and no other place has none. */
static bool place_valid(const struct imans_place *place)
{
	return !place->entries == !place->offset;
}

IMANS_API int imans_evidence_set_host_since(struct imans_evidence *evidence,
					    uint64_t entries, uint64_t offset)
{
	const struct imans_place since = { entries, offset };

	if (!place_valid(&since))
		return imans_err(evidence->ctx, -EINVAL,
				 "evidence: %" PRIu64 " entries can't end at byte %"
				 PRIu64, entries, offset);
	evidence->host.since = since;
	evidence->host.tail = since.entries;
	return 0;
}

IMANS_API void imans_evidence_host_since(const struct imans_evidence *evidence,
					 uint64_t *entries, uint64_t *offset)
{
	*entries = evidence->host.since.entries;
	*offset = evidence->host.since.offset;
}

IMANS_API int imans_evidence_set_firmware_log(struct imans_evidence *evidence,
					      const void *data, size_t len)
{
	if (evidence_blob_set(&evidence->firmware_log, data, len))
		return imans_err(evidence->ctx, -ENOMEM,
				   "evidence: out of memory");
	return 0;
}

IMANS_API int imans_evidence_set_leaves(struct imans_evidence *evidence,
					const void *leaves, size_t len)
{
	if (len % IMANS_LEAF_SIZE)
		return imans_err(evidence->ctx, -EINVAL,
				 "evidence: leaves of %zu bytes, not in multiples of %d",
				 len, IMANS_LEAF_SIZE);
	if (evidence_blob_set(&evidence->leaves, leaves, len))
		return imans_err(evidence->ctx, -ENOMEM,
				 "evidence: out of memory");
	return 0;
}

IMANS_API const uint8_t *imans_evidence_leaves(const struct imans_evidence *evidence,
					       size_t *len)
{
	*len = evidence->leaves.len;
	return evidence->leaves.data;
}

IMANS_API bool imans_evidence_redacted(const struct imans_evidence *evidence,
				       uint32_t *banks)
{
	*banks = evidence->host.redacted_banks;
	return evidence->host.redacted;
}

static bool path_charset(const char *path)
{
	/* No empty component, and none with a leading zero. */
	bool start = true;

	if (!*path)
		return false;
	for (; *path; path++) {
		if (*path == '/') {
			if (start)
				return false;
			start = true;
			continue;
		}
		if (*path < (start ? '1' : '0') || *path > '9')
			return false;
		start = false;
	}
	return !start;
}

bool evidence_path_valid(const char *path, uint64_t id, uint64_t parent)
{
	/* 32 levels of 20 digits and a slash. */
	const size_t max = IMANS_DEPTH_MAX * 21;
	size_t len = strlen(path), tail_len;
	char tail[44];

	if (len > max || !path_charset(path))
		return false;
	if (!parent)
		snprintf(tail, sizeof(tail), "%" PRIu64, id);
	else
		snprintf(tail, sizeof(tail), "%" PRIu64 "/%" PRIu64, parent, id);
	tail_len = strlen(tail);
	if (len < tail_len || strcmp(path + len - tail_len, tail))
		return false;
	if (!parent)
		return len == tail_len;
	return len == tail_len || path[len - tail_len - 1] == '/';
}

static int ns_check(struct imans_evidence *evidence,
		    const struct imans_evidence_ns *ns)
{
	const struct imans_place since = { ns->since_entries,
					   ns->since_offset };

	if (!place_valid(&since) || !ns->id || !ns->path || !header_valid(ns->header) ||
	    !evidence_path_valid(ns->path, ns->id, ns->parent))
		return imans_err(evidence->ctx, -EINVAL,
				   "evidence: namespace %" PRIu64
				   ": id, parent and path don't agree, or the list's header or beginning is not valid",
				   ns->id);
	for (size_t i = 0; i < evidence->ns_count; i++)
		if (evidence->ns[i].id == ns->id)
			return imans_err(evidence->ctx, -EEXIST,
					   "evidence: namespace %" PRIu64 " stands there twice",
					   ns->id);
	return 0;
}

struct evidence_ns *evidence_ns_append(struct imans_evidence *evidence)
{
	struct evidence_ns *ns;

	if (evidence->ns_count == evidence->ns_room) {
		size_t room = evidence->ns_room ? evidence->ns_room * 2 : 8;
		struct evidence_ns *more;

		more = imans_secret_grow(evidence->ns, evidence->ns_count *
							sizeof(*more),
					 room * sizeof(*more));
		if (!more)
			return NULL;
		evidence->ns = more;
		evidence->ns_room = room;
	}
	ns = &evidence->ns[evidence->ns_count++];
	memset(ns, 0, sizeof(*ns));
	return ns;
}

IMANS_API int imans_evidence_add_ns(struct imans_evidence *evidence,
				    const struct imans_evidence_ns *ns)
{
	struct evidence_ns *new;
	int err = ns_check(evidence, ns);

	if (err)
		return err;
	new = evidence_ns_append(evidence);
	if (!new)
		return imans_err(evidence->ctx, -ENOMEM,
				 "evidence: out of memory");
	new->id = ns->id;
	new->parent = ns->parent;
	new->list.header = ns->header;
	new->list.since.entries = ns->since_entries;
	new->list.since.offset = ns->since_offset;
	new->list.tail = ns->since_entries;
	new->has_key = ns->key;
	if (ns->key)
		memcpy(new->key, ns->key, sizeof(new->key));
	new->path = strdup(ns->path);
	if (ns->status)
		new->status = strdup(ns->status);
	if (!new->path || (ns->status && !new->status) ||
	    evidence_blob_set(&new->list.data, ns->list, ns->list_len)) {
		ns_free(new);
		evidence->ns_count--;
		return imans_err(evidence->ctx, -ENOMEM,
				 "evidence: out of memory");
	}
	return 0;
}

IMANS_API int imans_evidence_set_key(struct imans_evidence *evidence,
				     uint64_t id,
				     const uint8_t key[IMANS_KEY_SIZE])
{
	for (size_t i = 0; i < evidence->ns_count; i++) {
		struct evidence_ns *ns = &evidence->ns[i];

		if (ns->id != id)
			continue;
		memcpy(ns->key, key, sizeof(ns->key));
		ns->has_key = true;
		return 0;
	}
	return imans_err(evidence->ctx, -ENOENT,
			 "evidence: has no namespace %" PRIu64, id);
}

IMANS_API size_t imans_evidence_ns_count(const struct imans_evidence *evidence)
{
	return evidence->ns_count;
}

IMANS_API int imans_evidence_ns(const struct imans_evidence *evidence, size_t n,
				struct imans_evidence_ns *ns)
{
	const struct evidence_ns *from;

	if (n >= evidence->ns_count)
		return -ENOENT;
	from = &evidence->ns[n];
	*ns = (struct imans_evidence_ns) {
		.id = from->id,
		.parent = from->parent,
		.path = from->path,
		.header = from->list.header,
		.list = from->list.data.data,
		.list_len = from->list.data.len,
		.key = from->has_key ? from->key : NULL,
		.status = from->status,
		.since_entries = from->list.since.entries,
		.since_offset = from->list.since.offset,
	};
	return 0;
}

IMANS_API const uint8_t *imans_evidence_host(const struct imans_evidence *evidence,
					     size_t *len,
					     enum imans_header *header)
{
	*len = evidence->host.data.len;
	*header = evidence->host.header;
	return evidence->host.data.data;
}

IMANS_API const uint8_t *
imans_evidence_firmware_log(const struct imans_evidence *evidence, size_t *len)
{
	*len = evidence->firmware_log.len;
	return evidence->firmware_log.data;
}

IMANS_API const char *imans_evidence_verifier(const struct imans_evidence *evidence)
{
	return evidence->verifier ? evidence->verifier : "";
}
