/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rule 9 of a verifier: ima-ns/heads makes a redacted list sound. */
#ifndef IMANS_HEADS_H
#define IMANS_HEADS_H

#include "event.h"
#include "host.h"

struct report_subject;

/* An event of the host's list, inside the prefix. */
void imans_host_take_heads(struct imans_host *host,
			   struct imans_findings *findings,
			   const struct imans_entry *entry,
			   const struct imans_event_view *view);

/* Of a redacted list, forget the records after the verifier's heads. */
void imans_host_end_at_heads(struct imans_host *host,
			     struct imans_findings *findings);

/*
 * A namespace's leaf against heads' root, the host's records, and its list, as
 * far as this round has it, and key. Without heads there is nothing to compare
 * with. -ENOMEM, -ENOTSUP, -EIO.
 */
int imans_leaf_check(const struct imans_host *host,
		     const struct report_subject *subject);

/*
 * Write a nonce to the kernel's file, and read the leaves, to be given to
 * free(). -EBADMSG: no answer to this nonce; open's, write's, read's.
 */
int imans_heads_ask(struct imans_ctx *ctx, const char *ns_dir,
		    const uint8_t nonce[IMANS_HEADS_NONCE_SIZE],
		    uint8_t **leaves, size_t *size);

#endif /* IMANS_HEADS_H */
