/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images for tests: a layer of all kinds of entries, "docker save" of it, twice. */
#ifndef IMAGE_MAKE_H
#define IMAGE_MAKE_H

#include "build_list.h"

/* The callers free the data. */
struct bl_bytes im_layer(void);
/* A file whose path is allowed, but where it leads to is too long; and another. */
struct bl_bytes im_deep(void);
struct bl_bytes im_gzip(const struct bl_bytes *plain);
struct bl_bytes im_docker(const struct bl_bytes *layer);

#endif /* IMAGE_MAKE_H */
