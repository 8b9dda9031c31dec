// SPDX-License-Identifier: LGPL-2.1-or-later
/* Certificate authorities: roots, intermediate certificates, CRLs; PEM, DER. */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "cert.h"
#include "ctx.h"
#include "ecdsa.h"

/* Certificates and CRLs together: a vendor of TPMs has some dozens. */
#define CA_MAX		4096
/* A file of them. */
#define CA_FILE_MAX	((size_t)16 << 20)

struct imans_ca {
	struct imans_ctx *ctx;
	X509_STORE *store;
	STACK_OF(X509) *intermediates;
	size_t count;
};

IMANS_API int imans_ca_new(struct imans_ctx *ctx, struct imans_ca **ca)
{
	struct imans_ca *new = calloc(1, sizeof(*new));

	if (new) {
		new->ctx = ctx;
		new->store = X509_STORE_new();
		new->intermediates = sk_X509_new_null();
	}
	if (!new || !new->store || !new->intermediates) {
		imans_ca_free(new);
		return imans_err(ctx, -ENOMEM, "certificates: out of memory");
	}
	*ca = new;
	return 0;
}

IMANS_API void imans_ca_free(struct imans_ca *ca)
{
	if (!ca)
		return;
	X509_STORE_free(ca->store);
	sk_X509_pop_free(ca->intermediates, X509_free);
	free(ca);
}

X509_STORE *imans_ca_store(const struct imans_ca *ca)
{
	return ca->store;
}

STACK_OF(X509) *imans_ca_intermediates(const struct imans_ca *ca)
{
	return ca->intermediates;
}

/* ------------------------------------------------------------ PEM and DER */

/* Takes one object that was read; the reader frees it. */
typedef int (*take_fn)(void *user, void *object);

struct reader {
	struct imans_ctx *ctx;
	const char *name;
	bool crls;
	take_fn take;
	void *user;
};

static void *read_pem(const struct reader *r, BIO *bio)
{
	if (r->crls)
		return PEM_read_bio_X509_CRL(bio, NULL, imans_no_password,
					     NULL);
	return PEM_read_bio_X509(bio, NULL, imans_no_password, NULL);
}

static void free_object(const struct reader *r, void *object)
{
	if (r->crls)
		X509_CRL_free(object);
	else
		X509_free(object);
}

static int bad(const struct reader *r, const char *reason)
{
	return imans_err(r->ctx, -EBADMSG, "%s: %s: %s", r->name,
			 r->crls ? "CRLs" : "certificates", reason);
}

/* -EBADMSG if there is none, or one that can't be read. */
static int each_pem(const struct reader *r, const void *data, size_t len)
{
	BIO *bio = BIO_new_mem_buf(data, (int)len);
	size_t count = 0;
	void *object;
	int err = 0;

	if (!bio)
		return imans_err(r->ctx, -ENOMEM, "%s: out of memory",
				 r->name);

	ERR_clear_error();
	while (!err && (object = read_pem(r, bio))) {
		err = r->take(r->user, object);
		free_object(r, object);
		count++;
	}
	BIO_free(bio);
	if (err)
		return err;
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		err = bad(r, "one can't be read in PEM");
	else if (!count)
		err = bad(r, "none, neither in PEM nor in DER");
	ERR_clear_error();
	return err;
}

static int one_der(const struct reader *r, const uint8_t *data, size_t len)
{
	const uint8_t *at = data;
	void *object = r->crls ?
		(void *)d2i_X509_CRL(NULL, &at, (long)len) :
		(void *)d2i_X509(NULL, &at, (long)len);
	int err;

	ERR_clear_error();
	if (!object)
		return bad(r, "one can't be read in DER");
	err = at == data + len ? r->take(r->user, object) :
				 bad(r, "something follows the one in DER");
	free_object(r, object);
	return err;
}

static int each(const struct reader *r, const void *data, size_t len)
{
	/* A SEQUENCE; no text begins with this byte and a length. */
	const uint8_t *bytes = data;

	if (len > CA_FILE_MAX)
		return imans_err(r->ctx, -EMSGSIZE,
				 "%s: longer than %zu bytes", r->name,
				 CA_FILE_MAX);
	if (len > 1 && bytes[0] == 0x30 && bytes[1] & 0x80)
		return one_der(r, data, len);
	return each_pem(r, data, len);
}

/* -------------------------------------------------------------- the store */

struct adding {
	struct imans_ca *ca;
	enum imans_ca_kind kind;
	const char *name;
};

static int add_object(void *user, void *object)
{
	struct adding *a = user;
	struct imans_ca *ca = a->ca;
	bool ok;

	if (ca->count++ >= CA_MAX)
		return imans_err(ca->ctx, -EMSGSIZE,
				 "%s: more than %d certificates and CRLs",
				 a->name, CA_MAX);
	switch (a->kind) {
	case IMANS_CA_ROOT:
		ok = X509_STORE_add_cert(ca->store, object);
		break;
	case IMANS_CA_INTERMEDIATE:
		ok = X509_add_cert(ca->intermediates, object,
				   X509_ADD_FLAG_UP_REF | X509_ADD_FLAG_NO_DUP);
		break;
	default:
		/* Who says which are revoked wants that to be looked up. */
		ok = X509_STORE_add_crl(ca->store, object) &&
		     X509_STORE_set_flags(ca->store, X509_V_FLAG_CRL_CHECK |
						     X509_V_FLAG_CRL_CHECK_ALL);
	}
	if (!ok)
		return imans_err(ca->ctx, -ENOMEM, "%s: out of memory",
				 a->name);
	return 0;
}

IMANS_API int imans_ca_add(struct imans_ca *ca, enum imans_ca_kind kind,
			   const void *data, size_t len, const char *name)
{
	struct adding adding = {
		.ca = ca, .kind = kind, .name = name ? name : "certificates",
	};
	const struct reader reader = {
		.ctx = ca->ctx,
		.name = adding.name,
		.crls = kind == IMANS_CA_CRL,
		.take = add_object,
		.user = &adding,
	};

	if (kind != IMANS_CA_ROOT && kind != IMANS_CA_INTERMEDIATE &&
	    kind != IMANS_CA_CRL)
		return imans_err(ca->ctx, -EINVAL,
				 "%s: neither roots, intermediate certificates nor CRLs",
				 adding.name);
	return each(&reader, data, len);
}

/* -------------------------------------------------------- a key's own ones */

static void chain_cut(struct cert_chain *chain, size_t count)
{
	while (chain->count > count)
		free(chain->certs[--chain->count].data);
}

void imans_chain_free(struct cert_chain *chain)
{
	chain_cut(chain, 0);
}

int imans_chain_add(struct imans_ctx *ctx, struct cert_chain *chain,
		    const void *der, size_t len, const char *name)
{
	uint8_t *copy;

	if (chain->count == CERTS_MAX || !len || len > CERT_SIZE_MAX)
		return imans_err(ctx, -EMSGSIZE,
				 "%s: more than %d certificates, or one of 0 or more than %d bytes",
				 name, CERTS_MAX, CERT_SIZE_MAX);
	copy = malloc(len);
	if (!copy)
		return imans_err(ctx, -ENOMEM, "%s: out of memory", name);
	memcpy(copy, der, len);
	chain->certs[chain->count++] = (struct cert_der) { copy, len };
	return 0;
}

struct chaining {
	struct imans_ctx *ctx;
	struct cert_chain *chain;
	const char *name;
};

static int chain_object(void *user, void *object)
{
	struct chaining *c = user;
	uint8_t *der = NULL;
	int len = i2d_X509(object, &der), err;

	if (len < 0)
		return imans_err(c->ctx, -ENOMEM, "%s: out of memory", c->name);
	err = imans_chain_add(c->ctx, c->chain, der, (size_t)len, c->name);
	OPENSSL_free(der);
	return err;
}

int imans_chain_read(struct imans_ctx *ctx, struct cert_chain *chain,
		     const void *data, size_t len, const char *name)
{
	struct chaining chaining = { ctx, chain, name };
	const struct reader reader = {
		.ctx = ctx,
		.name = name,
		.take = chain_object,
		.user = &chaining,
	};
	size_t before = chain->count;
	int err = each(&reader, data, len);

	/* All of them, or none. */
	if (err)
		chain_cut(chain, before);
	return err;
}
