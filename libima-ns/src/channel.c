// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A label is its creator's assertion, and anybody may make a clean twin under
 * the same one. So a verifier that talks to a container compares what the
 * container bound itself to with the channel that it has.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/ima_ns.h>

#include "channel.h"
#include "ctx.h"
#include "state.h"
#include "text.h"

int imans_channels_valid(struct imans_ctx *ctx,
			 const struct imans_verify_opts *opts)
{
	for (size_t i = 0; i < opts->channel_count; i++) {
		const struct imans_channel *c = &opts->channels[i];

		if (!c->data || !c->len || c->len > IMANS_BIND_MAX)
			return imans_err(ctx, -EINVAL,
					 "channel: a value has 1 to %d bytes",
					 IMANS_BIND_MAX);
		if (!c->id && (!c->label || !*c->label))
			return imans_err(ctx, -EINVAL,
					 "channel: neither id nor label of a namespace");
	}
	return 0;
}

static bool is_meant(const struct imans_channel *c,
		     const struct report_subject *s)
{
	if (c->id)
		return s->pub.id == c->id;
	return s->has_create && !strcmp(s->label, c->label);
}

/* The record vouches for the template's name, so only that must be asked. */
static bool is_bind(struct imans_ctx *ctx, const struct imans_entry *entry,
		    struct imans_bind *bind)
{
	enum imans_event event;
	const uint8_t *buf;
	size_t len;

	return !strcmp(imans_entry_template(entry), IMA_NS_EVENT_TEMPLATE) &&
	       !imans_entry_event(entry, &event) &&
	       event == IMANS_EVENT_BIND &&
	       !imans_entry_buf(entry, &buf, &len) &&
	       !imans_bind_decode(ctx, buf, len, bind);
}

/* In an entry that an earlier round has proven. */
static uint64_t bound_before(const struct report_subject *s,
			     const struct imans_channel *c)
{
	for (size_t i = 0; s->since && i < s->since->bind_count; i++) {
		const struct state_bind *b = &s->since->binds[i];

		if (b->len == c->len && !memcmp(b->data, c->data, c->len))
			return b->entry;
	}
	return IMANS_NO_ENTRY;
}

/* The first entry that binds the value, or IMANS_NO_ENTRY. */
static int find_bind(struct imans_ctx *ctx, const struct report_subject *s,
		     const struct imans_channel *c, uint64_t *found)
{
	const struct imans_entry *entry;
	struct imans_list *list;
	struct imans_bind bind;
	int err;

	*found = bound_before(s, c);
	if (*found != IMANS_NO_ENTRY || s->pub.proven <= s->view.place.entries)
		return 0;
	err = imans_view_open(ctx, &s->view, "channel", &list);
	if (err)
		return err;
	for (uint64_t i = s->view.place.entries; !err && i < s->pub.proven;
	     i++) {
		err = imans_list_next(list, &entry);
		if (!err && entry && is_bind(ctx, entry, &bind) &&
		    bind.len == c->len && !memcmp(bind.data, c->data, c->len)) {
			*found = i;
			break;
		}
	}
	imans_list_close(list);
	return err;
}

static bool has_ended(const struct imans_host *host, uint64_t id)
{
	struct imans_host_ns ns;

	return host && !imans_host_ns_by_id(host, id, &ns) && ns.ended;
}

/* Whoever held the channel's end in it is gone. */
static void report_ended(const struct report_subject *s)
{
	imans_findings_add(s->findings, IMANS_F_CHANNEL, IMANS_FAIL, s->pub.id,
			   IMANS_NO_ENTRY, "namespace %" PRIu64
			   ": has ended, so the channel does not end in it",
			   s->pub.id);
}

static int check_subject(struct imans_ctx *ctx, const struct report_subject *s,
			 const struct imans_channel *c)
{
	uint64_t entry;
	int err = find_bind(ctx, s, c, &entry);

	if (err)
		return err;
	if (entry == IMANS_NO_ENTRY)
		imans_findings_add(s->findings, IMANS_F_CHANNEL, IMANS_FAIL,
				   s->pub.id, entry, "namespace %" PRIu64
				   ": has not bound the channel's value: the channel ends elsewhere",
				   s->pub.id);
	else
		imans_findings_add(s->findings, IMANS_F_CHANNEL_BOUND,
				   IMANS_NOTE, s->pub.id, entry,
				   "namespace %" PRIu64 ": entry %" PRIu64
				   ": binds the channel's value", s->pub.id,
				   entry);
	return 0;
}

static void report_nobody(const struct report_subject *node,
			  const struct imans_channel *c)
{
	char shown[IMANS_SHOWN_SIZE];

	if (c->id)
		snprintf(shown, sizeof(shown), "the id %" PRIu64, c->id);
	else
		imans_show(shown, sizeof(shown), c->label, strlen(c->label));
	imans_findings_add(node->findings, IMANS_F_CHANNEL, IMANS_FAIL, 0,
			   IMANS_NO_ENTRY,
			   "no living namespace has %s%s, in which the channel must end",
			   c->id ? "" : "the label ", shown);
}

static int check_channel(struct imans_ctx *ctx, const struct imans_channel *c,
			 const struct imans_host *host,
			 struct imans_report *report)
{
	bool asked = false;
	int err = 0;

	for (size_t i = 1; !err && i < report->count; i++) {
		const struct report_subject *s = &report->subjects[i];

		if (!is_meant(c, s))
			continue;
		if (!has_ended(host, s->pub.id))
			err = check_subject(ctx, s, c);
		else if (c->id)
			report_ended(s);
		else
			continue;
		asked = true;
	}
	if (!err && !asked)
		report_nobody(&report->subjects[0], c);
	return err;
}

int imans_channels_check(struct imans_ctx *ctx,
			 const struct imans_verify_opts *opts,
			 const struct imans_host *host,
			 struct imans_report *report)
{
	int err = 0;

	for (size_t i = 0; !err && i < opts->channel_count; i++)
		err = check_channel(ctx, &opts->channels[i], host, report);
	return err;
}

int imans_channels_collect(struct imans_ctx *ctx,
			   const struct report_subject *s,
			   struct state_subject *to)
{
	const struct imans_entry *entry;
	struct imans_list *list;
	struct imans_bind bind;
	int err;

	if (s->pub.proven <= s->view.place.entries)
		return 0;
	err = imans_view_open(ctx, &s->view, "channel", &list);
	if (err)
		return err;
	for (uint64_t i = s->view.place.entries;
	     i < s->pub.proven && to->bind_count < STATE_BINDS_MAX; i++) {
		struct state_bind *new;

		err = imans_list_next(list, &entry);
		if (err || !entry)
			break;
		if (!is_bind(ctx, entry, &bind))
			continue;
		new = realloc(to->binds, (to->bind_count + 1) * sizeof(*new));
		if (!new) {
			err = imans_err(ctx, -ENOMEM, "state: out of memory");
			break;
		}
		to->binds = new;
		new += to->bind_count++;
		new->entry = i;
		new->len = bind.len;
		memcpy(new->data, bind.data, bind.len);
	}
	imans_list_close(list);
	return err;
}
