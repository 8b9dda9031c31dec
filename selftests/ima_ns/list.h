/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading binary measurement lists, as far as the tests look into them. The
 * oracle on the host checks them in full.
 */
#ifndef _SELFTESTS_IMA_NS_LIST_H
#define _SELFTESTS_IMA_NS_LIST_H

#include "common.h"

#define SHA1_SIZE 20

struct list {
	uint8_t *data;
	size_t len;
	size_t pos;
};

struct entry {
	const uint8_t *template_digest;
	/* Neither ends in a NUL. */
	const char *template;
	uint32_t template_len;
	const uint8_t *data;
	uint32_t data_len;
	/* The first three fields, the second with its NUL. */
	const uint8_t *digest;
	uint32_t digest_len;
	const char *name;
	uint32_t name_len;
	const uint8_t *third;
	uint32_t third_len;
};

/* All of a list. It may grow meanwhile; the result ends at an entry. */
static inline int list_load(struct list *list, const char *path)
{
	size_t size = 1 << 16;
	ssize_t len;

	memset(list, 0, sizeof(*list));
	for (;;) {
		list->data = realloc(list->data, size);
		if (!list->data)
			return -ENOMEM;
		len = read_file(path, list->data, size);
		if (len < 0) {
			free(list->data);
			return len;
		}
		if ((size_t)len < size)
			break;
		size *= 4;
	}
	list->len = len;
	return 0;
}

static inline void list_free(struct list *list)
{
	free(list->data);
	memset(list, 0, sizeof(*list));
}

/* A length and as many bytes, or NULL. */
static inline const void *take_sized(const uint8_t **at, const uint8_t *end,
				     uint32_t *len)
{
	const uint8_t *const start = *at + sizeof(*len);

	if (end - *at < (ssize_t)sizeof(*len))
		return NULL;
	memcpy(len, *at, sizeof(*len));
	if (*len > end - start)
		return NULL;
	*at = start + *len;
	return start;
}

static inline int entry_fields(struct entry *entry)
{
	const uint8_t *at = entry->data, *const end = at + entry->data_len;

	entry->digest = take_sized(&at, end, &entry->digest_len);
	if (!entry->digest)
		return -EBADMSG;
	entry->name = take_sized(&at, end, &entry->name_len);
	if (!entry->name || !entry->name_len ||
	    entry->name[entry->name_len - 1])
		return -EBADMSG;
	/* There is none in template ima-ng. */
	entry->third = take_sized(&at, end, &entry->third_len);
	return 0;
}

/* 1 and an entry, 0 at the end, or a negative errno. */
static inline int list_next(struct list *list, struct entry *entry)
{
	const uint8_t *at = list->data + list->pos;
	const uint8_t *const end = list->data + list->len;
	int ret;

	memset(entry, 0, sizeof(*entry));
	if (at == end)
		return 0;
	if (end - at < 4 + SHA1_SIZE)
		return -EBADMSG;
	entry->template_digest = at + 4;
	at += 4 + SHA1_SIZE;
	entry->template = take_sized(&at, end, &entry->template_len);
	if (!entry->template)
		return -EBADMSG;
	entry->data = take_sized(&at, end, &entry->data_len);
	if (!entry->data)
		return -EBADMSG;
	ret = entry_fields(entry);
	if (ret)
		return ret;
	list->pos = at - list->data;
	return 1;
}

/* Does it hold the file digest "sha256:" @digest, and @path if given? */
static inline bool entry_is(const struct entry *entry, const uint8_t *digest,
			    const char *path)
{
	static const char algo[8] = "sha256:";

	if (path && strcmp(entry->name, path))
		return false;
	return !digest ||
	       (entry->digest_len == sizeof(algo) + 32 &&
		!memcmp(entry->digest, algo, sizeof(algo)) &&
		!memcmp(entry->digest + sizeof(algo), digest, 32));
}

typedef bool (*entry_fn)(const struct entry *entry, const void *arg);

/* Is it a violation, by this path if it is given? */
static inline bool entry_is_violation(const struct entry *entry,
				      const void *path)
{
	static const uint8_t zero[SHA1_SIZE];

	return !memcmp(entry->template_digest, zero, SHA1_SIZE) &&
	       (!path || !strcmp(entry->name, path));
}

/* How many entries of a list satisfy @fn. */
static inline int list_count_if(const char *file, entry_fn fn, const void *arg)
{
	struct entry entry;
	struct list list;
	int ret = list_load(&list, file), count = 0;

	if (ret)
		return ret;
	while ((ret = list_next(&list, &entry)) > 0)
		count += fn(&entry, arg);
	list_free(&list);
	return ret < 0 ? ret : count;
}

static inline int ns_count_if(const char *ids, entry_fn fn, const void *arg)
{
	return list_count_if(ns_file(ids, "binary_runtime_measurements"), fn,
			     arg);
}

struct wanted {
	const uint8_t *digest;
	const char *path;
};

static inline bool entry_is_wanted(const struct entry *entry, const void *arg)
{
	const struct wanted *const wanted = arg;

	return entry_is(entry, wanted->digest, wanted->path);
}

/* How many entries of a list have this digest and path; each may be NULL. */
static inline int list_count(const char *file, const uint8_t *digest,
			     const char *path)
{
	const struct wanted wanted = { digest, path };

	return list_count_if(file, entry_is_wanted, &wanted);
}

static inline int ns_count(const char *ids, const uint8_t *digest,
			   const char *path)
{
	return list_count(ns_file(ids, "binary_runtime_measurements"), digest,
			  path);
}

/* Is this text anywhere in a file? 1, 0 or a negative errno. */
static inline int file_holds(const char *file, const char *text)
{
	struct list list;
	int ret = list_load(&list, file);

	if (ret)
		return ret;
	ret = !!memmem(list.data, list.len, text, strlen(text));
	list_free(&list);
	return ret;
}

/* The records of namespace @id that a list holds; at most @max of them. */
static inline int list_records(const char *file, unsigned long long id,
			       struct ima_ns_record *records, int max)
{
	const struct ima_ns_records_hdr *hdr;
	struct ima_ns_record record;
	struct entry entry;
	struct list list;
	int ret = list_load(&list, file), count = 0;
	size_t at;

	if (ret)
		return ret;
	while ((ret = list_next(&list, &entry)) > 0) {
		if (strcmp(entry.name, IMA_NS_EVENT_RECORDS))
			continue;
		for (at = sizeof(*hdr); at + sizeof(record) <= entry.third_len;
		     at += sizeof(record)) {
			memcpy(&record, entry.third + at, sizeof(record));
			if (record.id == id && count < max)
				records[count++] = record;
		}
	}
	list_free(&list);
	return ret < 0 ? ret : count;
}

#endif /* _SELFTESTS_IMA_NS_LIST_H */
