// SPDX-License-Identifier: LGPL-2.1-or-later
/* ima-ns events, for people and for machines. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"

static const char *record_type(enum imans_record_type type)
{
	switch (type) {
	case IMANS_RECORD_CREATE:
		return "create";
	case IMANS_RECORD_ENTRY:
		return "entry";
	case IMANS_RECORD_DESTROY:
		return "destroy";
	case IMANS_RECORD_LOSS:
		return "loss";
	}
	return "?";
}

static struct json_object *boot_json(const struct imans_boot *boot)
{
	struct json_object *o = json_object_new_object();

	cli_json_text(o, "event", "boot");
	cli_json_hex(o, "boot_id", boot->boot_id, sizeof(boot->boot_id));
	cli_json_bool(o, "pcr_filter", boot->flags & IMANS_BOOT_PCR_FILTER);
	cli_json_bool(o, "tpm_clock", boot->flags & IMANS_BOOT_TPM_CLOCK);
	cli_json_number(o, "reset_count", boot->reset_count);
	cli_json_number(o, "restart_count", boot->restart_count);
	return o;
}

static const char *overflow_name(uint32_t overflow)
{
	return overflow == IMANS_OVERFLOW_MARK ? "mark" : "deny";
}

static const char *loss_reason(enum imans_loss_reason reason)
{
	switch (reason) {
	case IMANS_LOSS_MEMORY:
		return "memory";
	case IMANS_LOSS_FILE:
		return "file";
	case IMANS_LOSS_QUOTA:
		return "quota";
	}
	return "?";
}

static struct json_object *create_json(const struct imans_create *create)
{
	struct json_object *o = json_object_new_object();

	cli_json_text(o, "event", "create");
	cli_json_number(o, "id", create->id);
	cli_json_number(o, "parent", create->parent);
	cli_json_number(o, "depth", create->depth);
	cli_json_text(o, "label", create->label);
	cli_json_text(o, "template", create->template_name);
	cli_json_number(o, "boottime_ns", create->boottime_ns);
	cli_json_number(o, "realtime_ns", create->realtime_ns);
	cli_json_hex(o, "boot_id", create->boot_id, sizeof(create->boot_id));
	cli_json_hex(o, "key_digest", create->key_digest,
		     sizeof(create->key_digest));
	cli_json_hex(o, "policy_digest", create->policy_digest,
		     sizeof(create->policy_digest));
	cli_json_number(o, "quota", create->quota);
	cli_json_text(o, "overflow", overflow_name(create->overflow));
	return o;
}

/* "sha256:12ab...", to be freed. */
static char *digest_text(const struct imans_file_digest *digest)
{
	char *hex = cli_hex_encode(digest->digest, digest->len);
	char *text = cli_printf("%s:%s", digest->algo, hex);

	free(hex);
	return text;
}

static struct json_object *enter_json(const struct imans_enter *enter)
{
	struct json_object *o = json_object_new_object();
	char *path = cli_show(enter->path, enter->path_len);
	char *digest = digest_text(&enter->digest);

	cli_json_text(o, "event", "enter");
	cli_json_number(o, "id", enter->id);
	cli_json_text(o, "path", path);
	cli_json_bool(o, "path_cut", enter->cut);
	cli_json_text(o, "digest", digest);
	free(digest);
	free(path);
	return o;
}

static struct json_object *destroy_json(const struct imans_destroy *destroy)
{
	struct json_object *o = json_object_new_object();

	cli_json_text(o, "event", "destroy");
	cli_json_number(o, "id", destroy->id);
	cli_json_number(o, "entries", destroy->entries);
	cli_json_number(o, "records", destroy->records);
	cli_json_number(o, "violations", destroy->violations);
	cli_json_number(o, "losses", destroy->losses);
	return o;
}

static struct json_object *loss_json(const struct imans_loss *loss)
{
	struct json_object *o = json_object_new_object();

	cli_json_text(o, "event", "loss");
	cli_json_number(o, "id", loss->id);
	cli_json_text(o, "reason", loss_reason(loss->reason));
	cli_json_number(o, "losses", loss->losses);
	return o;
}

static struct json_object *bind_json(const struct imans_bind *bind)
{
	struct json_object *o = json_object_new_object();

	cli_json_text(o, "event", "bind");
	cli_json_number(o, "id", bind->id);
	cli_json_hex(o, "data", bind->data, bind->len);
	return o;
}

static bool record_at(struct imans_ctx *ctx, const struct imans_records *records,
		      uint32_t n, struct imans_record *record)
{
	return n < records->count &&
	       !imans_record_decode(ctx, records->records +
				    (size_t)n * IMANS_RECORD_SIZE, record);
}

static struct json_object *records_json(struct imans_ctx *ctx,
					const struct imans_records *records)
{
	struct json_object *o = json_object_new_object();
	struct json_object *array = json_object_new_array();
	struct imans_record record;

	cli_json_text(o, "event", "records");
	cli_json_number(o, "index", records->index);
	for (uint32_t i = 0; record_at(ctx, records, i, &record); i++) {
		struct json_object *r = json_object_new_object();

		cli_json_text(r, "type", record_type(record.type));
		cli_json_number(r, "id", record.id);
		cli_json_number(r, "seq", record.seq);
		if (record.type == IMANS_RECORD_CREATE)
			cli_json_number(r, "parent", record.parent);
		cli_json_hex(r, "commitment", record.commitment,
			     sizeof(record.commitment));
		cli_json_add(array, NULL, r);
	}
	cli_json_add(o, "records", array);
	return o;
}

static struct json_object *heads_json(const struct imans_heads *heads)
{
	struct json_object *o = json_object_new_object();

	cli_json_text(o, "event", "heads");
	cli_json_hex(o, "boot_id", heads->boot_id, sizeof(heads->boot_id));
	cli_json_hex(o, "nonce", heads->nonce, sizeof(heads->nonce));
	cli_json_number(o, "records", heads->records);
	cli_json_number(o, "leaves", heads->leaves);
	cli_json_hex(o, "root", heads->root, sizeof(heads->root));
	return o;
}

/* An event's content, of any kind that has fields to show. */
struct decoded {
	enum imans_event event;
	union {
		struct imans_boot boot;
		struct imans_create create;
		struct imans_enter enter;
		struct imans_destroy destroy;
		struct imans_loss loss;
		struct imans_records records;
		struct imans_heads heads;
		struct imans_bind bind;
	};
};

static bool decode(struct imans_ctx *ctx, const struct imans_entry *entry,
		   struct decoded *d)
{
	const uint8_t *buf;
	size_t len;

	if (imans_entry_event(entry, &d->event) ||
	    imans_entry_buf(entry, &buf, &len))
		return false;
	switch (d->event) {
	case IMANS_EVENT_BOOT:
		return !imans_boot_decode(ctx, buf, len, &d->boot);
	case IMANS_EVENT_ENTER:
		return !imans_enter_decode(ctx, buf, len, &d->enter);
	case IMANS_EVENT_CREATE:
		return !imans_create_decode(ctx, buf, len, &d->create);
	case IMANS_EVENT_DESTROY:
		return !imans_destroy_decode(ctx, buf, len, &d->destroy);
	case IMANS_EVENT_LOSS:
		return !imans_loss_decode(ctx, buf, len, &d->loss);
	case IMANS_EVENT_RECORDS:
		return !imans_records_decode(ctx, buf, len, &d->records);
	case IMANS_EVENT_HEADS:
		return !imans_heads_decode(ctx, buf, len, &d->heads);
	case IMANS_EVENT_BIND:
		return !imans_bind_decode(ctx, buf, len, &d->bind);
	default:
		return false;
	}
}

struct json_object *cli_event_json(struct imans_ctx *ctx,
				   const struct imans_entry *entry)
{
	struct decoded d;

	if (!decode(ctx, entry, &d))
		return NULL;
	switch (d.event) {
	case IMANS_EVENT_BOOT:
		return boot_json(&d.boot);
	case IMANS_EVENT_ENTER:
		return enter_json(&d.enter);
	case IMANS_EVENT_CREATE:
		return create_json(&d.create);
	case IMANS_EVENT_DESTROY:
		return destroy_json(&d.destroy);
	case IMANS_EVENT_LOSS:
		return loss_json(&d.loss);
	case IMANS_EVENT_RECORDS:
		return records_json(ctx, &d.records);
	case IMANS_EVENT_BIND:
		return bind_json(&d.bind);
	default:
		return heads_json(&d.heads);
	}
}

static char *with_quota(char *text, const struct imans_create *create)
{
	char *more = cli_printf("%s, quota %" PRIu64 " %s", text,
				create->quota, overflow_name(create->overflow));

	free(text);
	return more;
}

static char *create_text(const struct imans_create *create)
{
	time_t seconds = (time_t)(create->realtime_ns / 1000000000);
	char *label = cli_show(create->label, strlen(create->label));
	char when[32] = "?";
	struct tm tm;
	char *text;

	if (gmtime_r(&seconds, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	text = cli_printf("namespace %" PRIu64 " below %" PRIu64 ", depth %" PRIu32 ", %s, %s",
			  create->id, create->parent, create->depth, label,
			  when);
	free(label);
	return create->quota ? with_quota(text, create) : text;
}

/* "3 from 0: 1#0(create) 1#1 1#2": each record is ID#SEQ. */
static char *records_text(struct imans_ctx *ctx,
			  const struct imans_records *records)
{
	char *text = cli_printf("%" PRIu32 " from %" PRIu64 ":",
				records->count, records->index);
	struct imans_record record;

	for (uint32_t i = 0; record_at(ctx, records, i, &record); i++) {
		char *more;

		if (record.type == IMANS_RECORD_ENTRY)
			more = cli_printf("%s %" PRIu64 "#%" PRIu64, text,
					  record.id, record.seq);
		else
			more = cli_printf("%s %" PRIu64 "#%" PRIu64 "(%s)",
					  text, record.id, record.seq,
					  record_type(record.type));
		free(text);
		text = more;
	}
	return text;
}

static char *boot_text(const struct imans_boot *boot)
{
	char *id = cli_hex_encode(boot->boot_id, sizeof(boot->boot_id));
	char *text = cli_printf("boot %s, PCR filter %s, TPM reset %" PRIu32
				", restart %" PRIu32 "%s",
				id, boot->flags & IMANS_BOOT_PCR_FILTER ?
				"on" : "off", boot->reset_count,
				boot->restart_count,
				boot->flags & IMANS_BOOT_TPM_CLOCK ?
				"" : " (not valid)");

	free(id);
	return text;
}

static char *heads_text(const struct imans_heads *heads)
{
	char *nonce = cli_hex_encode(heads->nonce, sizeof(heads->nonce));
	char *root = cli_hex_encode(heads->root, sizeof(heads->root));
	char *text = cli_printf("%" PRIu64 " namespaces after %" PRIu64
				" records, nonce %s, root %s", heads->leaves,
				heads->records, nonce, root);

	free(root);
	free(nonce);
	return text;
}

static char *enter_text(const struct imans_enter *enter)
{
	char *path = cli_show(enter->path, enter->path_len);
	char *digest = digest_text(&enter->digest);
	char *text = cli_printf("brought along: %s%s, %s",
				enter->cut ? "..." : "", path, digest);

	free(digest);
	free(path);
	return text;
}

static char *destroy_text(const struct imans_destroy *destroy)
{
	return cli_printf("namespace %" PRIu64 ": %" PRIu64 " entries, %" PRIu64
			  " records, %" PRIu64 " violations, %" PRIu64
			  " losses", destroy->id, destroy->entries,
			  destroy->records, destroy->violations,
			  destroy->losses);
}

static char *loss_text(const struct imans_loss *loss)
{
	return cli_printf("namespace %" PRIu64 ": loss %" PRIu64 ", reason %s",
			  loss->id, loss->losses, loss_reason(loss->reason));
}

static char *bind_text(const struct imans_bind *bind)
{
	char *data = cli_hex_encode(bind->data, bind->len);
	char *text = cli_printf("namespace %" PRIu64 ": %s", bind->id, data);

	free(data);
	return text;
}

char *cli_event_text(struct imans_ctx *ctx, const struct imans_entry *entry)
{
	struct decoded d;

	if (!decode(ctx, entry, &d))
		return NULL;
	switch (d.event) {
	case IMANS_EVENT_BOOT:
		return boot_text(&d.boot);
	case IMANS_EVENT_ENTER:
		return enter_text(&d.enter);
	case IMANS_EVENT_CREATE:
		return create_text(&d.create);
	case IMANS_EVENT_DESTROY:
		return destroy_text(&d.destroy);
	case IMANS_EVENT_LOSS:
		return loss_text(&d.loss);
	case IMANS_EVENT_RECORDS:
		return records_text(ctx, &d.records);
	case IMANS_EVENT_BIND:
		return bind_text(&d.bind);
	default:
		return heads_text(&d.heads);
	}
}
