// SPDX-License-Identifier: GPL-2.0-only
/*
 * "heads": one entry of the host's list that tells how far all active
 * namespaces had come. Everything in it is computed again here.
 */

#include <linux/capability.h>
#include <pthread.h>
#include <sys/random.h>

#include "merkle.h"
#include "program.h"

#define HEADS NS_DIR "/heads"
#define LIST "binary_runtime_measurements"

#define SPACES_MAX 8
#define LEAVES_MAX 64

/* What is read after a nonce was written. */
struct answer {
	struct ima_ns_heads heads;
	struct ima_ns_leaf leaves[LEAVES_MAX];
};

/* What the host's list says before the entry with a nonce. */
struct before {
	const struct ima_ns_heads *heads;
	uint64_t records;
};

static int ask(int fd, const uint8_t nonce[IMA_NS_NONCE_SIZE],
	       struct answer *answer)
{
	ssize_t len;

	if (write(fd, nonce, IMA_NS_NONCE_SIZE) != IMA_NS_NONCE_SIZE)
		return -errno;
	len = read(fd, answer, sizeof(*answer));
	if (len < 0)
		return -errno;
	if ((size_t)len < sizeof(answer->heads) ||
	    len - sizeof(answer->heads) !=
	    answer->heads.leaves * sizeof(answer->leaves[0]))
		return -EBADMSG;
	return 0;
}

/* For the oracle, which opens the leaves, too. */
static int export_answer(const struct answer *answer)
{
	const char *const dir = getenv("IMA_NS_EXPORT");
	char path[PATH_MAX];
	FILE *file;

	if (!dir)
		return 0;
	snprintf(path, sizeof(path), "%s/heads-%02x%02x%02x%02x", dir,
		 answer->heads.nonce[0], answer->heads.nonce[1],
		 answer->heads.nonce[2], answer->heads.nonce[3]);
	file = fopen(path, "we");
	if (!file)
		return -errno;
	fwrite(&answer->heads, sizeof(answer->heads), 1, file);
	fwrite(answer->leaves, sizeof(answer->leaves[0]),
	       answer->heads.leaves, file);
	return fclose(file) ? -errno : 0;
}

static int ask_anew(int fd, struct answer *answer)
{
	uint8_t nonce[IMA_NS_NONCE_SIZE];
	int ret;

	if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce))
		return -EIO;
	ret = ask(fd, nonce, answer);
	if (!ret && memcmp(nonce, answer->heads.nonce, sizeof(nonce)))
		ret = -EBADMSG;
	return ret ?: export_answer(answer);
}

static const struct ima_ns_leaf *find_leaf(const struct answer *answer,
					   const char *ids)
{
	uint64_t i;

	for (i = 0; i < answer->heads.leaves; i++)
		if (answer->leaves[i].id == ids_last(ids))
			return &answer->leaves[i];
	return NULL;
}

static bool is_heads(const struct entry *entry, const uint8_t *nonce)
{
	const struct ima_ns_heads *const heads = (const void *)entry->third;

	return !strcmp(entry->name, IMA_NS_EVENT_HEADS) &&
	       entry->third_len == sizeof(*heads) &&
	       (!nonce || !memcmp(heads->nonce, nonce, sizeof(heads->nonce)));
}

/* Up to the entry with this nonce; @list holds what is returned. */
static int read_before(struct list *list, const uint8_t *nonce,
		       struct before *before)
{
	struct entry entry;
	int ret;

	memset(before, 0, sizeof(*before));
	while ((ret = list_next(list, &entry)) > 0) {
		if (is_heads(&entry, nonce)) {
			before->heads = (const void *)entry.third;
			return 0;
		}
		if (!strcmp(entry.name, IMA_NS_EVENT_RECORDS))
			before->records += (entry.third_len -
					    sizeof(struct ima_ns_records_hdr)) /
					   sizeof(struct ima_ns_record);
	}
	return ret ?: -ENOENT;
}

static bool any_heads(const struct entry *entry, const void *arg)
{
	return is_heads(entry, arg);
}

/* The vPCR after so many entries. */
static int replay(const char *ids, uint64_t entries, uint8_t vpcr[SHA256_SIZE])
{
	static const uint8_t zero[SHA1_SIZE];
	uint8_t buf[2 * SHA256_SIZE] = {};
	struct entry entry;
	struct list list;
	int ret = list_load(&list, ns_file(ids, LIST));

	if (ret)
		return ret;
	while (entries-- && (ret = list_next(&list, &entry)) > 0) {
		sha256(entry.data, entry.data_len, buf + SHA256_SIZE);
		if (!memcmp(entry.template_digest, zero, SHA1_SIZE))
			memset(buf + SHA256_SIZE, 0xff, SHA256_SIZE);
		sha256(buf, sizeof(buf), buf);
	}
	memcpy(vpcr, buf, SHA256_SIZE);
	list_free(&list);
	return ret > 0 ? 0 : ret ?: -ENOENT;
}

/* Does the namespace's key open its leaf? */
static int leaf_opens(const struct answer *answer, const char *ids,
		      const struct ima_ns_leaf *leaf)
{
	uint8_t key[IMA_NS_KEY_SIZE], key_head[SHA256_SIZE], mac[SHA256_SIZE];
	uint8_t msg[64 + 32 + SHA256_SIZE];
	int ret;

	if (read_file(ns_file(ids, "key"), key, sizeof(key)) != sizeof(key))
		return -EIO;
	hmac_sha256(key, sizeof(key), (const uint8_t *)"ima-ns/v1 head\0\0", 16,
		    key_head);
	memcpy(msg, answer->heads.boot_id, 32);
	memcpy(msg + 32, answer->heads.nonce, 32);
	memcpy(msg + 64, leaf, 32);
	ret = replay(ids, leaf->entries, msg + 96);
	if (ret)
		return ret;
	hmac_sha256(key_head, sizeof(key_head), msg, sizeof(msg), mac);
	return memcmp(mac, leaf->mac, sizeof(mac)) ? -EBADMSG : 0;
}

/* Nobody else's are left: earlier tests' may still be dying. */
static int wait_alone(int fd, struct answer *answer)
{
	int i, ret;

	for (i = 0; i < 200; i++) {
		ret = ask_anew(fd, answer);
		if (ret || !answer->heads.leaves)
			return ret;
		sleep_ms(100);
	}
	return -ETIMEDOUT;
}

/*
 *	host's list:  records ... records  heads  records ...
 *	              <- "records" many ->   |
 *	                                    root
 *	                                   /    \
 *	                              leaf 1 ... leaf n
 */
FIXTURE(heads)
{
	int fd;
	struct box boxes[SPACES_MAX];
	struct answer answer;
};

FIXTURE_VARIANT(heads)
{
	int spaces;
};

FIXTURE_VARIANT_ADD(heads, none)
{
	.spaces = 0,
};

FIXTURE_VARIANT_ADD(heads, one)
{
	.spaces = 1,
};

FIXTURE_VARIANT_ADD(heads, two)
{
	.spaces = 2,
};

FIXTURE_VARIANT_ADD(heads, three)
{
	.spaces = 3,
};

FIXTURE_VARIANT_ADD(heads, five)
{
	.spaces = 5,
};

FIXTURE_VARIANT_ADD(heads, eight)
{
	.spaces = 8,
};

FIXTURE_SETUP(heads)
{
	int i;

	self->fd = open(HEADS, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, wait_alone(self->fd, &self->answer));
	for (i = 0; i < variant->spaces; i++)
		ASSERT_EQ(0, box_start_active(&self->boxes[i], NULL, "heads"));
}

FIXTURE_TEARDOWN(heads)
{
	int i;

	for (i = 0; i < SPACES_MAX; i++)
		box_end(&self->boxes[i]);
	close(self->fd);
}

TEST_F(heads, tree)
{
	const struct answer *const answer = &self->answer;
	uint8_t root[SHA256_SIZE];
	const struct ima_ns_leaf *leaf;
	struct before before;
	struct list list;
	int i;

	ASSERT_EQ(0, ask_anew(self->fd, &self->answer));
	ASSERT_EQ(variant->spaces, answer->heads.leaves);
	merkle_root((const uint8_t *)answer->leaves, answer->heads.leaves,
		    sizeof(answer->leaves[0]), root);
	EXPECT_EQ(0, memcmp(root, answer->heads.root, sizeof(root)));

	ASSERT_EQ(0, list_load(&list, HOST_LIST));
	ASSERT_EQ(0, read_before(&list, answer->heads.nonce, &before));
	EXPECT_EQ(0, memcmp(before.heads, &answer->heads,
			    sizeof(answer->heads)));
	EXPECT_EQ(before.records, answer->heads.records);
	list_free(&list);

	EXPECT_EQ(0, memcmp(answer->heads.magic, "IMANSHDS", 8));
	EXPECT_EQ(1, answer->heads.version);
	EXPECT_EQ(128, answer->heads.size);
	EXPECT_EQ(0, answer->heads.reserved);
	for (i = 0; i < variant->spaces; i++) {
		leaf = &answer->leaves[i];
		EXPECT_EQ(ids_last(self->boxes[i].ids), leaf->id);
		EXPECT_EQ(ns_status_num(self->boxes[i].ids, "entries"),
			  leaf->entries);
		EXPECT_EQ(leaf->entries, leaf->seq);
		EXPECT_EQ(1, leaf->tasks);
		EXPECT_EQ(0, leaf_opens(answer, self->boxes[i].ids, leaf));
	}
}

FIXTURE(states)
{
	int fd;
	struct box pod;
	struct answer answer;
};

FIXTURE_SETUP(states)
{
	self->fd = open(HEADS, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, wait_alone(self->fd, &self->answer));
	ASSERT_EQ(0, box_start_active(&self->pod, NULL, "pod"));
}

FIXTURE_TEARDOWN(states)
{
	box_end(&self->pod);
	close(self->fd);
}

TEST_F(states, nested_and_dead)
{
	const struct answer *const answer = &self->answer;
	const struct ima_ns_leaf *leaf;
	struct box middle, inner;

	ASSERT_EQ(0, box_start_active(&middle, &self->pod, "middle"));
	ASSERT_EQ(0, box_start_active(&inner, &middle, "inner"));
	ASSERT_EQ(0, ask_anew(self->fd, &self->answer));
	EXPECT_EQ(3, answer->heads.leaves);

	/* Its own, and the copies of what those below have logged. */
	leaf = find_leaf(answer, self->pod.ids);
	ASSERT_NE(NULL, leaf);
	EXPECT_LE(leaf->seq + 2, leaf->entries);
	EXPECT_EQ(leaf->seq + ns_status_num(self->pod.ids, "records"),
		  leaf->entries);
	EXPECT_EQ(0, leaf_opens(answer, self->pod.ids, leaf));
	leaf = find_leaf(answer, inner.ids);
	ASSERT_NE(NULL, leaf);
	EXPECT_EQ(0, leaf_opens(answer, inner.ids, leaf));
	/* Another one's key does not open it, nor another state. */
	EXPECT_EQ(-EBADMSG, leaf_opens(answer, middle.ids, leaf));
	self->answer.leaves[2].tasks++;
	EXPECT_EQ(-EBADMSG, leaf_opens(answer, inner.ids, leaf));

	box_end(&inner);
	ASSERT_EQ(0, ns_wait_dead(inner.ids));
	ASSERT_EQ(0, ask_anew(self->fd, &self->answer));
	EXPECT_EQ(2, answer->heads.leaves);
	EXPECT_EQ(NULL, find_leaf(answer, inner.ids));
	EXPECT_NE(NULL, find_leaf(answer, middle.ids));
	box_end(&middle);
}

TEST_F(states, new_ones_have_no_leaf)
{
	struct box later;

	ASSERT_EQ(0, box_start(&later, NULL));
	ASSERT_EQ(0, ask_anew(self->fd, &self->answer));
	EXPECT_EQ(NULL, find_leaf(&self->answer, later.ids));
	ASSERT_EQ(0, ns_activate(later.ids, SECRET "-later"));
	ASSERT_EQ(0, ask_anew(self->fd, &self->answer));
	EXPECT_NE(NULL, find_leaf(&self->answer, later.ids));
	box_end(&later);
}

static void *sleep_thread(void *unused)
{
	sleep_ms(600000);
	return unused;
}

/* A child with a thread, so two more. */
static int add_tasks(void *shared)
{
	const pid_t pid = fork();
	pthread_t thread;

	(void)shared;
	if (pid < 0)
		return -errno;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pthread_create(&thread, NULL, sleep_thread, NULL);
		sleep_thread(NULL);
	}
	return 0;
}

TEST_F(states, tasks)
{
	const struct ima_ns_leaf *leaf;
	int i;

	ASSERT_EQ(0, box_call(&self->pod, add_tasks));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, ask_anew(self->fd, &self->answer));
		leaf = find_leaf(&self->answer, self->pod.ids);
		ASSERT_NE(NULL, leaf);
		if (leaf->tasks == 3)
			break;
		sleep_ms(50);
	}
	EXPECT_EQ(3, leaf->tasks);
}

/* It holds a list back from death, and nobody is in it. */
TEST_F(states, no_tasks)
{
	const struct ima_ns_leaf *leaf;
	const int ns = box_ns_fd(&self->pod);

	ASSERT_LE(0, ns);
	box_end(&self->pod);
	ASSERT_EQ(0, ask_anew(self->fd, &self->answer));
	leaf = find_leaf(&self->answer, self->pod.ids);
	ASSERT_NE(NULL, leaf);
	EXPECT_EQ(0, leaf->tasks);
	EXPECT_EQ(0, leaf_opens(&self->answer, self->pod.ids, leaf));
	close(ns);
}

TEST_F(states, every_nonce_has_its_entry)
{
	struct answer other;
	const int fd = open(HEADS, O_RDWR | O_CLOEXEC);
	int before;
	char part[5];

	ASSERT_LE(0, fd);
	before = list_count_if(HOST_LIST, any_heads, NULL);
	ASSERT_EQ(0, ask_anew(self->fd, &self->answer));
	ASSERT_EQ(0, ask_anew(fd, &other));
	EXPECT_EQ(before + 2, list_count_if(HOST_LIST, any_heads, NULL));

	/* The same again, and nothing has happened since: the same entry. */
	ASSERT_EQ(0, ask(fd, other.heads.nonce, &other));
	EXPECT_EQ(before + 2, list_count_if(HOST_LIST, any_heads, NULL));

	/* Each open file has its own answer, at any offset. */
	EXPECT_EQ(5, pread(self->fd, part, sizeof(part), 50));
	EXPECT_EQ(0, memcmp((char *)&self->answer + 50, part, sizeof(part)));
	EXPECT_EQ(0, pread(self->fd, part, sizeof(part),
			   sizeof(self->answer.heads) +
			   sizeof(self->answer.leaves[0])));
	close(fd);
}

TEST_F(states, deny_what_is_no_nonce)
{
	const int before = list_count_if(HOST_LIST, any_heads, NULL);
	static const size_t sizes[] = { 0, 1, 31, 33, 64, 4096 };
	const int fd = open(HEADS, O_RDWR | O_CLOEXEC);
	void *volatile nowhere = NULL;
	char buf[4096] = {};
	size_t i;

	ASSERT_LE(0, fd);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(-1, write(fd, buf, sizes[i]));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(-1, write(fd, nowhere, IMA_NS_NONCE_SIZE));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, read(fd, buf, 1));
	EXPECT_EQ(ENODATA, errno);
	EXPECT_EQ(before, list_count_if(HOST_LIST, any_heads, NULL));
	close(fd);
}

static int open_heads(void *unused)
{
	(void)unused;
	return can_open(HEADS, O_RDWR);
}

static int open_as_user(void *unused)
{
	return drop_root() ?: open_heads(unused);
}

/* Root by its user id only. */
static int write_without_capability(void *unused)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = {};
	const char nonce[IMA_NS_NONCE_SIZE] = {};

	(void)unused;
	if (syscall(__NR_capset, &header, none))
		return -errno;
	return write_file(HEADS, nonce, sizeof(nonce));
}

TEST_F(states, deny_others)
{
	const int before = list_count_if(HOST_LIST, any_heads, NULL);

	EXPECT_EQ(-EPERM, box_call(&self->pod, open_heads));
	EXPECT_EQ(-EACCES, in_child(open_as_user, NULL));
	EXPECT_EQ(-EPERM, in_child(write_without_capability, NULL));
	EXPECT_EQ(before, list_count_if(HOST_LIST, any_heads, NULL));
}

/* Heads are asked for by two at a time, while all namespaces go on. */
#define STORM_SPACES 4
#define STORM_ASKS 12
#define STORM_ASKERS 2

static int bind_on(void *shared)
{
	const int fd = open(ns_file((char *)shared, "bind"),
			    O_WRONLY | O_CLOEXEC);
	const pid_t pid = fd < 0 ? 1 : fork();
	uint32_t i;

	if (fd < 0)
		return -errno;
	if (pid < 0)
		return -errno;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (i = 0;; i++)
			if (write(fd, &i, sizeof(i)) != sizeof(i))
				_exit(1);
	}
	close(fd);
	return 0;
}

static int ask_often(struct answer *answers)
{
	const int fd = open(HEADS, O_RDWR | O_CLOEXEC);
	int i, ret = fd < 0 ? -errno : 0;

	for (i = 0; i < STORM_ASKS && !ret; i++) {
		ret = ask_anew(fd, &answers[i]);
		sleep_ms(20);
	}
	return ret;
}

/* Records of a namespace among the first so many. */
static uint64_t count_records(const struct list *whole, uint64_t id,
			      uint64_t first)
{
	const struct ima_ns_record *record;
	struct list list = *whole;
	uint64_t count = 0;
	struct entry entry;
	size_t at;

	list.pos = 0;
	while (first && list_next(&list, &entry) > 0) {
		if (strcmp(entry.name, IMA_NS_EVENT_RECORDS))
			continue;
		at = sizeof(struct ima_ns_records_hdr);
		for (; first && at < entry.third_len; at += sizeof(*record)) {
			record = (const void *)(entry.third + at);
			count += record->id == id;
			first--;
		}
	}
	return count;
}

TEST_F(states, of_one_moment)
{
	const size_t size = STORM_ASKERS * STORM_ASKS * sizeof(struct answer);
	struct answer *const answers = mmap(NULL, size, PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct box boxes[STORM_SPACES];
	pid_t pids[STORM_ASKERS];
	uint8_t root[SHA256_SIZE];
	struct before before;
	struct list list;
	int i, k;

	ASSERT_NE(MAP_FAILED, answers);
	for (k = 0; k < STORM_SPACES; k++) {
		/* The second half is inside of the first. */
		ASSERT_EQ(0, box_start_active(&boxes[k], k < STORM_SPACES / 2 ?
					      NULL : &boxes[k / 2 - 1],
					      "storm"));
		strcpy(boxes[k].shared, boxes[k].ids);
		ASSERT_EQ(0, box_call(&boxes[k], bind_on));
	}
	for (i = 0; i < STORM_ASKERS; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(-ask_often(&answers[i * STORM_ASKS]));
	}
	for (i = 0; i < STORM_ASKERS; i++)
		EXPECT_EQ(0, wait_for(pids[i]));
	for (k = STORM_SPACES; k--;)
		box_end(&boxes[k]);
	for (k = 0; k < STORM_SPACES; k++)
		ASSERT_EQ(0, ns_wait_dead(boxes[k].ids));

	ASSERT_EQ(0, list_load(&list, HOST_LIST));
	for (i = 0; i < STORM_ASKERS * STORM_ASKS; i++) {
		const struct answer *const answer = &answers[i];

		list.pos = 0;
		ASSERT_EQ(0, read_before(&list, answer->heads.nonce, &before));
		EXPECT_EQ(before.records, answer->heads.records);
		EXPECT_EQ(0, memcmp(before.heads, &answer->heads,
				    sizeof(answer->heads)));
		ASSERT_EQ(STORM_SPACES + 1, answer->heads.leaves);
		merkle_root((const uint8_t *)answer->leaves,
			    answer->heads.leaves, sizeof(answer->leaves[0]),
			    root);
		EXPECT_EQ(0, memcmp(root, answer->heads.root, sizeof(root)));
		for (k = 0; k < STORM_SPACES; k++) {
			const struct ima_ns_leaf *const leaf =
				find_leaf(answer, boxes[k].ids);

			ASSERT_NE(NULL, leaf);
			EXPECT_EQ(count_records(&list, leaf->id,
						answer->heads.records),
				  leaf->seq);
			EXPECT_EQ(0, leaf_opens(answer, boxes[k].ids, leaf));
		}
	}
	list_free(&list);
	munmap(answers, size);
}

TEST_HARNESS_MAIN
