// SPDX-License-Identifier: LGPL-2.1-or-later
/* Format: ima_measurements_show() in the kernel. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "frame.h"

/* Places in the window, which may move while more of the entry is read. */
struct places {
	size_t name;
	size_t name_len;
	size_t data;
	size_t len;
};

int imans_fault_set(struct imans_fault *fault, int err, size_t at,
		    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fault->reason, sizeof(fault->reason), fmt, ap);
	va_end(ap);
	fault->at = at;
	fault->cut = false;
	fault->bare = false;
	return err;
}

int imans_frame_read(struct imans_source *src, size_t from, size_t len,
		     const char *what, struct imans_fault *fault)
{
	int ret = imans_source_need(src, from + len);

	if (ret == 1)
		return 0;
	if (ret < 0)
		return imans_fault_set(fault, ret, from, "read: %s",
				       strerror(-ret));
	imans_fault_set(fault, -EBADMSG, from, "%s runs %zu bytes past the end",
			what, from + len - imans_source_len(src));
	fault->cut = true;
	return -EBADMSG;
}

static int place_name(struct imans_source *src, size_t at, bool big,
		      struct places *p, struct imans_fault *fault)
{
	const uint8_t *name;
	int ret;

	p->name = at;
	p->name_len = get_u32(imans_source_data(src) + at - 4, big);
	if (p->name_len == 0)
		return imans_fault_set(fault, -EBADMSG, at - 4,
				       "the template has no name");
	if (p->name_len > IMANS_TEMPLATE_NAME_MAX)
		return imans_fault_set(fault, -EMSGSIZE, at - 4,
				       "a template name of %zu bytes, more than %d",
				       p->name_len, IMANS_TEMPLATE_NAME_MAX);
	ret = imans_frame_need(src, at, p->name_len, "the template name",
			       fault);
	if (ret)
		return ret;
	name = imans_source_data(src) + at;
	for (size_t i = 0; i < p->name_len; i++)
		if (name[i] <= 0x20 || name[i] >= 0x7f)
			return imans_fault_set(fault, -EBADMSG, at + i,
					       "the template name holds byte 0x%02x",
					       name[i]);
	return 0;
}

static bool name_is_bare(const struct imans_source *src,
			 const struct places *p)
{
	return p->name_len == 3 &&
	       memcmp(imans_source_data(src) + p->name, "ima", 3) == 0;
}

/* "ima": the digest, the name's length, the name. */
static int place_bare(struct imans_source *src, size_t at, bool big,
		      size_t digest, struct places *p,
		      struct imans_fault *fault)
{
	uint32_t name_len;
	int ret;

	p->data = at;
	p->len = digest + 4;
	ret = imans_frame_need(src, at, p->len, "the template data", fault);
	if (ret)
		return ret;
	name_len = get_u32(imans_source_data(src) + at + digest, big);
	if (name_len > IMANS_BARE_NAME_MAX)
		return imans_fault_set(fault, -EMSGSIZE, at + digest,
				       "an event name of %" PRIu32
				       " bytes, more than %d", name_len,
				       IMANS_BARE_NAME_MAX);
	p->len += name_len;
	return imans_frame_need(src, at, p->len, "the event name", fault);
}

static int place_data(struct imans_source *src, size_t at, bool big,
		      struct places *p, struct imans_fault *fault)
{
	int ret = imans_frame_need(src, at, 4, "the template data's length",
				   fault);

	if (ret)
		return ret;
	p->data = at + 4;
	p->len = get_u32(imans_source_data(src) + at, big);
	if (p->len > IMANS_TEMPLATE_DATA_MAX)
		return imans_fault_set(fault, -EMSGSIZE, at,
				       "template data of %zu bytes, more than %u",
				       p->len, IMANS_TEMPLATE_DATA_MAX);
	return imans_frame_need(src, p->data, p->len, "the template data",
				fault);
}

int imans_frame_binary(struct imans_source *src, size_t at,
		       const struct imans_layout *layout, size_t bare_digest,
		       struct imans_frame *frame, struct imans_fault *fault)
{
	size_t digest_size = imans_bank_size(layout->header);
	struct places p;
	const uint8_t *base;
	size_t next;
	int ret;

	ret = imans_frame_need(src, at, 4 + digest_size + 4,
			       "the entry's header", fault);
	if (ret)
		return ret;
	frame->pcr = get_u32(imans_source_data(src) + at, layout->big);
	if (frame->pcr > IMANS_PCR_MAX)
		return imans_fault_set(fault, -EBADMSG, at,
				       "there is no PCR %" PRIu32, frame->pcr);
	ret = place_name(src, at + 4 + digest_size + 4, layout->big, &p, fault);
	if (ret)
		return ret;
	next = p.name + p.name_len;
	if (name_is_bare(src, &p)) {
		ret = place_bare(src, next, layout->big, bare_digest, &p, fault);
		fault->bare = true;
	} else {
		ret = place_data(src, next, layout->big, &p, fault);
	}
	if (ret)
		return ret;
	base = imans_source_data(src);
	frame->digest = base + at + 4;
	frame->name = base + p.name;
	frame->name_len = p.name_len;
	frame->data = base + p.data;
	frame->len = p.len;
	frame->data_at = p.data - at;
	frame->size = p.data + p.len - at;
	frame->no_data = false;
	return 0;
}
