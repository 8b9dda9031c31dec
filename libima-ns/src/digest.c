// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "bytes.h"
#include "ctx.h"
#include "digest.h"

static const struct {
	const char *name;
	size_t size;
} banks[IMANS_BANKS] = {
	[IMANS_SHA1]	= { "sha1", 20 },
	[IMANS_SHA256]	= { "sha256", 32 },
	[IMANS_SHA384]	= { "sha384", 48 },
	[IMANS_SHA512]	= { "sha512", 64 },
	[IMANS_SM3]	= { "sm3", 32 },
};

/* What else an algorithm is called: kernels before 5.18, and tpm2-tools. */
static const struct {
	const char *name;
	enum imans_bank bank;
} other_names[] = {
	{ "sm3-256", IMANS_SM3 },
	{ "sm3_256", IMANS_SM3 },
};

IMANS_API size_t imans_bank_size(enum imans_bank bank)
{
	return (unsigned int)bank < IMANS_BANKS ? banks[bank].size : 0;
}

IMANS_API const char *imans_bank_name(enum imans_bank bank)
{
	return (unsigned int)bank < IMANS_BANKS ? banks[bank].name : NULL;
}

IMANS_API int imans_bank_parse(const char *name, enum imans_bank *bank)
{
	if (!name || !bank)
		return -EINVAL;
	for (int i = 0; i < IMANS_BANKS; i++) {
		if (strcmp(name, banks[i].name) == 0) {
			*bank = (enum imans_bank)i;
			return 0;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(other_names); i++) {
		if (strcmp(name, other_names[i].name) == 0) {
			*bank = other_names[i].bank;
			return 0;
		}
	}
	return -EINVAL;
}

uint32_t imans_hashes_banks(const struct imans_ctx *ctx)
{
	uint32_t mask = 0;

	for (int i = 0; i < IMANS_BANKS; i++)
		if (ctx->hashes.md[i])
			mask |= IMANS_BANK(i);
	return mask;
}

int imans_hashes_init(struct imans_hashes *h)
{
	int ret;

	memset(h, 0, sizeof(*h));
	ERR_set_mark();
	for (int i = 0; i < IMANS_BANKS; i++) {
		h->md[i] = EVP_MD_fetch(NULL, banks[i].name, NULL);
		h->md_ctx[i] = EVP_MD_CTX_new();
		if (!h->md_ctx[i]) {
			ret = -ENOMEM;
			goto fail;
		}
	}
	if (!h->md[IMANS_SHA256]) {
		ret = -ENOTSUP;
		goto fail;
	}
	ERR_pop_to_mark();
	return 0;
fail:
	ERR_pop_to_mark();
	imans_hashes_fini(h);
	return ret;
}

void imans_hashes_fini(struct imans_hashes *h)
{
	for (int i = 0; i < IMANS_BANKS; i++) {
		EVP_MD_CTX_free(h->md_ctx[i]);
		EVP_MD_free(h->md[i]);
	}
	EVP_MD_free(h->named);
	OPENSSL_cleanse(h, sizeof(*h));
}

int imans_hash(struct imans_ctx *ctx, enum imans_bank bank,
	       const struct imans_chunk *chunks, size_t n, uint8_t *out)
{
	EVP_MD_CTX *md_ctx = ctx->hashes.md_ctx[bank];
	bool good;

	/* What OpenSSL is configured not to have is not had behind its back. */
	if (!ctx->hashes.md[bank])
		return imans_err(ctx, -ENOTSUP, "OpenSSL has no %s",
				 banks[bank].name);
	if (imans_sha(bank, chunks, n, out))
		return 0;
	good = EVP_DigestInit_ex2(md_ctx, ctx->hashes.md[bank], NULL) == 1;
	for (size_t i = 0; good && i < n; i++)
		good = EVP_DigestUpdate(md_ctx, chunks[i].data,
					chunks[i].len) == 1;
	if (!good || EVP_DigestFinal_ex(md_ctx, out, NULL) != 1)
		return imans_err(ctx, -EIO, "OpenSSL's %s failed",
				 banks[bank].name);
	return 0;
}

/* Names come from measurement lists: nothing odd goes to the provider. */
static bool algo_name_valid(const char *algo)
{
	size_t len = strspn(algo, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len > 0 && len < IMANS_ALGO_NAME_SIZE && !algo[len];
}

static const EVP_MD *named_md(struct imans_hashes *h, const char *algo)
{
	enum imans_bank bank;

	if (imans_bank_parse(algo, &bank) == 0)
		return h->md[bank];
	if (!algo_name_valid(algo))
		return NULL;
	if (strcmp(algo, h->named_algo) != 0) {
		EVP_MD_free(h->named);
		ERR_set_mark();
		h->named = EVP_MD_fetch(NULL, algo, NULL);
		ERR_pop_to_mark();
		strcpy(h->named_algo, algo);
	}
	return h->named;
}

int imans_hash_named(struct imans_ctx *ctx, const char *algo, const void *data,
		     size_t len, uint8_t *out, size_t *out_len)
{
	const EVP_MD *md = named_md(&ctx->hashes, algo);
	unsigned int size;

	if (!md)
		return imans_err(ctx, -ENOTSUP,
				 "OpenSSL lacks a hash that the list names");
	if (EVP_Digest(data, len, out, &size, md, NULL) != 1)
		return imans_err(ctx, -EIO, "OpenSSL's %s failed", algo);
	*out_len = size;
	return 0;
}

int imans_hmac(struct imans_ctx *ctx, const uint8_t *key,
	       const struct imans_chunk *chunks, size_t n,
	       uint8_t out[IMANS_HASH_SIZE])
{
	imans_hmac_sha256(&ctx->hashes.hmac, key, chunks, n, out);
	return 0;
}
