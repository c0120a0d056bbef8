/* SPDX-License-Identifier: Apache-2.0 */
/* What of a spec makes a container another one, and what can be changed while it runs. */
#include <string.h>

#include "lib/base/str.h"
#include "lib/model/model.h"
#include "lib/model/wanted.h"
#include "modules/oci/deploy/change.h"

const char *krx_oci_platform(krx_arena *arena, const krx_workload *spec)
{
    if (!krx_blank(spec->platform))
        return spec->platform;
    const char *arch = krx_architecture_wanted(arena, spec);
    return arch ? krx_arena_printf(arena, "linux/%s", arch) : NULL;
}

static krx_resources without_limits(const krx_resources *from)
{
    krx_resources out = *from;
    out.cpu_request_milli = out.cpu_limit_milli = KRX_UNSET;
    out.memory_request_bytes = out.memory_limit_bytes = KRX_UNSET;
    return out;
}

/* Of a volume only where it appears and who may write. */
static const krx_volume *const *plain_volumes(krx_arena *arena, const krx_volume *const *from)
{
    krx_ptrs list = {0};
    for (; from && *from; from++) {
        krx_volume *one = krx_arena_new_of(arena, krx_volume);
        if (!one || krx_ptrs_add(arena, &list, one) < 0)
            return NULL;
        *one = **from;
        one->size_bytes = KRX_UNSET;
        one->storage_class = NULL;
        one->auto_cleanup = 0;
    }
    return (const krx_volume *const *)list.items;
}

/* Without what no container carries, and what is changed in place. */
static krx_workload stripped(krx_arena *arena, const krx_workload *spec, krx_resources *resources)
{
    krx_workload w = *spec;
    w.replicas = 1;
    w.backend = w.compose_file = w.remote_host = NULL;
    w.rollout_strategy = NULL;
    w.auto_scaling = NULL;
    w.scheduling = NULL;
    w.dependencies = NULL;
    w.failure_prediction = NULL;
    w.cross_namespace_traffic = NULL;
    w.cron_schedule = NULL;
    w.circuit_breaker = NULL;
    w.warm_standby = NULL;
    w.secret_rotation = NULL;
    w.env_file = NULL;
    w.pull_policy = NULL;
    w.restart_policy = NULL;
    w.restart_retries = KRX_UNSET;
    w.stop_grace_period_ns = KRX_UNSET;
    w.stop_signal = NULL;
    w.network_bandwidth = NULL;
    w.platform = krx_oci_platform(arena, spec);
    w.volumes = plain_volumes(arena, spec->volumes);
    if (spec->resources) {
        *resources = without_limits(spec->resources);
        w.resources = resources->gpu ? resources : NULL;
    }
    return w;
}

/* Not against forgery: who may deploy may change the container anyway. */
void krx_oci_spec_hash(const krx_workload *spec, char out[KRX_OCI_HASH_MAX])
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_str krx_str text = {0};
    char hex[KRX_SHA256_TEXT];
    krx_resources resources;
    krx_sha256 hash;
    out[0] = '\0';
    if (!arena)
        return;
    krx_workload plain = stripped(arena, spec, &resources);
    krx_workload_json(&plain, 0, &text);
    if (krx_str_failed(&text) || krx_arena_failed(arena))
        return;
    krx_sha256_init(&hash);
    krx_sha256_add(&hash, krx_str_get(&text), text.length);
    krx_sha256_text(&hash, hex);
    memcpy(out, hex, KRX_OCI_HASH_MAX - 1);
    out[KRX_OCI_HASH_MAX - 1] = '\0';
}

/* -------------------------------------------------------------------------------------- in place
 */

/* A running group can be given another figure, but what is to have none is made anew. */
static int compare_figure(int64_t was, int64_t wanted)
{
    if (was == wanted)
        return KRX_REPLICA_SAME;
    return wanted == KRX_UNSET ? KRX_REPLICA_ANEW : KRX_REPLICA_IN_PLACE;
}

static int compare_rest(bool same)
{
    return same ? KRX_REPLICA_SAME : KRX_REPLICA_IN_PLACE;
}

bool krx_oci_limits_given(const krx_workload *spec)
{
    const krx_resources *r = spec->resources;
    return r && (r->cpu_request_milli != KRX_UNSET || r->cpu_limit_milli != KRX_UNSET ||
                 r->memory_request_bytes != KRX_UNSET || r->memory_limit_bytes != KRX_UNSET);
}

void krx_oci_rates(const krx_workload *spec, int64_t *egress, int64_t *ingress)
{
    const krx_bandwidth *limits = spec->network_bandwidth;
    bool limited = limits && limits->enabled != 0;
    *egress = limited ? limits->egress_bps : KRX_UNSET;
    *ingress = limited ? limits->ingress_bps : KRX_UNSET;
}

static bool same_rates(const krx_workload *was, const krx_workload *spec)
{
    int64_t out[2], in[2];
    krx_oci_rates(was, &out[0], &in[0]);
    krx_oci_rates(spec, &out[1], &in[1]);
    return out[0] == out[1] && in[0] == in[1];
}

int krx_oci_compare(const krx_workload *was, const krx_workload *spec)
{
    static const krx_resources none = {.cpu_request_milli = KRX_UNSET,
                                       .cpu_limit_milli = KRX_UNSET,
                                       .memory_request_bytes = KRX_UNSET,
                                       .memory_limit_bytes = KRX_UNSET};
    const krx_resources *old = was->resources ? was->resources : &none;
    const krx_resources *now = spec->resources ? spec->resources : &none;
    const int found[] = {
        compare_figure(old->cpu_request_milli, now->cpu_request_milli),
        compare_figure(old->cpu_limit_milli, now->cpu_limit_milli),
        compare_figure(old->memory_request_bytes, now->memory_request_bytes),
        compare_figure(old->memory_limit_bytes, now->memory_limit_bytes),
        compare_rest(krx_streq(krx_replica_restart_policy(was), krx_replica_restart_policy(spec))),
        compare_rest(krx_replica_restart_retries(was) == krx_replica_restart_retries(spec)),
        compare_rest(was->stop_grace_period_ns == spec->stop_grace_period_ns),
        compare_rest(krx_streq(was->stop_signal, spec->stop_signal)),
        compare_rest(same_rates(was, spec)),
    };
    int worst = KRX_REPLICA_SAME;
    for (size_t i = 0; i < KRX_COUNT(found); i++)
        worst = found[i] > worst ? found[i] : worst;
    return worst;
}
