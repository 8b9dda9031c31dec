// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: kexec takes the host's list along, whole or not at all.
 *
 * The list is copied in a reboot notifier, when kexec can't fail any more and
 * everybody else still runs. A list that outgrew its room would be cut, and
 * what is logged after the copy would be in the PCR and in no list: nothing
 * that the next kernel logs could be verified. So the list is closed before,
 * for good, if it fits, and kexec is refused if it doesn't. An event that comes
 * later never ends; see ima_ns_finish().
 */

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kexec.h>
#include <linux/sched.h>

#include "ima_ns.h"

/* Written once, under ima_extend_list_mutex. */
bool ima_ns_closed __read_mostly;

/* Room beside the list as it is when the image is loaded. */
static size_t extra_room __ro_after_init = IMA_NS_KEXEC_EXTRA;

static int __init extra_setup(char *str)
{
	char *end;
	unsigned long long size = memparse(str, &end);

	if (end == str || *end || size > IMA_NS_KEXEC_EXTRA_MAX)
		pr_err("ima_ns_kexec_extra=%s: not a size up to %u\n", str,
		       IMA_NS_KEXEC_EXTRA_MAX);
	else
		extra_room = size;
	return 1;
}
__setup("ima_ns_kexec_extra=", extra_setup);

/**
 * ima_ns_kexec_extra - how much a list may grow while an image is loaded
 *
 * Return: bytes.
 */
size_t ima_ns_kexec_extra(void)
{
	return extra_room;
}

/**
 * ima_ns_kexec_load - may this image be loaded?
 * @image: the image, with its buffer for the list
 *
 * Return: 0, or -EFBIG if there was no room for the list.
 */
int ima_ns_kexec_load(const struct kimage *image)
{
	if (image->type == KEXEC_TYPE_CRASH || image->ima_buffer_addr ||
	    !ima_ns_boot_begun())
		return 0;

	pr_err("ima-ns: image refused: no room for IMA's list of %lu bytes\n",
	       ima_get_binary_runtime_size());
	return -EFBIG;
}

/**
 * struct closing - what the list's size is compared with
 * @room: bytes that the image has for it
 * @size: set to what it takes
 */
struct closing {
	size_t room;
	unsigned long size;
};

static int close_list(void *arg)
{
	struct closing *closing = arg;

	closing->size = ima_get_binary_runtime_size();
	/* A full seq_file counts as an overflow. */
	if (closing->size >= closing->room)
		return -EFBIG;

	WRITE_ONCE(ima_ns_closed, true);
	return 0;
}

/**
 * ima_ns_kexec - the image is about to be executed: close the host's list
 * @image: the image
 *
 * A node that never made a namespace does as it always did.
 *
 * Return: 0, and there is no way back; or -EFBIG, and all goes on.
 */
int ima_ns_kexec(const struct kimage *image)
{
	struct closing closing = {};
	int rc;

	/* It comes back from there, to a list that is complete. */
	if (image->preserve_context)
		return 0;

	if (!ima_ns_boot_forbid())
		return 0;

	closing.room = ima_kexec_room(image);
	rc = ima_with_list_locked(close_list, &closing);
	if (rc && !closing.room)
		pr_err("ima-ns: kexec refused: the image takes no list along, load one with kexec_file_load()\n");
	else if (rc)
		pr_err("ima-ns: kexec refused: IMA's list takes %lu bytes, the image has room for %zu; load it again\n",
		       closing.size, closing.room);
	return rc;
}

/**
 * ima_ns_wait_for_end - wait for the next kernel
 *
 * It does not return. It is not accounted as load, nor taken for a hung task.
 */
void ima_ns_wait_for_end(void)
{
	for (;;) {
		set_current_state(TASK_IDLE);
		schedule();
	}
}
