/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes that do the same or different things at once, for some seconds or
 * from one moment on.
 */
#ifndef _SELFTESTS_IMA_NS_RACE_H
#define _SELFTESTS_IMA_NS_RACE_H

#include "program.h"

#define RACE_SECONDS 2
#define RACE_MAX 16

/* How long a race lasts; the environment may ask for more. */
static inline double race_seconds(void)
{
	const char *const seconds = getenv("RACE_SECONDS");

	return seconds ? atof(seconds) : RACE_SECONDS;
}

static inline void race_pause(unsigned int max_us)
{
	const struct timespec time = { .tv_nsec = rand() % max_us * 1000L };

	nanosleep(&time, NULL);
}

/*
 * Runners that begin together. Each ends with what its function returns, 0 or
 * a negative errno down to -255.
 */
struct race {
	pid_t pids[RACE_MAX];
	int count;
	int go[2];
};

static inline int race_prepare(struct race *race)
{
	race->count = 0;
	return pipe2(race->go, O_CLOEXEC) ? -errno : 0;
}

static inline int race_add(struct race *race, int (*fn)(void *arg), void *arg)
{
	const pid_t pid = race->count < RACE_MAX ? fork() : -1;
	char byte;

	if (pid < 0)
		return -errno;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		srand(getpid());
		close(race->go[1]);
		/* The end of the file is the signal. */
		_exit(read(race->go[0], &byte, 1) ? EDOM : -fn(arg));
	}
	race->pids[race->count++] = pid;
	return 0;
}

static inline void race_start(struct race *race)
{
	close(race->go[1]);
}

/* How each ended. */
static inline void race_end(struct race *race, int rets[])
{
	int i;

	for (i = 0; i < race->count; i++)
		rets[i] = wait_for(race->pids[i]);
	close(race->go[0]);
}

#endif /* _SELFTESTS_IMA_NS_RACE_H */
