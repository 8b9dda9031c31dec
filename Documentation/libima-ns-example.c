// SPDX-License-Identifier: LGPL-2.1-or-later
/* Does the evidence prove one container's log, to who asked with this nonce? */
#include <stdio.h>
#include <string.h>

#include <imans.h>

static char nonce[IMANS_NONCE_MAX + 1], pem[8192];

static size_t read_file(const char *path, char *data, size_t size)
{
	FILE *f = fopen(path, "rb");
	size_t len = f ? fread(data, 1, size - 1, f) : 0;

	return f && !fclose(f) ? len : 0;
}

int main(int argc, char **argv)
{
	struct imans_verify_opts opts = { .sz = sizeof(opts), .nonce = nonce, .ak_pem = pem };
	struct imans_evidence *evidence = NULL;
	struct imans_report *report = NULL;
	struct imans_ctx *ctx = NULL;
	struct imans_subject s;

	if (argc != 5 || imans_ctx_new(&ctx))
		return fprintf(stderr, "usage: %s NONCE AK.pem EVIDENCE LABEL\n", argv[0]), 2;
	opts.nonce_len = read_file(argv[1], nonce, sizeof(nonce));
	read_file(argv[2], pem, sizeof(pem));
	if (imans_evidence_read(ctx, argv[3], &evidence) ||
	    imans_verify(evidence, &opts, &report))
		return fprintf(stderr, "%s\n", imans_ctx_error(ctx)), 2;
	for (size_t n = 1; !imans_report_subject(report, n, &s); n++)
		if (!strcmp(s.label, argv[4]))
			printf("%s: %s, %zu findings\n", s.label,
			       imans_verdict_name(s.verdict), s.findings);
	imans_report_free(report);
	imans_evidence_free(evidence);
	imans_ctx_free(ctx);
}
