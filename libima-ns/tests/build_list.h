/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Measurement lists for tests: a host and its namespaces, as the kernel would
 * write them, kept as entries so that a test can damage them before they
 * become bytes. Uses OpenSSL directly and nothing of the library.
 * Running out of memory ends the test program.
 */
#ifndef BUILD_LIST_H
#define BUILD_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/ima_ns.h>

#include <imans.h>

#define BL_NS_MAX	64

struct bl_bytes {
	uint8_t *data;
	size_t len;
};

struct bl_entry {
	uint32_t pcr;
	char template_name[64];
	struct bl_bytes data;		/* fields with their lengths */
	bool violation;			/* zero digest in the list */
	bool bad_digest;		/* one bit of the digest is wrong */
};

struct bl_list {
	struct bl_entry *entries;
	size_t count;
	size_t room;
};

struct bl_ns {
	struct bl_ns *parent;		/* NULL: the host's */
	uint64_t id;
	uint32_t depth;
	char label[IMANS_LABEL_MAX + 1];
	uint8_t key[IMANS_KEY_SIZE];
	struct bl_list list;
	uint8_t vpcr[IMANS_HASH_SIZE];
	uint64_t own;
	uint64_t copies;
	uint64_t violations;
	uint64_t losses;
	bool ended;
};

struct bl_world {
	struct bl_list host;
	uint8_t boot_id[IMANS_BOOT_ID_SIZE];
	struct bl_ns *ns[BL_NS_MAX];
	size_t ns_count;
	uint32_t reset_count;		/* of the TPM, when it booted */
	const char *policy;		/* of namespaces; NULL: the default one */
	const uint64_t *ids;		/* of namespaces; NULL: 1, 2, ... */
	uint8_t queue[IMA_NS_RECORDS_MAX][IMANS_RECORD_SIZE];
	uint32_t queued;
	uint64_t index;			/* of the first queued record */
	struct bl_bytes leaves;		/* of the last bl_heads_for() */
};

/* Bytes. */
void bl_put(struct bl_bytes *b, const void *data, size_t len);
void bl_put_le(struct bl_bytes *b, uint64_t value, size_t size);
/* A template's field: its length, then its bytes. */
void bl_put_field(struct bl_bytes *b, const void *data, size_t len);
void bl_hash(const char *algo, const void *data, size_t len, uint8_t *out);
/* HMAC-SHA-256 under a key of 32 bytes. */
void bl_hmac(const uint8_t *key, const struct bl_bytes *data, uint8_t out[32]);

/* Lists. Entries take the data over. */
void bl_add(struct bl_list *list, uint32_t pcr, const char *template_name,
	    struct bl_bytes data, bool violation);
void bl_insert(struct bl_list *list, size_t at, uint32_t pcr,
	       const char *template_name, struct bl_bytes data);
void bl_remove(struct bl_list *list, size_t at);
void bl_swap(struct bl_list *list, size_t a, size_t b);
/* Forget the entries from `count` on. */
void bl_cut(struct bl_list *list, size_t count);
void bl_list_free(struct bl_list *list);
/* As the kernel's file; the caller frees the data. */
struct bl_bytes bl_list_bytes(const struct bl_list *list,
			      enum imans_header header);
/* The same, with entries for which `hide` holds reduced to their digests. */
typedef bool (*bl_hide_fn)(const struct bl_list *list, size_t entry, void *arg);
struct bl_bytes bl_list_redacted(const struct bl_list *list,
				 enum imans_header header, uint32_t banks,
				 bl_hide_fn hide, void *arg);
/* It is no event under ima-ns/. */
bool bl_hide_others(const struct bl_list *list, size_t entry, void *arg);
/* The PCR's values after the first `count` entries. */
void bl_replay(const struct bl_list *list, size_t count, uint32_t banks,
	       struct imans_pcrs *pcrs);

/* Template data. */
struct bl_bytes bl_data_buf(const char *algo, const char *name,
			    const void *buf, size_t len);
struct bl_bytes bl_data_ng(const char *path, const char *content);

/* Buffers of events. */
struct bl_bytes bl_buf_boot(const uint8_t boot_id[IMANS_BOOT_ID_SIZE]);
struct bl_bytes bl_buf_loss(uint64_t id, uint32_t reason, uint64_t losses);
struct bl_bytes bl_buf_bind(uint64_t id, const void *data, size_t len);
struct bl_bytes bl_buf_records(const uint8_t *records, uint32_t count,
			       uint64_t index);
struct bl_bytes bl_buf_heads(const uint8_t boot_id[IMANS_BOOT_ID_SIZE],
			     uint64_t records);

/* The world: nothing is in the host's list until bl_boot(). */
void bl_world_init(struct bl_world *w);
void bl_world_free(struct bl_world *w);
/* A new boot after kexec: the host's list stays, namespaces are gone. */
void bl_kexec(struct bl_world *w, uint8_t seed);
/* A new boot, with nothing in the host's list. */
void bl_reboot(struct bl_world *w, uint8_t seed);
/* ima-ns/boot. */
void bl_boot(struct bl_world *w);
/* ima-ns/heads, after what is queued. */
void bl_heads(struct bl_world *w);
/* The root over leaves of 64 bytes. */
void bl_merkle(const uint8_t *leaves, size_t count, uint8_t root[32]);
/* With a nonce, and the leaves of all that have not ended. */
void bl_heads_for(struct bl_world *w,
		  const uint8_t nonce[IMANS_HEADS_NONCE_SIZE]);
/* A measurement in the host's list. */
void bl_host_entry(struct bl_world *w, const char *path);
/* Ids count up from 1; the key is made from the id. */
struct bl_ns *bl_create(struct bl_world *w, struct bl_ns *parent,
			const char *label);
void bl_entry(struct bl_world *w, struct bl_ns *ns, const char *path);
void bl_violation(struct bl_world *w, struct bl_ns *ns, const char *path);
void bl_event(struct bl_world *w, struct bl_ns *ns, const char *name,
	      const void *buf, size_t len);
/* Its text counts one loss more than there are. */
void bl_loss(struct bl_world *w, struct bl_ns *ns, uint32_t reason);
/* A file as bl_entry() measures it, brought along by who enters. */
void bl_enter(struct bl_world *w, struct bl_ns *ns, const char *path,
	      uint32_t flags);
void bl_bind(struct bl_world *w, struct bl_ns *ns, const void *data,
	     size_t len);
void bl_destroy(struct bl_world *w, struct bl_ns *ns);
/* Put the queued records into the host's list; it holds up to 61. */
void bl_flush(struct bl_world *w);

#endif /* BUILD_LIST_H */
