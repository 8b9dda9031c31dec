/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signed verdicts, as options of "ima-ns verify": taken, and issued. */
#ifndef IMA_NS_SIGNING_H
#define IMA_NS_SIGNING_H

#include "cli.h"

#define SIGNING_PEM_MAX	65536

enum signing_option {
	SIGNING_OPT_TENANT = 1024,
	SIGNING_OPT_BOOT_ID,
	SIGNING_OPT_VERDICT,
	SIGNING_OPT_MAX_AGE,
	SIGNING_OPT_ISSUE,
	SIGNING_OPT_ISSUE_NODE,
	SIGNING_OPT_KEY,
	SIGNING_OPT_FOR,
	SIGNING_OPT_NONCE,
	SIGNING_OPT_LIFETIME,
	SIGNING_OPT_SHOW_CREATE,
	SIGNING_OPT_EAR,
	SIGNING_OPT_EAR_FORM,
	SIGNING_OPT_END,
};

#define SIGNING_OPTIONS \
	{ "tenant", required_argument, NULL, SIGNING_OPT_TENANT }, \
	{ "boot-id", required_argument, NULL, SIGNING_OPT_BOOT_ID }, \
	{ "tenant-verdict", required_argument, NULL, SIGNING_OPT_VERDICT }, \
	{ "max-age", required_argument, NULL, SIGNING_OPT_MAX_AGE }, \
	{ "issue", required_argument, NULL, SIGNING_OPT_ISSUE }, \
	{ "issue-node", required_argument, NULL, SIGNING_OPT_ISSUE_NODE }, \
	{ "sign-key", required_argument, NULL, SIGNING_OPT_KEY }, \
	{ "for", required_argument, NULL, SIGNING_OPT_FOR }, \
	{ "issue-nonce", required_argument, NULL, SIGNING_OPT_NONCE }, \
	{ "lifetime", required_argument, NULL, SIGNING_OPT_LIFETIME }, \
	{ "show-create", no_argument, NULL, SIGNING_OPT_SHOW_CREATE }, \
	{ "ear", required_argument, NULL, SIGNING_OPT_EAR }, \
	{ "ear-form", required_argument, NULL, SIGNING_OPT_EAR_FORM }

/**
 * struct signing - what the options say
 * @tenants: arguments of --tenant, "id:3=FILE" or "label:GLOB=FILE"
 * @tenant_count: their number
 * @verdicts: files of tenants' signed verdicts
 * @verdict_count: their number
 * @boot_id: the boot that ids of --tenant are of, in hexadecimal
 * @max_age: of a verdict that has another nonce, in seconds
 * @issue: where a verdict on namespaces goes
 * @issue_node: where one on the node goes
 * @key: file of the private key
 * @nonce: of what is issued
 * @ids: whom a verdict is on
 * @id_count: their number
 * @lifetime: in seconds
 * @show_create: disclose CREATE
 * @ear: where a JWT goes
 * @ear_form: names of its claims
 * @made: the library's form of the first ones
 */
struct signing {
	char **tenants;
	size_t tenant_count;
	char **verdicts;
	size_t verdict_count;
	const char *boot_id;
	uint64_t max_age;
	const char *issue;
	const char *issue_node;
	const char *key;
	const char *nonce;
	uint64_t *ids;
	size_t id_count;
	uint64_t lifetime;
	bool show_create;
	const char *ear;
	enum imans_ear_form ear_form;
	struct imans_tenants *made;
};

/* One of the options above: -1 to go on, or the exit code. */
int signing_option(const struct cli *cli, struct signing *s, int opt);
/* Set what verifying needs. CLI_GOOD, or an exit code after a message. */
int signing_prepare(const struct cli *cli, struct signing *s,
		    struct imans_verify_opts *opts);
/*
 * Write what is to be issued. What was verified with gave these policies their
 * names. As above.
 */
int signing_issue(const struct cli *cli, const struct signing *s,
		  const struct imans_report *report,
		  const struct cli_policies *policies);
void signing_free(struct signing *s);

#endif /* IMA_NS_SIGNING_H */
