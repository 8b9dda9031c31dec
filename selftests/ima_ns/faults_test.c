// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TPM that errs: what the kernel settles, and when it gives the TPM up. Needs
 * the harness's proxy before the TPM. A lost TPM stays lost until the next boot:
 * run each variant of "lost" and "gone" in its own.
 */

#include <glob.h>

#include "program.h"
#include "tpm.h"

#define READ_RULE "measure func=FILE_CHECK mask=MAY_READ fowner=4242\n"
#define CRB_DRIVER "/sys/bus/acpi/drivers/tpm_crb"
/* The TPM's names when it was taken again: IMA holds on to the first ones. */
#define TPM_RAW_AGAIN "/dev/tpm1"
#define TPM_MANAGED_AGAIN "/dev/tpmrm1"

/* The kernel gives the TPM ten seconds and a command; and emulation is slow. */
#define SETTLE_MS 20000
/* An event that does not wait for a TPM. */
#define QUICK_MS 3000
/* How long until a TPM that came back has been told. */
#define SPOIL_MS 60000

static unsigned int ms_since(double start)
{
	return (now_seconds() - start) * 1000;
}

/* An event of the host's, by its policy's rule: reading a file of this owner. */
static int host_event(const char *path)
{
	char byte;

	if (chown(path, 4242, 0))
		return -errno;
	return read_file(path, &byte, 1) == 1 ? 0 : -EIO;
}

/*
 *   host --> box         one of them measures a program; the extend goes wrong
 */
FIXTURE(recover)
{
	struct box box;
	struct program program;
};

FIXTURE_VARIANT(recover)
{
	const char *fault;
	bool host;
	unsigned int least_ms;
};

FIXTURE_SETUP(recover)
{
	ASSERT_EQ(0, write_text(IMA_DIR "/policy", READ_RULE));
	ASSERT_EQ(0, box_start_active(&self->box, NULL, "recover"));
	ASSERT_EQ(0, program_make(&self->program));
	if (variant->host)
		ASSERT_EQ(0, program_make_public(&self->program));
}

FIXTURE_TEARDOWN(recover)
{
	EXPECT_EQ(0, tpm_order(NULL, "mend"));
	box_end(&self->box);
}

#define RECOVER_VARIANT(name, fault_, host_, least_ms_) \
	FIXTURE_VARIANT_ADD(recover, name) \
	{ \
		.fault = fault_, .host = host_, .least_ms = least_ms_, \
	}

RECOVER_VARIANT(error_without_effect, "before 1", false, 0);
RECOVER_VARIANT(error_with_effect, "after 1", false, 0);
RECOVER_VARIANT(errors_again_and_again, "before 1 4", false, 0);
RECOVER_VARIANT(effect_but_answer_late, "lost 1 1 2", false, 2000);
RECOVER_VARIANT(effect_and_answer_late, "stall 1 1 5", false, 5000);
RECOVER_VARIANT(host_error_without_effect, "before 1", true, 0);
RECOVER_VARIANT(host_error_with_effect, "after 1", true, 0);

static int run_event(bool host, struct box *box, const struct program *program)
{
	return host ? host_event(program->path) : box_run(box, program);
}

TEST_F(recover, list_and_pcr_agree)
{
	const long long settled = tpm_status_num("settled");
	const long long extends = tpm_status_num("extends");
	const double start = now_seconds();
	const char *list;
	int i;

	ASSERT_LE(0, settled);
	ASSERT_EQ(0, tpm_order(NULL, "fault %s", variant->fault));
	ASSERT_EQ(0, run_event(variant->host, &self->box, &self->program));
	EXPECT_LE(variant->least_ms, ms_since(start));

	EXPECT_TRUE(tpm_state_is("ok"));
	EXPECT_EQ(settled + 1, tpm_status_num("settled"));
	EXPECT_EQ(extends + 1, tpm_status_num("extends"));
	for (i = 0; i < TPM_BANKS; i++)
		EXPECT_EQ(1, tpm_is_as_told(&tpm_banks[i]));
	list = variant->host ? HOST_LIST :
	       ns_file(self->box.ids, "binary_runtime_measurements");
	EXPECT_EQ(1, list_count(list, self->program.digest,
				self->program.path));

	/* The next one is as any other. */
	ASSERT_EQ(0, program_renew(&self->program));
	EXPECT_EQ(0, run_event(variant->host, &self->box, &self->program));
	EXPECT_EQ(settled + 1, tpm_status_num("settled"));
	EXPECT_EQ(extends + 2, tpm_status_num("extends"));
}

/* SHA-256 of an extend of the SHA-256 bank. */
static void extend(uint8_t pcr[SHA256_SIZE], const uint8_t *digest)
{
	uint8_t both[2 * SHA256_SIZE];

	memcpy(both, pcr, SHA256_SIZE);
	memcpy(both + SHA256_SIZE, digest, SHA256_SIZE);
	sha256(both, sizeof(both), pcr);
}

/* What a lost PCR is made: no list has that. */
static void spoil(uint8_t pcr[SHA256_SIZE])
{
	uint8_t ones[SHA256_SIZE];

	memset(ones, 0xff, sizeof(ones));
	extend(pcr, ones);
}

static int last_entry(uint8_t digest[SHA256_SIZE])
{
	struct entry entry;
	struct list list;
	int ret = list_load(&list, HOST_LIST);

	if (ret)
		return ret;
	while ((ret = list_next(&list, &entry)) > 0)
		sha256(entry.data, entry.data_len, digest);
	list_free(&list);
	return ret;
}

static int wait_for_pcr(const uint8_t want[SHA256_SIZE])
{
	const double start = now_seconds();
	uint8_t pcr[SHA256_SIZE];

	while (ms_since(start) < SPOIL_MS) {
		if (!tpm_pcr(&tpm_banks[1], pcr) &&
		    !memcmp(pcr, want, sizeof(pcr)))
			return 0;
		sleep_ms(50);
	}
	return -ETIMEDOUT;
}

/* How often the kernel's log has the line that tells of it. */
static int count_told(void)
{
	static char text[1 << 20];
	const ssize_t len = syscall(__NR_syslog, 3, text, sizeof(text) - 1);
	const char *at = text;
	int count = 0;

	if (len < 0)
		return -errno;
	text[len] = '\0';
	while ((at = strstr(at, "ima-ns: the TPM is lost")))
		count++, at++;
	return count;
}

FIXTURE(lost)
{
	struct box box;
	struct program program;
	uint8_t pcr[SHA256_SIZE];
};

FIXTURE_VARIANT(lost)
{
	const char *fault;
	/* The SHA-256 bank has the entry, and before the TPM is mended. */
	bool effect;
	unsigned int least_ms;
	unsigned int most_ms;
};

FIXTURE_SETUP(lost)
{
	ASSERT_EQ(0, box_start_active(&self->box, NULL, "lost"));
	ASSERT_EQ(0, program_make(&self->program));
	ASSERT_EQ(0, tpm_pcr(&tpm_banks[1], self->pcr));
}

FIXTURE_TEARDOWN(lost)
{
	box_end(&self->box);
}

#define LOST_VARIANT(name, fault_, effect_, least_ms_, most_ms_) \
	FIXTURE_VARIANT_ADD(lost, name) \
	{ \
		.fault = fault_, .effect = effect_, \
		.least_ms = least_ms_, .most_ms = most_ms_, \
	}

LOST_VARIANT(dead, "dead 1", false, 1000, SETTLE_MS);
LOST_VARIANT(refuses, "before 1 100000", false, 1000, SETTLE_MS);
LOST_VARIANT(silent, "stall 1 1 30", true, 5000, SETTLE_MS);
/* Nothing to wait for: the PCR is somebody else's. */
LOST_VARIANT(foreign, "foreign 1", true, 0, QUICK_MS);

TEST_F(lost, node_goes_on_and_nothing_is_proven)
{
	uint8_t digest[SHA256_SIZE];
	char value[16];
	double start;

	ASSERT_TRUE(tpm_state_is("ok"));
	ASSERT_EQ(0, tpm_order(NULL, "fault %s", variant->fault));
	start = now_seconds();
	EXPECT_EQ(0, box_run(&self->box, &self->program));
	EXPECT_LE(variant->least_ms, ms_since(start));
	EXPECT_GE(variant->most_ms, ms_since(start));
	ASSERT_EQ(0, last_entry(digest));

	EXPECT_TRUE(tpm_state_is("lost"));
	EXPECT_EQ(0, ns_status(self->box.ids, "tpm", value, sizeof(value)));
	EXPECT_STREQ("lost", value);
	EXPECT_EQ(-ENOENT, tpm_status("sha256", value, sizeof(value)));

	/* Measured all the same, and nobody waits. */
	ASSERT_EQ(0, program_renew(&self->program));
	start = now_seconds();
	EXPECT_EQ(0, box_run(&self->box, &self->program));
	EXPECT_GE(QUICK_MS, ms_since(start));
	EXPECT_EQ(1, ns_count(self->box.ids, self->program.digest,
			      self->program.path));

	EXPECT_EQ(0, tpm_order(NULL, "mend"));
	if (variant->effect)
		extend(self->pcr, digest);
	spoil(self->pcr);
	EXPECT_EQ(0, wait_for_pcr(self->pcr));
	EXPECT_TRUE(tpm_state_is("lost"));
	EXPECT_EQ(1, count_told());
}

/* A driver lets go of the TPM and takes it again, while IMA looks on. */
FIXTURE(gone)
{
	struct box box;
	struct program program;
	char device[64];
	uint8_t pcr[SHA256_SIZE];
};

FIXTURE_VARIANT(gone)
{
	/* Something is measured meanwhile. */
	bool event;
};

FIXTURE_VARIANT_ADD(gone, with_event)
{
	.event = true,
};

FIXTURE_VARIANT_ADD(gone, without_event)
{
	.event = false,
};

FIXTURE_SETUP(gone)
{
	glob_t found;

	ASSERT_EQ(0, glob(CRB_DRIVER "/*:*", 0, NULL, &found));
	snprintf(self->device, sizeof(self->device), "%s",
		 strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
	ASSERT_EQ(0, box_start_active(&self->box, NULL, "gone"));
	ASSERT_EQ(0, program_make(&self->program));
	ASSERT_EQ(0, tpm_pcr(&tpm_banks[1], self->pcr));
}

FIXTURE_TEARDOWN(gone)
{
	box_end(&self->box);
}

static int extend_nothing(const char *device)
{
	struct tpm_buf buf;

	tpm_begin(&buf, TPM_SESSIONS, TPM_PCR_EXTEND);
	tpm_put32(&buf, IMA_PCR);
	tpm_put_session(&buf, TPM_PASSWORD);
	tpm_put32(&buf, 0);
	return tpm_send(device, &buf);
}

TEST_F(gone, rebound_tpm_proves_nothing)
{
	uint8_t pcr[SHA256_SIZE];

	ASSERT_EQ(0, write_text(CRB_DRIVER "/unbind", self->device));
	EXPECT_EQ(-ENOENT, can_open(TPM_RAW, O_RDWR));
	if (variant->event) {
		EXPECT_EQ(0, box_run(&self->box, &self->program));
		EXPECT_TRUE(tpm_state_is("lost"));
	}
	ASSERT_EQ(0, write_text(CRB_DRIVER "/bind", self->device));

	/* From the first moment on. */
	spoil(self->pcr);
	ASSERT_EQ(0, tpm_pcr_of(TPM_MANAGED_AGAIN, &tpm_banks[1], pcr));
	EXPECT_EQ(0, memcmp(self->pcr, pcr, sizeof(pcr)));
	EXPECT_TRUE(tpm_state_is("lost"));
	EXPECT_EQ(-EPERM, extend_nothing(TPM_RAW_AGAIN));
	EXPECT_EQ(-EPERM, extend_nothing(TPM_MANAGED_AGAIN));
	EXPECT_EQ(0, program_renew(&self->program));
	EXPECT_EQ(0, box_run(&self->box, &self->program));
}

TEST_HARNESS_MAIN
