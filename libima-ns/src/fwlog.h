/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The firmware's event log. */
#ifndef IMANS_FWLOG_H
#define IMANS_FWLOG_H

#include <imans.h>

/* Bound on a log that is read whole; kernels keep some hundred KiB. */
#define FWLOG_FILE_MAX		((size_t)16 << 20)
/* PCRs of a TPM for PC clients. */
#define FWLOG_PCRS		24
/* Digests of one event: there are not so many hash algorithms. */
#define FWLOG_ALGS		16

/* Types: TCG PC Client Platform Firmware Profile, 10.4.1. */
#define EV_POST_CODE				0x00000001U
#define EV_NO_ACTION				0x00000003U
#define EV_SEPARATOR				0x00000004U
#define EV_ACTION				0x00000005U
#define EV_EVENT_TAG				0x00000006U
#define EV_S_CRTM_VERSION			0x00000008U
#define EV_IPL					0x0000000dU
#define EV_OMIT_BOOT_DEVICE_EVENTS		0x00000012U
#define EV_EFI_VARIABLE_DRIVER_CONFIG		0x80000001U
#define EV_EFI_VARIABLE_BOOT			0x80000002U
#define EV_EFI_BOOT_SERVICES_APPLICATION	0x80000003U
#define EV_EFI_BOOT_SERVICES_DRIVER		0x80000004U
#define EV_EFI_RUNTIME_SERVICES_DRIVER		0x80000005U
#define EV_EFI_GPT_EVENT			0x80000006U
#define EV_EFI_ACTION				0x80000007U
#define EV_EFI_PLATFORM_FIRMWARE_BLOB		0x80000008U
#define EV_EFI_HANDOFF_TABLES			0x80000009U
#define EV_EFI_PLATFORM_FIRMWARE_BLOB2		0x8000000aU
#define EV_EFI_HANDOFF_TABLES2			0x8000000bU
#define EV_EFI_VARIABLE_BOOT2			0x8000000cU
#define EV_EFI_GPT_EVENT2			0x8000000dU
#define EV_EFI_VARIABLE_AUTHORITY		0x800000e0U

/**
 * struct fwlog_alg - an algorithm whose digests stand in each event
 * @id: the TPM's identifier
 * @size: of a digest
 * @known: the library has such a bank
 * @bank: which
 */
struct fwlog_alg {
	uint16_t id;
	uint16_t size;
	bool known;
	enum imans_bank bank;
};

/**
 * struct imans_fwlog - a log, and how far it was read
 * @ctx: where errors go
 * @name: in messages
 * @own: bytes of a file, or NULL
 * @data: the log
 * @len: its length
 * @agile: events have digests of several algorithms
 * @algs: which
 * @alg_count: their number
 * @banks: those that the library knows
 * @off: where the next event begins
 * @index: its number
 * @localities: how many StartupLocality events were read
 * @extended: PCRs that the events read until now extend
 * @event: the last one that was given out
 */
struct imans_fwlog {
	struct imans_ctx *ctx;
	char *name;
	uint8_t *own;
	const uint8_t *data;
	size_t len;
	bool agile;
	struct fwlog_alg algs[FWLOG_ALGS];
	size_t alg_count;
	uint32_t banks;
	size_t off;
	uint64_t index;
	unsigned int localities;
	uint32_t extended;
	struct imans_fw_event event;
};

/* The locality, if it is a StartupLocality event; else -1. */
int fwlog_startup_locality(const struct imans_fw_event *event);

/* The name and the content of a UEFI_VARIABLE_DATA. False: malformed. */
struct fwlog_variable {
	const uint8_t *guid;
	const uint8_t *name;		/* UTF-16, little-endian */
	size_t chars;
	const uint8_t *content;
	size_t len;
};

bool fwlog_variable(const struct imans_fw_event *event,
		    struct fwlog_variable *variable);
/* A variable's event, of any of the types. */
bool fwlog_is_variable(uint32_t type);
/* An image that was started, or a driver. */
bool fwlog_is_image(uint32_t type);

/* The string that GRUB hashed, behind its prefix; false: no such prefix. */
bool fwlog_grub_string(const struct imans_fw_event *event, const char **text,
		       size_t *len);

#endif /* IMANS_FWLOG_H */
