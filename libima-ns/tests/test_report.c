// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reports written out. What a node's owner can name is hostile, and must be
 * neither markup nor anything but one line of ASCII. With IMANS_PAGES=DIR the
 * pages are left there for check_html, which shows them to a browser.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node.h"

/* A label has no spaces, a path any byte but NUL. */
#define BAD_LABEL "pod=<script>hit=1</script>,name=\"><svg/onload=hit=1>'&lt;`,x"
#define BAD_PATH "/bin/<script>hit=1</script>\n\r\"'><img src=x onerror=hit=1>" \
		 "\xe2\x80\xae\xe2\x81\xa6\xff\x1b[2J&lt;"
#define BAD_TITLE "</title><script>hit=1</script>\n\xe2\x80\xae\xff"

/* A chain that evidence alone tells of: no kernel makes one so deep. */
#define CHAIN	2000

static size_t count_of(const char *text, const char *what)
{
	size_t count = 0;

	while ((text = strstr(text, what))) {
		count++;
		text += strlen(what);
	}
	return count;
}

static char *html_of(const struct node *n, const char *title)
{
	const struct imans_report_opts opts = {
		.sz = sizeof(opts),
		.title = title,
	};
	char *text = NULL;

	assert_int_equal(imans_report_html(n->ctx, n->report, &opts, &text),
			 0);
	return text;
}

static char *json_of(const struct node *n)
{
	char *text = NULL;

	assert_int_equal(imans_report_json(n->ctx, n->report, &text), 0);
	return text;
}

static void keep_page(const char *name, const char *html)
{
	const char *dir = getenv("IMANS_PAGES");
	char path[4096];
	FILE *f;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/%s.html", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(html, f);
	assert_int_equal(fclose(f), 0);
}

static void page(void **state)
{
	struct imans_life life;
	struct node n;
	char *html;

	node_begin(&n, *state);
	bl_destroy(&n.w, n.w.ns[CTR - 1]);
	bl_flush(&n.w);
	node_quote(&n);
	node_verify(&n);
	html = html_of(&n, NULL);
	assert_int_equal(strncmp(html, "<!DOCTYPE html>\n", 16), 0);
	assert_non_null(strstr(html, "<title>IMA namespaces: consistent<"));
	assert_int_equal(count_of(html, "<li id=\"ns-"), 3);
	assert_int_equal(count_of(html, "created 2023-11-14 22:13:20 UTC"), 3);
	assert_int_equal(count_of(html, "\302\267 ended"), 2);
	assert_non_null(strstr(html, "<h3>pod=1,ctr=web</h3>"));
	assert_null(strstr(html, "Unaccounted"));
	/* A child stands behind its parent, further in. */
	assert_non_null(strstr(strstr(html, "id=\"ns-2\""),
			       "id=\"ns-3\" class=\"ns card consistent d1\""));
	assert_int_equal(imans_report_life(n.report, CTR, &life), 0);
	assert_true(life.created && life.ended && !life.unaccounted);
	assert_int_equal(life.boottime_ns, 3000);
	assert_int_equal(imans_report_life(n.report, WEB, &life), 0);
	assert_false(life.ended);
	assert_int_equal(imans_report_life(n.report, 4, &life), -ENOENT);
	keep_page("page", html);
	free(html);
	node_end(&n);
}

static void options(void **state)
{
	struct {
		struct imans_report_opts known;
		size_t more;
	} opts = { { .sz = sizeof(opts) }, 1 };
	struct imans_report_opts none = { 0 };
	char *text = NULL;
	struct node n;

	node_begin(&n, *state);
	node_quote(&n);
	node_verify(&n);
	assert_int_equal(imans_report_html(n.ctx, n.report, &opts.known, &text),
			 -E2BIG);
	assert_int_equal(imans_report_html(n.ctx, n.report, &none, &text),
			 -EINVAL);
	assert_null(text);
	node_end(&n);
}

/* Nothing but one line of printable ASCII, and a middle dot of our own. */
static void check_bytes(const char *text)
{
	for (; *text; text++) {
		if (!strncmp(text, "\302\267", 2))
			text++;
		else
			assert_true(*text == '\n' ||
				    (*text >= 0x20 && *text < 0x7f));
	}
}

static void hostile(void **state)
{
	struct bl_ns *up = NULL;
	struct node n;
	char *html, *json;

	node_begin(&n, *state);
	for (int i = 0; i < 10; i++)
		up = bl_create(&n.w, up, BAD_LABEL);
	bl_entry(&n.w, up, BAD_PATH);
	bl_violation(&n.w, up, BAD_PATH);
	bl_host_entry(&n.w, BAD_PATH);
	bl_flush(&n.w);
	node_quote(&n);
	node_verify(&n);
	html = html_of(&n, BAD_TITLE);
	check_bytes(html);
	assert_null(strstr(html, "<script"));
	assert_null(strstr(html, "<img"));
	assert_null(strstr(html, "onload=hit=1>"));
	assert_int_equal(count_of(html, "<svg"), 1 + imans_report_count(n.report) - 1);
	assert_non_null(strstr(html, "&#60;script&#62;hit=1&#60;/script&#62;"));
	assert_non_null(strstr(html, "\\xe2\\x80\\xae"));
	keep_page("hostile", html);
	free(html);
	json = json_of(&n);
	check_bytes(json);
	assert_non_null(strstr(json, "\\\\xe2\\\\x80\\\\xae"));
	free(json);
	node_end(&n);
}

static void unaccounted(void **state)
{
	struct imans_life life;
	struct node n;
	char *html, *json;

	node_begin(&n, *state);
	bl_create(&n.w, NULL, "pod=3");
	bl_flush(&n.w);
	n.w.ns_count--;			/* its list is not carried */
	node_quote(&n);
	n.w.ns_count++;
	node_verify(&n);
	expect_verdicts(&n, "iccci");
	assert_int_equal(imans_report_life(n.report, 4, &life), 0);
	assert_true(life.unaccounted && !life.created);
	html = html_of(&n, NULL);
	assert_non_null(strstr(html, "<h2>Unaccounted for</h2>\n"
			       "<p class=\"card incomplete\"><a href=\"#ns-4\">"
			       "namespace 4</a></p>"));
	keep_page("unaccounted", html);
	free(html);
	json = json_of(&n);
	assert_non_null(strstr(json, "\"unaccounted\":[\n    4\n  ]"));
	free(json);
	node_end(&n);
}

/* Neither paths nor findings grow with the square of what evidence claims. */
static void chain(void **state)
{
	struct imans_subject s;
	struct node n;
	char *html, path[64];

	node_begin(&n, *state);
	node_quote(&n);
	for (uint64_t id = 10; id < 10 + CHAIN; id++) {
		const struct imans_evidence_ns ns = {
			.id = id, .parent = id - 1, .path = path,
			.header = IMANS_HEADER_SHA256,
			.list = (const uint8_t *)"", .list_len = 0,
		};

		snprintf(path, sizeof(path), "%llu/%llu",
			 (unsigned long long)id - 1, (unsigned long long)id);
		assert_int_equal(imans_evidence_add_ns(n.evidence, &ns), 0);
	}
	node_verify(&n);
	assert_int_equal(imans_report_count(n.report), 4 + CHAIN);
	for (size_t i = 0; !imans_report_subject(n.report, i, &s); i++) {
		assert_true(strlen(s.path) <= 21 * (IMANS_DEPTH_MAX + 1));
		assert_true(s.findings <= IMANS_DEPTH_MAX + 2);
	}
	html = html_of(&n, NULL);
	assert_int_equal(count_of(html, "<li id=\"ns-"), 3 + CHAIN);
	free(html);
	node_end(&n);
}

static void file(void **state)
{
	char dir[] = "/tmp/imans-report-XXXXXX", path[64];
	struct stat st;
	struct node n;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/page.html", dir);
	node_begin(&n, *state);
	node_quote(&n);
	node_verify(&n);
	assert_int_equal(imans_report_write_html(n.ctx, n.report, NULL,
						 "/nonexistent/page"),
			 -ENOENT);
	assert_non_null(strstr(imans_ctx_error(n.ctx), "/nonexistent/page: "));
	assert_int_equal(imans_report_write_html(n.ctx, n.report, NULL, path),
			 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 4096);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
	node_end(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(page),
		TEST(options),
		TEST(hostile),
		TEST(unaccounted),
		TEST(chain),
		TEST(file),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
