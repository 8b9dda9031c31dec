// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns verify: verdicts. */

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "explain.h"
#include "report.h"
#include "rounds.h"
#include "signing.h"

const char help_verify[] =
	"usage: ima-ns verify --nonce HEX|FILE --ak FILE [OPTIONS] EVIDENCE\n"
	"       ima-ns verify --nonce HEX|FILE --node NAME --enrolment PATH|--ak-ca FILE\n"
	"                     [OPTIONS] EVIDENCE\n"
	"\n"
	"Verifies evidence, without a TPM, and prints a verdict on the node and on each\n"
	"namespace, with every finding:\n"
	"  trusted     all holds, and the boot is the expected one\n"
	"  consistent  all holds, but something was not checked\n"
	"  incomplete  the evidence or the reference values do not suffice\n"
	"  UNTRUSTED   something speaks against it\n"
	"\n"
	"  --nonce HEX|FILE    the nonce that the evidence was asked for with: 16 to 64 bytes,\n"
	"                      in hexadecimal; or a file that holds that, or the bytes\n"
	CLI_HELP_TRUST
	"  --verifier-id NAME  whom the evidence must be for (default: empty)\n"
	"  --policy PATH       reference values of \"ima-ns policy make\", or a directory of such\n"
	"                      files (*.json); repeatable\n"
	"  --bind ID|LABEL=HEX this value, of the channel that the namespace is talked to\n"
	"                      through, must stand in an ima-ns/bind event of the namespace\n"
	"                      with that id, or of all with that label; repeatable\n"
	"  --key ID=KEY|FILE   the key of a namespace, if the evidence does not have it: in the\n"
	"                      kernel's keyrings, \"keyring:[TYPE:]DESCRIPTION\", or in a file;\n"
	"                      repeatable\n"
	"  --boot-policy FILE  reference values of \"ima-ns boot make\"; repeatable: the boot must\n"
	"                      be as one of them says\n"
	"  --padded-bank BANK  the node's kernel lacks this algorithm, and extended the bank\n"
	"                      with padded SHA-1 digests; repeatable\n"
	"  --explain           tell for each file which rule allowed or refused it\n"
	"  --threads N         examine as many namespaces at the same time (default: 1)\n"
	"\n"
	"Of a host's list that is redacted:\n"
	"  --node-verdict FILE the operator's signed verdict on the node, of --issue-node\n"
	"  --operator-key FILE the public key that must have signed it, in PEM\n"
	"\n"
	"Tenants' signed verdicts, in place of lists and keys:\n"
	"  --tenant WHO=FILE   a tenant's public key, in PEM, and whom it may speak for: \"id:ID\",\n"
	"                      a namespace and all below it, in the boot of --boot-id; or\n"
	"                      \"label:PATTERN\", those whose CREATE the verdict shows; repeatable\n"
	"  --boot-id HEX       the boot that these ids are of\n"
	"  --tenant-verdict FILE\n"
	"                      a signed verdict; repeatable\n"
	"  --max-age SECONDS   take those for another nonce, too, if they are not older\n"
	"\n"
	"What is found, signed:\n"
	"  --issue FILE        write a signed verdict on the namespaces whose keys are here\n"
	"  --issue-node FILE   write one on the node, for whom its list is redacted\n"
	"  --sign-key FILE     the private key, in PEM, without a password: on P-256 or P-384,\n"
	"                      or Ed25519\n"
	"  --for ID            on this namespace only; repeatable\n"
	"  --show-create       disclose each one's CREATE, so that its label is known\n"
	"  --issue-nonce HEX|FILE\n"
	"                      the nonce of who asked for it (default: that of --nonce)\n"
	"  --lifetime SECONDS  how long it holds (default: 3600; a JWT's: it does not end)\n"
	"  --ear FILE          write all verdicts as a JWT in EAR form (draft-ietf-rats-ear)\n"
	"  --ear-form 04|2023  names of its claims: draft -04's, or those before -03\n"
	"\n"
	"  --json              print one object\n"
	"  --state FILE        what is known from earlier rounds: only what is new is examined;\n"
	"                      made by the first round, replaced by each that counts\n"
	"  --html FILE         write a page, too, that needs nothing else to be read\n"
	"  --help              print this\n"
	"\n"
	"Exit code: 0 if all verdicts are trusted or consistent, 1 if one is not, 2 on errors.\n";

enum { OPT_NONCE = CLI_OPT_OWN, OPT_VERIFIER, OPT_POLICY, OPT_PADDED,
       OPT_EXPLAIN, OPT_BIND, OPT_HTML, OPT_BOOT, OPT_KEY, OPT_STATE,
       OPT_NODE_VERDICT, OPT_OPERATOR, OPT_THREADS };

static const struct option options[] = {
	{ "nonce", required_argument, NULL, OPT_NONCE },
	CLI_OPTIONS_TRUST,
	{ "verifier-id", required_argument, NULL, OPT_VERIFIER },
	{ "policy", required_argument, NULL, OPT_POLICY },
	{ "padded-bank", required_argument, NULL, OPT_PADDED },
	{ "explain", no_argument, NULL, OPT_EXPLAIN },
	{ "bind", required_argument, NULL, OPT_BIND },
	{ "node-verdict", required_argument, NULL, OPT_NODE_VERDICT },
	{ "operator-key", required_argument, NULL, OPT_OPERATOR },
	{ "key", required_argument, NULL, OPT_KEY },
	SIGNING_OPTIONS,
	{ "json", no_argument, NULL, CLI_OPT_JSON },
	{ "boot-policy", required_argument, NULL, OPT_BOOT },
	{ "html", required_argument, NULL, OPT_HTML },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "threads", required_argument, NULL, OPT_THREADS },
	CLI_OPTIONS_HELP,
	{ NULL, 0, NULL, 0 },
};

struct request {
	const char *nonce;
	const char *evidence;
	struct cli_trust trust;
	struct cli_ns_keys keys;
	const char *html;
	struct imans_verify_opts opts;
	struct cli_policies policies;
	struct explain explain;
	struct imans_channel *channels;	/* with data of their own */
	struct imans_bootref **boot_refs;
	struct signing signing;
	struct imans_signed *node_verdict;
	char *operator_key;
	const char *state;		/* a file, or NULL */
	uint64_t rounds;		/* in it, that counted before */
};

/* A label may hold "=" itself: the value begins behind the last one. */
static int add_channel(const struct cli *cli, struct request *r, char *arg)
{
	char *value = strrchr(arg, '=');
	struct imans_channel c = { 0 };

	if (value)
		*value++ = '\0';
	c.data = value ? cli_hex_decode(value, &c.len) : NULL;
	if (!c.data || c.len > IMANS_BIND_MAX || !*arg) {
		free((void *)c.data);
		return cli_usage_error(cli,
				       "--bind needs ID=HEX or LABEL=HEX, of 1 to %d bytes",
				       IMANS_BIND_MAX);
	}
	if (!cli_number(arg, &c.id))
		c.label = arg;
	r->channels = cli_alloc(r->channels, (r->opts.channel_count + 1) *
					     sizeof(c));
	r->channels[r->opts.channel_count++] = c;
	return -1;
}

static void free_channels(struct request *r)
{
	for (size_t i = 0; i < r->opts.channel_count; i++)
		free((void *)r->channels[i].data);
	free(r->channels);
}

static int add_boot_ref(const struct cli *cli, struct request *r,
			const char *path)
{
	struct imans_bootref *ref;
	int err = imans_bootref_read(cli->ctx, path, &ref);

	if (err) {
		cli_failed(cli, err);
		return CLI_ERROR;
	}
	r->boot_refs = cli_alloc(r->boot_refs, (r->opts.boot_ref_count + 1) *
					       sizeof(ref));
	r->boot_refs[r->opts.boot_ref_count++] = ref;
	return -1;
}

/* What is no verdict at all is better said at once. */
static int read_node_verdict(const struct cli *cli, struct request *r,
			     const char *path)
{
	int err;

	imans_signed_free(r->node_verdict);
	r->node_verdict = NULL;
	err = imans_signed_read(cli->ctx, path, &r->node_verdict);
	return err ? cli_failed(cli, err) : -1;
}

static void free_boot_refs(struct request *r)
{
	for (size_t i = 0; i < r->opts.boot_ref_count; i++)
		imans_bootref_free(r->boot_refs[i]);
	free(r->boot_refs);
}

static int take_threads(const struct cli *cli, struct request *r)
{
	uint64_t number;

	if (!cli_number(optarg, &number) || !number ||
	    number > IMANS_THREADS_MAX)
		return cli_usage_error(cli, "--threads needs a number of 1 to %d",
				       IMANS_THREADS_MAX);
	r->opts.threads = (size_t)number;
	return -1;
}

static int take_option(struct cli *cli, void *user, int opt)
{
	struct request *r = user;

	if (opt >= SIGNING_OPT_TENANT && opt < SIGNING_OPT_END)
		return signing_option(cli, &r->signing, opt);
	switch (opt) {
	case OPT_NONCE:
		r->nonce = optarg;
		return -1;
	case OPT_VERIFIER:
		r->opts.verifier_id = optarg;
		return -1;
	case OPT_POLICY:
		/* A verdict without what was asked for would be another one. */
		return cli_policies_add(cli, &r->policies, optarg) ?
			CLI_ERROR : -1;
	case OPT_PADDED:
		return cli_bank(cli, &r->opts.padded_banks);
	case OPT_BOOT:
		return add_boot_ref(cli, r, optarg);
	case OPT_EXPLAIN:
		r->opts.explain = explain_add;
		r->opts.explain_user = &r->explain;
		return -1;
	case OPT_BIND:
		return add_channel(cli, r, optarg);
	case OPT_NODE_VERDICT:
		return read_node_verdict(cli, r, optarg);
	case OPT_THREADS:
		return take_threads(cli, r);
	case OPT_OPERATOR:
		free(r->operator_key);
		r->operator_key = cli_read_text(cli, optarg, SIGNING_PEM_MAX);
		return r->operator_key ? -1 : CLI_ERROR;
	case OPT_KEY:
		return cli_ns_keys_add(cli, &r->keys, optarg) ? CLI_ERROR : -1;
	case OPT_STATE:
		r->state = optarg;
		return -1;
	case OPT_HTML:
		r->html = optarg;
		return -1;
	default:
		return cli_trust_option(cli, &r->trust, opt);
	}
}

static int take_options(struct cli *cli, struct request *r, int argc,
			char **argv)
{
	int code = cli_options(cli, argc, argv, "", options, take_option, r);

	if (code >= 0)
		return code;
	if (optind != argc - 1)
		return cli_usage_error(cli, "one file of evidence must be given");
	if (!r->nonce)
		return cli_usage_error(cli, "--nonce is missing");
	if (!r->node_verdict != !r->operator_key)
		return cli_usage_error(cli, "--node-verdict and --operator-key go together");
	r->evidence = argv[optind];
	return cli_trust_done(cli, &r->trust, &r->opts);
}

static int verify(const struct cli *cli, struct request *r,
		  struct imans_report **report)
{
	struct imans_evidence *evidence;
	uint8_t *nonce = NULL;
	int code = signing_prepare(cli, &r->signing, &r->opts), err;

	if (code)
		return code;
	if (cli_nonce(cli, r->nonce, &nonce, &r->opts.nonce_len))
		return CLI_ERROR;
	r->opts.sz = sizeof(r->opts);
	r->opts.nonce = nonce;
	r->opts.policies = r->policies.all;
	r->opts.policy_count = r->policies.count;
	r->opts.channels = r->channels;
	r->opts.boot_refs = r->boot_refs;
	r->opts.node_verdict = r->node_verdict;
	r->opts.node_verdict_pem = r->operator_key;
	if (r->state && rounds_read(cli, r->state, &r->opts.state)) {
		free(nonce);
		return CLI_ERROR;
	}
	r->rounds = r->state ? rounds_count(r->opts.state) : 0;
	err = imans_evidence_read(cli->ctx, r->evidence, &evidence);
	if (err) {
		code = cli_failed(cli, err);
	} else {
		code = cli_ns_keys_apply(cli, &r->keys, evidence);
		err = code ? 0 : imans_verify(evidence, &r->opts, report);
		imans_evidence_free(evidence);
		if (err) {
			cli_failed(cli, err);
			code = CLI_ERROR;
		}
	}
	free(nonce);
	return code;
}

int cmd_verify(struct cli *cli, int argc, char **argv)
{
	struct imans_report *report;
	struct request r = { .nonce = NULL };
	int code = take_options(cli, &r, argc, argv);

	if (code < 0)
		code = verify(cli, &r, &report);
	else
		goto out;
	if (code)
		goto out;
	code = signing_issue(cli, &r.signing, report, &r.policies);
	if (!code && r.html)
		code = report_write_html(cli, report, r.evidence, r.html);
	if (!code && cli->json)
		code = report_print_json(cli, report, r.opts.explain ?
					 explain_json(&r.explain) : NULL);
	else if (!code)
		report_print_text(report);
	if (!cli->json)
		explain_print(&r.explain);
	if (!code && r.state)
		code = rounds_keep(cli, r.state, r.opts.state, r.rounds, report,
				   cli->json);
	if (!code && imans_report_verdict(report) < IMANS_CONSISTENT)
		code = CLI_AGAINST;
	imans_report_free(report);
out:
	explain_free(&r.explain);
	free_channels(&r);
	free_boot_refs(&r);
	signing_free(&r.signing);
	imans_signed_free(r.node_verdict);
	free(r.operator_key);
	cli_policies_free(&r.policies);
	cli_trust_free(&r.trust);
	cli_ns_keys_free(&r.keys);
	imans_state_free(r.opts.state);
	return code;
}
