// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Errors are part of the API: with every allocation of a call made to fail in
 * turn, alone and with all that follow, the library's and those of all libraries
 * that it calls, a call succeeds as ever or fails with an error that its man page
 * names, with a text, its results untouched and nothing leaked. The tables in
 * errors/ and the list below have every function of the library's map.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>

#include <sanitizer/lsan_interface.h>

#include "errors/errors.h"

#define MAN_DIR	IMANS_TESTS_DIR "/../man"
#define MAP	IMANS_TESTS_DIR "/../libima-ns.map"

/*
 * So many failures of each kind for a call: of its first allocations each, then
 * evenly over the rest, as allocations resemble each other.
 */
#define SAMPLES	40
/* Of those that ask a TPM. */
#define SAMPLES_TPM	16

static long samples = SAMPLES;

static const struct call *const tables[] = {
	calls_list, calls_evidence, calls_policy, calls_boot, calls_verdict,
	calls_trust, calls_node, calls_tpm,
};

/* Functions that allocate nothing, and data. */
static const char *const without[] = {
	"imans_ctx_free", "imans_ctx_set_log", "imans_ctx_error",
	"imans_bank_size", "imans_bank_name", "imans_bank_parse",
	"imans_list_close", "imans_list_header", "imans_list_byte_order",
	"imans_list_format", "imans_list_position",
	"imans_entry_index", "imans_entry_offset", "imans_entry_pcr",
	"imans_entry_template", "imans_entry_data",
	"imans_entry_header_digest", "imans_entry_violation",
	"imans_entry_opaque", "imans_entry_lines", "imans_entry_hidden",
	"imans_entry_field_count", "imans_entry_field",
	"imans_entry_field_by_id", "imans_entry_file_digest",
	"imans_entry_name", "imans_entry_nsid", "imans_entry_label",
	"imans_entry_sig", "imans_entry_buf", "imans_entry_modsig",
	"imans_entry_modsig_digest", "imans_entry_evmsig",
	"imans_entry_iuid", "imans_entry_igid", "imans_entry_imode",
	"imans_entry_each_xattr", "imans_entry_kind", "imans_kind_name",
	"imans_entry_event", "imans_entry_file",
	"imans_replay_free", "imans_replay_count", "imans_replay_values",
	"imans_prefix_free", "imans_prefix_found", "imans_prefix_bank",
	"imans_prefix_values",
	"imans_boot_decode", "imans_create_decode", "imans_enter_decode",
	"imans_destroy_decode", "imans_loss_decode", "imans_bind_decode",
	"imans_records_decode", "imans_heads_decode", "imans_record_decode",
	"imans_leaf_decode",
	"imans_findings_free", "imans_findings_count", "imans_findings_get",
	"imans_finding_name",
	"imans_host_free", "imans_host_proven", "imans_host_prefix",
	"imans_host_entries", "imans_host_boot", "imans_host_records",
	"imans_host_ns_count", "imans_host_ns", "imans_host_ns_by_id",
	"imans_proof_free", "imans_proof_info", "imans_proof_create",
	"imans_evidence_free", "imans_evidence_set_pcr",
	"imans_evidence_ns_count", "imans_evidence_ns",
	"imans_evidence_host", "imans_evidence_verifier",
	"imans_evidence_leaves", "imans_evidence_redacted",
	"imans_evidence_set_key", "imans_evidence_set_host_since",
	"imans_evidence_host_since", "imans_evidence_firmware_log",
	"imans_disclosure_free", "imans_disclosure_info",
	"imans_tpm_close", "imans_ak_free", "imans_ak_public",
	"imans_key_free", "imans_key_wipe",
	"imans_ca_free", "imans_enrol_free", "imans_enrol_info",
	"imans_tree_free", "imans_tree_count", "imans_tree_get",
	"imans_tree_by_id",
	"imans_policy_free", "imans_policy_set_host",
	"imans_policy_set_opaque", "imans_policy_paths",
	"imans_policy_digests", "imans_policy_is_host",
	"imans_policy_is_opaque", "imans_policy_allows",
	"imans_policy_match", "imans_policy_matches", "imans_policy_key",
	"imans_policy_key_path", "imans_policy_lookup",
	"imans_verdict_name",
	"imans_report_free", "imans_report_count", "imans_report_subject",
	"imans_report_finding", "imans_report_verdict",
	"imans_report_quote", "imans_report_life", "imans_report_examined",
	"imans_report_delegated",
	"imans_state_free", "imans_state_info", "imans_state_ns",
	"imans_state_verdict",
	"imans_default_policy_digest",
	"imans_fwlog_close", "imans_fwlog_banks", "imans_fwlog_next",
	"imans_fwlog_rewind", "imans_fw_type_name", "imans_fw_type_parse",
	"imans_fw_event_text",
	"imans_bootref_free", "imans_bootref_events",
	"imans_signed_free", "imans_signed_info", "imans_signed_ns",
	"imans_tenants_free", "imans_tenants_set_max_age",
	"imans_tenants_set_time",
};

/* --------------------------------------------------------- documentation */

static bool page_names(const char *text, const char *function)
{
	const char *end = strstr(text, "\n.SH SYNOPSIS");
	const char *at = strstr(text, function);
	size_t len = strlen(function);

	while (at && at < end && strchr(", \n", at[len]) == NULL)
		at = strstr(at + len, function);
	return at && at < end;
}

/* The text of the page that is about a function. */
static char *page_of(const char *function)
{
	struct dirent *d;
	DIR *dir = opendir(MAN_DIR);
	char *found = NULL;

	assert_non_null(dir);
	while (!found && (d = readdir(dir))) {
		struct bl_bytes b;
		char path[1024];

		snprintf(path, sizeof(path), "%s/%s", MAN_DIR, d->d_name);
		if (!strstr(d->d_name, ".3") || !util_read_file(path, &b))
			continue;
		bl_put(&b, "", 1);
		if (page_names((char *)b.data, function))
			found = (char *)b.data;
		else
			free(b.data);
	}
	closedir(dir);
	if (!found)
		fail_msg("no page is about %s", function);
	return found;
}

static bool documented(const char *page, int err)
{
	char word[32];
	const char *at;

	snprintf(word, sizeof(word), "\\-%s", strerrorname_np(-err));
	at = strstr(page, word);
	while (at && strchr(" \n\",.:;", at[strlen(word)]) == NULL)
		at = strstr(at + 1, word);
	return at;
}

/* --------------------------------------------------------------- one call */

/* Some other error's text, which the call's must take the place of. */
static const char *other_error(struct things *t)
{
	imans_evidence_set_pcr(t->b.n.evidence, IMANS_BANKS, 0, NULL, 0);
	return imans_ctx_error(t->ctx);
}

static bool try(const struct call *call, struct things *t, const char *page,
		long n, bool lasting)
{
	char other[256];
	int err;

	snprintf(other, sizeof(other), "%s", other_error(t));
	inject_plan(n, lasting);
	err = call->run(t);
	if (!inject_failed() && err != call->otherwise)
		fail_msg("%s: %d without any failure: %s", call->function, err,
			 imans_ctx_error(t->ctx));
	if (!err || err == call->otherwise)
		return inject_failed();
	if (!documented(page, err))
		fail_msg("%s: allocation %ld: %s is not in its man page",
			 call->function, n, strerrorname_np(-err));
	if (!call->silent && !strcmp(other, imans_ctx_error(t->ctx)))
		fail_msg("%s: allocation %ld: no text", call->function, n);
	return inject_failed();
}

/* The n-th of them; -1: there are no more. */
static long sample(long n, long total)
{
	const long half = samples / 2;

	if (total > samples && n >= half)
		n = half + (n - half) * (total - half) / half;
	return n < total ? n : -1;
}

static void run_call(const struct call *call, struct things *t)
{
	char *page = page_of(call->function);
	long total, n, tried = 0;

	/* First, for what OpenSSL keeps; then to count. */
	for (int i = 0; i < 2; i++)
		assert_false(try(call, t, page, -1, false));
	total = inject_count();
	for (; (n = sample(tried, total)) >= 0; tried++) {
		try(call, t, page, n, false);
		try(call, t, page, n, true);
	}
	print_message("%s: %ld of %ld allocations\n", call->function, tried,
		      total);
	free(t->first.data);
	t->first = (struct bl_bytes) { NULL, 0 };
	free(page);
}

/* After one that failed half-way leaks tell nothing. */
static bool whole = true;

static void run_table(struct things *t, const struct call *calls)
{
	bool look = whole;

	whole = false;
	for (; calls->function; calls++) {
		run_call(calls, t);
		if (look && __lsan_do_recoverable_leak_check())
			fail_msg("%s: leaks", calls->function);
	}
	whole = look;
}

/* ------------------------------------------------------------------ tests */

static struct things things;

#define TABLE(name)							\
static void name(void **state)						\
{									\
	(void)state;							\
	run_table(&things, calls_##name);				\
}

TABLE(list)
TABLE(evidence)
TABLE(policy)
TABLE(boot)
TABLE(verdict)
TABLE(trust)
TABLE(node)

static void tpm(void **state)
{
	(void)state;
	things_begin_tpm(&things);
	samples = SAMPLES_TPM;
	/*
	 * tpm2-tss makes a libcrypto context of its own for each use, and that
	 * leaks names for want of memory.
	 */
	__lsan_disable();
	run_table(&things, calls_tpm);
	__lsan_enable();
	things_end_tpm(&things);
}

static size_t times(const char *function)
{
	size_t count = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		const struct call *call = tables[i];

		while (call->function && strcmp(call->function, function))
			call++;
		count += call->function != NULL;
	}
	for (size_t i = 0; i < sizeof(without) / sizeof(*without); i++)
		count += !strcmp(without[i], function);
	return count;
}

/* Whoever adds a function says here what becomes of it without memory. */
static void all_functions(void **state)
{
	FILE *map = fopen(MAP, "r");
	char line[256], function[128];
	size_t count = 0;

	(void)state;
	assert_non_null(map);
	while (fgets(line, sizeof(line), map)) {
		if (sscanf(line, " %127[a-z0-9_];", function) != 1 ||
		    strncmp(function, "imans_", 6))
			continue;
		count++;
		if (times(function) != 1)
			fail_msg("%s is in %zu tables", function,
				 times(function));
	}
	fclose(map);
	assert_true(count > sizeof(without) / sizeof(*without));
}

/* So many that what holds them has to grow, in memory and when encoded. */
static void add_keys(struct imans_evidence *evidence, const uint8_t *key)
{
	struct imans_evidence_ns ns;
	char path[24];

	assert_int_equal(imans_evidence_ns(evidence, 0, &ns), 0);
	ns.key = key;
	ns.parent = 0;
	ns.path = path;
	for (ns.id = 1000; ns.id < 1100; ns.id++) {
		snprintf(path, sizeof(path), "%" PRIu64, ns.id);
		assert_int_equal(imans_evidence_add_ns(evidence, &ns), 0);
	}
}

static void keys_wiped(void **state)
{
	const uint8_t *key = things.b.n.w.ns[WEB - 1]->key;
	struct imans_disclosure *disclosure;
	struct imans_evidence *evidence;
	uint8_t *data;
	size_t len;

	(void)state;
	inject_plan(-1, false);
	inject_watch(key, IMANS_KEY_SIZE);
	inject_on();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(imans_evidence_read(things.ctx, things.path,
						     &evidence), 0);
		add_keys(evidence, key);
		assert_int_equal(imans_evidence_encode(evidence, &data, &len),
				 0);
		imans_key_free(data, len);
		assert_int_equal(imans_evidence_write(evidence, things.made),
				 0);
		imans_evidence_free(evidence);
		unlink(things.made);
	}
	inject_off(0);
	assert_int_equal(inject_seen(), 0);
	/* What opens an entry, likewise. */
	inject_watch(things.disclosed_key, IMANS_KEY_SIZE);
	inject_on();
	assert_int_equal(imans_disclosure_read(things.ctx, things.disclosed,
					       &disclosure), 0);
	assert_int_equal(imans_disclosure_write(disclosure, things.made), 0);
	imans_disclosure_free(disclosure);
	inject_off(0);
	unlink(things.made);
	assert_int_equal(inject_seen(), 0);
	inject_watch(NULL, 0);
}

static int begin(void **state)
{
	static struct imans_ctx *ctx;

	(void)state;
	if (imans_ctx_new(&ctx))
		return -1;
	things_begin(&things, ctx);
	return 0;
}

static int end(void **state)
{
	(void)state;
	things_end(&things);
	imans_ctx_free(things.ctx);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_functions),
		cmocka_unit_test(keys_wiped),
		cmocka_unit_test(list),
		cmocka_unit_test(evidence),
		cmocka_unit_test(policy),
		cmocka_unit_test(boot),
		cmocka_unit_test(verdict),
		cmocka_unit_test(trust),
		cmocka_unit_test(node),
		cmocka_unit_test(tpm),
	};

	/* They would tell each failure on stderr. */
	setenv("TSS2_LOG", "all+none", 1);
	/* One test alone, if it is named. */
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("errors", tests, begin, end);
}
