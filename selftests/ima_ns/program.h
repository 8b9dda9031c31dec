/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Executables that no other test has: a tiny static one, then bytes that
 * make its digest new.
 */
#ifndef _SELFTESTS_IMA_NS_PROGRAM_H
#define _SELFTESTS_IMA_NS_PROGRAM_H

#include <sys/random.h>

#include "box.h"
#include "list.h"
#include "sha256.h"

#define PROGRAM_MAX 32768
#define PROGRAM_DIR "/tmp"

struct program {
	char path[128];
	uint8_t digest[SHA256_SIZE];
};

/* The file "tiny" that lies beside the test program. */
static inline ssize_t program_template(uint8_t *buf, size_t size)
{
	char path[PATH_MAX], *slash;
	const ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 8);

	if (len < 0)
		return -errno;
	path[len] = '\0';
	slash = strrchr(path, '/');
	strcpy(slash + 1, "tiny");
	return read_file(path, buf, size);
}

/* Write a program and note its digest; an existing file keeps its inode. */
static inline int program_write(struct program *program, const void *data,
				size_t len)
{
	const int fd = open(program->path, O_WRONLY | O_CREAT | O_TRUNC |
			    O_CLOEXEC, 0755);
	ssize_t put;

	if (fd < 0)
		return -errno;
	put = write(fd, data, len);
	close(fd);
	if (put != (ssize_t)len)
		return put < 0 ? -errno : -EIO;
	sha256(data, len, program->digest);
	return 0;
}

/* New content, at the path that is set. */
static inline int program_renew(struct program *program)
{
	uint8_t data[PROGRAM_MAX];
	const ssize_t len = program_template(data, sizeof(data) - 16);

	if (len < 0)
		return len;
	if (getrandom(data + len, 16, 0) != 16)
		return -EIO;
	return program_write(program, data, len + 16);
}

static inline int program_make_as(struct program *program, const char *dir,
				  const char *prefix)
{
	static unsigned int number;

	snprintf(program->path, sizeof(program->path), "%s/%sprogram-%d-%u",
		 dir, prefix, getpid(), number++);
	return program_renew(program);
}

/* One that only containers run. */
static inline int program_make(struct program *program)
{
	return program_make_as(program, PROGRAM_DIR, SECRET "-");
}

/* One that the host runs, too. */
static inline int program_make_public(struct program *program)
{
	return program_make_as(program, PROGRAM_DIR, "");
}

/* The same program under a longer name, which no file has yet. */
static inline int program_beside(const struct program *program,
				 const char *suffix, struct program *beside)
{
	const int len = snprintf(beside->path, sizeof(beside->path), "%s%s",
				 program->path, suffix);

	memcpy(beside->digest, program->digest, SHA256_SIZE);
	return len < (int)sizeof(beside->path) ? 0 : -ENAMETOOLONG;
}

/* The same content into the file at another path. */
static inline int program_copy(const struct program *from, struct program *to)
{
	uint8_t data[PROGRAM_MAX];
	const ssize_t len = read_file(from->path, data, sizeof(data));

	return len < 0 ? len : program_write(to, data, len);
}

/* Run it; it exits with 0. */
static inline int program_run(const char *path)
{
	const pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		execl(path, path, NULL);
		_exit(errno);
	}
	return wait_for(pid);
}

static inline int box_run_path(void *shared)
{
	return program_run(shared);
}

static inline int box_run(struct box *box, const struct program *program)
{
	strcpy(box->shared, program->path);
	return box_call(box, box_run_path);
}

#endif /* _SELFTESTS_IMA_NS_PROGRAM_H */
