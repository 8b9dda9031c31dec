/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* COSE_Sign1 (RFC 9052, section 4.2): one signer, the payload inside. */
#ifndef IMANS_COSE_H
#define IMANS_COSE_H

#include <stdbool.h>

#include "signer.h"

/**
 * struct imans_cose - a message, as pointers into its bytes
 * @protected: the protected header, encoded
 * @protected_len: its length
 * @alg: the algorithm that it names
 * @kid: the key's name, or NULL
 * @kid_len: its length
 * @payload: what is signed
 * @payload_len: its length
 * @sig: the signature
 * @sig_len: its length
 */
struct imans_cose {
	const uint8_t *protected;
	size_t protected_len;
	int64_t alg;
	const uint8_t *kid;
	size_t kid_len;
	const uint8_t *payload;
	size_t payload_len;
	const uint8_t *sig;
	size_t sig_len;
};

/*
 * Read a tagged message that fills the buffer. `name` is for the error's text.
 * -EBADMSG: malformed, no protected algorithm, or a header parameter that is
 * critical (none is known here); -EMSGSIZE: too many header parameters.
 */
int imans_cose_parse(struct imans_ctx *ctx, const void *data, size_t len,
		     const char *name, struct imans_cose *cose);

/* 0: the signature is the key's; else -EKEYREJECTED. -ENOMEM. */
int imans_cose_verify(struct imans_ctx *ctx, const struct imans_cose *cose,
		      const struct imans_signer *key);

/* The message, to be given to free(). -ENOMEM, -EIO. */
int imans_cose_sign(struct imans_ctx *ctx, const struct imans_signer *key,
		    const void *payload, size_t payload_len, uint8_t **data,
		    size_t *len);

#endif /* IMANS_COSE_H */
