/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of namespaces, as the kernel shows them. */
#ifndef IMANS_KEYRING_H
#define IMANS_KEYRING_H

#include <imans.h>

/* K, from the file `key` in a namespace's directory. -EBADMSG; read's. */
int imans_ns_key_file(struct imans_ctx *ctx, const char *dir,
		      uint8_t key[IMANS_KEY_SIZE]);

#endif /* IMANS_KEYRING_H */
