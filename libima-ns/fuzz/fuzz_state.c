// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * States of verifiers: an input that is no state is also taken as the body of
 * one, with the digest that it must have.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../src/cbor_out.h"
#include "../src/digest.h"
#include "../src/state.h"
#include "fuzz.h"

static void look(const struct imans_state *state)
{
	struct imans_state_info info;
	struct imans_state_ns ns;
	size_t n = 0;

	imans_state_info(state, &info);
	FUZZ_CHECK(info.rounds);
	while (!imans_state_ns(state, n, &ns)) {
		FUZZ_CHECK(ns.id && ns.label);
		n++;
	}
	FUZZ_CHECK(n == info.namespaces);
}

/* What was read can be written, and is then read as the same. */
static void round_trip(const struct imans_state *state)
{
	struct imans_state *again;
	uint8_t *one, *two;
	size_t one_len, two_len;

	FUZZ_CHECK(!imans_state_encode(state, &one, &one_len));
	FUZZ_CHECK(!imans_state_parse(fuzz_ctx(), one, one_len, "again",
				      &again));
	FUZZ_CHECK(!imans_state_encode(again, &two, &two_len));
	FUZZ_CHECK(one_len == two_len && !memcmp(one, two, one_len));
	imans_state_free(again);
	free(one);
	free(two);
}

static bool parse(const uint8_t *data, size_t size)
{
	struct imans_state *state;
	int err = imans_state_parse(fuzz_ctx(), data, size, "state", &state);

	if (err) {
		FUZZ_CHECK(err == -EBADMSG || err == -EPROTONOSUPPORT);
		return false;
	}
	look(state);
	round_trip(state);
	imans_state_free(state);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct imans_chunk body = { data, size };
	uint8_t digest[IMANS_HASH_SIZE];
	struct imans_buf file = { 0 };

	if (parse(data, size))
		return 0;
	FUZZ_CHECK(!imans_hash(fuzz_ctx(), IMANS_SHA256, &body, 1, digest));
	imans_cbor_put_array(&file, 4);
	imans_cbor_put_text(&file, STATE_FORMAT);
	imans_cbor_put_uint(&file, STATE_VERSION);
	imans_cbor_put_bytes(&file, data, size);
	imans_cbor_put_bytes(&file, digest, sizeof(digest));
	FUZZ_CHECK(!file.failed);
	parse(file.data, file.len);
	free(file.data);
	return 0;
}
