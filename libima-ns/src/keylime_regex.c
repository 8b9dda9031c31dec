// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keylime's regular expressions and our patterns, as far as both say the same. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "keylime.h"

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* In a glob, what would mean something else is a set of itself. */
static char *put_literal(char *to, char c)
{
	if (!strchr("*?[", c)) {
		*to++ = c;
		return to;
	}
	*to++ = '[';
	*to++ = c;
	*to++ = ']';
	return to;
}

/* A star right after a star would be another one, and says nothing new. */
static char *put_star(char *to, const char *from)
{
	if (to == from || to[-1] != '*')
		*to++ = '*';
	return to;
}

char *keylime_glob(const char *regex, bool *known)
{
	char *glob = malloc(3 * strlen(regex) + 3), *to = glob;
	bool end = false;

	*known = true;
	if (!glob)
		return NULL;
	if (*regex == '^')
		regex++;
	while (*regex && !end) {
		if (starts(regex, ".*")) {
			*to++ = '*';
			*to++ = '*';
			regex += 2;
		} else if (starts(regex, "[^/]*")) {
			to = put_star(to, glob);
			regex += 5;
		} else if (starts(regex, "[^/]+")) {
			*to++ = '?';
			to = put_star(to, glob);
			regex += 5;
		} else if (starts(regex, "[^/]")) {
			*to++ = '?';
			regex += 4;
		} else if (*regex == '$' && !regex[1]) {
			end = true;
		} else if (*regex == '\\' && regex[1] &&
			   !isalnum((unsigned char)regex[1])) {
			to = put_literal(to, regex[1]);
			regex += 2;
		} else if (strchr(".^$*+?{}[]\\|()", *regex)) {
			*known = false;
			free(glob);
			return NULL;
		} else {
			*to++ = *regex++;
		}
		/* A quantifier is about one character, here about more. */
		if (*regex && strchr("*+?{", *regex)) {
			*known = false;
			free(glob);
			return NULL;
		}
	}
	/* re.match() does not ask for the end. */
	if (!end) {
		*to++ = '*';
		*to++ = '*';
	}
	*to = '\0';
	return glob;
}

char *keylime_regex(const char *glob, bool *known)
{
	char *regex = malloc(5 * strlen(glob) + 3), *to = regex;

	*known = !strchr(glob, '[');
	if (!regex || !*known) {
		free(regex);
		return NULL;
	}
	*to++ = '^';
	while (*glob) {
		if (*glob == '*') {
			strcpy(to, glob[1] == '*' ? ".*" : "[^/]*");
			to += strlen(to);
			glob += strspn(glob, "*");
		} else if (*glob == '?') {
			strcpy(to, "[^/]");
			to += strlen(to);
			glob++;
		} else {
			if (strchr(".^$+{}]\\|()", *glob))
				*to++ = '\\';
			*to++ = *glob++;
		}
	}
	*to++ = '$';
	*to = '\0';
	return regex;
}
