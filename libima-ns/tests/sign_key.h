/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys that sign verdicts, made by OpenSSL. */
#ifndef SIGN_KEY_H
#define SIGN_KEY_H

#include <openssl/evp.h>

/* Both as text. */
struct skey {
	char *private;
	char *public;
};

/* "P-256", "P-384", "P-521", "ED25519" or "RSA". */
void skey_make(struct skey *key, const char *type);
void skey_free(struct skey *key);

#endif /* SIGN_KEY_H */
