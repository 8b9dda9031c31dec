// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which rule of the reference values decided on each file. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "explain.h"

void explain_add(void *user, uint64_t nsid, uint64_t entry,
		 const struct imans_file *file,
		 const struct imans_decision *decision)
{
	struct explain *explain = user;
	struct explained one = {
		.nsid = nsid,
		.entry = entry,
		.name = cli_show(file->name, file->name_len),
		.allowed = decision->allowed,
	};

	if (imans_decision_text(decision, &one.text))
		cli_no_memory();
	explain->all = cli_alloc(explain->all, (explain->count + 1) *
				 sizeof(*explain->all));
	explain->all[explain->count++] = one;
}

void explain_print(const struct explain *explain)
{
	for (size_t i = 0; i < explain->count; i++) {
		const struct explained *e = &explain->all[i];

		if (!i || e->nsid != e[-1].nsid) {
			if (e->nsid)
				printf("\ndecisions on namespace %" PRIu64 "\n",
				       e->nsid);
			else
				puts("\ndecisions on the host's list");
		}
		printf("  entry %" PRIu64 ": %s: %s\n", e->entry, e->name,
		       e->text);
	}
}

struct json_object *explain_json(const struct explain *explain)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < explain->count; i++) {
		const struct explained *e = &explain->all[i];
		struct json_object *o = json_object_new_object();

		cli_json_number(o, "namespace", e->nsid);
		cli_json_number(o, "entry", e->entry);
		cli_json_text(o, "file", e->name);
		cli_json_bool(o, "allowed", e->allowed);
		cli_json_text(o, "text", e->text);
		cli_json_add(array, NULL, o);
	}
	return array;
}

void explain_free(struct explain *explain)
{
	for (size_t i = 0; i < explain->count; i++) {
		free(explain->all[i].name);
		free(explain->all[i].text);
	}
	free(explain->all);
}
