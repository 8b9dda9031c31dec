/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the subcommands of ima-ns share. */
#ifndef IMA_NS_CLI_H
#define IMA_NS_CLI_H

#include <getopt.h>
#include <json-c/json.h>

#include <imans.h>

/* Exit codes of all subcommands. */
enum cli_exit {
	CLI_GOOD	= 0,
	CLI_AGAINST	= 1,	/* a verdict or a finding speaks against it */
	CLI_ERROR	= 2,	/* usage, or the system */
};

struct cli {
	struct imans_ctx *ctx;
	const char *name;	/* the subcommand's */
	const char *usage;	/* its help */
	char *ns_dir;		/* of --ns-dir or --securityfs, or NULL */
	bool json;		/* --json */
};

/* Values of options that have no letter, and belong to several commands. */
enum cli_option {
	CLI_OPT_HELP = 256,
	CLI_OPT_NS_DIR,
	CLI_OPT_SECURITYFS,
	CLI_OPT_JSON,
	CLI_OPT_ASCII,
	CLI_OPT_BYTE_ORDER,
	CLI_OPT_HEADER,
	CLI_OPT_TEMPLATE,
	CLI_OPT_FROM,
	CLI_OPT_FOLLOW,
	CLI_OPT_AK,
	CLI_OPT_AK_CA,
	CLI_OPT_AK_CHAIN,
	CLI_OPT_AK_CRL,
	CLI_OPT_AK_CERT,
	CLI_OPT_ENROLMENT,
	CLI_OPT_NODE,
	CLI_OPT_OWN,		/* the first that a command may use */
};

#define CLI_OPTIONS_HELP \
	{ "help", no_argument, NULL, CLI_OPT_HELP }
#define CLI_OPTIONS_NS_DIR \
	{ "ns-dir", required_argument, NULL, CLI_OPT_NS_DIR }, \
	{ "securityfs", required_argument, NULL, CLI_OPT_SECURITYFS }

#define CLI_OPTIONS_LIST \
	{ "ascii", no_argument, NULL, CLI_OPT_ASCII }, \
	{ "byte-order", required_argument, NULL, CLI_OPT_BYTE_ORDER }, \
	{ "header", required_argument, NULL, CLI_OPT_HEADER }, \
	{ "template", required_argument, NULL, CLI_OPT_TEMPLATE }, \
	{ "from", required_argument, NULL, CLI_OPT_FROM }, \
	{ "follow", no_argument, NULL, CLI_OPT_FOLLOW }
#define CLI_HELP_LIST \
	"  --ascii                it is text; default: its first bytes tell\n" \
	"  --header BANK          whose template digests it has; default: found out\n" \
	"  --byte-order ORDER     little or big; default: found out\n" \
	"  --template NAME=FIELDS of a template that is not known, \"d-ng|n-ng|...\";\n" \
	"                         repeatable\n" \
	"  --from ENTRY:OFFSET    begin there: with that number, at that byte\n" \
	"  --follow               at its end, wait for more entries\n"

#define CLI_OPTIONS_TRUST \
	{ "ak", required_argument, NULL, CLI_OPT_AK }, \
	{ "ak-ca", required_argument, NULL, CLI_OPT_AK_CA }, \
	{ "ak-chain", required_argument, NULL, CLI_OPT_AK_CHAIN }, \
	{ "ak-crl", required_argument, NULL, CLI_OPT_AK_CRL }, \
	{ "ak-cert", required_argument, NULL, CLI_OPT_AK_CERT }, \
	{ "enrolment", required_argument, NULL, CLI_OPT_ENROLMENT }, \
	{ "node", required_argument, NULL, CLI_OPT_NODE }

#define CLI_HELP_TRUST \
	"  --ak FILE           the node's attestation key, in PEM; or, instead of it, how a key\n" \
	"                      is known to be the node's:\n" \
	"  --node NAME         the node's name, which goes with the following\n" \
	"  --enrolment PATH    records of \"ima-ns ak enrol\": a file, or a directory of such files\n" \
	"                      (*.json); repeatable\n" \
	"  --ak-ca FILE        roots for the key's certificate, in PEM or DER; repeatable\n" \
	"  --ak-chain FILE     intermediate certificates that may help; repeatable\n" \
	"  --ak-crl FILE       CRLs: with one, each issuer must have one; repeatable\n" \
	"  --ak-cert FILE      the key's certificate, if the evidence does not have it\n"

/* Messages: "ima-ns NAME: text", on stderr. They return CLI_ERROR. */
int cli_error(const struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* With a pointer to --help. */
int cli_usage_error(const struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The context's last error: CLI_AGAINST if the input was bad, else CLI_ERROR. */
int cli_failed(const struct cli *cli, int err);

/* Take one option, with its argument in optarg: -1 to go on, or an exit code. */
typedef int (*cli_option_fn)(struct cli *cli, void *user, int opt);
/* All of a command line, up to optind; `letters` as for getopt(). As above. */
int cli_options(struct cli *cli, int argc, char **argv, const char *letters,
		const struct option *options, cli_option_fn take, void *user);
/* Takes --help, --json, --ns-dir, --securityfs and bad options. */
int cli_common_option(struct cli *cli, int opt);

/* Add the bank that an option names. As a cli_option_fn. */
int cli_bank(const struct cli *cli, uint32_t *banks);

/* Memory that must be there, or the program ends with CLI_ERROR. */
void cli_no_memory(void) __attribute__((noreturn));
void *cli_alloc(void *old, size_t size);
char *cli_strdup(const char *text);
char *cli_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Hexadecimal, of any even length. NULL: it is none. To be freed. */
uint8_t *cli_hex_decode(const char *text, size_t *len);
char *cli_hex_encode(const uint8_t *data, size_t len);

/*
 * A nonce: hexadecimal itself, or a file that holds hexadecimal or the bytes
 * as they are. -1 after a message.
 */
int cli_nonce(const struct cli *cli, const char *arg, uint8_t **nonce,
	      size_t *len);
/* A file, followed by a NUL, to be freed; NULL after a message. */
char *cli_read_file(const struct cli *cli, const char *path, size_t max,
		    size_t *len);
/*
 * A secret of up to `max` bytes: of a keyring ("keyring:..."), or all of a file,
 * to be given to imans_key_free(). An exit code.
 */
int cli_secret(const struct cli *cli, const char *arg, size_t max,
	       uint8_t **data, size_t *len);
/* A namespace's key: of a keyring or a file, which may be in hexadecimal. */
int cli_key(const struct cli *cli, const char *arg,
	    uint8_t key[IMANS_KEY_SIZE]);
/* Keys of namespaces that evidence does not have: "ID=KEY" each. */
struct cli_ns_keys {
	struct cli_ns_key {
		uint64_t id;
		uint8_t key[IMANS_KEY_SIZE];
	} *all;
	size_t count;
};

/* Exit codes. */
int cli_ns_keys_add(const struct cli *cli, struct cli_ns_keys *keys,
		    const char *arg);
int cli_ns_keys_apply(const struct cli *cli, const struct cli_ns_keys *keys,
		      struct imans_evidence *evidence);
void cli_ns_keys_free(struct cli_ns_keys *keys);

/* It begins with "keyring:". */
bool cli_in_keyring(const char *arg);
/* Tell an attestation key its authorization value. An exit code. */
int cli_ak_auth(const struct cli *cli, struct imans_ak *ak, const char *arg);
/* A small text file; NULL after a message. */
char *cli_read_text(const struct cli *cli, const char *path, size_t max);

/* A decimal number, without anything else. */
bool cli_number(const char *text, uint64_t *number);

/* Bytes for the terminal: all but printable ASCII is \xNN. To be freed. */
char *cli_show(const void *data, size_t len);

/* Print, and free. Returns CLI_GOOD, or CLI_ERROR if stdout fails. */
int cli_print_json(const struct cli *cli, struct json_object *json);
/* Whether what was printed got out. */
int cli_flush(const struct cli *cli, int code);

/* Add to an object or array; the value is taken over. */
void cli_json_text(struct json_object *o, const char *key, const char *text);
void cli_json_number(struct json_object *o, const char *key, uint64_t number);
void cli_json_bool(struct json_object *o, const char *key, bool value);
void cli_json_hex(struct json_object *o, const char *key, const uint8_t *data,
		  size_t len);
void cli_json_add(struct json_object *o, const char *key,
		  struct json_object *value);

/* How a list is read. */
struct cli_list {
	struct imans_list_opts opts;
	struct imans_template_decl *templates;
};

void cli_list_init(struct cli_list *list);
void cli_list_free(struct cli_list *list);
/* Handle CLI_OPTIONS_LIST and the common options, and return as for those. */
int cli_list_option(struct cli *cli, struct cli_list *list, int opt);
/* As imans_list_next(), waiting for more if the list is followed. */
int cli_list_next(const struct cli *cli, const struct cli_list *options,
		  struct imans_list *list, const struct imans_entry **entry);

/* Returns an exit code. */
typedef int (*cli_file_fn)(const struct cli *cli, void *user, const char *path);
/* A file, or each *.json of a directory, until one is not CLI_GOOD. */
int cli_each_json(const struct cli *cli, const char *path, cli_file_fn fn,
		  void *user);

/* Which attestation keys are trusted; filled by CLI_OPTIONS_TRUST. */
struct cli_trust {
	char *pem;
	char *certs;
	struct imans_ca *ca;
	struct imans_enrol **records;
	struct imans_ak_trust opts;
};

/* As cli_common_option(), which it calls for other options. */
int cli_trust_option(struct cli *cli, struct cli_trust *trust, int opt);
/* When all options were read: -1 to go on, or an exit code after a message. */
int cli_trust_done(const struct cli *cli, struct cli_trust *trust,
		   struct imans_verify_opts *opts);
void cli_trust_free(struct cli_trust *trust);

/* An exit code. `*ca` is made if it is NULL. */
int cli_ca_add(const struct cli *cli, struct imans_ca **ca,
	       enum imans_ca_kind kind, const char *path);

/* Policies from files and directories (of *.json). */
struct cli_policies {
	struct imans_policy **all;
	char **names;
	size_t count;
};

/* CLI_GOOD, or an exit code after a message. */
int cli_policies_add(const struct cli *cli, struct cli_policies *policies,
		     const char *path);
void cli_policies_free(struct cli_policies *policies);

/* One line that says what an ima-ns event says; NULL: not one, or malformed. */
char *cli_event_text(struct imans_ctx *ctx, const struct imans_entry *entry);
/* The same as an object; NULL as above. */
struct json_object *cli_event_json(struct imans_ctx *ctx,
				   const struct imans_entry *entry);

/* One line, or object, for an entry; `number` is what it is called by. */
void cli_print_entry(const struct cli *cli, const struct imans_entry *entry,
		     uint64_t number);
struct json_object *cli_entry_json(const struct cli *cli,
				   const struct imans_entry *entry,
				   uint64_t number);

int cmd_ak(struct cli *cli, int argc, char **argv);
int cmd_attest(struct cli *cli, int argc, char **argv);
int cmd_boot(struct cli *cli, int argc, char **argv);
int cmd_disclose(struct cli *cli, int argc, char **argv);
int cmd_exec(struct cli *cli, int argc, char **argv);
int cmd_key(struct cli *cli, int argc, char **argv);
int cmd_log(struct cli *cli, int argc, char **argv);
int cmd_ls(struct cli *cli, int argc, char **argv);
int cmd_policy(struct cli *cli, int argc, char **argv);
int cmd_redact(struct cli *cli, int argc, char **argv);
int cmd_replay(struct cli *cli, int argc, char **argv);
int cmd_run(struct cli *cli, int argc, char **argv);
int cmd_state(struct cli *cli, int argc, char **argv);
int cmd_verdict(struct cli *cli, int argc, char **argv);
int cmd_verify(struct cli *cli, int argc, char **argv);

extern const char help_ak[], help_attest[], help_boot[], help_disclose[],
	help_exec[], help_key[], help_log[], help_ls[], help_policy[],
	help_redact[], help_replay[], help_run[], help_state[], help_verdict[],
	help_verify[];

#endif /* IMA_NS_CLI_H */
