/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A FUSE file system with one file, "file", that can be opened and mapped, and
 * whose content can't be read: each READ is answered with EIO.
 */
#ifndef _SELFTESTS_IMA_NS_FUSE_H
#define _SELFTESTS_IMA_NS_FUSE_H

#include <linux/fuse.h>

#include "common.h"

#define FUSE_ROOT 1
#define FUSE_FILE 2
#define FUSE_FILE_NAME "file"
#define FUSE_FILE_SIZE 4096

struct fuse {
	char dir[64];
	pid_t pid;
};

static inline void fuse_attr(struct fuse_attr *attr, uint64_t node)
{
	attr->ino = node;
	attr->mode = node == FUSE_ROOT ? S_IFDIR | 0755 : S_IFREG | 0755;
	attr->size = node == FUSE_ROOT ? 0 : FUSE_FILE_SIZE;
	attr->blksize = FUSE_FILE_SIZE;
	attr->nlink = 1;
}

/* Body of the answer and its length, or a negative errno. */
static inline int fuse_body(const struct fuse_in_header *in, void *body)
{
	const char *const name = (const char *)(in + 1);
	struct fuse_entry_out *const entry = body;
	struct fuse_init_out *const init = body;
	struct fuse_attr_out *const attr = body;

	switch (in->opcode) {
	case FUSE_INIT:
		init->major = FUSE_KERNEL_VERSION;
		init->minor = FUSE_KERNEL_MINOR_VERSION;
		init->max_write = FUSE_FILE_SIZE;
		return sizeof(*init);
	case FUSE_LOOKUP:
		if (strcmp(name, FUSE_FILE_NAME))
			return -ENOENT;
		entry->nodeid = FUSE_FILE;
		fuse_attr(&entry->attr, FUSE_FILE);
		return sizeof(*entry);
	case FUSE_GETATTR:
		fuse_attr(&attr->attr, in->nodeid);
		return sizeof(*attr);
	case FUSE_OPEN:
		return sizeof(struct fuse_open_out);
	case FUSE_RELEASE:
	case FUSE_FLUSH:
		return 0;
	case FUSE_READ:
		return -EIO;
	default:
		return -ENOSYS;
	}
}

static inline void __attribute__((noreturn)) fuse_serve(int fd)
{
	static char request[1 << 17];
	struct {
		struct fuse_out_header header;
		char body[256];
	} answer;
	const struct fuse_in_header *const in = (const void *)request;
	int len;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(fd, request, sizeof(request)) >= (ssize_t)sizeof(*in)) {
		if (in->opcode == FUSE_FORGET || in->opcode == FUSE_BATCH_FORGET)
			continue;
		memset(&answer, 0, sizeof(answer));
		len = fuse_body(in, answer.body);
		answer.header.unique = in->unique;
		answer.header.error = len < 0 ? len : 0;
		answer.header.len = sizeof(answer.header) + (len < 0 ? 0 : len);
		/* Who asked may have been killed meanwhile. */
		if (write(fd, &answer, answer.header.len) < 0 &&
		    errno != ENOENT)
			break;
	}
	_exit(0);
}

static inline int fuse_start(struct fuse *fuse)
{
	const int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[96];
	int ret = 0;

	if (fd < 0)
		return -errno;
	snprintf(fuse->dir, sizeof(fuse->dir), "/tmp/fuse-%d", getpid());
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
	if ((mkdir(fuse->dir, 0755) && errno != EEXIST) ||
	    mount("ima-ns-test", fuse->dir, "fuse", 0, options))
		ret = -errno;
	if (!ret) {
		fuse->pid = fork();
		if (!fuse->pid)
			fuse_serve(fd);
		ret = fuse->pid < 0 ? -errno : 0;
	}
	close(fd);
	return ret;
}

static inline void fuse_end(struct fuse *fuse)
{
	if (fuse->pid <= 0)
		return;
	umount2(fuse->dir, MNT_DETACH);
	kill(fuse->pid, SIGKILL);
	waitpid(fuse->pid, NULL, 0);
	rmdir(fuse->dir);
	fuse->pid = 0;
}

#endif /* _SELFTESTS_IMA_NS_FUSE_H */
