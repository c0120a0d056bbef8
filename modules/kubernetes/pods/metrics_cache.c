/* SPDX-License-Identifier: Apache-2.0 */
/* What was measured lately, by pod. Answers that there is nothing are kept too. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/pods/metrics.h"

#define BUCKETS 512u
#define ENTRIES_MAX 20000u
/* A pod that has no figures yet gets them soon. */
#define NONE_YET_AGE (5 * KRX_NS_PER_S)

typedef struct entry {
    struct entry *next;
    int64_t taken; /* monotonic */
    krx_k8s_figures figures;
    char key[]; /* "namespace/pod/uid" */
} entry;

struct krx_k8s_metrics {
    pthread_mutex_t lock;
    int64_t absent_since; /* monotonic, 0: not known to be absent */
    size_t count;
    entry *buckets[BUCKETS];
};

krx_k8s_metrics *krx_k8s_metrics_new(void)
{
    krx_k8s_metrics *m = calloc(1, sizeof *m);
    if (m)
        pthread_mutex_init(&m->lock, NULL);
    return m;
}

static void drop_all(krx_k8s_metrics *m)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        while (m->buckets[i]) {
            entry *next = m->buckets[i]->next;
            free(m->buckets[i]);
            m->buckets[i] = next;
        }
    }
    m->count = 0;
}

void krx_k8s_metrics_free(krx_k8s_metrics *metrics)
{
    if (!metrics)
        return;
    drop_all(metrics);
    pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

static bool key_of(const cJSON *pod, char key[512])
{
    int length = snprintf(key, 512, "%s/%s/%s", krx_k8s_namespace_of(pod), krx_k8s_name(pod),
                          krx_json_text(krx_json_object(pod, "metadata"), "uid"));
    return length > 0 && length < 512;
}

static entry **slot_of(krx_k8s_metrics *m, const char *key)
{
    uint32_t hash = 2166136261u;
    for (const char *c = key; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    entry **slot = &m->buckets[hash % BUCKETS];
    while (*slot && strcmp((*slot)->key, key) != 0)
        slot = &(*slot)->next;
    return slot;
}

bool krx_k8s_metrics_get(krx_k8s_metrics *metrics, const cJSON *pod, int64_t max_age_ns,
                         krx_k8s_figures *out)
{
    char key[512];
    if (!key_of(pod, key))
        return false;
    KRX_LOCK_SCOPE(&metrics->lock);
    const entry *found = *slot_of(metrics, key);
    if (!found)
        return false;
    int64_t age = krx_now_monotonic() - found->taken;
    if (age > max_age_ns || (!found->figures.source && age > NONE_YET_AGE))
        return false;
    *out = found->figures;
    return true;
}

void krx_k8s_metrics_put(krx_k8s_metrics *metrics, const cJSON *pod, const krx_k8s_figures *figures)
{
    char key[512];
    if (!key_of(pod, key))
        return;
    KRX_LOCK_SCOPE(&metrics->lock);
    if (metrics->count >= ENTRIES_MAX)
        drop_all(metrics); /* pods come and go: the old ones are in the way */
    entry **slot = slot_of(metrics, key);
    if (!*slot) {
        *slot = calloc(1, sizeof **slot + strlen(key) + 1);
        if (!*slot)
            return;
        strcpy((*slot)->key, key);
        metrics->count++;
    }
    (*slot)->figures = *figures;
    (*slot)->taken = krx_now_monotonic();
}

void krx_k8s_metrics_note_absent(krx_k8s_metrics *metrics)
{
    KRX_LOCK_SCOPE(&metrics->lock);
    metrics->absent_since = krx_now_monotonic();
}

bool krx_k8s_metrics_absent(krx_k8s_metrics *metrics, int64_t max_age_ns)
{
    KRX_LOCK_SCOPE(&metrics->lock);
    return metrics->absent_since && krx_now_monotonic() - metrics->absent_since <= max_age_ns;
}
