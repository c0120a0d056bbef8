/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/health.h"

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

/* What a latency above the first figure costs, worst first. */
static const struct {
    int64_t above_ms;
    double points;
} latency_costs[] = {{2000, 40}, {1000, 25}, {500, 15}, {200, 8}, {100, 4}};

#define MOSTLY_FAILING 0.5
#define MOSTLY_FAILING_POINTS 20.0

int64_t krx_backend_score(int64_t latency_ns, double error_rate)
{
    double score = 100 - error_rate * 100;
    if (error_rate > MOSTLY_FAILING)
        score -= MOSTLY_FAILING_POINTS;
    for (size_t i = 0; i < KRX_COUNT(latency_costs); i++)
        if (latency_ns > latency_costs[i].above_ms * KRX_NS_PER_MS) {
            score -= latency_costs[i].points;
            break;
        }
    return score <= 0 ? 0 : (int64_t)(score + 0.5);
}

static const struct {
    uint32_t trouble;
    int64_t points;
} node_costs[] = {
    {KRX_NODE_NOT_READY, 50},    {KRX_NODE_MEMORY_PRESSURE, 15}, {KRX_NODE_DISK_PRESSURE, 15},
    {KRX_NODE_PID_PRESSURE, 10}, {KRX_NODE_UNSCHEDULABLE, 10},   {KRX_NODE_DRAINING, 25},
};

int64_t krx_node_score(uint32_t troubles)
{
    int64_t score = 100;
    for (size_t i = 0; i < KRX_COUNT(node_costs); i++)
        if (troubles & node_costs[i].trouble)
            score -= node_costs[i].points;
    return score < 0 ? 0 : score;
}
