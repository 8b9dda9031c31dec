/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists and namespaces of evidence. 0, -EBADMSG or -ENOMEM, as evidence_value.h. */
#ifndef IMANS_EVIDENCE_PARSE_LIST_H
#define IMANS_EVIDENCE_PARSE_LIST_H

#include "evidence_value.h"

int evidence_parse_list(struct evidence_parser *p, const char *key,
			struct evidence_list *list);

/* The array "namespaces"; the object is the evidence. */
int evidence_parse_namespaces(struct evidence_parser *p, const char *key,
			      void *object);

#endif /* IMANS_EVIDENCE_PARSE_LIST_H */
