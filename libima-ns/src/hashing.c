// SPDX-License-Identifier: LGPL-2.1-or-later
/* Files hashed in several banks at once. */

#include <errno.h>
#include <string.h>

#include "hashing.h"

void imans_hashing_end(struct imans_hashing *h)
{
	for (int b = 0; b < IMANS_BANKS; b++)
		EVP_MD_CTX_free(h->md[b]);
}

int imans_hashing_begin(struct imans_ctx *ctx, uint32_t banks,
			struct imans_hashing *h)
{
	memset(h, 0, sizeof(*h));
	if (!banks || banks & ~IMANS_ALL_BANKS)
		return imans_err(ctx, -EINVAL, "policy: no such bank");
	for (int b = 0; b < IMANS_BANKS; b++) {
		if (!(banks & IMANS_BANK(b)))
			continue;
		if (!ctx->hashes.md[b])
			return imans_err(ctx, -ENOTSUP,
					 "OpenSSL has no %s here",
					 imans_bank_name(b));
		h->md[b] = EVP_MD_CTX_new();
		if (!h->md[b] ||
		    !EVP_DigestInit_ex(h->md[b], ctx->hashes.md[b], NULL))
			return imans_err(ctx, -ENOMEM, "out of memory");
	}
	return 0;
}

int imans_hashing_update(struct imans_hashing *h, const void *data, size_t len)
{
	for (int b = 0; b < IMANS_BANKS; b++)
		if (h->md[b] && !EVP_DigestUpdate(h->md[b], data, len))
			return -EIO;
	return 0;
}

int imans_hashing_final(struct imans_hashing *h, uint8_t *out)
{
	for (int b = 0; b < IMANS_BANKS; b++) {
		if (!h->md[b])
			continue;
		if (!EVP_DigestFinal_ex(h->md[b], out, NULL) ||
		    !EVP_DigestInit_ex(h->md[b], NULL, NULL))
			return -EIO;
		out += imans_bank_size(b);
	}
	return 0;
}

size_t imans_hashing_size(uint32_t banks)
{
	size_t size = 0;

	for (int b = 0; b < IMANS_BANKS; b++)
		if (banks & IMANS_BANK(b))
			size += imans_bank_size(b);
	return size;
}
