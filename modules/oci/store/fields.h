/* SPDX-License-Identifier: Apache-2.0 */
/* Structs as JSON objects and back, by a table of their members. */
#ifndef KRX_OCI_FIELDS_H
#define KRX_OCI_FIELDS_H

#include <cjson/cJSON.h>

#include "lib/base/arena.h"
#include "modules/oci/store/paths.h"

enum {
    KRX_OCI_TEXT, /* const char * */
    KRX_OCI_INT,  /* int64_t; beyond 2^53 it is written as text, so that no digit is lost */
    KRX_OCI_BOOL,
    KRX_OCI_TEXTS,   /* const char *const * */
    KRX_OCI_PAIRS,   /* const krx_kv *const * */
    KRX_OCI_PROCESS, /* krx_oci_process */
    KRX_OCI_PORTS,   /* const krx_oci_port *const * */
    KRX_OCI_PHASE    /* int */
};

typedef struct krx_oci_field {
    const char *key;
    size_t offset;
    int kind;
    int64_t absent; /* of an INT: what is not written, and what is read when it is not there */
} krx_oci_field;

/* The object's text; NULL when out of memory. To be freed. */
char *krx_oci_fields_text(const krx_oci_field *fields, size_t count, const void *in);
/* What is missing or of the wrong type counts as absent. -1 when out of memory. */
int krx_oci_fields_read(krx_arena *arena, const krx_oci_field *fields, size_t count,
                        const cJSON *object, void *out);

/* As krx_replace_file, but without waiting for the disk: after a crash of the machine the old file
 * or the new one is there, and what it says of processes is void anyway. */
int32_t krx_oci_replace(krx_call *call, const char *path, const char *text);
/* A file of this store as a JSON object, relative to `folder` (a descriptor, or AT_FDCWD).
 * NOT_FOUND, DATA_LOSS when it is not whole. *out is to be deleted. */
int32_t krx_oci_json_at(krx_call *call, int folder, const char *path, cJSON **out);

#endif
