// SPDX-License-Identifier: LGPL-2.1-or-later
/* Channels: the namespace that a verifier talks to, and its clean twin. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"

static const uint8_t tls[32] = "digest of the server's TLS key";
static const uint8_t other_tls[32] = "digest of some other TLS key";

/* WEB has bound the channel's value; with a twin, somebody else has its label. */
static struct bl_ns *begin(struct node *n, void **state, bool twin)
{
	struct bl_ns *ns = NULL;

	node_begin(n, *state);
	bl_bind(&n->w, n->w.ns[WEB - 1], other_tls, sizeof(other_tls));
	bl_bind(&n->w, n->w.ns[WEB - 1], tls, sizeof(tls));
	if (twin) {
		ns = bl_create(&n->w, NULL, n->w.ns[WEB - 1]->label);
		bl_entry(&n->w, ns, "/usr/bin/crun");
	}
	bl_flush(&n->w);
	return ns;
}

static void verify(struct node *n, struct imans_channel channel)
{
	struct imans_verify_opts opts = node_opts(n);

	node_quote(n);
	opts.channels = &channel;
	opts.channel_count = 1;
	node_verify_with(n, &opts);
}

static void bound(void **state)
{
	const struct imans_channel by_id = {
		.id = WEB, .data = tls, .len = sizeof(tls),
	};
	const struct imans_channel by_label = {
		.label = "pod=1,ctr=web", .data = tls, .len = sizeof(tls),
	};
	struct node n;

	begin(&n, state, false);
	verify(&n, by_id);
	expect_verdicts(&n, "cccc");
	assert_int_equal(expect_finding(&n, WEB, IMANS_F_CHANNEL_BOUND)->entry,
			 4);
	node_end(&n);

	begin(&n, state, false);
	verify(&n, by_label);
	expect_verdicts(&n, "cccc");
	expect_finding(&n, WEB, IMANS_F_CHANNEL_BOUND);
	expect_no_finding(&n, POD, IMANS_F_CHANNEL);
	node_end(&n);
}

/* What is bound is not the channel's value, be it by a byte. */
static void not_bound(void **state)
{
	struct imans_channel channel = { .id = WEB, .len = sizeof(tls) };
	uint8_t near[sizeof(tls)];
	struct node n;

	memcpy(near, tls, sizeof(near));
	near[31] ^= 1;
	channel.data = near;
	for (int i = 0; i < 3; i++) {
		begin(&n, state, false);
		verify(&n, channel);
		expect_verdicts(&n, i < 2 ? "cucc" : "ccuc");
		expect_finding(&n, i < 2 ? WEB : POD, IMANS_F_CHANNEL);
		node_end(&n);
		/* The beginning of it; then, somebody else's. */
		channel.data = tls;
		channel.len = i ? sizeof(tls) : sizeof(tls) - 1;
		channel.id = i ? POD : WEB;
	}
}

static void clean_twin(void **state)
{
	const struct imans_channel channel = {
		.label = "pod=1,ctr=web", .data = tls, .len = sizeof(tls),
	};
	struct bl_ns *twin;
	struct node n;

	/* It is clean, and is not the channel's end. */
	begin(&n, state, true);
	verify(&n, channel);
	expect_verdicts(&n, "ccccu");
	expect_finding(&n, WEB, IMANS_F_CHANNEL_BOUND);
	expect_finding(&n, 4, IMANS_F_CHANNEL);
	node_end(&n);

	/* It has bound something: not this. */
	twin = begin(&n, state, true);
	bl_bind(&n.w, twin, other_tls, sizeof(other_tls));
	bl_flush(&n.w);
	verify(&n, channel);
	expect_verdicts(&n, "ccccu");
	node_end(&n);
}

/* The channel's end is gone, whatever it had bound. */
static void ended(void **state)
{
	const struct imans_channel by_id = {
		.id = WEB, .data = tls, .len = sizeof(tls),
	};
	const struct imans_channel by_label = {
		.label = "pod=1,ctr=web", .data = tls, .len = sizeof(tls),
	};
	struct node n;

	begin(&n, state, false);
	bl_destroy(&n.w, n.w.ns[WEB - 1]);
	bl_flush(&n.w);
	verify(&n, by_id);
	expect_verdicts(&n, "cucc");
	expect_finding(&n, WEB, IMANS_F_CHANNEL);
	node_end(&n);

	/* One that took its label over is asked instead. */
	begin(&n, state, false);
	bl_destroy(&n.w, n.w.ns[WEB - 1]);
	bl_create(&n.w, NULL, "pod=1,ctr=web");
	bl_flush(&n.w);
	verify(&n, by_label);
	expect_verdicts(&n, "ccccu");
	expect_no_finding(&n, WEB, IMANS_F_CHANNEL);
	node_end(&n);

	begin(&n, state, false);
	bl_destroy(&n.w, n.w.ns[WEB - 1]);
	bl_flush(&n.w);
	verify(&n, by_label);
	expect_verdicts(&n, "uccc");
	expect_finding(&n, 0, IMANS_F_CHANNEL);
	node_end(&n);
}

static void nobody(void **state)
{
	const struct imans_channel channels[] = {
		{ .id = 77, .data = tls, .len = sizeof(tls) },
		{ .label = "pod=1", .data = tls, .len = sizeof(tls) },
	};
	struct node n;

	for (size_t i = 0; i < 2; i++) {
		begin(&n, state, false);
		verify(&n, channels[i]);
		expect_verdicts(&n, "uccc");
		expect_finding(&n, 0, IMANS_F_CHANNEL);
		node_end(&n);
	}
}

/* After the quote: the record that would prove it is not there. */
static void bound_too_late(void **state)
{
	const struct imans_channel channel = {
		.id = WEB, .data = tls, .len = sizeof(tls),
	};
	struct imans_verify_opts opts;
	struct node n;

	node_begin(&n, *state);
	node_quote(&n);
	bl_bind(&n.w, n.w.ns[WEB - 1], tls, sizeof(tls));
	imans_evidence_free(n.evidence);
	node_quote(&n);
	opts = node_opts(&n);
	opts.channels = &channel;
	opts.channel_count = 1;
	node_verify_with(&n, &opts);
	expect_verdicts(&n, "cucc");
	expect_finding(&n, WEB, IMANS_F_NS_UNPROVEN);
	expect_finding(&n, WEB, IMANS_F_CHANNEL);
	node_end(&n);
}

/* A file of that name, in the namespace's own template, binds nothing. */
static void file_of_that_name(void **state)
{
	const struct imans_channel channel = {
		.id = WEB, .data = tls, .len = sizeof(tls),
	};
	struct node n;

	node_begin(&n, *state);
	bl_entry(&n.w, n.w.ns[WEB - 1], "ima-ns/bind");
	bl_flush(&n.w);
	verify(&n, channel);
	expect_verdicts(&n, "uucc");
	expect_finding(&n, WEB, IMANS_F_EVENT_TEMPLATE);
	expect_finding(&n, WEB, IMANS_F_CHANNEL);
	node_end(&n);
}

/* What the kernel would not write. */
static void malformed(void **state)
{
	struct bl_bytes foreign = bl_buf_bind(POD, tls, sizeof(tls));
	struct node n;

	node_begin(&n, *state);
	bl_event(&n.w, n.w.ns[WEB - 1], "ima-ns/bind", foreign.data,
		 foreign.len);
	bl_event(&n.w, n.w.ns[CTR - 1], "ima-ns/bind", foreign.data,
		 foreign.len - 1);
	bl_flush(&n.w);
	node_quote(&n);
	node_verify(&n);
	expect_finding(&n, WEB, IMANS_F_NS_ID);
	expect_finding(&n, CTR, IMANS_F_EVENT_MALFORMED);
	free(foreign.data);
	node_end(&n);
}

static void bad_options(void **state)
{
	static const uint8_t long_value[65];
	const struct imans_channel bad[] = {
		{ .id = 1, .data = NULL, .len = 1 },
		{ .id = 1, .data = tls, .len = 0 },
		{ .id = 1, .data = long_value, .len = sizeof(long_value) },
		{ .data = tls, .len = 1 },
		{ .label = "", .data = tls, .len = 1 },
	};
	struct imans_verify_opts opts;
	struct node n;

	node_begin(&n, *state);
	node_quote(&n);
	opts = node_opts(&n);
	opts.channel_count = 1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		opts.channels = &bad[i];
		assert_int_equal(imans_verify(n.evidence, &opts, &n.report),
				 -EINVAL);
	}
	assert_null(n.report);
	node_end(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bound),
		TEST(not_bound),
		TEST(clean_twin),
		TEST(ended),
		TEST(nobody),
		TEST(bound_too_late),
		TEST(file_of_that_name),
		TEST(malformed),
		TEST(bad_options),
	};

	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
