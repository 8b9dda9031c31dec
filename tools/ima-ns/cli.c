// SPDX-License-Identifier: LGPL-2.1-or-later
/* Messages, options and small conversions. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static void message(const struct cli *cli, const char *fmt, va_list args)
{
	fflush(stdout);
	fprintf(stderr, "ima-ns %s: ", cli->name);
	vfprintf(stderr, fmt, args);
}

int cli_error(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(cli, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return CLI_ERROR;
}

int cli_usage_error(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(cli, fmt, args);
	va_end(args);
	fprintf(stderr, "; see \"ima-ns %s --help\"\n", cli->name);
	return CLI_ERROR;
}

int cli_failed(const struct cli *cli, int err)
{
	const char *text = imans_ctx_error(cli->ctx);

	cli_error(cli, "%s", *text ? text : strerror(-err));
	switch (err) {
	case -EBADMSG:
	case -EMSGSIZE:
	case -EPROTONOSUPPORT:
	case -EFBIG:
	case -EKEYREJECTED:
	case -ETIMEDOUT:
		return CLI_AGAINST;
	default:
		return CLI_ERROR;
	}
}

int cli_options(struct cli *cli, int argc, char **argv, const char *letters,
		const struct option *options, cli_option_fn take, void *user)
{
	int opt, code = -1;

	while (code < 0 &&
	       (opt = getopt_long(argc, argv, letters, options, NULL)) != -1)
		code = take(cli, user, opt);
	return code;
}

int cli_common_option(struct cli *cli, int opt)
{
	switch (opt) {
	case CLI_OPT_JSON:
		cli->json = true;
		return -1;
	case CLI_OPT_HELP:
		fputs(cli->usage, stdout);
		return CLI_GOOD;
	case CLI_OPT_NS_DIR:
		free(cli->ns_dir);
		cli->ns_dir = cli_strdup(optarg);
		return -1;
	case CLI_OPT_SECURITYFS:
		free(cli->ns_dir);
		cli->ns_dir = cli_printf("%s/integrity/ima/ns", optarg);
		return -1;
	default:
		/* getopt_long() has said what is wrong. */
		fprintf(stderr, "see \"ima-ns %s --help\"\n", cli->name);
		return CLI_ERROR;
	}
}

int cli_bank(const struct cli *cli, uint32_t *banks)
{
	enum imans_bank bank;

	if (imans_bank_parse(optarg, &bank))
		return cli_usage_error(cli, "\"%s\" is no bank", optarg);
	*banks |= IMANS_BANK(bank);
	return -1;
}

void cli_no_memory(void)
{
	fprintf(stderr, "ima-ns: out of memory\n");
	exit(CLI_ERROR);
}

void *cli_alloc(void *old, size_t size)
{
	void *new = realloc(old, size ? size : 1);

	if (!new)
		cli_no_memory();
	return new;
}

char *cli_strdup(const char *text)
{
	return strcpy(cli_alloc(NULL, strlen(text) + 1), text);
}

char *cli_printf(const char *fmt, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		cli_no_memory();
	return text;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

uint8_t *cli_hex_decode(const char *text, size_t *len)
{
	size_t digits = strlen(text);
	uint8_t *out;

	if (digits % 2 || !digits)
		return NULL;
	out = cli_alloc(NULL, digits / 2);
	for (size_t i = 0; i < digits / 2; i++) {
		int high = hex_value(text[2 * i]);
		int low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0) {
			free(out);
			return NULL;
		}
		out[i] = (uint8_t)(high << 4 | low);
	}
	*len = digits / 2;
	return out;
}

char *cli_hex_encode(const uint8_t *data, size_t len)
{
	char *text = cli_alloc(NULL, 2 * len + 1);

	text[0] = '\0';
	for (size_t i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", data[i]);
	return text;
}

char *cli_read_file(const struct cli *cli, const char *path, size_t max,
		    size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *data = cli_alloc(NULL, max + 2);
	size_t used = 0;
	ssize_t n = -1;

	if (fd >= 0) {
		do {
			n = read(fd, data + used, max + 1 - used);
			if (n > 0)
				used += (size_t)n;
		} while ((n > 0 && used <= max) || (n < 0 && errno == EINTR));
		close(fd);
	}
	if (n < 0 || used > max) {
		cli_error(cli, "%s: %s", path,
			  n < 0 ? strerror(errno) : "longer than it may be");
		free(data);
		return NULL;
	}
	data[used] = '\0';
	*len = used;
	return data;
}

char *cli_read_text(const struct cli *cli, const char *path, size_t max)
{
	size_t len;
	char *text = cli_read_file(cli, path, max, &len);

	if (text && strlen(text) != len) {
		cli_error(cli, "%s: not a text file", path);
		free(text);
		return NULL;
	}
	return text;
}

static bool nonce_sized(size_t len)
{
	return len >= IMANS_NONCE_MIN && len <= IMANS_NONCE_MAX;
}

/*
 * All of a file is hexadecimal, and a newline perhaps; NULL: it is something
 * else, random bytes say, which may well begin so.
 */
static uint8_t *hex_file(const char *text, size_t text_len, size_t *len)
{
	char *line = cli_strdup(text);
	size_t end = strcspn(line, "\r\n");
	uint8_t *decoded = NULL;

	if (strlen(text) == text_len &&
	    end + strspn(line + end, "\r\n") == text_len) {
		line[end] = '\0';
		decoded = cli_hex_decode(line, len);
	}
	free(line);
	return decoded;
}

int cli_nonce(const struct cli *cli, const char *arg, uint8_t **nonce,
	      size_t *len)
{
	uint8_t *decoded = cli_hex_decode(arg, len);
	char *text;
	size_t text_len;

	if (!decoded) {
		text = cli_read_file(cli, arg, 2 * IMANS_NONCE_MAX + 2, &text_len);
		if (!text)
			return -1;
		decoded = hex_file(text, text_len, len);
		if (decoded) {
			free(text);
		} else {
			decoded = (uint8_t *)text;
			*len = text_len;
		}
	}
	if (!nonce_sized(*len)) {
		cli_error(cli, "the nonce has %zu bytes, not %d to %d", *len,
			  IMANS_NONCE_MIN, IMANS_NONCE_MAX);
		free(decoded);
		return -1;
	}
	*nonce = decoded;
	return 0;
}

bool cli_number(const char *text, uint64_t *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return !errno && !*end;
}

char *cli_show(const void *data, size_t len)
{
	const unsigned char *from = data;
	char *out = cli_alloc(NULL, 4 * len + 1), *at = out;

	for (size_t i = 0; i < len; i++) {
		if (from[i] >= 0x20 && from[i] < 0x7f && from[i] != '\\')
			*at++ = (char)from[i];
		else
			at += sprintf(at, "\\x%02x", from[i]);
	}
	*at = '\0';
	return out;
}

int cli_flush(const struct cli *cli, int code)
{
	if (fflush(stdout) || ferror(stdout))
		return cli_error(cli, "standard output: %s", strerror(errno));
	return code;
}
