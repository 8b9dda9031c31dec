// SPDX-License-Identifier: LGPL-2.1-or-later
/* The node's part of an enrolment: its TPM's keys, and TPM2_ActivateCredential. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <tss2/tss2_mu.h>

#include "ctx.h"
#include "ek.h"
#include "enrol.h"
#include "tpm.h"

/* What a TPM reads at once at least, by TCG's profile for PC clients. */
#define NV_CHUNK	512

/* -------------------------------------------------------- the certificate */

/* Indices that are not there, or not ours to read, are none. */
static size_t nv_size(struct imans_tpm *tpm, TPM2_HANDLE index, ESYS_TR *nv)
{
	TPM2B_NV_PUBLIC *public = NULL;
	size_t size = 0;

	if (Esys_TR_FromTPMPublic(tpm->esys, index, ESYS_TR_NONE, ESYS_TR_NONE,
				  ESYS_TR_NONE, nv))
		return 0;
	if (!Esys_NV_ReadPublic(tpm->esys, *nv, ESYS_TR_NONE, ESYS_TR_NONE,
				ESYS_TR_NONE, &public, NULL))
		size = public->nvPublic.dataSize;
	Esys_Free(public);
	if (!size || size > CERT_SIZE_MAX)
		Esys_TR_Close(tpm->esys, nv);
	return size > CERT_SIZE_MAX ? 0 : size;
}

static bool nv_read(struct imans_tpm *tpm, ESYS_TR nv, uint8_t *data,
		    size_t size)
{
	for (size_t at = 0; at < size;) {
		TPM2B_MAX_NV_BUFFER *part = NULL;
		size_t want = size - at < NV_CHUNK ? size - at : NV_CHUNK;
		bool ok;

		if (Esys_NV_Read(tpm->esys, nv, nv, ESYS_TR_PASSWORD,
				 ESYS_TR_NONE, ESYS_TR_NONE, (UINT16)want,
				 (UINT16)at, &part))
			return false;
		ok = part->size == want;
		if (ok)
			memcpy(data + at, part->buffer, want);
		Esys_Free(part);
		if (!ok)
			return false;
		at += want;
	}
	return true;
}

/* An index may be larger than the certificate in it. */
static size_t der_size(const uint8_t *data, size_t len)
{
	const uint8_t *at = data;
	X509 *cert = d2i_X509(NULL, &at, (long)len);

	X509_free(cert);
	ERR_clear_error();
	return cert ? (size_t)(at - data) : 0;
}

static int add_cert(struct imans_tpm *tpm, enum imans_ek ek,
		    struct imans_enrol *request)
{
	uint8_t data[CERT_SIZE_MAX];
	ESYS_TR nv;
	size_t size = nv_size(tpm, imans_ek_cert_index(ek), &nv);
	bool ok;

	if (!size)
		return 0;
	ok = nv_read(tpm, nv, data, size);
	Esys_TR_Close(tpm->esys, &nv);
	size = ok ? der_size(data, size) : 0;
	if (!size)
		return 0;
	return imans_chain_add(tpm->ctx, &request->ek_certs, data, size,
			       "endorsement key");
}

/* ---------------------------------------------------------------- request */

static int create_ek(struct imans_tpm *tpm, enum imans_ek ek, ESYS_TR *handle,
		     TPM2B_PUBLIC **public)
{
	return imans_tpm_primary(tpm, imans_ek_template(ek),
				 "making the endorsement key", handle, public);
}

static int set_ek(struct imans_tpm *tpm, enum imans_ek ek,
		  struct imans_enrol *request)
{
	uint8_t data[sizeof(TPMT_PUBLIC)];
	ESYS_TR handle = ESYS_TR_NONE;
	TPM2B_PUBLIC *public = NULL;
	size_t len = 0;
	int err = create_ek(tpm, ek, &handle, &public);

	if (err)
		return err;
	if (Tss2_MU_TPMT_PUBLIC_Marshal(&public->publicArea, data,
					sizeof(data), &len))
		err = imans_err(tpm->ctx, -EIO,
				"TPM: the endorsement key is malformed");
	Esys_Free(public);
	imans_tpm_flush(tpm, &handle);
	if (!err)
		err = imans_enrol_set_blob(request, &request->ek, data, len);
	if (!err)
		err = imans_public_name(tpm->ctx, &request->ek,
					request->ek_name);
	return err;
}

/* Of both kinds the one with a certificate; of none, what every TPM has. */
static int choose_ek(struct imans_tpm *tpm, enum imans_ek *ek,
		     struct imans_enrol *request)
{
	int err;

	if (*ek != IMANS_EK_ANY)
		return add_cert(tpm, *ek, request);
	for (*ek = IMANS_EK_RSA; *ek <= IMANS_EK_ECC; (*ek)++) {
		err = add_cert(tpm, *ek, request);
		if (err || request->ek_certs.count)
			return err;
	}
	*ek = IMANS_EK_RSA;
	return 0;
}

IMANS_API int imans_enrol_request(struct imans_tpm *tpm,
				  const struct imans_ak *ak, enum imans_ek ek,
				  struct imans_enrol **request)
{
	struct imans_enrol *new;
	int err;

	if (ek != IMANS_EK_ANY && ek != IMANS_EK_RSA && ek != IMANS_EK_ECC)
		return imans_err(tpm->ctx, -EINVAL,
				 "there is no endorsement key %d", (int)ek);
	err = imans_enrol_new(tpm->ctx, IMANS_ENROL_REQUEST, &new);
	if (err)
		return err;
	err = choose_ek(tpm, &ek, new);
	if (!err)
		err = set_ek(tpm, ek, new);
	if (!err)
		err = imans_enrol_set_blob(new, &new->ak, ak->tpmt.data,
					   ak->tpmt.len);
	if (!err)
		err = imans_ak_name(ak, new->ak_name);
	if (err)
		imans_enrol_free(new);
	else
		*request = new;
	return err;
}

/* --------------------------------------------------------------- activate */

/* The endorsement key's name says by which template it is made again. */
static int find_ek(struct imans_tpm *tpm, const struct imans_enrol *challenge,
		   ESYS_TR *handle)
{
	for (enum imans_ek ek = IMANS_EK_RSA; ek <= IMANS_EK_ECC; ek++) {
		TPM2B_PUBLIC *public = NULL;
		TPM2B_NAME *name = NULL;
		bool same = false;
		int err = create_ek(tpm, ek, handle, &public);

		/* A TPM need not have both algorithms. */
		if (err == -EIO)
			continue;
		if (err)
			return err;
		if (!Esys_TR_GetName(tpm->esys, *handle, &name))
			same = name->size == IMANS_TPM_NAME_SIZE &&
			       !memcmp(name->name, challenge->ek_name,
				       name->size);
		Esys_Free(name);
		Esys_Free(public);
		if (same)
			return 0;
		imans_tpm_flush(tpm, handle);
	}
	return imans_err(tpm->ctx, -EKEYREJECTED,
			 "the challenge is for another TPM's endorsement key");
}

/* The policy of the templates: who may use the endorsement hierarchy. */
static int start_policy(struct imans_tpm *tpm, ESYS_TR *session)
{
	const TPMT_SYM_DEF symmetric = { .algorithm = TPM2_ALG_NULL };
	TSS2_RC rc;

	rc = Esys_StartAuthSession(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
				   ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   NULL, TPM2_SE_POLICY, &symmetric,
				   TPM2_ALG_SHA256, session);
	if (!rc)
		rc = Esys_PolicySecret(tpm->esys, ESYS_TR_RH_ENDORSEMENT,
				       *session, ESYS_TR_PASSWORD,
				       ESYS_TR_NONE, ESYS_TR_NONE, NULL, NULL,
				       NULL, 0, NULL, NULL);
	if (rc)
		return imans_tpm_err(tpm->ctx,
				     "using the endorsement hierarchy", rc);
	return 0;
}

static int get_secret(struct imans_tpm *tpm, const struct imans_tpm_key *ak,
		      ESYS_TR ek, ESYS_TR policy,
		      const struct imans_enrol *challenge,
		      uint8_t secret[IMANS_HASH_SIZE])
{
	TPM2B_ENCRYPTED_SECRET encrypted;
	TPM2B_DIGEST *info = NULL;
	TPM2B_ID_OBJECT object;
	size_t a = 0, b = 0;
	TSS2_RC rc;
	int err = 0;

	if (Tss2_MU_TPM2B_ID_OBJECT_Unmarshal(challenge->credential.data,
					      challenge->credential.len, &a,
					      &object) ||
	    a != challenge->credential.len ||
	    Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(challenge->encrypted.data,
						     challenge->encrypted.len,
						     &b, &encrypted) ||
	    b != challenge->encrypted.len)
		return imans_err(tpm->ctx, -EKEYREJECTED,
				 "the challenge's credential is malformed");
	rc = Esys_ActivateCredential(tpm->esys, ak->key, ek, ak->session,
				     policy, ESYS_TR_NONE, &object, &encrypted,
				     &info);
	if (rc) {
		err = imans_tpm_err(tpm->ctx,
				    "activating the credential (is it for this attestation key?)",
				    rc);
		return err == -EIO ? -EKEYREJECTED : err;
	}
	if (info->size == IMANS_HASH_SIZE)
		memcpy(secret, info->buffer, IMANS_HASH_SIZE);
	else
		err = imans_err(tpm->ctx, -EKEYREJECTED,
				"the challenge's secret has another length");
	OPENSSL_cleanse(info, sizeof(*info));
	Esys_Free(info);
	return err;
}

static int activate(struct imans_tpm *tpm, const struct imans_ak *ak,
		    const struct imans_enrol *challenge,
		    uint8_t secret[IMANS_HASH_SIZE])
{
	struct imans_tpm_key loaded;
	ESYS_TR ek = ESYS_TR_NONE, policy = ESYS_TR_NONE;
	int err = imans_ak_load(tpm, ak, &loaded);

	if (err)
		return err;
	/* The storage key has done its part, and TPMs hold three objects. */
	imans_tpm_flush(tpm, &loaded.parent);
	err = find_ek(tpm, challenge, &ek);
	if (!err)
		err = start_policy(tpm, &policy);
	if (!err)
		err = get_secret(tpm, &loaded, ek, policy, challenge, secret);
	imans_tpm_flush(tpm, &policy);
	imans_tpm_flush(tpm, &ek);
	imans_ak_unload(tpm, &loaded);
	return err;
}

IMANS_API int imans_enrol_activate(struct imans_tpm *tpm,
				   const struct imans_ak *ak,
				   const struct imans_enrol *challenge,
				   struct imans_enrol **response)
{
	uint8_t secret[IMANS_HASH_SIZE];
	uint8_t name[IMANS_TPM_NAME_SIZE];
	struct imans_enrol *new = NULL;
	int err;

	if (challenge->kind != IMANS_ENROL_CHALLENGE)
		return imans_err(tpm->ctx, -EINVAL,
				 "enrolment: this is no challenge");
	err = imans_ak_name(ak, name);
	if (!err && memcmp(name, challenge->ak_name, sizeof(name)))
		err = imans_err(tpm->ctx, -EKEYREJECTED,
				"the challenge is for another attestation key");
	if (!err)
		err = imans_enrol_new(tpm->ctx, IMANS_ENROL_RESPONSE, &new);
	if (!err)
		err = activate(tpm, ak, challenge, secret);
	if (!err) {
		memcpy(new->id, challenge->id, sizeof(new->id));
		err = imans_enrol_prove(challenge, secret, new->proof);
	}
	OPENSSL_cleanse(secret, sizeof(secret));
	if (err)
		imans_enrol_free(new);
	else
		*response = new;
	return err;
}
