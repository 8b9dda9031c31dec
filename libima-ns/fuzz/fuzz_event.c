// SPDX-License-Identifier: LGPL-2.1-or-later
/* Buffers of ima-ns/ events and records: the first byte says which. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"

static int decode_records(struct imans_ctx *ctx, const void *data, size_t len)
{
	struct imans_records records;
	struct imans_record record;
	int err = imans_records_decode(ctx, data, len, &records);

	for (uint32_t i = 0; !err && i < records.count; i++)
		imans_record_decode(ctx, records.records +
				    i * IMANS_RECORD_SIZE, &record);
	return err;
}

static int decode_record(struct imans_ctx *ctx, const void *data, size_t len)
{
	struct imans_record record;

	return len < IMANS_RECORD_SIZE ? 0 :
	       imans_record_decode(ctx, data, &record);
}

static int decode(struct imans_ctx *ctx, unsigned int which, const void *data,
		  size_t len)
{
	union {
		struct imans_boot boot;
		struct imans_create create;
		struct imans_enter enter;
		struct imans_destroy destroy;
		struct imans_loss loss;
		struct imans_heads heads;
	} e;

	switch (which) {
	case 0:
		return imans_boot_decode(ctx, data, len, &e.boot);
	case 1:
		return imans_create_decode(ctx, data, len, &e.create);
	case 2:
		return imans_enter_decode(ctx, data, len, &e.enter);
	case 3:
		return imans_destroy_decode(ctx, data, len, &e.destroy);
	case 4:
		return imans_loss_decode(ctx, data, len, &e.loss);
	case 5:
		return imans_heads_decode(ctx, data, len, &e.heads);
	case 6:
		return decode_records(ctx, data, len);
	default:
		return decode_record(ctx, data, len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned int which = fuzz_byte(&in) % 8;
	int err = decode(fuzz_ctx(), which, in.data, in.size);

	FUZZ_CHECK(!err || err == -EBADMSG || err == -EPROTONOSUPPORT);
	FUZZ_CHECK(!err || *imans_ctx_error(fuzz_ctx()));
	return 0;
}
