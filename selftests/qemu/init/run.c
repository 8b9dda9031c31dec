// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

#define SKIP_STATUS	4	/* KSFT_SKIP */
#define KILL_SECONDS	20
#define OUTPUT_MAX	(4U << 20)
#define PIPE_CHUNKS	8	/* more than a pipe holds */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void exec_test(const struct test *t, int out, int err)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(null);
	execv(t->argv[0], t->argv);
	fprintf(stderr, "cannot execute %s: %m\n", t->argv[0]);
	_exit(127);
}

static void set_environment(const struct test *t)
{
	char dir[256];

	snprintf(dir, sizeof(dir), EXPORT_DIR "/%s", t->name);
	mkdir(dir, 0755);
	setenv("IMA_NS_EXPORT", dir, 1);
	setenv("IMA_NS_TEST", t->name, 1);
}

/*
 * What a program prints is kept for the host and shown on the console, as far as
 * the limit: a flood must end neither our memory nor the watch for the deadline.
 */
static bool take_output(int fd, struct buf *b)
{
	char chunk[16384];
	ssize_t n = read(fd, chunk, sizeof(chunk)), shown = 0;

	if (n <= 0)
		return false;
	if (b->len < OUTPUT_MAX) {
		buf_add(b, chunk, n);
		while (shown < n) {
			ssize_t w = write(STDOUT_FILENO, chunk + shown, n - shown);

			if (w <= 0)
				break;
			shown += w;
		}
	}
	return true;
}

/* What is in the pipe of a program that ended; others may still write to it. */
static void take_rest(int fd, struct buf *b)
{
	unsigned int chunks = PIPE_CHUNKS;

	while (chunks-- && take_output(fd, b))
		;
}

/* Reaps all who died; true once CHILD is among them. */
static bool reap(pid_t child, int *status)
{
	bool gone = false;
	pid_t pid;
	int st;

	while ((pid = waitpid(-1, &st, WNOHANG)) > 0) {
		if (pid == child) {
			*status = st;
			gone = true;
		}
	}
	return gone;
}

/* False at the deadline, with the child alive. */
static bool watch(struct test *t, pid_t child, int out, int err, int sig, int *status)
{
	double deadline = now() + t->timeout;
	struct pollfd fds[] = {
		{ .fd = out, .events = POLLIN },
		{ .fd = err, .events = POLLIN },
		{ .fd = sig, .events = POLLIN },
	};

	for (;;) {
		struct signalfd_siginfo si;
		double left = deadline - now();
		bool gone;

		if (left <= 0)
			return false;
		poll(fds, 3, left * 1000 + 1);
		while (read(sig, &si, sizeof(si)) > 0)
			;
		gone = reap(child, status);
		take_output(out, &t->out);
		take_output(err, &t->err);
		if (gone) {
			take_rest(out, &t->out);
			take_rest(err, &t->err);
			return true;
		}
		/* A closed pipe would be reported for ever. */
		if (fds[0].revents & POLLHUP)
			fds[0].fd = -1;
		if (fds[1].revents & POLLHUP)
			fds[1].fd = -1;
	}
}

bool kill_all(void)
{
	double deadline = now() + KILL_SECONDS;

	do {
		pid_t pid;

		kill(-1, SIGKILL);
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0 && errno == ECHILD)
			return true;
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	} while (now() < deadline);
	return false;
}

static void set_status(struct test *t, bool ended, int status, double seconds)
{
	char *s = t->status;
	size_t size = sizeof(t->status);

	if (!ended)
		snprintf(s, size, "timeout %.1f\n", seconds);
	else if (WIFSIGNALED(status))
		snprintf(s, size, "signal %d %.1f\n", WTERMSIG(status), seconds);
	else
		snprintf(s, size, "exit %d %.1f\n", WEXITSTATUS(status), seconds);
	t->passed = ended && WIFEXITED(status) &&
		    (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == SKIP_STATUS);
}

void run_test(struct test *t)
{
	int out[2], err[2], sig, status = 0;
	double start = now();
	sigset_t chld;
	pid_t child;
	bool ended;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	sig = signalfd(-1, &chld, SFD_NONBLOCK | SFD_CLOEXEC);
	if (sig < 0 || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		die("cannot make pipes: %m");
	set_environment(t);
	child = fork();
	if (child < 0)
		die("cannot fork: %m");
	if (child == 0)
		exec_test(t, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);

	ended = watch(t, child, out[0], err[0], sig, &status);
	set_status(t, ended, status, now() - start);
	if (!kill_all()) {
		snprintf(t->status, sizeof(t->status), "unkillable %.1f\n",
			 now() - start);
		t->passed = false;
	}
	close(out[0]);
	close(err[0]);
	close(sig);
}
