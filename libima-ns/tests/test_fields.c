// SPDX-License-Identifier: LGPL-2.1-or-later
/* What fields say, what entries measured, and the boot aggregate. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* One entry, and its list: an accessor's test works on it. */
struct one {
	struct bl_bytes bytes;
	struct imans_list *list;
	const struct imans_entry *e;
};

static void one_open(struct one *one, struct imans_ctx *ctx,
		     const char *template_name, struct bl_bytes data)
{
	struct bl_list built = { .entries = NULL };

	bl_add(&built, 10, template_name, data, false);
	one->bytes = bl_list_bytes(&built, IMANS_HEADER_SHA1);
	bl_list_free(&built);
	assert_int_equal(imans_list_open_mem(ctx, one->bytes.data,
					     one->bytes.len, NULL, &one->list),
			 0);
	assert_int_equal(imans_list_next(one->list, &one->e), 0);
}

static void one_close(struct one *one)
{
	imans_list_close(one->list);
	free(one->bytes.data);
}

static void put_le(struct bl_bytes *b, uint64_t value, size_t size)
{
	bl_put_le(b, size, 4);
	bl_put_le(b, value, size);
}

struct xattrs {
	const char *names;
	size_t names_len;
	const char *lengths;
	size_t lengths_len;
	const char *values;
	size_t values_len;
	int ret;
	unsigned int count;
};

static struct bl_bytes evm_data(const struct xattrs *x)
{
	struct bl_bytes data = bl_data_ng("/bin/sh", "sh");

	bl_put_field(&data, "evm", 3);
	bl_put_field(&data, x->names, x->names_len);
	bl_put_field(&data, x->lengths, x->lengths_len);
	bl_put_field(&data, x->values, x->values_len);
	put_le(&data, 1000, 4);
	put_le(&data, 100, 4);
	put_le(&data, 0100755, 2);
	return data;
}

static int count_xattr(void *user, const struct imans_xattr *xattr)
{
	unsigned int *count = user;

	/* Read all of it, where the sanitizer watches. */
	for (size_t i = 0; i < xattr->name_len; i++)
		assert_true(xattr->name[i] != '|' && xattr->name[i]);
	for (size_t i = 0; i < xattr->len; i++)
		assert_int_equal(xattr->value[i], 'v');
	++*count;
	return 0;
}

static const struct xattrs xattr_cases[] = {
	{ "", 0, "", 0, "", 0, 0, 0 },
	{ "a", 2, "\3\0\0\0", 4, "vvv", 3, 0, 1 },
	{ "a|bc", 5, "\1\0\0\0\2\0\0\0", 8, "vvv", 3, 0, 2 },
	{ "a|bc", 5, "\0\0\0\0\0\0\0\0", 8, "", 0, 0, 2 },
	{ "a|", 3, "\1\0\0\0\2\0\0\0", 8, "vvv", 3, 0, 2 },
	{ "a", 1, "\3\0\0\0", 4, "vvv", 3, -EBADMSG, 0 },
	{ "a\0b", 4, "\3\0\0\0", 4, "vvv", 3, -EBADMSG, 0 },
	{ "a|b", 4, "\3\0\0\0", 4, "vvv", 3, -EBADMSG, 1 },
	{ "a|b", 4, "\3\0\0\0\0\0\0", 7, "vvv", 3, -EBADMSG, 1 },
	{ "a", 2, "\4\0\0\0", 4, "vvv", 3, -EBADMSG, 0 },
	{ "a", 2, "\377\377\377\377", 4, "vvv", 3, -EBADMSG, 0 },
	{ "a", 2, "\2\0\0\0", 4, "vvv", 3, -EBADMSG, 1 },
	{ "a", 2, "\3\0\0\0\0\0\0\0", 8, "vvv", 3, -EBADMSG, 1 },
	{ "", 0, "\0\0\0\0", 4, "", 0, -EBADMSG, 0 },
};

static void test_xattrs(void **state)
{
	for (size_t i = 0; i < sizeof(xattr_cases) / sizeof(xattr_cases[0]);
	     i++) {
		const struct xattrs *x = &xattr_cases[i];
		unsigned int count = 0;
		struct one one;
		int ret;

		one_open(&one, *state, "evm-sig", evm_data(x));
		ret = imans_entry_each_xattr(one.e, count_xattr, &count);
		if (ret != x->ret || count != x->count)
			fail_msg("case %zu: %d after %u", i, ret, count);
		one_close(&one);
	}
}

static int stop(void *user, const struct imans_xattr *xattr)
{
	(void)user;
	(void)xattr;
	return 7;
}

static void test_evm(void **state)
{
	struct bl_bytes empty = bl_data_ng("/bin/sh", "sh");
	const uint8_t *p;
	uint32_t id;
	uint16_t mode;
	size_t len;
	struct one one;

	one_open(&one, *state, "evm-sig", evm_data(&xattr_cases[2]));
	assert_int_equal(imans_entry_evmsig(one.e, &p, &len), 0);
	assert_int_equal(len, 3);
	assert_int_equal(imans_entry_iuid(one.e, &id), 0);
	assert_int_equal(id, 1000);
	assert_int_equal(imans_entry_igid(one.e, &id), 0);
	assert_int_equal(id, 100);
	assert_int_equal(imans_entry_imode(one.e, &mode), 0);
	assert_int_equal(mode, 0100755);
	assert_int_equal(imans_entry_each_xattr(one.e, stop, NULL), 7);
	assert_int_equal(imans_entry_modsig(one.e, &p, &len), -ENODATA);
	one_close(&one);

	/* Numbers that the kernel left out, and one of a wrong size. */
	bl_put_field(&empty, "", 0);
	bl_put_field(&empty, "xyz", 3);
	one_open(&one, *state, "d-ng|n-ng|iuid|imode", empty);
	assert_int_equal(imans_entry_iuid(one.e, &id), -ENODATA);
	assert_int_equal(imans_entry_imode(one.e, &mode), -EBADMSG);
	assert_int_equal(imans_entry_igid(one.e, &id), -ENODATA);
	one_close(&one);
}

static void test_modsig(void **state)
{
	struct bl_bytes with = bl_data_ng("/m.ko", "m");
	struct bl_bytes without = bl_data_ng("/m.ko", "m");
	struct imans_file_digest digest;
	const uint8_t *p;
	size_t len;
	struct one one;

	bl_put_field(&with, "", 0);
	bl_put_field(&with, "sha1:\0" "12345678901234567890", 26);
	bl_put_field(&with, "PKCS7", 5);
	one_open(&one, *state, "ima-modsig", with);
	assert_int_equal(imans_entry_modsig_digest(one.e, &digest), 0);
	assert_string_equal(digest.algo, "sha1");
	assert_int_equal(digest.len, 20);
	assert_int_equal(imans_entry_modsig(one.e, &p, &len), 0);
	assert_int_equal(len, 5);
	one_close(&one);

	for (int i = 0; i < 3; i++)
		bl_put_field(&without, "", 0);
	one_open(&one, *state, "ima-modsig", without);
	assert_int_equal(imans_entry_modsig_digest(one.e, &digest), -ENODATA);
	assert_int_equal(imans_entry_modsig(one.e, &p, &len), 0);
	assert_int_equal(len, 0);
	one_close(&one);
}

struct kind_case {
	const char *template_name, *name, *buf;
	enum imans_kind kind;
	const char *label;
};

static const struct kind_case kinds[] = {
	{ "ima-ng", "/bin/sh", NULL, IMANS_KIND_FILE, NULL },
	{ "ima-ng", "boot_aggregate", NULL, IMANS_KIND_BOOT_AGGREGATE, NULL },
	{ "ima-ng", "boot_aggregate2", NULL, IMANS_KIND_FILE, NULL },
	{ "ima-ng", ".ima", NULL, IMANS_KIND_FILE, NULL },
	{ "ima-ng", "ima-ns/boot", NULL, IMANS_KIND_NS_EVENT, NULL },
	{ "ima-buf", "ima-ns/what", "x", IMANS_KIND_NS_EVENT, NULL },
	{ "ima-buf", "user:ima-ns/boot", "x", IMANS_KIND_BUFFER, NULL },
	{ "ima-buf", ".ima", "x", IMANS_KIND_KEY, NULL },
	{ "ima-buf", "my_ring", "0\1x", IMANS_KIND_KEY, NULL },
	{ "ima-buf", "my_ring", "0\x81\3xyz", IMANS_KIND_KEY, NULL },
	{ "ima-buf", "my_ring", "0\x81\4xyz", IMANS_KIND_BUFFER, NULL },
	{ "ima-buf", "my_ring", "0", IMANS_KIND_BUFFER, NULL },
	{ "ima-buf", "my_ring", "0\x85xyzabc", IMANS_KIND_BUFFER, NULL },
	{ "ima-buf", "kexec-cmdline", "ro", IMANS_KIND_KEXEC_CMDLINE, NULL },
	{ "ima-buf", "blacklisted-hash", "x", IMANS_KIND_BLACKLISTED, NULL },
	{ "ima-buf", "boot_aggregate", "x", IMANS_KIND_BUFFER, NULL },
	{ "ima-buf", "kernel_version", "6", IMANS_KIND_CRITICAL_DATA,
	  "kernel_info" },
	{ "ima-buf", "dm_table_load", "x", IMANS_KIND_CRITICAL_DATA,
	  "device-mapper" },
	{ "ima-buf", "selinux-policy-hash", "x", IMANS_KIND_CRITICAL_DATA,
	  "selinux" },
	{ "no-such", "/bin/sh", NULL, IMANS_KIND_OPAQUE, NULL },
};

static void test_kinds(void **state)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind_case *k = &kinds[i];
		struct imans_kind_info info;
		struct one one;

		one_open(&one, *state, k->template_name, k->buf ?
			 bl_data_buf("sha256", k->name, k->buf,
				     strlen(k->buf)) :
			 bl_data_ng(k->name, "x"));
		assert_int_equal(imans_entry_kind(one.e, &info), 0);
		if (info.kind != k->kind ||
		    strcmp(info.label ? info.label : "",
			   k->label ? k->label : "") != 0)
			fail_msg("case %zu, %s: %s, %s", i, k->name,
				 imans_kind_name(info.kind), info.label);
		one_close(&one);
	}
	assert_string_equal(imans_kind_name(IMANS_KIND_BUFFER), "buffer");
	assert_null(imans_kind_name((enum imans_kind)9));
}

/* The rule of the kernel, by OpenSSL alone: PCRs 8 and 9 but for SHA-1. */
static void test_boot_aggregate(void **state)
{
	static const char * const algos[] = {
		"sha1", "sha256", "sha384", "sha512", "sm3",
	};
	uint8_t pcrs[10 * IMANS_DIGEST_MAX], want[IMANS_DIGEST_MAX];
	uint8_t got[IMANS_DIGEST_MAX];

	for (size_t i = 0; i < sizeof(pcrs); i++)
		pcrs[i] = (uint8_t)(i * 7);
	for (int i = 0; i < IMANS_BANKS; i++) {
		enum imans_bank bank = (enum imans_bank)i;
		size_t size = imans_bank_size(bank);
		struct bl_bytes field = { NULL, 0 }, data = { NULL, 0 };
		struct one one;

		bl_hash(algos[i], pcrs, (i ? 10 : 8) * size, want);
		assert_int_equal(imans_boot_aggregate(*state, bank, pcrs,
						      10 * size, got,
						      sizeof(got)), 0);
		assert_memory_equal(got, want, size);
		bl_put(&field, algos[i], strlen(algos[i]));
		bl_put(&field, ":", 2);
		bl_put(&field, want, size);
		bl_put_field(&data, field.data, field.len);
		bl_put_field(&data, "boot_aggregate", 15);
		free(field.data);
		one_open(&one, *state, "ima-ng", data);
		assert_int_equal(imans_entry_check_boot_aggregate(
					 one.e, bank, pcrs, 10 * size), 0);
		assert_int_equal(imans_entry_check_boot_aggregate(
					 one.e, (enum imans_bank)((i + 1) % 5),
					 pcrs, sizeof(pcrs)), -ENODATA);
		/* Each PCR of those counts, no other does. */
		for (size_t pcr = 0; pcr < 10; pcr++) {
			pcrs[pcr * size] ^= 1;
			assert_int_equal(imans_entry_check_boot_aggregate(
						 one.e, bank, pcrs, 10 * size),
					 pcr < 8 || i ? -EBADMSG : 0);
			pcrs[pcr * size] ^= 1;
		}
		assert_int_equal(imans_boot_aggregate(*state, bank, pcrs,
						      (i ? 10 : 8) * size - 1,
						      got, sizeof(got)),
				 -EINVAL);
		assert_int_equal(imans_boot_aggregate(*state, bank, pcrs,
						      10 * size, got, size - 1),
				 -ENOSPC);
		assert_int_equal(imans_boot_aggregate(*state, bank, pcrs,
						      10 * size, got, size), 0);
		one_close(&one);
	}
	assert_int_equal(imans_boot_aggregate(*state, IMANS_BANKS, pcrs, 640,
					      got, sizeof(got)), -EINVAL);
}

static void test_banks(void **state)
{
	enum imans_bank bank;

	(void)state;
	assert_int_equal(imans_bank_parse("sm3", &bank), 0);
	assert_int_equal(bank, IMANS_SM3);
	assert_int_equal(imans_bank_parse("sm3-256", &bank), 0);
	assert_int_equal(imans_bank_parse("sm3_256", &bank), 0);
	assert_int_equal(imans_bank_parse("sm4", &bank), -EINVAL);
	assert_int_equal(imans_bank_size(IMANS_SM3), 32);
	assert_string_equal(imans_bank_name(IMANS_SM3), "sm3");
	assert_int_equal(imans_bank_size(IMANS_BANKS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_xattrs),
		TEST(test_evm),
		TEST(test_modsig),
		TEST(test_kinds),
		TEST(test_boot_aggregate),
		TEST(test_banks),
	};

	return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
