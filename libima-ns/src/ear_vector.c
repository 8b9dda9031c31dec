// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Findings as trustworthiness claims. The numbers are AR4SI's, each with the
 * words that they have there.
 */

#include "ear_vector.h"

enum {
	AR_NONE			= 0,	/* evidence is insufficient */
	AR_UNKNOWN		= 1,	/* it has elements unknown to the verifier */
	AR_AFFIRMING		= 2,
	AR_CONFIG_VULNERABLE	= 32,	/* exposes known vulnerabilities */
	AR_CONFIG_UNAVAILABLE	= 36,	/* elements are unavailable */
	AR_EXE_SUBSET		= 32,	/* can't be vouched for all of it */
	AR_EXE_UNRECOGNIZED	= 33,
	AR_CONTRAINDICATED	= 96,
	AR_INSTANCE_UNKNOWN	= 97,	/* not recognized, and should be */
	AR_CRYPTO		= 99,	/* cryptographic validation failed */
};

struct effect {
	enum ear_claim claim;
	int value;
};

static struct effect effect(enum ear_claim claim, int value)
{
	return (struct effect) { claim, value };
}

/* What speaks against the subject. */
static struct effect of_fail(enum imans_finding_code code)
{
	switch (code) {
	case IMANS_F_QUOTE_KEY:
		return effect(EAR_INSTANCE, AR_INSTANCE_UNKNOWN);
	case IMANS_F_FWLOG_MALFORMED:
	case IMANS_F_FWLOG_REPLAY:
	case IMANS_F_FWLOG_DATA:
		return effect(EAR_CONFIGURATION, AR_CRYPTO);
	case IMANS_F_NS_POLICY:
		return effect(EAR_CONFIGURATION, AR_CONTRAINDICATED);
	case IMANS_F_NODE_UNPROVEN:
		return effect(EAR_EXECUTABLES, AR_CRYPTO);
	case IMANS_F_DELEGATED_UNTRUSTED:
		return effect(EAR_EXECUTABLES, AR_CONTRAINDICATED);
	default:
		break;
	}
	if (code >= 300 && code < 330)
		return effect(EAR_INSTANCE, AR_CRYPTO);
	if ((code >= 330 && code < 340) || code >= 460)
		return effect(EAR_CONFIGURATION, AR_CONTRAINDICATED);
	if (code >= IMANS_F_NO_REFERENCE && code < 400)
		return effect(EAR_EXECUTABLES, AR_CONTRAINDICATED);
	return effect(EAR_EXECUTABLES, AR_CRYPTO);
}

/* What is not as it should be, or not known. */
static struct effect of_doubt(enum imans_finding_code code)
{
	switch (code) {
	case IMANS_F_PCR_FILTER_OFF:
		return effect(EAR_CONFIGURATION, AR_CONFIG_VULNERABLE);
	case IMANS_F_NODE_VIOLATION:
	case IMANS_F_NS_VIOLATION:
	case IMANS_F_NS_LOSS:
		return effect(EAR_EXECUTABLES, AR_EXE_UNRECOGNIZED);
	case IMANS_F_NS_DESCENDANT:
	case IMANS_F_DELEGATED:
		return effect(EAR_EXECUTABLES, AR_EXE_SUBSET);
	case IMANS_F_NO_REFERENCE:
		return effect(EAR_EXECUTABLES, AR_UNKNOWN);
	default:
		break;
	}
	if ((code >= 300 && code < 340) || code >= 460)
		return effect(EAR_CONFIGURATION, AR_CONFIG_UNAVAILABLE);
	if (code >= IMANS_F_NO_REFERENCE && code < 400)
		return effect(EAR_EXECUTABLES, AR_EXE_UNRECOGNIZED);
	return effect(EAR_EXECUTABLES, AR_NONE);
}

/* AR4SI, "assigning a trustworthiness claim value": what goes before what. */
static int rank(int value)
{
	if (value == EAR_ABSENT)
		return -1;
	if (value >= AR_CONTRAINDICATED)
		return 3;
	if (value >= AR_CONFIG_VULNERABLE)
		return 2;
	return value < AR_AFFIRMING ? 1 : 0;
}

/* What it would be if nothing were found. */
static void start(const struct imans_report *report,
		  const struct report_subject *s, bool node,
		  int vector[EAR_CLAIMS])
{
	bool looked = node ? report->ground.host_appraised : s->has_create;

	vector[EAR_INSTANCE] = node ? AR_AFFIRMING : EAR_ABSENT;
	vector[EAR_CONFIGURATION] = node || s->has_create ? AR_AFFIRMING :
							    EAR_ABSENT;
	/* The host's own need not be looked at: then nothing is claimed. */
	vector[EAR_EXECUTABLES] = looked || *s->delegated ? AR_AFFIRMING :
				  node ? EAR_ABSENT : AR_NONE;
}

void imans_ear_vector(const struct imans_report *report, size_t n,
		      int vector[EAR_CLAIMS])
{
	const struct report_subject *s = &report->subjects[n];
	const struct imans_finding *f;

	start(report, s, !n, vector);
	for (size_t i = 0; (f = imans_findings_get(s->findings, i)); i++) {
		struct effect e;

		if (f->severity == IMANS_NOTE)
			continue;
		e = f->severity == IMANS_FAIL ? of_fail(f->code) :
						of_doubt(f->code);
		/* The status, a warning, must not be above any claim's tier. */
		if (rank(e.value) == rank(AR_NONE) &&
		    s->pub.verdict >= IMANS_CONSISTENT)
			e.value = AR_EXE_SUBSET;
		if (rank(e.value) > rank(vector[e.claim]))
			vector[e.claim] = e.value;
	}
}

const char *imans_ear_tier(enum imans_verdict verdict)
{
	switch (verdict) {
	case IMANS_TRUSTED:
		return "affirming";
	case IMANS_CONSISTENT:
		return "warning";
	case IMANS_INCOMPLETE:
		return "none";
	case IMANS_UNTRUSTED:
		break;
	}
	return "contraindicated";
}
