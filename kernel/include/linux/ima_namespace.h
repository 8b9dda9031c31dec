/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IMA namespaces, as the rest of the kernel sees them: a member of
 * struct nsproxy.
 */
#ifndef _LINUX_IMA_NAMESPACE_H
#define _LINUX_IMA_NAMESPACE_H

#include <linux/nsproxy.h>
#include <linux/proc_ns.h>

struct audit_buffer;
struct ima_namespace;
struct kimage;
struct tpm_chip;
struct user_namespace;

#ifdef CONFIG_IMA_NS

/* The flag where namespace flags are tested: 0 where there are none. */
#define CLONE_NEWIMA_OR_0	CLONE_NEWIMA

extern struct ima_namespace init_ima_ns;
extern const struct proc_ns_operations imans_operations;

struct ima_namespace *copy_ima_ns(unsigned long flags,
				  struct user_namespace *user_ns,
				  struct ima_namespace *old_ns);
void put_ima_ns(struct ima_namespace *ns);
struct ns_common *ima_ns_to_common(struct ima_namespace *ns);
int ima_ns_check_clone(unsigned long flags);
int ima_ns_check_unshare(unsigned long flags);
int ima_ns_tpm_permit(const struct tpm_chip *chip, const u8 *cmd, size_t len);
void ima_ns_audit(struct audit_buffer *ab);

static inline int nsproxy_copy_ima(struct nsproxy *new, unsigned long flags,
				   struct user_namespace *user_ns,
				   const struct nsproxy *old)
{
	new->ima_ns = copy_ima_ns(flags, user_ns, old->ima_ns);
	return PTR_ERR_OR_ZERO(new->ima_ns);
}

static inline void nsproxy_put_ima(struct nsproxy *nsproxy)
{
	put_ima_ns(nsproxy->ima_ns);
}

#else /* !CONFIG_IMA_NS */

#define CLONE_NEWIMA_OR_0	0

static inline int ima_ns_check_clone(unsigned long flags)
{
	return 0;
}

static inline int ima_ns_check_unshare(unsigned long flags)
{
	return 0;
}

static inline int ima_ns_tpm_permit(const struct tpm_chip *chip, const u8 *cmd,
				    size_t len)
{
	return 0;
}

static inline void ima_ns_audit(struct audit_buffer *ab)
{
}

static inline int nsproxy_copy_ima(struct nsproxy *new, unsigned long flags,
				   struct user_namespace *user_ns,
				   const struct nsproxy *old)
{
	return 0;
}

static inline void nsproxy_put_ima(struct nsproxy *nsproxy)
{
}

#endif /* CONFIG_IMA_NS */

#if defined(CONFIG_IMA_NS) && defined(CONFIG_IMA_KEXEC)

int ima_ns_kexec_load(const struct kimage *image);
int ima_ns_kexec(const struct kimage *image);

#else

static inline int ima_ns_kexec_load(const struct kimage *image)
{
	return 0;
}

static inline int ima_ns_kexec(const struct kimage *image)
{
	return 0;
}

#endif

#endif /* _LINUX_IMA_NAMESPACE_H */
