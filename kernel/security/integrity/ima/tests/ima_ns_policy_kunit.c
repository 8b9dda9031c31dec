// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: unit tests of policies, their text and their meaning.
 */

#include <kunit/test.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/slab.h>

#include "../ima_ns_policy.h"

struct text_case {
	const char *text;
	int err;
	const char *canonical;	/* the bad line's number, if @err */
	const char *desc;
};

#define UUID "0123abcd-4567-89ab-cdef-0123456789ab"

static const struct text_case text_cases[] = {
	{ "", 0, "", "no text" },
	{ "\n\n", 0, "", "empty lines" },
	{ "# a comment\n \t# another\n", 0, "", "comments" },
	{ " \t\n", 0, "", "blanks" },
	{ "measure\n", 0, "measure\n", "measure everything" },
	{ "dont_measure", 0, "dont_measure\n", "no newline at the end" },
	{ "measure func=BPRM_CHECK\n", 0, "measure func=BPRM_CHECK\n",
	  "BPRM_CHECK" },
	{ "measure func=CREDS_CHECK\n", 0, "measure func=CREDS_CHECK\n",
	  "CREDS_CHECK" },
	{ "measure func=MMAP_CHECK\n", 0, "measure func=MMAP_CHECK\n",
	  "MMAP_CHECK" },
	{ "measure func=MMAP_CHECK_REQPROT\n", 0,
	  "measure func=MMAP_CHECK_REQPROT\n", "MMAP_CHECK_REQPROT" },
	{ "measure func=FILE_CHECK\n", 0, "measure func=FILE_CHECK\n",
	  "FILE_CHECK" },
	{ "measure mask=MAY_EXEC\n", 0, "measure mask=MAY_EXEC\n", "MAY_EXEC" },
	{ "measure mask=^MAY_READ\n", 0, "measure mask=^MAY_READ\n",
	  "^MAY_READ" },
	{ "measure mask=MAY_WRITE\n", 0, "measure mask=MAY_WRITE\n",
	  "MAY_WRITE" },
	{ "measure mask=^MAY_APPEND\n", 0, "measure mask=^MAY_APPEND\n",
	  "^MAY_APPEND" },
	{ "dont_measure fsmagic=0x01021994\n", 0,
	  "dont_measure fsmagic=0x1021994\n", "leading zero of a magic" },
	{ "dont_measure fsmagic=9FA0\n", 0, "dont_measure fsmagic=0x9fa0\n",
	  "a magic without 0x, in capitals" },
	{ "dont_measure fsmagic=0\n", 0, "dont_measure fsmagic=0x0\n",
	  "magic zero" },
	{ "measure fsname=ext4\n", 0, "measure fsname=ext4\n", "fsname" },
	{ "measure fsuuid=0123ABCD-4567-89ab-CDEF-0123456789AB\n", 0,
	  "measure fsuuid=" UUID "\n", "UUID in capitals" },
	{ "measure uid=0 euid>1 gid<2 egid=3 fowner>4 fgroup<5\n", 0,
	  "measure uid=0 euid>1 gid<2 egid=3 fowner>4 fgroup<5\n", "all ids" },
	{ "measure uid=0042\n", 0, "measure uid=42\n",
	  "leading zeroes of an id" },
	{ "measure uid=4294967294\n", 0, "measure uid=4294967294\n",
	  "the greatest id" },
	{ "\tmeasure   fgroup=9\tuid=1  mask=MAY_READ fsuuid=" UUID
	  " fsname=xfs fsmagic=1 func=FILE_CHECK \n", 0,
	  "measure func=FILE_CHECK mask=MAY_READ fsmagic=0x1 fsname=xfs fsuuid="
	  UUID " uid=1 fgroup=9\n", "another order, and blanks" },
	{ "dont_measure uid=1\n# no\n\nmeasure uid=1\nmeasure uid=1", 0,
	  "dont_measure uid=1\nmeasure uid=1\nmeasure uid=1\n",
	  "order and repetition of rules stay" },

	{ "Measure\n", -EINVAL, "1", "action in capitals" },
	{ "func=BPRM_CHECK\n", -EINVAL, "1", "no action" },
	{ "measure # all\n", -EINVAL, "1", "comment behind a rule" },
	{ "measure\r\n", -EINVAL, "1", "carriage return" },
	{ "measure uid=1\r\n", -EINVAL, "1", "carriage return after a number" },
	{ "\n# x\nmeasure\nappraise\n", -EINVAL, "4", "appraise" },
	{ "dont_appraise\n", -EINVAL, "1", "dont_appraise" },
	{ "audit\n", -EINVAL, "1", "audit" },
	{ "dont_audit\n", -EINVAL, "1", "dont_audit" },
	{ "hash\n", -EINVAL, "1", "hash" },
	{ "dont_hash\n", -EINVAL, "1", "dont_hash" },
	{ "measure func=MODULE_CHECK\n", -EINVAL, "1", "MODULE_CHECK" },
	{ "measure func=FIRMWARE_CHECK\n", -EINVAL, "1", "FIRMWARE_CHECK" },
	{ "measure func=KEXEC_KERNEL_CHECK\n", -EINVAL, "1",
	  "KEXEC_KERNEL_CHECK" },
	{ "measure func=KEXEC_CMDLINE\n", -EINVAL, "1", "KEXEC_CMDLINE" },
	{ "measure func=POLICY_CHECK\n", -EINVAL, "1", "POLICY_CHECK" },
	{ "measure func=KEY_CHECK\n", -EINVAL, "1", "KEY_CHECK" },
	{ "measure func=CRITICAL_DATA\n", -EINVAL, "1", "CRITICAL_DATA" },
	{ "measure func=SETXATTR_CHECK\n", -EINVAL, "1", "SETXATTR_CHECK" },
	{ "measure func=PATH_CHECK\n", -EINVAL, "1", "PATH_CHECK" },
	{ "measure func=\n", -EINVAL, "1", "empty func" },
	{ "measure func=BPRM_CHECKS\n", -EINVAL, "1", "func with more behind" },
	{ "measure func=BPRM\n", -EINVAL, "1", "a part of a func" },
	{ "measure template=ima-ng\n", -EINVAL, "1", "template" },
	{ "measure pcr=11\n", -EINVAL, "1", "pcr" },
	{ "measure digest_type=verity\n", -EINVAL, "1", "digest_type" },
	{ "measure appraise_type=imasig\n", -EINVAL, "1", "appraise_type" },
	{ "measure permit_directio\n", -EINVAL, "1", "permit_directio" },
	{ "measure keyrings=.ima\n", -EINVAL, "1", "keyrings" },
	{ "measure label=x\n", -EINVAL, "1", "label" },
	{ "measure obj_type=x\n", -EINVAL, "1", "obj_type" },
	{ "measure fs=1\n", -EINVAL, "1", "a part of an option" },
	{ "measure uids=1\n", -EINVAL, "1", "option with more behind" },
	{ "measure uid\n", -EINVAL, "1", "option without a value" },
	{ "measure =1\n", -EINVAL, "1", "value without an option" },
	{ "measure func>FILE_CHECK\n", -EINVAL, "1", "operator of another" },
	{ "measure fsmagic<1\n", -EINVAL, "1", "operator of a magic" },
	{ "measure uid=1 uid=1\n", -EINVAL, "1", "doubled option" },
	{ "measure uid>1 uid<9\n", -EINVAL, "1", "doubled, other operator" },
	{ "measure func=FILE_CHECK func=BPRM_CHECK\n", -EINVAL, "1",
	  "doubled func" },
	{ "measure mask=MAY_CHDIR\n", -EINVAL, "1", "unknown mask" },
	{ "measure mask=^\n", -EINVAL, "1", "empty mask" },
	{ "measure mask=^^MAY_READ\n", -EINVAL, "1", "mask of two carets" },
	{ "measure mask=4\n", -EINVAL, "1", "mask in digits" },
	{ "measure fsmagic=\n", -EINVAL, "1", "empty magic" },
	{ "measure fsmagic=0x\n", -EINVAL, "1", "0x alone" },
	{ "measure fsmagic=-1\n", -EINVAL, "1", "negative magic" },
	{ "measure fsmagic=+1\n", -EINVAL, "1", "magic with a sign" },
	{ "measure fsmagic=0x10000000000000000\n", -EINVAL, "1",
	  "magic of 65 bits" },
	{ "measure fsname=\n", -EINVAL, "1", "empty fsname" },
	{ "measure fsname=caf\xc3\xa9\n", -EINVAL, "1", "fsname not in ASCII" },
	{ "measure fsname=a\x7f\n", -EINVAL, "1", "control in an fsname" },
	{ "measure fsname=abcdefghijklmnopqrstuvwxyz012345\n", -EINVAL, "1",
	  "fsname of 32 bytes" },
	{ "measure fsname=abcdefghijklmnopqrstuvwxyz01234\n", 0,
	  "measure fsname=abcdefghijklmnopqrstuvwxyz01234\n",
	  "fsname of 31 bytes" },
	{ "measure fsuuid=\n", -EINVAL, "1", "empty UUID" },
	{ "measure fsuuid=0123abcd\n", -EINVAL, "1", "short UUID" },
	{ "measure fsuuid=" UUID "0\n", -EINVAL, "1", "long UUID" },
	{ "measure fsuuid=0123abcd456789abcdef0123456789ab0000\n", -EINVAL,
	  "1", "UUID without dashes" },
	{ "measure uid=\n", -EINVAL, "1", "empty id" },
	{ "measure uid=root\n", -EINVAL, "1", "id by name" },
	{ "measure uid=-1\n", -EINVAL, "1", "negative id" },
	{ "measure uid=+1\n", -EINVAL, "1", "id with a sign" },
	{ "measure uid=0x10\n", -EINVAL, "1", "id in hexadecimal" },
	{ "measure uid=4294967295\n", -EINVAL, "1", "the invalid id" },
	{ "measure gid=4294967295\n", -EINVAL, "1", "the invalid gid" },
	{ "measure uid=4294967296\n", -EINVAL, "1", "id of 33 bits" },
	{ "measure uid==1\n", -EINVAL, "1", "two operators" },
	{ "measure uid>=1\n", -EINVAL, "1", "greater or equal" },
};

KUNIT_ARRAY_PARAM_DESC(text, text_cases, desc);

static void expect_error(struct kunit *test, const struct text_case *c,
			 const struct ima_ns_policy *policy,
			 const struct ima_ns_policy_error *error)
{
	char line[12];

	KUNIT_EXPECT_EQ(test, c->err, PTR_ERR_OR_ZERO(policy));
	KUNIT_EXPECT_NOT_NULL(test, error->reason);
	snprintf(line, sizeof(line), "%u", error->line);
	KUNIT_EXPECT_STREQ(test, c->canonical, line);
}

/* What comes out goes in, and comes out the same. */
static void test_text(struct kunit *test)
{
	const struct text_case *c = test->param_value;
	struct ima_ns_policy *policy, *again;
	struct ima_ns_policy_error error;

	policy = ima_ns_policy_parse(&init_user_ns, c->text, strlen(c->text),
				     &error);
	if (c->err) {
		expect_error(test, c, policy, &error);
		return;
	}

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, policy);
	KUNIT_ASSERT_EQ(test, strlen(c->canonical), policy->len);
	KUNIT_EXPECT_MEMEQ(test, policy->text, c->canonical, policy->len);

	again = ima_ns_policy_parse(&init_user_ns, policy->text, policy->len,
				    &error);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, again);
	KUNIT_ASSERT_EQ(test, policy->len, again->len);
	KUNIT_EXPECT_MEMEQ(test, policy->text, again->text, again->len);
	ima_ns_policy_put(again);
	ima_ns_policy_put(policy);
}

struct bound_case {
	const char *line;
	u32 times;
	u32 fill;	/* bytes of a comment before them */
	bool ok;
	const char *desc;
};

static const struct bound_case bound_cases[] = {
	{ "measure\n", IMA_NS_POLICY_RULES_MAX, 0, true, "all rules" },
	{ "measure\n", IMA_NS_POLICY_RULES_MAX + 1, 0, false, "a rule more" },
	{ "\n", 0, IMA_NS_POLICY_TEXT_MAX, true, "all bytes" },
	{ "\n", 1, IMA_NS_POLICY_TEXT_MAX, false, "a byte more" },
	{ "measure fsname=abcdefghijklmnopqrstuvwxyz012 fsmagic=0 uid=1000000\n",
	  970, 0, false, "a canonical text that is longer than the text" },
};

KUNIT_ARRAY_PARAM_DESC(bound, bound_cases, desc);

static void test_bounds(struct kunit *test)
{
	const struct bound_case *c = test->param_value;
	const size_t line_len = strlen(c->line);
	const size_t len = c->fill + c->times * line_len;
	struct ima_ns_policy_error error;
	struct ima_ns_policy *policy;
	char *text;
	u32 i;

	text = kunit_kmalloc(test, len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text);
	memset(text, '#', c->fill);
	for (i = 0; i < c->times; i++)
		memcpy(text + c->fill + i * line_len, c->line, line_len);

	policy = ima_ns_policy_parse(&init_user_ns, text, len, &error);
	KUNIT_EXPECT_EQ(test, c->ok ? 0 : -EINVAL, PTR_ERR_OR_ZERO(policy));
	if (IS_ERR(policy)) {
		KUNIT_EXPECT_NOT_NULL(test, error.reason);
		KUNIT_EXPECT_EQ(test, 0, error.line);
		return;
	}
	ima_ns_policy_put(policy);
}

static void test_nul(struct kunit *test)
{
	static const char text[] = "measure\0\n";
	struct ima_ns_policy_error error;
	struct ima_ns_policy *policy;

	policy = ima_ns_policy_parse(&init_user_ns, text, sizeof(text) - 1,
				     &error);
	KUNIT_EXPECT_EQ(test, -EINVAL, PTR_ERR_OR_ZERO(policy));
	KUNIT_EXPECT_NOT_NULL(test, error.reason);
}

/* An access by 10:20, whose owner may be another, to a file of 30:40. */
struct match_case {
	const char *text;
	enum ima_hooks func;
	int mask;
	bool measured;
	const char *desc;
};

static const struct match_case match_cases[] = {
	{ "", BPRM_CHECK, MAY_EXEC, false, "no rule" },
	{ "measure", BPRM_CHECK, MAY_EXEC, true, "BPRM_CHECK by any func" },
	{ "measure", CREDS_CHECK, MAY_EXEC, true, "CREDS_CHECK by any func" },
	{ "measure", FILE_CHECK, MAY_READ, true, "FILE_CHECK by any func" },
	{ "measure", MMAP_CHECK, MAY_EXEC, true, "MMAP_CHECK by any func" },
	{ "measure", MMAP_CHECK_REQPROT, MAY_EXEC, true,
	  "MMAP_CHECK_REQPROT by any func" },
	{ "measure func=BPRM_CHECK", BPRM_CHECK, MAY_EXEC, true, "same func" },
	{ "measure func=BPRM_CHECK", MMAP_CHECK, MAY_EXEC, false,
	  "another func" },
	{ "measure func=MMAP_CHECK", MMAP_CHECK_REQPROT, MAY_EXEC, false,
	  "another func for mappings" },
	{ "dont_measure uid=10\nmeasure", BPRM_CHECK, MAY_EXEC, false,
	  "the first decides, dont_measure" },
	{ "measure uid=10\ndont_measure", BPRM_CHECK, MAY_EXEC, true,
	  "the first decides, measure" },
	{ "dont_measure uid=11\nmeasure", BPRM_CHECK, MAY_EXEC, true,
	  "a rule that does not match decides nothing" },
	{ "measure mask=MAY_READ", FILE_CHECK, MAY_READ, true, "same mask" },
	{ "measure mask=MAY_READ", FILE_CHECK, MAY_READ | MAY_WRITE, false,
	  "more than the mask" },
	{ "measure mask=^MAY_READ", FILE_CHECK, MAY_READ | MAY_WRITE, true,
	  "a bit of the mask" },
	{ "measure mask=^MAY_READ", FILE_CHECK, MAY_WRITE, false,
	  "no bit of the mask" },
	{ "measure fsmagic=0xef53", BPRM_CHECK, MAY_EXEC, true, "same magic" },
	{ "measure fsmagic=0xef54", BPRM_CHECK, MAY_EXEC, false, "other magic" },
	{ "measure fsmagic=0", BPRM_CHECK, MAY_EXEC, false, "magic zero" },
	{ "measure fsname=testfs", BPRM_CHECK, MAY_EXEC, true, "same fsname" },
	{ "measure fsname=test", BPRM_CHECK, MAY_EXEC, false, "other fsname" },
	{ "measure fsuuid=" UUID, BPRM_CHECK, MAY_EXEC, true, "same UUID" },
	{ "measure fsuuid=0123abcd-4567-89ab-cdef-0123456789ac", BPRM_CHECK,
	  MAY_EXEC, false, "other UUID" },
	{ "measure uid=10", BPRM_CHECK, MAY_EXEC, true, "uid=" },
	{ "measure uid=0", BPRM_CHECK, MAY_EXEC, false, "uid= of another" },
	{ "measure uid>10", BPRM_CHECK, MAY_EXEC, false, "uid> equal" },
	{ "measure uid>9", BPRM_CHECK, MAY_EXEC, true, "uid>" },
	{ "measure uid<10", BPRM_CHECK, MAY_EXEC, false, "uid< equal" },
	{ "measure uid<11", BPRM_CHECK, MAY_EXEC, true, "uid<" },
	{ "measure euid=11", BPRM_CHECK, MAY_EXEC, true, "euid=" },
	{ "measure euid=12", BPRM_CHECK, MAY_EXEC, true, "euid= of saved" },
	{ "measure euid=10", BPRM_CHECK, MAY_EXEC, true, "euid= of real" },
	{ "measure euid=13", BPRM_CHECK, MAY_EXEC, false, "euid= of none" },
	{ "measure gid=20", BPRM_CHECK, MAY_EXEC, true, "gid=" },
	{ "measure gid=10", BPRM_CHECK, MAY_EXEC, false, "gid= of the uid" },
	{ "measure egid=21", BPRM_CHECK, MAY_EXEC, true, "egid=" },
	{ "measure egid=22", BPRM_CHECK, MAY_EXEC, true, "egid= of saved" },
	{ "measure egid=23", BPRM_CHECK, MAY_EXEC, false, "egid= of none" },
	{ "measure fowner=30", BPRM_CHECK, MAY_EXEC, true, "fowner=" },
	{ "measure fowner>29", BPRM_CHECK, MAY_EXEC, true, "fowner>" },
	{ "measure fowner<30", BPRM_CHECK, MAY_EXEC, false, "fowner<" },
	{ "measure fgroup=40", BPRM_CHECK, MAY_EXEC, true, "fgroup=" },
	{ "measure fgroup=30", BPRM_CHECK, MAY_EXEC, false,
	  "fgroup= of the owner" },
	{ "measure func=BPRM_CHECK uid=10 fowner=31", BPRM_CHECK, MAY_EXEC,
	  false, "one of three conditions fails" },
};

KUNIT_ARRAY_PARAM_DESC(match, match_cases, desc);

static struct cred test_cred = {
	.uid = KUIDT_INIT(10),
	.euid = KUIDT_INIT(11),
	.suid = KUIDT_INIT(12),
	.gid = KGIDT_INIT(20),
	.egid = KGIDT_INIT(21),
	.sgid = KGIDT_INIT(22),
};

static struct inode *make_inode(struct kunit *test)
{
	static struct file_system_type type = { .name = "testfs" };
	struct super_block *sb;
	struct inode *inode;

	sb = kunit_kzalloc(test, sizeof(*sb), GFP_KERNEL);
	inode = kunit_kzalloc(test, sizeof(*inode), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, sb);
	KUNIT_ASSERT_NOT_NULL(test, inode);

	sb->s_type = &type;
	sb->s_magic = 0xef53;
	sb->s_user_ns = &init_user_ns;
	KUNIT_ASSERT_EQ(test, 0, uuid_parse(UUID, &sb->s_uuid));
	inode->i_sb = sb;
	inode->i_uid = KUIDT_INIT(30);
	inode->i_gid = KGIDT_INIT(40);
	return inode;
}

static void test_match(struct kunit *test)
{
	const struct match_case *c = test->param_value;
	const struct ima_ns_access access = {
		.idmap = &nop_mnt_idmap,
		.inode = make_inode(test),
		.cred = &test_cred,
		.func = c->func,
		.mask = c->mask,
	};
	struct ima_ns_policy_error error;
	struct ima_ns_policy *policy;

	policy = ima_ns_policy_parse(&init_user_ns, c->text, strlen(c->text),
				     &error);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, policy);
	KUNIT_EXPECT_EQ(test, c->measured,
			ima_ns_policy_measures(policy, &init_user_ns, &access));
	ima_ns_policy_put(policy);
}

static struct kunit_case ima_ns_policy_cases[] = {
	KUNIT_CASE_PARAM(test_text, text_gen_params),
	KUNIT_CASE_PARAM(test_bounds, bound_gen_params),
	KUNIT_CASE(test_nul),
	KUNIT_CASE_PARAM(test_match, match_gen_params),
	{}
};

static struct kunit_suite ima_ns_policy_suite = {
	.name = "ima_ns_policy",
	.test_cases = ima_ns_policy_cases,
};

kunit_test_suite(ima_ns_policy_suite);
