// SPDX-License-Identifier: GPL-2.0-only
/* setns(2) into IMA namespaces, a one-way door, and the ioctls of nsfs. */

#include <pthread.h>

#include "box.h"

/* What a box is told to enter. */
struct target {
	pid_t pid;
	bool pidfd;
	bool thread;
	/* Where the caller is afterwards. */
	char ids[ID_PATH_MAX];
	/* For ioctls: the request, and what the result must be. */
	unsigned long request;
};

static int open_target(const struct target *target)
{
	char path[64];
	int fd;

	if (target->pidfd)
		return sys_pidfd_open(target->pid);
	snprintf(path, sizeof(path), "/proc/%d/ns/ima", target->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void *sleep_forever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static int enter(void *shared)
{
	struct target *const target = shared;
	const int fd = open_target(target);
	pthread_t thread;
	int ret;

	if (fd < 0)
		return -EDOM;
	if (target->thread &&
	    pthread_create(&thread, NULL, sleep_forever, NULL))
		return -EDOM;
	ret = sys_setns(fd, CLONE_NEWIMA);
	close(fd);
	return ns_self(target->ids) ? -EDOM : ret;
}

static int enter_in_child(void *shared)
{
	return in_child(enter, shared);
}

/*
 * The caller is in "pod".
 *
 *          host
 *         /    \
 *       pod    sibling
 *      /   \
 *    ctr   ctr2
 *     |
 *   bottom
 */
FIXTURE(door)
{
	struct box pod;
	struct box sibling;
	struct box ctr;
	struct box bottom;
};

enum who { HOST, POD, SIBLING, CTR, BOTTOM };

FIXTURE_VARIANT(door)
{
	enum who caller;
	enum who target;
	bool pidfd;
	bool thread;
	int result;
};

#define DOOR(name, from, to, ...)                                              \
	FIXTURE_VARIANT_ADD(door, name##_by_fd)                                \
	{                                                                      \
		.caller = from, .target = to, __VA_ARGS__                      \
	};                                                                     \
	FIXTURE_VARIANT_ADD(door, name##_by_pidfd)                             \
	{                                                                      \
		.caller = from, .target = to, .pidfd = true, __VA_ARGS__       \
	}

DOOR(allow_child, HOST, POD);
DOOR(allow_descendant, HOST, BOTTOM);
DOOR(allow_down_from_pod, POD, CTR);
DOOR(allow_own, POD, POD);
DOOR(allow_own_on_host, HOST, HOST);
DOOR(deny_host, POD, HOST, .result = -EPERM);
DOOR(deny_parent, CTR, POD, .result = -EPERM);
DOOR(deny_grandparent, BOTTOM, POD, .result = -EPERM);
DOOR(deny_sibling, POD, SIBLING, .result = -EPERM);
DOOR(deny_nephew, SIBLING, CTR, .result = -EPERM);
DOOR(deny_threads, HOST, POD, .thread = true, .result = -EUSERS);
DOOR(deny_threads_down_from_pod, POD, CTR, .thread = true, .result = -EUSERS);

FIXTURE_SETUP(door)
{
	ASSERT_EQ(0, box_start_active(&self->pod, NULL, "door-pod"));
	ASSERT_EQ(0, box_start(&self->sibling, NULL));
	ASSERT_EQ(0, box_start_active(&self->ctr, &self->pod, "door-ctr"));
	ASSERT_EQ(0, box_start(&self->bottom, &self->ctr));
}

FIXTURE_TEARDOWN(door)
{
	box_end(&self->bottom);
	box_end(&self->ctr);
	box_end(&self->sibling);
	box_end(&self->pod);
}

static struct box *door_box(FIXTURE_DATA(door) *self, enum who who)
{
	switch (who) {
	case POD:
		return &self->pod;
	case SIBLING:
		return &self->sibling;
	case CTR:
		return &self->ctr;
	case BOTTOM:
		return &self->bottom;
	default:
		return NULL;
	}
}

TEST_F(door, setns)
{
	struct box *const caller = door_box(self, variant->caller);
	struct box *const target = door_box(self, variant->target);
	const char *const from = caller ? caller->ids : "0";
	const char *const to = target ? target->ids : "0";
	struct target *arg;

	/* Any box has a shared page to use. */
	arg = (caller ?: &self->pod)->shared;
	memset(arg, 0, sizeof(*arg));
	arg->pid = target ? target->pid : getpid();
	arg->pidfd = variant->pidfd;
	arg->thread = variant->thread;
	EXPECT_EQ(variant->result,
		  caller ? box_call(caller, enter_in_child) :
			   enter_in_child(arg));
	EXPECT_STREQ(variant->result ? from : to, arg->ids);
}

/*
 * The ioctls, asked from the host and from inside.
 *
 *   host --> pod --> ctr
 */
FIXTURE(nsfs)
{
	struct box pod;
	struct box ctr;
};

FIXTURE_SETUP(nsfs)
{
	ASSERT_EQ(0, box_start(&self->pod, NULL));
	ASSERT_EQ(0, box_start(&self->ctr, &self->pod));
}

FIXTURE_TEARDOWN(nsfs)
{
	box_end(&self->ctr);
	box_end(&self->pod);
}

/* Entering needs CAP_SYS_ADMIN over the target, too. */
static int enter_as_user(void *arg)
{
	struct target *const target = arg;
	const int fd = open_target(target);

	if (fd < 0 || drop_root())
		return -EDOM;
	if (target->thread && sys_unshare(CLONE_NEWUSER))
		return -EDOM;
	return sys_setns(fd, CLONE_NEWIMA);
}

TEST_F(nsfs, deny_setns_by_user)
{
	struct target target = { .pid = self->ctr.pid };

	EXPECT_EQ(-EPERM, in_child(enter_as_user, &target));
	/* A user namespace of its own gives no right to it. */
	target.thread = true;
	EXPECT_EQ(-EPERM, in_child(enter_as_user, &target));
}

static ino_t fd_inode(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

TEST_F(nsfs, nstype)
{
	const int fd = box_ns_fd(&self->ctr);

	ASSERT_LE(0, fd);
	EXPECT_EQ(CLONE_NEWIMA, ioctl(fd, NS_GET_NSTYPE));
}

TEST_F(nsfs, userns)
{
	const int fd = box_ns_fd(&self->ctr);
	struct stat own;
	int owner;

	ASSERT_LE(0, fd);
	owner = ioctl(fd, NS_GET_USERNS);
	ASSERT_LE(0, owner);
	ASSERT_EQ(0, stat("/proc/self/ns/user", &own));
	EXPECT_EQ(own.st_ino, fd_inode(owner));
}

TEST_F(nsfs, allow_parents_from_host)
{
	const int ctr = box_ns_fd(&self->ctr), pod = box_ns_fd(&self->pod);
	struct stat own;
	int parent, host;

	ASSERT_LE(0, ctr);
	ASSERT_LE(0, pod);
	parent = ioctl(ctr, NS_GET_PARENT);
	ASSERT_LE(0, parent);
	EXPECT_EQ(fd_inode(pod), fd_inode(parent));
	host = ioctl(parent, NS_GET_PARENT);
	ASSERT_LE(0, host);
	ASSERT_EQ(0, stat("/proc/self/ns/ima", &own));
	EXPECT_EQ(own.st_ino, fd_inode(host));
	/* The host's has none. */
	EXPECT_EQ(-1, ioctl(host, NS_GET_PARENT));
	EXPECT_EQ(EPERM, errno);
}

static int ask_target(void *shared)
{
	struct target *const target = shared;
	const int fd = open_target(target);
	int result;

	if (fd < 0)
		return -EDOM;
	result = ioctl(fd, target->request);
	return result < 0 ? -errno : 0;
}

TEST_F(nsfs, allow_parent_from_parent)
{
	struct target *const target = self->pod.shared;

	*target = (struct target){
		.pid = self->ctr.pid,
		.request = NS_GET_PARENT,
	};
	EXPECT_EQ(0, box_call(&self->pod, ask_target));
}

TEST_F(nsfs, deny_parent_above)
{
	struct target *target = self->pod.shared;

	/* Its own parent is the host's. */
	*target = (struct target){
		.pid = self->pod.pid,
		.request = NS_GET_PARENT,
	};
	EXPECT_EQ(-EPERM, box_call(&self->pod, ask_target));

	/* Its own parent is the pod's. */
	target = self->ctr.shared;
	*target = (struct target){
		.pid = self->ctr.pid,
		.request = NS_GET_PARENT,
	};
	EXPECT_EQ(-EPERM, box_call(&self->ctr, ask_target));
}

/* A handle keeps a namespace open without any task in it. */
TEST_F(nsfs, handle_keeps_it)
{
	char ids[ID_PATH_MAX];
	const int fd = box_ns_fd(&self->ctr);
	struct box again;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ns_activate(self->pod.ids, SECRET "-handle-pod"));
	ASSERT_EQ(0, ns_activate(self->ctr.ids, SECRET "-handle-ctr"));
	strcpy(ids, self->ctr.ids);
	box_end(&self->ctr);
	sleep_ms(300);
	EXPECT_TRUE(ns_state_is(ids, "active"));

	/* It can be entered again. */
	ASSERT_EQ(0, box_start_with(&again, NULL, 0));
	EXPECT_STREQ("0", again.ids);
	box_end(&again);
	EXPECT_EQ(0, sys_setns(fd, CLONE_NEWIMA));
	ASSERT_EQ(0, box_start_with(&again, NULL, 0));
	EXPECT_STREQ(ids, again.ids);
	box_end(&again);
	close(fd);
}

TEST_HARNESS_MAIN
