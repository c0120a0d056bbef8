/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of pods: from the Metrics API or the kubelets' summaries, kept for a while. */
#ifndef KRX_KUBERNETES_METRICS_H
#define KRX_KUBERNETES_METRICS_H

#include "modules/kubernetes/backend/backend.h"

/* Of one pod. KRX_UNSET and NaN: not known. */
typedef struct krx_k8s_figures {
    const char *source; /* constant; NULL: there are none yet */
    int64_t time_ns;
    int64_t cpu_total_ns;
    double cpu_cores;
    int64_t memory_bytes; /* working set */
    int64_t cache_bytes;
    int64_t rx_bytes;
    int64_t tx_bytes;
    int64_t pids;
} krx_k8s_figures;

/* From one PodMetrics, or one entry of a summary's "pods". */
void krx_k8s_read_metrics(const cJSON *item, krx_k8s_figures *out);
void krx_k8s_read_summary(const cJSON *item, krx_k8s_figures *out);
/* "500m", "1500000n", "2": cores; NaN when it is none. */
double krx_k8s_cpu_quantity(const char *text);
/* "128Mi", "129e6", "131072k": bytes; KRX_UNSET when it is none. */
int64_t krx_k8s_bytes_quantity(const char *text);

/* --------------------------------------------------------------------------- metrics_cache.c */

typedef struct krx_k8s_metrics krx_k8s_metrics;

krx_k8s_metrics *krx_k8s_metrics_new(void); /* NULL when out of memory */
void krx_k8s_metrics_free(krx_k8s_metrics *metrics);
/* What is known of the pod and not older than max_age; false when nothing is. */
bool krx_k8s_metrics_get(krx_k8s_metrics *metrics, const cJSON *pod, int64_t max_age_ns,
                         krx_k8s_figures *out);
/* Also that there are none (source NULL). What can't be kept is not. */
void krx_k8s_metrics_put(krx_k8s_metrics *metrics, const cJSON *pod,
                         const krx_k8s_figures *figures);
/* The server has no Metrics API; true until that is older than max_age. */
void krx_k8s_metrics_note_absent(krx_k8s_metrics *metrics);
bool krx_k8s_metrics_absent(krx_k8s_metrics *metrics, int64_t max_age_ns);

/* ------------------------------------------------------------------------------------- op */

/*
 * The figures of pods (NULL-terminated), in the same order; source NULL for one that has none yet.
 * One list, or one request to each node. METRICS_UNAVAILABLE when there is no source.
 */
int32_t krx_k8s_measure(krx_call *call, krx_k8s_backend *backend, const cJSON *const *pods,
                        size_t count, int64_t max_age_ns, krx_k8s_figures *out);

#endif
