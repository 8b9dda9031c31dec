// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: a policy's text is read, and its canonical text written.
 *
 * The canonical text has one spelling for each policy: a rule a line, words
 * separated by one space, options in the order of the table below, numbers in
 * decimal, a file system's magic in lower-case hexadecimal.
 */

#include <linux/ctype.h>
#include <linux/fs.h>
#include <linux/kstrtox.h>
#include <linux/overflow.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "ima_ns_policy.h"

#define BLANKS	" \t"

static const struct {
	const char *name;
	enum ima_hooks func;
} funcs[] = {
	{ "BPRM_CHECK", BPRM_CHECK },
	{ "CREDS_CHECK", CREDS_CHECK },
	{ "MMAP_CHECK", MMAP_CHECK },
	{ "MMAP_CHECK_REQPROT", MMAP_CHECK_REQPROT },
	{ "FILE_CHECK", FILE_CHECK },
};

static const struct {
	const char *name;
	int mask;
} masks[] = {
	{ "MAY_EXEC", MAY_EXEC },
	{ "MAY_READ", MAY_READ },
	{ "MAY_WRITE", MAY_WRITE },
	{ "MAY_APPEND", MAY_APPEND },
};

/* What stands in a word of a rule, "uid>1000" say. */
struct word {
	struct user_namespace *user_ns;
	char op;
	const char *value;
	int arg;
};

/**
 * struct policy_option - an option of a rule
 * @name: what stands before the operator
 * @any_op: '<' and '>' will do, too
 * @arg: for @parse and @print
 * @parse: takes a value; returns what is wrong with it, or NULL
 * @print: writes the option, if the rule has it
 */
struct policy_option {
	const char *name;
	bool any_op;
	int arg;
	const char *(*parse)(struct ima_ns_rule *rule, const struct word *word);
	void (*print)(struct seq_buf *s, const struct ima_ns_rule *rule,
		      const struct policy_option *option);
};

static const char *parse_func(struct ima_ns_rule *rule, const struct word *word)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(funcs); i++) {
		if (strcmp(word->value, funcs[i].name))
			continue;
		rule->hooks = BIT(funcs[i].func);
		return NULL;
	}
	return "func is none that a namespace has rules for";
}

static void print_func(struct seq_buf *s, const struct ima_ns_rule *rule,
		       const struct policy_option *option)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(funcs); i++)
		if (rule->hooks == BIT(funcs[i].func))
			seq_buf_printf(s, " func=%s", funcs[i].name);
}

static const char *parse_mask(struct ima_ns_rule *rule, const struct word *word)
{
	const char *name = word->value;
	size_t i;

	rule->any_of_mask = *name == '^';
	name += rule->any_of_mask;
	for (i = 0; i < ARRAY_SIZE(masks); i++) {
		if (strcmp(name, masks[i].name))
			continue;
		rule->mask = masks[i].mask;
		return NULL;
	}
	return "mask is unknown";
}

static void print_mask(struct seq_buf *s, const struct ima_ns_rule *rule,
		       const struct policy_option *option)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(masks); i++)
		if (rule->mask == masks[i].mask)
			seq_buf_printf(s, " mask=%s%s",
				       rule->any_of_mask ? "^" : "",
				       masks[i].name);
}

static const char *parse_fsmagic(struct ima_ns_rule *rule,
				 const struct word *word)
{
	/* It would take a sign, which a number here has not. */
	if (!isxdigit(word->value[0]) ||
	    kstrtoul(word->value, 16, &rule->fsmagic))
		return "fsmagic is no hexadecimal number";

	rule->has_fsmagic = true;
	return NULL;
}

static void print_fsmagic(struct seq_buf *s, const struct ima_ns_rule *rule,
			  const struct policy_option *option)
{
	if (rule->has_fsmagic)
		seq_buf_printf(s, " fsmagic=0x%lx", rule->fsmagic);
}

static const char *parse_fsname(struct ima_ns_rule *rule,
				const struct word *word)
{
	const char *c;

	for (c = word->value; *c; c++)
		if (*c <= ' ' || *c > '~')
			return "fsname has a byte that is not printable ASCII";

	if (c == word->value)
		return "fsname is empty";
	if (strscpy(rule->fsname, word->value) < 0)
		return "fsname is too long";
	return NULL;
}

static void print_fsname(struct seq_buf *s, const struct ima_ns_rule *rule,
			 const struct policy_option *option)
{
	if (rule->fsname[0])
		seq_buf_printf(s, " fsname=%s", rule->fsname);
}

static const char *parse_fsuuid(struct ima_ns_rule *rule,
				const struct word *word)
{
	if (strlen(word->value) != UUID_STRING_LEN ||
	    uuid_parse(word->value, &rule->fsuuid))
		return "fsuuid is no UUID";

	rule->has_fsuuid = true;
	return NULL;
}

static void print_fsuuid(struct seq_buf *s, const struct ima_ns_rule *rule,
			 const struct policy_option *option)
{
	if (rule->has_fsuuid)
		seq_buf_printf(s, " fsuuid=%pU", &rule->fsuuid);
}

static bool is_group(enum ima_ns_id which)
{
	return which == IMA_NS_ID_GID || which == IMA_NS_ID_EGID ||
	       which == IMA_NS_ID_FGROUP;
}

static const char *parse_id(struct ima_ns_rule *rule, const struct word *word)
{
	u32 id;

	if (!isdigit(word->value[0]) || kstrtou32(word->value, 10, &id))
		return "id is no number of 32 bits";

	if (is_group(word->arg) ? !gid_valid(make_kgid(word->user_ns, id)) :
				  !uid_valid(make_kuid(word->user_ns, id)))
		return "id does not exist in the owning user namespace";

	rule->ids[word->arg].op = word->op;
	rule->ids[word->arg].id = id;
	return NULL;
}

static void print_id(struct seq_buf *s, const struct ima_ns_rule *rule,
		     const struct policy_option *option)
{
	const struct ima_ns_id_cond *cond = &rule->ids[option->arg];

	if (cond->op)
		seq_buf_printf(s, " %s%c%u", option->name, cond->op, cond->id);
}

/* In their canonical order. */
static const struct policy_option options[] = {
	{ "func", false, 0, parse_func, print_func },
	{ "mask", false, 0, parse_mask, print_mask },
	{ "fsmagic", false, 0, parse_fsmagic, print_fsmagic },
	{ "fsname", false, 0, parse_fsname, print_fsname },
	{ "fsuuid", false, 0, parse_fsuuid, print_fsuuid },
	{ "uid", true, IMA_NS_ID_UID, parse_id, print_id },
	{ "euid", true, IMA_NS_ID_EUID, parse_id, print_id },
	{ "gid", true, IMA_NS_ID_GID, parse_id, print_id },
	{ "egid", true, IMA_NS_ID_EGID, parse_id, print_id },
	{ "fowner", true, IMA_NS_ID_FOWNER, parse_id, print_id },
	{ "fgroup", true, IMA_NS_ID_FGROUP, parse_id, print_id },
};

/* The next word of a line, or NULL. */
static char *next_word(char **line)
{
	char *word;

	do {
		word = strsep(line, BLANKS);
	} while (word && !*word);
	return word;
}

static const char *parse_action(struct ima_ns_rule *rule, const char *word)
{
	rule->measure = !strcmp(word, "measure");
	if (!rule->measure && strcmp(word, "dont_measure"))
		return "a rule begins with measure or dont_measure";
	return NULL;
}

static const char *parse_option(struct ima_ns_rule *rule, const char *text,
				struct user_namespace *user_ns, u32 *given)
{
	const size_t name_len = strcspn(text, "=<>");
	struct word word = { .user_ns = user_ns, .op = text[name_len] };
	const struct policy_option *option;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		option = &options[i];
		if (strlen(option->name) != name_len ||
		    memcmp(option->name, text, name_len))
			continue;

		if (!word.op)
			return "an option has no value";
		if (word.op != '=' && !option->any_op)
			return "an option that is no id has another operator than =";
		if (*given & BIT(i))
			return "an option stands there twice";
		*given |= BIT(i);

		word.value = text + name_len + 1;
		word.arg = option->arg;
		return option->parse(rule, &word);
	}
	return "an option is none that a namespace's rules have";
}

static const char *parse_rule(struct ima_ns_rule *rule, char *line,
			      struct user_namespace *user_ns)
{
	const char *reason = parse_action(rule, next_word(&line));
	const char *word;
	u32 given = 0;

	while (!reason && (word = next_word(&line)))
		reason = parse_option(rule, word, user_ns, &given);

	if (!reason && !rule->hooks)
		rule->hooks = IMA_NS_FILE_HOOKS;
	return reason;
}

static void print_rule(struct seq_buf *s, const struct ima_ns_rule *rule)
{
	size_t i;

	seq_buf_puts(s, rule->measure ? "measure" : "dont_measure");
	for (i = 0; i < ARRAY_SIZE(options); i++)
		options[i].print(s, rule, &options[i]);
	seq_buf_putc(s, '\n');
}

/* Not empty, not a comment. */
static bool is_rule(const char *line)
{
	line += strspn(line, BLANKS);
	return *line && *line != '\n' && *line != '#';
}

static u32 count_rules(const char *text)
{
	u32 count = 0;

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		count += is_rule(text);
	}
	return count;
}

static int parse_rules(struct ima_ns_policy *policy, char *text,
		       struct user_namespace *user_ns,
		       struct ima_ns_policy_error *error)
{
	struct ima_ns_rule *rule = policy->rules;
	char *line;

	for (error->line = 1; (line = strsep(&text, "\n")); error->line++) {
		if (!is_rule(line))
			continue;

		error->reason = parse_rule(rule, line, user_ns);
		if (error->reason)
			return -EINVAL;
		if (rule->measure)
			policy->hooks |= rule->hooks;
		rule++;
	}
	error->line = 0;
	return 0;
}

/* Has the same bound as what is written: it can always be written again. */
static int print_rules(struct ima_ns_policy *policy,
		       struct ima_ns_policy_error *error)
{
	struct seq_buf s;
	char *text;
	int rc = 0;
	u32 i;

	text = kvmalloc(IMA_NS_POLICY_TEXT_MAX + 1, GFP_KERNEL_ACCOUNT);
	if (!text)
		return -ENOMEM;

	seq_buf_init(&s, text, IMA_NS_POLICY_TEXT_MAX + 1);
	for (i = 0; i < policy->count; i++)
		print_rule(&s, &policy->rules[i]);

	if (seq_buf_has_overflowed(&s)) {
		error->reason = "the canonical text is too long";
		rc = -EINVAL;
	} else {
		policy->len = seq_buf_used(&s);
		policy->text = kvmemdup(text, policy->len, GFP_KERNEL_ACCOUNT);
		if (!policy->text)
			rc = -ENOMEM;
	}
	kvfree(text);
	return rc;
}

static struct ima_ns_policy *alloc_policy(const char *text,
					  struct ima_ns_policy_error *error)
{
	const u32 count = count_rules(text);
	struct ima_ns_policy *policy;

	if (count > IMA_NS_POLICY_RULES_MAX) {
		error->reason = "there are too many rules";
		return ERR_PTR(-EINVAL);
	}

	policy = kvzalloc(struct_size(policy, rules, count),
			  GFP_KERNEL_ACCOUNT);
	if (!policy)
		return ERR_PTR(-ENOMEM);

	refcount_set(&policy->refs, 1);
	policy->count = count;
	return policy;
}

static struct ima_ns_policy *parse_text(struct user_namespace *user_ns,
					char *text,
					struct ima_ns_policy_error *error)
{
	struct ima_ns_policy *policy = alloc_policy(text, error);
	int rc;

	if (IS_ERR(policy))
		return policy;

	rc = parse_rules(policy, text, user_ns, error);
	if (!rc)
		rc = print_rules(policy, error);
	if (rc) {
		ima_ns_policy_put(policy);
		return ERR_PTR(rc);
	}
	return policy;
}

/**
 * ima_ns_policy_parse - make a policy of its text
 * @user_ns: whose ids it is about
 * @text: the text, without a terminating NUL
 * @len: its length
 * @error: what is wrong; @reason is NULL for want of memory
 *
 * Return: the policy with a reference, or an ERR_PTR: -EINVAL or -ENOMEM.
 */
struct ima_ns_policy *
ima_ns_policy_parse(struct user_namespace *user_ns, const char *text,
		    size_t len, struct ima_ns_policy_error *error)
{
	struct ima_ns_policy *policy;
	char *copy;

	*error = (struct ima_ns_policy_error) {};
	if (len > IMA_NS_POLICY_TEXT_MAX) {
		error->reason = "the text is too long";
		return ERR_PTR(-EINVAL);
	}
	if (memchr(text, '\0', len)) {
		error->reason = "the text has a NUL";
		return ERR_PTR(-EINVAL);
	}

	copy = kvmalloc(len + 1, GFP_KERNEL_ACCOUNT);
	if (!copy)
		return ERR_PTR(-ENOMEM);
	memcpy(copy, text, len);
	copy[len] = '\0';

	policy = parse_text(user_ns, copy, error);
	kvfree(copy);
	return policy;
}
