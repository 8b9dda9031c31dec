// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may extend IMA's PCR: the kernel. "off" is for a kernel that was booted
 * with ima_ns_pcr_filter=0.
 */

#include "box.h"
#include "list.h"
#include "tpm.h"

/* An HMAC session that was never begun: nobody gets as far as to ask. */
#define HMAC_SESSION 0x02000000
#define NO_SESSION 0
#define DEBUG_PCR 16

/* A command on a PCR that changes none, however it ends. */
static int send_harmless(const char *device, uint32_t code, uint32_t session,
			 uint32_t pcr)
{
	struct tpm_buf buf;

	tpm_begin(&buf, session ? TPM_SESSIONS : TPM_NO_SESSIONS, code);
	tpm_put32(&buf, pcr);
	if (code == TPM_EVENT_SEQUENCE_COMPLETE)
		tpm_put32(&buf, 0x80ffffff);
	if (session)
		tpm_put_session(&buf, session);
	/* No digest to extend; as an event, 0 bytes and 2 too many. */
	tpm_put32(&buf, 0);
	return tpm_send(device, &buf);
}

FIXTURE(pcr)
{
};

FIXTURE_SETUP(pcr)
{
}

FIXTURE_TEARDOWN(pcr)
{
}

FIXTURE_VARIANT(pcr)
{
	uint32_t code;
	uint32_t session;
	uint32_t pcr;
	bool denied;
};

#define PCR_VARIANT(name, code_, session_, pcr_, denied_) \
	FIXTURE_VARIANT_ADD(pcr, name) \
	{ \
		.code = code_, .session = session_, .pcr = pcr_, \
		.denied = denied_, \
	}

PCR_VARIANT(deny_extend, TPM_PCR_EXTEND, TPM_PASSWORD, IMA_PCR, true);
PCR_VARIANT(deny_extend_hmac, TPM_PCR_EXTEND, HMAC_SESSION, IMA_PCR, true);
PCR_VARIANT(deny_extend_bare, TPM_PCR_EXTEND, NO_SESSION, IMA_PCR, true);
PCR_VARIANT(deny_event, TPM_PCR_EVENT, TPM_PASSWORD, IMA_PCR, true);
PCR_VARIANT(deny_event_hmac, TPM_PCR_EVENT, HMAC_SESSION, IMA_PCR, true);
PCR_VARIANT(deny_sequence, TPM_EVENT_SEQUENCE_COMPLETE, TPM_PASSWORD, IMA_PCR,
	    true);
PCR_VARIANT(deny_sequence_hmac, TPM_EVENT_SEQUENCE_COMPLETE, HMAC_SESSION,
	    IMA_PCR, true);
PCR_VARIANT(allow_extend_of_another, TPM_PCR_EXTEND, TPM_PASSWORD, DEBUG_PCR,
	    false);
PCR_VARIANT(allow_event_on_another, TPM_PCR_EVENT, TPM_PASSWORD, DEBUG_PCR,
	    false);

TEST_F(pcr, by_either_device)
{
	static const char *const devices[] = { TPM_RAW, TPM_MANAGED };
	int i, ret;

	for (i = 0; i < 2; i++) {
		ret = send_harmless(devices[i], variant->code,
				    variant->session, variant->pcr);
		EXPECT_EQ(variant->denied, ret == -EPERM);
		/* Refused by nobody else: the TPM itself has answered. */
		if (!variant->denied)
			EXPECT_LE(0, ret);
	}
}

/* Does the last boot entry say that the filter is on? */
static int boot_says_filter(void)
{
	struct ima_ns_boot boot;
	struct entry entry;
	struct list list;
	int ret = list_load(&list, HOST_LIST), says = -ENOENT;

	if (ret)
		return ret;
	while ((ret = list_next(&list, &entry)) > 0) {
		if (strcmp(entry.name, IMA_NS_EVENT_BOOT) ||
		    entry.third_len != sizeof(boot))
			continue;
		memcpy(&boot, entry.third, sizeof(boot));
		says = !!(boot.flags & IMA_NS_BOOT_PCR_FILTER);
	}
	list_free(&list);
	return ret ?: says;
}

FIXTURE(told)
{
	struct box box;
};

FIXTURE_SETUP(told)
{
	ASSERT_EQ(0, box_start_active(&self->box, NULL, "filter"));
}

FIXTURE_TEARDOWN(told)
{
	box_end(&self->box);
}

TEST_F(told, on)
{
	EXPECT_EQ(1, boot_says_filter());
}

TEST_F(told, off)
{
	static const char *const devices[] = { TPM_RAW, TPM_MANAGED };
	int i;

	EXPECT_EQ(0, boot_says_filter());
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, send_harmless(devices[i], TPM_PCR_EXTEND,
					   TPM_PASSWORD, IMA_PCR));
		EXPECT_LT(0, send_harmless(devices[i], TPM_PCR_EVENT,
					   TPM_PASSWORD, IMA_PCR));
		EXPECT_NE(-EPERM, send_harmless(devices[i],
						TPM_EVENT_SEQUENCE_COMPLETE,
						TPM_PASSWORD, IMA_PCR));
	}
}

TEST_HARNESS_MAIN
