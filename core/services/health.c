/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/health.h"

#include "core/kranix.h"

int64_t krx_health_score(int64_t latency_ns, double error_rate)
{
    return krx_backend_score(latency_ns, error_rate);
}
