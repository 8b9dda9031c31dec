// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: which events are measured.
 *
 * What the host's policy measures is measured anyway, by the caller. A
 * namespace adds to this floor.
 */

#include <crypto/sha2.h>
#include <linux/fs.h>

#include "ima_ns.h"

/* The canonical text of the policy that every namespace has. */
static const char default_policy[] =
	"measure func=BPRM_CHECK\n"
	"measure func=MMAP_CHECK mask=MAY_EXEC\n";

/**
 * ima_ns_must_measure - does a namespace's or an ancestor's policy say so?
 * @ns: the namespace
 * @func: the hook
 * @mask: MAY_* of the access
 *
 * Return: true if the event is to be measured.
 */
bool ima_ns_must_measure(struct ima_namespace *ns, enum ima_hooks func,
			 int mask)
{
	switch (func) {
	case BPRM_CHECK:
		return true;
	case MMAP_CHECK:
		return mask & MAY_EXEC;
	default:
		return false;
	}
}

/**
 * ima_ns_policy_digest - digest of the canonical policy text
 * @digest: SHA-256
 */
void ima_ns_policy_digest(u8 digest[IMA_NS_HASH_SIZE])
{
	sha256(default_policy, sizeof(default_policy) - 1, digest);
}
