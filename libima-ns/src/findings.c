// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "findings.h"

/* One finding and its text, which stay where they are when more come. */
struct finding {
	struct imans_finding public;
	bool kept;
	char text[];
};

struct imans_findings {
	struct finding **all;
	size_t count;
	size_t room;
	uint64_t fails;
	int error;
};

static const struct {
	enum imans_finding_code code;
	const char *name;
} code_names[] = {
	{ IMANS_F_TOO_MANY,		"too-many" },
	{ IMANS_F_LIST_MALFORMED,	"list-malformed" },
	{ IMANS_F_ENTRY_MALFORMED,	"entry-malformed" },
	{ IMANS_F_ENTRY_DIGEST,		"entry-digest" },
	{ IMANS_F_ENTRY_TEMPLATE,	"entry-template" },
	{ IMANS_F_EVENT_PCR,		"event-pcr" },
	{ IMANS_F_EVENT_TEMPLATE,	"event-template" },
	{ IMANS_F_EVENT_VIOLATION,	"event-violation" },
	{ IMANS_F_EVENT_DIGEST,		"event-digest" },
	{ IMANS_F_EVENT_UNKNOWN,	"event-unknown" },
	{ IMANS_F_EVENT_MISPLACED,	"event-misplaced" },
	{ IMANS_F_EVENT_MALFORMED,	"event-malformed" },
	{ IMANS_F_WEAK_BANK,		"weak-bank" },
	{ IMANS_F_NO_PREFIX,		"no-prefix" },
	{ IMANS_F_BANKS_DIFFER,		"banks-differ" },
	{ IMANS_F_HOST_TAIL,		"host-tail" },
	{ IMANS_F_NO_BOOT,		"no-boot" },
	{ IMANS_F_RECORD_INDEX,		"record-index" },
	{ IMANS_F_RECORD_MALFORMED,	"record-malformed" },
	{ IMANS_F_RECORD_HOLE,		"record-hole" },
	{ IMANS_F_RECORD_REPEAT,	"record-repeat" },
	{ IMANS_F_RECORD_NO_CREATE,	"record-no-create" },
	{ IMANS_F_RECORD_CREATE,	"record-create" },
	{ IMANS_F_RECORD_AFTER_DESTROY,	"record-after-destroy" },
	{ IMANS_F_RECORD_PARENT,	"record-parent" },
	{ IMANS_F_HEADS,		"heads" },
	{ IMANS_F_REDACTED,		"redacted" },
	{ IMANS_F_REDACTED_BANK,	"redacted-bank" },
	{ IMANS_F_HEADS_MISSING,	"heads-missing" },
	{ IMANS_F_NODE_VERDICT,		"node-verdict" },
	{ IMANS_F_NODE_VERDICT_TAKEN,	"node-verdict-taken" },
	{ IMANS_F_NS_UNKNOWN,		"ns-unknown" },
	{ IMANS_F_NS_NO_CREATE,		"ns-no-create" },
	{ IMANS_F_NS_SECOND_CREATE,	"ns-second-create" },
	{ IMANS_F_NS_CREATE,		"ns-create" },
	{ IMANS_F_NS_BOOT,		"ns-boot" },
	{ IMANS_F_NS_KEY,		"ns-key" },
	{ IMANS_F_NS_ID,		"ns-id" },
	{ IMANS_F_NS_LABEL,		"ns-label" },
	{ IMANS_F_NS_PCR,		"ns-pcr" },
	{ IMANS_F_NS_TYPE,		"ns-type" },
	{ IMANS_F_NS_COMMIT,		"ns-commit" },
	{ IMANS_F_NS_MISSING,		"ns-missing" },
	{ IMANS_F_NS_UNPROVEN,		"ns-unproven" },
	{ IMANS_F_NS_AFTER_DESTROY,	"ns-after-destroy" },
	{ IMANS_F_NS_DESTROY,		"ns-destroy" },
	{ IMANS_F_NS_COPY,		"ns-copy" },
	{ IMANS_F_NS_ORDER,		"ns-order" },
	{ IMANS_F_NS_VIOLATION,		"ns-violation" },
	{ IMANS_F_NS_LOSS,		"ns-loss" },
	{ IMANS_F_LEAF,			"leaf" },
	{ IMANS_F_LEAF_PATH,		"leaf-path" },
	{ IMANS_F_LEAF_MISSING,		"leaf-missing" },
	{ IMANS_F_QUOTE_MALFORMED,	"quote-malformed" },
	{ IMANS_F_QUOTE_TYPE,		"quote-type" },
	{ IMANS_F_QUOTE_NONCE,		"quote-nonce" },
	{ IMANS_F_QUOTE_SIGNATURE,	"quote-signature" },
	{ IMANS_F_QUOTE_KEY,		"quote-key" },
	{ IMANS_F_QUOTE_KEY_ATTRIBUTES,	"quote-key-attributes" },
	{ IMANS_F_QUOTE_PCR,		"quote-pcr" },
	{ IMANS_F_QUOTE_PCR_DIGEST,	"quote-pcr-digest" },
	{ IMANS_F_QUOTE_CLOCK,		"quote-clock" },
	{ IMANS_F_QUOTE_NO_CLOCK,	"quote-no-clock" },
	{ IMANS_F_AK_UNKNOWN,		"ak-unknown" },
	{ IMANS_F_AK_OTHER_NODE,	"ak-other-node" },
	{ IMANS_F_AK_ATTRIBUTES,	"ak-attributes" },
	{ IMANS_F_EK_TEMPLATE,		"ek-template" },
	{ IMANS_F_EK_UNKNOWN,		"ek-unknown" },
	{ IMANS_F_CERT_MALFORMED,	"cert-malformed" },
	{ IMANS_F_CERT_KEY,		"cert-key" },
	{ IMANS_F_CERT_CHAIN,		"cert-chain" },
	{ IMANS_F_CERT_TIME,		"cert-time" },
	{ IMANS_F_CERT_REVOKED,		"cert-revoked" },
	{ IMANS_F_CERT_USAGE,		"cert-usage" },
	{ IMANS_F_CERT_NODE,		"cert-node" },
	{ IMANS_F_BOOT_UNCHECKED,	"boot-unchecked" },
	{ IMANS_F_PCR_FILTER_OFF,	"pcr-filter-off" },
	{ IMANS_F_NODE_UNPROVEN,	"node-unproven" },
	{ IMANS_F_NODE_VIOLATION,	"node-violation" },
	{ IMANS_F_NODE_UNCHECKED,	"node-unchecked" },
	{ IMANS_F_NS_NOT_CARRIED,	"ns-not-carried" },
	{ IMANS_F_NS_NO_KEY,		"ns-no-key" },
	{ IMANS_F_NS_UNACCOUNTED,	"ns-unaccounted" },
	{ IMANS_F_NS_DESCENDANT,	"ns-descendant" },
	{ IMANS_F_NS_OPAQUE,		"ns-opaque" },
	{ IMANS_F_NS_AFTER_QUOTE,	"ns-after-quote" },
	{ IMANS_F_NS_PARENT,		"ns-parent" },
	{ IMANS_F_NO_REFERENCE,		"no-reference" },
	{ IMANS_F_NOT_IN_REFERENCE,	"not-in-reference" },
	{ IMANS_F_MEMFD,		"memfd" },
	{ IMANS_F_NS_POLICY,		"ns-policy" },
	{ IMANS_F_NO_DIGEST,		"no-digest" },
	{ IMANS_F_NOT_COMPARED,		"not-compared" },
	{ IMANS_F_SIGNATURE,		"signature" },
	{ IMANS_F_DISCLOSED_CLOSED,	"disclosed-closed" },
	{ IMANS_F_DISCLOSED_RECORD,	"disclosed-record" },
	{ IMANS_F_DISCLOSED_COUNT,	"disclosed-count" },
	{ IMANS_F_CHANNEL,		"channel" },
	{ IMANS_F_CHANNEL_BOUND,	"channel-bound" },
	{ IMANS_F_STATE_CLOCK,		"state-clock" },
	{ IMANS_F_STATE_GAP,		"state-gap" },
	{ IMANS_F_STATE_SHORT,		"state-short" },
	{ IMANS_F_STATE_HEADER,		"state-header" },
	{ IMANS_F_STATE_BOOT,		"state-boot" },
	{ IMANS_F_STATE_EARLIER,	"state-earlier" },
	{ IMANS_F_STATE_COVERED,	"state-covered" },
	{ IMANS_F_DELEGATED,		"delegated" },
	{ IMANS_F_DELEGATED_INCOMPLETE,	"delegated-incomplete" },
	{ IMANS_F_DELEGATED_UNTRUSTED,	"delegated-untrusted" },
	{ IMANS_F_SIGNED_MALFORMED,	"signed-malformed" },
	{ IMANS_F_SIGNED_KEY,		"signed-key" },
	{ IMANS_F_SIGNED_ALGORITHM,	"signed-algorithm" },
	{ IMANS_F_SIGNED_SIGNATURE,	"signed-signature" },
	{ IMANS_F_SIGNED_KIND,		"signed-kind" },
	{ IMANS_F_SIGNED_TIME,		"signed-time" },
	{ IMANS_F_SIGNED_NONCE,		"signed-nonce" },
	{ IMANS_F_SIGNED_BOOT,		"signed-boot" },
	{ IMANS_F_SIGNED_NODE,		"signed-node" },
	{ IMANS_F_SIGNED_SCOPE,		"signed-scope" },
	{ IMANS_F_SIGNED_UNKNOWN,	"signed-unknown" },
	{ IMANS_F_SIGNED_LAGGING,	"signed-lagging" },
	{ IMANS_F_SIGNED_AHEAD,		"signed-ahead" },
	{ IMANS_F_SIGNED_RECORDS,	"signed-records" },
	{ IMANS_F_SIGNED_CREATE,	"signed-create" },
	{ IMANS_F_BOOT_NO_LOG,		"boot-no-log" },
	{ IMANS_F_BOOT_NOT_QUOTED,	"boot-not-quoted" },
	{ IMANS_F_FWLOG_MALFORMED,	"fwlog-malformed" },
	{ IMANS_F_FWLOG_REPLAY,		"fwlog-replay" },
	{ IMANS_F_FWLOG_DATA,		"fwlog-data" },
	{ IMANS_F_FWLOG_BANK,		"fwlog-bank" },
	{ IMANS_F_BOOT_EVENT,		"boot-event" },
	{ IMANS_F_BOOT_MISSING,		"boot-missing" },
	{ IMANS_F_BOOT_VALUE,		"boot-value" },
	{ IMANS_F_BOOT_UNLISTED,	"boot-unlisted" },
	{ IMANS_F_BOOT_IGNORED,		"boot-ignored" },
	{ IMANS_F_BOOT_UNPROVEN,	"boot-unproven" },
	{ IMANS_F_BOOT_AGGREGATE,	"boot-aggregate" },
	{ IMANS_F_BOOT_ORDER,		"boot-order" },
};

IMANS_API const char *imans_finding_name(enum imans_finding_code code)
{
	for (size_t i = 0; i < sizeof(code_names) / sizeof(code_names[0]); i++)
		if (code_names[i].code == code)
			return code_names[i].name;
	return NULL;
}

IMANS_API int imans_findings_new(struct imans_findings **findings)
{
	struct imans_findings *new;

	if (!findings)
		return -EINVAL;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	*findings = new;
	return 0;
}

IMANS_API void imans_findings_free(struct imans_findings *findings)
{
	if (!findings)
		return;
	for (size_t i = 0; i < findings->count; i++)
		free(findings->all[i]);
	free(findings->all);
	free(findings);
}

IMANS_API size_t imans_findings_count(const struct imans_findings *findings)
{
	return findings->count;
}

IMANS_API const struct imans_finding *
imans_findings_get(const struct imans_findings *findings, size_t n)
{
	return n < findings->count ? &findings->all[n]->public : NULL;
}

int imans_findings_error(const struct imans_findings *findings)
{
	return findings->error;
}

uint64_t imans_findings_fails(const struct imans_findings *findings)
{
	return findings->fails;
}

static int make_room(struct imans_findings *findings)
{
	size_t room = findings->room ? findings->room * 2 : 16;
	struct finding **all;

	if (findings->count < findings->room)
		return 0;
	all = realloc(findings->all, room * sizeof(*all));
	if (!all)
		return -ENOMEM;
	findings->all = all;
	findings->room = room;
	return 0;
}

static struct finding *finding_new(const char *fmt, va_list ap)
{
	struct finding *new;
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		return NULL;
	new = malloc(sizeof(*new) + (size_t)len + 1);
	if (new)
		vsnprintf(new->text, (size_t)len + 1, fmt, ap);
	return new;
}

static void add(struct imans_findings *findings,
		const struct imans_finding *finding, const char *fmt,
		va_list ap)
{
	struct finding *new = NULL;

	if (make_room(findings) == 0)
		new = finding_new(fmt, ap);
	if (!new) {
		findings->error = -ENOMEM;
		return;
	}
	new->public = *finding;
	new->public.text = new->text;
	new->kept = false;
	findings->all[findings->count++] = new;
}

static void add_too_many(struct imans_findings *findings, const char *fmt, ...)
	IMANS_PRINTF(2, 3);

static void add_too_many(struct imans_findings *findings, const char *fmt, ...)
{
	struct imans_finding finding = {
		IMANS_F_TOO_MANY, IMANS_FAIL, 0, IMANS_NO_ENTRY, NULL
	};
	va_list ap;

	va_start(ap, fmt);
	add(findings, &finding, fmt, ap);
	va_end(ap);
}

/* Whether there is room for one more; that there is none is said once. */
static bool has_room(struct imans_findings *findings)
{
	if (findings->count == IMANS_FINDINGS_MAX)
		add_too_many(findings, "more than %d findings: the rest is "
			     "not shown", IMANS_FINDINGS_MAX);
	return findings->count < IMANS_FINDINGS_MAX;
}

void imans_findings_add(struct imans_findings *findings,
			enum imans_finding_code code,
			enum imans_severity severity, uint64_t nsid,
			uint64_t entry, const char *fmt, ...)
{
	struct imans_finding finding = { code, severity, nsid, entry, NULL };
	va_list ap;

	if (severity == IMANS_FAIL)
		findings->fails++;
	if (!has_room(findings))
		return;
	va_start(ap, fmt);
	add(findings, &finding, fmt, ap);
	va_end(ap);
}

void imans_findings_append(struct imans_findings *findings,
			   struct imans_findings *more)
{
	for (size_t i = 0; i < more->count; i++) {
		if (has_room(findings) && make_room(findings) == 0) {
			findings->all[findings->count++] = more->all[i];
			continue;
		}
		if (findings->count < IMANS_FINDINGS_MAX)
			findings->error = -ENOMEM;
		free(more->all[i]);
	}
	if (more->error)
		findings->error = more->error;
	findings->fails += more->fails;
	more->count = 0;
	more->fails = 0;
}

void imans_findings_keep(struct imans_findings *findings, size_t first)
{
	for (size_t i = first; i < findings->count; i++)
		findings->all[i]->kept = true;
}

bool imans_findings_kept(const struct imans_findings *findings, size_t n)
{
	return n < findings->count && findings->all[n]->kept;
}

void imans_findings_take(struct imans_findings *findings,
			 const struct imans_finding *kept)
{
	size_t first = findings->count;

	imans_findings_add(findings, kept->code, kept->severity, kept->nsid,
			   kept->entry, "%s", kept->text);
	imans_findings_keep(findings, first);
}
