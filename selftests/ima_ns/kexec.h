/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Start the kernel that the harness has put on the suite's disk, in place of
 * this one.
 */
#ifndef _SELFTESTS_IMA_NS_KEXEC_H
#define _SELFTESTS_IMA_NS_KEXEC_H

#include <linux/kexec.h>
#include <linux/reboot.h>

#include "common.h"

#define NEXT_KERNEL "/suite/.kernel"
#define NEXT_INITRD "/suite/.initrd"

static inline int sys_kexec_file_load(int kernel, int initrd,
				      const char *cmdline, unsigned long flags)
{
	return syscall(__NR_kexec_file_load, kernel, initrd,
		       strlen(cmdline) + 1, cmdline, flags) ? -errno : 0;
}

/* Load the next kernel; it is not started yet. */
static inline int kexec_prepare(const char *cmdline)
{
	const int kernel = open(NEXT_KERNEL, O_RDONLY | O_CLOEXEC);
	const int initrd = open(NEXT_INITRD, O_RDONLY | O_CLOEXEC);
	int ret;

	if (kernel < 0 || initrd < 0)
		return -errno;
	ret = sys_kexec_file_load(kernel, initrd, cmdline, 0);
	close(kernel);
	close(initrd);
	return ret;
}

/* Let go of what is loaded. */
static inline int kexec_forget(void)
{
	return sys_kexec_file_load(-1, -1, "", KEXEC_FILE_UNLOAD);
}

/* Start it. Returns only if that is refused. */
static inline int kexec_go(void)
{
	return syscall(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		       LINUX_REBOOT_CMD_KEXEC, NULL) ? -errno : 0;
}

#endif /* _SELFTESTS_IMA_NS_KEXEC_H */
