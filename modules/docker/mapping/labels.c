/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/units.h"
#include "modules/docker/backend/names.h"
#include "modules/docker/mapping/mapping.h"

static void put_map(krx_dk_json *json, const krx_kv *const *map)
{
    for (size_t i = 0; map && map[i]; i++)
        if (!krx_dk_label_reserved(map[i]->key))
            krx_dk_json_text(json, map[i]->key, map[i]->value);
}

static void put_annotations(krx_dk_json *json, const krx_kv *const *map)
{
    for (size_t i = 0; map && map[i]; i++) {
        krx_auto_str krx_str key = {0};
        krx_str_addf(&key, KRX_DK_ANNOTATION "%s", map[i]->key);
        if (krx_str_failed(&key))
            json->text.failed = true;
        krx_dk_json_text(json, krx_str_get(&key), map[i]->value);
    }
}

static void put_given(krx_dk_json *json, const char *key, const char *value)
{
    if (!krx_blank(value))
        krx_dk_json_text(json, key, value);
}

static void put_tags(krx_dk_json *json, const krx_tags *tags)
{
    if (!tags)
        return;
    put_given(json, KRX_DK_TEAM, tags->team);
    put_given(json, KRX_DK_ENVIRONMENT, tags->environment);
    put_given(json, KRX_DK_COST_CENTER, tags->cost_center);
    put_map(json, tags->custom);
}

static void put_rate(krx_dk_json *json, const char *key, int64_t bps)
{
    char text[KRX_UNIT_TEXT_MAX];
    if (bps != KRX_UNSET)
        krx_dk_json_text(json, key, krx_bitrate_text(bps, text));
}

static void put_bandwidth(krx_dk_json *json, const krx_bandwidth *limits)
{
    if (!limits || limits->enabled == 0)
        return;
    krx_dk_json_text(json, KRX_DK_BANDWIDTH, "true");
    put_rate(json, KRX_DK_EGRESS, limits->egress_bps);
    put_rate(json, KRX_DK_INGRESS, limits->ingress_bps);
}

static void put_own(krx_dk_json *json, const krx_workload *spec, const krx_dk_identity *who)
{
    char replica[24];
    (void)snprintf(replica, sizeof replica, "%" PRId64, who->replica);
    krx_dk_json_text(json, KRX_DK_REPLICA, replica);
    krx_dk_json_text(json, KRX_DK_SPEC, who->spec_json);
    krx_dk_json_text(json, KRX_DK_SPEC_HASH, who->hash);
    krx_dk_json_text(json, KRX_DK_GENERATION, who->generation);
    krx_dk_json_text(json, KRX_DK_WORKLOAD, spec->name);
    krx_dk_json_text(json, KRX_DK_NAMESPACE,
                     krx_blank(spec->namespace_) ? "default" : spec->namespace_);
    if (who->record)
        krx_dk_json_text(json, KRX_DK_RECORD, "true");
}

void krx_dk_put_labels(krx_dk_json *json, const krx_workload *spec, const krx_dk_identity *who)
{
    krx_dk_json_open(json, "Labels", '{');
    put_map(json, spec->labels);
    put_annotations(json, spec->annotations);
    put_tags(json, spec->tags);
    put_bandwidth(json, spec->network_bandwidth);
    krx_dk_json_text(json, KRX_DK_MANAGED_BY, KRX_DK_KRANIX);
    if (who)
        put_own(json, spec, who);
    krx_dk_json_close(json, '}');
}
