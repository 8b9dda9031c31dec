// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Verifying the certificate of a TPM's key: RFC 5280 by OpenSSL, and what TCG's
 * profiles say of the key's usage. Every fault is a finding, not the first.
 */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "cert.h"
#include "ctx.h"
#include "findings.h"
#include "text.h"

/* 112 bits: RSA of 2048 bits or more, no SHA-1. */
#define SECURITY_LEVEL	2

struct walk {
	const struct cert_use *use;
	struct imans_findings *findings;
	int last_error;
	int last_depth;
	bool bad;
};

static void fail(struct walk *w, enum imans_finding_code code,
		 const char *reason)
{
	w->bad = true;
	imans_findings_add(w->findings, code, IMANS_FAIL, 0, IMANS_NO_ENTRY,
			   "%s %s", w->use->what, reason);
}

static enum imans_finding_code code_of(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
	case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
		return IMANS_F_CERT_TIME;
	case X509_V_ERR_CERT_REVOKED:
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
	case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
		return IMANS_F_CERT_REVOKED;
	default:
		return IMANS_F_CERT_CHAIN;
	}
}

/* Goes on whatever is wrong: the walk remembers it. */
static int on_verify(int ok, X509_STORE_CTX *store)
{
	struct walk *w = X509_STORE_CTX_get_app_data(store);
	int error = X509_STORE_CTX_get_error(store);
	int depth = X509_STORE_CTX_get_error_depth(store);
	X509 *cert = X509_STORE_CTX_get_current_cert(store);
	char name[IMANS_SHOWN_SIZE], shown[IMANS_SHOWN_SIZE] = "";

	/* That no issuer was found was said. */
	if (ok || (error == w->last_error && depth == w->last_depth) ||
	    (w->bad && error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE))
		return 1;
	w->last_error = error;
	w->last_depth = depth;
	w->bad = true;
	if (cert && X509_NAME_oneline(X509_get_subject_name(cert), name,
				      sizeof(name)))
		imans_show(shown, sizeof(shown), name, strlen(name));
	imans_findings_add(w->findings, code_of(error), IMANS_FAIL, 0,
			   IMANS_NO_ENTRY, "%s does not hold: %s%s%s%s",
			   w->use->what, X509_verify_cert_error_string(error),
			   *shown ? " (" : "", shown, *shown ? ")" : "");
	return 1;
}

static bool asn1_is(const ASN1_STRING *s, const char *text)
{
	const unsigned char *data = ASN1_STRING_get0_data(s);
	size_t len = (size_t)ASN1_STRING_length(s);

	return len == strlen(text) && !memchr(data, 0, len) &&
	       !strncasecmp((const char *)data, text, len);
}

/*
 * RFC 6125: where there are DNS names, the subject's common name is none. Names
 * that can't be read, for want of memory too, may be DNS names.
 */
static bool names_node(X509 *cert, const char *node)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	bool any = false, match = false;
	GENERAL_NAMES *names;
	int at, crit;

	names = X509_get_ext_d2i(cert, NID_subject_alt_name, &crit, NULL);
	if (!names && crit != -1)
		return false;
	for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *one = sk_GENERAL_NAME_value(names, i);

		if (one->type != GEN_DNS)
			continue;
		any = true;
		match |= asn1_is(one->d.dNSName, node);
	}
	GENERAL_NAMES_free(names);
	if (any)
		return match;
	at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	return at >= 0 &&
	       X509_NAME_get_index_by_NID(subject, NID_commonName, at) < 0 &&
	       asn1_is(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject,
								    at)), node);
}

/* No extension allows everything; one that can't be read nothing. */
static bool usable_for(X509 *cert, const char *oid)
{
	EXTENDED_KEY_USAGE *all;
	bool match = false;
	int crit;

	all = X509_get_ext_d2i(cert, NID_ext_key_usage, &crit, NULL);
	if (!all)
		return crit == -1;
	for (int i = 0; i < sk_ASN1_OBJECT_num(all); i++) {
		char text[64];

		OBJ_obj2txt(text, sizeof(text), sk_ASN1_OBJECT_value(all, i),
			    1);
		match |= !strcmp(text, oid);
	}
	EXTENDED_KEY_USAGE_free(all);
	return match;
}

static void check_leaf(struct walk *w, X509 *cert)
{
	const struct cert_use *use = w->use;

	if (EVP_PKEY_eq(X509_get0_pubkey(cert), use->key) != 1)
		fail(w, IMANS_F_CERT_KEY, "is of another key");
	if (X509_check_ca(cert) == 1)
		fail(w, IMANS_F_CERT_USAGE, "is an authority's");
	if (!(X509_get_key_usage(cert) & use->usage))
		fail(w, IMANS_F_CERT_USAGE, "has another key usage");
	if (!usable_for(cert, use->eku))
		fail(w, IMANS_F_CERT_USAGE,
		     "has extended key usages, but not a TPM key's of this kind");
	if (use->node && !names_node(cert, use->node))
		fail(w, IMANS_F_CERT_NODE, "is of another node");
}

/* OpenSSL takes roots of version 1; older ones took any issuer without constraints. */
static void check_issuers(struct walk *w, X509_STORE_CTX *store)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store);

	for (int i = 1; i < sk_X509_num(chain); i++)
		if (X509_check_ca(sk_X509_value(chain, i)) != 1)
			fail(w, IMANS_F_CERT_CHAIN,
			     "leads over a certificate that is no authority's");
}

static int verify(struct walk *w, const struct imans_ca *ca, X509 *leaf,
		  STACK_OF(X509) *others)
{
	X509_STORE_CTX *store = X509_STORE_CTX_new();
	int good;

	if (!store || !X509_STORE_CTX_init(store, imans_ca_store(ca), leaf,
					   others)) {
		X509_STORE_CTX_free(store);
		return -ENOMEM;
	}
	X509_STORE_CTX_set_app_data(store, w);
	X509_STORE_CTX_set_verify_cb(store, on_verify);
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(store),
					 SECURITY_LEVEL);
	good = X509_verify_cert(store);
	if (good == 1)
		check_issuers(w, store);
	else if (!w->bad)
		fail(w, IMANS_F_CERT_CHAIN, "does not hold");
	X509_STORE_CTX_free(store);
	ERR_clear_error();
	return 0;
}

static X509 *decode(const struct cert_der *der)
{
	const uint8_t *at = der->data;
	X509 *cert = d2i_X509(NULL, &at, (long)der->len);

	ERR_clear_error();
	if (cert && at != der->data + der->len) {
		X509_free(cert);
		cert = NULL;
	}
	return cert;
}

bool imans_cert_is_of(const struct cert_der *der, EVP_PKEY *key)
{
	X509 *cert = decode(der);
	bool same = cert && EVP_PKEY_eq(X509_get0_pubkey(cert), key) == 1;

	X509_free(cert);
	ERR_clear_error();
	return same;
}

/* Those that came with the key, and those that the verifier has. */
static int collect(struct walk *w, const struct imans_ca *ca,
		   const struct cert_chain *chain, STACK_OF(X509) *others)
{
	STACK_OF(X509) *ours = imans_ca_intermediates(ca);

	for (int i = 0; i < sk_X509_num(ours); i++)
		if (!X509_add_cert(others, sk_X509_value(ours, i),
				   X509_ADD_FLAG_UP_REF))
			return -ENOMEM;
	for (size_t i = 1; i < chain->count; i++) {
		X509 *one = decode(&chain->certs[i]);

		if (!one) {
			fail(w, IMANS_F_CERT_MALFORMED,
			     "comes with one that can't be read");
			continue;
		}
		if (!sk_X509_push(others, one)) {
			X509_free(one);
			return -ENOMEM;
		}
	}
	return 0;
}

int imans_cert_check(struct imans_ctx *ctx, const struct imans_ca *ca,
		     const struct cert_chain *chain, const struct cert_use *use,
		     struct imans_findings *findings, bool *good)
{
	struct walk w = {
		.use = use, .findings = findings, .last_depth = -1,
	};
	STACK_OF(X509) *others = sk_X509_new_null();
	X509 *leaf = decode(&chain->certs[0]);
	int err = others ? 0 : -ENOMEM;

	if (!leaf)
		fail(&w, IMANS_F_CERT_MALFORMED, "can't be read");
	if (!err && leaf)
		err = collect(&w, ca, chain, others);
	if (!err && leaf) {
		check_leaf(&w, leaf);
		err = verify(&w, ca, leaf, others);
	}
	X509_free(leaf);
	sk_X509_pop_free(others, X509_free);
	if (err)
		return imans_err(ctx, err, "certificates: out of memory");
	*good = !w.bad;
	return 0;
}
