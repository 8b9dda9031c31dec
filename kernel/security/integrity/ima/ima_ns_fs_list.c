// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: the measurement list in securityfs, in the formats of the
 * host's list.
 *
 * Entries are only ever added, and live as long as the namespace's memory, on
 * which the open file holds a reference: readers take no lock.
 */

#include <crypto/hash.h>
#include <crypto/sha1.h>
#include <linux/poll.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>

#include "ima_ns_fs.h"
#include "ima_ns_seek.h"

/**
 * struct list_reader - an open file
 * @reader: where it is
 * @ns: the namespace, a memory reference
 * @sha256: the template digests to show are SHA-256, else SHA-1
 */
struct list_reader {
	struct ima_ns_reader reader;
	struct ima_namespace *ns;
	bool sha256;
};

static void *to_entry(struct list_head *pos)
{
	return pos ? list_entry(pos, struct ima_ns_entry, list) : NULL;
}

static void *list_start(struct seq_file *m, loff_t *pos)
{
	struct list_reader *list = m->private;

	return to_entry(ima_ns_reader_start(&list->reader, *pos));
}

static void *list_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct list_reader *list = m->private;

	return to_entry(ima_ns_reader_next(&list->reader, pos));
}

static void list_stop(struct seq_file *m, void *v)
{
}

static int sha1_digest(const struct ima_ns_data *data, u8 *digest)
{
	SHASH_DESC_ON_STACK(shash, ima_algo_array[ima_sha1_idx].tfm);
	int rc;

	shash->tfm = ima_algo_array[ima_sha1_idx].tfm;
	rc = crypto_shash_digest(shash, data->bytes, data->len, digest);
	shash_desc_zero(shash);
	return rc;
}

/* Returns the digest's length or an error. */
static int show_digest(const struct list_reader *list,
		       const struct ima_ns_data *data,
		       u8 digest[IMA_NS_HASH_SIZE])
{
	int rc = 0;

	if (data->violation)
		memset(digest, 0, IMA_NS_HASH_SIZE);
	else if (list->sha256)
		memcpy(digest, data->digest, IMA_NS_HASH_SIZE);
	else
		rc = sha1_digest(data, digest);

	return rc ?: list->sha256 ? IMA_NS_HASH_SIZE : SHA1_DIGEST_SIZE;
}

static const char *template_name(const struct ima_ns_data *data)
{
	return data->desc->name[0] ? data->desc->name : data->desc->fmt;
}

static void write_u32(struct seq_file *m, u32 value)
{
	if (ima_canonical_fmt)
		value = (__force u32)cpu_to_le32(value);
	seq_write(m, &value, sizeof(value));
}

static int binary_show(struct seq_file *m, void *v)
{
	const struct ima_ns_entry *entry = v;
	const struct ima_ns_data *data = entry->data;
	const char *name = template_name(data);
	u8 digest[IMA_NS_HASH_SIZE];
	int len;

	len = show_digest(m->private, data, digest);
	if (len < 0)
		return len;

	write_u32(m, CONFIG_IMA_MEASURE_PCR_IDX);
	seq_write(m, digest, len);
	write_u32(m, strlen(name));
	seq_write(m, name, strlen(name));
	write_u32(m, data->len);
	seq_write(m, data->bytes, data->len);
	return 0;
}

static int ascii_show(struct seq_file *m, void *v)
{
	const struct ima_ns_entry *entry = v;
	const struct ima_ns_data *data = entry->data;
	struct ima_field_data field;
	u8 digest[IMA_NS_HASH_SIZE];
	u32 pos = 0;
	int len, i;

	len = show_digest(m->private, data, digest);
	if (len < 0)
		return len;

	seq_printf(m, "%2d %*phN %s", CONFIG_IMA_MEASURE_PCR_IDX, len, digest,
		   template_name(data));
	for (i = 0; i < data->desc->num_fields; i++) {
		if (!ima_ns_data_field(data, &pos, &field))
			break;
		seq_putc(m, ' ');
		if (field.len)
			data->desc->fields[i]->field_show(m, IMA_SHOW_ASCII,
							  &field);
	}
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations ascii_seq_ops = {
	.start = list_start,
	.next = list_next,
	.stop = list_stop,
	.show = ascii_show,
};

static const struct seq_operations binary_seq_ops = {
	.start = list_start,
	.next = list_next,
	.stop = list_stop,
	.show = binary_show,
};

/* The marks of one of the files. They go with the list. */
static struct ima_ns_marks *get_marks(struct ima_ns_log *log,
				      enum ima_ns_fs_node node)
{
	const int count = IMA_NS_FS_BINARY_SHA256 - IMA_NS_FS_ASCII + 1;
	struct ima_ns_marks *marks = READ_ONCE(log->marks);
	struct ima_ns_marks *others;

	BUILD_BUG_ON(count != IMA_NS_LIST_FILES);

	if (!marks) {
		marks = ima_ns_marks_alloc(count);
		if (!marks)
			return NULL;

		others = cmpxchg(&log->marks, NULL, marks);
		if (others) {
			ima_ns_marks_free(marks, count);
			marks = others;
		}
	}
	return &marks[node - IMA_NS_FS_ASCII];
}

/**
 * ima_ns_list_open - open a file that shows a namespace's list
 * @file: the file
 * @ns: the namespace; a memory reference is the file's if this succeeds
 * @node: which of the files
 *
 * Return: 0 or -ENOMEM.
 */
int ima_ns_list_open(struct file *file, struct ima_namespace *ns,
		     enum ima_ns_fs_node node)
{
	bool ascii = node == IMA_NS_FS_ASCII || node == IMA_NS_FS_ASCII_SHA256;
	struct ima_ns_marks *marks = get_marks(&ns->log, node);
	struct list_reader *list;

	if (!marks)
		return -ENOMEM;

	list = __seq_open_private(file, ascii ? &ascii_seq_ops :
				  &binary_seq_ops, sizeof(*list));
	if (!list)
		return -ENOMEM;

	list->reader.head = &ns->log.entries;
	list->reader.marks = marks;
	list->ns = ns;
	list->sha256 = node == IMA_NS_FS_ASCII_SHA256 ||
		       node == IMA_NS_FS_BINARY_SHA256;
	return 0;
}

static int list_open(struct inode *inode, struct file *file)
{
	struct ima_namespace *ns = ima_ns_fs_get(inode);
	int rc;

	if (IS_ERR(ns))
		return PTR_ERR(ns);

	rc = ima_ns_list_open(file, ns, ima_ns_fs_node(inode));
	if (rc)
		ima_ns_put_mem(ns);
	return rc;
}

/*
 * Readable: part of an entry that did not fit, or entries that were not read.
 * Without m->lock, which read() holds over page faults: what it changes
 * meanwhile is the business of who reads.
 */
static __poll_t list_poll(struct file *file, poll_table *wait)
{
	const struct seq_file *m = file->private_data;
	const struct list_reader *list = m->private;
	struct ima_namespace *ns = list->ns;
	bool dead;

	poll_wait(file, &ns->log.wait, wait);

	/* The last entry comes before death. */
	dead = ima_ns_get_state(ns) == IMA_NS_DEAD;
	if (READ_ONCE(m->count) || READ_ONCE(m->index) < ima_ns_fs_count(ns))
		return EPOLLIN | EPOLLRDNORM;
	return dead ? EPOLLHUP : 0;
}

static int list_release(struct inode *inode, struct file *file)
{
	const struct seq_file *m = file->private_data;
	const struct list_reader *list = m->private;

	ima_ns_put_mem(list->ns);
	return seq_release_private(inode, file);
}

const struct file_operations ima_ns_list_fops = {
	.open = list_open,
	.read = ima_ns_seek_read,
	.poll = list_poll,
	.llseek = ima_ns_seek_llseek,
	.release = list_release,
};
