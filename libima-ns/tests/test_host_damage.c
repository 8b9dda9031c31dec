// SPDX-License-Identifier: LGPL-2.1-or-later
/* Proofs of the host's list: damaged before the quote, and after it. */
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* Entries of world_make()'s host list. */
enum {
	FIRST_BOOT = 1, FIRST_RECORDS = 2, AGGREGATE = 3, BOOT = 4,
	RECORDS = 5, FILE_ENTRY = 6, RECORDS_2 = 7, RECORDS_3 = 8,
};

static struct bl_bytes copy_of(const struct bl_entry *e)
{
	struct bl_bytes data = { NULL, 0 };

	bl_put(&data, e->data.data, e->data.len);
	return data;
}

/* --- The attacker extended the PCR with it: rules 3 to 5 must tell. --- */

static void records_in_pcr_11(struct bl_world *w)
{
	w->host.entries[RECORDS_3].pcr = 11;
}

static void records_2_in_pcr_11(struct bl_world *w)
{
	w->host.entries[RECORDS_2].pcr = 11;
}

static void records_as_violation(struct bl_world *w)
{
	w->host.entries[RECORDS_3].violation = true;
}

static void records_in_other_template(struct bl_world *w)
{
	strcpy(w->host.entries[RECORDS_3].template_name, "ima-sig");
}

static void records_opaque(struct bl_world *w)
{
	strcpy(w->host.entries[RECORDS_2].template_name, "ima-buh");
}

static void records_bad_digest(struct bl_world *w)
{
	w->host.entries[RECORDS_3].data.data[15] ^= 1;
}

static void records_unknown_algorithm(struct bl_world *w)
{
	memcpy(w->host.entries[RECORDS_3].data.data + 4, "sha9", 4);
}

static void records_dropped(struct bl_world *w)
{
	bl_remove(&w->host, RECORDS_2);
}

static void records_replayed(struct bl_world *w)
{
	bl_insert(&w->host, w->host.count, 10, "ima-buf",
		  copy_of(&w->host.entries[RECORDS_3]));
}

static void records_of_old_boot(struct bl_world *w)
{
	bl_insert(&w->host, w->host.count, 10, "ima-buf",
		  copy_of(&w->host.entries[FIRST_RECORDS]));
}

static void records_before_boot(struct bl_world *w)
{
	bl_remove(&w->host, FIRST_BOOT);
	bl_swap(&w->host, BOOT - 1, RECORDS - 1);
}

static void second_boot(struct bl_world *w)
{
	bl_insert(&w->host, RECORDS_3, 10, "ima-buf",
		  copy_of(&w->host.entries[BOOT]));
}

/* The buffer of a records entry with `count` records. */
static struct bl_bytes take_buf(struct bl_world *w, size_t at)
{
	struct bl_entry *e = &w->host.entries[at];
	/* d-ng of 40 bytes, a name of 15, three lengths. */
	size_t head = 4 + 40 + 4 + 15 + 4;
	struct bl_bytes buf = { NULL, 0 };

	bl_put(&buf, e->data.data + head, e->data.len - head);
	return buf;
}

static void put_buf(struct bl_world *w, size_t at, struct bl_bytes buf)
{
	world_set_data(&w->host, at, bl_data_buf("sha256", "ima-ns/records",
						 buf.data, buf.len));
	free(buf.data);
}

/* Change one byte of RECORDS_3's buffer, and keep its digest right. */
static void change_byte(struct bl_world *w, size_t at, uint8_t value)
{
	struct bl_bytes buf = take_buf(w, RECORDS_3);

	buf.data[at] = value;
	put_buf(w, RECORDS_3, buf);
}

static void records_magic(struct bl_world *w)
{
	change_byte(w, 0, 'J');
}

static void records_count(struct bl_world *w)
{
	change_byte(w, 12, 5);
}

static void records_index(struct bl_world *w)
{
	change_byte(w, 16, 7);
}

static void record_type(struct bl_world *w)
{
	change_byte(w, 32, 9);
}

/* The first of RECORDS_3 is POD's ls: make it CREATE. */
static void record_create(struct bl_world *w)
{
	change_byte(w, 32, IMANS_RECORD_CREATE);
}

static void record_destroy(struct bl_world *w)
{
	change_byte(w, 32, IMANS_RECORD_DESTROY);
}

static void record_wrong_type(struct bl_world *w)
{
	change_byte(w, 32, IMANS_RECORD_LOSS);
}

static void record_seq(struct bl_world *w)
{
	change_byte(w, 48, 9);
}

static void record_repeated(struct bl_world *w)
{
	change_byte(w, 48, 1);
}

static void record_without_create(struct bl_world *w)
{
	change_byte(w, 40, 44);
}

static void records_swapped(struct bl_world *w)
{
	/* The 2nd and the 4th of RECORDS_3 are OTHER's 1 and 2. */
	struct bl_bytes buf = take_buf(w, RECORDS_3);
	uint8_t tmp[64], *a = buf.data + 32 + 64, *b = a + 128;

	memcpy(tmp, a, 64);
	memcpy(a, b, 64);
	memcpy(b, tmp, 64);
	put_buf(w, RECORDS_3, buf);
}

static void record_cut_out(struct bl_world *w)
{
	/* With a right count and index: only the seq tells. */
	struct bl_bytes buf = take_buf(w, RECORDS_3);

	memmove(buf.data + 32 + 64, buf.data + 32 + 128, buf.len - 32 - 128);
	buf.len -= 64;
	buf.data[12]--;
	put_buf(w, RECORDS_3, buf);
}

/* CTR's CREATE, third of RECORDS, gets another parent. */
static void set_parent(struct bl_world *w, uint8_t parent)
{
	struct bl_bytes buf = take_buf(w, RECORDS);

	buf.data[32 + 2 * 64 + 24] = parent;
	put_buf(w, RECORDS, buf);
}

static void parent_unknown(struct bl_world *w)
{
	set_parent(w, 99);
}

static void parent_itself(struct bl_world *w)
{
	set_parent(w, CTR);
}

static void parent_later(struct bl_world *w)
{
	set_parent(w, OTHER);
}

static void parent_host(struct bl_world *w)
{
	set_parent(w, 0);
}

/* POD's DESTROY, last of RECORDS_3, comes before CTR's. */
static void parent_ends_first(struct bl_world *w)
{
	struct bl_bytes buf = take_buf(w, RECORDS_3);
	uint8_t tmp[64], *a = buf.data + buf.len - 128, *b = a + 64;

	memcpy(tmp, a, 64);
	memcpy(a, b, 64);
	memcpy(b, tmp, 64);
	put_buf(w, RECORDS_3, buf);
}

static void parent_ends_alone(struct bl_world *w)
{
	struct bl_bytes buf = take_buf(w, RECORDS_3);

	memmove(buf.data + buf.len - 128, buf.data + buf.len - 64, 64);
	buf.len -= 64;
	buf.data[12]--;
	put_buf(w, RECORDS_3, buf);
}

static void add_event(struct bl_world *w, const char *name)
{
	bl_insert(&w->host, w->host.count, 10, "ima-buf",
		  bl_data_buf("sha256", name, "x", 1));
}

static void unknown_event(struct bl_world *w)
{
	add_event(w, "ima-ns/");
}

static void create_in_host(struct bl_world *w)
{
	add_event(w, "ima-ns/create");
}

static void bad_heads(struct bl_world *w)
{
	add_event(w, "ima-ns/heads");
}

static void add_heads(struct bl_world *w, const uint8_t *boot_id,
		      uint64_t records)
{
	struct bl_bytes buf = bl_buf_heads(boot_id, records);

	bl_insert(&w->host, w->host.count, 10, "ima-buf",
		  bl_data_buf("sha256", "ima-ns/heads", buf.data, buf.len));
	free(buf.data);
}

/* As if a record had been taken away, and its entry been left. */
static void heads_after_more(struct bl_world *w)
{
	add_heads(w, w->boot_id, w->index + 1);
}

static void heads_of_another_boot(struct bl_world *w)
{
	uint8_t boot_id[IMANS_BOOT_ID_SIZE];

	memcpy(boot_id, w->boot_id, sizeof(boot_id));
	boot_id[31] ^= 1;
	add_heads(w, boot_id, w->index);
}

static void bad_boot(struct bl_world *w)
{
	add_event(w, "ima-ns/boot");
}

static void event_name_in_ng(struct bl_world *w)
{
	bl_add(&w->host, 10, "ima-ng", bl_data_ng("ima-ns/records", "x"),
	       false);
}

static void bad_name(struct bl_world *w)
{
	struct bl_bytes data = bl_data_ng("ima-ns/x", "x");

	data.data[data.len - 1] = 'y';
	bl_add(&w->host, 10, "ima-ng", data, false);
}

static void unknown_template(struct bl_world *w)
{
	bl_add(&w->host, 10, "strange", bl_data_ng("/bin/x", "x"), false);
}

static const struct damage extended[] = {
	{ "PCR 11", records_in_pcr_11, IMANS_F_EVENT_PCR, 0, "123" },
	{ "violation", records_as_violation, IMANS_F_EVENT_VIOLATION, 0, "123" },
	{ "template", records_in_other_template, IMANS_F_EVENT_TEMPLATE, 0,
	  "123" },
	{ "opaque", records_opaque, IMANS_F_ENTRY_TEMPLATE, 0, "" },
	{ "opaque: gap", records_opaque, IMANS_F_RECORD_INDEX, 0, "" },
	{ "PCR 11: gap", records_2_in_pcr_11, IMANS_F_RECORD_INDEX, 0, "" },
	{ "d-ng", records_bad_digest, IMANS_F_EVENT_DIGEST, 0, "123" },
	{ "d-ng's algorithm", records_unknown_algorithm, IMANS_F_EVENT_DIGEST,
	  0, "123" },
	{ "dropped: index", records_dropped, IMANS_F_RECORD_INDEX, 0, "" },
	{ "dropped: seq", records_dropped, IMANS_F_RECORD_HOLE, CTR, "" },
	{ "dropped: CREATE", records_dropped, IMANS_F_RECORD_NO_CREATE, OTHER,
	  "" },
	{ "replayed: index", records_replayed, IMANS_F_RECORD_INDEX, 0, "" },
	{ "replayed: seq", records_replayed, IMANS_F_RECORD_REPEAT, POD, "" },
	{ "replayed: ended", records_replayed, IMANS_F_RECORD_AFTER_DESTROY,
	  POD, "" },
	{ "old boot's", records_of_old_boot, IMANS_F_RECORD_CREATE, POD,
	  "23" },
	{ "before boot", records_before_boot, IMANS_F_NO_BOOT, 0, "3" },
	{ "boot again", second_boot, IMANS_F_RECORD_INDEX, 0, "" },
	{ "magic", records_magic, IMANS_F_EVENT_MALFORMED, 0, "123" },
	{ "count", records_count, IMANS_F_EVENT_MALFORMED, 0, "123" },
	{ "index", records_index, IMANS_F_RECORD_INDEX, 0, "23" },
	{ "record's type", record_type, IMANS_F_RECORD_MALFORMED, 0, "23" },
	{ "second CREATE", record_create, IMANS_F_RECORD_CREATE, POD, "23" },
	{ "after DESTROY", record_destroy, IMANS_F_RECORD_AFTER_DESTROY, POD,
	  "23" },
	{ "wrong type", record_wrong_type, IMANS_F_NS_TYPE, POD, "23" },
	{ "hole", record_seq, IMANS_F_RECORD_HOLE, POD, "23" },
	{ "repeat", record_repeated, IMANS_F_RECORD_REPEAT, POD, "23" },
	{ "no CREATE", record_without_create, IMANS_F_RECORD_HOLE, 44, "23" },
	{ "swapped: hole", records_swapped, IMANS_F_RECORD_HOLE, OTHER, "12" },
	{ "swapped: late", records_swapped, IMANS_F_RECORD_REPEAT, OTHER,
	  "12" },
	{ "cut out", record_cut_out, IMANS_F_RECORD_HOLE, OTHER, "2" },
	{ "parent unknown", parent_unknown, IMANS_F_RECORD_PARENT, CTR, "3" },
	{ "its own parent", parent_itself, IMANS_F_RECORD_PARENT, CTR, "3" },
	{ "parent made later", parent_later, IMANS_F_RECORD_PARENT, CTR, "3" },
	{ "another parent", parent_host, IMANS_F_NS_CREATE, CTR, "3" },
	{ "another parent: copies", parent_host, IMANS_F_NS_UNPROVEN, POD,
	  "3" },
	{ "parent ends first", parent_ends_first, IMANS_F_RECORD_PARENT, CTR,
	  "3" },
	{ "parent ends alone", parent_ends_alone, IMANS_F_RECORD_PARENT, CTR,
	  "3" },
	{ "unknown event", unknown_event, IMANS_F_EVENT_UNKNOWN, 0, "123" },
	{ "CREATE event", create_in_host, IMANS_F_EVENT_MISPLACED, 0, "123" },
	{ "heads' buffer", bad_heads, IMANS_F_EVENT_MALFORMED, 0, "123" },
	{ "heads after more", heads_after_more, IMANS_F_HEADS, 0, "123" },
	{ "heads of another boot", heads_of_another_boot, IMANS_F_HEADS, 0,
	  "123" },
	{ "boot's buffer", bad_boot, IMANS_F_EVENT_MALFORMED, 0, "" },
	{ "file of that name", event_name_in_ng, IMANS_F_EVENT_TEMPLATE, 0,
	  "123" },
	{ "malformed name", bad_name, IMANS_F_ENTRY_MALFORMED, 0, "123" },
	{ "unknown template", unknown_template, IMANS_F_ENTRY_TEMPLATE, 0,
	  "123" },
};

static void test_extended(void **state)
{
	for (size_t i = 0; i < sizeof(extended) / sizeof(extended[0]); i++)
		world_try(*state, &extended[i], true);
}

/* --- Damaged after the quote: the PCR must tell. --- */

static void flip_entry(struct bl_world *w)
{
	w->host.entries[AGGREGATE].data.data[20] ^= 1;
}

static void flip_header_digest(struct bl_world *w)
{
	w->host.entries[FILE_ENTRY].bad_digest = true;
}

/* An event whose digest in the list is not its data's does not count. */
static void flip_records_digest(struct bl_world *w)
{
	w->host.entries[RECORDS_2].bad_digest = true;
}

static void drop_entry(struct bl_world *w)
{
	bl_remove(&w->host, FILE_ENTRY);
}

static void drop_last(struct bl_world *w)
{
	bl_cut(&w->host, w->host.count - 1);
}

static void swap_entries(struct bl_world *w)
{
	bl_swap(&w->host, FILE_ENTRY, RECORDS_2);
}

static void make_violation(struct bl_world *w)
{
	w->host.entries[FILE_ENTRY].violation = true;
}

static void other_pcr(struct bl_world *w)
{
	w->host.entries[FILE_ENTRY].pcr = 9;
}

static void insert_entry(struct bl_world *w)
{
	bl_insert(&w->host, 2, 10, "ima-ng", bl_data_ng("/bin/x", "x"));
}

static void forged_records(struct bl_world *w)
{
	w->host.entries[RECORDS_3].data.data[150] ^= 1;
}

static const struct damage evidence[] = {
	{ "flipped", flip_entry, IMANS_F_NO_PREFIX, 0, "" },
	{ "digest flipped", flip_header_digest, IMANS_F_ENTRY_DIGEST, 0,
	  "123" },
	{ "records' digest flipped", flip_records_digest, IMANS_F_RECORD_INDEX,
	  0, "" },
	{ "dropped", drop_entry, IMANS_F_NO_PREFIX, 0, "" },
	{ "last dropped", drop_last, IMANS_F_NO_PREFIX, 0, "" },
	{ "swapped", swap_entries, IMANS_F_NO_PREFIX, 0, "" },
	{ "violation", make_violation, IMANS_F_NO_PREFIX, 0, "" },
	{ "other PCR", other_pcr, IMANS_F_NO_PREFIX, 0, "" },
	{ "inserted", insert_entry, IMANS_F_NO_PREFIX, 0, "" },
	{ "records forged", forged_records, IMANS_F_NO_PREFIX, 0, "" },
	{ "records past the prefix", records_replayed, IMANS_F_HOST_TAIL, 0,
	  "123" },
};

static void test_evidence(void **state)
{
	for (size_t i = 0; i < sizeof(evidence) / sizeof(evidence[0]); i++)
		world_try(*state, &evidence[i], false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_extended),
		TEST(test_evidence),
	};

	return cmocka_run_group_tests_name("host_damage", tests, NULL, NULL);
}
