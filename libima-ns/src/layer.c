// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A layer of an image. Two of libarchive's readers stand one behind the other:
 * the first unpacks, the second takes the tar file apart; between them passes
 * what the layer's diff_id is the digest of.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive_load.h"
#include "layer.h"
#include "text.h"

#define READ_SIZE	65536
#define WHITEOUT	".wh."
#define OPAQUE		".wh..wh..opq"
/* Bookkeeping of aufs, no part of the image. */
#define META		".wh..wh."

#define TOO_MANY_ENTRIES	"the image has more than 4000000 entries"
#define TOO_MANY_NAMES		"the image has names of more than 512 MiB"

/**
 * struct reader - a layer that is being read
 * @ctx: where errors go
 * @lib: libarchive
 * @source: what is read
 * @limits: what is left
 * @unpack: unpacks
 * @tar: takes apart
 * @blob: hashes what is stored, if that is to be known
 * @diff: hashes what is unpacked, if that is to be known
 * @files: hashes contents
 * @digests: bytes that a file has of these
 * @layer: what was read
 * @err: an error whose message stands already
 * @buf: for @source
 */
struct reader {
	struct imans_ctx *ctx;
	const struct imans_archive_calls *lib;
	const struct layer_source *source;
	struct image_limits *limits;
	struct archive *unpack;
	struct archive *tar;
	struct imans_hashing blob;
	struct imans_hashing diff;
	struct imans_hashing files;
	size_t digests;
	struct image_layer *layer;
	int err;
	uint8_t buf[READ_SIZE];
};

bool imans_path_normalise(char *path)
{
	char *from = path, *to = path;

	for (;;) {
		size_t n;

		from += strspn(from, "/");
		n = strcspn(from, "/");
		if (!n)
			break;
		if (n == 2 && from[0] == '.' && from[1] == '.')
			return false;
		if (n != 1 || *from != '.') {
			if (to != path)
				*to++ = '/';
			memmove(to, from, n);
			to += n;
		}
		from += n;
	}
	*to = '\0';
	return true;
}

static int fail(struct reader *r, int err, const char *reason)
{
	r->err = imans_err(r->ctx, err, "%s: %s", r->source->name, reason);
	return r->err;
}

/* libarchive's words, unless a message of ours is the cause. */
static int archive_failed(struct reader *r, struct archive *a)
{
	const char *text = r->lib->archive_error_string(a);
	char shown[IMANS_SHOWN_SIZE];

	if (r->err)
		return r->err;
	if (r->lib->archive_errno(a) == ENOMEM)
		return fail(r, -ENOMEM, "out of memory");
	text = text ? text : "malformed";
	return fail(r, -EBADMSG,
		    imans_show(shown, sizeof(shown), text, strlen(text)));
}

/* Counts what is unpacked: a small layer may grow without end. */
static int use_up(struct reader *r, uint64_t bytes)
{
	if (bytes > r->limits->bytes)
		return fail(r, -EMSGSIZE,
			    "unpacked, the image is larger than allowed");
	r->limits->bytes -= bytes;
	return 0;
}

/* --------------------------------------------------------------- pipes --- */

static la_ssize_t read_stored(struct archive *a, void *user, const void **buf)
{
	struct reader *r = user;
	ssize_t n = r->source->read(r->source->user, r->buf, sizeof(r->buf));

	if (n < 0) {
		r->err = (int)n;
		r->lib->archive_set_error(a, EIO, "reading failed");
		return -1;
	}
	if (n && imans_hashing_update(&r->blob, r->buf, (size_t)n)) {
		r->lib->archive_set_error(a, EIO, "hashing failed");
		return -1;
	}
	*buf = r->buf;
	return n;
}

static la_ssize_t read_unpacked(struct archive *a, void *user, const void **buf)
{
	struct reader *r = user;
	la_int64_t offset;
	size_t len = 0;
	int ret;

	do {
		ret = r->lib->archive_read_data_block(r->unpack, buf, &len,
						      &offset);
	} while (ret == ARCHIVE_OK && !len);
	if (ret == ARCHIVE_EOF)
		return 0;
	if (ret != ARCHIVE_OK) {
		archive_failed(r, r->unpack);
		r->lib->archive_set_error(a, EIO, "unpacking failed");
		return -1;
	}
	if (use_up(r, len) || imans_hashing_update(&r->diff, *buf, len)) {
		r->lib->archive_set_error(a, EIO, "past the bound");
		return -1;
	}
	return (la_ssize_t)len;
}

static int open_unpack(struct reader *r)
{
	static const int codes[] = {
		[IMAGE_FILTER_NONE] = ARCHIVE_FILTER_NONE,
		[IMAGE_FILTER_GZIP] = ARCHIVE_FILTER_GZIP,
		[IMAGE_FILTER_ZSTD] = ARCHIVE_FILTER_ZSTD,
	};
	enum image_filter filter = r->source->filter;
	struct archive_entry *entry;
	int ret = ARCHIVE_OK;

	if (filter == IMAGE_FILTER_ANY || filter == IMAGE_FILTER_GZIP)
		ret = r->lib->archive_read_support_filter_gzip(r->unpack);
	if (ret == ARCHIVE_OK &&
	    (filter == IMAGE_FILTER_ANY || filter == IMAGE_FILTER_ZSTD))
		ret = r->lib->archive_read_support_filter_zstd(r->unpack);
	/* A warning says that another program would be called. */
	if (ret != ARCHIVE_OK)
		return fail(r, -ENOTSUP, "libarchive lacks this compression");
	r->lib->archive_read_support_format_raw(r->unpack);
	r->lib->archive_read_support_format_empty(r->unpack);
	if (r->lib->archive_read_open(r->unpack, r, NULL, read_stored, NULL))
		return archive_failed(r, r->unpack);
	if (filter != IMAGE_FILTER_ANY &&
	    r->lib->archive_filter_code(r->unpack, 0) != codes[filter])
		return fail(r, -EBADMSG,
			    "not compressed as its media type says");
	ret = r->lib->archive_read_next_header(r->unpack, &entry);
	if (ret == ARCHIVE_EOF)
		return fail(r, -EBADMSG, "empty");
	return ret == ARCHIVE_OK ? 0 : archive_failed(r, r->unpack);
}

/* ------------------------------------------------------------- entries --- */

static int too_long(struct reader *r)
{
	return fail(r, -EMSGSIZE, "a name is longer than 4096 bytes, or a part of it than 255");
}

/* Names are most of what is kept, and pack well: a bound of their own. */
static int keep_name(struct reader *r, const char *from, char **name)
{
	size_t size = strlen(from) + 1;

	if (size > r->limits->names)
		return fail(r, -EMSGSIZE, TOO_MANY_NAMES);
	r->limits->names -= size;
	r->layer->names += size;
	*name = strdup(from);
	return *name ? 0 : fail(r, -ENOMEM, "out of memory");
}

static int take_path(struct reader *r, const char *from, char **path)
{
	char shown[IMANS_SHOWN_SIZE];
	int err;

	if (!from)
		return fail(r, -EBADMSG, "an entry without a name");
	if (strlen(from) > IMAGE_PATH_MAX)
		return too_long(r);
	err = keep_name(r, from, path);
	if (err)
		return err;
	if (!imans_path_normalise(*path)) {
		imans_show(shown, sizeof(shown), from, strlen(from));
		r->err = imans_err(r->ctx, -EBADMSG,
				   "%s: %s: a name with \"..\" in it",
				   r->source->name, shown);
		return r->err;
	}
	for (const char *p = *path; *p; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");

		if (n > IMAGE_NAME_MAX)
			return too_long(r);
		p += n;
	}
	return 0;
}

/* Holes are part of the content. */
static int hash_zeros(struct reader *r, uint64_t count)
{
	static const uint8_t zeros[READ_SIZE];
	int err = use_up(r, count);

	while (!err && count) {
		size_t n = count < sizeof(zeros) ? (size_t)count :
						   sizeof(zeros);

		err = imans_hashing_update(&r->files, zeros, n);
		count -= n;
	}
	return err;
}

static int hash_content(struct reader *r, struct archive_entry *from,
			struct image_entry *to)
{
	const struct imans_archive_calls *lib = r->lib;
	uint64_t at = 0, size = (uint64_t)lib->archive_entry_size(from);
	const void *buf;
	la_int64_t offset;
	size_t len;
	int ret, err = 0;

	while (!err && !(ret = lib->archive_read_data_block(r->tar, &buf, &len,
							    &offset))) {
		if ((uint64_t)offset < at)
			return fail(r, -EBADMSG, "parts of a file overlap");
		err = hash_zeros(r, (uint64_t)offset - at);
		if (!err)
			err = imans_hashing_update(&r->files, buf, len);
		at = (uint64_t)offset + len;
	}
	if (err)
		return r->err ? r->err : fail(r, err, "hashing failed");
	if (ret != ARCHIVE_EOF)
		return archive_failed(r, r->tar);
	if (at < size && hash_zeros(r, size - at))
		return r->err;
	to->digests = malloc(r->digests);
	if (!to->digests)
		return fail(r, -ENOMEM, "out of memory");
	return imans_hashing_final(&r->files, to->digests) ?
		fail(r, -EIO, "hashing failed") : 0;
}

/* A name that hides something turns into that. False: no part of the image. */
static int take_whiteout(struct reader *r, struct image_entry *entry,
			 bool *wanted)
{
	char *slash = strrchr(entry->path, '/');
	char *name = slash ? slash + 1 : entry->path;
	char *hidden = name + strlen(WHITEOUT);

	*wanted = true;
	if (strncmp(name, WHITEOUT, strlen(WHITEOUT)))
		return 0;
	if (!strcmp(name, OPAQUE)) {
		entry->kind = IMAGE_OPAQUE;
		*(slash ? slash : name) = '\0';
		return 0;
	}
	if (!strncmp(name, META, strlen(META))) {
		*wanted = false;
		return 0;
	}
	if (!*hidden || !strcmp(hidden, ".") || !strcmp(hidden, ".."))
		return fail(r, -EBADMSG, "a whiteout of no name");
	entry->kind = IMAGE_WHITEOUT;
	memmove(name, hidden, strlen(hidden) + 1);
	return 0;
}

static int take_kind(struct reader *r, struct archive_entry *from,
		     struct image_entry *to)
{
	const char *target = r->lib->archive_entry_hardlink(from);

	if (target) {
		to->kind = IMAGE_HARDLINK;
		return take_path(r, target, &to->target);
	}
	switch (r->lib->archive_entry_filetype(from)) {
	case AE_IFREG:
		to->kind = IMAGE_FILE;
		return 0;
	case AE_IFDIR:
		to->kind = IMAGE_DIR;
		return 0;
	case AE_IFLNK:
		to->kind = IMAGE_SYMLINK;
		target = r->lib->archive_entry_symlink(from);
		if (!target || !*target || strlen(target) > IMAGE_PATH_MAX)
			return fail(r, -EBADMSG,
				    "a symbolic link without a target, or with one of over 4096 bytes");
		return keep_name(r, target, &to->target);
	default:
		to->kind = IMAGE_OTHER;
		return 0;
	}
}

static struct image_entry *new_entry(struct reader *r)
{
	struct image_layer *layer = r->layer;

	if (!r->limits->entries) {
		fail(r, -EMSGSIZE, TOO_MANY_ENTRIES);
		return NULL;
	}
	r->limits->entries--;
	if (layer->count == layer->room) {
		size_t room = layer->room ? layer->room * 2 : 256;
		struct image_entry *more;

		more = reallocarray(layer->entries, room, sizeof(*more));
		if (!more) {
			fail(r, -ENOMEM, "out of memory");
			return NULL;
		}
		layer->entries = more;
		layer->room = room;
	}
	memset(&layer->entries[layer->count], 0, sizeof(*layer->entries));
	return &layer->entries[layer->count++];
}

static int take_entry(struct reader *r, struct archive_entry *from)
{
	struct image_entry *to = new_entry(r);
	bool wanted;
	int err;

	if (!to)
		return r->err;
	err = take_kind(r, from, to);
	if (!err)
		err = take_path(r, r->lib->archive_entry_pathname(from),
				&to->path);
	if (!err)
		err = take_whiteout(r, to, &wanted);
	if (err)
		return err;
	if (to->kind == IMAGE_FILE && wanted)
		err = hash_content(r, from, to);
	if (wanted)
		return err;
	free(to->path);
	free(to->target);
	r->layer->count--;
	return err;
}

static int read_entries(struct reader *r)
{
	struct archive_entry *entry;
	int ret, err = 0;

	r->lib->archive_read_support_format_tar(r->tar);
	r->lib->archive_read_support_format_empty(r->tar);
	if (r->lib->archive_read_open(r->tar, r, NULL, read_unpacked, NULL))
		return archive_failed(r, r->tar);
	while (!err) {
		ret = r->lib->archive_read_next_header(r->tar, &entry);
		if (ret == ARCHIVE_EOF)
			return r->err;
		/* A warning: a name that this locale has no characters for. */
		if (ret != ARCHIVE_OK && ret != ARCHIVE_WARN)
			return archive_failed(r, r->tar);
		err = take_entry(r, entry);
	}
	return err;
}

/* ------------------------------------------------------------- digests --- */

static int begin_digest(struct reader *r, const struct image_digest *wanted,
			struct imans_hashing *h)
{
	return wanted ? imans_hashing_begin(r->ctx, IMANS_BANK(wanted->bank),
					    h) : 0;
}

static int check_digest(struct reader *r, const struct image_digest *wanted,
			struct imans_hashing *h, const char *reason)
{
	uint8_t digest[IMANS_HASHING_MAX];

	if (!wanted)
		return 0;
	if (imans_hashing_final(h, digest))
		return fail(r, -EIO, "hashing failed");
	return memcmp(digest, wanted->digest, imans_bank_size(wanted->bank)) ?
		fail(r, -EBADMSG, reason) : 0;
}

/* What comes after the end of the tar file was hashed, too. */
static int check_digests(struct reader *r)
{
	const void *buf;
	la_ssize_t n;
	int err;

	while ((n = read_unpacked(r->tar, r, &buf)) > 0)
		;
	if (n < 0)
		return r->err ? r->err : archive_failed(r, r->tar);
	while ((n = read_stored(r->tar, r, &buf)) > 0)
		;
	if (n < 0)
		return r->err ? r->err : archive_failed(r, r->tar);
	err = check_digest(r, r->source->blob, &r->blob,
			   "is not what its digest says");
	return err ? err : check_digest(r, r->source->diff, &r->diff,
					"unpacked, is not what diff_ids say");
}

static int read_layer(struct reader *r, uint32_t banks)
{
	int err = imans_archive_load(r->ctx, r->source->name, &r->lib);

	if (!err)
		err = imans_hashing_begin(r->ctx, banks, &r->files);
	if (!err)
		err = begin_digest(r, r->source->blob, &r->blob);
	if (!err)
		err = begin_digest(r, r->source->diff, &r->diff);
	if (err)
		return err;
	r->digests = imans_hashing_size(banks);
	r->unpack = r->lib->archive_read_new();
	r->tar = r->lib->archive_read_new();
	r->layer = calloc(1, sizeof(*r->layer));
	if (!r->unpack || !r->tar || !r->layer)
		return fail(r, -ENOMEM, "out of memory");
	err = open_unpack(r);
	if (!err)
		err = read_entries(r);
	return err ? err : check_digests(r);
}

int imans_layer_read(struct imans_ctx *ctx, const struct layer_source *source,
		     uint32_t banks, struct image_limits *limits,
		     struct image_layer **layer)
{
	struct reader *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return imans_err(ctx, -ENOMEM, "%s: out of memory",
				 source->name);
	r->ctx = ctx;
	r->source = source;
	r->limits = limits;
	err = read_layer(r, banks);
	/* It may still call for data of the other: freed first. */
	if (r->tar)
		r->lib->archive_read_free(r->tar);
	if (r->unpack)
		r->lib->archive_read_free(r->unpack);
	imans_hashing_end(&r->blob);
	imans_hashing_end(&r->diff);
	imans_hashing_end(&r->files);
	if (err)
		image_layer_free(r->layer);
	else
		*layer = r->layer;
	free(r);
	return err;
}

int imans_layer_share(struct imans_ctx *ctx, const char *name,
		      struct image_limits *limits, struct image_layer *layer)
{
	const char *reason = layer->count > limits->entries ? TOO_MANY_ENTRIES :
			     layer->names > limits->names ? TOO_MANY_NAMES :
			     NULL;

	if (reason)
		return imans_err(ctx, -EMSGSIZE, "%s: %s", name, reason);
	limits->entries -= layer->count;
	limits->names -= layer->names;
	layer->shared++;
	return 0;
}
