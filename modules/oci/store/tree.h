/* SPDX-License-Identifier: Apache-2.0 */
/* Whole folders. */
#ifndef KRX_OCI_TREE_H
#define KRX_OCI_TREE_H

#include <kranix/call.h>

/*
 * Removes `name` in the folder `parent` (a descriptor, or AT_FDCWD) with all that is in it, however
 * deep. Follows no link, enters no other file system. Gone already is no error. What others change
 * meanwhile does no harm. `path` is for texts.
 */
int32_t krx_oci_tree_remove(krx_call *call, int parent, const char *name, const char *path);

#endif
