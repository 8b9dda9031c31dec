// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reference values for what booted, made from logs, files and texts. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "boot_check.h"
#include "bootref.h"
#include "ctx.h"
#include "file.h"
#include "findings.h"
#include "fwlog.h"
#include "pe.h"
#include "text.h"

/* Kernel images and initrds are read whole. */
#define IMAGE_FILE_MAX		((size_t)1 << 30)
#define KERNEL_PCR		4
#define STUB_PCR		9

IMANS_API int imans_bootref_new(struct imans_ctx *ctx,
				struct imans_bootref **ref)
{
	struct imans_bootref *new = calloc(1, sizeof(*new));

	if (!new)
		return imans_err(ctx, -ENOMEM, "boot references: out of memory");
	new->ctx = ctx;
	*ref = new;
	return 0;
}

static void values_clear(struct boot_values *values)
{
	for (size_t i = 0; i < values->count; i++)
		free(values->all[i].name);
	free(values->all);
	memset(values, 0, sizeof(*values));
}

IMANS_API void imans_bootref_free(struct imans_bootref *ref)
{
	if (!ref)
		return;
	for (size_t i = 0; i < IMANS_BOOT_PCRS; i++) {
		struct boot_pcr *pcr = &ref->pcr[i];

		values_clear(&pcr->values);
		for (size_t r = 0; r < pcr->count; r++) {
			values_clear(&pcr->rules[r].allowed);
			free(pcr->rules[r].name);
		}
		free(pcr->rules);
	}
	free(ref);
}

struct boot_rule *bootref_add_rule(struct boot_pcr *pcr, uint32_t type,
				   const char *name)
{
	struct boot_rule *more;
	char *copy;

	if (pcr->count == BOOTREF_RULES_MAX)
		return NULL;
	more = realloc(pcr->rules, (pcr->count + 1) * sizeof(*more));
	if (!more)
		return NULL;
	pcr->rules = more;
	copy = strdup(name);
	if (!copy)
		return NULL;
	more += pcr->count++;
	memset(more, 0, sizeof(*more));
	more->type = type;
	more->name = copy;
	return more;
}

struct boot_value *bootref_add_value(struct boot_values *values,
				     const char *name)
{
	struct boot_value *more;
	char *copy;

	if (values->count == BOOTREF_ALLOWED_MAX)
		return NULL;
	more = realloc(values->all, (values->count + 1) * sizeof(*more));
	if (!more)
		return NULL;
	values->all = more;
	copy = strdup(name);
	if (!copy)
		return NULL;
	more += values->count++;
	memset(more, 0, sizeof(*more));
	more->name = copy;
	return more;
}

bool boot_value_is(const struct boot_value *value, const struct imans_pcrs *in,
		   uint32_t banks)
{
	banks &= value->in.banks & in->banks;
	for (int b = 0; b < IMANS_BANKS; b++)
		if (banks & IMANS_BANK(b) &&
		    memcmp(value->in.value[b], in->value[b],
			   imans_bank_size(b)))
			return false;
	return banks & ~IMANS_BANK(IMANS_SHA1);
}

bool boot_values_have(const struct boot_values *values,
		      const struct imans_pcrs *in, uint32_t banks)
{
	for (size_t i = 0; i < values->count; i++)
		if (boot_value_is(&values->all[i], in, banks))
			return true;
	return false;
}

static int full(struct imans_bootref *ref)
{
	return imans_err(ref->ctx, -ENOMEM,
			 "boot references: out of memory, or more than %d events or digests",
			 BOOTREF_RULES_MAX);
}

/* ------------------------------------------------------------------ a log */

/* The first rule of a type that this log, the n-th, has not come to. */
static struct boot_rule *next_rule(struct boot_pcr *pcr, uint32_t type,
				   size_t n)
{
	for (size_t i = 0; i < pcr->count; i++)
		if (pcr->rules[i].type == type && pcr->rules[i].last != n)
			return &pcr->rules[i];
	return NULL;
}

/*
 * An event joins the rule that the same event of earlier logs made: the same
 * by PCR, type and number.
 */
static int add_event(struct imans_bootref *ref,
		     const struct imans_fw_event *event)
{
	struct boot_pcr *pcr = &ref->pcr[event->pcr];
	size_t n = ref->logs + 1;
	struct boot_rule *rule = next_rule(pcr, event->type, n);
	char text[BOOTREF_NAME_MAX];
	struct boot_value *value;

	imans_fw_event_text(event, text, sizeof(text));
	if (!rule)
		rule = bootref_add_rule(pcr, event->type, text);
	if (!rule)
		return full(ref);
	rule->last = n;
	rule->logs++;
	/* What all logs have: in each of them, where the first one has it? */
	if (rule->logs == n) {
		if ((size_t)(rule - pcr->rules) < pcr->next)
			pcr->ordered = false;
		pcr->next = (size_t)(rule - pcr->rules) + 1;
	}
	if (boot_values_have(&rule->allowed, &event->digests,
			     event->digests.banks))
		return 0;
	value = bootref_add_value(&rule->allowed, text);
	if (!value)
		return full(ref);
	value->in = event->digests;
	return 0;
}

IMANS_API int imans_bootref_add_log(struct imans_bootref *ref,
				    struct imans_fwlog *log)
{
	const struct imans_fw_event *event;
	int err = 0;

	if (!(imans_fwlog_banks(log) & ~IMANS_BANK(IMANS_SHA1)))
		return imans_err(ref->ctx, -EINVAL,
				 "%s: has no digests but of SHA-1", log->name);
	imans_fwlog_rewind(log);
	for (size_t i = 0; i < IMANS_BOOT_PCRS; i++) {
		ref->pcr[i].next = 0;
		ref->pcr[i].ordered |= !ref->pcr[i].listed;
	}
	while (!err && !(err = imans_fwlog_next(log, &event)) && event)
		if (event->type != EV_NO_ACTION && event->pcr < IMANS_BOOT_PCRS)
			err = add_event(ref, event);
	imans_fwlog_rewind(log);
	if (err)
		return err;
	ref->logs++;
	for (size_t i = 0; i < IMANS_BOOT_PCRS; i++) {
		struct boot_pcr *pcr = &ref->pcr[i];

		pcr->listed = true;
		pcr->by_event = true;
		for (size_t r = 0; r < pcr->count; r++)
			pcr->rules[r].required =
				pcr->rules[r].logs == ref->logs;
	}
	return 0;
}

IMANS_API int imans_bootref_add_evidence(struct imans_bootref *ref,
					 const struct imans_evidence *evidence,
					 const struct imans_quote *quote)
{
	struct boot_check check = { .ctx = ref->ctx, .quote = quote };
	const struct imans_finding *f;
	struct imans_fwlog *log;
	uint32_t banks;
	int err;

	check.log = imans_evidence_firmware_log(evidence, &check.log_len);
	if (!check.log)
		return imans_err(ref->ctx, -ENODATA,
				 "the evidence has no firmware log");
	err = imans_findings_new(&check.findings);
	if (err)
		return full(ref);
	err = imans_boot_replay(&check, IMANS_FAIL, &banks);
	for (size_t i = 0; !err && (f = imans_findings_get(check.findings, i));
	     i++)
		if (f->severity > IMANS_NOTE)
			err = imans_err(ref->ctx, -EBADMSG, "%s", f->text);
	imans_findings_free(check.findings);
	if (!err)
		err = imans_fwlog_open_mem(ref->ctx, check.log, check.log_len,
					   NULL, &log);
	if (err)
		return err;
	err = imans_bootref_add_log(ref, log);
	imans_fwlog_close(log);
	return err;
}

/* -------------------------------------------------------- files and texts */

/* What a log said of the event goes; what was named before stays. */
static int allow(struct imans_bootref *ref, struct boot_rule *rule,
		 const char *name, const struct imans_pcrs *digests)
{
	char shown[IMANS_SHOWN_SIZE];
	struct boot_value *value;

	if (!rule->named)
		values_clear(&rule->allowed);
	rule->named = true;
	rule->required = true;
	value = bootref_add_value(&rule->allowed,
				  imans_show(shown, sizeof(shown), name,
					     strlen(name)));
	if (!value)
		return full(ref);
	value->in = *digests;
	return 0;
}

static int hash_all(struct imans_ctx *ctx, const struct imans_chunk *chunks,
		    size_t count, struct imans_pcrs *digests)
{
	memset(digests, 0, sizeof(*digests));
	for (int b = 0; b < IMANS_BANKS; b++) {
		int err;

		/* OpenSSL may lack one that nobody needs. */
		if (!ctx->hashes.md[b])
			continue;
		err = imans_hash(ctx, b, chunks, count, digests->value[b]);
		if (err)
			return err;
		digests->banks |= IMANS_BANK(b);
	}
	return 0;
}

/* One that no log had: nothing tells where it belongs among the others. */
static struct boot_rule *new_rule(struct boot_pcr *pcr, uint32_t type,
				  const char *name)
{
	pcr->listed = true;
	pcr->by_event = true;
	pcr->ordered = false;
	return bootref_add_rule(pcr, type, name);
}

/* The rule of the stub's event of that name, or a new one. */
static struct boot_rule *stub_rule(struct imans_bootref *ref, const char *name)
{
	struct boot_pcr *pcr = &ref->pcr[STUB_PCR];

	for (size_t i = 0; i < pcr->count; i++)
		if (pcr->rules[i].type == EV_EVENT_TAG &&
		    !strncmp(pcr->rules[i].name, name, strlen(name)))
			return &pcr->rules[i];
	return new_rule(pcr, EV_EVENT_TAG, name);
}

IMANS_API int imans_bootref_allow_cmdline(struct imans_bootref *ref,
					  const char *text)
{
	struct boot_rule *rule = stub_rule(ref, BOOT_CMDLINE);
	size_t len = strlen(text);
	uint8_t *utf16 = calloc(len + 1, 2);
	struct imans_pcrs digests;
	int err = 0;

	if (!rule || !utf16) {
		free(utf16);
		return full(ref);
	}
	for (size_t i = 0; i < len; i++)
		utf16[2 * i] = (uint8_t)text[i];
	/* Loaders differ in whether the final NUL belongs to the options. */
	for (size_t nul = 0; !err && nul < 2; nul++) {
		const struct imans_chunk chunk = { utf16, 2 * (len + nul) };

		err = hash_all(ref->ctx, &chunk, 1, &digests);
		if (!err)
			err = allow(ref, rule, text, &digests);
	}
	free(utf16);
	return err;
}

IMANS_API int imans_bootref_allow_initrd(struct imans_bootref *ref,
					 const char *path)
{
	struct boot_rule *rule = stub_rule(ref, BOOT_INITRD);
	struct imans_pcrs digests;
	struct imans_chunk chunk;
	uint8_t *data;
	int err;

	if (!rule)
		return full(ref);
	err = imans_file_read(ref->ctx, path, IMAGE_FILE_MAX, &data,
			      &chunk.len);
	if (err)
		return err;
	chunk.data = data;
	err = hash_all(ref->ctx, &chunk, 1, &digests);
	free(data);
	return err ? err : allow(ref, rule, path, &digests);
}

/* The last program that the firmware starts. */
static struct boot_rule *kernel_rule(struct imans_bootref *ref)
{
	struct boot_pcr *pcr = &ref->pcr[KERNEL_PCR];

	for (size_t i = pcr->count; i-- > 0;)
		if (pcr->rules[i].type == EV_EFI_BOOT_SERVICES_APPLICATION)
			return &pcr->rules[i];
	return new_rule(pcr, EV_EFI_BOOT_SERVICES_APPLICATION, "kernel");
}

IMANS_API int imans_bootref_allow_kernel(struct imans_bootref *ref,
					 const char *path)
{
	struct boot_rule *rule = kernel_rule(ref);
	struct imans_chunk chunks[PE_CHUNKS];
	struct imans_pcrs digests;
	size_t len, count;
	uint8_t *data;
	int err;

	if (!rule)
		return full(ref);
	err = imans_file_read(ref->ctx, path, IMAGE_FILE_MAX, &data, &len);
	if (err)
		return err;
	if (imans_pe_chunks(data, len, chunks, &count))
		err = imans_err(ref->ctx, -EBADMSG,
				"%s: no image that UEFI firmware starts (PE/COFF)",
				path);
	else
		err = hash_all(ref->ctx, chunks, count, &digests);
	free(data);
	return err ? err : allow(ref, rule, path, &digests);
}

IMANS_API int imans_bootref_ignore_pcr(struct imans_bootref *ref,
				       unsigned int pcr)
{
	if (pcr >= IMANS_BOOT_PCRS)
		return imans_err(ref->ctx, -EINVAL,
				 "boot references: PCR %u is not 0 to 9", pcr);
	ref->pcr[pcr].listed = true;
	ref->pcr[pcr].ignored = true;
	return 0;
}

IMANS_API size_t imans_bootref_events(const struct imans_bootref *ref)
{
	size_t count = 0;

	for (size_t i = 0; i < IMANS_BOOT_PCRS; i++)
		count += ref->pcr[i].count;
	return count;
}
