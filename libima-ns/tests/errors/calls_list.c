// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lists, their entries, replay; records and findings. */
#include "errors.h"

static const struct imans_list_opts sha256 = {
	.sz = sizeof(sha256), .header = IMANS_HEADER_SHA256,
};
static const struct imans_replay_opts all_banks = { .sz = sizeof(all_banks) };

typedef uint8_t hash_t[IMANS_HASH_SIZE];

/* Of no context yet. */
static int run_ctx_new(struct things *t)
{
	struct imans_ctx *ctx = UNTOUCHED;
	int err = UNDER(imans_ctx_new(&ctx));

	(void)t;
	if (err)
		assert_ptr_equal(ctx, UNTOUCHED);
	else
		imans_ctx_free(ctx);
	return err;
}

static int list_opened(int err, struct imans_list *list)
{
	if (err)
		assert_ptr_equal(list, UNTOUCHED);
	else
		imans_list_close(list);
	return err;
}

static int run_list_open_mem(struct things *t)
{
	const struct imans_template_decl own = { "own", "n-ng|x" };
	const struct imans_list_opts opts = {
		.sz = sizeof(opts), .templates = &own, .template_count = 1,
	};
	struct imans_list *list = UNTOUCHED;
	int err = UNDER(imans_list_open_mem(t->ctx, t->host.data, t->host.len,
					    &opts, &list));

	return list_opened(err, list);
}

static int run_list_open_file(struct things *t)
{
	struct imans_list *list = UNTOUCHED;
	int err = UNDER(imans_list_open_file(t->ctx, t->path, &sha256, &list));

	return list_opened(err, list);
}

static int run_list_open_fd(struct things *t)
{
	struct imans_list *list = UNTOUCHED;
	FILE *f = fopen(t->path, "r");
	int err = UNDER(imans_list_open_fd(t->ctx, fileno(f), &sha256, &list));

	fclose(f);
	return list_opened(err, list);
}

static struct imans_list *open_host(struct things *t)
{
	struct imans_list *list;

	assert_int_equal(imans_list_open_mem(t->ctx, t->host.data, t->host.len,
					     &sha256, &list), 0);
	return list;
}

static const struct imans_entry *first_of(struct imans_list *list)
{
	const struct imans_entry *entry;

	assert_int_equal(imans_list_next(list, &entry), 0);
	assert_non_null(entry);
	return entry;
}

/* To its end, in spite of what fails; where it fails it stays. */
static int read_through(struct imans_list *list)
{
	const struct imans_entry *entry;
	int err, failed = 0;

	do {
		entry = UNTOUCHED;
		err = UNDER(imans_list_next(list, &entry));
		if (err)
			assert_ptr_equal(entry, UNTOUCHED);
		if (err && failed)
			break;
		failed = failed ? failed : err;
	} while (err || entry);
	return failed;
}

static int run_list_next(struct things *t)
{
	struct imans_list *list = open_host(t);
	int err = read_through(list);

	imans_list_close(list);
	return err;
}

/* From a file, whose window grows with its entries. */
static struct imans_list *open_file(struct things *t, bool follow)
{
	struct imans_list_opts opts = sha256;
	struct imans_list *list;
	FILE *f = fopen(t->made, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(t->host.data, 1, t->host.len, f), t->host.len);
	fclose(f);
	opts.follow = follow;
	assert_int_equal(imans_list_open_file(t->ctx, t->made, &opts, &list),
			 0);
	return list;
}

static int run_list_next_file(struct things *t)
{
	struct imans_list *list = open_file(t, false);
	int err = read_through(list);

	imans_list_close(list);
	unlink(t->made);
	return err;
}

static int run_list_wait(struct things *t)
{
	struct imans_list *list = open_file(t, true);
	const struct imans_entry *entry;
	int err;

	do
		assert_int_equal(imans_list_next(list, &entry), 0);
	while (entry);
	err = UNDER(imans_list_wait(list, 1));
	imans_list_close(list);
	unlink(t->made);
	return err;
}

/* A call on the first entry of a list. */
#define ON_ENTRY(name, type, call)					\
static int on_##name(struct things *t, const struct imans_entry *entry);\
static int run_##name(struct things *t)					\
{									\
	struct imans_list *list = open_host(t);				\
	int err = on_##name(t, first_of(list));				\
									\
	imans_list_close(list);						\
	return err;							\
}									\
static int on_##name(struct things *t, const struct imans_entry *entry)	\
{									\
	FILL(type, call)						\
}

ON_ENTRY(entry_template_digest, hash_t,
	 imans_entry_template_digest(entry, IMANS_SHA256, out, sizeof(out)))
ON_ENTRY(entry_check_digest, hash_t, imans_entry_check_digest(entry))
ON_ENTRY(entry_bind, hash_t, imans_entry_bind(entry, out))

static int run_entry_check_boot_aggregate(struct things *t)
{
	struct bl_bytes pcrs = { NULL, 0 };
	struct imans_list *list = open_host(t);
	int err;

	for (int pcr = 0; pcr < IMANS_BOOT_PCRS; pcr++)
		bl_put(&pcrs, t->b.pcrs[pcr].value[IMANS_SHA256], 32);
	err = UNDER(imans_entry_check_boot_aggregate(first_of(list),
						     IMANS_SHA256, pcrs.data,
						     pcrs.len));
	imans_list_close(list);
	free(pcrs.data);
	return err;
}

static const uint8_t zeros[IMANS_BOOT_PCRS * 32];

FILLER(boot_aggregate, hash_t,
       imans_boot_aggregate(t->ctx, IMANS_SHA256, zeros, sizeof(zeros), out,
			    sizeof(out)))
FILLER(record_key, hash_t, imans_record_key(t->ctx, zeros, 7, out))
FILLER(record_commit, hash_t,
       imans_record_commit(t->ctx, zeros, zeros, zeros, zeros, zeros, out))
FILLER(record_open, hash_t,
       imans_record_open(t->ctx, zeros, zeros, zeros, zeros, zeros))
FILLER(key_digest, hash_t, imans_key_digest(t->ctx, zeros, out))
FILLER(quote_extra_data, hash_t,
       imans_quote_extra_data(t->ctx, zeros, 32, "me", out))
FILLER(heads_nonce, hash_t, imans_heads_nonce(t->ctx, zeros, 32, "me", out))

MAKER(replay_new, imans_replay, imans_replay_new(t->ctx, &all_banks, &made))
MAKER(prefix_new, imans_prefix,
      imans_prefix_new(t->ctx, &t->quoted, &all_banks, &made))

/* What failed has extended nothing. */
static int run_replay_extend(struct things *t)
{
	struct imans_list *list = open_host(t);
	const struct imans_entry *entry = first_of(list);
	struct imans_pcrs before, after;
	struct imans_replay *replay;
	int err;

	memset(&before, 0, sizeof(before));
	memset(&after, 0, sizeof(after));
	assert_int_equal(imans_replay_new(t->ctx, NULL, &replay), 0);
	imans_replay_values(replay, &before);
	err = UNDER(imans_replay_extend(replay, entry));
	imans_replay_values(replay, &after);
	if (err)
		assert_memory_equal(&before, &after, sizeof(after));
	else
		things_steady(t, &after, sizeof(after));
	assert_int_equal(imans_replay_count(replay), !err);
	imans_replay_free(replay);
	imans_list_close(list);
	return err;
}

static int run_prefix_extend(struct things *t)
{
	struct imans_list *list = open_host(t);
	const struct imans_entry *entry = first_of(list);
	struct imans_prefix *prefix;
	int err;

	assert_int_equal(imans_prefix_new(t->ctx, &t->quoted, NULL, &prefix),
			 0);
	err = UNDER(imans_prefix_extend(prefix, entry));
	imans_prefix_free(prefix);
	imans_list_close(list);
	return err;
}

MAKER(findings_new, imans_findings, ((void)t, imans_findings_new(&made)))

const struct call calls_list[] = {
	{ "imans_ctx_new", run_ctx_new, 0, true },
	CALL(list_open_mem),
	CALL(list_open_file),
	CALL(list_open_fd),
	CALL(list_next),
	{ "imans_list_next", run_list_next_file, 0, false },
	{ "imans_list_wait", run_list_wait, -ETIMEDOUT, false },
	CALL(entry_template_digest),
	CALL(entry_check_digest),
	CALL(entry_bind),
	CALL(entry_check_boot_aggregate),
	CALL(boot_aggregate),
	CALL(record_key),
	CALL(record_commit),
	{ "imans_record_open", run_record_open, -EKEYREJECTED, false },
	CALL(key_digest),
	CALL(quote_extra_data),
	CALL(heads_nonce),
	CALL(replay_new),
	CALL(prefix_new),
	CALL(replay_extend),
	CALL(prefix_extend),
	{ "imans_findings_new", run_findings_new, 0, true },
	{ NULL, NULL, 0, false },
};
