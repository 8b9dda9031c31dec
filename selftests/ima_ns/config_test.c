// SPDX-License-Identifier: GPL-2.0-only
/* Configuring a namespace while it is new, and activating it once. */

#include "box.h"
#include "list.h"

/*
 *   host -- label --> new
 */
FIXTURE(label)
{
	struct box box;
};

FIXTURE_VARIANT(label)
{
	/* This, or as many times @fill as @length says. */
	const char *text;
	char fill;
	size_t length;
	int result;
	/* What is read back, if it is not what was written. */
	const char *kept;
};

FIXTURE_VARIANT_ADD(label, deny_empty)
{
	.text = "",
	.result = -EINVAL,
};

FIXTURE_VARIANT_ADD(label, deny_newline_only)
{
	.text = "\n",
	.result = -EINVAL,
};

FIXTURE_VARIANT_ADD(label, allow_1)
{
	.text = "x",
};

FIXTURE_VARIANT_ADD(label, allow_511)
{
	.fill = 'y',
	.length = IMA_NS_LABEL_MAX,
};

FIXTURE_VARIANT_ADD(label, deny_512)
{
	.fill = 'z',
	.length = IMA_NS_LABEL_MAX + 1,
	.result = -EINVAL,
};

FIXTURE_VARIANT_ADD(label, deny_4096)
{
	.fill = 'z',
	.length = 4096,
	.result = -EINVAL,
};

FIXTURE_VARIANT_ADD(label, allow_pod)
{
	.text = "pod=4f1c,ctr=9a,name=default/web/nginx",
};

FIXTURE_VARIANT_ADD(label, allow_first_and_last_character)
{
	.text = "!~",
};

FIXTURE_VARIANT_ADD(label, allow_newline_dropped)
{
	.text = "line\n",
	.kept = "line",
};

FIXTURE_VARIANT_ADD(label, deny_two_newlines)
{
	.text = "line\n\n",
	.result = -EINVAL,
};

FIXTURE_VARIANT_ADD(label, deny_newline_inside)
{
	.text = "two\nlines",
	.result = -EINVAL,
};

FIXTURE_VARIANT_ADD(label, deny_space)
{
	.text = "a b",
	.result = -EINVAL,
};

FIXTURE_VARIANT_ADD(label, deny_tab)
{
	.text = "a\tb",
	.result = -EINVAL,
};

FIXTURE_VARIANT_ADD(label, deny_control)
{
	.text = "a\x01",
	.result = -EINVAL,
};

FIXTURE_VARIANT_ADD(label, deny_delete)
{
	.text = "a\x7f",
	.result = -EINVAL,
};

FIXTURE_VARIANT_ADD(label, deny_non_ascii)
{
	.text = "caf\xc3\xa9",
	.result = -EINVAL,
};

FIXTURE_SETUP(label)
{
	ASSERT_EQ(0, box_start(&self->box, NULL));
}

FIXTURE_TEARDOWN(label)
{
	box_end(&self->box);
}

TEST_F(label, write)
{
	char text[4097] = {}, want[4097], got[4200];
	size_t length = variant->length;
	ssize_t len;

	if (variant->text) {
		length = strlen(variant->text);
		memcpy(text, variant->text, length);
	} else {
		memset(text, variant->fill, length);
	}
	EXPECT_EQ(variant->result,
		  write_file(ns_file(self->box.ids, "label"), text, length));

	ASSERT_EQ(0, ns_status(self->box.ids, "label", got, sizeof(got)));
	if (variant->result) {
		EXPECT_STREQ("", got);
		return;
	}
	EXPECT_STREQ(variant->kept ?: text, got);
	snprintf(want, sizeof(want), "%s", variant->kept ?: text);
	len = read_text(ns_file(self->box.ids, "label"), got, sizeof(got));
	ASSERT_LE(0, len);
	if (len && got[len - 1] == '\n')
		got[len - 1] = '\0';
	EXPECT_STREQ(want, got);
	EXPECT_EQ(0, ns_write(self->box.ids, "active", "1"));
	/* It stands in the namespace's own first entry. */
	EXPECT_EQ(1, file_holds(ns_file(self->box.ids,
					"binary_runtime_measurements"), want));
}

static int write_nul(const char *ids)
{
	return write_file(ns_file(ids, "label"), "a\0b", 3);
}

TEST_F(label, deny_nul_inside)
{
	EXPECT_EQ(-EINVAL, write_nul(self->box.ids));
}

TEST_F(label, deny_second_write)
{
	ASSERT_EQ(0, ns_write(self->box.ids, "label", "first"));
	EXPECT_EQ(-EBUSY, ns_write(self->box.ids, "label", "second"));
	EXPECT_EQ(-EBUSY, ns_write(self->box.ids, "label", "first"));
	/* A bad one is told apart all the same. */
	EXPECT_EQ(-EINVAL, ns_write(self->box.ids, "label", "a b"));
}

TEST_F(label, deny_after_activation)
{
	ASSERT_EQ(0, ns_activate(self->box.ids, "first"));
	EXPECT_EQ(-EBUSY, ns_write(self->box.ids, "label", "second"));
}

/*
 *   host --> pod --> ctr
 */
FIXTURE(activate)
{
	struct box pod;
	struct box ctr;
};

FIXTURE_SETUP(activate)
{
	ASSERT_EQ(0, box_start(&self->pod, NULL));
	ASSERT_EQ(0, box_start(&self->ctr, &self->pod));
}

FIXTURE_TEARDOWN(activate)
{
	box_end(&self->ctr);
	box_end(&self->pod);
}

TEST_F(activate, allow_once)
{
	ASSERT_EQ(0, ns_write(self->pod.ids, "label", SECRET "-once"));
	EXPECT_TRUE(ns_state_is(self->pod.ids, "new"));
	EXPECT_EQ(0, ns_write(self->pod.ids, "active", "1"));
	EXPECT_TRUE(ns_state_is(self->pod.ids, "active"));
	EXPECT_EQ(-EBUSY, ns_write(self->pod.ids, "active", "1"));
	EXPECT_EQ(BOX_OWN, ns_status_num(self->pod.ids, "entries"));
	EXPECT_EQ(1, ns_count(self->pod.ids, NULL, IMA_NS_EVENT_CREATE));
}

TEST_F(activate, allow_newline)
{
	ASSERT_EQ(0, ns_write(self->pod.ids, "label", SECRET "-newline"));
	EXPECT_EQ(0, ns_write(self->pod.ids, "active", "1\n"));
	EXPECT_TRUE(ns_state_is(self->pod.ids, "active"));
}

TEST_F(activate, deny_without_label)
{
	EXPECT_EQ(-ENODATA, ns_write(self->pod.ids, "active", "1"));
	EXPECT_TRUE(ns_state_is(self->pod.ids, "new"));
	/* It is not too late. */
	EXPECT_EQ(0, ns_activate(self->pod.ids, SECRET "-late-label"));
}

TEST_F(activate, deny_other_text)
{
	static const char *const texts[] = {
		"", "0", "2", "11", "1 ", " 1", "yes", "-1", "1\n\n", "01",
	};
	size_t i;

	ASSERT_EQ(0, ns_write(self->pod.ids, "label", SECRET "-text"));
	for (i = 0; i < ARRAY_SIZE(texts); i++)
		EXPECT_EQ(-EINVAL, ns_write(self->pod.ids, "active", texts[i]))
		{
			TH_LOG("text %zu", i);
		}
	EXPECT_TRUE(ns_state_is(self->pod.ids, "new"));
}

TEST_F(activate, deny_below_inactive)
{
	EXPECT_EQ(-EAGAIN, ns_activate(self->ctr.ids, SECRET "-ctr"));
	ASSERT_EQ(0, ns_activate(self->pod.ids, SECRET "-pod"));
	EXPECT_EQ(0, ns_write(self->ctr.ids, "active", "1"));
}

TEST_F(activate, deny_grandchild_of_inactive)
{
	struct box bottom;

	ASSERT_EQ(0, box_start(&bottom, &self->ctr));
	ASSERT_EQ(0, ns_activate(self->pod.ids, SECRET "-pod"));
	EXPECT_EQ(-EAGAIN, ns_activate(bottom.ids, SECRET "-bottom"));
	box_end(&bottom);
}

/* The events file tells it, with the time first. */
TEST_F(activate, told_in_events)
{
	char want[ID_PATH_MAX + 16];

	ASSERT_EQ(0, ns_activate(self->pod.ids, SECRET "-events"));
	snprintf(want, sizeof(want), " new %s\n", self->pod.ids);
	EXPECT_EQ(1, file_holds(NS_DIR "/events", want));
	snprintf(want, sizeof(want), " new %s\n", self->ctr.ids);
	EXPECT_EQ(1, file_holds(NS_DIR "/events", want));
	snprintf(want, sizeof(want), " active %s\n", self->pod.ids);
	EXPECT_EQ(1, file_holds(NS_DIR "/events", want));
	snprintf(want, sizeof(want), " active %s\n", self->ctr.ids);
	EXPECT_EQ(0, file_holds(NS_DIR "/events", want));
}

/* Flags that are set by writing 1 while new. */
FIXTURE(flag)
{
	struct box box;
};

FIXTURE_VARIANT(flag)
{
	const char *file;
};

FIXTURE_VARIANT_ADD(flag, delegate)
{
	.file = "delegate",
};

FIXTURE_VARIANT_ADD(flag, key_self)
{
	.file = "key_self",
};

FIXTURE_SETUP(flag)
{
	ASSERT_EQ(0, box_start(&self->box, NULL));
}

FIXTURE_TEARDOWN(flag)
{
	box_end(&self->box);
}

TEST_F(flag, allow_while_new)
{
	EXPECT_EQ(0, ns_write(self->box.ids, variant->file, "1"));
}

TEST_F(flag, deny_other_text)
{
	EXPECT_EQ(-EINVAL, ns_write(self->box.ids, variant->file, "2"));
	EXPECT_EQ(-EINVAL, ns_write(self->box.ids, variant->file, "on"));
}

TEST_F(flag, deny_after_activation)
{
	ASSERT_EQ(0, ns_activate(self->box.ids, SECRET "-flag"));
	EXPECT_EQ(-EBUSY, ns_write(self->box.ids, variant->file, "1"));
}

/* Files that root without capabilities may not write, whoever owns them. */
static int write_active_as_user(void *arg)
{
	const int fd = open(ns_file(arg, "active"), O_WRONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -EDOM;
	ret = drop_root();
	if (ret)
		return -EDOM;
	return write(fd, "1", 1) == 1 ? 0 : -errno;
}

static int open_active_as_user(void *arg)
{
	return drop_root() ?: can_open(ns_file(arg, "active"), O_WRONLY);
}

TEST_F(activate, deny_user)
{
	ASSERT_EQ(0, ns_write(self->pod.ids, "label", SECRET "-user"));
	EXPECT_EQ(-EACCES, in_child(open_active_as_user, self->pod.ids));
	/*
	 * The capability is the opener's, as in file_ns_capable(): handing
	 * over the descriptor is the opener's will.
	 */
	EXPECT_EQ(0, in_child(write_active_as_user, self->pod.ids));
}

/* A user namespace's root has no capability over the owner's. */
static int open_active_in_userns(void *arg)
{
	int fd, ret;

	ret = sys_unshare(CLONE_NEWUSER) ?: map_root(0);
	if (ret)
		return -EDOM;
	fd = open(ns_file(arg, "active"), O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -EDOM;
	return write(fd, "1", 1) == 1 ? 0 : -errno;
}

TEST_F(activate, deny_user_namespace)
{
	ASSERT_EQ(0, ns_write(self->pod.ids, "label", SECRET "-userns"));
	EXPECT_EQ(-EPERM, in_child(open_active_in_userns, self->pod.ids));
	EXPECT_TRUE(ns_state_is(self->pod.ids, "new"));
}

TEST_HARNESS_MAIN
