// SPDX-License-Identifier: LGPL-2.1-or-later
/* UEFI device paths: UEFI specification 2.10, 10.3. */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "devpath.h"
#include "utf16.h"

#define NODE_TEXT	160
#define ACPI_PCI_ROOT	0x0a0341d0U	/* PNP0A03 */
#define ACPI_PCIE_ROOT	0x0a0841d0U	/* PNP0A08 */

/* A node: its header is 4 bytes, `len` counts what follows. */
struct node {
	uint8_t type;
	uint8_t subtype;
	const uint8_t *body;
	size_t len;
};

/* Type and subtype in one number, to switch on. */
#define KIND(type, subtype)	((type) << 8 | (subtype))

static bool guid_node(char *text, const char *name, const struct node *n)
{
	char guid[IMANS_GUID_SIZE];

	if (n->len < 16)
		return false;
	snprintf(text, NODE_TEXT, "%s(%s)", name,
		 imans_show_guid(guid, n->body));
	return true;
}

static bool acpi_node(char *text, const struct node *n)
{
	uint32_t hid, uid;

	if (n->len < 8)
		return false;
	hid = get_le32(n->body);
	uid = get_le32(n->body + 4);
	if (hid == ACPI_PCI_ROOT || hid == ACPI_PCIE_ROOT)
		snprintf(text, NODE_TEXT, "PciRoot(0x%" PRIx32 ")", uid);
	else
		snprintf(text, NODE_TEXT, "Acpi(0x%08" PRIx32 ",0x%" PRIx32 ")",
			 hid, uid);
	return true;
}

/* Partition number, start, size, signature, format, signature's type. */
static bool hard_drive_node(char *text, const struct node *n)
{
	char guid[IMANS_GUID_SIZE];

	if (n->len < 38)
		return false;
	if (n->body[37] == 2)
		snprintf(text, NODE_TEXT, "HD(%" PRIu32 ",GPT,%s)",
			 get_le32(n->body),
			 imans_show_guid(guid, n->body + 20));
	else
		snprintf(text, NODE_TEXT, "HD(%" PRIu32 ",MBR,0x%08" PRIx32 ")",
			 get_le32(n->body), get_le32(n->body + 20));
	return true;
}

static bool file_node(char *text, const struct node *n)
{
	size_t chars = n->len / 2;

	if (n->len % 2)
		return false;
	while (chars && !get_le16(n->body + 2 * (chars - 1)))
		chars--;
	imans_show_utf16(text, NODE_TEXT, n->body, chars);
	return true;
}

/* Two numbers of the same width, at the start. */
static bool pair_node(char *text, const char *name, const struct node *n,
		      unsigned int width)
{
	if (n->len < 2 * width)
		return false;
	snprintf(text, NODE_TEXT, "%s(0x%x,0x%x)", name,
		 width == 1 ? n->body[width] : get_le16(n->body + width),
		 width == 1 ? n->body[0] : get_le16(n->body));
	return true;
}

/* False: too short for what it is. */
static bool show_node(char *text, const struct node *n)
{
	switch (KIND(n->type, n->subtype)) {
	case KIND(1, 1):
		return pair_node(text, "Pci", n, 1);
	case KIND(1, 4):
		return guid_node(text, "VenHw", n);
	case KIND(2, 1):
		return acpi_node(text, n);
	case KIND(3, 2):
		return pair_node(text, "Scsi", n, 2);
	case KIND(3, 5):
		return pair_node(text, "USB", n, 1);
	case KIND(3, 18):
		return pair_node(text, "Sata", n, 2);
	case KIND(4, 1):
		return hard_drive_node(text, n);
	case KIND(4, 3):
		return guid_node(text, "VenMedia", n);
	case KIND(4, 4):
		return file_node(text, n);
	case KIND(4, 6):
		return guid_node(text, "FvFile", n);
	case KIND(4, 7):
		return guid_node(text, "Fv", n);
	default:
		snprintf(text, NODE_TEXT, "Path(%u,%u)", n->type, n->subtype);
		return true;
	}
}

const char *imans_show_devpath(char *buf, size_t size, const uint8_t *data,
			       size_t len)
{
	size_t at = 0, off = 0;

	buf[0] = '\0';
	while (len - off >= 4 && at < size - 1) {
		const struct node n = {
			.type = data[off],
			.subtype = data[off + 1],
			.body = data + off + 4,
			.len = (size_t)get_le16(data + off + 2) - 4,
		};
		char text[NODE_TEXT];
		int wrote;

		/* The node that ends the path, or an instance of several. */
		if (n.type == 0x7f)
			return buf;
		if (get_le16(data + off + 2) < 4 || n.len > len - off - 4 ||
		    !show_node(text, &n))
			break;
		wrote = snprintf(buf + at, size - at, "%s%s", at ? "/" : "",
				 text);
		if (wrote < 0)
			return buf;
		at = (size_t)wrote < size - at ? at + (size_t)wrote : size - 1;
		off += 4 + n.len;
	}
	if (off < len && at < size - 1)
		snprintf(buf + at, size - at, "(malformed)");
	return buf;
}
