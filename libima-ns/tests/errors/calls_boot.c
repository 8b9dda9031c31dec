// SPDX-License-Identifier: LGPL-2.1-or-later
/* The firmware's log, and reference values for the boot. */
#include "errors.h"

static int log_opened(int err, struct imans_fwlog *log)
{
	if (err)
		assert_ptr_equal(log, UNTOUCHED);
	else
		imans_fwlog_close(log);
	return err;
}

static int run_fwlog_open_mem(struct things *t)
{
	struct imans_fwlog *log = UNTOUCHED;
	int err = UNDER(imans_fwlog_open_mem(t->ctx, t->b.log.data,
					     t->b.log.len, "log", &log));

	return log_opened(err, log);
}

static int run_fwlog_open_file(struct things *t)
{
	struct imans_fwlog *log = UNTOUCHED;
	int err = UNDER(imans_fwlog_open_file(t->ctx, t->log, &log));

	return log_opened(err, log);
}

static struct imans_fwlog *open_log(struct things *t)
{
	struct imans_fwlog *log;

	assert_int_equal(imans_fwlog_open_mem(t->ctx, t->b.log.data,
					      t->b.log.len, "log", &log), 0);
	return log;
}

static int run_fwlog_replay(struct things *t)
{
	struct imans_pcrs pcrs[IMANS_FW_PCRS], before[IMANS_FW_PCRS];
	struct imans_fwlog *log = open_log(t);
	int err;

	memset(pcrs, 0x5a, sizeof(pcrs));
	memcpy(before, pcrs, sizeof(pcrs));
	err = UNDER(imans_fwlog_replay(log, pcrs));
	if (err)
		assert_memory_equal(pcrs, before, sizeof(pcrs));
	else
		assert_memory_equal(pcrs[4].value[IMANS_SHA256],
				    t->b.pcrs[4].value[IMANS_SHA256], 32);
	imans_fwlog_close(log);
	return err;
}

/* All events: most are bound by a digest. */
static int run_fw_event_binding(struct things *t)
{
	struct imans_fwlog *log = open_log(t);
	const struct imans_fw_event *event;
	enum imans_fw_binding binding;
	int err = 0;

	while (!err && !imans_fwlog_next(log, &event) && event) {
		binding = 77;
		err = UNDER(imans_fw_event_binding(t->ctx, event, &binding));
		if (err)
			assert_int_equal(binding, 77);
		else
			assert_int_not_equal(binding, IMANS_FW_WRONG);
	}
	imans_fwlog_close(log);
	return err;
}

MAKER(bootref_new, imans_bootref, imans_bootref_new(t->ctx, &made))
MAKER(bootref_read, imans_bootref,
      imans_bootref_read(t->ctx, t->bootref, &made))
WRITER(bootref_write, true, imans_bootref_write(t->b.ref, t->made))

/* One that failed may have added a part, but nothing else. */
#define ADDER(name, call)						\
static int run_##name(struct things *t)					\
{									\
	struct imans_fwlog *log = open_log(t);				\
	struct imans_bootref *to;					\
	int err;							\
									\
	assert_int_equal(imans_bootref_read(t->ctx, t->bootref, &to), 0);\
	err = UNDER(call);						\
	if (!err)							\
		things_written(t, imans_bootref_write(to, t->made), true);\
	imans_bootref_free(to);						\
	imans_fwlog_close(log);						\
	return err;							\
}

ADDER(bootref_add_log, imans_bootref_add_log(to, log))
ADDER(bootref_add_evidence,
      imans_bootref_add_evidence(to, t->b.n.evidence,
				 imans_report_quote(t->b.n.report)))
ADDER(bootref_allow_cmdline, imans_bootref_allow_cmdline(to, "root=/dev/vda"))
ADDER(bootref_allow_initrd, imans_bootref_allow_initrd(to, t->log))
ADDER(bootref_allow_kernel, imans_bootref_allow_kernel(to, t->log))
ADDER(bootref_ignore_pcr, imans_bootref_ignore_pcr(to, 3))

const struct call calls_boot[] = {
	CALL(fwlog_open_mem),
	CALL(fwlog_open_file),
	CALL(fwlog_replay),
	CALL(fw_event_binding),
	CALL(bootref_new),
	CALL(bootref_read),
	CALL(bootref_write),
	CALL(bootref_add_log),
	CALL(bootref_add_evidence),
	CALL(bootref_allow_cmdline),
	CALL(bootref_allow_initrd),
	/* It is no PE image: all the same it is read. */
	{ "imans_bootref_allow_kernel", run_bootref_allow_kernel, -EBADMSG,
	  false },
	CALL(bootref_ignore_pcr),
	{ NULL, NULL, 0, false },
};
