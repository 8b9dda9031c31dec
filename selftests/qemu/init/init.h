/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PID 1 of the test guest. See ../README.md for what it promises.
 */
#ifndef INIT_H
#define INIT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMA_DIR		"/sys/kernel/security/integrity/ima"
#define SUITE_DIR	"/suite"
#define EXPORT_DIR	"/export"
#define TESTS_FILE	SUITE_DIR "/.tests"

/* A byte string that grows. */
struct buf {
	char *data;
	size_t len;
	size_t size;
};

/* main.c */
__attribute__((format(printf, 1, 2)))
void say(const char *fmt, ...);
__attribute__((format(printf, 1, 2), noreturn))
void die(const char *fmt, ...);
/* Value of "imans.NAME=" on the kernel's command line, or NULL. */
const char *option(const char *name);

/* buf.c */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_free(struct buf *b);
/* Reads all that is left; 0 or -errno, with what came before an error kept. */
int buf_read_fd(struct buf *b, int fd);
int buf_read_file(struct buf *b, const char *path);

/* mount.c */
void mount_early(void);
void mount_root(void);
void mount_rest(void);
/* How many file systems were still busy. */
unsigned int unmount_all(void);
/* Opens the virtio-serial port with that name. */
int open_port(const char *name);

/* run.c */
struct test {
	char *name;
	unsigned int timeout;
	/* How many kernels it runs in, and the present one's number, from 1. */
	unsigned int boots;
	unsigned int boot;
	char **argv;
	/* Results, the outputs as far as the program got. */
	struct buf out;
	struct buf err;
	char status[64];
	bool passed;
};

void run_test(struct test *t);
/* Kills everybody but us; false if some process cannot be got rid of. */
bool kill_all(void);

/* export.c */
void export_open(void);
void export_file(const char *path, unsigned int mode, const struct buf *data);
/* A whole directory under another name; files that cannot be read are left out. */
void export_tree(const char *from, const char *to);
/* Lists and PCRs that belong together, under DIR/. */
void export_ima(const char *dir);

/* tpm.c */
/* Lines "<bank> 10 <hex>"; empty without a TPM. */
void tpm_read_pcrs(struct buf *lines);

/* kmsg.c */
void kmsg_open(void);
/* Takes in what the kernel has logged since. */
void kmsg_drain(void);
/* Something that fails the run, in one line; the first one counts. */
__attribute__((format(printf, 1, 2)))
void kmsg_found(const char *fmt, ...);
/* "clean", or what was found first. */
const char *kmsg_verdict(void);
const struct buf *kmsg_text(void);

/* kmemleak.c */
/* Looks for lost memory, and exports the report, if the kernel can. */
void kmemleak_check(void);

#endif /* INIT_H */
