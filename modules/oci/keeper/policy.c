/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/keeper/policy.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"

#define FIRST_PAUSE (100 * KRX_NS_PER_MS)
#define LAST_PAUSE (60 * KRX_NS_PER_S)
#define LONG_RUN (10 * KRX_NS_PER_S)

bool krx_oci_restart_wanted(const krx_oci_container *container)
{
    const char *policy = container->restart_policy;
    if (container->stop_asked)
        return false;
    if (krx_streq(policy, "always") || krx_streq(policy, "unless-stopped"))
        return true;
    if (!krx_streq(policy, "on-failure") || container->exit_code == 0)
        return false;
    return container->restart_retries == KRX_UNSET || container->restart_retries <= 0 ||
           container->restarts < container->restart_retries;
}

int64_t krx_oci_next_pause(int64_t last, int64_t ran_ns)
{
    if (last <= 0 || ran_ns >= LONG_RUN)
        return FIRST_PAUSE;
    return last < LAST_PAUSE / 2 ? last * 2 : LAST_PAUSE;
}
