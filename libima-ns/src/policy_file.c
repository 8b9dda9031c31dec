// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The file of reference values: JSON, documented in ima-ns-policy(1). Unlike
 * evidence it is the verifier's own, and a key that is not known could have
 * been meant to forbid something: it is refused.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "json_text.h"
#include "policy.h"
#include "policy_file.h"
#include "policy_json.h"

/* "keys", one of them, its "paths": four levels, and one that is refused. */
#define POLICY_DEPTH	6

struct loader {
	struct imans_policy *policy;
	const char *name;
	int64_t version;
};

static int bad(const struct loader *l, const char *key, const char *reason)
{
	return imans_err(l->policy->ctx, -EBADMSG, "%s: \"%s\" %s", l->name, key,
			 reason);
}

/* "sha256:<hex>" */
static bool parse_digest(const char *text, enum imans_bank *bank,
			 uint8_t digest[IMANS_DIGEST_MAX])
{
	for (int b = 0; b < IMANS_BANKS; b++) {
		size_t len = strlen(imans_bank_name(b));

		if (strncmp(text, imans_bank_name(b), len) || text[len] != ':')
			continue;
		*bank = b;
		return imans_hex_parse(text + len + 1, digest, imans_bank_size(b));
	}
	return false;
}

static int load_format(struct loader *l, const char *key,
		       struct json_object *value)
{
	const char *text = imans_json_string(value);

	if (!text || strcmp(text, POLICY_FORMAT))
		return bad(l, key, "is not \"" POLICY_FORMAT "\"");
	return 0;
}

static int load_version(struct loader *l, const char *key,
			struct json_object *value)
{
	if (!json_object_is_type(value, json_type_int))
		return bad(l, key, "is not a number");
	l->version = json_object_get_int64(value);
	if (l->version < 1 || l->version > POLICY_VERSION)
		return imans_err(l->policy->ctx, -EPROTONOSUPPORT,
				 "%s: version %s, known are 1 to %d", l->name,
				 json_object_get_string(value), POLICY_VERSION);
	return 0;
}

static int load_bool(struct loader *l, const char *key,
		     struct json_object *value)
{
	if (!json_object_is_type(value, json_type_boolean))
		return bad(l, key, "is neither true nor false");
	if (!strcmp(key, "host"))
		l->policy->host = json_object_get_boolean(value);
	else
		l->policy->opaque = json_object_get_boolean(value);
	return 0;
}

static int load_match(struct loader *l, const char *key,
		      struct json_object *value)
{
	int err = 0;

	if (!json_object_is_type(value, json_type_array))
		return bad(l, key, "is not an array");
	for (size_t i = 0; !err && i < json_object_array_length(value); i++) {
		const char *glob = imans_json_string(json_object_array_get_idx(value, i));

		if (!glob)
			return bad(l, key, "has an element that is no text");
		err = imans_policy_add_match(l->policy, glob);
	}
	return err;
}

static int load_ns_policies(struct loader *l, const char *key,
			    struct json_object *value)
{
	int err = 0;

	if (!json_object_is_type(value, json_type_array))
		return bad(l, key, "is not an array");
	for (size_t i = 0; !err && i < json_object_array_length(value); i++) {
		const char *hex = imans_json_string(json_object_array_get_idx(value, i));
		uint8_t digest[IMANS_HASH_SIZE];

		if (!hex || !imans_hex_parse(hex, digest, sizeof(digest)))
			return bad(l, key,
				   "has an element that is no SHA-256 digest in hexadecimal");
		err = imans_policy_add_ns_policy(l->policy, digest);
	}
	return err;
}

/* The array of digests of a path, or of a pattern. */
static int load_digests(struct loader *l, const char *path, bool glob,
			struct json_object *digests)
{
	int err = 0;

	if (!json_object_is_type(digests, json_type_array))
		return bad(l, path, "has no array of digests");
	for (size_t i = 0; !err && i < json_object_array_length(digests); i++) {
		struct json_object *one = json_object_array_get_idx(digests, i);
		const char *text = imans_json_string(one);
		uint8_t digest[IMANS_DIGEST_MAX];
		enum imans_bank bank;

		if (!text || !parse_digest(text, &bank, digest))
			return bad(l, path,
				   "has a digest that is not \"BANK:HEXADECIMAL\"");
		err = imans_policy_refs_add(l->policy, path, strlen(path), glob,
					    bank, digest, (uint32_t)i);
	}
	return err;
}

typedef int (*path_fn)(struct loader *l, const char *path,
		       struct json_object *value);

static int each_path(struct loader *l, const char *key,
		     struct json_object *value, path_fn fn)
{
	if (!json_object_is_type(value, json_type_object))
		return bad(l, key, "is not an object");
	json_object_object_foreach(value, name, one) {
		char *path = strdup(name);
		int err;

		if (!path)
			return imans_err(l->policy->ctx, -ENOMEM,
					 "%s: out of memory", l->name);
		if (!imans_path_unescape(path))
			err = bad(l, name, "is no path (\\ begins \\xNN only)");
		else
			err = fn(l, path, one);
		free(path);
		if (err)
			return err;
	}
	return 0;
}

static int load_file(struct loader *l, const char *path,
		     struct json_object *value)
{
	return load_digests(l, path, false, value);
}

static int load_files(struct loader *l, const char *key,
		      struct json_object *value)
{
	return each_path(l, key, value, load_file);
}

/* Rules that are no good are the file's fault. */
static int blame(const struct loader *l, int err)
{
	char reason[256];

	if (err != -EINVAL && err != -EMSGSIZE)
		return err;
	snprintf(reason, sizeof(reason), "%s",
		 imans_ctx_error(l->policy->ctx));
	return imans_err(l->policy->ctx, err == -EINVAL ? -EBADMSG : err,
			 "%s: %s", l->name, reason);
}

static int load_glob(struct loader *l, const char *path,
		     struct json_object *value)
{
	const char *text = imans_json_string(value);
	bool any = text && !strcmp(text, POLICY_ANY);
	int err;

	if (!any && !json_object_is_type(value, json_type_array))
		return bad(l, path, "has neither digests nor \"any\"");
	err = blame(l, imans_policy_put_glob(l->policy, path, any, 0));
	if (!err && !any)
		err = load_digests(l, path, true, value);
	return err;
}

static int load_globs(struct loader *l, const char *key,
		      struct json_object *value)
{
	return each_path(l, key, value, load_glob);
}

/* What a key may have; pointers into the JSON. */
struct key_fields {
	const char *name;
	const char *pem;
	uint8_t keyid[4];
	bool has_keyid;
	char **paths;
	size_t count;
};

static int key_paths(struct loader *l, struct json_object *value,
		     struct key_fields *k)
{
	size_t count;

	if (!json_object_is_type(value, json_type_array) ||
	    !json_object_array_length(value))
		return bad(l, "paths", "is not an array of patterns");
	count = json_object_array_length(value);
	k->paths = calloc(count, sizeof(*k->paths));
	if (!k->paths)
		return imans_err(l->policy->ctx, -ENOMEM, "%s: out of memory",
				 l->name);
	while (k->count < count) {
		const char *text = imans_json_string(
			json_object_array_get_idx(value, k->count));

		k->paths[k->count] = strdup(text ? text : "");
		if (!k->paths[k->count])
			return imans_err(l->policy->ctx, -ENOMEM,
					 "%s: out of memory", l->name);
		if (!imans_path_unescape(k->paths[k->count++]))
			return bad(l, "paths",
				   "has an element that is no pattern");
	}
	return 0;
}

static int key_field(struct loader *l, const char *name,
		     struct json_object *value, struct key_fields *k)
{
	const char *text = imans_json_string(value);

	if (!strcmp(name, "paths") && !k->paths)
		return key_paths(l, value, k);
	if (!text || !*text)
		return bad(l, name, "is no text");
	if (!strcmp(name, "name"))
		k->name = text;
	else if (!strcmp(name, "pem"))
		k->pem = text;
	else if (!strcmp(name, "keyid"))
		k->has_keyid = imans_hex_parse(text, k->keyid, 4);
	else
		return bad(l, name, "of a key is not known");
	if (!strcmp(name, "keyid") && !k->has_keyid)
		return bad(l, name, "is not 8 hexadecimal digits");
	return 0;
}

static int load_key(struct loader *l, struct json_object *value, size_t index)
{
	struct key_fields k = { .name = NULL };
	uint32_t keyid;
	int err = 0;

	if (!json_object_is_type(value, json_type_object))
		return bad(l, "keys", "has an element that is no object");
	json_object_object_foreach(value, name, field) {
		err = key_field(l, name, field, &k);
		if (err)
			break;
	}
	if (!err && (!k.name || !k.pem))
		err = bad(l, "keys", "has an element without \"name\" or \"pem\"");
	keyid = (uint32_t)k.keyid[0] << 24 | (uint32_t)k.keyid[1] << 16 |
		(uint32_t)k.keyid[2] << 8 | k.keyid[3];
	if (!err)
		err = blame(l, imans_policy_put_key(l->policy, k.name, k.pem,
						    k.has_keyid ? &keyid : NULL,
						    (const char *const *)k.paths,
						    k.count, (uint32_t)index));
	for (size_t i = 0; i < k.count; i++)
		free(k.paths[i]);
	free(k.paths);
	return err;
}

static int load_keys(struct loader *l, const char *key,
		     struct json_object *value)
{
	int err = 0;

	if (!json_object_is_type(value, json_type_array))
		return bad(l, key, "is not an array");
	for (size_t i = 0; !err && i < json_object_array_length(value); i++)
		err = load_key(l, json_object_array_get_idx(value, i), i);
	return err;
}

/* In this order, so that another version is told as such. */
static const struct {
	const char *key;
	int (*load)(struct loader *l, const char *key,
		    struct json_object *value);
	bool required;
	int since;
} keys[] = {
	{ "format", load_format, true, 1 },
	{ "version", load_version, true, 1 },
	{ "match", load_match, false, 1 },
	{ "host", load_bool, false, 1 },
	{ "opaque-descendants", load_bool, false, 1 },
	{ "namespace-policies", load_ns_policies, false, 1 },
	{ "files", load_files, true, 1 },
	{ "globs", load_globs, false, 2 },
	{ "keys", load_keys, false, 2 },
};

#define KEYS	(sizeof(keys) / sizeof(keys[0]))
#define KEYS_FORMAT	2	/* the first two tell what the others are */

static int load_known(struct loader *l, struct json_object *top, size_t from,
		      size_t to)
{
	int err = 0;

	for (size_t i = from; !err && i < to; i++) {
		struct json_object *value;

		if (json_object_object_get_ex(top, keys[i].key, &value))
			err = keys[i].load(l, keys[i].key, value);
		else if (keys[i].required)
			err = bad(l, keys[i].key, "is missing");
	}
	return err;
}

static int check_known(const struct loader *l, struct json_object *top)
{
	json_object_object_foreach(top, name, unused) {
		size_t i = 0;

		(void)unused;
		while (i < KEYS && strcmp(name, keys[i].key))
			i++;
		if (i == KEYS)
			return bad(l, name, "is not known");
		if (keys[i].since > l->version)
			return bad(l, name, "needs version 2");
	}
	return 0;
}

static int load_top(struct loader *l, struct json_object *top)
{
	int err;

	if (!json_object_is_type(top, json_type_object))
		return imans_err(l->policy->ctx, -EBADMSG,
				 "%s: not a JSON object", l->name);
	err = load_known(l, top, 0, KEYS_FORMAT);
	if (!err)
		err = check_known(l, top);
	if (!err)
		err = load_known(l, top, KEYS_FORMAT, KEYS);
	return err;
}

/* `data` ends in a NUL that is not counted. */
static int parse(struct imans_ctx *ctx, const uint8_t *data, size_t len,
		 const char *name, struct imans_policy **policy)
{
	struct json_object *top;
	struct loader l = { .name = name };
	int err = imans_json_parse(ctx, name, data, len, POLICY_DEPTH, &top);

	if (err)
		return err;
	err = imans_policy_new(ctx, &l.policy);
	if (!err)
		err = imans_policy_begin(l.policy, name, POLICY_JSON);
	if (!err)
		err = load_top(&l, top);
	json_object_put(top);
	if (err)
		imans_policy_free(l.policy);
	else
		*policy = l.policy;
	return err;
}

IMANS_API int imans_policy_parse(struct imans_ctx *ctx, const void *data,
				 size_t len, const char *name,
				 struct imans_policy **policy)
{
	uint8_t *copy;
	int err = imans_file_copy(ctx, data, len, name, IMANS_POLICY_FILE_MAX,
				  &copy);

	if (err)
		return err;
	err = parse(ctx, copy, len, name, policy);
	free(copy);
	return err;
}

IMANS_API int imans_policy_read(struct imans_ctx *ctx, const char *path,
				struct imans_policy **policy)
{
	uint8_t *data;
	size_t len;
	int err = imans_file_read(ctx, path, IMANS_POLICY_FILE_MAX, &data,
				  &len);

	if (err)
		return err;
	err = parse(ctx, data, len, path, policy);
	free(data);
	return err;
}
