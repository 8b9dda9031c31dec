// SPDX-License-Identifier: GPL-2.0-only
/* Ways around the hooks, each closed or told in the list. */

#include <sys/ptrace.h>
#include <sys/uio.h>

#include "map.h"
#include "overlay.h"
#include "program.h"

/* A file of sysfs whose read() fails, with an errno that is none of content. */
#define UNREADABLE "/sys/class/net/lo/phys_port_id"

/*
 *          host
 *         /    \
 *       one    two
 */
FIXTURE(hole)
{
	struct box one;
	struct box two;
	struct program program;
	struct map map;
};

FIXTURE_VARIANT(hole)
{
	bool overlay;
};

FIXTURE_VARIANT_ADD(hole, on_ext4)
{
};

FIXTURE_VARIANT_ADD(hole, on_overlay)
{
	.overlay = true,
};

FIXTURE_SETUP(hole)
{
	if (variant->overlay)
		ASSERT_EQ(0, overlay_mount());
	ASSERT_EQ(0, box_start_active(&self->one, NULL, "hole-one"));
	ASSERT_EQ(0, box_start_active(&self->two, NULL, "hole-two"));
	ASSERT_EQ(0, program_make_as(&self->program,
				     variant->overlay ? OVERLAY_MERGED :
							PROGRAM_DIR,
				     SECRET "-"));
	memset(&self->map, 0, sizeof(self->map));
	strcpy(self->map.path, self->program.path);
	self->map.prot = PROT_READ;
}

FIXTURE_TEARDOWN(hole)
{
	box_end(&self->two);
	box_end(&self->one);
	unlink(self->program.path);
	if (variant->overlay)
		overlay_unmount();
}

TEST_F(hole, deny_mprotect_of_what_was_not_measured)
{
	self->map.then = PROT_READ | PROT_EXEC;
	EXPECT_EQ(-EACCES, box_map(&self->one, &self->map));
	/* The host has no such rule. */
	EXPECT_EQ(0, map_file(&self->map));
}

TEST_F(hole, allow_mprotect_of_what_was_measured)
{
	EXPECT_EQ(0, box_run(&self->one, &self->program));
	self->map.then = PROT_READ | PROT_EXEC;
	EXPECT_EQ(0, box_map(&self->one, &self->map));
	/* By another namespace does not count. */
	EXPECT_EQ(-EACCES, box_map(&self->two, &self->map));
}

TEST_F(hole, deny_mprotect_of_what_was_changed)
{
	EXPECT_EQ(0, box_run(&self->one, &self->program));
	ASSERT_EQ(0, program_renew(&self->program));
	self->map.then = PROT_READ | PROT_EXEC;
	EXPECT_EQ(-EACCES, box_map(&self->one, &self->map));
}

#define VIOLATIONS(box) \
	ns_count_if((box)->ids, entry_is_violation, self->program.path)

/* The host writes what one namespace has mapped, and the other has not. */
TEST_F(hole, write_is_a_violation_of_who_relies_on_it)
{
	self->map.prot = PROT_READ | PROT_EXEC;
	self->map.keep = true;
	ASSERT_EQ(0, box_map(&self->one, &self->map));
	EXPECT_EQ(0, VIOLATIONS(&self->one));

	ASSERT_EQ(0, can_open(self->program.path, O_WRONLY));
	EXPECT_EQ(1, VIOLATIONS(&self->one));
	EXPECT_EQ(1, ns_status_num(self->one.ids, "violations"));
	EXPECT_EQ(0, VIOLATIONS(&self->two));
	/* Once, until it is measured again. */
	ASSERT_EQ(0, can_open(self->program.path, O_WRONLY));
	EXPECT_EQ(1, VIOLATIONS(&self->one));

	ASSERT_EQ(0, program_renew(&self->program));
	ASSERT_EQ(0, box_map(&self->one, &self->map));
	ASSERT_EQ(0, can_open(self->program.path, O_WRONLY));
	EXPECT_EQ(2, VIOLATIONS(&self->one));
}

/* A volume that both share: one relies on what the other writes. */
TEST_F(hole, container_writes_what_others_rely_on)
{
	self->map.prot = PROT_READ | PROT_EXEC;
	self->map.keep = true;
	ASSERT_EQ(0, box_map(&self->one, &self->map));
	strcpy(self->two.shared, self->program.path);
	ASSERT_EQ(0, box_call(&self->two, open_for_write));
	EXPECT_EQ(1, VIOLATIONS(&self->one));
	EXPECT_EQ(0, ns_status_num(self->two.ids, "violations"));
}

/* Nobody reads it any more. */
TEST_F(hole, write_after_use_is_none)
{
	EXPECT_EQ(0, box_run(&self->one, &self->program));
	ASSERT_EQ(0, can_open(self->program.path, O_WRONLY));
	EXPECT_EQ(0, VIOLATIONS(&self->one));
}

TEST_F(hole, mapped_while_open_for_write)
{
	const int fd = open(self->program.path, O_WRONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	self->map.prot = PROT_READ | PROT_EXEC;
	ASSERT_EQ(0, box_map(&self->one, &self->map));
	EXPECT_EQ(1, VIOLATIONS(&self->one));
	ASSERT_EQ(0, box_map(&self->one, &self->map));
	EXPECT_EQ(1, VIOLATIONS(&self->one));
	EXPECT_EQ(0, VIOLATIONS(&self->two));
	close(fd);
}

TEST_F(hole, mapped_by_its_own_writer)
{
	self->map.prot = PROT_READ | PROT_EXEC;
	self->map.flags = O_RDWR;
	ASSERT_EQ(0, box_map(&self->one, &self->map));
	EXPECT_EQ(1, VIOLATIONS(&self->one));
}

TEST_F(hole, deny_what_can_not_be_read)
{
	int i;

	strcpy(self->map.path, UNREADABLE);
	self->map.prot = PROT_READ | PROT_EXEC;
	/* The host does not measure it, and gets as far as "noexec". */
	EXPECT_EQ(-EPERM, map_file(&self->map));
	for (i = 0; i < 5; i++)
		EXPECT_EQ(-EACCES, box_map(&self->one, &self->map));
	EXPECT_EQ(5, ns_status_num(self->one.ids, "losses"));
	/* The first, second and fourth. */
	EXPECT_EQ(3, ns_count(self->one.ids, NULL, IMA_NS_EVENT_LOSS));
	EXPECT_EQ(0, ns_status_num(self->two.ids, "losses"));
}

/* What the box is told to reach for: a process and an address in it. */
struct reach {
	pid_t pid;
	void *at;
	int fd;
};

static int reach_write(const struct reach *reach)
{
	int value = 1;
	const struct iovec local = { &value, sizeof(value) };
	const struct iovec remote = { reach->at, sizeof(value) };

	return process_vm_writev(reach->pid, &local, 1, &remote, 1, 0) < 0 ?
	       -errno : 0;
}

static int reach_attach(const struct reach *reach)
{
	if (ptrace(PTRACE_ATTACH, reach->pid, NULL, NULL))
		return -errno;
	waitpid(reach->pid, NULL, 0);
	return ptrace(PTRACE_DETACH, reach->pid, NULL, NULL) ? -errno : 0;
}

static int reach_mem(const struct reach *reach)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", reach->pid);
	return can_open(path, O_RDWR);
}

static int reach_fd(const struct reach *reach)
{
	const int pidfd = sys_pidfd_open(reach->pid);
	const int fd = syscall(__NR_pidfd_getfd, pidfd, reach->fd, 0);
	const int ret = fd < 0 ? -errno : 0;

	close(pidfd);
	if (fd >= 0)
		close(fd);
	return ret;
}

static int (*const reaches[])(const struct reach *reach) = {
	reach_write, reach_attach, reach_mem, reach_fd,
};

/* Which of them failed with an errno of permission: a bit each. */
static int reach_all(void *shared)
{
	int denied = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reaches); i++) {
		const int ret = reaches[i](shared);

		if (ret == -EPERM || ret == -EACCES)
			denied |= 1 << i;
		else if (ret)
			return ret;
	}
	return denied;
}

static const int all_denied = (1 << ARRAY_SIZE(reaches)) - 1;

static int shared_value;

/* A process of the test's that lets itself be reached for. */
static pid_t start_target(void)
{
	const pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

static int reach_from(struct box *box, pid_t pid)
{
	struct reach *const reach = box->shared;

	*reach = (struct reach){ .pid = pid, .at = &shared_value };
	return box_call(box, reach_all);
}

TEST_F(hole, deny_reaching_upwards)
{
	const pid_t target = start_target();
	struct box below;

	ASSERT_LT(0, target);
	EXPECT_EQ(all_denied, reach_from(&self->one, target));
	/* Nor beside; but below, and in the own namespace. */
	EXPECT_EQ(all_denied, reach_from(&self->one, self->two.pid));
	ASSERT_EQ(0, box_start_active(&below, &self->one, "hole-below"));
	EXPECT_EQ(0, reach_from(&self->one, below.pid));
	EXPECT_EQ(all_denied, reach_from(&below, self->one.pid));
	box_end(&below);
	kill(target, SIGKILL);
	waitpid(target, NULL, 0);
}

TEST_F(hole, allow_reaching_from_the_host)
{
	const struct reach reach = {
		.pid = self->one.pid,
		.at = &shared_value,
	};

	EXPECT_EQ(0, reach_all((void *)&reach));
}

/* What a box is told to bind, and where. */
struct binding {
	char ids[ID_PATH_MAX];
	uint8_t data[128];
	size_t len;
};

static int bind_data(void *shared)
{
	const struct binding *const binding = shared;

	return write_file(ns_file(binding->ids, "bind"), binding->data,
			  binding->len);
}

static int box_bind(struct box *box, const char *ids, const void *data,
		    size_t len)
{
	struct binding *const binding = box->shared;

	snprintf(binding->ids, sizeof(binding->ids), "%s", ids);
	memcpy(binding->data, data, len);
	binding->len = len;
	return box_call(box, bind_data);
}

FIXTURE(bind)
{
	struct box box;
	uint8_t data[128];
};

FIXTURE_SETUP(bind)
{
	ASSERT_EQ(0, box_start(&self->box, NULL));
	ASSERT_EQ(sizeof(self->data),
		  getrandom(self->data, sizeof(self->data), 0));
}

FIXTURE_TEARDOWN(bind)
{
	box_end(&self->box);
}

#define BIND(len) box_bind(&self->box, self->box.ids, self->data, len)

struct bytes {
	const void *data;
	size_t len;
};

/* Is it an "ima-ns/bind" of these bytes? */
static bool is_binding(const struct entry *entry, const void *arg)
{
	const struct bytes *const bytes = arg;

	return !strcmp(entry->name, IMA_NS_EVENT_BIND) &&
	       entry->third_len == sizeof(struct ima_ns_bind) + bytes->len &&
	       !memcmp(entry->third + sizeof(struct ima_ns_bind), bytes->data,
		       bytes->len);
}

static int bound(const char *ids, const void *data, size_t len)
{
	const struct bytes bytes = { data, len };

	return ns_count_if(ids, is_binding, &bytes);
}

TEST_F(bind, allow_own_task)
{
	ASSERT_EQ(0, ns_activate(self->box.ids, SECRET "-bind"));
	EXPECT_EQ(0, BIND(1));
	EXPECT_EQ(0, BIND(IMA_NS_BIND_MAX));
	EXPECT_EQ(1, bound(self->box.ids, self->data, 1));
	EXPECT_EQ(1, bound(self->box.ids, self->data, IMA_NS_BIND_MAX));
	EXPECT_EQ(BOX_OWN + 2, ns_status_num(self->box.ids, "entries"));
}

TEST_F(bind, deny_bad_length)
{
	ASSERT_EQ(0, ns_activate(self->box.ids, SECRET "-bind"));
	EXPECT_EQ(-EINVAL, BIND(IMA_NS_BIND_MAX + 1));
	EXPECT_EQ(BOX_OWN, ns_status_num(self->box.ids, "entries"));
}

TEST_F(bind, deny_before_activation)
{
	EXPECT_EQ(-EBUSY, BIND(8));
}

TEST_F(bind, deny_ancestor)
{
	ASSERT_EQ(0, ns_activate(self->box.ids, SECRET "-bind"));
	EXPECT_EQ(-EPERM, can_open(ns_file(self->box.ids, "bind"), O_WRONLY));
}

TEST_HARNESS_MAIN
