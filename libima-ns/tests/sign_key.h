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

/* One on P-256 for all of a program's tests: around cmocka's group. */
extern struct skey skey_shared;
int skey_share(void **state);
int skey_unshare(void **state);

#endif /* SIGN_KEY_H */
