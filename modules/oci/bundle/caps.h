/* SPDX-License-Identifier: Apache-2.0 */
/* Linux capabilities of a container. */
#ifndef KRX_OCI_CAPS_H
#define KRX_OCI_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kranix/workload.h>

#define KRX_OCI_CAPS_MAX 41

typedef struct krx_oci_caps {
    uint64_t set; /* a bit for each, by the kernel's numbers */
} krx_oci_caps;

/* "CHOWN", or NULL beyond the last. */
const char *krx_oci_cap_name(int number);
/* With or without CAP_, in any case; -1: unknown. */
int krx_oci_cap_number(const char *name);
bool krx_oci_caps_has(const krx_oci_caps *caps, const char *name);

/* Docker's default set, changed by the spec as Docker does it: drop ALL empties it, add ALL fills
 * it. `nested`: for a container that runs containers. */
krx_oci_caps krx_oci_caps_of(const krx_capabilities *wanted, bool nested);
/* Those that this process can hand on. */
krx_oci_caps krx_oci_caps_own(void);

#endif
