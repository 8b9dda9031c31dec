// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Images in archives. Layers may stand before the document that names them, and
 * the archive may be compressed: it is read twice, first for the documents,
 * then for the layers that these name, each as it comes.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive_load.h"
#include "image_archive.h"
#include "text.h"

#define BLOCK_SIZE	65536
#define LINKS_MAX	8

/* A document, or a link: then `target` is the name of another. */
struct member {
	char *name;
	char *target;
	uint8_t *data;
	size_t len;
};

/* Members are ordered by their names: whoever wrote it chose how many to look up. */
struct image_archive {
	struct imans_ctx *ctx;
	const struct image_archive_source *source;
	struct member *members;
	size_t count;
	size_t bytes;
};

/* A layer by the name that it has once links are followed; ordered by it. */
struct want {
	const char *name;
	struct image_part *part;
};

/* One pass over the archive. */
struct pass {
	struct imans_ctx *ctx;
	const struct imans_archive_calls *lib;
	const char *name;
	struct archive *a;
	struct archive_entry *entry;
	struct image_limits *limits;
	bool packed;
	int err;
};

static int out_of_memory(struct imans_ctx *ctx, const char *name)
{
	return imans_err(ctx, -ENOMEM, "%s: out of memory", name);
}

static int archive_failed(struct pass *p)
{
	const char *text = p->lib->archive_error_string(p->a);
	char shown[IMANS_SHOWN_SIZE];
	int err = p->lib->archive_errno(p->a);

	if (err == ENOENT || err == EACCES || err == EPERM || err == EISDIR)
		return imans_err(p->ctx, -err, "%s: %s", p->name,
				 strerror(err));
	text = text ? text : "not an archive";
	return imans_err(p->ctx, err == ENOMEM ? -ENOMEM : -EBADMSG, "%s: %s",
			 p->name, imans_show(shown, sizeof(shown), text,
					     strlen(text)));
}

static int pass_begin(struct pass *p, const struct image_archive_source *s)
{
	int ret;

	p->name = s->name;
	ret = imans_archive_load(p->ctx, p->name, &p->lib);
	if (ret)
		return ret;
	p->a = p->lib->archive_read_new();
	if (!p->a)
		return out_of_memory(p->ctx, p->name);
	if (p->lib->archive_read_support_filter_gzip(p->a) ||
	    p->lib->archive_read_support_filter_zstd(p->a))
		return imans_err(p->ctx, -ENOTSUP,
				 "%s: libarchive has no gzip or zstd", p->name);
	p->lib->archive_read_support_format_tar(p->a);
	ret = s->path ?
	      p->lib->archive_read_open_filename(p->a, s->path, BLOCK_SIZE) :
	      p->lib->archive_read_open_memory(p->a, s->data, s->len);
	if (ret)
		return archive_failed(p);
	p->packed = p->lib->archive_filter_count(p->a) > 1;
	return 0;
}

static void pass_end(struct pass *p)
{
	if (p->a)
		p->lib->archive_read_free(p->a);
}

/*
 * Skipping costs nothing in a plain file; in a packed one all is unpacked, which
 * counts.
 */
static int pass_skip(struct pass *p)
{
	const struct imans_archive_calls *lib = p->lib;
	const void *buf;
	la_int64_t offset;
	size_t len;
	int ret;

	while (!(ret = lib->archive_read_data_block(p->a, &buf, &len,
						    &offset))) {
		if (len > p->limits->bytes)
			return imans_err(p->ctx, -EMSGSIZE,
					 "%s: unpacked, the archive is larger than allowed",
					 p->name);
		p->limits->bytes -= len;
	}
	return ret == ARCHIVE_EOF ? 0 : archive_failed(p);
}

/* The next regular file or link; `*name` is to be freed, NULL at the end. */
static int pass_next(struct pass *p, char **name)
{
	const char *path;
	int ret;

	*name = NULL;
	ret = p->lib->archive_read_next_header(p->a, &p->entry);
	if (ret == ARCHIVE_EOF)
		return 0;
	if (ret != ARCHIVE_OK && ret != ARCHIVE_WARN)
		return archive_failed(p);
	if (!p->limits->entries)
		return imans_err(p->ctx, -EMSGSIZE,
				 "%s: more than %d entries", p->name,
				 IMAGE_ENTRIES_MAX);
	p->limits->entries--;
	path = p->lib->archive_entry_pathname(p->entry);
	if (!path || strlen(path) > IMAGE_PATH_MAX)
		return imans_err(p->ctx, -EBADMSG,
				 "%s: an entry without a name, or with one of over %d bytes",
				 p->name, IMAGE_PATH_MAX);
	*name = strdup(path);
	if (!*name)
		return out_of_memory(p->ctx, p->name);
	if (imans_path_normalise(*name))
		return 0;
	free(*name);
	*name = NULL;
	return imans_err(p->ctx, -EBADMSG, "%s: a name with \"..\" in it",
			 p->name);
}

/* ----------------------------------------------------------- documents --- */

static void free_member(struct member *m)
{
	free(m->name);
	free(m->target);
	free(m->data);
}

/* Where the name is, or would be. */
static size_t place_of(const struct image_archive *archive, const char *name)
{
	size_t low = 0, high = archive->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(archive->members[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct member *find(const struct image_archive *archive,
			   const char *name)
{
	size_t i = place_of(archive, name);

	return i < archive->count && !strcmp(archive->members[i].name, name) ?
	       &archive->members[i] : NULL;
}

static int make_place(struct image_archive *archive, const char *name,
		      struct member **at)
{
	size_t i = place_of(archive, name);
	struct member *more;

	if (archive->count == IMAGE_DOCS_COUNT)
		return imans_err(archive->ctx, -EMSGSIZE,
				 "%s: more than %d documents and links",
				 archive->source->name, IMAGE_DOCS_COUNT);
	more = realloc(archive->members, (archive->count + 1) * sizeof(*more));
	if (!more)
		return out_of_memory(archive->ctx, archive->source->name);
	memmove(&more[i + 1], &more[i], (archive->count - i) * sizeof(*more));
	archive->members = more;
	archive->count++;
	*at = &more[i];
	return 0;
}

/* In place of what had the name before, as tar would. Takes all over. */
static int put_member(struct image_archive *archive, struct member *new)
{
	struct member *at = find(archive, new->name);

	if (at) {
		archive->bytes -= at->len;
		free_member(at);
	} else {
		int err = make_place(archive, new->name, &at);

		if (err)
			return err;
	}
	archive->bytes += new->len;
	*at = *new;
	memset(new, 0, sizeof(*new));
	return 0;
}

/* Where a link leads, by the name that it has itself; NULL: out of the archive. */
static int link_target(const char *name, const char *target, bool hard,
		       char **found)
{
	const char *slash = strrchr(name, '/');
	size_t base = hard || *target == '/' || !slash ? 0 :
		      (size_t)(slash - name);
	char *path = malloc(base + strlen(target) + 2), *at = path;

	if (!path)
		return -ENOMEM;
	memcpy(path, name, base);
	at += base;
	*at = '\0';
	/* "docker save" once wrote "../ID/layer.tar". */
	while (!hard && !strncmp(target, "../", 3) && at != path) {
		while (at != path && *at != '/')
			at--;
		*at = '\0';
		target += 3;
	}
	if (at != path)
		*at++ = '/';
	strcpy(at, target);
	*found = path;
	if (!imans_path_normalise(path)) {
		*found = NULL;
		free(path);
	}
	return 0;
}

static int take_link(struct image_archive *archive, struct pass *p,
		     struct member *m)
{
	const char *hard = p->lib->archive_entry_hardlink(p->entry);
	const char *target = hard ? hard :
			     p->lib->archive_entry_symlink(p->entry);

	if (!target || strlen(target) > IMAGE_PATH_MAX)
		return imans_err(p->ctx, -EBADMSG,
				 "%s: a link without a target", p->name);
	if (link_target(m->name, target, hard != NULL, &m->target))
		return out_of_memory(p->ctx, p->name);
	/* One that leads out of the archive leads nowhere. */
	return m->target ? put_member(archive, m) : 0;
}

/* JSON begins with a bracket; what does not is no document, but a layer. */
static int take_document(struct image_archive *archive, struct pass *p,
			 struct member *m)
{
	la_int64_t size = p->lib->archive_entry_size(p->entry);
	la_ssize_t n;

	if (size <= 0 || (uint64_t)size > IMAGE_DOC_MAX ||
	    (uint64_t)size > p->limits->bytes)
		return 0;
	p->limits->bytes -= (uint64_t)size;
	if (archive->bytes + (size_t)size > IMAGE_DOCS_MAX)
		return imans_err(p->ctx, -EMSGSIZE,
				 "%s: documents of more than 64 MiB", p->name);
	/* The archive has these bytes, or the next call fails. */
	m->data = malloc((size_t)size + 1);
	if (!m->data)
		return out_of_memory(p->ctx, p->name);
	n = p->lib->archive_read_data(p->a, m->data, (size_t)size);
	if (n < 0)
		return archive_failed(p);
	m->len = (size_t)n;
	m->data[m->len] = '\0';
	if (n != size)
		return imans_err(p->ctx, -EBADMSG, "%s: cut off", p->name);
	return *m->data == '{' || *m->data == '[' ? put_member(archive, m) : 0;
}

static int read_documents(struct image_archive *archive, struct pass *p)
{
	int err = pass_begin(p, archive->source);

	while (!err) {
		struct member m = { .name = NULL };

		err = pass_next(p, &m.name);
		if (err || !m.name)
			break;
		if (p->lib->archive_entry_hardlink(p->entry) ||
		    p->lib->archive_entry_filetype(p->entry) == AE_IFLNK)
			err = take_link(archive, p, &m);
		else if (p->lib->archive_entry_filetype(p->entry) == AE_IFREG)
			err = take_document(archive, p, &m);
		free_member(&m);
		/* Of whatever kind it is, there may be more behind it. */
		if (!err && p->packed)
			err = pass_skip(p);
	}
	pass_end(p);
	return err;
}

int image_archive_open(struct imans_ctx *ctx,
		       const struct image_archive_source *source,
		       struct image_limits *limits,
		       struct image_archive **archive)
{
	struct image_archive *new = calloc(1, sizeof(*new));
	struct pass pass = { .ctx = ctx, .limits = limits };
	int err;

	if (!new)
		return out_of_memory(ctx, source->name);
	new->ctx = ctx;
	new->source = source;
	err = read_documents(new, &pass);
	if (err)
		image_archive_free(new);
	else
		*archive = new;
	return err;
}

void image_archive_free(struct image_archive *archive)
{
	if (!archive)
		return;
	for (size_t i = 0; i < archive->count; i++)
		free_member(&archive->members[i]);
	free(archive->members);
	free(archive);
}

/* Links followed; a name that is no link's is its own. */
static const char *real_name(const struct image_archive *archive,
			     const char *name)
{
	const struct member *m;

	for (int i = 0; i < LINKS_MAX; i++) {
		m = find(archive, name);
		if (!m || !m->target)
			break;
		name = m->target;
	}
	return name;
}

int image_archive_doc(void *user, const char *path, uint8_t **data, size_t *len)
{
	const struct image_archive *archive = user;
	const struct member *m = find(archive, real_name(archive, path));
	uint8_t *copy;

	if (!m || !m->data)
		return -ENOENT;
	copy = malloc(m->len + 1);
	if (!copy)
		return out_of_memory(archive->ctx, archive->source->name);
	memcpy(copy, m->data, m->len + 1);
	*data = copy;
	*len = m->len;
	return 0;
}

/* -------------------------------------------------------------- layers --- */

static ssize_t read_member(void *user, void *buf, size_t size)
{
	struct pass *p = user;
	la_ssize_t n = p->lib->archive_read_data(p->a, buf, size);

	return n < 0 ? archive_failed(p) : n;
}

static int read_part(struct pass *p, uint32_t banks, struct image_part *part)
{
	const struct layer_source source = {
		.name = part->path,
		.read = read_member,
		.user = p,
		.filter = part->filter,
		.blob = part->has_blob ? &part->blob : NULL,
		.diff = &part->diff,
	};

	return imans_layer_read(p->ctx, &source, banks, p->limits,
				&part->layer);
}

/* All of the plan, each name's together. */
struct wants {
	struct want *all;
	size_t count;
	size_t left;
};

static int compare_wants(const void *a, const void *b)
{
	return strcmp(((const struct want *)a)->name,
		      ((const struct want *)b)->name);
}

static int make_wants(const struct image_archive *archive,
		      struct image_plan *plan, struct wants *wants)
{
	wants->all = calloc(plan->count + 1, sizeof(*wants->all));
	if (!wants->all)
		return out_of_memory(archive->ctx, archive->source->name);
	for (size_t i = 0; i < plan->count; i++)
		wants->all[i] = (struct want){
			real_name(archive, plan->parts[i].path),
			&plan->parts[i],
		};
	wants->count = wants->left = plan->count;
	qsort(wants->all, wants->count, sizeof(*wants->all), compare_wants);
	return 0;
}

/* The first of that name, or NULL. */
static struct want *wanted(const struct wants *wants, const char *name)
{
	size_t low = 0, high = wants->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(wants->all[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < wants->count && !strcmp(wants->all[low].name, name) ?
	       &wants->all[low] : NULL;
}

/* Read once, for all places that it has in the image. */
static int read_wanted(struct pass *p, uint32_t banks, struct wants *wants,
		       struct want *first)
{
	int err = read_part(p, banks, first->part);

	wants->left--;
	for (struct want *w = first + 1; !err &&
	     w < wants->all + wants->count && !strcmp(w->name, first->name);
	     w++) {
		err = image_part_share(p->ctx, p->limits, first->part, w->part);
		wants->left--;
	}
	return err;
}

static int read_layers(struct pass *p, uint32_t banks, struct wants *wants)
{
	int err = 0;

	while (!err && wants->left) {
		struct want *want = NULL;
		char *name;

		err = pass_next(p, &name);
		if (err || !name)
			break;
		if (p->lib->archive_entry_filetype(p->entry) == AE_IFREG &&
		    !p->lib->archive_entry_hardlink(p->entry))
			want = wanted(wants, name);
		free(name);
		/* What has the name again comes too late. */
		if (want && !want->part->layer)
			err = read_wanted(p, banks, wants, want);
		else if (p->packed)
			err = pass_skip(p);
	}
	return err;
}

int image_archive_layers(struct image_archive *archive, uint32_t banks,
			 struct image_limits *limits, struct image_plan *plan)
{
	struct pass pass = { .ctx = archive->ctx, .limits = limits };
	struct wants wants = { .all = NULL };
	int err = make_wants(archive, plan, &wants);

	if (!err)
		err = pass_begin(&pass, archive->source);
	if (!err)
		err = read_layers(&pass, banks, &wants);
	pass_end(&pass);
	for (size_t i = 0; !err && i < plan->count; i++)
		if (!plan->parts[i].layer)
			err = imans_err(archive->ctx, -ENOENT,
					"%s: %s is missing",
					archive->source->name,
					plan->parts[i].path);
	free(wants.all);
	return err;
}
