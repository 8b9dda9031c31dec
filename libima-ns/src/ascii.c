// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Format: ima_ascii_measurements_show() in the kernel: "%2d DIGEST TEMPLATE",
 * then each field after a space. The kernel makes spaces of names underscores,
 * so that fields can be told apart; newlines it leaves.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ascii.h"
#include "bytes.h"
#include "text.h"

/* Room for what a field takes besides its text: length, colon, NUL, number. */
#define FIELD_ROOM	16

/* Where the parse is. */
struct cursor {
	const char *text;
	size_t len;
	size_t at;
	const struct imans_layout *layout;
	uint8_t *data;			/* where the next byte goes */
	struct imans_fault *fault;
};

struct token {
	const char *text;
	size_t len;
	size_t at;
};

static int bad(const struct cursor *c, size_t at, const char *reason)
{
	return imans_fault_set(c->fault, -EBADMSG, at, "%s", reason);
}

int imans_ascii_end(struct imans_source *src, size_t at, size_t from,
		    size_t *end, struct imans_fault *fault)
{
	for (;;) {
		const uint8_t *base = imans_source_data(src);
		size_t have = imans_source_len(src);
		const uint8_t *nl = NULL;
		int ret;

		if (from < have)
			nl = memchr(base + from, '\n', have - from);
		if (nl) {
			*end = (size_t)(nl - base);
			return 0;
		}
		from = have;
		if (have - at > IMANS_LINE_MAX)
			return imans_fault_set(fault, -EMSGSIZE, at,
					       "a line of more than %zu bytes",
					       IMANS_LINE_MAX);
		ret = imans_source_need(src, have + 1);
		if (ret < 0)
			return imans_fault_set(fault, ret, have, "read: %s",
					       strerror(-ret));
		if (ret == 0) {
			imans_fault_set(fault, -EBADMSG, have,
					"the line is cut off");
			fault->cut = true;
			return -EBADMSG;
		}
	}
}

void imans_line_free(struct imans_line *line)
{
	free(line->data);
	line->data = NULL;
}

/* What is up to the next space, or the end; false: the text has ended. */
static bool next_token(struct cursor *c, struct token *token)
{
	const char *space;

	if (c->at > c->len)
		return false;
	token->at = c->at;
	token->text = c->text + c->at;
	space = memchr(token->text, ' ', c->len - c->at);
	token->len = space ? (size_t)(space - token->text) : c->len - c->at;
	c->at += token->len + 1;
	return true;
}

static int put_hex(struct cursor *c, const struct token *t, size_t from)
{
	if (!imans_unhex(t->text + from, t->len - from, c->data))
		return bad(c, t->at + from,
			   "a field is not what its template shows as hexadecimal");
	c->data += (t->len - from) / 2;
	return 0;
}

/* "sha256:" or "ima:sha256:" with its NUL, then the digest. */
static int put_digest_ng(struct cursor *c, const struct token *t)
{
	size_t prefix = t->len;

	if (t->len == 0)
		return 0;
	while (prefix > 0 && t->text[prefix - 1] != ':')
		prefix--;
	if (prefix == 0)
		return bad(c, t->at, "a digest lacks its algorithm");
	memcpy(c->data, t->text, prefix);
	c->data += prefix;
	*c->data++ = '\0';
	return put_hex(c, t, prefix);
}

static void put_string(struct cursor *c, const struct token *t)
{
	memcpy(c->data, t->text, t->len);
	c->data += t->len;
	*c->data++ = '\0';
}

static int put_number(struct cursor *c, const struct token *t, size_t size)
{
	uint64_t max = size == 8 ? UINT64_MAX : (1ULL << 8 * size) - 1;
	uint64_t value;

	/* The kernel shows nothing where a field has no bytes. */
	if (t->len == 0)
		return 0;
	if (!imans_decimal(t->text, t->len, &value) || value > max)
		return bad(c, t->at, "a field is not the number that its template shows");
	put_uint(c->data, value, size, c->layout->big);
	c->data += size;
	return 0;
}

static int put_content(struct cursor *c, const char *id, const struct token *t)
{
	size_t size = 0;

	switch (imans_field_shown(id, &size)) {
	case IMANS_SHOWN_DIGEST_NG:
		return put_digest_ng(c, t);
	case IMANS_SHOWN_STRING:
		put_string(c, t);
		return 0;
	case IMANS_SHOWN_NAMES:
		if (t->len)
			put_string(c, t);
		return 0;
	case IMANS_SHOWN_UINT:
		return put_number(c, t, size);
	default:
		return put_hex(c, t, 0);
	}
}

/* "ima" has no lengths but the name's, and its name no NUL. */
static int put_bare(struct cursor *c)
{
	struct token digest, name;
	int ret;

	if (!next_token(c, &digest) || !next_token(c, &name))
		return bad(c, c->len, "fewer fields than the template has");
	if (digest.len != 2 * IMANS_BARE_DIGEST_SIZE &&
	    digest.len != 2 * IMANS_BARE_MD5_SIZE)
		return bad(c, digest.at, "a digest is neither SHA-1 nor MD5");
	ret = put_hex(c, &digest, 0);
	if (ret)
		return ret;
	if (name.len > IMANS_BARE_NAME_MAX)
		return imans_fault_set(c->fault, -EMSGSIZE, name.at,
				       "an event name of %zu bytes, more than %d",
				       name.len, IMANS_BARE_NAME_MAX);
	put_uint(c->data, name.len, 4, c->layout->big);
	memcpy(c->data + 4, name.text, name.len);
	c->data += 4 + name.len;
	return 0;
}

static int put_fields(struct cursor *c, const struct imans_template *tmpl)
{
	for (size_t i = 0; i < tmpl->count; i++) {
		uint8_t *length = c->data;
		struct token token;
		int ret;

		if (!next_token(c, &token))
			return bad(c, c->len,
				   "fewer fields than the template has");
		c->data += 4;
		ret = put_content(c, tmpl->id[i], &token);
		if (ret)
			return ret;
		put_uint(length, (uint64_t)(c->data - length - 4), 4,
			 c->layout->big);
	}
	return 0;
}

static int put_data(struct cursor *c, const struct imans_template *tmpl,
		    struct imans_line *line, struct imans_frame *frame)
{
	int ret;

	c->data = line->data;
	frame->data_at = c->at;
	ret = tmpl->bare ? put_bare(c) : put_fields(c, tmpl);
	if (ret)
		return ret;
	if (c->at <= c->len)
		return bad(c, c->at, "more fields than the template has, or a name with a space");
	frame->data = line->data;
	frame->len = (size_t)(c->data - line->data);
	if (frame->len > IMANS_TEMPLATE_DATA_MAX)
		return imans_fault_set(c->fault, -EMSGSIZE, frame->data_at,
				       "template data of %zu bytes, more than %u",
				       frame->len, IMANS_TEMPLATE_DATA_MAX);
	return 0;
}

/* PCR, digest and the template's name. */
static int parse_head(struct cursor *c, struct imans_line *line,
		      struct imans_frame *frame)
{
	size_t size = imans_bank_size(c->layout->header);
	struct token token;
	uint64_t pcr;

	/* Two columns wide. */
	if (c->len && c->text[0] == ' ')
		c->at = 1;
	if (!next_token(c, &token) ||
	    !imans_decimal(token.text, token.len, &pcr) || pcr > IMANS_PCR_MAX)
		return bad(c, 0, "the line does not begin with a PCR");
	frame->pcr = (uint32_t)pcr;
	if (!next_token(c, &token) || token.len != 2 * size ||
	    !imans_unhex(token.text, token.len, line->digest))
		return bad(c, token.at, "no template digest of that size");
	frame->digest = line->digest;
	if (!next_token(c, &token) || token.len == 0)
		return bad(c, token.at, "the template has no name");
	if (token.len > IMANS_TEMPLATE_NAME_MAX)
		return imans_fault_set(c->fault, -EMSGSIZE, token.at,
				       "a template name of %zu bytes, more than %d",
				       token.len, IMANS_TEMPLATE_NAME_MAX);
	for (size_t i = 0; i < token.len; i++)
		if (token.text[i] <= 0x20 || token.text[i] >= 0x7f)
			return imans_fault_set(c->fault, -EBADMSG, token.at + i,
					       "the template name holds byte 0x%02x",
					       (uint8_t)token.text[i]);
	frame->name = (const uint8_t *)token.text;
	frame->name_len = token.len;
	return 0;
}

static int make_room(struct cursor *c, struct imans_line *line)
{
	size_t need = c->len + FIELD_ROOM * (IMANS_FIELDS_MAX + 1);
	uint8_t *bigger;

	if (need <= line->room)
		return 0;
	bigger = realloc(line->data, need);
	if (!bigger)
		return imans_fault_set(c->fault, -ENOMEM, 0, "out of memory");
	line->data = bigger;
	line->room = need;
	return 0;
}

/* Whether every field's bytes can be told from what is shown of them. */
static bool can_be_read(const struct imans_template *tmpl)
{
	size_t size;

	for (size_t i = 0; i < tmpl->count; i++)
		if (imans_field_shown(tmpl->id[i], &size) ==
		    IMANS_SHOWN_UNKNOWN)
			return false;
	return tmpl->count > 0;
}

int imans_ascii_parse(const char *text, size_t len,
		      const struct imans_layout *layout,
		      const struct imans_templates *declared,
		      struct imans_line *line, struct imans_frame *frame,
		      struct imans_fault *fault)
{
	struct cursor c = {
		.text = text, .len = len, .layout = layout, .fault = fault,
	};
	char name[IMANS_TEMPLATE_NAME_MAX + 1];
	struct imans_template tmpl;
	int ret = parse_head(&c, line, frame);

	if (!ret)
		ret = make_room(&c, line);
	if (ret)
		return ret;
	frame->size = len + 1;
	memcpy(name, frame->name, frame->name_len);
	name[frame->name_len] = '\0';
	imans_template_find(declared, name, &tmpl);
	frame->no_data = !can_be_read(&tmpl);
	if (!frame->no_data)
		return put_data(&c, &tmpl, line, frame);
	frame->data_at = c.at;
	frame->data = line->data;
	frame->len = 0;
	return 0;
}
