// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Run a program in an IMA namespace and show what was measured. Explained in
 * Documentation/userspace-api/ima-namespaces.rst.
 *
 *	ima-namespaces-example LABEL PROGRAM [ARG...]
 *		in a new namespace; shows its list
 *	ima-namespaces-example -u LABEL PROGRAM [ARG...]
 *		moves into a new namespace and becomes the program
 *	ima-namespaces-example -p PID PROGRAM [ARG...]
 *		moves into the namespace of a process and becomes the program
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWIMA
#define CLONE_NEWIMA 0x00000040
#endif

#define NS_DIR "/sys/kernel/security/integrity/ima/ns"
/* 32 ids of 20 digits, with "/ns/" between them. */
#define PATH_SIZE 1024

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "ima-namespaces-example: %s: %s\n", what,
		strerror(errno));
	exit(2);
}

/* own directory */
static void own_dir(char dir[PATH_SIZE])
{
	size_t len = strlen(NS_DIR "/");
	FILE *self = fopen(NS_DIR "/self", "re");
	int c;

	if (!self)
		die(NS_DIR "/self");
	memcpy(dir, NS_DIR "/", len);
	while ((c = getc(self)) != EOF && c != '\n' && len < PATH_SIZE - 5) {
		if (c == '/') {
			memcpy(dir + len, "/ns/", 4);
			len += 4;
		} else {
			dir[len++] = (char)c;
		}
	}
	dir[len] = '\0';
	fclose(self);
}

/* one write */
static void write_value(const char *dir, const char *name, const char *value)
{
	char path[PATH_SIZE + 64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die(path);
	close(fd);
}

/* configuration */
static void activate(const char *label, char dir[PATH_SIZE])
{
	own_dir(dir);
	write_value(dir, "label", label);
	write_value(dir, "active", "1");
}

/* unshare */
static void __attribute__((noreturn))
become(const char *label, char *const argv[])
{
	char dir[PATH_SIZE];

	if (unshare(CLONE_NEWIMA))
		die("unshare");
	activate(label, dir);
	execvp(argv[0], argv);
	die(argv[0]);
}

/* clone3 */
static pid_t start(const char *label, char *const argv[], char dir[PATH_SIZE])
{
	struct clone_args args = {
		.flags = CLONE_NEWIMA,
		.exit_signal = SIGCHLD,
	};
	int ends[2];
	ssize_t len;
	pid_t pid;

	if (pipe(ends))
		die("pipe");
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		die("clone3");
	if (!pid) {
		close(ends[0]);
		activate(label, dir);
		if (write(ends[1], dir, strlen(dir) + 1) < 0)
			die("pipe");
		close(ends[1]);
		execvp(argv[0], argv);
		die(argv[0]);
	}
	close(ends[1]);
	len = read(ends[0], dir, PATH_SIZE);
	close(ends[0]);
	if (len <= 0)
		exit(2);	/* the child has said why */
	return pid;
}

/* setns */
static void __attribute__((noreturn)) join(pid_t pid, char *const argv[])
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0)
		die("pidfd_open");
	if (setns(pidfd, CLONE_NEWIMA))
		die("setns");
	close(pidfd);
	execvp(argv[0], argv);
	die(argv[0]);
}

/* follow */
static void follow(const char *dir)
{
	char path[PATH_SIZE + 64], text[4096];
	struct pollfd list = { .events = POLLIN };
	ssize_t len;

	snprintf(path, sizeof(path), "%s/ascii_runtime_measurements_sha256",
		 dir);
	list.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (list.fd < 0)
		die(path);
	do {
		if (poll(&list, 1, -1) < 0)
			die("poll");
		while ((len = read(list.fd, text, sizeof(text))) > 0)
			fwrite(text, 1, (size_t)len, stdout);
		if (len < 0)
			die(path);
	} while (!(list.revents & POLLHUP));
	close(list.fd);
}

/* main */
int main(int argc, char *argv[])
{
	char dir[PATH_SIZE];
	int status;
	pid_t pid;

	if (argc > 3 && !strcmp(argv[1], "-u"))
		become(argv[2], argv + 3);
	if (argc > 3 && !strcmp(argv[1], "-p"))
		join(atoi(argv[2]), argv + 3);
	if (argc < 3 || argv[1][0] == '-') {
		fprintf(stderr, "usage: %s [-u] LABEL PROGRAM [ARG...]\n"
			"       %s -p PID PROGRAM [ARG...]\n", argv[0], argv[0]);
		return 2;
	}

	pid = start(argv[1], argv + 2, dir);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	follow(dir);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
/* end */
