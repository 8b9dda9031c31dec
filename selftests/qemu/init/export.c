// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Files for the host leave as one tar stream through a virtio-serial port: what
 * was sent before a crash is with the host, with nothing to unmount or replay.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

#define TAR_BLOCK	512
#define TAR_NAME	100
#define TRIES		50
#define PAUSE_NS	(100 * 1000 * 1000)

struct tar_header {
	char name[TAR_NAME];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char linkname[100];
	char magic[8];
	char rest[247];
};

_Static_assert(sizeof(struct tar_header) == TAR_BLOCK, "a header is one block");

static int port = -1;

void export_open(void)
{
	port = open_port("export");
	if (port < 0)
		die("no export port: %m");
}

static void send_all(const void *data, size_t len)
{
	const char *at = data;
	ssize_t n;

	while (len) {
		n = write(port, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("cannot write to the export port: %m");
		at += n;
		len -= n;
	}
}

static void send_member(char type, const char *name, unsigned int mode,
			const void *data, size_t len)
{
	static const char zeros[TAR_BLOCK];
	struct tar_header h = { .type = type, .magic = "ustar  " };
	unsigned int sum = 0;
	size_t i;

	memcpy(h.name, name, strnlen(name, sizeof(h.name)));
	snprintf(h.mode, sizeof(h.mode), "%07o", mode & 07777);
	snprintf(h.uid, sizeof(h.uid), "%07o", 0);
	snprintf(h.gid, sizeof(h.gid), "%07o", 0);
	snprintf(h.size, sizeof(h.size), "%011zo", len);
	snprintf(h.mtime, sizeof(h.mtime), "%011o", 0);
	memset(h.checksum, ' ', sizeof(h.checksum));
	for (i = 0; i < sizeof(h); i++)
		sum += ((unsigned char *)&h)[i];
	snprintf(h.checksum, sizeof(h.checksum), "%06o", sum);
	send_all(&h, sizeof(h));
	send_all(data, len);
	if (len % TAR_BLOCK)
		send_all(zeros, TAR_BLOCK - len % TAR_BLOCK);
}

void export_file(const char *path, unsigned int mode, const struct buf *data)
{
	/* GNU tar's way: the name is the content of a member before it. */
	if (strlen(path) >= TAR_NAME)
		send_member('L', "././@LongLink", 0, path, strlen(path) + 1);
	send_member('0', path, mode, data->data, data->len);
}

/* The files of a tree, read before any of them is sent. */
struct files {
	struct file {
		char *path;
		unsigned int mode;
		struct buf data;
	} *file;
	size_t count;
};

static void files_add(struct files *f, const char *path, unsigned int mode,
		      struct buf data)
{
	f->file = realloc(f->file, (f->count + 1) * sizeof(*f->file));
	if (!f->file)
		die("no memory for the list of exported files");
	f->file[f->count].path = strdup(path);
	f->file[f->count].mode = mode;
	f->file[f->count++].data = data;
}

static void files_free(struct files *f)
{
	size_t i;

	for (i = 0; i < f->count; i++) {
		free(f->file[i].path);
		buf_free(&f->file[i].data);
	}
	free(f->file);
	memset(f, 0, sizeof(*f));
}

static void files_read(struct files *f, const char *from, const char *to)
{
	DIR *dir = opendir(from);
	struct dirent *de;

	while (dir && (de = readdir(dir))) {
		struct buf data = { 0 };
		struct stat st;
		char *src, *dst;

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		if (asprintf(&src, "%s/%s", from, de->d_name) < 0 ||
		    asprintf(&dst, "%s/%s", to, de->d_name) < 0)
			die("no memory for a path");
		/* IMA's plain names are links; one to a directory may be a loop. */
		if (!lstat(src, &st) && S_ISDIR(st.st_mode))
			files_read(f, src, dst);
		else if (!stat(src, &st) && S_ISREG(st.st_mode) &&
			 !buf_read_file(&data, src))
			files_add(f, dst, st.st_mode, data);
		free(src);
		free(dst);
	}
	if (dir)
		closedir(dir);
}

static void files_send(const struct files *f)
{
	size_t i;

	for (i = 0; i < f->count; i++)
		export_file(f->file[i].path, f->file[i].mode, &f->file[i].data);
}

void export_tree(const char *from, const char *to)
{
	struct files files = { 0 };

	files_read(&files, from, to);
	files_send(&files);
	files_free(&files);
}

static void pause_shortly(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
}

static bool same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (!a->len || !memcmp(a->data, b->data, a->len));
}

void export_ima(const char *dir)
{
	struct buf before = { 0 }, after = { 0 };
	struct files files = { 0 };
	unsigned int tries = 0;
	char path[256];

	snprintf(path, sizeof(path), "%s/ima", dir);
	tpm_read_pcrs(&before);
	for (;;) {
		files_read(&files, IMA_DIR, path);
		pause_shortly();
		tpm_read_pcrs(&after);
		if (same(&before, &after))
			break;
		if (++tries == TRIES)
			die("%s: the PCRs don't come to rest", dir);
		files_free(&files);
		buf_free(&before);
		before = after;
		after = (struct buf){ 0 };
	}
	files_send(&files);
	snprintf(path, sizeof(path), "%s/pcrs", dir);
	export_file(path, 0644, &after);
	files_free(&files);
	buf_free(&before);
	buf_free(&after);
}
