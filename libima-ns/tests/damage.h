/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Evidence with each of its parts damaged in turn: every damage must be found,
 * and the subject that it hits must not come out well.
 */
#ifndef TEST_DAMAGE_H
#define TEST_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imans.h>

/* Called for each class: how often it was tried, and what went unfound. */
typedef void (*damage_fn)(void *user, const char *name, size_t tried,
			  size_t missed, const char *first_missed);

/*
 * At most `max` damages of each class, spread evenly. The options must be those
 * with which the evidence's quote holds. False: the undamaged evidence can't be
 * read or verified.
 */
bool damage_all(struct imans_ctx *ctx, const uint8_t *data, size_t len,
		const struct imans_verify_opts *opts, size_t max,
		damage_fn report, void *user);

#endif /* TEST_DAMAGE_H */
