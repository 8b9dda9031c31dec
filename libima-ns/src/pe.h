/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What UEFI firmware hashes of an image that it starts. */
#ifndef IMANS_PE_H
#define IMANS_PE_H

#include <stdint.h>

#include "digest.h"

/* Sections of an image: more is refused; and the pieces of headers and tail. */
#define PE_SECTIONS_MAX		96
#define PE_CHUNKS		(PE_SECTIONS_MAX + 4)

/*
 * The parts of a PE/COFF image that its Authenticode digest is of, in order
 * (Windows Authenticode Portable Executable Signature Format, "Calculating the
 * PE Image Hash"): all but the checksum and the certificates. -EBADMSG.
 */
int imans_pe_chunks(const uint8_t *data, size_t len,
		    struct imans_chunk chunks[PE_CHUNKS], size_t *count);

#endif /* IMANS_PE_H */
