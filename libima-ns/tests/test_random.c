// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Nodes damaged at random, the same way each time: never a crash, never a
 * proof. IMANS_ROUNDS=N and IMANS_SEED=N for a longer or another run.
 */
#include <stdlib.h>
#include <string.h>

#include "rng.h"
#include "world.h"

#define ROUNDS	1500

static unsigned long rounds(void)
{
	rng_state = from_env("IMANS_SEED", 0x1234567);
	return from_env("IMANS_ROUNDS", ROUNDS);
}

/* Values that lengths and counts are mistaken at. */
static uint8_t odd_byte(void)
{
	static const uint8_t odd[] = { 0, 1, 0x7f, 0x80, 0xff, 0x40, 61, 62 };

	return rng(2) ? odd[rng(sizeof(odd))] : (uint8_t)rng(256);
}

/* Overwrite, cut out, insert or repeat a few bytes; empty stays empty. */
static void damage(struct bl_bytes *b)
{
	struct bl_bytes new = { NULL, 0 };
	size_t at, len;

	if (!b->len)
		return;
	at = rng(b->len);
	len = 1 + rng(b->len - at < 80 ? b->len - at : 80);
	bl_put(&new, b->data, at);
	switch (rng(4)) {
	case 0:
		for (size_t i = 0; i < (len + 7) / 8; i++) {
			uint8_t byte = odd_byte();

			bl_put(&new, &byte, 1);
		}
		len = new.len - at;
		break;
	case 1:
		break;
	case 2:
		bl_put(&new, b->data + rng(b->len - len + 1), len);
		len = 0;
		break;
	default:
		bl_put(&new, b->data + at, len);
		len = 0;
		break;
	}
	if (at + len < b->len)
		bl_put(&new, b->data + at + len, b->len - at - len);
	free(b->data);
	*b = new;
}

static bool same(const struct bl_bytes *a, const struct bl_bytes *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* What a verifier is sent is damaged: there is always a finding. */
static void test_evidence(void **state)
{
	struct bl_bytes good[4], bad[4];
	struct imans_pcrs quoted;
	struct bl_world w;
	struct outcome out;

	world_make(&w);
	bl_replay(&w.host, w.host.count, IMANS_ALL_BANKS, &quoted);
	good[0] = bl_list_bytes(&w.host, IMANS_HEADER_SHA1);
	for (int i = 0; i < 3; i++)
		good[i + 1] = bl_list_bytes(&w.ns[i]->list, IMANS_HEADER_SHA1);
	for (unsigned long n = rounds(); n > 0; n--) {
		int which = (int)rng(4);

		memcpy(bad, good, sizeof(bad));
		bad[which] = (struct bl_bytes){ NULL, 0 };
		bl_put(&bad[which], good[which].data, good[which].len);
		do {
			damage(&bad[which]);
		} while (same(&bad[which], &good[which]));
		world_verify_bytes(*state, &w, &bad[0], &bad[1], &quoted, &out);
		/* What follows the prefix, whole entries even, is told of. */
		if (imans_findings_count(out.findings) < 2)
			fail_msg("round %lu: list %d", n, which);
		outcome_free(&out);
		free(bad[which].data);
	}
	for (int i = 0; i < 4; i++)
		free(good[i].data);
	bl_world_free(&w);
}

/* The attacker had it extended, so that digests and PCR are right. */
static void test_extended(void **state)
{
	for (unsigned long n = rounds(); n > 0; n--) {
		struct imans_pcrs quoted;
		struct bl_world w;
		struct outcome out;

		world_make(&w);
		for (size_t times = 1 + rng(3); times > 0; times--) {
			size_t which = rng(4);
			struct bl_list *list = which ? &w.ns[which - 1]->list :
						       &w.host;
			struct bl_entry *e = &list->entries[rng(list->count)];

			damage(&e->data);
			if (rng(8) == 0)
				e->violation = !e->violation;
			if (rng(8) == 0)
				bl_swap(list, rng(list->count),
					rng(list->count));
		}
		bl_replay(&w.host, w.host.count, IMANS_BANK(IMANS_SHA256),
			  &quoted);
		world_verify(*state, &w, &quoted, &out);
		assert_true(imans_host_proven(out.host));
		outcome_free(&out);
		bl_world_free(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_evidence),
		TEST(test_extended),
	};

	return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
