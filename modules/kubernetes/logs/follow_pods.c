/* SPDX-License-Identifier: Apache-2.0 */
/* Which pods are followed: a watch tells which there are, and how their containers are. */
#include <string.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/logs/follow.h"

#define FOLLOWED_MAX 256
#define PATIENCE_NS (120 * KRX_NS_PER_S) /* with an API server that is away */

static krx_k8s_sight look_at(const cJSON *pod)
{
    krx_k8s_sight s = {0};
    const char *name = krx_json_text(krx_k8s_main_container(pod), "name");
    const cJSON *status = krx_k8s_container_status(pod, "containerStatuses", name);
    (void)snprintf(s.id, sizeof s.id, "%s", krx_json_text(status, "containerID"));
    s.running = krx_json_object(krx_json_object(status, "state"), "running") != NULL;
    s.over = krx_k8s_pod_ended(pod) || (krx_k8s_pod_leaving(pod) && !s.running);
    return s;
}

static size_t count_followed(krx_k8s_follow *h)
{
    size_t count = 0;
    for (krx_k8s_follower *f = h->followers; f; f = f->next)
        count += !krx_log_queue_has_left(&h->queue, &f->left);
    return count;
}

static int32_t too_many(krx_k8s_follow *h)
{
    if (!h->synced) {
        (void)krx_fail(&h->watch_call, KRX_E_RESOURCE_EXHAUSTED,
                       "there are more than %d pods, and no more are followed at a time",
                       FOLLOWED_MAX);
        return krx_hint(&h->watch_call, "follow one of them with --replica N, or by its name");
    }
    if (!h->full)
        krx_log(&h->watch_call, KRX_LOG_WARN,
                "there are more than %d pods: the newest are not followed", FOLLOWED_MAX);
    h->full = true;
    return 0;
}

static int32_t add_follower(krx_k8s_follow *h, const cJSON *pod, const krx_k8s_sight *now)
{
    if (count_followed(h) >= FOLLOWED_MAX)
        return too_many(h);
    krx_k8s_follower *f = krx_k8s_follower_new(h, pod);
    if (!f)
        return krx_no_memory(&h->watch_call);
    f->sight = *now;
    f->told = true;
    krx_log_queue_join(&h->queue);
    if (!krx_k8s_follow_thread(&f->thread, krx_k8s_follower_run, f)) {
        krx_log_queue_leave(&h->queue, 0, NULL, &f->left);
        krx_k8s_follower_free(f);
        return krx_no_memory(&h->watch_call);
    }
    f->next = h->followers;
    h->followers = f;
    return 0;
}

static krx_k8s_follower **find(krx_k8s_follow *h, const char *uid)
{
    krx_k8s_follower **at = &h->followers;
    while (*at && !krx_streq((*at)->uid, uid))
        at = &(*at)->next;
    return at;
}

static void set_gone(krx_k8s_follower *f)
{
    krx_k8s_sight now = krx_k8s_follower_see(f);
    now.running = false;
    now.over = true;
    now.gone = true;
    krx_k8s_follower_show(f, &now);
}

/* One that has ended with its pod is forgotten. */
static void forget_ended(krx_k8s_follow *h)
{
    for (krx_k8s_follower **at = &h->followers; *at;) {
        krx_k8s_follower *f = *at;
        if (!krx_k8s_follower_see(f).gone || !krx_log_queue_has_left(&h->queue, &f->left)) {
            at = &f->next;
            continue;
        }
        *at = f->next;
        pthread_join(f->thread, NULL);
        krx_k8s_follower_free(f);
    }
}

static void end_list(krx_k8s_follow *h)
{
    for (krx_k8s_follower *f = h->followers; f; f = f->next) {
        if (!f->told)
            set_gone(f);
        f->told = false;
    }
    h->synced = true;
    pthread_mutex_lock(&h->lock);
    h->complete = true;
    pthread_mutex_unlock(&h->lock);
}

static int32_t on_change(void *ctx, krx_kube_change change, const cJSON *pod)
{
    krx_k8s_follow *h = ctx;
    forget_ended(h);
    if (change == KRX_KUBE_SYNCED)
        end_list(h);
    if (change == KRX_KUBE_LOST)
        krx_log(&h->watch_call, KRX_LOG_WARN, "%s is away: going on when it is back",
                krx_kube_label(h->backend->kube));
    if (!pod)
        return 0;
    krx_k8s_follower *f = *find(h, krx_json_text(krx_json_object(pod, "metadata"), "uid"));
    krx_k8s_sight now = look_at(pod);
    if (change == KRX_KUBE_DELETED) {
        if (f)
            set_gone(f);
        return 0;
    }
    if (!f)
        return add_follower(h, pod, &now);
    f->told = true;
    krx_k8s_follower_show(f, &now);
    return 0;
}

void *krx_k8s_follow_watch(void *arg)
{
    krx_k8s_follow *h = arg;
    krx_kube_watch_options options = {.patience_ns = PATIENCE_NS};
    int32_t code =
        krx_kube_watch(&h->watch_call, h->backend->kube, &h->select, &options, on_change, h);
    krx_log_queue_leave(&h->queue, code, &h->watch_error, &h->watch_left);
    return NULL;
}
