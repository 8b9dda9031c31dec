/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many new programs at once: a process for each, all ready, then all executed,
 * or opened for reading, together.
 */
#ifndef _SELFTESTS_IMA_NS_LOAD_H
#define _SELFTESTS_IMA_NS_LOAD_H

#include "program.h"
#include "tpm.h"

#define LOAD_MAX 64

struct load {
	unsigned int count;
	/* Do not execute the programs: a process that does costs more time. */
	bool only_read;
	/* Their paths may stand in the host's list. */
	bool public;
	struct program programs[LOAD_MAX];
	/* Of the last run, from the signal until all have ended. */
	double seconds;
};

/* New files, which nobody has measured. */
static inline int load_make(struct load *load, unsigned int count)
{
	unsigned int i;
	int ret;

	load->count = count;
	for (i = 0; i < count; i++) {
		ret = load->public ? program_make_public(&load->programs[i]) :
				     program_make(&load->programs[i]);
		if (ret)
			return ret;
	}
	/* Their data must not be written back while time is taken. */
	sync();
	return 0;
}

static inline void load_remove(struct load *load)
{
	unsigned int i;

	for (i = 0; i < load->count; i++)
		unlink(load->programs[i].path);
}

static inline void __attribute__((noreturn))
load_child(const struct program *program, bool only_read, int ready, int go)
{
	char byte = 0;

	if (write(ready, &byte, 1) != 1)
		_exit(1);
	close(ready);
	/* The end of the file is the signal. */
	if (read(go, &byte, 1))
		_exit(2);
	if (only_read)
		_exit(can_open(program->path, O_RDONLY) != 0);
	execl(program->path, program->path, NULL);
	_exit(3);
}

/* Execute them all; how many failed, or a negative errno. */
static inline int load_run(struct load *load)
{
	int ready[2], go[2], failed = 0;
	pid_t pids[LOAD_MAX];
	unsigned int i;
	char byte;

	if (pipe2(ready, O_CLOEXEC) || pipe2(go, O_CLOEXEC))
		return -errno;
	for (i = 0; i < load->count; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			return -errno;
		if (!pids[i]) {
			close(go[1]);
			load_child(&load->programs[i], load->only_read,
				   ready[1], go[0]);
		}
	}
	close(ready[1]);
	for (i = 0; i < load->count; i++)
		if (read(ready[0], &byte, 1) != 1)
			return -EPIPE;
	load->seconds = now_seconds();
	close(go[1]);
	for (i = 0; i < load->count; i++)
		failed += wait_for(pids[i]) != 0;
	load->seconds = now_seconds() - load->seconds;
	close(ready[0]);
	close(go[0]);
	return failed;
}

static inline int load_run_boxed(void *shared)
{
	return load_run(shared);
}

#endif /* _SELFTESTS_IMA_NS_LOAD_H */
