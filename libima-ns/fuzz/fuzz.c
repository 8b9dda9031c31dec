// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

const char fuzz_pem[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE5yWC9GS7/R2m71fr4ec4sBhfRTHo\n"
	"PPyHNh0LaABVBeDRMOEPHe9IxNcQZaQ6wkjumhyTHJlzaBfcO/vqrkAgUQ==\n"
	"-----END PUBLIC KEY-----\n";

void fuzz_check(bool good, const char *what, const char *file, int line)
{
	if (good)
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

struct imans_ctx *fuzz_ctx(void)
{
	static struct imans_ctx *ctx;

	if (!ctx)
		FUZZ_CHECK(imans_ctx_new(&ctx) == 0);
	return ctx;
}

const char *fuzz_path(const uint8_t *data, size_t size)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("input", MFD_CLOEXEC);
		FUZZ_CHECK(fd >= 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	FUZZ_CHECK(ftruncate(fd, 0) == 0);
	FUZZ_CHECK(pwrite(fd, data, size, 0) == (ssize_t)size);
	return path;
}

uint8_t fuzz_byte(struct fuzz_input *in)
{
	struct fuzz_input byte = fuzz_take(in, 1);

	return byte.size ? byte.data[0] : 0;
}

struct fuzz_input fuzz_take(struct fuzz_input *in, size_t max)
{
	struct fuzz_input part = *in;

	if (part.size > max)
		part.size = max;
	if (part.size)
		in->data += part.size;
	in->size -= part.size;
	return part;
}

struct fuzz_input fuzz_part(struct fuzz_input *in)
{
	size_t len = fuzz_byte(in);

	len |= (size_t)fuzz_byte(in) << 8;
	return fuzz_take(in, len);
}
