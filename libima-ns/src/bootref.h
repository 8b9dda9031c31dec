/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reference values for what booted. */
#ifndef IMANS_BOOTREF_H
#define IMANS_BOOTREF_H

#include <imans.h>

/* Bound on the file: some ten thousand events. */
#define BOOTREF_FILE_MAX	((size_t)16 << 20)
/* Bounds on what it lists: each event of a log is compared with all rules. */
#define BOOTREF_RULES_MAX	4096
#define BOOTREF_ALLOWED_MAX	4096
/* Of a name, with its NUL. */
#define BOOTREF_NAME_MAX	512

/* A digest in several banks, or the value of a PCR in them. */
struct boot_value {
	char *name;
	struct imans_pcrs in;
};

struct boot_values {
	struct boot_value *all;
	size_t count;
};

/**
 * struct boot_rule - one event that a log may have
 * @type: the event's
 * @name: what it is, for people
 * @required: a log must have it
 * @named: by a file or a text, and no longer by a log
 * @logs: how many logs had it, while references are made
 * @last: the last one of them
 * @allowed: the digests that it may have
 */
struct boot_rule {
	uint32_t type;
	char *name;
	bool required;
	bool named;
	size_t logs;
	size_t last;
	struct boot_values allowed;
};

/**
 * struct boot_pcr - what is said of one PCR
 * @listed: anything at all
 * @ignored: it may be whatever it is
 * @by_event: the rules below say all that it may be extended with
 * @ordered: those that are required must come in their order
 * @values: values that it may have, whatever the events are
 * @rules: its events
 * @count: their number
 * @next: while a log is added: behind the last rule that it came to
 */
struct boot_pcr {
	bool listed;
	bool ignored;
	bool by_event;
	bool ordered;
	struct boot_values values;
	struct boot_rule *rules;
	size_t count;
	size_t next;
};

struct imans_bootref {
	struct imans_ctx *ctx;
	struct boot_pcr pcr[IMANS_BOOT_PCRS];
	size_t logs;
};

/* The events of OVMF's and Linux's stub that have a name in references. */
#define BOOT_CMDLINE		"LOADED_IMAGE::LoadOptions"
#define BOOT_INITRD		"Linux initrd"

/* A zeroed element at the end; NULL: there are too many, or no memory. */
struct boot_rule *bootref_add_rule(struct boot_pcr *pcr, uint32_t type,
				   const char *name);
struct boot_value *bootref_add_value(struct boot_values *values,
				     const char *name);

/*
 * Equal in all banks that both have of `banks`, of which one is not SHA-1.
 * False if there is none.
 */
bool boot_value_is(const struct boot_value *value, const struct imans_pcrs *in,
		   uint32_t banks);
bool boot_values_have(const struct boot_values *values,
		      const struct imans_pcrs *in, uint32_t banks);

#endif /* IMANS_BOOTREF_H */
