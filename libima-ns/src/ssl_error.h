/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why OpenSSL said no. */
#ifndef IMANS_SSL_ERROR_H
#define IMANS_SSL_ERROR_H

/*
 * -ENOMEM if OpenSSL's errors say that memory ran out, so that what it was asked
 * is not known; else `err`. They are cleared, as they must be before the call.
 */
int imans_ssl_refused(int err);

#endif /* IMANS_SSL_ERROR_H */
