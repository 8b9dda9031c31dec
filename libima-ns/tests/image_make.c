// SPDX-License-Identifier: LGPL-2.1-or-later
/* Images for tests, written by libarchive. */
#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image_make.h"

#define SIZE_MAX_HERE	((size_t)1 << 20)

static void die(struct archive *a)
{
	fprintf(stderr, "image: %s\n", archive_error_string(a));
	exit(2);
}

static struct archive *begin(struct bl_bytes *out, bool raw)
{
	struct archive *a = archive_write_new();

	*out = (struct bl_bytes){ .data = malloc(SIZE_MAX_HERE) };
	if (!a || !out->data)
		abort();
	if ((raw ? archive_write_set_format_raw(a) :
		   archive_write_set_format_pax_restricted(a)) ||
	    (raw && archive_write_add_filter_gzip(a)) ||
	    archive_write_set_bytes_per_block(a, 512) ||
	    archive_write_open_memory(a, out->data, SIZE_MAX_HERE, &out->len))
		die(a);
	return a;
}

static void end(struct archive *a)
{
	if (archive_write_close(a))
		die(a);
	archive_write_free(a);
}

static void put(struct archive *a, const char *path, unsigned int type,
		const void *data, size_t len)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, path);
	archive_entry_set_filetype(entry, type ? type : AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	if (type == AE_IFLNK)
		archive_entry_set_symlink(entry, data);
	else if (!type)
		archive_entry_set_hardlink(entry, data);
	else
		archive_entry_set_size(entry, (la_int64_t)len);
	if (archive_write_header(a, entry))
		die(a);
	if (type == AE_IFREG && archive_write_data(a, data, len) != (la_ssize_t)len)
		die(a);
	archive_entry_free(entry);
}

struct bl_bytes im_layer(void)
{
	struct bl_bytes out;
	struct archive *a = begin(&out, false);

	put(a, "bin", AE_IFDIR, NULL, 0);
	put(a, "bin/a", AE_IFREG, "A", 1);
	put(a, "lib", AE_IFLNK, "../usr/lib", 0);
	put(a, "lib/b", AE_IFREG, "content", 7);
	put(a, "hard", 0, "bin/a", 0);
	put(a, "dev", AE_IFCHR, NULL, 0);
	put(a, "bin/.wh.gone", AE_IFREG, "", 0);
	put(a, "opq/.wh..wh..opq", AE_IFREG, "", 0);
	end(a);
	return out;
}

struct bl_bytes im_deep(void)
{
	char target[20 * 201 + 1] = "", path[512];
	struct bl_bytes out;
	struct archive *a = begin(&out, false);

	for (int i = 0; i < 20; i++)
		sprintf(target + i * 201, "%0200d/", i);
	put(a, "link", AE_IFLNK, target, 0);
	sprintf(path, "link/%0200d/x", 0);
	put(a, path, AE_IFREG, "X", 1);
	put(a, "last", AE_IFREG, "L", 1);
	end(a);
	return out;
}

struct bl_bytes im_gzip(const struct bl_bytes *plain)
{
	struct bl_bytes out;
	struct archive *a = begin(&out, true);

	put(a, "data", AE_IFREG, plain->data, plain->len);
	end(a);
	return out;
}

struct bl_bytes im_docker(const struct bl_bytes *layer)
{
	static const char manifest[] =
		"[{\"Config\": \"c.json\", \"Layers\": [\"l/layer.tar\", \"m/layer.tar\"]}]";
	struct bl_bytes out;
	struct archive *a = begin(&out, false);
	char config[256];
	uint8_t digest[32];
	int n;

	bl_hash("sha256", layer->data, layer->len, digest);
	n = sprintf(config, "{\"rootfs\": {\"diff_ids\": [");
	for (int i = 0; i < 64; i++)
		n += sprintf(config + n, "%s%02x%s", i % 32 ? "" : "\"sha256:",
			     digest[i % 32], i % 32 < 31 ? "" :
			     i < 32 ? "\", " : "\"]}}");
	put(a, "l/layer.tar", AE_IFREG, layer->data, layer->len);
	put(a, "m/layer.tar", AE_IFLNK, "../l/layer.tar", 0);
	put(a, "c.json", AE_IFREG, config, (size_t)n);
	put(a, "manifest.json", AE_IFREG, manifest, strlen(manifest));
	end(a);
	return out;
}
