/* SPDX-License-Identifier: GPL-2.0-only */
/* An overlay, as images are mounted: what is mapped there is another inode's. */
#ifndef _SELFTESTS_IMA_NS_OVERLAY_H
#define _SELFTESTS_IMA_NS_OVERLAY_H

#include <sys/mount.h>

#include "program.h"

#define OVERLAY PROGRAM_DIR "/overlay"
#define OVERLAY_MERGED OVERLAY "/merged"

static inline int overlay_mount(void)
{
	static const char *const dirs[] = {
		OVERLAY, OVERLAY "/lower", OVERLAY "/upper", OVERLAY "/work",
		OVERLAY_MERGED,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdir(dirs[i], 0755) && errno != EEXIST)
			return -errno;
	return mount("overlay", OVERLAY_MERGED, "overlay", 0,
		     "lowerdir=" OVERLAY "/lower,upperdir=" OVERLAY
		     "/upper,workdir=" OVERLAY "/work") ? -errno : 0;
}

static inline void overlay_unmount(void)
{
	umount2(OVERLAY_MERGED, MNT_DETACH);
}

#endif /* _SELFTESTS_IMA_NS_OVERLAY_H */
