/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/deploy/change.h"

bool krx_oci_replica_up(const krx_replica *replica)
{
    return replica->phase == KRX_REPLICA_RUNNING || replica->phase == KRX_REPLICA_RESTARTING ||
           replica->phase == KRX_REPLICA_PAUSED;
}
