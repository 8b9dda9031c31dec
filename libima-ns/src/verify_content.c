// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rule 8 of a verifier: what was measured, against reference values. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_json.h"
#include "report.h"
#include "text.h"

#define DIGEST_TEXT	(32 + 2 * EVP_MAX_MD_SIZE + 2)

/* NULL stands for the host. */
static bool policy_counts(const struct imans_policy *policy, const char *label)
{
	return label ? imans_policy_matches(policy, label) :
		       imans_policy_is_host(policy);
}

static int select_policies(struct content_check *check, const char *label)
{
	check->policies = calloc(check->opts->policy_count + 1,
				 sizeof(*check->policies));
	if (!check->policies)
		return imans_err(check->ctx, -ENOMEM, "policy: out of memory");
	for (size_t i = 0; i < check->opts->policy_count; i++)
		if (policy_counts(check->opts->policies[i], label))
			check->policies[check->policy_count++] =
				check->opts->policies[i];
	return 0;
}

static void show_file(const struct imans_file *file,
		      char name[IMANS_SHOWN_SIZE], char text[DIGEST_TEXT])
{
	char algo[IMANS_SHOWN_SIZE];
	size_t at;

	imans_show(name, IMANS_SHOWN_SIZE, file->name, file->name_len);
	at = (size_t)snprintf(text, 34, "%s:",
			      imans_show(algo, sizeof(algo), file->algo,
					 strlen(file->algo)));
	imans_hex_print(text + at, file->digest,
			file->len < EVP_MAX_MD_SIZE ? file->len :
						      EVP_MAX_MD_SIZE);
}

static void report_file(const struct content_check *check, uint64_t index,
			const struct imans_file *file,
			enum imans_finding_code code,
			enum imans_severity severity, const char *reason)
{
	char name[IMANS_SHOWN_SIZE], digest[DIGEST_TEXT];

	show_file(file, name, digest);
	imans_findings_add(check->findings, code, severity, check->nsid, index,
			   "%s: entry %" PRIu64 ": %s: %s: %s", check->name,
			   index, name, digest, reason);
}

int imans_any_append(struct any_rules *rules, const char *text, uint64_t first,
		     uint64_t entries)
{
	struct any_rule *more;
	char *copy = strdup(text);

	more = realloc(rules->all, (rules->count + 1) * sizeof(*more));
	if (more)
		rules->all = more;
	if (!copy || !more) {
		free(copy);
		return -ENOMEM;
	}
	more[rules->count++] = (struct any_rule){ copy, first, entries };
	return 0;
}

int imans_any_copy(struct imans_ctx *ctx, const struct any_rules *from,
		   struct any_rules *to)
{
	for (size_t i = 0; i < from->count; i++)
		if (imans_any_append(to, from->all[i].text, from->all[i].first,
				     from->all[i].entries))
			return imans_err(ctx, -ENOMEM, "policy: out of memory");
	return 0;
}

void imans_any_free(struct any_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		free(rules->all[i].text);
	free(rules->all);
	memset(rules, 0, sizeof(*rules));
}

static int add_any(struct any_rules *rules, const char *text, uint64_t index)
{
	for (size_t i = 0; i < rules->count; i++)
		if (!strcmp(rules->all[i].text, text)) {
			rules->all[i].entries++;
			return 0;
		}
	return imans_any_append(rules, text, index, 1);
}

/* One finding for each pattern that lets files have any content. */
static int count_any(const struct content_check *check, uint64_t index,
		     const struct imans_decision *d)
{
	char *text;
	int err = imans_decision_text(d, &text);

	if (!err) {
		err = add_any(check->any, text, index);
		free(text);
	}
	if (err)
		return imans_err(check->ctx, err, "policy: out of memory");
	return 0;
}

static void report_any(const struct content_check *check)
{
	for (size_t i = 0; i < check->any->count; i++) {
		const struct any_rule *any = &check->any->all[i];

		imans_findings_add(check->findings, IMANS_F_NOT_COMPARED,
				   IMANS_DOUBT, check->nsid, any->first,
				   "%s: entry %" PRIu64 ": first of %" PRIu64 " that are %s",
				   check->name, any->first, any->entries,
				   any->text);
	}
}

static int report_decision(struct content_check *check, uint64_t index,
			   const struct imans_file *file,
			   const struct imans_decision *d)
{
	char *text;
	int err;

	if (d->match == IMANS_MATCH_ANY)
		return count_any(check, index, d);
	if (d->allowed && d->match != IMANS_MATCH_MEMFD)
		return 0;
	err = imans_decision_text(d, &text);
	if (err)
		return imans_err(check->ctx, err, "policy: out of memory");
	report_file(check, index, file, d->allowed ? IMANS_F_MEMFD :
		    d->sig == IMANS_SIG_BAD ? IMANS_F_SIGNATURE :
					      IMANS_F_NOT_IN_REFERENCE,
		    d->allowed ? IMANS_NOTE : IMANS_FAIL, text);
	free(text);
	return 0;
}

/* fs-verity's digest of a file is not that of its bytes. */
static bool comparable(const struct imans_file *file)
{
	enum imans_bank bank;

	return (!*file->type || !strcmp(file->type, "ima")) &&
	       !imans_bank_parse(file->algo, &bank);
}

static int decide(struct content_check *check, const struct content_file *f)
{
	struct imans_decision d;
	int err;

	if (!f->shown) {
		imans_findings_add(check->findings, IMANS_F_NO_DIGEST,
				   IMANS_FAIL, check->nsid, f->index,
				   "%s: entry %" PRIu64
				   ": no name and digest that could be compared",
				   check->name, f->index);
		return 0;
	}
	err = imans_policies_decide_expected(check->ctx, check->policies,
					     check->policy_count, &f->file,
					     &f->hint, &d);
	if (err)
		return err;
	if (check->opts->explain)
		check->opts->explain(check->opts->explain_user, check->nsid,
				     f->index, &f->file, &d);
	if (d.allowed || comparable(&f->file))
		return report_decision(check, f->index, &f->file, &d);
	report_file(check, f->index, &f->file, IMANS_F_NO_DIGEST, IMANS_FAIL,
		    "not a digest that reference values have");
	return 0;
}

static struct content_file *pending(struct content_check *check, size_t n)
{
	return &check->pending[n % CONTENT_PENDING];
}

/* The entry's data stays where it is as long as the evidence does. */
static int take_file(struct content_check *check,
		     const struct imans_entry *entry)
{
	struct content_file *f;

	if (check->taken == check->decided + CONTENT_PENDING) {
		int err = decide(check, pending(check, check->decided++));

		if (err)
			return err;
	}
	f = pending(check, check->taken);
	f->index = imans_entry_index(entry);
	f->shown = !imans_entry_file(entry, &f->file, &f->digest);
	if (f->shown)
		imans_policies_expect(check->policies, check->policy_count,
				      &f->file, &f->hint);
	if (check->taken - check->decided >= CONTENT_PENDING / 2) {
		f = pending(check, check->taken - CONTENT_PENDING / 2);
		if (f->shown)
			imans_policies_expect_more(check->policies, &f->hint);
	}
	check->taken++;
	return 0;
}

/* What was taken is decided, and stays found in later rounds. */
static int decide_rest(struct content_check *check, size_t first)
{
	int err = 0;

	while (!err && check->decided < check->taken)
		err = decide(check, pending(check, check->decided++));
	imans_findings_keep(check->findings, first);
	if (!err)
		report_any(check);
	return err;
}

static void check_ns_policy(const struct content_check *check,
			    const uint8_t digest[IMANS_HASH_SIZE])
{
	char text[2 * IMANS_HASH_SIZE + 1];

	if (!memcmp(digest, imans_default_policy_digest, IMANS_HASH_SIZE))
		return;
	for (size_t i = 0; i < check->policy_count; i++)
		if (imans_policy_allows(check->policies[i], digest))
			return;
	imans_hex_print(text, digest, IMANS_HASH_SIZE);
	imans_findings_add(check->findings, IMANS_F_NS_POLICY, IMANS_FAIL,
			   check->nsid, 0,
			   "%s: entry 0: measured by policy %s, which is not allowed",
			   check->name, text);
}

static int begin_ns(struct content_check *check,
		    const struct imans_create *create)
{
	int err = select_policies(check, create->label);

	if (err)
		return err;
	check->begun = true;
	check_ns_policy(check, create->policy_digest);
	for (size_t i = 0; i < check->policy_count; i++)
		check->opaque |= imans_policy_is_opaque(check->policies[i]);
	if (!check->policy_count)
		imans_findings_add(check->findings, IMANS_F_NO_REFERENCE,
				   IMANS_DOUBT, check->nsid, IMANS_NO_ENTRY,
				   "%s: no reference values for the label %s",
				   check->name, create->label);
	check->first = imans_findings_count(check->findings);
	return 0;
}

/* "enter" shows a file, no other event does. */
static bool shows_file(enum imans_event event)
{
	return event == IMANS_EVENT_NONE || event == IMANS_EVENT_ENTER;
}

static int take_ns_entry(struct content_check *check,
			 const struct imans_entry *entry,
			 enum imans_event event)
{
	check->next++;
	/* A violation has no digest; the proof has reported it. */
	if (!shows_file(event) || imans_entry_violation(entry))
		return 0;
	return take_file(check, entry);
}

typedef int (*entry_fn)(struct content_check *check,
			const struct imans_entry *entry,
			enum imans_event event);

/* Call for each entry of the view that stands before `end`. */
static int each_entry(struct content_check *check, uint64_t end, entry_fn fn)
{
	struct imans_list *list;
	int err = imans_view_open(check->ctx, check->view, check->name, &list);

	if (err)
		return err;
	for (uint64_t i = check->view->place.entries; !err && i < end; i++) {
		const struct imans_entry *entry;
		enum imans_event event = IMANS_EVENT_NONE;

		err = imans_list_next(list, &entry);
		if (err || !entry)
			break;
		/* Without a name it is no event; it will be reported. */
		if (imans_entry_event(entry, &event))
			event = IMANS_EVENT_NONE;
		err = fn(check, entry, event);
	}
	imans_list_close(list);
	return err;
}

int imans_content_take(void *user, const struct imans_proof *proof,
		       const struct imans_entry *entry, enum imans_event event)
{
	struct content_check *check = user;
	int err = 0;

	if (!proof->info.has_create)
		return 0;
	if (!check->begun)
		err = begin_ns(check, &proof->create);
	if (err || !check->policy_count)
		return err;
	/* Those that this one has proven with it. */
	if (check->next < imans_entry_index(entry))
		err = each_entry(check, imans_entry_index(entry),
				 take_ns_entry);
	return err ? err : take_ns_entry(check, entry, event);
}

int imans_content_end_ns(struct content_check *check,
			 const struct imans_create *create)
{
	int err = check->begun || !create ? 0 : begin_ns(check, create);

	if (!err && check->policy_count)
		err = decide_rest(check, check->first);
	free(check->policies);
	return err;
}

/*
 * What the kernel read of PCRs 0 to 9 when IMA began must be what is quoted, or
 * they were extended by somebody else since.
 */
static int check_boot_aggregate(const struct content_check *check,
				const struct imans_entry *entry)
{
	const struct imans_pcrs *boot = check->quote->boot;
	uint8_t pcrs[IMANS_BOOT_PCRS * IMANS_DIGEST_MAX];

	for (int b = 0; b < IMANS_BANKS; b++) {
		size_t size = imans_bank_size(b);
		bool quoted = true;
		int err;

		for (int i = 0; i < IMANS_BOOT_PCRS; i++) {
			quoted &= !!(boot[i].banks & IMANS_BANK(b));
			memcpy(pcrs + i * size, boot[i].value[b], size);
		}
		if (!quoted)
			continue;
		err = imans_entry_check_boot_aggregate(entry, b, pcrs,
						       IMANS_BOOT_PCRS * size);
		if (err == -EBADMSG)
			imans_findings_add(check->findings,
					   IMANS_F_BOOT_AGGREGATE, IMANS_FAIL,
					   0, 0,
					   "%s: entry 0: boot_aggregate is not that of the quoted PCRs 0 to 9",
					   check->name);
		else if (err && err != -ENODATA)
			return err;
	}
	return 0;
}

static int check_host_entry(struct content_check *check,
			    const struct imans_entry *entry,
			    enum imans_event event)
{
	uint64_t index = imans_entry_index(entry);
	const char *name;
	size_t len;

	if (!shows_file(event))
		return 0;
	if (imans_entry_violation(entry)) {
		imans_run_add(check->violations, index);
		return 0;
	}
	if (!index && check->opts->boot_ref_count &&
	    !imans_entry_hidden(entry)) {
		int err = check_boot_aggregate(check, entry);

		if (err)
			return err;
	}
	/* What is hidden the operator saw. */
	if (!check->policy_count || imans_entry_hidden(entry))
		return 0;
	/* Nothing is measured before it, so no file can take its place. */
	if (!index && !imans_entry_name(entry, &name, &len) &&
	    len == strlen("boot_aggregate") &&
	    !memcmp(name, "boot_aggregate", len))
		return 0;
	return take_file(check, entry);
}

int imans_content_check_host(struct content_check *check)
{
	const struct imans_run *violations = check->violations;
	size_t first = imans_findings_count(check->findings);
	int err = select_policies(check, NULL);

	if (err)
		return err;
	err = each_entry(check, check->proven, check_host_entry);
	if (!err)
		err = decide_rest(check, first);
	free(check->policies);
	if (!err && !check->policy_count)
		imans_findings_add(check->findings, IMANS_F_NODE_UNCHECKED,
				   IMANS_DOUBT, 0, IMANS_NO_ENTRY,
				   "%s: its own measurements not checked: no reference given",
				   check->name);
	if (!err && violations->count)
		imans_findings_add(check->findings, IMANS_F_NODE_VIOLATION,
				   IMANS_DOUBT, 0, violations->first,
				   "%s: entry %" PRIu64 ": first of %" PRIu64 " violations",
				   check->name, violations->first, violations->count);
	return err;
}
