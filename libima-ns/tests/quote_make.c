// SPDX-License-Identifier: LGPL-2.1-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include "quote_make.h"

static const uint16_t bank_alg[IMANS_BANKS] = { 0x0004, 0x000b, 0x000c,
						0x000d, 0x0012 };

static void put_be(struct bl_bytes *b, uint64_t value, size_t size)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
	bl_put(b, bytes, size);
}

static void put_sized(struct bl_bytes *b, const void *data, size_t len)
{
	put_be(b, len, 2);
	bl_put(b, data, len);
}

void qm_key_make(struct qm_key *key)
{
	qm_key_make_on(key, "P-256");
}

void qm_key_make_on(struct qm_key *key, const char *curve)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;

	key->pkey = EVP_EC_gen(curve);
	assert_non_null(key->pkey);
	assert_int_equal(PEM_write_bio_PUBKEY(bio, key->pkey), 1);
	len = BIO_get_mem_data(bio, &data);
	key->pem = strndup(data, (size_t)len);
	BIO_free(bio);
}

void qm_key_free(struct qm_key *key)
{
	EVP_PKEY_free(key->pkey);
	free(key->pem);
}

void qm_defaults(struct qm_quote *quote)
{
	*quote = (struct qm_quote) {
		.magic = 0xff544347,
		.type = QM_TYPE_QUOTE,
		.verifier_id = "",
		/* As bl_buf_boot() has them. */
		.clock = 123456,
		.reset_count = 7,
		.restart_count = 3,
		.banks = IMANS_ALL_BANKS,
		.pcr = IMANS_PCR,
		.attributes = QM_ATTRIBUTES,
		.curve = 0x0003,
		.sig_hash = 0x000b,
	};
	memset(quote->nonce, 0x5a, sizeof(quote->nonce));
}

static void put_extra(struct bl_bytes *b, const struct qm_quote *quote)
{
	struct bl_bytes in = { NULL, 0 };
	uint8_t digest[32];

	bl_put(&in, "ima-ns/v1 quote", 15);
	bl_put(&in, quote->nonce, sizeof(quote->nonce));
	bl_put(&in, quote->verifier_id, strlen(quote->verifier_id));
	bl_hash("sha256", in.data, in.len, digest);
	put_sized(b, digest, sizeof(digest));
	free(in.data);
}

static void put_selection(struct bl_bytes *b, const struct qm_quote *quote)
{
	uint8_t select[3] = { 0 };

	select[quote->pcr / 8] = (uint8_t)(1 << quote->pcr % 8);
	for (int pcr = 0; quote->boot && pcr < IMANS_BOOT_PCRS; pcr++)
		select[pcr / 8] |= (uint8_t)(1 << pcr % 8);
	put_be(b, (uint64_t)__builtin_popcount(quote->banks), 4);
	for (int i = 0; i < IMANS_BANKS; i++) {
		if (!(quote->banks & IMANS_BANK(i)))
			continue;
		put_be(b, bank_alg[i], 2);
		put_be(b, sizeof(select), 1);
		bl_put(b, select, sizeof(select));
	}
}

static void put_pcr_digest(struct bl_bytes *b, const struct qm_quote *quote)
{
	struct bl_bytes in = { NULL, 0 };
	uint8_t digest[32];

	bl_put(&in, "", 0);
	for (int i = 0; i < IMANS_BANKS; i++) {
		if (!(quote->banks & IMANS_BANK(i)))
			continue;
		for (int pcr = 0; quote->boot && pcr < IMANS_BOOT_PCRS; pcr++)
			bl_put(&in, quote->boot[pcr].value[i],
			       imans_bank_size(i));
		bl_put(&in, quote->pcrs.value[i], imans_bank_size(i));
	}
	bl_hash("sha256", in.data, in.len, digest);
	put_sized(b, digest, sizeof(digest));
	free(in.data);
}

static void put_clock(struct bl_bytes *b, const struct qm_quote *quote)
{
	put_be(b, quote->clock, 8);
	put_be(b, quote->reset_count, 4);
	put_be(b, quote->restart_count, 4);
	put_be(b, !quote->clock_unsafe, 1);
}

struct bl_bytes qm_attest(const struct qm_quote *quote)
{
	struct bl_bytes b = { NULL, 0 };
	uint8_t signer[34] = { 0x00, 0x0b, 0x77 };

	put_be(&b, quote->magic, 4);
	put_be(&b, quote->type, 2);
	put_sized(&b, signer, sizeof(signer));
	put_extra(&b, quote);
	put_clock(&b, quote);
	put_be(&b, 0x2019102300163636, 8);
	if (quote->type == QM_TYPE_TIME) {
		put_be(&b, 123456, 8);
		put_clock(&b, quote);
		put_be(&b, 0x2019102300163636, 8);
	} else {
		put_selection(&b, quote);
		put_pcr_digest(&b, quote);
	}
	return b;
}

static void put_coordinate(struct bl_bytes *b, const struct qm_key *key,
			   const char *name)
{
	BIGNUM *v = NULL;
	uint8_t bytes[32];

	assert_int_equal(EVP_PKEY_get_bn_param(key->pkey, name, &v), 1);
	BN_bn2binpad(v, bytes, sizeof(bytes));
	BN_free(v);
	put_sized(b, bytes, sizeof(bytes));
}

struct bl_bytes qm_public(const struct qm_quote *quote,
			  const struct qm_key *key)
{
	struct bl_bytes b = { NULL, 0 };

	put_be(&b, 0x0023, 2);		/* ECC */
	put_be(&b, 0x000b, 2);		/* nameAlg SHA-256 */
	put_be(&b, quote->attributes, 4);
	put_be(&b, 0, 2);		/* no authPolicy */
	put_be(&b, 0x0010, 2);		/* no symmetric algorithm */
	put_be(&b, 0x0018, 2);		/* ECDSA */
	put_be(&b, 0x000b, 2);		/* with SHA-256 */
	put_be(&b, quote->curve, 2);
	put_be(&b, 0x0010, 2);		/* no key derivation */
	put_coordinate(&b, key, OSSL_PKEY_PARAM_EC_PUB_X);
	put_coordinate(&b, key, OSSL_PKEY_PARAM_EC_PUB_Y);
	return b;
}

static void put_number(struct bl_bytes *b, const BIGNUM *v)
{
	uint8_t bytes[32];

	BN_bn2binpad(v, bytes, sizeof(bytes));
	put_sized(b, bytes, sizeof(bytes));
}

struct bl_bytes qm_sign(const struct qm_quote *quote, const struct qm_key *key,
			const struct bl_bytes *attest)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	struct bl_bytes b = { NULL, 0 };
	uint8_t der[128];
	const uint8_t *at = der;
	size_t len = sizeof(der);
	ECDSA_SIG *sig;

	assert_int_equal(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL,
					    key->pkey), 1);
	assert_int_equal(EVP_DigestSign(md, der, &len, attest->data,
					attest->len), 1);
	EVP_MD_CTX_free(md);
	sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
	assert_non_null(sig);
	put_be(&b, 0x0018, 2);		/* ECDSA */
	put_be(&b, quote->sig_hash, 2);
	put_number(&b, ECDSA_SIG_get0_r(sig));
	put_number(&b, ECDSA_SIG_get0_s(sig));
	ECDSA_SIG_free(sig);
	return b;
}

void qm_put(const struct qm_quote *quote, const struct qm_key *key,
	    struct imans_evidence *evidence)
{
	struct bl_bytes attest = qm_attest(quote);
	struct bl_bytes public = qm_public(quote, key);
	struct bl_bytes sig = qm_sign(quote, key, &attest);

	assert_int_equal(imans_evidence_set_quote(evidence, attest.data,
						  attest.len, sig.data, sig.len,
						  public.data, public.len), 0);
	assert_int_equal(imans_evidence_set_verifier(evidence,
						     quote->verifier_id), 0);
	for (int i = 0; i < IMANS_BANKS; i++)
		if (quote->pcrs.banks & IMANS_BANK(i))
			assert_int_equal(imans_evidence_set_pcr(evidence, i,
						quote->pcr, quote->pcrs.value[i],
						imans_bank_size(i)), 0);
	for (int i = 0; quote->boot && i < IMANS_BANKS; i++)
		for (unsigned int pcr = 0; pcr < IMANS_BOOT_PCRS; pcr++)
			if (quote->pcrs.banks & IMANS_BANK(i))
				assert_int_equal(imans_evidence_set_pcr(
						evidence, i, pcr,
						quote->boot[pcr].value[i],
						imans_bank_size(i)), 0);
	free(attest.data);
	free(public.data);
	free(sig.data);
}

static void put_ns(struct imans_evidence *evidence, const struct bl_ns *ns)
{
	char path[64];
	struct bl_bytes list = bl_list_bytes(&ns->list, IMANS_HEADER_SHA256);
	struct imans_evidence_ns add = {
		.id = ns->id,
		.parent = ns->parent ? ns->parent->id : 0,
		.path = path,
		.header = IMANS_HEADER_SHA256,
		.list = list.data,
		.list_len = list.len,
		.key = ns->key,
		.status = "state: active\n",
	};

	if (ns->parent)
		snprintf(path, sizeof(path), "%" PRIu64 "/%" PRIu64,
			 ns->parent->id, ns->id);
	else
		snprintf(path, sizeof(path), "%" PRIu64, ns->id);
	assert_int_equal(imans_evidence_add_ns(evidence, &add), 0);
	free(list.data);
}

struct imans_evidence *qm_evidence(struct imans_ctx *ctx,
				   const struct bl_world *w,
				   struct qm_quote *quote,
				   const struct qm_key *key)
{
	struct bl_bytes host = bl_list_bytes(&w->host, IMANS_HEADER_SHA256);
	struct imans_evidence *evidence;

	bl_replay(&w->host, w->host.count, quote->banks, &quote->pcrs);
	assert_int_equal(imans_evidence_new(ctx, &evidence), 0);
	qm_put(quote, key, evidence);
	assert_int_equal(imans_evidence_set_host(evidence, IMANS_HEADER_SHA256,
						 host.data, host.len), 0);
	for (size_t i = 0; i < w->ns_count; i++)
		put_ns(evidence, w->ns[i]);
	free(host.data);
	return evidence;
}

struct imans_verify_opts qm_opts(const struct qm_quote *quote,
				 const struct qm_key *key)
{
	return (struct imans_verify_opts) {
		.sz = sizeof(struct imans_verify_opts),
		.nonce = quote->nonce,
		.nonce_len = sizeof(quote->nonce),
		.verifier_id = quote->verifier_id,
		.ak_pem = key->pem,
	};
}
