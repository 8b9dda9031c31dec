// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: the file "policy" in securityfs.
 *
 * A policy is written whole by one write(), which tells what is wrong with it,
 * so that there is never a half of one.
 */

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "ima_ns_fs.h"
#include "ima_ns_policy.h"

static int policy_open(struct inode *inode, struct file *file)
{
	struct ima_namespace *ns = ima_ns_fs_get(inode);

	if (IS_ERR(ns))
		return PTR_ERR(ns);

	file->private_data = ns;
	return 0;
}

static ssize_t policy_read(struct file *file, char __user *buf, size_t count,
			   loff_t *ppos)
{
	struct ima_namespace *ns = file->private_data;
	struct ima_ns_policy *policy;
	ssize_t rc;

	/* Copying may sleep for as long as the reader likes. */
	mutex_lock(&ns->config);
	policy = ima_ns_policy_get(ns->policy);
	mutex_unlock(&ns->config);

	rc = simple_read_from_buffer(buf, count, ppos, policy->text,
				     policy->len);
	ima_ns_policy_put(policy);
	return rc;
}

static int policy_set(struct file *file, const char __user *buf, size_t count,
		      loff_t pos, struct ima_ns_policy_error *error)
{
	struct ima_namespace *ns = file->private_data;
	char *text;
	int rc;

	if (!file_ns_capable(file, ns->user_ns, CAP_SYS_ADMIN)) {
		error->reason = "no CAP_SYS_ADMIN in the owning user namespace";
		return -EPERM;
	}

	if (pos || !count || count > IMA_NS_POLICY_TEXT_MAX) {
		error->reason = "not a whole text in one write";
		return -EINVAL;
	}

	text = vmemdup_user(buf, count);
	if (IS_ERR(text))
		return PTR_ERR(text);

	rc = ima_ns_set_policy(ns, text, count, error);
	kvfree(text);
	return rc;
}

static ssize_t policy_write(struct file *file, const char __user *buf,
			    size_t count, loff_t *ppos)
{
	const struct ima_namespace *ns = file->private_data;
	struct ima_ns_policy_error error = {};
	int rc = policy_set(file, buf, count, *ppos, &error);

	if (rc && error.line)
		ima_ns_pr_info(ns, "policy: line %u: %s (%d)\n", error.line,
			       error.reason, rc);
	else if (rc)
		ima_ns_pr_info(ns, "policy: %s (%d)\n",
			       error.reason ?: "failed", rc);
	if (rc)
		return rc;

	*ppos += count;
	return count;
}

static int policy_release(struct inode *inode, struct file *file)
{
	ima_ns_put_mem(file->private_data);
	return 0;
}

const struct file_operations ima_ns_policy_fops = {
	.open = policy_open,
	.read = policy_read,
	.write = policy_write,
	.llseek = generic_file_llseek,
	.release = policy_release,
};
