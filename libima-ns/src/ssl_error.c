// SPDX-License-Identifier: LGPL-2.1-or-later
/* Why OpenSSL said no. */

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
