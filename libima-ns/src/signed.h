/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signed verdicts: Documentation/verdict.cddl says what each part is. */
#ifndef IMANS_SIGNED_H
#define IMANS_SIGNED_H

#include "cose.h"

/* Which claims there are, and what they mean: another meaning is another one. */
#define SIGNED_PROFILE	"urn:uuid:c842d2b0-7e0f-496c-9545-db8abc12d9cf"

/* CWT claims: RFC 8392, RFC 9711; and one of the private ones. */
#define CLAIM_EXP	4
#define CLAIM_IAT	6
#define CLAIM_NONCE	10
#define CLAIM_PROFILE	265
#define CLAIM_VERDICT	(-73001)

/* An entry of ours fits into existing verifiers' 4096 bytes. */
#define SIGNED_CREATE_MAX	4096

/**
 * struct signed_ns - a namespace
 * @pub: what callers see
 * @create_data: template data of its entry 0, if it is disclosed, or NULL
 * @create_len: its length
 * @create_key: the key of record 0
 */
struct signed_ns {
	struct imans_signed_ns pub;
	const uint8_t *create_data;
	size_t create_len;
	uint8_t create_key[IMANS_KEY_SIZE];
};

/**
 * struct imans_signed - a signed verdict
 * @ctx: where errors go
 * @name: of the file, in messages
 * @data: its bytes, which @cose and the namespaces point into
 * @len: their number
 * @cose: the message
 * @info: what callers see
 * @nonce: bytes of @info's
 * @ns: @info.ns_count namespaces, by rising id
 */
struct imans_signed {
	struct imans_ctx *ctx;
	char *name;
	uint8_t *data;
	size_t len;
	struct imans_cose cose;
	struct imans_signed_info info;
	uint8_t nonce[IMANS_NONCE_MAX];
	struct signed_ns *ns;
};

/* Read the claims, the payload of @cose. As imans_signed_parse(). */
int imans_signed_claims(struct imans_signed *s);

/*
 * Write the claims, of @info and @ns; the output is freed on failure. -ENOMEM;
 * -EINVAL: past a bound.
 */
struct imans_buf;
int imans_signed_encode(const struct imans_signed *s,
			struct imans_buf *out);

/* 0: it is the key's; else -EKEYREJECTED. -ENOMEM. */
int imans_signed_check(const struct imans_signed *s,
		       const struct imans_signer *key);

#endif /* IMANS_SIGNED_H */
