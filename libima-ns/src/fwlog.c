// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading the firmware's event log: TCG PC Client Platform Firmware Profile
 * 1.06, section 10, TCG_PCClientPCREvent with SHA-1 alone and TCG_PCR_EVENT2
 * behind a "Spec ID Event03". All integers are little-endian.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "ctx.h"
#include "file.h"
#include "fwlog.h"
#include "pcr_alg.h"

#define SPEC_ID_AGILE		"Spec ID Event03"
#define STARTUP_LOCALITY	"StartupLocality"
/* PCR, type, a SHA-1 digest, size of the data. */
#define LEGACY_HEAD		32
#define SHA1_SIZE		20
/* Signature, platform class, three of version, size of UINTN, count. */
#define SPEC_HEAD		28

static int bad(struct imans_fwlog *log, size_t at, const char *reason)
{
	return imans_err(log->ctx, -EBADMSG,
			 "%s: event %" PRIu64 ": byte %zu: %s", log->name,
			 log->index, at, reason);
}

int fwlog_startup_locality(const struct imans_fw_event *event)
{
	if (event->type != EV_NO_ACTION || event->len != 17 ||
	    memcmp(event->data, STARTUP_LOCALITY, 16))
		return -1;
	return event->data[16];
}

/* ---------------------------------------------------------------- events */

/* The event's size and data, at `at`. */
static int take_data(struct imans_fwlog *log, size_t at,
		     struct imans_fw_event *event)
{
	size_t size;

	if (log->len - at < 4)
		return bad(log, at, "is cut off before the size of its data");
	size = get_le32(log->data + at);
	if (log->len - at - 4 < size)
		return bad(log, at, "its data runs past the end");
	event->data = log->data + at + 4;
	event->len = size;
	return 0;
}

static int take_legacy(struct imans_fwlog *log, struct imans_fw_event *event)
{
	const uint8_t *p = log->data + log->off;

	if (log->len - log->off < LEGACY_HEAD)
		return bad(log, log->off, "is cut off");
	event->pcr = get_le32(p);
	event->type = get_le32(p + 4);
	event->digests.banks = IMANS_BANK(IMANS_SHA1);
	memcpy(event->digests.value[IMANS_SHA1], p + 8, SHA1_SIZE);
	return take_data(log, log->off + 8 + SHA1_SIZE, event);
}

/* One of the digests; `seen` has a bit for each algorithm of the log. */
static int take_digest(struct imans_fwlog *log, size_t *at, uint32_t *seen,
		       struct imans_fw_event *event)
{
	const struct fwlog_alg *alg = NULL;
	size_t i;

	if (log->len - *at < 2)
		return bad(log, *at, "is cut off in its digests");
	for (i = 0; i < log->alg_count && !alg; i++)
		if (log->algs[i].id == get_le16(log->data + *at))
			alg = &log->algs[i];
	if (!alg)
		return bad(log, *at,
			   "has a digest of an algorithm that the log's header does not name");
	if (*seen & 1U << (i - 1))
		return bad(log, *at, "has two digests of one algorithm");
	*seen |= 1U << (i - 1);
	*at += 2;
	if (log->len - *at < alg->size)
		return bad(log, *at, "is cut off in its digests");
	if (alg->known) {
		event->digests.banks |= IMANS_BANK(alg->bank);
		memcpy(event->digests.value[alg->bank], log->data + *at,
		       alg->size);
	}
	*at += alg->size;
	return 0;
}

static int take_agile(struct imans_fwlog *log, struct imans_fw_event *event)
{
	const uint8_t *p = log->data + log->off;
	size_t at = log->off + 12;
	uint32_t count, seen = 0;

	if (log->len - log->off < 12)
		return bad(log, log->off, "is cut off");
	event->pcr = get_le32(p);
	event->type = get_le32(p + 4);
	count = get_le32(p + 8);
	/* With one missing the log would say nothing of that bank. */
	if (event->type == EV_NO_ACTION ? count > log->alg_count :
					  count != log->alg_count)
		return bad(log, log->off + 8,
			   "does not have one digest of each of the log's algorithms");
	for (uint32_t i = 0; i < count; i++) {
		int err = take_digest(log, &at, &seen, event);

		if (err)
			return err;
	}
	return take_data(log, at, event);
}

/* What would make a replay ambiguous is refused. */
static int check_event(struct imans_fwlog *log,
		       const struct imans_fw_event *event)
{
	int locality = fwlog_startup_locality(event);

	if (event->type != EV_NO_ACTION && event->pcr >= FWLOG_PCRS)
		return bad(log, log->off, "is of a PCR that a TPM does not have");
	if (locality < 0)
		return 0;
	if (locality != 0 && locality != 3 && locality != 4)
		return bad(log, log->off,
			   "starts the TPM in a locality that can't");
	if (log->localities || log->extended & 1U)
		return bad(log, log->off,
			   "tells the locality again, or after PCR 0 was extended");
	return 0;
}

IMANS_API int imans_fwlog_next(struct imans_fwlog *log,
			       const struct imans_fw_event **event)
{
	struct imans_fw_event *e = &log->event;
	int err;

	if (log->off == log->len) {
		*event = NULL;
		return 0;
	}
	memset(e, 0, sizeof(*e));
	e->index = log->index;
	e->offset = log->off;
	/* The header itself is in the old layout. */
	err = log->agile && log->index ? take_agile(log, e) :
					 take_legacy(log, e);
	if (!err)
		err = check_event(log, e);
	if (err)
		return err;
	log->localities += fwlog_startup_locality(e) >= 0;
	if (e->type != EV_NO_ACTION)
		log->extended |= 1U << e->pcr;
	log->off = (size_t)(e->data + e->len - log->data);
	log->index++;
	*event = e;
	return 0;
}

IMANS_API void imans_fwlog_rewind(struct imans_fwlog *log)
{
	log->off = 0;
	log->index = 0;
	log->localities = 0;
	log->extended = 0;
}

/* ---------------------------------------------------------------- opening */

static int take_alg(struct imans_fwlog *log, const uint8_t *p)
{
	struct fwlog_alg *alg = &log->algs[log->alg_count];

	alg->id = get_le16(p);
	alg->size = get_le16(p + 2);
	alg->known = imans_bank_from_tpm(alg->id, &alg->bank);
	if (!alg->size || alg->size > IMANS_DIGEST_MAX ||
	    (alg->known && alg->size != imans_bank_size(alg->bank)))
		return bad(log, (size_t)(p - log->data),
			   "names an algorithm with a wrong digest size");
	for (size_t i = 0; i < log->alg_count; i++)
		if (log->algs[i].id == alg->id)
			return bad(log, (size_t)(p - log->data),
				   "names an algorithm twice");
	if (alg->known)
		log->banks |= IMANS_BANK(alg->bank);
	log->alg_count++;
	return 0;
}

static int take_spec(struct imans_fwlog *log, const struct imans_fw_event *e)
{
	size_t at = (size_t)(e->data - log->data);
	uint32_t count;
	int err = 0;

	if (e->len < SPEC_HEAD)
		return bad(log, at, "is no header of a crypto-agile log");
	count = get_le32(e->data + 24);
	if (!count || count > FWLOG_ALGS || (e->len - SPEC_HEAD) / 4 < count)
		return bad(log, at + 24,
			   "names no algorithms, or more than there can be");
	log->agile = true;
	log->banks = 0;
	for (uint32_t i = 0; !err && i < count; i++)
		err = take_alg(log, e->data + SPEC_HEAD + 4 * i);
	return err;
}

/* Which of the layouts it is: the first event tells. */
static int take_header(struct imans_fwlog *log)
{
	const struct imans_fw_event *first;
	int err;

	log->banks = IMANS_BANK(IMANS_SHA1);
	err = imans_fwlog_next(log, &first);
	if (err || !first)
		return err;
	/* A bad header is the first event's. */
	imans_fwlog_rewind(log);
	if (first->type != EV_NO_ACTION ||
	    first->len < sizeof(SPEC_ID_AGILE) ||
	    memcmp(first->data, SPEC_ID_AGILE, sizeof(SPEC_ID_AGILE)))
		return 0;
	return take_spec(log, first);
}

static int fwlog_open(struct imans_ctx *ctx, const void *data, size_t len,
		      const char *name, struct imans_fwlog **log)
{
	struct imans_fwlog *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return imans_err(ctx, -ENOMEM, "%s: out of memory", name);
	new->ctx = ctx;
	new->data = data ? data : (const uint8_t *)"";
	new->len = len;
	new->name = strdup(name);
	err = new->name ? take_header(new) :
			  imans_err(ctx, -ENOMEM, "%s: out of memory", name);
	if (err)
		imans_fwlog_close(new);
	else
		*log = new;
	return err;
}

IMANS_API int imans_fwlog_open_mem(struct imans_ctx *ctx, const void *data,
				   size_t len, const char *name,
				   struct imans_fwlog **log)
{
	return fwlog_open(ctx, data, len, name ? name : "firmware log", log);
}

IMANS_API int imans_fwlog_open_file(struct imans_ctx *ctx, const char *path,
				    struct imans_fwlog **log)
{
	uint8_t *data;
	size_t len;
	int err = imans_file_read(ctx, path, FWLOG_FILE_MAX, &data, &len);

	if (err)
		return err;
	err = fwlog_open(ctx, data, len, path, log);
	if (err)
		free(data);
	else
		(*log)->own = data;
	return err;
}

IMANS_API void imans_fwlog_close(struct imans_fwlog *log)
{
	if (!log)
		return;
	free(log->name);
	free(log->own);
	free(log);
}

IMANS_API uint32_t imans_fwlog_banks(const struct imans_fwlog *log)
{
	return log->banks;
}

/* ---------------------------------------------------------------- replay */

/* The locality ends PCR 0's first value. */
static void start_in(struct imans_pcrs *pcr0, int locality)
{
	for (int b = 0; b < IMANS_BANKS; b++)
		if (pcr0->banks & IMANS_BANK(b))
			pcr0->value[b][imans_bank_size(b) - 1] =
				(uint8_t)locality;
}

static int extend(struct imans_fwlog *log, const struct imans_fw_event *event,
		  struct imans_pcrs *pcr)
{
	for (int b = 0; b < IMANS_BANKS; b++) {
		const struct imans_chunk chunks[] = {
			{ pcr->value[b], imans_bank_size(b) },
			{ event->digests.value[b], imans_bank_size(b) },
		};
		int err;

		if (!(pcr->banks & IMANS_BANK(b)))
			continue;
		err = imans_hash(log->ctx, b, chunks, 2, pcr->value[b]);
		if (err)
			return err;
	}
	return 0;
}

IMANS_API int imans_fwlog_replay(struct imans_fwlog *log,
				 struct imans_pcrs pcrs[IMANS_FW_PCRS])
{
	struct imans_pcrs out[IMANS_FW_PCRS];
	const struct imans_fw_event *event;
	int err;

	/* These PCRs begin with zeros; those of DRTM, past them, do not. */
	memset(out, 0, sizeof(out));
	for (unsigned int pcr = 0; pcr < IMANS_FW_PCRS; pcr++)
		out[pcr].banks = log->banks;
	imans_fwlog_rewind(log);
	while (!(err = imans_fwlog_next(log, &event)) && event) {
		int locality = fwlog_startup_locality(event);

		if (locality >= 0)
			start_in(&out[0], locality);
		else if (event->type != EV_NO_ACTION &&
			 event->pcr < IMANS_FW_PCRS)
			err = extend(log, event, &out[event->pcr]);
		if (err)
			break;
	}
	imans_fwlog_rewind(log);
	if (!err)
		memcpy(pcrs, out, sizeof(out));
	return err;
}
