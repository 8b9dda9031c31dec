// SPDX-License-Identifier: LGPL-2.1-or-later
/* Verification, what it keeps and what it writes. */
#include "errors.h"

/* All that a report says but signatures. */
static int report_made(struct things *t, int err, struct imans_report *report)
{
	char *text;

	if (err) {
		assert_ptr_equal(report, UNTOUCHED);
		return err;
	}
	assert_int_equal(imans_report_json(t->ctx, report, &text), 0);
	things_steady(t, text, strlen(text));
	free(text);
	imans_report_free(report);
	return 0;
}

static int run_verify(struct things *t)
{
	const struct imans_channel channel = {
		.label = "pod=1,ctr=web", .data = "tls", .len = 3,
	};
	struct imans_verify_opts opts = things_opts(t);
	struct imans_report *report = UNTOUCHED;
	int err;

	opts.channels = &channel;
	opts.channel_count = 1;
	err = UNDER(imans_verify(t->b.n.evidence, &opts, &report));
	return report_made(t, err, report);
}

static struct imans_tenants *some_tenants(struct things *t)
{
	struct imans_tenants *tenants;

	assert_int_equal(imans_tenants_new(t->ctx, &tenants), 0);
	assert_int_equal(imans_tenants_trust_label(tenants, t->key.public, "*"),
			 0);
	assert_int_equal(imans_tenants_add(tenants, t->tenant_verdict.data,
					   t->tenant_verdict.len, "v"), 0);
	return tenants;
}

/* Tenants speak for all, and the operator for the node. */
static int run_verify_others(struct things *t)
{
	struct imans_verify_opts opts = things_opts(t);
	struct imans_tenants *tenants = some_tenants(t);
	struct imans_report *report = UNTOUCHED;
	struct imans_signed *node;
	int err;

	assert_int_equal(imans_signed_parse(t->ctx, t->node_verdict.data,
					    t->node_verdict.len, "n", &node),
			 0);
	opts.tenants = tenants;
	opts.node_verdict = node;
	opts.node_verdict_pem = t->key.public;
	err = UNDER(imans_verify(t->redacted, &opts, &report));
	imans_tenants_free(tenants);
	imans_signed_free(node);
	return report_made(t, err, report);
}

static void encode(const struct imans_state *state, struct bl_bytes *b)
{
	assert_int_equal(imans_state_encode(state, &b->data, &b->len), 0);
}

/* A state takes a round up whole, or not at all. */
static int run_verify_state(struct things *t)
{
	struct imans_verify_opts opts = things_opts(t);
	struct imans_report *report = UNTOUCHED;
	struct bl_bytes before, after;
	struct imans_state *state;
	int err;

	assert_int_equal(imans_state_read(t->ctx, t->state_file, &state), 0);
	encode(state, &before);
	opts.state = state;
	opts.sign = false;
	err = UNDER(imans_verify(t->b.n.evidence, &opts, &report));
	encode(state, &after);
	if (err) {
		assert_int_equal(before.len, after.len);
		assert_memory_equal(before.data, after.data, after.len);
	}
	free(before.data);
	free(after.data);
	imans_state_free(state);
	return report_made(t, err, report);
}

MAKER(state_new, imans_state, imans_state_new(t->ctx, &made))
MAKER(state_read, imans_state,
      imans_state_read(t->ctx, t->state_file, &made))
MAKER(state_read_since, imans_state,
      imans_state_read_since(t->ctx, t->request_file, &made))
ENCODER(state_encode, true, imans_state_encode(t->state, &data, &len))
ENCODER(state_encode_request, true,
	imans_state_encode_request(t->state, &data, &len))
WRITER(state_write, true, imans_state_write(t->state, t->made))
WRITER(state_write_request, true, imans_state_write_request(t->state, t->made))

static int run_state_parse(struct things *t)
{
	struct imans_state *made = UNTOUCHED;
	struct bl_bytes b, again;
	int err;

	assert_true(util_read_file(t->state_file, &b));
	err = UNDER(imans_state_parse(t->ctx, b.data, b.len, "s", &made));
	if (err) {
		assert_ptr_equal(made, UNTOUCHED);
	} else {
		encode(made, &again);
		assert_int_equal(again.len, b.len);
		assert_memory_equal(again.data, b.data, b.len);
		free(again.data);
		imans_state_free(made);
	}
	free(b.data);
	return err;
}

static int run_state_parse_since(struct things *t)
{
	struct imans_state *made = UNTOUCHED;
	struct bl_bytes b;
	int err;

	assert_true(util_read_file(t->request_file, &b));
	err = UNDER(imans_state_parse_since(t->ctx, b.data, b.len, "s",
					    &made));
	free(b.data);
	if (err)
		assert_ptr_equal(made, UNTOUCHED);
	else
		imans_state_free(made);
	return err;
}

#define REPORT	(t->b.n.report)

TELLER(report_json, true, imans_report_json(t->ctx, REPORT, &text))
TELLER(report_html, true, imans_report_html(t->ctx, REPORT, NULL, &text))
WRITER(report_write_html, true,
       imans_report_write_html(t->ctx, REPORT, NULL, t->made))

/* Another signature each time. */
ENCODER(report_sign, false,
	imans_report_sign(REPORT, IMANS_SIGNED_TENANT,
			  &((struct imans_sign_opts) {
				.sz = sizeof(struct imans_sign_opts),
				.key_pem = t->key.private,
				.show_create = true,
			  }), &data, &len))
ENCODER(report_sign_node, false,
	imans_report_sign(REPORT, IMANS_SIGNED_NODE,
			  &((struct imans_sign_opts) {
				.sz = sizeof(struct imans_sign_opts),
				.key_pem = t->key.private,
			  }), &data, &len))
WRITER(report_write_signed, false,
       imans_report_write_signed(REPORT, IMANS_SIGNED_NODE,
				 &((struct imans_sign_opts) {
					.sz = sizeof(struct imans_sign_opts),
					.key_pem = t->key.private,
				 }), t->made))

static struct imans_ear_opts ear_opts(struct things *t)
{
	static const char *const ids[] = { "policy" };

	return (struct imans_ear_opts) {
		.sz = sizeof(struct imans_ear_opts),
		.key_pem = t->key.private, .policy_ids = ids,
		.policy_id_count = 1, .issued_at = 1800000000, .lifetime = 60,
		.raw_evidence = t->cbor.data, .raw_evidence_len = t->cbor.len,
	};
}

/* Header and claims are always the same. */
static int run_report_ear(struct things *t)
{
	const struct imans_ear_opts opts = ear_opts(t);
	char *jwt = UNTOUCHED;
	int err = UNDER(imans_report_ear(REPORT, &opts, &jwt));

	if (err) {
		assert_ptr_equal(jwt, UNTOUCHED);
		return err;
	}
	things_steady(t, jwt, (size_t)(strrchr(jwt, '.') - jwt));
	free(jwt);
	return 0;
}

static int run_report_write_ear(struct things *t)
{
	const struct imans_ear_opts opts = ear_opts(t);

	return things_written(t, UNDER(imans_report_write_ear(REPORT, &opts,
							      t->made)),
			      false);
}

static int run_signed_parse(struct things *t)
{
	struct imans_signed *made = UNTOUCHED;
	int err = UNDER(imans_signed_parse(t->ctx, t->tenant_verdict.data,
					   t->tenant_verdict.len, "s", &made));

	if (err)
		assert_ptr_equal(made, UNTOUCHED);
	else
		imans_signed_free(made);
	return err;
}

MAKER(signed_read, imans_signed, imans_signed_read(t->ctx, t->verdict, &made))

static int run_signed_verify(struct things *t)
{
	struct imans_signed *verdict;
	int err;

	assert_int_equal(imans_signed_read(t->ctx, t->verdict, &verdict), 0);
	err = UNDER(imans_signed_verify(verdict, t->key.public));
	imans_signed_free(verdict);
	return err;
}

MAKER(tenants_new, imans_tenants, imans_tenants_new(t->ctx, &made))

#define TENANT(name, call)						\
static int run_##name(struct things *t)					\
{									\
	struct imans_tenants *to = some_tenants(t);			\
	int err = UNDER(call);						\
									\
	imans_tenants_free(to);						\
	return err;							\
}

TENANT(tenants_trust_id,
       imans_tenants_trust_id(to, t->key.public, t->b.n.w.boot_id, WEB))
TENANT(tenants_trust_label,
       imans_tenants_trust_label(to, t->key.public, "pod=2*"))
TENANT(tenants_add, imans_tenants_add(to, t->tenant_verdict.data,
				      t->tenant_verdict.len, "v"))
TENANT(tenants_add_file, imans_tenants_add_file(to, t->verdict))

const struct call calls_verdict[] = {
	CALL(verify),
	{ "imans_verify", run_verify_others, 0, false },
	{ "imans_verify", run_verify_state, 0, false },
	CALL(state_new),
	CALL(state_read),
	CALL(state_read_since),
	CALL(state_parse),
	CALL(state_parse_since),
	CALL(state_encode),
	CALL(state_encode_request),
	CALL(state_write),
	CALL(state_write_request),
	CALL(report_json),
	CALL(report_html),
	CALL(report_write_html),
	CALL(report_sign),
	{ "imans_report_sign", run_report_sign_node, 0, false },
	CALL(report_write_signed),
	CALL(report_ear),
	CALL(report_write_ear),
	CALL(signed_parse),
	CALL(signed_read),
	CALL(signed_verify),
	CALL(tenants_new),
	CALL(tenants_trust_id),
	CALL(tenants_trust_label),
	CALL(tenants_add),
	CALL(tenants_add_file),
	{ NULL, NULL, 0, false },
};
