// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * TPM2_PCR_Read and TPM_PCRRead, spelt out: the harness shares no code with what
 * it checks. Layout of commands: TCG TPM 2.0 Library, Part 3, 22.4; TPM Main 1.2,
 * Part 3, 16.2.
 */
#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init.h"

#define IMA_PCR		10
#define SHA1_SIZE	20
/* A TPM 1.2 has no resource manager in the kernel. */
#define TPM_12		"/dev/tpm0"
/* tag, size, code; then counter, selection (10 bytes), digest count and size */
#define RESPONSE_HEAD	10
#define DIGEST_COUNT	(RESPONSE_HEAD + 4 + 10)
#define DIGEST_SIZE	(DIGEST_COUNT + 4)
#define DIGEST		(DIGEST_SIZE + 2)

static const struct {
	const char *name;
	uint16_t id;
	uint16_t size;
} banks[] = {
	{ "sha1", 0x0004, 20 },
	{ "sha256", 0x000b, 32 },
	{ "sha384", 0x000c, 48 },
	{ "sha512", 0x000d, 64 },
};

/* Returns the number of bytes in the PCR, 0 if the bank is not there. */
static size_t pcr_read(int fd, uint16_t bank, unsigned char digest[64])
{
	const unsigned char command[] = {
		0x80, 0x01, 0, 0, 0, 20, 0, 0, 0x01, 0x7e,
		0, 0, 0, 1, bank >> 8, bank & 0xff, 3,
		0, 1 << (IMA_PCR - 8), 0
	};
	unsigned char response[4096];
	uint16_t size;
	ssize_t n;

	if (write(fd, command, sizeof(command)) != (ssize_t)sizeof(command))
		return 0;
	n = read(fd, response, sizeof(response));
	if (n < DIGEST || memcmp(response + 6, "\0\0\0\0", 4) ||
	    memcmp(response + DIGEST_COUNT, "\0\0\0\1", 4))
		return 0;
	memcpy(&size, response + DIGEST_SIZE, sizeof(size));
	size = be16toh(size);
	if (size > 64 || n < DIGEST + size)
		return 0;
	memcpy(digest, response + DIGEST, size);
	return size;
}

/* A TPM 1.2 has the bank sha1 only. Returns its size, or 0. */
static size_t pcr_read_12(int fd, unsigned char digest[64])
{
	static const unsigned char command[] = {
		0x00, 0xc1, 0, 0, 0, 14, 0, 0, 0, 0x15, 0, 0, 0, IMA_PCR
	};
	unsigned char response[4096];
	ssize_t n;

	if (write(fd, command, sizeof(command)) != (ssize_t)sizeof(command))
		return 0;
	n = read(fd, response, sizeof(response));
	if (n != RESPONSE_HEAD + SHA1_SIZE || memcmp(response + 6, "\0\0\0\0", 4))
		return 0;
	memcpy(digest, response + RESPONSE_HEAD, SHA1_SIZE);
	return SHA1_SIZE;
}

static void add_line(struct buf *lines, const char *bank,
		     const unsigned char *digest, size_t size)
{
	char line[256];
	int len = snprintf(line, sizeof(line), "%s %d ", bank, IMA_PCR);

	for (size_t i = 0; i < size; i++)
		len += snprintf(line + len, sizeof(line) - len, "%02x",
				digest[i]);
	line[len++] = '\n';
	buf_add(lines, line, len);
}

void tpm_read_pcrs(struct buf *lines)
{
	/* The second is its name after its driver let go of it and took it again. */
	static const char *const names[] = {
		"/dev/tpmrm0", "/dev/tpmrm1", TPM_12
	};
	unsigned char digest[64];
	int fd = -1;
	size_t i;

	for (i = 0; fd < 0 && i < sizeof(names) / sizeof(names[0]); i++)
		fd = open(names[i], O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!strcmp(names[i - 1], TPM_12) && pcr_read_12(fd, digest))
		add_line(lines, "sha1", digest, SHA1_SIZE);
	for (i = 0; i < sizeof(banks) / sizeof(banks[0]); i++)
		if (pcr_read(fd, banks[i].id, digest) == banks[i].size)
			add_line(lines, banks[i].name, digest, banks[i].size);
	close(fd);
}
