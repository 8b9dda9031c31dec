// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The file of boot references: JSON, documented in ima-ns-boot(1) and
 * Documentation/boot-references.schema.json. It is the verifier's own: a key
 * that is not known could have been meant to forbid something, and is refused.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bootref.h"
#include "ctx.h"
#include "file.h"
#include "json_text.h"

#define FORMAT	"ima-ns boot references"
#define VERSION	1
/* "pcrs", one, its "events", one, its "digests", one; and what is refused. */
#define DEPTH	8

struct loader {
	struct imans_bootref *ref;
	const char *name;
	int pcr;			/* in messages; -1: none yet */
};

static int bad(const struct loader *l, const char *key, const char *reason)
{
	if (l->pcr < 0)
		return imans_err(l->ref->ctx, -EBADMSG, "%s: \"%s\" %s",
				 l->name, key, reason);
	return imans_err(l->ref->ctx, -EBADMSG, "%s: PCR %d: \"%s\" %s",
			 l->name, l->pcr, key, reason);
}

static int full(const struct loader *l)
{
	return imans_err(l->ref->ctx, -ENOMEM,
			 "%s: out of memory, or more than %d events or digests of one",
			 l->name, BOOTREF_RULES_MAX);
}

/* A key that an object may have. */
struct key {
	const char *name;
	int (*load)(struct loader *l, const char *key,
		    struct json_object *value, void *into);
	bool required;
};

/* In the table's order, so that another version is told as such. */
static int load_object(struct loader *l, const char *what,
		       struct json_object *object, const struct key *keys,
		       size_t count, void *into)
{
	if (!json_object_is_type(object, json_type_object))
		return bad(l, what, "is not an object");
	json_object_object_foreach(object, name, unused) {
		size_t i = 0;

		(void)unused;
		while (i < count && strcmp(name, keys[i].name))
			i++;
		if (i == count)
			return bad(l, name, "is not known");
	}
	for (size_t i = 0; i < count; i++) {
		struct json_object *value;
		int err;

		if (!json_object_object_get_ex(object, keys[i].name, &value)) {
			if (keys[i].required)
				return bad(l, keys[i].name, "is missing");
			continue;
		}
		err = keys[i].load(l, keys[i].name, value, into);
		if (err)
			return err;
	}
	return 0;
}

#define LOAD(l, what, object, keys, into) \
	load_object(l, what, object, keys, sizeof(keys) / sizeof((keys)[0]), \
		    into)

/* Call for each element. */
static int load_array(struct loader *l, const char *key,
		      struct json_object *array,
		      int (*load)(struct loader *l, const char *key,
				  struct json_object *value, void *into),
		      void *into)
{
	int err = 0;

	if (!json_object_is_type(array, json_type_array))
		return bad(l, key, "is not an array");
	for (size_t i = 0; !err && i < json_object_array_length(array); i++)
		err = load(l, key, json_object_array_get_idx(array, i), into);
	return err;
}

/* ---------------------------------------------------------------- digests */

static const char *name_of(struct json_object *object)
{
	struct json_object *value;
	const char *name;

	if (!json_object_object_get_ex(object, "name", &value))
		return "";
	name = imans_json_string(value);
	return name && strlen(name) < BOOTREF_NAME_MAX ? name : NULL;
}

/* { "name": TEXT, BANK: HEX, ... } */
static int load_value(struct loader *l, const char *key,
		      struct json_object *object, void *into)
{
	struct boot_value *value;
	const char *name;

	if (!json_object_is_type(object, json_type_object))
		return bad(l, key, "has an element that is not an object");
	name = name_of(object);
	if (!name)
		return bad(l, key, "has a name that is no text, or too long");
	value = bootref_add_value(into, name);
	if (!value)
		return full(l);
	json_object_object_foreach(object, bank_name, digest) {
		const char *hex = imans_json_string(digest);
		enum imans_bank bank;

		if (!strcmp(bank_name, "name"))
			continue;
		if (imans_bank_parse(bank_name, &bank))
			return bad(l, bank_name, "is no bank");
		if (!hex || !imans_hex_parse(hex, value->in.value[bank],
					     imans_bank_size(bank)))
			return bad(l, bank_name,
				   "is no digest of its bank in hexadecimal");
		value->in.banks |= IMANS_BANK(bank);
	}
	if (!(value->in.banks & ~IMANS_BANK(IMANS_SHA1)))
		return bad(l, key, "has an element without a digest better than SHA-1");
	return 0;
}

/* ----------------------------------------------------------------- events */

static int load_type(struct loader *l, const char *key,
		     struct json_object *value, void *into)
{
	struct boot_rule *rule = into;
	const char *name = imans_json_string(value);
	int64_t number;

	if (name && !imans_fw_type_parse(name, &rule->type))
		return 0;
	if (!json_object_is_type(value, json_type_int))
		return bad(l, key, "is neither the name of a type nor a number");
	number = json_object_get_int64(value);
	if (number < 0 || number > UINT32_MAX)
		return bad(l, key, "is no 32-bit number");
	rule->type = (uint32_t)number;
	return 0;
}

static int load_rule_name(struct loader *l, const char *key,
			  struct json_object *value, void *into)
{
	struct boot_rule *rule = into;
	const char *name = imans_json_string(value);
	char *copy;

	if (!name || strlen(name) >= BOOTREF_NAME_MAX)
		return bad(l, key, "is no text, or too long");
	copy = strdup(name);
	if (!copy)
		return full(l);
	free(rule->name);
	rule->name = copy;
	return 0;
}

static int take_flag(struct loader *l, const char *key,
		     struct json_object *value, bool *flag)
{
	if (!json_object_is_type(value, json_type_boolean))
		return bad(l, key, "is neither true nor false");
	*flag = json_object_get_boolean(value);
	return 0;
}

static int load_required(struct loader *l, const char *key,
			 struct json_object *value, void *into)
{
	struct boot_rule *rule = into;

	return take_flag(l, key, value, &rule->required);
}

static int load_allowed(struct loader *l, const char *key,
			struct json_object *value, void *into)
{
	struct boot_rule *rule = into;

	return load_array(l, key, value, load_value, &rule->allowed);
}

static int load_event(struct loader *l, const char *key,
		      struct json_object *value, void *into)
{
	static const struct key keys[] = {
		{ "type", load_type, true },
		{ "name", load_rule_name, false },
		{ "required", load_required, false },
		{ "digests", load_allowed, true },
	};
	struct boot_pcr *pcr = into;
	struct boot_rule *rule = bootref_add_rule(pcr, 0, "");

	if (!rule)
		return full(l);
	rule->required = true;
	return LOAD(l, key, value, keys, rule);
}

/* ------------------------------------------------------------------- PCRs */

static int load_number(struct loader *l, const char *key,
		       struct json_object *value, void *into)
{
	struct boot_pcr **pcr = into;
	int64_t number = json_object_get_int64(value);

	if (!json_object_is_type(value, json_type_int) || number < 0 ||
	    number >= IMANS_BOOT_PCRS)
		return bad(l, key, "is not one of 0 to 9");
	l->pcr = (int)number;
	*pcr = &l->ref->pcr[number];
	if ((*pcr)->listed)
		return bad(l, key, "stands there twice");
	(*pcr)->listed = true;
	return 0;
}

static int load_ignore(struct loader *l, const char *key,
		       struct json_object *value, void *into)
{
	struct boot_pcr **pcr = into;

	return take_flag(l, key, value, &(*pcr)->ignored);
}

static int load_pcr_values(struct loader *l, const char *key,
			   struct json_object *value, void *into)
{
	struct boot_pcr **pcr = into;

	return load_array(l, key, value, load_value, &(*pcr)->values);
}

static int load_events(struct loader *l, const char *key,
		       struct json_object *value, void *into)
{
	struct boot_pcr **pcr = into;

	(*pcr)->by_event = true;
	return load_array(l, key, value, load_event, *pcr);
}

static int load_ordered(struct loader *l, const char *key,
			struct json_object *value, void *into)
{
	struct boot_pcr **pcr = into;

	return take_flag(l, key, value, &(*pcr)->ordered);
}

static int load_pcr(struct loader *l, const char *key,
		    struct json_object *value, void *into)
{
	static const struct key keys[] = {
		{ "pcr", load_number, true },
		{ "ignore", load_ignore, false },
		{ "values", load_pcr_values, false },
		{ "events", load_events, false },
		{ "ordered", load_ordered, false },
	};
	struct boot_pcr *pcr = NULL;
	int err;

	(void)into;
	l->pcr = -1;
	err = LOAD(l, key, value, keys, &pcr);
	if (!err && !pcr->ignored && !pcr->by_event && !pcr->values.count)
		err = bad(l, key, "says nothing of it");
	l->pcr = -1;
	return err;
}

static int load_format(struct loader *l, const char *key,
		       struct json_object *value, void *into)
{
	const char *text = imans_json_string(value);

	(void)into;
	if (!text || strcmp(text, FORMAT))
		return bad(l, key, "is not \"" FORMAT "\"");
	return 0;
}

static int load_version(struct loader *l, const char *key,
			struct json_object *value, void *into)
{
	(void)into;
	if (!json_object_is_type(value, json_type_int))
		return bad(l, key, "is not a number");
	if (json_object_get_int64(value) != VERSION)
		return imans_err(l->ref->ctx, -EPROTONOSUPPORT,
				 "%s: version %s, known is %d", l->name,
				 json_object_get_string(value), VERSION);
	return 0;
}

static int load_pcrs(struct loader *l, const char *key,
		     struct json_object *value, void *into)
{
	return load_array(l, key, value, load_pcr, into);
}

IMANS_API int imans_bootref_read(struct imans_ctx *ctx, const char *path,
				 struct imans_bootref **ref)
{
	static const struct key keys[] = {
		{ "format", load_format, true },
		{ "version", load_version, true },
		{ "pcrs", load_pcrs, true },
	};
	struct loader l = { .name = path, .pcr = -1 };
	struct json_object *top = NULL;
	uint8_t *data;
	size_t len;
	int err = imans_file_read(ctx, path, BOOTREF_FILE_MAX, &data, &len);

	if (err)
		return err;
	err = imans_json_parse(ctx, path, data, len, DEPTH, &top);
	free(data);
	if (!err)
		err = imans_bootref_new(ctx, &l.ref);
	if (!err)
		err = LOAD(&l, "the file", top, keys, NULL);
	json_object_put(top);
	if (err)
		imans_bootref_free(l.ref);
	else
		*ref = l.ref;
	return err;
}

/* ---------------------------------------------------------------- writing */

/* Objects are added as they are made: a failure anywhere spoils the whole. */
struct writer {
	bool failed;
};

static void put(struct writer *w, struct json_object *object, const char *key,
		struct json_object *value)
{
	bool good;

	if (!object) {
		json_object_put(value);
		w->failed = true;
		return;
	}
	good = key ? imans_json_add(object, key, value) :
		     imans_json_append(object, value);
	w->failed |= !good;
}

static struct json_object *value_json(struct writer *w,
				      const struct boot_value *value)
{
	struct json_object *o = json_object_new_object();
	char hex[2 * IMANS_DIGEST_MAX + 1];

	if (*value->name)
		put(w, o, "name", json_object_new_string(value->name));
	for (int b = 0; b < IMANS_BANKS; b++) {
		if (!(value->in.banks & IMANS_BANK(b)))
			continue;
		imans_hex_print(hex, value->in.value[b], imans_bank_size(b));
		put(w, o, imans_bank_name(b), json_object_new_string(hex));
	}
	return o;
}

static struct json_object *values_json(struct writer *w,
				       const struct boot_values *values)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < values->count; i++)
		put(w, array, NULL, value_json(w, &values->all[i]));
	return array;
}

static struct json_object *rule_json(struct writer *w,
				     const struct boot_rule *rule)
{
	struct json_object *o = json_object_new_object();
	const char *type = imans_fw_type_name(rule->type);

	put(w, o, "type", type ? json_object_new_string(type) :
				 json_object_new_int64(rule->type));
	if (*rule->name)
		put(w, o, "name", json_object_new_string(rule->name));
	if (!rule->required)
		put(w, o, "required", json_object_new_boolean(false));
	put(w, o, "digests", values_json(w, &rule->allowed));
	return o;
}

static struct json_object *pcr_json(struct writer *w, int number,
				    const struct boot_pcr *pcr)
{
	struct json_object *o = json_object_new_object(), *events;

	put(w, o, "pcr", json_object_new_int(number));
	if (pcr->ignored)
		put(w, o, "ignore", json_object_new_boolean(true));
	if (pcr->values.count)
		put(w, o, "values", values_json(w, &pcr->values));
	if (!pcr->by_event)
		return o;
	events = json_object_new_array();
	for (size_t i = 0; i < pcr->count; i++)
		put(w, events, NULL, rule_json(w, &pcr->rules[i]));
	if (pcr->ordered)
		put(w, o, "ordered", json_object_new_boolean(true));
	put(w, o, "events", events);
	return o;
}

IMANS_API int imans_bootref_write(const struct imans_bootref *ref,
				  const char *path)
{
	const int flags = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			  JSON_C_TO_STRING_NOSLASHESCAPE;
	struct json_object *top = json_object_new_object();
	struct json_object *pcrs = json_object_new_array();
	struct writer w = { .failed = !top || !pcrs };
	const char *text;
	size_t len;
	int err;

	put(&w, top, "format", json_object_new_string(FORMAT));
	put(&w, top, "version", json_object_new_int(VERSION));
	for (int i = 0; i < IMANS_BOOT_PCRS; i++)
		if (ref->pcr[i].listed)
			put(&w, pcrs, NULL, pcr_json(&w, i, &ref->pcr[i]));
	put(&w, top, "pcrs", pcrs);
	text = w.failed ? NULL : imans_json_print(top, flags, &len);
	if (text)
		err = imans_file_write(ref->ctx, path, text, len, 0644);
	else
		err = imans_err(ref->ctx, -ENOMEM, "%s: out of memory", path);
	json_object_put(top);
	return err;
}
