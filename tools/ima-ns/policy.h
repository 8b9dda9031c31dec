/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of "ima-ns policy" share. */
#ifndef IMA_NS_POLICY_H
#define IMA_NS_POLICY_H

#include "cli.h"

/* What reference values are made from, in the order of the options. */
enum policy_source_kind {
	POLICY_ROOTFS,
	POLICY_IMAGE,
	POLICY_FILE,		/* FILE[=PATH] */
	POLICY_GLOB,		/* PATTERN=FILE */
	POLICY_KEYLIME,
	POLICY_LOG,
	POLICY_EVIDENCE,
};

struct policy_source {
	enum policy_source_kind kind;
	const char *arg;
};

/* Options of all verbs; each takes what it has a use for. */
struct policy_request {
	struct imans_policy *policy;	/* in the making */
	const char *output;
	uint32_t banks;
	struct policy_source *sources;
	size_t source_count;
	size_t rules;			/* given by themselves: keys, patterns */

	struct imans_image_opts image;

	/* Of evidence. */
	const char *nonce;
	struct cli_trust trust;
	const char *verifier_id;
	uint64_t id;

	/* Of "check". */
	const char *list;
	const char *label;
	bool explain;

	bool strict;
	bool lossy;
};

/* FILE=PATH cut at the first '='; `file` is to be freed. NULL: there is none. */
const char *policy_split(const char *arg, char **first);

int policy_make(const struct cli *cli, struct policy_request *r);
int policy_merge(const struct cli *cli, struct policy_request *r, char **paths);
int policy_export(const struct cli *cli, struct policy_request *r,
		  char **paths);
int policy_show(const struct cli *cli, char **paths);
int policy_check(const struct cli *cli, const struct policy_request *r,
		 char **paths);

#endif /* IMA_NS_POLICY_H */
