// SPDX-License-Identifier: LGPL-2.1-or-later
/* What IMA measured with an entry. */
#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "entry.h"

static const char * const kind_names[] = {
	[IMANS_KIND_OPAQUE]		= "opaque",
	[IMANS_KIND_FILE]		= "file",
	[IMANS_KIND_BOOT_AGGREGATE]	= "boot-aggregate",
	[IMANS_KIND_NS_EVENT]		= "ima-ns",
	[IMANS_KIND_KEY]		= "key",
	[IMANS_KIND_CRITICAL_DATA]	= "critical-data",
	[IMANS_KIND_KEXEC_CMDLINE]	= "kexec-cmdline",
	[IMANS_KIND_BLACKLISTED]	= "blacklisted-hash",
	[IMANS_KIND_BUFFER]		= "buffer",
};

/*
 * Callers of ima_measure_critical_data() in Linux 6.12: the event's name, which
 * is in the list, and its label, which rules select by.
 */
static const struct {
	const char *name;
	const char *label;
} critical_data[] = {
	{ "kernel_version",		"kernel_info" },
	{ "init_module",		"modules" },
	{ "selinux-state",		"selinux" },
	{ "selinux-policy-hash",	"selinux" },
	{ "dm_table_load",		"device-mapper" },
	{ "dm_device_resume",		"device-mapper" },
	{ "dm_device_remove",		"device-mapper" },
	{ "dm_table_clear",		"device-mapper" },
	{ "dm_device_rename",		"device-mapper" },
};

/* The kernel's own keyrings; a user's may have any name. */
static const char * const keyrings[] = {
	".ima", ".evm", "_ima", "_evm", ".builtin_trusted_keys",
	".secondary_trusted_keys", ".machine", ".platform", ".blacklist",
	".builtin_regdb_keys", ".fs-verity",
};

IMANS_API const char *imans_kind_name(enum imans_kind kind)
{
	return (unsigned int)kind < ARRAY_SIZE(kind_names) ? kind_names[kind] :
							     NULL;
}

/* A DER SEQUENCE that is as long as the buffer, as certificates and keys are. */
static bool is_der(const uint8_t *buf, size_t len)
{
	size_t octets, value = 0;

	if (len < 2 || buf[0] != 0x30)
		return false;
	if (buf[1] < 0x80)
		return len == 2 + (size_t)buf[1];
	octets = buf[1] & 0x7f;
	if (octets == 0 || octets > 4 || len < 2 + octets)
		return false;
	for (size_t i = 0; i < octets; i++)
		value = value << 8 | buf[2 + i];
	return value == len - 2 - octets;
}

static bool is_keyring(const struct imans_entry *entry)
{
	for (size_t i = 0; i < ARRAY_SIZE(keyrings); i++)
		if (imans_entry_named(entry, keyrings[i]))
			return true;
	return false;
}

/* Entries with a buffer are no files'. */
static void buffer_kind(const struct imans_entry *entry, const uint8_t *buf,
			size_t len, struct imans_kind_info *info)
{
	for (size_t i = 0; i < ARRAY_SIZE(critical_data); i++) {
		if (imans_entry_named(entry, critical_data[i].name)) {
			info->kind = IMANS_KIND_CRITICAL_DATA;
			info->label = critical_data[i].label;
			return;
		}
	}
	if (imans_entry_named(entry, "kexec-cmdline"))
		info->kind = IMANS_KIND_KEXEC_CMDLINE;
	else if (imans_entry_named(entry, "blacklisted-hash"))
		info->kind = IMANS_KIND_BLACKLISTED;
	else if (is_keyring(entry) || is_der(buf, len))
		info->kind = IMANS_KIND_KEY;
	else
		info->kind = IMANS_KIND_BUFFER;
}

IMANS_API int imans_entry_kind(const struct imans_entry *entry,
			       struct imans_kind_info *info)
{
	struct imans_kind_info out = { .kind = IMANS_KIND_OPAQUE };
	enum imans_event event = IMANS_EVENT_NONE;
	const uint8_t *buf;
	size_t len;
	int ret = imans_entry_event(entry, &event);

	if (ret && ret != -ENODATA)
		return ret;
	if (event != IMANS_EVENT_NONE)
		out.kind = IMANS_KIND_NS_EVENT;
	else if (imans_entry_buf(entry, &buf, &len) == 0)
		buffer_kind(entry, buf, len, &out);
	else if (ret == 0 && imans_entry_named(entry, IMANS_BOOT_AGGREGATE))
		out.kind = IMANS_KIND_BOOT_AGGREGATE;
	else if (ret == 0)
		out.kind = IMANS_KIND_FILE;
	*info = out;
	return 0;
}
