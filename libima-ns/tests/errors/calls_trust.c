// SPDX-License-Identifier: LGPL-2.1-or-later
/* Trust in attestation keys, on the verifier's side. */
#include "errors.h"

MAKER(ca_new, imans_ca, imans_ca_new(t->ctx, &made))

static int add_to_ca(struct things *t, enum imans_ca_kind kind,
		     const char *pem)
{
	struct imans_ca *ca;
	int err;

	assert_int_equal(imans_ca_new(t->ctx, &ca), 0);
	err = UNDER(imans_ca_add(ca, kind, pem, strlen(pem), "pem"));
	imans_ca_free(ca);
	return err;
}

static int run_ca_add(struct things *t)
{
	return add_to_ca(t, IMANS_CA_INTERMEDIATE, t->pem);
}

static int run_ca_add_crl(struct things *t)
{
	return add_to_ca(t, IMANS_CA_CRL, t->crl);
}

MAKER(enrol_read, imans_enrol,
      imans_enrol_read(t->ctx, IMANS_ENROL_STATE, t->enrol, &made))
TELLER(enrol_encode, true, imans_enrol_encode(t->kept, &text))
WRITER(enrol_write, true, imans_enrol_write(t->request, t->made))

static int run_enrol_parse(struct things *t)
{
	struct imans_enrol *made = UNTOUCHED;
	char *text, *again;
	int err;

	assert_int_equal(imans_enrol_encode(t->kept, &text), 0);
	err = UNDER(imans_enrol_parse(t->ctx, IMANS_ENROL_STATE, text,
				      strlen(text), "state", &made));
	if (err) {
		assert_ptr_equal(made, UNTOUCHED);
	} else {
		assert_int_equal(imans_enrol_encode(made, &again), 0);
		assert_string_equal(text, again);
		free(again);
		imans_enrol_free(made);
	}
	free(text);
	return err;
}

/* A state that is not used up stays, or it is gone: never both. */
static int run_enrol_take(struct things *t)
{
	struct imans_enrol *made = UNTOUCHED;
	int err;

	assert_int_equal(imans_enrol_write(t->kept, t->made), 0);
	err = UNDER(imans_enrol_take(t->ctx, t->made, &made));
	if (err) {
		assert_ptr_equal(made, UNTOUCHED);
	} else {
		assert_int_equal(access(t->made, F_OK), -1);
		imans_enrol_free(made);
	}
	unlink(t->made);
	return err;
}

static int run_enrol_challenge(struct things *t)
{
	struct imans_enrol *made = UNTOUCHED, *kept = UNTOUCHED;
	uint8_t names[1][IMANS_TPM_NAME_SIZE];
	struct imans_enrol_opts opts = em_pinning(t->request, names);
	struct imans_findings *findings;
	int err;

	assert_int_equal(imans_findings_new(&findings), 0);
	err = UNDER(imans_enrol_challenge(t->request, &opts, findings, &made,
					  &kept));
	imans_findings_free(findings);
	if (err) {
		assert_ptr_equal(made, UNTOUCHED);
		assert_ptr_equal(kept, UNTOUCHED);
		return err;
	}
	imans_enrol_free(made);
	imans_enrol_free(kept);
	return 0;
}

MAKER(enrol_finish, imans_enrol,
      imans_enrol_finish(t->kept, t->response, 0, &made))

const struct call calls_trust[] = {
	CALL(ca_new),
	CALL(ca_add),
	{ "imans_ca_add", run_ca_add_crl, 0, false },
	CALL(enrol_parse),
	CALL(enrol_read),
	CALL(enrol_take),
	CALL(enrol_encode),
	CALL(enrol_write),
	CALL(enrol_challenge),
	CALL(enrol_finish),
	{ NULL, NULL, 0, false },
};
