/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A node whose evidence is redacted for a tenant. */
#ifndef TEST_TENANT_H
#define TEST_TENANT_H

#include "node.h"

/* Entries of tenant_begin()'s host list. */
enum { AGGREGATE, INIT, BOOT, RECORDS, RECORDS_2, CHANGED, RECORDS_3, HEADS,
       LATE };

/*
 * The node of node_begin(), a violation of the host's and another batch of
 * records; then heads for this verifier, and an entry of the host's.
 */
void tenant_begin(struct node *n, struct imans_ctx *ctx);
/* ima-ns/heads for this verifier, or for a nonce that is off by a bit. */
void tenant_heads(struct node *n, bool other);
/* Full evidence, with the leaves of the last heads. */
void tenant_quote(struct node *n);
/* Reduce it to the namespaces whose ids are digits of `keep`. */
void tenant_redact(struct node *n, const char *keep);
/* For a verifier that has the host's list as far as the state says. */
void tenant_redact_since(struct node *n, const char *keep,
			 const struct imans_state *since);
/* Both of these. */
void tenant_quote_and_keep(struct node *n, const char *keep);
/* Full evidence once more, without one namespace; the old is not freed. */
void tenant_drop(struct node *n, uint64_t id);
/* Exchange the redacted list for one with other entries hidden. */
void tenant_hide(struct node *n, bl_hide_fn hide, void *arg);
/* For tenant_hide(): others', and the entries whose bits are set in a uint64_t. */
bool tenant_hide_set(const struct bl_list *list, size_t entry, void *arg);
/* No finding speaks against a subject, or makes it incomplete by itself. */
void tenant_expect_clean(const struct node *n, size_t subject);

#endif /* TEST_TENANT_H */
