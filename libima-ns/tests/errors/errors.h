/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The library's functions, each called once with good arguments while memory runs
 * out. Tables by concept, one file calls_*.c each.
 */
#ifndef ERRORS_ERRORS_H
#define ERRORS_ERRORS_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../booted.h"
#include "../enrol_make.h"
#include "../sign_key.h"
#include "inject.h"

/* What a result holds before the call, and after one that failed. */
#define UNTOUCHED	((void *)-1)

/* A node that was verified, and what calls take besides. */
struct things {
	struct imans_ctx *ctx;
	struct booted b;		/* b.n.evidence has leaves, log, all keys */
	struct bl_bytes host;		/* its list */
	struct bl_bytes web;		/* WEB's list */
	struct bl_bytes cbor;		/* its evidence */
	struct bl_bytes node_verdict;	/* signed */
	struct bl_bytes tenant_verdict;
	struct bl_bytes layer, image;
	struct imans_pcrs quoted;
	struct imans_evidence *redacted;
	struct imans_disclosure *disclosure;	/* of WEB's first entries */
	uint8_t disclosed_key[IMANS_KEY_SIZE];	/* k_seq of the first */
	struct imans_state *state;	/* of one round */
	struct imans_bootref *boot_refs[1];
	struct skey key;
	struct cm_made root, below;	/* certificates */
	char *pem, *crl;
	char *pems;			/* two of them */
	struct em_node em;
	struct imans_enrol *request, *challenge, *kept, *response;
	struct imans_ak *ak;		/* of swtpm, once it was started */
	struct imans_enrol *tpm_challenge;	/* to it */
	char tcti[64];
	char ak_file[64];
	int swtpm;			/* its process */
	char dir[32];
	char path[64];			/* files in it: of evidence, ... */
	char policy[64];
	char keylime[64];
	char bootref[64];
	char state_file[64];
	char request_file[64];
	char disclosed[64];
	char verdict[64];
	char enrol[64];
	char log[64];
	char archive[64];
	char tree[64];			/* a directory as securityfs */
	char made[64];			/* none yet: to be written */
	struct bl_bytes first;		/* what the call made at first */
};

struct call {
	const char *function;		/* whose page names the errors */
	int (*run)(struct things *t);
	int otherwise;			/* what it returns with memory */
	bool silent;			/* it has no context to tell more */
};

/* Each ends in a row without a function. */
extern const struct call calls_list[], calls_evidence[], calls_policy[],
	calls_boot[], calls_verdict[], calls_trust[], calls_node[], calls_tpm[];

/* A round's options: all that can be given. */
struct imans_verify_opts things_opts(struct things *t);
void things_begin(struct things *t, struct imans_ctx *ctx);
void things_end(struct things *t);
/* A TPM besides, with a key in it. */
void things_begin_tpm(struct things *t);
void things_end_tpm(struct things *t);

/* A call that succeeded made the same bytes as ever. */
void things_steady(struct things *t, const void *data, size_t len);
/*
 * A file was made if the call succeeded, always alike if `steady`, and is removed;
 * else there is none.
 */
int things_written(struct things *t, int err, bool steady);

/* run_NAME() of what makes an object, is given it and frees it. */
#define MAKER(name, type, call)						\
static int run_##name(struct things *t)					\
{									\
	struct type *made = UNTOUCHED;					\
	int err = UNDER(call);						\
									\
	if (err)							\
		assert_ptr_equal(made, UNTOUCHED);			\
	else								\
		MAKER_FREE(type)(made);					\
	return err;							\
}
#define MAKER_FREE(type)	MAKER_FREE_(type)
#define MAKER_FREE_(type)	type##_free

/* Of what writes t->made. */
#define WRITER(name, steady, call)					\
static int run_##name(struct things *t)					\
{									\
	return things_written(t, UNDER(call), steady);			\
}

/* Of what fills `data` and `len`, always alike if `steady`. */
#define ENCODER(name, steady, call)					\
static int run_##name(struct things *t)					\
{									\
	uint8_t *data = UNTOUCHED;					\
	size_t len = 7;							\
	int err = UNDER(call);						\
									\
	if (err) {							\
		assert_true(data == UNTOUCHED && len == 7);		\
		return err;						\
	}								\
	if (steady)							\
		things_steady(t, data, len);				\
	free(data);							\
	return 0;							\
}

/* Of what makes a `text`. */
#define TELLER(name, steady, call)					\
static int run_##name(struct things *t)					\
{									\
	char *text = UNTOUCHED;						\
	int err = UNDER(call);						\
									\
	if (err) {							\
		assert_ptr_equal(text, UNTOUCHED);			\
		return err;						\
	}								\
	if (steady)							\
		things_steady(t, text, strlen(text));			\
	free(text);							\
	return 0;							\
}

/* A function's body: the call fills `out`, an array or a structure, always alike. */
#define FILL(type, call)						\
	type out, before;						\
	int err;							\
									\
	memset(&out, 0x5a, sizeof(out));				\
	memcpy(&before, &out, sizeof(out));				\
	err = UNDER(call);						\
	if (err)							\
		assert_memory_equal(&out, &before, sizeof(out));	\
	else								\
		things_steady(t, &out, sizeof(out));			\
	return err;

#define FILLER(name, type, call)					\
static int run_##name(struct things *t)					\
{									\
	FILL(type, call)						\
}

#define CALL(name)	{ "imans_" #name, run_##name, 0, false }

#endif /* ERRORS_ERRORS_H */
