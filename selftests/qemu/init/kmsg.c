// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The kernel's log, read through one descriptor from boot on: neither clearing
 * the log nor filling it takes a record from us unnoticed.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init.h"

/* What no test may provoke, whatever printed it. */
static const char *const bad[] = {
	"Call Trace:",
	"WARNING:",
	"BUG:",
	"Oops",
	"kernel BUG at",
	"Kernel panic",
	"KASAN:",
	"KCSAN:",
	"UBSAN:",
	"kmemleak:",
	"INFO: rcu",
	"detected stall",
	"detected expedited stall",
	"soft lockup",
	"hard LOCKUP",
	"blocked for more than",
	"possible circular locking",
	"possible recursive locking",
	"possible irq lock inversion",
	"suspicious RCU usage",
	"held lock freed",
	"bad unlock balance",
	"refcount_t:",
	"list_add corruption",
	"list_del corruption",
	"EXT4-fs error",
	"Out of memory",
};

/* And what looks like it, but is not. */
static const char *const good[] = {
	"kmemleak: Kernel memory leak detector initialized",
	"kmemleak: Automatic memory scanning thread started",
};

static int kmsg_fd = -1;
static struct buf text;
static char verdict[256] = "clean";

/* One line: it is the verdict's last word. */
void kmsg_found(const char *fmt, ...)
{
	va_list ap;

	if (strcmp(verdict, "clean"))
		return;
	va_start(ap, fmt);
	vsnprintf(verdict, sizeof(verdict), fmt, ap);
	va_end(ap);
}

/* "BUG:" is a word of its own, not the end of "DEBUG:". */
static bool has_word(const char *line, const char *word)
{
	const char *at = line;

	while ((at = strstr(at, word))) {
		if (at == line || !isalpha((unsigned char)at[-1]))
			return true;
		at++;
	}
	return false;
}

static void scan(const char *line)
{
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!strncmp(line, good[i], strlen(good[i])))
			return;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (has_word(line, bad[i]))
			kmsg_found("%s", bad[i]);
}

/* A record is "priority,seq,usec,flags;text\n" and lines of its dictionary. */
static void take(char *record)
{
	unsigned long long usec = 0;
	char *message = strchr(record, ';');
	char stamp[32];
	int len;

	if (!message)
		return;
	*message++ = '\0';
	message[strcspn(message, "\n")] = '\0';
	sscanf(record, "%*u,%*u,%llu", &usec);
	len = snprintf(stamp, sizeof(stamp), "[%5llu.%06llu] ", usec / 1000000,
		       usec % 1000000);
	buf_add(&text, stamp, len);
	buf_add(&text, message, strlen(message));
	buf_add(&text, "\n", 1);
	scan(message);
}

void kmsg_open(void)
{
	kmsg_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg_fd < 0)
		die("cannot open /dev/kmsg: %m");
}

void kmsg_drain(void)
{
	char record[8192];
	ssize_t n;

	for (;;) {
		n = read(kmsg_fd, record, sizeof(record) - 1);
		if (n > 0) {
			record[n] = '\0';
			take(record);
		} else if (n < 0 && errno == EPIPE) {
			kmsg_found("lost kernel log records");
		} else if (n < 0 && errno == EINTR) {
			continue;
		} else {
			if (n == 0 || errno != EAGAIN)
				kmsg_found("unreadable kernel log");
			return;
		}
	}
}

const char *kmsg_verdict(void)
{
	return verdict;
}

const struct buf *kmsg_text(void)
{
	return &text;
}
