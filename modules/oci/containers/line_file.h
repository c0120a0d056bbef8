/* SPDX-License-Identifier: Apache-2.0 */
/* A file of lines that somebody else appends to, and that is now and then replaced by a new one. */
#ifndef KRX_OCI_LINE_FILE_H
#define KRX_OCI_LINE_FILE_H

#include <sys/types.h>

#include <kranix/call.h>

#define KRX_OCI_LINE_MAX ((size_t)64 << 10) /* what is longer is dropped */

/* A whole line without its newline, which may be changed in place (the newline too). */
typedef int32_t krx_oci_line_fn(krx_call *call, void *ctx, char *line, size_t length);

typedef struct krx_oci_line_file {
    int fd; /* -1: there is none yet */
    off_t offset;
    char *buffer;
    size_t held; /* bytes of an unfinished line */
    krx_oci_line_fn *fn;
    void *ctx;
} krx_oci_line_file;

int32_t krx_oci_line_file_init(krx_call *call, krx_oci_line_file *file, krx_oci_line_fn *fn,
                               void *ctx);
/* From its start; a missing file is none. */
int32_t krx_oci_line_file_open(krx_call *call, krx_oci_line_file *file, const char *path);
/* Hands out what is there now. */
int32_t krx_oci_line_file_read(krx_call *call, krx_oci_line_file *file);
/* The same when another file may be at path by now: what is left of the old one goes first. */
int32_t krx_oci_line_file_follow(krx_call *call, krx_oci_line_file *file, const char *path);
void krx_oci_line_file_free(krx_oci_line_file *file);

#endif
