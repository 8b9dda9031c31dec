/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a verifier keeps of a node from round to round. */
#ifndef IMANS_STATE_H
#define IMANS_STATE_H

#include <sys/types.h>

#include "codec.h"
#include "report.h"

#define STATE_FORMAT	"ima-ns state"
/*
 * Version 1 had no digests over records that are not held any more, and nothing
 * that it has would give them: a state of it can't be gone on with.
 */
#define STATE_VERSION	2
#define REQUEST_FORMAT	"ima-ns request"
#define REQUEST_VERSION	2

/* TPM2B_NAME of a key with SHA-256: the algorithm's number, the digest. */
#define STATE_AK_NAME_SIZE	(2 + IMANS_HASH_SIZE)

/* What a namespace bound itself to; no more are remembered of one. */
#define STATE_BINDS_MAX	64

struct state_bind {
	uint64_t entry;
	size_t len;
	uint8_t data[IMANS_BIND_MAX];
};

/**
 * struct state_subject - the node, or a namespace
 * @id: 0: the node
 * @header: of its list; IMANS_HEADER_AUTO while none was read
 * @proof: of its list, as far as it is proven; the node has none
 * @findings: on what is proven
 * @untrusted: the first finding that made it untrusted, or NULL
 * @untrusted_round: in which round
 * @any: what its content was not compared with
 * @binds: values of the first channels
 * @bind_count: how many
 */
struct state_subject {
	uint64_t id;
	enum imans_header header;
	struct imans_proof proof;
	struct imans_findings *findings;
	char *untrusted;
	uint64_t untrusted_round;
	struct any_rules any;
	struct state_bind *binds;
	size_t bind_count;
};

/**
 * struct imans_state - what earlier rounds came to
 * @ctx: where errors go; outlives the state
 * @rounds: those that counted; 0: all else is empty
 * @request: of all that follows it has the last quote's counts, the boot's id,
 *	     and headers and places of lists
 * @ak_name: name of the key that signed the quotes
 * @verifier: for whom they were made
 * @references: digest of the policies that contents were compared with
 * @clock: of the last quote, as the next two
 * @reset_count: see @clock
 * @restart_count: see @clock
 * @mark: what the host's list came to
 * @subjects: the node, then namespaces by rising id: those of @mark
 * @count: their number
 */
struct imans_state {
	struct imans_ctx *ctx;
	uint64_t rounds;
	bool request;
	uint8_t ak_name[STATE_AK_NAME_SIZE];
	char *verifier;
	uint8_t references[IMANS_HASH_SIZE];
	uint64_t clock;
	uint32_t reset_count;
	uint32_t restart_count;
	struct imans_host_mark mark;
	struct state_subject *subjects;
	size_t count;
};

/* Free what is in it, and leave it empty. */
void imans_state_clear(struct imans_state *state);

/* NULL if there is none. */
const struct state_subject *imans_state_subject(const struct imans_state *state,
						uint64_t id);

/* Room for that many zeroed subjects, each with findings. -ENOMEM. */
int imans_state_make_subjects(struct imans_state *state, size_t count);

/* Whether it is of the boot that was quoted: places in lists are, then. */
struct imans_evidence;
bool imans_state_current(const struct imans_state *state,
			 const struct imans_evidence *ev);

/* What a file holds, read or written. */
typedef void (*state_body_fn)(struct codec *c, struct imans_state *state);
int imans_state_decode(struct codec *c, const char *format,
		       unsigned int version, state_body_fn body,
		       struct imans_state **state);
typedef int (*state_encode_fn)(const struct imans_state *state, uint8_t **data,
			       size_t *len);
int imans_state_save(const struct imans_state *state,
		     state_encode_fn encode, const char *path, mode_t mode);

/* A place in a list, read or written. */
void imans_state_place(struct codec *c, struct imans_place *p);

#endif /* IMANS_STATE_H */
