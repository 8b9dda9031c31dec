// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whether an attestation key that is not pinned is this node's: enrolled by the
 * verifier, or certified for a node of this name.
 */

#include <errno.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "cert.h"
#include "ctx.h"
#include "enrol.h"
#include "findings.h"
#include "trust.h"

bool imans_node_valid(const char *node)
{
	size_t len = node ? strlen(node) : 0;

	for (size_t i = 0; i < len; i++)
		if (node[i] < 0x21 || node[i] > 0x7e)
			return false;
	return len >= 1 && len <= IMANS_NODE_MAX;
}

static void fail(struct imans_findings *findings, enum imans_finding_code code,
		 const char *reason, const char *node)
{
	imans_findings_add(findings, code, IMANS_FAIL, 0, IMANS_NO_ENTRY,
			   "the attestation key %s%s", reason, node);
}

/*
 * The whole public area must be the same, so what was checked of the key's
 * attributes when it was enrolled holds.
 */
static bool enrolled(const struct imans_evidence *ev,
		     const struct imans_ak_trust *trust,
		     const struct imans_enrol **elsewhere)
{
	for (size_t i = 0; i < trust->record_count; i++) {
		const struct imans_enrol *record = trust->records[i];

		if (record->kind != IMANS_ENROL_RECORD ||
		    record->ak.len != ev->ak.len ||
		    memcmp(record->ak.data, ev->ak.data, ev->ak.len))
			continue;
		if (!strcmp(record->node, trust->node))
			return true;
		*elsewhere = record;
	}
	return false;
}

static int certified(const struct imans_evidence *ev,
		     const struct imans_ak_trust *trust,
		     const struct cert_chain *given, EVP_PKEY *key,
		     struct imans_findings *findings, bool *trusted)
{
	const struct cert_use use = {
		.what = "the attestation key's certificate",
		.key = key,
		.eku = CERT_EKU_AK,
		.usage = KU_DIGITAL_SIGNATURE,
		.node = trust->node,
	};

	return imans_cert_check(ev->ctx, trust->ca,
				given->count ? given : &ev->ak_certs, &use,
				findings, trusted);
}

static int check_options(struct imans_ctx *ctx,
			 const struct imans_ak_trust *trust,
			 struct cert_chain *given)
{
	if (!imans_node_valid(trust->node))
		return imans_err(ctx, -EINVAL,
				 "the node's name is not 1 to %d printable ASCII characters without spaces",
				 IMANS_NODE_MAX);
	if (!trust->ca && !trust->record_count)
		return imans_err(ctx, -EINVAL,
				 "neither records of enrolment nor certificate authorities are given");
	if (!trust->ak_certs)
		return 0;
	if (!trust->ca)
		return imans_err(ctx, -EINVAL,
				 "the attestation key's certificate is given, but no authority");
	return imans_chain_read(ctx, given, trust->ak_certs,
				trust->ak_certs_len,
				"the attestation key's certificate");
}

int imans_ak_trust_check(const struct imans_evidence *ev,
			 const struct imans_ak_trust *opts, EVP_PKEY *key,
			 struct imans_findings *findings, bool *trusted)
{
	const struct imans_enrol *elsewhere = NULL;
	struct cert_chain given = { .count = 0 };
	struct imans_ak_trust trust;
	int err = imans_opts_copy(ev->ctx, &trust, sizeof(trust), opts);

	*trusted = false;
	if (!err)
		err = check_options(ev->ctx, &trust, &given);
	if (err || !key)
		goto out;
	if (enrolled(ev, &trust, &elsewhere)) {
		*trusted = true;
	} else if (trust.ca && (given.count || ev->ak_certs.count)) {
		err = certified(ev, &trust, &given, key, findings, trusted);
	} else if (elsewhere) {
		fail(findings, IMANS_F_AK_OTHER_NODE,
		     "is enrolled for another node: ", elsewhere->node);
	} else {
		fail(findings, IMANS_F_AK_UNKNOWN, trust.ca ?
		     "has no certificate, nor was it enrolled for " :
		     "was not enrolled for ", trust.node);
	}
out:
	imans_chain_free(&given);
	return err;
}
