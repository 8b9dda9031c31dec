/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libima-ns: measurement lists of the Integrity Measurement Architecture, of
 * the host and of IMA namespaces; their replay, records and proofs.
 *
 * Conventions of the whole library:
 * - Functions return 0 or a negative errno value; errno itself is no part of
 *   the contract. Out-parameters come last and are untouched on failure.
 * - Objects are opaque; a context and the objects made with it are used by one
 *   thread at a time. The context outlives the objects made with it. Threads
 *   that the library is told to start end before the call does, have all signals
 *   blocked, and call no callback.
 * - Option structures begin with their size, `sz`. A structure that is longer
 *   than the library knows is refused (-E2BIG) unless its tail is zero; NULL
 *   stands for all defaults.
 * - Every input is taken as hostile. Errors are one line of text, "file: entry
 *   N: byte B: reason", kept by the context; entries count from 0, as the
 *   kernel's `seq` does, and bytes from the start of the input.
 */
#ifndef IMANS_H
#define IMANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes, in bytes, of what the formats fix. */
#define IMANS_HASH_SIZE		32	/* SHA-256, suite 1 */
#define IMANS_KEY_SIZE		32	/* K, a namespace's secret key */
#define IMANS_BOOT_ID_SIZE	32
#define IMANS_RECORD_SIZE	64
#define IMANS_HEADS_NONCE_SIZE	32
#define IMANS_LEAF_SIZE		64	/* of the tree of "ima-ns/heads" */
#define IMANS_RECORDS_MAX	61	/* in one "ima-ns/records" event */
#define IMANS_LABEL_MAX		511
#define IMANS_DEPTH_MAX		32
#define IMANS_DIGEST_MAX	64	/* largest digest of a bank */
#define IMANS_BIND_MAX		64	/* data of one "ima-ns/bind" */

/* Bounds on input; past them: -EMSGSIZE. */
#define IMANS_TEMPLATE_NAME_MAX	255		/* as the kernel's restore code */
#define IMANS_TEMPLATE_DATA_MAX	(4U << 20)	/* a key's payload is <= 1 MiB */
#define IMANS_FIELDS_MAX	16		/* fields of one template */

/* PCR that IMA extends unless a rule says otherwise. */
#define IMANS_PCR		10
/* PCRs 0 to 9: what happened before; boot_aggregate is over them. */
#define IMANS_BOOT_PCRS		10

/* Where the number of an entry is expected, and there is none. */
#define IMANS_NO_ENTRY		UINT64_MAX

/* ------------------------------------------------------------- context --- */

struct imans_ctx;

/* Levels of log messages, as in syslog(3). */
enum imans_log_level {
	IMANS_LOG_ERROR		= 3,
	IMANS_LOG_WARNING	= 4,
	IMANS_LOG_INFO		= 6,
	IMANS_LOG_DEBUG		= 7,
};

typedef void (*imans_log_fn)(void *user, enum imans_log_level level,
			     const char *message);

/* -ENOMEM; -ENOTSUP: OpenSSL has no SHA-256 or HMAC. */
int imans_ctx_new(struct imans_ctx **ctx);
void imans_ctx_free(struct imans_ctx *ctx);

/* Without a callback the library is silent. */
void imans_ctx_set_log(struct imans_ctx *ctx, imans_log_fn fn, void *user);

/*
 * Text of the last error of any call on this context or an object made with
 * it; "" if there was none. Valid until the next call.
 */
const char *imans_ctx_error(const struct imans_ctx *ctx);

/* --------------------------------------------------------------- banks --- */

enum imans_bank {
	IMANS_SHA1	= 0,
	IMANS_SHA256	= 1,
	IMANS_SHA384	= 2,
	IMANS_SHA512	= 3,
	IMANS_SM3	= 4,
	IMANS_BANKS	= 5,
};

#define IMANS_BANK(bank)	(1U << (bank))
#define IMANS_ALL_BANKS		(IMANS_BANK(IMANS_BANKS) - 1)

/* Digest size of a bank in bytes; 0 if there is no such bank. */
size_t imans_bank_size(enum imans_bank bank);
/* The kernel's name, "sha256" or "sm3"; NULL if there is no such bank. */
const char *imans_bank_name(enum imans_bank bank);
/* "sm3-256" and "sm3_256" will do, too. -EINVAL: no such bank. */
int imans_bank_parse(const char *name, enum imans_bank *bank);

/* Values of one PCR in the banks whose bits are set. */
struct imans_pcrs {
	uint32_t banks;
	uint8_t value[IMANS_BANKS][IMANS_DIGEST_MAX];
};

/* --------------------------------------------------- measurement lists --- */

struct imans_list;
struct imans_entry;

/* Which template digest stands in the entries' headers. */
enum imans_header {
	IMANS_HEADER_AUTO	= 0,	/* find out from the first entries */
	IMANS_HEADER_SHA1	= 1,	/* binary_runtime_measurements */
	IMANS_HEADER_SHA256	= 2,	/* binary_runtime_measurements_sha256 */
	IMANS_HEADER_SHA384	= 3,
	IMANS_HEADER_SHA512	= 4,
	IMANS_HEADER_SM3	= 5,
};

/*
 * Byte order of lengths and numbers: of the machine that wrote the list or, with
 * its parameter ima_canonical_fmt, little-endian.
 */
enum imans_byte_order {
	IMANS_ORDER_AUTO	= 0,	/* find out from the first entries */
	IMANS_ORDER_LITTLE	= 1,
	IMANS_ORDER_BIG		= 2,
};

/*
 * ASCII lists (ascii_runtime_measurements) prove nothing unless they replay to
 * a PCR's value: a name may hold newlines, and its rest look like a line. Such a
 * name is read as what it is, as its digest tells; a line whose digest is not
 * its own is an error. No function that verifies takes them.
 */
enum imans_format {
	IMANS_FORMAT_BINARY	= 0,
	IMANS_FORMAT_ASCII	= 1,
	IMANS_FORMAT_AUTO	= 2,	/* by the first bytes */
};

/* A template that the library does not know: "ima-x", "d-ng|n-ng|x". */
struct imans_template_decl {
	const char *name;
	const char *format;
};

struct imans_list_opts {
	size_t sz;
	const char *name;		/* in messages; default: path or "list" */
	enum imans_header header;
	enum imans_byte_order byte_order;
	enum imans_format format;
	/* Copied. -EINVAL: malformed, or a name that is known already. */
	const struct imans_template_decl *templates;
	size_t template_count;
	/* The end is not final: see imans_list_wait(). */
	bool follow;
	/* Begin there, as imans_list_position() told. */
	uint64_t start_entry;
	uint64_t start_offset;
	/*
	 * Entries of the template "redacted" are digests of others: their data
	 * holds those of `redacted_banks`, besides that in the header.
	 */
	bool redacted;
	uint32_t redacted_banks;
};

/*
 * Open a measurement list. Memory must stay valid until the list is closed; a
 * file descriptor is duplicated and read from where it stands.
 * What is AUTO becomes the layout in which the first entries parse and one of
 * them has the digest of its data: -EBADMSG if none does, or if nothing tells
 * them apart; an empty list is SHA-1 and little-endian, until it grows.
 * Errors: -EINVAL, -E2BIG, -ENOMEM, -EBADMSG, -ERANGE (it ends before the
 * start), those of open, fcntl, lseek and read.
 */
int imans_list_open_mem(struct imans_ctx *ctx, const void *data, size_t len,
			const struct imans_list_opts *opts,
			struct imans_list **list);
int imans_list_open_fd(struct imans_ctx *ctx, int fd,
		       const struct imans_list_opts *opts,
		       struct imans_list **list);
int imans_list_open_file(struct imans_ctx *ctx, const char *path,
			 const struct imans_list_opts *opts,
			 struct imans_list **list);
void imans_list_close(struct imans_list *list);

/* IMANS_HEADER_SHA1 to IMANS_HEADER_SM3; LITTLE or BIG; BINARY or ASCII. */
enum imans_header imans_list_header(const struct imans_list *list);
enum imans_byte_order imans_list_byte_order(const struct imans_list *list);
enum imans_format imans_list_format(const struct imans_list *list);

/*
 * The next entry, or NULL at the end. It is valid until the next call on the
 * list. After an error the list stays at the bad entry.
 * -EBADMSG: cut off or malformed; -EMSGSIZE: past a bound; -ENOMEM; read's.
 */
int imans_list_next(struct imans_list *list, const struct imans_entry **entry);
/* Number and first byte of the next entry: where one may start again. */
void imans_list_position(const struct imans_list *list, uint64_t *entry,
			 uint64_t *offset);
/*
 * Wait until a list that is followed has grown, by poll() or, where that does
 * not tell, by trying; -1 milliseconds: for ever. -ETIMEDOUT; -EPIPE: its end
 * is final; -EINVAL: it is not followed; -EINTR; poll's, read's.
 */
int imans_list_wait(struct imans_list *list, int milliseconds);

/* ------------------------------------------------------------- entries --- */

uint64_t imans_entry_index(const struct imans_entry *entry);
uint64_t imans_entry_offset(const struct imans_entry *entry);
uint32_t imans_entry_pcr(const struct imans_entry *entry);
/* Name, or format if it has none ("d-ng|n-ng"). */
const char *imans_entry_template(const struct imans_entry *entry);
/* Template data as in the list: fields with their lengths. */
const uint8_t *imans_entry_data(const struct imans_entry *entry, size_t *len);
/* Template digest in the header, of imans_list_header()'s bank. */
const uint8_t *imans_entry_header_digest(const struct imans_entry *entry,
					 size_t *len);
/* The header's digest is zero: the PCR was extended with 0xff bytes. */
bool imans_entry_violation(const struct imans_entry *entry);
/* The template is none that the library knows: fields can't be read. */
bool imans_entry_opaque(const struct imans_entry *entry);
/*
 * Lines that the entry takes in an ASCII list, more than one if its name holds
 * newlines; 0: the list is binary.
 */
uint32_t imans_entry_lines(const struct imans_entry *entry);
/* Nothing but digests is shown of it; it is opaque, too. */
bool imans_entry_hidden(const struct imans_entry *entry);

/*
 * Digest of the template data in a bank, recomputed (for violations too).
 * `size` is that of `digest`: -ENOSPC if too small. -ENOTSUP: OpenSSL refuses
 * this algorithm. -ENODATA: an opaque entry of an ASCII list, whose data is not
 * known, in another bank than the header's.
 */
int imans_entry_template_digest(const struct imans_entry *entry,
				enum imans_bank bank, uint8_t *digest,
				size_t size);
/* 0: the header's digest is that of the data, or zero; -EBADMSG; as above. */
int imans_entry_check_digest(const struct imans_entry *entry);

struct imans_field {
	const char *id;			/* "d-ng", "nslabel", ... */
	const uint8_t *data;
	size_t len;
};

/*
 * Fields, in the template's order. -ENODATA: no such field, or the template is
 * opaque; -EBADMSG: the data is not what the template says.
 */
int imans_entry_field_count(const struct imans_entry *entry, size_t *count);
int imans_entry_field(const struct imans_entry *entry, size_t n,
		      struct imans_field *field);
int imans_entry_field_by_id(const struct imans_entry *entry, const char *id,
			    struct imans_field *field);

/* The digest of the file or buffer, from d-ng, d-ngv2 or d. */
struct imans_file_digest {
	char type[16];			/* "ima", "verity"; "" if not said */
	char algo[32];			/* kernel's name: "sha256" */
	const uint8_t *digest;
	size_t len;
};

/*
 * Parsed fields; errors as imans_entry_field_by_id(). Strings come without
 * their terminating NUL, and may hold any other byte.
 */
int imans_entry_file_digest(const struct imans_entry *entry,
			    struct imans_file_digest *digest);
int imans_entry_name(const struct imans_entry *entry, const char **name,
		     size_t *len);
int imans_entry_nsid(const struct imans_entry *entry, uint64_t *nsid);
int imans_entry_label(const struct imans_entry *entry, const char **label,
		      size_t *len);
int imans_entry_sig(const struct imans_entry *entry, const uint8_t **sig,
		    size_t *len);
int imans_entry_buf(const struct imans_entry *entry, const uint8_t **buf,
		    size_t *len);
/* An appended signature, and the digest that it signs. */
int imans_entry_modsig(const struct imans_entry *entry, const uint8_t **modsig,
		       size_t *len);
int imans_entry_modsig_digest(const struct imans_entry *entry,
			      struct imans_file_digest *digest);
/* What EVM protects of a file's inode. Numbers left empty: -ENODATA. */
int imans_entry_evmsig(const struct imans_entry *entry, const uint8_t **evmsig,
		       size_t *len);
int imans_entry_iuid(const struct imans_entry *entry, uint32_t *uid);
int imans_entry_igid(const struct imans_entry *entry, uint32_t *gid);
int imans_entry_imode(const struct imans_entry *entry, uint16_t *mode);

/* An extended attribute; the name ends at its length, not in a NUL. */
struct imans_xattr {
	const char *name;
	size_t name_len;
	const uint8_t *value;
	size_t len;
};

/*
 * Call for each of xattrnames, until it returns non-zero; that is returned.
 * -EBADMSG, too, if names, lengths and values do not agree: the kernel reads
 * them one after the other, so that a change between spoils an honest list.
 */
typedef int (*imans_xattr_fn)(void *user, const struct imans_xattr *xattr);
int imans_entry_each_xattr(const struct imans_entry *entry, imans_xattr_fn fn,
			   void *user);

/* ------------------------------------------- what an entry measured --- */

#define IMANS_BOOT_AGGREGATE	"boot_aggregate"

enum imans_kind {
	IMANS_KIND_OPAQUE	= 0,	/* no name that could be read */
	IMANS_KIND_FILE		= 1,
	/*
	 * Entry 0, and the first of each kernel that kexec started; a file can
	 * be made to log under that name, too.
	 */
	IMANS_KIND_BOOT_AGGREGATE = 2,
	IMANS_KIND_NS_EVENT	= 3,	/* "ima-ns/...", see imans_entry_event() */
	IMANS_KIND_KEY		= 4,	/* imported; the name is its keyring's */
	IMANS_KIND_CRITICAL_DATA = 5,
	IMANS_KIND_KEXEC_CMDLINE = 6,
	IMANS_KIND_BLACKLISTED	= 7,	/* digest of a file that is refused */
	IMANS_KIND_BUFFER	= 8,	/* none of these */
};

struct imans_kind_info {
	enum imans_kind kind;
	/* Of critical data, what rules select it by: "selinux"; else NULL. */
	const char *label;
};

/*
 * By template, name and, for keys, the buffer: a hint for who reads a list, not
 * proof of what the kernel did. -EBADMSG, as imans_entry_name().
 */
int imans_entry_kind(const struct imans_entry *entry,
		     struct imans_kind_info *info);
/* "critical-data"; NULL if there is no such kind. */
const char *imans_kind_name(enum imans_kind kind);

/*
 * What boot_aggregate must be: in SHA-1 the digest of PCRs 0 to 7, in all other
 * banks of PCRs 0 to 9. `pcrs` has their values, one after the other. -EINVAL:
 * too few; -ENOSPC; -ENOTSUP.
 */
int imans_boot_aggregate(struct imans_ctx *ctx, enum imans_bank bank,
			 const uint8_t *pcrs, size_t len, uint8_t *digest,
			 size_t size);
/*
 * 0: the entry's digest is the boot aggregate of these PCRs; -EBADMSG: it is
 * not; -ENODATA: the entry is no boot_aggregate, or one in another bank; the
 * errors of imans_boot_aggregate() and imans_entry_file_digest().
 */
int imans_entry_check_boot_aggregate(const struct imans_entry *entry,
				     enum imans_bank bank, const uint8_t *pcrs,
				     size_t len);

/* -------------------------------------------------------------- replay --- */

struct imans_replay;

struct imans_replay_opts {
	size_t sz;
	uint32_t banks;			/* IMANS_BANK() bits; 0: all there are */
	/*
	 * Banks extended with the SHA-1 digest and zeros: all but SHA-1 before
	 * Linux 5.8, today those whose algorithm the kernel lacks.
	 */
	uint32_t padded_banks;
	uint32_t pcr;			/* 0 stands for IMANS_PCR */
	/*
	 * Values to begin with, of imans_replay_values(), where a list is read
	 * from its middle on; of all banks. NULL: as the platform resets it.
	 */
	const struct imans_pcrs *start;
};

/* -EINVAL, -E2BIG, -ENOMEM, -ENOTSUP. */
int imans_replay_new(struct imans_ctx *ctx,
		     const struct imans_replay_opts *opts,
		     struct imans_replay **replay);
void imans_replay_free(struct imans_replay *replay);
/*
 * Extend with an entry, in all banks; entries of other PCRs change nothing.
 * Digests are recomputed from the data; violations count as 0xff bytes.
 */
int imans_replay_extend(struct imans_replay *replay,
			const struct imans_entry *entry);
/* How many entries were extended, those of other PCRs not counted. */
uint64_t imans_replay_count(const struct imans_replay *replay);
void imans_replay_values(const struct imans_replay *replay,
			 struct imans_pcrs *values);

/*
 * Search, entry by entry, for the shortest prefix that gives the values of a
 * PCR in ALL banks of `quoted`; no entry is a prefix, too. Replayed are the
 * banks of `start`, if it is given, else of `quoted`; the options' `banks` is not
 * looked at. Entries are counted from the first that is extended. Errors as
 * imans_replay_new().
 */
struct imans_prefix;

int imans_prefix_new(struct imans_ctx *ctx, const struct imans_pcrs *quoted,
		     const struct imans_replay_opts *opts,
		     struct imans_prefix **prefix);
void imans_prefix_free(struct imans_prefix *prefix);
/* As imans_replay_extend(); once the prefix is found, nothing more is done. */
int imans_prefix_extend(struct imans_prefix *prefix,
			const struct imans_entry *entry);
/* Whether it was found; its number of entries (may be NULL). */
bool imans_prefix_found(const struct imans_prefix *prefix, uint64_t *entries);
/* Entries after which one bank had its value; IMANS_NO_ENTRY: it never had. */
uint64_t imans_prefix_bank(const struct imans_prefix *prefix,
			   enum imans_bank bank);
/* The PCR's values after the prefix or, before it is found, so far. */
void imans_prefix_values(const struct imans_prefix *prefix,
			 struct imans_pcrs *values);

/* ------------------------------------------------------ ima-ns/ events --- */

enum imans_event {
	IMANS_EVENT_NONE	= 0,	/* not under "ima-ns/" */
	IMANS_EVENT_BOOT,
	IMANS_EVENT_CREATE,
	IMANS_EVENT_ENTER,
	IMANS_EVENT_LOSS,
	IMANS_EVENT_DESTROY,
	IMANS_EVENT_BIND,
	IMANS_EVENT_RECORDS,
	IMANS_EVENT_HEADS,
	IMANS_EVENT_UNKNOWN,		/* under "ima-ns/", but none of these */
};

/*
 * By the entry's name alone: whether it may count is the verifier's business.
 * Errors as imans_entry_name().
 */
int imans_entry_event(const struct imans_entry *entry, enum imans_event *event);

#define IMANS_BOOT_PCR_FILTER	(1U << 0)	/* user space can't extend */
#define IMANS_BOOT_TPM_CLOCK	(1U << 1)	/* the two counts are valid */

struct imans_boot {
	uint32_t flags;
	uint8_t boot_id[IMANS_BOOT_ID_SIZE];
	uint32_t reset_count;
	uint32_t restart_count;
};

#define IMANS_OVERFLOW_DENY	0	/* past the quota: refused */
#define IMANS_OVERFLOW_MARK	1	/* goes on, unmeasured */

struct imans_create {
	uint32_t depth;
	uint8_t boot_id[IMANS_BOOT_ID_SIZE];
	uint64_t id;
	uint64_t parent;
	uint64_t boottime_ns;
	uint64_t realtime_ns;
	uint8_t key_digest[IMANS_HASH_SIZE];
	uint8_t policy_digest[IMANS_HASH_SIZE];
	uint64_t quota;			/* of its list; 0: its parent's */
	uint32_t overflow;		/* IMANS_OVERFLOW_* */
	char template_name[IMANS_TEMPLATE_NAME_MAX + 1];
	char label[IMANS_LABEL_MAX + 1];
};

/* Code that a task brought along when it entered. Pointers into the buffer. */
struct imans_enter {
	uint64_t id;
	bool cut;			/* the path is the end of a longer one */
	struct imans_file_digest digest;
	const char *path;		/* ends in a NUL */
	size_t path_len;
};

struct imans_destroy {
	uint64_t id;
	uint64_t entries;
	uint64_t records;
	uint64_t violations;
	uint64_t losses;
};

enum imans_loss_reason {
	IMANS_LOSS_MEMORY	= 1,	/* there was no memory */
	IMANS_LOSS_FILE		= 2,	/* the file could not be read */
	IMANS_LOSS_QUOTA	= 3,	/* a quota was used up */
};

struct imans_loss {
	enum imans_loss_reason reason;
	uint64_t id;
	uint64_t losses;		/* until then, this one included */
};

struct imans_records {
	uint64_t index;			/* in this boot, of the first one */
	uint32_t count;
	const uint8_t *records;		/* count * IMANS_RECORD_SIZE bytes */
};

struct imans_heads {
	uint8_t boot_id[IMANS_BOOT_ID_SIZE];
	uint8_t nonce[IMANS_HEADS_NONCE_SIZE];
	uint64_t records;		/* of this boot, before the event */
	uint64_t leaves;		/* active namespaces */
	uint8_t root[IMANS_HASH_SIZE];	/* RFC 9162, over the leaves */
};

/* What a task of the namespace wants to be known by. */
struct imans_bind {
	uint64_t id;
	const uint8_t *data;		/* points into the buffer */
	size_t len;			/* 1 to IMANS_BIND_MAX */
};

enum imans_record_type {
	IMANS_RECORD_CREATE	= 1,
	IMANS_RECORD_ENTRY	= 2,
	IMANS_RECORD_DESTROY	= 3,
	IMANS_RECORD_LOSS	= 4,
};

struct imans_record {
	enum imans_record_type type;
	uint64_t id;
	uint64_t seq;
	uint64_t parent;
	uint8_t commitment[IMANS_HASH_SIZE];
};

/*
 * Decode the buffer of an event. -EBADMSG: wrong magic, size, count, or a
 * reserved byte that is not zero; -EPROTONOSUPPORT: another version or suite.
 */
int imans_boot_decode(struct imans_ctx *ctx, const void *buf, size_t len,
		      struct imans_boot *boot);
int imans_create_decode(struct imans_ctx *ctx, const void *buf, size_t len,
			struct imans_create *create);
int imans_enter_decode(struct imans_ctx *ctx, const void *buf, size_t len,
		       struct imans_enter *enter);
int imans_destroy_decode(struct imans_ctx *ctx, const void *buf, size_t len,
			 struct imans_destroy *destroy);
int imans_loss_decode(struct imans_ctx *ctx, const void *buf, size_t len,
		      struct imans_loss *loss);
int imans_bind_decode(struct imans_ctx *ctx, const void *buf, size_t len,
		      struct imans_bind *bind);
int imans_records_decode(struct imans_ctx *ctx, const void *buf, size_t len,
			 struct imans_records *records);
int imans_heads_decode(struct imans_ctx *ctx, const void *buf, size_t len,
		       struct imans_heads *heads);
int imans_record_decode(struct imans_ctx *ctx,
			const uint8_t raw[IMANS_RECORD_SIZE],
			struct imans_record *record);

/* -------------------------------------------- records and commitments --- */

/* k_seq, the key of one record: with it alone that one entry can be shown. */
int imans_record_key(struct imans_ctx *ctx, const uint8_t key[IMANS_KEY_SIZE],
		     uint64_t seq, uint8_t k_seq[IMANS_KEY_SIZE]);
/* E: binds the template's name and its true data, a violation's too. */
int imans_entry_bind(const struct imans_entry *entry,
		     uint8_t e[IMANS_HASH_SIZE]);
/* The commitment; of `raw` only the first 32 bytes are used. */
int imans_record_commit(struct imans_ctx *ctx,
			const uint8_t k_seq[IMANS_KEY_SIZE],
			const uint8_t boot_id[IMANS_BOOT_ID_SIZE],
			const uint8_t raw[IMANS_RECORD_SIZE],
			const uint8_t vpcr[IMANS_HASH_SIZE],
			const uint8_t e[IMANS_HASH_SIZE],
			uint8_t commitment[IMANS_HASH_SIZE]);
/* 0: the record's commitment opens; -EKEYREJECTED: it does not. */
int imans_record_open(struct imans_ctx *ctx,
		      const uint8_t k_seq[IMANS_KEY_SIZE],
		      const uint8_t boot_id[IMANS_BOOT_ID_SIZE],
		      const uint8_t raw[IMANS_RECORD_SIZE],
		      const uint8_t vpcr[IMANS_HASH_SIZE],
		      const uint8_t e[IMANS_HASH_SIZE]);

/* ------------------------------------------------------------ findings --- */

enum imans_severity {
	IMANS_NOTE	= 0,	/* shown; takes nothing away */
	IMANS_DOUBT	= 1,	/* forbids "trusted" */
	IMANS_FAIL	= 2,	/* the evidence does not hold */
};

enum imans_finding_code {
	/* Any list. */
	IMANS_F_TOO_MANY		= 1,  /* findings past the bound */
	IMANS_F_LIST_MALFORMED		= 2,  /* can't be read further */
	IMANS_F_ENTRY_MALFORMED		= 3,  /* not what its template says */
	IMANS_F_ENTRY_DIGEST		= 4,  /* header's digest is not the data's */
	IMANS_F_ENTRY_TEMPLATE		= 5,  /* unknown, or not CREATE's */
	IMANS_F_EVENT_PCR		= 6,  /* ima-ns/ name, other PCR */
	IMANS_F_EVENT_TEMPLATE		= 7,  /* ima-ns/ name, not ima-buf */
	IMANS_F_EVENT_VIOLATION		= 8,  /* ima-ns/ name, zero digest */
	IMANS_F_EVENT_DIGEST		= 9,  /* d-ng is not the buffer's */
	IMANS_F_EVENT_UNKNOWN		= 10, /* no such event */
	IMANS_F_EVENT_MISPLACED		= 11, /* event of another kind of list */
	IMANS_F_EVENT_MALFORMED		= 12, /* buffer can't be decoded */

	/* The host's list. */
	IMANS_F_WEAK_BANK		= 100, /* nothing but SHA-1 was quoted */
	IMANS_F_NO_PREFIX		= 101, /* no prefix gives the PCR values */
	IMANS_F_BANKS_DIFFER		= 102, /* banks match different prefixes */
	IMANS_F_HOST_TAIL		= 103, /* entries after the prefix */
	IMANS_F_NO_BOOT			= 104, /* records without ima-ns/boot */
	IMANS_F_RECORD_INDEX		= 105, /* a gap, or a repeat */
	IMANS_F_RECORD_MALFORMED	= 106,
	IMANS_F_RECORD_HOLE		= 107, /* a seq is missing */
	IMANS_F_RECORD_REPEAT		= 108, /* a seq came before */
	IMANS_F_RECORD_NO_CREATE	= 109, /* the first is not CREATE */
	IMANS_F_RECORD_CREATE		= 110, /* CREATE is not seq 0 */
	IMANS_F_RECORD_AFTER_DESTROY	= 111,
	IMANS_F_RECORD_PARENT		= 112, /* unknown, too deep or ended */
	IMANS_F_HEADS			= 113, /* not what records say */
	IMANS_F_REDACTED		= 114, /* entries are but digests */
	IMANS_F_REDACTED_BANK		= 115, /* they lack a bank's digests */
	IMANS_F_HEADS_MISSING		= 116, /* none for this verifier */
	IMANS_F_NODE_VERDICT		= 117, /* the operator's is none, or bad */
	IMANS_F_NODE_VERDICT_TAKEN	= 118, /* it is good */

	/* A namespace's list. */
	IMANS_F_NS_UNKNOWN		= 200, /* host's list has no record of it */
	IMANS_F_NS_NO_CREATE		= 201, /* entry 0 is not ima-ns/create */
	IMANS_F_NS_SECOND_CREATE	= 202,
	IMANS_F_NS_CREATE		= 203, /* id, parent, depth, label bad */
	IMANS_F_NS_BOOT			= 204, /* of another boot */
	IMANS_F_NS_KEY			= 205, /* not the key of CREATE */
	IMANS_F_NS_ID			= 206, /* entry of another namespace */
	IMANS_F_NS_LABEL		= 207, /* entry's label is not CREATE's */
	IMANS_F_NS_PCR			= 208, /* entry's PCR is not 10 */
	IMANS_F_NS_TYPE			= 209, /* record's type is not the entry's */
	IMANS_F_NS_COMMIT		= 210, /* commitments that don't open */
	IMANS_F_NS_MISSING		= 211, /* records without entries */
	IMANS_F_NS_UNPROVEN		= 212, /* entries without records */
	IMANS_F_NS_AFTER_DESTROY	= 213,
	IMANS_F_NS_DESTROY		= 214, /* DESTROY's counts are wrong */
	IMANS_F_NS_COPY			= 215, /* descendants' records differ */
	IMANS_F_NS_ORDER		= 216, /* own and copied entries swapped */
	IMANS_F_NS_VIOLATION		= 217,
	IMANS_F_NS_LOSS			= 218,
	IMANS_F_LEAF			= 219, /* heads' leaf is not the list's */
	IMANS_F_LEAF_PATH		= 220, /* it is not in heads' tree */
	IMANS_F_LEAF_MISSING		= 221, /* there is none */

	/* The quote. */
	IMANS_F_QUOTE_MALFORMED		= 300, /* structure can't be read */
	IMANS_F_QUOTE_TYPE		= 301, /* not TPM_GENERATED, not QUOTE */
	IMANS_F_QUOTE_NONCE		= 302, /* extraData is not this nonce's */
	IMANS_F_QUOTE_SIGNATURE		= 303,
	IMANS_F_QUOTE_KEY		= 304, /* not the pinned key */
	IMANS_F_QUOTE_KEY_ATTRIBUTES	= 305, /* not a restricted TPM key */
	IMANS_F_QUOTE_PCR		= 306, /* PCR 10 is not quoted */
	IMANS_F_QUOTE_PCR_DIGEST	= 307, /* PCR values don't give it */
	IMANS_F_QUOTE_CLOCK		= 308, /* counts are not ima-ns/boot's */
	IMANS_F_QUOTE_NO_CLOCK		= 309, /* ima-ns/boot has no counts */

	/* Whether a key of a TPM is trusted, and for this node. */
	IMANS_F_AK_UNKNOWN		= 310, /* neither enrolled nor certified */
	IMANS_F_AK_OTHER_NODE		= 311, /* enrolled for another node */
	IMANS_F_AK_ATTRIBUTES		= 312, /* not what can be enrolled */
	IMANS_F_EK_TEMPLATE		= 313, /* not of a default template */
	IMANS_F_EK_UNKNOWN		= 314, /* neither pinned nor certified */
	IMANS_F_CERT_MALFORMED		= 315,
	IMANS_F_CERT_KEY		= 316, /* of another key */
	IMANS_F_CERT_CHAIN		= 317, /* leads to no given root */
	IMANS_F_CERT_TIME		= 318, /* not valid now */
	IMANS_F_CERT_REVOKED		= 319, /* or no CRL tells */
	IMANS_F_CERT_USAGE		= 320, /* not for such a key */
	IMANS_F_CERT_NODE		= 321, /* names another node */

	/* The node. */
	IMANS_F_BOOT_UNCHECKED		= 330, /* no reference was given */
	IMANS_F_PCR_FILTER_OFF		= 331, /* user space may extend PCR 10 */
	IMANS_F_NODE_UNPROVEN		= 332, /* quote or host list don't hold */
	IMANS_F_NODE_VIOLATION		= 333, /* violations in the host's list */
	IMANS_F_NODE_UNCHECKED		= 334, /* no policy for its own entries */

	/* Accounting. */
	IMANS_F_NS_NOT_CARRIED		= 340, /* records, but no list */
	IMANS_F_NS_NO_KEY		= 341, /* list, but no key */
	IMANS_F_NS_UNACCOUNTED		= 342, /* of the node: not opened */
	IMANS_F_NS_DESCENDANT		= 343, /* one of its own is not well */
	IMANS_F_NS_OPAQUE		= 344, /* not opened, as policy allows */
	IMANS_F_NS_AFTER_QUOTE		= 345, /* no record inside the prefix */
	IMANS_F_NS_PARENT		= 346, /* evidence names another parent */

	/* Content. */
	IMANS_F_NO_REFERENCE		= 350, /* no policy for this label */
	IMANS_F_NOT_IN_REFERENCE	= 351, /* file is not listed */
	IMANS_F_MEMFD			= 352, /* memfd, a listed file's content */
	IMANS_F_NS_POLICY		= 353, /* policy digest is not allowed */
	IMANS_F_NO_DIGEST		= 354, /* file digest can't be compared */
	IMANS_F_NOT_COMPARED		= 355, /* a policy allows any content */
	IMANS_F_SIGNATURE		= 356, /* file's signature does not hold */

	/* Entries that are disclosed alone. */
	IMANS_F_DISCLOSED_CLOSED	= 400, /* its record does not open */
	IMANS_F_DISCLOSED_RECORD	= 401, /* the host has no record of it */
	IMANS_F_DISCLOSED_COUNT		= 402, /* not as many as openings */

	/* Channels. */
	IMANS_F_CHANNEL			= 410, /* its value was not bound */
	IMANS_F_CHANNEL_BOUND		= 411, /* it was, in this entry */

	/* From round to round. */
	IMANS_F_STATE_CLOCK		= 420, /* older than the last quote */
	IMANS_F_STATE_GAP		= 421, /* begins after what was proven */
	IMANS_F_STATE_SHORT		= 422, /* shorter than what was proven */
	IMANS_F_STATE_HEADER		= 423, /* other digests in its headers */
	IMANS_F_STATE_BOOT		= 424, /* the node has booted anew */
	IMANS_F_STATE_EARLIER		= 425, /* untrusted in an earlier round */
	IMANS_F_STATE_COVERED		= 427, /* not what was covered before */

	/* A tenant's signed verdict: taken, or refused and why. */
	IMANS_F_DELEGATED		= 440, /* taken; it is good */
	IMANS_F_DELEGATED_INCOMPLETE	= 441, /* taken; it is "incomplete" */
	IMANS_F_DELEGATED_UNTRUSTED	= 442, /* taken; it is "untrusted" */
	IMANS_F_SIGNED_MALFORMED	= 443,
	IMANS_F_SIGNED_KEY		= 444, /* of a key that is not trusted */
	IMANS_F_SIGNED_ALGORITHM	= 445, /* not the key's */
	IMANS_F_SIGNED_SIGNATURE	= 446,
	IMANS_F_SIGNED_KIND		= 447, /* not a tenant's */
	IMANS_F_SIGNED_TIME		= 448, /* expired, or of the future */
	IMANS_F_SIGNED_NONCE		= 449, /* another nonce, and too old */
	IMANS_F_SIGNED_BOOT		= 450, /* of another boot */
	IMANS_F_SIGNED_NODE		= 451, /* of another node's key */
	IMANS_F_SIGNED_SCOPE		= 452, /* not its tenant's namespace */
	IMANS_F_SIGNED_UNKNOWN		= 453, /* no record of the namespace */
	IMANS_F_SIGNED_LAGGING		= 454, /* there are newer records */
	IMANS_F_SIGNED_AHEAD		= 455, /* of records not yet quoted */
	IMANS_F_SIGNED_RECORDS		= 456, /* it saw other records */
	IMANS_F_SIGNED_CREATE		= 457, /* its CREATE does not open */

	/* The boot. */
	IMANS_F_BOOT_NO_LOG		= 460, /* references, but no firmware log */
	IMANS_F_BOOT_NOT_QUOTED		= 461, /* PCRs 0 to 9, in no good bank */
	IMANS_F_FWLOG_MALFORMED		= 462, /* can't be read */
	IMANS_F_FWLOG_REPLAY		= 463, /* does not give the quoted PCRs */
	IMANS_F_FWLOG_DATA		= 464, /* data is not what was measured */
	IMANS_F_FWLOG_BANK		= 465, /* a quoted bank is not in it */
	IMANS_F_BOOT_EVENT		= 466, /* not in the references */
	IMANS_F_BOOT_MISSING		= 467, /* in the references, not in the log */
	IMANS_F_BOOT_VALUE		= 468, /* PCR's value is not listed */
	IMANS_F_BOOT_UNLISTED		= 469, /* references say nothing of a PCR */
	IMANS_F_BOOT_IGNORED		= 470, /* references ask not to compare it */
	IMANS_F_BOOT_UNPROVEN		= 471, /* of a namespace: the boot's fault */
	IMANS_F_BOOT_AGGREGATE		= 472, /* is not that of the quoted PCRs */
	IMANS_F_BOOT_ORDER		= 473, /* not the references' order */
};

struct imans_finding {
	enum imans_finding_code code;
	enum imans_severity severity;
	uint64_t nsid;			/* 0: the host */
	uint64_t entry;			/* in that one's list, or IMANS_NO_ENTRY */
	const char *text;		/* one line */
};

struct imans_findings;

/* No more than this are kept; one IMANS_F_TOO_MANY (FAIL) says so. */
#define IMANS_FINDINGS_MAX	65536

int imans_findings_new(struct imans_findings **findings);
void imans_findings_free(struct imans_findings *findings);
size_t imans_findings_count(const struct imans_findings *findings);
/* NULL if there are not so many. Valid until the findings are freed. */
const struct imans_finding *imans_findings_get(const struct imans_findings *f,
					       size_t n);
/* "event-template"; NULL if there is no such code. */
const char *imans_finding_name(enum imans_finding_code code);

/* ------------------------------------- the host's list, proven by PCRs --- */

struct imans_host;

struct imans_host_opts {
	size_t sz;
	const char *name;		/* in messages; default "host" */
	enum imans_header header;
	uint32_t padded_banks;		/* as in imans_replay_opts */
	bool redacted;			/* as in imans_list_opts */
	uint32_t redacted_banks;
	/*
	 * IMANS_HEADS_NONCE_SIZE bytes of imans_heads_nonce(): a redacted list
	 * proves nothing past the last ima-ns/heads with it.
	 */
	const uint8_t *heads_nonce;
};

/*
 * Prove a host's list: find the prefix that gives the values of PCR 10 in ALL
 * banks of `quoted`, and collect the records of the last boot inside it.
 * `findings` are appended to; the call succeeds even if nothing is proven
 * (imans_host_proven() tells). Errors: -EINVAL (no bank), -E2BIG, -ENOMEM,
 * -ENOTSUP. `data` need not outlive the call.
 */
int imans_host_prove(struct imans_ctx *ctx, const void *data, size_t len,
		     const struct imans_pcrs *quoted,
		     const struct imans_host_opts *opts,
		     struct imans_findings *findings, struct imans_host **host);
void imans_host_free(struct imans_host *host);

/* A prefix was found; without one there are no records. */
bool imans_host_proven(const struct imans_host *host);
/* Entries of the prefix, and of the list as far as it could be read. */
uint64_t imans_host_prefix(const struct imans_host *host);
uint64_t imans_host_entries(const struct imans_host *host);
/* The last ima-ns/boot; -ENODATA if there is none. */
int imans_host_boot(const struct imans_host *host, struct imans_boot *boot);
/* Records since then. */
uint64_t imans_host_records(const struct imans_host *host);

/* What the host's list says of a namespace. */
struct imans_host_ns {
	uint64_t id;
	uint64_t parent;		/* 0: the host's namespace */
	uint32_t depth;			/* 0: its parents are not known */
	uint64_t records;
	uint64_t losses;		/* LOSS records */
	bool ended;			/* there is a DESTROY record */
};

/* Namespaces by rising id. -ENOENT. */
size_t imans_host_ns_count(const struct imans_host *host);
int imans_host_ns(const struct imans_host *host, size_t n,
		  struct imans_host_ns *ns);
int imans_host_ns_by_id(const struct imans_host *host, uint64_t id,
			struct imans_host_ns *ns);

/* ------------------------------------------------ proof of a namespace --- */

struct imans_proof;

struct imans_proof_opts {
	size_t sz;
	const char *name;		/* in messages; default "namespace ID" */
	enum imans_header header;
};

/*
 * Prove namespace `id`: its list against the host's records, opened with its
 * key. `findings` are appended to; the call succeeds whatever they are.
 * Errors: -EINVAL, -E2BIG, -ENOMEM, -ENOTSUP. The host must outlive the call,
 * not the proof; `data` need not outlive the call.
 */
int imans_host_prove_ns(struct imans_host *host, uint64_t id, const void *data,
			size_t len, const uint8_t key[IMANS_KEY_SIZE],
			const struct imans_proof_opts *opts,
			struct imans_findings *findings,
			struct imans_proof **proof);
void imans_proof_free(struct imans_proof *proof);

struct imans_proof_info {
	uint64_t id;
	uint64_t entries;	/* in the list, as far as it could be read */
	uint64_t proven;	/* of these, from the start, backed by records */
	uint64_t own;		/* proven own entries: seq 0 to own - 1 */
	uint64_t copies;	/* proven copies of descendants' records */
	uint64_t violations;	/* among the proven */
	uint64_t losses;	/* ima-ns/loss events among the proven */
	bool has_create;	/* `create` below is valid */
	bool ended;		/* DESTROY is among the proven */
	bool complete;		/* no IMANS_FAIL was found by this proof */
	uint8_t vpcr[IMANS_HASH_SIZE];	/* after the proven entries */
};

void imans_proof_info(const struct imans_proof *proof,
		      struct imans_proof_info *info);
/* CREATE as the list tells it; -ENODATA. */
int imans_proof_create(const struct imans_proof *proof,
		       struct imans_create *create);

/* ----------------------------------------------- quote, evidence, TPM --- */

/* Bounds of the verifier's nonce, and of its name. */
#define IMANS_NONCE_MIN		16
#define IMANS_NONCE_MAX		64
#define IMANS_VERIFIER_MAX	255

/* Where the kernel shows namespaces; the host's lists are one level up. */
#define IMANS_NS_DIR	"/sys/kernel/security/integrity/ima/ns"
/* The kernel's resource manager. */
#define IMANS_TCTI	"device:/dev/tpmrm0"

/*
 * Evidence: what a node hands to a verifier, one CBOR file (see
 * Documentation/evidence.cddl). Nothing in it is checked before it is
 * verified, except that it is well formed.
 */
struct imans_evidence;

/*
 * -EBADMSG: not evidence, or malformed; -EPROTONOSUPPORT: another version;
 * -EFBIG: past a gigabyte; -ENOMEM; read's. `data` need not outlive the call.
 */
int imans_evidence_parse(struct imans_ctx *ctx, const void *data, size_t len,
			 const char *name, struct imans_evidence **evidence);
int imans_evidence_read(struct imans_ctx *ctx, const char *path,
			struct imans_evidence **evidence);
void imans_evidence_free(struct imans_evidence *evidence);

/* An empty one, to be filled by the setters, which copy. -ENOMEM. */
int imans_evidence_new(struct imans_ctx *ctx, struct imans_evidence **evidence);
/* TPMS_ATTEST, TPMT_SIGNATURE and TPMT_PUBLIC, marshalled. -EINVAL, -ENOMEM. */
int imans_evidence_set_quote(struct imans_evidence *evidence,
			     const void *quote, size_t quote_len,
			     const void *signature, size_t signature_len,
			     const void *ak, size_t ak_len);
int imans_evidence_set_verifier(struct imans_evidence *evidence,
				const char *verifier_id);
/* `digest` is as long as the bank's. -EINVAL: no such PCR or bank. */
int imans_evidence_set_pcr(struct imans_evidence *evidence,
			   enum imans_bank bank, unsigned int pcr,
			   const uint8_t *digest, size_t len);
int imans_evidence_set_host(struct imans_evidence *evidence,
			    enum imans_header header, const void *data,
			    size_t len);
int imans_evidence_set_firmware_log(struct imans_evidence *evidence,
				    const void *data, size_t len);
/*
 * The attestation key's certificate, and those that lead from it to a root; in
 * PEM, or one in DER. -EBADMSG: none; -EMSGSIZE: more than 8, or too long.
 */
int imans_evidence_add_ak_certs(struct imans_evidence *evidence,
				const void *data, size_t len, const char *name);

/* A namespace in evidence. Strings and bytes belong to the evidence. */
struct imans_evidence_ns {
	uint64_t id;
	uint64_t parent;		/* 0: the host's namespace */
	const char *path;		/* "3/7": ids from the host's child down */
	enum imans_header header;	/* of the list */
	const uint8_t *list;
	size_t list_len;
	const uint8_t *key;		/* IMANS_KEY_SIZE bytes, or NULL */
	const char *status;		/* text of `status`, or NULL */
	/* Where in the whole list it begins: entries and bytes before it. */
	uint64_t since_entries;
	uint64_t since_offset;
};

/* Copies all. -EINVAL; -EEXIST: the id is there; -ENOMEM. */
int imans_evidence_add_ns(struct imans_evidence *evidence,
			  const struct imans_evidence_ns *ns);
/* K of one that is there. -ENOENT. */
int imans_evidence_set_key(struct imans_evidence *evidence, uint64_t id,
			   const uint8_t key[IMANS_KEY_SIZE]);
size_t imans_evidence_ns_count(const struct imans_evidence *evidence);
/* -ENOENT. */
int imans_evidence_ns(const struct imans_evidence *evidence, size_t n,
		      struct imans_evidence_ns *ns);
const uint8_t *imans_evidence_host(const struct imans_evidence *evidence,
				   size_t *len, enum imans_header *header);
/* NULL if it has none. */
const uint8_t *
imans_evidence_firmware_log(const struct imans_evidence *evidence, size_t *len);
/*
 * The host's list is what follows that many entries and bytes of the whole one:
 * for a verifier that has the rest behind it. -EINVAL: one of them is 0.
 */
int imans_evidence_set_host_since(struct imans_evidence *evidence,
				  uint64_t entries, uint64_t offset);
void imans_evidence_host_since(const struct imans_evidence *evidence,
			       uint64_t *entries, uint64_t *offset);
/* "" if the evidence names none. */
const char *imans_evidence_verifier(const struct imans_evidence *evidence);

/* Allocated bytes, to be given to free(). -EINVAL: unfinished; -ENOMEM. */
int imans_evidence_encode(const struct imans_evidence *evidence,
			  uint8_t **data, size_t *len);
/* Through a temporary file beside it: never half-written. encode's, write's. */
int imans_evidence_write(const struct imans_evidence *evidence,
			 const char *path);

/* What a quote says, once it is verified. */
struct imans_quote {
	bool verified;			/* no IMANS_FAIL was found */
	struct imans_pcrs pcr10;	/* PCR 10 in the quoted banks */
	struct imans_pcrs boot[IMANS_BOOT_PCRS];	/* PCRs 0 to 9, likewise */
	uint64_t clock;			/* TPMS_CLOCK_INFO */
	uint32_t reset_count;
	uint32_t restart_count;
	bool clock_safe;
	uint64_t firmware_version;
};

struct imans_ak_trust;

struct imans_quote_opts {
	size_t sz;
	const void *nonce;		/* IMANS_NONCE_MIN to _MAX bytes */
	size_t nonce_len;
	const char *verifier_id;	/* default "" */
	/* One of the two: */
	const char *ak_pem;		/* text of the pinned public key */
	const struct imans_ak_trust *ak_trust;
};

/*
 * Verify the quote in evidence with OpenSSL, as the TPM 2.0 Library, Part 2,
 * defines it: TPM_GENERATED, type, extraData, signature, the key's identity and
 * attributes, PCR 10 in a bank other than SHA-1, pcrDigest. What is wrong
 * becomes a finding. Errors: -EINVAL (options; no P-256 key in `ak_pem`),
 * -E2BIG, -ENOMEM, -EIO.
 */
int imans_quote_verify(const struct imans_evidence *evidence,
		       const struct imans_quote_opts *opts,
		       struct imans_findings *findings,
		       struct imans_quote *quote);

/* SHA-256("ima-ns/v1 quote" || nonce || verifier id). -EINVAL, -ENOMEM. */
int imans_quote_extra_data(struct imans_ctx *ctx, const void *nonce,
			   size_t nonce_len, const char *verifier_id,
			   uint8_t extra[IMANS_HASH_SIZE]);

/* A TPM, through tpm2-tss. NULL stands for IMANS_TCTI. -EIO, -ENOMEM. */
struct imans_tpm;
int imans_tpm_open(struct imans_ctx *ctx, const char *tcti,
		   struct imans_tpm **tpm);
void imans_tpm_close(struct imans_tpm *tpm);

/* An attestation key, wrapped by the TPM that made it. */
struct imans_ak;
/* Size of a name in a TPM of an object whose nameAlg is SHA-256. */
#define IMANS_TPM_NAME_SIZE	34

/*
 * A restricted ECDSA P-256 SHA-256 signing key under an ECC storage key of the
 * endorsement hierarchy: for keys of the owner's, a TPM obscures resetCount and
 * restartCount in quotes, and nothing could be compared with ima-ns/boot.
 * -EIO: the TPM refused, its words are in the error's text.
 */
int imans_ak_create(struct imans_tpm *tpm, struct imans_ak **ak);
/*
 * The same with an authorization value, of up to IMANS_AK_AUTH_MAX bytes, that
 * the key's use needs: it is in no file, nor sent to the TPM in clear. A key
 * that was read is told it by imans_ak_set_auth(). -EINVAL; -EACCES: what uses
 * the key fails so if it is wrong.
 */
#define IMANS_AK_AUTH_MAX	32
int imans_ak_create_auth(struct imans_tpm *tpm, const void *auth,
			 size_t auth_len, struct imans_ak **ak);
int imans_ak_set_auth(struct imans_ak *ak, const void *auth, size_t len);
void imans_ak_free(struct imans_ak *ak);
/* The file is of use to the TPM that made it only. -EBADMSG; read's, write's. */
int imans_ak_read(struct imans_ctx *ctx, const char *path, struct imans_ak **ak);
int imans_ak_write(const struct imans_ak *ak, const char *path);
/* The public key in PEM, to be given to free(). -EBADMSG, -ENOMEM. */
int imans_ak_pem(const struct imans_ak *ak, char **pem);
int imans_ak_write_pem(const struct imans_ak *ak, const char *path);
/* TPMT_PUBLIC, marshalled; and its name, 34 bytes: 000b || SHA-256. */
const uint8_t *imans_ak_public(const struct imans_ak *ak, size_t *len);
int imans_ak_name(const struct imans_ak *ak, uint8_t name[IMANS_TPM_NAME_SIZE]);

struct imans_state;

struct imans_attest_opts {
	size_t sz;
	const void *nonce;
	size_t nonce_len;
	const char *verifier_id;	/* default "" */
	const char *ns_dir;		/* default IMANS_NS_DIR */
	bool heads;			/* have ima-ns/heads made for the nonce */
	bool no_keys;			/* leave the namespaces' keys out */
	/* What the verifier knows: of its boot, only what is new is read. */
	const struct imans_state *since;
};

/*
 * Make evidence: quote PCRs 0 to 10 in all allocated banks, and only then read
 * the firmware's log, the host's list and those of all visible namespaces. One that vanishes meanwhile
 * is left out, with a message to the log; a key that may not be read too.
 * -EINVAL, -E2BIG, -EIO, -EBUSY (PCR 10 changes too fast), -ENOMEM; open's.
 */
int imans_attest(struct imans_tpm *tpm, const struct imans_ak *ak,
		 const struct imans_attest_opts *opts,
		 struct imans_evidence **evidence);

/* ----------------------------------------- trust in attestation keys --- */

/* Bound of a node's name: printable ASCII without spaces. */
#define IMANS_NODE_MAX		255

/* Certificate authorities that a verifier trusts. */
struct imans_ca;

enum imans_ca_kind {
	IMANS_CA_ROOT		= 1,
	IMANS_CA_INTERMEDIATE	= 2,	/* may help to reach a root */
	IMANS_CA_CRL		= 3,	/* with one, each issuer needs one */
};

int imans_ca_new(struct imans_ctx *ctx, struct imans_ca **ca);
void imans_ca_free(struct imans_ca *ca);
/*
 * Add all that is in a text in PEM, or one in DER. `name` is for messages.
 * -EINVAL, -EBADMSG, -EMSGSIZE, -ENOMEM.
 */
int imans_ca_add(struct imans_ca *ca, enum imans_ca_kind kind, const void *data,
		 size_t len, const char *name);

/*
 * Enrolment by credential activation: four messages, which are files, lead to
 * the verifier's record that a key is in the TPM of a node:
 * node: REQUEST -> verifier: CHALLENGE (and STATE, which stays there)
 * -> node: RESPONSE -> verifier: RECORD. All are JSON; ima-ns-ak(1) has them.
 */
enum imans_enrol_kind {
	IMANS_ENROL_REQUEST	= 1,
	IMANS_ENROL_CHALLENGE	= 2,
	IMANS_ENROL_STATE	= 3,
	IMANS_ENROL_RESPONSE	= 4,
	IMANS_ENROL_RECORD	= 5,
};

struct imans_enrol;

/* -EBADMSG, -EPROTONOSUPPORT (version), -EINVAL (kind), -EFBIG, -ENOMEM. */
int imans_enrol_parse(struct imans_ctx *ctx, enum imans_enrol_kind kind,
		      const void *data, size_t len, const char *name,
		      struct imans_enrol **enrol);
int imans_enrol_read(struct imans_ctx *ctx, enum imans_enrol_kind kind,
		     const char *path, struct imans_enrol **enrol);
/*
 * Read a STATE and remove its file: it is good for one response. -ENOENT: it
 * was never there, or was used.
 */
int imans_enrol_take(struct imans_ctx *ctx, const char *path,
		     struct imans_enrol **state);
/* A text, to be given to free(). -ENOMEM. */
int imans_enrol_encode(const struct imans_enrol *enrol, char **text);
/* Mode 0600 for a STATE, which holds a secret, else 0644. */
int imans_enrol_write(const struct imans_enrol *enrol, const char *path);
void imans_enrol_free(struct imans_enrol *enrol);

/* What it says; what its kind does not have is zero, or "". */
struct imans_enrol_info {
	enum imans_enrol_kind kind;
	const char *node;
	uint8_t ek_name[IMANS_TPM_NAME_SIZE];
	uint8_t ak_name[IMANS_TPM_NAME_SIZE];
	bool ek_certified;		/* its certificate was verified */
	size_t certificates;		/* of the EK, in a request */
	uint64_t time;			/* of STATE or RECORD; since 1970 */
};

int imans_enrol_info(const struct imans_enrol *enrol,
		     struct imans_enrol_info *info);

enum imans_ek {
	IMANS_EK_ANY		= 0,	/* the first that has a certificate */
	IMANS_EK_RSA		= 1,	/* TCG's template L-1: RSA-2048 */
	IMANS_EK_ECC		= 2,	/* L-2: ECC NIST P-256 */
};

/* On the node. -EIO: the TPM refused; -EACCES: the key's authorization. */
int imans_enrol_request(struct imans_tpm *tpm, const struct imans_ak *ak,
			enum imans_ek ek, struct imans_enrol **request);

struct imans_enrol_opts {
	size_t sz;
	const char *node;		/* whose TPM this shall be */
	/* How the endorsement key is trusted: one of these, or both. */
	const struct imans_ca *ca;	/* its vendor's authorities */
	const uint8_t (*ek_names)[IMANS_TPM_NAME_SIZE];
	size_t ek_name_count;
};

/*
 * On the verifier. What is wrong with the request becomes a finding, and the
 * call fails with -EKEYREJECTED. -EINVAL, -E2BIG, -ENOMEM, -EIO.
 */
int imans_enrol_challenge(const struct imans_enrol *request,
			  const struct imans_enrol_opts *opts,
			  struct imans_findings *findings,
			  struct imans_enrol **challenge,
			  struct imans_enrol **state);
/*
 * On the node: the TPM gives the secret out only if it holds both keys.
 * -EKEYREJECTED: it does not; -EIO, -EACCES, -ENOMEM.
 */
int imans_enrol_activate(struct imans_tpm *tpm, const struct imans_ak *ak,
			 const struct imans_enrol *challenge,
			 struct imans_enrol **response);
/*
 * On the verifier, with a state of imans_enrol_take(). `max_age` is in seconds;
 * 0 for a day. -EKEYREJECTED: the response is not to this challenge, or does
 * not prove it; -ETIMEDOUT: the challenge is too old; -EINVAL, -ENOMEM, -EIO.
 */
int imans_enrol_finish(const struct imans_enrol *state,
		       const struct imans_enrol *response, uint64_t max_age,
		       struct imans_enrol **record);

/*
 * Which attestation keys are this node's, for imans_quote_opts: those that a
 * record of this node has, and those with a certificate of this node's name.
 */
struct imans_ak_trust {
	size_t sz;
	const char *node;
	const struct imans_enrol *const *records;
	size_t record_count;
	const struct imans_ca *ca;
	/* The key's certificates, if not in the evidence; PEM, or one in DER. */
	const void *ak_certs;
	size_t ak_certs_len;
};

/* --------------------------------------------------- heads, redaction --- */

/*
 * What goes into ns/heads for a verifier: SHA-256("ima-ns/v1 heads" || nonce ||
 * verifier id), of the nonce of its quote. -EINVAL, -ENOMEM, -EIO.
 */
int imans_heads_nonce(struct imans_ctx *ctx, const void *nonce,
		      size_t nonce_len, const char *verifier_id,
		      uint8_t heads_nonce[IMANS_HEADS_NONCE_SIZE]);

/* An active namespace's state when "ima-ns/heads" was made. */
struct imans_leaf {
	uint64_t id;
	uint64_t seq;			/* of the next own entry */
	uint64_t entries;		/* in its list */
	uint64_t tasks;			/* threads, counted shortly before */
	uint8_t mac[IMANS_HASH_SIZE];
};

void imans_leaf_decode(const uint8_t raw[IMANS_LEAF_SIZE],
		       struct imans_leaf *leaf);

/*
 * The leaves that ns/heads told, by rising ids: with them evidence can be
 * redacted. -EINVAL: not in multiples of IMANS_LEAF_SIZE; -ENOMEM.
 */
int imans_evidence_set_leaves(struct imans_evidence *evidence,
			      const void *leaves, size_t len);
/* NULL if there are none; `len` in bytes. */
const uint8_t *imans_evidence_leaves(const struct imans_evidence *evidence,
				     size_t *len);
/*
 * Whether the host's list is redacted, and the banks of imans_list_opts to read
 * it with.
 */
bool imans_evidence_redacted(const struct imans_evidence *evidence,
			     uint32_t *banks);

struct imans_state;

struct imans_redact_opts {
	size_t sz;
	const uint64_t *ids;		/* namespaces that are kept */
	size_t id_count;
	const char *const *labels;	/* globs, as fnmatch(3) has them */
	size_t label_count;
	bool subtree;			/* keep also what is below those kept */
	uint32_t padded_banks;		/* as in imans_replay_opts */
	/* A request of the tenant's verifier, or its state: only the rest. */
	const struct imans_state *since;
};

/*
 * Evidence for a tenant: host entries that are not ima-ns/ events are reduced to
 * their digests in the quoted banks, other namespaces' lists and keys are left
 * out; those that are kept have their leaf and its path to heads' root. Nothing
 * need be kept. -EINVAL, -E2BIG, -ENOMEM, -ENOTSUP; -ENOENT: an id is not there;
 * -ENODATA: no leaves, no ima-ns/heads that has their root, or less than `since`
 * has; -EALREADY: it is redacted; -EBADMSG: a list that can't be read.
 */
int imans_evidence_redact(const struct imans_evidence *evidence,
			  const struct imans_redact_opts *opts,
			  struct imans_evidence **redacted);

/* ------------------------------------------- the firmware's event log --- */

/* PCRs that a firmware log is replayed to: 0 to 15. */
#define IMANS_FW_PCRS		16
/* Smallest buffer for the text of an event; 512 holds most. */
#define IMANS_FW_TEXT_MIN	16

/*
 * A log as in /sys/kernel/security/tpm0/binary_bios_measurements (TCG PC Client
 * Platform Firmware Profile): of SHA-1 digests alone, or crypto-agile.
 */
struct imans_fwlog;

/*
 * Memory must stay valid until the log is closed; `name` is what messages call
 * it. -EBADMSG: the first event is cut off, or a malformed header; -EFBIG: a
 * file past 16 MiB; -ENOMEM; open's, read's.
 */
int imans_fwlog_open_mem(struct imans_ctx *ctx, const void *data, size_t len,
			 const char *name, struct imans_fwlog **log);
int imans_fwlog_open_file(struct imans_ctx *ctx, const char *path,
			  struct imans_fwlog **log);
void imans_fwlog_close(struct imans_fwlog *log);
/* Banks that each event has a digest for, of those that the library knows. */
uint32_t imans_fwlog_banks(const struct imans_fwlog *log);

struct imans_fw_event {
	uint64_t index;
	uint64_t offset;
	uint32_t pcr;
	uint32_t type;
	struct imans_pcrs digests;	/* as they are extended, by bank */
	const uint8_t *data;		/* see imans_fw_event_binding() */
	size_t len;
};

/*
 * The next event, or NULL at the end; valid until the next call. EV_NO_ACTION
 * extends nothing. -EBADMSG: malformed, and the log stays there.
 */
int imans_fwlog_next(struct imans_fwlog *log,
		     const struct imans_fw_event **event);
/* Back to the first event. */
void imans_fwlog_rewind(struct imans_fwlog *log);
/*
 * Replay the whole log, and rewind it. PCR 0 begins with what a StartupLocality
 * event says, all else with zeros. -EBADMSG; -ENOTSUP: OpenSSL refuses a hash.
 */
int imans_fwlog_replay(struct imans_fwlog *log,
		       struct imans_pcrs pcrs[IMANS_FW_PCRS]);

/* "EV_SEPARATOR"; NULL if the type is not known. */
const char *imans_fw_type_name(uint32_t type);
/* -EINVAL: no such type. */
int imans_fw_type_parse(const char *name, uint32_t *type);

/* What the event's digests say of its data. */
enum imans_fw_binding {
	IMANS_FW_UNBOUND	= 0,	/* nothing: the data is a mere claim */
	IMANS_FW_PARTLY		= 1,	/* they are of a variable's content, or
					   of what GRUB read: its name is not */
	IMANS_FW_BOUND		= 2,	/* they are those of the data */
	IMANS_FW_WRONG		= 3,	/* they ought to be, and are not */
};

/* -ENOTSUP: OpenSSL refuses a hash. */
int imans_fw_event_binding(struct imans_ctx *ctx,
			   const struct imans_fw_event *event,
			   enum imans_fw_binding *binding);
/*
 * The data as one line of printable ASCII, cut to the buffer: a device path, a
 * variable's name and content, a command of GRUB's. -ENOSPC: no buffer.
 */
int imans_fw_event_text(const struct imans_fw_event *event, char *buf,
			size_t size);

/* ----------------------------------------------- the kernel's keyrings --- */

/*
 * A secret that no file shall have: "keyring:DESCRIPTION" for a key of type
 * "user", or "keyring:TYPE:DESCRIPTION" with "user" or "big_key".
 */
#define IMANS_KEYRING_PREFIX	"keyring:"
/* Largest payload. */
#define IMANS_KEYRING_MAX	32767

/*
 * Errors: -EINVAL (no such text); -EOPNOTSUPP (a type that programs can't read);
 * -ENOSYS (the kernel has no keyrings); -EPERM, -EACCES, -ENOKEY, -EKEYEXPIRED,
 * -EKEYREVOKED, -EKEYREJECTED, -EDQUOT as in keyctl(2) and add_key(2); -EIO
 * for what else the kernel says; -ENOMEM.
 *
 * Read one, of up to `max` bytes: -EFBIG. To be given to imans_key_free().
 */
int imans_keyring_read(struct imans_ctx *ctx, const char *key, size_t max,
		       uint8_t **data, size_t *len);
/*
 * Add one to a keyring: "@t", "@p", "@s", "@u", "@us" as keyctl(1) has them, a
 * serial number; NULL for "@u". -EEXIST: it has a key of that description.
 */
int imans_keyring_add(struct imans_ctx *ctx, const char *key,
		      const char *keyring, const void *data, size_t len);
/* Add one of `len` random bytes, which are given too. As above, and -EIO. */
int imans_keyring_make(struct imans_ctx *ctx, const char *key,
		       const char *keyring, size_t len, uint8_t **data);
/* Revoke one, so that nobody can use it, and take it out of the keyrings. */
int imans_keyring_remove(struct imans_ctx *ctx, const char *key);
/* Overwrite and free; overwrite. */
void imans_key_free(uint8_t *data, size_t len);
void imans_key_wipe(void *data, size_t len);

/* SHA-256(K), which stands in CREATE. -EIO. */
int imans_key_digest(struct imans_ctx *ctx, const uint8_t key[IMANS_KEY_SIZE],
		     uint8_t digest[IMANS_HASH_SIZE]);
/* K of a namespace of this node. -ENOENT, -EBADMSG; imans_tree_read()'s, read's. */
int imans_ns_key(struct imans_ctx *ctx, const char *ns_dir, uint64_t id,
		 uint8_t key[IMANS_KEY_SIZE]);

/* ---------------------------------------------- namespaces of this node --- */

enum imans_ns_state {
	IMANS_NS_NEW,
	IMANS_NS_ACTIVE,
	IMANS_NS_DEAD,
};

/* `status` and `label` of a namespace; strings belong to the tree. */
struct imans_ns_status {
	uint64_t id;
	uint64_t parent;
	uint32_t depth;
	const char *path;		/* "3/7" */
	const char *label;		/* "" while there is none */
	enum imans_ns_state state;
	uint64_t inum;
	uint64_t userns;
	uint64_t entries;
	uint64_t violations;
	uint64_t losses;
	uint64_t records;
	uint64_t quota;			/* 0: its parent's */
	uint64_t used;			/* of that, with all below it */
	uint64_t memory;		/* bytes that their lists take */
	uint32_t overflow;		/* IMANS_OVERFLOW_* */
	bool delegate;
	bool tpm_ok;
	uint8_t vpcr[IMANS_HASH_SIZE];
	const char *text;		/* `status` as it was read */
};

/* Namespaces that the caller can see, parents before children, by id. */
struct imans_tree;

/* `ns_dir`: NULL for IMANS_NS_DIR. -ENOENT, -EPERM, -EBADMSG, -ENOMEM. */
int imans_tree_read(struct imans_ctx *ctx, const char *ns_dir,
		    struct imans_tree **tree);
void imans_tree_free(struct imans_tree *tree);
size_t imans_tree_count(const struct imans_tree *tree);
/* -ENOENT. */
int imans_tree_get(const struct imans_tree *tree, size_t n,
		   struct imans_ns_status *status);
int imans_tree_by_id(const struct imans_tree *tree, uint64_t id,
		     struct imans_ns_status *status);
/* Directory of a namespace, "NS_DIR/3/ns/7", to be given to free(). -ENOENT. */
int imans_tree_dir(const struct imans_tree *tree, uint64_t id, char **dir);

struct imans_ns_opts {
	size_t sz;
	const char *ns_dir;		/* default IMANS_NS_DIR */
	const char *label;		/* 1 to IMANS_LABEL_MAX of 0x21 to 0x7e */
	bool delegate;			/* its root may make namespaces */
	bool key_self;			/* its own tasks may read the key */
	const char *policy;		/* text of its rules, or NULL */
	const char *quota;		/* "ENTRIES", "ENTRIES deny|mark" or NULL */
};

/*
 * Move the calling process, which has one thread, into a new namespace, label
 * and activate it. On failure the process must not go on as if it were
 * measured: it may already be inside. -EINVAL, -E2BIG, -ENOENT (no securityfs),
 * and those of unshare() and of the kernel's files.
 */
int imans_ns_enter_new(struct imans_ctx *ctx, const struct imans_ns_opts *opts,
		       uint64_t *id);
/* Move it into that of a process. open's and setns()'s. */
int imans_ns_enter_pid(struct imans_ctx *ctx, int pid);
/* Move it into a namespace that has a process. -ESRCH: none is visible. */
int imans_ns_enter_id(struct imans_ctx *ctx, const char *ns_dir, uint64_t id);

/* ---------------------------------------------------- reference values --- */

/*
 * Reference values for the labels that match a policy's globs. Digests are
 * sorted when one is first looked up.
 */
struct imans_policy;

/* A policy without matches, of no file. -ENOMEM. */
int imans_policy_new(struct imans_ctx *ctx, struct imans_policy **policy);
void imans_policy_free(struct imans_policy *policy);
/* Malformed: -EBADMSG; another version: -EPROTONOSUPPORT; -EFBIG; read's. */
int imans_policy_read(struct imans_ctx *ctx, const char *path,
		      struct imans_policy **policy);
/* The same from memory, `name` standing for the path. */
int imans_policy_parse(struct imans_ctx *ctx, const void *data, size_t len,
		       const char *name, struct imans_policy **policy);
int imans_policy_write(struct imans_policy *policy, const char *path);
/* A glob (fnmatch(3), no flags) on labels. -EINVAL, -ENOMEM. */
int imans_policy_add_match(struct imans_policy *policy, const char *glob);
/* The host's own entries too are to be looked up in this policy. */
void imans_policy_set_host(struct imans_policy *policy, bool host);
/* Descendants that can't be opened are no doubt on a matching namespace. */
void imans_policy_set_opaque(struct imans_policy *policy, bool opaque);
/* A namespace policy that is allowed besides the default one. -ENOMEM. */
int imans_policy_add_ns_policy(struct imans_policy *policy,
			       const uint8_t digest[IMANS_HASH_SIZE]);
/* -EINVAL: digest's size is not the bank's, or an empty path. */
int imans_policy_add_digest(struct imans_policy *policy, const char *path,
			    enum imans_bank bank, const uint8_t *digest,
			    size_t len);
/*
 * Patterns on paths: ? is a byte other than a slash, * any number of these, **
 * of any bytes, [a-z] and [!a-z] a set; all else stands for itself. Longer
 * paths than 4096 bytes match none. A digest that any path that matches may
 * have; or that these paths may have any content, which is a doubt.
 * -EINVAL, -EMSGSIZE (more than 1024 patterns, or 1024 bytes), -ENOMEM.
 */
int imans_policy_add_glob(struct imans_policy *policy, const char *pattern,
			  enum imans_bank bank, const uint8_t *digest,
			  size_t len);
int imans_policy_add_any(struct imans_policy *policy, const char *pattern);
/*
 * A public key or certificate in PEM (RSA of 2048 to 8192 bits, ECDSA on P-256
 * or P-384): files that it signed, and whose paths match one of the patterns,
 * if there are any, need not be listed. -EINVAL; -EMSGSIZE: more than 64;
 * -ENOTSUP: OpenSSL has no SHA-1, which keys are named by; -ENOMEM.
 */
int imans_policy_add_key(struct imans_policy *policy, const char *name,
			 const char *pem, const char *const *patterns,
			 size_t count);
/* Hash one file, and list it under a path. open's, read's. */
int imans_policy_add_file(struct imans_policy *policy, const char *file,
			  const char *path, uint32_t banks);
int imans_policy_add_glob_file(struct imans_policy *policy, const char *file,
			       const char *pattern, uint32_t banks);
/* All regular files below a directory; symbolic links are not followed. */
int imans_policy_add_tree(struct imans_policy *policy, const char *root,
			  uint32_t banks);
/* Which image of several, and how much it may be. */
struct imans_image_opts {
	size_t sz;
	const char *platform;		/* "linux/arm64[/v8]"; default: the only one */
	const char *ref;		/* its name there; default: the only one */
	uint64_t max_bytes;		/* unpacked; default: 32 GiB */
};

/*
 * The regular files of an image's layers, one applied over the other, by their
 * paths in it: from the directory of an OCI layout, or from an archive of one
 * or of "docker save" (tar, perhaps with gzip or zstd). Every digest that the
 * image names is checked before anything is listed; nothing is unpacked to a
 * disk. -EBADMSG: malformed, another digest, a name with ".."; -ENOENT: no such
 * image, or a part of it is missing; -EINVAL: several to choose from; -ENOTSUP:
 * a media type, or compression; -EMSGSIZE: more than `max_bytes`, 4,000,000
 * entries, 512 layers, 512 MiB of names, 64 MiB of documents; -ENOPKG:
 * libarchive, which these two load, is not there; -E2BIG, -ENOMEM; open's, read's.
 */
int imans_policy_add_image(struct imans_policy *policy, const char *path,
			   uint32_t banks,
			   const struct imans_image_opts *opts);
/* An archive in memory, `name` standing for the path. */
int imans_policy_add_image_mem(struct imans_policy *policy, const void *data,
			       size_t len, const char *name, uint32_t banks,
			       const struct imans_image_opts *opts);
/*
 * What a list shows, up to `max` of its next entries: what ran, not what should
 * have. `skipped`: measurements that give no reference value, as violations.
 * imans_list_next()'s errors.
 */
int imans_policy_add_list(struct imans_policy *policy, struct imans_list *list,
			  uint64_t max, uint64_t *skipped);
struct imans_evidence;
struct imans_verify_opts;
/*
 * The same from the proven entries of a namespace's list, 0 being the host's.
 * -EKEYREJECTED: the evidence does not prove it; -ENOENT; imans_verify()'s.
 */
int imans_policy_add_evidence(struct imans_policy *policy,
			      const struct imans_evidence *evidence,
			      const struct imans_verify_opts *opts,
			      uint64_t nsid, uint64_t *skipped);
/*
 * Add the rules of another policy; labels, host and opaque stay as they are.
 * `fn`, if given, is told in one line each of what the two do not agree on: all
 * is allowed that one of them allows. -EMSGSIZE, -ENOMEM.
 */
typedef void (*imans_conflict_fn)(void *user, const char *text);
int imans_policy_merge(struct imans_policy *policy, struct imans_policy *other,
		       imans_conflict_fn fn, void *user);
/* Leave out what can't be expressed, where less is allowed without it. */
#define IMANS_KEYLIME_LOSSY	(1U << 0)

/*
 * Keylime's runtime policies (version 1), and the allowlists before them, in
 * JSON or as lines "DIGEST  PATH". Excludes become patterns as far as both say
 * the same. `fn`, if given, is told in one line each of what was left out.
 * -ENOTSUP: something can't be expressed; read's and imans_policy_read()'s.
 */
int imans_policy_read_keylime(struct imans_ctx *ctx, const char *path,
			      uint32_t flags, imans_conflict_fn fn, void *user,
			      struct imans_policy **policy);
int imans_policy_parse_keylime(struct imans_ctx *ctx, const void *data,
			       size_t len, const char *name, uint32_t flags,
			       imans_conflict_fn fn, void *user,
			       struct imans_policy **policy);
/* Labels, and what is about namespaces, are no part of it. -ENOTSUP; write's. */
int imans_policy_write_keylime(struct imans_policy *policy, const char *path,
			       uint32_t flags, imans_conflict_fn fn,
			       void *user);
size_t imans_policy_paths(struct imans_policy *policy);
size_t imans_policy_digests(struct imans_policy *policy);
bool imans_policy_is_host(const struct imans_policy *policy);
bool imans_policy_is_opaque(const struct imans_policy *policy);
bool imans_policy_allows(const struct imans_policy *policy,
			 const uint8_t digest[IMANS_HASH_SIZE]);
/* NULL past the last. */
const char *imans_policy_match(const struct imans_policy *policy, size_t n);
bool imans_policy_matches(const struct imans_policy *policy, const char *label);
/* Name of the n-th key, and the id that evmctl names it by; NULL past the last. */
const char *imans_policy_key(const struct imans_policy *policy, size_t n,
			     uint32_t *keyid);
/* The patterns on paths that it may sign; NULL past the last. */
const char *imans_policy_key_path(const struct imans_policy *policy, size_t n,
				  size_t pattern);
/*
 * Call for each path and digest, until it returns non-zero; or for each pattern
 * and digest: those that may have any content come first, with digest NULL.
 */
typedef int (*imans_policy_fn)(void *user, const char *path,
			       enum imans_bank bank, const uint8_t *digest,
			       size_t len);
int imans_policy_each(struct imans_policy *policy, imans_policy_fn fn,
		      void *user);
int imans_policy_each_glob(struct imans_policy *policy, imans_policy_fn fn,
			   void *user);

enum imans_match {
	IMANS_MATCH_NONE	= 0,
	IMANS_MATCH_PATH	= 1,	/* listed for this path */
	IMANS_MATCH_MEMFD	= 2,	/* a memfd with the content of a listed file */
	IMANS_MATCH_ELSEWHERE	= 3,	/* listed for another path: no match */
	IMANS_MATCH_GLOB	= 4,	/* listed for a pattern that matches */
	IMANS_MATCH_KEY		= 5,	/* signed by a listed key */
	IMANS_MATCH_ANY		= 6,	/* a pattern lets it have any content */
};

/*
 * Look a file up by name and digest. For all but NONE, `where` is the path or
 * pattern it is listed under; it belongs to the policy, until it is changed.
 */
enum imans_match imans_policy_lookup(struct imans_policy *policy,
				     const char *name, size_t name_len,
				     enum imans_bank bank,
				     const uint8_t *digest, size_t len,
				     const char **where);

/* A file as a list shows it. */
struct imans_file {
	const char *name;
	size_t name_len;
	const char *type;		/* "verity"; NULL, "" or "ima": its bytes' */
	const char *algo;		/* of the digest: "sha256" */
	const uint8_t *digest;
	size_t len;
	const uint8_t *sig;		/* security.ima, or NULL */
	size_t sig_len;
};

/*
 * From a measurement or an ima-ns/enter. What `file` points to belongs to the
 * entry and to `digest`. -ENODATA: the entry shows no file, or only a part of
 * its path; -EBADMSG.
 */
int imans_entry_file(const struct imans_entry *entry, struct imans_file *file,
		     struct imans_file_digest *digest);

enum imans_sig_state {
	IMANS_SIG_NONE		= 0,	/* there is none, or no key */
	IMANS_SIG_UNKNOWN	= 1,	/* no listed key has this id and path */
	IMANS_SIG_BAD		= 2,	/* malformed, or does not hold */
	IMANS_SIG_GOOD		= 3,
};

/* What policies say of a file. All pointers belong to them. */
struct imans_decision {
	enum imans_match match;
	bool allowed;			/* not if NONE or ELSEWHERE */
	enum imans_sig_state sig;
	uint32_t keyid;			/* if there is a signature */
	size_t others;			/* other digests that the path may have */
	const char *where;		/* path, pattern or name of the key */
	const struct imans_policy *policy;
	const void *rule;		/* for imans_decision_text() */
	const void *listed;
};

/*
 * What the best rule of several policies says, whatever labels they are for:
 * path, pattern, key, memfd, any content, then what refuses it. -ENOMEM.
 */
int imans_policies_decide(struct imans_policy *const *policies, size_t count,
			  const struct imans_file *file,
			  struct imans_decision *decision);
/*
 * One line that says which rule of which file decided: "allowed by
 * p.json#/files/~1bin~1a/0: listed for this path"; to be given to free().
 * -ENOMEM.
 */
int imans_decision_text(const struct imans_decision *decision, char **text);
/* Called with each decision of a verification. */
typedef void (*imans_explain_fn)(void *user, uint64_t nsid, uint64_t entry,
				 const struct imans_file *file,
				 const struct imans_decision *decision);

/* Digest of the kernel's default policy of a namespace. */
extern const uint8_t imans_default_policy_digest[IMANS_HASH_SIZE];

/* ------------------------------------- reference values for the boot --- */

/*
 * What a node may have booted: for each of PCRs 0 to 9 the events that its
 * firmware log may have, by type and digest, and values that the PCR may have.
 */
struct imans_bootref;

/* One that says nothing. -ENOMEM. */
int imans_bootref_new(struct imans_ctx *ctx, struct imans_bootref **ref);
void imans_bootref_free(struct imans_bootref *ref);
/* Malformed: -EBADMSG; another version: -EPROTONOSUPPORT; -EFBIG; read's. */
int imans_bootref_read(struct imans_ctx *ctx, const char *path,
		       struct imans_bootref **ref);
int imans_bootref_write(const struct imans_bootref *ref, const char *path);
/*
 * Allow what a log has, of a machine that is known to be good. Of several logs
 * an event may be as in any of them, and must be there if all have it.
 * -EINVAL: SHA-1 alone; -EBADMSG, -ENOMEM.
 */
int imans_bootref_add_log(struct imans_bootref *ref, struct imans_fwlog *log);
/*
 * The same of evidence, whose log must replay to what was quoted in all banks
 * (-EBADMSG; -ENODATA: it has none). The quote must have been verified.
 */
int imans_bootref_add_evidence(struct imans_bootref *ref,
			       const struct imans_evidence *evidence,
			       const struct imans_quote *quote);
/*
 * Allow a kernel by its file, in place of the last program that the logs say
 * was started (PCR 4, EV_EFI_BOOT_SERVICES_APPLICATION). QEMU's -kernel changes
 * the image before the firmware has it: see ima-ns-boot(1). -EBADMSG: no PE
 * image; -ENOMEM, -EIO; read's.
 */
int imans_bootref_allow_kernel(struct imans_bootref *ref, const char *path);
/* The options that Linux's EFI stub gets, and its initrd: PCR 9. Likewise. */
int imans_bootref_allow_cmdline(struct imans_bootref *ref, const char *text);
int imans_bootref_allow_initrd(struct imans_bootref *ref, const char *path);
/* A PCR may have any value. -EINVAL. */
int imans_bootref_ignore_pcr(struct imans_bootref *ref, unsigned int pcr);
/* Events listed. */
size_t imans_bootref_events(const struct imans_bootref *ref);

/* ------------------------------------------------------------ verdicts --- */

enum imans_verdict {
	IMANS_UNTRUSTED		= 0,	/* something speaks against it */
	IMANS_INCOMPLETE	= 1,	/* the evidence does not suffice */
	IMANS_CONSISTENT	= 2,	/* all holds; the boot was not checked */
	IMANS_TRUSTED		= 3,
};

/* "consistent"; NULL if there is no such verdict. */
const char *imans_verdict_name(enum imans_verdict verdict);

/*
 * A secure channel's end, known by a value: the digest of its TLS key, say. It
 * must stand in an ima-ns/bind event of a living namespace: of that id, or of
 * those with that label, each.
 */
struct imans_channel {
	uint64_t id;			/* 0: by the label */
	const char *label;
	const void *data;
	size_t len;			/* 1 to IMANS_BIND_MAX */
};

/* Tenants whose signed verdicts count; see below. */
struct imans_tenants;
/* A signed verdict as it was read; see below. */
struct imans_signed;
struct imans_state;

#define IMANS_THREADS_MAX	64

struct imans_verify_opts {
	size_t sz;
	const void *nonce;
	size_t nonce_len;
	const char *verifier_id;	/* default "" */
	const char *ak_pem;		/* or ak_trust, below */
	struct imans_policy *const *policies;
	size_t policy_count;
	uint32_t padded_banks;		/* as in imans_replay_opts */
	imans_explain_fn explain;	/* default: nobody is told */
	void *explain_user;
	const struct imans_channel *channels;
	size_t channel_count;
	const struct imans_ak_trust *ak_trust;
	/* The boot must be one of these; without any it is not checked. */
	struct imans_bootref *const *boot_refs;
	size_t boot_ref_count;
	struct imans_state *state;	/* NULL: none is kept; see below */
	const struct imans_tenants *tenants;
	bool sign;			/* imans_report_sign(), _ear() will follow */
	/*
	 * If the host's list is redacted: the operator's verdict on the node, for
	 * the same value of PCR 10, and the public key that it must be signed by.
	 */
	const struct imans_signed *node_verdict;
	const char *node_verdict_pem;
	/*
	 * As many threads, at most IMANS_THREADS_MAX, prove namespaces' lists at
	 * the same time; 0 or 1: none but the caller's. What is found is the same.
	 */
	size_t threads;
};

/* Verdicts with their findings: on the node first, then on each namespace. */
struct imans_report;

/*
 * Verify evidence: the quote, the host's list, each namespace, accounting and
 * content. What is wrong becomes a finding. Errors: -EINVAL, -E2BIG, -ENOMEM,
 * -ENOTSUP; -ESTALE (the state is not this node's). The report needs nothing of
 * what it was made from.
 */
int imans_verify(const struct imans_evidence *evidence,
		 const struct imans_verify_opts *opts,
		 struct imans_report **report);
void imans_report_free(struct imans_report *report);

struct imans_subject {
	uint64_t id;			/* 0: the node */
	uint64_t parent;
	const char *label;		/* "" if not known; "node" */
	const char *path;		/* "3/7"; "" for the node */
	enum imans_verdict verdict;
	uint64_t entries;		/* in its list */
	uint64_t proven;		/* of these, covered by the quote */
	size_t findings;
};

size_t imans_report_count(const struct imans_report *report);
/* -ENOENT. Subject 0 is the node. */
int imans_report_subject(const struct imans_report *report, size_t n,
			 struct imans_subject *subject);
/* NULL if there are not so many. */
const struct imans_finding *imans_report_finding(const struct imans_report *r,
						 size_t n, size_t finding);
/* The lowest of all verdicts. */
enum imans_verdict imans_report_verdict(const struct imans_report *report);
/* The quote; `verified` is false if it is not. */
const struct imans_quote *imans_report_quote(const struct imans_report *report);
/* Entries of all lists that were examined: those that earlier rounds had not. */
uint64_t imans_report_examined(const struct imans_report *report);

/* --------------------------------------------------- round after round --- */

/*
 * What a verifier keeps of a node between rounds of verification: with it in
 * imans_verify_opts, imans_verify() reads only the entries that are new, and
 * the state takes up what it came to. Verifying without a state is verifying
 * with an empty one that is thrown away: the verdicts are the same.
 *
 * A round counts, and changes the state, if the quote holds, is not older than
 * the last one, and covers the host's list. A node that booted anew is begun
 * with anew; its lists must be carried whole. -ESTALE: the state is of another
 * attestation key, another verifier's name, or other policies.
 *
 * What stands against a namespace in a round that counted stays with it until
 * the next boot. To forget it, begin with an empty state and whole lists.
 */
struct imans_state;

/* Bounds on a state: records that wait for their entries; bytes. */
#define IMANS_STATE_RECORDS_MAX	(4U << 20)
#define IMANS_STATE_MAX		((size_t)1 << 30)

/* An empty one. -ENOMEM. */
int imans_state_new(struct imans_ctx *ctx, struct imans_state **state);
/*
 * See Documentation/state.cddl. -EBADMSG: malformed, or changed since it was
 * written; -EPROTONOSUPPORT: another version; -EFBIG, -ENOMEM; read's.
 */
int imans_state_parse(struct imans_ctx *ctx, const void *data, size_t len,
		      const char *name, struct imans_state **state);
int imans_state_read(struct imans_ctx *ctx, const char *path,
		     struct imans_state **state);
void imans_state_free(struct imans_state *state);
/* Allocated bytes, to be given to free(). -EMSGSIZE: past a bound; -ENOMEM. */
int imans_state_encode(const struct imans_state *state, uint8_t **data,
		       size_t *len);
/* Through a temporary file beside it: never half-written. encode's, write's. */
int imans_state_write(const struct imans_state *state, const char *path);

struct imans_state_info {
	uint64_t rounds;		/* that counted; 0: the state is empty */
	enum imans_header header;	/* of the host's list */
	uint64_t entries;		/* of it, proven */
	uint64_t offset;		/* in bytes */
	uint64_t records;		/* of this boot */
	uint64_t held;			/* of these, not yet matched by entries */
	size_t namespaces;		/* of this boot */
	uint64_t clock;			/* of the last quote */
	uint32_t reset_count;
	uint32_t restart_count;
	bool has_boot;			/* boot_id is valid */
	uint8_t boot_id[IMANS_BOOT_ID_SIZE];
	uint8_t ak_name[34];
	const char *untrusted;		/* the node: why, or NULL */
};

void imans_state_info(const struct imans_state *state,
		      struct imans_state_info *info);

/* A namespace in a state. Strings belong to the state. */
struct imans_state_ns {
	uint64_t id;
	uint64_t parent;
	const char *label;		/* "" if not known */
	enum imans_header header;	/* of its list; AUTO: none was read */
	uint64_t entries;		/* of it, proven */
	uint64_t offset;		/* in bytes */
	uint64_t records;		/* of its own, in the host's list */
	uint64_t opened;		/* of these */
	bool ended;
	const char *untrusted;		/* why, or NULL */
};

/* Namespaces by rising id. -ENOENT. */
int imans_state_ns(const struct imans_state *state, size_t n,
		   struct imans_state_ns *ns);
/*
 * The verdict that the rounds come to so far, on the node (0) or on namespace
 * n - 1: what each round asks anew is left aside, so it is never trusted.
 * IMANS_INCOMPLETE if there is no such, or no round has counted.
 */
enum imans_verdict imans_state_verdict(const struct imans_state *state,
				       size_t n);

/*
 * A request: of a state only where each list goes on, for a node, which need not
 * learn what was found. Errors as of a state; it may be written any number of times.
 */
int imans_state_encode_request(const struct imans_state *state, uint8_t **data,
			       size_t *len);
int imans_state_write_request(const struct imans_state *state,
			      const char *path);
/*
 * A request, or a state, for imans_attest_opts. With one of a request
 * imans_verify() and imans_state_encode() fail: -EINVAL.
 */
int imans_state_parse_since(struct imans_ctx *ctx, const void *data, size_t len,
			    const char *name, struct imans_state **state);
int imans_state_read_since(struct imans_ctx *ctx, const char *path,
			   struct imans_state **state);

/* --------------------------------------------------------- disclosure --- */

/*
 * One own entry of a namespace, or a range of them, with what opens their
 * records and no others: see Documentation/disclosure.cddl.
 */
struct imans_disclosure;

/* Entries in one disclosure. */
#define IMANS_DISCLOSED_MAX	65536

struct imans_disclose_opts {
	size_t sz;
	enum imans_header header;	/* SHA-1 or SHA-256 */
	uint64_t first;			/* seq of the first entry */
	uint64_t count;
};

/*
 * Of namespace `id`, by its list and key, which is not in what is made. Who has
 * disclosures of entries around a small gap can try known files against it.
 * -EINVAL: options; -ENOENT: the list has no such entries; -EKEYREJECTED: list
 * or key are not this namespace's; -EBADMSG, -EMSGSIZE: the list can't be read;
 * -E2BIG, -ENOMEM, -ENOTSUP.
 */
int imans_disclosure_make(struct imans_ctx *ctx, uint64_t id, const void *data,
			  size_t len, const uint8_t key[IMANS_KEY_SIZE],
			  const struct imans_disclose_opts *opts,
			  struct imans_disclosure **disclosure);
void imans_disclosure_free(struct imans_disclosure *disclosure);

/*
 * -EBADMSG: no disclosure, or malformed; -EPROTONOSUPPORT: another version;
 * -EMSGSIZE: past a bound; -EFBIG, -ENOMEM; read's. `data` need not outlive it.
 */
int imans_disclosure_parse(struct imans_ctx *ctx, const void *data, size_t len,
			   const char *name,
			   struct imans_disclosure **disclosure);
int imans_disclosure_read(struct imans_ctx *ctx, const char *path,
			  struct imans_disclosure **disclosure);
/* Allocated bytes, to be given to free(). -ENOMEM. */
int imans_disclosure_encode(const struct imans_disclosure *disclosure,
			    uint8_t **data, size_t *len);
/* Never half-written. encode's, write's. */
int imans_disclosure_write(const struct imans_disclosure *disclosure,
			   const char *path);

struct imans_disclosure_info {
	uint64_t id;
	uint64_t first;			/* seq */
	uint64_t count;
	enum imans_header header;	/* of the list */
	const uint8_t *list;		/* the entries; belongs to the object */
	size_t list_len;
};

void imans_disclosure_info(const struct imans_disclosure *disclosure,
			   struct imans_disclosure_info *info);

/*
 * Verify quote and host's list in evidence, redacted or not, and a disclosure by
 * them. Subject 1 is its namespace, `entries` how many are disclosed, `proven`
 * how many of them hold; findings give seq as the entry. Proven are content, seq
 * and the namespace's id; the label only if CREATE, seq 0, is disclosed; never
 * that there is nothing else. Errors as imans_verify().
 */
int imans_disclosure_verify(const struct imans_evidence *evidence,
			    const struct imans_verify_opts *opts,
			    const struct imans_disclosure *disclosure,
			    struct imans_report **report);

/* A namespace's time, as far as it is known. */
struct imans_life {
	bool created;			/* its list tells CREATE: times are valid */
	bool ended;			/* the host's list has its DESTROY */
	bool unaccounted;		/* it has records that nothing opens */
	uint64_t boottime_ns;		/* of CREATE, since the node's boot */
	uint64_t realtime_ns;		/* since 1970, as the node's clock was */
};

/* -ENOENT. */
int imans_report_life(const struct imans_report *report, size_t n,
		      struct imans_life *life);

/* ------------------------------------------------- verdicts written out --- */

struct imans_report_opts {
	size_t sz;
	const char *title;		/* of the page; default "IMA namespaces" */
};

/*
 * A whole report as one JSON object (Documentation/verdict.schema.json), or as
 * one page of HTML that needs nothing else: no script, no style, no image from
 * elsewhere. All that comes from the evidence is escaped. The text ends in a
 * NUL, and is to be given to free(). -EINVAL, -E2BIG (options), -ENOMEM.
 */
int imans_report_json(struct imans_ctx *ctx, const struct imans_report *report,
		      char **text);
int imans_report_html(struct imans_ctx *ctx, const struct imans_report *report,
		      const struct imans_report_opts *opts, char **text);
/* The page, in a file: never half-written. Errors of writing, too. */
int imans_report_write_html(struct imans_ctx *ctx,
			    const struct imans_report *report,
			    const struct imans_report_opts *opts,
			    const char *path);

/* ------------------------------------------------------ signed verdicts --- */

/*
 * A verdict that travels: COSE_Sign1 (RFC 9052) over a claims set of EAT (RFC
 * 9711), by a key on P-256 (ES256) or P-384 (ES384), or Ed25519 (EdDSA). See
 * Documentation/verdict.cddl.
 */
enum imans_signed_kind {
	/* On namespaces, by who has their keys: for the node's verifier. */
	IMANS_SIGNED_TENANT	= 1,
	/* On the node, by who saw all its list: for whom it is redacted. */
	IMANS_SIGNED_NODE	= 2,
};

struct imans_sign_opts {
	size_t sz;
	const char *key_pem;		/* text of the private key */
	const void *nonce;		/* default: what was verified with */
	size_t nonce_len;		/* IMANS_NONCE_MIN to _MAX */
	uint64_t issued_at;		/* seconds since 1970; 0: now */
	uint64_t lifetime;		/* in seconds; 0: IMANS_LIFETIME */
	/* A tenant's: on these; default: on each whose list was proven. */
	const uint64_t *ids;
	size_t id_count;
	bool show_create;		/* a tenant's: disclose CREATE, so labels */
};

/* How long a signed verdict holds, unless said otherwise. */
#define IMANS_LIFETIME	3600

/*
 * Sign what a report says; imans_verify()'s `sign` must have been set. Bytes to
 * be given to free(). -EINVAL: options, no such key; -ENODATA: the quote or the
 * host's list was not proven, or a namespace's list or key was not there;
 * -E2BIG, -EIO (OpenSSL can't sign), -ENOMEM.
 */
int imans_report_sign(const struct imans_report *report,
		      enum imans_signed_kind kind,
		      const struct imans_sign_opts *opts, uint8_t **data,
		      size_t *len);
/* Into a file, whole or not at all. As above; write's. */
int imans_report_write_signed(const struct imans_report *report,
			      enum imans_signed_kind kind,
			      const struct imans_sign_opts *opts,
			      const char *path);

/*
 * Whose verdict a subject's is: NULL, or the name of its tenant's key, SHA-256 of
 * SubjectPublicKeyInfo in hexadecimal.
 */
const char *imans_report_delegated(const struct imans_report *report, size_t n);

/* A signed verdict as it was read: nothing in it is believed yet. */
struct imans_signed;

/* Bound on its bytes, and on its namespaces. */
#define IMANS_SIGNED_MAX	(4U << 20)
#define IMANS_SIGNED_NS_MAX	16384

struct imans_signed_info {
	enum imans_signed_kind kind;
	uint8_t kid[IMANS_HASH_SIZE];	/* SHA-256 of SubjectPublicKeyInfo */
	uint8_t boot_id[IMANS_BOOT_ID_SIZE];
	uint8_t ak_name[34];		/* as imans_ak_name() */
	const uint8_t *nonce;		/* belongs to the object */
	size_t nonce_len;
	uint64_t issued_at;		/* seconds since 1970 */
	uint64_t expires_at;
	enum imans_verdict verdict;	/* on the node; the lowest of a tenant's */
	/* A node's: what it is but for namespaces that are unaccounted for. */
	enum imans_verdict host_verdict;
	struct imans_pcrs pcr10;	/* a node's: the quoted values */
	uint64_t records;		/* a node's: quoted, of this boot */
	size_t ns_count;		/* see imans_signed_ns */
};

/* A tenant's: what is covered. A node's: the id of one unaccounted for. */
struct imans_signed_ns {
	uint64_t id;
	enum imans_verdict verdict;
	uint64_t records;		/* seq 0 to records - 1 were seen */
	uint8_t digest[IMANS_HASH_SIZE];	/* of them, as the host has them */
};

/*
 * -EBADMSG: malformed; -EPROTONOSUPPORT: no verdict of this version; -EMSGSIZE:
 * past a bound; -ENOMEM; read's. `data` need not outlive the call.
 */
int imans_signed_parse(struct imans_ctx *ctx, const void *data, size_t len,
		       const char *name, struct imans_signed **verdict);
int imans_signed_read(struct imans_ctx *ctx, const char *path,
		      struct imans_signed **verdict);
void imans_signed_free(struct imans_signed *verdict);
/* -EKEYREJECTED: not this key's; -EINVAL: no such public key; -ENOMEM. */
int imans_signed_verify(const struct imans_signed *verdict, const char *pem);
void imans_signed_info(const struct imans_signed *verdict,
		       struct imans_signed_info *info);
/* Namespaces by rising id. -ENOENT. */
int imans_signed_ns(const struct imans_signed *verdict, size_t n,
		    struct imans_signed_ns *ns);

/* ------------------------------------------------- a JWT in EAR form --- */

/* Names and profile of the claims. */
enum imans_ear_form {
	IMANS_EAR_04	= 0,	/* draft-ietf-rats-ear-04: "ear_status" */
	/* Those before -03, as many relying parties still want: "ear.status". */
	IMANS_EAR_2023	= 1,
};

struct imans_ear_opts {
	size_t sz;
	const char *key_pem;		/* text of the private key */
	enum imans_ear_form form;
	const char *developer;		/* of the verifier; default "libima-ns" */
	const char *build;		/* default "libima-ns " and its version */
	const void *nonce;		/* of the relying party; default: none */
	size_t nonce_len;		/* IMANS_NONCE_MIN to _MAX */
	uint64_t issued_at;		/* seconds since 1970; 0: now */
	uint64_t lifetime;		/* in seconds; 0: it does not expire */
	/* What the policies are known by; default: none is named. */
	const char *const *policy_ids;
	size_t policy_id_count;
	const void *raw_evidence;	/* with all its keys; default: none */
	size_t raw_evidence_len;
};

/*
 * A report as an EAT attestation result (draft-ietf-rats-ear, AR4SI), a JWT in
 * JWS compact serialization, signed: for relying parties that know nothing of
 * namespaces. imans_verify()'s `sign` must have been set. To be given to free().
 * -EINVAL, -ENODATA (not set), -E2BIG, -EIO (OpenSSL can't sign), -ENOMEM.
 */
int imans_report_ear(const struct imans_report *report,
		     const struct imans_ear_opts *opts, char **jwt);
/* Into a file, with a newline, whole or not at all. As above; write's. */
int imans_report_write_ear(const struct imans_report *report,
			   const struct imans_ear_opts *opts, const char *path);

/* ------------------------------------------------------------ tenants --- */

/* -ENOMEM. */
int imans_tenants_new(struct imans_ctx *ctx, struct imans_tenants **tenants);
void imans_tenants_free(struct imans_tenants *tenants);
/*
 * Who may speak for whom: a public key, for a namespace and all below it. Ids
 * start over with each boot, so they are those of one. -EINVAL, -ENOMEM.
 */
int imans_tenants_trust_id(struct imans_tenants *tenants, const char *pem,
			   const uint8_t boot_id[IMANS_BOOT_ID_SIZE],
			   uint64_t id);
/*
 * By labels that match a glob (fnmatch(3), no flags), of namespaces whose CREATE
 * the verdict discloses: the host's record then proves the label.
 */
int imans_tenants_trust_label(struct imans_tenants *tenants, const char *pem,
			      const char *glob);
/* A signed verdict, which is copied; what is wrong with it becomes a finding. */
int imans_tenants_add(struct imans_tenants *tenants, const void *data,
		      size_t len, const char *name);
int imans_tenants_add_file(struct imans_tenants *tenants, const char *path);
/*
 * Without one, a verdict must have the nonce that the evidence is verified
 * with; with one it may also be that old, in seconds.
 */
void imans_tenants_set_max_age(struct imans_tenants *tenants, uint64_t seconds);
/* The time, in seconds since 1970; default: when it is looked at. */
void imans_tenants_set_time(struct imans_tenants *tenants, uint64_t now);

#ifdef __cplusplus
}
#endif

#endif /* IMANS_H */
