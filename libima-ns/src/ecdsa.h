/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ECDSA on NIST P-256 with SHA-256, between a TPM's forms and OpenSSL's. */
#ifndef IMANS_ECDSA_H
#define IMANS_ECDSA_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <tss2/tss2_tpm2_types.h>

struct imans_ctx;

#define IMANS_EC_SIZE		32			/* of a coordinate */
#define IMANS_EC_POINT_SIZE	(1 + 2 * IMANS_EC_SIZE)	/* 04 || x || y */

/**
 * struct imans_ec_key - a public key
 * @pkey: OpenSSL's form, owned
 * @point: the same, to be compared
 */
struct imans_ec_key {
	EVP_PKEY *pkey;
	uint8_t point[IMANS_EC_POINT_SIZE];
};

/* For OpenSSL's PEM readers: a NULL callback would ask on the terminal. */
int imans_no_password(char *buf, int size, int rwflag, void *user);

/* From the text of a PEM file. -EINVAL: no public key on P-256; -ENOMEM. */
int imans_ec_key_from_pem(struct imans_ctx *ctx, const char *pem,
			  struct imans_ec_key *key);
/* From a TPM's. -EBADMSG: not on the curve; -ENOMEM. */
int imans_ec_key_from_tpm(struct imans_ctx *ctx, const TPMS_ECC_POINT *from,
			  struct imans_ec_key *key);
void imans_ec_key_free(struct imans_ec_key *key);
/* As text to be given to free(). -ENOMEM. */
int imans_ec_key_to_pem(const struct imans_ec_key *key, char **pem);

/* Coordinates of a TPM may lack leading zeros. -EBADMSG: too long. */
int imans_ec_point(const TPMS_ECC_POINT *from,
		   uint8_t point[IMANS_EC_POINT_SIZE]);

/* 0: the signature is the key's; else -EKEYREJECTED. */
int imans_ec_verify(const struct imans_ec_key *key, const void *data,
		    size_t len, const TPMS_SIGNATURE_ECC *sig);

#endif /* IMANS_ECDSA_H */
