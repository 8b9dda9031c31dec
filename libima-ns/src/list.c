// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "hidden.h"
#include "list.h"

/*
 * Lines that one name may take. The digest tells where an entry ends, so that
 * each line more is hashed again.
 */
#define NAME_LINES_MAX	16

static void set_template(struct imans_list *list, const uint8_t *name,
			 size_t len)
{
	struct imans_entry *entry = &list->entry;

	/* Most entries have the template of the one before. */
	if (entry->template_len == len &&
	    memcmp(entry->template_name, name, len) == 0)
		return;
	memcpy(entry->template_name, name, len);
	entry->template_name[len] = '\0';
	entry->template_len = len;
	imans_template_find(&list->declared, entry->template_name,
			    &entry->tmpl);
}

static void set_entry(struct imans_list *list, const struct imans_frame *frame,
		      size_t at, size_t bare_digest, uint32_t lines)
{
	struct imans_entry *entry = &list->entry;

	entry->index = list->count;
	entry->offset = list->src.offset + at;
	entry->pcr = frame->pcr;
	entry->header = list->layout.header;
	entry->header_digest = frame->digest;
	entry->big = list->layout.big;
	entry->violation = all_zero(frame->digest,
				    imans_bank_size(entry->header));
	entry->no_data = frame->no_data;
	entry->lines = lines;
	set_template(list, frame->name, frame->name_len);
	entry->bare_digest = bare_digest;
	entry->data = frame->data;
	entry->len = frame->len;
	entry->data_offset = frame->data_at;
	entry->cache->banks = 0;
	entry->cache->split = false;
}

/*
 * "ima" does not say how long its digest is. MD5's is shorter, and the template
 * digest tells: no data of one length has the digest of data of another.
 */
static bool try_md5(struct imans_list *list, size_t at, size_t *size,
		    struct imans_fault *fault)
{
	struct imans_frame frame;
	bool match = false;

	if (imans_frame_binary(&list->src, at, &list->layout,
			       IMANS_BARE_MD5_SIZE, &frame, fault))
		return false;
	fault->cut = false;
	set_entry(list, &frame, at, IMANS_BARE_MD5_SIZE, 0);
	if (list->entry.violation || imans_entry_match(&list->entry, &match) ||
	    !match)
		return false;
	*size = frame.size;
	return true;
}

static int binary_entry(struct imans_list *list, size_t at, size_t *size,
			struct imans_fault *fault)
{
	struct imans_fault md5;
	struct imans_frame frame;
	bool match = true;
	int ret = imans_frame_binary(&list->src, at, &list->layout,
				     IMANS_BARE_DIGEST_SIZE, &frame, fault);

	if (!ret) {
		*size = frame.size;
		set_entry(list, &frame, at, IMANS_BARE_DIGEST_SIZE, 0);
		if (!list->entry.tmpl.bare || list->entry.violation)
			return 0;
		if (imans_entry_match(&list->entry, &match) || match)
			return 0;
	} else if (!fault->bare) {
		return ret;
	}
	if (try_md5(list, at, size, &md5))
		return 0;
	if (ret && md5.cut) {
		*fault = md5;
		return -EBADMSG;
	}
	if (ret)
		return ret;
	/* Neither: it stays what it was, and its digest is wrong. */
	ret = imans_frame_binary(&list->src, at, &list->layout,
				 IMANS_BARE_DIGEST_SIZE, &frame, fault);
	if (!ret)
		set_entry(list, &frame, at, IMANS_BARE_DIGEST_SIZE, 0);
	return ret;
}

static size_t shown_bare_digest(const struct imans_list *list)
{
	const uint8_t *base = list->line.data;
	size_t md5 = IMANS_BARE_MD5_SIZE + 4;

	/* The name's length follows the digest, and the name ends the data. */
	if (list->entry.len >= md5 &&
	    get_u32(base + md5 - 4, list->layout.big) == list->entry.len - md5)
		return IMANS_BARE_MD5_SIZE;
	return IMANS_BARE_DIGEST_SIZE;
}

/* Whether the text up to `end` is an entry, as far as its digest can tell. */
static int try_text(struct imans_list *list, size_t at, size_t end,
		    uint32_t lines, struct imans_fault *fault)
{
	const char *text = (const char *)imans_source_data(&list->src) + at;
	struct imans_frame frame;
	bool match;
	int ret = imans_ascii_parse(text, end - at, &list->layout,
				    &list->declared, &list->line, &frame,
				    fault);

	if (ret) {
		fault->at += at;
		return ret;
	}
	set_entry(list, &frame, at, IMANS_BARE_DIGEST_SIZE, lines);
	if (list->entry.tmpl.bare)
		list->entry.bare_digest = shown_bare_digest(list);
	if (list->entry.violation || list->entry.no_data)
		return 0;
	ret = imans_entry_match(&list->entry, &match);
	if (ret)
		return imans_fault_set(fault, ret, at, "%s",
				       imans_ctx_error(list->ctx));
	return match ? 0 : imans_fault_set(fault, -EBADMSG, at,
					   "the digest is not that of the line: it was changed, or is a part of a name");
}

/*
 * A line whose digest is not its own may end in the middle of a name: then some
 * more lines belong to it, and the digest proves it.
 */
static int ascii_entry(struct imans_list *list, size_t at, size_t *size,
		       struct imans_fault *fault)
{
	struct imans_fault first = { 0 }, next;
	size_t end, from = at;

	for (uint32_t lines = 1; lines <= NAME_LINES_MAX; lines++) {
		int ret = imans_ascii_end(&list->src, at, from, &end, &next);

		if (ret && lines == 1) {
			*fault = next;
			return ret;
		}
		if (ret) {
			first.cut = next.cut && list->src.follow;
			break;
		}
		ret = try_text(list, at, end, lines, &next);
		if (ret == 0) {
			*size = end + 1 - at;
			return 0;
		}
		if (lines == 1)
			first = next;
		if (ret != -EBADMSG) {
			*fault = next;
			return ret;
		}
		from = end + 1;
	}
	*fault = first;
	return -EBADMSG;
}

int imans_list_entry_at(struct imans_list *list, size_t at, size_t *size,
			struct imans_fault *fault)
{
	return list->ascii ? ascii_entry(list, at, size, fault) :
			     binary_entry(list, at, size, fault);
}

static int set_layout(struct imans_list *list, const struct imans_list_opts *o)
{
	if (o->header < IMANS_HEADER_AUTO || o->header > IMANS_HEADER_SM3 ||
	    o->byte_order < IMANS_ORDER_AUTO ||
	    o->byte_order > IMANS_ORDER_BIG ||
	    o->format < IMANS_FORMAT_BINARY || o->format > IMANS_FORMAT_AUTO)
		return imans_err(list->ctx, -EINVAL,
				 "%s: no such header, byte order or format",
				 list->name);
	if (o->redacted_banks & ~IMANS_ALL_BANKS ||
	    (o->redacted_banks && !o->redacted))
		return imans_err(list->ctx, -EINVAL, "%s: no such banks",
				 list->name);
	list->redacted = o->redacted;
	list->redacted_banks = o->redacted_banks;
	list->find_header = o->header == IMANS_HEADER_AUTO;
	if (!list->find_header)
		list->layout.header = (enum imans_bank)(o->header -
							IMANS_HEADER_SHA1);
	list->find_order = o->byte_order == IMANS_ORDER_AUTO;
	list->layout.big = o->byte_order == IMANS_ORDER_BIG;
	list->find_format = o->format == IMANS_FORMAT_AUTO;
	list->ascii = o->format == IMANS_FORMAT_ASCII;
	return imans_templates_init(list->ctx, o->templates, o->template_count,
				    &list->declared);
}

static int list_new(struct imans_ctx *ctx, const struct imans_list_opts *o,
		    struct imans_list **list)
{
	const char *name = o->name ? o->name : "list";
	struct imans_list *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return imans_err(ctx, -ENOMEM, "%s: out of memory", name);
	new->ctx = ctx;
	new->src.fd = -1;
	new->name = strdup(name);
	new->entry.cache = malloc(sizeof(*new->entry.cache));
	if (new->name && new->entry.cache)
		ret = set_layout(new, o);
	else
		ret = imans_err(ctx, -ENOMEM, "%s: out of memory", name);
	if (ret) {
		imans_list_close(new);
		return ret;
	}
	new->entry.ctx = ctx;
	new->entry.list_name = new->name;
	*list = new;
	return 0;
}

/* What all ways to open share, after the source is there. */
static int list_finish(struct imans_list *new, const struct imans_list_opts *o,
		       struct imans_list **list)
{
	int ret = imans_source_skip(&new->src, o->start_offset);

	if (ret)
		imans_err(new->ctx, ret, "%s: byte %" PRIu64 ": %s", new->name,
			  o->start_offset, ret == -ERANGE ?
			  "the list ends before it" : strerror(-ret));
	new->count = o->start_entry;
	if (!ret)
		ret = imans_list_probe(new);
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
	if (o.follow)
		return imans_err(ctx, -EINVAL, "list: memory does not grow");
	ret = list_new(ctx, &o, &new);
	if (ret)
		return ret;
	imans_source_mem(&new->src, data, len);
	return list_finish(new, &o, list);
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
	ret = list_new(ctx, &o, &new);
	if (ret)
		return ret;
	ret = imans_source_fd(&new->src, fd, o.follow);
	if (ret) {
		imans_err(ctx, ret, "%s: %s", new->name, strerror(-ret));
		imans_list_close(new);
		return ret;
	}
	return list_finish(new, &o, list);
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
	imans_line_free(&list->line);
	imans_templates_free(&list->declared);
	free(list->entry.cache);
	free(list->name);
	free(list);
}

IMANS_API enum imans_header imans_list_header(const struct imans_list *list)
{
	return (enum imans_header)(IMANS_HEADER_SHA1 +
				   (int)list->layout.header);
}

IMANS_API enum imans_byte_order
imans_list_byte_order(const struct imans_list *list)
{
	return list->layout.big ? IMANS_ORDER_BIG : IMANS_ORDER_LITTLE;
}

IMANS_API enum imans_format imans_list_format(const struct imans_list *list)
{
	return list->ascii ? IMANS_FORMAT_ASCII : IMANS_FORMAT_BINARY;
}

IMANS_API void imans_list_position(const struct imans_list *list,
				   uint64_t *entry, uint64_t *offset)
{
	*entry = list->count;
	*offset = list->src.offset + list->current;
}

IMANS_API int imans_list_wait(struct imans_list *list, int milliseconds)
{
	int ret;

	if (!list->src.follow)
		return imans_err(list->ctx, -EINVAL, "%s: is not followed",
				 list->name);
	imans_source_consume(&list->src, list->current);
	list->current = 0;
	ret = imans_source_wait(&list->src, milliseconds);
	if (ret && ret != -ETIMEDOUT)
		imans_err(list->ctx, ret, "%s: %s", list->name,
			  ret == -EPIPE ? "it has ended" : strerror(-ret));
	return ret;
}

static bool undecided(const struct imans_list *list)
{
	return list->find_format || list->find_header || list->find_order;
}

IMANS_API int imans_list_next(struct imans_list *list,
			      const struct imans_entry **entry)
{
	struct imans_fault f;
	const char *bad;
	size_t size;
	int ret;

	imans_source_consume(&list->src, list->current);
	list->current = 0;
	if (undecided(list)) {
		ret = imans_list_probe(list);
		if (ret)
			return ret;
	}
	ret = imans_source_need(&list->src, 1);
	if (ret == 0 || (ret == 1 && undecided(list))) {
		*entry = NULL;
		return 0;
	}
	ret = ret < 0 ? imans_fault_set(&f, ret, 0, "read: %s",
					strerror(-ret)) :
			imans_list_entry_at(list, 0, &size, &f);
	/* Its rest may still come. */
	if (ret == -EBADMSG && f.cut && list->src.follow) {
		*entry = NULL;
		return 0;
	}
	if (ret)
		return imans_err(list->ctx, ret,
				 "%s: entry %" PRIu64 ": byte %" PRIu64 ": %s",
				 list->name, list->count,
				 list->src.offset + f.at, f.reason);
	bad = list->redacted ? imans_hidden_read(&list->entry,
						 list->redacted_banks) : NULL;
	if (bad)
		return imans_entry_err(&list->entry, 0, bad);
	list->current = size;
	list->count++;
	*entry = &list->entry;
	return 0;
}
