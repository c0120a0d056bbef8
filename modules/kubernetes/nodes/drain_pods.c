/* SPDX-License-Identifier: Apache-2.0 */
/* Which pods of a node go, which stay, and which forbid that it is drained. */
#include <string.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/nodes/drain.h"
#include "modules/kubernetes/pods/pods.h"

#define MIRROR "kubernetes.io/config.mirror"
#define NAMES_SHOWN 8u

void krx_k8s_drain_free(krx_k8s_drain *drain)
{
    for (size_t i = 0; i < drain->pods.count; i++)
        free(((krx_k8s_leaving *)drain->pods.items[i])->why);
    for (size_t i = 0; i < KRX_COUNT(drain->needs); i++)
        krx_str_free(&drain->needs[i]);
    krx_arena_free(drain->arena);
}

static bool has_empty_dir(const cJSON *pod)
{
    const cJSON *volume;
    cJSON_ArrayForEach (volume, krx_json_dig(pod, "spec/volumes")) {
        if (krx_json_get(volume, "emptyDir"))
            return true;
    }
    return false;
}

static bool is_proxy(const cJSON *pod)
{
    return krx_streq(krx_k8s_namespace_of(pod), "kube-system") &&
           krx_streq(krx_k8s_label(pod, "component"), "kube-proxy");
}

static bool has_ended(const cJSON *pod)
{
    const char *phase = krx_json_text(krx_json_object(pod, "status"), "phase");
    return krx_streq(phase, "Succeeded") || krx_streq(phase, "Failed");
}

krx_k8s_drain_class krx_k8s_drain_classify(const cJSON *pod, const krx_drain_req *req)
{
    const cJSON *owner = krx_k8s_owner(pod);
    const char *kind = krx_json_text(owner, "kind");
    if (*krx_k8s_annotation(pod, MIRROR) || krx_streq(kind, "Node"))
        return KRX_K8S_STAYS_MIRROR;
    if (is_proxy(pod))
        return KRX_K8S_STAYS_DAEMON;
    if (has_ended(pod)) /* nothing of it is lost */
        return KRX_K8S_EVICT;
    if (krx_streq(kind, "DaemonSet"))
        return req->ignore_daemonsets ? KRX_K8S_STAYS_DAEMON : KRX_K8S_NEEDS_DAEMON;
    if (!owner && !req->force)
        return KRX_K8S_NEEDS_FORCE;
    if (has_empty_dir(pod) && !req->delete_empty_dir)
        return KRX_K8S_NEEDS_EMPTY_DIR;
    return KRX_K8S_EVICT;
}

/* ----------------------------------------------------------------------------------------- look */

static krx_k8s_leaving *find(const krx_k8s_drain *d, const char *uid)
{
    for (size_t i = 0; i < d->pods.count; i++) {
        krx_k8s_leaving *pod = d->pods.items[i];
        if (krx_streq(pod->uid, uid))
            return pod;
    }
    return NULL;
}

static krx_k8s_leaving *add(krx_k8s_drain *d, const cJSON *pod, const char *uid)
{
    krx_k8s_leaving *made = krx_arena_new_of(d->arena, krx_k8s_leaving);
    if (!made || krx_ptrs_add(d->arena, &d->pods, made) < 0)
        return NULL;
    made->namespace_ = krx_arena_strdup(d->arena, krx_k8s_namespace_of(pod));
    made->name = krx_arena_strdup(d->arena, krx_k8s_name(pod));
    made->uid = krx_arena_strdup(d->arena, uid);
    return krx_arena_failed(d->arena) ? NULL : made;
}

/* A pod that is ending needs no permission any more. */
static krx_k8s_drain_class class_of(const krx_k8s_drain *d, const cJSON *pod, bool stopping)
{
    krx_k8s_drain_class class_ = krx_k8s_drain_classify(pod, d->req);
    return stopping && class_ >= KRX_K8S_NEEDS_FORCE ? KRX_K8S_EVICT : class_;
}

static int32_t look_at(void *ctx, const cJSON *pod)
{
    krx_k8s_drain *d = ctx;
    const cJSON *meta = krx_json_object(pod, "metadata");
    const char *uid = krx_json_text(meta, "uid");
    bool stopping = *krx_json_text(meta, "deletionTimestamp") != '\0';
    krx_k8s_drain_class class_ = class_of(d, pod, stopping);
    krx_k8s_leaving *known = find(d, uid);
    d->staying[class_]++;
    if (!known && krx_now_monotonic() > d->joining_until_ns)
        return 0; /* tolerates the mark: it would only come back */
    if (!known && class_ != KRX_K8S_EVICT) {
        if (class_ >= KRX_K8S_NEEDS_DAEMON && d->staying[class_] <= NAMES_SHOWN)
            krx_str_addf(&d->needs[class_], "%s%s/%s", d->staying[class_] > 1 ? ", " : "",
                         krx_k8s_namespace_of(pod), krx_k8s_name(pod));
        return 0;
    }
    if (!known && !(known = add(d, pod, uid)))
        return krx_no_memory(d->call);
    known->present = true;
    known->stopping = stopping;
    return 0;
}

static void forget_round(krx_k8s_drain *d)
{
    memset(d->staying, 0, sizeof d->staying);
    for (size_t i = 0; i < KRX_COUNT(d->needs); i++)
        krx_str_reset(&d->needs[i]);
    for (size_t i = 0; i < d->pods.count; i++)
        ((krx_k8s_leaving *)d->pods.items[i])->present = false;
}

int32_t krx_k8s_drain_look(krx_k8s_drain *drain)
{
    krx_autofree char *selector = krx_format("spec.nodeName=%s", drain->req->node);
    krx_autofree bool *before = calloc(drain->pods.count + 1, sizeof *before);
    krx_kube_select select = {.kind = KRX_KUBE_POD, .field_selector = selector};
    size_t known = drain->pods.count;
    if (!selector || !before)
        return krx_no_memory(drain->call);
    for (size_t i = 0; i < known; i++)
        before[i] = ((krx_k8s_leaving *)drain->pods.items[i])->present;
    forget_round(drain);
    int32_t code = krx_kube_list(drain->call, drain->kube, &select, look_at, drain, NULL);
    for (size_t i = 0; i < known; i++) {
        krx_k8s_leaving *pod = drain->pods.items[i];
        if (code)
            pod->present = before[i];
        else if (before[i] && !pod->present) {
            drain->gone++;
            krx_k8s_drain_say(drain, pod, true, "gone");
        }
    }
    return code;
}

size_t krx_k8s_drain_remaining(const krx_k8s_drain *drain)
{
    size_t count = 0;
    for (size_t i = 0; i < drain->pods.count; i++)
        count += ((const krx_k8s_leaving *)drain->pods.items[i])->present;
    return count;
}

void krx_k8s_drain_names(const krx_k8s_drain *drain, krx_str *text)
{
    size_t shown = 0, all = krx_k8s_drain_remaining(drain);
    for (size_t i = 0; i < drain->pods.count && shown < NAMES_SHOWN && text->length < 600; i++) {
        const krx_k8s_leaving *pod = drain->pods.items[i];
        if (!pod->present)
            continue;
        krx_str_addf(text, "%s%s/%s", shown++ ? ", " : "", pod->namespace_, pod->name);
        if (pod->stopping)
            krx_str_add(text, " (stopping)");
        else if (pod->why)
            krx_str_addf(text, " (%.160s)", pod->why);
    }
    if (shown < all)
        krx_str_addf(text, " and %zu more", all - shown);
}

/* --------------------------------------------------------------------------------------- permit */

static const struct {
    krx_k8s_drain_class class_;
    const char *what;
    const char *flag;
} reasons[] = {
    {KRX_K8S_NEEDS_FORCE, "that nothing would start again", "--force"},
    {KRX_K8S_NEEDS_EMPTY_DIR, "whose emptyDir data would be lost", "--delete-emptydir-data"},
    {KRX_K8S_NEEDS_DAEMON, "of DaemonSets, which would come back at once", "--ignore-daemonsets"},
};

int32_t krx_k8s_drain_permit(krx_k8s_drain *drain)
{
    krx_auto_str krx_str text = {0};
    krx_auto_str krx_str flags = {0};
    for (size_t i = 0; i < KRX_COUNT(reasons); i++) {
        size_t count = drain->staying[reasons[i].class_];
        const krx_str *names = &drain->needs[reasons[i].class_];
        if (!names->length)
            continue;
        krx_str_addf(&text, "%s%zu pod%s %s: %s", text.length ? "; " : "", count,
                     count == 1 ? "" : "s", reasons[i].what, krx_str_get(names));
        if (count > NAMES_SHOWN)
            krx_str_addf(&text, " and %zu more", count - NAMES_SHOWN);
        krx_str_addf(&flags, "%s%s", flags.length ? " " : "", reasons[i].flag);
    }
    if (!text.length)
        return 0;
    (void)krx_fail(drain->call, KRX_E_FAILED_PRECONDITION, "node %s cannot be drained: it has %s",
                   drain->req->node, krx_str_get(&text));
    return krx_hint(drain->call, "to go on all the same: %s", krx_str_get(&flags));
}
