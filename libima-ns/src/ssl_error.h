/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verified by OpenSSL, and why it said no. */
#ifndef IMANS_SSL_ERROR_H
#define IMANS_SSL_ERROR_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

/*
 * -ENOMEM if OpenSSL's errors say that memory ran out, so that what it was asked
 * is not known; else `err`. They are cleared, as they must be before the call.
 */
int imans_ssl_refused(int err);

/*
 * A signature over data, whose hash may be NULL if the key has its own. 0;
 * -EKEYREJECTED: it is wrong; -EIO; -ENOMEM.
 */
int imans_ssl_verify(EVP_PKEY *key, const char *hash, const uint8_t *sig,
		     size_t sig_len, const void *data, size_t len);

#endif /* IMANS_SSL_ERROR_H */
