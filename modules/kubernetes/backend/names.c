/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/backend/names.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "lib/base/str.h"

#define POLICY_PREFIX "kranix-ns-traffic-"
#define POLICY_NAME_MAX 40 /* of the workload's part */
#define HASH_LENGTH 8

char *krx_k8s_selector(krx_arena *arena, const char *workload)
{
    return krx_arena_printf(arena, KRX_K8S_APP "=%s," KRX_K8S_OURS, workload);
}

char *krx_k8s_sanitized(krx_arena *arena, const char *text)
{
    char *out = krx_arena_strdup(arena, text);
    for (char *c = out; c && *c; c++)
        *c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
    return out;
}

char *krx_k8s_claim_name(krx_arena *arena, const char *workload, const char *volume)
{
    char *name = krx_arena_printf(arena, "%s-%s-pvc", workload, volume);
    return name ? krx_k8s_sanitized(arena, name) : NULL;
}

static uint32_t hash_of(const char *text)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

/* Two long names that begin alike must not share a policy: the end of a cut one tells them apart.
 */
char *krx_k8s_policy_name(krx_arena *arena, const char *workload)
{
    char *name = krx_k8s_sanitized(arena, krx_blank(workload) ? "workload" : workload);
    if (!name)
        return NULL;
    if (strlen(name) <= POLICY_NAME_MAX)
        return krx_arena_printf(arena, POLICY_PREFIX "%s", name);
    return krx_arena_printf(arena, POLICY_PREFIX "%.*s-%08" PRIx32,
                            POLICY_NAME_MAX - HASH_LENGTH - 1, name, hash_of(name));
}

bool krx_k8s_key_reserved(const char *key)
{
    static const char *const reserved[] = {KRX_K8S_APP,
                                           KRX_K8S_MANAGED_BY,
                                           KRX_K8S_WORKLOAD,
                                           KRX_K8S_STANDARD_MANAGED_BY,
                                           KRX_K8S_SPEC,
                                           KRX_K8S_REPLICAS,
                                           KRX_K8S_STOPPED,
                                           KRX_K8S_CHECKPOINT,
                                           KRX_K8S_RESTARTED_AT,
                                           KRX_K8S_AUTO_CLEANUP,
                                           KRX_K8S_VOLUME,
                                           KRX_K8S_MOUNT_PATH,
                                           KRX_K8S_DRAIN,
                                           "pod-template-hash",
                                           "deployment.kubernetes.io/revision",
                                           "kubectl.kubernetes.io/last-applied-configuration"};
    for (size_t i = 0; i < KRX_COUNT(reserved); i++)
        if (krx_streq(key, reserved[i]))
            return true;
    return false;
}
