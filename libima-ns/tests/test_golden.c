// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lists that a kernel wrote: see golden/README.md. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util.h"

#define PATH_SIZE	1024

/* The bytes of a file, or of its hex in FILE.hex. */
static bool read_either(const char *path, struct bl_bytes *bytes)
{
	char hex[PATH_SIZE + 80];
	struct bl_bytes text;
	bool good;

	if (util_read_file(path, bytes))
		return true;
	snprintf(hex, sizeof(hex), "%s.hex", path);
	if (!util_read_file(hex, &text))
		return false;
	bl_put(&text, "", 1);
	good = util_unhex((const char *)text.data, bytes);
	free(text.data);
	return good;
}

static struct bl_bytes must_read(const char *dir, const char *name)
{
	struct bl_bytes bytes = { NULL, 0 };
	char path[PATH_SIZE + 64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (!read_either(path, &bytes))
		fail_msg("%s can't be read, nor its .hex", path);
	return bytes;
}

/* "sha256 10 <hex>" */
static void read_pcr_line(const char *dir, const char *line,
			  struct imans_pcrs *pcrs)
{
	struct bl_bytes value;
	char name[16], hex[2 * IMANS_DIGEST_MAX + 1];
	enum imans_bank bank;
	int pcr;

	if (sscanf(line, "%15s %d %128s", name, &pcr, hex) != 3 || pcr != 10 ||
	    imans_bank_parse(name, &bank) || !util_unhex(hex, &value) ||
	    value.len != imans_bank_size(bank))
		fail_msg("%s/pcrs: \"%s\"", dir, line);
	memcpy(pcrs->value[bank], value.data, value.len);
	pcrs->banks |= IMANS_BANK(bank);
	free(value.data);
}

static void read_pcrs(const char *dir, struct imans_pcrs *pcrs)
{
	struct bl_bytes text = must_read(dir, "pcrs");
	char *line, *save = NULL;

	memset(pcrs, 0, sizeof(*pcrs));
	bl_put(&text, "", 1);
	for (line = strtok_r((char *)text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		read_pcr_line(dir, line, pcrs);
	free(text.data);
	assert_true(pcrs->banks != 0);
}

static void check_ns(struct imans_host *host, const char *dir, uint64_t id,
		     struct imans_findings *findings)
{
	struct imans_proof_info info;
	struct imans_host_ns ns;
	struct imans_proof *proof;
	struct bl_bytes list, key;
	char name[64];

	snprintf(name, sizeof(name), "ns/%llu.bin", (unsigned long long)id);
	list = must_read(dir, name);
	snprintf(name, sizeof(name), "ns/%llu.key", (unsigned long long)id);
	key = must_read(dir, name);
	assert_int_equal(key.len, IMANS_KEY_SIZE);
	assert_int_equal(imans_host_prove_ns(host, id, list.data, list.len,
					     key.data, NULL, findings, &proof),
			 0);
	imans_proof_info(proof, &info);
	imans_proof_free(proof);
	assert_int_equal(imans_host_ns_by_id(host, id, &ns), 0);
	assert_true(info.own == ns.records);
	free(list.data);
	free(key.data);
}

/* The id of "<id>.key" or "<id>.key.hex"; 0 if it is another file. */
static uint64_t key_id(const char *name)
{
	char *end;
	uint64_t id = strtoull(name, &end, 10);

	return strcmp(end, ".key") && strcmp(end, ".key.hex") ? 0 : id;
}

static size_t check_namespaces(struct imans_host *host, const char *dir,
			       struct imans_findings *findings)
{
	char path[PATH_SIZE + 4];
	struct dirent *entry;
	size_t count = 0;
	DIR *ns;

	snprintf(path, sizeof(path), "%s/ns", dir);
	ns = opendir(path);
	if (!ns)
		return 0;
	while ((entry = readdir(ns))) {
		uint64_t id = key_id(entry->d_name);

		if (!id)
			continue;
		check_ns(host, dir, id, findings);
		count++;
	}
	closedir(ns);
	return count;
}

static void check_set(struct imans_ctx *ctx, const char *dir)
{
	struct bl_bytes list = must_read(dir, "host.bin");
	struct imans_findings *findings;
	struct imans_host *host;
	struct imans_pcrs pcrs;
	size_t count;

	read_pcrs(dir, &pcrs);
	assert_int_equal(imans_findings_new(&findings), 0);
	assert_int_equal(imans_host_prove(ctx, list.data, list.len, &pcrs, NULL,
					  findings, &host), 0);
	count = check_namespaces(host, dir, findings);
	print_message("%s: %llu of %llu entries, %zu of %zu namespaces\n", dir,
		      (unsigned long long)imans_host_prefix(host),
		      (unsigned long long)imans_host_entries(host), count,
		      imans_host_ns_count(host));
	util_print(findings);
	assert_true(imans_host_proven(host));
	assert_int_equal(util_count(findings, IMANS_FAIL), 0);
	imans_host_free(host);
	imans_findings_free(findings);
	free(list.data);
}

static void test_golden(void **state)
{
	const char *golden = getenv("IMANS_GOLDEN");
	struct dirent *entry;
	size_t sets = 0;
	DIR *dir;

	if (!golden)
		golden = IMANS_TESTS_DIR "/golden";
	dir = opendir(golden);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char path[PATH_SIZE];
		struct stat st;
		int len = snprintf(path, sizeof(path), "%s/%s", golden,
				   entry->d_name);

		assert_in_range(len, 1, (int)sizeof(path) - 1);
		if (entry->d_name[0] == '.' || stat(path, &st) ||
		    !S_ISDIR(st.st_mode))
			continue;
		check_set(*state, path);
		sets++;
	}
	closedir(dir);
	if (!sets)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_golden),
	};

	return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
