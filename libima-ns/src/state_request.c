// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a node is told of a verifier's state, as CBOR: Documentation/state.cddl.
 * Where its lists are to be read from, and nothing of what was found in them.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <tss2/tss2_mu.h>

#include "ctx.h"
#include "evidence.h"
#include "file.h"
#include "state.h"

bool imans_state_current(const struct imans_state *state,
			 const struct imans_evidence *ev)
{
	TPMS_ATTEST attest;
	size_t off = 0;

	return state->rounds &&
	       !Tss2_MU_TPMS_ATTEST_Unmarshal(ev->quote.data, ev->quote.len,
					      &off, &attest) &&
	       attest.clockInfo.resetCount == state->reset_count;
}

/* Least bytes of a list, by which their number is judged. */
enum { LIST_LEAST = 5 };

static void list_head(struct codec *c, enum imans_header *header,
		      struct imans_place *place)
{
	size_t at = c->in.off;

	*header = (enum imans_header)codec_bounded(c, *header, IMANS_HEADER_SM3);
	imans_state_place(c, place);
	if (!c->out && !c->err && place->entries && *header == IMANS_HEADER_AUTO)
		codec_bad(c, at, "is a list without headers");
}

/* What is not proven is read whole, and need not be named. */
static size_t count_lists(const struct imans_state *state)
{
	size_t count = 0;

	for (size_t i = 1; i < state->count; i++)
		count += state->subjects[i].proof.proven.place.entries != 0;
	return count;
}

static void put_lists(struct codec *c, const struct imans_state *state)
{
	codec_tuple(c, count_lists(state));
	for (size_t i = 1; i < state->count; i++) {
		struct state_subject *s = &state->subjects[i];

		if (!s->proof.proven.place.entries)
			continue;
		codec_tuple(c, 4);
		codec_number(c, &s->id);
		list_head(c, &s->header, &s->proof.proven.place);
	}
}

static void get_list(struct codec *c, struct imans_state *state, size_t i)
{
	struct imans_host_node *node = &state->mark.nodes[i];
	struct state_subject *s = &state->subjects[i + 1];
	size_t at = c->in.off;

	codec_tuple(c, 4);
	codec_number(c, &s->id);
	list_head(c, &s->header, &s->proof.proven.place);
	if (!c->err && (!s->proof.proven.place.entries ||
			s->id <= state->subjects[i].id))
		codec_bad(c, at, "is no list, or out of order");
	*node = (struct imans_host_node) {
		.id = s->id, .destroy = IMANS_NO_RECORD,
	};
}

static void get_lists(struct codec *c, struct imans_state *state)
{
	size_t n = codec_array(c, 0, LIST_LEAST);

	if (c->err)
		return;
	state->mark.nodes = calloc(n ? n : 1, sizeof(*state->mark.nodes));
	if (!state->mark.nodes) {
		codec_no_memory(c);
		return;
	}
	c->err = imans_state_make_subjects(state, n + 1);
	if (!c->err)
		state->mark.node_count = n;
	for (size_t i = 0; !c->err && i < n; i++)
		get_list(c, state, i);
}

static void body(struct codec *c, struct imans_state *state)
{
	enum imans_header header = state->count ? state->subjects[0].header :
						  IMANS_HEADER_AUTO;
	struct imans_host_mark *mark = &state->mark;
	size_t at = c->in.off;

	codec_tuple(c, 8);
	codec_number(c, &state->rounds);
	if (!state->rounds)
		codec_bad(c, at, "is of no round");
	codec_number32(c, &state->reset_count);
	codec_fixed(c, mark->boot.boot_id, sizeof(mark->boot.boot_id));
	list_head(c, &header, &mark->place);
	codec_flag(c, &mark->redacted);
	if (c->out) {
		put_lists(c, state);
		return;
	}
	get_lists(c, state);
	if (!c->err)
		state->subjects[0].header = header;
}

IMANS_API int imans_state_encode_request(const struct imans_state *state,
					 uint8_t **data, size_t *len)
{
	struct imans_cbor_out out = { 0 };
	struct codec c = { .ctx = state->ctx, .name = "request", .out = &out };

	if (!state->rounds)
		return imans_err(c.ctx, -EINVAL,
				 "request: no round has counted");
	/* Writing changes nothing. */
	body(&c, (struct imans_state *)state);
	return codec_seal(&c, REQUEST_FORMAT, REQUEST_VERSION, IMANS_STATE_MAX,
			  data, len);
}

IMANS_API int imans_state_write_request(const struct imans_state *state,
					const char *path)
{
	return imans_state_save(state, imans_state_encode_request, path, 0644);
}

static int parse_request(struct imans_ctx *ctx, const void *data, size_t len,
			 const char *name, struct imans_state **state)
{
	struct codec c = {
		.ctx = ctx,
		.name = name,
		.in = { .data = data, .len = len },
	};
	int err = imans_state_decode(&c, REQUEST_FORMAT, REQUEST_VERSION, body,
				     state);

	if (!err)
		(*state)->request = true;
	return err;
}

/* Whether it says that it is one; all of it is looked at afterwards. */
static bool is_request(const void *data, size_t len)
{
	struct imans_cbor_cursor in = { .data = data, .len = len };
	struct imans_cbor_item item;

	return !imans_cbor_next(&in, &item) && item.kind == IMANS_CBOR_ARRAY &&
	       !imans_cbor_next(&in, &item) && item.kind == IMANS_CBOR_TEXT &&
	       item.value == strlen(REQUEST_FORMAT) &&
	       !memcmp(item.data, REQUEST_FORMAT, item.value);
}

IMANS_API int imans_state_parse_since(struct imans_ctx *ctx, const void *data,
				      size_t len, const char *name,
				      struct imans_state **state)
{
	if (len > IMANS_STATE_MAX)
		return imans_err(ctx, -EFBIG, "%s: longer than %zu bytes",
				 name ? name : "request", IMANS_STATE_MAX);
	if (is_request(data, len))
		return parse_request(ctx, data, len, name ? name : "request",
				     state);
	return imans_state_parse(ctx, data, len, name, state);
}

IMANS_API int imans_state_read_since(struct imans_ctx *ctx, const char *path,
				     struct imans_state **state)
{
	uint8_t *data;
	size_t len;
	int err = imans_file_read(ctx, path, IMANS_STATE_MAX, &data, &len);

	if (err)
		return err;
	err = imans_state_parse_since(ctx, data, len, path, state);
	free(data);
	return err;
}
