// SPDX-License-Identifier: LGPL-2.1-or-later
/* Verified by OpenSSL, and why it said no. */

#include <errno.h>
#include <openssl/bnerr.h>
#include <openssl/err.h>
#include <stdbool.h>

#include "ssl_error.h"

static bool no_memory(unsigned long error)
{
	return ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE ||
	       (ERR_GET_LIB(error) == ERR_LIB_BN &&
		ERR_GET_REASON(error) == BN_R_TOO_MANY_TEMPORARY_VARIABLES);
}

int imans_ssl_refused(int err)
{
	unsigned long error;

	while ((error = ERR_get_error()))
		if (no_memory(error))
			err = -ENOMEM;
	return err;
}

int imans_ssl_verify(EVP_PKEY *key, const char *hash, const uint8_t *sig,
		     size_t sig_len, const void *data, size_t len)
{
	EVP_MD_CTX *md;
	int err = 0;

	ERR_clear_error();
	md = EVP_MD_CTX_new();
	if (!md)
		return -ENOMEM;
	/*
	 * Else a copy would be finished. Without memory for that the signature looks
	 * like one that is wrong, and no error tells of it.
	 */
	EVP_MD_CTX_set_flags(md, EVP_MD_CTX_FLAG_FINALISE);
	if (EVP_DigestVerifyInit_ex(md, NULL, hash, NULL, NULL, key, NULL) != 1)
		err = imans_ssl_refused(-EIO);
	else if (EVP_DigestVerify(md, sig, sig_len, data, len) != 1)
		err = imans_ssl_refused(-EKEYREJECTED);
	EVP_MD_CTX_free(md);
	return err;
}
