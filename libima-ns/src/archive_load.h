/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libarchive, loaded when the first image is read: with what it needs itself it
 * is most of the memory of a program that reads none.
 */
#ifndef IMANS_ARCHIVE_LOAD_H
#define IMANS_ARCHIVE_LOAD_H

#include <archive.h>
#include <archive_entry.h>

#include "ctx.h"

#define IMANS_ARCHIVE_CALLS(call) \
	call(archive_entry_filetype) \
	call(archive_entry_hardlink) \
	call(archive_entry_pathname) \
	call(archive_entry_size) \
	call(archive_entry_symlink) \
	call(archive_errno) \
	call(archive_error_string) \
	call(archive_filter_code) \
	call(archive_filter_count) \
	call(archive_read_data) \
	call(archive_read_data_block) \
	call(archive_read_free) \
	call(archive_read_new) \
	call(archive_read_next_header) \
	call(archive_read_open) \
	call(archive_read_open_filename) \
	call(archive_read_open_memory) \
	call(archive_read_support_filter_gzip) \
	call(archive_read_support_filter_zstd) \
	call(archive_read_support_format_empty) \
	call(archive_read_support_format_raw) \
	call(archive_read_support_format_tar) \
	call(archive_set_error)

/* What is called of it, as its own header declares each. */
struct imans_archive_calls {
#define IMANS_ARCHIVE_MEMBER(name)	__typeof__(name) *name;
	IMANS_ARCHIVE_CALLS(IMANS_ARCHIVE_MEMBER)
#undef IMANS_ARCHIVE_MEMBER
};

/*
 * The calls, which stay for as long as the process runs; from any thread. `name`
 * is what is to be read, for the message. -ENOPKG: it is not there, or lacks one
 * of them; the next call tries again.
 */
int imans_archive_load(struct imans_ctx *ctx, const char *name,
		       const struct imans_archive_calls **calls);

#endif /* IMANS_ARCHIVE_LOAD_H */
