// SPDX-License-Identifier: LGPL-2.1-or-later
/* Secrets that options name: in the kernel's keyrings, or in files. */

#include <stdlib.h>
#include <string.h>

#include "cli.h"

bool cli_in_keyring(const char *arg)
{
	return !strncmp(arg, IMANS_KEYRING_PREFIX,
			strlen(IMANS_KEYRING_PREFIX));
}

int cli_secret(const struct cli *cli, const char *arg, size_t max,
	       uint8_t **data, size_t *len)
{
	int err;

	if (!cli_in_keyring(arg)) {
		*data = (uint8_t *)cli_read_file(cli, arg, max, len);
		return *data ? CLI_GOOD : CLI_ERROR;
	}
	err = imans_keyring_read(cli->ctx, arg, max, data, len);
	return err ? cli_failed(cli, err) : CLI_GOOD;
}

/* The kernel's file has the bytes; what went through a terminal digits. */
static bool take_key(const uint8_t *data, size_t len,
		     uint8_t key[IMANS_KEY_SIZE])
{
	char digits[2 * IMANS_KEY_SIZE + 1];
	uint8_t *decoded;
	size_t decoded_len;

	if (len == IMANS_KEY_SIZE) {
		memcpy(key, data, IMANS_KEY_SIZE);
		return true;
	}
	if (len && data[len - 1] == '\n')
		len--;
	if (len != 2 * IMANS_KEY_SIZE)
		return false;
	memcpy(digits, data, len);
	digits[len] = '\0';
	decoded = strlen(digits) == len ?
		  cli_hex_decode(digits, &decoded_len) : NULL;
	if (decoded)
		memcpy(key, decoded, IMANS_KEY_SIZE);
	imans_key_free(decoded, decoded ? decoded_len : 0);
	imans_key_wipe(digits, sizeof(digits));
	return decoded;
}

int cli_key(const struct cli *cli, const char *arg,
	    uint8_t key[IMANS_KEY_SIZE])
{
	uint8_t *data;
	size_t len;
	int code = cli_secret(cli, arg, 2 * IMANS_KEY_SIZE + 1, &data, &len);

	if (code)
		return code;
	if (!take_key(data, len, key))
		code = cli_error(cli, "%s: no key of a namespace: %d bytes, or those in hexadecimal",
				 arg, IMANS_KEY_SIZE);
	imans_key_free(data, len);
	return code;
}

int cli_ak_auth(const struct cli *cli, struct imans_ak *ak, const char *arg)
{
	uint8_t *auth;
	size_t len;
	int err, code = cli_secret(cli, arg, IMANS_AK_AUTH_MAX, &auth, &len);

	if (code)
		return code;
	err = imans_ak_set_auth(ak, auth, len);
	imans_key_free(auth, len);
	return err ? cli_failed(cli, err) : CLI_GOOD;
}

int cli_ns_keys_add(const struct cli *cli, struct cli_ns_keys *keys,
		    const char *arg)
{
	char *number = cli_strdup(arg), *source = strchr(number, '=');
	struct cli_ns_key key, *more;
	int code;

	if (source)
		*source++ = '\0';
	if (!source || !cli_number(number, &key.id) || !key.id)
		code = cli_usage_error(cli, "--key needs ID=KEY or ID=FILE");
	else
		code = cli_key(cli, source, key.key);
	free(number);
	if (code)
		return CLI_ERROR;
	/* Not realloc(), which would leave keys behind. */
	more = cli_alloc(NULL, (keys->count + 1) * sizeof(*more));
	if (keys->count)
		memcpy(more, keys->all, keys->count * sizeof(*more));
	more[keys->count] = key;
	cli_ns_keys_free(keys);
	keys->all = more;
	keys->count++;
	imans_key_wipe(&key, sizeof(key));
	return CLI_GOOD;
}

int cli_ns_keys_apply(const struct cli *cli, const struct cli_ns_keys *keys,
		      struct imans_evidence *evidence)
{
	for (size_t i = 0; i < keys->count; i++) {
		int err = imans_evidence_set_key(evidence, keys->all[i].id,
						 keys->all[i].key);

		if (err)
			return cli_failed(cli, err);
	}
	return CLI_GOOD;
}

void cli_ns_keys_free(struct cli_ns_keys *keys)
{
	imans_key_free((uint8_t *)keys->all, keys->count * sizeof(*keys->all));
	keys->all = NULL;
}
