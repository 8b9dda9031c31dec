/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IMA namespace test helpers: system calls, and the files in securityfs.
 *
 * Functions return 0 or a length, or a negative errno, so that they serve in
 * children, too, where nothing can be asserted.
 */
#ifndef _SELFTESTS_IMA_NS_COMMON_H
#define _SELFTESTS_IMA_NS_COMMON_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/ima_ns.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"

/* Software emulation and a TPM in software are slow. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 90

#ifndef CLONE_NEWIMA
#define CLONE_NEWIMA 0x00000040
#endif

#ifndef NS_GET_USERNS
#define NS_GET_USERNS _IO(0xb7, 0x1)
#define NS_GET_PARENT _IO(0xb7, 0x2)
#define NS_GET_NSTYPE _IO(0xb7, 0x3)
#endif

#define IMA_DIR "/sys/kernel/security/integrity/ima"
#define NS_DIR IMA_DIR "/ns"
#define HOST_LIST IMA_DIR "/binary_runtime_measurements"

#define NOBODY 65534

/*
 * Stands in every label and path of a container's, and so must not be found
 * in the host's list.
 */
#define SECRET "SECRET"

/* Ids from the host's child down, separated by slashes. */
#define ID_PATH_MAX 704
/* All of it, each id in a directory "ns" of its parent's. */
#define NS_PATH_MAX 1024

static inline int sys_unshare(unsigned long flags)
{
	return syscall(__NR_unshare, flags) ? -errno : 0;
}

static inline int sys_setns(int fd, int type)
{
	return syscall(__NR_setns, fd, type) ? -errno : 0;
}

static inline int sys_pidfd_open(pid_t pid)
{
	const int fd = syscall(__NR_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

static inline pid_t sys_clone3(uint64_t flags, uint64_t exit_signal)
{
	struct clone_args args = {
		.flags = flags,
		.exit_signal = exit_signal,
	};
	const pid_t pid = syscall(__NR_clone3, &args, sizeof(args));

	return pid < 0 ? -errno : pid;
}

/* Read all of a file, as securityfs and procfs know no sizes. */
static inline ssize_t read_file(const char *path, void *buf, size_t size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	do {
		got = read(fd, (char *)buf + len, size - len);
		if (got < 0) {
			got = -errno;
			close(fd);
			return got;
		}
		len += got;
	} while (got && len < size);
	close(fd);
	return len;
}

/* The same for text of one line or more, which it ends with a NUL. */
static inline ssize_t read_text(const char *path, char *buf, size_t size)
{
	const ssize_t len = read_file(path, buf, size - 1);

	buf[len < 0 ? 0 : len] = '\0';
	return len;
}

/* One write, all of it or an error; errors of open() count, too. */
static inline int write_file(const char *path, const void *buf, size_t len)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t put;
	int ret;

	if (fd < 0)
		return -errno;
	put = write(fd, buf, len);
	ret = put < 0 ? -errno : (size_t)put == len ? 0 : -EIO;
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

static inline int write_text(const char *path, const char *text)
{
	return write_file(path, text, strlen(text));
}

static inline int can_open(const char *path, int flags)
{
	const int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* In a child or a box. */
static inline int open_for_write(void *path)
{
	return can_open(path, O_WRONLY);
}

/* Where a namespace's file is below @dir, which is a securityfs's "ns". */
static inline const char *ns_file_in(const char *dir, const char *ids,
				     const char *file)
{
	static char path[4][NS_PATH_MAX];
	static unsigned int turn;
	char *const out = path[turn++ % 4];
	size_t len = snprintf(out, NS_PATH_MAX, "%s/", dir);

	for (; *ids && len < NS_PATH_MAX - 64; ids++)
		if (*ids == '/')
			len += snprintf(out + len, NS_PATH_MAX - len, "/ns/");
		else
			out[len++] = *ids;
	snprintf(out + len, NS_PATH_MAX - len, "%s%s", *file ? "/" : "", file);
	return out;
}

static inline const char *ns_file(const char *ids, const char *file)
{
	return ns_file_in(NS_DIR, ids, file);
}

static inline int ns_write(const char *ids, const char *file, const char *text)
{
	return write_text(ns_file(ids, file), text);
}

/* The caller's id path, without the newline. */
static inline int ns_self(char ids[ID_PATH_MAX])
{
	const ssize_t len = read_text(NS_DIR "/self", ids, ID_PATH_MAX);

	if (len < 0)
		return len;
	if (len < 2 || ids[len - 1] != '\n')
		return -EBADMSG;
	ids[len - 1] = '\0';
	return 0;
}

static inline unsigned long long ids_last(const char *ids)
{
	const char *const slash = strrchr(ids, '/');

	return strtoull(slash ? slash + 1 : ids, NULL, 10);
}

/* The value of a line "name: value". */
static inline int file_value(const char *path, const char *name, char *value,
			     size_t size)
{
	const size_t name_len = strlen(name);
	char text[4096], *line, *rest = text;
	const ssize_t len = read_text(path, text, sizeof(text));

	if (len < 0)
		return len;
	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, name, name_len) || line[name_len] != ':')
			continue;
		snprintf(value, size, "%s",
			 line + name_len + 1 + (line[name_len + 1] == ' '));
		return 0;
	}
	return -ENOENT;
}

static inline int ns_status(const char *ids, const char *name, char *value,
			    size_t size)
{
	return file_value(ns_file(ids, "status"), name, value, size);
}

static inline long long ns_status_num(const char *ids, const char *name)
{
	char value[64];
	const int ret = ns_status(ids, name, value, sizeof(value));

	return ret ? ret : strtoll(value, NULL, 10);
}

/* How many namespaces the host's directory shows, live and dead. */
static inline int ns_count_children(void)
{
	DIR *const dir = opendir(NS_DIR);
	struct dirent *entry;
	int count = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir)))
		count += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
	closedir(dir);
	return count;
}

static inline bool ns_state_is(const char *ids, const char *state)
{
	char value[16];

	return !ns_status(ids, "state", value, sizeof(value)) &&
	       !strcmp(value, state);
}

static inline void sleep_ms(unsigned int ms)
{
	const struct timespec time = {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000L,
	};

	nanosleep(&time, NULL);
}

static inline long long now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* For how long something took. */
static inline double now_seconds(void)
{
	return now_ns(CLOCK_MONOTONIC) / 1e9;
}

/*
 * What poll() says of a file. At the end of its time it looks once more: what it
 * finds then has woken nobody.
 */
static inline int poll_now(int fd, int timeout)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	const double start = now_seconds();
	const int ret = poll(&pollfd, 1, timeout);

	if (ret < 0)
		return -errno;
	if (timeout && (now_seconds() - start) * 1000 >= timeout)
		return -ETIMEDOUT;
	return pollfd.revents;
}

/* Death is told by a worker: wait for it, 20 seconds at most. */
static inline int ns_wait_dead(const char *ids)
{
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		if (ns_state_is(ids, "dead"))
			return 0;
		sleep_ms(20);
	}
	return -ETIMEDOUT;
}

/* The same for one that was never active, and so leaves nothing. */
static inline int ns_wait_gone(const char *ids)
{
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		if (can_open(ns_file(ids, "status"), O_RDONLY) == -ENOENT)
			return 0;
		sleep_ms(20);
	}
	return -ETIMEDOUT;
}

static inline int ns_activate(const char *ids, const char *label)
{
	const int ret = ns_write(ids, "label", label);

	return ret ? ret : ns_write(ids, "active", "1");
}

/* What a child that reports a negative errno by its status ended with. */
static inline int wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid)
		return -errno;
	if (!WIFEXITED(status))
		return -EINTR;
	return -WEXITSTATUS(status);
}

/* Run a function in a child: its return, 0 to -255. */
static inline int in_child(int (*fn)(void *arg), void *arg)
{
	const pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		_exit(-fn(arg));
	return wait_for(pid);
}

/* Become an ordinary user, for good. */
static inline int drop_root(void)
{
	if (syscall(__NR_setgroups, 0, NULL) ||
	    syscall(__NR_setresgid, NOBODY, NOBODY, NOBODY) ||
	    syscall(__NR_setresuid, NOBODY, NOBODY, NOBODY))
		return -errno;
	/* /proc/self belongs to root until this. */
	return prctl(PR_SET_DUMPABLE, 1) ? -errno : 0;
}

/* After unshare(CLONE_NEWUSER) by user @uid: be its root. */
static inline int map_root(unsigned int uid)
{
	char map[32];
	int ret;

	ret = write_text("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	ret = ret ?: write_text("/proc/self/uid_map", map);
	return ret ?: write_text("/proc/self/gid_map", map);
}

/* Tell the oracle, in the test's export, what must not be in the host's list. */
static void __attribute__((constructor)) export_secret(void)
{
	const char *const dir = getenv("IMA_NS_EXPORT");
	char path[PATH_MAX];
	int fd;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/absent", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	if (write(fd, SECRET "\n", sizeof(SECRET)) != sizeof(SECRET))
		perror(path);
	close(fd);
}

#endif /* _SELFTESTS_IMA_NS_COMMON_H */
