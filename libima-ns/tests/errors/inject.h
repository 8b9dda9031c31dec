/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Allocations that fail on demand: of the library and of all that it calls, as
 * the program's own malloc() is what all of them get.
 */
#ifndef ERRORS_INJECT_H
#define ERRORS_INJECT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * While on: allocation `n` fails, counted from 0, and with `lasting` all that
 * follow; n < 0: none.
 */
void inject_plan(long n, bool lasting);
void inject_on(void);
/* Returns what it is given. */
int inject_off(int err);
/* Allocations since the plan was made; whether one of them failed. */
long inject_count(void);
bool inject_failed(void);

/* A call under the plan: only what it does itself fails. */
#define UNDER(call)	(inject_on(), inject_off(call))

/*
 * While on, look for these bytes in memory that is given back, or may move; how
 * often they were there. NULL: don't look.
 */
void inject_watch(const void *bytes, size_t len);
size_t inject_seen(void);

#endif /* ERRORS_INJECT_H */
