// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Documents of the OCI image layout (image-layout.md, image-index.md,
 * manifest.md, config.md), every one of which is what its digest says.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "json_text.h"
#include "text.h"

#define JSON_DEPTH	32
#define REF_NAME	"org.opencontainers.image.ref.name"
/* What build tools say about an image stands beside it. */
#define REFERENCE_TYPE	"vnd.docker.reference.type"

static const char *const index_types[] = {
	"application/vnd.oci.image.index.v1+json",
	"application/vnd.docker.distribution.manifest.list.v2+json",
};

static const char *const manifest_types[] = {
	"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.docker.distribution.manifest.v2+json",
};

static const struct {
	const char *type;
	enum image_filter filter;
} layer_types[] = {
	{ "application/vnd.oci.image.layer.v1.tar", IMAGE_FILTER_NONE },
	{ "application/vnd.oci.image.layer.v1.tar+gzip", IMAGE_FILTER_GZIP },
	{ "application/vnd.oci.image.layer.v1.tar+zstd", IMAGE_FILTER_ZSTD },
	{ "application/vnd.oci.image.layer.nondistributable.v1.tar",
	  IMAGE_FILTER_NONE },
	{ "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
	  IMAGE_FILTER_GZIP },
	{ "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
	  IMAGE_FILTER_ZSTD },
	{ "application/vnd.docker.image.rootfs.diff.tar", IMAGE_FILTER_NONE },
	{ "application/vnd.docker.image.rootfs.diff.tar.gzip",
	  IMAGE_FILTER_GZIP },
	{ "application/vnd.docker.image.rootfs.diff.tar.zstd",
	  IMAGE_FILTER_ZSTD },
	{ "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
	  IMAGE_FILTER_GZIP },
};

struct choice {
	struct imans_ctx *ctx;
	const struct image_store *store;
	const char *platform;
	const char *ref;
	struct image_plan *plan;
};

void image_plan_free(struct image_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		image_layer_free(plan->parts[i].layer);
		free(plan->parts[i].path);
	}
	free(plan->parts);
}

static bool same_digest(const struct image_digest *a,
			const struct image_digest *b)
{
	return a->bank == b->bank &&
	       !memcmp(a->digest, b->digest, imans_bank_size(a->bank));
}

int image_part_share(struct imans_ctx *ctx, struct image_limits *limits,
		     const struct image_part *from, struct image_part *to)
{
	int err;

	if (from->filter != to->filter || from->has_blob != to->has_blob ||
	    !same_digest(&from->diff, &to->diff) ||
	    (from->has_blob && !same_digest(&from->blob, &to->blob)))
		return imans_err(ctx, -EBADMSG,
				 "%s: named twice, as two things", to->path);
	err = imans_layer_share(ctx, to->path, limits, from->layer);
	if (!err)
		to->layer = from->layer;
	return err;
}

int image_doc_bad(struct imans_ctx *ctx, const struct image_store *store,
		  const char *path, const char *reason)
{
	char shown[IMANS_SHOWN_SIZE];

	return imans_err(ctx, -EBADMSG, "%s: %s: %s", store->name,
			 imans_show(shown, sizeof(shown), path, strlen(path)),
			 reason);
}

static int parse_doc(struct imans_ctx *ctx, const struct image_store *store,
		     const char *path, const uint8_t *data, size_t len,
		     struct json_object **top)
{
	char shown[IMANS_SHOWN_SIZE], *name;
	int err;

	imans_show(shown, sizeof(shown), path, strlen(path));
	if (asprintf(&name, "%s: %s", store->name, shown) < 0)
		return imans_err(ctx, -ENOMEM, "%s: out of memory",
				 store->name);
	err = imans_json_parse(ctx, name, data, len, JSON_DEPTH, top);
	free(name);
	if (!err && !json_object_is_type(*top, json_type_object) &&
	    !json_object_is_type(*top, json_type_array)) {
		json_object_put(*top);
		err = image_doc_bad(ctx, store, path, "not a JSON object");
	}
	return err;
}

int image_doc_read(struct imans_ctx *ctx, const struct image_store *store,
		   const char *path, const struct image_digest *digest,
		   struct json_object **top)
{
	uint8_t hash[EVP_MAX_MD_SIZE], *data;
	struct imans_chunk chunk;
	size_t len;
	int err = store->doc(store->user, path, &data, &len);

	if (err == -ENOENT) {
		image_doc_bad(ctx, store, path, "is missing");
		return -ENOENT;
	}
	if (err)
		return err;
	chunk = (struct imans_chunk){ data, len };
	if (digest)
		err = imans_hash(ctx, digest->bank, &chunk, 1, hash);
	if (!err && digest && memcmp(hash, digest->digest,
				     imans_bank_size(digest->bank)))
		err = image_doc_bad(ctx, store, path,
				    "is not what its digest says");
	if (!err)
		err = parse_doc(ctx, store, path, data, len, top);
	free(data);
	return err;
}

static const char *text_at(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &value))
		return NULL;
	return imans_json_string(value);
}

static struct json_object *at(struct json_object *object, const char *key,
			      enum json_type type)
{
	struct json_object *value;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, type))
		return NULL;
	return value;
}

static bool is_one_of(const char *type, const char *const *types, size_t count)
{
	for (size_t i = 0; type && i < count; i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

#define IS_INDEX(type)		is_one_of(type, index_types, 2)
#define IS_MANIFEST(type)	is_one_of(type, manifest_types, 2)

/* "sha256:..." or "sha512:...", lower case, as the specification has it. */
static bool parse_digest(const char *text, struct image_digest *digest)
{
	static const char *const names[] = { "sha256", "sha512" };

	for (size_t i = 0; text && i < 2; i++) {
		size_t len = strlen(names[i]);

		if (strncmp(text, names[i], len) || text[len] != ':' ||
		    strpbrk(text, "ABCDEF") ||
		    imans_bank_parse(names[i], &digest->bank))
			continue;
		return imans_hex_parse(text + len + 1, digest->digest,
				       imans_bank_size(digest->bank));
	}
	return false;
}

/* A descriptor's digest, and the path of what it names: to be freed. */
static int descriptor(const struct choice *c, const char *from,
		      struct json_object *o, struct image_digest *digest,
		      char **path)
{
	const char *text = text_at(o, "digest");

	if (!parse_digest(text, digest))
		return image_doc_bad(c->ctx, c->store, from,
				     "a descriptor without a SHA-256 or SHA-512 digest");
	/* sha256:abc -> blobs/sha256/abc; what was parsed has no slash. */
	if (asprintf(path, "blobs/%.6s/%s", text, text + 7) < 0)
		return imans_err(c->ctx, -ENOMEM, "%s: out of memory",
				 c->store->name);
	return 0;
}

/* ---------------------------------------------------------- configuration --- */

/* That part of a platform, and the slash behind it. */
static bool skip_part(const char **platform, const char *part)
{
	size_t len = strlen(part);

	if (strncmp(*platform, part, len) ||
	    ((*platform)[len] && (*platform)[len] != '/'))
		return false;
	*platform += len + ((*platform)[len] == '/');
	return true;
}

/* "linux/arm64", or "linux/arm64/v8": a variant counts if it is asked for. */
static bool platform_fits(struct json_object *o, const char *platform)
{
	const char *os = text_at(o, "os"), *arch = text_at(o, "architecture");
	const char *variant = text_at(o, "variant");

	if (!os || !arch || !skip_part(&platform, os) ||
	    !skip_part(&platform, arch))
		return false;
	return !*platform ||
	       (variant && skip_part(&platform, variant) && !*platform);
}

static int take_diffs(struct imans_ctx *ctx, const struct image_store *store,
		      const char *path, struct json_object *top,
		      struct image_plan *plan)
{
	struct json_object *rootfs = at(top, "rootfs", json_type_object);
	struct json_object *ids = at(rootfs, "diff_ids", json_type_array);

	if (!ids)
		return image_doc_bad(ctx, store, path,
				     "a configuration without rootfs.diff_ids");
	if (json_object_array_length(ids) != plan->count)
		return image_doc_bad(ctx, store, path,
				     "not as many diff_ids as there are layers");
	for (size_t i = 0; i < plan->count; i++)
		if (!parse_digest(imans_json_string(json_object_array_get_idx(ids, i)),
				  &plan->parts[i].diff))
			return image_doc_bad(ctx, store, path,
					     "a diff_id that is no digest");
	return 0;
}

int image_config_check(struct imans_ctx *ctx, const struct image_store *store,
		       const char *path, const struct image_digest *digest,
		       const char *platform, struct image_plan *plan)
{
	struct json_object *top;
	int err = image_doc_read(ctx, store, path, digest, &top);

	if (err)
		return err;
	err = take_diffs(ctx, store, path, top, plan);
	if (!err && platform && !platform_fits(top, platform))
		err = imans_err(ctx, -ENOENT,
				"%s: the image is not for %s", store->name,
				platform);
	json_object_put(top);
	return err;
}

/* -------------------------------------------------------------- manifest --- */

static int take_layer(const struct choice *c, const char *path,
		      struct json_object *o, struct image_part *part)
{
	const char *type = text_at(o, "mediaType");
	char shown[IMANS_SHOWN_SIZE];
	size_t i = 0;

	while (type && i < sizeof(layer_types) / sizeof(layer_types[0]) &&
	       strcmp(type, layer_types[i].type))
		i++;
	if (!type || i == sizeof(layer_types) / sizeof(layer_types[0]))
		return imans_err(c->ctx, -ENOTSUP,
				 "%s: %s: a layer of media type %s, which is not known",
				 c->store->name, path, !type ? "\"\"" :
				 imans_show(shown, sizeof(shown), type,
					    strlen(type)));
	part->filter = layer_types[i].filter;
	part->has_blob = true;
	return descriptor(c, path, o, &part->blob, &part->path);
}

static int take_layers(const struct choice *c, const char *path,
		       struct json_object *layers)
{
	size_t count = json_object_array_length(layers);
	int err = 0;

	if (count > IMAGE_LAYERS_MAX)
		return imans_err(c->ctx, -EMSGSIZE, "%s: more than %d layers",
				 c->store->name, IMAGE_LAYERS_MAX);
	c->plan->parts = calloc(count + 1, sizeof(*c->plan->parts));
	if (!c->plan->parts)
		return imans_err(c->ctx, -ENOMEM, "%s: out of memory",
				 c->store->name);
	while (!err && c->plan->count < count) {
		size_t n = c->plan->count++;

		err = take_layer(c, path, json_object_array_get_idx(layers, n),
				 &c->plan->parts[n]);
	}
	return err;
}

static int read_manifest(const struct choice *c, const char *path,
			 struct json_object *top)
{
	struct json_object *config = at(top, "config", json_type_object);
	struct json_object *layers = at(top, "layers", json_type_array);
	struct image_digest digest;
	char *config_path;
	int err;

	if (!config || !layers)
		return image_doc_bad(c->ctx, c->store, path,
				     "a manifest without config or layers");
	err = take_layers(c, path, layers);
	if (!err)
		err = descriptor(c, path, config, &digest, &config_path);
	if (err)
		return err;
	err = image_config_check(c->ctx, c->store, config_path, &digest,
				 c->platform, c->plan);
	free(config_path);
	return err;
}

/* ----------------------------------------------------------------- index --- */

/* The top level has names; platforms may stand on any. */
static bool is_candidate(const struct choice *c, struct json_object *o,
			 bool top)
{
	struct json_object *notes = at(o, "annotations", json_type_object);
	struct json_object *platform = at(o, "platform", json_type_object);
	const char *type = text_at(o, "mediaType");
	const char *name = text_at(notes, REF_NAME);
	const char *os = text_at(platform, "os");

	if (!IS_INDEX(type) && !IS_MANIFEST(type))
		return false;
	if (text_at(notes, REFERENCE_TYPE) || (os && !strcmp(os, "unknown")))
		return false;
	if (top && c->ref && (!name || strcmp(name, c->ref)))
		return false;
	return !platform || !c->platform || platform_fits(platform, c->platform);
}

/* The only one that it can be. */
static int choose(const struct choice *c, const char *path,
		  struct json_object *list, bool top, struct json_object **one)
{
	const char *digest = NULL;
	size_t count = 0;

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		const char *text = text_at(o, "digest");

		if (!is_candidate(c, o, top) || !text ||
		    (digest && !strcmp(digest, text)))
			continue;
		digest = text;
		*one = o;
		count++;
	}
	if (!count)
		return imans_err(c->ctx, -ENOENT,
				 "%s: %s: no image for platform %s and name %s",
				 c->store->name, path,
				 c->platform ? c->platform : "(any)",
				 c->ref ? c->ref : "(any)");
	if (count > 1)
		return imans_err(c->ctx, -EINVAL,
				 "%s: %s: %zu images: say which platform, or which name",
				 c->store->name, path, count);
	return 0;
}

static int read_index(const struct choice *c, const char *path,
		      struct json_object *top, int depth);

static int follow(const struct choice *c, const char *from,
		  struct json_object *o, int depth)
{
	const char *type = text_at(o, "mediaType");
	struct image_digest digest;
	struct json_object *top;
	char *path;
	int err = descriptor(c, from, o, &digest, &path);

	if (err)
		return err;
	err = image_doc_read(c->ctx, c->store, path, &digest, &top);
	if (!err) {
		err = IS_INDEX(type) ? read_index(c, path, top, depth) :
				       read_manifest(c, path, top);
		json_object_put(top);
	}
	free(path);
	return err;
}

static int read_index(const struct choice *c, const char *path,
		      struct json_object *top, int depth)
{
	struct json_object *list = at(top, "manifests", json_type_array);
	struct json_object *one = NULL;
	int err;

	if (!list)
		return image_doc_bad(c->ctx, c->store, path,
				     "an index without manifests");
	if (depth == IMAGE_INDEX_DEPTH)
		return imans_err(c->ctx, -EMSGSIZE,
				 "%s: more than %d indexes, one in another",
				 c->store->name, IMAGE_INDEX_DEPTH);
	err = choose(c, path, list, !depth, &one);
	return err ? err : follow(c, path, one, depth + 1);
}

int image_plan_oci(struct imans_ctx *ctx, const struct image_store *store,
		   const char *platform, const char *ref,
		   struct image_plan *plan)
{
	const struct choice c = { ctx, store, platform, ref, plan };
	struct json_object *top;
	int err = image_doc_read(ctx, store, "index.json", NULL, &top);

	if (err)
		return err;
	err = read_index(&c, "index.json", top, 0);
	json_object_put(top);
	return err;
}
