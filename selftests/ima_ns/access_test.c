// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may open a namespace's files, also when root in a container mounts
 * securityfs itself.
 */

#include <dirent.h>

#include "box.h"
#include "list.h"

static const char *const readable[] = {
	"status", "label", "ascii_runtime_measurements",
	"binary_runtime_measurements", "ascii_runtime_measurements_sha256",
	"binary_runtime_measurements_sha256",
};

static const char *const writable[] = {
	"label", "active", "release", "delegate", "key_self", "quota",
};

/*
 * The reader mounts securityfs in a mount namespace of its own.
 *
 *          host
 *         /    \
 *       pod    sibling
 *      /   \
 *    ctr   ctr2
 */
FIXTURE(access)
{
	struct box pod;
	struct box sibling;
	struct box ctr;
	struct box ctr2;
};

enum who { HOST, POD, SIBLING, CTR, CTR2 };

FIXTURE_VARIANT(access)
{
	enum who reader;
	enum who target;
	/* What open() of a file says, and of the key. */
	int result;
	int key;
};

FIXTURE_VARIANT_ADD(access, allow_own_but_not_the_key)
{
	.reader = POD,
	.target = POD,
	.key = -EPERM,
};

FIXTURE_VARIANT_ADD(access, allow_child)
{
	.reader = POD,
	.target = CTR,
};

FIXTURE_VARIANT_ADD(access, allow_from_host)
{
	.reader = HOST,
	.target = CTR,
};

/* The way down to the own directory can be walked, and no more. */
FIXTURE_VARIANT_ADD(access, deny_parent)
{
	.reader = CTR,
	.target = POD,
	.result = -EPERM,
	.key = -EPERM,
};

/* Others do not even exist. */
FIXTURE_VARIANT_ADD(access, deny_sibling)
{
	.reader = POD,
	.target = SIBLING,
	.result = -ENOENT,
	.key = -ENOENT,
};

FIXTURE_VARIANT_ADD(access, deny_sibling_below)
{
	.reader = CTR,
	.target = CTR2,
	.result = -ENOENT,
	.key = -ENOENT,
};

FIXTURE_VARIANT_ADD(access, deny_nephew)
{
	.reader = SIBLING,
	.target = CTR,
	.result = -ENOENT,
	.key = -ENOENT,
};

FIXTURE_VARIANT_ADD(access, deny_uncle)
{
	.reader = CTR,
	.target = SIBLING,
	.result = -ENOENT,
	.key = -ENOENT,
};

FIXTURE_SETUP(access)
{
	ASSERT_EQ(0, box_start_active(&self->pod, NULL, "access-pod"));
	ASSERT_EQ(0, box_start_active(&self->sibling, NULL, "access-sib"));
	ASSERT_EQ(0, box_start_active(&self->ctr, &self->pod, "access-ctr"));
	ASSERT_EQ(0, box_start_active(&self->ctr2, &self->pod, "access-ctr2"));
}

FIXTURE_TEARDOWN(access)
{
	box_end(&self->ctr2);
	box_end(&self->ctr);
	box_end(&self->sibling);
	box_end(&self->pod);
}

static struct box *access_box(FIXTURE_DATA(access) *self, enum who who)
{
	struct box *const boxes[] = {
		[POD] = &self->pod, [SIBLING] = &self->sibling,
		[CTR] = &self->ctr, [CTR2] = &self->ctr2,
	};

	return boxes[who];
}

/* A securityfs of one's own; the mount goes with the mount namespace. */
static int mount_own(char dir[64])
{
	snprintf(dir, 64, "/tmp/securityfs-%d", getpid());
	if (sys_unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    (mkdir(dir, 0700) && errno != EEXIST) ||
	    mount("none", dir, "securityfs", 0, NULL))
		return -errno;
	strcat(dir, "/integrity/ima/ns");
	return 0;
}

struct attempt {
	char ids[ID_PATH_MAX];
	/* What every open() must return. */
	int readable;
	int key;
	int writable;
	/* The first one that did not, and what it returned. */
	char file[64];
	int got;
};

static bool attempt_file(struct attempt *attempt, const char *dir,
			 const char *file, int flags, int want)
{
	attempt->got = can_open(ns_file_in(dir, attempt->ids, file), flags);
	if (attempt->got == want)
		return true;
	snprintf(attempt->file, sizeof(attempt->file), "%s", file);
	return false;
}

static bool attempt_all(struct attempt *attempt, const char *dir)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(readable); i++)
		if (!attempt_file(attempt, dir, readable[i], O_RDONLY,
				  attempt->readable))
			return false;
	for (i = 0; i < ARRAY_SIZE(writable); i++)
		if (!attempt_file(attempt, dir, writable[i], O_WRONLY,
				  attempt->writable))
			return false;
	return attempt_file(attempt, dir, "key", O_RDONLY, attempt->key);
}

static int attempt_own_mount(void *arg)
{
	struct attempt *const attempt = arg;
	char dir[64];
	int ret;

	ret = mount_own(dir);
	if (ret)
		return ret;
	return attempt_all(attempt, dir) ? 0 : -EPROTO;
}

static int attempt_given_mount(void *arg)
{
	return attempt_all(arg, NS_DIR) ? 0 : -EPROTO;
}

static int own_mount_in_child(void *shared)
{
	return in_child(attempt_own_mount, shared);
}

static int given_mount_in_child(void *shared)
{
	return in_child(attempt_given_mount, shared);
}

TEST_F(access, open)
{
	static const box_fn ways[] = {
		given_mount_in_child, own_mount_in_child,
	};
	struct box *const reader = access_box(self, variant->reader);
	struct box *const target = access_box(self, variant->target);
	struct attempt *const attempt = (reader ?: &self->pod)->shared;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		memset(attempt, 0, sizeof(*attempt));
		strcpy(attempt->ids, target->ids);
		attempt->readable = variant->result;
		attempt->writable = variant->result;
		attempt->key = variant->key;
		EXPECT_EQ(0, reader ? box_call(reader, ways[i]) :
				      ways[i](attempt))
		{
			TH_LOG("%s: %d", attempt->file, attempt->got);
		}
		/* What the host sees afterwards is all there. */
		EXPECT_EQ(0, can_open(ns_file(target->ids, "status"),
				      O_RDONLY));
	}
}

/*
 * What the host hands to a container that is beside the one it belongs to.
 *
 *        host
 *       /    \
 *     owner  late <-- descriptor of owner's
 */
FIXTURE(handed)
{
	struct box owner;
	struct box late;
	int fd;
};

FIXTURE_VARIANT(handed)
{
	/* "" is the directory. */
	const char *opened;
	int flags;
	/* What is opened through the directory. */
	const char *then;
	int result;
};

/* Opening a file is what is checked: an open one serves its holder. */
FIXTURE_VARIANT_ADD(handed, allow_open_file)
{
	.opened = "status",
	.flags = O_RDONLY,
};

FIXTURE_VARIANT_ADD(handed, deny_status_in_directory)
{
	.opened = "",
	.flags = O_RDONLY | O_DIRECTORY,
	.then = "status",
	.result = -EACCES,
};

FIXTURE_VARIANT_ADD(handed, deny_list_in_path)
{
	.opened = "",
	.flags = O_PATH | O_DIRECTORY,
	.then = "binary_runtime_measurements",
	.result = -EACCES,
};

FIXTURE_VARIANT_ADD(handed, deny_children_in_path)
{
	.opened = "",
	.flags = O_PATH | O_DIRECTORY,
	.then = "ns",
	.result = -EACCES,
};

/* An O_PATH descriptor has not been opened for reading yet. */
FIXTURE_VARIANT_ADD(handed, deny_reopened_path)
{
	.opened = "status",
	.flags = O_PATH,
	.then = "/proc/self/fd/",
	.result = -EPERM,
};

FIXTURE_SETUP(handed)
{
	ASSERT_EQ(0, box_start_active(&self->owner, NULL, "handed-owner"));
	self->fd = open(ns_file(self->owner.ids, variant->opened),
			variant->flags);
	ASSERT_LE(0, self->fd);
	/* It is inherited over fork. */
	ASSERT_EQ(0, box_start_active(&self->late, NULL, "handed-late"));
}

FIXTURE_TEARDOWN(handed)
{
	box_end(&self->late);
	box_end(&self->owner);
	close(self->fd);
}

struct handed_arg {
	int fd;
	char then[64];
};

static int open_through(void *shared)
{
	const struct handed_arg *const arg = shared;
	char byte;
	int fd, ret;

	if (!arg->then[0])
		return read(arg->fd, &byte, 1) == 1 ? 0 : -errno;
	fd = openat(arg->fd, arg->then, O_RDONLY | O_CLOEXEC);
	ret = fd < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return ret;
}

TEST_F(handed, use)
{
	struct handed_arg *const arg = self->late.shared;

	arg->fd = self->fd;
	snprintf(arg->then, sizeof(arg->then), "%s", variant->then ?: "");
	if (!strcmp(arg->then, "/proc/self/fd/"))
		snprintf(arg->then, sizeof(arg->then), "/proc/self/fd/%d",
			 self->fd);
	EXPECT_EQ(variant->result, box_call(&self->late, open_through));
}

/*
 * The key: the parent's side has it, the namespace's own only by key_self.
 */
FIXTURE(key)
{
	struct box box;
};

FIXTURE_SETUP(key)
{
	ASSERT_EQ(0, box_start(&self->box, NULL));
	ASSERT_EQ(0, ns_write(self->box.ids, "label", SECRET "-key"));
}

FIXTURE_TEARDOWN(key)
{
	box_end(&self->box);
}

/* Read the key of the caller's own namespace into the shared page. */
static int read_own_key(void *shared)
{
	char ids[ID_PATH_MAX];
	const int ret = ns_self(ids);

	return ret ?: read_file(ns_file(ids, "key"), shared, 64);
}

TEST_F(key, deny_before_activation)
{
	uint8_t key[64];

	EXPECT_EQ(-ENODATA, read_file(ns_file(self->box.ids, "key"), key,
				      sizeof(key)));
}

TEST_F(key, allow_parent)
{
	uint8_t key[64], again[64];
	struct stat st;

	ASSERT_EQ(0, ns_write(self->box.ids, "active", "1"));
	EXPECT_EQ(IMA_NS_KEY_SIZE, read_file(ns_file(self->box.ids, "key"),
					     key, sizeof(key)));
	EXPECT_EQ(IMA_NS_KEY_SIZE, read_file(ns_file(self->box.ids, "key"),
					     again, sizeof(again)));
	EXPECT_EQ(0, memcmp(key, again, IMA_NS_KEY_SIZE));
	ASSERT_EQ(0, stat(ns_file(self->box.ids, "key"), &st));
	EXPECT_EQ(0400, st.st_mode & 07777);
}

TEST_F(key, deny_self)
{
	ASSERT_EQ(0, ns_write(self->box.ids, "active", "1"));
	EXPECT_EQ(-EPERM, box_call(&self->box, read_own_key));
}

TEST_F(key, allow_self_with_key_self)
{
	uint8_t key[64];

	ASSERT_EQ(0, ns_write(self->box.ids, "key_self", "1"));
	ASSERT_EQ(0, ns_write(self->box.ids, "active", "1"));
	EXPECT_EQ(IMA_NS_KEY_SIZE, box_call(&self->box, read_own_key));
	ASSERT_EQ(IMA_NS_KEY_SIZE, read_file(ns_file(self->box.ids, "key"),
					     key, sizeof(key)));
	EXPECT_EQ(0, memcmp(key, self->box.shared, IMA_NS_KEY_SIZE));
}

TEST_F(key, deny_key_self_after_activation)
{
	ASSERT_EQ(0, ns_write(self->box.ids, "active", "1"));
	EXPECT_EQ(-EBUSY, ns_write(self->box.ids, "key_self", "1"));
	EXPECT_EQ(-EPERM, box_call(&self->box, read_own_key));
}

TEST_F(key, each_has_its_own)
{
	uint8_t key[64], other_key[64];
	struct box other;

	ASSERT_EQ(0, ns_write(self->box.ids, "active", "1"));
	ASSERT_EQ(0, box_start_active(&other, NULL, "key-other"));
	ASSERT_EQ(IMA_NS_KEY_SIZE, read_file(ns_file(self->box.ids, "key"),
					     key, sizeof(key)));
	ASSERT_EQ(IMA_NS_KEY_SIZE, read_file(ns_file(other.ids, "key"),
					     other_key, sizeof(other_key)));
	EXPECT_NE(0, memcmp(key, other_key, IMA_NS_KEY_SIZE));
	box_end(&other);
}

/*
 * What a namespace is shown of the others.
 *
 *          host
 *         /    \
 *       pod    sibling
 *        |
 *       ctr
 */
FIXTURE(view)
{
	struct box pod;
	struct box ctr;
	struct box sibling;
};

FIXTURE_SETUP(view)
{
	ASSERT_EQ(0, box_start_active(&self->pod, NULL, "view-pod"));
	ASSERT_EQ(0, box_start_active(&self->ctr, &self->pod, "view-ctr"));
	ASSERT_EQ(0, box_start_active(&self->sibling, NULL, "view-sibling"));
}

FIXTURE_TEARDOWN(view)
{
	box_end(&self->sibling);
	box_end(&self->ctr);
	box_end(&self->pod);
}

static int events_hold(void *shared)
{
	return file_holds(NS_DIR "/events", shared);
}

static int pod_events_hold(struct box *pod, const struct box *other)
{
	snprintf(pod->shared, BOX_SHARED, " active %s\n", other->ids);
	return box_call(pod, events_hold);
}

TEST_F(view, events)
{
	EXPECT_EQ(1, pod_events_hold(&self->pod, &self->pod));
	EXPECT_EQ(1, pod_events_hold(&self->pod, &self->ctr));
	EXPECT_EQ(0, pod_events_hold(&self->pod, &self->sibling));
	EXPECT_EQ(0, pod_events_hold(&self->ctr, &self->pod));
}

/* The first line of the page is a directory, the second a name in it. */
static int directory_holds(void *shared)
{
	char path[NS_PATH_MAX], *name;
	struct dirent *entry;
	int found = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s", (char *)shared);
	name = strchr(path, '\n');
	*name++ = '\0';
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir)))
		found += !strcmp(entry->d_name, name);
	closedir(dir);
	return found;
}

static int view_holds(struct box *box, const char *dir, const char *ids)
{
	snprintf(box->shared, BOX_SHARED, "%s\n%llu", dir, ids_last(ids));
	return box_call(box, directory_holds);
}

TEST_F(view, directories)
{
	EXPECT_EQ(1, view_holds(&self->pod, NS_DIR, self->pod.ids));
	EXPECT_EQ(0, view_holds(&self->pod, NS_DIR, self->sibling.ids));
	EXPECT_EQ(1, view_holds(&self->pod, ns_file(self->pod.ids, "ns"),
				self->ctr.ids));
	EXPECT_EQ(1, view_holds(&self->ctr, NS_DIR, self->pod.ids));
	EXPECT_EQ(0, view_holds(&self->ctr, NS_DIR, self->sibling.ids));
	EXPECT_EQ(1, view_holds(&self->ctr, ns_file(self->pod.ids, "ns"),
				self->ctr.ids));
}

/* A nested namespace's path begins with its parent's. */
TEST_F(view, self)
{
	char ids[2 * ID_PATH_MAX];

	EXPECT_EQ(0, ns_self(ids));
	EXPECT_STREQ("0", ids);
	snprintf(ids, sizeof(ids), "%s/%llu", self->pod.ids,
		 ids_last(self->ctr.ids));
	EXPECT_STREQ(ids, self->ctr.ids);
}

TEST_HARNESS_MAIN
