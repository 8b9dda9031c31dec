/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quotes for tests: the TPM's structures by hand, signed with OpenSSL. Shares
 * nothing with the library but its header.
 */
#ifndef QUOTE_MAKE_H
#define QUOTE_MAKE_H

#include <openssl/evp.h>

#include "util.h"

#define QM_NONCE_SIZE	32

/* Types of attestation structures. */
#define QM_TYPE_QUOTE	0x8018
#define QM_TYPE_TIME	0x8019

/* fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, restricted, sign */
#define QM_ATTRIBUTES	0x00050072u

/* What goes into a quote; qm_defaults() makes it a good one. */
struct qm_quote {
	uint32_t magic;
	uint16_t type;
	uint8_t nonce[QM_NONCE_SIZE];
	const char *verifier_id;
	uint64_t clock;
	uint32_t reset_count;
	uint32_t restart_count;
	bool clock_unsafe;
	uint32_t banks;			/* quoted */
	unsigned int pcr;		/* quoted */
	uint32_t attributes;		/* of the key */
	uint16_t curve;			/* of the key, as it is stated */
	uint16_t sig_hash;		/* as the signature states it */
	struct imans_pcrs pcrs;
	const struct imans_pcrs *boot;	/* of PCRs 0 to 9, quoted too; or NULL */
};

struct qm_key {
	EVP_PKEY *pkey;
	char *pem;
};

void qm_key_make(struct qm_key *key);
/* On another curve than the library takes. */
void qm_key_make_on(struct qm_key *key, const char *curve);
void qm_key_free(struct qm_key *key);

void qm_defaults(struct qm_quote *quote);

/* Marshalled; the caller frees the data. */
struct bl_bytes qm_attest(const struct qm_quote *quote);
struct bl_bytes qm_public(const struct qm_quote *quote,
			  const struct qm_key *key);
struct bl_bytes qm_sign(const struct qm_quote *quote, const struct qm_key *key,
			const struct bl_bytes *attest);

/* Put quote, signature, key and PCR values into evidence. */
void qm_put(const struct qm_quote *quote, const struct qm_key *key,
	    struct imans_evidence *evidence);

/* Evidence of a world: its lists and keys, and a quote over its host's list. */
struct imans_evidence *qm_evidence(struct imans_ctx *ctx,
				   const struct bl_world *w,
				   struct qm_quote *quote,
				   const struct qm_key *key);

/* Options that accept a good quote of the key. */
struct imans_verify_opts qm_opts(const struct qm_quote *quote,
				 const struct qm_key *key);

#endif /* QUOTE_MAKE_H */
