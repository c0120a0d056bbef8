/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a file of a root file system that is not mounted: from its layers, never outside. */
#ifndef KRX_OCI_BUNDLE_LAYERS_H
#define KRX_OCI_BUNDLE_LAYERS_H

#include <kranix/call.h>

#include "lib/base/str.h"

/* What `path` ("/etc/passwd") would be inside, whiteouts and links taken into account; layers, the
 * topmost first. NOT_FOUND when there is no such regular file; at most `limit` bytes. */
int32_t krx_oci_layers_read(krx_call *call, const char *const *layers, const char *path,
                            size_t limit, krx_str *out);

#endif
