/* SPDX-License-Identifier: Apache-2.0 */
/* What a spec says of how its replicas live and are replaced. */
#include <inttypes.h>

#include "lib/base/str.h"
#include "lib/json/json.h"
#include "lib/model/wanted.h"
#include "lib/replicas/plan.h"

/* The first certain port of the host that is asked for, or 0. */
static int64_t fixed_port(const krx_workload *spec)
{
    for (size_t i = 0; spec->ports && spec->ports[i]; i++)
        if (spec->ports[i]->host_port > 0)
            return spec->ports[i]->host_port;
    return 0;
}

static int32_t check_ports(krx_call *call, const krx_workload *spec)
{
    int64_t port = fixed_port(spec);
    if (spec->replicas <= 1 || !port)
        return 0;
    krx_fail(call, KRX_E_INVALID_ARGUMENT,
             "workload '%s' wants %" PRId64 " replicas that all listen on host port %" PRId64,
             spec->name, spec->replicas, port);
    return krx_hint(call, "use replicas 1, or hostPort 0 for a free port each, or no hostPort");
}

int32_t krx_replica_check_spec(krx_call *call, const krx_workload *spec, const char *backend)
{
    if (!krx_cron_active(spec))
        return check_ports(call, spec);
    krx_fail(call, KRX_E_UNSUPPORTED,
             "workload '%s' has a cronSchedule, and %s has no scheduler that would run it",
             spec->name, backend);
    return krx_hint(call, "deploy it to kubernetes, or set cronSchedule.suspended to run it "
                          "continuously");
}

bool krx_replica_recreates(const krx_workload *spec)
{
    return spec->rollout_strategy && krx_strcaseeq(spec->rollout_strategy->type, "recreate");
}

/* Two must not run on the same storage at the same time. */
static bool exclusive_storage(const krx_workload *spec)
{
    for (size_t i = 0; spec->volumes && spec->volumes[i]; i++)
        if (krx_blank(spec->volumes[i]->access_mode) ||
            krx_strcaseeq(spec->volumes[i]->access_mode, "ReadWriteOnce"))
            return true;
    return false;
}

bool krx_replica_old_first(const krx_workload *spec)
{
    return fixed_port(spec) || exclusive_storage(spec) ||
           (spec->rollout_strategy && spec->rollout_strategy->max_surge == 0);
}

bool krx_replica_volume_goes(const cJSON *spec, const char *volume, bool kept)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, krx_json_array(spec, "volumes")) {
        if (krx_streq(krx_json_text(item, "name"), volume))
            return krx_json_bool(item, "autoCleanup", false);
    }
    return kept;
}

const char *krx_replica_restart_policy(const krx_workload *spec)
{
    return krx_blank(spec->restart_policy) ? "unless-stopped" : spec->restart_policy;
}

int64_t krx_replica_restart_retries(const krx_workload *spec)
{
    bool counts = krx_streq(krx_replica_restart_policy(spec), "on-failure");
    return counts && spec->restart_retries != KRX_UNSET ? spec->restart_retries : 0;
}
