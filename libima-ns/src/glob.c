// SPDX-License-Identifier: LGPL-2.1-or-later
/* Patterns on paths. */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "glob.h"

enum token_kind {
	TOKEN_BYTE,
	TOKEN_SET,		/* also "?" */
	TOKEN_STAR,
	TOKEN_ANY,		/* ** */
};

struct token {
	uint8_t kind;
	uint8_t byte;
	uint16_t set;		/* index, of TOKEN_SET */
};

struct set {
	uint8_t bits[32];
};

/**
 * struct imans_glob - a compiled pattern
 * @literal: bytes that every match begins with
 * @literal_len: their number
 * @tokens: what comes after them
 * @count: their number
 * @sets: what the tokens name by index
 * @set_count: their number
 */
struct imans_glob {
	char *literal;
	size_t literal_len;
	struct token *tokens;
	size_t count;
	struct set *sets;
	size_t set_count;
};

void imans_glob_free(struct imans_glob *glob)
{
	if (!glob)
		return;
	free(glob->literal);
	free(glob->tokens);
	free(glob->sets);
	free(glob);
}

static void set_put(struct set *set, unsigned int byte)
{
	set->bits[byte / 8] |= (uint8_t)(1U << (byte % 8));
}

static bool set_has(const struct set *set, uint8_t byte)
{
	return set->bits[byte / 8] & 1U << (byte % 8);
}

/* From behind the bracket; NULL: it has no end. */
static const uint8_t *compile_set(const uint8_t *p, struct set *set)
{
	bool not = *p == '!' || *p == '^';
	const uint8_t *first;

	if (not)
		p++;
	/* A bracket that closes nothing is a member. */
	for (first = p; *p && (*p != ']' || p == first); p++) {
		unsigned int low = *p, high = low;

		if (p[1] == '-' && p[2] && p[2] != ']') {
			high = p[2];
			p += 2;
		}
		for (; low <= high; low++)
			set_put(set, low);
	}
	if (!*p)
		return NULL;
	for (size_t i = 0; not && i < sizeof(set->bits); i++)
		set->bits[i] = (uint8_t)~set->bits[i];
	set->bits['/' / 8] &= (uint8_t)~(1U << ('/' % 8));
	return p + 1;
}

/* Tokens of a pattern that begins with the first wildcard. */
static int compile(struct imans_glob *glob, const uint8_t *p)
{
	while (*p) {
		struct token *t = &glob->tokens[glob->count++];
		struct set *set = &glob->sets[glob->set_count];

		if (*p == '*') {
			t->kind = p[1] == '*' ? TOKEN_ANY : TOKEN_STAR;
			for (; *p == '*'; p++)
				;
		} else if (*p == '[') {
			p = compile_set(p + 1, set);
			if (!p)
				return -EINVAL;
			t->kind = TOKEN_SET;
			t->set = (uint16_t)glob->set_count++;
		} else if (*p == '?') {
			compile_set((const uint8_t *)"!/]", set);
			t->kind = TOKEN_SET;
			t->set = (uint16_t)glob->set_count++;
			p++;
		} else {
			t->kind = TOKEN_BYTE;
			t->byte = *p++;
		}
	}
	return 0;
}

int imans_glob_new(const char *pattern, struct imans_glob **glob)
{
	size_t len = strlen(pattern);
	struct imans_glob *new;
	int err = -ENOMEM;

	if (!len)
		return -EINVAL;
	if (len > IMANS_GLOB_MAX)
		return -EMSGSIZE;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->literal_len = strcspn(pattern, "*?[");
	new->literal = strndup(pattern, new->literal_len);
	new->tokens = calloc(len - new->literal_len + 1, sizeof(*new->tokens));
	/* No more sets than bytes of which one can begin. */
	new->sets = calloc(len - new->literal_len + 1, sizeof(*new->sets));
	if (new->literal && new->tokens && new->sets)
		err = compile(new, (const uint8_t *)pattern + new->literal_len);
	if (err)
		imans_glob_free(new);
	else
		*glob = new;
	return err;
}

static bool takes(const struct imans_glob *glob, const struct token *t,
		  uint8_t byte)
{
	switch (t->kind) {
	case TOKEN_BYTE:
		return byte == t->byte;
	case TOKEN_SET:
		return set_has(&glob->sets[t->set], byte);
	case TOKEN_STAR:
		return byte != '/';
	default:
		return true;
	}
}

static bool is_star(const struct token *t)
{
	return t->kind == TOKEN_STAR || t->kind == TOKEN_ANY;
}

/*
 * State n: the tokens before n have matched. All that are possible are followed
 * at once, so that no pattern makes a path cost more than its length times the
 * tokens. Stars may match nothing, hence the inner loop's second step.
 */
static bool follow(const struct imans_glob *glob, const uint8_t *path,
		   size_t len)
{
	uint8_t state[2][IMANS_GLOB_MAX + 1] = { { 1 } };
	uint8_t *now = state[0], *next = state[1], *swap;
	size_t low = 0, high = 0;

	for (; high < glob->count && is_star(&glob->tokens[high]); high++)
		now[high + 1] = 1;
	for (size_t i = 0; i < len; i++) {
		size_t new_low = SIZE_MAX, new_high = 0;

		memset(next, 0, glob->count + 1);
		for (size_t n = low; n <= high && n < glob->count; n++) {
			size_t to = is_star(&glob->tokens[n]) ? n : n + 1;

			if (!now[n] || !takes(glob, &glob->tokens[n], path[i]))
				continue;
			if (new_low == SIZE_MAX)
				new_low = to;
			for (next[to] = 1; to < glob->count &&
			     is_star(&glob->tokens[to]); to++)
				next[to + 1] = 1;
			if (to > new_high)
				new_high = to;
		}
		if (new_low == SIZE_MAX)
			return false;
		low = new_low;
		high = new_high;
		swap = now;
		now = next;
		next = swap;
	}
	return high == glob->count && now[high];
}

bool imans_glob_match(const struct imans_glob *glob, const char *path,
		      size_t len)
{
	if (len > IMANS_GLOB_PATH_MAX || len < glob->literal_len ||
	    memcmp(path, glob->literal, glob->literal_len))
		return false;
	return follow(glob, (const uint8_t *)path + glob->literal_len,
		      len - glob->literal_len);
}
