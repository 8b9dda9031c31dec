// SPDX-License-Identifier: LGPL-2.1-or-later
/* Making evidence: the quote first, then the lists that it covers. */

#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "ctx.h"
#include "file.h"
#include "keyring.h"
#include "heads.h"
#include "tpm.h"
#include "tree.h"

/* Where the firmware's log is, from the directory of namespaces. */
#define FIRMWARE_LOG	"../../../tpm0/binary_bios_measurements"

static int read_in(struct imans_ctx *ctx, const char *dir, const char *file,
		   uint8_t **data, size_t *len)
{
	char *path;
	int err;

	if (asprintf(&path, "%s/%s", dir, file) < 0)
		return imans_err(ctx, -ENOMEM, "evidence: out of memory");
	err = imans_file_read(ctx, path, IMANS_FILE_MAX, data, len);
	free(path);
	return err;
}

/* The list whose headers can be checked, or the one that all kernels have. */
static int read_list(struct imans_ctx *ctx, const char *dir, uint8_t **data,
		     size_t *len, enum imans_header *header)
{
	int err = read_in(ctx, dir, "binary_runtime_measurements_sha256", data,
			  len);

	*header = IMANS_HEADER_SHA256;
	if (err != -ENOENT)
		return err;
	*header = IMANS_HEADER_SHA1;
	return read_in(ctx, dir, "binary_runtime_measurements", data, len);
}

static int add_host(struct imans_evidence *ev, struct imans_ctx *ctx,
		    const char *ns_dir)
{
	enum imans_header header;
	uint8_t *data;
	size_t len;
	char *dir;
	int err;

	if (asprintf(&dir, "%s/..", ns_dir) < 0)
		return imans_err(ctx, -ENOMEM, "evidence: out of memory");
	err = read_list(ctx, dir, &data, &len, &header);
	free(dir);
	if (err)
		return err;
	err = imans_evidence_set_host(ev, header, data, len);
	free(data);
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
		  bool keys)
{
	struct imans_evidence_ns ns = {
		.id = status->id,
		.parent = status->parent,
		.path = status->path,
		.status = status->text,
	};
	uint8_t *list, key[IMANS_KEY_SIZE];
	bool has_key = false;
	int err = read_list(ctx, dir, &list, &ns.list_len, &ns.header);

	/* It was released meanwhile, or is not ours to see. */
	if (imans_tree_absent(err))
		return 0;
	if (err)
		return err;
	if (keys)
		err = read_key(ctx, dir, key, &has_key);
	if (!err) {
		ns.list = list;
		ns.key = has_key ? key : NULL;
		err = imans_evidence_add_ns(ev, &ns);
	}
	OPENSSL_cleanse(key, sizeof(key));
	free(list);
	return err;
}

static int add_namespaces(struct imans_evidence *ev, struct imans_ctx *ctx,
			  const char *ns_dir, bool keys)
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
		err = add_ns(ev, ctx, dir, &status, keys);
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
	if (!err)
		err = add_host(ev, ctx, o.ns_dir);
	if (!err)
		err = add_firmware_log(ev, ctx, o.ns_dir);
	if (!err)
		err = add_namespaces(ev, ctx, o.ns_dir, !o.no_keys);
	if (err)
		imans_evidence_free(ev);
	else
		*evidence = ev;
	return err;
}
