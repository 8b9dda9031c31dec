/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* X.509 certificates of TPM keys, and the authorities that vouch for them. */
#ifndef IMANS_CERT_H
#define IMANS_CERT_H

#include <openssl/x509.h>

#include <imans.h>

/* Certificates that come with a key: its own, and those up to a root. */
#define CERTS_MAX	8
/* One in DER: those of TPMs take one to two kilobytes. */
#define CERT_SIZE_MAX	16384

/* Extended key usages of TCG's "EK Credential Profile". */
#define CERT_EKU_EK	"2.23.133.8.1"
#define CERT_EKU_AK	"2.23.133.8.3"

/**
 * struct cert_chain - certificates as they came, in DER
 * @certs: the key's own first
 * @count: how many
 */
struct cert_chain {
	struct cert_der {
		uint8_t *data;
		size_t len;
	} certs[CERTS_MAX];
	size_t count;
};

void imans_chain_free(struct cert_chain *chain);
/* A copy at its end. -EMSGSIZE: too many or too long; -ENOMEM. */
int imans_chain_add(struct imans_ctx *ctx, struct cert_chain *chain,
		    const void *der, size_t len, const char *name);
/* All of a text in PEM, or one in DER. -EBADMSG: none; as above. */
int imans_chain_read(struct imans_ctx *ctx, struct cert_chain *chain,
		     const void *data, size_t len, const char *name);

/**
 * struct cert_use - what a certificate must be good for
 * @what: whose it is, in findings: "the endorsement key's certificate"
 * @key: the public key that it must be of
 * @eku: extended key usage that must be there if there is any, as an OID
 * @usage: KU_* of which one must be there if there is any
 * @node: the name that it must have, or NULL
 */
struct cert_use {
	const char *what;
	EVP_PKEY *key;
	const char *eku;
	uint32_t usage;
	const char *node;
};

/*
 * Verify the first certificate; the others may help to reach a root. What is
 * wrong becomes a finding, and *good false. -ENOMEM, -EIO.
 */
int imans_cert_check(struct imans_ctx *ctx, const struct imans_ca *ca,
		     const struct cert_chain *chain, const struct cert_use *use,
		     struct imans_findings *findings, bool *good);

/* Whether the first certificate can be read and is of that key. */
bool imans_cert_is_of(const struct cert_der *cert, EVP_PKEY *key);

/* The authorities, as OpenSSL takes them (ca.c). */
X509_STORE *imans_ca_store(const struct imans_ca *ca);
STACK_OF(X509) *imans_ca_intermediates(const struct imans_ca *ca);

#endif /* IMANS_CERT_H */
