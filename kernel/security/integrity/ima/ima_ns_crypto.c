// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: cryptographic suite 1, SHA-256 throughout.
 *
 * The library functions are used, not the crypto API: they neither allocate
 * nor sleep, so a record can be made under ima_ns_chain_lock.
 */

#include <crypto/sha2.h>
#include <linux/string.h>

#include "ima_ns.h"

/**
 * ima_ns_hmac - HMAC-SHA-256 (RFC 2104) over two pieces
 * @key: the key
 * @a: first piece
 * @a_len: length of @a
 * @b: second piece
 * @b_len: length of @b
 * @mac: result
 */
void ima_ns_hmac(const u8 key[IMA_NS_KEY_SIZE], const void *a, size_t a_len,
		 const void *b, size_t b_len, u8 mac[IMA_NS_HASH_SIZE])
{
	struct sha256_state state;
	u8 pad[SHA256_BLOCK_SIZE];
	int i;

	memset(pad, 0x36, sizeof(pad));
	for (i = 0; i < IMA_NS_KEY_SIZE; i++)
		pad[i] ^= key[i];

	sha256_init(&state);
	sha256_update(&state, pad, sizeof(pad));
	sha256_update(&state, a, a_len);
	sha256_update(&state, b, b_len);
	sha256_final(&state, mac);

	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;

	sha256_init(&state);
	sha256_update(&state, pad, sizeof(pad));
	sha256_update(&state, mac, IMA_NS_HASH_SIZE);
	sha256_final(&state, mac);

	memzero_explicit(pad, sizeof(pad));
}

/**
 * ima_ns_event_digest - E of a record: binds the template's name and its data
 * @template_name: name of the template
 * @data: the true template data, of violations too
 * @len: length of @data
 * @digest: result
 */
void ima_ns_event_digest(const char *template_name, const void *data,
			 size_t len, u8 digest[IMA_NS_HASH_SIZE])
{
	struct sha256_state state;

	sha256_init(&state);
	sha256_update(&state, template_name, strlen(template_name) + 1);
	sha256_update(&state, data, len);
	sha256_final(&state, digest);
}

/**
 * ima_ns_extend - extend a vPCR as a TPM extends a PCR
 * @vpcr: the value, in and out
 * @digest: template digest
 * @violation: extend by 0xff.. instead
 */
void ima_ns_extend(u8 vpcr[IMA_NS_HASH_SIZE],
		   const u8 digest[IMA_NS_HASH_SIZE], bool violation)
{
	u8 buf[2 * IMA_NS_HASH_SIZE];

	memcpy(buf, vpcr, IMA_NS_HASH_SIZE);
	if (violation)
		memset(buf + IMA_NS_HASH_SIZE, 0xff, IMA_NS_HASH_SIZE);
	else
		memcpy(buf + IMA_NS_HASH_SIZE, digest, IMA_NS_HASH_SIZE);
	sha256(buf, sizeof(buf), vpcr);
}

/**
 * ima_ns_commitment - fill in the commitment of a record
 * @key: the namespace's key
 * @boot_id: scope of ids
 * @vpcr: the namespace's vPCR after the entry
 * @event_digest: what ima_ns_event_digest() returned for the entry
 * @rec: the record, complete but for the commitment
 */
void ima_ns_commitment(const u8 key[IMA_NS_KEY_SIZE],
		       const u8 boot_id[IMA_NS_BOOT_ID_SIZE],
		       const u8 vpcr[IMA_NS_HASH_SIZE],
		       const u8 event_digest[IMA_NS_HASH_SIZE],
		       struct ima_ns_record *rec)
{
	const size_t head = offsetof(struct ima_ns_record, commitment);
	u8 msg[IMA_NS_BOOT_ID_SIZE + offsetof(struct ima_ns_record, commitment) +
	       2 * IMA_NS_HASH_SIZE];
	u8 key_seq[IMA_NS_HASH_SIZE];
	u8 *p = msg;

	ima_ns_hmac(key, IMA_NS_LABEL_KEY, IMA_NS_LABEL_SIZE,
		    &rec->seq, sizeof(rec->seq), key_seq);

	memcpy(p, boot_id, IMA_NS_BOOT_ID_SIZE);
	p += IMA_NS_BOOT_ID_SIZE;
	memcpy(p, rec, head);
	p += head;
	memcpy(p, vpcr, IMA_NS_HASH_SIZE);
	p += IMA_NS_HASH_SIZE;
	memcpy(p, event_digest, IMA_NS_HASH_SIZE);

	ima_ns_hmac(key_seq, IMA_NS_LABEL_REC, IMA_NS_LABEL_SIZE,
		    msg, sizeof(msg), rec->commitment);
	memzero_explicit(key_seq, sizeof(key_seq));
}
