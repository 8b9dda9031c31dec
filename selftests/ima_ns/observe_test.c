// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host's root sees of namespaces besides lists: whose task an audit
 * message is about, and the tracepoints.
 */

#include <linux/audit.h>
#include <linux/netlink.h>

#include "program.h"

#define POLICY IMA_DIR "/policy"
#define TRACE_DIR "/sys/kernel/tracing"
#define TRACE_MAX (1 << 20)

/* Owners of the files that the host's policy, which stays, has rules for. */
enum {
	OWNER_AUDITED = 4811,
	OWNER_MEASURED,
};

static int add_rule(const char *rule)
{
	char line[160];

	snprintf(line, sizeof(line), "%s\n", rule);
	return write_text(POLICY, line);
}

/*
 *   kernel ---- AUDIT_NLGRP_READLOG ---> test
 *
 *   host ------> outer ------> inner
 */
FIXTURE(audit)
{
	int sock;
	struct box outer;
	struct program program;
	char text[8192];
};

FIXTURE_SETUP(audit)
{
	const struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK,
		.nl_groups = 1 << (AUDIT_NLGRP_READLOG - 1),
	};
	const struct timeval patience = { .tv_sec = 20 };

	self->sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	ASSERT_LE(0, self->sock);
	ASSERT_EQ(0, setsockopt(self->sock, SOL_SOCKET, SO_RCVTIMEO, &patience,
				sizeof(patience)));
	ASSERT_EQ(0, bind(self->sock, (const void *)&addr, sizeof(addr)));
	ASSERT_EQ(0, add_rule("audit func=BPRM_CHECK fowner=4811"));
	ASSERT_EQ(0, program_make(&self->program));
	ASSERT_EQ(0, chown(self->program.path, OWNER_AUDITED, 0));
	ASSERT_EQ(0, box_start_active(&self->outer, NULL, "audit"));
}

FIXTURE_TEARDOWN(audit)
{
	box_end(&self->outer);
	close(self->sock);
}

/* The next message of @type that has @words in it, without its header. */
static int next_message(FIXTURE_DATA(audit) *self, int type, const char *words)
{
	struct {
		struct nlmsghdr hdr;
		char text[sizeof(self->text)];
	} msg;
	ssize_t len;

	for (;;) {
		len = recv(self->sock, &msg, sizeof(msg) - 1, 0);
		if (len < 0)
			return -errno;
		((char *)&msg)[len] = '\0';
		if (len < (ssize_t)sizeof(msg.hdr) ||
		    msg.hdr.nlmsg_type != type || !strstr(msg.text, words))
			continue;
		strcpy(self->text, msg.text);
		return 0;
	}
}

static bool ends_in(const char *text, const char *end)
{
	const size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && !strcmp(text + len - end_len, end);
}

/* The message names the namespace, as its last word, or none. */
static bool is_of(const char *text, const char *ids)
{
	char field[64];

	if (!ids)
		return !strstr(text, "ima_ns=");
	snprintf(field, sizeof(field), " ima_ns=%llu", ids_last(ids));
	return ends_in(text, field);
}

TEST_F(audit, rule_of_the_host)
{
	ASSERT_EQ(0, program_run(self->program.path));
	ASSERT_EQ(0, next_message(self, AUDIT_INTEGRITY_RULE,
				  self->program.path));
	EXPECT_TRUE(is_of(self->text, NULL)) TH_LOG("%s", self->text);
}

TEST_F(audit, rule_in_a_namespace)
{
	ASSERT_EQ(0, box_run(&self->outer, &self->program));
	ASSERT_EQ(0, next_message(self, AUDIT_INTEGRITY_RULE,
				  self->program.path));
	EXPECT_TRUE(is_of(self->text, self->outer.ids))
		TH_LOG("%s", self->text);
}

/* Not active: its events are the ancestor's, so its messages are, too. */
TEST_F(audit, rule_in_a_new_namespace)
{
	struct box inner, fresh;
	struct program second;

	ASSERT_EQ(0, program_make(&second));
	ASSERT_EQ(0, chown(second.path, OWNER_AUDITED, 0));

	ASSERT_EQ(0, box_start(&inner, &self->outer));
	ASSERT_EQ(0, box_run(&inner, &self->program));
	ASSERT_EQ(0, next_message(self, AUDIT_INTEGRITY_RULE,
				  self->program.path));
	EXPECT_TRUE(is_of(self->text, self->outer.ids))
		TH_LOG("%s", self->text);
	box_end(&inner);

	ASSERT_EQ(0, box_start(&fresh, NULL));
	ASSERT_EQ(0, box_run(&fresh, &second));
	ASSERT_EQ(0, next_message(self, AUDIT_INTEGRITY_RULE, second.path));
	EXPECT_TRUE(is_of(self->text, NULL)) TH_LOG("%s", self->text);
	box_end(&fresh);
}

TEST_F(audit, rule_below_a_namespace)
{
	struct box inner;

	ASSERT_EQ(0, box_start_active(&inner, &self->outer, "inner"));
	ASSERT_EQ(0, box_run(&inner, &self->program));
	ASSERT_EQ(0, next_message(self, AUDIT_INTEGRITY_RULE,
				  self->program.path));
	EXPECT_TRUE(is_of(self->text, inner.ids)) TH_LOG("%s", self->text);
	box_end(&inner);
}

static int append_byte(void *shared)
{
	const int fd = open(shared, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* A namespace's task writes to what the host has measured and still reads. */
static void race_for_write(struct __test_metadata *_metadata,
			   FIXTURE_DATA(audit) *self, const char *ids)
{
	char path[] = PROGRAM_DIR "/audited-XXXXXX";
	const int made = mkostemp(path, O_CLOEXEC);
	int fd;

	ASSERT_LE(0, made);
	ASSERT_EQ(1, write(made, "x", 1));
	ASSERT_EQ(0, fchown(made, OWNER_MEASURED, 0));
	close(made);
	ASSERT_EQ(0, add_rule("measure func=FILE_CHECK mask=MAY_READ fowner=4812"));

	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	strcpy(self->outer.shared, path);
	ASSERT_EQ(0, ids ? box_call(&self->outer, append_byte) :
			   append_byte(path));
	close(fd);
	ASSERT_EQ(0, next_message(self, AUDIT_INTEGRITY_PCR, "cause=ToMToU"));
	EXPECT_TRUE(is_of(self->text, ids)) TH_LOG("%s", self->text);
}

TEST_F(audit, cause_in_the_host)
{
	race_for_write(_metadata, self, NULL);
}

TEST_F(audit, cause_in_a_namespace)
{
	race_for_write(_metadata, self, self->outer.ids);
}

/* Who loads rules is told, too; those that are refused stay out. */
static int load_bad_rule(void *unused __attribute__((unused)))
{
	return add_rule("audit func=NONE_SUCH");
}

TEST_F(audit, policy_of_the_host)
{
	ASSERT_EQ(-EINVAL, load_bad_rule(NULL));
	ASSERT_EQ(0, next_message(self, AUDIT_INTEGRITY_POLICY_RULE,
				  "NONE_SUCH"));
	EXPECT_TRUE(is_of(self->text, NULL)) TH_LOG("%s", self->text);
}

TEST_F(audit, policy_in_a_namespace)
{
	ASSERT_EQ(-EINVAL, box_call(&self->outer, load_bad_rule));
	ASSERT_EQ(0, next_message(self, AUDIT_INTEGRITY_POLICY_RULE,
				  "NONE_SUCH"));
	EXPECT_TRUE(is_of(self->text, self->outer.ids))
		TH_LOG("%s", self->text);
}

/*
 *   outer ------> inner, which runs a program and dies; both are traced
 */
FIXTURE(trace)
{
	char *text;
	char outer_ids[ID_PATH_MAX];
	char inner_ids[ID_PATH_MAX];
	unsigned long long outer_own;
	unsigned long long inner_own;
};

static int live_and_die(FIXTURE_DATA(trace) *self)
{
	struct box outer, inner;
	struct program program;
	int ret;

	ret = program_make(&program);
	ret = ret ?: box_start_active(&outer, NULL, "traced");
	if (ret)
		return ret;
	ret = box_start_active(&inner, &outer, "traced");
	if (!ret) {
		ret = box_run(&inner, &program);
		strcpy(self->inner_ids, inner.ids);
		box_end(&inner);
		ret = ret ?: ns_wait_dead(self->inner_ids);
	}
	strcpy(self->outer_ids, outer.ids);
	box_end(&outer);
	return ret ?: ns_wait_dead(self->outer_ids);
}

FIXTURE_SETUP(trace)
{
	self->text = malloc(TRACE_MAX);
	ASSERT_NE(NULL, self->text);
	if (can_open(TRACE_DIR "/trace", O_RDONLY))
		ASSERT_EQ(0, mount("tracefs", TRACE_DIR, "tracefs", 0, NULL));

	ASSERT_EQ(0, can_open(TRACE_DIR "/trace", O_WRONLY | O_TRUNC));
	ASSERT_EQ(0, write_text(TRACE_DIR "/events/ima_ns/enable", "1"));
	ASSERT_EQ(0, live_and_die(self));
	ASSERT_EQ(0, write_text(TRACE_DIR "/events/ima_ns/enable", "0"));
	ASSERT_LT(0, read_text(TRACE_DIR "/trace", self->text, TRACE_MAX));
	self->outer_own = ns_status_num(self->outer_ids, "entries") -
			  ns_status_num(self->outer_ids, "records");
	self->inner_own = ns_status_num(self->inner_ids, "entries");
}

FIXTURE_TEARDOWN(trace)
{
	write_text(TRACE_DIR "/events/ima_ns/enable", "0");
	free(self->text);
}

/* The fields of the next event @name; NULL after the last one. */
static const char *next_event(const char **at, const char *name)
{
	char mark[32];
	const char *found;

	snprintf(mark, sizeof(mark), " %s: ", name);
	found = strstr(*at, mark);
	if (!found)
		return NULL;
	found += strlen(mark);
	*at = found;
	return found;
}

TEST_F(trace, create_names_the_parent)
{
	const unsigned long long outer = ids_last(self->outer_ids);
	const unsigned long long inner = ids_last(self->inner_ids);
	unsigned long long id, parent;
	const char *at = self->text, *event;
	unsigned int depth, seen = 0;

	while ((event = next_event(&at, "ima_ns_create"))) {
		ASSERT_EQ(3, sscanf(event, "id=%llu parent=%llu depth=%u", &id,
				    &parent, &depth));
		if (id == outer) {
			EXPECT_EQ(0, parent);
			EXPECT_EQ(1, depth);
		} else if (id == inner) {
			EXPECT_EQ(outer, parent);
			EXPECT_EQ(2, depth);
		} else {
			continue;
		}
		seen++;
	}
	EXPECT_EQ(2, seen) TH_LOG("%s", self->text);
}

/* One event an entry, in order, from CREATE to DESTROY. */
static void check_entries(struct __test_metadata *_metadata,
			  FIXTURE_DATA(trace) *self, unsigned long long wanted,
			  unsigned long long own)
{
	unsigned long long id, seq, ticket, last = 0, next = 0;
	const char *at = self->text, *event;
	char type[16];
	int violation;

	while ((event = next_event(&at, "ima_ns_measure"))) {
		ASSERT_EQ(5, sscanf(event, "id=%llu seq=%llu ticket=%llu "
				    "type=%15s violation=%d",
				    &id, &seq, &ticket, type, &violation));
		if (id != wanted)
			continue;
		EXPECT_EQ(next, seq);
		EXPECT_STREQ(!seq ? "create" :
			     seq == own - 1 ? "destroy" : "entry", type);
		EXPECT_EQ(0, violation);
		EXPECT_LT(last, ticket);
		last = ticket;
		next++;
	}
	EXPECT_EQ(own, next);
}

TEST_F(trace, measure_tells_each_entry)
{
	EXPECT_LE(2, self->outer_own);
	EXPECT_LE(3, self->inner_own);
	check_entries(_metadata, self, ids_last(self->outer_ids),
		      self->outer_own);
	check_entries(_metadata, self, ids_last(self->inner_ids),
		      self->inner_own);
}

/* Every record is committed once; how long the TPM took is told. */
TEST_F(trace, commit_covers_each_record)
{
	unsigned long long first, extend_ns, next = 0, start = 0;
	unsigned long long id, seq, ticket;
	const char *at = self->text, *event;
	unsigned int count;
	char type[16];

	while ((event = next_event(&at, "ima_ns_commit"))) {
		ASSERT_EQ(3, sscanf(event, "first=%llu count=%u extend_ns=%llu",
				    &first, &count, &extend_ns));
		if (!start)
			start = next = first;
		EXPECT_EQ(next, first);
		EXPECT_LT(0, count);
		EXPECT_GE(IMA_NS_RECORDS_MAX, count);
		EXPECT_LT(0, extend_ns);
		next = first + count;
	}

	at = self->text;
	while ((event = next_event(&at, "ima_ns_measure"))) {
		ASSERT_EQ(4, sscanf(event, "id=%llu seq=%llu ticket=%llu "
				    "type=%15s", &id, &seq, &ticket, type));
		EXPECT_LE(start, ticket);
		/* That of a DESTROY may be on its way. */
		if (strcmp(type, "destroy"))
			EXPECT_GT(next, ticket);
	}
}

TEST_F(trace, destroy_counts)
{
	const unsigned long long inner = ids_last(self->inner_ids);
	unsigned long long id, entries, violations, losses;
	const char *at = self->text, *event;
	unsigned int seen = 0;

	while ((event = next_event(&at, "ima_ns_destroy"))) {
		ASSERT_EQ(4, sscanf(event, "id=%llu entries=%llu "
				    "violations=%llu losses=%llu",
				    &id, &entries, &violations, &losses));
		if (id != inner)
			continue;
		EXPECT_EQ(self->inner_own, entries);
		EXPECT_EQ(0, violations);
		EXPECT_EQ(0, losses);
		seen++;
	}
	EXPECT_EQ(1, seen);
}

TEST_F(trace, keeps_secrets)
{
	EXPECT_EQ(NULL, strstr(self->text, SECRET));
	EXPECT_EQ(NULL, strstr(self->text, "sha256"));
}

TEST_HARNESS_MAIN
