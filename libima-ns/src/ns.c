// SPDX-License-Identifier: LGPL-2.1-or-later
/* Making and entering namespaces. */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctx.h"
#include "file.h"
#include "tree.h"

#ifndef CLONE_NEWIMA
#define CLONE_NEWIMA	0x40
#endif

/* 32 levels of 20 digits and a slash, and more. */
#define SELF_MAX	((size_t)4096)

static bool label_valid(const char *label)
{
	size_t len = strlen(label);

	if (!len || len > IMANS_LABEL_MAX)
		return false;
	for (; *label; label++)
		if (*label < 0x21 || *label > 0x7e)
			return false;
	return true;
}

/* One write(): the kernel takes a value whole. */
static int put_value(struct imans_ctx *ctx, const char *dir, const char *file,
		     const char *value)
{
	size_t len = strlen(value);
	char *path;
	int fd, err = 0;

	if (asprintf(&path, "%s/%s", dir, file) < 0)
		return imans_err(ctx, -ENOMEM, "namespace: out of memory");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
	} else {
		ssize_t n = write(fd, value, len);

		if (n < 0)
			err = -errno;
		else if ((size_t)n != len)
			err = -EIO;
		close(fd);
	}
	if (err)
		imans_err(ctx, err, "%s: %s", path, strerror(-err));
	free(path);
	return err;
}

/* From "3/7\n" to "NS_DIR/3/ns/7", and the last id. */
static int own_dir(struct imans_ctx *ctx, const char *ns_dir, char **dir,
		   uint64_t *id)
{
	char *path, *at, *end, *out;
	uint8_t *self;
	size_t len, used;
	int err;

	if (asprintf(&path, "%s/self", ns_dir) < 0)
		return imans_err(ctx, -ENOMEM, "namespace: out of memory");
	err = imans_file_read(ctx, path, SELF_MAX, &self, &len);
	free(path);
	if (err)
		return err;
	self[strcspn((char *)self, "\n")] = '\0';
	/* Each component of the path grows by "/ns" at most. */
	out = malloc(strlen(ns_dir) + 4 * strlen((char *)self) + 2);
	if (!out) {
		free(self);
		return imans_err(ctx, -ENOMEM, "namespace: out of memory");
	}
	used = (size_t)sprintf(out, "%s", ns_dir);
	*id = 0;
	for (at = (char *)self; *at && !err; at = *end ? end + 1 : end) {
		if (*at < '1' || *at > '9') {
			*id = 0;
			break;
		}
		*id = strtoull(at, &end, 10);
		if (*end && *end != '/')
			err = imans_err(ctx, -EBADMSG,
					"%s/self: \"%s\" is no path of a namespace",
					ns_dir, (char *)self);
		used += (size_t)sprintf(out + used, "%s/%" PRIu64,
					at == (char *)self ? "" : "/ns", *id);
	}
	free(self);
	if (!err && !*id)
		err = imans_err(ctx, -EBADMSG,
				"%s/self: names no namespace below the host's",
				ns_dir);
	if (err)
		free(out);
	else
		*dir = out;
	return err;
}

static int configure(struct imans_ctx *ctx, const char *dir,
		     const struct imans_ns_opts *opts)
{
	int err = put_value(ctx, dir, "label", opts->label);

	if (!err && opts->policy)
		err = put_value(ctx, dir, "policy", opts->policy);
	if (!err && opts->quota)
		err = put_value(ctx, dir, "quota", opts->quota);
	if (!err && opts->delegate)
		err = put_value(ctx, dir, "delegate", "1");
	if (!err && opts->key_self)
		err = put_value(ctx, dir, "key_self", "1");
	if (!err)
		err = put_value(ctx, dir, "active", "1");
	return err;
}

static const char *unshare_reason(int err)
{
	switch (err) {
	case -EINVAL:
		return "the kernel has no IMA namespaces, or the process has threads";
	case -EPERM:
		return "not allowed: CAP_SYS_ADMIN, and in a container the delegation of its namespace, are needed";
	case -ENOSPC:
		return "too many levels, or the limit max_ima_namespaces is reached";
	case -EOPNOTSUPP:
		return "IMA is not running in this kernel";
	default:
		return strerror(-err);
	}
}

IMANS_API int imans_ns_enter_new(struct imans_ctx *ctx,
				 const struct imans_ns_opts *opts, uint64_t *id)
{
	struct imans_ns_opts o;
	uint64_t new_id = 0;
	char *dir = NULL;
	int err = imans_opts_copy(ctx, &o, sizeof(o), opts);

	if (err)
		return err;
	if (!o.ns_dir)
		o.ns_dir = IMANS_NS_DIR;
	if (!o.label || !label_valid(o.label))
		return imans_err(ctx, -EINVAL,
				 "the label is not 1 to %d characters of printable ASCII without spaces",
				 IMANS_LABEL_MAX);
	/* Before anything is done that can't be undone. */
	if (access(o.ns_dir, X_OK)) {
		err = -errno;
		return imans_err(ctx, err,
				 "%s: %s (is securityfs mounted, and the kernel one with IMA namespaces?)",
				 o.ns_dir, strerror(-err));
	}
	if (unshare(CLONE_NEWIMA)) {
		err = -errno;
		return imans_err(ctx, err, "unshare: %s", unshare_reason(err));
	}
	err = own_dir(ctx, o.ns_dir, &dir, &new_id);
	if (err)
		return err;
	err = configure(ctx, dir, &o);
	free(dir);
	if (!err && id)
		*id = new_id;
	return err;
}

IMANS_API int imans_ns_enter_pid(struct imans_ctx *ctx, int pid)
{
	char path[64];
	int fd, err = 0;

	snprintf(path, sizeof(path), "/proc/%d/ns/ima", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		return imans_err(ctx, err, "%s: %s", path, strerror(-err));
	}
	if (setns(fd, CLONE_NEWIMA)) {
		err = -errno;
		imans_err(ctx, err, "%s: %s", path,
			  err == -EPERM ?
			  "not allowed: only the own namespace and those below it can be entered, with CAP_SYS_ADMIN" :
			  strerror(-err));
	}
	close(fd);
	return err;
}

/* The first process whose namespace has this inode number; 0: none; -errno. */
static int find_member(uint64_t inum)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	int found = 0;

	if (!proc)
		return -errno;
	while (!found && (d = readdir(proc))) {
		char path[300];
		struct stat st;

		if (*d->d_name < '1' || *d->d_name > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/ima", d->d_name);
		if (!stat(path, &st) && st.st_ino == inum)
			found = atoi(d->d_name);
	}
	closedir(proc);
	return found;
}

IMANS_API int imans_ns_enter_id(struct imans_ctx *ctx, const char *ns_dir,
				uint64_t id)
{
	struct imans_ns_status status;
	struct imans_tree *tree;
	int pid, err = imans_tree_read(ctx, ns_dir, &tree);

	if (err)
		return err;
	err = imans_tree_by_id(tree, id, &status);
	imans_tree_free(tree);
	if (err)
		return err;
	pid = find_member(status.inum);
	if (pid < 0)
		return imans_err(ctx, pid, "/proc: %s", strerror(-pid));
	if (!pid)
		return imans_err(ctx, -ESRCH,
				 "namespace %" PRIu64 ": no process of it is visible in /proc",
				 id);
	return imans_ns_enter_pid(ctx, pid);
}
