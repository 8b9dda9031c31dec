// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rule 8 of a verifier: what was measured, against reference values. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "text.h"

#define DIGEST_TEXT	(32 + 2 * EVP_MAX_MD_SIZE + 2)

/* What the policies that count say of one file. */
struct lookup {
	enum imans_match match;
	const char *where;
};

/* NULL stands for the host. */
static bool policy_counts(const struct imans_policy *policy, const char *label)
{
	return label ? imans_policy_matches(policy, label) :
		       imans_policy_is_host(policy);
}

static bool any_policy(const struct content_check *check, const char *label)
{
	for (size_t i = 0; i < check->opts->policy_count; i++)
		if (policy_counts(check->opts->policies[i], label))
			return true;
	return false;
}

static int rank(enum imans_match match)
{
	switch (match) {
	case IMANS_MATCH_PATH:
		return 3;
	case IMANS_MATCH_MEMFD:
		return 2;
	case IMANS_MATCH_ELSEWHERE:
		return 1;
	default:
		return 0;
	}
}

static void look_up(const struct content_check *check, const char *label,
		    const char *name, size_t len, enum imans_bank bank,
		    const struct imans_file_digest *digest,
		    struct lookup *result)
{
	for (size_t i = 0; i < check->opts->policy_count; i++) {
		struct imans_policy *policy = check->opts->policies[i];
		enum imans_match match;
		const char *where = NULL;

		if (!policy_counts(policy, label))
			continue;
		match = imans_policy_lookup(policy, name, len, bank,
					    digest->digest, digest->len,
					    &where);
		if (rank(match) > rank(result->match)) {
			result->match = match;
			result->where = where;
		}
	}
}

static void show_digest(const struct imans_file_digest *digest,
			char text[DIGEST_TEXT])
{
	char algo[IMANS_SHOWN_SIZE];
	size_t at = (size_t)snprintf(text, 34, "%s:",
				     imans_show(algo, sizeof(algo), digest->algo,
						strlen(digest->algo)));

	for (size_t i = 0; i < digest->len && i < EVP_MAX_MD_SIZE; i++)
		at += (size_t)sprintf(text + at, "%02x", digest->digest[i]);
}

static void report_file(const struct content_check *check, uint64_t index,
			const char *name, const char *digest,
			const struct lookup *result)
{
	char where[IMANS_SHOWN_SIZE] = "";

	if (result->where)
		imans_show(where, sizeof(where), result->where,
			   strlen(result->where));
	switch (result->match) {
	case IMANS_MATCH_PATH:
		return;
	case IMANS_MATCH_MEMFD:
		imans_findings_add(check->findings, IMANS_F_MEMFD, IMANS_NOTE,
				   check->nsid, index,
				   "%s: entry %" PRIu64
				   ": %s: %s: accepted, the content is that of %s",
				   check->name, index, name, digest, where);
		return;
	case IMANS_MATCH_ELSEWHERE:
		imans_findings_add(check->findings, IMANS_F_NOT_IN_REFERENCE,
				   IMANS_FAIL, check->nsid, index,
				   "%s: entry %" PRIu64
				   ": %s: %s: not in the reference values, which list this content as %s",
				   check->name, index, name, digest, where);
		return;
	default:
		imans_findings_add(check->findings, IMANS_F_NOT_IN_REFERENCE,
				   IMANS_FAIL, check->nsid, index,
				   "%s: entry %" PRIu64 ": %s: %s: not in the reference values",
				   check->name, index, name, digest);
	}
}

/* A file as an entry shows it. */
struct shown_file {
	const char *name;
	size_t len;
	struct imans_file_digest digest;
};

/* By a measurement's fields, or inside of the buffer of "enter". */
static int get_file(const struct content_check *check,
		    const struct imans_entry *entry, struct shown_file *file)
{
	enum imans_event event = IMANS_EVENT_NONE;
	struct imans_enter enter;
	const uint8_t *buf;
	size_t len;
	int err;

	if (imans_entry_event(entry, &event) || event != IMANS_EVENT_ENTER) {
		err = imans_entry_name(entry, &file->name, &file->len);
		return err ? err : imans_entry_file_digest(entry, &file->digest);
	}
	err = imans_entry_buf(entry, &buf, &len);
	err = err ? err : imans_enter_decode(check->ctx, buf, len, &enter);
	/* The end of a path is not the path that reference values have. */
	if (err || enter.cut)
		return err ? err : -ENODATA;
	file->name = enter.path;
	file->len = enter.path_len;
	file->digest = enter.digest;
	return 0;
}

static void check_file(const struct content_check *check, const char *label,
		       const struct imans_entry *entry)
{
	struct lookup result = { IMANS_MATCH_NONE, NULL };
	uint64_t index = imans_entry_index(entry);
	char shown[IMANS_SHOWN_SIZE], text[DIGEST_TEXT];
	struct shown_file file;
	enum imans_bank bank;

	if (get_file(check, entry, &file)) {
		imans_findings_add(check->findings, IMANS_F_NO_DIGEST,
				   IMANS_FAIL, check->nsid, index,
				   "%s: entry %" PRIu64
				   ": no name and digest that could be compared",
				   check->name, index);
		return;
	}
	imans_show(shown, sizeof(shown), file.name, file.len);
	show_digest(&file.digest, text);
	/* fs-verity's digest of a file is not that of its bytes. */
	if ((*file.digest.type && strcmp(file.digest.type, "ima")) ||
	    imans_bank_parse(file.digest.algo, &bank)) {
		imans_findings_add(check->findings, IMANS_F_NO_DIGEST,
				   IMANS_FAIL, check->nsid, index,
				   "%s: entry %" PRIu64
				   ": %s: %s: not a digest that reference values have",
				   check->name, index, shown, text);
		return;
	}
	look_up(check, label, file.name, file.len, bank, &file.digest, &result);
	report_file(check, index, shown, text, &result);
}

typedef void (*entry_fn)(const struct content_check *check, const char *label,
			 const struct imans_entry *entry, void *user);

/* Call for each proven entry that shows a file: "enter" does, no other event. */
static int each_entry(const struct content_check *check, const char *label,
		      entry_fn fn, void *user)
{
	const struct imans_list_opts opts = {
		.sz = sizeof(opts),
		.name = check->name,
		.header = check->header,
		.redacted = check->redacted,
		.redacted_banks = check->redacted_banks,
	};
	struct imans_list *list;
	int err = imans_list_open_mem(check->ctx, check->list, check->list_len,
				      &opts, &list);

	if (err)
		return err;
	for (uint64_t i = 0; !err && i < check->proven; i++) {
		const struct imans_entry *entry;
		enum imans_event event = IMANS_EVENT_NONE;

		err = imans_list_next(list, &entry);
		if (err || !entry)
			break;
		/* Without a name it is no event; it will be reported. */
		if (imans_entry_event(entry, &event))
			event = IMANS_EVENT_NONE;
		if (event == IMANS_EVENT_NONE || event == IMANS_EVENT_ENTER)
			fn(check, label, entry, user);
	}
	imans_list_close(list);
	return err;
}

static void check_ns_entry(const struct content_check *check, const char *label,
			   const struct imans_entry *entry, void *user)
{
	(void)user;
	/* A violation has no digest; the proof has reported it. */
	if (!imans_entry_violation(entry))
		check_file(check, label, entry);
}

static void check_ns_policy(const struct content_check *check,
			    const struct report_subject *subject)
{
	const uint8_t *digest = subject->create.policy_digest;
	char text[2 * IMANS_HASH_SIZE + 1];

	if (!memcmp(digest, imans_default_policy_digest, IMANS_HASH_SIZE))
		return;
	for (size_t i = 0; i < check->opts->policy_count; i++)
		if (policy_counts(check->opts->policies[i], subject->label) &&
		    imans_policy_allows(check->opts->policies[i], digest))
			return;
	for (int i = 0; i < IMANS_HASH_SIZE; i++)
		sprintf(text + 2 * i, "%02x", digest[i]);
	imans_findings_add(check->findings, IMANS_F_NS_POLICY, IMANS_FAIL,
			   check->nsid, 0,
			   "%s: entry 0: measured by policy %s, which is not allowed",
			   check->name, text);
}

int imans_content_check_ns(const struct content_check *check,
			   struct report_subject *subject)
{
	check_ns_policy(check, subject);
	for (size_t i = 0; i < check->opts->policy_count; i++) {
		struct imans_policy *policy = check->opts->policies[i];

		if (policy_counts(policy, subject->label) &&
		    imans_policy_is_opaque(policy))
			subject->opaque = true;
	}
	if (!any_policy(check, subject->label)) {
		imans_findings_add(check->findings, IMANS_F_NO_REFERENCE,
				   IMANS_DOUBT, check->nsid, IMANS_NO_ENTRY,
				   "%s: no reference values for the label %s",
				   check->name, subject->label);
		return 0;
	}
	return each_entry(check, subject->label, check_ns_entry, NULL);
}

/* What a pass over the host's entries learns. */
struct host_pass {
	bool compare;
	uint64_t violations;
	uint64_t first;
};

static void check_host_entry(const struct content_check *check,
			     const char *label, const struct imans_entry *entry,
			     void *user)
{
	struct host_pass *pass = user;
	uint64_t index = imans_entry_index(entry);
	const char *name;
	size_t len;

	if (imans_entry_violation(entry)) {
		if (!pass->violations++)
			pass->first = index;
		return;
	}
	/* The operator saw what it was. */
	if (!pass->compare || imans_entry_hidden(entry))
		return;
	/* Nothing is measured before it, so no file can take its place. */
	if (!index && !imans_entry_name(entry, &name, &len) &&
	    len == strlen("boot_aggregate") &&
	    !memcmp(name, "boot_aggregate", len))
		return;
	check_file(check, label, entry);
}

int imans_content_check_host(const struct content_check *check)
{
	struct host_pass pass = { .compare = any_policy(check, NULL) };
	int err = each_entry(check, NULL, check_host_entry, &pass);

	if (!err && !pass.compare)
		imans_findings_add(check->findings, IMANS_F_NODE_UNCHECKED,
				   IMANS_DOUBT, 0, IMANS_NO_ENTRY,
				   "%s: its own measurements not checked: no reference given",
				   check->name);
	if (!err && pass.violations)
		imans_findings_add(check->findings, IMANS_F_NODE_VIOLATION,
				   IMANS_DOUBT, 0, pass.first,
				   "%s: entry %" PRIu64 ": first of %" PRIu64 " violations",
				   check->name, pass.first, pass.violations);
	return err;
}
