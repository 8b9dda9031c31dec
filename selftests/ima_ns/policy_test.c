// SPDX-License-Identifier: GPL-2.0-only
/*
 * A namespace's own policy: its text while it is new, and what it does. The
 * rules that are loaded into the host's policy stay until reboot, so each is
 * for an id that nothing else uses.
 */


#include "map.h"
#include "program.h"

#define DEFAULT_TEXT	"measure func=BPRM_CHECK\n" \
			"measure func=MMAP_CHECK mask=MAY_EXEC\n"
#define FORMER_TEXT	"dont_measure uid=7\nmeasure func=CREDS_CHECK\n"

#define TEXT_MAX 65536

enum {
	UID_CONTAINER = 4801,
	UID_HOST,
	/* Mapped into a box's user namespace. */
	UID_MAPPED = 104800,
};

static char text_buf[TEXT_MAX + 16];

/* Is this what the namespace says its policy is? */
static bool policy_is(const char *ids, const char *want)
{
	const ssize_t len = read_text(ns_file(ids, "policy"), text_buf,
				      sizeof(text_buf));

	return len == (ssize_t)strlen(want) && !strcmp(text_buf, want);
}

static int start_with_policy(struct box *box, const struct box *below,
			     const char *policy)
{
	char label[64];
	int ret;

	ret = box_start(box, below);
	if (ret)
		return ret;
	snprintf(label, sizeof(label), SECRET "-policy-%d", box->pid);
	ret = ns_write(box->ids, "policy", policy);
	ret = ret ?: ns_activate(box->ids, label);
	if (ret)
		box_end(box);
	return ret;
}

/*
 *   host -- policy --> new
 */
FIXTURE(text)
{
	struct box box;
};

FIXTURE_VARIANT(text)
{
	const char *text;
	/* NULL: refused. */
	const char *canonical;
};

FIXTURE_VARIANT_ADD(text, allow_default)
{
	.text = DEFAULT_TEXT,
	.canonical = DEFAULT_TEXT,
};

FIXTURE_VARIANT_ADD(text, allow_comment_only)
{
	.text = "# the floor will do\n",
	.canonical = "",
};

FIXTURE_VARIANT_ADD(text, allow_all_options)
{
	.text = "measure fgroup<6 fowner>5 egid=4 gid=3 euid=2 uid=1 "
		"fsuuid=0123ABCD-4567-89AB-CDEF-0123456789AB fsname=ext4 "
		"fsmagic=EF53 mask=^MAY_READ func=FILE_CHECK",
	.canonical = "measure func=FILE_CHECK mask=^MAY_READ fsmagic=0xef53 "
		     "fsname=ext4 fsuuid=0123abcd-4567-89ab-cdef-0123456789ab "
		     "uid=1 euid=2 gid=3 egid=4 fowner>5 fgroup<6\n",
};

FIXTURE_VARIANT_ADD(text, allow_comments_and_blanks)
{
	.text = "\n# first\n\t dont_measure  fsmagic=0x01021994\n\n"
		"measure\tfunc=MMAP_CHECK_REQPROT",
	.canonical = "dont_measure fsmagic=0x1021994\n"
		     "measure func=MMAP_CHECK_REQPROT\n",
};

FIXTURE_VARIANT_ADD(text, deny_appraise)
{
	.text = "measure\nappraise func=BPRM_CHECK\n",
};

FIXTURE_VARIANT_ADD(text, deny_audit)
{
	.text = "audit func=BPRM_CHECK\n",
};

FIXTURE_VARIANT_ADD(text, deny_hash)
{
	.text = "hash func=FILE_CHECK\n",
};

FIXTURE_VARIANT_ADD(text, deny_func_of_the_kernel)
{
	.text = "measure func=MODULE_CHECK\n",
};

FIXTURE_VARIANT_ADD(text, deny_template)
{
	.text = "measure func=BPRM_CHECK template=ima-sig\n",
};

FIXTURE_VARIANT_ADD(text, deny_pcr)
{
	.text = "measure func=BPRM_CHECK pcr=11\n",
};

FIXTURE_VARIANT_ADD(text, deny_verity)
{
	.text = "measure func=BPRM_CHECK digest_type=verity\n",
};

FIXTURE_VARIANT_ADD(text, deny_unknown_option)
{
	.text = "measure func=BPRM_CHECK colour=red\n",
};

FIXTURE_VARIANT_ADD(text, deny_doubled_option)
{
	.text = "measure uid>10 uid<20\n",
};

FIXTURE_VARIANT_ADD(text, deny_invalid_id)
{
	.text = "measure uid=4294967295\n",
};

FIXTURE_VARIANT_ADD(text, deny_last_line)
{
	.text = DEFAULT_TEXT "measure func=\n",
};

FIXTURE_SETUP(text)
{
	ASSERT_EQ(0, box_start(&self->box, NULL));
}

FIXTURE_TEARDOWN(text)
{
	box_end(&self->box);
}

TEST_F(text, write)
{
	EXPECT_TRUE(policy_is(self->box.ids, DEFAULT_TEXT));
	ASSERT_EQ(0, ns_write(self->box.ids, "policy", FORMER_TEXT));
	EXPECT_TRUE(policy_is(self->box.ids, FORMER_TEXT));

	EXPECT_EQ(variant->canonical ? 0 : -EINVAL,
		  ns_write(self->box.ids, "policy", variant->text));
	EXPECT_TRUE(policy_is(self->box.ids,
			      variant->canonical ?: FORMER_TEXT));
}

/* The digest that entry 0 gives. */
static int create_digest(const char *ids, uint8_t digest[SHA256_SIZE])
{
	const struct ima_ns_create *create;
	struct entry entry;
	struct list list;
	int ret;

	ret = list_load(&list, ns_file(ids, "binary_runtime_measurements"));
	if (ret)
		return ret;
	ret = list_next(&list, &entry);
	if (ret == 1 && entry.third_len >= sizeof(*create)) {
		create = (const void *)entry.third;
		memcpy(digest, create->policy_digest, SHA256_SIZE);
		ret = 0;
	} else {
		ret = -EBADMSG;
	}
	list_free(&list);
	return ret;
}

/* Whatever was accepted is frozen, and its digest logged. */
TEST_F(text, frozen_at_activation)
{
	const char *const text = variant->canonical ?: DEFAULT_TEXT;
	uint8_t got[SHA256_SIZE], want[SHA256_SIZE];

	ns_write(self->box.ids, "policy", variant->text);
	ASSERT_EQ(0, ns_activate(self->box.ids, SECRET "-frozen"));
	EXPECT_TRUE(policy_is(self->box.ids, text));
	sha256((const uint8_t *)text, strlen(text), want);
	ASSERT_EQ(0, create_digest(self->box.ids, got));
	EXPECT_EQ(0, memcmp(want, got, sizeof(want)));

	EXPECT_EQ(-EBUSY, ns_write(self->box.ids, "policy", FORMER_TEXT));
	EXPECT_EQ(-EBUSY, ns_write(self->box.ids, "policy", text[0] ? text :
				   "#"));
	/* A bad one is told apart all the same. */
	EXPECT_EQ(-EINVAL, ns_write(self->box.ids, "policy", "audit\n"));
	EXPECT_TRUE(policy_is(self->box.ids, text));
}

FIXTURE(file)
{
	struct box box;
};

FIXTURE_SETUP(file)
{
	ASSERT_EQ(0, box_start(&self->box, NULL));
}

FIXTURE_TEARDOWN(file)
{
	box_end(&self->box);
}

TEST_F(file, deny_two_writes)
{
	const int fd = open(ns_file(self->box.ids, "policy"), O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(8, write(fd, "measure\n", 8));
	EXPECT_EQ(-1, write(fd, "measure\n", 8));
	EXPECT_EQ(EINVAL, errno);
	/* From the start it is a whole text again. */
	EXPECT_EQ(13, pwrite(fd, "dont_measure\n", 13, 0));
	close(fd);
	EXPECT_TRUE(policy_is(self->box.ids, "dont_measure\n"));
}

TEST_F(file, bound)
{
	const char *const path = ns_file(self->box.ids, "policy");

	memset(text_buf, '#', TEXT_MAX + 1);
	EXPECT_EQ(-EINVAL, write_file(path, text_buf, TEXT_MAX + 1));
	EXPECT_TRUE(policy_is(self->box.ids, DEFAULT_TEXT));
	memset(text_buf, '#', TEXT_MAX);
	memcpy(text_buf + TEXT_MAX - 9, "\nmeasure\n", 9);
	EXPECT_EQ(0, write_file(path, text_buf, TEXT_MAX));
	EXPECT_TRUE(policy_is(self->box.ids, "measure\n"));
}

TEST_F(file, deny_nul)
{
	EXPECT_EQ(-EINVAL, write_file(ns_file(self->box.ids, "policy"),
				      "measure\0\n", 9));
	EXPECT_TRUE(policy_is(self->box.ids, DEFAULT_TEXT));
}

/* Reading in pieces gives the same. */
TEST_F(file, read_in_pieces)
{
	const int fd = open(ns_file(self->box.ids, "policy"), O_RDONLY);
	char text[256] = {};
	size_t len = 0;

	ASSERT_LE(0, fd);
	while (len < sizeof(text) - 1 && read(fd, text + len, 1) == 1)
		len++;
	EXPECT_STREQ(DEFAULT_TEXT, text);
	close(fd);
}

static int write_in_userns(void *arg)
{
	int fd, ret;

	ret = sys_unshare(CLONE_NEWUSER) ?: map_root(0);
	if (ret)
		return -EDOM;
	fd = open(ns_file(arg, "policy"), O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -EDOM;
	return write(fd, "measure\n", 8) == 8 ? 0 : -errno;
}

TEST_F(file, deny_user_namespace)
{
	EXPECT_EQ(-EPERM, in_child(write_in_userns, self->box.ids));
	EXPECT_TRUE(policy_is(self->box.ids, DEFAULT_TEXT));
}

/* Is this in the kernel's log? */
static bool log_holds(const char *text)
{
	const int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool found = false;
	char line[4096];
	ssize_t len;

	if (fd < 0)
		return false;
	while (!found &&
	       ((len = read(fd, line, sizeof(line) - 1)) > 0 ||
		errno == EPIPE)) {
		line[len > 0 ? len : 0] = '\0';
		found = strstr(line, text);
	}
	close(fd);
	return found;
}

/* The log names the namespace, the line and the reason, as often as it may. */
TEST_F(file, reason_in_log)
{
	char want[ID_PATH_MAX + 64];
	int i;

	snprintf(want, sizeof(want),
		 "ima-ns %s: policy: line 3: an option stands there twice",
		 self->box.ids);
	for (i = 0; i < 15 && !log_holds(want); i++) {
		EXPECT_EQ(-EINVAL, ns_write(self->box.ids, "policy",
					    "# one\n\nmeasure uid=1 uid=2\n"));
		sleep_ms(500);
	}
	EXPECT_TRUE(log_holds(want));
}

/* What a box does, and as whom. */
struct act {
	char path[128];
	uid_t uid;
	int flags;
};

static int act_open(void *arg)
{
	const struct act *const act = arg;

	if (syscall(__NR_setresuid, act->uid, act->uid, act->uid))
		return -EDOM;
	return can_open(act->path, act->flags);
}

static int act_run(void *arg)
{
	const struct act *const act = arg;

	if (syscall(__NR_setresuid, act->uid, act->uid, act->uid))
		return -EDOM;
	return program_run(act->path);
}

static int box_act_open(void *shared)
{
	return in_child(act_open, shared);
}

static int box_act_run(void *shared)
{
	return in_child(act_run, shared);
}

static int box_act(struct box *box, box_fn fn, const struct program *program,
		   uid_t uid, int flags)
{
	struct act *const act = box->shared;

	strcpy(act->path, program->path);
	act->uid = uid;
	act->flags = flags;
	return box_call(box, fn);
}

static int box_open_as(struct box *box, const struct program *program,
		       uid_t uid, int flags)
{
	return box_act(box, box_act_open, program, uid, flags);
}

static int box_run_as(struct box *box, const struct program *program, uid_t uid)
{
	return box_act(box, box_act_run, program, uid, 0);
}

#define ENTRIES(box) \
	ns_count((box)->ids, self->program.digest, self->program.path)
#define HOST_ENTRIES() list_count(HOST_LIST, self->program.digest, NULL)

/*
 *   host --> box, with a policy
 */
FIXTURE(rule)
{
	struct box box;
	struct program program;
};

FIXTURE_SETUP(rule)
{
	memset(&self->box, 0, sizeof(self->box));
	ASSERT_EQ(0, program_make(&self->program));
}

FIXTURE_TEARDOWN(rule)
{
	box_end(&self->box);
	unlink(self->program.path);
}

#define START(policy) \
	ASSERT_EQ(0, start_with_policy(&self->box, NULL, policy))

TEST_F(rule, none)
{
	START("# nothing\n");
	EXPECT_EQ(0, box_run(&self->box, &self->program));
	EXPECT_EQ(0, ENTRIES(&self->box));
	EXPECT_EQ(BOX_OWN, ns_status_num(self->box.ids, "entries"));
}

TEST_F(rule, read)
{
	START("measure func=FILE_CHECK mask=MAY_READ\n");
	EXPECT_EQ(0, box_open_as(&self->box, &self->program, 0, O_WRONLY));
	EXPECT_EQ(0, ENTRIES(&self->box));
	EXPECT_EQ(0, box_open_as(&self->box, &self->program, 0, O_RDWR));
	EXPECT_EQ(0, ENTRIES(&self->box));
	EXPECT_EQ(0, box_open_as(&self->box, &self->program, 0, O_RDONLY));
	EXPECT_EQ(1, ENTRIES(&self->box));
	EXPECT_EQ(0, box_open_as(&self->box, &self->program, 0, O_RDONLY));
	EXPECT_EQ(1, ENTRIES(&self->box));
	EXPECT_EQ(0, HOST_ENTRIES());
}

TEST_F(rule, any_of_mask)
{
	START("measure func=FILE_CHECK mask=^MAY_READ\n");
	EXPECT_EQ(0, box_open_as(&self->box, &self->program, 0, O_WRONLY));
	EXPECT_EQ(0, ENTRIES(&self->box));
	EXPECT_EQ(0, box_open_as(&self->box, &self->program, 0, O_RDWR));
	EXPECT_EQ(1, ENTRIES(&self->box));
}

TEST_F(rule, uid)
{
	START("measure func=BPRM_CHECK uid=4801\n");
	EXPECT_EQ(0, box_run(&self->box, &self->program));
	EXPECT_EQ(0, ENTRIES(&self->box));
	EXPECT_EQ(0, box_run_as(&self->box, &self->program, UID_CONTAINER));
	EXPECT_EQ(1, ENTRIES(&self->box));
}

TEST_F(rule, first_decides)
{
	START("dont_measure func=BPRM_CHECK uid=4801\n"
	      "measure func=BPRM_CHECK\n");
	EXPECT_EQ(0, box_run_as(&self->box, &self->program, UID_CONTAINER));
	EXPECT_EQ(0, ENTRIES(&self->box));
	EXPECT_EQ(0, box_run(&self->box, &self->program));
	EXPECT_EQ(1, ENTRIES(&self->box));
}

TEST_F(rule, owner_of_the_file)
{
	START("measure func=BPRM_CHECK fowner=4801\n");
	EXPECT_EQ(0, box_run(&self->box, &self->program));
	EXPECT_EQ(0, ENTRIES(&self->box));
	ASSERT_EQ(0, chown(self->program.path, UID_CONTAINER, 0));
	EXPECT_EQ(0, box_run(&self->box, &self->program));
	EXPECT_EQ(1, ENTRIES(&self->box));
}

TEST_F(rule, file_system)
{
	char dir[] = "/tmp/policy-XXXXXX";
	struct program exempt;

	ASSERT_TRUE(mkdtemp(dir));
	ASSERT_EQ(0, mount("tmpfs", dir, "tmpfs", 0, NULL));
	ASSERT_EQ(0, program_make_as(&exempt, dir, SECRET "-"));
	START("dont_measure fsmagic=0x01021994\nmeasure func=BPRM_CHECK\n");
	EXPECT_EQ(0, box_run(&self->box, &exempt));
	EXPECT_EQ(0, ns_count(self->box.ids, exempt.digest, NULL));
	EXPECT_EQ(0, box_run(&self->box, &self->program));
	EXPECT_EQ(1, ENTRIES(&self->box));
	umount(dir);
	rmdir(dir);
}

TEST_F(rule, name_of_the_file_system)
{
	START("dont_measure fsname=ext4\nmeasure func=BPRM_CHECK\n");
	EXPECT_EQ(0, box_run(&self->box, &self->program));
	EXPECT_EQ(0, ENTRIES(&self->box));
}

static int map_then_exec(struct box *box, const char *path)
{
	struct map map = {
		.prot = PROT_READ,
		.then = PROT_READ | PROT_EXEC,
	};

	snprintf(map.path, sizeof(map.path), "%s", path);
	return box_map(box, &map);
}

#define MAP_THEN_EXEC() map_then_exec(&self->box, self->program.path)

/* mprotect() asks what mmap() would have asked, by both of its hooks. */
TEST_F(rule, deny_mprotect)
{
	START("measure func=MMAP_CHECK_REQPROT\n");
	EXPECT_EQ(-EACCES, MAP_THEN_EXEC());
}

TEST_F(rule, allow_mprotect)
{
	START("measure func=BPRM_CHECK\n");
	EXPECT_EQ(0, MAP_THEN_EXEC());
}

static int map_ids(const struct box *box)
{
	char path[64], map[32];
	int ret;

	snprintf(map, sizeof(map), "0 %u 10", UID_MAPPED);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", box->pid);
	ret = write_text(path, map);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", box->pid);
	return ret ?: write_text(path, map);
}

/* Ids are those of the owning user namespace, and must exist there. */
TEST_F(rule, ids_of_the_owner)
{
	ASSERT_EQ(0, box_start_with(&self->box, NULL,
				    CLONE_NEWIMA | CLONE_NEWUSER));
	EXPECT_EQ(-EINVAL, ns_write(self->box.ids, "policy",
				    "measure uid=1\n"));
	ASSERT_EQ(0, map_ids(&self->box));
	EXPECT_EQ(-EINVAL, ns_write(self->box.ids, "policy",
				    "measure uid=10\n"));
	EXPECT_EQ(-EINVAL, ns_write(self->box.ids, "policy",
				    "measure gid=104801\n"));
	ASSERT_EQ(0, ns_write(self->box.ids, "policy",
			      "measure func=BPRM_CHECK uid=1\n"));
	ASSERT_EQ(0, ns_activate(self->box.ids, SECRET "-policy-userns"));
	EXPECT_EQ(0, box_run_as(&self->box, &self->program, 0));
	EXPECT_EQ(0, ENTRIES(&self->box));
	EXPECT_EQ(0, box_run_as(&self->box, &self->program, 1));
	EXPECT_EQ(1, ENTRIES(&self->box));
}

/*
 *   host --> pod --> ctr
 */
FIXTURE(floor)
{
	struct box pod;
	struct box ctr;
	struct program program;
};

FIXTURE_VARIANT(floor)
{
	const char *pod;
	const char *ctr;
	int in_pod;
	int in_ctr;
};

FIXTURE_VARIANT_ADD(floor, childs_exception_is_none)
{
	.pod = "measure func=BPRM_CHECK\n",
	.ctr = "dont_measure\n",
	.in_pod = 1,
	.in_ctr = 1,
};

FIXTURE_VARIANT_ADD(floor, childs_rule_is_its_own)
{
	.pod = "# nothing\n",
	.ctr = "measure func=BPRM_CHECK\n",
	.in_pod = 0,
	.in_ctr = 1,
};

FIXTURE_VARIANT_ADD(floor, parents_exception_is_its_own)
{
	.pod = "dont_measure\n",
	.ctr = "measure func=BPRM_CHECK\n",
	.in_pod = 0,
	.in_ctr = 1,
};

FIXTURE_VARIANT_ADD(floor, neither)
{
	.pod = "dont_measure\n",
	.ctr = "measure func=FILE_CHECK uid=4801\n",
	.in_pod = 0,
	.in_ctr = 0,
};

FIXTURE_SETUP(floor)
{
	memset(&self->ctr, 0, sizeof(self->ctr));
	ASSERT_EQ(0, start_with_policy(&self->pod, NULL, variant->pod));
	ASSERT_EQ(0, start_with_policy(&self->ctr, &self->pod, variant->ctr));
	ASSERT_EQ(0, program_make(&self->program));
}

FIXTURE_TEARDOWN(floor)
{
	box_end(&self->ctr);
	box_end(&self->pod);
	unlink(self->program.path);
}

TEST_F(floor, child_runs)
{
	EXPECT_EQ(0, box_run(&self->ctr, &self->program));
	EXPECT_EQ(variant->in_ctr, ENTRIES(&self->ctr));
	EXPECT_EQ(0, ENTRIES(&self->pod));
	EXPECT_EQ(BOX_OWN + variant->in_ctr,
		  ns_status_num(self->pod.ids, "records"));
	EXPECT_EQ(0, HOST_ENTRIES());
}

TEST_F(floor, parent_runs)
{
	EXPECT_EQ(0, box_run(&self->pod, &self->program));
	EXPECT_EQ(variant->in_pod, ENTRIES(&self->pod));
	EXPECT_EQ(0, ENTRIES(&self->ctr));
	EXPECT_EQ(0, HOST_ENTRIES());
}

/* A floor reaches over a level that has no rule for the hook. */
TEST_F(floor, grandchild_runs)
{
	struct box leaf;

	ASSERT_EQ(0, start_with_policy(&leaf, &self->ctr, "dont_measure\n"));
	EXPECT_EQ(0, box_run(&leaf, &self->program));
	EXPECT_EQ(variant->in_ctr, ENTRIES(&leaf));
	box_end(&leaf);
}

/*
 *   host: measure ... uid=4802
 *    |
 *    +--> box: measure ...
 */
FIXTURE(flags)
{
	struct box box;
	struct program program;
	struct act act;
};

FIXTURE_VARIANT(flags)
{
	bool host_first;
};

FIXTURE_VARIANT_ADD(flags, host_first)
{
	.host_first = true,
};

FIXTURE_VARIANT_ADD(flags, box_first)
{
	.host_first = false,
};

FIXTURE_SETUP(flags)
{
	ASSERT_EQ(0, start_with_policy(&self->box, NULL,
				       "measure func=FILE_CHECK\n"));
	ASSERT_EQ(0, program_make_public(&self->program));
	ASSERT_EQ(0, write_text(IMA_DIR "/policy",
				"measure func=FILE_CHECK mask=MAY_READ "
				"uid=4802\n"));
	strcpy(self->act.path, self->program.path);
	self->act.uid = UID_HOST;
	self->act.flags = O_RDONLY;
}

FIXTURE_TEARDOWN(flags)
{
	box_end(&self->box);
	unlink(self->program.path);
}

static int both_open(struct box *box, const struct program *program,
		     struct act *act, bool host_first)
{
	int ret = 0;

	if (host_first)
		ret = in_child(act_open, act);
	ret = ret ?: box_open_as(box, program, 0, O_RDONLY);
	if (!ret && !host_first)
		ret = in_child(act_open, act);
	return ret;
}

/* Neither takes the other's measurement for its own. */
TEST_F(flags, both_log_it_once)
{
	int i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, both_open(&self->box, &self->program, &self->act,
				       variant->host_first));
		EXPECT_EQ(1, ENTRIES(&self->box));
		EXPECT_EQ(1, HOST_ENTRIES());
	}

	/* Changed, it is measured again, by each. */
	ASSERT_EQ(0, program_renew(&self->program));
	EXPECT_EQ(0, both_open(&self->box, &self->program, &self->act,
			       variant->host_first));
	EXPECT_EQ(1, ENTRIES(&self->box));
	EXPECT_EQ(1, HOST_ENTRIES());
}

TEST_HARNESS_MAIN
