/* SPDX-License-Identifier: Apache-2.0 */
/* One opened backend, and what several topics share. */
#ifndef KRX_KUBERNETES_BACKEND_H
#define KRX_KUBERNETES_BACKEND_H

#include <pthread.h>

#include <kranix/module.h>

#include "lib/base/arena.h"
#include "lib/base/report.h"
#include "lib/base/str.h"
#include "lib/json/json.h"
#include "lib/kube/kube.h"
#include "modules/kubernetes/backend/names.h"

/* Settings, with defaults filled in. Texts live as long as the backend. */
typedef struct krx_k8s_settings {
    const char *default_namespace;     /* of the setting, else of the context, else "default" */
    const char *default_storage_class; /* NULL: the cluster's */
    const char *default_arch;          /* where nothing tells the image's; NULL: any */
    int64_t default_volume_bytes;
    bool auto_cleanup;          /* remove volumes on destroy */
    bool volumes;               /* volumes.enabled */
    bool bandwidth;             /* bandwidth.enabled */
    int64_t default_egress_bps; /* for networkBandwidth that names none; 0: no limit */
    bool multi_arch;            /* node_ops.multi_arch.enabled */
    bool drain;                 /* node_ops.drain.enabled */
    int64_t drain_grace_seconds;
    bool drain_ignore_daemonsets;
    int64_t metrics_cache_ns;
} krx_k8s_settings;

typedef struct krx_k8s_backend {
    krx_kube *kube;    /* NULL when there is no configuration: see krx_k8s_kube() */
    krx_error no_kube; /* why */
    krx_k8s_settings settings;
    krx_arena *arena;                /* of the settings */
    struct krx_k8s_metrics *metrics; /* pods/metrics.h; made at the first use */
    struct krx_k8s_space *spaces;    /* deploy/spaces.h: where deploys are at work */
    pthread_mutex_t lock;
} krx_k8s_backend;

/*
 * The cluster, or why there is none. A backend without any kubeconfig still opens, so that
 * manifests can be printed and capabilities be told.
 */
int32_t krx_k8s_kube(krx_call *call, krx_k8s_backend *backend, krx_kube **out);

/*
 * The namespace that a ref means: its own; when the user named none, the one in which we last
 * deployed a workload of that name, else the backend's default.
 */
int32_t krx_k8s_namespace(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                          const krx_ref *ref, const char **out);
/* The same for lists: NULL stays NULL, which is all. */
const char *krx_k8s_list_namespace(const krx_k8s_backend *backend, const char *namespace_,
                                   uint32_t implied);
/* Remembers (or with namespace_ NULL forgets) where a workload was deployed. */
int32_t krx_k8s_remember(krx_call *call, krx_k8s_backend *backend, const char *workload,
                         const char *namespace_);

/* The Deployment or CronJob that a workload is. Zero-initialise; krx_auto_k8s_found frees it. */
typedef struct krx_k8s_found {
    krx_kube_kind kind;     /* KRX_KUBE_DEPLOYMENT or KRX_KUBE_CRON_JOB */
    cJSON *object;          /* NULL: there is none */
    bool foreign;           /* there is none, but something of that name that is not ours */
    const char *namespace_; /* in the arena given */
} krx_k8s_found;

void krx_k8s_found_free(krx_k8s_found *found);
#define krx_auto_k8s_found KRX_CLEANUP(krx_k8s_found_free)

/* 0 also when there is none. Ours only: what somebody else made of that name does not count. */
int32_t krx_k8s_find(krx_call *call, krx_k8s_backend *backend, krx_arena *arena, const krx_ref *ref,
                     krx_k8s_found *found);
/* As find; NOT_FOUND when there is none, with a hint where it was seen, if anywhere. */
int32_t krx_k8s_require(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                        const krx_ref *ref, krx_k8s_found *found);
int32_t krx_k8s_not_found(krx_call *call, const char *namespace_, const char *workload);

/* Label managed-by=kranix is there. */
bool krx_k8s_ours(const cJSON *object);
/* metadata.labels[key] / metadata.annotations[key], "" when absent. */
const char *krx_k8s_label(const cJSON *object, const char *key);
const char *krx_k8s_annotation(const cJSON *object, const char *key);
/* metadata.name / metadata.namespace, "" when absent. */
const char *krx_k8s_name(const cJSON *object);
const char *krx_k8s_namespace_of(const cJSON *object);
/* RFC 3339 text of a member in unix ns, KRX_UNSET when absent or wrong. */
int64_t krx_k8s_time(const cJSON *object, const char *key);

#endif
