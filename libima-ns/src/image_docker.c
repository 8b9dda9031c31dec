// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The archives of "docker save": manifest.json names a configuration and the
 * layers as files of the archive. Only the configuration's diff_ids tell what
 * is in these; its own name tells its digest.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "json_text.h"

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) ?
	       imans_json_string(value) : NULL;
}

static struct json_object *array_of(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) &&
	       json_object_is_type(value, json_type_array) ? value : NULL;
}

static bool has_tag(struct json_object *image, const char *ref)
{
	struct json_object *tags = array_of(image, "RepoTags");

	for (size_t i = 0; tags && i < json_object_array_length(tags); i++) {
		const char *tag = imans_json_string(json_object_array_get_idx(tags, i));

		if (tag && !strcmp(tag, ref))
			return true;
	}
	return false;
}

static int choose(struct imans_ctx *ctx, const struct image_store *store,
		  struct json_object *top, const char *ref,
		  struct json_object **image)
{
	size_t count = 0;

	if (!json_object_is_type(top, json_type_array))
		return image_doc_bad(ctx, store, "manifest.json",
				     "is not an array");
	for (size_t i = 0; i < json_object_array_length(top); i++) {
		struct json_object *o = json_object_array_get_idx(top, i);

		if (!json_object_is_type(o, json_type_object))
			return image_doc_bad(ctx, store, "manifest.json",
					     "has an element that is no object");
		if (ref && !has_tag(o, ref))
			continue;
		*image = o;
		count++;
	}
	if (!count)
		return imans_err(ctx, -ENOENT, "%s: no image of the name %s",
				 store->name, ref ? ref : "(any)");
	if (count > 1)
		return imans_err(ctx, -EINVAL,
				 "%s: %zu images: say which name", store->name,
				 count);
	return 0;
}

static int take_layers(struct imans_ctx *ctx, const struct image_store *store,
		       struct json_object *layers, struct image_plan *plan)
{
	size_t count = json_object_array_length(layers);

	if (count > IMAGE_LAYERS_MAX)
		return imans_err(ctx, -EMSGSIZE, "%s: more than %d layers",
				 store->name, IMAGE_LAYERS_MAX);
	plan->parts = calloc(count + 1, sizeof(*plan->parts));
	if (!plan->parts)
		return imans_err(ctx, -ENOMEM, "%s: out of memory",
				 store->name);
	for (; plan->count < count; plan->count++) {
		const char *path = imans_json_string(
			json_object_array_get_idx(layers, plan->count));
		struct image_part *part = &plan->parts[plan->count];

		if (!path)
			return image_doc_bad(ctx, store, "manifest.json",
					     "has a layer without a name");
		part->path = strdup(path);
		if (!part->path)
			return imans_err(ctx, -ENOMEM, "%s: out of memory",
					 store->name);
		if (!imans_path_normalise(part->path)) {
			/* Counted, so that it is freed. */
			plan->count++;
			return image_doc_bad(ctx, store, "manifest.json",
					     "has a layer with \"..\" in its name");
		}
	}
	return 0;
}

/* "abc.json" or "blobs/sha256/abc", where abc is its SHA-256. */
static bool named_digest(const char *path, struct image_digest *digest)
{
	const char *name = strrchr(path, '/');
	char hex[2 * IMANS_HASH_SIZE + 1] = "";

	name = name ? name + 1 : path;
	if (strlen(name) >= sizeof(hex) - 1)
		memcpy(hex, name, sizeof(hex) - 1);
	digest->bank = IMANS_SHA256;
	return imans_hex_parse(hex, digest->digest, IMANS_HASH_SIZE) &&
	       (!name[sizeof(hex) - 1] ||
		!strcmp(name + sizeof(hex) - 1, ".json"));
}

int image_plan_docker(struct imans_ctx *ctx, const struct image_store *store,
		      const char *platform, const char *ref,
		      struct image_plan *plan)
{
	struct json_object *top, *image = NULL, *layers = NULL;
	struct image_digest digest;
	const char *config = NULL;
	int err = image_doc_read(ctx, store, "manifest.json", NULL, &top);

	if (err)
		return err;
	err = choose(ctx, store, top, ref, &image);
	if (!err) {
		config = text_of(image, "Config");
		layers = array_of(image, "Layers");
		if (!config || !layers)
			err = image_doc_bad(ctx, store, "manifest.json",
					    "an image without Config or Layers");
	}
	if (!err)
		err = take_layers(ctx, store, layers, plan);
	if (!err)
		err = image_config_check(ctx, store, config,
					 named_digest(config, &digest) ?
					 &digest : NULL, platform, plan);
	json_object_put(top);
	return err;
}
