// SPDX-License-Identifier: LGPL-2.1-or-later
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "threads.h"

struct crew {
	pthread_mutex_t lock;		/* for all that follows */
	imans_thread_fn fn;
	void *user;
	size_t count;
	size_t next;			/* the first that nobody has taken */
	int err;
	size_t failed;			/* who has it: the lowest */
	char text[IMANS_ERROR_SIZE];
};

struct worker {
	struct crew *crew;
	struct imans_ctx *ctx;
	pthread_t thread;
};

/* They are taken in order: all before one that fails were taken, and are done. */
static bool take(struct crew *crew, size_t *n)
{
	bool more;

	pthread_mutex_lock(&crew->lock);
	more = !crew->err && crew->next < crew->count;
	if (more)
		*n = crew->next++;
	pthread_mutex_unlock(&crew->lock);
	return more;
}

static void fail(struct crew *crew, const struct imans_ctx *ctx, size_t n,
		 int err)
{
	pthread_mutex_lock(&crew->lock);
	if (!crew->err || n < crew->failed) {
		crew->err = err;
		crew->failed = n;
		strcpy(crew->text, imans_ctx_error(ctx));
	}
	pthread_mutex_unlock(&crew->lock);
}

static void work(struct crew *crew, struct imans_ctx *ctx)
{
	size_t n;

	while (take(crew, &n)) {
		int err = crew->fn(ctx, crew->user, n);

		if (err)
			fail(crew, ctx, n, err);
	}
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;

	work(worker->crew, worker->ctx);
	return NULL;
}

/* Signals are the program's business: its own threads get them. */
static bool start(struct worker *worker)
{
	sigset_t all, before;
	int err;

	if (imans_ctx_new(&worker->ctx))
		return false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&worker->thread, NULL, worker_main, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		imans_ctx_free(worker->ctx);
	return !err;
}

static int run_alone(struct imans_ctx *ctx, size_t count, imans_thread_fn fn,
		     void *user)
{
	int err = 0;

	for (size_t n = 0; !err && n < count; n++)
		err = fn(ctx, user, n);
	return err;
}

int imans_threads_run(struct imans_ctx *ctx, size_t threads, size_t count,
		      imans_thread_fn fn, void *user)
{
	struct crew crew = {
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.fn = fn, .user = user, .count = count,
	};
	size_t most = threads < count ? threads : count, started = 0;
	struct worker *workers = NULL;

	/* The caller's thread is one of them. */
	if (most > 1)
		workers = calloc(most - 1, sizeof(*workers));
	if (!workers)
		return run_alone(ctx, count, fn, user);
	for (; started < most - 1; started++) {
		workers[started].crew = &crew;
		if (!start(&workers[started]))
			break;
	}
	work(&crew, ctx);
	for (size_t i = 0; i < started; i++) {
		pthread_join(workers[i].thread, NULL);
		imans_ctx_free(workers[i].ctx);
	}
	free(workers);
	return crew.err ? imans_err(ctx, crew.err, "%s", crew.text) : 0;
}
