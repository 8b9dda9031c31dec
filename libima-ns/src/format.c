// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bytes.h"
#include "format.h"

/* The kernel's header and the public one state the same sizes. */
_Static_assert(IMANS_HASH_SIZE == IMA_NS_HASH_SIZE, "hash");
_Static_assert(IMANS_KEY_SIZE == IMA_NS_KEY_SIZE, "key");
_Static_assert(IMANS_BOOT_ID_SIZE == IMA_NS_BOOT_ID_SIZE, "boot id");
_Static_assert(IMANS_RECORD_SIZE == IMA_NS_RECORD_SIZE, "record");
_Static_assert(IMANS_HEADS_NONCE_SIZE == IMA_NS_NONCE_SIZE, "nonce");
_Static_assert(IMANS_RECORD_SIZE == sizeof(struct ima_ns_record), "record");
_Static_assert(IMANS_RECORDS_MAX == IMA_NS_RECORDS_MAX, "records");
_Static_assert(IMANS_LABEL_MAX == IMA_NS_LABEL_MAX, "label");
_Static_assert(IMANS_BIND_MAX == IMA_NS_BIND_MAX, "bind");
_Static_assert(IMANS_DEPTH_MAX == IMA_NS_DEPTH_MAX, "depth");
_Static_assert(IMANS_BOOT_PCR_FILTER == IMA_NS_BOOT_PCR_FILTER, "flag");
_Static_assert(IMANS_BOOT_TPM_CLOCK == IMA_NS_BOOT_TPM_CLOCK, "flag");
_Static_assert((int)IMANS_RECORD_CREATE == IMA_NS_RECORD_CREATE, "type");
_Static_assert((int)IMANS_RECORD_ENTRY == IMA_NS_RECORD_ENTRY, "type");
_Static_assert((int)IMANS_RECORD_DESTROY == IMA_NS_RECORD_DESTROY, "type");
_Static_assert((int)IMANS_RECORD_LOSS == IMA_NS_RECORD_LOSS, "type");
_Static_assert((int)IMANS_LOSS_MEMORY == IMA_NS_LOSS_MEMORY, "reason");
_Static_assert((int)IMANS_LOSS_FILE == IMA_NS_LOSS_FILE, "reason");
_Static_assert((int)IMANS_LOSS_QUOTA == IMA_NS_LOSS_QUOTA, "reason");
_Static_assert(IMANS_OVERFLOW_DENY == IMA_NS_OVERFLOW_DENY, "overflow");
_Static_assert(IMANS_OVERFLOW_MARK == IMA_NS_OVERFLOW_MARK, "overflow");

#define KNOWN_BOOT_FLAGS	(IMA_NS_BOOT_PCR_FILTER | IMA_NS_BOOT_TPM_CLOCK)

/* A field of a kernel structure, at any address. */
#define AT(buf, type, member)	((const uint8_t *)(buf) + offsetof(type, member))

/*
 * What every event begins with: magic, version, and a 16-bit field that is
 * either the size or the suite.
 */
static int check_head(struct imans_ctx *ctx, const char *event, const void *buf,
		      size_t len, size_t min, const char *magic, uint16_t field)
{
	const uint8_t *p = buf;

	if (len < min)
		return imans_err(ctx, -EBADMSG,
				 "%s: %zu bytes, fewer than %zu", event, len,
				 min);
	if (memcmp(p, magic, IMA_NS_MAGIC_LEN) != 0)
		return imans_err(ctx, -EBADMSG, "%s: wrong magic", event);
	if (get_le16(p + 8) != IMA_NS_VERSION)
		return imans_err(ctx, -EPROTONOSUPPORT,
				 "%s: version %u is not supported", event,
				 get_le16(p + 8));
	if (get_le16(p + 10) != field)
		return imans_err(ctx, -EBADMSG,
				 "%s: size or suite is %u, not %u", event,
				 get_le16(p + 10), field);
	return 0;
}

static int check_size(struct imans_ctx *ctx, const char *event, size_t len,
		      size_t want)
{
	if (len == want)
		return 0;
	return imans_err(ctx, -EBADMSG, "%s: %zu bytes instead of %zu", event,
			 len, want);
}

/* An event that is all of one size, which its head states. */
static int check_fixed(struct imans_ctx *ctx, const char *event,
		       const void *buf, size_t len, size_t size,
		       const char *magic)
{
	int ret = check_head(ctx, event, buf, len, size, magic,
			     (uint16_t)size);

	return ret ? ret : check_size(ctx, event, len, size);
}

static int check_reserved(struct imans_ctx *ctx, const char *event,
			  uint64_t reserved)
{
	return reserved ? imans_err(ctx, -EBADMSG,
				    "%s: reserved bytes are not zero", event) :
			  0;
}

IMANS_API int imans_boot_decode(struct imans_ctx *ctx, const void *buf,
				size_t len, struct imans_boot *boot)
{
	static const char event[] = IMA_NS_EVENT_BOOT;
	struct imans_boot out;
	int ret = check_fixed(ctx, event, buf, len, sizeof(struct ima_ns_boot),
			      IMA_NS_MAGIC_BOOT);

	if (ret)
		return ret;
	out.flags = get_le32(AT(buf, struct ima_ns_boot, flags));
	if (out.flags & ~KNOWN_BOOT_FLAGS)
		return imans_err(ctx, -EBADMSG, "%s: unknown flags 0x%" PRIx32,
				 event, out.flags);
	memcpy(out.boot_id, AT(buf, struct ima_ns_boot, boot_id),
	       sizeof(out.boot_id));
	out.reset_count = get_le32(AT(buf, struct ima_ns_boot, reset_count));
	out.restart_count = get_le32(AT(buf, struct ima_ns_boot,
					restart_count));
	*boot = out;
	return 0;
}

bool imans_label_valid(const char *label, size_t len)
{
	if (len == 0 || len > IMANS_LABEL_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (label[i] <= 0x20 || label[i] >= 0x7f)
			return false;
	return true;
}

static int create_names(struct imans_ctx *ctx, const void *buf, size_t len,
			struct imans_create *out)
{
	static const char event[] = IMA_NS_EVENT_CREATE;
	const char *names = (const char *)AT(buf, struct ima_ns_create, names);
	size_t template_len = get_le16(AT(buf, struct ima_ns_create,
					  template_len));
	size_t label_len = get_le16(AT(buf, struct ima_ns_create, label_len));
	int ret = check_size(ctx, event, len, sizeof(struct ima_ns_create) +
			     template_len + label_len);

	if (ret)
		return ret;
	if (template_len == 0 || template_len > IMANS_TEMPLATE_NAME_MAX ||
	    memchr(names, 0, template_len))
		return imans_err(ctx, -EBADMSG, "%s: bad template name", event);
	if (!imans_label_valid(names + template_len, label_len))
		return imans_err(ctx, -EBADMSG, "%s: bad label", event);
	memcpy(out->template_name, names, template_len);
	memcpy(out->label, names + template_len, label_len);
	return 0;
}

IMANS_API int imans_create_decode(struct imans_ctx *ctx, const void *buf,
				  size_t len, struct imans_create *create)
{
	static const char event[] = IMA_NS_EVENT_CREATE;
	struct imans_create out;
	int ret = check_head(ctx, event, buf, len, sizeof(struct ima_ns_create),
			     IMA_NS_MAGIC_CREATE, IMA_NS_SUITE_SHA256);

	if (ret)
		return ret;
	memset(&out, 0, sizeof(out));
	out.depth = get_le32(AT(buf, struct ima_ns_create, depth));
	memcpy(out.boot_id, AT(buf, struct ima_ns_create, boot_id),
	       sizeof(out.boot_id));
	out.id = get_le64(AT(buf, struct ima_ns_create, id));
	out.parent = get_le64(AT(buf, struct ima_ns_create, parent));
	out.boottime_ns = get_le64(AT(buf, struct ima_ns_create, boottime));
	out.realtime_ns = get_le64(AT(buf, struct ima_ns_create, realtime));
	memcpy(out.key_digest, AT(buf, struct ima_ns_create, key_digest),
	       sizeof(out.key_digest));
	memcpy(out.policy_digest, AT(buf, struct ima_ns_create, policy_digest),
	       sizeof(out.policy_digest));
	out.quota = get_le64(AT(buf, struct ima_ns_create, quota));
	out.overflow = get_le32(AT(buf, struct ima_ns_create, overflow));
	if (out.overflow > IMA_NS_OVERFLOW_MARK)
		return imans_err(ctx, -EBADMSG, "%s: overflow mode %" PRIu32,
				 event, out.overflow);
	ret = create_names(ctx, buf, len, &out);
	if (!ret)
		*create = out;
	return ret;
}

static int check_enter(struct imans_ctx *ctx, const void *buf, size_t len)
{
	static const char event[] = IMA_NS_EVENT_ENTER;
	const size_t size = sizeof(struct ima_ns_enter);
	int ret = check_head(ctx, event, buf, len, size, IMA_NS_MAGIC_ENTER,
			     (uint16_t)size);

	if (!ret)
		ret = check_size(ctx, event, len, size +
				 get_le16(AT(buf, struct ima_ns_enter,
					     digest_len)) +
				 get_le16(AT(buf, struct ima_ns_enter,
					     path_len)));
	if (ret)
		return ret;
	if (get_le32(AT(buf, struct ima_ns_enter, flags)) & ~IMA_NS_ENTER_CUT)
		return imans_err(ctx, -EBADMSG, "%s: unknown flags", event);
	return check_reserved(ctx, event,
			      get_le32(AT(buf, struct ima_ns_enter, reserved)));
}

IMANS_API int imans_enter_decode(struct imans_ctx *ctx, const void *buf,
				 size_t len, struct imans_enter *enter)
{
	struct imans_field digest, path;
	const char *bad;
	int ret = check_enter(ctx, buf, len);

	if (ret)
		return ret;
	digest = (struct imans_field){
		.data = AT(buf, struct ima_ns_enter, bytes),
		.len = get_le16(AT(buf, struct ima_ns_enter, digest_len)),
	};
	path = (struct imans_field){
		.data = digest.data + digest.len,
		.len = get_le16(AT(buf, struct ima_ns_enter, path_len)),
	};
	bad = imans_field_digest(&digest, &enter->digest);
	if (!bad)
		bad = imans_field_string(&path, &enter->path, &enter->path_len);
	if (bad)
		return imans_err(ctx, -EBADMSG, IMA_NS_EVENT_ENTER ": %s", bad);
	enter->id = get_le64(AT(buf, struct ima_ns_enter, id));
	enter->cut = get_le32(AT(buf, struct ima_ns_enter, flags)) &
		     IMA_NS_ENTER_CUT;
	return 0;
}

IMANS_API int imans_destroy_decode(struct imans_ctx *ctx, const void *buf,
				   size_t len, struct imans_destroy *destroy)
{
	static const char event[] = IMA_NS_EVENT_DESTROY;
	int ret = check_fixed(ctx, event, buf, len, sizeof(struct ima_ns_destroy),
			      IMA_NS_MAGIC_DESTROY);

	if (!ret)
		ret = check_reserved(ctx, event,
				     get_le32(AT(buf, struct ima_ns_destroy,
						 reserved)));
	if (ret)
		return ret;
	destroy->id = get_le64(AT(buf, struct ima_ns_destroy, id));
	destroy->entries = get_le64(AT(buf, struct ima_ns_destroy, entries));
	destroy->records = get_le64(AT(buf, struct ima_ns_destroy, records));
	destroy->violations = get_le64(AT(buf, struct ima_ns_destroy,
					  violations));
	destroy->losses = get_le64(AT(buf, struct ima_ns_destroy, losses));
	return 0;
}

IMANS_API int imans_loss_decode(struct imans_ctx *ctx, const void *buf,
				size_t len, struct imans_loss *loss)
{
	static const char event[] = IMA_NS_EVENT_LOSS;
	uint32_t reason;
	int ret = check_fixed(ctx, event, buf, len, sizeof(struct ima_ns_loss),
			      IMA_NS_MAGIC_LOSS);

	if (ret)
		return ret;
	reason = get_le32(AT(buf, struct ima_ns_loss, reason));
	if (reason < IMA_NS_LOSS_MEMORY || reason > IMA_NS_LOSS_QUOTA)
		return imans_err(ctx, -EBADMSG, "%s: reason %" PRIu32, event,
				 reason);
	loss->reason = (enum imans_loss_reason)reason;
	loss->id = get_le64(AT(buf, struct ima_ns_loss, id));
	loss->losses = get_le64(AT(buf, struct ima_ns_loss, losses));
	return 0;
}

/* The length stands where other events have their size or suite. */
IMANS_API int imans_bind_decode(struct imans_ctx *ctx, const void *buf,
				size_t len, struct imans_bind *bind)
{
	static const char event[] = IMA_NS_EVENT_BIND;
	const size_t head = sizeof(struct ima_ns_bind);
	uint16_t data_len = len < head ? 0 :
		get_le16(AT(buf, struct ima_ns_bind, data_len));
	int ret = check_head(ctx, event, buf, len, head, IMA_NS_MAGIC_BIND,
			     data_len);

	if (ret)
		return ret;
	if (data_len == 0 || data_len > IMA_NS_BIND_MAX)
		return imans_err(ctx, -EBADMSG, "%s: %u bytes of data", event,
				 data_len);
	ret = check_size(ctx, event, len, head + data_len);
	if (ret)
		return ret;
	if (get_le32(AT(buf, struct ima_ns_bind, reserved)))
		return imans_err(ctx, -EBADMSG,
				 "%s: reserved bytes are not zero", event);
	bind->id = get_le64(AT(buf, struct ima_ns_bind, id));
	bind->data = AT(buf, struct ima_ns_bind, data);
	bind->len = data_len;
	return 0;
}

IMANS_API int imans_records_decode(struct imans_ctx *ctx, const void *buf,
				   size_t len, struct imans_records *records)
{
	static const char event[] = IMA_NS_EVENT_RECORDS;
	const size_t head = sizeof(struct ima_ns_records_hdr);
	uint32_t count;
	int ret = check_head(ctx, event, buf, len, head, IMA_NS_MAGIC_RECORDS,
			     IMA_NS_RECORD_SIZE);

	if (ret)
		return ret;
	count = get_le32(AT(buf, struct ima_ns_records_hdr, count));
	if (count == 0 || count > IMA_NS_RECORDS_MAX)
		return imans_err(ctx, -EBADMSG, "%s: %" PRIu32 " records",
				 event, count);
	ret = check_size(ctx, event, len, head + count * IMA_NS_RECORD_SIZE);
	if (!ret)
		ret = check_reserved(ctx, event,
				     get_le64(AT(buf, struct ima_ns_records_hdr,
						 reserved)));
	if (ret)
		return ret;
	records->index = get_le64(AT(buf, struct ima_ns_records_hdr, index));
	records->count = count;
	records->records = (const uint8_t *)buf + head;
	return 0;
}

IMANS_API int imans_heads_decode(struct imans_ctx *ctx, const void *buf,
				 size_t len, struct imans_heads *heads)
{
	static const char event[] = IMA_NS_EVENT_HEADS;
	int ret = check_fixed(ctx, event, buf, len, sizeof(struct ima_ns_heads),
			      IMA_NS_MAGIC_HEADS);

	if (!ret)
		ret = check_reserved(ctx, event,
				     get_le32(AT(buf, struct ima_ns_heads,
						 reserved)));
	if (ret)
		return ret;
	memcpy(heads->boot_id, AT(buf, struct ima_ns_heads, boot_id),
	       sizeof(heads->boot_id));
	memcpy(heads->nonce, AT(buf, struct ima_ns_heads, nonce),
	       sizeof(heads->nonce));
	heads->records = get_le64(AT(buf, struct ima_ns_heads, records));
	heads->leaves = get_le64(AT(buf, struct ima_ns_heads, leaves));
	memcpy(heads->root, AT(buf, struct ima_ns_heads, root),
	       sizeof(heads->root));
	return 0;
}

IMANS_API int imans_record_decode(struct imans_ctx *ctx,
				  const uint8_t raw[IMANS_RECORD_SIZE],
				  struct imans_record *record)
{
	uint8_t type = *AT(raw, struct ima_ns_record, type);
	uint64_t parent = get_le64(AT(raw, struct ima_ns_record, parent));
	uint64_t id = get_le64(AT(raw, struct ima_ns_record, id));

	if (*AT(raw, struct ima_ns_record, suite) != IMA_NS_SUITE_SHA256)
		return imans_err(ctx, -EPROTONOSUPPORT,
				 "record: suite %u is not supported",
				 *AT(raw, struct ima_ns_record, suite));
	if (type < IMA_NS_RECORD_CREATE || type > IMA_NS_RECORD_LOSS)
		return imans_err(ctx, -EBADMSG, "record: type %u", type);
	if (!all_zero(AT(raw, struct ima_ns_record, reserved), 6))
		return imans_err(ctx, -EBADMSG,
				 "record: reserved bytes are not zero");
	if (id == 0)
		return imans_err(ctx, -EBADMSG, "record: of the host, id 0");
	if (type != IMA_NS_RECORD_CREATE && parent != 0)
		return imans_err(ctx, -EBADMSG,
				 "record: a parent without CREATE");
	record->type = (enum imans_record_type)type;
	record->id = id;
	record->seq = get_le64(AT(raw, struct ima_ns_record, seq));
	record->parent = parent;
	memcpy(record->commitment, AT(raw, struct ima_ns_record, commitment),
	       sizeof(record->commitment));
	return 0;
}
