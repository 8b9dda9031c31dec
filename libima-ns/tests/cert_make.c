// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "cert_make.h"

#define DAY	86400

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	if (!value)
		return;
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(cert, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

static void set_name(X509_NAME *name, const char *text)
{
	if (!text)
		return;
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				(const unsigned char *)text, -1, -1, 0), 1);
}

static void set_serial(X509 *cert)
{
	int serial;

	assert_int_equal(RAND_bytes((unsigned char *)&serial, sizeof(serial)),
			 1);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial & 0x7fffffff);
}

struct cm_made cm_make(const struct cm_cert *what, const struct cm_made *issuer)
{
	struct cm_made made = { X509_new(), what->key };
	X509 *by = issuer ? issuer->cert : made.cert;
	bool times = what->from || what->until;

	if (made.key)
		EVP_PKEY_up_ref(made.key);
	else
		made.key = EVP_EC_gen("P-256");
	assert_non_null(made.key);
	X509_set_version(made.cert, what->version1 ? 0 : 2);
	set_serial(made.cert);
	set_name(X509_get_subject_name(made.cert), what->subject);
	X509_set_issuer_name(made.cert, X509_get_subject_name(by));
	X509_gmtime_adj(X509_getm_notBefore(made.cert),
			times ? what->from : -DAY);
	X509_gmtime_adj(X509_getm_notAfter(made.cert),
			times ? what->until : DAY);
	X509_set_pubkey(made.cert, made.key);
	add_extension(made.cert, by, NID_basic_constraints, what->constraints);
	add_extension(made.cert, by, NID_key_usage, what->usage);
	add_extension(made.cert, by, NID_ext_key_usage, what->ext_usage);
	add_extension(made.cert, by, NID_subject_alt_name, what->dns);
	assert_true(X509_sign(made.cert, issuer ? issuer->key : made.key,
			      EVP_get_digestbyname(what->digest ? what->digest :
							 "SHA256")) > 0);
	return made;
}

void cm_free(struct cm_made *made)
{
	X509_free(made->cert);
	EVP_PKEY_free(made->key);
}

struct cm_made cm_authority(const char *name, const struct cm_made *issuer)
{
	const struct cm_cert what = {
		.subject = name,
		.constraints = "critical,CA:TRUE",
		.usage = "critical,keyCertSign,cRLSign",
	};

	return cm_make(&what, issuer);
}

struct cm_made cm_root(const char *name)
{
	return cm_authority(name, NULL);
}

static char *take(BIO *bio)
{
	char *data, *text;
	long len = BIO_get_mem_data(bio, &data);

	text = strndup(data, (size_t)len);
	BIO_free(bio);
	return text;
}

char *cm_pem(const struct cm_made *made)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_X509(bio, made->cert), 1);
	return take(bio);
}

char *cm_crl(const struct cm_made *issuer, const struct cm_made *revoked,
	     long until)
{
	ASN1_TIME *from = X509_gmtime_adj(NULL, -2 * DAY);
	ASN1_TIME *to = X509_gmtime_adj(NULL, until);
	BIO *bio = BIO_new(BIO_s_mem());
	X509_CRL *crl = X509_CRL_new();

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->cert));
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, to);
	if (revoked) {
		X509_REVOKED *entry = X509_REVOKED_new();

		X509_REVOKED_set_serialNumber(entry,
				X509_get_serialNumber(revoked->cert));
		X509_REVOKED_set_revocationDate(entry, from);
		X509_CRL_add0_revoked(crl, entry);
	}
	assert_true(X509_CRL_sign(crl, issuer->key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509_CRL(bio, crl), 1);
	X509_CRL_free(crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return take(bio);
}
