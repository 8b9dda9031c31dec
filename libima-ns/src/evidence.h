/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Evidence in memory; Documentation/evidence.cddl says what each part is. */
#ifndef IMANS_EVIDENCE_H
#define IMANS_EVIDENCE_H

#include <imans.h>

#include "cert.h"
#include "list.h"

#define EVIDENCE_FORMAT		"ima-ns evidence"
#define EVIDENCE_VERSION	1

/* A marshalled TPM structure: the TPM's own buffers hold no more. */
#define EVIDENCE_TPM_MAX	4096
/* PCRs of a TPM for PC clients. */
#define EVIDENCE_PCRS		24

/* An allocated copy; `data` is NULL while it is not set. */
struct evidence_blob {
	uint8_t *data;
	size_t len;
};

/* A list, or its tail: what follows a place that is not the start. */
struct evidence_list {
	enum imans_header header;
	bool tail;
	struct imans_place since;
	bool redacted;			/* the host's: see hidden.h */
	uint32_t redacted_banks;
	struct evidence_blob data;
};

/* A leaf of ima-ns/heads, and how it leads to the root. */
struct evidence_leaf {
	bool set;
	uint8_t raw[IMANS_LEAF_SIZE];
	uint64_t index;
	struct evidence_blob path;	/* hashes, from the leaf up */
};

struct evidence_ns {
	uint64_t id;
	uint64_t parent;
	char *path;
	struct evidence_list list;
	bool has_key;
	uint8_t key[IMANS_KEY_SIZE];
	char *status;
	struct evidence_leaf leaf;
};

/**
 * struct imans_evidence - one node's evidence
 * @ctx: where errors go; outlives the evidence
 * @quote: TPMS_ATTEST
 * @signature: TPMT_SIGNATURE
 * @ak: TPMT_PUBLIC
 * @ak_certs: its certificate, and those that lead to a root; may be empty
 * @verifier: the verifier's name, or NULL
 * @pcr_set: bit PCR of bank: the value below is there
 * @pcr: values of PCRs
 * @host: the host's list
 * @firmware_log: the firmware's event log, or not set
 * @leaves: all leaves of ima-ns/heads, or not set
 * @ns: the namespaces, in the file's order
 * @ns_count: their number
 * @ns_room: allocated elements of @ns
 */
struct imans_evidence {
	struct imans_ctx *ctx;
	struct evidence_blob quote;
	struct evidence_blob signature;
	struct evidence_blob ak;
	struct cert_chain ak_certs;
	char *verifier;
	uint32_t pcr_set[IMANS_BANKS];
	uint8_t pcr[IMANS_BANKS][EVIDENCE_PCRS][IMANS_DIGEST_MAX];
	struct evidence_list host;
	struct evidence_blob firmware_log;
	struct evidence_blob leaves;
	struct evidence_ns *ns;
	size_t ns_count;
	size_t ns_room;
};

/* "3/7" with these two at its end; the parent is 0 if there is no slash. */
bool evidence_path_valid(const char *path, uint64_t id, uint64_t parent);

/* A zeroed namespace at the end, which the evidence frees; NULL: no memory. */
struct evidence_ns *evidence_ns_append(struct imans_evidence *evidence);

/* Replace a blob by a copy. -ENOMEM. */
int evidence_blob_set(struct evidence_blob *blob, const void *data, size_t len);

/* The bank whose digests stand in a list's headers. */
enum imans_bank evidence_header_bank(enum imans_header header);

#endif
