/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The messages of an enrolment in memory; ima-ns-ak(1) says what each has. */
#ifndef IMANS_ENROL_H
#define IMANS_ENROL_H

#include <imans.h>

#include "cert.h"
#include "evidence.h"

#define ENROL_ID_SIZE	16

/**
 * struct imans_enrol - one message; what its kind does not have is zero
 * @ctx: where errors go; outlives the message
 * @kind: which one it is
 * @node: the node's name
 * @ek: TPMT_PUBLIC of the endorsement key
 * @ek_certs: its certificate, and others as the node has them
 * @ak: TPMT_PUBLIC of the attestation key
 * @id: of the challenge, random
 * @ek_name: the endorsement key's name
 * @ak_name: the attestation key's
 * @credential: TPM2B_ID_OBJECT
 * @encrypted: TPM2B_ENCRYPTED_SECRET
 * @secret: what the credential holds
 * @proof: that the node has the secret
 * @ek_certified: the endorsement key's certificate was verified
 * @time: when the challenge, or the record, was made; since 1970
 */
struct imans_enrol {
	struct imans_ctx *ctx;
	enum imans_enrol_kind kind;
	char *node;
	struct evidence_blob ek;
	struct cert_chain ek_certs;
	struct evidence_blob ak;
	uint8_t id[ENROL_ID_SIZE];
	uint8_t ek_name[IMANS_TPM_NAME_SIZE];
	uint8_t ak_name[IMANS_TPM_NAME_SIZE];
	struct evidence_blob credential;
	struct evidence_blob encrypted;
	uint8_t secret[IMANS_HASH_SIZE];
	uint8_t proof[IMANS_HASH_SIZE];
	bool ek_certified;
	uint64_t time;
};

/* An empty one. -ENOMEM. */
int imans_enrol_new(struct imans_ctx *ctx, enum imans_enrol_kind kind,
		    struct imans_enrol **enrol);
int imans_enrol_set_node(struct imans_enrol *enrol, const char *node);
int imans_enrol_set_blob(struct imans_enrol *enrol, struct evidence_blob *blob,
			 const void *data, size_t len);

/* HMAC(secret, "ima-ns/v1 enrol" || id || name of the AK || node) */
int imans_enrol_prove(const struct imans_enrol *challenge,
		      const uint8_t secret[IMANS_HASH_SIZE],
		      uint8_t proof[IMANS_HASH_SIZE]);

#endif /* IMANS_ENROL_H */
