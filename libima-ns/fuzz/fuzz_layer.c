// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Layers of images, applied twice over one another: what digests would keep
 * from getting this far does get here.
 */
#include <errno.h>
#include <string.h>

#include "../src/layer.h"
#include "fuzz.h"

#define MAX_BYTES	(1 << 20)

static ssize_t read_input(void *user, void *buf, size_t size)
{
	struct fuzz_input part = fuzz_take(user, size);

	if (part.size)
		memcpy(buf, part.data, part.size);
	return (ssize_t)part.size;
}

static int check_path(void *user, const char *path, size_t len,
		      const uint8_t *digests)
{
	size_t *files = user;

	FUZZ_CHECK(digests && *path == '/' && strlen(path) == len);
	FUZZ_CHECK(!strstr(path, "/../") && !strstr(path, "//"));
	++*files;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	const struct layer_source source = {
		.name = "layer", .read = read_input, .user = &in,
	};
	struct image_limits limits = { MAX_BYTES, 1000, MAX_BYTES };
	struct image_layer *layer;
	struct image_tree *tree;
	size_t files = 0;
	int err = imans_layer_read(fuzz_ctx(), &source,
				   IMANS_BANK(IMANS_SHA256), &limits, &layer);

	if (err) {
		FUZZ_CHECK(err == -EBADMSG || err == -EMSGSIZE);
		return 0;
	}
	FUZZ_CHECK(!image_tree_new(fuzz_ctx(), IMANS_HASH_SIZE, &tree));
	for (int i = 0; !err && i < 2; i++)
		err = image_tree_apply(tree, layer, "layer");
	FUZZ_CHECK(!err || err == -EBADMSG || err == -EMSGSIZE);
	err = image_tree_each(tree, check_path, &files);
	FUZZ_CHECK(!err || err == -EMSGSIZE);
	image_tree_free(tree);
	image_layer_free(layer);
	return 0;
}
