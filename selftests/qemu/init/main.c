// SPDX-License-Identifier: LGPL-2.1-or-later
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init.h"

#define MAX_ARGS	64

static char cmdline[4096];

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("init: ");
	vprintf(fmt, ap);
	printf("\n");
	fflush(stdout);
	va_end(ap);
}

static void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/* Without a verdict the host counts the run as failed. */
void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("init: ");
	vprintf(fmt, ap);
	printf("; giving up\n");
	fflush(stdout);
	va_end(ap);
	power_off();
	abort();
}

/* Read once: a test may mount something over /proc. */
static void read_cmdline(void)
{
	struct buf b = { 0 };

	buf_read_file(&b, "/proc/cmdline");
	if (b.len >= sizeof(cmdline))
		die("the kernel's command line is too long");
	memcpy(cmdline, b.data, b.len);
	cmdline[strcspn(cmdline, "\n")] = '\0';
	buf_free(&b);
}

const char *option(const char *name)
{
	static char value[256];
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), "imans.%s=", name);
	at = strstr(cmdline, key);
	if (!at || (at != cmdline && at[-1] != ' '))
		return NULL;
	at += strlen(key);
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, " "), at);
	return value;
}

/* NAME SECONDS BOOTS COMMAND [ARGUMENT...]: a line that the host prepared. */
static bool parse_test(char *line, struct test *t)
{
	static char *argv[MAX_ARGS + 1];
	char *seconds, *boots, *save;
	size_t n = 0;

	memset(t, 0, sizeof(*t));
	t->name = strtok_r(line, " ", &save);
	seconds = strtok_r(NULL, " ", &save);
	boots = strtok_r(NULL, " ", &save);
	if (!t->name || !seconds || !boots)
		return false;
	t->timeout = strtoul(seconds, NULL, 10);
	t->boots = strtoul(boots, NULL, 10);
	t->boot = 1;
	while (n < MAX_ARGS && (argv[n] = strtok_r(NULL, " ", &save)))
		n++;
	argv[n] = NULL;
	t->argv = argv;
	return n > 0 && t->timeout > 0 && t->boots > 0;
}

static void export_part(const struct test *t, const char *part, const void *data,
			size_t len)
{
	struct buf b = { .data = (char *)data, .len = len };
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", t->name, part);
	export_file(path, 0644, &b);
}

static void export_test(const struct test *t)
{
	char from[256], to[256];

	export_part(t, "stdout", t->out.data, t->out.len);
	export_part(t, "stderr", t->err.data, t->err.len);
	export_part(t, "status", t->status, strlen(t->status));
	snprintf(from, sizeof(from), EXPORT_DIR "/%s", t->name);
	snprintf(to, sizeof(to), "%s/files", t->name);
	export_tree(from, to);
	export_ima(t->name);
}

/* How far the kernels before this one came. */
struct progress {
	unsigned int tests;
	unsigned int failed;
	unsigned int boot;
};

static void read_progress(struct progress *done)
{
	const char *from = option("resume");

	*done = (struct progress){ .boot = 1 };
	if (from && sscanf(from, "%u.%u.%u", &done->tests, &done->failed,
			   &done->boot) != 3)
		die("malformed option imans.resume=%s", from);
}

/* What the next kernel must be told, for the program to hand on. */
static void set_next_boot(const struct test *t, const struct progress *done)
{
	const char *at = strstr(cmdline, " imans.resume=");
	int keep = at ? at - cmdline : (int)strlen(cmdline);
	char value[sizeof(cmdline) + 64];

	snprintf(value, sizeof(value), "%u", t->boot);
	setenv("IMA_NS_BOOT", value, 1);
	/* Ours is the last one. */
	snprintf(value, sizeof(value), "%.*s imans.resume=%u.%u.%u", keep,
		 cmdline, done->tests, done->failed, t->boot + 1);
	setenv("IMA_NS_NEXT_CMDLINE", value, 1);
}

/* The next kernel knows nothing of this one's log: it must be clean. */
static bool may_leave(struct test *t)
{
	kmsg_drain();
	if (strcmp(kmsg_verdict(), "clean")) {
		snprintf(t->status, sizeof(t->status), "not run after %s\n",
			 kmsg_verdict());
		return false;
	}
	export_part(t, "dmesg", kmsg_text()->data, kmsg_text()->len);
	return true;
}

static void run_in_boots(struct test *t, const struct progress *done)
{
	bool last = t->boot == t->boots;
	char status[sizeof(t->status)];

	set_next_boot(t, done);
	if (!last && !may_leave(t))
		return;
	run_test(t);
	if (!last) {
		memcpy(status, t->status, sizeof(status));
		snprintf(t->status, sizeof(t->status), "still in boot %u: %.40s",
			 t->boot, status);
		t->passed = false;
	}
}

static void run_one(struct test *t, struct progress *done)
{
	say("%s begins, at most %u s", t->name, t->timeout);
	if (t->boots > 1)
		run_in_boots(t, done);
	else
		run_test(t);
	kmsg_drain();
	export_test(t);
	say("%s: %s", t->name, strtok(t->status, "\n"));
	done->tests++;
	done->failed += !t->passed;
	buf_free(&t->out);
	buf_free(&t->err);
}

static void run_suite(struct progress *done)
{
	FILE *list = fopen(TESTS_FILE, "re");
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	struct test t;

	if (!list)
		die("cannot open %s: %m", TESTS_FILE);
	while (getline(&line, &size, list) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!parse_test(line, &t))
			die("malformed line in %s", TESTS_FILE);
		if (number++ < done->tests)
			continue;
		t.boot = done->boot;
		done->boot = 1;
		run_one(&t, done);
	}
	free(line);
	fclose(list);
}

static void run_shell(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		setsid();
		/* A new session's first terminal becomes its controlling one. */
		close(open("/dev/ttyS0", O_RDWR));
		execl("/bin/sh", "sh", "-l", NULL);
		fprintf(stderr, "cannot execute /bin/sh: %m\n");
		_exit(127);
	}
	while (pid > 0 && waitpid(-1, NULL, 0) != pid)
		;
	kill_all();
}

/* The very last thing: whatever goes wrong before it leaves no verdict. */
static void send_verdict(int port, const struct progress *done,
			 unsigned int busy)
{
	const char *nonce = option("nonce");

	dprintf(port, "verdict %s tests=%u failed=%u busy=%u dmesg=%s\n",
		nonce ? nonce : "none", done->tests, done->failed, busy, kmsg_verdict());
}

static void set_up(void)
{
	umask(022);
	mount_early();
	read_cmdline();
	if (option("probe"))
		power_off();
	kmsg_open();
	mount_root();
	mount_rest();
	clearenv();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("TMPDIR", "/tmp", 1);
	setenv("LD_LIBRARY_PATH", SUITE_DIR "/lib", 1);
	setenv("TERM", "dumb", 1);
}

int main(void)
{
	struct progress done;
	unsigned int busy;
	int port;

	set_up();
	if (option("shell")) {
		run_shell();
		power_off();
	}
	port = open_port("verdict");
	if (port < 0)
		die("no verdict port: %m");
	export_open();
	read_progress(&done);
	if (!option("resume"))
		export_ima("boot");
	run_suite(&done);
	export_ima("final");
	kmemleak_check();
	busy = unmount_all();
	kmsg_drain();
	export_file("dmesg", 0644, kmsg_text());
	send_verdict(port, &done, busy);
	power_off();
}
