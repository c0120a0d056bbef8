/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "modules/docker/backend/names.h"
#include "modules/docker/mapping/mapping.h"

static void put_own(krx_dk_json *json, const krx_workload *spec, const krx_dk_identity *who)
{
    char replica[24];
    (void)snprintf(replica, sizeof replica, "%" PRId64, who->replica);
    krx_dk_json_text(json, KRX_LABEL_REPLICA, replica);
    krx_dk_json_text(json, KRX_LABEL_SPEC, who->spec_json);
    krx_dk_json_text(json, KRX_LABEL_SPEC_HASH, who->hash);
    krx_dk_json_text(json, KRX_LABEL_GENERATION, who->generation);
    krx_dk_json_text(json, KRX_LABEL_WORKLOAD, spec->name);
    krx_dk_json_text(json, KRX_LABEL_NAMESPACE,
                     krx_blank(spec->namespace_) ? "default" : spec->namespace_);
    if (who->record)
        krx_dk_json_text(json, KRX_LABEL_RECORD, "true");
}

void krx_dk_put_labels(krx_dk_json *json, const krx_workload *spec, const krx_dk_identity *who)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const krx_kv *const *labels = arena ? krx_replica_labels(arena, spec) : NULL;
    if (!labels)
        json->text.failed = true;
    krx_dk_json_open(json, "Labels", '{');
    for (; labels && *labels; labels++)
        krx_dk_json_text(json, (*labels)->key, (*labels)->value);
    krx_dk_json_text(json, KRX_LABEL_MANAGED_BY, KRX_LABEL_KRANIX);
    if (who)
        put_own(json, spec, who);
    krx_dk_json_close(json, '}');
}
