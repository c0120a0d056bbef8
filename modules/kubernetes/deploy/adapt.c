/* SPDX-License-Identifier: Apache-2.0 */
/* Between the spec's objects and those that are there. */
#include <inttypes.h>

#include "modules/kubernetes/deploy/deploying.h"

static cJSON *member(cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* Puts a value where one may be. */
static void put(krx_json_maker *maker, cJSON *object, const char *key, cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    krx_json_add_item(maker, object, key, value);
}

static cJSON *object_in(krx_json_maker *maker, cJSON *parent, const char *key)
{
    cJSON *found = member(parent, key);
    return cJSON_IsObject(found) ? found : krx_json_add_object(maker, parent, key);
}

static cJSON *find_object(krx_k8s_deploying *d, krx_kube_kind kind, size_t *index)
{
    for (size_t i = 0; i < d->objects.count; i++)
        if (d->objects.items[i].kind == kind) {
            *index = i;
            return d->objects.items[i].json;
        }
    return NULL;
}

/* The count is the autoscaler's: taken out of what is applied, it would fall to 1 until that is at
 * work, so it is said as it stands. What is at 0 the autoscaler would leave there. A new workload
 * does not wait to come up to its least. */
static void keep_scale(krx_k8s_deploying *d, krx_json_maker *maker, cJSON *spec)
{
    size_t index;
    const cJSON *live = krx_json_object(d->live[d->objects.workload], "spec");
    const cJSON *scaler = find_object(d, KRX_KUBE_HPA, &index);
    int64_t now = krx_json_int(live, "replicas", 0);
    int64_t least = krx_json_int(krx_json_object(scaler, "spec"), "minReplicas", 0);
    if (!scaler || member(spec, "replicas")) /* 0 replicas are meant so */
        return;
    if (now > 0)
        put(maker, spec, "replicas", cJSON_CreateNumber((double)now));
    else if (!live && least > 0)
        put(maker, spec, "replicas", cJSON_CreateNumber((double)least));
}

/* Scaled to 0, and it is remembered what it would have been: `start` then does the rest. */
static void hold_back(krx_k8s_deploying *d, krx_json_maker *maker, cJSON *object, bool cron)
{
    char count[24];
    cJSON *spec = object_in(maker, object, "spec");
    cJSON *notes = object_in(maker, object_in(maker, object, "metadata"), "annotations");
    (void)snprintf(count, sizeof count, "%" PRId64, d->spec->replicas);
    put(maker, notes, KRX_K8S_STOPPED, cJSON_CreateString("stop"));
    put(maker, notes, KRX_K8S_REPLICAS, cJSON_CreateString(count));
    if (cron)
        put(maker, spec, "suspend", cJSON_CreateTrue());
    else
        put(maker, spec, "replicas", cJSON_CreateNumber(0));
}

static const krx_volume *volume_of(const krx_workload *spec, const char *name)
{
    for (size_t i = 0; spec->volumes && spec->volumes[i]; i++)
        if (krx_streq(spec->volumes[i]->name, name))
            return spec->volumes[i];
    return NULL;
}

/* A claim whose size the spec leaves open keeps the one that it has. */
static void keep_size(krx_k8s_deploying *d, krx_json_maker *maker, size_t index)
{
    cJSON *claim = d->objects.items[index].json;
    const krx_volume *volume = volume_of(d->spec, krx_k8s_annotation(claim, KRX_K8S_VOLUME));
    const cJSON *now =
        krx_json_get(krx_json_dig(d->live[index], "spec/resources/requests"), "storage");
    cJSON *requests = member(member(member(claim, "spec"), "resources"), "requests");
    if (volume && volume->size_bytes == KRX_UNSET && cJSON_IsString(now) && requests)
        put(maker, requests, "storage", cJSON_CreateString(now->valuestring));
    /* one that was bound before a default changed stays in its class */
    const cJSON *class = krx_json_get(krx_json_object(d->live[index], "spec"), "storageClassName");
    cJSON *spec = member(claim, "spec");
    if (volume && krx_blank(volume->storage_class) && cJSON_IsString(class) &&
        member(spec, "storageClassName"))
        put(maker, spec, "storageClassName", cJSON_CreateString(class->valuestring));
}

int32_t krx_k8s_adapt(krx_k8s_deploying *d)
{
    krx_json_maker maker = {0};
    cJSON *object = d->objects.items[d->objects.workload].json;
    bool cron = d->objects.items[d->objects.workload].kind == KRX_KUBE_CRON_JOB;
    cJSON *spec = object_in(&maker, object, "spec");
    for (size_t i = 0; i < d->objects.count; i++)
        if (d->objects.items[i].kind == KRX_KUBE_PVC && d->live[i])
            keep_size(d, &maker, i);
    if (d->req->flags & KRX_DEPLOY_NO_START)
        hold_back(d, &maker, object, cron);
    else if (!cron)
        keep_scale(d, &maker, spec);
    else if (!member(spec, "suspend"))
        krx_json_add_bool(&maker, spec, "suspend", false);
    return maker.failed ? krx_no_memory(d->call) : 0;
}
