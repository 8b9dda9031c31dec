/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings as trustworthiness claims: draft-ietf-rats-ar4si-10, section 3. */
#ifndef IMANS_EAR_VECTOR_H
#define IMANS_EAR_VECTOR_H

#include "report.h"

/* The claims that are made here; of the others nothing is known. */
enum ear_claim {
	EAR_INSTANCE,			/* "instance-identity" */
	EAR_CONFIGURATION,
	EAR_EXECUTABLES,
	EAR_CLAIMS,
};

/* No claim at all: it is not in the vector. */
#define EAR_ABSENT	(-128)

/* Values of a subject's claims. */
void imans_ear_vector(const struct imans_report *report, size_t n,
		      int vector[EAR_CLAIMS]);

/* "affirming", "warning", "none" or "contraindicated". */
const char *imans_ear_tier(enum imans_verdict verdict);

#endif /* IMANS_EAR_VECTOR_H */
