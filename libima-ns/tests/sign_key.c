// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/pem.h>

#include "sign_key.h"
#include "util.h"

static char *text_of(BIO *bio)
{
	char *data, *text;
	long len = BIO_get_mem_data(bio, &data);

	text = strndup(data, (size_t)len);
	BIO_free(bio);
	return text;
}

void skey_make(struct skey *key, const char *type)
{
	BIO *private = BIO_new(BIO_s_mem()), *public = BIO_new(BIO_s_mem());
	EVP_PKEY *pkey = !strcmp(type, "ED25519") ?
			 EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") :
			 !strcmp(type, "RSA") ?
			 EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048) :
			 EVP_EC_gen(type);

	assert_non_null(pkey);
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(private, pkey, NULL,
						       NULL, 0, NULL, NULL), 1);
	assert_int_equal(PEM_write_bio_PUBKEY(public, pkey), 1);
	key->private = text_of(private);
	key->public = text_of(public);
	EVP_PKEY_free(pkey);
}

void skey_free(struct skey *key)
{
	free(key->private);
	free(key->public);
}

struct skey skey_shared;

int skey_share(void **state)
{
	(void)state;
	skey_make(&skey_shared, "P-256");
	return 0;
}

int skey_unshare(void **state)
{
	(void)state;
	skey_free(&skey_shared);
	return 0;
}
