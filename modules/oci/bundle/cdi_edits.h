/* SPDX-License-Identifier: Apache-2.0 */
/* The edits of one CDI description after the other, added up. */
#ifndef KRX_OCI_CDI_EDITS_H
#define KRX_OCI_CDI_EDITS_H

#include "lib/model/doc.h"
#include "modules/oci/bundle/cdi.h"

typedef struct krx_oci_cdi_making {
    krx_call *call;
    krx_arena *arena;
    krx_oci_edits *out;
    krx_ptrs env, mounts, devices, hooks;
    const char *wrong; /* a key of the last one used that is missing or makes no sense */
} krx_oci_cdi_making;

/* Of a key of a map; NULL: not there, or no scalar. */
const char *krx_oci_cdi_text(const krx_node *map, const char *key);
/* Of its items; 0 for what is no list. */
size_t krx_oci_cdi_count(const krx_node *list);

/* The node `containerEdits`. UNAVAILABLE when a device is not on this machine. */
int32_t krx_oci_cdi_add(krx_oci_cdi_making *m, const krx_node *edits);
/* Fills `out`. */
int32_t krx_oci_cdi_end(krx_oci_cdi_making *m);

#endif
