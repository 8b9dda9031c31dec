/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which rule of the reference values decided on each file. */
#ifndef IMA_NS_EXPLAIN_H
#define IMA_NS_EXPLAIN_H

#include "cli.h"

/* What is kept: policies may be gone when it is printed. */
struct explained {
	uint64_t nsid;
	uint64_t entry;
	char *name;
	char *text;
	bool allowed;
};

struct explain {
	struct explained *all;
	size_t count;
};

/* An imans_explain_fn; `user` is a struct explain. */
void explain_add(void *user, uint64_t nsid, uint64_t entry,
		 const struct imans_file *file,
		 const struct imans_decision *decision);
void explain_print(const struct explain *explain);
struct json_object *explain_json(const struct explain *explain);
void explain_free(struct explain *explain);

#endif /* IMA_NS_EXPLAIN_H */
