// SPDX-License-Identifier: LGPL-2.1-or-later
/* Binary lists: the first byte says which header; all of each entry is read. */
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
	struct fuzz_input in = { data, size };
	struct imans_list_opts opts = {
		.sz = sizeof(opts),
		.header = fuzz_byte(&in) % (IMANS_HEADER_SHA512 + 1),
	};
	struct imans_replay_opts banks = {
		.sz = sizeof(banks),
		.banks = IMANS_BANK(IMANS_SHA256),
	};
	struct imans_ctx *ctx = fuzz_ctx();
	const struct imans_entry *entry;
	struct imans_replay *replay;
	struct imans_list *list;
	uint64_t count = 0;
	int err = imans_list_open_mem(ctx, in.data, in.size, &opts, &list);

	if (err) {
		FUZZ_CHECK(err == -EBADMSG || err == -EMSGSIZE);
		return 0;
	}
	FUZZ_CHECK(imans_replay_new(ctx, &banks, &replay) == 0);
	while (!(err = imans_list_next(list, &entry)) && entry) {
		read_entry(entry, count++, in.size);
		FUZZ_CHECK(imans_replay_extend(replay, entry) == 0);
	}
	FUZZ_CHECK(!err || err == -EBADMSG || err == -EMSGSIZE);
	FUZZ_CHECK(imans_replay_count(replay) <= count);
	imans_replay_free(replay);
	imans_list_close(list);
	return 0;
}
