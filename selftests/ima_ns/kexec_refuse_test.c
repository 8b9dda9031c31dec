// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec that would lose the host's list is refused, and nothing has changed.
 *
 * The suite boots with ima_ns_kexec_extra=64K.
 */

#include <sys/klog.h>

#include "box.h"
#include "kexec.h"
#include "list.h"

#define EXTRA 65536
/* What upstream reserves besides, and the rounding to pages. */
#define SLACK (4096 / 2 + 4096)

/* It must not get that far; if it does, the console tells. */
#define CMDLINE "console=ttyS0 panic=-1"

/*
 *   host ----- box, whose bind entries make the host's list longer
 */
FIXTURE(refused)
{
	struct box box;
	struct list before;
};

FIXTURE_SETUP(refused)
{
	ASSERT_EQ(0, box_start_active(&self->box, NULL, "kexec"));
	ASSERT_EQ(0, list_load(&self->before, HOST_LIST));
}

FIXTURE_TEARDOWN(refused)
{
	list_free(&self->before);
	box_end(&self->box);
}

static int bind_once(void *shared)
{
	static unsigned int number;
	char data[32];

	snprintf(data, sizeof(data), "%d-%u", getpid(), number++);
	return write_text(shared, data);
}

static int bind_some(struct box *box)
{
	strcpy(box->shared, ns_file(box->ids, "bind"));
	return box_call(box, bind_once);
}

/* Is the last line of the kernel's log that holds "kexec" this one? */
static bool kernel_says(const char *text)
{
	static char log[1 << 18];
	const int len = klogctl(3, log, sizeof(log) - 1);
	const char *line = NULL, *at = log;

	if (len < 0)
		return false;
	log[len] = '\0';
	while ((at = strstr(at, "ima-ns: kexec")))
		line = at++;
	return line && !strncmp(line, text, strlen(text));
}

/* All goes on: the list is what it was, and more can be logged. */
static void expect_alive(struct __test_metadata *_metadata,
			 FIXTURE_DATA(refused) *self)
{
	const long long entries = ns_status_num(self->box.ids, "entries");
	struct list after;

	EXPECT_EQ(0, bind_some(&self->box));
	EXPECT_EQ(entries + 1, ns_status_num(self->box.ids, "entries"));
	EXPECT_EQ(true, ns_state_is(self->box.ids, "active"));
	ASSERT_EQ(0, list_load(&after, HOST_LIST));
	ASSERT_LT(self->before.len, after.len);
	EXPECT_EQ(0, memcmp(self->before.data, after.data, self->before.len));
	list_free(&after);
}

/* The old system call's image has no place for a list. */
TEST_F(refused, image_without_a_list)
{
	static char code[4096];
	struct kexec_segment segment = {
		.buf = code,
		.bufsz = sizeof(code),
		.mem = (void *)0x1000000,
		.memsz = sizeof(code),
	};

	ASSERT_EQ(0, syscall(__NR_kexec_load, segment.mem, 1, &segment,
			     KEXEC_ARCH_DEFAULT));
	EXPECT_EQ(-EFBIG, kexec_go());
	EXPECT_EQ(true, kernel_says("ima-ns: kexec refused: the image takes "
				    "no list along"));
	expect_alive(_metadata, self);
	EXPECT_EQ(0, syscall(__NR_kexec_load, NULL, 0, NULL,
			     KEXEC_ARCH_DEFAULT));
}

static ssize_t list_len(void)
{
	struct list list;
	ssize_t len = list_load(&list, HOST_LIST);

	if (len)
		return len;
	len = list.len;
	list_free(&list);
	return len;
}

/* It fitted when the image was loaded, and grew until it did not. */
TEST_F(refused, list_that_outgrew_the_image)
{
	ssize_t start;
	int i;

	ASSERT_EQ(0, kexec_prepare(CMDLINE));
	start = list_len();
	while (list_len() <= start + EXTRA + SLACK)
		for (i = 0; i < 50; i++)
			ASSERT_EQ(0, bind_some(&self->box));

	EXPECT_EQ(-EFBIG, kexec_go());
	EXPECT_EQ(true, kernel_says("ima-ns: kexec refused: IMA's list takes"));
	expect_alive(_metadata, self);

	/* As the message advises; what is loaded now would do. */
	EXPECT_EQ(0, kexec_prepare(CMDLINE));
	EXPECT_EQ(0, kexec_forget());
	EXPECT_EQ(-EINVAL, kexec_go());
	expect_alive(_metadata, self);
}

TEST_HARNESS_MAIN
