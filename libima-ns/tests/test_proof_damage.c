// SPDX-License-Identifier: LGPL-2.1-or-later
/* Proofs of namespaces: evidence damaged after the quote, one way each. */
#include <stdlib.h>
#include <string.h>

#include "world.h"

static struct bl_list *list_of(struct bl_world *w, int id)
{
	return &w->ns[id - 1]->list;
}

static void flip_entry(struct bl_world *w)
{
	list_of(w, OTHER)->entries[1].data.data[20] ^= 1;
}

static void flip_header_digest(struct bl_world *w)
{
	list_of(w, OTHER)->entries[1].bad_digest = true;
}

static void drop_entry(struct bl_world *w)
{
	bl_remove(list_of(w, OTHER), 1);
}

static void drop_last(struct bl_world *w)
{
	bl_cut(list_of(w, OTHER), 2);
}

static void drop_destroy(struct bl_world *w)
{
	bl_cut(list_of(w, CTR), list_of(w, CTR)->count - 1);
}

static void drop_all(struct bl_world *w)
{
	bl_cut(list_of(w, OTHER), 0);
}

static void swap_entries(struct bl_world *w)
{
	bl_swap(list_of(w, OTHER), 1, 2);
}

static struct bl_bytes copy_of(const struct bl_entry *e)
{
	struct bl_bytes data = { NULL, 0 };

	bl_put(&data, e->data.data, e->data.len);
	return data;
}

static void repeat_entry(struct bl_world *w)
{
	struct bl_list *list = list_of(w, OTHER);

	bl_insert(list, 2, 10, "ima-ns", copy_of(&list->entries[1]));
}

static void wrong_key(struct bl_world *w)
{
	w->ns[OTHER - 1]->key[31] ^= 0x80;
}

static void key_of_another(struct bl_world *w)
{
	memcpy(w->ns[OTHER - 1]->key, w->ns[POD - 1]->key, 32);
}

static void list_of_another(struct bl_world *w)
{
	struct bl_list list = *list_of(w, OTHER);

	*list_of(w, OTHER) = *list_of(w, CTR);
	*list_of(w, CTR) = list;
}

static void wrong_label(struct bl_world *w)
{
	struct bl_entry *e = &list_of(w, OTHER)->entries[1];

	e->data.data[e->data.len - 2] = '3';
}

static void wrong_nsid(struct bl_world *w)
{
	struct bl_entry *e = &list_of(w, OTHER)->entries[1];

	/* 8 bytes of id, 4 of length, "pod=2" and a NUL end the data. */
	e->data.data[e->data.len - 18] = POD;
}

/* The fields stay readable: only E and CREATE tell. */
static void rename_template(struct bl_world *w)
{
	strcpy(list_of(w, OTHER)->entries[1].template_name,
	       "d-ng|n-ng|nsid|nslabel");
}

static void unknown_template(struct bl_world *w)
{
	strcpy(list_of(w, OTHER)->entries[1].template_name, "ima-nt");
}

static void rewrite_violation(struct bl_world *w)
{
	/* A letter of /var/log/messages. */
	list_of(w, CTR)->entries[2].data.data[60] ^= 1;
}

static void hide_violation(struct bl_world *w)
{
	list_of(w, CTR)->entries[2].violation = false;
}

static void make_violation(struct bl_world *w)
{
	list_of(w, OTHER)->entries[1].violation = true;
}

static void entry_in_other_pcr(struct bl_world *w)
{
	list_of(w, OTHER)->entries[1].pcr = 11;
}

static void event_in_other_pcr(struct bl_world *w)
{
	list_of(w, OTHER)->entries[0].pcr = 11;
}

static void drop_copy(struct bl_world *w)
{
	bl_remove(list_of(w, POD), 3);
}

static void swap_copies(struct bl_world *w)
{
	bl_swap(list_of(w, POD), 2, 3);
}

/* An own entry and a copy change places: either alone is right. */
static void swap_copy_and_own(struct bl_world *w)
{
	bl_swap(list_of(w, POD), 4, 5);
}

static void foreign_copy(struct bl_world *w)
{
	uint8_t record[64] = { 2, 1, 0, 0, 0, 0, 0, 0, CTR, 0 };
	struct bl_bytes buf = bl_buf_records(record, 1, 3);

	bl_insert(list_of(w, POD), 3, 10, "ima-buf",
		  bl_data_buf("sha256", "ima-ns/records", buf.data, buf.len));
	free(buf.data);
}

static void flip_copy(struct bl_world *w)
{
	struct bl_bytes buf = { NULL, 0 };
	struct bl_entry *e = &list_of(w, POD)->entries[3];

	bl_put(&buf, e->data.data + e->data.len - 96, 96);
	buf.data[95] ^= 1;
	world_set_data(list_of(w, POD), 3,
		       bl_data_buf("sha256", "ima-ns/records", buf.data,
				   buf.len));
	free(buf.data);
}

static void two_records_in_a_copy(struct bl_world *w)
{
	struct bl_entry *e = list_of(w, POD)->entries;
	struct bl_bytes buf;
	uint8_t both[128];

	memcpy(both, e[2].data.data + e[2].data.len - 64, 64);
	memcpy(both + 64, e[3].data.data + e[3].data.len - 64, 64);
	buf = bl_buf_records(both, 2, 2);
	world_set_data(list_of(w, POD), 2,
		       bl_data_buf("sha256", "ima-ns/records", buf.data,
				   buf.len));
	bl_remove(list_of(w, POD), 3);
	free(buf.data);
}

static void drop_create(struct bl_world *w)
{
	bl_remove(list_of(w, OTHER), 0);
}

static void second_create(struct bl_world *w)
{
	struct bl_list *list = list_of(w, OTHER);

	bl_insert(list, 1, 10, "ima-buf", copy_of(&list->entries[0]));
}

static void entry_after_destroy(struct bl_world *w)
{
	struct bl_list *list = list_of(w, CTR);

	bl_insert(list, list->count, 10, "ima-ns", copy_of(&list->entries[1]));
}

/* An event's data, with other bytes in the buffer and a right digest. */
static void change_create(struct bl_world *w, size_t at)
{
	struct bl_entry *e = &list_of(w, OTHER)->entries[0];
	size_t len = 160 + 6 + 5;
	struct bl_bytes buf = { NULL, 0 };

	bl_put(&buf, e->data.data + e->data.len - len, len);
	buf.data[at] ^= 1;
	world_set_data(list_of(w, OTHER), 0,
		       bl_data_buf("sha256", "ima-ns/create", buf.data,
				   buf.len));
	free(buf.data);
}

static void create_magic(struct bl_world *w)
{
	change_create(w, 0);
}

static void create_depth(struct bl_world *w)
{
	change_create(w, 12);
}

static void create_boot(struct bl_world *w)
{
	change_create(w, 47);
}

static void create_id(struct bl_world *w)
{
	change_create(w, 48);
}

static void create_parent(struct bl_world *w)
{
	change_create(w, 56);
}

static void create_key(struct bl_world *w)
{
	change_create(w, 80);
}

static void create_template(struct bl_world *w)
{
	change_create(w, 165);
}

static void add_event(struct bl_world *w, const char *name)
{
	bl_insert(list_of(w, OTHER), 1, 10, "ima-buf",
		  bl_data_buf("sha256", name, "x", 1));
}

static void boot_in_namespace(struct bl_world *w)
{
	add_event(w, "ima-ns/boot");
}

static void unknown_event(struct bl_world *w)
{
	add_event(w, "ima-ns/records2");
}

static void event_in_other_template(struct bl_world *w)
{
	bl_insert(list_of(w, OTHER), 1, 10, "ima-ng",
		  bl_data_ng("ima-ns/enter", "x"));
}

static void event_as_violation(struct bl_world *w)
{
	add_event(w, "ima-ns/enter");
	list_of(w, OTHER)->entries[1].violation = true;
}

static void event_with_bad_digest(struct bl_world *w)
{
	add_event(w, "ima-ns/enter");
	list_of(w, OTHER)->entries[1].data.data[15] ^= 1;
}

static void foreign_buffer(struct bl_world *w)
{
	add_event(w, "user:ima-ns/enter");
}

static const struct damage damages[] = {
	{ "an entry flipped", flip_entry, IMANS_F_NS_COMMIT, OTHER, "12" },
	{ "a digest flipped", flip_header_digest, IMANS_F_ENTRY_DIGEST, OTHER,
	  "12" },
	{ "an entry dropped", drop_entry, IMANS_F_NS_COMMIT, OTHER, "12" },
	{ "an entry dropped: missing", drop_entry, IMANS_F_NS_MISSING, OTHER,
	  "12" },
	{ "the last dropped", drop_last, IMANS_F_NS_MISSING, OTHER, "12" },
	{ "DESTROY dropped", drop_destroy, IMANS_F_NS_MISSING, CTR, "13" },
	{ "all dropped", drop_all, IMANS_F_NS_NO_CREATE, OTHER, "12" },
	{ "swapped", swap_entries, IMANS_F_NS_COMMIT, OTHER, "12" },
	{ "repeated", repeat_entry, IMANS_F_NS_COMMIT, OTHER, "12" },
	{ "wrong key", wrong_key, IMANS_F_NS_KEY, OTHER, "12" },
	{ "wrong key: closed", wrong_key, IMANS_F_NS_COMMIT, OTHER, "12" },
	{ "key of another", key_of_another, IMANS_F_NS_KEY, OTHER, "12" },
	{ "list of another", list_of_another, IMANS_F_NS_CREATE, OTHER, "1" },
	{ "wrong label", wrong_label, IMANS_F_NS_LABEL, OTHER, "12" },
	{ "wrong id", wrong_nsid, IMANS_F_NS_ID, OTHER, "12" },
	{ "template renamed", rename_template, IMANS_F_ENTRY_TEMPLATE, OTHER,
	  "12" },
	{ "template renamed: closed", rename_template, IMANS_F_NS_COMMIT,
	  OTHER, "12" },
	{ "template unknown", unknown_template, IMANS_F_ENTRY_TEMPLATE, OTHER,
	  "12" },
	{ "violation rewritten", rewrite_violation, IMANS_F_NS_COMMIT, CTR,
	  "13" },
	{ "violation hidden", hide_violation, IMANS_F_NS_COMMIT, CTR, "13" },
	{ "violation made", make_violation, IMANS_F_NS_COMMIT, OTHER, "12" },
	{ "entry in PCR 11", entry_in_other_pcr, IMANS_F_NS_PCR, OTHER, "12" },
	{ "event in PCR 11", event_in_other_pcr, IMANS_F_EVENT_PCR, OTHER,
	  "12" },
	{ "copy dropped", drop_copy, IMANS_F_NS_COPY, POD, "23" },
	{ "copies swapped", swap_copies, IMANS_F_NS_COPY, POD, "23" },
	{ "copy and own swapped", swap_copy_and_own, IMANS_F_NS_ORDER, POD,
	  "23" },
	{ "foreign copy", foreign_copy, IMANS_F_NS_COPY, POD, "23" },
	{ "copy flipped", flip_copy, IMANS_F_NS_COPY, POD, "23" },
	{ "two in a copy", two_records_in_a_copy, IMANS_F_NS_COPY, POD, "23" },
	{ "CREATE dropped", drop_create, IMANS_F_NS_NO_CREATE, OTHER, "12" },
	{ "second CREATE", second_create, IMANS_F_NS_SECOND_CREATE, OTHER,
	  "12" },
	{ "after DESTROY", entry_after_destroy, IMANS_F_NS_AFTER_DESTROY, CTR,
	  "13" },
	{ "CREATE's magic", create_magic, IMANS_F_EVENT_MALFORMED, OTHER,
	  "12" },
	{ "CREATE's depth", create_depth, IMANS_F_NS_CREATE, OTHER, "12" },
	{ "CREATE's boot", create_boot, IMANS_F_NS_BOOT, OTHER, "12" },
	{ "CREATE's id", create_id, IMANS_F_NS_CREATE, OTHER, "12" },
	{ "CREATE's parent", create_parent, IMANS_F_NS_CREATE, OTHER, "12" },
	{ "CREATE's key", create_key, IMANS_F_NS_KEY, OTHER, "12" },
	{ "CREATE's template", create_template, IMANS_F_ENTRY_TEMPLATE, OTHER,
	  "12" },
	{ "boot event", boot_in_namespace, IMANS_F_EVENT_MISPLACED, OTHER,
	  "12" },
	{ "unknown event", unknown_event, IMANS_F_EVENT_UNKNOWN, OTHER, "12" },
	{ "event's template", event_in_other_template, IMANS_F_EVENT_TEMPLATE,
	  OTHER, "12" },
	{ "event as violation", event_as_violation, IMANS_F_EVENT_VIOLATION,
	  OTHER, "12" },
	{ "event's digest", event_with_bad_digest, IMANS_F_EVENT_DIGEST, OTHER,
	  "12" },
	{ "foreign buffer", foreign_buffer, IMANS_F_ENTRY_TEMPLATE, OTHER,
	  "12" },
};

static void test_damaged(void **state)
{
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++)
		world_try(*state, &damages[i], false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_damaged),
	};

	return cmocka_run_group_tests_name("proof_damage", tests, NULL, NULL);
}
