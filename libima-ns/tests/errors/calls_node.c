// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A node's namespaces, keyrings and TPM. What this kernel does not have refuses
 * in its way, with memory or without.
 */
#define _GNU_SOURCE
#include <keyutils.h>
#include <sched.h>

#include "errors.h"

MAKER(tree_read, imans_tree, imans_tree_read(t->ctx, t->tree, &made))

static int run_tree_dir(struct things *t)
{
	struct imans_tree *tree;
	char *dir = UNTOUCHED;
	int err;

	assert_int_equal(imans_tree_read(t->ctx, t->tree, &tree), 0);
	err = UNDER(imans_tree_dir(tree, 1, &dir));
	imans_tree_free(tree);
	if (err) {
		assert_ptr_equal(dir, UNTOUCHED);
		return err;
	}
	things_steady(t, dir, strlen(dir));
	free(dir);
	return 0;
}

typedef uint8_t nskey_t[IMANS_KEY_SIZE];

FILLER(ns_key, nskey_t, imans_ns_key(t->ctx, t->tree, 1, out))

/* A kernel that always has namespaces; what is in one is in `tree`. */
int unshare(int flags)
{
	(void)flags;
	return 0;
}

static int run_ns_enter_new(struct things *t)
{
	const struct imans_ns_opts opts = {
		.sz = sizeof(opts), .ns_dir = t->tree, .label = "a",
		.policy = "measure func=BPRM_CHECK\n",
	};
	uint64_t id = 77;
	int err = UNDER(imans_ns_enter_new(t->ctx, &opts, &id));

	assert_int_equal(id, err ? 77 : 1);
	return err;
}

/* This process's own; there is none where the kernel has none. */
static int run_ns_enter_pid(struct things *t)
{
	UNDER(imans_ns_enter_pid(t->ctx, getpid()));
	return 0;
}

static int run_ns_enter_id(struct things *t)
{
	return UNDER(imans_ns_enter_id(t->ctx, t->tree, 1));
}

/* ------------------------------------------------------------- keyrings */

#define KEY	"keyring:imans-errors"

/* Where there are no keyrings, that is what all of them say. */
static int keyring(int err)
{
	return inject_failed() || err == -EFBIG || err == -EINVAL ? err : 0;
}

static int run_keyring_add(struct things *t)
{
	int err = UNDER(imans_keyring_add(t->ctx, KEY, "@p", "secret", 6));

	imans_keyring_remove(t->ctx, KEY);
	return keyring(err);
}

static int run_keyring_make(struct things *t)
{
	uint8_t *data = UNTOUCHED;
	int err = UNDER(imans_keyring_make(t->ctx, KEY, "@p", 32, &data));

	if (err) {
		assert_ptr_equal(data, UNTOUCHED);
		return keyring(err);
	}
	imans_key_free(data, 32);
	return keyring(imans_keyring_remove(t->ctx, KEY));
}

static int run_keyring_read(struct things *t)
{
	bool there = !imans_keyring_add(t->ctx, KEY, "@p", "secret", 6);
	uint8_t *data = UNTOUCHED;
	size_t len = 77;
	int err = UNDER(imans_keyring_read(t->ctx, KEY, 64, &data, &len));

	if (err) {
		assert_true(data == UNTOUCHED && len == 77);
	} else {
		things_steady(t, data, len);
		imans_key_free(data, len);
	}
	/* The first call's words are what is looked at. */
	if (there && !err)
		imans_keyring_remove(t->ctx, KEY);
	else if (there)
		keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
	return keyring(err);
}

static int run_keyring_remove(struct things *t)
{
	imans_keyring_add(t->ctx, KEY, "@p", "secret", 6);
	return keyring(UNDER(imans_keyring_remove(t->ctx, KEY)));
}

/* ------------------------------------------------------------------ TPM */

#define imans_tpm_free	imans_tpm_close

MAKER(tpm_open, imans_tpm, imans_tpm_open(t->ctx, t->tcti, &made))

/* A connection for one call, with which tpm2-tss may do nothing after a failure. */
static struct imans_tpm *connect_tpm(struct things *t)
{
	struct imans_tpm *tpm;

	if (imans_tpm_open(t->ctx, t->tcti, &tpm))
		fail_msg("%s", imans_ctx_error(t->ctx));
	return tpm;
}

/* What the kernel's resource manager does when a connection ends. */
static void end_tpm(struct imans_tpm *tpm, int err)
{
	imans_tpm_close(tpm);
	if (err)
		assert_int_equal(system("tpm2_flushcontext -t && "
					"tpm2_flushcontext -l && "
					"tpm2_flushcontext -s"), 0);
}

/* Of what makes an object with a TPM. */
#define TPM_MAKER(name, type, call)					\
static int run_##name(struct things *t)					\
{									\
	struct imans_tpm *tpm = connect_tpm(t);				\
	struct type *made = UNTOUCHED;					\
	int err = UNDER(call);						\
									\
	end_tpm(tpm, err);						\
	if (err)							\
		assert_ptr_equal(made, UNTOUCHED);			\
	else								\
		MAKER_FREE(type)(made);					\
	return err;							\
}

TPM_MAKER(ak_create, imans_ak, imans_ak_create(tpm, &made))
TPM_MAKER(ak_create_auth, imans_ak, imans_ak_create_auth(tpm, "pw", 2, &made))
MAKER(ak_read, imans_ak, imans_ak_read(t->ctx, t->ak_file, &made))
WRITER(ak_write, true, imans_ak_write(t->ak, t->made))
TELLER(ak_pem, true, imans_ak_pem(t->ak, &text))
WRITER(ak_write_pem, true, imans_ak_write_pem(t->ak, t->made))

typedef uint8_t name_t[IMANS_TPM_NAME_SIZE];

FILLER(ak_name, name_t, imans_ak_name(t->ak, out))

static int run_ak_set_auth(struct things *t)
{
	struct imans_ak *ak;
	int err;

	assert_int_equal(imans_ak_read(t->ctx, t->ak_file, &ak), 0);
	err = UNDER(imans_ak_set_auth(ak, "secret", 6));
	imans_ak_free(ak);
	return err;
}

static const struct imans_attest_opts *attest_with(const struct things *t)
{
	static struct imans_attest_opts opts;

	opts = (struct imans_attest_opts) {
		.sz = sizeof(opts),
		.nonce = t->b.n.quote.nonce,
		.nonce_len = sizeof(t->b.n.quote.nonce), .ns_dir = t->tree,
	};
	return &opts;
}

TPM_MAKER(attest, imans_evidence,
	  imans_attest(tpm, t->ak, attest_with(t), &made))
TPM_MAKER(enrol_request, imans_enrol,
	  imans_enrol_request(tpm, t->ak, IMANS_EK_ECC, &made))
TPM_MAKER(enrol_activate, imans_enrol,
	  imans_enrol_activate(tpm, t->ak, t->tpm_challenge, &made))

const struct call calls_node[] = {
	CALL(tree_read),
	CALL(tree_dir),
	CALL(ns_key),
	CALL(ns_enter_new),
	CALL(ns_enter_pid),
	{ "imans_ns_enter_id", run_ns_enter_id, -ESRCH, false },
	CALL(keyring_add),
	CALL(keyring_make),
	CALL(keyring_read),
	CALL(keyring_remove),
	{ NULL, NULL, 0, false },
};

const struct call calls_tpm[] = {
	CALL(tpm_open),
	CALL(ak_create),
	CALL(ak_create_auth),
	CALL(ak_read),
	CALL(ak_write),
	CALL(ak_pem),
	CALL(ak_write_pem),
	CALL(ak_name),
	CALL(ak_set_auth),
	CALL(attest),
	CALL(enrol_request),
	CALL(enrol_activate),
	{ NULL, NULL, 0, false },
};
