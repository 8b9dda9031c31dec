// SPDX-License-Identifier: LGPL-2.1-or-later
/* The file of reference values, written. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "policy_file.h"
#include "policy_json.h"

static struct json_object *done(struct json_object *o, bool ok)
{
	if (ok)
		return o;
	json_object_put(o);
	return NULL;
}

static struct json_object *texts_json(char *const *texts, size_t count)
{
	struct json_object *array = json_object_new_array();
	bool ok = array;

	for (size_t i = 0; ok && i < count; i++)
		ok = imans_json_append(array, json_object_new_string(texts[i]));
	return done(array, ok);
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
	return done(array, ok);
}

/* An array for the path, unless it is there already. */
static struct json_object *array_of(struct json_object *files,
				    const char *path)
{
	char *name = imans_path_escape(path);
	struct json_object *array = NULL;

	if (name && !json_object_object_get_ex(files, name, &array)) {
		array = json_object_new_array();
		if (!imans_json_add(files, name, array))
			array = NULL;
	}
	free(name);
	return array;
}

static bool add_ref(struct json_object *files, const struct policy_ref *ref)
{
	struct json_object *digests = array_of(files, policy_ref_path(ref));
	char text[16 + 2 * IMANS_DIGEST_MAX];
	int n = sprintf(text, "%s:", imans_bank_name(ref->bank));

	imans_hex_print(text + n, ref->bytes, ref->size);
	return digests &&
	       imans_json_append(digests, json_object_new_string(text));
}

static struct json_object *refs_json(const struct imans_policy *policy,
				     bool glob)
{
	struct json_object *files = json_object_new_object();
	bool ok = files;

	for (size_t i = 0; ok && i < policy->refs.count; i++) {
		const struct policy_ref *ref = imans_policy_ref(&policy->refs,
								i);

		if (ref->glob == glob)
			ok = add_ref(files, ref);
	}
	return done(files, ok);
}

static struct json_object *globs_json(const struct imans_policy *policy)
{
	struct json_object *globs = refs_json(policy, true);
	bool ok = globs;

	for (size_t i = 0; ok && i < policy->glob_count; i++) {
		const struct policy_glob *g = &policy->globs[i];
		char *name = imans_path_escape(g->text);

		/* "any" covers what digests it has. */
		ok = name && (g->any ?
			      imans_json_add(globs, name,
					     json_object_new_string(POLICY_ANY)) :
			      array_of(globs, g->text) != NULL);
		free(name);
	}
	return done(globs, ok);
}

/* Patterns on paths are bytes, as paths are. */
static struct json_object *paths_json(const struct policy_key *key)
{
	struct json_object *array = json_object_new_array();
	bool ok = array;

	for (size_t i = 0; ok && i < key->path_count; i++) {
		char *text = imans_path_escape(key->path_texts[i]);

		ok = text &&
		     imans_json_append(array, json_object_new_string(text));
		free(text);
	}
	return done(array, ok);
}

static struct json_object *key_json(const struct policy_key *key)
{
	struct json_object *o = json_object_new_object();
	char keyid[9];
	bool ok = o &&
		  imans_json_add(o, "name", json_object_new_string(key->name)) &&
		  imans_json_add(o, "pem", json_object_new_string(key->pem));

	if (ok && key->has_keyid) {
		snprintf(keyid, sizeof(keyid), "%08" PRIx32, key->keyid);
		ok = imans_json_add(o, "keyid", json_object_new_string(keyid));
	}
	if (ok && key->path_count)
		ok = imans_json_add(o, "paths", paths_json(key));
	return done(o, ok);
}

static struct json_object *keys_json(const struct imans_policy *policy)
{
	struct json_object *array = json_object_new_array();
	bool ok = array;

	for (size_t i = 0; ok && i < policy->key_count; i++)
		ok = imans_json_append(array, key_json(&policy->keys[i]));
	return done(array, ok);
}

static struct json_object *policy_json(const struct imans_policy *policy)
{
	struct json_object *top = json_object_new_object();
	/* Older readers take what they know. */
	int version = policy->glob_count || policy->key_count ?
		      POLICY_VERSION : 1;
	bool ok;

	ok = top &&
	     imans_json_add(top, "format",
			    json_object_new_string(POLICY_FORMAT)) &&
	     imans_json_add(top, "version", json_object_new_int(version)) &&
	     imans_json_add(top, "match", texts_json(policy->labels,
						     policy->label_count)) &&
	     imans_json_add(top, "host",
			    json_object_new_boolean(policy->host)) &&
	     imans_json_add(top, "opaque-descendants",
			    json_object_new_boolean(policy->opaque)) &&
	     imans_json_add(top, "namespace-policies",
			    ns_policies_json(policy)) &&
	     imans_json_add(top, "files", refs_json(policy, false));
	if (ok && policy->glob_count)
		ok = imans_json_add(top, "globs", globs_json(policy));
	if (ok && policy->key_count)
		ok = imans_json_add(top, "keys", keys_json(policy));
	return done(top, ok);
}

IMANS_API int imans_policy_write(struct imans_policy *policy, const char *path)
{
	int err = imans_policy_sort(policy);

	return err ? err : imans_json_write(policy->ctx, path,
					    policy_json(policy));
}

int imans_policy_digest(struct imans_policy *policy,
			uint8_t digest[IMANS_HASH_SIZE])
{
	int err = imans_policy_sort(policy);

	return err ? err : imans_json_digest(policy->ctx, policy_json(policy),
					     digest);
}
