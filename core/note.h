/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a module's ELF note without executing anything of it. */
#ifndef KRX_CORE_NOTE_H
#define KRX_CORE_NOTE_H

#include <kranix/module.h>

/* Bounds: more program headers or bigger note segments than these are refused. */
#define KRX_NOTE_PHDRS_MAX 256u
#define KRX_NOTE_SEGMENT_MAX (64u * 1024)

/*
 * Finds and checks the note: an ELF shared object for this machine, exactly one note of ours,
 * sizes, strings and name well-formed. Does not judge versions. KRX_E_FAILED_PRECONDITION says what
 * is wrong.
 */
int32_t krx_note_read(krx_call *call, int fd, const char *path, krx_note *out);
/* The same over the bytes of a file. */
int32_t krx_note_parse(krx_call *call, const void *data, size_t length, const char *path,
                       krx_note *out);

/* Whether this host can run it: same major version, minimum minor not above ours. */
int32_t krx_note_compatible(krx_call *call, const krx_note *note, const char *path);

/* <0, 0, >0 as a is before, equal to or after b. Numbers count as numbers (1.10 > 1.9), a suffix
 * after '-' is before the release (1.0-rc1 < 1.0), as in Semantic Versioning. */
int krx_version_compare(const char *a, const char *b);

#endif
