// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rule 7 of a verifier for who has not all keys: namespaces that are covered by
 * their tenant's signed verdict.
 *
 * A verdict that is refused is one that was not given, and its finding a note:
 * what it would have accounted for stays unaccounted for, which weighs enough.
 * Were it more, any tenant could make a node untrusted with a bad file. Only
 * what the right tenant says of its own namespace counts against that one.
 */

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "bytes.h"
#include "delegate.h"
#include "entry.h"
#include "host.h"
#include "records_digest.h"
#include "replay.h"
#include "sign.h"
#include "signed.h"
#include "text.h"

/* How far clocks may differ, in seconds. */
#define CLOCK_SKEW	60

struct check {
	struct imans_ctx *ctx;
	struct imans_report *report;
	const struct imans_host *host;
	const struct imans_tenants *tenants;
	const struct tenant_verdict *given;
	struct imans_signed *s;
	uint64_t now;
};

static const struct report_ground *ground_of(const struct check *c)
{
	return &c->report->ground;
}

/* ------------------------------------------------------ the whole verdict */

static void refuse(struct check *c, enum imans_finding_code code,
		   const char *reason)
{
	imans_findings_add(c->report->subjects[0].findings, code, IMANS_NOTE, 0,
			   IMANS_NO_ENTRY, "%s: not taken: %s", c->given->name,
			   reason);
}

/* Nothing in it is believed until the signature is that of a trusted key. */
static int check_signer(struct check *c, bool *good)
{
	const struct imans_signer *key = NULL;
	int err;

	for (size_t i = 0; !key && i < c->tenants->trust_count; i++)
		if (!memcmp(c->tenants->trust[i].key.kid, c->s->info.kid,
			    sizeof(c->s->info.kid)))
			key = &c->tenants->trust[i].key;
	if (!key) {
		refuse(c, IMANS_F_SIGNED_KEY,
		       "it is signed by a key that speaks for no tenant");
		return 0;
	}
	if (c->s->cose.alg != key->alg->cose) {
		refuse(c, IMANS_F_SIGNED_ALGORITHM,
		       "its algorithm is not the key's");
		return 0;
	}
	err = imans_signed_check(c->s, key);
	if (err == -EKEYREJECTED)
		refuse(c, IMANS_F_SIGNED_SIGNATURE,
		       "the signature is not the key's");
	*good = !err;
	return err == -EKEYREJECTED ? 0 : err;
}

static bool fresh(const struct check *c)
{
	const struct imans_signed_info *info = &c->s->info;
	const struct report_ground *ground = ground_of(c);

	if (info->nonce_len == ground->nonce_len &&
	    !CRYPTO_memcmp(info->nonce, ground->nonce, ground->nonce_len))
		return true;
	return c->tenants->max_age &&
	       (c->now <= info->issued_at ||
		c->now - info->issued_at <= c->tenants->max_age);
}

/* Everything that is wrong is said. */
static bool check_ground(struct check *c)
{
	const struct imans_signed_info *info = &c->s->info;
	bool good = true;

	if (info->expires_at <= c->now) {
		refuse(c, IMANS_F_SIGNED_TIME, "it has expired");
		good = false;
	}
	if (info->issued_at > c->now + CLOCK_SKEW) {
		refuse(c, IMANS_F_SIGNED_TIME, "it is issued in the future");
		good = false;
	}
	if (!fresh(c)) {
		refuse(c, IMANS_F_SIGNED_NONCE,
		       "it was made for another nonce, and is not young enough to do without");
		good = false;
	}
	if (memcmp(info->boot_id, ground_of(c)->boot_id,
		   sizeof(info->boot_id))) {
		refuse(c, IMANS_F_SIGNED_BOOT, "it is of another boot");
		good = false;
	}
	if (memcmp(info->ak_name, ground_of(c)->ak_name,
		   sizeof(info->ak_name))) {
		refuse(c, IMANS_F_SIGNED_NODE,
		       "it is on a node with another attestation key");
		good = false;
	}
	return good;
}

/* -------------------------------------------------- one of its namespaces */

static void refuse_ns(struct check *c, struct report_subject *subject,
		      enum imans_finding_code code,
		      enum imans_severity severity, const char *reason)
{
	imans_findings_add(subject->findings, code, severity, subject->pub.id,
			   IMANS_NO_ENTRY,
			   "%s: namespace %" PRIu64 ": not taken: %s",
			   c->given->name, subject->pub.id, reason);
}

/* 0, or -EKEYREJECTED if the record of CREATE does not open with it. */
static int open_create(struct check *c, const struct imans_host_node *node,
		       const struct imans_entry *entry,
		       const uint8_t k_seq[IMANS_KEY_SIZE])
{
	uint8_t vpcr[IMANS_HASH_SIZE] = { 0 }, e[IMANS_HASH_SIZE];
	const uint8_t *digest;
	int err;

	if (node->create == IMANS_NO_RECORD)
		return -EKEYREJECTED;
	err = imans_entry_digest(entry, IMANS_SHA256, &digest);
	if (!err)
		err = imans_extend(c->ctx, IMANS_SHA256, vpcr, digest);
	if (!err)
		err = imans_entry_bind(entry, e);
	if (err)
		return err;
	return imans_record_open(c->ctx, k_seq, ground_of(c)->boot_id,
				 node->create_raw, vpcr, e);
}

/* A list of the one entry, for its reader; the digest is not looked at. */
static uint8_t *list_of(const struct signed_ns *ns, size_t *len)
{
	static const char name[] = IMANS_TEMPLATE_BUF;
	const size_t head = 4 + IMANS_BARE_DIGEST_SIZE, name_len = strlen(name);
	uint8_t *list;

	*len = head + 4 + name_len + 4 + ns->create_len;
	list = calloc(1, *len);
	if (!list)
		return NULL;
	put_le32(list, IMANS_PCR);
	memset(list + 4, 0xff, IMANS_BARE_DIGEST_SIZE);
	put_le32(list + head, (uint32_t)name_len);
	memcpy(list + head + 4, name, name_len);
	put_le32(list + head + 4 + name_len, (uint32_t)ns->create_len);
	memcpy(list + head + 8 + name_len, ns->create_data, ns->create_len);
	return list;
}

static int open_entry(struct check *c, const struct imans_host_node *node,
		      const struct imans_entry *entry,
		      const struct signed_ns *ns, struct imans_create *create)
{
	enum imans_event event;
	const uint8_t *buf;
	size_t len;
	int err;

	if (imans_entry_event(entry, &event) || event != IMANS_EVENT_CREATE ||
	    imans_entry_buf(entry, &buf, &len) ||
	    imans_create_decode(c->ctx, buf, len, create))
		return -ENODATA;
	err = open_create(c, node, entry, ns->create_key);
	return err == -EKEYREJECTED ? -ENODATA : err;
}

/*
 * The CREATE that a verdict discloses: the kernel's commitment to it stands in
 * the host's list, so its label is what the namespace was made with. -ENODATA:
 * none is disclosed, or it is another.
 */
static int disclosed(struct check *c, const struct signed_ns *ns,
		     struct imans_create *create)
{
	const struct imans_list_opts opts = {
		.sz = sizeof(opts),
		.name = c->given->name,
		.header = IMANS_HEADER_SHA1,
	};
	const struct imans_host_node *node = imans_host_node(c->host,
							     ns->pub.id);
	const struct imans_entry *entry;
	struct imans_list *list;
	uint8_t *data;
	size_t len;
	int err;

	if (!node || !ns->create_data)
		return -ENODATA;
	data = list_of(ns, &len);
	if (!data)
		return imans_err(c->ctx, -ENOMEM, "%s: out of memory",
				 c->given->name);
	err = imans_list_open_mem(c->ctx, data, len, &opts, &list);
	if (!err) {
		err = imans_list_next(list, &entry) || !entry ? -ENODATA :
		      open_entry(c, node, entry, ns, create);
		imans_list_close(list);
	}
	free(data);
	return err;
}

/*
 * The next one up; NULL above the host's child. `steps` ends a chain that is
 * longer than any that the kernel makes.
 */
static const struct imans_host_node *above(const struct imans_host_node *node,
					   int *steps)
{
	return ++*steps < IMANS_DEPTH_MAX ? node->parent : NULL;
}

/* Whether a namespace is that of the id, or below it. */
static bool reaches(const struct imans_host_node *node, uint64_t id)
{
	int steps = 0;

	while (node && node->id != id)
		node = above(node, &steps);
	return node;
}

static bool trusted_by_id(const struct check *c,
			  const struct imans_host_node *node)
{
	for (size_t i = 0; i < c->tenants->trust_count; i++) {
		const struct tenant_trust *t = &c->tenants->trust[i];

		if (!t->glob &&
		    !memcmp(t->key.kid, c->s->info.kid, sizeof(t->key.kid)) &&
		    !memcmp(t->boot_id, ground_of(c)->boot_id,
			    sizeof(t->boot_id)) && reaches(node, t->id))
			return true;
	}
	return false;
}

static bool trusted_label(const struct check *c, const char *label)
{
	for (size_t i = 0; i < c->tenants->trust_count; i++) {
		const struct tenant_trust *t = &c->tenants->trust[i];

		if (t->glob &&
		    !memcmp(t->key.kid, c->s->info.kid, sizeof(t->key.kid)) &&
		    !fnmatch(t->glob, label, 0))
			return true;
	}
	return false;
}

/* A label that the host's record proves is as good as one from a list. */
static int show_label(struct check *c, uint64_t id, const char *label)
{
	struct report_subject *subject = imans_report_find(c->report, id);
	char *copy;

	if (!subject || *subject->label)
		return 0;
	copy = strdup(label);
	if (!copy)
		return imans_err(c->ctx, -ENOMEM, "%s: out of memory",
				 c->given->name);
	free(subject->label);
	subject->label = copy;
	return 0;
}

/*
 * Which of its namespaces a verdict may speak for by their labels: `root` is set
 * for those whose CREATE opens and matches.
 */
static int find_roots(struct check *c, bool *root)
{
	for (size_t i = 0; i < c->s->info.ns_count; i++) {
		struct imans_create create;
		int err = disclosed(c, &c->s->ns[i], &create);

		if (err == -ENODATA && c->s->ns[i].create_data)
			refuse(c, IMANS_F_SIGNED_CREATE,
			       "the CREATE that it discloses does not open the host's record");
		root[i] = !err && trusted_label(c, create.label);
		if (!err)
			err = show_label(c, c->s->ns[i].pub.id, create.label);
		if (err && err != -ENODATA)
			return err;
	}
	return 0;
}

static int compare_id(const void *key, const void *ns)
{
	const uint64_t *a = key;
	uint64_t b = ((const struct signed_ns *)ns)->pub.id;

	return (*a > b) - (*a < b);
}

static bool trusted_by_label(const struct check *c, const bool *root,
			     const struct imans_host_node *node)
{
	int steps = 0;

	for (; node; node = above(node, &steps)) {
		const struct signed_ns *ns = bsearch(&node->id, c->s->ns,
						     c->s->info.ns_count,
						     sizeof(*c->s->ns),
						     compare_id);

		if (ns && root[ns - c->s->ns])
			return true;
	}
	return false;
}

/* 0: it saw what the host's list has; 1: a finding says why not. */
static int check_records(struct check *c, struct report_subject *subject,
			 const struct signed_ns *ns,
			 const struct imans_host_node *node)
{
	uint8_t digest[IMANS_HASH_SIZE];
	int err;

	if (ns->pub.records > node->total) {
		refuse_ns(c, subject, IMANS_F_SIGNED_AHEAD, IMANS_NOTE,
			  "it covers more records than were quoted");
		return 1;
	}
	err = imans_records_digest(c->host, node, ns->pub.records, digest);
	if (err == -ENODATA) {
		refuse_ns(c, subject, IMANS_F_SIGNED_LAGGING, IMANS_NOTE,
			  "lagging: it ends before the last round, and can't be compared any more");
		return 1;
	}
	if (err)
		return err;
	if (memcmp(digest, ns->pub.digest, sizeof(digest))) {
		refuse_ns(c, subject, IMANS_F_SIGNED_RECORDS, IMANS_FAIL,
			  "its tenant saw other records than the host's list has");
		return 1;
	}
	if (ns->pub.records < node->total) {
		refuse_ns(c, subject, IMANS_F_SIGNED_LAGGING, IMANS_NOTE,
			  "lagging: there are records that it does not cover");
		return 1;
	}
	return 0;
}

static void take(struct check *c, struct report_subject *subject,
		 enum imans_verdict verdict)
{
	static const struct {
		enum imans_finding_code code;
		enum imans_severity severity;
	} says[] = {
		[IMANS_UNTRUSTED] = { IMANS_F_DELEGATED_UNTRUSTED, IMANS_FAIL },
		[IMANS_INCOMPLETE] = { IMANS_F_DELEGATED_INCOMPLETE,
				       IMANS_DOUBT },
		[IMANS_CONSISTENT] = { IMANS_F_DELEGATED, IMANS_DOUBT },
		[IMANS_TRUSTED] = { IMANS_F_DELEGATED, IMANS_NOTE },
	};

	imans_text_hex(subject->delegated, c->s->info.kid, IMANS_HASH_SIZE);
	imans_findings_add(subject->findings, says[verdict].code,
			   says[verdict].severity, subject->pub.id,
			   IMANS_NO_ENTRY, "%s: namespace %" PRIu64
			   ": delegated to key %s, which says %s",
			   c->given->name, subject->pub.id, subject->delegated,
			   imans_verdict_name(verdict));
}

static int check_ns(struct check *c, const struct signed_ns *ns,
		    const bool *root)
{
	const struct imans_host_node *node = imans_host_node(c->host,
							     ns->pub.id);
	struct report_subject *subject = imans_report_find(c->report,
							   ns->pub.id);
	int ret;

	if (!node || !subject || !subject->recorded) {
		refuse(c, IMANS_F_SIGNED_UNKNOWN,
		       "it is on a namespace of which nothing was quoted");
		return 0;
	}
	if (!trusted_by_id(c, node) && !trusted_by_label(c, root, node)) {
		refuse_ns(c, subject, IMANS_F_SIGNED_SCOPE, IMANS_NOTE,
			  "the key does not speak for this namespace");
		return 0;
	}
	ret = check_records(c, subject, ns, node);
	if (ret)
		return ret < 0 ? ret : 0;
	take(c, subject, ns->pub.verdict);
	return 0;
}

static int check_namespaces(struct check *c)
{
	bool *root = calloc(c->s->info.ns_count, sizeof(*root));
	int err;

	if (!root)
		return imans_err(c->ctx, -ENOMEM, "%s: out of memory",
				 c->given->name);
	err = find_roots(c, root);
	for (size_t i = 0; !err && i < c->s->info.ns_count; i++)
		err = check_ns(c, &c->s->ns[i], root);
	free(root);
	return err;
}

static int check_verdict(struct check *c)
{
	bool good = false;
	int err = imans_signed_parse(c->ctx, c->given->data, c->given->len,
				     c->given->name, &c->s);

	if (err == -ENOMEM)
		return err;
	if (err) {
		imans_findings_add(c->report->subjects[0].findings,
				   IMANS_F_SIGNED_MALFORMED, IMANS_NOTE, 0,
				   IMANS_NO_ENTRY, "%s",
				   imans_ctx_error(c->ctx));
		return 0;
	}
	err = check_signer(c, &good);
	if (!err && good && c->s->info.kind != IMANS_SIGNED_TENANT) {
		refuse(c, IMANS_F_SIGNED_KIND, "it is on a node");
		good = false;
	}
	if (!err && good && check_ground(c))
		err = check_namespaces(c);
	imans_signed_free(c->s);
	return err;
}

int imans_delegate(struct imans_report *report, const struct imans_host *host,
		   const struct imans_verify_opts *opts)
{
	struct check c = {
		.ctx = report->ctx,
		.report = report,
		.host = host,
		.tenants = opts->tenants,
	};
	int err = 0;

	/* Nothing to compare with; that speaks for itself. */
	if (!opts->tenants || !report->ground.kept)
		return 0;
	c.now = opts->tenants->now ? opts->tenants->now : (uint64_t)time(NULL);
	for (size_t i = 0; !err && i < opts->tenants->verdict_count; i++) {
		c.given = &opts->tenants->verdicts[i];
		err = check_verdict(&c);
	}
	return err;
}
