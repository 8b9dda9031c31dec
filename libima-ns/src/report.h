/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verdicts in the making. */
#ifndef IMANS_REPORT_H
#define IMANS_REPORT_H

#include "findings.h"
#include "list.h"
#include "policy.h"
#include "proof.h"

struct evidence_ns;
struct imans_host;
struct imans_host_node;

/**
 * struct report_seen - what a signed verdict says of a namespace's records
 * @looked: they are there, and so were the list and its key
 * @records: their number in what was quoted
 * @digest: over them
 * @create_data: template data of the list's entry 0, if it could be read
 * @create_len: its length
 * @create_key: the key of its record
 */
struct report_seen {
	bool looked;
	uint64_t records;
	uint8_t digest[IMANS_HASH_SIZE];
	uint8_t *create_data;
	size_t create_len;
	uint8_t create_key[IMANS_KEY_SIZE];
};

/**
 * struct report_ground - what a signed verdict says it stands on
 * @asked: the report is to be signed
 * @host_appraised: a policy is for what the host itself executes
 * @kept: the rest is valid: the host's list was proven, and has a boot event
 * @boot_id: of the last boot event
 * @ak_name: of the attestation key
 * @nonce: what was verified with
 * @nonce_len: its length
 * @records: of this boot, in what was quoted
 */
struct report_ground {
	bool asked;
	bool host_appraised;
	bool kept;
	uint8_t boot_id[IMANS_BOOT_ID_SIZE];
	uint8_t ak_name[34];
	uint8_t nonce[IMANS_NONCE_MAX];
	size_t nonce_len;
	uint64_t records;
};
struct state_subject;

/* Part of a list: `data` is what follows a place. */
struct list_view {
	enum imans_header header;
	bool redacted;			/* the host's: see imans_list_opts */
	uint32_t redacted_banks;
	struct imans_place place;
	const uint8_t *data;
	size_t len;
};

/* To be closed. Entries and messages are numbered as in the whole list. */
int imans_view_open(struct imans_ctx *ctx, const struct list_view *view,
		    const char *name, struct imans_list **list);

/* A pattern that lets files have any content, and how often it did. */
struct any_rule {
	char *text;			/* of the decision */
	uint64_t first;
	uint64_t entries;
};

/* All of them; zeroed, it is empty. */
struct any_rules {
	struct any_rule *all;
	size_t count;
};

/* One that is not there yet: that often, from that entry on. -ENOMEM. */
int imans_any_append(struct any_rules *rules, const char *text, uint64_t first,
		     uint64_t entries);
/* All of another's. -ENOMEM, with its line. */
int imans_any_copy(struct imans_ctx *ctx, const struct any_rules *from,
		   struct any_rules *to);
void imans_any_free(struct any_rules *rules);

/**
 * struct report_subject - the node, or one namespace
 * @pub: what callers see; its strings are the two below
 * @label: from CREATE, "" if not known
 * @path: ids from the host's child down
 * @findings: all findings on it
 * @carried: the evidence's namespace, or NULL
 * @since: what earlier rounds found out about it, or NULL
 * @examined: entries of its list that were read
 * @view: of its list, what they had not proven
 * @proof: of its list, theirs included
 * @any: what its content was not compared with, theirs included
 * @recorded: the host's list has records of it
 * @opened: its list was proven from CREATE to its last record
 * @create: CREATE, if @has_create
 * @has_create: @create is valid
 * @opaque: a policy allows that its descendants are not opened
 * @depth: how many namespaces stand in its path
 * @ended: the host's list has its DESTROY
 * @unaccounted: there are records that nothing opens
 * @delegated: its tenant's signed verdict stands in place of an opening; the
 *	       key's name in hexadecimal, or empty
 * @seen: of a namespace, if the report is to be signed
 */
struct report_subject {
	struct imans_subject pub;
	char *label;
	char *path;
	struct imans_findings *findings;
	const struct evidence_ns *carried;
	const struct state_subject *since;
	uint64_t examined;
	struct list_view view;
	struct imans_proof proof;
	struct any_rules any;
	bool recorded;
	bool opened;
	struct imans_create create;
	bool has_create;
	bool opaque;
	uint32_t depth;
	bool ended;
	bool unaccounted;
	char delegated[2 * IMANS_HASH_SIZE + 1];
	struct report_seen seen;
};

/**
 * struct imans_report - verdicts
 * @subjects: the node, then namespaces by rising id
 * @count: their number
 * @quote: what the quote said
 * @examined: entries of all lists that were read
 * @boot: the best verdict that the boot allows
 * @ctx: where errors go
 * @host_verdict: the node's, namespaces that are unaccounted for left aside
 * @ground: if the report is to be signed
 */
struct imans_report {
	struct report_subject *subjects;
	size_t count;
	struct imans_quote quote;
	uint64_t examined;
	enum imans_verdict boot;
	struct imans_ctx *ctx;
	enum imans_verdict host_verdict;
	struct report_ground ground;
};

/* A subject as in imans_report_json(); NULL: no memory. */
struct json_object;
struct json_object *imans_report_subject_json(const struct imans_report *report,
					      size_t n);

/* "note", "doubt" or "fail". */
const char *imans_severity_name(enum imans_severity severity);

/* NULL if there is none of that id. */
struct report_subject *imans_report_find(const struct imans_report *report,
					 uint64_t id);

/* A file that is to be compared; see CONTENT_PENDING. */
struct content_file {
	uint64_t index;			/* of its entry */
	bool shown;			/* what follows is there */
	struct policy_hint hint;
	struct imans_file file;
	struct imans_file_digest digest;
};

/*
 * Files are compared some entries after they were read: what they are compared
 * with has come from memory by then.
 */
#define CONTENT_PENDING	4

/*
 * Content: rule 8 of a verifier, for those of a list's first `proven` entries
 * that were not looked at in earlier rounds. `violations` of the host go on.
 */
struct content_check {
	struct imans_ctx *ctx;
	const struct imans_verify_opts *opts;
	struct imans_findings *findings;
	const char *name;		/* of the list, in messages */
	uint64_t nsid;
	const struct list_view *view;
	const struct imans_quote *quote;	/* the host's: of boot_aggregate */
	uint64_t proven;		/* of the host's entries */
	struct imans_run *violations;

	/* While it is checked: the policies that count, and what they skip. */
	bool begun;
	bool opaque;
	uint64_t next;			/* entry of a namespace's list */
	size_t first;			/* number of the first entry's finding */
	struct imans_policy **policies;
	size_t policy_count;
	struct any_rules *any;
	struct content_file pending[CONTENT_PENDING];
	size_t taken, decided;
};

/*
 * A namespace's measurements against the policies that match its label: each
 * entry that is proven (the function for imans_proof_watch), then the end.
 * Findings are to be held back meanwhile: those of the proof come first.
 */
int imans_content_take(void *check, const struct imans_proof *proof,
		       const struct imans_entry *entry, enum imans_event event);
int imans_content_end_ns(struct content_check *check,
			 const struct imans_create *create);
/* The host's, against the policies that say so; and its violations. */
int imans_content_check_host(struct content_check *check);

/* A finding's meaning for the verdict. */
enum imans_verdict imans_finding_weigh(const struct imans_finding *f);

#endif /* IMANS_REPORT_H */
