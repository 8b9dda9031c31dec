// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Images, as far as the command can't show it: what an image that fails leaves in
 * a policy, and the bounds of what layers have in common. What becomes of layers
 * is compared with another implementation by tools/ima-ns/tests/images.py.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../src/layer.h"
#include "image_make.h"
#include "util.h"

#define BANK	IMANS_BANK(IMANS_SHA256)

static int add(struct imans_policy *policy, struct bl_bytes layer)
{
	struct bl_bytes image = im_docker(&layer);
	int err = imans_policy_add_image_mem(policy, image.data, image.len,
					     "img", BANK, NULL);

	free(image.data);
	free(layer.data);
	return err;
}

/* Of an image that is refused late, when some of it was listed, nothing stays. */
static void test_all_or_nothing(void **state)
{
	const uint8_t digest[IMANS_HASH_SIZE] = { 1 };
	struct imans_policy *policy;
	size_t count;

	assert_int_equal(imans_policy_new(*state, &policy), 0);
	assert_int_equal(add(policy, im_deep()), -EMSGSIZE);
	assert_string_equal(imans_ctx_error(*state),
			    "image: a path is longer than 4096 bytes");
	assert_int_equal(imans_policy_digests(policy), 0);
	assert_int_equal(add(policy, im_layer()), 0);
	count = imans_policy_digests(policy);
	assert_true(count > 0);
	/* As often as somebody likes: it is no source of the policy. */
	for (int i = 0; i < 5000; i++)
		if (add(policy, im_deep()) != -EMSGSIZE ||
		    strstr(imans_ctx_error(*state), "sources"))
			fail_msg("%d: %s", i, imans_ctx_error(*state));
	assert_int_equal(imans_policy_digests(policy), count);
	assert_int_equal(imans_policy_add_digest(policy, "/x", IMANS_SHA256,
						 digest, sizeof(digest)), 0);
	assert_int_equal(imans_policy_digests(policy), count + 1);
	imans_policy_free(policy);
}

static ssize_t read_mem(void *user, void *buf, size_t size)
{
	struct bl_bytes *left = user;
	size_t n = size < left->len ? size : left->len;

	memcpy(buf, left->data, n);
	left->data += n;
	left->len -= n;
	return (ssize_t)n;
}

static int read_layer(struct imans_ctx *ctx, const struct bl_bytes *data,
		      struct image_limits limits, struct image_layer **layer)
{
	struct bl_bytes left = *data;
	const struct layer_source source = {
		.name = "layer", .read = read_mem, .user = &left,
	};

	return imans_layer_read(ctx, &source, BANK, &limits, layer);
}

/* What a layer takes of each is enough, and one less is not. */
static void test_limits(void **state)
{
	struct bl_bytes data = im_layer();
	struct image_limits limits = { data.len * 2, 100, 1000 };
	struct image_layer *layer, *again;

	assert_int_equal(read_layer(*state, &data, limits, &layer), 0);
	limits.entries = layer->count;
	limits.names = layer->names;
	assert_int_equal(read_layer(*state, &data, limits, &again), 0);
	image_layer_free(again);
	limits.names--;
	assert_int_equal(read_layer(*state, &data, limits, &again), -EMSGSIZE);
	assert_string_equal(imans_ctx_error(*state),
			    "layer: the image has names of more than 512 MiB");
	limits.names++;
	limits.entries--;
	assert_int_equal(read_layer(*state, &data, limits, &again), -EMSGSIZE);
	assert_string_equal(imans_ctx_error(*state),
			    "layer: the image has more than 4000000 entries");
	image_layer_free(layer);
	free(data.data);
}

/* Twice in an image costs twice, and is freed once. */
static void test_shared(void **state)
{
	struct bl_bytes data = im_layer();
	struct image_limits limits = { data.len * 2, 100, 1000 };
	struct image_layer *layer;

	assert_int_equal(read_layer(*state, &data, limits, &layer), 0);
	for (int which = 0; which < 2; which++) {
		limits.entries = layer->count * 2;
		limits.names = layer->names * 2;
		*(which ? &limits.entries : &limits.names) -= 1;
		assert_int_equal(imans_layer_share(*state, "l", &limits, layer),
				 0);
		assert_int_equal(imans_layer_share(*state, "l", &limits, layer),
				 -EMSGSIZE);
		assert_string_equal(imans_ctx_error(*state), which ?
				    "l: the image has more than 4000000 entries" :
				    "l: the image has names of more than 512 MiB");
	}
	for (int i = 0; i < 3; i++)
		image_layer_free(layer);
	free(data.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_or_nothing),
		TEST(test_limits),
		TEST(test_shared),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
