/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IMA namespaces: what IMA's hooks call. Without CONFIG_IMA_NS every event is
 * the host's, and none of this leaves a trace in the objects.
 */
#ifndef _IMA_NS_HOOKS_H
#define _IMA_NS_HOOKS_H

#include <linux/ima_namespace.h>

struct file;
struct ima_ns_node;
struct poll_table_struct;
struct seq_operations;

#ifdef CONFIG_IMA_NS

#include <linux/jump_label.h>

/**
 * struct ima_ns_measurement - a hook's event, as far as it is a namespace's
 * @ns: the namespace, or NULL: nothing is to be measured into one
 * @node: state of (inode, namespace), NULL before it was looked up
 * @gen: generation of the content that is being measured
 * @ticket: what to wait for before the event may go on, or 0
 * @done: measured, now or before
 * @unreadable: the file's content could not be read
 * @file_hook: it is an event of the five file hooks
 * @full: a quota is used up
 * @entering: it is measured because a task that has it mapped enters
 */
struct ima_ns_measurement {
	struct ima_namespace *ns;
	struct ima_ns_node *node;
	s64 gen;
	u64 ticket;
	bool done;
	bool unreadable;
	bool file_hook;
	bool full;
	bool entering;
};

/* ima_ns.c */
DECLARE_STATIC_KEY_FALSE(ima_ns_in_use);

int __init ima_ns_init(void);

/* ima_ns_fs.c */
int __init ima_ns_fs_init(struct dentry *ima_dir);

/* ima_ns_host_list.c */
int ima_ns_host_open(struct file *file, const struct seq_operations *op);
__poll_t ima_ns_host_poll(struct file *file, struct poll_table_struct *wait);
void ima_ns_host_grown(void);

/* ima_ns_seek.c */
ssize_t ima_ns_seek_read(struct file *file, char __user *buf, size_t size,
			 loff_t *ppos);
loff_t ima_ns_seek_llseek(struct file *file, loff_t offset, int whence);

#define ima_ns_host_read	ima_ns_seek_read
#define ima_ns_host_llseek	ima_ns_seek_llseek
#define ima_ns_host_release	seq_release_private

/* ima_ns_boot.c */
void __init ima_ns_continue_list(void);

/* ima_queue.c, for ima_ns_violation.c */
const struct ima_template_entry *
ima_find_equal_entry(const struct ima_template_entry *entry);

/* ima_main.c, for ima_ns_enter.c */
void ima_ns_reset_if_changed(struct ima_iint_cache *iint, struct file *file);

/* ima_ns_measure.c */
int ima_ns_begin(struct ima_ns_measurement *m, int action, struct file *file,
		 const struct cred *cred, enum ima_hooks func, int mask);
void ima_ns_lookup(struct ima_ns_measurement *m, struct ima_iint_cache *iint);
void ima_ns_store(struct ima_ns_measurement *m, struct ima_iint_cache *iint,
		  struct file *file, const unsigned char *filename,
		  struct evm_ima_xattr_data *xattr_value, int xattr_len);
int ima_ns_finish(struct ima_ns_measurement *m);
char *ima_ns_guard_name(const char *name);

/*
 * Has there been an active namespace in this boot? Then the hooks have work to
 * do without a host policy.
 */
static inline bool ima_ns_any(void)
{
	return static_branch_unlikely(&ima_ns_in_use);
}

static inline void ima_ns_free_name(char *guarded)
{
	kfree(guarded);
}

static inline bool ima_ns_wanted(const struct ima_ns_measurement *m)
{
	return m->ns;
}

static inline bool ima_ns_pending(const struct ima_ns_measurement *m)
{
	return m->node && !m->done;
}

static inline void ima_ns_unreadable(struct ima_ns_measurement *m)
{
	m->unreadable = true;
}

/* Does it matter to namespaces that the file was opened? */
static inline bool ima_ns_writes(const struct file *file)
{
	return (file->f_mode & FMODE_WRITE) && ima_ns_any();
}

static inline void ima_ns_iint_changed(struct ima_iint_cache *iint)
{
	atomic64_inc(&iint->ns_gen);
}

/* ima_ns_node.c */
void ima_ns_iint_init(struct ima_iint_cache *iint);
void ima_ns_inode_free(struct inode *inode);

/* ima_ns_violation.c */
void ima_ns_note_writer(struct ima_ns_measurement *m, const struct file *file);
void ima_ns_check_writers(struct ima_ns_measurement *m, const struct file *file,
			  enum ima_hooks func);
void ima_ns_host_measured(struct ima_iint_cache *iint,
			  const struct ima_template_entry *entry, bool added);
/* Room for ima_ns_blind_name(). */
#define IMA_NS_BLIND_SIZE	64

const unsigned char *ima_ns_blind_name(const unsigned char *name,
				       const struct inode *inode,
				       const struct ima_iint_cache *iint,
				       char buf[IMA_NS_BLIND_SIZE]);

/* ima_ns_mprotect.c */
int ima_ns_file_mprotect(struct vm_area_struct *vma, unsigned long prot,
			 int action);

/* ima_ns_pcr.c */
void __init ima_ns_pcr_init(void);
int ima_ns_pcr_extend(u32 pcr, struct tpm_digest *digests);

/* ima_ns_ptrace.c */
int ima_ns_ptrace_access_check(struct task_struct *child, unsigned int mode);

/* ima_ns_template.c */
int ima_eventnsid_init(struct ima_event_data *event_data,
		       struct ima_field_data *field_data);
int ima_eventnslabel_init(struct ima_event_data *event_data,
			  struct ima_field_data *field_data);

#else /* !CONFIG_IMA_NS */

struct ima_ns_measurement {
};

static inline int ima_ns_init(void)
{
	return 0;
}

static inline int ima_ns_fs_init(struct dentry *ima_dir)
{
	return 0;
}

#define ima_ns_host_open	seq_open
#define ima_ns_host_read	seq_read
#define ima_ns_host_poll	NULL
#define ima_ns_host_llseek	seq_lseek
#define ima_ns_host_release	seq_release

static inline void ima_ns_host_grown(void)
{
}

static inline void ima_ns_continue_list(void)
{
}

static inline bool ima_ns_any(void)
{
	return false;
}

static inline void ima_ns_iint_init(struct ima_iint_cache *iint)
{
}

static inline void ima_ns_iint_changed(struct ima_iint_cache *iint)
{
}

static inline int ima_ns_begin(struct ima_ns_measurement *m, int action,
			       struct file *file, const struct cred *cred,
			       enum ima_hooks func, int mask)
{
	return action;
}

static inline bool ima_ns_wanted(const struct ima_ns_measurement *m)
{
	return false;
}

static inline bool ima_ns_pending(const struct ima_ns_measurement *m)
{
	return false;
}

static inline void ima_ns_lookup(struct ima_ns_measurement *m,
				 struct ima_iint_cache *iint)
{
}

static inline void ima_ns_store(struct ima_ns_measurement *m,
				struct ima_iint_cache *iint, struct file *file,
				const unsigned char *filename,
				struct evm_ima_xattr_data *xattr_value,
				int xattr_len)
{
}

static inline int ima_ns_finish(struct ima_ns_measurement *m)
{
	return 0;
}

static inline void ima_ns_unreadable(struct ima_ns_measurement *m)
{
}

static inline bool ima_ns_writes(const struct file *file)
{
	return false;
}

static inline void ima_ns_note_writer(struct ima_ns_measurement *m,
				      const struct file *file)
{
}

static inline void ima_ns_check_writers(struct ima_ns_measurement *m,
					const struct file *file,
					enum ima_hooks func)
{
}

static inline int ima_ns_file_mprotect(struct vm_area_struct *vma,
				       unsigned long prot, int action)
{
	return 0;
}

static inline void ima_ns_pcr_init(void)
{
}

static inline int ima_ns_pcr_extend(u32 pcr, struct tpm_digest *digests)
{
	return tpm_pcr_extend(ima_tpm_chip, pcr, digests);
}

static inline void
ima_ns_host_measured(struct ima_iint_cache *iint,
		     const struct ima_template_entry *entry, bool added)
{
}

/* No room, and so none on the stack. */
#define IMA_NS_BLIND_SIZE	0

static inline const unsigned char *
ima_ns_blind_name(const unsigned char *name, const struct inode *inode,
		  const struct ima_iint_cache *iint, char *buf)
{
	return name;
}

static inline char *ima_ns_guard_name(const char *name)
{
	return NULL;
}

static inline void ima_ns_free_name(char *guarded)
{
}

#endif /* CONFIG_IMA_NS */

#if defined(CONFIG_IMA_NS) && defined(CONFIG_IMA_KEXEC)

/* ima_queue.c */
int ima_with_list_locked(int (*fn)(void *arg), void *arg);

/* ima_kexec.c */
size_t ima_kexec_room(const struct kimage *image);

/* ima_ns_kexec.c */
extern bool ima_ns_closed;

size_t ima_ns_kexec_extra(void);

/* May nothing be added to the host's list any more? */
static inline bool ima_ns_list_closed(void)
{
	return READ_ONCE(ima_ns_closed);
}

#else

static inline size_t ima_ns_kexec_extra(void)
{
	return 0;
}

static inline bool ima_ns_list_closed(void)
{
	return false;
}

#endif

#endif /* _IMA_NS_HOOKS_H */
