/* SPDX-License-Identifier: GPL-2.0-only */
/* Mapping the first page of a file, in the test or in a box. */
#ifndef _SELFTESTS_IMA_NS_MAP_H
#define _SELFTESTS_IMA_NS_MAP_H

#include <sys/mman.h>

#include "box.h"

#define MAP_PAGE 4096

/* The path is first: what takes a path in a box's page takes this, too. */
struct map {
	char path[256];
	/* Of open(). */
	int flags;
	int prot;
	/* mprotect() it afterwards, if not 0. */
	int then;
	/* Keep it mapped; else it is let go of. */
	bool keep;
};

/* That it can't be opened is no answer of mmap()'s or mprotect()'s: -EDOM. */
static inline int map_file(const struct map *map)
{
	const int fd = open(map->path, map->flags | O_CLOEXEC);
	void *at;
	int ret = 0;

	if (fd < 0)
		return -EDOM;
	at = mmap(NULL, MAP_PAGE, map->prot, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		ret = -errno;
	close(fd);
	if (!ret && map->then && mprotect(at, MAP_PAGE, map->then))
		ret = -errno;
	if (at != MAP_FAILED && !map->keep)
		munmap(at, MAP_PAGE);
	return ret;
}

static inline int map_file_boxed(void *shared)
{
	return map_file(shared);
}

static inline int box_map(struct box *box, const struct map *map)
{
	memcpy(box->shared, map, sizeof(*map));
	return box_call(box, map_file_boxed);
}

static inline int map_path(const char *path, int prot, bool keep)
{
	struct map map = { .prot = prot, .keep = keep };

	snprintf(map.path, sizeof(map.path), "%s", path);
	return map_file(&map);
}

/* As a library is, and let go of. */
static inline int map_executable(void *path)
{
	return map_path(path, PROT_READ | PROT_EXEC, false);
}

static inline int map_for_good(void *path)
{
	return map_path(path, PROT_READ | PROT_EXEC, true);
}

#endif /* _SELFTESTS_IMA_NS_MAP_H */
