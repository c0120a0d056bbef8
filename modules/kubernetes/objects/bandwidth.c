/* SPDX-License-Identifier: Apache-2.0 */
/* Rate limits, which the bandwidth plugin of the network enforces. */
#include "modules/kubernetes/objects/build.h"
#include "modules/kubernetes/objects/syntax.h"

/* The kubelet takes no others. */
#define BPS_MIN INT64_C(1000)
#define BPS_MAX INT64_C(1000000000000000)

const char *krx_k8s_bitrate(krx_arena *arena, int64_t bps)
{
    return bps > 0 ? krx_k8s_decimal(arena, bps) : NULL;
}

static void put_rate(krx_k8s_build *b, cJSON *metadata, const char *field, const char *key,
                     int64_t bps)
{
    if (bps == KRX_UNSET || bps == 0)
        return;
    if (bps < BPS_MIN || bps > BPS_MAX)
        krx_k8s_refuse(b, field, "must be from 1kbit to 1000Tbit");
    cJSON *annotations = cJSON_GetObjectItemCaseSensitive(metadata, "annotations");
    if (!annotations)
        annotations = krx_json_add_object(&b->maker, metadata, "annotations");
    krx_k8s_put(b, annotations, key, krx_k8s_bitrate(b->arena, bps));
}

void krx_k8s_put_bandwidth(krx_k8s_build *b, cJSON *metadata)
{
    const krx_bandwidth *limits = b->spec->network_bandwidth;
    const krx_k8s_settings *settings = b->scope->settings;
    if (!limits || limits->enabled == 0 || !settings->bandwidth)
        return;
    int64_t egress =
        limits->egress_bps == KRX_UNSET ? settings->default_egress_bps : limits->egress_bps;
    put_rate(b, metadata, "networkBandwidth.egressLimit", KRX_K8S_EGRESS, egress);
    put_rate(b, metadata, "networkBandwidth.ingressLimit", KRX_K8S_INGRESS, limits->ingress_bps);
}
