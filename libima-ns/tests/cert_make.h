/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Certificates for tests, made with OpenSSL. Shares nothing with the library. */
#ifndef CERT_MAKE_H
#define CERT_MAKE_H

#include <openssl/x509.h>

#include "util.h"

/* What goes into a certificate; NULL and 0: nothing of the kind. */
struct cm_cert {
	const char *subject;		/* common name */
	const char *dns;		/* subjectAltName, "DNS:a,DNS:b" */
	const char *constraints;	/* "critical,CA:TRUE,pathlen:0" */
	const char *usage;		/* "digitalSignature" */
	const char *ext_usage;		/* "2.23.133.8.3" */
	long from, until;		/* seconds from now; 0, 0: a day each way */
	bool version1;
	const char *digest;		/* default "SHA256" */
	EVP_PKEY *key;			/* its own; made if NULL */
};

/* One that was made, and its key. */
struct cm_made {
	X509 *cert;
	EVP_PKEY *key;
};

/* Signed by the issuer, or by itself if that is NULL. */
struct cm_made cm_make(const struct cm_cert *what, const struct cm_made *issuer);
void cm_free(struct cm_made *made);

/* A root, and an authority below another. */
struct cm_made cm_root(const char *name);
struct cm_made cm_authority(const char *name, const struct cm_made *issuer);

/* PEM of one; the caller frees it. */
char *cm_pem(const struct cm_made *made);
/* A CRL of an authority with at most one revoked; the caller frees it. */
char *cm_crl(const struct cm_made *issuer, const struct cm_made *revoked,
	     long until);

#endif /* CERT_MAKE_H */
