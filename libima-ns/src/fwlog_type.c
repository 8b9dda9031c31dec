// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Types of the firmware's events, and what their digests are of. The PCRs hold
 * the digests; what stands beside them as an event's data is anybody's text
 * unless its digest is the event's.
 */

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "ctx.h"
#include "fwlog.h"

/*
 * Names by TCG PC Client Platform Firmware Profile 1.06, 10.4.1. `hashed`: the
 * profile says that the digest is that of the data.
 */
static const struct {
	uint32_t type;
	const char *name;
	bool hashed;
} types[] = {
	{ 0x00000000, "EV_PREBOOT_CERT", false },
	{ EV_POST_CODE, "EV_POST_CODE", false },
	{ 0x00000002, "EV_UNUSED", false },
	{ EV_NO_ACTION, "EV_NO_ACTION", false },
	{ EV_SEPARATOR, "EV_SEPARATOR", true },
	{ EV_ACTION, "EV_ACTION", true },
	{ EV_EVENT_TAG, "EV_EVENT_TAG", false },
	{ 0x00000007, "EV_S_CRTM_CONTENTS", false },
	{ EV_S_CRTM_VERSION, "EV_S_CRTM_VERSION", true },
	{ 0x00000009, "EV_CPU_MICROCODE", false },
	{ 0x0000000a, "EV_PLATFORM_CONFIG_FLAGS", false },
	{ 0x0000000b, "EV_TABLE_OF_DEVICES", false },
	{ 0x0000000c, "EV_COMPACT_HASH", false },
	{ EV_IPL, "EV_IPL", false },
	{ 0x0000000e, "EV_IPL_PARTITION_DATA", false },
	{ 0x0000000f, "EV_NONHOST_CODE", false },
	{ 0x00000010, "EV_NONHOST_CONFIG", false },
	{ 0x00000011, "EV_NONHOST_INFO", false },
	{ EV_OMIT_BOOT_DEVICE_EVENTS, "EV_OMIT_BOOT_DEVICE_EVENTS", true },
	{ 0x00000013, "EV_POST_CODE2", false },
	{ 0x80000000, "EV_EFI_EVENT_BASE", false },
	{ EV_EFI_VARIABLE_DRIVER_CONFIG, "EV_EFI_VARIABLE_DRIVER_CONFIG", true },
	{ EV_EFI_VARIABLE_BOOT, "EV_EFI_VARIABLE_BOOT", true },
	{ EV_EFI_BOOT_SERVICES_APPLICATION,
	  "EV_EFI_BOOT_SERVICES_APPLICATION", false },
	{ EV_EFI_BOOT_SERVICES_DRIVER, "EV_EFI_BOOT_SERVICES_DRIVER", false },
	{ EV_EFI_RUNTIME_SERVICES_DRIVER, "EV_EFI_RUNTIME_SERVICES_DRIVER",
	  false },
	{ EV_EFI_GPT_EVENT, "EV_EFI_GPT_EVENT", true },
	{ EV_EFI_ACTION, "EV_EFI_ACTION", true },
	{ EV_EFI_PLATFORM_FIRMWARE_BLOB, "EV_EFI_PLATFORM_FIRMWARE_BLOB",
	  false },
	{ EV_EFI_HANDOFF_TABLES, "EV_EFI_HANDOFF_TABLES", false },
	{ EV_EFI_PLATFORM_FIRMWARE_BLOB2, "EV_EFI_PLATFORM_FIRMWARE_BLOB2",
	  false },
	{ EV_EFI_HANDOFF_TABLES2, "EV_EFI_HANDOFF_TABLES2", false },
	{ EV_EFI_VARIABLE_BOOT2, "EV_EFI_VARIABLE_BOOT2", true },
	{ EV_EFI_GPT_EVENT2, "EV_EFI_GPT_EVENT2", true },
	{ 0x80000010, "EV_EFI_HCRTM_EVENT", false },
	{ EV_EFI_VARIABLE_AUTHORITY, "EV_EFI_VARIABLE_AUTHORITY", true },
	{ 0x800000e1, "EV_EFI_SPDM_FIRMWARE_BLOB", false },
	{ 0x800000e2, "EV_EFI_SPDM_FIRMWARE_CONFIG", false },
	{ 0x800000e3, "EV_EFI_SPDM_DEVICE_POLICY", false },
	{ 0x800000e4, "EV_EFI_SPDM_DEVICE_AUTHORITY", false },
};

#define TYPES	(sizeof(types) / sizeof(types[0]))

IMANS_API const char *imans_fw_type_name(uint32_t type)
{
	for (size_t i = 0; i < TYPES; i++)
		if (types[i].type == type)
			return types[i].name;
	return NULL;
}

IMANS_API int imans_fw_type_parse(const char *name, uint32_t *type)
{
	for (size_t i = 0; i < TYPES; i++) {
		if (strcmp(types[i].name, name))
			continue;
		*type = types[i].type;
		return 0;
	}
	return -EINVAL;
}

static bool hashed(uint32_t type)
{
	for (size_t i = 0; i < TYPES; i++)
		if (types[i].type == type)
			return types[i].hashed;
	return false;
}

bool fwlog_is_variable(uint32_t type)
{
	return type == EV_EFI_VARIABLE_DRIVER_CONFIG ||
	       type == EV_EFI_VARIABLE_BOOT ||
	       type == EV_EFI_VARIABLE_BOOT2 ||
	       type == EV_EFI_VARIABLE_AUTHORITY;
}

bool fwlog_is_image(uint32_t type)
{
	return type == EV_EFI_BOOT_SERVICES_APPLICATION ||
	       type == EV_EFI_BOOT_SERVICES_DRIVER ||
	       type == EV_EFI_RUNTIME_SERVICES_DRIVER;
}

/* UEFI_VARIABLE_DATA: GUID, two lengths, the name's characters, the content. */
bool fwlog_variable(const struct imans_fw_event *event,
		    struct fwlog_variable *variable)
{
	uint64_t chars, len;

	if (event->len < 32)
		return false;
	chars = get_le64(event->data + 16);
	len = get_le64(event->data + 24);
	if (chars > (event->len - 32) / 2 ||
	    len != event->len - 32 - 2 * chars)
		return false;
	variable->guid = event->data;
	variable->name = event->data + 32;
	variable->chars = chars;
	variable->content = variable->name + 2 * chars;
	variable->len = len;
	return true;
}

bool fwlog_grub_string(const struct imans_fw_event *event, const char **text,
		       size_t *len)
{
	static const char *const prefixes[] = {
		"grub_cmd: ", "kernel_cmdline: ", "module_cmdline: ",
	};
	const char *data = (const char *)event->data;

	if (event->type != EV_IPL || !event->len || data[event->len - 1])
		return false;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t prefix = strlen(prefixes[i]);

		if (event->len <= prefix || memcmp(data, prefixes[i], prefix))
			continue;
		*text = data + prefix;
		*len = event->len - 1 - prefix;
		return true;
	}
	return false;
}

/* Whether the digests in all banks are those of the bytes. */
static int digests_are(struct imans_ctx *ctx,
		       const struct imans_fw_event *event, const void *data,
		       size_t len, bool *same)
{
	const struct imans_chunk chunk = { data, len };

	*same = event->digests.banks;
	for (int b = 0; b < IMANS_BANKS && *same; b++) {
		uint8_t digest[IMANS_DIGEST_MAX];
		int err;

		if (!(event->digests.banks & IMANS_BANK(b)))
			continue;
		err = imans_hash(ctx, b, &chunk, 1, digest);
		if (err)
			return err;
		*same = !memcmp(digest, event->digests.value[b],
				imans_bank_size(b));
	}
	return 0;
}

IMANS_API int imans_fw_event_binding(struct imans_ctx *ctx,
				     const struct imans_fw_event *event,
				     enum imans_fw_binding *binding)
{
	enum imans_fw_binding result = hashed(event->type) ? IMANS_FW_WRONG :
							     IMANS_FW_UNBOUND;
	struct fwlog_variable variable;
	const char *text;
	bool same = false;
	size_t len;
	int err = 0;

	if (event->type == EV_NO_ACTION) {
		*binding = IMANS_FW_UNBOUND;
		return 0;
	}
	err = digests_are(ctx, event, event->data, event->len, &same);
	if (!err && same)
		result = IMANS_FW_BOUND;
	/* Of a boot variable firmware may hash the content alone. */
	if (!err && !same && fwlog_is_variable(event->type) &&
	    fwlog_variable(event, &variable)) {
		err = digests_are(ctx, event, variable.content, variable.len,
				  &same);
		if (!err && same)
			result = IMANS_FW_PARTLY;
	}
	if (!err && !same && fwlog_grub_string(event, &text, &len)) {
		err = digests_are(ctx, event, text, len, &same);
		if (!err)
			result = same ? IMANS_FW_PARTLY : IMANS_FW_WRONG;
	}
	if (!err)
		*binding = result;
	return err;
}
