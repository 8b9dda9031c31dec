// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rounds of an operator who has tenants' verdicts in place of their lists. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "deal.h"
#include "round.h"

/* The operator's state; WEB and POD with CTR are tenants'. */
struct op {
	struct deal d;
	struct imans_state *state;
};

/* Lists and keys that the operator has, by ids; the state is kept. */
static void op_round(struct op *o, const char *has, const char *verdicts)
{
	struct node *n = &o->d.n;
	uint64_t count = round_count(o->state);

	n->tenants = o->d.tenants;
	n->quote.clock++;
	imans_evidence_free(n->evidence);
	node_quote_part(n, has, has);
	round_verify(n, o->state, true);
	expect_verdicts(n, verdicts);
	assert_int_equal(round_count(o->state), count + 1);
	round_store(n->ctx, &o->state);
}

/* Verdicts of before are not given again. */
static void op_forget(struct op *o)
{
	struct deal *d = &o->d;

	imans_tenants_free(d->tenants);
	assert_int_equal(imans_tenants_new(d->n.ctx, &d->tenants), 0);
	imans_tenants_set_time(d->tenants, NOW);
	assert_int_equal(imans_tenants_trust_id(d->tenants, d->web.public,
						d->n.w.boot_id, WEB), 0);
	assert_int_equal(imans_tenants_trust_id(d->tenants, d->pod.public,
						d->n.w.boot_id, POD), 0);
	imans_tenants_set_max_age(d->tenants, 3600);
}

/* A verdict on what there is now, which is not given yet. */
static struct bl_bytes op_issue(struct op *o, const char *ids,
				const struct skey *key)
{
	struct node *n = &o->d.n;

	imans_evidence_free(n->evidence);
	imans_report_free(n->report);
	n->tenants = NULL;
	return deal_issue(&o->d, ids, key);
}

/* Verdicts of both tenants on what there is now, and of none before. */
static void op_hear(struct op *o)
{
	struct deal *d = &o->d;

	op_forget(o);
	deal_give(d, op_issue(o, "1", &d->web));
	deal_give(d, op_issue(o, "23", &d->pod));
}

/* One round in which both have spoken. */
static void op_begin(struct op *o, void **state)
{
	deal_begin(&o->d, state);
	assert_int_equal(imans_state_new(*state, &o->state), 0);
	op_hear(o);
	op_round(o, "", "cccc");
}

static void op_end(struct op *o)
{
	imans_state_free(o->state);
	deal_end(&o->d);
}

static struct bl_ns *op_ns(struct op *o, size_t id)
{
	return o->d.n.w.ns[id - 1];
}

static void op_run(struct op *o, size_t id, const char *path)
{
	bl_entry(&o->d.n.w, op_ns(o, id), path);
	bl_flush(&o->d.n.w);
}

static void verdicts_each_round(void **state)
{
	struct imans_state_info info;
	struct op o;

	op_begin(&o, state);
	for (int i = 0; i < 3; i++) {
		op_run(&o, WEB, "/bin/sh");
		op_run(&o, CTR, "/bin/sh");
		op_hear(&o);
		op_round(&o, "", "cccc");
		expect_finding(&o.d.n, WEB, IMANS_F_DELEGATED);
		/* The host's two: nothing else was shown. */
		assert_int_equal(imans_report_examined(o.d.n.report), 2);
		imans_state_info(o.state, &info);
		assert_int_equal(info.held, 0);
	}
	/* Who does not speak again is not covered, and can be later. */
	op_forget(&o);
	op_round(&o, "", "iiii");
	expect_finding(&o.d.n, WEB, IMANS_F_NS_NOT_CARRIED);
	op_hear(&o);
	op_round(&o, "", "cccc");
	op_end(&o);
}

/* Only who speaks for it is heard, and only of this boot. */
static void not_the_tenant(void **state)
{
	struct op o;

	op_begin(&o, state);
	op_forget(&o);
	deal_give(&o.d, op_issue(&o, "1", &o.d.pod));
	op_round(&o, "", "iiii");
	expect_finding(&o.d.n, WEB, IMANS_F_SIGNED_SCOPE);
	op_end(&o);

	op_begin(&o, state);
	op_hear(&o);
	bl_kexec(&o.d.n.w, 0x61);
	bl_boot(&o.d.n.w);
	bl_entry(&o.d.n.w, bl_create(&o.d.n.w, NULL, "pod=1,ctr=web"),
		 "/usr/bin/crun");
	bl_flush(&o.d.n.w);
	op_round(&o, "", "ii");
	expect_finding(&o.d.n, 0, IMANS_F_SIGNED_BOOT);
	op_end(&o);
}

/* Of before the last round, of that one, and of a part of what is new. */
static void lagging(void **state)
{
	const struct imans_finding *f;
	struct bl_bytes given[3];
	struct op o;

	for (int i = 0; i < 3; i++) {
		op_begin(&o, state);
		given[0] = op_issue(&o, "1", &o.d.web);
		op_run(&o, WEB, "/bin/sh");
		given[1] = op_issue(&o, "1", &o.d.web);
		op_forget(&o);
		op_round(&o, "", "iiii");
		op_run(&o, WEB, "/bin/sh");
		given[2] = op_issue(&o, "1", &o.d.web);
		op_run(&o, WEB, "/bin/sh");
		deal_give(&o.d, given[i]);
		op_round(&o, "", "iiii");
		f = expect_finding(&o.d.n, WEB, IMANS_F_SIGNED_LAGGING);
		assert_int_equal(f->severity, IMANS_NOTE);
		assert_int_equal(!strstr(f->text, "before the last round"), i > 0);
		expect_no_finding(&o.d.n, WEB, IMANS_F_DELEGATED);
		free(given[(i + 1) % 3].data);
		free(given[(i + 2) % 3].data);
		op_end(&o);
	}
}

/* What the tenant was shown is not what the operator is: now, or a round ago. */
static void other_records(void **state)
{
	struct bl_world *w;
	struct bl_bytes b;
	struct bl_ns was;
	struct op o;

	for (int later = 0; later < 2; later++) {
		op_begin(&o, state);
		w = &o.d.n.w;
		was = *op_ns(&o, WEB);
		op_run(&o, WEB, "/bin/sh");
		b = op_issue(&o, "1", &o.d.web);
		/* That was not, but this. */
		bl_cut(&w->host, w->host.count - 1);
		bl_cut(&op_ns(&o, WEB)->list, was.list.count);
		op_ns(&o, WEB)->own = was.own;
		memcpy(op_ns(&o, WEB)->vpcr, was.vpcr, sizeof(was.vpcr));
		w->index--;
		op_run(&o, WEB, "/tmp/intruder");
		op_forget(&o);
		if (later) {
			op_round(&o, "", "iiii");
			op_run(&o, WEB, "/bin/sh");
		}
		deal_give(&o.d, b);
		op_round(&o, "", "iuii");
		expect_finding(&o.d.n, WEB, IMANS_F_SIGNED_RECORDS);
		op_end(&o);
	}
}

/*
 * What tenants spoke for in the first rounds is opened in a later one: that its
 * list is the one whose records were there, a digest tells.
 */
static void covered_then_opened(void **state)
{
	struct imans_state_info info;
	struct op o;

	op_begin(&o, state);
	op_run(&o, POD, "/bin/sh");
	op_run(&o, CTR, "/bin/sh");
	op_run(&o, WEB, "/bin/sh");
	op_hear(&o);
	op_round(&o, "", "cccc");
	op_run(&o, CTR, "/usr/sbin/nginx");
	op_run(&o, WEB, "/usr/sbin/nginx");
	op_forget(&o);
	op_round(&o, "123", "cccc");
	expect_no_finding(&o.d.n, WEB, IMANS_F_DELEGATED);
	assert_int_equal(imans_state_verdict(o.state, 0), IMANS_CONSISTENT);
	imans_state_info(o.state, &info);
	assert_int_equal(info.held, 0);
	op_run(&o, CTR, "/bin/sh");
	op_round(&o, "123", "cccc");
	/* The host's, CTR's, and the copy in POD's. */
	assert_int_equal(imans_report_examined(o.d.n.report), 3);
	/* Covered again, and opened again: from where it had been. */
	op_run(&o, CTR, "/bin/sh");
	op_hear(&o);
	op_round(&o, "", "cccc");
	assert_int_equal(imans_state_verdict(o.state, CTR), IMANS_INCOMPLETE);
	assert_int_equal(imans_state_verdict(o.state, POD), IMANS_INCOMPLETE);
	op_forget(&o);
	/* The parent's list alone has all that it needs. */
	op_round(&o, "12", "icci");
	op_round(&o, "123", "cccc");
	op_end(&o);
}

/* What ran while the tenant spoke is compared when it is shown. */
static void covered_content(void **state)
{
	const struct imans_finding *f;
	struct op o;

	op_begin(&o, state);
	op_run(&o, WEB, "/tmp/intruder");
	op_run(&o, WEB, "/bin/sh");
	op_forget(&o);
	deal_give(&o.d, op_issue(&o, "1", &o.d.web));
	op_round(&o, "", "iuii");
	expect_finding(&o.d.n, WEB, IMANS_F_DELEGATED_UNTRUSTED);
	op_forget(&o);
	op_round(&o, "123", "cucc");
	f = expect_finding(&o.d.n, WEB, IMANS_F_NOT_IN_REFERENCE);
	assert_int_equal(f->entry, 3);
	op_end(&o);
}

/* Parents' lists have records of children's: none is settled by its own only. */
static void covered_copies(void **state)
{
	struct op o;

	op_begin(&o, state);
	op_forget(&o);
	op_round(&o, "123", "cccc");
	op_run(&o, CTR, "/bin/sh");
	op_hear(&o);
	op_round(&o, "", "cccc");
	/* POD has no new record of its own. */
	op_forget(&o);
	op_round(&o, "13", "icic");
	expect_finding(&o.d.n, POD, IMANS_F_NS_NOT_CARRIED);
	op_round(&o, "123", "cccc");
	op_end(&o);
}

enum change { BIT, ORDER, GONE, END, CHANGES };

static void change(struct op *o, enum change how)
{
	struct bl_list *pod = &op_ns(o, POD)->list;

	switch (how) {
	case BIT:
		pod->entries[1].data.data[20] ^= 1;
		break;
	case ORDER:
		/* A copy, and what is its own. */
		bl_swap(pod, pod->count - 2, pod->count - 1);
		break;
	case GONE:
		bl_remove(pod, 2);
		break;
	default:
		bl_cut(pod, 2);
	}
}

/* It is opened with another list than the one that was spoken for. */
static void covered_then_another(void **state)
{
	struct op o;

	for (int how = 0; how < CHANGES; how++) {
		op_begin(&o, state);
		op_run(&o, CTR, "/bin/sh");
		op_run(&o, POD, "/bin/sh");
		op_hear(&o);
		op_round(&o, "", "cccc");
		change(&o, how);
		op_forget(&o);
		op_round(&o, "123", "ucuc");
		expect_finding(&o.d.n, POD, IMANS_F_STATE_COVERED);
		/* That it was shown is not forgotten. */
		op_hear(&o);
		op_round(&o, "", "ucuc");
		expect_finding(&o.d.n, POD, IMANS_F_STATE_EARLIER);
		op_end(&o);
	}
}

/* ------------------------------------------------------ a tenant's verdict */

/* It is signed after rounds as after one look at all. */
static void signed_in_rounds(void **state)
{
	struct imans_verify_opts opts;
	struct imans_sign_opts sign;
	struct imans_state *mine;
	struct imans_evidence *rest;
	struct bl_bytes b;
	struct op o;

	op_begin(&o, state);
	assert_int_equal(imans_state_new(*state, &mine), 0);
	for (int i = 0; i < 3; i++) {
		op_run(&o, WEB, "/bin/sh");
		op_forget(&o);
		deal_give(&o.d, op_issue(&o, "23", &o.d.pod));
		node_quote_part(&o.d.n, "123", "1");
		rest = i ? round_rest(&o.d.n, mine) : NULL;
		opts = node_opts(&o.d.n);
		opts.state = mine;
		opts.sign = true;
		assert_int_equal(imans_verify(rest ? rest : o.d.n.evidence,
					      &opts, &o.d.n.report), 0);
		imans_evidence_free(rest);
		sign = deal_sign_opts(&o.d.web);
		sign.show_create = i;
		assert_int_equal(imans_report_sign(o.d.n.report,
						   IMANS_SIGNED_TENANT, &sign,
						   &b.data, &b.len),
				 i ? -ENODATA : 0);
		if (i) {
			assert_non_null(strstr(imans_ctx_error(*state),
					       "earlier round"));
			sign.show_create = false;
			assert_int_equal(imans_report_sign(o.d.n.report,
							   IMANS_SIGNED_TENANT,
							   &sign, &b.data,
							   &b.len), 0);
		}
		deal_give(&o.d, b);
		op_round(&o, "", "cccc");
	}
	imans_state_free(mine);
	op_end(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(verdicts_each_round),
		TEST(not_the_tenant),
		TEST(lagging),
		TEST(other_records),
		TEST(covered_then_opened),
		TEST(covered_content),
		TEST(covered_copies),
		TEST(covered_then_another),
		TEST(signed_in_rounds),
	};

	/* tpm2-tss would log what is damaged on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("rounds-tenant", tests, NULL, NULL);
}
