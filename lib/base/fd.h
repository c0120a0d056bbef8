/* SPDX-License-Identifier: Apache-2.0 */
/* File descriptors and files: everything opened here is close-on-exec. */
#ifndef KRX_BASE_FD_H
#define KRX_BASE_FD_H

#include <stddef.h>
#include <sys/types.h>

#include <kranix/call.h>

#include "lib/base/str.h"

/* Writes all of it, waiting while the descriptor is full. 0 or -1 with errno. */
int krx_write_all(int fd, const void *data, size_t length);

/*
 * Reads a whole regular file (or "-" for standard input) of at most `limit` bytes into *out
 * (krx_str). Directories, devices and sockets are refused.
 */
int32_t krx_read_file(krx_call *call, const char *path, size_t limit, krx_str *out);

/* Writes path.tmp beside it, fsyncs, renames: the old file or the new one, never half of it. */
int32_t krx_replace_file(krx_call *call, const char *path, const void *data, size_t length,
                         mode_t mode);

/* mkdir -p. */
int32_t krx_make_dirs(krx_call *call, const char *path, mode_t mode);

#endif
