/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Printing verdicts. */
#ifndef IMA_NS_REPORT_H
#define IMA_NS_REPORT_H

#include "cli.h"

/* A table, then the findings. */
void report_print_text(const struct imans_report *report);
/* One object; `decisions`, if there are any, become its last member. */
int report_print_json(const struct cli *cli, const struct imans_report *report,
		      struct json_object *decisions);
/* A page to read, whole or not at all. Returns CLI_GOOD, or CLI_ERROR. */
int report_write_html(const struct cli *cli, const struct imans_report *report,
		      const char *evidence, const char *path);

#endif /* IMA_NS_REPORT_H */
