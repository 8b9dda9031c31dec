// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three kernels, one after the other, and one list.
 *
 *   1: namespaces and the host execute new programs, all the time ---.
 *   2: no namespace is activated <------------- kexec --------------'
 *   3: looks at the list <------ kexec -----'
 */

#include <dirent.h>

#include "kexec.h"
#include "program.h"

#define KEPT "/suite/.kexec"
/* The host's list as it was in the first and in the second kernel. */
#define LIST_1 KEPT "/list-1"
#define LIST_2 KEPT "/list-2"
/* Who ran which program, written when it had ended. */
#define RAN KEPT "/ran"

#define BOXES 3
/* Ids that the first kernel gave away, the tests' before this one included. */
#define IDS 16
#define WORKERS 3
#define STORM_MS 1500

struct ran {
	uint64_t id;
	uint8_t digest[SHA256_SIZE];
};

/* Copy a list to where the next kernel finds it. */
static int keep_list(const char *path)
{
	struct list list;
	int fd, ret = list_load(&list, HOST_LIST);

	if (ret)
		return ret;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	if (write(fd, list.data, list.len) != (ssize_t)list.len || fsync(fd))
		ret = -EIO;
	close(fd);
	list_free(&list);
	return ret;
}

/* The first kernel. */

static void __attribute__((noreturn)) work(uint64_t id)
{
	const int fd = open(RAN, O_WRONLY | O_CREAT | O_APPEND | O_DSYNC |
			    O_CLOEXEC, 0644);
	struct program program;
	struct ran ran = { .id = id };

	for (;;) {
		if ((id ? program_make(&program) :
			  program_make_public(&program)) ||
		    program_run(program.path))
			_exit(1);
		memcpy(ran.digest, program.digest, SHA256_SIZE);
		if (write(fd, &ran, sizeof(ran)) != sizeof(ran))
			_exit(1);
		unlink(program.path);
	}
}

static void start_workers(uint64_t id)
{
	int i;

	for (i = 0; i < WORKERS; i++)
		if (!fork())
			work(id);
}

static int box_storm(void *shared)
{
	start_workers(*(uint64_t *)shared);
	return 0;
}

static int start_storm(struct box boxes[BOXES])
{
	int i, ret = 0;

	for (i = 0; i < BOXES && !ret; i++) {
		*(uint64_t *)boxes[i].shared = ids_last(boxes[i].ids);
		ret = box_call(&boxes[i], box_storm);
	}
	start_workers(0);
	return ret;
}

static int leave_in_a_storm(void)
{
	struct box boxes[BOXES];
	int i, ret;

	ret = mkdir(KEPT, 0755) ? -errno : 0;
	ret = ret ?: write_text(IMA_DIR "/policy",
				"measure func=BPRM_CHECK\n");
	for (i = 0; i < BOXES && !ret; i++)
		ret = box_start_active(&boxes[i], i == 2 ? &boxes[1] : NULL,
				       "kexec");
	ret = ret ?: keep_list(LIST_1);
	ret = ret ?: kexec_prepare(getenv("IMA_NS_NEXT_CMDLINE"));
	sync();
	ret = ret ?: start_storm(boxes);
	sleep_ms(STORM_MS);
	return ret ?: kexec_go();
}

/* The second. */

static int leave_at_once(void)
{
	const int ret = keep_list(LIST_2);

	return ret ?: kexec_prepare(getenv("IMA_NS_NEXT_CMDLINE")) ?:
	       kexec_go();
}

/* The third. */

FIXTURE(carried)
{
	struct list list;
};

FIXTURE_SETUP(carried)
{
	ASSERT_EQ(0, list_load(&self->list, HOST_LIST));
}

FIXTURE_TEARDOWN(carried)
{
	list_free(&self->list);
}

static bool is_prefix(const char *path, const struct list *list)
{
	struct list kept;
	bool is;

	if (list_load(&kept, path))
		return false;
	is = kept.len && kept.len < list->len &&
	     !memcmp(kept.data, list->data, kept.len);
	list_free(&kept);
	return is;
}

TEST_F(carried, byte_for_byte)
{
	EXPECT_EQ(true, is_prefix(LIST_1, &self->list));
	EXPECT_EQ(true, is_prefix(LIST_2, &self->list));
}

/* Each kernel's entries have a scope of their own, used or not. */
TEST_F(carried, scopes)
{
	struct ima_ns_boot boots[3];
	int aggregates = 0, scopes = 0, due = 0;
	struct entry entry;

	while (list_next(&self->list, &entry) > 0) {
		const int is_boot = !strcmp(entry.name, IMA_NS_EVENT_BOOT);

		/* At once, but for the first kernel, which got no list. */
		if (aggregates > 1)
			EXPECT_EQ(due, is_boot);
		due = !strcmp(entry.name, "boot_aggregate");
		aggregates += due;
		if (!is_boot)
			continue;
		ASSERT_GT(3, scopes);
		ASSERT_EQ(sizeof(boots[0]), entry.third_len);
		memcpy(&boots[scopes++], entry.third, sizeof(boots[0]));
		EXPECT_EQ(aggregates, scopes);
	}
	ASSERT_EQ(3, aggregates);
	ASSERT_EQ(3, scopes);
	EXPECT_NE(0, memcmp(boots[0].boot_id, boots[1].boot_id, 32));
	EXPECT_NE(0, memcmp(boots[1].boot_id, boots[2].boot_id, 32));
	/* The TPM went on. */
	EXPECT_EQ(IMA_NS_BOOT_TPM_CLOCK,
		  boots[2].flags & IMA_NS_BOOT_TPM_CLOCK);
	EXPECT_EQ(boots[0].reset_count, boots[2].reset_count);
	EXPECT_EQ(boots[0].restart_count, boots[2].restart_count);
}

/* How many programs ran in each namespace; those of the host are in the list. */
static void count_ran(struct __test_metadata *_metadata,
		      unsigned int ran_in[IDS])
{
	struct list file;
	struct ran ran;
	size_t at;

	ASSERT_EQ(0, list_load(&file, RAN));
	for (at = 0; at + sizeof(ran) <= file.len; at += sizeof(ran)) {
		memcpy(&ran, file.data + at, sizeof(ran));
		ASSERT_GT(IDS, ran.id);
		ran_in[ran.id]++;
		if (!ran.id)
			EXPECT_EQ(1, list_count(LIST_2, ran.digest, NULL));
	}
	list_free(&file);
}

/* What ran had been measured, in the last moments, too. */
TEST_F(carried, all_that_ran)
{
	static struct ima_ns_record records[1 << 14];
	unsigned int ran_in[IDS] = {}, boxes = 0, i;
	int count;

	count_ran(_metadata, ran_in);
	EXPECT_LT(0, ran_in[0]);
	for (i = 1; i < IDS; i++) {
		if (!ran_in[i])
			continue;
		boxes++;
		count = list_records(LIST_2, i, records, ARRAY_SIZE(records));
		/* CREATE is one. */
		EXPECT_LT(ran_in[i], count);
		TH_LOG("namespace %u: %u programs ran, %d records", i,
		       ran_in[i], count);
	}
	EXPECT_EQ(BOXES, boxes);
}

TEST_F(carried, no_namespace)
{
	DIR *const dir = opendir(NS_DIR);
	struct dirent *de;
	struct box box;

	ASSERT_NE(NULL, dir);
	while ((de = readdir(dir)))
		EXPECT_EQ(0, strtoull(de->d_name, NULL, 10));
	closedir(dir);

	/* Ids begin anew. */
	ASSERT_EQ(0, box_start_active(&box, NULL, "after"));
	EXPECT_EQ(1, ids_last(box.ids));
	box_end(&box);
	EXPECT_EQ(0, ns_wait_dead("1"));
}

int main(int argc, char **argv)
{
	const char *const boot = getenv("IMA_NS_BOOT") ?: "";
	int ret = -EINVAL;

	if (!strcmp(boot, "3"))
		return test_harness_run(argc, argv);
	if (!strcmp(boot, "1"))
		ret = leave_in_a_storm();
	if (!strcmp(boot, "2"))
		ret = leave_at_once();
	fprintf(stderr, "boot %s: %s\n", boot, strerror(-ret));
	return 1;
}
