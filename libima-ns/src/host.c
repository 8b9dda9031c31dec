// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rules 3 and 4 of a verifier: the prefix, its events, the last boot's records. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "host.h"
#include "list.h"

/* What one pass over the host's list works with. */
struct pass {
	struct imans_host *host;
	struct imans_findings *findings;
	struct imans_list *list;
};

static int check_entry(const struct pass *pass, const struct imans_entry *entry)
{
	int ret = imans_entry_check_digest(entry);

	if (ret != -EBADMSG)
		return ret;
	imans_findings_add(pass->findings, IMANS_F_ENTRY_DIGEST, IMANS_FAIL, 0,
			   entry->index, "%s",
			   imans_ctx_error(pass->host->ctx));
	return 0;
}

/* Read errors of memory are the list's fault; others are ours. */
static int list_fault(const struct pass *pass, int err)
{
	if (err != -EBADMSG && err != -EMSGSIZE)
		return err;
	imans_findings_add(pass->findings, IMANS_F_LIST_MALFORMED, IMANS_FAIL,
			   0, pass->list->count, "%s",
			   imans_ctx_error(pass->host->ctx));
	return 0;
}

/*
 * The shortest prefix is taken: entries after it that are in other PCRs are
 * not covered by the values. The rest of the list is still read and counted.
 */
static int search_prefix(const struct pass *pass, struct imans_prefix *prefix)
{
	struct imans_host *host = pass->host;
	const struct imans_entry *entry;
	int ret;

	for (;;) {
		ret = imans_list_next(pass->list, &entry);
		if (ret)
			return list_fault(pass, ret);
		if (!entry)
			return 0;
		host->entries++;
		ret = check_entry(pass, entry);
		if (!ret)
			ret = imans_prefix_extend(prefix, entry);
		if (ret)
			return ret;
	}
}

static void report_no_prefix(const struct pass *pass,
			     const struct imans_pcrs *quoted,
			     const struct imans_prefix *prefix)
{
	const char *name = pass->host->name;
	unsigned int matched = 0;

	for (int i = 0; i < IMANS_BANKS; i++) {
		enum imans_bank bank = (enum imans_bank)i;

		if (!(quoted->banks & IMANS_BANK(i)))
			continue;
		if (imans_prefix_bank(prefix, bank) != IMANS_NO_ENTRY)
			matched++;
		else
			imans_findings_add(pass->findings, IMANS_F_NO_PREFIX,
					   IMANS_FAIL, 0, IMANS_NO_ENTRY,
					   "%s: no prefix of the %" PRIu64
					   " entries gives the PCR's %s value",
					   name, pass->host->entries,
					   imans_bank_name(bank));
	}
	if (matched < 2)
		return;
	for (int i = 0; i < IMANS_BANKS; i++) {
		enum imans_bank bank = (enum imans_bank)i;
		uint64_t seen = imans_prefix_bank(prefix, bank);

		if (seen != IMANS_NO_ENTRY)
			imans_findings_add(pass->findings, IMANS_F_BANKS_DIFFER,
					   IMANS_FAIL, 0, IMANS_NO_ENTRY,
					   "%s: the PCR's %s value is that of "
					   "%" PRIu64 " entries, other banks "
					   "differ", name,
					   imans_bank_name(bank), seen);
	}
}

static void report_prefix(const struct pass *pass,
			  const struct imans_pcrs *quoted,
			  const struct imans_prefix *prefix,
			  uint32_t padded_banks)
{
	const struct imans_host *host = pass->host;
	uint32_t strong = quoted->banks & ~padded_banks &
			  ~IMANS_BANK(IMANS_SHA1);

	if (!strong)
		imans_findings_add(pass->findings, IMANS_F_WEAK_BANK,
				   IMANS_FAIL, 0, IMANS_NO_ENTRY,
				   "%s: nothing but SHA-1 vouches for the list",
				   host->name);
	if (!host->proven)
		report_no_prefix(pass, quoted, prefix);
	else if (host->entries > host->prefix)
		imans_findings_add(pass->findings, IMANS_F_HOST_TAIL,
				   IMANS_NOTE, 0, host->prefix,
				   "%s: entry %" PRIu64 ": from here on, %"
				   PRIu64 " entries came after the PCR's value "
				   "and prove nothing", host->name,
				   host->prefix, host->entries - host->prefix);
}

static int find_prefix(const struct pass *pass, const struct imans_pcrs *quoted,
		       uint32_t padded_banks)
{
	struct imans_replay_opts opts = {
		.sz = sizeof(opts),
		.padded_banks = padded_banks,
	};
	struct imans_host *host = pass->host;
	struct imans_prefix *prefix;
	int ret = imans_prefix_new(host->ctx, quoted, &opts, &prefix);

	if (ret)
		return ret;
	ret = search_prefix(pass, prefix);
	if (!ret) {
		host->proven = imans_prefix_found(prefix, &host->prefix);
		report_prefix(pass, quoted, prefix, padded_banks);
	}
	imans_prefix_free(prefix);
	return ret;
}

static void event_malformed(const struct pass *pass,
			    const struct imans_entry *entry,
			    enum imans_finding_code code)
{
	imans_findings_add(pass->findings, code, IMANS_FAIL, 0, entry->index,
			   "%s: entry %" PRIu64 ": %s", pass->host->name,
			   entry->index, imans_ctx_error(pass->host->ctx));
}

/* A new boot: the records so far are of an earlier one, carried by kexec. */
static void take_boot(const struct pass *pass, const struct imans_entry *entry,
		      const struct imans_event_view *view)
{
	struct imans_host *host = pass->host;

	host->record_count = 0;
	host->next_index = 0;
	host->has_boot = imans_boot_decode(host->ctx, view->buf, view->len,
					   &host->boot) == 0;
	if (!host->has_boot)
		event_malformed(pass, entry, IMANS_F_EVENT_MALFORMED);
}

static int add_record(const struct pass *pass, const struct imans_entry *entry,
		      const uint8_t *raw, uint64_t index)
{
	struct imans_host *host = pass->host;
	struct imans_host_record *new;
	struct imans_record record;

	if (imans_record_decode(host->ctx, raw, &record)) {
		event_malformed(pass, entry, IMANS_F_RECORD_MALFORMED);
		return 0;
	}
	if (host->record_count == host->record_room) {
		size_t room = host->record_room ? host->record_room * 2 : 64;

		new = realloc(host->records, room * sizeof(*new));
		if (!new)
			return imans_err(host->ctx, -ENOMEM,
					 "%s: out of memory", host->name);
		host->records = new;
		host->record_room = room;
	}
	new = &host->records[host->record_count++];
	memcpy(new->raw, raw, sizeof(new->raw));
	new->index = index;
	new->entry = entry->index;
	new->record = record;
	return 0;
}

static int take_records(const struct pass *pass,
			const struct imans_entry *entry,
			const struct imans_event_view *view)
{
	struct imans_host *host = pass->host;
	struct imans_records records;

	if (imans_records_decode(host->ctx, view->buf, view->len, &records)) {
		event_malformed(pass, entry, IMANS_F_EVENT_MALFORMED);
		return 0;
	}
	if (!host->has_boot) {
		imans_findings_add(pass->findings, IMANS_F_NO_BOOT, IMANS_FAIL,
				   0, entry->index, "%s: entry %" PRIu64
				   ": records without a boot event before them",
				   host->name, entry->index);
		return 0;
	}
	if (records.index != host->next_index)
		imans_findings_add(pass->findings, IMANS_F_RECORD_INDEX,
				   IMANS_FAIL, 0, entry->index, "%s: entry %"
				   PRIu64 ": record %" PRIu64 " comes where %"
				   PRIu64 " must be", host->name, entry->index,
				   records.index, host->next_index);
	host->next_index = records.index + records.count;
	for (uint32_t i = 0; i < records.count; i++) {
		int ret = add_record(pass, entry,
				     records.records + i * IMANS_RECORD_SIZE,
				     records.index + i);

		if (ret)
			return ret;
	}
	return 0;
}

/*
 * They add nothing to a list that is here in full. But they must fit: else the
 * list is not this kernel's.
 */
static void take_heads(const struct pass *pass, const struct imans_entry *entry,
		       const struct imans_event_view *view)
{
	struct imans_host *host = pass->host;
	struct imans_heads heads;

	if (imans_heads_decode(host->ctx, view->buf, view->len, &heads)) {
		event_malformed(pass, entry, IMANS_F_EVENT_MALFORMED);
		return;
	}
	if (!host->has_boot || memcmp(heads.boot_id, host->boot.boot_id,
				      sizeof(heads.boot_id)) != 0)
		imans_findings_add(pass->findings, IMANS_F_HEADS, IMANS_FAIL,
				   0, entry->index, "%s: entry %" PRIu64
				   ": heads of another boot", host->name,
				   entry->index);
	else if (heads.records != host->next_index)
		imans_findings_add(pass->findings, IMANS_F_HEADS, IMANS_FAIL,
				   0, entry->index, "%s: entry %" PRIu64
				   ": heads after %" PRIu64 " records, which "
				   "stands after %" PRIu64, host->name,
				   entry->index, heads.records,
				   host->next_index);
}

static int take_event(const struct pass *pass, const struct imans_entry *entry,
		      const struct imans_event_view *view)
{
	switch (view->event) {
	case IMANS_EVENT_BOOT:
		take_boot(pass, entry, view);
		return 0;
	case IMANS_EVENT_RECORDS:
		return take_records(pass, entry, view);
	case IMANS_EVENT_HEADS:
		take_heads(pass, entry, view);
		return 0;
	default:
		imans_findings_add(pass->findings, IMANS_F_EVENT_MISPLACED,
				   IMANS_FAIL, 0, entry->index, "%s: entry %"
				   PRIu64 ": %s belongs into no host's list",
				   pass->host->name, entry->index,
				   imans_event_name(view->event));
		return 0;
	}
}

/* Templates that are not known are replayed, and told of once. */
static void report_opaque(const struct pass *pass, uint64_t first,
			  uint64_t count)
{
	if (count)
		imans_findings_add(pass->findings, IMANS_F_ENTRY_TEMPLATE,
				   IMANS_DOUBT, 0, first, "%s: entry %" PRIu64
				   ": first of %" PRIu64 " entries in a "
				   "template that is not known",
				   pass->host->name, first, count);
}

/*
 * Events count only inside the prefix, but what breaks their rules is told of
 * wherever it stands.
 */
static int collect_records(const struct pass *pass)
{
	struct imans_host *host = pass->host;
	struct imans_event_view view;
	const struct imans_entry *entry;
	uint64_t opaque = 0, first_opaque = 0;

	for (uint64_t i = 0; i < host->entries; i++) {
		int ret = imans_list_next(pass->list, &entry);

		if (ret)
			return ret;
		if (imans_entry_opaque(entry) && opaque++ == 0)
			first_opaque = i;
		ret = imans_event_check(entry, 0, pass->findings, &view);
		if (!ret && view.valid && i < host->prefix)
			ret = take_event(pass, entry, &view);
		if (ret)
			return ret;
	}
	report_opaque(pass, first_opaque, opaque);
	return 0;
}

/* Two passes: which events count is known only when the prefix is. */
static int prove(struct imans_host *host, const void *data, size_t len,
		 const struct imans_pcrs *quoted,
		 const struct imans_host_opts *opts,
		 struct imans_findings *findings)
{
	struct imans_list_opts list_opts = {
		.sz = sizeof(list_opts),
		.name = host->name,
		.header = opts->header,
	};
	struct pass pass = { host, findings, NULL };
	int ret;

	ret = imans_list_open_mem(host->ctx, data, len, &list_opts, &pass.list);
	if (ret == -EBADMSG) {
		imans_findings_add(findings, IMANS_F_LIST_MALFORMED, IMANS_FAIL,
				   0, 0, "%s", imans_ctx_error(host->ctx));
		return 0;
	}
	if (ret)
		return ret;
	list_opts.header = imans_list_header(pass.list);
	ret = find_prefix(&pass, quoted, opts->padded_banks);
	imans_list_close(pass.list);
	if (ret || !host->proven)
		return ret;
	ret = imans_list_open_mem(host->ctx, data, len, &list_opts, &pass.list);
	if (ret)
		return ret;
	ret = collect_records(&pass);
	imans_list_close(pass.list);
	return ret ? ret : imans_host_index(host, findings);
}

IMANS_API int imans_host_prove(struct imans_ctx *ctx, const void *data,
			       size_t len, const struct imans_pcrs *quoted,
			       const struct imans_host_opts *opts,
			       struct imans_findings *findings,
			       struct imans_host **host)
{
	struct imans_host_opts o;
	struct imans_host *new;
	int ret;

	if (!host || !findings || !quoted || (!data && len))
		return imans_err(ctx, -EINVAL, "host: an argument is missing");
	if (!quoted->banks || quoted->banks & ~IMANS_ALL_BANKS)
		return imans_err(ctx, -EINVAL, "host: no bank that is known");
	ret = imans_opts_copy(ctx, &o, sizeof(o), opts);
	if (ret)
		return ret;
	new = calloc(1, sizeof(*new));
	if (!new)
		return imans_err(ctx, -ENOMEM, "host: out of memory");
	new->ctx = ctx;
	new->name = strdup(o.name ? o.name : "host");
	ret = new->name ? prove(new, data, len, quoted, &o, findings) : -ENOMEM;
	if (!ret)
		ret = imans_findings_error(findings);
	if (ret) {
		imans_host_free(new);
		return ret;
	}
	*host = new;
	return 0;
}

IMANS_API void imans_host_free(struct imans_host *host)
{
	if (!host)
		return;
	free(host->nodes);
	free(host->by_ns);
	free(host->records);
	free(host->name);
	free(host);
}

IMANS_API bool imans_host_proven(const struct imans_host *host)
{
	return host->proven;
}

IMANS_API uint64_t imans_host_prefix(const struct imans_host *host)
{
	return host->prefix;
}

IMANS_API uint64_t imans_host_entries(const struct imans_host *host)
{
	return host->entries;
}

IMANS_API int imans_host_boot(const struct imans_host *host,
			      struct imans_boot *boot)
{
	if (!host->has_boot)
		return -ENODATA;
	*boot = host->boot;
	return 0;
}

IMANS_API uint64_t imans_host_records(const struct imans_host *host)
{
	return host->record_count;
}
