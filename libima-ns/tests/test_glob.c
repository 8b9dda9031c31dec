// SPDX-License-Identifier: LGPL-2.1-or-later
/* Patterns on paths, against examples and a matcher that is another one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../src/glob.h"
#include "util.h"

static bool match(const char *pattern, const char *path)
{
	struct imans_glob *glob;
	bool yes;

	assert_int_equal(imans_glob_new(pattern, &glob), 0);
	yes = imans_glob_match(glob, path, strlen(path));
	imans_glob_free(glob);
	return yes;
}

static const struct {
	const char *pattern;
	const char *path;
	bool yes;
} examples[] = {
	{ "/a", "/a", true },
	{ "/a", "/ab", false },
	{ "/a/*", "/a/b", true },
	{ "/a/*", "/a/", true },
	{ "/a/*", "/a", false },
	{ "/a/*", "/a/b/c", false },
	{ "/a/**", "/a/b/c", true },
	{ "/a/**/c", "/a/b/d/c", true },
	{ "/a/**/c", "/a/c", false },
	{ "**", "", true },
	{ "**", "memfd:x", true },
	{ "*", "a/b", false },
	{ "/a?c", "/abc", true },
	{ "/a?c", "/a/c", false },
	{ "/[a-c]x", "/bx", true },
	{ "/[a-c]x", "/dx", false },
	{ "/[!a-c]x", "/dx", true },
	{ "/a[!b]c", "/a/c", false },
	{ "/a[/]c", "/a/c", false },
	{ "/[]]", "/]", true },
	{ "/[a-]", "/-", true },
	{ "/[*]", "/*", true },
	{ "/[*]", "/x", false },
	{ "/a\\b", "/a\\b", true },
	{ "/\xff*", "/\xff\xfe", true },
	{ "/*.so*/x", "/libx.so.1/x", true },
	{ "/**/*.so", "/a/b/c.so", true },
	{ "/**/*.so", "/a.so", false },
	{ "/**a*b", "/xa/ab", true },
};

static void by_example(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
		if (match(examples[i].pattern, examples[i].path) !=
		    examples[i].yes)
			fail_msg("%s on %s", examples[i].pattern,
				 examples[i].path);
}

static void refused(void **state)
{
	char longer[IMANS_GLOB_MAX + 2];
	struct imans_glob *glob;
	char *path = malloc(IMANS_GLOB_PATH_MAX + 1);

	(void)state;
	assert_non_null(path);
	assert_int_equal(imans_glob_new("", &glob), -EINVAL);
	assert_int_equal(imans_glob_new("/[a", &glob), -EINVAL);
	assert_int_equal(imans_glob_new("/[", &glob), -EINVAL);
	assert_int_equal(imans_glob_new("/[!]", &glob), -EINVAL);
	memset(longer, 'a', sizeof(longer));
	longer[IMANS_GLOB_MAX + 1] = '\0';
	assert_int_equal(imans_glob_new(longer, &glob), -EMSGSIZE);
	memset(path, 'a', IMANS_GLOB_PATH_MAX + 1);
	assert_int_equal(imans_glob_new("**", &glob), 0);
	assert_true(imans_glob_match(glob, path, IMANS_GLOB_PATH_MAX));
	assert_false(imans_glob_match(glob, path, IMANS_GLOB_PATH_MAX + 1));
	imans_glob_free(glob);
	free(path);
}

/* All that could be, one after the other. No sets: "?" is one. */
static bool slow(const char *p, const char *s)
{
	if (!*p)
		return !*s;
	if (*p == '*') {
		bool any = p[1] == '*';
		const char *rest = p;

		while (*rest == '*')
			rest++;
		for (;; s++) {
			if (slow(rest, s))
				return true;
			if (!*s || (!any && *s == '/'))
				return false;
		}
	}
	if (!*s || (*p == '?' ? *s == '/' : *p != *s))
		return false;
	return slow(p + 1, s + 1);
}

static void at_random(void **state)
{
	static const char in_pattern[] = "ab/**??", in_path[] = "ab/";
	size_t matched = 0;

	(void)state;
	srand(1);
	for (int i = 0; i < 200000; i++) {
		char pattern[9], path[11];
		size_t len = 1 + (size_t)rand() % 8, n = (size_t)rand() % 10;

		for (size_t j = 0; j < len; j++)
			pattern[j] = in_pattern[rand() % 7];
		for (size_t j = 0; j < n; j++)
			path[j] = in_path[rand() % 3];
		pattern[len] = path[n] = '\0';
		matched += slow(pattern, path);
		if (match(pattern, path) != slow(pattern, path))
			fail_msg("%s on %s", pattern, path);
	}
	assert_true(matched > 1000);
}

/* What makes other matchers go on for years. */
static void bounded(void **state)
{
	char pattern[IMANS_GLOB_MAX + 1], path[IMANS_GLOB_PATH_MAX + 1];
	clock_t start = clock();

	(void)state;
	for (size_t i = 0; i + 3 < sizeof(pattern); i += 3)
		memcpy(pattern + i, "**a", 4);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_true(match(pattern, path));
	path[sizeof(path) - 2] = 'b';
	assert_false(match(pattern, path));
	assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(by_example),
		TEST(refused),
		TEST(at_random),
		TEST(bounded),
	};

	return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
