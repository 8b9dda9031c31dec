// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Memory that the kernel lost, where its kmemleak can tell.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

#define REPORT	"/sys/kernel/debug/kmemleak"

/* Younger objects are never reported: their address may still be on the way. */
#define MIN_AGE	6

/* An object's content must stay the same from one scan to the next. */
#define SCANS	2

static int scan(void)
{
	int fd = open(REPORT, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	nanosleep(&(struct timespec){ .tv_sec = MIN_AGE }, NULL);
	if (write(fd, "scan", 4) != 4)
		ret = -errno;
	close(fd);
	return ret;
}

void kmemleak_check(void)
{
	struct buf report = { 0 };
	unsigned int i;
	int ret = 0;

	if (access(REPORT, F_OK))
		return;
	for (i = 0; i < SCANS && !ret; i++)
		ret = scan();
	ret = ret ? ret : buf_read_file(&report, REPORT);
	if (ret)
		kmsg_found("kmemleak: no scan: %s", strerror(-ret));
	else if (report.len)
		kmsg_found("kmemleak: %.*s",
			   (int)strcspn(report.data, "\n"), report.data);
	export_file("kmemleak", 0644, &report);
	buf_free(&report);
}
