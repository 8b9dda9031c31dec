// SPDX-License-Identifier: LGPL-2.1-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/evidence.h"
#include "damage.h"

#define NODE	0

/* What is to be damaged, in a fresh copy for each trial. */
struct trial {
	struct imans_ctx *ctx;
	struct imans_evidence *ev;
	struct imans_verify_opts opts;
	uint8_t nonce[IMANS_NONCE_MAX];
	const struct imans_report *good;
};

/*
 * A way to do damage. `places` counts where it can be done in a namespace, or
 * in the node (id 0); `apply` does it at one of them.
 */
struct class {
	const char *name;
	bool node;
	size_t (*places)(const struct trial *t, size_t ns);
	void (*apply)(struct trial *t, size_t ns, size_t place);
	bool names;		/* may hit a template's name in the host's list */
};

static void flip(struct evidence_blob *blob, size_t at)
{
	blob->data[at] ^= (uint8_t)(1 << at % 8);
}

static struct evidence_list *list_of(const struct trial *t, size_t ns)
{
	return ns == NODE ? &t->ev->host : &t->ev->ns[ns - 1].list;
}

static uint64_t id_of(const struct trial *t, size_t ns)
{
	return ns == NODE ? 0 : t->ev->ns[ns - 1].id;
}

static size_t subject_of(const struct imans_report *report, uint64_t id)
{
	struct imans_subject s;
	size_t i = 0;

	while (!imans_report_subject(report, i, &s) && s.id != id)
		i++;
	return i;
}

/* Offsets of the entries that the quote covers, and where the last one ends. */
static size_t *offsets(const struct trial *t, size_t ns, size_t *count)
{
	const struct evidence_list *list = list_of(t, ns);
	struct imans_list_opts opts = {
		.sz = sizeof(opts), .header = list->header,
	};
	const struct imans_entry *entry;
	struct imans_subject s = { .proven = 0 };
	struct imans_list *open;
	size_t *out, n = 0;

	imans_report_subject(t->good, subject_of(t->good, id_of(t, ns)), &s);
	out = calloc(s.proven + 1, sizeof(*out));
	if (out && !imans_list_open_mem(t->ctx, list->data.data, list->data.len,
					&opts, &open)) {
		while (n <= s.proven && !imans_list_next(open, &entry) && entry)
			out[n++] = imans_entry_offset(entry);
		if (n <= s.proven)
			out[n] = list->data.len;
		imans_list_close(open);
	}
	*count = s.proven;
	return out;
}

static size_t proven_bytes(const struct trial *t, size_t ns)
{
	size_t count, *at = offsets(t, ns, &count), end = at[count];

	free(at);
	return end;
}

static size_t proven_entries(const struct trial *t, size_t ns)
{
	size_t count;

	free(offsets(t, ns, &count));
	return count;
}

/* ------------------------------------------------------------- the quote */

static size_t quote_places(const struct trial *t, size_t ns)
{
	(void)ns;
	return t->ev->quote.len;
}

static void quote_apply(struct trial *t, size_t ns, size_t place)
{
	(void)ns;
	flip(&t->ev->quote, place);
}

static size_t signature_places(const struct trial *t, size_t ns)
{
	(void)ns;
	return t->ev->signature.len;
}

static void signature_apply(struct trial *t, size_t ns, size_t place)
{
	(void)ns;
	flip(&t->ev->signature, place);
}

/* The public area ends in the key's point: two sized coordinates. */
#define POINT_SIZE	(2 * (2 + 32))

static size_t key_point_places(const struct trial *t, size_t ns)
{
	(void)ns;
	return t->ev->ak.len >= POINT_SIZE ? POINT_SIZE : 0;
}

static void key_point_apply(struct trial *t, size_t ns, size_t place)
{
	(void)ns;
	flip(&t->ev->ak, t->ev->ak.len - POINT_SIZE + place);
}

static size_t pcr_places(const struct trial *t, size_t ns)
{
	size_t places = 0;

	(void)ns;
	for (int b = 0; b < IMANS_BANKS; b++)
		if (t->ev->pcr_set[b])
			places += imans_bank_size(b);
	return places;
}

static void pcr_apply(struct trial *t, size_t ns, size_t place)
{
	(void)ns;
	for (int b = 0; b < IMANS_BANKS; b++) {
		if (!t->ev->pcr_set[b])
			continue;
		if (place < imans_bank_size(b)) {
			t->ev->pcr[b][IMANS_PCR][place] ^= 1;
			return;
		}
		place -= imans_bank_size(b);
	}
}

static size_t nonce_places(const struct trial *t, size_t ns)
{
	(void)ns;
	return t->opts.nonce_len;
}

static void nonce_apply(struct trial *t, size_t ns, size_t place)
{
	(void)ns;
	t->nonce[place] ^= 1;
}

static size_t one_place(const struct trial *t, size_t ns)
{
	(void)t;
	(void)ns;
	return 1;
}

static void verifier_apply(struct trial *t, size_t ns, size_t place)
{
	(void)ns;
	(void)place;
	t->opts.verifier_id = "someone else";
}

/* ----------------------------------------------------------------- lists */

static void byte_apply(struct trial *t, size_t ns, size_t place)
{
	flip(&list_of(t, ns)->data, place);
}

static void truncate_apply(struct trial *t, size_t ns, size_t place)
{
	list_of(t, ns)->data.len = place;
}

static void drop_apply(struct trial *t, size_t ns, size_t place)
{
	struct evidence_blob *blob = &list_of(t, ns)->data;
	size_t count, *at = offsets(t, ns, &count);

	memmove(blob->data + at[place], blob->data + at[place + 1],
		blob->len - at[place + 1]);
	blob->len -= at[place + 1] - at[place];
	free(at);
}

/* The last one is not repeated: what follows it is not proven anyway. */
static void repeat_apply(struct trial *t, size_t ns, size_t place)
{
	struct evidence_blob *blob = &list_of(t, ns)->data;
	size_t count, *at = offsets(t, ns, &count);
	size_t len = at[place + 1] - at[place];

	blob->data = realloc(blob->data, blob->len + len);
	memmove(blob->data + at[place + 1], blob->data + at[place],
		blob->len - at[place]);
	blob->len += len;
	free(at);
}

static size_t swap_places(const struct trial *t, size_t ns)
{
	size_t entries = proven_entries(t, ns);

	return entries ? entries - 1 : 0;
}

static void swap_apply(struct trial *t, size_t ns, size_t place)
{
	struct evidence_blob *blob = &list_of(t, ns)->data;
	size_t count, *at = offsets(t, ns, &count);
	size_t first = at[place + 1] - at[place];
	uint8_t *copy = malloc(first);

	memcpy(copy, blob->data + at[place], first);
	memmove(blob->data + at[place], blob->data + at[place + 1],
		at[place + 2] - at[place + 1]);
	memcpy(blob->data + at[place + 2] - first, copy, first);
	free(copy);
	free(at);
}

/* Offsets of a string's bytes wherever it stands among what is proven. */
static size_t find_bytes(const struct trial *t, size_t ns, const void *text,
			 size_t text_len, size_t width, size_t wanted,
			 size_t *found)
{
	const struct evidence_blob *blob = &list_of(t, ns)->data;
	size_t end = proven_bytes(t, ns), places = 0;

	for (size_t i = 0; text_len && i + text_len <= end &&
			   i + width <= end; i++) {
		if (memcmp(blob->data + i, text, text_len))
			continue;
		if (wanted >= places && wanted < places + width)
			*found = i + wanted - places;
		places += width;
	}
	return places;
}

/* The first record, with the 32 bytes of header before it. */
#define RECORDS_MAGIC	"IMANSREC"
#define RECORDS_WIDTH	(32 + 64)

static size_t record_places(const struct trial *t, size_t ns)
{
	size_t none;

	return find_bytes(t, ns, RECORDS_MAGIC, 8, RECORDS_WIDTH, SIZE_MAX,
			  &none);
}

static void record_apply(struct trial *t, size_t ns, size_t place)
{
	size_t at = 0;

	find_bytes(t, ns, RECORDS_MAGIC, 8, RECORDS_WIDTH, place, &at);
	flip(&list_of(t, ns)->data, at);
}

static const char *label_of(const struct trial *t, size_t ns)
{
	struct imans_subject s = { .label = "" };

	imans_report_subject(t->good, subject_of(t->good, id_of(t, ns)), &s);
	return s.label;
}

static size_t label_places(const struct trial *t, size_t ns)
{
	size_t len = strlen(label_of(t, ns)), none;

	return find_bytes(t, ns, label_of(t, ns), len, len, SIZE_MAX, &none);
}

static void label_apply(struct trial *t, size_t ns, size_t place)
{
	size_t len = strlen(label_of(t, ns)), at = 0;

	find_bytes(t, ns, label_of(t, ns), len, len, place, &at);
	flip(&list_of(t, ns)->data, at);
}

/* Nothing vouches for the template's name in the host's list. */
#define EVENT_TEMPLATE	"ima-buf"

static size_t template_places(const struct trial *t, size_t ns)
{
	size_t none;

	return find_bytes(t, ns, EVENT_TEMPLATE, strlen(EVENT_TEMPLATE), 1,
			  SIZE_MAX, &none);
}

static void unknown_template_apply(struct trial *t, size_t ns, size_t place)
{
	size_t at = 0;

	find_bytes(t, ns, EVENT_TEMPLATE, strlen(EVENT_TEMPLATE), 1, place,
		   &at);
	memcpy(list_of(t, ns)->data.data + at, "xxxxxxx", 7);
}

/* As long, known by its format, and with the name in another place. */
static void format_template_apply(struct trial *t, size_t ns, size_t place)
{
	size_t at = 0;

	find_bytes(t, ns, EVENT_TEMPLATE, strlen(EVENT_TEMPLATE), 1, place,
		   &at);
	memcpy(list_of(t, ns)->data.data + at, "sig|n|d", 7);
}

static void header_apply(struct trial *t, size_t ns, size_t place)
{
	struct evidence_list *list = list_of(t, ns);

	(void)place;
	list->header = list->header == IMANS_HEADER_SHA1 ?
		IMANS_HEADER_SHA256 : IMANS_HEADER_SHA1;
}

/* ------------------------------------------------------------ namespaces */

static size_t key_places(const struct trial *t, size_t ns)
{
	return t->ev->ns[ns - 1].has_key ? IMANS_KEY_SIZE : 0;
}

static void key_apply(struct trial *t, size_t ns, size_t place)
{
	t->ev->ns[ns - 1].key[place] ^= (uint8_t)(1 << place % 8);
}

static void no_key_apply(struct trial *t, size_t ns, size_t place)
{
	(void)place;
	t->ev->ns[ns - 1].has_key = false;
}

static size_t exchange_places(const struct trial *t, size_t ns)
{
	(void)ns;
	return t->ev->ns_count > 1;
}

static struct evidence_ns *next_ns(const struct trial *t, size_t ns)
{
	return &t->ev->ns[ns % t->ev->ns_count];
}

static void other_key_apply(struct trial *t, size_t ns, size_t place)
{
	(void)place;
	memcpy(t->ev->ns[ns - 1].key, next_ns(t, ns)->key, IMANS_KEY_SIZE);
}

static void other_list_apply(struct trial *t, size_t ns, size_t place)
{
	struct evidence_list list = t->ev->ns[ns - 1].list;

	(void)place;
	t->ev->ns[ns - 1].list = next_ns(t, ns)->list;
	next_ns(t, ns)->list = list;
}

static void parent_apply(struct trial *t, size_t ns, size_t place)
{
	(void)place;
	t->ev->ns[ns - 1].parent ^= 1;
}

static void absent_apply(struct trial *t, size_t ns, size_t place)
{
	struct evidence_ns gone = t->ev->ns[ns - 1];

	(void)place;
	free(gone.path);
	free(gone.list.data.data);
	free(gone.status);
	t->ev->ns_count--;
	memmove(&t->ev->ns[ns - 1], &t->ev->ns[ns],
		(t->ev->ns_count - ns + 1) * sizeof(gone));
}

static const struct class classes[] = {
	{ "quote", true, quote_places, quote_apply, false },
	{ "signature", true, signature_places, signature_apply, false },
	{ "attestation key", true, key_point_places, key_point_apply, false },
	{ "PCR value", true, pcr_places, pcr_apply, false },
	{ "nonce", true, nonce_places, nonce_apply, false },
	{ "verifier", true, one_place, verifier_apply, false },
	{ "host: byte", true, proven_bytes, byte_apply, true },
	{ "host: truncation", true, proven_bytes, truncate_apply, false },
	{ "host: entry dropped", true, proven_entries, drop_apply, false },
	{ "host: entry repeated", true, swap_places, repeat_apply, false },
	{ "host: order", true, swap_places, swap_apply, false },
	{ "host: record", true, record_places, record_apply, false },
	{ "host: unknown template", true, template_places,
	  unknown_template_apply, false },
	{ "host: other template", true, template_places,
	  format_template_apply, false },
	{ "host: header", true, one_place, header_apply, false },
	{ "namespace: byte", false, proven_bytes, byte_apply, false },
	{ "namespace: truncation", false, proven_bytes, truncate_apply, false },
	{ "namespace: entry dropped", false, proven_entries, drop_apply, false },
	{ "namespace: entry repeated", false, swap_places, repeat_apply, false },
	{ "namespace: order", false, swap_places, swap_apply, false },
	{ "namespace: record", false, record_places, record_apply, false },
	{ "namespace: label", false, label_places, label_apply, false },
	{ "namespace: header", false, one_place, header_apply, false },
	{ "namespace: key", false, key_places, key_apply, false },
	{ "namespace: no key", false, one_place, no_key_apply, false },
	{ "namespace: other key", false, exchange_places, other_key_apply, false },
	{ "namespace: other list", false, exchange_places, other_list_apply, false },
	{ "namespace: parent", false, one_place, parent_apply, false },
	{ "namespace: absent", false, one_place, absent_apply, false },
};

/* ---------------------------------------------------------------- trials */

/* All that a report says of one subject. */
static char *words(const struct imans_report *report, uint64_t id)
{
	size_t subject = subject_of(report, id), len = 0;
	const struct imans_finding *f;
	char *text = NULL;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; (f = imans_report_finding(report, subject, i)); i++)
		fprintf(out, "%d %d %s\n", (int)f->code, (int)f->severity,
			f->text);
	fclose(out);
	return text;
}

/*
 * The name of a template is not authenticated in a host's entry that is no
 * event; that it is not known is told of, and no more can be.
 */
static bool unknown_template(const struct imans_report *report, uint64_t id)
{
	size_t subject = subject_of(report, id);
	const struct imans_finding *f;

	for (size_t i = 0; (f = imans_report_finding(report, subject, i)); i++)
		if (f->code == IMANS_F_ENTRY_TEMPLATE)
			return true;
	return false;
}

/* The damage is found: the subject is not well, and says something new. */
static bool found(const struct trial *t, const struct imans_report *bad,
		  uint64_t id, bool names)
{
	struct imans_subject s = { .verdict = IMANS_TRUSTED };
	char *before = words(t->good, id), *after = words(bad, id);
	bool ok;

	imans_report_subject(bad, subject_of(bad, id), &s);
	ok = s.verdict < IMANS_CONSISTENT ||
	     (names && unknown_template(bad, id));
	ok = ok && strcmp(before, after);
	free(before);
	free(after);
	return ok;
}

struct run {
	struct imans_ctx *ctx;
	const uint8_t *data;
	size_t len;
	const struct imans_verify_opts *opts;
	const struct imans_report *good;
	size_t max;
};

static bool trial_begin(const struct run *run, struct trial *t)
{
	*t = (struct trial) {
		.ctx = run->ctx, .opts = *run->opts, .good = run->good,
	};
	memcpy(t->nonce, run->opts->nonce, run->opts->nonce_len);
	t->opts.nonce = t->nonce;
	return !imans_evidence_parse(run->ctx, run->data, run->len, NULL,
				     &t->ev);
}

static bool try_once(const struct run *run, const struct class *class,
		     size_t ns, size_t place)
{
	struct imans_report *bad;
	struct trial t;
	uint64_t id;
	bool ok;

	if (!trial_begin(run, &t))
		return false;
	id = id_of(&t, ns);
	class->apply(&t, ns, place);
	ok = !imans_verify(t.ev, &t.opts, &bad);
	if (ok) {
		ok = found(&t, bad, id, class->names);
		imans_report_free(bad);
	}
	imans_evidence_free(t.ev);
	return ok;
}

struct tally {
	size_t tried;
	size_t missed;
	char first[96];
};

static void try_places(const struct run *run, const struct class *class,
		       size_t ns, size_t share, struct tally *tally)
{
	size_t places, step;
	struct trial t;

	if (!trial_begin(run, &t))
		return;
	places = class->places(&t, ns);
	step = places / share + 1;
	for (size_t place = 0; place < places; place += step) {
		tally->tried++;
		if (try_once(run, class, ns, place) || tally->missed++)
			continue;
		snprintf(tally->first, sizeof(tally->first),
			 "namespace %" PRIu64 ", place %zu of %zu",
			 id_of(&t, ns), place, places);
	}
	imans_evidence_free(t.ev);
}

static void try_class(const struct run *run, const struct class *class,
		      size_t ns_count, struct tally *tally)
{
	if (class->node) {
		try_places(run, class, NODE, run->max, tally);
		return;
	}
	for (size_t ns = 1; ns <= ns_count; ns++)
		try_places(run, class, ns, run->max / ns_count + 1, tally);
}

bool damage_all(struct imans_ctx *ctx, const uint8_t *data, size_t len,
		const struct imans_verify_opts *opts, size_t max,
		damage_fn report, void *user)
{
	struct run run = { ctx, data, len, opts, NULL, max };
	struct imans_evidence *ev;
	struct imans_report *good;
	size_t ns_count;
	bool ok;

	if (imans_evidence_parse(ctx, data, len, NULL, &ev))
		return false;
	ns_count = imans_evidence_ns_count(ev);
	ok = !imans_verify(ev, opts, &good);
	imans_evidence_free(ev);
	if (!ok)
		return false;
	run.good = good;
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		struct tally tally = { .tried = 0 };

		try_class(&run, &classes[i], ns_count, &tally);
		report(user, classes[i].name, tally.tried, tally.missed,
		       tally.first);
	}
	imans_report_free(good);
	return true;
}
