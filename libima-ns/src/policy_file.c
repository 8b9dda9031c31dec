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

#include "ctx.h"
#include "file.h"
#include "json_text.h"
#include "policy.h"

#define POLICY_FORMAT	"ima-ns policy"
#define POLICY_VERSION	1
/* Objects in arrays in objects: three levels, and one for what is refused. */
#define POLICY_DEPTH	4

struct loader {
	struct imans_policy *policy;
	const char *name;
};

static int bad(const struct loader *l, const char *key, const char *reason)
{
	return imans_err(l->policy->ctx, -EBADMSG, "%s: \"%s\" %s", l->name, key,
			 reason);
}

/* ------------------------------------------------------ paths and digests */

/* File names are bytes, JSON is text: all but printable ASCII is \xNN. */
static char *path_escape(const char *path)
{
	char *out = malloc(4 * strlen(path) + 1), *at = out;

	if (!out)
		return NULL;
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (c >= 0x20 && c < 0x7f && c != '\\')
			*at++ = (char)c;
		else
			at += sprintf(at, "\\x%02x", c);
	}
	*at = '\0';
	return out;
}

/* In place; false: a backslash that begins no \xNN. */
static bool path_unescape(char *path)
{
	char *to = path;

	while (*path) {
		int high, low;

		if (*path != '\\') {
			*to++ = *path++;
			continue;
		}
		if (path[1] != 'x')
			return false;
		high = imans_hex_value(path[2]);
		low = high < 0 ? -1 : imans_hex_value(path[3]);
		if (low < 0 || !(high | low))
			return false;
		*to++ = (char)(high << 4 | low);
		path += 4;
	}
	*to = '\0';
	return true;
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

/* ---------------------------------------------------------------- reading */

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
	if (json_object_get_int64(value) != POLICY_VERSION)
		return imans_err(l->policy->ctx, -EPROTONOSUPPORT,
				 "%s: version %s, known is %d", l->name,
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

static int load_file(struct loader *l, const char *path,
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
		err = imans_policy_add_digest(l->policy, path, bank, digest,
					      imans_bank_size(bank));
	}
	return err;
}

static int load_files(struct loader *l, const char *key,
		      struct json_object *value)
{
	if (!json_object_is_type(value, json_type_object))
		return bad(l, key, "is not an object");
	json_object_object_foreach(value, name, digests) {
		char *path = strdup(name);
		int err;

		if (!path)
			return imans_err(l->policy->ctx, -ENOMEM,
					 "%s: out of memory", l->name);
		if (!path_unescape(path) || !*path)
			err = bad(l, name, "is no path (\\ begins \\xNN only)");
		else
			err = load_file(l, path, digests);
		free(path);
		if (err)
			return err;
	}
	return 0;
}

static int load_top(struct loader *l, struct json_object *top)
{
	static const struct {
		const char *key;
		int (*load)(struct loader *l, const char *key,
			    struct json_object *value);
		bool required;
	} keys[] = {
		{ "format", load_format, true },
		{ "version", load_version, true },
		{ "match", load_match, false },
		{ "host", load_bool, false },
		{ "opaque-descendants", load_bool, false },
		{ "namespace-policies", load_ns_policies, false },
		{ "files", load_files, true },
	};
	const size_t count = sizeof(keys) / sizeof(keys[0]);

	if (!json_object_is_type(top, json_type_object))
		return imans_err(l->policy->ctx, -EBADMSG,
				 "%s: not a JSON object", l->name);
	json_object_object_foreach(top, name, unused) {
		size_t i = 0;

		(void)unused;
		while (i < count && strcmp(name, keys[i].key))
			i++;
		if (i == count)
			return bad(l, name, "is not known");
	}
	/* In this order, so that another version is told as such. */
	for (size_t i = 0; i < count; i++) {
		struct json_object *value;
		int err;

		if (!json_object_object_get_ex(top, keys[i].key, &value)) {
			if (keys[i].required)
				return bad(l, keys[i].key, "is missing");
			continue;
		}
		err = keys[i].load(l, keys[i].key, value);
		if (err)
			return err;
	}
	return 0;
}

IMANS_API int imans_policy_read(struct imans_ctx *ctx, const char *path,
				struct imans_policy **policy)
{
	struct json_object *top = NULL;
	struct loader l = { .name = path };
	uint8_t *data;
	size_t len;
	int err = imans_file_read(ctx, path, IMANS_POLICY_FILE_MAX, &data,
				  &len);

	if (err)
		return err;
	err = imans_json_parse(ctx, path, data, len, POLICY_DEPTH, &top);
	free(data);
	if (!err)
		err = imans_policy_new(ctx, &l.policy);
	if (!err)
		err = load_top(&l, top);
	json_object_put(top);
	if (err)
		imans_policy_free(l.policy);
	else
		*policy = l.policy;
	return err;
}

/* ---------------------------------------------------------------- writing */

static struct json_object *matches_json(const struct imans_policy *policy)
{
	struct json_object *array = json_object_new_array();
	bool ok = array;

	for (size_t i = 0; ok && i < policy->glob_count; i++)
		ok = imans_json_append(array, json_object_new_string(policy->globs[i]));
	if (ok)
		return array;
	json_object_put(array);
	return NULL;
}

static struct json_object *ns_policies_json(const struct imans_policy *policy)
{
	struct json_object *array = json_object_new_array();
	char text[2 * IMANS_HASH_SIZE + 1];
	bool ok = array;

	for (size_t i = 0; ok && i < policy->allowed_count; i++) {
		imans_hex_print(text, policy->allowed[i], IMANS_HASH_SIZE);
		ok = imans_json_append(array, json_object_new_string(text));
	}
	if (ok)
		return array;
	json_object_put(array);
	return NULL;
}

static bool add_ref(struct json_object *files, const struct policy_ref *ref)
{
	char text[16 + 2 * IMANS_DIGEST_MAX];
	char *path = path_escape(ref->path);
	struct json_object *digests;
	bool ok = path;
	int n;

	if (ok && !json_object_object_get_ex(files, path, &digests)) {
		digests = json_object_new_array();
		ok = imans_json_add(files, path, digests);
	}
	free(path);
	if (!ok)
		return false;
	n = sprintf(text, "%s:", imans_bank_name(ref->bank));
	imans_hex_print(text + n, ref->digest, imans_bank_size(ref->bank));
	return imans_json_append(digests, json_object_new_string(text));
}

static struct json_object *files_json(const struct imans_policy *policy)
{
	struct json_object *files = json_object_new_object();
	bool ok = files;

	for (size_t i = 0; ok && i < policy->ref_count; i++)
		ok = add_ref(files, &policy->refs[i]);
	if (ok)
		return files;
	json_object_put(files);
	return NULL;
}

static struct json_object *policy_json(const struct imans_policy *policy)
{
	struct json_object *top = json_object_new_object();

	if (top &&
	    imans_json_add(top, "format", json_object_new_string(POLICY_FORMAT)) &&
	    imans_json_add(top, "version", json_object_new_int(POLICY_VERSION)) &&
	    imans_json_add(top, "match", matches_json(policy)) &&
	    imans_json_add(top, "host", json_object_new_boolean(policy->host)) &&
	    imans_json_add(top, "opaque-descendants",
		json_object_new_boolean(policy->opaque)) &&
	    imans_json_add(top, "namespace-policies", ns_policies_json(policy)) &&
	    imans_json_add(top, "files", files_json(policy)))
		return top;
	json_object_put(top);
	return NULL;
}

IMANS_API int imans_policy_write(struct imans_policy *policy, const char *path)
{
	const int flags = JSON_C_TO_STRING_PRETTY |
			  JSON_C_TO_STRING_NOSLASHESCAPE;
	struct json_object *top;
	const char *text = NULL;
	size_t len;
	int err = imans_policy_sort(policy);

	if (err)
		return err;
	top = policy_json(policy);
	if (top)
		text = json_object_to_json_string_length(top, flags, &len);
	if (text)
		err = imans_file_write(policy->ctx, path, text, len, 0644);
	else
		err = imans_err(policy->ctx, -ENOMEM, "%s: out of memory",
				path);
	json_object_put(top);
	return err;
}
