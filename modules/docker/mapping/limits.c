/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/mapping/limits.h"

#include "lib/base/str.h"
#include "lib/engine/engine.h"
#include "modules/docker/mapping/mapping.h"

/* The engine's update can set a figure but not take it away. */
static int compare_figure(int64_t wanted, const cJSON *host_config, const char *key)
{
    int64_t now = krx_json_int(host_config, key, 0);
    if (wanted == now)
        return KRX_REPLICA_SAME;
    return wanted ? KRX_REPLICA_IN_PLACE : KRX_REPLICA_ANEW;
}

static int compare_policy(const krx_workload *spec, const cJSON *host_config)
{
    const cJSON *policy = krx_json_object(host_config, "RestartPolicy");
    const char *name = krx_json_text(policy, "Name");
    if (krx_streq(*name ? name : "no", krx_replica_restart_policy(spec)) &&
        krx_json_int(policy, "MaximumRetryCount", 0) == krx_replica_restart_retries(spec))
        return KRX_REPLICA_SAME;
    return KRX_REPLICA_IN_PLACE;
}

int krx_dk_compare_limits(const krx_workload *spec, const cJSON *host_config)
{
    const krx_resources *r = spec->resources;
    const int found[] = {
        compare_figure(krx_dk_nano_cpus(r), host_config, "NanoCpus"),
        compare_figure(krx_dk_cpu_shares(r), host_config, "CpuShares"),
        compare_figure(krx_dk_memory(r), host_config, "Memory"),
        compare_figure(krx_dk_memory_reservation(r), host_config, "MemoryReservation"),
        compare_policy(spec, host_config)};
    int worst = KRX_REPLICA_SAME;
    for (size_t i = 0; i < KRX_COUNT(found); i++)
        worst = found[i] > worst ? found[i] : worst;
    return worst;
}
