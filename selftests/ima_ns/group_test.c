// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many events, one extend; and who waits for whom. Needs the harness's proxy,
 * which makes an extend take long.
 */


#include "load.h"
#include "map.h"

#define CGROUP_DIR "/sys/fs/cgroup"
/* For 64 programs at once. */
#define MOST_EXTENDS 8

/*
 *   host --> box
 */
FIXTURE(group)
{
	struct box box;
	struct program program;
};

FIXTURE_SETUP(group)
{
	ASSERT_EQ(0, box_start_active(&self->box, NULL, "group"));
	ASSERT_EQ(0, program_make(&self->program));
}

FIXTURE_TEARDOWN(group)
{
	EXPECT_EQ(0, tpm_order(NULL, "delay 0"));
	box_end(&self->box);
}

/* What the host's list replays to, in SHA-256. */
static int replay(uint8_t pcr[SHA256_SIZE])
{
	uint8_t both[2 * SHA256_SIZE] = {};
	static const uint8_t none[SHA1_SIZE];
	struct entry entry;
	struct list list;
	int ret = list_load(&list, HOST_LIST);

	if (ret)
		return ret;
	while ((ret = list_next(&list, &entry)) > 0) {
		if (memcmp(entry.template_digest, none, sizeof(none)))
			sha256(entry.data, entry.data_len, both + SHA256_SIZE);
		else
			memset(both + SHA256_SIZE, 0xff, SHA256_SIZE);
		sha256(both, sizeof(both), both);
	}
	memcpy(pcr, both, SHA256_SIZE);
	list_free(&list);
	return ret;
}

/* When the program has run, the TPM has its record. */
TEST_F(group, pcr_has_it_when_the_program_runs)
{
	uint8_t is[SHA256_SIZE], should[SHA256_SIZE];
	struct ima_ns_record records[8];
	struct tpm_count before, after;
	const unsigned long long id = ids_last(self->box.ids);
	long long extends;
	double start;
	int i, known;

	for (i = 0; i < 4; i++) {
		/* Long enough that a hook that does not wait is noticed. */
		ASSERT_EQ(0, tpm_order(&before, "delay 0.3"));
		extends = tpm_status_num("extends");
		known = list_records(HOST_LIST, id, records, 8);
		start = now_seconds();
		ASSERT_EQ(0, box_run(&self->box, &self->program));
		EXPECT_LE(0.3, now_seconds() - start);
		EXPECT_EQ(extends + 1, tpm_status_num("extends"));
		EXPECT_EQ(known + 1, list_records(HOST_LIST, id, records, 8));
		ASSERT_EQ(0, replay(should));
		ASSERT_EQ(0, tpm_pcr(&tpm_banks[1], is));
		EXPECT_EQ(0, memcmp(is, should, sizeof(is)));
		ASSERT_EQ(0, tpm_order(&after, "count"));
		EXPECT_EQ(before.extends + 1, after.extends);
		ASSERT_EQ(0, program_renew(&self->program));
	}
}

/* While one extend is under way, all others gather for the next. */
TEST_F(group, one_extend_carries_all_who_wait)
{
	struct load *const load = self->box.shared;
	struct tpm_count before, after;

	ASSERT_EQ(0, load_make(load, LOAD_MAX));
	/* Time for them to come, but not so long that the driver gives up. */
	ASSERT_EQ(0, tpm_order(&before, "delay 0.6"));
	EXPECT_EQ(0, box_call(&self->box, load_run_boxed));
	ASSERT_EQ(0, tpm_order(&after, "count"));
	/* Best of all three: the first to come, 61, and whoever is left. */
	EXPECT_GE(MOST_EXTENDS, after.extends - before.extends);
	TH_LOG("%ld extends for %u programs", after.extends - before.extends,
	       LOAD_MAX);
	load_remove(load);
}

/*
 * Who opens for writing what the box relies on waits for the TPM to have the
 * violation. The inode's lock, which chmod() takes, is free meanwhile.
 */
TEST_F(group, writer_waits_without_the_inodes_lock)
{
	const char *const path = self->program.path;
	double start, took;
	pid_t writer;

	strcpy(self->box.shared, path);
	ASSERT_EQ(0, box_call(&self->box, map_for_good));
	ASSERT_EQ(0, tpm_order(NULL, "delay 0.6"));
	start = now_seconds();
	writer = fork();
	if (!writer)
		_exit(-open_for_write((void *)path));
	ASSERT_LT(0, writer);
	sleep_ms(200);
	EXPECT_EQ(0, waitpid(writer, NULL, WNOHANG));
	took = now_seconds();
	EXPECT_EQ(0, chmod(path, 0700));
	took = now_seconds() - took;
	EXPECT_EQ(0, waitpid(writer, NULL, WNOHANG));
	EXPECT_GT(0.2, took);
	EXPECT_EQ(0, wait_for(writer));
	EXPECT_LE(0.6, now_seconds() - start);
	EXPECT_EQ(1, ns_status_num(self->box.ids, "violations"));
}

#define BULLY_DIR CGROUP_DIR "/bully"
#define TURNS 40
#define STORM 8
/* Less than a second, for which the throttled bully is off its processor. */
#define STALL 0.6

/*
 *   host --> victim      begins new programs, and notes how long each takes
 *        --> bully       does what it can to be in the way
 */
FIXTURE(bully)
{
	struct box victim;
	struct box box;
};

FIXTURE_VARIANT(bully)
{
	/* Of the bully's control group: a file and its value. */
	const char *limit;
	const char *value;
	int signals[2];
};

#define BULLY_VARIANT(name, limit_, value_, ...) \
	FIXTURE_VARIANT_ADD(bully, name) \
	{ \
		.limit = limit_, .value = value_, .signals = { __VA_ARGS__ }, \
	}

BULLY_VARIANT(stopped_and_continued, "cpu.max", "max", SIGSTOP, SIGCONT);
BULLY_VARIANT(killed, "cpu.max", "max", SIGKILL);
/* Three milliseconds in each second. */
BULLY_VARIANT(throttled, "cpu.max", "3000 1000000");
/* All of it is to be given back, at once, for ever. */
BULLY_VARIANT(without_memory, "memory.high", "0");

/* The worst of many turns, in seconds. */
static int run_turns(void *shared)
{
	double *const worst = shared;
	struct program program;
	double start;
	int i, ret = 0;

	*worst = 0;
	for (i = 0; i < TURNS && !ret; i++) {
		ret = i ? program_renew(&program) : program_make(&program);
		start = now_seconds();
		ret = ret ?: program_run(program.path);
		start = now_seconds() - start;
		if (start > *worst)
			*worst = start;
	}
	return ret;
}

/* For ever, new programs. What fails for want of memory is tried again. */
static void __attribute__((noreturn)) work(void)
{
	struct program program;

	while (program_make(&program))
		;
	for (;;) {
		program_run(program.path);
		program_renew(&program);
	}
}

/*
 * For ever, one process that works, and gets two signals in turn, once they are
 * there.
 */
static void __attribute__((noreturn))
work_and_pester(const volatile int signals[2])
{
	pid_t pid = 0;
	int i, signal;

	for (i = 0;; i ^= 1) {
		if (!pid) {
			pid = fork();
			if (!pid)
				work();
		}
		sleep_ms(20);
		signal = signals[i];
		if (pid > 0 && signal)
			kill(pid, signal);
		if (pid < 0 || signal == SIGKILL) {
			waitpid(pid, NULL, 0);
			pid = 0;
		}
	}
}

/* In the bully; its processes stay. */
static int storm(void *shared)
{
	pid_t pid;
	int i;

	for (i = 0; i < STORM; i++) {
		pid = fork();
		if (pid < 0)
			return -errno;
		if (!pid)
			work_and_pester(shared);
	}
	return 0;
}

static int limit(const char *file, const char *value)
{
	char path[64];

	snprintf(path, sizeof(path), BULLY_DIR "/%s", file);
	return write_text(path, value);
}

FIXTURE_SETUP(bully)
{
	char pid[16];

	mkdir(BULLY_DIR, 0755);
	ASSERT_EQ(0, write_text(CGROUP_DIR "/cgroup.subtree_control",
				"+cpu +memory"));
	ASSERT_EQ(0, limit("cpu.max", "max"));
	ASSERT_EQ(0, limit("memory.high", "max"));
	ASSERT_EQ(0, box_start_active(&self->victim, NULL, "victim"));
	ASSERT_EQ(0, box_start_active(&self->box, NULL, "bully"));
	snprintf(pid, sizeof(pid), "%d", self->box.pid);
	ASSERT_EQ(0, limit("cgroup.procs", pid));
	ASSERT_EQ(0, tpm_order(NULL, "delay 0.01"));
}

FIXTURE_TEARDOWN(bully)
{
	/* Dying takes a processor, too. */
	EXPECT_EQ(0, limit("cpu.max", "max"));
	EXPECT_EQ(0, limit("memory.high", "max"));
	EXPECT_EQ(0, limit("cgroup.kill", "1"));
	EXPECT_EQ(0, tpm_order(NULL, "delay 0"));
	box_end(&self->box);
	box_end(&self->victim);
}

TEST_F(bully, victim_does_not_wait)
{
	double *const worst = self->victim.shared;
	double free_bully;

	/* What a bully costs that nothing is the matter with. */
	ASSERT_EQ(0, box_call(&self->box, storm));
	ASSERT_EQ(0, box_call(&self->victim, run_turns));
	free_bully = *worst;

	memcpy(self->box.shared, variant->signals, sizeof(variant->signals));
	ASSERT_EQ(0, limit(variant->limit, variant->value));
	EXPECT_EQ(0, box_call(&self->victim, run_turns));
	TH_LOG("worst of %d: %.3f s beside a free bully, %.3f s beside this",
	       TURNS, free_bully, *worst);
	EXPECT_GE(free_bully + STALL, *worst);
}

TEST_HARNESS_MAIN
