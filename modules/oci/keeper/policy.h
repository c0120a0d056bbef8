/* SPDX-License-Identifier: Apache-2.0 */
/* Whether and when a container that ended begins again. */
#ifndef KRX_OCI_POLICY_H
#define KRX_OCI_POLICY_H

#include "modules/oci/store/container.h"

/* By its restart policy; container->exit_code and restarts are those of the end. */
bool krx_oci_restart_wanted(const krx_oci_container *container);

/* The pause before the next start: 100 ms, twice as long each time up to a minute, and from the
 * beginning after a run of ten seconds. `last` is the one before, 0: none. */
int64_t krx_oci_next_pause(int64_t last, int64_t ran_ns);

#endif
