// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The attestation key's file and its public forms.
 *
 * The file is one CBOR map in fixed order: "format", "version", "public"
 * (TPM2B_PUBLIC) and "private" (TPM2B_PRIVATE), both marshalled, as
 * tpm2_load(1) takes them.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <tss2/tss2_mu.h>

#include "cbor_cursor.h"
#include "cbor_out.h"
#include "ctx.h"
#include "ecdsa.h"
#include "ek.h"
#include "file.h"
#include "tpm.h"

#define AK_FORMAT	"ima-ns attestation key"
#define AK_VERSION	1
#define AK_FILE_MAX	8192

IMANS_API void imans_ak_free(struct imans_ak *ak)
{
	if (!ak)
		return;
	free(ak->tpmt.data);
	OPENSSL_cleanse(&ak->auth, sizeof(ak->auth));
	free(ak);
}

IMANS_API const uint8_t *imans_ak_public(const struct imans_ak *ak, size_t *len)
{
	*len = ak->tpmt.len;
	return ak->tpmt.data;
}

IMANS_API int imans_ak_name(const struct imans_ak *ak,
			    uint8_t name[IMANS_TPM_NAME_SIZE])
{
	return imans_public_name(ak->ctx, &ak->tpmt, name);
}

IMANS_API int imans_ak_pem(const struct imans_ak *ak, char **pem)
{
	struct imans_ec_key key;
	int err;

	if (ak->public.publicArea.type != TPM2_ALG_ECC)
		return imans_err(ak->ctx, -EBADMSG,
				 "the attestation key is not on P-256");
	err = imans_ec_key_from_tpm(ak->ctx, &ak->public.publicArea.unique.ecc,
				    &key);
	if (err)
		return err;
	err = imans_ec_key_to_pem(&key, pem);
	imans_ec_key_free(&key);
	if (err)
		return imans_err(ak->ctx, err, "attestation key: out of memory");
	return 0;
}

IMANS_API int imans_ak_write_pem(const struct imans_ak *ak, const char *path)
{
	char *pem;
	int err = imans_ak_pem(ak, &pem);

	if (err)
		return err;
	err = imans_file_write(ak->ctx, path, pem, strlen(pem), 0644);
	free(pem);
	return err;
}

/* What the TPM gave, marshalled, as the file carries it. */
struct areas {
	uint8_t public[sizeof(TPM2B_PUBLIC)];
	size_t public_len;
	uint8_t private[sizeof(TPM2B_PRIVATE)];
	size_t private_len;
};

static int marshal(const struct imans_ak *ak, struct areas *areas)
{
	areas->public_len = 0;
	areas->private_len = 0;
	if (Tss2_MU_TPM2B_PUBLIC_Marshal(&ak->public, areas->public,
					 sizeof(areas->public),
					 &areas->public_len) ||
	    Tss2_MU_TPM2B_PRIVATE_Marshal(&ak->private, areas->private,
					  sizeof(areas->private),
					  &areas->private_len))
		return imans_err(ak->ctx, -EBADMSG,
				 "the attestation key is malformed");
	return 0;
}

IMANS_API int imans_ak_write(const struct imans_ak *ak, const char *path)
{
	struct imans_buf out = { 0 };
	struct areas areas;
	int err = marshal(ak, &areas);

	if (err)
		return err;
	imans_cbor_put_map(&out, 4);
	imans_cbor_put_text(&out, "format");
	imans_cbor_put_text(&out, AK_FORMAT);
	imans_cbor_put_text(&out, "version");
	imans_cbor_put_uint(&out, AK_VERSION);
	imans_cbor_put_text(&out, "public");
	imans_cbor_put_bytes(&out, areas.public, areas.public_len);
	imans_cbor_put_text(&out, "private");
	imans_cbor_put_bytes(&out, areas.private, areas.private_len);
	if (out.failed)
		err = imans_err(ak->ctx, -ENOMEM,
				"attestation key: out of memory");
	else
		err = imans_file_write(ak->ctx, path, out.data, out.len, 0600);
	free(out.data);
	return err;
}

/* Step over a key of that name, and over the head of its value. */
static bool expect(struct imans_cbor_cursor *cur, const char *key,
		   enum imans_cbor_kind kind, struct imans_cbor_item *value)
{
	struct imans_cbor_item item;

	return !imans_cbor_next(cur, &item) && item.kind == IMANS_CBOR_TEXT &&
	       item.value == strlen(key) &&
	       !memcmp(item.data, key, item.value) &&
	       !imans_cbor_next(cur, value) && value->kind == kind;
}

static bool decode(const uint8_t *data, size_t len, TPM2B_PUBLIC *public,
		   TPM2B_PRIVATE *private)
{
	struct imans_cbor_cursor cur = { .data = data, .len = len };
	struct imans_cbor_item item;
	size_t off = 0;

	if (imans_cbor_next(&cur, &item) || item.kind != IMANS_CBOR_MAP ||
	    item.value != 4 ||
	    !expect(&cur, "format", IMANS_CBOR_TEXT, &item) ||
	    item.value != strlen(AK_FORMAT) ||
	    memcmp(item.data, AK_FORMAT, item.value) ||
	    !expect(&cur, "version", IMANS_CBOR_UINT, &item) ||
	    item.value != AK_VERSION ||
	    !expect(&cur, "public", IMANS_CBOR_BYTES, &item) ||
	    Tss2_MU_TPM2B_PUBLIC_Unmarshal(item.data, item.value, &off,
					   public) || off != item.value)
		return false;
	off = 0;
	return expect(&cur, "private", IMANS_CBOR_BYTES, &item) &&
	       !Tss2_MU_TPM2B_PRIVATE_Unmarshal(item.data, item.value, &off,
						private) &&
	       off == item.value && cur.off == len;
}

IMANS_API int imans_ak_read(struct imans_ctx *ctx, const char *path,
			    struct imans_ak **ak)
{
	TPM2B_PRIVATE private = { 0 };
	TPM2B_PUBLIC public = { 0 };
	uint8_t *data;
	size_t len;
	int err = imans_file_read(ctx, path, AK_FILE_MAX, &data, &len);

	if (err)
		return err;
	if (decode(data, len, &public, &private))
		err = imans_ak_from_areas(ctx, &public, &private, ak);
	else
		err = imans_err(ctx, -EBADMSG,
				"%s: no attestation key of \"ima-ns ak create\"",
				path);
	free(data);
	return err;
}
