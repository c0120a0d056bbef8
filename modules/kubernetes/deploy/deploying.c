/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/deploy/deploying.h"

void krx_k8s_deploying_free(krx_k8s_deploying *d)
{
    for (size_t i = 0; i < KRX_K8S_OBJECTS_MAX; i++) {
        cJSON_Delete(d->live[i]);
        cJSON_Delete(d->result[i]);
    }
    cJSON_Delete(d->other);
    krx_k8s_objects_free(&d->objects);
    krx_arena_free(d->arena);
}
