// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: what reading long lists costs.
 *
 * The lists are this test's own, made by the functions that make real ones,
 * and of as many entries as ima_ns_kunit_entries= on the kernel's command line
 * says. Times are compared from LONG entries on: a few milliseconds tell
 * nothing. How many entries are formatted to begin at an offset is counted.
 */

#include <kunit/test.h>
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "../ima_ns_fs.h"
#include "../ima_ns_limits.h"
#include "../ima_ns_seek.h"

#define PIECE		4096
#define LONG		100000UL

/* Contents that the entries share, of several lengths. */
#define CONTENTS	16
#define CONTENT_MIN	40

/* The least time counts: others are at work on the machine. */
#define WHOLE_ROUNDS	5
#define RESUME_ROUNDS	40

/* Places that are read again. */
#define SAMPLES		256
#define SAMPLE_SIZE	64

static unsigned long entries = 4000;
core_param(ima_ns_kunit_entries, entries, ulong, 0);

struct sample {
	loff_t offset;
	u8 bytes[SAMPLE_SIZE];
};

/**
 * struct long_list - a list that grows
 * @ns: a namespace that owns @ns->log, and nothing else
 * @host: a list as the host's
 * @marks: of @host's file
 * @data: contents of @ns->log's entries
 * @entry: contents of @host's entries
 * @count: entries in each of the lists
 * @piece: what was read last
 * @samples: taken while a list was read from its beginning
 */
struct long_list {
	struct ima_namespace ns;
	struct list_head host;
	struct ima_ns_marks *marks;
	struct ima_ns_data *data[CONTENTS];
	struct ima_template_entry *entry[CONTENTS];
	u64 count;
	u8 piece[PIECE];
	struct sample samples[SAMPLES];
};

/* Entries formatted, and what formats them. */
static u64 shown;
static int (*real_show)(struct seq_file *m, void *v);
static struct seq_operations counting_ops;

static int count_show(struct seq_file *m, void *v)
{
	shown++;
	return real_show(m, v);
}

static void count_shown(struct file *file)
{
	struct seq_file *m = file->private_data;

	real_show = m->op->show;
	counting_ops = *m->op;
	counting_ops.show = count_show;
	m->op = &counting_ops;
}

static const struct seq_operations host_ops = {
	.show = ima_measurements_show,
};

static const struct file_operations test_fops = {
	.read_iter = ima_ns_seek_read_iter,
	.release = seq_release_private,
};

static struct file *open_list(struct kunit *test, struct long_list *list,
			      bool host)
{
	struct file *file;
	int rc;

	file = anon_inode_getfile("ima_ns_kunit", &test_fops, NULL, O_RDONLY);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	rc = host ? ima_ns_host_open_list(file, &host_ops, &list->host,
					  list->marks) :
		    ima_ns_list_open(file, &list->ns, IMA_NS_FS_BINARY_SHA256);
	KUNIT_ASSERT_EQ(test, rc, 0);
	count_shown(file);
	return file;
}

static ssize_t read_at(struct file *file, void *buf, size_t len, loff_t offset)
{
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	struct iov_iter iter;
	struct kiocb iocb;

	init_sync_kiocb(&iocb, file);
	iocb.ki_pos = offset;
	iov_iter_kvec(&iter, ITER_DEST, &vec, 1, len);
	return ima_ns_seek_read_iter(&iocb, &iter);
}

static struct ima_template_entry *make_host_content(const u8 *buf, u32 len)
{
	struct ima_max_digest_data hash;
	struct ima_digest_data *hash_hdr =
		container_of(&hash.hdr, struct ima_digest_data, hdr);
	struct ima_iint_cache iint = { .ima_hash = hash_hdr };
	struct ima_event_data event_data = {
		.iint = &iint,
		.filename = "test",
		.buf = buf,
		.buf_len = len,
	};
	struct ima_template_entry *entry;

	memset(&hash, 0, sizeof(hash));
	hash_hdr->algo = HASH_ALGO_SHA256;
	hash_hdr->length = hash_digest_size[HASH_ALGO_SHA256];
	if (ima_alloc_init_template(&event_data, &entry,
				    ima_template_desc_buf()))
		return NULL;

	entry->pcr = CONFIG_IMA_MEASURE_PCR_IDX;
	return entry;
}

static void make_contents(struct kunit *test, struct long_list *list)
{
	u8 buf[CONTENT_MIN + CONTENTS];
	u32 i, len;

	for (i = 0; i < CONTENTS; i++) {
		len = CONTENT_MIN + i;
		memset(buf, i, len);
		list->data[i] = ima_ns_data_from_buf("test", len);
		KUNIT_ASSERT_NOT_NULL(test, list->data[i]);
		memcpy(ima_ns_data_buf(list->data[i], len), buf, len);
		ima_ns_data_seal_buf(list->data[i], len);
		list->entry[i] = make_host_content(buf, len);
		KUNIT_ASSERT_NOT_NULL(test, list->entry[i]);
	}
}

/* Not in order, or every page of the file would begin alike. */
static u32 content_of(u64 number)
{
	return hash_64(number, 4) % CONTENTS;
}

static void grow(struct kunit *test, struct long_list *list, u64 count)
{
	struct ima_queue_entry *qe;
	struct ima_ns_entry *entry;
	u32 content;

	for (; list->count < count; list->count++) {
		content = content_of(list->count);
		entry = ima_ns_entry_alloc(list->data[content]);
		qe = kzalloc(sizeof(*qe), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, entry);
		KUNIT_ASSERT_NOT_NULL(test, qe);

		spin_lock(&ima_ns_chain_lock);
		ima_ns_log_append(&list->ns, entry, 0);
		spin_unlock(&ima_ns_chain_lock);
		qe->entry = list->entry[content];
		list_add_tail_rcu(&qe->later, &list->host);
		cond_resched();
	}
}

/* Returns nanoseconds for all of it. */
static u64 read_whole(struct kunit *test, struct long_list *list, bool host)
{
	struct file *file = open_list(test, list, host);
	ktime_t start = ktime_get();
	u64 reads = 0, every = 1;
	struct sample *sample;
	loff_t offset = 0;
	int count = 0;
	ssize_t got;
	u64 ns, at;

	while ((got = read_at(file, list->piece, PIECE, offset)) > 0) {
		if (reads++ % every == 0 && got >= SAMPLE_SIZE) {
			/* Too many: from now on half as often. */
			if (count == SAMPLES) {
				for (count = 0; count < SAMPLES / 2; count++)
					list->samples[count] =
						list->samples[2 * count];
				every *= 2;
			}
			/* Not where marks may be, but anywhere. */
			at = reads * 61 % (got - SAMPLE_SIZE + 1);
			sample = &list->samples[count++];
			sample->offset = offset + at;
			memcpy(sample->bytes, list->piece + at, SAMPLE_SIZE);
		}
		offset += got;
		cond_resched();
	}
	ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	KUNIT_EXPECT_EQ(test, got, 0);
	KUNIT_EXPECT_GT(test, count, 0);
	for (; count < SAMPLES; count++)
		list->samples[count] = list->samples[0];
	fput(file);
	return ns;
}

/* Returns nanoseconds for one. */
static u64 read_samples(struct kunit *test, struct long_list *list, bool host,
			u64 *most_shown)
{
	u8 bytes[SAMPLE_SIZE];
	ktime_t start = ktime_get();
	struct file *file;
	int i, at;

	*most_shown = 0;
	for (i = 0; i < SAMPLES; i++) {
		/* Here and there, and each time by another open file. */
		at = i * 37 % SAMPLES;
		file = open_list(test, list, host);
		shown = 0;
		KUNIT_EXPECT_EQ(test, SAMPLE_SIZE,
				read_at(file, bytes, SAMPLE_SIZE,
					list->samples[at].offset));
		*most_shown = max(*most_shown, shown);
		KUNIT_EXPECT_MEMEQ(test, bytes, list->samples[at].bytes,
				   SAMPLE_SIZE);
		fput(file);
	}
	return div_u64(ktime_to_ns(ktime_sub(ktime_get(), start)), SAMPLES);
}

static void measure(struct kunit *test, bool host)
{
	struct long_list *list = test->priv;
	u64 whole[3], resume[3], count, most;
	int i, round;

	for (i = 0; i < 3; i++) {
		count = entries >> (2 - i);
		whole[i] = U64_MAX;
		resume[i] = U64_MAX;
		grow(test, list, count);
		for (round = 0; round < WHOLE_ROUNDS; round++)
			whole[i] = min(whole[i], read_whole(test, list, host));
		for (round = 0; round < RESUME_ROUNDS; round++)
			resume[i] = min(resume[i], read_samples(test, list,
								host, &most));
		whole[i] = div64_u64(whole[i], count);
		kunit_info(test, "%llu entries: %llu ns an entry, %llu ns to resume, at most %llu formatted\n",
			   count, whole[i], resume[i], most);
		/* Since the last mark, and what its reader had read. */
		KUNIT_EXPECT_LE(test, most, 2 * IMA_NS_MARK_EVERY +
				PIECE / CONTENT_MIN);
	}
	/* Were the cost of all of it square, it would be fourfold. */
	if (entries >= LONG) {
		KUNIT_EXPECT_LT(test, whole[2], whole[0] * 3);
		KUNIT_EXPECT_LT(test, resume[2], resume[0] * 3);
	}
}

static void test_namespace(struct kunit *test)
{
	measure(test, false);
}

static void test_host(struct kunit *test)
{
	measure(test, true);
}

/* Nobody has been there: it is the way that is long, and once. */
static void test_nobody_came_by(struct kunit *test)
{
	struct long_list *list = test->priv;
	u64 count = min(entries, LONG);
	struct file *file;
	loff_t offset;
	u64 most;

	grow(test, list, count);
	read_whole(test, list, true);
	offset = list->samples[SAMPLES / 2].offset;
	ima_ns_marks_free(list->marks, 1);
	list->marks = ima_ns_marks_alloc(1);
	KUNIT_ASSERT_NOT_NULL(test, list->marks);

	file = open_list(test, list, true);
	shown = 0;
	KUNIT_EXPECT_EQ(test, 1, read_at(file, list->piece, 1, offset));
	KUNIT_EXPECT_EQ(test, list->piece[0],
			list->samples[SAMPLES / 2].bytes[0]);
	KUNIT_EXPECT_LE(test, shown, 2 * count);
	KUNIT_EXPECT_EQ(test, 0, read_at(file, list->piece, 1, S64_MAX / 2));
	fput(file);
	read_samples(test, list, true, &most);
	KUNIT_EXPECT_LE(test, most, 2 * IMA_NS_MARK_EVERY +
			PIECE / CONTENT_MIN);
}

static int seek_init(struct kunit *test)
{
	struct long_list *list = kvzalloc(sizeof(*list), GFP_KERNEL);

	if (!list)
		return -ENOMEM;

	INIT_LIST_HEAD(&list->host);
	ima_ns_log_setup(&list->ns.log);
	test->priv = list;
	list->marks = ima_ns_marks_alloc(1);
	if (!list->marks)
		return -ENOMEM;

	make_contents(test, list);
	return 0;
}

static void seek_exit(struct kunit *test)
{
	struct long_list *list = test->priv;
	struct ima_queue_entry *qe, *next;
	int i;

	if (!list)
		return;

	/* Files are let go of later, but hold nothing then. */
	list_for_each_entry_safe(qe, next, &list->host, later) {
		kfree(qe);
		cond_resched();
	}
	/* It was charged to nobody. */
	list->ns.log.bytes = 0;
	ima_ns_log_free(&list->ns);
	ima_ns_marks_free(list->marks, 1);
	for (i = 0; i < CONTENTS; i++) {
		ima_ns_data_put(list->data[i]);
		if (list->entry[i])
			ima_free_template_entry(list->entry[i]);
	}
	kvfree(list);
}

static struct kunit_case seek_cases[] = {
	KUNIT_CASE_SLOW(test_namespace),
	KUNIT_CASE_SLOW(test_host),
	KUNIT_CASE_SLOW(test_nobody_came_by),
	{}
};

static struct kunit_suite seek_suite = {
	.name = "ima_ns_seek",
	.init = seek_init,
	.exit = seek_exit,
	.test_cases = seek_cases,
};

kunit_test_suite(seek_suite);
