/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TPM as user space reaches it, and the harness's proxy before it.
 * Commands are spelt out as in the TCG's TPM 2.0 Library, Part 3.
 */
#ifndef _SELFTESTS_IMA_NS_TPM_H
#define _SELFTESTS_IMA_NS_TPM_H

#include <endian.h>
#include <stdarg.h>

#include "common.h"

#define TPM_RAW "/dev/tpm0"
#define TPM_MANAGED "/dev/tpmrm0"

#define TPM_NO_SESSIONS 0x8001
#define TPM_SESSIONS 0x8002
#define TPM_PCR_EVENT 0x13c
#define TPM_START_AUTH_SESSION 0x176
#define TPM_PCR_READ 0x17e
#define TPM_PCR_EXTEND 0x182
#define TPM_EVENT_SEQUENCE_COMPLETE 0x185
/* Of a TPM 1.2: TCG TPM Main, Part 3. */
#define TPM12_COMMAND 0x00c1
#define TPM12_EXTEND 0x14
#define TPM12_PCR_READ 0x15
#define TPM12_SHA1_COMPLETE_EXTEND 0xa3
/* Of the proxy: see selftests/qemu/harness/tpmproxy.py. */
#define TPM_PROXY 0x20494d41

#define TPM_PASSWORD 0x40000009

#define IMA_PCR 10
#define TPM_BANKS 4
#define TPM_DIGEST_MAX 64

static const struct tpm_bank {
	const char *name;
	uint16_t alg;
	uint16_t size;
} tpm_banks[TPM_BANKS] = {
	{ "sha1", 0x0004, 20 },
	{ "sha256", 0x000b, 32 },
	{ "sha384", 0x000c, 48 },
	{ "sha512", 0x000d, 64 },
};

struct tpm_buf {
	size_t len;
	uint8_t data[4096];
};

static inline void tpm_put(struct tpm_buf *buf, const void *data, size_t len)
{
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
}

static inline void tpm_put8(struct tpm_buf *buf, uint8_t value)
{
	tpm_put(buf, &value, sizeof(value));
}

static inline void tpm_put16(struct tpm_buf *buf, uint16_t value)
{
	value = htobe16(value);
	tpm_put(buf, &value, sizeof(value));
}

static inline void tpm_put32(struct tpm_buf *buf, uint32_t value)
{
	value = htobe32(value);
	tpm_put(buf, &value, sizeof(value));
}

static inline uint32_t tpm_get32(const struct tpm_buf *buf, size_t at)
{
	uint32_t value;

	memcpy(&value, buf->data + at, sizeof(value));
	return be32toh(value);
}

static inline void tpm_begin(struct tpm_buf *buf, uint16_t tag, uint32_t code)
{
	buf->len = 0;
	tpm_put16(buf, tag);
	tpm_put32(buf, 0);
	tpm_put32(buf, code);
}

/*
 * Send a command; @buf has the answer then. 0, the TPM's own return code, or
 * a negative errno.
 */
static inline int tpm_send(const char *device, struct tpm_buf *buf)
{
	const uint32_t size = htobe32(buf->len);
	const int fd = open(device, O_RDWR | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	memcpy(buf->data + 2, &size, sizeof(size));
	got = write(fd, buf->data, buf->len);
	if (got > 0)
		got = read(fd, buf->data, sizeof(buf->data));
	if (got < 0)
		got = -errno;
	close(fd);
	if (got < 0)
		return got;
	if (got < 10)
		return -EIO;
	buf->len = got;
	return tpm_get32(buf, 6);
}

/* One session, which is a password's or another, without a password. */
static inline void tpm_put_session(struct tpm_buf *buf, uint32_t session)
{
	tpm_put32(buf, 9);
	tpm_put32(buf, session);
	tpm_put16(buf, 0);
	tpm_put8(buf, 0);
	tpm_put16(buf, 0);
}

/* IMA's PCR in one bank. */
static inline int tpm_pcr_of(const char *device, const struct tpm_bank *bank,
			     uint8_t *digest)
{
	struct tpm_buf buf;
	int ret;

	tpm_begin(&buf, TPM_NO_SESSIONS, TPM_PCR_READ);
	tpm_put32(&buf, 1);
	tpm_put16(&buf, bank->alg);
	tpm_put8(&buf, 3);
	tpm_put8(&buf, 0);
	tpm_put8(&buf, 1 << (IMA_PCR - 8));
	tpm_put8(&buf, 0);
	ret = tpm_send(device, &buf);
	if (ret)
		return ret;
	/* Header, counter, selection, count of digests, size: one digest. */
	if (buf.len != 30 + (size_t)bank->size)
		return -EBADMSG;
	memcpy(digest, buf.data + 30, bank->size);
	return 0;
}

static inline int tpm_pcr(const struct tpm_bank *bank, uint8_t *digest)
{
	return tpm_pcr_of(TPM_MANAGED, bank, digest);
}

/* What the proxy has seen until now. */
struct tpm_count {
	/* Extends of IMA's PCR, and how long they took. */
	long extends;
	double seconds;
};

static inline int tpm_order(struct tpm_count *count, const char *format, ...)
{
	struct tpm_buf buf;
	char text[128];
	va_list args;
	int ret;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	tpm_begin(&buf, TPM_NO_SESSIONS, TPM_PROXY);
	tpm_put(&buf, text, strlen(text));
	ret = tpm_send(TPM_RAW, &buf);
	if (ret || !count)
		return ret;
	buf.data[buf.len] = '\0';
	return sscanf((char *)buf.data + 10, "%ld %lf", &count->extends,
		      &count->seconds) == 2 ? 0 : -EBADMSG;
}

/* A line of ns/tpm. */
static inline int tpm_status(const char *name, char *value, size_t size)
{
	return file_value(NS_DIR "/tpm", name, value, size);
}

static inline long long tpm_status_num(const char *name)
{
	char value[64];
	const int ret = tpm_status(name, value, sizeof(value));

	return ret ? ret : strtoll(value, NULL, 10);
}

static inline bool tpm_state_is(const char *state)
{
	char value[16];

	return !tpm_status("state", value, sizeof(value)) &&
	       !strcmp(value, state);
}

/* Does the TPM have what the kernel says that it has? 1, 0 or an error. */
static inline int tpm_is_as_told(const struct tpm_bank *bank)
{
	char told[2 * TPM_DIGEST_MAX + 1], hex[2 * TPM_DIGEST_MAX + 1];
	uint8_t digest[TPM_DIGEST_MAX];
	int ret, i;

	ret = tpm_status(bank->name, told, sizeof(told)) ?:
	      tpm_pcr(bank, digest);
	if (ret)
		return ret < 0 ? ret : -EIO;
	for (i = 0; i < bank->size; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	return !strcmp(told, hex);
}

#endif /* _SELFTESTS_IMA_NS_TPM_H */
