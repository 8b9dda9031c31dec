// SPDX-License-Identifier: LGPL-2.1-or-later
/* Hashes and HMACs of every length, against OpenSSL's EVP. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "../src/ctx.h"
#include "util.h"

/* Past all that is hashed in one buffer. */
#define LONGEST	600

static void fill(uint8_t *data)
{
	for (size_t i = 0; i < LONGEST; i++)
		data[i] = (uint8_t)(i * 31 + 7);
}

/* In one, two and three pieces. */
static void test_hashes(void **state)
{
	uint8_t data[LONGEST], want[64], got[64];

	fill(data);
	for (int b = 0; b < IMANS_BANKS; b++) {
		enum imans_bank bank = (enum imans_bank)b;

		for (size_t len = 0; len <= LONGEST; len++) {
			const struct imans_chunk one[] = { { data, len } };
			const struct imans_chunk three[] = {
				{ data, len / 3 },
				{ data + len / 3, len / 2 - len / 3 },
				{ data + len / 2, len - len / 2 },
			};

			bl_hash(imans_bank_name(bank), data, len, want);
			assert_int_equal(imans_hash(*state, bank, one, 1, got),
					 0);
			assert_memory_equal(got, want, imans_bank_size(bank));
			assert_int_equal(imans_hash(*state, bank, three, 3,
						    got), 0);
			assert_memory_equal(got, want, imans_bank_size(bank));
		}
	}
}

/* Keys by turns, as a namespace's and those of its records come. */
static void test_hmac(void **state)
{
	uint8_t data[LONGEST], want[EVP_MAX_MD_SIZE], got[IMANS_HASH_SIZE];
	uint8_t key[IMANS_KEY_SIZE];

	fill(data);
	for (size_t len = 0; len <= LONGEST; len++) {
		const struct imans_chunk chunks[] = {
			{ data, len / 2 }, { data + len / 2, len - len / 2 },
		};

		for (int which = 0; which < 5; which++) {
			memset(key, which % 3, sizeof(key));
			key[31] = (uint8_t)(which == 1 ? len : 0);
			HMAC(EVP_sha256(), key, sizeof(key), data, len, want,
			     NULL);
			assert_int_equal(imans_hmac(*state, key, chunks, 2,
						    got), 0);
			assert_memory_equal(got, want, sizeof(got));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hashes),
		TEST(test_hmac),
	};

	return cmocka_run_group_tests_name("sha", tests, NULL, NULL);
}
