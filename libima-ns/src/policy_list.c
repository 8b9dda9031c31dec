// SPDX-License-Identifier: LGPL-2.1-or-later
/* Files as measurement lists show them, and reference values from there. */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "entry.h"
#include "policy.h"

static int get_enter(const struct imans_entry *entry, struct imans_file *file,
		     struct imans_file_digest *digest)
{
	struct imans_enter enter;
	const uint8_t *buf;
	size_t len;
	int err = imans_entry_buf(entry, &buf, &len);

	err = err ? err : imans_enter_decode(entry->ctx, buf, len, &enter);
	/* The end of a path is not the path that reference values have. */
	if (err || enter.cut)
		return err ? err : -ENODATA;
	file->name = enter.path;
	file->name_len = enter.path_len;
	*digest = enter.digest;
	return 0;
}

IMANS_API int imans_entry_file(const struct imans_entry *entry,
			       struct imans_file *file,
			       struct imans_file_digest *digest)
{
	enum imans_event event = IMANS_EVENT_NONE;
	struct imans_file_digest found;
	struct imans_file out = { .name = NULL };
	int err;

	/* Without a name it is no event, and no file either. */
	err = imans_entry_event(entry, &event);
	if (err)
		return err;
	if (event == IMANS_EVENT_ENTER)
		err = get_enter(entry, &out, &found);
	else if (event != IMANS_EVENT_NONE)
		err = -ENODATA;
	else
		err = imans_entry_name(entry, &out.name, &out.name_len);
	if (!err && event == IMANS_EVENT_NONE)
		err = imans_entry_file_digest(entry, &found);
	if (err)
		return err;
	if (imans_entry_sig(entry, &out.sig, &out.sig_len))
		out.sig_len = 0;
	*digest = found;
	out.type = digest->type;
	out.algo = digest->algo;
	out.digest = digest->digest;
	out.len = digest->len;
	*file = out;
	return 0;
}

/* What can't be a reference value is passed over, not an error. */
static int add_entry(struct imans_policy *policy,
		     const struct imans_entry *entry, bool *added)
{
	struct imans_file_digest digest;
	struct imans_file file;
	enum imans_bank bank;

	*added = false;
	if (imans_entry_violation(entry) ||
	    imans_entry_file(entry, &file, &digest) ||
	    (*file.type && strcmp(file.type, "ima")) ||
	    imans_bank_parse(file.algo, &bank) ||
	    imans_bank_size(bank) != file.len || !file.name_len ||
	    memchr(file.name, 0, file.name_len))
		return 0;
	*added = true;
	return imans_policy_refs_add(policy, file.name, file.name_len, false,
				     bank, file.digest, 0);
}

static bool is_event(const struct imans_entry *entry)
{
	enum imans_event event;

	return !imans_entry_event(entry, &event) &&
	       event != IMANS_EVENT_NONE && event != IMANS_EVENT_ENTER;
}

IMANS_API int imans_policy_add_list(struct imans_policy *policy,
				    struct imans_list *list, uint64_t max,
				    uint64_t *skipped)
{
	const struct imans_entry *entry;
	uint64_t passed = 0;
	int err = 0;

	for (uint64_t i = 0; !err && i < max; i++) {
		bool added;

		err = imans_list_next(list, &entry);
		if (err || !entry)
			break;
		/* An event is no file that was not understood. */
		if (is_event(entry))
			continue;
		err = add_entry(policy, entry, &added);
		passed += !added;
	}
	if (!err)
		*skipped = passed;
	return err;
}

/* ------------------------------------------------------------- evidence --- */

/* Content is what reference values are made for: it can't speak against it. */
static bool is_about_content(enum imans_finding_code code)
{
	return code >= IMANS_F_NO_REFERENCE && code < 400;
}

static bool stands(const struct imans_report *report, size_t n)
{
	const struct imans_finding *f;

	for (size_t i = 0; (f = imans_report_finding(report, n, i)); i++)
		if (f->severity == IMANS_FAIL && !is_about_content(f->code))
			return false;
	return true;
}

static int find_proven(struct imans_policy *policy,
		       const struct imans_report *report, uint64_t nsid,
		       uint64_t *proven)
{
	struct imans_subject s;
	size_t n = 0;

	while (!imans_report_subject(report, n, &s) && s.id != nsid)
		n++;
	if (n >= imans_report_count(report))
		return imans_err(policy->ctx, -ENOENT,
				 "the evidence has no namespace %" PRIu64, nsid);
	if (!stands(report, n) || !s.proven ||
	    !imans_report_quote(report)->verified)
		return imans_err(policy->ctx, -EKEYREJECTED,
				 "the list of %s %" PRIu64 " is not proven by the evidence",
				 nsid ? "namespace" : "host", nsid);
	*proven = s.proven;
	return 0;
}

static int add_proven(struct imans_policy *policy,
		      const struct imans_evidence *evidence, uint64_t nsid,
		      uint64_t proven, uint64_t *skipped)
{
	struct imans_list_opts opts = { .sz = sizeof(opts) };
	struct imans_evidence_ns ns = { .id = nsid };
	struct imans_list *list;
	int err = -ENOENT;

	if (!nsid) {
		ns.list = imans_evidence_host(evidence, &ns.list_len,
					      &ns.header);
		err = 0;
	}
	for (size_t i = 0; err && i < imans_evidence_ns_count(evidence); i++)
		if (!imans_evidence_ns(evidence, i, &ns) && ns.id == nsid)
			err = 0;
	if (err)
		return imans_err(policy->ctx, err,
				 "the evidence has no list of namespace %" PRIu64,
				 nsid);
	opts.header = ns.header;
	err = imans_list_open_mem(policy->ctx, ns.list, ns.list_len, &opts,
				  &list);
	if (err)
		return err;
	err = imans_policy_add_list(policy, list, proven, skipped);
	imans_list_close(list);
	return err;
}

IMANS_API int imans_policy_add_evidence(struct imans_policy *policy,
					const struct imans_evidence *evidence,
					const struct imans_verify_opts *opts,
					uint64_t nsid, uint64_t *skipped)
{
	struct imans_report *report;
	uint64_t proven = 0;
	int err = imans_verify(evidence, opts, &report);

	if (err)
		return err;
	err = find_proven(policy, report, nsid, &proven);
	imans_report_free(report);
	return err ? err : add_proven(policy, evidence, nsid, proven, skipped);
}
