// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Keylime's runtime policies, written. It knows no labels, no namespaces, no
 * digests for patterns and no paths of keys.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "imasig.h"
#include "keylime.h"
#include "policy.h"
#include "policy_json.h"
#include "text.h"

struct writer {
	struct imans_policy *policy;
	const char *name;
	uint32_t flags;
	imans_conflict_fn fn;
	void *user;
	struct json_object *top;
};

static int no_memory(const struct writer *w)
{
	return imans_err(w->policy->ctx, -ENOMEM, "%s: out of memory", w->name);
}

/* As keylime.c has it, but of what Keylime can't express. */
static int cannot(const struct writer *w, const char *what, const char *text)
{
	char shown[IMANS_SHOWN_SIZE], *line;

	imans_show(shown, sizeof(shown), text, strlen(text));
	if (!(w->flags & IMANS_KEYLIME_LOSSY))
		return imans_err(w->policy->ctx, -ENOTSUP,
				 "%s: Keylime can't express %s %s", w->name,
				 what, shown);
	if (asprintf(&line, "%s: %s %s is left out", w->name, what, shown) < 0)
		return no_memory(w);
	if (w->fn)
		w->fn(w->user, line);
	free(line);
	return 0;
}

/* What JSON can hold as it is: printable ASCII, and valid UTF-8 is not asked. */
static bool is_plain(const char *path)
{
	for (; *path; path++)
		if (*path < 0x20 || *path > 0x7e)
			return false;
	return true;
}

static int add_ref(const struct writer *w, const struct policy_ref *ref)
{
	const char *path = policy_ref_path(ref);
	char hex[2 * IMANS_DIGEST_MAX + 1];
	struct json_object *section, *list;
	/* Names of buffers are no paths, and looked up elsewhere. */
	bool file = *path == '/' || !strcmp(path, "boot_aggregate");

	if (ref->glob)
		return cannot(w, "the digests of the pattern", path);
	if (!is_plain(path))
		return cannot(w, "the path", path);
	json_object_object_get_ex(w->top, file ? "digests" : "ima-buf",
				  &section);
	if (!json_object_object_get_ex(section, path, &list)) {
		list = json_object_new_array();
		if (!imans_json_add(section, path, list))
			return no_memory(w);
	}
	imans_hex_print(hex, ref->bytes, ref->size);
	return imans_json_append(list, json_object_new_string(hex)) ?
	       0 : no_memory(w);
}

static int add_glob(const struct writer *w, const struct policy_glob *g)
{
	struct json_object *excludes;
	bool known, ok;
	char *regex;

	if (!g->any)
		return 0;
	regex = is_plain(g->text) ? keylime_regex(g->text, &known) : NULL;
	if (!regex)
		return is_plain(g->text) && known ? no_memory(w) :
		       cannot(w, "the pattern", g->text);
	json_object_object_get_ex(w->top, "excludes", &excludes);
	ok = imans_json_append(excludes, json_object_new_string(regex));
	free(regex);
	return ok ? 0 : no_memory(w);
}

static int add_key(const struct writer *w, const struct policy_key *key,
		   struct json_object *pubkeys, struct json_object *keyids)
{
	uint8_t *der = NULL;
	char *text;
	int len;
	bool ok;

	/* Without its paths it could sign more. */
	if (key->path_count)
		return cannot(w, "the paths of the key", key->name);
	len = imans_sigkey_der(key->key, &der);
	text = len ? malloc((size_t)len * 2 + 4) : NULL;
	if (!text) {
		OPENSSL_free(der);
		return no_memory(w);
	}
	EVP_EncodeBlock((unsigned char *)text, der, len);
	OPENSSL_free(der);
	ok = imans_json_append(pubkeys, json_object_new_string(text)) &&
	     imans_json_append(keyids, json_object_new_int64(
		     key->has_keyid ? key->keyid : imans_sigkey_id(key->key)));
	free(text);
	return ok ? 0 : no_memory(w);
}

/* What was added; NULL: there is no memory. */
static struct json_object *under(struct json_object *object, const char *key,
				 struct json_object *value)
{
	return imans_json_add(object, key, value) ? value : NULL;
}

/* A JSON text in a string. */
static int add_keys(const struct writer *w)
{
	struct json_object *ring = json_object_new_object();
	struct json_object *pubkeys, *keyids;
	const char *text = "";
	size_t len;
	int err = 0;

	pubkeys = under(ring, "pubkeys", json_object_new_array());
	keyids = under(ring, "keyids", json_object_new_array());
	if (!pubkeys || !keyids)
		err = no_memory(w);
	for (size_t i = 0; !err && i < w->policy->key_count; i++)
		err = add_key(w, &w->policy->keys[i], pubkeys, keyids);
	if (!err && json_object_array_length(pubkeys))
		text = imans_json_print(ring, JSON_C_TO_STRING_NOSLASHESCAPE,
					&len);
	if (!err && (!text || !imans_json_add(w->top, "verification-keys",
					      json_object_new_string(text))))
		err = no_memory(w);
	json_object_put(ring);
	return err;
}

static bool begin(struct writer *w)
{
	struct json_object *meta, *ima;

	w->top = json_object_new_object();
	meta = under(w->top, "meta", json_object_new_object());
	return imans_json_add(meta, "version",
			      json_object_new_int(KEYLIME_VERSION)) &&
	       imans_json_add(meta, "generator", json_object_new_int(0)) &&
	       imans_json_add(w->top, "release", json_object_new_int(0)) &&
	       imans_json_add(w->top, "digests", json_object_new_object()) &&
	       imans_json_add(w->top, "excludes", json_object_new_array()) &&
	       imans_json_add(w->top, "keyrings", json_object_new_object()) &&
	       (ima = under(w->top, "ima", json_object_new_object())) &&
	       imans_json_add(ima, "ignored_keyrings",
			      json_object_new_array()) &&
	       imans_json_add(ima, "log_hash_alg",
			      json_object_new_string("sha1")) &&
	       !json_object_object_add(ima, "dm_policy", NULL) &&
	       imans_json_add(w->top, "ima-buf", json_object_new_object());
}

static int fill(const struct writer *w)
{
	const struct imans_policy *policy = w->policy;
	int err = 0;

	for (size_t i = 0; !err && i < policy->refs.count; i++)
		err = add_ref(w, imans_policy_ref(&policy->refs, i));
	for (size_t i = 0; !err && i < policy->glob_count; i++)
		err = add_glob(w, &policy->globs[i]);
	return err ? err : add_keys(w);
}

IMANS_API int imans_policy_write_keylime(struct imans_policy *policy,
					 const char *path, uint32_t flags,
					 imans_conflict_fn fn, void *user)
{
	struct writer w = { policy, path, flags, fn, user, NULL };
	int err = imans_policy_sort(policy);

	if (err)
		return err;
	err = begin(&w) ? fill(&w) : no_memory(&w);
	if (!err)
		return imans_json_write(policy->ctx, path, w.top);
	json_object_put(w.top);
	return err;
}
