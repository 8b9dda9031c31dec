// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * corpus DIR: writes the seeds of each fuzz target, as DIR/TARGET/NAME: of the
 * unit tests' builders, of the golden lists, and inputs that once found a fault
 * (regress/TARGET/NAME.hex).
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../tests/cert_make.h"
#include "../tests/image_make.h"
#include "../tests/quote_make.h"
#include "../tests/util.h"
#include "../tests/world.h"
#include "corpus.h"

#define PATH_SIZE	4096

static const char *top;

void die(const char *what)
{
	perror(what);
	exit(2);
}

static void make_dir(const char *path)
{
	if (mkdir(path, 0777) && errno != EEXIST)
		die(path);
}

void put_seed(const char *target, const char *name,
	      const struct bl_bytes *prefix, const void *data, size_t len)
{
	char path[PATH_SIZE];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", top, target);
	make_dir(path);
	snprintf(path, sizeof(path), "%s/%s/%s", top, target, name);
	f = fopen(path, "wb");
	if (!f || (prefix && fwrite(prefix->data, 1, prefix->len, f) !=
		   prefix->len) ||
	    fwrite(data, 1, len, f) != len || fclose(f))
		die(path);
}

void put_byte_seed(const char *target, const char *name, uint8_t first,
		   const void *data, size_t len)
{
	const struct bl_bytes prefix = { &first, 1 };

	put_seed(target, name, &prefix, data, len);
}

static void put_text_seed(const char *target, const char *name,
			  const char *text)
{
	put_seed(target, name, NULL, text, strlen(text));
}

/* ------------------------------------------------------------------ lists */

/* Header; then byte order and, thrice, the format. */
static void put_list_seed(const char *name, int header, int order, int format,
			  const struct bl_bytes *list)
{
	uint8_t how[2] = { (uint8_t)header, (uint8_t)(order + 3 * format) };
	const struct bl_bytes prefix = { how, sizeof(how) };

	put_seed("list", name, &prefix, list->data, list->len);
}

static void put_list(const char *name, const struct bl_list *list)
{
	for (int h = IMANS_HEADER_SHA1; h <= IMANS_HEADER_SM3; h++) {
		struct bl_bytes b = bl_list_bytes(list, h);
		char seed[64];

		snprintf(seed, sizeof(seed), "%s-%d", name, h);
		put_list_seed(seed, h, IMANS_ORDER_LITTLE, IMANS_FORMAT_BINARY,
			      &b);
		if (h == IMANS_HEADER_SHA256)
			put_list_seed(name, IMANS_HEADER_AUTO, IMANS_ORDER_AUTO,
				      IMANS_FORMAT_AUTO, &b);
		free(b.data);
	}
}

/* All templates, in both byte orders, and as text. */
static void put_layout(const struct vector *v, void *arg)
{
	static const char *const keys[] = { "binary", "ascii" };

	(void)arg;
	for (int i = 0; i < 2; i++) {
		struct bl_bytes b = vector_bytes(v, keys[i], 0);
		char seed[64];

		snprintf(seed, sizeof(seed), "%s-%s-%s", keys[i],
			 vector_value(v, "layout", 0),
			 vector_value(v, "order", 0));
		put_list_seed(seed, IMANS_HEADER_AUTO, IMANS_ORDER_AUTO,
			      i ? IMANS_FORMAT_ASCII : IMANS_FORMAT_AUTO, &b);
		free(b.data);
	}
}

static void put_template(struct bl_list *list, const char *name,
			 const char *const *fields, size_t count)
{
	struct bl_bytes data = { NULL, 0 };

	for (size_t i = 0; i < count; i++)
		bl_put_field(&data, fields[i], strlen(fields[i]) + 1);
	bl_add(list, IMANS_PCR, name, data, false);
}

/* Templates that the world has none of. */
static void put_templates(void)
{
	static const char *const fields[] = {
		"sha256:\0some digest", "/bin/sh", "signature", "sha1:", "x",
		"uuid", "mode",
	};
	static const char *const names[] = {
		"ima-ng", "ima-ngv2", "ima-sig", "ima-sigv2", "ima-buf",
		"ima-modsig", "evm-sig", "ima-ns-sig", "d-ng|n-ng|sig",
		"nobody's",
	};
	struct bl_list list = { NULL, 0, 0 };
	struct bl_bytes data = { NULL, 0 };
	uint8_t digest[20] = { 1 };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		put_template(&list, names[i], fields, 2 + i % 6);
	/* The first template: a bare digest, and a name without a NUL. */
	bl_put(&data, digest, sizeof(digest));
	bl_put_field(&data, "/bin/sh", 7);
	bl_add(&list, IMANS_PCR, "ima", data, false);
	put_list("templates", &list);
	bl_list_free(&list);
}

/* Lines as the kernel's: PCR, template digest, name, digest of the file, path. */
static void put_ascii(void)
{
	static const char *const paths[] = { "/bin/sh", "/bin/a b", "/x\ny" };
	struct bl_bytes text = { NULL, 0 };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct bl_bytes data = bl_data_ng(paths[i], paths[i]);
		uint8_t digest[20], file[32];
		char line[256];
		int n = sprintf(line, "10 ");

		bl_hash("sha1", data.data, data.len, digest);
		bl_hash("sha256", paths[i], strlen(paths[i]), file);
		for (size_t b = 0; b < sizeof(digest); b++)
			n += sprintf(line + n, "%02x", digest[b]);
		n += sprintf(line + n, " ima-ng sha256:");
		for (size_t b = 0; b < sizeof(file); b++)
			n += sprintf(line + n, "%02x", file[b]);
		n += sprintf(line + n, " %s\n", paths[i]);
		bl_put(&text, line, (size_t)n);
		free(data.data);
	}
	/* The target's first byte: format ASCII, and AUTO. */
	put_byte_seed("list", "ascii", 18, text.data, text.len);
	put_byte_seed("list", "ascii-auto", 36, text.data, text.len);
	free(text.data);
}

static void put_world_lists(void)
{
	struct bl_world w;

	world_make(&w);
	put_list("host", &w.host);
	for (size_t i = 0; i < w.ns_count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "ns%zu", i + 1);
		put_list(name, &w.ns[i]->list);
	}
	bl_world_free(&w);
}

/* ----------------------------------------------------- events, proof, quote */

/* Fields of template ima-buf: the event's buffer is the third. */
static void put_event(const struct bl_entry *e, size_t n)
{
	static const char *const magics[] = {
		"IMANSBOT", "IMANSCRT", "IMANSENT", "IMANSDST", "IMANSLSS",
		"IMANSHDS", "IMANSREC",
	};
	char name[32];

	for (size_t m = 0; m < sizeof(magics) / sizeof(*magics); m++) {
		const uint8_t *at = e->data.data;
		const uint8_t *end = at + e->data.len;

		while (at + 8 <= end && memcmp(at, magics[m], 8))
			at++;
		if (at + 8 > end)
			continue;
		snprintf(name, sizeof(name), "%s-%zu", magics[m], n);
		put_byte_seed("event", name, (uint8_t)m, at,
			      (size_t)(end - at));
	}
}

static void put_events(void)
{
	struct bl_world w;

	world_make(&w);
	bl_loss(&w, w.ns[OTHER - 1], 3);
	bl_heads(&w);
	for (size_t i = 0; i < w.host.count; i++)
		put_event(&w.host.entries[i], i);
	for (size_t n = 0; n < w.ns_count; n++)
		for (size_t i = 0; i < w.ns[n]->list.count; i++)
			put_event(&w.ns[n]->list.entries[i], 100 * n + i);
	put_byte_seed("event", "record", 7, w.queue, IMANS_RECORD_SIZE);
	bl_world_free(&w);
}

/* Each instruction once, with operands. */
static void put_proofs(void)
{
	put_seed("proof", "nothing", NULL, "", 0);
	for (unsigned int op = 0; op < 0x100; op += 3) {
		uint8_t script[16] = { (uint8_t)op, 1, 2, 4, 0, 1, 2, 3, 4 };
		char name[16];

		snprintf(name, sizeof(name), "op%02x", op);
		put_seed("proof", name, NULL, script, sizeof(script));
	}
}

static void put_part(struct bl_bytes *b, const struct bl_bytes *part)
{
	bl_put_le(b, part->len, 2);
	bl_put(b, part->data, part->len);
}

/* A wrapped key, as CBOR: TPM2B_PUBLIC, and a TPM2B_PRIVATE of any bytes. */
static void put_ak(const struct bl_bytes *public)
{
	static const uint8_t size[] = { 0, 4, 1, 2, 3, 4 };
	const uint8_t head[] = { 0x58, (uint8_t)(public->len + 2), 0,
				 (uint8_t)public->len };
	struct bl_bytes b = { NULL, 0 };

	bl_put(&b, "\xa4\x66" "format", 8);
	bl_put(&b, "\x76" "ima-ns attestation key", 23);
	bl_put(&b, "\x67" "version\x01", 9);
	bl_put(&b, "\x66" "public", 7);
	bl_put(&b, head, sizeof(head));
	bl_put(&b, public->data, public->len);
	bl_put(&b, "\x67" "private\x46", 9);
	bl_put(&b, size, sizeof(size));
	put_seed("ak", "whole", NULL, b.data, b.len);
	free(b.data);
}

static void put_quotes(const struct qm_quote *quote, const struct qm_key *key)
{
	struct bl_bytes attest = qm_attest(quote);
	struct bl_bytes public = qm_public(quote, key);
	struct bl_bytes sig = qm_sign(quote, key, &attest);
	struct bl_bytes b = { NULL, 0 };

	put_part(&b, &attest);
	put_part(&b, &sig);
	put_part(&b, &public);
	put_seed("quote", "good", NULL, b.data, b.len);
	put_ak(&public);
	free(b.data);
	free(attest.data);
	free(public.data);
	free(sig.data);
}

/* What is made of evidence: redacted, and an entry alone. */
static void put_parts(struct imans_ctx *ctx, const struct imans_evidence *from)
{
	const struct imans_redact_opts opts = {
		.sz = sizeof(opts), .ids = (const uint64_t[]){ OTHER },
		.id_count = 1,
	};
	struct imans_disclose_opts range = {
		.sz = sizeof(range), .first = 1, .count = 2,
	};
	struct imans_disclosure *disclosure;
	struct imans_evidence *redacted;
	struct imans_evidence_ns ns;
	uint8_t *data;
	size_t len;

	if (imans_evidence_redact(from, &opts, &redacted) ||
	    imans_evidence_encode(redacted, &data, &len))
		die("redacted evidence");
	put_seed("evidence", "redacted", NULL, data, len);
	free(data);
	imans_evidence_ns(redacted, 0, &ns);
	if (imans_disclosure_make(ctx, OTHER, ns.list, ns.list_len, ns.key,
				  &range, &disclosure) ||
	    imans_disclosure_encode(disclosure, &data, &len))
		die("disclosure");
	put_seed("disclosure", "range", NULL, data, len);
	free(data);
	imans_disclosure_free(disclosure);
	imans_evidence_free(redacted);
}

static void put_evidence(struct imans_ctx *ctx)
{
	struct imans_evidence *evidence;
	struct qm_quote quote;
	struct qm_key key;
	struct bl_world w;
	uint8_t *data;
	size_t len;

	qm_key_make(&key);
	qm_defaults(&quote);
	world_make(&w);
	bl_heads_for(&w, quote.nonce);
	evidence = qm_evidence(ctx, &w, &quote, &key);
	imans_evidence_set_firmware_log(evidence, "log", 3);
	imans_evidence_set_leaves(evidence, w.leaves.data, w.leaves.len);
	if (imans_evidence_encode(evidence, &data, &len))
		die("evidence");
	put_seed("evidence", "world", NULL, data, len);
	put_parts(ctx, evidence);
	free(data);
	imans_evidence_free(evidence);
	put_quotes(&quote, &key);
	bl_world_free(&w);
	qm_key_free(&key);
}

/* ------------------------------------------------------------ certificates */

static void put_certs(void)
{
	struct cm_made root = cm_root("root"), below = cm_authority("n", &root);
	char *pem = cm_pem(&below), *crl = cm_crl(&root, &below, 86400);
	uint8_t *der = NULL;
	int len = i2d_X509(root.cert, &der);

	if (len < 0)
		die("certificate");
	put_seed("cert", "der", NULL, der, (size_t)len);
	put_text_seed("cert", "pem", pem);
	put_text_seed("cert", "crl", crl);
	OPENSSL_free(der);
	free(pem);
	free(crl);
	cm_free(&below);
	cm_free(&root);
}

/* ------------------------------------------------------------------- texts */

#define DIGEST \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

#define ENROL_REQUEST \
	"{\"format\":\"ima-ns enrolment request\",\"version\":1," \
	"\"ek\":\"0001\",\"ek-certificates\":[\"3000\"],\"ak\":\"0023\"}"
#define ENROL_RESPONSE \
	"{\"format\":\"ima-ns enrolment response\",\"version\":1," \
	"\"id\":\"" DIGEST "\",\"proof\":\"" DIGEST "\"}"

static void put_texts(void)
{
	put_text_seed("policy", "whole",
		      "{\"format\": \"ima-ns policy\", \"version\": 1,\n"
		      "\"match\": [\"*name=shop/web/nginx\", \"pod=[0-9]\"],\n"
		      "\"host\": true, \"opaque-descendants\": false,\n"
		      "\"namespace-policies\": [\"" DIGEST "\"],\n"
		      "\"files\": {\"/bin/a\": [\"sha256:" DIGEST "\"],\n"
		      "\"/bin/\\\\x0a\": [\"sha512:" DIGEST DIGEST "\"]}}\n");
	put_text_seed("policy", "rules",
		      "{\"format\": \"ima-ns policy\", \"version\": 2, \"files\": {},\n"
		      "\"globs\": {\"/lib/**/[!a-c]?*\": [\"sha256:" DIGEST "\"],\n"
		      "\"/tmp/*\": \"any\"}, \"keys\": [{\"name\": \"k\", \"pem\": \""
		      "-----BEGIN PUBLIC KEY-----\\n"
		      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEXFcTxFCCP2l5XVsI/8+ITtdJ8j4n\\n"
		      "mTMNqHgvq0xG2NrGu45bEPQwUXx1LuQqJXmkrQBj0mzyPlL1QsIvtmm09g==\\n"
		      "-----END PUBLIC KEY-----\\n"
		      "\", "
		      "\"paths\": [\"/usr/**\"], \"keyid\": \"00000000\"}]}\n");
	put_text_seed("keylime", "runtime",
		      "{\"meta\": {\"version\": 1}, \"release\": 0,\n"
		      "\"digests\": {\"/bin/a\": [\"" DIGEST "\"]},\n"
		      "\"excludes\": [\"^/tmp/.*$\", \"/a\\\\.b/[^/]+\", \"(x)\"],\n"
		      "\"keyrings\": {\".ima\": [\"" DIGEST "\"]}, \"ima-buf\": {},\n"
		      "\"ima\": {\"ignored_keyrings\": [\"*\"], \"dm_policy\": null},\n"
		      "\"verification-keys\": \"{\\\"pubkeys\\\": [\\\"MFkw\\\"]}\"}\n");
	put_text_seed("keylime", "lines", DIGEST "  /bin/a\n# no\n" DIGEST " b\n");
	put_text_seed("policy", "empty", "{}");
	put_text_seed("policy", "deep", "{\"match\": [[[[[[[[\"a\"]]]]]]]]}");
	put_text_seed("bootref", "empty", "{}");
	put_byte_seed("enrol", "request", 0, ENROL_REQUEST,
		      strlen(ENROL_REQUEST));
	put_byte_seed("enrol", "response", 3, ENROL_RESPONSE,
		      strlen(ENROL_RESPONSE));
	put_text_seed("status", "whole",
		      "state: active\nid: 7\nparent: 3\ndepth: 2\nlabel: a\n"
		      "inum: 4026531999\nuserns: 4026531837\nentries: 5\n"
		      "violations: 0\nlosses: 0\nrecords: 5\nquota: 0\n"
		      "used: 5\nmemory: 4096\noverflow: deny\ndelegate: no\n"
		      "tpm: ok\nvpcr: sha256:" DIGEST "\nsomething: new\n");
}

/* ----------------------------------------------------------------- images */

static void put_images(void)
{
	struct bl_bytes layer = im_layer(), gz = im_gzip(&layer);
	struct bl_bytes whole = im_docker(&layer), packed = im_gzip(&whole);

	put_seed("layer", "plain", NULL, layer.data, layer.len);
	put_seed("layer", "gzip", NULL, gz.data, gz.len);
	put_seed("image", "plain", NULL, whole.data, whole.len);
	put_seed("image", "gzip", NULL, packed.data, packed.len);
	free(layer.data);
	free(gz.data);
	free(whole.data);
	free(packed.data);
}

/* -------------------------------------------------- files of the repository */

static void for_each_file(const char *dir,
			  void (*fn)(const char *path, const char *name,
				     void *arg), void *arg)
{
	struct dirent **names;
	int count = scandir(dir, &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char path[PATH_SIZE];

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			fn(path, names[i]->d_name, arg);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

static struct bl_bytes from_hex(const char *path)
{
	struct bl_bytes text, bytes;

	if (!util_read_file(path, &text))
		die(path);
	bl_put(&text, "", 1);
	if (!util_unhex((const char *)text.data, &bytes)) {
		fprintf(stderr, "%s: is no hex\n", path);
		exit(2);
	}
	free(text.data);
	return bytes;
}

static void golden(const char *path, const char *name, void *arg)
{
	const char *set = arg;
	char seed[128];
	struct bl_bytes b;

	if (!strstr(name, ".bin.hex"))
		return;
	b = from_hex(path);
	snprintf(seed, sizeof(seed), "golden-%s-%s", set, name);
	put_list_seed(seed, IMANS_HEADER_AUTO, IMANS_ORDER_AUTO,
		      IMANS_FORMAT_AUTO, &b);
	free(b.data);
}

static void golden_set(const char *path, const char *name, void *arg)
{
	char ns[PATH_SIZE], set[64];

	(void)arg;
	snprintf(set, sizeof(set), "%s", name);
	for_each_file(path, golden, set);
	snprintf(ns, sizeof(ns), "%s/ns", path);
	for_each_file(ns, golden, set);
}

static void firmware_log(const char *path, const char *name, void *arg)
{
	struct bl_bytes b;

	(void)arg;
	if (!strstr(name, ".hex"))
		return;
	b = from_hex(path);
	put_seed("fwlog", name, NULL, b.data, b.len);
	free(b.data);
}

static void regress(const char *path, const char *name, void *arg)
{
	struct bl_bytes b = from_hex(path);

	put_seed(arg, name, NULL, b.data, b.len);
	free(b.data);
}

static void regress_target(const char *path, const char *name, void *arg)
{
	char target[64];

	(void)arg;
	snprintf(target, sizeof(target), "%s", name);
	for_each_file(path, regress, target);
}

int main(int argc, char **argv)
{
	struct imans_ctx *ctx;

	if (argc != 2 || imans_ctx_new(&ctx))
		return 2;
	top = argv[1];
	make_dir(top);
	put_world_lists();
	put_templates();
	put_ascii();
	util_vectors("layout", put_layout, NULL);
	put_events();
	put_proofs();
	put_evidence(ctx);
	put_certs();
	put_node(ctx);
	put_texts();
	for_each_file(IMANS_TESTS_DIR "/fwlog", firmware_log, NULL);
	put_images();
	for_each_file(IMANS_TESTS_DIR "/golden", golden_set, NULL);
	for_each_file(IMANS_TESTS_DIR "/../fuzz/regress", regress_target, NULL);
	imans_ctx_free(ctx);
	return 0;
}
