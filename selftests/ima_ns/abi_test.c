// SPDX-License-Identifier: GPL-2.0-only
/* Each file has a stanza in Documentation/ABI/testing, and each stanza a file. */

#include <ctype.h>
#include <ftw.h>

#include "box.h"

/* Documentation/ABI/testing/securityfs-ima-ns, beside the test program. */
#define STANZAS "securityfs-ima-ns"
/* How it writes where a namespace's files are. */
#define ANY_NS NS_DIR "/.../<id>/"

#define NAMES_MAX 64

/* Paths as the stanzas write them, and whether a file was found for each. */
static struct {
	char path[256];
	bool found;
} names[NAMES_MAX];
static size_t count;

static int undescribed;

/* "What:" and the lines that go on with it. */
static int load_stanzas(void)
{
	char file[PATH_MAX], line[512], *slash, *at;
	bool what = false;
	ssize_t len;
	FILE *f;

	len = readlink("/proc/self/exe", file, sizeof(file) - sizeof(STANZAS));
	if (len < 0)
		return -errno;
	file[len] = '\0';
	slash = strrchr(file, '/');
	strcpy(slash + 1, STANZAS);
	f = fopen(file, "r");
	if (!f)
		return -errno;
	while (count < NAMES_MAX && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!isspace(line[0]))
			what = !strncmp(line, "What:", 5);
		at = strstr(line, NS_DIR "/");
		/* That of the directory ends in a slash. */
		if (what && at && at[strlen(at) - 1] != '/')
			snprintf(names[count++].path, sizeof(names[0].path),
				 "%s", at);
	}
	fclose(f);
	return count < NAMES_MAX ? 0 : -E2BIG;
}

static int find_stanza(const char *path, const struct stat *st, int type,
		       struct FTW *ftw)
{
	const char *const name = path + ftw->base;
	char described[PATH_MAX];
	size_t i;

	(void)st;
	if (type != FTW_F)
		return 0;
	snprintf(described, sizeof(described), "%s%s",
		 ftw->level > 1 ? ANY_NS : NS_DIR "/", name);
	for (i = 0; i < count && strcmp(names[i].path, described); i++)
		;
	if (i < count) {
		names[i].found = true;
	} else {
		fprintf(stderr, "# %s: no stanza %s\n", path, described);
		undescribed++;
	}
	return 0;
}

/*
 *   host --+--> pod --> ctr (new)
 *          +--> dead
 */
TEST(stanzas)
{
	char dead_ids[ID_PATH_MAX];
	struct box pod, ctr, dead;
	size_t i;

	ASSERT_EQ(0, load_stanzas());
	ASSERT_LT(10, count);
	ASSERT_EQ(0, box_start_active(&dead, NULL, "abi-dead"));
	strcpy(dead_ids, dead.ids);
	box_end(&dead);
	ASSERT_EQ(0, ns_wait_dead(dead_ids));
	ASSERT_EQ(0, box_start_active(&pod, NULL, "abi-pod"));
	ASSERT_EQ(0, box_start(&ctr, &pod));

	ASSERT_EQ(0, nftw(NS_DIR, find_stanza, 32, FTW_PHYS));
	EXPECT_EQ(0, undescribed);
	for (i = 0; i < count; i++) {
		if (!names[i].found)
			TH_LOG("no file: %s", names[i].path);
		EXPECT_TRUE(names[i].found);
	}
	box_end(&ctr);
	box_end(&pod);
}

TEST_HARNESS_MAIN
