/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Channels that must end in a namespace: what it bound itself to. */
#ifndef IMANS_CHANNEL_H
#define IMANS_CHANNEL_H

#include "report.h"

/* -EINVAL: a value without bytes or with too many, or of no namespace. */
int imans_channels_valid(struct imans_ctx *ctx,
			 const struct imans_verify_opts *opts);

/*
 * Look each channel's value up among the proven ima-ns/bind events; the lists
 * must have been proven. `host` may be NULL.
 */
int imans_channels_check(struct imans_ctx *ctx,
			 const struct imans_verify_opts *opts,
			 const struct imans_host *host,
			 struct imans_report *report);

/*
 * For later rounds: what a namespace bound itself to in the entries that this
 * one has proven, behind what is there already.
 */
int imans_channels_collect(struct imans_ctx *ctx,
			   const struct report_subject *s,
			   struct state_subject *to);

#endif /* IMANS_CHANNEL_H */
