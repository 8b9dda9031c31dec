/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether an attestation key that is not pinned is this node's. */
#ifndef IMANS_TRUST_H
#define IMANS_TRUST_H

#include <openssl/evp.h>

#include "evidence.h"

/*
 * The key of evidence; `key` is the same, or NULL if it can't be read. Why it
 * is not trusted becomes findings. -EINVAL, -E2BIG, -EBADMSG, -EMSGSIZE (the
 * given certificates), -ENOMEM, -EIO.
 */
int imans_ak_trust_check(const struct imans_evidence *ev,
			 const struct imans_ak_trust *trust, EVP_PKEY *key,
			 struct imans_findings *findings, bool *trusted);

/* 1 to IMANS_NODE_MAX characters 0x21 to 0x7e. */
bool imans_node_valid(const char *node);

#endif /* IMANS_TRUST_H */
