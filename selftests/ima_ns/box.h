/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A box: a process in an IMA namespace of its own, which runs functions of
 * the test program when told so.
 *
 *	test ----- box_call(fn) -----> box, in namespace "4/7"
 *	     <---- fn's return -------
 *	     <==== shared page =====>
 */
#ifndef _SELFTESTS_IMA_NS_BOX_H
#define _SELFTESTS_IMA_NS_BOX_H

#include "common.h"

#define BOX_SHARED 16384

/*
 * Own entries that a namespace begins with if a process of the test is in it
 * at activation: CREATE, and the test's own executable.
 */
#define BOX_OWN 2

struct box {
	pid_t pid;
	int sock;
	/* In and out parameters of what runs in the box. */
	void *shared;
	char ids[ID_PATH_MAX];
};

typedef int (*box_fn)(void *shared);

/* What a new box does first; its return is box_start()'s. */
static inline int box_enter(const struct box *below, unsigned long flags)
{
	char path[64];
	int fd, ret;

	if (below) {
		snprintf(path, sizeof(path), "/proc/%d/ns/ima", below->pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		ret = sys_setns(fd, CLONE_NEWIMA);
		close(fd);
		if (ret)
			return ret;
	}
	return sys_unshare(flags);
}

static inline void __attribute__((noreturn))
box_serve(int sock, void *shared, const struct box *below, unsigned long flags)
{
	box_fn fn;
	int ret;

	/* The test's end is the box's, however it came. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ret = box_enter(below, flags);
	ret = ret ?: ns_self(shared);
	while (write(sock, &ret, sizeof(ret)) == sizeof(ret) &&
	       read(sock, &fn, sizeof(fn)) == sizeof(fn) && fn)
		ret = fn(shared);
	_exit(0);
}

static inline int box_answer(struct box *box)
{
	int ret;

	if (read(box->sock, &ret, sizeof(ret)) != sizeof(ret))
		return -EPIPE;
	return ret;
}

static inline int box_call(struct box *box, box_fn fn)
{
	if (write(box->sock, &fn, sizeof(fn)) != sizeof(fn))
		return -EPIPE;
	return box_answer(box);
}

/* The process ends, and is gone when this returns. */
static inline void box_end(struct box *box)
{
	const box_fn quit = NULL;

	if (box->pid <= 0)
		return;
	/* Later boxes hold the socket, too: no end of file would tell it. */
	if (write(box->sock, &quit, sizeof(quit)) != sizeof(quit))
		kill(box->pid, SIGKILL);
	close(box->sock);
	waitpid(box->pid, NULL, 0);
	munmap(box->shared, BOX_SHARED);
	box->pid = 0;
}

/*
 * Start one with unshare(@flags), in the namespace of @below if that is given.
 * @ids is the namespace that it is in afterwards.
 */
static inline int box_start_with(struct box *box, const struct box *below,
				 unsigned long flags)
{
	int socks[2], ret;
	pid_t pid;

	memset(box, 0, sizeof(*box));
	box->shared = mmap(NULL, BOX_SHARED, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (box->shared == MAP_FAILED)
		return -errno;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks))
		return -errno;
	/* A fixture's data may be shared with the child: it writes no @box. */
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		close(socks[0]);
		box_serve(socks[1], box->shared, below, flags);
	}
	close(socks[1]);
	box->sock = socks[0];
	box->pid = pid;
	ret = box_answer(box);
	if (ret)
		box_end(box);
	else
		snprintf(box->ids, sizeof(box->ids), "%s", (char *)box->shared);
	return ret;
}

static inline int box_start(struct box *box, const struct box *below)
{
	return box_start_with(box, below, CLONE_NEWIMA);
}

/* Start one and activate its namespace. */
static inline int box_start_active(struct box *box, const struct box *below,
				   const char *name)
{
	char label[128];
	int ret = box_start(box, below);

	if (ret)
		return ret;
	snprintf(label, sizeof(label), SECRET "-%s-%d", name, box->pid);
	ret = ns_activate(box->ids, label);
	if (ret)
		box_end(box);
	return ret;
}

/* A descriptor of the namespace that the box is in. */
static inline int box_ns_fd(const struct box *box)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/ima", box->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

#endif /* _SELFTESTS_IMA_NS_BOX_H */
