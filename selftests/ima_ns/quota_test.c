// SPDX-License-Identifier: GPL-2.0-only
/* Quotas: what is refused or goes on past them, and whom that concerns. */

#include <elf.h>

#include "map.h"
#include "quota.h"

/*
 *   host -- quota --> new
 */
FIXTURE(text)
{
	struct box box;
};

FIXTURE_VARIANT(text)
{
	const char *text;
	int result;
};

#define TEXT(name, ...) \
	FIXTURE_VARIANT_ADD(text, name) { __VA_ARGS__ }

TEXT(deny_empty, .text = "\n", .result = -EINVAL);
TEXT(deny_word, .text = "many", .result = -EINVAL);
TEXT(deny_zero, .text = "0", .result = -ERANGE);
TEXT(deny_one, .text = "1", .result = -ERANGE);
TEXT(deny_two, .text = "2 deny", .result = -ERANGE);
TEXT(deny_negative, .text = "-1", .result = -EINVAL);
TEXT(deny_sign, .text = "+5", .result = -EINVAL);
TEXT(deny_hexadecimal, .text = "0x10", .result = -EINVAL);
TEXT(deny_leading_space, .text = " 5", .result = -EINVAL);
TEXT(deny_trailing_space, .text = "5 ", .result = -EINVAL);
TEXT(deny_two_spaces, .text = "5  deny", .result = -EINVAL);
TEXT(deny_other_mode, .text = "5 allow", .result = -EINVAL);
TEXT(deny_third_word, .text = "5 deny 6", .result = -EINVAL);
TEXT(deny_other_order, .text = "mark 5", .result = -EINVAL);
TEXT(deny_more_than_the_node, .text = "18446744073709551615",
     .result = -ERANGE);
TEXT(deny_65_bits, .text = "18446744073709551616", .result = -EINVAL);
TEXT(deny_21_digits, .text = "000000000000000000005", .result = -EINVAL);
TEXT(allow_smallest, .text = "3");
TEXT(allow_number, .text = "100");
TEXT(allow_newline, .text = "100\n");
TEXT(allow_deny, .text = "100 deny");
TEXT(allow_mark, .text = "100 mark");
TEXT(allow_mode_only, .text = "mark");

FIXTURE_SETUP(text)
{
	ASSERT_EQ(0, box_start(&self->box, NULL));
}

FIXTURE_TEARDOWN(text)
{
	box_end(&self->box);
}

TEST_F(text, set_once)
{
	char before[64], after[64];

	ASSERT_LT(0, read_text(ns_file(self->box.ids, "quota"), before,
			       sizeof(before)));
	ASSERT_EQ(variant->result,
		  ns_write(self->box.ids, "quota", variant->text));
	ASSERT_LT(0, read_text(ns_file(self->box.ids, "quota"), after,
			       sizeof(after)));
	if (variant->result) {
		EXPECT_STREQ(before, after);
		EXPECT_EQ(0, ns_write(self->box.ids, "quota", "5 mark"));
	} else {
		EXPECT_EQ(strtoull(*variant->text == 'm' ? before :
				   variant->text, NULL, 10),
			  strtoull(after, NULL, 10));
		EXPECT_EQ(!!strstr(variant->text, "mark"),
			  !!strstr(after, " mark\n"));
		EXPECT_EQ(-EBUSY, ns_write(self->box.ids, "quota", "5"));
	}
}

/*
 * A program each that fits, and one that does not.
 *
 *        host
 *       /    \
 *     box    sibling
 */
#define FIT 2
#define QUOTA 6

FIXTURE(past)
{
	struct box box;
	struct box sibling;
	struct program fits[FIT];
	struct program extra;
};

FIXTURE_VARIANT(past)
{
	const char *quota;
	bool mark;
};

FIXTURE_VARIANT_ADD(past, deny)
{
	.quota = "6",
};

FIXTURE_VARIANT_ADD(past, mark)
{
	.quota = "6 mark",
	.mark = true,
};

FIXTURE_SETUP(past)
{
	int i;

	_Static_assert(FIT + QUOTA_BROUGHT + QUOTA_OWN == QUOTA, "sum");
	ASSERT_EQ(0, box_start_quota(&self->box, NULL, variant->quota));
	ASSERT_EQ(0, box_start_active(&self->sibling, NULL, "sibling"));
	for (i = 0; i < FIT; i++) {
		ASSERT_EQ(0, program_make(&self->fits[i]));
		ASSERT_EQ(0, box_run(&self->box, &self->fits[i]));
	}
	ASSERT_EQ(0, program_make(&self->extra));
}

FIXTURE_TEARDOWN(past)
{
	int i;

	box_end(&self->sibling);
	box_end(&self->box);
	for (i = 0; i < FIT; i++)
		unlink(self->fits[i].path);
	unlink(self->extra.path);
}

#define LEFT(variant) ((variant)->mark ? 0 : -EACCES)

TEST_F(past, one_loss_however_many_are_refused)
{
	const char *const ids = self->box.ids;
	int i;

	EXPECT_EQ(0, quota_losses(&self->box));
	for (i = 0; i < 9; i++)
		ASSERT_EQ(LEFT(variant), box_run(&self->box, &self->extra));
	EXPECT_EQ(1, quota_losses(&self->box));
	EXPECT_EQ(1, ns_count(ids, NULL, IMA_NS_EVENT_LOSS));
	EXPECT_LE(9, ns_status_num(ids, "losses"));
	EXPECT_EQ(0, ns_count(ids, self->extra.digest, NULL));
	EXPECT_EQ(QUOTA, ns_status_num(ids, "quota"));
	EXPECT_EQ(QUOTA, ns_status_num(ids, "used"));

	/* DESTROY has its place. */
	box_end(&self->box);
	ASSERT_EQ(0, ns_wait_dead(ids));
	EXPECT_EQ(QUOTA, ns_count_if(ids, is_any, NULL));
	EXPECT_EQ(1, ns_count(ids, NULL, IMA_NS_EVENT_DESTROY));
}

TEST_F(past, nothing_changes_for_what_was_measured)
{
	struct program copy;
	int i;

	ASSERT_EQ(LEFT(variant), box_run(&self->box, &self->extra));
	for (i = 0; i < FIT; i++)
		EXPECT_EQ(0, box_run(&self->box, &self->fits[i]));

	/* Another inode with an equal entry, as after an eviction. */
	copy = self->fits[0];
	ASSERT_EQ(0, program_beside(&self->fits[0], "-aside", &copy));
	ASSERT_EQ(0, rename(self->fits[0].path, copy.path));
	ASSERT_EQ(0, program_copy(&copy, &self->fits[0]));
	EXPECT_EQ(0, box_run(&self->box, &self->fits[0]));
	unlink(copy.path);
}

TEST_F(past, nothing_changes_for_others)
{
	struct box later;

	ASSERT_EQ(LEFT(variant), box_run(&self->box, &self->extra));
	EXPECT_EQ(0, box_run(&self->sibling, &self->extra));
	EXPECT_EQ(1, ns_count(self->sibling.ids, self->extra.digest, NULL));
	EXPECT_EQ(0, ns_status_num(self->sibling.ids, "losses"));
	EXPECT_EQ(0, program_run(self->extra.path));
	ASSERT_EQ(0, box_start_active(&later, NULL, "later"));
	EXPECT_EQ(0, box_run(&later, &self->extra));
	box_end(&later);
}

static int past_map(struct box *box, const struct program *program, int prot,
		    int then, bool keep)
{
	struct map map = { .prot = prot, .then = then, .keep = keep };

	strcpy(map.path, program->path);
	return box_map(box, &map);
}

TEST_F(past, libraries)
{
	EXPECT_EQ(LEFT(variant), past_map(&self->box, &self->extra,
					  PROT_READ | PROT_EXEC, 0, false));
	EXPECT_EQ(0, past_map(&self->box, &self->extra, PROT_READ, 0, false));
	EXPECT_EQ(LEFT(variant), past_map(&self->box, &self->extra, PROT_READ,
					  PROT_READ | PROT_EXEC, false));
	EXPECT_EQ(1, quota_losses(&self->box));
	/* A refused mprotect() loses nothing. */
	EXPECT_EQ(variant->mark ? 2 : 1, ns_status_num(self->box.ids, "losses"));
}

struct entering {
	struct map map;
	int fd;
};

static int map_and_enter(void *arg)
{
	const struct entering *const entering = arg;

	if (*entering->map.path && map_file(&entering->map))
		return -EDOM;
	return sys_setns(entering->fd, CLONE_NEWIMA);
}

/* With the test's own code, which is in the list, and with other code. */
TEST_F(past, entering)
{
	struct entering entering = { .fd = box_ns_fd(&self->box) };

	ASSERT_LE(0, entering.fd);
	EXPECT_EQ(0, in_child(map_and_enter, &entering));
	EXPECT_EQ(0, ns_status_num(self->box.ids, "losses"));

	strcpy(entering.map.path, self->extra.path);
	entering.map.prot = PROT_READ | PROT_EXEC;
	entering.map.keep = true;
	EXPECT_EQ(LEFT(variant), in_child(map_and_enter, &entering));
	/* Who stayed outside is none. */
	EXPECT_EQ(variant->mark ? 1 : 0, quota_losses(&self->box));
	EXPECT_EQ(QUOTA, ns_status_num(self->box.ids, "used"));
	close(entering.fd);
}

TEST_F(past, violations_are_logged)
{
	ASSERT_EQ(0, past_map(&self->box, &self->fits[0],
			      PROT_READ | PROT_EXEC, 0, true));
	ASSERT_EQ(LEFT(variant), box_run(&self->box, &self->extra));
	ASSERT_EQ(0, can_open(self->fits[0].path, O_WRONLY));
	EXPECT_EQ(1, ns_status_num(self->box.ids, "violations"));
	EXPECT_EQ(1, ns_count_if(self->box.ids, entry_is_violation,
				 self->fits[0].path));
	EXPECT_EQ(QUOTA, ns_status_num(self->box.ids, "used"));
}

/* Content that was there before is measured again without a new entry. */
TEST_F(past, violations_end)
{
	struct program aside;
	long long violations, memory;
	int i;

	ASSERT_EQ(0, program_beside(&self->fits[0], "-aside", &aside));
	ASSERT_EQ(0, program_copy(&self->fits[0], &aside));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, past_map(&self->box, &self->fits[0],
				      PROT_READ | PROT_EXEC, 0, !i));
		ASSERT_EQ(0, program_copy(&aside, &self->fits[0]));
	}
	unlink(aside.path);

	violations = ns_status_num(self->box.ids, "violations");
	memory = ns_status_num(self->box.ids, "memory");
	TH_LOG("%lld violations in %lld bytes", violations, memory);
	EXPECT_LT(5, violations);
	EXPECT_GT(80, violations);
	EXPECT_EQ(100 - violations, ns_status_num(self->box.ids, "losses"));
	EXPECT_EQ(1, quota_losses(&self->box));
	EXPECT_GE(QUOTA * 2048, memory);
}

static int write_bind(void *shared)
{
	return ns_write(shared, "bind", "hash of a key");
}

TEST_F(past, deny_bind)
{
	strcpy(self->box.shared, self->box.ids);
	EXPECT_EQ(-EDQUOT, box_call(&self->box, write_bind));
	EXPECT_EQ(0, ns_status_num(self->box.ids, "losses"));
}

/* An executable whose interpreter is another file, and nothing else. */
static int write_interpreted(struct program *program, const char *interpreter)
{
	struct {
		Elf64_Ehdr ehdr;
		Elf64_Phdr phdrs[2];
		char interpreter[128];
		uint8_t salt[16];
	} elf = {
		.ehdr = {
			.e_ident = ELFMAG, .e_type = ET_EXEC,
			.e_machine = EM_X86_64, .e_version = EV_CURRENT,
			.e_entry = 0x10000000, .e_phoff = sizeof(Elf64_Ehdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2,
		},
		.phdrs = {
			{ .p_type = PT_INTERP, .p_flags = PF_R, .p_align = 1 },
			{ .p_type = PT_LOAD, .p_flags = PF_R | PF_X,
			  .p_vaddr = 0x10000000, .p_filesz = sizeof(elf),
			  .p_memsz = sizeof(elf), .p_align = 4096 },
		},
	};

	elf.ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	elf.ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	elf.ehdr.e_ident[EI_VERSION] = EV_CURRENT;
	elf.phdrs[0].p_offset = (char *)elf.interpreter - (char *)&elf;
	elf.phdrs[0].p_filesz = strlen(interpreter) + 1;
	strcpy(elf.interpreter, interpreter);
	if (getrandom(elf.salt, sizeof(elf.salt), 0) != sizeof(elf.salt))
		return -EIO;
	return program_write(program, &elf, sizeof(elf));
}

static int run_to_signal(void *shared)
{
	const pid_t pid = fork();
	int status;

	if (!pid) {
		execl(shared, shared, NULL);
		_exit(errno);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

/* One entry is left for the program, none for its interpreter. */
TEST(interpreter)
{
	struct program interpreter, program;
	struct box box, other;

	ASSERT_EQ(0, program_make(&interpreter));
	ASSERT_EQ(0, program_make(&program));
	ASSERT_EQ(0, write_interpreted(&program, interpreter.path));
	ASSERT_EQ(0, program_run(program.path));

	ASSERT_EQ(0, box_start_quota(&box, NULL, "5"));
	strcpy(box.shared, program.path);
	EXPECT_EQ(SIGSEGV, box_call(&box, run_to_signal));
	EXPECT_EQ(1, ns_count(box.ids, program.digest, program.path));
	EXPECT_EQ(1, quota_losses(&box));
	box_end(&box);

	ASSERT_EQ(0, box_start_quota(&other, NULL, "6"));
	EXPECT_EQ(0, box_run(&other, &program));
	EXPECT_EQ(0, quota_losses(&other));
	box_end(&other);
	unlink(program.path);
	unlink(interpreter.path);
}

static int open_read(void *shared)
{
	return can_open(shared, O_RDONLY);
}

TEST(reading)
{
	const struct quota_opts opts = { .quota = "5", .policy = POLICY_OPEN };
	struct program first, second;
	struct box box;

	ASSERT_EQ(0, program_make(&first));
	ASSERT_EQ(0, program_make(&second));
	ASSERT_EQ(0, box_start_opts(&box, NULL, &opts));
	strcpy(box.shared, first.path);
	EXPECT_EQ(0, box_call(&box, open_read));
	strcpy(box.shared, second.path);
	EXPECT_EQ(-EACCES, box_call(&box, open_read));
	strcpy(box.shared, first.path);
	EXPECT_EQ(0, box_call(&box, open_read));
	EXPECT_EQ(0, can_open(second.path, O_RDONLY));
	EXPECT_EQ(1, ns_count(box.ids, first.digest, first.path));
	box_end(&box);
	unlink(first.path);
	unlink(second.path);
}

static int do_nothing(void *shared)
{
	(void)shared;
	return 0;
}

/* It can be, and no code can run in it: its first task ends when it wakes. */
TEST(smallest)
{
	struct box box;

	ASSERT_EQ(0, box_start_quota(&box, NULL, "3"));
	EXPECT_EQ(-EPIPE, box_call(&box, do_nothing));
	ASSERT_EQ(0, ns_wait_dead(box.ids));
	EXPECT_EQ(QUOTA_OWN, ns_count_if(box.ids, is_any, NULL));
	EXPECT_EQ(1, quota_losses(&box));
	box_end(&box);
}

/* That what was brought along goes on is told as well. */
TEST(smallest_that_marks)
{
	struct program program;
	struct box box;

	ASSERT_EQ(0, program_make(&program));
	ASSERT_EQ(0, box_start_quota(&box, NULL, "3 mark"));
	EXPECT_EQ(0, box_run(&box, &program));
	EXPECT_EQ(1, quota_losses(&box));
	box_end(&box);
	ASSERT_EQ(0, ns_wait_dead(box.ids));
	EXPECT_EQ(QUOTA_OWN, ns_count_if(box.ids, is_any, NULL));
	unlink(program.path);
}

static bool is_create_with(const struct entry *entry, const void *arg)
{
	const struct ima_ns_create *const create = (const void *)entry->third;
	const struct ima_ns_create *const want = arg;

	return !strcmp(entry->name, IMA_NS_EVENT_CREATE) &&
	       create->quota == want->quota &&
	       create->overflow == want->overflow;
}

TEST(what_create_says)
{
	struct ima_ns_create want = { .quota = 50,
				      .overflow = IMA_NS_OVERFLOW_MARK };
	struct box pod, container, other;

	ASSERT_EQ(0, box_start_quota(&pod, NULL, "50 mark"));
	EXPECT_EQ(1, ns_count_if(pod.ids, is_create_with, &want));
	/* As its parent. */
	ASSERT_EQ(0, box_start_quota(&container, &pod, NULL));
	want.quota = 0;
	EXPECT_EQ(1, ns_count_if(container.ids, is_create_with, &want));
	/* A child of the host has one in any case. */
	ASSERT_EQ(0, box_start_quota(&other, NULL, NULL));
	want.quota = ns_status_num(other.ids, "quota");
	want.overflow = IMA_NS_OVERFLOW_DENY;
	EXPECT_LE(1024, (long long)want.quota);
	EXPECT_EQ(1, ns_count_if(other.ids, is_create_with, &want));
	box_end(&other);
	box_end(&container);
	box_end(&pod);
}

TEST_HARNESS_MAIN
