// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A verifier's state as CBOR: Documentation/state.cddl. It is the verifier's
 * own file, and read as if it were not. One description of its parts serves
 * for reading and for writing.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "ctx.h"
#include "file.h"
#include "state.h"

/* Least bytes of an element, by which a count is judged. */
enum { RECORD_LEAST = 70, NODE_LEAST = 82, FINDING_LEAST = 6,
       ANY_LEAST = 4, BIND_LEAST = 4 };

/* ------------------------------------------------------- the host's list */

void imans_state_place(struct codec *c, struct imans_place *p)
{
	size_t at = c->in.off;

	codec_number(c, &p->entries);
	codec_number(c, &p->offset);
	if (!p->entries != !p->offset)
		codec_bad(c, at, "is no place in a list");
}

static void run(struct codec *c, struct imans_run *r)
{
	codec_number(c, &r->first);
	codec_number(c, &r->count);
}

static void pcrs(struct codec *c, struct imans_pcrs *p)
{
	size_t at = c->in.off;

	codec_number32(c, &p->banks);
	if (!p->banks || p->banks & ~IMANS_ALL_BANKS)
		codec_bad(c, at, "are no banks");
	codec_tuple(c, IMANS_BANKS);
	for (int b = 0; b < IMANS_BANKS; b++)
		codec_fixed(c, p->value[b],
		      p->banks & IMANS_BANK(b) ? imans_bank_size(b) : 0);
}

static void boot(struct codec *c, struct imans_host_mark *mark)
{
	codec_flag(c, &mark->has_boot);
	codec_number32(c, &mark->boot.flags);
	codec_fixed(c, mark->boot.boot_id, sizeof(mark->boot.boot_id));
	codec_number32(c, &mark->boot.reset_count);
	codec_number32(c, &mark->boot.restart_count);
}

static void record(struct codec *c, struct imans_host_record *r)
{
	size_t at = c->in.off;

	codec_tuple(c, 4);
	codec_number(c, &r->position);
	codec_number(c, &r->index);
	codec_number(c, &r->entry);
	codec_fixed(c, r->raw, sizeof(r->raw));
	if (!c->err && !c->out && imans_record_decode(c->ctx, r->raw, &r->record))
		codec_bad(c, at, "is no record");
}

/* In order, and of this boot. */
static void records(struct codec *c, struct imans_host_mark *mark)
{
	size_t at = c->in.off, n = codec_array(c, mark->record_count, RECORD_LEAST);
	uint64_t least = 0;

	if (!c->out) {
		mark->records = calloc(n ? n : 1, sizeof(*mark->records));
		if (!mark->records)
			codec_no_memory(c);
		else
			mark->record_count = mark->record_room = n;
	}
	for (size_t i = 0; !c->err && i < n; i++) {
		struct imans_host_record *r = &mark->records[i];

		record(c, r);
		if (r->position < least || r->position >= mark->next_position)
			codec_bad(c, at, "has records out of order");
		least = r->position + 1;
	}
}

/* An empty array if all that its list has yet to match is held. */
static void cover(struct codec *c, struct imans_cover *cover)
{
	size_t at = c->in.off, n = codec_array(c, cover->from ? 3 : 0, 1);

	if (!n)
		return;
	codec_number(c, &cover->from);
	codec_number(c, &cover->count);
	codec_fixed(c, cover->digest, sizeof(cover->digest));
	if (n != 3 || !cover->from)
		codec_bad(c, at, "is no number of records");
}

static void node(struct codec *c, struct imans_host_node *n)
{
	codec_tuple(c, 15);
	codec_number(c, &n->id);
	codec_number(c, &n->parent_id);
	codec_number(c, &n->total);
	codec_number(c, &n->entry);
	codec_number(c, &n->create);
	codec_number(c, &n->destroy);
	codec_number(c, &n->last);
	codec_number(c, &n->next_seq);
	codec_number(c, &n->max_seq);
	codec_number(c, &n->losses);
	codec_fixed(c, n->create_raw, n->create == IMANS_NO_RECORD ? 0 :
				      sizeof(n->create_raw));
	codec_fixed(c, n->digest, sizeof(n->digest));
	codec_number(c, &n->tree_count);
	codec_fixed(c, n->tree_digest, sizeof(n->tree_digest));
	cover(c, &n->cover);
}

/* By rising id. */
static void nodes(struct codec *c, struct imans_host_mark *mark)
{
	size_t at = c->in.off, n = codec_array(c, mark->node_count, NODE_LEAST);

	if (!c->out) {
		mark->nodes = calloc(n ? n : 1, sizeof(*mark->nodes));
		if (!mark->nodes)
			codec_no_memory(c);
		else
			mark->node_count = n;
	}
	for (size_t i = 0; !c->err && i < n; i++) {
		node(c, &mark->nodes[i]);
		if (!mark->nodes[i].id ||
		    (i && mark->nodes[i].id <= mark->nodes[i - 1].id))
			codec_bad(c, at, "has namespaces out of order");
	}
}

/* Each record that is held, and was told of, is of a namespace that is known. */
static void check_owners(struct codec *c, const struct imans_host_mark *mark,
			 size_t at)
{
	for (size_t i = 0; !c->err && i < mark->taken; i++) {
		uint64_t id = mark->records[i].record.id;
		size_t low = 0, high = mark->node_count;

		while (low < high) {
			size_t mid = low + (high - low) / 2;

			if (mark->nodes[mid].id < id)
				low = mid + 1;
			else
				high = mid;
		}
		if (low == mark->node_count || mark->nodes[low].id != id)
			codec_bad(c, at, "has a record of no namespace");
	}
}

static void host(struct codec *c, struct imans_host_mark *mark)
{
	size_t at = c->in.off;

	codec_tuple(c, 20);
	imans_state_place(c, &mark->place);
	pcrs(c, &mark->pcrs);
	boot(c, mark);
	codec_number(c, &mark->next_index);
	codec_number(c, &mark->next_position);
	run(c, &mark->opaque);
	run(c, &mark->violations);
	codec_flag(c, &mark->redacted);
	codec_number(c, &mark->hidden);
	records(c, mark);
	mark->taken = codec_bounded(c, mark->taken, mark->record_count);
	nodes(c, mark);
	if (!c->out)
		check_owners(c, mark, at);
}

/* -------------------------------------------------------------- subjects */

static void progress(struct codec *c, struct imans_progress *p)
{
	codec_tuple(c, 13);
	imans_state_place(c, &p->place);
	codec_number(c, &p->own);
	codec_number(c, &p->copied);
	codec_number(c, &p->violations);
	codec_number(c, &p->losses);
	codec_number(c, &p->own_from);
	codec_number(c, &p->copy_from);
	codec_number(c, &p->last_position);
	codec_fixed(c, p->vpcr, sizeof(p->vpcr));
	codec_fixed(c, p->digest, sizeof(p->digest));
	codec_flag(c, &p->ended);
	codec_flag(c, &p->flawed);
}

/* An empty array if it is not known. */
static void create(struct codec *c, struct imans_proof *p)
{
	struct imans_create *create = &p->create;
	size_t at = c->in.off, n = codec_array(c, p->info.has_create ? 12 : 0, 1);

	if (!n)
		return;
	if (n != 12)
		codec_bad(c, at, "has a wrong number of elements");
	codec_number32(c, &create->depth);
	codec_fixed(c, create->boot_id, sizeof(create->boot_id));
	codec_number(c, &create->id);
	codec_number(c, &create->parent);
	codec_number(c, &create->boottime_ns);
	codec_number(c, &create->realtime_ns);
	codec_fixed(c, create->key_digest, sizeof(create->key_digest));
	codec_fixed(c, create->policy_digest, sizeof(create->policy_digest));
	codec_number(c, &create->quota);
	codec_number32(c, &create->overflow);
	codec_text(c, create->template_name, sizeof(create->template_name));
	codec_text(c, create->label, sizeof(create->label));
	p->info.has_create = true;
}

static void put_finding(struct codec *c, const struct imans_finding *f)
{
	imans_cbor_put_array(c->out, 5);
	imans_cbor_put_uint(c->out, f->code);
	imans_cbor_put_uint(c->out, f->severity);
	imans_cbor_put_uint(c->out, f->nsid);
	imans_cbor_put_uint(c->out, f->entry);
	imans_cbor_put_text(c->out, f->text);
}

static void get_finding(struct codec *c, struct imans_findings *findings)
{
	struct imans_finding f = { .nsid = 0 };
	size_t at = c->in.off;
	char *line = NULL;

	codec_tuple(c, 5);
	f.code = (enum imans_finding_code)codec_bounded(c, 0, INT32_MAX);
	f.severity = (enum imans_severity)codec_bounded(c, 0, IMANS_FAIL);
	codec_number(c, &f.nsid);
	codec_number(c, &f.entry);
	codec_string(c, &line);
	if (!c->err && !imans_finding_name(f.code))
		codec_bad(c, at, "is no finding");
	f.text = line ? line : "";
	if (!c->err)
		imans_findings_take(findings, &f);
	free(line);
}

static void findings(struct codec *c, struct imans_findings *all)
{
	size_t n = codec_array(c, c->out ? imans_findings_count(all) : 0,
			 FINDING_LEAST);

	for (size_t i = 0; !c->err && i < n; i++) {
		if (c->out)
			put_finding(c, imans_findings_get(all, i));
		else
			get_finding(c, all);
	}
	if (imans_findings_error(all))
		codec_no_memory(c);
}

static void binds(struct codec *c, struct state_subject *s)
{
	size_t at = c->in.off, n = codec_array(c, s->bind_count, BIND_LEAST);

	if (n > STATE_BINDS_MAX) {
		codec_bad(c, at, "has too many elements");
		return;
	}
	if (!c->out && n) {
		s->binds = calloc(n, sizeof(*s->binds));
		if (!s->binds)
			codec_no_memory(c);
		else
			s->bind_count = n;
	}
	for (size_t i = 0; !c->err && i < n; i++) {
		codec_tuple(c, 2);
		codec_number(c, &s->binds[i].entry);
		codec_bytes(c, s->binds[i].data, &s->binds[i].len, IMANS_BIND_MAX);
	}
}

static void any_rules(struct codec *c, struct any_rules *any)
{
	size_t n = codec_array(c, any->count, ANY_LEAST);

	for (size_t i = 0; !c->err && i < n; i++) {
		struct any_rule rule = { .text = NULL };

		if (c->out)
			rule = any->all[i];
		codec_tuple(c, 3);
		codec_string(c, &rule.text);
		codec_number(c, &rule.first);
		codec_number(c, &rule.entries);
		if (c->out)
			continue;
		if (!c->err && imans_any_append(any, rule.text ? rule.text : "",
					     rule.first, rule.entries))
			codec_no_memory(c);
		free(rule.text);
	}
}

static void subject(struct codec *c, struct state_subject *s)
{
	codec_tuple(c, 5);
	s->header = (enum imans_header)codec_bounded(c, s->header,
					       IMANS_HEADER_SM3);
	findings(c, s->findings);
	codec_number(c, &s->untrusted_round);
	codec_string(c, &s->untrusted);
	any_rules(c, &s->any);
}

static void namespace(struct codec *c, struct state_subject *s)
{
	codec_tuple(c, 4);
	subject(c, s);
	progress(c, &s->proof.proven);
	create(c, &s->proof);
	binds(c, s);
}

/* As many, and in the order, as the host's list has them. */
static void subjects(struct codec *c, struct imans_state *state)
{
	if (!c->out && !c->err &&
	    imans_state_make_subjects(state, state->mark.node_count + 1))
		c->err = -ENOMEM;
	if (c->err)
		return;
	subject(c, &state->subjects[0]);
	codec_tuple(c, state->mark.node_count);
	for (size_t i = 0; !c->err && i < state->mark.node_count; i++) {
		state->subjects[i + 1].id = state->mark.nodes[i].id;
		namespace(c, &state->subjects[i + 1]);
	}
}

static void body(struct codec *c, struct imans_state *state)
{
	size_t at = c->in.off;

	codec_tuple(c, 10);
	codec_number(c, &state->rounds);
	if (!state->rounds)
		codec_bad(c, at, "is of no round");
	codec_fixed(c, state->ak_name, sizeof(state->ak_name));
	codec_string(c, &state->verifier);
	codec_fixed(c, state->references, sizeof(state->references));
	codec_number(c, &state->clock);
	codec_number32(c, &state->reset_count);
	codec_number32(c, &state->restart_count);
	host(c, &state->mark);
	subjects(c, state);
}

IMANS_API int imans_state_encode(const struct imans_state *state,
				 uint8_t **data, size_t *len)
{
	struct imans_cbor_out out = { 0 };
	struct codec c = { .ctx = state->ctx, .name = "state", .out = &out };

	if (!state->rounds)
		return imans_err(c.ctx, -EINVAL, "state: no round has counted");
	if (state->request)
		return imans_err(c.ctx, -EINVAL,
				 "state: a request has no more than offsets");
	if (state->mark.record_count > IMANS_STATE_RECORDS_MAX)
		return imans_err(c.ctx, -EMSGSIZE,
				 "state: more than %u records wait for their entries: carry all namespaces' lists and keys",
				 IMANS_STATE_RECORDS_MAX);
	/* Writing changes nothing. */
	body(&c, (struct imans_state *)state);
	return codec_seal(&c, STATE_FORMAT, STATE_VERSION, IMANS_STATE_MAX,
			  data, len);
}

int imans_state_save(const struct imans_state *state,
		     state_encode_fn encode, const char *path, mode_t mode)
{
	uint8_t *data;
	size_t len;
	int err = encode(state, &data, &len);

	if (err)
		return err;
	err = imans_file_write(state->ctx, path, data, len, mode);
	free(data);
	return err;
}

IMANS_API int imans_state_write(const struct imans_state *state,
				const char *path)
{
	/* It names what ran in each namespace that was not well. */
	return imans_state_save(state, imans_state_encode, path, 0600);
}

int imans_state_decode(struct codec *c, const char *format,
		       unsigned int version, state_body_fn read_body,
		       struct imans_state **state)
{
	struct imans_state *new;

	c->err = imans_state_new(c->ctx, &new);
	if (c->err)
		return c->err;
	codec_unseal(c, format, version);
	read_body(c, new);
	codec_end(c);
	if (c->err) {
		imans_state_free(new);
		return c->err;
	}
	*state = new;
	return 0;
}

IMANS_API int imans_state_parse(struct imans_ctx *ctx, const void *data,
				size_t len, const char *name,
				struct imans_state **state)
{
	struct codec c = {
		.ctx = ctx,
		.name = name ? name : "state",
		.in = { .data = data, .len = len },
	};

	if (len > IMANS_STATE_MAX)
		return imans_err(ctx, -EFBIG, "%s: longer than %zu bytes",
				 c.name, IMANS_STATE_MAX);
	return imans_state_decode(&c, STATE_FORMAT, STATE_VERSION, body, state);
}

IMANS_API int imans_state_read(struct imans_ctx *ctx, const char *path,
			       struct imans_state **state)
{
	uint8_t *data;
	size_t len;
	int err = imans_file_read(ctx, path, IMANS_STATE_MAX, &data, &len);

	if (err)
		return err;
	err = imans_state_parse(ctx, data, len, path, state);
	free(data);
	return err;
}
