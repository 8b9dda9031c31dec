// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the library costs, one thing a run, so that each has a process of its own:
 *
 *   bench list FILE N       write a list of N entries
 *   bench replay FILE       stream it, and replay the bank SHA-256
 *   bench hash FILE         hash as many SHA-256 blocks with OpenSSL alone
 *   bench verify N          make a node of N entries, and verify all of it
 *
 * Prints "entries N seconds S rss K": CPU time, and the largest resident set in
 * KiB. Verifying is done by one thread, then by two: "one W two W cpu S" are the
 * seconds that passed, and both threads' CPU time. "scale X" tells how much more
 * two threads hashed with OpenSSL alone than one, right before or right after:
 * 2 on two idle cores.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "../tests/quote_make.h"

#define BLOCK		64
/* Of one pass over the buffer, which is in the CPU's cache. */
#define HASH_BUFFER	(256U << 10)
#define ALLOWED		500000
/* A fifth of a second or so. */
#define SCALE_PASSES	1000

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Not getrusage()'s: that keeps what the caller had between fork and exec. */
static long resident_kib(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	long kib = -1;

	while (status && kib < 0 && fgets(line, sizeof(line), status))
		sscanf(line, "VmHWM: %ld kB", &kib);
	if (kib < 0) {
		fprintf(stderr, "bench: /proc/self/status has no VmHWM\n");
		exit(2);
	}
	fclose(status);
	return kib;
}

static void report(uint64_t entries, double spent)
{
	printf("entries %llu seconds %.4f rss %ld\n",
	       (unsigned long long)entries, spent, resident_kib());
}

static void must(int err, struct imans_ctx *ctx)
{
	if (!err)
		return;
	fprintf(stderr, "bench: %s\n", ctx ? imans_ctx_error(ctx) :
					     strerror(-err));
	exit(2);
}

/* Names and digests as a distribution has them. */
static void file_name(char *name, size_t size, unsigned long n)
{
	snprintf(name, size, "/usr/lib/x86_64-linux-gnu/part-%lu/file-%lu.so",
		 n % 97, n);
}

static void make_list(const char *path, unsigned long count)
{
	FILE *out = fopen(path, "wb");

	for (unsigned long i = 0; out && i < count; i++) {
		struct bl_list list = { NULL, 0, 0 };
		struct bl_bytes b;
		char name[96];

		file_name(name, sizeof(name), i);
		bl_add(&list, IMANS_PCR, "ima-ng", bl_data_ng(name, name),
		       false);
		b = bl_list_bytes(&list, IMANS_HEADER_SHA1);
		fwrite(b.data, 1, b.len, out);
		free(b.data);
		bl_list_free(&list);
	}
	if (!out || fclose(out)) {
		perror(path);
		exit(2);
	}
}

static void replay(const char *path)
{
	const struct imans_replay_opts opts = {
		.sz = sizeof(opts), .banks = IMANS_BANK(IMANS_SHA256),
	};
	const struct imans_entry *entry;
	struct imans_replay *r;
	struct imans_pcrs pcrs;
	struct imans_list *list;
	struct imans_ctx *ctx;
	double start;

	must(imans_ctx_new(&ctx), NULL);
	start = seconds(CLOCK_PROCESS_CPUTIME_ID);
	must(imans_list_open_file(ctx, path, NULL, &list), ctx);
	must(imans_replay_new(ctx, &opts, &r), ctx);
	for (;;) {
		must(imans_list_next(list, &entry), ctx);
		if (!entry)
			break;
		must(imans_replay_extend(r, entry), ctx);
	}
	imans_replay_values(r, &pcrs);
	report(imans_replay_count(r),
	       seconds(CLOCK_PROCESS_CPUTIME_ID) - start);
	printf("sha256 ");
	for (int i = 0; i < 32; i++)
		printf("%02x", pcrs.value[IMANS_SHA256][i]);
	putchar('\n');
	imans_replay_free(r);
	imans_list_close(list);
	imans_ctx_free(ctx);
}

/* Blocks of a message: it is followed by 0x80 and its length in 8 bytes. */
static uint64_t blocks(size_t len)
{
	return (len + 9 + BLOCK - 1) / BLOCK;
}

/* For each entry its template digest, and the extension of the PCR. */
static void hash(const char *path)
{
	static uint8_t buffer[HASH_BUFFER];
	uint64_t count = 0, entries = 0, left;
	const struct imans_entry *entry;
	uint8_t digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	struct imans_list *list;
	struct imans_ctx *ctx;
	double start;

	must(imans_ctx_new(&ctx), NULL);
	must(imans_list_open_file(ctx, path, NULL, &list), ctx);
	for (;; entries++) {
		size_t len;

		must(imans_list_next(list, &entry), ctx);
		if (!entry)
			break;
		imans_entry_data(entry, &len);
		count += blocks(len) + blocks(2 * IMANS_HASH_SIZE);
	}
	start = seconds(CLOCK_PROCESS_CPUTIME_ID);
	EVP_DigestInit_ex(md, EVP_sha256(), NULL);
	for (left = count * BLOCK; left; ) {
		size_t part = left < HASH_BUFFER ? left : HASH_BUFFER;

		EVP_DigestUpdate(md, buffer, part);
		left -= part;
	}
	EVP_DigestFinal_ex(md, digest, NULL);
	report(entries, seconds(CLOCK_PROCESS_CPUTIME_ID) - start);
	EVP_MD_CTX_free(md);
	imans_list_close(list);
	imans_ctx_free(ctx);
}

static struct imans_policy *make_policy(struct imans_ctx *ctx)
{
	struct imans_policy *policy;

	must(imans_policy_new(ctx, &policy), ctx);
	must(imans_policy_add_match(policy, "*"), ctx);
	for (unsigned long i = 0; i < ALLOWED; i++) {
		uint8_t digest[IMANS_HASH_SIZE];
		char name[96];

		file_name(name, sizeof(name), i);
		bl_hash("sha256", name, strlen(name), digest);
		must(imans_policy_add_digest(policy, name, IMANS_SHA256, digest,
					     sizeof(digest)), ctx);
	}
	/* What is done at the first look-up is no part of verifying. */
	imans_policy_digests(policy);
	return policy;
}

/* Two namespaces, in which the allowed files are measured again and again. */
static void make_node(struct bl_world *w, unsigned long count)
{
	struct bl_ns *ns[2];

	bl_world_init(w);
	bl_host_entry(w, "boot_aggregate");
	bl_boot(w);
	ns[0] = bl_create(w, NULL, "pod=1");
	ns[1] = bl_create(w, NULL, "pod=2");
	for (unsigned long i = 0; i < count; i++) {
		char name[96];

		file_name(name, sizeof(name), i % ALLOWED);
		bl_entry(w, ns[i % 2], name);
		if (w->queued == IMANS_RECORDS_MAX)
			bl_flush(w);
	}
	bl_flush(w);
}

static void *hash_for_scale(void *buffer)
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	for (int i = 0; i < SCALE_PASSES; i++)
		EVP_Digest(buffer, HASH_BUFFER, digest, NULL, EVP_sha256(),
			   NULL);
	return NULL;
}

static double scale(void)
{
	static uint8_t buffer[HASH_BUFFER];
	double start = seconds(CLOCK_MONOTONIC), one, two;
	pthread_t other;

	hash_for_scale(buffer);
	one = seconds(CLOCK_MONOTONIC) - start;
	start = seconds(CLOCK_MONOTONIC);
	must(-pthread_create(&other, NULL, hash_for_scale, buffer), NULL);
	hash_for_scale(buffer);
	pthread_join(other, NULL);
	two = seconds(CLOCK_MONOTONIC) - start;
	return 2 * one / two;
}

/* CPU seconds; those that passed are in *wall. */
static double verify_by(struct imans_ctx *ctx,
			const struct imans_evidence *evidence,
			struct imans_verify_opts opts, size_t threads,
			struct imans_report **rep, double *wall)
{
	double start = seconds(CLOCK_MONOTONIC);
	double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);

	opts.threads = threads;
	must(imans_verify(evidence, &opts, rep), ctx);
	*wall = seconds(CLOCK_MONOTONIC) - start;
	return seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
}

static void verify(unsigned long count)
{
	double one, two, cpu, both, before, after;
	struct imans_report *by_two;
	struct imans_verify_opts opts;
	struct imans_evidence *evidence;
	struct imans_report *rep;
	struct imans_policy *policy;
	struct qm_quote quote;
	struct qm_key key;
	struct bl_world w;
	struct imans_ctx *ctx;

	must(imans_ctx_new(&ctx), NULL);
	make_node(&w, count);
	qm_key_make(&key);
	qm_defaults(&quote);
	quote.banks = IMANS_BANK(IMANS_SHA256);
	evidence = qm_evidence(ctx, &w, &quote, &key);
	bl_world_free(&w);
	policy = make_policy(ctx);
	opts = qm_opts(&quote, &key);
	opts.policies = &policy;
	opts.policy_count = 1;
	before = scale();
	cpu = verify_by(ctx, evidence, opts, 1, &rep, &one);
	both = verify_by(ctx, evidence, opts, 2, &by_two, &two);
	after = scale();
	printf("one %.4f two %.4f cpu %.4f scale %.2f ", one, two, both,
	       before < after ? before : after);
	report(count, cpu);
	printf("verdict %s\n", imans_verdict_name(
		imans_report_verdict(rep) < imans_report_verdict(by_two) ?
		imans_report_verdict(rep) : imans_report_verdict(by_two)));
	imans_report_free(by_two);
	imans_report_free(rep);
	imans_evidence_free(evidence);
	imans_policy_free(policy);
	qm_key_free(&key);
	imans_ctx_free(ctx);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "list"))
		make_list(argv[2], strtoul(argv[3], NULL, 10));
	else if (argc == 3 && !strcmp(argv[1], "replay"))
		replay(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "hash"))
		hash(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "verify"))
		verify(strtoul(argv[2], NULL, 10));
	else {
		fprintf(stderr, "usage: bench list FILE N | replay FILE | hash FILE | verify N\n");
		return 2;
	}
	return 0;
}
