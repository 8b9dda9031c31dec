// SPDX-License-Identifier: LGPL-2.1-or-later
/* Disclosures, made of a namespace's list and key. */

#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disclose.h"
#include "event.h"
#include "hidden.h"
#include "list.h"
#include "replay.h"
#include "buf.h"

struct imans_disclosure *imans_disclosure_new(struct imans_ctx *ctx)
{
	struct imans_disclosure *new = calloc(1, sizeof(*new));

	if (new)
		new->ctx = ctx;
	else
		imans_err(ctx, -ENOMEM, "disclosure: out of memory");
	return new;
}

struct disclosure_opening *
imans_disclosure_append(struct imans_disclosure *disclosure)
{
	struct disclosure_opening *more;

	if (disclosure->count == disclosure->room) {
		size_t room = disclosure->room ? disclosure->room * 2 : 16;

		more = imans_secret_grow(disclosure->openings,
					 disclosure->count * sizeof(*more),
					 room * sizeof(*more));
		if (!more)
			return NULL;
		disclosure->openings = more;
		disclosure->room = room;
	}
	more = &disclosure->openings[disclosure->count++];
	memset(more, 0, sizeof(*more));
	return more;
}

IMANS_API void imans_disclosure_free(struct imans_disclosure *disclosure)
{
	if (!disclosure)
		return;
	free(disclosure->list.data.data);
	/* Whom they are for is the owner's choice. */
	imans_key_free((uint8_t *)disclosure->openings,
		       disclosure->count * sizeof(*disclosure->openings));
	free(disclosure);
}

/* A walk over the namespace's list. */
struct walk {
	struct imans_disclosure *to;
	const uint8_t *key;
	uint64_t last;			/* seq of the last that is shown */
	uint64_t own;			/* seq of the next own entry */
	uint8_t vpcr[IMANS_HASH_SIZE];
	struct imans_buf out;
};

/* With another key nothing would open, and nobody here would learn it. */
static int check_create(const struct walk *walk, const struct imans_entry *entry)
{
	struct imans_ctx *ctx = walk->to->ctx;
	struct imans_chunk key = { walk->key, IMANS_KEY_SIZE };
	uint8_t digest[IMANS_HASH_SIZE];
	enum imans_event event = IMANS_EVENT_NONE;
	struct imans_create create;
	const uint8_t *buf;
	size_t len;
	int err;

	if (imans_entry_event(entry, &event) || event != IMANS_EVENT_CREATE ||
	    imans_entry_buf(entry, &buf, &len) ||
	    imans_create_decode(ctx, buf, len, &create))
		return imans_entry_err(entry, 0, "is no ima-ns/create");
	if (create.id != walk->to->id)
		return imans_err(ctx, -EKEYREJECTED,
				 "disclosure: the list is of namespace %" PRIu64
				 ", not %" PRIu64, create.id, walk->to->id);
	err = imans_hash(ctx, IMANS_SHA256, &key, 1, digest);
	if (!err && memcmp(digest, create.key_digest, sizeof(digest)))
		return imans_err(ctx, -EKEYREJECTED,
				 "disclosure: the key is not that of namespace %"
				 PRIu64, create.id);
	return err;
}

static int show_entry(struct walk *walk, const struct imans_entry *entry)
{
	struct disclosure_opening *opening = imans_disclosure_append(walk->to);

	if (!opening)
		return imans_err(walk->to->ctx, -ENOMEM,
				 "disclosure: out of memory");
	imans_shown_put(&walk->out, entry);
	memcpy(opening->vpcr, walk->vpcr, sizeof(opening->vpcr));
	return imans_record_key(walk->to->ctx, walk->key, walk->own,
				opening->key);
}

static int walk_entry(struct walk *walk, const struct imans_entry *entry)
{
	enum imans_event event = IMANS_EVENT_NONE;
	uint8_t extension[IMANS_DIGEST_MAX];
	int err = entry->index ? 0 : check_create(walk, entry);

	if (err)
		return err;
	imans_entry_event(entry, &event);
	if (event != IMANS_EVENT_RECORDS) {
		if (walk->own >= walk->to->first)
			err = show_entry(walk, entry);
		walk->own++;
	}
	if (!err)
		err = imans_entry_extension(entry, IMANS_SHA256, false,
					    extension);
	if (!err)
		err = imans_extend(walk->to->ctx, IMANS_SHA256, walk->vpcr,
				   extension);
	return err;
}

static int walk_list(struct walk *walk, struct imans_list *list)
{
	const struct imans_entry *entry;
	int err = 0;

	while (!err && walk->own <= walk->last) {
		err = imans_list_next(list, &entry);
		if (!err && !entry)
			return imans_err(walk->to->ctx, -ENOENT,
					 "disclosure: the list has own entries 0 to %"
					 PRId64 ", not %" PRIu64 " to %" PRIu64,
					 (int64_t)walk->own - 1,
					 walk->to->first, walk->last);
		if (!err)
			err = walk_entry(walk, entry);
	}
	return err;
}

/* The list that is shown goes through memory that grows. */
static int make(struct walk *walk, struct imans_list *list)
{
	struct evidence_list *shown = &walk->to->list;
	int err = walk_list(walk, list);

	if (!err && walk->out.failed)
		err = imans_err(walk->to->ctx, -ENOMEM,
				"disclosure: out of memory");
	shown->header = imans_list_header(list);
	shown->data.data = walk->out.data;
	shown->data.len = walk->out.len;
	if (!err && shown->header != IMANS_HEADER_SHA1 &&
	    shown->header != IMANS_HEADER_SHA256)
		err = imans_err(walk->to->ctx, -EINVAL,
				"disclosure: a list with headers other than SHA-1 and SHA-256");
	return err;
}

IMANS_API int imans_disclosure_make(struct imans_ctx *ctx, uint64_t id,
				    const void *data, size_t len,
				    const uint8_t key[IMANS_KEY_SIZE],
				    const struct imans_disclose_opts *opts,
				    struct imans_disclosure **disclosure)
{
	struct imans_disclose_opts o;
	struct imans_list_opts list_opts = { .sz = sizeof(list_opts) };
	struct walk walk = { .key = key };
	struct imans_list *list;
	int err = imans_opts_copy(ctx, &o, sizeof(o), opts);

	if (err)
		return err;
	if (!id || !key || (!data && len) || !o.count ||
	    o.count > IMANS_DISCLOSED_MAX || o.first > UINT64_MAX - o.count)
		return imans_err(ctx, -EINVAL,
				 "disclosure: no namespace or key, or not 1 to %d entries",
				 IMANS_DISCLOSED_MAX);
	list_opts.header = o.header;
	err = imans_list_open_mem(ctx, data, len, &list_opts, &list);
	if (err)
		return err;
	walk.to = imans_disclosure_new(ctx);
	err = walk.to ? 0 : -ENOMEM;
	if (!err) {
		walk.to->id = id;
		walk.to->first = o.first;
		walk.last = o.first + o.count - 1;
		err = make(&walk, list);
	}
	imans_list_close(list);
	if (err)
		imans_disclosure_free(walk.to);
	else
		*disclosure = walk.to;
	return err;
}

IMANS_API void imans_disclosure_info(const struct imans_disclosure *disclosure,
				     struct imans_disclosure_info *info)
{
	*info = (struct imans_disclosure_info){
		.id = disclosure->id,
		.first = disclosure->first,
		.count = disclosure->count,
		.header = disclosure->list.header,
		.list = disclosure->list.data.data,
		.list_len = disclosure->list.data.len,
	};
}

IMANS_API int imans_disclosure_verify(const struct imans_evidence *evidence,
				      const struct imans_verify_opts *opts,
				      const struct imans_disclosure *disclosure,
				      struct imans_report **report)
{
	return imans_verify_with(evidence, opts, disclosure, report);
}
