// SPDX-License-Identifier: LGPL-2.1-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init.h"

/* The order in which QEMU gets them. */
#define ROOT_DISK	"/dev/vda"
#define SUITE_DISK	"/dev/vdb"

static const struct {
	const char *dir;
	const char *type;
	unsigned long flags;
	const char *data;
} mounts[] = {
	{ "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "/sys/kernel/security", "securityfs", 0, NULL },
	{ "/sys/kernel/debug", "debugfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "/dev", "devtmpfs", MS_NOSUID, NULL },
	{ "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "ptmxmode=666" },
	{ "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777" },
	{ "/dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755" },
	{ EXPORT_DIR, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755" },
};

static void mount_one(const char *dir)
{
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		if (strcmp(mounts[i].dir, dir))
			continue;
		mkdir(dir, 0755);
		/* A small kernel need not have all, or the place for them. */
		if (mount(mounts[i].type, dir, mounts[i].type, mounts[i].flags,
			  mounts[i].data) && errno != ENODEV && errno != ENOENT)
			die("cannot mount %s on %s: %m", mounts[i].type, dir);
	}
}

void mount_early(void)
{
	mount_one("/proc");
	mount_one("/sys");
	mount_one("/dev");
}

/*
 * Makes the ext4 image the root of the mount namespace, rather than chroot into
 * it: programs in a chroot may neither pivot_root nor make user namespaces.
 */
void mount_root(void)
{
	unsigned long flags = option("ro-root") ? MS_RDONLY : 0;

	mkdir("/root", 0755);
	if (mount(ROOT_DISK, "/root", "ext4", flags, NULL))
		die("cannot mount %s: %m", ROOT_DISK);
	umount2("/dev", MNT_DETACH);
	umount2("/sys", MNT_DETACH);
	umount2("/proc", MNT_DETACH);
	if (chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) ||
	    chroot(".") || chdir("/"))
		die("cannot make %s the root: %m", ROOT_DISK);
}

void mount_rest(void)
{
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		mount_one(mounts[i].dir);
	mkdir(SUITE_DIR, 0755);
	mkdir("/tmp", 01777);
	chmod("/tmp", 01777);
	if (access(SUITE_DISK, F_OK) == 0 &&
	    mount(SUITE_DISK, SUITE_DIR, "ext4", 0, NULL))
		die("cannot mount %s on %s: %m", SUITE_DISK, SUITE_DIR);
}

unsigned int unmount_all(void)
{
	unsigned int busy = 0;

	if (access(SUITE_DISK, F_OK) == 0 && umount(SUITE_DIR)) {
		say("cannot unmount " SUITE_DIR ": %m");
		busy++;
	}
	if (!option("ro-root") && mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL)) {
		say("cannot remount / read-only: %m");
		busy++;
	}
	sync();
	return busy;
}

int open_port(const char *name)
{
	static const char class[] = "/sys/class/virtio-ports";
	DIR *dir = opendir(class);
	struct dirent *de;
	char path[512];
	int fd = -1;

	while (dir && fd < 0 && (de = readdir(dir))) {
		struct buf b = { 0 };

		snprintf(path, sizeof(path), "%s/%s/name", class, de->d_name);
		if (!buf_read_file(&b, path) && b.len == strlen(name) + 1 &&
		    !memcmp(b.data, name, b.len - 1)) {
			snprintf(path, sizeof(path), "/dev/%s", de->d_name);
			fd = open(path, O_WRONLY | O_CLOEXEC);
		}
		buf_free(&b);
	}
	if (dir)
		closedir(dir);
	return fd;
}
