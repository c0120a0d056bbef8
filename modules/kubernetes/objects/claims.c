/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes as PersistentVolumeClaims. */
#include "lib/model/wanted.h"
#include "modules/kubernetes/objects/build.h"
#include "modules/kubernetes/objects/syntax.h"

#define DEFAULT_BYTES (INT64_C(1) << 30)
#define CLAIMS_MAX (KRX_K8S_OBJECTS_MAX - 5) /* beside policy, services, workload, autoscaler */

static const char *storage_class(krx_k8s_build *b, size_t index)
{
    const char *given = b->spec->volumes[index]->storage_class;
    const char *class = krx_blank(given) ? b->scope->settings->default_storage_class : given;
    const char *bad = krx_blank(class) ? NULL : krx_k8s_bad_subdomain(class);
    if (bad)
        krx_k8s_refuse(b, krx_k8s_text(b, "volumes[%zu].storageClass", index), "must be %s", bad);
    return krx_blank(class) ? NULL : class;
}

static int64_t size_of(krx_k8s_build *b, size_t index)
{
    int64_t size = b->spec->volumes[index]->size_bytes;
    int64_t otherwise = b->scope->settings->default_volume_bytes;
    if (size == 0)
        krx_k8s_refuse(b, krx_k8s_text(b, "volumes[%zu].size", index), "must be more than 0");
    if (size == KRX_UNSET)
        size = otherwise > 0 ? otherwise : DEFAULT_BYTES;
    return size;
}

static void put_notes(krx_k8s_build *b, cJSON *object, const krx_volume *volume)
{
    krx_json_maker *m = &b->maker;
    cJSON *metadata = cJSON_GetObjectItemCaseSensitive(object, "metadata");
    cJSON *notes = krx_json_add_object(m, metadata, "annotations");
    krx_json_add_text(m, notes, KRX_K8S_VOLUME, volume->name);
    krx_json_add_text(m, notes, KRX_K8S_MOUNT_PATH, krx_volume_path(b->arena, volume));
    krx_json_add_text(m, notes, KRX_K8S_AUTO_CLEANUP, volume->auto_cleanup == 1 ? "true" : "false");
}

static void build_claim(krx_k8s_build *b, size_t index)
{
    krx_json_maker *m = &b->maker;
    const krx_volume *volume = b->spec->volumes[index];
    const char *mode = volume->access_mode;
    const char *name = krx_k8s_claim_name(b->arena, b->spec->name, volume->name);
    cJSON *object = krx_k8s_object(b, KRX_KUBE_PVC, "v1", "PersistentVolumeClaim", name);
    put_notes(b, object, volume);
    cJSON *spec = krx_json_add_object(m, object, "spec");
    cJSON *modes = krx_json_add_array(m, spec, "accessModes");
    krx_json_add_text(m, modes, NULL, krx_blank(mode) ? "ReadWriteOnce" : mode);
    krx_json_add_text(m, spec, "storageClassName", storage_class(b, index));
    cJSON *resources = krx_json_add_object(m, spec, "resources");
    krx_json_add_text(m, krx_json_add_object(m, resources, "requests"), "storage",
                      krx_k8s_bytes(b->arena, size_of(b, index)));
}

void krx_k8s_build_claims(krx_k8s_build *b)
{
    const krx_volume *const *volumes = b->spec->volumes;
    if (!volumes || !volumes[0])
        return;
    if (!b->scope->settings->volumes) {
        krx_k8s_refuse_as(b, KRX_E_FAILED_PRECONDITION, "volumes",
                          "volumes are switched off (volumes.enabled)");
        return;
    }
    for (size_t i = 0; volumes[i]; i++) {
        if (i >= CLAIMS_MAX) {
            krx_k8s_refuse(b, "volumes", "there may be at most %d", CLAIMS_MAX);
            return;
        }
        build_claim(b, i);
    }
}
