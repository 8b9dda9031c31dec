/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same work on many things, by several threads. */
#ifndef IMANS_THREADS_H
#define IMANS_THREADS_H

#include "ctx.h"

/* A context is one thread's, so each has its own. */
typedef int (*imans_thread_fn)(struct imans_ctx *ctx, void *user, size_t n);

/*
 * Call fn for each n below `count`, by up to `threads` threads: the caller's,
 * with `ctx`, and others that have ended when this returns. A thread that can't
 * be had is done without. Returns what a loop would: the error of the lowest n
 * that has one, with its text in `ctx`; what comes after that one may be done or
 * not.
 */
int imans_threads_run(struct imans_ctx *ctx, size_t threads, size_t count,
		      imans_thread_fn fn, void *user);

#endif /* IMANS_THREADS_H */
