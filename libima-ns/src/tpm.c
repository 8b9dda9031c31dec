// SPDX-License-Identifier: LGPL-2.1-or-later
/* A TPM through tpm2-tss, and the attestation key in it. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#include "ctx.h"
#include "tpm.h"

/* Without what a response of format 1 says of which handle or session. */
static bool auth_failed(TSS2_RC rc)
{
	const TSS2_RC base = TPM2_RC_FMT1 | 0x3f;

	if (rc & TSS2_RC_LAYER_MASK || !(rc & TPM2_RC_FMT1))
		return false;
	return (rc & base) == TPM2_RC_AUTH_FAIL ||
	       (rc & base) == TPM2_RC_BAD_AUTH;
}

int imans_tpm_err(struct imans_ctx *ctx, const char *what, TSS2_RC rc)
{
	/* Of any layer: the base code says that memory ran out. */
	bool memory = (rc & ~TSS2_RC_LAYER_MASK) == TSS2_BASE_RC_MEMORY &&
		      rc & TSS2_RC_LAYER_MASK;

	if (auth_failed(rc))
		return imans_err(ctx, -EACCES,
				 "TPM: %s: the authorization value is wrong, or missing",
				 what);
	return imans_err(ctx, memory ? -ENOMEM : -EIO, "TPM: %s: %s", what,
			 Tss2_RC_Decode(rc));
}

IMANS_API int imans_tpm_open(struct imans_ctx *ctx, const char *tcti,
			     struct imans_tpm **tpm)
{
	struct imans_tpm *new = calloc(1, sizeof(*new));
	TSS2_RC rc;
	int err;

	if (!new)
		return imans_err(ctx, -ENOMEM, "TPM: out of memory");
	new->ctx = ctx;
	rc = Tss2_TctiLdr_Initialize(tcti ? tcti : IMANS_TCTI, &new->tcti);
	if (rc) {
		err = imans_tpm_err(ctx, tcti ? tcti : IMANS_TCTI, rc);
		free(new);
		return err;
	}
	rc = Esys_Initialize(&new->esys, new->tcti, NULL);
	if (rc) {
		err = imans_tpm_err(ctx, "Esys_Initialize", rc);
		Tss2_TctiLdr_Finalize(&new->tcti);
		free(new);
		return err;
	}
	*tpm = new;
	return 0;
}

IMANS_API void imans_tpm_close(struct imans_tpm *tpm)
{
	if (!tpm)
		return;
	Esys_Finalize(&tpm->esys);
	Tss2_TctiLdr_Finalize(&tpm->tcti);
	free(tpm);
}

/*
 * The ECC storage key of TCG's "TPM v2.0 Provisioning Guidance": made anew
 * each time from the hierarchy's seed, it is always the same key. It is made in
 * the endorsement hierarchy: TPM 2.0 Library, Part 1, 36.7 has resetCount and
 * restartCount obscured in what other hierarchies' keys sign.
 */
static const TPM2B_PUBLIC storage_template = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM |
			TPMA_OBJECT_FIXEDPARENT |
			TPMA_OBJECT_SENSITIVEDATAORIGIN |
			TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA |
			TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
		.parameters.eccDetail = {
			.symmetric = {
				.algorithm = TPM2_ALG_AES,
				.keyBits.aes = 128,
				.mode.aes = TPM2_ALG_CFB,
			},
			.scheme.scheme = TPM2_ALG_NULL,
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		},
	},
};

static const TPM2B_PUBLIC ak_template = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM |
			TPMA_OBJECT_FIXEDPARENT |
			TPMA_OBJECT_SENSITIVEDATAORIGIN |
			TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA |
			TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT,
		.parameters.eccDetail = {
			.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme = {
				.scheme = TPM2_ALG_ECDSA,
				.details.ecdsa.hashAlg = TPM2_ALG_SHA256,
			},
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		},
	},
};

int imans_tpm_primary(struct imans_tpm *tpm, const TPM2B_PUBLIC *template,
		      const char *what, ESYS_TR *handle, TPM2B_PUBLIC **public)
{
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPM2B_DATA outside = { 0 };
	const TPML_PCR_SELECTION pcrs = { 0 };
	TSS2_RC rc;

	rc = Esys_CreatePrimary(tpm->esys, ESYS_TR_RH_ENDORSEMENT,
				ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				&sensitive, template, &outside, &pcrs, handle,
				public, NULL, NULL, NULL);
	return rc ? imans_tpm_err(tpm->ctx, what, rc) : 0;
}

static int create_storage(struct imans_tpm *tpm, ESYS_TR *handle)
{
	return imans_tpm_primary(tpm, &storage_template,
				 "making the storage key", handle, NULL);
}

void imans_tpm_flush(struct imans_tpm *tpm, ESYS_TR *handle)
{
	if (*handle != ESYS_TR_NONE)
		Esys_FlushContext(tpm->esys, *handle);
	*handle = ESYS_TR_NONE;
}

/*
 * The salt is encrypted to the storage key, so who listens between here and the
 * TPM learns neither the authorization value nor a parameter.
 */
static int start_session(struct imans_tpm *tpm, ESYS_TR salt_key,
			 ESYS_TR *session)
{
	const TPMA_SESSION attributes = TPMA_SESSION_CONTINUESESSION |
		TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT;
	const TPMT_SYM_DEF symmetric = {
		.algorithm = TPM2_ALG_AES,
		.keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB,
	};
	ESYS_TR new;
	TSS2_RC rc;

	rc = Esys_StartAuthSession(tpm->esys, salt_key, ESYS_TR_NONE,
				   ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   NULL, TPM2_SE_HMAC, &symmetric,
				   TPM2_ALG_SHA256, &new);
	if (!rc) {
		rc = Esys_TRSess_SetAttributes(tpm->esys, new, attributes,
					       0xff);
		if (rc)
			Esys_FlushContext(tpm->esys, new);
	}
	if (rc)
		return imans_tpm_err(tpm->ctx, "starting a session", rc);
	*session = new;
	return 0;
}

static int set_public(struct imans_ak *ak, const TPM2B_PUBLIC *public)
{
	uint8_t buf[sizeof(TPMT_PUBLIC)];
	size_t off = 0;

	ak->public = *public;
	if (Tss2_MU_TPMT_PUBLIC_Marshal(&public->publicArea, buf, sizeof(buf),
					&off))
		return imans_err(ak->ctx, -EBADMSG,
				 "the attestation key's public area is malformed");
	if (evidence_blob_set(&ak->tpmt, buf, off))
		return imans_err(ak->ctx, -ENOMEM,
				 "attestation key: out of memory");
	return 0;
}

int imans_ak_from_areas(struct imans_ctx *ctx, const TPM2B_PUBLIC *public,
			const TPM2B_PRIVATE *private, struct imans_ak **ak)
{
	struct imans_ak *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return imans_err(ctx, -ENOMEM, "attestation key: out of memory");
	new->ctx = ctx;
	new->private = *private;
	err = set_public(new, public);
	if (err) {
		imans_ak_free(new);
		return err;
	}
	*ak = new;
	return 0;
}

static int set_auth(struct imans_ctx *ctx, const void *auth, size_t len,
		    TPM2B_AUTH *to)
{
	if (len > IMANS_AK_AUTH_MAX)
		return imans_err(ctx, -EINVAL,
				 "the authorization value has %zu bytes, not 0 to %d",
				 len, IMANS_AK_AUTH_MAX);
	OPENSSL_cleanse(to, sizeof(*to));
	to->size = (UINT16)len;
	if (len)
		memcpy(to->buffer, auth, len);
	return 0;
}

IMANS_API int imans_ak_set_auth(struct imans_ak *ak, const void *auth,
				size_t len)
{
	return set_auth(ak->ctx, auth, len, &ak->auth);
}

/* Nothing is sent in clear: the authorization value is a parameter here. */
static int create_below(struct imans_tpm *tpm, ESYS_TR parent, ESYS_TR session,
			const TPM2B_SENSITIVE_CREATE *sensitive,
			struct imans_ak **ak)
{
	const TPM2B_DATA outside = { 0 };
	const TPML_PCR_SELECTION pcrs = { 0 };
	TPM2B_PRIVATE *private = NULL;
	TPM2B_PUBLIC *public = NULL;
	TSS2_RC rc;
	int err;

	rc = Esys_Create(tpm->esys, parent, session, ESYS_TR_NONE,
			 ESYS_TR_NONE, sensitive, &ak_template, &outside,
			 &pcrs, &private, &public, NULL, NULL, NULL);
	if (rc)
		err = imans_tpm_err(tpm->ctx, "making the attestation key", rc);
	else
		err = imans_ak_from_areas(tpm->ctx, public, private, ak);
	Esys_Free(private);
	Esys_Free(public);
	return err;
}

IMANS_API int imans_ak_create_auth(struct imans_tpm *tpm, const void *auth,
				   size_t auth_len, struct imans_ak **ak)
{
	TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	ESYS_TR parent = ESYS_TR_NONE, session = ESYS_TR_NONE;
	struct imans_ak *new;
	int err = set_auth(tpm->ctx, auth, auth_len,
			   &sensitive.sensitive.userAuth);

	if (!err)
		err = create_storage(tpm, &parent);
	if (!err)
		err = start_session(tpm, parent, &session);
	if (!err)
		err = create_below(tpm, parent, session, &sensitive, &new);
	if (!err) {
		new->auth = sensitive.sensitive.userAuth;
		*ak = new;
	}
	OPENSSL_cleanse(&sensitive, sizeof(sensitive));
	imans_tpm_flush(tpm, &session);
	imans_tpm_flush(tpm, &parent);
	return err;
}

IMANS_API int imans_ak_create(struct imans_tpm *tpm, struct imans_ak **ak)
{
	return imans_ak_create_auth(tpm, NULL, 0, ak);
}

int imans_ak_load(struct imans_tpm *tpm, const struct imans_ak *ak,
		  struct imans_tpm_key *loaded)
{
	struct imans_tpm_key new = { ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE };
	TSS2_RC rc;
	int err = create_storage(tpm, &new.parent);

	if (err)
		return err;
	rc = Esys_Load(tpm->esys, new.parent, ESYS_TR_PASSWORD, ESYS_TR_NONE,
		       ESYS_TR_NONE, &ak->private, &ak->public, &new.key);
	if (!rc)
		rc = Esys_TR_SetAuth(tpm->esys, new.key, &ak->auth);
	if (rc)
		err = imans_tpm_err(tpm->ctx,
				    "loading the attestation key (was it made by this TPM?)",
				    rc);
	else
		err = start_session(tpm, new.parent, &new.session);
	if (err)
		imans_ak_unload(tpm, &new);
	else
		*loaded = new;
	return err;
}

void imans_ak_unload(struct imans_tpm *tpm, struct imans_tpm_key *loaded)
{
	const TPM2B_AUTH none = { 0 };

	imans_tpm_flush(tpm, &loaded->session);
	/* tpm2-tss keeps a copy, and would free it as it is. */
	if (loaded->key != ESYS_TR_NONE)
		Esys_TR_SetAuth(tpm->esys, loaded->key, &none);
	imans_tpm_flush(tpm, &loaded->key);
	imans_tpm_flush(tpm, &loaded->parent);
}
