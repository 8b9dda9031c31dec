/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Printing verdicts. */
#ifndef IMA_NS_REPORT_H
#define IMA_NS_REPORT_H

#include "cli.h"

/* A table, then the findings. */
void report_print_text(const struct imans_report *report);
int report_print_json(const struct cli *cli, const struct imans_report *report);

#endif /* IMA_NS_REPORT_H */
