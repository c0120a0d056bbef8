/* SPDX-License-Identifier: Apache-2.0 */
/* How well a backend or a node does, as one figure from 0 to 100. */
#ifndef KRX_MODEL_HEALTH_H
#define KRX_MODEL_HEALTH_H

#include <stdint.h>

#define KRX_HEALTHY_SCORE 50 /* from here on a backend that answers counts as healthy */

/* Averages over the last samples; error_rate from 0 to 1. */
int64_t krx_backend_score(int64_t latency_ns, double error_rate);

enum {
    KRX_NODE_NOT_READY = 1,
    KRX_NODE_MEMORY_PRESSURE = 2,
    KRX_NODE_DISK_PRESSURE = 4,
    KRX_NODE_PID_PRESSURE = 8,
    KRX_NODE_UNSCHEDULABLE = 16,
    KRX_NODE_DRAINING = 32
};
int64_t krx_node_score(uint32_t troubles);

#endif
