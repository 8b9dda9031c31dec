// SPDX-License-Identifier: GPL-2.0-only
/*
 * On a machine with a TPM 1.2, which proves nothing to a verifier of namespaces as
 * it has SHA-1 only: what the kernel promises of IMA's PCR still holds.
 */

#include "list.h"
#include "tpm.h"

#define DEBUG_PCR 16
#define SHA1_SIZE 20

static int extend(uint32_t pcr)
{
	static const uint8_t digest[SHA1_SIZE] = { 1 };
	struct tpm_buf buf;

	tpm_begin(&buf, TPM12_COMMAND, TPM12_EXTEND);
	tpm_put32(&buf, pcr);
	tpm_put(&buf, digest, sizeof(digest));
	return tpm_send(TPM_RAW, &buf);
}

/* Of a hash that nobody has begun: the TPM itself does not know it. */
static int complete_extend(uint32_t pcr)
{
	struct tpm_buf buf;

	tpm_begin(&buf, TPM12_COMMAND, TPM12_SHA1_COMPLETE_EXTEND);
	tpm_put32(&buf, pcr);
	tpm_put32(&buf, 0);
	return tpm_send(TPM_RAW, &buf);
}

static int read_pcr(uint8_t digest[SHA1_SIZE])
{
	struct tpm_buf buf;
	int ret;

	tpm_begin(&buf, TPM12_COMMAND, TPM12_PCR_READ);
	tpm_put32(&buf, IMA_PCR);
	ret = tpm_send(TPM_RAW, &buf);
	if (ret)
		return ret;
	if (buf.len != 10 + SHA1_SIZE)
		return -EBADMSG;
	memcpy(digest, buf.data + 10, SHA1_SIZE);
	return 0;
}

FIXTURE(tpm12)
{
	uint8_t before[SHA1_SIZE];
};

FIXTURE_SETUP(tpm12)
{
	ASSERT_EQ(0, read_pcr(self->before));
}

FIXTURE_TEARDOWN(tpm12)
{
}

TEST_F(tpm12, has_no_resource_manager)
{
	EXPECT_NE(0, access(TPM_MANAGED, F_OK));
}

TEST_F(tpm12, extend_is_refused)
{
	uint8_t after[SHA1_SIZE];

	EXPECT_EQ(-EPERM, extend(IMA_PCR));
	ASSERT_EQ(0, read_pcr(after));
	EXPECT_EQ(0, memcmp(self->before, after, SHA1_SIZE));
	EXPECT_EQ(0, extend(DEBUG_PCR));
}

TEST_F(tpm12, completing_a_hash_is_refused)
{
	EXPECT_EQ(-EPERM, complete_extend(IMA_PCR));
	EXPECT_LT(0, complete_extend(DEBUG_PCR));
}

TEST_F(tpm12, pcr_is_as_told)
{
	char told[2 * SHA1_SIZE + 1], hex[2 * SHA1_SIZE + 1];
	int i;

	ASSERT_EQ(0, tpm_status("sha1", told, sizeof(told)));
	for (i = 0; i < SHA1_SIZE; i++)
		sprintf(hex + 2 * i, "%02x", self->before[i]);
	EXPECT_STREQ(told, hex);
	EXPECT_TRUE(tpm_state_is("ok"));
}

TEST_HARNESS_MAIN
