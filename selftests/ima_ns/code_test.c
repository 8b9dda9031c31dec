// SPDX-License-Identifier: GPL-2.0-only
/* Code that enters a namespace is measured into it: "ima-ns/enter". */

#include <sched.h>

#include "fuse.h"
#include "map.h"
#include "overlay.h"
#include "program.h"

/* What a child that enters a namespace is told. */
struct code {
	struct map map;
	/* Where it goes. */
	int ns;
	/* After that, it runs the file. */
	bool run;
};

static int enter_with_code(void *arg)
{
	const struct code *const code = arg;
	int ret = map_file(&code->map);

	ret = ret ?: sys_setns(code->ns, CLONE_NEWIMA);
	return ret ?: code->run ? program_run(code->map.path) : 0;
}

/* Does an "ima-ns/enter" show this file? */
static bool shows_entered(const struct entry *entry, const void *arg)
{
	static const char algo[8] = "sha256:";
	const struct wanted *const wanted = arg;
	struct ima_ns_enter head;
	const uint8_t *digest;
	const char *path;

	if (strcmp(entry->name, IMA_NS_EVENT_ENTER) ||
	    entry->third_len < sizeof(head))
		return false;
	memcpy(&head, entry->third, sizeof(head));
	if (memcmp(head.magic, IMA_NS_MAGIC_ENTER, sizeof(head.magic)) ||
	    head.size != sizeof(head) || head.reserved || !head.path_len ||
	    entry->third_len != (uint32_t)head.size + head.digest_len +
				head.path_len)
		return false;
	digest = entry->third + sizeof(head);
	path = (const char *)digest + head.digest_len;
	return !path[head.path_len - 1] && !strcmp(path, wanted->path) &&
	       (!wanted->digest ||
		(head.digest_len == sizeof(algo) + SHA256_SIZE &&
		 !memcmp(digest, algo, sizeof(algo)) &&
		 !memcmp(digest + sizeof(algo), wanted->digest, SHA256_SIZE)));
}

static int entered(const struct box *box, const struct program *program)
{
	const struct wanted wanted = { program->digest, program->path };

	return ns_count_if(box->ids, shows_entered, &wanted);
}

static int entered_path(const struct box *box, const char *path)
{
	const struct wanted wanted = { NULL, path };

	return ns_count_if(box->ids, shows_entered, &wanted);
}

#define MEASURED(box, program) \
	ns_count((box)->ids, (program)->digest, (program)->path)

/*
 *          host
 *         /    \
 *       box    other
 */
FIXTURE(code)
{
	struct box box;
	struct box other;
	struct program program;
	struct code code;
};

FIXTURE_VARIANT(code)
{
	bool overlay;
};

FIXTURE_VARIANT_ADD(code, on_ext4)
{
};

FIXTURE_VARIANT_ADD(code, on_overlay)
{
	.overlay = true,
};

FIXTURE_SETUP(code)
{
	if (variant->overlay)
		ASSERT_EQ(0, overlay_mount());
	ASSERT_EQ(0, box_start(&self->box, NULL));
	ASSERT_EQ(0, box_start_active(&self->other, NULL, "code-other"));
	ASSERT_EQ(0, program_make_as(&self->program,
				     variant->overlay ? OVERLAY_MERGED :
							PROGRAM_DIR,
				     SECRET "-"));
	memset(&self->code, 0, sizeof(self->code));
	strcpy(self->code.map.path, self->program.path);
	self->code.map.prot = PROT_READ | PROT_EXEC;
	self->code.map.keep = true;
	self->code.ns = box_ns_fd(&self->box);
	ASSERT_LE(0, self->code.ns);
}

FIXTURE_TEARDOWN(code)
{
	close(self->code.ns);
	box_end(&self->other);
	box_end(&self->box);
	unlink(self->program.path);
	if (variant->overlay)
		overlay_unmount();
}

#define ACTIVATE() ns_activate(self->box.ids, SECRET "-code")
#define ENTER() in_child(enter_with_code, &self->code)

TEST_F(code, inside_at_activation)
{
	char exe[PATH_MAX];
	const ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	ASSERT_LT(0, len);
	exe[len] = '\0';
	ASSERT_EQ(0, box_map(&self->box, &self->code.map));
	ASSERT_EQ(0, ACTIVATE());
	EXPECT_EQ(1, entered(&self->box, &self->program));
	EXPECT_EQ(1, entered_path(&self->box, exe));
	EXPECT_EQ(0, MEASURED(&self->box, &self->program));
	/* These two only; and nothing is said of it elsewhere. */
	EXPECT_EQ(BOX_OWN + 1, ns_status_num(self->box.ids, "entries"));
	EXPECT_EQ(0, entered(&self->other, &self->program));
}

TEST_F(code, of_each_task_inside)
{
	struct box second;

	ASSERT_EQ(0, box_start_with(&second, &self->box, CLONE_NEWIPC));
	ASSERT_STREQ(self->box.ids, second.ids);
	ASSERT_EQ(0, box_map(&second, &self->code.map));
	ASSERT_EQ(0, ACTIVATE());
	EXPECT_EQ(1, entered(&self->box, &self->program));
	box_end(&second);
}

/* A child's tasks are the parent's as long as the child is new. */
TEST_F(code, of_a_new_child_inside)
{
	struct box child;

	ASSERT_EQ(0, box_start(&child, &self->box));
	ASSERT_EQ(0, box_map(&child, &self->code.map));
	ASSERT_EQ(0, ACTIVATE());
	EXPECT_EQ(1, entered(&self->box, &self->program));
	ASSERT_EQ(0, ns_activate(child.ids, SECRET "-code-child"));
	EXPECT_EQ(1, entered(&child, &self->program));
	EXPECT_EQ(1, entered(&self->box, &self->program));
	box_end(&child);
}

TEST_F(code, of_who_enters)
{
	ASSERT_EQ(0, ACTIVATE());
	EXPECT_EQ(0, entered(&self->box, &self->program));
	EXPECT_EQ(0, ENTER());
	EXPECT_EQ(1, entered(&self->box, &self->program));
	/* Known already. */
	EXPECT_EQ(0, ENTER());
	EXPECT_EQ(1, entered(&self->box, &self->program));
	ASSERT_EQ(0, program_renew(&self->program));
	EXPECT_EQ(0, ENTER());
	EXPECT_EQ(1, entered(&self->box, &self->program));
	EXPECT_EQ(2, entered_path(&self->box, self->program.path));
}

/* Entering what is new means entering its active ancestor. */
TEST_F(code, of_who_enters_a_new_child)
{
	struct box child;

	ASSERT_EQ(0, ACTIVATE());
	ASSERT_EQ(0, box_start(&child, &self->box));
	close(self->code.ns);
	self->code.ns = box_ns_fd(&child);
	EXPECT_EQ(0, ENTER());
	EXPECT_EQ(1, entered(&self->box, &self->program));
	box_end(&child);
}

TEST_F(code, none_without_exec)
{
	self->code.map.prot = PROT_READ;
	ASSERT_EQ(0, box_map(&self->box, &self->code.map));
	ASSERT_EQ(0, ACTIVATE());
	EXPECT_EQ(0, ENTER());
	EXPECT_EQ(0, entered(&self->box, &self->program));
}

/* For tools that know the plain entries only, it is shown again when run. */
TEST_F(code, measured_again_when_run)
{
	ASSERT_EQ(0, ACTIVATE());
	self->code.run = true;
	EXPECT_EQ(0, ENTER());
	EXPECT_EQ(1, entered(&self->box, &self->program));
	EXPECT_EQ(1, MEASURED(&self->box, &self->program));
	/* But not the other way round. */
	EXPECT_EQ(0, box_run(&self->other, &self->program));
	close(self->code.ns);
	self->code.ns = box_ns_fd(&self->other);
	EXPECT_EQ(0, ENTER());
	EXPECT_EQ(0, entered(&self->other, &self->program));
	EXPECT_EQ(1, MEASURED(&self->other, &self->program));
}

TEST_F(code, violated_under_its_path)
{
	ASSERT_EQ(0, box_map(&self->box, &self->code.map));
	ASSERT_EQ(0, ACTIVATE());
	ASSERT_EQ(0, can_open(self->program.path, O_WRONLY));
	EXPECT_EQ(1, ns_count_if(self->box.ids, entry_is_violation,
				 self->program.path));
	EXPECT_EQ(0, ns_status_num(self->other.ids, "violations"));
}

#define MANY 40

/* Files that a box maps one after the other. */
struct many {
	struct map maps[MANY];
	int mapped;
};

static int map_many(void *shared)
{
	struct many *const many = shared;
	int i, ret = 0;

	for (i = 0; !ret && i < MANY; i++)
		ret = map_file(&many->maps[i]);
	return ret;
}

/*
 * Whatever a task maps while its namespace is activated is in the list in the
 * end: as brought along, or by the hook. Most of these races are won by one
 * side; the box and the activation are let loose at the same time.
 */
TEST_F(code, mapped_during_activation)
{
	struct many *const many = self->box.shared;
	struct program programs[MANY];
	const box_fn fn = map_many;
	int i, missing = 0;

	ASSERT_LE(sizeof(*many), BOX_SHARED);
	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(0, program_make(&programs[i]));
		strcpy(many->maps[i].path, programs[i].path);
		many->maps[i].prot = PROT_READ | PROT_EXEC;
		many->maps[i].keep = true;
	}
	ASSERT_EQ(0, ns_write(self->box.ids, "label", SECRET "-code"));
	ASSERT_EQ(sizeof(fn), write(self->box.sock, &fn, sizeof(fn)));
	ASSERT_EQ(0, ns_write(self->box.ids, "active", "1"));
	ASSERT_EQ(0, box_answer(&self->box));

	for (i = 0; i < MANY; i++) {
		missing += !entered(&self->box, &programs[i]) &&
			   !MEASURED(&self->box, &programs[i]);
		unlink(programs[i].path);
	}
	EXPECT_EQ(0, missing);
}

/* So large that hashing it takes a while. */
#define LARGE (64 << 20)

/*
 * A hook that began before the activation measures for the parent. The file is
 * mapped after the activation has looked, and the task looks again.
 */
TEST_F(code, mapped_by_a_hook_from_before)
{
	const box_fn fn = map_file_boxed;
	struct pollfd answer;
	struct box child;

	ASSERT_EQ(0, ACTIVATE());
	ASSERT_EQ(0, box_start(&child, &self->box));
	ASSERT_EQ(0, truncate(self->program.path, LARGE));
	memcpy(child.shared, &self->code.map, sizeof(self->code.map));
	ASSERT_EQ(sizeof(fn), write(child.sock, &fn, sizeof(fn)));
	sleep_ms(50);
	ASSERT_EQ(0, ns_activate(child.ids, SECRET "-code-child"));
	/* Else the test has shown nothing. */
	answer = (struct pollfd){ .fd = child.sock, .events = POLLIN };
	ASSERT_EQ(0, poll(&answer, 1, 0));

	EXPECT_EQ(0, box_answer(&child));
	EXPECT_EQ(1, ns_count(self->box.ids, NULL, self->program.path));
	EXPECT_EQ(1, entered_path(&child, self->program.path));
	box_end(&child);
}

/* A file that can be mapped, and not read. */
FIXTURE(eio)
{
	struct box box;
	struct fuse fuse;
	struct code code;
};

FIXTURE_SETUP(eio)
{
	ASSERT_EQ(0, fuse_start(&self->fuse));
	ASSERT_EQ(0, box_start(&self->box, NULL));
	memset(&self->code, 0, sizeof(self->code));
	snprintf(self->code.map.path, sizeof(self->code.map.path), "%s/%s",
		 self->fuse.dir, FUSE_FILE_NAME);
	self->code.map.prot = PROT_READ | PROT_EXEC;
	self->code.map.keep = true;
	self->code.ns = box_ns_fd(&self->box);
	ASSERT_LE(0, self->code.ns);
}

FIXTURE_TEARDOWN(eio)
{
	close(self->code.ns);
	box_end(&self->box);
	fuse_end(&self->fuse);
}

TEST_F(eio, deny_hook)
{
	int i;

	ASSERT_EQ(0, ns_activate(self->box.ids, SECRET "-eio"));
	for (i = 0; i < 5; i++)
		EXPECT_EQ(-EACCES, box_map(&self->box, &self->code.map));
	EXPECT_EQ(5, ns_status_num(self->box.ids, "losses"));
	/* The first, second and fourth. */
	EXPECT_EQ(3, ns_count(self->box.ids, NULL, IMA_NS_EVENT_LOSS));
}

/* Who is refused has not run there: no loss. */
TEST_F(eio, deny_entering)
{
	ASSERT_EQ(0, ns_activate(self->box.ids, SECRET "-eio"));
	EXPECT_EQ(-EACCES, in_child(enter_with_code, &self->code));
	EXPECT_EQ(0, ns_status_num(self->box.ids, "losses"));
}

/* Who is inside does not go on, and this is told. */
TEST_F(eio, kill_who_is_inside)
{
	int status;

	ASSERT_EQ(0, box_map(&self->box, &self->code.map));
	ASSERT_EQ(0, ns_activate(self->box.ids, SECRET "-eio"));
	/* It sleeps in the kernel until it is called. */
	EXPECT_EQ(-EPIPE, box_call(&self->box, map_file_boxed));
	ASSERT_EQ(self->box.pid, waitpid(self->box.pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	EXPECT_EQ(1, ns_count(self->box.ids, NULL, IMA_NS_EVENT_LOSS));
	EXPECT_EQ(1, ns_status_num(self->box.ids, "losses"));
	self->box.pid = 0;
}

TEST_HARNESS_MAIN
