// SPDX-License-Identifier: LGPL-2.1-or-later
/* Secrets in the kernel's keyrings, through libkeyutils; keys of namespaces. */

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <keyutils.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "ctx.h"
#include "file.h"
#include "keyring.h"
#include "text.h"

/* The kernel's bound on a key's description, with its NUL. */
#define DESC_SIZE	4096
#define TYPE_SIZE	32

/* Where a key is: "keyring:DESCRIPTION" or "keyring:TYPE:DESCRIPTION". */
struct spec {
	const char *text;
	char type[TYPE_SIZE];
	const char *desc;
};

/* What the kernel's answer means here. */
static const char *reason(int err)
{
	switch (err) {
	case -ENOSYS:
		return "the kernel has no keyrings (CONFIG_KEYS)";
	case -EPERM:
		return "not permitted: a seccomp filter may forbid keyctl()";
	case -EACCES:
		return "permission denied: the key's permissions forbid it, or no keyring of this process leads to it";
	case -ENOKEY:
		return "no keyring of this process has such a key";
	case -EKEYEXPIRED:
		return "the key has expired";
	case -EKEYREVOKED:
		return "the key was revoked";
	case -EKEYREJECTED:
		return "the key was rejected when it was made";
	case -EDQUOT:
		return "this user's quota of keys is used up (/proc/sys/kernel/keys)";
	case -ENODEV:
		return "the kernel has no keys of this type";
	default:
		return strerror(-err);
	}
}

/* Of errno, documented ones only: the kernel's others are -EIO. */
static int failed(struct imans_ctx *ctx, const char *what)
{
	int err = -errno;

	imans_err(ctx, err, "%s: %s", what, reason(err));
	switch (err) {
	case -ENOSYS:
	case -EPERM:
	case -EACCES:
	case -ENOKEY:
	case -EKEYEXPIRED:
	case -EKEYREVOKED:
	case -EKEYREJECTED:
	case -EDQUOT:
	case -ENOMEM:
		return err;
	default:
		return -EIO;
	}
}

/* Types whose payload a program gets as it was put there. */
static int check_type(struct imans_ctx *ctx, const struct spec *spec)
{
	const char *why;

	if (!strcmp(spec->type, "user") || !strcmp(spec->type, "big_key"))
		return 0;
	if (!strcmp(spec->type, "logon"))
		why = "only the kernel can read keys of type logon, so no program can use what is in one";
	else if (!strcmp(spec->type, "encrypted") ||
		 !strcmp(spec->type, "trusted"))
		why = "reading a key of this type gives it encrypted, so no program can use what is in one";
	else
		why = "not a type of key that holds bytes for programs: user, or big_key";
	return imans_err(ctx, -EOPNOTSUPP, "%s: %s", spec->text, why);
}

static int parse(struct imans_ctx *ctx, const char *text, struct spec *spec)
{
	const char *rest = text, *colon;
	char shown[IMANS_SHOWN_SIZE];
	size_t len;

	if (strncmp(text, IMANS_KEYRING_PREFIX, strlen(IMANS_KEYRING_PREFIX)))
		rest = "";
	else
		rest = text + strlen(IMANS_KEYRING_PREFIX);
	colon = strchr(rest, ':');
	len = colon ? (size_t)(colon - rest) : strlen("user");
	spec->text = text;
	spec->desc = colon ? colon + 1 : rest;
	if (!len || len >= sizeof(spec->type) || !*spec->desc ||
	    strlen(spec->desc) >= DESC_SIZE)
		return imans_err(ctx, -EINVAL,
				 "%s: not \"keyring:DESCRIPTION\" or \"keyring:TYPE:DESCRIPTION\"",
				 imans_show(shown, sizeof(shown), text,
					    strlen(text)));
	memcpy(spec->type, colon ? rest : "user", len);
	spec->type[len] = '\0';
	return check_type(ctx, spec);
}

/*
 * In this process's keyrings, then in its user's: that of a service, or of a
 * session that was begun anew, need not lead there. Searched one by one they
 * tell of a key that has expired, where the first call finds none.
 */
static long find(const struct spec *spec)
{
	static const key_serial_t rings[] = {
		KEY_SPEC_THREAD_KEYRING, KEY_SPEC_PROCESS_KEYRING,
		KEY_SPEC_SESSION_KEYRING, KEY_SPEC_USER_KEYRING,
	};
	long id = request_key(spec->type, spec->desc, NULL, 0);
	int error = errno;

	for (size_t i = 0; id < 0 && error == ENOKEY &&
			   i < sizeof(rings) / sizeof(*rings); i++) {
		id = keyctl_search(rings[i], spec->type, spec->desc, 0);
		if (id < 0)
			error = errno;
	}
	errno = error;
	return id;
}

/*
 * A key may be read by who can reach it from a keyring of his own. One of the
 * user's is linked to the process's for a moment.
 */
static long read_linked(const struct spec *spec, char *buf, size_t size)
{
	long id = keyctl_search(KEY_SPEC_USER_KEYRING, spec->type, spec->desc,
				KEY_SPEC_PROCESS_KEYRING);
	int saved;
	long len;

	if (id < 0) {
		errno = EACCES;
		return -1;
	}
	len = keyctl_read((key_serial_t)id, buf, size);
	saved = errno;
	keyctl_unlink((key_serial_t)id, KEY_SPEC_PROCESS_KEYRING);
	errno = saved;
	return len;
}

IMANS_API void imans_key_free(uint8_t *data, size_t len)
{
	if (!data)
		return;
	OPENSSL_cleanse(data, len);
	free(data);
}

IMANS_API int imans_keyring_read(struct imans_ctx *ctx, const char *text,
				 size_t max, uint8_t **data, size_t *len)
{
	struct spec spec;
	uint8_t *buf;
	long id, got;
	int err = parse(ctx, text, &spec);

	if (err)
		return err;
	if (!max || max > IMANS_KEYRING_MAX)
		return imans_err(ctx, -EINVAL, "%s: a bound of %zu bytes",
				 text, max);
	buf = calloc(1, max);
	if (!buf)
		return imans_err(ctx, -ENOMEM, "%s: out of memory", text);
	id = find(&spec);
	got = id < 0 ? -1 : keyctl_read((key_serial_t)id, (char *)buf, max);
	if (id >= 0 && got < 0 && errno == EACCES)
		got = read_linked(&spec, (char *)buf, max);
	if (got < 0)
		err = failed(ctx, text);
	else if ((size_t)got > max)
		err = imans_err(ctx, -EFBIG, "%s: has %ld bytes, more than %zu",
				text, got, max);
	if (err) {
		imans_key_free(buf, max);
		return err;
	}
	*data = buf;
	*len = (size_t)got;
	return 0;
}

static int parse_ring(struct imans_ctx *ctx, const char *name,
		      key_serial_t *ring)
{
	static const struct {
		const char *name;
		key_serial_t ring;
	} rings[] = {
		{ "@t", KEY_SPEC_THREAD_KEYRING },
		{ "@p", KEY_SPEC_PROCESS_KEYRING },
		{ "@s", KEY_SPEC_SESSION_KEYRING },
		{ "@u", KEY_SPEC_USER_KEYRING },
		{ "@us", KEY_SPEC_USER_SESSION_KEYRING },
	};
	long serial;
	char *end;

	if (!name)
		name = "@u";
	for (size_t i = 0; i < sizeof(rings) / sizeof(*rings); i++) {
		if (strcmp(name, rings[i].name))
			continue;
		*ring = rings[i].ring;
		return 0;
	}
	errno = 0;
	serial = strtol(name, &end, 10);
	if (errno || *end || end == name || serial <= 0 || serial > INT32_MAX)
		return imans_err(ctx, -EINVAL,
				 "there is no keyring \"%s\": @t, @p, @s, @u, @us or a serial number",
				 name);
	*ring = (key_serial_t)serial;
	return 0;
}

IMANS_API int imans_keyring_add(struct imans_ctx *ctx, const char *text,
				const char *keyring, const void *data,
				size_t len)
{
	key_serial_t ring = 0;
	struct spec spec;
	int err = parse(ctx, text, &spec);

	if (!err)
		err = parse_ring(ctx, keyring, &ring);
	if (err)
		return err;
	if (!len || len > IMANS_KEYRING_MAX)
		return imans_err(ctx, -EINVAL, "%s: %zu bytes, not 1 to %d",
				 text, len, IMANS_KEYRING_MAX);
	/* add_key() would change one that is there, and what it was for. */
	if (keyctl_search(ring, spec.type, spec.desc, 0) >= 0)
		return imans_err(ctx, -EEXIST,
				 "%s: the keyring has such a key", text);
	if (errno != ENOKEY && errno != EKEYREVOKED && errno != EKEYEXPIRED)
		return failed(ctx, text);
	if (add_key(spec.type, spec.desc, data, len, ring) < 0)
		return failed(ctx, text);
	return 0;
}

IMANS_API int imans_keyring_make(struct imans_ctx *ctx, const char *text,
				 const char *keyring, size_t len,
				 uint8_t **data)
{
	uint8_t *made;
	int err;

	if (!len || len > IMANS_KEYRING_MAX)
		return imans_err(ctx, -EINVAL, "%s: %zu bytes, not 1 to %d",
				 text, len, IMANS_KEYRING_MAX);
	made = malloc(len);
	if (!made)
		return imans_err(ctx, -ENOMEM, "%s: out of memory", text);
	if (RAND_priv_bytes(made, (int)len) != 1)
		err = imans_err(ctx, -EIO, "OpenSSL has no random bytes");
	else
		err = imans_keyring_add(ctx, text, keyring, made, len);
	if (err)
		imans_key_free(made, len);
	else
		*data = made;
	return err;
}

IMANS_API int imans_keyring_remove(struct imans_ctx *ctx, const char *text)
{
	struct spec spec;
	long id;
	int err = parse(ctx, text, &spec);

	if (err)
		return err;
	id = find(&spec);
	/* Revoked, nobody who has it linked can use it either. */
	if (id < 0 || (keyctl_revoke((key_serial_t)id) &&
		       keyctl_unlink((key_serial_t)id, KEY_SPEC_USER_KEYRING)))
		return failed(ctx, text);
	keyctl_unlink((key_serial_t)id, KEY_SPEC_USER_KEYRING);
	keyctl_unlink((key_serial_t)id, KEY_SPEC_SESSION_KEYRING);
	return 0;
}

IMANS_API void imans_key_wipe(void *data, size_t len)
{
	OPENSSL_cleanse(data, len);
}

IMANS_API int imans_key_digest(struct imans_ctx *ctx,
			       const uint8_t key[IMANS_KEY_SIZE],
			       uint8_t digest[IMANS_HASH_SIZE])
{
	const struct imans_chunk chunk = { key, IMANS_KEY_SIZE };

	if (imans_hash(ctx, IMANS_SHA256, &chunk, 1, digest))
		return imans_err(ctx, -EIO, "a key's digest: SHA-256 failed");
	return 0;
}

int imans_ns_key_file(struct imans_ctx *ctx, const char *dir,
		      uint8_t key[IMANS_KEY_SIZE])
{
	uint8_t *data;
	size_t len;
	char *path;
	int err;

	if (asprintf(&path, "%s/key", dir) < 0)
		return imans_err(ctx, -ENOMEM, "%s/key: out of memory", dir);
	err = imans_file_read(ctx, path, IMANS_KEY_SIZE, &data, &len);
	if (!err) {
		if (len == IMANS_KEY_SIZE)
			memcpy(key, data, IMANS_KEY_SIZE);
		else
			err = imans_err(ctx, -EBADMSG, "%s: %zu bytes, not %d",
					path, len, IMANS_KEY_SIZE);
		imans_key_free(data, len);
	}
	free(path);
	return err;
}

IMANS_API int imans_ns_key(struct imans_ctx *ctx, const char *ns_dir,
			   uint64_t id, uint8_t key[IMANS_KEY_SIZE])
{
	struct imans_tree *tree;
	char *dir;
	int err = imans_tree_read(ctx, ns_dir, &tree);

	if (err)
		return err;
	err = imans_tree_dir(tree, id, &dir);
	imans_tree_free(tree);
	if (err)
		return imans_err(ctx, err, "there is no namespace %llu",
				 (unsigned long long)id);
	err = imans_ns_key_file(ctx, dir, key);
	free(dir);
	return err;
}
