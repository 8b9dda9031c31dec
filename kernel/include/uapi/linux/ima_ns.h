/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * IMA namespaces: the formats of the events and records that the kernel
 * writes into measurement lists. User space shares this header.
 *
 * Every integer is little-endian. Every event's buffer begins with an 8-byte
 * magic, a 16-bit version and a 16-bit field named by the structure.
 */
#ifndef _UAPI_LINUX_IMA_NS_H
#define _UAPI_LINUX_IMA_NS_H

#include <linux/types.h>

/* Version of all event formats, and the only cryptographic suite: SHA-256. */
#define IMA_NS_VERSION			1
#define IMA_NS_SUITE_SHA256		1

/* Names of the events. Nothing but the kernel may log under the prefix. */
#define IMA_NS_EVENT_PREFIX		"ima-ns/"
#define IMA_NS_EVENT_BOOT		"ima-ns/boot"
#define IMA_NS_EVENT_CREATE		"ima-ns/create"
#define IMA_NS_EVENT_ENTER		"ima-ns/enter"
#define IMA_NS_EVENT_LOSS		"ima-ns/loss"
#define IMA_NS_EVENT_DESTROY		"ima-ns/destroy"
#define IMA_NS_EVENT_BIND		"ima-ns/bind"
#define IMA_NS_EVENT_RECORDS		"ima-ns/records"
#define IMA_NS_EVENT_HEADS		"ima-ns/heads"

/* What a foreign event name that begins with the prefix is logged under. */
#define IMA_NS_FOREIGN_PREFIX		"user:"

#define IMA_NS_MAGIC_LEN		8
#define IMA_NS_MAGIC_BOOT		"IMANSBOT"
#define IMA_NS_MAGIC_CREATE		"IMANSCRT"
#define IMA_NS_MAGIC_ENTER		"IMANSENT"
#define IMA_NS_MAGIC_DESTROY		"IMANSDST"
#define IMA_NS_MAGIC_LOSS		"IMANSLOS"
#define IMA_NS_MAGIC_BIND		"IMANSBND"
#define IMA_NS_MAGIC_RECORDS		"IMANSREC"
#define IMA_NS_MAGIC_HEADS		"IMANSHDS"

/* Templates of the entries in a namespace's list. */
#define IMA_NS_TEMPLATE			"ima-ns"
#define IMA_NS_TEMPLATE_FMT		"d-ng|n-ng|nsid|nslabel"
#define IMA_NS_TEMPLATE_SIG		"ima-ns-sig"
#define IMA_NS_TEMPLATE_SIG_FMT		"d-ng|n-ng|nsid|nslabel|sig"
/* Template of all "ima-ns/" events, the kernel's existing one. */
#define IMA_NS_EVENT_TEMPLATE		"ima-buf"

/* Sizes, in bytes. */
#define IMA_NS_HASH_SIZE		32	/* SHA-256 */
#define IMA_NS_KEY_SIZE			32	/* K, a namespace's secret key */
#define IMA_NS_BOOT_ID_SIZE		32
#define IMA_NS_LABEL_MAX		511	/* without the terminating NUL */
#define IMA_NS_RECORD_SIZE		64
#define IMA_NS_LEAF_SIZE		64
#define IMA_NS_NONCE_SIZE		32

/* A namespace that is N levels below the host's has depth N. */
#define IMA_NS_DEPTH_MAX		32
/* Records in one "ima-ns/records" event: keeps template data <= 4096. */
#define IMA_NS_RECORDS_MAX		61

/* Separators of what the namespace's key is used for: 16 bytes with NULs. */
#define IMA_NS_LABEL_KEY		"ima-ns/v1 key\0\0"
#define IMA_NS_LABEL_REC		"ima-ns/v1 rec\0\0"
#define IMA_NS_LABEL_HEAD		"ima-ns/v1 head\0"
#define IMA_NS_LABEL_SIZE		16

/* Type of a record. */
enum ima_ns_record_type {
	IMA_NS_RECORD_CREATE	= 1,
	IMA_NS_RECORD_ENTRY	= 2,
	IMA_NS_RECORD_DESTROY	= 3,
	IMA_NS_RECORD_LOSS	= 4,
};

/**
 * struct ima_ns_record - what an event of a namespace leaves in all ancestors
 * @type: enum ima_ns_record_type
 * @suite: IMA_NS_SUITE_SHA256
 * @reserved: zero
 * @id: the namespace
 * @seq: which of the namespace's own entries; CREATE is 0
 * @parent: id of the parent namespace in a CREATE record, else zero
 * @commitment: HMAC(k_seq, IMA_NS_LABEL_REC || boot id || the 32 bytes above ||
 *		vPCR after the entry || E), where k_seq is
 *		HMAC(K, IMA_NS_LABEL_KEY || seq) and E is
 *		SHA-256(template name || 00 || template data)
 */
struct ima_ns_record {
	__u8	type;
	__u8	suite;
	__u8	reserved[6];
	__le64	id;
	__le64	seq;
	__le64	parent;
	__u8	commitment[IMA_NS_HASH_SIZE];
};

/**
 * struct ima_ns_records_hdr - begins the buffer of "ima-ns/records"
 * @magic: IMA_NS_MAGIC_RECORDS
 * @version: IMA_NS_VERSION
 * @record_size: IMA_NS_RECORD_SIZE
 * @count: how many records follow: 1 to IMA_NS_RECORDS_MAX in the host's list,
 *	   always 1 in an intermediate ancestor's
 * @index: index in this boot of the first record that follows
 * @reserved: zero
 */
struct ima_ns_records_hdr {
	__u8	magic[IMA_NS_MAGIC_LEN];
	__le16	version;
	__le16	record_size;
	__le32	count;
	__le64	index;
	__le64	reserved;
};

/* Bits of struct ima_ns_boot::flags */
#define IMA_NS_BOOT_PCR_FILTER		(1U << 0)  /* user space can't extend */
#define IMA_NS_BOOT_TPM_CLOCK		(1U << 1)  /* the two counts are valid */

/**
 * struct ima_ns_boot - the buffer of "ima-ns/boot", scope of ids and records
 * @magic: IMA_NS_MAGIC_BOOT
 * @version: IMA_NS_VERSION
 * @size: sizeof(struct ima_ns_boot)
 * @flags: IMA_NS_BOOT_*
 * @boot_id: random, drawn for this boot
 * @reset_count: the TPM's resetCount, as TPM2_ReadClock tells
 * @restart_count: the TPM's restartCount
 */
struct ima_ns_boot {
	__u8	magic[IMA_NS_MAGIC_LEN];
	__le16	version;
	__le16	size;
	__le32	flags;
	__u8	boot_id[IMA_NS_BOOT_ID_SIZE];
	__le32	reset_count;
	__le32	restart_count;
};

/* struct ima_ns_create::overflow */
#define IMA_NS_OVERFLOW_DENY		0
#define IMA_NS_OVERFLOW_MARK		1

/**
 * struct ima_ns_create - the buffer of "ima-ns/create", a namespace's entry 0
 * @magic: IMA_NS_MAGIC_CREATE
 * @version: IMA_NS_VERSION
 * @suite: IMA_NS_SUITE_SHA256
 * @depth: levels below the host's namespace, 1 to IMA_NS_DEPTH_MAX
 * @boot_id: as in struct ima_ns_boot
 * @id: the namespace
 * @parent: its parent; 0 is the host's namespace
 * @boottime: CLOCK_BOOTTIME, in nanoseconds
 * @realtime: CLOCK_REALTIME, in nanoseconds
 * @key_digest: SHA-256 of the namespace's key
 * @policy_digest: SHA-256 of the canonical policy text
 * @quota: entries and records that its list may have, violations apart;
 *	   0: its parent's
 * @overflow: IMA_NS_OVERFLOW_*: past the quota, events are refused or go on
 * @template_len: length of the template's name
 * @label_len: length of the label
 * @names: the template's name, then the label; neither has a NUL
 */
struct ima_ns_create {
	__u8	magic[IMA_NS_MAGIC_LEN];
	__le16	version;
	__le16	suite;
	__le32	depth;
	__u8	boot_id[IMA_NS_BOOT_ID_SIZE];
	__le64	id;
	__le64	parent;
	__le64	boottime;
	__le64	realtime;
	__u8	key_digest[IMA_NS_HASH_SIZE];
	__u8	policy_digest[IMA_NS_HASH_SIZE];
	__le64	quota;
	__le32	overflow;
	__le16	template_len;
	__le16	label_len;
	__u8	names[];
};

/* The longest path in "ima-ns/enter", without its NUL; the end of a longer. */
#define IMA_NS_ENTER_PATH_MAX		3900

/* Bits of struct ima_ns_enter::flags */
#define IMA_NS_ENTER_CUT		(1U << 0)  /* the path's beginning is missing */

/**
 * struct ima_ns_enter - the buffer of "ima-ns/enter": code that a task had
 *			 mapped when it entered, or at activation
 * @magic: IMA_NS_MAGIC_ENTER
 * @version: IMA_NS_VERSION
 * @size: sizeof(struct ima_ns_enter)
 * @digest_len: length of the digest field
 * @path_len: length of the path, its NUL included
 * @flags: IMA_NS_ENTER_*
 * @reserved: zero
 * @id: the namespace
 * @bytes: the file's digest, as in the template field d-ng; then its path, as
 *	   in n-ng
 */
struct ima_ns_enter {
	__u8	magic[IMA_NS_MAGIC_LEN];
	__le16	version;
	__le16	size;
	__le16	digest_len;
	__le16	path_len;
	__le32	flags;
	__le32	reserved;
	__le64	id;
	__u8	bytes[];
};

/**
 * struct ima_ns_destroy - the buffer of "ima-ns/destroy", the last own entry
 * @magic: IMA_NS_MAGIC_DESTROY
 * @version: IMA_NS_VERSION
 * @size: sizeof(struct ima_ns_destroy)
 * @reserved: zero
 * @id: the namespace
 * @entries: own entries before this one, which is this one's seq
 * @records: copies of descendants' records in the namespace's list
 * @violations: own entries that are violations
 * @losses: measurements that could not be logged
 */
struct ima_ns_destroy {
	__u8	magic[IMA_NS_MAGIC_LEN];
	__le16	version;
	__le16	size;
	__le32	reserved;
	__le64	id;
	__le64	entries;
	__le64	records;
	__le64	violations;
	__le64	losses;
};

/* struct ima_ns_loss::reason */
#define IMA_NS_LOSS_MEMORY		1	/* there was no memory */
#define IMA_NS_LOSS_FILE		2	/* the file could not be read */
#define IMA_NS_LOSS_QUOTA		3	/* a quota is used up */

/**
 * struct ima_ns_loss - the buffer of "ima-ns/loss": an event was not measured
 * @magic: IMA_NS_MAGIC_LOSS
 * @version: IMA_NS_VERSION
 * @size: sizeof(struct ima_ns_loss)
 * @reason: IMA_NS_LOSS_*, of this loss
 * @id: the namespace
 * @losses: how many there were until now, this one included; the first is
 *	    logged, then each time that their number has doubled. The first for
 *	    a quota is logged whatever their number is, and no other for a quota
 */
struct ima_ns_loss {
	__u8	magic[IMA_NS_MAGIC_LEN];
	__le16	version;
	__le16	size;
	__le32	reason;
	__le64	id;
	__le64	losses;
};

/* The most that one "ima-ns/bind" takes. */
#define IMA_NS_BIND_MAX			64

/**
 * struct ima_ns_bind - the buffer of "ima-ns/bind": what a task of the
 *			namespace wants to be known by
 * @magic: IMA_NS_MAGIC_BIND
 * @version: IMA_NS_VERSION
 * @data_len: length of @data, 1 to IMA_NS_BIND_MAX
 * @reserved: zero
 * @id: the namespace
 * @data: its own choice: the digest of a TLS key, say
 */
struct ima_ns_bind {
	__u8	magic[IMA_NS_MAGIC_LEN];
	__le16	version;
	__le16	data_len;
	__le32	reserved;
	__le64	id;
	__u8	data[];
};

/**
 * struct ima_ns_leaf - an active namespace's state, when "ima-ns/heads" was
 *			made: a leaf of its tree
 * @id: the namespace
 * @seq: of the next own entry, which is how many there are
 * @entries: entries in the list, copies of descendants' records included
 * @tasks: threads in the namespace, counted shortly before
 * @mac: HMAC(k_head, boot id || nonce || the 32 bytes above || vPCR), where
 *	 k_head is HMAC(K, IMA_NS_LABEL_HEAD)
 */
struct ima_ns_leaf {
	__le64	id;
	__le64	seq;
	__le64	entries;
	__le64	tasks;
	__u8	mac[IMA_NS_HASH_SIZE];
};

/**
 * struct ima_ns_heads - the buffer of "ima-ns/heads": the states of all active
 *			 namespaces at one point of the host's list
 * @magic: IMA_NS_MAGIC_HEADS
 * @version: IMA_NS_VERSION
 * @size: sizeof(struct ima_ns_heads)
 * @reserved: zero
 * @boot_id: as in struct ima_ns_boot
 * @nonce: what was written to the file "heads"
 * @records: records of this boot that stand before this entry
 * @leaves: how many namespaces were active
 * @root: of the Merkle tree of RFC 9162, section 2.1, over the leaves, which
 *	  are ordered by id: SHA-256(00 || leaf), SHA-256(01 || left || right);
 *	  without a leaf, SHA-256 of nothing
 */
struct ima_ns_heads {
	__u8	magic[IMA_NS_MAGIC_LEN];
	__le16	version;
	__le16	size;
	__le32	reserved;
	__u8	boot_id[IMA_NS_BOOT_ID_SIZE];
	__u8	nonce[IMA_NS_NONCE_SIZE];
	__le64	records;
	__le64	leaves;
	__u8	root[IMA_NS_HASH_SIZE];
};

#endif /* _UAPI_LINUX_IMA_NS_H */
