// SPDX-License-Identifier: LGPL-2.1-or-later
/* Format: ima_measurements_show() in the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "hidden.h"
#include "list.h"

/* A TPM has 24 PCRs, or 32: a larger number is damage, or another layout. */
#define PCR_MAX		31
/* How far the layout is looked for, if violations alone come first. */
#define PROBE_ENTRIES	64

/* Where the parts of an entry are, from its first byte. */
struct frame {
	uint32_t pcr;
	size_t digest;
	size_t name;
	size_t name_len;
	size_t data;
	size_t len;		/* of the data; it ends the entry */
};

/* Why there is no entry. */
struct fault {
	size_t at;
	char reason[200];
};

static int fault(struct fault *fault, int err, size_t at, const char *fmt, ...)
	IMANS_PRINTF(4, 5);

static int fault(struct fault *fault, int err, size_t at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fault->reason, sizeof(fault->reason), fmt, ap);
	va_end(ap);
	fault->at = at;
	return err;
}

/* The bytes [from, from + len) of the window must be there. */
static int need(struct imans_source *src, size_t from, size_t len,
		const char *what, struct fault *f)
{
	int ret = imans_source_need(src, from + len);

	if (ret == 1)
		return 0;
	if (ret < 0)
		return fault(f, ret, from, "read: %s", strerror(-ret));
	return fault(f, -EBADMSG, from, "%s runs %zu bytes past the end", what,
		     from + len - imans_source_len(src));
}

static int frame_name(struct imans_source *src, size_t at, struct frame *frame,
		      struct fault *f)
{
	const uint8_t *p;
	int ret;

	p = imans_source_data(src) + at - 4;
	frame->name = at;
	frame->name_len = get_le32(p);
	if (frame->name_len == 0)
		return fault(f, -EBADMSG, at - 4, "the template has no name");
	if (frame->name_len > IMANS_TEMPLATE_NAME_MAX)
		return fault(f, -EMSGSIZE, at - 4,
			     "a template name of %zu bytes, more than %d",
			     frame->name_len, IMANS_TEMPLATE_NAME_MAX);
	ret = need(src, at, frame->name_len, "the template name", f);
	if (ret)
		return ret;
	p = imans_source_data(src) + at;
	for (size_t i = 0; i < frame->name_len; i++)
		if (p[i] <= 0x20 || p[i] >= 0x7f)
			return fault(f, -EBADMSG, at + i,
				     "the template name holds byte 0x%02x",
				     p[i]);
	return 0;
}

static bool name_is_bare(const struct imans_source *src, size_t at,
			 const struct frame *frame)
{
	return frame->name_len == 3 &&
	       memcmp(imans_source_data(src) + at, "ima", 3) == 0;
}

/* "ima": the digest, the name's length, the name. */
static int frame_bare(struct imans_source *src, size_t at, struct frame *frame,
		      struct fault *f)
{
	uint32_t name_len;
	int ret;

	frame->data = at;
	frame->len = IMANS_BARE_DIGEST_SIZE + 4;
	ret = need(src, at, frame->len, "the template data", f);
	if (ret)
		return ret;
	name_len = get_le32(imans_source_data(src) + at +
			    IMANS_BARE_DIGEST_SIZE);
	if (name_len > IMANS_BARE_NAME_MAX)
		return fault(f, -EMSGSIZE, at + IMANS_BARE_DIGEST_SIZE,
			     "an event name of %" PRIu32 " bytes, more than %d",
			     name_len, IMANS_BARE_NAME_MAX);
	frame->len += name_len;
	return need(src, at, frame->len, "the event name", f);
}

static int frame_data(struct imans_source *src, size_t at, struct frame *frame,
		      struct fault *f)
{
	int ret = need(src, at, 4, "the template data's length", f);

	if (ret)
		return ret;
	frame->data = at + 4;
	frame->len = get_le32(imans_source_data(src) + at);
	if (frame->len > IMANS_TEMPLATE_DATA_MAX)
		return fault(f, -EMSGSIZE, at,
			     "template data of %zu bytes, more than %u",
			     frame->len, IMANS_TEMPLATE_DATA_MAX);
	return need(src, frame->data, frame->len, "the template data", f);
}

/* Find the entry at an offset in the window; places are from the window. */
static int frame_entry(struct imans_source *src, size_t at,
		       enum imans_bank header, struct frame *frame,
		       struct fault *f)
{
	size_t digest_size = imans_bank_size(header);
	int ret = need(src, at, 4 + digest_size + 4, "the entry's header", f);

	if (ret)
		return ret;
	frame->pcr = get_le32(imans_source_data(src) + at);
	if (frame->pcr > PCR_MAX)
		return fault(f, -EBADMSG, at, "there is no PCR %" PRIu32,
			     frame->pcr);
	frame->digest = at + 4;
	ret = frame_name(src, at + 4 + digest_size + 4, frame, f);
	if (ret)
		return ret;
	at = frame->name + frame->name_len;
	if (name_is_bare(src, frame->name, frame))
		return frame_bare(src, at, frame, f);
	return frame_data(src, at, frame, f);
}

static void set_template(struct imans_entry *entry, const uint8_t *name,
			 size_t len)
{
	/* Most entries have the template of the one before. */
	if (strlen(entry->template_name) == len &&
	    memcmp(entry->template_name, name, len) == 0)
		return;
	memcpy(entry->template_name, name, len);
	entry->template_name[len] = '\0';
	imans_template_find(entry->template_name, &entry->tmpl);
}

static void set_entry(struct imans_list *list, const struct frame *frame,
		      size_t at)
{
	const uint8_t *base = imans_source_data(&list->src);
	struct imans_entry *entry = &list->entry;

	entry->index = list->count;
	entry->offset = list->src.offset + at;
	entry->pcr = frame->pcr;
	entry->header = list->header;
	entry->header_digest = base + frame->digest;
	entry->violation = all_zero(entry->header_digest,
				    imans_bank_size(list->header));
	set_template(entry, base + frame->name, frame->name_len);
	entry->data = base + frame->data;
	entry->len = frame->len;
	entry->data_offset = frame->data - at;
	entry->cache->banks = 0;
	imans_entry_split(entry);
}

/* How a layout fits the beginning of a list. */
struct probe {
	uint64_t entries;	/* that parse */
	bool whole;		/* nothing was against it */
	bool sure;		/* a digest was that of its data */
};

static int probe_layout(struct imans_list *list, enum imans_bank header,
			struct probe *probe)
{
	struct imans_source *src = &list->src;
	struct frame frame;
	struct fault f;
	bool match;
	size_t at = 0;
	int ret;

	memset(probe, 0, sizeof(*probe));
	list->header = header;
	while (probe->entries < PROBE_ENTRIES) {
		ret = imans_source_need(src, at + 1);
		if (ret == 0)
			break;
		if (ret == 1)
			ret = frame_entry(src, at, header, &frame, &f);
		if (ret == -EBADMSG || ret == -EMSGSIZE)
			return 0;
		if (ret < 0)
			return imans_err(list->ctx, ret, "%s: %s", list->name,
					 strerror(-ret));
		probe->entries++;
		set_entry(list, &frame, at);
		if (!list->entry.violation &&
		    imans_entry_match(&list->entry, &match) == 0 && match) {
			probe->sure = true;
			return 0;
		}
		at = frame.data + frame.len;
	}
	probe->whole = true;
	return 0;
}

static bool reads_further(const struct probe *a, const struct probe *b)
{
	if (a->whole != b->whole)
		return a->whole;
	return a->entries > b->entries;
}

/* A digest that fits is proof; else the layout that reads further. */
static int detect_layout(struct imans_list *list)
{
	struct probe probe, best = { 0 };
	enum imans_bank best_header = IMANS_SHA1;
	bool tie = true;

	for (int i = 0; i < IMANS_BANKS; i++) {
		int ret = probe_layout(list, (enum imans_bank)i, &probe);

		if (ret || probe.sure)
			return ret;
		if (reads_further(&probe, &best)) {
			best = probe;
			best_header = (enum imans_bank)i;
			tie = false;
		} else if (!reads_further(&best, &probe)) {
			tie = true;
		}
	}
	list->header = best_header;
	if (tie && imans_source_len(&list->src) > 0)
		return imans_err(list->ctx, -EBADMSG,
				 "%s: entry 0: byte 0: no size of template "
				 "digests makes a list of this", list->name);
	return 0;
}

static int set_header(struct imans_list *list, enum imans_header header)
{
	if (header == IMANS_HEADER_AUTO)
		return detect_layout(list);
	if (header < IMANS_HEADER_SHA1 || header > IMANS_HEADER_SHA512)
		return imans_err(list->ctx, -EINVAL,
				 "%s: no such header kind: %d", list->name,
				 (int)header);
	list->header = (enum imans_bank)(header - IMANS_HEADER_SHA1);
	return 0;
}

static int list_new(struct imans_ctx *ctx, const char *name,
		    const struct imans_list_opts *opts,
		    struct imans_list **list)
{
	struct imans_list *new;

	if (opts->redacted_banks & ~IMANS_ALL_BANKS ||
	    (opts->redacted_banks && !opts->redacted))
		return imans_err(ctx, -EINVAL, "%s: no such banks", name);
	new = calloc(1, sizeof(*new));

	if (!new)
		return imans_err(ctx, -ENOMEM, "%s: out of memory", name);
	new->ctx = ctx;
	new->redacted = opts->redacted;
	new->redacted_banks = opts->redacted_banks;
	new->src.fd = -1;
	new->name = strdup(name);
	new->entry.cache = malloc(sizeof(*new->entry.cache));
	if (!new->name || !new->entry.cache) {
		imans_list_close(new);
		return imans_err(ctx, -ENOMEM, "%s: out of memory", name);
	}
	new->entry.ctx = ctx;
	new->entry.list_name = new->name;
	*list = new;
	return 0;
}

/* What all ways to open share, after the source is there. */
static int list_finish(struct imans_list *new, enum imans_header header,
		       struct imans_list **list)
{
	int ret = set_header(new, header);

	if (ret) {
		imans_list_close(new);
		return ret;
	}
	*list = new;
	return 0;
}

IMANS_API int imans_list_open_mem(struct imans_ctx *ctx, const void *data,
				  size_t len,
				  const struct imans_list_opts *opts,
				  struct imans_list **list)
{
	struct imans_list_opts o;
	struct imans_list *new;
	int ret;

	if (!list || (!data && len))
		return imans_err(ctx, -EINVAL, "list: no data, or no place");
	ret = imans_opts_copy(ctx, &o, sizeof(o), opts);
	if (ret)
		return ret;
	ret = list_new(ctx, o.name ? o.name : "list", &o, &new);
	if (ret)
		return ret;
	imans_source_mem(&new->src, data, len);
	return list_finish(new, o.header, list);
}

IMANS_API int imans_list_open_fd(struct imans_ctx *ctx, int fd,
				 const struct imans_list_opts *opts,
				 struct imans_list **list)
{
	struct imans_list_opts o;
	struct imans_list *new;
	int ret;

	if (!list)
		return imans_err(ctx, -EINVAL, "list: no place for it");
	ret = imans_opts_copy(ctx, &o, sizeof(o), opts);
	if (ret)
		return ret;
	ret = list_new(ctx, o.name ? o.name : "list", &o, &new);
	if (ret)
		return ret;
	ret = imans_source_fd(&new->src, fd);
	if (ret) {
		imans_err(ctx, ret, "%s: %s", new->name, strerror(-ret));
		imans_list_close(new);
		return ret;
	}
	return list_finish(new, o.header, list);
}

IMANS_API int imans_list_open_file(struct imans_ctx *ctx, const char *path,
				   const struct imans_list_opts *opts,
				   struct imans_list **list)
{
	struct imans_list_opts o;
	int fd, ret;

	if (!path)
		return imans_err(ctx, -EINVAL, "list: no path");
	ret = imans_opts_copy(ctx, &o, sizeof(o), opts);
	if (ret)
		return ret;
	o.sz = sizeof(o);
	if (!o.name)
		o.name = path;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		ret = -errno;
		return imans_err(ctx, ret, "%s: %s", o.name, strerror(-ret));
	}
	ret = imans_list_open_fd(ctx, fd, &o, list);
	close(fd);
	return ret;
}

IMANS_API void imans_list_close(struct imans_list *list)
{
	if (!list)
		return;
	imans_source_close(&list->src);
	free(list->entry.cache);
	free(list->name);
	free(list);
}

IMANS_API enum imans_header imans_list_header(const struct imans_list *list)
{
	return (enum imans_header)(IMANS_HEADER_SHA1 + (int)list->header);
}

IMANS_API int imans_list_next(struct imans_list *list,
			      const struct imans_entry **entry)
{
	struct frame frame;
	const char *bad;
	struct fault f;
	int ret;

	imans_source_consume(&list->src, list->current);
	list->current = 0;
	ret = imans_source_need(&list->src, 1);
	if (ret == 0) {
		*entry = NULL;
		return 0;
	}
	ret = ret < 0 ? fault(&f, ret, 0, "read: %s", strerror(-ret)) :
			frame_entry(&list->src, 0, list->header, &frame, &f);
	if (ret)
		return imans_err(list->ctx, ret,
				 "%s: entry %" PRIu64 ": byte %" PRIu64 ": %s",
				 list->name, list->count,
				 list->src.offset + f.at, f.reason);
	set_entry(list, &frame, 0);
	bad = list->redacted ? imans_hidden_read(&list->entry,
						 list->redacted_banks) : NULL;
	if (bad)
		return imans_entry_err(&list->entry, 0, bad);
	list->current = frame.data + frame.len;
	list->count++;
	*entry = &list->entry;
	return 0;
}
