// SPDX-License-Identifier: LGPL-2.1-or-later
/* Making evidence: the quote first, then the lists that it covers. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <tss2/tss2_mu.h>

#include "ctx.h"
#include "evidence.h"
#include "file.h"
#include "keyring.h"
#include "heads.h"
#include "state.h"
#include "tpm.h"
#include "tree.h"

/* Where the firmware's log is, from the directory of namespaces. */
#define FIRMWARE_LOG	"../../../tpm0/binary_bios_measurements"

/* What follows that many bytes: the kernel finds them without the rest. */
static int read_since(struct imans_ctx *ctx, const char *dir, const char *file,
		      uint64_t offset, uint8_t **data, size_t *len)
{
	char *path;
	int fd, err;

	if (asprintf(&path, "%s/%s", dir, file) < 0)
		return imans_err(ctx, -ENOMEM, "evidence: out of memory");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (offset && lseek(fd, (off_t)offset, SEEK_SET) < 0)) {
		err = -errno;
		imans_err(ctx, err, "%s: %s", path, strerror(-err));
	} else {
		err = imans_file_read_fd(ctx, fd, path, IMANS_FILE_MAX, data,
					 len);
	}
	if (fd >= 0)
		close(fd);
	free(path);
	return err;
}

static int read_in(struct imans_ctx *ctx, const char *dir, const char *file,
		   uint8_t **data, size_t *len)
{
	return read_since(ctx, dir, file, 0, data, len);
}

/* A list as it is read: what it has, and where that begins. */
struct read_list {
	enum imans_header header;
	uint64_t entries;
	uint64_t offset;
	uint8_t *data;
	size_t len;
};

static const char *list_file(enum imans_header header)
{
	return header == IMANS_HEADER_SHA256 ?
		"binary_runtime_measurements_sha256" :
		"binary_runtime_measurements";
}

/*
 * From where it says on; of a list that is read whole, the one whose headers
 * can be checked, or the one that all kernels have.
 */
static int read_list(struct imans_ctx *ctx, const char *dir,
		     struct read_list *list)
{
	int err;

	if (!list->entries)
		list->header = IMANS_HEADER_SHA256;
	err = read_since(ctx, dir, list_file(list->header), list->offset,
			 &list->data, &list->len);
	if (err != -ENOENT || list->entries)
		return err;
	list->header = IMANS_HEADER_SHA1;
	return read_in(ctx, dir, list_file(list->header), &list->data,
		       &list->len);
}

/* By its CREATE: ids begin again after kexec. */
static bool is_of_boot(struct imans_ctx *ctx, const char *dir,
		       enum imans_header header,
		       const uint8_t boot_id[IMANS_BOOT_ID_SIZE])
{
	struct imans_list_opts opts = { .sz = sizeof(opts), .header = header };
	const struct imans_entry *entry;
	struct imans_create create;
	struct imans_list *list;
	const uint8_t *buf;
	bool same = false;
	size_t len;
	char *path;

	if (asprintf(&path, "%s/%s", dir, list_file(header)) < 0)
		return false;
	if (!imans_list_open_file(ctx, path, &opts, &list)) {
		same = !imans_list_next(list, &entry) && entry &&
		       !imans_entry_buf(entry, &buf, &len) &&
		       !imans_create_decode(ctx, buf, len, &create) &&
		       !memcmp(create.boot_id, boot_id, IMANS_BOOT_ID_SIZE);
		imans_list_close(list);
	}
	free(path);
	return same;
}

/* Where a namespace's list has to be read from. */
static void begin_ns(struct imans_ctx *ctx, const char *dir,
		     const struct imans_state *since, uint64_t id,
		     struct read_list *list)
{
	struct imans_state_info info;
	struct imans_state_ns ns;

	if (!since)
		return;
	imans_state_info(since, &info);
	for (size_t i = 0; !imans_state_ns(since, i, &ns); i++) {
		if (ns.id != id || !ns.entries ||
		    !is_of_boot(ctx, dir, ns.header, info.boot_id))
			continue;
		list->header = ns.header;
		list->entries = ns.entries;
		list->offset = ns.offset;
	}
}

static int add_host(struct imans_evidence *ev, struct imans_ctx *ctx,
		    const char *ns_dir, const struct imans_state *since)
{
	struct read_list list = { .entries = 0 };
	struct imans_state_info info;
	char *dir;
	int err;

	if (asprintf(&dir, "%s/..", ns_dir) < 0)
		return imans_err(ctx, -ENOMEM, "evidence: out of memory");
	/* What a redacted list's verifier counted are not this file's bytes. */
	if (since && !since->mark.redacted) {
		imans_state_info(since, &info);
		list.header = info.header;
		list.entries = info.entries;
		list.offset = info.offset;
	}
	err = read_list(ctx, dir, &list);
	free(dir);
	if (err)
		return err;
	err = imans_evidence_set_host(ev, list.header, list.data, list.len);
	if (!err)
		err = imans_evidence_set_host_since(ev, list.entries,
						    list.offset);
	free(list.data);
	return err;
}

/* Many machines have none; whether that matters is the verifier's business. */
static int add_firmware_log(struct imans_evidence *ev, struct imans_ctx *ctx,
			    const char *ns_dir)
{
	uint8_t *data;
	size_t len;
	int err = read_in(ctx, ns_dir, FIRMWARE_LOG, &data, &len);

	if (imans_tree_absent(err))
		return 0;
	if (err)
		return err;
	err = imans_evidence_set_firmware_log(ev, data, len);
	free(data);
	return err;
}

/* Not there, without an error, if there is none or it is not ours to read. */
static int read_key(struct imans_ctx *ctx, const char *dir,
		    uint8_t key[IMANS_KEY_SIZE], bool *there)
{
	int err = imans_ns_key_file(ctx, dir, key);

	*there = !err;
	return imans_tree_absent(err) || err == -ENODATA ? 0 : err;
}

static int add_ns(struct imans_evidence *ev, struct imans_ctx *ctx,
		  const char *dir, const struct imans_ns_status *status,
		  const struct imans_state *since, bool keys)
{
	struct imans_evidence_ns ns = {
		.id = status->id,
		.parent = status->parent,
		.path = status->path,
		.status = status->text,
	};
	struct read_list list = { .entries = 0 };
	uint8_t key[IMANS_KEY_SIZE];
	bool has_key = false;
	int err;

	begin_ns(ctx, dir, since, status->id, &list);
	err = read_list(ctx, dir, &list);
	/* It was released meanwhile, or is not ours to see. */
	if (imans_tree_absent(err))
		return 0;
	if (err)
		return err;
	if (keys)
		err = read_key(ctx, dir, key, &has_key);
	if (!err) {
		ns.header = list.header;
		ns.list = list.data;
		ns.list_len = list.len;
		ns.since_entries = list.entries;
		ns.since_offset = list.offset;
		ns.key = has_key ? key : NULL;
		err = imans_evidence_add_ns(ev, &ns);
	}
	OPENSSL_cleanse(key, sizeof(key));
	free(list.data);
	return err;
}

static int add_namespaces(struct imans_evidence *ev, struct imans_ctx *ctx,
			  const char *ns_dir, const struct imans_state *since,
			  bool keys)
{
	struct imans_ns_status status;
	struct imans_tree *tree;
	int err = imans_tree_read(ctx, ns_dir, &tree);

	/* A kernel without IMA namespaces has a host's list all the same. */
	if (err == -ENOENT)
		return 0;
	if (err)
		return err;
	for (size_t i = 0; !err && !imans_tree_get(tree, i, &status); i++) {
		char *dir;

		/* What is not active yet has no list. */
		if (status.state == IMANS_NS_NEW)
			continue;
		err = imans_tree_dir(tree, status.id, &dir);
		if (err)
			break;
		err = add_ns(ev, ctx, dir, &status, since, keys);
		free(dir);
	}
	imans_tree_free(tree);
	return err;
}

/* Before the quote, which covers the event. */
static int add_heads(struct imans_evidence *ev, struct imans_ctx *ctx,
		     const struct imans_attest_opts *o)
{
	uint8_t nonce[IMANS_HEADS_NONCE_SIZE], *leaves;
	size_t len;
	int err = imans_heads_nonce(ctx, o->nonce, o->nonce_len,
				    o->verifier_id, nonce);

	if (!err)
		err = imans_heads_ask(ctx, o->ns_dir, nonce, &leaves, &len);
	if (err)
		return err;
	err = imans_evidence_set_leaves(ev, leaves, len);
	free(leaves);
	return err;
}

IMANS_API int imans_attest(struct imans_tpm *tpm, const struct imans_ak *ak,
			   const struct imans_attest_opts *opts,
			   struct imans_evidence **evidence)
{
	uint8_t extra[IMANS_HASH_SIZE];
	struct imans_attest_opts o;
	struct imans_evidence *ev;
	struct imans_ctx *ctx = tpm->ctx;
	int err = imans_opts_copy(ctx, &o, sizeof(o), opts);

	if (!err)
		err = imans_quote_extra_data(ctx, o.nonce, o.nonce_len,
					     o.verifier_id, extra);
	if (!err)
		err = imans_evidence_new(ctx, &ev);
	if (err)
		return err;
	if (!o.ns_dir)
		o.ns_dir = IMANS_NS_DIR;
	err = imans_evidence_set_verifier(ev, o.verifier_id ? o.verifier_id : "");
	if (!err && o.heads)
		err = add_heads(ev, ctx, &o);
	if (!err)
		err = imans_tpm_quote(tpm, ak, extra, ev);
	if (!err && o.since && !imans_state_current(o.since, ev))
		o.since = NULL;
	if (!err)
		err = add_host(ev, ctx, o.ns_dir, o.since);
	if (!err)
		err = add_firmware_log(ev, ctx, o.ns_dir);
	if (!err)
		err = add_namespaces(ev, ctx, o.ns_dir, o.since, !o.no_keys);
	if (err)
		imans_evidence_free(ev);
	else
		*evidence = ev;
	return err;
}
