/* SPDX-License-Identifier: Apache-2.0 */
/* Which limits a container has, against those that it shall have. */
#ifndef KRX_DOCKER_LIMITS_H
#define KRX_DOCKER_LIMITS_H

#include <kranix/workload.h>

#include "lib/replicas/plan.h"

/* KRX_REPLICA_SAME, ... from HostConfig of an inspected container. */
int krx_dk_compare_limits(const krx_workload *spec, const cJSON *host_config);

#endif
