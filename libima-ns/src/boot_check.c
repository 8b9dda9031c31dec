// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rule 2 of a verifier: what booted, against reference values. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot_check.h"
#include "bootref.h"
#include "findings.h"
#include "fwlog.h"
#include "json_text.h"
#include "text.h"

/* One reference in the making of its verdict. */
struct match {
	const struct boot_check *check;
	const struct imans_bootref *ref;
	struct imans_findings *findings;
	uint32_t banks;			/* in which the log holds */
	uint32_t by_value;		/* PCRs that have a listed value */
	bool *used[IMANS_BOOT_PCRS];	/* rules that an event has taken */
	size_t next[IMANS_BOOT_PCRS];	/* rule that must come next, if ordered */
};

static void found(struct match *m, enum imans_finding_code code,
		  enum imans_severity severity, int pcr, const char *text)
{
	imans_findings_add(m->findings, code, severity, 0, IMANS_NO_ENTRY,
			   "boot: PCR %d: %s", pcr, text);
}

/* PCRs whose quoted value is listed need no log. */
static void match_values(struct match *m)
{
	for (int i = 0; i < IMANS_BOOT_PCRS; i++)
		if (boot_values_have(&m->ref->pcr[i].values,
				     &m->check->quote->boot[i],
				     IMANS_ALL_BANKS))
			m->by_value |= 1U << i;
}

/* Whether a PCR's events are to be compared. */
static bool by_event(const struct match *m, unsigned int pcr)
{
	return m->ref->pcr[pcr].by_event && !m->ref->pcr[pcr].ignored &&
	       !(m->by_value & 1U << pcr);
}

static bool needs_log(const struct match *m)
{
	for (unsigned int i = 0; i < IMANS_BOOT_PCRS; i++)
		if (by_event(m, i))
			return true;
	return false;
}

/*
 * The rule that an event takes: of those that allow it the one with the fewest
 * other digests, so that what follows finds the others free.
 */
static const struct boot_rule *find_rule(const struct match *m,
					 const struct imans_fw_event *event)
{
	const struct boot_pcr *pcr = &m->ref->pcr[event->pcr];
	const struct boot_rule *best = NULL;

	for (size_t i = 0; i < pcr->count; i++) {
		const struct boot_rule *rule = &pcr->rules[i];

		if (rule->type == event->type && !m->used[event->pcr][i] &&
		    (!best || rule->allowed.count < best->allowed.count) &&
		    boot_values_have(&rule->allowed, &event->digests, m->banks))
			best = rule;
	}
	return best;
}

/* The log's own words on an event are a claim, and are called so. */
static void report_event(struct match *m, const struct imans_fw_event *event)
{
	char text[IMANS_SHOWN_SIZE], hex[2 * IMANS_DIGEST_MAX + 1];
	const char *type = imans_fw_type_name(event->type);
	enum imans_bank bank = IMANS_SHA256;

	while (!(m->banks & IMANS_BANK(bank)))
		bank = (bank + 1) % IMANS_BANKS;
	imans_hex_print(hex, event->digests.value[bank], imans_bank_size(bank));
	imans_fw_event_text(event, text, sizeof(text));
	imans_findings_add(m->findings, IMANS_F_BOOT_EVENT, IMANS_FAIL, 0,
			   IMANS_NO_ENTRY,
			   "boot: PCR %" PRIu32 ": event %" PRIu64
			   ": %s: %s:%s: not in the references; the log calls it \"%s\"",
			   event->pcr, event->index,
			   type ? type : "unknown type", imans_bank_name(bank),
			   hex, text);
}

static void report_missing(struct match *m, int pcr,
			   const struct boot_rule *rule)
{
	const char *type = imans_fw_type_name(rule->type);
	char name[IMANS_SHOWN_SIZE];

	imans_findings_add(m->findings, IMANS_F_BOOT_MISSING, IMANS_FAIL, 0,
			   IMANS_NO_ENTRY,
			   "boot: PCR %d: %s: \"%s\" of the references is missing",
			   pcr, type ? type : "unknown type",
			   imans_show(name, sizeof(name), rule->name,
				      strlen(rule->name)));
}

/* The rule from `at` on that a log must have; the PCR's count if there is none. */
static size_t required_from(const struct boot_pcr *pcr, size_t at)
{
	while (at < pcr->count && !pcr->rules[at].required)
		at++;
	return at;
}

/*
 * Whichever rules its events take: if any choice of them has the required ones in
 * order, taking each as early as it comes is one.
 */
static void follow_order(struct match *m, const struct imans_fw_event *event)
{
	const struct boot_pcr *pcr = &m->ref->pcr[event->pcr];
	size_t at = required_from(pcr, m->next[event->pcr]);

	if (at < pcr->count && pcr->rules[at].type == event->type &&
	    boot_values_have(&pcr->rules[at].allowed, &event->digests,
			     m->banks))
		at++;
	m->next[event->pcr] = at;
}

static void check_order(struct match *m, int number)
{
	const struct boot_pcr *pcr = &m->ref->pcr[number];
	size_t at = required_from(pcr, m->next[number]);
	char name[IMANS_SHOWN_SIZE];
	const char *type;

	if (!pcr->ordered || at == pcr->count)
		return;
	type = imans_fw_type_name(pcr->rules[at].type);
	imans_findings_add(m->findings, IMANS_F_BOOT_ORDER, IMANS_FAIL, 0,
			   IMANS_NO_ENTRY,
			   "boot: PCR %d: %s: \"%s\" of the references does not come where they have it",
			   number, type ? type : "unknown type",
			   imans_show(name, sizeof(name), pcr->rules[at].name,
				      strlen(pcr->rules[at].name)));
}

/* What a PCR lacks; if it has all, whether in their order. */
static void check_pcr(struct match *m, int number)
{
	const struct boot_pcr *pcr = &m->ref->pcr[number];
	bool missing = false;

	if (!by_event(m, (unsigned int)number))
		return;
	for (size_t r = 0; r < pcr->count; r++) {
		if (!pcr->rules[r].required || m->used[number][r])
			continue;
		report_missing(m, number, &pcr->rules[r]);
		missing = true;
	}
	if (!missing)
		check_order(m, number);
}

static int match_events(struct match *m)
{
	const struct imans_fw_event *event;
	struct imans_fwlog *log;
	int err = imans_fwlog_open_mem(m->check->ctx, m->check->log,
				       m->check->log_len, NULL, &log);

	if (err)
		return err;
	while (!(err = imans_fwlog_next(log, &event)) && event) {
		const struct boot_rule *rule;

		if (event->type == EV_NO_ACTION ||
		    event->pcr >= IMANS_BOOT_PCRS || !by_event(m, event->pcr))
			continue;
		follow_order(m, event);
		rule = find_rule(m, event);
		if (rule)
			m->used[event->pcr][rule -
				m->ref->pcr[event->pcr].rules] = true;
		else
			report_event(m, event);
	}
	imans_fwlog_close(log);
	for (int i = 0; !err && i < IMANS_BOOT_PCRS; i++)
		check_pcr(m, i);
	return err;
}

static void check_listed(struct match *m)
{
	for (int i = 0; i < IMANS_BOOT_PCRS; i++) {
		const struct boot_pcr *pcr = &m->ref->pcr[i];

		if (!pcr->listed)
			found(m, IMANS_F_BOOT_UNLISTED, IMANS_DOUBT, i,
			      "the references say nothing of it");
		else if (pcr->ignored)
			found(m, IMANS_F_BOOT_IGNORED, IMANS_NOTE, i,
			      "not compared, as the references say");
		else if (!pcr->by_event && !(m->by_value & 1U << i) &&
			 !m->check->quote->boot[i].banks)
			found(m, IMANS_F_BOOT_NOT_QUOTED, IMANS_DOUBT, i,
			      "not quoted");
		else if (!pcr->by_event && !(m->by_value & 1U << i))
			found(m, IMANS_F_BOOT_VALUE, IMANS_FAIL, i,
			      "its value is not in the references");
	}
}

static int match(struct match *m)
{
	int err = 0;

	match_values(m);
	check_listed(m);
	if (!needs_log(m))
		return 0;
	if (!m->check->log) {
		imans_findings_add(m->findings, IMANS_F_BOOT_NO_LOG,
				   IMANS_DOUBT, 0, IMANS_NO_ENTRY,
				   "boot: the evidence has no firmware log to compare with the references");
		return 0;
	}
	/* Without a bank in which the log holds its events tell nothing. */
	if (!m->banks)
		return 0;
	for (int i = 0; !err && i < IMANS_BOOT_PCRS; i++) {
		m->used[i] = calloc(m->ref->pcr[i].count + 1,
				    sizeof(*m->used[i]));
		if (!m->used[i])
			err = imans_err(m->check->ctx, -ENOMEM,
					"boot: out of memory");
	}
	if (!err)
		err = match_events(m);
	for (int i = 0; i < IMANS_BOOT_PCRS; i++)
		free(m->used[i]);
	return err;
}

/* ------------------------------------------------------------- all of it */

static size_t count_of(const struct imans_findings *findings,
		       enum imans_severity least)
{
	const struct imans_finding *f;
	size_t count = 0;

	for (size_t i = 0; (f = imans_findings_get(findings, i)); i++)
		count += f->severity >= least;
	return count;
}

/* Fewer that fail, then fewer that doubt. */
static bool better(const struct imans_findings *a,
		   const struct imans_findings *b)
{
	size_t fails_a = count_of(a, IMANS_FAIL);
	size_t fails_b = count_of(b, IMANS_FAIL);

	if (fails_a != fails_b)
		return fails_a < fails_b;
	return count_of(a, IMANS_DOUBT) < count_of(b, IMANS_DOUBT);
}

/* Findings of the reference that comes closest. -ENOMEM. */
static int match_closest(const struct boot_check *check, uint32_t banks,
			 struct imans_findings **closest)
{
	int err = 0;

	*closest = NULL;
	for (size_t i = 0; !err && i < check->ref_count; i++) {
		struct match m = {
			.check = check, .ref = check->refs[i], .banks = banks,
		};

		err = imans_findings_new(&m.findings);
		if (!err)
			err = match(&m);
		if (!err && (!*closest || better(m.findings, *closest))) {
			imans_findings_free(*closest);
			*closest = m.findings;
		} else {
			imans_findings_free(m.findings);
		}
	}
	if (err)
		imans_findings_free(*closest);
	return err;
}

enum imans_verdict imans_boot_weigh(const struct imans_finding *f)
{
	if (f->severity != IMANS_DOUBT)
		return f->severity == IMANS_FAIL ? IMANS_UNTRUSTED :
						   IMANS_TRUSTED;
	switch (f->code) {
	case IMANS_F_BOOT_NO_LOG:
	case IMANS_F_BOOT_NOT_QUOTED:
	case IMANS_F_BOOT_UNPROVEN:
		return IMANS_INCOMPLETE;
	default:
		return IMANS_CONSISTENT;
	}
}

static enum imans_verdict verdict_of(const struct imans_findings *findings,
				     size_t from)
{
	enum imans_verdict verdict = IMANS_TRUSTED;
	const struct imans_finding *f;

	for (size_t i = from; (f = imans_findings_get(findings, i)); i++) {
		enum imans_verdict one = imans_boot_weigh(f);

		if (one < verdict)
			verdict = one;
	}
	return verdict;
}

int imans_boot_check(const struct boot_check *check, enum imans_verdict *best)
{
	size_t from = imans_findings_count(check->findings);
	struct imans_findings *closest = NULL;
	const struct imans_finding *f;
	uint32_t banks = 0;
	int err = 0;

	if (!check->ref_count)
		imans_findings_add(check->findings, IMANS_F_BOOT_UNCHECKED,
				   IMANS_DOUBT, 0, IMANS_NO_ENTRY,
				   "boot not checked: no reference given");
	/* Old evidence has a log and no PCRs to compare it with. */
	if (check->log && (check->ref_count || check->quote->boot[0].banks))
		err = imans_boot_replay(check, check->ref_count ? IMANS_FAIL :
					IMANS_DOUBT, &banks);
	if (!err && check->ref_count)
		err = match_closest(check, banks, &closest);
	if (err)
		return err;
	for (size_t i = 0; closest && (f = imans_findings_get(closest, i)); i++)
		imans_findings_add(check->findings, f->code, f->severity,
				   f->nsid, f->entry, "%s", f->text);
	imans_findings_free(closest);
	*best = verdict_of(check->findings, from);
	return 0;
}
