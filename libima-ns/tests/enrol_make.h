/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes with endorsement and attestation keys, made up for enrolment. */
#ifndef ENROL_MAKE_H
#define ENROL_MAKE_H

#include "cert_make.h"
#include "quote_make.h"

/* What the node is called. */
#define EM_NODE	"node7"

struct em_node {
	struct qm_key ak;
	struct qm_quote quote;
	EVP_PKEY *ek;
	char ek_hex[512];
	char *ak_hex;
	char *certs;			/* JSON */
};

void em_begin(struct em_node *n);
void em_end(struct em_node *n);
/* To be freed. */
char *em_hex(const uint8_t *data, size_t len);
/* A certificate of its endorsement key, for the requests that follow. */
void em_certs(struct em_node *n, const struct cm_made *made);
/* A request, and its text; to be freed. */
char *em_request_text(struct em_node *n);
struct imans_enrol *em_request(struct imans_ctx *ctx, struct em_node *n);
/* Options that pin the request's endorsement key. */
struct imans_enrol_opts em_pinning(const struct imans_enrol *request,
				   uint8_t name[1][IMANS_TPM_NAME_SIZE]);
/* Challenge and state for a node whose endorsement key is pinned. */
void em_challenge(struct imans_ctx *ctx, struct em_node *n,
		  struct imans_enrol **made, struct imans_enrol **kept);
/* The hexadecimal value of a key in a message's text. */
struct bl_bytes em_value(const struct imans_enrol *enrol, const char *key);
/* What a TPM that has both keys makes possible, by the state's own secret. */
struct imans_enrol *em_respond(struct imans_ctx *ctx,
			       const struct imans_enrol *state,
			       const char *node, int spoil);
/* The whole exchange: its record. */
struct imans_enrol *em_enrol(struct imans_ctx *ctx, struct em_node *n);

#endif /* ENROL_MAKE_H */
