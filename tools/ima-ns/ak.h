/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of "ima-ns ak" share. */
#ifndef IMA_NS_AK_H
#define IMA_NS_AK_H

#include "cli.h"

/* Options of all of them; each takes those that are its own. */
struct ak_request {
	const char *ak;
	const char *out;
	const char *pem;
	const char *state;
	const char *node;
	const char *auth;
	const char *keyring;
	const char *tcti;
	enum imans_ek ek;
	struct imans_ca *ca;
	uint8_t (*ek_names)[IMANS_TPM_NAME_SIZE];
	size_t ek_name_count;
	uint64_t max_age;
};

/* Read the key, and tell it its authorization value; an exit code. */
int ak_open(const struct cli *cli, const struct ak_request *r,
	    struct imans_ak **ak);

/* Enrolment (ak_enrol.c): exit codes. */
int ak_enrol_request(const struct cli *cli, const struct ak_request *r);
int ak_enrol_challenge(const struct cli *cli, const struct ak_request *r,
		       const char *request);
int ak_enrol_activate(const struct cli *cli, const struct ak_request *r,
		      const char *challenge);
int ak_enrol_finish(const struct cli *cli, const struct ak_request *r,
		    const char *response);

#endif /* IMA_NS_AK_H */
