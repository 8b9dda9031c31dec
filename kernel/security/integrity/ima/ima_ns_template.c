// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMA namespaces: the template fields "nsid" and "nslabel".
 */

#include <linux/slab.h>

#include "ima_ns.h"

/* The host's namespace has no label of its own. */
#define HOST_LABEL	"host"

/**
 * ima_eventnsid_init - field "nsid": id of the event's namespace
 * @event_data: the event
 * @field_data: the field
 *
 * Return: 0 or -ENOMEM.
 */
int ima_eventnsid_init(struct ima_event_data *event_data,
		       struct ima_field_data *field_data)
{
	u64 id = event_data->ns ? event_data->ns->id : 0;

	if (ima_canonical_fmt)
		id = (__force u64)cpu_to_le64(id);

	field_data->data = kmemdup(&id, sizeof(id), GFP_NOFS);
	if (!field_data->data)
		return -ENOMEM;

	field_data->len = sizeof(id);
	return 0;
}

/**
 * ima_eventnslabel_init - field "nslabel": label of the event's namespace
 * @event_data: the event
 * @field_data: the field
 *
 * Return: 0 or -ENOMEM.
 */
int ima_eventnslabel_init(struct ima_event_data *event_data,
			  struct ima_field_data *field_data)
{
	const char *label = event_data->ns ? event_data->ns->label : HOST_LABEL;

	field_data->data = kstrdup(label, GFP_NOFS);
	if (!field_data->data)
		return -ENOMEM;

	field_data->len = strlen(label) + 1;
	return 0;
}
