// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "fwlog_make.h"

#define PLACE	IMANS_TESTS_DIR "/fwlog/"

/* TPM 2.0 Library, Part 2, 6.3, and OpenSSL's names; in the order of banks. */
static const struct {
	uint16_t id;
	uint16_t size;
	const char *name;
} algs[] = {
	{ 0x0004, 20, "SHA1" },
	{ 0x000b, 32, "SHA256" },
	{ 0x000c, 48, "SHA384" },
	{ 0x000d, 64, "SHA512" },
};

#define ALGS	(sizeof(algs) / sizeof(algs[0]))

struct bl_bytes fm_golden(const char *name)
{
	struct bl_bytes hex, log;
	char path[512];

	snprintf(path, sizeof(path), PLACE "%s.hex", name);
	assert_true(util_read_file(path, &hex));
	bl_put(&hex, "", 1);
	assert_true(util_unhex((const char *)hex.data, &log));
	free(hex.data);
	return log;
}

void fm_golden_pcrs(const char *name, struct imans_pcrs pcrs[IMANS_BOOT_PCRS])
{
	char path[512], bank_name[16], hex[160];
	unsigned int pcr;
	FILE *file;

	memset(pcrs, 0, IMANS_BOOT_PCRS * sizeof(*pcrs));
	snprintf(path, sizeof(path), PLACE "%s.pcrs", name);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fscanf(file, "%15s %u %159s", bank_name, &pcr, hex) == 3) {
		struct bl_bytes value;
		enum imans_bank bank;

		assert_int_equal(imans_bank_parse(bank_name, &bank), 0);
		assert_true(pcr < IMANS_BOOT_PCRS && util_unhex(hex, &value));
		assert_int_equal(value.len, imans_bank_size(bank));
		memcpy(pcrs[pcr].value[bank], value.data, value.len);
		pcrs[pcr].banks |= IMANS_BANK(bank);
		free(value.data);
	}
	fclose(file);
}

static void put_le(struct bl_bytes *log, uint32_t value, size_t size)
{
	uint8_t bytes[4];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	bl_put(log, bytes, size);
}

static void put_digest(struct bl_bytes *log, size_t alg, const void *data,
		       size_t len)
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	assert_int_equal(EVP_Digest(data, len, digest, NULL,
				    EVP_get_digestbyname(algs[alg].name), NULL),
			 1);
	bl_put(log, digest, algs[alg].size);
}

void fm_header(struct bl_bytes *log, uint32_t banks)
{
	static const uint8_t zero[20];
	uint32_t count = 0;

	for (size_t i = 0; i < ALGS; i++)
		count += !!(banks & 1U << i);
	put_le(log, 0, 4);
	put_le(log, FM_NO_ACTION, 4);
	bl_put(log, zero, sizeof(zero));
	put_le(log, 16 + 8 + 4 + 4 * count + 1, 4);
	bl_put(log, "Spec ID Event03", 16);
	bl_put(log, "\0\0\0\0\0\2\0\2", 8);
	put_le(log, count, 4);
	for (size_t i = 0; i < ALGS; i++) {
		if (!(banks & 1U << i))
			continue;
		put_le(log, algs[i].id, 2);
		put_le(log, algs[i].size, 2);
	}
	bl_put(log, "", 1);
}

void fm_event(struct bl_bytes *log, uint32_t banks, uint32_t pcr,
	      uint32_t type, const void *hashed, size_t hashed_len,
	      const void *data, size_t len)
{
	uint32_t count = 0;

	put_le(log, pcr, 4);
	put_le(log, type, 4);
	for (size_t i = 0; i < ALGS; i++)
		count += !!(banks & 1U << i);
	if (banks)
		put_le(log, count, 4);
	else
		put_digest(log, IMANS_SHA1, hashed, hashed_len);
	for (size_t i = 0; i < ALGS; i++) {
		if (!(banks & 1U << i))
			continue;
		put_le(log, algs[i].id, 2);
		put_digest(log, i, hashed, hashed_len);
	}
	put_le(log, (uint32_t)len, 4);
	bl_put(log, data, len);
}

void fm_text(struct bl_bytes *log, uint32_t banks, uint32_t pcr, uint32_t type,
	     const char *text)
{
	fm_event(log, banks, pcr, type, text, strlen(text), text, strlen(text));
}

static uint32_t get_le(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static void fm_extend(struct imans_pcrs *pcr, size_t alg, const uint8_t *digest)
{
	uint8_t block[2 * EVP_MAX_MD_SIZE];

	memcpy(block, pcr->value[alg], algs[alg].size);
	memcpy(block + algs[alg].size, digest, algs[alg].size);
	assert_int_equal(EVP_Digest(block, 2 * algs[alg].size, pcr->value[alg],
				    NULL, EVP_get_digestbyname(algs[alg].name),
				    NULL), 1);
}

/* An event of a log with several algorithms: its end. */
static const uint8_t *event_end(const uint8_t *p)
{
	uint32_t count = get_le(p + 8);

	for (p += 12; count; count--) {
		size_t alg = 0;

		while (algs[alg].id != (p[0] | p[1] << 8))
			alg++;
		p += 2 + algs[alg].size;
	}
	return p + 4 + get_le(p);
}

void fm_swap(struct bl_bytes *log, uint32_t pcr, size_t n)
{
	const uint8_t *p = log->data, *end = p + log->len, *next;
	const uint8_t *one = NULL, *other = NULL;
	struct bl_bytes out = { NULL, 0 };

	for (p += 32 + get_le(p + 28); p < end && !other; p = event_end(p)) {
		if (get_le(p) != pcr)
			continue;
		if (one)
			other = p;
		else if (!n--)
			one = p;
	}
	assert_non_null(other);
	next = event_end(one);
	bl_put(&out, log->data, (size_t)(one - log->data));
	bl_put(&out, other, (size_t)(event_end(other) - other));
	bl_put(&out, next, (size_t)(other - next));
	bl_put(&out, one, (size_t)(next - one));
	bl_put(&out, event_end(other), (size_t)(end - event_end(other)));
	free(log->data);
	*log = out;
}

void fm_replay(const struct bl_bytes *log, uint32_t banks,
	       struct imans_pcrs pcrs[IMANS_BOOT_PCRS])
{
	const uint8_t *p = log->data, *end = p + log->len;

	memset(pcrs, 0, IMANS_BOOT_PCRS * sizeof(*pcrs));
	for (int pcr = 0; pcr < IMANS_BOOT_PCRS; pcr++)
		pcrs[pcr].banks = banks;
	/* The header is in the old layout. */
	p += 32 + get_le(p + 28);
	while (p < end) {
		uint32_t pcr = get_le(p), count = get_le(p + 8);

		p += 12;
		for (uint32_t i = 0; i < count; i++) {
			size_t alg = 0;

			while (algs[alg].id != (p[0] | p[1] << 8))
				alg++;
			fm_extend(&pcrs[pcr], alg, p + 2);
			p += 2 + algs[alg].size;
		}
		p += 4 + get_le(p);
	}
}
