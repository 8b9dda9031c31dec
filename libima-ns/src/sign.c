// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a report to a signed verdict. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cbor_out.h"
#include "evidence.h"
#include "file.h"
#include "host.h"
#include "list.h"
#include "records_digest.h"
#include "sign.h"
#include "signed.h"

static int no_memory(struct imans_ctx *ctx)
{
	return imans_err(ctx, -ENOMEM, "signed verdict: out of memory");
}

/* --------------------------------------------------------- while verifying */

/* CREATE: that its record opens was seen when the list was proven. */
static int keep_create(struct imans_ctx *ctx, struct report_subject *s)
{
	const struct imans_list_opts opts = {
		.sz = sizeof(opts),
		.header = s->carried->list.header,
	};
	const struct imans_entry *entry = NULL;
	struct imans_list *list;
	const uint8_t *data;
	size_t len = 0;

	/* An earlier round had it. */
	if (s->carried->list.since.entries)
		return 0;
	if (imans_list_open_mem(ctx, s->carried->list.data.data,
				s->carried->list.data.len, &opts, &list))
		return 0;
	if (!imans_list_next(list, &entry) && entry) {
		data = imans_entry_data(entry, &len);
		s->seen.create_data = malloc(len ? len : 1);
		if (s->seen.create_data)
			memcpy(s->seen.create_data, data, len);
		s->seen.create_len = len;
	}
	imans_list_close(list);
	if (entry && !s->seen.create_data)
		return no_memory(ctx);
	return imans_record_key(ctx, s->carried->key, 0, s->seen.create_key);
}

static int keep_subject(struct imans_report *report,
			const struct imans_host *host,
			struct report_subject *s)
{
	const struct imans_host_node *node = imans_host_node(host, s->pub.id);
	int err;

	if (!node)
		return 0;
	s->seen.records = node->total;
	err = imans_records_digest(host, node, node->total, s->seen.digest);
	/* Who has looked at it has something to say, be it bad. */
	s->seen.looked = !err && s->carried && s->carried->has_key;
	return s->seen.looked ? keep_create(report->ctx, s) : err;
}

/* TPM 2.0 Library, Part 1, 16: nameAlg || H(TPMT_PUBLIC). */
static int name_ak(struct imans_ctx *ctx, const struct evidence_blob *ak,
		   uint8_t name[34])
{
	const struct imans_chunk chunk = { ak->data, ak->len };

	name[0] = 0x00;
	name[1] = 0x0b;
	return imans_hash(ctx, IMANS_SHA256, &chunk, 1, name + 2);
}

int imans_report_keep(struct imans_report *report,
		      const struct imans_host *host,
		      const struct imans_evidence *evidence,
		      const struct imans_verify_opts *opts)
{
	struct report_ground *ground = &report->ground;
	struct imans_boot boot;
	int err;

	ground->asked = opts->sign;
	for (size_t i = 0; i < opts->policy_count; i++)
		if (imans_policy_is_host(opts->policies[i]))
			ground->host_appraised = true;
	if ((!opts->sign && !opts->tenants) || !report->quote.verified ||
	    !host || !imans_host_proven(host) || imans_host_boot(host, &boot))
		return 0;
	memcpy(ground->boot_id, boot.boot_id, sizeof(ground->boot_id));
	memcpy(ground->nonce, opts->nonce, opts->nonce_len);
	ground->nonce_len = opts->nonce_len;
	ground->records = imans_host_records(host);
	err = name_ak(report->ctx, &evidence->ak, ground->ak_name);
	for (size_t i = 1; !err && opts->sign && i < report->count; i++)
		err = keep_subject(report, host, &report->subjects[i]);
	ground->kept = !err;
	return err;
}

/* ------------------------------------------------------------ what is said */

static int cmp_ids(const void *a, const void *b)
{
	const struct signed_ns *x = a, *y = b;

	return (x->pub.id > y->pub.id) - (x->pub.id < y->pub.id);
}

static int put_ns(struct imans_signed *s, const struct report_subject *from,
		  bool show_create)
{
	struct signed_ns *ns = &s->ns[s->info.ns_count++];

	/* What is shown must hold on its own. */
	show_create &= from->opened;
	if (show_create && !from->seen.create_data)
		return imans_err(s->ctx, -ENODATA,
				 "namespace %" PRIu64
				 ": its CREATE came in an earlier round: only with its whole list it can be shown",
				 from->pub.id);
	ns->pub.id = from->pub.id;
	ns->pub.verdict = from->pub.verdict;
	ns->pub.records = from->seen.records;
	memcpy(ns->pub.digest, from->seen.digest, sizeof(ns->pub.digest));
	if (!show_create)
		return 0;
	ns->create_data = from->seen.create_data;
	ns->create_len = from->seen.create_len;
	memcpy(ns->create_key, from->seen.create_key, sizeof(ns->create_key));
	return 0;
}

static int fill_asked(struct imans_signed *s, const struct imans_report *report,
		      const struct imans_sign_opts *opts)
{
	int err;

	for (size_t i = 0; i < opts->id_count; i++) {
		const struct report_subject *from =
			opts->ids[i] ? imans_report_find(report, opts->ids[i]) :
				       NULL;

		if (!from || !from->seen.looked)
			return imans_err(s->ctx, -ENODATA,
					 "namespace %" PRIu64
					 ": its records, list or key was not there, there is nothing to sign",
					 opts->ids[i]);
		err = put_ns(s, from, opts->show_create);
		if (err)
			return err;
	}
	qsort(s->ns, s->info.ns_count, sizeof(*s->ns), cmp_ids);
	for (size_t i = 1; i < s->info.ns_count; i++)
		if (s->ns[i].pub.id == s->ns[i - 1].pub.id)
			return imans_err(s->ctx, -EINVAL,
					 "namespace %" PRIu64 " is named twice",
					 s->ns[i].pub.id);
	return 0;
}

static int fill_tenant(struct imans_signed *s,
		       const struct imans_report *report,
		       const struct imans_sign_opts *opts)
{
	size_t room = opts->id_count ? opts->id_count : report->count;
	int err = 0;

	s->ns = calloc(room, sizeof(*s->ns));
	if (!s->ns)
		return no_memory(s->ctx);
	if (opts->id_count)
		return fill_asked(s, report, opts);
	for (size_t i = 1; !err && i < report->count; i++)
		if (report->subjects[i].seen.looked)
			err = put_ns(s, &report->subjects[i],
				     opts->show_create);
	if (err)
		return err;
	if (!s->info.ns_count)
		return imans_err(s->ctx, -ENODATA,
				 "no namespace's list was there with its key, there is nothing to sign");
	return 0;
}

static int fill_node(struct imans_signed *s, const struct imans_report *report)
{
	s->info.verdict = report->subjects[0].pub.verdict;
	s->info.host_verdict = report->host_verdict;
	s->info.pcr10 = report->quote.pcr10;
	s->info.records = report->ground.records;
	s->ns = calloc(report->count, sizeof(*s->ns));
	if (!s->ns)
		return no_memory(s->ctx);
	for (size_t i = 1; i < report->count; i++)
		if (report->subjects[i].unaccounted)
			s->ns[s->info.ns_count++].pub.id =
				report->subjects[i].pub.id;
	return 0;
}

static int fill(struct imans_signed *s, const struct imans_report *report,
		const struct imans_sign_opts *opts)
{
	const struct report_ground *ground = &report->ground;
	struct imans_signed_info *info = &s->info;

	info->nonce = opts->nonce ? opts->nonce : ground->nonce;
	info->nonce_len = opts->nonce ? opts->nonce_len : ground->nonce_len;
	if (info->nonce_len < IMANS_NONCE_MIN ||
	    info->nonce_len > IMANS_NONCE_MAX)
		return imans_err(s->ctx, -EINVAL,
				 "the nonce has %zu bytes, not %d to %d",
				 info->nonce_len, IMANS_NONCE_MIN,
				 IMANS_NONCE_MAX);
	memcpy(info->boot_id, ground->boot_id, sizeof(info->boot_id));
	memcpy(info->ak_name, ground->ak_name, sizeof(info->ak_name));
	info->issued_at = opts->issued_at ? opts->issued_at :
					    (uint64_t)time(NULL);
	info->expires_at = info->issued_at +
			   (opts->lifetime ? opts->lifetime : IMANS_LIFETIME);
	if (info->expires_at <= info->issued_at)
		return imans_err(s->ctx, -EINVAL, "the lifetime is too long");
	return info->kind == IMANS_SIGNED_TENANT ?
	       fill_tenant(s, report, opts) : fill_node(s, report);
}

static int sign(struct imans_signed *s, const struct imans_sign_opts *opts,
		uint8_t **data, size_t *len)
{
	struct imans_cbor_out claims = { 0 };
	struct imans_signer key;
	int err = imans_signer_private(s->ctx, opts->key_pem, &key);

	if (err)
		return err;
	err = imans_signed_encode(s, &claims);
	if (!err) {
		err = imans_cose_sign(s->ctx, &key, claims.data, claims.len,
				      data, len);
		free(claims.data);
	}
	imans_signer_free(&key);
	return err;
}

IMANS_API int imans_report_sign(const struct imans_report *report,
				enum imans_signed_kind kind,
				const struct imans_sign_opts *opts,
				uint8_t **data, size_t *len)
{
	struct imans_signed s = { .ctx = report->ctx, .info = { .kind = kind } };
	struct imans_sign_opts o;
	int err = imans_opts_copy(s.ctx, &o, sizeof(o), opts);

	if (err)
		return err;
	if ((kind != IMANS_SIGNED_TENANT && kind != IMANS_SIGNED_NODE) ||
	    (o.id_count && (!o.ids || kind != IMANS_SIGNED_TENANT)))
		return imans_err(s.ctx, -EINVAL,
				 "no such kind of signed verdict");
	if (!report->ground.kept)
		return imans_err(s.ctx, -ENODATA,
				 "the quote, the host's list or its boot event was not proven, there is nothing to sign");
	err = fill(&s, report, &o);
	if (!err)
		err = sign(&s, &o, data, len);
	free(s.ns);
	return err;
}

IMANS_API int imans_report_write_signed(const struct imans_report *report,
					enum imans_signed_kind kind,
					const struct imans_sign_opts *opts,
					const char *path)
{
	uint8_t *data;
	size_t len;
	int err = imans_report_sign(report, kind, opts, &data, &len);

	if (err)
		return err;
	err = imans_file_write(report->ctx, path, data, len, 0644);
	free(data);
	return err;
}
