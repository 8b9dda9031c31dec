// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fake_node DIR RESET RESTART NONCE BOOT_AGGREGATE [NONCE...]: writes what
 * securityfs of a node with namespaces would show (DIR/integrity/ima/...), and
 * prints what the kernel would have extended PCR 10 with, one tpm2_pcrextend(1)
 * argument a line. Last is ima-ns/heads, for 32 bytes of hexadecimal; its leaves
 * go to DIR/leaves. With each further nonce web and nested have run something
 * more, and heads for it follow: all that was before stays what it was.
 *
 *	host -+- 1 web (nginx)
 *	      +- 2 db (redis, and a program that does not belong there)
 *	      `- 3 build, delegated -- 4 nested
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "build_list.h"

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static char *join(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		fail("asprintf");
	return path;
}

static void put_file(const char *dir, const char *name, const void *data,
		     size_t len)
{
	char *path = join(dir, name);
	FILE *f = fopen(path, "w");

	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		fail(path);
	free(path);
}

static char *make_dir(const char *dir, const char *name)
{
	char *path = join(dir, name);

	if (mkdir(path, 0755) && errno != EEXIST)
		fail(path);
	return path;
}

static void put_lists(const char *dir, const struct bl_list *list)
{
	struct bl_bytes b = bl_list_bytes(list, IMANS_HEADER_SHA1);

	put_file(dir, "binary_runtime_measurements", b.data, b.len);
	free(b.data);
	b = bl_list_bytes(list, IMANS_HEADER_SHA256);
	put_file(dir, "binary_runtime_measurements_sha256", b.data, b.len);
	free(b.data);
}

static void put_status(const char *dir, const struct bl_ns *ns)
{
	char text[1024], vpcr[2 * IMANS_HASH_SIZE + 1];
	int n;

	for (int i = 0; i < IMANS_HASH_SIZE; i++)
		sprintf(vpcr + 2 * i, "%02x", ns->vpcr[i]);
	n = snprintf(text, sizeof(text),
		     "state: active\nid: %" PRIu64 "\nparent: %" PRIu64
		     "\ndepth: %u\nlabel: %s\ninum: %" PRIu64
		     "\nuserns: 4026531837\nentries: %" PRIu64
		     "\nviolations: %" PRIu64 "\nlosses: %" PRIu64
		     "\nrecords: %" PRIu64 "\ndelegate: %d\nvpcr: %s\ntpm: ok\n",
		     ns->id, ns->parent ? ns->parent->id : 0, ns->depth,
		     ns->label, 4026532000 + ns->id, ns->own, ns->violations,
		     ns->losses, ns->copies, ns->id == 3, vpcr);
	put_file(dir, "status", text, (size_t)n);
	n = snprintf(text, sizeof(text), "%s\n", ns->label);
	put_file(dir, "label", text, (size_t)n);
}

static char *ns_dir(const char *top, const struct bl_ns *ns)
{
	char *above = ns->parent ? ns_dir(top, ns->parent) : NULL;
	char *list = above ? join(above, "ns") : join(top, "ns");
	char id[24], *dir;

	snprintf(id, sizeof(id), "%" PRIu64, ns->id);
	dir = make_dir(list, id);
	free(list);
	free(above);
	return dir;
}

static void put_ns(const char *top, const struct bl_ns *ns)
{
	char *dir = ns_dir(top, ns);

	free(make_dir(dir, "ns"));
	put_lists(dir, &ns->list);
	put_status(dir, ns);
	put_file(dir, "key", ns->key, sizeof(ns->key));
	free(dir);
}

static void boot(struct bl_world *w, unsigned long reset, unsigned long restart)
{
	struct bl_bytes buf = bl_buf_boot(w->boot_id);

	/* The two counts are the last eight bytes. */
	buf.len -= 8;
	bl_put_le(&buf, reset, 4);
	bl_put_le(&buf, restart, 4);
	bl_add(&w->host, IMANS_PCR, "ima-buf",
	       bl_data_buf("sha256", "ima-ns/boot", buf.data, buf.len), false);
	free(buf.data);
}

static void heads(struct bl_world *w, const char *hex)
{
	uint8_t nonce[IMANS_HEADS_NONCE_SIZE];

	for (size_t i = 0; i < sizeof(nonce); i++)
		if (sscanf(hex + 2 * i, "%2hhx", &nonce[i]) != 1)
			fail("nonce");
	bl_heads_for(w, nonce);
}

static void make_world(struct bl_world *w, unsigned long reset,
		       unsigned long restart, const char *nonce)
{
	struct bl_ns *web, *db, *build, *nested;

	bl_world_init(w);
	bl_host_entry(w, "boot_aggregate");
	bl_host_entry(w, "/sbin/init");
	boot(w, reset, restart);
	web = bl_create(w, NULL, "pod=1,ctr=a,name=default/web/nginx");
	bl_entry(w, web, "/usr/bin/crun");
	bl_entry(w, web, "/usr/sbin/nginx");
	bl_flush(w);
	db = bl_create(w, NULL, "pod=2,ctr=b,name=default/db/redis");
	bl_entry(w, db, "/usr/bin/crun");
	bl_entry(w, db, "/usr/bin/redis-server");
	build = bl_create(w, NULL, "pod=3,ctr=c,name=default/build/outer");
	bl_entry(w, build, "/usr/bin/crun");
	nested = bl_create(w, build, "pod=3,ctr=d,name=default/build/nested");
	bl_flush(w);
	bl_entry(w, nested, "/bin/true");
	bl_entry(w, db, "/tmp/intruder");
	bl_flush(w);
	heads(w, nonce);
}

static void go_on(struct bl_world *w, const char *nonce)
{
	bl_host_entry(w, "/sbin/init");
	bl_entry(w, w->ns[0], "/usr/sbin/nginx");
	bl_entry(w, w->ns[3], "/bin/true");
	bl_flush(w);
	heads(w, nonce);
}

static void print_extends(const struct bl_world *w)
{
	static const char *const banks[] = { "sha1", "sha256", "sha384",
					     "sha512" };

	for (size_t i = 0; i < w->host.count; i++) {
		const struct bl_entry *e = &w->host.entries[i];

		printf("10:");
		for (int b = 0; b < 4; b++) {
			uint8_t digest[64];

			bl_hash(banks[b], e->data.data, e->data.len, digest);
			printf("%s%s=", b ? "," : "", banks[b]);
			for (size_t j = 0; j < imans_bank_size(b); j++)
				printf("%02x", digest[j]);
		}
		putchar('\n');
	}
}

/* What the boot's PCRs are hashed to, in entry 0: a length, "sha256:", a NUL. */
static void set_boot_aggregate(struct bl_world *w, const char *hex)
{
	uint8_t *digest = w->host.entries[0].data.data + 4 + 8;

	for (size_t i = 0; i < 32; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &digest[i]) != 1)
			fail("boot_aggregate");
}

int main(int argc, char **argv)
{
	struct bl_world w;
	char *dir, *ima;

	if (argc < 6 || strlen(argv[4]) != 2 * IMANS_HEADS_NONCE_SIZE) {
		fprintf(stderr,
			"usage: fake_node DIR RESET RESTART NONCE BOOT_AGGREGATE [NONCE...]\n");
		return 2;
	}
	make_world(&w, strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10),
		   argv[4]);
	for (int i = 6; i < argc; i++)
		go_on(&w, argv[i]);
	if (*argv[5])
		set_boot_aggregate(&w, argv[5]);
	put_file(argv[1], "leaves", w.leaves.data, w.leaves.len);
	dir = make_dir(argv[1], "integrity");
	ima = make_dir(dir, "ima");
	free(make_dir(ima, "ns"));
	put_lists(ima, &w.host);
	for (size_t i = 0; i < w.ns_count; i++)
		put_ns(ima, w.ns[i]);
	print_extends(&w);
	bl_world_free(&w);
	free(ima);
	free(dir);
	return 0;
}
