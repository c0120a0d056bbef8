/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/objects/clean.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "modules/kubernetes/backend/names.h"

#define ACCOUNT_PATH "/var/run/secrets/kubernetes.io/serviceaccount"
#define DEFAULT_EVICTION 300

/* A path of keys, where "*" is each element; and the value as JSON at which it goes, NULL: any. */
typedef struct row {
    const char *path;
    const char *value;
} row;

static const row of_object[] = {
    {"status", NULL},
    {"spec/progressDeadlineSeconds", "600"},
    {"spec/revisionHistoryLimit", "10"},
    {"spec/podManagementPolicy", "\"OrderedReady\""},
    {"spec/persistentVolumeClaimRetentionPolicy", NULL},
    {"spec/minReadySeconds", "0"},
    {"spec/volumeClaimTemplates/*/status", NULL},
    {"spec/volumeClaimTemplates/*/metadata/creationTimestamp", NULL},
    {"spec/volumeClaimTemplates/*/spec/volumeMode", "\"Filesystem\""},
    {"spec/jobTemplate/metadata/creationTimestamp", NULL},
    {"spec/jobTemplate/metadata/annotations/kranix.io~1restartedAt", NULL},
    {"spec/template/metadata/creationTimestamp", NULL},
    {"spec/jobTemplate/spec/template/metadata/creationTimestamp", NULL},
    {"spec/completionMode", "\"NonIndexed\""},
    {"spec/podReplacementPolicy", "\"TerminatingOrFailed\""},
};

static const row of_service[] = {
    {"spec/clusterIPs", NULL},
    {"spec/ipFamilies", NULL},
    {"spec/ipFamilyPolicy", "\"SingleStack\""},
    {"spec/internalTrafficPolicy", "\"Cluster\""},
    {"spec/externalTrafficPolicy", "\"Cluster\""},
    {"spec/sessionAffinity", "\"None\""},
    {"spec/healthCheckNodePort", NULL},
    {"spec/ports/*/nodePort", NULL},
};

static const row of_claim[] = {
    {"spec/volumeName", NULL},
    {"spec/volumeMode", "\"Filesystem\""},
};

static const row of_pod_spec[] = {
    {"nodeName", NULL},
    {"priority", NULL},
    {"preemptionPolicy", "\"PreemptLowerPriority\""},
    {"serviceAccount", NULL},
    {"serviceAccountName", "\"default\""},
    {"dnsPolicy", "\"ClusterFirst\""},
    {"schedulerName", "\"default-scheduler\""},
    {"securityContext", "{}"},
    {"enableServiceLinks", "true"},
    {"terminationGracePeriodSeconds", "30"},
    {"ephemeralContainers", NULL},
    {"volumes/*/hostPath/type", "\"\""},
    {"volumes/*/secret/defaultMode", "420"},
    {"volumes/*/configMap/defaultMode", "420"},
    {"volumes/*/projected/defaultMode", "420"},
};

static const row of_container[] = {
    {"terminationMessagePath", "\"/dev/termination-log\""},
    {"terminationMessagePolicy", "\"File\""},
    {"resources", "{}"},
    {"securityContext", "{}"},
};

/* ------------------------------------------------------------------------------------ taking away
 */

static cJSON *member(cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static bool equals(const cJSON *item, const char *value)
{
    krx_auto_json cJSON *wanted = value ? cJSON_Parse(value) : NULL;
    return !value || cJSON_Compare(item, wanted, true);
}

static void prune(cJSON *object, const char *path, const char *value)
{
    char key[64];
    size_t length = strcspn(path, "/"), used = 0;
    const char *rest = path[length] ? path + length + 1 : NULL;
    cJSON *item;
    if (length == 1 && path[0] == '*') {
        cJSON_ArrayForEach (item, object) {
            if (rest)
                prune(item, rest, value);
        }
        return;
    }
    for (size_t i = 0; i < length && used + 1 < sizeof key; i++) {
        bool slash = strncmp(path + i, "~1", 2) == 0; /* as in a JSON pointer */
        key[used++] = slash ? '/' : path[i];
        i += slash;
    }
    key[used] = '\0';
    item = cJSON_IsObject(object) ? member(object, key) : NULL;
    if (item && rest)
        prune(item, rest, value);
    else if (item && equals(item, value))
        cJSON_DeleteItemFromObjectCaseSensitive(object, key);
}

static void prune_all(cJSON *object, const row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        prune(object, rows[i].path, rows[i].value);
}

#define PRUNE(object, rows) prune_all((object), (rows), KRX_COUNT(rows))

static void drop_if_empty(cJSON *object, const char *key)
{
    cJSON *item = member(object, key);
    if (item && !item->child)
        cJSON_DeleteItemFromObjectCaseSensitive(object, key);
}

/* --------------------------------------------------------------------------------------- metadata
 */

static bool of_controllers(const char *key)
{
    static const char *const exact[] = {"kubectl.kubernetes.io/last-applied-configuration",
                                        "deployment.kubernetes.io/revision",
                                        "deprecated.daemonset.template.generation",
                                        KRX_K8S_REPLICAS,
                                        KRX_K8S_STOPPED,
                                        KRX_K8S_CHECKPOINT,
                                        KRX_K8S_RESTARTED_AT,
                                        "kubectl.kubernetes.io/restartedAt",
                                        "pod-template-hash",
                                        "controller-revision-hash",
                                        "pod-template-generation",
                                        "statefulset.kubernetes.io/pod-name",
                                        "controller-uid",
                                        "job-name"};
    static const char *const prefixes[] = {"pv.kubernetes.io/",
                                           "volume.kubernetes.io/",
                                           "batch.kubernetes.io/",
                                           "volume.beta.kubernetes.io/storage-provisioner",
                                           "cni.projectcalico.org/",
                                           "k8s.v1.cni.cncf.io/",
                                           "autoscaling.alpha.kubernetes.io/",
                                           "kranix.io/checkpoint"};
    for (size_t i = 0; i < KRX_COUNT(exact); i++)
        if (strcmp(key, exact[i]) == 0)
            return true;
    for (size_t i = 0; i < KRX_COUNT(prefixes); i++)
        if (krx_has_prefix(key, prefixes[i]))
            return true;
    return false;
}

static void clean_map(cJSON *metadata, const char *key)
{
    cJSON *map = member(metadata, key), *next;
    for (cJSON *item = cJSON_IsObject(map) ? map->child : NULL; item; item = next) {
        next = item->next;
        if (of_controllers(item->string))
            cJSON_Delete(cJSON_DetachItemViaPointer(map, item));
    }
    drop_if_empty(metadata, key);
}

static void clean_metadata(cJSON *metadata)
{
    static const char *const kept[] = {"name", "namespace", "labels", "annotations"};
    cJSON *next;
    if (!cJSON_IsObject(metadata))
        return;
    for (cJSON *item = metadata->child; item; item = next) {
        bool keep = false;
        next = item->next;
        for (size_t i = 0; i < KRX_COUNT(kept); i++)
            keep = keep || strcmp(item->string, kept[i]) == 0;
        if (!keep)
            cJSON_Delete(cJSON_DetachItemViaPointer(metadata, item));
    }
    clean_map(metadata, "labels");
    clean_map(metadata, "annotations");
}

/* ------------------------------------------------------------------------------------------- pods
 */

static bool default_toleration(const cJSON *toleration)
{
    const char *key = krx_json_text(toleration, "key");
    return (krx_streq(key, "node.kubernetes.io/not-ready") ||
            krx_streq(key, "node.kubernetes.io/unreachable")) &&
           krx_json_int(toleration, "tolerationSeconds", 0) == DEFAULT_EVICTION;
}

static void remove_items(cJSON *owner, const char *key, bool (*unwanted)(const cJSON *))
{
    cJSON *list = member(owner, key), *next;
    for (cJSON *item = list ? list->child : NULL; item; item = next) {
        next = item->next;
        if (unwanted(item))
            cJSON_Delete(cJSON_DetachItemViaPointer(list, item));
    }
    drop_if_empty(owner, key);
}

/* The volume with the account's token, which admission puts into every pod. */
static bool account_mount(const cJSON *mount)
{
    return krx_streq(krx_json_text(mount, "mountPath"), ACCOUNT_PATH);
}

static bool account_volume(const cJSON *volume)
{
    const char *name = krx_json_text(volume, "name");
    const cJSON *secret = krx_json_object(volume, "secret");
    return krx_has_prefix(name, "kube-api-access-") ||
           (secret && strstr(name, "-token-") &&
            krx_streq(krx_json_text(secret, "secretName"), name));
}

static void clean_containers(cJSON *pod, const char *key, bool admitted)
{
    cJSON *container;
    cJSON_ArrayForEach (container, member(pod, key)) {
        PRUNE(container, of_container);
        if (admitted)
            remove_items(container, "volumeMounts", account_mount);
    }
}

/* `admitted`: it is a pod, which admission has written into. */
static void clean_pod_spec(cJSON *pod, bool admitted)
{
    PRUNE(pod, of_pod_spec);
    clean_containers(pod, "initContainers", admitted);
    clean_containers(pod, "containers", admitted);
    if (!admitted)
        return;
    remove_items(pod, "volumes", account_volume);
    remove_items(pod, "tolerations", default_toleration);
}

cJSON *krx_k8s_template_of(cJSON *object)
{
    const char *kind = krx_json_text(object, "kind");
    cJSON *spec = member(object, "spec");
    if (strcmp(kind, "Pod") == 0)
        return object;
    if (strcmp(kind, "CronJob") == 0)
        spec = member(member(spec, "jobTemplate"), "spec");
    return member(spec, "template");
}

/* ---------------------------------------------------------------------------------------- objects
 */

/* Kept down by stop or a checkpoint: what counts is what it comes back to. */
static void wake(cJSON *object)
{
    cJSON *spec = member(object, "spec");
    const cJSON *notes = krx_json_dig(object, "metadata/annotations");
    const char *count = krx_json_text(notes, KRX_K8S_REPLICAS);
    if (!*krx_json_text(notes, KRX_K8S_STOPPED))
        return;
    if (cJSON_IsNumber(member(spec, "replicas")) && *count)
        cJSON_SetNumberValue(member(spec, "replicas"), strtod(count, NULL));
    if (cJSON_IsTrue(member(spec, "suspend")))
        cJSON_ReplaceItemInObjectCaseSensitive(spec, "suspend", cJSON_CreateFalse());
}

static void clean_service(cJSON *object)
{
    cJSON *spec = member(object, "spec");
    PRUNE(object, of_service);
    if (!krx_streq(krx_json_text(spec, "clusterIP"), "None"))
        cJSON_DeleteItemFromObjectCaseSensitive(spec, "clusterIP");
}

/* A job's selector is made up by its controller, as are the labels that it matches. */
static void clean_job(cJSON *object)
{
    cJSON *spec = member(object, "spec");
    if (!krx_json_bool(spec, "manualSelector", false))
        cJSON_DeleteItemFromObjectCaseSensitive(spec, "selector");
}

void krx_k8s_clean(cJSON *object)
{
    const char *kind = krx_json_text(object, "kind");
    bool pod = strcmp(kind, "Pod") == 0;
    cJSON *template = krx_k8s_template_of(object);
    wake(object);
    clean_metadata(member(object, "metadata"));
    PRUNE(object, of_object);
    if (strcmp(kind, "Service") == 0)
        clean_service(object);
    if (strcmp(kind, "PersistentVolumeClaim") == 0)
        PRUNE(object, of_claim);
    if (strcmp(kind, "Job") == 0)
        clean_job(object);
    if (!template)
        return;
    if (!pod)
        clean_metadata(member(template, "metadata"));
    clean_pod_spec(member(template, "spec"), pod);
}
