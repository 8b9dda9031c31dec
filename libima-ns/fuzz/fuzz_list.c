// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lists: the first two bytes say which header, byte order and format; all of each
 * entry is read.
 */
#include <errno.h>
#include <string.h>

#include "fuzz.h"

/* Reads the bytes, so that a sanitizer sees them. */
static void touch(const void *data, size_t len)
{
	const volatile uint8_t *at = data;

	for (size_t i = 0; i < len; i++)
		(void)at[i];
}

static void read_event(const struct imans_entry *entry, const uint8_t *buf,
		       size_t len)
{
	struct imans_ctx *ctx = fuzz_ctx();
	enum imans_event event;
	union {
		struct imans_boot boot;
		struct imans_create create;
		struct imans_enter enter;
		struct imans_records records;
	} e;

	if (imans_entry_event(entry, &event))
		return;
	if (event == IMANS_EVENT_BOOT)
		imans_boot_decode(ctx, buf, len, &e.boot);
	else if (event == IMANS_EVENT_CREATE)
		imans_create_decode(ctx, buf, len, &e.create);
	else if (event == IMANS_EVENT_ENTER)
		imans_enter_decode(ctx, buf, len, &e.enter);
	else if (event == IMANS_EVENT_RECORDS)
		imans_records_decode(ctx, buf, len, &e.records);
}

static int touch_xattr(void *user, const struct imans_xattr *xattr)
{
	(void)user;
	touch(xattr->name, xattr->name_len);
	touch(xattr->value, xattr->len);
	return 0;
}

/* What few templates have. */
static void read_more(const struct imans_entry *entry)
{
	struct imans_file_digest digest;
	struct imans_kind_info info;
	const uint8_t *bytes;
	uint32_t id;
	uint16_t mode;
	size_t len;

	if (!imans_entry_modsig_digest(entry, &digest))
		touch(digest.digest, digest.len);
	if (!imans_entry_modsig(entry, &bytes, &len))
		touch(bytes, len);
	if (!imans_entry_evmsig(entry, &bytes, &len))
		touch(bytes, len);
	if (!imans_entry_iuid(entry, &id) && !imans_entry_igid(entry, &id))
		touch(&id, sizeof(id));
	if (!imans_entry_imode(entry, &mode))
		touch(&mode, sizeof(mode));
	imans_entry_each_xattr(entry, touch_xattr, NULL);
	if (!imans_entry_kind(entry, &info))
		FUZZ_CHECK(imans_kind_name(info.kind) != NULL);
}

static void read_fields(const struct imans_entry *entry)
{
	struct imans_file_digest digest;
	struct imans_field field;
	size_t count = 0, len;
	const uint8_t *bytes;
	const char *text;
	uint64_t nsid;

	if (!imans_entry_field_count(entry, &count))
		FUZZ_CHECK(count <= IMANS_FIELDS_MAX);
	for (size_t i = 0; i < count; i++) {
		if (imans_entry_field(entry, i, &field))
			continue;
		touch(field.data, field.len);
		touch(field.id, strlen(field.id));
	}
	if (!imans_entry_file_digest(entry, &digest))
		touch(digest.digest, digest.len);
	if (!imans_entry_name(entry, &text, &len))
		touch(text, len);
	if (!imans_entry_label(entry, &text, &len))
		touch(text, len);
	if (!imans_entry_sig(entry, &bytes, &len))
		touch(bytes, len);
	if (!imans_entry_nsid(entry, &nsid))
		touch(&nsid, sizeof(nsid));
	if (!imans_entry_buf(entry, &bytes, &len))
		read_event(entry, bytes, len);
	read_more(entry);
}

static void read_entry(const struct imans_entry *entry, uint64_t index,
		       size_t size)
{
	uint8_t e[IMANS_HASH_SIZE];
	const uint8_t *data;
	size_t len;

	FUZZ_CHECK(imans_entry_index(entry) == index);
	FUZZ_CHECK(imans_entry_offset(entry) < size);
	data = imans_entry_data(entry, &len);
	FUZZ_CHECK(len <= size);
	touch(data, len);
	data = imans_entry_header_digest(entry, &len);
	touch(data, len);
	touch(imans_entry_template(entry), strlen(imans_entry_template(entry)));
	imans_entry_check_digest(entry);
	FUZZ_CHECK(imans_entry_bind(entry, e) == 0);
	read_fields(entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct imans_template_decl own = {
		"own", "d-ng|n-ng|of-its-own",
	};
	struct fuzz_input in = { data, size };
	struct imans_list_opts opts = {
		.sz = sizeof(opts),
		.header = fuzz_byte(&in) % (IMANS_HEADER_SM3 + 1),
		.templates = &own,
		.template_count = 1,
	};
	uint8_t how = fuzz_byte(&in);
	struct imans_replay_opts banks = {
		.sz = sizeof(banks),
		.banks = IMANS_BANK(IMANS_SHA256),
	};
	struct imans_ctx *ctx = fuzz_ctx();
	const struct imans_entry *entry;
	struct imans_replay *replay;
	struct imans_list *list;
	uint64_t count = 0;
	int err;

	opts.byte_order = how % 3;
	opts.format = how / 3 % 3;
	err = imans_list_open_mem(ctx, in.data, in.size, &opts, &list);
	if (err) {
		FUZZ_CHECK(err == -EBADMSG || err == -EMSGSIZE);
		return 0;
	}
	FUZZ_CHECK(imans_replay_new(ctx, &banks, &replay) == 0);
	while (!(err = imans_list_next(list, &entry)) && entry) {
		read_entry(entry, count++, in.size);
		err = imans_replay_extend(replay, entry);
		/* Of a line in an unknown template no other digest is known. */
		FUZZ_CHECK(!err || (err == -ENODATA &&
				    imans_entry_lines(entry) &&
				    imans_entry_opaque(entry)));
	}
	FUZZ_CHECK(!err || err == -EBADMSG || err == -EMSGSIZE);
	FUZZ_CHECK(imans_replay_count(replay) <= count);
	imans_replay_free(replay);
	imans_list_close(list);
	return 0;
}
