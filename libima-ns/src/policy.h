/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reference values in memory. */
#ifndef IMANS_POLICY_H
#define IMANS_POLICY_H

#include <imans.h>

#include "ctx.h"

/* Bound on the file: some million digests. */
#define IMANS_POLICY_FILE_MAX	((size_t)256 << 20)
/* As many globs are tried for each file that is not listed. */
#define IMANS_POLICY_GLOBS_MAX	1024
/* As many keys may be tried for each signature. */
#define IMANS_POLICY_KEYS_MAX	64
/* Files and images that one policy may come from. */
#define IMANS_POLICY_SOURCES_MAX 4096

struct imans_glob;
struct imans_sigkey;

/**
 * struct policy_ref - one digest that a path, or what a glob matches, may have
 * @path_len: without its NUL
 * @index: where it stands in its array of the file, or its line
 * @source: index of what it was read from
 * @bank: of the digest
 * @size: of the digest
 * @glob: the path is a glob
 * @bytes: the digest, then the path as raw bytes, then a NUL
 *
 * They stand in one block one after another, so that what a lookup compares is
 * in one place; they are named by their offset there, in units of 8 bytes.
 */
struct policy_ref {
	uint32_t path_len;
	uint32_t index;
	uint16_t source;
	uint8_t bank;
	uint8_t size;
	uint8_t glob;
	uint8_t bytes[];
};

/* A place of a hash table; @ref is an offset plus 1, 0: none. */
struct policy_slot {
	uint32_t ref;
	uint32_t tag;
};

/**
 * struct policy_refs - digests, and how they are found
 * @seed: of the hash, so that nobody can make images whose digests collide
 * @block: the refs
 * @used: bytes of it
 * @room: bytes allocated
 * @order: offsets of refs, by path once @sorted: files before globs
 * @count: their number
 * @order_room: allocated elements of @order
 * @exact: hash table of path and digest
 * @digest: hash table of digests: the first ref by path
 * @mask: their number of slots, less 1
 * @sorted: nothing was added since they were sorted
 */
struct policy_refs {
	uint64_t seed;
	uint8_t *block;
	size_t used;
	size_t room;
	uint32_t *order;
	size_t count;
	size_t order_room;
	struct policy_slot *exact;
	struct policy_slot *digest;
	size_t mask;
	bool sorted;
};

/* How a rule is named in its source. */
enum policy_format {
	POLICY_MEMORY,		/* made by calls */
	POLICY_IMAGE,		/* a root file system, an image, a list */
	POLICY_JSON,		/* our file: JSON pointers */
	POLICY_KEYLIME,		/* Keylime's: JSON pointers */
	POLICY_LINES,		/* an allowlist: lines */
};

struct policy_source {
	char *name;			/* as it may be printed */
	enum policy_format format;
};

/**
 * struct policy_glob - a pattern on paths
 * @glob: the compiled pattern
 * @text: the pattern
 * @any: what it matches is not compared
 * @source: index of what it was read from
 * @index: where it stands in the file's "excludes", if that is Keylime's
 */
struct policy_glob {
	struct imans_glob *glob;
	char *text;
	bool any;
	uint16_t source;
	uint32_t index;
};

/**
 * struct policy_key - a key whose signatures are accepted
 * @key: the public key
 * @name: what it is called
 * @pem: its text
 * @has_keyid: the source names an id
 * @keyid: that one
 * @paths: globs on the paths that it may sign; none: all
 * @path_texts: the patterns of these
 * @path_count: their number
 * @source: index of what it was read from
 * @index: where it stands in the file
 */
struct policy_key {
	struct imans_sigkey *key;
	char *name;
	char *pem;
	bool has_keyid;
	uint32_t keyid;
	struct imans_glob **paths;
	char **path_texts;
	size_t path_count;
	uint16_t source;
	uint32_t index;
};

/**
 * struct imans_policy - reference values
 * @ctx: where errors go
 * @host: the host's own entries are looked up here too
 * @opaque: descendants of matching namespaces need not be opened
 * @labels: globs on labels
 * @label_count: their number
 * @allowed: digests of namespace policies, besides the default one
 * @allowed_count: their number
 * @sources: what the rules were read from
 * @source_count: their number
 * @source: the one that is being read
 * @refs: digests
 * @globs: patterns on paths
 * @glob_count: their number
 * @keys: keys of signers
 * @key_count: their number
 */
struct imans_policy {
	struct imans_ctx *ctx;
	bool host;
	bool opaque;
	char **labels;
	size_t label_count;
	uint8_t (*allowed)[IMANS_HASH_SIZE];
	size_t allowed_count;
	struct policy_source *sources;
	size_t source_count;
	uint16_t source;
	struct policy_refs refs;
	struct policy_glob *globs;
	size_t glob_count;
	struct policy_key *keys;
	size_t key_count;
};

/* policy.c */

/* Rules that are added from now on come from there. -ENOMEM, -EMSGSIZE. */
int imans_policy_begin(struct imans_policy *policy, const char *name,
		       enum policy_format format);

/* What was there before something that must be added whole or not at all. */
struct policy_mark {
	size_t refs, used, sources;
	uint16_t source;
	bool sorted;
};

struct policy_mark imans_policy_mark(const struct imans_policy *policy);
/* Without the digests that were added since, and where they came from. */
void imans_policy_back_to(struct imans_policy *policy,
			  const struct policy_mark *mark);
/* A glob with its place; found again if it is there. */
int imans_policy_put_glob(struct imans_policy *policy, const char *pattern,
			  bool any, uint32_t index);
int imans_policy_put_key(struct imans_policy *policy, const char *name,
			 const char *pem, const uint32_t *keyid,
			 const char *const *paths, size_t path_count,
			 uint32_t index);

/* policy_write.c */

/* SHA-256 of what imans_policy_write() writes: of all that the policy says. */
int imans_policy_digest(struct imans_policy *policy,
			uint8_t digest[IMANS_HASH_SIZE]);

/* policy_refs.c */

void imans_policy_refs_free(struct policy_refs *refs);
/* -ENOMEM; -EMSGSIZE: there are too many. */
int imans_policy_refs_add(struct imans_policy *policy, const char *path,
			  size_t path_len, bool glob, enum imans_bank bank,
			  const uint8_t *digest, uint32_t index);
/* Sort, drop what stands twice, make the tables. -ENOMEM. */
int imans_policy_sort(struct imans_policy *policy);
/* The n-th by path. */
const struct policy_ref *imans_policy_ref(const struct policy_refs *refs,
					  size_t n);
/* These need sorted refs. NULL: there is none. */
const struct policy_ref *
imans_policy_find(const struct policy_refs *refs, const char *path,
		  size_t path_len, bool glob, enum imans_bank bank,
		  const uint8_t *digest);
const struct policy_ref *
imans_policy_find_digest(const struct policy_refs *refs, enum imans_bank bank,
			 const uint8_t *digest);
/* In two steps: what is looked up, and looking it up. */
uint64_t imans_policy_hash(const struct policy_refs *refs, const char *path,
			   size_t path_len, bool glob, enum imans_bank bank,
			   const uint8_t *digest);
const struct policy_ref *
imans_policy_find_hashed(const struct policy_refs *refs, uint64_t hash,
			 const char *path, size_t path_len, bool glob,
			 enum imans_bank bank, const uint8_t *digest);
/*
 * What that will look at is fetched meanwhile: its place in the table and, when
 * that is there, the ref. Both are anywhere in many megabytes, and waiting for
 * them takes longer than all the rest.
 */
void imans_policy_fetch_slot(const struct policy_refs *refs, uint64_t hash);
void imans_policy_fetch_ref(const struct policy_refs *refs, uint64_t hash);
/* How many digests of a bank a path has, and the first of them. */
size_t imans_policy_find_path(const struct policy_refs *refs, const char *path,
			      size_t path_len, bool glob, enum imans_bank bank,
			      const struct policy_ref **first);

/* policy_lookup.c */

/* A file's hash in the first policy that will be asked about it. */
struct policy_hint {
	bool set;
	uint64_t hash;
};

/* What imans_policies_decide() of the file will look at first is fetched. */
void imans_policies_expect(struct imans_policy *const *policies, size_t count,
			   const struct imans_file *file,
			   struct policy_hint *hint);
/* The same again, some time later. */
void imans_policies_expect_more(struct imans_policy *const *policies,
				const struct policy_hint *hint);
/*
 * imans_policies_decide(), of a file that was expected; in the context of who
 * asks, as policies may be asked by several threads, or in their own.
 */
int imans_policies_decide_expected(struct imans_ctx *ctx,
				   struct imans_policy *const *policies,
				   size_t count, const struct imans_file *file,
				   const struct policy_hint *hint,
				   struct imans_decision *decision);

static inline const char *policy_ref_path(const struct policy_ref *ref)
{
	return (const char *)ref->bytes + ref->size;
}

#endif /* IMANS_POLICY_H */
