// SPDX-License-Identifier: LGPL-2.1-or-later
/* The firmware's events as one line of text each, safe to print. */

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "ctx.h"
#include "devpath.h"
#include "fwlog.h"
#include "text.h"
#include "utf16.h"

/* Text that is cut where the buffer ends. */
struct line {
	char *buf;
	size_t size;
	size_t len;
};

static void put(struct line *line, const char *fmt, ...) IMANS_PRINTF(2, 3);

static void put(struct line *line, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line->buf + line->len, line->size - line->len, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	line->len += (size_t)n;
	if (line->len >= line->size)
		line->len = line->size - 1;
}

static void put_bytes(struct line *line, const uint8_t *data, size_t len)
{
	char shown[IMANS_SHOWN_SIZE];

	put(line, "%s", imans_show(shown, sizeof(shown), data, len));
}

static void put_utf16(struct line *line, const uint8_t *data, size_t chars)
{
	char shown[IMANS_SHOWN_SIZE];

	put(line, "%s", imans_show_utf16(shown, sizeof(shown), data, chars));
}

static void put_hex(struct line *line, const uint8_t *data, size_t len)
{
	const size_t max = 32;

	put(line, "%zu byte%s", len, len == 1 ? "" : "s");
	if (len)
		put(line, ": ");
	for (size_t i = 0; i < len && i < max; i++)
		put(line, "%02x", data[i]);
	if (len > max)
		put(line, "...");
}

static void put_path(struct line *line, const uint8_t *data, size_t len)
{
	char shown[IMANS_SHOWN_SIZE];

	put(line, "%s", imans_show_devpath(shown, sizeof(shown), data, len));
}

/* Characters without the NUL that ends them. */
static size_t utf16_len(const uint8_t *data, size_t max)
{
	size_t n = 0;

	while (n < max && get_le16(data + 2 * n))
		n++;
	return n;
}

/* All of it is UTF-16 of printable ASCII. */
static bool looks_utf16(const uint8_t *data, size_t len)
{
	size_t chars = utf16_len(data, len / 2);

	if (!chars || len % 2)
		return false;
	for (size_t i = 0; i < chars; i++)
		if (data[2 * i + 1] || data[2 * i] < 0x20 || data[2 * i] > 0x7e)
			return false;
	return true;
}

static void put_string(struct line *line, const uint8_t *data, size_t len)
{
	if (looks_utf16(data, len)) {
		put_utf16(line, data, utf16_len(data, len / 2));
		return;
	}
	while (len && !data[len - 1])
		len--;
	put_bytes(line, data, len);
}

/* ----------------------------------------------------------------- types */

static void no_action(struct line *line, const struct imans_fw_event *e)
{
	int locality = fwlog_startup_locality(e);

	if (locality >= 0)
		put(line, "StartupLocality %d", locality);
	else
		put_bytes(line, e->data, strnlen((const char *)e->data,
						 e->len < 16 ? e->len : 16));
}

static void separator(struct line *line, const struct imans_fw_event *e)
{
	uint32_t value = e->len == 4 ? get_le32(e->data) : 1;

	if (value == 0 || value == UINT32_MAX)
		put(line, "the firmware is done");
	else if (e->len == 4)
		put(line, "an error was reported: %08" PRIx32, value);
	else
		put_hex(line, e->data, e->len);
}

/* EFI_LOAD_OPTION: attributes, the path's length, a description, the path. */
static bool load_option(struct line *line, const struct fwlog_variable *v)
{
	size_t chars, path, path_len;

	if (v->chars != 8 || v->name[0] != 'B' || v->len < 8)
		return false;
	path_len = get_le16(v->content + 4);
	chars = utf16_len(v->content + 6, (v->len - 6) / 2);
	path = 6 + 2 * (chars + 1);
	if (path > v->len || path_len > v->len - path)
		return false;
	put(line, ": \"");
	put_utf16(line, v->content + 6, chars);
	put(line, "\" ");
	put_path(line, v->content + path, path_len);
	return true;
}

static void variable(struct line *line, const struct imans_fw_event *e)
{
	char guid[IMANS_GUID_SIZE];
	struct fwlog_variable v;

	if (!fwlog_variable(e, &v)) {
		put_hex(line, e->data, e->len);
		return;
	}
	put_utf16(line, v.name, v.chars);
	put(line, " (%s)", imans_show_guid(guid, v.guid));
	if (!load_option(line, &v)) {
		put(line, ": ");
		put_hex(line, v.content, v.len);
	}
}

/* EFI_IMAGE_LOAD_EVENT: where, size, link-time address, the path's length. */
static void image(struct line *line, const struct imans_fw_event *e)
{
	if (e->len < 32 || get_le64(e->data + 24) != e->len - 32) {
		put_hex(line, e->data, e->len);
		return;
	}
	put_path(line, e->data + 32, e->len - 32);
	put(line, ", %" PRIu64 " bytes", get_le64(e->data + 8));
}

/* UEFI_PLATFORM_FIRMWARE_BLOB; its successor begins with a description. */
static void blob(struct line *line, const struct imans_fw_event *e)
{
	size_t skip = 0;

	if (e->type == EV_EFI_PLATFORM_FIRMWARE_BLOB2 && e->len)
		skip = 1U + e->data[0];
	if (e->len < skip || e->len - skip != 16) {
		put_hex(line, e->data, e->len);
		return;
	}
	if (skip > 1) {
		put_bytes(line, e->data + 1, skip - 1);
		put(line, ": ");
	}
	put(line, "%" PRIu64 " bytes at 0x%" PRIx64,
	    get_le64(e->data + skip + 8), get_le64(e->data + skip));
}

static void tables(struct line *line, const struct imans_fw_event *e)
{
	if (e->type == EV_EFI_HANDOFF_TABLES2 && e->len &&
	    e->len > e->data[0]) {
		put_bytes(line, e->data + 1, e->data[0]);
	} else if (e->type == EV_EFI_HANDOFF_TABLES && e->len >= 8) {
		put(line, "%" PRIu64 " tables", get_le64(e->data));
	} else {
		put_hex(line, e->data, e->len);
	}
}

/* TCG_PCClientTaggedEvent: an id, a size, the data. */
static void tag(struct line *line, const struct imans_fw_event *e)
{
	if (e->len < 8 || get_le32(e->data + 4) != e->len - 8) {
		put_hex(line, e->data, e->len);
		return;
	}
	put_string(line, e->data + 8, e->len - 8);
	put(line, " (tag %08" PRIx32 ")", get_le32(e->data));
}

/* UEFI_GPT_DATA: the table's header, of 92 bytes, and the partitions' number. */
static void gpt(struct line *line, const struct imans_fw_event *e)
{
	char guid[IMANS_GUID_SIZE];

	if (e->len < 100) {
		put_hex(line, e->data, e->len);
		return;
	}
	put(line, "disk %s, %" PRIu64 " partitions",
	    imans_show_guid(guid, e->data + 56), get_le64(e->data + 92));
}

static void string(struct line *line, const struct imans_fw_event *e)
{
	put_string(line, e->data, e->len);
}

static void other(struct line *line, const struct imans_fw_event *e)
{
	put_hex(line, e->data, e->len);
}

/* A GUID, or a string, as firmware likes. */
static void version(struct line *line, const struct imans_fw_event *e)
{
	char guid[IMANS_GUID_SIZE];

	if (e->len == 16 && !looks_utf16(e->data, e->len))
		put(line, "%s", imans_show_guid(guid, e->data));
	else
		put_string(line, e->data, e->len);
}

static const struct {
	uint32_t type;
	void (*put)(struct line *line, const struct imans_fw_event *e);
} writers[] = {
	{ EV_NO_ACTION, no_action },
	{ EV_SEPARATOR, separator },
	{ EV_POST_CODE, string },
	{ EV_ACTION, string },
	{ EV_IPL, string },
	{ EV_OMIT_BOOT_DEVICE_EVENTS, string },
	{ EV_EFI_ACTION, string },
	{ EV_EVENT_TAG, tag },
	{ EV_S_CRTM_VERSION, version },
	{ EV_EFI_PLATFORM_FIRMWARE_BLOB, blob },
	{ EV_EFI_PLATFORM_FIRMWARE_BLOB2, blob },
	{ EV_EFI_HANDOFF_TABLES, tables },
	{ EV_EFI_HANDOFF_TABLES2, tables },
	{ EV_EFI_GPT_EVENT, gpt },
	{ EV_EFI_GPT_EVENT2, gpt },
};

IMANS_API int imans_fw_event_text(const struct imans_fw_event *event,
				  char *buf, size_t size)
{
	struct line line = { buf, size, 0 };

	if (size < IMANS_FW_TEXT_MIN)
		return -ENOSPC;
	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		if (writers[i].type == event->type) {
			writers[i].put(&line, event);
			return 0;
		}
	}
	if (fwlog_is_variable(event->type))
		variable(&line, event);
	else if (fwlog_is_image(event->type))
		image(&line, event);
	else
		other(&line, event);
	return 0;
}
