// SPDX-License-Identifier: GPL-2.0-only
/* Making IMA namespaces, and every way in which that is refused. */

#include <pthread.h>
#include <sched.h>

#include "box.h"

#define SYSCTL_MAX "/proc/sys/user/max_ima_namespaces"

static int ns_inode(const char *path, ino_t *ino)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	*ino = st.st_ino;
	return 0;
}

static int self_is(void *arg)
{
	char ids[ID_PATH_MAX];
	const int ret = ns_self(ids);

	return ret ?: strcmp(ids, arg) ? -EXDEV : 0;
}

/* Make one, and see that the caller is in it, a child of the one before. */
static int unshare_and_look(void *arg)
{
	char before[ID_PATH_MAX], after[ID_PATH_MAX];
	ino_t old, new;
	int ret;

	ret = ns_self(before) ?: ns_inode("/proc/self/ns/ima", &old);
	ret = ret ?: sys_unshare((unsigned long)arg);
	ret = ret ?: ns_self(after) ?: ns_inode("/proc/self/ns/ima", &new);
	if (ret)
		return ret;
	if (old == new || !strcmp(before, after))
		return -ESTALE;
	if (!ns_state_is(after, "new"))
		return -EILSEQ;
	/* Inherited over fork. */
	return in_child(self_is, after);
}

/*
 *   host
 *    |
 *    | unshare or clone3
 *    v
 *   new
 */
FIXTURE(create)
{
	char ids[ID_PATH_MAX];
};

FIXTURE_SETUP(create)
{
	ASSERT_EQ(0, ns_self(self->ids));
	ASSERT_STREQ("0", self->ids);
}

FIXTURE_TEARDOWN(create)
{
	char ids[ID_PATH_MAX];

	/* Whatever the test made, it was not for its own process. */
	EXPECT_EQ(0, ns_self(ids));
	EXPECT_STREQ("0", ids);
}

TEST_F(create, allow_unshare)
{
	EXPECT_EQ(0, in_child(unshare_and_look, (void *)CLONE_NEWIMA));
}

TEST_F(create, allow_unshare_with_others)
{
	EXPECT_EQ(0, in_child(unshare_and_look,
			      (void *)(CLONE_NEWIMA | CLONE_NEWNS |
				       CLONE_NEWUTS)));
}

TEST_F(create, allow_clone3)
{
	char ids[ID_PATH_MAX];
	const pid_t pid = sys_clone3(CLONE_NEWIMA, SIGCHLD);

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(ns_self(ids) || !strcmp(ids, "0") ||
		      !ns_state_is(ids, "new"));
	EXPECT_EQ(0, wait_for(pid));
}

/* The flag is in clone()'s byte for the exit signal, so it is none there. */
TEST_F(create, deny_clone)
{
	char ids[ID_PATH_MAX];
	pid_t pid;

	signal(CLONE_NEWIMA, SIG_IGN);
	pid = syscall(__NR_clone, CLONE_NEWIMA, NULL, NULL, NULL, NULL);
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(ns_self(ids) || strcmp(ids, "0"));
	EXPECT_EQ(0, wait_for(pid));
}

TEST_F(create, ids_are_not_reused)
{
	unsigned long long last = 0, id;
	char gone[ID_PATH_MAX];
	struct box box;
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, box_start(&box, NULL));
		id = ids_last(box.ids);
		EXPECT_LT(last, id);
		last = id;
		strcpy(gone, box.ids);
		box_end(&box);
		EXPECT_EQ(0, ns_wait_gone(gone));
	}
}

TEST_F(create, status_of_a_new_one)
{
	char value[ID_PATH_MAX], inum[64];
	struct box box, below;
	struct stat st;
	int fd;

	ASSERT_EQ(0, box_start(&box, NULL));
	ASSERT_EQ(0, box_start(&below, &box));
	EXPECT_EQ(1, ns_status_num(box.ids, "depth"));
	EXPECT_EQ(0, ns_status_num(box.ids, "parent"));
	EXPECT_EQ(2, ns_status_num(below.ids, "depth"));
	EXPECT_EQ((long long)ids_last(box.ids),
		  ns_status_num(below.ids, "parent"));
	EXPECT_EQ((long long)ids_last(below.ids),
		  ns_status_num(below.ids, "id"));
	EXPECT_EQ(0, ns_status_num(below.ids, "entries"));
	EXPECT_EQ(0, ns_status_num(below.ids, "records"));
	EXPECT_EQ(0, ns_status(below.ids, "label", value, sizeof(value)));
	EXPECT_STREQ("", value);

	fd = box_ns_fd(&below);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fstat(fd, &st));
	snprintf(inum, sizeof(inum), "%llu", (unsigned long long)st.st_ino);
	EXPECT_EQ(0, ns_status(below.ids, "inum", value, sizeof(value)));
	EXPECT_STREQ(inum, value);
	close(fd);
	box_end(&below);
	box_end(&box);
}

TEST_F(create, proc_link)
{
	char own[64], theirs[64], path[64];
	struct box box;
	ssize_t len;

	ASSERT_EQ(0, box_start(&box, NULL));
	snprintf(path, sizeof(path), "/proc/%d/ns/ima", box.pid);
	len = readlink(path, theirs, sizeof(theirs) - 1);
	ASSERT_LT(0, len);
	theirs[len] = '\0';
	len = readlink("/proc/self/ns/ima", own, sizeof(own) - 1);
	ASSERT_LT(0, len);
	own[len] = '\0';
	EXPECT_EQ(0, strncmp(theirs, "ima:[", 5));
	EXPECT_STRNE(own, theirs);
	box_end(&box);
}

/* clone3 with what would share memory or the thread group over the edge. */
FIXTURE(flags)
{
};

FIXTURE_VARIANT(flags)
{
	uint64_t flags;
	uint64_t signal;
};

FIXTURE_VARIANT_ADD(flags, deny_vm)
{
	.flags = CLONE_NEWIMA | CLONE_VM,
	.signal = SIGCHLD,
};

FIXTURE_VARIANT_ADD(flags, deny_vm_vfork)
{
	.flags = CLONE_NEWIMA | CLONE_VM | CLONE_VFORK,
	.signal = SIGCHLD,
};

FIXTURE_VARIANT_ADD(flags, deny_thread)
{
	.flags = CLONE_NEWIMA | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM,
};

FIXTURE_SETUP(flags)
{
}

FIXTURE_TEARDOWN(flags)
{
}

TEST_F(flags, clone3)
{
	EXPECT_EQ(-EINVAL, sys_clone3(variant->flags, variant->signal));
}

static void *sleep_forever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static int unshare_with_thread(void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, sleep_forever, NULL))
		return -EAGAIN;
	return sys_unshare((unsigned long)arg);
}

TEST_F(create, deny_unshare_of_threads)
{
	EXPECT_EQ(-EINVAL, in_child(unshare_with_thread,
				    (void *)CLONE_NEWIMA));
}

/* A process with the memory of another may not leave, either. */
static int unshare_in_shared_memory(void *result)
{
	*(int *)result = sys_unshare(CLONE_NEWIMA);
	return 0;
}

TEST_F(create, deny_unshare_with_shared_memory)
{
	static char stack[65536] __attribute__((aligned(16)));
	int result = 0;
	const pid_t pid = clone(unshare_in_shared_memory,
				stack + sizeof(stack),
				CLONE_VM | CLONE_VFORK | SIGCHLD, &result);

	ASSERT_LE(0, pid);
	EXPECT_EQ(0, wait_for(pid));
	EXPECT_EQ(-EINVAL, result);
}

/*
 * Who may make one. In a delegated namespace, root of any user namespace may.
 *
 *   host --> pod [delegate] --> task [user] [user namespace] --> new
 */
FIXTURE(creator)
{
	struct box box;
};

FIXTURE_VARIANT(creator)
{
	bool in_box;
	bool delegate;
	bool drop_root;
	/* A first unshare(), if not 0, and the second one. */
	unsigned long first;
	unsigned long second;
	int result;
};

FIXTURE_VARIANT_ADD(creator, allow_root)
{
	.in_box = true,
	.second = CLONE_NEWIMA,
};

FIXTURE_VARIANT_ADD(creator, deny_user)
{
	.drop_root = true,
	.second = CLONE_NEWIMA,
	.result = -EPERM,
};

FIXTURE_VARIANT_ADD(creator, deny_user_in_delegated)
{
	.in_box = true,
	.delegate = true,
	.drop_root = true,
	.second = CLONE_NEWIMA,
	.result = -EPERM,
};

FIXTURE_VARIANT_ADD(creator, deny_user_namespace_on_host)
{
	.drop_root = true,
	.first = CLONE_NEWUSER,
	.second = CLONE_NEWIMA,
	.result = -EPERM,
};

FIXTURE_VARIANT_ADD(creator, deny_user_namespace_at_once)
{
	.drop_root = true,
	.second = CLONE_NEWUSER | CLONE_NEWIMA,
	.result = -EPERM,
};

FIXTURE_VARIANT_ADD(creator, deny_root_of_user_namespace)
{
	.first = CLONE_NEWUSER,
	.second = CLONE_NEWIMA,
	.result = -EPERM,
};

FIXTURE_VARIANT_ADD(creator, deny_user_namespace_not_delegated)
{
	.in_box = true,
	.drop_root = true,
	.first = CLONE_NEWUSER,
	.second = CLONE_NEWIMA,
	.result = -EPERM,
};

FIXTURE_VARIANT_ADD(creator, allow_user_namespace_delegated)
{
	.in_box = true,
	.delegate = true,
	.drop_root = true,
	.first = CLONE_NEWUSER,
	.second = CLONE_NEWIMA,
};

FIXTURE_VARIANT_ADD(creator, allow_user_namespace_delegated_at_once)
{
	.in_box = true,
	.delegate = true,
	.drop_root = true,
	.second = CLONE_NEWUSER | CLONE_NEWIMA,
};

FIXTURE_SETUP(creator)
{
	if (!variant->in_box)
		return;
	ASSERT_EQ(0, box_start(&self->box, NULL));
	if (variant->delegate)
		ASSERT_EQ(0, ns_write(self->box.ids, "delegate", "1"));
	ASSERT_EQ(0, ns_activate(self->box.ids, SECRET "-creator"));
}

FIXTURE_TEARDOWN(creator)
{
	if (variant->in_box)
		box_end(&self->box);
}

static int become_creator(void *arg)
{
	const FIXTURE_VARIANT(creator) *const variant = arg;
	unsigned int uid = 0;
	int ret = 0;

	if (variant->drop_root) {
		ret = drop_root();
		uid = NOBODY;
	}
	if (!ret && variant->first) {
		ret = sys_unshare(variant->first) ?: map_root(uid);
		/* Not one of the errors that are expected. */
		if (ret)
			return -EDOM;
	}
	return ret ?: sys_unshare(variant->second);
}

static int creator_in_child(void *shared)
{
	return in_child(become_creator, shared);
}

TEST_F(creator, unshare)
{
	FIXTURE_VARIANT(creator) copy = *variant;

	if (!variant->in_box) {
		EXPECT_EQ(variant->result, in_child(become_creator, &copy));
		return;
	}
	memcpy(self->box.shared, variant, sizeof(*variant));
	EXPECT_EQ(variant->result, box_call(&self->box, creator_in_child));
}

/* A delegated child is its user namespace's to configure. */
static int configure_own(void *arg)
{
	char ids[ID_PATH_MAX];
	int ret;

	(void)arg;
	ret = drop_root() ?: sys_unshare(CLONE_NEWUSER) ?: map_root(NOBODY);
	ret = ret ?: sys_unshare(CLONE_NEWIMA) ?: ns_self(ids);
	ret = ret ?: ns_activate(ids, SECRET "-delegated");
	return ret ?: ns_state_is(ids, "active") ? 0 : -EILSEQ;
}

static int configure_own_in_child(void *shared)
{
	return in_child(configure_own, shared);
}

TEST_F(create, allow_configure_delegated)
{
	struct box box;

	ASSERT_EQ(0, box_start(&box, NULL));
	ASSERT_EQ(0, ns_write(box.ids, "delegate", "1"));
	ASSERT_EQ(0, ns_activate(box.ids, SECRET "-delegating"));
	EXPECT_EQ(0, box_call(&box, configure_own_in_child));
	box_end(&box);
}

/*
 *   host --> 1 --> 2 --> ... --> 32 --x
 */
static int unshare_deep(void *arg)
{
	const unsigned long levels = (unsigned long)arg;
	unsigned long i;
	int ret = 0;

	for (i = 0; i < levels && !ret; i++)
		ret = sys_unshare(CLONE_NEWIMA);
	return i == levels ? ret : -EDOM;
}

TEST_F(create, allow_depth_32)
{
	EXPECT_EQ(0, in_child(unshare_deep, (void *)IMA_NS_DEPTH_MAX));
}

TEST_F(create, deny_depth_33)
{
	EXPECT_EQ(-ENOSPC, in_child(unshare_deep,
				    (void *)(IMA_NS_DEPTH_MAX + 1UL)));
}

/* The sysctl of the user namespace that owns the namespaces. */
FIXTURE(ucount)
{
	char saved[32];
	struct box box;
};

FIXTURE_SETUP(ucount)
{
	ASSERT_LT(0, read_text(SYSCTL_MAX, self->saved, sizeof(self->saved)));
}

FIXTURE_TEARDOWN_PARENT(ucount)
{
	/* Even if the test died. */
	EXPECT_EQ(0, write_text(SYSCTL_MAX, self->saved));
}

TEST_F(ucount, deny_none_left)
{
	ASSERT_EQ(0, write_text(SYSCTL_MAX, "0"));
	EXPECT_EQ(-ENOSPC, box_start(&self->box, NULL));
	EXPECT_EQ(-ENOSPC, sys_clone3(CLONE_NEWIMA, SIGCHLD));
}

TEST_F(ucount, allow_again_after_death)
{
	char ids[ID_PATH_MAX];
	struct box second;

	ASSERT_EQ(0, box_start_active(&self->box, NULL, "ucount"));
	ASSERT_EQ(0, write_text(SYSCTL_MAX, "1"));
	EXPECT_EQ(-ENOSPC, box_start(&second, NULL));
	strcpy(ids, self->box.ids);
	box_end(&self->box);
	ASSERT_EQ(0, ns_wait_dead(ids));
	EXPECT_EQ(0, box_start(&second, NULL));
	box_end(&second);
}

/* In a delegated namespace, with a user namespace's own limit of 1. */
static int unshare_to_own_limit(void *arg)
{
	pid_t pid;
	int ret;

	(void)arg;
	ret = drop_root() ?: sys_unshare(CLONE_NEWUSER) ?: map_root(NOBODY);
	ret = ret ?: write_text(SYSCTL_MAX, "1");
	if (ret)
		return -EDOM;
	pid = sys_clone3(CLONE_NEWIMA, SIGCHLD);
	if (pid < 0)
		return -EDOM;
	if (!pid)
		for (;;)
			pause();
	ret = sys_unshare(CLONE_NEWIMA);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return ret;
}

static int unshare_to_own_limit_in_child(void *shared)
{
	return in_child(unshare_to_own_limit, shared);
}

TEST_F(ucount, deny_own_limit)
{
	ASSERT_EQ(0, box_start(&self->box, NULL));
	ASSERT_EQ(0, ns_write(self->box.ids, "delegate", "1"));
	EXPECT_EQ(-ENOSPC, box_call(&self->box,
				    unshare_to_own_limit_in_child));
	box_end(&self->box);
}

TEST_HARNESS_MAIN
