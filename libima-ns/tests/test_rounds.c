// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Verifying in rounds comes to what verifying at once does: random nodes,
 * looked at while they live, the same way each time; and what it costs.
 * IMANS_ROUNDS=N and IMANS_SEED=N for a longer or another run.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deal.h"
#include "rng.h"
#include "round.h"
#include "tenant.h"

#define NODES	120

static const char *const paths[] = {
	"/usr/bin/crun", "/usr/sbin/nginx", "/bin/sh", "/bin/sh",
	"/usr/bin/crun", "/tmp/intruder", "boot_aggregate",
};

static const char *any_path(void)
{
	return paths[rng(sizeof(paths) / sizeof(*paths))];
}

/* Who lives; a parent dies after its children. */
struct tree {
	bool dead[BL_NS_MAX];
};

static struct bl_ns *any_alive(struct node *n, const struct tree *t)
{
	struct bl_ns *ns;

	if (!n->w.ns_count)
		return NULL;
	ns = n->w.ns[rng(n->w.ns_count)];
	return t->dead[ns->id - 1] ? NULL : ns;
}

static bool has_child(const struct node *n, const struct tree *t,
		      const struct bl_ns *ns)
{
	for (size_t i = 0; i < n->w.ns_count; i++)
		if (n->w.ns[i]->parent == ns && !t->dead[i])
			return true;
	return false;
}

static void any_create(struct node *n, const struct tree *t)
{
	static const char *const labels[] = { "pod=1", "pod=2,ctr=a", "vm=1" };
	struct bl_ns *parent = rng(2) ? any_alive(n, t) : NULL;

	if (n->w.ns_count < 12 && (!parent || parent->depth < 5))
		bl_create(&n->w, parent, labels[rng(3)]);
}

static void any_event(struct node *n, struct tree *t)
{
	struct bl_ns *ns = any_alive(n, t);

	if (!ns)
		return;
	switch (rng(20)) {
	case 0:
		bl_violation(&n->w, ns, any_path());
		break;
	case 1:
		bl_loss(&n->w, ns, IMANS_LOSS_QUOTA);
		break;
	case 2:
		bl_enter(&n->w, ns, any_path(), 0);
		break;
	case 3:
		bl_bind(&n->w, ns, "channel", 1 + rng(7));
		break;
	case 4:
	case 5:
		if (has_child(n, t, ns))
			break;
		bl_destroy(&n->w, ns);
		t->dead[ns->id - 1] = true;
		break;
	default:
		bl_entry(&n->w, ns, any_path());
	}
}

/* What the host does; an entry of another PCR is covered by nothing. */
static void any_host_event(struct node *n)
{
	switch (rng(6)) {
	case 0:
		bl_add(&n->w.host, 11, "ima-ng", bl_data_ng("/a", "b"), false);
		break;
	case 1:
		bl_add(&n->w.host, IMANS_PCR, "ima-ng", bl_data_ng("/a", "b"),
		       true);
		break;
	case 2:
		bl_add(&n->w.host, IMANS_PCR, "foreign",
		       bl_data_ng("/a", "b"), false);
		break;
	case 3:
		bl_heads(&n->w);
		break;
	default:
		bl_host_entry(&n->w, any_path());
	}
}

static void live(struct node *n, struct tree *t, size_t events)
{
	while (events--) {
		if (n->w.queued > 40 || !rng(5))
			bl_flush(&n->w);
		switch (rng(8)) {
		case 0:
			any_create(n, t);
			break;
		case 1:
			any_host_event(n);
			break;
		default:
			any_event(n, t);
		}
	}
	bl_flush(&n->w);
}

/* Something is wrong with an entry that is new, before the PCR has it or not. */
static void spoil(struct node *n, size_t host_from, const size_t *from)
{
	size_t i = rng(n->w.ns_count + 1);
	struct bl_list *list = i ? &n->w.ns[i - 1]->list : &n->w.host;
	size_t first = i ? from[i - 1] : host_from;
	struct bl_entry *e;
	size_t at;

	if (list->count <= first)
		return;
	at = first + rng(list->count - first);
	e = &list->entries[at];
	switch (rng(6)) {
	case 0:
		e->violation = !e->violation;
		break;
	case 1:
		e->bad_digest = true;
		break;
	case 2:
		if (at)
			bl_remove(list, at);
		break;
	case 3:
		if (at + 1 < list->count)
			bl_swap(list, at, at + 1);
		break;
	case 4:
		e->pcr = 11;
		break;
	default:
		e->data.data[rng(e->data.len)] ^= 1U << rng(8);
	}
}

static void node_make(struct node *n, struct imans_ctx *ctx)
{
	memset(n, 0, sizeof(*n));
	n->ctx = ctx;
	qm_key_make(&n->key);
	qm_defaults(&n->quote);
	assert_int_equal(imans_policy_new(ctx, &n->policy), 0);
	assert_int_equal(imans_policy_add_match(n->policy, "pod=*"), 0);
	imans_policy_set_host(n->policy, rng(2));
	imans_policy_set_opaque(n->policy, rng(2));
	for (size_t i = 0; i < 3; i++)
		node_allow(n->policy, paths[i], paths[i]);
	assert_int_equal(imans_policy_new(ctx, &n->other), 0);
	bl_world_init(&n->w);
	bl_host_entry(&n->w, "boot_aggregate");
	if (rng(4))
		bl_boot(&n->w);
}

/* The quote is over what there is; the lists are read after some more. */
static void quote_and_go_on(struct node *n, struct tree *t)
{
	struct imans_pcrs quoted;
	size_t count = n->w.host.count;

	imans_evidence_free(n->evidence);
	n->quote.clock += rng(3);
	bl_replay(&n->w.host, count, n->quote.banks, &quoted);
	if (rng(2))
		live(n, t, rng(8));
	n->evidence = qm_evidence(n->ctx, &n->w, &n->quote, &n->key);
	/* The older quote over the newer lists. */
	n->quote.pcrs = quoted;
	qm_put(&n->quote, &n->key, n->evidence);
}

static struct imans_report *verify_whole(struct node *n)
{
	const struct imans_verify_opts opts = node_opts(n);
	struct imans_report *report;

	assert_int_equal(imans_verify(n->evidence, &opts, &report), 0);
	return report;
}

/*
 * Two verifiers of the same node, one that gets whole lists, and one that gets
 * what is new, and keeps its state in a file.
 */
struct verifiers {
	struct imans_state *whole;
	struct imans_state *rest;
};

/* A list that is not what was quoted proves nothing, and changes nothing. */
static void expect_same(const struct imans_report *whole,
			const struct imans_report *rounds,
			const struct imans_state *state, uint64_t count,
			unsigned long seed)
{
	struct imans_subject node;

	imans_report_subject(whole, 0, &node);
	if (!node.proven) {
		assert_int_equal(round_count(state), count);
		assert_int_equal(imans_report_verdict(rounds), IMANS_UNTRUSTED);
		return;
	}
	assert_int_equal(round_count(state), count + 1);
	if (!round_same(whole, rounds))
		fail_msg("seed %lu, round %zu", seed, (size_t)count + 1);
}

static void one_round(struct node *n, struct verifiers *v, unsigned long seed)
{
	struct imans_report *whole = verify_whole(n);
	uint64_t count = round_count(v->whole);

	round_verify(n, v->whole, false);
	expect_same(whole, n->report, v->whole, count, seed);
	round_verify(n, v->rest, true);
	expect_same(whole, n->report, v->rest, count, seed);
	round_store(n->ctx, &v->rest);
	imans_report_free(whole);
}

/* What is done to the nodes. */
enum kind { LIVE, LIE, LAG, TELL, REDACT };

/* The host's list alone is carried; returns what was, to be freed. */
static struct imans_evidence *carry_no_lists(struct node *n)
{
	struct imans_evidence *all = n->evidence;
	enum imans_header header;
	const uint8_t *host;
	size_t len;

	assert_int_equal(imans_evidence_new(n->ctx, &n->evidence), 0);
	qm_put(&n->quote, &n->key, n->evidence);
	host = imans_evidence_host(all, &len, &header);
	assert_int_equal(imans_evidence_set_host(n->evidence, header, host,
						 len), 0);
	return all;
}

/* Some lists are not carried in this round, and not keys of others. */
static void leave_out(struct node *n)
{
	struct imans_evidence *all = carry_no_lists(n);
	struct imans_evidence_ns ns;

	for (size_t i = 0; !imans_evidence_ns(all, i, &ns); i++) {
		if (!rng(3))
			continue;
		if (!rng(4))
			ns.key = NULL;
		assert_int_equal(imans_evidence_add_ns(n->evidence, &ns), 0);
	}
	imans_evidence_free(all);
}

/* Only what the last round comes to is that of looking at once. */
static void lagging_round(struct node *n, struct verifiers *v)
{
	leave_out(n);
	round_verify(n, v->whole, false);
	round_verify(n, v->rest, true);
	round_store(n->ctx, &v->rest);
}

/* ----------------------------------------------- what tenants speak for */

/* Of the ids whose bit is set, the lists and keys are a tenant's. */
struct tenancy {
	uint64_t ids;
	struct skey key;
	struct bl_bytes old;		/* the verdict of the round before */
};

static bool is_tenants(const struct tenancy *t, uint64_t id)
{
	return t->ids >> id & 1;
}

/* Of the evidence that there is, which has all. */
static struct bl_bytes tenant_speaks(struct node *n, const struct tenancy *t)
{
	struct imans_verify_opts verify = node_opts(n);
	struct imans_sign_opts opts = deal_sign_opts(&t->key);
	struct bl_bytes b = { NULL, 0 };
	struct imans_report *report;
	uint64_t ids[BL_NS_MAX];
	struct imans_subject s;

	verify.tenants = NULL;
	verify.sign = true;
	assert_int_equal(imans_verify(n->evidence, &verify, &report), 0);
	for (size_t i = 1; !imans_report_subject(report, i, &s); i++)
		if (is_tenants(t, s.id) && s.proven)
			ids[opts.id_count++] = s.id;
	opts.ids = ids;
	if (opts.id_count)
		assert_int_equal(imans_report_sign(report, IMANS_SIGNED_TENANT,
						   &opts, &b.data, &b.len), 0);
	imans_report_free(report);
	return b;
}

/* What is the tenant's is not shown. */
static void keep_own(struct node *n, const struct tenancy *t)
{
	struct imans_evidence *all = carry_no_lists(n);
	struct imans_evidence_ns ns;

	for (size_t i = 0; !imans_evidence_ns(all, i, &ns); i++)
		if (!is_tenants(t, ns.id))
			assert_int_equal(imans_evidence_add_ns(n->evidence,
							       &ns), 0);
	imans_evidence_free(all);
}

/*
 * The tenant speaks of this round, of the last one, of both or of none; in the
 * last round all is shown.
 */
static void telling_round(struct node *n, struct verifiers *v,
			  struct tenancy *t, bool last, unsigned long seed)
{
	struct bl_bytes new = tenant_speaks(n, t);
	size_t given = rng(5);

	assert_int_equal(imans_tenants_new(n->ctx, &n->tenants), 0);
	imans_tenants_set_time(n->tenants, NOW);
	for (uint64_t id = 1; id <= n->w.ns_count; id++)
		if (is_tenants(t, id))
			assert_int_equal(imans_tenants_trust_id(n->tenants,
								t->key.public,
								n->w.boot_id,
								id), 0);
	if (new.data && given)
		assert_int_equal(imans_tenants_add(n->tenants, new.data,
						   new.len, "new"), 0);
	if (t->old.data && given < 2)
		assert_int_equal(imans_tenants_add(n->tenants, t->old.data,
						   t->old.len, "old"), 0);
	if (!last)
		keep_own(n, t);
	one_round(n, v, seed);
	imans_tenants_free(n->tenants);
	n->tenants = NULL;
	free(t->old.data);
	t->old = new;
}

/* ------------------------------------------------------ what is redacted */

/* Heads for this round's nonce; at times none, or some more after them. */
static void ask_heads(struct node *n, struct tree *t)
{
	n->quote.nonce[0]++;
	bl_flush(&n->w);
	if (rng(6))
		tenant_heads(n, false);
	else
		tenant_heads(n, true);
	if (!rng(3))
		live(n, t, rng(8));
}

static struct imans_evidence *redacted(struct node *n, uint64_t set,
				       const struct imans_state *since)
{
	struct imans_redact_opts opts = { .sz = sizeof(opts), .since = since };
	struct imans_evidence *to;
	uint64_t ids[BL_NS_MAX];

	for (uint64_t id = 1; id <= n->w.ns_count; id++)
		if (set >> id & 1)
			ids[opts.id_count++] = id;
	opts.ids = ids;
	assert_int_equal(imans_evidence_redact(n->evidence, &opts, &to), 0);
	return to;
}

/* All of it, redacted, and the rest; to one verifier all each time. */
static void redacted_round(struct node *n, struct verifiers *v, uint64_t set,
			   unsigned long seed)
{
	uint64_t count = round_count(v->rest);
	struct imans_evidence *all, *rest;
	struct imans_report *whole;

	assert_int_equal(imans_evidence_set_leaves(n->evidence,
						   n->w.leaves.data,
						   n->w.leaves.len), 0);
	all = redacted(n, set, NULL);
	rest = redacted(n, set, count ? v->rest : NULL);
	imans_evidence_free(n->evidence);
	n->evidence = all;
	whole = verify_whole(n);
	round_verify(n, v->whole, false);
	expect_same(whole, n->report, v->whole, count, seed);
	n->evidence = rest;
	round_verify(n, v->rest, false);
	expect_same(whole, n->report, v->rest, count, seed);
	round_store(n->ctx, &v->rest);
	imans_report_free(whole);
	imans_evidence_free(all);
}

/* ------------------------------------------------------------- a node's life */

static void maybe_kexec(struct node *n, struct tree *t)
{
	if (rng(8))
		return;
	bl_kexec(&n->w, (uint8_t)(n->w.boot_id[0] + 1));
	memset(t, 0, sizeof(*t));
	bl_host_entry(&n->w, "boot_aggregate");
	bl_boot(&n->w);
}

static void one_node(struct imans_ctx *ctx, unsigned long seed, enum kind kind)
{
	struct verifiers v;
	struct tree t = { { false } };
	size_t from[BL_NS_MAX], rounds;
	struct tenancy tenant = { .ids = 0 };
	struct node n;

	rng_state = 0x9e3779b97f4a7c15u * (seed + 1);
	rng(1);
	node_make(&n, ctx);
	tenant.ids = rng(1 << 16);
	skey_make(&tenant.key, "ED25519");
	assert_int_equal(imans_state_new(ctx, &v.whole), 0);
	assert_int_equal(imans_state_new(ctx, &v.rest), 0);
	for (rounds = 1 + rng(5); rounds > 0; rounds--) {
		size_t host_from = n.w.host.count;

		/* Whose boot event is spoiled seems to live on, without lists. */
		if (kind != LIE)
			maybe_kexec(&n, &t);
		memset(from, 0, sizeof(from));
		for (size_t i = 0; i < n.w.ns_count; i++)
			from[i] = n.w.ns[i]->list.count;
		live(&n, &t, rng(30));
		if (kind == LIE && !rng(2))
			spoil(&n, host_from, from);
		if (kind == REDACT)
			ask_heads(&n, &t);
		quote_and_go_on(&n, &t);
		if (kind == LAG && rounds > 1)
			lagging_round(&n, &v);
		else if (kind == TELL)
			telling_round(&n, &v, &tenant, rounds == 1, seed);
		else if (kind == REDACT)
			redacted_round(&n, &v, tenant.ids, seed);
		else
			one_round(&n, &v, seed);
	}
	imans_state_free(v.whole);
	imans_state_free(v.rest);
	skey_free(&tenant.key);
	free(tenant.old.data);
	node_end(&n);
}

static void many_nodes(struct imans_ctx *ctx, enum kind kind)
{
	unsigned long seed = from_env("IMANS_SEED", 0);

	for (unsigned long i = from_env("IMANS_ROUNDS", NODES); i > 0; i--)
		one_node(ctx, seed++, kind);
}

static void nodes_that_live(void **state)
{
	many_nodes(*state, LIVE);
}

static void nodes_that_lie(void **state)
{
	many_nodes(*state, LIE);
}

static void nodes_that_lag(void **state)
{
	many_nodes(*state, LAG);
}

static void nodes_of_tenants(void **state)
{
	many_nodes(*state, TELL);
}

static void nodes_redacted(void **state)
{
	many_nodes(*state, REDACT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nodes_that_live),
		TEST(nodes_that_lie),
		TEST(nodes_that_lag),
		TEST(nodes_of_tenants),
		TEST(nodes_redacted),
	};

	/* tpm2-tss would log what is damaged on purpose. */
	setenv("TSS2_LOG", "all+none", 1);
	return cmocka_run_group_tests_name("rounds", tests, NULL, NULL);
}
