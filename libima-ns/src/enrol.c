// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The verifier's part of an enrolment: check the keys, make a credential for
 * them, check the proof. No TPM is needed.
 */

#include <errno.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <tss2/tss2_mu.h>

#include "credential.h"
#include "ctx.h"
#include "ek.h"
#include "enrol.h"
#include "findings.h"
#include "trust.h"

/* Begins what the proof is made of; without a NUL. */
#define PROOF_PREFIX	"ima-ns/v1 enrol"
#define MAX_AGE		86400
/* A clock that was set back meanwhile. */
#define CLOCK_SKEW	300

static void fail(struct imans_findings *findings, enum imans_finding_code code,
		 const char *text)
{
	imans_findings_add(findings, code, IMANS_FAIL, 0, IMANS_NO_ENTRY, "%s",
			   text);
}

/* ----------------------------------------------------------------- the AK */

/*
 * What "ima-ns ak create" makes. The authorization is looked at too: a key that
 * a policy lets out to use may sign for whoever meets that policy.
 */
static void check_ak(const TPMT_PUBLIC *ak, struct imans_findings *findings)
{
	const TPMA_OBJECT bound = TPMA_OBJECT_FIXEDTPM |
		TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN;
	const TPMS_ECC_PARMS *ecc = &ak->parameters.eccDetail;
	const TPMA_OBJECT has = ak->objectAttributes;

	if (ak->type != TPM2_ALG_ECC || ecc->curveID != TPM2_ECC_NIST_P256 ||
	    ecc->scheme.scheme != TPM2_ALG_ECDSA ||
	    ecc->scheme.details.ecdsa.hashAlg != TPM2_ALG_SHA256 ||
	    ak->nameAlg != TPM2_ALG_SHA256)
		fail(findings, IMANS_F_AK_ATTRIBUTES,
		     "the attestation key is not for ECDSA with SHA-256 on P-256");
	if (!(has & TPMA_OBJECT_RESTRICTED))
		fail(findings, IMANS_F_AK_ATTRIBUTES,
		     "the attestation key is not restricted: it signs forged quotes, too");
	if (!(has & TPMA_OBJECT_SIGN_ENCRYPT) || has & TPMA_OBJECT_DECRYPT)
		fail(findings, IMANS_F_AK_ATTRIBUTES,
		     "the attestation key is not for signing alone");
	if ((has & bound) != bound)
		fail(findings, IMANS_F_AK_ATTRIBUTES,
		     "the attestation key is not bound to its TPM, or not from it");
	if (!(has & TPMA_OBJECT_USERWITHAUTH) ||
	    has & TPMA_OBJECT_ADMINWITHPOLICY || ak->authPolicy.size)
		fail(findings, IMANS_F_AK_ATTRIBUTES,
		     "the attestation key is used by a policy, not by its authorization value");
}

/* ----------------------------------------------------------------- the EK */

static bool pinned(const struct imans_enrol *request,
		   const struct imans_enrol_opts *opts)
{
	for (size_t i = 0; i < opts->ek_name_count; i++)
		if (!memcmp(opts->ek_names[i], request->ek_name,
			    IMANS_TPM_NAME_SIZE))
			return true;
	return false;
}

/* A TPM may have certificates of other keys, too: take the one of this key. */
static int check_ek_certs(const struct imans_enrol *request,
			  const struct imans_ca *ca, EVP_PKEY *key,
			  struct imans_findings *findings, bool *good)
{
	const struct cert_use use = {
		.what = "the endorsement key's certificate",
		.key = key,
		.eku = CERT_EKU_EK,
		.usage = KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT,
	};
	struct cert_chain chain = request->ek_certs;

	for (size_t i = 0; i < chain.count; i++) {
		struct cert_der swap = chain.certs[i];

		if (!imans_cert_is_of(&swap, key))
			continue;
		chain.certs[i] = chain.certs[0];
		chain.certs[0] = swap;
		break;
	}
	return imans_cert_check(request->ctx, ca, &chain, &use, findings, good);
}

static int check_ek(const struct imans_enrol *request, const TPMT_PUBLIC *ek,
		    const struct imans_enrol_opts *opts,
		    struct imans_findings *findings, bool *certified)
{
	EVP_PKEY *key = imans_ek_key(request->ctx, ek);
	int err = 0;

	*certified = false;
	if (!key) {
		fail(findings, IMANS_F_EK_TEMPLATE,
		     "the endorsement key is no RSA-2048 or P-256 key by TCG's default template");
		return 0;
	}
	/* A certificate that does not hold takes nothing from a pin. */
	if (pinned(request, opts))
		err = 0;
	else if (opts->ca && request->ek_certs.count)
		err = check_ek_certs(request, opts->ca, key, findings,
				     certified);
	else
		fail(findings, IMANS_F_EK_UNKNOWN, opts->ca ?
		     "the endorsement key has no certificate, and is not a pinned one" :
		     "the endorsement key is not a pinned one");
	EVP_PKEY_free(key);
	return err;
}

/* -------------------------------------------------------------- challenge */

static int check_options(struct imans_ctx *ctx,
			 const struct imans_enrol_opts *opts)
{
	if (!imans_node_valid(opts->node))
		return imans_err(ctx, -EINVAL,
				 "the node's name is not 1 to %d printable ASCII characters without spaces",
				 IMANS_NODE_MAX);
	if (!opts->ca && !opts->ek_name_count)
		return imans_err(ctx, -EINVAL,
				 "neither certificate authorities nor names of endorsement keys are given");
	return 0;
}

static int check_kind(const struct imans_enrol *enrol,
		      enum imans_enrol_kind kind)
{
	if (enrol->kind != kind)
		return imans_err(enrol->ctx, -EINVAL,
				 "enrolment: message %d, not %d",
				 (int)enrol->kind, (int)kind);
	return 0;
}

/* Marshalled, as tpm2_activatecredential(1) has them in its file. */
static int put_credential(struct imans_enrol *challenge, const TPMT_PUBLIC *ek,
			  const uint8_t secret[IMANS_HASH_SIZE])
{
	uint8_t object[sizeof(TPM2B_ID_OBJECT)];
	uint8_t encrypted[sizeof(TPM2B_ENCRYPTED_SECRET)];
	size_t object_len = 0, encrypted_len = 0;
	TPM2B_ENCRYPTED_SECRET key;
	TPM2B_ID_OBJECT id;
	int err = imans_credential_make(challenge->ctx, ek, challenge->ak_name,
					secret, &id, &key);

	if (err)
		return err;
	if (Tss2_MU_TPM2B_ID_OBJECT_Marshal(&id, object, sizeof(object),
					    &object_len) ||
	    Tss2_MU_TPM2B_ENCRYPTED_SECRET_Marshal(&key, encrypted,
						   sizeof(encrypted),
						   &encrypted_len))
		return imans_err(challenge->ctx, -EIO,
				 "making a credential: tpm2-tss failed");
	err = imans_enrol_set_blob(challenge, &challenge->credential, object,
				   object_len);
	if (!err)
		err = imans_enrol_set_blob(challenge, &challenge->encrypted,
					   encrypted, encrypted_len);
	return err;
}

/* What challenge and state have in common. */
static int fill(struct imans_enrol *e, const struct imans_enrol *request,
		const char *node, const uint8_t id[ENROL_ID_SIZE])
{
	memcpy(e->id, id, ENROL_ID_SIZE);
	memcpy(e->ek_name, request->ek_name, sizeof(e->ek_name));
	memcpy(e->ak_name, request->ak_name, sizeof(e->ak_name));
	return imans_enrol_set_node(e, node);
}

static int make(const struct imans_enrol *request, const TPMT_PUBLIC *ek,
		const char *node, bool certified,
		struct imans_enrol **challenge, struct imans_enrol **state)
{
	struct imans_enrol *c = NULL, *s = NULL;
	struct imans_ctx *ctx = request->ctx;
	uint8_t id[ENROL_ID_SIZE];
	int err = imans_enrol_new(ctx, IMANS_ENROL_CHALLENGE, &c);

	if (!err)
		err = imans_enrol_new(ctx, IMANS_ENROL_STATE, &s);
	if (!err && (RAND_bytes(id, sizeof(id)) != 1 ||
		     RAND_priv_bytes(s->secret, sizeof(s->secret)) != 1))
		err = imans_err(ctx, -EIO, "OpenSSL has no random bytes");
	if (!err)
		err = fill(c, request, node, id);
	if (!err)
		err = fill(s, request, node, id);
	if (!err)
		err = imans_enrol_set_blob(s, &s->ak, request->ak.data,
					   request->ak.len);
	if (!err)
		err = put_credential(c, ek, s->secret);
	if (err) {
		imans_enrol_free(c);
		imans_enrol_free(s);
		return err;
	}
	s->ek_certified = certified;
	s->time = (uint64_t)time(NULL);
	*challenge = c;
	*state = s;
	return 0;
}

IMANS_API int imans_enrol_challenge(const struct imans_enrol *request,
				    const struct imans_enrol_opts *opts,
				    struct imans_findings *findings,
				    struct imans_enrol **challenge,
				    struct imans_enrol **state)
{
	uint64_t before = imans_findings_fails(findings);
	struct imans_ctx *ctx = request->ctx;
	struct imans_enrol_opts o;
	TPMT_PUBLIC ek, ak;
	bool certified = false;
	int err = imans_opts_copy(ctx, &o, sizeof(o), opts);

	if (!err)
		err = check_kind(request, IMANS_ENROL_REQUEST);
	if (!err)
		err = check_options(ctx, &o);
	if (err)
		return err;
	/* They were decoded when the request was parsed, or are our own. */
	if (!imans_public_decode(&request->ek, &ek) ||
	    !imans_public_decode(&request->ak, &ak))
		return imans_err(ctx, -EINVAL,
				 "enrolment: the request has no keys");
	check_ak(&ak, findings);
	err = check_ek(request, &ek, &o, findings, &certified);
	if (err)
		return err;
	if (imans_findings_error(findings))
		return imans_err(ctx, -ENOMEM, "enrolment: out of memory");
	if (imans_findings_fails(findings) != before)
		return imans_err(ctx, -EKEYREJECTED,
				 "the request for enrolment is refused");
	return make(request, &ek, o.node, certified, challenge, state);
}

/* ------------------------------------------------------------------ proof */

int imans_enrol_prove(const struct imans_enrol *challenge,
		      const uint8_t secret[IMANS_HASH_SIZE],
		      uint8_t proof[IMANS_HASH_SIZE])
{
	const struct imans_chunk chunks[] = {
		{ PROOF_PREFIX, strlen(PROOF_PREFIX) },
		{ challenge->id, sizeof(challenge->id) },
		{ challenge->ak_name, sizeof(challenge->ak_name) },
		{ challenge->node, strlen(challenge->node) },
	};
	int err = imans_hmac(challenge->ctx, secret, chunks,
			     sizeof(chunks) / sizeof(chunks[0]), proof);

	if (err)
		return imans_err(challenge->ctx, err, "enrolment: HMAC failed");
	return 0;
}

static int check_age(const struct imans_enrol *state, uint64_t max_age)
{
	uint64_t now = (uint64_t)time(NULL);

	if (now > state->time && now - state->time > max_age)
		return imans_err(state->ctx, -ETIMEDOUT,
				 "the challenge was made more than %llu seconds ago",
				 (unsigned long long)max_age);
	if (state->time > now && state->time - now > CLOCK_SKEW)
		return imans_err(state->ctx, -ETIMEDOUT,
				 "the challenge was made in the future");
	return 0;
}

static int check_response(const struct imans_enrol *state,
			  const struct imans_enrol *response)
{
	uint8_t proof[IMANS_HASH_SIZE];
	int err;

	if (memcmp(state->id, response->id, sizeof(state->id)))
		return imans_err(state->ctx, -EKEYREJECTED,
				 "the response is to another challenge");
	err = imans_enrol_prove(state, state->secret, proof);
	if (!err && CRYPTO_memcmp(proof, response->proof, sizeof(proof)))
		err = imans_err(state->ctx, -EKEYREJECTED,
				"the response does not prove that the TPM has both keys");
	OPENSSL_cleanse(proof, sizeof(proof));
	return err;
}

IMANS_API int imans_enrol_finish(const struct imans_enrol *state,
				 const struct imans_enrol *response,
				 uint64_t max_age, struct imans_enrol **record)
{
	struct imans_enrol *r = NULL;
	int err = check_kind(state, IMANS_ENROL_STATE);

	if (!err)
		err = check_kind(response, IMANS_ENROL_RESPONSE);
	if (!err)
		err = check_age(state, max_age ? max_age : MAX_AGE);
	if (!err)
		err = check_response(state, response);
	if (!err)
		err = imans_enrol_new(state->ctx, IMANS_ENROL_RECORD, &r);
	if (!err)
		err = fill(r, state, state->node, state->id);
	if (!err)
		err = imans_enrol_set_blob(r, &r->ak, state->ak.data,
					   state->ak.len);
	if (err) {
		imans_enrol_free(r);
		return err;
	}
	r->ek_certified = state->ek_certified;
	r->time = (uint64_t)time(NULL);
	*record = r;
	return 0;
}
