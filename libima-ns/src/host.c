// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rules 3 and 4 of a verifier: the prefix, its events, the last boot's records. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "heads.h"
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
static int search_prefix(const struct pass *pass, struct imans_prefix *prefix,
			 struct imans_place *end)
{
	struct imans_host *host = pass->host;
	const struct imans_entry *entry;
	size_t first = imans_findings_count(pass->findings);
	int ret;

	*end = host->mark.place;
	host->entries = host->mark.place.entries;
	host->proven = imans_prefix_found(prefix, NULL);
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
		if (!host->proven && imans_prefix_found(prefix, NULL)) {
			host->proven = true;
			*end = imans_list_place(pass->list);
			imans_findings_keep(pass->findings, first);
		}
	}
}

static void report_no_prefix(const struct pass *pass,
			     const struct imans_pcrs *quoted,
			     const struct imans_prefix *prefix)
{
	const uint64_t from = pass->host->mark.place.entries;
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
					   imans_bank_name(bank), from + seen);
	}
}

static void report_prefix(const struct pass *pass,
			  const struct imans_pcrs *quoted,
			  const struct imans_prefix *prefix,
			  uint32_t padded_banks, const struct imans_place *end)
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
	else if (host->entries > end->entries)
		imans_findings_add(pass->findings, IMANS_F_HOST_TAIL,
				   IMANS_NOTE, 0, end->entries,
				   "%s: entry %" PRIu64 ": from here on, %"
				   PRIu64 " entries came after the PCR's value "
				   "and prove nothing", host->name,
				   end->entries,
				   host->entries - end->entries);
}

/* Whether a redacted list shows the digests that the replay needs. */
static bool has_digests(const struct pass *pass, uint32_t quoted,
			uint32_t padded_banks)
{
	uint32_t need = quoted & ~padded_banks, there;

	if (!pass->list->redacted)
		return true;
	if (quoted & padded_banks)
		need |= IMANS_BANK(IMANS_SHA1);
	there = pass->list->redacted_banks | IMANS_BANK(pass->list->layout.header);
	for (int i = 0; i < IMANS_BANKS; i++)
		if (need & ~there & IMANS_BANK(i))
			imans_findings_add(pass->findings,
					   IMANS_F_REDACTED_BANK, IMANS_FAIL, 0,
					   IMANS_NO_ENTRY,
					   "%s: redacted entries are shown without their %s digests",
					   pass->host->name,
					   imans_bank_name((enum imans_bank)i));
	return !(need & ~there);
}

static int find_prefix(const struct pass *pass, const struct imans_pcrs *quoted,
		       uint32_t padded_banks, struct imans_place *end)
{
	struct imans_host_mark *mark = &pass->host->mark;
	struct imans_replay_opts opts = {
		.sz = sizeof(opts),
		.start = mark->pcrs.banks ? &mark->pcrs : NULL,
		.padded_banks = padded_banks,
	};
	struct imans_prefix *prefix;
	int ret;

	if (!has_digests(pass, mark->pcrs.banks ? mark->pcrs.banks :
			 quoted->banks, padded_banks))
		return 0;
	ret = imans_prefix_new(pass->host->ctx, quoted, &opts, &prefix);
	if (ret)
		return ret;
	ret = search_prefix(pass, prefix, end);
	if (!ret) {
		report_prefix(pass, quoted, prefix, padded_banks, end);
		imans_prefix_values(prefix, &mark->pcrs);
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
	struct imans_host_mark *mark = &pass->host->mark;

	pass->host->old_records = 0;
	pass->host->new_boot = true;
	pass->host->heads.found = false;
	mark->record_count = 0;
	mark->node_count = 0;
	mark->next_index = 0;
	mark->next_position = 0;
	mark->has_boot = imans_boot_decode(pass->host->ctx, view->buf,
					   view->len, &mark->boot) == 0;
	if (!mark->has_boot)
		event_malformed(pass, entry, IMANS_F_EVENT_MALFORMED);
}

static int add_record(const struct pass *pass, const struct imans_entry *entry,
		      const uint8_t *raw, uint64_t index)
{
	struct imans_host_mark *mark = &pass->host->mark;
	struct imans_ctx *ctx = pass->host->ctx;
	struct imans_host_record *new;
	struct imans_record record;

	if (imans_record_decode(ctx, raw, &record)) {
		event_malformed(pass, entry, IMANS_F_RECORD_MALFORMED);
		return 0;
	}
	if (mark->record_count == mark->record_room) {
		size_t room = mark->record_room ? mark->record_room * 2 : 64;

		new = realloc(mark->records, room * sizeof(*new));
		if (!new)
			return imans_err(ctx, -ENOMEM, "%s: out of memory",
					 pass->host->name);
		mark->records = new;
		mark->record_room = room;
	}
	new = &mark->records[mark->record_count++];
	memcpy(new->raw, raw, sizeof(new->raw));
	new->position = mark->next_position++;
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
	struct imans_host_mark *mark = &host->mark;
	struct imans_records records;

	if (imans_records_decode(host->ctx, view->buf, view->len, &records)) {
		event_malformed(pass, entry, IMANS_F_EVENT_MALFORMED);
		return 0;
	}
	if (!mark->has_boot) {
		imans_findings_add(pass->findings, IMANS_F_NO_BOOT, IMANS_FAIL,
				   0, entry->index, "%s: entry %" PRIu64
				   ": records without a boot event before them",
				   host->name, entry->index);
		return 0;
	}
	if (records.index != mark->next_index)
		imans_findings_add(pass->findings, IMANS_F_RECORD_INDEX,
				   IMANS_FAIL, 0, entry->index, "%s: entry %"
				   PRIu64 ": record %" PRIu64 " comes where %"
				   PRIu64 " must be", host->name, entry->index,
				   records.index, mark->next_index);
	mark->next_index = records.index + records.count;
	for (uint32_t i = 0; i < records.count; i++) {
		int ret = add_record(pass, entry,
				     records.records + i * IMANS_RECORD_SIZE,
				     records.index + i);

		if (ret)
			return ret;
	}
	return 0;
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
		imans_host_take_heads(pass->host, pass->findings, entry, view);
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
static void report_opaque(const struct pass *pass, const struct imans_run *run)
{
	if (run->count)
		imans_findings_add(pass->findings, IMANS_F_ENTRY_TEMPLATE,
				   IMANS_DOUBT, 0, run->first, "%s: entry %"
				   PRIu64 ": first of %" PRIu64 " entries in a "
				   "template that is not known",
				   pass->host->name, run->first, run->count);
}

/*
 * Events count only inside the prefix, but what breaks their rules is told of
 * wherever it stands.
 */
static int collect_records(const struct pass *pass,
			   const struct imans_place *end)
{
	struct imans_host *host = pass->host;
	size_t first = imans_findings_count(pass->findings);
	struct imans_run opaque = host->mark.opaque;
	struct imans_event_view view;
	const struct imans_entry *entry;

	for (uint64_t i = host->mark.place.entries; i < host->entries; i++) {
		int ret = imans_list_next(pass->list, &entry);

		if (ret)
			return ret;
		if (entry->hidden)
			host->mark.hidden += i < end->entries;
		else if (imans_entry_opaque(entry))
			imans_run_add(&opaque, i);
		ret = imans_event_check(entry, 0, pass->findings, &view);
		if (!ret && view.valid && i < end->entries)
			ret = take_event(pass, entry, &view);
		if (ret)
			return ret;
		if (i >= end->entries)
			continue;
		host->mark.opaque = opaque;
		if (i + 1 == end->entries)
			imans_findings_keep(pass->findings, first);
	}
	report_opaque(pass, &opaque);
	host->mark.place = *end;
	return 0;
}

/* The list from the mark on; `data` begins there. */
static int open_list(struct pass *pass, const void *data, size_t len,
		     const struct imans_host_opts *o, enum imans_header header)
{
	struct imans_list_opts opts = {
		.sz = sizeof(opts),
		.name = pass->host->name,
		.header = header,
		.redacted = o->redacted,
		.redacted_banks = o->redacted_banks,
	};
	int ret = imans_list_open_mem(pass->host->ctx, data, len, &opts,
				      &pass->list);

	if (!ret)
		imans_list_number(pass->list, &pass->host->mark.place);
	return ret;
}

/* Two passes: which events count is known only when the prefix is. */
static int prove(struct imans_host *host, const void *data, size_t len,
		 const struct imans_pcrs *quoted,
		 const struct imans_host_opts *opts,
		 struct imans_findings *findings)
{
	struct pass pass = { .host = host, .findings = findings };
	enum imans_header header;
	struct imans_place end;
	int ret = open_list(&pass, data, len, opts, opts->header);

	if (ret == -EBADMSG) {
		imans_findings_add(findings, IMANS_F_LIST_MALFORMED, IMANS_FAIL,
				   0, host->mark.place.entries, "%s",
				   imans_ctx_error(host->ctx));
		return 0;
	}
	if (ret)
		return ret;
	header = imans_list_header(pass.list);
	ret = find_prefix(&pass, quoted, opts->padded_banks, &end);
	imans_list_close(pass.list);
	if (ret || !host->proven)
		return ret;
	ret = open_list(&pass, data, len, opts, header);
	if (ret)
		return ret;
	ret = collect_records(&pass, &end);
	imans_list_close(pass.list);
	if (ret)
		return ret;
	if (host->mark.redacted)
		imans_host_end_at_heads(host, findings);
	return imans_host_index(host, findings);
}

int imans_host_prove_since(struct imans_ctx *ctx, struct imans_host_mark *mark,
			   const void *data, size_t len,
			   const struct imans_pcrs *quoted,
			   const struct imans_host_opts *opts,
			   struct imans_findings *findings,
			   struct imans_host **host)
{
	struct imans_host *new = calloc(1, sizeof(*new));
	int ret;

	if (!new) {
		imans_host_mark_free(mark);
		return imans_err(ctx, -ENOMEM, "host: out of memory");
	}
	new->ctx = ctx;
	new->mark = *mark;
	new->old_records = mark->taken;
	memset(mark, 0, sizeof(*mark));
	new->mark.redacted |= opts->redacted;
	if (opts->heads_nonce) {
		new->heads.wanted = true;
		memcpy(new->heads.nonce, opts->heads_nonce,
		       sizeof(new->heads.nonce));
	}
	new->name = strdup(opts->name ? opts->name : "host");
	ret = new->name ? prove(new, data, len, quoted, opts, findings) :
			  imans_err(ctx, -ENOMEM, "host: out of memory");
	if (!ret)
		ret = imans_findings_error(findings);
	if (ret) {
		imans_host_free(new);
		return ret;
	}
	*host = new;
	return 0;
}

IMANS_API int imans_host_prove(struct imans_ctx *ctx, const void *data,
			       size_t len, const struct imans_pcrs *quoted,
			       const struct imans_host_opts *opts,
			       struct imans_findings *findings,
			       struct imans_host **host)
{
	struct imans_host_mark start = { .next_index = 0 };
	struct imans_host_opts o;
	int ret;

	if (!host || !findings || !quoted || (!data && len))
		return imans_err(ctx, -EINVAL, "host: an argument is missing");
	if (!quoted->banks || quoted->banks & ~IMANS_ALL_BANKS)
		return imans_err(ctx, -EINVAL, "host: no bank that is known");
	ret = imans_opts_copy(ctx, &o, sizeof(o), opts);
	if (ret)
		return ret;
	return imans_host_prove_since(ctx, &start, data, len, quoted, &o,
				      findings, host);
}

void imans_host_mark_free(struct imans_host_mark *mark)
{
	free(mark->nodes);
	free(mark->records);
	memset(mark, 0, sizeof(*mark));
}

IMANS_API void imans_host_free(struct imans_host *host)
{
	if (!host)
		return;
	imans_host_mark_free(&host->mark);
	free(host->by_ns);
	free(host->name);
	free(host);
}

IMANS_API bool imans_host_proven(const struct imans_host *host)
{
	return host->proven;
}

IMANS_API uint64_t imans_host_prefix(const struct imans_host *host)
{
	return host->mark.place.entries;
}

IMANS_API uint64_t imans_host_entries(const struct imans_host *host)
{
	return host->entries;
}

IMANS_API int imans_host_boot(const struct imans_host *host,
			      struct imans_boot *boot)
{
	if (!host->mark.has_boot)
		return -ENODATA;
	*boot = host->mark.boot;
	return 0;
}

IMANS_API uint64_t imans_host_records(const struct imans_host *host)
{
	return host->mark.next_position;
}
