/* SPDX-License-Identifier: GPL-2.0-only */
/* A box that maps one new file after the other, as libraries are. */
#ifndef _SELFTESTS_IMA_NS_FLOOD_H
#define _SELFTESTS_IMA_NS_FLOOD_H

#include "map.h"
#include "program.h"

/* What the box is told, and what it tells. */
struct flood {
	unsigned int first;
	unsigned int count;
	unsigned int measured;
	unsigned int refused;
};

static inline int flood_map(unsigned int number)
{
	char path[64], content[64];
	int fd, ret;

	snprintf(content, sizeof(content), "%d %u", getpid(), number);
	snprintf(path, sizeof(path), "%s/" SECRET "-flood-%d-%u", PROGRAM_DIR,
		 getpid(), number);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (fd < 0)
		return -EDOM;
	ret = write(fd, content, strlen(content)) < 0 ? -EDOM : 0;
	close(fd);
	ret = ret ?: map_executable(path);
	unlink(path);
	return ret;
}

static inline int flood_run(void *shared)
{
	struct flood *const flood = shared;
	unsigned int i;
	int ret;

	flood->measured = 0;
	flood->refused = 0;
	for (i = 0; i < flood->count; i++) {
		ret = flood_map(flood->first + i);
		if (!ret)
			flood->measured++;
		else if (ret == -EACCES)
			flood->refused++;
		else
			return ret;
	}
	return 0;
}

static inline int box_flood(struct box *box, unsigned int first,
			    unsigned int count)
{
	struct flood *const flood = box->shared;

	flood->first = first;
	flood->count = count;
	return box_call(box, flood_run);
}

#endif /* _SELFTESTS_IMA_NS_FLOOD_H */
