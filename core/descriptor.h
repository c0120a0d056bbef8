/* SPDX-License-Identifier: Apache-2.0 */
/* Checks on a mapped module's descriptor, and the host's copy of it. */
#ifndef KRX_CORE_DESCRIPTOR_H
#define KRX_CORE_DESCRIPTOR_H

#include <kranix/module.h>

/* No honest descriptor or table comes near. */
#define KRX_TABLE_BYTES_MAX 65536u
#define KRX_SETTINGS_MAX 256u

/* The copy and the tables that it points to. */
typedef struct krx_descriptor {
    krx_module module;
    krx_driver_ops driver;
    krx_node_ops node;
    krx_extended_ops extended;
    krx_container_ops container;
    krx_image_ops image;
} krx_descriptor;

/*
 * Checks what `theirs` points to and copies as much as both sides know. `path` is for complaints.
 * KRX_E_FAILED_PRECONDITION when it is not what a module of this note must have.
 */
int32_t krx_descriptor_copy(krx_call *call, const krx_module *theirs, const krx_note *note,
                            const char *path, krx_descriptor *out);

#endif
