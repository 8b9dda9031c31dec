// SPDX-License-Identifier: LGPL-2.1-or-later
/* Why OpenSSL said no. */

#include <errno.h>
#include <openssl/err.h>

#include "ssl_error.h"

int imans_ssl_refused(int err)
{
	unsigned long error;

	while ((error = ERR_get_error()))
		if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
			err = -ENOMEM;
	return err;
}
